package pooling

import (
	"cmp"
	"math/bits"
	"slices"
)

// hostedAt lists the deals of a category that can be hosted at a community.
func (x *explainer) hostedAt(category, community int32) []int32 {
	if x.hosted == nil {
		x.hosted = make(map[[2]int32][]int32)
		for k := range x.b.deals {
			for _, host := range x.b.deals[k].hosts {
				key := [2]int32{x.b.deals[k].category, host}
				x.hosted[key] = append(x.hosted[key], int32(k))
			}
		}
	}
	return x.hosted[[2]int32{category, community}]
}

// around lists the deals and hosts near a demand, in their order.
func (x *explainer) around(i int32) [][2]int32 {
	a := &x.b.asks[i]
	var list [][2]int32
	for _, host := range x.index.within(a.community, a.reach) {
		for _, k := range x.hostedAt(a.category, host) {
			if x.b.near(&x.b.deals[k], a, host) {
				list = append(list, [2]int32{k, host})
			}
		}
	}
	slices.SortFunc(list, func(p, q [2]int32) int { return cmp.Or(cmp.Compare(p[0], q[0]), cmp.Compare(p[1], q[1])) })
	return list
}

// reach says which sieve no offer passes for a demand without a place.
func (x *explainer) reach(i int32) ReachCode {
	a := &x.b.asks[i]
	code := ReachNoOffer
	for k := range x.b.deals {
		if x.b.deals[k].category != a.category {
			continue
		}
		code = ReachOtherTimes
		if x.inTime(k, a) {
			code = ReachTooFar
			break
		}
	}
	if code != ReachTooFar {
		return code
	}
	for _, at := range x.around(i) {
		if !x.inTime(int(at[0]), a) {
			continue
		}
		if d := &x.b.deals[at[0]]; d.times(a, d.slots) {
			return ReachTooLarge
		}
		code = ReachNoStaff
	}
	return code
}

// inTime says whether an offer has, with or without staff, the time that an
// ask needs.
func (x *explainer) inTime(k int, a *ask) bool {
	if x.offered == nil {
		slots := index(x.s.Slots, func(t *Slot) string { return t.ID })
		x.offered = make([]uint64, len(x.s.Offers))
		for o := range x.s.Offers {
			x.offered[o] = maskOf(x.s.Offers[o].Slots, slots)
		}
	}
	return x.b.deals[k].times(a, x.offered[k])
}

// times says whether slots give an ask the time that it needs: one of them, or
// for a rota as many as it has units.
func (d *deal) times(a *ask, slots uint64) bool {
	common := int64(bits.OnesCount64(a.slots & slots))
	return common > 0 && (!d.rota || common >= a.units)
}
