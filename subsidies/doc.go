// Package subsidies owns measures: municipal subsidies and tariffs written as
// dated data with their source (docs/measures.md), and their evaluation for one
// household: a price rule on a [Situation], a formula on [Facts]. It owns how a
// fund is divided among applicants ([FundPolicy]), how several measures pay for
// one cost ([Combine]), and ISEE certificates and which of them counts on a day.
//
// It does not own funds (pooling reserves vouchers, billing/ledger holds the
// money), nor households.
//
// Invariants: a [Measure] that exists has passed its own worked cases; a
// missing ISEE is never zero; formulas are exact fractions ([Number]), rounded
// only where the measure says, and results in euro are whole cents; an evaluation
// ends, depends only on its arguments and explains itself.
//
// Times: dates are calendar days in Europe/Rome, held as a time.Time of which
// only year, month and day count. Valid intervals of measures and certificates
// name their last day and include it, as the acts that decide them do.
package subsidies
