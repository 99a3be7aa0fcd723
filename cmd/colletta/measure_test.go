package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"colletta/money"
)

const examplesOfMeasures = "../../subsidies/measures/examples/"

// changedMeasure writes an example with one thing changed and returns its file.
func changedMeasure(t *testing.T, name, old, new string) string {
	t.Helper()
	text, err := os.ReadFile(examplesOfMeasures + name)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), old, new, 1)
	if changed == string(text) {
		t.Fatalf("%s: nothing was changed", name)
	}
	file := filepath.Join(t.TempDir(), "measure.yaml")
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestMeasuresAreProvedFileByFile(t *testing.T) {
	t.Parallel()
	failing := changedMeasure(t, "monopoli_sad_2018.yaml", "value: full_cost", "value: 13.90")
	misspelt := changedMeasure(t, "monopoli_sad_2018.yaml", "hourly * hours", "hourly * hour")
	var out, wrong bytes.Buffer
	c := measureTestCmd{Lang: "en", Files: []string{examplesOfMeasures + "monopoli_sad_2018.yaml", failing, misspelt, examplesOfMeasures + "milano_baf_wemi_2017.yaml"}}
	if err := c.run(&out, &wrong); err != exitCode(1) {
		t.Errorf("ended with %v, want code 1", err)
	}
	if got, want := out.String(), "monopoli_sad_2018: 6 worked cases hold.\nmilano_baf_wemi_2017: 5 worked cases hold, and 1 of the fund.\n"; got != want {
		t.Errorf("%s", got)
	}
	for _, want := range []string{
		failing + ":60: worked case 6 (full): hourly is 13.90, expected 13.80\n    Measure “City of Monopoli",
		"    Share of the month: 13.90 × 10 = €139.00/month.\n",
		misspelt + ":39:21: hourly * hour: hour is no input, parameter or step above this line; there are: hours,",
	} {
		if !strings.Contains(wrong.String(), want) {
			t.Errorf("no %q in\n%s", want, wrong.String())
		}
	}
}

func TestMeasuresAreEvaluatedOnAJSONFile(t *testing.T) {
	t.Parallel()
	eval := func(c measureEvalCmd, facts string) (string, error) {
		c.File, c.In = examplesOfMeasures+"monopoli_sad_2018.yaml", "-"
		var out bytes.Buffer
		err := c.run(strings.NewReader(facts), &out)
		return strings.ReplaceAll(out.String(), "\u00a0", " "), err
	}
	for facts, want := range map[string]string{
		`{"isee": "12345.67", "hours": 20}`: "12.345,67 × 8,00 / 30.000,00 = 3,2921…, arrotondato a 3,29 €/ora.\n",
		`{"isee": 12345.67, "hours": "20"}`: "Risultato: Tariffa oraria 3,29 €/ora, Quota del mese 65,80 €/mese.\n",
		`{"isee": null, "hours": 1}`:        "Non risulta un ISEE sociosanitario valido.\n",
		`{"hours": 1}`:                      "Quota del mese: 13,80 × 1 = 13,80 €/mese.\n",
	} {
		if out, err := eval(measureEvalCmd{Lang: "it"}, facts); err != nil || !strings.Contains(out, want) {
			t.Errorf("%s: no %q in %v\n%s", facts, want, err, out)
		}
	}
	for facts, want := range map[string]string{
		"{\n\"isee\": 1,\n\"hours\": 2.5}":  "-:3:10: hours: 2.5 is no whole number",
		`{"isee": "1.234,50", "hours": 1}`:  "-:1:10: isee: \"1.234,50\" is no number: decimals have a point",
		`{"isee": "333.333", "hours": 1}`:   "for thousands write 333333; for decimals write 333.3330, or two of them if it is an amount, 333.33",
		`{"isee": 1, "hours": "x", "a": 1}`: "hours: \"x\" is no number: write 17000 or 17000.00, with a point before the decimals and nothing between thousands\n-:1:32: a: is no input",
		`{"isee": 12,5, "hours": 1}`:        "-:1:13: the name of an input between double quotes is expected here; decimals have a point",
		`{"isee": 1, "hours": 1,}`:          "no comma follows the last value",
		`{'isee': 1}`:                       "-:1:2: names and texts stand between double quotes",
		`{"isee": 1 "hours": 1}`:            "-:1:12: '\"' cannot be here",
		`{"isee": 1, "hours": yes}`:         "-:1:22: 'y' cannot be here: a value is expected",
		`{"isee": 1, "isee": 2}`:            "-:1:13: this name is there twice",
		`{"isee": 1, "hours": 1} x`:         "nothing is expected after the last }",
		`{"hours": null}`:                   "hours: is needed and cannot be missing",
		`{"isee": 1}`:                       "hours: is needed and was not given",
		`{"hour": 1}`:                       "hour: is no input of this measure; there are: isee, hours",
		`{"hours": [1]`:                     "-:1:14: the text ends too early",
		`{"hours": {}}`:                     "a number, a text between quotes, true, false, null or a list",
		`[]`:                                "an object with the inputs is expected",
	} {
		if out, err := eval(measureEvalCmd{Lang: "en"}, facts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q\n%s", facts, err, want, out)
		}
	}
	if out, err := eval(measureEvalCmd{Lang: "en", Date: "2019-01-01"}, `{"hours": 1}`); err != nil || !strings.Contains(out, "no tariff is set for this day") {
		t.Errorf("outside its period: %v\n%s", err, out)
	}
}

func TestPriceRulesAreEvaluatedFromFlags(t *testing.T) {
	t.Parallel()
	isee, price := money.Amount(6500_00), money.Amount(50_02)
	c := measureEvalCmd{File: "../../subsidies/measures/contributo-laboratori-scuola-2026.yaml", ISEE: &isee, Price: &price, Lang: "it"}
	var out bytes.Buffer
	if err := c.run(strings.NewReader(""), &out); err != nil || !strings.HasSuffix(out.String(), "Quota 50,02\u00a0€, contributo 40,00\u00a0€, da pagare 10,02\u00a0€.\n") {
		t.Errorf("%v\n%s", err, out.String())
	}
	c.Price = nil
	if err := c.run(strings.NewReader(""), &out); err == nil || !strings.Contains(err.Error(), "--price") {
		t.Errorf("without a price: %v", err)
	}
}

// Everything that is wrong is told, a line each, in the language that is asked for.
func TestEverythingWrongInAMeasureIsTold(t *testing.T) {
	t.Parallel()
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	text := `id: prova
name: {it: Prova, en: Trial}
source: {act: Delibera 1, date: 2026-01-01, protocol: 1}
checked: 2026-01-02
valid: {from: 2026-01-01, to: 2026-12-31}
isee: minori
inputs:
  ore: {type: intero}
steps:
  - {name: importo, value: 333.333}
outputs: [importo]
rounding: {to: 0.01}
cases:
  - {in: {isee: null, ore: 1}, expect: {importo: 1.00}}
`
	if err := os.WriteFile(bad, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string][]string{
		"it": {":6: il campo isee manca o ha un valore impossibile: \"minori\" non è un tipo di ISEE; forse minorenni? Ci sono: ordinario,",
			":8: il tipo di ore è \"intero\"; ci sono: money,", ":10:28: 333.333: 333.333 si può leggere in due modi: se sono migliaia scrivi 333333;"},
		"en": {":6: the field isee is missing or has an impossible value: \"minori\" is no kind of ISEE; is minorenni meant?",
			":8: the type of ore is \"intero\"; there are: money,", ":10:28: 333.333: 333.333 may be read in two ways: for thousands write 333333;"},
	} {
		var out, wrong bytes.Buffer
		c := measureTestCmd{Files: []string{bad}, Lang: lang}
		if err := c.run(&out, &wrong); err != exitCode(1) || out.Len() > 0 {
			t.Errorf("%s: %v, %s", lang, err, out.String())
		}
		lines := strings.Split(strings.TrimSpace(wrong.String()), "\n")
		if len(lines) != len(want) {
			t.Fatalf("%s: %d lines, want %d:\n%s", lang, len(lines), len(want), wrong.String())
		}
		for i := range want {
			if !strings.HasPrefix(lines[i], bad+want[i]) {
				t.Errorf("%s: %q, want %q", lang, lines[i], want[i])
			}
		}
	}
}

// Who forgets labels is told what citizens would read.
func TestMeasuresWithoutLabelsAreNamed(t *testing.T) {
	t.Parallel()
	file := changedMeasure(t, "monopoli_sad_2018.yaml", "hours: {type: integer, ", "hours: {type: integer, to: 400, unit: h} # {")
	var out, wrong bytes.Buffer
	c := measureTestCmd{Files: []string{file}, Lang: "it"}
	if err := c.run(&out, &wrong); err != nil || !strings.HasSuffix(out.String(), "tornano 6 casi di prova.\n    senza label i cittadini leggono il nome così com'è: hours\n") {
		t.Errorf("%v\n%s%s", err, out.String(), wrong.String())
	}
}

// Two versions are told apart by their files; a measure of ten months is warned of.
func TestSimulationsNameTheirFiles(t *testing.T) {
	t.Parallel()
	old := examplesOfMeasures + "monopoli_sad_2018.yaml"
	now := changedMeasure(t, "monopoli_sad_2018.yaml", "valid: {from: 2018-01-01, to: 2018-12-31}", "valid: {from: 2018-01-01, to: 2018-10-31}")
	for lang, want := range map[string][]string{
		"it": {"PRIMA: " + old + "\n", "\nORA: " + now + "\n", "10 famiglie, 10 hanno i requisiti", "senza ISEE", "Da " + old + " (prima) a " + now + " (ora): ", "hanno di più",
			"la misura vale 10 mesi e qui se ne contano 12; se sono 10 scrivi --per-year 10"},
		"en": {"BEFORE: " + old + "\n", "\nNOW: " + now + "\n", "10 households, 10 fulfil", "without ISEE", "From " + old + " (before) to " + now + " (now): ", "get more", "write --per-year 10"},
	} {
		var out bytes.Buffer
		c := measureSimulateCmd{File: now, Against: old, Households: 10, Seed: 1, Set: map[string]string{"hours": "20"}, Lang: lang}
		if err := c.run(&out, []string{old, now}); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s: no %q in\n%s", lang, text, out.String())
			}
		}
		if strings.Count(out.String(), "--per-year") != 1 {
			t.Errorf("%s: the measure of a whole year is warned of too", lang)
		}
	}
	c := measureSimulateCmd{File: old, Households: 1, Date: "1/2/2018", Lang: "it"}
	if err := c.run(&bytes.Buffer{}, []string{old}); err == nil || err.Error() != `--date: "1/2/2018" non è un giorno: si scrive 2026-09-01` {
		t.Errorf("%v", err)
	}
}

// An act of tomorrow is warned of, and the cases hold.
func TestDaysInTheFutureAreWarnedOf(t *testing.T) {
	t.Parallel()
	file := changedMeasure(t, "monopoli_sad_2018.yaml", "checked: 2026-11-25", "checked: 2999-11-25")
	var out, wrong bytes.Buffer
	c := measureTestCmd{Files: []string{file}, Lang: "it"}
	if err := c.run(&out, &wrong); err != nil || !strings.HasSuffix(wrong.String(), "2999-11-25 è nel futuro\n") || !strings.Contains(out.String(), "tornano 6 casi") {
		t.Errorf("%v\n%s%s", err, out.String(), wrong.String())
	}
}

func TestAFileThatIsNotThereIsToldInWords(t *testing.T) {
	t.Parallel()
	c := measureEvalCmd{File: examplesOfMeasures + "monopoli_sad_2018.yaml", In: filepath.Join(t.TempDir(), "facts.json"), Lang: "it"}
	if err := c.run(strings.NewReader(""), &bytes.Buffer{}); err == nil || !strings.HasSuffix(err.Error(), "facts.json: il file non c'è") {
		t.Errorf("%v", err)
	}
}
