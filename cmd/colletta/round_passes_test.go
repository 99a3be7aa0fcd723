package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"colletta/desk"
	"colletta/pooling"
)

// What a round prints of each pass: its proof where there is one, and for an
// officer what a second run needs.
func TestPassesArePrintedWithTheirProof(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 20, 19, 0, 0, 0, time.UTC)
	first := desk.PassView{
		Number: 1, Demands: 900, Viable: 830, Served: 806, Certificate: &desk.CertificateView{Bound: 815, Method: "lagrangian", GapPermille: 12},
		Effort: pooling.EffortHigh, TimeLimitSeconds: 120, Seed: 7, Work: pooling.Work{Multipliers: 3, Waves: 2, Nodes: 1}, Engine: 1,
		StartedAt: at, FormedAt: at.Add(1500 * time.Millisecond), SHA256: "9f86",
	}
	proven, unproven, nobody, public := first, first, first, desk.PassView{Number: 1, Demands: 3, Viable: 2, Served: 2}
	proven.Number, proven.Certificate = 2, &desk.CertificateView{Bound: 806, Method: "branching"}
	unproven.Certificate, unproven.TimeLimitSeconds = nil, 0
	nobody.Served, nobody.Certificate = 0, &desk.CertificateView{Bound: 5, Method: "lagrangian", GapPermille: -1}
	for _, c := range []struct {
		pass         desk.PassView
		want, absent string
	}{
		{first, "pass 1\t900 demands, 830 viable, 806 served; bound 815, at most 1.2 % from the best possible: proven (lagrangian)", "none"},
		{first, "\teffort high, time limit 120 s, took 1.5s, engine 1, seed 7, work: 3 multipliers, 2 waves, 1 nodes", "none"},
		{proven, "nothing serves more: proven (branching)", "at most"},
		{unproven, "no bound was computed\n\teffort high, time limit none", "proven"},
		{nobody, "at most 5 could be served (lagrangian)", "%"},
		{public, "pass 1\t3 demands, 2 viable, 2 served; no bound", "seed"},
	} {
		var out bytes.Buffer
		printResults(&out, desk.RoundResults{Passes: []desk.PassView{c.pass}})
		if got := out.String(); !strings.Contains(got, c.want) || strings.Contains(got, c.absent) {
			t.Errorf("printed %q, want %q and not %q", got, c.want, c.absent)
		}
	}
}

func TestADryRunIsPrintedWithItsGroups(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	err := printDryRun(&out, desk.DryRunView{
		Round: desk.RoundSummary{Name: "Tornata cittadina", Pledged: 5}, At: time.Date(2026, 11, 20, 19, 0, 0, 0, time.UTC),
		Results: desk.RoundResults{
			Served: 4, Unserved: 1, Cost: 100_00, Subsidy: 20_00, Net: 80_00, Reasons: []desk.ReasonCount{{Code: pooling.OutcomeNoGroup, Count: 1}},
			Pools: []desk.PoolView{{ID: "pool-1", Offer: "Aiuto compiti", Provider: "La Lanterna", Host: "Scuola", Slot: "lunedì 16–17", Size: 4, Cost: 100_00, Subsidy: 20_00, Net: 80_00}},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Tornata cittadina, as if it closed at 2026-11-20T19:00:00Z", "5 pledged, 4 served, 1 not, in 1 pools", "1: no_group", "Aiuto compiti, La Lanterna"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
}
