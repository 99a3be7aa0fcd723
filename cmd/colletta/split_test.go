package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"colletta/money"
)

const workedAllocations = "../../money/testdata/allocations_examples.json"

// TestWorkedAllocationsPassFromTheShell runs the file of worked cases, and then
// every case of it alone from standard input, and reads what each pays from the
// JSON written.
func TestWorkedAllocationsPassFromTheShell(t *testing.T) {
	text, err := os.ReadFile(workedAllocations)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&splitCmd{Total: workedAllocations}).run(&out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\nas expected\n"); n != 11 {
		t.Errorf("%d of 11 cases are as expected:\n%s", n, out.String())
	}
	var file struct {
		Allocations []json.RawMessage
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	for _, raw := range file.Allocations {
		var want struct {
			ID     string
			Expect struct {
				Shares map[string]string
				Total  string
			}
		}
		if err := json.Unmarshal(raw, &want); err != nil {
			t.Fatal(err)
		}
		out.Reset()
		if err := (&splitCmd{Total: "-", JSON: true}).runFrom(bytes.NewReader(raw), &out, io.Discard); err != nil {
			t.Fatalf("%s: %v", want.ID, err)
		}
		got := readSplitJSON(t, out.Bytes()).Expenses[0]
		if got.Total.String() != want.Expect.Total || len(got.Portions) != len(want.Expect.Shares) {
			t.Errorf("%s: %s among %d", want.ID, got.Total, len(got.Portions))
		}
		for _, p := range got.Portions {
			if p.Pays.String() != want.Expect.Shares[p.Name] {
				t.Errorf("%s: %s pays %s, want %s", want.ID, p.Name, p.Pays, want.Expect.Shares[p.Name])
			}
		}
	}
}

func readSplitJSON(t *testing.T, b []byte) splitJSON {
	t.Helper()
	var out splitJSON
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&out); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return out
}

func TestSplitJSONExplainsEachCent(t *testing.T) {
	const text = `{"title": "two buildings", "cost": "1.00", "rule": {
		"between": {"equal": ["N", "S"]}, "inside": {"N": {"equal": ["N1", "N2", "N3"]}}}}`
	var out bytes.Buffer
	c := splitCmd{Total: "-", JSON: true, Compare: []string{"equal"}}
	if err := c.runFrom(strings.NewReader(text), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	e := readSplitJSON(t, out.Bytes()).Expenses[0]
	if row := e.Comparison.Rows[3]; row.Name != "S" || row.Pays[0] != 50 || row.Pays[1] != 25 || row.Differences[1] != -25 {
		t.Errorf("compared with equal parts: %+v", row)
	}
	d := e.Components[0].Division
	if d.Between == nil || len(d.Inside) != 1 || d.Inside[0].Group != "N" || len(d.Lines) != 4 {
		t.Fatalf("got %+v", d)
	}
	want := splitLineJSON{
		Name: "N1", Group: "N", ExactCents: "50/3", Exact: "0.166666…", Whole: 16,
		RemainderCents: "2/3", Rank: 1, OddCent: 1, Pays: 17, Why: money.WhyEarlier,
	}
	if d.Lines[0] != want {
		t.Errorf("got %+v, want %+v", d.Lines[0], want)
	}
}

func TestSplitComparesAlsoWithoutARuleInTheFile(t *testing.T) {
	const text = `{"cost": "1.00", "tables": {"m": {"A": 3, "B": 1}, "h": {"A": 1, "B": 1}}}`
	var out bytes.Buffer
	c := splitCmd{Total: "-", Compare: []string{"m", "1/2 m + 1/2 h"}}
	path := filepath.Join(t.TempDir(), "x.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Total = path
	if err := c.run(&out, io.Discard); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"          m  1/2 m + 1/2 h  difference\n" +
		"A      0.75           0.63       -0.12\n" +
		"B      0.25           0.37       +0.12\n" +
		"total  1.00           1.00\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestQuickSplitReadsItalianWeightsAndExplains(t *testing.T) {
	var out bytes.Buffer
	c := splitCmd{Total: "-1,00", Weights: []string{"A=1,5", "B=1.5", "C=0"}, Explain: true}
	if err := c.run(&out, io.Discard); err != nil {
		t.Fatal(err)
	}
	want := "" +
		"       exact  whole  remainder  rank  odd cent   pays  why\n" +
		"A      -0.50  -0.50                             -0.50  exact\n" +
		"B      -0.50  -0.50                             -0.50  exact\n" +
		"C       0.00   0.00                              0.00  exact\n" +
		"total  -1.00  -1.00                             -1.00\n"
	if out.String() != want {
		t.Errorf("got\n%swant\n%s", out.String(), want)
	}
}

func TestSplitEndsWithTheRightCode(t *testing.T) {
	folder := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	unexpected := file("unexpected.json", `{"id": "x", "cost": "1.00", "participants": ["A", "B"], "expect": {"shares": {"A": "0.60", "B": "0.40"}}}`)
	placed := file("placed.json", "{\n \"cost\": \"1.5.0\"}")
	capped := file("capped.json", `{"id": "x", "cost": "1.00", "rule": {"of": {"equal": ["A", "B"]}, "cap": "0.10"}}`)
	for name, tt := range map[string]struct {
		cmd  splitCmd
		want exitCode
		says string
	}{
		"not as expected":   {splitCmd{Total: unexpected}, exitInvalid, ""},
		"place of an error": {splitCmd{Total: placed}, exitBadInput, placed + `:2:10: $.cost: "1.5.0": must be an amount`},
		"caps too low":      {splitCmd{Total: capped}, exitBadInput, "all together at most 0.20 can be charged of the 1.00 to divide"},
		"no file":           {splitCmd{Total: filepath.Join(folder, "nowhere")}, exitBadInput, "nowhere"},
		"only an amount":    {splitCmd{Total: "100"}, exitBadInput, "add weights"},
		"bad cost":          {splitCmd{Total: unexpected, Cost: "many"}, exitBadInput, `cost "many"`},
		"bad rule":          {splitCmd{Total: unexpected, Rule: "height"}, exitBadInput, `no table or rule is named "height" (there are: equal)`},
		"bad comparison":    {splitCmd{Total: unexpected, Compare: []string{"height"}}, exitBadInput, "height"},
		"flags with quick":  {splitCmd{Total: "1", Weights: []string{"A=1"}, Rule: "equal"}, exitBadInput, "need a file"},
	} {
		var out, complaint bytes.Buffer
		err := tt.cmd.run(&out, &complaint)
		var code exitCode
		if !errors.As(err, &code) || code != tt.want || !strings.Contains(complaint.String(), tt.says) {
			t.Errorf("%s: got %v, %q", name, err, complaint.String())
		}
		if name == "not as expected" && !strings.Contains(out.String(), "not as expected: A pays 0.50, expected 0.60\n") {
			t.Errorf("the difference is not shown: %s", out.String())
		}
	}
}
