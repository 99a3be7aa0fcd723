package subsidies

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"colletta/refusal"
)

// formulaHead and formulaTail surround the part of a measure that a test is about.
const formulaHead = `id: prova
name: {it: Prova, en: Trial}
source: {act: Delibera 1, date: 2026-01-01, protocol: 12/2026}
checked: 2026-01-02
valid: {from: 2026-01-01, to: 2027-12-31}
isee: ordinario
inputs:
  cost: {type: money}
  resident: {type: yes_no, optional: true}
  level: {type: choice, of: [nido, scuola]}
  fees: {type: list_of_money, optional: true, max_items: 3}
`

const formulaTail = `outputs: [award]
rounding: {to: 0.01, mode: half_up}
cases:
  - {in: {isee: 9000.00, cost: 100.00, level: nido}, expect: {award: 50.00}}
`

const soundStep = `steps:
  - {name: award, value: cost / 2}
`

func loadText(t testing.TB, text string) *Measure {
	t.Helper()
	m, err := LoadMeasure([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return m
}

// award loads a measure whose only result is award and evaluates it, without its
// own cases.
func award(t testing.TB, middle string, facts map[string]string, day time.Time) (string, error) {
	t.Helper()
	text := formulaHead + middle + strings.Replace(formulaTail, "cases:", "cases: # unproved", 1)
	m, err := loadUnproved([]byte(text))
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	f := m.NewFacts()
	for _, base := range []string{"cost", "level"} {
		if _, given := facts[base]; !given {
			f.Set(base, map[string]string{"cost": "100.00", "level": "nido"}[base])
		}
	}
	for name, value := range facts {
		if err := f.Set(name, strings.Fields(value)...); err != nil {
			t.Fatal(err)
		}
	}
	r, err := m.Eval(f, day)
	if err != nil {
		return "", err
	}
	if _, err := m.Explain(f, day, Italian); err != nil {
		t.Fatal(err)
	}
	return r.Values[0].Text(2), nil
}

// loadUnproved loads a measure without running its cases: those of a test are in
// the test.
func loadUnproved(data []byte) (*Measure, error) {
	f, r, err := readFile(data)
	if err != nil {
		return nil, err
	}
	return r.measure(f)
}

// Both sides of every rule of a step, by hand.
func TestStepsReckonAsTheDocumentationSays(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, middle string
		facts        string
		want         string
	}{
		{"value", "steps: [{name: award, value: cost / 3}]", "", "33.33"},
		{"rounding up to 10 cents", "steps: [{name: award, value: cost / 3, round: {to: 0.10, mode: up}}]", "", "33.40"},
		{"half to even", "steps: [{name: award, value: 0.1250, round: {to: 0.01, mode: half_even}}]", "", "0.12"},
		{"rounding, then the most", "steps: [{name: award, value: cost / 3, round: {to: 1, mode: up}, at_most: 33.50}]", "", "33.50"},
		{"the least, then the most", "steps: [{name: award, value: 1.00, at_least: 20.00, at_most: [cost, 5.00]}]", "", "5.00"},
		{"below the least", "steps: [{name: award, value: 1.00, at_least: 20.00}]", "", "20.00"},
		{"a most that is no whole cent", "steps: [{name: award, value: cost, at_most: cost / 3}]", "", "33.33"},
		{"a result seen by later steps is rounded", "steps: [{name: half, value: cost / 8, unit: €}, {name: award, value: half * 8}]", "cost=0.01", "0.01"},
		{"when", "steps: [{name: award, when: cost > 50, value: cost}]", "cost=50", "0.00"},
		{"otherwise", "steps: [{name: award, when: cost > 50, value: cost, otherwise: 7.50}]", "cost=50", "7.50"},
		{"otherwise may read what is known then", "steps: [{name: award, when: not known(isee), value: 1, otherwise: isee}]", "isee=12.34", "12.34"},
		{"eligible", "eligible: [{if: cost > 100, it: x, en: x}]\nsteps: [{name: award, value: cost}]", "", "0.00"},
		{"even if not eligible", "eligible: [{if: cost > 100, it: x, en: x}]\nsteps: [{name: award, value: cost, even_if_not_eligible: true}]", "", "100.00"},
		{"what a condition makes known, steps may read", "eligible: [{if: known(isee), it: x, en: x}, {if: isee < 10, it: x, en: x}]\nsteps: [{name: award, value: isee}]", "isee=9", "9.00"},
		{"a condition kept as a step", "steps: [{name: poor, value: known(isee) and isee < 10}, {name: award, value: 'poor ? 5 : 6'}]", "isee=9", "5.00"},
		{"up to: the bound is inside", "steps: [{name: award, brackets: {of: isee, rows: [{up_to: 10, value: 1}, {else: true, value: 2}], missing: 3}}]", "isee=10.00", "1.00"},
		{"up to: one cent above", "steps: [{name: award, brackets: {of: isee, rows: [{up_to: 10, value: 1}, {else: true, value: 2}], missing: 3}}]", "isee=10.01", "2.00"},
		{"below: the bound is outside", "steps: [{name: award, brackets: {of: isee, rows: [{below: 10, value: 1}, {from: 10, up_to: 20, value: 2}], above: 4, missing: 3}}]", "isee=10.00", "2.00"},
		{"above the last", "steps: [{name: award, brackets: {of: isee, rows: [{below: 10, value: 1}, {from: 10, up_to: 20, value: 2}], above: 4, missing: 3}}]", "isee=20.01", "4.00"},
		{"missing", "steps: [{name: award, brackets: {of: isee, rows: [{up_to: 10, value: 1}, {else: true, value: 2}], missing: 3}}]", "", "3.00"},
		{"zero is not missing", "steps: [{name: award, brackets: {of: isee, rows: [{up_to: 10, value: 1}, {else: true, value: 2}], missing: 3}}]", "isee=0", "1.00"},
		{"brackets of a quotient", "steps: [{name: award, brackets: {of: isee / equivalence_scale(2), rows: [{up_to: 10, value: 1}, {else: true, value: 2}], missing: 3}}]", "isee=15.70", "1.00"},
		{"two segments, the first", "steps: [{name: award, line: {of: isee, points: [[0, 0], [10, 10], [20, 50]], before: 0, after: 99, missing: 3}}]", "isee=5", "5.00"},
		{"two segments, the second", "steps: [{name: award, line: {of: isee, points: [[0, 0], [10, 10], [20, 50]], before: 0, after: 99, missing: 3}}]", "isee=15", "30.00"},
		{"a line's last point", "steps: [{name: award, line: {of: isee, points: [[0, 0], [10, 10], [20, 50]], before: 0, after: 99, missing: 3}}]", "isee=20", "50.00"},
		{"after a line", "steps: [{name: award, line: {of: isee, points: [[0, 0], [10, 10], [20, 50]], before: 0, after: 99, missing: 3}}]", "isee=20.01", "99.00"},
		{"before a line", "steps: [{name: award, line: {of: cost, points: [[200, 1], [300, 2]], before: 7, after: 99}}]", "", "7.00"},
		{"table", "steps: [{name: award, table: {rows: {of: cost, up_to: [50, 100]}, columns: {of: level, is: [nido, scuola]}, values: [[1, 2], [3, 4]], above: 9}}]", "level=scuola", "4.00"},
		{"beyond a table", "steps: [{name: award, table: {rows: {of: cost, up_to: [50, 100]}, columns: {of: level, is: [nido, scuola]}, values: [[1, 2], [3, 4]], above: 9}}]", "cost=100.01", "9.00"},
		{"the rest of a table", "steps: [{name: award, table: {rows: {of: cost, bounds: [{below: 50}, {up_to: 100}], else: true}, columns: {of: level, is: [nido], else: true}, values: [[1, 2], [3, 4], [5, 6]]}}]", "cost=500 level=scuola", "6.00"},
		{"yes and no in a table", "steps: [{name: award, table: {rows: {of: cost > 50, is: [yes, no]}, columns: {of: len(fees), is: [0, 2], else: true}, missing: 8, values: [[1, 2, 3], [4, 5, 6]]}}]", "fees=1;2", "2.00"},
		{"missing in a table", "steps: [{name: award, table: {rows: {of: cost > 50, is: [yes, no]}, columns: {of: len(fees), is: [0, 2], else: true}, missing: 8, values: [[1, 2, 3], [4, 5, 6]]}}]", "", "8.00"},
		{"the largest reduction", reductionsOf("one: largest"), "", "50.00"},
		{"the smallest reduction", reductionsOf("one: smallest"), "", "80.00"},
		{"the first reduction", reductionsOf("one: first"), "", "80.00"},
		{"compounded reductions", reductionsOf("all: compounded"), "", "40.00"},
		{"summed reductions", reductionsOf("all: summed"), "", "30.00"},
		{"no reduction", reductionsOf("all: summed"), "level=scuola", "100.00"},
		{"a percentage as a parameter", "parameters: {rate: 60%}\nsteps: [{name: award, value: cost * rate}]", "cost=3333.33", "2000.00"},
		{"at most ten elements", "steps: [{name: award, when: known(fees), value: 'sum(fees, #index < 2 ? # : 0)'}]", "fees=1;2;4", "3.00"},
	} {
		facts := map[string]string{}
		for _, pair := range strings.Fields(c.facts) {
			name, value, _ := strings.Cut(pair, "=")
			facts[name] = strings.ReplaceAll(value, ";", " ")
		}
		got, err := award(t, c.middle+"\n", facts, on(2026, time.March, 1))
		if err != nil || got != c.want {
			t.Errorf("%s: %s (%v), want %s", c.name, got, err, c.want)
		}
	}
}

func reductionsOf(how string) string {
	return `steps:
  - name: award
    reductions:
      of: cost
      ` + how + `
      list:
        - {if: level == "nido", percent: 20%, it: a, en: a}
        - {if: level == "nido" and cost > 1, percent: 25 * 2, it: b, en: b}
        - {if: cost > 1000, percent: 100, it: c, en: c}`
}

func TestParametersChangeWithTheDays(t *testing.T) {
	t.Parallel()
	// By hand: 5.00; + 0.8 % = 5.04, to ten cents 5.00; + 3 % = 5.15, to ten cents 5.20.
	middle := `parameters:
  fee:
    - {from: 2025-09-01, value: 5.00}
    - {from: 2026-09-01, increase: 0.8%, round: {to: 0.10, mode: half_up}}
    - {from: 2027-09-01, increase: 3%, round: {to: 0.10, mode: half_up}}
steps: [{name: award, value: fee}]
`
	for day, want := range map[time.Time]string{
		on(2026, time.January, 1): "5.00", on(2026, time.August, 31): "5.00", on(2026, time.September, 1): "5.00",
		on(2027, time.August, 31): "5.00", on(2027, time.September, 1): "5.20", on(2027, time.December, 31): "5.20",
		on(2028, time.January, 1): "0.00", on(2025, time.December, 31): "0.00", // not in force
	} {
		if got, err := award(t, middle, nil, day); err != nil || got != want {
			t.Errorf("%s: %s (%v), want %s", day.Format(time.DateOnly), got, err, want)
		}
	}
}

func TestFactsAreChecked(t *testing.T) {
	t.Parallel()
	m := loadText(t, formulaHead+soundStep+formulaTail)
	for _, c := range []struct {
		name  string
		texts []string
		want  string
	}{
		{"rent", []string{"1"}, "is no input of this measure; there are: isee, cost"},
		{"cost", []string{"1.0010"}, "no amount"},
		{"cost", []string{"12,5"}, "is no number"},
		{"cost", []string{"-1"}, "below the least"},
		{"cost", []string{"1", "2"}, "one value"},
		{"cost", []string{"10000000.01"}, "no amount"},
		{"resident", []string{"maybe"}, "neither true nor false"},
		{"level", []string{"liceo"}, "none of nido, scuola"},
		{"fees", []string{"1", "2", "3", "4"}, "at most 3"},
		{"fees", []string{"1", "x"}, "element 2"},
	} {
		err := m.NewFacts().Set(c.name, c.texts...)
		if !errors.Is(err, ErrInput) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %v: %v, want %s", c.name, c.texts, err, c.want)
		}
	}
	f := m.NewFacts()
	if err := f.Missing("cost"); !errors.Is(err, ErrInput) {
		t.Errorf("a needed input is missing: %v", err)
	}
	if _, err := m.Eval(f, m.From); !errors.Is(err, ErrInput) {
		t.Errorf("nothing was given: %v", err)
	}
	if err := f.Missing("isee"); err != nil {
		t.Error(err)
	}
}

func TestImpossibleEvaluationsNameTheirStep(t *testing.T) {
	t.Parallel()
	for middle, want := range map[string]string{
		"steps: [{name: share, value: 1 / (cost - 100)}, {name: award, value: share}]":              "share",
		"eligible: [{if: 1 / (cost - 100) > 0, it: x, en: x}]\nsteps: [{name: award, value: cost}]": "eligible",
		"steps: [{name: award, value: cost * 1000000}]":                                             "award",
	} {
		_, err := award(t, middle+"\n", nil, on(2026, time.March, 1))
		if !errors.Is(err, ErrEvaluation) || refusal.All(err)[0].Args["step"] != want {
			t.Errorf("%s: %v, want a fault in %s", middle, err, want)
		}
	}
}

// Goal: an evaluator that is used again gives what a new one gives. Method: the
// assegno unico on random households, in turn with different days.
func TestEvaluatorCanBeUsedAgain(t *testing.T) {
	t.Parallel()
	m := loadFile(t, "measures/examples/inps_assegno_unico_2022.yaml")
	e, again := m.NewEvaluator(), m.NewFacts()
	var r Result
	rapid.Check(t, func(t *rapid.T) {
		f := anyFamily(t, m)
		copy(again.values, f.values)
		again.known = f.known
		day := rapid.SampledFrom([]time.Time{m.From, m.To, on(2021, time.May, 1)}).Draw(t, "day")
		want, err := m.Eval(f, day)
		if err != nil {
			t.Fatal(err)
		}
		if err := e.Eval(again, day, &r); err != nil || r.Eligible != want.Eligible {
			t.Fatalf("%v, eligible %t", err, r.Eligible)
		}
		for i := range want.Values {
			if r.Values[i].Cmp(want.Values[i]) != 0 {
				t.Fatalf("%s: %s, want %s", m.Outputs[i].Name, r.Values[i], want.Values[i])
			}
		}
	})
}

func anyFamily(t *rapid.T, m *Measure) *Facts {
	f := m.NewFacts()
	if rapid.Bool().Draw(t, "has ISEE") {
		f.SetAmount(0, *euro(rapid.Int64Range(0, 5_000_000).Draw(t, "isee")))
	}
	f.SetWhole(1, rapid.Int64Range(0, 6).Draw(t, "minors"))
	f.SetWhole(2, rapid.Int64Range(0, 4).Draw(t, "grown"))
	f.SetYes(3, rapid.Bool().Draw(t, "both work"))
	return f
}

// Goal: more ISEE never gives more, more children never give less. Method: the
// assegno unico on random households and their neighbours.
func TestAllowanceFallsWithISEEAndRisesWithChildren(t *testing.T) {
	t.Parallel()
	m := loadFile(t, "measures/examples/inps_assegno_unico_2022.yaml")
	monthly := len(m.Outputs) - 1
	rapid.Check(t, func(t *rapid.T) {
		f := anyFamily(t, m)
		of := func() Number {
			r, err := m.Eval(f, m.From)
			if err != nil {
				t.Fatal(err)
			}
			return r.Values[monthly]
		}
		before := of()
		f.values[1] = f.values[1].Add(Whole(1))
		more := of()
		if more.Cmp(before) < 0 {
			t.Fatalf("one child more: %s after %s", more, before)
		}
		if f.known.has(0) {
			f.values[0] = f.values[0].Add(Fraction(rapid.Int64Range(1, 100_000).Draw(t, "cents"), 100))
			if got := of(); got.Cmp(more) > 0 {
				t.Fatalf("more ISEE: %s after %s", got, more)
			}
		}
	})
}

// Goal: random brackets give the value of the first row that holds the number, on
// both sides of every bound. Method: against a walk over the bounds in cents.
func TestBracketsHoldOnBothSidesOfTheirBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		bounds := rapid.SliceOfNDistinct(rapid.Int64Range(1, 3_000_000), 1, 8, rapid.ID).Draw(t, "bounds")
		inclusive := rapid.SliceOfN(rapid.Bool(), len(bounds), len(bounds)).Draw(t, "inclusive")
		slices.Sort(bounds)
		var rows []string
		for i, b := range bounds {
			word := "below"
			if inclusive[i] {
				word = "up_to"
			}
			rows = append(rows, "{"+word+": "+euro(b).String()+", value: "+Whole(int64(i)).String()+"}")
		}
		rows = append(rows, "{else: true, value: "+Whole(int64(len(bounds))).String()+"}")
		text := formulaHead + "steps: [{name: award, brackets: {of: isee, rows: [" + strings.Join(rows, ", ") + "], missing: 99}}]\n" + formulaTail
		m, err := loadUnproved([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		f := m.NewFacts()
		f.SetAmount(1, 0)
		f.SetWhole(3, 0)
		for _, b := range bounds {
			for _, isee := range []int64{b - 1, b, b + 1} {
				want := 0
				for want < len(bounds) && (isee > bounds[want] || isee == bounds[want] && !inclusive[want]) {
					want++
				}
				f.SetAmount(0, *euro(isee))
				r, err := m.Eval(f, m.From)
				if err != nil || r.Values[0].Cmp(Whole(int64(want))) != 0 {
					t.Fatalf("ISEE %s: %v (%v), want row %d of %v", euro(isee), r.Values, err, want, rows)
				}
			}
		}
	})
}
