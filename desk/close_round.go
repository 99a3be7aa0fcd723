package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
)

func isNotFound(err error) bool { return errors.Is(err, postgres.ErrNotFound) }

// CloseRound does by hand what the timetable does at the close (officer). It
// returns [pooling.ErrRoundNotDue] before its time.
func (d *Desk) CloseRound(ctx context.Context, a communities.Actor, id pooling.RoundID) error {
	if err := a.May(communities.PermRunRound, communities.Scope{}, d.clock.Now()); err != nil {
		return err
	}
	return d.closeRound(ctx, id, a.User)
}

// closeRound freezes a round: no later pledge counts, the snapshot and its
// hash are stored, and what its vouchers may cost is reserved of each fund.
func (d *Desk) closeRound(ctx context.Context, id pooling.RoundID, by communities.UserID) error {
	now := d.clock.Now()
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		round, err := tx.RoundForUpdate(ctx, id)
		if err != nil || round.Reached(pooling.RoundClosed) {
			return err
		}
		if now.Before(round.ClosesAt) {
			return pooling.ErrRoundNotDue.With("closes_at", round.ClosesAt)
		}
		if _, err := round.Move(pooling.RoundClosed); err != nil {
			return err
		}
		if fresh, err := tx.StepDone(ctx, id, "close", now); err != nil || !fresh {
			return err
		}
		// ISEE and measures are looked at on the day of the close, however late
		// the work is done.
		funds, err := tx.LockFunds(ctx, d.today(round.ClosesAt).Year())
		if err != nil {
			return err
		}
		sources, err := d.gather(ctx, tx, postgres.Reading{Purpose: postgres.PurposeClose, By: by, At: now}, round, funds, round.ClosesAt)
		if err != nil {
			return err
		}
		snapshot, err := sources.snapshot()
		if err != nil {
			return err
		}
		if err := reserve(ctx, tx, id, snapshot, funds); err != nil {
			return err
		}
		bytes, err := snapshot.JSON()
		if err != nil {
			return err
		}
		if err := tx.FreezeRound(ctx, id, bytes, hashOf(bytes), now); err != nil {
			return err
		}
		if err := tx.Audit(ctx, now, by, "close_round", "round "+string(id), map[string]any{"sha256": hashOf(bytes), "demands": len(snapshot.Demands)}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, StepRound{Round: id, To: pooling.RoundFormed}, once())
	})
}

// reserve promises to a round what its vouchers may cost at most (G5).
func reserve(ctx context.Context, tx *postgres.Tx, id pooling.RoundID, s *pooling.Snapshot, funds []postgres.Fund) error {
	reserved := pooling.IssueVouchers(s).ReservedByProgramme
	for _, f := range funds {
		if amount := reserved[f.MeasureID]; amount > 0 {
			if err := tx.Reserve(ctx, f.ID, id, amount); err != nil {
				return err
			}
		}
	}
	return nil
}

func hashOf(bytes []byte) string {
	sum := sha256.Sum256(bytes)
	return hex.EncodeToString(sum[:])
}
