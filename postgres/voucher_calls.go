package postgres

import (
	"context"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
	"colletta/subsidies/vouchers"
)

// VoucherCall is a call with its vouchers and where they may pay.
type VoucherCall struct {
	ID          billing.VoucherCallID
	Code        string
	Vouchers    int
	AmountCents money.Amount
	UsedCents   money.Amount
	Categories  []string `bun:",array"`
	Offers      []string `bun:",array"`
}

// VoucherCalls lists the calls by code.
func (r reader) VoucherCalls(ctx context.Context) ([]VoucherCall, error) {
	return list[VoucherCall](ctx, r, "voucher calls", `
		SELECT c.id, c.code, count(v.id) AS vouchers, coalesce(sum(v.amount_cents), 0) AS amount_cents, coalesce(sum(v.used_cents), 0) AS used_cents,
			ARRAY(SELECT k.category_id FROM category_calls k WHERE k.municipality_id = c.municipality_id AND k.call_id = c.id ORDER BY 1) AS categories,
			ARRAY(SELECT o.offer_id::text FROM offer_calls o WHERE o.municipality_id = c.municipality_id AND o.call_id = c.id ORDER BY 1) AS offers
		FROM voucher_calls c
		LEFT JOIN vouchers v ON v.municipality_id = c.municipality_id AND v.call_code = c.code AND v.state <> 'imported'
		WHERE c.municipality_id = ? GROUP BY c.municipality_id, c.id, c.code ORDER BY c.code`, r.municipality)
}

// LockCall waits for other changes to a call to end; [ErrNotFound].
func (tx *Tx) LockCall(ctx context.Context, id billing.VoucherCallID) (VoucherCall, error) {
	if !validID(string(id)) {
		return VoucherCall{}, ErrNotFound.With("what", "voucher call")
	}
	return single[VoucherCall](ctx, tx.reader, "voucher call", id,
		"SELECT id, code FROM voucher_calls WHERE municipality_id = ? AND id = ? FOR UPDATE", tx.municipality, id)
}

// SetCallPlaces stores where vouchers of a call may pay, instead of before.
func (tx *Tx) SetCallPlaces(ctx context.Context, id billing.VoucherCallID, categories, offers []string) error {
	for _, table := range []string{"DELETE FROM category_calls WHERE municipality_id = ? AND call_id = ?", "DELETE FROM offer_calls WHERE municipality_id = ? AND call_id = ?"} {
		if _, err := tx.exec(ctx, "places of a call", table, tx.municipality, id); err != nil {
			return err
		}
	}
	if _, err := tx.exec(ctx, "places of a call", `
		INSERT INTO category_calls (municipality_id, category_id, call_id) SELECT c.municipality_id, c.id, ?1 FROM categories c
		WHERE c.municipality_id = ?0 AND c.id IN (?2)`, tx.municipality, id, texts(append(categories, ""))); err != nil {
		return err
	}
	_, err := tx.exec(ctx, "places of a call", `
		INSERT INTO offer_calls (municipality_id, offer_id, call_id) SELECT o.municipality_id, o.id, ?1 FROM offers o
		WHERE o.municipality_id = ?0 AND o.id::text IN (?2)`, tx.municipality, id, texts(append(offers, "")))
	return err
}

// AcceptedCalls are the codes of the calls that the offers of pools accept,
// themselves or by their category.
func (r reader) AcceptedCalls(ctx context.Context, pools []billing.PoolID) (map[billing.PoolID][]string, error) {
	type row struct {
		PoolID billing.PoolID
		Code   string
	}
	rows, err := list[row](ctx, r, "accepted calls", `
		SELECT p.id AS pool_id, c.code FROM pools p
		JOIN offers o ON o.municipality_id = p.municipality_id AND o.id = p.offer_id
		JOIN voucher_calls c ON c.municipality_id = p.municipality_id AND (
			EXISTS (SELECT 1 FROM category_calls k WHERE k.municipality_id = p.municipality_id AND k.call_id = c.id AND k.category_id = o.category_id)
			OR EXISTS (SELECT 1 FROM offer_calls k WHERE k.municipality_id = p.municipality_id AND k.call_id = c.id AND k.offer_id = o.id))
		WHERE p.municipality_id = ? AND p.id::text IN (?) ORDER BY p.id, c.code`, r.municipality, texts(append(pools, "")))
	all := map[billing.PoolID][]string{}
	for _, one := range rows {
		all[one.PoolID] = append(all[one.PoolID], one.Code)
	}
	return all, err
}

// VoucherOrders are the orders that were declared for a household, by pool.
func (r reader) VoucherOrders(ctx context.Context, h communities.HouseholdID) (map[billing.PoolID][]vouchers.ID, error) {
	type row struct {
		PoolID   billing.PoolID
		Vouchers []string `bun:",array"`
	}
	rows, err := list[row](ctx, r, "voucher orders", `
		SELECT pool_id, vouchers::text[] AS vouchers FROM voucher_orders WHERE municipality_id = ? AND household_id = ? ORDER BY pool_id`, r.municipality, h)
	all := map[billing.PoolID][]vouchers.ID{}
	for _, one := range rows {
		for _, id := range one.Vouchers {
			all[one.PoolID] = append(all[one.PoolID], vouchers.ID(id))
		}
	}
	return all, err
}
