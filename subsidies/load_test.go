package subsidies

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"colletta/money"
	"colletta/refusal"
)

const sound = `id: prova
name: {it: Prova, en: Trial}
source: {act: Delibera 1, date: 2026-01-01, url: https://example.org}
checked: 2026-01-02
valid: {from: 2026-01-01, to: 2026-12-31}
isee: ordinario
rule:
  brackets:
    - {up_to: 10000.00, percent: 50}
    - {below: 20000.00, amount: 7.50}
cap: {amount: 30.00, per: month}
missing_isee: not_eligible
cases:
  - {isee: 10000.00, price: 20.01, expect: 10.00}
  - {isee: 10000.01, price: 20.00, expect: 7.50}
  - {isee: 20000.00, price: 20.00, expect: 0.00}
`

func TestLoadMeasureSaysWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	if _, err := LoadMeasure([]byte(sound)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, old, new string
		want           *refusal.Error
		line           int
	}{
		{"unknown field", "isee: ordinario", "isee: ordinario\nisse: x", ErrSyntax, 7},
		{"unknown field of a bracket", "percent: 50}", "percent: 50, prezzo: 1}", ErrSyntax, 9},
		{"field twice", "isee: ordinario", "isee: ordinario\nisee: minorenni", ErrSyntax, 7},
		{"no YAML", "id: prova", "id: [prova", ErrSyntax, 2},
		{"anchor", "isee: ordinario", "isee: &a ordinario", ErrSyntax, 6},
		{"deep brackets", "checked: 2026-01-02", "checked: " + strings.Repeat("[", 200_000), ErrSyntax, 4},
		{"deep dashes", "checked: 2026-01-02", strings.Repeat("- ", 100_000), ErrSyntax, 4},
		{"three decimals", "10000.00, percent", "10000.001, percent", ErrSyntax, 9},
		{"an exponent", "10000.00, percent", "1e4, percent", ErrSyntax, 9},
		{"not a number", "10000.00, percent", ".nan, percent", ErrSyntax, 9},
		{"negative", "10000.00, percent", "-1.00, percent", ErrSyntax, 9},
		{"no such day", "checked: 2026-01-02", "checked: 2026-02-30", ErrSyntax, 4},
		{"no ID", "id: prova", "id: Prova 1", ErrField, 1},
		{"no name", "it: Prova, ", "", ErrField, 2},
		{"no source", "act: Delibera 1, ", "", ErrField, 3},
		{"never valid", "to: 2026-12-31", "to: 2025-12-31", ErrField, 5},
		{"unknown ISEE", "isee: ordinario", "isee: ricco", ErrField, 6},
		{"two rules", "cap: {", "  linear: {isee_from: 1.00, percent_from: 50, isee_to: 2.00, percent_to: 10}\ncap: {", ErrField, 8},
		{"unknown cap period", "per: month", "per: moon", ErrField, 11},
		{"what without ISEE is not said", "missing_isee: not_eligible\n", "", ErrField, 1},
		{"a word for missing ISEE", "not_eligible", "zero", ErrSyntax, 12},
		{"no cases", sound[strings.Index(sound, "cases:"):], "cases: []\n", ErrField, 13},
		{"descending", "below: 20000.00", "below: 9000.00", ErrBracketsOrder, 10},
		{"the same bound", "below: 20000.00", "below: 10000.00", ErrBracketsOrder, 10},
		{"hole", "{below: 20000.00", "{above: 10000.01, below: 20000.00", ErrBracketsHole, 10},
		{"overlap", "{below: 20000.00", "{above: 9999.99, below: 20000.00", ErrBracketsOverlap, 10},
		{"overlap on the bound", "{below: 20000.00", "{from: 10000.00, below: 20000.00", ErrBracketsOverlap, 10},
		{"hole on the bound", "up_to: 10000.00", "below: 10000.00, from: 0.01", ErrBracketsHole, 9},
		{"two bounds", "{below: 20000.00", "{below: 20000.00, up_to: 20000.00", ErrField, 10},
		{"percent and amount", "amount: 7.50}", "amount: 7.50, percent: 1}", ErrPortion, 10},
		{"more than all", "percent: 50}", "percent: 100.01}", ErrPortion, 9},
		{"nothing", "percent: 50}", "percent: 0}", ErrPortion, 9},
		{"all without a cap", "percent: 50}\n    - {below: 20000.00, amount: 7.50}\ncap: {amount: 30.00, per: month}\n", "percent: 100}\n", ErrCapNeeded, 8},
		{"a case that fails", "expect: 7.50", "expect: 7.51", ErrCase, 15},
	} {
		text := strings.Replace(sound, c.old, c.new, 1)
		if text == sound {
			t.Fatalf("%s: nothing was changed", c.name)
		}
		_, err := LoadMeasure([]byte(text))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want.Code)
			continue
		}
		if line := refusal.All(err)[0].Args["line"]; line != c.line {
			t.Errorf("%s: line %v, want %d", c.name, line, c.line)
		}
	}
}

func TestFirstFailingCaseIsNamed(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(strings.ReplaceAll(sound, "expect: 7.50", "expect: 7.49"), "expect: 0.00", "expect: 1.00")
	_, err := LoadMeasure([]byte(text))
	r := refusal.All(err)
	if len(r) != 1 || fmt.Sprint(r[0].Args["others"]) != "[3]" || r[0].Args["number"] != 2 || r[0].Args["got"] != money.Amount(750) || r[0].Args["expect"] != money.Amount(749) {
		t.Errorf("%v", err)
	}
}

func FuzzLoadMeasure(f *testing.F) {
	f.Add([]byte(sound))
	for _, m := range Measures() {
		text, _ := MeasureFile(m.ID)
		f.Add(text)
	}
	f.Add([]byte(soundFormula))
	for _, name := range exampleFiles(f) {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := LoadMeasure(data)
		if err != nil {
			if len(refusal.All(err)) == 0 {
				t.Fatalf("not a refusal: %v", err)
			}
			return
		}
		for _, c := range m.Cases {
			grant, trace := m.Evaluate(Situation{ISEE: c.ISEE, Date: m.From})
			if grant.Of(c.Price) != c.Expect || len(trace) == 0 {
				t.Fatalf("a measure that fails its case %+v was loaded", c)
			}
		}
		for _, c := range m.Worked {
			r, err := m.Eval(c.Facts, c.Day)
			trace, err2 := m.Explain(c.Facts, c.Day, English)
			if err != nil || err2 != nil || len(trace) < 2 {
				t.Fatalf("a worked case of %s cannot be evaluated: %v, %v", m.ID, err, err2)
			}
			for _, e := range c.Expect {
				if r.Values[e.Output].Cmp(e.Value) != 0 {
					t.Fatalf("a measure that fails its case %s was loaded", c.Name)
				}
			}
		}
	})
}
