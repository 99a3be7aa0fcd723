package inps

import (
	"time"

	"colletta/money"
	"colletta/subsidies"
)

// The names on the wire are in this file alone. What a request must hold is
// documented (source below); the exact names and the address are those of the
// OpenAPI file that a body receives from PDND when its use is approved, which
// is not public: compare this file with it before the first live request.
//
// Source: GovDesk, "ISEE: Attestazione" (lab.link.it/documentazione/govdesk,
// stored copy, looked at 2026-11-25).

// request is a question.
type request struct {
	Organisation string `json:"organizzazione"`
	Office       string `json:"ufficio"`
	TaxCode      string `json:"codiceFiscale"`
	ValidOn      string `json:"dataValidita"` // YYYY-MM-DD
	Benefit      string `json:"prestazioneDaErogare"`
	Protocol     string `json:"protocolloDomandaEnteErogatore"`
	State        string `json:"statoDomandaPrestazione"`
}

// The states of the request that INPS admits.
const (
	stateToGrant = "Da Erogare"
	stateGranted = "Erogata"
)

// answer is what comes back.
type answer struct {
	Outcome     string       `json:"esito"` // OK, or a code
	Attestation *attestation `json:"attestazione"`
}

// The outcomes that are not a fault.
const (
	outcomeFound  = "OK"
	outcomeAbsent = "DATI_NON_TROVATI"
)

type attestation struct {
	Protocol   string      `json:"numeroProtocolloDSU"`
	Presented  string      `json:"dataPresentazione"` // YYYY-MM-DD
	Expires    string      `json:"dataScadenza"`
	Members    int         `json:"componentiNucleo"`
	Scale      string      `json:"scalaEquivalenza"`
	Notes      string      `json:"omissioniDifformita"`
	Indicators []indicator `json:"indicatori"`
}

// indicator is one value of an attestation: it may hold several kinds.
type indicator struct {
	Kind  string `json:"tipo"`
	Value string `json:"valore"` // "12345.67"
}

// kinds are the names of INPS for our kinds.
var kinds = map[string]subsidies.ISEEKind{
	"Ordinario": subsidies.ISEEOrdinary, "Minorenni": subsidies.ISEEMinors, "SocioSanitario": subsidies.ISEESocioHealth,
	"SocioSanitarioResidenze": subsidies.ISEEResidences, "Universitario": subsidies.ISEEUniversity, "Corrente": subsidies.ISEECurrent,
}

// certificate reads the indicator of a kind; false when there is none, or what
// is there is not sound.
func (a attestation) certificate(kind subsidies.ISEEKind) (subsidies.ISEECertificate, bool) {
	c := subsidies.ISEECertificate{
		Kind: kind, Calculation: subsidies.CalculationOrdinary, Protocol: subsidies.NormalProtocol(a.Protocol), Size: a.Members, Notes: a.Notes,
		Source: subsidies.SourceINPS, State: subsidies.ISEEVerified,
	}
	found := false
	for _, i := range a.Indicators {
		if kinds[i.Kind] != kind {
			continue
		}
		value, err := money.Parse(i.Value)
		c.Value, found = value, err == nil
	}
	var errs [4]error
	c.DSUDate, errs[0] = time.Parse(time.DateOnly, a.Presented)
	c.ValidTo, errs[1] = time.Parse(time.DateOnly, a.Expires)
	c.ValidFrom = c.DSUDate
	if a.Scale != "" {
		c.Scale, errs[2] = subsidies.ParseScale(a.Scale)
	}
	c.Supersedes, errs[3] = subsidies.ParseSupersedes(kind, nil)
	for _, err := range errs {
		found = found && err == nil
	}
	return c, found && len(c.Check()) == 0
}
