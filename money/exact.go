package money

import (
	"math/big"
	"slices"
	"strings"
)

// splitExactly splits an amount, at least zero, by exact weights that sum to it
// (or to any multiple of it). Fractions become whole weights by their common
// denominator; [SplitInto] divides, or splitWide where they are too large for
// it, by the same rule.
func splitExactly(total Amount, parts []*big.Rat) []Amount {
	portions := make([]Amount, len(parts))
	if total == 0 {
		return portions
	}
	wide := wholeWeights(parts)
	sum := new(big.Int)
	for _, w := range wide {
		sum.Add(sum, w)
	}
	if !sum.IsInt64() {
		splitWide(portions, total, wide, sum)
		return portions
	}
	weights := make([]int64, len(wide))
	for i, w := range wide {
		weights[i] = w.Int64()
	}
	if err := SplitInto(portions, total, weights); err != nil {
		panic("money: exact parts that cannot be weights: " + err.Error())
	}
	return portions
}

// wholeWeights multiplies fractions by their common denominator, and takes out
// common factors, so that most weights fit an int64.
func wholeWeights(parts []*big.Rat) []*big.Int {
	common, divisor := big.NewInt(1), new(big.Int)
	for _, p := range parts {
		gcd := new(big.Int).GCD(nil, nil, common, p.Denom())
		common.Mul(common, gcd.Quo(p.Denom(), gcd))
	}
	whole := make([]*big.Int, len(parts))
	for i, p := range parts {
		whole[i] = new(big.Int).Quo(common, p.Denom())
		whole[i].Mul(whole[i], p.Num())
		divisor.GCD(nil, nil, divisor, whole[i])
	}
	for _, w := range whole {
		if divisor.Sign() > 0 {
			w.Quo(w, divisor)
		}
	}
	return whole
}

// splitWide is [SplitInto] for weights of any size, whose sum it is given.
func splitWide(portions []Amount, total Amount, weights []*big.Int, sum *big.Int) {
	abs := new(big.Int).SetUint64(uint64(total))
	rests, queue := make([]*big.Int, len(weights)), make([]int, len(weights))
	left := uint64(total)
	for i, w := range weights {
		whole, rest := new(big.Int).QuoRem(new(big.Int).Mul(abs, w), sum, new(big.Int))
		portions[i], rests[i], queue[i] = Amount(whole.Uint64()), rest, i
		left -= whole.Uint64()
	}
	slices.SortStableFunc(queue, func(a, b int) int { return rests[b].Cmp(rests[a]) })
	for _, i := range queue[:left] {
		portions[i]++
	}
}

// exactPlaces is how many decimals of a cent are written before an ellipsis.
const exactPlaces = 4

// euroText writes exact cents in euro: "14.285714…", "225.30". Two decimals at
// least; an ellipsis says that there are more than six.
func euroText(cents *big.Rat) string {
	return decimalText(new(big.Rat).Quo(cents, big.NewRat(100, 1)), 2, 2+exactPlaces)
}

// centText writes a remainder in cents: "0.5714…", "0".
func centText(cents *big.Rat) string { return decimalText(cents, 0, exactPlaces) }

// decimalText writes a number with at least some decimals, cut, never rounded,
// after the most.
func decimalText(x *big.Rat, least, most int) string {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(most)), nil)
	cut, rest := new(big.Int).QuoRem(new(big.Int).Mul(new(big.Int).Abs(x.Num()), scale), x.Denom(), new(big.Int))
	digits := cut.String()
	if len(digits) <= most {
		digits = strings.Repeat("0", most+1-len(digits)) + digits
	}
	whole, decimals := digits[:len(digits)-most], digits[len(digits)-most:]
	for rest.Sign() == 0 && len(decimals) > least && strings.HasSuffix(decimals, "0") {
		decimals = decimals[:len(decimals)-1]
	}
	text := whole
	if decimals != "" {
		text += "." + decimals
	}
	if rest.Sign() != 0 {
		text += "…"
	}
	if x.Sign() < 0 {
		return "-" + text
	}
	return text
}

// ExactText writes the exact part in euro, cut after six decimals with an
// ellipsis: "14.285714…".
func (l Line) ExactText() string { return euroText(l.Exact) }

// RemainderText writes the remainder in cents, cut after four decimals with an
// ellipsis: "0.5714…".
func (l Line) RemainderText() string { return centText(l.Remainder) }
