package pooling

import (
	"fmt"
	"slices"
	"testing"

	"colletta/money"
)

// square is a round of five demands that one provider can serve in two groups at
// once: three live between two communities 500 metres apart and reach both, one
// lives in each and reaches no other.
func square(offers ...Offer) *Snapshot {
	s := triangle()
	s.Slots = s.Slots[:1]
	s.Communities = []Community{{ID: "c", Kind: "school"}, {ID: "e", Kind: "school", XM: 500}, {ID: "between", Kind: "school", XM: 250}}
	s.Providers[0].Staff = map[string]int{"mon": 2}
	s.Offers, s.Households, s.Demands = offers, nil, nil
	for k := range offers {
		o := &s.Offers[k]
		o.ID, o.Provider, o.Category, o.Slots = fmt.Sprint("o", k), "p", "help", []string{"mon"}
		o.Split, o.Mode, o.MixRadiusM, o.Area = SplitEqual, ModeTogether, 300, Area{Communities: []string{"c", "e"}}
	}
	for k, home := range []string{"between", "between", "between", "c", "e"} {
		id := fmt.Sprint("d", k+1)
		s.Households = append(s.Households, Household{ID: id})
		x := Demand{ID: id, Household: id, Community: home, Category: "help", Units: 1, Weight: 1, Slots: []string{"mon"}, MaxPrice: 3_00, PostedOn: "2026-11-01"}
		if home == "between" {
			x.MaxDistanceM = 300
		}
		s.Demands = append(s.Demands, x)
	}
	return s
}

// Groups at a place have different members. By hand: with every demand worth 1,
// a list of zeros proves exactly what can be served, whereas each host, or each
// offer, on its own could hold as much a second time.
func TestGroupsOfAPlaceAreCountedTogether(t *testing.T) {
	t.Parallel()
	offer := func(fixed money.Amount, least, most int) Offer {
		return Offer{MinMembers: least, MaxMembers: most, Tiers: []Tier{{1, fixed, 0, 0}}}
	}
	for _, tt := range []struct {
		name   string
		offers []Offer
		want   int64
	}{
		{"3 at one host, then 2 are left", []Offer{offer(6_00, 2, 3)}, 5},
		{"of 5 who need 3 each there is one group", []Offer{offer(9_00, 2, 4)}, 4},
		{"of 5 there is one group of 3 or more", []Offer{offer(6_00, 3, 4)}, 4},
		{"two offers want the same 5", []Offer{offer(6_00, 2, 3), offer(6_00, 2, 4)}, 5},
		{"two offers of 3 or more want the same 5", []Offer{offer(6_00, 3, 3), offer(6_00, 3, 4)}, 4},
	} {
		s := square(tt.offers...)
		if err := Validate(s); err != nil {
			t.Fatal(err)
		}
		if served, _ := bestByForce(s); int64(served) != tt.want {
			t.Errorf("%s: %d can be served, want %d", tt.name, served, tt.want)
		}
		if value, err := certified(s, worthless(s)); err != nil || value != tt.want {
			t.Errorf("%s: zeros prove %d, %v; want %d", tt.name, value, err, tt.want)
		}
	}
}

// Whoever must be in a second group counts there, even with a negative value. By
// hand: five demands are worth 1 and the sixth is worth 1 less its multiplier m;
// two groups need all six. The bound is m and the larger of 3 and 6 - m.
func TestASecondGroupIsWorthItsMembers(t *testing.T) {
	t.Parallel()
	s := square(Offer{MinMembers: 3, MaxMembers: 3, Tiers: []Tier{{1, 6_00, 0, 0}}})
	s.Demands = append(s.Demands, s.Demands[0])
	s.Demands[5].ID = "d6"
	for _, tt := range []struct{ worthless, want int64 }{{0, 6}, {1, 6}, {2, 6}, {3, 6}, {5, 8}} {
		multipliers := []int64{0, 0, 0, 0, 0, tt.worthless}
		if value, err := certified(s, &Certificate{Denominator: 1, Multipliers: multipliers}); err != nil || value != tt.want {
			t.Errorf("multiplier %d proves %d, %v; want %d", tt.worthless, value, err, tt.want)
		}
	}
}

// crowdedRound is a tiny round whose offers are all of one provider, which runs two or
// three groups at once, for members from near every host.
func crowdedRound(draw func(int) int) *Snapshot {
	s := city(draw, 4+draw(4), 1)
	s.Slots = s.Slots[:min(2, len(s.Slots))]
	s.Providers = s.Providers[:1]
	s.Providers[0].Staff = map[string]int{}
	for _, t := range s.Slots {
		s.Providers[0].Staff[t.ID] = 2 + draw(2)
	}
	known := map[string]bool{}
	var ids []string
	for _, t := range s.Slots {
		known[t.ID], ids = true, append(ids, t.ID)
	}
	for k := range s.Offers {
		o := &s.Offers[k]
		o.Provider, o.Slots, o.MinMembers, o.MixRadiusM = s.Providers[0].ID, ids, min(o.MinMembers, 3), []int64{0, 600, 100_000}[draw(3)]
		o.Area = Area{Center: &Point{}, RadiusM: 1_000_000}
		o.MaxMembers = max(o.MinMembers, o.MaxMembers)
	}
	for k := range s.Demands {
		x := &s.Demands[k]
		x.Slots = slices.DeleteFunc(slices.Clone(x.Slots), func(id string) bool { return !known[id] })
		x.MaxDistanceM = []int64{0, 600, 100_000}[draw(3)]
		if draw(2) == 0 {
			x.Slots = ids
		}
	}
	return s
}

// Where several groups run at once the bound is no less than the truth either.
// Method: tiny rounds whose best formation is found by trying them all.
func TestTheBoundOfACrowdedPlaceIsNeverBelowTheTruth(t *testing.T) {
	t.Parallel()
	together, tight := 0, 0
	for seed := range uint64(1500) {
		draw := seeded(seed)
		s := crowdedRound(draw)
		served, _ := bestByForce(s)
		for k := range 4 {
			c := anyCertificate(draw, s)
			if k == 0 {
				clear(c.Multipliers)
			}
			value, err := certified(s, c)
			if err != nil {
				t.Fatal(err)
			}
			if value < int64(served)*c.Denominator {
				t.Fatalf("seed %d: bound %d/%d, but %d can be served", seed, value, c.Denominator, served)
			}
			if served > 0 && value/c.Denominator == int64(served) {
				tight++
			}
		}
		if len(s.Slots) > 0 && served > s.Offers[0].MaxMembers {
			together++
		}
	}
	t.Logf("%d rounds serve more than a group, %d bounds are tight", together, tight)
	if together < 100 || tight < 300 {
		t.Fatalf("%d rounds serve more than a group, %d bounds are tight: too few to prove anything", together, tight)
	}
}
