package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"colletta/catalogue"
	"colletta/communities"
	"colletta/desk"
	"colletta/money"
	"colletta/subsidies"
)

// The funds of the demo's measures; illustrative.
var demoFunds = []struct {
	Measure string
	Cap     money.Amount
}{
	{"contributo-laboratori-scuola-2026", 9_000_00},
	{"assistenza-condivisa-2026", 14_000_00},
}

// foundationSteps are what must be there before anybody asks for anything: the
// Comune, the communities with their families, providers, offers, measures.
func (l *demoLoader) foundationSteps() []demoStep {
	at := l.calendar.From
	steps := []demoStep{{at, "Il Comune", l.found}}
	for _, p := range l.city.Places {
		at = at.Add(7 * time.Minute)
		steps = append(steps, demoStep{at, p.Name, func(ctx context.Context) error { return l.register(ctx, p) }})
	}
	at = l.calendar.From.AddDate(0, 0, 2)
	for _, p := range l.city.Places {
		at = at.Add(11 * time.Minute)
		steps = append(steps, demoStep{at, "Famiglie: " + p.Name, func(ctx context.Context) error { return l.importFile(ctx, p) }})
	}
	at = l.calendar.From.AddDate(0, 0, 4)
	for i, p := range l.market.Providers {
		at = at.Add(30 * time.Minute)
		steps = append(steps, demoStep{at, p.Name, func(ctx context.Context) error { return l.provider(ctx, i, p) }})
	}
	steps = append(steps, demoStep{at.AddDate(0, 0, 1), "Misure e fondi", l.measures})
	for i, p := range l.city.Places {
		at := l.calendar.From.AddDate(0, 0, 6).Add(time.Duration(i) * 9 * time.Minute)
		steps = append(steps, demoStep{at, "ISEE: " + p.Name, func(ctx context.Context) error { return l.recordISEE(ctx, i, p) }})
	}
	return steps
}

func (l *demoLoader) found(ctx context.Context) error {
	who := cast("officer").Person
	if err := l.desk.Found(ctx, communities.Milan().Name, desk.NewOfficer{GivenName: who.GivenName, FamilyName: who.FamilyName, Email: who.Email}); err != nil {
		return err
	}
	known, err := demoCommunities(ctx, l.desk)
	l.known = known
	return err
}

// register lets the officer register a community and appoint its delegate.
func (l *demoLoader) register(ctx context.Context, p *demoPlace) error {
	officer, err := l.officer(ctx)
	if err != nil {
		return err
	}
	id, there := l.known[p.Name]
	if !there {
		if id, err = l.desk.CreateCommunity(ctx, officer, desk.NewCommunity{
			Kind: p.Kind, Name: p.Name, Address: p.Address,
			DistrictID: p.Quarter.DistrictID, QuarterID: p.Quarter.ID, Point: p.Point,
		}); err != nil {
			return err
		}
	}
	l.places[p.Key] = id
	return l.desk.AppointDelegate(ctx, officer, desk.NewDelegate{
		Community: id, GivenName: p.Delegate.GivenName, FamilyName: p.Delegate.FamilyName, Email: p.Delegate.Email, From: l.calendar.From,
	})
}

// importFile lets the delegate import the families, after looking at what the
// file would do.
func (l *demoLoader) importFile(ctx context.Context, p *demoPlace) error {
	delegate, err := l.actor(ctx, p.Delegate.Email)
	if err != nil {
		return err
	}
	data, err := demoWorkbook(p)
	if err != nil {
		return err
	}
	file := desk.ImportRequest{Community: l.places[p.Key], File: demoFileName(p), Data: data}
	preview, err := l.desk.PreviewImport(ctx, delegate, file)
	if err != nil {
		return err
	}
	if len(preview.Errors) > 0 {
		return preview.Errors[0].Refusal()
	}
	if !preview.AlreadyImported {
		if _, err := l.desk.ConfirmImport(ctx, delegate, file); err != nil {
			return err
		}
	}
	view, err := l.desk.Community(ctx, delegate, l.places[p.Key])
	if err != nil {
		return err
	}
	for _, m := range view.Members {
		l.households[m.Email] = m.Household
	}
	return nil
}

// provider lets the officer register a provider, and the provider publish.
func (l *demoLoader) provider(ctx context.Context, number int, p demoProvider) error {
	officer, err := l.officer(ctx)
	if err != nil {
		return err
	}
	contact := p.contact()
	tax := demoVATNumber(number + 1)
	request := desk.NewProvider{
		Name: p.Name, TaxCode: tax, VATNumber: tax, IBAN: demoIBAN(number + 1), Email: contact.Email, Address: p.Address,
		// Registered third-sector bodies pay no stamp duty (art. 82 D.Lgs. 117/2017).
		StampExempt: true, Staff: map[string]int{},
		ContactGivenName: contact.GivenName, ContactFamilyName: contact.FamilyName,
	}
	qualified := map[catalogue.CategoryID]bool{}
	for _, o := range p.Offers {
		for _, slot := range o.Slots {
			request.Staff[slot] = p.Staff
		}
		if c := demoCategories[o.Category]; !qualified[c] {
			qualified[c] = true
			request.Categories = append(request.Categories, string(c))
		}
	}
	if _, err := l.desk.RegisterProvider(ctx, officer, request); unlessDone(err) != nil {
		return err
	}
	who, err := l.actor(ctx, contact.Email)
	if err != nil {
		return err
	}
	view, err := l.desk.Provider(ctx, who)
	if err != nil {
		return err
	}
	l.providers[p.Key] = view.ID
	for _, o := range view.Offers {
		for _, mine := range p.Offers {
			if o.Title == mine.Title {
				l.offers[mine.Key] = o.ID
			}
		}
	}
	for _, o := range p.Offers {
		if l.offers[o.Key] != "" {
			continue
		}
		if l.offers[o.Key], err = l.desk.PublishOffer(ctx, who, l.offerRequest(view.ID, o)); err != nil {
			return fmt.Errorf("%s: %w", o.Title, err)
		}
	}
	return nil
}

// contact is who logs in for a provider: somebody of the cast, or an address
// made of its key.
func (p demoProvider) contact() demoPerson {
	if p.Contact != "" {
		return cast(p.Contact).Person
	}
	return demoPerson{GivenName: "Sportello", FamilyName: p.Name, Email: "sportello@" + p.Key + ".example"}
}

// offerRequest writes an offer as the provider types it in the form.
func (l *demoLoader) offerRequest(provider catalogue.ProviderID, o demoOffer) desk.OfferRequest {
	r := desk.OfferRequest{
		Provider: provider, Category: string(demoCategories[o.Category]), Title: o.Title, Description: o.Description,
		Mode: o.Mode, Split: o.Split, Slots: o.Slots, MinMembers: strconv.Itoa(o.Min), MaxMembers: strconv.Itoa(o.Max),
		MinUnits: typed(o.MinUnits), MaxUnits: typed(o.MaxUnits), Period: o.Period, Meetings: typed(o.Meetings),
		MixRadiusM: typed(o.Mix), RadiusM: typed(o.Radius), CenterOf: string(l.places[o.At]),
	}
	for _, key := range o.Places {
		r.Communities = append(r.Communities, string(l.places[key]))
	}
	for _, t := range o.Tiers {
		r.Tiers = append(r.Tiers, desk.TierRequest{
			FromMembers: strconv.Itoa(t.From), Fixed: t.Fixed.ItalianNumber(),
			PerMember: t.PerMember.ItalianNumber(), PerUnit: t.PerUnit.ItalianNumber(),
		})
	}
	return r
}

// typed is a whole number as typed; a field without one stays empty.
func typed(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// measures lets the officer write the measures that come with the program, and
// the director publish them with their funds: it takes two.
func (l *demoLoader) measures(ctx context.Context) error {
	officer, err := l.officer(ctx)
	if err != nil {
		return err
	}
	who := cast("director").Person
	if err := unlessDone(l.desk.AppointOfficer(ctx, officer, desk.NewOfficer{GivenName: who.GivenName, FamilyName: who.FamilyName, Email: who.Email})); err != nil {
		return err
	}
	director, err := l.actor(ctx, who.Email)
	if err != nil {
		return err
	}
	for _, f := range demoFunds {
		text, ok := subsidies.MeasureFile(f.Measure)
		if !ok {
			return fmt.Errorf("no measure %s", f.Measure)
		}
		if _, _, err := l.desk.WriteMeasure(ctx, officer, desk.MeasureText{YAML: string(text), Note: "Prima versione."}); unlessDone(err) != nil {
			return err
		}
		release := desk.MeasureRelease{Measure: f.Measure, Version: 1}
		if err := unlessDone(l.desk.PublishMeasure(ctx, director, release)); err != nil {
			return err
		}
		for _, year := range l.calendar.years(l.desk.Zone()) {
			release.Year, release.Cap = strconv.Itoa(year), f.Cap.ItalianNumber()
			if err := unlessDone(l.desk.AddMeasureFund(ctx, director, release)); err != nil {
				return err
			}
		}
	}
	return nil
}

// recordISEE records the certificates of a place's households: the ordinary one
// of everybody who has any, that for minors of the families of a school, and the
// socio-health one elsewhere, as the measures ask. The same value in all of
// them is a simplification of the demo.
func (l *demoLoader) recordISEE(ctx context.Context, number int, p *demoPlace) error {
	officer, err := l.officer(ctx)
	if err != nil {
		return err
	}
	special := subsidies.ISEESocioHealth
	if p.Kind == communities.KindSchool {
		special = subsidies.ISEEMinors
	}
	var certificates []desk.NewISEE
	for unit, u := range p.Units {
		if u.ISEE == nil || l.elsewhere(p, u) {
			continue
		}
		for _, year := range l.calendar.years(l.desk.Zone()) {
			for i, kind := range []subsidies.ISEEKind{subsidies.ISEEOrdinary, special} {
				certificates = append(certificates, desk.NewISEE{
					Household: l.households[u.Holder.Email], Kind: string(kind), Value: *u.ISEE,
					Protocol:  fmt.Sprintf("INPS-ISEE-%d-%c%03d%05d-00", year, 'A'+i, number, unit),
					ValidFrom: dayOf(year, time.January, 1), ValidTo: dayOf(year, time.December, 31),
				})
			}
		}
	}
	return unlessDone(l.desk.RecordISEE(ctx, officer, certificates))
}

// elsewhere tells whether a household of a place has its certificates recorded
// with an earlier place.
func (l *demoLoader) elsewhere(p *demoPlace, u demoUnit) bool {
	for _, q := range l.city.Places {
		if q == p {
			return false
		}
		for _, other := range q.Units {
			if other.Holder.Email == u.Holder.Email {
				return true
			}
		}
	}
	return false
}

// needSteps let the delegates declare what their neighbours need.
func (l *demoLoader) needSteps() []demoStep {
	byPlace := map[string][]demoNeed{}
	for _, n := range l.plan.Needs {
		byPlace[n.Place] = append(byPlace[n.Place], n)
	}
	var steps []demoStep
	for i, p := range l.city.Places {
		at := l.calendar.From.AddDate(0, 0, 8+i%50).Add(time.Duration(i) * time.Minute)
		steps = append(steps, demoStep{at, "Bisogni: " + p.Name, func(ctx context.Context) error {
			delegate, err := l.actor(ctx, p.Delegate.Email)
			if err != nil {
				return err
			}
			var declared []desk.NewDemand
			for _, n := range byPlace[p.Key] {
				declared = append(declared, desk.NewDemand{
					Household: l.households[p.Units[n.Unit].Holder.Email], Community: l.places[p.Key], Category: n.Category, Units: n.Units,
				})
			}
			if len(declared) == 0 {
				return nil
			}
			return unlessDone(l.desk.DeclareDemand(ctx, delegate, declared))
		}})
	}
	return steps
}
