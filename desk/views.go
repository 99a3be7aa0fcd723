package desk

import (
	"time"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
)

// HomeView is what a person sees first: their communities, the rounds they can
// join, what they owe.
type HomeView struct {
	Actor       communities.Actor
	Household   *HouseholdView // nil for an officer or a provider
	Communities []CommunitySummary
	Rounds      []RoundSummary     // open first, then the latest
	Pledges     []PledgeView       // own demands of rounds not yet settled
	Charges     []ChargeView       // open ones first
	Managed     []CommunitySummary // communities of which the actor is the delegate
	Offers      []OfferSummary     // offers of the actor's provider
}

// HouseholdView is a household with its people.
type HouseholdView struct {
	ID     communities.HouseholdID
	Name   string
	People []communities.Person
}

// CommunitySummary is one line about a community.
type CommunitySummary struct {
	ID         communities.CommunityID
	Kind       communities.Kind
	Name       string
	Address    string
	District   int    // municipio
	Quarter    string // name of the NIL
	Households int
	UnitLabel  string // the actor's own unit, when a member
}

// RoundSummary is one line about a round.
type RoundSummary struct {
	ID        pooling.RoundID
	Series    string // name of the series
	Name      string
	State     pooling.RoundState
	Community string // name, for a round of one community; empty for the city
	OpensAt   time.Time
	ClosesAt  time.Time
	Offers    int
	Pledged   int // demands pledged now
	Served    int // after forming
	Mine      int // own pledges in it
}

// RoundView is the page of one round as its reader may see it.
type RoundView struct {
	Round   RoundSummary
	Offers  []OfferPictureView // live picture for the reader's household and community
	Mine    []PledgeView
	Results RoundResults // after forming
	// CanPledge is true while the round is open and the reader has a household
	// in reach; Why holds the refusal code otherwise.
	CanPledge bool
	Why       string
	SHA256    string // of the frozen snapshot, after the close; hexadecimal
}

// OfferSummary is one line about an offer.
type OfferSummary struct {
	ID          catalogue.OfferID
	Title       string
	Description string
	Provider    string // name
	Category    string // name
	Mode        pooling.Mode
	Split       pooling.SplitRule
	MinMembers  int
	MaxMembers  int
	Unit        string // "hour", "seat", …
	Period      string // "month", "course", …
	Published   bool
}

// SlotView is a weekly time block with its words ("martedì 16:00–17:00").
type SlotView struct {
	ID    string
	Label string
}

// OfferPictureView is the live picture of the group that one offer would make
// now for the reader's community: how many, how far, at what price.
type OfferPictureView struct {
	Offer      OfferSummary
	Slots      []SlotView
	Slot       string // label of the slot that fits most, empty when nobody fits
	Candidates int    // families whose pledge fits, the reader's included
	Missing    int    // families still needed to start; 0 when it would start
	MinMembers int
	MaxMembers int
	// MinUnits is how many units (hours) the group needs besides families; 0
	// when it needs none. CandidateUnits is how many are pledged near the reader.
	MinUnits, CandidateUnits int64
	// Quote, Subsidy and Net are the reader's for their own pledge, or for one
	// unit when they have none (Hypothetical).
	Hypothetical        bool
	Units               int64
	Quote, Subsidy, Net money.Amount
	SubsidyNote         string       // citizen's trace of the measure, Italian, when a measure applies
	Measure             string       // its name
	Steps               []PriceStep  // if 1, 2, 5 more join
	Ladder              []PriceStep  // price by group size, min to max, for the chart
	FixedTotal          money.Amount // fixed cost at today's size
}

// PriceStep is the price for a group that grew.
type PriceStep struct {
	More    int // families more than now; 0 in a ladder
	Members int
	Quote   money.Amount
	Subsidy money.Amount
	Net     money.Amount
}

// PledgeView is a household's demand in a round with its outcome.
type PledgeView struct {
	ID            pooling.DemandID
	Round         pooling.RoundID
	RoundName     string
	RoundState    pooling.RoundState
	ClosesAt      time.Time
	Community     string
	CommunityID   communities.CommunityID
	Household     string
	UnitLabel     string
	Category      string // name
	CategoryID    string
	Units         int64
	Unit          string
	Slots         []SlotView
	MaxPrice      money.Amount // only ever shown to the household itself
	MaxDistanceM  int64
	PaymentMethod billing.Method
	PostedOn      time.Time
	Withdrawn     bool
	Outcome       *OutcomeView // after forming
	Charge        *ChargeView
}

// OutcomeView is why a household is in its pool, or in none.
type OutcomeView struct {
	Outcome  pooling.Outcome
	Offer    string // title
	Provider string
	Slot     string   // label (together)
	Slots    []string // labels of own hours (rota)
	Host     string   // community that hosts
	Measure  string   // name of the one whose voucher it holds, or whose fund ended
	Members  int
	Cost     money.Amount
}

// RoundResults sums up a formed round.
type RoundResults struct {
	Formed   bool
	Served   int
	Unserved int
	Cost     money.Amount
	Subsidy  money.Amount
	Net      money.Amount
	Pools    []PoolView
	Reasons  []ReasonCount // unserved by reason
	Passes   []PassView    // one, or two when a second served more families
}

// PassView is one pass of the engine over a round: what it found, how good that
// is at least, and, for an officer, what a second run needs.
type PassView struct {
	Number                  int // 1, or 2 for the second pass in the same night
	Demands, Viable, Served int // Viable: demands that could be in some group
	Certificate             *CertificateView

	// The rest is filled for an officer only.
	Effort              pooling.Effort
	TimeLimitSeconds    int // seconds; 0: none
	Seed                uint64
	Work                pooling.Work
	Engine              int
	StartedAt, FormedAt time.Time
	SHA256              string // of its snapshot
}

// CertificateView says how good a pass is at least, as anybody can check.
type CertificateView struct {
	Bound  int // no way to form groups serves more demands
	Method string
	// GapPermille is by how much the best possible could be better, in
	// thousandths of what was served and rounded up; 0 when nothing can be
	// better, and -1 when nobody was served.
	GapPermille int
}

// DryRunView is what would come of an open round if it closed now. Nothing of
// it is stored.
type DryRunView struct {
	Round   RoundSummary
	At      time.Time
	Effort  pooling.Effort
	Results RoundResults // without members
}

// ReasonCount counts unserved demands by outcome code.
type ReasonCount struct {
	Code  pooling.OutcomeCode
	Count int
}

// PoolView is one pool. Members are filled only for its delegate, its provider
// (without amounts) and the officer.
type PoolView struct {
	ID       string // of its pass
	Pass     int    // 1, or 2 for a group of the second pass
	Offer    string
	Provider string
	Slot     string
	Host     string
	Size     int
	Cost     money.Amount
	Subsidy  money.Amount
	Net      money.Amount
	Paid     money.Amount
	Members  []PoolMemberView
}

// PoolMemberView is one household in a pool.
type PoolMemberView struct {
	Household string
	UnitLabel string
	Units     int64
	Slots     []string
	Share     money.Amount
	Subsidy   money.Amount
	Net       money.Amount
	State     billing.ChargeState
}

// ChargeView is what a household owes for one pool and how to pay it.
type ChargeView struct {
	ID          billing.ChargeID
	Number      string // short human number, for example "2026-000123"
	Round       pooling.RoundID
	RoundName   string
	Description string // "Laboratorio di psicomotricità, 10 incontri"
	Household   string
	UnitLabel   string
	Provider    string
	Share       money.Amount
	Subsidy     money.Amount
	Net         money.Amount
	Voucher     money.Amount // of Net, what vouchers pay
	Paid        money.Amount
	Due         money.Amount // what is left
	State       billing.ChargeState
	IssuedOn    time.Time
	DueOn       time.Time
	Reference   string // RF…, printed in groups of four
	Beneficiary string // name for the transfer
	IBAN        string
	QRPayload   string // EPC069-12 text
	Payments    []PaymentView
	Members     int // size of the pool
	Cost        money.Amount
	Explanation []string // lines that a resident can follow, Italian
}

// PaymentView is one payment of a charge.
type PaymentView struct {
	ID            billing.PaymentID
	Method        billing.Method
	Amount        money.Amount
	State         billing.PaymentState
	ReceivedOn    time.Time
	ReceiptNumber string // empty until paid
}

// CommunityView is a community's page. Members, pledges and charges are filled
// for its delegate and the officer only; a member sees the counts.
type CommunityView struct {
	Community      CommunitySummary
	Code           string
	Delegate       string
	Members        []MemberView
	Rounds         []RoundSummary
	Needs          []NeedCount // by category
	MillesimiTotal string
	PledgedNow     int
	CanManage      bool
}

// MemberView is one household of a community as its delegate sees it.
type MemberView struct {
	Household communities.HouseholdID
	Name      string
	UnitLabel string
	Millesimi string // empty where the community has none
	Residents int
	Email     string
	Pledges   []string // "Laboratorio di psicomotricità (aperta)"
	Due       money.Amount
	Paid      money.Amount
	Charges   []ChargeView
}

// NeedCount is demand by category, in one place or in the city.
type NeedCount struct {
	CategoryID string
	Category   string
	Declared   int
	Pledged    int
	Served     int
}

// OfficerView is the desk of the Comune: rounds, funds and their use, the map
// of needs.
type OfficerView struct {
	Rounds      []RoundSummary
	Funds       []FundView
	Needs       []NeedCount
	Map         []NeedPoint
	Unmet       []DistrictNeed
	Charges     ChargeTotals
	OpenCharges []ChargeView // oldest first, at most 50: for recording transfers
	Households  int
	Communities int
	Providers   int
	ISEEWaiting int // certificates that families declared and nobody verified yet
}

// NeedPoint is a community on the map of needs. Coordinates are metres in UTM
// zone 32N.
type NeedPoint struct {
	Community communities.CommunityID
	Name      string
	Kind      communities.Kind
	District  int
	XM, YM    int64
	Demands   int // declared and pledged now
	Served    int
}

// DistrictNeed is demand and service by municipio.
type DistrictNeed struct {
	District int
	Name     string
	Demands  int
	Served   int
	Unmet    int
}

// ChargeTotals sums what was charged and what was paid.
type ChargeTotals struct {
	Charged, Paid, Open money.Amount
	Count, PaidCount    int
}

// ProviderView is a provider's page.
type ProviderView struct {
	ID          catalogue.ProviderID
	Name        string
	Offers      []OfferSummary
	Pools       []PoolView           // confirmed, members without amounts
	Categories  []catalogue.Category // for which it is qualified
	Slots       []SlotView           // weekly grid to choose from
	Communities []CommunitySummary   // to choose the area from
}

// ImportPreview is what a file would do to a community; nothing is stored.
type ImportPreview struct {
	Community       CommunitySummary
	File            string
	SHA256          string
	Rows            int
	Errors          []communities.CellError
	Plan            communities.ImportPlan
	AlreadyImported bool
	// MillesimiAfter is what the community's millesimi would sum to, in Italian
	// form, when that is not 1000 because units that are not in the file stay;
	// empty otherwise.
	MillesimiAfter string
}

// ImportDone says what a confirmed import changed.
type ImportDone struct {
	Created, Updated, Unchanged int
}

// Receipt is a document to download.
type Receipt struct {
	Name string // file name
	PDF  []byte
}

// MailView is a message as the development mailbox shows it.
type MailView struct {
	ID      string
	To      string
	Subject string
	Text    string
	SentAt  time.Time
}
