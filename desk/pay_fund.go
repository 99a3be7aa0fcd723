package desk

import (
	"context"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
)

// ErrFundPayment says that an amount is not what the fund owes for a provider.
// Args: due.
var ErrFundPayment = refusal.New(refusal.KindInvalid, "fund_payment_not_exact")

// FundPaymentRequest is money of a fund that arrived for a provider, by bank.
type FundPaymentRequest struct {
	Fund     string
	Provider string
	Amount   string // [amount] euro in Italian form: what the fund owes, exactly
}

// PayFund records that the Comune paid in what a fund awarded for a provider
// (officer): all of it, so that a form sent twice pays once. It returns
// [ErrFundPayment].
func (d *Desk) PayFund(ctx context.Context, a communities.Actor, r FundPaymentRequest) (money.Amount, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermRunFunds, communities.Scope{}, now); err != nil {
		return 0, err
	}
	f := &form{}
	amount := f.price("amount", r.Amount, 1)
	if err := f.refused.OrNil(); err != nil {
		return 0, err
	}
	return amount, d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if _, err := tx.LockFund(ctx, r.Fund); err != nil {
			return err
		}
		paid, err := tx.PayAwards(ctx, r.Fund, r.Provider, a.User, now)
		if err != nil {
			return err
		}
		if paid != amount {
			return ErrFundPayment.With("due", paid).At("amount")
		}
		t, err := billing.FundPaid(billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: now}, postgres.NewID(), billing.FundID(r.Fund), amount)
		if err != nil {
			return err
		}
		if _, err := tx.Post(ctx, t); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "pay_fund", "fund "+r.Fund, map[string]any{"provider": r.Provider})
	})
}
