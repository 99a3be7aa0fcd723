package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
)

type ledgerPostingRow struct {
	bun.BaseModel `bun:"table:ledger_postings"`

	MunicipalityID communities.MunicipalityID
	TransactionID  string
	Line           int
	AccountID      string
	AmountCents    money.Amount
}

// Post writes a ledger transaction; false when its business event was already
// posted. What does not sum to zero is refused by [ledger.Check] and, behind
// it, by the database.
func (tx *Tx) Post(ctx context.Context, t ledger.Transaction) (bool, error) {
	if err := ledger.Check(t); err != nil {
		return false, err
	}
	n, err := tx.exec(ctx, "post", `
		INSERT INTO ledger_transactions (municipality_id, id, kind, source_id, reverses_id, description, at)
		VALUES (?, ?, ?, ?, nullif(?, '')::uuid, ?, ?) ON CONFLICT (municipality_id, kind, source_id) DO NOTHING`,
		tx.municipality, t.ID, t.Kind, t.SourceID, string(t.Reverses), t.Description, t.At)
	if err != nil || n == 0 {
		return false, err
	}
	accounts, err := tx.accounts(ctx, t.Postings)
	if err != nil {
		return false, err
	}
	rows := make([]ledgerPostingRow, len(t.Postings))
	for i, p := range t.Postings {
		rows[i] = ledgerPostingRow{
			MunicipalityID: tx.municipality, TransactionID: string(t.ID), Line: i + 1, AccountID: accounts[p.Account], AmountCents: p.Amount,
		}
	}
	return true, insertAll(ctx, tx, "post", rows)
}

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

type accountRow struct {
	bun.BaseModel `bun:"table:ledger_accounts"`

	MunicipalityID communities.MunicipalityID
	ID             string
	Kind           ledger.AccountKind
	Subject        string
}

// accounts finds the accounts of postings, and opens those that are new, in
// two statements however many there are.
func (tx *Tx) accounts(ctx context.Context, postings []ledger.Posting) (map[ledger.AccountRef]string, error) {
	rows := make([]accountRow, len(postings))
	subjects := make([]string, len(postings))
	for i, p := range postings {
		rows[i] = accountRow{MunicipalityID: tx.municipality, ID: NewID(), Kind: p.Account.Kind, Subject: p.Account.Subject}
		subjects[i] = p.Account.Subject
	}
	slices.SortFunc(rows, func(a, b accountRow) int { // one order for all, so that two openings never wait for each other
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
	})
	if _, err := tx.tx.NewInsert().Model(&rows).On("CONFLICT (municipality_id, kind, subject) DO NOTHING").Exec(ctx); err != nil {
		return nil, fault(err, "open accounts")
	}
	found, err := list[accountRow](ctx, tx.reader, "accounts", `
		SELECT * FROM ledger_accounts WHERE municipality_id = ? AND subject IN (?) ORDER BY kind, subject`, tx.municipality, texts(subjects))
	ids := make(map[ledger.AccountRef]string, len(found))
	for _, a := range found {
		ids[ledger.AccountRef{Kind: a.Kind, Subject: a.Subject}] = a.ID
	}
	return ids, err
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

// Unsound lists what breaks an invariant of the books, in words; empty when all
// hold. Numbers are those of reliability.md section 2. What was frozen of each
// round is opened, which by is on record for.
func (db *DB) Unsound(ctx context.Context, by communities.UserID, at time.Time) ([]string, error) {
	checks := slices.Concat(fundChecks, bankChecks, []soundCheck{
		{"M1: ledger transaction that does not sum to zero", `
			SELECT transaction_id::text FROM ledger_postings WHERE municipality_id = ?0 GROUP BY 1 HAVING sum(amount_cents) <> 0 OR count(*) < 2`},
		{"M5: pool whose shares do not sum to its cost", `
			SELECT p.id::text FROM pools p WHERE p.municipality_id = ?0 AND p.cost_cents <> (SELECT sum(m.share_cents) FROM pool_members m
				WHERE m.municipality_id = p.municipality_id AND m.pool_id = p.id)`},
		{"charge that differs from its share", `
			SELECT c.id::text FROM charges c JOIN pool_members m ON m.municipality_id = c.municipality_id AND m.demand_id = c.demand_id
			WHERE c.municipality_id = ?0 AND (m.share_cents <> c.share_cents OR m.subsidy_cents <> c.subsidy_cents - c.later_cents)`},
		{"charge above the maximum that its household stated", `
			SELECT c.id::text FROM charges c JOIN demands d ON d.municipality_id = c.municipality_id AND d.id = c.demand_id
			WHERE c.municipality_id = ?0 AND c.net_cents > d.max_price_cents`},
		{"paid charge that is not fully paid", `
			SELECT c.id::text FROM charges c WHERE c.municipality_id = ?0 AND c.state = 'paid' AND c.net_cents - c.voucher_cents > (SELECT coalesce(sum(y.amount_cents), 0)
				FROM payments y WHERE y.municipality_id = c.municipality_id AND y.charge_id = c.id AND y.state = 'succeeded')`},
		{"M7: payment received without its ledger transaction", `
			SELECT y.id::text FROM payments y WHERE y.municipality_id = ?0 AND y.state = 'succeeded' AND NOT EXISTS (SELECT 1 FROM ledger_transactions t
				WHERE t.municipality_id = y.municipality_id AND t.kind = 'payment_received' AND t.source_id = y.id::text)`},
		{"receivable of a household that is not what its open charges ask", `
			SELECT a.subject FROM ledger_accounts a WHERE a.municipality_id = ?0 AND a.kind = 'household_receivable' AND
				(SELECT coalesce(sum(p.amount_cents), 0) FROM ledger_postings p WHERE p.municipality_id = a.municipality_id AND p.account_id = a.id) <>
				(SELECT coalesce(sum(c.net_cents - c.voucher_cents - least(c.net_cents - c.voucher_cents, (SELECT coalesce(sum(y.amount_cents), 0) FROM payments y
					WHERE y.municipality_id = c.municipality_id AND y.charge_id = c.id AND y.state = 'succeeded'))), 0)
				FROM charges c WHERE c.municipality_id = a.municipality_id AND c.household_id::text = a.subject AND c.state IN ('open', 'paid'))`},
		{"V1: voucher of which other is used than its registered and accounted uses say", `
			SELECT v.code FROM vouchers v WHERE v.municipality_id = ?0 AND v.used_cents <> (SELECT coalesce(sum(u.amount_cents), 0) FROM voucher_uses u
				WHERE u.municipality_id = v.municipality_id AND u.voucher_id = v.id AND u.state IN ('registered', 'accounted'))`},
		{"V2: charge of which vouchers pay other than their uses say", `
			SELECT c.id::text FROM charges c WHERE c.municipality_id = ?0 AND c.voucher_cents <> (SELECT coalesce(sum(u.amount_cents), 0) FROM voucher_uses u
				WHERE u.municipality_id = c.municipality_id AND u.charge_id = c.id AND u.state IN ('registered', 'accounted'))`},
		{"V3: call whose accounts are not what its vouchers' uses sum to", `
			SELECT vc.code FROM voucher_calls vc CROSS JOIN (VALUES ('voucher_registered', 'registered'), ('voucher_accounted', 'accounted')) k (account, use_state)
			WHERE vc.municipality_id = ?0 AND (SELECT coalesce(sum(p.amount_cents), 0) FROM ledger_accounts a
				JOIN ledger_postings p ON p.municipality_id = a.municipality_id AND p.account_id = a.id
				WHERE a.municipality_id = vc.municipality_id AND a.kind = k.account AND a.subject = vc.id::text) <>
				(SELECT coalesce(sum(u.amount_cents), 0) FROM vouchers v JOIN voucher_uses u ON u.municipality_id = v.municipality_id AND u.voucher_id = v.id
				WHERE v.municipality_id = vc.municipality_id AND v.call_code = vc.code AND u.state = k.use_state)`},
		{"V4: statement that does not sum to its uses and to its providers", `
			SELECT s.number FROM voucher_statements s WHERE s.municipality_id = ?0 AND (s.total_cents <> (SELECT coalesce(sum(u.amount_cents), 0) FROM voucher_uses u
				WHERE u.municipality_id = s.municipality_id AND u.statement_id = s.id) OR s.total_cents <> (SELECT coalesce(sum(p.total_cents), 0)
				FROM voucher_statement_providers p WHERE p.municipality_id = s.municipality_id AND p.statement_id = s.id))`},
		{"formed round without its first pass, or pass of a round that is not formed", `
			SELECT r.id::text FROM rounds r WHERE r.municipality_id = ?0 AND r.state <> 'void' AND (r.state IN ('formed', 'charged', 'settled')) <>
				EXISTS (SELECT 1 FROM round_passes p WHERE p.municipality_id = r.municipality_id AND p.round_id = r.id AND p.pass = 1)`},
		{"pass that serves other demands than are in its pools", `
			SELECT p.round_id::text FROM round_passes p WHERE p.municipality_id = ?0 AND p.served <> (SELECT count(*) FROM pools o
				JOIN pool_members m ON m.municipality_id = o.municipality_id AND m.pool_id = o.id
				WHERE o.municipality_id = p.municipality_id AND o.round_id = p.round_id AND o.pass = p.pass)`},
		{"value sealed by a data key that is gone", `
			SELECT s.what FROM (SELECT municipality_id, key_version, 'certificate ' || id AS what FROM isee_certificates
				UNION ALL SELECT municipality_id, snapshot_key, 'round ' || id FROM rounds WHERE snapshot IS NOT NULL
				UNION ALL SELECT municipality_id, key_version, 'pass of round ' || round_id FROM round_passes
				UNION ALL SELECT municipality_id, key_version, 'outcome of demand ' || demand_id FROM outcomes
				UNION ALL SELECT municipality_id, key_version, 'application ' || id FROM fund_applications) s
			LEFT JOIN data_keys k ON k.municipality_id = s.municipality_id AND k.version = s.key_version AND k.state <> 'retired'
			WHERE s.municipality_id = ?0 AND k.version IS NULL`},
	})
	found, err := db.broken(ctx, checks, at)
	if err != nil {
		return nil, err
	}
	frozen, err := db.unsoundFrozen(ctx, Reading{Purpose: PurposeProve, By: by, At: at})
	return append(found, frozen...), err
}
