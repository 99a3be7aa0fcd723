// Package postgres owns the only SQL of the program: rows, queries,
// transactions, locks, and the queue of later work (River).
//
// It does not own rules: it stores what desk decided and returns what it finds.
// Row structs are private; what a query returns is a domain value or a plain
// struct named after what it shows.
//
// Invariants: writes are methods of [Tx] and happen inside [DB.InTx], which
// commits all or nothing; every query names its municipality; a step of
// a round locks in the order round, funds, counters, and a payment in the order
// charge (several by id; the movements of the bank before them), payments, credit,
// counters, round, so that neither waits for the other; a
// round locks its funds by id; an award in the order charge, fund, application; a
// voucher's use or reversal in the order charge, vouchers by id, uses, round, and
// accounts of the ledger are opened last of all but the round; what an act posted
// is chained after everything else, in [DB.InTx]; what
// the database refuses by a named constraint becomes a refusal (errors.go).
//
// Its times are instants, stored as timestamptz in UTC; dates (ISEE, decisions)
// are days in Europe/Rome.
package postgres
