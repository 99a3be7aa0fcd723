package postgres

import (
	"context"
	"encoding/json"
	"time"

	"colletta/catalogue"
	"colletta/pooling"
)

type providerRow struct {
	ID, Name, TaxCode, VATNumber, Iban, Email, Address string
	StampExempt                                        bool
	Staff                                              string
}

// ProviderStaff is a provider with how many groups it can run at once in each
// slot.
type ProviderStaff struct {
	catalogue.Provider
	Staff map[string]int
}

func (r reader) toProvider(row providerRow) (ProviderStaff, error) {
	p := ProviderStaff{Provider: catalogue.Provider{
		ID: catalogue.ProviderID(row.ID), Municipality: r.municipality, Name: row.Name, TaxCode: row.TaxCode,
		VATNumber: row.VATNumber, IBAN: row.Iban, Email: row.Email, Address: row.Address, StampExempt: row.StampExempt,
	}}
	return p, fault(json.Unmarshal([]byte(row.Staff), &p.Staff), "staff")
}

const providerColumns = "id, name, tax_code, vat_number, iban, email, address, stamp_exempt, staff::text AS staff"

// Provider is one provider.
func (r reader) Provider(ctx context.Context, id catalogue.ProviderID) (ProviderStaff, error) {
	if !validID(string(id)) {
		return ProviderStaff{}, ErrNotFound.With("what", "provider")
	}
	row, err := single[providerRow](ctx, r, "provider", id,
		"SELECT "+providerColumns+" FROM providers WHERE municipality_id = ? AND id = ?", r.municipality, id)
	if err != nil {
		return ProviderStaff{}, err
	}
	return r.toProvider(row)
}

// Providers lists providers by name.
func (r reader) Providers(ctx context.Context) ([]ProviderStaff, error) {
	rows, err := list[providerRow](ctx, r, "providers",
		"SELECT "+providerColumns+" FROM providers WHERE municipality_id = ? ORDER BY name, id", r.municipality)
	if err != nil {
		return nil, err
	}
	all := make([]ProviderStaff, len(rows))
	for i, row := range rows {
		if all[i], err = r.toProvider(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// QualifiedFor lists the categories in which a provider may publish.
func (r reader) QualifiedFor(ctx context.Context, id catalogue.ProviderID) ([]catalogue.CategoryID, error) {
	return list[catalogue.CategoryID](ctx, r, "qualifications",
		"SELECT category_id FROM qualifications WHERE municipality_id = ? AND provider_id = ? ORDER BY category_id", r.municipality, id)
}

// AddProvider stores a provider with its qualifications.
func (tx *Tx) AddProvider(ctx context.Context, p ProviderStaff, categories []string, at time.Time) error {
	staff, err := json.Marshal(p.Staff)
	if err != nil {
		return fault(err, "staff")
	}
	if _, err := tx.exec(ctx, "add provider", `
		INSERT INTO providers (municipality_id, id, name, tax_code, vat_number, iban, email, address, stamp_exempt, staff, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?)`,
		tx.municipality, p.ID, p.Name, p.TaxCode, p.VATNumber, p.IBAN, p.Email, p.Address, p.StampExempt, string(staff), at); err != nil {
		return err
	}
	for _, c := range categories {
		if _, err := tx.exec(ctx, "qualify", `
			INSERT INTO qualifications (municipality_id, provider_id, category_id, decided_on) VALUES (?, ?, ?, ?)`,
			tx.municipality, p.ID, c, at); err != nil {
			return err
		}
	}
	return nil
}

type offerRow struct {
	ID, ProviderID, CategoryID, Title, Description, Period string
	Meetings                                               int
	Terms                                                  string
	PublishedAt                                            time.Time
	ProviderName, CategoryName, Unit                       string
}

// OfferLine is an offer with the names that readers need.
type OfferLine struct {
	catalogue.Offer
	ProviderName, CategoryName, Unit string
}

func (r reader) toOffer(row offerRow) (OfferLine, error) {
	o := OfferLine{
		Offer: catalogue.Offer{
			ID: catalogue.OfferID(row.ID), Municipality: r.municipality, Provider: catalogue.ProviderID(row.ProviderID),
			Category: catalogue.CategoryID(row.CategoryID), Title: row.Title, Description: row.Description,
			Period: row.Period, Meetings: row.Meetings, PublishedAt: row.PublishedAt,
		},
		ProviderName: row.ProviderName, CategoryName: row.CategoryName, Unit: row.Unit,
	}
	return o, fault(json.Unmarshal([]byte(row.Terms), &o.Terms), "terms of an offer")
}

func (r reader) toOffers(rows []offerRow, err error) ([]OfferLine, error) {
	if err != nil {
		return nil, err
	}
	all := make([]OfferLine, len(rows))
	for i, row := range rows {
		if all[i], err = r.toOffer(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

const offerSelect = `
	SELECT o.id, o.provider_id, o.category_id, o.title, o.description, o.period, o.meetings, o.terms::text AS terms, o.published_at,
		p.name AS provider_name, c.name AS category_name, c.unit
	FROM offers o
	JOIN providers p ON p.municipality_id = o.municipality_id AND p.id = o.provider_id
	JOIN categories c ON c.municipality_id = o.municipality_id AND c.id = o.category_id
	WHERE o.municipality_id = ? `

// PublishedOffers lists offers that are not withdrawn, by title.
func (r reader) PublishedOffers(ctx context.Context) ([]OfferLine, error) {
	return r.toOffers(list[offerRow](ctx, r, "offers", offerSelect+"AND o.withdrawn_at IS NULL ORDER BY o.title, o.id", r.municipality))
}

// OffersOfProvider lists the offers of a provider, by title.
func (r reader) OffersOfProvider(ctx context.Context, id catalogue.ProviderID) ([]OfferLine, error) {
	return r.toOffers(list[offerRow](ctx, r, "offers of a provider", offerSelect+"AND o.provider_id = ? ORDER BY o.title, o.id", r.municipality, id))
}

// OffersOfRound lists the offers of a round with the terms frozen at its
// opening, by title.
func (r reader) OffersOfRound(ctx context.Context, id pooling.RoundID) ([]OfferLine, error) {
	return r.toOffers(list[offerRow](ctx, r, "offers of a round", `
		SELECT o.id, o.provider_id, o.category_id, o.title, o.description, o.period, o.meetings, ro.terms::text AS terms, o.published_at,
			p.name AS provider_name, c.name AS category_name, c.unit
		FROM round_offers ro
		JOIN offers o ON o.municipality_id = ro.municipality_id AND o.id = ro.offer_id
		JOIN providers p ON p.municipality_id = o.municipality_id AND p.id = o.provider_id
		JOIN categories c ON c.municipality_id = o.municipality_id AND c.id = o.category_id
		WHERE ro.municipality_id = ? AND ro.round_id = ? ORDER BY o.title, o.id`, r.municipality, id))
}

// AddOffer stores a published offer.
func (tx *Tx) AddOffer(ctx context.Context, o catalogue.Offer) error {
	terms, err := json.Marshal(o.Terms)
	if err != nil {
		return fault(err, "terms of an offer")
	}
	_, err = tx.exec(ctx, "add offer", `
		INSERT INTO offers (municipality_id, id, provider_id, category_id, title, description, period, meetings, terms, published_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?::jsonb, ?)`,
		tx.municipality, o.ID, o.Provider, o.Category, o.Title, o.Description, o.Period, o.Meetings, string(terms), o.PublishedAt)
	return err
}
