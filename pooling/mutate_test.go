package pooling

import (
	"slices"

	"colletta/money"
)

// mutation breaks, or may break, one rule of a formation. It says whether the
// formation had what it needs.
type mutation struct {
	name  string
	apply func(s *Snapshot, f *Formation, draw func(int) int) bool
}

// onPool makes a mutation of one pool.
func onPool(name string, apply func(s *Snapshot, f *Formation, p *Pool, draw func(int) int) bool) mutation {
	return mutation{name, func(s *Snapshot, f *Formation, draw func(int) int) bool {
		return len(f.Pools) > 0 && apply(s, f, &f.Pools[draw(len(f.Pools))], draw)
	}}
}

// onMember makes a mutation of one member.
func onMember(name string, apply func(s *Snapshot, f *Formation, p *Pool, m *Member, draw func(int) int) bool) mutation {
	return onPool(name, func(s *Snapshot, f *Formation, p *Pool, draw func(int) int) bool {
		return len(p.Members) > 0 && apply(s, f, p, &p.Members[draw(len(p.Members))], draw)
	})
}

// ofMember makes a mutation that only looks at one member's amounts.
func ofMember(name string, apply func(m *Member, by money.Amount)) mutation {
	return onMember(name, func(_ *Snapshot, _ *Formation, _ *Pool, m *Member, draw func(int) int) bool {
		apply(m, []money.Amount{1, -1, 100, -5_00, 1_000_000_000_00}[draw(5)])
		return true
	})
}

// onRota makes a mutation of one member of a rota.
func onRota(name string, apply func(s *Snapshot, p *Pool, m *Member, draw func(int) int) bool) mutation {
	return onMember(name, func(s *Snapshot, _ *Formation, p *Pool, m *Member, draw func(int) int) bool {
		return p.Slot == "" && len(m.Slots) > 0 && apply(s, p, m, draw)
	})
}

// ofTotals makes a mutation of the totals.
func ofTotals(name string, apply func(t *Totals, by int)) mutation {
	return mutation{name, func(_ *Snapshot, f *Formation, draw func(int) int) bool {
		if f.Totals != nil {
			apply(f.Totals, 1-2*draw(2))
		}
		return f.Totals != nil
	}}
}

var anySlot = func(s *Snapshot, draw func(int) int) string { return s.Slots[draw(len(s.Slots))].ID }

var mutations = slices.Concat(mutationsOfPools, mutationsOfMembers, mutationsOfWholes)

var mutationsOfWholes = []mutation{
	ofTotals("total served", func(t *Totals, by int) { t.Served += by }),
	ofTotals("total net", func(t *Totals, by int) { t.Net += money.Amount(by) }),
	ofTotals("total subsidy", func(t *Totals, by int) { t.Subsidy += money.Amount(by) }),
	ofTotals("total cost", func(t *Totals, by int) { t.Cost += money.Amount(by) }),
	ofTotals("total distance", func(t *Totals, by int) { t.DistanceM += int64(by) }),
	{"no totals", func(_ *Snapshot, f *Formation, _ func(int) int) bool { f.Totals = nil; return true }},
	{"another round", func(_ *Snapshot, f *Formation, _ func(int) int) bool { f.Round += "x"; return true }},
	{"another version", func(_ *Snapshot, f *Formation, _ func(int) int) bool { f.Version = 3 - f.Version; return true }},
}

var mutationsOfPools = []mutation{
	{"nothing", func(*Snapshot, *Formation, func(int) int) bool { return true }},
	{"pool left out", func(_ *Snapshot, f *Formation, draw func(int) int) bool {
		if len(f.Pools) > 0 {
			k := draw(len(f.Pools))
			f.Pools = slices.Delete(f.Pools, k, k+1)
		}
		return true
	}},
	{"pool left out, no totals", func(_ *Snapshot, f *Formation, draw func(int) int) bool {
		f.Totals = nil
		if len(f.Pools) > 0 {
			k := draw(len(f.Pools))
			f.Pools = slices.Delete(f.Pools, k, k+1)
		}
		return true
	}},
	onPool("pool twice", func(_ *Snapshot, f *Formation, p *Pool, _ func(int) int) bool {
		f.Pools = append(f.Pools, *p)
		return true
	}),
	onPool("pool without members", func(_ *Snapshot, _ *Formation, p *Pool, _ func(int) int) bool { p.Members = nil; return true }),
	onPool("pool copied without members", func(_ *Snapshot, f *Formation, p *Pool, _ func(int) int) bool {
		f.Pools = append(f.Pools, Pool{ID: "more", Offer: p.Offer, Slot: p.Slot, Host: p.Host})
		return true
	}),
	onPool("another slot", func(s *Snapshot, _ *Formation, p *Pool, draw func(int) int) bool {
		p.Slot = anySlot(s, draw)
		return true
	}),
	onPool("unknown slot", func(_ *Snapshot, _ *Formation, p *Pool, _ func(int) int) bool { p.Slot = "nowhen"; return true }),
	onPool("no slot", func(_ *Snapshot, _ *Formation, p *Pool, _ func(int) int) bool { p.Slot = ""; return true }),
	onPool("another offer", func(s *Snapshot, _ *Formation, p *Pool, draw func(int) int) bool {
		p.Offer = s.Offers[draw(len(s.Offers))].ID
		return true
	}),
	onPool("unknown offer", func(_ *Snapshot, _ *Formation, p *Pool, _ func(int) int) bool { p.Offer = "nobody"; return true }),
	onPool("another host", func(s *Snapshot, _ *Formation, p *Pool, draw func(int) int) bool {
		p.Host = s.Communities[draw(len(s.Communities))].ID
		return true
	}),
	onPool("unknown host", func(_ *Snapshot, _ *Formation, p *Pool, _ func(int) int) bool { p.Host = "nowhere"; return true }),
	onPool("another pool id", func(_ *Snapshot, _ *Formation, p *Pool, _ func(int) int) bool { p.ID = "other"; return true }),
	onPool("another cost", func(_ *Snapshot, _ *Formation, p *Pool, draw func(int) int) bool {
		p.Cost += money.Amount(1 - 2*draw(2))
		return true
	}),
	onPool("members in another order", func(_ *Snapshot, _ *Formation, p *Pool, _ func(int) int) bool { slices.Reverse(p.Members); return true }),
	onPool("odd cent swapped", func(_ *Snapshot, _ *Formation, p *Pool, _ func(int) int) bool {
		for a := range p.Members {
			for b := range p.Members {
				if x, y := &p.Members[a], &p.Members[b]; x.Share == y.Share+1 {
					x.Share, y.Share, x.Net, y.Net = x.Share-1, y.Share+1, x.Net-1, y.Net+1
					return true
				}
			}
		}
		return false
	}),
	onPool("member moved to another pool", func(_ *Snapshot, f *Formation, p *Pool, draw func(int) int) bool {
		to := &f.Pools[draw(len(f.Pools))]
		if to == p || len(p.Members) == 0 {
			return false
		}
		k := draw(len(p.Members))
		to.Members = append(to.Members, p.Members[k])
		p.Members = slices.Delete(p.Members, k, k+1)
		return true
	}),
}

var mutationsOfMembers = []mutation{
	ofMember("share", func(m *Member, by money.Amount) { m.Share += by }),
	ofMember("share and net", func(m *Member, by money.Amount) { m.Share += by; m.Net += by }),
	ofMember("subsidy", func(m *Member, by money.Amount) { m.Subsidy += by }),
	ofMember("subsidy and net", func(m *Member, by money.Amount) { m.Subsidy += by; m.Net -= by }),
	ofMember("net", func(m *Member, by money.Amount) { m.Net += by }),
	onMember("another programme", func(s *Snapshot, _ *Formation, _ *Pool, m *Member, draw func(int) int) bool {
		m.Programme = "invented"
		if k := draw(len(s.Programmes) + 1); k < len(s.Programmes) {
			m.Programme = s.Programmes[k].ID
		}
		return true
	}),
	onMember("no programme", func(_ *Snapshot, _ *Formation, _ *Pool, m *Member, _ func(int) int) bool {
		m.Programme = ""
		return true
	}),
	onMember("another demand", func(s *Snapshot, _ *Formation, _ *Pool, m *Member, draw func(int) int) bool {
		m.Demand = s.Demands[draw(len(s.Demands))].ID
		return true
	}),
	onMember("unknown demand", func(_ *Snapshot, _ *Formation, _ *Pool, m *Member, _ func(int) int) bool {
		m.Demand = "nobody"
		return true
	}),
	onMember("member twice", func(_ *Snapshot, _ *Formation, p *Pool, m *Member, _ func(int) int) bool {
		p.Members = append(p.Members, *m)
		return true
	}),
	onMember("member left out", func(_ *Snapshot, _ *Formation, p *Pool, m *Member, _ func(int) int) bool {
		gone := m.Demand
		p.Members = slices.DeleteFunc(p.Members, func(m Member) bool { return m.Demand == gone })
		return true
	}),
	onMember("two demands swapped", func(_ *Snapshot, f *Formation, _ *Pool, m *Member, draw func(int) int) bool {
		if p := &f.Pools[draw(len(f.Pools))]; len(p.Members) > 0 {
			other := &p.Members[draw(len(p.Members))]
			m.Demand, other.Demand = other.Demand, m.Demand
		}
		return true
	}),
	onMember("stranger joins, priced right", func(s *Snapshot, _ *Formation, p *Pool, _ *Member, draw func(int) int) bool {
		if !known(s, p) || p.Slot == "" {
			return false
		}
		stranger := Member{Demand: s.Demands[draw(len(s.Demands))].ID}
		*p = repriced(s, *p, append(slices.Clone(p.Members), stranger))
		return true
	}),
	onMember("member leaves, priced right", func(s *Snapshot, _ *Formation, p *Pool, m *Member, _ func(int) int) bool {
		gone := m.Demand
		left := slices.DeleteFunc(slices.Clone(p.Members), func(m Member) bool { return m.Demand == gone })
		if !known(s, p) {
			return false
		}
		if len(left) > 0 {
			*p = repriced(s, *p, left)
		}
		return len(left) > 0
	}),
	onMember("moved to another host, priced right", func(s *Snapshot, f *Formation, p *Pool, _ *Member, draw func(int) int) bool {
		p.Host, f.Totals = s.Communities[draw(len(s.Communities))].ID, nil
		return true
	}),
	onRota("hour missing", func(_ *Snapshot, _ *Pool, m *Member, _ func(int) int) bool { m.Slots = m.Slots[1:]; return true }),
	onRota("hours missing", func(_ *Snapshot, _ *Pool, m *Member, _ func(int) int) bool { m.Slots = []string{}; return true }),
	onRota("another hour", func(s *Snapshot, _ *Pool, m *Member, draw func(int) int) bool {
		m.Slots[draw(len(m.Slots))] = anySlot(s, draw)
		return true
	}),
	onRota("hour more", func(s *Snapshot, _ *Pool, m *Member, draw func(int) int) bool {
		m.Slots = append(m.Slots, anySlot(s, draw))
		return true
	}),
	onRota("unknown hour", func(_ *Snapshot, _ *Pool, m *Member, _ func(int) int) bool { m.Slots[0] = "nowhen"; return true }),
	onRota("hour of another", func(_ *Snapshot, p *Pool, m *Member, draw func(int) int) bool {
		other := &p.Members[draw(len(p.Members))]
		if len(other.Slots) > 0 {
			m.Slots[0] = other.Slots[0]
		}
		return other != m
	}),
	onRota("hours in another order", func(_ *Snapshot, _ *Pool, m *Member, _ func(int) int) bool { slices.Reverse(m.Slots); return true }),
}

// known says whether the offer and the members of a pool are in the snapshot.
func known(s *Snapshot, p *Pool) bool {
	return slices.ContainsFunc(s.Offers, func(o Offer) bool { return o.ID == p.Offer }) &&
		!slices.ContainsFunc(p.Members, func(m Member) bool {
			return !slices.ContainsFunc(s.Demands, func(d Demand) bool { return d.ID == m.Demand })
		})
}

// copyOf is a formation that can be mutated without touching the first.
func copyOf(f *Formation) *Formation {
	g := *f
	if f.Totals != nil {
		t := *f.Totals
		g.Totals = &t
	}
	g.Pools = slices.Clone(f.Pools)
	for k := range g.Pools {
		g.Pools[k].Members = slices.Clone(g.Pools[k].Members)
		for m := range g.Pools[k].Members {
			g.Pools[k].Members[m].Slots = slices.Clone(g.Pools[k].Members[m].Slots)
		}
	}
	return &g
}
