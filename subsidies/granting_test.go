package subsidies

import (
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"colletta/money"
	"colletta/refusal"
)

const grantingText = `id: care-2026
name: {it: Contributo di prova, en: Grant for tests}
source: {act: Deliberazione 1/2026, date: 2026-02-01, protocol: 1/2026}
checked: 2026-02-10
valid: {from: 2026-03-01, to: 2026-12-31}
isee: ordinario
scope: {categories: [care]}
inputs:
  members: {type: integer, from: 1, label: {it: persone, en: people}}
  minors: {type: integer, optional: true, label: {it: minori, en: minors}}
eligible:
  - {if: known(isee) and isee <= 20000.00, it: ISEE fino a 20.000 €, en: "ISEE up to 20,000 euro"}
steps:
  - {name: share, label: {it: Parte, en: Part}, unit: "%", line: {of: isee, points: [[5000.00, 80], [20000.00, 20]], before: 80, after: 20, missing: 0}}
  - {name: most, label: {it: Massimo, en: Most}, value: "60.00 + 10.00 * max(0, members - 3) + (known(minors) ? 5.00 * minors : 0)"}
outputs: [share, most]
rounding: {to: 0.01, mode: half_up}
grant: {percent: share, cap: most, per: month}
cases:
  - {in: {isee: 5000.00, members: 3, minors: null}, expect: {share: 80, most: 60.00}}
  - {in: {isee: 12500.00, members: 5, minors: 2}, expect: {share: 50, most: 90.00}}
`

// Goal: what a formula grants in a round is what it gives for the same household.
// Method: random households; the part against the line worked in whole cents.
func TestAFormulaGrantsOnThePriceOfARound(t *testing.T) {
	t.Parallel()
	m, err := LoadMeasure([]byte(grantingText))
	if err != nil {
		t.Fatal(err)
	}
	if !m.GrantsOnPrice() || m.HasPriceRule() {
		t.Fatal("rounds cannot use it")
	}
	day := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		isee := money.Amount(rapid.Int64Range(0, 25_000_00).Draw(t, "isee"))
		size := rapid.IntRange(1, 8).Draw(t, "size")
		minors := rapid.IntRange(0, size-1).Draw(t, "minors")
		g, trace := m.Evaluate(Situation{ISEE: &isee, Kind: ISEEOrdinary, Date: day, Category: "care", Size: size, Minors: minors})
		if isee > 20_000_00 {
			if g.Eligible || len(trace) < 2 {
				t.Fatalf("%s: %+v %v", isee, g, trace)
			}
			return
		}
		points := int64(80_00)
		if isee > 5_000_00 { // 80 % less 60 points over 15,000 euro, rounded down
			fallen := int64(isee) - 5_000_00
			points = (80_00*15_000_00 - 60_00*fallen) / 15_000_00
		}
		limit := money.Amount(60_00 + 10_00*max(0, size-3) + 5_00*minors)
		if !g.Eligible || g.BasisPoints != points || g.Amount != 0 || g.Cap == nil || *g.Cap != limit {
			t.Fatalf("%s, %d people, %d minors: %+v, want %d and %s", isee, size, minors, g, points, limit)
		}
	})
}

// Goal: a household of which too little is known, or that the measure is not for,
// gets nothing, and reads why.
func TestAFormulaGrantsNothingWithoutItsFacts(t *testing.T) {
	t.Parallel()
	m, err := LoadMeasure([]byte(grantingText))
	if err != nil {
		t.Fatal(err)
	}
	isee := money.Amount(9_000_00)
	day := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	good := Situation{ISEE: &isee, Kind: ISEEOrdinary, Date: day, Category: "care", Size: 4}
	for name, change := range map[string]func(*Situation){
		"size":     func(s *Situation) { s.Size = 0 },
		"isee":     func(s *Situation) { s.ISEE = nil },
		"kind":     func(s *Situation) { s.Kind = ISEEUniversity },
		"day":      func(s *Situation) { s.Date = day.AddDate(1, 0, 0) },
		"category": func(s *Situation) { s.Category = "sport" },
	} {
		sit := good
		change(&sit)
		g, trace := m.Evaluate(sit)
		if g.Eligible || g.BasisPoints != 0 || len(trace) < 2 || trace[len(trace)-1] != "Nessun contributo." {
			t.Errorf("%s: %+v %v", name, g, trace)
		}
	}
	g, trace := m.Evaluate(good)
	text := strings.Join(trace, "\n")
	if !g.Eligible || !strings.Contains(text, "Spetta il 64 % della quota") || !strings.Contains(text, "non supera 70,00") || strings.Count(text, "Misura «") != 1 {
		t.Errorf("%+v\n%s", g, text)
	}
}

// Goal: a grant that a round could not pay is refused with its line, and says
// what to write.
func TestAGrantThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	const grant = "grant: {percent: share, cap: most, per: month}"
	for _, c := range []struct{ from, to, says string }{
		{grant, "grant: {percent: share}", "needs a cap"},
		{grant, "grant: {percent: most, cap: most, per: month}", "which is an amount"},
		{grant, "grant: {amount: share}", "no amount in euro"},
		{grant, "grant: {percent: part, cap: most, per: month}", "no result; the outputs are: share, most"},
		{grant, "grant: {percent: share, amount: most, cap: most, per: month}", "exactly one"},
		{grant, "grant: {percent: share, cap: most}", "cap goes with per"},
		{"isee: ordinario", "kind: tariff\nisee: ordinario", "a tariff grants nothing"},
		{"  members: {type: integer, from: 1,", "  rooms: {type: integer}\n  members: {type: integer, from: 1,", "does not know the input rooms"},
		{"{isee: 5000.00, members: 3, minors: null}, expect: {share: 80,", "{isee: 5000.00, members: 3, minors: null}, expect: {share: 80.0,", ""},
		{`unit: "%", `, ``, "from 0 to 100"},
	} {
		if !strings.Contains(grantingText, c.from) {
			t.Fatalf("the measure no longer has %q", c.from)
		}
		text := strings.Replace(grantingText, c.from, c.to, 1)
		if strings.Contains(text, "rooms") {
			text = strings.ReplaceAll(text, "members: 3,", "members: 3, rooms: 2,")
			text = strings.ReplaceAll(text, "members: 5,", "members: 5, rooms: 2,")
		}
		if c.from == `unit: "%", ` {
			text = strings.Replace(text, "outputs:", "# no unit\noutputs:", 1)
			text = strings.Replace(text, "{name: share,", `{name: share, unit: "",`, 1)
		}
		_, err := LoadMeasure([]byte(text))
		if c.says == "" {
			if err != nil {
				t.Errorf("%s: %v", c.to, err)
			}
			continue
		}
		found := false
		for _, e := range refusal.All(err) {
			line, _ := e.Args["line"].(int)
			found = found || errors.Is(e, ErrRule) && line > 1 && strings.Contains(Words(e, English), c.says) && Words(e, Italian) != Words(e, English)
		}
		if !found {
			t.Errorf("%s: %v", c.to, err)
		}
	}
}
