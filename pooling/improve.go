package pooling

import (
	"math/bits"
	"slices"
)

// found opens a group of picked demands in a cell, taking those who are in
// other groups out of them where those can spare them. It is false, with
// nothing changed, when that leaves no viable group or serves nobody more.
func (st *search) found(c int32, picked []int32) bool {
	d := &st.b.deals[st.b.cells[c].deal]
	mark := len(st.log)
	members := make([]int32, 0, len(picked))
	stolen := 0
	for _, i := range picked {
		if g := st.at[i]; g >= 0 {
			if !st.canLeave(g, i) {
				continue
			}
			st.leave(g, i)
			stolen++
		}
		members = append(members, i)
	}
	seats := st.scratch.seats
	if stolen > 0 || len(members) < len(picked) {
		var W, U int64
		for _, i := range members {
			W += d.weightOf(&st.b.asks[i])
			U += st.b.asks[i].units
		}
		if _, ok := st.value(d, members, W, U); !ok || len(members) == stolen {
			st.undoTo(mark)
			return false
		}
		if d.rota {
			seats = &seating{}
			open := st.seatsOpen(d, nil)
			for _, i := range members {
				if !st.b.seat(seats, open, i) {
					st.undoTo(mark)
					return false
				}
			}
		}
	}
	g := st.start(c)
	for _, i := range members {
		st.join(g, i)
	}
	if d.rota {
		st.reseat(g, seats)
	}
	return true
}

// hasRoom says whether another group may start in a cell. For a rota pick
// itself looks at the staff of every slot.
func (st *search) hasRoom(c *cell) bool {
	if c.slot < 0 {
		return true
	}
	p := st.place(c)
	return st.used[p] < st.b.staff[p]
}

// construct opens the largest viable group again and again. Sizes only shrink
// while demands are taken, so a size found earlier is an upper bound and only
// the cell on top is looked at again (lazy greedy, Minoux 1978).
func (st *search) construct() {
	largest := 0
	sizes := make([]int32, len(st.b.cells))
	for c := range st.b.cells {
		sizes[c] = int32(len(st.pick(int32(c), manner{})))
		largest = max(largest, int(sizes[c]))
	}
	buckets := make([][]int32, largest+1)
	for c := len(sizes) - 1; c >= 0; c-- {
		buckets[sizes[c]] = append(buckets[sizes[c]], int32(c))
	}
	for n := largest; n > 0; n-- {
		for len(buckets[n]) > 0 {
			last := len(buckets[n]) - 1
			c := buckets[n][last]
			buckets[n] = buckets[n][:last]
			if !st.hasRoom(&st.b.cells[c]) {
				continue
			}
			picked := st.pick(c, manner{})
			switch {
			case len(picked) == 0:
			case len(picked) < n:
				buckets[len(picked)] = append(buckets[len(picked)], c)
			case st.found(c, picked):
				buckets[n] = append(buckets[n], c)
			}
		}
	}
	st.settleNets()
	st.commit()
}

// stealOpen opens groups of unserved demands with members whom other groups
// can spare without anyone losing a place.
func (st *search) stealOpen() {
	for p := range st.b.staff {
		st.openAt(p, manner{steal: true})
	}
	st.settleNets()
	st.commit()
}

// openAt opens the largest groups it can in one provider-slot; whether any.
func (st *search) openAt(p int, how manner) bool {
	opened := false
	for st.used[p] < st.b.staff[p] {
		best, bestNew := int32(-1), 0
		for _, c := range st.b.cellsAt[p] {
			fresh := 0
			for _, i := range st.pick(c, how) {
				if st.at[i] < 0 {
					fresh++
				}
			}
			if fresh > bestNew {
				best, bestNew = c, fresh
			}
		}
		if best < 0 {
			break
		}
		picked := st.pick(best, how)
		if len(picked) == 0 || !st.found(best, picked) {
			break
		}
		opened = true
	}
	return opened
}

// sweep closes what is left: unserved demands join open groups, in the order
// ISEE, wait, lot, and free staff opens groups of unserved demands, until
// neither is possible.
//
// Source: mechanism, G6.
func (st *search) sweep() {
	turns := make([]int32, len(st.b.asks))
	for i := range st.b.asks {
		turns[st.b.asks[i].turn] = int32(i)
	}
	for changed := true; changed; {
		changed = false
		for _, i := range turns {
			if st.at[i] < 0 && st.insert(i, true) {
				changed = true
			}
		}
		for p := range st.b.staff {
			if st.used[p] < st.b.staff[p] && st.openAt(p, manner{careful: true}) {
				changed = true
			}
		}
		st.settleNets()
		st.commit()
	}
}

// insert puts an unserved demand into the open group where it pays least; a
// group may move to another host of its offer and slot if all members reach it.
func (st *search) insert(i int32, move bool) bool {
	g, c, seats := st.bestJoin(i, move)
	if g < 0 {
		return false
	}
	if c != st.groups[g].cell {
		st.touch(g)
		st.rehost(g, c)
	}
	st.admit(g, i, seats)
	return true
}

// bestJoin finds the open group, and its cell, in which a demand would pay
// least; -1 when it can join none.
func (st *search) bestJoin(i int32, move bool) (group, at int32, seats *seating) {
	group, at = -1, -1
	var least int64
	for _, c := range st.b.cellsOf[i] {
		k := &st.b.cells[c]
		list := st.rotas[st.b.deals[k.deal].provider]
		if k.slot >= 0 {
			list = st.open[st.place(k)]
		}
		for _, g := range list {
			if g == st.at[i] || (st.groups[g].cell != c && !(move && st.movable(g, c))) {
				continue
			}
			was := st.groups[g].cell
			st.groups[g].cell = c
			s, ok := st.canJoin(g, i)
			st.groups[g].cell = was
			if !ok {
				continue
			}
			if pays := st.wouldPay(g, i); group < 0 || pays < least {
				group, at, seats, least = g, c, s, pays
			}
		}
	}
	return group, at, seats
}

// movable says whether a group could stand in another cell.
func (st *search) movable(g, c int32) bool {
	x, to := &st.groups[g], &st.b.cells[c]
	if from := &st.b.cells[x.cell]; from.deal != to.deal || from.slot != to.slot {
		return false
	}
	d := &st.b.deals[to.deal]
	for _, m := range x.members {
		if !st.b.near(d, &st.b.asks[m], to.host) {
			return false
		}
	}
	return true
}

// wouldPay is the quote less subsidy of a demand that joins a group.
func (st *search) wouldPay(g, i int32) int64 {
	x := &st.groups[g]
	d := st.dealOf(x)
	a := &st.b.asks[i]
	quote, subsidy := d.bill(d.tier(len(x.members)+1), a, x.W+d.weightOf(a))
	return quote - subsidy
}

// pays is the quote less subsidy of a member.
func (st *search) pays(i int32) int64 {
	x := &st.groups[st.at[i]]
	d := st.dealOf(x)
	quote, subsidy := d.bill(d.tier(len(x.members)), &st.b.asks[i], x.W)
	return quote - subsidy
}

// settleDown lets members move to open groups where they pay less, when the
// group they leave stands without them and the members of the round together
// do not pay more. One demand moves at a time, so every move lowers the pair
// (sum of nets, own price) and the sweep ends; sweepsMax bounds it anyway.
//
// Source: mechanism, G7.
func (st *search) settleDown() {
	const sweepsMax = 8
	for range sweepsMax {
		moved := false
		for i := range st.at {
			if st.at[i] >= 0 && st.moveToCheaper(int32(i)) {
				moved = true
			}
		}
		if !moved {
			return
		}
	}
}

func (st *search) moveToCheaper(i int32) bool {
	from := st.at[i]
	if !st.canLeave(from, i) {
		return false
	}
	g, c, seats := st.bestJoin(i, false)
	if g < 0 || st.wouldPay(g, i) >= st.pays(i) {
		return false
	}
	before := st.net
	st.leave(from, i)
	if st.groups[g].cell != c || (seats != nil && st.groups[from].seats != nil) {
		// A rota may use the staff that leaving sets free: seat again.
		again, ok := st.canJoin(g, i)
		if !ok {
			st.undo(before)
			return false
		}
		seats = again
	}
	st.admit(g, i, seats)
	if !st.settleNets() || st.net > before {
		st.undo(before)
		return false
	}
	st.commit()
	return true
}

// Shares of the three kinds of steps; the rest are exchanges. Found by trying
// 3 to 90 percent on the example rounds.
const (
	rebuildPercent = 50
	raidPercent    = 15
	heatings       = 3 // times that the threshold starts high again
)

// improve searches from the groups that stand: each step closes the groups of
// a few related provider-slots and rebuilds, or exchanges single demands, and
// stays if the outcome is not worse by more than a threshold that falls to
// zero. The best outcome seen is restored at the end.
//
// worth is what a place typically costs, in cents: the scale of the threshold.
// Without anneal nothing worse is ever kept.
//
// Sources: Shaw 1998, "Using constraint programming and local search methods
// to solve vehicle routing problems" (large neighbourhoods); Dueck and Scheuer
// 1990, "Threshold accepting". Integers only.
func (st *search) improve(steps int, worth int64, anneal bool) {
	if len(st.b.cells) == 0 || steps <= 0 {
		return
	}
	places := st.busyPlaces()
	perDemand := 20 * worth // in cents: enough that no saving is worth a place, except while it is hot
	heat := worth / 5
	if !anneal {
		heat = 0
	}
	best := st.keep(nil)
	bestServed, bestNet := st.served, st.net
	period := steps/heatings + 1
	for k := range steps {
		served, net := st.served, st.net
		threshold := int64(0)
		if heat > 0 {
			threshold = heat * int64(period-k%period) / int64(period)
			threshold = int64(st.dice.below(int(threshold) + 1))
		}
		if x := st.dice.below(100); x < rebuildPercent {
			st.rebuild(places)
		} else if x < rebuildPercent+raidPercent {
			st.raid(places)
		} else {
			st.exchange()
		}
		worse := int64(served-st.served) * perDemand
		if !st.settleNets() {
			st.undo(net)
			continue
		}
		worse += st.net - net
		if (heat == 0 && st.served < served) || worse > threshold {
			st.undo(net)
			continue
		}
		st.commit()
		if st.served > bestServed || (st.served == bestServed && st.net < bestNet) {
			bestServed, bestNet = st.served, st.net
			if heat > 0 {
				best = st.keep(best)
			}
		}
	}
	if heat > 0 && (st.served != bestServed || st.net != bestNet) {
		st.restore(best)
	}
}

// busyPlaces lists the provider-slots that have cells.
func (st *search) busyPlaces() []int {
	var places []int
	for p, cells := range st.b.cellsAt {
		if len(cells) > 0 {
			places = append(places, p)
		}
	}
	return places
}

// standing is a copy of one open group.
type standing struct {
	cell    int32
	members []int32
	seats   *seating
}

// keep copies the open groups, into memory of an earlier copy.
func (st *search) keep(into []standing) []standing {
	out := into[:0]
	for g := range st.groups {
		x := &st.groups[g]
		if x.cell < 0 {
			continue
		}
		var members []int32
		if len(out) < cap(out) {
			members = out[:len(out)+1][len(out)].members[:0]
		}
		out = append(out, standing{x.cell, append(members, x.members...), x.seats})
	}
	return out
}

// restore puts kept groups in the place of those that stand.
func (st *search) restore(kept []standing) {
	for g := range st.groups {
		if st.groups[g].cell >= 0 {
			st.end(int32(g))
		}
	}
	for _, k := range kept {
		g := st.start(k.cell)
		for _, i := range k.members {
			st.join(g, i)
		}
		if k.seats != nil {
			st.reseat(g, k.seats)
		}
	}
	st.settleNets()
	st.commit()
}

// rebuild closes the groups of one to six related provider-slots and opens
// groups there anew, then lets whoever lost a place join any open group.
func (st *search) rebuild(places []int) {
	chosen := st.related(places, 1+st.dice.below(6))
	freed := st.scratch.freed[:0]
	for _, p := range chosen {
		for len(st.open[p]) > 0 {
			g := st.open[p][0]
			freed = append(freed, st.groups[g].members...)
			st.end(g)
		}
		list := st.rotas[p/st.b.slots]
		for k := len(list) - 1; k >= 0; k-- {
			if g := list[k]; st.groups[g].seats[p%st.b.slots] != 0 {
				freed = append(freed, st.groups[g].members...)
				st.end(g)
				list = st.rotas[p/st.b.slots]
			}
		}
	}
	how := manner{order: pickOrder(st.dice.below(int(pickOrders))), anySize: st.dice.below(3) == 0, steal: st.dice.below(4) == 0}
	noise := st.dice.below(3)
	for range st.dice.below(3) {
		st.openAny(chosen[st.dice.below(len(chosen))], how)
	}
	st.openIn(chosen, how, noise)
	st.insertAll(freed)
	// Groups of a random size leave seats that others may take.
	for _, p := range chosen {
		for _, g := range st.open[p] {
			st.fillSeats(g)
		}
	}
}

// openAny opens a group in a random cell of a provider-slot, however small:
// what the largest group would never leave room for.
func (st *search) openAny(p int, how manner) {
	cells := st.b.cellsAt[p]
	how.anySize = st.dice.below(2) == 0
	for range 3 {
		c := cells[st.dice.below(len(cells))]
		if !st.hasRoom(&st.b.cells[c]) {
			continue
		}
		if picked := st.pick(c, how); len(picked) > 0 && st.freshIn(picked) > 0 && st.found(c, picked) {
			return
		}
	}
}

// raid opens a group of whoever suits it, served or not; groups that cannot
// stand without them close, and whoever lost a place looks for another.
func (st *search) raid(places []int) {
	p := places[st.dice.below(len(places))]
	cells := st.b.cellsAt[p]
	ci := cells[st.dice.below(len(cells))]
	c := &st.b.cells[ci]
	freed := st.scratch.freed[:0]
	if !st.hasRoom(c) {
		g := st.someGroupAt(p)
		freed = append(freed, st.groups[g].members...)
		st.end(g)
	}
	how := manner{order: pickOrder(st.dice.below(int(pickOrders))), anySize: st.dice.below(2) == 0, raid: true}
	picked := st.pick(ci, how)
	if len(picked) == 0 {
		return
	}
	seats := st.scratch.seats
	var robbed []int32
	for _, i := range picked {
		if g := st.at[i]; g >= 0 {
			st.leave(g, i)
			if !slices.Contains(robbed, g) {
				robbed = append(robbed, g)
			}
		}
	}
	g := st.start(ci)
	for _, i := range picked {
		st.join(g, i)
	}
	if st.b.deals[c.deal].rota {
		st.reseat(g, seats)
	}
	var broken []int
	for _, r := range robbed {
		x := &st.groups[r]
		if _, ok := st.value(st.dealOf(x), x.members, x.W, x.U); !ok {
			broken = append(broken, st.placeOf(x.cell))
			freed = append(freed, x.members...)
			st.end(r)
		}
	}
	st.insertAll(freed)
	for _, q := range broken {
		st.openAt(q, manner{order: how.order, steal: st.dice.below(2) == 0})
	}
}

// someGroupAt is a random group that uses a provider-slot whose staff is all
// in use: one together if there is any, else the first rota.
func (st *search) someGroupAt(p int) int32 {
	if list := st.open[p]; len(list) > 0 {
		return list[st.dice.below(len(list))]
	}
	for _, g := range st.rotas[p/st.b.slots] {
		if st.groups[g].seats[p%st.b.slots] != 0 {
			return g
		}
	}
	panic("pooling: staff in use by no group")
}

// insertAll lets demands that lost a place join open groups, in random order.
func (st *search) insertAll(freed []int32) {
	for len(freed) > 0 {
		k := st.dice.below(len(freed))
		if i := freed[k]; st.at[i] < 0 {
			st.insert(i, false)
		}
		freed[k] = freed[len(freed)-1]
		freed = freed[:len(freed)-1]
	}
	st.scratch.freed = freed
}

// fillSeats lets unserved candidates of a group's cell join it.
func (st *search) fillSeats(g int32) {
	asks := st.b.cells[st.groups[g].cell].asks
	first := st.dice.below(len(asks))
	for k := range asks {
		i := asks[(first+k)%len(asks)]
		if st.at[i] >= 0 {
			continue
		}
		if seats, ok := st.canJoin(g, i); ok {
			st.admit(g, i, seats)
		}
	}
}

// openIn opens groups in the cells of some provider-slots, the largest first
// up to a little noise, as [search.construct] does.
func (st *search) openIn(chosen []int, how manner, noise int) {
	s := &st.scratch
	s.round++
	s.cells, s.sizes = s.cells[:0], s.sizes[:0]
	for _, p := range chosen {
		for _, c := range st.b.cellsAt[p] {
			if s.mark[c] == s.round || !st.hasRoom(&st.b.cells[c]) {
				continue
			}
			s.mark[c] = s.round
			if n := st.freshIn(st.pick(c, how)); n > 0 {
				s.cells = append(s.cells, c)
				s.sizes = append(s.sizes, int32(n+st.dice.below(noise+1)))
			}
		}
	}
	for len(s.cells) > 0 {
		top := 0
		for k := range s.sizes {
			if s.sizes[k] > s.sizes[top] {
				top = k
			}
		}
		c, size := s.cells[top], s.sizes[top]
		if st.hasRoom(&st.b.cells[c]) {
			picked := st.pick(c, how)
			n := int32(st.freshIn(picked))
			if n > 0 && int(size-n) > noise {
				s.sizes[top] = n + int32(st.dice.below(noise+1))
				continue
			}
			if n > 0 && st.found(c, picked) {
				continue
			}
		}
		last := len(s.cells) - 1
		s.cells[top], s.sizes[top] = s.cells[last], s.sizes[last]
		s.cells, s.sizes = s.cells[:last], s.sizes[:last]
	}
}

func (st *search) freshIn(picked []int32) int {
	n := 0
	for _, i := range picked {
		if st.at[i] < 0 {
			n++
		}
	}
	return n
}

// related chooses up to n provider-slots that share candidates: from a random
// place or an unserved demand, along cells that demands have in common.
func (st *search) related(places []int, n int) []int {
	out := st.scratch.places[:0]
	p := places[st.dice.below(len(places))]
	for range 4 {
		if i := int32(st.dice.below(len(st.at))); st.at[i] < 0 && len(st.b.cellsOf[i]) > 0 {
			p = st.placeOf(st.randomCell(i))
			break
		}
	}
	out = append(out, p)
	for range 3 * n {
		if len(out) == n {
			break
		}
		cells := st.b.cellsAt[out[st.dice.below(len(out))]]
		asks := st.b.cells[cells[st.dice.below(len(cells))]].asks
		q := st.placeOf(st.randomCell(asks[st.dice.below(len(asks))]))
		known := false
		for _, x := range out {
			known = known || x == q
		}
		if !known {
			out = append(out, q)
		}
	}
	st.scratch.places = out
	return out
}

func (st *search) randomCell(i int32) int32 {
	list := st.b.cellsOf[i]
	return list[st.dice.below(len(list))]
}

// placeOf is the provider-slot of a cell; for a rota a random one of its slots.
func (st *search) placeOf(ci int32) int {
	c := &st.b.cells[ci]
	if c.slot >= 0 {
		return st.place(c)
	}
	mask := st.b.slotsOf(c)
	for skip := st.dice.below(bits.OnesCount64(mask)); skip > 0; skip-- {
		mask &= mask - 1
	}
	return int(st.b.deals[c.deal].provider)*st.b.slots + bits.TrailingZeros64(mask)
}

// exchange tries one small change: an unserved demand takes a place or puts a
// member out who finds another; a member moves; two members change places.
func (st *search) exchange() {
	i := int32(st.dice.below(len(st.at)))
	if len(st.b.cellsOf[i]) == 0 {
		return
	}
	g := st.groupIn(st.randomCell(i))
	if g < 0 || g == st.at[i] {
		return
	}
	from := st.at[i]
	if from >= 0 {
		st.leave(from, i)
	}
	if seats, ok := st.canJoin(g, i); ok && st.dice.below(3) > 0 {
		st.admit(g, i, seats)
		return
	}
	members := st.groups[g].members
	m := members[st.dice.below(len(members))]
	st.leave(g, m)
	if seats, ok := st.canJoin(g, i); ok {
		st.admit(g, i, seats)
	}
	if from >= 0 {
		if seats, ok := st.canJoin(from, m); ok && len(st.groups[from].members) > 0 && st.dice.below(2) == 0 {
			st.admit(from, m, seats)
			return
		}
	}
	st.insert(m, false)
	if st.at[i] < 0 {
		st.insert(i, false)
	}
}

// groupIn is a random open group of a cell's offer and slot that stands in the
// cell, or -1.
func (st *search) groupIn(ci int32) int32 {
	c := &st.b.cells[ci]
	list := st.rotas[st.b.deals[c.deal].provider]
	if c.slot >= 0 {
		list = st.open[st.place(c)]
	}
	if len(list) == 0 {
		return -1
	}
	g := list[st.dice.below(len(list))]
	if st.groups[g].cell != ci {
		return -1
	}
	return g
}
