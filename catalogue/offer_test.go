package catalogue

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"colletta/pooling"
	"colletta/refusal"
)

// lab is the psychomotricity laboratory of the WeMi experiment: 1,500.00 € for
// a course of 10 meetings, 30 families.
func lab() Offer {
	return Offer{
		ID: "o1", Service: "s1", Provider: "p1", Category: "sport-psicomotricita", Title: "Laboratorio di psicomotricità",
		Description: "Dieci incontri.\nIn palestra.", Period: PeriodCourse, Meetings: 10, ValidFrom: day("2026-09-01"), ValidTo: day("2027-06-30"),
		PublishedAt: day("2026-08-01"),
		Terms: pooling.Offer{
			ID: "o1", Provider: "p1", Category: "sport-psicomotricita", Mode: pooling.ModeTogether, Slots: []string{"tue-16", "thu-16"},
			Area: pooling.Area{Communities: []string{"c1"}}, MinMembers: 15, MaxMembers: 30, Split: pooling.SplitEqual,
			Tiers: []pooling.Tier{{FromMembers: 1, Fixed: 1_500_00}},
		},
	}
}

func TestLabIsPublishable(t *testing.T) {
	t.Parallel()
	o := lab()
	if list := o.Validate(MilanCategories()); len(list) > 0 {
		t.Error(list)
	}
}

func TestOfferIsRefusedByItsField(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(*Offer)
		field string
		want  *refusal.Error
	}{
		"short title":         {func(o *Offer) { o.Title = " a " }, "title", ErrTitle},
		"long title":          {func(o *Offer) { o.Title = strings.Repeat("è", TitleCharsMax+1) }, "title", ErrTitle},
		"NUL in the title":    {func(o *Offer) { o.Title = "Labor\x00atorio" }, "title", ErrTitle},
		"long description":    {func(o *Offer) { o.Description = strings.Repeat("x", DescriptionCharsMax+1) }, "description", ErrDescription},
		"a section":           {func(o *Offer) { o.Category = "zero-18"; o.Terms.Category = "zero-18" }, "category", ErrCategoryUnknown},
		"no such category":    {func(o *Offer) { o.Category = "x"; o.Terms.Category = "x" }, "category", ErrCategoryUnknown},
		"terms of another":    {func(o *Offer) { o.Terms.Provider = "p2" }, "terms", ErrTermsDiffer},
		"unknown period":      {func(o *Offer) { o.Period = "day"; o.Meetings = 0 }, "period", ErrPeriod},
		"course without end":  {func(o *Offer) { o.Meetings = 0 }, "meetings", ErrMeetings},
		"month with meetings": {func(o *Offer) { o.Period = PeriodMonth }, "meetings", ErrMeetings},
		"never valid":         {func(o *Offer) { o.ValidTo = day("2026-08-31") }, "valid_from", ErrValidity},
		"slot twice":          {func(o *Offer) { o.Terms.Slots = []string{"tue-16", "tue-16"} }, "slots", ErrSlotTwice},
		"slots overlap":       {func(o *Offer) { o.Terms.Slots = []string{"tue-16", "tue-1630-1800"} }, "slots", ErrSlotsOverlap},
		"no slot":             {func(o *Offer) { o.Terms.Slots = []string{"sometimes"} }, "slots", ErrSlotFormat},
		"terms of pooling":    {func(o *Offer) { o.Terms.MinMembers = 31 }, "max_members", pooling.ErrOfferMembersOrder},
	} {
		o := lab()
		c.spoil(&o)
		list := o.Validate(MilanCategories())
		if len(list) != 1 || !errors.Is(list[0], c.want) || list[0].Field != c.field {
			t.Errorf("%s: %v, want %s at %s", name, list, c.want.Code, c.field)
		}
	}
}

func TestOfferIsInForceOnItsDays(t *testing.T) {
	t.Parallel()
	o := lab()
	for d, want := range map[string]bool{"2026-08-31": false, "2026-09-01": true, "2027-06-30": true, "2027-07-01": false} {
		if got := o.InForce(day(d)); got != want {
			t.Errorf("%s: %t", d, got)
		}
	}
	o.PublishedAt = o.PublishedAt.AddDate(-2100, 0, 0)
	if draft := (Offer{ValidFrom: o.ValidFrom}); draft.InForce(day("2026-10-01")) {
		t.Error("a draft is in force")
	}
}

func TestQualification(t *testing.T) {
	t.Parallel()
	tree := MilanCategories()
	decisions := []Qualification{
		{"p1", "zero-18", QualificationGranted, day("2026-02-01")},
		{"p1", "arte", QualificationDenied, day("2026-03-01")},
		{"p1", "stem", QualificationDenied, day("2026-03-01")},
		{"p1", "stem", QualificationGranted, day("2026-04-01")},
		{"p1", "salute", QualificationRequested, day("2026-02-01")},
		{"p1", "zero-18", QualificationRevoked, day("2026-12-01")},
	}
	for _, c := range []struct {
		provider ProviderID
		category CategoryID
		on       string
		want     bool
	}{
		{"p1", "sport-psicomotricita", "2026-01-31", false},
		{"p1", "sport-psicomotricita", "2026-02-01", true},
		{"p1", "sport-psicomotricita", "2026-12-01", false},
		{"p1", "arte", "2026-02-28", true},
		{"p1", "arte", "2026-03-01", false},
		{"p1", "stem", "2026-03-31", false},
		{"p1", "stem", "2026-12-31", true},
		{"p1", "salute", "2026-06-01", true},
		{"p1", "piccole-commissioni", "2026-06-01", false},
		{"p2", "sport-psicomotricita", "2026-06-01", false},
		{"p1", "nothing", "2026-06-01", false},
	} {
		err := CheckQualified(tree, decisions, c.provider, c.category, day(c.on))
		if (err == nil) != c.want || err != nil && !errors.Is(err, ErrNotQualified) {
			t.Errorf("%s in %s on %s: %v", c.provider, c.category, c.on, err)
		}
	}
}

func TestMilanCategories(t *testing.T) {
	t.Parallel()
	tree := MilanCategories()
	count := map[CategoryID]int{}
	for _, c := range tree.Leaves() {
		count[c.ParentID]++
	}
	// 13 home services, 5 of the area 0-18 (seed deck), one register, 4 of
	// inclusion, 5 of financial education.
	for parent, want := range map[CategoryID]int{"domiciliarita": 13, "zero-18": 5, "": 1, "inclusione": 4, "educazione-finanziaria": 5} {
		if count[parent] != want {
			t.Errorf("%q has %d leaves, want %d", parent, count[parent], want)
		}
	}
	if !tree.Within("arte", "zero-18") || !tree.Within("arte", "arte") || tree.Within("zero-18", "arte") || tree.Within("x", "arte") {
		t.Error("what lies within what")
	}
	if sections := tree.Children(""); !slices.ContainsFunc(sections, func(c Category) bool { return c.ID == "domiciliarita" }) || len(sections) != 5 {
		t.Errorf("sections: %v", sections)
	}
	for _, text := range []string{
		"- {id: a, name: A}\n- {id: a, name: B}", "- {id: a, name: A, parent: b}", "- {id: a, name: A, unit: metre}",
		"- {id: a, name: A, unit: hour}\n- {id: b, name: B, parent: a}", "- {id: a, name: A, colour: red}",
	} {
		if _, err := readTree([]byte(text)); err == nil {
			t.Errorf("accepted: %s", text)
		}
	}
}
