package subsidies

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"colletta/money"
)

func applicants(amounts ...int64) []Applicant {
	list := make([]Applicant, len(amounts))
	for i, cents := range amounts {
		list[i] = Applicant{ID: string(rune('A' + i)), Amount: money.Amount(cents), Keys: map[string]Key{"place": {Known: true, Number: Whole(int64(i))}}}
	}
	return list
}

func TestMoneyEndsAsThePolicySays(t *testing.T) {
	t.Parallel()
	byPlace := FundPolicy{Mode: FundRanking, Order: []OrderKey{{By: "place"}}}
	with := func(change func(*FundPolicy)) FundPolicy {
		p := byPlace
		change(&p)
		return p
	}
	for _, c := range []struct {
		name    string
		policy  FundPolicy
		budget  money.Amount
		granted []money.Amount
		left    money.Amount
	}{
		{"stop", byPlace, 150, []money.Amount{100, 0, 0}, 50},
		{"skip", with(func(p *FundPolicy) { p.Skip = true }), 150, []money.Amount{100, 0, 50}, 0},
		{"partial, then stop", with(func(p *FundPolicy) { p.Partial = true }), 150, []money.Amount{100, 50, 0}, 0},
		{"cut alike", with(func(p *FundPolicy) { p.ProRata = true }), 125, []money.Amount{50, 50, 25}, 0},
		{"cut alike, odd cents to the first", with(func(p *FundPolicy) { p.ProRata = true }), 128, []money.Amount{51, 51, 26}, 0},
		{"enough", byPlace, 250, []money.Amount{100, 100, 50}, 0},
		{"an entitlement", with(func(p *FundPolicy) { p.Mode = FundEntitlement }), 150, []money.Amount{100, 100, 50}, -100},
	} {
		got, err := c.policy.Divide(c.budget, applicants(100, 100, 50))
		if err != nil || !slices.Equal(got.Granted, c.granted) || got.Left != c.left {
			t.Errorf("%s: %v, left %s, %v", c.name, got.Granted, got.Left, err)
		}
	}
}

// By hand: 10 % of 10.00 is 1.00, which the marked C uses; of the 9.00 left A takes
// 6.00, and B does not fit.
func TestReserveIsForThoseWhoHaveTheMark(t *testing.T) {
	t.Parallel()
	p := FundPolicy{Mode: FundRanking, Order: []OrderKey{{By: "place"}}, Reserve: []FundReserve{{Fraction(1, 10), "mark"}}}
	list := applicants(600, 500, 100, 100)
	list[2].Keys["mark"] = Key{Known: true, Number: Whole(1)}
	got, err := p.Divide(1000, list)
	if err != nil || !slices.Equal(got.Granted, []money.Amount{600, 0, 100, 0}) || got.Left != 300 {
		t.Errorf("%v, left %s, %v", got.Granted, got.Left, err)
	}
	delete(list[2].Keys, "mark") // nobody uses the reserve: it goes to all
	got, err = p.Divide(1100, list)
	if err != nil || !slices.Equal(got.Granted, []money.Amount{600, 500, 0, 0}) || got.Left != 0 {
		t.Errorf("unused: %v, left %s, %v", got.Granted, got.Left, err)
	}
}

// By hand: the reserve of 1.00 goes to the marked C, who asks for more; where a part
// may be granted C keeps it, and is ranked with all for the rest.
func TestAPartOfTheReserveIsKeptWhereAPartMayBeGranted(t *testing.T) {
	t.Parallel()
	p := FundPolicy{Mode: FundRanking, Order: []OrderKey{{By: "place"}}, Partial: true, Reserve: []FundReserve{{Fraction(1, 10), "mark"}}}
	for _, c := range []struct {
		asked, granted []money.Amount
	}{
		{[]money.Amount{600, 500, 250, 100}, []money.Amount{600, 300, 100, 0}}, // the money ends at B
		{[]money.Amount{600, 200, 250, 100}, []money.Amount{600, 200, 200, 0}}, // at C
		{[]money.Amount{300, 200, 250, 300}, []money.Amount{300, 200, 250, 250}},
	} {
		list := applicants(0, 0, 0, 0)
		for i := range list {
			list[i].Amount = c.asked[i]
		}
		list[2].Keys["mark"] = Key{Known: true, Number: Whole(1)}
		got, err := p.Divide(1000, list)
		if err != nil || !slices.Equal(got.Granted, c.granted) || got.Left != 0 {
			t.Errorf("%v: %v, left %s, %v", c.asked, got.Granted, got.Left, err)
		}
	}
}

func TestRankingLooksAtKeysThenAtTheID(t *testing.T) {
	t.Parallel()
	p := FundPolicy{Mode: FundRanking, Order: []OrderKey{{By: "alone", Descending: true}, {By: "isee"}, {By: "at"}}}
	key := func(alone, isee int64, at string) map[string]Key {
		return map[string]Key{"alone": {Known: true, Number: Whole(alone)}, "isee": {Known: isee >= 0, Number: Whole(isee)}, "at": {Known: true, Text: at}}
	}
	list := []Applicant{
		{ID: "b", Keys: key(0, 10, "2024-03-18T09:00")}, {ID: "a", Keys: key(0, 10, "2024-03-18T09:00")}, {ID: "c", Keys: key(0, 10, "2024-03-18T08:59")},
		{ID: "d", Keys: key(1, 99, "x")}, {ID: "e", Keys: key(0, -1, "x")},
	}
	got, err := p.Divide(0, list)
	if err != nil || !slices.Equal(got.Ranking, []string{"d", "c", "a", "b", "e"}) {
		t.Errorf("%v, %v", got.Ranking, err)
	}
}

func TestFundRefusesWhatItCannotDivide(t *testing.T) {
	t.Parallel()
	p := FundPolicy{Mode: FundRanking, Order: []OrderKey{{By: "place"}}}
	mixed := applicants(1, 1)
	mixed[1].Keys["place"] = Key{Known: true, Text: "first"}
	for name, list := range map[string][]Applicant{"below zero": applicants(-1), "twice": append(applicants(1), applicants(1)...), "mixed": mixed, "no ID": {{}}} {
		if _, err := p.Divide(1, list); !errors.Is(err, ErrFunding) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := p.Divide(-1, nil); !errors.Is(err, ErrFunding) {
		t.Errorf("a budget below zero: %v", err)
	}
}

// Goal: never over the budget, nobody served after a stop, nobody gets more than
// asked, the order of the applications does not matter. Method: random funds.
func TestFundsAreNeverOverspent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := FundPolicy{
			Mode: FundRanking, Order: []OrderKey{{"isee", rapid.Bool().Draw(t, "falling")}},
			Partial: rapid.Bool().Draw(t, "partial"), Skip: rapid.Bool().Draw(t, "skip"), ProRata: rapid.Bool().Draw(t, "pro rata"),
		}
		if rapid.Bool().Draw(t, "reserve") && !p.ProRata {
			p.Reserve = []FundReserve{{Fraction(rapid.Int64Range(1, 100).Draw(t, "share"), 100), "mark"}}
		}
		var list []Applicant
		for i := range rapid.IntRange(0, 12).Draw(t, "applicants") {
			a := Applicant{ID: string(rune('a' + i)), Amount: money.Amount(rapid.Int64Range(0, 300).Draw(t, "amount")), Keys: map[string]Key{}}
			a.Keys["isee"] = Key{Known: rapid.Bool().Draw(t, "known"), Number: Whole(rapid.Int64Range(0, 3).Draw(t, "isee"))}
			a.Keys["mark"] = Key{Known: true, Number: Whole(rapid.Int64Range(0, 1).Draw(t, "mark"))}
			list = append(list, a)
		}
		budget := money.Amount(rapid.Int64Range(0, 1500).Draw(t, "budget"))
		got, err := p.Divide(budget, list)
		if err != nil {
			t.Fatal(err)
		}
		asked, total := map[string]money.Amount{}, money.Amount(0)
		for _, a := range list {
			asked[a.ID] = a.Amount
		}
		stopped := false
		for i, id := range got.Ranking {
			g := got.Granted[i]
			total += g
			if g < 0 || g > asked[id] {
				t.Fatalf("%s asked %s and got %s", id, asked[id], g)
			}
			if stopped && g > 0 {
				t.Fatalf("%s got %s after the money had ended", id, g)
			}
			stopped = stopped || g < asked[id] && !p.Skip && !p.ProRata && len(p.Reserve) == 0
		}
		if total+got.Left != budget || got.Left < 0 {
			t.Fatalf("granted %s and left %s of %s", total, got.Left, budget)
		}
		shuffled := rapid.Permutation(list).Draw(t, "shuffled")
		again, err := p.Divide(budget, shuffled)
		if err != nil || !slices.Equal(again.Ranking, got.Ranking) || !slices.Equal(again.Granted, got.Granted) {
			t.Fatalf("another order of applications: %v %v, %v %v", again, err, got, list)
		}
	})
}
