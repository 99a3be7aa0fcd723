package money

import (
	"fmt"
	"math/big"
)

// adjusted multiplies the parts of another rule by factors and divides the whole
// amount in proportion to the products.
type adjusted struct {
	of      Rule
	names   []string
	places  []int // of names among those of the other rule
	factors []*big.Rat
	work    int
}

// Only leaves out everyone who is not named: the others bear the whole amount in
// the proportions of the rule. It keeps the rule's order, and returns
// [ErrParticipant] for a name that the rule does not charge.
//
// Source: art. 1123, third paragraph, Codice civile (the group that draws the
// utility), as in the worked example subset_adherents.
func Only(of Rule, adherents ...string) (Rule, error) {
	chosen, err := index(adherents)
	if err != nil {
		return nil, err
	}
	if err := known(of, adherents); err != nil {
		return nil, err
	}
	a := &adjusted{of: of, work: sumSteps(of)}
	for i, name := range of.Participants() {
		if _, ok := chosen[name]; ok {
			a.add(name, i, big.NewRat(1, 1))
		}
	}
	return a, nil
}

// Reduced multiplies what falls on some participants by a factor from 0 to 1:
// 0.80 for a second sibling. The others bear the difference in proportion. It
// returns [ErrParticipant], and [ErrShares] for another factor.
func Reduced(of Rule, factors map[string]*big.Rat) (Rule, error) {
	a := &adjusted{of: of, work: sumSteps(of)}
	found := 0
	for i, name := range of.Participants() {
		factor, ok := factors[name]
		if !ok {
			a.add(name, i, big.NewRat(1, 1))
			continue
		}
		found++
		if factor.Sign() < 0 || factor.Cmp(big.NewRat(1, 1)) > 0 {
			return nil, fmt.Errorf("%w: the factor of %s is %s, not from 0 to 1", ErrShares, name, factor.RatString())
		}
		a.add(name, i, factor)
	}
	if found < len(factors) {
		return nil, known(of, sortedNames(factors))
	}
	return a, nil
}

func (a *adjusted) add(name string, place int, factor *big.Rat) {
	a.names = append(a.names, name)
	a.places = append(a.places, place)
	a.factors = append(a.factors, factor)
}

// Participants are those who are left, in the order of the rule.
func (a *adjusted) Participants() []string { return a.names }

func (a *adjusted) steps() int { return a.work }

func (a *adjusted) exact(amount *big.Rat) ([]exactPart, error) {
	parts, err := a.of.exact(amount)
	if err != nil {
		return nil, err
	}
	weights := make([]*big.Rat, len(a.names))
	for i, place := range a.places {
		weights[i] = new(big.Rat).Mul(parts[place].value, a.factors[i])
	}
	return share(amount, weights)
}
