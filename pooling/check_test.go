package pooling

import (
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"colletta/money"
)

// A bound is checked against what its multipliers prove, and its form too.
func TestCheckFindsAFalseBound(t *testing.T) {
	t.Parallel()
	s, f := mustSnapshot(t, "testdata/rounds/e01.json"), mustFormation(t, "testdata/rounds/e01.sol.json")
	c := ascent(t, s, 60)
	value, err := certified(s, c)
	if err != nil {
		t.Fatal(err)
	}
	proven := int(value / c.Denominator)
	tests := []struct {
		name, want string // want is part of the violation; empty for none
		bound      func() *Bound
	}{
		{"as proven", "", func() *Bound { return &Bound{proven, "lagrangian", c} }},
		{"weaker than proven", "", func() *Bound { return &Bound{proven + 3, "lagrangian", c} }},
		{"stated without a certificate", "", func() *Bound { return &Bound{12, "branching", nil} }},
		{"below what is served", "more than the bound", func() *Bound { return &Bound{11, "lagrangian", nil} }},
		{"negative", "more than the bound", func() *Bound { return &Bound{-1, "lagrangian", nil} }},
		{"one less than proven", "claims less than its multipliers prove", func() *Bound { return &Bound{12, "lagrangian", worthless(s)} }},
		{"too few multipliers", "multipliers for 14 demands", func() *Bound {
			return &Bound{14, "lagrangian", &Certificate{Denominator: c.Denominator, Multipliers: c.Multipliers[1:]}}
		}},
		{"no multipliers", "multipliers for 14 demands", func() *Bound { return &Bound{14, "lagrangian", &Certificate{Denominator: 1}} }},
		{"denominator 0", "denominator 0", func() *Bound {
			return &Bound{14, "lagrangian", &Certificate{Denominator: 0, Multipliers: c.Multipliers}}
		}},
		{"denominator too large", "denominator", func() *Bound {
			return &Bound{14, "lagrangian", &Certificate{Denominator: math.MaxInt64, Multipliers: c.Multipliers}}
		}},
		{"negative multiplier", "multipliers[0] is -1", func() *Bound {
			return &Bound{14, "lagrangian", &Certificate{Denominator: 1, Multipliers: first(c, -1)}}
		}},
		{"multiplier too large", "multipliers[0] is", func() *Bound {
			return &Bound{14, "lagrangian", &Certificate{Denominator: 1, Multipliers: first(c, math.MaxInt64)}}
		}},
		{"another method", "has no certificate of multipliers", func() *Bound { return &Bound{14, "magic", c} }},
	}
	for _, tt := range tests {
		f.Bound = tt.bound()
		found := Check(s, f)
		switch {
		case tt.want == "" && len(found) > 0:
			t.Errorf("%s: %s", tt.name, found[0])
		case tt.want != "" && (len(found) != 1 || found[0].Rule != "bound" || !strings.Contains(found[0].Text, tt.want)):
			t.Errorf("%s: want %q, got %v", tt.name, tt.want, found)
		}
	}
}

// worthless are multipliers that prove little: all 0.
func worthless(s *Snapshot) *Certificate {
	return &Certificate{Denominator: 1, Multipliers: make([]int64, len(s.Demands))}
}

// first is the multipliers of a certificate with another in front.
func first(c *Certificate, m int64) []int64 { return append([]int64{m}, c.Multipliers[1:]...) }

func TestWholeRootIsTheLargestWholeNumberNotAbove(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int64Range(0, math.MaxInt64).Draw(t, "n")
		if rapid.Bool().Draw(t, "square") {
			n = (n >> 32) * (n >> 32)
		}
		if got, want := wholeRoot(n), new(big.Int).Sqrt(big.NewInt(n)).Int64(); got != want {
			t.Fatalf("root of %d: %d, want %d", n, got, want)
		}
	})
}

// Sums that exceed an int64 are neither wrapped nor cut.
func TestExactSumsHoldMoreThanTheLargestInteger(t *testing.T) {
	t.Parallel()
	var s exactSum
	want := new(big.Int)
	for range 5 {
		s.add(math.MaxInt64)
		want.Add(want, big.NewInt(math.MaxInt64))
	}
	if s.String() != want.String() || !s.exceeds(math.MaxInt64) || s.equals(-5) {
		t.Fatalf("sum is %s, want %s", s, want)
	}
}

// FuzzCheck: whatever becomes of a valid formation, Check does not panic; the
// formation as it was stays valid.
func FuzzCheck(f *testing.F) {
	rounds := []solved{
		{"e01", mustSnapshot(f, "testdata/rounds/e01.json"), mustFormation(f, "testdata/rounds/e01.sol.json")},
		{"e11", mustSnapshot(f, "testdata/rounds/e11.json"), mustFormation(f, "testdata/rounds/e11.sol.json")},
	}
	f.Add([]byte("colletta"), uint8(3))
	f.Add([]byte{0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233}, uint8(9))
	f.Fuzz(func(t *testing.T, b []byte, steps uint8) {
		draw := byBytes(b)
		round := rounds[draw(len(rounds))]
		g := copyOf(round.f)
		for range steps % 12 {
			mutations[draw(len(mutations))].apply(round.s, g, draw)
			extreme(g, draw)
		}
		Check(round.s, g)
		if found := Check(round.s, round.f); len(found) > 0 {
			t.Fatalf("%s is no longer valid: %s", round.name, found[0])
		}
	})
}

// extreme now and then puts a number at the end of its range, or makes a pool
// far larger than any may be.
func extreme(f *Formation, draw func(int) int) {
	far := []money.Amount{math.MaxInt64, math.MinInt64, 0}[draw(3)]
	if len(f.Pools) == 0 {
		return
	}
	p := &f.Pools[draw(len(f.Pools))]
	switch draw(12) {
	case 0:
		p.Cost = far
	case 1:
		f.Totals = &Totals{Served: math.MinInt, Net: far, Subsidy: far, Cost: far, DistanceM: int64(far)}
	case 2:
		f.Bound = &Bound{math.MaxInt, "lagrangian", &Certificate{Denominator: int64(far), Multipliers: []int64{int64(far)}}}
	case 3:
		for range 1100 {
			p.Members = append(p.Members, Member{Demand: "d1"})
		}
	case 4:
		if len(p.Members) > 0 {
			m := &p.Members[draw(len(p.Members))]
			m.Share, m.Subsidy, m.Net = far, far, far
		}
	}
}
