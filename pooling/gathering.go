package pooling

import (
	"cmp"
	"slices"
)

// gathering is the largest group that could stand at one place around one
// demand, whatever other groups there are. Members is 0 when none stands.
type gathering struct {
	members int
	weight  int64 // total split weight; the largest among groups of that size, for a rota that of one of them
	certain bool  // proven: no larger group stands. Otherwise members is what a bounded search found
}

// better keeps the larger group, then the heavier: it is cheaper for all.
func (g gathering) better(than gathering) gathering {
	if g.members > than.members || (g.members == than.members && g.weight > than.weight) {
		return g
	}
	return than
}

// crowd is who accepts to be in a group together: sums over its members.
type crowd struct {
	members       int
	weight, units int64
}

// willing lets others drop out who refuse the price of all who are left, until
// nobody does; me (nil for nobody) stays whatever the price. Every group that
// stands around me lies within the result, because no quote rises when another
// joins. others is reused for the answer.
//
// Source: Moulin and Shenker 2001, section 4.
func (d *deal) willing(me *ask, others []*ask) ([]*ask, crowd) {
	var c crowd
	if me != nil {
		c = crowd{1, d.weightOf(me), me.units}
	}
	for _, a := range others {
		c.members, c.weight, c.units = c.members+1, c.weight+d.weightOf(a), c.units+a.units
	}
	for {
		k, W := d.tier(min(c.members, d.max)), d.mostWeight(c.weight)
		kept := others[:0]
		for _, a := range others {
			if int64(d.need(k, a)) <= W {
				kept = append(kept, a)
				continue
			}
			c.members, c.weight, c.units = c.members-1, c.weight-d.weightOf(a), c.units-a.units
		}
		if len(kept) == len(others) {
			return kept, c
		}
		others = kept
	}
}

// mostWeight bounds the weight of a crowd by what the seats can hold, where
// that is plain.
func (d *deal) mostWeight(W int64) int64 {
	switch {
	case d.split == SplitEqual:
		return min(W, int64(d.max))
	case d.split == SplitUnits:
		return min(W, d.capacity())
	}
	return W
}

// gather finds the largest group around me (nil for nobody) among others, in
// the open slots of a rota. It is exact for every split where only seats bind,
// for bounds on units within [packingMax], for rotas within [rosterNodesMax].
// others stays as it is.
func (d *deal) gather(me *ask, others []*ask, open uint64) gathering {
	none := gathering{certain: true}
	if me != nil && !d.holds(me) {
		return none
	}
	others, c := d.willing(me, slices.Clone(others))
	if c.members < d.min || c.units < d.minUnits {
		return none
	}
	if me != nil && int64(d.need(d.tier(min(c.members, d.max)), me)) > d.mostWeight(c.weight) {
		return none
	}
	switch {
	case d.rota:
		return d.gatherRota(me, others, open)
	case c.members <= d.max && c.units <= d.maxUnits:
		return gathering{c.members, c.weight, true}
	case d.maxUnits == unlimited && (d.minUnits == 0 || d.split != SplitWeight):
		return d.seat(me, others)
	}
	return d.pack(me, others, d.maxUnits)
}

// seat fills the seats where they bind and total units have no upper bound. A
// group stands if and only if, for some tier and some total weight T that its
// last member needs, those who accept T and weigh most reach T: so each tier
// is swept once by rising need, keeping the heaviest. More of them never hurt,
// so only the largest size within the tier is tried.
func (d *deal) seat(me *ask, others []*ask) gathering {
	best := gathering{certain: true}
	for k := len(d.tiers) - 1; k >= 0; k-- {
		low, high := max(d.tiers[k].from, d.min), min(d.tiers[k].to, d.max)
		if low > high {
			continue
		}
		if best = d.seatTier(k, low, high, me, others); best.members > 0 { // lower tiers hold smaller groups
			break
		}
	}
	best.certain = true
	return best
}

func (d *deal) seatTier(k, low, high int, me *ask, others []*ask) (best gathering) {
	load := d.weightOf // by what members are chosen
	if d.split == SplitEqual {
		load = func(a *ask) int64 { return a.units }
	}
	var chosen loads
	var sum int64
	seats, T := high, int32(1)
	if me != nil {
		if seats, T = high-1, d.need(k, me); T == never {
			return best
		}
		sum = load(me)
	}
	order := d.byNeed(k, others)
	for next := 0; ; {
		for ; next < len(order) && order[next].need <= T; next++ {
			sum += chosen.keep(load(order[next].a), seats)
		}
		n := len(chosen) + high - seats
		if n >= low && d.reaches(n, sum, int64(T)) {
			best = gathering{n, d.weightFor(n, sum), true}.better(best)
		}
		if next == len(order) {
			return best
		}
		T = order[next].need
	}
}

// reaches says whether n members with a sum of loads pay no more than who
// needs the total weight T, and have units enough.
func (d *deal) reaches(n int, sum, T int64) bool {
	switch d.split {
	case SplitEqual:
		return int64(n) >= T && sum >= d.minUnits
	case SplitUnits:
		return sum >= max(T, d.minUnits)
	}
	return sum >= T
}

func (d *deal) weightFor(n int, sum int64) int64 {
	if d.split == SplitEqual {
		return int64(n)
	}
	return sum
}

// needing is an ask with the total weight that it needs in one tier.
type needing struct {
	need int32
	a    *ask
}

// byNeed lists those who can accept a tier, the easiest first.
func (d *deal) byNeed(k int, others []*ask) []needing {
	list := make([]needing, 0, len(others))
	for _, a := range others {
		if need := d.need(k, a); need != never {
			list = append(list, needing{need, a})
		}
	}
	slices.SortFunc(list, func(x, y needing) int { return cmp.Compare(x.need, y.need) })
	return list
}

// loads is a heap with the lightest first.
type loads []int64

// keep adds a load and, past so many seats, drops the lightest; it returns by
// how much the sum grows.
func (h *loads) keep(load int64, seats int) int64 {
	if seats == 0 {
		return 0
	}
	l := *h
	if len(l) < seats {
		l = append(l, load)
		for k := len(l) - 1; k > 0 && l[(k-1)/2] > l[k]; k = (k - 1) / 2 {
			l[k], l[(k-1)/2] = l[(k-1)/2], l[k]
		}
		*h = l
		return load
	}
	if load <= l[0] {
		return 0
	}
	gain := load - l[0]
	l[0] = load
	for k := 0; ; {
		least := k
		for c := 2*k + 1; c <= 2*k+2 && c < len(l); c++ {
			if l[c] < l[least] {
				least = c
			}
		}
		if least == k {
			return gain
		}
		l[k], l[least] = l[least], l[k]
		k = least
	}
}
