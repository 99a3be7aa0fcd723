package subsidies

import (
	"strings"
	"unicode"
)

// scale says whether a number is a percentage. A percentage counts as the part
// that it is: 20% is 0.20, so that an amount times a percentage is an amount. Where
// a reduction is looked for, it means itself: 20, and not a fifth of one in a
// hundred.
type scale uint8

const (
	scalePlain   scale = iota
	scalePercent       // written with %, or made of such alone
	scaleShare         // a percentage times a number: a percentage, or so much of the number
	scaleMixed         // a plain number or an amount that was reckoned with one: no percentage any more
)

// neutral says that a term goes with percentages and with plain numbers: zero.
func (t *term) neutral() bool { return t.op == opConst && t.value.Sign() == 0 }

// one says that a term is all of something: 1, of which a percentage is a part.
func (t *term) one() bool { return t.op == opConst && t.value.Cmp(Whole(1)) == 0 }

// with is the scale of what may be the one or the other, or is added from both;
// false if one is a percentage and the other a plain number.
func (s scale) with(other scale) (scale, bool) {
	switch {
	case s == other:
		return s, true
	case min(s, other) == scalePercent && max(s, other) == scaleShare:
		return scalePercent, true
	case s == scalePercent || other == scalePercent:
		return scalePlain, false
	}
	return scaleMixed, true
}

// scaleOf is the scale of terms that are added or chosen between, and the place of
// the first that does not go with those before, -1 if all do.
func scaleOf(terms ...*term) (s scale, odd int) {
	found := false
	for i, t := range terms {
		if t.neutral() {
			continue
		}
		if !found {
			s, found = t.scale, true
			continue
		}
		joint, ok := s.with(t.scale)
		if !ok {
			return scalePlain, i
		}
		s = joint
	}
	return s, -1
}

func unlike(from int) error {
	return wrongAt(from, "a percentage does not go with a plain number or an amount: write the number with %%, for example 5%%, or say of what it is a part, cost * 5%%")
}

// scaled is the scale of a sum, difference, product or quotient.
func scaled(o op, left, right *term, euro bool) (s scale, ok bool) {
	isPart := func(s scale) bool { return s == scalePercent || s == scaleShare }
	switch {
	case (o == opAdd || o == opSub) && left.one() && left.scale == scalePlain && isPart(right.scale): // 1 - rate is what is left
		return right.scale, true
	case o == opAdd || o == opSub:
		s, odd := scaleOf(left, right)
		return s, odd < 0
	case o == opDiv && left.euro && right.euro, left.scale == scalePlain && right.scale == scalePlain:
		return scalePlain, true
	case euro, o == opDiv && left.scale == scalePlain:
		return scaleMixed, true
	case left.scale == scaleMixed || right.scale == scaleMixed:
		return scaleMixed, true
	case o == opDiv && isPart(right.scale): // how many times
		return scalePlain, true
	case left.scale == scalePercent && right.scale == scalePercent:
		return scalePercent, true
	}
	return scaleShare, true
}

// percentLiterals finds the numbers of an expression that are written with %, and
// gives the text in which a space stands for each of these signs, so that every
// letter keeps its place. A sign before an operand stays: it is refused later.
func percentLiterals(text []rune) (string, map[int]bool) {
	plain, found := append([]rune(nil), text...), map[int]bool{}
	quote := rune(0)
	for i := 0; i < len(text); i++ {
		switch r := text[i]; {
		case quote != 0:
			if r == '\\' {
				i++
			} else if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'' || r == '`':
			quote = r
		case unicode.IsLetter(r) || r == '_': // a name: its digits are no number
			for i+1 < len(text) && nameRune(text[i+1]) {
				i++
			}
		case unicode.IsDigit(r):
			from := i
			for i+1 < len(text) && (nameRune(text[i+1]) || text[i+1] == '.' && i+2 < len(text) && unicode.IsDigit(text[i+2])) {
				i++
			}
			at := i + 1
			for at < len(text) && text[at] == ' ' {
				at++
			}
			if at < len(text) && text[at] == '%' && !beginsOperand(text[at+1:]) {
				plain[at], found[from], i = ' ', true, at
			}
		}
	}
	return string(plain), found
}

func nameRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }

// beginsOperand says that what follows is a number, a name or a bracket, so that
// the % before it was meant as the sign of another language.
func beginsOperand(text []rune) bool {
	rest := strings.TrimLeft(string(text), " ")
	word := rest
	if end := strings.IndexFunc(rest, func(r rune) bool { return !nameRune(r) }); end >= 0 {
		word = rest[:end]
	}
	switch word {
	case "":
		return strings.HasPrefix(rest, "(") || strings.HasPrefix(rest, "#")
	case "and", "or", "in", "not":
		return false
	}
	return true
}
