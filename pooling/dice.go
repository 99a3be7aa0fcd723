package pooling

import "math/bits"

// dice is SplitMix64: small, and the same in every version of Go, because a
// round must be recomputable years later.
//
// Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number
// generators", OOPSLA.
type dice uint64

func (r *dice) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a number in [0, n); n > 0.
func (r *dice) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}
