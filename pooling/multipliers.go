package pooling

import "math/bits"

// dual looks for the multipliers whose bound is least: one per demand, the
// price of serving it. For any prices no formation serves more than the sum of
// all prices plus, for each site, what its best groups are worth beyond the
// prices of their members (see [certified], which states the bound). A demand
// that several sites want at its price is too cheap, one that none wants too
// dear.
//
// Prices move by the volume algorithm: along the mean of recent deviations
// rather than the last one, from the best prices so far.
//
// Sources: Held and Karp 1971 (Lagrangian bounds); Geoffrion 1974; Barahona
// and Anbil 2000, "The volume algorithm", Mathematical Programming 87. Whole
// numbers only, so that every machine finds the same.
type dual struct {
	st     *search
	wanted []int32 // by demand: groups that want it at the present prices
	mean   []int32 // by demand: mean of wanted, in units of 1/priceOne
	best   []int32 // prices of the least bound so far
	bound  int64   // the least so far, in units of 1/priceOne

	step     int64 // thousandths of the Polyak step
	mix      int64 // thousandths of the mean that are renewed
	failures int
	tops     []topGroup
	order    []int32
}

// topGroup is one of the best groups of a site.
type topGroup struct {
	lane    int32
	value   int64
	members []int32
}

const startPrice = priceOne * 8 / 10

func newDual(st *search) *dual {
	n := len(st.b.asks)
	du := &dual{st: st, wanted: make([]int32, n), mean: make([]int32, n), best: make([]int32, n), step: 1000, mix: 100}
	for i := range st.price {
		st.price[i] = 0
		if len(st.b.entriesOf(int32(i))) > 0 {
			st.price[i] = startPrice
		}
	}
	st.orders = make([][]int32, len(st.b.lanes))
	for l := range st.orders {
		st.orders[l] = make([]int32, len(st.b.lanes[l].asks))
		for pos := range st.orders[l] {
			st.orders[l][pos] = int32(pos)
		}
	}
	du.bound = du.look()
	copy(du.best, st.price)
	for i, w := range du.wanted {
		du.mean[i] = w * priceOne
	}
	return du
}

// look computes the bound at the present prices, and who is wanted.
func (du *dual) look() int64 {
	st := du.st
	clear(du.wanted)
	bound := int64(0)
	for _, p := range st.price {
		bound += int64(p)
	}
	how := manner{all: true}
	for s := range st.b.sites {
		x := &st.b.sites[s]
		if x.groups == 1 {
			p := picked{}
			for _, l := range x.lanes {
				st.improvePick(l, &how, &p)
			}
			if p.value > 0 {
				bound += p.value
				asks := st.b.lanes[p.lane].asks
				for _, pos := range st.scratch.best {
					du.wanted[asks[pos]]++
				}
			}
			continue
		}
		bound += du.lookAtMany(x, &how)
	}
	return bound
}

// lookAtMany adds the best groups of a site with staff for several: of one lane
// the same group again and again.
func (du *dual) lookAtMany(x *site, how *manner) (sum int64) {
	st := du.st
	tops := du.tops[:0]
	for _, l := range x.lanes {
		p := picked{}
		st.improvePick(l, how, &p)
		if p.value > 0 {
			tops = append(tops, topGroup{l, p.value, append([]int32(nil), st.scratch.best...)})
		}
	}
	du.tops = tops
	for left := x.groups; left > 0; left-- {
		best := -1
		for k := range tops {
			if tops[k].value > 0 && (best < 0 || tops[k].value > tops[best].value) {
				best = k
			}
		}
		if best < 0 {
			break
		}
		t := &tops[best]
		asks := st.b.lanes[t.lane].asks
		sum += t.value
		for _, pos := range t.members {
			du.wanted[asks[pos]]++
		}
	}
	return sum
}

// iterate moves the prices once. served is what a formation is known to serve:
// no bound is below.
func (du *dual) iterate(served int) {
	st := du.st
	target := int64(served) * priceOne
	norm := int64(0)
	for i := range st.price {
		v := int64(priceOne-du.mean[i]) >> 10
		norm += v * v
	}
	if norm == 0 {
		return
	}
	gap := max(du.bound-target, priceOne/20)
	rate := mulDiv(du.step*gap/1000, 1<<16, norm) // priceOne is about 2^20
	for i := range st.price {
		if len(st.b.entriesOf(int32(i))) == 0 {
			continue
		}
		v := int64(priceOne - du.mean[i])
		p := int64(du.best[i]) - rate*v>>16
		st.price[i] = int32(min(max(p, 0), 1000*priceOne))
	}
	bound := du.look()
	ahead := int64(0) // whether the last deviation points as the mean does
	for i, w := range du.wanted {
		v := int64(priceOne - du.mean[i])
		ahead += v >> 10 * int64(1-w)
		du.mean[i] += int32(int64(w*priceOne-du.mean[i]) * du.mix / 1000)
	}
	switch {
	case bound < du.bound:
		du.bound, du.failures = bound, 0
		copy(du.best, st.price)
		if ahead > 0 {
			du.step = min(du.step*11/10, 2000)
		}
	default:
		if du.failures++; du.failures%10 == 0 {
			du.step = max(du.step*2/3, 1)
		}
	}
}

// mulDiv is a*b/c; all positive.
func mulDiv(a, b, c int64) int64 {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(q)
}

// settle is the incremental way: sites look one after another, and raise the
// prices of whom they want at once.
func (du *dual) settle(delta int32) {
	st := du.st
	for i := range st.price {
		if st.price[i] > 0 {
			st.price[i] = max(0, st.price[i]-delta)
		}
	}
	how := manner{all: true}
	n := len(st.b.sites)
	if len(du.order) != n {
		du.order = make([]int32, n)
		for k := range du.order {
			du.order[k] = int32(k)
		}
	}
	for k := n - 1; k > 0; k-- {
		j := st.dice.below(k + 1)
		du.order[k], du.order[j] = du.order[j], du.order[k]
	}
	for _, s := range du.order {
		x := &st.b.sites[s]
		for range x.groups {
			p := picked{}
			for _, l := range x.lanes {
				st.improvePick(l, &how, &p)
			}
			if p.value <= 0 {
				break
			}
			asks := st.b.lanes[p.lane].asks
			for _, pos := range st.scratch.best {
				st.price[asks[pos]] += delta
			}
		}
	}
}

// rebase takes the present prices as the best.
func (du *dual) rebase() {
	copy(du.best, du.st.price)
	du.bound = du.look()
	for i, w := range du.wanted {
		du.mean[i] = w * priceOne
	}
	du.step = 100
}
