package money

import (
	"cmp"
	"errors"
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func anyWeights(t *rapid.T) []int64 {
	top := rapid.SampledFrom([]int64{1, 3, 1000, 1_000_000, 10_000_000_000}).Draw(t, "top")
	w := rapid.SliceOfN(rapid.Int64Range(0, top), 1, 40).Draw(t, "weights")
	w[0]++ // somebody takes part
	return w
}

func anyTotal(t *rapid.T) Amount {
	return Amount(rapid.Int64Range(-int64(Max), int64(Max)).Draw(t, "total"))
}

// The oracle divides by exact rationals and hands out the missing cents one by
// one, as the definition of the largest remainder says.
func TestSplitIsTheLargestRemainder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		total, weights := anyTotal(t), anyWeights(t)
		got, err := Split(total, weights)
		if err != nil {
			t.Fatal(err)
		}
		if Sum(got...) != total {
			t.Fatalf("portions sum to %s, want %s", Sum(got...), total)
		}
		if want := splitByRationals(total, weights); !slices.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

func splitByRationals(total Amount, weights []int64) []Amount {
	sign, abs := Amount(1), total
	if total < 0 {
		sign, abs = -1, -total
	}
	var sum int64
	for _, w := range weights {
		sum += w
	}
	portions := make([]Amount, len(weights))
	rests := make([]*big.Rat, len(weights))
	order := make([]int, len(weights))
	left := abs
	for i, w := range weights {
		exact := new(big.Rat).Mul(big.NewRat(abs.Cents(), sum), new(big.Rat).SetInt64(w))
		whole := new(big.Int).Quo(exact.Num(), exact.Denom())
		portions[i] = Amount(whole.Int64())
		rests[i] = exact.Sub(exact, new(big.Rat).SetInt(whole))
		left -= portions[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Or(rests[b].Cmp(rests[a]), cmp.Compare(a, b)) })
	for _, i := range order[:left] {
		portions[i]++
	}
	for i := range portions {
		portions[i] *= sign
	}
	return portions
}

func TestSplitRefusesNothingToDivideBy(t *testing.T) {
	tests := []struct {
		weights []int64
		want    error
	}{
		{nil, ErrNoWeight},
		{[]int64{0, 0}, ErrNoWeight},
		{[]int64{1, -1}, ErrNoWeight},
		{[]int64{weightsMax, 1}, ErrWeightRange},
		{[]int64{weightsMax, weightsMax}, ErrWeightRange},
	}
	for _, tt := range tests {
		if _, err := Split(100, tt.weights); !errors.Is(err, tt.want) {
			t.Errorf("%v: got %v, want %v", tt.weights, err, tt.want)
		}
	}
	if got, err := Split(Max, []int64{weightsMax - 1, 1}); err != nil || Sum(got...) != Max {
		t.Errorf("at the limit: %v, %v", got, err)
	}
}

func TestAWeightOfZeroPaysNothing(t *testing.T) {
	got, err := Split(100, []int64{0, 1, 0, 2})
	if err != nil || !slices.Equal(got, []Amount{0, 33, 0, 67}) {
		t.Errorf("got %v, %v", got, err)
	}
}
