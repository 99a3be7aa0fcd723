package subsidies

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"colletta/money"
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
	// ErrCase says that the measure fails one of its own worked cases; it names
	// the first. Args: line, number (from 1), got, expect.
	ErrCase = refusal.New(refusal.KindInvalid, "measure_case_fails")
)

const (
	measureBytesMax = 256 << 10
	bracketsMax     = 1000
	depthMax        = 20
	casesMax        = 10_000
)

// The file of a measure, as it is written.
type (
	measureFile struct {
		ID   string `yaml:"id"`
		Name struct {
			IT string `yaml:"it"`
			EN string `yaml:"en"`
		} `yaml:"name"`
		Note   string `yaml:"note"`
		Source struct {
			Act  string `yaml:"act"`
			Date day    `yaml:"date"`
			URL  string `yaml:"url"`
		} `yaml:"source"`
		Checked day `yaml:"checked"`
		Valid   struct {
			From day `yaml:"from"`
			To   day `yaml:"to"`
		} `yaml:"valid"`
		ISEE  string `yaml:"isee"`
		Scope struct {
			Categories     []string `yaml:"categories"`
			CommunityKinds []string `yaml:"community_kinds"`
			Communities    []string `yaml:"communities"`
		} `yaml:"scope"`
		Rule struct {
			Brackets []bracketFile `yaml:"brackets"`
			Linear   *linearFile   `yaml:"linear"`
		} `yaml:"rule"`
		Cap *struct {
			Amount number `yaml:"amount"`
			Per    string `yaml:"per"`
		} `yaml:"cap"`
		Missing missingFile `yaml:"missing_isee"`
		Cases   []caseFile  `yaml:"cases"`
	}
	bracketFile struct {
		From    *number `yaml:"from"`  // inclusive, optional: it must meet the bound before
		Above   *number `yaml:"above"` // exclusive, optional
		UpTo    *number `yaml:"up_to"` // inclusive
		Below   *number `yaml:"below"` // exclusive
		Percent *number `yaml:"percent"`
		Amount  *number `yaml:"amount"`
	}
	linearFile struct {
		From        number `yaml:"isee_from"`
		PercentFrom number `yaml:"percent_from"`
		To          number `yaml:"isee_to"`
		PercentTo   number `yaml:"percent_to"`
	}
	caseFile struct {
		ISEE   *number `yaml:"isee"`
		Price  number  `yaml:"price"`
		Expect number  `yaml:"expect"`
	}
	// missingFile is the word not_eligible or a portion.
	missingFile struct {
		set, grants     bool
		Percent, Amount *number
	}
	// number is an exact decimal with at most two places, taken from the text so
	// that no binary fraction comes between: euro in cents, percent in basis
	// points.
	number money.Amount
	day    time.Time
)

// UnmarshalYAML reads the text of a scalar.
func (n *number) UnmarshalYAML(node ast.Node) error {
	amount, err := money.Parse(node.GetToken().Value)
	if err != nil || amount < 0 {
		return fmt.Errorf("line %d: %q is no number with at most two decimals", lineOf(node), node.GetToken().Value)
	}
	*n = number(amount)
	return nil
}

// UnmarshalYAML reads YYYY-MM-DD.
func (d *day) UnmarshalYAML(node ast.Node) error {
	t, err := time.Parse(time.DateOnly, node.GetToken().Value)
	if err != nil {
		return fmt.Errorf("line %d: %q is no date YYYY-MM-DD", lineOf(node), node.GetToken().Value)
	}
	*d = day(t)
	return nil
}

// UnmarshalYAML reads not_eligible, or one of percent and amount.
func (m *missingFile) UnmarshalYAML(node ast.Node) error {
	m.set = true
	if s, ok := node.(*ast.StringNode); ok {
		if s.Value != "not_eligible" {
			return fmt.Errorf("line %d: missing_isee is not_eligible or a percent or an amount", lineOf(node))
		}
		return nil
	}
	m.grants = true
	var p struct {
		Percent *number `yaml:"percent"`
		Amount  *number `yaml:"amount"`
	}
	if err := yaml.NodeToValue(node, &p, yaml.Strict()); err != nil {
		return err
	}
	m.Percent, m.Amount = p.Percent, p.Amount
	return nil
}

func lineOf(node ast.Node) int {
	if t := node.GetToken(); t != nil && t.Position != nil {
		return t.Position.Line
	}
	return 0
}

// LoadMeasure reads a measure from YAML and proves it on its own worked cases.
// It returns refusals with the line: [ErrSyntax], [ErrField], [ErrPortion],
// [ErrBracketsOrder], [ErrBracketsHole], [ErrBracketsOverlap], [ErrCapNeeded] or
// [ErrCase].
func LoadMeasure(data []byte) (*Measure, error) {
	if len(data) > measureBytesMax {
		return nil, ErrSyntax.With("line", 0, "detail", "file too big")
	}
	if line := tooDeep(data); line > 0 {
		return nil, ErrSyntax.With("line", line, "detail", "nested too deep")
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, syntax(err)
	}
	for _, doc := range tree.Docs {
		var found aliases
		ast.Walk(&found, doc)
		if found.line > 0 {
			return nil, ErrSyntax.With("line", found.line, "detail", "anchors and aliases are not allowed")
		}
	}
	var f measureFile
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&f); err != nil {
		return nil, syntax(err)
	}
	r := reader{tree}
	m, err := r.measure(f)
	if err != nil {
		return nil, err
	}
	return m, r.prove(m)
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

var lineInError = regexp.MustCompile(`(?:^\[|line )(\d+)`)

// syntax turns an error of the YAML library into a refusal; the library writes
// the line at the beginning, as [line:column].
func syntax(err error) error {
	text := yaml.FormatError(err, false, false)
	line := 0
	if found := lineInError.FindStringSubmatch(text); found != nil {
		fmt.Sscan(found[1], &line)
	}
	return ErrSyntax.With("line", line, "detail", text)
}

// reader knows the tree of the file, to say lines.
type reader struct{ tree *ast.File }

// at returns a refusal with the line of a path, or of its nearest parent.
func (r reader) at(path string, e *refusal.Error, pairs ...any) error {
	line := 1
	if p, err := yaml.PathString(path); err == nil {
		if node, err := p.FilterFile(r.tree); err == nil {
			line = lineOf(node)
		}
	}
	return e.With(append([]any{"line", line}, pairs...)...)
}

var measureID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func (r reader) measure(f measureFile) (*Measure, error) {
	m := &Measure{
		ID: f.ID, Name: Name{f.Name.IT, f.Name.EN}, Note: f.Note,
		Source:  Source{f.Source.Act, time.Time(f.Source.Date), f.Source.URL},
		Checked: time.Time(f.Checked), From: time.Time(f.Valid.From), To: time.Time(f.Valid.To),
		ISEEKind: ISEEKind(f.ISEE), Scope: Scope{f.Scope.Categories, f.Scope.CommunityKinds, f.Scope.Communities},
	}
	for _, check := range []struct {
		path string
		ok   bool
	}{
		{"id", measureID.MatchString(m.ID)},
		{"name", m.Name.IT != "" && m.Name.EN != ""},
		{"source", m.Source.Act != "" && !m.Source.Date.IsZero()},
		{"checked", !m.Checked.IsZero()},
		{"valid", !m.From.IsZero() && !m.To.Before(m.From)},
		{"isee", slices.Contains(ISEEKinds(), m.ISEEKind)},
		{"rule", (len(f.Rule.Brackets) > 0) != (f.Rule.Linear != nil) && len(f.Rule.Brackets) <= bracketsMax},
		{"missing_isee", f.Missing.set},
		{"cases", len(f.Cases) > 0 && len(f.Cases) <= casesMax},
	} {
		if !check.ok {
			return nil, r.at("$."+check.path, ErrField, "field", check.path)
		}
	}
	if err := r.rule(f, m); err != nil {
		return nil, err
	}
	if f.Cap != nil {
		if f.Cap.Amount == 0 || perItalian[f.Cap.Per] == "" {
			return nil, r.at("$.cap", ErrField, "field", "cap")
		}
		m.Cap, m.CapPer = (*money.Amount)(&f.Cap.Amount), f.Cap.Per
	}
	if m.Cap == nil && m.reachesAll() {
		return nil, r.at("$.rule", ErrCapNeeded)
	}
	for _, c := range f.Cases {
		m.Cases = append(m.Cases, Case{(*money.Amount)(c.ISEE), money.Amount(c.Price), money.Amount(c.Expect)})
	}
	return m, nil
}

func (r reader) rule(f measureFile, m *Measure) error {
	for i, b := range f.Rule.Brackets {
		bracket, err := r.bracket(fmt.Sprintf("$.rule.brackets[%d]", i), b, m.Rule.Brackets)
		if err != nil {
			return err
		}
		m.Rule.Brackets = append(m.Rule.Brackets, bracket)
	}
	if l := f.Rule.Linear; l != nil {
		m.Rule.Linear = &Linear{money.Amount(l.From), money.Amount(l.To), int64(l.PercentFrom), int64(l.PercentTo)}
		if l.From >= l.To || l.PercentFrom < l.PercentTo || l.PercentFrom > 100_00 || l.PercentFrom == 0 {
			return r.at("$.rule.linear", ErrField, "field", "linear")
		}
	}
	if f.Missing.grants {
		p, ok := portionOf(f.Missing.Percent, f.Missing.Amount)
		if !ok {
			return r.at("$.missing_isee", ErrPortion)
		}
		m.Missing = &p
	}
	return nil
}

// bracket checks that a bracket begins where the one before ends.
func (r reader) bracket(path string, b bracketFile, before []Bracket) (Bracket, error) {
	if (b.UpTo == nil) == (b.Below == nil) || b.From != nil && b.Above != nil {
		return Bracket{}, r.at(path, ErrField, "field", "brackets")
	}
	portion, ok := portionOf(b.Percent, b.Amount)
	if !ok {
		return Bracket{}, r.at(path, ErrPortion)
	}
	bracket := Bracket{Portion: portion}
	if b.UpTo != nil {
		bracket.Bound, bracket.Inclusive = money.Amount(*b.UpTo), true
	} else {
		bracket.Bound = money.Amount(*b.Below)
	}
	// Places on a line of half cents: just before a sum, the sum, just after it.
	start := int64(0)
	if len(before) > 0 {
		start = before[len(before)-1].end()
	}
	stated := start
	if b.From != nil {
		stated = int64(*b.From) * 2
	} else if b.Above != nil {
		stated = int64(*b.Above)*2 + 1
	}
	switch {
	case bracket.end() <= start:
		return Bracket{}, r.at(path, ErrBracketsOrder, "bound", bracket.Bound)
	case stated > start:
		return Bracket{}, r.at(path, ErrBracketsHole, "bound", money.Amount(start/2))
	case stated < start:
		return Bracket{}, r.at(path, ErrBracketsOverlap, "bound", money.Amount(start/2))
	}
	return bracket, nil
}

// end is where the next bracket begins, in half cents: odd means just after the
// bound.
func (b Bracket) end() int64 {
	if b.Inclusive {
		return b.Bound.Cents()*2 + 1
	}
	return b.Bound.Cents() * 2
}

func portionOf(percent, amount *number) (Portion, bool) {
	switch {
	case percent != nil && amount == nil:
		return Portion{BasisPoints: int64(*percent)}, *percent > 0 && *percent <= 100_00
	case amount != nil && percent == nil:
		return Portion{Amount: money.Amount(*amount)}, *amount > 0
	}
	return Portion{}, false
}

func (m *Measure) reachesAll() bool {
	all := m.Missing != nil && m.Missing.BasisPoints == 100_00
	for _, b := range m.Rule.Brackets {
		all = all || b.Portion.BasisPoints == 100_00
	}
	return all || m.Rule.Linear != nil && m.Rule.Linear.BasisPointsFrom == 100_00
}

// prove runs the worked cases on the first day of validity.
func (r reader) prove(m *Measure) error {
	for i, c := range m.Cases {
		grant, _ := m.Evaluate(Situation{ISEE: c.ISEE, Date: m.From})
		if got := grant.Of(c.Price); got != c.Expect {
			return r.at(fmt.Sprintf("$.cases[%d]", i), ErrCase, "number", i+1, "got", got, "expect", c.Expect)
		}
	}
	return nil
}
