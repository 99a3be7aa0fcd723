package desk

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"colletta/catalogue"
	"colletta/communities"
	"colletta/postgres"
	"colletta/subsidies"
)

// summary is one line about a community.
func (d *Desk) summary(l postgres.CommunityLine) CommunitySummary {
	quarter, _ := communities.Milan().Quarter(l.QuarterID)
	return CommunitySummary{
		ID: l.ID, Kind: l.Kind, Name: l.Name, Address: l.Address, District: l.DistrictID, Quarter: quarter.Name,
		Households: l.Households, UnitLabel: l.UnitLabel,
	}
}

func (d *Desk) summaries(lines []postgres.CommunityLine) []CommunitySummary {
	all := make([]CommunitySummary, len(lines))
	for i, l := range lines {
		all[i] = d.summary(l)
	}
	return all
}

// Home is what the actor sees first.
func (d *Desk) Home(ctx context.Context, a communities.Actor) (HomeView, error) {
	if a.User == "" {
		return HomeView{}, communities.ErrNotLoggedIn
	}
	now := d.clock.Now()
	v := HomeView{Actor: a}
	if a.Household != "" {
		h, people, err := d.db.Household(ctx, a.Household)
		if err != nil {
			return v, err
		}
		v.Household = &HouseholdView{ID: h.ID, Name: h.Name, People: people}
		own, err := d.db.CommunitiesOf(ctx, a.Household)
		if err != nil {
			return v, err
		}
		v.Communities = d.summaries(own)
		pledges, err := d.db.PledgesOfHousehold(ctx, a.Household)
		if err != nil {
			return v, err
		}
		if v.Pledges, err = d.pledgeViews(ctx, a, pledges[:min(len(pledges), 10)]); err != nil {
			return v, err
		}
		if v.Charges, err = d.Charges(ctx, a); err != nil {
			return v, err
		}
	}
	if managed := a.CommunitiesAs(communities.RoleDelegate, now); len(managed) > 0 {
		lines, err := d.db.CommunityLines(ctx, managed)
		if err != nil {
			return v, err
		}
		v.Managed = d.summaries(lines)
	}
	for _, g := range a.Grants {
		if g.Role != communities.RoleProvider || !g.InForce(now) {
			continue
		}
		offers, err := d.db.OffersOfProvider(ctx, catalogue.ProviderID(g.Provider))
		if err != nil {
			return v, err
		}
		for _, o := range offers {
			v.Offers = append(v.Offers, offerSummary(o))
		}
	}
	var err error
	v.Rounds, err = d.Rounds(ctx, a)
	return v, err
}

// Community is a community's page. Its members, their pledges and whether they
// paid are for its delegate and for officers; amounts of subsidy, and what they
// follow from, only for officers.
func (d *Desk) Community(ctx context.Context, a communities.Actor, id communities.CommunityID) (CommunityView, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermSeeCommunity, communities.Scope{Community: id}, now); err != nil {
		return CommunityView{}, err
	}
	lines, err := d.db.CommunityLines(ctx, []communities.CommunityID{id})
	if err != nil {
		return CommunityView{}, err
	}
	if len(lines) == 0 {
		return CommunityView{}, postgres.ErrNotFound.With("what", "community")
	}
	v := CommunityView{
		Community: d.summary(lines[0]), Code: lines[0].Code,
		CanManage: a.May(communities.PermSeeMembers, communities.Scope{Community: id}, now) == nil,
	}
	delegate, err := d.db.DelegateOf(ctx, id, now)
	if err != nil {
		return v, err
	}
	v.Delegate = delegate.Name
	rounds, err := d.db.Rounds(ctx, postgres.RoundsFilter{City: true, Communities: []communities.CommunityID{id}, Most: 20})
	if err != nil {
		return v, err
	}
	for _, r := range rounds {
		v.Rounds = append(v.Rounds, d.roundSummary(r, 0))
	}
	needs, err := d.db.Needs(ctx, id)
	if err != nil {
		return v, err
	}
	v.Needs = needCounts(needs)
	for _, n := range needs {
		v.PledgedNow += n.Pledged
	}
	if v.CanManage {
		err = d.addMembers(ctx, a, &v)
	}
	return v, err
}

// addMembers fills in the households of a community, one line per unit.
func (d *Desk) addMembers(ctx context.Context, a communities.Actor, v *CommunityView) error {
	id := v.Community.ID
	memberships, err := d.db.MembershipsOf(ctx, id)
	if err != nil {
		return err
	}
	people, err := d.db.PeopleOf(ctx, id)
	if err != nil {
		return err
	}
	charges, err := d.chargeViews(ctx, postgres.ChargesFilter{Community: id}, 5000)
	if err != nil {
		return err
	}
	pledges, err := d.pledgeLabels(ctx, id)
	if err != nil {
		return err
	}
	holders := map[communities.HouseholdID]communities.Person{}
	for _, p := range people {
		if _, known := holders[p.Household]; !known || p.Role == communities.PersonHolder {
			holders[p.Household] = p
		}
	}
	officer := a.Has(communities.RoleOfficer, d.clock.Now())
	byHousehold := map[communities.HouseholdID][]ChargeView{}
	for _, c := range charges {
		view := c.ChargeView
		if !officer {
			view = withoutAmounts(view)
		}
		byHousehold[c.household] = append(byHousehold[c.household], view)
	}
	var total communities.Millesimi
	shown := map[communities.HouseholdID]bool{}
	for _, m := range memberships {
		total += m.Millesimi
		line := MemberView{
			Household: m.Household, Name: holders[m.Household].FullName(), UnitLabel: m.UnitLabel, Residents: m.Residents, Email: holders[m.Household].Email,
		}
		if m.Staircase != "" {
			line.UnitLabel = m.Staircase + " · " + m.UnitLabel
		}
		if m.Millesimi > 0 {
			line.Millesimi = padded(m.Millesimi)
		}
		if !shown[m.Household] { // with two units, once
			shown[m.Household] = true
			line.Pledges, line.Charges = pledges[m.Household], byHousehold[m.Household]
			for _, c := range line.Charges {
				line.Due, line.Paid = line.Due+c.Due, line.Paid+c.Paid
			}
		}
		v.Members = append(v.Members, line)
	}
	slices.SortStableFunc(v.Members, func(x, y MemberView) int { return naturally(x.UnitLabel, y.UnitLabel) })
	if total > 0 {
		v.MillesimiTotal = padded(total)
	}
	return nil
}

// padded writes millesimi with at least two decimals, so that a column lines up.
func padded(m communities.Millesimi) string {
	text := m.Italian()
	_, decimals, _ := strings.Cut(text, ",")
	switch len(decimals) {
	case 0:
		return text + ",00"
	case 1:
		return text + "0"
	}
	return text
}

// naturally compares labels as people count: "A · 2" before "A · 11".
func naturally(x, y string) int {
	for x != "" && y != "" {
		a, restX := leadingNumber(x)
		b, restY := leadingNumber(y)
		if restX != x && restY != y {
			if a != b {
				return cmp.Compare(a, b)
			}
			x, y = restX, restY
			continue
		}
		if x[0] != y[0] {
			return cmp.Compare(x, y)
		}
		x, y = x[1:], y[1:]
	}
	return cmp.Compare(len(x), len(y))
}

// leadingNumber is the number at the start of a text and what follows; the text
// itself follows when there is none.
func leadingNumber(s string) (n int, rest string) {
	i := 0
	for i < len(s) && i < 9 && s[i] >= '0' && s[i] <= '9' {
		n = 10*n + int(s[i]-'0')
		i++
	}
	return n, s[i:]
}

// withoutAmounts keeps of a charge what a delegate follows: whose, for what,
// the share of the cost, paid or not.
func withoutAmounts(c ChargeView) ChargeView {
	return ChargeView{
		ID: c.ID, Number: c.Number, Round: c.Round, RoundName: c.RoundName, Description: c.Description, Household: c.Household, UnitLabel: c.UnitLabel,
		Provider: c.Provider, Share: c.Share, State: c.State, IssuedOn: c.IssuedOn, DueOn: c.DueOn, Reference: c.Reference, Members: c.Members, Cost: c.Cost,
	}
}

// pledgeLabels says in words what each household of a community pledged for.
func (d *Desk) pledgeLabels(ctx context.Context, id communities.CommunityID) (map[communities.HouseholdID][]string, error) {
	demands, err := d.db.PledgesOfCommunity(ctx, id)
	if err != nil {
		return nil, err
	}
	categories, err := d.categoriesByID(ctx)
	if err != nil {
		return nil, err
	}
	rounds, err := d.db.Rounds(ctx, postgres.RoundsFilter{City: true, Communities: []communities.CommunityID{id}, Most: 200})
	if err != nil {
		return nil, err
	}
	labels := map[communities.HouseholdID][]string{}
	for _, p := range demands {
		i := slices.IndexFunc(rounds, func(r postgres.RoundLine) bool { return r.ID == p.Round })
		if i >= 0 {
			labels[p.Household] = append(labels[p.Household], categories[p.Category].Name+" · "+rounds[i].Name)
		}
	}
	return labels, nil
}

func needCounts(needs []postgres.Need) []NeedCount {
	all := make([]NeedCount, len(needs))
	for i, n := range needs {
		all[i] = NeedCount(n)
	}
	return all
}

// Officer is the Comune's page: rounds, funds and their use, needs on the map.
func (d *Desk) Officer(ctx context.Context, a communities.Actor) (OfficerView, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermSeeFund, communities.Scope{}, now); err != nil {
		return OfficerView{}, err
	}
	var v OfficerView
	var err error
	if v.Rounds, err = d.Rounds(ctx, a); err != nil {
		return v, err
	}
	funds, err := d.db.Funds(ctx)
	if err != nil {
		return v, err
	}
	for _, f := range funds {
		v.Funds = append(v.Funds, fundView(f))
	}
	needs, err := d.db.Needs(ctx, "")
	if err != nil {
		return v, err
	}
	v.Needs = needCounts(needs)
	if err := d.addPlaces(ctx, &v); err != nil {
		return v, err
	}
	totals, err := d.db.Totals(ctx)
	if err != nil {
		return v, err
	}
	v.Households, v.Communities, v.Providers = totals.Households, totals.Communities, totals.Providers
	v.Charges = ChargeTotals{
		Charged: totals.ChargedCents, Paid: totals.PaidCents, Open: totals.OpenCents, Count: totals.Charges, PaidCount: totals.PaidCharges,
	}
	if v.ISEEWaiting, err = d.db.CountISEE(ctx, subsidies.ISEEDeclared); err != nil {
		return v, err
	}
	open, err := d.chargeViews(ctx, postgres.ChargesFilter{Open: true}, 50)
	for _, c := range open {
		v.OpenCharges = append(v.OpenCharges, c.ChargeView)
	}
	return v, err
}

// addPlaces fills the map of needs and its sums by municipio.
func (d *Desk) addPlaces(ctx context.Context, v *OfficerView) error {
	places, err := d.db.NeedsByPlace(ctx)
	if err != nil {
		return err
	}
	byDistrict := map[int]*DistrictNeed{}
	for _, district := range communities.Milan().Districts {
		v.Unmet = append(v.Unmet, DistrictNeed{District: district.ID, Name: district.Name})
	}
	for i := range v.Unmet {
		byDistrict[v.Unmet[i].District] = &v.Unmet[i]
	}
	for _, p := range places {
		v.Map = append(v.Map, NeedPoint{
			Community: communities.CommunityID(p.ID), Name: p.Name, Kind: p.Kind, District: p.DistrictID, XM: p.XM, YM: p.YM, Demands: p.Demands, Served: p.Served,
		})
		if n := byDistrict[p.DistrictID]; n != nil {
			n.Demands, n.Served, n.Unmet = n.Demands+p.Demands, n.Served+p.Served, n.Unmet+p.Demands-p.Served
		}
	}
	return nil
}

// Provider is the page of the actor's provider: offers, confirmed pools
// without any family's amounts, and what the form of a new offer needs.
func (d *Desk) Provider(ctx context.Context, a communities.Actor) (ProviderView, error) {
	now := d.clock.Now()
	i := slices.IndexFunc(a.Grants, func(g communities.Grant) bool { return g.Role == communities.RoleProvider && g.InForce(now) })
	if i < 0 {
		return ProviderView{}, a.May(communities.PermSeeProvider, communities.Scope{}, now)
	}
	id := catalogue.ProviderID(a.Grants[i].Provider)
	p, err := d.db.Provider(ctx, id)
	if err != nil {
		return ProviderView{}, err
	}
	v := ProviderView{ID: id, Name: p.Name}
	offers, err := d.db.OffersOfProvider(ctx, id)
	if err != nil {
		return v, err
	}
	for _, o := range offers {
		v.Offers = append(v.Offers, offerSummary(o))
	}
	pools, err := d.db.Pools(ctx, postgres.PoolsFilter{Provider: id})
	if err != nil {
		return v, err
	}
	for _, pool := range pools {
		view := poolView(pool)
		view.Subsidy, view.Net, view.Paid = 0, 0, 0
		v.Pools = append(v.Pools, view)
	}
	qualified, err := d.db.QualifiedFor(ctx, id)
	if err != nil {
		return v, err
	}
	categories, err := d.categoriesByID(ctx)
	if err != nil {
		return v, err
	}
	for _, c := range qualified {
		v.Categories = append(v.Categories, categories[c])
	}
	for _, s := range catalogue.WeekGrid() {
		v.Slots = append(v.Slots, SlotView{ID: s.ID(), Label: s.Label()})
	}
	lines, err := d.db.CommunityLines(ctx, nil)
	v.Communities = d.summaries(lines)
	return v, err
}
