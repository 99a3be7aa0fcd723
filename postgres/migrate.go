package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/migrate"

	"colletta/migrations"
)

// migrateLock is the key of the advisory lock that lets one server at a time
// migrate; the others wait.
const migrateLock = 7263_0001

// migrateTimeout bounds all migrations together.
const migrateTimeout = 10 * time.Minute

// Migrate brings the schema of a database up to this program: its own tables
// and River's. Several servers may start at once. It fails when the database
// is of a newer program.
func Migrate(ctx context.Context, dsn string) error {
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	connector, err := connectorOf(dsn)
	if err != nil {
		return err
	}
	pool := sql.OpenDB(connector)
	defer pool.Close()
	lock, err := pool.Conn(ctx)
	if err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	defer lock.Close()
	for _, q := range []string{"SET lock_timeout = 0", "SET statement_timeout = 0", fmt.Sprintf("SELECT pg_advisory_lock(%d)", migrateLock)} {
		if _, err := lock.ExecContext(ctx, q); err != nil {
			return fmt.Errorf("postgres: migrate: %w", err)
		}
	}
	defer lock.ExecContext(ctx, fmt.Sprintf("SELECT pg_advisory_unlock(%d)", migrateLock))
	if err := migrateTables(ctx, bun.NewDB(pool, pgdialect.New())); err != nil {
		return err
	}
	queue, err := rivermigrate.New(riverdatabasesql.New(pool), nil)
	if err != nil {
		return fmt.Errorf("postgres: migrate queue: %w", err)
	}
	if _, err := queue.Migrate(ctx, rivermigrate.DirectionUp, nil); err != nil {
		return fmt.Errorf("postgres: migrate queue: %w", err)
	}
	return nil
}

func migrateTables(ctx context.Context, db *bun.DB) error {
	all, err := migrations.All()
	if err != nil {
		return fmt.Errorf("postgres: migrations: %w", err)
	}
	m := migrate.NewMigrator(db, all, migrate.WithMarkAppliedOnSuccess(true))
	if err := m.Init(ctx); err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	applied, err := m.AppliedMigrations(ctx)
	if err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	known := map[string]bool{}
	for _, one := range all.Sorted() {
		known[one.Name] = true
	}
	for _, one := range applied {
		if !known[one.Name] {
			return fmt.Errorf("postgres: the database has migration %s, which this program does not know: start the newer program", one.Name)
		}
	}
	if _, err := m.Migrate(ctx); err != nil {
		return fmt.Errorf("postgres: migrate: %w", err)
	}
	return nil
}
