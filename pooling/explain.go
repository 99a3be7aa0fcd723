package pooling

import (
	"math/bits"

	"colletta/money"
)

// OutcomeCode says what a round did for a demand. Codes are API: pages and
// mail hold the words for them.
type OutcomeCode string

// The outcomes. For a demand left out the first of these that is true is
// given, from what almost happened to what could not: another round, another
// slot or a higher maximum helps in that order.
const (
	OutcomeServed           OutcomeCode = "served"
	OutcomeSeatsFull        OutcomeCode = "seats_full"         // a pool it would accept has no seat left
	OutcomeStaffFull        OutcomeCode = "staff_full"         // a group would stand, but the provider's staff runs others in that slot
	OutcomeNoGroup          OutcomeCode = "no_group"           // the neighbours it needs found a place elsewhere
	OutcomePriceTooHigh     OutcomeCode = "price_too_high"     // even the largest group costs more than its maximum
	OutcomeTooFewNeighbours OutcomeCode = "too_few_neighbours" // not enough demands fit, or accept the price, with it
	OutcomeNoOfferInReach   OutcomeCode = "no_offer_in_reach"  // no offer in its category, slots and distance
)

// Outcome explains a round to one demand. Amounts and counts concern the pool
// of a demand served, or else the possible group that came nearest.
type Outcome struct {
	Demand string
	Code   OutcomeCode

	Pool, Offer, Slot, Host string   // Pool only when served (or of the full pool); Slot empty for a rota
	Slots                   []string // of a rota member
	Share, Subsidy, Net     money.Amount
	Quote                   money.Amount // what it is quoted, before subsidy
	Programme               string       // of the voucher; empty without one

	Candidates    int          // demands that fit the group's slot and place, this one included
	Members       int          // of the pool, or of the largest group of those who accept its price
	Missing       int          // further members needed, for too_few_neighbours
	MissingUnits  int64        // further units needed, when members suffice
	MembersNeeded int          // smallest group, of members like those, whose price it accepts, for price_too_high; 0 when no size is enough
	NetQuote      money.Amount // quote less subsidy: to compare with MaxPrice
	MaxPrice      money.Amount

	FundExhausted   bool   // it is eligible, but the budget ended before it
	FundExhaustedOf string // programme whose budget ended
}

// Explain says for every demand, in the order of the snapshot, what the round
// did for it and why. The formation must be valid ([Check]).
//
// Reasons are computed, not guessed: every place in which the demand could be
// is looked at, with the group of all demands that would accept to be there
// (Moulin iteration), first regardless of other groups and then as the round
// ended.
func Explain(s *Snapshot, f *Formation) []Outcome {
	x := newExplainer(s, f)
	out := make([]Outcome, len(s.Demands))
	for i := range s.Demands {
		out[i] = x.outcome(int32(i))
	}
	return out
}

type explainer struct {
	s       *Snapshot
	b       *board // with unpruned cells
	pools   []Pool
	poolOf  map[string]int      // by demand
	open    map[[3]string][]int // by offer, slot, host: pools
	used    []int32             // by provider-slot
	issue   VoucherIssue
	members map[string]int // demand -> index in its pool
	demands map[string]int32
	offers  map[string]int32
}

func newExplainer(s *Snapshot, f *Formation) *explainer {
	b := newBoardWithoutCells(s)
	b.fillCells(nil, false)
	b.indexCells()
	x := &explainer{
		s: s, b: b, pools: f.Pools, poolOf: map[string]int{}, members: map[string]int{},
		open: map[[3]string][]int{}, used: make([]int32, len(b.staff)), issue: IssueVouchers(s),
		demands: index(s.Demands, func(d *Demand) string { return d.ID }),
		offers:  index(s.Offers, func(o *Offer) string { return o.ID }),
	}
	slots := index(s.Slots, func(t *Slot) string { return t.ID })
	for k, p := range f.Pools {
		first := int(b.deals[x.offers[p.Offer]].provider) * b.slots
		if p.Slot != "" {
			x.used[first+int(slots[p.Slot])]++
		}
		x.open[[3]string{p.Offer, p.Slot, p.Host}] = append(x.open[[3]string{p.Offer, p.Slot, p.Host}], k)
		for j, m := range p.Members {
			x.poolOf[m.Demand], x.members[m.Demand] = k, j
			for _, t := range m.Slots {
				x.used[first+int(slots[t])]++
			}
		}
	}
	return x
}

func (x *explainer) outcome(i int32) Outcome {
	d := &x.s.Demands[i]
	o := Outcome{Demand: d.ID, Code: OutcomeNoOfferInReach, MaxPrice: d.MaxPrice}
	o.FundExhaustedOf, o.FundExhausted = x.issue.Exhausted[d.ID]
	o.Programme = x.issue.ByDemand[d.ID].Programme
	if k, served := x.poolOf[d.ID]; served {
		x.served(&o, i, k)
		return o
	}
	best := -1
	for _, c := range x.b.cellsOf[i] {
		if why := x.look(i, &x.b.cells[c]); best < 0 || why.nearer(&o) {
			why.Demand, why.MaxPrice, why.Programme = o.Demand, o.MaxPrice, o.Programme
			why.FundExhausted, why.FundExhaustedOf = o.FundExhausted, o.FundExhaustedOf
			o, best = why, int(c)
		}
	}
	return o
}

// served fills in what a member pays.
func (x *explainer) served(o *Outcome, i int32, k int) {
	p := &x.pools[k]
	m := p.Members[x.members[o.Demand]]
	o.Code, o.Pool, o.Offer, o.Slot, o.Host, o.Slots = OutcomeServed, p.ID, p.Offer, p.Slot, p.Host, m.Slots
	o.Share, o.Subsidy, o.Net, o.Members, o.Candidates = m.Share, m.Subsidy, m.Net, len(p.Members), len(p.Members)
	d := &x.b.deals[x.offers[p.Offer]]
	W, _ := x.weigh(p, d)
	quote, _ := d.bill(d.tier(len(p.Members)), &x.b.asks[i], W)
	o.Quote, o.NetQuote = money.Amount(quote), money.Amount(quote)-m.Subsidy
}

// weigh sums the split weights and units of a pool.
func (x *explainer) weigh(p *Pool, d *deal) (W, U int64) {
	for _, m := range p.Members {
		a := &x.b.asks[x.demands[m.Demand]]
		W += d.weightOf(a)
		U += a.units
	}
	return W, U
}

// nearness orders codes, nearest to being served first.
var nearness = map[OutcomeCode]int{
	OutcomeSeatsFull: 1, OutcomeStaffFull: 2, OutcomeNoGroup: 3, OutcomePriceTooHigh: 4, OutcomeTooFewNeighbours: 5, OutcomeNoOfferInReach: 6,
}

// nearer says whether one possible place came nearer than another: by code,
// then by what was missing, then by price. Equal places leave the earlier one.
func (o *Outcome) nearer(than *Outcome) bool {
	if a, b := nearness[o.Code], nearness[than.Code]; a != b {
		return a < b
	}
	switch o.Code {
	case OutcomePriceTooHigh:
		return o.NetQuote < than.NetQuote
	case OutcomeTooFewNeighbours:
		if o.Missing != than.Missing {
			return o.Missing < than.Missing
		}
		return o.Candidates > than.Candidates
	}
	return o.Members > than.Members
}

// look says why a demand is in no group of a cell.
func (x *explainer) look(i int32, c *cell) Outcome {
	d := &x.b.deals[c.deal]
	a := &x.b.asks[i]
	o := Outcome{Offer: x.s.Offers[c.deal].ID, Host: x.s.Communities[c.host].ID, Candidates: len(c.asks)}
	if c.slot >= 0 {
		o.Slot = x.s.Slots[c.slot].ID
	}
	t := x.b.table(d, i, c.asks)
	o.Members, o.Quote, o.Subsidy = t.members, t.quote, t.subsidy
	o.NetQuote = o.Quote - o.Subsidy
	switch {
	case len(c.asks) < d.min:
		o.Code, o.Missing = OutcomeTooFewNeighbours, d.min-len(c.asks)
	case t.members < d.min:
		o.Code, o.Missing = OutcomeTooFewNeighbours, d.min-t.members
	case t.units < d.minUnits:
		o.Code, o.MissingUnits = OutcomeTooFewNeighbours, d.minUnits-t.units
	case !t.accepts:
		o.Code, o.MembersNeeded = OutcomePriceTooHigh, d.sizeAccepted(a, t)
	default:
		o.Code = x.competition(i, c, &o)
	}
	return o
}

// competition tells apart why a group that would accept a demand, and that it
// would accept, did not form with it.
func (x *explainer) competition(i int32, c *cell, o *Outcome) OutcomeCode {
	d := &x.b.deals[c.deal]
	for _, k := range x.open[[3]string{o.Offer, o.Slot, o.Host}] {
		p := &x.pools[k]
		a := &x.b.asks[i]
		W, U := x.weigh(p, d)
		n := len(p.Members)
		if n < d.max && U+a.units <= d.maxUnits && !d.rota {
			continue // it stayed out by price: another cell or reason explains it
		}
		if int64(d.need(d.tier(min(n+1, d.max)), a)) <= W+d.weightOf(a) {
			o.Pool, o.Members = p.ID, n
			return OutcomeSeatsFull
		}
	}
	first := int(d.provider) * x.b.slots
	free := 0
	for rest := x.b.slotsOf(c); rest != 0; rest &= rest - 1 {
		if p := first + bits.TrailingZeros64(rest); x.used[p] < x.b.staff[p] {
			free++
		}
	}
	if free == 0 || (d.rota && int64(free) < max(d.minUnits, int64(d.min))) {
		return OutcomeStaffFull
	}
	return OutcomeNoGroup
}
