package communities

import (
	"cmp"
	"slices"
)

// Enrolled is one unit as it is stored, with all people of its household.
type Enrolled struct {
	Membership Membership
	People     []Person
}

// ImportPlan is what an import would change in a community. A preview shows it
// and a confirmation carries it out; lists are in the order of the file,
// Missing in the order of the keys.
type ImportPlan struct {
	Create    []PlannedUnit
	Update    []PlannedUpdate
	Unchanged []Membership
	Missing   []Membership // stored, but not in the file: left as they are
}

// Changes tells whether carrying out the plan would change anything.
func (p ImportPlan) Changes() bool { return len(p.Create)+len(p.Update) > 0 }

// PlannedUnit is a unit to be added, with the people whom its household lacks.
type PlannedUnit struct {
	Row       ImportRow
	Household HouseholdID // the household that has the unit; empty for a new one
	Group     int         // rows with the same number share one household
	People    []Person    // to be added to the household, without IDs
}

// PlannedUpdate is a unit whose stored values differ from the file.
type PlannedUpdate struct {
	Row     ImportRow
	Before  Membership
	After   Membership // with the household of the unit after the change; empty for a new one
	Moves   bool       // the unit passes to another household (sold, let): the old membership ends
	Group   int        // as in PlannedUnit; it matters when Moves
	Changed []string   // Italian headers of what differs (of a school, those of a home)
	People  []Person   // to be added (without ID) or changed (with ID)
}

// Plan compares a file with what is stored. It changes nothing and depends only
// on its arguments; carried out, the same file planned again has no Create and
// no Update.
//
// An empty cell changes nothing that is stored: an administrator's table knows
// less than the families who have logged in since. Rows with the same e-mail or
// tax code are one household, as is a row and a stored household. A person is
// the same with the same tax code, or else with the same name.
func Plan(existing []Enrolled, imp *Import) ImportPlan {
	stored := map[string]Enrolled{}
	for _, e := range existing {
		stored[e.Membership.Key()] = e
	}
	groups := households(imp.Rows)
	owners := ownersOf(groups, imp.Rows, existing, stored)
	groups = joinByOwner(groups, owners)
	casts := castsOf(groups, imp.Rows)
	for group, c := range casts {
		c.meet(owners[group], peopleOf(owners[group], existing))
	}
	var plan ImportPlan
	named := map[string]bool{}
	for i, row := range imp.Rows {
		named[row.Key()] = true
		group, owner := groups[i], owners[groups[i]]
		known := peopleOf(owner, existing)
		people := casts[group].of(i)
		before, found := stored[row.Key()]
		if !found {
			plan.Create = append(plan.Create, PlannedUnit{row, owner, group, people})
			continue
		}
		update := compare(row, before.Membership, owner, people, known)
		update.Group = group
		if len(update.Changed) == 0 && !update.Moves {
			plan.Unchanged = append(plan.Unchanged, before.Membership)
			continue
		}
		plan.Update = append(plan.Update, update)
	}
	for _, e := range existing {
		if !named[e.Membership.Key()] {
			plan.Missing = append(plan.Missing, e.Membership)
		}
	}
	slices.SortFunc(plan.Missing, func(a, b Membership) int { return cmp.Compare(a.Key(), b.Key()) })
	return plan
}

// cast is who the rows of one household name, each person once, and the row
// that names the person first. Where rows contradict each other on a person,
// the first one counts; otherwise every import would change the person again.
type cast struct {
	people []Person
	rows   []int
	news   []bool // by meet: the household lacks the person or knows other values
}

// joinByOwner gives one number to all groups of one stored household.
func joinByOwner(groups []int, owners map[int]HouseholdID) []int {
	first := map[HouseholdID]int{}
	joined := slices.Clone(groups)
	for i, g := range groups {
		h := owners[g]
		if h == "" {
			continue
		}
		if _, seen := first[h]; !seen {
			first[h] = g
		}
		joined[i] = first[h]
	}
	return joined
}

func castsOf(groups []int, rows []ImportRow) map[int]*cast {
	casts := map[int]*cast{}
	for i, row := range rows {
		c := casts[groups[i]]
		if c == nil {
			c = &cast{}
			casts[groups[i]] = c
		}
		for _, p := range row.People("") {
			if at := samePerson(p, c.people); at >= 0 {
				c.people[at] = merge(p, c.people[at])
				continue
			}
			c.people = append(c.people, p)
			c.rows = append(c.rows, i)
		}
	}
	return casts
}

// meet compares the people with those whom the household knows, each stored
// person with one at most: by tax code first, then by name in the order of the
// file.
func (c *cast) meet(owner HouseholdID, known []Person) {
	match := make([]int, len(c.people))
	free := slices.Clone(known)
	for _, byTaxCode := range []bool{true, false} {
		for i, p := range c.people {
			if byTaxCode {
				match[i] = -1
			}
			if match[i] >= 0 || byTaxCode && p.TaxCode == "" {
				continue
			}
			at := samePerson(p, free)
			if at >= 0 && (!byTaxCode || free[at].TaxCode == p.TaxCode) {
				match[i] = at
				free[at] = Person{} // taken: it has no name to match
			}
		}
	}
	c.news = make([]bool, len(c.people))
	for i := range c.people {
		c.people[i].Household = owner
		if match[i] < 0 {
			c.news[i] = true
			continue
		}
		was := known[match[i]]
		c.people[i] = merge(was, c.people[i])
		c.news[i] = c.people[i] != was
	}
}

// of lists the people first named by a row whom the household lacks, without
// ID, or knows with other values, with ID.
func (c *cast) of(row int) []Person {
	var people []Person
	for i, p := range c.people {
		if c.rows[i] == row && c.news[i] {
			people = append(people, p)
		}
	}
	return people
}

// households numbers the rows by household: the same e-mail or the same tax
// code, directly or through a third row. The number is the index of the first.
func households(rows []ImportRow) []int {
	group := make([]int, len(rows))
	var root func(int) int
	root = func(i int) int {
		if group[i] != i {
			group[i] = root(group[i])
		}
		return group[i]
	}
	first := map[string]int{}
	for i, r := range rows {
		group[i] = i
		for _, mark := range r.marks() {
			j, seen := first[mark]
			if !seen {
				first[mark] = i
				continue
			}
			a, b := root(i), root(j)
			group[max(a, b)] = min(a, b)
		}
	}
	for i := range group {
		group[i] = root(i)
	}
	return group
}

// marks are what two rows of one household have in common.
func (r ImportRow) marks() []string { return marksOf(r.Email, r.TaxCode) }

func marksOf(email, taxCode string) []string {
	var marks []string
	if email != "" {
		marks = append(marks, "e:"+email)
	}
	if taxCode != "" {
		marks = append(marks, "t:"+taxCode)
	}
	return marks
}

// ownersOf finds the stored household of each group: the one that holds a unit
// of the group and knows its holder, or else one of whose people has an e-mail
// or a tax code of the group.
func ownersOf(groups []int, rows []ImportRow, existing []Enrolled, stored map[string]Enrolled) map[int]HouseholdID {
	byMark := map[string]HouseholdID{}
	for _, e := range existing {
		for _, p := range e.People {
			for _, mark := range marksOf(p.Email, p.TaxCode) {
				if _, taken := byMark[mark]; !taken {
					byMark[mark] = e.Membership.Household
				}
			}
		}
	}
	owners := map[int]HouseholdID{}
	for i, r := range rows {
		e, found := stored[r.Key()]
		if found && owners[groups[i]] == "" && samePerson(r.Holder(""), e.People) >= 0 {
			owners[groups[i]] = e.Membership.Household
		}
	}
	for i, r := range rows {
		for _, mark := range r.marks() {
			if h, known := byMark[mark]; known && owners[groups[i]] == "" {
				owners[groups[i]] = h
			}
		}
	}
	return owners
}

func peopleOf(h HouseholdID, existing []Enrolled) []Person {
	if h != "" {
		for _, e := range existing {
			if e.Membership.Household == h {
				return e.People
			}
		}
	}
	return nil
}

// samePerson is the place of a person among others, or -1. Two tax codes that
// differ are two people, even of one name.
func samePerson(p Person, among []Person) int {
	tests := []func(q Person) bool{
		func(q Person) bool { return p.TaxCode != "" && p.TaxCode == q.TaxCode },
		func(q Person) bool { return p.Email != "" && p.Email == q.Email && sameName(p, q) },
		func(q Person) bool { return sameName(p, q) },
	}
	for _, same := range tests {
		i := slices.IndexFunc(among, func(q Person) bool {
			clash := p.TaxCode != "" && q.TaxCode != "" && p.TaxCode != q.TaxCode
			return !clash && (p.Role == PersonChild) == (q.Role == PersonChild) && same(q)
		})
		if i >= 0 {
			return i
		}
	}
	return -1
}

func sameName(p, q Person) bool {
	return fold(p.FamilyName) == fold(q.FamilyName) && fold(p.GivenName) == fold(q.GivenName)
}

// merge is a stored person with the cells of the file that are not empty. The
// role stays.
func merge(stored, file Person) Person {
	take := func(into *string, text string) {
		if text != "" {
			*into = text
		}
	}
	take(&stored.GivenName, file.GivenName)
	take(&stored.FamilyName, file.FamilyName)
	take(&stored.TaxCode, file.TaxCode)
	take(&stored.Email, file.Email)
	take(&stored.Phone, file.Phone)
	return stored
}

func compare(row ImportRow, before Membership, owner HouseholdID, people, known []Person) PlannedUpdate {
	after := before
	after.Household = owner
	if row.Floor != "" {
		after.Floor = row.Floor
	}
	if row.Millesimi != 0 {
		after.Millesimi = row.Millesimi
	}
	if row.Residents != 0 {
		after.Residents = row.Residents
	}
	u := PlannedUpdate{Row: row, Before: before, After: after, Moves: owner != before.Household, People: people}
	note := func(header string, differs bool) {
		if differs && !slices.Contains(u.Changed, header) {
			u.Changed = append(u.Changed, header)
		}
	}
	note(headFloor, after.Floor != before.Floor)
	note(headMillesimi, after.Millesimi != before.Millesimi)
	for _, p := range people {
		notePerson(p, known, note)
	}
	note(headFamilyName, u.Moves)
	note(headResidents, after.Residents != before.Residents)
	return u
}

// notePerson names what differs in a person; somebody new differs by name.
func notePerson(p Person, known []Person, note func(string, bool)) {
	var was Person
	if i := slices.IndexFunc(known, func(q Person) bool { return p.ID != "" && p.ID == q.ID }); i >= 0 {
		was = known[i]
	}
	note(headFamilyName, was.FamilyName != p.FamilyName)
	note(headGivenName, was.GivenName != p.GivenName)
	note(headEmail, was.Email != p.Email)
	note(headPhone, was.Phone != p.Phone)
	note(headTaxCode, was.TaxCode != p.TaxCode)
}
