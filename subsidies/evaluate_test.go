package subsidies

import (
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"colletta/money"
)

func euro(cents int64) *money.Amount { a := money.Amount(cents); return &a }

func on(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func measureOf(t interface{ Fatalf(string, ...any) }, id string) *Measure {
	for _, m := range Measures() {
		if m.ID == id {
			return m
		}
	}
	t.Fatalf("no measure %s", id)
	return nil
}

func TestEvaluateLooksAtDateScopeAndKind(t *testing.T) {
	t.Parallel()
	m := measureOf(t, "contributo-laboratori-scuola-2026")
	good := Situation{ISEE: euro(650_000), Kind: ISEEMinors, Date: on(2026, 11, 23), Category: "sport-psicomotricita", CommunityKind: "school", Community: "c1"}
	grant, trace := m.Evaluate(good)
	if !grant.Eligible || grant.BasisPoints != 80_00 || grant.Amount != 0 || grant.Cap == nil || *grant.Cap != 40_00 {
		t.Errorf("grant: %+v", grant)
	}
	if text := strings.Join(trace, "\n"); !strings.Contains(text, "fino a 6.500,00\u00a0€: spetta l'80 % della quota") || !strings.Contains(text, "non supera 40,00\u00a0€ a periodo") {
		t.Errorf("trace:\n%s", text)
	}
	for name, change := range map[string]func(*Situation){
		"day before":       func(s *Situation) { s.Date = on(2025, 12, 31) },
		"day after":        func(s *Situation) { s.Date = on(2027, 9, 1) },
		"another category": func(s *Situation) { s.Category = "piccole-commissioni" },
		"a condominium":    func(s *Situation) { s.CommunityKind = "condominium" },
		"another kind":     func(s *Situation) { s.Kind = ISEEOrdinary },
		"no ISEE":          func(s *Situation) { s.ISEE = nil },
		"above the last":   func(s *Situation) { s.ISEE = euro(2_700_001) },
	} {
		s := good
		change(&s)
		if grant, trace := m.Evaluate(s); grant != (Grant{}) || trace[len(trace)-1] != "Nessun contributo." {
			t.Errorf("%s: %+v, %v", name, grant, trace)
		}
	}
	for _, d := range []time.Time{on(2026, 1, 1), on(2027, 8, 31)} {
		s := good
		s.Date = d
		if grant, _ := m.Evaluate(s); !grant.Eligible {
			t.Errorf("%s is a day of the measure", d.Format(time.DateOnly))
		}
	}
}

func TestPercentagesAreSaidInItalian(t *testing.T) {
	t.Parallel()
	for bp, want := range map[int64]string{
		100: "l'1 %", 850: "l'8,5 %", 11_00: "l'11 %", 80_00: "l'80 %", 89_99: "l'89,99 %", 10_00: "il 10 %", 18_00: "il 18 %", 90_00: "il 90 %", 100_00: "il 100 %", 50: "il 0,5 %",
	} {
		if got := withArticle("il", bp); got != want {
			t.Errorf("%d: %q, want %q", bp, got, want)
		}
	}
}

func TestMissingISEEIsNotZero(t *testing.T) {
	t.Parallel()
	m := measureOf(t, "assistenza-condivisa-2026")
	zero, _ := m.Evaluate(Situation{ISEE: euro(0), Date: m.From})
	none, _ := m.Evaluate(Situation{Date: m.From})
	if !zero.Eligible || zero.BasisPoints != 50_00 || none.Eligible {
		t.Errorf("zero %+v, missing %+v", zero, none)
	}
	text := strings.Replace(sound, "missing_isee: not_eligible", "missing_isee: {percent: 12.5}", 1)
	withPart, err := LoadMeasure([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if part, _ := withPart.Evaluate(Situation{Date: withPart.From}); part.BasisPoints != 12_50 {
		t.Errorf("portion without ISEE: %+v", part)
	}
}

// The linear rule against exact fractions, and it never rises with ISEE.
func TestLinearIsTheFloorOfTheExactValue(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		from := rapid.Int64Range(0, 5_000_000).Draw(t, "from")
		to := rapid.Int64Range(from+1, 10_000_000).Draw(t, "to")
		low := rapid.Int64Range(0, 10_000).Draw(t, "low")
		high := rapid.Int64Range(low, 10_000).Draw(t, "high")
		l := Linear{money.Amount(from), money.Amount(to), high, low}
		isee := rapid.Int64Range(0, to+10).Draw(t, "isee")
		bp := func(isee int64) int64 { return l.at(money.Amount(isee)) }
		want := int64(0)
		switch {
		case isee <= from:
			want = high
		case isee <= to:
			exact := new(big.Rat).Add(big.NewRat(low, 1), new(big.Rat).Mul(big.NewRat(high-low, 1), big.NewRat(to-isee, to-from)))
			want = new(big.Int).Quo(exact.Num(), exact.Denom()).Int64()
		}
		if got := bp(isee); got != want {
			t.Fatalf("%d basis points, want %d", got, want)
		}
		if bp(isee+1) > bp(isee) {
			t.Fatalf("rises from %d to %d", bp(isee), bp(isee+1))
		}
	})
}

func TestGrantStaysWithinPriceAndCap(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		g := Grant{Eligible: true, Cap: euro(rapid.Int64Range(0, 10_000).Draw(t, "cap"))}
		if rapid.Bool().Draw(t, "percent") {
			g.BasisPoints = rapid.Int64Range(1, 10_000).Draw(t, "bp")
		} else {
			g.Amount = money.Amount(rapid.Int64Range(1, 10_000).Draw(t, "amount"))
		}
		price := money.Amount(rapid.Int64Range(-10, int64(money.Max)).Draw(t, "price"))
		got := g.Of(price)
		if got < 0 || got > *g.Cap || got > max(price, 0) {
			t.Fatalf("%+v of %s is %s", g, price, got)
		}
		if next := g.Of(price + 1); next < got || next > got+1 && g.BasisPoints > 0 {
			t.Fatalf("%+v: one cent more of price takes %s to %s", g, got, next)
		}
	})
}
