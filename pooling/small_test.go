package pooling

import "testing"

// TestSmallRoundsComeNearTheOptimum compares small generated rounds with their
// optimum: that of the first two was proven by HiGHS (yardstick), the others are
// the best that is known.
func TestSmallRoundsComeNearTheOptimum(t *testing.T) {
	var sum, all int64
	for _, tt := range []struct {
		demands int
		seed    uint64
		served  int
		net     int64 // cents
	}{
		{70, 106, 40, 367150},
		{76, 108, 41, 115841},
		{96, 114, 79, 363700},
		{100, 115, 92, 275350},
		{110, 118, 95, 449648},
		{120, 121, 109, 298639},
	} {
		s := Generate(GenerateOptions{Demands: tt.demands, Seed: tt.seed})
		f := mustForm(t, s, Options{})
		net := f.Totals.Net.Cents()
		if f.Totals.Served != tt.served || net > tt.net+tt.net/100 {
			t.Errorf("%d demands, seed %d: served %d for %d cents, want %d for %d, or at most 1 %% more", tt.demands, tt.seed, f.Totals.Served, net, tt.served, tt.net)
		}
		sum, all = sum+net, all+tt.net
	}
	if sum > all+all/250 {
		t.Errorf("all together pay %d cents, want %d, or at most 0.4 %% more", sum, all)
	}
}

// TestFastComesNearNormalInSmallRounds compares the effort that proves nothing.
func TestFastComesNearNormalInSmallRounds(t *testing.T) {
	for seed := range uint64(2) {
		s := Generate(GenerateOptions{Demands: 300, Seed: seed + 1})
		fast := mustForm(t, s, Options{Effort: EffortFast})
		normal := mustForm(t, s, Options{Work: &Work{Sweeps: 100, Multipliers: 200, Cooling: 40, Waves: 40}})
		if fast.Bound != nil || fast.Totals.Served*100 < normal.Totals.Served*98 {
			t.Errorf("seed %d: fast serves %d, normal %d", seed+1, fast.Totals.Served, normal.Totals.Served)
		}
	}
}
