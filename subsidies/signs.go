package subsidies

import (
	"regexp"
	"strings"
)

// foreignSigns are written in other languages and read by the parser, or mean
// something else to it: what to write instead. The longer ones come first.
var foreignSigns = []struct {
	sign string
	hint Phrase
}{
	{"//", phrase("; divided by is /, and an expression holds no comments: they stand after # outside of it")},
	{"/*", phrase("; an expression holds no comments: they stand after # outside of it")},
	{"*/", phrase("; an expression holds no comments: they stand after # outside of it")},
	{"&&", phrase("; write and")}, {"&", phrase("; write and")},
	{"||", phrase("; write or")}, {"|", phrase("; write or")},
	{"<>", phrase("; different is !=")},
	{"=>", phrase("; not below is >=")}, {"=<", phrase("; not above is <=")},
	{"!=", Phrase{}}, // this one is ours
	{"!", phrase("; write not")},
	{";", phrase("; nothing stands at the end of an expression, and between arguments there is a comma")},
}

// foreignWords are words of other languages where a sign or a word of ours is meant.
var foreignWords = map[string]Phrase{
	"AND": phrase("; write and"), "OR": phrase("; write or"), "NOT": phrase("; write not"),
	"is": phrase("; whether something is there is asked with known(isee)"),
}

// foreignChoice finds a choice that is written as a spreadsheet does.
var foreignChoice = regexp.MustCompile(`(?i)\b(if|se)\s*\(`)

// choiceHint says how a choice is written.
var choiceHint = phrase("; a choice is written condition ? value : other value")

// foreignSign refuses signs and words that are not for measures. What stands
// between quotes is not looked at.
func foreignSign(text []rune) error {
	quote := rune(0)
	for i := 0; i < len(text); i++ {
		r := text[i]
		switch {
		case quote != 0 && r == '\\':
			i++
		case quote != 0:
			if r == quote {
				quote = 0
			}
		case r == '"' || r == '\'' || r == '`':
			quote = r
		case nameRune(r):
			from := i
			for i+1 < len(text) && nameRune(text[i+1]) {
				i++
			}
			if hint, ok := foreignWords[string(text[from:i+1])]; ok && !calls(text[i+1:]) {
				return wrongAt(from, "cannot be read: %s is not expected here%s", string(text[from:i+1]), hint)
			}
		default:
			for _, f := range foreignSigns {
				if !strings.HasPrefix(string(text[i:min(i+2, len(text))]), f.sign) {
					continue
				}
				hint := f.hint
				if f.sign == ";" && foreignChoice.MatchString(string(text)) {
					hint = choiceHint
				}
				if hint.english != "" {
					return wrongAt(i, "cannot be read: %s is not expected here%s", f.sign, hint)
				}
				i++
				break
			}
		}
	}
	return nil
}

// calls says that a bracket follows: the word before is a name.
func calls(text []rune) bool { return len(text) > 0 && text[0] == '(' }
