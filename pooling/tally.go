package pooling

import "slices"

// tally counts, for each size of a group up to the seats, the candidates who
// accept a group of that size. For an equal split it decides everything: a
// group of n stands around somebody if and only if they accept n, and n-1
// others do.
type tally []int32 // by size; 0 unused

// plain says whether a tally decides who can be in a group of the deal.
func (d *deal) plain() bool { return !d.rota && d.split == SplitEqual && !d.bounded }

// sizes is the range of sizes up to the seats in one tier; low > high when
// there is none.
func (d *deal) sizes(k int) (low, high int) { return d.tiers[k].from, min(d.tiers[k].to, d.max) }

func (d *deal) tally(list []*ask) tally {
	t := make(tally, d.max+1)
	for k := range d.tiers {
		low, high := d.sizes(k)
		if low > high {
			continue
		}
		for _, a := range list {
			if need := d.need(k, a); int64(need) <= int64(high) {
				t[max(int(need), low)]++
			}
		}
		for n := low + 1; n <= high; n++ {
			t[n] += t[n-1]
		}
	}
	return t
}

// circle is one who seeks a group at a place, and the others who could be in
// it: as a tally where that decides, otherwise one by one.
type circle struct {
	d       *deal
	me      *ask // as it would be: a newcomer, or with another voucher
	tally   tally
	counted *ask // as which me is in the tally; nil when it is not
	others  []*ask
	open    uint64 // slots of a rota that may be used
}

// eachSize calls visit with each size that me accepts within the seats, the
// largest first, and the number of others who accept it, until visit is false.
func (c *circle) eachSize(visit func(n, others int) bool) {
	for k := len(c.d.tiers) - 1; k >= 0; k-- {
		low, high := c.d.sizes(k)
		need, counted := int(c.d.need(k, c.me)), never
		if c.counted != nil {
			counted = int(c.d.need(k, c.counted))
		}
		for n := high; n >= max(low, need); n-- {
			others := int(c.tally[n])
			if counted <= n {
				others--
			}
			if !visit(n, others) {
				return
			}
		}
	}
}

// gather is the largest group around me with so many further asks like it.
func (c *circle) gather(more int) (g gathering) {
	if !c.d.plain() {
		others := slices.Clip(c.others)
		for range more {
			others = append(others, c.me)
		}
		return c.d.gather(c.me, others, c.open)
	}
	g.certain = true
	c.eachSize(func(n, others int) bool {
		if n >= c.d.min && others+more >= n-1 {
			g.members, g.weight = n, int64(n)
		}
		return g.members == 0 && n >= c.d.min
	})
	return g
}

// missing is the least number of further asks like me with which a group
// stands; 0 when no number is enough. Where a bounded search cannot decide, it
// is a lower bound and not certain.
func (c *circle) missing() (more int, certain bool) {
	if c.d.plain() {
		c.eachSize(func(n, others int) bool {
			if k := max(n-1-others, 0); n >= c.d.min && (more == 0 || k < more) {
				more = k
			}
			return n > c.d.min
		})
		return more, true
	}
	low, high := 0, c.d.max // no group stands with low more, perhaps one with high
	if !c.maybe(high) {
		return 0, true
	}
	for high-low > 1 {
		if middle := (low + high) / 2; c.maybe(middle) {
			high = middle
		} else {
			low = middle
		}
	}
	return high, c.gather(high).members > 0
}

func (c *circle) maybe(more int) bool {
	g := c.gather(more)
	return g.members > 0 || !g.certain
}

// crowd is me with all who accept the price of the whole crowd, within the
// seats: the heaviest where not all have one.
func (c *circle) crowd() crowd {
	if !c.d.plain() {
		kept, all := c.d.willing(c.me, slices.Clone(c.others))
		return c.d.seated(c.me, kept, all)
	}
	for k := len(c.d.tiers) - 1; k >= 0; k-- {
		low, high := c.d.sizes(k)
		counted := never
		if c.counted != nil {
			counted = int(c.d.need(k, c.counted))
		}
		for n := high; n >= low; n-- {
			others := int(c.tally[n])
			if counted <= n {
				others--
			}
			if others >= n-1 {
				return crowd{members: n, weight: int64(n)}
			}
		}
	}
	return crowd{members: 1, weight: 1}
}

// seated is what of a crowd has a seat: by weight, with no regard to units.
func (d *deal) seated(me *ask, others []*ask, all crowd) crowd {
	if all.members <= d.max {
		return all
	}
	c := crowd{1, d.weightOf(me), me.units}
	for _, a := range heaviest(d, others)[:d.max-1] {
		c.members, c.weight, c.units = c.members+1, c.weight+d.weightOf(a), c.units+a.units
	}
	return c
}
