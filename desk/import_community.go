package desk

import (
	"context"
	"slices"

	"colletta/communities"
	"colletta/postgres"
	"colletta/refusal"
)

// ErrImportFaulty says that a file has errors: nothing was stored. Args: count.
var ErrImportFaulty = refusal.New(refusal.KindInvalid, "import_faulty")

// PreviewImport says what a file would do to a community, with every error by
// row and column. Nothing is stored.
func (d *Desk) PreviewImport(ctx context.Context, a communities.Actor, r ImportRequest) (ImportPreview, error) {
	community, err := d.mayImport(ctx, a, r.Community)
	if err != nil {
		return ImportPreview{}, err
	}
	p := ImportPreview{Community: d.summary(postgres.CommunityLine{Community: community}), File: r.File}
	file, errs := communities.ReadImport(r.File, r.Data, community.Kind)
	if len(errs) > 0 {
		p.Errors = errs
		return p, nil
	}
	p.SHA256, p.Rows = file.SHA256, len(file.Rows)
	enrolled, err := enrolledIn(ctx, d.db, r.Community, file)
	if err != nil {
		return ImportPreview{}, err
	}
	p.Plan = planFor(enrolled, file)
	p.AlreadyImported = !p.Plan.Changes()
	p.MillesimiAfter = millesimiAfter(file, p.Plan)
	return p, nil
}

// millesimiAfter is the sum of a community's millesimi after an import, when
// units that stay make it other than that of the file.
func millesimiAfter(file *communities.Import, plan communities.ImportPlan) string {
	var sum, stay communities.Millesimi
	for _, row := range file.Rows {
		sum += row.Millesimi
	}
	for _, m := range plan.Missing {
		stay += m.Millesimi
	}
	if sum == 0 || stay == 0 {
		return ""
	}
	return (sum + stay).Italian()
}

// ConfirmImport stores a file that has no errors; the same file again changes
// nothing. It returns [ErrImportFaulty] with the errors of the file, and then
// nothing is stored.
func (d *Desk) ConfirmImport(ctx context.Context, a communities.Actor, r ImportRequest) (ImportDone, error) {
	community, err := d.mayImport(ctx, a, r.Community)
	if err != nil {
		return ImportDone{}, err
	}
	file, errs := communities.ReadImport(r.File, r.Data, community.Kind)
	if len(errs) > 0 {
		return ImportDone{}, append(refusal.List{ErrImportFaulty.With("count", len(errs)).At("file")}, communities.Refusals(errs)...)
	}
	now := d.clock.Now()
	var done ImportDone
	err = d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.LockCommunity(ctx, r.Community); err != nil {
			return err
		}
		enrolled, err := enrolledIn(ctx, tx, r.Community, file)
		if err != nil {
			return err
		}
		plan := planFor(enrolled, file)
		done = ImportDone{Created: len(plan.Create), Updated: len(plan.Update), Unchanged: len(plan.Unchanged)}
		if !plan.Changes() {
			return nil
		}
		if err := d.carryOut(ctx, tx, r.Community, plan); err != nil {
			return err
		}
		if err := tx.AddImport(ctx, r.Community, r.File, file.SHA256, a.User, done.Created, done.Updated, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "import", "community "+string(r.Community),
			map[string]any{"sha256": file.SHA256, "created": done.Created, "updated": done.Updated})
	})
	return done, err
}

func (d *Desk) mayImport(ctx context.Context, a communities.Actor, id communities.CommunityID) (communities.Community, error) {
	if err := a.May(communities.PermImport, communities.Scope{Community: id}, d.clock.Now()); err != nil {
		return communities.Community{}, err
	}
	return d.db.Community(ctx, id)
}

// enrolment reads what is stored about a community's units.
type enrolment interface {
	MembershipsOf(context.Context, communities.CommunityID) ([]communities.Membership, error)
	PeopleOf(context.Context, communities.CommunityID) ([]communities.Person, error)
	PeopleByEmail(ctx context.Context, emails []string) ([]communities.Person, error)
}

// enrolledIn gathers the units of a community with their people, and the
// people known elsewhere by an e-mail address in the file, so that a family that
// already uses Colletta is not made twice. What is known elsewhere has no
// community in its membership, and only the e-mail address is told.
func enrolledIn(ctx context.Context, r enrolment, id communities.CommunityID, file *communities.Import) ([]communities.Enrolled, error) {
	memberships, err := r.MembershipsOf(ctx, id)
	if err != nil {
		return nil, err
	}
	people, err := r.PeopleOf(ctx, id)
	if err != nil {
		return nil, err
	}
	var emails []string
	for _, row := range file.Rows {
		if row.Email != "" {
			emails = append(emails, row.Email)
		}
	}
	elsewhere, err := r.PeopleByEmail(ctx, emails)
	if err != nil {
		return nil, err
	}
	of := map[communities.HouseholdID][]communities.Person{}
	for _, p := range people {
		of[p.Household] = append(of[p.Household], p)
	}
	here := map[communities.HouseholdID]bool{}
	var all []communities.Enrolled
	for _, m := range memberships {
		here[m.Household] = true
		all = append(all, communities.Enrolled{Membership: m, People: of[m.Household]})
	}
	for _, p := range elsewhere {
		if !here[p.Household] {
			all = append(all, communities.Enrolled{Membership: communities.Membership{Household: p.Household}, People: []communities.Person{{ID: p.ID, Household: p.Household, Email: p.Email, Role: p.Role}}})
		}
	}
	return all, nil
}

// planFor is [communities.Plan] without changes to families known elsewhere: a
// delegate adds a unit to such a family, and corrects nobody's data.
func planFor(enrolled []communities.Enrolled, file *communities.Import) communities.ImportPlan {
	here := map[communities.HouseholdID]bool{"": true}
	for _, e := range enrolled {
		if e.Membership.Community != "" {
			here[e.Membership.Household] = true
		}
	}
	plan := communities.Plan(enrolled, file)
	plan.Missing = slices.DeleteFunc(plan.Missing, func(m communities.Membership) bool { return m.Community == "" })
	for i, u := range plan.Create {
		if !here[u.Household] {
			plan.Create[i].People = slices.DeleteFunc(slices.Clone(u.People), func(p communities.Person) bool { return p.ID != "" || p.Email != "" })
		}
	}
	return plan
}

// carryOut stores a plan: new households, people and units, changed ones.
func (d *Desk) carryOut(ctx context.Context, tx *postgres.Tx, community communities.CommunityID, plan communities.ImportPlan) error {
	now := d.clock.Now()
	var c carried
	for _, u := range plan.Create {
		h := c.household(u.Group, u.Household, u.Row)
		c.add(h, u.People)
		c.memberships = append(c.memberships, u.Row.Membership(community, h))
	}
	for _, u := range plan.Update {
		h := c.household(u.Group, u.After.Household, u.Row)
		c.add(h, u.People)
		after := u.After
		after.Community, after.Household = community, h
		c.changed = append(c.changed, after)
	}
	if err := tx.AddHouseholds(ctx, c.households, now); err != nil {
		return err
	}
	if err := tx.AddPersons(ctx, c.people, now); err != nil {
		return err
	}
	for _, p := range c.corrected {
		if err := tx.UpdatePerson(ctx, p); err != nil {
			return err
		}
	}
	if err := tx.AddMemberships(ctx, c.memberships, now); err != nil {
		return err
	}
	for _, m := range c.changed {
		if err := tx.UpdateMembership(ctx, m); err != nil {
			return err
		}
	}
	return nil
}

// carried gathers what a plan stores, table by table.
type carried struct {
	groups      map[int]communities.HouseholdID
	households  []communities.Household
	people      []communities.Person
	corrected   []communities.Person
	memberships []communities.Membership
	changed     []communities.Membership
}

// household is the one that is known, or the new one of the row's group.
func (c *carried) household(group int, known communities.HouseholdID, row communities.ImportRow) communities.HouseholdID {
	if known != "" {
		return known
	}
	if h, ok := c.groups[group]; ok {
		return h
	}
	if c.groups == nil {
		c.groups = map[int]communities.HouseholdID{}
	}
	h := communities.HouseholdID(postgres.NewID())
	c.groups[group] = h
	c.households = append(c.households, communities.Household{ID: h, Name: "Famiglia " + row.FamilyName})
	return h
}

// add sorts people into new and corrected ones.
func (c *carried) add(h communities.HouseholdID, people []communities.Person) {
	for _, p := range people {
		p.Household = h
		if p.ID != "" {
			c.corrected = append(c.corrected, p)
			continue
		}
		same := func(q communities.Person) bool {
			return q.Household == h && q.GivenName == p.GivenName && q.FamilyName == p.FamilyName && q.TaxCode == p.TaxCode
		}
		if !slices.ContainsFunc(c.people, same) {
			p.ID = communities.PersonID(postgres.NewID())
			c.people = append(c.people, p)
		}
	}
}
