package money

import (
	"errors"
	"math/big"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func isLimits(err error) bool { return errors.Is(err, ErrLimits) || errors.Is(err, ErrNoWeight) }

// cascade is what a person would do with caps and floors: divide, put those who
// break a limit at it, divide what is left among the others, until nobody breaks
// one. Where both caps and floors are broken, the side that is broken by more
// goes first (Bitran and Hax 1981).
func cascade(amount *big.Rat, weights, floors, caps []*big.Rat) []*big.Rat {
	fixed := make([]*big.Rat, len(weights))
	for {
		left, sum := new(big.Rat).Set(amount), new(big.Rat)
		for i, w := range weights {
			if fixed[i] != nil {
				left.Sub(left, fixed[i])
				continue
			}
			sum.Add(sum, w)
		}
		over, under := new(big.Rat), new(big.Rat)
		parts := make([]*big.Rat, len(weights))
		for i, w := range weights {
			if parts[i] = fixed[i]; parts[i] != nil {
				continue
			}
			parts[i] = new(big.Rat)
			if sum.Sign() > 0 {
				parts[i].Quo(parts[i].Mul(left, w), sum)
			}
			if caps[i] != nil && parts[i].Cmp(caps[i]) > 0 {
				over.Add(over, new(big.Rat).Sub(parts[i], caps[i]))
			}
			if parts[i].Cmp(floors[i]) < 0 {
				under.Add(under, new(big.Rat).Sub(floors[i], parts[i]))
			}
		}
		if over.Sign() == 0 && under.Sign() == 0 {
			return parts
		}
		capsFirst, floorsFirst := over.Cmp(under) >= 0, under.Cmp(over) >= 0
		for i := range weights {
			switch {
			case fixed[i] != nil:
			case capsFirst && caps[i] != nil && parts[i].Cmp(caps[i]) > 0:
				fixed[i] = caps[i]
			case floorsFirst && parts[i].Cmp(floors[i]) < 0:
				fixed[i] = floors[i]
			}
		}
	}
}

// TestLimitsEndWhereTheCascadeEnds compares the one sweep of Bounded with the
// cascade, and checks that every portion respects its limits.
func TestLimitsEndWhereTheCascadeEnds(t *testing.T) {
	t.Parallel()
	divisions := 0
	rapid.Check(t, func(t *rapid.T) {
		names := anyNames(t, "f")
		table := anyTable(t, names)
		floors, caps := map[string]Amount{}, map[string]Amount{}
		floorsExact, capsExact := make([]*big.Rat, len(names)), make([]*big.Rat, len(names))
		for i, name := range names {
			floorsExact[i] = new(big.Rat)
			if rapid.Bool().Draw(t, "has a floor") {
				floors[name] = Amount(rapid.Int64Range(0, 40).Draw(t, "floor"))
				floorsExact[i].SetInt64(int64(floors[name]))
			}
			if rapid.Bool().Draw(t, "has a cap") {
				caps[name] = floors[name] + Amount(rapid.Int64Range(0, 60).Draw(t, "room"))
				capsExact[i] = new(big.Rat).SetInt64(int64(caps[name]))
			}
		}
		total := Amount(rapid.Int64Range(0, 300).Draw(t, "total"))
		d, err := Divide(total, must(Bounded(table, floors, caps)), Ties{})
		if err != nil {
			if !errors.Is(err, ErrLimits) {
				t.Fatal(err)
			}
			refusedRightly(t, total, table, floors, caps)
			return
		}
		divisions++
		checkDivision(t, d)
		want := cascade(new(big.Rat).SetInt64(int64(total)), table.weights, floorsExact, capsExact)
		for i, l := range d.Lines {
			limit, capped := caps[l.Name]
			if l.Portion < floors[l.Name] || capped && l.Portion > limit {
				t.Fatalf("%s pays %s, from %s to %s", l.Name, l.Portion, floors[l.Name], limit)
			}
			if l.Exact.Cmp(want[i]) != 0 {
				t.Fatalf("%s: %s, the cascade ends at %s", l.Name, l.Exact.RatString(), want[i].RatString())
			}
		}
	})
	if divisions == 0 {
		t.Error("all limits were refused")
	}
}

func refusedRightly(t *rapid.T, total Amount, table Table, floors, caps map[string]Amount) {
	var least, most Amount
	for i, name := range table.names {
		least += floors[name]
		limit, capped := caps[name]
		switch {
		case table.weights[i].Sign() == 0:
			most += floors[name]
		case capped:
			most += limit
		default:
			most += Max
		}
	}
	if least <= total && total <= most {
		t.Fatalf("refused %s, although from %s to %s can be charged", total, least, most)
	}
}

func TestLimitsThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	ab := must(Equally("A", "B"))
	for name, limits := range map[string][2]map[string]Amount{
		"negative floor": {{"A": -1}, nil},
		"negative cap":   {nil, {"A": -1}},
		"floor over cap": {{"A": 5}, {"A": 4}},
		"unknown":        {{"C": 5}, nil},
	} {
		if _, err := Bounded(ab, limits[0], limits[1]); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

// TestNestedLevelsSum: every level of a nested rule adds up, groups pay what they
// would without having anybody inside, and rounding once moves a portion by less
// than two cents.
func TestNestedLevelsSum(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := Amount(rapid.Int64Range(-100_000, 100_000).Draw(t, "total"))
		between := anyTable(t, []string{"A", "B", "alone"})
		groups := []Group{{"A", anyTable(t, anyNames(t, "a"))}, {"B", anyTable(t, anyNames(t, "b"))}}
		d, err := Divide(total, must(Nested(between, groups, RoundEachLevel)), Ties{})
		if err != nil {
			t.Fatal(err)
		}
		if Sum(d.Portions()...) != total {
			t.Fatalf("sums to %s", Sum(d.Portions()...))
		}
		if got, want := d.Between.Portions(), divided(t, total, between); !slices.Equal(got, want) {
			t.Fatalf("groups pay %v, want %v", got, want)
		}
		for i, inside := range d.Inside {
			checkDivision(t, inside)
			if inside.Total != d.Between.Lines[i].Portion || inside.Name != d.Between.Lines[i].Name {
				t.Fatalf("%+v divides %+v", inside, d.Between.Lines[i])
			}
		}
		once, err := Divide(total, must(Nested(between, groups, RoundOnce)), Ties{})
		if err != nil {
			t.Fatal(err)
		}
		checkDivision(t, once)
		for i, l := range once.Lines {
			off := new(big.Rat).Sub(l.Exact, new(big.Rat).SetInt64(int64(d.Lines[i].Portion)))
			if off.Abs(off).Cmp(big.NewRat(2, 1)) >= 0 {
				t.Fatalf("%s pays %s of exactly %s", l.Name, d.Lines[i].Portion, l.ExactText())
			}
		}
	})
}

func day(month time.Month, d int) time.Time { return time.Date(2026, month, d, 13, 0, 0, 0, time.UTC) }

var year2026 = Period{day(time.January, 1), time.Date(2027, time.January, 1, 0, 0, 0, 0, time.UTC)}

// TestOwnersShareWhatTheirUnitPays: the portions of a unit's owners sum to what
// the unit would have paid, nobody else pays differently, and the days decide.
func TestOwnersShareWhatTheirUnitPays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		units := anyTable(t, []string{"U1", "U2", "U3"})
		total := anyTotal(t)
		from := rapid.IntRange(1, 364).Draw(t, "days of the seller")
		sold := year2026.From.AddDate(0, 0, from)
		rule := must(OwnerChange(units, year2026, []Owned{{"U2", []Stay{
			{"buyer", Period{sold, year2026.To}}, {"seller", Period{year2026.From, sold}},
		}}}))
		d, err := Divide(total, rule, Ties{})
		if err != nil {
			t.Fatal(err)
		}
		before := divided(t, total, units)
		got := d.Portions() // U1, buyer, seller, U3
		if got[0] != before[0] || got[1]+got[2] != before[1] || got[3] != before[2] {
			t.Fatalf("units pay %v, with owners %v", before, got)
		}
		exact := new(big.Rat).Mul(new(big.Rat).SetInt64(int64(before[1])), big.NewRat(int64(from), 365))
		if d.Lines[2].Exact.Cmp(exact) != 0 {
			t.Fatalf("the seller owes %s for %d days", d.Lines[2].ExactText(), from)
		}
	})
}

func TestEveryDayHasOneOwner(t *testing.T) {
	t.Parallel()
	units := must(Equally("U1", "U2"))
	for name, stays := range map[string][]Stay{
		"nobody":         nil,
		"gap":            {{"a", Period{day(1, 1), day(3, 1)}}, {"b", Period{day(3, 2), year2026.To}}},
		"overlap":        {{"a", Period{day(1, 1), day(3, 2)}}, {"b", Period{day(3, 1), year2026.To}}},
		"ends early":     {{"a", Period{day(1, 1), day(3, 1)}}},
		"ends late":      {{"a", Period{day(1, 1), year2026.To.AddDate(0, 0, 1)}}},
		"begins before":  {{"a", Period{day(1, 1).AddDate(0, 0, -1), year2026.To}}},
		"empty":          {{"a", Period{day(1, 1), day(1, 1)}}, {"b", Period{day(1, 1), year2026.To}}},
		"the other unit": {{"U1", year2026}},
	} {
		if _, err := OwnerChange(units, year2026, []Owned{{"U2", stays}}); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	// The hour and the change to summer time do not count.
	rome := time.FixedZone("CEST", 2*60*60)
	p := Period{time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC), time.Date(2026, 4, 1, 1, 0, 0, 0, rome)}
	if p.Days() != 31 {
		t.Errorf("March has %d days", p.Days())
	}
}

func TestChildrenWeighLess(t *testing.T) {
	t.Parallel()
	kinds := []decimal.Decimal{decimal.New(1, 0), decimal.New(5, -1)}
	table := must(ByHeads(kinds, []Heads{{"A", []int64{2, 0}}, {"B", []int64{2, 2}}, {"C", []int64{1, 1}}}))
	// Weights 2, 3 and 1.5 of 6.5.
	if got := divided(t, 65_00, table); !slices.Equal(got, []Amount{20_00, 30_00, 15_00}) {
		t.Errorf("got %v", got)
	}
	siblings := must(Reduced(must(Equally("A", "B", "C")), map[string]*big.Rat{"C": big.NewRat(4, 5)}))
	if got := divided(t, 280_00, siblings); !slices.Equal(got, []Amount{100_00, 100_00, 80_00}) {
		t.Errorf("got %v", got)
	}
}

// TestRulesRefuseWhatTheyCannotDivide has one line for each refusal.
func TestRulesRefuseWhatTheyCannotDivide(t *testing.T) {
	t.Parallel()
	ab, one := must(Equally("A", "B")), big.NewRat(1, 1)
	levels := must(Nested(ab, []Group{{"A", must(Equally("x", "y"))}}, RoundEachLevel))
	half := Part{Share: big.NewRat(1, 2), Of: ab}
	divide := func(rule Rule, err error) error {
		if err != nil {
			return err
		}
		_, err = Divide(100, rule, Ties{})
		return err
	}
	table := func(names []string, weights ...decimal.Decimal) error {
		_, err := ByWeights(names, weights)
		return err
	}
	for name, tt := range map[string]struct{ got, want error }{
		"no name":               {table([]string{""}, decimal.New(1, 0)), ErrParticipant},
		"a name twice":          {table([]string{"A", "A"}, decimal.New(1, 0), decimal.New(1, 0)), ErrParticipant},
		"too few weights":       {table([]string{"A", "B"}, decimal.New(1, 0)), ErrParticipant},
		"negative weight":       {table([]string{"A"}, decimal.New(-1, 0)), ErrNoWeight},
		"no weight":             {table([]string{"A"}, decimal.Zero), ErrNoWeight},
		"no participants":       {table(nil), ErrNoWeight},
		"astronomic weight":     {table([]string{"A"}, decimal.New(1, 1_000_000)), ErrWeightRange},
		"minute weight":         {table([]string{"A"}, decimal.New(1, -1_000_000)), ErrWeightRange},
		"shares below 1":        {divide(Mix(half)), ErrShares},
		"negative share":        {divide(Mix(half, half, Part{Share: big.NewRat(-1, 2), Of: ab}, half)), ErrShares},
		"share and amount":      {divide(Mix(Part{Share: one, Amount: 1, Of: ab})), ErrShares},
		"neither":               {divide(Mix(Part{Share: one, Of: ab}, Part{Of: ab})), ErrShares},
		"fixed above the cost":  {divide(Mix(Part{Share: one, Of: ab}, Part{Amount: 101, Of: ab})), ErrLimits},
		"only an unknown":       {divide(Only(ab, "C")), ErrParticipant},
		"only nobody":           {divide(Only(ab)), ErrNoWeight},
		"reduced unknown":       {divide(Reduced(ab, map[string]*big.Rat{"C": one})), ErrParticipant},
		"reduced to more":       {divide(Reduced(ab, map[string]*big.Rat{"A": big.NewRat(2, 1)})), ErrShares},
		"unknown group":         {divide(Nested(ab, []Group{{"C", ab}}, RoundOnce)), ErrParticipant},
		"name in two groups":    {divide(Nested(ab, []Group{{"A", must(Equally("x"))}, {"B", must(Equally("x"))}}, RoundOnce)), ErrParticipant},
		"unknown rounding":      {divide(Nested(ab, nil, "twice")), ErrRounding},
		"levels inside a mix":   {divide(Mix(Part{Share: one, Of: levels})), ErrRounding},
		"levels inside once":    {divide(Nested(must(Equally("G")), []Group{{"G", levels}}, RoundOnce)), ErrRounding},
		"levels below limits":   {divide(Bounded(levels, nil, map[string]Amount{"x": 5})), ErrRounding},
		"days outside":          {divide(ByDays(Period{day(2, 1), day(3, 1)}, []Stay{{"A", year2026}})), ErrPeriod},
		"caps below the amount": {divide(Bounded(ab, nil, map[string]Amount{"A": 49, "B": 50})), ErrLimits},
		"floors above it":       {divide(Bounded(ab, map[string]Amount{"A": 51, "B": 50}, nil)), ErrLimits},
	} {
		if !errors.Is(tt.got, tt.want) {
			t.Errorf("%s: got %v, want %v", name, tt.got, tt.want)
		}
	}
}

func TestLimitsInEuroDoNotDivideNetAndVATApart(t *testing.T) {
	t.Parallel()
	both := []Component{{"net", 1000}, {"vat", 50}}
	capped := must(Bounded(must(Equally("A", "B")), nil, map[string]Amount{"A": 100}))
	if _, err := DivideEach(both, capped, Ties{}); !errors.Is(err, ErrComponents) {
		t.Errorf("got %v", err)
	}
	if _, err := DivideEach(both, must(Only(capped, "A", "B")), Ties{}); !errors.Is(err, ErrComponents) {
		t.Errorf("inside another rule: %v", err)
	}
	if _, err := DivideEach(nil, capped, Ties{}); !errors.Is(err, ErrNoWeight) {
		t.Errorf("no component: %v", err)
	}
}
