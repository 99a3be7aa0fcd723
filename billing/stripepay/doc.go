// Package stripepay owns the conversation with Stripe: hosted checkouts,
// refunds, and the reading of signed webhooks. It is the only package that
// imports stripe-go.
//
// It does not own what a payment means (billing), when to ask again (desk), or
// the stand-in for Stripe (sandbox).
//
// Invariants: every call that changes something carries the caller's
// idempotency key; an outcome that is not known is [ErrUnknownOutcome], never
// taken for a failure; nothing of a webhook is used before its signature, its
// age, and its API version were found right; no key or secret is ever in an
// error.
//
// Times are those of Stripe, in UTC; the clock is given by the caller.
package stripepay
