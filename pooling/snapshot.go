package pooling

import (
	"fmt"

	"colletta/money"
)

// Limits of a snapshot. With them every product in this package fits an int64
// (round schema, "Limits").
const (
	SlotsMax        = 64            // slots of one snapshot
	UnitsMax        = 1000          // units of one demand
	WeightMax       = 1_000_000     // weight of one demand
	MembersMax      = 1000          // max_members of an offer
	CoordinateMaxM  = 100_000_000   // |x|, |y| of a point, in metres
	RadiusMaxM      = 1_000_000     // any distance, in metres
	IDBytesMax      = 256           // length of an id, in bytes
	PercentMax      = 100_00        // one hundred percent, in basis points
	unitsSumMax     = 1_000_000_000 // min_units, max_units of an offer
	oddCentsMax     = 1_000_000_000 // odd cents paid by one household so far
	staffMax        = 1_000_000     // groups of one provider in one slot
	unlimited       = int64(1) << 40
	quoteUnlimited  = money.Amount(1) << 50
	roundSchemaStem = "colletta.round/"
)

// Snapshot is the frozen input of one round: everything that forming pools
// depends on, and nothing else. It is what is hashed, stored and exported as
// colletta.round/1 or /2. [ReadSnapshot] and [Validate] say what a valid one is.
type Snapshot struct {
	Version     int // of the format: 1, or 2 when rota offers or given grants may occur
	Round       RoundHeader
	Slots       []Slot
	Categories  []Category
	Communities []Community
	Households  []Household
	Demands     []Demand
	Providers   []Provider
	Offers      []Offer
	Programmes  []Programme // in order of precedence
}

// RoundHeader names the round that a snapshot belongs to.
type RoundHeader struct {
	ID       string // enters the hash that rotates odd cents
	Date     string // YYYY-MM-DD
	Period   string // what amounts are per: "month", "week", ...
	Currency string // always "EUR"
}

// Slot is a weekly block of time, [Start, End). Slots of one snapshot never
// overlap.
type Slot struct {
	ID         string
	Day        string // mon, tue, wed, thu, fri, sat, sun
	Start, End string // HH:MM; End may be 24:00
}

// Category is a kind of service, with the unit in which demands count it.
type Category struct {
	ID   string
	Unit string // hour, seat, place
}

// Community is where demands come from and where groups are hosted.
type Community struct {
	ID     string
	Kind   string // condominium, school, neighbourhood
	XM, YM int64  // on a plane, in whole metres
}

// Household posts demands and pays for them.
type Household struct {
	ID       string
	ISEE     *money.Amount // per year; nil when none was presented
	OddCents int           // odd cents paid in earlier rounds; fewest pay first
}

// Demand is what one household asks for, with the most it will pay.
type Demand struct {
	ID, Household, Community, Category string

	Units        int64        // 1..[UnitsMax], indivisible, in the unit of the category
	Weight       int64        // 1..[WeightMax]; millesimi or another weight, for [SplitWeight]
	Slots        []string     // acceptable slots: any one of them, or for a rota any Units of them
	MaxPrice     money.Amount // most it pays per period, net of subsidy; at least 0.01
	MaxDistanceM int64        // how far from its community; 0 = only there
	PostedOn     string       // YYYY-MM-DD, start of the wait
}

// Provider runs groups; Staff bounds how many at once in each slot, over all
// its offers. A missing slot is zero.
type Provider struct {
	ID    string
	Staff map[string]int
}

// Mode says whether the members of a group attend one slot together or take
// turns with one worker.
type Mode string

// The modes. The zero value is read as [ModeTogether].
const (
	ModeTogether Mode = "together"
	ModeRota     Mode = "rota"
)

// SplitRule says by which weights the fixed cost of a group is shared.
type SplitRule string

// The split rules: everyone alike, by units, by weight (millesimi).
const (
	SplitEqual  SplitRule = "equal"
	SplitUnits  SplitRule = "units"
	SplitWeight SplitRule = "weight"
)

// Offer is what a provider proposes to groups: prices, sizes, slots, places.
type Offer struct {
	ID, Provider, Category string

	Mode       Mode
	Slots      []string // in which it can run
	Area       Area     // where a group can be hosted
	MixRadiusM int64    // members come from communities within this distance of the host; 0 = host only
	MinMembers int      // 1..MaxMembers
	MaxMembers int      // ..[MembersMax]
	MinUnits   int64    // of a group; 0 = none
	MaxUnits   int64    // of a group; 0 = none
	Split      SplitRule
	Tiers      []Tier // first from 1 member, ascending, prices never rise
}

// Area is the union of a list of communities and of a circle.
type Area struct {
	Communities []string
	Center      *Point
	RadiusM     int64
}

// Point is a place on the plane of the snapshot, in whole metres.
type Point struct{ XM, YM int64 }

// Tier is the price of a group from a number of members on; the last tier with
// FromMembers <= n applies to the whole group of n.
type Tier struct {
	FromMembers int
	Fixed       money.Amount // shared by the split rule
	PerMember   money.Amount // paid by each member
	PerUnit     money.Amount // paid by each member per unit
}

// Programme is a municipal subsidy with its budget for this round. A demand
// belongs to the first programme whose scope and rule admit it.
type Programme struct {
	ID           string
	Categories   []string      // nil = all
	Communities  []string      // nil = all
	Rule         Rule          // [Brackets], [Linear] or [Given]
	HouseholdCap *money.Amount // per period, over all demands of a household; nil = none
	Budget       money.Amount  // what is left for this round
}

// Rule says what a programme grants: [Brackets], [Linear] or [Given].
type Rule interface{ isRule() }

// Brackets grants by ISEE: the first bracket with ISEE <= ISEEUpTo; above the
// last nothing.
type Brackets []Bracket

// Bracket is one step of [Brackets]: a percentage of the quote or an amount,
// never both.
type Bracket struct {
	ISEEUpTo money.Amount
	Percent  int64 // basis points
	Amount   money.Amount
}

// Linear grants a percentage that falls from PercentFrom (up to ISEEFrom) to
// PercentTo (at ISEETo); above ISEETo nothing. Percentages are in basis points.
type Linear struct {
	ISEEFrom    money.Amount
	PercentFrom int64
	ISEETo      money.Amount
	PercentTo   int64
}

// Given holds, by demand id, grants evaluated beforehand by whoever knows the
// measure. Demands not listed are not eligible.
type Given map[string]Grant

// Grant is how a subsidy depends on the quote: Percent of it, in basis points,
// or a flat Amount, never both; at most Cap.
type Grant struct {
	Percent int64
	Amount  money.Amount
	Cap     *money.Amount // nil = none
}

func (Brackets) isRule() {}
func (Linear) isRule()   {}
func (Given) isRule()    {}

// rota says whether members of the offer's groups take turns.
func (o Offer) rota() bool { return o.Mode == ModeRota }

// InputError says what is wrong in a file, where, and which rule it breaks.
type InputError struct {
	Path  string // "offers[2].tiers[1].fixed"; empty for the whole file
	Value string // as found, shortened
	Rule  string // "must not rise from one tier to the next"
}

// Error writes the error on one line.
func (e *InputError) Error() string {
	switch {
	case e.Path == "":
		return "input " + e.Rule
	case e.Value == "":
		return fmt.Sprintf("%s: %s", e.Path, e.Rule)
	}
	return fmt.Sprintf("%s: %q %s", e.Path, e.Value, e.Rule)
}
