package subsidies

import (
	"math"
	"math/big"
	"math/bits"

	"colletta/money"
)

// Number is an exact fraction: what a measure counts with. Its zero value is 0.
//
// Numerator and denominator are kept in 64 bits while they fit, which holds for
// every rule met so far; beyond that the number goes on exactly as a [big.Rat].
// Fractions are not reduced until they must be: amounts of cents share the
// denominator 100, and adding them needs no division.
type Number struct {
	num  int64
	den  int64 // above zero; 0 stands for 1
	wide *big.Rat
}

// wideBitsMax bounds the size of numerator and denominator: a rule that
// multiplies results by themselves again and again stops here.
const wideBitsMax = 4096

// Whole is a whole number.
func Whole(n int64) Number { return Number{num: n, den: 1} }

// Fraction is num/den. It panics if den is zero, which is a bug of the caller.
func Fraction(num, den int64) Number {
	if den == 0 {
		panic("subsidies: a fraction over zero")
	}
	if den < 0 || num == math.MinInt64 {
		return fromRat(big.NewRat(num, den))
	}
	return Number{num: num, den: den}
}

// Euro is an amount in euro.
func Euro(a money.Amount) Number { return Number{num: a.Cents(), den: 100} }

func fromRat(r *big.Rat) Number {
	if r.Num().IsInt64() && r.Denom().IsInt64() && r.Num().Int64() != math.MinInt64 {
		return Number{num: r.Num().Int64(), den: r.Denom().Int64()}
	}
	return Number{wide: r}
}

// Rat is the number as a big.Rat of its own.
func (a Number) Rat() *big.Rat {
	if a.wide != nil {
		return new(big.Rat).Set(a.wide)
	}
	return big.NewRat(a.num, a.under())
}

func (a Number) under() int64 {
	if a.den == 0 {
		return 1
	}
	return a.den
}

// tooWide says that a number has grown beyond what any amount needs.
func (a Number) tooWide() bool {
	return a.wide != nil && (a.wide.Num().BitLen() > wideBitsMax || a.wide.Denom().BitLen() > wideBitsMax)
}

// reduced divides numerator and denominator by what they share.
func (a Number) reduced() Number {
	if a.wide != nil {
		return fromRat(a.wide)
	}
	n, d := a.num, a.under()
	x, y := n, d
	if x < 0 {
		x = -x
	}
	for y != 0 {
		x, y = y, x%y
	}
	if x > 1 {
		n, d = n/x, d/x
	}
	return Number{num: n, den: d}
}

// Sign is -1, 0 or 1.
func (a Number) Sign() int {
	switch {
	case a.wide != nil:
		return a.wide.Sign()
	case a.num < 0:
		return -1
	case a.num > 0:
		return 1
	}
	return 0
}

// Neg is −a.
func (a Number) Neg() Number {
	if a.wide != nil {
		return Number{wide: new(big.Rat).Neg(a.wide)}
	}
	return Number{num: -a.num, den: a.den}
}

// Abs is a without its sign.
func (a Number) Abs() Number {
	if a.Sign() < 0 {
		return a.Neg()
	}
	return a
}

// Add is a+b.
func (a Number) Add(b Number) Number {
	if sum, ok := addNarrow(a, b); ok {
		return sum
	}
	if a.wide == nil && b.wide == nil {
		if sum, ok := addNarrow(a.reduced(), b.reduced()); ok {
			return sum
		}
	}
	return fromRat(new(big.Rat).Add(a.Rat(), b.Rat()))
}

// Sub is a−b.
func (a Number) Sub(b Number) Number { return a.Add(b.Neg()) }

func addNarrow(a, b Number) (Number, bool) {
	if a.wide != nil || b.wide != nil {
		return Number{}, false
	}
	x, y := a.under(), b.under()
	switch {
	case x == y:
		sum, ok := add64(a.num, b.num)
		return Number{num: sum, den: x}, ok
	case x > y && x%y == 0:
		scaled, ok := mul64(b.num, x/y)
		sum, ok2 := add64(a.num, scaled)
		return Number{num: sum, den: x}, ok && ok2
	case y%x == 0:
		scaled, ok := mul64(a.num, y/x)
		sum, ok2 := add64(b.num, scaled)
		return Number{num: sum, den: y}, ok && ok2
	}
	left, ok := mul64(a.num, y)
	right, ok2 := mul64(b.num, x)
	den, ok3 := mul64(x, y)
	sum, ok4 := add64(left, right)
	return Number{num: sum, den: den}, ok && ok2 && ok3 && ok4
}

// Mul is a·b.
func (a Number) Mul(b Number) Number {
	if product, ok := mulNarrow(a, b); ok {
		return product
	}
	if a.wide == nil && b.wide == nil {
		// Crosswise, so that what cancels does so before it is multiplied.
		x, y := Number{num: a.num, den: b.under()}.reduced(), Number{num: b.num, den: a.under()}.reduced()
		if product, ok := mulNarrow(x, y); ok {
			return product
		}
	}
	return fromRat(new(big.Rat).Mul(a.Rat(), b.Rat()))
}

func mulNarrow(a, b Number) (Number, bool) {
	if a.wide != nil || b.wide != nil {
		return Number{}, false
	}
	num, ok := mul64(a.num, b.num)
	den, ok2 := mul64(a.under(), b.under())
	return Number{num: num, den: den}, ok && ok2
}

// Div is a/b. It panics if b is zero: callers ask first.
func (a Number) Div(b Number) Number {
	if b.Sign() == 0 {
		panic("subsidies: a division by zero")
	}
	if b.wide != nil {
		return a.Mul(fromRat(new(big.Rat).Inv(b.wide)))
	}
	if b.num < 0 {
		return a.Mul(Number{num: -b.under(), den: -b.num})
	}
	return a.Mul(Number{num: b.under(), den: b.num})
}

// Cmp compares exactly: -1 if a is less, 0 if alike, 1 if more.
func (a Number) Cmp(b Number) int {
	if a.wide != nil || b.wide != nil {
		return a.Rat().Cmp(b.Rat())
	}
	x, y := a.under(), b.under()
	if x == y {
		return cmp64(a.num, b.num)
	}
	if l, ok := mul64(a.num, y); ok {
		if r, ok := mul64(b.num, x); ok {
			return cmp64(l, r)
		}
	}
	return a.Rat().Cmp(b.Rat())
}

func cmp64(a, b int64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// add64 and mul64 say false when the result leaves ±(2⁶³−1).
func add64(a, b int64) (int64, bool) {
	sum := a + b
	if (a >= 0) == (b >= 0) && (sum >= 0) != (a >= 0) || sum == math.MinInt64 {
		return 0, false
	}
	return sum, true
}

func mul64(a, b int64) (int64, bool) {
	hi, lo := bits.Mul64(magnitude64(a), magnitude64(b))
	if hi != 0 || lo > math.MaxInt64 {
		return 0, false
	}
	if (a < 0) != (b < 0) {
		return -int64(lo), true
	}
	return int64(lo), true
}

func magnitude64(a int64) uint64 {
	if a < 0 {
		return uint64(-a)
	}
	return uint64(a)
}

// IsWhole says whether nothing is left behind the point.
func (a Number) IsWhole() bool {
	if a.wide != nil {
		return a.wide.IsInt()
	}
	return a.num%a.under() == 0
}

// Int is a whole number as an int64; false if it is none, or does not fit.
func (a Number) Int() (int64, bool) {
	if a.wide != nil {
		return 0, false
	}
	return a.num / a.under(), a.num%a.under() == 0
}

// Amount is the number as an amount of euro; false if it has parts of a cent or
// exceeds ±[money.Max].
func (a Number) Amount() (money.Amount, bool) {
	cents, ok := a.Mul(Whole(100)).Int()
	sum := money.Amount(cents)
	return sum, ok && sum <= money.Max && sum >= -money.Max
}
