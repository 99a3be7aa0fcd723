package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"colletta/communities"
)

// rotateBatch is how many rows one transaction of a rotation seals again.
const rotateBatch = 200

// RotateKey makes a new data key, seals every row again with it, batch by batch,
// and retires the old one, whose wrapped bytes are forgotten. One that was cut
// short goes on where it was. progress is told how many rows are done.
func (db *DB) RotateKey(ctx context.Context, by communities.UserID, at time.Time, progress func(done int)) error {
	why := Reading{Purpose: PurposeRotateKeys, By: by, At: at}
	var leaving int
	err := db.InTx(ctx, func(tx *Tx) (err error) {
		leaving, err = tx.beginRotation(ctx, why)
		return err
	})
	if err != nil || leaving == 0 {
		return err
	}
	done := 0
	for _, again := range []func(*Tx, context.Context, Reading, int) (int, error){(*Tx).resealISEE, (*Tx).resealRounds, (*Tx).resealPasses, (*Tx).resealOutcomes, (*Tx).resealApplications} {
		for n := 1; n > 0; {
			if err := db.InTx(ctx, func(tx *Tx) (err error) { n, err = again(tx, ctx, why, leaving); return err }); err != nil {
				return fmt.Errorf("rotate key %d: %w", leaving, err)
			}
			done += n
			progress(done)
		}
	}
	return db.InTx(ctx, func(tx *Tx) error { return tx.retireKey(ctx, why, leaving) })
}

// beginRotation is the version of the key that leaves: of a rotation that was
// cut short, or of the key that was active until now. 0 when nothing was sealed
// so far.
func (tx *Tx) beginRotation(ctx context.Context, why Reading) (int, error) {
	rows, err := list[keyRow](ctx, tx.reader, "keys", keySelect+"AND state <> 'retired' ORDER BY version FOR UPDATE", tx.municipality)
	if err != nil {
		return 0, err
	}
	active := 0
	for _, row := range rows {
		if row.State == keyLeaving {
			return row.Version, nil
		}
		active = row.Version
	}
	if active > 0 {
		if _, err := tx.exec(ctx, "rotate", "UPDATE data_keys SET state = 'leaving' WHERE municipality_id = ? AND version = ?", tx.municipality, active); err != nil {
			return 0, err
		}
	}
	if err := tx.addKey(ctx, why.At); err != nil {
		return 0, err
	}
	return active, tx.Audit(ctx, why.At, why.By, "rotate_key", fmt.Sprintf("data key %d", active), nil)
}

// retireKey forgets a data key by which nothing is sealed any more.
func (tx *Tx) retireKey(ctx context.Context, why Reading, version int) error {
	lines, err := tx.Keys(ctx)
	if err != nil {
		return err
	}
	for _, k := range lines {
		if k.Version == version && k.Sealed > 0 {
			return fmt.Errorf("rotate key %d: %d rows are still sealed by it: run the rotation again", version, k.Sealed)
		}
	}
	if _, err := tx.exec(ctx, "retire key", `
		UPDATE data_keys SET state = 'retired', wrapped = NULL, master_id = NULL, retired_at = ? WHERE municipality_id = ? AND version = ? AND state = 'leaving'`,
		why.At, tx.municipality, version); err != nil {
		return err
	}
	return tx.Audit(ctx, why.At, why.By, "retire_key", fmt.Sprintf("data key %d", version), nil)
}

func (tx *Tx) resealISEE(ctx context.Context, why Reading, version int) (int, error) {
	rows, err := list[iseeRow](ctx, tx.reader, "reseal", `
		SELECT * FROM isee_certificates WHERE municipality_id = ? AND key_version = ? ORDER BY id LIMIT ? FOR UPDATE`, tx.municipality, version, rotateBatch)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	certificates, err := tx.unseal(ctx, why, rows)
	if err != nil {
		return 0, err
	}
	key, err := tx.sealingKey(ctx)
	if err != nil {
		return 0, err
	}
	for _, c := range certificates {
		text, mac, err := tx.sealISEE(key, c)
		if err != nil {
			return 0, err
		}
		if _, err := tx.exec(ctx, "reseal", "UPDATE isee_certificates SET sealed = ?, protocol_mac = ?, key_version = ? WHERE municipality_id = ? AND id = ?",
			text, mac, key.version, tx.municipality, c.ID); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// resealRounds takes one round at a time: a snapshot can be large.
func (tx *Tx) resealRounds(ctx context.Context, why Reading, version int) (int, error) {
	type row struct {
		ID       string
		Snapshot []byte
	}
	rows, err := list[row](ctx, tx.reader, "reseal", `
		SELECT id, snapshot FROM rounds WHERE municipality_id = ? AND snapshot_key = ? ORDER BY id LIMIT 1 FOR UPDATE`, tx.municipality, version)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	at := snapshotPlace(rows[0].ID)
	plain, err := tx.open(ctx, why, []sealed{{version, rows[0].Snapshot, at, ""}})
	if err != nil {
		return 0, err
	}
	return 1, tx.storeSnapshot(ctx, rows[0].ID, plain[0])
}

// storeSnapshot seals the snapshot of a round and puts it into its row.
func (tx *Tx) storeSnapshot(ctx context.Context, id string, plain []byte) error {
	key, err := tx.sealingKey(ctx)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "seal snapshot", "UPDATE rounds SET snapshot = ?, snapshot_key = ? WHERE municipality_id = ? AND id = ?",
		sealWith(key.cipher, plain, snapshotPlace(id).bytes(tx.municipality, key.version)), key.version, tx.municipality, id)
	return err
}

func (tx *Tx) resealPasses(ctx context.Context, why Reading, version int) (int, error) {
	rows, err := list[passRow](ctx, tx.reader, "reseal", `
		SELECT round_id, pass, snapshot, formation, key_version FROM round_passes WHERE municipality_id = ? AND key_version = ?
		ORDER BY round_id, pass LIMIT 1 FOR UPDATE`, tx.municipality, version)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	row := rows[0]
	values := []sealed{{version, row.Formation, passPlace("formation", row.RoundID, row.Pass), ""}}
	if row.Snapshot != nil {
		values = append(values, sealed{version, row.Snapshot, passPlace("snapshot", row.RoundID, row.Pass), ""})
	}
	plain, err := tx.open(ctx, why, values)
	if err != nil {
		return 0, err
	}
	row.Formation = plain[0]
	if row.Snapshot != nil {
		row.Snapshot = plain[1]
	}
	return 1, tx.storePass(ctx, row)
}

// storePass seals the bytes of a pass and puts them into its row.
func (tx *Tx) storePass(ctx context.Context, row passRow) error {
	key, err := tx.sealingKey(ctx)
	if err != nil {
		return err
	}
	tx.sealPass(key, &row)
	_, err = tx.exec(ctx, "seal pass", "UPDATE round_passes SET snapshot = ?, formation = ?, key_version = ? WHERE municipality_id = ? AND round_id = ? AND pass = ?",
		row.Snapshot, row.Formation, key.version, tx.municipality, row.RoundID, row.Pass)
	return err
}

func (tx *Tx) resealOutcomes(ctx context.Context, why Reading, version int) (int, error) {
	rows, err := list[outcomeRow](ctx, tx.reader, "reseal", `
		SELECT * FROM outcomes WHERE municipality_id = ? AND key_version = ? ORDER BY round_id, demand_id LIMIT ? FOR UPDATE`, tx.municipality, version, rotateBatch)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	values := make([]sealed, len(rows))
	for i, row := range rows {
		values[i] = sealed{version, row.Outcome, outcomePlace(row.RoundID, row.DemandID), ""}
	}
	plain, err := tx.open(ctx, why, values)
	if err != nil {
		return 0, err
	}
	for i := range rows {
		rows[i].Outcome = plain[i]
	}
	return len(rows), tx.storeOutcomes(ctx, rows)
}

func (tx *Tx) resealApplications(ctx context.Context, why Reading, version int) (int, error) {
	rows, err := list[applicationRow](ctx, tx.reader, "reseal", `
		SELECT id, household_id, sealed FROM fund_applications WHERE municipality_id = ? AND key_version = ? ORDER BY id LIMIT ? FOR UPDATE`,
		tx.municipality, version, rotateBatch)
	if err != nil || len(rows) == 0 {
		return 0, err
	}
	values := make([]sealed, len(rows))
	for i, row := range rows {
		values[i] = sealed{version, row.Sealed, applicationPlace(row.ID, row.HouseholdID), row.HouseholdID}
	}
	plain, err := tx.open(ctx, why, values)
	if err != nil {
		return 0, err
	}
	key, err := tx.sealingKey(ctx)
	if err != nil {
		return 0, err
	}
	for i, row := range rows {
		bound := applicationPlace(row.ID, row.HouseholdID).bytes(tx.municipality, key.version)
		if _, err := tx.exec(ctx, "reseal", "UPDATE fund_applications SET sealed = ?, key_version = ? WHERE municipality_id = ? AND id = ?",
			sealWith(key.cipher, plain[i], bound), key.version, tx.municipality, row.ID); err != nil {
			return 0, err
		}
	}
	return len(rows), nil
}

// storeOutcomes seals reasons and puts them into their rows.
func (tx *Tx) storeOutcomes(ctx context.Context, rows []outcomeRow) error {
	key, err := tx.sealingKey(ctx)
	if err != nil {
		return err
	}
	for _, row := range rows {
		bound := outcomePlace(row.RoundID, row.DemandID).bytes(tx.municipality, key.version)
		if _, err := tx.exec(ctx, "seal outcome", "UPDATE outcomes SET outcome = ?, key_version = ? WHERE municipality_id = ? AND round_id = ? AND demand_id = ?",
			sealWith(key.cipher, padded(row.Outcome), bound), key.version, tx.municipality, row.RoundID, row.DemandID); err != nil {
			return err
		}
	}
	return nil
}

// RewrapKeys wraps the data keys under a new master key, which from then on is
// the one to start with. Rows stay as they are.
func (db *DB) RewrapKeys(ctx context.Context, m Master, by communities.UserID, at time.Time) error {
	if len(m.key) != keyBytes {
		return ErrMasterKeyShape
	}
	err := db.InTx(ctx, func(tx *Tx) error {
		rows, err := list[keyRow](ctx, tx.reader, "keys", keySelect+"AND state <> 'retired' ORDER BY version FOR UPDATE", tx.municipality)
		if err != nil {
			return err
		}
		for _, row := range rows {
			wrapped, err := tx.keys.rewrap(row, m, tx.reader)
			if err != nil {
				return err
			}
			if _, err := tx.exec(ctx, "rewrap", "UPDATE data_keys SET wrapped = ?, master_id = ? WHERE municipality_id = ? AND version = ?",
				wrapped, m.ID(), tx.municipality, row.Version); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, at, by, "rotate_master_key", "master key "+m.ID(), map[string]any{"data_keys": len(rows)})
	})
	if err != nil {
		return err
	}
	return db.Unlock(ctx, m)
}

// rewrap opens a wrapped data key and wraps it under another master key.
func (r *keyring) rewrap(row keyRow, m Master, tx reader) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.master == nil {
		return nil, ErrLocked
	}
	data, err := openWith(aead(r.master.key), row.Wrapped, wrapPlace(tx.municipality, row.Version))
	if errors.Is(err, ErrSealBroken) {
		return nil, fmt.Errorf("%w: data key %d was wrapped by master key %s, given is %s", ErrMasterKeyWrong, row.Version, row.MasterID, r.master.ID())
	}
	return m.wrap(data, tx.municipality, row.Version), err
}
