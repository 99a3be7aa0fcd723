// Command bench-engine measures the pooling engine and writes what it found:
// docs/engine-figures.json, the tables in docs/engine.md between their markers,
// and the plot docs/engine-curve.svg. "make bench-engine" builds what it needs and
// runs it.
//
// Every figure is taken from outside, on the program that operators run: each
// round is generated, solved and checked by a child process of its own, whose CPU
// seconds and peak memory are those that the system counted (rusage), reading and
// writing of files included. On small rounds HiGHS decides the same instances in
// the same run. Times are seconds; a wall time depends on what else the machine
// does, a CPU time much less.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"
)

// settings are the flags. Paths are relative to the root of the project.
type settings struct {
	Sizes        []int  `default:"1000,3000,10000,30000,100000" help:"Demands of the rounds on the curve."`
	HighUpTo     int    `default:"10000" help:"Largest round that effort high is measured on."`
	Runs         int    `default:"1" help:"Runs of each measurement; the figure is the median."`
	Seed         uint64 `default:"1" help:"Seed of the generated rounds."`
	Workers      int    `help:"Workers of the engine; 0 leaves the choice to it."`
	HighsSizes   []int  `default:"50,100,150,200,250,350" help:"Demands of the rounds that HiGHS decides too."`
	HighsSeconds int    `default:"120" help:"CPU seconds that HiGHS may take for one round."`
	Colletta     string `default:"bin/colletta" help:"The program to measure."`
	Yardstick    string `default:"pooling/yardstick/solve.mjs" help:"The script that runs HiGHS."`
	Docs         string `default:"docs" help:"Folder of engine.md, engine-figures.json and engine-curve.svg."`
	Redraw       bool   `help:"Measure nothing: make the tables and the plot again from engine-figures.json."`
	KeepRounds   string `placeholder:"DIR" help:"Keep the generated rounds and their solutions in this folder."`
}

func main() {
	var s settings
	kong.Parse(&s, kong.Name("bench-engine"), kong.Description("Measure the pooling engine, beside HiGHS on small rounds."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, s); err != nil {
		fmt.Fprintln(os.Stderr, "bench-engine:", err)
		os.Exit(1)
	}
}

// run measures, or takes the figures of the last run, and writes the documents.
func run(ctx context.Context, s settings) error {
	if s.Redraw {
		f, err := readFigures(s.Docs)
		if err != nil {
			return err
		}
		return writeDocs(s.Docs, f)
	}
	if s.Runs < 1 {
		return fmt.Errorf("--runs is %d: give at least 1", s.Runs)
	}
	rounds := s.KeepRounds
	if rounds == "" {
		temporary, err := os.MkdirTemp("", "bench-engine-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(temporary)
		rounds = temporary
	} else if err := os.MkdirAll(rounds, 0o755); err != nil {
		return err
	}
	f, err := bench{settings: s, rounds: rounds}.all(ctx)
	if err != nil {
		return err
	}
	if err := writeFigures(s.Docs, f); err != nil {
		return err
	}
	return writeDocs(s.Docs, f)
}
