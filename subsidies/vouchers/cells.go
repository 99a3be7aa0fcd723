package vouchers

import (
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"colletta/communities"
	"colletta/money"
	"colletta/refusal"
)

// The refusals of one cell; those of a tax code are communities'.
var (
	// ErrRequired says that a cell that must be filled is empty. Args: header.
	ErrRequired = refusal.New(refusal.KindInvalid, "voucher_cell_required")
	// ErrControl says that a cell holds line breaks or invisible characters. Args: none.
	ErrControl = refusal.New(refusal.KindInvalid, "voucher_cell_control")
	// ErrLong says that a text is too long. Args: max (characters).
	ErrLong = refusal.New(refusal.KindInvalid, "voucher_cell_long")
	// ErrDate says that a text is no day like 31/12/2026 or 31-12-2026. Args: none.
	ErrDate = refusal.New(refusal.KindInvalid, "voucher_date")
	// ErrDatesBack says that the last day is before the first. Args: from_on.
	ErrDatesBack = refusal.New(refusal.KindInvalid, "voucher_dates_back")
	// ErrAmount says that a text is no amount above zero with at most two decimals,
	// like 1500, 1500,50 or 1500.50. Args: max.
	ErrAmount = refusal.New(refusal.KindInvalid, "voucher_amount")
	// ErrPair says that of tipoDatoBando and cfMinore only one is there. Args:
	// missing, given.
	ErrPair = refusal.New(refusal.KindInvalid, "voucher_pair")
	// ErrCodeTwice says that an earlier line has the same code. Args: first (line).
	ErrCodeTwice = refusal.New(refusal.KindInvalid, "voucher_code_twice")
	// ErrCodeTaken says that the municipality has a voucher with this code and
	// other data. Args: none.
	ErrCodeTaken = refusal.New(refusal.KindInvalid, "voucher_code_taken")
)

const (
	codeRunesMax = 255 // of codiceVoucher, codiceBando, tipoDatoBando, emailContatto
	nameRunesMax = 100 // longer names are cut, as WeMi does
	phoneRunes   = 40
	yearMin      = 1900
	yearMax      = 2199
)

// column is one column of the layout.
type column struct {
	title    string
	required bool
	read     func(*Terms, string) *refusal.Error // of a cell that is not empty
}

// Places of columns that are looked at together.
const (
	columnCode  = 0
	columnTo    = 3
	columnKind  = 7
	columnMinor = 8
)

var layout = []column{
	{"codiceVoucher", true, func(t *Terms, s string) *refusal.Error { return text(&t.Code, s, codeRunesMax) }},
	{"codiceBando", true, func(t *Terms, s string) *refusal.Error { return text(&t.Call, s, codeRunesMax) }},
	{"inizioValidita", false, func(t *Terms, s string) *refusal.Error { return day(&t.ValidFrom, s) }},
	{"fineValidita", false, func(t *Terms, s string) *refusal.Error { return day(&t.ValidTo, s) }},
	{"nomeTitolare", false, func(t *Terms, s string) *refusal.Error { return name(&t.GivenName, s) }},
	{"cognomeTitolare", false, func(t *Terms, s string) *refusal.Error { return name(&t.FamilyName, s) }},
	{"cfTitolare", true, holder},
	{"tipoDatoBando", false, func(t *Terms, s string) *refusal.Error { return text(&t.DataKind, s, codeRunesMax) }},
	{"cfMinore", false, minor},
	{"importoVoucher", true, amount},
	{"emailContatto", false, func(t *Terms, s string) *refusal.Error { return text(&t.Email, s, codeRunesMax) }},
	{"cellContatto", false, func(t *Terms, s string) *refusal.Error { return text(&t.Phone, s, phoneRunes) }},
}

// Titles lists the titles of the twelve columns.
func Titles() []string {
	titles := make([]string, len(layout))
	for i, l := range layout {
		titles[i] = l.title
	}
	return titles
}

func readCell(into *Terms, l column, raw string) *refusal.Error {
	s := strings.TrimSpace(norm.NFC.String(raw))
	switch {
	case s == "" && l.required:
		return ErrRequired.With("header", l.title)
	case s == "":
		return nil
	case strings.ContainsFunc(s, func(r rune) bool {
		return r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs)
	}):
		return ErrControl
	}
	return l.read(into, s)
}

func text(into *string, s string, runesMax int) *refusal.Error {
	if utf8.RuneCountInString(s) > runesMax {
		return ErrLong.With("max", runesMax)
	}
	*into = s
	return nil
}

func name(into *string, s string) *refusal.Error {
	if cut := []rune(s); len(cut) > nameRunesMax {
		s = strings.TrimSpace(string(cut[:nameRunesMax]))
	}
	*into = s
	return nil
}

var dayShape = regexp.MustCompile(`^([0-9]{2}/[0-9]{2}/[0-9]{4}|[0-9]{2}-[0-9]{2}-[0-9]{4})$`)

func day(into *time.Time, s string) *refusal.Error {
	if !dayShape.MatchString(s) {
		return ErrDate
	}
	t, err := time.Parse("02/01/2006", strings.ReplaceAll(s, "-", "/"))
	if err != nil || t.Year() < yearMin || t.Year() > yearMax {
		return ErrDate
	}
	*into = t
	return nil
}

var elevenDigits = regexp.MustCompile(`^[0-9]{11}$`)

// holder takes a codice fiscale with its right check letter, or eleven digits as
// WeMi does, of which the check digit is not looked at.
func holder(t *Terms, s string) *refusal.Error {
	if elevenDigits.MatchString(s) {
		t.Holder = s
		return nil
	}
	code, err := communities.CheckTaxCode(s)
	if err != nil {
		return refusal.All(err)[0]
	}
	t.Holder = code
	return nil
}

// minor takes the codice fiscale of a person; a body is nobody's child.
func minor(t *Terms, s string) *refusal.Error {
	if elevenDigits.MatchString(s) {
		return communities.ErrTaxCodeFormat
	}
	code, err := communities.CheckTaxCode(s)
	if err != nil {
		return refusal.All(err)[0]
	}
	t.Minor = code
	return nil
}

var amountShape = regexp.MustCompile(`^[0-9]{1,8}([.,][0-9]{1,2})?$`)

// amount takes a comma or a point before the decimals and nothing between
// thousands, so that 1.500 is refused and not taken for 1.50.
func amount(t *Terms, s string) *refusal.Error {
	if !amountShape.MatchString(s) {
		return ErrAmount.With("max", money.Max)
	}
	a, err := money.Parse(strings.ReplaceAll(s, ",", "."))
	if err != nil || a <= 0 {
		return ErrAmount.With("max", money.Max)
	}
	t.Amount = a
	return nil
}
