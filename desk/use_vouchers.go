package desk

import (
	"context"
	"slices"
	"strings"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies/vouchers"
)

var (
	// ErrNoVoucher says that no voucher of the household may pay this.
	ErrNoVoucher = refusal.New(refusal.KindConflict, "voucher_none_usable")
	// ErrVouchersShort says that the chosen vouchers hold less than the amount.
	// Args: amount, left.
	ErrVouchersShort = refusal.New(refusal.KindInvalid, "vouchers_short")
	// ErrVoucherUnknown says that a voucher is not one of the household.
	ErrVoucherUnknown = refusal.New(refusal.KindInvalid, "voucher_unknown")
	// ErrDueChanged says that what is due is no longer what the form showed.
	// Args: due.
	ErrDueChanged = refusal.New(refusal.KindConflict, "voucher_due_changed")
)

// vouchersMax bounds the vouchers of one form.
const vouchersMax = 200

// UseVouchers pays a charge of the household, wholly or in part, with its
// vouchers in their order, and returns how much. What is due, who may pay what,
// and how it is divided is decided while the charge and the vouchers are locked.
// It returns [ErrNoVoucher], [ErrVouchersShort], [ErrDueChanged],
// [billing.ErrChargeVoucher], [postgres.ErrPaymentUnderway] while a card payment
// is being made, or why a chosen voucher may not pay ([vouchers.Purchase.Admits]).
func (d *Desk) UseVouchers(ctx context.Context, a communities.Actor, r UseVouchersRequest) (money.Amount, error) {
	line, err := d.seenCharge(ctx, a, r.Charge)
	if err != nil {
		return 0, err
	}
	if err := a.May(communities.PermPay, communities.Scope{Household: line.Household}, d.clock.Now()); err != nil {
		return 0, err
	}
	if len(r.Vouchers) > vouchersMax {
		return 0, ErrVoucherUnknown
	}
	var used money.Amount
	err = d.db.InTx(ctx, func(tx *postgres.Tx) error {
		line, err := tx.ChargeForUpdate(ctx, r.Charge)
		if err != nil {
			return err
		}
		if err := mayUse(ctx, tx, line, r); err != nil {
			return err
		}
		admitted, err := d.admitted(ctx, tx, line, r.Vouchers)
		if err != nil {
			return err
		}
		parts, err := divide(line, r.Amount, admitted)
		if err != nil {
			return err
		}
		used, err = d.spend(ctx, tx, a, line, parts)
		return err
	})
	return used, err
}

// mayUse refuses a charge on which nothing is due, or not what the form showed,
// or for which a card is being charged: it would be charged for too much.
func mayUse(ctx context.Context, tx *postgres.Tx, line postgres.ChargeLine, r UseVouchersRequest) error {
	if err := line.Payable(); err != nil {
		return err
	}
	if shown, err := money.ParseItalian(r.Due); r.Due != "" && (err != nil || shown != line.Due(line.PaidSum)) {
		return ErrDueChanged.With("due", line.Due(line.PaidSum))
	}
	payments, err := tx.PaymentsOf(ctx, []billing.ChargeID{line.ID})
	if err != nil {
		return err
	}
	for _, p := range payments[line.ID] {
		if p.State == billing.PaymentPending || p.State == billing.PaymentUnknown {
			return postgres.ErrPaymentUnderway
		}
	}
	return nil
}

// admitted locks the vouchers of the household and returns those that may pay, in
// their order. One that was chosen and may not is refused.
func (d *Desk) admitted(ctx context.Context, tx *postgres.Tx, line postgres.ChargeLine, chosen []vouchers.ID) ([]vouchers.Voucher, error) {
	own, err := tx.VouchersForUpdate(ctx, line.Household)
	if err != nil {
		return nil, err
	}
	purchase, declared, err := d.purchase(ctx, tx, line)
	if err != nil {
		return nil, err
	}
	for _, id := range chosen {
		if !slices.ContainsFunc(own, func(v postgres.VoucherLine) bool { return v.ID == id }) {
			return nil, ErrVoucherUnknown
		}
	}
	var admitted []vouchers.Voucher
	for _, v := range own {
		if len(chosen) > 0 && !slices.Contains(chosen, v.ID) {
			continue
		}
		switch err := purchase.Admits(v.Voucher); {
		case err == nil:
			admitted = append(admitted, v.Voucher)
		case len(chosen) > 0:
			return nil, err
		}
	}
	if len(admitted) == 0 {
		return nil, ErrNoVoucher
	}
	return vouchers.Ordered(admitted, declared), nil
}

// voucherReader reads what vouchers are asked to pay.
type voucherReader interface {
	Household(context.Context, communities.HouseholdID) (communities.Household, []communities.Person, error)
	AcceptedCalls(context.Context, []billing.PoolID) (map[billing.PoolID][]string, error)
	VoucherOrders(context.Context, communities.HouseholdID) (map[billing.PoolID][]vouchers.ID, error)
}

// purchase is a charge as vouchers see it, with the order declared for its pool.
func (d *Desk) purchase(ctx context.Context, r voucherReader, line postgres.ChargeLine) (vouchers.Purchase, []vouchers.ID, error) {
	_, people, err := r.Household(ctx, line.Household)
	if err != nil {
		return vouchers.Purchase{}, nil, err
	}
	calls, err := r.AcceptedCalls(ctx, []billing.PoolID{line.Pool})
	if err != nil {
		return vouchers.Purchase{}, nil, err
	}
	orders, err := r.VoucherOrders(ctx, line.Household)
	return vouchers.Purchase{Day: d.today(d.clock.Now()), People: people, Calls: calls[line.Pool]}, orders[line.Pool], err
}

// divide reads the amount and divides it among the vouchers.
func divide(line postgres.ChargeLine, typed string, admitted []vouchers.Voucher) ([]vouchers.Part, error) {
	due := line.Due(line.PaidSum)
	if strings.TrimSpace(typed) == "" {
		return vouchers.Pay(due, admitted), nil
	}
	f := &form{}
	amount := f.price("amount", typed, 1)
	if err := f.refused.OrNil(); err != nil {
		return nil, err
	}
	if amount > due {
		return nil, billing.ErrChargeVoucher.With("amount", amount, "due", due).At("amount")
	}
	parts := vouchers.Pay(amount, admitted)
	if left := sumOf(parts); left < amount {
		return nil, ErrVouchersShort.With("amount", amount, "left", left).At("amount")
	}
	return parts, nil
}

func sumOf(parts []vouchers.Part) money.Amount {
	var sum money.Amount
	for _, p := range parts {
		sum += p.Amount
	}
	return sum
}

// spend stores what the parts pay of a charge.
func (d *Desk) spend(ctx context.Context, tx *postgres.Tx, a communities.Actor, line postgres.ChargeLine, parts []vouchers.Part) (money.Amount, error) {
	now := d.clock.Now()
	used := sumOf(parts)
	after, err := line.UseVoucher(used, line.PaidSum)
	if err != nil {
		return 0, err
	}
	calls, err := callIDs(ctx, tx)
	if err != nil {
		return 0, err
	}
	for _, p := range parts {
		use := vouchers.Use{ID: vouchers.UseID(postgres.NewID()), Amount: p.Amount, State: vouchers.UseRegistered}
		if err := tx.SpendVoucher(ctx, p.Voucher.ID, p.Amount); err != nil {
			return 0, err
		}
		if err := tx.AddVoucherUse(ctx, use, p.Voucher.ID, line.ID, a.User, now); err != nil {
			return 0, err
		}
		posted := billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: now}
		t, err := billing.VoucherUsed(posted, line.Charge, string(use.ID), calls[p.Voucher.Call], p.Amount)
		if err != nil {
			return 0, err
		}
		if _, err := tx.Post(ctx, t); err != nil {
			return 0, err
		}
	}
	if err := tx.SetChargeVoucher(ctx, after, now); err != nil {
		return 0, err
	}
	if err := tx.Audit(ctx, now, a.User, "use_vouchers", "charge "+string(line.ID), map[string]any{"amount": used.String(), "vouchers": len(parts)}); err != nil {
		return 0, err
	}
	if after.State != billing.ChargePaid {
		return used, nil
	}
	return used, d.settle(ctx, tx, line.Round)
}

func callIDs(ctx context.Context, tx *postgres.Tx) (map[string]billing.VoucherCallID, error) {
	calls, err := tx.VoucherCalls(ctx)
	ids := make(map[string]billing.VoucherCallID, len(calls))
	for _, c := range calls {
		ids[c.Code] = c.ID
	}
	return ids, err
}

// SetVoucherOrder declares in which order the vouchers of a household pay for
// its place in the pool of a charge (the household, or an officer). Vouchers that
// are not named follow in the usual order; none names the usual one.
func (d *Desk) SetVoucherOrder(ctx context.Context, a communities.Actor, id billing.ChargeID, order []vouchers.ID) error {
	now := d.clock.Now()
	line, err := d.seenCharge(ctx, a, id)
	if err != nil {
		return err
	}
	if !d.mayOrder(a, line.Household) {
		return communities.ErrNotAllowed.With("permission", string(communities.PermPay))
	}
	own, err := d.db.VouchersOf(ctx, line.Household)
	if err != nil {
		return err
	}
	for i, id := range order {
		known := slices.ContainsFunc(own, func(v postgres.VoucherLine) bool { return v.ID == id })
		if !known || slices.Contains(order[:i], id) || i >= vouchersMax {
			return ErrVoucherUnknown
		}
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.SetVoucherOrder(ctx, line.Pool, line.Household, order, a.User, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "order_vouchers", "pool "+string(line.Pool), map[string]any{"household": string(line.Household), "vouchers": len(order)})
	})
}

// mayOrder: the order is the household's, and the Comune may set it.
func (d *Desk) mayOrder(a communities.Actor, h communities.HouseholdID) bool {
	now := d.clock.Now()
	return a.May(communities.PermPay, communities.Scope{Household: h}, now) == nil || a.May(communities.PermRunVouchers, communities.Scope{}, now) == nil
}
