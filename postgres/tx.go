package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
	"github.com/riverqueue/river"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/driver/pgdriver"
)

// Tx is one act's transaction. Only [DB.InTx] makes one.
type Tx struct {
	reader
	tx     bun.Tx
	insert *river.Client[*sql.Tx]
	posted []string // ledger transactions to be chained when the act ends
}

// txAttemptsMax is how often a transaction is begun again after a deadlock or
// a serialization failure.
const txAttemptsMax = 3

// ErrOutcomeUnknown says that the connection was lost while committing: the
// act may have been done or not. Its idempotency (unique keys) tells.
var ErrOutcomeUnknown = errors.New("postgres: connection lost while committing: outcome unknown")

// InTx runs act in a transaction, READ COMMITTED, chains what it posted to the
// ledger, and commits when it returns nil. After a deadlock or a serialization failure it begins again, at most
// three times, so act must not keep state from a run that failed. Errors of
// named constraints come back as refusals. It is never nested.
func (db *DB) InTx(ctx context.Context, act func(*Tx) error) error {
	ctx, cancel := deadline(ctx)
	defer cancel()
	for attempt := 1; ; attempt++ {
		err := db.inTxOnce(ctx, act)
		if err == nil || !again(err) || attempt == txAttemptsMax {
			return toRefusal(err)
		}
		select {
		case <-ctx.Done():
			return toRefusal(err)
		case <-time.After(time.Duration(attempt*10+rand.IntN(20)) * time.Millisecond):
		}
	}
}

func (db *DB) inTxOnce(ctx context.Context, act func(*Tx) error) (err error) {
	tx, err := db.bun.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("postgres: begin: %w", err)
	}
	done := false
	defer func() {
		if !done {
			_ = tx.Rollback()
		}
	}()
	made := &Tx{reader: reader{idb: tx, municipality: db.municipality, keys: db.keys}, tx: tx, insert: db.insert}
	if err := act(made); err != nil {
		return err
	}
	if err := made.chain(ctx); err != nil {
		return err
	}
	// pgdriver's Commit returns nil even when PostgreSQL answers ROLLBACK; a
	// statement in an aborted transaction fails, and deferred constraints are
	// checked here rather than in the commit.
	if _, err := tx.ExecContext(ctx, "SET CONSTRAINTS ALL IMMEDIATE"); err != nil {
		return fmt.Errorf("postgres: before commit: %w", err)
	}
	done = true
	if err := tx.Commit(); err != nil {
		if pgCode(err) == "" {
			return fmt.Errorf("%w: %w", ErrOutcomeUnknown, err)
		}
		return fmt.Errorf("postgres: commit: %w", err)
	}
	return nil
}

// OneSnapshot makes all reads of the transaction see the same moment; it comes
// before any other statement.
func (tx *Tx) OneSnapshot(ctx context.Context) error {
	_, err := tx.exec(ctx, "one snapshot", "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
	return err
}

// Enqueue promises later work: it exists if and only if the transaction
// commits.
func (tx *Tx) Enqueue(ctx context.Context, work river.JobArgs, options *river.InsertOpts) error {
	if _, err := tx.insert.InsertTx(ctx, tx.tx.Tx, work, options); err != nil {
		return fmt.Errorf("postgres: enqueue %s: %w", work.Kind(), err)
	}
	return nil
}

// NewID makes an identifier that sorts by the time of its making (UUID
// version 7).
func NewID() string { return uuid.Must(uuid.NewV7()).String() }

// validID tells whether a text from outside is a UUID; a query with another
// text would be a fault, though the reader only mistyped an address.
func validID(id string) bool {
	_, err := uuid.Parse(id)
	return err == nil && len(id) == 36
}

func again(err error) bool {
	if errors.Is(err, errKeyGone) {
		return true
	}
	switch pgCode(err) {
	case "40001", "40P01": // serialization failure, deadlock
		return true
	}
	return false
}

// pgCode is the SQLSTATE in err, or empty.
func pgCode(err error) string {
	var pg pgdriver.Error
	if errors.As(err, &pg) {
		return pg.Field('C')
	}
	return ""
}
