package main

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const docs = "../../docs"

// measured is a run whose cost is in proportion to the demands, with one round
// that HiGHS did not finish.
func measured() figures {
	f := figures{Seed: 1, Runs: 3, Cores: 2, Go: "go1.26", System: "linux/amd64", HighsSeconds: 60}
	for _, n := range []int{1000, 10_000, 100_000} {
		f.Curve = append(f.Curve, solved{Demands: n, Effort: "fast", CPUSeconds: float64(n) / 1e5, Served: n * 9 / 10, Net: "10.00", Bound: n})
	}
	engine := []solved{{Demands: 50, Effort: "fast", CPUSeconds: 0.0005, Served: 39, Net: "12.00"}}
	done := optimum{Served: 40, Net: "12.00", Proven: []string{"served", "net"}, ServedSeconds: 0.5, NetSeconds: 0.1, ServedUpperBound: 40}
	stopped := optimum{Served: 38, Net: "11.00", ServedSeconds: 60, ServedUpperBound: 41}
	f.Compared = []compared{{50, 1, done, engine}, {50, 2, stopped, engine}}
	return f
}

// TestEngineFiguresUpToDate: the tables and the plot are those of the figures that
// are stored beside them. After a change here: go run ./cmd/bench-engine --redraw.
func TestEngineFiguresUpToDate(t *testing.T) {
	t.Parallel()
	f, err := readFigures(docs)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	copyFile(t, filepath.Join(docs, engineDoc), filepath.Join(folder, engineDoc))
	if err := writeDocs(folder, f); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{engineDoc, curveName} {
		if !bytes.Equal(read(t, filepath.Join(folder, name)), read(t, filepath.Join(docs, name))) {
			t.Errorf("docs/%s is not what docs/%s says: go run ./cmd/bench-engine --redraw", name, figuresName)
		}
	}
}

func TestTextAroundTheFiguresStays(t *testing.T) {
	t.Parallel()
	doc := "before\n" + figuresBegin + "\nold\n" + figuresEnd + "\nafter\n"
	got, err := replaceFigures([]byte(doc), "new\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := "before\n" + figuresBegin + "\n\nnew\n\n" + figuresEnd + "\nafter\n"; string(got) != want {
		t.Errorf("got %q, want %q", got, want)
	}
	for name, doc := range map[string]string{
		"no markers":   "before\nafter\n",
		"only the end": figuresEnd,
		"twice":        doc + doc,
		"end first":    figuresEnd + figuresBegin,
	} {
		if got, err := replaceFigures([]byte(doc), "new"); err == nil {
			t.Errorf("%s: got %q, want an error", name, got)
		}
	}
}

func TestCostInProportionGrowsWithExponentOne(t *testing.T) {
	t.Parallel()
	for _, e := range []float64{1, 1.25, 2} {
		var list []solved
		for _, n := range []int{100, 1000, 50_000} {
			list = append(list, solved{Demands: n, CPUSeconds: 3e-5 * math.Pow(float64(n), e)})
		}
		if got, ok := exponent(list); !ok || math.Abs(got-e) > 1e-9 {
			t.Errorf("got %v, %v, want %v", got, ok, e)
		}
	}
	if _, ok := exponent([]solved{{Demands: 10, CPUSeconds: 1}, {Demands: 10, CPUSeconds: 2}}); ok {
		t.Error("two runs of one size have no exponent")
	}
}

func TestTableSaysWhatWasNotProven(t *testing.T) {
	t.Parallel()
	text := tables(measured())
	for _, want := range []string{
		"| 1,000 | fast | 0.010 | 0.010 |", "| at most 11.11 % |", "fast 1.00",
		"| 50 | HiGHS, 0 columns | 40 | 12.00 | 0.600 | |",
		"| | fast | 39 (97.50 %) | 12.00 | 0.001 | 1,200 times as long |",
		"38 (not proven, at most 41) | 11.00 (not proven)", "over 120,000 times as long",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}

// TestCurveHoldsEveryMeasurement: the plot is well-formed XML with a title and a
// description, one mark per measurement and one per entry of the legend, and only
// the round that HiGHS did not finish is hollow.
func TestCurveHoldsEveryMeasurement(t *testing.T) {
	t.Parallel()
	svg, err := drawCurve(measured())
	if err != nil {
		t.Fatal(err)
	}
	count := map[string]int{}
	for dec := xml.NewDecoder(bytes.NewReader(svg)); ; {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
		if e, ok := token.(xml.StartElement); ok {
			count[e.Name.Local]++
			for _, a := range e.Attr {
				if e.Name.Local == "path" && a.Name.Local == "fill" && a.Value == "#FFFFFF" {
					count["hollow"]++
				}
			}
		}
	}
	// 3 on the curve, 2 rounds by HiGHS and 2 by the engine beside it, 2 in the
	// legend, and the frame.
	for name, want := range map[string]int{"path": 3 + 4 + 2 + 1, "hollow": 1, "desc": 1, "polyline": 2, "title": 1 + 3 + 4} {
		if count[name] != want {
			t.Errorf("%d of %s, want %d", count[name], name, want)
		}
	}
}

// TestSlopeOneIsParallelToCostInProportion, in the pixels of the plot.
func TestSlopeOneIsParallelToCostInProportion(t *testing.T) {
	t.Parallel()
	x, y := scale{1, 6, 80, 640}, scale{-3, 3, 470, 30}
	s := slopeOne(x, y, []point{{demands: 1000, seconds: 0.01}, {demands: 100_000, seconds: 1}})
	perDecadeX, perDecadeY := (640.0-80)/5, (470.0-30)/6
	if got, want := (s.Y1-s.Y2)/perDecadeY, (s.X2-s.X1)/perDecadeX; math.Abs(got-want) > 0.01 {
		t.Errorf("rises %v decades over %v", got, want)
	}
	if got := x.at(1000); got != 80+2*perDecadeX {
		t.Errorf("1000 demands at %v", got)
	}
}

func TestSolutionIsReadWithoutItsPools(t *testing.T) {
	t.Parallel()
	var s solved
	if err := readSolution("../../pooling/testdata/rounds/e04.sol.json", &s); err != nil {
		t.Fatal(err)
	}
	if s.Served != 42 || s.Net != "1314.03" { // e04.opt.json
		t.Errorf("served %d, net %s", s.Served, s.Net)
	}
	path := filepath.Join(t.TempDir(), "s.json")
	for text, bound := range map[string]int{
		`{"pools":[{"members":[{}]}],"bound":{"served":7,"lambda":[1]},"totals":{"served":5,"net":"1.00"}}`: 7,
		`{"totals":{"served":5,"net":"1.00"},"pools":[]}`:                                                   0,
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := readSolution(path, &s); err != nil || s.Served != 5 || s.Bound != bound {
			t.Errorf("%s: %v, served %d, bound %d", text, err, s.Served, s.Bound)
		}
	}
	if err := os.WriteFile(path, []byte(`{"pools":[]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := readSolution(path, &s); err == nil {
		t.Error("a solution without totals gave a figure")
	}
}

// TestChildIsMeasured: a child that uses the processor is charged for it, one that
// fails says why.
func TestChildIsMeasured(t *testing.T) {
	t.Parallel()
	o, err := bench{}.child(t.Context(), "sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo last >&2")
	if err != nil {
		t.Fatal(err)
	}
	if o.cpu <= 0 || o.peakBytes <= 0 || lastLine(o.stderr) != "last" {
		t.Errorf("cpu %v, peak %d, stderr %q", o.cpu, o.peakBytes, o.stderr)
	}
	_, err = bench{}.child(t.Context(), "sh", "-c", "echo because >&2; exit 3")
	if err == nil || !strings.Contains(err.Error(), "because") {
		t.Errorf("got %v", err)
	}
}

func TestMedianIsTheMiddleRun(t *testing.T) {
	t.Parallel()
	runs := []outcome{{cpu: 5 * time.Second}, {cpu: time.Second}, {cpu: 2 * time.Second}}
	cpu := func(o outcome) float64 { return o.cpu.Seconds() }
	if got := median(runs, cpu); got != 2 {
		t.Errorf("median of three %v", got)
	}
	if got := median(runs[:2], cpu); got != 3 {
		t.Errorf("median of two %v", got)
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	if err := os.WriteFile(to, read(t, from), 0o600); err != nil {
		t.Fatal(err)
	}
}
