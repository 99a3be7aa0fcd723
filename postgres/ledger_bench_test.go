package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"colletta/billing/ledger"
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
