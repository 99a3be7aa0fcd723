package main

import (
	"fmt"
	"io"
	"math/bits"
	"os"

	"colletta/money"
	"colletta/pooling"
)

// roundCheckCmd checks a solution file against its instance, to the cent, and
// the bound that it states against its certificate.
type roundCheckCmd struct {
	Instance string `arg:"" help:"Instance file; - reads standard input."`
	Solution string `arg:"" help:"Solution file; - reads standard input."`
}

// Run exits with 0 when the solution is valid, 1 when not, 2 on bad input.
func (c *roundCheckCmd) Run() error { return c.run(os.Stdin, os.Stdout, os.Stderr) }

func (c *roundCheckCmd) run(stdin io.Reader, stdout, stderr io.Writer) error {
	s, f, err := readBoth(c.Instance, c.Solution, stdin, stderr)
	if err != nil {
		return err
	}
	found := pooling.Check(s, f)
	for _, v := range found {
		fmt.Fprintln(stdout, v)
	}
	if len(found) > 0 {
		fmt.Fprintf(stdout, "invalid: %d violations\n", len(found))
		return exitInvalid
	}
	served := 0
	var net, subsidy money.Amount
	for _, p := range f.Pools {
		served += len(p.Members)
		for _, m := range p.Members {
			net, subsidy = net+m.Net, subsidy+m.Subsidy
		}
	}
	fmt.Fprintf(stdout, "valid: %d of %d demands served in %d pools, net %s, subsidy %s\n", served, len(s.Demands), len(f.Pools), net, subsidy)
	if f.Bound != nil {
		fmt.Fprintln(stdout, boundWords(f.Bound, served))
	}
	return nil
}

// boundWords says how far from the optimum a valid solution can be.
func boundWords(b *pooling.Bound, served int) string {
	gap := gapBasisPoints(b.Served, served)
	how := "bound recomputed from the multipliers"
	switch {
	case b.Certificate == nil:
		how = "by a bound that carries no certificate: it was not recomputed"
	case b.Certificate.Cases != nil:
		how = fmt.Sprintf("bound proven by %d cases", b.Certificate.Cases.Leaves())
	}
	return fmt.Sprintf("at most %d.%02d %% from the optimum: %s (%d of at most %d)", gap/100, gap%100, how, served, b.Served)
}

// gapBasisPoints is the part of the bound that is not served, in hundredths of
// a percent, rounded up. The optimum is at most the bound, so that no more than
// this part of the optimum is missing. It needs 0 <= served <= bound.
func gapBasisPoints(bound, served int) int64 {
	if bound == 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(bound-served), 100_00)
	whole, rest := bits.Div64(high, low, uint64(bound)) // high < bound: the quotient is at most 10,000
	if rest > 0 {
		whole++
	}
	return int64(whole)
}
