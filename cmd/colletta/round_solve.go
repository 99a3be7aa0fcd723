package main

import (
	"errors"
	"fmt"
	"io"
	"os"
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

// roundSolveCmd forms the pools of an instance file. It needs no database.
type roundSolveCmd struct {
	Instance string `arg:"" help:"Instance file (colletta.round/1 or /2); - reads standard input."`
	Output   string `short:"o" default:"-" help:"Solution file; - writes standard output."`
	Seed     uint64 `help:"Seed of the search; the same seed gives the same solution."`
	Effort   string `enum:"fast,normal,high" default:"normal" help:"How long to search: ${enum}."`
	Explain  bool   `help:"Also say on standard error what each demand got and why."`
}

// Run reads, forms, checks its own work and writes.
func (c *roundSolveCmd) Run() error { return c.run(os.Stdin, os.Stdout, os.Stderr) }

func (c *roundSolveCmd) run(stdin io.Reader, stdout, stderr io.Writer) error {
	s, err := readInstance(c.Instance, stdin)
	if err != nil {
		return badInput(stderr, c.Instance, err)
	}
	start := time.Now()
	f, err := pooling.Form(s, pooling.Options{Seed: c.Seed, Effort: pooling.Effort(c.Effort)})
	if err != nil {
		return badInput(stderr, c.Instance, err)
	}
	took := time.Since(start)
	if found := pooling.Check(s, f); len(found) > 0 {
		return fmt.Errorf("solve %s: the formation breaks %d rules, first %s", c.Instance, len(found), found[0])
	}
	b, err := f.JSON()
	if err != nil {
		return fmt.Errorf("solve %s: %w", c.Instance, err)
	}
	if err := writeTo(c.Output, stdout, b); err != nil {
		return fmt.Errorf("solve %s: %w", c.Instance, err)
	}
	t := f.Totals
	fmt.Fprintf(stderr, "demands %d, served %d in %d pools, net %s, subsidy %s, cost %s, %s\n",
		len(s.Demands), t.Served, len(f.Pools), t.Net, t.Subsidy, t.Cost, took.Round(time.Millisecond))
	if c.Explain {
		return printOutcomes(stderr, s, f, pooling.Italian)
	}
	return nil
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
	fmt.Fprintf(stderr, "%s: %v\n", name, err)
	return exitBadInput
}

func openInput(name string, stdin io.Reader) (io.ReadCloser, error) {
	if name == "-" {
		return io.NopCloser(stdin), nil
	}
	return os.Open(name)
}

func writeTo(name string, stdout io.Writer, b []byte) error {
	if name == "-" {
		_, err := stdout.Write(b)
		return err
	}
	return os.WriteFile(name, b, 0o644)
}
