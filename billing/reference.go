package billing

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"

	"colletta/refusal"
)

// Reference is a creditor reference (riferimento del creditore): RF, two check
// digits, 1 to 21 letters and digits, in capitals and without spaces. A payer
// copies it into the transfer, so the money finds its charge.
//
// Source: ISO 11649:2009.
type Reference string

// ErrReference says that a text is no creditor reference, or that its check
// digits are wrong. Args: reference.
var ErrReference = refusal.New(refusal.KindInvalid, "reference_invalid")

// referenceSeedMax is the longest reference without "RF" and check digits.
const referenceSeedMax = 21

// NewReference makes the reference of a seed of 1 to 21 letters and digits;
// small letters become capitals. It returns [ErrReference].
func NewReference(seed string) (Reference, error) {
	seed = strings.ToUpper(seed)
	if len(seed) == 0 || len(seed) > referenceSeedMax || !alphanumeric(seed) {
		return "", ErrReference.With("reference", cut(seed, 40))
	}
	return Reference(fmt.Sprintf("RF%02d%s", 98-mod97(seed+"RF00"), seed)), nil
}

// crockford is an alphabet without I, L, O and U, which people mistake for
// other characters.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

// ReferenceOf is the reference of a charge: the first 80 bits of the SHA-256 of
// its id as 16 characters, 20 in all. The same charge always gets the same one;
// among a thousand million charges the chance that two agree is below one in a
// million, and the database refuses the second.
func ReferenceOf(id ChargeID) (Reference, error) {
	if id == "" {
		return "", ErrReference.With("reference", "")
	}
	sum := sha256.Sum256([]byte(id))
	return NewReference(crockford.EncodeToString(sum[:10]))
}

// ParseReference reads a reference as people and banks write it: with spaces
// anywhere and in small letters. It returns [ErrReference].
func ParseReference(s string) (Reference, error) {
	bad := ErrReference.With("reference", cut(s, 40))
	r := compact(s)
	if len(r) < 5 || len(r) > 4+referenceSeedMax || !alphanumeric(r) || r[:2] != "RF" || !digits(r[2:4]) {
		return "", bad
	}
	// Making it again also refuses 00, 01 and 99, which leave the same remainder
	// as 97, 98 and 02 and are never issued.
	if made, err := NewReference(r[4:]); err != nil || string(made) != r {
		return "", bad
	}
	return Reference(r), nil
}

// Printed writes the reference in groups of four: "RF97 WEMI 2026 0001 23".
func (r Reference) Printed() string { return inFours(string(r)) }

// compact drops white space and makes capitals; a text far too long becomes empty.
func compact(s string) string {
	if len(s) > 200 {
		return ""
	}
	return strings.ToUpper(strings.Join(strings.FieldsFunc(s, func(r rune) bool {
		return r == ' ' || r == '\t' || r == '\n' || r == '\r' || r == '\u00a0' || r == '\u202f'
	}), ""))
}

func inFours(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

func alphanumeric(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'A' || c > 'Z') {
			return false
		}
	}
	return true
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// mod97 is the remainder by 97 of a text in which A is 10 and Z is 35.
//
// Source: ISO 7064, MOD 97-10.
func mod97(s string) int {
	rest := 0
	for i := range len(s) {
		if c := s[i]; c >= 'A' {
			rest = (rest*100 + int(c-'A') + 10) % 97
		} else {
			rest = (rest*10 + int(c-'0')) % 97
		}
	}
	return rest
}
