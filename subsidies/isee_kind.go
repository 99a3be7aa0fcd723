package subsidies

import (
	"slices"

	"colletta/refusal"
)

// ISEEKind is the sort of indicator; a measure names the one it wants.
//
// Source: DPCM 159/2013, art. 6 to 9, as summed up in the project's reference
// notes (the decree itself was not read again).
type ISEEKind string

// The kinds of ISEE.
const (
	ISEEOrdinary    ISEEKind = "ordinario"
	ISEEMinors      ISEEKind = "minorenni"
	ISEESocioHealth ISEEKind = "sociosanitario"
	ISEEResidences  ISEEKind = "sociosanitario-residenze" // for care in a home: adds the children
	ISEEUniversity  ISEEKind = "universita"
	ISEECurrent     ISEEKind = "corrente" // stands for the kinds that it supersedes while it is valid
)

// ISEEKinds lists every kind, the current ISEE last.
func ISEEKinds() []ISEEKind {
	return []ISEEKind{ISEEOrdinary, ISEEMinors, ISEESocioHealth, ISEEResidences, ISEEUniversity, ISEECurrent}
}

// Calculation is one of the two ways in which ISEE is computed from 2026: they
// differ in what of the first home is left out and in the increases for
// children. A measure names the one it wants; those of a municipality use the
// ordinary one.
//
// Source: budget law for 2026, as summed up in the project's reference notes
// (the law itself was not read again).
type Calculation string

// The calculations.
const (
	CalculationOrdinary Calculation = "ordinario"   // 52,500 euro of the first home left out
	CalculationFamily   Calculation = "prestazioni" // 91,500 euro: assegno unico, ADI, SFL, bonus nido, bonus nuovi nati only
)

// Calculations lists both.
func Calculations() []Calculation { return []Calculation{CalculationOrdinary, CalculationFamily} }

// ISEESource says where a certificate was taken from.
type ISEESource string

// The sources.
const (
	SourceFamily  ISEESource = "family"  // the household typed it
	SourceOfficer ISEESource = "officer" // an officer or operator typed it
	SourceCSV     ISEESource = "csv"     // a file was imported
	SourceINPS    ISEESource = "inps"    // INPS answered a request
)

// ISEEState says whether a certificate counts.
type ISEEState string

// The states. Only a verified certificate counts for money.
const (
	ISEEDeclared ISEEState = "declared" // the family says so; nobody compared it yet
	ISEEVerified ISEEState = "verified" // an officer compared it, or it came from a register
	ISEERefused  ISEEState = "refused"  // an officer refused it, with a reason
)

var (
	// ErrISEEKind says that a kind of ISEE is unknown. Args: kind.
	ErrISEEKind = refusal.New(refusal.KindInvalid, "isee_kind_unknown")
	// ErrISEECalculation says that a calculation is unknown. Args: calculation.
	ErrISEECalculation = refusal.New(refusal.KindInvalid, "isee_calculation_unknown")
)

// ParseISEEKind reads the kind of a certificate; [ErrISEEKind].
func ParseISEEKind(s string) (ISEEKind, error) {
	if k := ISEEKind(s); slices.Contains(ISEEKinds(), k) {
		return k, nil
	}
	return "", ErrISEEKind.With("kind", s)
}

// ParseCalculation reads a calculation; empty is the ordinary one.
// [ErrISEECalculation].
func ParseCalculation(s string) (Calculation, error) {
	if s == "" {
		return CalculationOrdinary, nil
	}
	if c := Calculation(s); slices.Contains(Calculations(), c) {
		return c, nil
	}
	return "", ErrISEECalculation.With("calculation", s)
}
