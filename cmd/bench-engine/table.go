package main

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const (
	engineDoc = "engine.md"
	curveName = "engine-curve.svg"

	figuresBegin = "<!-- begin of the figures: written by make bench-engine -->"
	figuresEnd   = "<!-- end of the figures -->"
)

// writeDocs puts the tables between their markers and draws the plot.
func writeDocs(docs string, f figures) error {
	path := filepath.Join(docs, engineDoc)
	before, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	after, err := replaceFigures(before, tables(f))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.WriteFile(path, after, 0o644); err != nil {
		return err
	}
	svg, err := drawCurve(f)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(docs, curveName), svg, 0o644)
}

// replaceFigures puts text between the markers, which must be there once each.
func replaceFigures(doc []byte, text string) ([]byte, error) {
	for _, marker := range []string{figuresBegin, figuresEnd} {
		if n := bytes.Count(doc, []byte(marker)); n != 1 {
			return nil, fmt.Errorf("the line %q is there %d times: it must be there once", marker, n)
		}
	}
	head, rest, _ := bytes.Cut(doc, []byte(figuresBegin))
	_, tail, ok := bytes.Cut(rest, []byte(figuresEnd))
	if !ok {
		return nil, fmt.Errorf("%q stands before %q: change their order", figuresEnd, figuresBegin)
	}
	return slices.Concat(head, []byte(figuresBegin+"\n\n"+text+"\n"), []byte(figuresEnd), tail), nil
}

// tables are the generated part of the document.
func tables(f figures) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Seed %d, %s, %s on %s with %d cores%s.\n\n", f.Seed, medians(f.Runs), f.Go, f.System, f.Cores, workers(f.Workers))
	b.WriteString("| demands | effort | CPU s | CPU ms per demand | wall s | peak memory | served | bound | from the optimum |\n")
	b.WriteString("|--:|---|--:|--:|--:|--:|--:|--:|---|\n")
	for _, s := range f.Curve {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %s MB | %s | %s | %s |\n",
			grouped(s.Demands), s.Effort, seconds(s.CPUSeconds), seconds(1000*s.CPUSeconds/float64(s.Demands)),
			seconds(s.WallSeconds), grouped(int(math.Round(s.PeakMB))), grouped(s.Served), boundOf(s), atMost(s))
	}
	if grown := growths(f.Curve); grown != "" {
		fmt.Fprintf(&b, "\nCPU time grows as a power of the number of demands (least squares on the logarithms): %s.\n", grown)
	}
	if len(f.Compared) > 0 {
		b.WriteString("\n" + comparison(f))
	}
	return b.String()
}

// comparison is the table beside HiGHS: a line for HiGHS, one for each effort.
func comparison(f figures) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Beside %s, with at most %d CPU seconds for a round:\n\n", cmp.Or(f.Compared[0].Highs.Solver, "HiGHS"), f.HighsSeconds)
	b.WriteString("| demands | by | served | net | CPU s | HiGHS takes |\n|--:|---|--:|--:|--:|--:|\n")
	for _, c := range f.Compared {
		h := c.Highs
		fmt.Fprintf(&b, "| %s | HiGHS, %s columns | %s | %s | %s | |\n", grouped(c.Demands), grouped(h.Columns),
			proven(h, "served", strconv.Itoa(h.Served)), proven(h, "net", h.Net), seconds(h.seconds()))
		for _, s := range c.Engine {
			fmt.Fprintf(&b, "| | %s | %d%s | %s%s | %s | %s |\n", s.Effort, s.Served, share(s.Served, h.Served),
				s.Net, netRatio(s, h), seconds(s.CPUSeconds), times(h, s))
		}
	}
	return b.String()
}

func medians(runs int) string {
	if runs == 1 {
		return "one run of each"
	}
	return fmt.Sprintf("medians of %d runs", runs)
}

func workers(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %d workers", n)
}

func boundOf(s solved) string {
	if s.Bound == 0 {
		return "–"
	}
	return grouped(s.Bound)
}

func atMost(s solved) string {
	switch g, ok := s.gap(); {
	case !ok:
		return "no certificate"
	case g == 0:
		return "proven"
	default:
		return fmt.Sprintf("at most %.2f %%", g)
	}
}

// proven marks what HiGHS could not prove in its time.
func proven(o optimum, what, value string) string {
	if slices.Contains(o.Proven, what) {
		return value
	}
	if what == "served" {
		return fmt.Sprintf("%s (not proven, at most %d)", value, o.ServedUpperBound)
	}
	return value + " (not proven)"
}

func share(served, of int) string {
	if of == 0 || served == of {
		return ""
	}
	return fmt.Sprintf(" (%.2f %%)", 100*float64(served)/float64(of))
}

// netRatio compares the net of rounds that serve equally many: of others it would
// say nothing.
func netRatio(s solved, h optimum) string {
	net, err := strconv.ParseFloat(s.Net, 64)
	least, err2 := strconv.ParseFloat(h.Net, 64)
	if err != nil || err2 != nil || least == 0 || s.Served != h.Served || s.Net == h.Net {
		return ""
	}
	return fmt.Sprintf(" (× %.4f)", net/least)
}

// times is how many times as long as the engine HiGHS took; more than that when
// it was stopped.
func times(h optimum, s solved) string {
	if s.CPUSeconds == 0 {
		return "–"
	}
	ratio := h.seconds() / s.CPUSeconds
	text := fmt.Sprintf("%.1f times as long", ratio)
	if ratio >= 10 {
		text = grouped(int(math.Round(ratio))) + " times as long"
	}
	if len(h.Proven) < 2 {
		return "over " + text
	}
	return text
}

// growths fits CPU time = c * demands^e for each effort.
func growths(curve []solved) string {
	var parts []string
	for _, effort := range efforts {
		if e, ok := exponent(of(curve, effort)); ok {
			parts = append(parts, fmt.Sprintf("%s %.2f", effort, e))
		}
	}
	return strings.Join(parts, ", ")
}

func of(curve []solved, effort string) []solved {
	return slices.DeleteFunc(slices.Clone(curve), func(s solved) bool { return s.Effort != effort })
}

func exponent(list []solved) (float64, bool) {
	var n, sx, sy, sxx, sxy float64
	for _, s := range list {
		if s.CPUSeconds <= 0 {
			continue
		}
		x, y := math.Log(float64(s.Demands)), math.Log(s.CPUSeconds)
		n, sx, sy, sxx, sxy = n+1, sx+x, sy+y, sxx+x*x, sxy+x*y
	}
	spread := n*sxx - sx*sx
	if n < 2 || spread <= 1e-9 {
		return 0, false
	}
	return (n*sxy - sx*sy) / spread, true
}

// seconds has three digits that count, fewer below a thousandth.
func seconds(v float64) string {
	switch {
	case v >= 100:
		return grouped(int(math.Round(v)))
	case v >= 10:
		return fmt.Sprintf("%.1f", v)
	case v >= 1:
		return fmt.Sprintf("%.2f", v)
	default:
		return fmt.Sprintf("%.3f", v)
	}
}

// grouped writes 1234567 as 1,234,567.
func grouped(n int) string {
	text := strconv.Itoa(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
