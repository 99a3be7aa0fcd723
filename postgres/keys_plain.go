package postgres

import (
	"context"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/subsidies"
)

// sealPlain seals what versions before encryption stored in clear: SQL could
// not, so the migration leaves it for the first start. It happens once; then
// the columns in clear are gone, and so are the old bytes on the disk.
func (db *DB) sealPlain(ctx context.Context) error {
	type state struct{ Certificates, Rows bool }
	s, err := single[state](ctx, db.reader, "plain rows", "", `
		SELECT to_regclass('isee_plain') IS NOT NULL AS certificates,
			EXISTS (SELECT FROM pg_constraint WHERE conname IN ('rounds_snapshot_sealed', 'round_passes_sealed', 'outcomes_sealed') AND NOT convalidated) AS rows`)
	if err != nil || !s.Certificates && !s.Rows {
		return err
	}
	batches := []func(*Tx, context.Context) (int, error){}
	if s.Certificates {
		batches = append(batches, (*Tx).sealPlainISEE)
	}
	if s.Rows {
		batches = append(batches, (*Tx).sealPlainRounds, (*Tx).sealPlainPasses, (*Tx).sealPlainOutcomes)
	}
	for _, batch := range batches {
		for n := 1; n > 0; {
			if err := db.InTx(ctx, func(tx *Tx) (err error) { n, err = batch(tx, ctx); return err }); err != nil {
				return err
			}
		}
	}
	return db.forgetPlain(ctx, s.Certificates, s.Rows)
}

// sealPlainISEE moves certificates out of the table in clear. Officers had
// recorded them, so they count.
func (tx *Tx) sealPlainISEE(ctx context.Context) (int, error) {
	type plain struct {
		ID, HouseholdID    string
		Kind               subsidies.ISEEKind
		ValueCents         money.Amount
		Protocol           string
		ValidFrom, ValidTo time.Time
		RecordedAt         time.Time
	}
	rows, err := list[plain](ctx, tx.reader, "plain ISEE", `
		DELETE FROM isee_plain WHERE municipality_id = ?0 AND id IN (SELECT id FROM isee_plain WHERE municipality_id = ?0 ORDER BY id LIMIT ?1)
		RETURNING id, household_id, kind, value_cents, protocol, valid_from, valid_to, recorded_at`, tx.municipality, rotateBatch)
	for _, row := range rows {
		c := subsidies.ISEECertificate{
			ID: row.ID, Household: row.HouseholdID, Kind: row.Kind, Calculation: subsidies.CalculationOrdinary, Value: row.ValueCents,
			Protocol: row.Protocol, DSUDate: row.ValidFrom, ValidFrom: row.ValidFrom, ValidTo: row.ValidTo,
			Source: subsidies.SourceOfficer, State: subsidies.ISEEVerified,
		}
		if c.Kind == subsidies.ISEECurrent {
			c.Supersedes = []subsidies.ISEEKind{subsidies.ISEEOrdinary, subsidies.ISEEMinors}
		}
		if err := tx.AddISEE(ctx, []subsidies.ISEECertificate{c}, "", communities.UserID(""), row.RecordedAt); err != nil {
			return 0, err
		}
	}
	return len(rows), err
}

func (tx *Tx) sealPlainRounds(ctx context.Context) (int, error) {
	type row struct {
		ID       string
		Snapshot []byte
	}
	rows, err := list[row](ctx, tx.reader, "plain rounds", `
		SELECT id, snapshot FROM rounds WHERE municipality_id = ? AND snapshot IS NOT NULL AND snapshot_key IS NULL ORDER BY id LIMIT 1 FOR UPDATE`, tx.municipality)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return 1, tx.storeSnapshot(ctx, rows[0].ID, rows[0].Snapshot)
}

func (tx *Tx) sealPlainPasses(ctx context.Context) (int, error) {
	rows, err := list[passRow](ctx, tx.reader, "plain passes", `
		SELECT round_id, pass, snapshot, formation FROM round_passes WHERE municipality_id = ? AND key_version IS NULL
		ORDER BY round_id, pass LIMIT 1 FOR UPDATE`, tx.municipality)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return 1, tx.storePass(ctx, rows[0])
}

func (tx *Tx) sealPlainOutcomes(ctx context.Context) (int, error) {
	rows, err := list[outcomeRow](ctx, tx.reader, "plain outcomes", `
		SELECT round_id, demand_id, outcome FROM outcomes WHERE municipality_id = ? AND key_version IS NULL
		ORDER BY round_id, demand_id LIMIT ? FOR UPDATE`, tx.municipality, rotateBatch)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	return len(rows), tx.storeOutcomes(ctx, rows)
}

// forgetPlain closes the way for rows in clear, unless other municipalities of
// the same database still have some, and writes the tables anew so that their
// files hold no old bytes.
func (db *DB) forgetPlain(ctx context.Context, certificates, rows bool) error {
	ctx, cancel := context.WithTimeout(ctx, migrateTimeout)
	defer cancel()
	var steps []string
	if certificates {
		left, err := single[bool](ctx, db.reader, "plain ISEE", "", "SELECT EXISTS (SELECT FROM isee_plain)")
		if err != nil {
			return err
		}
		if !left {
			steps = append(steps, "DROP TABLE IF EXISTS isee_plain")
		}
	}
	if rows {
		left, err := single[bool](ctx, db.reader, "plain rows", "", `
			SELECT EXISTS (SELECT FROM rounds WHERE snapshot IS NOT NULL AND snapshot_key IS NULL)
				OR EXISTS (SELECT FROM round_passes WHERE key_version IS NULL) OR EXISTS (SELECT FROM outcomes WHERE key_version IS NULL)`)
		if err != nil {
			return err
		}
		if !left {
			steps = append(steps,
				"ALTER TABLE rounds VALIDATE CONSTRAINT rounds_snapshot_sealed",
				"ALTER TABLE round_passes VALIDATE CONSTRAINT round_passes_sealed",
				"ALTER TABLE outcomes VALIDATE CONSTRAINT outcomes_sealed",
				"VACUUM (FULL, ANALYZE) rounds", "VACUUM (FULL, ANALYZE) round_passes", "VACUUM (FULL, ANALYZE) outcomes")
		}
	}
	for _, step := range steps {
		if _, err := db.bun.NewRaw(step).Exec(ctx); err != nil {
			return fault(err, "forget what was in clear")
		}
	}
	return nil
}
