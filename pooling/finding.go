package pooling

import "math/bits"

// nearness orders reasons, the nearest to being served first.
type nearness uint8

const (
	nearOverlooked nearness = iota + 1
	nearFundExhausted
	nearSeatsFull
	nearStaffFull
	nearNoGroup // up to here a group stands around the demand
	nearPrice
	nearTooFew
	nearTooFewOthers // others, not like the demand, are missing, or a bounded search cannot tell how many
	nearHopeless     // no size of group is cheap enough: other neighbours, elsewhere, are nearer
)

func (n nearness) code() OutcomeCode {
	return [...]OutcomeCode{
		nearOverlooked: OutcomeOverlooked, nearFundExhausted: OutcomeFundExhausted, nearSeatsFull: OutcomeSeatsFull, nearStaffFull: OutcomeStaffFull,
		nearNoGroup: OutcomeNoGroup, nearPrice: OutcomePriceTooHigh, nearTooFew: OutcomeTooFewNeighbours, nearTooFewOthers: OutcomeTooFewNeighbours, nearHopeless: OutcomePriceTooHigh,
	}[n]
}

// finding is why a demand is in no group of one place.
type finding struct {
	rank             nearness
	atLeast          bool
	limit            LimitCode
	deal, slot, host int32
	pool             int32 // that it could join or is full; -1 for none

	candidates, members, pricedAt, missing, needed int32
	missingUnits, quote, subsidy                   int64
}

// nearer says whether one place came nearer than another: by reason, then by
// what was missing, then by price. Equal places leave the earlier one.
func (f *finding) nearer(than *finding) bool {
	if than == nil || f.rank != than.rank {
		return than == nil || f.rank < than.rank
	}
	switch f.rank {
	case nearPrice, nearHopeless:
		return f.quote-f.subsidy < than.quote-than.subsidy
	case nearTooFew, nearTooFewOthers:
		if f.missing != than.missing {
			return f.missing < than.missing
		}
		return f.candidates > than.candidates
	}
	return f.members > than.members
}

// lookAt looks at a place for everybody left out, or for one demand.
func (x *explainer) lookAt(p *venue, only int32) {
	for _, i := range p.candidates {
		if x.poolOf[i] >= 0 || (only >= 0 && i != only) {
			continue
		}
		me := &x.b.asks[i]
		if !p.d.holds(me) {
			continue
		}
		if f := x.judge(p, me, i); f != nil && f.nearer(x.best[i]) {
			x.best[i] = f
		}
		if granted := x.granted[i]; granted != nil {
			x.judgeGranted(p, granted, i)
		}
	}
}

// circle is a demand, perhaps with another voucher, among all candidates.
func (x *explainer) circle(p *venue, me *ask, i int32) *circle {
	c := &circle{d: p.d, me: me, open: p.d.slots}
	if p.d.plain() {
		if p.all == nil {
			p.all = p.d.tally(x.b.asksOf(p.candidates, -1))
		}
		c.tally, c.counted = p.all, &x.b.asks[i]
		return c
	}
	c.others = x.b.asksOf(p.candidates, i)
	return c
}

// circleOfLeft is a demand among the candidates left out.
func (x *explainer) circleOfLeft(p *venue, i int32) *circle {
	c := &circle{d: p.d, me: &x.b.asks[i], open: p.d.slots}
	var left []int32
	if !p.d.plain() || p.left == nil {
		for _, k := range p.candidates {
			if x.poolOf[k] < 0 {
				left = append(left, k)
			}
		}
	}
	if p.d.plain() {
		if p.left == nil {
			p.left = p.d.tally(x.b.asksOf(left, -1))
		}
		c.tally, c.counted = p.left, c.me
		return c
	}
	c.others = x.b.asksOf(left, i)
	return c
}

// asksOf lists asks, without one.
func (b *board) asksOf(list []int32, without int32) []*ask {
	asks := make([]*ask, 0, len(list))
	for _, k := range list {
		if k != without {
			asks = append(asks, &b.asks[k])
		}
	}
	return asks
}

// judge says why a demand is in no group of a place; nil when a place already
// seen is nearer in any case.
func (x *explainer) judge(p *venue, me *ask, i int32) *finding {
	c := x.circle(p, me, i)
	f := &finding{deal: p.deal, slot: p.slot, host: p.host, pool: -1, candidates: int32(len(p.candidates))}
	g := c.gather(0)
	if g.members > 0 {
		f.price(p.d, me, g.members, g.weight)
		f.members = int32(g.members)
		x.compete(f, p, me, i)
		return f
	}
	if best := x.best[i]; best != nil && best.rank <= nearNoGroup {
		return nil
	}
	f.atLeast = !g.certain
	f.fall(c, x.best[i])
	return f
}

// price notes what a demand is quoted in a group.
func (f *finding) price(d *deal, me *ask, members int, weight int64) {
	f.pricedAt = int32(members)
	f.quote, f.subsidy = d.bill(d.tier(members), me, weight)
}

// fall tells price from number, where no group stands. A place that cannot be
// nearer than best is not computed to the end.
func (f *finding) fall(c *circle, best *finding) {
	d, all := c.d, c.crowd()
	f.members = int32(all.members)
	enough := all.members >= d.min && all.units >= d.minUnits
	if enough && int64(d.need(d.tier(all.members), c.me)) > all.weight {
		f.tooDear(c, all)
		return
	}
	f.rank, f.limit = nearTooFew, LimitMembers
	if all.members >= d.min && all.units < d.minUnits {
		f.limit, f.missingUnits = LimitUnits, d.minUnits-all.units
	}
	f.price(d, c.me, all.members, all.weight)
	full := d.full(c.me, all)
	accepts := int64(d.need(d.tier(d.max), c.me)) <= full
	atLeast := max(1, int32(d.min)-f.candidates)
	if accepts && best != nil && (best.rank < nearTooFew || best.rank == nearTooFew && best.missing < atLeast) {
		f.missing, f.atLeast = atLeast, true
		return
	}
	more, certain := c.missing()
	switch {
	case more == 0 && certain && !accepts:
		f.rank, f.limit, f.missingUnits = nearHopeless, "", 0
		f.price(d, c.me, d.max, full)
	case more == 0:
		f.rank, f.missing, f.atLeast = nearTooFewOthers, atLeast, true
	default:
		f.missing, f.atLeast = int32(more), !certain
	}
}

// full bounds the weight of a full group: a crowd and others like me.
func (d *deal) full(me *ask, all crowd) int64 {
	return d.mostWeight(all.weight + int64(max(d.max-all.members, 0))*d.weightOf(me))
}

// tooDear fills in which group, if any, would be cheap enough.
func (f *finding) tooDear(c *circle, all crowd) {
	d := c.d
	more, certain := c.missing()
	f.missing, f.atLeast = int32(more), !certain
	f.price(d, c.me, all.members, all.weight)
	if more == 0 && certain {
		f.rank = nearHopeless
		if full := d.full(c.me, all); int64(d.need(d.tier(d.max), c.me)) > full {
			f.price(d, c.me, d.max, full)
		}
		return
	}
	f.rank = nearPrice
	for n := all.members + 1; n <= d.max; n++ {
		if int64(d.need(d.tier(n), c.me)) <= all.weight+int64(n-all.members)*d.weightOf(c.me) {
			f.needed = int32(n)
			return
		}
	}
}

// compete tells apart why a group that would stand did not form with a demand.
func (x *explainer) compete(f *finding, p *venue, me *ask, i int32) {
	f.rank = nearNoGroup
	for _, k := range x.open[[3]int32{p.deal, p.slot, p.host}] {
		if rank, limit := x.joins(k, p, me); rank > 0 && rank < f.rank {
			f.rank, f.limit, f.pool, f.members = rank, limit, k, int32(x.totals[k].members)
		}
	}
	if f.rank == nearOverlooked {
		return
	}
	left := x.circleOfLeft(p, i)
	g := left.gather(0)
	if g.members == 0 {
		f.atLeast = f.rank == nearNoGroup && !g.certain
		return
	}
	rank := nearStaffFull
	if free := x.free(p); !p.d.rota && free != 0 {
		rank = nearOverlooked
	} else if p.d.rota {
		left.open = free
		again := left.gather(0)
		if again.members > 0 {
			rank = nearOverlooked
		}
		f.atLeast = !again.certain && again.members == 0
	}
	if rank < f.rank {
		f.rank, f.pool, f.limit = rank, -1, ""
	}
}

// free is the set of the place's slots in which its provider has staff left.
func (x *explainer) free(p *venue) (free uint64) {
	first := int(p.d.provider) * x.b.slots
	for rest := p.times(); rest != 0; rest &= rest - 1 {
		if t := bits.TrailingZeros64(rest); x.used[first+t] < x.b.staff[first+t] {
			free |= 1 << t
		}
	}
	return free
}

// joins says what keeps a demand out of a pool at its place: nothing
// (overlooked), a seat, the staff; 0 when it would not accept the price.
func (x *explainer) joins(k int32, p *venue, me *ask) (nearness, LimitCode) {
	d, all := p.d, x.totals[k]
	if int64(d.need(d.tier(min(all.members+1, d.max)), me)) > all.weight+d.weightOf(me) {
		return 0, ""
	}
	switch {
	case all.members >= d.max:
		return nearSeatsFull, LimitMembers
	case all.units+me.units > d.maxUnits:
		return nearSeatsFull, LimitUnits
	case !d.rota || x.seatable(k, me, x.weekOf(k)|x.free(p)):
		return nearOverlooked, ""
	case x.seatable(k, me, d.slots):
		return nearStaffFull, ""
	}
	return nearSeatsFull, LimitWeek
}

// seatable says whether a rota's members and one more can be seated.
func (x *explainer) seatable(k int32, me *ask, open uint64) bool {
	var r roster
	for _, m := range x.pools[k].Members {
		if !r.admit(&x.b.asks[x.demands[m.Demand]], open) {
			return false
		}
	}
	return r.admit(me, open)
}

// weekOf is the set of slots that a rota uses.
func (x *explainer) weekOf(k int32) (week uint64) {
	for _, m := range x.pools[k].Members {
		for _, id := range m.Slots {
			for t := range x.s.Slots {
				if x.s.Slots[t].ID == id {
					week |= 1 << t
				}
			}
		}
	}
	return week
}

// judgeGranted looks at a place as if the fund had reached a demand.
func (x *explainer) judgeGranted(p *venue, me *ask, i int32) {
	g := x.circle(p, me, i).gather(0)
	if g.members == 0 {
		return
	}
	f := &finding{rank: nearFundExhausted, deal: p.deal, slot: p.slot, host: p.host, pool: -1, candidates: int32(len(p.candidates)), members: int32(g.members)}
	f.price(p.d, me, g.members, g.weight)
	for _, k := range x.open[[3]int32{p.deal, p.slot, p.host}] {
		if rank, _ := x.joins(k, p, me); rank == nearOverlooked {
			all := x.totals[k]
			f.pool, f.members = k, int32(all.members)
			f.price(p.d, me, all.members+1, all.weight+p.d.weightOf(me))
			break
		}
	}
	best := x.fundBest[i]
	if best == nil || (f.pool >= 0) != (best.pool >= 0) && f.pool >= 0 || (f.pool >= 0) == (best.pool >= 0) && f.nearer(best) {
		x.fundBest[i] = f
	}
}
