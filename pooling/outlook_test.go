package pooling

import (
	"errors"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"colletta/money"
)

// nursery is the laboratory of the WeMi experiment: 1,500.00 fixed, shared
// equally, from 10 families; n have pledged up to the given price.
func nursery(n int, price money.Amount) *Snapshot {
	s := &Snapshot{
		Version: 1, Round: RoundHeader{"r", "2026-11-23", "month", "EUR"},
		Slots: []Slot{{"sat-10", "sat", "10:00", "12:00"}}, Categories: []Category{{"lab", "place"}},
		Communities: []Community{{"nido", "school", 0, 0}}, Providers: []Provider{{"coop", map[string]int{"sat-10": 1}}},
		Offers: []Offer{{
			ID: "lab", Provider: "coop", Category: "lab", Mode: ModeTogether, Slots: []string{"sat-10"}, Area: Area{Communities: []string{"nido"}},
			MinMembers: 10, MaxMembers: 30, Split: SplitEqual, Tiers: []Tier{{1, 1500_00, 0, 0}},
		}},
	}
	for k := range n {
		id := fmt.Sprint(k)
		s.Households = append(s.Households, Household{ID: id})
		s.Demands = append(s.Demands, Demand{ID: id, Household: id, Community: "nido", Category: "lab", Units: 1, Weight: 1, Slots: []string{"sat-10"}, MaxPrice: price, PostedOn: "2026-10-01"})
	}
	return s
}

func TestOutlookBelowAndAboveTheThreshold(t *testing.T) {
	tests := []struct {
		pledged          int
		price            money.Amount
		members, missing int
		quote            money.Amount
		accepts          bool
	}{
		{9, 160_00, 0, 1, 166_67, false}, // by hand: 1500/9 = 166.666…
		{9, 200_00, 0, 1, 166_67, true},
		{10, 150_00, 10, 0, 150_00, true},
		{12, 100_00, 0, 3, 125_00, false}, // 1500/100 = 15 families
		{40, 60_00, 30, 0, 50_00, true},
		{12, 49_99, 0, 0, 125_00, false}, // 1500/30 = 50.00 is the lowest price there is
	}
	for _, tt := range tests {
		o, err := OutlookFor(nursery(tt.pledged, tt.price), "lab", "0", []int{1, 2, 5, 50})
		if err != nil {
			t.Fatal(err)
		}
		if o.Candidates != tt.pledged || o.Members != tt.members || o.Missing != tt.missing || o.Quote != tt.quote || o.Accepts != tt.accepts {
			t.Errorf("%d at %s: got %+v", tt.pledged, tt.price, o)
		}
		for k := 1; k < len(o.Steps); k++ {
			if o.Steps[k].Quote > o.Steps[k-1].Quote {
				t.Errorf("%d at %s: price rises with %d more: %+v", tt.pledged, tt.price, o.Steps[k].More, o.Steps)
			}
		}
		if last := o.Steps[len(o.Steps)-1]; last.Quote != 50_00 {
			t.Errorf("%d at %s: full group quoted %s, want 50.00", tt.pledged, tt.price, last.Quote)
		}
	}
}

func TestPictureForANewcomer(t *testing.T) {
	p, err := OfferPictureFor(nursery(8, 200_00), "lab", "nido", 1, 1, nil, []int{1, 2})
	if err != nil {
		t.Fatal(err)
	}
	if p.Candidates != 8 || p.Members != 0 || p.Missing != 2 || p.Quote != 166_67 || p.Steps[0].Members != 10 || p.Steps[0].Quote != 150_00 || p.Slot != "sat-10" || p.Host != "nido" {
		t.Errorf("got %+v", p)
	}
	empty, err := OfferPicture(nursery(0, 0), "lab")
	if err != nil || empty.Candidates != 0 || empty.Missing != 10 || empty.Quote != 1500_00 {
		t.Errorf("nobody has pledged: %+v, %v", empty, err)
	}
	formed, err := OfferPicture(nursery(15, 200_00), "lab")
	if err != nil || formed.Members != 15 || formed.Missing != 0 || formed.Quote != 93_75 {
		t.Errorf("15 have pledged: %+v, %v", formed, err)
	}
}

func TestPreviewRefusals(t *testing.T) {
	s := nursery(3, 200_00)
	if _, err := OutlookFor(s, "other", "0", nil); !errors.Is(err, ErrOfferNotInRound) {
		t.Errorf("unknown offer: %v", err)
	}
	if _, err := OutlookFor(s, "lab", "99", nil); !errors.Is(err, ErrDemandNotInRound) {
		t.Errorf("unknown demand: %v", err)
	}
	if _, err := OfferPictureFor(s, "lab", "nido", 1, 1, []string{}, nil); !errors.Is(err, ErrOfferOutOfReach) {
		t.Errorf("no slot: %v", err)
	}
}

func TestPriceLadderFallsWithSize(t *testing.T) {
	o := nursery(0, 0).Offers[0]
	got := PriceLadder(o, 1, 1, []int{5, 10, 20, 30, 31})
	want := []Rung{{10, 150_00}, {20, 75_00}, {30, 50_00}}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v (sizes out of bounds left out)", got, want)
	}
}

// A preview that says "a group forms today" must come true when the offer is
// alone: Form on that offer serves at least as many, for equal splits.
func TestOutlookComesTrueWhenAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seededRound(t, 20)
		s.Offers = s.Offers[:1]
		f := mustForm(t, s, Options{Work: brief()})
		for _, d := range s.Demands {
			o, err := OutlookFor(s, s.Offers[0].ID, d.ID, []int{1, 3})
			if errors.Is(err, ErrOfferOutOfReach) {
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if o.Members > 0 && f.Totals.Served == 0 {
				t.Fatalf("%s is promised %+v, nobody is served", d.ID, o)
			}
			if o.Members > 0 && (o.Missing != 0 || !o.Accepts || o.Net > d.MaxPrice) {
				t.Fatalf("%s: %+v, maximum %s", d.ID, o, d.MaxPrice)
			}
		}
	})
}

func TestExplainTellsReasonsApart(t *testing.T) {
	tests := []struct {
		name  string
		round func() *Snapshot
		code  OutcomeCode
		check func(Outcome) bool
	}{
		{"too few", func() *Snapshot { return nursery(7, 200_00) }, OutcomeTooFewNeighbours, func(o Outcome) bool { return o.Missing == 3 && o.Candidates == 7 }},
		{"too dear", func() *Snapshot {
			s := nursery(20, 80_00)
			s.Demands[0].MaxPrice = 60_00
			return s
		}, OutcomePriceTooHigh, func(o Outcome) bool {
			return o.NetQuote == 75_00 && o.Members == 20 && o.MembersNeeded == 25
		}},
		{"seats full", func() *Snapshot {
			s := nursery(31, 80_00)
			s.Offers[0].MaxMembers = 30
			s.Demands[0].MaxPrice = 50_00
			s.Households[0].OddCents = 0
			return s
		}, "", nil},
		{"out of reach", func() *Snapshot {
			s := nursery(20, 80_00)
			s.Categories = append(s.Categories, Category{"other", "place"})
			s.Demands[0].Category = "other"
			return s
		}, OutcomeNoOfferInReach, func(o Outcome) bool { return o.Offer == "" }},
	}
	for _, tt := range tests {
		s := tt.round()
		f, err := Form(s, Options{Work: brief()})
		if err != nil {
			t.Fatal(err)
		}
		outcomes := Explain(s, f)
		if tt.code == "" { // whoever is left out of the full group
			full := 0
			for _, o := range outcomes {
				if o.Code == OutcomeSeatsFull && o.Pool == f.Pools[0].ID {
					full++
				}
			}
			if full != 1 {
				t.Errorf("%s: %d are told so, want 1", tt.name, full)
			}
			continue
		}
		if o := outcomes[0]; o.Code != tt.code || !tt.check(o) {
			t.Errorf("%s: got %+v", tt.name, o)
		}
	}
}
