package pooling

import (
	"cmp"
	"math"
	"slices"
)

// board is a snapshot compiled to integers and indices for searching.
type board struct {
	s     *Snapshot
	grid  *grid
	asks  []ask // by demand index
	deals []deal
	slots int     // number of slots; a provider-slot is provider*slots+slot
	staff []int32 // by provider-slot

	lanes       []lane // in the order of deals, then slots
	sites       []site // in the order of providers, then slots
	groups      int    // that there can be at all sites
	entries     []entry
	entriesFrom []int32 // by demand
}

// ask is a compiled demand.
type ask struct {
	units, weight int64
	limit         int64 // largest quote it accepts, in cents
	reach         int64 // metres
	slots         uint64
	x, y          int64
	community     int32
	category      int32
	voucher       *Voucher
	turn          int32 // place in the order ISEE, wait, lot: who is tried first
}

// deal is a compiled offer.
type deal struct {
	provider, category int32
	rota               bool
	split              SplitRule
	slots              uint64 // offered, with staff
	mix                int64
	min, max           int
	minUnits, maxUnits int64 // maxUnits is unlimited when the offer has none
	bounded            bool  // by units
	tiers              []dealTier
	hosts              []int32
	area               disc // of all hosts; without a radius when some are listed by name
}

type dealTier struct {
	from, to                  int // members, to included
	fixed, perMember, perUnit int64
}

const never = math.MaxInt32

func (d *deal) weightOf(a *ask) int64 { return splitWeight(d.split, a.units, a.weight) }

// tier is the index of the tier of a group of n.
func (d *deal) tier(n int) int {
	k := len(d.tiers) - 1
	for k > 0 && d.tiers[k].from > n {
		k--
	}
	return k
}

// need is the least total weight at which an ask accepts a tier: own part plus
// ceil(F*w/W) <= limit exactly when W >= ceil(F*w / (limit-own)).
func (d *deal) need(k int, a *ask) int32 {
	t := &d.tiers[k]
	w := d.weightOf(a)
	room := a.limit - t.perMember - t.perUnit*a.units
	fixed := t.fixed * w
	switch {
	case room < 0 || (room == 0 && fixed > 0):
		return never
	case fixed == 0:
		return 1
	}
	n := (fixed-1)/room + 1
	if n >= never {
		return never
	}
	return int32(n)
}

// bill is the quote of a member in a group of total weight W, and what of its
// share before the odd cent the voucher pays.
func (d *deal) bill(k int, a *ask, W int64) (quote, subsidy int64) {
	t := &d.tiers[k]
	own := t.perMember + t.perUnit*a.units
	fixed := t.fixed * d.weightOf(a)
	down := fixed / W
	quote = own + down
	if down*W != fixed {
		quote++
	}
	if a.voucher != nil {
		subsidy = min(a.subsidy(quote), own+down)
	}
	return quote, subsidy
}

func (a *ask) subsidy(quote int64) int64 {
	g := &a.voucher.Grant
	s := g.Amount.Cents()
	if g.Percent > 0 {
		s = g.Percent * quote / PercentMax
	}
	if g.Cap != nil {
		s = min(s, g.Cap.Cents())
	}
	return s
}

// index numbers ids.
func index[T any](list []T, id func(*T) string) map[string]int32 {
	m := make(map[string]int32, len(list))
	for i := range list {
		m[id(&list[i])] = int32(i)
	}
	return m
}

// newBoard compiles a snapshot with all its lanes.
func newBoard(s *Snapshot, workers int) *board {
	b := newBoardWithoutCells(s)
	b.buildLanes(workers)
	return b
}

func newBoardWithoutCells(s *Snapshot) *board {
	b := &board{s: s, slots: len(s.Slots), grid: newGrid(s.Communities)}
	slots := index(s.Slots, func(x *Slot) string { return x.ID })
	categories := index(s.Categories, func(x *Category) string { return x.ID })
	communities := index(s.Communities, func(x *Community) string { return x.ID })
	providers := index(s.Providers, func(x *Provider) string { return x.ID })
	b.staff = make([]int32, len(s.Providers)*b.slots)
	for p := range s.Providers {
		for id, n := range s.Providers[p].Staff { // each lands in its own place: order does not matter
			b.staff[p*b.slots+int(slots[id])] = int32(n)
		}
	}
	turns := make(chan []int32)
	go func() { turns <- turnsOf(s) }()
	vouchers := issueVouchers(s).vouchers
	b.asks = make([]ask, len(s.Demands))
	for i := range s.Demands {
		d := &s.Demands[i]
		c := communities[d.Community]
		a := ask{
			units: d.Units, weight: d.Weight, limit: d.MaxPrice.Cents(), reach: d.MaxDistanceM,
			slots: maskOf(d.Slots, slots), x: s.Communities[c].XM, y: s.Communities[c].YM,
			community: c, category: categories[d.Category],
		}
		if v := vouchers[i]; v != nil {
			a.voucher, a.limit = v, v.MaxQuote.Cents()
		}
		b.asks[i] = a
	}
	for i, turn := range <-turns {
		b.asks[i].turn = turn
	}
	b.deals = make([]deal, len(s.Offers))
	for i := range s.Offers {
		b.deals[i] = b.compile(&s.Offers[i], slots, categories, communities, providers)
	}
	return b
}

func maskOf(ids []string, slots map[string]int32) (mask uint64) {
	for _, id := range ids {
		mask |= 1 << slots[id]
	}
	return mask
}

// turnsOf orders demands by lower ISEE, longer wait, lot: for each its place.
func turnsOf(s *Snapshot) []int32 {
	households := index(s.Households, func(x *Household) string { return x.ID })
	type line struct {
		isee, lot uint64
		demand    int32
	}
	lines := make([]line, len(s.Demands))
	for i := range s.Demands {
		isee := uint64(quoteUnlimited)
		if x := s.Households[households[s.Demands[i].Household]].ISEE; x != nil {
			isee = uint64(*x)
		}
		lines[i] = line{isee, lot(s.Round.ID, s.Demands[i].ID), int32(i)}
	}
	slices.SortFunc(lines, func(x, y line) int {
		p, q := &s.Demands[x.demand], &s.Demands[y.demand]
		return cmp.Or(cmp.Compare(x.isee, y.isee), cmp.Compare(p.PostedOn, q.PostedOn), cmp.Compare(x.lot, y.lot), cmp.Compare(p.ID, q.ID))
	})
	turns := make([]int32, len(lines))
	for turn, l := range lines {
		turns[l.demand] = int32(turn)
	}
	return turns
}

func (b *board) compile(o *Offer, slots, categories, communities, providers map[string]int32) deal {
	d := deal{
		provider: providers[o.Provider], category: categories[o.Category], rota: o.rota(), split: o.Split, mix: o.MixRadiusM,
		min: o.MinMembers, max: o.MaxMembers, minUnits: o.MinUnits, maxUnits: o.MaxUnits,
		bounded: o.MinUnits > 0 || o.MaxUnits > 0,
	}
	if d.maxUnits == 0 {
		d.maxUnits = unlimited
	}
	for _, id := range o.Slots {
		if t := slots[id]; b.staff[int(d.provider)*b.slots+int(t)] > 0 {
			d.slots |= 1 << t
		}
	}
	for k, t := range o.Tiers {
		to := MembersMax
		if k+1 < len(o.Tiers) {
			to = o.Tiers[k+1].FromMembers - 1
		}
		d.tiers = append(d.tiers, dealTier{t.FromMembers, to, t.Fixed.Cents(), t.PerMember.Cents(), t.PerUnit.Cents()})
	}
	for _, id := range o.Area.Communities {
		d.hosts = append(d.hosts, communities[id])
	}
	if c := o.Area.Center; c != nil {
		d.hosts = b.grid.around(c.XM, c.YM, o.Area.RadiusM, d.hosts)
		if len(o.Area.Communities) == 0 {
			d.area = disc{*c, o.Area.RadiusM}
		}
	}
	slices.Sort(d.hosts)
	d.hosts = slices.Compact(d.hosts)
	return d
}

func within(dx, dy, radius int64) bool { return dx*dx+dy*dy <= radius*radius }

// near says whether an ask may be a member of a group of the deal at a host.
func (b *board) near(d *deal, a *ask, host int32) bool {
	h := &b.s.Communities[host]
	return within(a.x-h.XM, a.y-h.YM, min(d.mix, a.reach))
}
