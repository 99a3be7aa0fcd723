package postgres

import (
	"context"
	"encoding/hex"
	"time"

	"colletta/communities"
	"colletta/subsidies"
)

func hexText(b []byte) string { return hex.EncodeToString(b) }

// ISEELine is what a list shows of a certificate: nothing that is sealed.
type ISEELine struct {
	ID          string
	HouseholdID string
	Household   string // name
	Kind        subsidies.ISEEKind
	Calculation subsidies.Calculation
	DsuOn       time.Time
	ValidFrom   time.Time
	ValidTo     time.Time
	Source      subsidies.ISEESource
	State       subsidies.ISEEState
	RecordedAt  time.Time
}

// ISEEFilter says which certificates to list.
type ISEEFilter struct {
	State     subsidies.ISEEState     // empty: any
	Household communities.HouseholdID // empty: any
	ID        string                  // empty: any
}

// ISEELines lists certificates without opening them, the oldest first.
func (r reader) ISEELines(ctx context.Context, f ISEEFilter, most int) ([]ISEELine, error) {
	if f.ID != "" && !validID(f.ID) {
		return nil, nil
	}
	return list[ISEELine](ctx, r, "certificates", `
		SELECT c.id, c.household_id, h.name AS household, c.kind, c.calculation, c.dsu_on, c.valid_from, c.valid_to, c.source, c.state, c.recorded_at
		FROM isee_certificates c JOIN households h ON h.municipality_id = c.municipality_id AND h.id = c.household_id
		WHERE c.municipality_id = ?0 AND (?1 = '' OR c.state = ?1) AND (?2 = '' OR c.household_id::text = ?2) AND (?3 = '' OR c.id::text = ?3)
		ORDER BY c.recorded_at, c.id LIMIT ?4`, r.municipality, string(f.State), string(f.Household), f.ID, most)
}

// CountISEE counts the certificates in a state.
func (r reader) CountISEE(ctx context.Context, state subsidies.ISEEState) (int, error) {
	return single[int](ctx, r, "certificates", state, "SELECT count(*) FROM isee_certificates WHERE municipality_id = ? AND state = ?", r.municipality, state)
}

// PeopleByTaxCode finds people by codice fiscale, in capitals.
func (r reader) PeopleByTaxCode(ctx context.Context, codes []string) ([]communities.Person, error) {
	rows, err := list[personRow](ctx, r, "people by tax code", `
		SELECT * FROM persons WHERE municipality_id = ? AND tax_code <> '' AND upper(tax_code) IN (?) ORDER BY id`,
		r.municipality, texts(append(codes, "")))
	return toPersons(rows), err
}
