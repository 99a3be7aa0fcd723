package postgres

import (
	"context"
	"time"

	"colletta/billing/ledger"
	"colletta/money"
)

// Transaction is the ledger transaction of a business event; [ErrNotFound] when
// none was posted.
func (r reader) Transaction(ctx context.Context, kind ledger.Kind, source string) (ledger.Transaction, error) {
	type head struct {
		ID, Description string
		At              time.Time
	}
	h, err := single[head](ctx, r, "ledger transaction", source, `
		SELECT id, description, at FROM ledger_transactions WHERE municipality_id = ? AND kind = ? AND source_id = ?`, r.municipality, kind, source)
	if err != nil {
		return ledger.Transaction{}, err
	}
	t := ledger.Transaction{ID: ledger.TransactionID(h.ID), Kind: kind, SourceID: source, Description: h.Description, At: h.At}
	type line struct {
		Kind        ledger.AccountKind
		Subject     string
		AmountCents money.Amount
	}
	lines, err := list[line](ctx, r, "postings", `
		SELECT a.kind, a.subject, p.amount_cents FROM ledger_postings p
		JOIN ledger_accounts a ON a.municipality_id = p.municipality_id AND a.id = p.account_id
		WHERE p.municipality_id = ? AND p.transaction_id = ? ORDER BY p.line`, r.municipality, h.ID)
	for _, l := range lines {
		t.Postings = append(t.Postings, ledger.Posting{Account: ledger.AccountRef{Kind: l.Kind, Subject: l.Subject}, Amount: l.AmountCents})
	}
	return t, err
}

// AccountBalance is the balance of a ledger account, debits positive.
type AccountBalance struct {
	Kind         ledger.AccountKind
	Subject      string
	Name         string // of the household, provider or fund; code of the voucher call
	BalanceCents money.Amount
	Postings     int
}

// Balances lists every account with the sum of its postings.
func (r reader) Balances(ctx context.Context) ([]AccountBalance, error) {
	return list[AccountBalance](ctx, r, "balances", `
		SELECT a.kind, a.subject, coalesce(h.name, v.name, f.name, vc.code, '') AS name,
			coalesce(sum(p.amount_cents), 0) AS balance_cents, count(p.line) AS postings
		FROM ledger_accounts a
		LEFT JOIN ledger_postings p ON p.municipality_id = a.municipality_id AND p.account_id = a.id
		LEFT JOIN households h ON h.municipality_id = a.municipality_id AND h.id::text = a.subject
		LEFT JOIN providers v ON v.municipality_id = a.municipality_id AND v.id::text = a.subject
		LEFT JOIN funds f ON f.municipality_id = a.municipality_id AND f.id::text = a.subject
		LEFT JOIN voucher_calls vc ON vc.municipality_id = a.municipality_id AND vc.id::text = a.subject
		WHERE a.municipality_id = ? GROUP BY a.kind, a.subject, h.name, v.name, f.name, vc.code ORDER BY a.kind, name, a.subject`, r.municipality)
}
