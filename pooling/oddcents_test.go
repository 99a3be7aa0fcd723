package pooling

import (
	"os"
	"path/filepath"
	"testing"

	"colletta/money"
)

// The odd cents of each pool are what its exact shares rounded down leave of
// its cost; on the examples they are counted from the stored solutions.
func TestOddCentsAreWhatRoundingDownLeaves(t *testing.T) {
	files, err := filepath.Glob("testdata/rounds/e*.sol.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no examples", err)
	}
	total := 0
	for _, name := range files {
		sol, err := os.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := ReadFormation(sol)
		sol.Close()
		if err != nil {
			t.Fatal(err)
		}
		in, err := os.Open(name[:len(name)-len(".sol.json")] + ".json")
		if err != nil {
			t.Fatal(err)
		}
		s, err := ReadSnapshot(in)
		in.Close()
		if err != nil {
			t.Fatal(err)
		}
		odd := OddCents(s, f)
		total += len(odd)
		for _, p := range f.Pools {
			var shares, extra money.Amount
			for _, m := range p.Members {
				shares += m.Share
				if odd[m.Demand] {
					extra++
				}
			}
			if shares != p.Cost || extra >= money.Amount(len(p.Members)) {
				t.Errorf("%s %s: %d odd cents among %d members", name, p.ID, extra, len(p.Members))
			}
		}
	}
	if total == 0 {
		t.Error("no example has an odd cent: the test saw nothing")
	}
}
