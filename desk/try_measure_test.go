package desk

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"colletta/postgres"
	"colletta/subsidies"
)

// A draft is tried on typed facts; the trace is the one that a citizen reads.
func TestADraftIsTriedOnTypedFacts(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.draftLab()
	before := w.db.Opened()
	view, err := w.desk.TryMeasure(w.ctx, w.officer, MeasureTry{Measure: labMeasure, Version: 2, On: "02/11/2026", Facts: map[string]string{"isee": "9.000,00", "price": "30"}})
	w.must(err)
	if r := view.Result; r == nil || !r.Eligible || len(r.Results) != 1 || r.Results[0].Value != "15,00\u00a0€" || !strings.Contains(strings.Join(r.Trace, "\n"), "spetta il 50 % della quota") {
		t.Errorf("%+v", view.Result)
	}
	none, err := w.desk.TryMeasure(w.ctx, w.officer, MeasureTry{Measure: labMeasure, Version: 2, Facts: map[string]string{"isee": " ", "price": "30"}})
	w.must(err)
	if none.Result.Results[0].Value != "0,00\u00a0€" || !strings.Contains(strings.Join(none.Result.Trace, "\n"), "senza ISEE la misura non spetta") {
		t.Errorf("without an ISEE: %+v", none.Result)
	}
	for field, facts := range map[string]map[string]string{"in_price": {"isee": "1"}, "in_isee": {"isee": "x", "price": "1"}} {
		view, err := w.desk.TryMeasure(w.ctx, w.officer, MeasureTry{Measure: labMeasure, Version: 2, Facts: facts})
		if field == "in_price" {
			wantRefusal(t, field, err, ErrRequired, field)
		} else {
			wantRefusal(t, field, err, ErrFactAmount, field)
		}
		if view.Result != nil || view.Measure == nil {
			t.Errorf("%s: %+v", field, view)
		}
	}
	_, err = w.desk.TryMeasure(w.ctx, w.officer, MeasureTry{Measure: labMeasure, Version: 2, On: "ieri", Facts: map[string]string{"price": "1"}})
	wantRefusal(t, "a day", err, ErrFactDay, "on")
	if _, err := w.desk.TryMeasure(w.ctx, w.officer, MeasureTry{Measure: labMeasure, Version: 3}); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("version 3: %v", err)
	}
	if w.db.Opened() != before {
		t.Error("a try opened something")
	}
}

// Every worked case of every example measure is shown with its facts, typed
// again as shown gives the same, and passes.
func TestWorkedCasesAreShownWithTheirTrace(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	files, err := filepath.Glob("../subsidies/measures/examples/*.yaml")
	w.must(err)
	shown := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		w.must(err)
		id, version, err := w.desk.WriteMeasure(w.ctx, w.officer, MeasureText{YAML: string(text)})
		w.must(err)
		view, err := w.desk.MeasureToTry(w.ctx, w.officer, id, version, 0)
		w.must(err)
		if view.Result != nil || len(view.Cases) == 0 {
			t.Fatalf("%s: %+v", id, view)
		}
		for i, c := range view.Cases {
			one, err := w.desk.MeasureToTry(w.ctx, w.officer, id, version, i+1)
			w.must(err)
			if !c.Passed || one.Result == nil || len(one.Result.Trace) < 2 || !one.On.Equal(c.Day) {
				t.Errorf("%s, case %d: %+v %+v", id, i+1, c, one.Result)
			}
			typed, err := w.desk.TryMeasure(w.ctx, w.officer, MeasureTry{Measure: id, Version: version, On: one.On.Format(time.DateOnly), Facts: one.Facts})
			w.must(err)
			if got, want := strings.Join(typed.Result.Trace, "\n"), strings.Join(one.Result.Trace, "\n"); got != want {
				t.Errorf("%s, case %d, typed as shown:\n%s\nwant\n%s", id, i+1, got, want)
			}
			shown++
		}
		if _, err := w.desk.MeasureToTry(w.ctx, w.officer, id, version, len(view.Cases)+1); !errors.Is(err, postgres.ErrNotFound) {
			t.Errorf("%s: a case too many: %v", id, err)
		}
	}
	if len(files) != 15 || shown != 92 {
		t.Errorf("%d cases of %d measures", shown, len(files))
	}
}

// Both sides of every limit of what may be typed, and how Italian writes it.
func TestTypedFactsAreReadAsItalianWritesThem(t *testing.T) {
	t.Parallel()
	m, err := subsidies.LoadMeasure([]byte(`
id: prova
name: {it: Prova, en: Trial}
source: {act: Prova, date: 2026-01-01, protocol: 1/2026}
checked: 2026-01-01
valid: {from: 2026-01-01, to: 2026-12-31}
isee: none
inputs:
  cost: {type: money, from: 10, to: 2000, label: {it: costo, en: cost}}
  days: {type: integer, to: 31, label: {it: giorni, en: days}}
  scale: {type: number, optional: true, label: {it: scala, en: scale}}
  works: {type: yes_no, label: {it: lavora, en: works}}
  level: {type: choice, of: [nido, scuola], label: {it: grado, en: level}}
  born: {type: date, label: {it: nascita, en: birth}}
  fees: {type: list_of_money, max_items: 2, label: {it: rette, en: fees}}
steps:
  - {name: award, value: cost}
outputs: [award]
rounding: {to: 0.01, mode: half_up}
cases:
  - {in: {cost: 10.00, days: 1, works: yes, level: nido, born: 2020-01-01, fees: [1.00]}, expect: {award: 10.00}}
`))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ input, typed, code string }{
		{"cost", "1.234,56", ""}, {"cost", "10", ""}, {"cost", "9,99", "fact_low"}, {"cost", "2.000,00", ""}, {"cost", "2.000,01", "fact_high"}, {"cost", "1,234,5", "fact_amount"}, {"cost", "", "required"},
		{"days", "31", ""}, {"days", "32", "fact_high"}, {"days", "-1", "fact_low"}, {"days", "1,5", "fact_whole"}, {"days", "molti", "fact_number"},
		{"scale", "2,04", ""}, {"scale", "2.04", ""}, {"scale", "2,046", ""}, {"scale", "2.046", "fact_number"}, {"scale", "0,1234567", "fact_number"}, {"scale", "", ""},
		{"works", "yes", ""}, {"works", "forse", "fact_yes_no"}, {"level", "nido", ""}, {"level", "liceo", "fact_choice"},
		{"born", "2020-02-29", ""}, {"born", "29/02/2020", ""}, {"born", "7/3/1951", ""}, {"born", "30/02/2020", "fact_day"},
		{"fees", "1,00 2,50", ""}, {"fees", "1,00;2,50", ""}, {"fees", "1 2 3", "fact_items"}, {"fees", "1 x", "fact_amount"}, {"fees", "\x00", "text_invalid"},
	} {
		got := ""
		if e := setFact(m.NewFacts(), &m.Inputs[m.InputAt(c.input)], c.typed); e != nil {
			if got = e.Code; e.Field != "in_"+c.input {
				t.Errorf("%s %q: at %q", c.input, c.typed, e.Field)
			}
		}
		if got != c.code {
			t.Errorf("%s %q: %q, want %q", c.input, c.typed, got, c.code)
		}
	}
}

// A case may expect that nothing is due, or that no tariff is set; the result of a
// tariff that does not hold is no amount.
func TestWorkedCasesMayExpectThatNothingIsDue(t *testing.T) {
	t.Parallel()
	m, err := subsidies.LoadMeasure([]byte(`
id: prova
name: {it: Prova, en: Trial}
source: {act: Prova, date: 2026-01-01, protocol: 1/2026}
checked: 2026-01-01
valid: {from: 2026-01-01, to: 2026-12-31}
kind: tariff
isee: [minorenni, ordinario]
inputs:
  flags: {type: list_of_yes_no, label: {it: segni, en: marks}}
eligible: [{if: known(isee), it: ISEE, en: ISEE}]
steps: [{name: fee, label: {it: Tariffa, en: Fee}, value: "count(flags, #) * 2.00"}]
outputs: [fee]
rounding: {to: 0.01, mode: half_up}
cases:
  - {in: {isee_ordinario: 1.00, flags: [yes, no, yes]}, expect: {fee: 4.00}}
  - {in: {flags: [yes]}, expect: not_eligible}
  - {date: 2027-01-01, in: {isee_minorenni: 1.00, flags: [yes]}, expect: not_in_force}
`))
	if err != nil {
		t.Fatal(err)
	}
	cases, err := measureCases(m)
	if err != nil || len(cases) != 3 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	for i, want := range []MeasureCaseResult{
		{"Tariffa", "4,00\u00a0€", "4,00\u00a0€", true}, {"Esito", "mancano i requisiti", "mancano i requisiti", true}, {"Esito", "non è in vigore", "non è in vigore", true},
	} {
		if c := cases[i]; !c.Passed || len(c.Expect) != 1 || c.Expect[0] != want {
			t.Errorf("case %d: %+v, want %+v", i+1, c.Expect, want)
		}
	}
	for i, want := range []MeasureAmount{{"Tariffa", "4,00\u00a0€"}, {"Esito", "mancano i requisiti"}, {"Esito", "non è in vigore"}} {
		got, err := tried(m, m.Worked[i].Facts, m.Worked[i].Day)
		if err != nil || len(got.Results) != 1 || got.Results[0] != want {
			t.Errorf("case %d: %+v, %v; want %+v", i+1, got, err, want)
		}
	}
	facts := m.NewFacts()
	if e := setFact(facts, &m.Inputs[m.InputAt("flags")], "sì no si"); e != nil || strings.Join(facts.Texts(m.InputAt("flags")), " ") != "yes no yes" {
		t.Errorf("%v, %v", e, facts.Texts(m.InputAt("flags")))
	}
}
