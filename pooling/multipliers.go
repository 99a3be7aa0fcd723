package pooling

import "math/bits"

// market looks for the multipliers whose bound is least: a price for each
// demand. For any prices no formation serves more than the sum of all prices
// plus, for each site, what its best groups are worth beyond the prices of
// their members ([certified] states the bound). A demand that several sites
// want at its price is too cheap, one that no site wants too dear.
//
// In a sweep every price falls by a step, and the sites, one after another in
// random order, raise by it the prices of those whom they want at the prices
// that they find (incremental subgradient steps, which come near the optimum
// in a tenth of the time of full ones: Nedić and Bertsekas 2001, SIAM Journal
// on Optimization 12). Small rounds, in which a hundredth of a demand decides
// about a proof, are then polished by the volume algorithm (Barahona and Anbil
// 2000, Mathematical Programming 87).
//
// Whole numbers only, so that every machine finds the same. What a price is
// found by need not be exact: whatever it is, the certificate is.
type market struct {
	st    *search
	order []int32 // of the sites in a sweep
	how   manner

	bound  int64   // the least seen, in units of 1/priceOne
	best   []int32 // its prices
	wanted []int32 // by demand: groups that want it
	mean   []int32 // by demand: mean of wanted, in units of 1/priceOne
	step   int64   // thousandths of a Polyak step
	missed int     // looks without a lower bound
	tops   []topGroup
	bans   [][]bool  // by lane and position: who may not be wanted; nil without cases
	seen   [][]int32 // by lane and position: how often wanted lately; nil without cases
}

// topGroup is the best group of one lane of a site.
type topGroup struct {
	lane    int32
	value   int64
	members []int32
}

// Prices at the start, and the first step of the sweeps. A demand costs about
// what a site pays for one of the members of a full group.
const (
	priceStart = priceOne * 8 / 10
	priceStep  = priceOne / 10
)

func newMarket(st *search) *market {
	b := st.b
	m := &market{st: st, order: make([]int32, len(b.sites)), how: manner{all: true}, best: make([]int32, len(b.asks)), step: 1000}
	for s := range m.order {
		m.order[s] = int32(s)
	}
	for i := range st.price {
		st.price[i] = 0
		if len(b.entriesOf(int32(i))) > 0 {
			st.price[i] = priceStart
		}
	}
	st.orders = make([][]int32, len(b.lanes))
	for l := range st.orders {
		st.orders[l] = make([]int32, len(b.lanes[l].asks))
		for pos := range st.orders[l] {
			st.orders[l][pos] = int32(pos)
		}
	}
	return m
}

// stepOf is the step of the k-th of n sweeps: after the first few, by which n
// may be chosen, it falls geometrically to about a hundredth.
func stepOf(k, n int) int32 {
	step := int64(priceStep)
	keep := int64(1<<20) - int64(1<<20)*460/100/int64(max(n-sweepsTried, 5)) // 1 - ln(100)/n
	for range k - sweepsTried {
		step = step * keep >> 20
	}
	return int32(max(step, 1))
}

// sweep moves all prices by a step down, and those that are wanted up.
func (m *market) sweep(step int32) {
	st := m.st
	for i, p := range st.price {
		st.price[i] = max(0, p-step)
	}
	for k := len(m.order) - 1; k > 0; k-- {
		j := st.dice.below(k + 1)
		m.order[k], m.order[j] = m.order[j], m.order[k]
	}
	for _, s := range m.order {
		x := &st.b.sites[s]
		for range x.groups {
			p := m.bestOf(x)
			if p.value <= 0 {
				break
			}
			asks := st.b.lanes[p.lane].asks
			for _, pos := range st.scratch.best {
				st.price[asks[pos]] += step
			}
		}
	}
}

// bestOf is the group that a site values most at the present prices; its
// members are in scratch.best.
func (m *market) bestOf(x *site) (p picked) {
	for _, l := range x.lanes {
		m.st.improvePick(l, &m.how, &p)
	}
	return p
}

// look computes the bound at the present prices, and who is wanted.
func (m *market) look() int64 {
	st := m.st
	clear(m.wanted)
	m.forget()
	bound := int64(0)
	for _, p := range st.price {
		bound += int64(p)
	}
	for s := range st.b.sites {
		x := &st.b.sites[s]
		if x.groups > 1 {
			bound += m.lookAtMany(x)
			continue
		}
		if p := m.bestOf(x); p.value > 0 {
			bound += p.value
			m.want(p.lane, st.scratch.best)
		}
	}
	return bound
}

// want counts the members of a group as wanted.
func (m *market) want(lane int32, members []int32) {
	asks := m.st.b.lanes[lane].asks
	for _, pos := range members {
		m.wanted[asks[pos]]++
		if m.seen != nil {
			m.seen[lane][pos] += askedAll / seenLooks
		}
	}
}

// seenLooks is over how many looks the mean of what is wanted is taken.
const seenLooks = 16

// forget lets earlier looks count less.
func (m *market) forget() {
	for _, lane := range m.seen {
		for pos := range lane {
			lane[pos] -= lane[pos] / seenLooks
		}
	}
}

// lookAtMany adds the best groups of a site with staff for several: of one lane
// the same group again and again.
func (m *market) lookAtMany(x *site) (sum int64) {
	st := m.st
	tops := m.tops[:0]
	for _, l := range x.lanes {
		p := picked{}
		st.improvePick(l, &m.how, &p)
		if p.value > 0 {
			tops = append(tops, topGroup{l, p.value, append([]int32(nil), st.scratch.best...)})
		}
	}
	m.tops = tops
	for range x.groups {
		best := -1
		for k := range tops {
			if best < 0 || tops[k].value > tops[best].value {
				best = k
			}
		}
		if best < 0 {
			break
		}
		t := &tops[best]
		sum += t.value
		m.want(t.lane, t.members)
	}
	return sum
}

// startPolish takes the present prices as the best so far.
func (m *market) startPolish() {
	n := len(m.st.price)
	m.wanted, m.mean = make([]int32, n), make([]int32, n)
	m.bound = m.look()
	copy(m.best, m.st.price)
	for i, w := range m.wanted {
		m.mean[i] = w * priceOne
	}
}

// polish moves the prices once, from the best so far along the mean of recent
// deviations. served is what a formation is known to serve: no bound is below.
func (m *market) polish(served int) {
	st := m.st
	norm := int64(0)
	for i := range st.price {
		v := int64(priceOne-m.mean[i]) >> 10
		norm += v * v
	}
	if norm == 0 {
		return
	}
	gap := max(m.bound-int64(served)*priceOne, priceOne/20)
	rate := mulDiv(m.step*gap/1000, 1<<16, norm) // priceOne is about 2^20
	for i := range st.price {
		if p := m.best[i]; p > 0 || len(st.b.entriesOf(int32(i))) > 0 {
			st.price[i] = int32(min(max(int64(p)-rate*int64(priceOne-m.mean[i])>>16, 0), priceMax))
		}
	}
	bound := m.look()
	ahead := int64(0) // whether the last deviation points as the mean does
	for i, w := range m.wanted {
		ahead += int64(priceOne-m.mean[i]) >> 10 * int64(1-w)
		m.mean[i] += (w*priceOne - m.mean[i]) / 10
	}
	if bound < m.bound {
		m.bound, m.missed = bound, 0
		copy(m.best, st.price)
		if ahead > 0 {
			m.step = min(m.step*11/10+1, 2000)
		}
	} else if m.missed++; m.missed%10 == 0 {
		m.step = max(m.step*2/3, 1)
	}
}

// priceMax keeps values within 32 bits: a demand is worth at most the largest
// group.
const priceMax = 1000 * priceOne

// certificate writes the present prices down; those of a large round rounded.
func (m *market) certificate() *Certificate {
	if len(m.st.price) > coarseFrom {
		return &Certificate{Denominator: coarseOne, Multipliers: coarse(m.st.price)}
	}
	c := &Certificate{Denominator: priceOne, Multipliers: make([]int64, len(m.st.price))}
	for i, p := range m.st.price {
		c.Multipliers[i] = int64(p)
	}
	return c
}

// coarseFrom is the number of demands from which multipliers are rounded.
const coarseFrom = 5000

// mulDiv is a*b/c; all positive.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(q)
}
