package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"colletta/communities"
)

type householdRow struct {
	bun.BaseModel `bun:"table:households"`

	MunicipalityID communities.MunicipalityID
	ID             string
	Name           string
	OddCents       int
	CreatedAt      time.Time
}

type personRow struct {
	bun.BaseModel `bun:"table:persons"`

	MunicipalityID communities.MunicipalityID
	ID             string
	HouseholdID    string
	GivenName      string
	FamilyName     string
	TaxCode        string
	Email          string
	Phone          string
	Role           communities.PersonRole
}

func (r personRow) toPerson() communities.Person {
	return communities.Person{
		ID: communities.PersonID(r.ID), Household: communities.HouseholdID(r.HouseholdID),
		GivenName: r.GivenName, FamilyName: r.FamilyName, TaxCode: r.TaxCode, Email: r.Email, Phone: r.Phone, Role: r.Role,
	}
}

func toPersons(rows []personRow) []communities.Person {
	all := make([]communities.Person, len(rows))
	for i, r := range rows {
		all[i] = r.toPerson()
	}
	return all
}

type membershipRow struct {
	bun.BaseModel `bun:"table:memberships"`

	MunicipalityID communities.MunicipalityID
	CommunityID    string
	HouseholdID    string
	UnitKey        string
	UnitLabel      string
	Staircase      string
	Floor          string
	Millesimi      *string
	Residents      int
	JoinedAt       time.Time
}

func (r membershipRow) toMembership() (communities.Membership, error) {
	m := communities.Membership{
		Community: communities.CommunityID(r.CommunityID), Household: communities.HouseholdID(r.HouseholdID),
		UnitLabel: r.UnitLabel, Staircase: r.Staircase, Floor: r.Floor, Residents: r.Residents,
	}
	if r.Millesimi == nil {
		return m, nil
	}
	var err error
	m.Millesimi, err = communities.ParseMillesimi(*r.Millesimi)
	return m, fault(err, "millesimi")
}

func fromMembership(municipality communities.MunicipalityID, m communities.Membership, at time.Time) membershipRow {
	row := membershipRow{
		MunicipalityID: municipality, CommunityID: string(m.Community), HouseholdID: string(m.Household), UnitKey: m.Key(),
		UnitLabel: m.UnitLabel, Staircase: m.Staircase, Floor: m.Floor, Residents: m.Residents, JoinedAt: at,
	}
	if m.Millesimi > 0 {
		text := m.Millesimi.String()
		row.Millesimi = &text
	}
	return row
}

// MembershipsOf lists the units of a community with their households.
func (r reader) MembershipsOf(ctx context.Context, id communities.CommunityID) ([]communities.Membership, error) {
	return r.memberships(ctx, membershipSelect+"ORDER BY staircase, unit_label, household_id", r.municipality, id)
}

// UnitsOf lists the units of one household in a community.
func (r reader) UnitsOf(ctx context.Context, id communities.CommunityID, h communities.HouseholdID) ([]communities.Membership, error) {
	return r.memberships(ctx, membershipSelect+"AND household_id = ? ORDER BY staircase, unit_label", r.municipality, id, h)
}

const membershipSelect = `
	SELECT community_id, household_id, unit_key, unit_label, staircase, floor, millesimi, residents, joined_at
	FROM memberships WHERE municipality_id = ? AND community_id = ? `

func (r reader) memberships(ctx context.Context, query string, args ...any) ([]communities.Membership, error) {
	rows, err := list[membershipRow](ctx, r, "memberships", query, args...)
	if err != nil {
		return nil, err
	}
	all := make([]communities.Membership, len(rows))
	for i, row := range rows {
		if all[i], err = row.toMembership(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// PeopleOf lists the people of the households of a community, holders first.
func (r reader) PeopleOf(ctx context.Context, id communities.CommunityID) ([]communities.Person, error) {
	rows, err := list[personRow](ctx, r, "people", `
		SELECT p.* FROM persons p
		WHERE p.municipality_id = ?0 AND p.household_id IN
			(SELECT household_id FROM memberships WHERE municipality_id = ?0 AND community_id = ?1)
		ORDER BY p.role DESC, p.family_name, p.given_name, p.id`, r.municipality, id)
	return toPersons(rows), err
}

// Household is one household with its people, the holder first.
func (r reader) Household(ctx context.Context, id communities.HouseholdID) (communities.Household, []communities.Person, error) {
	row, err := single[householdRow](ctx, r, "household", id,
		"SELECT * FROM households WHERE municipality_id = ? AND id = ?", r.municipality, id)
	if err != nil {
		return communities.Household{}, nil, err
	}
	people, err := list[personRow](ctx, r, "people of a household", `
		SELECT * FROM persons WHERE municipality_id = ? AND household_id = ?
		ORDER BY (role = 'holder') DESC, role, id`, r.municipality, id)
	return communities.Household{ID: id, Name: row.Name}, toPersons(people), err
}

// PeopleByEmail finds people by e-mail address, so that a family that lives in
// two communities stays one household. Only the address counts, which a login
// proves: a delegate who knows somebody's tax code must not reach their
// household with it.
func (r reader) PeopleByEmail(ctx context.Context, emails []string) ([]communities.Person, error) {
	rows, err := list[personRow](ctx, r, "people by e-mail", `
		SELECT * FROM persons WHERE municipality_id = ? AND email <> '' AND email IN (?) ORDER BY id`,
		r.municipality, texts(append(emails, "")))
	return toPersons(rows), err
}

// AddHouseholds stores households.
func (tx *Tx) AddHouseholds(ctx context.Context, households []communities.Household, at time.Time) error {
	rows := make([]householdRow, len(households))
	for i, h := range households {
		rows[i] = householdRow{MunicipalityID: tx.municipality, ID: string(h.ID), Name: h.Name, CreatedAt: at}
	}
	return insertAll(ctx, tx, "add households", rows)
}

// AddPersons stores people. The first with an e-mail address of a household
// that nobody can log in for becomes its user; once there is one, nobody but
// the household lets others in.
func (tx *Tx) AddPersons(ctx context.Context, persons []communities.Person, at time.Time) error {
	rows := make([]personRow, len(persons))
	users := []userRow{}
	seen := map[string]bool{"": true}
	for i, p := range persons {
		rows[i] = personRow{
			MunicipalityID: tx.municipality, ID: string(p.ID), HouseholdID: string(p.Household), GivenName: p.GivenName,
			FamilyName: p.FamilyName, TaxCode: p.TaxCode, Email: p.Email, Phone: p.Phone, Role: p.Role,
		}
		if p.Email != "" && !seen[p.Email] && !seen[string(p.Household)] {
			seen[p.Email], seen[string(p.Household)] = true, true
			users = append(users, userRow{
				MunicipalityID: tx.municipality, ID: NewID(), Email: p.Email, Name: p.FullName(),
				HouseholdID: string(p.Household), CreatedAt: at,
			})
		}
	}
	if err := insertAll(ctx, tx, "add people", rows); err != nil || len(users) == 0 {
		return err
	}
	households := make([]string, len(users))
	for i, u := range users {
		households[i] = u.HouseholdID
	}
	taken, err := list[string](ctx, tx.reader, "users of households", `
		SELECT household_id::text FROM users WHERE municipality_id = ? AND household_id::text IN (?)`, tx.municipality, texts(households))
	if err != nil {
		return err
	}
	users = slices.DeleteFunc(users, func(u userRow) bool { return slices.Contains(taken, u.HouseholdID) })
	if len(users) == 0 {
		return nil
	}
	_, err = tx.tx.NewInsert().Model(&users).
		On("CONFLICT (municipality_id, email) DO UPDATE").
		Set("household_id = coalesce(user_row.household_id, EXCLUDED.household_id)").Exec(ctx)
	return fault(err, "add users")
}

// UpdatePerson changes a person's contact data.
func (tx *Tx) UpdatePerson(ctx context.Context, p communities.Person) error {
	_, err := tx.exec(ctx, "update person", `
		UPDATE persons SET given_name = ?, family_name = ?, tax_code = ?, email = ?, phone = ?
		WHERE municipality_id = ? AND id = ?`,
		p.GivenName, p.FamilyName, p.TaxCode, p.Email, p.Phone, tx.municipality, p.ID)
	return err
}

// AddMemberships stores units of households in a community.
func (tx *Tx) AddMemberships(ctx context.Context, memberships []communities.Membership, at time.Time) error {
	rows := make([]membershipRow, len(memberships))
	for i, m := range memberships {
		rows[i] = fromMembership(tx.municipality, m, at)
	}
	return insertAll(ctx, tx, "add memberships", rows)
}

// UpdateMembership changes what a unit is, its household included.
func (tx *Tx) UpdateMembership(ctx context.Context, m communities.Membership) error {
	row := fromMembership(tx.municipality, m, time.Time{})
	_, err := tx.exec(ctx, "update membership", `
		UPDATE memberships SET household_id = ?, unit_label = ?, staircase = ?, floor = ?, millesimi = ?, residents = ?
		WHERE municipality_id = ? AND community_id = ? AND unit_key = ?`,
		row.HouseholdID, row.UnitLabel, row.Staircase, row.Floor, row.Millesimi, row.Residents,
		tx.municipality, row.CommunityID, row.UnitKey)
	return err
}

// AddImport records that a file was imported.
func (tx *Tx) AddImport(ctx context.Context, community communities.CommunityID, file, sha256 string, by communities.UserID, created, updated int, at time.Time) error {
	_, err := tx.exec(ctx, "add import", `
		INSERT INTO imports (municipality_id, id, community_id, file_name, sha256, actor_id, created_rows, updated_rows, imported_at)
		VALUES (?, ?, ?, ?, ?, nullif(?, '')::uuid, ?, ?, ?)`,
		tx.municipality, NewID(), community, file, sha256, string(by), created, updated, at)
	return err
}

// LockCommunity waits for other changes to a community to end.
func (tx *Tx) LockCommunity(ctx context.Context, id communities.CommunityID) error {
	_, err := single[string](ctx, tx.reader, "community", id,
		"SELECT id::text FROM communities WHERE municipality_id = ? AND id = ? FOR UPDATE", tx.municipality, id)
	return err
}

// PeopleCount is how many people a household has.
type PeopleCount struct {
	People   int // registered
	Children int // of them, with the role of a child
}

// CountPeople says how many people each of some households has.
func (r reader) CountPeople(ctx context.Context, households []communities.HouseholdID) (map[communities.HouseholdID]PeopleCount, error) {
	type countRow struct {
		HouseholdID      communities.HouseholdID
		People, Children int
	}
	ids := make([]string, 0, len(households))
	for _, h := range households {
		if h != "" { // nobody's
			ids = append(ids, string(h))
		}
	}
	rows, err := list[countRow](ctx, r, "people of households", `
		SELECT household_id, count(*) AS people, count(*) FILTER (WHERE role = 'child') AS children FROM persons
		WHERE municipality_id = ? AND household_id = ANY (?::uuid[]) GROUP BY household_id`, r.municipality, pgdialect.Array(ids))
	all := make(map[communities.HouseholdID]PeopleCount, len(rows))
	for _, row := range rows {
		all[row.HouseholdID] = PeopleCount{row.People, row.Children}
	}
	return all, err
}

// HoldersOf returns who answers for each household.
func (r reader) HoldersOf(ctx context.Context, households []communities.HouseholdID) (map[communities.HouseholdID]communities.Person, error) {
	rows, err := list[personRow](ctx, r, "holders", `
		SELECT DISTINCT ON (household_id) * FROM persons
		WHERE municipality_id = ? AND role = 'holder' AND household_id::text IN (?) ORDER BY household_id, (email <> '') DESC, id`,
		r.municipality, texts(append(households, "")))
	all := make(map[communities.HouseholdID]communities.Person, len(rows))
	for _, p := range toPersons(rows) {
		all[p.Household] = p
	}
	return all, err
}
