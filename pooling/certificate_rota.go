package pooling

import (
	"cmp"
	"math/bits"
	"slices"
)

// rotaWork looks into one rota offer after another.
type rotaWork struct {
	list    []int32
	cells   []rotaCell
	union   []int32 // candidates at any host, by rank
	members []cellMember
	after   []int64 // by member: sum of the positive values from it on
	holder  [SlotsMax]int8
	best    int64
}

// rotaCell is a rota offer at a host.
type rotaCell struct {
	host       int32
	upper      int64
	candidates []int32
}

// rotaOffer bounds from above what all groups of a rota offer can hold. Each
// takes a slot of staff for each unit, and has at least as many units as the
// min_members least among the candidates at any host: so many groups there can
// be at most. They are disjoint: together they hold no more than so many times
// the most that one holds, nor than the largest positive values that fill them.
func (w *dualWorker) rotaOffer(o *dualOffer) int64 {
	w.rotaCells(o)
	groups := w.rotaGroups(o)
	if groups == 0 {
		return 0
	}
	best := int64(0)
	for k := range w.rotas.cells {
		c := &w.rotas.cells[k]
		if c.upper <= best {
			break
		}
		best = max(best, w.rotaValue(o, c.candidates, best))
	}
	var together int64
	for k, rank := range w.rotas.union {
		if v := w.ranked[rank].value; v > 0 && int64(k) < groups*int64(o.MaxMembers) {
			together += v
		}
	}
	return min(groups*best, together)
}

// rotaCells lists the hosts of a rota offer by falling upper bound, and the
// union of their candidates.
func (w *dualWorker) rotaCells(o *dualOffer) {
	r := &w.rotas
	r.cells, r.union = r.cells[:0], r.union[:0]
	w.hostsOf(o, func(host int32) {
		if w.only != nil && !w.only.opens(o.provider, rotaPlace, o.number, host) {
			return
		}
		r.list = w.candidates(r.list[:0], o, host)
		if w.only != nil {
			r.list = slices.DeleteFunc(r.list, func(rank int32) bool { return !w.only.admits(w.ranked[rank].demand, o.provider, rotaPlace) })
		}
		c := rotaCell{host: host, candidates: slices.Clone(r.list)}
		for k, rank := range r.list {
			if v := w.ranked[rank].value; v > 0 && k < o.MaxMembers {
				c.upper += v
			}
		}
		r.union = append(r.union, r.list...)
		r.cells = append(r.cells, c)
	})
	slices.Sort(r.union)
	r.union = slices.Compact(r.union)
	slices.SortFunc(r.cells, func(a, b rotaCell) int {
		return cmp.Or(cmp.Compare(b.upper, a.upper), cmp.Compare(a.host, b.host))
	})
}

// rotaGroups is the most groups that a rota offer can run at once.
func (w *dualWorker) rotaGroups(o *dualOffer) int64 {
	if len(w.rotas.union) < o.MinMembers {
		return 0
	}
	var staff, fewest int64
	for set := o.wanted; set != 0; set &= set - 1 {
		staff += w.staff(o.provider, bits.TrailingZeros64(set))
	}
	units := make([]int64, len(w.rotas.union))
	for k, rank := range w.rotas.union {
		units[k] = w.ranked[rank].units
	}
	slices.Sort(units)
	for _, u := range units[:o.MinMembers] {
		fewest += u
	}
	return min(staff/max(fewest, o.MinUnits), int64(len(units)/o.MinMembers))
}

// rotaValue bounds from above the value of one group of a rota at a host: by
// [cellWork.value], units being at most the slots with staff, and exactly when
// few candidates fit into some size. Above the threshold only.
func (w *dualWorker) rotaValue(o *dualOffer, candidates []int32, threshold int64) int64 {
	best, _ := w.cell.value(w.dual, o, candidates, threshold)
	if best <= threshold {
		return 0
	}
	r := &w.rotas
	r.members = r.members[:0]
	largest := len(w.cell.sizes) - 1
	for !w.cell.sizes[largest] {
		largest--
	}
	for _, m := range w.cell.members {
		if m.enters <= largest {
			r.members = append(r.members, m)
		}
	}
	if len(r.members) > rotaTriedMax {
		return best
	}
	r.after = append(r.after[:0], make([]int64, len(r.members)+1)...)
	for k := len(r.members) - 1; k >= 0; k-- {
		r.after[k] = r.after[k+1] + max(0, r.members[k].value)
	}
	for t := range r.holder {
		r.holder[t] = -1
	}
	r.best = threshold
	r.try(o, rotaSet{})
	return r.best
}

// rotaSet is a set of members on trial, all of them before next.
type rotaSet struct {
	next, size           int
	members              uint32
	units, weight, value int64
}

// try extends a set by each later member that its slots leave room for.
func (r *rotaWork) try(o *dualOffer, s rotaSet) {
	if s.size >= o.MinMembers && s.units >= o.MinUnits && s.value > r.best && r.accepted(o, s) {
		r.best = s.value
	}
	if s.size == o.MaxMembers {
		return
	}
	before := r.holder
	for k := s.next; k < len(r.members) && s.value+r.after[k] > r.best; k++ {
		m := &r.members[k]
		if s.units+m.units > o.maxUnits {
			continue
		}
		if r.seat(o, k) {
			r.try(o, rotaSet{k + 1, s.size + 1, s.members | 1<<k, s.units + m.units, s.weight + m.weight, s.value + m.value})
		}
		r.holder = before
	}
}

// accepted says whether every member of a set accepts its quote.
func (r *rotaWork) accepted(o *dualOffer, s rotaSet) bool {
	tier := o.at(s.size)
	for set := s.members; set != 0; set &= set - 1 {
		if o.need(&tier, r.members[bits.TrailingZeros32(set)].x) > s.weight {
			return false
		}
	}
	return true
}

// seat finds slots for the units of one more member by augmenting paths (Berge
// 1957): if one of its units finds none, no seating of the set exists.
func (r *rotaWork) seat(o *dualOffer, member int) bool {
	for range r.members[member].units {
		tried := uint64(0)
		if !r.augment(o, member, &tried) {
			return false
		}
	}
	return true
}

func (r *rotaWork) augment(o *dualOffer, member int, tried *uint64) bool {
	for set := r.members[member].x.slots & o.wanted &^ *tried; set != 0; set = set & (set - 1) &^ *tried {
		t := bits.TrailingZeros64(set)
		*tried |= 1 << t
		if r.holder[t] < 0 || r.augment(o, int(r.holder[t]), tried) {
			r.holder[t] = int8(member)
			return true
		}
	}
	return false
}
