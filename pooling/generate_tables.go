package pooling

import "fmt"

// span is a range of whole numbers, both ends included.
type span struct{ low, high int }

// trade is what the generator knows of a category. Prices are in half euros.
type trade struct {
	id, unit string
	hours    []int // at which weekday blocks start
	saturday bool  // also the two blocks of Saturday
	bonus    bool  // in the scope of the first programme
	posted   [3]int

	median int    // maximum price per unit of a family of middling income, in half euros
	units  [3]int // weights of one, two, three units

	split                     SplitRule
	fixed, perMember, perUnit span
	members                   span // least members
	membersMax                span
	unitsMin, unitsMax        span // zero = none
	tiers                     int  // percent of offers with a volume discount
}

// The kinds of communities, by which trade.posted counts.
const (
	kindCondominium = iota
	kindSchool
	kindNeighbourhood
)

// kinds of communities: how many of a hundred, households, percent that post.
var kinds = [3]struct {
	name       string
	weight     int
	households span
	posting    int
}{
	kindCondominium:   {"condominium", 70, span{20, 60}, 30},
	kindSchool:        {"school", 12, span{100, 400}, 16},
	kindNeighbourhood: {"neighbourhood", 18, span{80, 240}, 16},
}

// trades are the six categories of the family, in the order in which an
// instance lists them.
var trades = [...]trade{
	{
		id: "homework_help", unit: "place", hours: []int{14, 16}, bonus: true, posted: [3]int{20, 45, 18}, median: 92, units: [3]int{100, 0, 0},
		split: SplitEqual, fixed: span{300, 436}, perMember: span{6, 13}, members: span{4, 5}, membersMax: span{9, 14}, tiers: 50,
	},
	{
		id: "shared_childcare", unit: "place", hours: []int{14, 16, 18}, bonus: true, posted: [3]int{32, 13, 0}, median: 114, units: [3]int{100, 0, 0},
		split: SplitEqual, fixed: span{296, 372}, perMember: span{4, 10}, members: span{3, 3}, membersMax: span{5, 7}, tiers: 50,
	},
	{
		id: "elder_care", unit: "place", hours: []int{9, 14}, posted: [3]int{25, 0, 35}, median: 92, units: [3]int{100, 0, 0},
		split: SplitEqual, fixed: span{280, 346}, perMember: span{4, 12}, members: span{3, 4}, membersMax: span{6, 9}, tiers: 50,
	},
	{
		id: "language_course", unit: "place", hours: []int{16, 18}, saturday: true, posted: [3]int{0, 22, 36}, median: 97, units: [3]int{100, 0, 0},
		split: SplitEqual, fixed: span{374, 528}, perMember: span{8, 18}, members: span{5, 7}, membersMax: span{10, 18}, tiers: 50,
	},
	{
		id: "school_shuttle", unit: "seat", hours: []int{7}, bonus: true, posted: [3]int{0, 20, 0}, median: 142, units: [3]int{61, 33, 6},
		split: SplitUnits, fixed: span{800, 900}, perUnit: span{10, 12}, members: span{4, 4}, membersMax: span{16, 16}, unitsMin: span{7, 9}, unitsMax: span{17, 19},
	},
	{
		id: "home_cleaning", unit: "hour", hours: []int{9, 14}, saturday: true, posted: [3]int{23, 0, 11}, median: 148, units: [3]int{50, 44, 6},
		split: SplitUnits, fixed: span{130, 170}, perUnit: span{96, 106}, members: span{2, 2}, membersMax: span{8, 8}, unitsMin: span{4, 6}, unitsMax: span{10, 12},
	},
}

// carerTrade is the category of version 2: one carer's week in turns.
var carerTrade = trade{
	id: "shared_carer", unit: "hour", hours: []int{9, 14, 16, 18}, saturday: true, median: 126,
	split: SplitUnits, fixed: span{300, 420}, perMember: span{8, 12}, perUnit: span{88, 100},
	members: span{3, 4}, membersMax: span{6, 8}, unitsMin: span{8, 12}, unitsMax: span{18, 26}, tiers: 50,
}

// generatedSlots are the 27 weekly blocks of two hours.
var generatedSlots = weeklyBlocks()

func weeklyBlocks() (list []Slot) {
	block := func(day string, hour int) {
		list = append(list, Slot{
			ID: fmt.Sprintf("%s-%02d", day, hour), Day: day,
			Start: fmt.Sprintf("%02d:00", hour), End: fmt.Sprintf("%02d:00", hour+2),
		})
	}
	for _, day := range days[:5] {
		for _, hour := range [...]int{7, 9, 14, 16, 18} {
			block(day, hour)
		}
	}
	block("sat", 9)
	block("sat", 11)
	return list
}

// lognormal holds exp(0.38 z) in thousandths at the 0/64, 1/64, ... 64/64
// quantiles z of the normal distribution, the ends at z = ±2.85, at which
// straight lines between the knots keep the deviation of the logarithm at 0.38.
var lognormal = []int64{
	339, 441, 493, 529, 558, 583, 606, 627, 646, 664, 681, 698, 714, 729, 745, 759, 774, 788, 802, 817, 830, 844,
	858, 872, 886, 900, 914, 928, 942, 956, 971, 985, 1000, 1015, 1030, 1046, 1062, 1078, 1094, 1111, 1129, 1147,
	1165, 1184, 1204, 1225, 1246, 1269, 1292, 1317, 1343, 1371, 1401, 1433, 1468, 1506, 1548, 1596, 1650, 1714,
	1791, 1891, 2030, 2267, 2954,
}

// knot is one point of a broken line.
type knot struct{ x, y int64 }

// iseeByShare holds ISEE in cents below which a share of families lies, in
// thousandths: 2.9 % at zero, 42.3 % below 10,000, 20.5 % from 5,000 to 10,000,
// mean 16,550. The knots above 10,000 are interpolated to meet that mean.
var iseeByShare = []knot{
	{0, 0}, {29, 0}, {218, 5000_00}, {423, 10_000_00}, {600, 15_000_00}, {750, 20_500_00}, {870, 31_000_00},
	{950, 47_000_00}, {990, 75_000_00}, {1000, 130_000_00},
}

// meansByISEE is the effect of income on the maximum price, in hundredths.
var meansByISEE = []knot{
	{0, 76}, {5000_00, 88}, {10_000_00, 100}, {20_000_00, 106}, {40_000_00, 113}, {80_000_00, 125}, {130_000_00, 130},
}

// meansWithoutISEE is that effect for families who presented none.
const meansWithoutISEE = 110

// onLine reads a broken line at x, which lies between its first and last knot.
// Both are first multiplied by scale, so that x may be a fraction of a knot's.
func onLine(line []knot, x, scale int64) int64 {
	k := 1
	for k+1 < len(line) && line[k].x*scale < x {
		k++
	}
	low, high := line[k-1], line[k]
	return low.y + (high.y-low.y)*(x-low.x*scale)/((high.x-low.x)*scale)
}

// tripsM are the distances that families accept, with their weights.
var (
	tripsM       = []int64{0, 400, 800, 1500}
	tripsWeights = []int{15, 35, 35, 15}
)

// mixesM are the mixing radii of offers, with their weights.
var (
	mixesM       = []int64{0, 500, 900, 1400}
	mixesWeights = []int{8, 64, 21, 7}
)
