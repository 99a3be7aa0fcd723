package pooling

import (
	"math/bits"
	"slices"
	"sort"
	"strconv"

	"colletta/money"
)

const (
	radiusLowM, radiusHighM = 600, 1500 // of the circle in which a provider works
	listedAlways            = 6         // up to so many communities an area is always a list
	seatsPercent            = 212       // seats in all slots together, per hundred demands
	providersMin            = 2
)

// layOut lays the communities out in a square, evenly, at the density asked for.
func (g *generator) layOut() {
	r := g.stream("map")
	s := g.s
	const sideMaxM, perSquareKm = 10_000_000, 1_000_000
	g.side = sort.Search(sideMaxM, func(m int) bool { return m*m*g.o.Density >= len(s.Communities)*perSquareKm })
	for i := range s.Communities {
		s.Communities[i].XM, s.Communities[i].YM = int64(r.below(g.side+1)), int64(r.below(g.side+1))
	}
}

// supply adds providers, each in a trade drawn by demand, until their seats
// suffice. Small instances differ: from half to twice the usual.
func (g *generator) supply() {
	r := g.stream("supply")
	percent := g.o.Supply
	if g.o.Demands < generateSmall {
		percent = percent * (50 + r.below(151)) / 100
	}
	places := newPlaces(g.s.Communities)
	wanted, seats := g.o.Demands*seatsPercent/100*percent/100, 0
	for seats < wanted || len(g.s.Providers) < providersMin {
		seats += g.provider(r, places)
	}
}

// provider adds one with its offers and returns how many seats it adds, taking
// groups of middling size.
func (g *generator) provider(r *draws, places places) (seats int) {
	p := Provider{ID: "p" + strconv.Itoa(len(g.s.Providers)+1), Staff: map[string]int{}}
	centre := Point{int64(r.below(g.side + 1)), int64(r.below(g.side + 1))}
	radius := int64(radiusLowM + r.below(radiusHighM-radiusLowM+1))
	first := r.weighted(g.asked)
	chosen := []int{first}
	if r.percent(30) {
		others := slices.Clone(g.asked)
		others[first] = 0
		if slices.Max(others) > 0 {
			chosen = append(chosen, r.weighted(others))
		}
	}
	groupsMax := 1 + r.below(2)
	for _, k := range chosen {
		o := g.offer(r, g.trades[k])
		o.ID, o.Provider = "o"+strconv.Itoa(len(g.s.Offers)+1), p.ID
		o.Area = g.area(r, places, centre, radius)
		g.s.Offers = append(g.s.Offers, o)
		groups := 0
		for _, slot := range o.Slots {
			if p.Staff[slot] == 0 {
				p.Staff[slot] = 1
				if groupsMax == 2 && r.percent(44) {
					p.Staff[slot] = 2
				}
				groups += p.Staff[slot]
			}
		}
		seats += o.seats(groups)
	}
	g.s.Providers = append(g.s.Providers, p)
	return seats
}

// seats is how many demands find room in a number of groups of middling size;
// of a rota, whose groups take many slots each, as many as share its hours.
func (o *Offer) seats(groups int) int {
	if o.rota() {
		const hours = 4 // of a demand
		return groups / hours
	}
	return groups * (o.MinMembers + o.MaxMembers) / 2
}

// area is the circle of the provider, or one time in four the list of the
// communities in it.
func (g *generator) area(r *draws, places places, centre Point, radius int64) Area {
	listed := r.percent(26)
	if !listed && len(g.s.Communities) > listedAlways {
		return Area{Center: &centre, RadiusM: radius}
	}
	var ids []string
	if len(g.s.Communities) <= listedAlways {
		for i := range g.s.Communities {
			ids = append(ids, g.s.Communities[i].ID)
		}
	} else {
		ids = places.within(g.s.Communities, centre, radius)
	}
	if len(ids) == 0 {
		return Area{Center: &centre, RadiusM: radius}
	}
	slices.Sort(ids)
	return Area{Communities: ids}
}

// offer draws what a provider of a trade proposes, without ids and area.
func (g *generator) offer(r *draws, t *trade) Offer {
	o := Offer{
		Category: t.id, Mode: ModeTogether, MixRadiusM: mixesM[r.weighted(mixesWeights)],
		MinMembers: r.in(t.members), MaxMembers: r.in(t.membersMax),
		MinUnits: int64(r.in(t.unitsMin)), MaxUnits: int64(r.in(t.unitsMax)), Split: t.split,
	}
	blocks := t.blocks()
	count := 4 + r.below(5)
	switch {
	case t == &carerTrade:
		o.Mode = ModeRota
		count = 12 + r.below(9)
	case len(blocks) == 5: // the way to school is the same every morning
		count = 5
	}
	var slots uint64
	for _, k := range r.some(len(blocks), min(count, len(blocks))) {
		slots |= blocks[k]
	}
	o.Slots = g.list(slots)
	if o.rota() {
		o.MaxUnits = min(o.MaxUnits, int64(bits.OnesCount64(slots)))
	}
	if o.Split == SplitEqual && r.percent(g.o.WeightShare) {
		o.Split = SplitWeight
	}
	o.Tiers = g.tiers(r, t, o.MinMembers, o.MaxMembers)
	return o
}

// tiers draws the prices: some offers are 6 % cheaper from two or three members
// above the least on.
func (g *generator) tiers(r *draws, t *trade, membersMin, membersMax int) []Tier {
	half := func(s span) money.Amount { return money.Amount(r.in(s)) * 50 }
	tier := Tier{1, half(t.fixed), half(t.perMember), half(t.perUnit)}
	list := []Tier{tier}
	from := membersMin + 2 + r.below(2)
	if r.percent(t.tiers) && from <= membersMax {
		tier.FromMembers = from
		tier.Fixed = halfEuros(int(tier.Fixed) * 94 / 100)
		tier.PerMember = max(tier.PerMember-money.Amount(50*r.below(2)), 0)
		list = append(list, tier)
	}
	return list
}

// places finds communities near a point: their indices by square of the map.
type places map[[2]int64][]int32

func newPlaces(list []Community) places {
	p := places{}
	for i := range list {
		square := [2]int64{list[i].XM / radiusHighM, list[i].YM / radiusHighM}
		p[square] = append(p[square], int32(i))
	}
	return p
}

// within lists the communities within a radius of at most radiusHighM.
func (p places) within(list []Community, centre Point, radius int64) (ids []string) {
	x, y := centre.XM/radiusHighM, centre.YM/radiusHighM
	for dx := int64(-1); dx <= 1; dx++ {
		for dy := int64(-1); dy <= 1; dy++ {
			for _, i := range p[[2]int64{x + dx, y + dy}] {
				c := &list[i]
				if within(c.XM-centre.XM, c.YM-centre.YM, radius) {
					ids = append(ids, c.ID)
				}
			}
		}
	}
	return ids
}
