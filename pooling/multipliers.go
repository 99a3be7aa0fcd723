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
	worth  []int64 // by site, while prices descend one by one
	trial  []int64
	bans   [][]bool  // by lane and position: who may not be wanted; nil without cases
	seen   [][]int32 // by lane and position: how often wanted lately; nil without cases
}

// topGroup is the best group of one lane of a site with staff for several, and
// what several could be worth: no more than the positive values of all.
type topGroup struct {
	lane     int32
	value    int64
	members  []int32
	positive []int32 // candidates worth something, the most first
	most     []int64 // by number of groups from 0 on
	groups   int     // counted
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
	st.newOrders()
	return m
}

// newOrders lists the candidates of each lane as they come.
func (st *search) newOrders() {
	st.orders = make([][]int32, len(st.b.lanes))
	for l := range st.orders {
		st.orders[l] = make([]int32, len(st.b.lanes[l].asks))
		for pos := range st.orders[l] {
			st.orders[l][pos] = int32(pos)
		}
	}
}

// stepOf is the step of the k-th of n sweeps. After the first few, by which n
// may be chosen, it falls with the square of what is left: small steps at the
// end are what finds the optimum, and large ones at the start its region.
func stepOf(k, n int) int32 {
	if k < sweepsTried {
		return priceStep
	}
	left, all := int64(max(1, n-k)), int64(max(1, n-sweepsTried))
	return int32(max(1, priceStep*left/all*left/all))
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
// the same group again and again, while all positive values allow it.
func (m *market) lookAtMany(x *site) (sum int64) {
	m.tops = m.tops[:0]
	for _, l := range x.lanes {
		p := picked{}
		m.st.improvePick(l, &m.how, &p)
		if p.value > 0 {
			m.addTop(l, p.value, int(x.groups))
		}
	}
	for range x.groups {
		best, most := -1, int64(0)
		for k := range m.tops {
			t := &m.tops[k]
			if add := t.most[t.groups+1] - t.most[t.groups]; add > most {
				best, most = k, add
			}
		}
		if best < 0 {
			break
		}
		m.tops[best].groups++
		sum += most
	}
	for k := range m.tops {
		switch t := &m.tops[k]; {
		case t.groups == 0:
		case t.most[t.groups] < int64(t.groups)*t.value:
			m.want(t.lane, t.positive[:min(len(t.positive), t.groups*m.st.b.deals[m.st.b.lanes[t.lane].deal].max)])
		default:
			for range t.groups {
				m.want(t.lane, t.members)
			}
		}
	}
	return sum
}

// addTop notes the best group of a lane, whose members are in scratch.best and
// whose candidates are in scratch.keys by value.
func (m *market) addTop(lane int32, value int64, groups int) {
	if len(m.tops) < cap(m.tops) {
		m.tops = m.tops[:len(m.tops)+1]
	} else {
		m.tops = append(m.tops, topGroup{})
	}
	t := &m.tops[len(m.tops)-1]
	d := &m.st.b.deals[m.st.b.lanes[lane].deal]
	t.lane, t.value, t.groups = lane, value, 0
	t.members = append(t.members[:0], m.st.scratch.best...)
	t.positive, t.most = t.positive[:0], append(t.most[:0], 0)
	sum, left := int64(0), len(m.st.scratch.keys)/d.min // more groups than that cannot be filled
	for _, key := range m.st.scratch.keys {
		v := valueOfKey(key)
		if v <= 0 {
			break
		}
		sum += int64(v)
		if t.positive = append(t.positive, int32(uint32(key))); len(t.positive) == len(t.most)*d.max && len(t.most) <= groups {
			t.most = append(t.most, min(int64(len(t.most))*value, sum))
		}
	}
	for len(t.most) <= groups+1 {
		t.most = append(t.most, min(int64(min(len(t.most), left))*value, sum))
	}
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

// startDescent looks once more from the best prices.
func (m *market) startDescent() {
	copy(m.st.price, m.best)
	m.worth = make([]int64, len(m.st.b.sites))
	m.bound = 0
	for _, p := range m.st.price {
		m.bound += int64(p)
	}
	for s := range m.worth {
		m.worth[s] = m.worthOf(int32(s))
		m.bound += m.worth[s]
	}
}

// worthOf is what the groups of a site are worth at the present prices.
func (m *market) worthOf(s int32) int64 {
	if x := &m.st.b.sites[s]; x.groups > 1 {
		return m.lookAtMany(x)
	} else if p := m.bestOf(x); p.value > 0 {
		return p.value
	}
	return 0
}

// descend moves one price after another by a step, where that lowers the bound;
// whether any. Only the sites that could serve a demand notice its price, so a
// trial costs little, and where the steps of [market.polish] circle around the
// optimum these still come nearer.
func (m *market) descend(step int32) bool {
	before := m.bound
	for i := range m.st.price {
		if !m.nudge(int32(i), -step) {
			m.nudge(int32(i), step)
		}
	}
	return m.bound < before
}

func (m *market) nudge(i, step int32) bool {
	st := m.st
	entries := st.b.entriesOf(i)
	p := st.price[i]
	if len(entries) == 0 || p+step < 0 || p+step > priceMax {
		return false
	}
	st.price[i] = p + step
	change, last := int64(step), int32(-1)
	m.trial = m.trial[:0]
	for _, e := range entries {
		if e.site == last {
			continue
		}
		last = e.site
		now := m.worthOf(last)
		m.trial = append(m.trial, now)
		change += now - m.worth[last]
	}
	if change >= 0 {
		st.price[i] = p
		return false
	}
	k := 0
	last = -1
	for _, e := range entries {
		if e.site != last {
			last = e.site
			m.worth[last] = m.trial[k]
			k++
		}
	}
	m.bound += change
	m.best[i] = st.price[i]
	return true
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
