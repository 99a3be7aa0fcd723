package pooling

import (
	"cmp"
	"hash/fnv"
	"math/big"
	"slices"
)

// price checks size, cost, shares, subsidies and acceptance: F5 and F7 to F10.
//
// With at most [MembersMax] members all amounts fit an int64: a fixed cost is
// at most 10^9 cents, times a weight below 10^15; a cost is at most 10^9 cents
// for each of 10^6 units. A larger group is invalid whatever it costs, so that
// its price is not computed.
func (c *checker) price(g *checkedPool) {
	p, o, n := g.pool, g.offer, int64(len(g.members))
	var units int64
	for _, i := range g.members {
		units += c.s.Demands[i].Units
	}
	if n < int64(o.MinMembers) || n > int64(o.MaxMembers) {
		c.add("F5", p.ID, "", "%d members, must be %d to %d", n, o.MinMembers, o.MaxMembers)
	}
	if units < o.MinUnits || (o.MaxUnits > 0 && units > o.MaxUnits) {
		c.add("F5", p.ID, "", "%d units, must be %d to %d", units, o.MinUnits, o.MaxUnits)
	}
	if n == 0 || n > MembersMax {
		return
	}
	tier := o.Tiers[0]
	for _, t := range o.Tiers {
		if int64(t.FromMembers) <= n {
			tier = t
		}
	}
	cost := tier.Fixed.Cents() + tier.PerMember.Cents()*n + tier.PerUnit.Cents()*units
	if p.Cost.Cents() != cost {
		c.add("F7", p.ID, "", "cost %s, expected %d cents", p.Cost, cost)
	}
	asked := new(big.Int)
	for k, part := range c.divide(g, tier.Fixed.Cents()) {
		own := tier.PerMember.Cents() + tier.PerUnit.Cents()*c.s.Demands[g.members[k]].Units
		c.bill(g, k, own, part)
		asked.Add(asked, big.NewInt(p.Members[k].Share.Cents()))
	}
	if asked.Cmp(big.NewInt(cost)) != 0 {
		c.add("F8", p.ID, "", "shares sum to %s cents, cost %d", asked, cost)
	}
	c.sums.served.add(n)
	c.sums.cost.add(cost)
}

// fixedCut is one member's part of the fixed cost: whole cents, what is left of the
// division, and the odd cent, 0 or 1.
type fixedCut struct{ down, rest, odd int64 }

// divide shares the fixed cost by F8: each gets floor(F*w/W), and the cents
// that are missing go one each by S3.
func (c *checker) divide(g *checkedPool, fixed int64) []fixedCut {
	var W int64
	for _, i := range g.members {
		W += c.weight(g.offer.Split, i)
	}
	cuts := make([]fixedCut, len(g.members))
	missing := fixed
	for k, i := range g.members {
		whole := fixed * c.weight(g.offer.Split, i)
		cuts[k] = fixedCut{down: whole / W, rest: whole % W}
		missing -= cuts[k].down
	}
	if missing > 0 {
		for _, k := range c.turnOf(g, cuts)[:missing] {
			cuts[k].odd = 1
		}
	}
	return cuts
}

// turnOf orders the members of a group by S3, by position in the group.
func (c *checker) turnOf(g *checkedPool, cuts []fixedCut) []int {
	order, draws := make([]int, len(cuts)), make([]uint64, len(cuts))
	for k, i := range g.members {
		order[k] = k
		h := fnv.New64a()
		h.Write([]byte(c.s.Round.ID))
		h.Write([]byte("/"))
		h.Write([]byte(c.s.Demands[i].ID))
		draws[k] = h.Sum64()
	}
	paid := func(k int) int { return c.s.Households[c.records[g.members[k]].household].OddCents }
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(cuts[b].rest, cuts[a].rest), cmp.Compare(paid(a), paid(b)), cmp.Compare(draws[a], draws[b]),
			cmp.Compare(c.s.Demands[g.members[a]].ID, c.s.Demands[g.members[b]].ID))
	})
	return order
}

// weight is the split weight of demand i.
func (r *register) weight(split SplitRule, i int32) int64 {
	switch split {
	case SplitUnits:
		return r.s.Demands[i].Units
	case SplitWeight:
		return r.s.Demands[i].Weight
	}
	return 1
}

// bill compares what member k is asked with what F8, F9 and F10 say. What is
// summed is what should be asked: where the two differ it is a violation
// anyway. Amounts are in cents.
func (c *checker) bill(g *checkedPool, k int, own int64, part fixedCut) {
	p, m, i := g.pool, &g.pool.Members[k], g.members[k]
	d, f := &c.s.Demands[i], &c.records[i]
	base, share := own+part.down, own+part.down+part.odd
	quote, subsidy, programme := base, int64(0), ""
	if part.rest > 0 {
		quote++
	}
	if f.programme >= 0 {
		programme, subsidy = c.s.Programmes[f.programme].ID, min(f.grant.pays(quote), base)
		c.spent[f.programme].add(subsidy)
	}
	if m.Share.Cents() != share {
		c.add("F8", p.ID, d.ID, "share %s, expected %d cents", m.Share, share)
	}
	if m.Programme != programme {
		c.add("F9", p.ID, d.ID, "programme %q, expected %q", m.Programme, programme)
	}
	if m.Subsidy.Cents() != subsidy {
		c.add("F9", p.ID, d.ID, "subsidy %s, expected %d cents", m.Subsidy, subsidy)
	}
	if m.Net.Cents() != share-subsidy {
		c.add("F10", p.ID, d.ID, "net %s, expected %d cents", m.Net, share-subsidy)
	}
	if quote-subsidy > d.MaxPrice.Cents() {
		c.add("F10", p.ID, d.ID, "quote of %d cents less subsidy of %d exceeds the maximum %s", quote, subsidy, d.MaxPrice)
	}
	c.sums.net.add(share - subsidy)
	c.sums.subsidy.add(subsidy)
}
