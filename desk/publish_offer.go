package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"colletta/catalogue"
	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/refusal"
)

// ErrCommunityUnknown says that a place is not a community of the municipality.
var ErrCommunityUnknown = refusal.New(refusal.KindInvalid, "community_unknown")

// PublishOffer publishes an offer of a provider that is qualified for its
// category. Several refusals come as a list, each with its field.
func (d *Desk) PublishOffer(ctx context.Context, a communities.Actor, r OfferRequest) (catalogue.OfferID, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermPublishOffer, communities.Scope{Provider: string(r.Provider)}, now); err != nil {
		return "", err
	}
	offer, err := d.readOffer(ctx, r, now)
	if err != nil {
		return "", err
	}
	return offer.ID, d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.AddOffer(ctx, offer); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "publish_offer", "offer "+string(offer.ID), map[string]any{"title": offer.Title})
	})
}

// readOffer reads the fields as typed and refuses all that is wrong at once.
func (d *Desk) readOffer(ctx context.Context, r OfferRequest, now time.Time) (catalogue.Offer, error) {
	categories, err := d.db.Categories(ctx)
	if err != nil {
		return catalogue.Offer{}, err
	}
	places, err := d.db.Communities(ctx)
	if err != nil {
		return catalogue.Offer{}, err
	}
	f := &form{}
	id := postgres.NewID()
	terms := pooling.Offer{
		ID: id, Provider: string(r.Provider), Category: r.Category, Mode: pooling.Mode(r.Mode), Split: pooling.SplitRule(r.Split),
		Slots:      f.slots(r.Slots),
		Area:       f.area(r, places),
		MixRadiusM: f.whole("mix_radius", r.MixRadiusM, 0, pooling.RadiusMaxM, 0),
		MinMembers: int(f.whole("min_members", r.MinMembers, 1, pooling.MembersMax, -1)),
		MaxMembers: int(f.whole("max_members", r.MaxMembers, 1, pooling.MembersMax, -1)),
		MinUnits:   f.whole("min_units", r.MinUnits, 0, pooling.MembersMax*pooling.UnitsMax, 0),
		MaxUnits:   f.whole("max_units", r.MaxUnits, 0, pooling.MembersMax*pooling.UnitsMax, 0),
		Tiers:      f.tiers(r.Tiers),
	}
	offer := catalogue.Offer{
		ID: catalogue.OfferID(id), Municipality: d.municipality, Provider: r.Provider, Category: catalogue.CategoryID(r.Category),
		Title: strings.TrimSpace(r.Title), Description: strings.TrimSpace(r.Description), Terms: terms, Period: r.Period,
		Meetings: int(f.whole("meetings", r.Meetings, 0, catalogue.MeetingsMax, 0)), ValidFrom: d.today(now), PublishedAt: now,
	}
	// What a field could not even be read as is said once, by its reader.
	unread := f.refused
	for _, e := range offer.Validate(catalogue.Tree(categories)) {
		if !slices.ContainsFunc(unread, func(r *refusal.Error) bool { return r.Field == e.Field }) {
			f.refused = append(f.refused, e)
		}
	}
	return offer, f.refused.OrNil()
}

// slots are those of the week's grid, in its order.
func (f *form) slots(chosen []string) []string {
	for _, id := range chosen {
		if _, err := catalogue.ParseSlot(id); err != nil {
			f.refuse("slots", ErrSlotUnknown.With("slot", id))
		}
	}
	var slots []string
	for _, s := range catalogue.WeekGrid() {
		if slices.Contains(chosen, s.ID()) {
			slots = append(slots, s.ID())
		}
	}
	return slots
}

func (f *form) area(r OfferRequest, places []communities.Community) pooling.Area {
	byID := map[string]communities.Community{}
	for _, c := range places {
		byID[string(c.ID)] = c
	}
	var area pooling.Area
	for _, id := range r.Communities {
		if _, ok := byID[id]; !ok {
			f.refuse("area", ErrCommunityUnknown)
			continue
		}
		area.Communities = append(area.Communities, id)
	}
	if r.CenterOf != "" {
		c, ok := byID[r.CenterOf]
		if !ok {
			f.refuse("area", ErrCommunityUnknown)
			return area
		}
		area.Center = &pooling.Point{XM: c.Point.XM, YM: c.Point.YM}
		area.RadiusM = f.whole("radius", r.RadiusM, 0, pooling.RadiusMaxM, -1)
	}
	return area
}

// tiers reads the rows of prices that are not wholly empty.
func (f *form) tiers(rows []TierRequest) []pooling.Tier {
	var tiers []pooling.Tier
	for i, t := range rows {
		if t.FromMembers+t.Fixed+t.PerMember+t.PerUnit == "" {
			continue
		}
		at := func(name string) string { return fmt.Sprintf("tiers[%d].%s", i, name) }
		tiers = append(tiers, pooling.Tier{
			FromMembers: int(f.whole(at("from_members"), t.FromMembers, 1, pooling.MembersMax, 1)),
			Fixed:       f.price(at("fixed"), t.Fixed, 0),
			PerMember:   f.price(at("per_member"), t.PerMember, 0),
			PerUnit:     f.price(at("per_unit"), t.PerUnit, 0),
		})
	}
	return tiers
}
