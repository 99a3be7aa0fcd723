package subsidies

import (
	"maps"
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

// function is something that an expression may call.
type function struct {
	use   string // how it is written, for messages
	least int    // arguments
	most  int
	call  func(c *compiler, f call) (*term, error)
}

// call is one use of a function.
type call struct {
	name  string
	from  int
	args  []ast.Node
	known inputSet
}

const argumentsMax = 20

var functions map[string]function

func init() {
	number := func(o op) func(*compiler, call) (*term, error) {
		return func(c *compiler, f call) (*term, error) { return c.numbers(o, f) }
	}
	dates := func(o op) func(*compiler, call) (*term, error) {
		return func(c *compiler, f call) (*term, error) { return c.dates(o, f) }
	}
	later := func(o op) func(*compiler, call) (*term, error) {
		return func(c *compiler, f call) (*term, error) { return c.later(o, f) }
	}
	list := func(o op) func(*compiler, call) (*term, error) {
		return func(c *compiler, f call) (*term, error) { return c.overList(o, f) }
	}
	round := func(mode RoundingMode) func(*compiler, call) (*term, error) {
		return func(c *compiler, f call) (*term, error) { return c.rounded(mode, f) }
	}
	functions = map[string]function{
		"known":             {"known(input)", 1, 1, (*compiler).isKnown},
		"min":               {"min(a, b), min(list)", 1, argumentsMax, (*compiler).least},
		"max":               {"max(a, b), max(list)", 1, argumentsMax, (*compiler).largest},
		"abs":               {"abs(x)", 1, 1, number(opAbs)},
		"ceil":              {"ceil(x)", 1, 1, number(opCeil)},
		"floor":             {"floor(x)", 1, 1, number(opFloor)},
		"line":              {"line(x, x0, y0, x1, y1)", 5, 5, number(opLine)},
		"equivalence_scale": {"equivalence_scale(members)", 1, 1, number(opScale)},
		"round":             {"round(x, 0.01)", 1, 2, round(RoundHalfUp)},
		"round_up":          {"round_up(x, 0.01)", 1, 2, round(RoundUp)},
		"round_down":        {"round_down(x, 0.01)", 1, 2, round(RoundDown)},
		"round_half_even":   {"round_half_even(x, 0.01)", 1, 2, round(RoundHalfEven)},
		"sum":               {"sum(list), sum(list, min(#, 100))", 1, 2, list(opSum)},
		"count":             {"count(list, # > 100)", 2, 2, list(opCount)},
		"any":               {"any(list, # > 100)", 2, 2, list(opAny)},
		"all":               {"all(list, # > 100)", 2, 2, list(opAll)},
		"none":              {"none(list, # > 100)", 2, 2, list(opNone)},
		"len":               {"len(list)", 1, 1, list(opLen)},
		"years":             {"years(from_date, to_date)", 2, 2, dates(opYears)},
		"months":            {"months(from_date, to_date)", 2, 2, dates(opMonths)},
		"days":              {"days(from_date, to_date)", 2, 2, dates(opDays)},
		"year":              {"year(a_date)", 1, 1, dates(opYear)},
		"month":             {"month(a_date)", 1, 1, dates(opMonth)},
		"day":               {"day(a_date)", 1, 1, dates(opDay)},
		"weekday":           {"weekday(a_date)", 1, 1, dates(opWeekday)},
		"add_days":          {"add_days(a_date, 30)", 2, 2, later(opAddDays)},
		"add_months":        {"add_months(a_date, 6)", 2, 2, later(opAddMonths)},
		"add_years":         {"add_years(a_date, 1)", 2, 2, later(opAddYears)},
		"date":              {"date(\"2026-09-01\")", 1, 1, (*compiler).aDate},
	}
}

func (c *compiler) call(n ast.Node, name string, args []ast.Node, known inputSet) (*term, error) {
	f, ok := functions[name]
	from := n.Location().From
	if meant := meantFunction(name); !ok && meant != nil {
		return nil, wrongAt(from, "there is no function %s; it is written %s", name, meant)
	}
	if !ok {
		return nil, wrongAt(from, "there is no function %s; there are: %s", name, strings.Join(slices.Sorted(maps.Keys(functions)), ", "))
	}
	if len(args) < f.least || len(args) > f.most {
		return nil, wrongAt(from, "%s has %d arguments; it is written %s", name, len(args), f.use)
	}
	return f.call(c, call{name, from, args, known})
}

// meantFunction is how a function is written that was called by another name, a
// text or a [Phrase]; nil if none is near.
func meantFunction(name string) any {
	lower := strings.ToLower(name)
	if english := italianFunctions[lower]; english != "" {
		lower = english
	}
	if f, ok := functions[lower]; ok {
		return f.use
	}
	if lower == "if" {
		return phrase("condition ? value : other value")
	}
	if near := nearest(lower, slices.Sorted(maps.Keys(functions))); near != "" {
		return functions[near].use
	}
	return nil
}

var italianFunctions = map[string]string{
	"se": "if", "somma": "sum", "conta": "count", "minimo": "min", "minore": "min", "massimo": "max", "maggiore": "max", "arrotonda": "round",
	"anni": "years", "mesi": "months", "giorni": "days", "anno": "year", "mese": "month", "giorno": "day", "data": "date", "noto": "known", "eta": "years",
}

// isPlaces says that a unit of rounding was meant as a count of decimals.
func isPlaces(unit Number) bool {
	n, ok := unit.Int()
	return ok && 2 <= n && n <= 4
}

func (c *compiler) isKnown(f call) (*term, error) {
	id, ok := f.args[0].(*ast.IdentifierNode)
	var sym *symbol
	if ok {
		sym = c.scope.symbols[id.Value]
	}
	if sym != nil && sym.broken {
		return nil, errFollows
	}
	if sym == nil || !sym.input {
		return nil, wrongAt(f.args[0].Location().From, "known() asks for the name of an input")
	}
	return &term{op: opKnown, kind: kindYesNo, slot: sym.slot, text: sym.name, ifTrue: 1<<sym.slot | sym.implies}, nil
}

func (c *compiler) least(f call) (*term, error)   { return c.extreme(opMin, f) }
func (c *compiler) largest(f call) (*term, error) { return c.extreme(opMax, f) }

// extreme is the least or the largest of numbers, or of dates.
func (c *compiler) extreme(o op, f call) (*term, error) {
	if len(f.args) < 2 {
		return c.numbers(o, f)
	}
	first, err := c.node(f.args[0], f.known)
	if err != nil {
		return nil, err
	}
	if first.kind != kindDate && first.kind != kindNumber {
		return nil, wrongAt(f.args[0].Location().From, "here %s is expected, and this is %s", kindNumber, first.kind)
	}
	t := &term{op: o, kind: first.kind, text: f.name, args: []*term{first}, euro: first.euro, places: first.places}
	for _, arg := range f.args[1:] {
		a, err := c.want(arg, first.kind, f.known)
		if err != nil {
			return nil, err
		}
		t.args = append(t.args, a)
		t.euro, t.places = t.euro || a.euro, max(t.places, a.places)
	}
	odd := -1
	if t.scale, odd = scaleOf(t.args...); odd >= 0 {
		return nil, unlike(f.args[odd].Location().From)
	}
	return t, nil
}

// later moves a date.
func (c *compiler) later(o op, f call) (*term, error) {
	day, err := c.want(f.args[0], kindDate, f.known)
	if err != nil {
		return nil, err
	}
	by, err := c.want(f.args[1], kindNumber, f.known)
	if err != nil {
		return nil, err
	}
	return &term{op: o, kind: kindDate, args: []*term{day, by}, text: f.name}, nil
}

func (c *compiler) numbers(o op, f call) (*term, error) {
	t := &term{op: o, kind: kindNumber, text: f.name}
	if (o == opMin || o == opMax) && len(f.args) == 1 {
		sym, err := c.listOf(f.args[0], f.known)
		if err != nil {
			return nil, err
		}
		if sym.kind != kindNumbers && sym.kind != kindDates {
			return nil, wrongAt(f.from, "yes and no, and choices, have no least and no largest")
		}
		t.kind, t.text = sym.kind.element(), sym.name
		t.slot, t.euro, t.places = sym.slot, sym.euro, sym.places
		return t, nil
	}
	for _, arg := range f.args {
		a, err := c.want(arg, kindNumber, f.known)
		if err != nil {
			return nil, err
		}
		t.args = append(t.args, a)
	}
	switch o {
	case opLine: // the height counts
		t.euro, t.places = t.args[2].euro, max(t.args[2].places, t.args[4].places)
	case opScale:
		t.places = 2
	default:
		for _, a := range t.args {
			t.euro, t.places = t.euro || a.euro, max(t.places, a.places)
		}
	}
	odd := -1
	switch o {
	case opAbs:
		t.scale = t.args[0].scale
	case opLine:
		if t.scale, odd = scaleOf(t.args[2], t.args[4]); odd >= 0 {
			odd = 4
		}
	case opCeil, opFloor:
		t.places, t.euro = 0, false
		if t.args[0].scale == scalePercent {
			return nil, wrongAt(f.from, "a percentage is rounded to a percentage: round_up(x, 1%%), round_down(x, 0.5%%)")
		}
	}
	if odd >= 0 {
		return nil, unlike(f.args[odd].Location().From)
	}
	return t, nil
}

func (c *compiler) rounded(mode RoundingMode, f call) (*term, error) {
	x, err := c.want(f.args[0], kindNumber, f.known)
	if err != nil {
		return nil, err
	}
	unit, places, scale := Whole(1), 0, x.scale
	if x.scale == scalePercent && len(f.args) < 2 {
		return nil, wrongAt(f.from, "a percentage is rounded to a percentage: round_up(x, 1%%), round_down(x, 0.5%%)")
	}
	if len(f.args) == 2 {
		u, err := c.want(f.args[1], kindNumber, f.known)
		if err != nil {
			return nil, err
		}
		if u.op != opConst || u.value.Sign() <= 0 {
			return nil, wrongAt(f.args[1].Location().From, "the unit of a rounding is a number above zero, for example 0.01 or 0.10 or 1")
		}
		if x.scale == scalePercent && u.scale != scalePercent {
			return nil, wrongAt(f.args[1].Location().From, "a percentage is rounded to a percentage: round_up(x, 1%%), round_down(x, 0.5%%)")
		}
		if isPlaces(u.value) {
			return nil, wrongAt(f.args[1].Location().From, "the second number of a rounding is its unit, not how many decimals: 0.01 is the cent, 1 the euro")
		}
		unit, places = u.value, u.places
		if u.scale == scalePercent {
			scale = scalePercent
		}
	}
	return &term{op: opRound, kind: kindNumber, args: []*term{x}, round: Rounding{unit, mode}, euro: x.euro, places: places, scale: scale, text: f.name}, nil
}

func (c *compiler) overList(o op, f call) (*term, error) {
	sym, err := c.listOf(f.args[0], f.known)
	if err != nil {
		return nil, err
	}
	t := &term{op: o, kind: kindNumber, slot: sym.slot, text: sym.name}
	if o == opAny || o == opAll || o == opNone {
		t.kind = kindYesNo
	}
	if o == opSum {
		t.euro, t.places = sym.euro, sym.places
	}
	if len(f.args) < 2 && sym.kind != kindNumbers && o == opSum {
		return nil, wrongAt(f.from, "only numbers are added: write count(%s, ...) or sum(%[1]s, ...) with what each element counts", sym.name)
	}
	if len(f.args) < 2 {
		return t, nil
	}
	if c.list != nil {
		return nil, wrongAt(f.from, "inside %s no other list can be walked: make a step of it", f.name)
	}
	body := f.args[1]
	if p, ok := body.(*ast.PredicateNode); ok {
		body = p.Node
	}
	want := kindYesNo
	if o == opSum {
		want = kindNumber
	}
	c.list = sym
	defer func() { c.list = nil }()
	each, err := c.want(body, want, f.known)
	if err != nil {
		return nil, err
	}
	t.args = []*term{each}
	if o == opSum {
		t.euro, t.places, t.scale = each.euro, each.places, each.scale
	}
	return t, nil
}

func (c *compiler) dates(o op, f call) (*term, error) {
	t := &term{op: o, kind: kindNumber, text: f.name}
	for _, arg := range f.args {
		a, err := c.want(arg, kindDate, f.known)
		if err != nil {
			return nil, err
		}
		t.args = append(t.args, a)
	}
	return t, nil
}

func (c *compiler) aDate(f call) (*term, error) {
	word, ok := f.args[0].(*ast.StringNode)
	if !ok {
		return nil, wrongAt(f.from, "date() holds a day between quotes: date(\"2026-09-01\")")
	}
	day, err := parseDay(word.Value)
	if err != nil {
		return nil, wrongAt(word.Location().From, "%s", err)
	}
	return &term{op: opConst, kind: kindDate, value: Whole(dayOf(day))}, nil
}

// date accepts a day between quotes where a date is expected.
func (c *compiler) date(n ast.Node) (*term, error, bool) {
	word, ok := n.(*ast.StringNode)
	if !ok {
		return nil, nil, false
	}
	return nil, wrongAt(word.Location().From, "a date is written date(%q)", word.Value), true
}
