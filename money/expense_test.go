package money

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

func readOne(t *testing.T, text string) *Expense {
	t.Helper()
	all, err := ReadExpenses([]byte(text), Given{})
	if err != nil {
		t.Fatalf("%v in\n%s", err, text)
	}
	if len(all) != 1 {
		t.Fatalf("%d expenses", len(all))
	}
	return all[0]
}

func portionsOf(t *testing.T, e *Expense) []Amount {
	t.Helper()
	b, err := e.Divide()
	if err != nil {
		t.Fatal(err)
	}
	return b.Portions()
}

// TestFilesDivide has one line for every form of a rule and of a table.
func TestFilesDivide(t *testing.T) {
	t.Parallel()
	const ab = `"cost": "1.00", "tables": {"m": {"A": 1, "B": "3"}, "h": ["A", "B"]}, `
	for name, tt := range map[string]struct {
		text string
		want []Amount
	}{
		"one table":            {`{"cost": 100, "tables": {"m": {"A": "0,25", "B": "0.75"}}}`, []Amount{2500, 7500}},
		"only participants":    {`{"cost": "1,01", "participants": ["A", "B"]}`, []Amount{51, 50}},
		"one rule":             {`{"cost": "1.00", "rules": {"r": {"weights": {"A": 1, "B": 3}}}}`, []Amount{25, 75}},
		"named table":          {`{` + ab + `"rule": "m"}`, []Amount{25, 75}},
		"equal":                {`{` + ab + `"rule": "equal"}`, []Amount{50, 50}},
		"sum":                  {`{` + ab + `"rule": "1/2 m + 50% h"}`, []Amount{38, 62}},
		"fixed amount":         {`{` + ab + `"rule": "0,20 € h + 1 m"}`, []Amount{30, 70}},
		"fixed amount, joined": {`{` + ab + `"rule": "0.20€ h + 100% m"}`, []Amount{30, 70}},
		"rule of rules":        {`{` + ab + `"rules": {"r": "1/2 m + 1/2 h", "s": {"of": "r", "only": ["B"]}}, "rule": "s"}`, []Amount{100}},
		"mix":                  {`{` + ab + `"rule": {"mix": [{"share": "0.25", "of": "m"}, {"share": "75%", "of": {"equal": ["C"]}}]}}`, []Amount{6, 19, 75}},
		"mix with amount":      {`{` + ab + `"rule": {"mix": [{"amount": "0.20", "of": "h"}, {"share": 1, "of": "m"}]}}`, []Amount{30, 70}},
		"heads":                {`{"cost": "7.00", "rule": {"heads": {"adult": 1, "child": "0.5"}, "families": {"A": {"adult": 2}, "B": {"child": 3}}}}`, []Amount{400, 300}},
		"days":                 {`{"cost": "3.65", "rule": {"days": {"A": ["2026-01-01..2026-01-11", "2026-12-22..2027-01-01"], "B": "2026-01-11..2026-12-22"}, "period": "2026-01-01..2027-01-01"}}`, []Amount{20, 345}},
		"nested":               {`{"cost": "1.01", "rule": {"between": {"equal": ["N", "S"]}, "inside": {"N": {"equal": ["N1", "N2"]}, "S": {"equal": ["S1"]}}}}`, []Amount{26, 25, 50}},
		"nested once":          {`{"cost": "1.01", "rule": {"between": {"equal": ["N", "S"]}, "inside": {"N": {"equal": ["N1", "N2"]}}, "rounding": "once"}}`, []Amount{25, 25, 51}},
		"reduced":              {`{"cost": "1.80", "rule": {"of": {"equal": ["A", "B"]}, "reduced": {"B": "0.80"}}}`, []Amount{100, 80}},
		"cap for all":          {`{"cost": "1.00", "rule": {"of": {"weights": {"A": 8, "B": 1, "C": 1}}, "cap": "0.50"}}`, []Amount{50, 25, 25}},
		"floor by name":        {`{"cost": "1.00", "rule": {"of": {"weights": {"A": 8, "B": 1, "C": 1}}, "floor": {"C": "0.28"}}}`, []Amount{64, 8, 28}},
		"owners":               {`{"cost": "1.00", "rule": {"of": {"equal": ["U", "V"]}, "owners": {"V": {"a": "2026-01-01..2026-01-31", "b": "2026-01-31..2026-02-10"}}, "period": "2026-01-01..2026-02-10"}}`, []Amount{50, 38, 12}},
		"order of the list":    {`{` + ab + `"participants": ["B", "A"], "rule": {"equal": ["A", "B"]}}`, []Amount{50, 50}},
		"odd cents":            {`{"cost": "0.01", "participants": ["A", "B"], "odd_cents": {"A": 1}}`, []Amount{0, 1}},
		"by name":              {`{"cost": "0.01", "participants": ["B", "A"], "ties": "name"}`, []Amount{0, 1}},
		"components":           {`{"cost": {"net": "0.01", "vat": "0.01", "other": "-0.01"}, "participants": ["A", "B"]}`, []Amount{1, 0}},
		"forty digits":         {`{"cost": "0.03", "tables": {"m": {"A": "1234567890123456789012345678901234567890", "B": "0.0000000000000000000000000000000000000001", "C": "617283945061728394506172839450617283945"}}}`, []Amount{2, 0, 1}},
		"a byte order mark":    {"\uFEFF" + `{"cost": "0.02", "participants": ["A", "B"]}`, []Amount{1, 1}},

		"csv":                {"# cost: 1.00\nname,m\nA,1\nB,3\n", []Amount{25, 75}},
		"csv without a rule": {"# cost: 1.00\nname\nA\nB\n", []Amount{50, 50}},
		"csv in Italian":     {"# cost: 1.000,00\n# rule: millesimi\nunità;millesimi\nA;1.250,5\nB;1.250,5\n", []Amount{50000, 50000}},
		"csv, style named":   {"# cost: 1.00\n# numbers: italian\nname;m\nA;1.000\nB;3\n", []Amount{100, 0}},
		"csv, plain named":   {"# cost: 1.00\n# numbers: plain\nname;m\nA;1.000\nB;3\n", []Amount{25, 75}},
		"csv in quotes":      {"# cost: 1.00\nname,m\n\"A, B\",\"1\"\nC,1\r\n", []Amount{50, 50}},
		"csv in groups":      {"# cost: 1.01\n# between: N=1 S=1\n# rule: equal\nname,group,m\nN1,N,\nN2,N,\nS1,S,2\n", []Amount{26, 25, 50}},
		"csv groups, once":   {"# cost: 1.01\n# between: equal\n# rounding: once\n# rule: equal\nname,group\nN1,N\nN2,N\nS1,S\n", []Amount{25, 25, 51}},
		"csv limits":         {"# cost: 1.00\nname,m,cap,floor\nA,8,0.50,\nB,1,,\nC,1,,0.30\n", []Amount{50, 20, 30}},
		"csv net and vat":    {"# net: 1.00\n# vat: 0.05\nname,m\nA,1\nB,1\n", []Amount{53, 52}},
	} {
		if got := portionsOf(t, readOne(t, tt.text)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", name, got, tt.want)
		}
	}
}

// TestBadFilesAreRefusedWithTheirPlace checks line, column, path and rule.
func TestBadFilesAreRefusedWithTheirPlace(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("[", 60) + strings.Repeat("]", 60)
	for _, tt := range []struct{ text, want string }{
		{``, `1:1: must have a line of titles`},
		{`{`, `1:2: must be JSON`},
		{"{\"cost\": 1}}", `1:12: nothing may follow`},
		{"{\"cost\": \"1.00\",\n \"cost\": 2}", `2:2: $.cost: occurs twice`},
		{deep, `1:41: $[0][0]`},
		{"{\"cost\": \"x\xff\"}", `1:12: must be UTF-8`},
		{`[]`, `1:1: $: must hold at least one expense`},
		{`[1]`, `1:2: $[0]: "1": must be an object`},
		{"{\n  \"price\": 1}", `2:12: $.price: "1": unknown field`},
		{`{"cost": "1.00"}`, `1:1: $: no rule`},
		{`{"participants": ["A"]}`, `1:1: $: no cost`},
		{`{"cost": 1e3, "participants": ["A"]}`, `1:10: $.cost: "1e3": must be an amount`},
		{`{"cost": "1.500", "participants": ["A"]}`, `1:10: $.cost: "1.500": may be read in two ways`},
		{`{"cost": "1,234.50", "participants": ["A"]}`, `1:10: $.cost: "1,234.50": must be an amount`},
		{`{"cost": "10000000.01", "participants": ["A"]}`, `1:10: $.cost: "10000000.01": must be at most 10000000.00`},
		{`{"cost": true, "participants": ["A"]}`, `1:10: $.cost: must be an amount`},
		{`{"cost": 1, "participants": ["A", "A"]}`, `1:29: $.participants: participant: A occurs twice`},
		{`{"cost": 1, "participants": {"A": 1}}`, `1:29: $.participants: must be a list of names`},
		{`{"cost": 1, "participants": ["A", 1]}`, `1:35: $.participants[1]: "1": must be a text`},
		{`{"cost": 1, "participants": ["A"], "ties": "lot"}`, `1:44: $.ties: "lot": must be "order" or "name"`},
		{`{"cost": 1, "participants": ["A"], "odd_cents": {"A": -1}}`, `1:55: $.odd_cents.A: "-1": must be a whole number`},
		{`{"cost": 1, "participants": ["A"], "odd_cents": {"B": 1}}`, `1:1: $: participant: odd_cents names B`},
		{`{"cost": 1, "tables": {"m": {"A": "1/2"}}}`, `1:35: $.tables.m.A: "1/2": must be a number`},
		{`{"cost": 1, "tables": {"m": {"A b": -1}}}`, `1:37: $.tables.m["A b"]: "-1": must not be negative`},
		{`{"cost": 1, "tables": {"m": {"A": 0}}}`, `1:29: $.tables.m: nothing to divide by`},
		{`{"cost": 1, "tables": {"m": 3}}`, `1:29: $.tables.m: "3": must be an object of weights`},
		{`{"cost": 1, "tables": {"m": {"A": 1}}, "rule": "n"}`, `1:48: $.rule: "n": must be a rule`},
		{`{"cost": 1, "tables": {"m": {"A": 1}}, "rule": "1/2 m + m"}`, `1:48: $.rule: "1/2 m + m": must be a rule`},
		{`{"cost": 1, "tables": {"m": {"A": 1}}, "rule": "1/2 m + 1/3 m"}`, `1:48: $.rule: "1/2 m + 1/3 m": shares must be`},
		{`{"cost": 1, "tables": {"m": {"A": 1}}, "rule": "3/2 m"}`, `1:48: $.rule: "3/2 m": must be a rule`},
		{`{"cost": 1, "tables": {"m": {"A": 1}}, "rule": "1/0 m"}`, `1:48: $.rule: "1/0 m": must be a rule`},
		{`{"cost": 1, "tables": {"m": {"A": 1}}, "rule": {"by": "m"}}`, `1:48: $.rule: must be the name of a table or rule, or an object`},
		{`{"cost": 1, "tables": {"m": {"A": 1}}, "rule": {"of": "m", "cap": "-1"}}`, `1:67: $.rule.cap: "-1": caps and floors: a limit of A`},
		{`{"cost": 1, "tables": {"m": {"A": 1}}, "rule": {"of": "m", "period": "2026-01-01..2026-02-01"}}`, `$.rule.period`},
		{`{"cost": 1, "tables": {"m": {"A": 1}}, "rule": {"of": "m", "only": ["A"], "then": 1}}`, `$.rule.then: "1": unknown field`},
		{`{"cost": 1, "tables": {"m": {"A": 1}}, "rules": {"m": "equal"}}`, `$.rules.m: "equal": the name "m" is taken`},
		{`{"cost": 1, "rule": {"mix": [{"share": 2, "of": {"equal": ["A"]}}]}}`, `1:40: $.rule.mix[0].share: "2": must be a share`},
		{`{"cost": 1, "rule": {"mix": [{"share": 1}]}}`, `1:30: $.rule.mix[0]: must have the field of`},
		{`{"cost": 1, "rule": {"days": {"A": "2026-02-30..2026-03-01"}, "period": "2026-01-01..2027-01-01"}}`, `1:36: $.rule.days.A: "2026-02-30..2026-03-01": must be days`},
		{`{"cost": 1, "rule": {"days": {"A": "2026-02-01..2026-02-01"}, "period": "2026-01-01..2027-01-01"}}`, `$.rule.days.A`},
		{`{"cost": 1, "rule": {"between": {"equal": ["N"]}}}`, `$.rule: must have the field inside`},
		{`{"cost": 1, "rule": {"heads": {"adult": 1}, "families": {"A": {"adult": "0.5"}}}}`, `$.rule.families.A.adult: "0.5": must be a whole number`},
		{`{"cost": 1, "participants": ["A"], "expect": {"total": 1}}`, `$.expect: must have shares`},
		{`{"allocations": [{"method": "by_lot", "in": {}}]}`, `1:29: $.allocations[0].method: "by_lot": must be one of`},
		{`{"method": "weighted", "in": {"cost": 1}}`, `$.in: must have a table of weights`},
		{`{"method": "weighted", "in": {"cost": 1, "a": {"A": 1}, "b": {"A": 1}}}`, `$.in.b: is a second table`},
		{`{"method": "weighted", "in": {"cost": 1, "a": {"A": 1}, "sum_weights": 2}}`, `$.in.sum_weights: "2": the weights sum to 1`},
		{`{"method": "mixed_fixed_variable", "in": {"cost": 1, "fixed_share": "1.1"}}`, `$.in.fixed_share: "1.1": must be a share`},
		{`{"method": "equal", "in": {"cost": 1, "participants": ["A"], "rounding": "up"}}`, `$.in.rounding: "up": must be`},

		{"# cost: 1.00\nname,m\n", `2:1: must have a line of titles`},
		{"# cost: 1.00\n# price: 2\nname\nA\n", `2:1: price: "2": unknown key`},
		{"# cost: 1.00\n# cost: 2\nname\nA\n", `2:1: cost: "2": occurs twice`},
		{"# cost: 1.00\n# net: 2\nname\nA\n", `2:1: net: "2": stands beside cost`},
		{"# cost: 1.00\nname,m\nA,1\nB\n", `4:1: name: "B": has another number of cells`},
		{"# cost: 1.00\nname,m\nA,1\nB,x\n", `4:3: m: "x": must be a number`},
		{"# cost: 1.00\nname,m\nA,1\nB,-1\n", `4:3: m: "-1": must not be negative`},
		{"# cost: 1.00\nname,m\nA,1\nA,2\n", `4:1: name: "A": occurs twice`},
		{"# cost: 1.00\nname,m\n,1\n", `3:1: name: a participant must have a name`},
		{"# cost: 1.00\nname,m,m\nA,1,1\n", `2:8: "m": occurs twice`},
		{"# cost: 1.00\nname,equal\nA,1\n", `2:6: "equal": is the name of a rule`},
		{"# cost: 1.00\nname,\nA,1\n", `2:6: a column must have a title`},
		{"# cost: 1.00\nname,m\nA,0\n", `2:6: "m": nothing to divide by`},
		{"# cost: 1.00\nname;m\nA;1.234\n", `3:3: m: "1.234": may be 1234 or 1.234`},
		{"# cost: 1.00\nname;m\nA;1,5\nB;2.5\n", `3:3: m: "1,5": is written as in Italy`},
		{"# cost: 1.00\n# numbers: roman\nname;m\nA;1\n", `2:1: numbers: "roman": must be`},
		{"# cost: 1.00\nname,m\n\"A,1\n", `must be a table in CSV`},
		{"# cost: 1.00\nname,m,n\nA,1,1\n", `2:1: "name": no rule`},
		{"# rule: m\nname,m\nA,1\n", `2:1: "name": no cost`},
		{"# cost: 1.00\nname,cap\nA,x\n", `3:3: cap: "x": must be an amount`},
		{"# cost: 1.00\nname,odd_cents\nA,x\n", `3:3: odd_cents: "x": must be a whole number`},
		{"# cost: 1.00\nname,group\nA,N\n", `2:6: "group": needs a line "# between`},
		{"# cost: 1.00\n# between: N\nname,group\nA,N\n", `2:1: between: "N": must be pairs`},
		{"# cost: 1.00\n# between: S=1\nname,group\nA,N\n", `2:1: between: "S=1": must give a weight for group N`},
		{"# cost: 1.00\n# between: N=1 S=1\nname,group\nA,N\n", `2:1: between: "N=1 S=1": gives a weight for a group without rows`},
		{"# cost: 1.00\n# between: equal\n# rounding: never\nname,group\nA,N\n", `3:1: rounding: "never"`},
		{"# cost: 1.00\n# between: equal\nname,group\nA,N\nB,\n", `5:3: group: everyone must be in a group`},
	} {
		_, err := ReadExpenses([]byte(tt.text), Given{})
		var placed *FileError
		if !errors.As(err, &placed) || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s\n got %v\nwant %s", tt.text, err, tt.want)
		}
	}
}

// TestRulesThatDoubleAreRefused: forty rules, each using the one before twice, would
// take a trillion steps.
func TestRulesThatDoubleAreRefused(t *testing.T) {
	t.Parallel()
	for _, form := range []string{`"1/2 r%d + 1/2 r%d"`, `{"mix": [{"share": "1/2", "of": "r%d"}, {"share": "1/2", "of": "r%d"}]}`} {
		text := `{"cost": 1, "rules": {"r0": {"equal": ["A", "B"]}`
		for i := range 40 {
			text += fmt.Sprintf(`, "r%d": `+form, i+1, i, i)
		}
		if _, err := ReadExpenses([]byte(text+`}, "rule": "r40"}`), Given{}); !errors.Is(err, errRuleWork) {
			t.Errorf("%s: got %v", form, err)
		}
	}
}

func TestWhatTheCallerGivesReplacesTheFile(t *testing.T) {
	t.Parallel()
	text := []byte(`{"cost": "1.00", "tables": {"m": {"A": 1, "B": 3}, "h": {"A": 1, "B": 1}}, "rule": "m"}`)
	all, err := ReadExpenses(text, Given{Cost: "2,00", Rule: "h"})
	if err != nil {
		t.Fatal(err)
	}
	if got := portionsOf(t, all[0]); !slices.Equal(got, []Amount{100, 100}) {
		t.Errorf("got %v", got)
	}
	for _, given := range []Given{{Cost: "x"}, {Rule: "x"}} {
		if _, err := ReadExpenses(text, given); err == nil {
			t.Errorf("%+v was accepted", given)
		}
	}
}

func TestDifferencesFromWhatIsExpectedAreNamed(t *testing.T) {
	t.Parallel()
	e := readOne(t, `{"cost": {"net": "1.00", "vat": "0.10"}, "participants": ["A", "B"],
		"expect": {"shares": {"A": "0.56", "C": "0.55"}, "total": "1.11", "vat": {"A": "0.05", "B": "0.04"}}}`)
	b, err := e.Divide()
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"the total is 1.10, expected 1.11", "A pays 0.55, expected 0.56", "B pays 0.55, expected 0.00",
		"1 of those expected do not take part", "vat: B pays 0.05, expected 0.04",
	}
	if got := e.Expected.Differences(b); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

// FuzzReadExpenses: whatever a file holds, it is read or refused with its place;
// and what is read divides to the cent or is refused.
func FuzzReadExpenses(f *testing.F) {
	worked, err := os.ReadFile("testdata/allocations_examples.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(worked)
	for _, text := range []string{
		`{"cost": "1.00", "tables": {"m": {"A": 1, "B": "3"}}, "rule": "1/2 m + 1/2 equal"}`,
		`{"cost": {"net": "1,00"}, "rule": {"between": {"equal": ["N", "S"]}, "inside": {"N": {"equal": ["N1"]}}, "rounding": "once"}}`,
		`{"cost": "3.65", "rule": {"days": {"A": "2026-01-01..2026-01-11"}, "period": "2026-01-01..2027-01-01"}}`,
		`{"cost": "1.00", "rule": {"of": {"weights": {"A": 8, "B": 1}}, "cap": "0.50", "floor": {"B": "0.1"}, "only": ["A", "B"], "reduced": {"B": "80%"}}}`,
		`{"cost": "7", "rule": {"heads": {"adult": 1}, "families": {"A": {"adult": 2}}}, "expect": {"shares": {"A": 7}}}`,
		"# cost: 1.000,00\n# rule: m\nname;m;cap;group\nA;1,5;3;N\n",
		"# cost: 1\n# between: N=1 S=2\nname,group,odd_cents\nA,N,1\nB,S,\n",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		all, err := ReadExpenses(data, Given{})
		if err != nil {
			var placed *FileError
			if !errors.As(err, &placed) || placed.Line < 1 || placed.Column < 1 {
				t.Fatalf("refused without a place: %v", err)
			}
			return
		}
		for _, e := range all {
			b, err := e.Divide()
			if err != nil {
				continue
			}
			if Sum(b.Portions()...) != b.Total() {
				t.Fatalf("portions %v sum to %s, want %s", b.Portions(), Sum(b.Portions()...), b.Total())
			}
		}
	})
}
