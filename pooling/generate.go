package pooling

import (
	"fmt"
	"slices"

	"colletta/money"
)

// Limits and defaults of [GenerateOptions].
const (
	GenerateDemandsMax     = 4_000_000
	GenerateSupplyMax      = 1000 // percent
	GenerateDensityMax     = 1000 // communities per square kilometre
	generateDensity        = 14
	generateSmall          = 500 // demands below which rounds differ more from one another
	generateFewCategories  = 200 // demands below which a round has two or three categories
	generatePotCents       = 350 // least subsidy per demand of the round
	generatePotSpreadCents = 1150
)

// GenerateOptions says which instance [Generate] makes. Values outside their
// range are brought to the nearest limit.
type GenerateOptions struct {
	Demands     int    // 1..[GenerateDemandsMax]
	Seed        uint64 // the same options give the same snapshot, to the byte
	Supply      int    // providers, in percent of what is usual; 0 = 100
	Density     int    // participating communities per square kilometre; 0 = 14
	Categories  int    // 1..6; 0 = two or three in a small round, else six
	WeightShare int    // percent of equal offers that split by weight; 0 = only in one small round of nine
	RotaShare   int    // percent of families who look for a shared carer, by rota; above 0 the snapshot is of version 2
}

// Generate makes a realistic instance: a city of communities, families with
// their ISEE, demands, providers and two municipal programmes. Prices and
// willingness to pay are assumptions, not observations; the ISEE follows the
// distribution that INPS publishes. Families do not depend on Supply, so two
// instances that differ in it alone can be compared.
//
// Source: docs of the round format, "Generator": 14 communities per square
// kilometre, 70 % condominiums, 12 % schools, 18 % neighbourhoods; ISEE after
// INPS, Osservatorio 2024 (not checked on the primary source).
func Generate(o GenerateOptions) *Snapshot {
	g := newGenerator(o)
	g.families()
	g.layOut()
	g.supply()
	g.programmes()
	return g.s
}

// generator is an instance in the making.
type generator struct {
	o      GenerateOptions
	s      *Snapshot
	trades []*trade // of the categories of the instance, in their order
	asked  []int    // by trade: demands
	side   int      // of the city, in metres
	lists  map[uint64][]string
}

// newGenerator fills what every instance has: header, slots, categories.
func newGenerator(o GenerateOptions) *generator {
	o.Demands = clamp(o.Demands, 1, GenerateDemandsMax)
	o.Supply = clamp(orElse(o.Supply, 100), 1, GenerateSupplyMax)
	o.Density = clamp(orElse(o.Density, generateDensity), 1, GenerateDensityMax)
	o.WeightShare, o.RotaShare = clamp(o.WeightShare, 0, 100), clamp(o.RotaShare, 0, 100)
	g := &generator{o: o, lists: map[uint64][]string{}}
	g.s = &Snapshot{
		Version: 1,
		Round:   RoundHeader{ID: fmt.Sprint("2026-W48-", o.Seed), Date: "2026-11-23", Period: "month", Currency: "EUR"},
		Slots:   slices.Clone(generatedSlots), Programmes: []Programme{},
	}
	r := g.stream("categories")
	count := o.Categories
	switch {
	case count > 0:
		count = min(count, len(trades))
	case o.Demands < generateFewCategories:
		count = 2 + r.below(2)
	default:
		count = len(trades)
	}
	for _, k := range r.some(len(trades), count) {
		g.trades = append(g.trades, &trades[k])
	}
	if o.RotaShare > 0 {
		g.s.Version = 2
		g.trades = append(g.trades, &carerTrade)
	}
	for _, t := range g.trades {
		g.s.Categories = append(g.s.Categories, Category{t.id, t.unit})
	}
	g.asked = make([]int, len(g.trades))
	if g.o.WeightShare == 0 && o.Demands < generateSmall && r.below(9) == 0 {
		g.o.WeightShare = 50
	}
	return g
}

func orElse(n, otherwise int) int {
	if n == 0 {
		return otherwise
	}
	return n
}

func clamp(n, low, high int) int { return max(low, min(n, high)) }

// draws are the dice of one part of an instance.
type draws struct{ dice }

// stream returns the dice of a part: each part has its own, so that a change
// of one does not throw the others.
func (g *generator) stream(part string) *draws {
	return &draws{dice(lot(fmt.Sprint(g.o.Seed), part))}
}

// percent is true in p of 100 cases.
func (r *draws) percent(p int) bool { return r.below(100) < p }

// in draws from a span, both ends included.
func (r *draws) in(s span) int { return s.low + r.below(s.high-s.low+1) }

// weighted draws an index with the given weights, not all zero.
func (r *draws) weighted(weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	rest := r.below(sum)
	for k, w := range weights {
		if rest < w {
			return k
		}
		rest -= w
	}
	panic("pooling: weights do not sum up") // rest < sum
}

// some draws count different numbers below n, ascending.
func (r *draws) some(n, count int) []int {
	all := make([]int, n)
	for k := range all {
		all[k] = k
	}
	for k := range count {
		other := k + r.below(n-k)
		all[k], all[other] = all[other], all[k]
	}
	picked := all[:count]
	slices.Sort(picked)
	return picked
}

// along reads a table of knots at equal distances at a random place, with
// straight lines between the knots.
func (r *draws) along(knots []int64) int64 {
	const scale = 1 << 16
	at := r.below((len(knots) - 1) * scale)
	low, high := knots[at/scale], knots[at/scale+1]
	return low + (high-low)*int64(at%scale)/scale
}

// programmes adds a bonus for children's categories and a fund for all, 55 and
// 45 hundredths of a pot that reaches about one demand in five. One small round
// of five has none.
func (g *generator) programmes() {
	r := g.stream("programmes")
	if g.o.Demands < generateSmall && r.below(5) == 0 {
		return
	}
	pot := g.o.Demands * (generatePotCents + r.below(generatePotSpreadCents))
	bonusCap, fundCap := money.Amount(60_00), money.Amount(80_00)
	var scope []string
	for _, t := range g.trades {
		if t.bonus {
			scope = append(scope, t.id)
		}
	}
	g.s.Programmes = []Programme{
		{
			ID: "bonus-famiglie", Categories: scope, HouseholdCap: &bonusCap, Budget: atLimit(pot * 55 / 100),
			Rule: Brackets{{ISEEUpTo: 6000_00, Percent: 60_00}, {ISEEUpTo: 12_000_00, Percent: 40_00}, {ISEEUpTo: 20_000_00, Percent: 20_00}},
		},
		{
			ID: "fondo-sociale", HouseholdCap: &fundCap, Budget: atLimit(pot * 45 / 100),
			Rule: Linear{ISEEFrom: 4000_00, PercentFrom: 70_00, ISEETo: 25_000_00, PercentTo: 5_00},
		},
	}
}

// atLimit rounds cents down to a step of half a euro, within [money.Max].
func atLimit(cents int) money.Amount { return min(halfEuros(cents), money.Max) }

func halfEuros(cents int) money.Amount { return money.Amount(cents / 50 * 50) }
