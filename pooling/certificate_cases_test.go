package pooling

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// anyCase draws a proof of any content that a file may hold.
func anyCase(t *rapid.T, depth int) *Case {
	if depth == 0 || rapid.Bool().Draw(t, "leaf") {
		return &Case{Multipliers: rapid.SliceOf(rapid.Int64()).Draw(t, "multipliers of a case")}
	}
	id := rapid.StringMatching(`[a-zà-ù"<\\]{1,5}`)
	c := &Case{Demand: id.Draw(t, "demand of a case"), Provider: id.Draw(t, "provider"), Here: anyCase(t, depth-1), Elsewhere: anyCase(t, depth-1)}
	if rapid.Bool().Draw(t, "in a slot") {
		c.Slot = id.Draw(t, "slot of a case")
	}
	return c
}

// anyCases draws a proof by cases: a tree of questions about any demands and
// places, with any multipliers at its leaves.
func anyCases(draw func(int) int, s *Snapshot, depth int) *Certificate {
	c := &Certificate{Denominator: int64([]int{1, 7, 100, 10_000}[draw(4)])}
	var grow func(depth int) *Case
	grow = func(depth int) *Case {
		if depth == 0 || draw(8) == 0 || len(s.Demands) == 0 {
			plain := anyCertificate(draw, s)
			for i, m := range plain.Multipliers {
				plain.Multipliers[i] = m * c.Denominator / plain.Denominator
			}
			return &Case{Multipliers: plain.Multipliers}
		}
		n := &Case{Demand: s.Demands[draw(len(s.Demands))].ID, Provider: s.Providers[draw(len(s.Providers))].ID}
		if k := draw(len(s.Slots) + 1); k < len(s.Slots) {
			n.Slot = s.Slots[k].ID
		}
		n.Here, n.Elsewhere = grow(depth-1), grow(depth-1)
		return n
	}
	c.Cases = grow(depth)
	return c
}

// Whatever the cases and their multipliers, no formation serves more than the
// bound. Method: tiny rounds whose best formation is found by trying them all.
func TestTheBoundOfCasesIsNeverBelowTheTruth(t *testing.T) {
	t.Parallel()
	tight := 0
	for seed := range uint64(1500) {
		draw := seeded(seed)
		s := city(draw, 1+draw(7), 1+draw(2))
		served, _ := bestByForce(s)
		for range 4 {
			c := anyCases(draw, s, 1+draw(4))
			value, err := certified(s, c)
			if err != nil {
				t.Fatal(err)
			}
			if value < int64(served)*c.Denominator {
				t.Fatalf("seed %d: bound %d/%d, but %d can be served", seed, value, c.Denominator, served)
			}
			if served > 0 && value/c.Denominator == int64(served) {
				tight++
			}
		}
	}
	if tight < 100 {
		t.Fatalf("only %d bounds are tight", tight)
	}
}

// The bound of each leaf holds for the formations of its case. Method: the
// round in which demands lose the slots that the answers bar, where no rota is,
// solved by trying all formations. Every demand goes with one provider, so
// that a slot of its is a place.
func TestABoundOnAPathIsNeverBelowTheTruthOfItsCase(t *testing.T) {
	t.Parallel()
	lower := 0
	for seed := range uint64(1500) {
		draw := seeded(seed)
		s := city(draw, 2+draw(6), 1)
		s.Providers = s.Providers[:1]
		for o := range s.Offers {
			s.Offers[o].Provider = s.Providers[0].ID
		}
		c := anyCertificate(draw, s)
		var steps []caseStep
		less := *s
		less.Demands = slices.Clone(s.Demands)
		for range 1 + draw(3) {
			step := caseStep{demand: int32(draw(len(s.Demands))), slot: draw(len(s.Slots)+1) - 1, here: draw(2) == 0}
			steps = append(steps, step)
			x := &less.Demands[step.demand]
			x.Slots = slices.DeleteFunc(slices.Clone(x.Slots), func(id string) bool {
				return step.here != (step.slot >= 0 && id == s.Slots[step.slot].ID)
			})
		}
		r := newRegister(s)
		free, err := certifiedBy(r, c, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		value, err := certifiedBy(r, c, newPath(len(s.Demands), steps), 1)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := certified(&less, c); err != nil || value != want {
			t.Fatalf("seed %d: %d by the path, %d without the slots: %v", seed, value, want, err)
		}
		if served, _ := bestByForce(&less); value > free || value < int64(served)*c.Denominator {
			t.Fatalf("seed %d: %d free, %d in the case, where %d can be served", seed, free, value, served)
		}
		if value < free {
			lower++
		}
	}
	if lower < 100 {
		t.Fatalf("only %d paths lower the bound", lower)
	}
}

// triangle is a round of three demands and three slots: each two of the demands
// have one slot in common, where they could be a group of two.
func triangle() *Snapshot {
	slots := []string{"mon", "tue", "wed"}
	s := &Snapshot{
		Version: 1, Round: RoundHeader{ID: "r", Date: "2026-11-23", Period: "month", Currency: "EUR"},
		Categories:  []Category{{"help", "place"}},
		Communities: []Community{{ID: "c", Kind: "school"}},
		Providers:   []Provider{{ID: "p", Staff: map[string]int{"mon": 1, "tue": 1, "wed": 1}}},
		Offers: []Offer{{
			ID: "o", Provider: "p", Category: "help", Slots: slots, Area: Area{Communities: []string{"c"}},
			MinMembers: 2, MaxMembers: 2, Split: SplitEqual, Mode: ModeTogether, Tiers: []Tier{{1, 10_00, 0, 0}},
		}},
		Programmes: []Programme{},
	}
	for k := range slots {
		id := fmt.Sprint("d", k+1)
		s.Slots = append(s.Slots, Slot{slots[k], slots[k], "08:00", "10:00"})
		s.Households = append(s.Households, Household{ID: id})
		s.Demands = append(s.Demands, Demand{
			ID: id, Household: id, Community: "c", Category: "help", Units: 1, Weight: 1,
			Slots: []string{slots[k], slots[(k+1)%3]}, MaxPrice: 5_00, PostedOn: "2026-11-01",
		})
	}
	return s
}

// Cases prove what one list cannot: of the triangle two demands can be served,
// no list of multipliers proves less than 3, and two cases do. By hand: when d1
// is only in mon, the groups left are {d1, d3} and {d2, d3}; when it is only in
// tue, they are {d1, d2} and {d2, d3}. The demand of both is worth a group.
func TestCasesProveWhatOneListOfMultipliersCannot(t *testing.T) {
	t.Parallel()
	s := triangle()
	if err := Validate(s); err != nil {
		t.Fatal(err)
	}
	if served, _ := bestByForce(s); served != 2 {
		t.Fatalf("%d can be served", served)
	}
	for a := range int64(5) {
		for b := range int64(5) {
			for c := range int64(5) {
				if plain, err := certified(s, &Certificate{Denominator: 2, Multipliers: []int64{a, b, c}}); err != nil || plain < 6 {
					t.Fatalf("%d, %d, %d prove %d/2, %v", a, b, c, plain, err)
				}
			}
		}
	}
	proof := &Case{
		Demand: "d1", Provider: "p", Slot: "mon",
		Here:      &Case{Multipliers: []int64{0, 0, 2}},
		Elsewhere: &Case{Multipliers: []int64{0, 2, 0}},
	}
	if value, err := certified(s, &Certificate{Denominator: 1, Cases: proof}); err != nil || value != 2 {
		t.Fatalf("two cases prove %d, %v", value, err)
	}
}

func TestTheBoundOfCasesDoesNotDependOnTheWorkers(t *testing.T) {
	t.Parallel()
	s := town(seeded(3), 200)
	c, r := anyCases(seeded(4), s, 6), newRegister(s)
	want, err := r.certifiedCases(c, 1)
	if err != nil {
		t.Fatal(err)
	}
	for workers := range 9 {
		if got, err := r.certifiedCases(c, workers); err != nil || got != want {
			t.Fatalf("%d workers: %d, %v; one: %d", workers, got, err, want)
		}
	}
}

// chain is a proof of so many questions, one after the other.
func chain(depth int, leaf func() *Case) *Case {
	c := leaf()
	for range depth {
		c = &Case{Demand: "d1", Provider: "coop-aurora", Here: c, Elsewhere: leaf()}
	}
	return c
}

// complete is a proof with 2^depth leaves.
func complete(depth int, leaf func() *Case) *Case {
	if depth == 0 {
		return leaf()
	}
	return &Case{Demand: "d1", Provider: "coop-aurora", Here: complete(depth-1, leaf), Elsewhere: complete(depth-1, leaf)}
}

// The form of a proof by cases is checked, and what it proves.
func TestCheckFindsAFalseProofByCases(t *testing.T) {
	t.Parallel()
	s, f := mustSnapshot(t, "testdata/rounds/e01.json"), mustFormation(t, "testdata/rounds/e01.sol.json")
	ones := slices.Repeat([]int64{1}, len(s.Demands))
	leaf := func() *Case { return &Case{Multipliers: ones} }
	node := func(change func(c *Case)) *Case {
		c := chain(2, leaf)
		change(c.Here)
		return c
	}
	for _, tt := range []struct {
		name, want string // want is part of the violation; empty for none
		served     int
		cases      *Case
	}{
		{"one leaf", "", 14, leaf()},
		{"two questions", "", 14, chain(2, leaf)},
		{"as deep as may be", "", 14, chain(caseDepthMax, leaf)},
		{"as many as may be", "", 14, complete(12, leaf)},
		{"in a slot", "", 14, node(func(c *Case) { c.Slot = s.Slots[0].ID })},
		{"less than proven", "claims less than its cases prove, which is 14", 13, chain(2, leaf)},
		{"a leaf that proves less", "claims less than its cases prove", 14, node(func(c *Case) { c.Elsewhere = &Case{Multipliers: slices.Repeat([]int64{2}, len(s.Demands))} })},
		{"too deep", "is 64 deep", 14, chain(caseDepthMax+1, leaf)},
		{"too many", "at most 4096 cases", 14, &Case{Demand: "d1", Provider: "coop-aurora", Here: complete(12, leaf), Elsewhere: leaf()}},
		{"unknown demand", `cases.here: demand "d99" is unknown`, 14, node(func(c *Case) { c.Demand = "d99" })},
		{"unknown provider", `provider "" is unknown`, 14, node(func(c *Case) { c.Provider = "" })},
		{"unknown slot", `slot "never" is unknown`, 14, node(func(c *Case) { c.Slot = "never" })},
		{"multipliers and cases", "cases.here: must have either", 14, node(func(c *Case) { c.Multipliers = ones })},
		{"one part", "cases.here.elsewhere: is missing", 14, node(func(c *Case) { c.Elsewhere = nil })},
		{"no parts", "cases.here: must have two cases", 14, node(func(c *Case) { c.Here, c.Elsewhere = nil, nil })},
		{"wrong length", "cases.here.here: 13 multipliers for 14 demands", 14, node(func(c *Case) { c.Here = &Case{Multipliers: ones[1:]} })},
		{"nothing", "cases.elsewhere: 0 multipliers", 14, &Case{Demand: "d1", Provider: "coop-aurora", Here: leaf(), Elsewhere: &Case{}}},
		{"negative", "multipliers[1] is -1", 14, node(func(c *Case) { c.Here = &Case{Multipliers: append([]int64{1, -1}, ones[2:]...)} })},
	} {
		f.Bound = &Bound{tt.served, "branching", &Certificate{Denominator: 1, Cases: tt.cases}}
		expectBound(t, tt.name, tt.want, Check(s, f))
	}
	f.Bound = &Bound{14, "branching", &Certificate{Denominator: 1, Multipliers: ones, Cases: leaf()}}
	expectBound(t, "both", "must have either multipliers or cases", Check(s, f))
	f.Bound = &Bound{14, "branching", &Certificate{Cases: leaf()}}
	expectBound(t, "no denominator", "denominator 0", Check(s, f))
	f.Bound = &Bound{14, "lagrangian", &Certificate{Denominator: 1, Cases: leaf()}}
	expectBound(t, "another method", "has no certificate of cases", Check(s, f))
}

func expectBound(t *testing.T, name, want string, found []Violation) {
	t.Helper()
	switch {
	case want == "" && len(found) > 0:
		t.Errorf("%s: %s", name, found[0])
	case want != "" && (len(found) != 1 || found[0].Rule != "bound" || !strings.Contains(found[0].Text, want)):
		t.Errorf("%s: want %q, got %v", name, want, found)
	}
}

func TestCasesThatAreTooLargeForTheRoundAreRefused(t *testing.T) {
	t.Parallel()
	s := town(seeded(3), 2000)
	multipliers := make([]int64, len(s.Demands))
	c := &Certificate{Denominator: 1, Cases: complete(12, func() *Case { return &Case{Multipliers: multipliers} })}
	r := newRegister(s)
	r.demands["d1"], r.providers["coop-aurora"] = 0, 0
	if _, err := r.certifiedCases(c, 1); err == nil || !strings.Contains(err.Error(), "multipliers") {
		t.Errorf("%d leaves of %d multipliers: %v", c.Cases.Leaves(), len(multipliers), err)
	}
}

func TestProofByCasesSurvivesTheFile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := &Formation{Version: 1, Round: "r", Bound: &Bound{9, "branching", &Certificate{Denominator: 3, Cases: anyCase(t, 5)}}}
		first, err := f.JSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadFormation(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		second, err := again.JSON()
		if err != nil || !bytes.Equal(first, second) {
			t.Fatalf("%v\n%s\n%s", err, first, second)
		}
		if got, want := again.Bound.Certificate.Cases.Leaves(), f.Bound.Certificate.Cases.Leaves(); got != want {
			t.Fatalf("%d leaves, want %d", got, want)
		}
	})
}

func TestProofByCasesIsReadStrictly(t *testing.T) {
	t.Parallel()
	const leaf = `{"multipliers":[1]}`
	deep := func(n int) string {
		return strings.Repeat(`{"demand":"d","provider":"p","here":`, n) + leaf + strings.Repeat(`,"elsewhere":`+leaf+"}", n)
	}
	wide := leaf
	for range 12 {
		wide = `{"demand":"d","provider":"p","slot":null,"here":` + wide + `,"elsewhere":` + wide + `}`
	}
	for _, tt := range []struct{ certificate, path, rule string }{
		{`"cases":` + leaf, "", ""},
		{`"cases":` + deep(caseDepthMax), "", ""},
		{`"cases":` + wide, "", ""},
		{`"cases":` + deep(caseDepthMax+1), strings.Repeat(".here", 65), "at most 64 cases deep"},
		{`"cases":` + deep(100_000), strings.Repeat(".here", 65), "at most 64 cases deep"},
		{`"cases":{"demand":"d","provider":"p","here":` + wide + `,"elsewhere":` + leaf + `}`, ".elsewhere", "at most 4096 cases"},
		{`"cases":{}`, "", "either multipliers, or demand"},
		{`"cases":{"demand":"d","provider":"p","here":` + leaf + `}`, "", "either multipliers, or demand"},
		{`"cases":{"demand":"d","here":` + leaf + `,"elsewhere":` + leaf + `}`, "", "either multipliers, or demand"},
		{`"cases":{"multipliers":[1],"slot":null}`, "", "either multipliers, or demand"},
		{`"cases":{"multipliers":[1],"demand":"d","provider":"p","here":` + leaf + `,"elsewhere":` + leaf + `}`, "", "either multipliers, or demand"},
		{`"cases":{"demand":"","provider":"p"}`, ".demand", "must not be empty"},
		{`"cases":{"multipliers":[1.5]}`, ".multipliers[0]", "whole number"},
		{`"cases":{"here":null}`, ".here", "must be an object"},
		{`"cases":{"where":1}`, ".where", "is not a field"},
		{`"cases":{"multipliers":[1],"multipliers":[1]}`, ".multipliers", "twice"},
		{`"cases":` + leaf + `,"multipliers":[1]`, "-", "either multipliers or cases"},
	} {
		file := fmt.Sprintf(`{"schema":"colletta.solution/1","round":"r","pools":[],"bound":{"served":1,"method":"branching","certificate":{"denominator":1,%s}}}`, tt.certificate)
		_, err := ReadFormation(strings.NewReader(file))
		where := "bound.certificate.cases" + tt.path
		if tt.path == "-" {
			where = "bound.certificate"
		}
		switch refused, isRefused := err.(*InputError); {
		case tt.rule == "" && err != nil:
			t.Errorf("%.60s: %v", tt.certificate, err)
		case tt.rule != "" && (!isRefused || refused.Path != where || !strings.Contains(refused.Rule, tt.rule)):
			t.Errorf("%.60s: %v, want %q at %s", tt.certificate, err, tt.rule, where)
		}
	}
}

func TestAProofThatCannotBeReadBackIsNotWritten(t *testing.T) {
	t.Parallel()
	leaf := func() *Case { return &Case{Multipliers: []int64{1}} }
	endless := &Case{Demand: "d", Provider: "p", Elsewhere: leaf()}
	endless.Here = endless
	for _, c := range []*Case{endless, chain(caseDepthMax+1, leaf), {Demand: "d", Provider: "p", Here: leaf()}} {
		f := &Formation{Version: 1, Bound: &Bound{1, "branching", &Certificate{Denominator: 1, Cases: c}}}
		if b, err := f.JSON(); err == nil || !strings.Contains(err.Error(), "write certificate") {
			t.Errorf("%v: %d bytes", err, len(b))
		}
	}
}
