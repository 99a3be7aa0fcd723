package pooling

import (
	"cmp"
	"slices"

	"colletta/money"
)

// table is the group that the candidates of a cell would form around one of
// them, who is kept in whatever the price, with no regard to other groups.
type table struct {
	members        int
	units          int64 // of the members
	weight         int64 // total split weight of the members
	accepts        bool  // the one in the middle accepts the price
	quote, subsidy money.Amount
}

// table computes it for demand i among candidates. Others drop out who refuse
// the price of all who are left (Moulin iteration). Where seats, units or a
// rota's week bind, the heaviest stay (they lower the price most), then those
// whose turn is earlier; for an equal split without bounds on units the size
// is exactly the largest possible.
func (b *board) table(d *deal, i int32, candidates []int32) table {
	others := make([]int32, 0, len(candidates))
	for _, k := range candidates {
		if k != i {
			others = append(others, k)
		}
	}
	others = b.keepWilling(d, i, others)
	if len(others)+1 > d.max || d.rota || b.unitsOf(i, others) > d.maxUnits {
		others = b.keepWilling(d, i, b.seatedWith(d, i, others))
	}
	return b.tableWith(d, i, others)
}

// tableWith is the table of one demand with given others.
func (b *board) tableWith(d *deal, i int32, others []int32) table {
	me := &b.asks[i]
	t := table{members: len(others) + 1, units: b.unitsOf(i, others), weight: d.weightOf(me)}
	for _, k := range others {
		t.weight += d.weightOf(&b.asks[k])
	}
	k := d.tier(t.members)
	quote, subsidy := d.bill(k, me, t.weight)
	t.quote, t.subsidy, t.accepts = money.Amount(quote), money.Amount(subsidy), quote <= me.limit
	return t
}

// stands says whether the group keeps the limits of size and its middle
// accepts.
func (t table) stands(d *deal) bool {
	return t.accepts && t.members >= d.min && t.members <= d.max && t.units >= d.minUnits && t.units <= d.maxUnits
}

func (b *board) unitsOf(i int32, others []int32) int64 {
	U := b.asks[i].units
	for _, k := range others {
		U += b.asks[k].units
	}
	return U
}

// keepWilling lets others drop out who refuse the price; i stays.
func (b *board) keepWilling(d *deal, i int32, others []int32) []int32 {
	W := d.weightOf(&b.asks[i])
	for _, k := range others {
		W += d.weightOf(&b.asks[k])
	}
	for {
		tier := d.tier(min(len(others)+1, d.max))
		all := W
		if d.split == SplitEqual {
			all = min(W, int64(d.max))
		}
		kept := others[:0]
		for _, k := range others {
			if a := &b.asks[k]; int64(d.need(tier, a)) <= all {
				kept = append(kept, k)
			} else {
				W -= d.weightOf(a)
			}
		}
		if len(kept) == len(others) {
			return others
		}
		others = kept
	}
}

// seatedWith fills the seats, units and (rota) week around i.
func (b *board) seatedWith(d *deal, i int32, others []int32) []int32 {
	slices.SortStableFunc(others, func(x, y int32) int {
		p, q := &b.asks[x], &b.asks[y]
		return cmp.Or(cmp.Compare(d.weightOf(q), d.weightOf(p)), cmp.Compare(p.turn, q.turn))
	})
	var seats seating
	if d.rota && !b.seat(&seats, d.slots, i) {
		return nil
	}
	U := b.asks[i].units
	kept := others[:0]
	for _, k := range others {
		if len(kept)+1 == d.max {
			break
		}
		if U+b.asks[k].units > d.maxUnits {
			continue
		}
		if trial := seats; !d.rota || b.seat(&trial, d.slots, k) {
			seats = trial
			kept = append(kept, k)
			U += b.asks[k].units
		}
	}
	return kept
}

// sizeAccepted is the smallest group, of others as heavy as those of t on
// average, whose price a demand accepts; 0 when no size up to the largest is
// enough.
func (d *deal) sizeAccepted(a *ask, t table) int {
	w := d.weightOf(a)
	each := w
	if t.members > 1 {
		each = (t.weight - w) / int64(t.members-1)
	}
	for n := d.min; n <= d.max; n++ {
		if need := d.need(d.tier(n), a); need != never && int64(need) <= w+each*int64(n-1) {
			return n
		}
	}
	return 0
}
