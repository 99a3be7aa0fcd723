package money

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
)

// bounded holds for each participant a floor and, if capped, a cap in cents.
type bounded struct {
	of     Rule
	floors []*big.Rat
	caps   []*big.Rat // nil: none
	work   int
}

// Bounded divides as another rule does, within a floor and a cap in cents for
// those who have one. What a cap takes away falls on those below their own caps,
// in the proportions of the rule, and so on in cascade; what a floor adds relieves
// the others likewise. It rounds nothing itself, and as limits are whole cents no
// odd cent passes a cap.
//
// For a refund the limits bound what is given back. It returns [ErrParticipant];
// [ErrLimits] when a limit is negative or a floor above its cap, and when dividing
// if the caps of those who have weight are below the amount or the floors above.
func Bounded(of Rule, floors, caps map[string]Amount) (Rule, error) {
	for _, limits := range []map[string]Amount{floors, caps} {
		if err := known(of, sortedNames(limits)); err != nil {
			return nil, err
		}
	}
	b := &bounded{of: of, work: sumSteps(of, of)}
	for _, name := range of.Participants() {
		floor := floors[name]
		limit, capped := caps[name]
		switch {
		case floor < 0 || limit < 0:
			return nil, fmt.Errorf("%w: a limit of %s is negative", ErrLimits, name)
		case capped && floor > limit:
			return nil, fmt.Errorf("%w: the floor of %s, %s, is above its cap, %s", ErrLimits, name, floor, limit)
		}
		b.floors = append(b.floors, new(big.Rat).SetInt64(int64(floor)))
		if !capped {
			b.caps = append(b.caps, nil)
			continue
		}
		b.caps = append(b.caps, new(big.Rat).SetInt64(int64(limit)))
	}
	return b, nil
}

func sortedNames[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// Participants are those of the rule.
func (b *bounded) Participants() []string { return b.of.Participants() }

func (b *bounded) steps() int { return b.work }

// exact finds the level at which parts of level×weight, held within their
// limits, sum to the amount. The sum only grows with the level, so the level is
// unique wherever it matters, and it is the state at which the cascade ends.
//
// Method: one sweep over the levels at which somebody leaves a floor or meets a
// cap. Source: Bitran and Hax, "Disaggregation and resource allocation using
// convex knapsack problems with bounded variables", Management Science 27 (1981),
// whose solution is this one.
func (b *bounded) exact(amount *big.Rat) ([]exactPart, error) {
	weights, err := b.of.exact(amount)
	if err != nil {
		return nil, err
	}
	if err := b.check(amount, weights); err != nil {
		return nil, err
	}
	level := b.level(amount, weights)
	parts := make([]exactPart, len(weights))
	for i, w := range weights {
		parts[i] = exactPart{value: new(big.Rat).Mul(level, w.value)}
		if parts[i].value.Cmp(b.floors[i]) < 0 {
			parts[i] = exactPart{b.floors[i], LimitFloor}
		}
		if b.caps[i] != nil && parts[i].value.Cmp(b.caps[i]) > 0 {
			parts[i] = exactPart{b.caps[i], LimitCap}
		}
	}
	return parts, nil
}

// check refuses an amount that the limits leave no room for.
func (b *bounded) check(amount *big.Rat, weights []exactPart) error {
	least, most, open := new(big.Rat), new(big.Rat), false
	for i, w := range weights {
		least.Add(least, b.floors[i])
		switch {
		case w.value.Sign() == 0: // takes no excess
			most.Add(most, b.floors[i])
		case b.caps[i] == nil:
			open = true
		default:
			most.Add(most, b.caps[i])
		}
	}
	if least.Cmp(amount) > 0 {
		return fmt.Errorf("%w: the floors sum to %s, more than the %s to divide", ErrLimits, euroText(least), euroText(amount))
	}
	if !open && most.Cmp(amount) < 0 {
		return fmt.Errorf("%w: all together at most %s can be charged of the %s to divide", ErrLimits, euroText(most), euroText(amount))
	}
	return nil
}

// bend is a level at which the sum of parts begins to grow differently: a
// participant leaves the floor, or meets the cap.
type bend struct{ level, slope, constant *big.Rat }

func (b *bounded) level(amount *big.Rat, weights []exactPart) *big.Rat {
	var bends []bend
	constant := new(big.Rat)
	for i, w := range weights {
		constant.Add(constant, b.floors[i])
		if w.value.Sign() == 0 {
			continue
		}
		bends = append(bends, bend{new(big.Rat).Quo(b.floors[i], w.value), w.value, new(big.Rat).Neg(b.floors[i])})
		if b.caps[i] != nil {
			bends = append(bends, bend{new(big.Rat).Quo(b.caps[i], w.value), new(big.Rat).Neg(w.value), b.caps[i]})
		}
	}
	slices.SortStableFunc(bends, func(a, b bend) int { return a.level.Cmp(b.level) })
	slope := new(big.Rat)
	for _, at := range bends {
		// The sum of parts up to this bend is slope×level + constant.
		here := new(big.Rat).Mul(slope, at.level)
		if here.Add(here, constant).Cmp(amount) >= 0 {
			break
		}
		slope.Add(slope, at.slope)
		constant.Add(constant, at.constant)
	}
	if slope.Sign() == 0 { // the floors alone make up the amount
		return slope
	}
	return slope.Quo(constant.Sub(amount, constant), slope)
}
