package subsidies

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"colletta/refusal"
)

// recipeHead is the head that the page's recipes go below.
const recipeHead = `id: ricetta
name: {it: Ricetta, en: Recipe}
source: {act: Delibera 1, date: 2026-01-01, protocol: 12/2026}
checked: 2026-01-02
valid: {from: 2026-01-01, to: 2027-12-31}
rounding: {to: 0.01, mode: half_up}
`

var snippet = regexp.MustCompile("(?s)```yaml(| complete| recipe| recipe isee)\n(.*?)```")

// manuals are the pages for those who write measures: the same in two languages.
var manuals = []string{"../docs/measures.md", "../docs/misure.md"}

// pageSnippets are the measures of a manual, each with its line.
func pageSnippets(t testing.TB, manual string) (measures []string, lines []int) {
	t.Helper()
	page, err := os.ReadFile(manual)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range snippet.FindAllSubmatchIndex(page, -1) {
		kind, text := string(page[at[2]:at[3]]), string(page[at[4]:at[5]])
		line := strings.Count(string(page[:at[4]]), "\n")
		switch kind {
		case " recipe":
			text = recipeHead + "isee: ordinario\n" + text
		case " recipe isee": // it says which kinds it looks at
			text = recipeHead + text
		case "":
			t.Errorf("%s:%d: a snippet that is neither complete nor a recipe is not tried", manual, line)
			continue
		}
		measures, lines = append(measures, text), append(lines, line)
	}
	return measures, lines
}

// Whoever copies from the page must get a measure that loads and whose cases hold;
// both pages have the same ones.
func TestSnippetsOfTheDocumentationWork(t *testing.T) {
	t.Parallel()
	found := map[string]int{}
	for _, manual := range manuals {
		measures, lines := pageSnippets(t, manual)
		for i, text := range measures {
			found[manual]++
			m, err := LoadMeasure([]byte(text))
			if err != nil {
				t.Errorf("%s:%d: %v", manual, lines[i], refusal.All(err))
				continue
			}
			for _, c := range m.Worked {
				trace, err := m.Explain(c.Facts, c.Day, Italian)
				if err != nil {
					t.Errorf("%s:%d: %v", manual, lines[i], err)
				}
				if testing.Verbose() {
					t.Log(strings.Join(trace, "\n"))
				}
			}
		}
	}
	if n := found[manuals[0]]; n < 22 || found[manuals[1]] != n {
		t.Errorf("snippets found: %v", found)
	}
}

// Both pages name every function, every type, every kind and every field.
func TestDocumentationIsComplete(t *testing.T) {
	t.Parallel()
	words := slices.Collect(maps.Keys(functions))
	for _, list := range [][]string{roundingModes(), strings.Split(joined(InputTypes()), ", "), strings.Split(joined(ISEEKinds()), ", "),
		{string(KindBenefit), string(KindTariff), string(OutcomeNotInForce), string(OutcomeNotEligible)}, fieldNames(reflect.TypeFor[measureFile]())} {
		words = append(words, list...)
	}
	for _, manual := range manuals {
		page, err := os.ReadFile(manual)
		if err != nil {
			t.Fatal(err)
		}
		for _, word := range words {
			if !regexp.MustCompile("`[^`]*" + regexp.QuoteMeta(word) + "[^`]*`").Match(page) {
				t.Errorf("%s does not name %s", manual, word)
			}
		}
	}
}

// fieldNames are those of a part of a file.
func fieldNames(t reflect.Type) []string {
	var names []string
	for i := range t.NumField() {
		names = append(names, t.Field(i).Tag.Get("yaml"))
	}
	return names
}
