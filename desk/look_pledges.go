package desk

import (
	"cmp"
	"context"
	"slices"

	"colletta/catalogue"
	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
)

// pledgeViews shows own demands with what came of them.
func (d *Desk) pledgeViews(ctx context.Context, a communities.Actor, demands []postgres.Demand) ([]PledgeView, error) {
	views := make([]PledgeView, len(demands))
	if len(demands) == 0 {
		return views, nil
	}
	categories, err := d.categoriesByID(ctx)
	if err != nil {
		return nil, err
	}
	charges, err := d.chargeViews(ctx, postgres.ChargesFilter{Household: demands[0].Household}, 500)
	if err != nil {
		return nil, err
	}
	places, err := d.db.Communities(ctx)
	if err != nil {
		return nil, err
	}
	rounds := map[pooling.RoundID]*roundOutcomes{}
	for i, p := range demands {
		var c communities.Community
		if j := slices.IndexFunc(places, func(c communities.Community) bool { return c.ID == p.Community }); j >= 0 {
			c = places[j]
		}
		if rounds[p.Round] == nil {
			if rounds[p.Round], err = d.outcomesOf(ctx, a, p.Round, p.Household); err != nil {
				return nil, err
			}
		}
		r := rounds[p.Round]
		views[i] = PledgeView{
			ID: p.ID, Round: p.Round, RoundName: r.round.Name, RoundState: r.round.State, ClosesAt: r.round.ClosesAt.In(d.zone), Community: c.Name, CommunityID: c.ID,
			Category: categories[p.Category].Name, CategoryID: string(p.Category), Units: p.Units, Unit: categories[p.Category].Unit,
			Slots: slotViews(p.Slots), MaxDistanceM: p.MaxDistanceM, PaymentMethod: p.Method, PostedOn: p.PostedAt.In(d.zone),
			Withdrawn: p.State == postgres.DemandWithdrawn, Outcome: r.view(p.ID),
		}
		if a.Household == p.Household {
			views[i].MaxPrice = p.MaxPrice
		}
		if j := slices.IndexFunc(charges, func(c chargeOf) bool { return c.demand == p.ID }); j >= 0 {
			views[i].Charge = &charges[j].ChargeView
		}
	}
	return views, nil
}

// roundOutcomes is what came of a household's demands in one round.
type roundOutcomes struct {
	round    postgres.RoundLine
	outcomes map[pooling.DemandID]postgres.Outcome
	pools    map[poolName]postgres.Pool
	offers   map[string]postgres.OfferLine
	measures map[string]string // names
}

// poolName names a pool in a round: each pass numbers its own.
type poolName struct {
	pass int
	name string
}

func (d *Desk) outcomesOf(ctx context.Context, a communities.Actor, id pooling.RoundID, h communities.HouseholdID) (*roundOutcomes, error) {
	r := &roundOutcomes{pools: map[poolName]postgres.Pool{}, offers: map[string]postgres.OfferLine{}}
	var err error
	if r.round, err = d.db.Round(ctx, id); err != nil || !r.round.Reached(pooling.RoundFormed) || r.round.State == pooling.RoundVoid {
		return r, err
	}
	why := postgres.Reading{Purpose: postgres.PurposeOutcome, By: a.User, At: d.clock.Now(), Household: h}
	if err = d.db.InTx(ctx, func(tx *postgres.Tx) (err error) { r.outcomes, err = tx.ReadOutcomes(ctx, why, id); return err }); err != nil {
		return r, err
	}
	pools, err := d.db.Pools(ctx, postgres.PoolsFilter{Round: id})
	if err != nil {
		return r, err
	}
	for _, p := range pools {
		r.pools[poolName{p.Pass, p.Name}] = p
	}
	offers, err := d.db.OffersOfRound(ctx, id)
	if err != nil {
		return r, err
	}
	for _, o := range offers {
		r.offers[string(o.ID)] = o
	}
	funds, err := d.db.MeasuredFunds(ctx)
	r.measures = measureNames(funds)
	return r, err
}

func measureNames(funds []postgres.MeasuredFund) map[string]string {
	names := make(map[string]string, len(funds))
	for _, f := range funds {
		names[f.MeasureID] = f.MeasureName
	}
	return names
}

func (r *roundOutcomes) view(id pooling.DemandID) *OutcomeView {
	o, ok := r.outcomes[id]
	if !ok {
		return nil
	}
	v := &OutcomeView{Outcome: o.Outcome, Measure: r.measures[cmp.Or(o.Programme, o.FundExhaustedOf)]}
	if o.Slot != "" {
		v.Slot = catalogue.SlotLabel(o.Slot)
	}
	v.Slots = slotLabels(o.Slots)
	if offer, ok := r.offers[o.Offer]; ok {
		v.Offer, v.Provider = offer.Title, offer.ProviderName
	}
	if p, ok := r.pools[poolName{o.Pass, o.Pool}]; ok {
		v.Members, v.Cost, v.Host = p.Size, p.Cost, p.HostName
	}
	return v
}

// PledgeOf is one own pledge with its outcome.
func (d *Desk) PledgeOf(ctx context.Context, a communities.Actor, id pooling.DemandID) (PledgeView, error) {
	demand, err := d.ownDemand(ctx, a, id)
	if err != nil {
		return PledgeView{}, err
	}
	views, err := d.pledgeViews(ctx, a, []postgres.Demand{demand})
	if err != nil {
		return PledgeView{}, err
	}
	return views[0], nil
}
