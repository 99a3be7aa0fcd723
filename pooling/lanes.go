package pooling

import (
	"cmp"
	"math/bits"
	"slices"
)

// lane is where groups of one offer can stand in one slot, or by rota: the
// places that may host them, and everybody who could be a member. A set of
// members is possible at a host exactly when each of them has its bit, so a
// group needs no host while it changes: only that its members have one in
// common.
//
// Only what can matter is in a lane. A host is left out when nobody could pay
// for a group there, or when another host of the lane reaches all whom it
// reaches (the host with least travel is chosen when the group stands); a
// candidate is left out who refuses the price of the largest willing group of
// every host (Moulin iteration).
type lane struct {
	deal   int32
	slot   int32 // -1 for a rota
	site   int32
	hosts  []int32  // communities, by the bits of masks; at most 64
	asks   []int32  // candidates, ascending
	masks  []uint64 // by candidate: the hosts that it reaches
	needs  []int32  // tier*len(asks)+candidate: the least total weight at which it accepts (see [deal.need])
	shares []int32  // by candidate: split weight; nil for an equal split
}

// site is where groups compete for the same staff: a provider in a slot, or a
// provider's rotas.
type site struct {
	provider, slot int32 // slot -1 for rotas
	lanes          []int32
	group, groups  int32 // first of its groups, how many there can be
}

// entry says where a demand is a candidate.
type entry struct{ lane, pos, site int32 }

func (l *lane) need(tier int, pos int32) int64 { return int64(l.needs[tier*len(l.asks)+int(pos)]) }

// share is the split weight of a candidate.
func (l *lane) share(pos int32) int64 {
	if l.shares == nil {
		return 1
	}
	return int64(l.shares[pos])
}

// buildLanes makes the lanes of all deals, by several workers; the result does
// not depend on how many.
func (b *board) buildLanes(workers int) {
	const chunk = 64 // deals that one worker takes at a time
	made := make([][]lane, (len(b.deals)+chunk-1)/chunk)
	live := b.residents()
	parallel(workers, len(made), func() func(int) {
		m := newLaneMaker(b, live)
		return func(k int) {
			for d := k * chunk; d < min((k+1)*chunk, len(b.deals)); d++ {
				m.make(int32(d))
			}
			made[k] = slices.Clone(m.lanes)
			m.lanes = m.lanes[:0]
		}
	})
	b.lanes = slices.Concat(made...)
	b.arrangeSites()
	b.indexEntries()
}

// resident is a demand as the lanes of a deal see it.
type resident struct {
	slots    uint64
	ask      int32
	category int32
	reach    int32 // metres
}

// residents lists demands by community, then category.
type residents struct {
	all  []resident
	from []int32 // by community
}

func (b *board) residents() *residents {
	r := &residents{make([]resident, len(b.asks)), make([]int32, len(b.s.Communities)+1)}
	for i := range b.asks {
		a := &b.asks[i]
		r.all[i] = resident{a.slots, int32(i), a.category, int32(a.reach)}
		r.from[a.community+1]++
	}
	for c := range b.s.Communities {
		r.from[c+1] += r.from[c]
	}
	slices.SortFunc(r.all, func(x, y resident) int {
		return cmp.Or(cmp.Compare(b.asks[x.ask].community, b.asks[y.ask].community), cmp.Compare(x.category, y.category), cmp.Compare(x.ask, y.ask))
	})
	return r
}

// of lists the demands of a category at a community, ascending.
func (r *residents) of(category, community int32) []resident {
	here := r.all[r.from[community]:r.from[community+1]]
	first := 0
	for first < len(here) && here[first].category < category {
		first++
	}
	last := first
	for last < len(here) && here[last].category == category {
		last++
	}
	return here[first:last]
}

// laneMaker makes the lanes of one deal after another, with memory that it
// reuses.
type laneMaker struct {
	b     *board
	live  *residents
	lanes []lane

	near  []int32
	discs []disc
	stamp []int32 // by community: the block that met it last
	block int32

	words   int // of a mask
	cands   []candidate
	masks   []uint64 // of the candidates, words each
	needs   []int32  // tier*len(cands)+candidate
	weights []int64  // by candidate: split weight
	units   []int64  // by candidate
	crowds  []uint64 // by host: the set of candidates that reach it

	list  []int32  // candidates of one slot
	ready []uint64 // the set of them
	place []int32  // by candidate: where in list
	kept  []uint64 // their masks without hosts and members that cannot be
	count []int32
	group []int32
	inter []uint64
}

// candidate is a demand that could be a member somewhere in a block of hosts.
type candidate struct {
	ask  int32
	mask int32 // offset in masks
}

// hostsBlock bounds the hosts that are compared with one another.
const hostsBlock = 256

func newLaneMaker(b *board, live *residents) *laneMaker {
	return &laneMaker{b: b, live: live, stamp: make([]int32, len(b.s.Communities))}
}

func (m *laneMaker) make(k int32) {
	hosts := m.b.deals[k].hosts
	for len(hosts) > 0 {
		n := min(hostsBlock, len(hosts))
		m.makeBlock(k, hosts[:n])
		hosts = hosts[n:]
	}
}

func (m *laneMaker) makeBlock(k int32, hosts []int32) {
	d := &m.b.deals[k]
	m.gather(d, hosts)
	if len(m.cands) < d.min {
		return
	}
	m.weigh(d, len(hosts))
	if d.rota {
		m.enlist(func(a *ask) bool { return int64(bits.OnesCount64(a.slots&d.slots)) >= a.units })
		m.emit(k, -1, hosts)
		return
	}
	for rest := d.slots; rest != 0; rest &= rest - 1 {
		slot := int32(bits.TrailingZeros64(rest))
		m.enlist(func(a *ask) bool { return a.slots>>slot&1 == 1 })
		m.emit(k, slot, hosts)
	}
}

// weigh notes of each candidate what every slot asks for, and of each host who
// reaches it.
func (m *laneMaker) weigh(d *deal, hosts int) {
	m.needs, m.weights, m.units = m.needs[:0], m.weights[:0], m.units[:0]
	for t := range d.tiers {
		for _, c := range m.cands {
			m.needs = append(m.needs, d.need(t, &m.b.asks[c.ask]))
		}
	}
	n := setWords(len(m.cands))
	m.crowds = append(m.crowds[:0], make([]uint64, hosts*n)...)
	for p, c := range m.cands {
		a := &m.b.asks[c.ask]
		m.weights, m.units = append(m.weights, d.weightOf(a)), append(m.units, a.units)
		for x, rest := range m.masks[c.mask : int(c.mask)+m.words] {
			for ; rest != 0; rest &= rest - 1 {
				h := x*64 + bits.TrailingZeros64(rest)
				m.crowds[h*n+p/64] |= 1 << (p % 64)
			}
		}
	}
}

// setWords are the words of a set of n.
func setWords(n int) int { return (n + 63) / 64 }

// enlist chooses the candidates of one slot.
func (m *laneMaker) enlist(fits func(*ask) bool) {
	m.list = m.list[:0]
	m.ready = append(m.ready[:0], make([]uint64, setWords(len(m.cands)))...)
	m.place = append(m.place[:0], make([]int32, len(m.cands))...)
	for p, c := range m.cands {
		if fits(&m.b.asks[c.ask]) {
			m.ready[p/64] |= 1 << (p % 64)
			m.place[p] = int32(len(m.list))
			m.list = append(m.list, int32(p))
		}
	}
}

// gather finds who could be a member at any of the hosts, with its mask.
// Demands of one community with the same reach share one.
func (m *laneMaker) gather(d *deal, hosts []int32) {
	b := m.b
	m.words = (len(hosts) + 63) / 64
	m.cands, m.masks = m.cands[:0], m.masks[:0]
	m.block++
	var reaches [8]struct {
		metres int64
		mask   int32
	}
	for _, from := range m.centres(d, hosts) {
		m.near = b.grid.around(from.XM, from.YM, from.radius, m.near[:0])
		for _, c := range m.near {
			if m.stamp[c] == m.block {
				continue
			}
			m.stamp[c] = m.block
			known := 0
			for _, a := range m.live.of(d.category, c) {
				if a.slots&d.slots == 0 {
					continue
				}
				reach := min(d.mix, int64(a.reach))
				r := 0
				for r < known && reaches[r].metres != reach {
					r++
				}
				if r == known {
					if known == len(reaches) {
						known, r = 0, 0
					}
					reaches[r].metres, reaches[r].mask = reach, m.addMask(hosts, c, reach)
					known++
				}
				if reaches[r].mask >= 0 {
					m.cands = append(m.cands, candidate{a.ask, reaches[r].mask})
				}
			}
		}
	}
	slices.SortFunc(m.cands, func(x, y candidate) int { return cmp.Compare(x.ask, y.ask) })
}

// disc is where to look for members.
type disc struct {
	Point
	radius int64
}

// centres are discs that hold everybody who could be a member at a host: one
// around all hosts where the area is a circle, else one around each host.
func (m *laneMaker) centres(d *deal, hosts []int32) []disc {
	m.discs = m.discs[:0]
	if d.area.radius > 0 {
		return append(m.discs, disc{d.area.Point, d.area.radius + d.mix})
	}
	for _, h := range hosts {
		c := &m.b.s.Communities[h]
		m.discs = append(m.discs, disc{Point{c.XM, c.YM}, d.mix})
	}
	return m.discs
}

// addMask appends the mask of a community for a reach; -1 when no host is
// within.
func (m *laneMaker) addMask(hosts []int32, community int32, reach int64) int32 {
	c := &m.b.s.Communities[community]
	first := len(m.masks)
	some := uint64(0)
	for w := range m.words {
		mask := uint64(0)
		for bit, h := range hosts[w*64 : min(w*64+64, len(hosts))] {
			if host := &m.b.s.Communities[h]; within(c.XM-host.XM, c.YM-host.YM, reach) {
				mask |= 1 << bit
			}
		}
		m.masks = append(m.masks, mask)
		some |= mask
	}
	if some == 0 {
		m.masks = m.masks[:first]
		return -1
	}
	return int32(first)
}

// emit adds the lanes of one slot: one for each 64 hosts that are left.
func (m *laneMaker) emit(k, slot int32, hosts []int32) {
	d := &m.b.deals[k]
	if len(m.list) < d.min {
		return
	}
	w := m.words
	m.kept = append(m.kept[:0], make([]uint64, w*len(m.list))...)
	for h := range hosts {
		m.keepWilling(d, h)
	}
	left := m.undominated(len(hosts))
	for len(left) > 0 {
		n := min(64, len(left))
		m.addLane(k, slot, hosts, left[:n])
		left = left[n:]
	}
}

// keepWilling sets the bit of a host for those who are in the largest group
// that its candidates would pay for, whatever the seats: whoever refuses the
// price of all who are left drops out, until nobody does. What is left holds
// every group that could stand there.
//
// Source: Moulin and Shenker 2001, section 4.
func (m *laneMaker) keepWilling(d *deal, h int) {
	m.group = m.group[:0]
	var W, U int64
	for x, crowd := range m.crowds[h*len(m.ready) : (h+1)*len(m.ready)] {
		for rest := crowd & m.ready[x]; rest != 0; rest &= rest - 1 {
			p := x*64 + bits.TrailingZeros64(rest)
			m.group = append(m.group, int32(p))
			W += m.weights[p]
			U += m.units[p]
		}
	}
	for {
		if len(m.group) < d.min || U < d.minUnits {
			return
		}
		tier := d.tier(min(len(m.group), d.max))
		all := W
		if d.split == SplitEqual {
			all = min(W, int64(d.max))
		} else if d.split == SplitUnits {
			all = min(W, d.maxUnits)
		}
		needs := m.needs[tier*len(m.cands) : (tier+1)*len(m.cands)]
		kept := m.group[:0]
		for _, p := range m.group {
			if int64(needs[p]) <= all {
				kept = append(kept, p)
				continue
			}
			W -= m.weights[p]
			U -= m.units[p]
		}
		if len(kept) == len(m.group) {
			break
		}
		m.group = kept
	}
	for _, p := range m.group {
		m.kept[int(m.place[p])*m.words+h/64] |= 1 << (h % 64)
	}
}

// undominated lists the hosts with candidates whose candidates are not all
// candidates of another; of equal hosts the first stays.
func (m *laneMaker) undominated(hosts int) []int32 {
	w := m.words
	m.inter = m.inter[:0]
	for range hosts * w {
		m.inter = append(m.inter, ^uint64(0))
	}
	m.count = append(m.count[:0], make([]int32, hosts)...)
	for k := range m.list {
		mask := m.kept[k*w : (k+1)*w]
		for x, rest := range mask {
			for ; rest != 0; rest &= rest - 1 {
				h := x*64 + bits.TrailingZeros64(rest)
				m.count[h]++
				for y := range w {
					m.inter[h*w+y] &= mask[y]
				}
			}
		}
	}
	left := m.group[:0]
	for h := range hosts {
		if m.count[h] > 0 && !m.dominated(h, hosts) {
			left = append(left, int32(h))
		}
	}
	m.group = left
	return left
}

// dominated says whether some other host has all candidates of h.
func (m *laneMaker) dominated(h, hosts int) bool {
	w := m.words
	for x := range w {
		for rest := m.inter[h*w+x]; rest != 0; rest &= rest - 1 {
			g := x*64 + bits.TrailingZeros64(rest)
			if g >= hosts {
				break
			}
			if g == h {
				continue
			}
			if m.count[g] > m.count[h] || g < h {
				return true // equal counts: the same candidates
			}
		}
	}
	return false
}

// addLane writes down one lane with the given hosts.
func (m *laneMaker) addLane(k, slot int32, hosts, left []int32) {
	d := &m.b.deals[k]
	m.inter = m.inter[:0] // masks over the hosts that are left
	n := 0
	for j := range m.list {
		mask := m.compressed(j, left)
		m.inter = append(m.inter, mask)
		if mask != 0 {
			n++
		}
	}
	l := lane{deal: k, slot: slot, asks: make([]int32, 0, n), masks: make([]uint64, 0, n), needs: make([]int32, 0, n*len(d.tiers))}
	for j, p := range m.list {
		if m.inter[j] != 0 {
			l.asks = append(l.asks, m.cands[p].ask)
			l.masks = append(l.masks, m.inter[j])
		}
	}
	for t := range d.tiers {
		for j, p := range m.list {
			if m.inter[j] != 0 {
				l.needs = append(l.needs, m.needs[t*len(m.cands)+int(p)])
			}
		}
	}
	if d.split != SplitEqual {
		for _, i := range l.asks {
			l.shares = append(l.shares, int32(d.weightOf(&m.b.asks[i])))
		}
	}
	l.hosts = make([]int32, 0, len(left))
	for _, h := range left {
		l.hosts = append(l.hosts, hosts[h])
	}
	m.lanes = append(m.lanes, l)
}

// compressed is the mask of a listed candidate over the hosts that are left.
func (m *laneMaker) compressed(j int, left []int32) (mask uint64) {
	kept := m.kept[j*m.words : (j+1)*m.words]
	if m.words == 1 {
		for bit, h := range left {
			mask |= kept[0] >> h & 1 << bit
		}
		return mask
	}
	for bit, h := range left {
		mask |= kept[h/64] >> (h % 64) & 1 << bit
	}
	return mask
}

// arrangeSites groups the lanes by the staff that they compete for.
func (b *board) arrangeSites() {
	order := make([]int32, len(b.lanes))
	for l := range order {
		order[l] = int32(l)
	}
	slices.SortStableFunc(order, func(x, y int32) int {
		p, q := &b.lanes[x], &b.lanes[y]
		return cmp.Or(cmp.Compare(b.deals[p.deal].provider, b.deals[q.deal].provider), cmp.Compare(p.slot, q.slot))
	})
	group := int32(0)
	for first := 0; first < len(order); {
		l := &b.lanes[order[first]]
		s := site{provider: b.deals[l.deal].provider, slot: l.slot, group: group}
		fit := int64(0) // groups that the candidates could fill
		for ; first < len(order); first++ {
			m := &b.lanes[order[first]]
			if b.deals[m.deal].provider != s.provider || m.slot != s.slot {
				break
			}
			m.site = int32(len(b.sites))
			s.lanes = append(s.lanes, order[first])
			fit += int64(len(m.asks) / b.deals[m.deal].min)
		}
		s.groups = int32(min(fit, b.staffOf(&s)))
		group += s.groups
		b.sites = append(b.sites, s)
	}
	b.groups = int(group)
}

// staffOf is how many groups the staff of a site could run; rotas use at least
// a slot each.
func (b *board) staffOf(s *site) (n int64) {
	first := int(s.provider) * b.slots
	if s.slot >= 0 {
		return int64(b.staff[first+int(s.slot)])
	}
	for t := range b.slots {
		n += int64(b.staff[first+t])
	}
	return n
}

// indexEntries lists for each demand where it is a candidate.
func (b *board) indexEntries() {
	b.entriesFrom = make([]int32, len(b.asks)+1)
	for l := range b.lanes {
		for _, i := range b.lanes[l].asks {
			b.entriesFrom[i+1]++
		}
	}
	for i := range b.asks {
		b.entriesFrom[i+1] += b.entriesFrom[i]
	}
	b.entries = make([]entry, b.entriesFrom[len(b.asks)])
	next := slices.Clone(b.entriesFrom)
	for s := range b.sites {
		for _, l := range b.sites[s].lanes {
			for p, i := range b.lanes[l].asks {
				b.entries[next[i]] = entry{l, int32(p), int32(s)}
				next[i]++
			}
		}
	}
}

// entriesOf lists where a demand is a candidate, site by site.
func (b *board) entriesOf(i int32) []entry {
	return b.entries[b.entriesFrom[i]:b.entriesFrom[i+1]]
}
