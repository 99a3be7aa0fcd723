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
	c := measureTestCmd{Files: []string{examplesOfMeasures + "monopoli_sad_2018.yaml", failing, misspelt, examplesOfMeasures + "milano_baf_wemi_2017.yaml"}}
	if err := c.run(&out, &wrong); err != exitCode(1) {
		t.Errorf("ended with %v, want code 1", err)
	}
	if got, want := out.String(), "monopoli_sad_2018: 6 worked cases hold.\nmilano_baf_wemi_2017: 5 worked cases hold, and 1 of the fund.\n"; got != want {
		t.Errorf("%s", got)
	}
	for _, want := range []string{
		failing + ":59: worked case 6 (full): hourly is 13.90, expected 13.80\n    Misura «Comune di Monopoli",
		"    Quota del mese: 13,90 × 10 = 139,00\u00a0€/mese.\n",
		misspelt + ":38:21: hourly * hour: hour is no input, parameter or step above this line; there are: hours,",
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
		"{\n\"isee\": 1,\n\"hours\": 2.5}": "-:3: hours: 2.5 is no whole number",
		`{"isee": "1.234,50", "hours": 1}`: "-:1: isee: \"1.234,50\" is no number",
		`{"hours": null}`:                  "hours: is needed and cannot be missing",
		`{"isee": 1}`:                      "hours: is needed and was not given",
		`{"hour": 1}`:                      "hour: is no input of this measure; there are: isee, hours",
		`{"hours": [1]`:                    "-:1: ",
		`{"hours": {}}`:                    "a number, a text, true, false, null or a list",
		`[]`:                               "an object with the inputs is expected",
	} {
		if out, err := eval(measureEvalCmd{Lang: "it"}, facts); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q\n%s", facts, err, want, out)
		}
	}
	if out, err := eval(measureEvalCmd{Lang: "en", Date: "2019-01-01"}, `{"hours": 1}`); err != nil || !strings.Contains(out, "on this day nothing is due") {
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
