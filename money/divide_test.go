package money

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

func anyNames(t *rapid.T, prefix string) []string {
	names := make([]string, rapid.IntRange(1, 9).Draw(t, "participants"))
	for i := range names {
		names[i] = fmt.Sprint(prefix, i)
	}
	return names
}

func anyTable(t *rapid.T, names []string) Table {
	places := rapid.Int32Range(-3, 4).Draw(t, "places")
	weights := make([]decimal.Decimal, len(names))
	for i := range weights {
		weights[i] = decimal.New(rapid.Int64Range(0, 400).Draw(t, "weight"), places)
	}
	weights[0] = weights[0].Add(decimal.New(1, places))
	return must(ByWeights(names, weights))
}

// anyRule draws a rule in which everything may occur that rounds once.
func anyRule(t *rapid.T, prefix string, depth int) Rule {
	names := anyNames(t, prefix)
	if depth == 0 {
		return anyTable(t, names)
	}
	inner := func() Rule { return anyRule(t, prefix, depth-1) }
	switch rapid.SampledFrom([]string{"table", "mix", "reduced", "only", "nested", "bounded"}).Draw(t, "form") {
	case "mix":
		a := big.NewRat(rapid.Int64Range(0, 7).Draw(t, "share"), 7)
		return must(FixedAndVariable(a, inner(), inner()))
	case "reduced":
		r := inner()
		return must(Reduced(r, map[string]*big.Rat{r.Participants()[0]: big.NewRat(4, 5)}))
	case "only":
		r := inner()
		all := slices.Concat(r.Participants())
		only, err := Only(r, all[:1+len(all)/2]...)
		if err == nil {
			if _, err = only.exact(big.NewRat(1, 1)); err == nil { // somebody with weight is left
				return only
			}
		}
		return r
	case "nested":
		between := anyTable(t, []string{"g1", "g2"})
		groups := []Group{{"g1", anyRule(t, prefix+"x", depth-1)}, {"g2", anyRule(t, prefix+"y", depth-1)}}
		return must(Nested(between, groups, RoundOnce))
	case "bounded":
		r := inner()
		return must(Bounded(r, nil, map[string]Amount{r.Participants()[len(r.Participants())-1]: Amount(rapid.Int64Range(0, 5000).Draw(t, "cap"))}))
	}
	return anyTable(t, names)
}

// TestDivisionKeepsItsPromises: portions sum to the total, each is within one cent
// of its exact part, the exact parts sum to the total too, a refund mirrors the
// charge, and the same input gives the same output.
func TestDivisionKeepsItsPromises(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rule := anyRule(t, "f", 2)
		total := Amount(rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "total"))
		d, err := Divide(total, rule, Ties{})
		if err != nil {
			// A cap may leave a rest to nobody; everything else divides.
			if !isLimits(err) {
				t.Fatal(err)
			}
			return
		}
		checkDivision(t, d)
		again, err := Divide(total, rule, Ties{})
		if err != nil || !slices.Equal(again.Portions(), d.Portions()) {
			t.Fatalf("a second time: %v, %v", again, err)
		}
		mirrored, err := Divide(-total, rule, Ties{})
		if err != nil {
			t.Fatal(err)
		}
		for i, l := range mirrored.Lines {
			if m := d.Lines[i]; l.Portion != -m.Portion || l.Whole != -m.Whole || l.OddCent != -m.OddCent || l.Why != m.Why || l.Rank != m.Rank {
				t.Fatalf("refund %+v mirrors %+v", l, m)
			}
		}
	})
}

type failer interface{ Fatalf(string, ...any) }

func checkDivision(t failer, d *Division) {
	sum, cent := new(big.Rat), big.NewRat(1, 1)
	ranks := map[int]bool{}
	for _, l := range d.Lines {
		sum.Add(sum, l.Exact)
		off := new(big.Rat).Sub(new(big.Rat).SetInt64(int64(l.Portion)), l.Exact)
		if off.Abs(off).Cmp(cent) >= 0 {
			t.Fatalf("%s pays %s of exactly %s", l.Name, l.Portion, l.Exact.RatString())
		}
		if l.Portion != l.Whole+l.OddCent || l.Why.String() == "" {
			t.Fatalf("%+v", l)
		}
		if l.Rank > 0 && ranks[l.Rank] {
			t.Fatalf("rank %d occurs twice", l.Rank)
		}
		ranks[l.Rank] = true
	}
	if Sum(d.Portions()...) != d.Total {
		t.Fatalf("portions %v sum to %s, want %s", d.Portions(), Sum(d.Portions()...), d.Total)
	}
	if sum.Cmp(new(big.Rat).SetInt64(int64(d.Total))) != 0 {
		t.Fatalf("exact parts sum to %s of %d", sum.RatString(), d.Total)
	}
}

// TestReasonsFollowFromRemainders: who got an odd cent has no smaller remainder
// than who got none, and with equal ones had paid no more odd cents.
func TestReasonsFollowFromRemainders(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		rule := anyTable(t, anyNames(t, "f"))
		ties := Ties{ByName: rapid.Bool().Draw(t, "by name"), OddCents: map[string]int{}}
		for _, name := range rule.Participants() {
			ties.OddCents[name] = rapid.IntRange(0, 2).Draw(t, "paid")
		}
		d, err := Divide(anyTotal(t), rule, ties)
		if err != nil {
			t.Fatal(err)
		}
		checkDivision(t, d)
		for i, got := range d.Lines {
			for k, not := range d.Lines {
				if got.OddCent == 0 || not.OddCent != 0 {
					continue
				}
				c := got.Remainder.Cmp(not.Remainder)
				if c < 0 || c == 0 && ties.compare(got.Name, not.Name, i, k) > 0 {
					t.Fatalf("%s got a cent before %s:\n%+v\n%+v", got.Name, not.Name, got, not)
				}
				if c == 0 && not.Why != WhyMore && not.Why != WhyLater && not.Why != WhyNameLost {
					t.Fatalf("%s lost a tie for %q", not.Name, not.Why)
				}
				if got.Why == WhyLarger && c == 0 {
					t.Fatalf("%s won a tie for its remainder", got.Name)
				}
			}
		}
	})
}

func TestOrderIsIrrelevantWhenTiesGoByName(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		names, total := anyNames(t, "f"), anyTotal(t)
		table := anyTable(t, names)
		places := make([]int, len(names))
		for i := range places {
			places[i] = i
		}
		shuffled := Table{}
		for _, i := range rapid.Permutation(places).Draw(t, "order") {
			shuffled.names = append(shuffled.names, names[i])
			shuffled.weights = append(shuffled.weights, table.weights[i])
		}
		if a, b := byName(t, total, table), byName(t, total, shuffled); !maps.Equal(a, b) {
			t.Fatalf("in order %v, shuffled %v", a, b)
		}
	})
}

func byName(t *rapid.T, total Amount, rule Rule) map[string]Amount {
	d, err := Divide(total, rule, Ties{ByName: true})
	if err != nil {
		t.Fatal(err)
	}
	portions := map[string]Amount{}
	for _, l := range d.Lines {
		portions[l.Name] = l.Portion
	}
	return portions
}

// TestMoreWeightNeverPaysLess: within one division, and when one's own weight
// alone grows.
func TestMoreWeightNeverPaysLess(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		total := Amount(rapid.Int64Range(0, 100_000).Draw(t, "total"))
		weights := anyWeights(t)
		before := must(Split(total, weights))
		for i := range weights {
			for k := range weights {
				if weights[i] > weights[k] && before[i] < before[k] {
					t.Fatalf("weights %d and %d pay %s and %s", weights[i], weights[k], before[i], before[k])
				}
			}
		}
		i := rapid.IntRange(0, len(weights)-1).Draw(t, "who")
		weights[i] += rapid.Int64Range(1, 1000).Draw(t, "more")
		if after := must(Split(total, weights)); after[i] < before[i] {
			t.Fatalf("with more weight %s instead of %s", after[i], before[i])
		}
	})
}

// Over many divisions of one cent among three, each household pays in turn.
func TestOddCentsRotate(t *testing.T) {
	t.Parallel()
	paid := map[string]int{}
	rule := must(Equally("A", "B", "C"))
	for range 30 {
		d, err := Divide(100_00, rule, Ties{OddCents: paid})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range d.Lines {
			paid[l.Name] += int(l.OddCent)
		}
	}
	if want := map[string]int{"A": 10, "B": 10, "C": 10}; !maps.Equal(paid, want) {
		t.Errorf("odd cents paid: %v", paid)
	}
}

func TestListedParticipantsDecideOrderAndMembership(t *testing.T) {
	t.Parallel()
	rule := must(Equally("A", "B", "C"))
	d, err := Divide(100, rule, Ties{Order: []string{"C", "D", "B", "A"}})
	if err != nil {
		t.Fatal(err)
	}
	if got := d.Portions(); !slices.Equal(got, []Amount{34, 0, 33, 33}) || d.Lines[1].Why != WhyNotCharged {
		t.Errorf("got %v, %+v", got, d.Lines[1])
	}
	for _, order := range [][]string{{"A", "B"}, {"A", "B", "C", "A"}, {"A", "B", "C", ""}} {
		if _, err := Divide(100, rule, Ties{Order: order}); err == nil {
			t.Errorf("order %v was accepted", order)
		}
	}
}

func TestExactPartsAreWrittenWithoutRounding(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		cents *big.Rat
		want  string
	}{
		{big.NewRat(10000, 7), "14.285714…"},
		{big.NewRat(22530, 1), "225.30"},
		{big.NewRat(-1000, 3), "-3.333333…"},
		{big.NewRat(1, 8), "0.00125"},
		{big.NewRat(0, 1), "0.00"},
		{big.NewRat(1, 1_000_000), "0.000000…"},
		{big.NewRat(99_999_999, 1_000_000), "0.999999…"},
		{big.NewRat(100, 1), "1.00"},
	} {
		if got := euroText(tt.cents); got != tt.want {
			t.Errorf("%s cents are %s, want %s", tt.cents.RatString(), got, tt.want)
		}
	}
	if got := centText(big.NewRat(4, 7)); got != "0.5714…" {
		t.Errorf("got %s", got)
	}
}

func TestComparisonListsEveryoneWithDifferences(t *testing.T) {
	t.Parallel()
	half := must(ByWeights([]string{"A", "B"}, []decimal.Decimal{decimal.New(3, 0), decimal.New(1, 0)}))
	c, err := Compare([]Component{{"cost", 100}}, []NamedRule{{"three to one", half}, {"equal", must(Equally("B", "A", "C"))}}, Ties{})
	if err != nil {
		t.Fatal(err)
	}
	want := []ComparedPortions{{"A", []Amount{75, 33}}, {"B", []Amount{25, 34}}, {"C", []Amount{0, 33}}}
	if !slices.EqualFunc(c.Rows, want, func(a, b ComparedPortions) bool {
		return a.Name == b.Name && slices.Equal(a.Portions, b.Portions)
	}) {
		t.Errorf("got %+v", c.Rows)
	}
	if got := c.Rows[0].Difference(1); got != -42 {
		t.Errorf("A pays %s more", got)
	}
	if _, err := Compare(nil, nil, Ties{}); err == nil {
		t.Error("nothing was compared")
	}
}
