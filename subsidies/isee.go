package subsidies

import (
	"cmp"
	"slices"
	"time"

	"colletta/money"
)

// ISEECertificate is an attestazione ISEE of a household.
type ISEECertificate struct {
	Household string       // opaque ID of the household
	Kind      ISEEKind     // for a corrente: [ISEECurrent]
	Value     money.Amount // euro per year, zero included
	Protocol  string       // INPS-ISEE-YYYY-XXXXXXXXX-00
	DSUDate   time.Time    // day on which the declaration (DSU) was presented
	ValidFrom time.Time    // first day
	ValidTo   time.Time    // last day, included
}

func (c ISEECertificate) validOn(day int) bool {
	return dayNumber(c.ValidFrom) <= day && day <= dayNumber(c.ValidTo)
}

// CurrentISEE returns the ISEE of one household that counts on a day for a
// measure that wants a kind, or nil when there is none: missing is not zero.
// certs are the certificates of that household, in any order.
//
// A valid ISEE corrente supersedes the ordinary and the minors' one; when it
// lapses, the other comes back. Of several valid certificates the one with the
// latest DSU counts, then the latest protocol.
//
// Source: DM 5/7/2021, as summed up in the project's reference notes (the decree
// itself was not read again).
func CurrentISEE(certs []ISEECertificate, kind ISEEKind, date time.Time) *money.Amount {
	day := dayNumber(date)
	if kind == ISEEOrdinary || kind == ISEEMinors {
		if c := latest(certs, ISEECurrent, day); c != nil {
			return &c.Value
		}
	}
	if c := latest(certs, kind, day); c != nil {
		return &c.Value
	}
	return nil
}

func latest(certs []ISEECertificate, kind ISEEKind, day int) *ISEECertificate {
	var valid []ISEECertificate
	for _, c := range certs {
		if c.Kind == kind && c.validOn(day) {
			valid = append(valid, c)
		}
	}
	if len(valid) == 0 {
		return nil
	}
	last := slices.MaxFunc(valid, func(a, b ISEECertificate) int {
		return cmp.Or(
			cmp.Compare(dayNumber(a.DSUDate), dayNumber(b.DSUDate)),
			cmp.Compare(a.Protocol, b.Protocol),
		)
	})
	return &last
}

// dayNumber makes days comparable without instants: 2026-03-05 is 20260305.
func dayNumber(t time.Time) int {
	y, m, d := t.Date()
	return y*10_000 + int(m)*100 + d
}
