package subsidies

import "strings"

// reason says why a condition holds, or why it does not and by how much.
func (w *writer) reason(t *term, holds bool) string {
	switch t.op {
	case opConst:
		return w.yesNo(holds)
	case opKnown:
		if holds {
			return w.slots[t.slot].name.In(w.lang) + w.say(": risulta", ": on record")
		}
		return w.slots[t.slot].name.In(w.lang) + w.say(": non risulta", ": not on record")
	case opNot:
		return w.reason(t.args[0], !holds)
	case opAnd, opOr:
		return w.reasons(t, holds)
	case opEqual, opNotEqual, opLess, opLessEqual, opMore, opMoreEqual:
		return w.compared(t, holds)
	case opIn:
		return w.among(t, holds)
	case opInList:
		list := w.slots[t.slot].name.In(w.lang)
		if holds {
			return w.say("%s è fra i valori di «%s»", "%s is among the values of “%s”", w.named(t.args[0]), list)
		}
		return w.say("%s non è fra i valori di «%s»", "%s is not among the values of “%s”", w.named(t.args[0]), list)
	case opIf:
		if t.args[0].holds(w.m) {
			return w.reason(t.args[1], holds)
		}
		return w.reason(t.args[2], holds)
	case opSlot:
		return w.slots[t.slot].name.In(w.lang) + ": " + w.yesNo(holds)
	case opAny, opAll, opNone:
		n, of := Whole(int64(t.matches(w.m))), Whole(int64(len(w.m.lists[t.slot])))
		return w.say("in «%s» la condizione vale per %s di %s", "in “%s” the condition holds for %s of %s",
			w.slots[t.slot].name.In(w.lang), w.number(n, 0), w.number(of, 0))
	}
	return w.yesNo(holds)
}

// reasons of "and" and "or": what decided. When "and" fails the first part that
// fails is enough, when it holds every part counts; "or" is the mirror of it.
func (w *writer) reasons(t *term, holds bool) string {
	every := (t.op == opAnd) == holds
	var texts []string
	for _, part := range flat(t, t.op) {
		if part.holds(w.m) != holds {
			continue
		}
		if part.op == opKnown && holds && every {
			continue // that an ISEE is on record shows from its value
		}
		texts = append(texts, w.reason(part, holds))
		if !every {
			break
		}
	}
	return strings.Join(texts, w.say(" e ", " and "))
}

// flat lists the parts of a chain of the same operator.
func flat(t *term, o op) []*term {
	if t.op != o {
		return []*term{t}
	}
	return append(flat(t.args[0], o), flat(t.args[1], o)...)
}

// compared writes a comparison as it came out.
func (w *writer) compared(t *term, holds bool) string {
	left, right := t.args[0], t.args[1]
	if left.kind == kindYesNo && right.op == opConst {
		same := (right.value.Sign() != 0) == (t.op == opEqual)
		return w.reason(left, same == holds)
	}
	if left.op == opConst && right.op != opConst { // 3 <= age is read from age
		left, right = right, left
	}
	a, b := w.named(left), w.full(right)
	if right.kind == kindNumber && w.inEuro(left) && (right.op != opSlot || w.slots[right.slot].plain()) {
		b = w.amount(right.number(w.m))
	}
	if left.kind == kindChoice || left.kind == kindYesNo {
		return w.equality(left, b)
	}
	difference := left.number(w.m).Sub(right.number(w.m))
	by := ""
	if w.gaps && left.kind == kindNumber && !holds && difference.Sign() != 0 {
		see := shown{euro: w.inEuro(left) || right.euro, places: max(left.places, right.places)}
		if left.op == opSlot {
			see.unit = w.slots[left.slot].unit
		}
		by = w.say(" (differenza %s)", " (by %s)", w.withUnit(difference.Abs(), &see))
	}
	switch c := difference.Sign(); {
	case left.kind == kindDate && c > 0:
		return w.say("%s è dopo il %s", "%s is after %s", a, b)
	case left.kind == kindDate && c < 0:
		return w.say("%s è prima del %s", "%s is before %s", a, b)
	case c == 0:
		return w.say("%s è pari a %s", "%s equals %s", a, b)
	case c > 0:
		return w.say("%s supera %s", "%s is above %s", a, b) + by
	default:
		return w.say("%s è sotto %s", "%s is below %s", a, b) + by
	}
}

func (w *writer) equality(left *term, b string) string {
	if left.op == opSlot {
		return w.slots[left.slot].name.In(w.lang) + ": " + w.bare(left)
	}
	return w.bare(left) + " / " + b
}

func (w *writer) among(t *term, holds bool) string {
	texts := make([]string, 0, len(t.args)-1)
	for _, one := range t.args[1:] {
		texts = append(texts, w.bare(one))
	}
	list := strings.Join(texts, ", ")
	if holds {
		return w.say("%s è fra: %s", "%s is among: %s", w.named(t.args[0]), list)
	}
	return w.say("%s non è fra: %s", "%s is not among: %s", w.named(t.args[0]), list)
}

// inEuro says whether a term is shown as an amount.
func (w *writer) inEuro(t *term) bool {
	return t.euro || t.op == opSlot && w.slots[t.slot].euro
}
