package subsidies

import "fmt"

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

// Italian is the phrase for pages.
func (p Phrase) Italian() string { return p.In(Italian) }
