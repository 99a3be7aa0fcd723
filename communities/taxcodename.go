package communities

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// HasTaxCode tells whether a codice fiscale is that of the person. Of a child
// without one, as schools list them, the name decides: the first six letters of
// a codice fiscale are made of it.
func (p Person) HasTaxCode(code string) bool {
	if code == "" || p.TaxCode != "" {
		return code != "" && p.TaxCode == code
	}
	return p.Role == PersonChild && len(code) == 16 && code[:6] == nameLetters(p.FamilyName, p.GivenName)
}

// nameLetters are the six letters that begin the codice fiscale of a name: of
// each part the consonants, then the vowels, then X; of a given name with four
// consonants or more the first, third and fourth.
//
// Source: DM 23/12/1976, art. 2 and 3, through the vectors in testdata; the decree
// itself was not read again.
func nameLetters(family, given string) string {
	consonants, vowels := lettersByKind(family)
	letters := (consonants + vowels + "XXX")[:3]
	consonants, vowels = lettersByKind(given)
	if len(consonants) >= 4 {
		return letters + consonants[:1] + consonants[2:4]
	}
	return letters + (consonants + vowels + "XXX")[:3]
}

func lettersByKind(name string) (consonants, vowels string) {
	for _, r := range strings.ToUpper(norm.NFD.String(name)) {
		switch {
		case r > unicode.MaxASCII || r < 'A' || r > 'Z': // accents, apostrophes, spaces
		case strings.ContainsRune("AEIOU", r):
			vowels += string(r)
		default:
			consonants += string(r)
		}
	}
	return consonants, vowels
}
