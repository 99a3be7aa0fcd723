package main

import (
	"fmt"
	"io"
	"os"

	"colletta/pooling"
)

// roundGenerateCmd writes an instance file for trying and measuring the
// engine. It needs no database.
type roundGenerateCmd struct {
	Demands    int    `required:"" help:"How many demands, from 1 to 4000000."`
	Seed       uint64 `default:"1" help:"The same seed and options give the same file, to the byte."`
	Supply     int    `default:"100" help:"Providers, in percent of what is usual: 60 makes staff scarce."`
	Density    int    `default:"14" help:"Participating communities per square kilometre."`
	Categories int    `help:"How many of the six categories (default: two or three below 200 demands, else six)."`
	Weights    int    `help:"Percent of the offers that split by weight instead of equally (default: only in one small round of nine)."`
	Rota       int    `help:"Percent of the demands that look for a shared carer; above 0 the file is colletta.round/2."`
	Output     string `short:"o" default:"-" help:"Instance file; - writes standard output."`
}

// Validate is called by kong: an option out of range is refused, not bent.
func (c *roundGenerateCmd) Validate() error {
	for _, o := range []struct {
		name            string
		value, min, max int
	}{
		{"demands", c.Demands, 1, pooling.GenerateDemandsMax},
		{"supply", c.Supply, 1, pooling.GenerateSupplyMax},
		{"density", c.Density, 1, pooling.GenerateDensityMax},
		{"categories", c.Categories, 0, 6},
		{"weights", c.Weights, 0, 100},
		{"rota", c.Rota, 0, 100},
	} {
		if o.value < o.min || o.value > o.max {
			return fmt.Errorf("--%s is %d: give a number from %d to %d", o.name, o.value, o.min, o.max)
		}
	}
	return nil
}

// Run generates and writes.
func (c *roundGenerateCmd) Run() error { return c.run(os.Stdout, os.Stderr) }

func (c *roundGenerateCmd) run(stdout, stderr io.Writer) error {
	s := pooling.Generate(pooling.GenerateOptions{
		Demands: c.Demands, Seed: c.Seed, Supply: c.Supply, Density: c.Density,
		Categories: c.Categories, WeightShare: c.Weights, RotaShare: c.Rota,
	})
	b, err := s.JSON()
	if err != nil {
		return fmt.Errorf("generate %d demands: %w", c.Demands, err)
	}
	if err := writeTo(c.Output, stdout, b); err != nil {
		return fmt.Errorf("generate %d demands: %w", c.Demands, err)
	}
	fmt.Fprintf(stderr, "demands %d, households %d, communities %d, providers %d, offers %d, programmes %d, %d bytes\n",
		len(s.Demands), len(s.Households), len(s.Communities), len(s.Providers), len(s.Offers), len(s.Programmes), len(b))
	return nil
}
