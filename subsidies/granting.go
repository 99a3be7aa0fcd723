package subsidies

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// granting says which results of a formula are a grant on the price of a service.
// A round asks for the grant before the price is known, so the formula looks only
// at what a round knows of a household.
type granting struct {
	percent, amount, cap int    // places among the Outputs; -1 where there is none
	whole                Number // what percent is for all of the price: 100 if its unit is %, else 1
}

// The names under which measures ask what the register knows of a household.
var (
	sizeNames  = []string{"household_size", "members", "people"}
	minorNames = []string{"minors", "minors_in_household", "children"}
)

// SizeNames are the names under which a measure asks for the people of a household.
func SizeNames() []string { return slices.Clone(sizeNames) }

// MinorNames are those under which it asks how many of them are minors.
func MinorNames() []string { return slices.Clone(minorNames) }

// GrantsOnPrice tells whether rounds can use the measure: it has a rule on a
// price, or a formula that says what it grants on one.
func (m *Measure) GrantsOnPrice() bool { return m.Rule != nil || m.granting != nil }

// granting reads which results are the grant.
func (r reader) granting(f measureFile, m *Measure) error {
	g := f.Grant
	if g == nil {
		return nil
	}
	var all faults
	wrong := func(expect Phrase) { all.add(r.at("$.grant", ErrRule, "column", 0, "detail", expect)) }
	place := func(field, name string, euro bool) int {
		if name == "" {
			return -1
		}
		at := slices.IndexFunc(m.Outputs, func(o Output) bool { return o.Name == name })
		switch {
		case at < 0:
			wrong(phrase("%s is %q, which is no result; the outputs are: %s", field, name, m.outputNames()))
		case m.Outputs[at].Euro != euro && euro:
			wrong(phrase("%s is %s, which is no amount in euro: give the step a unit that begins with €", field, name))
		case m.Outputs[at].Euro != euro:
			wrong(phrase("%s is %s, which is an amount: a part of the price is a percentage with the unit %%, or a number up to 1", field, name))
		}
		return at
	}
	m.granting = &granting{place("percent", g.Percent, false), place("amount", g.Amount, true), place("cap", g.Cap, true), Whole(1)}
	if at := m.granting.percent; at >= 0 && strings.HasPrefix(m.Outputs[at].Unit.IT, "%") {
		m.granting.whole = Whole(100)
	}
	switch {
	case (g.Percent == "") == (g.Amount == ""):
		wrong(phrase("grant has exactly one of percent and amount: the result that a round pays of the price"))
	case g.Percent != "" && g.Cap == "":
		wrong(phrase("a percentage needs a cap, the most that a household gets: the price is not known yet"))
	}
	if (g.Cap == "") != (g.Per == "") || g.Per != "" && capPeriods[g.Per] == (Name{}) {
		wrong(phrase("cap goes with per: month, period or year"))
	}
	m.CapPer = g.Per
	if m.Kind != KindBenefit {
		wrong(phrase("a tariff grants nothing: grant is for benefits"))
	}
	if len(m.ISEEKinds) > 1 {
		wrong(phrase("a grant in a round looks at one kind of ISEE"))
	}
	for _, in := range m.Inputs {
		if !in.Optional && !slices.Contains(sizeNames, in.Name) && !slices.Contains(minorNames, in.Name) {
			wrong(phrase("a round does not know the input %s; it knows isee, %s and %s, and leaves out what is optional",
				in.Name, strings.Join(sizeNames, ", "), strings.Join(minorNames, ", ")))
		}
	}
	return all.err()
}

// proveGrant refuses worked cases in which a part of the price is below nothing or
// above all: who writes 80 without the unit % would grant too much.
func (r reader) proveGrant(m *Measure) error {
	if m.granting == nil || m.granting.percent < 0 {
		return nil
	}
	for _, c := range m.Worked {
		result, err := m.Eval(c.Facts, c.Day)
		if err != nil {
			return err
		}
		if x := result.Values[m.granting.percent]; x.Sign() < 0 || x.Cmp(m.granting.whole) > 0 {
			return ErrRule.With("line", c.line, "column", 0, "detail",
				phrase("the part of the price is %s, and all of it is %s: with the unit %% it goes from 0 to 100, without from 0 to 1", x, m.granting.whole))
		}
	}
	return nil
}

// granted is what the formula grants in a situation.
func (m *Measure) granted(sit Situation) Grant {
	facts, ok := m.factsOf(sit)
	if !ok {
		return Grant{}
	}
	result, err := m.Eval(facts, sit.Date)
	if err != nil || !result.Eligible {
		return Grant{}
	}
	grant := Grant{Eligible: true}
	if at := m.granting.percent; at >= 0 {
		grant.BasisPoints = m.granting.basisPoints(result.Values[at])
	} else {
		grant.Amount = max(0, result.Amount(m.granting.amount))
	}
	if at := m.granting.cap; at >= 0 {
		limit := max(0, result.Amount(at))
		grant.Cap = &limit
		if limit == 0 {
			return Grant{}
		}
	}
	return grant
}

// basisPoints are hundredths of a percent, rounded down; 0 for what is no part.
func (g *granting) basisPoints(part Number) int64 {
	if part.Sign() < 0 || part.Cmp(g.whole) > 0 {
		return 0
	}
	down := Rounding{Whole(1), RoundDown}.Of(part.Mul(Whole(100_00)).Div(g.whole))
	points, _ := strconv.ParseInt(down.Text(0), 10, 64)
	return points
}

// factsOf fills in what a round knows of a household; false if the formula asks
// for more.
func (m *Measure) factsOf(sit Situation) (*Facts, bool) {
	facts := m.NewFacts()
	for i, in := range m.Inputs {
		switch {
		case in.Name == iseeName:
			if isee := m.counted(sit); isee != nil {
				facts.SetAmount(i, *isee)
			}
		case sit.Size > 0 && slices.Contains(sizeNames, in.Name):
			facts.SetWhole(i, int64(sit.Size))
		case sit.Size > 0 && slices.Contains(minorNames, in.Name):
			facts.SetWhole(i, int64(sit.Minors))
		case !in.Optional:
			return nil, false
		}
	}
	return facts, true
}

// explainGranted says why the formula grants what it does.
func (m *Measure) explainGranted(w *writer, sit Situation) Trace {
	nothing := w.say("Nessun contributo.", "No contribution.")
	if why := m.concerns(sit); why != concerned {
		return Trace{m.unconcerned(w, why, sit.Date), nothing}
	}
	facts, ok := m.factsOf(sit)
	if !ok {
		return Trace{w.say("Non si sa quante persone ha la famiglia: la misura ne ha bisogno.", "How many people the household has is not known: the measure needs it."), nothing}
	}
	trace, err := m.Explain(facts, sit.Date, w.lang)
	if err != nil {
		return Trace{fmt.Sprint(err), nothing}
	}
	trace = trace[1:] // the measure's name stands already
	grant := m.granted(sit)
	if !grant.Eligible || grant.BasisPoints == 0 && grant.Amount == 0 {
		return append(trace, nothing)
	}
	trace = append(trace, w.say("Spetta %s.", "Due is %s.", w.portion(Portion{grant.BasisPoints, grant.Amount})))
	if grant.Cap != nil {
		trace = append(trace, w.atMost(*grant.Cap, m.CapPer))
	}
	return append(trace, w.neverAbove())
}
