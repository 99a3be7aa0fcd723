package subsidies

import (
	"fmt"

	"colletta/money"
)

// priceRule reads the rule that grants a part of a price.
func (r reader) priceRule(f measureFile, m *Measure) error {
	var all faults
	for _, check := range []struct {
		path   string
		ok     bool
		expect Phrase
	}{
		{"rule", (len(f.Rule.Brackets) > 0) != (f.Rule.Linear != nil) && len(f.Rule.Brackets) <= bracketsMax, phrase("rule holds brackets or linear, one of them; brackets are at most %d", bracketsMax)},
		{"missing_isee", f.Missing != nil, phrase("missing_isee says what holds without ISEE: not_eligible, {percent: 20} or {amount: 5.00}")},
		{"isee", len(m.ISEEKinds) == 1 || len(f.ISEE) == 1 && f.ISEE[0] != iseeNone, phrase("a rule on a price looks at one kind of ISEE: %s", joined(ISEEKinds()))},
	} {
		if !check.ok {
			all.add(r.at("$."+check.path, ErrField, "field", check.path, "detail", check.expect))
		}
	}
	m.Rule = &Rule{}
	all.add(r.rule(f, m))
	if f.Cap != nil {
		if f.Cap.Amount == 0 || capPeriods[f.Cap.Per] == (Name{}) {
			all.add(r.at("$.cap", ErrField, "field", "cap", "detail", phrase("cap is {amount: 40.00, per: period}: above zero, per month, period or year")))
		}
		m.Cap, m.CapPer = (*money.Amount)(&f.Cap.Amount), f.Cap.Per
	}
	if !all.found && m.Cap == nil && m.reachesAll() {
		all.add(r.at("$.rule", ErrCapNeeded))
	}
	if !all.found {
		m.priceFormula()
	}
	return all.err()
}

func (r reader) rule(f measureFile, m *Measure) error {
	var all faults
	for i, b := range f.Rule.Brackets {
		bracket, err := r.bracket(fmt.Sprintf("$.rule.brackets[%d]", i), b, m.Rule.Brackets)
		all.add(err)
		if (b.UpTo == nil) != (b.Below == nil) { // the next one begins at its bound, even if it is wrong otherwise
			m.Rule.Brackets = append(m.Rule.Brackets, bracket)
		}
	}
	if l := f.Rule.Linear; l != nil {
		m.Rule.Linear = &Linear{money.Amount(l.From), money.Amount(l.To), int64(l.PercentFrom), int64(l.PercentTo)}
		if l.From >= l.To || l.PercentFrom < l.PercentTo || l.PercentFrom > 100_00 || l.PercentFrom == 0 {
			all.add(r.at("$.rule.linear", ErrField, "field", "linear",
				"detail", phrase("linear falls: isee_from is below isee_to, percent_from above zero, up to 100 and not below percent_to")))
		}
	}
	if f.Missing != nil && f.Missing.grants {
		p, ok := portionOf(f.Missing.Percent, f.Missing.Amount)
		if !ok {
			all.add(r.at("$.missing_isee", ErrPortion))
		}
		m.Missing = &p
	}
	return all.err()
}

// bracket checks that a bracket begins where the one before ends.
func (r reader) bracket(path string, b bracketFile, before []Bracket) (Bracket, error) {
	if (b.UpTo == nil) == (b.Below == nil) || b.From != nil && b.Above != nil {
		return Bracket{}, r.at(path, ErrField, "field", "brackets",
			"detail", phrase("a bracket has exactly one of up_to (the bound is inside) and below (it is outside), and at most one of from and above"))
	}
	portion, ok := portionOf(b.Percent, b.Amount)
	bracket := Bracket{Portion: portion}
	if b.UpTo != nil {
		bracket.Bound, bracket.Inclusive = money.Amount(*b.UpTo), true
	} else {
		bracket.Bound = money.Amount(*b.Below)
	}
	// Places on a line of half cents: just before a sum, the sum, just after it.
	start := int64(0)
	if len(before) > 0 {
		start = before[len(before)-1].end()
	}
	stated := start
	if b.From != nil {
		stated = int64(*b.From) * 2
	} else if b.Above != nil {
		stated = int64(*b.Above)*2 + 1
	}
	switch {
	case !ok:
		return bracket, r.at(path, ErrPortion)
	case bracket.end() <= start:
		return bracket, r.at(path, ErrBracketsOrder, "bound", bracket.Bound)
	case stated > start:
		return bracket, r.at(path, ErrBracketsHole, "bound", money.Amount(start/2))
	case stated < start:
		return bracket, r.at(path, ErrBracketsOverlap, "bound", money.Amount(start/2))
	}
	return bracket, nil
}

// end is where the next bracket begins, in half cents: odd means just after the
// bound.
func (b Bracket) end() int64 {
	if b.Inclusive {
		return b.Bound.Cents()*2 + 1
	}
	return b.Bound.Cents() * 2
}

func portionOf(percent, amount *number) (Portion, bool) {
	switch {
	case percent != nil && amount == nil:
		return Portion{BasisPoints: int64(*percent)}, *percent > 0 && *percent <= 100_00
	case amount != nil && percent == nil:
		return Portion{Amount: money.Amount(*amount)}, *amount > 0
	}
	return Portion{}, false
}

func (m *Measure) reachesAll() bool {
	all := m.Missing != nil && m.Missing.BasisPoints == 100_00
	for _, b := range m.Rule.Brackets {
		all = all || b.Portion.BasisPoints == 100_00
	}
	return all || m.Rule.Linear != nil && m.Rule.Linear.BasisPointsFrom == 100_00
}

// priceFormula lets a price rule be evaluated as a formula is: from an ISEE and a
// price to an award.
func (m *Measure) priceFormula() {
	zero := Whole(0)
	scope := newScope()
	m.Inputs = []Input{m.ISEEKind.input(), {Name: priceName, Type: InputMoney, From: &zero, Label: Name{"quota", "share"}, slot: 1}}
	isee := &symbol{name: iseeName, kind: kindNumber, input: true, optional: true, euro: true, places: 2}
	price := &symbol{name: priceName, kind: kindNumber, input: true, euro: true, places: 2}
	today := &symbol{name: todayName, kind: kindDate}
	award := &symbol{name: "award", kind: kindNumber, euro: true, places: 2}
	for _, sym := range []*symbol{isee, price, today, award} {
		scope.add(sym)
	}
	label := Name{"Contributo", "Award"}
	m.formula = &formula{
		scope: scope, today: today.slot, outputs: []int{0},
		steps: []step{{
			name: award.name, label: label, unit: Name{euroSign, euroSign}, euro: true, places: 2, slot: award.slot, kind: kindNumber,
			rule: &portionRule{m, isee.slot, price.slot, today.slot}, output: true, result: &Rounding{Fraction(1, 100), RoundDown},
		}},
	}
	m.Outputs = []Output{{Name: award.name, Label: label, Unit: Name{euroSign, euroSign}, Euro: true}}
}

// portionRule is a price rule as a step.
type portionRule struct {
	m                  *Measure
	isee, price, today int
}

func (r *portionRule) situation(m *memory) (Situation, money.Amount) {
	sit := Situation{Date: dateOf(m.values[r.today].num)}
	if m.known.has(r.isee) {
		isee, _ := m.values[r.isee].Amount()
		sit.ISEE = &isee
	}
	price, _ := m.values[r.price].Amount()
	return sit, price
}

func (r *portionRule) value(m *memory) Number {
	sit, price := r.situation(m)
	return Euro(r.m.grant(sit).Of(price))
}

func (r *portionRule) explain(w *writer) (lead, formula string) {
	sit, price := r.situation(w.m)
	trace := r.m.explainGrant(w, sit)
	w.lines = append(w.lines, trace[1:]...) // its first sentence names the measure
	return "", w.amount(Euro(r.m.grant(sit).Of(price)))
}
