package desk

import (
	"context"
	"errors"
	"fmt"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
)

// ErrNoCredit says that a household has no credit.
var ErrNoCredit = refusal.New(refusal.KindConflict, "credit_none")

// Credit is what the actor's household has paid too much and not used.
func (d *Desk) Credit(ctx context.Context, a communities.Actor) (money.Amount, error) {
	if a.User == "" {
		return 0, communities.ErrNotLoggedIn
	}
	if a.Household == "" {
		return 0, nil
	}
	return d.db.Credit(ctx, a.Household)
}

// ChargeCredit is what the household's credit can pay of a charge, for who may
// pay it.
func (d *Desk) ChargeCredit(ctx context.Context, a communities.Actor, charge billing.ChargeID) (money.Amount, error) {
	line, err := d.seenCharge(ctx, a, charge)
	if err != nil || a.May(communities.PermPay, communities.Scope{Household: line.Household}, d.clock.Now()) != nil {
		return 0, err
	}
	credit, err := d.db.Credit(ctx, line.Household)
	return max(0, min(credit, line.Due(line.PaidSum))), err
}

// UseCredit lets a household's credit pay what it can of a charge, and says how
// much that was. It returns [ErrNoCredit], [postgres.ErrPaymentUnderway] while a
// card is being charged, or what [billing.Charge.Payable] returns.
func (d *Desk) UseCredit(ctx context.Context, a communities.Actor, charge billing.ChargeID) (money.Amount, error) {
	now := d.clock.Now()
	line, err := d.seenCharge(ctx, a, charge)
	if err != nil {
		return 0, err
	}
	if err := a.May(communities.PermPay, communities.Scope{Household: line.Household}, now); err != nil {
		return 0, err
	}
	var used money.Amount
	err = d.db.InTx(ctx, func(tx *postgres.Tx) error {
		line, err := tx.ChargeForUpdate(ctx, charge)
		if err != nil {
			return err
		}
		if err := mayUse(ctx, tx, line, UseVouchersRequest{}); err != nil {
			return err
		}
		if err := tx.LockCredit(ctx, line.Household); err != nil {
			return err
		}
		credit, err := tx.Credit(ctx, line.Household)
		if err != nil {
			return err
		}
		if used = min(credit, line.Due(line.PaidSum)); used <= 0 {
			return ErrNoCredit
		}
		p := billing.Payment{
			ID: billing.PaymentID(postgres.NewID()), Charge: charge, Household: line.Household, Method: billing.MethodCredit,
			Amount: used, State: billing.PaymentSucceeded, ReceivedOn: d.today(now), CreatedAt: now,
		}
		if err := tx.AddPayment(ctx, p, a.User); err != nil {
			return err
		}
		if err := d.received(ctx, tx, line, p); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "use_credit", "charge "+string(charge), map[string]any{"payment": string(p.ID)})
	})
	return used, err
}

// freeCredit makes sure that a household's credit holds an amount which is about
// to come off it: what it paid from credit is taken back, the latest first, and
// those charges are owed again.
func (d *Desk) freeCredit(ctx context.Context, tx *postgres.Tx, h communities.HouseholdID, need money.Amount) error {
	if need <= 0 {
		return nil
	}
	if err := tx.LockCredit(ctx, h); err != nil {
		return err
	}
	for {
		credit, err := tx.Credit(ctx, h)
		if err != nil || credit >= need {
			return err
		}
		p, err := tx.LastCreditPayment(ctx, h)
		if errors.Is(err, postgres.ErrNotFound) {
			return fmt.Errorf("credit of household %s holds %s of %s", h, credit, need)
		}
		if err != nil {
			return err
		}
		if _, err := d.takePaymentBack(ctx, tx, "", p.Payment); err != nil {
			return err
		}
	}
}
