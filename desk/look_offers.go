package desk

import (
	"context"
	"slices"

	"colletta/catalogue"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/subsidies"
)

// joiners are the numbers of further families for which pages show a price.
var joiners = []int{1, 2, 5}

// picturesMost bounds the offers of one page.
const picturesMost = 30

// pictures shows each offer in reach of the actor's communities, or, for
// somebody without a household, every offer from where its group would meet.
func (d *Desk) pictures(ctx context.Context, a communities.Actor, round postgres.RoundLine, own []postgres.Demand) ([]OfferPictureView, error) {
	p, err := d.preview(ctx, round)
	if err != nil {
		return nil, err
	}
	homes, err := d.homes(ctx, a, round, p)
	if err != nil {
		return nil, err
	}
	isee, err := d.ownISEE(ctx, a, postgres.PurposeOwnPrice)
	if err != nil {
		return nil, err
	}
	people, err := d.db.CountPeople(ctx, []communities.HouseholdID{a.Household})
	if err != nil {
		return nil, err
	}
	var all []OfferPictureView
	for _, o := range p.sources.offers {
		view, ok, err := d.picture(p, o, a, homes, own, isee, people)
		if err != nil {
			return nil, err
		}
		if ok && len(all) < picturesMost {
			all = append(all, view)
		}
	}
	return all, nil
}

// homes are the communities from which the reader looks.
func (d *Desk) homes(ctx context.Context, a communities.Actor, round postgres.RoundLine, p *preview) ([]communities.Community, error) {
	if a.Household == "" {
		if round.Community == "" {
			return p.sources.places, nil
		}
		c, err := d.db.Community(ctx, round.Community)
		return []communities.Community{c}, err
	}
	lines, err := d.db.CommunitiesOf(ctx, a.Household)
	homes := make([]communities.Community, len(lines))
	for i, l := range lines {
		homes[i] = l.Community
	}
	return homes, err
}

// picture is the live picture of one offer; false when it is out of reach.
func (d *Desk) picture(p *preview, o postgres.OfferLine, a communities.Actor, homes []communities.Community, own []postgres.Demand,
	isee map[communities.HouseholdID][]subsidies.ISEECertificate, people map[communities.HouseholdID]postgres.PeopleCount) (OfferPictureView, bool, error) {
	view := OfferPictureView{
		Offer: offerSummary(o), Slots: slotViews(o.Terms.Slots), MinMembers: o.Terms.MinMembers, MaxMembers: o.Terms.MaxMembers, Units: 1, Hypothetical: true,
	}
	var home communities.Community
	for _, h := range homes {
		if inReach(o.Terms, h, o.Terms.MixRadiusM, p.sources.places) {
			home = h
			break
		}
	}
	if home.ID == "" {
		return view, false, nil
	}
	mine := slices.IndexFunc(own, func(q postgres.Demand) bool { return q.Category == o.Category })
	view.CandidateUnits = p.unitsNear(o, home)
	grant := d.grantFor(p, o, a.Household, home, isee, people, &view)
	if mine < 0 {
		look, err := pooling.OfferPictureFor(p.snapshot, string(o.ID), string(home.ID), 1, 1, o.Terms.Slots, joiners)
		view.fill(look, o, grant)
		return view, err == nil, err
	}
	look, err := pooling.OutlookFor(p.snapshot, string(o.ID), string(own[mine].ID), joiners)
	if err != nil {
		return view, false, err
	}
	view.Hypothetical, view.Units = false, own[mine].Units
	voucher, holds := pooling.Vouchers(p.snapshot)[string(own[mine].ID)]
	if !holds { // the fund may end before this household
		view.Measure, view.SubsidyNote = "", ""
	}
	view.fill(pooling.Picture{
		Slot: look.Slot, Host: look.Host, Candidates: look.Candidates, Members: look.Members, MinMembers: look.MinMembers,
		MaxMembers: look.MaxMembers, Missing: look.Missing, Quote: look.Quote, Steps: look.Steps,
	}, o, func(quote money.Amount) money.Amount {
		if !holds {
			return 0
		}
		return voucher.Subsidy(quote, quote)
	})
	return view, true, nil
}

// unitsNear sums the units of the pledges that could share the offer's group
// with a community.
func (p *preview) unitsNear(o postgres.OfferLine, home communities.Community) int64 {
	points := map[communities.CommunityID]communities.Point{}
	for _, c := range p.sources.places {
		points[c.ID] = c.Point
	}
	var units int64
	for _, q := range p.sources.demands {
		if q.Category == o.Category && (q.Community == home.ID || points[q.Community].WithinM(home.Point, min(o.Terms.MixRadiusM, q.MaxDistanceM))) {
			units += q.Units
		}
	}
	return units
}

// fill copies the outlook with prices after subsidy.
func (v *OfferPictureView) fill(look pooling.Picture, o postgres.OfferLine, grant func(money.Amount) money.Amount) {
	v.Candidates, v.Missing = look.Candidates, look.Missing
	v.MinUnits = o.Terms.MinUnits
	if look.Slot != "" {
		v.Slot = catalogue.SlotLabel(look.Slot)
	}
	step := func(more, members int, quote money.Amount) PriceStep {
		s := PriceStep{More: more, Members: members, Quote: quote, Subsidy: min(grant(quote), quote)}
		s.Net = s.Quote - s.Subsidy
		return s
	}
	size := look.Candidates
	if v.Hypothetical { // the price counts the reader in
		size++
	}
	now := step(0, max(look.Members, size), look.Quote)
	v.Quote, v.Subsidy, v.Net = now.Quote, now.Subsidy, now.Net
	for i, s := range look.Steps {
		if i > 0 && s.Members > 0 && s.Members == look.Steps[i-1].Members { // the group is full
			continue
		}
		v.Steps = append(v.Steps, step(s.More, s.Members, s.Quote))
	}
	v.Ladder = v.ladder(o.Terms, now, step)
	for _, t := range o.Terms.Tiers {
		if t.FromMembers <= max(1, now.Members) {
			v.FixedTotal = t.Fixed
		}
	}
}

// ladder is the price by size of the group. Where everyone pays alike it goes
// from the smallest group to the largest; where the fixed cost is shared by
// units or weights, the price at another size depends on who joins, and the
// ladder goes from today's group on, with families like the reader's.
func (v *OfferPictureView) ladder(o pooling.Offer, now PriceStep, step func(more, members int, quote money.Amount) PriceStep) []PriceStep {
	var rungs []PriceStep
	if o.Split == pooling.SplitEqual {
		for _, r := range pooling.PriceLadder(o, v.Units, 1, ladderSizes(o)) {
			rungs = append(rungs, step(0, r.Members, r.Quote))
		}
		return rungs
	}
	for _, s := range append([]PriceStep{now}, v.Steps...) {
		members := now.Members + s.More
		if members <= o.MaxMembers && (len(rungs) == 0 || members > rungs[len(rungs)-1].Members) {
			rungs = append(rungs, step(0, members, s.Quote))
		}
	}
	return rungs
}

// ladderMost bounds the points of the price chart.
const ladderMost = 60

// ladderSizes are the group sizes of the chart: all of them, or evenly spread.
func ladderSizes(o pooling.Offer) []int {
	var sizes []int
	step := max(1, (o.MaxMembers-o.MinMembers+ladderMost)/ladderMost)
	for n := o.MinMembers; n < o.MaxMembers; n += step {
		sizes = append(sizes, n)
	}
	return append(sizes, o.MaxMembers)
}

// grantFor is what a measure would grant to a household that has not pledged
// yet, while the fund holds out; the first measure that grants counts, as in a
// snapshot.
func (d *Desk) grantFor(p *preview, o postgres.OfferLine, h communities.HouseholdID, home communities.Community,
	isee map[communities.HouseholdID][]subsidies.ISEECertificate, people map[communities.HouseholdID]postgres.PeopleCount,
	view *OfferPictureView) func(money.Amount) money.Amount {
	none := func(money.Amount) money.Amount { return 0 }
	if h == "" {
		return none
	}
	kinds := map[communities.CommunityID]communities.Kind{home.ID: home.Kind}
	for _, f := range p.sources.funds {
		if f.Available() == 0 {
			continue
		}
		m := f.measure
		g, trace := m.Evaluate(situation(h, home.ID, o.Category, kinds, isee, people, m.ISEEKind, p.day))
		if _, ok := toGrant(g); ok {
			if g.Cap != nil { // the household's: its other demands have their part of it
				each := *g.Cap / money.Amount(p.claims(f.MeasureID, h)+1)
				g.Cap = &each
			}
			view.Measure = m.Name.IT
			for i, line := range trace {
				if i > 0 {
					view.SubsidyNote += "\n"
				}
				view.SubsidyNote += line
			}
			return g.Of
		}
	}
	return none
}

// claims counts the demands of a household that a measure grants something to.
func (p *preview) claims(measure string, h communities.HouseholdID) int {
	n := 0
	for _, programme := range p.snapshot.Programmes {
		grants, given := programme.Rule.(pooling.Given)
		if programme.ID != measure || !given {
			continue
		}
		for _, d := range p.sources.demands {
			if _, granted := grants[string(d.ID)]; granted && d.Household == h {
				n++
			}
		}
	}
	return n
}

func offerSummary(o postgres.OfferLine) OfferSummary {
	return OfferSummary{
		ID: o.ID, Title: o.Title, Description: o.Description, Provider: o.ProviderName, Category: o.CategoryName, Mode: o.Terms.Mode,
		Split: o.Terms.Split, MinMembers: o.Terms.MinMembers, MaxMembers: o.Terms.MaxMembers, Unit: o.Unit, Period: o.Period, Published: !o.PublishedAt.IsZero(),
	}
}

func slotViews(ids []string) []SlotView {
	views := make([]SlotView, len(ids))
	for i, id := range ids {
		views[i] = SlotView{ID: id, Label: catalogue.SlotLabel(id)}
	}
	return views
}

func slotLabels(ids []string) []string {
	labels := make([]string, len(ids))
	for i, id := range ids {
		labels[i] = catalogue.SlotLabel(id)
	}
	return labels
}

// PledgeForm is what the form of a pledge needs.
func (d *Desk) PledgeForm(ctx context.Context, a communities.Actor, id pooling.RoundID, offer catalogue.OfferID) (PledgeFormView, error) {
	if a.User == "" {
		return PledgeFormView{}, communities.ErrNotLoggedIn
	}
	round, err := d.db.Round(ctx, id)
	if err != nil {
		return PledgeFormView{}, err
	}
	if !d.maySeeRound(a, round) {
		return PledgeFormView{}, postgres.ErrNotFound.With("what", "round")
	}
	if err := round.TakesPledges(d.clock.Now()); err != nil {
		return PledgeFormView{}, err
	}
	o, err := d.offerInRound(ctx, id, offer)
	if err != nil {
		return PledgeFormView{}, err
	}
	own, err := d.db.PledgesOfHousehold(ctx, a.Household)
	if err != nil {
		return PledgeFormView{}, err
	}
	own = slices.DeleteFunc(own, func(p postgres.Demand) bool { return p.Round != id })
	v := PledgeFormView{Round: d.roundSummary(round, len(own)), Slots: slotViews(o.Terms.Slots), UnitsFixed: o.Unit == catalogue.UnitChild}
	pictures, err := d.pictures(ctx, a, round, own)
	if err != nil {
		return v, err
	}
	i := slices.IndexFunc(pictures, func(p OfferPictureView) bool { return p.Offer.ID == offer })
	lines, err := d.db.CommunitiesOf(ctx, a.Household)
	if err != nil {
		return v, err
	}
	places, err := d.db.Communities(ctx)
	if err != nil {
		return v, err
	}
	for _, l := range lines {
		if inReach(o.Terms, l.Community, o.Terms.MixRadiusM, places) {
			v.Communities = append(v.Communities, d.summary(l))
		}
	}
	if i < 0 || len(v.Communities) == 0 {
		return v, ErrNotMember
	}
	v.Picture = pictures[i]
	v.Suggested = suggested(id, o, v.Communities[0].ID)
	mine := slices.IndexFunc(own, func(p postgres.Demand) bool { return p.Category == o.Category })
	if mine >= 0 {
		views, err := d.pledgeViews(ctx, a, own[mine:mine+1])
		if err != nil {
			return v, err
		}
		v.Existing = &views[0]
	}
	return v, nil
}
