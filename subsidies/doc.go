// Package subsidies owns measures: municipal subsidy programmes written as
// dated data with their source, and the evaluation of one household's
// situation against one measure. It owns ISEE certificates and which of them
// counts on a day.
//
// It does not own funds and who is reached by them (pooling reserves vouchers,
// billing/ledger holds the money), nor households (it knows a [Situation]).
//
// Invariants: a [Measure] that exists has passed its own worked cases; a
// missing ISEE is never zero; percentages are whole basis points and amounts
// whole cents; an evaluation depends only on its arguments and explains itself.
//
// Times: dates are calendar days in Europe/Rome, held as a time.Time of which
// only year, month and day count. Valid intervals of measures and certificates
// name their last day and include it, as the acts that decide them do.
package subsidies
