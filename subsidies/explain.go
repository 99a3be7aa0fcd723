package subsidies

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Explain evaluates the measure and says how, a sentence a line, for the citizen
// it concerns. It returns the refusals of [Measure.Eval].
func (m *Measure) Explain(f *Facts, day time.Time, lang Lang) (Trace, error) {
	var r Result
	e := m.NewEvaluator()
	if err := e.Eval(f, day, &r); err != nil {
		return nil, err
	}
	w := &writer{lang: lang, m: &e.mem, slots: m.shownSlots(), words: m.formula.scope.words}
	w.line(w.say("Misura «%s» (%s, %s), al %s", "Measure “%s” (%s, %s), on %s", m.Name.In(lang), m.Source.Act, w.day(m.Source.Date), w.day(day)))
	if !r.InForce {
		w.notInForce(m, r)
		return w.lines, nil
	}
	if m.Rule == nil {
		w.iseeLine(m, f)
	}
	w.conditions(m.formula, e.refused(), m.Kind == KindTariff)
	for i := range m.formula.steps {
		if s := &m.formula.steps[i]; r.Eligible || s.always {
			w.step(s)
		}
	}
	w.results(m, r)
	return w.lines, nil
}

// notInForce says that the measure does not hold on the day: of a benefit nothing
// is due, of a tariff none is set, which is not free.
func (w *writer) notInForce(m *Measure, r Result) {
	if m.Kind == KindTariff {
		w.line(w.say("La tariffa vale dal %s al %s: in questa data non è in vigore", "The tariff holds from %s to %s: on this day it is not in force", w.day(m.From), w.day(m.To)))
		w.line(w.say("Risultato: nessuna tariffa è stabilita per questa data (non vuol dire gratis)", "Result: no tariff is set for this day (which does not mean free)"))
		return
	}
	w.line(w.say("La misura vale dal %s al %s: in questa data non è in vigore e non spetta nulla", "The measure holds from %s to %s: on this day it is not in force and nothing is due", w.day(m.From), w.day(m.To)))
	w.results(m, r)
}

// line ends a sentence.
func (w *writer) line(text string) {
	w.lines = append(w.lines, capital(text)+".")
}

func capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}

func (w *writer) iseeLine(m *Measure, f *Facts) {
	counts := ""
	for at, k := range m.ISEEKinds { // their inputs come first
		kind := k.words().In(w.lang)
		if !f.known.has(at) {
			w.line(w.say("Non risulta un ISEE %s valido", "No valid ISEE (%s) is on record", kind))
			continue
		}
		w.line(w.say("ISEE %s: %s", "ISEE (%s): %s", kind, w.amount(f.values[at])))
		if counts == "" {
			counts = kind
		}
	}
	if m.formula.scope.readsISEE && counts != "" {
		w.line(w.say("Come ISEE conta quello %s", "As ISEE the one %s counts", counts))
	}
}

// conditions writes those that hold and the first that does not.
func (w *writer) conditions(p *formula, failed int, tariff bool) {
	w.gaps = true
	defer func() { w.gaps = false }()
	for i, c := range p.eligible {
		w.notes = nil
		why := w.reason(c.holds, i != failed) + w.noted()
		if i == failed {
			due := w.say("La misura non spetta", "Nothing is due")
			if tariff {
				due = w.say("La tariffa non si applica", "The tariff does not apply")
			}
			w.line(w.say("Requisito mancante: %s; invece %s. %s", "Condition not met: %s; instead %s. %s", c.name.In(w.lang), why, due))
			return
		}
		w.line(w.say("Requisito soddisfatto: %s; %s", "Condition met: %s; %s", c.name.In(w.lang), why))
	}
}

// step writes one step: why, with which numbers, and what happened to the value.
func (w *writer) step(s *step) {
	w.notes = nil
	label := s.label.In(w.lang)
	see := &shown{unit: s.unit, euro: s.euro, percent: s.percent, places: s.places}
	if s.when != nil && !s.when.holds(w.m) {
		value := w.stepValue(s, s.settled(s.otherwise.number(w.m)), see)
		why := w.reason(s.when, false)
		w.line(label + ": " + value + w.say(", perché ", ", because ") + why + w.noted())
		return
	}
	held := w.held(s.when)
	lead, formula := s.rule.explain(w)
	x := s.rule.value(w.m)
	var b strings.Builder
	b.WriteString(label + held + ": ")
	if lead != "" {
		b.WriteString(lead + ": ")
	}
	value, changes := w.stepValue(s, x, see), w.changes(s, x, see)
	switch {
	case s.kind != kindNumber, formula == w.number(x, 0), formula == w.number(x, s.places), formula == value:
		b.WriteString(value)
	case strings.HasPrefix(changes, w.say(", arrotondato", ", rounded")): // the unit comes with the rounded value
		b.WriteString(formula + " = " + w.number(x, 0))
	default:
		b.WriteString(formula + " = " + value)
	}
	b.WriteString(changes)
	w.line(b.String() + w.noted())
}

// noted is how the numbers of the sentence came about, in brackets.
func (w *writer) noted() string {
	if len(w.notes) == 0 {
		return ""
	}
	return " (" + strings.Join(w.notes, "; ") + ")"
}

// held says why a step counts; that an input is on record shows from its value.
func (w *writer) held(when *term) string {
	if when == nil || when.op == opKnown {
		return ""
	}
	if why := w.reason(when, true); why != "" {
		return " (" + why + ")"
	}
	return ""
}

func (s *step) rounded(x Number) Number {
	if s.round != nil {
		return s.round.Of(x)
	}
	return x
}

func (w *writer) stepValue(s *step, x Number, see *shown) string {
	switch s.kind {
	case kindYesNo:
		return w.yesNo(x.Sign() != 0)
	case kindDate:
		return w.date(x)
	}
	return w.withUnit(x, see)
}

// changes names the rounding, the least and the most, each if it changed the value.
func (w *writer) changes(s *step, x Number, see *shown) string {
	text := ""
	if y := s.rounded(x); y.Cmp(x) != 0 {
		text += w.say(", arrotondato a %s", ", rounded to %s", w.withUnit(y, see))
		x = y
	}
	if s.atLeast != nil {
		if least := s.atLeast.number(w.m); x.Cmp(least) < 0 {
			text += w.say(", portato al minimo di %s", ", raised to the minimum of %s", w.withUnit(least, see))
			x = least
		}
	}
	for _, limit := range s.atMost {
		if most := limit.number(w.m); x.Cmp(most) > 0 {
			text += w.say(", ridotto al massimo di %s", ", cut to the maximum of %s", w.withUnit(most, see))
			x = most
		}
	}
	if y := s.settled(x); y.Cmp(x) != 0 {
		text += w.say(", arrotondato a %s", ", rounded to %s", w.withUnit(y, see))
	}
	return text
}

func (w *writer) results(m *Measure, r Result) {
	var texts []string
	for i, o := range m.Outputs {
		s := &m.formula.steps[m.formula.outputs[i]]
		if m.Kind == KindTariff && !r.Eligible && !s.always {
			continue // no tariff is set, which is not free
		}
		texts = append(texts, o.Label.In(w.lang)+" "+w.withUnit(r.Values[i], &shown{unit: o.Unit, euro: o.Euro, percent: s.percent, places: s.places}))
	}
	if len(texts) == 0 {
		w.line(w.say("Risultato: nessuna tariffa (non vuol dire gratis)", "Result: no tariff (which does not mean free)"))
		return
	}
	w.line(w.say("Risultato: ", "Result: ") + strings.Join(texts, ", "))
}

func (r *plainRule) explain(w *writer) (lead, formula string) {
	if r.of.kind == kindYesNo {
		return w.reason(r.of, r.of.holds(w.m)), ""
	}
	if r.of.op == opIf {
		return w.branch(r.of)
	}
	return "", w.formula(r.of, 0)
}

// branch is a choice made at the top of a step: its reason comes first.
func (w *writer) branch(t *term) (lead, formula string) {
	holds := t.args[0].holds(w.m)
	lead = w.reason(t.args[0], holds)
	if holds {
		return lead, w.formula(t.args[1], 0)
	}
	return lead, w.formula(t.args[2], 0)
}

func (w *writer) missing(asks inputSet) string {
	var names []string
	for slot := range w.slots {
		if w.slots[slot].input && (asks &^ w.m.known).has(slot) {
			names = append(names, w.slots[slot].name.In(w.lang))
		}
	}
	return strings.Join(names, ", ") + w.say(" non risulta", " is not on record")
}

func (r *bracketRule) explain(w *writer) (lead, formula string) {
	if r.asks&^w.m.known != 0 {
		return w.missing(r.asks), w.formula(r.missing, 0)
	}
	x := r.of.number(w.m)
	var before *bound
	for i := range r.rows {
		if r.rows[i].upTo.holds(x, w.m) {
			return w.within(r.of, before, &r.rows[i].upTo), w.formula(r.rows[i].value, 0)
		}
		before = &r.rows[i].upTo
	}
	return w.within(r.of, before, &bound{open: true}), w.formula(r.above, 0)
}

// within says in which range a number lies. Amounts that are given are whole
// cents, so that a range may begin with the next cent.
func (w *writer) within(of *term, before, upTo *bound) string {
	name := w.named(of)
	cents := of.op == opSlot && of.euro && w.slots[of.slot].input
	text := func(b *bound, cent int64) string {
		n := b.at.number(w.m)
		if cents {
			n = n.Add(Fraction(cent, 100))
		}
		return w.full(&term{op: opConst, kind: kindNumber, value: n, euro: of.euro, places: min(of.places, 2)})
	}
	switch {
	case upTo.open && before == nil:
		return name
	case upTo.open && before.inclusive:
		return w.say("%s supera %s", "%s is above %s", name, text(before, 0))
	case upTo.open:
		return w.say("%s è almeno %s", "%s is at least %s", name, text(before, 0))
	case before == nil && upTo.inclusive:
		return w.say("%s non supera %s", "%s is not above %s", name, text(upTo, 0))
	case before == nil:
		return w.say("%s è sotto %s", "%s is below %s", name, text(upTo, 0))
	}
	if cents {
		low, high := int64(0), int64(0)
		if before.inclusive {
			low = 1
		}
		if !upTo.inclusive {
			high = -1
		}
		return w.say("%s è fra %s e %s", "%s is between %s and %s", name, text(before, low), text(upTo, high))
	}
	from, to := w.say("da", "from"), w.say("fino a", "up to")
	if before.inclusive {
		from = w.say("oltre", "above")
	}
	if !upTo.inclusive {
		to = w.say("sotto", "below")
	}
	return w.say("%s è %s %s e %s %s", "%s is %s %s and %s %s", name, from, text(before, 0), to, text(upTo, 0))
}

func (r *lineRule) explain(w *writer) (lead, formula string) {
	if r.asks&^w.m.known != 0 {
		return w.missing(r.asks), w.formula(r.missing, 0)
	}
	at, last := r.segment(r.of.number(w.m), w.m), len(r.points)-1
	end := func(i int) *bound { return &bound{at: r.points[i].x, inclusive: true} }
	switch {
	case at < 0:
		return w.within(r.of, nil, &bound{at: r.points[0].x}), w.formula(r.before, 0)
	case at == last:
		return w.within(r.of, end(last), &bound{open: true}), w.formula(r.after, 0)
	}
	a, b := r.points[at], r.points[at+1]
	first := &bound{at: a.x, inclusive: at > 0}
	return w.within(r.of, first, end(at+1)), w.interpolation(r.of, a.x, a.y, b.x, b.y)
}

func (r *tableRule) explain(w *writer) (lead, formula string) {
	if asks := r.rows.asks | r.columns.asks; asks&^w.m.known != 0 {
		return w.missing(asks), w.formula(r.missing, 0)
	}
	row, column := r.rows.place(w.m), r.columns.place(w.m)
	lead = r.rows.explain(w, row) + ", " + r.columns.explain(w, column)
	if row < 0 || column < 0 {
		return lead, w.formula(r.above, 0)
	}
	return lead, w.formula(r.cells[row][column], 0)
}

func (a *axis) explain(w *writer, place int) string {
	if len(a.ranges) == 0 {
		if a.of.op == opSlot && a.of.kind != kindNumber {
			return w.slots[a.of.slot].name.In(w.lang) + " " + w.bare(a.of)
		}
		return w.named(a.of)
	}
	if place < 0 || place >= len(a.ranges) {
		return w.within(a.of, &a.ranges[len(a.ranges)-1], &bound{open: true})
	}
	if place == 0 {
		return w.within(a.of, nil, &a.ranges[0])
	}
	return w.within(a.of, &a.ranges[place-1], &a.ranges[place])
}

func (r *reductionRule) explain(w *writer) (lead, formula string) {
	var texts []string
	counts := map[int]bool{}
	left := r.left(w.m, func(i int, percent Number) {
		texts = append(texts, w.reduction(&r.list[i], percent))
		counts[i] = true
	})
	w.lost(r, counts)
	of := w.formula(r.of, 2)
	if len(texts) == 0 {
		return w.say("nessuna riduzione", "no reduction"), of
	}
	return strings.Join(texts, ", "), of + " × " + w.percent(left.Mul(Whole(100)))
}

// reduction is "dal secondo figlio (−20 %)".
func (w *writer) reduction(l *reduction, percent Number) string {
	return l.name.In(w.lang) + " (−" + w.percent(percent) + ")"
}

// lost notes the reductions that hold and do not count, since only one does.
func (w *writer) lost(r *reductionRule, counts map[int]bool) {
	var texts []string
	for i := range r.list {
		if l := &r.list[i]; !counts[i] && l.when.holds(w.m) {
			texts = append(texts, w.reduction(l, l.percent.number(w.m)))
		}
	}
	if len(texts) == 0 {
		return
	}
	list := strings.Join(texts, ", ")
	switch r.mode {
	case reductionLargest:
		w.note(w.say("conta solo la riduzione maggiore, non anche %s", "only the largest reduction counts, not also %s", list))
	case reductionSmallest:
		w.note(w.say("conta solo la riduzione minore, non anche %s", "only the smallest reduction counts, not also %s", list))
	default:
		w.note(w.say("conta solo la prima riduzione, non anche %s", "only the first reduction counts, not also %s", list))
	}
}
