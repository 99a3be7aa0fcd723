package communities

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"colletta/refusal"
)

// The refusals of one cell.
var (
	// ErrCellRequired says that a cell that must be filled is empty. Args: header.
	ErrCellRequired = refusal.New(refusal.KindInvalid, "import_cell_required")
	// ErrCellFormula says that a cell is a formula or begins like one. Args: none.
	ErrCellFormula = refusal.New(refusal.KindInvalid, "import_cell_formula")
	// ErrCellControl says that a cell holds invisible characters. Args: none.
	ErrCellControl = refusal.New(refusal.KindInvalid, "import_cell_control")
	// ErrCellLong says that a cell is too long. Args: max (characters).
	ErrCellLong = refusal.New(refusal.KindInvalid, "import_cell_long")
	// ErrCellName says that a cell holds no name. Args: none.
	ErrCellName = refusal.New(refusal.KindInvalid, "import_cell_name")
	// ErrCellEmail says that a cell holds no e-mail address. Args: none.
	ErrCellEmail = refusal.New(refusal.KindInvalid, "import_email")
	// ErrCellPhone says that a cell holds no telephone number. Args: none.
	ErrCellPhone = refusal.New(refusal.KindInvalid, "import_phone")
	// ErrCellMillesimiFormat says that a cell holds no number with at most four
	// decimals. Args: none.
	ErrCellMillesimiFormat = refusal.New(refusal.KindInvalid, "import_millesimi_format")
	// ErrCellMillesimiRange says that millesimi are not above 0 and up to 1000.
	// Args: none.
	ErrCellMillesimiRange = refusal.New(refusal.KindInvalid, "import_millesimi_range")
	// ErrCellResidents says that residents are no whole number in 1..20. Args: min, max.
	ErrCellResidents = refusal.New(refusal.KindInvalid, "import_residents")
)

const (
	cellCharsMax  = 100
	residentsMax  = 20
	emailCharsMax = 254
)

// refused is nil for a good cell.
type refused = *refusal.Error

var (
	emailShape  = regexp.MustCompile(`^[a-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}$`)
	phoneShape  = regexp.MustCompile(`^\+?[0-9]{6,15}$`)
	phoneMarks  = strings.NewReplacer(" ", "", ".", "", "-", "", "/", "", "(", "", ")", "")
	numberShape = regexp.MustCompile(`^-?[0-9]{1,30}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?$`)
)

// sound refuses what no text cell may hold. A text that begins with a sign of a
// formula would be run by whoever exports and opens it again, so it is refused
// instead of being stored with a trick.
func sound(s string) refused {
	switch {
	case hasControl(s):
		return ErrCellControl
	case strings.HasPrefix(s, "=") || strings.HasPrefix(s, "+") || strings.HasPrefix(s, "-") || strings.HasPrefix(s, "@"):
		return ErrCellFormula
	case utf8.RuneCountInString(s) > cellCharsMax:
		return ErrCellLong.With("max", cellCharsMax)
	}
	return nil
}

func readText(into *string, s string) refused {
	if r := sound(s); r != nil {
		return r
	}
	*into = s
	return nil
}

func readName(into *string, s string) refused {
	if r := sound(s); r != nil {
		return r
	}
	if !strings.ContainsFunc(s, unicode.IsLetter) || strings.ContainsAny(s, "<>{}[]\\|@#") {
		return ErrCellName
	}
	*into = s
	return nil
}

func readStaircase(r *ImportRow, s string) refused   { return readText(&r.Staircase, s) }
func readFloor(r *ImportRow, s string) refused       { return readText(&r.Floor, s) }
func readUnit(r *ImportRow, s string) refused        { return readText(&r.Unit, s) }
func readStreet(r *ImportRow, s string) refused      { return readText(&r.Street, s) }
func readNumber(r *ImportRow, s string) refused      { return readText(&r.HouseNumber, s) }
func readFamilyName(r *ImportRow, s string) refused  { return readName(&r.FamilyName, s) }
func readGivenName(r *ImportRow, s string) refused   { return readName(&r.GivenName, s) }
func readChildFamily(r *ImportRow, s string) refused { return readName(&r.ChildFamilyName, s) }
func readChildGiven(r *ImportRow, s string) refused  { return readName(&r.ChildGivenName, s) }

func readEmail(r *ImportRow, s string) refused {
	if hasControl(s) {
		return ErrCellControl
	}
	s = strings.ToLower(s)
	if strings.ContainsRune("=+-@", rune(s[0])) {
		return ErrCellFormula
	}
	local, _, _ := strings.Cut(s, "@")
	if len(s) > emailCharsMax || !emailShape.MatchString(s) || strings.HasPrefix(local, ".") || strings.HasSuffix(local, ".") || strings.Contains(local, "..") {
		return ErrCellEmail
	}
	r.Email = s
	return nil
}

// readPhone keeps "+" and digits only, so that nothing else can follow the sign.
func readPhone(r *ImportRow, s string) refused {
	if hasControl(s) {
		return ErrCellControl
	}
	digits := phoneMarks.Replace(s)
	if !phoneShape.MatchString(digits) {
		if first := s[0]; first == '=' || first == '@' || first == '-' {
			return ErrCellFormula
		}
		return ErrCellPhone
	}
	r.Phone = digits
	return nil
}

func readTaxCode(r *ImportRow, s string) refused {
	code, err := CheckTaxCode(s)
	if err != nil {
		return refusal.All(err)[0]
	}
	r.TaxCode = code
	return nil
}

func readMillesimi(r *ImportRow, s string) refused {
	m, err := ParseMillesimi(s)
	switch err {
	case nil:
		r.Millesimi = m
		return nil
	case ErrMillesimiRange:
		return ErrCellMillesimiRange
	}
	return ErrCellMillesimiFormat
}

func readResidents(r *ImportRow, s string) refused {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > residentsMax {
		return ErrCellResidents.With("min", 1, "max", residentsMax)
	}
	r.Residents = n
	return nil
}

// spreadsheetNumber writes a number as a spreadsheet shows it: programs store
// 83.3333 as 83.333299999999994, because they keep binary fractions with 15
// significant digits. Anything else is returned as it is.
func spreadsheetNumber(s string) string {
	if !numberShape.MatchString(s) {
		return s
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return s
	}
	const significant = 15
	if places := int32(significant - d.NumDigits() - int(d.Exponent())); d.NumDigits() > significant {
		d = d.Round(places)
	}
	return d.String()
}
