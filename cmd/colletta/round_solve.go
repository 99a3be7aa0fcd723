package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"syscall"
	"time"

	"colletta/pooling"
)

// exitCode ends the program with a status, everything worth saying having been
// said already.
type exitCode int

// Error is for callers that print errors regardless.
func (c exitCode) Error() string { return fmt.Sprintf("exit %d", int(c)) }

// Exit codes of the file commands, as those of the reference checker.
const (
	exitInvalid  exitCode = 1
	exitBadInput exitCode = 2
)

// solveWorkersMax is the largest number of goroutines that a search is given.
const solveWorkersMax = 1024

// roundSolveCmd forms the pools of an instance file. It needs no database.
type roundSolveCmd struct {
	Instance string         `arg:"" help:"Instance file (colletta.round/1 or /2); - reads standard input."`
	Output   string         `short:"o" default:"-" help:"Solution file; - writes standard output."`
	Seed     uint64         `help:"Seed of the search; the same seed and effort give the same solution."`
	Effort   string         `placeholder:"normal" help:"How hard to search: fast (without a bound), normal (if nothing is said) or high."`
	Time     *time.Duration `placeholder:"30s" help:"How long to search after reading, instead of an effort: 30s, 5m."`
	Workers  int            `help:"Goroutines that search; they change when the solution is there, never the solution of an effort. As many as processors if nothing is said."`
	Explain  bool           `help:"Also say on standard error what each demand got and why."`
}

// Run reads, forms, checks its own work and writes. It exits with 2 on bad
// input or options. The first Ctrl-C ends the search with the best found so
// far; the second, or one at any other time, ends the program and leaves no
// file behind.
func (c *roundSolveCmd) Run() error {
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	return c.runUntil(signals, os.Stdin, os.Stdout, os.Stderr)
}

func (c *roundSolveCmd) run(stdin io.Reader, stdout, stderr io.Writer) error {
	return c.runUntil(nil, stdin, stdout, stderr)
}

func (c *roundSolveCmd) runUntil(signals <-chan os.Signal, stdin io.Reader, stdout, stderr io.Writer) error {
	start := time.Now()
	if err := c.validate(); err != nil {
		return badInput(stderr, "colletta round solve", err)
	}
	out, err := createSolution(c.Output, stdout)
	if err != nil {
		return fmt.Errorf("solve %s: %w", c.Instance, err)
	}
	defer out.discard()
	p := &patience{}
	if c.Time != nil {
		p.limit = *c.Time
	}
	defer p.heed(signals, stderr, func() {
		out.discard()
		os.Exit(int(exitAborted))
	})()
	s, err := readInstance(c.Instance, stdin)
	if err != nil {
		return badInput(stderr, c.Instance, err)
	}
	f, err := c.form(s, p, stderr)
	if err != nil {
		return badInput(stderr, c.Instance, err)
	}
	searched := p.elapsed()
	if found := pooling.Check(s, f); len(found) > 0 {
		return fmt.Errorf("solve %s: the formation breaks %d rules, first %s", c.Instance, len(found), found[0])
	}
	if err := out.save(f.WriteJSON); err != nil {
		return fmt.Errorf("solve %s: %w", c.Instance, err)
	}
	c.summarize(stderr, s, f, p, searched, time.Since(start))
	if c.Explain {
		return printOutcomes(stderr, s, f, pooling.Italian)
	}
	return nil
}

// validate refuses options that say two things or nothing.
func (c *roundSolveCmd) validate() error {
	switch {
	case !slices.Contains([]pooling.Effort{"", pooling.EffortFast, pooling.EffortNormal, pooling.EffortHigh}, pooling.Effort(c.Effort)):
		return fmt.Errorf("--effort is %q: give fast, normal or high", c.Effort)
	case c.Time != nil && c.Effort != "":
		return errors.New("--time and --effort both say how long to search: give one of them")
	case c.Time != nil && *c.Time <= 0:
		return fmt.Errorf("--time is %s: give a time above zero, for example 30s", *c.Time)
	case c.Workers < 0 || c.Workers > solveWorkersMax:
		return fmt.Errorf("--workers is %d: give a number from 1 to %d, or nothing for as many as processors", c.Workers, solveWorkersMax)
	}
	return sameFile(c.Instance, c.Output)
}

// sameFile refuses to write the solution over the instance.
func sameFile(instance, output string) error {
	read, err := os.Stat(instance)
	if err != nil {
		return nil // standard input, or not there: reading will say so
	}
	if written, err := os.Stat(output); err == nil && read.Mode().IsRegular() && os.SameFile(read, written) {
		return fmt.Errorf("-o %s is the instance itself: name another file", output)
	}
	return nil
}

// effort is what was asked for; none when a time was given.
func (c *roundSolveCmd) effort() pooling.Effort {
	if c.Time == nil && c.Effort == "" {
		return pooling.EffortNormal
	}
	return pooling.Effort(c.Effort)
}

// form searches, with a bar on a terminal.
func (c *roundSolveCmd) form(s *pooling.Snapshot, p *patience, stderr io.Writer) (f *pooling.Formation, err error) {
	opt := pooling.Options{Seed: c.Seed, Effort: c.effort(), Workers: c.Workers, Spent: p.spent}
	if opt.Workers == 0 {
		opt.Workers = runtime.NumCPU()
	}
	p.begin()
	defer p.end()
	err = withProgress(stderr, func(progress func(done, total int, what string)) error {
		opt.Progress = func(at pooling.Progress) { progress(at.Done, 1000, progressWords(at)) }
		f, err = pooling.Form(s, opt)
		return err
	})
	return f, err
}

// progressWords are beside the bar.
func progressWords(p pooling.Progress) string {
	if p.Bound == 0 {
		return fmt.Sprintf("%-7s %d served", p.Phase, p.Served)
	}
	return fmt.Sprintf("%-7s %d of at most %d", p.Phase, p.Served, p.Bound)
}

// summarize says what came of the search and what it took.
func (c *roundSolveCmd) summarize(w io.Writer, s *pooling.Snapshot, f *pooling.Formation, p *patience, searched, all time.Duration) {
	t := f.Totals
	fmt.Fprintf(w, "demands %d, viable %d, served %d in %d pools\n", len(s.Demands), f.Viable, t.Served, len(f.Pools))
	fmt.Fprintln(w, c.optimumWords(f))
	fmt.Fprintf(w, "net %s, subsidy %s, cost %s\n", t.Net, t.Subsidy, t.Cost)
	how := "effort " + string(c.effort())
	if c.Time != nil {
		how = fmt.Sprintf("time %s", *c.Time)
	}
	if p.interrupted.Load() {
		how += ", ended early by request"
	}
	fmt.Fprintf(w, "seed %d, %s; work: %d price steps, %d waves, %d nodes\n", c.Seed, how, f.Work.Multipliers, f.Work.Waves, f.Work.Nodes)
	cpu, peak := usage()
	fmt.Fprintf(w, "search %s, in all %s, CPU %s, memory %d MB\n", brief(searched), brief(all), brief(cpu), (peak+500_000)/1_000_000)
}

// optimumWords say how far from the optimum a formation can be.
func (c *roundSolveCmd) optimumWords(f *pooling.Formation) string {
	switch {
	case f.Bound == nil && c.effort() == pooling.EffortFast:
		return "no bound (fast): round solve --effort normal computes one"
	case f.Bound == nil:
		return "no bound: the search ended before one was computed"
	case f.Bound.Served == f.Totals.Served:
		return fmt.Sprintf("bound %d: optimal, proven: no other groups serve more", f.Bound.Served)
	}
	gap := gapBasisPoints(f.Bound.Served, f.Totals.Served)
	return fmt.Sprintf("bound %d: at most %d.%02d %% from the optimum", f.Bound.Served, gap/100, gap%100)
}

// brief rounds a time for reading.
func brief(d time.Duration) time.Duration {
	switch {
	case d < 100*time.Millisecond:
		return d.Round(100 * time.Microsecond)
	case d < 10*time.Second:
		return d.Round(time.Millisecond)
	}
	return d.Round(100 * time.Millisecond)
}

func readInstance(name string, stdin io.Reader) (*pooling.Snapshot, error) {
	r, err := openInput(name, stdin)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return pooling.ReadSnapshot(r)
}

func readBoth(instance, solution string, stdin io.Reader, stderr io.Writer) (*pooling.Snapshot, *pooling.Formation, error) {
	if instance == "-" && solution == "-" {
		return nil, nil, badInput(stderr, "-", errors.New("only one of the two files can be standard input"))
	}
	s, err := readInstance(instance, stdin)
	if err != nil {
		return nil, nil, badInput(stderr, instance, err)
	}
	r, err := openInput(solution, stdin)
	if err != nil {
		return nil, nil, badInput(stderr, solution, err)
	}
	defer r.Close()
	f, err := pooling.ReadFormation(r)
	if err != nil {
		return nil, nil, badInput(stderr, solution, err)
	}
	return s, f, nil
}

// badInput says what is wrong with a file and ends with status 2.
func badInput(stderr io.Writer, name string, err error) error {
	if name == "-" {
		name = "standard input"
	}
	var path *fs.PathError
	if errors.As(err, &path) && path.Path == name {
		err = path.Err // the name is said once
	}
	fmt.Fprintf(stderr, "%s: %v\n", name, err)
	return exitBadInput
}

func openInput(name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(stdin), nil
	}
	return os.Open(name)
}
