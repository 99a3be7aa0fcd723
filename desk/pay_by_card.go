package desk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"colletta/billing"
	"colletta/billing/stripepay"
	"colletta/communities"
	"colletta/postgres"
)

// PayByCard starts a card payment and returns the address of the hosted page.
// A payment that was already started is gone on with. It returns
// [billing.ErrChargeAlreadyPaid] and the like, or [ErrCardUnavailable].
func (d *Desk) PayByCard(ctx context.Context, a communities.Actor, id billing.ChargeID) (string, error) {
	line, err := d.seenCharge(ctx, a, id)
	if err != nil {
		return "", err
	}
	if err := a.May(communities.PermPay, communities.Scope{Household: line.Household}, d.clock.Now()); err != nil {
		return "", err
	}
	if d.gateway == nil {
		return "", ErrNoGateway
	}
	payment, err := d.startCard(ctx, a, id)
	if err != nil {
		return "", err
	}
	if payment.CheckoutURL == "" {
		if payment, err = d.openCheckout(ctx, line, payment); err != nil {
			return "", err
		}
	}
	return payment.CheckoutURL, nil
}

// startCard stores the payment, with the key of its call, before the call; or
// finds the one under way.
func (d *Desk) startCard(ctx context.Context, a communities.Actor, id billing.ChargeID) (billing.Payment, error) {
	now := d.clock.Now()
	var payment billing.Payment
	err := d.db.InTx(ctx, func(tx *postgres.Tx) error {
		line, err := tx.ChargeForUpdate(ctx, id)
		if err != nil {
			return err
		}
		if err := line.Payable(); err != nil {
			return err
		}
		due := line.Due(line.PaidSum)
		if due < stripepay.AmountMin {
			return ErrCardTooSmall.With("min", stripepay.AmountMin)
		}
		earlier, err := tx.PaymentsOf(ctx, []billing.ChargeID{id})
		if err != nil {
			return err
		}
		for _, p := range earlier[id] {
			if p.State == billing.PaymentPending || p.State == billing.PaymentUnknown {
				payment = p.Payment
				return nil
			}
		}
		payment = billing.Payment{
			ID: billing.PaymentID(postgres.NewID()), Charge: id, Household: line.Household, Method: billing.MethodCard, Amount: due,
			State: billing.PaymentPending, CreatedAt: now,
		}
		if err := tx.AddPayment(ctx, payment, a.User); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "start_card_payment", "charge "+string(id), map[string]any{"payment": string(payment.ID)})
	})
	return payment, err
}

// openCheckout calls the gateway outside any transaction and stores where the
// payer goes.
func (d *Desk) openCheckout(ctx context.Context, line postgres.ChargeLine, p billing.Payment) (billing.Payment, error) {
	checkout, err := d.gateway.CreateCheckout(ctx, d.checkoutRequest(line, p))
	switch {
	case errors.Is(err, stripepay.ErrRefused):
		p.State = billing.PaymentFailed
	case err != nil:
		p.State = billing.PaymentUnknown
	default:
		p.SessionID, p.CheckoutURL = checkout.SessionID, checkout.URL
	}
	stored := d.db.InTx(ctx, func(tx *postgres.Tx) error { return tx.UpdatePayment(ctx, p) })
	if err != nil {
		return p, fmt.Errorf("%w: %w", ErrCardUnavailable, errors.Join(err, stored))
	}
	return p, stored
}

// checkoutRequest is the call of a payment: the same payment makes the same
// request, whoever repeats it, or its key would be refused; so it carries no
// e-mail address of the payer.
func (d *Desk) checkoutRequest(line postgres.ChargeLine, p billing.Payment) stripepay.CheckoutRequest {
	page := d.publicURL + "/quote/" + string(line.ID)
	return stripepay.CheckoutRequest{
		PaymentID: p.ID, IdempotencyKey: p.IdempotencyKey(), Amount: p.Amount, Description: line.Description,
		SuccessURL: page + "/ritorno", CancelURL: page,
	}
}

// CardReturned asks the gateway about a charge's latest card payment, when its
// payer comes back before the webhook.
func (d *Desk) CardReturned(ctx context.Context, a communities.Actor, id billing.ChargeID) error {
	if _, err := d.seenCharge(ctx, a, id); err != nil {
		return err
	}
	payments, err := d.db.PaymentsOf(ctx, []billing.ChargeID{id})
	if err != nil {
		return err
	}
	for _, p := range payments[id] {
		if p.Method == billing.MethodCard && (p.State == billing.PaymentPending || p.State == billing.PaymentUnknown) {
			return d.syncCardPayment(ctx, p.ID, "")
		}
	}
	return nil
}

// HealCardPayments asks about card payments whose end nobody told: a lost
// webhook is healed by asking. The timetable calls it.
func (d *Desk) HealCardPayments(ctx context.Context) error {
	if d.gateway == nil {
		return nil
	}
	pending, err := d.db.PendingCardPayments(ctx, d.clock.Now().Add(-5*time.Minute))
	if err != nil {
		return err
	}
	var faults []error
	for _, p := range pending {
		faults = append(faults, d.syncCardPayment(ctx, p.ID, ""))
	}
	return errors.Join(faults...)
}

// StripeWebhook takes a webhook: a body that is signed, fresh and of our API
// version is stored raw, once, and worked on later; any other leaves nothing
// behind and is refused with [ErrWebhook].
func (d *Desk) StripeWebhook(ctx context.Context, payload []byte, signature string) error {
	if d.gateway == nil {
		return ErrNoGateway
	}
	now := d.clock.Now()
	event, err := d.gateway.ParseWebhook(payload, signature, now)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrWebhook, err)
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		fresh, err := tx.AddStripeEvent(ctx, event.ID, string(event.Type), payload, now)
		if err != nil || !fresh {
			return err
		}
		switch {
		case event.Livemode != d.gateway.Live():
			return tx.StripeEventWorked(ctx, event.ID, "refused: livemode of another installation", now)
		case !event.Known || event.PaymentID == "":
			return tx.StripeEventWorked(ctx, event.ID, "nothing to do", now)
		}
		return tx.Enqueue(ctx, SyncCardPayment{Payment: event.PaymentID, Event: event.ID}, nil)
	})
}

// syncCardPayment brings a card payment to what the gateway says now. The
// gateway is asked rather than the event believed, so that events may come
// twice, late or in any order.
func (d *Desk) syncCardPayment(ctx context.Context, id billing.PaymentID, event string) error {
	p, err := d.db.Payment(ctx, id)
	if isNotFound(err) {
		return d.eventWorked(ctx, event, "payment is not ours")
	}
	if err != nil {
		return err
	}
	var checkout stripepay.Checkout
	if p.SessionID == "" {
		if checkout, err = d.reopenCheckout(ctx, p.Payment); err != nil {
			return err
		}
		p.SessionID, p.CheckoutURL = checkout.SessionID, checkout.URL
	} else if checkout, err = d.gateway.Retrieve(ctx, p.SessionID); err != nil {
		return fmt.Errorf("payment %s: %w", id, err)
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		effect, err := d.applyCheckout(ctx, tx, id, checkout)
		if err != nil || event == "" {
			return err
		}
		return d.markWorked(ctx, tx, event, effect)
	})
}

// reopenCheckout repeats a call whose outcome is unknown, with the same key:
// the gateway answers with the same checkout if there is one.
func (d *Desk) reopenCheckout(ctx context.Context, p billing.Payment) (stripepay.Checkout, error) {
	line, err := d.db.Charge(ctx, p.Charge)
	if err != nil {
		return stripepay.Checkout{}, err
	}
	checkout, err := d.gateway.CreateCheckout(ctx, d.checkoutRequest(line, p))
	if err != nil {
		return checkout, fmt.Errorf("payment %s: %w", p.ID, err)
	}
	return checkout, nil
}

func (d *Desk) eventWorked(ctx context.Context, event, effect string) error {
	if event == "" {
		return nil
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error { return d.markWorked(ctx, tx, event, effect) })
}

func (d *Desk) markWorked(ctx context.Context, tx *postgres.Tx, event, effect string) error {
	stored, err := tx.StripeEventForUpdate(ctx, event)
	if err != nil || stored.WorkedAt != nil {
		return err
	}
	return tx.StripeEventWorked(ctx, event, effect, d.clock.Now())
}

// applyCheckout moves a payment to what a checkout says, never back, and does
// what follows from it once.
func (d *Desk) applyCheckout(ctx context.Context, tx *postgres.Tx, id billing.PaymentID, checkout stripepay.Checkout) (string, error) {
	p, err := tx.Payment(ctx, id)
	if err != nil {
		return "", err
	}
	line, err := tx.ChargeForUpdate(ctx, p.Charge)
	if err != nil {
		return "", err
	}
	if p, err = tx.Payment(ctx, id); err != nil { // again, now that its charge is locked
		return "", err
	}
	if checkout.PaymentID != id || checkout.Amount != p.Amount || checkout.Currency != "eur" {
		return "", fmt.Errorf("payment %s: checkout %s is of payment %s over %s %s", id, checkout.SessionID, checkout.PaymentID, checkout.Amount, checkout.Currency)
	}
	to := p.State
	switch {
	case checkout.Paid():
		to = billing.PaymentSucceeded
	case checkout.Status == stripepay.SessionExpired:
		to = billing.PaymentFailed
	}
	after, moved, err := p.Payment.Move(to)
	if err != nil {
		return "", err
	}
	after.SessionID, after.IntentID = checkout.SessionID, checkout.PaymentIntentID
	if checkout.URL != "" {
		after.CheckoutURL = checkout.URL
	}
	if !moved {
		return "no change", tx.UpdatePayment(ctx, after)
	}
	if to == billing.PaymentSucceeded {
		after.ReceivedOn = d.clock.Now()
	}
	if err := tx.UpdatePayment(ctx, after); err != nil {
		return "", err
	}
	if to != billing.PaymentSucceeded {
		return "payment " + string(to), nil
	}
	return "payment received", d.received(ctx, tx, line, after)
}
