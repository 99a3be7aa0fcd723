package subsidies

import (
	"errors"
	"fmt"
	"strings"

	"colletta/refusal"
)

// Phrase is what a refusal says is wrong and what is expected, in the languages
// of those who write measures. As an error and in logs it is English.
type Phrase struct {
	english string // with the verbs of fmt; the key of the Italian one
	args    []any  // those that have a language themselves are asked for it
}

// phrase makes a phrase. The text is a key of [italian]: a test keeps them in step.
func phrase(english string, args ...any) Phrase { return Phrase{english, args} }

// spoken is what is said otherwise in each language.
type spoken interface{ In(Lang) string }

// In says the phrase in a language.
func (p Phrase) In(l Lang) string {
	text := p.english
	if l == Italian && italian[text] != "" {
		text = italian[text]
	}
	args := make([]any, len(p.args))
	for i, arg := range p.args {
		args[i] = arg
		if s, ok := arg.(spoken); ok {
			args[i] = s.In(l)
		}
	}
	return fmt.Sprintf(text, args...)
}

// Error is the phrase in English.
func (p Phrase) Error() string { return p.In(English) }

// MarshalText writes the phrase in English, for the API and for logs.
func (p Phrase) MarshalText() ([]byte, error) { return []byte(p.Error()), nil }

// Italian is the phrase for pages.
func (p Phrase) Italian() string { return p.In(Italian) }

// Words says what a refusal of this package is about, without its place in the
// file: what is wrong and what is expected.
func Words(e *refusal.Error, l Lang) string { return wordsOf(e).In(l) }

func wordsOf(e *refusal.Error) Phrase {
	arg := func(name string) any { return e.Args[name] }
	switch {
	case errors.Is(e, ErrCase):
		return wordsOfCase(e)
	case errors.Is(e, ErrField):
		return phrase("the field %v is missing or has an impossible value: %v", arg("field"), arg("detail"))
	case errors.Is(e, ErrBracketsHole):
		return phrase("a hole: no bracket holds at %v; let each begin where the one before ends", arg("bound"))
	case errors.Is(e, ErrBracketsOverlap):
		return phrase("an overlap: two brackets hold at %v; let each begin where the one before ends", arg("bound"))
	case errors.Is(e, ErrBracketsOrder):
		return phrase("the bounds must rise: %v comes too late", arg("bound"))
	case errors.Is(e, ErrPortion):
		return phrase("exactly one of percent (above 0, up to 100) and amount (above 0) is needed")
	case errors.Is(e, ErrCapNeeded):
		return phrase("a rule that can cover the whole price needs a cap: {amount: ..., per: month}")
	case errors.Is(e, ErrPopulation):
		return phrase("line %v, column %v: %v", arg("line"), arg("column"), arg("detail"))
	case errors.Is(e, ErrSimulatedOutput):
		return phrase("%q is no amount among the results; there are: %v", arg("output"), arg("outputs"))
	case errors.Is(e, ErrSimulatedTimes):
		return phrase("%v times a year: give a number from 1 to 366", arg("times"))
	case errors.Is(e, ErrStacking):
		return phrase("%v and %v cannot be had together", arg("one"), arg("other"))
	}
	for _, key := range []string{"input", "step", "applicant"} {
		if name, ok := e.Args[key]; ok {
			return phrase("%v: %v", name, arg("detail"))
		}
	}
	if detail, ok := e.Args["detail"]; ok {
		return phrase("%v", detail)
	}
	return phrase("%v", e.Error())
}

// wordsOfCase says which case does not come out, and which others.
func wordsOfCase(e *refusal.Error) Phrase {
	name := ""
	if text := fmt.Sprint(e.Args["name"]); text != "" {
		name = " (" + text + ")"
	}
	others := Phrase{}
	if list, _ := e.Args["others"].([]string); len(list) > 0 {
		others = phrase("; these do not come out either: %s", strings.Join(list, ", "))
	}
	if e.Args["part"] == "funding_cases" {
		return phrase("case %v of the fund%s: %v is %v, expected %v%s", e.Args["number"], name, e.Args["output"], e.Args["got"], e.Args["expect"], others)
	}
	return phrase("worked case %v%s: %v is %v, expected %v%s", e.Args["number"], name, e.Args["output"], e.Args["got"], e.Args["expect"], others)
}
