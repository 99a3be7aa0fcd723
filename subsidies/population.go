package subsidies

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"colletta/refusal"
)

// ErrPopulation says that a file of households cannot be read. Args: line and
// column (from 1; 0 when it is the whole file), detail (English).
var ErrPopulation = refusal.New(refusal.KindInvalid, "population")

var errNoInputsNamed = ErrPopulation.With("line", 1, "column", 0, "detail", phrase("the first line must name the inputs of the measure"))

// populationRowsMax is how many households a file may have.
const populationRowsMax = 5_000_000

// Population reads households for one measure from CSV: the first line names its
// inputs, in any order, then one line a household. Cells are as in
// [Facts.Set]; an empty one is missing, elements of a list are separated by
// spaces. The separator is the comma or the semicolon, whichever the first line
// has. Columns that are no input of the measure are refused, unless their name
// begins with an underscore.
type Population struct {
	m       *Measure
	rows    *csv.Reader
	columns []string // names of inputs; empty for a column that is skipped
	line    int
}

// NewPopulation reads the first line. It returns [ErrPopulation].
func NewPopulation(m *Measure, file io.Reader) (*Population, error) {
	p := &Population{m: m}
	head, rest, err := firstLine(file)
	if err != nil {
		return nil, err
	}
	p.rows = csv.NewReader(io.MultiReader(strings.NewReader(head), rest))
	p.rows.ReuseRecord = true
	if strings.Count(head, ";") > strings.Count(head, ",") {
		p.rows.Comma = ';'
	}
	names, err := p.rows.Read()
	if errors.Is(err, io.EOF) {
		return nil, errNoInputsNamed
	}
	if err != nil {
		return nil, p.broken(err)
	}
	for i, name := range names {
		name = strings.TrimSpace(name)
		switch {
		case strings.HasPrefix(name, "_"):
			name = ""
		case m.InputAt(name) < 0:
			return nil, p.refuse(i+1, phrase("%q is no input of the measure; begin the name with _ to skip the column", name))
		case slices.Contains(p.columns, name):
			return nil, p.refuse(i+1, phrase("%q stands twice", name))
		}
		p.columns = append(p.columns, name)
	}
	return p, nil
}

// firstLine takes the first line off a file, without a byte order mark.
func firstLine(file io.Reader) (string, io.Reader, error) {
	const lineBytesMax = 16 << 10
	buffer := make([]byte, lineBytesMax)
	n, err := io.ReadFull(file, buffer)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		return "", nil, fmt.Errorf("read population: %w", err)
	}
	text := strings.TrimPrefix(string(buffer[:n]), "\uFEFF")
	end := strings.IndexByte(text, '\n') + 1
	if end == 0 {
		if n == lineBytesMax || strings.TrimSpace(text) == "" {
			return "", nil, errNoInputsNamed
		}
		end = len(text)
	}
	return text[:end], io.MultiReader(strings.NewReader(text[end:]), file), nil
}

// Next reads one household into facts, over what they hold: what the file does
// not name stays. It returns false after the last one, and [ErrPopulation].
func (p *Population) Next(f *Facts) (bool, error) {
	cells, err := p.rows.Read()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, p.broken(err)
	}
	p.line++
	if p.line > populationRowsMax {
		return false, p.refuse(0, phrase("more than %d households", populationRowsMax))
	}
	for i, cell := range cells {
		name := p.columns[i]
		if name == "" {
			continue
		}
		if err := p.set(f, name, strings.TrimSpace(cell)); err != nil {
			return false, p.refuse(i+1, detailOf(err))
		}
	}
	return true, nil
}

func (p *Population) set(f *Facts, name, cell string) error {
	if !utf8.ValidString(cell) {
		return phrase("is not UTF-8")
	}
	if cell == "" {
		return f.Missing(name)
	}
	if p.m.Inputs[p.m.InputAt(name)].Type.kind().isList() {
		return f.Set(name, strings.Fields(cell)...)
	}
	return f.Set(name, cell)
}

// Line is the line of the file that was read last, from 1.
func (p *Population) Line() int {
	line, _ := p.rows.FieldPos(0)
	return line
}

func (p *Population) refuse(column int, detail error) error {
	return ErrPopulation.With("line", p.Line(), "column", column, "detail", detail)
}

func (p *Population) broken(err error) error {
	var at *csv.ParseError
	if errors.As(err, &at) {
		return ErrPopulation.With("line", at.Line, "column", at.Column, "detail", at.Err.Error())
	}
	return fmt.Errorf("read population: %w", err)
}
