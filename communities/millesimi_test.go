package communities

import (
	"errors"
	"testing"

	"pgregory.net/rapid"
)

func TestParseMillesimi(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want Millesimi
		err  error
	}{
		{"83,3333", 833333, nil},
		{"83.3333", 833333, nil},
		{" 12 ", 120000, nil},
		{"0,0001", 1, nil},
		{"0", 0, ErrMillesimiRange},
		{"0,0000", 0, ErrMillesimiRange},
		{"1000", MillesimiTotal, nil},
		{"1000,0000", MillesimiTotal, nil},
		{"1.000,00", MillesimiTotal, nil},
		{"1000,0001", 0, ErrMillesimiRange},
		{"1.000", 0, ErrMillesimiFormat}, // one or one thousand?
		{"12.345", 123450, nil},
		{"-5", 0, ErrMillesimiRange},
		{"83,33333", 0, ErrMillesimiFormat},
		{"1e2", 0, ErrMillesimiFormat},
		{"NaN", 0, ErrMillesimiFormat},
		{"", 0, ErrMillesimiFormat},
		{"12,", 0, ErrMillesimiFormat},
		{"99999999999999999999", 0, ErrMillesimiFormat},
	} {
		got, err := ParseMillesimi(c.text)
		if got != c.want || !errors.Is(err, c.err) {
			t.Errorf("%q: %d, %v; want %d, %v", c.text, got, err, c.want, c.err)
		}
	}
}

func TestMillesimiSurviveBeingWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := Millesimi(rapid.Int64Range(1, int64(MillesimiTotal)).Draw(t, "m"))
		for _, text := range []string{m.String(), m.Italian()} {
			if got, err := ParseMillesimi(text); err != nil || got != m {
				t.Fatalf("%d is written %q and read as %d, %v", m, text, got, err)
			}
		}
	})
	if got := Millesimi(-55000).Italian(); got != "-5,5" {
		t.Errorf("minus five and a half: %q", got)
	}
}

func FuzzParseMillesimi(f *testing.F) {
	for _, s := range []string{"83,3333", "1.000,00", "1.000", "-0", "1e9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		m, err := ParseMillesimi(s)
		if err != nil {
			return
		}
		if m <= 0 || m > MillesimiTotal {
			t.Fatalf("%q gives %d", s, m)
		}
		if again, err := ParseMillesimi(m.String()); err != nil || again != m {
			t.Fatalf("%q gives %s, which gives %d, %v", s, m, again, err)
		}
	})
}
