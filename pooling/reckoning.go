package pooling

import (
	"cmp"
	"slices"

	"colletta/money"
)

// served fills in what a member pays and how that was computed.
func (x *explainer) served(o *Outcome, i int32) {
	k := x.poolOf[i]
	p, d, a, all := &x.pools[k], &x.b.deals[x.deals[k]], &x.b.asks[i], x.totals[k]
	m := &p.Members[x.memberOf[i]]
	o.Code, o.Pool, o.Offer, o.Slot, o.Host, o.Slots = OutcomeServed, p.ID, p.Offer, p.Slot, p.Host, m.Slots
	o.Times = x.timesOf(p.Slot, m.Slots)
	o.Share, o.Subsidy, o.Net, o.Members, o.Candidates, o.PricedAt = m.Share, m.Subsidy, m.Net, all.members, all.members, all.members
	tier := &d.tiers[d.tier(all.members)]
	quote, _ := d.bill(d.tier(all.members), a, all.weight)
	o.Quote, o.NetQuote = money.Amount(quote), money.Amount(quote)-m.Subsidy
	down, _ := fixedPart(money.Amount(tier.fixed), d.weightOf(a), all.weight)
	r := &Reckoning{
		Cost: p.Cost, Fixed: money.Amount(tier.fixed), Split: d.split, Weight: d.weightOf(a), TotalWeight: all.weight, FixedDown: down,
		PerMember: money.Amount(tier.perMember), PerUnit: money.Amount(tier.perUnit), Units: a.units,
		Own: money.Amount(tier.perMember + tier.perUnit*a.units),
	}
	r.OddCent = m.Share > r.Own+r.FixedDown
	odd := x.oddCents(k)
	r.OddCents, r.OddWhy = odd.cents, odd.why[x.memberOf[i]]
	if v := a.voucher; v != nil {
		r.Percent, r.Amount, r.Cap = v.Grant.Percent, v.Grant.Amount, v.Grant.Cap
		r.WholeBase = m.Subsidy > 0 && m.Subsidy == r.Own+r.FixedDown
	}
	o.Reckoning = r
}

// timesOf looks slots up.
func (x *explainer) timesOf(slot string, turns []string) []Slot {
	if slot != "" {
		turns = []string{slot}
	}
	var times []Slot
	for _, id := range turns {
		k := slices.IndexFunc(x.s.Slots, func(t Slot) bool { return t.ID == id })
		if slot != "" {
			return x.s.Slots[k : k+1 : k+1] // shared: most outcomes of a large round are of this kind
		}
		times = append(times, x.s.Slots[k])
	}
	return times
}

// oddDraw is how the cents left over fell in a pool.
type oddDraw struct {
	cents int
	why   []OddCentWhy // by member
}

// oddCents says for each member of a pool which step of S3 decided whether it
// pays one of the cents left over: the first in which it differs from the
// nearest member with the other lot.
func (x *explainer) oddCents(k int32) oddDraw {
	if draw, known := x.odd[k]; known {
		return draw
	}
	p, d, all := &x.pools[k], &x.b.deals[x.deals[k]], x.totals[k]
	fixed := d.tiers[d.tier(all.members)].fixed
	if x.households == nil {
		x.households = index(x.s.Households, func(h *Household) string { return h.ID })
	}
	sharers, rests, left := make([]sharer, len(p.Members)), make([]int64, len(p.Members)), fixed
	for j, m := range p.Members {
		i := x.demands[m.Demand]
		w := d.weightOf(&x.b.asks[i])
		sharers[j] = sharer{demand: m.Demand, weight: w, odd: x.s.Households[x.households[x.s.Demands[i].Household]].OddCents}
		rests[j] = fixed * w % all.weight
		left -= fixed * w / all.weight
	}
	why := make([]OddCentWhy, len(p.Members))
	if left > 0 {
		order := oddCentOrder(x.s.Round.ID, sharers)
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rests[b], rests[a]) })
		for place, j := range order {
			rival := order[left]
			if int64(place) >= left {
				rival = order[left-1]
			}
			switch {
			case rests[j] != rests[rival]:
				why[j] = OddByRemainder
			case sharers[j].odd != sharers[rival].odd:
				why[j] = OddByRotation
			default:
				why[j] = OddByLot
			}
		}
	}
	x.odd[k] = oddDraw{int(left), why}
	return x.odd[k]
}
