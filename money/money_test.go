package money

import (
	"errors"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		text    string
		plain   Amount
		err     error
		italian Amount
		errIt   error
	}{
		{"1234.50", 1234_50, nil, 1234_50, nil},
		{"1234.5", 1234_50, nil, 1234_50, nil},
		{"-0.01", -1, nil, -1, nil},
		{"40", 40_00, nil, 40_00, nil},
		{"1.234,56", 0, ErrFormat, 1234_56, nil},
		{"€ 12,5", 0, ErrFormat, 12_50, nil},
		{"12,50 €", 0, ErrFormat, 12_50, nil},
		{"1.234", 0, ErrFormat, 1234_00, nil}, // thousands, not three decimals
		{"12,345", 0, ErrFormat, 0, ErrFormat},
		{"1e9", 0, ErrFormat, 0, ErrFormat},
		{"NaN", 0, ErrFormat, 0, ErrFormat},
		{"", 0, ErrFormat, 0, ErrFormat},
		{"10000000.00", Max, nil, Max, nil},
		{"10000000.01", 0, ErrRange, 0, ErrRange},
		{"999999999999", 0, ErrFormat, 0, ErrFormat},
	}
	for _, tt := range tests {
		if got, err := Parse(tt.text); got != tt.plain || !errors.Is(err, tt.err) {
			t.Errorf("Parse(%q) = %s, %v; want %s, %v", tt.text, got, err, tt.plain, tt.err)
		}
		if got, err := ParseItalian(tt.text); got != tt.italian || !errors.Is(err, tt.errIt) {
			t.Errorf("ParseItalian(%q) = %s, %v; want %s, %v", tt.text, got, err, tt.italian, tt.errIt)
		}
	}
}

// FuzzParse: what is read is in range and survives being written.
func FuzzParse(f *testing.F) {
	for _, s := range []string{"1234.56", "-0.01", "0", "1e2147483647", "9999999999", "١٢"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := Parse(s)
		if err != nil {
			return
		}
		if a > Max || a < -Max {
			t.Fatalf("%q reads as %d cents, out of range", s, a.Cents())
		}
		if b, err := Parse(a.String()); err != nil || b != a {
			t.Fatalf("%q: %s reads as %s, %v", s, a, b, err)
		}
	})
}

// FuzzParseItalian: what is read is in range and survives being written in
// Italian and plainly.
func FuzzParseItalian(f *testing.F) {
	for _, s := range []string{"1.234,56", "€ 12,5", "-3", "40.5", "1.2.3,4", "\u00a012,00\u00a0€"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseItalian(s)
		if err != nil {
			return
		}
		if a > Max || a < -Max {
			t.Fatalf("%q reads as %d cents, out of range", s, a.Cents())
		}
		if b, err := ParseItalian(a.Italian()); err != nil || b != a {
			t.Fatalf("%q: %s reads as %s, %v", s, a.Italian(), b, err)
		}
		if b, err := ParseItalian(a.ItalianNumber()); err != nil || b != a {
			t.Fatalf("%q: %s reads as %s, %v", s, a.ItalianNumber(), b, err)
		}
	})
}
