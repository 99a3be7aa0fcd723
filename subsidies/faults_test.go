package subsidies

import (
	"fmt"
	"strings"
	"testing"

	"colletta/refusal"
)

// told lists what a text is refused for: line and English words.
func told(t *testing.T, text string) []string {
	t.Helper()
	_, err := LoadMeasure([]byte(text))
	var lines []string
	for _, e := range refusal.All(err) {
		lines = append(lines, fmt.Sprintf("%v: %s", e.Args["line"], Words(e, English)))
	}
	return lines
}

func change(t *testing.T, text string, pairs ...string) string {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		changed := strings.Replace(text, pairs[i], pairs[i+1], 1)
		if changed == text {
			t.Fatalf("%s: nothing was changed", pairs[i])
		}
		text = changed
	}
	return text
}

// expectTold compares the beginnings of what is told, one for each refusal.
func expectTold(t *testing.T, text string, want ...string) {
	t.Helper()
	got := told(t, text)
	if len(got) != len(want) {
		t.Fatalf("%d refusals, want %d:\n%s", len(got), len(want), strings.Join(got, "\n"))
	}
	for i := range got {
		if !strings.Contains(got[i], want[i]) {
			t.Errorf("%q does not say %q", got[i], want[i])
		}
	}
}

// Every field that is misspelt or of another kind is told at once, with the name
// that was meant.
func TestFieldsAreAllToldAtOnce(t *testing.T) {
	t.Parallel()
	expectTold(t, change(t, soundFormula, "checked:", "cheked:", "outputs: [award]", "outputs: award", "    round:", "    rond:",
		"it: costo", "it: costo, e altro", "dir: asc", "dir: [asc]"),
		"unknown field cheked; is checked meant?", `unknown field "e altro": a text`, "unknown field rond; is round meant?", "a list is expected here", "one text or number")
	expectTold(t, change(t, sound, "percent: 50", "prezzo: 50"), "there are: from, above, up_to, below, percent, amount")
}

// Everything that is wrong in head, rule, policies and cases is told at once, but
// not what stands on a wrong part.
func TestRulesAreAllToldAtOnce(t *testing.T) {
	t.Parallel()
	expectTold(t, change(t, soundFormula, "isee: ordinario", "isee: minori", "{type: money}", "{type: euros}", "most: 30000.00", "most: 30.000",
		"value: 20.00", "value: twenty", "outputs: [award]", "outputs: [award, grant]", "basis: remainder", "basis: rest", "dir: asc", "dir: up"),
		`"minori" is no kind of ISEE; is minorenni meant?`, "the type of cost", "30.000: may be read in two ways: for thousands write 30000; for decimals write 30.0000, or two of them if it is an amount, 30.00",
		"twenty: twenty is no input", "grant is no step", "basis is cost or remainder", "a key of the order")
	expectTold(t, change(t, soundFormula, "cost: 100.00, level: nido}", "cost: many, level: liceo}", "expect: {award: 50.00}", "expect: {grant: 50.00}"),
		`cost: "many" is no number`, `level: "liceo" is none of nido, scuola`, "grant is not among the outputs: award")
	expectTold(t, change(t, soundFormula, "cost: 100.00, level", "cost: 100,50, level", "value: 20.00", "value: twenty"), "twenty: twenty", "50 stands after a comma")
	expectTold(t, change(t, soundFormula, "expect: {award: 50.00}", "expect: {award: 50,25}"), "25 stands after a comma")
	expectTold(t, change(t, sound, "percent: 50}", "percent: 150}", "amount: 7.50}", "amount: 0}", "per: month", "per: moon"),
		"exactly one of percent", "exactly one of percent", "cap is {amount")
	if lines := told(t, change(t, soundFormula, "cost / 2", "costs / 2")); len(lines) != 1 || strings.Contains(strings.Join(lines, ""), "award") {
		t.Errorf("what follows is told too: %v", lines)
	}
}

// A step that is used too early is told from a misspelt name.
func TestStepsFurtherDownAreNamed(t *testing.T) {
	t.Parallel()
	expectTold(t, change(t, soundFormula, "if: cost > 0", "if: award > 0"), "award is a step further down")
}

func TestSyntaxIsToldInOurWords(t *testing.T) {
	t.Parallel()
	for old, c := range map[string][2]string{
		"id: prova":       {"id: [prova", "a bracket"},
		"checked: 2026":   {"checked: \"2026", "between double quotes has no end"},
		"act: Delibera 1": {"act: 'Delibera dell'anno'", ""},
		"isee: ordinario": {"isee: ordinario\nisee: minorenni", "a field stands here twice"},
		"missing_isee: ":  {" missing_isee: ", "look at the indentation"},
	} {
		lines := told(t, change(t, sound, old, c[0]))
		if len(lines) != 1 || !strings.Contains(lines[0], c[1]) || strings.Contains(lines[0], "\n") {
			t.Errorf("%s: %q, want %q", c[0], lines, c[1])
		}
	}
	expectTold(t, "", "the file is empty")
	expectTold(t, sound+"---\n"+sound, "a file holds one measure")
}

// A case may say that nothing is decided on its day, or not for its household; of
// a tariff, results are not expected there.
func TestCasesExpectOutcomes(t *testing.T) {
	t.Parallel()
	eligible := "eligible: [{if: known(isee), it: ISEE, en: ISEE}]\n"
	text := func(kind, cases string) string {
		return change(t, formulaHead, "checked:", "kind: "+kind+"\nchecked:") + eligible + "steps: [{name: award, value: 5.00}]\noutputs: [award]\nrounding: {to: 0.01}\ncases:\n" + cases
	}
	const facts = "in: {cost: 1.00, resident: yes, level: nido, fees: [], isee: "
	for _, c := range [][3]string{
		{"benefit", facts + "1.00}, expect: not_eligible", "the outcome is due, expected not_eligible"},
		{"benefit", facts + "null}, expect: not_eligible", ""},
		{"benefit", facts + "null}, expect: {award: 0.00}", ""},
		{"benefit", "date: 2030-01-01, " + facts + "1.00}, expect: {award: 0.00}", ""},
		{"benefit", "date: 2030-01-01, " + facts + "1.00}, expect: not_in_force", ""},
		{"benefit", facts + "1.00}, expect: nothing", "says not_eligible or not_in_force"},
		{"tariff", "date: 2030-01-01, " + facts + "1.00}, expect: not_in_force", ""},
		{"tariff", "date: 2030-01-01, " + facts + "1.00}, expect: {award: 0.00}", "the outcome is not_in_force, expected a tariff"},
		{"tariff", facts + "null}, expect: {award: 0.00}", "the outcome is not_eligible, expected a tariff"},
	} {
		lines := told(t, text(c[0], "  - {"+c[1]+"}\n"))
		if c[2] == "" && lines != nil || c[2] != "" && (len(lines) != 1 || !strings.Contains(lines[0], c[2])) {
			t.Errorf("%s, %s: %q, want %q", c[0], c[1], lines, c[2])
		}
	}
}
