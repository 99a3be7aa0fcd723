package subsidies

import (
	"bytes"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"colletta/refusal"
)

// The refusals of a measure's file. Each carries the line, from 1.
var (
	// ErrSyntax says that the file is not YAML, or has a field or a value that
	// measures do not have. Args: line, column (0 if there is none), detail (a [Phrase]).
	ErrSyntax = refusal.New(refusal.KindInvalid, "measure_syntax")
	// ErrField says that a field is missing or has an impossible value. Args: line,
	// field, detail (a [Phrase]: what is expected).
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
	// line, column (0 if there is none), detail (a [Phrase]).
	ErrRule = refusal.New(refusal.KindInvalid, "measure_rule")
	// ErrCase says that the measure fails one of its own worked cases; it names
	// the first. Args: line, number (from 1), name, output, got, expect, trace
	// (a Trace), traces (a Trace by [Lang]), part (cases or funding_cases), others
	// (numbers of the other cases of the part that fail).
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
// It returns refusals with the line, a [refusal.List] if there are several:
// [ErrSyntax], [ErrField], [ErrPortion], [ErrBracketsOrder], [ErrBracketsHole],
// [ErrBracketsOverlap], [ErrCapNeeded], [ErrRule] or [ErrCase]. Everything that
// is wrong in the fields is told at once, then everything in the rule, then the
// first case that fails: what stands on a wrong part is not told.
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
	if err := r.proveGrant(m); err != nil {
		return nil, err
	}
	return m, nil
}

// readFile reads the YAML strictly.
func readFile(data []byte) (f measureFile, r reader, err error) {
	if len(data) > measureBytesMax {
		return f, r, ErrSyntax.With("line", 0, "detail", phrase("the file is larger than %d KiB", measureBytesMax>>10))
	}
	data, err = utf8Text(data)
	if err != nil {
		return f, r, err
	}
	if line := tooDeep(data); line > 0 {
		return f, r, ErrSyntax.With("line", line, "detail", phrase("brackets or lists nest deeper than %d", depthMax))
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return f, r, lookedAt(data, syntax(err))
	}
	for _, doc := range tree.Docs {
		var found aliases
		ast.Walk(&found, doc)
		if found.line > 0 {
			return f, r, ErrSyntax.With("line", found.line, "detail", phrase("anchors and aliases (& and *) are not allowed: write the value again, or put the text between quotes"))
		}
	}
	var all faults
	switch {
	case len(tree.Docs) == 0 || tree.Docs[0].Body == nil:
		return f, r, ErrSyntax.With("line", 1, "column", 0, "detail", phrase("the file is empty: a measure begins with id: and its name"))
	case len(tree.Docs) > 1:
		return f, r, misread(tree.Docs[1], "a file holds one measure: nothing stands after a line ---")
	}
	checkFields(tree.Docs[0].Body, reflect.TypeFor[measureFile](), &all)
	if err := all.err(); err != nil {
		return f, r, lookedAt(data, err)
	}
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&f); err != nil {
		return f, r, syntax(err)
	}
	return f, reader{tree}, nil
}

// utf8Text is the text of a file without the mark of its encoding. It refuses
// what is not UTF-8, with the line of the first byte that is not.
func utf8Text(data []byte) ([]byte, error) {
	encoded := func(line int, as Phrase) error {
		return ErrSyntax.With("line", line, "column", 0, "detail", phrase("the file is %s: save it as UTF-8 (in the editor: Save as, encoding UTF-8)", as))
	}
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	head := data[:min(len(data), 2)]
	if bytes.Equal(head, []byte("\xff\xfe")) || bytes.Equal(head, []byte("\xfe\xff")) || len(head) == 2 && (head[0] == 0) != (head[1] == 0) {
		return nil, encoded(1, phrase("UTF-16 text"))
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return nil, encoded(1+bytes.Count(data[:i], []byte("\n")), phrase("Latin-1 or Windows-1252 text"))
		}
		i += size
	}
	return data, nil
}

// hardSpaceText is a space that does not break, before anything but text.
var hardSpaceText = regexp.MustCompile("^([^\"'#]|\"[^\"]*\"|'[^']*')*?\u00a0")

var (
	dashText  = regexp.MustCompile(`^ *-[a-z{]`)
	colonText = regexp.MustCompile(`: +[^"'{\[#,]*\w : *\w`)
)

// lookedAt says of each error what YAML cannot tell of its line: a space that does
// not break outside of quotes, which nobody sees and YAML reads as a letter, or what
// is written without a space or between no quotes.
func lookedAt(data []byte, err error) error {
	lines := strings.Split(string(data), "\n")
	var all faults
	told := map[int]bool{}
	for _, e := range refusal.All(err) {
		line, _ := e.Args["line"].(int)
		seen := lookAt(lines, line)
		switch {
		case seen == nil:
			all.add(e)
		case !told[lineOfRefusal(seen)]:
			told[lineOfRefusal(seen)] = true
			all.add(seen)
		}
	}
	return all.err()
}

// lookAt looks at a line, and for spaces that do not break at the one before too.
func lookAt(lines []string, line int) *refusal.Error {
	wrong := func(n int, before string, detail Phrase) *refusal.Error {
		return ErrSyntax.With("line", n, "column", utf8.RuneCountInString(before), "detail", detail)
	}
	for _, n := range []int{line, line - 1} {
		if n < 1 || n > len(lines) {
			continue
		}
		if found := hardSpaceText.FindString(lines[n-1]); found != "" {
			return wrong(n, found, phrase("a space that does not break (it is copied from texts and looks like any other): write a plain one"))
		}
	}
	if line < 1 || line > len(lines) {
		return nil
	}
	if found := dashText.FindString(lines[line-1]); found != "" {
		return wrong(line, found, phrase("after the dash of a list there is a space: - name"))
	}
	if found := colonText.FindString(lines[line-1]); found != "" {
		return wrong(line, found, phrase("a colon in an expression: divided by is /, and a choice stands between quotes, \"a ? b : c\""))
	}
	return nil
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

var placeInError = regexp.MustCompile(`^\[(\d+):(\d+)\] ([^\n]*)`)

// syntaxHints say in our words what the YAML library says in its own.
var syntaxHints = []struct{ found, hint string }{
	{"found character '\t'", "a tab: indent with spaces"},
	{"sequence end token ']' not found", "a bracket [ is not closed: ] is expected"},
	{"could not find flow mapping end token '}'", "a bracket { is not closed: } is expected"},
	{"could not find end character of double-quoted", "a text between double quotes has no end"},
	{"could not find end character of single-quoted", "a text between single quotes has no end; an apostrophe inside is written twice, or put the text between double quotes"},
	{"non-map value is specified", "a field with its value is expected here (name: value), indented as the fields beside it"},
	{"already defined at", "a field stands here twice"},
	{"unexpected map key", "a field is not expected here: look at the indentation, and at brackets and quotes of the line above"},
	{"mapping value is not allowed", "a text or an expression that holds a comma, a colon or # stands between quotes; look at the line above too"},
	{"',' or '}' must be specified", "between { and } a comma or the end is expected; a text or an expression that holds a colon stands between quotes"},
	{"',' or ']' must be specified", "between [ and ] a comma or the end is expected; a text that holds a comma or a bracket stands between quotes"},
	{"value is not allowed in this context", "this is not expected here: look at the indentation, and at brackets and quotes of the line above"},
}

// syntax turns an error of the YAML library into a refusal; the library writes
// the place at the beginning, as [line:column].
func syntax(err error) error {
	text := yaml.FormatError(err, false, false)
	line, column := 0, 0
	if found := placeInError.FindStringSubmatch(text); found != nil {
		line, _ = strconv.Atoi(found[1])
		column, _ = strconv.Atoi(found[2])
		text = found[3]
	}
	detail := phrase("the YAML cannot be read: %s", text)
	for _, h := range syntaxHints {
		if strings.Contains(text, h.found) {
			detail = phrase(h.hint)
			break
		}
	}
	return ErrSyntax.With("line", line, "column", column, "detail", detail)
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
	return r.at(path, ErrRule, "column", 0, "detail", phrase(format, args...))
}

var measureID = regexp.MustCompile(`^[a-z0-9]+([-_][a-z0-9]+)*$`)

func (r reader) measure(f measureFile) (*Measure, error) {
	m := &Measure{
		ID: f.ID, Name: Name(f.Name), Note: f.Note, Kind: MeasureKind(f.Kind),
		Source:  Source{f.Source.Act, time.Time(f.Source.Date), f.Source.URL, f.Source.Protocol},
		Checked: time.Time(f.Checked), From: time.Time(f.Valid.From), To: time.Time(f.Valid.To),
		Scope: Scope(f.Scope),
	}
	if m.Kind == "" {
		m.Kind = KindBenefit
	}
	var all faults
	all.add(r.head(f, m))
	if dayOf(m.From) < dayFirst || dayOf(m.From) > dayLast { // what is wrong was told: no day of the rule is measured by it
		m.From = dateOf(dayLast)
	}
	all.add(r.rules(f, m))
	all.add(r.policies(f, m))
	return m, all.err()
}

// head checks the fields that every measure has.
func (r reader) head(f measureFile, m *Measure) error {
	var all faults
	for _, check := range []struct {
		path   string
		ok     bool
		expect Phrase
	}{
		{"id", measureID.MatchString(m.ID), phrase("id is small letters, digits, - and _, for example mensa-2026")},
		{"name", m.Name.IT != "" && m.Name.EN != "", nameExpected(m.Name)},
		{"kind", slices.Contains([]MeasureKind{KindBenefit, KindTariff}, m.Kind), phrase("kind is benefit or tariff")},
		{"source", m.Source.Act != "" && !m.Source.Date.IsZero(), phrase("source is {act: ..., date: 2026-05-14}, with a url or a protocol")},
		{"checked", !m.Checked.IsZero(), phrase("checked is the day on which somebody compared the file with the act, for example 2026-06-01")},
		{"valid", m.From.IsZero() || m.To.IsZero() || !m.To.Before(m.From), phrase("from is after to: the first day is %s, the last one %s", m.From.Format(time.DateOnly), m.To.Format(time.DateOnly))},
		{"valid", !m.From.IsZero() && !m.To.IsZero() && (m.To.Before(m.From) || dayOf(m.From) >= dayFirst && dayOf(m.To) <= dayLast),
			phrase("valid is {from: 2026-09-01, to: 2027-06-30}, both days included, the first one not after the last")},
		{"cases", len(f.Cases) > 0, phrase("cases is empty: write at least one worked case")},
		{"cases", len(f.Cases) <= casesMax, phrase("cases holds from 1 to %d worked cases", casesMax)},
	} {
		if !check.ok {
			all.add(r.at("$."+check.path, ErrField, "field", check.path, "detail", check.expect))
		}
	}
	if !m.Source.Date.IsZero() {
		all.add(r.source(m))
	}
	m.sourceLine, m.checkedLine = r.line("$.source"), r.line("$.checked")
	all.add(r.isee(f, m))
	return all.err()
}

var webAddress = regexp.MustCompile(`^https?://[^\s/]+\.[^\s]+$`)

// source checks that the act can be found, and that it was there when it was
// compared with the file.
func (r reader) source(m *Measure) error {
	var all faults
	refuse := func(field string, expect Phrase) {
		all.add(r.at("$."+field, ErrField, "field", field, "detail", expect))
	}
	switch {
	case m.Source.URL == "" && m.Source.Protocol == "":
		refuse("source", phrase("source needs a url or a protocol, by which the act is found"))
	case m.Source.URL != "" && !webAddress.MatchString(m.Source.URL):
		refuse("source", phrase("the url of source begins with https:// or http://"))
	}
	if !m.Checked.IsZero() && m.Checked.Before(m.Source.Date) {
		refuse("checked", phrase("checked is before the date of the act: an act is compared after it was made"))
	}
	return all.err()
}

// FutureDays refuses an act that is dated after a day, or that was compared with
// the file after it: [ErrField], with the line.
func (m *Measure) FutureDays(today time.Time) error {
	var all faults
	for _, one := range []struct {
		field string
		day   time.Time
		line  int
	}{{"source", m.Source.Date, m.sourceLine}, {"checked", m.Checked, m.checkedLine}} {
		if dayOf(one.day) > dayOf(today) {
			all.add(ErrField.With("line", one.line, "field", one.field, "detail", phrase("%s is in the future", one.day.Format(time.DateOnly))))
		}
	}
	return all.err()
}

// nameExpected says what a name lacks.
func nameExpected(n Name) Phrase {
	switch {
	case n.IT != "":
		return phrase("en is missing: the English name, as in {it: ..., en: ...}")
	case n.EN != "":
		return phrase("it is missing: the Italian name, as in {it: ..., en: ...}")
	}
	return phrase("name is {it: ..., en: ...}")
}

// isee reads the kinds of ISEE that the measure looks at.
func (r reader) isee(f measureFile, m *Measure) error {
	if slices.Equal(f.ISEE, kinds{iseeNone}) {
		return nil
	}
	var all faults
	for i, text := range f.ISEE {
		path := "$.isee"
		if len(f.ISEE) > 1 {
			path = fmt.Sprintf("$.isee[%d]", i)
		}
		kind := iseeKindOf(text)
		switch {
		case kind == "":
			near := nearest(text, strings.Split(joined(ISEEKinds()), ", "))
			detail := phrase("%q is no kind of ISEE; there are: %s, and none where it is not looked at", text, joined(ISEEKinds()))
			if near != "" {
				detail = phrase("%q is no kind of ISEE; is %s meant? There are: %s, and none where it is not looked at", text, near, joined(ISEEKinds()))
			}
			all.add(r.at(path, ErrField, "field", "isee", "detail", detail))
		case slices.Contains(m.ISEEKinds, kind):
			all.add(r.at(path, ErrField, "field", "isee", "detail", phrase("%s is there twice", text)))
		default:
			m.ISEEKinds = append(m.ISEEKinds, kind)
		}
	}
	if len(f.ISEE) == 0 {
		all.add(r.at("$.isee", ErrField, "field", "isee", "detail", phrase("isee is one kind or a list of them: %s; or none where it is not looked at", joined(ISEEKinds()))))
	}
	if len(m.ISEEKinds) > 0 {
		m.ISEEKind = m.ISEEKinds[0]
	}
	return all.err()
}

// rules reads the one of the two kinds of rule that the file has.
func (r reader) rules(f measureFile, m *Measure) error {
	switch {
	case f.Rule == nil && len(f.Steps) == 0:
		return r.at("$.rule", ErrField, "field", "rule, steps", "detail", phrase("a measure has steps, or a rule on a price: write one of them"))
	case f.Rule != nil && len(f.Steps) > 0:
		return r.wrong("$.rule", "a measure has either a rule on a price (rule) or steps, not both")
	case f.Rule != nil:
		if err := r.foreign("%s goes with steps, not with a rule on a price", []foreign{
			{"inputs", len(f.Inputs.names) > 0}, {"parameters", len(f.Parameters.names) > 0}, {"eligible", len(f.Eligible) > 0},
			{"outputs", len(f.Outputs) > 0}, {"rounding", f.Rounding != nil}, {"grant", f.Grant != nil}, {"kind", f.Kind == string(KindTariff)},
		}); err != nil {
			return err
		}
		return r.priceRule(f, m)
	}
	if err := r.foreign("%s goes with a rule on a price; with steps write at_most, or missing in the brackets", []foreign{
		{"cap", f.Cap != nil}, {"missing_isee", f.Missing != nil},
	}); err != nil {
		return err
	}
	if err := r.formula(f, m); err != nil {
		return err
	}
	return r.granting(f, m)
}

// foreign is a field that belongs to the other kind of rule.
type foreign struct {
	name  string
	given bool
}

func (r reader) foreign(why string, fields []foreign) error {
	var all faults
	for _, f := range fields {
		if f.given {
			all.add(r.wrong("$."+f.name, why, f.name))
		}
	}
	return all.err()
}
