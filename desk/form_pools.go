package desk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
)

// ErrSnapshotChanged says that the stored bytes of a snapshot are not those
// that were hashed at the close. The round stops until somebody looks.
var ErrSnapshotChanged = errors.New("desk: snapshot differs from its recorded SHA-256")

// ErrFormationUnsound says that the engine's result breaks a rule of the
// round's format; nothing is stored.
var ErrFormationUnsound = errors.New("desk: formation breaks a rule")

// formTimeout bounds the forming of a round: two passes of the longest time
// limit, their reasons, and storing them. It is below [RescueAfter].
const formTimeout = 9 * time.Minute

// secondPassesMax is how often a second pass is searched when other rounds take
// money of its funds meanwhile; after that the round does without.
const secondPassesMax = 3

// FormRound forms the pools of a closed round by hand (officer). It goes on
// though the officer's page no longer waits.
func (d *Desk) FormRound(ctx context.Context, a communities.Actor, id pooling.RoundID) error {
	if err := a.May(communities.PermRunRound, communities.Scope{}, d.clock.Now()); err != nil {
		return err
	}
	return d.formRound(context.WithoutCancel(ctx), id, a.User)
}

// formRound forms the pools outside any transaction, in a first pass and a
// second over what the first leaves over, checks them, and stores them with a
// reason for every household. Whatever stops it before the one transaction
// commits leaves the round as it was.
func (d *Desk) formRound(ctx context.Context, id pooling.RoundID, by communities.UserID) error {
	ctx, cancel := context.WithTimeout(ctx, formTimeout)
	defer cancel()
	round, err := d.db.Round(ctx, id)
	if err != nil || round.Reached(pooling.RoundFormed) {
		return err
	}
	if _, err := round.Move(pooling.RoundFormed); err != nil {
		return err
	}
	first, err := d.firstPass(ctx, round, by)
	if err != nil {
		return err
	}
	for attempt := 1; ; attempt++ {
		passes := []formed{first}
		if attempt <= secondPassesMax {
			second, served, err := d.secondPass(ctx, round, first)
			if err != nil {
				return err
			}
			if served {
				passes = append(passes, second)
			}
		}
		err := d.storeFormed(ctx, id, passes, by)
		if len(passes) == 1 || !errors.Is(err, postgres.ErrFundExhausted) {
			return err
		}
	}
}

// firstPass searches what was frozen at the close.
func (d *Desk) firstPass(ctx context.Context, round postgres.RoundLine, by communities.UserID) (formed, error) {
	frozen, err := d.frozen(ctx, postgres.Reading{Purpose: postgres.PurposeForm, By: by, At: d.clock.Now()}, round.ID)
	if err != nil {
		return formed{}, err
	}
	if hashOf(frozen.Snapshot) != frozen.SnapshotSha256 {
		return formed{}, ErrSnapshotChanged
	}
	return d.formBytes(1, frozen.Snapshot, searchOf(round))
}

// secondPass searches what the first pass leaves over; false when nobody more
// can be served.
//
// Source: mechanism, section 2.3: unspent money serves others the same night.
func (d *Desk) secondPass(ctx context.Context, round postgres.RoundLine, first formed) (formed, bool, error) {
	left := pooling.Remainder(first.snapshot, first.formation)
	if len(left.Demands) == 0 {
		return formed{}, false, nil
	}
	if err := d.limitBudgets(ctx, round, left, granted(first)); err != nil {
		return formed{}, false, err
	}
	bytes, err := left.JSON()
	if err != nil {
		return formed{}, false, err
	}
	second, err := d.formBytes(2, bytes, searchOf(round))
	return second, err == nil && second.formation.Totals.Served > 0, err
}

// limitBudgets lowers the budgets of a second pass to what each fund still
// holds: after the close, other rounds may have reserved of it.
func (d *Desk) limitBudgets(ctx context.Context, round postgres.RoundLine, left *pooling.Snapshot, granted map[string]money.Amount) error {
	all, err := d.db.MeasuredFunds(ctx)
	if err != nil {
		return err
	}
	held, err := d.db.Holding(ctx, round.ID)
	if err != nil {
		return err
	}
	funds, err := fundsOn(d.today(round.ClosesAt), all)
	if err != nil {
		return err
	}
	available := map[string]money.Amount{} // by fund
	fundOf := map[string]string{}          // by measure
	for _, f := range funds {
		available[f.ID], fundOf[f.MeasureID] = f.Available(), f.ID
	}
	for _, h := range held {
		available[h.FundID] += h.AmountCents
	}
	for measure, amount := range granted {
		available[fundOf[measure]] -= amount
	}
	for i := range left.Programmes {
		p := &left.Programmes[i]
		p.Budget = max(0, min(p.Budget, available[fundOf[p.ID]]))
	}
	shareFunds(left, funds)
	return nil
}

// granted sums the subsidies of passes by measure.
func granted(passes ...formed) map[string]money.Amount {
	sums := map[string]money.Amount{}
	for _, f := range passes {
		for _, p := range f.formation.Pools {
			for _, m := range p.Members {
				if m.Subsidy > 0 {
					sums[m.Programme] += m.Subsidy
				}
			}
		}
	}
	return sums
}

// storeFormed stores the passes of a round at once. What the round holds of
// each fund becomes what its passes grant; [postgres.ErrFundExhausted] when a
// fund no longer holds what the second one needs.
func (d *Desk) storeFormed(ctx context.Context, id pooling.RoundID, passes []formed, by communities.UserID) error {
	now := d.clock.Now()
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		round, err := tx.RoundForUpdate(ctx, id)
		if err != nil || round.Reached(pooling.RoundFormed) {
			return err
		}
		if round.SHA256 != passes[0].sha256 {
			return ErrSnapshotChanged
		}
		if fresh, err := tx.StepDone(ctx, id, "form", now); err != nil || !fresh {
			return err
		}
		if err := d.holdGranted(ctx, tx, round, granted(passes...), by); err != nil {
			return err
		}
		rows := make([]postgres.FormedPass, len(passes))
		pools, served := 0, 0
		for i, p := range passes {
			rows[i] = p.rows(id)
			pools, served = pools+len(rows[i].Pools), served+len(rows[i].Members)
		}
		if err := tx.StoreFormation(ctx, id, rows, outcomesOf(passes), now); err != nil {
			return err
		}
		if err := tx.Audit(ctx, now, by, "form_round", "round "+string(id), map[string]any{"passes": len(passes), "pools": pools, "served": served}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, StepRound{Round: id, To: pooling.RoundCharged}, once())
	})
}

// holdGranted sets what a round holds of each fund to what its pools grant, so
// that what they do not need is free for other rounds at once.
func (d *Desk) holdGranted(ctx context.Context, tx *postgres.Tx, round postgres.RoundLine, granted map[string]money.Amount, by communities.UserID) error {
	funds, err := tx.LockFunds(ctx, d.today(round.ClosesAt))
	if err != nil {
		return err
	}
	held, err := tx.OpenHolds(ctx, round.ID)
	if err != nil {
		return err
	}
	holds := map[string]money.Amount{} // by measure
	for _, h := range held {
		holds[h.MeasureID] = h.AmountCents
	}
	// Those that give back come first: of one fund, a measure may need what
	// another has left over.
	slices.SortStableFunc(funds, func(a, b postgres.MeasuredFund) int {
		return cmp.Compare(granted[a.MeasureID]-holds[a.MeasureID], granted[b.MeasureID]-holds[b.MeasureID])
	})
	for _, f := range funds {
		if _, any := holds[f.MeasureID]; !any && granted[f.MeasureID] == 0 {
			continue
		}
		if err := tx.SetRoundHold(ctx, d.roundHold(round, f, granted[f.MeasureID]), by, d.clock.Now()); err != nil {
			return fmt.Errorf("measure %s: %w", f.MeasureID, err)
		}
	}
	return nil
}

// outcomesOf is the reason of every demand of a round: from the pass that
// served it, or from the last one that looked at it.
func outcomesOf(passes []formed) []postgres.Outcome {
	place := map[string]int{}
	var all []postgres.Outcome
	for _, p := range passes {
		for _, o := range p.outcomes {
			row := postgres.Outcome{Outcome: o, Pass: p.number}
			if i, seen := place[o.Demand]; seen {
				all[i] = row
				continue
			}
			place[o.Demand] = len(all)
			all = append(all, row)
		}
	}
	return all
}
