package pooling

import (
	"maps"
	"slices"

	"colletta/money"
)

// Remainder is the input of a second pass in the same night: what a round that
// formed f of s leaves over. It holds the demands in no pool with their
// households, the same offers, the staff that is still free in each slot, and
// of every budget what was not granted. The formation must be valid ([Check]).
//
// Vouchers are reserved for the worst case, and some who hold one find no
// group; so money is left over that others can use. Whatever forms of the
// remainder, both passes together keep to every budget, to the staff, and to
// the cap of each household:
//
//   - a programme with a household cap becomes one with [Given] grants, because
//     what is left of the cap differs by household; each remaining demand gets
//     its part of that, and stays with the programme it belongs to even when
//     nothing is left;
//   - odd cents paid in f count, so that the next one is another household's.
//
// The remainder is of version 2 when a grant had to be given, else of that of s.
// It shares with s what is equal; neither is to be changed.
//
// Source: mechanism, section 2.3.
func Remainder(s *Snapshot, f *Formation) *Snapshot {
	t := take(s, f)
	r := *s
	r.Demands, r.Households = t.demandsLeft(s), t.householdsLeft(s)
	r.Providers, r.Programmes = t.providersLeft(s), t.programmesLeft(s)
	for _, p := range r.Programmes {
		if _, given := p.Rule.(Given); given {
			r.Version = 2
		}
	}
	return &r
}

// taken is what the pools of a formation took.
type taken struct {
	demands map[string]bool
	odd     map[string]int                     // odd cents by household
	staff   map[string]map[string]int          // groups by provider and slot
	granted map[string]money.Amount            // by programme
	capped  map[string]map[string]money.Amount // by programme and household
	left    map[string]bool                    // households with a demand in no pool
}

func take(s *Snapshot, f *Formation) taken {
	t := taken{
		demands: map[string]bool{}, odd: map[string]int{}, staff: map[string]map[string]int{},
		granted: map[string]money.Amount{}, capped: map[string]map[string]money.Amount{}, left: map[string]bool{},
	}
	households := make(map[string]string, len(s.Demands))
	for i := range s.Demands {
		households[s.Demands[i].ID] = s.Demands[i].Household
	}
	providers := make(map[string]string, len(s.Offers))
	for i := range s.Offers {
		providers[s.Offers[i].ID] = s.Offers[i].Provider
	}
	for i := range s.Programmes {
		t.capped[s.Programmes[i].ID] = map[string]money.Amount{}
	}
	for i := range f.Pools {
		t.addPool(&f.Pools[i], providers, households)
	}
	for demand := range OddCents(s, f) {
		t.odd[households[demand]]++
	}
	for i := range s.Demands {
		if !t.demands[s.Demands[i].ID] {
			t.left[s.Demands[i].Household] = true
		}
	}
	return t
}

func (t taken) addPool(p *Pool, providers, households map[string]string) {
	provider := providers[p.Offer]
	if t.staff[provider] == nil {
		t.staff[provider] = map[string]int{}
	}
	if p.Slot != "" {
		t.staff[provider][p.Slot]++
	}
	for _, m := range p.Members {
		t.demands[m.Demand] = true
		for _, slot := range m.Slots {
			t.staff[provider][slot]++
		}
		if m.Programme != "" {
			t.granted[m.Programme] += m.Subsidy
			t.capped[m.Programme][households[m.Demand]] += m.Subsidy
		}
	}
}

func (t taken) demandsLeft(s *Snapshot) []Demand {
	left := []Demand{}
	for i := range s.Demands {
		if !t.demands[s.Demands[i].ID] {
			left = append(left, s.Demands[i])
		}
	}
	return left
}

func (t taken) householdsLeft(s *Snapshot) []Household {
	left := []Household{}
	for _, h := range s.Households {
		if t.left[h.ID] {
			h.OddCents = min(h.OddCents+t.odd[h.ID], oddCentsMax)
			left = append(left, h)
		}
	}
	return left
}

func (t taken) providersLeft(s *Snapshot) []Provider {
	left := slices.Clone(s.Providers)
	for i, p := range left {
		if len(t.staff[p.ID]) == 0 {
			continue
		}
		free := maps.Clone(p.Staff)
		for slot, n := range t.staff[p.ID] {
			if free[slot] -= n; free[slot] <= 0 {
				delete(free, slot)
			}
		}
		left[i].Staff = free
	}
	return left
}

func (t taken) programmesLeft(s *Snapshot) []Programme {
	left := slices.Clone(s.Programmes)
	for i := range left {
		left[i].Budget -= t.granted[left[i].ID]
	}
	grants := t.grantsLeft(s)
	for i, p := range left {
		if _, given := p.Rule.(Given); given || p.HouseholdCap != nil {
			left[i].Rule, left[i].HouseholdCap = grants[i], nil
		}
	}
	return left
}

// grantsLeft is, by programme, the grant of each demand in no pool that belongs
// to it, with its part of what is left of the household's cap.
func (t taken) grantsLeft(s *Snapshot) []Given {
	grants, claims := make([]Given, len(s.Programmes)), make([]map[string]int64, len(s.Programmes))
	for i := range grants {
		grants[i], claims[i] = Given{}, map[string]int64{}
	}
	households := map[string]string{}
	for i, queue := range undivided(s) {
		for _, c := range queue {
			d := &s.Demands[c.demand]
			if !t.demands[d.ID] {
				grants[i][d.ID], households[d.ID] = c.grant, d.Household
				claims[i][d.Household]++
			}
		}
	}
	for i, p := range s.Programmes {
		if p.HouseholdCap == nil {
			continue
		}
		for demand, g := range grants[i] {
			h := households[demand]
			each := money.Amount((*p.HouseholdCap - t.capped[p.ID][h]).Cents() / claims[i][h])
			if g.Cap != nil {
				each = min(each, *g.Cap)
			}
			g.Cap = &each
			grants[i][demand] = g
		}
	}
	return grants
}

// undivided is the queue of each programme with caps as their rule states them.
func undivided(s *Snapshot) [][]claim {
	free := *s
	free.Programmes = slices.Clone(s.Programmes)
	for i := range free.Programmes {
		free.Programmes[i].HouseholdCap = nil
	}
	return eligible(&free)
}
