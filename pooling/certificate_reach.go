package pooling

import (
	"cmp"
	"math/bits"
	"slices"
)

// pointGrid finds points of a kind near another point: squares whose side is a power
// of two, one net of squares for each power that is asked for.
type pointGrid struct {
	squares map[gridSquare][]int32 // points by number
	points  []gridPoint
}

// gridPoint is where something is, on the plane, in metres.
type gridPoint struct {
	kind   int32 // a category, or 0
	x, y   int64
	first  int32 // of homes: its demands are order[first:behind]
	behind int32
	number int32 // of hosts: the community
}

// gridSquare is one square of the net of a kind; its side is 2^power metres.
type gridSquare struct {
	kind, x, y int32
	power      uint8
}

// powerOf is the power of the smallest side that is at least the radius.
func powerOf(radius int64) uint8 {
	if radius <= 1 {
		return 0
	}
	return uint8(bits.Len64(uint64(radius - 1)))
}

func (g *gridPoint) square(power uint8) gridSquare {
	return gridSquare{g.kind, int32(g.x >> power), int32(g.y >> power), power}
}

// lay puts the points into the nets named by kind: bit k asks for power k.
func (g *pointGrid) lay(nets map[int32]uint32) {
	g.squares = map[gridSquare][]int32{}
	for k := range g.points {
		p := &g.points[k]
		for powers := nets[p.kind]; powers != 0; powers &= powers - 1 {
			at := p.square(uint8(bits.TrailingZeros32(powers)))
			g.squares[at] = append(g.squares[at], int32(k))
		}
	}
}

// near visits the points of a kind within a radius; the net must be laid.
func (g *pointGrid) near(kind int32, x, y, radius int64, visit func(p *gridPoint, squared int64)) {
	center := gridPoint{kind: kind, x: x, y: y}
	middle := center.square(powerOf(radius))
	for dx := int32(-1); dx <= 1; dx++ {
		for dy := int32(-1); dy <= 1; dy++ {
			for _, k := range g.squares[gridSquare{kind, middle.x + dx, middle.y + dy, middle.power}] {
				p := &g.points[k]
				if away := squaredDistance(x, y, p.x, p.y); away <= radius*radius {
					visit(p, away)
				}
			}
		}
	}
}

// settle lays the grids: hosts, and the homes of the demands of each category.
func (d *dual) settle() {
	hostNets, homeNets := map[int32]uint32{}, map[int32]uint32{}
	for _, offers := range d.offers {
		for k := range offers {
			o := &offers[k]
			homeNets[o.category] |= 1 << powerOf(o.MixRadiusM)
			if o.Area.Center != nil {
				hostNets[0] |= 1 << powerOf(o.Area.RadiusM)
			}
		}
	}
	for i := range d.s.Communities {
		c := &d.s.Communities[i]
		d.hosts.points = append(d.hosts.points, gridPoint{x: c.XM, y: c.YM, number: int32(i)})
	}
	d.hosts.lay(hostNets)
	d.homes.points = d.homesOf()
	d.homes.lay(homeNets)
}

// homesOf groups the demands, by rank, into homes: a category in a community.
func (d *dual) homesOf() []gridPoint {
	d.order = make([]int32, len(d.ranked))
	for k := range d.order {
		d.order[k] = int32(k)
	}
	of := func(rank int32) *demandRecord { return &d.records[d.ranked[rank].demand] }
	slices.SortFunc(d.order, func(a, b int32) int {
		x, y := of(a), of(b)
		return cmp.Or(cmp.Compare(x.category, y.category), cmp.Compare(x.community, y.community), cmp.Compare(a, b))
	})
	var homes []gridPoint
	for k, rank := range d.order {
		f := of(rank)
		if k == 0 || of(d.order[k-1]).category != f.category || of(d.order[k-1]).community != f.community {
			c := &d.s.Communities[f.community]
			homes = append(homes, gridPoint{kind: f.category, x: c.XM, y: c.YM, first: int32(k)})
		}
		homes[len(homes)-1].behind = int32(k) + 1
	}
	return homes
}

// dualWorker bounds providers one after another; its slices are kept for the next.
type dualWorker struct {
	*dual
	asked  []int32 // by rank: 1 + offer last asked for, negative when the demand is not willing
	hosted []int32 // by community: 1 + offer last listed
	lists  []int32 // candidates of the cells of one provider
	cells  [SlotsMax][]dualCell
	cell   cellWork
	rotas  rotaWork
}

func newDualWorker(d *dual) *dualWorker {
	return &dualWorker{dual: d, asked: make([]int32, len(d.ranked)), hosted: make([]int32, len(d.s.Communities))}
}

// hostsOf visits each community of the area of an offer once (F3).
func (w *dualWorker) hostsOf(o *dualOffer, visit func(host int32)) {
	once := func(host int32) {
		if w.hosted[host] != o.number+1 {
			w.hosted[host] = o.number + 1
			visit(host)
		}
	}
	for _, id := range o.Area.Communities {
		once(w.communities[id])
	}
	if c := o.Area.Center; c != nil {
		w.dual.hosts.near(0, c.XM, c.YM, o.Area.RadiusM, func(p *gridPoint, _ int64) { once(p.number) })
	}
}

// candidates appends the ranks, ascending, of the demands that could be in a
// group of the offer at the host in some slot: category, time, place (F4), and
// willing to pay in some group.
func (w *dualWorker) candidates(list []int32, o *dualOffer, host int32) []int32 {
	from, h := len(list), &w.s.Communities[host]
	w.homes.near(o.category, h.XM, h.YM, o.MixRadiusM, func(home *gridPoint, away int64) {
		for _, rank := range w.order[home.first:home.behind] {
			x := &w.ranked[rank]
			if x.slots&o.wanted != 0 && away <= x.reachM*x.reachM && w.willing(o, rank) {
				list = append(list, rank)
			}
		}
	})
	slices.Sort(list[from:])
	return list
}

// willing asks each demand once for each offer, whatever the number of hosts.
func (w *dualWorker) willing(o *dualOffer, rank int32) bool {
	mark := o.number + 1
	if w.asked[rank] != mark && w.asked[rank] != -mark {
		w.asked[rank] = -mark
		if o.willing(&w.ranked[rank]) {
			w.asked[rank] = mark
		}
	}
	return w.asked[rank] == mark
}
