package subsidies

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// The limits of a formula.
const (
	stepsMax      = 100
	parametersMax = 200
	datedMax      = 100
	wordsMax      = 200
	rowsMax       = 1000
	euroSign      = "€"
)

var plainName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,49}$`)

// reserved are words that expressions read otherwise.
var reserved = []string{"true", "false", "nil", "not", "and", "or", "in", "if", "else", "let", todayName, "matches", "contains", "startsWith", "endsWith"}

// todayName is the day of the evaluation in expressions.
const todayName = "today"

// builder turns the file of a formula into terms.
type builder struct {
	reader
	m     *Measure
	f     *formula
	known inputSet // inputs known for whoever is eligible
}

func (r reader) formula(file measureFile, m *Measure) error {
	b := &builder{reader: r, m: m, f: &formula{scope: newScope()}}
	m.formula = b.f
	for _, s := range file.Steps {
		b.f.scope.later = append(b.f.scope.later, s.Name)
	}
	var all faults
	readable := !all.add(b.inputs(file)) && (len(m.ISEEKinds) == len(file.ISEE) || slices.Equal(file.ISEE, kinds{iseeNone}))
	for _, part := range []func(measureFile) error{b.parameters, b.conditions, b.steps, b.outputs} {
		all.add(part(file))
	}
	if readable && all.found { // otherwise the cases are read when they are proved
		for i, c := range file.Cases {
			if c.In != nil {
				_, err := b.facts(fmt.Sprintf("$.cases[%d]", i), c.In.node, m)
				all.add(err)
			}
		}
	}
	return all.err()
}

// expression compiles a piece of the file.
func (b *builder) expression(s source, known inputSet) (*term, error) {
	t, err := b.f.scope.compile(s.text, known)
	return t, b.located(s, err)
}

// typed compiles a piece of the file that must have a type.
func (b *builder) typed(s source, k kind, known inputSet) (*term, error) {
	t, err := b.expression(s, known)
	if err == nil && t.kind != k {
		err = b.located(s, wrongAt(0, "here %s is expected, and this is %s", k, t.kind))
	}
	return t, err
}

// asking compiles what a rule looks at: its optional inputs may be missing.
func (b *builder) asking(s source, known inputSet) (*term, inputSet, error) {
	c := b.f.scope.compiler(s.text, known)
	c.lenient = true
	t, err := c.expression()
	return t, c.missing, b.located(s, err)
}

// fixed compiles an expression that depends on the day alone.
func (b *builder) fixed(s source) (*term, error) {
	t, err := b.typed(s, kindNumber, 0)
	if err == nil && !b.isFixed(t) {
		err = b.located(s, wrongAt(0, "a bound is a number, or an expression of parameters alone"))
	}
	return t, err
}

func (b *builder) isFixed(t *term) bool {
	switch t.op {
	case opSlot:
		return slices.ContainsFunc(b.f.parameters, func(p parameter) bool { return p.slot == t.slot })
	case opItem, opPlace, opSum, opCount, opLen, opAt, opKnown, opInList, opAny, opAll, opNone:
		return false
	case opMin, opMax:
		if len(t.args) == 0 {
			return false
		}
	}
	return !slices.ContainsFunc(t.args, func(a *term) bool { return !b.isFixed(a) })
}

// located adds the place in the file to an error of an expression.
func (b *builder) located(s source, err error) error {
	var wrong *expressionError
	if !errors.As(err, &wrong) {
		return err
	}
	column := 0
	if !strings.Contains(s.text, "\n") {
		column = s.column + wrong.from
	}
	return ErrRule.With("line", s.line, "column", column, "detail", phrase("%s: %s", strings.TrimSpace(s.text), wrong.text))
}

func (b *builder) add(path string, sym *symbol) error {
	switch {
	case !plainName.MatchString(sym.name):
		return b.wrong(path, "%q is no name: small letters, digits and _, beginning with a letter", sym.name)
	case sym.name == iseeName && len(b.m.ISEEKinds) > 0 && b.f.scope.symbols[iseeName] != nil:
		return b.wrong(path, "isee is an input already: it is declared by the field isee")
	case slices.Contains(reserved, sym.name):
		return b.wrong(path, "%s is a word of the language of expressions: choose another name", sym.name)
	case !b.f.scope.add(sym):
		return b.wrong(path, "the name %s is taken by an input, a parameter or a step above", sym.name)
	}
	return nil
}

func (b *builder) inputs(file measureFile) error {
	var all faults
	for _, in := range b.m.iseeInputs() {
		all.add(b.input("$.isee", in))
	}
	if len(b.m.ISEEKinds) == 0 && !slices.Equal(file.ISEE, kinds{iseeNone}) {
		b.f.scope.addBroken(iseeName)
	}
	if len(file.Inputs.names)+len(b.m.ISEEKinds) > inputsMax {
		return b.wrong("$.inputs", "at most %d inputs", inputsMax-1)
	}
	for i, name := range file.Inputs.names {
		path := "$.inputs." + name
		in, err := b.readInput(path, name, file.Inputs.of[i])
		if err == nil {
			err = b.input(path, in)
		}
		if all.add(err) {
			b.f.scope.addBroken(name)
		}
	}
	b.firstISEE()
	// The day comes after the inputs, whose places are those of the facts.
	day := &symbol{name: todayName, kind: kindDate}
	b.f.scope.add(day)
	b.f.today = day.slot
	return all.err()
}

// iseeInputs are those of the kinds of ISEE: isee, or one for each kind if there
// are several.
func (m *Measure) iseeInputs() []Input {
	if len(m.ISEEKinds) == 1 {
		return []Input{m.ISEEKind.input()}
	}
	list := make([]Input, len(m.ISEEKinds))
	for i, k := range m.ISEEKinds {
		list[i] = k.input()
		list[i].Name = iseeName + "_" + strings.ReplaceAll(string(k), "-", "_")
		list[i].Label = Name{"ISEE " + k.words().IT, "ISEE (" + k.words().EN + ")"}
	}
	return list
}

// firstISEE lets isee stand for the first of several kinds that a household has.
// It comes right after the inputs, among which sets of known ones count it.
func (b *builder) firstISEE() {
	if len(b.m.ISEEKinds) < 2 {
		return
	}
	sym := &symbol{name: iseeName, kind: kindNumber, input: true, optional: true, euro: true, places: 2, first: true}
	b.f.scope.add(sym)
	b.f.isee = sym.slot
	for _, in := range b.m.iseeInputs() {
		b.f.scope.symbols[in.Name].implies = 1 << sym.slot
	}
}

func (b *builder) input(path string, in Input) error {
	sym := &symbol{name: in.Name, kind: in.Type.kind(), input: true, optional: in.Optional, euro: in.Type.euro(), of: in.Of}
	if sym.euro {
		sym.places = 2
	}
	if err := b.add(path, sym); err != nil {
		return err
	}
	in.slot = sym.slot
	b.m.Inputs = append(b.m.Inputs, in)
	return nil
}

// input is the one that a measure has which looks at an ISEE.
func (k ISEEKind) input() Input {
	zero := Whole(0)
	return Input{Name: iseeName, Type: InputMoney, Optional: true, From: &zero, Label: Name{"ISEE", "ISEE"}}
}

func (b *builder) readInput(path, name string, f inputFile) (Input, error) {
	b.labelled(name, f.Label)
	in := Input{Name: name, Type: InputType(f.Type), Optional: bool(f.Optional), Unit: Name(f.Unit), Of: f.Of, ItemsMax: itemsMax, Label: labelOf(name, f.Label)}
	k := in.Type.kind()
	switch {
	case !slices.Contains(InputTypes(), in.Type):
		return in, b.wrong(path, "the type of %s is %q; there are: %s", name, f.Type, joined(InputTypes()))
	case (k.element() == kindChoice) != (len(f.Of) > 0):
		return in, b.wrong(path, "a choice, and only a choice, lists its words in of: [..., ...]")
	case len(f.Of) > wordsMax:
		return in, b.wrong(path, "at most %d words", wordsMax)
	case (f.From != nil || f.To != nil) && k != kindNumber && k != kindNumbers:
		return in, b.wrong(path, "from and to bound numbers and amounts only")
	case (f.MaxItems != nil || f.Item != nil) && !k.isList():
		return in, b.wrong(path, "max_items and item belong to lists only")
	case f.MaxItems != nil && (*f.MaxItems < 1 || *f.MaxItems > itemsMax):
		return in, b.wrong(path, "max_items is from 1 to %d", itemsMax)
	case f.From != nil && f.To != nil && Number(*f.From).Cmp(Number(*f.To)) > 0:
		return in, b.wrong(path, "from is above to")
	}
	for i, word := range f.Of {
		if word == "" || len([]rune(word)) > wordRunesMax || slices.Contains(f.Of[:i], word) {
			return in, b.wrong(path, "%q is empty, too long or there twice", word)
		}
	}
	if f.Item != nil {
		in.Item = labelOf("", f.Item)
	}
	if f.MaxItems != nil {
		in.ItemsMax = *f.MaxItems
	}
	if k == kindNumber || k == kindNumbers {
		zero := Whole(0) // what is counted or paid is not below zero, unless from says so
		in.From, in.To = &zero, (*Number)(f.To)
		if f.From != nil {
			in.From = (*Number)(f.From)
		}
	}
	return in, nil
}

func (b *builder) labelled(name string, f *nameFile) {
	if f == nil {
		b.m.unlabelled = append(b.m.unlabelled, name)
	}
}

func joined[T ~string](list []T) string {
	texts := make([]string, len(list))
	for i, one := range list {
		texts[i] = string(one)
	}
	return strings.Join(texts, ", ")
}

// labelOf is how readers see a name: what the file says, or the name in words.
func labelOf(name string, f *nameFile) Name {
	words := strings.ReplaceAll(name, "_", " ")
	n := Name{words, words}
	if f != nil && f.IT != "" {
		n.IT = f.IT
	}
	if f != nil && f.EN != "" {
		n.EN = f.EN
	}
	return n
}

func (b *builder) parameters(file measureFile) error {
	if len(file.Parameters.names) > parametersMax {
		return b.wrong("$.parameters", "at most %d parameters", parametersMax)
	}
	var all faults
	for i, name := range file.Parameters.names {
		if all.add(b.parameter("$.parameters."+name, name, file.Parameters.of[i].values)) {
			b.f.scope.addBroken(name)
		}
	}
	return all.err()
}

func (b *builder) parameter(path, name string, values []datedFile) error {
	if len(values) == 0 || len(values) > datedMax {
		return b.wrong(path, "%s needs a value, or 1 to %d values with the day from which they hold", name, datedMax)
	}
	p, sym := parameter{name: name}, &symbol{name: name, kind: kindNumber, constant: true}
	for i, v := range values {
		at := path
		if len(values) > 1 || v.From != nil {
			at = fmt.Sprintf("%s[%d]", path, i)
		}
		value, err := b.dated(at, v, &p, sym)
		if err != nil {
			return err
		}
		p.values = append(p.values, value)
	}
	if err := b.add(path, sym); err != nil {
		return err
	}
	p.slot = sym.slot
	b.f.parameters = append(b.f.parameters, p)
	return nil
}

// dated reads one value of a parameter: given, or the one before with an increase.
func (b *builder) dated(at string, v datedFile, p *parameter, sym *symbol) (datedValue, error) {
	first := len(p.values) == 0
	var from int64
	switch {
	case v.From != nil:
		from = dayOf(time.Time(*v.From))
	case !first:
		return datedValue{}, b.wrong(at, "from is needed: the day from which the value holds")
	default:
		from = dayFirst
	}
	switch {
	case first && from > dayOf(b.m.From):
		return datedValue{}, b.wrong(at, "the first value holds from %s, after the measure begins: give the value that holds before", dateOf(from).Format(time.DateOnly))
	case !first && from <= p.values[len(p.values)-1].from:
		return datedValue{}, b.wrong(at, "the days of the values must rise")
	case (v.Value == nil) == (v.Increase == nil):
		return datedValue{}, b.wrong(at, "a value or an increase is needed, not both")
	case v.Increase != nil && first:
		return datedValue{}, b.wrong(at, "the first one is a value: there is nothing to increase yet")
	}
	text := v.Value
	if text == nil {
		text = v.Increase
	}
	n, percent, err := parsePercent(text.text)
	if !percent {
		n, err = ParseNumber(text.text)
	}
	day, dayErr := parseDay(text.text)
	switch {
	case dayErr == nil && v.Increase == nil && (first || sym.kind == kindDate):
		sym.kind = kindDate
		return datedValue{from, Whole(dayOf(day))}, nil
	case err != nil:
		return datedValue{}, b.located(*text, wrongAt(0, "%s", err))
	case sym.kind == kindDate:
		return datedValue{}, b.wrong(at, "the value before is a date")
	case v.Increase != nil && !percent:
		return datedValue{}, b.located(*text, wrongAt(0, "an increase is a percentage, for example 0.8%%"))
	}
	if v.Increase != nil {
		n = p.values[len(p.values)-1].value.Mul(Whole(1).Add(n))
	} else {
		_, decimals, _ := strings.Cut(strings.TrimSuffix(text.text, "%"), ".")
		written := scalePlain
		if percent {
			written = scalePercent
		}
		if !first && written != sym.scale {
			return datedValue{}, b.located(*text, wrongAt(0, "of the values of a parameter either all are written with %%, or none"))
		}
		sym.places, sym.scale = max(sym.places, len(strings.TrimSpace(decimals))), written
	}
	if v.Round != nil {
		round, err := b.rounding(at+".round", v.Round)
		if err != nil {
			return datedValue{}, err
		}
		n = round.Of(n)
	}
	return datedValue{from, n.reduced()}, nil
}

func (b *builder) rounding(path string, f *roundFile) (Rounding, error) {
	mode := RoundingMode(f.Mode)
	if f.Mode == "" {
		mode = RoundHalfUp
	}
	if Number(f.To).Sign() <= 0 || !slices.Contains(roundingModes(), string(mode)) {
		return Rounding{}, b.wrong(path, "a rounding is {to: 0.01, mode: half_up}: to is above zero, mode one of %s", strings.Join(roundingModes(), ", "))
	}
	if isPlaces(Number(f.To)) {
		return Rounding{}, b.wrong(path, "to is the unit of the rounding, not how many decimals: 0.01 is the cent, 1 the euro")
	}
	return Rounding{Number(f.To), mode}, nil
}

func (b *builder) conditions(file measureFile) error {
	if len(file.Eligible) > stepsMax {
		return b.wrong("$.eligible", "at most %d conditions", stepsMax)
	}
	var all faults
	for i, c := range file.Eligible {
		path := fmt.Sprintf("$.eligible[%d]", i)
		if c.IT == "" || c.EN == "" {
			all.add(b.wrong(path, "a condition needs it and en: the sentence that a citizen reads"))
		}
		t, err := b.typed(c.If, kindYesNo, b.known)
		if all.add(err) {
			b.known = ^inputSet(0) // what it would have made known is not missed
			continue
		}
		b.known |= t.ifTrue // what one condition makes known, the next may read
		b.f.eligible = append(b.f.eligible, condition{t, Name{c.IT, c.EN}})
	}
	return all.err()
}
