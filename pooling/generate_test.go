package pooling

import (
	"fmt"

	"colletta/money"
)

// city makes small random rounds that reach every rule: all splits, both
// modes, shared staff, mixing, tiers, bounds on units, all kinds of grants.
// The draws come from a function, so that rapid, fuzzing and plain seeds can
// drive it: draw(n) is in [0, n).
func city(draw func(n int) int, demands, version int) *Snapshot {
	s := &Snapshot{
		Version: version,
		Round:   RoundHeader{ID: fmt.Sprint("r", draw(1000)), Date: "2026-11-23", Period: "month", Currency: "EUR"},
		Slots:   []Slot{}, Categories: []Category{{"help", "place"}, {"care", "hour"}},
		Communities: []Community{}, Households: []Household{}, Demands: []Demand{}, Providers: []Provider{}, Offers: []Offer{}, Programmes: []Programme{},
	}
	for k := range 2 + draw(4) {
		s.Slots = append(s.Slots, Slot{fmt.Sprint("t", k), days[k%7], "09:00", "10:00"})
	}
	for k := range 1 + draw(4) {
		s.Communities = append(s.Communities, Community{fmt.Sprint("c", k), "condominium", int64(draw(900)), int64(draw(900))})
	}
	some := func(most int) []string {
		var ids []string
		for k := range s.Slots {
			if draw(3) > 0 && len(ids) < most {
				ids = append(ids, s.Slots[k].ID)
			}
		}
		if ids == nil {
			ids = []string{s.Slots[draw(len(s.Slots))].ID}
		}
		return ids
	}
	for k := range max(1, demands-draw(demands/3+1)) {
		h := Household{ID: fmt.Sprint("h", k), OddCents: draw(3)}
		if draw(5) > 0 {
			isee := money.Amount(draw(40_000_00))
			h.ISEE = &isee
		}
		s.Households = append(s.Households, h)
	}
	for k := range demands {
		s.Demands = append(s.Demands, Demand{
			ID: fmt.Sprint("d", k), Household: s.Households[draw(len(s.Households))].ID,
			Community: s.Communities[draw(len(s.Communities))].ID, Category: s.Categories[draw(2)].ID,
			Units: int64(1 + draw(3)), Weight: int64(1 + draw(60)), Slots: some(64),
			MaxPrice: money.Amount(1 + draw(90_00)), MaxDistanceM: int64(draw(3) * 400),
			PostedOn: fmt.Sprintf("2026-%02d-%02d", 1+draw(10), 1+draw(28)),
		})
	}
	for k := range 1 + draw(3) {
		p := Provider{fmt.Sprint("p", k), map[string]int{}}
		for _, t := range s.Slots {
			if n := draw(3); n > 0 {
				p.Staff[t.ID] = n
			}
		}
		s.Providers = append(s.Providers, p)
	}
	for k := range 1 + draw(4) {
		s.Offers = append(s.Offers, anyOffer(draw, s, k, some))
	}
	for k := range draw(3) {
		s.Programmes = append(s.Programmes, anyProgramme(draw, s, k))
	}
	return s
}

func anyOffer(draw func(n int) int, s *Snapshot, k int, some func(int) []string) Offer {
	o := Offer{
		ID: fmt.Sprint("o", k), Provider: s.Providers[draw(len(s.Providers))].ID, Category: s.Categories[draw(2)].ID,
		Mode: ModeTogether, Slots: some(64), MixRadiusM: int64(draw(3) * 400), MinMembers: 1 + draw(3),
		Split: []SplitRule{SplitEqual, SplitUnits, SplitWeight}[draw(3)],
	}
	o.MaxMembers = o.MinMembers + draw(6)
	if s.Version == 2 && draw(2) == 0 {
		o.Mode = ModeRota
	}
	if draw(2) == 0 {
		o.Area = Area{Center: &Point{450, 450}, RadiusM: int64(draw(900))}
	}
	if o.Area.Center == nil || draw(2) == 0 {
		o.Area.Communities = []string{s.Communities[draw(len(s.Communities))].ID}
	}
	if draw(3) == 0 {
		o.MinUnits = int64(o.MinMembers + draw(3))
		o.MaxUnits = o.MinUnits + int64(draw(6))
	}
	t := Tier{1, money.Amount(draw(150_00)), money.Amount(draw(5_00)), money.Amount(draw(3_00))}
	o.Tiers = []Tier{t}
	if draw(2) == 0 {
		o.Tiers = append(o.Tiers, Tier{2 + draw(4), t.Fixed - money.Amount(draw(int(t.Fixed)+1))/4, t.PerMember / 2, t.PerUnit})
	}
	return o
}

func anyProgramme(draw func(n int) int, s *Snapshot, k int) Programme {
	limit := money.Amount(draw(60_00))
	p := Programme{ID: fmt.Sprint("m", k), Budget: money.Amount(draw(300_00)), HouseholdCap: &limit}
	if draw(3) == 0 {
		p.Categories = []string{"help"}
	}
	if draw(4) == 0 {
		p.Communities = []string{s.Communities[0].ID}
	}
	switch draw(3) {
	case 0:
		p.Rule = Brackets{{9_000_00, int64(draw(PercentMax + 1)), 0}, {20_000_00, 0, money.Amount(draw(30_00))}}
	case 1:
		from := int64(draw(PercentMax + 1))
		p.Rule = Linear{5_000_00, from, 25_000_00, from / 3}
	default:
		if s.Version == 1 {
			p.Rule = Brackets{{30_000_00, int64(draw(PercentMax)), 0}}
			p.HouseholdCap = nil
			break
		}
		given := Given{}
		for _, d := range s.Demands {
			if draw(2) == 0 {
				own := money.Amount(draw(40_00))
				given[d.ID] = Grant{Percent: int64(draw(PercentMax + 1)), Cap: &own}
			}
		}
		p.Rule = given
	}
	return p
}

// seeded draws from SplitMix64.
func seeded(seed uint64) func(int) int {
	r := dice(seed)
	return r.below
}

// brief is a little of each kind of work.
func brief() *Work { return &Work{Sweeps: 20, Multipliers: 40, Cooling: 5, Waves: 5, Nodes: 5} }
