package subsidies

import (
	"os"
	"regexp"
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

// pageSnippets are the measures of docs/measures.md, each with its line.
func pageSnippets(t testing.TB) (measures []string, lines []int) {
	t.Helper()
	page, err := os.ReadFile("../docs/measures.md")
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
			t.Errorf("line %d: a snippet that is neither complete nor a recipe is not tried", line)
			continue
		}
		measures, lines = append(measures, text), append(lines, line)
	}
	return measures, lines
}

// Whoever copies from the page must get a measure that loads and whose cases hold.
func TestSnippetsOfTheDocumentationWork(t *testing.T) {
	t.Parallel()
	measures, lines := pageSnippets(t)
	if len(measures) < 18 {
		t.Fatalf("only %d snippets found", len(measures))
	}
	for i, text := range measures {
		m, err := LoadMeasure([]byte(text))
		if err != nil {
			t.Errorf("snippet at line %d: %v", lines[i], refusal.All(err))
			continue
		}
		for _, c := range m.Worked {
			trace, err := m.Explain(c.Facts, c.Day, Italian)
			if err != nil {
				t.Errorf("snippet at line %d: %v", lines[i], err)
			}
			if testing.Verbose() {
				t.Log(strings.Join(trace, "\n"))
			}
		}
	}
}

// The page names every function, every type and every field.
func TestDocumentationIsComplete(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("../docs/measures.md")
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for name := range functions {
		words = append(words, name)
	}
	for _, list := range [][]string{roundingModes(), strings.Split(joined(InputTypes()), ", "), strings.Split(joined(ISEEKinds()), ", ")} {
		words = append(words, list...)
	}
	for _, word := range words {
		if !regexp.MustCompile("`[^`]*" + regexp.QuoteMeta(word) + "[^`]*`").Match(page) {
			t.Errorf("docs/measures.md does not name %s", word)
		}
	}
}
