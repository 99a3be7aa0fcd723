package postgres

import (
	"context"
	"crypto/sha256"
	"errors"

	"colletta/pooling"
)

// unsoundFrozen opens what was frozen of each round and compares it with the
// hash that was recorded.
func (db *DB) unsoundFrozen(ctx context.Context, why Reading) ([]string, error) {
	type frozen struct {
		ID     string
		Passes int
	}
	rounds, err := list[frozen](ctx, db.reader, "frozen rounds", `
		SELECT r.id, (SELECT count(*) FROM round_passes p WHERE p.municipality_id = r.municipality_id AND p.round_id = r.id) AS passes
		FROM rounds r WHERE r.municipality_id = ? AND r.snapshot IS NOT NULL ORDER BY r.id`, db.municipality)
	if err != nil {
		return nil, err
	}
	found := []string{}
	for _, r := range rounds {
		err := db.InTx(ctx, func(tx *Tx) error { return tx.proveFrozen(ctx, why, pooling.RoundID(r.ID), r.Passes) })
		switch {
		case errors.Is(err, ErrSealBroken):
			found = append(found, r.ID)
		case err != nil:
			return found, err
		}
	}
	return found, nil
}

// proveFrozen is nil when the bytes of a round are those that were hashed.
func (tx *Tx) proveFrozen(ctx context.Context, why Reading, id pooling.RoundID, passes int) error {
	f, err := tx.ReadFrozen(ctx, why, id)
	if err != nil {
		return err
	}
	hashed := func(bytes []byte, sum string) bool { s := sha256.Sum256(bytes); return hexText(s[:]) == sum }
	sound := hashed(f.Snapshot, f.SnapshotSha256)
	for number := 1; number <= passes; number++ {
		p, err := tx.ReadPass(ctx, why, id, number)
		if err != nil {
			return err
		}
		sound = sound && hashed(p.Snapshot, p.SHA256)
	}
	if !sound {
		return ErrSealBroken
	}
	return nil
}
