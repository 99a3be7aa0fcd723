package desk

import (
	"context"
	"strings"

	"colletta/communities"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

// reasonRunesMax bounds the reason of a refusal.
const reasonRunesMax = 500

// ISEEOffice is the officer's page of certificates: those that wait for a
// verification, and those of one household when its tax code is given. Lists
// show no value.
func (d *Desk) ISEEOffice(ctx context.Context, a communities.Actor, taxCode string) (ISEEOfficeView, error) {
	if err := a.May(communities.PermVerifyISEE, communities.Scope{}, d.clock.Now()); err != nil {
		return ISEEOfficeView{}, err
	}
	v := ISEEOfficeView{TaxCode: strings.TrimSpace(taxCode), CanAsk: d.isee != nil}
	var err error
	if v.Waiting, err = d.iseeLines(ctx, postgres.ISEEFilter{State: subsidies.ISEEDeclared}); err != nil || v.TaxCode == "" {
		return v, err
	}
	household, err := d.householdByTaxCode(ctx, v.TaxCode)
	if err != nil {
		return v, err
	}
	h, _, err := d.db.Household(ctx, household)
	if err != nil {
		return v, err
	}
	v.Household = h.Name
	v.Found, err = d.iseeLines(ctx, postgres.ISEEFilter{Household: household})
	return v, err
}

func (d *Desk) iseeLines(ctx context.Context, f postgres.ISEEFilter) ([]ISEELineView, error) {
	lines, err := d.db.ISEELines(ctx, f, iseeShownMax)
	views := make([]ISEELineView, len(lines))
	for i, l := range lines {
		views[i] = ISEELineView{
			ID: l.ID, Household: l.Household, Kind: l.Kind, Calculation: l.Calculation, ValidFrom: l.ValidFrom, ValidTo: l.ValidTo,
			Source: l.Source, State: l.State, RecordedAt: l.RecordedAt.In(d.zone),
		}
	}
	return views, err
}

// ISEECertificate opens one certificate for an officer, who is on record for it.
func (d *Desk) ISEECertificate(ctx context.Context, a communities.Actor, id string) (OpenedISEEView, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermVerifyISEE, communities.Scope{}, now); err != nil {
		return OpenedISEEView{}, err
	}
	lines, err := d.db.ISEELines(ctx, postgres.ISEEFilter{ID: id}, 1)
	if err != nil {
		return OpenedISEEView{}, err
	}
	if len(lines) == 0 {
		return OpenedISEEView{}, postgres.ErrNotFound.With("what", "certificate")
	}
	if lines[0].HouseholdID == string(a.Household) {
		return OpenedISEEView{}, ErrISEEOwn
	}
	purpose := postgres.PurposeLook
	if lines[0].State == subsidies.ISEEDeclared {
		purpose = postgres.PurposeVerify
	}
	v := OpenedISEEView{Household: lines[0].Household, RecordedAt: lines[0].RecordedAt.In(d.zone)}
	err = d.db.InTx(ctx, func(tx *postgres.Tx) error {
		c, err := tx.ReadCertificate(ctx, postgres.Reading{Purpose: purpose, By: a.User, At: now}, id)
		v.Certificate = d.certificateView(c, []subsidies.ISEECertificate{c})
		return err
	})
	return v, err
}

// DecideISEE verifies or refuses a certificate that a family declared (officer,
// never of the own household). A refusal needs a reason, which the family reads.
// [ErrISEEDecided] when somebody decided before.
func (d *Desk) DecideISEE(ctx context.Context, a communities.Actor, r ISEEDecision) error {
	now := d.clock.Now()
	if err := a.May(communities.PermVerifyISEE, communities.Scope{}, now); err != nil {
		return err
	}
	reason := strings.TrimSpace(r.Reason)
	if !r.Verified {
		if err := texts(field{"reason", r.Reason, reasonRunesMax}).OrNil(); err != nil {
			return err
		}
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		c, err := tx.ReadCertificate(ctx, postgres.Reading{Purpose: postgres.PurposeVerify, By: a.User, At: now}, r.ID)
		if err != nil {
			return err
		}
		if c.Household == string(a.Household) {
			return ErrISEEOwn
		}
		if c.State != subsidies.ISEEDeclared {
			return ErrISEEDecided
		}
		act := "verify_isee"
		if c.State = subsidies.ISEEVerified; !r.Verified {
			act, c.State, c.Reason = "refuse_isee", subsidies.ISEERefused, reason
		}
		if err := tx.DecideISEE(ctx, c, a.User, now); err != nil {
			return err
		}
		if err := tx.Audit(ctx, now, a.User, act, "household "+c.Household, map[string]any{"certificate": c.ID}); err != nil {
			return err
		}
		return d.tellISEE(ctx, tx, c)
	})
}

// tellISEE writes to the family that its certificate was decided on, and not
// what the certificate or the decision says.
func (d *Desk) tellISEE(ctx context.Context, tx *postgres.Tx, c subsidies.ISEECertificate) error {
	h := communities.HouseholdID(c.Household)
	holders, err := tx.HoldersOf(ctx, []communities.HouseholdID{h})
	if err != nil {
		return err
	}
	holder := holders[h]
	return d.send(ctx, tx, holder.Email, letterISEE, iseeLetter{
		Name: holder.GivenName, Verified: c.State == subsidies.ISEEVerified, Link: d.publicURL + "/isee",
	})
}

// AskISEE asks the register that is connected (INPS, or a file of the Comune)
// for the certificate of a person and records it as verified (officer).
// [ErrNoISEEProvider] without a register; [ErrISEENotFound] when it has none.
func (d *Desk) AskISEE(ctx context.Context, a communities.Actor, r ISEEQuestion) (refusal.List, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermVerifyISEE, communities.Scope{}, now); err != nil {
		return nil, err
	}
	if d.isee == nil {
		return nil, ErrNoISEEProvider
	}
	household, err := d.householdByTaxCode(ctx, r.TaxCode)
	if err != nil {
		return nil, err
	}
	if household == a.Household {
		return nil, ErrISEEOwn
	}
	kind, err := subsidies.ParseISEEKind(r.Kind)
	if err != nil {
		return nil, refusedAt(err, "kind")
	}
	code, err := communities.CheckTaxCode(r.TaxCode)
	if err != nil {
		return nil, refusedAt(err, "tax_code")
	}
	request := "COLLETTA-" + strings.ToUpper(strings.ReplaceAll(postgres.NewID(), "-", ""))
	// On record before anything leaves the house, whatever becomes of it.
	if err := d.db.InTx(ctx, func(tx *postgres.Tx) error {
		return tx.Audit(ctx, now, a.User, "ask_isee", "household "+string(household), map[string]any{"request": request, "kind": string(kind)})
	}); err != nil {
		return nil, err
	}
	c, err := d.isee.Lookup(ctx, ISEELookup{TaxCode: code, Kind: kind, On: d.today(now), Request: request})
	if err != nil {
		return nil, err
	}
	c.Household, c.State = string(household), subsidies.ISEEVerified
	if err := c.Check().OrNil(); err != nil {
		return nil, err
	}
	return c.Warnings(), d.storeISEE(ctx, a, []subsidies.ISEECertificate{c}, request)
}
