package subsidies

import (
	"cmp"
	"slices"
	"time"

	"colletta/money"
)

// ISEECertificate is an attestazione ISEE of a household.
type ISEECertificate struct {
	ID          string
	Household   string // opaque ID of the household
	Kind        ISEEKind
	Supersedes  []ISEEKind // of a corrente: the kinds that it stands for while it is valid; otherwise empty
	Calculation Calculation
	Value       money.Amount // euro per year, zero included
	Protocol    string       // INPS-ISEE-YYYY-XXXXXXXXX-00
	DSUDate     time.Time    // day on which the declaration (DSU) was presented
	ValidFrom   time.Time    // first day
	ValidTo     time.Time    // last day, included
	Size        int          // people of the household; 0 when not said
	Scale       Scale        // parameter of the equivalence scale; 0 when not said
	Notes       string       // omissions or discrepancies (difformità) printed on it; the body decides (DPCM 159/2013, art. 11 c. 5)
	Source      ISEESource
	State       ISEEState
	Reason      string // why it was refused; empty otherwise
}

// Counts tells whether the certificate may decide about money: a declared or
// refused one may not.
func (c ISEECertificate) Counts() bool { return c.State == ISEEVerified }

func (c ISEECertificate) validOn(day int) bool {
	return dayNumber(c.ValidFrom) <= day && day <= dayNumber(c.ValidTo)
}

// standsFor tells whether the certificate may answer for a kind.
func (c ISEECertificate) standsFor(kind ISEEKind) bool {
	return c.Kind == kind || c.Kind == ISEECurrent && slices.Contains(c.Supersedes, kind)
}

// CertificateAt returns the certificate of one household that counts on a day
// for a measure that wants a kind by a calculation, or nil when there is none.
// certificates are those of that household, in any order.
//
// A valid ISEE corrente supersedes the kinds that it names; when it lapses, the
// certificate below comes back. Of several valid certificates the one with the
// latest DSU counts, then the latest protocol, then the latest ID.
//
// Source: DM 5/7/2021, as summed up in the project's reference notes (the decree
// itself was not read again).
func CertificateAt(certificates []ISEECertificate, kind ISEEKind, calculation Calculation, date time.Time) *ISEECertificate {
	day := dayNumber(date)
	var best *ISEECertificate
	for i := range certificates {
		c := &certificates[i]
		if !c.Counts() || c.Calculation != calculation || !c.standsFor(kind) || !c.validOn(day) {
			continue
		}
		if best == nil || outranks(c, best) {
			best = c
		}
	}
	if best == nil {
		return nil
	}
	found := *best
	return &found
}

// outranks compares two certificates that both could answer for a kind.
func outranks(a, b *ISEECertificate) bool {
	current := func(c *ISEECertificate) int {
		if c.Kind == ISEECurrent {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(current(a), current(b)),
		cmp.Compare(dayNumber(a.DSUDate), dayNumber(b.DSUDate)),
		cmp.Compare(a.Protocol, b.Protocol),
		cmp.Compare(a.ID, b.ID),
	) > 0
}

// ValueAt is the value of [CertificateAt], or nil: missing is not zero.
func ValueAt(certificates []ISEECertificate, kind ISEEKind, calculation Calculation, date time.Time) *money.Amount {
	if c := CertificateAt(certificates, kind, calculation, date); c != nil {
		return &c.Value
	}
	return nil
}

// ValueForMonth is the value that a fee of a month looks at: the certificate
// must be valid on the last day of the month.
//
// Source: the rule of the Comune di Ravenna (comune.ra.it, proceedings), as
// summed up in the project's reference notes.
func ValueForMonth(certificates []ISEECertificate, kind ISEEKind, calculation Calculation, month time.Time) *money.Amount {
	return ValueAt(certificates, kind, calculation, time.Date(month.Year(), month.Month()+1, 0, 0, 0, 0, 0, time.UTC))
}

// CurrentISEE is [ValueAt] by the ordinary calculation, which the measures of a
// municipality use.
func CurrentISEE(certificates []ISEECertificate, kind ISEEKind, date time.Time) *money.Amount {
	return ValueAt(certificates, kind, CalculationOrdinary, date)
}

// dayNumber makes days comparable without instants: 2026-03-05 is 20260305.
func dayNumber(t time.Time) int {
	y, m, d := t.Date()
	return y*10_000 + int(m)*100 + d
}
