package desk

import (
	"context"
	"slices"
	"strings"
	"time"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies/vouchers"
)

// ErrOfferUnknown says that an offer is not one that is published.
var ErrOfferUnknown = refusal.New(refusal.KindInvalid, "offer_unknown")

// AnnulVoucher takes a voucher out of use (officer); again it changes nothing. A
// reason [reason] is kept. It returns what [vouchers.Voucher.Annul] returns.
func (d *Desk) AnnulVoucher(ctx context.Context, a communities.Actor, id vouchers.ID, reason string) error {
	if err := texts(field{"reason", reason, noteRunesMax}).OrNil(); err != nil {
		return err
	}
	return d.changeVoucher(ctx, a, id, "annul_voucher", reason, func(v postgres.VoucherLine) (vouchers.Voucher, bool, error) {
		return v.Annul(v.Registered)
	})
}

// RestoreVoucher makes an annulled voucher active again (officer).
func (d *Desk) RestoreVoucher(ctx context.Context, a communities.Actor, id vouchers.ID) error {
	return d.changeVoucher(ctx, a, id, "restore_voucher", "", func(v postgres.VoucherLine) (vouchers.Voucher, bool, error) {
		return v.Restore()
	})
}

func (d *Desk) changeVoucher(ctx context.Context, a communities.Actor, id vouchers.ID, act, reason string, change func(postgres.VoucherLine) (vouchers.Voucher, bool, error)) error {
	now := d.clock.Now()
	if err := a.May(communities.PermRunVouchers, communities.Scope{}, now); err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		line, err := tx.VoucherForUpdate(ctx, id)
		if err != nil {
			return err
		}
		after, changed, err := change(line)
		if err != nil || !changed {
			return err
		}
		reason := strings.TrimSpace(reason)
		if err := tx.SetVoucherState(ctx, after, a.User, reason, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, act, "voucher "+string(id), map[string]any{"reason": reason, "residual": after.Residual().String()})
	})
}

// ReverseVoucherUse takes a registered use back (officer), or says with failed
// that the payment it belonged to has failed: the voucher gets its amount again,
// the ledger the opposite transaction, and a charge that is no longer covered is
// open again, with time to pay. Doing it again changes nothing. A reason [reason]
// is kept. It returns what [vouchers.Use.Move] and [billing.Charge.ReturnVoucher]
// return.
func (d *Desk) ReverseVoucherUse(ctx context.Context, a communities.Actor, id vouchers.UseID, failed bool, reason string) error {
	now := d.clock.Now()
	if err := a.May(communities.PermRunVouchers, communities.Scope{}, now); err != nil {
		return err
	}
	if err := texts(field{"reason", reason, noteRunesMax}).OrNil(); err != nil {
		return err
	}
	to := vouchers.UseReversed
	if failed {
		to = vouchers.UsePaymentError
	}
	use, err := d.db.VoucherUse(ctx, id)
	if err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		line, err := tx.ChargeForUpdate(ctx, use.Charge)
		if err != nil {
			return err
		}
		if _, err := tx.VoucherForUpdate(ctx, use.Voucher); err != nil {
			return err
		}
		use, err := tx.UseForUpdate(ctx, id)
		if err != nil {
			return err
		}
		after, changed, err := use.Move(to)
		if err != nil || !changed {
			return err
		}
		if err := tx.EndVoucherUse(ctx, after, a.User, strings.TrimSpace(reason), now); err != nil {
			return err
		}
		if err := tx.SpendVoucher(ctx, use.Voucher, -use.Amount); err != nil {
			return err
		}
		if err := tx.Audit(ctx, now, a.User, "reverse_voucher_use", "voucher use "+string(id), map[string]any{"to": string(to), "amount": use.Amount.String()}); err != nil {
			return err
		}
		return d.giveBack(ctx, tx, line, use)
	})
}

// giveBack does to a charge what follows when a use of a voucher is taken back.
func (d *Desk) giveBack(ctx context.Context, tx *postgres.Tx, line postgres.ChargeLine, use postgres.UseLine) error {
	now := d.clock.Now()
	after, excess, err := line.ReturnVoucher(use.Amount, line.PaidSum)
	if err != nil {
		return err
	}
	reopened := line.State == billing.ChargePaid && after.State == billing.ChargeOpen
	if again := d.today(now).AddDate(0, 0, daysToPay); reopened && after.DueOn.Before(again) {
		after.DueOn = again
	}
	if err := tx.SetChargeVoucher(ctx, after, now); err != nil {
		return err
	}
	posted, err := tx.Transaction(ctx, ledger.KindVoucherUsed, string(use.ID))
	if err != nil {
		return err
	}
	opposite, err := ledger.Reverse(posted, ledger.TransactionID(postgres.NewID()), "Voucher use reversed", now.UTC())
	if err != nil {
		return err
	}
	if _, err := tx.Post(ctx, opposite); err != nil {
		return err
	}
	if excess > 0 { // what was paid too much before pays for it now
		if err := d.freeCredit(ctx, tx, line.Household, excess); err != nil {
			return err
		}
		t, err := billing.CreditApplied(billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: now}, line.Charge, string(use.ID), excess)
		if err != nil {
			return err
		}
		if _, err := tx.Post(ctx, t); err != nil {
			return err
		}
	}
	if err := d.tellReversed(ctx, tx, line, use, after.Due(line.PaidSum), after.DueOn); err != nil || !reopened {
		return err
	}
	if _, err := tx.RoundForUpdate(ctx, line.Round); err != nil {
		return err
	}
	return tx.ReopenRound(ctx, line.Round)
}

// tellReversed writes to the household that a voucher pays less than it thought.
func (d *Desk) tellReversed(ctx context.Context, tx *postgres.Tx, line postgres.ChargeLine, use postgres.UseLine, due money.Amount, on time.Time) error {
	holders, err := tx.HoldersOf(ctx, []communities.HouseholdID{line.Household})
	if err != nil {
		return err
	}
	holder := holders[line.Household]
	return d.send(ctx, tx, holder.Email, letterReversed, reversedLetter{
		Name: holder.GivenName, Code: use.Code, Description: line.Description, Number: line.Number, Link: d.publicURL + "/quote/" + string(line.ID),
		Amount: use.Amount, Due: due, DueOn: on,
	})
}

// SetCallPlaces says which categories and offers accept the vouchers of a call
// (officer).
func (d *Desk) SetCallPlaces(ctx context.Context, a communities.Actor, r CallPlacesRequest) error {
	now := d.clock.Now()
	if err := a.May(communities.PermRunVouchers, communities.Scope{}, now); err != nil {
		return err
	}
	categories, err := d.categoriesByID(ctx)
	if err != nil {
		return err
	}
	offers, err := d.db.PublishedOffers(ctx)
	if err != nil {
		return err
	}
	var refused refusal.List
	for _, id := range r.Categories {
		if c, ok := categories[catalogue.CategoryID(id)]; !ok || !c.IsLeaf() {
			refused = append(refused, catalogue.ErrCategoryUnknown.With("category", id).At("categories"))
		}
	}
	for _, id := range r.Offers {
		if !slices.ContainsFunc(offers, func(o postgres.OfferLine) bool { return string(o.ID) == id }) {
			refused = append(refused, ErrOfferUnknown.At("offers"))
		}
	}
	if err := refused.OrNil(); err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		call, err := tx.LockCall(ctx, r.Call)
		if err != nil {
			return err
		}
		if err := tx.SetCallPlaces(ctx, r.Call, r.Categories, r.Offers); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "set_call_places", "voucher call "+string(r.Call),
			map[string]any{"code": call.Code, "categories": r.Categories, "offers": r.Offers})
	})
}
