package desk

import (
	"errors"
	"testing"

	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/subsidies"
)

// Goal: a round takes from a formula what it grants to each household, and divides
// a household's cap among its demands. Method: two demands of one household and one
// of another, with certificates of different sizes.
func TestARoundTakesTheGrantOfAFormula(t *testing.T) {
	t.Parallel()
	m, err := subsidies.LoadMeasure([]byte(`id: care-2026
name: {it: Contributo di prova, en: Grant for tests}
source: {act: Deliberazione 1/2026, date: 2026-02-01, protocol: 1/2026}
checked: 2026-02-10
valid: {from: 2026-01-01, to: 2026-12-31}
isee: ordinario
inputs:
  household_size: {type: integer, from: 1, label: {it: persone, en: people}}
steps:
  - {name: share, label: {it: Parte, en: Part}, unit: "%", brackets: {of: isee, rows: [{up_to: 10000.00, value: 50}, {else: true, value: 10}], missing: 0}}
  - {name: most, label: {it: Massimo, en: Most}, value: 10.01 * household_size}
outputs: [share, most]
rounding: {to: 0.01, mode: half_up}
grant: {percent: share, cap: most, per: month}
cases:
  - {in: {isee: 9000.00, household_size: 3}, expect: {share: 50, most: 30.03}}
`))
	if err != nil {
		t.Fatal(err)
	}
	certificate := func(value int64, size int) []subsidies.ISEECertificate {
		return []subsidies.ISEECertificate{{
			ID: "c", Kind: subsidies.ISEEOrdinary, Calculation: subsidies.CalculationOrdinary, Value: money.Amount(value * 100), Size: size, State: subsidies.ISEEVerified,
			DSUDate: noon, ValidFrom: noon.AddDate(0, -1, 0), ValidTo: noon.AddDate(0, 1, 0),
		}}
	}
	s := sources{
		at: noon,
		demands: []postgres.Demand{
			{ID: "a1", Household: "a", Category: "care"}, {ID: "a2", Household: "a", Category: "sport"},
			{ID: "b1", Household: "b", Category: "care"}, {ID: "c1", Household: "c", Category: "care"},
		},
		isee:   map[communities.HouseholdID][]subsidies.ISEECertificate{"a": certificate(9000, 3), "b": certificate(20000, 0)},
		people: map[communities.HouseholdID]postgres.PeopleCount{"a": {People: 2}, "b": {People: 4}, "c": {People: 1}},
	}
	p := s.programme(measuredFund{postgres.MeasuredFund{MeasureID: m.ID, Fund: postgres.Fund{Allocated: 100_00}}, m})
	grants, ok := p.Rule.(pooling.Given)
	if !ok || len(grants) != 3 || p.Budget != 100_00 || p.HouseholdCap != nil {
		t.Fatalf("%+v", p)
	}
	for id, want := range map[string]struct{ percent, cents int64 }{"a1": {50_00, 15_01}, "a2": {50_00, 15_01}, "b1": {10_00, 40_04}} {
		if g := grants[id]; g.Percent != want.percent || g.Cap == nil || g.Cap.Cents() != want.cents {
			t.Errorf("%s: %+v", id, g)
		}
	}
}

// Goal: a ranking may be by a result of the measure, and by nothing that the
// register cannot know. Method: points that are an endless fraction.
func TestSomebodyIsRankedByAResult(t *testing.T) {
	t.Parallel()
	m, err := subsidies.LoadMeasure([]byte(`id: points-2026
name: {it: Contributo di prova, en: Grant for tests}
source: {act: Deliberazione 1/2026, date: 2026-02-01, protocol: 1/2026}
checked: 2026-02-10
valid: {from: 2026-01-01, to: 2026-12-31}
isee: ordinario
inputs:
  household_size: {type: integer, from: 1, label: {it: persone, en: people}}
steps:
  - {name: need, label: {it: Bisogno, en: Need}, unit: "", value: "known(isee) ? 1000 / isee : 0"}
  - {name: points, label: {it: Punti, en: Points}, unit: "", value: need * household_size}
  - {name: award, label: {it: Contributo, en: Award}, value: 20.00}
outputs: [points, award]
rounding: {to: 0.01, mode: half_up}
cases:
  - {in: {isee: 3000.00, household_size: 3}, expect: {points: 1, award: 20.00}}
`))
	if err != nil {
		t.Fatal(err)
	}
	policy := subsidies.FundPolicy{Mode: subsidies.FundRanking, Order: []subsidies.OrderKey{{By: "points", Descending: true}, {By: subsidies.AppliedAt}}}
	c := claimant{day: noon, appliedAt: noon, people: make([]communities.Person, 2), certificates: []subsidies.ISEECertificate{{
		ID: "c", Kind: subsidies.ISEEOrdinary, Calculation: subsidies.CalculationOrdinary, Value: 3000_00, State: subsidies.ISEEVerified,
		DSUDate: noon, ValidFrom: noon.AddDate(0, -1, 0), ValidTo: noon.AddDate(0, 1, 0),
	}}}
	keys := c.keys(measuredFund{postgres.MeasuredFund{MeasureID: m.ID, Fund: postgres.Fund{Policy: policy}}, m})
	if keys["points"] != "0.666666667" || keys[subsidies.AppliedAt] == "" {
		t.Errorf("%v", keys)
	}
	if err := servable(policy, []*subsidies.Measure{m}); err != nil {
		t.Error(err)
	}
	policy.Order[0].By = "need" // a step that is no result
	if err := servable(policy, []*subsidies.Measure{m}); !errors.Is(err, ErrFundOrder) {
		t.Error(err)
	}
}
