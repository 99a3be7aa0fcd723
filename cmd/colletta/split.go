package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/shopspring/decimal"

	"colletta/money"
)

// weightDecimalsMax is how finely a weight may be written on the command line:
// millesimi have two decimals, hours one or two.
const weightDecimalsMax = 4

// splitFileBytesMax is one byte more than the reader of expenses accepts.
const splitFileBytesMax = 16<<20 + 1

// splitCmd divides an amount to the cent: that of a file by the file's rule, with
// the reason for every odd cent, or one on the command line by weights.
type splitCmd struct {
	Total   string   `arg:"" name:"file-or-amount" help:"File of an expense (JSON or CSV, see docs/split.md; - reads standard input). Followed by weights: an amount in euro, for example 1500.00 (or 1.500,00)."`
	Weights []string `arg:"" optional:"" help:"Name and weight of each participant, for example A1=150.20."`
	Cost    string   `help:"Divide this amount instead of the file's."`
	Rule    string   `help:"Divide by this rule instead of the file's, for example \"1/2 millesimi + 1/2 height\"."`
	Compare []string `help:"Compare with these rules side by side."`
	Explain bool     `help:"Print the reasons also for an amount with weights."`
	JSON    bool     `name:"json" help:"Write JSON, for machines."`
}

// Run exits with 0 when everything divides, 1 when a result is not as the file
// expects, 2 on bad input.
func (c *splitCmd) Run() error { return c.run(os.Stdout, os.Stderr) }

func (c *splitCmd) run(stdout, stderr io.Writer) error { return c.runFrom(os.Stdin, stdout, stderr) }

func (c *splitCmd) runFrom(stdin io.Reader, stdout, stderr io.Writer) error {
	if len(c.Weights) > 0 {
		return c.quick(stdout, stderr)
	}
	expenses, err := c.read(stdin)
	if err != nil {
		return c.refuse(stderr, err)
	}
	results := make([]splitResult, len(expenses))
	for i, e := range expenses {
		if results[i], err = c.divide(e); err != nil {
			if e.ID != "" {
				err = fmt.Errorf("%s: %w", e.ID, err)
			}
			return c.refuse(stderr, err)
		}
	}
	if err := c.print(stdout, results); err != nil {
		return err
	}
	for _, r := range results {
		if len(r.differences) > 0 {
			return exitInvalid
		}
	}
	return nil
}

// refuse says what is wrong with the file, with its place if there is one.
func (c *splitCmd) refuse(stderr io.Writer, err error) error {
	var placed *money.FileError
	if errors.As(err, &placed) {
		fmt.Fprintf(stderr, "%s:%v\n", c.Total, err)
		return exitBadInput
	}
	text := strings.ReplaceAll(err.Error(), "money: ", "")
	if _, amountErr := money.ParseItalian(c.Total); amountErr == nil && errors.Is(err, os.ErrNotExist) {
		text = "is no file; to divide an amount, add weights such as A1=150.20"
	}
	return badInput(stderr, c.Total, errors.New(text))
}

// read reads the file. One that names no rule is divided by the first to compare.
func (c *splitCmd) read(stdin io.Reader) ([]*money.Expense, error) {
	r, err := openInput(c.Total, stdin)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(io.LimitReader(r, splitFileBytesMax))
	if err != nil {
		return nil, err
	}
	given := money.Given{Cost: c.Cost, Rule: c.Rule}
	expenses, err := money.ReadExpenses(data, given)
	if errors.Is(err, money.ErrNoRule) && len(c.Compare) > 0 {
		given.Rule = strings.TrimSpace(c.Compare[0])
		return money.ReadExpenses(data, given)
	}
	return expenses, err
}

// splitResult is what there is to print about one expense.
type splitResult struct {
	expense     *money.Expense
	breakdown   *money.Breakdown
	comparison  *money.Comparison // nil without --compare
	differences []string          // from what the file expects
}

func (c *splitCmd) divide(e *money.Expense) (splitResult, error) {
	r := splitResult{expense: e}
	var err error
	if r.breakdown, err = e.Divide(); err != nil {
		return r, err
	}
	if e.Expected != nil && c.Rule == "" && c.Cost == "" {
		r.differences = e.Expected.Differences(r.breakdown)
	}
	if len(c.Compare) == 0 {
		return r, nil
	}
	rules := []money.NamedRule{e.Rule}
	for _, text := range c.Compare {
		rule, err := e.RuleNamed(strings.TrimSpace(text))
		if err != nil {
			return r, err
		}
		if rule.Name != e.Rule.Name {
			rules = append(rules, rule)
		}
	}
	r.comparison, err = money.Compare(e.Components, rules, e.Ties)
	return r, err
}

func (c *splitCmd) print(w io.Writer, results []splitResult) error {
	if c.JSON {
		return writeSplitJSON(w, results)
	}
	for i, r := range results {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := writeSplit(w, r); err != nil {
			return err
		}
	}
	return nil
}

// quick divides the amount of the command line by its weights.
func (c *splitCmd) quick(stdout, stderr io.Writer) error {
	if len(c.Compare) > 0 || c.Rule != "" || c.Cost != "" {
		return badInput(stderr, c.Total, errors.New("--compare, --rule and --cost need a file, not an amount with weights"))
	}
	total, err := money.ParseItalian(c.Total)
	if err != nil {
		return badInput(stderr, c.Total, err)
	}
	names := make([]string, len(c.Weights))
	weights := make([]decimal.Decimal, len(c.Weights))
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
	table, err := money.ByWeights(names, weights)
	if err != nil {
		return badInput(stderr, strings.Join(c.Weights, " "), err)
	}
	e := &money.Expense{
		Components: []money.Component{{Name: "cost", Amount: total}},
		Rule:       money.NamedRule{Name: "weights", Rule: table},
	}
	r, err := c.divide(e)
	if err != nil {
		return badInput(stderr, c.Total, err)
	}
	if c.JSON || c.Explain {
		return c.print(stdout, []splitResult{r})
	}
	for i, p := range r.breakdown.Portions() {
		fmt.Fprintf(stdout, "%s\t%s\n", names[i], p)
	}
	fmt.Fprintf(stdout, "total\t%s\n", total)
	return nil
}

// parseWeight reads name=weight.
func parseWeight(s string) (string, decimal.Decimal, error) {
	name, number, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return "", decimal.Zero, fmt.Errorf("must be name=weight")
	}
	if !strings.Contains(number, ".") {
		number = strings.Replace(number, ",", ".", 1) // as written in Italy
	}
	d, err := decimal.NewFromString(number)
	if err != nil || strings.ContainsAny(number, "eE") {
		return "", decimal.Zero, fmt.Errorf("the weight must be a number like 150.20 or 150,20")
	}
	switch {
	case d.IsNegative():
		return "", decimal.Zero, fmt.Errorf("the weight must not be negative")
	case d.GreaterThan(decimal.New(1, 8)):
		return "", decimal.Zero, fmt.Errorf("the weight must be at most 100000000")
	case !d.Shift(weightDecimalsMax).IsInteger():
		return "", decimal.Zero, fmt.Errorf("the weight must have at most %d decimals", weightDecimalsMax)
	}
	return name, d, nil
}
