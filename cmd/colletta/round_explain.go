package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strings"
	"unicode/utf8"

	"colletta/pooling"
)

// roundExplainCmd says what each demand got and why.
type roundExplainCmd struct {
	Instance string `arg:"" help:"Instance file; - reads standard input."`
	Solution string `arg:"" help:"Solution file; - reads standard input."`
	Demand   string `help:"Only this demand, with every line of its reckoning."`
	Lang     string `enum:"it,en" default:"it" help:"Language: ${enum}."`
	JSON     bool   `name:"json" help:"One JSON object a line (colletta.outcome/1) in place of words."`
}

// Run prints a table, or one demand in full. A solution that breaks a rule
// explains nothing: exit 1, as [roundCheckCmd] would say. An unknown demand is
// bad input: exit 2.
func (c *roundExplainCmd) Run() error { return c.run(os.Stdin, os.Stdout, os.Stderr) }

func (c *roundExplainCmd) run(stdin io.Reader, stdout, stderr io.Writer) error {
	s, f, err := readBoth(c.Instance, c.Solution, stdin, stderr)
	if err != nil {
		return err
	}
	if found := pooling.Check(s, f); len(found) > 0 {
		fmt.Fprintf(stderr, "%s: invalid, first %s\n", c.Solution, found[0])
		return exitInvalid
	}
	out := bufio.NewWriter(stdout)
	defer out.Flush()
	if c.Demand == "" {
		if c.JSON {
			return writeOutcomes(out, pooling.Outcomes(s, f))
		}
		return printOutcomes(out, s, f, pooling.Language(c.Lang))
	}
	one, err := pooling.ExplainOne(s, f, c.Demand)
	switch {
	case errors.Is(err, pooling.ErrDemandNotInRound):
		return badInput(stderr, c.Instance, fmt.Errorf("no demand has the id %q: check --demand", c.Demand))
	case err != nil:
		return fmt.Errorf("explain %s: %w", c.Demand, err)
	case c.JSON:
		return writeOutcomes(out, func(yield func(pooling.Outcome) bool) { yield(one) })
	}
	return printOutcome(out, one, pooling.Language(c.Lang))
}

// writeOutcomes writes outcomes as JSON, one a line.
func writeOutcomes(w io.Writer, outcomes iter.Seq[pooling.Outcome]) error {
	for o := range outcomes {
		line, err := o.JSON()
		if err != nil {
			return err
		}
		if _, err := w.Write(append(line, '\n')); err != nil {
			return err
		}
	}
	return nil
}

// printOutcomes writes a table with a line for each demand of a round; ids name
// offers, hosts and programmes. Widths are known beforehand, so that a round of
// any size streams.
func printOutcomes(w io.Writer, s *pooling.Snapshot, f *pooling.Formation, l pooling.Language) error {
	const demandHead, outcomeHead, whyHead = "DEMAND", "OUTCOME", "WHY"
	wide, short := len(demandHead), len(outcomeHead)
	for i := range s.Demands {
		wide = max(wide, utf8.RuneCountInString(s.Demands[i].ID))
	}
	for _, code := range pooling.OutcomeCodes() {
		short = max(short, utf8.RuneCountInString(pooling.ShortWords(l, code)))
	}
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%-*s  %-*s  %s\n", wide, demandHead, short, outcomeHead, whyHead)
	for o := range pooling.Outcomes(s, f) {
		words := o.Words(l, pooling.Names{})
		lines := words.Reason
		if o.Code == pooling.OutcomeServed {
			lines = append(lines, words.Pays)
		}
		fmt.Fprintf(b, "%-*s  %-*s  %s\n", wide, o.Demand, short, words.Short, strings.Join(lines, " "))
	}
	return b.Flush()
}

// printOutcome writes one demand in full.
func printOutcome(w io.Writer, o pooling.Outcome, l pooling.Language) error {
	words := o.Words(l, pooling.Names{})
	b := bufio.NewWriter(w)
	fmt.Fprintf(b, "%s: %s\n", o.Demand, words.Title)
	for _, line := range words.Lines() {
		fmt.Fprintf(b, "  %s\n", line)
	}
	for k, line := range words.Reckoning {
		fmt.Fprintf(b, "  %d. %s\n", k+1, line)
	}
	return b.Flush()
}
