package subsidies

import (
	"fmt"
	"strings"
)

// The signs of arithmetic and how strongly they bind.
var signs = map[op]struct {
	text string
	bind int
}{
	opAdd: {" + ", 1}, opSub: {" − ", 1}, opMul: {" × ", 2}, opDiv: {" / ", 2},
}

// formula writes a term with its numbers put in. What is no plain arithmetic
// stands as its value, and a note says how it came about.
func (w *writer) formula(t *term, bind int) string {
	if sign, ok := signs[t.op]; ok {
		right := sign.bind
		if t.op == opSub || t.op == opDiv {
			right++
		}
		text := w.formula(t.args[0], sign.bind) + sign.text + w.formula(t.args[1], right)
		if sign.bind < bind {
			return "(" + text + ")"
		}
		return text
	}
	switch t.op {
	case opNeg:
		return "−" + w.formula(t.args[0], 3)
	case opIf:
		w.note(w.say("perché %s", "because %s", w.reason(t.args[0], t.args[0].holds(w.m))))
		if t.args[0].holds(w.m) {
			return w.formula(t.args[1], bind)
		}
		return w.formula(t.args[2], bind)
	case opConst, opSlot, opItem, opPlace, opLen:
		return w.bare(t)
	case opLine:
		if w.inside(t) {
			text := w.interpolation(t.args[0], t.args[1], t.args[2], t.args[3], t.args[4])
			if bind > 1 {
				text = "(" + text + ")"
			}
			return text
		}
		return w.bare(t)
	}
	if t.kind != kindNumber && t.kind != kindDate {
		return w.bare(t)
	}
	value := w.bare(t)
	if how := w.how(t, value); how != "" {
		w.note(how)
	}
	return value
}

func (w *writer) note(text string) {
	for _, before := range w.notes {
		if before == text {
			return
		}
	}
	w.notes = append(w.notes, text)
}

// how says where the value of a function comes from; empty if it is plain.
func (w *writer) how(t *term, value string) string {
	switch t.op {
	case opMin, opMax:
		return w.howExtreme(t, value)
	case opCeil, opFloor, opRound:
		return w.howRounded(t, value)
	case opAbs:
		return w.say("%s è %s senza segno", "%s is %s without its sign", value, w.formula(t.args[0], 0))
	case opSum:
		return w.howSum(t, value)
	case opCount:
		return w.howCount(t, value)
	case opAt:
		return w.say("dall'elenco «%s»", "from the list “%s”", w.slots[t.slot].name.In(w.lang))
	case opYears, opMonths, opDays:
		unit := map[op]string{
			opYears: w.say("anni compiuti", "complete years"), opMonths: w.say("mesi compiuti", "complete months"), opDays: w.say("giorni", "days"),
		}[t.op]
		if t.number(w.m).Cmp(Whole(1)) == 0 {
			unit = map[op]string{
				opYears: w.say("anno compiuto", "complete year"), opMonths: w.say("mese compiuto", "complete month"), opDays: w.say("giorno", "day"),
			}[t.op]
		}
		return w.say("%s %s dal %s al %s", "%s %s from %s to %s", value, unit, w.bare(t.args[0]), w.bare(t.args[1]))
	case opAddDays, opAddMonths, opAddYears:
		unit := map[op]string{opAddDays: w.say("giorni", "days"), opAddMonths: w.say("mesi", "months"), opAddYears: w.say("anni", "years")}[t.op]
		return w.say("%s è il %s più %s %s", "%s is %s plus %s %s", value, w.formula(t.args[0], 0), w.formula(t.args[1], 0), unit)
	case opScale:
		return w.say("%s è la scala di equivalenza per %s componenti", "%s is the equivalence scale for %s members", value, w.formula(t.args[0], 0))
	}
	return ""
}

// howCount names the elements that count, by their places from 1.
func (w *writer) howCount(t *term, value string) string {
	list := w.m.lists[t.slot]
	of, name := w.number(Whole(int64(len(list))), 0), w.slots[t.slot].name.In(w.lang)
	var texts []string
	item, place := w.m.item, w.m.place
	for i, n := range list {
		w.m.item, w.m.place = n, int64(i)
		if t.args[0].holds(w.m) {
			texts = append(texts, w.bare(&term{op: opConst, kind: w.slots[t.slot].kind.element(), value: n, places: w.slots[t.slot].places}))
		}
	}
	w.m.item, w.m.place = item, place
	if len(texts) == 0 || len(texts) > groupsShown {
		return w.say("%s di %s in «%s» contano", "%s of %s in “%s” count", value, of, name)
	}
	return w.say("%s di %s in «%s» contano: %s", "%s of %s in “%s” count: %s", value, of, name, strings.Join(texts, "; "))
}

func (w *writer) howExtreme(t *term, value string) string {
	if len(t.args) == 0 {
		return w.say("dall'elenco «%s»", "from the list “%s”", w.slots[t.slot].name.In(w.lang))
	}
	texts := make([]string, len(t.args))
	for i, a := range t.args {
		texts[i] = w.formula(a, 0)
	}
	list := strings.Join(texts[:len(texts)-1], ", ") + w.say(" e ", " and ") + texts[len(texts)-1]
	if t.op == opMin {
		return w.say("%s è il minore fra %s", "%s is the least of %s", value, list)
	}
	return w.say("%s è il maggiore fra %s", "%s is the largest of %s", value, list)
}

func (w *writer) howRounded(t *term, value string) string {
	x := t.args[0].number(w.m)
	formula, exact := w.formula(t.args[0], 0), w.number(x, 0)
	plain := formula == exact || formula == w.bare(t.args[0])
	switch {
	case x.Cmp(t.number(w.m)) == 0 && plain:
		return ""
	case x.Cmp(t.number(w.m)) == 0: // the rounding changed nothing
		return value + w.say(" è ", " is ") + formula
	case !plain:
		formula += " = " + exact
	}
	switch {
	case t.op == opCeil || t.op == opRound && t.round.Mode == RoundUp:
		return w.say("%s è %s, arrotondato per eccesso", "%s is %s, rounded up", value, formula)
	case t.op == opFloor || t.op == opRound && t.round.Mode == RoundDown:
		return w.say("%s è %s, arrotondato per difetto", "%s is %s, rounded down", value, formula)
	}
	return w.say("%s è %s, arrotondato", "%s is %s, rounded", value, formula)
}

// groupsShown is how many different numbers of a sum are written out.
const groupsShown = 12

// howSum writes the elements of a sum, equal neighbours together, with their
// places from 1.
func (w *writer) howSum(t *term, value string) string {
	texts := w.groups(t)
	if len(texts) > groupsShown {
		texts = append(texts[:groupsShown], "…")
	}
	list := w.slots[t.slot].name.In(w.lang)
	switch {
	case len(w.m.lists[t.slot]) == 0:
		return w.say("«%s» è un elenco vuoto", "“%s” is an empty list", list)
	case len(w.m.lists[t.slot]) == 1 && len(t.args) == 0:
		return ""
	}
	return w.say("%s è la somma su «%s»: %s", "%s is the sum over “%s”: %s", value, list, strings.Join(texts, "; "))
}

// groups writes what each element of a list counts: "mese 1–10: 10 × 272,73",
// "mese 11: 272,70".
func (w *writer) groups(t *term) []string {
	var texts []string
	name := w.slots[t.slot].item.In(w.lang)
	if name != "" {
		name += " "
	}
	last, first := "", 0
	flush := func(end int) {
		switch times := end - first; {
		case times == 1:
			texts = append(texts, fmt.Sprintf("%s%d: %s", name, end, last))
		case times > 1:
			texts = append(texts, fmt.Sprintf("%s%d–%d: %d × %s", name, first+1, end, times, last))
		}
	}
	list := w.m.lists[t.slot]
	item, place := w.m.item, w.m.place
	for i, n := range list {
		w.m.item, w.m.place = n, int64(i)
		if len(t.args) > 0 {
			n = t.args[0].number(w.m)
		}
		if text := w.number(n, t.places); text != last || i == 0 {
			flush(i)
			last, first = text, i
		}
	}
	flush(len(list))
	w.m.item, w.m.place = item, place
	return texts
}

// inside says whether a line() interpolates, and does not stand at one of its ends.
func (w *writer) inside(t *term) bool {
	x := t.args[0].number(w.m)
	return x.Cmp(t.args[1].number(w.m)) > 0 && x.Cmp(t.args[3].number(w.m)) < 0
}

// interpolation writes y0 + (x − x0) × (y1 − y0) / (x1 − x0).
func (w *writer) interpolation(x, x0, y0, x1, y1 *term) string {
	return w.bare(y0) + " + (" + w.bare(x) + " − " + w.bare(x0) + ") × (" + w.bare(y1) + " − " + w.bare(y0) + ") / (" + w.bare(x1) + " − " + w.bare(x0) + ")"
}
