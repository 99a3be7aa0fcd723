package main

import (
	"fmt"
	"os"
	"time"

	"colletta/money"
	"colletta/subsidies"
)

// measureTestCmd is "colletta measure test FILE": it proves a measure on its
// own worked cases.
type measureTestCmd struct {
	File string `arg:"" type:"existingfile" help:"Measure in YAML."`
}

// Run prints how many worked cases hold, or returns the first error with its
// line.
func (c *measureTestCmd) Run() error {
	m, err := readMeasure(c.File)
	if err != nil {
		return err
	}
	fmt.Printf("%s: %d worked cases hold.\n", m.ID, len(m.Cases))
	return nil
}

// measureEvalCmd is "colletta measure eval FILE --isee 12345.67 --price 50.00":
// what a measure grants to one household, and why.
type measureEvalCmd struct {
	File  string        `arg:"" type:"existingfile" help:"Measure in YAML."`
	ISEE  *money.Amount `name:"isee" help:"ISEE in euro, for example 12345.67; leave out for a household without ISEE."`
	Price money.Amount  `required:"" help:"Gross price per period in euro, for example 50.00."`
	Date  string        `help:"Day of the evaluation, YYYY-MM-DD; by default the first day of validity."`
}

// Run prints the reasoning in Italian, then grant and what is left to pay.
func (c *measureEvalCmd) Run() error {
	m, err := readMeasure(c.File)
	if err != nil {
		return err
	}
	day := m.From
	if c.Date != "" {
		if day, err = time.Parse(time.DateOnly, c.Date); err != nil {
			return fmt.Errorf("--date: %q is no day YYYY-MM-DD", c.Date)
		}
	}
	if c.ISEE != nil && *c.ISEE < 0 || c.Price < 0 {
		return fmt.Errorf("--isee and --price cannot be negative")
	}
	grant, trace := m.Evaluate(subsidies.Situation{ISEE: c.ISEE, Date: day})
	for _, line := range trace {
		fmt.Println(line)
	}
	award := grant.Of(c.Price)
	fmt.Printf("Quota %s, contributo %s, da pagare %s.\n", c.Price.Italian(), award.Italian(), (c.Price - award).Italian())
	return nil
}

func readMeasure(file string) (*subsidies.Measure, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read measure: %w", err)
	}
	m, err := subsidies.LoadMeasure(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return m, nil
}
