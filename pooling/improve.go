package pooling

import "slices"

// Shares of the kinds of steps, in percent; the rest are exchanges.
const (
	rebuildPercent = 70
	raidPercent    = 15

	relatedMax = 6 // sites that are rebuilt together
)

// What the search of a small round does besides, led by [rents].
const (
	thriftOften     = 75 // percent of the groups opened that are valued by what they cost, while less net is the aim
	thriftSeldom    = 20 // percent of them while more served is the aim
	dissolvePercent = 5  // of the steps only close a group
	lessPercent     = 30 // of the sites rebuilt leave one closed
	rehouseDepth    = 2  // members that may be moved on to make one place
	notedEach       = 20 // steps after which the groups are noted as columns
)

// climate says which outcomes a searcher keeps although they are worse.
type climate struct {
	perDemand  int64 // what serving one demand is worth, in cents
	steal      int   // percent of the rebuilt groups that may take members whom others can spare
	thrift     int   // percent of the groups opened that are valued by what they cost, where rents are known
	heat, cool int64 // the most that an outcome may be worse by, in cents: at the first step, after the last
}

// improve takes a number of steps from the groups that stand: each step closes
// the groups of a few related sites and rebuilds, or exchanges single demands,
// and stays if the outcome is not worse by more than a threshold that falls
// with the steps.
//
// Sources: Shaw 1998, "Using constraint programming and local search methods
// to solve vehicle routing problems" (large neighbourhoods); Dueck and Scheuer
// 1990, "Threshold accepting". Integers only.
func (st *search) improve(f *field, steps int, c climate) {
	if len(f.sites) == 0 || len(f.asks) == 0 {
		return
	}
	st.steal, st.thrift = c.steal, c.thrift
	for k := range steps {
		threshold := int64(0)
		if c.heat > 0 {
			threshold = int64(st.dice.below(int(c.heat+(c.cool-c.heat)*int64(k)/int64(steps)) + 1))
		}
		st.step(f, c.perDemand, threshold)
		if st.columns != nil && k%notedEach == 0 {
			st.columns.note()
		}
	}
}

// step tries one change and says whether it stays.
func (st *search) step(f *field, perDemand, threshold int64) bool {
	served, net := st.served, st.net
	switch x := st.dice.below(100); {
	case st.rents != nil && st.dice.below(100) < dissolvePercent:
		st.dissolve(f)
	case x < rebuildPercent:
		st.rebuild(f)
	case x < rebuildPercent+raidPercent:
		st.raid(f)
	default:
		st.exchange(f)
	}
	if len(st.log) == 0 {
		return false
	}
	valid := st.settleNets()
	worse := int64(served-st.served)*perDemand + st.net - net
	if !valid || worse > threshold {
		st.undo(net)
		return false
	}
	st.commit()
	return true
}

// field is the part of a board that a searcher works on.
type field struct {
	sites []int32
	asks  []int32 // with at least one entry
}

// anyManner draws how the next groups are valued.
func (st *search) anyManner() manner {
	how := manner{salt: st.dice.next()}
	if st.rents != nil && st.dice.below(100) < st.thrift {
		st.anyThrift(&how)
		return how
	}
	switch st.dice.below(4) {
	case 0:
		how.weight = priceOne / 8 // multipliers decide among groups of one size
		how.noise = priceOne / 16
	case 1:
		how.weight = priceOne / 2
		how.noise = priceOne / 4
	case 2:
		how.weight = priceOne
		how.noise = priceOne / 4
	case 3:
		how.noise = priceOne / 2
		how.small = st.dice.below(2) == 0
	}
	return how
}

// anyThrift draws how the next groups are valued by what they cost: as the rents
// say, or less strictly, so that more of them seem worth it.
func (st *search) anyThrift(how *manner) {
	how.thrift = true
	switch st.dice.below(4) {
	case 0:
		how.weight, how.noise = priceOne, priceOne/8
	case 1:
		how.weight, how.noise, how.reward = priceOne, priceOne/2, priceOne/4
	case 2:
		how.weight, how.noise = priceOne*3/4, priceOne/4
	case 3:
		how.weight, how.noise = priceOne/2, priceOne
		how.small = st.dice.below(2) == 0
	}
}

// rebuild closes the groups of one to [relatedMax] related sites and opens groups there
// anew, then lets whoever lost a place join any open group.
func (st *search) rebuild(f *field) {
	chosen := st.related(f, 1+st.dice.below(relatedMax))
	s := &st.scratch
	s.freed = s.freed[:0]
	for _, site := range chosen {
		st.closeAll(site)
	}
	how := st.anyManner()
	how.steal = st.dice.below(100) < st.steal
	if st.dice.below(3) == 0 {
		st.openAny(chosen[st.dice.below(len(chosen))], how)
	}
	opened := chosen
	if n := len(chosen) - 1; st.rents != nil && n > 0 && st.dice.below(100) < lessPercent {
		chosen[0], chosen[n] = chosen[n], chosen[0] // where the step began
		opened = chosen[:n]
	}
	st.openIn(opened, &how)
	st.placeFreed()
	for _, site := range chosen {
		st.fillSite(site)
	}
}

// dissolve closes a group whose members others take.
func (st *search) dissolve(f *field) {
	i := f.asks[st.dice.below(len(f.asks))]
	if st.at[i] < 0 {
		return
	}
	st.scratch.freed = st.scratch.freed[:0]
	st.free(st.at[i])
	st.placeFreed()
}

// closeAll closes the groups of a site, and rotas of the same provider that
// use its slot; the members are in scratch.freed.
func (st *search) closeAll(site int32) {
	s := &st.b.sites[site]
	for g := s.group; g < s.group+s.groups; g++ {
		if st.lane[g] >= 0 {
			st.free(g)
		}
	}
}

// free closes a group; its members are in scratch.freed.
func (st *search) free(g int32) {
	asks := st.b.lanes[st.lane[g]].asks
	for _, pos := range st.groups[g].members {
		st.scratch.freed = append(st.scratch.freed, asks[pos])
	}
	st.end(g)
}

// openAny opens a group in a random lane of a site, however small: what the
// best group would never leave room for.
func (st *search) openAny(site int32, how manner) {
	lanes := st.b.sites[site].lanes
	how.small = true
	if p := st.pick(lanes[st.dice.below(len(lanes))], &how); p.fresh > 0 {
		st.found(p)
	}
}

// openIn opens groups in the lanes of some sites, the best first, as
// [search.construct] does. While a group is opened here nobody becomes free for
// another, so a pick whose members are all still to be had is still the best of
// its lane.
func (st *search) openIn(chosen []int32, how *manner) {
	plans := st.scratch.plans[:0]
	for _, site := range chosen {
		if st.freeGroup(site) < 0 {
			continue
		}
		for _, l := range st.b.sites[site].lanes {
			if p := st.pick(l, how); p.fresh > 0 {
				plans = slices.Grow(plans, 1)[:len(plans)+1] // and the memory of its members
				plans[len(plans)-1].keep(p)
			}
		}
	}
	st.scratch.plans = plans
	for len(plans) > 0 {
		top := 0
		for k := range plans {
			if plans[k].value > plans[top].value {
				top = k
			}
		}
		p := &plans[top]
		if st.freeGroup(st.b.lanes[p.lane].site) >= 0 {
			if !st.stillThere(p) {
				if again := st.pick(p.lane, how); again.fresh > 0 {
					p.keep(again)
					continue
				}
			} else if st.found(*p) {
				continue
			}
		}
		last := len(plans) - 1
		plans[top], plans[last] = plans[last], plans[top]
		plans = plans[:last]
	}
}

// keep copies a pick into memory of an earlier one.
func (p *picked) keep(from picked) {
	members := append(p.members[:0], from.members...)
	*p = from
	p.members = members
}

// stillThere says whether everybody of a pick can still be had, and its seats.
func (st *search) stillThere(p *picked) bool {
	if p.seats != nil {
		open := st.seatsOpen(&st.b.deals[st.b.lanes[p.lane].deal], nil)
		for t := range st.b.slots {
			if p.seats[t] != 0 && open>>t&1 == 0 {
				return false
			}
		}
	}
	asks := st.b.lanes[p.lane].asks
	taken := 0
	for _, pos := range p.members {
		if i := asks[pos]; st.at[i] >= 0 {
			if taken++; !st.canLeave(i) {
				return false
			}
		}
	}
	return taken <= len(p.members)-p.fresh
}

// insertAll lets demands that lost a place join open groups, in random order.
func (st *search) insertAll() {
	freed := st.scratch.freed
	for len(freed) > 0 {
		k := st.dice.below(len(freed))
		if i := freed[k]; st.at[i] < 0 {
			st.insert(i, false)
		}
		freed[k] = freed[len(freed)-1]
		freed = freed[:len(freed)-1]
	}
}

// rehouse finds a place for a demand in the groups that stand: in one of them,
// or in the place of a member for whom another is found, and so on (augmenting
// paths: Berge 1957). Each group is asked once.
func (st *search) rehouse(i int32, depth int) bool {
	if st.insert(i, false) {
		return true
	}
	if depth == 0 {
		return false
	}
	entries := st.b.entriesOf(i)
	first := st.dice.below(len(entries))
	for k := range entries {
		k += first
		if k >= len(entries) {
			k -= len(entries)
		}
		e := entries[k]
		if !st.mySite(e.site) || st.open[e.site] == 0 {
			continue
		}
		s := &st.b.sites[e.site]
		for g := s.group; g < s.group+s.groups; g++ {
			if st.lane[g] == e.lane && st.asked[g] != st.asking && st.takePlace(g, e, i, depth) {
				return true
			}
		}
	}
	return false
}

// takePlace lets a demand take the place of a member of a group, if that one
// finds another.
func (st *search) takePlace(g int32, e entry, i int32, depth int) bool {
	st.asked[g] = st.asking
	l := &st.b.lanes[e.lane]
	d := &st.b.deals[l.deal]
	x := &st.groups[g]
	n := len(x.members)
	if n == 0 || (d.plain() && l.need(d.tier(n), e.pos) > int64(n)) {
		return false
	}
	for k := n - 1; k >= 0; k-- { // whoever comes back comes last
		m := l.asks[x.members[k]]
		if len(st.b.entriesOf(m)) == 1 {
			continue
		}
		mark, net := len(st.log), st.net
		st.leave(m)
		if seats, ok := st.canJoin(g, e.pos); ok {
			st.admit(g, e.pos, seats)
			if st.rehouse(m, depth-1) {
				return true
			}
		}
		st.undoTo(mark)
		st.net = net
	}
	return false
}

// placeFreed lets demands that lost a place join open groups, in random order;
// with rents also in the place of others for whom one is found.
func (st *search) placeFreed() {
	if st.rents == nil {
		st.insertAll()
		return
	}
	if st.asked == nil {
		st.asked = make([]int32, len(st.groups))
	}
	freed := st.scratch.freed
	for len(freed) > 0 {
		k := st.dice.below(len(freed))
		if i := freed[k]; st.at[i] < 0 {
			st.asking++
			st.rehouse(i, rehouseDepth)
		}
		freed[k] = freed[len(freed)-1]
		freed = freed[:len(freed)-1]
	}
}

// fillSite lets unserved candidates join the groups of a site.
func (st *search) fillSite(site int32) {
	s := &st.b.sites[site]
	for g := s.group; g < s.group+s.groups; g++ {
		if st.lane[g] < 0 {
			continue
		}
		l := &st.b.lanes[st.lane[g]]
		first := st.dice.below(len(l.asks))
		for k := range l.asks {
			pos := int32(k + first)
			if int(pos) >= len(l.asks) {
				pos -= int32(len(l.asks))
			}
			if i := l.asks[pos]; !st.mine(i) || st.at[i] >= 0 {
				continue
			}
			if seats, ok := st.canJoin(g, pos); ok {
				st.admit(g, pos, seats)
			}
		}
	}
}

// related chooses up to n sites that share candidates: from a random site or an
// unserved demand, along lanes that demands have in common.
func (st *search) related(f *field, n int) []int32 {
	out := st.scratch.sites[:0]
	site := f.sites[st.dice.below(len(f.sites))]
	for range 4 {
		if i := f.asks[st.dice.below(len(f.asks))]; st.at[i] < 0 {
			if s := st.siteFor(i); s >= 0 {
				site = s
				break
			}
		}
	}
	out = append(out, site)
	for range 3 * n {
		if len(out) == n {
			break
		}
		lanes := st.b.sites[out[st.dice.below(len(out))]].lanes
		asks := st.b.lanes[lanes[st.dice.below(len(lanes))]].asks
		if s := st.siteFor(asks[st.dice.below(len(asks))]); s >= 0 && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	st.scratch.sites = out
	return out
}

// siteFor is a site where a demand is a candidate: by an even chance the one
// where it is served, else any; -1 when that is not this searcher's.
func (st *search) siteFor(i int32) int32 {
	if st.mine(i) && st.at[i] >= 0 && st.dice.below(2) == 0 {
		return st.b.lanes[st.lane[st.at[i]]].site
	}
	entries := st.b.entriesOf(i)
	if s := entries[st.dice.below(len(entries))].site; st.mySite(s) {
		return s
	}
	return -1
}

// raid opens a group of whoever suits it, served or not; groups that cannot
// stand without them close, and whoever lost a place looks for another.
func (st *search) raid(f *field) {
	s := &st.scratch
	s.freed, s.robbed = s.freed[:0], s.robbed[:0]
	site := f.sites[st.dice.below(len(f.sites))]
	if i := f.asks[st.dice.below(len(f.asks))]; st.at[i] < 0 {
		if own := st.siteFor(i); own >= 0 {
			site = own
		}
	}
	lanes := st.b.sites[site].lanes
	li := lanes[st.dice.below(len(lanes))]
	if st.freeGroup(site) < 0 {
		g := st.someGroup(site)
		if g < 0 {
			return
		}
		st.free(g)
	}
	how := st.anyManner()
	how.raid = true
	p := st.pick(li, &how)
	if p.value <= 0 {
		return
	}
	l := &st.b.lanes[li]
	members := append(s.trial[:0], p.members...)
	s.trial = members
	for _, pos := range members {
		if i := l.asks[pos]; st.at[i] >= 0 {
			if g := st.at[i]; !slices.Contains(s.robbed, g) {
				s.robbed = append(s.robbed, g)
			}
			st.leave(i)
		}
	}
	if !st.openWith(li, members, p.seats, st.b.deals[l.deal].rota) {
		return
	}
	sites := s.sites[:0]
	for _, g := range s.robbed {
		x := &st.groups[g]
		if _, ok := st.value(st.lane[g], x.members, x.W, x.U); !ok {
			sites = append(sites, st.b.lanes[st.lane[g]].site)
			st.free(g)
		}
	}
	s.sites = sites
	st.placeFreed()
	how = st.anyManner()
	for _, broken := range sites {
		st.openAt(broken, &how)
	}
}

// someGroup is a random group that stands at a site; -1 when none does.
func (st *search) someGroup(site int32) int32 {
	s := &st.b.sites[site]
	if s.groups == 0 {
		return -1
	}
	first := int32(st.dice.below(int(s.groups)))
	for k := range s.groups {
		if g := s.group + (first+k)%s.groups; st.lane[g] >= 0 {
			return g
		}
	}
	return -1
}

// exchange tries one small change: an unserved demand takes a place or puts a
// member out who finds another; a member moves; two members change places.
func (st *search) exchange(f *field) {
	i := f.asks[st.dice.below(len(f.asks))]
	if !st.mine(i) {
		return
	}
	entries := st.b.entriesOf(i)
	e := entries[st.dice.below(len(entries))]
	if !st.mySite(e.site) {
		return
	}
	g := st.someGroup(e.site)
	if g < 0 || st.lane[g] != e.lane || g == st.at[i] {
		return
	}
	from := st.at[i]
	if from >= 0 {
		st.leave(i)
	}
	if seats, ok := st.canJoin(g, e.pos); ok && st.dice.below(3) > 0 {
		st.admit(g, e.pos, seats)
		return
	}
	l := &st.b.lanes[e.lane]
	members := st.groups[g].members
	if len(members) == 0 {
		return
	}
	m := l.asks[members[st.dice.below(len(members))]]
	st.leave(m)
	if seats, ok := st.canJoin(g, e.pos); ok {
		st.admit(g, e.pos, seats)
	}
	if from >= 0 && st.dice.below(2) == 0 && st.swapInto(from, m) {
		return
	}
	st.insert(m, false)
	if st.at[i] < 0 {
		st.insert(i, false)
	}
}

// swapInto lets a demand join a group if it is a candidate of its lane.
func (st *search) swapInto(g, i int32) bool {
	if len(st.groups[g].members) == 0 {
		return false
	}
	pos, found := slices.BinarySearch(st.b.lanes[st.lane[g]].asks, i)
	if !found {
		return false
	}
	seats, ok := st.canJoin(g, int32(pos))
	if ok {
		st.admit(g, int32(pos), seats)
	}
	return ok
}
