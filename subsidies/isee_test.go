package subsidies

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"colletta/money"
	"colletta/refusal"
)

// yearly is a verified certificate from a day to the end of the year.
func yearly(kind ISEEKind, value money.Amount, protocol string, from time.Time) ISEECertificate {
	return ISEECertificate{
		Kind: kind, Calculation: CalculationOrdinary, Value: value, Protocol: protocol, DSUDate: from, ValidFrom: from,
		ValidTo: on(from.Year(), 12, 31), State: ISEEVerified,
	}
}

func TestCurrentISEESupersedesAndLapsesBack(t *testing.T) {
	t.Parallel()
	current := yearly(ISEECurrent, 9_000_00, "3", on(2026, 5, 1))
	current.ValidTo, current.Supersedes = on(2026, 10, 31), []ISEEKind{ISEEOrdinary, ISEEMinors}
	certs := []ISEECertificate{
		yearly(ISEEOrdinary, 20_000_00, "1", on(2026, 1, 10)), yearly(ISEEOrdinary, 19_000_00, "2", on(2026, 3, 1)), current,
		yearly(ISEESocioHealth, 0, "4", on(2026, 1, 10)),
	}
	for _, c := range []struct {
		kind ISEEKind
		at   time.Time
		want *money.Amount
	}{
		{ISEEOrdinary, on(2026, 1, 9), nil},
		{ISEEOrdinary, on(2026, 1, 10), euro(20_000_00)},
		{ISEEOrdinary, on(2026, 3, 1), euro(19_000_00)},
		{ISEEOrdinary, on(2026, 4, 30), euro(19_000_00)},
		{ISEEOrdinary, on(2026, 5, 1), euro(9_000_00)},    // corrente supersedes
		{ISEEMinors, on(2026, 5, 1), euro(9_000_00)},      // the minors' one too
		{ISEEOrdinary, on(2026, 10, 31), euro(9_000_00)},  // last day included
		{ISEEOrdinary, on(2026, 11, 1), euro(19_000_00)},  // and lapses back
		{ISEEOrdinary, on(2026, 12, 31), euro(19_000_00)}, // last day of the year
		{ISEEOrdinary, on(2027, 1, 1), nil},
		{ISEEMinors, on(2026, 4, 1), nil},
		{ISEEUniversity, on(2026, 6, 1), nil},      // it does not name that kind
		{ISEESocioHealth, on(2026, 6, 1), euro(0)}, // zero is an ISEE; corrente does not touch it
		{ISEECurrent, on(2026, 6, 1), euro(9_000_00)},
	} {
		slices.Reverse(certs)
		got := CurrentISEE(certs, c.kind, c.at)
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%s on %s: %v, want %v", c.kind, c.at.Format(time.DateOnly), got, c.want)
		}
	}
}

func TestACurrentISEEStandsForTheKindsItNames(t *testing.T) {
	t.Parallel()
	current := yearly(ISEECurrent, 5_000_00, "9", on(2026, 5, 1))
	current.Supersedes = []ISEEKind{ISEESocioHealth}
	certs := []ISEECertificate{current, yearly(ISEEOrdinary, 20_000_00, "1", on(2026, 1, 10)), yearly(ISEESocioHealth, 8_000_00, "2", on(2026, 1, 10))}
	if got := CurrentISEE(certs, ISEEOrdinary, on(2026, 6, 1)); got == nil || *got != 20_000_00 {
		t.Errorf("ordinary: %v, want 20,000.00", got)
	}
	if got := CurrentISEE(certs, ISEESocioHealth, on(2026, 6, 1)); got == nil || *got != 5_000_00 {
		t.Errorf("socio-health: %v, want 5,000.00", got)
	}
}

// The two calculations of 2026 stand side by side; a measure names one.
func TestTheTwoCalculationsAreNotMixed(t *testing.T) {
	t.Parallel()
	family := yearly(ISEEOrdinary, 11_000_00, "1", on(2026, 1, 10))
	family.Calculation = CalculationFamily
	certs := []ISEECertificate{family, yearly(ISEEOrdinary, 14_000_00, "1", on(2026, 1, 10))}
	for calculation, want := range map[Calculation]money.Amount{CalculationOrdinary: 14_000_00, CalculationFamily: 11_000_00} {
		if got := ValueAt(certs, ISEEOrdinary, calculation, on(2026, 6, 1)); got == nil || *got != want {
			t.Errorf("%s: %v, want %s", calculation, got, want)
		}
	}
	if got := ValueAt(certs[:1], ISEEOrdinary, CalculationOrdinary, on(2026, 6, 1)); got != nil {
		t.Errorf("a value of the other calculation counts: %s", *got)
	}
}

func TestOnlyVerifiedCertificatesCount(t *testing.T) {
	t.Parallel()
	for _, state := range []ISEEState{ISEEDeclared, ISEERefused, ""} {
		c := yearly(ISEEOrdinary, 1_000_00, "1", on(2026, 1, 10))
		c.State = state
		if got := CurrentISEE([]ISEECertificate{c}, ISEEOrdinary, on(2026, 6, 1)); got != nil {
			t.Errorf("a certificate in state %q counts", state)
		}
	}
}

func TestAFeeLooksAtTheLastDayOfItsMonth(t *testing.T) {
	t.Parallel()
	c := yearly(ISEEOrdinary, 7_000_00, "1", on(2026, 2, 28))
	short := yearly(ISEEOrdinary, 6_000_00, "0", on(2026, 1, 1))
	short.ValidTo = on(2026, 1, 30)
	for _, m := range []struct {
		month time.Time
		want  bool
	}{{on(2026, 1, 15), false}, {on(2026, 2, 1), true}, {on(2026, 12, 1), true}, {on(2027, 1, 1), false}} {
		if got := ValueForMonth([]ISEECertificate{c, short}, ISEEOrdinary, CalculationOrdinary, m.month); (got != nil) != m.want {
			t.Errorf("%s: %v", m.month.Format("2006-01"), got)
		}
	}
}

// Of certificates that could count, the order in which they are given does not
// matter, and none that could count ranks above the one that does.
func TestTheLatestDSUCountsInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		kinds := ISEEKinds()
		certs := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) ISEECertificate {
			from := on(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "month")), rapid.IntRange(1, 28).Draw(t, "day"))
			c := yearly(rapid.SampledFrom(kinds).Draw(t, "kind"), money.Amount(rapid.Int64Range(0, 100).Draw(t, "value")), rapid.StringMatching("[A-C]").Draw(t, "protocol"), from)
			c.ID = rapid.StringMatching("[a-z]{6}").Draw(t, "id")
			c.State = rapid.SampledFrom([]ISEEState{ISEEVerified, ISEEVerified, ISEEDeclared}).Draw(t, "state")
			c.Calculation = rapid.SampledFrom(Calculations()).Draw(t, "calculation")
			if c.Kind == ISEECurrent {
				c.Supersedes = []ISEEKind{rapid.SampledFrom(kinds[:5]).Draw(t, "base")}
			}
			return c
		}), 0, 8).Draw(t, "certificates")
		kind, calculation := rapid.SampledFrom(kinds).Draw(t, "wanted"), rapid.SampledFrom(Calculations()).Draw(t, "by")
		day := on(2026, time.Month(rapid.IntRange(1, 12).Draw(t, "m")), 15)
		got := CertificateAt(certs, kind, calculation, day)
		shuffled := rapid.Permutation(certs).Draw(t, "shuffled")
		again := CertificateAt(shuffled, kind, calculation, day)
		if (got == nil) != (again == nil) || got != nil && (got.DSUDate != again.DSUDate || got.Kind != again.Kind || got.Protocol != again.Protocol || got.ID != again.ID) {
			t.Fatalf("%+v, in another order %+v", got, again)
		}
		for _, c := range certs {
			could := c.State == ISEEVerified && c.Calculation == calculation && c.standsFor(kind) && c.validOn(dayNumber(day))
			if could && got == nil {
				t.Fatalf("%+v could count and nothing does", c)
			}
			if could && c.Kind == got.Kind && c.DSUDate.After(got.DSUDate) {
				t.Fatalf("%+v is later than %+v", c, got)
			}
			if could && c.Kind == ISEECurrent && got.Kind != ISEECurrent {
				t.Fatalf("%+v is superseded by %+v", got, c)
			}
		}
	})
}

func TestScalesAreReadExactly(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]Scale{"1": 100, "1.00": 100, "2,04": 204, "2.4": 240, "30": 3000, " 1,57 ": 157} {
		if got, err := ParseScale(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "0,99", "1,005", "1e1", "-1", "30,01", "1.0.0", "１", "+2", "1,,5", "."} {
		if got, err := ParseScale(text); err == nil {
			t.Errorf("%q is read as %s", text, got)
		}
	}
	// DPCM 159/2013, annex 1.
	for size, want := range []Scale{0, 100, 157, 204, 246, 285, 320, 355} {
		if got := BaseScale(size); got != want {
			t.Errorf("%d people: %s, want %s", size, got, want)
		}
	}
}

func TestAnUnsoundCertificateIsRefusedAtItsField(t *testing.T) {
	t.Parallel()
	good := yearly(ISEEOrdinary, 1, "INPS-ISEE-2026-00000000A-00", on(2026, 1, 10))
	if refused := good.Check(); len(refused) > 0 || len(good.Warnings()) > 0 {
		t.Fatalf("a sound certificate: %v, %v", refused, good.Warnings())
	}
	for field, change := range map[string]func(*ISEECertificate){
		"kind":        func(c *ISEECertificate) { c.Kind = "x" },
		"calculation": func(c *ISEECertificate) { c.Calculation = "" },
		"value":       func(c *ISEECertificate) { c.Value = -1 },
		"protocol":    func(c *ISEECertificate) { c.Protocol = "" },
		"valid_to":    func(c *ISEECertificate) { c.ValidTo = on(2026, 1, 9) },
		"size":        func(c *ISEECertificate) { c.Size = SizeMax + 1 },
		"scale":       func(c *ISEECertificate) { c.Scale = 99 },
		"supersedes":  func(c *ISEECertificate) { c.Supersedes = []ISEEKind{ISEEMinors} },
	} {
		c := good
		change(&c)
		if refused := c.Check(); len(refused) != 1 || refused[0].Field != field {
			t.Errorf("%s: %v", field, refused)
		}
	}
	for want, change := range map[*refusal.Error]func(*ISEECertificate){
		WarnISEEProtocol: func(c *ISEECertificate) { c.Protocol = "12345" },
		WarnISEEYear:     func(c *ISEECertificate) { c.ValidTo = on(2027, 1, 1) },
		WarnISEEScale:    func(c *ISEECertificate) { c.Size, c.Scale = 3, 203 },
		WarnISEENotes:    func(c *ISEECertificate) { c.Notes = "omissione" },
	} {
		c := good
		change(&c)
		if unusual := c.Warnings(); len(unusual) != 1 || unusual[0].Code != want.Code {
			t.Errorf("%s: %v", want.Code, unusual)
		}
		if refused := c.Check(); len(refused) > 0 {
			t.Errorf("%s: refused, not only warned of: %v", want.Code, refused)
		}
	}
}
