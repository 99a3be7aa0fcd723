package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"colletta/money"
	"colletta/pooling"
	"colletta/subsidies"
)

// measureSimulateCmd is "colletta measure simulate FILE --population people.csv":
// whom a measure would reach and what it would cost, before it is published.
type measureSimulateCmd struct {
	File       string            `arg:"" type:"existingfile" help:"Measure in YAML."`
	Population string            `type:"existingfile" help:"Households in CSV: the first line names inputs of the measure, an empty cell is missing."`
	Households int               `placeholder:"N" help:"Instead of a file: this many invented households with the ISEE distribution of INPS; their other inputs come from --set."`
	Seed       uint64            `default:"1" help:"Seed of the invented households."`
	Set        map[string]string `placeholder:"INPUT=VALUE" help:"An input that is the same for all, for example --set hours=20."`
	Output     string            `help:"Result to add up; by default the last one that is an amount."`
	PerYear    int               `placeholder:"TIMES" help:"How often a household gets it in a year; by default as its unit says (€/mese: 12), else once."`
	Against    string            `type:"existingfile" placeholder:"FILE" help:"Compare with this other version of the measure: the difference for every household."`
	Date       string            `help:"Day of the evaluation, YYYY-MM-DD; by default the first day of validity."`
}

// Run prints who is reached, the cost of a year and a histogram by ISEE.
func (c *measureSimulateCmd) Run() error {
	if (c.Population == "") == (c.Households == 0) {
		return errors.New("give --population FILE or --households N")
	}
	if c.Households < 0 || c.Households > simulatedMax {
		return fmt.Errorf("--households is %d: give a number from 1 to %d", c.Households, simulatedMax)
	}
	now, err := c.begin(c.File)
	if err != nil {
		return err
	}
	if c.Against == "" {
		if err := now.each(c, nil); err != nil {
			return err
		}
		return now.print(os.Stdout)
	}
	before, err := c.begin(c.Against)
	if err != nil {
		return err
	}
	return c.compare(os.Stdout, before, now)
}

const simulatedMax = 5_000_000

// simulated is one measure with its population.
type simulated struct {
	*subsidies.Simulation
	file  string
	facts *subsidies.Facts
	day   time.Time
}

func (c *measureSimulateCmd) begin(file string) (*simulated, error) {
	m, err := readMeasure(file)
	if err != nil {
		return nil, err
	}
	s := &simulated{file: file, facts: m.NewFacts(), day: m.From}
	if c.Date != "" {
		if s.day, err = time.Parse(time.DateOnly, c.Date); err != nil {
			return nil, fmt.Errorf("--date: %q is no day YYYY-MM-DD", c.Date)
		}
	}
	for name, value := range c.Set {
		if m.InputAt(name) < 0 && c.Against != "" {
			continue // an input of the other version
		}
		if err := s.facts.Set(name, strings.Fields(value)...); err != nil {
			return nil, fmt.Errorf("--set: %w", inWords(err))
		}
	}
	if s.Simulation, err = subsidies.NewSimulation(m, c.Output, c.PerYear); err != nil {
		return nil, inWords(err)
	}
	return s, nil
}

// each simulates every household, and tells what each gets in a year.
func (s *simulated) each(c *measureSimulateCmd, got func(money.Amount)) error {
	next, err := c.households(s)
	if err != nil {
		return err
	}
	for {
		more, err := next()
		if err != nil || !more {
			return inWords(err)
		}
		amount, err := s.Add(s.facts, s.day)
		if err != nil {
			return fmt.Errorf("%s, household %d: %w", s.file, s.Households+1, inWords(err))
		}
		if got != nil {
			got(amount)
		}
	}
}

// households reads them from the file, or invents them.
func (c *measureSimulateCmd) households(s *simulated) (next func() (bool, error), err error) {
	if c.Population != "" {
		file, err := os.Open(c.Population)
		if err != nil {
			return nil, fmt.Errorf("read population: %w", err)
		}
		p, err := subsidies.NewPopulation(s.Measure, file)
		if err != nil {
			file.Close()
			return nil, fmt.Errorf("%s: %w", c.Population, inWords(err))
		}
		return func() (bool, error) {
			more, err := p.Next(s.facts)
			if err != nil {
				err = fmt.Errorf("%s: %w", c.Population, inWords(err))
			}
			if !more {
				file.Close()
			}
			return more, err
		}, nil
	}
	isee := s.Measure.InputAt("isee")
	values := pooling.GenerateISEE(c.Households, c.Seed)
	at := 0
	return func() (bool, error) {
		if at == len(values) {
			return false, nil
		}
		if isee >= 0 {
			s.facts.SetMissing(isee)
			if v := values[at]; v != nil {
				s.facts.SetAmount(isee, *v)
			}
		}
		at++
		return true, nil
	}, nil
}

// compare simulates both versions on the same households.
func (c *measureSimulateCmd) compare(w io.Writer, before, now *simulated) error {
	var first []money.Amount
	if err := before.each(c, func(a money.Amount) { first = append(first, a) }); err != nil {
		return err
	}
	var difference subsidies.Comparison
	at := 0
	if err := now.each(c, func(a money.Amount) { difference.Add(first[at], a); at++ }); err != nil {
		return err
	}
	for _, s := range []*simulated{before, now} {
		if err := s.print(w); err != nil {
			return err
		}
		fmt.Fprintln(w)
	}
	fmt.Fprintf(w, "From the first to the second: %s a year\n", signed(now.Total-before.Total))
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "get more\t%d\t%s\t\n", difference.More, signed(difference.Gained))
	fmt.Fprintf(t, "get less\t%d\t%s\t\n", difference.Less, signed(-difference.Lost))
	fmt.Fprintf(t, "the same\t%d\t\t\n", difference.Same)
	return t.Flush()
}

// print writes the totals and the histogram.
func (s *simulated) print(w io.Writer) error {
	m := s.Measure
	fmt.Fprintf(w, "%s (%s), on %s\n", m.Name.EN, m.ID, s.day.Format(time.DateOnly))
	fmt.Fprintf(w, "%d households, %d fulfil the conditions, %d get something\n", s.Households, s.Eligible, s.Reached)
	mean := ""
	if s.Reached > 0 {
		mean = fmt.Sprintf(", on average %s for each of them", s.Total/money.Amount(s.Reached))
	}
	fmt.Fprintf(w, "%s, %d times a year: %s a year%s\n", s.Output.Name, s.PerYear, s.Total, mean)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "ISEE\thouseholds\tget something\ta year\t\n")
	most := 1
	for _, b := range s.Bands {
		most = max(most, b.Reached)
	}
	for _, b := range s.Bands {
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t %s\n", bandWords(b), b.Households, b.Reached, b.Total, strings.Repeat("█", (b.Reached*40+most/2)/most))
	}
	return t.Flush()
}

func bandWords(b subsidies.IncomeBand) string {
	switch {
	case b.Missing:
		return "without ISEE"
	case b.Above == nil:
		return "up to " + b.UpTo.String()
	case b.UpTo == nil:
		return "above " + b.Above.String()
	}
	return b.Above.String() + " to " + b.UpTo.String()
}
