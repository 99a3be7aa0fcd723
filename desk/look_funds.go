package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/subsidies"
)

// ApplicationView is what a household asked of a fund, and what came of it.
type ApplicationView struct {
	ID          string
	Fund        string
	Measure     string // name
	Household   string // name; for who may see it
	Charge      billing.ChargeID
	Number      string // of the charge
	Description string
	Asked       money.Amount
	Granted     money.Amount
	Held        money.Amount // kept while a card payment of the charge is under way
	State       subsidies.ApplicationState
	Reason      subsidies.EndReason // why it ended
	Before      int                 // who waits before; -1 outside the waiting list
	ClosesOn    time.Time           // last day of its call while that is not decided; zero otherwise
	AppliedAt   time.Time
}

// Open tells whether it may still get something.
func (v ApplicationView) Open() bool { return v.State.Open() }

// applicationReader reads what a view of an application needs.
type applicationReader interface {
	WaitingList(context.Context, string) ([]postgres.Application, error)
	FundCalls(context.Context, string) ([]postgres.FundCall, error)
}

func (d *Desk) applicationView(ctx context.Context, r applicationReader, p postgres.Application) (ApplicationView, error) {
	v := ApplicationView{
		ID: p.ID, Fund: p.FundName, Measure: p.MeasureName, Household: p.HouseholdName, Charge: billing.ChargeID(p.ChargeID), Number: p.ChargeNumber,
		Description: p.Description, Asked: p.AskedCents, Granted: p.GrantedCents, Held: p.HeldCents, State: p.State, Reason: p.Reason, Before: -1,
		AppliedAt: p.AppliedAt.In(d.zone),
	}
	if !p.Open() {
		return v, nil
	}
	if p.Place != 0 {
		var err error
		v.Before, err = d.before(ctx, r, p)
		return v, err
	}
	calls, err := r.FundCalls(ctx, p.FundID)
	for _, k := range calls {
		if k.ID == p.CallID && k.DecidedAt == nil {
			v.ClosesOn = k.ClosesOn
		}
	}
	return v, err
}

// AwardOfferView is what a measure could pay of a charge.
type AwardOfferView struct {
	Measure string // id
	Name    string
	Already money.Amount // it pays now
	More    money.Amount // it could pay besides
	Ranked  bool         // by a ranking, after a call
	Closed  bool         // by a ranking, and no call is open now
}

// AwardsView is what measures pay of a charge, could pay, and were asked for.
type AwardsView struct {
	Charge       ChargeView
	Offers       []AwardOfferView
	Refused      error // why none can; nil otherwise
	Applications []ApplicationView
	MayRequest   bool
}

// applicationsShownMax bounds the applications of one page.
const applicationsShownMax = 500

// Applications lists what the household of the actor asked of funds.
func (d *Desk) Applications(ctx context.Context, a communities.Actor) ([]ApplicationView, error) {
	if a.User == "" {
		return nil, communities.ErrNotLoggedIn
	}
	if a.Household == "" {
		return nil, nil
	}
	return d.applicationsOf(ctx, a.Household, "")
}

func (d *Desk) applicationsOf(ctx context.Context, h communities.HouseholdID, charge billing.ChargeID) ([]ApplicationView, error) {
	list, err := d.db.ApplicationsOf(ctx, h, applicationsShownMax)
	if err != nil {
		return nil, err
	}
	var views []ApplicationView
	for _, p := range list {
		if charge != "" && p.ChargeID != string(charge) {
			continue
		}
		v, err := d.applicationView(ctx, d.db, p)
		if err != nil {
			return nil, err
		}
		views = append(views, v)
	}
	return views, nil
}

// ChargeApplications lists what was asked of funds for a charge, for who may see
// the awards of its household, and tells whether the actor may ask for more;
// nothing for others. Nothing sealed is opened.
func (d *Desk) ChargeApplications(ctx context.Context, a communities.Actor, id billing.ChargeID) (views []ApplicationView, mayAsk bool, err error) {
	line, err := d.seenCharge(ctx, a, id)
	scope := communities.Scope{Household: line.Household}
	if err != nil || a.May(communities.PermSeeAwards, scope, d.clock.Now()) != nil {
		return nil, false, err
	}
	views, err = d.applicationsOf(ctx, line.Household, id)
	return views, a.May(communities.PermRequestAward, scope, d.clock.Now()) == nil, err
}

// Awards is what measures could pay of a charge of the actor's household, reckoned
// now: its certificates are opened, and that is on record.
func (d *Desk) Awards(ctx context.Context, a communities.Actor, id billing.ChargeID) (AwardsView, error) {
	now := d.clock.Now()
	line, err := d.seenCharge(ctx, a, id)
	if err != nil {
		return AwardsView{}, err
	}
	scope := communities.Scope{Household: line.Household}
	if err := a.May(communities.PermSeeAwards, scope, now); err != nil {
		return AwardsView{}, err
	}
	payments, err := d.db.PaymentsOf(ctx, []billing.ChargeID{id})
	if err != nil {
		return AwardsView{}, err
	}
	v := AwardsView{Charge: d.chargeView(line, payments[id]), MayRequest: a.May(communities.PermRequestAward, scope, now) == nil}
	if v.Applications, err = d.applicationsOf(ctx, line.Household, id); err != nil {
		return v, err
	}
	if line.Payable() != nil || !v.MayRequest {
		return v, nil
	}
	err = d.db.InTx(ctx, func(tx *postgres.Tx) error {
		c, err := d.claimant(ctx, tx, postgres.Reading{Purpose: postgres.PurposeAward, By: a.User, At: now}, line)
		if err != nil {
			return err
		}
		list, refused := d.proposals(ctx, tx, c, "")
		v.Refused = refused
		for _, p := range list {
			offer := AwardOfferView{Measure: p.fund.MeasureID, Name: p.fund.MeasureName, Already: p.already, More: p.more, Ranked: p.fund.Policy.Mode == subsidies.FundRanking}
			if offer.Ranked {
				_, err := d.openCallOf(ctx, tx, p.fund.Fund)
				if offer.Closed = errors.Is(err, ErrAwardNoCall); err != nil && !offer.Closed {
					return err
				}
			}
			v.Offers = append(v.Offers, offer)
		}
		return nil
	})
	return v, err
}

// FundPageView is a fund with all that an officer may know of it.
type FundPageView struct {
	FundView
	Policy       subsidies.FundPolicy
	Measures     []string // names
	Ended        bool
	Days         []FundDayView
	Movements    []MovementView
	Older        int64 // the number below which older movements are; 0 when none are
	Calls        []FundCallView
	Applications []ApplicationView
	Owed         []FundOwedView
	MaySee       bool // movements and applications down to the household
	MayRun       bool
	Today        time.Time
}

// FundDayView is what a fund held at the end of a day on which money moved.
type FundDayView struct {
	Day                                  time.Time
	Allocated, Reserved, Committed, Paid money.Amount
}

// Available is what nobody was promised.
func (v FundDayView) Available() money.Amount { return v.Allocated - v.Reserved - v.Committed - v.Paid }

// MovementView is one movement of a fund.
type MovementView struct {
	Number    int64
	Kind      billing.FundMove
	Amount    money.Amount // below zero for an allocation that was taken back
	Round     string
	Measure   string
	Household string // empty for who may not see it
	Who       string // empty for the timetable, and for who may not see households
	Available money.Amount
	At        time.Time
}

// FundCallView is a call of a fund.
type FundCallView struct {
	ID           string
	ClosesOn     time.Time
	DecidedAt    time.Time // zero before
	Budget       money.Amount
	Applications int
	MayDecide    bool // now
}

// FundOwedView is what a fund owes for a provider.
type FundOwedView struct {
	Provider, Name string
	Owed, Paid     money.Amount
	Households     int
}

// movementsShown is a page of movements.
const movementsShown = 50

// FundList lists every fund (officer).
func (d *Desk) FundList(ctx context.Context, a communities.Actor) ([]FundView, error) {
	if err := a.May(communities.PermSeeFund, communities.Scope{}, d.clock.Now()); err != nil {
		return nil, err
	}
	funds, err := d.db.Funds(ctx)
	views := make([]FundView, len(funds))
	for i, f := range funds {
		views[i] = fundView(f)
	}
	return views, err
}

// FundPage is one fund, with its movements below a number (0: the latest).
// Households are named to who may see awards.
func (d *Desk) FundPage(ctx context.Context, a communities.Actor, id string, below int64) (FundPageView, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermSeeFund, communities.Scope{}, now); err != nil {
		return FundPageView{}, err
	}
	f, err := d.db.Fund(ctx, id)
	if err != nil {
		return FundPageView{}, err
	}
	v := FundPageView{
		FundView: fundView(f), Policy: f.Policy, Ended: !f.EndedAt.IsZero(), Today: d.today(now),
		MaySee: a.May(communities.PermSeeAwards, communities.Scope{}, now) == nil, MayRun: a.May(communities.PermRunFunds, communities.Scope{}, now) == nil,
	}
	if v.Measures, err = d.db.MeasuresOfFund(ctx, id); err != nil {
		return v, err
	}
	days, err := d.db.FundDays(ctx, id)
	if err != nil {
		return v, err
	}
	for _, day := range days {
		v.Days = append(v.Days, FundDayView{day.Day, day.AllocatedCents, day.ReservedCents, day.CommittedCents, day.PaidCents})
	}
	if err := d.addMovements(ctx, &v, below); err != nil {
		return v, err
	}
	calls, err := d.db.FundCalls(ctx, id)
	if err != nil {
		return v, err
	}
	for _, k := range calls {
		one := FundCallView{ID: k.ID, ClosesOn: k.ClosesOn, Applications: k.Applications, MayDecide: v.MayRun && !v.Ended && k.DecidedAt == nil && v.Today.After(k.ClosesOn)}
		if k.DecidedAt != nil {
			one.DecidedAt, one.Budget = k.DecidedAt.In(d.zone), *k.BudgetCents
		}
		v.Calls = append(v.Calls, one)
	}
	owed, err := d.db.OwedBy(ctx, id)
	if err != nil {
		return v, err
	}
	for _, o := range owed {
		v.Owed = append(v.Owed, FundOwedView{o.ProviderID, o.ProviderName, o.OwedCents, o.PaidCents, o.Households})
	}
	if v.MaySee {
		err = d.addApplications(ctx, &v)
	}
	return v, err
}

func (d *Desk) addMovements(ctx context.Context, v *FundPageView, below int64) error {
	lines, err := d.db.FundMovements(ctx, v.ID, below, movementsShown+1)
	if err != nil {
		return err
	}
	if len(lines) > movementsShown {
		lines = lines[:movementsShown]
		v.Older = lines[movementsShown-1].Number
	}
	for _, m := range lines {
		one := MovementView{
			Number: m.Number, Kind: m.Kind, Amount: m.AmountCents, Round: m.RoundName, Measure: m.MeasureName, At: m.MovedAt.In(d.zone),
			Available: m.AllocatedCents - m.ReservedCents - m.CommittedCents - m.PaidCents,
		}
		if v.MaySee {
			one.Household, one.Who = m.HouseholdName, m.Who
		}
		v.Movements = append(v.Movements, one)
	}
	return nil
}

func (d *Desk) addApplications(ctx context.Context, v *FundPageView) error {
	list, err := d.db.ApplicationsTo(ctx, v.ID, applicationsShownMax)
	if err != nil {
		return err
	}
	waiting, err := d.db.WaitingList(ctx, v.ID)
	if err != nil {
		return err
	}
	for _, p := range list {
		one := ApplicationView{
			ID: p.ID, Fund: p.FundName, Measure: p.MeasureName, Household: p.HouseholdName, Charge: billing.ChargeID(p.ChargeID), Number: p.ChargeNumber,
			Description: p.Description, Asked: p.AskedCents, Granted: p.GrantedCents, Held: p.HeldCents, State: p.State, Reason: p.Reason,
			AppliedAt: p.AppliedAt.In(d.zone), Before: slices.IndexFunc(waiting, func(w postgres.Application) bool { return w.ID == p.ID }),
		}
		v.Applications = append(v.Applications, one)
	}
	return nil
}
