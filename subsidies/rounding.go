package subsidies

import "math/big"

// RoundingMode says what happens to a number between two steps of a rounding.
type RoundingMode string

// The modes. Away from zero and towards it are the same on both sides of zero,
// so that a refund is rounded as the payment was.
const (
	RoundHalfUp   RoundingMode = "half_up"   // to the nearer; the half away from zero
	RoundHalfEven RoundingMode = "half_even" // to the nearer; the half to the even one
	RoundUp       RoundingMode = "up"        // away from zero
	RoundDown     RoundingMode = "down"      // towards zero
)

func roundingModes() []string {
	return []string{string(RoundHalfUp), string(RoundHalfEven), string(RoundUp), string(RoundDown)}
}

// Rounding is a place where a measure rounds.
type Rounding struct {
	To   Number // above zero; 0.01 is the cent, 0.10, 1, 5...
	Mode RoundingMode
}

// toCent is what is left to do for an amount that ended between two cents.
func (r Rounding) toCent() Rounding { return Rounding{To: Fraction(1, 100), Mode: r.Mode} }

// Of is the multiple of r.To that the mode chooses for a.
func (r Rounding) Of(a Number) Number {
	if r.To.Sign() == 0 {
		return a
	}
	steps := a.Div(r.To)
	if steps.IsWhole() {
		return a
	}
	return integer(steps, r.Mode).Mul(r.To)
}

// Ceil is the least whole number not below a.
func (a Number) Ceil() Number {
	if a.Sign() < 0 {
		return integer(a, RoundDown)
	}
	return integer(a, RoundUp)
}

// Floor is the largest whole number not above a.
func (a Number) Floor() Number {
	if a.Sign() < 0 {
		return integer(a, RoundUp)
	}
	return integer(a, RoundDown)
}

// integer rounds to a whole number.
func integer(a Number, mode RoundingMode) Number {
	if a.wide != nil {
		return wideInteger(a.wide, mode)
	}
	den := a.under()
	whole, rest := a.num/den, magnitude64(a.num%den)
	if awayFromZero(mode, rest != 0, cmpHalf(rest, uint64(den)), whole%2 != 0) {
		if a.num < 0 {
			whole--
		} else {
			whole++
		}
	}
	return Whole(whole)
}

// cmpHalf compares a rest, below den, with half of den.
func cmpHalf(rest, den uint64) int {
	switch other := den - rest; {
	case rest < other:
		return -1
	case rest > other:
		return 1
	}
	return 0
}

func awayFromZero(mode RoundingMode, rest bool, half int, odd bool) bool {
	switch mode {
	case RoundUp:
		return rest
	case RoundDown:
		return false
	case RoundHalfEven:
		return half > 0 || half == 0 && odd
	}
	return half >= 0
}

func wideInteger(a *big.Rat, mode RoundingMode) Number {
	whole, rest := new(big.Int).QuoRem(a.Num(), a.Denom(), new(big.Int))
	rest.Abs(rest)
	half := new(big.Int).Lsh(rest, 1).Cmp(a.Denom())
	if awayFromZero(mode, rest.Sign() != 0, half, whole.Bit(0) == 1) {
		whole.Add(whole, big.NewInt(int64(a.Sign())))
	}
	return fromRat(new(big.Rat).SetInt(whole))
}
