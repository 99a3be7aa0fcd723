package pooling

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"colletta/money"
)

// families fills communities, without their places, with households and their
// demands until there are enough.
func (g *generator) families() {
	r := g.stream("families")
	s := g.s
	s.Demands = make([]Demand, 0, g.o.Demands)
	s.Households = make([]Household, 0, g.o.Demands*5/6)
	var kindWeights []int
	for _, k := range kinds {
		kindWeights = append(kindWeights, k.weight)
	}
	for len(s.Demands) < g.o.Demands {
		kind := r.weighted(kindWeights)
		k := &kinds[kind]
		before := len(s.Demands)
		community := "c" + strconv.Itoa(len(s.Communities)+1)
		size := min(r.in(k.households), r.in(k.households)) // small ones are commoner
		for range size {
			if len(s.Demands) < g.o.Demands && r.percent(k.posting) {
				g.household(r, kind, community)
			}
		}
		if len(s.Demands) > before {
			s.Communities = append(s.Communities, Community{ID: community, Kind: k.name})
		}
	}
}

// household adds a family with one demand, or two (18 %) or three (3 %).
func (g *generator) household(r *draws, kind int, community string) {
	s := g.s
	h := Household{ID: "h" + strconv.Itoa(len(s.Households)+1)}
	means := int64(meansWithoutISEE)
	if h.ISEE = r.isee(); h.ISEE != nil {
		means = onLine(meansByISEE, int64(*h.ISEE), 1)
	}
	if r.percent(23) {
		h.OddCents = 1 + r.below(5)
	}
	s.Households = append(s.Households, h)
	weight := int64(1)
	if g.o.WeightShare > 0 {
		weight = int64(12 + r.below(33))
	}
	count := 1 + r.weighted([]int{79, 18, 3})
	for ; count > 0 && len(s.Demands) < g.o.Demands; count-- {
		g.demand(r, kind, community, h.ID, means, weight)
	}
}

// isee is that of a family, nil for the 12 % who presented none.
func (r *draws) isee() *money.Amount {
	if r.percent(12) {
		return nil
	}
	const fine = 1000 // the line is read in millionths
	isee := money.Amount(onLine(iseeByShare, int64(r.below(1000*fine)), fine))
	return &isee
}

// GenerateISEE invents the ISEE of n families, as [Generate] does: nil for those
// who presented none. The same n and seed give the same values.
func GenerateISEE(n int, seed uint64) []*money.Amount {
	r := &draws{dice(lot(fmt.Sprint(seed), "isee"))}
	values := make([]*money.Amount, n)
	for i := range values {
		values[i] = r.isee()
	}
	return values
}

func (g *generator) demand(r *draws, kind int, community, household string, means, weight int64) {
	k := g.tradeFor(r, kind)
	t := g.trades[k]
	g.asked[k]++
	units, slots := t.week(r)
	price := int64(t.median) * means * r.along(lognormal) * int64(units) * 50 / (100 * 1000)
	g.s.Demands = append(g.s.Demands, Demand{
		ID: "d" + strconv.Itoa(len(g.s.Demands)+1), Household: household, Community: community, Category: t.id,
		Units: int64(units), Weight: weight, Slots: g.list(slots),
		MaxPrice:     max(halfEuros(int(price)+25), 50),
		MaxDistanceM: tripsM[r.weighted(tripsWeights)],
		PostedOn:     fmt.Sprintf("2026-%02d-%02d", 5+r.below(6), 1+r.below(28)),
	})
}

// tradeFor draws what a family of a kind of community looks for: any category
// when the instance has none that its kind is known for.
func (g *generator) tradeFor(r *draws, kind int) int {
	if g.o.RotaShare > 0 && r.percent(g.o.RotaShare) {
		return len(g.trades) - 1
	}
	sum, weights := 0, make([]int, len(g.trades))
	for k, t := range g.trades {
		weights[k] = t.posted[kind]
		sum += weights[k]
	}
	if sum > 0 {
		return r.weighted(weights)
	}
	for k, t := range g.trades {
		if t != &carerTrade {
			weights[k] = 1
		}
	}
	return r.weighted(weights)
}

// week draws the units and slots of a demand: one to four weekdays at one hour,
// on some of which a second hour would do as well (nine families of twenty,
// each day with 73 %), and sometimes a Saturday. A carer is wanted two to six
// hours in any of some more slots.
func (t *trade) week(r *draws) (units int, slots uint64) {
	if t == &carerTrade {
		units = 2 + r.below(5)
		all := t.blocks()
		for _, k := range r.some(len(all), units+2+r.below(8)) {
			slots |= all[k]
		}
		return units, slots
	}
	main, second := r.below(len(t.hours)), -1
	if len(t.hours) > 1 && r.percent(45) {
		second = (main + 1 + r.below(len(t.hours)-1)) % len(t.hours)
	}
	for _, day := range r.some(5, 1+r.below(4)) {
		slots |= bitOf(days[day], t.hours[main])
		if second >= 0 && r.percent(73) {
			slots |= bitOf(days[day], t.hours[second])
		}
	}
	if t.saturday && r.percent(28) {
		slots |= bitOf("sat", 9+2*r.below(2))
	}
	return 1 + r.weighted(t.units[:]), slots
}

// blocks are the slots in which a trade is wanted and offered, one bit each.
func (t *trade) blocks() (list []uint64) {
	for _, day := range days[:5] {
		for _, hour := range t.hours {
			list = append(list, bitOf(day, hour))
		}
	}
	if t.saturday {
		list = append(list, bitOf("sat", 9), bitOf("sat", 11))
	}
	return list
}

// slotsByID are the ids of the blocks as they are listed in demands and
// offers; a set of blocks has bit k for slotsByID[k].
var slotsByID = func() (list []string) {
	for _, s := range generatedSlots {
		list = append(list, s.ID)
	}
	slices.Sort(list)
	return list
}()

// slotBits holds the bit of each block by day and hour.
var slotBits = func() (bits [len("monday")][24]uint64) {
	for _, s := range generatedSlots {
		hour, _ := strconv.Atoi(s.Start[:2]) // weeklyBlocks wrote it
		k, _ := slices.BinarySearch(slotsByID, s.ID)
		bits[slices.Index(days, s.Day)][hour] = 1 << k
	}
	return bits
}()

func bitOf(day string, hour int) uint64 { return slotBits[slices.Index(days, day)][hour] }

// list names a set of blocks; equal sets share one list.
func (g *generator) list(set uint64) []string {
	ids, known := g.lists[set]
	if !known {
		ids = []string{}
		for k, id := range slotsByID {
			if set>>k&1 == 1 {
				ids = append(ids, strings.Clone(id))
			}
		}
		g.lists[set] = ids
	}
	return ids
}
