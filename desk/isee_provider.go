package desk

import (
	"context"
	"fmt"
	"os"
	"time"

	"colletta/refusal"
	"colletta/subsidies"
)

var (
	// ErrNoISEEProvider says that no register of certificates is connected. Args:
	// none.
	ErrNoISEEProvider = refusal.New(refusal.KindConflict, "isee_no_register")
	// ErrISEENotFound says that the register has no certificate of that person and
	// kind that is valid on that day. Args: none.
	ErrISEENotFound = refusal.New(refusal.KindNotFound, "isee_not_found")
	// ErrISEEUnavailable says that the register does not answer, or refuses the
	// question of this body. Args: none.
	ErrISEEUnavailable = refusal.New(refusal.KindUnavailable, "isee_register_unavailable")
)

// ISEELookup is a question to a register of certificates.
type ISEELookup struct {
	TaxCode string // codice fiscale of a person of the household, sound
	Kind    subsidies.ISEEKind
	On      time.Time // day on which the certificate must be valid
	Request string    // the body's own protocol of this request, kept as evidence
}

// ISEEProvider answers with the certificate of a person's household, without ID,
// household and state, or with a refusal: [ErrISEENotFound] or
// [ErrISEEUnavailable]. A fault says nothing of what was answered.
type ISEEProvider interface {
	Lookup(ctx context.Context, q ISEELookup) (subsidies.ISEECertificate, error)
}

// ISEEFile is a register in a CSV file in the layout of the import, which
// somebody else keeps up to date; it is read at every question.
type ISEEFile struct{ Path string }

// Lookup finds the certificate in the file.
func (f ISEEFile) Lookup(_ context.Context, q ISEELookup) (subsidies.ISEECertificate, error) {
	data, err := os.ReadFile(f.Path)
	if err != nil {
		return subsidies.ISEECertificate{}, fmt.Errorf("%w: %w", ErrISEEUnavailable, err)
	}
	rows, faults := subsidies.ReadISEEFile(data)
	if len(faults) > 0 { // not the cell: it would get into a log
		return subsidies.ISEECertificate{}, fmt.Errorf("%w: %s, line %d: %s", ErrISEEUnavailable, f.Path, faults[0].Row, faults[0].Err.Code)
	}
	var of []subsidies.ISEECertificate
	for _, row := range rows {
		if row.TaxCode == q.TaxCode {
			c := row.ISEECertificate
			c.Source, c.State = subsidies.SourceCSV, subsidies.ISEEVerified
			of = append(of, c)
		}
	}
	if c := subsidies.CertificateAt(of, q.Kind, subsidies.CalculationOrdinary, q.On); c != nil {
		return *c, nil
	}
	return subsidies.ISEECertificate{}, ErrISEENotFound
}
