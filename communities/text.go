package communities

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// fold makes two spellings of one word equal: lower case, no accents, no white
// space, no full stops, no underscores.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r), unicode.IsSpace(r), r == '.', r == '_':
			return -1
		case r == '’':
			return '\''
		}
		return unicode.ToLower(r)
	}, norm.NFD.String(s))
}

// tidy composes accents and collapses white space, so that what is stored
// looks as it was meant.
func tidy(s string) string {
	return strings.Join(strings.Fields(norm.NFC.String(s)), " ")
}

// hasControl tells whether a text holds characters that no name has: control
// and format characters (bidirectional overrides, NUL, line breaks) or the mark
// of a failed decoding.
func hasControl(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool {
		return r == unicode.ReplacementChar || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs)
	})
}

// unitKey joins the parts that identify a unit in its community.
func unitKey(staircase, label string) string {
	return strings.ReplaceAll(fold(staircase), "|", "/") + "|" + fold(label)
}
