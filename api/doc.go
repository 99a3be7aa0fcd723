// Package api is the face for programs: public facts of rounds as JSON, the
// state of the service, and the inbox of Stripe's webhooks, described by
// OpenAPI 3.1 (openapi.yaml, served at /api/openapi.yaml).
//
// It does not own what an act does or who may do it (desk), pages (web), nor
// the words of a refusal for people: it gives codes and their arguments.
//
// Invariants: every error is a problem of RFC 9457; the text of a fault never
// leaves the machine; nothing personal is in an answer that needs no login;
// amounts are strings with two decimals; bodies change only by addition.
//
// Times are instants in RFC 3339.
package api
