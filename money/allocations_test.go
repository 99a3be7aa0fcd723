package money

import (
	"os"
	"testing"
)

// TestWorkedAllocations replays testdata/allocations_examples.json: expenses
// worked out by hand with their legal basis (articles 1123, 1124 and 1126
// Codice civile, agreements, usage), each with the reasoning in its file.
func TestWorkedAllocations(t *testing.T) {
	b, err := os.ReadFile("testdata/allocations_examples.json")
	if err != nil {
		t.Fatal(err)
	}
	expenses, err := ReadExpenses(b, Given{})
	if err != nil {
		t.Fatal(err)
	}
	if len(expenses) != 11 {
		t.Fatalf("%d cases, want 11", len(expenses))
	}
	for _, e := range expenses {
		t.Run(e.ID, func(t *testing.T) {
			got, err := e.Divide()
			if err != nil {
				t.Fatal(err)
			}
			if e.Expected == nil || e.Expected.Total == nil || len(e.Expected.Portions) != len(got.Participants()) {
				t.Fatalf("nothing to compare with: %+v", e.Expected)
			}
			for _, difference := range e.Expected.Differences(got) {
				t.Error(difference)
			}
		})
	}
}
