package pooling

import "colletta/money"

// Formation is the outcome of a round: which pools form and what everyone
// pays. It is written as colletta.solution/1 or /2.
type Formation struct {
	Version int    // of the format, that of its snapshot
	Round   string // id of the round
	Pools   []Pool
	Totals  *Totals // nil when a file carries none; [Form] always fills it
	Bound   *Bound  // nil when none was computed
	Work    Work    // what [Form] did; not part of the file
	Viable  int     // demands that some group could serve, as [Form] found; not part of the file
}

// Pool is one group: an offer in a slot at a host community, with its members.
type Pool struct {
	ID, Offer string
	Slot      string // empty for a rota
	Host      string
	Cost      money.Amount // per period; the shares sum to it
	Members   []Member
}

// Member is one demand in a pool. Net = Share - Subsidy.
type Member struct {
	Demand              string
	Slots               []string // of a rota: exactly Units of them, in snapshot order; nil otherwise
	Share, Subsidy, Net money.Amount
	Programme           string // of its voucher; empty without one
}

// Totals sums a formation up.
type Totals struct {
	Served             int
	Net, Subsidy, Cost money.Amount
	DistanceM          int64 // sum of members' distances to their host, each rounded down
}

// Bound is a proven upper bound on the demands that any formation of a
// snapshot can serve.
type Bound struct {
	Served      int
	Method      string       // "lagrangian", or "branching" for a tree of cases
	Certificate *Certificate // from which anyone recomputes Served; nil when a file carries none
}

// Certificate proves a [Bound] by Lagrangian duality: by one list of
// multipliers, or by cases with multipliers for each. Multipliers are whole
// numbers of 1/Denominator, at least 0, one per demand in the order of the
// snapshot.
type Certificate struct {
	Denominator int64
	Multipliers []int64 // nil when Cases is set
	Cases       *Case   // nil for a proof by one list
}

// Case is a node of a proof by cases (branch and bound: Land and Doig 1960, doi
// 10.2307/1910129). A leaf has multipliers and nothing else. Any other asks
// whether a demand is served at a place, which is a provider in a slot or the
// rotas of a provider: Here covers the formations in which the demand is served
// there or not at all, Elsewhere those in which it is not served there. So each
// formation is in at least one leaf, and the bound is the largest of theirs.
type Case struct {
	Multipliers      []int64
	Demand, Provider string // ids
	Slot             string // id; empty for the rotas of the provider
	Here, Elsewhere  *Case
}

// Leaves counts the cases that have multipliers. The proof must have passed
// [Check], which bounds its depth.
func (c *Case) Leaves() int {
	if c.isLeaf() {
		return 1
	}
	return c.Here.Leaves() + c.Elsewhere.Leaves()
}

func (c *Case) isLeaf() bool { return c.Here == nil && c.Elsewhere == nil }
