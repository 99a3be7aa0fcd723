package pooling

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"colletta/money"
)

var rewriteGolden = flag.Bool("rewrite", false, "write the golden files anew")

// story is one outcome of every kind, with the names that a page would give.
type story struct {
	title string
	o     Outcome
	names Names
}

func stories() []story {
	tuesday := []Slot{{"tue-16", "tue", "16:00", "18:00"}}
	near := func(code OutcomeCode, change func(*Outcome)) Outcome {
		o := Outcome{
			Demand: "d1", Code: code, Offer: "doposcuola", Slot: "tue-16", Host: "c1", Times: tuesday, Units: 2, Unit: "hour",
			Candidates: 6, Members: 6, PricedAt: 6, Quote: 42_50, Subsidy: 2_50, NetQuote: 40_00, MaxPrice: 35_00,
		}
		if change != nil {
			change(&o)
		}
		return o
	}
	limit := money.Amount(40_00)
	served := func(change func(*Outcome)) Outcome {
		o := near(OutcomeServed, nil)
		o.Pool, o.Members, o.Candidates, o.PricedAt, o.Share, o.Subsidy, o.Net, o.Quote, o.NetQuote = "pool-1", 24, 24, 24, 62_50, 37_50, 25_00, 62_50, 25_00
		o.Programme = "bonus"
		o.Reckoning = &Reckoning{Cost: 1500_00, Fixed: 1500_00, Split: SplitEqual, Weight: 1, TotalWeight: 24, FixedDown: 62_50, Units: 2, Percent: 60_00, Cap: &limit}
		change(&o)
		return o
	}
	return []story{
		{"served", served(func(*Outcome) {}), Names{Offer: "Laboratorio", Provider: "Il Girotondo", Host: "Nido San Gottardo", Programme: "Bonus laboratori"}},
		{"served, odd cent by remainder, own part, amount", served(func(o *Outcome) {
			o.Share, o.Subsidy, o.Net, o.Quote, o.Programme = 1234_57, 37_50, 1197_07, 1234_57, "bonus"
			o.Reckoning.Fixed, o.Reckoning.Split, o.Reckoning.Weight, o.Reckoning.TotalWeight, o.Reckoning.FixedDown = 2400_10, SplitUnits, 2, 4, 1200_05
			o.Reckoning.Own, o.Reckoning.OddCents, o.Reckoning.OddCent, o.Reckoning.OddWhy = 34_51, 1, true, OddByRemainder
			o.Reckoning.Percent, o.Reckoning.Amount, o.Reckoning.Cap = 0, 37_50, nil
		}), Names{}},
		{"served, spared by rotation, weights, all covered", served(func(o *Outcome) {
			o.Reckoning.Split, o.Reckoning.OddCents, o.Reckoning.OddWhy, o.Reckoning.Percent, o.Reckoning.WholeBase = SplitWeight, 3, OddByRotation, 37_50, true
		}), Names{}},
		{"served, by lot, rota, no voucher", served(func(o *Outcome) {
			o.Slot, o.Slots, o.Programme, o.Subsidy, o.Net = "", []string{"mon-9", "thu-9"}, "", 0, 62_50
			o.Times = []Slot{{"mon-9", "mon", "09:00", "10:00"}, {"wed-9", "wed", "09:30", "10:30"}, {"thu-9", "thu", "00:00", "24:00"}}
			o.Reckoning.OddCents, o.Reckoning.OddCent, o.Reckoning.OddWhy = 2, true, OddByLot
			o.FundExhausted, o.FundExhaustedOf = true, "bonus"
		}), Names{}},
		{"overlooked, a pool", near(OutcomeOverlooked, func(o *Outcome) { o.Pool = "pool-2" }), Names{}},
		{"overlooked", near(OutcomeOverlooked, nil), Names{}},
		{"fund", near(OutcomeFundExhausted, func(o *Outcome) { o.FundExhausted, o.FundExhaustedOf, o.NetQuote = true, "bonus", 17_00 }), Names{}},
		{"seats", near(OutcomeSeatsFull, func(o *Outcome) { o.Limit, o.Members = LimitMembers, 8 }), Names{}},
		{"seats, units", near(OutcomeSeatsFull, func(o *Outcome) { o.Limit = LimitUnits }), Names{}},
		{"seats, week", near(OutcomeSeatsFull, func(o *Outcome) { o.Limit, o.Slot, o.Times = LimitWeek, "", nil }), Names{Offer: "Badante"}},
		{"staff", near(OutcomeStaffFull, nil), Names{}},
		{"no group", near(OutcomeNoGroup, nil), Names{}},
		{"price", near(OutcomePriceTooHigh, func(o *Outcome) { o.MembersNeeded, o.Missing = 8, 2 }), Names{}},
		{"price, one alone", near(OutcomePriceTooHigh, func(o *Outcome) { o.Members, o.PricedAt, o.MembersNeeded, o.Missing = 1, 1, 2, 1 }), Names{}},
		{"price, more like it", near(OutcomePriceTooHigh, func(o *Outcome) { o.Missing, o.AtLeast = 1, true }), Names{}},
		{"price, hopeless", near(OutcomePriceTooHigh, func(o *Outcome) { o.PricedAt = 30 }), Names{}},
		{"two missing", near(OutcomeTooFewNeighbours, func(o *Outcome) { o.Missing, o.Limit = 2, LimitMembers }), Names{}},
		{"one missing, some unwilling", near(OutcomeTooFewNeighbours, func(o *Outcome) { o.Missing, o.Members = 1, 4 }), Names{}},
		{"at least, rota, alone", near(OutcomeTooFewNeighbours, func(o *Outcome) {
			o.Missing, o.AtLeast, o.Slot, o.Times, o.Candidates, o.Members = 3, true, "", nil, 1, 1
		}), Names{}},
		{"units missing", near(OutcomeTooFewNeighbours, func(o *Outcome) { o.MissingUnits, o.Missing, o.Limit = 3, 2, LimitUnits }), Names{}},
		{"one unit missing, unknown unit", near(OutcomeTooFewNeighbours, func(o *Outcome) { o.MissingUnits, o.Unit = 1, "kilometre" }), Names{}},
		{"stored before times were", near(OutcomeTooFewNeighbours, func(o *Outcome) { o.Missing, o.Times = 2, nil }), Names{When: "martedì 16–17"}},
		{"reach", near(OutcomeNoOfferInReach, nil), Names{}},
		{"no offer", near(OutcomeNoOfferInReach, func(o *Outcome) { o.Reach = ReachNoOffer }), Names{}},
		{"other times", near(OutcomeNoOfferInReach, func(o *Outcome) { o.Reach = ReachOtherTimes }), Names{}},
		{"too far", near(OutcomeNoOfferInReach, func(o *Outcome) { o.Reach = ReachTooFar }), Names{}},
		{"no staff", near(OutcomeNoOfferInReach, func(o *Outcome) { o.Reach = ReachNoStaff }), Names{}},
		{"too large", near(OutcomeNoOfferInReach, func(o *Outcome) { o.Reach = ReachTooLarge }), Names{}},
	}
}

// Every outcome is told in both languages as the golden files say; rewrite them
// with go test ./pooling -run Golden -rewrite, and read the difference.
func TestGoldenWordsOfEveryOutcome(t *testing.T) {
	told := map[OutcomeCode]bool{}
	for _, l := range []Language{Italian, English} {
		var b strings.Builder
		for _, x := range stories() {
			told[x.o.Code] = true
			w := x.o.Words(l, x.names)
			fmt.Fprintf(&b, "# %s\n%s | %s\n", x.title, w.Title, w.Short)
			for _, line := range w.Lines() {
				fmt.Fprintln(&b, line)
			}
			for k, line := range w.Reckoning {
				fmt.Fprintf(&b, "  %d. %s\n", k+1, line)
			}
		}
		name := "testdata/words/" + string(l) + ".golden"
		if *rewriteGolden {
			if err := os.WriteFile(name, []byte(b.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if b.String() != string(want) {
			t.Errorf("%s differs from what is told:\n%s", name, b.String())
		}
		if strings.ContainsAny(b.String(), "{}[]") || strings.Contains(b.String(), "  .") {
			t.Errorf("%s: a placeholder is left", l)
		}
	}
	for _, code := range OutcomeCodes() {
		if !told[code] {
			t.Errorf("no story ends with %s", code)
		}
	}
}

// Both languages say the same things: the same keys, with the same values.
func TestLanguagesHoldTheSameSentences(t *testing.T) {
	t.Parallel()
	names := regexp.MustCompile(`\{([a-z_]+)`)
	italian, english := tongueOf(Italian), tongueOf(English)
	for _, key := range slices.Sorted(maps.Keys(italian)) {
		if english[key] == "" {
			t.Errorf("English lacks %q", key)
			continue
		}
		sets := [2]map[string]bool{{}, {}}
		for k, sentence := range []string{italian[key], english[key]} {
			for _, m := range names.FindAllStringSubmatch(sentence, -1) {
				sets[k][m[1]] = true
			}
		}
		if key != "on" && !maps.Equal(sets[0], sets[1]) {
			t.Errorf("%q says %v in Italian, %v in English", key, sets[0], sets[1])
		}
	}
	if len(italian) != len(english) {
		t.Errorf("%d Italian sentences, %d English", len(italian), len(english))
	}
}

// Whatever the round, every outcome is told without a hole, and a family left
// out is told nothing that a neighbour's maximum would change but counts.
func TestEveryOutcomeOfARoundIsTold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seededRound(t, 30)
		f := mustForm(t, s, Options{Work: brief()})
		for _, o := range Explain(s, f) {
			for _, l := range []Language{Italian, English} {
				w := o.Words(l, Names{})
				lines := append(append([]string{w.Title, w.Short}, w.Lines()...), w.Reckoning...)
				for _, line := range lines {
					if line == "" || strings.ContainsAny(line, "{}[]") || strings.Contains(line, "  ") {
						t.Fatalf("%q of %+v", line, o)
					}
				}
				if o.Code == OutcomeServed && len(w.Reckoning) == 0 {
					t.Fatalf("%s: no reckoning", o.Demand)
				}
			}
		}
	})
}
