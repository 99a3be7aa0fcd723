package pooling

import (
	"math/bits"
	"slices"
)

// venue is where a group could stand: an offer, in a slot or by rota, at a
// host, with its candidates: the demands that fit category, time and distance.
// What is counted of it is counted once and only when somebody asks.
type venue struct {
	d          *deal
	deal       int32
	slot       int32 // -1 for a rota
	host       int32
	candidates []int32 // ascending

	all, left tally // of the candidates; of those left out
}

// times is the set of slots that a group at the place may use.
func (p *venue) times() uint64 {
	if p.slot < 0 {
		return p.d.slots
	}
	return 1 << p.slot
}

// suits says whether an ask has the slot of the place, or for a rota enough
// slots for its units.
func (p *venue) suits(a *ask) bool {
	if p.slot >= 0 {
		return a.slots>>p.slot&1 == 1
	}
	return int64(bits.OnesCount64(a.slots&p.d.slots)) >= a.units
}

// capacity is the most units that a group of the deal can have: a rota has no
// more than the hours of its week.
func (d *deal) capacity() int64 {
	if d.rota {
		return min(d.maxUnits, int64(bits.OnesCount64(d.slots)))
	}
	return d.maxUnits
}

// holds says whether a group of the deal has room for an ask at all: everybody
// else in the smallest group takes at least one unit.
func (d *deal) holds(a *ask) bool { return a.units+int64(d.min)-1 <= d.capacity() }

// venueIndex finds places and their candidates without looking at every demand
// or every offer.
type venueIndex struct {
	b     *board
	near  []int32   // reused
	homes [][]int32 // by category*communities + community: demands, ascending
	pool  []int32   // reused
	fit   []int32   // reused
}

func newVenueIndex(b *board) *venueIndex {
	x := &venueIndex{b: b, homes: make([][]int32, len(b.s.Categories)*len(b.s.Communities))}
	for i := range b.asks {
		at := x.home(b.asks[i].category, b.asks[i].community)
		x.homes[at] = append(x.homes[at], int32(i))
	}
	return x
}

// home is the place of a category and a community in lists by both.
func (x *venueIndex) home(category, community int32) int {
	return int(category)*len(x.b.s.Communities) + int(community)
}

// within lists the communities within a distance of one, valid until the next
// call.
func (x *venueIndex) within(community int32, radius int64) []int32 {
	at := &x.b.s.Communities[community]
	x.near = x.b.grid.around(at.XM, at.YM, radius, x.near[:0])
	return x.near
}

// around lists the demands that a group of a deal at a host could hold, with
// any slot in common; ascending, valid until the next call.
func (x *venueIndex) around(d *deal, host int32) []int32 {
	pool := x.pool[:0]
	for _, c := range x.within(host, d.mix) {
		for _, i := range x.homes[x.home(d.category, c)] {
			if a := &x.b.asks[i]; a.slots&d.slots != 0 && x.b.near(d, a, host) {
				pool = append(pool, i)
			}
		}
	}
	slices.Sort(pool)
	x.pool = pool
	return pool
}

// visit calls look with the places of a deal at a host, one for each slot or
// one for a rota, also where nobody could be. The candidates are valid until
// look returns.
func (x *venueIndex) visit(deal, host int32, look func(*venue)) {
	d := &x.b.deals[deal]
	pool := x.around(d, host)
	if d.rota {
		x.visitOne(venue{d: d, deal: deal, slot: -1, host: host}, pool, look)
		return
	}
	for rest := d.slots; rest != 0; rest &= rest - 1 {
		x.visitOne(venue{d: d, deal: deal, slot: int32(bits.TrailingZeros64(rest)), host: host}, pool, look)
	}
}

func (x *venueIndex) visitOne(p venue, pool []int32, look func(*venue)) {
	p.candidates = x.fit[:0]
	for _, i := range pool {
		if p.suits(&x.b.asks[i]) {
			p.candidates = append(p.candidates, i)
		}
	}
	x.fit = p.candidates
	look(&p)
}
