// Package vouchers owns named, dated, spendable entitlements (WeMi's vouchers):
// the file in which the Comune's programme lists them, their states, who may pay
// what with one, in which order several pay, and the statement by which the
// Comune reimburses providers.
//
// It does not own measures and ISEE (subsidies), charges and the ledger
// (billing), or storage.
//
// Invariants: what a voucher has paid is between zero and its amount; a use that
// was accounted is never reversed; a plan of uses never exceeds what is due, nor
// what a voucher has left, nor depends on the order in which vouchers are given.
//
// Its dates are days in Europe/Rome, held as midnight UTC of that day, first and
// last included; a zero date is an open end. Nothing here reads a clock.
package vouchers
