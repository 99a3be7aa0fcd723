package pooling

import "colletta/money"

// OutcomeCode says what a round did for a demand. Codes are API and change only
// by addition; [Outcome.Words] holds the words for them.
type OutcomeCode string

// The outcomes. For a demand left out the first of these that is true is
// given, from what almost happened to what could not. "A group stands" means
// that it keeps every limit of its offer and that all its members accept its
// price, whatever other groups there are.
const (
	OutcomeServed           OutcomeCode = "served"
	OutcomeOverlooked       OutcomeCode = "overlooked"         // it could join a pool, or start a group with others left out: the round is valid and not its best
	OutcomeFundExhausted    OutcomeCode = "fund_exhausted"     // with the voucher whose fund ended before it, it could join a pool, or a group would stand and none does without
	OutcomeSeatsFull        OutcomeCode = "seats_full"         // a pool that it would accept, and a seat more would admit it, has no seat left
	OutcomeStaffFull        OutcomeCode = "staff_full"         // a group of demands left out would stand, but the provider's staff runs others in that slot
	OutcomeNoGroup          OutcomeCode = "no_group"           // a group would stand only with neighbours that found a place elsewhere
	OutcomePriceTooHigh     OutcomeCode = "price_too_high"     // neighbours are enough, but their group costs more than its maximum
	OutcomeTooFewNeighbours OutcomeCode = "too_few_neighbours" // not enough demands fit, or accept the price, with it
	OutcomeNoOfferInReach   OutcomeCode = "no_offer_in_reach"  // no offer in its category, slots and distance
)

// OutcomeCodes lists every code, that of a demand served first, then from the
// nearest reason to the farthest.
func OutcomeCodes() []OutcomeCode {
	return []OutcomeCode{
		OutcomeServed, OutcomeOverlooked, OutcomeFundExhausted, OutcomeSeatsFull, OutcomeStaffFull, OutcomeNoGroup,
		OutcomePriceTooHigh, OutcomeTooFewNeighbours, OutcomeNoOfferInReach,
	}
}

// LimitCode says what of a group was full, or was not reached.
type LimitCode string

// The limits.
const (
	LimitMembers LimitCode = "members" // seats
	LimitUnits   LimitCode = "units"   // total units
	LimitWeek    LimitCode = "week"    // the hours of a rota's week
)

// ReachCode says why no offer is in reach of a demand.
type ReachCode string

// The reasons, in the order in which offers are sieved: the first sieve that
// none passes is named.
const (
	ReachNoOffer    ReachCode = "no_offer"    // none in its category
	ReachOtherTimes ReachCode = "other_times" // none in its slots, or for a rota in as many as it has units
	ReachTooFar     ReachCode = "too_far"     // of those, none within its distance
	ReachNoStaff    ReachCode = "no_staff"    // of those, none has staff in its slots
	ReachTooLarge   ReachCode = "too_large"   // of those, none has room for its units
)

// Outcome explains a round to one demand. Amounts and counts concern the pool
// of a demand served, or else the possible group that came nearest. What is
// told depends on the demand itself and on counts: no field holds, and none
// lets anybody compute, what one neighbour would have paid.
type Outcome struct {
	Demand string
	Code   OutcomeCode

	Pool, Offer, Slot, Host string   // Pool only when served (or of the full pool); Slot empty for a rota
	Slots                   []string // of a rota member
	Times                   []Slot   // the slot, or those of a rota member, with day and hours
	Units                   int64    // of the demand
	Unit                    string   // in which they count: "hour", ...
	Share, Subsidy, Net     money.Amount
	Quote                   money.Amount // what it is quoted, before subsidy
	Programme               string       // of the voucher; empty without one

	Candidates    int          // demands that fit the group's slot and place, this one included
	Members       int          // of the pool, or of the largest group of those who accept its price
	PricedAt      int          // members of the group in which the quote is this one
	Missing       int          // further demands like this one with which a group would stand; 0 when no number is enough
	MissingUnits  int64        // further units needed, when members suffice
	MembersNeeded int          // for price_too_high: smallest group, of those who accept and others like this demand, whose price it accepts; 0 when no size is enough
	NetQuote      money.Amount // quote less subsidy: to compare with MaxPrice
	MaxPrice      money.Amount
	Limit         LimitCode // for seats_full and too_few_neighbours; empty otherwise
	Reach         ReachCode // for no_offer_in_reach; empty otherwise
	AtLeast       bool      // a bounded search could not decide everything: Missing is a lower bound, a nearer reason is possible

	FundExhausted   bool   // it is eligible, but the budget ended before it
	FundExhaustedOf string // programme whose budget ended

	Reckoning *Reckoning // how share and subsidy were computed; only when served
}

// Reckoning is how the share and the subsidy of a member were computed, with
// every term that a page shows.
type Reckoning struct {
	Cost                money.Amount // of the pool
	Fixed               money.Amount // of it, shared by Split
	Split               SplitRule
	Weight, TotalWeight int64        // the member's and the pool's, by Split
	FixedDown           money.Amount // Fixed*Weight/TotalWeight, rounded down
	PerMember, PerUnit  money.Amount
	Units               int64
	Own                 money.Amount // PerMember + PerUnit*Units: what concerns the member alone
	OddCents            int          // cents that the rounding of the pool leaves over
	OddCent             bool         // the member pays one of them
	OddWhy              OddCentWhy   // by which rule it pays one or not; empty when none is left over

	// Of the voucher; zero without one. The subsidy is Percent of the quote, or
	// Amount, at most Cap, and at most Own + FixedDown: no odd cent is subsidised.
	Percent   int64 // basis points
	Amount    money.Amount
	Cap       *money.Amount // nil = none
	WholeBase bool          // the subsidy is all of Own + FixedDown
}

// OddCentWhy says which step of the odd-cent order decided for a member.
type OddCentWhy string

// The steps, in order (round schema, S3).
const (
	OddByRemainder OddCentWhy = "remainder" // by what its exact share has beyond whole cents
	OddByRotation  OddCentWhy = "rotation"  // by who paid fewer odd cents so far
	OddByLot       OddCentWhy = "lot"       // by the hash of round and demand
)
