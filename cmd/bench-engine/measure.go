package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// efforts are those of "colletta round solve", cheapest first.
var efforts = []string{"fast", "normal", "high"}

// bench runs the children. Rounds is the folder of their files.
type bench struct {
	settings
	rounds string
}

// all measures every round of the settings, small ones first.
func (b bench) all(ctx context.Context) (figures, error) {
	f := figures{
		Seed: b.Seed, Runs: b.Runs, Cores: runtime.NumCPU(), Workers: b.Workers, Go: runtime.Version(),
		System: runtime.GOOS + "/" + runtime.GOARCH, HighsSeconds: b.HighsSeconds,
	}
	for _, n := range slices.Sorted(slices.Values(b.HighsSizes)) {
		c, err := b.compare(ctx, n)
		if err != nil {
			return f, fmt.Errorf("%d demands beside HiGHS: %w", n, err)
		}
		f.Compared = append(f.Compared, c)
	}
	for _, n := range slices.Sorted(slices.Values(b.Sizes)) {
		if err := b.generate(ctx, n, b.Seed); err != nil {
			return f, fmt.Errorf("%d demands: %w", n, err)
		}
		list, err := b.solveAll(ctx, n)
		if err != nil {
			return f, fmt.Errorf("%d demands: %w", n, err)
		}
		f.Curve = append(f.Curve, list...)
	}
	return f, nil
}

// seedsMax is how many rounds of one size are tried for one that HiGHS can model.
const seedsMax = 20

// compare decides a round by HiGHS and then by the engine at every effort.
func (b bench) compare(ctx context.Context, n int) (compared, error) {
	c := compared{Demands: n, Seed: b.Seed}
	out, err := b.highs(ctx, n, c.Seed)
	for exitStatus(err) == yardstickRefuses && c.Seed < b.Seed+seedsMax {
		c.Seed++
		out, err = b.highs(ctx, n, c.Seed)
	}
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(out.stdout, &c.Highs); err != nil {
		return c, fmt.Errorf("the yardstick printed no JSON: %w", err)
	}
	say("%9d  HiGHS   %8.2f s CPU  served %d, proven: %s", n, c.Highs.seconds(), c.Highs.Served, cmp.Or(strings.Join(c.Highs.Proven, ", "), "nothing"))
	c.Engine, err = b.solveAll(ctx, n)
	return c, err
}

// yardstickRefuses is the status of the yardstick for a round outside its model.
const yardstickRefuses = 2

func exitStatus(err error) int {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return 0
	}
	return exit.ExitCode()
}

// highs generates a round and gives it to the yardstick.
func (b bench) highs(ctx context.Context, n int, seed uint64) (outcome, error) {
	if err := b.generate(ctx, n, seed); err != nil {
		return outcome{}, err
	}
	return b.child(ctx, "node", b.Yardstick, b.instance(n), "--seconds", strconv.Itoa(b.HighsSeconds))
}

func (b bench) generate(ctx context.Context, n int, seed uint64) error {
	_, err := b.child(ctx, b.Colletta, "round", "generate", "--demands", strconv.Itoa(n),
		"--seed", strconv.FormatUint(seed, 10), "-o", b.instance(n))
	return err
}

// solveAll solves a generated round at every effort that its size allows.
func (b bench) solveAll(ctx context.Context, n int) ([]solved, error) {
	var list []solved
	for _, effort := range efforts {
		if effort == "high" && n > b.HighUpTo {
			continue
		}
		s, err := b.solve(ctx, n, effort)
		if err != nil {
			return nil, err
		}
		gap := "no certificate"
		if g, ok := s.gap(); ok {
			gap = fmt.Sprintf("at most %.2f %% from the optimum", g)
		}
		say("%9d  %-6s  %8.2f s CPU  served %d, %s", n, effort, s.CPUSeconds, s.Served, gap)
		list = append(list, s)
	}
	return list, nil
}

// solve measures the median of the runs. A figure of an invalid round would mean
// nothing, so the first solution goes through the checker; the others are equal
// to it, the engine being deterministic.
func (b bench) solve(ctx context.Context, n int, effort string) (solved, error) {
	s := solved{Demands: n, Effort: effort}
	solution := filepath.Join(b.rounds, fmt.Sprintf("%d-%s.sol.json", n, effort))
	args := []string{"round", "solve", b.instance(n), "-o", solution, "--effort", effort}
	if b.Workers > 0 {
		args = append(args, "--workers", strconv.Itoa(b.Workers))
	}
	var runs []outcome
	for range b.Runs {
		o, err := b.child(ctx, b.Colletta, args...)
		if err != nil {
			return s, err
		}
		runs = append(runs, o)
	}
	if _, err := b.child(ctx, b.Colletta, "round", "check", b.instance(n), solution); err != nil {
		return s, err
	}
	s.CPUSeconds = median(runs, func(o outcome) float64 { return o.cpu.Seconds() })
	s.WallSeconds = median(runs, func(o outcome) float64 { return o.wall.Seconds() })
	s.PeakMB = median(runs, func(o outcome) float64 { return float64(o.peakBytes) / 1e6 })
	s.Summary = strings.TrimSpace(string(runs[0].stderr))
	return s, readSolution(solution, &s)
}

func (b bench) instance(n int) string { return filepath.Join(b.rounds, fmt.Sprintf("%d.json", n)) }

// outcome is what a child printed and used.
type outcome struct {
	stdout, stderr []byte
	cpu, wall      time.Duration
	peakBytes      int64
}

// child runs a program to its end. Linux counts the parent's memory at the start
// of a child as the child's, so this program stays small: it never holds a round.
func (b bench) child(ctx context.Context, name string, args ...string) (outcome, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	start := time.Now()
	err := cmd.Run()
	o := outcome{stdout: stdout.Bytes(), stderr: stderr.Bytes(), wall: time.Since(start)}
	if err != nil {
		said := lastLine(append(stderr.Bytes(), stdout.Bytes()...))
		return o, fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, said)
	}
	o.cpu = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
		o.peakBytes = int64(usage.Maxrss)
		if runtime.GOOS != "darwin" { // which counts bytes, the others kilobytes
			o.peakBytes *= 1024
		}
	}
	return o, nil
}

// readSolution takes totals and bound from a solution file, and steps over its
// pools one by one: a million demands would not leave this program small.
func readSolution(path string, s *solved) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	var totals struct {
		Served *int   `json:"served"`
		Net    string `json:"net"`
	}
	var bound struct {
		Served int `json:"served"`
	}
	dec := json.NewDecoder(file)
	if _, err := dec.Token(); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		switch key {
		case "totals":
			err = dec.Decode(&totals)
		case "bound":
			err = dec.Decode(&bound)
		case "pools":
			err = skipList(dec)
		default:
			err = dec.Decode(new(json.RawMessage))
		}
		if err != nil {
			return fmt.Errorf("%s: %v: %w", path, key, err)
		}
	}
	if totals.Served == nil {
		return fmt.Errorf("%s has no totals.served", path)
	}
	s.Served, s.Net, s.Bound = *totals.Served, totals.Net, bound.Served
	return nil
}

func skipList(dec *json.Decoder) error {
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		if err := dec.Decode(&struct{}{}); err != nil {
			return err
		}
	}
	_, err := dec.Token()
	return err
}

// median is rounded to thousandths, which is finer than it repeats.
func median(runs []outcome, of func(outcome) float64) float64 {
	var all []float64
	for _, o := range runs {
		all = append(all, of(o))
	}
	slices.Sort(all)
	middle := (all[(len(all)-1)/2] + all[len(all)/2]) / 2
	return math.Round(middle*1000) / 1000
}

func lastLine(b []byte) string {
	text := strings.TrimSpace(string(b))
	return strings.TrimSpace(text[strings.LastIndexAny(text, "\r\n")+1:])
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }
