package postgres

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

var (
	// ErrLocked says that a sealed value was asked for before [DB.Unlock].
	ErrLocked = errors.New("postgres: no master key was given: sealed values can neither be stored nor read")
	// ErrMasterKeyWrong says that data keys were wrapped by another master key.
	ErrMasterKeyWrong = errors.New("the master key is not the one that this database was sealed with")
)

// errKeyGone says that a data key was retired between reading a row and opening
// it: the row is sealed by another one by now, and the transaction begins again.
var errKeyGone = errors.New("postgres: the data key of a row was retired meanwhile")

// The states of a data key.
const (
	keyActive  = "active"  // seals and opens
	keyLeaving = "leaving" // opens what a rotation has not sealed again yet
)

// keyring holds the data keys that were unwrapped, by what they were unwrapped
// from: a key that a transaction made and did not commit is never found again.
type keyring struct {
	mu     sync.Mutex
	master *Master
	known  map[string]*dataKey
	opened atomic.Int64 // values opened so far
}

// unwrap is the data key of a row; the caller holds mu.
func (r *keyring) unwrap(row keyRow, m *Master, tx reader) (*dataKey, error) {
	if k := r.known[string(row.Wrapped)]; k != nil {
		return k, nil
	}
	k, err := m.unwrap(row.Wrapped, tx.municipality, row.Version)
	if err != nil {
		return nil, fmt.Errorf("%w: data key %d was wrapped by master key %s, given is %s", ErrMasterKeyWrong, row.Version, row.MasterID, m.ID())
	}
	r.known[string(row.Wrapped)] = k
	return k, nil
}

type keyRow struct {
	Version  int
	State    string
	MasterID string
	Wrapped  []byte
}

const keySelect = "SELECT version, state, master_id, wrapped FROM data_keys WHERE municipality_id = ? "

// KeyLine says how it is with one data key.
type KeyLine struct {
	Version   int
	State     string // active, leaving, retired
	MasterID  string // of the master key that wraps it; empty when retired
	CreatedAt time.Time
	RetiredAt *time.Time
	Sealed    int // rows sealed by it
}

// Keys lists the data keys of the municipality, retired ones too.
func (r reader) Keys(ctx context.Context) ([]KeyLine, error) {
	return list[KeyLine](ctx, r, "keys", `
		SELECT k.version, k.state, coalesce(k.master_id, '') AS master_id, k.created_at, k.retired_at,
			(SELECT count(*) FROM isee_certificates c WHERE c.municipality_id = k.municipality_id AND c.key_version = k.version) +
			(SELECT count(*) FROM rounds c WHERE c.municipality_id = k.municipality_id AND c.snapshot_key = k.version) +
			(SELECT count(*) FROM round_passes c WHERE c.municipality_id = k.municipality_id AND c.key_version = k.version) +
			(SELECT count(*) FROM outcomes c WHERE c.municipality_id = k.municipality_id AND c.key_version = k.version) +
			(SELECT count(*) FROM fund_applications c WHERE c.municipality_id = k.municipality_id AND c.key_version = k.version) AS sealed
		FROM data_keys k WHERE k.municipality_id = ? ORDER BY k.version`, r.municipality)
}

// Unlock gives the database the master key, after proving that it is the one
// that wraps the municipality's data keys, and seals what an earlier version
// stored in clear. [ErrMasterKeyWrong].
func (db *DB) Unlock(ctx context.Context, m Master) error {
	if len(m.key) != keyBytes {
		return ErrLocked
	}
	rows, err := list[keyRow](ctx, db.reader, "keys", keySelect+"AND state <> 'retired' ORDER BY version", db.municipality)
	if err != nil {
		return err
	}
	db.keys.mu.Lock()
	for _, row := range rows {
		if _, err := db.keys.unwrap(row, &m, db.reader); err != nil {
			db.keys.mu.Unlock()
			return err
		}
	}
	db.keys.master = &m
	db.keys.mu.Unlock()
	return db.sealPlain(ctx)
}

// Opened counts the values opened since the start, for the proof that the audit
// log has them all.
func (db *DB) Opened() int64 { return db.keys.opened.Load() }

// liveKeys are the keys that rows may be sealed by, by version.
func (tx *Tx) liveKeys(ctx context.Context) (map[int]*dataKey, error) {
	rows, err := list[keyRow](ctx, tx.reader, "keys", keySelect+"AND state <> 'retired' ORDER BY version", tx.municipality)
	if err != nil {
		return nil, err
	}
	tx.keys.mu.Lock()
	defer tx.keys.mu.Unlock()
	if tx.keys.master == nil {
		return nil, ErrLocked
	}
	live := map[int]*dataKey{}
	for _, row := range rows {
		if live[row.Version], err = tx.keys.unwrap(row, tx.keys.master, tx.reader); err != nil {
			return nil, err
		}
	}
	return live, nil
}

// sealingKey is the active data key, which stays active until the transaction
// ends; the first one is made when it is needed.
func (tx *Tx) sealingKey(ctx context.Context) (*dataKey, error) {
	const query = keySelect + "AND state = 'active' FOR SHARE"
	rows, err := list[keyRow](ctx, tx.reader, "active key", query, tx.municipality)
	if err == nil && len(rows) == 0 {
		if err = tx.addKey(ctx, time.Time{}); err == nil {
			rows, err = list[keyRow](ctx, tx.reader, "active key", query, tx.municipality)
		}
	}
	if err != nil {
		return nil, err
	}
	if len(rows) == 0 {
		return nil, errKeyGone // a rotation under way: begin again
	}
	tx.keys.mu.Lock()
	defer tx.keys.mu.Unlock()
	if tx.keys.master == nil {
		return nil, ErrLocked
	}
	return tx.keys.unwrap(rows[0], tx.keys.master, tx.reader)
}

// addKey makes a data key and the active one, unless another transaction was
// faster; at is the present for the zero time.
func (tx *Tx) addKey(ctx context.Context, at time.Time) error {
	tx.keys.mu.Lock()
	m := tx.keys.master
	tx.keys.mu.Unlock()
	if m == nil {
		return ErrLocked
	}
	last, err := single[int](ctx, tx.reader, "last key", "", "SELECT coalesce(max(version), 0) FROM data_keys WHERE municipality_id = ?", tx.municipality)
	if err != nil {
		return err
	}
	data := make([]byte, keyBytes)
	rand.Read(data) // never fails
	var made *time.Time
	if !at.IsZero() {
		made = &at
	}
	_, err = tx.exec(ctx, "add key", `
		INSERT INTO data_keys (municipality_id, version, state, master_id, wrapped, created_at)
		VALUES (?, ?, 'active', ?, ?, coalesce(?, now())) ON CONFLICT DO NOTHING`,
		tx.municipality, last+1, m.ID(), m.wrap(data, tx.municipality, last+1), made)
	return err
}
