package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const exampleRound = "../../pooling/testdata/rounds/e01.json"

// A round solved to a file is valid for the check command, and explained.
func TestSolveThenCheckThenExplain(t *testing.T) {
	solution := filepath.Join(t.TempDir(), "solution.json")
	var out, summary bytes.Buffer
	solve := roundSolveCmd{Instance: exampleRound, Output: solution, Explain: true, Effort: "fast"}
	if err := solve.run(strings.NewReader(""), &out, &summary); err != nil {
		t.Fatal(err)
	}
	if out.Len() != 0 || !strings.Contains(summary.String(), "demands 14, served 12") || !strings.Contains(summary.String(), "\nd7      Il fondo del Comune è finito prima") {
		t.Errorf("output %q, summary %q", out.String(), summary.String())
	}
	out.Reset()
	check := roundCheckCmd{Instance: exampleRound, Solution: solution}
	if err := check.run(strings.NewReader(""), &out, io.Discard); err != nil || !strings.HasPrefix(out.String(), "valid: 12 of 14") {
		t.Errorf("check: %v, %q", err, out.String())
	}
	out.Reset()
	explain := roundExplainCmd{Instance: exampleRound, Solution: solution, Demand: "d1", Lang: "it"}
	if err := explain.run(strings.NewReader(""), &out, io.Discard); err != nil || !strings.HasPrefix(out.String(), "d1: Il tuo gruppo parte") {
		t.Errorf("explain: %v, %q", err, out.String())
	}
}

func TestSolveFromInputToOutput(t *testing.T) {
	b, err := os.ReadFile(exampleRound)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := (&roundSolveCmd{Instance: "-", Output: "-", Effort: "fast"}).run(bytes.NewReader(b), &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var verdict bytes.Buffer
	if err := (&roundCheckCmd{Instance: exampleRound, Solution: "-"}).run(&out, &verdict, io.Discard); err != nil {
		t.Errorf("%v: %s", err, verdict.String())
	}
}

func TestFileCommandsEndWithTheRightCode(t *testing.T) {
	solution, err := os.ReadFile("../../pooling/testdata/rounds/e01.sol.json")
	if err != nil {
		t.Fatal(err)
	}
	wrong := bytes.Replace(solution, []byte(`"share"`), []byte(`"subsidy":"0.00","share"`), 1)
	cent := bytes.Replace(solution, []byte(`"d1"`), []byte(`"d14"`), 1)
	var out bytes.Buffer
	tests := []struct {
		name string
		run  func() error
		want exitCode
	}{
		{"no file", func() error {
			return (&roundSolveCmd{Instance: "nowhere.json", Output: "-"}).run(nil, &out, io.Discard)
		}, exitBadInput},
		{"no instance", func() error {
			return (&roundSolveCmd{Instance: "-", Output: "-"}).run(strings.NewReader("{}"), &out, io.Discard)
		}, exitBadInput},
		{"field twice", func() error {
			return (&roundCheckCmd{Instance: exampleRound, Solution: "-"}).run(bytes.NewReader(wrong), &out, io.Discard)
		}, exitBadInput},
		{"both from standard input", func() error {
			return (&roundCheckCmd{Instance: "-", Solution: "-"}).run(strings.NewReader(""), &out, io.Discard)
		}, exitBadInput},
		{"another member", func() error {
			return (&roundCheckCmd{Instance: exampleRound, Solution: "-"}).run(bytes.NewReader(cent), &out, io.Discard)
		}, exitInvalid},
		{"explain an unknown demand", func() error {
			return (&roundExplainCmd{Instance: exampleRound, Solution: "../../pooling/testdata/rounds/e01.sol.json", Demand: "d99"}).run(nil, &out, io.Discard)
		}, exitBadInput},
		{"explain an invalid one", func() error {
			return (&roundExplainCmd{Instance: exampleRound, Solution: "-"}).run(bytes.NewReader(cent), &out, io.Discard)
		}, exitInvalid},
	}
	for _, tt := range tests {
		var code exitCode
		if err := tt.run(); !errors.As(err, &code) || code != tt.want {
			t.Errorf("%s: got %v, want exit %d", tt.name, err, tt.want)
		}
	}
	if !strings.Contains(out.String(), "invalid: ") {
		t.Errorf("violations are not listed: %q", out.String())
	}
}

func TestSplitPrintsExactShares(t *testing.T) {
	var out bytes.Buffer
	// Worked example millesimi_1500 of money/testdata.
	if err := (&splitCmd{Total: "1.500,00", Weights: []string{"A1=150.20", "A2=149.80", "B1=700"}}).run(&out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if want := "A1\t225.30\nA2\t224.70\nB1\t1050.00\ntotal\t1500.00\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
	for _, bad := range [][]string{{"1e3", "a=1"}, {"10", "a"}, {"10", "=1"}, {"10", "a=-1"}, {"10", "a=1.00001"}, {"10", "a=1e9"}, {"10", "a=1", "a=2"}, {"10", "a=0"}, {"10", "a=99999999999999"}} {
		var code exitCode
		err := (&splitCmd{Total: bad[0], Weights: bad[1:]}).run(&out, io.Discard)
		if !errors.As(err, &code) || code != exitBadInput {
			t.Errorf("%v: got %v, want exit 2", bad, err)
		}
	}
}
