// Package migrations owns the SQL files that make and change the schema,
// embedded in the binary.
//
// It does not own queries (postgres) nor River's own tables, which River's
// migrator makes.
//
// Invariants: files are named NUMBER_name.tx.up.sql, so that each runs in one
// transaction; after a release a file is never edited, a new one follows;
// municipality_id comes first in every key, except in sessions, whose token
// alone decides.
//
// Its times are stored as timestamptz in UTC.
package migrations

import (
	"embed"

	"github.com/uptrace/bun/migrate"
)

//go:embed *.sql
var files embed.FS

// All returns the migrations found in the embedded files, in order.
func All() (*migrate.Migrations, error) {
	all := migrate.NewMigrations()
	if err := all.Discover(files); err != nil {
		return nil, err
	}
	return all, nil
}
