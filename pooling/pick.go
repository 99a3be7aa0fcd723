package pooling

import "slices"

// manner says how [search.pick] chooses when a cell offers a choice.
type manner struct {
	order   pickOrder
	anySize bool // any viable size rather than the largest
	steal   bool // also members whom other groups can spare
	careful bool // try every order, where only one is tried otherwise
	raid    bool // also members whom other groups cannot spare
}

type pickOrder uint8

const (
	pickScarce pickOrder = iota // fewest other places first
	pickRandom
	pickTight     // those who need the largest group first
	pickSupported // voucher holders first
	pickOrders
)

// scratch is memory that picks reuse.
type scratch struct {
	idx    []int32 // positions in the cell
	count  []int32
	keys   []uint64
	picked []int32
	best   []int32
	seats  *seating
	mark   []int32
	round  int32
	freed  []int32
	cells  []int32
	sizes  []int32
	places []int
}

// available lists the positions of a cell's demands that may be picked.
func (st *search) available(c *cell, how manner) []int32 {
	idx := st.scratch.idx[:0]
	for p, i := range c.asks {
		if g := st.at[i]; g < 0 || how.raid || (how.steal && st.groups[g].cell >= 0 && &st.b.cells[st.groups[g].cell] != c && st.canLeave(g, i)) {
			idx = append(idx, int32(p))
		}
	}
	st.scratch.idx = idx
	return idx
}

// pick chooses a viable group in a cell among unserved demands; nil when there
// is none. For an equal split without bounds on units the answer is exact: a
// group of n exists if and only if n candidates accept a group of n. The
// result is valid until the next pick; a rota's seats are in scratch.
func (st *search) pick(ci int32, how manner) []int32 {
	c := &st.b.cells[ci]
	d := &st.b.deals[c.deal]
	idx := st.available(c, how)
	if len(idx) < d.min {
		return nil
	}
	switch {
	case d.rota:
		return st.pickRota(c, d, idx, how)
	case d.split == SplitEqual:
		return st.pickEqual(c, d, idx, how)
	}
	return st.pickWeighted(c, d, idx, how)
}

func (st *search) pickEqual(c *cell, d *deal, idx []int32, how manner) []int32 {
	most := min(d.max, len(idx))
	for k := d.tier(most); k >= 0; k-- {
		low, high := max(d.tiers[k].from, d.min), min(d.tiers[k].to, most)
		if low > high {
			continue
		}
		needs := c.needs[k*len(c.asks) : (k+1)*len(c.asks)]
		acc := st.accepting(needs, idx, high)
		n := high
		for n >= low && int(acc[n]) < n {
			n--
		}
		if how.anySize && n > low {
			if m := low + st.dice.below(n-low+1); int(acc[m]) >= m {
				n = m
			}
		}
		for ; n >= low; n-- {
			if int(acc[n]) < n {
				continue
			}
			if picked := st.choose(c, d, needs, idx, n, how); picked != nil {
				return picked
			}
		}
	}
	return nil
}

// accepting counts, for each size up to high, the positions that accept it.
func (st *search) accepting(needs, idx []int32, high int) []int32 {
	acc := st.scratch.count
	if cap(acc) <= high {
		acc = make([]int32, high+1, 2*high+2)
	}
	acc = acc[:high+1]
	clear(acc)
	for _, p := range idx {
		if need := needs[p]; int(need) <= high {
			acc[need]++
		}
	}
	for n := 1; n <= high; n++ {
		acc[n] += acc[n-1]
	}
	st.scratch.count = acc
	return acc
}

// choose takes n of the positions that accept a group of n.
func (st *search) choose(c *cell, d *deal, needs, idx []int32, n int, how manner) []int32 {
	keys := st.scratch.keys[:0]
	for _, p := range idx {
		if int(needs[p]) <= n {
			keys = append(keys, st.key(c.asks[p], needs[p], how)<<32|uint64(p))
		}
	}
	st.scratch.keys = keys
	if len(keys) > n {
		slices.Sort(keys)
	}
	picked := st.scratch.picked[:0]
	for _, key := range keys[:n] {
		picked = append(picked, c.asks[uint32(key)])
	}
	st.scratch.picked = picked
	if d.bounded && !st.fitUnits(c, d, keys, picked) {
		return nil
	}
	return picked
}

// key orders demands; the smallest is picked first. Those who are already
// served come last: taking them serves nobody more.
func (st *search) key(i, need int32, how manner) uint64 {
	var k uint64
	switch how.order {
	case pickScarce:
		k = uint64(len(st.b.cellsOf[i]))*16 + st.dice.next()>>60
	case pickRandom:
		k = st.dice.next() >> 40
	case pickTight:
		k = uint64(never-need) >> 2
	case pickSupported:
		k = st.dice.next() >> 40
		if st.b.asks[i].voucher == nil {
			k += 1 << 24
		}
	}
	if st.at[i] >= 0 && !how.raid {
		k += 1 << 30
	}
	return k & (1<<31 - 1)
}

// fitUnits exchanges picked demands for others of keys until the total units
// are within the bounds of the deal. keys holds positions in the low half, the
// picked ones first.
func (st *search) fitUnits(c *cell, d *deal, keys []uint64, picked []int32) bool {
	var U int64
	for _, i := range picked {
		U += st.b.asks[i].units
	}
	rest := keys[len(picked):]
	for U > d.maxUnits || U < d.minUnits {
		from, to, best := -1, -1, int64(0)
		for x, i := range picked {
			for y, key := range rest {
				gain := st.b.asks[i].units - st.b.asks[c.asks[uint32(key)]].units
				after := U - gain
				if U < d.minUnits {
					gain = -gain
				}
				overshoots := (U > d.maxUnits && after < d.minUnits) || (U < d.minUnits && after > d.maxUnits)
				if gain > best && !overshoots {
					from, to, best = x, y, gain
				}
			}
		}
		if from < 0 {
			return false
		}
		i, p := picked[from], uint32(rest[to])
		U += st.b.asks[c.asks[p]].units - st.b.asks[i].units
		picked[from] = c.asks[p]
		pos, _ := slices.BinarySearch(c.asks, i)
		rest[to] = uint64(pos)
	}
	return true
}

// pickWeighted serves splits by units or weight. Where neither the seats nor
// the units bind, the dropping iteration gives the largest group, exactly;
// where they do, seats are filled in a few orders and the best is taken.
func (st *search) pickWeighted(c *cell, d *deal, idx []int32, how manner) []int32 {
	list := st.scratch.picked[:0]
	for _, p := range idx {
		list = append(list, c.asks[p])
	}
	list, U := st.dropRefusers(d, list, d.max)
	st.scratch.picked = list
	limit := d.max
	if how.anySize && len(list) > d.min {
		limit = d.min + st.dice.below(min(d.max, len(list))-d.min+1)
	}
	if len(list) < d.min || U < d.minUnits {
		return nil
	}
	if len(list) <= limit && U <= d.maxUnits {
		return list
	}
	return st.fill(c, d, list, limit, how, func(chosen []int32) []int32 {
		chosen, U := st.dropRefusers(d, chosen, d.max)
		if len(chosen) < d.min || U < d.minUnits {
			return nil
		}
		return chosen
	})
}

// fill seats demands of list up to limits, in one order or (careful) in all,
// lets settle finish each trial, and keeps the best: most members, then the
// least net.
func (st *search) fill(c *cell, d *deal, list []int32, limit int, how manner, settle func([]int32) []int32) []int32 {
	orders := []fillOrder{fillOrder(st.dice.below(int(fillOrders)))}
	if how.careful {
		orders = []fillOrder{fillHeavy, fillLight, fillScarce, fillTight}
	}
	best, bestNew, bestNet := st.scratch.best[:0], 0, int64(0)
	var bestSeats *seating
	for _, order := range orders {
		chosen := settle(st.seatInOrder(c, d, list, limit, order))
		if chosen == nil {
			continue
		}
		fresh := 0
		var W, U int64
		for _, i := range chosen {
			W += d.weightOf(&st.b.asks[i])
			U += st.b.asks[i].units
			if st.at[i] < 0 {
				fresh++
			}
		}
		net, ok := st.value(d, chosen, W, U)
		if ok && (fresh > bestNew || (fresh == bestNew && net < bestNet)) {
			best, bestNew, bestNet = append(best[:0], chosen...), fresh, net
			bestSeats = st.scratch.seats
		}
	}
	st.scratch.best, st.scratch.seats = best, bestSeats
	if len(best) == 0 {
		return nil
	}
	return best
}

type fillOrder uint8

const (
	fillHeavy fillOrder = iota // large weights first: low prices
	fillLight                  // few units first: more members
	fillScarce
	fillTight
	fillAny
	fillOrders
)

// seatInOrder takes demands in an order while seats and units last; for a rota
// also while a seating exists, which it leaves in scratch.
func (st *search) seatInOrder(c *cell, d *deal, list []int32, limit int, order fillOrder) []int32 {
	keys := st.scratch.keys[:0]
	for p, i := range list {
		a := &st.b.asks[i]
		var k uint64
		switch order {
		case fillHeavy:
			k = uint64(WeightMax - d.weightOf(a))
		case fillLight:
			k = uint64(a.units)
		case fillScarce:
			k = uint64(len(st.b.cellsOf[i]))
		case fillTight:
			k = uint64(d.need(d.tier(d.max), a)) >> 1
		case fillAny:
			k = st.dice.next() >> 34
		}
		if st.at[i] >= 0 {
			k += 1 << 30
		}
		keys = append(keys, k<<32|uint64(p))
	}
	slices.Sort(keys)
	st.scratch.keys = keys
	chosen := make([]int32, 0, min(len(list), limit))
	var U int64
	var seats *seating
	open := uint64(0)
	if d.rota {
		seats, open = &seating{}, st.seatsOpen(d, nil)
	}
	for _, key := range keys {
		i := list[uint32(key)]
		u := st.b.asks[i].units
		if len(chosen) == limit || U+u > d.maxUnits {
			continue
		}
		if d.rota {
			trial := *seats
			if !st.b.seat(&trial, open, i) {
				continue
			}
			*seats = trial
		}
		chosen = append(chosen, i)
		U += u
	}
	st.scratch.seats = seats
	return chosen
}

// dropRefusers lets whoever refuses the price of all who are left drop out,
// until nobody does; seats is the most that a group can have.
func (st *search) dropRefusers(d *deal, list []int32, seats int) ([]int32, int64) {
	var W, U int64
	for _, i := range list {
		W += d.weightOf(&st.b.asks[i])
		U += st.b.asks[i].units
	}
	for {
		k := d.tier(min(len(list), seats))
		kept := list[:0]
		all := W
		if d.split == SplitEqual {
			all = min(W, int64(seats))
		}
		for _, i := range list {
			a := &st.b.asks[i]
			if int64(d.need(k, a)) <= all {
				kept = append(kept, i)
			} else {
				W -= d.weightOf(a)
				U -= a.units
			}
		}
		if len(kept) == len(list) {
			return list, U
		}
		list = kept
	}
}

// rotaExactMax is the number of candidates up to which every subset of a rota
// is tried.
const rotaExactMax = 11

// pickRota chooses who shares one worker's week. Up to [rotaExactMax]
// candidates every subset is tried (most members, then least net); beyond, the
// week is filled in a few orders.
func (st *search) pickRota(c *cell, d *deal, idx []int32, how manner) []int32 {
	list := st.scratch.picked[:0]
	for _, p := range idx {
		list = append(list, c.asks[p])
	}
	list, U := st.dropRefusers(d, list, d.max)
	st.scratch.picked = list
	if len(list) < d.min || U < d.minUnits {
		return nil
	}
	limit := d.max
	if how.anySize && len(list) > d.min {
		limit = d.min + st.dice.below(min(d.max, len(list))-d.min+1)
	}
	if len(list) <= rotaExactMax && !how.steal {
		return st.pickRotaExactly(d, list, limit)
	}
	return st.fill(c, d, list, limit, how, func(chosen []int32) []int32 {
		chosen, U := st.dropRefusers(d, chosen, d.max)
		if len(chosen) < d.min || U < d.minUnits {
			return nil
		}
		seats := st.scratch.seats
		for t := range seats {
			if seats[t] != 0 && !slices.Contains(chosen, seats[t]-1) {
				seats[t] = 0
			}
		}
		return chosen
	})
}

// pickRotaExactly tries every subset, the cheap tests before the seating.
func (st *search) pickRotaExactly(d *deal, list []int32, limit int) []int32 {
	open := st.seatsOpen(d, nil)
	best, bestNet := st.scratch.best[:0], int64(0)
	var bestSeats *seating
	var members [rotaExactMax]int32
	for set := uint(1); set < 1<<len(list); set++ {
		chosen := members[:0]
		var W, U int64
		for k, i := range list {
			if set>>k&1 == 1 {
				chosen = append(chosen, i)
				W += d.weightOf(&st.b.asks[i])
				U += st.b.asks[i].units
			}
		}
		if len(chosen) > limit || len(chosen) < len(best) {
			continue
		}
		net, ok := st.value(d, chosen, W, U)
		if !ok || (len(chosen) == len(best) && net >= bestNet) {
			continue
		}
		seats := &seating{}
		for _, i := range chosen {
			if ok = st.b.seat(seats, open, i); !ok {
				break
			}
		}
		if ok {
			best, bestNet, bestSeats = append(best[:0], chosen...), net, seats
		}
	}
	st.scratch.best, st.scratch.seats = best, bestSeats
	if len(best) == 0 {
		return nil
	}
	return best
}
