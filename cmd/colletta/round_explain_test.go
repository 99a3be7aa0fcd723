package main

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
)

const exampleSolution = "../../pooling/testdata/rounds/e01.sol.json"

// The table has a line for each demand in the language asked for, the JSON an
// object a line with the same codes, and one demand comes with its reckoning.
func TestExplainSpeaksTwoLanguagesAndJSON(t *testing.T) {
	explain := func(c roundExplainCmd) string {
		t.Helper()
		c.Instance, c.Solution = exampleRound, exampleSolution
		var out bytes.Buffer
		if err := c.run(strings.NewReader(""), &out, io.Discard); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}
	italian, english := explain(roundExplainCmd{Lang: "it"}), explain(roundExplainCmd{Lang: "en"})
	for _, want := range []struct{ table, line string }{
		{italian, "\nd7      Il fondo del Comune è finito prima"},
		{italian, "rientrava nel tuo massimo: 13,98\u00a0€ invece di 23,30\u00a0€ (il tuo massimo è 15,00\u00a0€)"},
		{english, "\nd7      The municipality’s fund ended before"},
		{english, "was within your maximum: €13.98 instead of €23.30 (your maximum is €15.00)"},
	} {
		if !strings.Contains(want.table, want.line) || strings.Count(want.table, "\n") != 15 {
			t.Errorf("no %q in\n%s", want.line, want.table)
		}
	}
	var codes []string
	lines := json.NewDecoder(strings.NewReader(explain(roundExplainCmd{JSON: true})))
	for lines.More() {
		var o struct {
			Demand, Code string
			MaxPrice     string `json:"max_price"`
			Reckoning    *struct{ Fixed, Own string }
		}
		if err := lines.Decode(&o); err != nil {
			t.Fatal(err)
		}
		codes = append(codes, o.Code)
		if o.MaxPrice == "" || (o.Code == "served") != (o.Reckoning != nil) {
			t.Errorf("%+v", o)
		}
	}
	if len(codes) != 14 || codes[6] != "fund_exhausted" || codes[0] != "served" {
		t.Errorf("codes %v", codes)
	}
	one := explain(roundExplainCmd{Demand: "d1", Lang: "en"})
	if !strings.Contains(one, "  1. The fixed cost of €") || !strings.Contains(one, "You pay €") {
		t.Errorf("one demand: %s", one)
	}
}
