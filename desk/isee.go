package desk

import (
	"context"
	"strings"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

var (
	// ErrISEEOwn says that nobody decides about a certificate of the own household.
	// Args: none.
	ErrISEEOwn = refusal.New(refusal.KindForbidden, "isee_own_household")
	// ErrISEEDecided says that a certificate was verified or refused already. Args:
	// none.
	ErrISEEDecided = refusal.New(refusal.KindConflict, "isee_decided")
	// ErrTaxCodeUnknown says that no person of a registered household has this
	// codice fiscale, or that more than one household has it. Args: none.
	ErrTaxCodeUnknown = refusal.New(refusal.KindInvalid, "tax_code_nobody")
)

// iseeShownMax bounds the certificates and readings of one page.
const iseeShownMax = 200

// RecordISEE records certificates (officer or operator, or the household its
// own). What a household files of its own counts once an officer has verified
// it, also when that person is an officer.
func (d *Desk) RecordISEE(ctx context.Context, a communities.Actor, r []NewISEE) error {
	certificates, err := d.readISEE(a, r)
	if err != nil {
		return err
	}
	return d.storeISEE(ctx, a, certificates, "")
}

func (d *Desk) readISEE(a communities.Actor, r []NewISEE) ([]subsidies.ISEECertificate, error) {
	now := d.clock.Now()
	certificates := make([]subsidies.ISEECertificate, len(r))
	for i, n := range r {
		if err := a.May(communities.PermFileISEE, communities.Scope{Household: n.Household}, now); err != nil {
			return nil, err
		}
		kind, err := subsidies.ParseISEEKind(n.Kind)
		refused := refusedAt(err, "kind")
		supersedes, err := subsidies.ParseSupersedes(kind, n.Supersedes)
		refused = append(refused, refusedAt(err, "supersedes")...)
		calculation, err := subsidies.ParseCalculation(n.Calculation)
		refused = append(refused, refusedAt(err, "calculation")...)
		c := subsidies.ISEECertificate{
			Household: string(n.Household), Kind: kind, Supersedes: supersedes, Calculation: calculation, Value: n.Value,
			Protocol: subsidies.NormalProtocol(n.Protocol), DSUDate: n.DSUDate, ValidFrom: n.ValidFrom, ValidTo: n.ValidTo,
			Size: n.Size, Scale: n.Scale, Notes: strings.TrimSpace(n.Notes), Source: subsidies.SourceOfficer, State: subsidies.ISEEVerified,
		}
		if n.Household == a.Household {
			c.Source, c.State = subsidies.SourceFamily, subsidies.ISEEDeclared
		}
		if c.DSUDate.IsZero() {
			c.DSUDate = c.ValidFrom
		}
		if e := textFault(c.Notes, subsidies.NotesRunesMax); e != nil {
			refused = append(refused, e.At("notes"))
		}
		if len(refused) == 0 {
			refused = c.Check()
		}
		if err := refused.OrNil(); err != nil {
			return nil, err
		}
		certificates[i] = c
	}
	return certificates, nil
}

// storeISEE stores certificates and says in the audit log that they were
// recorded, for whom, and nothing of what they say.
func (d *Desk) storeISEE(ctx context.Context, a communities.Actor, certificates []subsidies.ISEECertificate, request string) error {
	now := d.clock.Now()
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.AddISEE(ctx, certificates, request, a.User, now); err != nil {
			return err
		}
		subject := "certificates"
		if len(certificates) == 1 {
			subject = "household " + certificates[0].Household
		}
		detail := map[string]any{"count": len(certificates)}
		if request != "" {
			detail["request"] = request
		}
		return tx.Audit(ctx, now, a.User, "record_isee", subject, detail)
	})
}

// FileISEE records a certificate as typed, and returns what is unusual about
// it. Several refusals come as a list, each with its field.
func (d *Desk) FileISEE(ctx context.Context, a communities.Actor, r ISEEForm) (refusal.List, error) {
	household, err := d.householdOf(ctx, a, r)
	refused := refusal.All(err)
	if err != nil && (len(refused) == 0 || refused[0].Kind != refusal.KindInvalid) {
		return nil, err
	}
	n, err := r.read(household)
	if err := append(refused, refusal.All(err)...).OrNil(); err != nil {
		return nil, err
	}
	certificates, err := d.readISEE(a, []NewISEE{n})
	if err != nil {
		return nil, err
	}
	return certificates[0].Warnings(), d.storeISEE(ctx, a, certificates, "")
}

// householdOf is the household that a form names, by itself or by the tax code
// of one of its people. Who may not file for others learns nothing of them.
func (d *Desk) householdOf(ctx context.Context, a communities.Actor, r ISEEForm) (communities.HouseholdID, error) {
	if r.Household != "" {
		return r.Household, a.May(communities.PermFileISEE, communities.Scope{Household: r.Household}, d.clock.Now())
	}
	if err := a.May(communities.PermFileISEE, communities.Scope{}, d.clock.Now()); err != nil {
		return "", err
	}
	return d.householdByTaxCode(ctx, r.TaxCode)
}

func (d *Desk) householdByTaxCode(ctx context.Context, code string) (communities.HouseholdID, error) {
	normal, err := communities.CheckTaxCode(code)
	if err != nil {
		return "", refusedAt(err, "tax_code")
	}
	people, err := d.db.PeopleByTaxCode(ctx, []string{normal})
	if err != nil {
		return "", err
	}
	found := communities.HouseholdID("")
	for _, p := range people {
		if found != "" && p.Household != found {
			return "", ErrTaxCodeUnknown.At("tax_code")
		}
		found = p.Household
	}
	if found == "" {
		return "", ErrTaxCodeUnknown.At("tax_code")
	}
	return found, nil
}

// read reads the fields of the form and refuses all that is wrong at once.
func (r ISEEForm) read(household communities.HouseholdID) (NewISEE, error) {
	f := &form{}
	day := func(field, text string) time.Time {
		t, err := subsidies.ParseDay(strings.TrimSpace(text))
		f.refused = append(f.refused, refusedAt(err, field)...)
		return t
	}
	n := NewISEE{Household: household, Kind: r.Kind, Supersedes: r.Supersedes, Calculation: r.Calculation, Protocol: r.Protocol, Notes: r.Notes}
	var err error
	if n.Value, err = money.ParseItalian(r.Value); err != nil || n.Value < 0 {
		f.refuse("value", subsidies.ErrISEEValue.With("max", money.Max))
	}
	if strings.TrimSpace(r.Protocol) == "" {
		f.refuse("protocol", subsidies.ErrISEEProtocol.With("max", subsidies.ProtocolRunesMax))
	}
	n.DSUDate, n.ValidFrom, n.ValidTo = day("dsu_on", r.DSUOn), day("valid_from", r.ValidFrom), day("valid_to", r.ValidTo)
	n.Size, err = subsidies.ParseSize(strings.TrimSpace(r.Size))
	f.refused = append(f.refused, refusedAt(err, "size")...)
	if strings.TrimSpace(r.Scale) != "" {
		n.Scale, err = subsidies.ParseScale(r.Scale)
		f.refused = append(f.refused, refusedAt(err, "scale")...)
	}
	return n, f.refused.OrNil()
}

// ownISEE are the certificates of the actor's household, opened for a purpose.
func (d *Desk) ownISEE(ctx context.Context, a communities.Actor, purpose postgres.Purpose) (map[communities.HouseholdID][]subsidies.ISEECertificate, error) {
	if a.Household == "" {
		return nil, nil
	}
	why := postgres.Reading{Purpose: purpose, By: a.User, At: d.clock.Now(), Household: a.Household}
	var certificates map[communities.HouseholdID][]subsidies.ISEECertificate
	err := d.db.InTx(ctx, func(tx *postgres.Tx) (err error) {
		certificates, err = tx.ReadISEE(ctx, why, []communities.HouseholdID{a.Household})
		return err
	})
	return certificates, err
}

// MyISEE shows a family its certificates, and who opened them for what.
func (d *Desk) MyISEE(ctx context.Context, a communities.Actor) (MyISEEView, error) {
	if a.User == "" {
		return MyISEEView{}, communities.ErrNotLoggedIn
	}
	if a.Household == "" {
		return MyISEEView{}, communities.ErrNotAllowed.With("permission", string(communities.PermSeeISEE))
	}
	certificates, err := d.ownISEE(ctx, a, postgres.PurposeOwn)
	if err != nil {
		return MyISEEView{}, err
	}
	v := MyISEEView{Today: d.today(d.clock.Now())}
	for _, c := range certificates[a.Household] {
		v.Certificates = append(v.Certificates, d.certificateView(c, certificates[a.Household]))
	}
	lines, err := d.db.ReadingsOf(ctx, a.Household, iseeShownMax)
	for _, l := range lines {
		v.Readings = append(v.Readings, ReadingView{
			LastAt: l.LastAt.In(d.zone), Purpose: string(l.Purpose), Who: l.Who, Own: l.UserID == string(a.User), Round: l.Round, Times: l.Times,
		})
	}
	return v, err
}

// certificateView says besides the certificate whether it is the one that counts
// today for its kind.
func (d *Desk) certificateView(c subsidies.ISEECertificate, all []subsidies.ISEECertificate) CertificateISEEView {
	today := d.today(d.clock.Now())
	kinds := c.Supersedes
	if c.Kind != subsidies.ISEECurrent {
		kinds = []subsidies.ISEEKind{c.Kind}
	}
	v := CertificateISEEView{ISEECertificate: c, Warnings: c.Warnings()}
	for _, k := range kinds {
		if now := subsidies.CertificateAt(all, k, c.Calculation, today); now != nil && now.ID == c.ID {
			v.CountsToday = true
		}
	}
	return v
}
