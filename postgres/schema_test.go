package postgres

import (
	"context"
	"flag"
	"os"
	"strings"
	"testing"

	"colletta/postgres/pgtest"
)

var update = flag.Bool("update", false, "write golden files anew")

func TestMain(m *testing.M) { pgtest.Main(m, Migrate) }

// open opens a database of its own for one test.
func open(t *testing.T) *DB {
	t.Helper()
	db, err := Open(pgtest.New(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Unlock(context.Background(), NewMaster()); err != nil {
		t.Fatal(err)
	}
	return db
}

const schemaFile = "../migrations/schema.sql"

// The migrations make the schema of the golden file, so that a reviewer sees
// what a migration changes. Rewrite it with: go test ./postgres -run Schema -update
func TestSchemaIsTheGoldenOne(t *testing.T) {
	t.Parallel()
	db := open(t)
	lines, err := list[string](context.Background(), db.reader, "schema", `
		WITH ours AS (
			SELECT c.oid, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = 'public' AND c.relkind = 'r' AND c.relname NOT LIKE 'river%' AND c.relname NOT LIKE 'bun%')
		SELECT line FROM (
			SELECT relname, 1 AS part, a.attnum::int AS place, format('TABLE %s COLUMN %s %s%s%s', relname, a.attname, format_type(a.atttypid, a.atttypmod),
				CASE WHEN a.attnotnull THEN ' NOT NULL' ELSE '' END, coalesce(' DEFAULT ' || pg_get_expr(d.adbin, d.adrelid), '')) AS line
			FROM ours JOIN pg_attribute a ON a.attrelid = oid AND a.attnum > 0 AND NOT a.attisdropped
			LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
			UNION ALL
			SELECT relname, 2, 0, format('TABLE %s CONSTRAINT %s %s', relname, k.conname, pg_get_constraintdef(k.oid))
			FROM ours JOIN pg_constraint k ON k.conrelid = ours.oid WHERE k.contype <> 't' AND k.contype <> 'n'
			UNION ALL
			SELECT relname, 3, 0, pg_get_indexdef(i.indexrelid) FROM ours JOIN pg_index i ON i.indrelid = ours.oid
			WHERE NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))
			UNION ALL
			SELECT relname, 4, 0, pg_get_triggerdef(g.oid) FROM ours JOIN pg_trigger g ON g.tgrelid = ours.oid WHERE NOT g.tgisinternal
		) all_lines ORDER BY relname, part, place, line`)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(lines, "\n") + "\n"
	if *update {
		if err := os.WriteFile(schemaFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(schemaFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the schema differs from %s; if that is meant, run: go test ./postgres -run Schema -update", schemaFile)
	}
}

// municipality_id comes first in every key, so that the same schema can be
// distributed by municipality. Sessions alone are found by token.
func TestEveryKeyBeginsWithTheMunicipality(t *testing.T) {
	t.Parallel()
	db := open(t)
	bad, err := list[string](context.Background(), db.reader, "keys", `
		SELECT format('%s %s', k.conrelid::regclass, k.conname)
		FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace
		JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
		WHERE n.nspname = 'public' AND k.contype IN ('p', 'u', 'f', 'x') AND c.relname NOT LIKE 'river%' AND c.relname NOT LIKE 'bun%'
			AND c.relname NOT IN ('sessions', 'municipalities') AND a.attname <> 'municipality_id' ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	if len(bad) > 0 {
		t.Errorf("keys that begin otherwise: %v", bad)
	}
}

func TestNoColumnHoldsAFloat(t *testing.T) {
	t.Parallel()
	db := open(t)
	bad, err := list[string](context.Background(), db.reader, "floats", `
		SELECT format('%s.%s', table_name, column_name) FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name NOT LIKE 'river%' AND data_type IN ('real', 'double precision', 'money') ORDER BY 1`)
	if err != nil {
		t.Fatal(err)
	}
	if len(bad) > 0 {
		t.Errorf("float columns: %v", bad)
	}
}

func openEmpty(t *testing.T) string { return pgtest.NewEmpty(t) }
