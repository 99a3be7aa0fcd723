package desk

import (
	"context"
	"strings"
	"time"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/refusal"
)

var (
	// ErrRequired says that a field is empty.
	ErrRequired = refusal.New(refusal.KindInvalid, "required")
	// ErrTooLong says that a text is too long. Args: max.
	ErrTooLong = refusal.New(refusal.KindInvalid, "too_long")
	// ErrText says that a text holds characters that are no text (control
	// characters, invalid UTF-8).
	ErrText = refusal.New(refusal.KindInvalid, "text_invalid")
	// ErrPeriodBack says that something would end before it starts.
	ErrPeriodBack = refusal.New(refusal.KindInvalid, "period_backwards")
)

const (
	nameRunesMax = 200
	textRunesMax = 2000
)

// Found starts the municipality of this installation: its row, its catalogue
// tree, and its first officer. Nothing when it is there; it is the one act
// without an actor, done by who installs.
func (d *Desk) Found(ctx context.Context, name string, officer NewOfficer) error {
	email, err := normalEmail(officer.Email)
	if err != nil {
		return err
	}
	now := d.clock.Now()
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.Found(ctx, name, catalogue.MilanCategories()); err != nil {
			return err
		}
		return tx.AddUser(ctx, email, strings.TrimSpace(officer.GivenName+" "+officer.FamilyName), communities.Grant{Role: communities.RoleOfficer, From: now}, now)
	})
}

// AppointOfficer lets another person of the Comune log in as an officer
// (officer): some acts need two.
func (d *Desk) AppointOfficer(ctx context.Context, a communities.Actor, r NewOfficer) error {
	now := d.clock.Now()
	if err := a.May(communities.PermQualify, communities.Scope{}, now); err != nil {
		return err
	}
	email, err := normalEmail(r.Email)
	if err != nil {
		return err
	}
	if err := texts(field{"given_name", r.GivenName, nameRunesMax}, field{"family_name", r.FamilyName, nameRunesMax}).OrNil(); err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		grant := communities.Grant{Role: communities.RoleOfficer, From: now}
		if err := tx.AddUser(ctx, email, strings.TrimSpace(r.GivenName+" "+r.FamilyName), grant, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "appoint_officer", "user "+email, nil)
	})
}

// ActorByEmail is the actor for somebody known by an e-mail address, for acts
// at the command line, where who types is trusted.
func (d *Desk) ActorByEmail(ctx context.Context, email string) (communities.Actor, error) {
	return d.db.ActorByEmail(ctx, strings.ToLower(email))
}

// CreateCommunity registers a community (officer).
func (d *Desk) CreateCommunity(ctx context.Context, a communities.Actor, r NewCommunity) (communities.CommunityID, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermQualify, communities.Scope{}, now); err != nil {
		return "", err
	}
	if _, err := communities.ParseKind(string(r.Kind)); err != nil {
		return "", err
	}
	if err := texts(field{"name", r.Name, nameRunesMax}, field{"address", r.Address, nameRunesMax}).OrNil(); err != nil {
		return "", err
	}
	c := communities.Community{
		ID: communities.CommunityID(postgres.NewID()), Municipality: d.municipality, Kind: r.Kind, Name: strings.TrimSpace(r.Name),
		Address: strings.TrimSpace(r.Address), DistrictID: r.DistrictID, QuarterID: r.QuarterID, Point: r.Point, ParentID: r.Parent,
	}
	c.Code = joinCode(string(c.ID))
	return c.ID, d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.AddCommunity(ctx, c, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "create_community", "community "+string(c.ID), map[string]any{"name": c.Name})
	})
}

// joinCode is a short code to join a community with, made of the random end of
// its id.
func joinCode(id string) string {
	return strings.ToUpper(strings.ReplaceAll(id, "-", "")[22:])
}

// AppointDelegate gives a community its delegate (officer).
func (d *Desk) AppointDelegate(ctx context.Context, a communities.Actor, r NewDelegate) error {
	now := d.clock.Now()
	if err := a.May(communities.PermQualify, communities.Scope{Community: r.Community}, now); err != nil {
		return err
	}
	email, err := normalEmail(r.Email)
	if err != nil {
		return err
	}
	if !r.To.IsZero() && !r.To.After(r.From) {
		return ErrPeriodBack.At("to")
	}
	if _, err := d.db.Community(ctx, r.Community); err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		grant := communities.Grant{Role: communities.RoleDelegate, Community: r.Community, From: r.From, To: r.To}
		if err := tx.AddUser(ctx, email, strings.TrimSpace(r.GivenName+" "+r.FamilyName), grant, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "appoint_delegate", "community "+string(r.Community), map[string]any{"email": email})
	})
}

// RegisterProvider registers a provider, qualifies it for categories and lets
// its contact log in (officer).
func (d *Desk) RegisterProvider(ctx context.Context, a communities.Actor, r NewProvider) (catalogue.ProviderID, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermQualify, communities.Scope{}, now); err != nil {
		return "", err
	}
	refused := texts(field{"name", r.Name, nameRunesMax}, field{"address", r.Address, nameRunesMax})
	email, err := normalEmail(r.Email)
	refused = append(refused, refusal.All(err)...)
	iban, err := billing.ParseIBAN(r.IBAN)
	for _, e := range refusal.All(err) {
		refused = append(refused, e.At("iban"))
	}
	taxCode, err := communities.CheckTaxCode(r.TaxCode)
	for _, e := range refusal.All(err) {
		refused = append(refused, e.At("tax_code"))
	}
	for slot, groups := range r.Staff {
		if _, err := catalogue.ParseSlot(slot); err != nil || groups < 0 {
			refused = append(refused, ErrSlotUnknown.With("slot", slot).At("staff"))
		}
	}
	categories, err := d.categoriesByID(ctx)
	if err != nil {
		return "", err
	}
	for _, id := range r.Categories {
		if c, ok := categories[catalogue.CategoryID(id)]; !ok || c.Unit == "" {
			refused = append(refused, catalogue.ErrCategoryUnknown.With("category", id).At("categories"))
		}
	}
	if err := refused.OrNil(); err != nil {
		return "", err
	}
	p := postgres.ProviderStaff{Provider: catalogue.Provider{
		ID: catalogue.ProviderID(postgres.NewID()), Municipality: d.municipality, Name: strings.TrimSpace(r.Name), TaxCode: taxCode,
		VATNumber: r.VATNumber, IBAN: string(iban), Email: email, Address: r.Address, StampExempt: r.StampExempt,
	}, Staff: r.Staff}
	return p.ID, d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.AddProvider(ctx, p, r.Categories, now); err != nil {
			return err
		}
		grant := communities.Grant{Role: communities.RoleProvider, Provider: string(p.ID), From: now}
		if err := tx.AddUser(ctx, email, strings.TrimSpace(r.ContactGivenName+" "+r.ContactFamilyName), grant, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "register_provider", "provider "+string(p.ID), map[string]any{"categories": r.Categories})
	})
}

// DeclareDemand records needs that bind nobody: they count for the map of
// needs (the household itself, its delegate, an officer).
func (d *Desk) DeclareDemand(ctx context.Context, a communities.Actor, r []NewDemand) error {
	now := d.clock.Now()
	demands := make([]postgres.Demand, len(r))
	for i, n := range r {
		own := a.May(communities.PermPledge, communities.Scope{Community: n.Community, Household: n.Household}, now)
		if own != nil {
			if err := a.May(communities.PermSeeMembers, communities.Scope{Community: n.Community}, now); err != nil {
				return err
			}
		}
		demands[i] = postgres.Demand{
			ID: pooling.DemandID(postgres.NewID()), Household: n.Household, Community: n.Community, Category: catalogue.CategoryID(n.Category),
			State: postgres.DemandDeclared, Units: max(1, n.Units), Weight: 1, PostedAt: now, ChangedAt: now,
		}
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error { return tx.AddDeclared(ctx, demands) })
}

// CreateSeries starts a timetable of rounds: an officer for the city, a
// delegate for the own community.
func (d *Desk) CreateSeries(ctx context.Context, a communities.Actor, r NewSeries) (pooling.SeriesID, error) {
	now := d.clock.Now()
	permission, scope := communities.PermRunRound, communities.Scope{}
	if r.Community != "" {
		permission, scope = communities.PermOpenRound, communities.Scope{Community: r.Community}
	}
	if err := a.May(permission, scope, now); err != nil {
		return "", err
	}
	refused := texts(field{"name", r.Name, nameRunesMax})
	for name, expression := range map[string]string{"opens_on": r.OpensOn, "closes_on": r.ClosesOn} {
		_, err := pooling.ParseTimetable(expression, d.zone)
		refused = append(refused, refusedAt(err, name)...)
	}
	if r.Period == "" {
		refused = append(refused, ErrRequired.At("period"))
	}
	if !r.EndsAt.IsZero() && !r.EndsAt.After(r.StartsAt) {
		refused = append(refused, ErrPeriodBack.At("ends_at"))
	}
	how, e := readSearch(r.Effort, r.TimeLimitSeconds)
	if err := append(refused, e...).OrNil(); err != nil {
		return "", err
	}
	if r.StartsAt.IsZero() {
		r.StartsAt = now
	}
	s := postgres.SeriesScope{
		Series: pooling.Series{
			ID: pooling.SeriesID(postgres.NewID()), Name: strings.TrimSpace(r.Name), OpensOn: r.OpensOn, ClosesOn: r.ClosesOn,
			Period: r.Period, StartsAt: r.StartsAt, EndsAt: r.EndsAt, Effort: how.effort, TimeLimitSeconds: how.timeLimitSeconds,
		},
		Categories: r.Categories, Community: r.Community,
	}
	for _, o := range r.Offers {
		s.Offers = append(s.Offers, string(o))
	}
	return s.ID, d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.AddSeries(ctx, s, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "create_series", "series "+string(s.ID), map[string]any{"opens_on": r.OpensOn, "closes_on": r.ClosesOn})
	})
}

// readSearch reads how the rounds of a series are searched, as typed; empty is
// the usual.
func readSearch(effort, seconds string) (search, refusal.List) {
	how := search{pooling.EffortNormal, pooling.TimeLimitSecondsUsual}
	var refused refusal.List
	var err error
	if effort = strings.TrimSpace(effort); effort != "" {
		how.effort, err = pooling.ParseEffort(effort)
		refused = append(refused, refusedAt(err, "effort")...)
	}
	if seconds = strings.TrimSpace(seconds); seconds != "" {
		how.timeLimitSeconds, err = pooling.ParseTimeLimit(seconds)
		refused = append(refused, refusedAt(err, "time_limit")...)
	}
	return how, refused
}

// refusedAt are the refusals in err, at a field.
func refusedAt(err error, field string) refusal.List {
	var refused refusal.List
	for _, e := range refusal.All(err) {
		refused = append(refused, e.At(field))
	}
	return refused
}

// SetSeriesEffort changes how the rounds of a series that are not formed yet
// are searched (officer). Rounds formed so far keep what they recorded.
func (d *Desk) SetSeriesEffort(ctx context.Context, a communities.Actor, r SeriesEffort) error {
	now := d.clock.Now()
	if err := a.May(communities.PermRunRound, communities.Scope{}, now); err != nil {
		return err
	}
	how, refused := readSearch(r.Effort, r.TimeLimitSeconds)
	if err := refused.OrNil(); err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.SetSeriesEffort(ctx, r.Series, how.effort, how.timeLimitSeconds); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "set_series_effort", "series "+string(r.Series), map[string]any{"effort": string(how.effort), "time_limit_seconds": how.timeLimitSeconds})
	})
}

func (d *Desk) categoriesByID(ctx context.Context) (map[catalogue.CategoryID]catalogue.Category, error) {
	all, err := d.db.Categories(ctx)
	byID := make(map[catalogue.CategoryID]catalogue.Category, len(all))
	for _, c := range all {
		byID[c.ID] = c
	}
	return byID, err
}

// today is the date of an instant in Europe/Rome, at midnight UTC.
func (d *Desk) today(at time.Time) time.Time {
	y, m, day := at.In(d.zone).Date()
	return time.Date(y, m, day, 0, 0, 0, 0, time.UTC)
}
