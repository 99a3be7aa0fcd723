package money

import (
	"fmt"
	"math/big"

	"github.com/shopspring/decimal"
)

// weightDigitsMax bounds how long a weight may be written, before and after its
// decimal point: exact arithmetic on longer ones would cost without end.
const weightDigitsMax = 40

// Table is a weights table: it divides in proportion to one exact weight each,
// at least zero. A weight of zero pays nothing. It is a [Rule].
//
// Source: art. 1123, first paragraph, Codice civile, for tables of millesimi;
// the worked example millesimi_1500 in testdata.
type Table struct {
	names   []string
	weights []*big.Rat
}

// Equally divides in equal parts. It returns [ErrParticipant].
func Equally(names ...string) (Table, error) {
	weights := make([]*big.Rat, len(names))
	for i := range weights {
		weights[i] = big.NewRat(1, 1)
	}
	return newTable(names, weights)
}

// ByWeights divides in proportion to decimal weights, one for each name:
// millesimi, hours, litres, one for a child and 0.80 for its sibling. Weights of
// any size are exact. It returns [ErrParticipant], [ErrNoWeight] when one is
// negative or all are zero, and [ErrWeightRange] for one of more than 40 digits
// before or after its point.
func ByWeights(names []string, weights []decimal.Decimal) (Table, error) {
	if len(names) != len(weights) {
		return Table{}, fmt.Errorf("%w: %d names and %d weights", ErrParticipant, len(names), len(weights))
	}
	exact := make([]*big.Rat, len(weights))
	for i, w := range weights {
		if w.Exponent() < -weightDigitsMax || int(w.Exponent())+w.NumDigits() > weightDigitsMax {
			return Table{}, fmt.Errorf("%w: that of %s has more than %d digits", ErrWeightRange, names[i], weightDigitsMax)
		}
		exact[i] = w.Rat()
	}
	return newTable(names, exact)
}

// Heads is how many members of each kind a family takes part with, in the
// order of the kinds.
type Heads struct {
	Name   string
	Counts []int64
}

// ByHeads divides by heads of several kinds, each with its weight: adults 1,
// children 0.50, second siblings 0.80. It returns [ErrParticipant],
// [ErrNoWeight] and [ErrWeightRange].
func ByHeads(kinds []decimal.Decimal, families []Heads) (Table, error) {
	names := make([]string, len(families))
	weights := make([]decimal.Decimal, len(families))
	for i, f := range families {
		if len(f.Counts) != len(kinds) {
			return Table{}, fmt.Errorf("%w: %s counts %d kinds of %d", ErrParticipant, f.Name, len(f.Counts), len(kinds))
		}
		names[i] = f.Name
		for k, n := range f.Counts {
			if n < 0 || kinds[k].IsNegative() {
				return Table{}, fmt.Errorf("%w: a count or weight of %s is negative", ErrNoWeight, f.Name)
			}
			if kinds[k].Exponent() < -weightDigitsMax || kinds[k].Exponent() > weightDigitsMax {
				return Table{}, fmt.Errorf("%w: kind %d has more than %d digits", ErrWeightRange, k+1, weightDigitsMax)
			}
			weights[i] = weights[i].Add(kinds[k].Mul(decimal.NewFromInt(n)))
		}
	}
	return ByWeights(names, weights)
}

func newTable(names []string, weights []*big.Rat) (Table, error) {
	if _, err := index(names); err != nil {
		return Table{}, err
	}
	some := false
	for i, w := range weights {
		if w.Sign() < 0 {
			return Table{}, fmt.Errorf("%w: the weight of %s is negative", ErrNoWeight, names[i])
		}
		some = some || w.Sign() > 0
	}
	if !some {
		return Table{}, fmt.Errorf("%w: no weight is above zero", ErrNoWeight)
	}
	return Table{names, weights}, nil
}

// Participants are the names of the table, in its order.
func (t Table) Participants() []string { return t.names }

func (t Table) steps() int { return len(t.names) }

func (t Table) exact(amount *big.Rat) ([]exactPart, error) { return share(amount, t.weights) }
