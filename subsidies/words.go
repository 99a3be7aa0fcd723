package subsidies

import (
	"fmt"
	"strings"
	"time"
)

// Lang is a language of traces.
type Lang string

// The languages.
const (
	Italian Lang = "it"
	English Lang = "en"
)

// In is the name in a language.
func (n Name) In(l Lang) string {
	if l == English {
		return n.EN
	}
	return n.IT
}

// shown is how readers see what a slot holds.
type shown struct {
	name    Name
	unit    Name
	kind    kind
	euro    bool
	percent bool
	places  int
	input   bool
	item    Name // of a list: what one element is called
}

// plain says that nothing tells amounts from other numbers.
func (s *shown) plain() bool { return s.unit == (Name{}) && !s.percent }

// writer puts an evaluation into words.
type writer struct {
	lang  Lang
	m     *memory
	slots []shown
	words []string // of choices
	lines Trace
	notes []string // how the numbers of the sentence under way came about
	gaps  bool     // reasons say by how much a comparison fails
}

// shownSlots tells how readers see each slot of a measure.
func (m *Measure) shownSlots() []shown {
	p := m.formula
	slots := make([]shown, p.scope.slots)
	for name, sym := range p.scope.symbols {
		slots[sym.slot] = shown{name: labelOf(name, nil), kind: sym.kind, euro: sym.euro, percent: sym.scale == scalePercent, places: sym.places, input: sym.input}
	}
	slots[p.today].name = Name{"oggi", "today"}
	for i := range m.Inputs {
		in := &m.Inputs[i]
		slots[in.slot].name, slots[in.slot].unit, slots[in.slot].item = in.Label, in.Unit, in.Item
	}
	if p.isee > 0 {
		slots[p.isee].name = Name{"ISEE", "ISEE"}
	}
	for i := range p.steps {
		s := &p.steps[i]
		slots[s.slot].name, slots[s.slot].unit = s.label, s.unit
		slots[s.slot].euro, slots[s.slot].places = s.euro, s.places
	}
	return slots
}

// say chooses the sentence of the language.
func (w *writer) say(it, en string, args ...any) string {
	if w.lang == English {
		it = en
	}
	return fmt.Sprintf(it, args...)
}

func (w *writer) number(n Number, places int) string {
	if w.lang == English {
		return n.English(places)
	}
	return n.Italian(places)
}

// amount writes euro: "12.345,67 €", "€12,345.67".
func (w *writer) amount(n Number) string {
	if w.lang != English {
		return n.Italian(2) + "\u00a0€"
	}
	if n.Sign() < 0 {
		return "-€" + n.Neg().English(2)
	}
	return "€" + n.English(2)
}

func (w *writer) percent(n Number) string {
	if w.lang == English {
		return n.English(0) + "%"
	}
	return n.Italian(0) + "\u00a0%"
}

// withUnit writes a number with its unit: "3,29 €/ora", "2 doti".
func (w *writer) withUnit(n Number, s *shown) string {
	unit := s.unit.In(w.lang)
	per, euro := strings.CutPrefix(unit, euroSign)
	switch {
	case euro:
		return w.amount(n) + per
	case s.euro:
		return w.amount(n)
	case s.percent:
		return w.percent(n.Mul(Whole(100)))
	case unit == "%":
		return w.percent(n)
	case unit != "":
		return w.number(n, s.places) + "\u00a0" + unit
	}
	return w.number(n, s.places)
}

func (w *writer) date(n Number) string { return w.day(dateOf(n.num)) }

func (w *writer) day(t time.Time) string {
	if w.lang == English {
		return t.Format("2 January 2006")
	}
	return italianDate(t)
}

func (w *writer) yesNo(yes bool) string {
	if yes {
		return w.say("sì", "yes")
	}
	return "no"
}

// bare is a term's value as it stands in a formula: without its unit.
func (w *writer) bare(t *term) string {
	switch t.kind {
	case kindYesNo:
		return w.yesNo(t.holds(w.m))
	case kindDate:
		return w.date(t.number(w.m))
	case kindChoice:
		if at, ok := t.number(w.m).Int(); ok && at >= 0 && at < int64(len(w.words)) {
			return w.words[at]
		}
		return ""
	}
	n := t.number(w.m)
	if t.scale == scalePercent {
		return w.percent(n.Mul(Whole(100)))
	}
	return w.number(n, t.places)
}

// full is a term's value with its unit.
func (w *writer) full(t *term) string {
	if t.kind != kindNumber {
		return w.bare(t)
	}
	if t.op == opSlot {
		return w.withUnit(t.number(w.m), &w.slots[t.slot])
	}
	if t.euro {
		return w.amount(t.number(w.m))
	}
	return w.bare(t)
}

// named is a term's value with what it is: "ISEE 12.345,67 €"; of an expression
// that has no name, the formula and its value.
func (w *writer) named(t *term) string {
	switch t.op {
	case opSlot:
		return w.slots[t.slot].name.In(w.lang) + " " + w.full(t)
	case opConst, opItem, opPlace:
		return w.full(t)
	}
	if len(t.args) == 0 && t.op != opLen {
		return w.full(t)
	}
	formula, value := w.formula(t, 0), w.full(t)
	if formula == value || t.kind != kindNumber {
		return value
	}
	if bare := w.bare(t); formula == bare {
		return value
	}
	return formula + " = " + value
}
