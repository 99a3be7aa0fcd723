package money

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
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
