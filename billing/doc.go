// Package billing owns what each party owes: one charge per member of a pool,
// payments and refunds, what each of these posts to the ledger, how a transfer
// is asked for (creditor reference, IBAN, QR code), and the receipt.
//
// It does not own prices and shares (pooling), awards (subsidies), card
// payments (stripepay), or storage.
//
// Invariants: share = subsidy + net, none of them negative; a charge moves only
// open → paid, void or written off, and back to open only when a payment is
// taken back; every transaction built here passes [ledger.Check]; a payment
// never goes back to a lower rank, so events may come twice and in any order.
//
// Dates (IssuedOn, DueOn, ReceivedOn) are days in Europe/Rome, held as midnight
// UTC of that day; times of events are instants in UTC. Nothing here reads a
// clock.
package billing
