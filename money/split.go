package money

import (
	"errors"
	"math"
	"math/bits"
)

// ErrNoWeight says that an amount has nobody to be divided among: no weights,
// a negative one, or all zero.
var ErrNoWeight = errors.New("money: nothing to divide by")

// ErrWeightRange says that the weights sum to more than fits an int64.
// [Divide] takes weights of any size.
var ErrWeightRange = errors.New("money: weights out of range")

// weightsMax bounds the sum of weights, and with it every remainder.
const weightsMax = math.MaxInt64

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

// SplitInto is [Split] into portions that the caller provides; it allocates
// nothing. Portions and weights must have the same length.
func SplitInto(portions []Amount, total Amount, weights []int64) error {
	if len(portions) != len(weights) {
		panic("money: as many portions as weights are needed")
	}
	sum, alike, err := weigh(weights)
	switch {
	case err != nil:
		return err
	case alike:
		return SplitEqual(portions, total)
	}
	d := division64{abs: magnitude(total), sum: uint64(sum)}
	odd := d.wholeCents(portions, weights)
	d.oddCents(portions, weights, odd)
	if total < 0 {
		for i := range portions {
			portions[i] = -portions[i]
		}
	}
	return nil
}

// SplitEqual divides total in equal parts, as many as there are portions; the
// odd cents go to the first ones. It allocates nothing. Without portions it
// returns [ErrNoWeight].
func SplitEqual(portions []Amount, total Amount) error {
	n := uint64(len(portions))
	if n == 0 {
		return ErrNoWeight
	}
	abs := magnitude(total)
	each, odd := Amount(abs/n), abs%n
	more := each + 1
	if total < 0 {
		each, more = -each, -more
	}
	for i := range portions {
		portion := each
		if uint64(i) < odd {
			portion = more
		}
		portions[i] = portion
	}
	return nil
}

// magnitude is the absolute value; that of the least Amount too.
func magnitude(a Amount) uint64 {
	if a < 0 {
		return uint64(-a)
	}
	return uint64(a)
}

// weigh sums the weights and says whether they are all alike.
func weigh(weights []int64) (sum int64, alike bool, err error) {
	var total, differ uint64
	for _, w := range weights {
		if w < 0 {
			return 0, false, ErrNoWeight
		}
		// Both are below 2^63, so that the sum cannot wrap before it is seen.
		if total += uint64(w); total > weightsMax {
			return 0, false, ErrWeightRange
		}
		differ |= uint64(w ^ weights[0])
	}
	if total == 0 {
		return 0, false, ErrNoWeight
	}
	return int64(total), differ == 0, nil
}

// division64 is one division of abs cents by weights that add up to sum, both
// below 2^64.
type division64 struct{ abs, sum uint64 }

// wholeCents gives everyone the whole cents of the exact share and returns how
// many cents are left over: fewer than there are participants.
func (d division64) wholeCents(portions []Amount, weights []int64) int {
	left := d.abs
	portions = portions[:len(weights)]
	for i, w := range weights {
		hi, lo := bits.Mul64(d.abs, uint64(w))
		quotient, _ := bits.Div64(hi, lo, d.sum)
		portions[i] = Amount(quotient)
		left -= quotient
	}
	return int(left)
}

// rest is what is left of one exact share after its whole cents, in units of
// one cent divided by the sum of weights. It needs no room of its own: as it is
// below 2^64, arithmetic that wraps around gives it exactly.
func (d division64) rest(weight int64, whole Amount) uint64 {
	return d.abs*uint64(weight) - uint64(whole)*d.sum
}

// oddCents adds one cent each to the largest remainders, to the earlier of
// equal ones. Portions hold the whole cents of each share.
func (d division64) oddCents(portions []Amount, weights []int64, odd int) {
	if odd == 0 {
		return
	}
	// Counters of their own for few participants: clearing many would take
	// longer than dividing.
	var least uint64
	var ties int
	if len(weights) <= 64 {
		var counts [1 << 4]uint32
		least, ties = d.threshold(portions, weights, odd, counts[:])
	} else {
		var counts [1 << 8]uint32
		least, ties = d.threshold(portions, weights, odd, counts[:])
	}
	portions = portions[:len(weights)]
	for i, w := range weights {
		switch rest := d.rest(w, portions[i]); {
		case rest > least:
			portions[i]++
		case rest == least && ties > 0:
			portions[i]++
			ties--
		}
	}
}

// threshold finds the least remainder that still gets one of the odd cents, and
// how many of those equal to it do.
//
// It is a radix selection: the digits of the threshold, highest first. Each pass
// counts the digits of the remainders that agree so far and walks down from the
// largest until the cents are used up. There are as many counters as digits, a
// power of two.
func (d division64) threshold(portions []Amount, weights []int64, odd int, counts []uint32) (least uint64, ties int) {
	portions = portions[:len(weights)]
	mask := uint64(len(counts) - 1)
	width := bits.Len64(mask)
	shift := (bits.Len64(d.sum-1) + width - 1) / width * width
	for shift > 0 {
		above := shift
		shift -= width
		clear(counts)
		for i, w := range weights {
			// Shifting by 64 or more gives zero on both sides: all agree.
			if rest := d.rest(w, portions[i]); rest>>above == least>>above {
				counts[rest>>shift&mask]++
			}
		}
		digit := len(counts) - 1
		for int(counts[digit]) < odd {
			odd -= int(counts[digit])
			digit--
		}
		least |= uint64(digit) << shift
		if int(counts[digit]) == odd {
			break // all of them get a cent: lower digits decide nothing
		}
	}
	return least, odd
}
