package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

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
	files := []string{c.File}
	if c.Against != "" {
		files = []string{c.Against, c.File}
	}
	return c.run(os.Stdout, files)
}

const simulatedMax = 5_000_000

// run simulates the files, one or two, on the same households.
func (c *measureSimulateCmd) run(w io.Writer, files []string) error {
	var versions []*subsidies.TrialVersion
	var next []func() (bool, error)
	for _, file := range files {
		v, err := c.begin(file)
		if err != nil {
			return err
		}
		households, err := c.households(v)
		if err != nil {
			return err
		}
		versions, next = append(versions, v), append(next, households)
	}
	trial := subsidies.NewTrial(versions...)
	for {
		for i := range next {
			if more, err := next[i](); err != nil {
				return inWords(err, subsidies.English)
			} else if !more {
				return printTrial(w, trial)
			}
		}
		if at, err := trial.Add(); err != nil {
			return fmt.Errorf("%s, household %d: %w", files[at], trial.Versions[at].Households+1, inWords(err, subsidies.English))
		}
	}
}

func (c *measureSimulateCmd) begin(file string) (*subsidies.TrialVersion, error) {
	m, err := readMeasure(file, subsidies.English)
	if err != nil {
		return nil, err
	}
	v := &subsidies.TrialVersion{Facts: m.NewFacts(), Day: m.From}
	if c.Date != "" {
		if v.Day, err = time.Parse(time.DateOnly, c.Date); err != nil {
			return nil, fmt.Errorf("--date: %q is no day YYYY-MM-DD", c.Date)
		}
	}
	if !m.InForce(v.Day) {
		return nil, fmt.Errorf("%s: not in force on %s: it holds from %s to %s; --date says another day", file, v.Day.Format(time.DateOnly), m.From.Format(time.DateOnly), m.To.Format(time.DateOnly))
	}
	for name, value := range c.Set {
		if m.InputAt(name) < 0 && c.Against != "" {
			continue // an input of the other version
		}
		if err := v.Facts.Set(name, strings.Fields(value)...); err != nil {
			return nil, fmt.Errorf("--set: %w", inWords(err, subsidies.English))
		}
	}
	if v.Simulation, err = subsidies.NewSimulation(m, c.Output, c.PerYear); err != nil {
		return nil, inWords(err, subsidies.English)
	}
	return v, nil
}

// households reads them from the file, or invents them.
func (c *measureSimulateCmd) households(s *subsidies.TrialVersion) (next func() (bool, error), err error) {
	if c.Population != "" {
		file, err := os.Open(c.Population)
		if err != nil {
			return nil, fmt.Errorf("read population: %w", err)
		}
		p, err := subsidies.NewPopulation(s.Measure, file)
		if err != nil {
			file.Close()
			return nil, fmt.Errorf("%s: %w", c.Population, inWords(err, subsidies.English))
		}
		return func() (bool, error) {
			more, err := p.Next(s.Facts)
			if err != nil {
				err = fmt.Errorf("%s: %w", c.Population, inWords(err, subsidies.English))
			}
			if !more {
				file.Close()
			}
			return more, err
		}, nil
	}
	isee := -1
	if inputs := s.Measure.ISEEInputs(); len(inputs) > 0 {
		isee = inputs[0].Place
	}
	values := pooling.GenerateISEE(c.Households, c.Seed)
	at := 0
	return func() (bool, error) {
		if at == len(values) {
			return false, nil
		}
		if isee >= 0 {
			s.Facts.SetMissing(isee)
			if v := values[at]; v != nil {
				s.Facts.SetAmount(isee, *v)
			}
		}
		at++
		return true, nil
	}, nil
}

// printTrial writes every version, and how two of them differ.
func printTrial(w io.Writer, t *subsidies.Trial) error {
	for i, v := range t.Versions {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := printVersion(w, v); err != nil {
			return err
		}
	}
	if len(t.Versions) == 1 {
		return nil
	}
	fmt.Fprintf(w, "\nFrom the first to the second: %s a year\n", signed(t.Change.Difference()))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "get more\t%d\t%s\t\n", t.Change.More, signed(t.Change.Gained))
	fmt.Fprintf(table, "get less\t%d\t%s\t\n", t.Change.Less, signed(-t.Change.Lost))
	fmt.Fprintf(table, "the same\t%d\t\t\n", t.Change.Same)
	return table.Flush()
}

// printVersion writes the totals and the histogram.
func printVersion(w io.Writer, s *subsidies.TrialVersion) error {
	m := s.Measure
	fmt.Fprintf(w, "%s (%s), on %s\n", m.Name.EN, m.ID, s.Day.Format(time.DateOnly))
	fmt.Fprintf(w, "%d households, %d fulfil the conditions, %d get something\n", s.Households, s.Eligible, s.Reached)
	mean := ""
	if s.Reached > 0 {
		mean = fmt.Sprintf(", on average %s for each of them", s.Mean())
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
