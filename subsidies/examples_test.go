package subsidies

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"colletta/refusal"
)

// loadFile loads a measure and fails the test with what is wrong in it.
func loadFile(t testing.TB, name string) *Measure {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	m, err := LoadMeasure(data)
	if err != nil {
		t.Fatalf("%s: %v", name, refusal.All(err))
	}
	return m
}

func exampleFiles(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("measures/examples/*.yaml")
	if err != nil || len(names) != 15 {
		t.Fatalf("%d examples, want 15 (%v)", len(names), err)
	}
	return names
}

// The 15 measures and their 92 cases are those of the project's reference
// (schemes_examples.json), with expected amounts found by an exact evaluator and
// by a separate decimal one.
func TestExamplesPassTheirCases(t *testing.T) {
	t.Parallel()
	cases, fundings := 0, 0
	for _, name := range exampleFiles(t) {
		m := loadFile(t, name)
		cases += len(m.Worked)
		fundings += len(m.Fundings)
		if m.ID+".yaml" != filepath.Base(name) || m.HasPriceRule() || m.Note == "" {
			t.Errorf("%s: ID %s, note %q", name, m.ID, m.Note)
		}
		for _, c := range m.Worked {
			for _, lang := range []Lang{Italian, English} {
				trace, err := m.Explain(c.Facts, c.Day, lang)
				if err != nil || len(trace) < 3 {
					t.Errorf("%s, %s: trace %v, %v", m.ID, c.Name, trace, err)
				}
				if testing.Verbose() {
					t.Logf("%s / %s\n%s", m.ID, c.Name, strings.Join(trace, "\n"))
				}
			}
		}
	}
	if cases != 92 || fundings != 2 {
		t.Errorf("%d cases and %d funding cases, want 92 and 2", cases, fundings)
	}
}

// Goal: whoever has only docs/measures.md can write the acts of a municipality.
// Method: measures written from the words of invented acts, each at the top of its
// file; their cases were reckoned with fractions by a separate program.
func TestWrittenMeasuresPassTheirCases(t *testing.T) {
	t.Parallel()
	names, err := filepath.Glob("testdata/measures_written/*.yaml")
	if err != nil || len(names) != 9 {
		t.Fatalf("%d measures, want 9 (%v)", len(names), err)
	}
	cases := 0
	for _, name := range names {
		m := loadFile(t, name)
		cases += len(m.Worked)
		if m.ID+".yaml" != filepath.Base(name) || !strings.Contains(m.Note, "inventat") || len(m.Unlabelled()) > 0 {
			t.Errorf("%s: ID %s, note %q, without a label %v", name, m.ID, m.Note, m.Unlabelled())
		}
		for _, c := range m.Worked {
			if trace, err := m.Explain(c.Facts, c.Day, English); err != nil || len(trace) < 3 {
				t.Errorf("%s: trace %v, %v", m.ID, trace, err)
			}
		}
	}
	if cases != 73 {
		t.Errorf("%d cases, want 73", cases)
	}
}
