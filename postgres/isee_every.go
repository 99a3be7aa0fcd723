package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"colletta/communities"
	"colletta/subsidies"
)

// everyPart is how many households are read at a time, by statements of their own.
const everyPart = 5000

// HouseholdISEE is a household that has a verified certificate valid on the day
// of a reading, with those that the reading opens.
type HouseholdISEE struct {
	Household    communities.HouseholdID
	Certificates []subsidies.ISEECertificate // in the order of recording; may be empty
	People       int                         // registered
	Children     int                         // of them, with the role of a child
}

// CountISEEHouseholds counts the households that [Tx.ReadEveryISEE] gives.
func (r reader) CountISEEHouseholds(ctx context.Context, every EveryISEE) (int, error) {
	return single[int](ctx, r, "households with ISEE", "", `
		SELECT count(DISTINCT household_id) FROM isee_certificates
		WHERE municipality_id = ? AND state = 'verified' AND calculation = 'ordinario' AND ?::date BETWEEN valid_from AND valid_to`, r.municipality, every.Day)
}

// ReadEveryISEE gives to use every household that has a verified certificate by
// the ordinary calculation valid on the day of why.Every, in parts and in an
// order of no meaning. It opens only the certificates that why.Every names.
func (tx *Tx) ReadEveryISEE(ctx context.Context, why Reading, use func([]HouseholdISEE) error) error {
	type foundRow struct {
		ID, HouseholdID string
		Wanted          bool
	}
	found, err := list[foundRow](ctx, tx.reader, "every ISEE", `
		SELECT id, household_id, kind IN (?1) OR kind = 'corrente' AND supersedes && ARRAY[?1]::text[] AS wanted FROM isee_certificates
		WHERE municipality_id = ?0 AND state = 'verified' AND calculation = 'ordinario' AND ?2::date BETWEEN valid_from AND valid_to
		ORDER BY household_id, recorded_at, id`, tx.municipality, texts(append([]subsidies.ISEEKind{""}, why.Every.Kinds...)), why.Every.Day)
	if err != nil {
		return err
	}
	count := 0
	for _, f := range found {
		if f.Wanted {
			count++
		}
	}
	var homes []HouseholdISEE
	var rows []iseeRow
	part := func() ([]sealed, error) {
		if len(found) == 0 {
			return nil, nil
		}
		homes, rows = nil, nil
		var ids []string
		for len(found) > 0 {
			h := communities.HouseholdID(found[0].HouseholdID)
			if len(homes) == 0 || homes[len(homes)-1].Household != h {
				if len(homes) == everyPart {
					break
				}
				homes = append(homes, HouseholdISEE{Household: h})
			}
			if found[0].Wanted {
				ids = append(ids, found[0].ID)
			}
			found = found[1:]
		}
		if err := tx.countPeople(ctx, homes); err != nil {
			return nil, err
		}
		values := []sealed{}
		if len(ids) == 0 {
			return values, nil
		}
		if rows, err = list[iseeRow](ctx, tx.reader, "every ISEE", `
			SELECT * FROM isee_certificates WHERE municipality_id = ? AND id IN (?) ORDER BY household_id, recorded_at, id`,
			tx.municipality, bun.List(ids)); err != nil {
			return nil, err
		}
		for _, row := range rows {
			values = append(values, row.sealed())
		}
		return values, nil
	}
	return tx.openParts(ctx, why, count, part, func(plain [][]byte) error {
		at := 0
		for i, row := range rows {
			for string(homes[at].Household) != row.HouseholdID { // both are in the order of households
				at++
			}
			c, err := row.unsealISEE(plain[i])
			if err != nil {
				return err
			}
			homes[at].Certificates = append(homes[at].Certificates, c)
		}
		return use(homes)
	})
}

// countPeople fills in how many people households have.
func (tx *Tx) countPeople(ctx context.Context, homes []HouseholdISEE) error {
	ids := make([]communities.HouseholdID, len(homes))
	for i, home := range homes {
		ids[i] = home.Household
	}
	counts, err := tx.CountPeople(ctx, ids)
	for i := range homes {
		of := counts[homes[i].Household]
		homes[i].People, homes[i].Children = of.People, of.Children
	}
	return err
}

// SimulationLine is a simulation of a measure, as the audit log keeps it.
type SimulationLine struct {
	At     time.Time
	By     string // name
	Record []byte // JSON, made and read by desk
}

// SimulationsOf lists the last simulations of a version of a measure, the latest
// first.
func (r reader) SimulationsOf(ctx context.Context, measure string, version, most int) ([]SimulationLine, error) {
	return list[SimulationLine](ctx, r, "simulations", `
		SELECT a.at, u.name AS by, a.detail -> 'record' AS record FROM audit a JOIN users u ON u.municipality_id = a.municipality_id AND u.id = a.user_id
		WHERE a.municipality_id = ? AND a.act = 'simulate_measure' AND a.subject = 'measure ' || ? AND (a.detail ->> 'version')::int = ?
		ORDER BY a.at DESC, a.id DESC LIMIT ?`, r.municipality, measure, version, most)
}
