package subsidies

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
)

// referenceScheme is a measure of the reference file, of which only the cases
// are read: its expression trees are another way to say the rule.
type referenceScheme struct {
	ID    string
	Cases []struct {
		Case   string
		In     map[string]any
		Expect map[string]string
	}
	Rounds []struct {
		Round  string
		Budget string
		Expect struct {
			Ranking []string
			Granted map[string]string
			Left    string
		}
	}
}

// Goal: the shipped measures are the reference's, whatever their own cases say.
// Method: every case of the reference file (testdata/schemes_examples.json, a
// copy of the project's reference) is put to the measure of that name, and the
// rounds of its fund are those that the measure proves.
func TestShippedMeasuresGiveWhatTheReferenceExpects(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/schemes_examples.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Schemes []referenceScheme }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	cases := 0
	for _, scheme := range file.Schemes {
		m := exampleMeasure(t, scheme.ID)
		for _, c := range scheme.Cases {
			cases++
			facts := m.NewFacts()
			for name, value := range c.In {
				if err := setReference(facts, name, value); err != nil {
					t.Fatalf("%s, %s: %v", m.ID, c.Case, err)
				}
			}
			r, err := m.Eval(facts, m.From)
			if err != nil {
				t.Fatalf("%s, %s: %v", m.ID, c.Case, err)
			}
			for name, want := range c.Expect {
				at := -1
				for i, o := range m.Outputs {
					if o.Name == name {
						at = i
					}
				}
				expected, err := ParseNumber(want)
				if err != nil || at < 0 || r.Values[at].Cmp(expected) != 0 {
					t.Errorf("%s, %s: %s is %v, want %s (%v)", m.ID, c.Case, name, r.Values, want, err)
				}
			}
		}
		proveReferenceRounds(t, m, scheme)
	}
	if len(file.Schemes) != 15 || cases != 92 {
		t.Errorf("%d measures, %d cases", len(file.Schemes), cases)
	}
}

// setReference sets a fact from JSON: numbers of the reference are whole, amounts
// are texts.
func setReference(f *Facts, name string, value any) error {
	switch v := value.(type) {
	case nil:
		return f.Missing(name)
	case []any:
		texts := make([]string, len(v))
		for i := range v {
			texts[i] = fmt.Sprint(v[i])
		}
		return f.Set(name, texts...)
	}
	return f.Set(name, fmt.Sprint(value))
}

// proveReferenceRounds divides each fund of the reference among the applicants of
// the measure's own case of it.
func proveReferenceRounds(t *testing.T, m *Measure, scheme referenceScheme) {
	t.Helper()
	if len(scheme.Rounds) != len(m.Fundings) {
		t.Fatalf("%s: %d rounds of the fund, the reference has %d", m.ID, len(m.Fundings), len(scheme.Rounds))
	}
	for i, round := range scheme.Rounds {
		own := m.Fundings[i]
		got, err := m.Fund.Divide(own.Budget, own.Applicants)
		if err != nil {
			t.Fatal(err)
		}
		if own.Budget.String() != round.Budget || got.Left.String() != round.Expect.Left || fmt.Sprint(got.Ranking) != fmt.Sprint(round.Expect.Ranking) {
			t.Errorf("%s, %s: budget %s, ranking %v, left %s; want %+v", m.ID, round.Round, own.Budget, got.Ranking, got.Left, round)
		}
		for k, id := range got.Ranking {
			if want := round.Expect.Granted[id]; got.Granted[k].String() != want {
				t.Errorf("%s, %s: %s gets %s, want %s", m.ID, round.Round, id, got.Granted[k], want)
			}
		}
	}
}
