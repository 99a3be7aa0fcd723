package money

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
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

// cell is one value of the table and where it stands.
type cell struct {
	text         string
	line, column int
	title        string
}

func (c cell) wrong(err error) error {
	var already *FileError
	if errors.As(err, &already) {
		return err
	}
	return &FileError{Line: c.line, Column: c.column, Path: c.title, Value: c.text, Err: err}
}

// csvTable is a file in CSV, read but not yet understood.
type csvTable struct {
	keys    map[string]cell
	titles  []cell
	rows    [][]cell
	italian bool
}

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

// readTable cuts the file into cells and decides how it writes numbers.
func readTable(data []byte) (*csvTable, error) {
	t := &csvTable{keys: map[string]cell{}}
	line := 1
	for len(data) > 0 {
		text, rest, _ := bytes.Cut(data, []byte("\n"))
		trimmed := strings.TrimSpace(string(text))
		if trimmed != "" && trimmed[0] != '#' {
			break
		}
		if err := t.key(trimmed, line); err != nil {
			return nil, err
		}
		data = rest
		line++
	}
	r := csv.NewReader(bytes.NewReader(data))
	r.FieldsPerRecord = -1
	r.TrimLeadingSpace = true
	titles, _, _ := bytes.Cut(data, []byte("\n"))
	for _, comma := range []rune{';', '\t', ','} {
		if r.Comma = comma; bytes.ContainsRune(titles, comma) {
			break
		}
	}
	if err := t.readCells(r, line-1); err != nil {
		return nil, err
	}
	if len(t.rows) == 0 {
		return nil, &FileError{Line: line, Column: 1, Err: errCSVEmpty}
	}
	return t, t.decideNumbers()
}

// key reads "# key: value"; a comment without a colon says nothing.
func (t *csvTable) key(text string, line int) error {
	name, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(text, "#")), ":")
	if !ok {
		return nil
	}
	name = strings.ToLower(strings.TrimSpace(name))
	c := cell{strings.TrimSpace(value), line, 1, name}
	if !slices.Contains(csvKeys, name) {
		return c.wrong(errCSVKey)
	}
	if _, twice := t.keys[name]; twice {
		return c.wrong(errCSVTwice)
	}
	t.keys[name] = c
	return nil
}

// readCells reads titles and rows; above is the number of lines before them.
func (t *csvTable) readCells(r *csv.Reader, above int) error {
	for {
		record, err := r.Read()
		if err == io.EOF {
			return nil
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			return &FileError{Line: wrong.Line + above, Column: wrong.Column, Err: fmt.Errorf("%w: %w", errCSV, wrong.Err)}
		}
		if err != nil {
			return &FileError{Line: above + 1, Column: 1, Err: errCSV}
		}
		row := make([]cell, len(record))
		for i, text := range record {
			line, column := r.FieldPos(i)
			row[i] = cell{text: strings.TrimSpace(text), line: line + above, column: column}
			if t.titles != nil && i < len(t.titles) {
				row[i].title = t.titles[i].text
			}
		}
		switch {
		case t.titles == nil:
			if err := t.setTitles(row); err != nil {
				return err
			}
		case len(row) != len(t.titles):
			return row[0].wrong(errCSVCells)
		case len(t.rows) == participantsMax:
			return row[0].wrong(fmt.Errorf("is one participant more than %d", participantsMax))
		default:
			t.rows = append(t.rows, row)
		}
	}
}

func (t *csvTable) setTitles(row []cell) error {
	seen := map[string]bool{}
	for i, c := range row {
		switch {
		case c.text == "":
			return c.wrong(errCSVTitle)
		case seen[c.text]:
			return c.wrong(errCSVTwice)
		case i > 0 && c.text == ruleEqual:
			return c.wrong(errors.New("is the name of a rule: give the column another title"))
		}
		seen[c.text] = true
	}
	t.titles = row
	return nil
}

// column is the place of a title; 0, which is that of the names, if it is not
// there.
func (t *csvTable) column(title string) int {
	return max(slices.IndexFunc(t.titles, func(c cell) bool { return c.text == title }), 0)
}

// decideNumbers finds out whether numbers are written as in Italy. Every cell with
// a comma or a point is a witness; a point before three digits needs one.
func (t *csvTable) decideNumbers() error {
	if c, ok := t.keys["numbers"]; ok {
		t.italian = c.text == "italian"
		if !t.italian && c.text != "plain" {
			return c.wrong(errors.New(`must be "italian" or "plain"`))
		}
		return nil
	}
	var plain, italian, doubt *cell
	witness := func(c cell) {
		switch {
		case surelyPlain.MatchString(c.text) && plain == nil:
			plain = &c
		case surelyItalian.MatchString(c.text) && italianNumber.MatchString(c.text) && italian == nil:
			italian = &c
		case doubtful.MatchString(c.text) && doubt == nil:
			doubt = &c
		}
	}
	for _, row := range t.rows {
		for _, c := range row[1:] {
			if c.title != columnGroup {
				witness(c)
			}
		}
	}
	switch {
	case plain != nil && italian != nil:
		return italian.wrong(errCSVStyles)
	case plain == nil && italian == nil && doubt != nil:
		return doubt.wrong(errCSVDoubt)
	}
	t.italian = italian != nil
	return nil
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
