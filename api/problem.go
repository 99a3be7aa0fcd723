package api

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/danielgtaylor/huma/v2"

	"colletta/refusal"
)

// statuses is the one table from the kind of a refusal to the status of the
// answer.
var statuses = map[refusal.Kind]int{
	refusal.KindInvalid:         http.StatusUnprocessableEntity,
	refusal.KindUnauthenticated: http.StatusUnauthorized,
	refusal.KindForbidden:       http.StatusForbidden,
	refusal.KindNotFound:        http.StatusNotFound,
	refusal.KindConflict:        http.StatusConflict,
	refusal.KindTooMany:         http.StatusTooManyRequests,
	refusal.KindUnavailable:     http.StatusServiceUnavailable,
}

// Problem is an error as RFC 9457 describes it, with the codes of refusals.
type Problem struct {
	Title  string         `json:"title" doc:"What the status means"`
	Status int            `json:"status" doc:"Status of the answer"`
	Code   string         `json:"code,omitempty" doc:"Stable code of the first refusal" example:"round_closed"`
	Detail string         `json:"detail,omitempty" doc:"What was wrong with the request, in English"`
	Errors []ProblemError `json:"errors,omitempty" doc:"Every refusal"`
}

// ProblemError is one refusal.
type ProblemError struct {
	Code    string            `json:"code,omitempty" doc:"Stable code"`
	Field   string            `json:"field,omitempty" doc:"Where: a field of the body, or a path such as path.id"`
	Args    map[string]string `json:"args,omitempty" doc:"Values that the words of the refusal need"`
	Message string            `json:"message,omitempty" doc:"What is wrong, in English, when there is no code"`
}

// Error is the title, or the detail when there is one.
func (p *Problem) Error() string {
	if p.Detail != "" {
		return p.Detail
	}
	return p.Title
}

// GetStatus is the status of the answer.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType names problems for what they are.
func (p *Problem) ContentType(string) string { return "application/problem+json" }

func newProblem(status int) *Problem { return &Problem{Title: http.StatusText(status), Status: status} }

func init() {
	// huma keeps its maker of errors in package variables; this package is its
	// only user in the program.
	huma.NewError = fromHuma
	huma.NewErrorWithContext = func(_ huma.Context, status int, text string, errs ...error) huma.StatusError {
		return fromHuma(status, text, errs...)
	}
}

// fromHuma is the problem for an error that huma found or that a handler
// returned. The text of a fault stays here.
func fromHuma(status int, text string, errs ...error) huma.StatusError {
	p := newProblem(status)
	if status >= http.StatusInternalServerError {
		return p
	}
	p.Detail = text
	for _, err := range errs {
		var detail huma.ErrorDetailer
		switch {
		case err == nil:
		case errors.As(err, &detail):
			d := detail.ErrorDetail()
			p.Errors = append(p.Errors, ProblemError{Field: d.Location, Message: d.Message})
		default:
			p.Errors = append(p.Errors, ProblemError{Message: err.Error()})
		}
	}
	return p
}

// problemOf is the problem for what desk returned: refusals with their codes,
// or 500 for a fault, which is logged.
func problemOf(ctx context.Context, err error) error {
	list := refusal.All(err)
	if len(list) == 0 {
		slog.ErrorContext(ctx, "api failed", "error", err)
		return newProblem(http.StatusInternalServerError)
	}
	status, ok := statuses[list[0].Kind]
	if !ok {
		status = http.StatusInternalServerError
	}
	p := newProblem(status)
	p.Code = list[0].Code
	for _, e := range list {
		p.Errors = append(p.Errors, ProblemError{Code: e.Code, Field: e.Field, Args: argTexts(e.Args)})
	}
	return p
}

// argTexts writes arguments as JSON would write them, without quotes: amounts
// with two decimals, times in RFC 3339.
func argTexts(args map[string]any) map[string]string {
	if len(args) == 0 {
		return nil
	}
	texts := make(map[string]string, len(args))
	for name, value := range args {
		raw, err := json.Marshal(value)
		if err != nil {
			continue
		}
		var text string
		if json.Unmarshal(raw, &text) != nil {
			text = string(raw)
		}
		texts[name] = text
	}
	return texts
}

// write answers a problem outside huma.
func write(w http.ResponseWriter, p *Problem) {
	w.Header().Set("Content-Type", p.ContentType(""))
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // the reader may be gone
}

func recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch broken := recover(); broken {
			case nil:
			case http.ErrAbortHandler:
				panic(broken)
			default:
				slog.ErrorContext(r.Context(), "api panicked", "panic", broken, "stack", string(debug.Stack()))
				write(w, newProblem(http.StatusInternalServerError))
			}
		}()
		next.ServeHTTP(w, r)
	})
}
