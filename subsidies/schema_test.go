package subsidies

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/xeipuuv/gojsonschema"
)

// againstSchema lists what the published schema finds wrong in a measure.
func againstSchema(t testing.TB, schema *gojsonschema.Schema, text string) []string {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		return []string{err.Error()}
	}
	result, err := schema.Validate(gojsonschema.NewBytesLoader(data))
	if err != nil {
		t.Fatal(err)
	}
	var wrong []string
	for _, e := range result.Errors() {
		wrong = append(wrong, e.String())
	}
	return wrong
}

// Goal: an editor that follows the schema agrees with the program. Method: every
// measure that ships and every snippet of the page passes; what the loader refuses
// for its shape is refused by both.
func TestSchemaAgreesWithTheLoader(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/measure.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(text))
	if err != nil {
		t.Fatal(err)
	}
	var good []string
	for _, manual := range manuals {
		snippets, _ := pageSnippets(t, manual)
		good = append(good, snippets...)
	}
	for _, m := range Measures() {
		file, _ := MeasureFile(m.ID)
		good = append(good, string(file))
	}
	written, err := filepath.Glob("testdata/measures_written/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(exampleFiles(t), written...) {
		file, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		good = append(good, string(file))
	}
	for _, text := range append(good, sound, soundFormula) {
		if wrong := againstSchema(t, schema, text); wrong != nil {
			t.Errorf("%.60s...: %s", text, strings.Join(wrong, "; "))
		}
	}
	for _, c := range [][2]string{
		{"isee: ordinario", "isee: ricco"},
		{"isee: ordinario", ""},
		{"checked: 2026-01-02", "checked: tomorrow"},
		{"{type: money}", "{type: euros}"},
		{"- {else: true, value: 0.00}", "- {value: 0.00}"},
		{"{up_to: 10000.00,", "{up_to: 10000.00, below: 1,"},
		{"    round:", "    value: 1\n    round:"},
		{"    round:", "    rond:"},
		{"outputs: [award]", ""},
		{"mode: half_up}\noutputs", "mode: nearest}\noutputs"},
		{"basis: remainder", "basis: rest"},
		{"mode: ranking", "mode: lottery"},
		{"cases:\n", "rule: {linear: {isee_from: 1, percent_from: 50, isee_to: 2, percent_to: 10}}\ncases:\n"},
	} {
		text := strings.Replace(soundFormula, c[0], c[1], 1)
		if text == soundFormula {
			t.Fatalf("%s: nothing was changed", c[0])
		}
		if againstSchema(t, schema, text) == nil {
			t.Errorf("the schema accepts %s for %s", c[1], c[0])
		}
		if _, err := LoadMeasure([]byte(text)); err == nil {
			t.Errorf("the loader accepts %s for %s", c[1], c[0])
		}
	}
}
