package pooling

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"

	"colletta/money"
)

// Goal: two passes together break no promise that one makes. Method: form, take
// what is left over, form again, and count over both with the snapshot that was
// frozen at the close; the counting shares nothing with the remainder.
func TestTwoPassesTogetherKeepEveryPromise(t *testing.T) {
	t.Parallel()
	seconds := 0
	rapid.Check(t, func(t *rapid.T) {
		s := scarceRound(t)
		f := mustForm(t, s, Options{Work: &Work{Waves: 200}})
		r := Remainder(s, f)
		if err := Validate(r); err != nil {
			t.Fatalf("the remainder is no snapshot: %v", err)
		}
		g := mustForm(t, r, Options{Work: &Work{Waves: 200}})
		for _, v := range Check(r, g) {
			t.Error(v)
		}
		if g.Totals.Served > 0 {
			seconds++
		}
		keepsBudgets(t, s, f, g)
		keepsStaff(t, s, f, g)
		if served := f.Totals.Served + g.Totals.Served; served > len(s.Demands) {
			t.Errorf("%d of %d demands are served", served, len(s.Demands))
		}
	})
	t.Logf("%d second passes served somebody", seconds)
	if seconds == 0 {
		t.Error("no second pass ever served anybody: the property proves nothing")
	}
}

// scarceRound is a round whose funds end before its demands, so that a second
// pass has somebody to serve: vouchers carry every demand over its price, they
// reserve more than groups of that size cost, and staff is enough for two.
func scarceRound(t *rapid.T) *Snapshot {
	draw := seeded(rapid.Uint64().Draw(t, "seed"))
	s := city(draw, 15+draw(30), 1+draw(2))
	for i := range s.Providers {
		for _, slot := range s.Slots {
			s.Providers[i].Staff[slot.ID] += 2
		}
	}
	for i := range s.Offers {
		o := &s.Offers[i]
		o.MinMembers, o.MaxMembers, o.MinUnits, o.MixRadiusM = 1, 3, 0, 2_000
		o.Area = Area{Center: &Point{}, RadiusM: 2_000}
		o.Tiers = []Tier{{1, 30_00, 0, 0}}
	}
	for i := range s.Demands {
		s.Demands[i].MaxPrice, s.Demands[i].MaxDistanceM = money.Amount(6_00+draw(3_00)), 2_000
	}
	for i := range s.Programmes {
		limit := money.Amount(8_00 + draw(60_00))
		s.Programmes[i] = Programme{
			ID: s.Programmes[i].ID, Rule: Brackets{{40_000_00, int64(50_00 + draw(40_00)), 0}},
			HouseholdCap: &limit, Budget: money.Amount(30_00 + draw(150_00)),
		}
	}
	return s
}

// keepsBudgets counts what both passes granted by programme and by household,
// and that nobody is in two pools.
func keepsBudgets(t *rapid.T, s *Snapshot, passes ...*Formation) {
	t.Helper()
	households, seen := map[string]string{}, map[string]bool{}
	for _, d := range s.Demands {
		households[d.ID] = d.Household
	}
	granted, byHousehold := map[string]money.Amount{}, map[[2]string]money.Amount{}
	for _, f := range passes {
		for _, p := range f.Pools {
			for _, m := range p.Members {
				if seen[m.Demand] {
					t.Errorf("%s is in two pools", m.Demand)
				}
				seen[m.Demand] = true
				granted[m.Programme] += m.Subsidy
				byHousehold[[2]string{m.Programme, households[m.Demand]}] += m.Subsidy
			}
		}
	}
	for _, p := range s.Programmes {
		if granted[p.ID] > p.Budget {
			t.Errorf("%s grants %s of %s", p.ID, granted[p.ID], p.Budget)
		}
		for _, h := range s.Households {
			if got := byHousehold[[2]string{p.ID, h.ID}]; p.HouseholdCap != nil && got > *p.HouseholdCap {
				t.Errorf("%s grants %s to %s, whose cap is %s", p.ID, got, h.ID, *p.HouseholdCap)
			}
		}
	}
}

// keepsStaff counts the groups of both passes by provider and slot.
func keepsStaff(t *rapid.T, s *Snapshot, passes ...*Formation) {
	t.Helper()
	providers, used := map[string]string{}, map[[2]string]int{}
	for _, o := range s.Offers {
		providers[o.ID] = o.Provider
	}
	for _, f := range passes {
		for _, p := range f.Pools {
			if p.Slot != "" {
				used[[2]string{providers[p.Offer], p.Slot}]++
			}
			for _, m := range p.Members {
				for _, slot := range m.Slots {
					used[[2]string{providers[p.Offer], slot}]++
				}
			}
		}
	}
	for _, p := range s.Providers {
		for _, slot := range s.Slots {
			if n := used[[2]string{p.ID, slot.ID}]; n > p.Staff[slot.ID] {
				t.Errorf("%s runs %d groups in %s with staff for %d", p.ID, n, slot.ID, p.Staff[slot.ID])
			}
		}
	}
}

// The same round and formation leave the same bytes, and a snapshot is not
// changed by looking at what is left of it.
func TestTheRemainderIsDeterministic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seededRound(t, 30)
		f := mustForm(t, s, Options{Work: &Work{}})
		before := mustJSON(t, s)
		first, second := mustJSON(t, Remainder(s, f)), mustJSON(t, Remainder(s, f))
		if !bytes.Equal(first, second) {
			t.Fatalf("two remainders differ:\n%s\n%s", first, second)
		}
		if !bytes.Equal(before, mustJSON(t, s)) {
			t.Fatal("the snapshot was changed")
		}
		again, err := ReadSnapshot(bytes.NewReader(first))
		if err != nil || !bytes.Equal(first, mustJSON(t, again)) {
			t.Fatalf("the remainder does not survive its file: %v", err)
		}
	})
}

func mustJSON(t rapid.TB, s *Snapshot) []byte {
	t.Helper()
	b, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// By hand: a group grants 15.00 to one of two demands of a household whose cap
// is 40.00, from a fund of 60.00. The second pass has 45.00, the staff of the
// other slot, 25.00 of the cap for the household's other demand, and all of it
// for the household that got nothing.
func TestTheRemainderByHand(t *testing.T) {
	t.Parallel()
	isee, limit := money.Amount(5_000_00), money.Amount(40_00)
	s := &Snapshot{
		Version: 1, Round: RoundHeader{ID: "r", Date: "2026-11-20", Period: "month", Currency: "EUR"},
		Slots:       []Slot{{"t1", "mon", "09:00", "10:00"}, {"t2", "tue", "09:00", "10:00"}},
		Categories:  []Category{{"help", "place"}},
		Communities: []Community{{"c", "school", 0, 0}},
		Households:  []Household{{ID: "h1", ISEE: &isee, OddCents: 1}, {ID: "h2", ISEE: &isee}, {ID: "h3"}},
		Demands: []Demand{
			{ID: "d1", Household: "h1", Community: "c", Category: "help", Units: 1, Weight: 1, Slots: []string{"t1"}, MaxPrice: 20_00, PostedOn: "2026-11-01"},
			{ID: "d2", Household: "h1", Community: "c", Category: "help", Units: 1, Weight: 1, Slots: []string{"t2"}, MaxPrice: 20_00, PostedOn: "2026-11-01"},
			{ID: "d3", Household: "h2", Community: "c", Category: "help", Units: 1, Weight: 1, Slots: []string{"t2"}, MaxPrice: 20_00, PostedOn: "2026-11-01"},
			{ID: "d4", Household: "h3", Community: "c", Category: "help", Units: 1, Weight: 1, Slots: []string{"t2"}, MaxPrice: 20_00, PostedOn: "2026-11-01"},
		},
		Providers:  []Provider{{"p", map[string]int{"t1": 1, "t2": 2}}},
		Offers:     []Offer{{ID: "o", Provider: "p", Category: "help", Mode: ModeTogether, Slots: []string{"t1", "t2"}, Area: Area{Communities: []string{"c"}}, MinMembers: 1, MaxMembers: 9, Split: SplitEqual, Tiers: []Tier{{1, 30_00, 0, 0}}}},
		Programmes: []Programme{{ID: "m", Rule: Brackets{{9_000_00, 50_00, 0}}, HouseholdCap: &limit, Budget: 60_00}},
	}
	f := &Formation{Version: 1, Round: "r", Pools: []Pool{{
		ID: "pool-1", Offer: "o", Slot: "t1", Host: "c", Cost: 30_00,
		Members: []Member{{Demand: "d1", Share: 30_00, Subsidy: 15_00, Net: 15_00, Programme: "m"}},
	}}}
	if broken := Check(s, f); len(broken) > 0 {
		t.Fatal(broken)
	}
	r := Remainder(s, f)
	if len(r.Demands) != 3 || len(r.Households) != 3 || r.Households[0].OddCents != 1 {
		t.Errorf("left are %d demands of %d households", len(r.Demands), len(r.Households))
	}
	if staff := r.Providers[0].Staff; len(staff) != 1 || staff["t2"] != 2 || s.Providers[0].Staff["t1"] != 1 {
		t.Errorf("free staff %v, of %v", staff, s.Providers[0].Staff)
	}
	p := r.Programmes[0]
	grants, given := p.Rule.(Given)
	if p.Budget != 45_00 || p.HouseholdCap != nil || !given || r.Version != 2 || len(grants) != 2 {
		t.Fatalf("programme left: %+v of version %d", p, r.Version)
	}
	if one, other := *grants["d2"].Cap, *grants["d3"].Cap; one != 25_00 || other != 40_00 {
		t.Errorf("caps left are %s and %s, want 25.00 (40.00 less 15.00) and 40.00", one, other)
	}
	if _, eligible := grants["d4"]; eligible {
		t.Error("a household without ISEE got a grant")
	}
}

// An odd cent paid in the first pass counts in the second.
func TestTheRemainderRotatesOddCents(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seededRound(t, 30)
		f := mustForm(t, s, Options{Work: &Work{}})
		want, households := map[string]int{}, map[string]string{}
		for _, h := range s.Households {
			want[h.ID] = h.OddCents
		}
		for _, d := range s.Demands {
			households[d.ID] = d.Household
		}
		for demand := range OddCents(s, f) {
			want[households[demand]]++
		}
		for _, h := range Remainder(s, f).Households {
			if h.OddCents != want[h.ID] {
				t.Fatalf("%s has paid %d odd cents, want %d", h.ID, h.OddCents, want[h.ID])
			}
		}
	})
}
