package subsidies

// kind is the type of a value in a measure.
type kind uint8

const (
	kindNumber kind = iota + 1
	kindYesNo
	kindChoice
	kindDate
	kindNumbers // a list of numbers or of amounts
	kindDates   // a list of dates
	kindYesNos  // a list of yes and no
	kindChoices // a list of choices
)

func (k kind) String() string {
	return kindNames[k].EN
}

func (k kind) isList() bool { return k != k.element() }

// element is the kind of what a list holds; of anything else it is the kind itself.
func (k kind) element() kind {
	switch k {
	case kindNumbers:
		return kindNumber
	case kindDates:
		return kindDate
	case kindYesNos:
		return kindYesNo
	case kindChoices:
		return kindChoice
	}
	return k
}

// In is the kind in a language.
func (k kind) In(l Lang) string { return kindNames[k].In(l) }

var kindNames = [...]Name{
	{"nulla", "nothing"}, {"un numero", "a number"}, {"sì o no", "yes or no"}, {"una scelta", "a choice"}, {"una data", "a date"},
	{"un elenco", "a list"}, {"un elenco di date", "a list of dates"}, {"un elenco di sì e no", "a list of yes and no"}, {"un elenco di scelte", "a list of choices"},
}

// op is what a term does.
type op uint8

const (
	opConst op = iota
	opSlot     // an input, a parameter, a step or the day of evaluation
	opItem     // # : the element of the list
	opPlace    // #index : its place, from 0
	opAdd
	opSub
	opMul
	opDiv
	opNeg
	opMin
	opMax
	opAbs
	opCeil
	opFloor
	opRound
	opSum   // of a list, with a term for each element
	opCount // of the elements for which a condition holds
	opLen
	opAt // an element by its place
	opIf
	opYears
	opMonths
	opDays
	opYear
	opMonth
	opDay
	opWeekday
	opAddDays
	opAddMonths
	opAddYears
	opLine
	opScale
	opKnown
	opNot
	opAnd
	opOr
	opEqual
	opNotEqual
	opLess
	opLessEqual
	opMore
	opMoreEqual
	opIn
	opInList // among the elements of a list
	opAny
	opAll
	opNone
)

// term is one node of a compiled expression. Yes is 1 and no is 0; a choice is the
// place of its word in the list of words; a date is a count of days.
type term struct {
	op     op
	kind   kind
	args   []*term
	slot   int      // of opSlot and opKnown; the list of opSum and its like
	value  Number   // of opConst
	round  Rounding // of opRound
	places int      // decimals that a reader expects: 2 for amounts
	scale  scale    // whether it is a percentage
	euro   bool     // the number is an amount
	choice string   // the word of a constant choice
	of     []string // the words of a choice
	text   string   // a name or the name of a function, for explanations

	// The inputs that are known when the condition holds, and when it does not.
	ifTrue, ifFalse inputSet
}

// inputSet is a set of places of inputs, of which a measure has at most
// inputsMax.
type inputSet uint64

func (s inputSet) has(slot int) bool { return s>>slot&1 == 1 }

// memory is what terms are evaluated on: a place for each input, parameter and
// step, and one for the day.
type memory struct {
	values []Number
	lists  [][]Number // by slot; only inputs have them
	known  inputSet
	item   Number
	place  int64
	fault  *Phrase // the first impossible operation; nil while all goes well
}

// fail keeps the first impossible operation. It stays out of the terms, which are
// evaluated a million times without it.
//
//go:noinline
func (m *memory) fail(english string, args ...any) Number {
	if m.fault == nil {
		why := phrase(english, args...)
		m.fault = &why
	}
	return Number{}
}

// number evaluates a term that is no condition.
func (t *term) number(m *memory) Number {
	switch t.op {
	case opConst:
		return t.value
	case opSlot:
		return m.values[t.slot]
	case opItem:
		return m.item
	case opPlace:
		return Whole(m.place)
	case opAdd:
		return m.bounded(t.args[0].number(m).Add(t.args[1].number(m)))
	case opSub:
		return m.bounded(t.args[0].number(m).Sub(t.args[1].number(m)))
	case opMul:
		return m.bounded(t.args[0].number(m).Mul(t.args[1].number(m)))
	case opDiv:
		return t.quotient(m)
	case opNeg:
		return t.args[0].number(m).Neg()
	case opAbs:
		return t.args[0].number(m).Abs()
	case opCeil:
		return t.args[0].number(m).Ceil()
	case opFloor:
		return t.args[0].number(m).Floor()
	case opRound:
		return t.round.Of(t.args[0].number(m))
	case opMin, opMax:
		return t.extreme(m)
	case opIf:
		if t.args[0].holds(m) {
			return t.args[1].number(m)
		}
		return t.args[2].number(m)
	case opSum, opCount, opLen, opAt:
		return t.ofList(m)
	case opYears, opMonths, opDays, opYear, opMonth, opDay, opWeekday:
		return t.ofDates(m)
	case opAddDays, opAddMonths, opAddYears:
		return t.later(m)
	case opLine:
		return t.onLine(m)
	case opScale:
		return equivalenceScale(t.args[0].number(m), m)
	}
	if t.holds(m) { // a condition where yes or no is kept
		return Whole(1)
	}
	return Number{}
}

// holds evaluates a condition.
func (t *term) holds(m *memory) bool {
	switch t.op {
	case opKnown:
		return m.known.has(t.slot)
	case opNot:
		return !t.args[0].holds(m)
	case opAnd:
		return t.args[0].holds(m) && t.args[1].holds(m)
	case opOr:
		return t.args[0].holds(m) || t.args[1].holds(m)
	case opEqual:
		return t.order(m) == 0
	case opNotEqual:
		return t.order(m) != 0
	case opLess:
		return t.order(m) < 0
	case opLessEqual:
		return t.order(m) <= 0
	case opMore:
		return t.order(m) > 0
	case opMoreEqual:
		return t.order(m) >= 0
	case opIn:
		one := t.args[0].number(m)
		for _, other := range t.args[1:] {
			if one.Cmp(other.number(m)) == 0 {
				return true
			}
		}
		return false
	case opInList:
		one := t.args[0].number(m)
		for _, other := range m.lists[t.slot] {
			if one.Cmp(other) == 0 {
				return true
			}
		}
		return false
	case opAny, opAll, opNone:
		count := t.matches(m)
		return t.op == opAny && count > 0 || t.op == opNone && count == 0 || t.op == opAll && count == len(m.lists[t.slot])
	case opIf:
		if t.args[0].holds(m) {
			return t.args[1].holds(m)
		}
		return t.args[2].holds(m)
	}
	return t.number(m).Sign() != 0 // a constant or a place that keeps yes or no
}

func (t *term) order(m *memory) int { return t.args[0].number(m).Cmp(t.args[1].number(m)) }

// bounded stops numbers that grow without end.
func (m *memory) bounded(n Number) Number {
	if n.wide != nil && n.tooWide() {
		return m.fail("a number grows too large")
	}
	return n
}

func (t *term) quotient(m *memory) Number {
	a, b := t.args[0].number(m), t.args[1].number(m)
	if b.Sign() == 0 {
		return m.fail("a division by zero")
	}
	return m.bounded(a.Div(b))
}

// extreme is the least or the largest of the arguments, or of one list.
func (t *term) extreme(m *memory) Number {
	sign := 1
	if t.op == opMin {
		sign = -1
	}
	if len(t.args) == 0 {
		list := m.lists[t.slot]
		if len(list) == 0 {
			return m.fail("the list %s is empty and has no least or largest element: ask len(%[1]s) > 0 first", t.text)
		}
		best := list[0]
		for _, n := range list[1:] {
			if n.Cmp(best) == sign {
				best = n
			}
		}
		return best
	}
	best := t.args[0].number(m)
	for _, arg := range t.args[1:] {
		if n := arg.number(m); n.Cmp(best) == sign {
			best = n
		}
	}
	return best
}

func (t *term) ofList(m *memory) Number {
	list := m.lists[t.slot]
	switch t.op {
	case opLen:
		return Whole(int64(len(list)))
	case opCount:
		return Whole(int64(t.matches(m)))
	case opAt:
		place, ok := t.args[0].number(m).Int()
		if !ok || place < 0 || place >= int64(len(list)) {
			return m.fail("the list %s has %d elements, and the one at place %s (from 0) is asked for: ask len(%[1]s) first, or use sum, count or any", t.text, len(list), t.args[0].number(m))
		}
		return list[place]
	}
	item, place := m.item, m.place
	total := Number{den: 1}
	for i, n := range list {
		m.item, m.place = n, int64(i)
		if len(t.args) > 0 {
			n = t.args[0].number(m)
		}
		total = m.bounded(total.Add(n))
	}
	m.item, m.place = item, place
	return total
}

// matches counts the elements for which the condition holds.
func (t *term) matches(m *memory) int {
	item, place := m.item, m.place
	count := 0
	for i, n := range m.lists[t.slot] {
		m.item, m.place = n, int64(i)
		if t.args[0].holds(m) {
			count++
		}
	}
	m.item, m.place = item, place
	return count
}

func (t *term) ofDates(m *memory) Number {
	first := t.args[0].number(m).num
	switch t.op {
	case opYear:
		return Whole(int64(dateOf(first).Year()))
	case opMonth:
		return Whole(int64(dateOf(first).Month()))
	case opDay:
		return Whole(int64(dateOf(first).Day()))
	case opWeekday:
		return Whole(int64(dateOf(first).Weekday()+6)%7 + 1)
	}
	second := t.args[1].number(m).num
	switch t.op {
	case opYears:
		return Whole(yearsBetween(first, second))
	case opMonths:
		return Whole(monthsBetween(first, second))
	}
	return Whole(second - first)
}

// later is a date moved by whole days, months or years.
func (t *term) later(m *memory) Number {
	day, by := t.args[0].number(m).num, t.args[1].number(m)
	n, whole := by.Int()
	const most = 1_000_000 // days; no date of a measure is so far from another
	if !whole || n < -most || n > most {
		return m.fail("%s() moves a date by a whole number, and this is %s", t.text, by)
	}
	switch t.op {
	case opAddDays:
		day += n
	case opAddMonths:
		day = addMonths(day, n)
	case opAddYears:
		day = addMonths(day, 12*n)
	}
	if day < dayFirst || day > dayLast {
		return m.fail("%s() goes beyond the days that a measure may know", t.text)
	}
	return Whole(day)
}

// onLine interpolates between two points; before the first it is the first value,
// after the second the second.
func (t *term) onLine(m *memory) Number {
	x, x0, y0 := t.args[0].number(m), t.args[1].number(m), t.args[2].number(m)
	x1, y1 := t.args[3].number(m), t.args[4].number(m)
	switch {
	case x0.Cmp(x1) >= 0:
		return m.fail("line() needs its first point before the second")
	case x.Cmp(x0) <= 0:
		return y0
	case x.Cmp(x1) >= 0:
		return y1
	}
	return m.bounded(between(x, x0, y0, x1, y1))
}

// between is y0 + (x−x0)·(y1−y0)/(x1−x0).
func between(x, x0, y0, x1, y1 Number) Number {
	return y0.Add(x.Sub(x0).Mul(y1.Sub(y0)).Div(x1.Sub(x0)))
}

// equivalenceScale is the parameter of the scale of equivalence for a household
// of some members, without the increases.
//
// Source: DPCM 159/2013, Allegato 1 (Gazzetta Ufficiale 14G00009), as noted in the
// project's reference of 2026-11-25.
func equivalenceScale(members Number, m *memory) Number {
	n, ok := members.Int()
	if !ok || n < 1 || n > 100 {
		return m.fail("equivalence_scale() needs a whole number of members, at least 1")
	}
	base := []int64{100, 157, 204, 246, 285}
	if n <= 5 {
		return Fraction(base[n-1], 100)
	}
	return Fraction(base[4]+35*(n-5), 100)
}
