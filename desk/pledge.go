package desk

import (
	"context"
	"slices"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/refusal"
)

var (
	// ErrSlotsMissing says that no slot was chosen.
	ErrSlotsMissing = refusal.New(refusal.KindInvalid, "slots_missing")
	// ErrSlotsFew says that a household asks for more hours than the slots it
	// accepts. Args: units, slots.
	ErrSlotsFew = refusal.New(refusal.KindInvalid, "slots_fewer_than_units")
	// ErrNotMember says that the household does not belong to the community.
	ErrNotMember = refusal.New(refusal.KindForbidden, "not_member")
	// ErrPledgeMissing says that there is no pledge to change.
	ErrPledgeMissing = refusal.New(refusal.KindNotFound, "pledge_not_found")
)

// Pledge binds the actor's household to pay up to a maximum if its group
// forms; with change it changes the pledge that the household has in that
// category. Several refusals come as a list, each with its field.
func (d *Desk) Pledge(ctx context.Context, a communities.Actor, r PledgeRequest, change bool) (pooling.DemandID, error) {
	now := d.clock.Now()
	if err := d.mayPledge(a, r.Community); err != nil {
		return "", err
	}
	offer, err := d.offerInRound(ctx, r.Round, r.Offer)
	if err != nil {
		return "", err
	}
	demand, err := d.readPledge(ctx, a, r, offer)
	if err != nil {
		return "", err
	}
	err = d.db.InTx(ctx, func(tx *postgres.Tx) error {
		round, err := tx.RoundForUpdate(ctx, r.Round)
		if err != nil {
			return err
		}
		if err := round.TakesPledges(now); err != nil {
			return err
		}
		if change {
			err = d.changePledge(ctx, tx, &demand)
		} else {
			err = tx.AddDemands(ctx, []postgres.Demand{demand})
		}
		if err != nil {
			return err
		}
		if err := tx.CountPledge(ctx, r.Round); err != nil {
			return err
		}
		if err := tx.Audit(ctx, now, a.User, "pledge", "demand "+string(demand.ID), map[string]any{"change": change}); err != nil {
			return err
		}
		return d.send(ctx, tx, a.Email, letterPledged, pledgeLetter{
			Name: a.Name, Round: round.Name, Category: offer.CategoryName, Link: d.publicURL + "/impegni/" + string(demand.ID),
			MaxPrice: demand.MaxPrice, ClosesAt: round.ClosesAt.In(d.zone),
		})
	})
	return demand.ID, err
}

// mayPledge refuses a foreign household beside the field where the community
// is chosen.
func (d *Desk) mayPledge(a communities.Actor, community communities.CommunityID) error {
	if a.User == "" {
		return communities.ErrNotLoggedIn
	}
	if a.Household == "" || a.May(communities.PermPledge, communities.Scope{Community: community, Household: a.Household}, d.clock.Now()) != nil {
		return ErrNotMember.At("community")
	}
	return nil
}

func (d *Desk) offerInRound(ctx context.Context, round pooling.RoundID, id catalogue.OfferID) (postgres.OfferLine, error) {
	offers, err := d.db.OffersOfRound(ctx, round)
	if err != nil {
		return postgres.OfferLine{}, err
	}
	for _, o := range offers {
		if o.ID == id {
			return o, nil
		}
	}
	return postgres.OfferLine{}, pooling.ErrOfferNotInRound.With("offer", string(id))
}

// readPledge reads the fields as typed and refuses all that is wrong at once.
func (d *Desk) readPledge(ctx context.Context, a communities.Actor, r PledgeRequest, o postgres.OfferLine) (postgres.Demand, error) {
	now := d.clock.Now()
	f := &form{}
	unitsMax := int64(pooling.UnitsMax)
	if o.Terms.MaxUnits > 0 {
		unitsMax = min(unitsMax, o.Terms.MaxUnits)
	}
	if o.Terms.Mode == pooling.ModeRota {
		unitsMax = min(unitsMax, int64(len(o.Terms.Slots)))
	}
	demand := postgres.Demand{
		ID: pooling.DemandID(postgres.NewID()), Round: r.Round, Household: a.Household, Community: r.Community, Category: o.Category,
		State: postgres.DemandPledged, Units: f.whole("units", r.Units, 1, unitsMax, -1), Slots: f.chosen(r.Slots, o.Terms.Slots),
		MaxPrice: f.price("max_price", r.MaxPrice, 1), MaxDistanceM: f.whole("max_distance", r.MaxDistanceM, 0, pooling.RadiusMaxM, 0),
		PostedAt: now, ChangedAt: now,
	}
	if n := int64(len(demand.Slots)); o.Terms.Mode == pooling.ModeRota && n > 0 && n < demand.Units {
		f.refuse("slots", ErrSlotsFew.With("units", demand.Units, "slots", n))
	}
	method, err := billing.ParseMethod(string(r.Method))
	for _, e := range refusal.All(err) {
		f.refuse("method", e)
	}
	demand.Method = method
	places, err := d.db.Communities(ctx)
	if err != nil {
		return demand, err
	}
	i := slices.IndexFunc(places, func(c communities.Community) bool { return c.ID == r.Community })
	if i < 0 {
		return demand, postgres.ErrNotFound.With("what", "community")
	}
	community := places[i]
	if len(f.refused) == 0 && !inReach(o.Terms, community, demand.MaxDistanceM, places) {
		f.refuse("max_distance", pooling.ErrOfferOutOfReach.With("offer", o.Title))
	}
	if demand.Weight, err = d.weight(ctx, a.Household, r.Community); err != nil {
		return demand, err
	}
	return demand, f.refused.OrNil()
}

// chosen are the slots chosen among those of an offer, in its order.
func (f *form) chosen(ids, of []string) []string {
	var slots []string
	for _, id := range of {
		if slices.Contains(ids, id) {
			slots = append(slots, id)
		}
	}
	for _, id := range ids {
		if !slices.Contains(of, id) {
			f.refuse("slots", ErrSlotUnknown.With("slot", id))
		}
	}
	if len(ids) == 0 {
		f.refuse("slots", ErrSlotsMissing)
	}
	return slots
}

// inReach tells whether some group of the offer can meet near enough to a
// community (F3, F4).
func inReach(o pooling.Offer, c communities.Community, distanceM int64, places []communities.Community) bool {
	reach := min(o.MixRadiusM, distanceM)
	for _, p := range places {
		if c.Point.WithinM(p.Point, reach) && (reach > 0 || p.ID == c.ID || c.Point == p.Point) && hosts(o.Area, p) {
			return true
		}
	}
	return false
}

// weight is the household's weight in a community for a split by weight: its
// millesimi in thousandths, over all its units; 1 without millesimi.
func (d *Desk) weight(ctx context.Context, h communities.HouseholdID, c communities.CommunityID) (int64, error) {
	memberships, err := d.db.UnitsOf(ctx, c, h)
	if err != nil {
		return 0, err
	}
	var sum communities.Millesimi
	for _, m := range memberships {
		sum += m.Millesimi
	}
	return max(1, min(int64(sum)/10, pooling.WeightMax)), nil
}

// changePledge puts new terms on the pledge that the household already has;
// its wait goes on from the day on which it first pledged.
func (d *Desk) changePledge(ctx context.Context, tx *postgres.Tx, demand *postgres.Demand) error {
	own, err := tx.PledgesOfHousehold(ctx, demand.Household)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(own, func(p postgres.Demand) bool {
		return p.Round == demand.Round && p.Category == demand.Category && p.Community == demand.Community
	})
	if i < 0 {
		return ErrPledgeMissing
	}
	demand.ID, demand.PostedAt = own[i].ID, own[i].PostedAt
	return tx.UpdateDemand(ctx, *demand)
}

// Withdraw takes a pledge back before the close.
func (d *Desk) Withdraw(ctx context.Context, a communities.Actor, id pooling.DemandID) error {
	now := d.clock.Now()
	demand, err := d.ownDemand(ctx, a, id)
	if err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		round, err := tx.RoundForUpdate(ctx, demand.Round)
		if err != nil {
			return err
		}
		if err := round.TakesPledges(now); err != nil {
			return err
		}
		demand, err := tx.Demand(ctx, id)
		if err != nil || demand.State != postgres.DemandPledged {
			return err
		}
		demand.State, demand.ChangedAt = postgres.DemandWithdrawn, now
		if err := tx.UpdateDemand(ctx, demand); err != nil {
			return err
		}
		if err := tx.CountPledge(ctx, demand.Round); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "withdraw", "demand "+string(id), nil)
	})
}

// ownDemand is a pledged or withdrawn demand that the actor may act on; others
// are not there for them.
func (d *Desk) ownDemand(ctx context.Context, a communities.Actor, id pooling.DemandID) (postgres.Demand, error) {
	if a.User == "" {
		return postgres.Demand{}, communities.ErrNotLoggedIn
	}
	demand, err := d.db.Demand(ctx, id)
	if err != nil {
		return postgres.Demand{}, err
	}
	if demand.Round == "" || a.May(communities.PermSeeCharges, communities.Scope{Household: demand.Household}, d.clock.Now()) != nil {
		return postgres.Demand{}, postgres.ErrNotFound.With("what", "demand")
	}
	return demand, nil
}

// suggested is what the form of a first pledge shows. The maximum stays empty:
// it is the household's own, and today's price would be a poor one, for the
// price rises when a neighbour withdraws.
func suggested(r pooling.RoundID, o postgres.OfferLine, c communities.CommunityID) PledgeRequest {
	return PledgeRequest{Round: r, Offer: o.ID, Community: c, Units: "1", Slots: o.Terms.Slots, Method: billing.MethodTransfer}
}
