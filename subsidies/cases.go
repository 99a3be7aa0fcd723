package subsidies

import (
	"fmt"
	"time"

	"github.com/goccy/go-yaml/ast"

	"colletta/money"
	"colletta/refusal"
)

// WorkedCase is a worked case of a formula: what it gives on some facts.
type WorkedCase struct {
	Name   string
	Why    string // how a person gets there
	Day    time.Time
	Facts  *Facts
	Expect []Expected
	line   int
}

// Expected is one result of a worked case.
type Expected struct {
	Output int // place among the measure's Outputs
	Value  Number
}

// prove reads the worked cases and runs them; it returns the first that differs
// as [ErrCase].
func (r reader) prove(f measureFile, m *Measure) error {
	for i, c := range f.Cases {
		path := fmt.Sprintf("$.cases[%d]", i)
		prove := r.provePrice
		if m.Rule == nil {
			prove = r.proveFormula
		}
		if err := prove(path, i, c, m); err != nil {
			return err
		}
	}
	return r.proveFundings(f, m)
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
	grant, trace := m.Evaluate(Situation{ISEE: worked.ISEE, Date: m.From})
	if got := grant.Of(worked.Price); got != worked.Expect {
		return r.at(path, ErrCase, "number", i+1, "name", c.Name, "output", "award", "got", got, "expect", worked.Expect, "trace", trace)
	}
	return nil
}

// proveFormula runs a case of a formula.
func (r reader) proveFormula(path string, i int, c caseFile, m *Measure) error {
	if c.ISEE != nil || c.Price != nil || c.In == nil || c.Expect == nil {
		return r.wrong(path, "a case needs in, the facts, and expect, the results: {in: {isee: 9000.00}, expect: {%s: 10.00}}", m.Outputs[0].Name)
	}
	worked := WorkedCase{Name: c.Name, Why: c.Why, Day: m.From, line: r.line(path)}
	if c.Date != nil {
		worked.Day = time.Time(*c.Date)
	}
	var err error
	if worked.Facts, err = r.facts(path, c.In.node, m); err != nil {
		return err
	}
	if worked.Expect, err = r.expected(path, c.Expect.node, m); err != nil {
		return err
	}
	m.Worked = append(m.Worked, worked)
	got, err := m.Eval(worked.Facts, worked.Day)
	if err != nil {
		return r.wrong(path, "case %d cannot be evaluated: %s", i+1, detailOf(err))
	}
	for _, e := range worked.Expect {
		if x := got.Values[e.Output]; x.Cmp(e.Value) != 0 {
			trace, _ := m.Explain(worked.Facts, worked.Day, Italian)
			return r.at(path, ErrCase, "number", i+1, "name", c.Name, "output", m.Outputs[e.Output].Name,
				"got", x.Text(2), "expect", e.Value.Text(2), "trace", trace)
		}
	}
	return nil
}

// facts reads the facts of a case.
func (r reader) facts(path string, node ast.Node, m *Measure) (*Facts, error) {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		return nil, r.wrong(path+".in", "in holds the inputs with their values")
	}
	f := m.NewFacts()
	for walk := mapping.MapRange(); walk.Next(); {
		name := walk.Key().GetToken().Value
		if err := factOf(f, name, walk.Value()); err != nil {
			return nil, ErrRule.With("line", lineOf(walk.Key()), "column", 0, "detail", detailOf(err))
		}
	}
	if err := f.complete(); err != nil {
		return nil, r.wrong(path, "%s", detailOf(err))
	}
	return f, nil
}

// factOf reads one value: null says that it is missing.
func factOf(f *Facts, name string, node ast.Node) error {
	if list, ok := node.(*ast.SequenceNode); ok {
		in, err := f.input(name)
		if err != nil {
			return err
		}
		if in.Type.kind() != kindNumbers {
			return ErrInput.With("input", name, "detail", "is no list: one value is expected")
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
		return ErrInput.With("input", name, "detail", "is neither a value nor a list")
	}
	in, err := f.input(name)
	if err == nil && in.Type.kind() == kindNumbers {
		return ErrInput.With("input", name, "detail", "is a list: write its values between brackets")
	}
	return f.Set(name, text)
}

func (r reader) expected(path string, node ast.Node, m *Measure) ([]Expected, error) {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		return nil, r.wrong(path+".expect", "expect holds the results with their values, for example {%s: 10.00}", m.Outputs[0].Name)
	}
	var list []Expected
	for walk := mapping.MapRange(); walk.Next(); {
		name := walk.Key().GetToken().Value
		wrong := func(format string, args ...any) error {
			return ErrRule.With("line", lineOf(walk.Key()), "column", 0, "detail", fmt.Sprintf(format, args...))
		}
		at := -1
		for i, o := range m.Outputs {
			if o.Name == name {
				at = i
			}
		}
		if at < 0 {
			return nil, wrong("%s is not among the outputs", name)
		}
		text, _ := scalarText(walk.Value())
		value, err := ParseNumber(text)
		if err != nil {
			return nil, wrong("%s: %q %s", name, text, err)
		}
		list = append(list, Expected{at, value})
	}
	if len(list) == 0 {
		return nil, r.wrong(path, "a case expects at least one result")
	}
	return list, nil
}

// detailOf is what a refusal of the evaluation says, in English.
func detailOf(err error) string {
	for _, e := range refusal.All(err) {
		for _, key := range []string{"input", "step"} {
			if name, ok := e.Args[key]; ok {
				return fmt.Sprintf("%v: %v", name, e.Args["detail"])
			}
		}
	}
	return err.Error()
}
