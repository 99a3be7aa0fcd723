package pooling

// packingMax bounds the work of one exact packing, in table entries touched;
// beyond it the answer is only what filling by weight finds.
const packingMax = 1 << 23

// pack finds the largest group where total units are bounded: by dynamic
// programming over members and units, the heaviest group of each. As in
// [deal.seat] each tier is swept by rising need T.
func (d *deal) pack(me *ask, others []*ask, most int64) gathering {
	for k := len(d.tiers) - 1; k >= 0; k-- {
		low, high := max(d.tiers[k].from, d.min), min(d.tiers[k].to, d.max, len(others)+1)
		if low > high {
			continue
		}
		if found := d.packTier(k, low, high, me, others, most); found.members > 0 || !found.certain {
			return found
		}
	}
	return gathering{certain: true}
}

// packing is the table of one tier: the largest split weight of a group of so
// many members and units, or -1 when there is none.
type packing struct {
	d      *deal
	high   int
	units  int64 // columns are 0..units; with no upper bound the last means "at least"
	capped bool  // units is an upper bound
	weight []int64
}

func (d *deal) packTier(k, low, high int, me *ask, others []*ask, most int64) (best gathering) {
	t := packing{d: d, high: high, units: most, capped: most != unlimited}
	if !t.capped {
		t.units = d.minUnits
	}
	order := d.byNeed(k, others)
	if entries := int64(high+1) * (t.units + 1); entries*int64(len(order)+1) > packingMax {
		return d.fillByWeight(me, others)
	}
	best.certain = true
	T := int32(1)
	if me != nil {
		if T = d.need(k, me); T == never {
			return best
		}
	}
	t.start(me)
	for next := 0; ; {
		for ; next < len(order) && order[next].need <= T; next++ {
			t.add(order[next].a)
		}
		best = t.largest(low, int64(T)).better(best)
		if next == len(order) {
			best.certain = true
			return best
		}
		T = order[next].need
	}
}

func (t *packing) start(me *ask) {
	t.weight = make([]int64, int64(t.high+1)*(t.units+1))
	for k := range t.weight {
		t.weight[k] = -1
	}
	if me == nil {
		t.weight[0] = 0
		return
	}
	if u, fits := t.column(me.units); fits && t.high > 0 {
		t.weight[t.units+1+u] = t.d.weightOf(me)
	}
}

// column is where so many units stand; false when they are too many.
func (t *packing) column(units int64) (int64, bool) {
	if units > t.units {
		return t.units, !t.capped
	}
	return units, true
}

func (t *packing) add(a *ask) {
	w, row := t.d.weightOf(a), t.units+1
	for n := int64(t.high) - 1; n >= 0; n-- {
		for u := t.units; u >= 0; u-- {
			was := t.weight[n*row+u]
			if was < 0 {
				continue
			}
			if to, fits := t.column(u + a.units); fits {
				t.weight[(n+1)*row+to] = max(t.weight[(n+1)*row+to], was+w)
			}
		}
	}
}

// largest is the largest group of at least low members whose weight reaches T.
func (t *packing) largest(low int, T int64) (best gathering) {
	row := t.units + 1
	for n := t.high; n >= low; n-- {
		for u := t.d.minUnits; u <= t.units; u++ {
			if w := t.weight[int64(n)*row+u]; w >= T && w > best.weight {
				best = gathering{members: n, weight: w}
			}
		}
		if best.members > 0 {
			return best
		}
	}
	return best
}

// fillByWeight fills seats and units with the heaviest, and lets who refuses
// drop out: a group that stands, but perhaps not the largest.
func (d *deal) fillByWeight(me *ask, others []*ask) gathering {
	var c crowd
	if me != nil {
		c = crowd{1, d.weightOf(me), me.units}
	}
	var chosen []*ask
	for _, a := range heaviest(d, others) {
		if c.members < d.max && c.units+a.units <= d.maxUnits {
			chosen = append(chosen, a)
			c.members, c.units = c.members+1, c.units+a.units
		}
	}
	_, c = d.willing(me, chosen)
	if c.members < d.min || c.units < d.minUnits || c.units > d.maxUnits ||
		(me != nil && int64(d.need(d.tier(c.members), me)) > c.weight) {
		return gathering{}
	}
	return gathering{members: c.members, weight: c.weight}
}
