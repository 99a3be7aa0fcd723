package subsidies

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"colletta/refusal"
)

// The refusals of a measure's file. Each carries the line, from 1.
var (
	// ErrSyntax says that the file is not YAML, or has a field or a value that
	// measures do not have. Args: line, detail (English).
	ErrSyntax = refusal.New(refusal.KindInvalid, "measure_syntax")
	// ErrField says that a field is missing or has an impossible value. Args: line, field.
	ErrField = refusal.New(refusal.KindInvalid, "measure_field")
	// ErrBracketsOrder says that bounds do not rise. Args: line, bound.
	ErrBracketsOrder = refusal.New(refusal.KindInvalid, "measure_brackets_order")
	// ErrBracketsHole says that no bracket covers some ISEE. Args: line, bound.
	ErrBracketsHole = refusal.New(refusal.KindInvalid, "measure_brackets_hole")
	// ErrBracketsOverlap says that two brackets cover the same ISEE. Args: line, bound.
	ErrBracketsOverlap = refusal.New(refusal.KindInvalid, "measure_brackets_overlap")
	// ErrPortion says that a portion has not exactly one of percent (above 0, up
	// to 100, two decimals) and amount (above 0). Args: line.
	ErrPortion = refusal.New(refusal.KindInvalid, "measure_portion")
	// ErrCapNeeded says that a rule which can reach 100 percent has no cap: the
	// price would not matter to the family any more. Args: line.
	ErrCapNeeded = refusal.New(refusal.KindInvalid, "measure_cap_needed")
	// ErrRule says what is wrong in an expression or in a part of the rule. Args:
	// line, column (0 if there is none), detail (English).
	ErrRule = refusal.New(refusal.KindInvalid, "measure_rule")
	// ErrCase says that the measure fails one of its own worked cases; it names
	// the first. Args: line, number (from 1), name, output, got, expect, trace
	// (a Trace).
	ErrCase = refusal.New(refusal.KindInvalid, "measure_case_fails")
)

const (
	measureBytesMax = 256 << 10
	bracketsMax     = 1000
	depthMax        = 20
	casesMax        = 10_000
)

func lineOf(node ast.Node) int {
	if t := node.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// LoadMeasure reads a measure from YAML and proves it on its own worked cases.
// It returns refusals with the line: [ErrSyntax], [ErrField], [ErrPortion],
// [ErrBracketsOrder], [ErrBracketsHole], [ErrBracketsOverlap], [ErrCapNeeded],
// [ErrRule] or [ErrCase].
func LoadMeasure(data []byte) (*Measure, error) {
	f, r, err := readFile(data)
	if err != nil {
		return nil, err
	}
	m, err := r.measure(f)
	if err != nil {
		return nil, err
	}
	if err := r.prove(f, m); err != nil {
		return nil, err
	}
	return m, nil
}

// readFile reads the YAML strictly.
func readFile(data []byte) (f measureFile, r reader, err error) {
	if len(data) > measureBytesMax {
		return f, r, ErrSyntax.With("line", 0, "detail", "file too big")
	}
	if line := tooDeep(data); line > 0 {
		return f, r, ErrSyntax.With("line", line, "detail", "nested too deep")
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return f, r, syntax(err)
	}
	for _, doc := range tree.Docs {
		var found aliases
		ast.Walk(&found, doc)
		if found.line > 0 {
			return f, r, ErrSyntax.With("line", found.line, "detail", "anchors and aliases are not allowed")
		}
	}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&f); err != nil {
		return f, r, syntax(err)
	}
	return f, reader{tree}, nil
}

// tooDeep returns the first line on which brackets or dashes nest deeper than
// any measure needs, or 0: the parser's time grows with the square of the
// depth. Brackets inside texts count too; a sentence seldom leaves 20 open.
func tooDeep(data []byte) int {
	open := 0
	for i, line := range bytes.Split(data, []byte("\n")) {
		if bytes.Count(line, []byte("- ")) > depthMax && bytes.HasPrefix(bytes.TrimLeft(line, " "), []byte("- - ")) {
			return i + 1
		}
		for _, c := range line {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(open-1, 0)
			}
			if open > depthMax {
				return i + 1
			}
		}
	}
	return 0
}

// aliases finds the first anchor or alias: a few of them can stand for a text
// of any size, and two places of a measure that say the same should say it.
type aliases struct{ line int }

// Visit is called by ast.Walk for each node.
func (a *aliases) Visit(node ast.Node) ast.Visitor {
	switch node.(type) {
	case *ast.AnchorNode, *ast.AliasNode:
		if a.line == 0 {
			a.line = lineOf(node)
		}
	}
	return a
}

var kindInError = regexp.MustCompile(`cannot unmarshal .*`)

var lineInError = regexp.MustCompile(`(?:^\[|line )(\d+)`)

// syntax turns an error of the YAML library into a refusal; the library writes
// the line at the beginning, as [line:column].
func syntax(err error) error {
	text := yaml.FormatError(err, false, false)
	line := 0
	if found := lineInError.FindStringSubmatch(text); found != nil {
		fmt.Sscan(found[1], &line)
	}
	switch {
	case strings.Contains(text, "found character '\t'"):
		text = "a tab: indent with spaces"
	case strings.Contains(text, "cannot unmarshal"):
		text = kindInError.ReplaceAllString(text, "a value of another kind is expected here: one text or number, or a list; see docs/measures.md")
	case strings.Contains(text, "unknown field") || strings.Contains(text, "mapping value is not allowed"):
		text += "; a text or an expression that holds a comma, a colon or # stands between quotes (look at the line above too)"
	}
	return ErrSyntax.With("line", line, "detail", text)
}

// reader knows the tree of the file, to say lines.
type reader struct{ tree *ast.File }

// at returns a refusal with the line of a path, or of the nearest part of it that
// is in the file.
func (r reader) at(path string, e *refusal.Error, pairs ...any) error {
	return e.With(append([]any{"line", r.line(path)}, pairs...)...)
}

func (r reader) line(path string) int {
	for {
		if p, err := yaml.PathString(path); err == nil {
			if node, err := p.FilterFile(r.tree); err == nil && node != nil {
				return lineOf(node)
			}
		}
		cut := strings.LastIndexAny(path, ".[")
		if cut <= 1 {
			return 1
		}
		path = path[:cut]
	}
}

// wrong refuses a part of the rule.
func (r reader) wrong(path, format string, args ...any) error {
	return r.at(path, ErrRule, "column", 0, "detail", fmt.Sprintf(format, args...))
}

var measureID = regexp.MustCompile(`^[a-z0-9]+([-_][a-z0-9]+)*$`)

func (r reader) measure(f measureFile) (*Measure, error) {
	m := &Measure{
		ID: f.ID, Name: Name(f.Name), Note: f.Note,
		Source:  Source{f.Source.Act, time.Time(f.Source.Date), f.Source.URL, f.Source.Protocol},
		Checked: time.Time(f.Checked), From: time.Time(f.Valid.From), To: time.Time(f.Valid.To),
		Scope: Scope(f.Scope),
	}
	if f.ISEE != iseeNone {
		m.ISEEKind = iseeKindOf(f.ISEE)
	}
	for _, check := range []struct {
		path string
		ok   bool
	}{
		{"id", measureID.MatchString(m.ID)},
		{"name", m.Name.IT != "" && m.Name.EN != ""},
		{"source", m.Source.Act != "" && !m.Source.Date.IsZero()},
		{"checked", !m.Checked.IsZero()},
		{"valid", !m.From.IsZero() && !m.To.Before(m.From) && dayOf(m.From) >= dayFirst && dayOf(m.To) <= dayLast},
		{"isee", m.ISEEKind != "" || f.ISEE == iseeNone},
		{"cases", len(f.Cases) > 0 && len(f.Cases) <= casesMax},
	} {
		if !check.ok {
			return nil, r.at("$."+check.path, ErrField, "field", check.path)
		}
	}
	if err := r.rules(f, m); err != nil {
		return nil, err
	}
	return m, r.policies(f, m)
}

// rules reads the one of the two kinds of rule that the file has.
func (r reader) rules(f measureFile, m *Measure) error {
	switch {
	case f.Rule == nil && len(f.Steps) == 0:
		return r.at("$.rule", ErrField, "field", "rule, steps")
	case f.Rule != nil && len(f.Steps) > 0:
		return r.wrong("$.rule", "a measure has either a rule on a price (rule) or steps, not both")
	case f.Rule != nil:
		for _, other := range []struct {
			name  string
			given bool
		}{
			{"inputs", len(f.Inputs.names) > 0}, {"parameters", len(f.Parameters.names) > 0}, {"eligible", len(f.Eligible) > 0},
			{"outputs", len(f.Outputs) > 0}, {"rounding", f.Rounding != nil},
		} {
			if other.given {
				return r.wrong("$."+other.name, "%s goes with steps, not with a rule on a price", other.name)
			}
		}
		return r.priceRule(f, m)
	}
	for _, other := range []struct {
		name  string
		given bool
	}{{"cap", f.Cap != nil}, {"missing_isee", f.Missing != nil}} {
		if other.given {
			return r.wrong("$."+other.name, "%s goes with a rule on a price; with steps write at_most, or missing in the brackets", other.name)
		}
	}
	return r.formula(f, m)
}
