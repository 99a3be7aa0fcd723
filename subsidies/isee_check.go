package subsidies

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"colletta/money"
	"colletta/refusal"
)

// The limits of a certificate.
const (
	SizeMax          = 30   // people of a household
	ProtocolRunesMax = 60   // longer than any real one
	NotesRunesMax    = 1000 // what INPS prints on a certificate, in short
	ScaleMax         = Scale(30_00)
)

var (
	// ErrISEEValue says that an ISEE is no amount from zero on. Args: max.
	ErrISEEValue = refusal.New(refusal.KindInvalid, "isee_value")
	// ErrISEEProtocol says that the protocol is missing or is no text of one line.
	// Args: max.
	ErrISEEProtocol = refusal.New(refusal.KindInvalid, "isee_protocol_missing")
	// ErrISEEPeriod says that a certificate would end before it begins. Args: none.
	ErrISEEPeriod = refusal.New(refusal.KindInvalid, "isee_period")
	// ErrISEESize says that a household cannot have so many people. Args: max.
	ErrISEESize = refusal.New(refusal.KindInvalid, "isee_size")
	// ErrISEEScale says that a text is no parameter of the equivalence scale.
	// Args: max.
	ErrISEEScale = refusal.New(refusal.KindInvalid, "isee_scale")
	// ErrISEENotes says that the notes are too long. Args: max.
	ErrISEENotes = refusal.New(refusal.KindInvalid, "isee_notes_long")
	// ErrISEEBase says that a current ISEE names no kind that it supersedes, or
	// another one does. Args: none.
	ErrISEEBase = refusal.New(refusal.KindInvalid, "isee_base_kind")

	// WarnISEEProtocol says that a protocol does not look like one of INPS: it may
	// be mistyped. Args: none.
	WarnISEEProtocol = refusal.New(refusal.KindInvalid, "isee_warn_protocol")
	// WarnISEEYear says that a certificate lasts beyond the year of its DSU. Args:
	// none.
	WarnISEEYear = refusal.New(refusal.KindInvalid, "isee_warn_year")
	// WarnISEEScale says that the parameter is below that of the people alone.
	// Args: least.
	WarnISEEScale = refusal.New(refusal.KindInvalid, "isee_warn_scale")
	// WarnISEENotes says that INPS printed omissions or discrepancies: the body
	// decides. Args: none.
	WarnISEENotes = refusal.New(refusal.KindInvalid, "isee_warn_notes")
)

// Scale is a parameter of the equivalence scale in hundredths: 2.04 is 204.
type Scale int

// ParseScale reads a parameter with at most two decimals, after a comma or a
// point; [ErrISEEScale].
func ParseScale(s string) (Scale, error) {
	whole, decimals, _ := strings.Cut(strings.Replace(strings.TrimSpace(s), ",", ".", 1), ".")
	digits := func(s string) bool { return strings.Trim(s, "0123456789") == "" }
	if whole == "" || len(whole) > 2 || len(decimals) > 2 || !digits(whole) || !digits(decimals) {
		return 0, ErrISEEScale.With("max", ScaleMax.String())
	}
	n, err := strconv.Atoi(whole + (decimals + "00")[:2])
	if err != nil || Scale(n) < 100 || Scale(n) > ScaleMax {
		return 0, ErrISEEScale.With("max", ScaleMax.String())
	}
	return Scale(n), nil
}

// String writes the parameter with a point: "2.04".
func (s Scale) String() string { return money.Amount(s).String() }

// Italian writes the parameter with a comma: "2,04".
func (s Scale) Italian() string { return money.Amount(s).ItalianNumber() }

// BaseScale is the parameter for so many people, without increases; 0 for no
// people.
//
// Source: DPCM 159/2013, annex 1 (Gazzetta Ufficiale 14G00009), as summed up in
// the project's reference notes.
func BaseScale(size int) Scale {
	base := []Scale{0, 1_00, 1_57, 2_04, 2_46, 2_85}
	if size < 0 {
		return 0
	}
	if size < len(base) {
		return base[size]
	}
	return base[5] + Scale(size-5)*35
}

// NormalProtocol is a protocol in capitals and without spaces, by which two
// writings of one protocol are the same.
func NormalProtocol(s string) string {
	return strings.ToUpper(strings.Join(strings.Fields(s), ""))
}

var protocolShape = regexp.MustCompile(`^INPS-ISEE-20[0-9]{2}-[0-9A-Z]{8,10}-[0-9]{2}$`)

// Check says what is wrong with a certificate, each refusal at its field; empty
// when nothing is.
func (c ISEECertificate) Check() refusal.List {
	var refused refusal.List
	refuse := func(wrong bool, e *refusal.Error, field string) {
		if wrong {
			refused = append(refused, e.At(field))
		}
	}
	refuse(!slices.Contains(ISEEKinds(), c.Kind), ErrISEEKind.With("kind", string(c.Kind)), "kind")
	refuse(!slices.Contains(Calculations(), c.Calculation), ErrISEECalculation.With("calculation", string(c.Calculation)), "calculation")
	refuse(c.Value < 0 || c.Value > money.Max, ErrISEEValue.With("max", money.Max), "value")
	refuse(c.Protocol == "" || utf8.RuneCountInString(c.Protocol) > ProtocolRunesMax || strings.ContainsFunc(c.Protocol, notPrinted),
		ErrISEEProtocol.With("max", ProtocolRunesMax), "protocol")
	refuse(c.ValidFrom.IsZero() || dayNumber(c.ValidTo) < dayNumber(c.ValidFrom), ErrISEEPeriod, "valid_to")
	refuse(c.Size < 0 || c.Size > SizeMax, ErrISEESize.With("max", SizeMax), "size")
	refuse(c.Scale != 0 && c.Scale < 100 || c.Scale > ScaleMax, ErrISEEScale.With("max", ScaleMax.String()), "scale")
	refuse(utf8.RuneCountInString(c.Notes) > NotesRunesMax, ErrISEENotes.With("max", NotesRunesMax), "notes")
	refuse(!c.baseIsSound(), ErrISEEBase, "supersedes")
	return refused
}

func notPrinted(r rune) bool { return r < ' ' || r == 0x7f || r == utf8.RuneError }

// baseIsSound: a corrente names what it supersedes, and nothing else does.
func (c ISEECertificate) baseIsSound() bool {
	if c.Kind != ISEECurrent {
		return len(c.Supersedes) == 0
	}
	return len(c.Supersedes) > 0 && !slices.ContainsFunc(c.Supersedes, func(k ISEEKind) bool {
		return k == ISEECurrent || !slices.Contains(ISEEKinds(), k)
	})
}

// Warnings says what is unusual about a sound certificate; whoever files it may
// go on.
func (c ISEECertificate) Warnings() refusal.List {
	var unusual refusal.List
	if !protocolShape.MatchString(NormalProtocol(c.Protocol)) {
		unusual = append(unusual, WarnISEEProtocol.At("protocol"))
	}
	// A DSU holds until 31 December of its year.
	if dayNumber(c.ValidTo) > dayNumber(time.Date(c.DSUDate.Year(), time.December, 31, 0, 0, 0, 0, time.UTC)) {
		unusual = append(unusual, WarnISEEYear.At("valid_to"))
	}
	if least := BaseScale(c.Size); c.Scale != 0 && c.Scale < least {
		unusual = append(unusual, WarnISEEScale.With("least", least.Italian()).At("scale"))
	}
	if c.Notes != "" {
		unusual = append(unusual, WarnISEENotes.At("notes"))
	}
	return unusual
}
