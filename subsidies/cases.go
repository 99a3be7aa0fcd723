package subsidies

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"colletta/money"
	"colletta/refusal"
)

// WorkedCase is a worked case of a formula: what it gives on some facts.
type WorkedCase struct {
	Name    string
	Why     string // how a person gets there
	Day     time.Time
	Facts   *Facts
	Outcome Outcome    // what is expected instead of results; empty if they are
	Expect  []Expected // empty if an outcome is expected
	line    int
}

// Outcome is what a measure says beside its results.
type Outcome string

// The outcomes.
const (
	OutcomeDue         Outcome = "due"          // it is in force, and every condition holds
	OutcomeNotInForce  Outcome = "not_in_force" // the day is not among those of the measure
	OutcomeNotEligible Outcome = "not_eligible" // a condition does not hold
)

// Expected is one result of a worked case.
type Expected struct {
	Output int // place among the measure's Outputs
	Value  Number
}

// prove reads the worked cases and runs them. It returns everything that cannot
// be read, otherwise the first case that differs as [ErrCase], which names the
// others.
func (r reader) prove(f measureFile, m *Measure) error {
	var unreadable, differing faults
	for i, c := range f.Cases {
		path := fmt.Sprintf("$.cases[%d]", i)
		prove := r.provePrice
		if m.Rule == nil {
			prove = r.proveFormula
		}
		sorted(prove(path, i, c, m), &unreadable, &differing)
	}
	r.proveFundings(f, m, &unreadable, &differing)
	if unreadable.found || !differing.found {
		return unreadable.err()
	}
	others := []string{}
	for _, e := range differing.list[1:] {
		if e.Args["part"] == differing.list[0].Args["part"] {
			others = append(others, fmt.Sprint(e.Args["number"]))
		}
	}
	return differing.list[0].With("others", others)
}

// sorted tells cases that differ from those that cannot be read.
func sorted(err error, unreadable, differing *faults) {
	if errors.Is(err, ErrCase) {
		differing.add(err)
	} else {
		unreadable.add(err)
	}
}

// provePrice runs a case of a price rule, on the first day of validity.
func (r reader) provePrice(path string, i int, c caseFile, m *Measure) error {
	if c.In != nil || c.Date != nil {
		return r.wrong(path, "the cases of a rule on a price have isee, price and expect")
	}
	var expect number
	if c.Price == nil || c.Expect == nil || expect.UnmarshalYAML(c.Expect.node) != nil {
		return r.wrong(path, "a case needs a price and an expected award, for example {isee: 9000.00, price: 20.00, expect: 5.00}")
	}
	worked := Case{(*money.Amount)(c.ISEE), money.Amount(*c.Price), money.Amount(expect)}
	m.Cases = append(m.Cases, worked)
	sit := Situation{ISEE: worked.ISEE, Date: m.From}
	if got := m.grant(sit).Of(worked.Price); got != worked.Expect {
		return r.differs(path, i, c.Name, "award", got, worked.Expect, func(l Lang) Trace { return m.explainGrant(&writer{lang: l}, sit) })
	}
	return nil
}

// differs refuses a case that does not come out.
func (r reader) differs(path string, i int, name string, output, got, expect any, explain func(Lang) Trace) error {
	part, _, _ := strings.Cut(strings.TrimPrefix(path, "$."), "[")
	e := ErrCase.With("part", part, "number", i+1, "name", name, "output", output, "got", got, "expect", expect, "others", []string{})
	if explain != nil {
		e = e.With("trace", explain(Italian), "traces", map[Lang]Trace{Italian: explain(Italian), English: explain(English)})
	}
	return r.at(path, e)
}

// proveFormula runs a case of a formula.
func (r reader) proveFormula(path string, i int, c caseFile, m *Measure) error {
	worked, err := r.workedCase(path, c, m)
	if err != nil {
		return err
	}
	m.Worked = append(m.Worked, worked)
	got, err := m.Eval(worked.Facts, worked.Day)
	if err != nil {
		return r.wrong(path, "case %d cannot be evaluated: %s", i+1, detailOf(err))
	}
	explain := func(l Lang) Trace {
		trace, _ := m.Explain(worked.Facts, worked.Day, l)
		return trace
	}
	switch {
	case worked.Outcome != "" && worked.Outcome != got.Outcome():
		return r.differs(path, i, c.Name, phrase("the outcome"), string(got.Outcome()), string(worked.Outcome), explain)
	case worked.Outcome == "" && m.noTariff(got.Outcome(), worked.Expect):
		return r.differs(path, i, c.Name, phrase("the outcome"), string(got.Outcome()), phrase("a tariff (a case that ends so says expect: %s)", string(got.Outcome())), explain)
	}
	for _, e := range worked.Expect {
		if x := got.Values[e.Output]; x.Cmp(e.Value) != 0 {
			return r.differs(path, i, c.Name, m.Outputs[e.Output].Name, x.Text(2), e.Value.Text(2), explain)
		}
	}
	return nil
}

// noTariff says whether amounts are expected of a tariff where none is set: it is
// not in force, or for others and not reckoned for everybody.
func (m *Measure) noTariff(o Outcome, expect []Expected) bool {
	return m.Kind == KindTariff && (o == OutcomeNotInForce || o == OutcomeNotEligible && slices.ContainsFunc(expect, func(e Expected) bool {
		return !m.formula.steps[m.formula.outputs[e.Output]].always
	}))
}

// workedCase reads a case of a formula.
func (r reader) workedCase(path string, c caseFile, m *Measure) (WorkedCase, error) {
	worked := WorkedCase{Name: c.Name, Why: c.Why, Day: m.From, line: r.line(path)}
	if c.ISEE != nil || c.Price != nil || c.In == nil || c.Expect == nil {
		return worked, r.wrong(path, "a case needs in, the facts, and expect, the results: {in: {isee: 9000.00}, expect: {%s: 10.00}}", m.Outputs[0].Name)
	}
	if c.Date != nil {
		worked.Day = time.Time(*c.Date)
	}
	var all faults
	var err error
	worked.Facts, err = r.facts(path, c.In.node, m)
	all.add(err)
	if text, ok := scalarText(c.Expect.node); ok {
		worked.Outcome = Outcome(text)
		if worked.Outcome != OutcomeNotInForce && worked.Outcome != OutcomeNotEligible {
			all.add(r.wrong(path+".expect", "expect holds the results with their values, for example {%s: 10.00}, or says not_eligible or not_in_force", m.Outputs[0].Name))
		}
		return worked, all.err()
	}
	worked.Expect, err = r.expected(path, c.Expect.node, m)
	all.add(err)
	return worked, all.err()
}

// facts reads the facts of a case.
func (r reader) facts(path string, node ast.Node, m *Measure) (*Facts, error) {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		return nil, r.wrong(path+".in", "in holds the inputs with their values")
	}
	f := m.NewFacts()
	var all faults
	tried := inputSet(0)
	for walk := mapping.MapRange(); walk.Next(); {
		name := walk.Key().GetToken().Value
		if at := m.InputAt(name); at >= 0 {
			tried |= 1 << at
		} else if strings.Trim(name, "0123456789") == "" {
			all.add(decimalComma(walk.Key()))
			continue
		}
		if err := factOf(f, name, walk.Value()); err != nil {
			all.add(ErrRule.With("line", lineOf(walk.Key()), "column", 0, "detail", detailOf(err)))
		}
	}
	for i := range m.Inputs {
		if in := &m.Inputs[i]; !in.Optional && !tried.has(i) {
			all.add(r.wrong(path, "%s", detailOf(notGiven(in))))
		}
	}
	return f, all.err()
}

// factOf reads one value: null says that it is missing.
func factOf(f *Facts, name string, node ast.Node) error {
	if list, ok := node.(*ast.SequenceNode); ok {
		in, err := f.input(name)
		if err != nil {
			return err
		}
		if !in.Type.kind().isList() {
			return ErrInput.With("input", name, "detail", phrase("is no list: one value is expected"))
		}
		texts := make([]string, len(list.Values))
		for i, one := range list.Values {
			texts[i], _ = scalarText(one)
		}
		return f.Set(name, texts...)
	}
	if _, ok := node.(*ast.NullNode); ok {
		return f.Missing(name)
	}
	text, ok := scalarText(node)
	if !ok {
		return ErrInput.With("input", name, "detail", phrase("is neither a value nor a list"))
	}
	in, err := f.input(name)
	if err == nil && in.Type.kind().isList() {
		return ErrInput.With("input", name, "detail", phrase("is a list: write its values between brackets"))
	}
	return f.Set(name, text)
}

func (r reader) expected(path string, node ast.Node, m *Measure) ([]Expected, error) {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		return nil, r.wrong(path+".expect", "expect holds the results with their values, for example {%s: 10.00}", m.Outputs[0].Name)
	}
	var list []Expected
	var all faults
	for walk := mapping.MapRange(); walk.Next(); {
		name := walk.Key().GetToken().Value
		wrong := func(format string, args ...any) error {
			return ErrRule.With("line", lineOf(walk.Key()), "column", 0, "detail", phrase(format, args...))
		}
		at := -1
		for i, o := range m.Outputs {
			if o.Name == name {
				at = i
			}
		}
		if at < 0 && strings.Trim(name, "0123456789") == "" {
			all.add(decimalComma(walk.Key()))
			continue
		}
		if at < 0 {
			all.add(wrong("%s is not among the outputs: %s", name, m.outputNames()))
			continue
		}
		text, _ := scalarText(walk.Value())
		value, err := ParseNumber(text)
		if err != nil {
			all.add(wrong("%s: %q %s", name, text, err))
		}
		list = append(list, Expected{at, value})
	}
	if len(list) == 0 && !all.found {
		all.add(r.wrong(path, "a case expects at least one result"))
	}
	return list, all.err()
}

// decimalComma refuses what stands after a comma that was meant for decimals.
func decimalComma(key ast.Node) error {
	return misread(key, "%s stands after a comma and is no name: decimals have a point, 12.50", key.GetToken().Value)
}

func (m *Measure) outputNames() string {
	names := make([]string, len(m.Outputs))
	for i, o := range m.Outputs {
		names[i] = o.Name
	}
	return strings.Join(names, ", ")
}

// detailOf is what a refusal of the evaluation says.
func detailOf(err error) error {
	for _, e := range refusal.All(err) {
		for _, key := range []string{"input", "step"} {
			if name, ok := e.Args[key]; ok {
				return phrase("%v: %v", name, e.Args["detail"])
			}
		}
	}
	return err
}
