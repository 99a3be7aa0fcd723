package desk

import (
	"context"
	"strings"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

// ErrAwardPaid says that the fund has paid an award: it cannot be taken back.
// Args: none.
var ErrAwardPaid = refusal.New(refusal.KindConflict, "award_paid")

// ReturnAward takes back what an application was granted after its round
// (officer), for a reason [reason] that the family is told: the money goes to who
// waits, and the family owes it again, with time to pay. It returns
// [ErrApplicationOver] when nothing was granted, [ErrAwardPaid], and what
// [billing.Charge.ReturnAward] returns.
func (d *Desk) ReturnAward(ctx context.Context, a communities.Actor, id, reason string) error {
	now := d.clock.Now()
	if err := a.May(communities.PermRunFunds, communities.Scope{}, now); err != nil {
		return err
	}
	if err := texts(field{"reason", reason, noteRunesMax}).OrNil(); err != nil {
		return err
	}
	p, err := d.db.Application(ctx, id)
	if err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		line, err := tx.ChargeForUpdate(ctx, billing.ChargeID(p.ChargeID))
		if err != nil {
			return err
		}
		if _, err := tx.LockFund(ctx, p.FundID); err != nil {
			return err
		}
		p, err := tx.Application(ctx, id)
		if err != nil {
			return err
		}
		if p.GrantedCents == 0 || p.HeldCents > 0 {
			return ErrApplicationOver
		}
		return d.takeBack(ctx, tx, a, line, p, strings.TrimSpace(reason))
	})
}

// takeBack does what follows when the award of an application is taken back.
func (d *Desk) takeBack(ctx context.Context, tx *postgres.Tx, a communities.Actor, line postgres.ChargeLine, p postgres.Application, reason string) error {
	now := d.clock.Now()
	amount := p.GrantedCents
	after, excess, err := line.ReturnAward(amount, line.PaidSum)
	if err != nil {
		return err
	}
	there, err := tx.TakeAwardBack(ctx, postgres.Award{Demand: line.Demand, Fund: p.FundID, Measure: p.MeasureID, Household: line.Household, Amount: amount}, a.User, now)
	if err != nil {
		return err
	}
	if !there {
		return ErrAwardPaid
	}
	reopened := line.State == billing.ChargePaid && after.State == billing.ChargeOpen
	if again := d.today(now).AddDate(0, 0, daysToPay); after.State == billing.ChargeOpen && after.DueOn.Before(again) {
		after.DueOn = again
	}
	if err := tx.SetChargeAward(ctx, after, line.Later-amount, now); err != nil {
		return err
	}
	posted := func() billing.Posted { return billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: now} }
	t, err := billing.AwardReturned(posted(), line.Charge, p.ID, billing.FundID(p.FundID), amount)
	if err != nil {
		return err
	}
	if _, err := tx.Post(ctx, t); err != nil {
		return err
	}
	if excess > 0 { // what was paid too much before pays for it now
		if err := d.freeCredit(ctx, tx, line.Household, excess); err != nil {
			return err
		}
		if t, err = billing.CreditApplied(posted(), after, p.ID, excess); err != nil {
			return err
		}
		if _, err := tx.Post(ctx, t); err != nil {
			return err
		}
	}
	p.State, p.Reason, p.GrantedCents = subsidies.ApplicationWithdrawn, subsidies.EndTakenBack, 0
	if err := tx.SetApplication(ctx, p, now); err != nil {
		return err
	}
	if err := tx.Audit(ctx, now, a.User, "return_award", "application "+p.ID, map[string]any{"fund": p.FundID, "reason": reason}); err != nil {
		return err
	}
	if err := d.tell(ctx, tx, p, letterAwardReturned, fundLetter{Amount: amount, Due: after.Due(line.PaidSum), DueOn: after.DueOn, Reason: reason}); err != nil || !reopened {
		return err
	}
	if _, err := tx.RoundForUpdate(ctx, line.Round); err != nil {
		return err
	}
	return tx.ReopenRound(ctx, line.Round)
}
