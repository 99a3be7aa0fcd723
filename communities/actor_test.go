package communities

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func actorOf(r Role) Actor {
	a := Actor{User: "u", Municipality: 1, Grants: []Grant{{Role: r}}}
	switch r {
	case RoleMember:
		a.Household, a.Grants[0].Community = "h1", "c1"
	case RoleDelegate:
		a.Grants[0].Community = "c1"
	case RoleProvider:
		a.Grants[0].Provider = "p1"
	}
	return a
}

// Every role meets every permission twice: in its own community, household and
// provider, and in those of others. The golden file holds an explicit yes or no
// for each; a new permission changes the file and so is looked at.
func TestPermissionMatrix(t *testing.T) {
	t.Parallel()
	own := Scope{Community: "c1", Household: "h1", Provider: "p1"}
	others := Scope{Community: "c2", Household: "h2", Provider: "p2"}
	var b strings.Builder
	for _, p := range Permissions() {
		for _, r := range Roles() {
			a := actorOf(r)
			fmt.Fprintf(&b, "%s %s own=%t others=%t unnamed=%t\n", p, r,
				a.May(p, own, noon) == nil, a.May(p, others, noon) == nil, a.May(p, Scope{}, noon) == nil)
		}
	}
	const golden = "testdata/permissions.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if b.String() != string(want) {
		t.Errorf("the matrix changed:\n%s\nwant\n%s", b.String(), want)
	}
}

func TestWhatNobodyMay(t *testing.T) {
	t.Parallel()
	full := Scope{Community: "c1", Household: "h1", Provider: "p1"}
	for _, p := range append(Permissions(), "invented") {
		if err := (Actor{}).May(p, full, noon); !errors.Is(err, ErrNotLoggedIn) {
			t.Errorf("%s, nobody logged in: %v", p, err)
		}
		if err := (Actor{User: "u", Municipality: 1}).May(p, full, noon); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("%s, no grant: %v", p, err)
		}
		for _, r := range Roles() {
			foreign := full
			foreign.Municipality = 2
			if err := actorOf(r).May(p, foreign, noon); !errors.Is(err, ErrNotAllowed) {
				t.Errorf("%s, %s of another municipality: %v", p, r, err)
			}
		}
		if err := actorOf("emperor").May(p, full, noon); !errors.Is(err, ErrNotAllowed) {
			t.Errorf("%s, unknown role: %v", p, err)
		}
	}
	if err := actorOf(RoleOfficer).May("invented", full, noon); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("a permission that does not exist: %v", err)
	}
}

func TestGrantHoldsFromFirstToBeforeLastInstant(t *testing.T) {
	t.Parallel()
	g := Grant{Role: RoleDelegate, Community: "c1", From: noon, To: noon.Add(time.Hour)}
	a := Actor{User: "u", Municipality: 1, Grants: []Grant{g}}
	for _, c := range []struct {
		at   time.Time
		want bool
	}{{noon.Add(-1), false}, {noon, true}, {noon.Add(time.Hour - 1), true}, {noon.Add(time.Hour), false}} {
		if got := a.May(PermImport, Scope{Community: "c1"}, c.at) == nil; got != c.want {
			t.Errorf("at %s: %t", c.at.Format(time.TimeOnly), got)
		}
		if got := a.Has(RoleDelegate, c.at); got != c.want {
			t.Errorf("has at %s: %t", c.at.Format(time.TimeOnly), got)
		}
		if got := len(a.CommunitiesAs(RoleDelegate, c.at)) == 1; got != c.want {
			t.Errorf("communities at %s: %t", c.at.Format(time.TimeOnly), got)
		}
	}
}

// A family that has left the community still sees and pays its charges, but
// pledges no more.
func TestAfterLeavingOnlyTheOwnHouseholdRemains(t *testing.T) {
	t.Parallel()
	a := actorOf(RoleMember)
	a.Grants[0].To = noon
	scope := Scope{Community: "c1", Household: "h1"}
	for p, want := range map[Permission]bool{
		PermSeeCharges: true, PermPay: true, PermSeeISEE: true, PermPledge: false, PermSeeCommunity: false,
	} {
		if got := a.May(p, scope, noon) == nil; got != want {
			t.Errorf("%s: %t", p, got)
		}
	}
}

func TestOfficerOfOneCommunityStaysInIt(t *testing.T) {
	t.Parallel()
	a := Actor{User: "u", Municipality: 1, Grants: []Grant{{Role: RoleOfficer, Community: "c1"}}}
	for _, c := range []struct {
		p     Permission
		scope Scope
		want  bool
	}{
		{PermImport, Scope{Community: "c1"}, true},
		{PermImport, Scope{Community: "c2"}, false},
		{PermSeeFund, Scope{}, false},
	} {
		if got := a.May(c.p, c.scope, noon) == nil; got != c.want {
			t.Errorf("%s in %q: %t", c.p, c.scope.Community, got)
		}
	}
}
