package pooling

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"colletta/money"
)

// Effort says how long [Form] searches, and for what: more effort serves more
// and proves more.
type Effort string

// The efforts. The zero value is [EffortNormal].
const (
	EffortFast   Effort = "fast"   // a valid round quickly, without a bound
	EffortNormal Effort = "normal" // improved, with a certified bound
	EffortHigh   Effort = "high"   // several times the work of normal
)

// Options tune [Form]. The zero value is right for every round.
type Options struct {
	Seed    uint64 // of the search; other seeds may find other groups of like quality
	Effort  Effort
	Workers int // goroutines; 0 = 1. They change how soon the result is there, never the result.

	// Spent says how many thousandths of the time allowed are over; at 1000 the
	// search stops. With it the effort is only an upper bound, and the
	// formation says in Work what was done; nil never stops. The package reads
	// no clock itself.
	Spent func() int
	// Work repeats exactly the work that an earlier formation of the same
	// snapshot and seed reports, whatever Effort and Spent say; nil plans anew.
	Work *Work
	// Progress, when not nil, is told now and then how far the search is, from
	// the goroutine that called Form.
	Progress func(Progress)
}

// Work counts what a search did, so that it can be repeated to the byte. Its
// zero value is no work beyond the first construction.
type Work struct {
	Multipliers int // iterations on the multipliers of the bound
	Waves       int // waves of improvement
	Nodes       int // nodes of the exact search
}

// Progress is how far a search is.
type Progress struct {
	Phase  string // "groups", "bound", "improve", "proof"
	Done   int    // thousandths of the whole work
	Served int    // so far
	Bound  int    // so far; 0 while none is known
}

// Form chooses the pools of a round: as many demands served as it can find,
// then the least total net, then the least travel. It is total and
// deterministic: the same snapshot and options give the same formation.
//
// Whatever it finds obeys every rule that [Check] knows; no demand that is
// left out could join an open pool, and no free staff could run a pool of
// demands left out (exact for equal splits and rotas up to 11 candidates, else
// as far as a few orders of filling show).
//
// The error is that of [Validate].
func Form(s *Snapshot, opt Options) (*Formation, error) {
	if err := Validate(s); err != nil {
		return nil, err
	}
	b := newBoard(s, opt.Workers)
	st := newSearch(b, opt.Seed)
	f := st.wholeField()
	for i := range st.price {
		st.price[i] = 3000 * int32(min(127, len(b.entriesOf(int32(i)))))
	}
	st.construct(b.allLanes())
	st.stealOpen(f.sites)
	st.sweep()
	steps := defaultSteps(len(s.Demands))
	switch {
	case opt.Work != nil:
		steps = opt.Work.Waves
	case opt.Effort == EffortFast:
		steps = 0
	case opt.Effort == EffortHigh:
		steps *= 4
	}
	du := newDual(st)
	delta := int64(priceOne / 10)
	for range labInt("SWEEPS", 100) {
		du.settle(int32(delta))
		delta = max(delta*int64(labInt("Q", 955))/1000, 1)
	}
	du.rebase()
	for range labInt("VOL", 0) {
		du.iterate(st.served)
	}
	copy(st.price, du.best)
	worth := st.meanLimit()
	st.improve(f, steps, climate{perDemand: worth * int64(labInt("PER", 2000)) / 100, heat: worth * int64(labInt("HEAT", 20)) / 100})
	st.settleDown()
	st.sweep()
	out := st.formation()
	out.Work = Work{Waves: steps}
	out.Bound = &Bound{Served: int(du.bound / priceOne)}
	return out, nil
}

func defaultSteps(demands int) int { return labInt("STEPS", 100_000) }

// wholeField is all there is.
func (st *search) wholeField() *field {
	f := &field{}
	for s := range st.b.sites {
		f.sites = append(f.sites, int32(s))
	}
	for i := range st.b.asks {
		if len(st.b.entriesOf(int32(i))) > 0 {
			f.asks = append(f.asks, int32(i))
		}
	}
	return f
}

func (b *board) allLanes() []int32 {
	all := make([]int32, len(b.lanes))
	for l := range all {
		all[l] = int32(l)
	}
	return all
}

// meanLimit is the mean of what demands accept, in cents.
func (st *search) meanLimit() int64 {
	var sum int64
	for i := range st.b.asks {
		sum += min(st.b.asks[i].limit, int64(money.Max))
	}
	return sum / int64(max(len(st.b.asks), 1))
}

// formation writes down the groups that stand, at the hosts with least travel,
// with exact shares.
func (st *search) formation() *Formation {
	s := st.b.s
	f := &Formation{Version: s.Version, Round: s.Round.ID, Pools: []Pool{}, Totals: &Totals{}}
	var open []int32
	for g := range st.groups {
		if st.lane[g] >= 0 {
			slices.Sort(st.groups[g].members)
			open = append(open, int32(g))
		}
	}
	first := func(g int32) int32 { return st.b.lanes[st.lane[g]].asks[st.groups[g].members[0]] }
	slices.SortFunc(open, func(x, y int32) int {
		p, q := &st.b.lanes[st.lane[x]], &st.b.lanes[st.lane[y]]
		return cmp.Or(cmp.Compare(p.deal, q.deal), cmp.Compare(p.slot, q.slot), cmp.Compare(first(x), first(y)))
	})
	households := index(s.Households, func(h *Household) string { return h.ID })
	for k, g := range open {
		st.addPool(f, fmt.Sprintf("pool-%d", k+1), g, households)
	}
	return f
}

func (st *search) addPool(f *Formation, id string, g int32, households map[string]int32) {
	s, x, l := st.b.s, &st.groups[g], &st.b.lanes[st.lane[g]]
	o := &s.Offers[l.deal]
	host, travel := st.bestHost(g)
	tier := tierAt(o.Tiers, len(x.members))
	sharers := make([]sharer, len(x.members))
	for k, pos := range x.members {
		i := l.asks[pos]
		a, d := &st.b.asks[i], &s.Demands[i]
		sharers[k] = sharer{d.ID, a.units, splitWeight(o.Split, a.units, a.weight), s.Households[households[d.Household]].OddCents, a.voucher}
	}
	pool := Pool{ID: id, Offer: o.ID, Host: s.Communities[host].ID, Cost: costOf(tier, len(x.members), x.U)}
	if l.slot >= 0 {
		pool.Slot = s.Slots[l.slot].ID
	}
	for k, b := range bills(s.Round.ID, tier, sharers) {
		m := Member{Demand: sharers[k].demand, Share: b.share, Subsidy: b.subsidy, Net: b.share - b.subsidy}
		if v := sharers[k].voucher; v != nil {
			m.Programme = v.Programme
		}
		if x.seats != nil {
			for t := range s.Slots {
				if x.seats[t] == l.asks[x.members[k]]+1 {
					m.Slots = append(m.Slots, s.Slots[t].ID)
				}
			}
		}
		pool.Members = append(pool.Members, m)
		f.Totals.Net += m.Net
		f.Totals.Subsidy += m.Subsidy
	}
	f.Pools = append(f.Pools, pool)
	f.Totals.Served += len(x.members)
	f.Totals.Cost += pool.Cost
	f.Totals.DistanceM += travel
}

// bestHost is the community in the area, within reach of every member, to
// which they travel least; the earlier in the snapshot among equals.
func (st *search) bestHost(g int32) (host int32, travel int64) {
	l := &st.b.lanes[st.lane[g]]
	d := &st.b.deals[l.deal]
	host, travel = -1, math.MaxInt64
	for _, h := range d.hosts {
		at := &st.b.s.Communities[h]
		sum, reached := int64(0), true
		for _, pos := range st.groups[g].members {
			a := &st.b.asks[l.asks[pos]]
			if reached = st.b.near(d, a, h); !reached {
				break
			}
			sum += distance(a.x-at.XM, a.y-at.YM)
		}
		if reached && sum < travel {
			host, travel = h, sum
		}
	}
	return host, travel
}

// distance is the length of a way, rounded down to the metre.
func distance(dx, dy int64) int64 {
	square := dx*dx + dy*dy
	if square == 0 {
		return 0
	}
	root := int64(1) << 31 // above any root: |dx|, |dy| <= 2*CoordinateMaxM
	for {
		next := (root + square/root) / 2 // Newton, from above
		if next >= root {
			return root
		}
		root = next
	}
}
