package subsidies

import (
	"time"

	"colletta/money"
)

// iseeNone is what a measure writes that looks at no ISEE.
const iseeNone = "none"

// words is how a kind is called.
func (k ISEEKind) words() Name {
	english := map[ISEEKind]string{
		ISEEOrdinary: "ordinary", ISEEMinors: "for minors", ISEESocioHealth: "for social and health care", ISEECurrent: "current",
		ISEEResidences: "for care in a home", ISEEUniversity: "for university",
	}
	switch k {
	case ISEEResidences:
		return Name{"sociosanitario per residenze", english[k]}
	case ISEEUniversity:
		return Name{"università", english[k]}
	}
	return Name{string(k), english[k]}
}

// iseeKindOf reads a kind as a measure's file writes it; empty if there is none of
// that name.
func iseeKindOf(text string) ISEEKind {
	if text == "università" {
		return ISEEUniversity
	}
	for _, k := range ISEEKinds() {
		if string(k) == text {
			return k
		}
	}
	return ""
}

// Situation is what a measure may look at: one household, one demand, one day.
type Situation struct {
	ISEE          *money.Amount // ISEE of the kind the measure wants, per year; nil when none is presented
	Kind          ISEEKind      // kind of ISEE; empty means the kind the measure wants
	Date          time.Time     // day of the evaluation
	Category      string        // ID of the category demanded; empty means any
	CommunityKind string        // kind of the community, as in the round schema; empty means any
	Community     string        // ID of the community; empty means any
	Size          int           // people of the household; 0 means not known
	Minors        int           // of them, minors
}

// Grant is how a measure's subsidy depends on the price, as the rule "given" of
// the round schema needs it: either BasisPoints of the price or Amount, never
// both, and at most Cap per demand and period.
type Grant struct {
	Eligible    bool
	BasisPoints int64         // 0..10000, hundredths of a percent
	Amount      money.Amount  // fixed sum per period
	Cap         *money.Amount // most that is granted per household and period; nil means no cap
}

// Of is what the grant gives on a gross price per period: percent rounded down
// to the cent, never above the cap nor the price, zero when not eligible.
//
// Source: round schema, s_i(q), and F9 for the bound by the price.
func (g Grant) Of(price money.Amount) money.Amount {
	if !g.Eligible || price <= 0 {
		return 0
	}
	sum := g.Amount
	if g.BasisPoints > 0 {
		sum = percentOf(price, g.BasisPoints)
	}
	if g.Cap != nil {
		sum = min(sum, *g.Cap)
	}
	return min(sum, price)
}

// percentOf is basis points of an amount that is not negative, rounded down to
// the cent. It divides by a constant and not among parties, so no cent is lost
// between shares: the round schema asks for exactly this floor.
func percentOf(a money.Amount, basisPoints int64) money.Amount {
	return money.Amount(a.Cents() * basisPoints / 10_000)
}

// Trace is the reasoning of an evaluation in Italian, one sentence a line, for
// the citizen it concerns.
type Trace []string
