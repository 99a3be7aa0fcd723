package money

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// ruleForm is one way to write a rule in JSON: by the field that tells it from
// the others, with the fields that may stand beside.
type ruleForm struct {
	key    string
	beside []string
	read   func(n, v *jsonNode, b *book) (Rule, error)
}

// ruleForms is filled by a function: rules contain rules.
func ruleForms() []ruleForm {
	return []ruleForm{
		{"equal", nil, (*jsonNode).equalRule},
		{"weights", nil, (*jsonNode).weightsRule},
		{"heads", []string{"families"}, (*jsonNode).headsRule},
		{"days", []string{"period"}, (*jsonNode).daysRule},
		{"mix", nil, (*jsonNode).mixRule},
		{"between", []string{"inside", "rounding"}, (*jsonNode).nestedRule},
		{"of", []string{"only", "reduced", "floor", "cap", "owners", "period"}, (*jsonNode).adjustedRule},
	}
}

// rule reads a rule: a text that names one, or an object in one of the forms.
func (n *jsonNode) rule(b *book) (Rule, error) {
	if text, ok := n.token.(string); ok {
		r, err := b.rule(text)
		if err != nil {
			return nil, n.wrong(err)
		}
		return r, nil
	}
	var keys []string
	for _, form := range ruleForms() {
		keys = append(keys, form.key)
		v := n.field(form.key)
		if v == nil {
			continue
		}
		if err := n.only(append(form.beside, form.key)...); err != nil {
			return nil, err
		}
		r, err := form.read(n, v, b)
		if err == nil {
			err = b.workable(r)
		}
		if err != nil {
			return nil, n.wrong(err)
		}
		return r, nil
	}
	return nil, n.wrong(fmt.Errorf("must be the name of a table or rule, or an object with one of: %s", strings.Join(keys, ", ")))
}

// need is a field that must be there.
func (n *jsonNode) need(key string) (*jsonNode, error) {
	if v := n.field(key); v != nil {
		return v, nil
	}
	return nil, n.wrong(fmt.Errorf("must have the field %s", key))
}

func (n *jsonNode) equalRule(v *jsonNode, _ *book) (Rule, error) {
	names, err := v.names()
	if err != nil {
		return nil, err
	}
	return Equally(names...)
}

func (n *jsonNode) weightsRule(v *jsonNode, _ *book) (Rule, error) { return v.table() }

// headsRule reads {"heads": {kind: weight}, "families": {name: {kind: count}}}.
func (n *jsonNode) headsRule(v *jsonNode, _ *book) (Rule, error) {
	if err := v.only(v.keys...); err != nil {
		return nil, err
	}
	weights := make([]decimal.Decimal, len(v.values))
	for i, w := range v.values {
		var err error
		if weights[i], err = w.number(); err != nil {
			return nil, err
		}
	}
	list, err := n.need("families")
	if err != nil {
		return nil, err
	}
	if err := list.only(list.keys...); err != nil {
		return nil, err
	}
	families := make([]Heads, len(list.values))
	for i, f := range list.values {
		if err := f.only(v.keys...); err != nil {
			return nil, err
		}
		families[i] = Heads{list.keys[i], make([]int64, len(weights))}
		for k, c := range f.values {
			count, err := c.number()
			if err != nil {
				return nil, err
			}
			if !count.IsInteger() || count.IsNegative() || count.GreaterThan(decimal.New(participantsMax, 0)) {
				return nil, c.wrong(errors.New("must be a whole number of heads"))
			}
			families[i].Counts[slices.Index(v.keys, f.keys[k])] = count.IntPart()
		}
	}
	return ByHeads(weights, families)
}

// period reads one "from..to".
func (n *jsonNode) period() (Period, error) {
	p, err := periodOf(n.text())
	if err != nil {
		return p, n.wrong(err)
	}
	return p, nil
}

// stays reads {name: "from..to"}, or a list of such periods for a name.
func (n *jsonNode) stays() ([]Stay, error) {
	if err := n.only(n.keys...); err != nil {
		return nil, err
	}
	var stays []Stay
	for i, v := range n.values {
		list := []*jsonNode{v}
		if v.isArray() {
			list = v.values
		}
		for _, s := range list {
			p, err := s.period()
			if err != nil {
				return nil, err
			}
			stays = append(stays, Stay{n.keys[i], p})
		}
	}
	return stays, nil
}

func (n *jsonNode) daysRule(v *jsonNode, _ *book) (Rule, error) {
	within, err := n.need("period")
	if err != nil {
		return nil, err
	}
	period, err := within.period()
	if err != nil {
		return nil, err
	}
	stays, err := v.stays()
	if err != nil {
		return nil, err
	}
	t, err := ByDays(period, stays)
	if err != nil {
		return nil, v.wrong(err)
	}
	return t, nil
}

// mixRule reads a list of {"share" or "amount": …, "of": rule}.
func (n *jsonNode) mixRule(v *jsonNode, b *book) (Rule, error) {
	if !v.isArray() {
		return nil, v.wrong(errors.New("must be a list of parts"))
	}
	parts := make([]Part, len(v.values))
	for i, p := range v.values {
		if err := p.only("share", "amount", "of"); err != nil {
			return nil, err
		}
		of, err := p.need("of")
		if err != nil {
			return nil, err
		}
		if parts[i].Of, err = of.rule(b); err != nil {
			return nil, err
		}
		if s := p.field("share"); s != nil {
			if parts[i].Share, err = s.share(); err != nil {
				return nil, err
			}
		}
		if a := p.field("amount"); a != nil {
			if parts[i].Amount, err = a.amount(); err != nil {
				return nil, err
			}
		}
	}
	r, err := Mix(parts...)
	if err != nil {
		return nil, v.wrong(err)
	}
	return r, nil
}

// nestedRule reads {"between": rule, "inside": {group: rule}, "rounding": …}.
func (n *jsonNode) nestedRule(v *jsonNode, b *book) (Rule, error) {
	between, err := v.rule(b)
	if err != nil {
		return nil, err
	}
	inside, err := n.need("inside")
	if err != nil {
		return nil, err
	}
	if err := inside.only(inside.keys...); err != nil {
		return nil, err
	}
	groups := make([]Group, len(inside.values))
	for i, g := range inside.values {
		groups[i].Name = inside.keys[i]
		if groups[i].Of, err = g.rule(b); err != nil {
			return nil, err
		}
	}
	rounding := RoundEachLevel
	if r := n.field("rounding"); r != nil {
		text, err := r.str()
		if err != nil {
			return nil, err
		}
		rounding = Rounding(text)
	}
	return Nested(between, groups, rounding)
}
