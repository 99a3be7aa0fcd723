package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/shopspring/decimal"

	"colletta/money"
)

// weightDecimalsMax is how finely a weight may be written: millesimi have two
// decimals, hours one or two.
const weightDecimalsMax = 4

// splitCmd divides an amount by largest remainder and prints who pays what.
type splitCmd struct {
	Total   string   `arg:"" help:"Amount in euro, for example 1500.00 (or 1.500,00)."`
	Weights []string `arg:"" help:"Name and weight of each participant, for example A1=150.20."`
}

// Run prints one line per participant, in order, and the total.
func (c *splitCmd) Run() error { return c.run(os.Stdout, os.Stderr) }

func (c *splitCmd) run(stdout, stderr io.Writer) error {
	total, err := money.ParseItalian(c.Total)
	if err != nil {
		return badInput(stderr, c.Total, err)
	}
	names := make([]string, len(c.Weights))
	weights := make([]int64, len(c.Weights))
	seen := map[string]bool{}
	for i, w := range c.Weights {
		if names[i], weights[i], err = parseWeight(w); err != nil {
			return badInput(stderr, w, err)
		}
		if seen[names[i]] {
			return badInput(stderr, w, fmt.Errorf("%s occurs twice", names[i]))
		}
		seen[names[i]] = true
	}
	portions, err := money.Split(total, weights)
	if err != nil {
		return badInput(stderr, strings.Join(c.Weights, " "), err)
	}
	for i, p := range portions {
		fmt.Fprintf(stdout, "%s\t%s\n", names[i], p)
	}
	fmt.Fprintf(stdout, "total\t%s\n", money.Sum(portions...))
	return nil
}

// parseWeight reads name=weight; the weight becomes a whole number of
// ten-thousandths.
func parseWeight(s string) (string, int64, error) {
	name, number, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return "", 0, fmt.Errorf("must be name=weight")
	}
	d, err := decimal.NewFromString(number)
	if err != nil || strings.ContainsAny(number, "eE") {
		return "", 0, fmt.Errorf("the weight must be a number like 150.20")
	}
	scaled := d.Shift(weightDecimalsMax)
	limit := decimal.New(1, 12)
	switch {
	case d.IsNegative():
		return "", 0, fmt.Errorf("the weight must not be negative")
	case scaled.GreaterThan(limit):
		return "", 0, fmt.Errorf("the weight must be at most 100000000")
	case !scaled.IsInteger():
		return "", 0, fmt.Errorf("the weight must have at most %d decimals", weightDecimalsMax)
	}
	return name, scaled.IntPart(), nil
}
