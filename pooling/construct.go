package pooling

import "slices"

// found opens a group, taking those who are in other groups out of them where
// those can spare them. It is false, with nothing changed, when that leaves no
// group that stands or serves nobody more.
func (st *search) found(p picked) bool {
	g := st.freeGroup(st.b.lanes[p.lane].site)
	if g < 0 {
		return false
	}
	l := &st.b.lanes[p.lane]
	mark, net := len(st.log), st.net
	st.scratch.trial = append(st.scratch.trial[:0], p.members...)
	members := st.scratch.trial[:0]
	stolen := 0
	for _, pos := range st.scratch.trial {
		if i := l.asks[pos]; st.at[i] >= 0 {
			if !st.canLeave(i) {
				continue
			}
			st.leave(i)
			stolen++
		}
		members = append(members, pos)
	}
	if stolen == len(members) || !st.openWith(p.lane, members, p.seats, stolen > 0 || len(members) < len(p.members)) {
		st.undoTo(mark)
		st.net = net
		return false
	}
	return true
}

// openWith opens a group of unserved candidates. With doubt it looks first
// whether they are a group that stands, and for a rota seats them anew.
func (st *search) openWith(lane int32, members []int32, seats *seating, doubt bool) bool {
	l := &st.b.lanes[lane]
	d := &st.b.deals[l.deal]
	if doubt {
		var W, U int64
		common := ^uint64(0)
		for _, pos := range members {
			W += l.share(pos)
			U += st.b.asks[l.asks[pos]].units
			common &= l.masks[pos]
		}
		if _, ok := st.value(lane, members, W, U); !ok || common == 0 {
			return false
		}
		if d.rota {
			seats = &seating{}
			open := st.seatsOpen(d, nil)
			for _, pos := range members {
				if !st.b.seat(seats, open, l.asks[pos]) {
					return false
				}
			}
		}
	}
	g := st.start(lane)
	for _, pos := range members {
		st.join(g, pos)
	}
	if d.rota {
		st.reseat(g, seats)
	}
	return true
}

// construct opens the largest group that it finds in some lanes again and
// again. Sizes only shrink while demands are taken, so a size found earlier is
// an upper bound and only the lane on top is looked at again (lazy greedy,
// Minoux 1978).
//
// weight is how much of its price a demand is worth less, in millionths: those
// who are easily served elsewhere come last.
func (st *search) construct(lanes []int32, weight int32) {
	how := manner{weight: weight}
	var buckets [][]int32
	put := func(l int32, size int) {
		for len(buckets) <= size {
			buckets = append(buckets, nil)
		}
		buckets[size] = append(buckets[size], l)
	}
	for _, l := range slices.Backward(lanes) {
		put(l, st.pick(l, &how).fresh)
	}
	for n := len(buckets) - 1; n > 0; n-- {
		for len(buckets[n]) > 0 {
			last := len(buckets[n]) - 1
			l := buckets[n][last]
			buckets[n] = buckets[n][:last]
			if st.freeGroup(st.b.lanes[l].site) < 0 {
				continue
			}
			p := st.pick(l, &how)
			switch {
			case p.fresh == 0:
			case p.fresh < n:
				put(l, p.fresh)
			case st.found(p):
				put(l, n)
			}
		}
	}
	st.settleNets()
	st.commit()
}

// auction prices the demands of a field roughly, while nobody is served: each
// site in turn takes the groups that it values most, and their members become
// dearer to the next. A few sweeps of [market], without its memory.
func (st *search) auction(f *field) {
	const sweeps = 3
	for _, i := range f.asks {
		st.price[i] = priceStart
	}
	how := manner{weight: priceOne}
	var p picked
	for range sweeps {
		for _, i := range f.asks {
			st.price[i] -= min(priceStep, st.price[i])
		}
		for _, s := range f.sites {
			x := &st.b.sites[s]
			for range x.groups {
				p.value = 0
				for _, l := range x.lanes {
					st.improvePick(l, &how, &p)
				}
				if p.value <= 0 {
					break
				}
				asks := st.b.lanes[p.lane].asks
				for _, pos := range st.scratch.best {
					st.price[asks[pos]] += priceStep
				}
			}
		}
	}
}

// stealOpen opens groups of unserved demands with members whom other groups
// can spare without anyone losing a place.
func (st *search) stealOpen(sites []int32) {
	how := manner{weight: priceOne / 2, steal: true}
	for _, s := range sites {
		st.openAt(s, &how)
		st.settleNets()
		st.commit()
	}
}

// openAt opens the best groups it can at one site; whether any.
func (st *search) openAt(site int32, how *manner) bool {
	opened := false
	best := &st.scratch.plan
	for st.freeGroup(site) >= 0 {
		best.fresh = 0
		for _, l := range st.b.sites[site].lanes {
			if p := st.pick(l, how); p.fresh > 0 && (best.fresh == 0 || p.value > best.value) {
				best.keep(p)
			}
		}
		if best.fresh == 0 || !st.found(*best) {
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
	how := manner{orders: int(fillOrders)}
	for changed := true; changed; {
		changed = false
		for _, i := range turns {
			if st.at[i] < 0 && st.insert(i, true) {
				changed = true
			}
		}
		st.settleNets()
		st.commit()
		for s := range st.b.sites {
			if st.openAt(int32(s), &how) {
				changed = true
			}
		}
		st.settleNets()
		st.commit()
	}
}

// insert puts an unserved demand into an open group: the one in which it pays
// least, or (not careful) any.
func (st *search) insert(i int32, careful bool) bool {
	g, pos, seats := st.findJoin(i, careful)
	if g < 0 {
		return false
	}
	st.admit(g, pos, seats)
	return true
}

// findJoin finds an open group that a demand could join, and its position in
// the lane; -1 when there is none. Careful, it is the one in which it would pay
// least.
func (st *search) findJoin(i int32, careful bool) (group, at int32, seats *seating) {
	group, at = -1, -1
	entries := st.b.entriesOf(i)
	if len(entries) == 0 {
		return group, at, nil
	}
	var least int64
	first := 0
	if !careful {
		first = st.dice.below(len(entries))
	}
	for k := range entries {
		k += first
		if k >= len(entries) {
			k -= len(entries)
		}
		e := &entries[k]
		if !st.mySite(e.site) || st.open[e.site] == 0 {
			continue
		}
		s := &st.b.sites[e.site]
		for g := s.group; g < s.group+s.groups; g++ {
			if st.lane[g] != e.lane || g == st.at[i] {
				continue
			}
			now, ok := st.canJoin(g, e.pos)
			if !ok {
				continue
			}
			if !careful {
				return g, e.pos, now
			}
			if pays := st.wouldPay(g, e.pos); group < 0 || pays < least {
				group, at, seats, least = g, e.pos, now, pays
			}
		}
	}
	return group, at, seats
}

// wouldPay is the quote less subsidy of a candidate that joins a group.
func (st *search) wouldPay(g, pos int32) int64 {
	x := &st.groups[g]
	l := &st.b.lanes[st.lane[g]]
	d := &st.b.deals[l.deal]
	quote, subsidy := d.bill(d.tier(len(x.members)+1), &st.b.asks[l.asks[pos]], x.W+l.share(pos))
	return quote - subsidy
}

// pays is the quote less subsidy of a member.
func (st *search) pays(i int32) int64 {
	x := &st.groups[st.at[i]]
	d := &st.b.deals[st.b.lanes[st.lane[st.at[i]]].deal]
	quote, subsidy := d.bill(d.tier(len(x.members)), &st.b.asks[i], x.W)
	return quote - subsidy
}

// settleDown lets members move to open groups where they pay less, when the
// group they leave stands without them and the members of the round together
// do not pay more. One demand moves at a time, so every move lowers the pair
// (sum of nets, own price) and the sweeps end; sweepsMax bounds them anyway.
//
// Source: mechanism, G7.
func (st *search) settleDown(f *field, sweepsMax int) {
	for range sweepsMax {
		moved := false
		for _, i := range f.asks {
			if st.at[i] >= 0 && st.moveToCheaper(i) {
				moved = true
			}
		}
		if !moved {
			return
		}
	}
}

func (st *search) moveToCheaper(i int32) bool {
	if !st.canLeave(i) {
		return false
	}
	g, pos, _ := st.findJoin(i, true)
	if g < 0 || st.wouldPay(g, pos) >= st.pays(i) {
		return false
	}
	before := st.net
	st.leave(i)
	seats, ok := st.canJoin(g, pos) // again: a rota may use the staff that leaving set free
	if ok {
		st.admit(g, pos, seats)
	}
	if !ok || !st.settleNets() || st.net > before {
		st.undo(before)
		return false
	}
	st.commit()
	return true
}
