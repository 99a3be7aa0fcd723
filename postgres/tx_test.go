package postgres

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/pooling"
)

var at = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func founded(t *testing.T) *DB {
	t.Helper()
	db := open(t)
	if err := db.InTx(context.Background(), func(tx *Tx) error { return tx.Found(context.Background(), "Prova", nil) }); err != nil {
		t.Fatal(err)
	}
	return db
}

// pgdriver's Commit returns nil when PostgreSQL answers ROLLBACK. An act that
// swallows an error of a statement must not be told that it was stored.
func TestASwallowedErrorDoesNotLookCommitted(t *testing.T) {
	t.Parallel()
	db := founded(t)
	ctx := context.Background()
	err := db.InTx(ctx, func(tx *Tx) error {
		if err := tx.AddMessage(ctx, Message{ID: NewID(), Recipient: "a@example.org", Subject: "s", Body: "b", CreatedAt: at}); err != nil {
			return err
		}
		_, _ = tx.exec(ctx, "broken", "SELECT 1/0")
		return nil
	})
	if err == nil {
		t.Fatal("InTx said that it committed")
	}
	messages, err := db.LatestMessages(ctx, 10)
	if err != nil || len(messages) != 0 {
		t.Errorf("%d messages are there (%v)", len(messages), err)
	}
}

func TestAPanicLeavesNothing(t *testing.T) {
	t.Parallel()
	db := founded(t)
	ctx := context.Background()
	func() {
		defer func() { _ = recover() }()
		_ = db.InTx(ctx, func(tx *Tx) error {
			if err := tx.AddMessage(ctx, Message{ID: NewID(), Recipient: "a@example.org", CreatedAt: at}); err != nil {
				t.Error(err)
			}
			panic("broken invariant")
		})
	}()
	if messages, err := db.LatestMessages(ctx, 10); err != nil || len(messages) != 0 {
		t.Errorf("%d messages are there (%v)", len(messages), err)
	}
}

// The database refuses by itself a ledger transaction that does not sum to
// zero, one that is changed, and one with a single posting.
func TestTheDatabaseKeepsTheBooksBalanced(t *testing.T) {
	t.Parallel()
	db := founded(t)
	ctx := context.Background()
	good := ledger.Transaction{
		ID: ledger.TransactionID(NewID()), Kind: ledger.KindPoolCharged, SourceID: "pool-1", Description: "d", At: at,
		Postings: []ledger.Posting{
			{Account: ledger.AccountRef{Kind: ledger.AccountFund, Subject: NewID()}, Amount: 10_00},
			{Account: ledger.AccountRef{Kind: ledger.AccountProviderPayable, Subject: NewID()}, Amount: -10_00},
		},
	}
	for range 2 { // the second time is the same business event
		if err := db.InTx(ctx, func(tx *Tx) error { _, err := tx.Post(ctx, good); return err }); err != nil {
			t.Fatal(err)
		}
	}
	balances, err := db.Balances(ctx)
	if err != nil || len(balances) != 2 || balances[0].BalanceCents != 10_00 || balances[1].BalanceCents != -10_00 {
		t.Fatalf("balances %+v (%v)", balances, err)
	}
	for what, query := range map[string]string{
		"an unbalanced posting": `INSERT INTO ledger_postings SELECT municipality_id, transaction_id, 3, account_id, 1 FROM ledger_postings WHERE line = 1`,
		"a lonely transaction":  `INSERT INTO ledger_transactions SELECT municipality_id, gen_random_uuid(), kind, 'other', NULL, '', at FROM ledger_transactions`,
		"a changed amount":      `UPDATE ledger_postings SET amount_cents = amount_cents * 2`,
		"a deleted posting":     `DELETE FROM ledger_postings`,
		"a changed transaction": `UPDATE ledger_transactions SET description = 'x'`,
		"a truncated ledger":    `TRUNCATE ledger_postings`,
		"an unchained entry": `WITH t AS (INSERT INTO ledger_transactions SELECT municipality_id, 'ffffffff-0000-4000-8000-000000000001', kind, 'other', NULL, '', at FROM ledger_transactions)
			INSERT INTO ledger_postings SELECT municipality_id, 'ffffffff-0000-4000-8000-000000000001', line, account_id, amount_cents FROM ledger_postings`,
		"a pair added to a chained entry": `INSERT INTO ledger_postings SELECT municipality_id, transaction_id, line + 2, account_id, amount_cents FROM ledger_postings`,
		"an unbalanced entry, chained": `WITH t AS (INSERT INTO ledger_transactions SELECT municipality_id, 'ffffffff-0000-4000-8000-000000000001', kind, 'other', NULL, '', at FROM ledger_transactions)
			INSERT INTO ledger_postings SELECT municipality_id, 'ffffffff-0000-4000-8000-000000000001', line, account_id, line FROM ledger_postings;
			SELECT ledger_link(1, ARRAY['ffffffff-0000-4000-8000-000000000001']::uuid[])`,
		"an entry chained twice": `SELECT ledger_link(1, array_agg(id)) FROM ledger_transactions`,
		"an account moved":       `UPDATE ledger_accounts SET kind = 'fees', subject = ''`,
		"a deleted account":      `DELETE FROM ledger_accounts`,
		"a link that is cut":     `DELETE FROM ledger_chain`,
		"another hash":           `UPDATE ledger_chain SET hash = sha256(hash)`,
		"a balance below zero":   `UPDATE ledger_accounts SET balance_cents = -balance_cents`,
		"another currency":       `INSERT INTO ledger_accounts (municipality_id, id, kind, subject, currency) VALUES (1, gen_random_uuid(), 'fees', '', 'CHF')`,
	} {
		err := db.InTx(ctx, func(tx *Tx) error { _, err := tx.exec(ctx, what, query); return err })
		if err == nil {
			t.Errorf("the database took %s", what)
		}
	}
	if found, err := db.Unsound(ctx, "", time.Now()); err != nil || len(found) > 0 {
		t.Errorf("unsound: %v (%v)", found, err)
	}
	bad := good
	bad.ID, bad.SourceID, bad.Postings = ledger.TransactionID(NewID()), "pool-2", good.Postings[:1]
	if err := db.InTx(ctx, func(tx *Tx) error { _, err := tx.Post(ctx, bad); return err }); !errors.Is(err, ledger.ErrPostings) {
		t.Errorf("a posting alone: %v", err)
	}
}

// Texts of readers go in and come out as they are: quotes, backslashes, words
// of SQL, all alphabets.
func TestTextsComeBackAsTheyWere(t *testing.T) {
	t.Parallel()
	db := founded(t)
	ctx := context.Background()
	for _, text := range []string{`O'Neill`, `\'; DROP TABLE households; --`, "?", "?0 $1 {x}", "Łódź — 東京 \U0001F3E0", strings.Repeat("è", 500)} {
		h := communities.Household{ID: communities.HouseholdID(NewID()), Name: text}
		if err := db.InTx(ctx, func(tx *Tx) error { return tx.AddHouseholds(ctx, []communities.Household{h}, at) }); err != nil {
			t.Fatal(err)
		}
		got, _, err := db.Household(ctx, h.ID)
		if err != nil || got.Name != text {
			t.Errorf("%q came back as %q (%v)", text, got.Name, err)
		}
	}
}

func TestAddressesThatAreNoIDsAreNotFound(t *testing.T) {
	t.Parallel()
	db := founded(t)
	ctx := context.Background()
	for _, id := range []string{"", "x", "../etc", "00000000-0000-0000-0000-00000000000", "'", "018f0000-0000-7000-8000-000000000000"} {
		_, e1 := db.Round(ctx, pooling.RoundID(id))
		_, e2 := db.Community(ctx, communities.CommunityID(id))
		_, e3 := db.Demand(ctx, pooling.DemandID(id))
		for _, err := range []error{e1, e2, e3} {
			if !errors.Is(err, ErrNotFound) {
				t.Errorf("%q: %v", id, err)
			}
		}
	}
}

func TestMigratingTwiceAndAtOnceDoesNoHarm(t *testing.T) {
	t.Parallel()
	dsn := openEmpty(t)
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if err := Migrate(context.Background(), dsn); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if err := Migrate(context.Background(), dsn); err != nil {
		t.Error(err)
	}
}
