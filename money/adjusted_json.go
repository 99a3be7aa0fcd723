package money

import (
	"errors"
	"math/big"
)

// adjustedRule applies what stands beside "of", always in this order: only,
// reduced, floor and cap, owners.
func (n *jsonNode) adjustedRule(v *jsonNode, b *book) (Rule, error) {
	r, err := v.rule(b)
	if err != nil {
		return nil, err
	}
	steps := []struct {
		key   string
		apply func(*jsonNode, Rule) (Rule, error)
	}{
		{"only", (*jsonNode).applyOnly},
		{"reduced", (*jsonNode).applyReduced},
		{"floor", func(_ *jsonNode, r Rule) (Rule, error) { return n.applyLimits(r) }},
		{"cap", func(_ *jsonNode, r Rule) (Rule, error) {
			if n.field("floor") != nil {
				return r, nil // applied together
			}
			return n.applyLimits(r)
		}},
		{"owners", func(o *jsonNode, r Rule) (Rule, error) { return n.applyOwners(o, r) }},
	}
	for _, s := range steps {
		field := n.field(s.key)
		if field == nil {
			continue
		}
		if r, err = s.apply(field, r); err != nil {
			return nil, field.wrong(err)
		}
	}
	if p := n.field("period"); p != nil && n.field("owners") == nil {
		return nil, p.wrong(errors.New("is of use only with owners"))
	}
	return r, nil
}

func (n *jsonNode) applyOnly(of Rule) (Rule, error) {
	names, err := n.names()
	if err != nil {
		return nil, err
	}
	return Only(of, names...)
}

func (n *jsonNode) applyReduced(of Rule) (Rule, error) {
	if err := n.only(n.keys...); err != nil {
		return nil, err
	}
	factors := map[string]*big.Rat{}
	for i, v := range n.values {
		var err error
		if factors[n.keys[i]], err = v.share(); err != nil {
			return nil, err
		}
	}
	return Reduced(of, factors)
}

// applyLimits reads floor and cap: an amount for everyone, or one by name.
func (n *jsonNode) applyLimits(of Rule) (Rule, error) {
	var limits [2]map[string]Amount
	for i, key := range []string{"floor", "cap"} {
		v := n.field(key)
		if v == nil {
			continue
		}
		var err error
		if v.isObject() {
			if limits[i], err = v.amounts(); err != nil {
				return nil, err
			}
			continue
		}
		a, err := v.amount()
		if err != nil {
			return nil, err
		}
		limits[i] = map[string]Amount{}
		for _, name := range of.Participants() {
			limits[i][name] = a
		}
	}
	return Bounded(of, limits[0], limits[1])
}

// applyOwners reads {unit: {owner: "from..to"}} with the period beside.
func (n *jsonNode) applyOwners(owners *jsonNode, of Rule) (Rule, error) {
	within, err := n.need("period")
	if err != nil {
		return nil, err
	}
	period, err := within.period()
	if err != nil {
		return nil, err
	}
	if err := owners.only(owners.keys...); err != nil {
		return nil, err
	}
	units := make([]Owned, len(owners.values))
	for i, u := range owners.values {
		units[i].Unit = owners.keys[i]
		if units[i].Owners, err = u.stays(); err != nil {
			return nil, err
		}
	}
	return OwnerChange(of, period, units)
}
