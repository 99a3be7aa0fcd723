package money

import (
	"fmt"
	"math/big"
)

// Part is one rule of a [Mix]: it divides either a share of what is left after
// the fixed amounts, from 0 to 1, or a fixed Amount of cents, above zero.
type Part struct {
	Share  *big.Rat
	Amount Amount
	Of     Rule
}

type mix struct {
	parts []Part
	names []string
	at    map[string]int
	work  int
}

// Mix adds rules up: the fixed amounts of its parts first, and what is left by
// the shares of the others. Who is not in a part pays nothing of it. There is one
// rounding, on the sum. It returns [ErrShares] unless the shares add up to 1, and
// when dividing [ErrLimits] if the fixed amounts exceed what there is to divide.
//
// Source: the worked examples stairs_1124, lastrico_1126 and fixed30_variable70
// in testdata, "one rounding on the combined exact weight".
func Mix(parts ...Part) (Rule, error) {
	m := &mix{parts: parts, at: map[string]int{}}
	sum := new(big.Rat)
	for i, p := range parts {
		m.work = sumSteps(m, p.Of)
		switch {
		case (p.Share == nil) == (p.Amount == 0) || p.Amount < 0:
			return nil, fmt.Errorf("%w: part %d must have a share, or a fixed amount above zero", ErrShares, i+1)
		case p.Share != nil && p.Share.Sign() < 0:
			return nil, fmt.Errorf("%w: that of part %d is %s", ErrShares, i+1, p.Share.RatString())
		case p.Share != nil:
			sum.Add(sum, p.Share)
		}
		for _, name := range p.Of.Participants() {
			if _, ok := m.at[name]; !ok {
				m.at[name] = len(m.names)
				m.names = append(m.names, name)
			}
		}
	}
	if sum.Cmp(big.NewRat(1, 1)) != 0 {
		return nil, fmt.Errorf("%w: these add up to %s", ErrShares, sum.RatString())
	}
	m.work *= len(parts) // each part makes the fractions longer
	return m, nil
}

// HalfValueHalfHeight divides the upkeep of stairs and lifts: half by the value
// of the units, half by the height of their floor above ground.
//
// Source: art. 1124, first paragraph, Codice civile (checked 2026-11-25 on the
// text in force since l. 220/2012).
func HalfValueHalfHeight(value, height Rule) (Rule, error) {
	half := big.NewRat(1, 2)
	return Mix(Part{Share: half, Of: value}, Part{Share: half, Of: height})
}

// OneThirdTwoThirds divides the repair of a roof terrace that not everyone may
// use: one third to those who alone use it, two thirds to the units below.
//
// Source: art. 1126 Codice civile (checked 2026-11-25 on two published copies of
// its text), as in the worked example lastrico_1126.
func OneThirdTwoThirds(exclusive, covered Rule) (Rule, error) {
	return Mix(Part{Share: big.NewRat(1, 3), Of: exclusive}, Part{Share: big.NewRat(2, 3), Of: covered})
}

// FixedAndVariable divides a share of the amount, from 0 to 1, by one rule and
// the rest by another: 0.30 by millesimi and 0.70 by what the meters say.
func FixedAndVariable(fixedShare *big.Rat, fixed, variable Rule) (Rule, error) {
	rest := new(big.Rat).Sub(big.NewRat(1, 1), fixedShare)
	return Mix(Part{Share: fixedShare, Of: fixed}, Part{Share: rest, Of: variable})
}

// Participants are those of the parts, in the order in which they first occur.
func (m *mix) Participants() []string { return m.names }

func (m *mix) steps() int { return m.work }

func (m *mix) exact(amount *big.Rat) ([]exactPart, error) {
	rest := new(big.Rat).Set(amount)
	for _, p := range m.parts {
		rest.Sub(rest, new(big.Rat).SetInt64(int64(p.Amount)))
	}
	if rest.Sign() < 0 {
		return nil, fmt.Errorf("%w: the fixed amounts exceed what there is to divide by %s", ErrLimits, euroText(rest.Neg(rest)))
	}
	sums := make([]exactPart, len(m.names))
	for i := range sums {
		sums[i].value = new(big.Rat)
	}
	for _, p := range m.parts {
		own := new(big.Rat).SetInt64(int64(p.Amount))
		if p.Share != nil {
			own.Mul(rest, p.Share)
		}
		parts, err := p.Of.exact(own)
		if err != nil {
			return nil, err
		}
		for k, name := range p.Of.Participants() {
			sum := sums[m.at[name]].value
			sum.Add(sum, parts[k].value)
		}
	}
	return sums, nil
}
