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
	b := newBoard(s)
	st := newSearch(b, opt.Seed)
	st.construct()
	st.stealOpen()
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
	st.improve(steps, st.meanLimit(), len(s.Demands) <= annealedMax)
	st.settleDown()
	st.sweep()
	f := st.formation()
	f.Work = Work{Waves: steps}
	return f, nil
}

// annealedMax is the number of demands up to which the search may pass through
// worse outcomes; beyond, keeping the best would cost more than it gains.
const annealedMax = 3000

// defaultSteps grows with a small round, keeps one of 1,500 demands under a
// second and one of fifty thousand under a minute.
func defaultSteps(demands int) int {
	return max(min(3_000*demands, 240_000-100*demands), 20_000+4*demands)
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
		if x := &st.groups[g]; x.cell >= 0 {
			slices.Sort(x.members)
			open = append(open, int32(g))
		}
	}
	slices.SortFunc(open, func(x, y int32) int {
		p, q := &st.groups[x], &st.groups[y]
		c, d := &st.b.cells[p.cell], &st.b.cells[q.cell]
		return cmp.Or(cmp.Compare(c.deal, d.deal), cmp.Compare(c.slot, d.slot), cmp.Compare(p.members[0], q.members[0]))
	})
	odd := make(map[string]int, len(s.Households))
	for _, h := range s.Households {
		odd[h.ID] = h.OddCents
	}
	for k, g := range open {
		st.addPool(f, fmt.Sprintf("pool-%d", k+1), &st.groups[g], odd)
	}
	return f
}

func (st *search) addPool(f *Formation, id string, x *group, odd map[string]int) {
	s := st.b.s
	c := &st.b.cells[x.cell]
	o := &s.Offers[c.deal]
	host, travel := st.bestHost(x)
	tier := tierAt(o.Tiers, len(x.members))
	sharers := make([]sharer, len(x.members))
	for k, i := range x.members {
		a, d := &st.b.asks[i], &s.Demands[i]
		sharers[k] = sharer{d.ID, a.units, splitWeight(o.Split, a.units, a.weight), odd[d.Household], a.voucher}
	}
	pool := Pool{ID: id, Offer: o.ID, Host: s.Communities[host].ID, Cost: costOf(tier, len(x.members), x.U)}
	if c.slot >= 0 {
		pool.Slot = s.Slots[c.slot].ID
	}
	for k, b := range bills(s.Round.ID, tier, sharers) {
		m := Member{Demand: sharers[k].demand, Share: b.share, Subsidy: b.subsidy, Net: b.share - b.subsidy}
		if v := sharers[k].voucher; v != nil {
			m.Programme = v.Programme
		}
		if x.seats != nil {
			for t := range s.Slots {
				if x.seats[t] == x.members[k]+1 {
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
func (st *search) bestHost(x *group) (host int32, travel int64) {
	d := st.dealOf(x)
	host, travel = -1, math.MaxInt64
	for _, h := range d.hosts {
		at := &st.b.s.Communities[h]
		sum, reached := int64(0), true
		for _, i := range x.members {
			a := &st.b.asks[i]
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
