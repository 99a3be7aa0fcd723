// Package sandbox owns a small stand-in for Stripe, for the demo and the tests:
// the part of its API that stripepay uses, a hosted payment page in Italian
// marked TEST, and signed webhooks. No real money, and no real card, ever
// passes through it.
//
// It does not own Colletta's payments: it keeps its own objects and its own
// book, against which the ledger can be reconciled.
//
// Invariants: an object changes only as Stripe would let it; the same
// idempotency key with the same parameters gives the same answer, with others
// an error; every change that Stripe would announce is an event, delivered at
// least once while the sandbox runs; the book sums to zero; only published test
// card numbers are accepted and none is stored.
//
// Times are those of Config.Now, in UTC; waits between deliveries are real.
package sandbox
