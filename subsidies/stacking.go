package subsidies

import (
	"slices"
	"strings"

	"colletta/money"
	"colletta/refusal"
)

// Stacking says how a measure lives together with others for the same cost.
type Stacking struct {
	All      bool     // with any other measure; otherwise with those of With only
	With     []string // IDs of measures
	Without  []string // IDs of measures that it may not be had together with, although All are allowed
	After    []string // IDs of measures that pay before this one
	Basis    Basis
	Conflict Conflict
	Note     string
}

// Basis is what a measure looks at when others have paid before.
type Basis string

// The bases.
const (
	BasisCost      Basis = "cost"      // the whole cost: it pays at most what is left
	BasisRemainder Basis = "remainder" // what the others left: it pays only what exceeds them
)

// Conflict is what happens when two measures may not be had together.
type Conflict string

// The answers to a conflict.
const (
	ConflictRefuse   Conflict = "refuse"   // the household must choose
	ConflictLargest  Conflict = "largest"  // the larger award counts
	ConflictSmallest Conflict = "smallest" // the smaller one
)

// ErrStacking says that two measures cannot be had together for the same cost, or
// that each is to be paid after the other. Args: one, other.
var ErrStacking = refusal.New(refusal.KindConflict, "measure_stacking")

// Award is a measure that is asked to pay for a cost.
type Award struct {
	Measure  string // its ID
	Stacking Stacking
	// On is what the measure grants on a cost: the whole, or what others left.
	On func(cost money.Amount) (money.Amount, error)
}

// Paid is what a measure pays for a cost.
type Paid struct {
	Measure string
	Amount  money.Amount
}

// Combine applies several measures to one cost: each after those it comes after,
// otherwise by ID; none pays more than what is left, so that all together never
// exceed the cost. It returns what each pays, in the order in which they pay, and
// what is left to the family; or [ErrStacking].
//
// Source: domain reference 2.1, point 11.
func Combine(cost money.Amount, awards []Award) ([]Paid, money.Amount, error) {
	awards, err := together(cost, awards)
	if err != nil {
		return nil, 0, err
	}
	if awards, err = inOrder(awards); err != nil {
		return nil, 0, err
	}
	left := max(cost, 0)
	paid := make([]Paid, 0, len(awards))
	for _, a := range awards {
		on := cost
		if a.Stacking.Basis == BasisRemainder {
			on = left
		}
		sum, err := a.On(on)
		if err != nil {
			return nil, 0, err
		}
		sum = min(max(sum, 0), left)
		left -= sum
		paid = append(paid, Paid{a.Measure, sum})
	}
	return paid, left, nil
}

// may says whether two measures can be had together: both must allow it.
func may(a, b Award) bool {
	return a.Stacking.allows(b.Measure) && b.Stacking.allows(a.Measure)
}

func (s *Stacking) allows(measure string) bool {
	return s.All && !slices.Contains(s.Without, measure) || slices.Contains(s.With, measure)
}

// together settles conflicts, pair by pair in the order of IDs.
func together(cost money.Amount, awards []Award) ([]Award, error) {
	kept := slices.Clone(awards)
	slices.SortStableFunc(kept, func(a, b Award) int { return strings.Compare(a.Measure, b.Measure) })
	for i := 0; i < len(kept); i++ {
		for j := i + 1; j < len(kept); j++ {
			if may(kept[i], kept[j]) {
				continue
			}
			drop, err := loser(cost, kept[i], kept[j])
			if err != nil {
				return nil, err
			}
			if drop { // the first one goes: its place is looked at again
				kept = slices.Delete(kept, i, i+1)
				i--
				break
			}
			kept = slices.Delete(kept, j, j+1)
			j--
		}
	}
	return kept, nil
}

// loser says whether the first of two measures in conflict goes.
func loser(cost money.Amount, a, b Award) (bool, error) {
	rule := a.Stacking.Conflict
	if rule == ConflictRefuse || rule == "" || b.Stacking.Conflict != rule {
		return false, ErrStacking.With("one", a.Measure, "other", b.Measure)
	}
	x, err := a.On(cost)
	if err != nil {
		return false, err
	}
	y, err := b.On(cost)
	if err != nil {
		return false, err
	}
	if rule == ConflictLargest {
		return x < y, nil
	}
	return x > y, nil
}

// inOrder puts measures after those that pay before them; otherwise by ID.
func inOrder(awards []Award) ([]Award, error) {
	var ordered []Award
	rest := slices.Clone(awards)
	for len(rest) > 0 {
		at := slices.IndexFunc(rest, func(a Award) bool {
			return !slices.ContainsFunc(rest, func(b Award) bool {
				return b.Measure != a.Measure && slices.Contains(a.Stacking.After, b.Measure)
			})
		})
		if at < 0 {
			return nil, ErrStacking.With("one", rest[0].Measure, "other", rest[1].Measure)
		}
		ordered = append(ordered, rest[at])
		rest = slices.Delete(rest, at, at+1)
	}
	return ordered, nil
}
