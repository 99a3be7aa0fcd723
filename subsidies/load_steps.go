package subsidies

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

func (b *builder) steps(file measureFile) error {
	if len(file.Steps) > stepsMax {
		return b.wrong("$.steps", "at most %d steps", stepsMax)
	}
	var all faults
	for i, f := range file.Steps {
		if all.add(b.step(fmt.Sprintf("$.steps[%d]", i), f, slices.Contains(file.Outputs, f.Name))) {
			b.f.scope.addBroken(f.Name)
		}
	}
	return all.err()
}

// step reads one step; what its condition makes known, its rule may read.
func (b *builder) step(path string, f stepFile, output bool) error {
	b.labelled(f.Name, f.Label)
	b.f.scope.current = f.Name
	defer func() { b.f.scope.current = "" }()
	s := step{name: f.Name, label: labelOf(f.Name, f.Label), always: bool(f.Always), output: output}
	known := b.known
	if f.Always {
		known = 0
	}
	var all faults
	otherwise := known
	if f.When != nil {
		when, err := b.typed(*f.When, kindYesNo, known)
		if all.add(err) {
			known, otherwise = ^inputSet(0), ^inputSet(0) // what it would have made known is not missed
		} else {
			s.when = when
			known, otherwise = known|when.ifTrue, otherwise|when.ifFalse
		}
	}
	shape, err := b.rule(path, f, &s, known)
	if all.add(err) {
		shape.kind = kindNumber
	}
	s.kind = shape.kind
	all.add(b.unless(path, f, &s, &shape, otherwise))
	all.add(b.limits(path, f, &s, &shape, known))
	if err := all.err(); err != nil {
		return err
	}
	if err := b.unit(path, f, &s, shape); err != nil {
		return err
	}
	sym := &symbol{name: s.name, kind: s.kind, euro: s.euro, places: s.places, of: shape.words, scale: shape.scale}
	if s.euro {
		sym.scale = scalePlain
	}
	if s.when == nil {
		sym.ifTrue, sym.ifFalse = shape.ifTrue, shape.ifFalse
	}
	if !f.Always { // zero, that is no, for those who are not eligible
		sym.ifFalse = 0
	}
	if err := b.add(path+".name", sym); err != nil {
		return err
	}
	s.slot = sym.slot
	b.f.steps = append(b.f.steps, s)
	return nil
}

// shape is what a rule's value looks like.
type shape struct {
	kind            kind
	euro            bool
	places          int
	scale           scale
	scaled          bool // scale is that of a value, not of zero alone
	words           []string
	ifTrue, ifFalse inputSet
}

func shapeOf(t *term) shape {
	return shape{kind: t.kind, euro: t.euro, places: t.places, scale: t.scale, scaled: !t.neutral(), ifTrue: t.ifTrue, ifFalse: t.ifFalse}
}

// rule reads the one rule of a step.
func (b *builder) rule(path string, f stepFile, s *step, known inputSet) (shape, error) {
	given := 0
	for _, one := range []bool{f.Value != nil, f.Brackets != nil, f.Line != nil, f.Table != nil, f.Reductions != nil} {
		if one {
			given++
		}
	}
	if given != 1 {
		return shape{}, b.wrong(path, "step %s needs exactly one of value, brackets, line, table and reductions", f.Name)
	}
	switch {
	case f.Brackets != nil:
		return b.brackets(path+".brackets", f.Brackets, s, known)
	case f.Line != nil:
		return b.linear(path+".line", f.Line, s, known)
	case f.Table != nil:
		return b.table(path+".table", f.Table, s, known)
	case f.Reductions != nil:
		return b.reductions(path+".reductions", f.Reductions, s, known)
	}
	t, err := b.expression(*f.Value, known)
	if err != nil {
		return shape{}, err
	}
	if t.kind.isList() || t.kind == kindChoice {
		return shape{}, b.located(*f.Value, wrongAt(0, "the value of a step is a number, an amount, yes or no, or a date; this is %s", t.kind))
	}
	s.rule = &plainRule{t}
	return shapeOf(t), nil
}

// unless reads what a step is when its condition does not hold.
func (b *builder) unless(path string, f stepFile, s *step, shape *shape, known inputSet) error {
	if f.When == nil {
		if f.Otherwise != nil {
			return b.wrong(path, "otherwise needs a when")
		}
		return nil
	}
	if f.Otherwise == nil {
		if s.kind == kindDate {
			return b.wrong(path, "a step that is a date needs otherwise beside when")
		}
		s.otherwise = &term{op: opConst, kind: s.kind, value: Whole(0), euro: true, places: 0}
		return nil
	}
	t, err := b.typed(*f.Otherwise, s.kind, known)
	s.otherwise = t
	if err == nil {
		err = b.alike(*f.Otherwise, t, shape)
	}
	return err
}

// limits reads rounding, least and most.
func (b *builder) limits(path string, f stepFile, s *step, shape *shape, known inputSet) error {
	if s.kind != kindNumber && (f.Round != nil || f.AtLeast != nil || len(f.AtMost) > 0) {
		return b.wrong(path, "only a number is rounded or limited, and step %s is %s", f.Name, s.kind)
	}
	var all faults
	if f.Round != nil {
		round, err := b.rounding(path+".round", f.Round)
		all.add(err)
		s.round = &round
	}
	if f.AtLeast != nil {
		t, err := b.typed(*f.AtLeast, kindNumber, known)
		if !all.add(err) {
			all.add(b.alike(*f.AtLeast, t, shape))
		}
		s.atLeast = t
	}
	for _, one := range f.AtMost {
		t, err := b.typed(one, kindNumber, known)
		if !all.add(err) {
			all.add(b.alike(one, t, shape))
		}
		s.atMost = append(s.atMost, t)
	}
	return all.err()
}

// unit decides how a step is shown: as the file says; without a word, results and
// what is reckoned from amounts are euro.
func (b *builder) unit(path string, f stepFile, s *step, shape shape) error {
	switch {
	case f.Unit != nil:
		s.unit = Name(*f.Unit)
	case shape.scale == scalePercent: // it is shown as one
	case s.kind == kindNumber && (shape.euro || s.output):
		s.unit = Name{euroSign, euroSign}
	}
	if wordedEuro.MatchString(s.unit.IT) || wordedEuro.MatchString(s.unit.EN) {
		return b.wrong(path+".unit", "the unit of an amount begins with €: write %s", wordedEuro.ReplaceAllString(s.unit.IT, euroSign))
	}
	s.euro = s.kind == kindNumber && strings.HasPrefix(s.unit.IT, euroSign)
	s.percent = shape.scale == scalePercent && !s.euro
	switch hundred := s.unit.IT == "%"; {
	case hundred && (shape.scale == scaleShare || s.percent && s.output):
		return b.wrong(path+".unit", "%s is reckoned from a percentage, which counts from 0 to 1: leave the unit %% out, or divide by 1%% for a result out of a hundred", s.name)
	case s.percent && s.round != nil && s.round.To.Cmp(Whole(1)) >= 0:
		return b.wrong(path+".round", "a percentage counts from 0 to 1: to: 0.01 rounds it to one in a hundred")
	}
	s.places = shape.places
	if s.euro {
		s.places = 2
	} else if s.round != nil {
		s.places = 0
	}
	return nil
}

// wordedEuro is the beginning of a unit that was meant as €.
var wordedEuro = regexp.MustCompile(`(?i)^ *(euro|eur)\b *`)

func (b *builder) outputs(file measureFile) error {
	var all faults
	if len(file.Outputs) == 0 {
		all.add(b.wrong("$.outputs", "outputs is needed: the names of the steps that are results, for example outputs: [benefit]"))
	}
	round, err := b.resultRounding(file)
	all.add(err)
	for i, name := range file.Outputs {
		path := fmt.Sprintf("$.outputs[%d]", i)
		at := slices.IndexFunc(b.f.steps, func(s step) bool { return s.name == name })
		if sym := b.f.scope.symbols[name]; sym != nil && sym.broken {
			continue
		}
		if at < 0 || slices.Contains(file.Outputs[:i], name) {
			all.add(b.wrong(path, "%s is no step, or is there twice; the steps are: %s", name, b.stepNames()))
			continue
		}
		s := &b.f.steps[at]
		if s.kind != kindNumber {
			all.add(b.wrong(path, "%s is %s: a result is an amount or a number; write %[1]s ? 1 : 0", name, s.kind))
			continue
		}
		s.result = &round
		b.f.outputs = append(b.f.outputs, at)
		b.m.Outputs = append(b.m.Outputs, Output{Name: s.name, Label: s.label, Unit: s.unit, Euro: s.euro})
	}
	return all.err()
}

func (b *builder) stepNames() string {
	names := make([]string, len(b.f.steps))
	for i := range b.f.steps {
		names[i] = b.f.steps[i].name
	}
	return strings.Join(names, ", ")
}

// resultRounding is how results in euro are rounded.
func (b *builder) resultRounding(file measureFile) (Rounding, error) {
	if file.Rounding == nil {
		return Rounding{}, b.wrong("$.rounding", "rounding is needed: how results in euro are rounded, for example {to: 0.01, mode: half_up}")
	}
	round, err := b.rounding("$.rounding", file.Rounding)
	if err == nil && !round.To.Mul(Whole(100)).IsWhole() {
		err = b.wrong("$.rounding", "results are paid in cents: to is 0.01 or a multiple of it")
	}
	return round, err
}
