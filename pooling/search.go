package pooling

import "math/bits"

// search is a board with groups on it. Every change is logged, so that a trial
// can be taken back.
type search struct {
	b      *board
	dice   dice
	at     []int32 // by demand: its group, or -1
	groups []group
	spare  []int32   // closed groups, for reuse
	open   [][]int32 // by provider-slot: groups together
	rotas  [][]int32 // by provider: groups by rota
	used   []int32   // by provider-slot: groups running

	served int
	net    int64 // sum of the nets of groups that are not touched

	log     []change
	touched []int32 // groups whose net is out of date
	scratch scratch
}

// group is one open group.
type group struct {
	cell    int32 // -1 when closed
	members []int32
	W, U    int64 // total split weight, total units
	net     int64 // what its members pay together; 0 while touched
	touched bool
	seats   *seating // of a rota; nil otherwise
}

// seating says who has each slot of a rota: demand+1, 0 for nobody.
type seating [SlotsMax]int32

type changeKind uint8

const (
	changeOpen changeKind = iota
	changeClose
	changeJoin
	changeLeave
	changeSeats
	changeTouch
	changeHost
)

// change is one logged change, with what is needed to take it back.
type change struct {
	kind          changeKind
	group, demand int32
	cell          int32
	net           int64
	seats         *seating
}

// dice is SplitMix64: small, and the same in every version of Go, because a
// round must be recomputable years later.
//
// Source: Steele, Lea, Flood 2014, "Fast splittable pseudorandom number
// generators", OOPSLA.
type dice uint64

func (r *dice) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// below is a number in [0, n); n > 0.
func (r *dice) below(n int) int {
	hi, _ := bits.Mul64(r.next(), uint64(n))
	return int(hi)
}

func newSearch(b *board, seed uint64) *search {
	st := &search{
		b: b, dice: dice(seed),
		at:    make([]int32, len(b.asks)),
		open:  make([][]int32, len(b.staff)),
		rotas: make([][]int32, len(b.s.Providers)),
		used:  make([]int32, len(b.staff)),
	}
	for i := range st.at {
		st.at[i] = -1
	}
	st.scratch.mark = make([]int32, len(b.cells))
	return st
}

// place is the provider-slot of a group together.
func (st *search) place(c *cell) int {
	return int(st.b.deals[c.deal].provider)*st.b.slots + int(c.slot)
}

func (st *search) dealOf(g *group) *deal { return &st.b.deals[st.b.cells[g.cell].deal] }

// touch takes the net of a group out of the sum until [search.settleNets].
func (st *search) touch(g int32) {
	x := &st.groups[g]
	if x.touched {
		return
	}
	st.log = append(st.log, change{kind: changeTouch, group: g, net: x.net})
	st.net -= x.net
	x.net, x.touched = 0, true
	st.touched = append(st.touched, g)
}

// start opens an empty group in a cell.
func (st *search) start(c int32) int32 {
	var g int32
	if n := len(st.spare); n > 0 {
		g = st.spare[n-1]
		st.spare = st.spare[:n-1]
	} else {
		g = int32(len(st.groups))
		st.groups = append(st.groups, group{cell: -1})
	}
	st.enter(g, c)
	st.log = append(st.log, change{kind: changeOpen, group: g})
	st.touch(g)
	return g
}

func (st *search) enter(g, c int32) {
	x := &st.groups[g]
	x.cell = c
	k := &st.b.cells[c]
	if k.slot < 0 {
		p := st.b.deals[k.deal].provider
		st.rotas[p] = append(st.rotas[p], g)
		x.seats = &seating{}
		return
	}
	p := st.place(k)
	st.used[p]++
	st.open[p] = append(st.open[p], g)
}

func (st *search) exit(g int32) {
	x := &st.groups[g]
	k := &st.b.cells[x.cell]
	if k.slot < 0 {
		remove(&st.rotas[st.b.deals[k.deal].provider], g)
		x.seats = nil
	} else {
		p := st.place(k)
		st.used[p]--
		remove(&st.open[p], g)
	}
	x.cell = -1
}

func remove(list *[]int32, x int32) {
	l := *list
	for k := range l {
		if l[k] == x {
			l[k] = l[len(l)-1]
			*list = l[:len(l)-1]
			return
		}
	}
}

// end closes a group; its members are unserved again.
func (st *search) end(g int32) {
	st.touch(g)
	x := &st.groups[g]
	for len(x.members) > 0 {
		st.leave(g, x.members[len(x.members)-1])
	}
	st.log = append(st.log, change{kind: changeClose, group: g, cell: x.cell})
	st.exit(g)
	st.spare = append(st.spare, g)
}

func (st *search) join(g, i int32) {
	st.touch(g)
	st.add(g, i)
	st.log = append(st.log, change{kind: changeJoin, group: g, demand: i})
}

func (st *search) leave(g, i int32) {
	st.touch(g)
	if seats := st.groups[g].seats; seats != nil {
		without := *seats
		for t := range without {
			if without[t] == i+1 {
				without[t] = 0
			}
		}
		st.reseat(g, &without)
	}
	st.drop(g, i)
	st.log = append(st.log, change{kind: changeLeave, group: g, demand: i})
}

func (st *search) add(g, i int32) {
	x := &st.groups[g]
	a := &st.b.asks[i]
	x.members = append(x.members, i)
	x.W += st.dealOf(x).weightOf(a)
	x.U += a.units
	st.at[i] = g
	st.served++
}

func (st *search) drop(g, i int32) {
	x := &st.groups[g]
	a := &st.b.asks[i]
	remove(&x.members, i)
	x.W -= st.dealOf(x).weightOf(a)
	x.U -= a.units
	st.at[i] = -1
	st.served--
}

// reseat replaces the seats of a rota.
func (st *search) reseat(g int32, seats *seating) {
	st.log = append(st.log, change{kind: changeSeats, group: g, seats: st.groups[g].seats})
	st.setSeats(g, seats)
}

func (st *search) setSeats(g int32, seats *seating) {
	x := &st.groups[g]
	first := int(st.dealOf(x).provider) * st.b.slots
	for t := 0; t < st.b.slots; t++ {
		if had, has := x.seats[t] != 0, seats[t] != 0; had && !has {
			st.used[first+t]--
		} else if has && !had {
			st.used[first+t]++
		}
	}
	x.seats = seats
}

// rehost moves a group to another cell of the same offer and slot.
func (st *search) rehost(g, c int32) {
	st.log = append(st.log, change{kind: changeHost, group: g, cell: st.groups[g].cell})
	st.groups[g].cell = c
}

// settleNets brings the nets of touched groups up to date. It is false when a
// group breaks a rule of size or price: then the trial must be taken back.
func (st *search) settleNets() bool {
	valid := true
	for _, g := range st.touched {
		x := &st.groups[g]
		if !x.touched {
			continue
		}
		x.touched = false
		if x.cell < 0 {
			continue
		}
		net, ok := st.value(st.dealOf(x), x.members, x.W, x.U)
		valid = valid && ok
		x.net = net
		st.net += net
	}
	st.touched = st.touched[:0]
	return valid
}

// value is what the members of a group pay together, and whether the group
// keeps the limits of size and everyone accepts.
func (st *search) value(d *deal, members []int32, W, U int64) (net int64, ok bool) {
	n := len(members)
	if n < d.min || n > d.max || U < d.minUnits || U > d.maxUnits {
		return 0, false
	}
	k := d.tier(n)
	t := &d.tiers[k]
	net = t.fixed + t.perMember*int64(n) + t.perUnit*U
	for _, i := range members {
		a := &st.b.asks[i]
		quote, subsidy := d.bill(k, a, W)
		if quote > a.limit {
			return 0, false
		}
		net -= subsidy
	}
	return net, true
}

// commit forgets the log: what was done stays.
func (st *search) commit() { st.log = st.log[:0] }

// undo takes back every change since commit. net is what it was then.
func (st *search) undo(net int64) { st.undoTo(0); st.net = net }

func (st *search) undoTo(mark int) {
	for len(st.log) > mark {
		c := st.log[len(st.log)-1]
		st.log = st.log[:len(st.log)-1]
		switch c.kind {
		case changeOpen:
			st.exit(c.group)
			st.spare = append(st.spare, c.group)
		case changeClose:
			remove(&st.spare, c.group)
			st.enter(c.group, c.cell)
		case changeJoin:
			st.drop(c.group, c.demand)
		case changeLeave:
			st.add(c.group, c.demand)
		case changeSeats:
			st.setSeats(c.group, c.seats)
		case changeTouch:
			x := &st.groups[c.group]
			x.net, x.touched = c.net, false
			st.net += c.net
			remove(&st.touched, c.group)
		case changeHost:
			st.groups[c.group].cell = c.cell
		}
	}
}

// canJoin says whether a demand could join an open group as it stands; for a
// rota it returns the new seats. Who is in stays, since no quote rises.
func (st *search) canJoin(g, i int32) (*seating, bool) {
	x := &st.groups[g]
	c := &st.b.cells[x.cell]
	d := &st.b.deals[c.deal]
	a := &st.b.asks[i]
	n := len(x.members) + 1
	if n > d.max || x.U+a.units > d.maxUnits || a.category != d.category || !st.fits(d, c, a) {
		return nil, false
	}
	if need := d.need(d.tier(n), a); need == never || int64(need) > x.W+d.weightOf(a) {
		return nil, false
	}
	if x.seats == nil {
		return nil, true
	}
	seats := *x.seats
	ok := st.b.seat(&seats, st.seatsOpen(d, x.seats), i)
	return &seats, ok
}

// fits says whether time and place suit.
func (st *search) fits(d *deal, c *cell, a *ask) bool {
	if c.slot >= 0 && a.slots>>c.slot&1 == 0 {
		return false
	}
	return st.b.near(d, a, c.host)
}

// admit joins a demand that [search.canJoin] allowed.
func (st *search) admit(g, i int32, seats *seating) {
	st.join(g, i)
	if seats != nil {
		st.reseat(g, seats)
	}
}

// canLeave says whether a group stands without a member.
func (st *search) canLeave(g, i int32) bool {
	x := &st.groups[g]
	d := st.dealOf(x)
	a := &st.b.asks[i]
	n := len(x.members) - 1
	if n < d.min || x.U-a.units < d.minUnits {
		return false
	}
	W := x.W - d.weightOf(a)
	k := d.tier(n)
	for _, m := range x.members {
		if m != i && int64(d.need(k, &st.b.asks[m])) > W {
			return false
		}
	}
	return true
}

// seatsOpen is the set of slots that a rota may use: its own, and those in
// which the provider has staff left.
func (st *search) seatsOpen(d *deal, own *seating) (open uint64) {
	first := int(d.provider) * st.b.slots
	for rest := d.slots; rest != 0; rest &= rest - 1 {
		t := bits.TrailingZeros64(rest)
		if (own != nil && own[t] != 0) || st.used[first+t] < st.b.staff[first+t] {
			open |= 1 << t
		}
	}
	return open
}

// seat gives a demand as many slots as it has units, moving others along
// augmenting paths; exact: it fails only when no seating exists.
//
// Source: Kuhn 1955, "The Hungarian method for the assignment problem"; Berge
// 1957 for the exactness of augmenting paths.
func (b *board) seat(seats *seating, open uint64, i int32) bool {
	for u := int64(0); u < b.asks[i].units; u++ {
		tried := uint64(0)
		if !b.augment(seats, open, &tried, i) {
			return false
		}
	}
	return true
}

func (b *board) augment(seats *seating, open uint64, tried *uint64, i int32) bool {
	for rest := b.asks[i].slots & open; rest != 0; rest &= rest - 1 {
		t := bits.TrailingZeros64(rest)
		if *tried>>t&1 == 1 {
			continue
		}
		*tried |= 1 << t
		if seats[t] == 0 || b.augment(seats, open, tried, seats[t]-1) {
			seats[t] = i + 1
			return true
		}
	}
	return false
}
