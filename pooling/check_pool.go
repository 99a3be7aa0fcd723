package pooling

import "slices"

// checkedPool is one pool of a formation with its references looked up.
type checkedPool struct {
	pool    *Pool
	number  int32 // position in the formation
	offer   *Offer
	terms   *offerTerms
	host    *Community
	members []int32 // demands by position, in the order of the pool
}

// pool checks everything about one pool. What cannot be looked up ends it.
func (c *checker) pool(number int) {
	p := &c.pools[number]
	o, offerKnown := c.offers[p.Offer]
	host, hostKnown := c.communities[p.Host]
	slot, slotKnown := c.slots[p.Slot]
	rota := offerKnown && c.terms[o].turns
	if !offerKnown || !hostKnown || (rota && p.Slot != "") || (!rota && !slotKnown) {
		c.add("F1", p.ID, "", "unknown offer %q, slot %q or host %q", p.Offer, p.Slot, p.Host)
		return
	}
	g := checkedPool{pool: p, number: int32(number), offer: &c.s.Offers[o], terms: &c.terms[o], host: &c.s.Communities[host]}
	if !g.hosted() {
		c.add("F3", p.ID, "", "host %s is outside the area", p.Host)
	}
	if rota {
		c.turns(&g)
	} else {
		c.use[staffPlace{g.terms.provider, slot}]++
		if g.terms.slots>>slot&1 == 0 {
			c.add("F2", p.ID, "", "slot %s is not offered", p.Slot)
		}
	}
	g.members = make([]int32, len(p.Members))
	for k := range p.Members {
		d, known := c.demands[p.Members[k].Demand]
		if !known {
			c.add("F1", p.ID, p.Members[k].Demand, "unknown demand")
			return
		}
		g.members[k] = d
	}
	for k := range g.members {
		c.member(&g, k)
	}
	c.price(&g)
}

// hosted is F3: the host is listed, or within the circle.
func (g *checkedPool) hosted() bool {
	area := &g.offer.Area
	if slices.Contains(area.Communities, g.host.ID) {
		return true
	}
	return area.Center != nil && squaredDistance(area.Center.XM, area.Center.YM, g.host.XM, g.host.YM) <= area.RadiusM*area.RadiusM
}

// turns checks what concerns the slots of a rota as a whole: each is offered,
// and given once. A matching of units to slots need not be found: it is given.
func (c *checker) turns(g *checkedPool) {
	given := map[string]bool{}
	for k := range g.pool.Members {
		m := &g.pool.Members[k]
		for _, t := range m.Slots {
			if given[t] {
				c.add("F2", g.pool.ID, m.Demand, "slot %s is given twice", t)
			}
			given[t] = true
			slot, known := c.slots[t]
			if !known || g.terms.slots>>slot&1 == 0 {
				c.add("F2", g.pool.ID, m.Demand, "slot %s is not offered", t)
			}
			if known {
				c.use[staffPlace{g.terms.provider, slot}]++
			}
		}
	}
}

// member checks what concerns one member alone: once, category, time, place.
func (c *checker) member(g *checkedPool, k int) {
	p, m, i := g.pool, &g.pool.Members[k], g.members[k]
	d, f := &c.s.Demands[i], &c.records[i]
	if other := c.seen[i]; other > 0 {
		c.add("F1", p.ID, d.ID, "is already in pool %s", c.pools[other-1].ID)
	}
	c.seen[i] = g.number + 1
	if f.category != g.terms.category {
		c.add("F1", p.ID, d.ID, "category %s, the offer's is %s", d.Category, g.offer.Category)
	}
	if g.terms.turns {
		if int64(len(m.Slots)) != d.Units {
			c.add("F2", p.ID, d.ID, "%d slots for %d units", len(m.Slots), d.Units)
		}
		for _, t := range m.Slots {
			if slot, known := c.slots[t]; !known || f.slots>>slot&1 == 0 {
				c.add("F2", p.ID, d.ID, "slot %s is not acceptable", t)
			}
		}
	} else if f.slots>>c.slots[p.Slot]&1 == 0 {
		c.add("F2", p.ID, d.ID, "slot %s is not acceptable", p.Slot)
	}
	home := &c.s.Communities[f.community]
	reach, away := min(g.offer.MixRadiusM, d.MaxDistanceM), squaredDistance(home.XM, home.YM, g.host.XM, g.host.YM)
	if away > reach*reach {
		c.add("F4", p.ID, d.ID, "lives %d m away, at most %d m", wholeRoot(away), reach)
	}
	c.sums.distance.add(wholeRoot(away))
}
