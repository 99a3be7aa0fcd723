package billing

import (
	"unicode"
	"unicode/utf8"
)

// cut shortens a text from outside before it is quoted in a refusal.
func cut(s string, most int) string {
	if utf8.RuneCountInString(s) <= most {
		return s
	}
	return string([]rune(s)[:most]) + "…"
}

// clean is true for valid UTF-8 without control characters (so without line
// breaks), which would break a line of a QR code or of a document.
func clean(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return false
		}
	}
	return true
}
