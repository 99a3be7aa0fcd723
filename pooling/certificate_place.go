package pooling

import (
	"cmp"
	"math/bits"
	"slices"
)

// cellListsMax bounds the candidates that a worker keeps for the cells of one
// provider; those of further hosts are listed again when they are needed.
const cellListsMax = 1 << 22

// dualCell is an offer at a host, in one slot of its provider, before it is looked
// into.
type dualCell struct {
	offer *dualOffer
	host  int32
	count int32 // candidates
	upper int64 // sum of the max_members largest positive values: its groups hold no more
	first int32 // its candidates of all slots are lists[first:behind]; -1 when not kept
	last  int32
}

// provider bounds from above what all groups of a provider can hold of value.
// Rotas and groups that meet share the staff; each kind is bounded as if the
// other took none.
func (w *dualWorker) provider(p int32) (total int64) {
	w.lists = w.lists[:0]
	for t := range w.cells {
		w.cells[t] = w.cells[t][:0]
	}
	for k := range w.offers[p] {
		if o := &w.offers[p][k]; o.turns {
			total += w.rotaOffer(o)
		} else {
			w.hostsOf(o, func(host int32) { w.list(o, host) })
		}
	}
	for t := range w.s.Slots {
		if len(w.cells[t]) > 0 {
			total += w.place(p, t)
		}
	}
	return total
}

// list adds the cells of an offer at a host, one for each slot in which enough
// candidates of value meet.
func (w *dualWorker) list(o *dualOffer, host int32) {
	from := len(w.lists)
	w.lists = w.candidates(w.lists, o, host)
	var counts [SlotsMax]int32
	var uppers [SlotsMax]int64
	for _, rank := range w.lists[from:] {
		x := &w.ranked[rank]
		for set := x.slots & o.wanted; set != 0; set &= set - 1 {
			t := bits.TrailingZeros64(set)
			if w.only != nil && !w.only.admits(x.demand, o.provider, t) {
				continue
			}
			if counts[t]++; x.value > 0 && int(counts[t]) <= o.MaxMembers {
				uppers[t] += x.value
			}
		}
	}
	c := dualCell{offer: o, host: host, first: int32(from), last: int32(len(w.lists))}
	if len(w.lists) > cellListsMax {
		w.lists, c.first = w.lists[:from], -1
	}
	for set := o.wanted; set != 0; set &= set - 1 {
		t := bits.TrailingZeros64(set)
		if int(counts[t]) < o.MinMembers || uppers[t] == 0 || w.only != nil && !w.only.opens(o.provider, t, o.number, host) {
			continue
		}
		c.count, c.upper = counts[t], uppers[t]
		w.cells[t] = append(w.cells[t], c)
	}
}

// place bounds from above what the groups of a provider in a slot can hold.
//
// There are at most staff of them. Groups of one cell have different members, so
// that j of them hold at most f(j) = min(j*V, P(j)): V is the most that one
// holds, P(j) the most that j times least to j times max_members of the eligible
// hold, least being the smallest possible size; with fewer eligible than j times
// least there are no j groups. Groups of one offer have different members too,
// whatever their hosts, and so have those of one category, whatever their offer:
// they are limited in the same way. [placeGroups] adds all up.
//
// Cells are taken by falling upper bound until the next is at most the smallest
// of the staff largest additions: each group there holds no more than that, and
// leaves room for one group less here. A cell whose candidates are all
// candidates of one taken is left out: its groups are counted there, and the one
// that contains another always comes first.
func (w *dualWorker) place(provider int32, slot int) int64 {
	cells := w.cells[slot]
	slices.SortFunc(cells, func(a, b dualCell) int {
		return cmp.Or(cmp.Compare(b.upper, a.upper), cmp.Compare(b.count, a.count), cmp.Compare(a.offer.number, b.offer.number), cmp.Compare(a.host, b.host))
	})
	staff := w.staff(provider, slot)
	if staff == 1 {
		return w.bestGroup(cells, slot)
	}
	groups := newPlaceGroups(w.dual, staff)
	for k := range cells {
		c := &cells[k]
		if c.upper <= groups.smallest() {
			break
		}
		candidates, o := w.inSlot(c, slot), groups.offer(c.offer)
		if o.contains(candidates) {
			continue
		}
		if best, eligible := w.cell.value(w.dual, c.offer, candidates, 0); best > 0 {
			groups.take(c.offer, candidates, eligible, w.cell.leastSize(), best)
		}
	}
	return groups.total()
}

// bestGroup is place for a staff of one: the largest value of a group.
func (w *dualWorker) bestGroup(cells []dualCell, slot int) (most int64) {
	for k := range cells {
		c := &cells[k]
		if c.upper <= most {
			break
		}
		best, _ := w.cell.value(w.dual, c.offer, w.inSlot(c, slot), most)
		most = max(most, best)
	}
	return most
}

// contains says whether a cell that was taken has all candidates.
func (s *groupSet) contains(candidates []int32) bool {
	return slices.ContainsFunc(s.cells, func(of []int32) bool {
		at := 0
		for _, rank := range candidates {
			for at < len(of) && of[at] < rank {
				at++
			}
			if at == len(of) || of[at] != rank {
				return false
			}
		}
		return true
	})
}

// inSlot lists the candidates of a cell, by rank.
func (w *dualWorker) inSlot(c *dualCell, slot int) []int32 {
	all := w.cell.all[:0]
	if c.first >= 0 {
		all = append(all, w.lists[c.first:c.last]...)
	} else {
		all = w.candidates(all, c.offer, c.host)
	}
	w.cell.all = all
	in := all[:0]
	for _, rank := range all {
		x := &w.ranked[rank]
		if x.slots>>slot&1 == 1 && (w.only == nil || w.only.admits(x.demand, c.offer.provider, slot)) {
			in = append(in, rank)
		}
	}
	return in
}
