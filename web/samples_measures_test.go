package web

import (
	"slices"
	"time"

	"colletta/desk"
	"colletta/money"
	"colletta/refusal"
	"colletta/subsidies"
)

// sampleFormula is a measure with an input of every type.
const sampleFormula = `
id: retta-nido-2026
name: {it: Retta del nido 2026/2027, en: Nursery fee 2026/2027}
source: {act: Deliberazione n. 12/2026, date: 2026-02-01, protocol: 12/2026}
checked: 2026-02-10
valid: {from: 2026-09-01, to: 2027-07-31}
isee: minorenni
inputs:
  cost: {type: money, from: 10, to: 2000, label: {it: retta intera, en: full fee}}
  days: {type: integer, to: 31, unit: {it: giorni, en: days}, label: {it: giorni di presenza, en: days of attendance}}
  scale: {type: number, optional: true, label: {it: scala di equivalenza, en: scale}}
  works: {type: yes_no, label: {it: entrambi i genitori lavorano, en: both parents work}}
  level: {type: choice, of: [nido, scuola], label: {it: servizio, en: service}}
  born: {type: date, label: {it: data di nascita, en: birth}}
  fees: {type: list_of_money, max_items: 11, label: {it: rette dei mesi prima, en: fees of the months before}}
steps:
  - name: fee
    label: {it: Retta dovuta, en: Fee}
    unit: €/mese
    line: {of: isee, points: [[5000.00, 40.00], [30000.00, 500.00]], before: 0.00, after: 500.00, missing: 500.00}
    at_most: cost
outputs: [fee]
rounding: {to: 0.01, mode: half_up}
cases:
  - {name: alla prima soglia, in: {isee: 5000.00, cost: 600.00, days: 20, scale: 2.04, works: yes, level: nido, born: 2024-03-01, fees: [40.00, 40.00]}, expect: {fee: 40.00}}
  - {name: senza ISEE, in: {isee: null, cost: 450.00, days: 20, scale: null, works: no, level: scuola, born: 2024-03-01, fees: []}, expect: {fee: 450.00}, why: la retta intera}
`

// sampleTry is a measure to be tried, with typed facts and what comes of them.
func sampleTry() desk.MeasureTryView {
	m, err := subsidies.LoadMeasure([]byte(sampleFormula))
	if err != nil {
		panic(err)
	}
	v := desk.MeasureTryView{
		ID: m.ID, Name: m.Name.IT, Version: 2, Measure: m, On: m.From,
		Facts: map[string]string{"isee": "12.000,00", "cost": "600", "days": "20", "scale": "2,04", "works": "yes", "level": "nido", "born": "2024-03-01", "fees": "40 40"},
		Cases: []desk.MeasureCaseView{
			{Name: "alla prima soglia", Day: m.From, Passed: true, Given: []desk.MeasureAmount{{Label: "ISEE minorenni", Value: "5.000,00\u00a0€"}, {Label: "entrambi i genitori lavorano", Value: "sì"}}, Expect: []desk.MeasureCaseResult{{Label: "Retta dovuta", Expected: "40,00 €/mese", Got: "40,00 €/mese", Same: true}}},
			{Name: "senza ISEE", Why: "la retta intera", Day: m.From, Expect: []desk.MeasureCaseResult{{Label: "Retta dovuta", Expected: "450,00 €/mese", Got: "500,00 €/mese"}}},
		},
	}
	facts := m.NewFacts()
	facts.SetAmount(m.InputAt("isee"), 12_000_00)
	facts.SetAmount(m.InputAt("cost"), 600_00)
	facts.SetWhole(m.InputAt("days"), 20)
	facts.SetYes(m.InputAt("works"), true)
	facts.SetWhole(m.InputAt("level"), 0)
	facts.SetDay(m.InputAt("born"), time.Date(2024, 3, 1, 0, 0, 0, 0, time.UTC))
	facts.SetAmounts(m.InputAt("fees"), []money.Amount{40_00, 40_00})
	trace, err := m.Explain(facts, m.From, subsidies.Italian)
	if err != nil {
		panic(err)
	}
	v.Result = &desk.MeasureTried{Eligible: true, Results: []desk.MeasureAmount{{Label: "Retta dovuta", Value: "168,80\u00a0€/mese"}}, Trace: trace}
	return v
}

// sampleSimulation compares two versions, one of which reaches more.
func sampleSimulation(registered bool) (desk.SimulationForm, desk.SimulationView) {
	measure := sampleMeasure()
	try := sampleTry()
	form := desk.SimulationForm{ID: measure.ID, Name: measure.Name, Versions: measure.Versions, Inputs: try.Measure.Inputs[1:], Outputs: append(try.Measure.Outputs, subsidies.Output{Name: "left", Label: subsidies.Name{IT: "a carico della famiglia"}, Euro: true}), Typed: desk.MeasureSimulation{
		Measure: measure.ID, Before: "1", Version: "2", Population: desk.PopulationInvented, Households: "2000", Seed: "1",
		Inputs: map[string]desk.SimulatedInput{"cost": {Value: "600,00"}, "days": {Source: desk.SourceSame, Value: "20"}},
	}}
	view := desk.SimulationView{Registered: registered, ISEEOn: sampleNow, Seed: 1}
	bounds := []money.Amount{5_000_00, 10_000_00, 15_000_00, 20_000_00, 25_000_00, 30_000_00, 40_000_00}
	households := []int{320, 250, 210, 180, 140, 110, 190, 360, 240}
	before := []int{0, 250, 210, 180, 0, 0, 0, 0, 0}
	now := []int{0, 250, 210, 180, 140, 0, 0, 0, 0}
	sums := make([]desk.SimulatedVersion, 2)
	for i, n := range households {
		b := desk.SimulatedBand{Missing: i == len(households)-1}
		if i > 0 && !b.Missing {
			b.Above = &bounds[i-1]
		}
		if i < len(bounds) {
			b.UpTo = &bounds[i]
		}
		for j, reached := range []int{before[i], now[i]} {
			part := desk.SimulatedPart{Households: n, Reached: reached, Total: money.Amount(reached) * 312_50}
			b.Parts = append(b.Parts, part)
			sums[j].Households += n
			sums[j].Reached += reached
			sums[j].Total += part.Total
		}
		b.Change = subsidies.Comparison{More: now[i] - before[i], Same: n - now[i] + before[i], Gained: b.Parts[1].Total - b.Parts[0].Total}
		view.Bands = append(view.Bands, b)
	}
	for j := range sums {
		sums[j].Version, sums[j].Kind, sums[j].Output, sums[j].PerYear, sums[j].On, sums[j].Mean = j+1, subsidies.ISEEMinors, "Contributo", 1, sampleNow, 312_50
		sums[j].Eligible = sums[j].Households
	}
	view.Versions = sums
	view.Change = subsidies.Comparison{More: 140, Less: 12, Same: 1848, Gained: 43_750_00, Lost: 600_00}
	return form, view
}

// tryPages are the pages on which measures are tried and simulated.
func tryPages(s *site, office func(title, here string) frame) map[string]samplePage {
	f := func(title string) frame { return office(title, "/comune/misure") }
	try := func(change func(*desk.MeasureTryView), errs refusals) samplePage {
		v := sampleTry()
		change(&v)
		return samplePage{"measure_try", newMeasureTryPage(f("Prova la versione 2"), v, v.On.Format("2006-01-02"), errs)}
	}
	m := sampleTry().Measure
	wrong := s.factRefusals(refusal.List{desk.ErrFactLow.With("min", "10,00 €").At("in_cost"), desk.ErrFactYesNo.At("in_works"), desk.ErrFactDay.With("value", "ieri").At("on")}, m.Inputs, "on")
	form, two := sampleSimulation(false)
	_, real := sampleSimulation(true)
	real.LeftOut = []desk.SimulatedGap{{Input: "scala di equivalenza", Count: 4}}
	real.Bands = slices.Clone(real.Bands)
	real.Bands[7].Missing = true
	real.Bands = real.Bands[:8]
	differ := two
	differ.Versions = slices.Clone(two.Versions)
	differ.Versions[0].Kind = ""
	_, one := sampleSimulation(false)
	one.Versions = one.Versions[1:]
	for i := range one.Bands {
		one.Bands[i].Parts = one.Bands[i].Parts[1:]
	}
	none := one
	none.Versions = slices.Clone(one.Versions)
	none.Versions[0].Kind = ""
	simulated := func(view *desk.SimulationView, errs refusals) samplePage {
		return samplePage{"measure_simulate", newMeasureSimulatePage(f("Simula: "+form.Name), form, view, errs)}
	}
	draft := newMeasurePage(f(sampleMeasure().Name), sampleMeasure(), "", "", refusals{})
	draft.Past = pastSimulations([]desk.SimulationRecord{{At: sampleNow, By: "Elena Riva", Registered: true, Households: 1789, More: 41, Less: 1,
		Versions: []desk.SimulatedSum{{Version: 1, Reached: 812, Cost: 21_334_20}, {Version: 2, Reached: 853, Cost: 23_001_00}}},
		{At: sampleNow, By: "Giorgio Sala", Households: 2000, Versions: []desk.SimulatedSum{{Version: 2, Reached: 953, Cost: 24_001_00}}}})
	return map[string]samplePage{
		"measure-simulated":       {"measure", draft},
		"measure-try":             try(func(v *desk.MeasureTryView) { v.Result, v.Facts = nil, nil }, refusals{}),
		"measure-try-done":        try(func(*desk.MeasureTryView) {}, refusals{}),
		"measure-try-bad":         try(func(v *desk.MeasureTryView) { v.Result = nil }, wrong),
		"measure-try-case":        try(func(v *desk.MeasureTryView) { v.Case = 1 }, refusals{}),
		"measure-try-case-differ": try(func(v *desk.MeasureTryView) { v.Case = 2 }, refusals{}),
		"measure-try-no-cases":    try(func(v *desk.MeasureTryView) { v.Cases = nil }, refusals{}),
		"simulate":                simulated(nil, refusals{}),
		"simulate-two":            simulated(&two, refusals{}),
		"simulate-real":           simulated(&real, refusals{}),
		"simulate-differ":         simulated(&differ, refusals{}),
		"simulate-one":            simulated(&one, refusals{}),
		"simulate-no-isee":        simulated(&none, refusals{}),
		"simulate-bad":            simulated(nil, s.factRefusals(refusal.List{desk.ErrSimulatedFew.With("least", 3).At("population"), desk.ErrFactAmount.At("in_cost")}, form.Inputs, simulationFields...)),
	}
}
