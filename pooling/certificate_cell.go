package pooling

import (
	"cmp"
	"math"
	"slices"
)

// cellWork looks into one cell after another; its slices are kept for the next.
type cellWork struct {
	all      []int32
	members  []cellMember // by falling value
	byWeight []int32      // members by falling split weight
	byUnits  []int32      // members by rising units
	eligible []int32      // for some size, by rank
	table    []int64
	order    []int32
	sizes    []bool // by size: passes the relaxation
}

// cellMember is one candidate of a cell.
type cellMember struct {
	value, units, weight int64
	need                 int64 // weight at which it accepts the tier at hand
	enters               int   // smallest size at which it may be a member
	alive                bool
	x                    *rankedDemand
}

// value bounds from above the value of one group of a cell, and lists the
// candidates that are eligible for some possible size. When no group holds more
// than the threshold, any number up to it may be returned.
//
// For each size n the members are among those eligible: all candidates, less
// whoever refuses the quote in the tier of n with the weight of the n heaviest
// eligible, again and again until nobody refuses. A group of n eligible ones
// weighs no more, so that its quotes are no lower, and none of those dropped is
// in any group of n. The n largest values among the eligible are then the most
// that n of them hold. Where units decide (split, bounds) and the cell is
// small, the most is exact instead: see [cellWork.byUnitsExactly].
func (c *cellWork) value(d *dual, o *dualOffer, candidates []int32, threshold int64) (int64, []int32) {
	c.enter(d, o, candidates)
	best, largest := int64(math.MinInt64), 0
	c.sizes = append(c.sizes[:0], make([]bool, o.MaxMembers+1)...)
	for n := min(o.MaxMembers, len(c.members)); n >= o.MinMembers; n-- {
		if !c.settleSize(o, n) || o.bounded && !c.unitsPossible(o, n) {
			continue
		}
		if largest == 0 {
			largest = n
			c.listEligible(candidates)
		}
		c.sizes[n] = true
		best = max(best, c.largestValues(n))
	}
	if largest == 0 || best <= threshold {
		return 0, nil
	}
	if o.bounded || o.Split == SplitUnits {
		if exact, small := c.exactly(o, largest); small {
			best = exact
		}
	}
	return best, c.eligible
}

// enter takes the candidates of a cell in.
func (c *cellWork) enter(d *dual, o *dualOffer, candidates []int32) {
	c.members, c.byWeight, c.byUnits = c.members[:0], c.byWeight[:0], c.byUnits[:0]
	for k, rank := range candidates {
		x := &d.ranked[rank]
		c.members = append(c.members, cellMember{value: x.value, units: x.units, weight: o.weightOf(x), alive: true, x: x})
		c.byWeight, c.byUnits = append(c.byWeight, int32(k)), append(c.byUnits, int32(k))
	}
	if o.Split != SplitEqual {
		slices.SortFunc(c.byWeight, func(a, b int32) int { return cmp.Compare(c.members[b].weight, c.members[a].weight) })
	}
	if o.bounded {
		slices.SortFunc(c.byUnits, func(a, b int32) int { return cmp.Compare(c.members[a].units, c.members[b].units) })
	}
}

// settleSize drops whoever is not eligible for a group of n; whether n are
// left. Sizes are settled from the largest down: whoever is eligible for n is
// so for n+1, where prices are no higher and the weight is no lower.
func (c *cellWork) settleSize(o *dualOffer, n int) bool {
	tier := o.at(n)
	alive := 0
	for k := range c.members {
		if m := &c.members[k]; m.alive {
			m.need = o.need(&tier, m.x)
			alive++
		}
	}
	for dropped := true; dropped && alive >= n; {
		dropped = false
		heaviest := c.heaviest(o, n)
		for k := range c.members {
			if m := &c.members[k]; m.alive && m.need > heaviest {
				m.alive, m.enters, dropped = false, n+1, true
				alive--
			}
		}
		dropped = dropped && o.Split != SplitEqual // n weighs n, whoever is left
	}
	return alive >= n
}

// heaviest is the most that n eligible members weigh.
func (c *cellWork) heaviest(o *dualOffer, n int) (weight int64) {
	if o.Split == SplitEqual {
		return int64(n)
	}
	for _, k := range c.byWeight {
		if m := &c.members[k]; m.alive && n > 0 {
			weight += m.weight
			n--
		}
	}
	if o.Split == SplitUnits {
		weight = min(weight, o.maxUnits)
	}
	return weight
}

// unitsPossible says whether n eligible members can keep the bounds on units.
func (c *cellWork) unitsPossible(o *dualOffer, n int) bool {
	var fewest, most int64
	left := n
	for _, k := range c.byUnits {
		if m := &c.members[k]; m.alive && left > 0 {
			fewest += m.units
			left--
		}
	}
	left = n
	for _, k := range slices.Backward(c.byUnits) {
		if m := &c.members[k]; m.alive && left > 0 {
			most += m.units
			left--
		}
	}
	return fewest <= o.maxUnits && most >= o.MinUnits
}

// listEligible keeps who is eligible for the largest possible size: whoever is
// for a smaller one is among them.
func (c *cellWork) listEligible(candidates []int32) {
	c.eligible = c.eligible[:0]
	for k := range c.members {
		if c.members[k].alive {
			c.eligible = append(c.eligible, candidates[k])
		}
	}
}

// leastSize is the smallest possible size of the cell last valued above its threshold.
func (c *cellWork) leastSize() int { return slices.Index(c.sizes, true) }

// largestValues is the sum of the n largest values among the eligible.
func (c *cellWork) largestValues(n int) (sum int64) {
	for k := 0; n > 0; k++ {
		if m := &c.members[k]; m.alive {
			sum += m.value
			n--
		}
	}
	return sum
}
