package pooling

import "math/bits"

// search is a board with groups on it. Every change is logged, so that a trial
// can be taken back.
//
// Several searches can work on one board at once, each on demands and sites of
// its own (see zones.go): what they share they touch only there.
type search struct {
	*standings
	dice   dice
	zone   int32 // the searcher's own demands and sites; see [standings.owner]
	limit  bool  // to the zone
	steal  int   // see [climate]
	thrift int   // see [climate]

	served int   // change since this searcher began, as net is
	net    int64 // in cents, of groups that are not touched

	log     []change
	touched []int32 // groups whose net is out of date
	scratch scratch
	asked   []int32 // by group: when it was asked last for a place, see [search.rehouse]
	asking  int32
	columns *columns // that notes the groups now and then; nil without
}

// standings are the groups that stand, and who is in them.
type standings struct {
	b        *board
	at       []int32 // by demand: its group, or -1
	lane     []int32 // by group: the lane in which it stands, or -1 when it is closed
	groups   []group
	spare    []int32   // by group: who can leave it, see [standings.spareOf]
	used     []int32   // by provider-slot: groups running
	open     []int32   // by site: groups that stand
	owner    []int32   // by demand: the zone that may move it in this wave
	siteZone []int32   // by site: the zone that it belongs to in this wave
	bans     [][]bool  // by lane: candidates that no price may bring into a group; nil without cases
	orders   [][]int32 // by lane: candidates as they were sorted last, for prices
	price    []int32   // by demand: its multiplier, in units of 1/priceOne
	rents    *rents    // nil while net does not guide the search
}

// group is one group. Its members are candidates of its lane.
type group struct {
	members []int32 // positions in the lane
	W, U    int64   // total split weight, total units
	hosts   uint64  // that all members reach
	net     int64   // what its members pay together; 0 while touched
	touched bool
	seats   *seating // of a rota that stands; nil otherwise
}

type changeKind uint8

const (
	changeOpen changeKind = iota
	changeClose
	changeJoin
	changeLeave
	changeSeats
	changeTouch
)

// change is one logged change, with what is needed to take it back.
type change struct {
	kind  changeKind
	group int32
	pos   int32  // of a member
	lane  int32  // of a group that was closed
	hosts uint64 // before
	net   int64
	seats *seating
}

func newStandings(b *board) *standings {
	n := &standings{
		b: b, at: make([]int32, len(b.asks)), lane: make([]int32, b.groups), groups: make([]group, b.groups),
		used: make([]int32, len(b.staff)), open: make([]int32, len(b.sites)), price: make([]int32, len(b.asks)),
		spare: make([]int32, b.groups), owner: make([]int32, len(b.asks)), siteZone: make([]int32, len(b.sites)),
	}
	for i := range n.at {
		n.at[i] = -1
	}
	for g := range n.lane {
		n.lane[g] = -1
	}
	return n
}

func newSearch(b *board, seed uint64) *search {
	return &search{standings: newStandings(b), dice: dice(seed)}
}

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

// freeGroup is a group of a site that does not stand, or -1 when the staff is
// in use. For a rota the staff of each slot is for [standings.seatsOpen].
func (n *standings) freeGroup(site int32) int32 {
	s := &n.b.sites[site]
	if n.open[site] == s.groups || (s.slot >= 0 && n.used[n.staffAt(s)] >= n.b.staff[n.staffAt(s)]) {
		return -1
	}
	for g := s.group; g < s.group+s.groups; g++ {
		if n.lane[g] < 0 {
			return g
		}
	}
	return -1
}

// staffAt is the provider-slot of a site together.
func (n *standings) staffAt(s *site) int { return int(s.provider)*n.b.slots + int(s.slot) }

// start opens an empty group in a lane whose site has one free.
func (st *search) start(l int32) int32 {
	g := st.freeGroup(st.b.lanes[l].site)
	st.enter(g, l)
	st.log = append(st.log, change{kind: changeOpen, group: g})
	st.touch(g)
	return g
}

func (n *standings) enter(g, l int32) {
	n.lane[g] = l
	n.groups[g].hosts = ^uint64(0)
	k := &n.b.lanes[l]
	n.open[k.site]++
	if s := &n.b.sites[k.site]; s.slot >= 0 {
		n.used[n.staffAt(s)]++
	} else {
		n.groups[g].seats = &seating{}
	}
}

func (n *standings) exit(g int32) {
	k := &n.b.lanes[n.lane[g]]
	n.open[k.site]--
	if s := &n.b.sites[k.site]; s.slot >= 0 {
		n.used[n.staffAt(s)]--
	}
	n.groups[g].seats = nil
	n.lane[g] = -1
}

// end closes a group; its members are unserved again.
func (st *search) end(g int32) {
	st.touch(g)
	x := &st.groups[g]
	if x.seats != nil {
		st.reseat(g, &seating{})
	}
	for len(x.members) > 0 {
		st.remove(g, len(x.members)-1)
	}
	st.log = append(st.log, change{kind: changeClose, group: g, lane: st.lane[g], hosts: x.hosts})
	st.exit(g)
}

// join adds a candidate of its lane to a group.
func (st *search) join(g, pos int32) {
	st.touch(g)
	st.log = append(st.log, change{kind: changeJoin, group: g, pos: pos, hosts: st.groups[g].hosts})
	st.add(g, pos)
	st.groups[g].hosts &= st.b.lanes[st.lane[g]].masks[pos]
}

// leave takes a demand out of its group.
func (st *search) leave(i int32) {
	g := st.at[i]
	st.touch(g)
	x := &st.groups[g]
	if x.seats != nil {
		without := x.seats.without(i)
		st.reseat(g, &without)
	}
	st.remove(g, st.memberIndex(g, i))
}

// memberIndex is where in its group a demand is.
func (n *standings) memberIndex(g, i int32) int {
	asks := n.b.lanes[n.lane[g]].asks
	for k, pos := range n.groups[g].members {
		if asks[pos] == i {
			return k
		}
	}
	panic("pooling: a demand is not in its group")
}

// remove takes the k-th member out.
func (st *search) remove(g int32, k int) {
	x := &st.groups[g]
	pos := x.members[k]
	st.log = append(st.log, change{kind: changeLeave, group: g, pos: pos, hosts: x.hosts})
	st.drop(g, k)
	x.hosts = st.commonHosts(g)
}

func (n *standings) commonHosts(g int32) uint64 {
	masks := n.b.lanes[n.lane[g]].masks
	common := ^uint64(0)
	for _, pos := range n.groups[g].members {
		common &= masks[pos]
	}
	return common
}

func (st *search) add(g, pos int32) {
	x := &st.groups[g]
	l := &st.b.lanes[st.lane[g]]
	i := l.asks[pos]
	x.members = append(x.members, pos)
	st.spare[g] = spareUnknown
	x.W += l.share(pos)
	x.U += st.b.asks[i].units
	st.at[i] = g
	st.served++
}

func (st *search) drop(g int32, k int) {
	x := &st.groups[g]
	l := &st.b.lanes[st.lane[g]]
	pos := x.members[k]
	i := l.asks[pos]
	x.members[k] = x.members[len(x.members)-1]
	x.members = x.members[:len(x.members)-1]
	st.spare[g] = spareUnknown
	x.W -= l.share(pos)
	x.U -= st.b.asks[i].units
	st.at[i] = -1
	st.served--
}

// reseat replaces the seats of a rota.
func (st *search) reseat(g int32, seats *seating) {
	st.log = append(st.log, change{kind: changeSeats, group: g, seats: st.groups[g].seats})
	st.setSeats(g, seats)
}

func (n *standings) setSeats(g int32, seats *seating) {
	x := &n.groups[g]
	first := int(n.b.deals[n.b.lanes[n.lane[g]].deal].provider) * n.b.slots
	for t := range n.b.slots {
		if had, has := x.seats[t] != 0, seats[t] != 0; had && !has {
			n.used[first+t]--
		} else if has && !had {
			n.used[first+t]++
		}
	}
	x.seats = seats
}

// settleNets brings the nets of touched groups up to date. It is false when a
// group breaks a rule of size, price or place: then the trial must be taken
// back.
func (st *search) settleNets() bool {
	valid := true
	for _, g := range st.touched {
		x := &st.groups[g]
		if !x.touched {
			continue
		}
		x.touched = false
		if st.lane[g] < 0 {
			continue
		}
		net, ok := st.value(st.lane[g], x.members, x.W, x.U)
		valid = valid && ok && x.hosts != 0
		x.net = net
		st.net += net
	}
	st.touched = st.touched[:0]
	return valid
}

// value is what members of a lane would pay together, and whether they would be
// a group that keeps the limits of size and whom everyone accepts.
func (n *standings) value(lane int32, members []int32, W, U int64) (net int64, ok bool) {
	l := &n.b.lanes[lane]
	d := &n.b.deals[l.deal]
	count := len(members)
	if count < d.min || count > d.max || U < d.minUnits || U > d.maxUnits {
		return 0, false
	}
	k := d.tier(count)
	t := &d.tiers[k]
	net = t.fixed + t.perMember*int64(count) + t.perUnit*U
	for _, pos := range members {
		if l.need(k, pos) > W {
			return 0, false
		}
		if a := &n.b.asks[l.asks[pos]]; a.voucher != nil {
			_, subsidy := d.bill(k, a, W)
			net -= subsidy
		}
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
		x := &st.groups[c.group]
		switch c.kind {
		case changeOpen:
			st.exit(c.group)
		case changeClose:
			st.enter(c.group, c.lane)
			x.hosts = c.hosts
		case changeJoin:
			st.drop(c.group, len(x.members)-1-st.fromLast(c.group, c.pos))
			x.hosts = c.hosts
		case changeLeave:
			st.add(c.group, c.pos)
			x.hosts = c.hosts
		case changeSeats:
			st.setSeats(c.group, c.seats)
		case changeTouch:
			x.net, x.touched = c.net, false
			st.net += c.net
			st.untouch(c.group)
		}
	}
}

// fromLast is how far a member is from the end of its group: who joined last is
// usually there.
func (n *standings) fromLast(g, pos int32) int {
	members := n.groups[g].members
	for k := len(members) - 1; k >= 0; k-- {
		if members[k] == pos {
			return len(members) - 1 - k
		}
	}
	panic("pooling: a member is not in its group")
}

func (st *search) untouch(g int32) {
	for k := len(st.touched) - 1; k >= 0; k-- {
		if st.touched[k] == g {
			st.touched = append(st.touched[:k], st.touched[k+1:]...)
			return
		}
	}
}

// mine says whether this searcher may move a demand.
func (st *search) mine(i int32) bool { return !st.limit || st.owner[i] == st.zone }

// mySite says whether this searcher may open and close groups at a site.
func (st *search) mySite(s int32) bool { return !st.limit || st.siteZone[s] == st.zone }

// canJoin says whether a candidate of its lane could join a group as it stands;
// for a rota it returns the new seats. Who is in stays, since no quote rises.
func (st *search) canJoin(g, pos int32) (*seating, bool) {
	x := &st.groups[g]
	l := &st.b.lanes[st.lane[g]]
	d := &st.b.deals[l.deal]
	n := len(x.members) + 1
	if n > d.max || x.hosts&l.masks[pos] == 0 || l.need(d.tier(n), pos) > x.W+l.share(pos) {
		return nil, false
	}
	i := l.asks[pos]
	if d.bounded && x.U+st.b.asks[i].units > d.maxUnits {
		return nil, false
	}
	if x.seats == nil {
		return nil, true
	}
	seats := *x.seats
	ok := st.b.seat(&seats, st.seatsOpen(d, x.seats), i)
	return &seats, ok
}

// admit joins a candidate that [search.canJoin] allowed.
func (st *search) admit(g, pos int32, seats *seating) {
	st.join(g, pos)
	if seats != nil {
		st.reseat(g, seats)
	}
}

// canLeave says whether the group of a demand stands without it.
func (n *standings) canLeave(i int32) bool {
	g := n.at[i]
	if n.spare[g] == spareUnknown {
		n.spare[g] = n.spareOf(g)
	}
	switch s := n.spare[g]; s {
	case spareNone:
		return false
	case spareAll:
		return true
	case spareAsk:
		return n.standsWithout(g, i)
	default:
		return s == i
	}
}

// Who can leave a group: nobody, anybody, who is found by asking, or (from 0
// on) this demand alone.
const (
	spareUnknown int32 = -1 - iota
	spareNone
	spareAll
	spareAsk
)

// spareOf says who can leave a group. In an equal split all leave the same
// weight behind, so whoever stays must accept the same smaller group.
func (n *standings) spareOf(g int32) int32 {
	x := &n.groups[g]
	l := &n.b.lanes[n.lane[g]]
	d := &n.b.deals[l.deal]
	left := len(x.members) - 1
	switch {
	case left < d.min:
		return spareNone
	case l.shares != nil || d.bounded:
		return spareAsk
	}
	tier, spare := d.tier(left), spareAll
	for _, pos := range x.members {
		if l.need(tier, pos) < x.W {
			continue
		}
		if spare != spareAll {
			return spareNone
		}
		spare = l.asks[pos]
	}
	return spare
}

// standsWithout says whether a group stands without one of its members.
func (n *standings) standsWithout(g, i int32) bool {
	x := &n.groups[g]
	l := &n.b.lanes[n.lane[g]]
	d := &n.b.deals[l.deal]
	a := &n.b.asks[i]
	if x.U-a.units < d.minUnits {
		return false
	}
	W := x.W - d.weightOf(a)
	tier := d.tier(len(x.members) - 1)
	for _, pos := range x.members {
		if l.need(tier, pos) > W && l.asks[pos] != i {
			return false
		}
	}
	return true
}

// seatsOpen is the set of slots that a rota may use: its own, and those in
// which the provider has staff left.
func (n *standings) seatsOpen(d *deal, own *seating) (open uint64) {
	first := int(d.provider) * n.b.slots
	for rest := d.slots; rest != 0; rest &= rest - 1 {
		t := bits.TrailingZeros64(rest)
		if (own != nil && own[t] != 0) || n.used[first+t] < n.b.staff[first+t] {
			open |= 1 << t
		}
	}
	return open
}
