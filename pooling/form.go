package pooling

import (
	"cmp"
	"fmt"
	"math"
	"slices"
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

// Work is what a search did, so that it can be repeated to the byte. The
// schedules (how fast steps shrink, how fast the search cools) depend on how
// much was planned, so that is part of it. The zero value is the first
// construction and nothing more.
type Work struct {
	Sweeps, Multipliers int // sweeps of prices planned; sweeps and polishing steps done
	Cooling, Waves      int // waves of improvement planned; done
	Nodes               int // nodes of the exact search
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
// deterministic: the same snapshot, seed and work give the same formation, on
// any machine and with any number of workers.
//
// Whatever it finds obeys every rule that [Check] knows; no demand that is
// left out could join an open pool, and no free staff could run a pool of
// demands left out (exact for equal splits, for splits by units while a group
// has at most 96, and for rotas up to 11 candidates; else as far as a few
// orders of filling show). Unless the effort is fast, Bound says what no
// formation can exceed, with its certificate.
//
// The error is that of [Validate].
func Form(s *Snapshot, opt Options) (*Formation, error) {
	if err := Validate(s); err != nil {
		return nil, err
	}
	opt.Workers = max(1, opt.Workers)
	r := newRun(s, opt)
	r.construct()
	r.price()
	r.improve()
	r.finish()
	f := r.st.formation(opt.Workers)
	f.Viable = len(r.atlas.field.asks)
	if r.market != nil {
		f.Bound = r.bound(f.Totals.Served)
	}
	f.Work = r.done
	r.say("proof", 1000)
	return f, nil
}

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

// formation writes down the groups that stand, at the hosts with least travel,
// with exact shares.
func (st *search) formation(workers int) *Formation {
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
	f.Pools = make([]Pool, len(open))
	travels := make([]int64, len(open))
	parallel(workers, len(open), func() func(int) {
		return func(k int) {
			f.Pools[k], travels[k] = st.pool(fmt.Sprintf("pool-%d", k+1), open[k], households)
		}
	})
	for k, p := range f.Pools {
		for _, m := range p.Members {
			f.Totals.Net += m.Net
			f.Totals.Subsidy += m.Subsidy
		}
		f.Totals.Served += len(p.Members)
		f.Totals.Cost += p.Cost
		f.Totals.DistanceM += travels[k]
	}
	return f
}

// pool writes one group down, and how far its members travel.
func (st *search) pool(id string, g int32, households map[string]int32) (Pool, int64) {
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
	p := Pool{ID: id, Offer: o.ID, Host: s.Communities[host].ID, Cost: costOf(tier, len(x.members), x.U), Members: make([]Member, len(sharers))}
	if l.slot >= 0 {
		p.Slot = s.Slots[l.slot].ID
	}
	for k, b := range bills(s.Round.ID, tier, sharers) {
		m := &p.Members[k]
		*m = Member{Demand: sharers[k].demand, Share: b.share, Subsidy: b.subsidy, Net: b.share - b.subsidy}
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
	}
	return p, travel
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
