package money

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Titles of the columns that are no weights table. The first column always holds
// the names.
const (
	columnCap      = "cap"
	columnFloor    = "floor"
	columnOddCents = "odd_cents"
	columnGroup    = "group"
)

// Keys of the lines "# key: value" above the table.
var csvKeys = []string{"id", "title", "cost", "net", "vat", "rule", "ties", "numbers", "between", "rounding"}

var (
	errCSV       = errors.New("must be a table in CSV")
	errCSVEmpty  = errors.New("must have a line of titles and at least one participant")
	errCSVKey    = fmt.Errorf("unknown key; there are %s", strings.Join(csvKeys, ", "))
	errCSVTwice  = errors.New("occurs twice")
	errCSVCells  = errors.New("has another number of cells than the titles")
	errCSVTitle  = errors.New("a column must have a title")
	errCSVStyles = errors.New("is written as in Italy, but other numbers of the file have a decimal point: write all alike")
	errCSVDoubt  = errors.New("may be 1234 or 1.234: add a line \"# numbers: italian\" or \"# numbers: plain\"")
)

// readExpenseCSV reads a table of participants, one a row. Its columns are
// weights tables, besides the reserved titles; lines "# key: value" above say
// the rest.
func readExpenseCSV(data []byte, given Given) (*Expense, error) {
	t, err := readTable(data)
	if err != nil {
		return nil, err
	}
	e := &Expense{ID: t.keys["id"].text, Title: t.keys["title"].text}
	for _, step := range []func(*Expense) error{t.readCosts, t.readParticipants, t.readTies, t.readColumns, t.readRule} {
		if err := step(e); err != nil {
			return nil, err
		}
	}
	if err := e.finish(given); err != nil {
		return nil, t.titles[0].wrong(err)
	}
	if t.inGroups() || t.column(columnCap) > 0 || t.column(columnFloor) > 0 {
		// Groups and limits of the rows hold whatever the rule is.
		if e.Rule.Rule, err = t.around(e, e.Rule); err != nil {
			return nil, err
		}
	}
	return e, nil
}

func (t *csvTable) amount(c cell) (Amount, error) {
	a, err := amountOf(c.text, t.italian)
	if err != nil {
		return 0, c.wrong(err)
	}
	return a, nil
}

// readCosts reads the cost, or its net and VAT.
func (t *csvTable) readCosts(e *Expense) error {
	for _, key := range []string{"cost", "net", "vat"} {
		c, ok := t.keys[key]
		if !ok {
			continue
		}
		if key != "cost" && t.keys["cost"].line > 0 {
			return c.wrong(errors.New("stands beside cost: give one cost, or net and vat"))
		}
		a, err := t.amount(c)
		if err != nil {
			return err
		}
		e.Components = append(e.Components, Component{key, a})
	}
	return nil
}

func (t *csvTable) readParticipants(e *Expense) error {
	seen := map[string]bool{}
	for _, row := range t.rows {
		switch name := row[0].text; {
		case name == "":
			return row[0].wrong(errors.New("a participant must have a name"))
		case seen[name]:
			return row[0].wrong(errCSVTwice)
		}
		seen[row[0].text] = true
		e.Ties.Order = append(e.Ties.Order, row[0].text)
	}
	e.book.listEveryone(e.Ties.Order)
	return nil
}

func (t *csvTable) readTies(e *Expense) error {
	if c, ok := t.keys["ties"]; ok {
		if c.text != "order" && c.text != "name" {
			return c.wrong(errors.New(`must be "order" or "name"`))
		}
		e.Ties.ByName = c.text == "name"
	}
	if i := t.column(columnOddCents); i > 0 {
		e.Ties.OddCents = map[string]int{}
		for _, row := range t.rows {
			if row[i].text == "" {
				continue
			}
			paid, err := strconv.Atoi(row[i].text)
			if err != nil || paid < 0 || paid > participantsMax {
				return row[i].wrong(fmt.Errorf("must be a whole number from 0 to %d", participantsMax))
			}
			e.Ties.OddCents[row[0].text] = paid
		}
	}
	return nil
}

// readColumns makes a weights table of every column that is not reserved. An
// empty cell weighs zero.
func (t *csvTable) readColumns(e *Expense) error {
	for i, title := range t.titles {
		if i == 0 || slices.Contains([]string{columnCap, columnFloor, columnOddCents, columnGroup}, title.text) {
			continue
		}
		names, weights := make([]string, len(t.rows)), make([]decimal.Decimal, len(t.rows))
		for k, row := range t.rows {
			names[k] = row[0].text
			if row[i].text == "" {
				continue
			}
			var err error
			if weights[k], err = numberOf(row[i].text, t.italian); err == nil && weights[k].IsNegative() {
				err = errors.New("must not be negative")
			}
			if err != nil {
				return row[i].wrong(err)
			}
		}
		table, err := ByWeights(names, weights)
		if err != nil {
			return title.wrong(err)
		}
		e.book.add(title.text, table)
	}
	return nil
}

func (t *csvTable) readRule(e *Expense) error {
	c, ok := t.keys["rule"]
	if !ok {
		return nil
	}
	var err error
	if e.Rule, err = e.RuleNamed(c.text); err != nil {
		return c.wrong(err)
	}
	return nil
}
