package catalogue

import (
	"time"

	"colletta/communities"
)

// ProviderID is the UUID text of a provider.
type ProviderID string

// ServiceID is the UUID text of a service.
type ServiceID string

// OfferID is the UUID text of a group offer; it is the id of the offer in a
// snapshot.
type OfferID string

// Provider is an accredited third-sector organisation (ente).
type Provider struct {
	ID           ProviderID
	Municipality communities.MunicipalityID
	Name         string
	TaxCode      string // codice fiscale of a body: 11 digits, or 16 characters of a person
	VATNumber    string // partita IVA; empty for a body without one
	IBAN         string // without spaces, capitals
	Email        string
	Phone        string
	Address      string
	StampExempt  bool // its receipts carry no stamp duty (ETS: art. 82 c. 5 D.Lgs. 117/2017)
}

// QualificationState says how far the Comune's decision has come.
type QualificationState string

// The states of a qualification.
const (
	QualificationRequested QualificationState = "requested"
	QualificationGranted   QualificationState = "granted"
	QualificationDenied    QualificationState = "denied"
	QualificationRevoked   QualificationState = "revoked"
)

// Qualification is the Comune's decision that a provider may publish in a
// category and in everything below it.
type Qualification struct {
	Provider  ProviderID
	Category  CategoryID
	State     QualificationState
	DecidedOn time.Time // day of the decision; zero while it is only requested
}

// Service is what a provider does; an offer is its group terms.
type Service struct {
	ID          ServiceID
	Provider    ProviderID
	Category    CategoryID
	Title       string
	Description string
}
