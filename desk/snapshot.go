package desk

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"colletta/catalogue"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/subsidies"
)

// snapshotVersion is 2: grants of measures are evaluated beforehand.
const snapshotVersion = 2

// sources is what a snapshot is made of.
type sources struct {
	round      postgres.RoundLine
	offers     []postgres.OfferLine
	demands    []postgres.Demand
	places     []communities.Community
	categories []catalogue.Category
	providers  []postgres.ProviderStaff
	funds      []measuredFund
	isee       map[communities.HouseholdID][]subsidies.ISEECertificate
	people     map[communities.HouseholdID]postgres.PeopleCount
	oddCents   map[communities.HouseholdID]int
	at         time.Time // the day on which ISEE and measures are looked at
}

// measuredFund is a fund with one of its measures, read once.
type measuredFund struct {
	postgres.MeasuredFund
	measure *subsidies.Measure
}

// fundsOn are the funds of a day, with their measures.
func fundsOn(day time.Time, funds []postgres.MeasuredFund) ([]measuredFund, error) {
	var of []measuredFund
	for _, f := range funds {
		if !f.On(day) {
			continue
		}
		m, err := subsidies.LoadMeasure([]byte(f.Yaml))
		if err != nil {
			return nil, fmt.Errorf("measure %s: %w", f.MeasureID, err)
		}
		of = append(of, measuredFund{f, m})
	}
	return of, nil
}

// gather reads what a round's snapshot is made of. The certificates of its
// households are opened for the purpose of why.
func (d *Desk) gather(ctx context.Context, r *postgres.Tx, why postgres.Reading, round postgres.RoundLine, funds []postgres.MeasuredFund, at time.Time) (s sources, err error) {
	s = sources{round: round, at: d.today(at)}
	if s.funds, err = fundsOn(s.at, funds); err != nil {
		return s, err
	}
	if s.offers, err = r.OffersOfRound(ctx, round.ID); err != nil {
		return s, err
	}
	if s.demands, err = r.PledgesOf(ctx, round.ID); err != nil {
		return s, err
	}
	if s.places, err = r.Communities(ctx); err != nil {
		return s, err
	}
	if s.categories, err = r.Categories(ctx); err != nil {
		return s, err
	}
	if s.providers, err = r.Providers(ctx); err != nil {
		return s, err
	}
	households := map[communities.HouseholdID]bool{}
	for _, p := range s.demands {
		households[p.Household] = true
	}
	ids := slices.Sorted(maps.Keys(households))
	why.Round = round.ID
	if s.isee, err = r.ReadISEE(ctx, why, ids); err != nil {
		return s, err
	}
	if s.people, err = r.CountPeople(ctx, ids); err != nil {
		return s, err
	}
	s.oddCents, err = r.OddCents(ctx, ids)
	return s, err
}

// snapshot is the frozen input of the round, in the order of ids, so that the
// same sources give the same bytes.
func (s sources) snapshot() (*pooling.Snapshot, error) {
	out := &pooling.Snapshot{
		Version: snapshotVersion,
		Round:   pooling.RoundHeader{ID: string(s.round.ID), Date: s.at.Format(time.DateOnly), Period: s.round.Period, Currency: "EUR"},
	}
	slots, providers, categories := s.addOffers(out)
	s.addDemands(out, slots, categories)
	for _, g := range catalogue.WeekGrid() {
		if slots[g.ID()] {
			out.Slots = append(out.Slots, pooling.Slot{ID: g.ID(), Day: g.DayID(), Start: g.Start(), End: g.End()})
		}
	}
	for _, c := range s.categories {
		if categories[string(c.ID)] {
			out.Categories = append(out.Categories, pooling.Category{ID: string(c.ID), Unit: c.Unit})
		}
	}
	for _, c := range s.places { // all: a group may meet where nobody of it lives
		out.Communities = append(out.Communities, pooling.Community{ID: string(c.ID), Kind: string(c.Kind), XM: c.Point.XM, YM: c.Point.YM})
	}
	for _, p := range s.providers {
		if providers[string(p.ID)] {
			out.Providers = append(out.Providers, pooling.Provider{ID: string(p.ID), Staff: only(p.Staff, slots)})
		}
	}
	for _, f := range s.funds {
		if p := s.programme(f); p != nil {
			out.Programmes = append(out.Programmes, *p)
		}
	}
	shareFunds(out, s.funds)
	slices.SortFunc(out.Categories, func(a, b pooling.Category) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(out.Communities, func(a, b pooling.Community) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(out.Providers, func(a, b pooling.Provider) int { return cmp.Compare(a.ID, b.ID) })
	return out, pooling.Validate(out)
}

// addOffers adds the offers and says what they refer to.
func (s sources) addOffers(out *pooling.Snapshot) (slots, providers, categories map[string]bool) {
	slots, providers, categories = map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, o := range s.offers {
		out.Offers = append(out.Offers, o.Terms)
		providers[string(o.Provider)], categories[string(o.Category)] = true, true
		for _, id := range o.Terms.Slots {
			slots[id] = true
		}
	}
	slices.SortFunc(out.Offers, func(a, b pooling.Offer) int { return cmp.Compare(a.ID, b.ID) })
	return slots, providers, categories
}

func (s sources) addDemands(out *pooling.Snapshot, slots, categories map[string]bool) {
	seen := map[communities.HouseholdID]bool{}
	for _, p := range s.demands {
		categories[string(p.Category)] = true
		out.Demands = append(out.Demands, pooling.Demand{
			ID: string(p.ID), Household: string(p.Household), Community: string(p.Community), Category: string(p.Category),
			Units: p.Units, Weight: p.Weight, Slots: known(p.Slots, slots), MaxPrice: p.MaxPrice, MaxDistanceM: p.MaxDistanceM,
			PostedOn: p.PostedAt.Format(time.DateOnly),
		})
		if !seen[p.Household] {
			seen[p.Household] = true
			out.Households = append(out.Households, pooling.Household{
				ID: string(p.Household), OddCents: s.oddCents[p.Household],
				ISEE: s.iseeOf(p.Household),
			})
		}
	}
	slices.SortFunc(out.Demands, func(a, b pooling.Demand) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(out.Households, func(a, b pooling.Household) int { return cmp.Compare(a.ID, b.ID) })
}

// iseeOf is the ISEE by which vouchers are ordered: the ordinary one, or for a
// household without it that for minors, or the one for social and health care.
func (s sources) iseeOf(h communities.HouseholdID) *money.Amount {
	for _, kind := range []subsidies.ISEEKind{subsidies.ISEEOrdinary, subsidies.ISEEMinors, subsidies.ISEESocioHealth} {
		if v := subsidies.CurrentISEE(s.isee[h], kind, s.at); v != nil {
			return v
		}
	}
	return nil
}

// programme evaluates a fund's measure for every demand; nil when it grants
// nothing on that day.
func (s sources) programme(f measuredFund) *pooling.Programme {
	kinds := s.kinds()
	grants := map[string]pooling.Grant{}
	for _, p := range s.demands {
		g, _ := f.measure.Evaluate(situation(p.Household, p.Community, p.Category, kinds, s.isee, s.people, f.measure.ISEEKind, s.at))
		if grant, ok := toGrant(g); ok {
			grants[string(p.ID)] = grant
		}
	}
	if len(grants) == 0 {
		return nil
	}
	if f.measure.Cap == nil {
		s.divideCaps(grants)
	}
	// The cap is the household's: the round divides it among its demands.
	return &pooling.Programme{ID: f.MeasureID, Rule: pooling.Given(grants), HouseholdCap: f.measure.Cap, Budget: f.Available()}
}

// divideCaps divides the cap that a formula reckons for a household among its
// demands, as a round does with one cap for all, in whole cents.
func (s sources) divideCaps(grants map[string]pooling.Grant) {
	claims := map[communities.HouseholdID]int64{}
	for _, p := range s.demands {
		if _, ok := grants[string(p.ID)]; ok {
			claims[p.Household]++
		}
	}
	for _, p := range s.demands {
		if g, ok := grants[string(p.ID)]; ok && g.Cap != nil && claims[p.Household] > 1 {
			each := *g.Cap / money.Amount(claims[p.Household])
			g.Cap = &each
			grants[string(p.ID)] = g
		}
	}
}

func (s sources) kinds() map[communities.CommunityID]communities.Kind {
	kinds := make(map[communities.CommunityID]communities.Kind, len(s.places))
	for _, c := range s.places {
		kinds[c.ID] = c.Kind
	}
	return kinds
}

func situation(h communities.HouseholdID, c communities.CommunityID, category catalogue.CategoryID, kinds map[communities.CommunityID]communities.Kind,
	isee map[communities.HouseholdID][]subsidies.ISEECertificate, people map[communities.HouseholdID]postgres.PeopleCount,
	kind subsidies.ISEEKind, at time.Time) subsidies.Situation {
	return subsidies.Situation{
		ISEE: subsidies.CurrentISEE(isee[h], kind, at), Kind: kind, Date: at,
		Category: string(category), CommunityKind: string(kinds[c]), Community: string(c),
		Size: lawfulSize(isee[h], kind, people[h].People, at), Minors: people[h].Children,
	}
}

// lawfulSize is how many people a household has: as the certificate that counts
// says, because that is the household in law, or as registered.
func lawfulSize(certificates []subsidies.ISEECertificate, kind subsidies.ISEEKind, registered int, at time.Time) int {
	if kind != "" {
		if c := subsidies.CertificateAt(certificates, kind, subsidies.CalculationOrdinary, at); c != nil && c.Size > 0 {
			return c.Size
		}
	}
	return registered
}

// toGrant is how a measure's grant depends on the price; false when it grants
// nothing.
func toGrant(g subsidies.Grant) (pooling.Grant, bool) {
	if !g.Eligible || (g.BasisPoints == 0 && g.Amount == 0) {
		return pooling.Grant{}, false
	}
	return pooling.Grant{Percent: g.BasisPoints, Amount: g.Amount, Cap: g.Cap}, true
}

func only(staff map[string]int, slots map[string]bool) map[string]int {
	kept := map[string]int{}
	for id, n := range staff {
		if slots[id] && n > 0 {
			kept[id] = n
		}
	}
	return kept
}

func known(ids []string, slots map[string]bool) []string {
	var kept []string
	for _, id := range ids {
		if slots[id] {
			kept = append(kept, id)
		}
	}
	return kept
}

// preview is an open round's snapshot as it would be if it closed now. It stays
// in memory, with the ISEE values that it was made of, for [previewAge].
type preview struct {
	version  int64
	day      time.Time
	made     time.Time
	sources  sources
	snapshot *pooling.Snapshot
}

// previewAge is how long a preview is kept though nobody pledges: a certificate
// or a fund may change meanwhile.
const previewAge = time.Minute

// previews keeps the preview of each open round for a while, until a pledge or
// the day changes.
type previews struct {
	mu sync.Mutex
	of map[pooling.RoundID]*preview
}

// previewsMax bounds what is kept; more open rounds than that start again.
const previewsMax = 500

// preview returns the snapshot that a round would have now.
func (d *Desk) preview(ctx context.Context, round postgres.RoundLine) (*preview, error) {
	now := d.clock.Now()
	d.previews.mu.Lock()
	p := d.previews.of[round.ID]
	d.previews.mu.Unlock()
	if p != nil && p.version == round.PledgeVersion && p.day.Equal(d.today(now)) && now.Sub(p.made).Abs() < previewAge {
		return p, nil
	}
	var s sources
	err := d.db.InTx(ctx, func(tx *postgres.Tx) error {
		funds, err := tx.MeasuredFunds(ctx)
		if err == nil {
			s, err = d.gather(ctx, tx, postgres.Reading{Purpose: postgres.PurposePreview, At: now}, round, funds, now)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	snapshot, err := s.snapshot()
	if err != nil {
		return nil, err
	}
	p = &preview{version: round.PledgeVersion, day: s.at, made: now, sources: s, snapshot: snapshot}
	d.previews.mu.Lock()
	defer d.previews.mu.Unlock()
	if d.previews.of == nil || len(d.previews.of) >= previewsMax {
		d.previews.of = map[pooling.RoundID]*preview{}
	}
	d.previews.of[round.ID] = p
	return p, nil
}
