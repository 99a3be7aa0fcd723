package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"colletta/pooling"
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
	if out.Len() != 0 || !strings.Contains(summary.String(), ", served 12 in 3 pools\nno bound (fast)") || !strings.Contains(summary.String(), "\nd7      Il fondo del Comune è finito prima") {
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
		{"time and effort", func() error {
			second := time.Second
			return (&roundSolveCmd{Instance: exampleRound, Output: "-", Effort: "fast", Time: &second}).run(nil, &out, io.Discard)
		}, exitBadInput},
		{"an effort that is none", func() error {
			return (&roundSolveCmd{Instance: exampleRound, Output: "-", Effort: "slow"}).run(nil, &out, io.Discard)
		}, exitBadInput},
		{"no time", func() error {
			none := time.Duration(0)
			return (&roundSolveCmd{Instance: exampleRound, Output: "-", Time: &none}).run(nil, &out, io.Discard)
		}, exitBadInput},
		{"workers below none", func() error {
			return (&roundSolveCmd{Instance: exampleRound, Output: "-", Workers: -1}).run(nil, &out, io.Discard)
		}, exitBadInput},
		{"solution over instance", func() error {
			return (&roundSolveCmd{Instance: exampleRound, Output: "../colletta/" + exampleRound}).run(nil, &out, io.Discard)
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

// What a bad file is refused for is said with its place in the file.
func TestSolveNamesThePlaceOfWhatIsWrong(t *testing.T) {
	instance, err := os.ReadFile(exampleRound)
	if err != nil {
		t.Fatal(err)
	}
	bad := bytes.Replace(instance, []byte(`"max_price":"`), []byte(`"max_price":"x`), 1)
	var stderr bytes.Buffer
	err = (&roundSolveCmd{Instance: "-", Output: "-"}).run(bytes.NewReader(bad), io.Discard, &stderr)
	if code := exitCode(0); !errors.As(err, &code) || code != exitBadInput || !strings.HasPrefix(stderr.String(), "standard input: demands[0].max_price: ") {
		t.Errorf("got %v, %q", err, stderr.String())
	}
}

// An effort is what the library does by itself: however many search, and
// although the command could be asked to end early.
func TestSolveOfAnEffortIsTheSameForAnyWorkers(t *testing.T) {
	t.Parallel()
	s := pooling.Generate(pooling.GenerateOptions{Demands: 120, Seed: 4, Supply: 100, Density: 14})
	var instance, want bytes.Buffer
	if err := s.WriteJSON(&instance); err != nil {
		t.Fatal(err)
	}
	f, err := pooling.Form(s, pooling.Options{Seed: 7})
	if err != nil {
		t.Fatal(err)
	}
	if err := f.WriteJSON(&want); err != nil {
		t.Fatal(err)
	}
	for _, workers := range []int{0, 1, 2} {
		var out, summary bytes.Buffer
		solve := roundSolveCmd{Instance: "-", Output: "-", Seed: 7, Workers: workers}
		if err := solve.run(bytes.NewReader(instance.Bytes()), &out, &summary); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(out.Bytes(), want.Bytes()) {
			t.Errorf("%d workers: another solution than that of the library", workers)
		}
		if f.Bound == nil || !strings.Contains(summary.String(), fmt.Sprintf("bound %d: ", f.Bound.Served)) {
			t.Errorf("the summary does not say the bound %v: %q", f.Bound, summary.String())
		}
	}
}

// A search with a time writes a valid solution, and says which time it had.
func TestSolveWithATime(t *testing.T) {
	t.Parallel()
	var out, summary, verdict bytes.Buffer
	limit := 200 * time.Millisecond
	if err := (&roundSolveCmd{Instance: exampleRound, Output: "-", Time: &limit}).run(nil, &out, &summary); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(summary.String(), "seed 0, time 200ms; work: ") {
		t.Errorf("summary %q", summary.String())
	}
	if err := (&roundCheckCmd{Instance: exampleRound, Solution: "-"}).run(&out, &verdict, io.Discard); err != nil {
		t.Errorf("%v: %s", err, verdict.String())
	}
}

// Asked once, a search of an hour is told that its time is over; asked twice, it
// is aborted.
func TestFirstInterruptEndsTheSearchAndTheSecondAborts(t *testing.T) {
	t.Parallel()
	p := &patience{limit: time.Hour}
	signals := make(chan os.Signal)
	aborted := make(chan bool, 1)
	defer p.heed(signals, io.Discard, func() { aborted <- true })()
	p.begin()
	if now := p.spent(); now != 0 {
		t.Errorf("spent %d at the start", now)
	}
	signals <- os.Interrupt
	signals <- os.Interrupt // taken once the first was heeded
	if now := p.spent(); now != 1000 {
		t.Errorf("spent %d after the first interrupt", now)
	}
	if !<-aborted {
		t.Error("the second interrupt did not abort")
	}
}

// Outside the search there is nothing to keep: one interrupt aborts.
func TestInterruptWhileReadingAborts(t *testing.T) {
	t.Parallel()
	signals := make(chan os.Signal)
	aborted := make(chan bool, 1)
	p := &patience{}
	defer p.heed(signals, io.Discard, func() { aborted <- true })()
	signals <- os.Interrupt
	if !<-aborted || p.interrupted.Load() {
		t.Error("the interrupt was taken for the end of a search")
	}
}

// A solution takes its place only when it is whole; until then an older one
// stays, and nothing else is left in the folder.
func TestSolutionTakesItsPlaceWhenWhole(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	place := filepath.Join(folder, "solution.json")
	if err := os.WriteFile(place, []byte("older"), 0o600); err != nil {
		t.Fatal(err)
	}
	write := func(text string, failure error) error {
		o, err := createSolution(place, io.Discard)
		if err != nil {
			t.Fatal(err)
		}
		defer o.discard()
		return o.save(func(w io.Writer) error {
			if _, err := io.WriteString(w, text); err != nil {
				t.Fatal(err)
			}
			return failure
		})
	}
	broken := errors.New("the disk is full")
	for _, tt := range []struct {
		text    string
		failure error
		want    string
	}{{"half", broken, "older"}, {"newer", nil, "newer"}} {
		if err := write(tt.text, tt.failure); err != tt.failure {
			t.Errorf("%s: got %v", tt.text, err)
		}
		if b, err := os.ReadFile(place); err != nil || string(b) != tt.want {
			t.Errorf("%s: the file holds %q, %v", tt.text, b, err)
		}
		if left, err := os.ReadDir(folder); err != nil || len(left) != 1 {
			t.Errorf("%s: the folder holds %v, %v", tt.text, left, err)
		}
	}
	if info, err := os.Stat(place); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("permissions are %v, %v: they were 0600", info.Mode(), err)
	}
}

// A device is written to, not replaced by a file.
func TestSolutionGoesIntoADevice(t *testing.T) {
	t.Parallel()
	o, err := createSolution(os.DevNull, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	defer o.discard()
	if err := o.save(func(w io.Writer) error { _, err := io.WriteString(w, "{}"); return err }); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(os.DevNull); err != nil || info.Mode().IsRegular() {
		t.Errorf("%s is %v, %v", os.DevNull, info.Mode(), err)
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
