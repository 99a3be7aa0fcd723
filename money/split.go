package money

import (
	"errors"
	"math/bits"
	"slices"
)

// ErrNoWeight says that an amount has nobody to be divided among: no weights,
// a negative one, or all zero.
var ErrNoWeight = errors.New("money: nothing to divide by")

// ErrWeightRange says that the weights sum to more than 10^15.
var ErrWeightRange = errors.New("money: weights out of range")

// weightsMax bounds the sum of weights so that remainders fit an int64.
const weightsMax = 1_000_000_000_000_000

// Split divides total in proportion to weights by largest remainder: everyone
// gets the whole cents of the exact share, then the missing cents go one each
// to the largest remainders; between equal remainders to the earlier one in
// the list. A weight of zero gets zero. A negative total (a refund) is divided
// on its absolute value and the sign put back.
//
// Portions sum to total, and each is within one cent of total×weight/Σweights.
// It returns [ErrNoWeight] or [ErrWeightRange].
//
// Source: Hamilton's method of apportionment (largest remainder). No legal
// rule for odd cents in a condominium was found; the choice is recorded in
// docs/decisions.
func Split(total Amount, weights []int64) ([]Amount, error) {
	portions := make([]Amount, len(weights))
	if err := SplitInto(portions, total, weights); err != nil {
		return nil, err
	}
	return portions, nil
}

// SplitInto is [Split] into portions that the caller provides; portions and
// weights have the same length.
func SplitInto(portions []Amount, total Amount, weights []int64) error {
	sum, err := sumOf(weights)
	if err != nil {
		return err
	}
	sign, abs := Amount(1), uint64(total)
	if total < 0 {
		sign, abs = -1, uint64(-total)
	}
	if equal(weights) {
		splitEqually(portions, sign, abs)
		return nil
	}
	var few [64]remainder
	left := few[:0]
	given := uint64(0)
	for i, w := range weights {
		hi, lo := bits.Mul64(abs, uint64(w))
		quotient, rest := bits.Div64(hi, lo, uint64(sum))
		portions[i] = sign * Amount(quotient)
		given += quotient
		left = append(left, remainder{rest, i})
	}
	slices.SortFunc(left, func(a, b remainder) int {
		switch {
		case a.rest > b.rest:
			return -1
		case a.rest < b.rest:
			return 1
		}
		return a.place - b.place
	})
	for _, r := range left[:abs-given] {
		portions[r.place] += sign
	}
	return nil
}

// remainder is what is left of one exact share after its whole cents, in units
// of one cent divided by the sum of weights.
type remainder struct {
	rest  uint64
	place int
}

func sumOf(weights []int64) (int64, error) {
	var sum int64
	for _, w := range weights {
		if w < 0 {
			return 0, ErrNoWeight
		}
		if w > weightsMax || sum > weightsMax-w {
			return 0, ErrWeightRange
		}
		sum += w
	}
	if sum == 0 {
		return 0, ErrNoWeight
	}
	return sum, nil
}

func equal(weights []int64) bool {
	for _, w := range weights {
		if w != weights[0] {
			return false
		}
	}
	return true
}

// splitEqually is the common case without remainders to sort.
func splitEqually(portions []Amount, sign Amount, abs uint64) {
	n := uint64(len(portions))
	each, odd := abs/n, abs%n
	for i := range portions {
		portions[i] = sign * Amount(each)
		if uint64(i) < odd {
			portions[i] += sign
		}
	}
}
