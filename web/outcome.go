package web

import (
	"colletta/desk"
	"colletta/pooling"
)

// outcomeWords is why a household is in its pool, or in none, in words.
type outcomeWords struct {
	Served    bool
	Title     string
	Lines     []string
	Reckoning []string // how share and subsidy were computed
}

// outcomeOf says what a round did for a demand, how close it was, and what
// helps next time. Only the household itself reads it: it names its maximum.
func outcomeOf(v desk.OutcomeView) outcomeWords {
	told := v.Words(pooling.Italian)
	w := outcomeWords{Served: v.Outcome.Code == pooling.OutcomeServed, Title: told.Title, Lines: told.Lines(), Reckoning: told.Reckoning}
	if w.Served { // the charge beside it says what is paid
		w.Lines = told.Reason
	}
	return w
}

// outcomeShort names a reason in a list of counts.
func outcomeShort(code pooling.OutcomeCode) string { return pooling.ShortWords(pooling.Italian, code) }
