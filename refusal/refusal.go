// Package refusal owns the expected no: an answer that a rule gives to a
// person, with a stable code and the values that its words need.
//
// It does not own words (web/messages) nor HTTP statuses (one table each in
// web and api), and it is not for faults of the world or for bugs.
//
// Invariant: a refusal is declared once, beside its rule; With and At return
// copies, and errors.Is compares codes.
//
// The package knows no time.
package refusal

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of no it is; api and web map it to a status.
type Kind int

// The kinds.
const (
	KindInvalid         Kind = iota + 1 // a value breaks a rule: mend it and send again
	KindUnauthenticated                 // nobody is logged in
	KindForbidden                       // this person may not
	KindNotFound                        // not there, or not for this person
	KindConflict                        // the state does not allow it (any more)
	KindTooMany                         // too often or too much
	KindUnavailable                     // a part is down: try again later
)

// Error is one refusal.
type Error struct {
	Kind  Kind
	Code  string         // stable, snake_case; the key of its words
	Field string         // form or JSON field it concerns; empty for the whole act
	Args  map[string]any // what its words need; values format themselves (money.Amount, int, string, time.Time)
}

// New declares a refusal.
func New(kind Kind, code string) *Error { return &Error{Kind: kind, Code: code} }

// With returns a copy with pairs of name and value added for its words.
func (e *Error) With(pairs ...any) *Error {
	c := *e
	c.Args = make(map[string]any, len(e.Args)+len(pairs)/2)
	for k, v := range e.Args {
		c.Args[k] = v
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		c.Args[fmt.Sprint(pairs[i])] = pairs[i+1]
	}
	return &c
}

// At returns a copy that concerns a field.
func (e *Error) At(field string) *Error {
	c := *e
	c.Field = field
	return &c
}

// Error writes the refusal for logs and for the command line.
func (e *Error) Error() string {
	var b strings.Builder
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Code)
	if len(e.Args) > 0 {
		fmt.Fprintf(&b, " %v", e.Args)
	}
	return b.String()
}

// Is compares codes, so that errors.Is(err, ErrRoundClosed) holds for copies.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// List is several refusals of one act, for example one per field of a form.
type List []*Error

// Error joins the refusals with semicolons.
func (l List) Error() string {
	words := make([]string, len(l))
	for i, e := range l {
		words[i] = e.Error()
	}
	return strings.Join(words, "; ")
}

// Unwrap lets errors.Is and errors.As see each refusal.
func (l List) Unwrap() []error {
	errs := make([]error, len(l))
	for i, e := range l {
		errs[i] = e
	}
	return errs
}

// OrNil is nil for an empty list, so that a list can be returned as an error.
func (l List) OrNil() error {
	if len(l) == 0 {
		return nil
	}
	return l
}

// All returns the refusals in err: several of a [List], one of an [Error],
// none for a fault.
func All(err error) List {
	var list List
	if errors.As(err, &list) {
		return list
	}
	var one *Error
	if errors.As(err, &one) {
		return List{one}
	}
	return nil
}
