package subsidies

import (
	"cmp"
	"errors"
	"slices"

	"colletta/refusal"
)

// faultsMax is how many refusals of one file are told.
const faultsMax = 50

// faults gathers what is wrong in a measure, so that whoever writes it can mend
// everything at once.
type faults struct {
	list  refusal.List
	found bool
}

// errFollows says that something is wrong only because of what was told before.
var errFollows = errors.New("follows from what was told before")

// add keeps what is wrong and says whether anything is.
func (f *faults) add(err error) bool {
	if err == nil {
		return false
	}
	f.found = true
	for _, e := range refusal.All(err) {
		if len(f.list) < faultsMax {
			f.list = append(f.list, e)
		}
	}
	return true
}

// err is nil, the one refusal, or a list in the order of the lines.
func (f *faults) err() error {
	switch {
	case !f.found:
		return nil
	case len(f.list) == 0:
		return errFollows
	case len(f.list) == 1:
		return f.list[0]
	}
	slices.SortStableFunc(f.list, func(a, b *refusal.Error) int { return cmp.Compare(lineOfRefusal(a), lineOfRefusal(b)) })
	return f.list
}

func lineOfRefusal(e *refusal.Error) int {
	line, _ := e.Args["line"].(int)
	return line
}
