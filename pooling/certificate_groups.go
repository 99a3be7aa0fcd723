package pooling

import (
	"cmp"
	"math"
	"slices"
)

// placeGroups bounds from above what the groups of a place hold, which are at
// most staff. Groups are counted by cell, the cells by offer, the offers by
// category, and at each level their members are disjoint. Each level lists
// additions, falling: the sum of the first j is the most that j groups hold.
// Such a sum is concave in j, and stays so when a limit that is concave in j
// cuts it: so the most that j groups of several parts hold is the sum of the j
// largest additions of all parts.
type placeGroups struct {
	*dual
	staff      int
	offers     []groupSet
	categories []groupSet
	additions  []int64 // the staff largest of all categories
}

// groupSet are groups at a place whose members are disjoint: those of one offer,
// whatever their hosts, or of one category, whatever their offer.
type groupSet struct {
	number, category int32
	cells            [][]int32 // of an offer: candidates of each cell taken
	eligible         []int32   // in some cell, by rank
	least, most      int       // members of one group
	own              []int64   // the staff largest additions of its parts, each on its own
	additions        []int64   // of all its parts together
}

// smallest is the least of the staff largest additions: more than this a group
// elsewhere must hold to add anything.
func (g *placeGroups) smallest() int64 {
	if len(g.additions) < g.staff {
		return 0
	}
	return g.additions[g.staff-1]
}

// groupSetOf is the set with a number, empty when there was none.
func groupSetOf(sets *[]groupSet, number, category int32) *groupSet {
	for k := range *sets {
		if (*sets)[k].number == number {
			return &(*sets)[k]
		}
	}
	*sets = append(*sets, groupSet{number: number, category: category, least: math.MaxInt})
	return &(*sets)[len(*sets)-1]
}

func (g *placeGroups) offer(o *dualOffer) *groupSet {
	return groupSetOf(&g.offers, o.number, o.category)
}

// take adds a cell of an offer whose groups hold at most best each. They are of
// the eligible, and have least members or more.
func (g *placeGroups) take(o *dualOffer, candidates, eligible []int32, least int, best int64) {
	cell := groupSet{eligible: eligible, least: least, most: o.MaxMembers}
	cell.own = slices.Repeat([]int64{best}, min(g.staff, len(eligible)/least))
	g.settle(&cell)
	offer := g.offer(o)
	offer.cells = append(offer.cells, slices.Clone(candidates))
	offer.own = topOf(g.staff, offer.own, cell.additions)
	offer.join(&cell)
	g.settle(offer)
	category := groupSetOf(&g.categories, o.category, o.category)
	category.join(&cell)
	category.own = category.own[:0]
	for k := range g.offers {
		if g.offers[k].category == o.category {
			category.own = topOf(g.staff, category.own, g.offers[k].additions)
		}
	}
	g.settle(category)
	g.additions = g.additions[:0]
	for k := range g.categories {
		g.additions = topOf(g.staff, g.additions, g.categories[k].additions)
	}
}

// join takes the members of a cell in.
func (s *groupSet) join(cell *groupSet) {
	s.eligible = append(s.eligible, cell.eligible...)
	slices.Sort(s.eligible)
	s.eligible = slices.Compact(s.eligible)
	s.least, s.most = min(s.least, cell.least), max(s.most, cell.most)
}

// settle cuts the additions of the parts to what disjoint groups can hold: j of
// them have N members in all, from j*least to j*most, and hold no more than the
// N largest values. (The sum of the N largest is concave in N, so that its
// maximum over these N is concave in j.) There are no more groups than make
// members of all eligible.
func (g *placeGroups) settle(s *groupSet) {
	s.additions = s.additions[:0]
	var before, apart, values int64
	n := 0
	for j := 1; j <= len(s.own) && j*s.least <= len(s.eligible); j++ {
		apart += s.own[j-1]
		for n < min(j*s.most, len(s.eligible)) && (n < j*s.least || g.ranked[s.eligible[n]].value > 0) {
			values += g.ranked[s.eligible[n]].value
			n++
		}
		now := min(apart, values)
		if now <= before {
			break // and so are all later ones
		}
		s.additions, before = append(s.additions, now-before), now
	}
}

// topOf merges two falling lists and keeps the n largest.
func topOf(n int, a, b []int64) []int64 {
	both := slices.Concat(a, b)
	slices.SortFunc(both, func(x, y int64) int { return cmp.Compare(y, x) })
	return both[:min(n, len(both))]
}

func (g *placeGroups) total() (sum int64) {
	for _, a := range g.additions {
		sum += a
	}
	return sum
}

// newPlaceGroups are none so far. No place has more groups than an int32 counts.
func newPlaceGroups(d *dual, staff int64) *placeGroups {
	return &placeGroups{dual: d, staff: int(min(staff, math.MaxInt32))}
}
