package postgres

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres/pgtest"
)

// BenchmarkPosting posts payments of a thousand families from several clients at
// once (POSTING_CLIENTS, 16), each in an act of its own: what bench/posting.sql
// does in pgbench.
func BenchmarkPosting(b *testing.B) {
	clients := 16
	if n, err := strconv.Atoi(os.Getenv("POSTING_CLIENTS")); err == nil {
		clients = n
	}
	ctx := context.Background()
	db, err := Open(pgtest.New(b), 1)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	if err := db.InTx(ctx, func(tx *Tx) error { return tx.Found(ctx, "Prova", nil) }); err != nil {
		b.Fatal(err)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range clients {
		wg.Go(func() {
			for next.Add(1) <= int64(b.N) {
				t := entry(ledger.KindPaymentReceived, NewID(), ledger.Posting{Account: account(ledger.AccountBankClearing, ""), Amount: 48_00},
					ledger.Posting{Account: account(ledger.AccountHouseholdCredit, fmt.Sprint("h", rand.IntN(1000))), Amount: -48_00})
				if err := db.InTx(ctx, func(tx *Tx) error { _, err := tx.Post(ctx, t); return err }); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tx/s")
}

// BenchmarkIssuing issues charges and posts the pools of ISSUE_SHARES (20,000)
// shares, ten a pool, in one act, with the functions that [desk.Desk.ChargeRound]
// uses; then it lays the same rows with COPY into a second database with the same
// keys, checks and triggers, in one transaction too.
func BenchmarkIssuing(b *testing.B) {
	shares := 20_000
	if n, err := strconv.Atoi(os.Getenv("ISSUE_SHARES")); err == nil {
		shares = n
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	for range b.N {
		b.StopTimer()
		dsn, beside := pgtest.New(b), pgtest.New(b)
		for _, one := range []string{dsn, beside} {
			poolsToCharge(ctx, b, one, shares)
		}
		db, err := Open(dsn, 1)
		if err != nil {
			b.Fatal(err)
		}
		charges, entries := chargesOf(b, shares)
		b.StartTimer()
		begun := b.Elapsed()
		err = db.InTx(ctx, func(tx *Tx) error {
			numbers, err := tx.NextNumbers(ctx, "charge", 2026, len(charges))
			if err != nil {
				return err
			}
			if err := tx.AddCharges(ctx, charges, numbers); err != nil {
				return err
			}
			_, err = tx.PostAll(ctx, entries)
			return err
		})
		issuing := b.Elapsed() - begun
		b.StopTimer()
		if err != nil {
			b.Fatal(err)
		}
		copying, rows := copied(ctx, b, dsn, beside)
		if head, err := db.VerifyChain(ctx, ChainHead{}); err != nil || head.Number != int64(len(entries)) {
			b.Fatalf("chain %s (%v)", head, err)
		}
		db.Close()
		b.ReportMetric(float64(rows), "rows")
		b.ReportMetric(float64(rows)/issuing.Seconds(), "rows/s")
		b.ReportMetric(float64(rows)/copying.Seconds(), "COPY-rows/s")
		b.ReportMetric(issuing.Seconds()/copying.Seconds(), "x-COPY")
		b.StartTimer()
	}
}

func id(table byte, n int) string { return fmt.Sprintf("%02x000000-0000-4000-8000-%012d", table, n) }

// poolsToCharge lays what the charges refer to: members of pools of ten, of a
// hundred providers, and the accounts of a Comune that has charged before.
func poolsToCharge(ctx context.Context, b *testing.B, dsn string, shares int) {
	b.Helper()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(ctx)
	uuid := func(table byte, n string) string {
		return fmt.Sprintf("('%02x000000-0000-4000-8000-' || lpad((%s)::text, 12, '0'))::uuid", table, n)
	}
	for _, query := range []string{
		`INSERT INTO municipalities (id, name) VALUES (1, 'Prova')`,
		`INSERT INTO categories (municipality_id, id, name, unit, position) VALUES (1, 'c', 'C', 'hour', 1)`,
		`INSERT INTO communities (municipality_id, id, kind, name, address, district_id, quarter_id, x_m, y_m, code, created_at)
			VALUES (1, '` + id(1, 1) + `', 'school', 'S', 'via', 1, 1, 1, 1, 'AAAA', now())`,
		`INSERT INTO series (municipality_id, id, name, opens_on, closes_on, period, categories, offers, starts_at, created_at, effort, time_limit_seconds) VALUES (1, '` + id(2, 1) + `', 's', '', '', 'month', '{}', '{}', now(), now(), 'normal', 60)`,
		`INSERT INTO rounds (municipality_id, id, series_id, name, state, opens_at, closes_at) VALUES (1, '` + id(3, 1) + `', '` + id(2, 1) + `', 'r', 'open', now(), now() + interval '1 day')`,
		`INSERT INTO providers (municipality_id, id, name, tax_code, vat_number, iban, email, address, stamp_exempt, staff, created_at)
			SELECT 1, ` + uuid(4, "n") + `, 'P' || n, 'T' || n, '', '', '', '', TRUE, '{}', now() FROM generate_series(0, 99) n`,
		`INSERT INTO qualifications (municipality_id, provider_id, category_id, decided_on) SELECT 1, ` + uuid(4, "n") + `, 'c', '2026-01-01' FROM generate_series(0, 99) n`,
		`INSERT INTO offers (municipality_id, id, provider_id, category_id, title, description, period, meetings, terms, published_at)
			SELECT 1, ` + uuid(5, "n") + `, ` + uuid(4, "n") + `, 'c', 'O', 'd', 'month', 1, '{}', now() FROM generate_series(0, 99) n`,
		fmt.Sprintf(`INSERT INTO households (municipality_id, id, name, created_at) SELECT 1, %s, 'Famiglia ' || n, now() FROM generate_series(0, %d) n`, uuid(6, "n"), shares-1),
		fmt.Sprintf(`INSERT INTO demands (municipality_id, id, household_id, community_id, category_id, state, units, weight, slots, max_distance_m, method, posted_at, changed_at)
			SELECT 1, %s, %s, '%s', 'c', 'declared', 1, 1, '{}', 0, 'card', now(), now() FROM generate_series(0, %d) n`, uuid(7, "n"), uuid(6, "n"), id(1, 1), shares-1),
		`ALTER TABLE pools DROP CONSTRAINT pools_pass`, // the passes are sealed, and nothing here reads them
		fmt.Sprintf(`INSERT INTO pools (municipality_id, id, round_id, name, offer_id, provider_id, slot, host_id, size, cost_cents, pass)
			SELECT 1, %s, '%s', 'p' || n, %s, %s, 'tue-16', '%s', 10, 48000, 1 FROM generate_series(0, %d) n`, uuid(8, "n"), id(3, 1), uuid(5, "n % 100"), uuid(4, "n % 100"), id(1, 1), (shares-1)/10),
		fmt.Sprintf(`INSERT INTO pool_members (municipality_id, pool_id, demand_id, household_id, units, slots, share_cents, subsidy_cents, odd_cent)
			SELECT 1, %s, %s, %s, 1, '{}', 4800, 0, FALSE FROM generate_series(0, %d) n`, uuid(8, "n / 10"), uuid(7, "n"), uuid(6, "n"), shares-1),
		fmt.Sprintf(`INSERT INTO ledger_accounts (municipality_id, id, kind, subject, side) SELECT 1, %s, 'household_receivable', (%s)::text, 1 FROM generate_series(0, %d) n`,
			uuid(9, "n"), uuid(6, "n"), shares-1),
		`INSERT INTO ledger_accounts (municipality_id, id, kind, subject, side) SELECT 1, ` + uuid(10, "n") + `, 'provider_payable', (` + uuid(4, "n") + `)::text, -1 FROM generate_series(0, 99) n`,
		`ANALYZE`,
	} {
		if _, err := conn.Exec(ctx, query); err != nil {
			b.Fatalf("%.60s: %v", query, err)
		}
	}
}

// chargesOf issues the charges of the pools that poolsToCharge laid.
func chargesOf(b *testing.B, shares int) (charges []billing.Charge, entries []ledger.Transaction) {
	b.Helper()
	for n := 0; n < shares; n += 10 {
		pool := billing.Pool{
			ID: billing.PoolID(id(8, n/10)), Round: pooling.RoundID(id(3, 1)), Provider: billing.ProviderID(id(4, n/10%100)),
			Description: "Laboratorio di psicomotricità, 10 incontri", IssuedOn: at, DueOn: at.AddDate(0, 0, 14),
		}
		for m := n; m < n+10; m++ {
			pool.Members = append(pool.Members, billing.Member{Charge: billing.ChargeID(NewID()), Demand: pooling.DemandID(id(7, m)),
				Household: communities.HouseholdID(id(6, m)), Share: 48_00})
		}
		issued, err := billing.Issue(pool)
		if err != nil {
			b.Fatal(err)
		}
		t, err := billing.PoolCharged(billing.Posted{ID: ledger.TransactionID(NewID()), At: at}, issued, nil)
		if err != nil {
			b.Fatal(err)
		}
		charges, entries = append(charges, issued...), append(entries, t)
	}
	return charges, entries
}

// copied copies what was issued from one database into another, and says how long
// the COPY took there, with its commit, and how many rows it laid.
func copied(ctx context.Context, b *testing.B, from, to string) (time.Duration, int64) {
	b.Helper()
	source, err := pgx.Connect(ctx, from)
	if err != nil {
		b.Fatal(err)
	}
	defer source.Close(ctx)
	target, err := pgx.Connect(ctx, to)
	if err != nil {
		b.Fatal(err)
	}
	defer target.Close(ctx)
	tables := []string{"charges", "ledger_transactions", "ledger_postings", "ledger_chain"}
	texts := make([]bytes.Buffer, len(tables))
	for i, table := range tables {
		if _, err := source.PgConn().CopyTo(ctx, &texts[i], "COPY "+table+" TO STDOUT"); err != nil {
			b.Fatal(err)
		}
	}
	var rows int64
	begun := time.Now()
	if _, err := target.Exec(ctx, "BEGIN"); err != nil {
		b.Fatal(err)
	}
	for i, table := range tables {
		done, err := target.PgConn().CopyFrom(ctx, &texts[i], "COPY "+table+" FROM STDIN")
		if err != nil {
			b.Fatal(err)
		}
		rows += done.RowsAffected()
	}
	if _, err := target.Exec(ctx, "COMMIT"); err != nil {
		b.Fatal(err)
	}
	return time.Since(begun), rows
}
