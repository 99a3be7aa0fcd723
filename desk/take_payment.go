package desk

import (
	"context"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/refusal"
)

var (
	// ErrReceivedOn says that a text is no date, or one in the future or before
	// the charge was issued. Args: from, to.
	ErrReceivedOn = refusal.New(refusal.KindInvalid, "received_on_invalid")
	// ErrTransferNotDue says to a delegate that an amount is not what is due,
	// without saying what is.
	ErrTransferNotDue = refusal.New(refusal.KindInvalid, "transfer_not_due")
	// ErrCardUnavailable says that card payments cannot be taken now.
	ErrCardUnavailable = refusal.New(refusal.KindUnavailable, "card_unavailable")
	// ErrCardTooSmall says that an amount is too small for a card. Args: min.
	ErrCardTooSmall = refusal.New(refusal.KindInvalid, "card_amount_too_small")
	// ErrWebhook says that a webhook is not signed as it must be: nothing of it
	// is kept.
	ErrWebhook = refusal.New(refusal.KindInvalid, "webhook_refused")
	// ErrNoGateway says that this installation takes no cards.
	ErrNoGateway = refusal.New(refusal.KindUnavailable, "card_not_configured")
)

// received does what follows from money: the ledger, the charge, the receipt's
// number, the round's settlement and a message.
func (d *Desk) received(ctx context.Context, tx *postgres.Tx, line postgres.ChargeLine, p billing.Payment) error {
	now := d.clock.Now()
	posted := billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: now}
	due := line.Due(line.PaidSum)
	var t ledger.Transaction
	var err error
	if p.Amount > due {
		t, err = billing.OverpaymentCredited(posted, p, due)
	} else {
		t, err = billing.PaymentReceived(posted, p)
	}
	if err != nil {
		return err
	}
	if fresh, err := tx.Post(ctx, t); err != nil || !fresh {
		return err
	}
	if due == 0 { // paid twice: the household has a credit, the charge stays as it is
		return nil
	}
	number, err := tx.NextNumber(ctx, "receipt", d.today(now).Year())
	if err != nil {
		return err
	}
	if err := tx.SetReceipt(ctx, p.ID, number.String(), line.Subsidy, line.Voucher); err != nil {
		return err
	}
	after, _, err := line.Receive(p.Amount, line.PaidSum)
	if err != nil {
		return err
	}
	if err := tx.SetChargeState(ctx, line.ID, after.State, now); err != nil {
		return err
	}
	if err := d.settle(ctx, tx, line.Round); err != nil {
		return err
	}
	holders, err := tx.HoldersOf(ctx, []communities.HouseholdID{line.Household})
	if err != nil {
		return err
	}
	holder := holders[line.Household]
	return d.send(ctx, tx, holder.Email, letterPaid, paidLetter{
		Name: holder.GivenName, Description: line.Description, Number: line.Number, Amount: p.Amount,
		Link: d.publicURL + "/ricevute/" + string(p.ID) + ".pdf",
	})
}

// settle ends a round in which nothing is owed any more. The round is locked
// before its charges are counted: of two last payments at once, the second
// counts when the first is stored.
func (d *Desk) settle(ctx context.Context, tx *postgres.Tx, id pooling.RoundID) error {
	round, err := tx.RoundForUpdate(ctx, id)
	if err != nil || round.State != pooling.RoundCharged {
		return err
	}
	open, err := tx.OpenCharges(ctx, id)
	if err != nil || open > 0 {
		return err
	}
	return tx.SetRoundState(ctx, id, pooling.RoundSettled, d.clock.Now())
}
