package desk

import (
	"context"
	"slices"

	"colletta/catalogue"
	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/refusal"
)

// Rounds lists rounds that concern the actor: the city's and those of their
// communities; all of them for an officer. Nobody logged in sees the city's.
func (d *Desk) Rounds(ctx context.Context, a communities.Actor) ([]RoundSummary, error) {
	now := d.clock.Now()
	filter := postgres.RoundsFilter{City: true, All: a.Has(communities.RoleOfficer, now)}
	filter.Communities = append(a.CommunitiesAs(communities.RoleMember, now), a.CommunitiesAs(communities.RoleDelegate, now)...)
	rounds, err := d.db.Rounds(ctx, filter)
	if err != nil {
		return nil, err
	}
	own, err := d.db.PledgesOfHousehold(ctx, a.Household)
	if err != nil {
		return nil, err
	}
	mine := map[pooling.RoundID]int{}
	for _, p := range own {
		mine[p.Round]++
	}
	all := make([]RoundSummary, len(rounds))
	for i, r := range rounds {
		all[i] = d.roundSummary(r, mine[r.ID])
	}
	return all, nil
}

func (d *Desk) roundSummary(r postgres.RoundLine, mine int) RoundSummary {
	return RoundSummary{
		ID: r.ID, Series: r.SeriesName, Name: r.Name, State: r.State, Community: r.CommunityName, OpensAt: r.OpensAt.In(d.zone),
		ClosesAt: r.ClosesAt.In(d.zone), Offers: r.Offers, Pledged: r.Pledged, Served: r.Served, Mine: mine,
	}
}

// Round is the page of a round as the actor may see it: the live picture for
// their own community, their own pledges; pools with members for the delegate
// of their community and for an officer.
func (d *Desk) Round(ctx context.Context, a communities.Actor, id pooling.RoundID) (RoundView, error) {
	now := d.clock.Now()
	round, err := d.db.Round(ctx, id)
	if err != nil {
		return RoundView{}, err
	}
	if !d.maySeeRound(a, round) {
		return RoundView{}, postgres.ErrNotFound.With("what", "round")
	}
	v := RoundView{SHA256: round.SHA256}
	own, err := d.db.PledgesOfHousehold(ctx, a.Household)
	if err != nil {
		return v, err
	}
	own = slices.DeleteFunc(own, func(p postgres.Demand) bool { return p.Round != id })
	v.Round = d.roundSummary(round, len(own))
	if v.Mine, err = d.pledgeViews(ctx, a, own); err != nil {
		return v, err
	}
	if round.State == pooling.RoundOpen {
		if v.Offers, err = d.pictures(ctx, a, round, own); err != nil {
			return v, err
		}
	} else if v.Results, err = d.results(ctx, a, round); err != nil {
		return v, err
	}
	v.CanPledge = true
	err = round.TakesPledges(now)
	switch {
	case err != nil:
		v.CanPledge, v.Why = false, refusal.All(err)[0].Code
	case a.User == "":
		v.CanPledge, v.Why = false, communities.ErrNotLoggedIn.Code
	case a.Household == "":
		v.CanPledge = false // a delegate, an officer or a provider looks on
	case len(v.Offers) == 0:
		v.CanPledge, v.Why = false, ErrNotMember.Code
	}
	return v, nil
}

// maySeeRound: rounds of the city are public facts; those of a community
// concern its members, its delegate and officers.
func (d *Desk) maySeeRound(a communities.Actor, r postgres.RoundLine) bool {
	return r.Community == "" || a.May(communities.PermSeeCommunity, communities.Scope{Community: r.Community}, d.clock.Now()) == nil ||
		a.Has(communities.RoleOfficer, d.clock.Now())
}

// results sums up a round that has formed.
func (d *Desk) results(ctx context.Context, a communities.Actor, round postgres.RoundLine) (RoundResults, error) {
	var out RoundResults
	if round.State == pooling.RoundVoid || !round.Reached(pooling.RoundFormed) {
		return out, nil
	}
	pools, err := d.db.Pools(ctx, postgres.PoolsFilter{Round: round.ID})
	if err != nil {
		return out, err
	}
	counts, err := d.db.OutcomeCounts(ctx, round.ID)
	if err != nil {
		return out, err
	}
	out.Formed = true
	for _, c := range counts {
		if c.Code == pooling.OutcomeServed {
			out.Served = c.Count
			continue
		}
		out.Unserved += c.Count
		out.Reasons = append(out.Reasons, ReasonCount{Code: c.Code, Count: c.Count})
	}
	now := d.clock.Now()
	officer := a.Has(communities.RoleOfficer, now)
	passes, err := d.db.Passes(ctx, round.ID)
	if err != nil {
		return out, err
	}
	for _, p := range passes {
		out.Passes = append(out.Passes, passView(p, officer))
	}
	members := map[string][]PoolMemberView{}
	if officer || len(a.CommunitiesAs(communities.RoleDelegate, now)) > 0 {
		if members, err = d.poolMembers(ctx, round.ID); err != nil {
			return out, err
		}
	}
	for _, p := range pools {
		view := poolView(p)
		out.Cost += p.Cost
		if officer {
			out.Subsidy, out.Net = out.Subsidy+p.Subsidy, out.Net+p.Net
			view.Members = members[string(p.ID)]
		} else {
			// In a small group even its sums would tell a neighbour's subsidy,
			// and from it the ISEE bracket.
			view.Subsidy, view.Net, view.Paid = 0, 0, 0
			if a.May(communities.PermSeeMembers, communities.Scope{Community: p.Host}, now) == nil {
				view.Members = withoutSubsidies(members[string(p.ID)])
			}
		}
		out.Pools = append(out.Pools, view)
	}
	return out, nil
}

// passView is a pass as an officer may see it, or anybody.
func passView(p postgres.Pass, officer bool) PassView {
	v := PassView{Number: p.Number, Demands: p.Demands, Viable: p.Viable, Served: p.Served, Certificate: certificateOf(p.Bound, p.Served)}
	if officer {
		v.Effort, v.TimeLimitSeconds, v.Seed, v.Work, v.Engine = p.Effort, p.TimeLimitSeconds, p.Seed, p.Work, p.Engine
		v.StartedAt, v.FormedAt, v.SHA256 = p.StartedAt, p.FormedAt, p.SHA256
	}
	return v
}

// certificateOf puts a bound beside what was served; nil without a bound.
func certificateOf(b *pooling.Bound, served int) *CertificateView {
	if b == nil {
		return nil
	}
	c := &CertificateView{Bound: b.Served, Method: b.Method, GapPermille: -1}
	if missed := max(0, b.Served-served); missed == 0 {
		c.GapPermille = 0
	} else if served > 0 {
		c.GapPermille = (missed*1000 + served - 1) / served
	}
	return c
}

func poolView(p postgres.Pool) PoolView {
	slot := ""
	if p.Slot != "" {
		slot = catalogue.SlotLabel(p.Slot)
	}
	return PoolView{
		ID: p.Name, Pass: p.Pass, Offer: p.OfferTitle, Provider: p.ProviderName, Slot: slot, Host: p.HostName, Size: p.Size,
		Cost: p.Cost, Subsidy: p.Subsidy, Net: p.Net, Paid: p.Paid,
	}
}

func (d *Desk) poolMembers(ctx context.Context, round pooling.RoundID) (map[string][]PoolMemberView, error) {
	rows, err := d.db.PoolMembers(ctx, round)
	members := map[string][]PoolMemberView{}
	for _, m := range rows {
		members[m.PoolID] = append(members[m.PoolID], PoolMemberView{
			Household: m.Household, UnitLabel: m.UnitLabel, Units: m.Units, Slots: slotLabels(m.Slots),
			Share: m.ShareCents, Subsidy: m.SubsidyCents, Net: m.ShareCents - m.SubsidyCents, State: m.ChargeState,
		})
	}
	return members, err
}

// withoutSubsidies hides what a delegate must not learn: from a subsidy its
// ISEE bracket would follow.
func withoutSubsidies(members []PoolMemberView) []PoolMemberView {
	for i := range members {
		members[i].Subsidy, members[i].Net = 0, 0
	}
	return members
}
