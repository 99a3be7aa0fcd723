package pooling

import (
	"iter"

	"colletta/money"
)

// Explain says for every demand, in the order of the snapshot, what the round
// did for it and why. The formation must be valid ([Check]).
//
// Reasons are computed, not guessed: every place in which the demand could be
// is looked at, with the largest group that would stand there around it, first
// regardless of other groups and then as the round ended. The reason of the
// nearest place is given (the order of the codes; then what was missing or by
// how much the price is too high; then the earlier offer, host and slot).
// Decisions are exact wherever [Outcome] does not say AtLeast.
func Explain(s *Snapshot, f *Formation) []Outcome {
	out := make([]Outcome, 0, len(s.Demands))
	for o := range Outcomes(s, f) {
		out = append(out, o)
	}
	return out
}

// Outcomes is [Explain] one by one: for a large round it needs far less memory.
func Outcomes(s *Snapshot, f *Formation) iter.Seq[Outcome] {
	return func(yield func(Outcome) bool) {
		x := newExplainer(s, f)
		for k := range x.b.deals {
			d := &x.b.deals[k]
			for _, host := range d.hosts {
				if x.leftNear(d, host) {
					x.index.visit(int32(k), host, func(p *venue) { x.lookAt(p, -1) })
				}
			}
		}
		for i := range s.Demands {
			if !yield(x.outcome(int32(i))) {
				return
			}
		}
	}
}

// ExplainOne is the outcome of one demand, without looking at places that do
// not concern it. It returns [ErrDemandNotInRound].
func ExplainOne(s *Snapshot, f *Formation, demandID string) (Outcome, error) {
	for i := range s.Demands {
		if s.Demands[i].ID != demandID {
			continue
		}
		x := newExplainer(s, f)
		if x.poolOf[i] < 0 {
			for _, at := range x.around(int32(i)) {
				x.index.visit(at[0], at[1], func(p *venue) { x.lookAt(p, int32(i)) })
			}
		}
		return x.outcome(int32(i)), nil
	}
	return Outcome{}, ErrDemandNotInRound.With("demand", demandID)
}

// explainer is a round that has ended, as those left out see it.
type explainer struct {
	s        *Snapshot
	b        *board
	index    *venueIndex
	pools    []Pool
	totals   []crowd              // by pool
	deals    []int32              // by pool
	poolOf   []int32              // by demand; -1 when left out
	memberOf []int32              // by demand: place in its pool
	demands  map[string]int32     // by id
	open     map[[3]int32][]int32 // by deal, slot, host: pools
	used     []int32              // by provider-slot
	leftAt   []bool               // by category and community: somebody is left out

	exhausted  map[int32]string // by demand: programme whose fund ended before it
	granted    map[int32]*ask   // those, left out: as they would be with the voucher
	best       []*finding       // by demand
	fundBest   map[int32]*finding
	odd        map[int32]oddDraw    // by pool, as asked
	households map[string]int32     // by id, as asked
	hosted     map[[2]int32][]int32 // category, community -> deals that can be hosted there, as asked
	offered    []uint64             // by deal: slots with or without staff, as asked
}

func newExplainer(s *Snapshot, f *Formation) *explainer {
	b := newBoardWithoutCells(s)
	n := len(s.Demands)
	x := &explainer{
		s: s, b: b, index: newVenueIndex(b), pools: f.Pools, totals: make([]crowd, len(f.Pools)), deals: make([]int32, len(f.Pools)),
		poolOf: make([]int32, n), memberOf: make([]int32, n), demands: index(s.Demands, func(d *Demand) string { return d.ID }),
		open: make(map[[3]int32][]int32, len(f.Pools)), used: make([]int32, len(b.staff)),
		exhausted: map[int32]string{}, granted: map[int32]*ask{}, best: make([]*finding, n), fundBest: map[int32]*finding{}, odd: map[int32]oddDraw{},
	}
	for i := range x.poolOf {
		x.poolOf[i] = -1
	}
	x.leftAt = make([]bool, len(x.index.homes))
	x.seatPools()
	for i, k := range x.poolOf {
		if k < 0 {
			x.leftAt[x.index.home(b.asks[i].category, b.asks[i].community)] = true
		}
	}
	x.grant()
	return x
}

// seatPools notes who is where, and whose staff is in use.
func (x *explainer) seatPools() {
	slots := index(x.s.Slots, func(t *Slot) string { return t.ID })
	offers := index(x.s.Offers, func(o *Offer) string { return o.ID })
	hosts := index(x.s.Communities, func(c *Community) string { return c.ID })
	for k, p := range x.pools {
		deal, slot := offers[p.Offer], int32(-1)
		d := &x.b.deals[deal]
		first := int(d.provider) * x.b.slots
		if p.Slot != "" {
			slot = slots[p.Slot]
			x.used[first+int(slot)]++
		}
		x.deals[k] = deal
		key := [3]int32{deal, slot, hosts[p.Host]}
		x.open[key] = append(x.open[key], int32(k))
		for j, m := range p.Members {
			i := x.demands[m.Demand]
			x.poolOf[i], x.memberOf[i] = int32(k), int32(j)
			a, c := &x.b.asks[i], &x.totals[k]
			c.members, c.weight, c.units = c.members+1, c.weight+d.weightOf(a), c.units+a.units
			for _, t := range m.Slots {
				x.used[first+int(slots[t])]++
			}
		}
	}
}

// grant imagines the vouchers for which the funds did not reach: those of
// demands that are eligible and hold none.
func (x *explainer) grant() {
	for p, queue := range eligible(x.s) {
		for _, c := range queue {
			i := int32(c.demand)
			if x.b.asks[i].voucher != nil {
				continue
			}
			programme := x.s.Programmes[p].ID
			x.exhausted[i] = programme
			if x.poolOf[i] >= 0 {
				continue
			}
			price := x.s.Demands[i].MaxPrice
			q := c.grant.maxQuote(price)
			a := x.b.asks[i]
			a.limit, a.voucher = q.Cents(), &Voucher{Programme: programme, MaxQuote: q, Reserved: q - price, Grant: c.grant}
			x.granted[i] = &a
		}
	}
}

// leftNear says whether somebody left out could be in a group at a host.
func (x *explainer) leftNear(d *deal, host int32) bool {
	for _, c := range x.index.within(host, d.mix) {
		if x.leftAt[x.index.home(d.category, c)] {
			return true
		}
	}
	return false
}

// outcome tells what was found for a demand.
func (x *explainer) outcome(i int32) Outcome {
	d, a := &x.s.Demands[i], &x.b.asks[i]
	o := Outcome{Demand: d.ID, Code: OutcomeNoOfferInReach, MaxPrice: d.MaxPrice, Units: d.Units, Unit: x.s.Categories[a.category].Unit}
	o.FundExhaustedOf, o.FundExhausted = x.exhausted[i]
	if a.voucher != nil {
		o.Programme = a.voucher.Programme
	}
	found := x.best[i]
	switch fund := x.fundBest[i]; {
	case x.poolOf[i] >= 0:
		x.served(&o, i)
	case fund != nil && (found.rank > nearNoGroup || fund.pool >= 0 && found.rank > nearOverlooked):
		o.Programme = o.FundExhaustedOf
		x.tell(&o, fund)
	case found != nil:
		x.tell(&o, found)
	default:
		o.Reach = x.reach(i)
	}
	return o
}

// tell writes a finding down.
func (x *explainer) tell(o *Outcome, f *finding) {
	o.Code, o.Limit, o.AtLeast = f.rank.code(), f.limit, f.atLeast
	o.Offer, o.Host = x.s.Offers[f.deal].ID, x.s.Communities[f.host].ID
	if f.slot >= 0 {
		o.Slot, o.Times = x.s.Slots[f.slot].ID, x.s.Slots[f.slot:f.slot+1:f.slot+1]
	}
	if f.pool >= 0 {
		o.Pool = x.pools[f.pool].ID
	}
	o.Candidates, o.Members, o.PricedAt = int(f.candidates), int(f.members), int(f.pricedAt)
	o.Missing, o.MissingUnits, o.MembersNeeded = int(f.missing), f.missingUnits, int(f.needed)
	o.Quote, o.Subsidy = money.Amount(f.quote), money.Amount(f.subsidy)
	o.NetQuote = o.Quote - o.Subsidy
}
