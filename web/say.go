package web

import (
	"sync"

	"colletta/refusal"
)

var printed = sync.OnceValues(loadWords)

var printedEnglish = sync.OnceValues(func() (*words, error) { return readWords("en.json", messagesEn, true) })

// SayEnglish is the sentence of a refusal in English where there is one, for the
// command line; the code and its values otherwise.
func SayEnglish(e *refusal.Error) string {
	w, err := printedEnglish()
	if err != nil || w.sentences[e.Code] == "" {
		return e.Error()
	}
	return w.of(e)
}

// Say is the sentence of a refusal in Italian, as the pages show it, for the
// command line.
func Say(e *refusal.Error) string {
	w, err := printed()
	if err != nil {
		return e.Error()
	}
	return w.of(e)
}
