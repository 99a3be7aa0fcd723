package subsidies

import (
	"reflect"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"

	"colletta/money"
)

// The file of a measure, as it is written.
type (
	measureFile struct {
		ID     string     `yaml:"id"`
		Name   nameFile   `yaml:"name"`
		Note   string     `yaml:"note"`
		Source sourceFile `yaml:"source"`

		Checked day `yaml:"checked"`
		Valid   struct {
			From day `yaml:"from"`
			To   day `yaml:"to"`
		} `yaml:"valid"`
		Kind string `yaml:"kind"`
		ISEE kinds  `yaml:"isee"`

		// A price rule.
		Scope   scopeFile    `yaml:"scope"`
		Rule    *ruleFile    `yaml:"rule"`
		Cap     *capFile     `yaml:"cap"`
		Missing *missingFile `yaml:"missing_isee"`

		// A formula.
		Inputs     pairs[inputFile]     `yaml:"inputs"`
		Parameters pairs[parameterFile] `yaml:"parameters"`
		Eligible   []conditionFile      `yaml:"eligible"`
		Steps      []stepFile           `yaml:"steps"`
		Outputs    []string             `yaml:"outputs"`
		Rounding   *roundFile           `yaml:"rounding"`

		Grant    *grantFile    `yaml:"grant"`
		Stacking *stackingFile `yaml:"stacking"`
		Fund     *fundFile     `yaml:"fund"`
		Cases    []caseFile    `yaml:"cases"`
		Rounds   []roundCase   `yaml:"funding_cases"`
	}
	nameFile struct {
		IT string `yaml:"it"`
		EN string `yaml:"en"`
	}
	sourceFile struct {
		Act      string `yaml:"act"`
		Date     day    `yaml:"date"`
		URL      string `yaml:"url"`
		Protocol string `yaml:"protocol"`
	}
	scopeFile struct {
		Categories     []string `yaml:"categories"`
		CommunityKinds []string `yaml:"community_kinds"`
		Communities    []string `yaml:"communities"`
	}
	ruleFile struct {
		Brackets []bracketFile `yaml:"brackets"`
		Linear   *linearFile   `yaml:"linear"`
	}
	capFile struct {
		Amount number `yaml:"amount"`
		Per    string `yaml:"per"`
	}
	// grantFile names the results of a formula that rounds use.
	grantFile struct {
		Percent string `yaml:"percent"`
		Amount  string `yaml:"amount"`
		Cap     string `yaml:"cap"`
		Per     string `yaml:"per"`
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
		Name   string  `yaml:"name"`
		Why    string  `yaml:"why"`
		Date   *day    `yaml:"date"`
		In     *raw    `yaml:"in"` // of a formula
		ISEE   *number `yaml:"isee"`
		Price  *number `yaml:"price"`
		Expect *raw    `yaml:"expect"`
	}
	// missingFile is the word not_eligible or a portion.
	missingFile struct {
		grants          bool
		Percent, Amount *number
	}
	// number is an exact decimal with at most two places, taken from the text so
	// that no binary fraction comes between: euro in cents, percent in basis
	// points.
	number money.Amount
	day    time.Time
)

// The parts of a formula, as they are written.
type (
	inputFile struct {
		Type     string    `yaml:"type"`
		Optional flag      `yaml:"optional"`
		From     *exact    `yaml:"from"`
		To       *exact    `yaml:"to"`
		MaxItems *int      `yaml:"max_items"`
		Of       []string  `yaml:"of"`
		Label    *nameFile `yaml:"label"`
		Unit     unitFile  `yaml:"unit"`
		Item     *nameFile `yaml:"item"`
	}
	// parameterFile is a value, or values with the day from which they hold.
	parameterFile struct{ values []datedFile }
	datedFile     struct {
		From     *day       `yaml:"from"`
		Value    *source    `yaml:"value"`
		Increase *source    `yaml:"increase"`
		Round    *roundFile `yaml:"round"`
	}
	conditionFile struct {
		If source `yaml:"if"`
		IT string `yaml:"it"`
		EN string `yaml:"en"`
	}
	stepFile struct {
		Name       string          `yaml:"name"`
		Label      *nameFile       `yaml:"label"`
		Unit       *unitFile       `yaml:"unit"`
		Value      *source         `yaml:"value"`
		Brackets   *bracketsFile   `yaml:"brackets"`
		Line       *lineFile       `yaml:"line"`
		Table      *tableFile      `yaml:"table"`
		Reductions *reductionsFile `yaml:"reductions"`
		When       *source         `yaml:"when"`
		Otherwise  *source         `yaml:"otherwise"`
		Round      *roundFile      `yaml:"round"`
		AtLeast    *source         `yaml:"at_least"`
		AtMost     sources         `yaml:"at_most"`
		Always     flag            `yaml:"even_if_not_eligible"`
	}
	boundFile struct {
		UpTo  *source `yaml:"up_to"`
		Below *source `yaml:"below"`
	}
	bracketsFile struct {
		Of   source `yaml:"of"`
		Rows []struct {
			From  *source `yaml:"from"`
			After *source `yaml:"above"`
			UpTo  *source `yaml:"up_to"`
			Below *source `yaml:"below"`
			Else  flag    `yaml:"else"`
			Value *source `yaml:"value"`
		} `yaml:"rows"`
		Missing *source `yaml:"missing"`
		Above   *source `yaml:"above"`
	}
	lineFile struct {
		Of      source     `yaml:"of"`
		Points  [][]source `yaml:"points"`
		Before  *source    `yaml:"before"`
		After   *source    `yaml:"after"`
		Missing *source    `yaml:"missing"`
	}
	tableFile struct {
		Rows    axisFile   `yaml:"rows"`
		Columns axisFile   `yaml:"columns"`
		Values  [][]source `yaml:"values"`
		Missing *source    `yaml:"missing"`
		Above   *source    `yaml:"above"`
	}
	axisFile struct {
		Of     source      `yaml:"of"`
		UpTo   []source    `yaml:"up_to"`
		Below  []source    `yaml:"below"`
		Bounds []boundFile `yaml:"bounds"`
		Is     []source    `yaml:"is"`
		Else   flag        `yaml:"else"`
	}
	reductionsFile struct {
		Of   source `yaml:"of"`
		One  string `yaml:"one"`
		All  string `yaml:"all"`
		List []struct {
			If      source `yaml:"if"`
			Percent source `yaml:"percent"`
			IT      string `yaml:"it"`
			EN      string `yaml:"en"`
		} `yaml:"list"`
	}
	roundFile struct {
		To   exact  `yaml:"to"`
		Mode string `yaml:"mode"`
	}
)

// Policies and their worked cases, as they are written.
type (
	stackingFile struct {
		With     *raw     `yaml:"with"`
		Without  []string `yaml:"without"`
		After    []string `yaml:"after"`
		Basis    string   `yaml:"basis"`
		Conflict string   `yaml:"conflict"`
		Note     string   `yaml:"note"`
	}
	fundFile struct {
		Mode  string `yaml:"mode"`
		Order []struct {
			By    string `yaml:"by"`
			Dir   string `yaml:"dir"`
			First *flag  `yaml:"first"`
		} `yaml:"order"`
		Partial     string `yaml:"partial"`
		OnShortfall string `yaml:"on_shortfall"`
		ProRata     flag   `yaml:"pro_rata"`
		Reserve     []struct {
			Share source `yaml:"share"`
			If    string `yaml:"if"`
		} `yaml:"reserve"`
		Note string `yaml:"note"`
	}
	roundCase struct {
		Name       string `yaml:"name"`
		Why        string `yaml:"why"`
		Budget     number `yaml:"budget"`
		Applicants []*raw `yaml:"applicants"`
		Expect     struct {
			Ranking []string      `yaml:"ranking"`
			Granted pairs[number] `yaml:"granted"`
			Left    *number       `yaml:"left"`
		} `yaml:"expect"`
	}
)

// source is an expression with its place in the file.
type source struct {
	text         string
	line, column int // from 1; column is that of the first letter
}

// sources is one expression or a list of them.
type sources []source

// kinds is one kind of ISEE or a list of them, the first that is there before the others.
type kinds []string

// unitFile is a unit: one text for both languages, or one for each.
type unitFile nameFile

// flag is yes or no, written as inputs are.
type flag bool

// exact is a number of any precision.
type exact Number

// raw keeps a part of the file to be read later.
type raw struct{ node ast.Node }

// pairs is a mapping in the order of the file.
type pairs[T any] struct {
	names []string
	lines []int
	of    []T
}

// UnmarshalYAML reads the text of a scalar.
func (n *number) UnmarshalYAML(node ast.Node) error {
	amount, err := money.Parse(node.GetToken().Value)
	if err != nil || amount < 0 {
		return misread(node, "%q is no number for this place: write 80 or 15000.00, with a point before the decimals (two at most), nothing between thousands, no € and no %%", node.GetToken().Value)
	}
	*n = number(amount)
	return nil
}

// UnmarshalYAML reads YYYY-MM-DD.
func (d *day) UnmarshalYAML(node ast.Node) error {
	text := node.GetToken().Value
	t, err := time.Parse(time.DateOnly, text)
	switch {
	case err != nil && dayText.MatchString(text):
		return misread(node, "there is no day %s: its form is right, but the month is shorter, or there is no such month", text)
	case err != nil:
		return misread(node, "%q is no date: write it as 2026-12-31", text)
	}
	*d = day(t)
	return nil
}

// held is a percent or an amount.
func (m *missingFile) held(node ast.Node) reflect.Type {
	if _, ok := scalarText(node); ok {
		return nil
	}
	return reflect.TypeFor[struct {
		Percent *number `yaml:"percent"`
		Amount  *number `yaml:"amount"`
	}]()
}

// UnmarshalYAML reads not_eligible, or one of percent and amount.
func (m *missingFile) UnmarshalYAML(node ast.Node) error {
	if s, ok := node.(*ast.StringNode); ok {
		if s.Value != "not_eligible" {
			return misread(node, "missing_isee is not_eligible, or {percent: 20}, or {amount: 5.00}")
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

// scalarText is the text of a scalar as it is written; false for anything else.
func scalarText(node ast.Node) (string, bool) {
	switch n := node.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode, *ast.InfinityNode, *ast.NanNode:
		return node.GetToken().Value, true
	}
	return "", false
}

// UnmarshalYAML reads an expression.
func (s *source) UnmarshalYAML(node ast.Node) error {
	text, ok := scalarText(node)
	if !ok {
		return misread(node, "an expression is expected here, for example 100.00 or \"isee * 8 / 30000\"")
	}
	*s = source{text: text, line: lineOf(node)}
	if t := node.GetToken(); t != nil && t.Position != nil {
		s.column = t.Position.Column
		if t.Type == token.DoubleQuoteType || t.Type == token.SingleQuoteType {
			s.column++
		}
	}
	return nil
}

// UnmarshalYAML reads one expression or a list of them.
func (s *sources) UnmarshalYAML(node ast.Node) error {
	if list, ok := node.(*ast.SequenceNode); ok {
		*s = make(sources, len(list.Values))
		for i, one := range list.Values {
			if err := (*s)[i].UnmarshalYAML(one); err != nil {
				return err
			}
		}
		return nil
	}
	*s = make(sources, 1)
	return (*s)[0].UnmarshalYAML(node)
}

// UnmarshalYAML reads one kind or a list of them.
func (k *kinds) UnmarshalYAML(node ast.Node) error {
	nodes := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		nodes = list.Values
	}
	for _, one := range nodes {
		text, ok := scalarText(one)
		if !ok {
			return misread(one, "a kind of ISEE is expected here: %s", joined(ISEEKinds()))
		}
		*k = append(*k, text)
	}
	return nil
}

// held is {it: ..., en: ...}.
func (u *unitFile) held(node ast.Node) reflect.Type {
	if _, ok := scalarText(node); ok {
		return nil
	}
	return reflect.TypeFor[nameFile]()
}

// UnmarshalYAML reads one text or {it: ..., en: ...}.
func (u *unitFile) UnmarshalYAML(node ast.Node) error {
	if text, ok := scalarText(node); ok {
		*u = unitFile{text, text}
		return nil
	}
	return yaml.NodeToValue(node, (*nameFile)(u), yaml.Strict())
}

// UnmarshalYAML reads yes, no, true or false.
func (f *flag) UnmarshalYAML(node ast.Node) error {
	text, _ := scalarText(node)
	yes, ok := yesNoText(text)
	if !ok {
		return misread(node, "yes or no is expected here")
	}
	*f = flag(yes)
	return nil
}

// UnmarshalYAML reads a number.
func (n *exact) UnmarshalYAML(node ast.Node) error {
	text, _ := scalarText(node)
	value, err := ParseNumber(text)
	if err != nil {
		return misread(node, "%q %s", text, err)
	}
	*n = exact(value)
	return nil
}

// UnmarshalYAML keeps the node.
func (r *raw) UnmarshalYAML(node ast.Node) error {
	r.node = node
	return nil
}

// held is a mapping from names to values.
func (p *pairs[T]) held(ast.Node) reflect.Type { return reflect.TypeFor[map[string]T]() }

// UnmarshalYAML reads a mapping and keeps its order.
func (p *pairs[T]) UnmarshalYAML(node ast.Node) error {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		return misread(node, "names with their values are expected here: {name: value}, or one a line")
	}
	for walk := mapping.MapRange(); walk.Next(); {
		key := walk.Key().GetToken().Value
		var value T
		if err := yaml.NodeToValue(walk.Value(), &value, yaml.Strict()); err != nil {
			return err
		}
		for _, before := range p.names {
			if before == key {
				return misread(walk.Key(), "%s is there twice", key)
			}
		}
		p.names, p.lines, p.of = append(p.names, key), append(p.lines, lineOf(walk.Key())), append(p.of, value)
	}
	return nil
}

// held is a list of values with their days.
func (p *parameterFile) held(node ast.Node) reflect.Type {
	if _, ok := node.(*ast.SequenceNode); ok {
		return reflect.TypeFor[[]datedFile]()
	}
	return nil
}

// UnmarshalYAML reads a value, or a list of values with their days.
func (p *parameterFile) UnmarshalYAML(node ast.Node) error {
	if _, ok := node.(*ast.SequenceNode); ok {
		return yaml.NodeToValue(node, &p.values, yaml.Strict())
	}
	p.values = []datedFile{{Value: new(source)}}
	return p.values[0].Value.UnmarshalYAML(node)
}
