package desk

import (
	"context"
	"errors"
	"time"

	"colletta/billing"
	"colletta/communities"
	"colletta/postgres"
	"colletta/refusal"
)

const noteRunesMax = 140

// RecordTransfer records a bank transfer that came for a charge: the delegate
// of its community, or an officer. The amount must be what is due, so that a
// slip of the finger is seen.
func (d *Desk) RecordTransfer(ctx context.Context, a communities.Actor, r TransferRequest) (billing.PaymentID, error) {
	now := d.clock.Now()
	line, err := d.db.Charge(ctx, r.Charge)
	if err != nil {
		return "", err
	}
	if err := a.May(communities.PermRecordTransfer, communities.Scope{Community: line.Community}, now); err != nil {
		return "", err
	}
	f := &form{}
	amount := f.price("amount", r.Amount, 1)
	on := f.day("received_on", r.ReceivedOn, d.today(line.IssuedOn), d.today(now))
	if e := textFault(r.Note, noteRunesMax); e != nil {
		f.refuse("note", e)
	}
	if err := f.refused.OrNil(); err != nil {
		return "", err
	}
	p := billing.Payment{
		ID: billing.PaymentID(postgres.NewID()), Charge: r.Charge, Household: line.Household, Method: billing.MethodTransfer,
		Amount: amount, State: billing.PaymentSucceeded, ReceivedOn: on, Note: r.Note, CreatedAt: now,
	}
	return p.ID, d.db.InTx(ctx, func(tx *postgres.Tx) error {
		line, err := tx.ChargeForUpdate(ctx, r.Charge)
		if err != nil {
			return err
		}
		_, _, err = line.ReceiveExactly(amount, line.PaidSum)
		if errors.Is(err, billing.ErrPaymentNotExact) && !a.Has(communities.RoleOfficer, now) {
			err = ErrTransferNotDue // what is due would tell a neighbour's subsidy
		}
		if err != nil {
			return atField("amount", err)
		}
		if err := tx.AddPayment(ctx, p, a.User); err != nil {
			return err
		}
		if err := d.received(ctx, tx, line, p); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "record_transfer", "charge "+string(r.Charge), map[string]any{"payment": string(p.ID)}) // the amount stands in the payment: the log tells no award
	})
}

// atField puts a refusal beside a field; other errors pass.
func atField(name string, err error) error {
	var at refusal.List
	for _, r := range refusal.All(err) {
		at = append(at, r.At(name))
	}
	switch len(at) {
	case 0:
		return err
	case 1:
		return at[0]
	}
	return at
}

// day reads a date from first to last.
func (f *form) day(name, s string, first, last time.Time) time.Time {
	on, err := time.Parse(time.DateOnly, s)
	if err != nil || on.Before(first) || on.After(last) {
		f.refuse(name, ErrReceivedOn.With("from", first, "to", last))
	}
	return on
}
