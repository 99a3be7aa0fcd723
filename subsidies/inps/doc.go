// Package inps is the only INPS: it asks for the certificate of a person through
// the service "Consultazione Attestazione ISEE" of the PDND catalogue and reads
// the answer.
//
// It does not own which certificate counts (subsidies), who may ask (desk), nor
// the registration of the body with PDND and INPS: it is handed a voucher.
//
// Invariants: every request carries the seven data that INPS demands (names in
// wire.go); an answer becomes a certificate without household, or a
// refusal; no error says what was asked or answered.
//
// The package knows no time of day; the day of validity comes with the question
// and is a calendar day.
package inps
