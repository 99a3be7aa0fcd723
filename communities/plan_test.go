package communities

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// carryOut does what a confirmation does with a plan: it gives IDs, adds and
// changes people, moves units.
func carryOut(existing []Enrolled, plan ImportPlan, next *int) []Enrolled {
	stored := slices.Clone(existing)
	id := func(prefix string) string { *next++; return fmt.Sprintf("%s%d", prefix, *next) }
	groups := map[int]HouseholdID{}
	people := map[HouseholdID][]Person{}
	for _, e := range stored {
		people[e.Membership.Household] = e.People
	}
	settle := func(h HouseholdID, group int, newcomers []Person) HouseholdID {
		if h == "" {
			if groups[group] == "" {
				groups[group] = HouseholdID(id("h"))
			}
			h = groups[group]
		}
		list := slices.Clone(people[h])
		for _, p := range newcomers {
			p.Household = h
			if p.ID == "" {
				p.ID = PersonID(id("p"))
				list = append(list, p)
				continue
			}
			list[slices.IndexFunc(list, func(q Person) bool { return q.ID == p.ID })] = p
		}
		people[h] = list
		return h
	}
	for _, c := range plan.Create {
		h := settle(c.Household, c.Group, c.People)
		stored = append(stored, Enrolled{Membership: c.Row.Membership("c", h)})
	}
	for _, u := range plan.Update {
		u.After.Household = settle(u.After.Household, u.Group, u.People)
		i := slices.IndexFunc(stored, func(e Enrolled) bool { return e.Membership.Key() == u.Before.Key() })
		stored[i].Membership = u.After
	}
	for i := range stored {
		stored[i].People = people[stored[i].Membership.Household]
	}
	return stored
}

// anyRows draws few names, e-mails and tax codes, so that rows often agree and
// often contradict each other.
func anyRows(t *rapid.T, k Kind) *Import {
	pick := func(name string, from ...string) string { return rapid.SampledFrom(from).Draw(t, name) }
	imp := &Import{Kind: k}
	seen := map[string]bool{}
	for range rapid.IntRange(0, 8).Draw(t, "rows") {
		r := ImportRow{
			Kind: k, Row: len(imp.Rows) + 2, FamilyName: pick("family", "Rossi", "Verdi"), GivenName: pick("given", "Ada", "Ugo"),
			Email: pick("email", "", "a@x.it", "b@x.it"), TaxCode: pick("tax", "", "", "T1", "T2"), Phone: pick("phone", "", "123456", "654321"),
		}
		switch k {
		case KindSchool:
			r.Staircase, r.ChildFamilyName, r.ChildGivenName = pick("section", "A", "B"), pick("cf", "Rossi", "Verdi"), pick("cg", "Ada", "Leo", "Mia")
		case KindNeighbourhood:
			r.Street, r.HouseNumber, r.Residents = "Via X", pick("no", "1", "2"), rapid.IntRange(0, 3).Draw(t, "res")
		default:
			r.Staircase, r.Unit, r.Floor = pick("stair", "", "A"), pick("unit", "1", "2", "3", "4"), pick("floor", "", "T", "1")
			r.Millesimi, r.Residents = Millesimi(rapid.IntRange(1, 3).Draw(t, "m")), rapid.IntRange(0, 3).Draw(t, "res")
		}
		if !seen[r.Key()] {
			seen[r.Key()] = true
			imp.Rows = append(imp.Rows, r)
		}
	}
	return imp
}

// Whatever was stored before, a file carried out once changes nothing when it
// is planned again, and every row has its unit.
func TestImportingTwiceIsImportingOnce(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		rapid.Check(t, func(t *rapid.T) {
			next := 0
			var stored []Enrolled
			for range rapid.IntRange(1, 3).Draw(t, "files") {
				imp := anyRows(t, k)
				plan := Plan(stored, imp)
				if n := len(plan.Create) + len(plan.Update) + len(plan.Unchanged); n != len(imp.Rows) {
					t.Fatalf("the plan covers %d of %d rows", n, len(imp.Rows))
				}
				if n := len(plan.Update) + len(plan.Unchanged) + len(plan.Missing); n != len(stored) {
					t.Fatalf("the plan covers %d of %d stored units", n, len(stored))
				}
				stored = carryOut(stored, plan, &next)
				if again := Plan(stored, imp); again.Changes() {
					t.Fatalf("a second time: create %+v, update %+v\nstored %+v", again.Create, again.Update, stored)
				}
			}
		})
	}
}

func example(t *testing.T, k Kind) *Import {
	t.Helper()
	data, err := Example(k)
	if err != nil {
		t.Fatal(err)
	}
	imp, errs := ReadImport("f.xlsx", data, k)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	return imp
}

func TestPlanOfTheExamples(t *testing.T) {
	t.Parallel()
	households := map[Kind]int{KindCondominium: 11, KindSchool: 29, KindNeighbourhood: 10}
	for _, k := range Kinds() {
		imp := example(t, k)
		plan := Plan(nil, imp)
		if len(plan.Create) != len(imp.Rows) || len(plan.Update)+len(plan.Unchanged)+len(plan.Missing) > 0 {
			t.Fatalf("%s: %+v", k, plan)
		}
		next := 0
		stored := carryOut(nil, plan, &next)
		seen := map[HouseholdID]bool{}
		for _, e := range stored {
			seen[e.Membership.Household] = true
		}
		if len(seen) != households[k] {
			t.Errorf("%s: %d households, want %d", k, len(seen), households[k])
		}
		if again := Plan(stored, imp); again.Changes() || len(again.Unchanged) != len(imp.Rows) {
			t.Errorf("%s again: %+v", k, again)
		}
	}
}

func TestPlanSaysWhatDiffers(t *testing.T) {
	t.Parallel()
	next := 0
	first := example(t, KindCondominium)
	stored := carryOut(nil, Plan(nil, first), &next)
	second := &Import{Kind: KindCondominium, Rows: slices.Clone(first.Rows[1:])}
	second.Rows[0].Millesimi++       // flat 2
	second.Rows[1].Phone = "+390200" // flat 3
	second.Rows[2].Email = ""        // flat 4: an empty cell erases nothing
	second.Rows[3] = ImportRow{      // flat 5 was sold
		Kind: KindCondominium, Staircase: "A", Unit: "5", Millesimi: second.Rows[3].Millesimi, FamilyName: "Nuova", GivenName: "Nora",
	}
	plan := Plan(stored, second)
	if len(plan.Create) != 0 || len(plan.Update) != 3 || len(plan.Unchanged) != 8 || len(plan.Missing) != 1 {
		t.Fatalf("create %d, update %d, unchanged %d, missing %d", len(plan.Create), len(plan.Update), len(plan.Unchanged), len(plan.Missing))
	}
	if plan.Missing[0].UnitLabel != "1" {
		t.Errorf("missing: %+v", plan.Missing[0])
	}
	for i, want := range [][]string{{headMillesimi}, {headPhone}, {headFamilyName, headGivenName}} {
		if got := plan.Update[i].Changed; !slices.Equal(got, want) {
			t.Errorf("update %d: %v, want %v", i, got, want)
		}
	}
	if sold := plan.Update[2]; !sold.Moves || sold.After.Household != "" || len(sold.People) != 1 || sold.People[0].ID != "" {
		t.Errorf("sold flat: %+v", sold)
	}
}
