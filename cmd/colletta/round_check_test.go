package main

import (
	"bytes"
	"io"
	"math"
	"os"
	"strings"
	"testing"

	"colletta/pooling"
)

// exampleWithBound is the solution of the first example round, with a bound.
func exampleWithBound(t *testing.T, bound *pooling.Bound) io.Reader {
	t.Helper()
	file, err := os.Open("../../pooling/testdata/rounds/e01.sol.json")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	f, err := pooling.ReadFormation(file)
	if err != nil {
		t.Fatal(err)
	}
	f.Bound = bound
	b, err := f.JSON()
	if err != nil {
		t.Fatal(err)
	}
	return bytes.NewReader(b)
}

// A valid solution says what it serves and costs, and how far from the optimum
// it can be. The net is that of e01.opt.json.
func TestCheckSaysHowFarFromTheOptimum(t *testing.T) {
	// Each demand is worth itself: this proves no more than that 14 are asked for.
	trivial := &pooling.Certificate{Denominator: 1, Multipliers: []int64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}}
	leaf := func() *pooling.Case { return &pooling.Case{Multipliers: trivial.Multipliers} }
	cases := &pooling.Certificate{Denominator: 1, Cases: &pooling.Case{Demand: "d1", Provider: "coop-aurora", Here: leaf(), Elsewhere: leaf()}}
	tests := []struct {
		name  string
		bound *pooling.Bound
		want  string // last line
	}{
		{"no bound", nil, "valid: 12 of 14 demands served in 3 pools, net 602.16, subsidy 105.34"},
		{"certificate", &pooling.Bound{Served: 14, Method: "lagrangian", Certificate: trivial},
			"at most 14.29 % from the optimum: bound recomputed from the multipliers (12 of at most 14)"},
		{"cases", &pooling.Bound{Served: 14, Method: "branching", Certificate: cases},
			"at most 14.29 % from the optimum: bound proven by 2 cases (12 of at most 14)"},
		{"no certificate", &pooling.Bound{Served: 12, Method: "lagrangian"},
			"at most 0.00 % from the optimum: by a bound that carries no certificate: it was not recomputed (12 of at most 12)"},
		{"false bound", &pooling.Bound{Served: 13, Method: "lagrangian", Certificate: trivial}, "invalid: 1 violations"},
	}
	for _, tt := range tests {
		var out bytes.Buffer
		err := (&roundCheckCmd{Instance: exampleRound, Solution: "-"}).run(exampleWithBound(t, tt.bound), &out, io.Discard)
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if last := lines[len(lines)-1]; last != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, last, tt.want)
		}
		if (err == nil) != !strings.HasPrefix(tt.want, "invalid") {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestGapIsRoundedUpToHundredthsOfAPercent(t *testing.T) {
	for _, tt := range []struct {
		bound, served int
		want          int64
	}{
		{0, 0, 0}, {12, 12, 0}, {12, 0, 100_00}, {3, 2, 33_34}, {10_000, 9_999, 1}, {100_000, 99_999, 1},
		{9_318, 9_108, 2_26}, {math.MaxInt, 0, 100_00}, {math.MaxInt, math.MaxInt - 1, 1},
	} {
		if got := gapBasisPoints(tt.bound, tt.served); got != tt.want {
			t.Errorf("%d of %d: %d, want %d", tt.served, tt.bound, got, tt.want)
		}
	}
}
