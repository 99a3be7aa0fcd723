package communities

import (
	"time"

	"colletta/refusal"
)

// Role is a part somebody plays in the municipality.
type Role string

// The roles.
const (
	RoleMember   Role = "member"   // belongs to the community of the grant
	RoleDelegate Role = "delegate" // referente: administrator, parent representative, animator of one community
	RoleProvider Role = "provider" // acts for one provider
	RoleOfficer  Role = "officer"  // official of the Comune
	RoleOperator Role = "operator" // operator of a Spazio WeMi, acts on behalf of citizens
)

// Roles lists every role.
func Roles() []Role {
	return []Role{RoleMember, RoleDelegate, RoleProvider, RoleOfficer, RoleOperator}
}

// Grant gives a role for a while and, where the role needs it, for one
// community or one provider.
type Grant struct {
	Role      Role
	Community CommunityID // of a member or delegate; limits an officer or operator when not empty
	Provider  string      // UUID text of the provider; only for RoleProvider
	From      time.Time   // first instant of validity; zero means since ever
	To        time.Time   // first instant without validity; zero means without end
}

// InForce tells whether the grant holds at an instant: [From, To).
func (g Grant) InForce(at time.Time) bool {
	return !at.Before(g.From) && (g.To.IsZero() || at.Before(g.To))
}

// Actor is who does an act: the person logged in, for which household, with
// which roles. Without one no act is done.
type Actor struct {
	User         UserID // empty when nobody is logged in
	Municipality MunicipalityID
	Name         string
	Email        string
	Household    HouseholdID // the household it acts for; empty for one without household
	Grants       []Grant
}

// Permission is a sort of act that somebody may or may not do.
type Permission string

// The permissions. Each says what its scope must name.
const (
	PermSeeCommunity   Permission = "see_community"   // page and groups of a community; Scope.Community
	PermSeeMembers     Permission = "see_members"     // who pledged and who paid, never amounts of subsidy; Scope.Community
	PermPledge         Permission = "pledge"          // pledge, change, withdraw; Scope.Community and Household
	PermSeeCharges     Permission = "see_charges"     // charges and receipts of a household; Scope.Household
	PermPay            Permission = "pay"             // pay a charge; Scope.Household
	PermImport         Permission = "import"          // import units of a community; Scope.Community
	PermInvite         Permission = "invite"          // invite to a community, accept members; Scope.Community
	PermRecordTransfer Permission = "record_transfer" // record a bank transfer received; Scope.Community
	PermReconcile      Permission = "reconcile"       // import bank statements, say what their money paid; whole municipality
	PermTakeAtSpace    Permission = "take_at_space"   // take cash or a card at a space; whole municipality
	PermPublishOffer   Permission = "publish_offer"   // publish services and offers; Scope.Provider
	PermSeeProvider    Permission = "see_provider"    // confirmed groups of a provider; Scope.Provider
	PermQualify        Permission = "qualify"         // decide on a provider's qualification; whole municipality
	PermOpenRound      Permission = "open_round"      // open a one-offer round; Scope.Community
	PermRunRound       Permission = "run_round"       // timetables; close, form, charge by hand; whole municipality
	PermSeeFund        Permission = "see_fund"        // funds of measures and their use; whole municipality
	PermRunFunds       Permission = "run_funds"       // open funds, set money aside, decide calls, take awards back; whole municipality
	PermSeeAwards      Permission = "see_awards"      // what a household asked and was awarded, and its place; Scope.Household
	PermRequestAward   Permission = "request_award"   // ask that a measure pays some of a charge, withdraw it; Scope.Household
	PermWriteMeasure   Permission = "write_measure"   // write the text of a measure; whole municipality
	PermPublishMeasure Permission = "publish_measure" // put a measure in force that somebody else wrote; whole municipality
	PermSeeISEE        Permission = "see_isee"        // ISEE of a household; Scope.Household
	PermFileISEE       Permission = "file_isee"       // record an ISEE certificate; Scope.Household
	PermVerifyISEE     Permission = "verify_isee"     // open, verify, refuse and import certificates; whole municipality
	PermSeeNeeds       Permission = "see_needs"       // map of needs; whole municipality
	PermSeeLedger      Permission = "see_ledger"      // ledger and balances; whole municipality
	PermSeeVouchers    Permission = "see_vouchers"    // vouchers of a household and their uses; Scope.Household
	PermRunVouchers    Permission = "run_vouchers"    // import, annul, reverse, account vouchers; whole municipality
)

// Permissions lists every permission.
func Permissions() []Permission {
	return []Permission{
		PermSeeCommunity, PermSeeMembers, PermPledge, PermSeeCharges, PermPay, PermImport, PermInvite,
		PermRecordTransfer, PermReconcile, PermTakeAtSpace, PermPublishOffer, PermSeeProvider, PermQualify, PermOpenRound, PermRunRound,
		PermSeeFund, PermRunFunds, PermSeeAwards, PermRequestAward, PermWriteMeasure, PermPublishMeasure, PermSeeISEE, PermFileISEE, PermVerifyISEE, PermSeeNeeds, PermSeeLedger, PermSeeVouchers, PermRunVouchers,
	}
}

// Scope names what an act concerns. What a permission needs and the scope
// leaves empty is refused, except by roles that reach the whole municipality.
type Scope struct {
	Municipality MunicipalityID // 0 means the actor's own
	Community    CommunityID
	Household    HouseholdID
	Provider     string
}

// ErrNotLoggedIn says that the act needs somebody logged in.
var ErrNotLoggedIn = refusal.New(refusal.KindUnauthenticated, "not_logged_in")

// ErrNotAllowed says that nothing allows the actor this act. Args: permission.
var ErrNotAllowed = refusal.New(refusal.KindForbidden, "not_allowed")

// reach is how far a role carries a permission.
type reach int

const (
	reachNone         reach = iota
	reachCommunity          // the community of the grant
	reachOwnInside          // the actor's household, inside the community of the grant
	reachOwn                // the actor's household: needs no grant, so that a charge stays visible after leaving
	reachProvider           // the provider of the grant
	reachMunicipality       // everything, or the one community of the grant if it names one
)

// reaches holds every allowed pair; a pair that is missing is refused. ISEE and
// amounts of subsidy reach neither neighbours nor delegates nor providers
// an operator files a certificate but does not read the value back;
// who publishes offers is not who qualifies providers.
var reaches = map[Permission]map[Role]reach{
	PermSeeCommunity:   {RoleMember: reachCommunity, RoleDelegate: reachCommunity, RoleOfficer: reachMunicipality, RoleOperator: reachMunicipality},
	PermSeeMembers:     {RoleDelegate: reachCommunity, RoleOfficer: reachMunicipality},
	PermPledge:         {RoleMember: reachOwnInside, RoleOperator: reachMunicipality},
	PermSeeCharges:     {RoleMember: reachOwn, RoleOfficer: reachMunicipality, RoleOperator: reachMunicipality},
	PermPay:            {RoleMember: reachOwn, RoleOperator: reachMunicipality},
	PermImport:         {RoleDelegate: reachCommunity, RoleOfficer: reachMunicipality},
	PermInvite:         {RoleDelegate: reachCommunity, RoleOfficer: reachMunicipality},
	PermRecordTransfer: {RoleDelegate: reachCommunity, RoleOfficer: reachMunicipality},
	PermReconcile:      {RoleOfficer: reachMunicipality},
	PermTakeAtSpace:    {RoleOfficer: reachMunicipality, RoleOperator: reachMunicipality},
	PermPublishOffer:   {RoleProvider: reachProvider},
	PermSeeProvider:    {RoleProvider: reachProvider, RoleOfficer: reachMunicipality},
	PermQualify:        {RoleOfficer: reachMunicipality},
	PermOpenRound:      {RoleDelegate: reachCommunity, RoleOfficer: reachMunicipality},
	PermRunRound:       {RoleOfficer: reachMunicipality},
	PermSeeFund:        {RoleOfficer: reachMunicipality},
	PermRunFunds:       {RoleOfficer: reachMunicipality},
	PermSeeAwards:      {RoleMember: reachOwn, RoleOfficer: reachMunicipality},
	PermRequestAward:   {RoleMember: reachOwn, RoleOperator: reachMunicipality},
	PermWriteMeasure:   {RoleOfficer: reachMunicipality},
	PermPublishMeasure: {RoleOfficer: reachMunicipality},
	PermSeeISEE:        {RoleMember: reachOwn, RoleOfficer: reachMunicipality},
	PermFileISEE:       {RoleMember: reachOwn, RoleOfficer: reachMunicipality, RoleOperator: reachMunicipality},
	PermVerifyISEE:     {RoleOfficer: reachMunicipality},
	PermSeeNeeds:       {RoleOfficer: reachMunicipality, RoleOperator: reachMunicipality},
	PermSeeLedger:      {RoleOfficer: reachMunicipality},
	PermSeeVouchers:    {RoleMember: reachOwn, RoleOfficer: reachMunicipality, RoleOperator: reachMunicipality},
	PermRunVouchers:    {RoleOfficer: reachMunicipality},
}

// May returns nil when the actor may do an act of sort p within scope at an
// instant. It returns [ErrNotLoggedIn] or [ErrNotAllowed].
func (a Actor) May(p Permission, scope Scope, at time.Time) error {
	if a.User == "" {
		return ErrNotLoggedIn
	}
	if scope.Municipality != 0 && scope.Municipality != a.Municipality {
		return ErrNotAllowed.With("permission", string(p))
	}
	if reaches[p][RoleMember] == reachOwn && a.ownsHouseholdOf(scope) {
		return nil
	}
	for _, g := range a.Grants {
		if g.InForce(at) && a.covers(g, reaches[p][g.Role], scope) {
			return nil
		}
	}
	return ErrNotAllowed.With("permission", string(p))
}

// Has tells whether the actor holds a role at an instant, anywhere; pages use
// it to choose what to show, never to allow an act.
func (a Actor) Has(r Role, at time.Time) bool {
	for _, g := range a.Grants {
		if g.Role == r && g.InForce(at) {
			return true
		}
	}
	return false
}

// CommunitiesAs lists the communities for which the actor holds a role at an
// instant, in the order of the grants, each once.
func (a Actor) CommunitiesAs(r Role, at time.Time) []CommunityID {
	var ids []CommunityID
	seen := map[CommunityID]bool{"": true}
	for _, g := range a.Grants {
		if g.Role == r && g.InForce(at) && !seen[g.Community] {
			seen[g.Community] = true
			ids = append(ids, g.Community)
		}
	}
	return ids
}

func (a Actor) ownsHouseholdOf(scope Scope) bool {
	return a.Household != "" && a.Household == scope.Household
}

func (a Actor) covers(g Grant, r reach, scope Scope) bool {
	sameCommunity := g.Community != "" && g.Community == scope.Community
	switch r {
	case reachCommunity:
		return sameCommunity
	case reachOwnInside:
		return sameCommunity && a.ownsHouseholdOf(scope)
	case reachOwn:
		return a.ownsHouseholdOf(scope)
	case reachProvider:
		return g.Provider != "" && g.Provider == scope.Provider
	case reachMunicipality:
		return g.Community == "" || sameCommunity
	}
	return false
}
