package stripepay

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/stripe/stripe-go/v76"
)

// The classes of errors of a call. Exactly one of them is in every error that a
// call of [Gateway] returns.
var (
	// ErrRefused says that Stripe looked at the request and said no: nothing was
	// done, and the same request would be refused again. See [Refusal].
	ErrRefused = errors.New("stripe refused")
	// ErrTransient says that nothing was done and that the same request may pass
	// later: too many requests, or another one with the same key in progress.
	ErrTransient = errors.New("stripe is busy")
	// ErrUnknownOutcome says that the request may have been done or not: no
	// answer, an answer that cannot be read, or an error inside Stripe. Ask
	// again with the same idempotency key, or retrieve.
	ErrUnknownOutcome = errors.New("outcome at stripe is unknown")
)

// The refusals that callers treat apart; each is also an [ErrRefused].
var (
	ErrDeclined    = fmt.Errorf("card declined: %w", ErrRefused)
	ErrNotFound    = fmt.Errorf("not there: %w", ErrRefused)
	ErrKeyReused   = fmt.Errorf("idempotency key used with other parameters: %w", ErrRefused)
	ErrCredentials = fmt.Errorf("key not accepted: %w", ErrRefused)
)

// Refusal carries Stripe's code and text of an [ErrRefused]. The text is for
// logs, not for pages.
type Refusal struct {
	Code      string // "amount_too_small", "resource_missing", …
	Decline   string // "insufficient_funds", … ; empty unless a card was declined
	Param     string
	Text      string
	RequestID string
	class     error
}

// Error writes class, code and text.
func (r *Refusal) Error() string {
	return fmt.Sprintf("%v: %s %s %s: %s (request %s)", r.class, r.Code, r.Decline, r.Param, r.Text, r.RequestID)
}

// Unwrap gives the class, so that errors.Is(err, ErrDeclined) holds.
func (r *Refusal) Unwrap() error { return r.class }

func refused(code, text string) error { return &Refusal{Code: code, Text: text, class: ErrRefused} }

// classify sorts an error of stripe-go into one class.
func classify(act string, err error) error {
	var e *stripe.Error
	if !errors.As(err, &e) {
		// A timeout, a broken connection (*url.Error), a cancelled context, or an
		// answer that is no JSON: the request may have been done.
		return fmt.Errorf("%s: %w: %w", act, ErrUnknownOutcome, err)
	}
	switch {
	case e.HTTPStatusCode >= 500:
		return fmt.Errorf("%s: %w: status %d, request %s", act, ErrUnknownOutcome, e.HTTPStatusCode, e.RequestID)
	case e.HTTPStatusCode == http.StatusConflict, e.HTTPStatusCode == http.StatusTooManyRequests, e.Code == stripe.ErrorCodeLockTimeout:
		return fmt.Errorf("%s: %w: status %d %s, request %s", act, ErrTransient, e.HTTPStatusCode, e.Code, e.RequestID)
	case e.HTTPStatusCode < 400:
		return fmt.Errorf("%s: %w: error with status %d", act, ErrUnknownOutcome, e.HTTPStatusCode)
	}
	r := &Refusal{Code: string(e.Code), Decline: string(e.DeclineCode), Param: e.Param, Text: e.Msg, RequestID: e.RequestID, class: ErrRefused}
	switch {
	case e.Type == stripe.ErrorTypeCard || e.HTTPStatusCode == http.StatusPaymentRequired:
		r.class = ErrDeclined
	case e.Type == stripe.ErrorTypeIdempotency:
		r.class = ErrKeyReused
	case e.HTTPStatusCode == http.StatusNotFound || e.Code == stripe.ErrorCodeResourceMissing:
		r.class = ErrNotFound
	case e.HTTPStatusCode == http.StatusUnauthorized || e.HTTPStatusCode == http.StatusForbidden:
		r.class = ErrCredentials
	}
	return fmt.Errorf("%s: %w", act, r)
}
