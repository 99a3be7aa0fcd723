package subsidies

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// anyNumber draws numbers of all sizes, of those too that leave 64 bits as soon as
// they are touched.
func anyNumber(t *rapid.T, name string) Number {
	size := rapid.SampledFrom([]int64{10, 1_000_000, math.MaxInt64}).Draw(t, name+" size")
	num := rapid.Int64Range(-size, size).Draw(t, name+" num")
	den := rapid.SampledFrom([]int64{0, 1, 3, 10, 100, 10_000, rapid.Int64Range(1, size).Draw(t, name+" den")}).Draw(t, name+" under")
	return Number{num: num, den: den}
}

// Goal: exact arithmetic is that of big.Rat. Method: draw numbers and compare.
func TestNumbersAgreeWithBigRat(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyNumber(t, "a"), anyNumber(t, "b")
		x, y := a.Rat(), b.Rat()
		same := func(what string, got Number, want *big.Rat) {
			if got.Rat().Cmp(want) != 0 {
				t.Fatalf("%s %s %s is %s, want %s", x, what, y, got.Rat(), want)
			}
		}
		same("+", a.Add(b), new(big.Rat).Add(x, y))
		same("−", a.Sub(b), new(big.Rat).Sub(x, y))
		same("×", a.Mul(b), new(big.Rat).Mul(x, y))
		same("× ×", a.Mul(b).Mul(a), new(big.Rat).Mul(new(big.Rat).Mul(x, y), x))
		if b.Sign() != 0 {
			same("/", a.Div(b), new(big.Rat).Quo(x, y))
		}
		if a.Cmp(b) != x.Cmp(y) || a.Sign() != x.Sign() || a.IsWhole() != x.IsInt() {
			t.Fatalf("%s and %s compare as %d", x, y, a.Cmp(b))
		}
		same("reduced", a.reduced(), x)
	})
}

// Goal: each mode rounds to the right one of the two neighbours. Method: against
// distances on exact fractions.
func TestRoundingChoosesTheRightNeighbour(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a := anyNumber(t, "a")
		to := rapid.SampledFrom([]Number{Fraction(1, 100), Fraction(1, 10), Whole(1), Whole(5), Fraction(1, 3)}).Draw(t, "to")
		down, up := (Rounding{to, RoundDown}).Of(a), (Rounding{to, RoundUp}).Of(a)
		if down.Abs().Cmp(a.Abs()) > 0 || up.Abs().Cmp(a.Abs()) < 0 || up.Sub(down).Abs().Cmp(to) > 0 || !up.Div(to).IsWhole() || !down.Div(to).IsWhole() {
			t.Fatalf("%s to %s: down %s, up %s", a.Rat(), to.Rat(), down.Rat(), up.Rat())
		}
		nearer := a.Sub(down).Abs().Cmp(up.Sub(a).Abs())
		half, even := (Rounding{to, RoundHalfUp}).Of(a), (Rounding{to, RoundHalfEven}).Of(a)
		want := up
		if nearer < 0 {
			want = down
		}
		if half.Cmp(want) != 0 {
			t.Fatalf("%s to %s: half up %s, want %s", a.Rat(), to.Rat(), half.Rat(), want.Rat())
		}
		if nearer != 0 && even.Cmp(want) != 0 || nearer == 0 && !even.Div(to).Div(Whole(2)).IsWhole() && up.Cmp(down) != 0 {
			t.Fatalf("%s to %s: half even %s", a.Rat(), to.Rat(), even.Rat())
		}
	})
}

func TestCeilAndFloorAreNeighbours(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][2]int64{"2.5": {3, 2}, "-2.5": {-2, -3}, "2": {2, 2}, "-0.1": {0, -1}, "0.1": {1, 0}} {
		n, err := ParseNumber(text)
		if err != nil {
			t.Fatal(err)
		}
		if n.Ceil().Cmp(Whole(want[0])) != 0 || n.Floor().Cmp(Whole(want[1])) != 0 {
			t.Errorf("%s: ceil %s, floor %s", text, n.Ceil(), n.Floor())
		}
	}
}

func TestNumbersAreReadAsTheyAreWritten(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"0": "0", "17000.00": "17000", "-0.5": "-1/2", "0.125": "1/8", "10000.25": "40001/4", "17.0000": "17", "1234.567": "1234567/1000",
		"999999999999.99": "99999999999999/100",
	} {
		n, err := ParseNumber(text)
		if want, _ := new(big.Rat).SetString(want); err != nil || n.Rat().Cmp(want) != 0 {
			t.Errorf("%s is %v (%v), want %s", text, n.Rat(), err, want)
		}
	}
	for _, text := range []string{"", "1e3", "1,5", ".5", "5.", "+1", "0x10", "007", "1.2.3", "NaN", "17.000", "-1.250", strings.Repeat("9", 30), "٣"} {
		if n, err := ParseNumber(text); err == nil {
			t.Errorf("%q was read as %s", text, n)
		}
	}
}

func TestNumbersAreWrittenForReaders(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n      Number
		least  int
		it, en string
	}{
		{Fraction(1234567, 100), 2, "12.345,67", "12,345.67"},
		{Whole(30000), 0, "30.000", "30,000"},
		{Whole(30000), 2, "30.000,00", "30,000.00"},
		{Fraction(1234567*8, 3000000), 0, "3,2921…", "3.2921…"},
		{Fraction(1999998, 1000), 0, "1.999,998", "1,999.998"},
		{Fraction(-1, 3), 0, "-0,3333…", "-0.3333…"},
		{Number{}, 2, "0,00", "0.00"},
		{fromRat(new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(21), nil))), 0, "1.000.000.000.000.000.000.000", "1,000,000,000,000,000,000,000"},
	} {
		if got := c.n.Italian(c.least); got != c.it {
			t.Errorf("Italian: %s, want %s", got, c.it)
		}
		if got := c.n.English(c.least); got != c.en {
			t.Errorf("English: %s, want %s", got, c.en)
		}
	}
}
