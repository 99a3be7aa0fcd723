package pooling

import (
	"cmp"
	"math/bits"
	"slices"
)

// cell is one possible place of a group. needs holds, for each tier and
// candidate, the least total weight at which the candidate accepts the tier's
// price (never if it does not): acceptance becomes a comparison, as a quote
// depends on the group through its tier and total weight only.
type cell struct {
	deal  int32
	slot  int32 // -1 for a rota
	host  int32
	asks  []int32 // ascending
	needs []int32 // tier*len(asks)+position
}

// fillCells makes the cells of the wanted deals (nil = all). Pruned, a cell
// holds only asks that are in its largest affordable group, and a host whose
// candidates are all candidates of another host of the same offer and slot is
// left out: the host with least travel is chosen when the group stands.
func (b *board) fillCells(wanted func(deal int) bool, prune bool) {
	neighbours := newNeighbours(b.s.Communities)
	byPlace := make(map[[2]int32][]int32) // category, community -> asks
	for i := range b.asks {
		key := [2]int32{b.asks[i].category, b.asks[i].community}
		byPlace[key] = append(byPlace[key], int32(i))
	}
	var pool []int32
	for k := range b.deals {
		if wanted != nil && !wanted(k) {
			continue
		}
		d := &b.deals[k]
		first := len(b.cells)
		for _, host := range d.hosts {
			pool = pool[:0]
			for _, c := range neighbours.within(host, d.mix) {
				for _, i := range byPlace[[2]int32{d.category, c}] {
					if b.asks[i].slots&d.slots != 0 && b.near(d, &b.asks[i], host) {
						pool = append(pool, i)
					}
				}
			}
			slices.Sort(pool)
			b.cellsAtHost(int32(k), host, pool, prune)
		}
		if prune {
			b.dropDominated(first)
		}
	}
}

// cellsAtHost adds one cell per slot of a deal at a host, or one for a rota.
func (b *board) cellsAtHost(k, host int32, pool []int32, prune bool) {
	d := &b.deals[k]
	if d.rota {
		var list []int32
		for _, i := range pool {
			if int64(bits.OnesCount64(b.asks[i].slots&d.slots)) >= b.asks[i].units {
				list = append(list, i)
			}
		}
		b.addCell(cell{deal: k, slot: -1, host: host, asks: list}, prune)
		return
	}
	for rest := d.slots; rest != 0; rest &= rest - 1 {
		t := bits.TrailingZeros64(rest)
		n := 0
		for _, i := range pool {
			n += int(b.asks[i].slots >> t & 1)
		}
		if n == 0 || (prune && n < d.min) {
			continue
		}
		list := make([]int32, 0, n)
		for _, i := range pool {
			if b.asks[i].slots>>t&1 == 1 {
				list = append(list, i)
			}
		}
		b.addCell(cell{deal: k, slot: int32(t), host: host, asks: list}, prune)
	}
}

func (b *board) addCell(c cell, prune bool) {
	if prune {
		if c.asks = b.largest(&b.deals[c.deal], c.asks); len(c.asks) < b.deals[c.deal].min {
			return
		}
	}
	b.fillNeeds(&c)
	b.cells = append(b.cells, c)
}

func (b *board) fillNeeds(c *cell) {
	d := &b.deals[c.deal]
	c.needs = make([]int32, 0, len(d.tiers)*len(c.asks))
	for k := range d.tiers {
		for _, i := range c.asks {
			c.needs = append(c.needs, d.need(k, &b.asks[i]))
		}
	}
}

// largest is the Moulin iteration without seat limits: whoever refuses the
// price of all who are left drops out, until nobody does. What is left holds
// every affordable group.
//
// Source: Moulin and Shenker 2001, section 4.
func (b *board) largest(d *deal, list []int32) []int32 {
	list = slices.Clone(list)
	var W, U int64
	for _, i := range list {
		W += d.weightOf(&b.asks[i])
		U += b.asks[i].units
	}
	for {
		k := d.tier(min(len(list), d.max))
		kept := list[:0]
		all := W
		if d.split == SplitEqual {
			all = min(W, int64(d.max))
		}
		for _, i := range list {
			if need := d.need(k, &b.asks[i]); int64(need) <= all && need != never {
				kept = append(kept, i)
			} else {
				W -= d.weightOf(&b.asks[i])
				U -= b.asks[i].units
			}
		}
		if len(kept) == len(list) {
			break
		}
		list = kept
	}
	if U < d.minUnits {
		return nil
	}
	return list
}

// dropDominated removes, from the cells of one deal that start at first, each
// whose candidates are all in another of the same slot.
func (b *board) dropDominated(first int) {
	list := b.cells[first:]
	slices.SortStableFunc(list, func(x, y cell) int {
		return cmp.Or(cmp.Compare(x.slot, y.slot), cmp.Compare(len(y.asks), len(x.asks)), cmp.Compare(x.host, y.host))
	})
	kept := list[:0]
	from := 0 // of the same slot, in kept
	for _, c := range list {
		if len(kept) > from && kept[len(kept)-1].slot != c.slot {
			from = len(kept)
		}
		dominated := false
		for k := from; k < len(kept) && !dominated; k++ {
			dominated = containsAll(kept[k].asks, c.asks)
		}
		if !dominated {
			kept = append(kept, c)
		}
	}
	b.cells = b.cells[:first+len(kept)]
}

// containsAll says whether sorted part is within sorted whole.
func containsAll(whole, part []int32) bool {
	if len(part) > len(whole) {
		return false
	}
	k := 0
	for _, x := range part {
		for k < len(whole) && whole[k] < x {
			k++
		}
		if k == len(whole) || whole[k] != x {
			return false
		}
	}
	return true
}

func (b *board) indexCells() {
	b.cellsAt = make([][]int32, len(b.staff))
	b.cellsOf = make([][]int32, len(b.asks))
	for c := range b.cells {
		d := &b.deals[b.cells[c].deal]
		for rest := b.slotsOf(&b.cells[c]); rest != 0; rest &= rest - 1 {
			p := int(d.provider)*b.slots + bits.TrailingZeros64(rest)
			b.cellsAt[p] = append(b.cellsAt[p], int32(c))
		}
		for _, i := range b.cells[c].asks {
			b.cellsOf[i] = append(b.cellsOf[i], int32(c))
		}
	}
}

// slotsOf is the set of slots that a group in the cell may use.
func (b *board) slotsOf(c *cell) uint64 {
	if c.slot < 0 {
		return b.deals[c.deal].slots
	}
	return 1 << c.slot
}

// neighbours finds communities within a distance of one another.
type neighbours struct {
	list []Community
	byX  []int32 // indices in the order of x
	rank []int32 // place of each community in byX
	seen map[[2]int64][]int32
}

func newNeighbours(list []Community) *neighbours {
	n := &neighbours{list: list, byX: make([]int32, len(list)), rank: make([]int32, len(list)), seen: map[[2]int64][]int32{}}
	for i := range list {
		n.byX[i] = int32(i)
	}
	slices.SortFunc(n.byX, func(a, b int32) int { return cmp.Or(cmp.Compare(list[a].XM, list[b].XM), cmp.Compare(a, b)) })
	for place, i := range n.byX {
		n.rank[i] = int32(place)
	}
	return n
}

// within returns the communities within radius of one, ascending.
func (n *neighbours) within(community int32, radius int64) []int32 {
	key := [2]int64{int64(community), radius}
	if near, known := n.seen[key]; known {
		return near
	}
	c := &n.list[community]
	near := []int32{}
	look := func(i int32) bool {
		x := &n.list[i]
		if within(x.XM-c.XM, x.YM-c.YM, radius) {
			near = append(near, i)
		}
		return x.XM-c.XM <= radius && c.XM-x.XM <= radius
	}
	for p := int(n.rank[community]); p < len(n.byX) && look(n.byX[p]); p++ {
	}
	for p := int(n.rank[community]) - 1; p >= 0 && look(n.byX[p]); p-- {
	}
	slices.Sort(near)
	n.seen[key] = near
	return near
}
