package desk

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"colletta/catalogue"
	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
)

// Tick opens what is due to open and promises the steps of what is due to
// close, and tends the funds. Every server calls it every few seconds; whoever comes second finds
// nothing to do. Rounds that were missed during an outage are opened late, or
// recorded as void when even their close has passed.
func (d *Desk) Tick(ctx context.Context) error {
	now := d.clock.Now()
	all, err := d.db.AllSeries(ctx)
	if err != nil {
		return err
	}
	var faults []error
	for _, s := range all {
		if err := d.openDue(ctx, s, now); err != nil {
			faults = append(faults, fmt.Errorf("series %s: %w", s.ID, err))
		}
	}
	due, err := d.db.RoundsDue(ctx, now)
	if err != nil {
		return errors.Join(append(faults, err)...)
	}
	for _, r := range due {
		if err := d.promiseStep(ctx, r); err != nil {
			faults = append(faults, fmt.Errorf("round %s: %w", r.ID, err))
		}
	}
	if err := d.tendFunds(ctx); err != nil {
		faults = append(faults, err)
	}
	return errors.Join(faults...)
}

// promiseStep enqueues the next step of a round, once.
func (d *Desk) promiseStep(ctx context.Context, r postgres.RoundLine) error {
	to := map[pooling.RoundState]pooling.RoundState{
		pooling.RoundOpen: pooling.RoundClosed, pooling.RoundClosed: pooling.RoundFormed, pooling.RoundFormed: pooling.RoundCharged,
	}[r.State]
	return d.db.InTx(ctx, func(tx *postgres.Tx) error { return tx.Enqueue(ctx, StepRound{Round: r.ID, To: to}, once()) })
}

// missedMax bounds the rounds of one series that one tick catches up with.
const missedMax = 100

// openDue opens the rounds of a series whose time has come.
func (d *Desk) openDue(ctx context.Context, s postgres.SeriesScope, now time.Time) error {
	opens, err := pooling.ParseTimetable(s.OpensOn, d.zone)
	if err != nil {
		return err
	}
	closes, err := pooling.ParseTimetable(s.ClosesOn, d.zone)
	if err != nil {
		return err
	}
	after := s.StartsAt.Add(-time.Second)
	if s.LastOpened.After(after) {
		after = s.LastOpened
	}
	for range missedMax {
		at := opens.Next(after)
		if at.IsZero() || at.After(now) || (!s.EndsAt.IsZero() && !at.Before(s.EndsAt)) {
			return nil
		}
		closesAt := closes.Next(at)
		if closesAt.IsZero() {
			return pooling.ErrCronNever.With("expression", s.ClosesOn)
		}
		if err := d.openRound(ctx, s, at, closesAt, now); err != nil {
			return err
		}
		after = at
	}
	return nil
}

// openRound stores a round and freezes the terms of the offers in its scope.
func (d *Desk) openRound(ctx context.Context, s postgres.SeriesScope, opensAt, closesAt, now time.Time) error {
	offers, err := d.offersInScope(ctx, s)
	if err != nil {
		return err
	}
	round := pooling.Round{
		ID: pooling.RoundID(postgres.NewID()), Series: s.ID, State: pooling.RoundOpen, OpensAt: opensAt, ClosesAt: closesAt,
		Name: fmt.Sprintf("%s, %s %d", s.Name, italianMonths[closesAt.In(d.zone).Month()-1], closesAt.In(d.zone).Year()),
	}
	why := ""
	switch {
	case !closesAt.After(now):
		why = "missed"
	case len(offers) == 0:
		why = "no_offers"
	}
	if why != "" {
		round.State = pooling.RoundVoid
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		added, err := tx.AddRound(ctx, round, s.Community, why)
		if err != nil || !added {
			return err
		}
		if err := tx.FreezeOffers(ctx, round.ID, offers); err != nil {
			return err
		}
		return tx.Audit(ctx, now, "", "open_round", "round "+string(round.ID), map[string]any{"series": string(s.ID), "void": why})
	})
}

// offersInScope lists the published offers that a round of a series takes in:
// those named by it, or all of its categories; for a round of one community
// only those that can serve it.
func (d *Desk) offersInScope(ctx context.Context, s postgres.SeriesScope) ([]catalogue.OfferID, error) {
	published, err := d.db.PublishedOffers(ctx)
	if err != nil {
		return nil, err
	}
	var only communities.Community
	if s.Community != "" {
		if only, err = d.db.Community(ctx, s.Community); err != nil {
			return nil, err
		}
	}
	var chosen []catalogue.OfferID
	for _, o := range published {
		switch {
		case len(s.Offers) > 0 && !slices.Contains(s.Offers, string(o.ID)),
			len(s.Categories) > 0 && !slices.Contains(s.Categories, string(o.Category)),
			s.Community == "" && len(s.Offers) == 0 && o.Period != s.Period,
			s.Community != "" && !hosts(o.Terms.Area, only):
			continue
		}
		chosen = append(chosen, o.ID)
	}
	return chosen, nil
}

// hosts tells whether a group can meet in a community (F3).
func hosts(area pooling.Area, c communities.Community) bool {
	if slices.Contains(area.Communities, string(c.ID)) {
		return true
	}
	return area.Center != nil && c.Point.WithinM(communities.Point{XM: area.Center.XM, YM: area.Center.YM}, area.RadiusM)
}
