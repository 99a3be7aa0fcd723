package desk

import (
	"context"
	"errors"
	"fmt"

	"colletta/billing"
	"colletta/postgres"
	"colletta/subsidies"
)

// tendFunds does for funds what time asks for: what was kept too long is free
// again, what was kept while a card payment was under way is used, a fund whose
// last day is over ends, and money that came back goes to who waits. Every server
// calls it with each [Desk.Tick]; whoever comes second finds nothing to do.
func (d *Desk) tendFunds(ctx context.Context) error {
	now := d.clock.Now()
	var faults []error
	fault := func(what string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", what, err))
		}
	}
	fault("expire holds", d.db.InTx(ctx, func(tx *postgres.Tx) error { _, err := tx.ExpireHolds(ctx, now); return err }))
	held, err := d.db.HeldApplications(ctx)
	fault("held applications", err)
	for _, p := range held {
		fault("application "+p.ID, d.serve(ctx, p, true))
	}
	over, err := d.db.FundsOver(ctx, d.today(now))
	fault("funds over", err)
	for _, id := range over {
		fault("fund "+id, d.endFund(ctx, id))
	}
	waiting, err := d.db.FundsToServe(ctx)
	fault("funds to serve", err)
	for _, id := range waiting {
		fault("fund "+id, d.serveFund(ctx, id))
	}
	return errors.Join(faults...)
}

// servedMax bounds how many applications one tick serves of one fund.
const servedMax = 200

// serveFund lets the waiting list of a fund move, one application in each
// transaction: its charge is locked, then the fund, and its turn is looked at
// again.
func (d *Desk) serveFund(ctx context.Context, id string) error {
	for range servedMax {
		fund, err := d.db.Fund(ctx, id)
		if err != nil {
			return err
		}
		waiting, err := d.db.WaitingList(ctx, id)
		if err != nil {
			return err
		}
		grants, err := queue(fund, waiting)
		if err != nil {
			return err
		}
		next := -1
		for i, p := range waiting {
			if p.HeldCents == 0 && (grants[p.ID] > 0 || p.DueCents == 0) {
				next = i
				break
			}
		}
		if next < 0 {
			return nil
		}
		if err := d.serve(ctx, waiting[next], false); err != nil {
			return err
		}
	}
	return nil
}

// serve gives an application its turn, or uses what is kept for it.
func (d *Desk) serve(ctx context.Context, p postgres.Application, held bool) error {
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if _, err := tx.ChargeForUpdate(ctx, billing.ChargeID(p.ChargeID)); err != nil {
			return err
		}
		fund, err := tx.LockFund(ctx, p.FundID)
		if err != nil {
			return err
		}
		if !held {
			return d.serveOne(ctx, tx, fund, p.ID, "")
		}
		p, err := tx.Application(ctx, p.ID)
		if err != nil {
			return err
		}
		hold, any, err := tx.HoldOf(ctx, p.ID)
		if err != nil || !any {
			return err
		}
		return d.useHold(ctx, tx, fund, p, hold, "")
	})
}

// endFund ends a fund whose last day is over: who waits is told that nothing comes
// any more. What rounds hold of it keeps its own term, because their families were
// promised it.
func (d *Desk) endFund(ctx context.Context, id string) error {
	now := d.clock.Now()
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		fund, err := tx.LockFund(ctx, id)
		if err != nil || !fund.EndedAt.IsZero() || !d.today(now).After(fund.ValidTo) {
			return err
		}
		open, err := tx.EndFund(ctx, id, now)
		if err != nil {
			return err
		}
		for _, p := range open {
			if err := d.endApplication(ctx, tx, p, subsidies.EndFundEnded); err != nil {
				return err
			}
			if err := d.tell(ctx, tx, p, letterAwardEnded, fundLetter{Amount: p.GrantedCents, Due: p.DueCents, Reason: string(subsidies.EndFundEnded)}); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, now, "", "end_fund", "fund "+id, map[string]any{"closed": len(open), "available": fund.Available().String()})
	})
}
