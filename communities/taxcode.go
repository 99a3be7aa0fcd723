package communities

import (
	"regexp"
	"strings"

	"colletta/refusal"
)

// The refusals of a codice fiscale and of a partita IVA.
var (
	// ErrTaxCodeFormat says that a text has not the shape of a codice fiscale:
	// 16 letters and digits in their places, or 11 digits. Args: none.
	ErrTaxCodeFormat = refusal.New(refusal.KindInvalid, "tax_code_format")
	// ErrTaxCodeDate says that the day in a codice fiscale is none of its month.
	// Args: none.
	ErrTaxCodeDate = refusal.New(refusal.KindInvalid, "tax_code_date")
	// ErrTaxCodeCheck says that the last character does not agree with the
	// others: one of them was mistyped. Args: none.
	ErrTaxCodeCheck = refusal.New(refusal.KindInvalid, "tax_code_check")
	// ErrVATNumber says that a text is no partita IVA: not 11 digits, or the last
	// one does not agree with the others. Args: none.
	ErrVATNumber = refusal.New(refusal.KindInvalid, "vat_number")
)

const (
	omocodia  = "LMNPQRSTUV"   // letters that stand for the digits 0 to 9
	monthCode = "ABCDEHLMPRST" // letters that stand for January to December
)

var (
	taxCodeShape = regexp.MustCompile(`^[A-Z]{6}[0-9L-NP-V]{2}[ABCDEHLMPRST][0-9L-NP-V]{2}[A-Z][0-9L-NP-V]{3}[A-Z]$`)
	elevenDigits = regexp.MustCompile(`^[0-9]{11}$`)
	monthDays    = [12]int{31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
)

// oddValues holds what a character in an odd place (the first is odd) adds to
// the check sum, by its value 0 to 25; digits count as the letters A to J.
var oddValues = [26]int{
	1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
}

// CheckTaxCode returns a codice fiscale in capitals and without spaces when it
// is sound: shape, day of birth and check letter, with the substitutions of
// omocodia; or the 11 digits of a body. It returns [ErrTaxCodeFormat],
// [ErrTaxCodeDate] or [ErrTaxCodeCheck]. That the code was issued it cannot
// tell.
//
// Source: DM 23/12/1976 (check table and composition), through the vectors in
// testdata; the decree itself was not read again.
func CheckTaxCode(s string) (string, error) {
	code := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(s), " ", ""))
	if elevenDigits.MatchString(code) {
		if !luhn(code) {
			return "", ErrTaxCodeCheck
		}
		return code, nil
	}
	if !taxCodeShape.MatchString(code) {
		return "", ErrTaxCodeFormat
	}
	if !bornOnARealDay(code) {
		return "", ErrTaxCodeDate
	}
	if taxCodeCheck(code[:15]) != code[15] {
		return "", ErrTaxCodeCheck
	}
	return code, nil
}

// CheckVATNumber returns the 11 digits of a partita IVA, without a leading "IT"
// and spaces, when the check digit agrees; otherwise [ErrVATNumber].
func CheckVATNumber(s string) (string, error) {
	digits := strings.ToUpper(strings.ReplaceAll(strings.TrimSpace(s), " ", ""))
	digits = strings.TrimPrefix(digits, "IT")
	if !elevenDigits.MatchString(digits) || !luhn(digits) {
		return "", ErrVATNumber
	}
	return digits, nil
}

// bornOnARealDay checks day and month. The year has two digits, so the 29th of
// February always passes.
func bornOnARealDay(code string) bool {
	day := digitOf(code[9])*10 + digitOf(code[10])
	if day > 40 {
		day -= 40 // women
	}
	return day >= 1 && day <= monthDays[strings.IndexByte(monthCode, code[8])]
}

func digitOf(c byte) int {
	if c >= '0' && c <= '9' {
		return int(c - '0')
	}
	return strings.IndexByte(omocodia, c)
}

func taxCodeCheck(first15 string) byte {
	sum := 0
	for i := range len(first15) {
		v := int(first15[i] - 'A')
		if first15[i] <= '9' {
			v = int(first15[i] - '0')
		}
		if i%2 == 0 {
			v = oddValues[v]
		}
		sum += v
	}
	return byte('A' + sum%26)
}

// luhn checks 11 digits: those in even places are doubled, nines cast out, and
// the sum is a multiple of ten.
func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		v := int(digits[i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
