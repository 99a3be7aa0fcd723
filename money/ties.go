package money

import (
	"cmp"
	"fmt"
	"slices"
)

// Ties says who gets an odd cent first among equal remainders. The zero value
// goes by the order in which the rule lists its participants.
type Ties struct {
	// Order lists all participants, first to last; nil is the rule's order. Who
	// is listed and not charged by the rule pays zero.
	Order []string
	// ByName goes by name instead, so that no order matters.
	ByName bool
	// OddCents is how many odd cents each participant has paid so far; who is
	// missing has paid none. Who paid fewer goes first, before any order: odd
	// cents rotate. A refund mirrors the charge that it undoes, and goes
	// first to the same ones.
	OddCents map[string]int
}

// lined puts the participants of a rule into the order that counts for ties and
// for the lines. It returns [ErrParticipant] for one that Order does not list.
func (t Ties) lined(rule Rule) ([]string, error) {
	names := rule.Participants()
	at, err := index(names)
	if err != nil || t.Order == nil {
		return names, err
	}
	listed, err := index(t.Order)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, ok := listed[name]; !ok {
			return nil, fmt.Errorf("%w: the rule charges %s, who is not listed", ErrParticipant, name)
		}
	}
	inRule := func(name string) bool { _, ok := at[name]; return ok }
	return slices.DeleteFunc(slices.Clone(t.Order), func(name string) bool { return !inRule(name) }), nil
}

// among is the same choice at one level of a nested rule. Where groups stand
// among those who divide, which Order does not list, the rule's order holds.
func (t Ties) among(rule Rule) Ties {
	order := t.Order
	t.Order = nil
	names, charged := rule.Participants(), map[string]bool{}
	for _, name := range names {
		charged[name] = true
	}
	order = slices.DeleteFunc(slices.Clone(order), func(name string) bool { return !charged[name] })
	if len(order) == len(names) {
		t.Order = order
	}
	return t
}

// compare says who goes first of two names at places a and b.
func (t Ties) compare(a, b string, placeA, placeB int) int {
	if c := cmp.Compare(t.OddCents[a], t.OddCents[b]); c != 0 {
		return c
	}
	if t.ByName {
		return cmp.Compare(a, b)
	}
	return cmp.Compare(placeA, placeB)
}
