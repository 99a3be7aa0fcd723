package pooling

import (
	"cmp"
	"math/bits"
	"slices"
)

// columns are groups that stood at some time of the search. The best of all
// formations made of them is found as a problem of its own: each was good in its
// place, and together they may be what the search never held at once.
//
// Sources: set partitioning over the columns of a local search, as Subramanian,
// Uchoa and Ochi 2013 (Computers & Operations Research 40) do for vehicle
// routes; multipliers and reduced costs as in Held and Karp 1971.
type columns struct {
	st    *search
	words int
	list  []column
	known map[uint64]bool // by hash
	next  int             // what is replaced next when there are columnsMax

	prices []int64 // by demand, in cents
}

// column is one group with what it is worth.
type column struct {
	lane, site int32
	members    []int32  // positions in the lane
	set        []uint64 // of demands
	value      int64    // what serving its members is worth less their net, in cents
	net        int64
	loss       int64 // how much any formation with it stays below the bound
}

// Limits of the columns kept, of those among which the best are chosen, and of
// the choices tried.
const (
	columnsMax  = 4000
	chosenMax   = 500
	choicesMax  = 2000
	columnSweep = 40
)

func (st *search) newColumns() *columns {
	return &columns{st: st, words: setWords(len(st.b.asks)), known: map[uint64]bool{}, prices: make([]int64, len(st.b.asks))}
}

// note keeps the groups that stand; rotas stay where they are.
func (p *columns) note() {
	st := p.st
	for g := range st.groups {
		if x := &st.groups[g]; st.lane[g] >= 0 && x.seats == nil {
			p.add(st.lane[g], x.members, x.net)
		}
	}
}

// try keeps a group of a lane if it stands, whatever stands now.
func (p *columns) try(lane int32, members []int32) {
	l := &p.st.b.lanes[lane]
	if p.st.b.deals[l.deal].rota {
		return
	}
	var W, U int64
	for _, pos := range members {
		W += l.share(pos)
		U += p.st.b.asks[l.asks[pos]].units
	}
	if net, ok := p.st.value(lane, members, W, U); ok {
		p.add(lane, members, net)
	}
}

// add keeps a group of a lane.
func (p *columns) add(lane int32, members []int32, net int64) {
	l := &p.st.b.lanes[lane]
	sum := uint64(lane)
	for _, pos := range members {
		one := dice(uint64(l.asks[pos]) ^ uint64(lane)<<32)
		sum += one.next()
	}
	if p.known[sum] {
		return
	}
	p.known[sum] = true
	if len(p.list) < columnsMax {
		p.list = append(p.list, column{set: make([]uint64, p.words)})
		p.next = len(p.list)
	}
	x := &p.list[(p.next+columnsMax-1)%columnsMax]
	p.next++
	x.lane, x.site, x.net, x.members = lane, l.site, net, append(x.members[:0], members...)
	clear(x.set)
	for _, pos := range members {
		x.set[l.asks[pos]/64] |= 1 << (l.asks[pos] % 64)
	}
}

// choice is the search among the columns.
type choice struct {
	*columns
	each     int64 // what serving a demand is worth
	room     []int32
	unused   []int64 // by site: what a group less costs
	fixed    []uint64
	missing  int // demands that may be left out
	bound    int64
	budget   int64 // that any better formation may stay below the bound
	nodes    int
	taken    []int32
	best     []int32
	improved bool
}

// recombine puts the best formation of the columns in the place of the groups
// that stand at some sites (nil: at all), if it serves as many and is worth more;
// whether it does. Other groups, and rotas, stay.
func (p *columns) recombine(sites []int32) bool {
	st := p.st
	b := st.b
	each := st.rents.worth * (rentReward / priceOne)
	kept := func(g int32) bool {
		return st.groups[g].seats != nil || sites != nil && !slices.Contains(sites, b.lanes[st.lane[g]].site)
	}
	c := &choice{columns: p, each: each, room: make([]int32, len(b.sites)), unused: make([]int64, len(b.sites)), fixed: make([]uint64, p.words)}
	served, now := 0, int64(0)
	for g := range st.groups {
		if st.lane[g] < 0 {
			continue
		}
		l := &b.lanes[st.lane[g]]
		x := &st.groups[g]
		if !kept(int32(g)) {
			served += len(x.members)
			now += each*int64(len(x.members)) - x.net
			continue
		}
		c.room[l.site]--
		for _, pos := range x.members {
			c.fixed[l.asks[pos]/64] |= 1 << (l.asks[pos] % 64)
		}
	}
	for s := range b.sites {
		x := &b.sites[s]
		if x.slot >= 0 {
			c.room[s] += min(x.groups, b.staff[st.staffAt(x)]-st.used[st.staffAt(x)]+st.open[s])
		}
	}
	all := make([]int32, 0, len(p.list))
	for k := range p.list {
		x := &p.list[k]
		if x.value = each*int64(len(x.members)) - x.net; !overlap(x.set, c.fixed) && c.room[x.site] > 0 {
			all = append(all, int32(k))
		}
	}
	slices.SortFunc(all, func(x, y int32) int { return cmp.Or(cmp.Compare(p.list[x].site, p.list[y].site), cmp.Compare(x, y)) })
	c.bound = c.price(all)
	c.budget = c.bound - now
	some := all[:0]
	for _, k := range all {
		if p.list[k].loss < c.budget {
			some = append(some, k)
		}
	}
	slices.SortStableFunc(some, func(x, y int32) int { return cmp.Compare(p.list[x].loss, p.list[y].loss) })
	some = some[:min(len(some), chosenMax)]
	left := make([]uint64, p.words)
	count := 0
	for _, k := range some {
		for w, set := range p.list[k].set {
			left[w] |= set
		}
	}
	for w := range left {
		count += bits.OnesCount64(left[w])
	}
	c.missing = count - served
	lost := int64(0)
	for i, u := range c.prices {
		if left[i/64]>>(i%64)&1 == 0 && c.fixed[i/64]>>(i%64)&1 == 0 {
			lost += u
		}
	}
	c.choose(some, left, c.missing, lost)
	if !c.improved {
		return false
	}
	for g := range st.groups {
		if st.lane[g] >= 0 && !kept(int32(g)) {
			st.end(int32(g))
		}
	}
	for _, k := range c.best {
		x := &p.list[k]
		g := st.start(x.lane)
		for _, pos := range x.members {
			st.join(g, pos)
		}
	}
	st.settleNets()
	st.commit()
	return true
}

func overlap(x, y []uint64) bool {
	for w := range x {
		if x[w]&y[w] != 0 {
			return true
		}
	}
	return false
}

// price finds prices of demands at which the bound on what columns can be worth
// together is low, and how much each column falls short of it.
func (c *choice) price(all []int32) int64 {
	r := c.st.rents
	for i := range c.prices {
		c.prices[i] = int64(r.of[i]) * r.worth / priceOne
	}
	first := max(1, c.each/20)
	for k := range columnSweep {
		left := int64(columnSweep - k)
		step := max(1, first*left/columnSweep*left/columnSweep)
		for i := range c.prices {
			c.prices[i] = max(0, c.prices[i]-step)
		}
		c.eachSite(all, func(site int32, list []int32) {
			for range c.room[site] {
				best, most := int32(-1), int64(0)
				for _, k := range list {
					if v := c.reduced(k); v > most {
						best, most = k, v
					}
				}
				if best < 0 {
					return
				}
				c.raise(best, step)
			}
		})
	}
	bound := int64(0)
	for i, u := range c.prices {
		if c.fixed[i/64]>>(i%64)&1 == 0 {
			bound += u
		}
	}
	var values []int64
	c.eachSite(all, func(site int32, list []int32) {
		values = values[:0]
		for _, k := range list {
			c.list[k].loss = c.reduced(k)
			values = append(values, max(0, c.list[k].loss))
		}
		slices.SortFunc(values, func(x, y int64) int { return cmp.Compare(y, x) })
		n := int(c.room[site])
		for _, v := range values[:min(n, len(values))] {
			bound += v
		}
		if n <= len(values) {
			c.unused[site] = values[n-1]
		}
		for _, k := range list {
			c.list[k].loss = max(0, c.unused[site]-c.list[k].loss)
		}
	})
	return bound
}

func (c *choice) eachSite(all []int32, do func(site int32, list []int32)) {
	for len(all) > 0 {
		n := 1
		for n < len(all) && c.list[all[n]].site == c.list[all[0]].site {
			n++
		}
		do(c.list[all[0]].site, all[:n])
		all = all[n:]
	}
}

func (c *choice) reduced(k int32) int64 {
	x := &c.list[k]
	v := x.value
	asks := c.st.b.lanes[x.lane].asks
	for _, pos := range x.members {
		v -= c.prices[asks[pos]]
	}
	return v
}

func (c *choice) raise(k int32, step int64) {
	x := &c.list[k]
	asks := c.st.b.lanes[x.lane].asks
	for _, pos := range x.members {
		c.prices[asks[pos]] += step
	}
}

// choose decides about one demand after another, the one with fewest columns
// first: which of them it is in, or none. What is lost against the bound must
// stay within the budget.
func (c *choice) choose(list []int32, left []uint64, missing int, lost int64) {
	if c.nodes++; c.nodes > choicesMax || lost >= c.budget || missing < 0 {
		return
	}
	counts := make([]int32, len(c.prices))
	for _, k := range list {
		asks := c.st.b.lanes[c.list[k].lane].asks
		for _, pos := range c.list[k].members {
			counts[asks[pos]]++
		}
	}
	left = slices.Clone(left)
	ask, fewest := int32(-1), int32(0)
	for w, rest := range left {
		for ; rest != 0; rest &= rest - 1 {
			i := int32(w*64 + bits.TrailingZeros64(rest))
			switch n := counts[i]; {
			case n == 0: // left out
				left[w] &^= 1 << (i % 64)
				missing--
				lost += c.prices[i]
			case ask < 0 || n < fewest || (n == fewest && c.prices[i] > c.prices[ask]):
				ask, fewest = i, n
			}
		}
	}
	if missing < 0 || lost >= c.budget {
		return
	}
	if ask < 0 {
		c.finish()
		return
	}
	with := make([]int32, 0, fewest)
	for _, k := range list {
		if c.list[k].set[ask/64]>>(ask%64)&1 == 1 {
			with = append(with, k)
		}
	}
	rest := make([]int32, 0, len(list))
	for _, k := range with { // in the order of loss
		x := &c.list[k]
		c.room[x.site]--
		rest = rest[:0]
		for _, other := range list {
			y := &c.list[other]
			if !overlap(x.set, y.set) && c.room[y.site] > 0 && lost+x.loss+y.loss < c.budget {
				rest = append(rest, other)
			}
		}
		now := slices.Clone(left)
		for w := range now {
			now[w] &^= x.set[w]
		}
		c.taken = append(c.taken, k)
		c.choose(slices.Clone(rest), now, missing, lost+x.loss)
		c.taken = c.taken[:len(c.taken)-1]
		c.room[x.site]++
	}
	rest = rest[:0]
	for _, k := range list {
		if c.list[k].set[ask/64]>>(ask%64)&1 == 0 {
			rest = append(rest, k)
		}
	}
	left[ask/64] &^= 1 << (ask % 64)
	c.choose(rest, left, missing-1, lost+c.prices[ask])
}

// finish takes what was chosen if it is worth more than the best so far.
func (c *choice) finish() {
	value := int64(0)
	for _, k := range c.taken {
		value += c.list[k].value
	}
	if c.bound-value < c.budget {
		c.budget = c.bound - value
		c.best = append(c.best[:0], c.taken...)
		c.improved = true
	}
}
