package desk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"

	"colletta/communities"
	"colletta/money"
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
		funds, err := tx.LockFunds(ctx, d.today(round.ClosesAt))
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
		if err := d.reserve(ctx, tx, round, snapshot, funds, by); err != nil {
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

// reserve holds for a round what its vouchers may cost at most (G5).
func (d *Desk) reserve(ctx context.Context, tx *postgres.Tx, round postgres.RoundLine, s *pooling.Snapshot, funds []postgres.MeasuredFund, by communities.UserID) error {
	reserved := pooling.IssueVouchers(s).ReservedByProgramme
	for _, f := range funds {
		if amount := reserved[f.MeasureID]; amount > 0 {
			if err := tx.SetRoundHold(ctx, d.roundHold(round, f, amount), by, d.clock.Now()); err != nil {
				return err
			}
		}
	}
	return nil
}

// roundHoldDays is how long a round may hold money of a fund: long enough for an
// officer to look at what stopped it.
const roundHoldDays = 60

// roundHold is what a round holds of a fund for a measure.
func (d *Desk) roundHold(round postgres.RoundLine, f postgres.MeasuredFund, amount money.Amount) postgres.Hold {
	return postgres.Hold{
		FundID: f.ID, MeasureID: f.MeasureID, RoundID: string(round.ID), AmountCents: amount, ExpiresAt: d.clock.Now().AddDate(0, 0, roundHoldDays),
	}
}

func hashOf(bytes []byte) string {
	sum := sha256.Sum256(bytes)
	return hex.EncodeToString(sum[:])
}
