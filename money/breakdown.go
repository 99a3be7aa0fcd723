package money

import "fmt"

// Component is a part of a cost that must add up by itself: the net, the VAT.
type Component struct {
	Name   string
	Amount Amount
}

// Breakdown is a cost divided component by component. Every component sums to
// its own amount, and so does the whole.
type Breakdown struct {
	Components []Component
	Divisions  []*Division // one for each component, with the same participants
}

// DivideEach divides each component of a cost by the same rule, so that both net
// and VAT add up. With one component it is [Divide]. Besides what that refuses it
// returns [ErrComponents] for several components under a rule with limits or
// fixed amounts in euro, and [ErrNoWeight] for none.
//
// Source: the worked example vat_5_percent in testdata.
func DivideEach(components []Component, rule Rule, ties Ties) (*Breakdown, error) {
	if len(components) == 0 {
		return nil, ErrNoWeight
	}
	if len(components) > 1 && inEuro(rule) {
		return nil, ErrComponents
	}
	b := &Breakdown{Components: components}
	for _, c := range components {
		d, err := Divide(c.Amount, rule, ties)
		if err != nil && len(components) > 1 {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		if err != nil {
			return nil, err
		}
		b.Divisions = append(b.Divisions, d)
	}
	return b, nil
}

// Total is the sum of the components.
func (b *Breakdown) Total() Amount {
	var total Amount
	for _, c := range b.Components {
		total += c.Amount
	}
	return total
}

// Participants are those of the lines, in their order.
func (b *Breakdown) Participants() []string {
	lines := b.Divisions[0].Lines
	names := make([]string, len(lines))
	for i, l := range lines {
		names[i] = l.Name
	}
	return names
}

// Portions are what each participant pays over all components.
func (b *Breakdown) Portions() []Amount {
	portions := make([]Amount, len(b.Divisions[0].Lines))
	for _, d := range b.Divisions {
		for i, p := range d.Portions() {
			portions[i] += p
		}
	}
	return portions
}

// NamedRule is a rule with the name under which it is compared.
type NamedRule struct {
	Name string
	Rule Rule
}

// Comparison is the same cost divided by several rules, side by side.
type Comparison struct {
	Total Amount
	Rules []string
	Rows  []ComparedPortions
}

// ComparedPortions is what one participant pays under each rule, in the order of
// the rules; zero where a rule does not charge it.
type ComparedPortions struct {
	Name     string
	Portions []Amount
}

// Difference is how much more the participant pays under a rule than under the
// first; negative if less.
func (c ComparedPortions) Difference(rule int) Amount { return c.Portions[rule] - c.Portions[0] }

// Compare divides the same components by each rule. Participants come in the
// order of the first rule, then those whom only later rules charge. It returns
// what [DivideEach] does, with the name of the rule, and [ErrNoWeight] without
// rules.
func Compare(components []Component, rules []NamedRule, ties Ties) (*Comparison, error) {
	if len(rules) == 0 {
		return nil, ErrNoWeight
	}
	c := &Comparison{}
	at := map[string]int{}
	for i, r := range rules {
		b, err := DivideEach(components, r.Rule, ties)
		if err != nil {
			return nil, fmt.Errorf("rule %s: %w", r.Name, err)
		}
		c.Total = b.Total()
		c.Rules = append(c.Rules, r.Name)
		portions := b.Portions()
		for k, name := range b.Participants() {
			row, ok := at[name]
			if !ok {
				row = len(c.Rows)
				at[name] = row
				c.Rows = append(c.Rows, ComparedPortions{Name: name, Portions: make([]Amount, len(rules))})
			}
			c.Rows[row].Portions[i] = portions[k]
		}
	}
	return c, nil
}
