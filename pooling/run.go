package pooling

import "slices"

// run is one call of [Form]: it decides how much of each kind of work is done,
// by effort, by time, or as it was done before.
type run struct {
	opt    Options
	plan   Work
	done   Work
	st     *search
	atlas  *atlas
	market *market
	best   []standing
	served int   // of best
	net    int64 // of best
	ceil   int   // no formation serves more, as far as the prices say; 0 while unknown
}

func newRun(s *Snapshot, opt Options) *run {
	b := newBoard(s, opt.Workers)
	st := newSearch(b, opt.Seed)
	r := &run{opt: opt, st: st, atlas: st.newAtlas()}
	r.plan = planFor(opt, len(s.Demands))
	return r
}

// planFor is the work of an effort for a number of demands. Without an effort,
// but with a time, it is as much as could be of use.
func planFor(opt Options, demands int) Work {
	if opt.Work != nil {
		return *opt.Work
	}
	w := Work{Sweeps: 600, Cooling: max(100, min(2*demands/3, 200), demands/31), Nodes: 150}
	if demands <= recombinedMax {
		w.Cooling = 45
	}
	if demands > polishedMax {
		w.Sweeps = 150
	}
	if demands > 50_000 {
		w.Sweeps, w.Cooling = 70, demands/36
	}
	if demands > zonesFrom {
		w.Sweeps = max(36, 70-demands/25_000)
		w.Cooling = max(24, 36-demands/35_000)
	}
	switch {
	case opt.Effort == EffortFast && demands > zonesFrom:
		return Work{Cooling: 2} // what zones leave open at their borders
	case opt.Effort == EffortFast && demands <= polishedMax:
		return Work{Cooling: 20}
	case opt.Effort == EffortFast:
		return Work{}
	case opt.Effort == EffortHigh || (opt.Effort == "" && opt.Spent != nil):
		w.Sweeps, w.Cooling, w.Nodes = w.Sweeps*3, w.Cooling*4, w.Nodes*10
	}
	return w
}

// waveSteps are the steps of a wave on a board that is not cut.
const waveSteps = 1000

// spent is how many thousandths of the time are over.
func (r *run) spent() int {
	if r.opt.Spent == nil || r.opt.Work != nil {
		return 0
	}
	return r.opt.Spent()
}

func (r *run) say(phase string, done int) {
	if r.opt.Progress != nil {
		r.opt.Progress(Progress{Phase: phase, Done: done, Served: max(r.served, r.st.served), Bound: r.ceil})
	}
}

// construct opens the first groups: zone by zone, twice with other borders, and
// then what is possible across them.
func (r *run) construct() {
	st := r.st
	weight := int32(priceOne)
	if r.plan.Sweeps > 0 { // many other places: others first
		for i := range st.price {
			st.price[i] = 3000 * int32(min(127, len(st.b.entriesOf(int32(i)))))
		}
	} else { // no better prices will come
		weight = priceOne * 9 / 10
	}
	for wave := range 2 {
		fields := r.atlas.cut(wave, zoneAsksFirst)
		st.inZones(fields, r.opt.Workers, wave, func(one *search, f *field) {
			if wave == 0 && r.plan.Sweeps == 0 {
				one.auction(f)
			}
			one.construct(f.lanes(st.b), weight)
			one.stealOpen(f.sites)
		})
		r.say("groups", 40*(wave+1))
		if len(fields) == 1 {
			break
		}
	}
	st.sweep()
	r.say("groups", 100)
}

// lanes are the lanes of the field's sites, in their order.
func (f *field) lanes(b *board) (all []int32) {
	for _, s := range f.sites {
		all = append(all, b.sites[s].lanes...)
	}
	slices.Sort(all)
	return all
}

// price finds the multipliers, which say who is easily served elsewhere.
func (r *run) price() {
	if r.plan.Sweeps == 0 || !r.more(0, r.plan.Sweeps, r.plan.Multipliers, 300) {
		return
	}
	st := r.st
	r.market = newMarket(st)
	r.done.Sweeps = r.plan.Sweeps
	r.pricePaced()
	if len(st.b.asks) <= polishedMax && r.done.Multipliers == r.done.Sweeps {
		r.market.startPolish()
		for r.more(r.done.Multipliers, r.done.Sweeps+polishSteps, r.plan.Multipliers, 300) {
			r.market.polish(st.served)
			r.done.Multipliers++
		}
		r.descend()
		copy(st.price, r.market.best)
		r.ceil = int(r.market.bound / priceOne)
	}
}

// descend moves single prices, by steps that halve when they no longer help.
func (r *run) descend() {
	m := r.market
	m.startDescent()
	for step := int32(priceStep); step >= priceOne/2000; {
		if !r.more(r.done.Multipliers, r.done.Sweeps+polishSteps+descentsMax, r.plan.Multipliers, 300) {
			return
		}
		if !m.descend(step) {
			step /= 2
		}
		r.done.Multipliers++
	}
}

// Rounds so small that their prices are polished, and for how long.
const (
	polishedMax = 2500
	polishSteps = 100
	descentsMax = 60
)

// How many sweeps and waves are done before their number is fitted to the time.
const (
	sweepsTried = 8
	wavesTried  = 2
)

// pricePaced sweeps as often as planned, or as often as a quarter of the time
// seems to allow after a few sweeps.
func (r *run) pricePaced() {
	for r.more(r.done.Multipliers, r.done.Sweeps, r.plan.Multipliers, 300) {
		r.market.sweep(stepOf(r.done.Multipliers, r.done.Sweeps))
		if r.done.Multipliers++; r.done.Multipliers == sweepsTried && r.opt.Spent != nil && r.opt.Work == nil {
			r.done.Sweeps = fitted(sweepsTried, r.done.Sweeps, r.spent(), 250)
		}
		r.say("bound", 100+r.done.Multipliers*200/r.done.Sweeps)
	}
}

// fitted is how much of what was planned fits the time allowed, in thousandths,
// when so much was tried in the time spent.
func fitted(tried, planned, spent, allowed int) int {
	if spent <= 0 {
		return planned // too quick to tell
	}
	return min(planned, max(tried+4, tried*allowed/spent))
}

// more says whether another unit of some work is done: up to the plan while
// there is time, or exactly as often as before.
func (r *run) more(done, planned, before, until int) bool {
	if r.opt.Work != nil {
		return done < min(planned, before)
	}
	return done < planned && r.spent() < until
}

// improve searches from the first groups, in waves that cool down.
func (r *run) improve() {
	r.remember()
	if r.plan.Cooling == 0 || len(r.atlas.field.sites) == 0 || len(r.atlas.field.asks) == 0 {
		return
	}
	r.done.Cooling = r.plan.Cooling
	st := r.st
	if len(st.b.asks) <= recombinedMax {
		st.columns = st.newColumns()
	}
	if len(st.b.asks) <= polishedMax {
		st.findRents()
	}
	r.cool(1)
	if st.columns != nil && r.served < r.ceil {
		r.cool(2)
	}
	r.recall()
	if st.columns != nil && st.columns.recombine(nil) {
		r.remember()
	}
}

// recombinedMax is up to how many demands the groups that stood during the search
// are recombined (see [columns]), and the search cools again when it serves fewer
// than the prices allow: there a second chance costs little, and often finds the
// one that was missed.
const recombinedMax = 500

// recombinedParts are the parts of the board that are recombined after a wave,
// each of 2 to recombinedSites+1 sites.
const (
	recombinedParts = 3
	recombinedSites = 12
)

// recombine looks for a better formation of the groups that stood: of all of
// them, when a cycle begins, else in a few parts of the board.
func (r *run) recombine(f *field, all bool) {
	st := r.st
	if st.columns == nil {
		return
	}
	better := false
	if all {
		better = st.columns.recombine(nil)
	} else {
		for range recombinedParts {
			sites := slices.Clone(st.related(f, 2+st.dice.below(recombinedSites)))
			better = st.columns.recombine(sites) || better
		}
	}
	if better {
		r.remember()
	}
}

// cool does waves until they are so many times what was planned to cool once.
func (r *run) cool(times int) {
	begun := r.spent()
	for r.more(r.done.Waves, r.done.Cooling*times, r.plan.Waves, 920) {
		r.wave(r.done.Waves)
		if r.done.Waves++; r.done.Waves == wavesTried && r.opt.Spent != nil && r.opt.Work == nil {
			r.done.Cooling = fitted(wavesTried, r.done.Cooling, r.spent()-begun, 900-begun)
		}
		r.say("improve", 300+r.done.Waves*600/(r.done.Cooling*times))
	}
}

// wave searches every zone once.
func (r *run) wave(k int) {
	st := r.st
	c, restart := r.climate(k)
	if restart {
		r.recall()
		r.recombine(r.atlas.field, true)
	}
	fields := r.atlas.cut(k, zoneAsksSearch)
	st.inZones(fields, r.opt.Workers, k+2, func(one *search, f *field) {
		steps := waveSteps
		if len(fields) > 1 {
			steps = max(1, len(f.asks)*r.zoneSteps()/10)
		}
		one.improve(f, steps, c)
	})
	r.remember()
	r.recombine(r.atlas.field, false)
}

// zoneSteps are the steps of a wave for ten demands of a zone.
func (r *run) zoneSteps() int {
	if r.plan.Sweeps == 0 { // fast
		return 1
	}
	return 8
}

// annealedMax is the number of demands up to which the search begins anew
// several times from the best formation; beyond, it cools once.
const annealedMax = 3000

// climate is that of a wave: in a small round the search cools in several
// cycles, the first three for more demands served until no more can be, the others
// for less net; in a large one it cools once.
func (r *run) climate(k int) (c climate, restart bool) {
	worth := r.st.meanLimit()
	c = climate{perDemand: 20 * worth, heat: worth, steal: 50, thrift: thriftOften}
	length := r.done.Cooling
	switch {
	case len(r.st.b.asks) > annealedMax:
		c = climate{perDemand: 10 * worth, heat: 3 * worth, steal: stealOften}
	case (r.served < r.ceil || r.ceil == 0) && k%r.done.Cooling < r.done.Cooling*3/cycles:
		c = climate{perDemand: 6 * worth, heat: 6 * worth, steal: stealOften, thrift: thriftSeldom}
		if k >= r.done.Cooling {
			c.thrift = thriftOften // the second time another way
		}
		fallthrough
	default:
		length = max(1, length/cycles)
	}
	c.cool = c.heat
	if k < wavesTried {
		return c, false
	}
	k = (k - wavesTried) % length
	left := int64(max(0, length-k))
	c.heat, c.cool = c.heat*left/int64(length), c.heat*max(0, left-1)/int64(length)
	return c, k == 0 && length < r.done.Cooling
}

// stealOften is how often groups steal while more served is the aim: on a round
// of ten thousand, steps that steal gained ten times as much as those that take
// only who is left out.
const stealOften = 90

// cycles are the times that the search of a small round cools.
const cycles = 5

// meanLimit is the mean of what demands accept, in cents.
func (st *search) meanLimit() int64 {
	var sum int64
	for i := range st.b.asks {
		sum += min(st.b.asks[i].limit, int64(quoteUnlimited>>20))
	}
	return sum / int64(max(len(st.b.asks), 1))
}

// finish settles prices among members and closes what is left, until neither
// changes anything: whoever finds a place may make another group cheaper.
func (r *run) finish() {
	rounds, sweeps := 8, 8
	if r.plan.Sweeps == 0 && len(r.st.b.asks) > zonesFrom {
		rounds, sweeps = 1, 2
	}
	for k := range rounds {
		fields := r.atlas.cut(r.done.Waves+k, zoneAsksSearch)
		r.st.inZones(fields, r.opt.Workers, r.done.Waves+2+k, func(one *search, f *field) { one.settleDown(f, sweeps) })
		served := r.st.served
		r.st.sweep()
		if r.st.served == served {
			break
		}
	}
	r.served = r.st.served
	r.say("improve", 950)
}

// bound states what the prices prove; in a small round also what a proof by
// cases adds.
func (r *run) bound(served int) *Bound {
	c := r.market.certificate()
	reg := newRegister(r.st.b.s)
	value, err := certifiedBy(reg, c, nil, r.opt.Workers)
	if err != nil {
		return nil // prices beyond any certificate: then nothing is claimed
	}
	bound := &Bound{Served: max(served, int(value/c.Denominator)), Method: methodLagrangian, Certificate: c}
	if gap := bound.Served - served; gap == 0 || gap > provenGapMax || len(c.Multipliers) > polishedMax {
		return bound
	}
	r.say("proof", 960)
	tree, nodes := r.market.prove(served, func(nodes int) bool { return nodes < r.plan.Nodes && r.spent() < 990 })
	r.done.Nodes = nodes
	if tree == nil {
		return bound
	}
	c = &Certificate{Denominator: coarseOne, Cases: tree}
	if value, err = reg.certifiedCases(c, r.opt.Workers); err != nil || int(value/coarseOne) > served {
		return bound // the prices were judged too well: the certificate decides
	}
	return &Bound{Served: served, Method: methodBranching, Certificate: c}
}

// provenGapMax is up to how many demands of gap a proof by cases is tried.
const provenGapMax = 3

// standing is a copy of one open group.
type standing struct {
	lane    int32
	members []int32
	seats   *seating
}

// remember keeps the groups of a small round if they are the best so far.
func (r *run) remember() {
	st := r.st
	if len(st.b.asks) > annealedMax {
		r.served = st.served
		return
	}
	if r.best != nil && (st.served < r.served || (st.served == r.served && st.net >= r.net)) {
		return
	}
	r.served, r.net = st.served, st.net
	out := r.best[:0]
	for g := range st.groups {
		if st.lane[g] < 0 {
			continue
		}
		var members []int32
		if len(out) < cap(out) {
			members = out[:len(out)+1][len(out)].members[:0]
		}
		x := &st.groups[g]
		out = append(out, standing{st.lane[g], append(members, x.members...), x.seats})
	}
	r.best = out
}

// recall puts the best groups in the place of those that stand.
func (r *run) recall() {
	st := r.st
	if len(st.b.asks) > annealedMax || (st.served == r.served && st.net == r.net) {
		return
	}
	for g := range st.groups {
		if st.lane[g] >= 0 {
			st.end(int32(g))
		}
	}
	for _, k := range r.best {
		g := st.start(k.lane)
		for _, pos := range k.members {
			st.join(g, pos)
		}
		if k.seats != nil {
			st.reseat(g, k.seats)
		}
	}
	st.settleNets()
	st.commit()
}
