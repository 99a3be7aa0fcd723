package subsidies

import (
	"slices"
	"testing"

	"colletta/money"
)

// trialOf are two versions of a measure, the second of which gives 100 euro more
// up to 10,000 and nothing above 20,000.
func trialOf(t *testing.T) *Trial {
	t.Helper()
	const head = `
id: prova
name: {it: Prova, en: Trial}
source: {act: Prova, date: 2026-01-01, protocol: 1/2026}
checked: 2026-01-01
valid: {from: 2026-01-01, to: 2026-12-31}
isee: ordinario
rounding: {to: 0.01, mode: half_up}
outputs: [award]
`
	versions := make([]*TrialVersion, 2)
	for i, steps := range []string{
		"steps: [{name: award, brackets: {of: isee, rows: [{up_to: 10000.00, value: 200.00}, {up_to: 30000.00, value: 100.00}, {else: true, value: 0}], missing: 0}}]\n",
		"steps: [{name: award, brackets: {of: isee, rows: [{up_to: 10000.00, value: 300.00}, {up_to: 20000.00, value: 100.00}, {else: true, value: 0}], missing: 0}}]\n",
	} {
		m, err := LoadMeasure([]byte(head + steps + "cases: [{in: {isee: null}, expect: {award: 0}}]\n"))
		if err != nil {
			t.Fatal(err)
		}
		s, err := NewSimulation(m, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		versions[i] = &TrialVersion{Simulation: s, Facts: m.NewFacts(), Day: m.From}
	}
	return NewTrial(versions...)
}

func (t *Trial) addISEE(values ...money.Amount) error {
	for _, isee := range values {
		for _, v := range t.Versions {
			if v.Facts.SetMissing(0); isee >= 0 {
				v.Facts.SetAmount(0, isee)
			}
		}
		if _, err := t.Add(); err != nil {
			return err
		}
	}
	return nil
}

// By hand: of 4,000, 9,000, 9,500, 12,000, 25,000, 26,000, 50,000 and none, the
// first version gives 3 × 200 + 3 × 100, the second 3 × 300 + 100.
func TestTrialComparesTwoVersionsByBand(t *testing.T) {
	t.Parallel()
	trial := trialOf(t)
	if err := trial.addISEE(4_000_00, 9_000_00, 9_500_00, 12_000_00, 25_000_00, 26_000_00, 50_000_00, -1); err != nil {
		t.Fatal(err)
	}
	before, now := trial.Versions[0], trial.Versions[1]
	if before.Total != 900_00 || before.Reached != 6 || now.Total != 1_000_00 || now.Reached != 4 || before.Mean() != 150_00 || now.Mean() != 250_00 {
		t.Errorf("before %s to %d, now %s to %d", before.Total, before.Reached, now.Total, now.Reached)
	}
	if want := (Comparison{More: 3, Less: 2, Same: 3, Gained: 300_00, Lost: 200_00}); trial.Change != want || want.Difference() != 100_00 {
		t.Errorf("%+v, want %+v", trial.Change, want)
	}
	var sum Comparison
	for i, c := range trial.Changes {
		sum.join(c)
		if d := now.Bands[i].Total - before.Bands[i].Total; c.Difference() != d {
			t.Errorf("band %d differs by %s, its totals by %s", i, c.Difference(), d)
		}
	}
	if sum != trial.Change {
		t.Errorf("the bands sum to %+v", sum)
	}
}

// No band tells of fewer than three households, nor of fewer than three who get
// something, and nothing is lost by that.
func TestBandsOfFewHouseholdsAreJoined(t *testing.T) {
	t.Parallel()
	trial := trialOf(t)
	// Up to 5,000: three. Up to 10,000: two. Up to 20,000: one. Up to 25,000: three.
	// None above, one without ISEE.
	if err := trial.addISEE(1_00, 2_00, 3_00, 9_000_00, 9_500_00, 19_000_00, 20_500_00, 21_000_00, 22_000_00, -1); err != nil {
		t.Fatal(err)
	}
	if trial.TooFew(3) {
		t.Error("ten households are too few")
	}
	trial.Conceal(3)
	var households []int
	for i := range trial.Changes {
		for _, v := range trial.Versions {
			if b := v.Bands[i]; few(b.Households, 3) || few(b.Reached, 3) {
				t.Errorf("band %d of %+v", i, b)
			}
		}
		households = append(households, trial.Versions[0].Bands[i].Households)
	}
	if want := []int{3, 3, 4}; !slices.Equal(households, want) {
		t.Errorf("households by band %v, want %v", households, want)
	}
	bands := trial.Versions[1].Bands
	if last := bands[len(bands)-1]; !last.Missing || last.UpTo != nil || last.Above == nil || *last.Above != 20_000_00 {
		t.Errorf("the last band is %+v", last)
	}
	if second := bands[1]; *second.Above != 5_000_00 || *second.UpTo != 20_000_00 {
		t.Errorf("the second band is %+v", second)
	}
	total := money.Amount(0)
	for _, b := range bands {
		total += b.Total
	}
	if total != trial.Versions[1].Total {
		t.Errorf("the bands sum to %s of %s", total, trial.Versions[1].Total)
	}
}

func TestTooFewHouseholdsAreTold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		isee []money.Amount
		want bool
	}{
		"nobody":                      {nil, true},
		"two":                         {[]money.Amount{1_00, 2_00}, true},
		"three":                       {[]money.Amount{1_00, 2_00, 3_00}, false},
		"two of four get something":   {[]money.Amount{1_00, 2_00, 50_000_00, -1}, true},
		"none of three gets anything": {[]money.Amount{50_000_00, 60_000_00, -1}, false},
	} {
		trial := trialOf(t)
		if err := trial.addISEE(c.isee...); err != nil {
			t.Fatal(err)
		}
		if got := trial.TooFew(3); got != c.want {
			t.Errorf("%s: too few %t", name, got)
		}
		trial.Conceal(3) // ends, whatever there is
	}
}

// What facts say of themselves can be set again: the worked cases of every
// measure come out alike.
func TestFactsComeBackFromTheirTexts(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, name := range exampleFiles(t) {
		m := loadFile(t, name)
		for i, c := range m.Worked {
			again := m.NewFacts()
			for place, in := range m.Inputs {
				texts := c.Facts.Texts(place)
				if texts == nil {
					if err := again.Missing(in.Name); err != nil {
						t.Fatal(err)
					}
					continue
				}
				if err := again.Set(in.Name, texts...); err != nil {
					t.Fatalf("%s, case %d, %s: %v", name, i+1, in.Name, err)
				}
			}
			want, _ := m.Eval(c.Facts, c.Day)
			got, err := m.Eval(again, c.Day)
			if err != nil || got.Eligible != want.Eligible || !slices.EqualFunc(got.Values, want.Values, func(a, b Number) bool { return a.Cmp(b) == 0 }) {
				t.Errorf("%s, case %d: %v (%v), want %v", name, i+1, got, err, want)
			}
			tried++
		}
	}
	if tried != 92 {
		t.Errorf("only %d cases", tried)
	}
}
