package postgres

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/uptrace/bun/driver/pgdriver"
)

// AddMeasure puts a measure in force without its history, for tests of funds.
func (tx *Tx) AddMeasure(ctx context.Context, id, name, yaml string, at time.Time) error {
	_, err := tx.exec(ctx, "add measure", "INSERT INTO measures (municipality_id, id, name, yaml, published_at) VALUES (?, ?, ?, ?, ?)",
		tx.municipality, id, name, yaml, at)
	return err
}

func constraintOf(err error) string {
	var pg pgdriver.Error
	if errors.As(err, &pg) {
		return pg.Field('n')
	}
	return ""
}

// The database keeps both rules by itself: what was written stays, and who wrote
// it cannot publish it.
func TestMeasureVersionsAreKeptAndNeedTwoHands(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	db := open(t)
	at := time.Date(2026, 11, 2, 11, 0, 0, 0, time.UTC)
	for _, c := range []struct{ name, statement, constraint string }{
		{"its writer publishes it", "UPDATE measure_versions SET published_by = written_by, published_at = now()", "measure_versions_two_hands"},
		{"published without a day", "UPDATE measure_versions SET published_by = (SELECT id FROM users WHERE name = 'B')", "measure_versions_published"},
		{"another text", "UPDATE measure_versions SET yaml = 'id: other'", "measure_versions_kept"},
		{"another writer", "UPDATE measure_versions SET written_by = (SELECT id FROM users WHERE name = 'B')", "measure_versions_kept"},
		{"deleted", "DELETE FROM measure_versions", "measure_versions_kept"},
	} {
		_, err := db.bun.ExecContext(ctx, `
			INSERT INTO municipalities (id, name) VALUES (1, 'M') ON CONFLICT DO NOTHING;
			INSERT INTO users (municipality_id, id, email, name, created_at) VALUES (1, ?, 'a@a.example', 'A', ?), (1, ?, 'b@a.example', 'B', ?) ON CONFLICT DO NOTHING;
			INSERT INTO measure_versions (municipality_id, measure_id, version, name, yaml, note, written_by, written_at)
			SELECT 1, 'm', 1, 'M', 'id: m', '', id, ? FROM users WHERE name = 'A' ON CONFLICT DO NOTHING`, NewID(), at, NewID(), at, at)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.bun.ExecContext(ctx, c.statement); constraintOf(err) != c.constraint {
			t.Errorf("%s: %v, want %s", c.name, err, c.constraint)
		}
	}
}
