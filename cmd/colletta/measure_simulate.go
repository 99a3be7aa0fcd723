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
	Lang       string            `enum:"it,en" default:"it" help:"Language of the figures and of what is wrong: it or en."`
}

// Run prints who is reached, the cost of a year and a histogram by ISEE.
func (c *measureSimulateCmd) Run() error {
	if (c.Population == "") == (c.Households == 0) {
		return errors.New(c.say("ci vuole --population FILE oppure --households N", "give --population FILE or --households N"))
	}
	if c.Households < 0 || c.Households > simulatedMax {
		return fmt.Errorf(c.say("--households è %d: dai un numero da 1 a %d", "--households is %d: give a number from 1 to %d"), c.Households, simulatedMax)
	}
	files := []string{c.File}
	if c.Against != "" {
		files = []string{c.Against, c.File}
	}
	return c.run(os.Stdout, files)
}

const simulatedMax = 5_000_000

func (c *measureSimulateCmd) lang() subsidies.Lang { return subsidies.Lang(c.Lang) }

// say chooses the text of the language.
func (c *measureSimulateCmd) say(it, en string) string { return sayIn(c.lang(), it, en) }

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
				return inWords(err, c.lang())
			} else if !more {
				return c.printTrial(w, trial, files)
			}
		}
		if at, err := trial.Add(); err != nil {
			return fmt.Errorf(c.say("%s, famiglia %d: %w", "%s, household %d: %w"), files[at], trial.Versions[at].Households+1, inWords(err, c.lang()))
		}
	}
}

func (c *measureSimulateCmd) begin(file string) (*subsidies.TrialVersion, error) {
	m, err := readMeasure(file, c.lang())
	if err != nil {
		return nil, err
	}
	v := &subsidies.TrialVersion{Facts: m.NewFacts(), Day: m.From}
	if c.Date != "" {
		if v.Day, err = time.Parse(time.DateOnly, c.Date); err != nil {
			return nil, noDay(c.Date, c.lang())
		}
	}
	if !m.InForce(v.Day) {
		return nil, fmt.Errorf(c.say("%s: il %s non è in vigore: vale dal %s al %s; --date dice un altro giorno", "%s: not in force on %s: it holds from %s to %s; --date says another day"), file, v.Day.Format(time.DateOnly), m.From.Format(time.DateOnly), m.To.Format(time.DateOnly))
	}
	for name, value := range c.Set {
		if m.InputAt(name) < 0 && c.Against != "" {
			continue // an input of the other version
		}
		if err := v.Facts.Set(name, strings.Fields(value)...); err != nil {
			return nil, fmt.Errorf("--set: %w", inWords(err, c.lang()))
		}
	}
	if v.Simulation, err = subsidies.NewSimulation(m, c.Output, c.PerYear); err != nil {
		return nil, inWords(err, c.lang())
	}
	return v, nil
}

// households reads them from the file, or invents them.
func (c *measureSimulateCmd) households(s *subsidies.TrialVersion) (next func() (bool, error), err error) {
	if c.Population != "" {
		file, err := os.Open(c.Population)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Population, unread(err, c.lang()))
		}
		p, err := subsidies.NewPopulation(s.Measure, file)
		if err != nil {
			file.Close()
			return nil, fmt.Errorf("%s: %w", c.Population, inWords(err, c.lang()))
		}
		return func() (bool, error) {
			more, err := p.Next(s.Facts)
			if err != nil {
				err = fmt.Errorf("%s: %w", c.Population, inWords(err, c.lang()))
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

// printTrial writes every version, and how two of them differ: the first is the old
// one.
func (c *measureSimulateCmd) printTrial(w io.Writer, t *subsidies.Trial, files []string) error {
	for i, v := range t.Versions {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if len(files) == 2 {
			fmt.Fprintf(w, "%s: %s\n", []string{c.say("PRIMA", "BEFORE"), c.say("ORA", "NOW")}[i], files[i])
		}
		if err := c.printVersion(w, v); err != nil {
			return err
		}
	}
	if len(t.Versions) == 1 {
		return nil
	}
	fmt.Fprintf(w, c.say("\nDa %s (prima) a %s (ora): %s l'anno\n", "\nFrom %s (before) to %s (now): %s a year\n"), files[0], files[1], signed(t.Change.Difference()))
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(table, "%s\t%d\t%s\t\n", c.say("hanno di più", "get more"), t.Change.More, signed(t.Change.Gained))
	fmt.Fprintf(table, "%s\t%d\t%s\t\n", c.say("hanno di meno", "get less"), t.Change.Less, signed(-t.Change.Lost))
	fmt.Fprintf(table, "%s\t%d\t\t\n", c.say("lo stesso", "the same"), t.Change.Same)
	return table.Flush()
}

// printVersion writes the totals and the histogram.
func (c *measureSimulateCmd) printVersion(w io.Writer, s *subsidies.TrialVersion) error {
	m := s.Measure
	fmt.Fprintf(w, c.say("%s (%s), al %s\n", "%s (%s), on %s\n"), m.Name.In(c.lang()), m.ID, s.Day.Format(time.DateOnly))
	fmt.Fprintf(w, c.say("%d famiglie, %d hanno i requisiti, %d ottengono qualcosa\n", "%d households, %d fulfil the conditions, %d get something\n"), s.Households, s.Eligible, s.Reached)
	mean := ""
	if s.Reached > 0 {
		mean = fmt.Sprintf(c.say(", in media %s per ognuna di queste", ", on average %s for each of them"), s.Mean())
	}
	fmt.Fprintf(w, c.say("%s, %d volte l'anno: %s l'anno%s\n", "%s, %d times a year: %s a year%s\n"), s.Output.Name, s.PerYear, s.Total, mean)
	if valid, shorter := s.ShorterThanYear(); shorter && c.PerYear == 0 {
		fmt.Fprintf(w, c.say("Attenzione: la misura vale %d mesi e qui se ne contano %d; se sono %[1]d scrivi --per-year %[1]d\n",
			"Mind: the measure holds for %d months and %d are counted here; if there are %[1]d write --per-year %[1]d\n"), valid, s.PerYear)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, c.say("ISEE\tfamiglie\tottengono\tall'anno\t\n", "ISEE\thouseholds\tget something\ta year\t\n"))
	most := 1
	for _, b := range s.Bands {
		most = max(most, b.Reached)
	}
	for _, b := range s.Bands {
		fmt.Fprintf(t, "%s\t%d\t%d\t%s\t %s\n", c.bandWords(b), b.Households, b.Reached, b.Total, strings.Repeat("█", (b.Reached*40+most/2)/most))
	}
	return t.Flush()
}

func (c *measureSimulateCmd) bandWords(b subsidies.IncomeBand) string {
	switch {
	case b.Missing:
		return c.say("senza ISEE", "without ISEE")
	case b.Above == nil:
		return c.say("fino a ", "up to ") + b.UpTo.String()
	case b.UpTo == nil:
		return c.say("oltre ", "above ") + b.Above.String()
	}
	return b.Above.String() + c.say(" – ", " to ") + b.UpTo.String()
}
