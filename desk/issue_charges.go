package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
)

// daysToPay is how long a household has to pay a charge.
const daysToPay = 14

// ChargeRound issues the charges of a formed round by hand (officer).
func (d *Desk) ChargeRound(ctx context.Context, a communities.Actor, id pooling.RoundID) error {
	if err := a.May(communities.PermRunRound, communities.Scope{}, d.clock.Now()); err != nil {
		return err
	}
	return d.chargeRound(ctx, id, a.User)
}

// chargeRound turns what a round holds of funds into awards, issues one charge
// per member, posts each pool to the ledger, and writes to every household.
func (d *Desk) chargeRound(ctx context.Context, id pooling.RoundID, by communities.UserID) error {
	ctx, cancel := context.WithTimeout(ctx, errandTimeout)
	defer cancel()
	now := d.clock.Now()
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		round, err := tx.RoundForUpdate(ctx, id)
		if err != nil || round.Reached(pooling.RoundCharged) {
			return err
		}
		if _, err := round.Move(pooling.RoundCharged); err != nil {
			return err
		}
		if fresh, err := tx.StepDone(ctx, id, "charge", now); err != nil || !fresh {
			return err
		}
		c := charging{desk: d, tx: tx, round: round, by: by, now: now, granted: map[string][]postgres.HouseholdPart{}}
		if err := c.load(ctx); err != nil {
			return err
		}
		for _, p := range c.pools {
			if err := c.charge(p); err != nil {
				return fmt.Errorf("pool %s: %w", p.ID, err)
			}
		}
		if err := c.store(ctx); err != nil {
			return err
		}
		if err := c.resolve(ctx); err != nil {
			return err
		}
		if err := tx.SetRoundState(ctx, id, pooling.RoundCharged, now); err != nil {
			return err
		}
		if err := c.settleIfPaid(ctx); err != nil {
			return err
		}
		if err := c.write(ctx); err != nil {
			return err
		}
		return tx.Audit(ctx, now, by, "charge_round", "round "+string(id), map[string]any{"charges": len(c.charges)})
	})
}

// charging is one run of [Desk.chargeRound].
type charging struct {
	desk    *Desk
	tx      *postgres.Tx
	round   postgres.RoundLine
	by      communities.UserID
	now     time.Time
	offers  map[string]postgres.OfferLine
	pools   []postgres.Pool
	members map[string][]postgres.PoolMember    // by pool
	holds   map[string]postgres.Hold            // by measure
	granted map[string][]postgres.HouseholdPart // by measure
	charges []billing.Charge
	awards  []postgres.Award
	entries []ledger.Transaction
	numbers map[billing.ChargeID]billing.Number
	sizes   map[billing.PoolID]postgres.Pool
}

func (c *charging) load(ctx context.Context) error {
	offers, err := c.tx.OffersOfRound(ctx, c.round.ID)
	if err != nil {
		return err
	}
	c.offers = map[string]postgres.OfferLine{}
	for _, o := range offers {
		c.offers[string(o.ID)] = o
	}
	if c.pools, err = c.tx.Pools(ctx, postgres.PoolsFilter{Round: c.round.ID}); err != nil {
		return err
	}
	c.sizes = map[billing.PoolID]postgres.Pool{}
	for _, p := range c.pools {
		c.sizes[p.ID] = p
	}
	members, err := c.tx.PoolMembers(ctx, c.round.ID)
	if err != nil {
		return err
	}
	c.members = map[string][]postgres.PoolMember{}
	for _, m := range members {
		c.members[m.PoolID] = append(c.members[m.PoolID], m)
	}
	c.numbers = map[billing.ChargeID]billing.Number{}
	return c.hold(ctx, members)
}

// hold finds what the round holds for each measure. What expired, because
// somebody had to look at the round for long, is held again if it is there.
func (c *charging) hold(ctx context.Context, members []postgres.PoolMember) error {
	need := map[string]money.Amount{}
	for _, m := range members {
		if m.SubsidyCents > 0 {
			need[*m.MeasureID] += m.SubsidyCents
		}
	}
	funds, err := c.tx.LockFunds(ctx, c.desk.today(c.round.ClosesAt))
	if err != nil {
		return err
	}
	held, err := c.tx.OpenHolds(ctx, c.round.ID)
	if err != nil {
		return err
	}
	for _, f := range funds {
		holds := slices.ContainsFunc(held, func(h postgres.Hold) bool { return h.MeasureID == f.MeasureID })
		if need[f.MeasureID] == 0 || holds {
			continue
		}
		if err := c.tx.SetRoundHold(ctx, c.desk.roundHold(c.round, f, need[f.MeasureID]), c.by, c.now); err != nil {
			return fmt.Errorf("measure %s: %w", f.MeasureID, err)
		}
	}
	if held, err = c.tx.OpenHolds(ctx, c.round.ID); err != nil {
		return err
	}
	c.holds = map[string]postgres.Hold{}
	for _, h := range held {
		c.holds[h.MeasureID] = h
	}
	return nil
}

// charge issues the charges of one pool.
func (c *charging) charge(p postgres.Pool) error {
	offer := c.offers[string(p.Offer)]
	today := c.desk.today(c.now)
	pool := billing.Pool{
		ID: p.ID, Round: c.round.ID, Provider: billing.ProviderID(p.Provider), Description: description(offer, c.round, c.desk.zone),
		IssuedOn: today, DueOn: today.AddDate(0, 0, daysToPay),
	}
	parts := map[string]money.Amount{} // by fund
	for _, m := range c.members[string(p.ID)] {
		pool.Members = append(pool.Members, billing.Member{
			Charge: billing.ChargeID(postgres.NewID()), Demand: pooling.DemandID(m.DemandID), Household: communities.HouseholdID(m.HouseholdID),
			Share: m.ShareCents, Subsidy: m.SubsidyCents,
		})
		if m.SubsidyCents == 0 {
			continue
		}
		hold, ok := c.holds[*m.MeasureID]
		if !ok {
			return fmt.Errorf("measure %s grants without a hold", *m.MeasureID)
		}
		parts[hold.FundID] += m.SubsidyCents
		c.granted[hold.MeasureID] = append(c.granted[hold.MeasureID], postgres.HouseholdPart{
			Household: communities.HouseholdID(m.HouseholdID), Amount: m.SubsidyCents})
		c.awards = append(c.awards, postgres.Award{
			Demand: pooling.DemandID(m.DemandID), Fund: hold.FundID, Measure: hold.MeasureID, Household: communities.HouseholdID(m.HouseholdID), Amount: m.SubsidyCents,
		})
	}
	charges, err := billing.Issue(pool)
	if err != nil {
		return err
	}
	c.charges = append(c.charges, charges...)
	return c.post(charges, parts)
}

// store writes what was issued for all pools at once, in few statements however
// many shares there are.
func (c *charging) store(ctx context.Context) error {
	if len(c.charges) == 0 {
		return nil
	}
	numbers, err := c.tx.NextNumbers(ctx, "charge", c.desk.today(c.now).Year(), len(c.charges))
	if err != nil {
		return err
	}
	for i, one := range c.charges {
		c.numbers[one.ID] = numbers[i]
	}
	if err := c.tx.AddAwards(ctx, c.round.ID, c.awards, c.now); err != nil {
		return err
	}
	if err := c.tx.AddCharges(ctx, c.charges, numbers); err != nil {
		return err
	}
	_, err = c.tx.PostAll(ctx, c.entries)
	return err
}

// post builds the ledger transaction of a pool; a pool that costs nothing has
// none.
func (c *charging) post(charges []billing.Charge, parts map[string]money.Amount) error {
	var cost money.Amount
	for _, one := range charges {
		cost += one.Share
	}
	if cost == 0 {
		return nil
	}
	var fundParts []billing.FundPart
	for _, fund := range slices.Sorted(maps.Keys(parts)) {
		fundParts = append(fundParts, billing.FundPart{Fund: billing.FundID(fund), Amount: parts[fund]})
	}
	t, err := billing.PoolCharged(billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: c.now}, charges, fundParts)
	c.entries = append(c.entries, t)
	return err
}

// resolve turns what was held into what was awarded, household by household.
func (c *charging) resolve(ctx context.Context) error {
	for _, measure := range slices.Sorted(maps.Keys(c.holds)) {
		if err := c.tx.CommitHold(ctx, c.holds[measure], c.granted[measure], c.by, c.now); err != nil {
			return err
		}
	}
	return nil
}

// settleIfPaid settles a round in which nothing is owed.
func (c *charging) settleIfPaid(ctx context.Context) error {
	open, err := c.tx.OpenCharges(ctx, c.round.ID)
	if err != nil || open > 0 {
		return err
	}
	return c.tx.SetRoundState(ctx, c.round.ID, pooling.RoundSettled, c.now)
}

// write tells every household of the round what came of its pledge.
func (c *charging) write(ctx context.Context) error {
	pledges, err := c.tx.PledgesOf(ctx, c.round.ID)
	if err != nil {
		return err
	}
	households := make([]communities.HouseholdID, len(pledges))
	for i, p := range pledges {
		households[i] = p.Household
	}
	holders, err := c.tx.HoldersOf(ctx, households)
	if err != nil {
		return err
	}
	byDemand := map[pooling.DemandID]billing.Charge{}
	for _, one := range c.charges {
		byDemand[one.Demand] = one
	}
	reasons, err := c.reasons(ctx)
	if err != nil {
		return err
	}
	for _, p := range pledges {
		holder, ok := holders[p.Household]
		if !ok {
			continue
		}
		charge, served := byDemand[p.ID]
		if !served {
			if err := c.desk.send(ctx, c.tx, holder.Email, letterUnserved, unservedLetter{
				Name: holder.GivenName, Round: c.round.Name, Link: c.desk.publicURL + "/impegni/" + string(p.ID), Reason: reasons.told(p.ID)}); err != nil {
				return err
			}
			continue
		}
		pool := c.sizes[charge.Pool]
		if err := c.desk.send(ctx, c.tx, holder.Email, letterServed, servedLetter{
			Name: holder.GivenName, Round: c.round.Name, Offer: pool.OfferTitle, Provider: pool.ProviderName, Number: c.numbers[charge.ID].String(),
			Link: c.desk.publicURL + "/quote/" + string(charge.ID), Members: pool.Size, Share: charge.Share, Subsidy: charge.Subsidy, Net: charge.Net, DueOn: charge.DueOn,
		}); err != nil {
			return err
		}
	}
	return nil
}

// reasons are the outcomes of the whole round.
func (c *charging) reasons(ctx context.Context) (*roundOutcomes, error) {
	r := &roundOutcomes{round: c.round, offers: c.offers, pools: map[poolName]postgres.Pool{}}
	for _, p := range c.pools {
		r.pools[poolName{p.Pass, p.Name}] = p
	}
	funds, err := c.tx.MeasuredFunds(ctx)
	if err != nil {
		return nil, err
	}
	r.measures = measureNames(funds)
	r.outcomes, err = c.tx.ReadOutcomes(ctx, postgres.Reading{Purpose: postgres.PurposeLetters, By: c.by, At: c.now}, c.round.ID)
	return r, err
}

// told is why a demand was left out, in Italian; nothing when that is not known.
func (r *roundOutcomes) told(id pooling.DemandID) []string {
	v := r.view(id)
	if v == nil {
		return nil
	}
	w := v.Words(pooling.Italian)
	if w.Advice == "" {
		return w.Reason
	}
	return append(w.Reason, w.Advice)
}

// description says what a charge is for: the offer, and its meetings or month.
func description(o postgres.OfferLine, r postgres.RoundLine, zone *time.Location) string {
	if meetings := fmt.Sprintf("%d incontri", o.Meetings); o.Meetings > 0 && !strings.Contains(o.Title, meetings) {
		return o.Title + ", " + meetings
	}
	first := r.ClosesAt.In(zone).AddDate(0, 1, 1-r.ClosesAt.In(zone).Day())
	if o.Period == "month" {
		return fmt.Sprintf("%s, %s %d", o.Title, italianMonths[first.Month()-1], first.Year())
	}
	return o.Title
}
