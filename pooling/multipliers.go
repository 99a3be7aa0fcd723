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
	group    []uint64 // by site: what it wanted last
	streak   []int32  // by site: for how many iterations
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
	du := &dual{st: st, wanted: make([]int32, n), mean: make([]int32, n), best: make([]int32, n), step: 1000, mix: 100, group: make([]uint64, len(st.b.sites)), streak: make([]int32, len(st.b.sites))}
	for i := range st.price {
		st.price[i] = 0
		if len(st.b.entriesOf(int32(i))) > 0 {
			st.price[i] = startPrice
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
	for i, p := range st.price {
		if st.at[i] >= 0 {
			bound += priceOne
			du.wanted[i] = 1
		} else {
			bound += int64(p)
		}
	}
	how := manner{all: true}
	for s := range st.b.sites {
		x := &st.b.sites[s]
		free := x.groups - st.open[s]
		if free == 0 {
			continue
		}
		if free == 1 {
			p := picked{}
			for _, l := range x.lanes {
				st.improvePick(l, &how, &p)
			}
			if p.value > 0 {
				bound += p.value
				asks := st.b.lanes[p.lane].asks
				hash := uint64(p.lane)
				for _, pos := range st.scratch.best {
					du.wanted[asks[pos]]++
					hash += (uint64(pos)<<20 + uint64(p.lane) + 1) * 0x9e3779b97f4a7c15
				}
				du.note(s, hash)
			}
			continue
		}
		bound += du.lookAtMany(s, free, &how)
	}
	return bound
}

// lookAtMany adds the best groups of a site with staff for several: of one lane
// the same group again and again.
func (du *dual) lookAtMany(s int, left int32, how *manner) (sum int64) {
	st := du.st
	x := &st.b.sites[s]
	hash := uint64(0)
	tops := du.tops[:0]
	for _, l := range x.lanes {
		p := picked{}
		st.improvePick(l, how, &p)
		if p.value > 0 {
			tops = append(tops, topGroup{l, p.value, append([]int32(nil), st.scratch.best...)})
		}
	}
	du.tops = tops
	for left > 0 {
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
			hash += (uint64(pos)<<20 + uint64(t.lane) + 1) * 0x9e3779b97f4a7c15
		}
		left--
	}
	du.note(s, hash)
	return sum
}

func (du *dual) note(s int, hash uint64) {
	if du.group[s] == hash {
		du.streak[s]++
	} else {
		du.group[s], du.streak[s] = hash, 0
	}
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

// dive opens groups one after another where the multipliers want them most
// steadily, and lets the multipliers of what is left follow.
func (du *dual) dive(its int) {
	st := du.st
	full := manner{weight: priceOne}
	for {
		for range its {
			du.iterate(st.served)
		}
		best, most := int32(-1), int32(-1)
		for s := range st.b.sites {
			if st.freeGroup(int32(s)) < 0 {
				continue
			}
			k := du.streak[s]*8 + int32(st.dice.below(8*its/4+1))
			if k > most {
				best, most = int32(s), k
			}
		}
		if best < 0 || !st.openAt1(best, &full) {
			// try any
			ok := false
			for s := range st.b.sites {
				if st.openAt1(int32(s), &full) {
					ok = true
					break
				}
			}
			if !ok {
				return
			}
		}
		st.settleNets()
		st.commit()
		du.refresh()
	}
}

// refresh starts the bound anew after groups have opened.
func (du *dual) refresh() {
	st := du.st
	copy(st.price, du.best)
	du.bound = du.look()
	for i := range du.mean {
		if st.at[i] >= 0 {
			du.mean[i] = priceOne
		}
	}
	du.step = max(du.step, 100)
}

func (st *search) openAt1(site int32, how *manner) bool {
	if st.freeGroup(site) < 0 {
		return false
	}
	best, most := int32(-1), int64(0)
	for _, l := range st.b.sites[site].lanes {
		if p := st.pick(l, how); p.fresh > 0 && p.value > most {
			best, most = l, p.value
		}
	}
	return best >= 0 && st.found(st.pick(best, how))
}
