// Package ledger owns double entry in whole cents: accounts, postings,
// transactions, and the check that every transaction sums to zero.
//
// It does not own what a business event posts (billing builds transactions),
// nor how they are stored and kept append-only (postgres).
//
// Invariants: a transaction that passes [Check] has at least two postings, none
// of them zero, each within ±[PostingMax], and they sum to zero; nothing is ever
// changed, a mistake is undone by [Reverse]; one business event is posted once,
// because (Kind, SourceID) is unique.
//
// Times say when the business event took effect, in UTC; the package never
// reads a clock.
package ledger
