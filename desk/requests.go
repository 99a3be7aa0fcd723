package desk

import (
	"time"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/subsidies"
)

// PledgeRequest is what a household binds itself to. Raw numbers come as typed
// so that the refusal can stand beside the field; the fields' names in refusals
// are in brackets.
type PledgeRequest struct {
	Round        pooling.RoundID
	Offer        catalogue.OfferID       // the offer whose page was used; its category is asked for
	Community    communities.CommunityID // [community]
	Units        string                  // [units] whole number
	Slots        []string                // [slots]
	MaxPrice     string                  // [max_price] Italian form, euro per period, net of subsidy
	MaxDistanceM string                  // [max_distance] metres; empty is 0: only the own community
	Method       billing.Method          // [method]
}

// PledgeFormView is what the form of a pledge shows.
type PledgeFormView struct {
	Round       RoundSummary
	Picture     OfferPictureView
	Communities []CommunitySummary // of the household, in reach of the offer
	Slots       []SlotView
	Existing    *PledgeView // own pledge in this category: the form changes it
	Suggested   PledgeRequest
	UnitsFixed  bool // the category is always one unit (a place for one child)
}

// ImportRequest is a file of units and residents for a community.
type ImportRequest struct {
	Community communities.CommunityID
	File      string // name
	Data      []byte
}

// TransferRequest records money that came by bank transfer.
type TransferRequest struct {
	Charge     billing.ChargeID
	Amount     string // [amount] Italian form; must be what is due
	ReceivedOn string // [received_on] YYYY-MM-DD, not in the future
	Note       string // [note] statement line or so, at most 140 characters
}

// NewMunicipality starts a municipality: its row, districts, quarters, spaces
// and categories come from the reference data of the city.
type NewMunicipality struct {
	ID   communities.MunicipalityID
	Name string
}

// NewCommunity registers a community.
type NewCommunity struct {
	Kind       communities.Kind
	Name       string
	Address    string
	DistrictID int
	QuarterID  int
	Point      communities.Point
	Parent     communities.CommunityID
}

// NewDelegate gives a community its administrator, parent representative or
// animator, who can then log in by e-mail.
type NewDelegate struct {
	Community  communities.CommunityID
	GivenName  string
	FamilyName string
	Email      string
	From, To   time.Time // validity [From, To)
}

// NewOfficer lets a person of the Comune log in.
type NewOfficer struct {
	GivenName, FamilyName, Email string
}

// NewProvider registers a provider, its qualification for categories, the
// staff it has in each slot, and the person who may log in for it.
type NewProvider struct {
	Name, TaxCode, VATNumber, IBAN, Email, Address string
	StampExempt                                    bool
	Categories                                     []string
	Staff                                          map[string]int // groups at once by slot id
	ContactGivenName, ContactFamilyName            string
}

// OfferRequest publishes an offer. Fields as typed; names in refusals in brackets.
type OfferRequest struct {
	Provider    catalogue.ProviderID
	Category    string        // [category]
	Title       string        // [title]
	Description string        // [description]
	Mode        string        // [mode] together | rota
	Split       string        // [split] equal | units | weight
	Slots       []string      // [slots]
	MinMembers  string        // [min_members]
	MaxMembers  string        // [max_members]
	MinUnits    string        // [min_units] empty: none
	MaxUnits    string        // [max_units] empty: none
	Tiers       []TierRequest // [tiers]
	Communities []string      // [area] ids; empty with a centre
	CenterOf    string        // [area] community id as centre
	RadiusM     string        // [radius]
	MixRadiusM  string        // [mix_radius]
	Period      string        // [period] month | course
	Meetings    string        // [meetings] number of meetings, for a course; empty: none
}

// TierRequest is one price tier as typed.
type TierRequest struct {
	FromMembers, Fixed, PerMember, PerUnit string
}

// NewISEE records a household's certificate.
type NewISEE struct {
	Household          communities.HouseholdID
	Kind               string   // [kind] "ordinario", …
	Supersedes         []string // [supersedes] of a corrente: what it stands for; empty: ordinario and minorenni
	Calculation        string   // [calculation] empty: the ordinary one
	Value              money.Amount
	Protocol           string    // [protocol]
	DSUDate            time.Time // day; zero: the first day of validity
	ValidFrom, ValidTo time.Time // first and last day
	Size               int       // people; 0: not said
	Scale              subsidies.Scale
	Notes              string // [notes] omissions or discrepancies
}

// ISEEForm is a certificate as typed.
type ISEEForm struct {
	Household   communities.HouseholdID
	TaxCode     string   // [tax_code] of a person of the household, when Household is empty
	Kind        string   // [kind]
	Supersedes  []string // [supersedes]
	Calculation string   // [calculation]
	Value       string   // [value] "12.345,67"
	Protocol    string   // [protocol]
	DSUOn       string   // [dsu_on] YYYY-MM-DD
	ValidFrom   string   // [valid_from]
	ValidTo     string   // [valid_to]
	Size        string   // [size]
	Scale       string   // [scale] "2,04"
	Notes       string   // [notes]
}

// ISEEDecision verifies or refuses a declared certificate.
type ISEEDecision struct {
	ID       string
	Verified bool
	Reason   string // [reason] of a refusal, for the family
}

// ISEEQuestion asks the connected register for a certificate.
type ISEEQuestion struct {
	TaxCode string // [tax_code]
	Kind    string // [kind]
}

// ISEEFileRequest is a file of certificates.
type ISEEFileRequest struct {
	File string
	Data []byte
}

// NewSeries starts a timetable of rounds.
type NewSeries struct {
	Name             string                  // [name]
	OpensOn          string                  // [opens_on] cron in Europe/Rome
	ClosesOn         string                  // [closes_on]
	Period           string                  // [period]
	Categories       []string                // scope; empty: all
	Offers           []catalogue.OfferID     // one-offer rounds; empty: every published offer of the categories
	Community        communities.CommunityID // for a round of one community; empty: the city
	Effort           string                  // [effort] fast | normal | high; empty: normal
	TimeLimitSeconds string                  // [time_limit] whole seconds; empty: the usual
	StartsAt, EndsAt time.Time
}

// SeriesEffort changes how the coming rounds of a series are searched.
type SeriesEffort struct {
	Series           pooling.SeriesID
	Effort           string // [effort]
	TimeLimitSeconds string // [time_limit]
}

// NewDemand is a need that binds nobody: it counts for the map of needs.
type NewDemand struct {
	Household communities.HouseholdID
	Community communities.CommunityID
	Category  string
	Units     int64
}

// Recomputed compares a round with a second run from its snapshots.
type Recomputed struct {
	Round       pooling.RoundID
	SnapshotOK  bool // SHA-256 of the stored bytes is the recorded one, in every pass
	Passes      []RecomputedPass
	Demands     int
	Charges     int
	Differences []string // empty: equal to the cent
}

// RecomputedPass is one pass of a round run again.
type RecomputedPass struct {
	Number          int
	Demands, Served int
	// Searched is false for a pass that an earlier search formed: its result was
	// checked against the rules and not searched again.
	Searched bool
}
