package postgres

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/migrate"

	"colletta/migrations"
	"colletta/pooling"
)

// beforePasses is the first migration that an old database lacks.
const beforePasses = "20260101000400"

// Goal: a round that was formed before rounds had passes keeps what a second
// run needs. Method: the old schema with two such rounds, then the migration.
func TestRoundsFormedBeforePassesStayRecomputable(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dsn := openEmpty(t)
	old := openOld(t, dsn, beforePasses)
	const snapshot = `{"demands":[{},{},{}]}`
	for _, query := range []string{
		`INSERT INTO municipalities (id, name) VALUES (1, 'Milano')`,
		`INSERT INTO series VALUES (1, 'aaaaaaaa-0000-4000-8000-000000000001', 's', '0 8 1 * *', '0 8 2 * *', 'month', '{}', '{}', NULL, now(), NULL, now())`,
		`INSERT INTO rounds (municipality_id, id, series_id, name, state, opens_at, closes_at, snapshot, snapshot_sha256, formation, form_steps, formed_at)
			SELECT 1, ('bbbbbbbb-0000-4000-8000-00000000000' || n)::uuid, 'aaaaaaaa-0000-4000-8000-000000000001', 'r', state,
				now() + n * interval '1 day', now() + n * interval '2 days', '` + snapshot + `', encode(sha256('` + snapshot + `'), 'hex'), formation::bytea, steps, at
			FROM (VALUES (1, 'charged', '{"pools":[]}', 20000, now()), (2, 'charged', '{"pools":[]}', 0, now()), (3, 'closed', NULL, 0, NULL)) v (n, state, formation, steps, at)`,
	} {
		if _, err := old.ExecContext(ctx, query); err != nil {
			t.Fatalf("%s: %v", query, err)
		}
	}
	if err := Migrate(ctx, dsn); err != nil {
		t.Fatal(err)
	}
	db, err := Open(dsn, 1)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Unlock(ctx, NewMaster()); err != nil {
		t.Fatal(err)
	}
	// The first engine took 20,000 steps where it was told to, and without that
	// 20,000 and 4 for each demand of a round as small as this one.
	for id, waves := range map[pooling.RoundID]int{"bbbbbbbb-0000-4000-8000-000000000001": 20_000, "bbbbbbbb-0000-4000-8000-000000000002": 20_012} {
		var p Pass
		err := db.InTx(ctx, func(tx *Tx) (err error) {
			p, err = tx.ReadPass(ctx, Reading{Purpose: PurposeProve, At: time.Now()}, id, 1)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		if p.Work != (pooling.Work{Waves: waves}) || p.Engine != 1 || p.Seed != 0 || p.TimeLimitSeconds != 0 || p.Demands != 3 || p.Bound != nil ||
			string(p.Snapshot) != snapshot || string(p.Formation) != `{"pools":[]}` {
			t.Errorf("%s: %+v", id, p)
		}
	}
	if passes, err := db.Passes(ctx, "bbbbbbbb-0000-4000-8000-000000000003"); err != nil || len(passes) != 0 {
		t.Errorf("a round that is only closed: %+v, %v", passes, err)
	}
	if found, err := db.Unsound(ctx, "", time.Now()); err != nil || len(found) > 0 {
		t.Errorf("unsound: %v (%v)", found, err)
	}
}

// openOld makes the schema as it was before a migration.
func openOld(t *testing.T, dsn, before string) *bun.DB {
	t.Helper()
	ctx := context.Background()
	connector, err := connectorOf(dsn)
	if err != nil {
		t.Fatal(err)
	}
	db := bun.NewDB(sql.OpenDB(connector), pgdialect.New())
	t.Cleanup(func() { db.Close() })
	all, err := migrations.All()
	if err != nil {
		t.Fatal(err)
	}
	old := migrate.NewMigrations()
	for _, m := range all.Sorted() {
		if m.Name < before {
			old.Add(m)
		}
	}
	m := migrate.NewMigrator(db, old, migrate.WithMarkAppliedOnSuccess(true))
	if err := m.Init(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	return db
}
