package desk

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

const labMeasure = "contributo-laboratori-scuola-2026"

// draftLab writes a second version of the laboratory's measure: 50 % instead of
// 60 % in the second bracket, and grants up to 30,000 instead of 27,000.
func (w *town) draftLab() {
	w.t.Helper()
	text, _ := subsidies.MeasureFile(labMeasure)
	changed := strings.NewReplacer("percent: 60}", "percent: 50}", "up_to: 27000.00, percent: 20}", "up_to: 30000.00, percent: 20}").Replace(string(text))
	from := strings.Index(changed, "cases:")
	_, version, err := w.desk.WriteMeasure(w.ctx, w.officer, MeasureText{YAML: changed[:from] + "cases:\n  - {isee: 6500.01, price: 30.00, expect: 15.00}\n  - {isee: 27000.01, price: 30.00, expect: 6.00}\n"})
	w.must(err)
	if version != 2 {
		w.t.Fatalf("version %d", version)
	}
}

// presentISEE records one verified certificate for each family.
func (w *town) presentISEE(kind string, values ...money.Amount) {
	w.t.Helper()
	var all []NewISEE
	for i, value := range values {
		all = append(all, NewISEE{
			Household: w.families[i].Household, Kind: kind, Value: value, Protocol: fmt.Sprintf("INPS-ISEE-2026-%08dS-00", i), Size: 2 + i%3, Scale: 204,
			ValidFrom: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
		})
	}
	w.must(w.desk.RecordISEE(w.ctx, w.officer, all))
}

func labSimulation() MeasureSimulation {
	return MeasureSimulation{Measure: labMeasure, Before: "1", Version: "2", Population: PopulationRegistered, On: "2026-11-02",
		Inputs: map[string]SimulatedInput{"price": {Value: "30,00"}}}
}

// By hand, at a price of 30.00. Version 1 gives 24, 18, 12 and 6 up to 6,500,
// 12,500, 20,000 and 27,000; version 2 gives 24, 15, 12 and 6, up to 30,000.
func TestSimulationOnRealHouseholdsIsOnRecordAndShowsSums(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.draftLab()
	w.presentISEE("minorenni", 4_000_00, 4_100_00, 4_200_00, 7_000_00, 8_000_00, 9_000_00, 15_000_01, 16_000_00, 17_000_00, 28_000_00, 29_000_00, 29_500_00)
	before := w.db.Opened()
	form, view, err := w.desk.Simulate(w.ctx, w.officer, labSimulation())
	w.must(err)
	if form.ID != labMeasure || len(form.Inputs) != 1 || len(view.Versions) != 2 || !view.Registered {
		t.Fatalf("%+v %+v", form, view)
	}
	one, two := view.Versions[0], view.Versions[1]
	if one.Version != 1 || one.Households != 12 || one.Reached != 9 || one.Total != 3*(24_00+18_00+12_00) || one.Mean != 18_00 || one.PerYear != 1 {
		t.Errorf("version 1: %+v", one)
	}
	if two.Version != 2 || two.Reached != 12 || two.Total != 3*(24_00+15_00+12_00+6_00) || two.Mean != 14_25 {
		t.Errorf("version 2: %+v", two)
	}
	if want := (subsidies.Comparison{More: 3, Less: 3, Same: 6, Gained: 18_00, Lost: 9_00}); view.Change != want {
		t.Errorf("%+v, want %+v", view.Change, want)
	}
	for _, b := range view.Bands {
		for _, p := range b.Parts {
			if p.Households > 0 && p.Households < 3 || p.Reached > 0 && p.Reached < 3 {
				t.Errorf("a band of few: %+v", b)
			}
		}
	}
	if opened := w.db.Opened() - before; opened != 12 {
		t.Errorf("%d values opened", opened)
	}
	// Once for the municipality, and in the list of who was read and of nobody else.
	conn := w.connect()
	defer conn.Close(w.ctx)
	var lines, values int
	w.must(conn.QueryRow(w.ctx, "SELECT count(*), sum((detail ->> 'values')::int) FROM audit WHERE act = 'read_isee' AND detail ->> 'purpose' = 'simulate' AND subject = 'municipality'").Scan(&lines, &values))
	if lines != 1 || values != 12 {
		t.Errorf("%d lines for %d values", lines, values)
	}
	for i, family := range w.families[:14] {
		mine, err := w.desk.MyISEE(w.ctx, family)
		w.must(err)
		seen := 0
		for _, r := range mine.Readings {
			if r.Purpose == string(postgres.PurposeSimulate) && r.Who == "Elena Riva" && !r.Own {
				seen += r.Times
			}
		}
		if want := map[bool]int{true: 1}[i < 12]; seen != want {
			t.Errorf("family %d sees the simulation %d times, want %d", i, seen, want)
		}
	}
	// What it came to stands on record for who publishes.
	past, err := w.desk.SimulationsOf(w.ctx, w.actor("giorgio@comune.example"), labMeasure, 2)
	w.must(err)
	if len(past) != 1 || past[0].By != "Elena Riva" || past[0].Households != 12 || past[0].More != 3 || past[0].Less != 3 || len(past[0].Versions) != 2 || past[0].Versions[1].Cost != two.Total {
		t.Errorf("on record: %+v", past)
	}
	if none, err := w.desk.SimulationsOf(w.ctx, w.officer, labMeasure, 1); err != nil || len(none) != 0 {
		t.Errorf("of version 1: %+v, %v", none, err)
	}
	w.sound()
}

func TestSimulationOfFewRealHouseholdsShowsNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.draftLab()
	w.presentISEE("minorenni", 4_000_00, 7_000_00)
	_, view, err := w.desk.Simulate(w.ctx, w.officer, labSimulation())
	wantRefusal(t, "two households", err, ErrSimulatedFew, "population")
	if view != nil {
		t.Errorf("shown: %+v", view)
	}
	mine, err := w.desk.MyISEE(w.ctx, w.families[0])
	w.must(err)
	if len(mine.Readings) != 2 { // this one and that of the simulation, which did read
		t.Errorf("readings %+v", mine.Readings)
	}
}

// Inventing a population reads nobody, gives the same again, and agrees with the
// engine that the command line uses.
func TestSimulationOnInventedHouseholdsReadsNobody(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.draftLab()
	w.presentISEE("minorenni", 4_000_00)
	before := w.db.Opened()
	r := labSimulation()
	r.Population, r.Households, r.Seed, r.Before = PopulationInvented, "1000", "7", ""
	_, first, err := w.desk.Simulate(w.ctx, w.officer, r)
	w.must(err)
	_, again, err := w.desk.Simulate(w.ctx, w.officer, r)
	w.must(err)
	if fmt.Sprint(first.Versions) != fmt.Sprint(again.Versions) || first.Versions[0].Households != 1000 || first.Versions[0].Reached == 0 || first.Versions[0].Total == 0 {
		t.Errorf("%+v, then %+v", first.Versions, again.Versions)
	}
	if len(first.Versions) != 1 || len(first.Bands) != 9 || w.db.Opened() != before {
		t.Errorf("%d bands, %d opened", len(first.Bands), w.db.Opened()-before)
	}
	sum := money.Amount(0)
	for _, b := range first.Bands {
		sum += b.Parts[0].Total
	}
	if sum != first.Versions[0].Total {
		t.Errorf("bands sum to %s of %s", sum, first.Versions[0].Total)
	}
}

// sizeMeasure pays 10.00 for each of the people, twice that on the scale.
const sizeMeasure = `
id: nuclei-2026
name: {it: Contributo per componente, en: Grant by person}
source: {act: Atto di prova, date: 2026-01-01, protocol: 1/2026}
checked: 2026-01-01
valid: {from: 2026-01-01, to: 2026-12-31}
isee: ordinario
inputs:
  people: {type: integer, from: 1, to: 3, label: {it: componenti, en: people}}
  scale: {type: number, label: {it: scala, en: scale}}
steps:
  - {name: award, unit: €/mese, when: known(isee), value: 10.00 * people * scale, otherwise: 0}
outputs: [award]
rounding: {to: 0.01, mode: half_up}
cases:
  - {in: {isee: 1000.00, people: 2, scale: 1.57}, expect: {award: 31.40}}
`

// By hand: sizes are 2, 3, 4, 2, 3, 4 (presentISEE); four is above what the
// measure takes, so two households are left out: 12 × 2.04 × 10 × (2+3+2+3).
func TestSimulationTakesInputsFromHouseholds(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	id, _, err := w.desk.WriteMeasure(w.ctx, w.officer, MeasureText{YAML: sizeMeasure})
	w.must(err)
	w.presentISEE("ordinario", 1_000_00, 2_000_00, 3_000_00, 4_000_00, 5_000_00, 6_000_00)
	form, err := w.desk.SimulateForm(w.ctx, w.officer, id, 0)
	w.must(err)
	if form.Typed.Version != "1" || form.Typed.Before != "" || form.Typed.Inputs["scale"].Value != "1,57" || form.Typed.Inputs["people"].Value != "2" {
		t.Errorf("proposed: %+v", form.Typed)
	}
	r := MeasureSimulation{Measure: id, Version: "1", Population: PopulationRegistered, Inputs: map[string]SimulatedInput{"people": {Source: SourcePeople}, "scale": {Source: SourceScale}}}
	_, view, err := w.desk.Simulate(w.ctx, w.officer, r)
	w.must(err)
	if v := view.Versions[0]; v.Households != 4 || v.Total != 12*204_00 || v.PerYear != 12 || len(view.LeftOut) != 1 || view.LeftOut[0] != (SimulatedGap{"componenti", 2}) {
		t.Errorf("%+v, left out %+v", v, view.LeftOut)
	}
	r.Population = PopulationInvented
	r.Households = "10"
	_, _, err = w.desk.Simulate(w.ctx, w.officer, r)
	wantRefusal(t, "people of invented households", err, ErrSimulatedSource, "in_people")
	wantRefusal(t, "scale of invented households", err, ErrSimulatedSource, "in_scale")
}

func TestSimulationRefusesBesideTheField(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.draftLab()
	for field, c := range map[string]struct {
		change func(*MeasureSimulation)
		want   *refusal.Error
	}{
		"version":    {func(r *MeasureSimulation) { r.Version = "9" }, ErrSimulatedVersion},
		"before":     {func(r *MeasureSimulation) { r.Before = "x" }, ErrSimulatedVersion},
		"population": {func(r *MeasureSimulation) { r.Population = "all" }, ErrSimulatedPopulation},
		"households": {func(r *MeasureSimulation) { r.Population, r.Households = PopulationInvented, "0" }, ErrNumber},
		"seed":       {func(r *MeasureSimulation) { r.Population, r.Households, r.Seed = PopulationInvented, "10", "-1" }, ErrNumber},
		"on":         {func(r *MeasureSimulation) { r.On = "30/02/2026" }, ErrFactDay},
		"on ":        {func(r *MeasureSimulation) { r.On = "01/09/2027" }, ErrSimulatedDay},
		"output":     {func(r *MeasureSimulation) { r.Output = "quota" }, subsidies.ErrSimulatedOutput},
		"per_year":   {func(r *MeasureSimulation) { r.PerYear = "367" }, ErrNumber},
		"in_price":   {func(r *MeasureSimulation) { r.Inputs["price"] = SimulatedInput{Value: "tanto"} }, ErrFactAmount},
	} {
		r := labSimulation()
		c.change(&r)
		_, view, err := w.desk.Simulate(w.ctx, w.officer, r)
		wantRefusal(t, field, err, c.want, strings.TrimSpace(field))
		if view != nil {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, _, err := w.desk.Simulate(w.ctx, w.officer, MeasureSimulation{Measure: "nessuna"}); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("a measure that is not there: %v", err)
	}
}

// Who may not write or publish measures tries and simulates none, and nothing is
// read for them.
func TestTryingMeasuresIsForOfficers(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.presentISEE("minorenni", 4_000_00, 7_000_00, 8_000_00)
	before := w.db.Opened()
	for name, a := range map[string]communities.Actor{"a family": w.families[0], "a delegate": w.parent, "a provider": w.actor("coop@prova.example")} {
		_, err1 := w.desk.MeasureToTry(w.ctx, a, labMeasure, 1, 1)
		_, err2 := w.desk.TryMeasure(w.ctx, a, MeasureTry{Measure: labMeasure, Version: 1})
		_, err3 := w.desk.SimulateForm(w.ctx, a, labMeasure, 0)
		r := labSimulation()
		r.Before, r.Version = "", "1"
		_, _, err4 := w.desk.Simulate(w.ctx, a, r)
		_, err5 := w.desk.SimulationsOf(w.ctx, a, labMeasure, 1)
		for i, err := range []error{err1, err2, err3, err4, err5} {
			if !errors.Is(err, communities.ErrNotAllowed) {
				t.Errorf("%s, act %d: %v", name, i+1, err)
			}
		}
	}
	if w.db.Opened() != before {
		t.Error("something was read")
	}
}

// A rule that cannot be applied to one household refuses the whole, and what was
// read stays on record.
func TestASimulationThatIsRefusedStaysOnRecord(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	text := strings.Replace(sizeMeasure, "10.00 * people * scale", "10.00 * people / (isee - 3000.00)", 1)
	text = text[:strings.Index(text, "cases:")] + "cases:\n  - {in: {isee: 3010.00, people: 2, scale: 1}, expect: {award: 2.00}}\n"
	id, _, err := w.desk.WriteMeasure(w.ctx, w.officer, MeasureText{YAML: text})
	w.must(err)
	w.presentISEE("ordinario", 4_000_00, 3_500_00, 3_000_00, 6_000_00)
	before := w.db.Opened()
	r := MeasureSimulation{Measure: id, Version: "1", Population: PopulationRegistered, Inputs: map[string]SimulatedInput{"people": {Value: "2"}, "scale": {Value: "1"}}}
	form, view, err := w.desk.Simulate(w.ctx, w.officer, r)
	if !errors.Is(err, subsidies.ErrEvaluation) || view != nil || form.ID != id {
		t.Fatalf("%+v, %v", view, err)
	}
	if told, opened := w.readingsTold(), w.db.Opened()-before; told != opened || opened != 4 {
		t.Errorf("the log tells of %d openings, there were %d", told, opened)
	}
}
