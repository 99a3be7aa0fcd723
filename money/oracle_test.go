package money

import (
	"math"
	"math/big"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
)

// TestSplitAgreesWithExhaustiveSearch tries, for every small total and every
// small weights, all ways of giving the missing cents one each to participants:
// the right one gives them to the largest sum of remainders, and of equal sums to
// the earliest participants.
func TestSplitAgreesWithExhaustiveSearch(t *testing.T) {
	t.Parallel()
	checked := 0
	var weights []int64
	var extend func()
	extend = func() {
		if len(weights) > 0 && slices.Max(weights) > 0 {
			for total := Amount(-13); total <= 13; total++ {
				got, err := Split(total, weights)
				if err != nil {
					t.Fatal(err)
				}
				if want := bestOfAll(total, weights); !slices.Equal(got, want) {
					t.Fatalf("%d by %v: got %v, want %v", total, weights, got, want)
				}
				checked++
			}
		}
		if len(weights) == 4 {
			return
		}
		for w := int64(0); w <= 4; w++ {
			weights = append(weights, w)
			extend()
			weights = weights[:len(weights)-1]
		}
	}
	extend()
	if checked < 20000 {
		t.Errorf("only %d divisions checked", checked)
	}
}

func bestOfAll(total Amount, weights []int64) []Amount {
	if total < 0 {
		portions := bestOfAll(-total, weights)
		for i := range portions {
			portions[i] = -portions[i]
		}
		return portions
	}
	var sum int64
	for _, w := range weights {
		sum += w
	}
	whole, rest := make([]Amount, len(weights)), make([]int64, len(weights))
	left := int(total)
	for i, w := range weights {
		whole[i], rest[i] = Amount(int64(total)*w/sum), int64(total)*w%sum
		left -= int(whole[i])
	}
	var best []Amount
	most := int64(-1)
	// Sets of participants as bits, the earliest participant in the highest bit,
	// from the largest number down: of equal sums the earliest ones come first.
	for set := 1<<len(weights) - 1; set >= 0; set-- {
		portions, cents, remainders := slices.Clone(whole), 0, int64(0)
		for i := range weights {
			if set>>(len(weights)-1-i)&1 == 1 {
				portions[i]++
				cents++
				remainders += rest[i]
			}
		}
		if cents == left && remainders > most {
			best, most = portions, remainders
		}
	}
	return best
}

// Weights too large for 64 bits divide as the same weights made small.
func TestWideWeightsDivideAsNarrowOnes(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "c", "d", "e"}
	narrow := []int64{333, 333, 334, 80, 0}
	wide, small := make([]decimal.Decimal, 5), make([]decimal.Decimal, 5)
	for i, w := range narrow {
		small[i] = decimal.NewFromInt(w)
		// A tiny disturbance of one weight keeps the common factor from
		// being taken out, and is too small to move a cent.
		wide[i] = decimal.New(w, 30)
	}
	wide[4] = decimal.New(1, 0)
	for _, total := range []Amount{0, 1, 7, 99_99, 1_000_003, -5_55} {
		a := divided(t, total, must(ByWeights(names, wide)))
		b := divided(t, total, must(ByWeights(names, small)))
		if !slices.Equal(a, b) {
			t.Errorf("%s: wide %v, narrow %v", total, a, b)
		}
	}
	parts := make([]*big.Rat, 5)
	sum := new(big.Int)
	for i := range parts {
		parts[i] = wide[i].Rat()
		sum.Add(sum, parts[i].Num())
	}
	if sum.IsInt64() {
		t.Error("the wide weights are not wide")
	}
}

func TestSplitReachesTheEndsOfItsRange(t *testing.T) {
	t.Parallel()
	for _, total := range []Amount{math.MaxInt64, math.MinInt64, math.MinInt64 + 1} {
		for _, weights := range [][]int64{{1}, {1, 2}, {math.MaxInt64 - 1, 1}, {math.MaxInt64 / 2, math.MaxInt64 / 3, 5, 5}} {
			got, err := Split(total, weights)
			if err != nil || Sum(got...) != total {
				t.Errorf("%d by %v: %v, %v", total, weights, got, err)
			}
			if total != math.MinInt64 && !slices.Equal(got, splitByRationals(total, weights)) {
				t.Errorf("%d by %v: %v, want %v", total, weights, got, splitByRationals(total, weights))
			}
		}
	}
	if _, err := Divide(math.MinInt64, must(Equally("a")), Ties{}); err == nil {
		t.Error("the least amount has no absolute value, and was divided")
	}
}

func TestSplitAllocatesNothing(t *testing.T) {
	for _, n := range []int{1, 5, 64, 65, 3000} {
		weights, portions := uneven(n), make([]Amount, n)
		if a := testing.AllocsPerRun(20, func() {
			if SplitInto(portions, Max-1, weights) != nil || SplitEqual(portions, Max-1) != nil {
				t.Error("refused")
			}
		}); a != 0 {
			t.Errorf("%d shares: %v allocations", n, a)
		}
	}
}

// must is for rules that a test knows to be right.
func must[R any](rule R, err error) R {
	if err != nil {
		panic(err)
	}
	return rule
}

func divided(t interface {
	Helper()
	Fatal(...any)
}, total Amount, rule Rule) []Amount {
	t.Helper()
	d, err := Divide(total, rule, Ties{})
	if err != nil {
		t.Fatal(err)
	}
	return d.Portions()
}
