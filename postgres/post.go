package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun/dialect/pgdialect"

	"colletta/billing/ledger"
	"colletta/money"
	"colletta/refusal"
)

// ErrAccountFloor says that an account of the ledger does not hold what was asked
// of it: nothing is posted. Args: kind, subject, left, asked.
var ErrAccountFloor = refusal.New(refusal.KindConflict, "account_floor")

// Post writes a ledger transaction; false when its business event was already
// posted. What does not sum to zero is refused by [ledger.Check] and, behind
// it, by the database. It is chained when the act ends: see [DB.InTx].
func (tx *Tx) Post(ctx context.Context, t ledger.Transaction) (bool, error) {
	fresh, err := tx.PostAll(ctx, []ledger.Transaction{t})
	return fresh == 1, err
}

// PostAll is [Tx.Post] for many, in two statements for each ten thousand
// postings; it says how many of their business events were not posted before.
func (tx *Tx) PostAll(ctx context.Context, all []ledger.Transaction) (fresh int, err error) {
	const postingsAtOnce = 10_000
	for len(all) > 0 {
		n, postings := 0, 0
		for n < len(all) && (n == 0 || postings+len(all[n].Postings) <= postingsAtOnce) {
			if err := ledger.Check(all[n]); err != nil {
				return fresh, err
			}
			postings += len(all[n].Postings)
			n++
		}
		written, err := tx.postSome(ctx, all[:n], postings)
		if fresh += written; err != nil {
			return fresh, err
		}
		all = all[n:]
	}
	return fresh, nil
}

// postSome opens the accounts that are new, writes the transactions whose events
// are, and then their postings.
func (tx *Tx) postSome(ctx context.Context, all []ledger.Transaction, postings int) (int, error) {
	var h struct{ id, kind, source, reverses, description, at []string }
	for _, t := range all {
		h.id, h.kind, h.source = append(h.id, string(t.ID)), append(h.kind, string(t.Kind)), append(h.source, t.SourceID)
		h.reverses, h.description = append(h.reverses, string(t.Reverses)), append(h.description, t.Description)
		h.at = append(h.at, t.At.UTC().Format(time.RFC3339Nano))
	}
	sides := make(map[ledger.AccountRef]int, postings)
	for _, t := range all {
		for _, p := range t.Postings {
			sides[p.Account] = p.Account.Kind.Side()
		}
	}
	var a struct {
		id, kind, subject []string
		side              []int64
	}
	for account, side := range sides { // the query sorts them
		a.id, a.kind, a.subject, a.side = append(a.id, NewID()), append(a.kind, string(account.Kind)), append(a.subject, account.Subject), append(a.side, int64(side))
	}
	// Accounts are opened in one order for all, so that two openings never wait for each other.
	fresh, err := list[string](ctx, tx.reader, "post", `
		WITH opened AS (
			INSERT INTO ledger_accounts (municipality_id, id, kind, subject, side)
			SELECT ?0, n.id, n.kind, n.subject, n.side FROM unnest(?7::uuid[], ?8::text[], ?9::text[], ?10::smallint[]) n (id, kind, subject, side)
			WHERE NOT EXISTS (SELECT 1 FROM ledger_accounts a WHERE a.municipality_id = ?0 AND a.kind = n.kind AND a.subject = n.subject)
			ORDER BY n.kind, n.subject ON CONFLICT (municipality_id, kind, subject) DO NOTHING)
		INSERT INTO ledger_transactions (municipality_id, id, kind, source_id, reverses_id, description, at)
		SELECT ?0, n.id, n.kind, n.source, nullif(n.reverses, '')::uuid, n.description, n.at
		FROM unnest(?1::uuid[], ?2::text[], ?3::text[], ?4::text[], ?5::text[], ?6::timestamptz[]) n (id, kind, source, reverses, description, at)
		ON CONFLICT (municipality_id, kind, source_id) DO NOTHING RETURNING id`,
		tx.municipality, pgdialect.Array(h.id), pgdialect.Array(h.kind), pgdialect.Array(h.source), pgdialect.Array(h.reverses), pgdialect.Array(h.description),
		pgdialect.Array(h.at), pgdialect.Array(a.id), pgdialect.Array(a.kind), pgdialect.Array(a.subject), pgdialect.Array(a.side))
	if err != nil || len(fresh) == 0 {
		return 0, err
	}
	isFresh := make(map[string]bool, len(fresh))
	for _, id := range fresh {
		isFresh[id] = true
	}
	var p struct {
		id, kind, subject []string
		line, cents       []int64
	}
	for _, t := range all {
		if !isFresh[string(t.ID)] {
			continue
		}
		tx.posted = append(tx.posted, string(t.ID))
		for i, one := range t.Postings {
			p.id, p.line, p.cents = append(p.id, string(t.ID)), append(p.line, int64(i+1)), append(p.cents, int64(one.Amount))
			p.kind, p.subject = append(p.kind, string(one.Account.Kind)), append(p.subject, one.Account.Subject)
		}
	}
	_, err = tx.exec(ctx, "post", `
		INSERT INTO ledger_postings (municipality_id, transaction_id, line, account_id, amount_cents)
		SELECT ?0, n.id, n.line, a.id, n.cents
		FROM unnest(?1::uuid[], ?2::int[], ?3::text[], ?4::text[], ?5::bigint[]) n (id, line, kind, subject, cents)
		LEFT JOIN ledger_accounts a ON a.municipality_id = ?0 AND a.kind = n.kind AND a.subject = n.subject`,
		tx.municipality, pgdialect.Array(p.id), pgdialect.Array(p.line), pgdialect.Array(p.kind), pgdialect.Array(p.subject), pgdialect.Array(p.cents))
	return len(fresh), err
}

// chain gives what the act posted its place in the chain of the municipality, and
// moves the balances of the accounts. From here to the commit, which follows at
// once, no other act of the municipality chains. It returns [ErrAccountFloor].
// More entries than a statement can take in its time are chained in several.
func (tx *Tx) chain(ctx context.Context) error {
	for part := range slices.Chunk(tx.posted, chainedAtOnce) {
		if err := tx.chainSome(ctx, part); err != nil {
			return err
		}
	}
	return nil
}

// chainedAtOnce is how many entries one statement chains.
const chainedAtOnce = 2_000

func (tx *Tx) chainSome(ctx context.Context, entries []string) error {
	type short struct {
		Kind                      ledger.AccountKind
		Subject                   string
		BalanceCents, ChangeCents money.Amount
	}
	below, err := list[short](ctx, tx.reader, "chain", "SELECT * FROM ledger_link(?, ?::uuid[])", tx.municipality, pgdialect.Array(entries))
	if err != nil || len(below) == 0 {
		return err
	}
	b := below[0]
	left, asked := b.BalanceCents, -b.ChangeCents
	if b.Kind.Side() < 0 {
		left, asked = -left, -asked
	}
	return ErrAccountFloor.With("kind", string(b.Kind), "subject", b.Subject, "left", left, "asked", asked)
}
