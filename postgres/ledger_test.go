package postgres

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"colletta/billing/ledger"
	"colletta/money"
	"colletta/refusal"
)

func account(kind ledger.AccountKind, subject string) ledger.AccountRef {
	return ledger.AccountRef{Kind: kind, Subject: subject}
}

func entry(kind ledger.Kind, source string, postings ...ledger.Posting) ledger.Transaction {
	return ledger.Transaction{ID: ledger.TransactionID(NewID()), Kind: kind, SourceID: source, Description: "d", At: at, Postings: postings}
}

func credit(t *testing.T, db *DB, household string, amount money.Amount) {
	t.Helper()
	post(t, db, entry(ledger.KindPaymentReceived, NewID(), ledger.Posting{Account: account(ledger.AccountBankClearing, ""), Amount: amount},
		ledger.Posting{Account: account(ledger.AccountHouseholdCredit, household), Amount: -amount}))
}

func post(t *testing.T, db *DB, all ...ledger.Transaction) {
	t.Helper()
	if err := db.InTx(context.Background(), func(tx *Tx) error { _, err := tx.PostAll(context.Background(), all); return err }); err != nil {
		t.Fatal(err)
	}
}

func refund(household string, amount money.Amount) ledger.Transaction {
	return entry(ledger.KindRefunded, NewID(), ledger.Posting{Account: account(ledger.AccountHouseholdCredit, household), Amount: amount},
		ledger.Posting{Account: account(ledger.AccountBankClearing, ""), Amount: -amount})
}

// soundLedger: every invariant of money holds, and the chain.
func soundLedger(t *testing.T, db *DB) ChainHead {
	t.Helper()
	all, err := db.examine(context.Background(), ledgerChecks, at)
	if found := brokenLines(all); err != nil || len(found) > 0 {
		t.Fatalf("unsound: %v (%v)", found, err)
	}
	head, err := db.VerifyChain(context.Background(), ChainHead{})
	if err != nil {
		t.Fatal(err)
	}
	return head
}

// The database and Go write the same bytes of any entry: texts of all alphabets,
// times to the microsecond, many postings, reversals.
func TestTheChainIsTheSameInSQLAndInGo(t *testing.T) {
	t.Parallel()
	db := founded(t)
	random := rand.New(rand.NewPCG(1, 2))
	texts := []string{"", "Laboratorio, 10 incontri", "3:abc,", "Łódź — 東京 \U0001F3E0", `O'Neill \ " {x} ?0 $1`, "a\nb\tc", strings.Repeat("è", 300)}
	var all []ledger.Transaction
	for i := range 120 {
		made := entry(ledger.KindPoolCharged, fmt.Sprint(texts[i%len(texts)], i))
		made.Description, made.At = texts[random.IntN(len(texts))], at.Add(time.Duration(random.Int64N(1e15))*time.Microsecond)
		var sum money.Amount
		for range 1 + random.IntN(30) {
			cents := money.Amount(1 + random.Int64N(1e9))
			made.Postings = append(made.Postings, ledger.Posting{Account: account(ledger.AccountHouseholdReceivable, fmt.Sprint(texts[1], random.IntN(9))), Amount: cents})
			sum += cents
		}
		made.Postings = append(made.Postings, ledger.Posting{Account: account(ledger.AccountProviderPayable, "Łódź"), Amount: -sum})
		if all = append(all, made); i%10 == 9 {
			undone, err := ledger.Reverse(made, ledger.TransactionID(NewID()), texts[i%len(texts)], at)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, undone)
		}
	}
	post(t, db, all[0])
	post(t, db, all...) // the first is the same event, and is not posted again
	if head := soundLedger(t, db); head.Number != int64(len(all)) {
		t.Errorf("%d entries, want %d", head.Number, len(all))
	}
	for _, one := range all[:10] {
		got, err := db.Transaction(context.Background(), one.Kind, one.SourceID)
		if err != nil || fmt.Sprint(got.Postings) != fmt.Sprint(one.Postings) || got.Description != one.Description {
			t.Errorf("%+v, want %+v (%v)", got, one, err)
		}
	}
}

// Whoever may switch the triggers off can change the books, but not unseen: the
// first entry that is touched is named, and a head that was noted before proves
// also a chain that was made anew.
func TestTheFirstBrokenEntryIsNamed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ what, query, want string }{
		{"a description", `UPDATE ledger_transactions SET description = 'x' WHERE id = (SELECT transaction_id FROM ledger_chain WHERE number = 3)`, "entry 3 (payment_received"},
		{"an amount on both sides", `UPDATE ledger_postings SET amount_cents = 2 * amount_cents WHERE transaction_id = (SELECT transaction_id FROM ledger_chain WHERE number = 4)`, "entry 4 (payment_received"},
		{"a time", `UPDATE ledger_transactions SET at = at + interval '1 microsecond' WHERE id = (SELECT transaction_id FROM ledger_chain WHERE number = 5)`, "entry 5 (payment_received"},
		{"another household", `UPDATE ledger_accounts SET subject = 'other' WHERE subject = 'h2'`, "entry 2 (payment_received"},
		{"a hash", `UPDATE ledger_chain SET hash = sha256(hash) WHERE number = 2`, "entry 2 (payment_received"},
		{"two that change places", `UPDATE ledger_chain c SET transaction_id = o.transaction_id FROM ledger_chain o WHERE c.number IN (3, 4) AND o.number = 7 - c.number`, "entry 3 (payment_received"},
		{"a link taken away", `DELETE FROM ledger_chain WHERE number = 3`, "entry 3: it was taken away"},
		{"the last link taken away", `DELETE FROM ledger_chain WHERE number = 6`, "entry 6: it was taken away"},
		{"an entry taken away", `DELETE FROM ledger_postings WHERE transaction_id = (SELECT transaction_id FROM ledger_chain WHERE number = 4);
			DELETE FROM ledger_transactions WHERE id = (SELECT transaction_id FROM ledger_chain WHERE number = 4)`, "entry 4: what it says was taken away"},
		{"an entry that was never chained", `INSERT INTO ledger_transactions SELECT municipality_id, gen_random_uuid(), kind, 'other', NULL, '', at FROM ledger_transactions LIMIT 1`, "it was never chained"},
		{"the end cut off, and the counter with it", `UPDATE counters SET last = 5 WHERE name = 'ledger'; DELETE FROM ledger_chain WHERE number = 6`, "it was never chained"},
		{"the end cut off wholly", `UPDATE counters SET last = 5 WHERE name = 'ledger';
			CREATE TEMP TABLE gone AS SELECT transaction_id AS id FROM ledger_chain WHERE number = 6; DELETE FROM ledger_chain WHERE number = 6;
			DELETE FROM ledger_postings WHERE transaction_id IN (SELECT id FROM gone); DELETE FROM ledger_transactions WHERE id IN (SELECT id FROM gone)`, "entry 6: it was noted before and was taken away"},
		{"everything chained anew", `UPDATE ledger_transactions SET description = 'x'; TRUNCATE ledger_chain; UPDATE counters SET last = 0 WHERE name = 'ledger';
			UPDATE ledger_accounts SET balance_cents = 0; SELECT ledger_link(1, (SELECT array_agg(id ORDER BY at, id) FROM ledger_transactions))`, "which was noted before"},
	} {
		t.Run(c.what, func(t *testing.T) {
			t.Parallel()
			db := founded(t)
			ctx := context.Background()
			for i := range 6 {
				credit(t, db, fmt.Sprint("h", i+1), money.Amount(1+i))
			}
			was := soundLedger(t, db)
			for _, query := range []string{`ALTER TABLE ledger_chain DISABLE TRIGGER USER, DROP CONSTRAINT ledger_chain_transaction, DROP CONSTRAINT ledger_chain_once;
				ALTER TABLE ledger_transactions DISABLE TRIGGER USER; ALTER TABLE ledger_postings DISABLE TRIGGER USER; ALTER TABLE ledger_accounts DISABLE TRIGGER USER`, c.query} {
				if err := db.InTx(ctx, func(tx *Tx) error { _, err := tx.exec(ctx, c.what, query); return err }); err != nil {
					t.Fatal(err)
				}
			}
			noted := strings.Contains(c.want, "noted before")
			if !noted {
				was = ChainHead{}
			}
			var broken *ChainBreak
			if _, err := db.VerifyChain(ctx, was); !errors.As(err, &broken) || !strings.Contains(broken.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
			if noted {
				return
			}
			found, err := db.Unsound(ctx, "", at)
			if err != nil || !slices.ContainsFunc(found, func(s string) bool { return strings.HasPrefix(s, "A2: ") }) {
				t.Errorf("the doctor finds %v (%v)", found, err)
			}
		})
	}
}

// A family cannot get back more than its credit: the refusal names the account
// and what it holds, and nothing of the act is stored.
func TestNoAccountPassesItsFloor(t *testing.T) {
	t.Parallel()
	db := founded(t)
	ctx := context.Background()
	credit(t, db, "h", 10_00)
	before := soundLedger(t, db)
	err := db.InTx(ctx, func(tx *Tx) error {
		if err := tx.AddMessage(ctx, Message{ID: NewID(), Recipient: "a@example.org", CreatedAt: at}); err != nil {
			return err
		}
		_, err := tx.Post(ctx, refund("h", 10_01))
		return err
	})
	refused := refusal.All(err)
	if len(refused) != 1 || !errors.Is(err, ErrAccountFloor) || fmt.Sprint(refused[0].Args) != "map[asked:10.01 kind:household_credit left:10.00 subject:h]" {
		t.Fatalf("%v", err)
	}
	if messages, err := db.LatestMessages(ctx, 1); err != nil || len(messages) > 0 {
		t.Errorf("%d messages are there (%v)", len(messages), err)
	}
	if after := soundLedger(t, db); after != before {
		t.Errorf("the chain ends at %s, before at %s", after, before)
	}
	var many []ledger.Transaction
	for range 25 {
		many = append(many, refund("h", 1_00))
	}
	err = db.InTx(ctx, func(tx *Tx) error { _, err := tx.PostAll(ctx, many); return err })
	if !errors.Is(err, ErrAccountFloor) || fmt.Sprint(refusal.All(err)[0].Args) != "map[asked:25.00 kind:household_credit left:10.00 subject:h]" {
		t.Fatalf("many at once: %v", err)
	}
	// What one act puts back before it ends counts.
	back := entry(ledger.KindPaymentReceived, "y", ledger.Posting{Account: account(ledger.AccountBankClearing, ""), Amount: 1}, ledger.Posting{Account: account(ledger.AccountHouseholdCredit, "h"), Amount: -1})
	post(t, db, refund("h", 10_01), back)
	if head := soundLedger(t, db); head.Number != before.Number+2 {
		t.Errorf("the chain ends at %d", head.Number)
	}
}

// 24 families' desks at once, crossing accounts in every order: nobody waits for
// ever, no number is missing, and of a credit of 50.00 exactly 50.00 goes out.
func TestPostingAtOnceKeepsChainAndFloors(t *testing.T) {
	t.Parallel()
	db := founded(t)
	ctx := context.Background()
	for i := range 5 {
		credit(t, db, fmt.Sprint("h", i), 10_00)
	}
	var went, refused atomic.Int64
	var wg sync.WaitGroup
	for worker := range 24 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(7, uint64(worker)))
			for range 10 {
				first, second := random.IntN(5), random.IntN(5)
				err := db.InTx(ctx, func(tx *Tx) error {
					_, err := tx.Post(ctx, refund(fmt.Sprint("h", first), 1_00))
					if err == nil && second != first {
						_, err = tx.Post(ctx, refund(fmt.Sprint("h", second), 1_00))
					}
					return err
				})
				switch {
				case err == nil && second != first:
					went.Add(2_00)
				case err == nil:
					went.Add(1_00)
				case errors.Is(err, ErrAccountFloor):
					refused.Add(1)
				default:
					t.Errorf("worker %d: %v", worker, err)
				}
			}
		})
	}
	wg.Wait()
	soundLedger(t, db)
	balances, err := db.Balances(ctx)
	if err != nil || refused.Load() == 0 {
		t.Fatalf("%d refused (%v)", refused.Load(), err)
	}
	for _, b := range balances {
		if b.Kind == ledger.AccountBankClearing && int64(b.BalanceCents) != 50_00-went.Load() {
			t.Errorf("the bank holds %s of 50.00 after %d cents went out", b.BalanceCents, went.Load())
		}
		if b.Kind == ledger.AccountHouseholdCredit && b.BalanceCents > 0 {
			t.Errorf("%+v", b)
		}
	}
}
