package money

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"

	"github.com/shopspring/decimal"
)

// ordered is a JSON object whose order counts: ties fall to the earlier name.
type ordered struct {
	names   []string
	weights []int64 // in ten-thousandths
}

func (o *ordered) UnmarshalJSON(b []byte) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		number, err := d.Token()
		if err != nil {
			return err
		}
		w, err := decimal.NewFromString(fmt.Sprint(number))
		if err != nil {
			return err
		}
		o.names = append(o.names, name.(string))
		o.weights = append(o.weights, w.Shift(4).IntPart())
	}
	return nil
}

func (o ordered) sum() (total int64) {
	for _, w := range o.weights {
		total += w
	}
	return total
}

// combine weighs each name by a*first/Σfirst + b*second/Σsecond, exactly.
func combine(a int64, first ordered, b int64, second ordered) []int64 {
	out := make([]int64, len(first.weights))
	for i := range out {
		// The common factor of ten thousand is taken out to stay in range.
		out[i] = a*(first.weights[i]/100)*(second.sum()/100) + b*(second.weights[i]/100)*(first.sum()/100)
	}
	return out
}

// TestWorkedAllocations replays testdata/allocations_examples.json: expenses
// worked out by hand with their legal basis (articles 1123, 1124 and 1126
// Codice civile, agreements, usage), each with the reasoning in its file.
func TestWorkedAllocations(t *testing.T) {
	b, err := os.ReadFile("testdata/allocations_examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Allocations []struct {
			ID, Method string
			In         struct {
				Cost, Net, VAT                                                                Amount
				Weights, Millesimi, Height, Covered, HoursWeek, Adherents, Consumption, Hours ordered
				HoursOfWeek                                                                   ordered  `json:"hours_week"`
				Participants                                                                  []string `json:"participants"`
			}
			Expect struct {
				Shares map[string]Amount
				Total  Amount
			}
		}
	}
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Allocations) != 11 {
		t.Fatalf("%d cases, want 11", len(file.Allocations))
	}
	for _, c := range file.Allocations {
		t.Run(c.ID, func(t *testing.T) {
			in := c.In
			names, totals, weights := in.Weights.names, []Amount{in.Cost}, in.Weights.weights
			switch c.Method {
			case "proportional", "weighted":
			case "by_use":
				names, weights = in.HoursOfWeek.names, in.HoursOfWeek.weights
			case "subset_proportional":
				names, weights = in.Adherents.names, in.Adherents.weights
			case "equal":
				names, weights = in.Participants, make([]int64, len(in.Participants))
				for i := range weights {
					weights[i] = 1
				}
			case "half_value_half_height":
				names, weights = in.Millesimi.names, combine(1, in.Millesimi, 1, in.Height)
			case "mixed_fixed_variable":
				names, weights = in.Millesimi.names, combine(3, in.Millesimi, 7, in.Consumption)
			case "one_third_two_thirds":
				names, weights = append([]string{"TERRACE"}, in.Covered.names...), []int64{in.Covered.sum()}
				for _, w := range in.Covered.weights {
					weights = append(weights, 2*w)
				}
			case "proportional_per_component":
				names, weights, totals = in.Hours.names, in.Hours.weights, []Amount{in.Net, in.VAT}
			default:
				t.Fatalf("method %q is unknown", c.Method)
			}
			if len(names) != len(c.Expect.Shares) {
				t.Fatalf("%d names, want %d", len(names), len(c.Expect.Shares))
			}
			got := make([]Amount, len(names))
			for _, total := range totals {
				portions, err := Split(total, weights)
				if err != nil {
					t.Fatal(err)
				}
				for i, p := range portions {
					got[i] += p
				}
			}
			for i, name := range names {
				if got[i] != c.Expect.Shares[name] {
					t.Errorf("%s pays %s, want %s", name, got[i], c.Expect.Shares[name])
				}
			}
			if Sum(got...) != c.Expect.Total {
				t.Errorf("portions sum to %s, want %s", Sum(got...), c.Expect.Total)
			}
		})
	}
}
