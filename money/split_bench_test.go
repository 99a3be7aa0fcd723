package money

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
)

// The sizes of a small group, of a staircase, of a large building and of a
// quarter.
var splitSizes = []int{5, 12, 30, 200, 5000}

// uneven are weights as millesimi in hundredths: all different, with remainders
// all over the place.
func uneven(n int) []int64 {
	weights := make([]int64, n)
	x := uint64(20231125)
	for i := range weights {
		x = x*6364136223846793005 + 1442695040888963407
		weights[i] = 1000 + int64(x>>33)%20000
	}
	return weights
}

// perShare reports how long one share takes, beside the time of the division.
func perShare(b *testing.B, shares int) {
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(shares), "ns/share")
}

func BenchmarkSplitWeighted(b *testing.B) {
	for _, n := range splitSizes {
		b.Run(fmt.Sprintf("shares=%d", n), func(b *testing.B) {
			weights, portions, total := uneven(n), make([]Amount, n), Amount(n)*4_337
			b.ReportAllocs()
			for b.Loop() {
				total++ // another number of odd cents each time
				if err := SplitInto(portions, total, weights); err != nil {
					b.Fatal(err)
				}
			}
			perShare(b, n)
		})
	}
}

// BenchmarkSplitTies divides by few distinct weights: many equal remainders.
func BenchmarkSplitTies(b *testing.B) {
	for _, n := range splitSizes {
		b.Run(fmt.Sprintf("shares=%d", n), func(b *testing.B) {
			weights, portions, total := make([]int64, n), make([]Amount, n), Amount(n)*4_337
			for i := range weights {
				weights[i] = []int64{100, 100, 80}[i%3]
			}
			b.ReportAllocs()
			for b.Loop() {
				total++
				if err := SplitInto(portions, total, weights); err != nil {
					b.Fatal(err)
				}
			}
			perShare(b, n)
		})
	}
}

// BenchmarkSplitWide divides by weights near the limit.
func BenchmarkSplitWide(b *testing.B) {
	for _, n := range splitSizes {
		b.Run(fmt.Sprintf("shares=%d", n), func(b *testing.B) {
			weights, portions, total := uneven(n), make([]Amount, n), Amount(n)*4_337
			for i := range weights {
				weights[i] *= weightsMax / int64(n) / 21000
			}
			b.ReportAllocs()
			for b.Loop() {
				total++
				if err := SplitInto(portions, total, weights); err != nil {
					b.Fatal(err)
				}
			}
			perShare(b, n)
		})
	}
}

func BenchmarkSplitEqual(b *testing.B) {
	for _, n := range splitSizes {
		b.Run(fmt.Sprintf("shares=%d", n), func(b *testing.B) {
			portions, total := make([]Amount, n), Amount(n)*4_337
			b.ReportAllocs()
			for b.Loop() {
				total++
				if err := SplitEqual(portions, total); err != nil {
					b.Fatal(err)
				}
			}
			perShare(b, n)
		})
	}
}

// BenchmarkBaselineDecimal is the division as one would write it with decimals:
// round down, sort what is left, hand out the cents.
func BenchmarkBaselineDecimal(b *testing.B) {
	for _, n := range splitSizes {
		b.Run(fmt.Sprintf("shares=%d", n), func(b *testing.B) {
			weights, total := uneven(n), Amount(n)*4_337
			b.ReportAllocs()
			for b.Loop() {
				total++
				splitByDecimals(total, weights)
			}
			perShare(b, n)
		})
	}
}

func splitByDecimals(total Amount, weights []int64) []decimal.Decimal {
	sum := decimal.Zero
	for _, w := range weights {
		sum = sum.Add(decimal.NewFromInt(w))
	}
	type left struct {
		rest  decimal.Decimal
		place int
	}
	portions, lefts := make([]decimal.Decimal, len(weights)), make([]left, len(weights))
	missing := total.Decimal()
	for i, w := range weights {
		exact := total.Decimal().Mul(decimal.NewFromInt(w)).Div(sum)
		portions[i] = exact.Truncate(2)
		lefts[i] = left{exact.Sub(portions[i]), i}
		missing = missing.Sub(portions[i])
	}
	slices.SortStableFunc(lefts, func(a, b left) int { return cmp.Or(b.rest.Cmp(a.rest), a.place-b.place) })
	cent := decimal.New(1, -2)
	for _, l := range lefts[:missing.Shift(2).IntPart()] {
		portions[l.place] = portions[l.place].Add(cent)
	}
	return portions
}
