package pooling

import (
	"math/bits"
	"slices"
)

// priceOne is the value of serving one demand, in the units of multipliers and
// of the values by which groups are compared.
const priceOne = 1_000_000

// manner says how [search.pick] values candidates.
type manner struct {
	weight int32  // of the multipliers: 0 = each demand counts alike, priceOne = fully
	noise  int32  // the most that chance adds to a value
	salt   uint64 // of that chance: the same candidate draws the same within one step
	steal  bool   // also members whom other groups can spare
	raid   bool   // also members whom other groups cannot spare
	small  bool   // prefer a random size to the best
	all    bool   // everybody, served or not, at one less its multiplier
	thrift bool   // by what a group costs, see [rents], instead of how many it serves
	reward int32  // for each demand more than the rents say
	orders int    // of filling tried where no exact way is cheap; 0 = one
}

// picked is a possible group: what it is worth, and who would be in it.
type picked struct {
	lane    int32
	value   int64   // of all members
	fresh   int     // members unserved so far
	members []int32 // positions in the lane; valid until the next pick
	seats   *seating
}

// scratch is memory that picks reuse.
type scratch struct {
	keys    []uint64 // value and position of candidates, the best first
	list    []keyed  // candidates at one host
	trial   []int32
	best    []int32
	sums    [64]int64
	counts  [64]int32
	reached [dpUnitsMax + 1]knapsack

	freed  []int32
	sites  []int32
	values []int64
	plans  []picked
	plan   picked
	robbed []int32
}

// keyed is one candidate of the host that is looked at.
type keyed struct {
	value int32
	pos   int32
}

// gather lists who may be picked in a lane, the most value first; false when
// nobody is worth anything.
func (st *search) gather(li int32, l *lane, how *manner) bool {
	if how.all {
		st.sortAll(li, l, how)
		return true
	}
	keys := st.scratch.keys[:0]
	worth := false
	for pos, i := range l.asks {
		if st.mine(i) && st.at[i] < 0 {
			v := how.chance(i)
			if how.thrift {
				v += st.rents.worthOf(li, l, pos, i, how.weight) + how.reward
			} else {
				v += priceOne - int32(int64(how.weight)*int64(st.price[i])/priceOne)
			}
			worth = worth || v > 0
			keys = append(keys, keyOf(v, int32(pos)))
		}
	}
	if how.raid || (how.steal && worth) {
		for pos, i := range l.asks {
			switch {
			case !st.mine(i) || st.at[i] < 0:
			case how.raid:
				worth = true
				keys = append(keys, keyOf(how.chance(i)-priceOne/2, int32(pos)))
			case st.canLeave(i):
				keys = append(keys, keyOf(how.chance(i)/8-priceOne/100, int32(pos)))
			}
		}
	}
	st.scratch.keys = keys
	if !worth || len(keys) < st.b.deals[l.deal].min {
		return false
	}
	slices.Sort(keys)
	return true
}

// chance is what luck adds to the value of a demand.
func (how *manner) chance(i int32) int32 {
	if how.noise == 0 {
		return 0
	}
	return int32((uint64(uint32(i))*0x9e3779b97f4a7c15 ^ how.salt) * 0xbf58476d1ce4e5b9 >> 33 % uint64(how.noise+1))
}

// pick chooses the group of a lane with the most value among those who may be
// picked, at whatever host is best; fresh is 0 when there is none. For an equal
// split without bounds on units the answer is exact: a group of n exists if and
// only if n candidates accept a group of n. For units it is exact while the
// units of a group are few.
func (st *search) pick(li int32, how *manner) picked {
	out := picked{lane: li}
	st.improvePick(li, how, &out)
	if out.value == 0 {
		return out
	}
	out.members = st.scratch.best
	l := &st.b.lanes[li]
	for _, pos := range out.members {
		if st.at[l.asks[pos]] < 0 {
			out.fresh++
		}
	}
	return out
}

// improvePick looks in a lane for a group of more value than one that is known;
// its members are in scratch.best.
func (st *search) improvePick(li int32, how *manner, out *picked) {
	l := &st.b.lanes[li]
	d := &st.b.deals[l.deal]
	s := &st.scratch
	if !st.gather(li, l, how) {
		return
	}
	st.sumByHost(l, d, how)
	for {
		h, most := -1, out.value
		for k := range l.hosts {
			if s.sums[k] > most {
				h, most = k, s.sums[k]
			}
		}
		if h < 0 {
			return
		}
		s.sums[h] = 0
		before := out.value
		st.pickAt(li, l, d, h, how, out)
		if out.value > before {
			out.lane = li
		}
	}
}

// sortAll puts everybody of a lane in the order of value. It begins with the
// order of the last time: prices move little from one look to the next.
func (st *search) sortAll(li int32, l *lane, how *manner) {
	order := st.orders[li]
	var banned []bool
	if st.bans != nil {
		banned = st.bans[li]
	}
	keys := st.scratch.keys[:0]
	for _, pos := range order {
		key := keyOf(priceOne-st.price[l.asks[pos]], pos)
		if how.thrift {
			key = keyOf(st.rents.worthOf(li, l, int(pos), l.asks[pos], priceOne), pos)
		}
		if banned != nil && banned[pos] {
			key = keyOf(-priceMax*2, pos)
		}
		k := len(keys)
		keys = append(keys, key)
		for ; k > 0 && keys[k-1] > key; k-- {
			keys[k] = keys[k-1]
		}
		keys[k] = key
	}
	for k, key := range keys {
		order[k] = int32(uint32(key))
	}
	st.scratch.keys = keys
}

// keyOf is small for large values.
func keyOf(v, pos int32) uint64 { return uint64(uint32(-v)^1<<31)<<32 | uint64(uint32(pos)) }

func valueOfKey(key uint64) int32 { return -int32(uint32(key>>32) ^ 1<<31) }

// sumByHost bounds what a group is worth at each host: the sum of its largest
// values, as many as it must have and of more the positive ones; 0 when it has
// too few candidates. When only members of other groups have negative values,
// small ones, it is enough to look at the others.
func (st *search) sumByHost(l *lane, d *deal, how *manner) {
	s := &st.scratch
	clear(s.sums[:len(l.hosts)])
	clear(s.counts[:len(l.hosts)])
	some := false // of the candidates are left to look at
	for _, key := range s.keys {
		v := int64(valueOfKey(key))
		if v <= 0 && !how.all {
			some = true
			break
		}
		for rest := l.masks[uint32(key)]; rest != 0; rest &= rest - 1 {
			h := bits.TrailingZeros64(rest)
			if s.counts[h]++; int(s.counts[h]) <= d.min || (v > 0 && int(s.counts[h]) <= d.max) {
				s.sums[h] += v // at least so many must be in, dear or not
			}
		}
	}
	toll := int64(0)
	if how.thrift {
		toll = st.rents.toll(l, len(d.tiers)-1)
	}
	for h := range l.hosts {
		if s.sums[h] -= toll; !some && int(s.counts[h]) < d.min {
			s.sums[h] = 0
		}
	}
}

// pickAt looks for a better group at one host.
func (st *search) pickAt(li int32, l *lane, d *deal, h int, how *manner, out *picked) {
	s := &st.scratch
	s.list = s.list[:0]
	for _, key := range s.keys {
		if pos := int32(uint32(key)); l.masks[pos]>>h&1 == 1 {
			v := valueOfKey(key)
			s.list = append(s.list, keyed{v, pos})
		}
	}
	switch {
	case d.rota:
		st.pickRota(li, l, d, how, out)
	case d.plain() && how.thrift:
		st.pickCheap(li, l, d, how, out)
	case d.plain():
		st.pickEqual(l, d, how, out)
	case d.split == SplitUnits && min(d.maxUnits, int64(d.max)*UnitsMax) <= dpUnitsMax:
		st.pickUnits(li, l, d, how, out)
	default:
		st.pickWeighted(li, l, d, how, out)
	}
}

// pickEqual takes for each size the best of those who accept it. The list is
// ordered by value, so the sums of its beginnings bound what is left to find.
func (st *search) pickEqual(l *lane, d *deal, how *manner, out *picked) {
	list := st.scratch.list
	most := min(d.max, len(list))
	if how.small && most > d.min {
		most = d.min + st.dice.below(most-d.min+1)
	}
	bound := int64(0)
	for _, x := range list[:most] {
		bound += int64(x.value)
	}
	tier := d.tier(most)
	for n := most; n >= d.min; n-- {
		if n < d.tiers[tier].from {
			tier--
		}
		last := int64(list[n-1].value)
		if bound <= out.value {
			if last >= 0 {
				return // fewer of the best can only be worth less
			}
			bound -= last
			continue
		}
		needs := l.needs[tier*len(l.asks):]
		sum, count := int64(0), 0
		for _, x := range list {
			if int(needs[x.pos]) <= n {
				sum += int64(x.value)
				if count++; count == n {
					break
				}
			}
		}
		if count == n && sum > out.value {
			out.value = sum
			best := st.scratch.best[:0]
			for _, x := range list {
				if int(needs[x.pos]) <= n {
					if best = append(best, x.pos); len(best) == n {
						break
					}
				}
			}
			st.scratch.best = best
		}
		bound -= last
	}
}

// pickCheap is [search.pickEqual] by what members pay: the list is ordered by
// value in the largest group, which is the most that they have in any.
func (st *search) pickCheap(li int32, l *lane, d *deal, how *manner, out *picked) {
	list := st.scratch.list
	most := min(d.max, len(list))
	if how.small && most > d.min {
		most = d.min + st.dice.below(most-d.min+1)
	}
	bound := int64(0)
	for _, x := range list[:max(0, most)] {
		bound += int64(x.value)
	}
	own := st.rents.own[li]
	top := own[(d.max-d.min)*len(l.asks):]
	for n := most; n >= d.min; n-- {
		last := int64(list[n-1].value)
		if bound <= out.value {
			if last >= 0 {
				return
			}
			bound -= last
			continue
		}
		needs, adds := l.needs[d.tier(n)*len(l.asks):], own[(n-d.min)*len(l.asks):]
		sum, count := int64(0), 0
		for _, x := range list {
			if int(needs[x.pos]) <= n {
				sum += int64(x.value + top[x.pos] - adds[x.pos])
				if count++; count == n {
					break
				}
			}
		}
		if count == n && sum > out.value {
			out.value = sum
			best := st.scratch.best[:0]
			for _, x := range list {
				if int(needs[x.pos]) <= n {
					if best = append(best, x.pos); len(best) == n {
						break
					}
				}
			}
			st.scratch.best = best
		}
		bound -= last
	}
}

// dpUnitsMax is the largest total of units for which groups are packed exactly.
const dpUnitsMax = 96

// knapsack is the best set with some total of units.
type knapsack struct {
	value int64
	count int32
	set   uint64 // of the first 64 of the list
}

// pickUnits packs a group by units: total units are the total weight, so
// whoever needs at most U accepts a group of U. Candidates come in the order of
// what they need, and a total is final when the next one needs more.
func (st *search) pickUnits(li int32, l *lane, d *deal, how *manner, out *picked) {
	list := st.scratch.list[:min(64, len(st.scratch.list))]
	top := min(d.maxUnits, dpUnitsMax)
	table := st.scratch.reached[:top+1]
	var order [64]uint32
	for tier := range d.tiers {
		low, high := max(d.min, d.tiers[tier].from), min(d.max, d.tiers[tier].to)
		if low > high || low > len(list) {
			continue
		}
		n := 0
		for k, x := range list {
			if need := l.need(tier, x.pos); need <= top {
				order[n] = uint32(need)<<8 | uint32(k)
				n++
			}
		}
		slices.Sort(order[:n])
		for U := range table {
			table[U] = knapsack{value: -1 << 60}
		}
		table[0] = knapsack{}
		final, toll := max(1, d.minUnits), int64(0)
		if how.thrift {
			toll = st.rents.toll(l, tier)
		}
		for _, o := range order[:n] {
			k, need := o&0xff, int64(o>>8)
			for ; final < need; final++ {
				st.offer(&table[final], toll, list, low, high, out)
			}
			value := int64(list[k].value)
			if how.thrift {
				value += st.rents.inTier(li, l, d, tier, list[k].pos)
			}
			add(table, int(l.share(list[k].pos)), value, k, high)
		}
		for ; final <= top; final++ {
			st.offer(&table[final], toll, list, low, high, out)
		}
	}
}

// add lets every total grow by one candidate.
func add(table []knapsack, units int, value int64, k uint32, high int) {
	for U := len(table) - 1; U >= units; U-- {
		if from := &table[U-units]; int(from.count) < high && from.value+value > table[U].value {
			table[U] = knapsack{from.value + value, from.count + 1, from.set | 1<<k}
		}
	}
}

// offer takes a knapsack if it is a better group.
func (st *search) offer(p *knapsack, toll int64, list []keyed, low, high int, out *picked) {
	if int(p.count) < low || int(p.count) > high || p.value-toll <= out.value {
		return
	}
	out.value = p.value - toll
	best := st.scratch.best[:0]
	for rest := p.set; rest != 0; rest &= rest - 1 {
		best = append(best, list[bits.TrailingZeros64(rest)].pos)
	}
	st.scratch.best = best
}

// pickWeighted fills groups whose price depends on weights or whose units are
// bounded: whoever refuses the price of all who are left drops out; when seats
// or units bind, a few orders of filling are tried.
func (st *search) pickWeighted(li int32, l *lane, d *deal, how *manner, out *picked) {
	s := &st.scratch
	limit := d.max
	if how.small && len(s.list) > d.min {
		limit = d.min + st.dice.below(min(d.max, len(s.list))-d.min+1)
	}
	first := st.dice.below(int(fillOrders))
	for k := range max(1, how.orders) {
		trial := st.seatInOrder(l, d, fillOrder((first+k)%int(fillOrders)), limit, nil, 0)
		st.offerTrial(li, l, d, how, trial, nil, out)
	}
}

// offerTrial takes a set that was filled, less those who refuse its price, if
// it is a better group.
func (st *search) offerTrial(li int32, l *lane, d *deal, how *manner, trial []int32, seats *seating, out *picked) {
	trial, W, U := st.dropRefusers(l, d, trial)
	if _, ok := st.value(li, trial, W, U); !ok {
		return
	}
	sum := int64(0)
	for _, x := range st.scratch.list {
		if slices.Contains(trial, x.pos) {
			sum += int64(x.value)
		}
	}
	if how.thrift {
		sum -= st.rents.toll(l, d.tier(len(trial)))
	}
	if sum <= out.value {
		return
	}
	out.value = sum
	st.scratch.best = append(st.scratch.best[:0], trial...)
	if seats != nil {
		for t := range seats {
			if i := seats[t] - 1; i >= 0 && !slices.ContainsFunc(trial, func(pos int32) bool { return l.asks[pos] == i }) {
				seats[t] = 0
			}
		}
		out.seats = seats
	}
}

type fillOrder uint8

const (
	fillValue fillOrder = iota // the most value first
	fillHeavy                  // large weights first: low prices
	fillLight                  // few units first: more members
	fillTight                  // who accepts the least groups last
	fillOrders
)

// seatInOrder takes candidates of the list in an order while seats and units
// last; with seats, of a rota, also while a seating of the open slots exists.
func (st *search) seatInOrder(l *lane, d *deal, order fillOrder, limit int, seats *seating, open uint64) []int32 {
	s := &st.scratch
	s.values = s.values[:0]
	top := d.tier(d.max)
	for k, x := range s.list {
		a := &st.b.asks[l.asks[x.pos]]
		key := int64(k)
		switch order {
		case fillHeavy:
			key = WeightMax - d.weightOf(a)
		case fillLight:
			key = a.units
		case fillTight:
			key = l.need(top, x.pos)
		}
		if x.value < 0 {
			key += 1 << 33 // those who cost more than they bring come last
		}
		s.values = append(s.values, key<<20|int64(k))
	}
	slices.Sort(s.values)
	chosen := s.trial[:0]
	var W, U int64
	for _, key := range s.values {
		x := s.list[key&(1<<20-1)]
		a := &st.b.asks[l.asks[x.pos]]
		if len(chosen) == limit || (x.value < 0 && len(chosen) >= d.min && U >= d.minUnits && st.suits(l, d, chosen, W)) {
			break
		}
		if U+a.units > d.maxUnits {
			continue
		}
		if seats != nil {
			trial := *seats
			if !st.b.seat(&trial, open, l.asks[x.pos]) {
				continue
			}
			*seats = trial
		}
		chosen = append(chosen, x.pos)
		W += d.weightOf(a)
		U += a.units
	}
	s.trial = chosen
	return chosen
}

// suits says whether everyone of a set accepts its price.
func (st *search) suits(l *lane, d *deal, members []int32, W int64) bool {
	k := d.tier(len(members))
	for _, pos := range members {
		if l.need(k, pos) > W {
			return false
		}
	}
	return true
}

// dropRefusers lets whoever refuses the price of all who are left drop out,
// until nobody does.
func (st *search) dropRefusers(l *lane, d *deal, list []int32) (kept []int32, W, U int64) {
	for _, pos := range list {
		W += l.share(pos)
		U += st.b.asks[l.asks[pos]].units
	}
	for {
		k := d.tier(len(list))
		kept := list[:0]
		all := W
		for _, pos := range list {
			if l.need(k, pos) <= all {
				kept = append(kept, pos)
				continue
			}
			W -= l.share(pos)
			U -= st.b.asks[l.asks[pos]].units
		}
		if len(kept) == len(list) {
			return list, W, U
		}
		list = kept
	}
}

// rotaExactMax is the number of candidates up to which every subset of a rota
// is tried.
const rotaExactMax = 11

// pickRota chooses who shares one worker's week. Up to [rotaExactMax]
// candidates every subset is tried; beyond, the week is filled in a few orders.
func (st *search) pickRota(li int32, l *lane, d *deal, how *manner, out *picked) {
	open := d.slots
	if !how.all {
		open = st.seatsOpen(d, nil)
	}
	if len(st.scratch.list) <= rotaExactMax {
		st.pickRotaExactly(li, l, d, how, open, out)
		return
	}
	first := st.dice.below(int(fillOrders))
	for k := range max(2, how.orders) {
		seats := &seating{}
		trial := st.seatInOrder(l, d, fillOrder((first+k)%int(fillOrders)), d.max, seats, open)
		st.offerTrial(li, l, d, how, trial, seats, out)
	}
}

// pickRotaExactly tries every subset, the cheap tests before the seating; of
// equal value the least net.
func (st *search) pickRotaExactly(li int32, l *lane, d *deal, how *manner, open uint64, out *picked) {
	list := st.scratch.list
	least := int64(0)
	for set := uint(1); set < 1<<len(list); set++ {
		chosen := st.scratch.trial[:0]
		var W, U, sum int64
		for k, x := range list {
			if set>>k&1 == 1 {
				chosen = append(chosen, x.pos)
				W += l.share(x.pos)
				U += st.b.asks[l.asks[x.pos]].units
				sum += int64(x.value)
			}
		}
		st.scratch.trial = chosen
		if how.thrift {
			sum -= st.rents.toll(l, d.tier(len(chosen)))
		}
		if sum < out.value || sum <= 0 {
			continue
		}
		net, ok := st.value(li, chosen, W, U)
		if !ok || (sum == out.value && (out.seats == nil || net >= least)) {
			continue
		}
		seats := &seating{}
		for _, pos := range chosen {
			if ok = st.b.seat(seats, open, l.asks[pos]); !ok {
				break
			}
		}
		if ok {
			out.value, out.seats, least = sum, seats, net
			st.scratch.best = append(st.scratch.best[:0], chosen...)
		}
	}
}
