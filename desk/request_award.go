package desk

import (
	"cmp"
	"context"
	"slices"
	"time"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

var (
	// ErrAwardNone says that no measure grants the household more on this charge.
	// Args: none.
	ErrAwardNone = refusal.New(refusal.KindConflict, "award_none")
	// ErrAwardNoCall says that a fund is divided by a ranking and takes no
	// applications now. Args: fund.
	ErrAwardNoCall = refusal.New(refusal.KindConflict, "award_no_call")
	// ErrApplicationOver says that an application got what it could, or ended.
	// Args: none.
	ErrApplicationOver = refusal.New(refusal.KindConflict, "application_over")
)

// applicationHoldDays is how long money is kept for an application while a card
// payment of its charge is under way.
const applicationHoldDays = 7

// AwardRequest asks measures to pay some of a charge that was issued.
type AwardRequest struct {
	Charge  billing.ChargeID
	Measure string // [measure] empty: every one that can
}

// RequestAward asks that measures pay some of an open charge of the household,
// outside rounds. Measures are combined in the order that they want, never above
// the cost nor above what is still due. A fund that serves who comes first pays at
// once what it holds, after those who wait; for the rest the household waits at its
// place. For a fund that is divided by a ranking the household applies to the open
// call. It returns what came of each.
//
// It returns [ErrAwardNone], [ErrAwardNoCall], [ErrAwardFacts],
// [subsidies.ErrStacking], [postgres.ErrExists] for what was asked before,
// [postgres.ErrPaymentUnderway], and what [billing.Charge.Payable] returns.
func (d *Desk) RequestAward(ctx context.Context, a communities.Actor, r AwardRequest) ([]ApplicationView, error) {
	line, err := d.seenCharge(ctx, a, r.Charge)
	if err != nil {
		return nil, err
	}
	if err := a.May(communities.PermRequestAward, communities.Scope{Household: line.Household}, d.clock.Now()); err != nil {
		return nil, err
	}
	var views []ApplicationView
	err = d.db.InTx(ctx, func(tx *postgres.Tx) error {
		views = nil
		line, err := tx.ChargeForUpdate(ctx, r.Charge)
		if err != nil {
			return err
		}
		if err := mayUse(ctx, tx, line, UseVouchersRequest{}); err != nil {
			return err
		}
		c, err := d.claimant(ctx, tx, postgres.Reading{Purpose: postgres.PurposeAward, By: a.User, At: d.clock.Now()}, line)
		if err != nil {
			return err
		}
		list, err := d.proposals(ctx, tx, c, r.Measure)
		if err != nil {
			return err
		}
		if len(list) == 0 {
			return ErrAwardNone
		}
		slices.SortFunc(list, func(x, y proposal) int { return cmp.Compare(x.fund.ID, y.fund.ID) }) // the order in which funds are locked
		for _, p := range list {
			asked, err := d.apply(ctx, tx, a, c, p)
			if err != nil {
				return err
			}
			views = append(views, asked)
		}
		return nil
	})
	return views, err
}

// apply stores one application, and serves it where its turn has come.
func (d *Desk) apply(ctx context.Context, tx *postgres.Tx, a communities.Actor, c claimant, p proposal) (ApplicationView, error) {
	now := d.clock.Now()
	fund, err := tx.LockFund(ctx, p.fund.ID)
	if err != nil {
		return ApplicationView{}, err
	}
	asked := postgres.Application{
		ID: postgres.NewID(), FundID: fund.ID, MeasureID: p.fund.MeasureID, HouseholdID: string(c.charge.Household), ChargeID: string(c.charge.ID),
		AskedCents: p.more, AppliedAt: now,
	}
	if fund.Policy.Mode == subsidies.FundRanking {
		if asked.CallID, err = d.openCallOf(ctx, tx, fund); err != nil {
			return ApplicationView{}, err
		}
	} else if asked.Place, err = tx.NextPlace(ctx, fund.ID); err != nil {
		return ApplicationView{}, err
	}
	if err := tx.AddApplication(ctx, asked, c.keys(p.fund), a.User); err != nil {
		return ApplicationView{}, err
	}
	if err := tx.Audit(ctx, now, a.User, "request_award", "application "+asked.ID, map[string]any{
		"fund": fund.ID, "measure": asked.MeasureID, "charge": string(c.charge.ID)}); err != nil {
		return ApplicationView{}, err
	}
	if asked.CallID == "" {
		if err := d.serveOne(ctx, tx, fund, asked.ID, a.User); err != nil {
			return ApplicationView{}, err
		}
	}
	if asked, err = tx.Application(ctx, asked.ID); err != nil {
		return ApplicationView{}, err
	}
	if asked.CallID == "" && asked.State == subsidies.ApplicationWaiting {
		if err := d.tellWaiting(ctx, tx, asked); err != nil {
			return ApplicationView{}, err
		}
	}
	return d.applicationView(ctx, tx, asked)
}

// openCallOf is the call of a fund that takes applications today.
func (d *Desk) openCallOf(ctx context.Context, tx *postgres.Tx, fund postgres.Fund) (string, error) {
	calls, err := tx.FundCalls(ctx, fund.ID)
	if err != nil {
		return "", err
	}
	today := d.today(d.clock.Now())
	for _, k := range calls {
		if k.DecidedAt == nil && !today.After(k.ClosesOn) {
			return k.ID, nil
		}
	}
	return "", ErrAwardNoCall.With("fund", fund.Name)
}

// queue is what each of those who wait for a fund would get now, in their order:
// up to the first who does not fit, as the fund's policy says.
func queue(fund postgres.Fund, waiting []postgres.Application) (map[string]money.Amount, error) {
	applicants := make([]subsidies.Applicant, 0, len(waiting))
	for _, p := range waiting {
		if p.Rest() > 0 { // also for whom money is kept: nobody passes the rest of it
			applicants = append(applicants, subsidies.Applicant{ID: p.ID, Amount: p.Rest(),
				Keys: map[string]subsidies.Key{"place": {Known: true, Number: subsidies.Whole(p.Place)}}})
		}
	}
	line := subsidies.FundPolicy{Mode: subsidies.FundFirstCome, Order: []subsidies.OrderKey{{By: "place"}}, Partial: fund.Policy.Partial, Skip: fund.Policy.Skip}
	divided, err := line.Divide(fund.Available(), applicants)
	if err != nil {
		return nil, err
	}
	grants := map[string]money.Amount{}
	for i, id := range divided.Ranking {
		grants[id] = divided.Granted[i]
	}
	return grants, nil
}

// serveOne gives one application what its place in the queue gives it now; its
// charge and the fund are locked. A charge on which nothing is due any more ends
// the application.
func (d *Desk) serveOne(ctx context.Context, tx *postgres.Tx, fund postgres.Fund, id string, by communities.UserID) error {
	waiting, err := tx.WaitingList(ctx, fund.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(waiting, func(p postgres.Application) bool { return p.ID == id })
	if i < 0 {
		return nil
	}
	if waiting[i].DueCents == 0 {
		return d.endApplication(ctx, tx, waiting[i], subsidies.EndNothingDue)
	}
	grants, err := queue(fund, waiting)
	if err != nil || grants[id] == 0 || waiting[i].HeldCents > 0 {
		return err
	}
	return d.award(ctx, tx, fund, waiting[i], grants[id], by)
}

// endApplication closes an open application: what it got stays.
func (d *Desk) endApplication(ctx context.Context, tx *postgres.Tx, p postgres.Application, reason subsidies.EndReason) error {
	p.State, p.Reason = subsidies.ApplicationRefused, reason
	if p.GrantedCents > 0 {
		p.State = subsidies.ApplicationGranted
	}
	return tx.SetApplication(ctx, p, d.clock.Now())
}

// award keeps money of a fund for an application and lets it pay the charge. While
// a card payment of the charge is under way it is only kept: the card would be
// charged for too much.
func (d *Desk) award(ctx context.Context, tx *postgres.Tx, fund postgres.Fund, p postgres.Application, amount money.Amount, by communities.UserID) error {
	now := d.clock.Now()
	hold, err := tx.HoldForApplication(ctx, p, amount, now.AddDate(0, 0, applicationHoldDays), by, now)
	if err != nil {
		return err
	}
	return d.useHold(ctx, tx, fund, p, hold, by)
}

// useHold lets what is kept for an application pay its charge, as far as something
// is due.
func (d *Desk) useHold(ctx context.Context, tx *postgres.Tx, fund postgres.Fund, p postgres.Application, hold postgres.Hold, by communities.UserID) error {
	line, err := tx.Charge(ctx, billing.ChargeID(p.ChargeID))
	if err != nil {
		return err
	}
	payments, err := tx.PaymentsOf(ctx, []billing.ChargeID{line.ID})
	if err != nil {
		return err
	}
	for _, y := range payments[line.ID] {
		if y.State == billing.PaymentPending || y.State == billing.PaymentUnknown {
			return nil
		}
	}
	now := d.clock.Now()
	amount := min(hold.AmountCents, line.Due(line.PaidSum))
	if amount == 0 {
		if err := tx.CommitHold(ctx, hold, nil, by, now); err != nil {
			return err
		}
		return d.endApplication(ctx, tx, p, subsidies.EndNothingDue)
	}
	after, err := line.Award(amount, line.PaidSum)
	if err != nil {
		return err
	}
	if err := tx.CommitHold(ctx, hold, []postgres.HouseholdPart{{Household: line.Household, Amount: amount}}, by, now); err != nil {
		return err
	}
	if err := tx.AddLaterAward(ctx, line.Round, postgres.Award{Demand: line.Demand, Fund: p.FundID, Measure: p.MeasureID, Household: line.Household, Amount: amount}, now); err != nil {
		return err
	}
	if err := tx.SetChargeAward(ctx, after, line.Later+amount, now); err != nil {
		return err
	}
	t, err := billing.AwardAdded(billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: now}, line.Charge, hold.ID, billing.FundID(p.FundID), amount)
	if err != nil {
		return err
	}
	if _, err := tx.Post(ctx, t); err != nil {
		return err
	}
	p.GrantedCents += amount
	p.State = subsidies.ApplicationPartly
	// Who was cut like everybody does not wait for the rest.
	if p.GrantedCents == p.AskedCents || after.State == billing.ChargePaid || fund.Policy.ProRata {
		p.State = subsidies.ApplicationGranted
	}
	if err := tx.SetApplication(ctx, p, now); err != nil {
		return err
	}
	if err := tx.Audit(ctx, now, by, "award", "application "+p.ID, map[string]any{"fund": p.FundID, "hold": hold.ID}); err != nil {
		return err
	}
	if err := d.tellAwarded(ctx, tx, p, amount, after.Due(line.PaidSum), after.DueOn); err != nil {
		return err
	}
	if after.State != billing.ChargePaid {
		return nil
	}
	return d.settle(ctx, tx, line.Round)
}

// WithdrawApplication ends an application of the household: what it got stays, its
// place goes to the next. It returns [ErrApplicationOver].
func (d *Desk) WithdrawApplication(ctx context.Context, a communities.Actor, id string) error {
	now := d.clock.Now()
	p, err := d.db.Application(ctx, id)
	if err != nil {
		return err
	}
	scope := communities.Scope{Household: communities.HouseholdID(p.HouseholdID)}
	if a.May(communities.PermSeeAwards, scope, now) != nil && a.May(communities.PermRequestAward, scope, now) != nil {
		return postgres.ErrNotFound.With("what", "application")
	}
	if err := a.May(communities.PermRequestAward, scope, now); err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if _, err := tx.ChargeForUpdate(ctx, billing.ChargeID(p.ChargeID)); err != nil {
			return err
		}
		if _, err := tx.LockFund(ctx, p.FundID); err != nil {
			return err
		}
		p, err := tx.Application(ctx, id)
		if err != nil {
			return err
		}
		if !p.Open() {
			return ErrApplicationOver
		}
		if hold, held, err := tx.HoldOf(ctx, id); err != nil {
			return err
		} else if held {
			if err := tx.CommitHold(ctx, hold, nil, a.User, now); err != nil {
				return err
			}
		}
		p.State = subsidies.ApplicationWithdrawn
		if p.GrantedCents > 0 {
			p.State = subsidies.ApplicationGranted
		}
		if err := tx.SetApplication(ctx, p, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "withdraw_application", "application "+id, map[string]any{"fund": p.FundID})
	})
}

// tellWaiting writes to the household at which place it waits.
func (d *Desk) tellWaiting(ctx context.Context, tx *postgres.Tx, p postgres.Application) error {
	before, err := d.before(ctx, tx, p)
	if err != nil {
		return err
	}
	return d.tell(ctx, tx, p, letterWaiting, fundLetter{Before: before})
}

// tellAwarded writes to the household what a measure pays now.
func (d *Desk) tellAwarded(ctx context.Context, tx *postgres.Tx, p postgres.Application, amount, due money.Amount, on time.Time) error {
	return d.tell(ctx, tx, p, letterAwarded, fundLetter{Amount: amount, Due: due, DueOn: on, Waits: p.State == subsidies.ApplicationPartly})
}

// tell writes to the household of an application.
func (d *Desk) tell(ctx context.Context, tx *postgres.Tx, p postgres.Application, l letter, v fundLetter) error {
	household := communities.HouseholdID(p.HouseholdID)
	holders, err := tx.HoldersOf(ctx, []communities.HouseholdID{household})
	if err != nil {
		return err
	}
	v.Name, v.Measure, v.Description, v.Number = holders[household].GivenName, p.MeasureName, p.Description, p.ChargeNumber
	v.Link = d.publicURL + "/quote/" + p.ChargeID
	return d.send(ctx, tx, holders[household].Email, l, v)
}

// before is how many wait for the fund before an application; -1 while it has no
// place.
func (d *Desk) before(ctx context.Context, r interface {
	WaitingList(context.Context, string) ([]postgres.Application, error)
}, p postgres.Application) (int, error) {
	if p.Place == 0 || !p.Open() {
		return -1, nil
	}
	waiting, err := r.WaitingList(ctx, p.FundID)
	return slices.IndexFunc(waiting, func(w postgres.Application) bool { return w.ID == p.ID }), err
}
