package pooling

// rents value groups by what their members pay together, as multipliers value
// them by how many they serve: for each demand what its place would save
// elsewhere. With them the search opens groups that are cheap for the round,
// not only for themselves.
//
// They are the multipliers of "each demand in at most one group" where serving a
// demand earns a reward and the net is a cost (Held and Karp 1971), found by the
// same incremental steps as in [market.sweep]. Nothing is claimed by them, so that
// what a voucher pays may be taken at a middling price of its group.
//
// All are in the units of values: priceOne is the mean of what demands accept.
type rents struct {
	worth  int64     // the mean of what demands accept, in cents: priceOne of value
	reward int32     // for serving a demand
	of     []int32   // by demand
	own    [][]int32 // by lane, row*len(asks)+position: what a candidate adds to the net of its group
	fixed  [][]int64 // by deal and tier: what is not in own; nil where own has all
}

// rentReward is what serving a demand is worth while rents are found: more than
// almost anybody pays. Rents begin below.
const (
	rentReward = 3 * priceOne
	rentStart  = 2 * priceOne
)

// rows of own: one for each size of a group in an equal split, else one for
// each tier.
func (d *deal) rows() int {
	if d.plain() {
		return d.max - d.min + 1
	}
	return len(d.tiers)
}

func (st *search) newRents() *rents {
	b := st.b
	r := &rents{worth: max(1, st.meanLimit()), reward: rentReward, of: make([]int32, len(b.asks)), own: make([][]int32, len(b.lanes)), fixed: make([][]int64, len(b.deals))}
	for k := range b.deals {
		d := &b.deals[k]
		if d.plain() {
			continue
		}
		r.fixed[k] = make([]int64, len(d.tiers))
		for t := range d.tiers {
			r.fixed[k][t] = r.value(d.tiers[t].fixed)
		}
	}
	for li := range b.lanes {
		l := &b.lanes[li]
		d := &b.deals[l.deal]
		own := make([]int32, 0, d.rows()*len(l.asks))
		for row := range d.rows() {
			for pos, i := range l.asks {
				own = append(own, int32(r.value(st.adds(l, d, row, int32(pos), &b.asks[i]))))
			}
		}
		r.own[li] = own
	}
	return r
}

// adds is what a candidate adds to the net of a group, in cents: all that it
// pays in an equal split, whose size is known; else its own part less what a
// voucher pays in a group of middling weight.
func (st *search) adds(l *lane, d *deal, row int, pos int32, a *ask) int64 {
	if d.plain() {
		n := d.min + row
		quote, subsidy := d.bill(d.tier(n), a, int64(n))
		return quote - subsidy
	}
	t := &d.tiers[row]
	pays := t.perMember + t.perUnit*a.units
	if a.voucher != nil {
		_, subsidy := d.bill(row, a, max(l.need(row, pos), d.middling(l), 1))
		pays -= subsidy
	}
	return pays
}

// middling is the weight of a group of middling size.
func (d *deal) middling(l *lane) int64 {
	sum := int64(0)
	for pos := range l.asks {
		sum += l.share(int32(pos))
	}
	W := sum * int64(d.min+d.max) / 2 / int64(len(l.asks))
	if d.split == SplitUnits {
		W = min(W, d.maxUnits)
	}
	return min(W, sum)
}

// value is an amount in cents as a value; more than [priceMax] counts as that.
func (r *rents) value(cents int64) int64 {
	const most = priceMax / 4
	if cents > r.worth*(most/priceOne) {
		return most
	}
	if cents < -r.worth*(most/priceOne) {
		return -most
	}
	return cents * priceOne / r.worth
}

// toll is what a group pays besides what its members add.
func (r *rents) toll(l *lane, tier int) int64 {
	if f := r.fixed[l.deal]; f != nil {
		return f[tier]
	}
	return 0
}

// Sweeps by which rents are found, and after how many the groups that seem best
// are noted as columns.
const (
	rentSweeps = 150
	rentsKnown = 50
)

// findRents finds the rents from now on used by the search.
func (st *search) findRents() {
	r := st.newRents()
	st.rents = r
	st.newOrders()
	for i := range r.of {
		if len(st.b.entriesOf(int32(i))) > 0 {
			r.of[i] = rentStart
		}
	}
	order := make([]int32, len(st.b.sites))
	for s := range order {
		order[s] = int32(s)
	}
	for k := range rentSweeps {
		step := stepOf(k, rentSweeps)
		for i, p := range r.of {
			r.of[i] = max(0, p-step)
		}
		for k := len(order) - 1; k > 0; k-- {
			j := st.dice.below(k + 1)
			order[k], order[j] = order[j], order[k]
		}
		for _, s := range order {
			st.raiseRents(&st.b.sites[s], step, k >= rentsKnown)
		}
	}
}

// raiseRents raises the rents of those whom a site wants at the present ones.
func (st *search) raiseRents(x *site, step int32, known bool) {
	how := manner{all: true, thrift: true}
	for range x.groups {
		var p picked
		for _, l := range x.lanes {
			st.improvePick(l, &how, &p)
		}
		if p.value <= 0 {
			return
		}
		if known && st.columns != nil {
			st.columns.try(p.lane, st.scratch.best)
		}
		asks := st.b.lanes[p.lane].asks
		for _, pos := range st.scratch.best {
			st.rents.of[asks[pos]] += step
		}
	}
}

// worthOf is what a candidate of a lane is worth in its largest group.
func (r *rents) worthOf(li int32, l *lane, pos int, i, weight int32) int32 {
	own := r.own[li]
	return r.reward - int32(int64(weight)*int64(r.of[i])/priceOne) - own[len(own)-len(l.asks)+pos]
}

// inTier is how much more a candidate is worth in a tier than in the last.
func (r *rents) inTier(li int32, l *lane, d *deal, tier int, pos int32) int64 {
	own := r.own[li]
	return int64(own[len(own)-len(l.asks)+int(pos)] - own[tier*len(l.asks)+int(pos)])
}
