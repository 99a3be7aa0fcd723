package desk

import (
	"context"
	"fmt"
	"strings"
	"time"

	"colletta/communities"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

var (
	// ErrFundNotRanked says that a fund that serves who comes first has no calls.
	// Args: fund.
	ErrFundNotRanked = refusal.New(refusal.KindConflict, "fund_not_ranked")
	// ErrCallOpen says that a call still takes applications. Args: closes_on.
	ErrCallOpen = refusal.New(refusal.KindConflict, "fund_call_open")
	// ErrCallDecided says that a call was decided before. Args: none.
	ErrCallDecided = refusal.New(refusal.KindConflict, "fund_call_decided")
	// ErrCallDay says that the last day of a call is past, or after the fund's.
	// Args: to.
	ErrCallDay = refusal.New(refusal.KindInvalid, "fund_call_day")
)

// OpenCall opens a time in which families apply to a fund that is divided by a
// ranking (officer). It returns [ErrFundNotRanked], [ErrCallDay], [ErrFundOrder]
// for a ranking by what the register does not know, or
// [postgres.ErrExists] while the fund has another open call.
func (d *Desk) OpenCall(ctx context.Context, a communities.Actor, fund, closesOn string) (string, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermRunFunds, communities.Scope{}, now); err != nil {
		return "", err
	}
	last, err := subsidies.ParseDay(strings.TrimSpace(closesOn))
	if err != nil {
		return "", atField("closes_on", err)
	}
	id := postgres.NewID()
	return id, d.db.InTx(ctx, func(tx *postgres.Tx) error {
		f, err := tx.LockFund(ctx, fund)
		switch {
		case err != nil:
			return err
		case f.Policy.Mode != subsidies.FundRanking:
			return ErrFundNotRanked.With("fund", f.Name)
		case last.Before(d.today(now)) || !last.Before(f.ValidTo): // a day is left to decide
			return ErrCallDay.With("to", f.ValidTo).At("closes_on")
		}
		measures, err := measuresOf(ctx, tx, f.ID)
		if err != nil {
			return err
		}
		if err := servable(f.Policy, measures); err != nil { // a fund of before, or opened with its measure
			return err
		}
		if err := tx.AddFundCall(ctx, postgres.FundCall{ID: id, FundID: f.ID, ClosesOn: last, OpenedAt: now}, a.User); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "open_call", "call "+id, map[string]any{"fund": f.ID, "closes_on": last.Format(time.DateOnly)})
	})
}

// measuresOf are the measures that a fund pays for, as they are in force.
func measuresOf(ctx context.Context, tx *postgres.Tx, fund string) (measures []*subsidies.Measure, err error) {
	all, err := tx.MeasuredFunds(ctx)
	for _, f := range all {
		if f.ID != fund || err != nil {
			continue
		}
		var m *subsidies.Measure
		m, err = subsidies.LoadMeasure([]byte(f.Yaml))
		measures = append(measures, m)
	}
	return measures, err
}

// DecideCall ranks those who applied to a call whose last day is over and divides
// among them what the fund has (officer), as its policy says. Who gets nothing, or
// less than asked, waits in the order of the ranking; where everybody is cut alike,
// the rest is not waited for. The ranking is kept and can be computed again. It
// returns [ErrCallOpen], [ErrCallDecided], [ErrFundOver].
func (d *Desk) DecideCall(ctx context.Context, a communities.Actor, call string) error {
	now := d.clock.Now()
	if err := a.May(communities.PermRunFunds, communities.Scope{}, now); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, errandTimeout) // thousands may have applied
	defer cancel()
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.LockChargesOfCall(ctx, call); err != nil {
			return err
		}
		k, err := tx.FundCallForUpdate(ctx, call)
		switch {
		case err != nil:
			return err
		case k.DecidedAt != nil:
			return ErrCallDecided
		case !d.today(now).After(k.ClosesOn):
			return ErrCallOpen.With("closes_on", k.ClosesOn)
		}
		fund, err := tx.LockFund(ctx, k.FundID)
		if err != nil {
			return err
		}
		if !fund.EndedAt.IsZero() {
			return ErrFundOver.With("fund", fund.Name)
		}
		// Who applied in the last moment before the fund was locked.
		if err := tx.LockChargesOfCall(ctx, call); err != nil {
			return err
		}
		return d.rank(ctx, tx, a, fund, k)
	})
}

// rank ranks the applications of a call and serves them.
func (d *Desk) rank(ctx context.Context, tx *postgres.Tx, a communities.Actor, fund postgres.Fund, k postgres.FundCall) error {
	now := d.clock.Now()
	all, err := tx.ApplicationsInCall(ctx, k.ID)
	if err != nil {
		return err
	}
	ranked := map[string]postgres.Application{}
	for _, p := range all {
		if p.State != subsidies.ApplicationWaiting {
			continue
		}
		if p.DueCents == 0 {
			if err := d.endApplication(ctx, tx, p, subsidies.EndNothingDue); err != nil {
				return err
			}
			continue
		}
		p.AskedCents = min(p.AskedCents, p.DueCents)
		ranked[p.ID] = p
	}
	keys, err := tx.ReadApplicationKeys(ctx, postgres.Reading{Purpose: postgres.PurposeRank, By: a.User, At: now}, k.ID)
	if err != nil {
		return err
	}
	divided, err := fund.Policy.Divide(fund.Available(), applicants(ranked, keys))
	if err != nil {
		return err
	}
	if err := tx.DecideFundCall(ctx, k.ID, fund.Available(), a.User, now); err != nil {
		return err
	}
	first, err := tx.NextPlace(ctx, fund.ID)
	if err != nil {
		return err
	}
	granted := 0
	for i, id := range divided.Ranking {
		p := ranked[id]
		p.Place, p.DecidedCents = first+int64(i), &divided.Granted[i]
		if err := tx.SetApplication(ctx, p, now); err != nil {
			return err
		}
		if divided.Granted[i] == 0 {
			if err := d.unserved(ctx, tx, fund, p); err != nil {
				return err
			}
			continue
		}
		granted++
		if err := d.award(ctx, tx, fund, p, divided.Granted[i], a.User); err != nil {
			return err
		}
	}
	return tx.Audit(ctx, now, a.User, "decide_call", "call "+k.ID, map[string]any{
		"fund": fund.ID, "budget": fund.Available().String(), "applications": len(ranked), "granted": granted})
}

// unserved lets an application wait, or ends it where everybody was cut alike.
func (d *Desk) unserved(ctx context.Context, tx *postgres.Tx, fund postgres.Fund, p postgres.Application) error {
	if !fund.Policy.ProRata {
		return d.tellWaiting(ctx, tx, p)
	}
	if err := d.endApplication(ctx, tx, p, subsidies.EndFundShort); err != nil {
		return err
	}
	return d.tell(ctx, tx, p, letterAwardEnded, fundLetter{Due: p.DueCents, Reason: string(subsidies.EndFundShort)})
}

// applicants are applications as a policy ranks them.
func applicants(of map[string]postgres.Application, keys map[string]map[string]string) []subsidies.Applicant {
	list := make([]subsidies.Applicant, 0, len(of))
	for id, p := range of { // the result of dividing does not depend on the order
		one := subsidies.Applicant{ID: id, Amount: p.AskedCents, Keys: map[string]subsidies.Key{}}
		for name, text := range keys[id] {
			one.Keys[name] = subsidies.ParseKey(text)
		}
		list = append(list, one)
	}
	return list
}

// RecomputeCall ranks a decided call again from what is sealed and compares places
// and amounts (officer). It returns the differences; none when all is the same.
func (d *Desk) RecomputeCall(ctx context.Context, a communities.Actor, call string) ([]string, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermRunFunds, communities.Scope{}, now); err != nil {
		return nil, err
	}
	var differences []string
	err := d.db.InTx(ctx, func(tx *postgres.Tx) error {
		differences = nil
		k, err := tx.FundCallForUpdate(ctx, call)
		if err != nil {
			return err
		}
		if k.BudgetCents == nil {
			return postgres.ErrNotFound.With("what", "ranking")
		}
		fund, err := tx.Fund(ctx, k.FundID)
		if err != nil {
			return err
		}
		all, err := tx.ApplicationsInCall(ctx, call)
		if err != nil {
			return err
		}
		ranked := map[string]postgres.Application{}
		var order []postgres.Application
		for _, p := range all {
			if p.DecidedCents != nil {
				ranked[p.ID], order = p, append(order, p)
			}
		}
		keys, err := tx.ReadApplicationKeys(ctx, postgres.Reading{Purpose: postgres.PurposeRank, By: a.User, At: now}, call)
		if err != nil {
			return err
		}
		divided, err := fund.Policy.Divide(*k.BudgetCents, applicants(ranked, keys))
		if err != nil {
			return err
		}
		for i, id := range divided.Ranking {
			if order[i].ID != id {
				differences = append(differences, fmt.Sprintf("place %d: application %s again, stored %s", i+1, id, order[i].ID))
			}
			if got := *ranked[id].DecidedCents; got != divided.Granted[i] {
				differences = append(differences, fmt.Sprintf("application %s: %s again, stored %s", id, divided.Granted[i], got))
			}
		}
		return nil
	})
	return differences, err
}
