package pooling

import (
	"cmp"
	"math"
	"slices"
)

// noGroup is the value of no group at all: below any sum of values, and far
// enough from the end of the range that sums with it do not wrap.
const noGroup = int64(math.MinInt64) / 2

// exactly finds the most that one group of a cell holds when members, units and
// prices by units are kept to the letter, by dynamic programming over members
// and total units (a knapsack with a count: Bellman 1957). Only members
// eligible for the largest size that passed the relaxation take part. The cell
// is small when members x sizes x units are at most [unitCellsMax]; otherwise
// nothing is computed.
func (c *cellWork) exactly(o *dualOffer, largest int) (best int64, small bool) {
	c.order = c.order[:0]
	for k := range c.members {
		if c.members[k].enters <= largest {
			c.order = append(c.order, int32(k))
		}
	}
	sizes := min(o.MaxMembers, len(c.order))
	units := min(o.maxUnits, c.mostUnits(sizes))
	if int64(len(c.order))*int64(sizes)*units > unitCellsMax {
		return 0, false
	}
	if o.Split == SplitUnits {
		return c.byUnitsExactly(o, sizes, int(units)), true
	}
	return c.bySizeExactly(o, sizes, int(units)), true
}

// mostUnits is the sum of the n largest units among the members in order.
func (c *cellWork) mostUnits(n int) (sum int64) {
	slices.SortFunc(c.order, func(a, b int32) int { return cmp.Compare(c.members[b].units, c.members[a].units) })
	for _, k := range c.order[:n] {
		sum += c.members[k].units
	}
	return sum
}

// unitsTable is the most value of n members with exactly U units in total, among
// those inserted so far; row n has units+1 entries.
type unitsTable struct {
	table        []int64
	sizes, units int
	inserted     int
}

func (c *cellWork) unitsTable(sizes, units int) *unitsTable {
	length := (sizes + 1) * (units + 1)
	c.table = slices.Grow(c.table[:0], length)[:length]
	for k := range c.table {
		c.table[k] = noGroup
	}
	c.table[0] = 0
	return &unitsTable{table: c.table, sizes: sizes, units: units}
}

func (k *unitsTable) row(n int) []int64 { return k.table[n*(k.units+1) : (n+1)*(k.units+1)] }

func (k *unitsTable) insert(m *cellMember) {
	u := int(m.units)
	for n := min(k.inserted, k.sizes-1); n >= 0 && u <= k.units; n-- {
		from, to := k.row(n), k.row(n + 1)[u:]
		for U, best := range to {
			to[U] = max(best, from[U]+m.value)
		}
	}
	k.inserted++
}

// best is the most value of n members with low to high units.
func (k *unitsTable) best(n, low, high int) int64 {
	best := noGroup
	for _, v := range k.row(n)[min(low, high+1) : high+1] {
		best = max(best, v)
	}
	return best
}

// byUnitsExactly: when the fixed cost is split by units, a group of U units in
// total is willing if and only if each member accepts its tier at weight U. For
// each tier members enter by the weight that they need, and the table is read
// at U when exactly those that accept at U are in.
func (c *cellWork) byUnitsExactly(o *dualOffer, sizes, units int) int64 {
	best := noGroup
	for t := range o.Tiers {
		low, high := max(o.MinMembers, o.Tiers[t].FromMembers), sizes
		if t+1 < len(o.Tiers) {
			high = min(high, o.Tiers[t+1].FromMembers-1)
		}
		if low > high {
			continue
		}
		for _, k := range c.order {
			c.members[k].need = o.need(&o.Tiers[t], c.members[k].x)
		}
		slices.SortFunc(c.order, func(a, b int32) int { return cmp.Compare(c.members[a].need, c.members[b].need) })
		sack, next := c.unitsTable(high, units), 0
		for U := 1; U <= units; U++ {
			for ; next < len(c.order) && c.members[c.order[next]].need <= int64(U); next++ {
				sack.insert(&c.members[c.order[next]])
			}
			if int64(U) < o.MinUnits {
				continue
			}
			for n := low; n <= min(high, next); n++ {
				best = max(best, sack.row(n)[U])
			}
		}
	}
	return best
}

// bySizeExactly: otherwise members enter by the smallest size for which they
// are eligible, and row n is read when exactly those eligible for n are in.
func (c *cellWork) bySizeExactly(o *dualOffer, sizes, units int) int64 {
	slices.SortFunc(c.order, func(a, b int32) int { return cmp.Compare(c.members[a].enters, c.members[b].enters) })
	best, sack, next := noGroup, c.unitsTable(sizes, units), 0
	for n := o.MinMembers; n <= sizes; n++ {
		for ; next < len(c.order) && c.members[c.order[next]].enters <= n; next++ {
			sack.insert(&c.members[c.order[next]])
		}
		if c.sizes[n] {
			best = max(best, sack.best(n, int(min(o.MinUnits, int64(units)+1)), units))
		}
	}
	return best
}
