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

// Ref names the account.
func (b AccountBalance) Ref() ledger.AccountRef {
	return ledger.AccountRef{Kind: b.Kind, Subject: b.Subject}
}

// Balances lists every account with the sum of its postings.
func (r reader) Balances(ctx context.Context) ([]AccountBalance, error) {
	return r.BalancesAt(ctx, time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))
}

// BalancesAt lists every account with what it held at an instant: the sum of the
// postings of what took effect before.
func (r reader) BalancesAt(ctx context.Context, at time.Time) ([]AccountBalance, error) {
	return list[AccountBalance](ctx, r, "balances", `
		SELECT a.kind, a.subject, coalesce(h.name, v.name, f.name, vc.code, '') AS name, coalesce(p.cents, 0) AS balance_cents, coalesce(p.lines, 0) AS postings
		FROM ledger_accounts a
		LEFT JOIN (SELECT p.account_id, sum(p.amount_cents) AS cents, count(*) AS lines FROM ledger_postings p
			JOIN ledger_transactions t ON t.municipality_id = p.municipality_id AND t.id = p.transaction_id
			WHERE p.municipality_id = ?0 AND t.at < ?1 GROUP BY p.account_id) p ON p.account_id = a.id
		LEFT JOIN households h ON h.municipality_id = a.municipality_id AND h.id::text = a.subject
		LEFT JOIN providers v ON v.municipality_id = a.municipality_id AND v.id::text = a.subject
		LEFT JOIN funds f ON f.municipality_id = a.municipality_id AND f.id::text = a.subject
		LEFT JOIN voucher_calls vc ON vc.municipality_id = a.municipality_id AND vc.id::text = a.subject
		WHERE a.municipality_id = ?0 ORDER BY a.kind, name, a.subject`, r.municipality, at)
}

// AccountHeld is what one account held at an instant; zero for one that nothing
// was posted on.
func (r reader) AccountHeld(ctx context.Context, account ledger.AccountRef, at time.Time) (money.Amount, error) {
	return single[money.Amount](ctx, r, "balance", account, `
		SELECT coalesce(sum(p.amount_cents), 0)::bigint FROM ledger_accounts a
		JOIN ledger_postings p ON p.municipality_id = a.municipality_id AND p.account_id = a.id
		JOIN ledger_transactions t ON t.municipality_id = p.municipality_id AND t.id = p.transaction_id
		WHERE a.municipality_id = ?0 AND a.kind = ?1 AND a.subject = ?2 AND t.at < ?3`, r.municipality, account.Kind, account.Subject, at)
}

// AccountLines lists the postings on an account of what took effect in [from,
// before), in the order of the entries, without their balances.
func (r reader) AccountLines(ctx context.Context, account ledger.AccountRef, from, before time.Time, most int) ([]ledger.StatementLine, error) {
	type line struct {
		Number      int64
		At          time.Time
		Kind        ledger.Kind
		Description string
		AmountCents money.Amount
	}
	rows, err := list[line](ctx, r, "statement", `
		SELECT c.number, t.at, t.kind, t.description, p.amount_cents FROM ledger_accounts a
		JOIN ledger_postings p ON p.municipality_id = a.municipality_id AND p.account_id = a.id
		JOIN ledger_transactions t ON t.municipality_id = p.municipality_id AND t.id = p.transaction_id
		JOIN ledger_chain c ON c.municipality_id = t.municipality_id AND c.transaction_id = t.id
		WHERE a.municipality_id = ?0 AND a.kind = ?1 AND a.subject = ?2 AND t.at >= ?3 AND t.at < ?4
		ORDER BY c.number, p.line LIMIT ?5`, r.municipality, account.Kind, account.Subject, from, before, most)
	lines := make([]ledger.StatementLine, len(rows))
	for i, row := range rows {
		lines[i] = ledger.StatementLine{Number: row.Number, At: row.At, Kind: row.Kind, Description: row.Description, Amount: row.AmountCents}
	}
	return lines, err
}

// Entries lists what took effect in [from, before), in the order of the chain.
func (r reader) Entries(ctx context.Context, from, before time.Time) ([]ledger.Entry, error) {
	numbers, err := list[int64](ctx, r, "entries of days", `
		SELECT c.number FROM ledger_transactions t JOIN ledger_chain c ON c.municipality_id = t.municipality_id AND c.transaction_id = t.id
		WHERE t.municipality_id = ?0 AND t.at >= ?1 AND t.at < ?2 ORDER BY c.number`, r.municipality, from, before)
	if err != nil || len(numbers) == 0 {
		return nil, err
	}
	all := make([]ledger.Entry, 0, len(numbers))
	wanted := numbers
	for after := numbers[0] - 1; len(wanted) > 0; {
		const atOnce = 2000
		chained, err := r.chained(ctx, after, after+atOnce)
		if err != nil {
			return nil, err
		}
		for _, e := range chained {
			if len(wanted) > 0 && e.number == wanted[0] {
				all, wanted = append(all, ledger.Entry{Number: e.number, Hash: e.hash, Transaction: e.t}), wanted[1:]
			}
		}
		if after += atOnce; len(wanted) > 0 {
			after = max(after, wanted[0]-1)
		}
	}
	return all, nil
}

// ChainHead is the last entry of the chain.
func (r reader) ChainHead(ctx context.Context) (ChainHead, error) {
	type row struct {
		Number int64
		Hash   []byte
	}
	rows, err := list[row](ctx, r, "head of the chain", "SELECT number, hash FROM ledger_chain WHERE municipality_id = ? ORDER BY number DESC LIMIT 1", r.municipality)
	var head ChainHead
	if len(rows) > 0 {
		head.Number = rows[0].Number
		copy(head.Hash[:], rows[0].Hash)
	}
	return head, err
}
