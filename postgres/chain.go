package postgres

import (
	"context"
	"fmt"
	"time"

	"colletta/billing/ledger"
	"colletta/money"
)

// ChainHead is the end of the chain of entries: how many there are and the hash
// of the last one. Kept elsewhere, it proves later that nothing before it was
// changed.
type ChainHead struct {
	Number int64 // 0 while there is no entry
	Hash   ledger.Hash
}

// String writes the head as NUMBER:HASH.
func (h ChainHead) String() string { return fmt.Sprintf("%d:%s", h.Number, h.Hash) }

// ChainBreak is the first entry at which the chain does not hold.
type ChainBreak struct {
	Number      int64                // its place in the chain; 0 for one that has none
	Transaction ledger.TransactionID // empty when it is not there
	Kind        ledger.Kind
	At          time.Time
	Why         string // in English, for operators
}

// Error says which entry is broken and how.
func (b *ChainBreak) Error() string {
	if b.Transaction == "" {
		return fmt.Sprintf("entry %d: %s", b.Number, b.Why)
	}
	return fmt.Sprintf("entry %d (%s %s of %s): %s", b.Number, b.Kind, b.Transaction, b.At.UTC().Format(time.RFC3339), b.Why)
}

type chainRow struct {
	Number int64
	Hash   []byte
	entryRow
}

// entryRow is a ledger transaction without its postings; its id is empty when it
// is not there.
type entryRow struct {
	ID, Kind, SourceID, ReversesID, Description string
	At                                          time.Time
}

func (row entryRow) toTransaction(postings []ledger.Posting) ledger.Transaction {
	return ledger.Transaction{
		ID: ledger.TransactionID(row.ID), Kind: ledger.Kind(row.Kind), SourceID: row.SourceID, Reverses: ledger.TransactionID(row.ReversesID),
		Description: row.Description, At: row.At, Postings: postings,
	}
}

// VerifyChain reads every entry in its order, computes its hash again and
// compares it with the one that was stored. It returns the head, and a
// [ChainBreak] at the first entry that was changed, taken away or never chained,
// or when was, a head of before (the zero one for none), is not in the chain.
// Entries that are posted meanwhile are left for the next time.
func (db *DB) VerifyChain(ctx context.Context, was ChainHead) (ChainHead, error) {
	last, err := single[int64](ctx, db.reader, "counter", "ledger",
		"SELECT coalesce((SELECT last FROM counters WHERE municipality_id = ? AND name = 'ledger' AND year = 0), 0)", db.municipality)
	if err != nil {
		return ChainHead{}, err
	}
	var head ChainHead
	for head.Number < last {
		const atOnce = 2000
		upto := min(head.Number+atOnce, last)
		entries, err := db.chained(ctx, head.Number, upto)
		if err != nil {
			return head, err
		}
		for _, e := range entries {
			broken := func(why string) (ChainHead, error) {
				return head, &ChainBreak{Number: e.number, Transaction: e.t.ID, Kind: e.t.Kind, At: e.t.At, Why: why}
			}
			if e.number != head.Number+1 {
				return head, &ChainBreak{Number: head.Number + 1, Why: "it was taken away"}
			}
			if e.t.ID == "" {
				return broken("what it says was taken away")
			}
			if hash := ledger.Link(head.Hash, int(db.municipality), e.number, e.t); hash != e.hash {
				return broken("it is not what was chained")
			}
			head = ChainHead{e.number, e.hash}
			if head.Number == was.Number && head.Hash != was.Hash {
				return broken("its hash is not " + was.Hash.String() + ", which was noted before")
			}
		}
		if head.Number < upto {
			return head, &ChainBreak{Number: head.Number + 1, Why: "it was taken away"}
		}
	}
	if head.Number < was.Number {
		return head, &ChainBreak{Number: was.Number, Why: "it was noted before and was taken away"}
	}
	loose, err := list[entryRow](ctx, db.reader, "entries without a number", `
		SELECT t.id, t.kind, t.source_id, t.at FROM ledger_transactions t
		WHERE t.municipality_id = ?0 AND NOT EXISTS (SELECT 1 FROM ledger_chain c WHERE c.municipality_id = t.municipality_id AND c.transaction_id = t.id)
		ORDER BY t.at, t.id LIMIT 1`, db.municipality)
	if err == nil && len(loose) > 0 {
		t := loose[0].toTransaction(nil)
		err = &ChainBreak{Transaction: t.ID, Kind: t.Kind, At: t.At, Why: "it was never chained"}
	}
	return head, err
}

// chainedEntry is an entry with its place in the chain.
type chainedEntry struct {
	number int64
	hash   ledger.Hash
	t      ledger.Transaction
}

// chained reads the entries after one number, up to another.
func (r reader) chained(ctx context.Context, after, upto int64) ([]chainedEntry, error) {
	rows, err := list[chainRow](ctx, r, "entries", `
		SELECT c.number, c.hash, coalesce(t.id::text, '') AS id, coalesce(t.kind, '') AS kind, coalesce(t.source_id, '') AS source_id,
			coalesce(t.reverses_id::text, '') AS reverses_id, coalesce(t.description, '') AS description, coalesce(t.at, 'epoch') AS at
		FROM ledger_chain c LEFT JOIN ledger_transactions t ON t.municipality_id = c.municipality_id AND t.id = c.transaction_id
		WHERE c.municipality_id = ?0 AND c.number > ?1 AND c.number <= ?2 ORDER BY c.number`, r.municipality, after, upto)
	if err != nil {
		return nil, err
	}
	type line struct {
		Number      int64
		Kind        ledger.AccountKind
		Subject     string
		AmountCents money.Amount
	}
	lines, err := list[line](ctx, r, "postings of entries", `
		SELECT c.number, a.kind, a.subject, p.amount_cents FROM ledger_chain c
		JOIN ledger_postings p ON p.municipality_id = c.municipality_id AND p.transaction_id = c.transaction_id
		JOIN ledger_accounts a ON a.municipality_id = p.municipality_id AND a.id = p.account_id
		WHERE c.municipality_id = ?0 AND c.number > ?1 AND c.number <= ?2 ORDER BY c.number, p.line`, r.municipality, after, upto)
	if err != nil {
		return nil, err
	}
	all := make([]chainedEntry, len(rows))
	next := 0
	for i, row := range rows {
		var postings []ledger.Posting
		for ; next < len(lines) && lines[next].Number == row.Number; next++ {
			l := lines[next]
			postings = append(postings, ledger.Posting{Account: ledger.AccountRef{Kind: l.Kind, Subject: l.Subject}, Amount: l.AmountCents})
		}
		all[i] = chainedEntry{number: row.Number, t: row.toTransaction(postings)}
		copy(all[i].hash[:], row.Hash)
	}
	return all, nil
}
