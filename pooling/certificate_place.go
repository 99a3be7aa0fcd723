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
// There are at most staff of them. Groups of one cell are disjoint, so that j of
// them hold at most f(j) = min(j*V, P(j)): V is the most that one holds, P(j) the
// sum of the j*max_members largest positive values; beyond candidates /
// min_members there are no more groups. f is concave, so that the most that
// staff groups hold is the sum of the staff largest additions f(j) - f(j-1)
// over all cells. A cell whose candidates are all candidates of another cell
// of the offer is left out: its groups are counted there.
//
// Cells are looked into by falling upper bound until none left can add; a cell
// that contains another then always comes before it.
func (w *dualWorker) place(provider int32, slot int) int64 {
	cells, staff := w.cells[slot], w.staff(provider, slot)
	slices.SortFunc(cells, func(a, b dualCell) int {
		return cmp.Or(cmp.Compare(b.upper, a.upper), cmp.Compare(b.count, a.count), cmp.Compare(a.offer.number, b.offer.number), cmp.Compare(a.host, b.host))
	})
	var additions []int64 // the staff largest, falling
	var kept []keptCell
	for k := range cells {
		c := &cells[k]
		threshold := int64(0)
		if int64(len(additions)) == staff {
			threshold = additions[staff-1]
		}
		if c.upper <= threshold {
			break
		}
		candidates := w.inSlot(c, slot)
		if staff > 1 && contained(kept, c.offer, candidates) {
			continue
		}
		best, positives := w.cell.value(w.dual, c.offer, candidates, threshold)
		if best <= threshold {
			continue
		}
		additions = addGroups(additions, best, positives, len(candidates), c.offer, staff)
		if staff > 1 {
			kept = append(kept, keptCell{c.offer, slices.Clone(candidates)})
		}
	}
	var total int64
	for _, a := range additions {
		total += a
	}
	return total
}

// keptCell is a cell that adds to its place.
type keptCell struct {
	offer      *dualOffer
	candidates []int32
}

// contained says whether a cell of the offer that is kept has all candidates.
func contained(kept []keptCell, o *dualOffer, candidates []int32) bool {
	return slices.ContainsFunc(kept, func(k keptCell) bool {
		if k.offer != o || len(k.candidates) < len(candidates) {
			return false
		}
		at := 0
		for _, rank := range candidates {
			for at < len(k.candidates) && k.candidates[at] < rank {
				at++
			}
			if at == len(k.candidates) || k.candidates[at] != rank {
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

// addGroups adds to the staff largest additions those of one cell: best is the
// most that one group holds, positives the positive values, falling.
func addGroups(additions []int64, best int64, positives []int64, candidates int, o *dualOffer, staff int64) []int64 {
	var before, sum int64
	for j := 1; j <= candidates/o.MinMembers && int64(j) <= staff; j++ {
		for range min(o.MaxMembers, len(positives)) {
			sum, positives = sum+positives[0], positives[1:]
		}
		now := min(int64(j)*best, sum)
		addition := now - before
		if addition <= 0 || int64(len(additions)) == staff && addition <= additions[staff-1] {
			break // and all later ones are no larger
		}
		before = now
		at, _ := slices.BinarySearchFunc(additions, addition, func(a, b int64) int { return cmp.Compare(b, a) })
		if int64(len(additions)) == staff {
			additions = additions[:staff-1]
		}
		additions = slices.Insert(additions, at, addition)
	}
	return additions
}
