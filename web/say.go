package web

import (
	"sync"

	"colletta/refusal"
)

var printed = sync.OnceValues(loadWords)

// Say is the sentence of a refusal in Italian, as the pages show it, for the
// command line.
func Say(e *refusal.Error) string {
	w, err := printed()
	if err != nil {
		return e.Error()
	}
	return w.of(e)
}
