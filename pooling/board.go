package pooling

import (
	"cmp"
	"math"
	"math/bits"
	"slices"
)

// board is a snapshot compiled to integers and indices for searching. Cells
// are the places where a group could stand: an offer, in a slot (or by rota),
// at a host, with the demands that could be in such a group.
type board struct {
	s     *Snapshot
	asks  []ask // by demand index
	deals []deal
	cells []cell

	slots   int       // number of slots; a provider-slot is provider*slots+slot
	staff   []int32   // by provider-slot
	cellsAt [][]int32 // by provider-slot: cells whose groups use it
	cellsOf [][]int32 // by demand: cells in which it is a candidate
}

// ask is a compiled demand.
type ask struct {
	units, weight int64
	limit         int64 // largest quote it accepts, in cents
	reach         int64 // metres
	slots         uint64
	x, y          int64
	community     int32
	category      int32
	voucher       *Voucher
	turn          int32 // place in the order ISEE, wait, lot: who is tried first
}

// deal is a compiled offer.
type deal struct {
	provider, category int32
	rota               bool
	split              SplitRule
	slots              uint64 // offered, with staff
	mix                int64
	min, max           int
	minUnits, maxUnits int64 // maxUnits is unlimited when the offer has none
	bounded            bool  // by units
	tiers              []dealTier
	hosts              []int32
}

type dealTier struct {
	from, to                  int // members, to included
	fixed, perMember, perUnit int64
}

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

const never = math.MaxInt32

func (d *deal) weightOf(a *ask) int64 { return splitWeight(d.split, a.units, a.weight) }

// tier is the index of the tier of a group of n.
func (d *deal) tier(n int) int {
	k := len(d.tiers) - 1
	for k > 0 && d.tiers[k].from > n {
		k--
	}
	return k
}

// need is the least total weight at which an ask accepts a tier: own part plus
// ceil(F*w/W) <= limit exactly when W >= ceil(F*w / (limit-own)).
func (d *deal) need(k int, a *ask) int32 {
	t := &d.tiers[k]
	w := d.weightOf(a)
	room := a.limit - t.perMember - t.perUnit*a.units
	fixed := t.fixed * w
	switch {
	case room < 0 || (room == 0 && fixed > 0):
		return never
	case fixed == 0:
		return 1
	}
	n := (fixed-1)/room + 1
	if n >= never {
		return never
	}
	return int32(n)
}

// bill is the quote of a member in a group of total weight W, and what of its
// share before the odd cent the voucher pays.
func (d *deal) bill(k int, a *ask, W int64) (quote, subsidy int64) {
	t := &d.tiers[k]
	own := t.perMember + t.perUnit*a.units
	fixed := t.fixed * d.weightOf(a)
	down := fixed / W
	quote = own + down
	if down*W != fixed {
		quote++
	}
	if a.voucher != nil {
		subsidy = min(a.subsidy(quote), own+down)
	}
	return quote, subsidy
}

func (a *ask) subsidy(quote int64) int64 {
	g := &a.voucher.Grant
	s := g.Amount.Cents()
	if g.Percent > 0 {
		s = g.Percent * quote / PercentMax
	}
	if g.Cap != nil {
		s = min(s, g.Cap.Cents())
	}
	return s
}

// index numbers ids.
func index[T any](list []T, id func(*T) string) map[string]int32 {
	m := make(map[string]int32, len(list))
	for i := range list {
		m[id(&list[i])] = int32(i)
	}
	return m
}

// newBoard compiles a snapshot with all its cells.
func newBoard(s *Snapshot) *board {
	b := newBoardWithoutCells(s)
	b.fillCells(nil, true)
	b.indexCells()
	return b
}

func newBoardWithoutCells(s *Snapshot) *board {
	b := &board{s: s, slots: len(s.Slots)}
	slots := index(s.Slots, func(x *Slot) string { return x.ID })
	categories := index(s.Categories, func(x *Category) string { return x.ID })
	communities := index(s.Communities, func(x *Community) string { return x.ID })
	providers := index(s.Providers, func(x *Provider) string { return x.ID })
	b.staff = make([]int32, len(s.Providers)*b.slots)
	for p := range s.Providers {
		for id, n := range s.Providers[p].Staff { // each lands in its own place: order does not matter
			b.staff[p*b.slots+int(slots[id])] = int32(n)
		}
	}
	vouchers := Vouchers(s)
	b.asks = make([]ask, len(s.Demands))
	for i := range s.Demands {
		d := &s.Demands[i]
		c := communities[d.Community]
		a := ask{
			units: d.Units, weight: d.Weight, limit: d.MaxPrice.Cents(), reach: d.MaxDistanceM,
			slots: maskOf(d.Slots, slots), x: s.Communities[c].XM, y: s.Communities[c].YM,
			community: c, category: categories[d.Category],
		}
		if v, holds := vouchers[d.ID]; holds {
			a.voucher, a.limit = &v, v.MaxQuote.Cents()
		}
		b.asks[i] = a
	}
	b.giveTurns()
	b.deals = make([]deal, len(s.Offers))
	for i := range s.Offers {
		b.deals[i] = b.compile(&s.Offers[i], slots, categories, communities, providers)
	}
	return b
}

func maskOf(ids []string, slots map[string]int32) (mask uint64) {
	for _, id := range ids {
		mask |= 1 << slots[id]
	}
	return mask
}

// giveTurns orders demands by lower ISEE, longer wait, lot.
func (b *board) giveTurns() {
	s := b.s
	households := index(s.Households, func(x *Household) string { return x.ID })
	type line struct {
		isee, lot uint64
		demand    int32
	}
	lines := make([]line, len(s.Demands))
	for i := range s.Demands {
		isee := uint64(quoteUnlimited)
		if x := s.Households[households[s.Demands[i].Household]].ISEE; x != nil {
			isee = uint64(*x)
		}
		lines[i] = line{isee, lot(s.Round.ID, s.Demands[i].ID), int32(i)}
	}
	slices.SortFunc(lines, func(x, y line) int {
		p, q := &s.Demands[x.demand], &s.Demands[y.demand]
		return cmp.Or(cmp.Compare(x.isee, y.isee), cmp.Compare(p.PostedOn, q.PostedOn), cmp.Compare(x.lot, y.lot), cmp.Compare(p.ID, q.ID))
	})
	for turn, l := range lines {
		b.asks[l.demand].turn = int32(turn)
	}
}

func (b *board) compile(o *Offer, slots, categories, communities, providers map[string]int32) deal {
	d := deal{
		provider: providers[o.Provider], category: categories[o.Category], rota: o.rota(), split: o.Split, mix: o.MixRadiusM,
		min: o.MinMembers, max: o.MaxMembers, minUnits: o.MinUnits, maxUnits: o.MaxUnits,
		bounded: o.MinUnits > 0 || o.MaxUnits > 0,
	}
	if d.maxUnits == 0 {
		d.maxUnits = unlimited
	}
	for _, id := range o.Slots {
		if t := slots[id]; b.staff[int(d.provider)*b.slots+int(t)] > 0 {
			d.slots |= 1 << t
		}
	}
	for k, t := range o.Tiers {
		to := MembersMax
		if k+1 < len(o.Tiers) {
			to = o.Tiers[k+1].FromMembers - 1
		}
		d.tiers = append(d.tiers, dealTier{t.FromMembers, to, t.Fixed.Cents(), t.PerMember.Cents(), t.PerUnit.Cents()})
	}
	listed := make(map[int32]bool, len(o.Area.Communities))
	for _, id := range o.Area.Communities {
		listed[communities[id]] = true
	}
	for c := range b.s.Communities {
		if listed[int32(c)] || (o.Area.Center != nil && within(b.s.Communities[c].XM-o.Area.Center.XM, b.s.Communities[c].YM-o.Area.Center.YM, o.Area.RadiusM)) {
			d.hosts = append(d.hosts, int32(c))
		}
	}
	return d
}

func within(dx, dy, radius int64) bool { return dx*dx+dy*dy <= radius*radius }

// near says whether an ask may be a member of a group of the deal at a host.
func (b *board) near(d *deal, a *ask, host int32) bool {
	h := &b.s.Communities[host]
	return within(a.x-h.XM, a.y-h.YM, min(d.mix, a.reach))
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
