package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"colletta/billing"
	"colletta/desk"
	"colletta/money"
	"colletta/subsidies"
)

func sampleApplication(state subsidies.ApplicationState, before int) desk.ApplicationView {
	return desk.ApplicationView{
		ID: "a1", Fund: "Welfare a scuola 2026", Measure: "Contributo per i laboratori", Household: "Famiglia Brambilla", Charge: "q1", Number: "2026-000123",
		Description: "Laboratorio di psicomotricità, 10 incontri", Asked: 4000, State: state, Before: before, AppliedAt: sampleNow,
	}
}

func sampleFund() desk.FundPageView {
	day := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	v := desk.FundPageView{
		FundView: desk.FundView{ID: "f1", Name: "Welfare a scuola 2026", From: day(1, 1), To: day(12, 31), Allocated: 4000000, Reserved: 51600, Committed: 1000000, Paid: 230000, Available: 2718400,
			Households: 214, Waiting: 2, Mode: subsidies.FundRanking},
		Policy: subsidies.FundPolicy{Mode: subsidies.FundRanking, Order: []subsidies.OrderKey{{By: "isee"}, {By: "minors", Descending: true}, {By: subsidies.AppliedAt}}, Partial: true,
			Reserve: []subsidies.FundReserve{{Share: subsidies.Fraction(1, 8), If: "minors"}}, Note: "Una graduatoria per municipio."},
		Measures: []string{"Contributo per i laboratori nelle scuole dell’infanzia 2026", "Assistenza condivisa"}, Today: day(11, 24), MaySee: true, MayRun: true, Older: 12,
		Days: []desk.FundDayView{{Day: day(1, 2), Allocated: 3000000}, {Day: day(4, 20), Allocated: 3000000, Reserved: 600000}, {Day: day(4, 21), Allocated: 3000000, Committed: 500000},
			{Day: day(9, 1), Allocated: 4000000, Committed: 500000}, {Day: day(11, 20), Allocated: 4000000, Reserved: 51600, Committed: 1000000, Paid: 230000}},
		Calls: []desk.FundCallView{{ID: "k2", ClosesOn: day(11, 23), Applications: 12, MayDecide: true}, {ID: "k1", ClosesOn: day(5, 1), DecidedAt: sampleNow, Budget: 500000, Applications: 30}},
		Owed:  []desk.FundOwedView{{Provider: "p1", Name: "Cooperativa Il Girotondo", Owed: 1000000, Paid: 230000, Households: 214}, {Provider: "p2", Name: "Il Filo", Paid: 100}},
	}
	held := sampleApplication(subsidies.ApplicationWaiting, -1)
	held.ID, held.Held = "a3", 1200
	granted := sampleApplication(subsidies.ApplicationGranted, -1)
	granted.ID, granted.Granted = "a4", 4000
	ended := sampleApplication(subsidies.ApplicationRefused, -1)
	ended.ID, ended.Reason = "a5", subsidies.EndFundEnded
	v.Applications = []desk.ApplicationView{sampleApplication(subsidies.ApplicationWaiting, 0), sampleApplication(subsidies.ApplicationPartly, 1), held, granted, ended}
	v.Applications[1].ID = "a2"
	number := int64(20)
	for _, kind := range []billing.FundMove{billing.FundPay, billing.FundReturn, billing.FundExpire, billing.FundRelease, billing.FundCommit, billing.FundReserve, billing.FundAllocate} {
		m := desk.MovementView{Number: number, Kind: kind, Amount: 4000, Household: "Famiglia Brambilla", Round: "Laboratori, novembre 2026", Who: "Elena Riva", Available: 2718400, At: sampleNow}
		if kind == billing.FundAllocate {
			m.Household, m.Round, m.Amount = "", "", -100000
		}
		v.Movements, number = append(v.Movements, m), number-1
	}
	return v
}

// fundPages are the pages about funds in every shape.
func fundPages(s *site, family, office func(title, here string) frame) map[string]samplePage {
	at := "/comune"
	list := []desk.FundView{sampleFund().FundView, {ID: "f2", Name: "Assistenza condivisa 2027", From: sampleNow, To: sampleNow, Mode: subsidies.FundFirstCome}}
	measures := []desk.MeasureView{sampleMeasure()}
	bad := desk.FundForm{Name: "", From: "x", Amount: "1e9", Measures: []string{"nowhere"}, Mode: "ranking", Partial: true, ProRata: true}
	badErrors := s.refusalsOf(desk.ErrFundMeasures.At("measures"), fundFields...)
	blind := sampleFund()
	blind.MaySee, blind.MayRun, blind.Applications, blind.Policy, blind.Ended = false, false, nil, subsidies.FundPolicy{Mode: subsidies.FundFirstCome, Skip: true}, true
	empty := desk.FundPageView{FundView: list[1], Policy: subsidies.FundPolicy{Mode: subsidies.FundEntitlement}, MaySee: true, MayRun: true, Today: sampleNow}
	cut := empty
	cut.Policy = subsidies.FundPolicy{Mode: subsidies.FundRanking, Order: []subsidies.OrderKey{{By: "height"}}, ProRata: true}
	offered := desk.AwardsView{Charge: sampleCharge(billing.ChargeOpen), MayRequest: true, Applications: []desk.ApplicationView{sampleApplication(subsidies.ApplicationPartly, 3)},
		Offers: []desk.AwardOfferView{{Measure: "m1", Name: "Contributo per i laboratori", Already: 1000, More: 3000}, {Measure: "m2", Name: "Bonus", More: 5000, Ranked: true}, {Measure: "m3", Name: "Bonus", More: 5000, Ranked: true, Closed: true}}}
	unknown := desk.AwardsView{Charge: sampleCharge(billing.ChargeOpen), Refused: desk.ErrAwardFacts.With("measure", "Bonus", "inputs", "altezza")}
	none := desk.AwardsView{Charge: sampleCharge(billing.ChargeOpen)}
	open := sampleApplication(subsidies.ApplicationWaiting, -1)
	open.ClosesOn = sampleNow
	charge := newChargePage(family("Quota 2026-000123", "/quote/q1"), sampleCharge(billing.ChargeOpen))
	charge.Applications, charge.MayAsk = []desk.ApplicationView{open}, true
	older := newFundPage(office("Welfare a scuola 2026", at), sampleFund(), fundTyped{}, refusals{})
	older.Latest = older.address() + "#movimenti"
	return map[string]samplePage{
		"funds":           {"funds", newFundsPage(office("Fondi", at), list, measures, desk.FundForm{Partial: true}, false, refusals{})},
		"funds-bad":       {"funds", newFundsPage(office("Fondi", at), nil, nil, bad, true, badErrors)},
		"fund":            {"fund", older},
		"fund-bad-amount": {"fund", newFundPage(office("Welfare a scuola 2026", at), sampleFund(), fundTyped{Form: "dotazione", Amount: "x"}, s.refusalsOf(desk.ErrPrice.With("min", money.Amount(1), "max", money.Max).At("amount"), "amount"))},
		"fund-bad-pay":    {"fund", newFundPage(office("Welfare a scuola 2026", at), sampleFund(), fundTyped{Form: "ente0", Amount: "1"}, s.refusalsOf(desk.ErrFundPayment.With("due", money.Amount(1000000)).At("amount"), "amount"))},
		"fund-bad-return": {"fund", newFundPage(office("Welfare a scuola 2026", at), sampleFund(), fundTyped{Form: "domanda3"}, s.refusalsOf(desk.ErrRequired.At("reason"), "reason"))},
		"fund-blind":      {"fund", newFundPage(office("Welfare a scuola 2026", at), blind, fundTyped{}, refusals{})},
		"fund-empty":      {"fund", newFundPage(office("Assistenza condivisa", at), empty, fundTyped{}, refusals{})},
		"fund-cut":        {"fund", newFundPage(office("Assistenza condivisa", at), cut, fundTyped{Form: "bando", ClosesOn: "x"}, s.refusalsOf(desk.ErrCallDay.With("to", sampleNow).At("closes_on"), "closes_on"))},
		"applications":    {"applications", newApplicationsPage(family("I miei contributi", "/quote"), sampleFund().Applications)},
		"applications-no": {"applications", newApplicationsPage(family("I miei contributi", "/quote"), nil)},
		"awards":          {"awards", s.newAwardsPage(family("Contributo", "/quote"), offered, refusals{})},
		"awards-bad":      {"awards", s.newAwardsPage(family("Contributo", "/quote"), offered, s.refusalsOf(desk.ErrAwardNoCall.With("fund", "Bonus")))},
		"awards-unknown":  {"awards", s.newAwardsPage(family("Contributo", "/quote"), unknown, refusals{})},
		"awards-none":     {"awards", s.newAwardsPage(family("Contributo", "/quote"), none, refusals{})},
		"charge-awards":   {"charge", charge},
	}
}

// Every state, move and reason has words.
func TestFundsHaveWords(t *testing.T) {
	for _, m := range []billing.FundMove{billing.FundAllocate, billing.FundReserve, billing.FundCommit, billing.FundPay, billing.FundRelease, billing.FundExpire, billing.FundReturn} {
		if moveText(m) == "" {
			t.Errorf("no words for %s", m)
		}
	}
	for _, state := range subsidies.ApplicationStates() {
		if applicationText(state) == "" || applicationTone(state) == "" {
			t.Errorf("no words for %s", state)
		}
	}
	for _, reason := range subsidies.EndReasons() {
		if applicationReasonText(reason) == "" {
			t.Errorf("no words for %s", reason)
		}
	}
}

// The chart of a fund is a staircase within its frame, and the table says the same.
func TestTheChartOfAFundStaysInItsFrame(t *testing.T) {
	v := sampleFund()
	c := newFundChart(v)
	if c == nil || len(c.Rows) != len(v.Days) || c.Rows[0].Available() != v.Days[len(v.Days)-1].Available() {
		t.Fatalf("%+v", c)
	}
	for _, points := range []string{c.Left, c.Allocated} {
		lastX := -1
		for _, p := range strings.Fields(points) {
			var x, y int
			if _, err := fmt.Sscanf(p, "%d,%d", &x, &y); err != nil || x < chartLeft || x > chartWidth-chartRight || y < chartTop || y > chartHeight-chartBottom || x < lastX {
				t.Errorf("point %q after %d (%v)", p, lastX, err)
			}
			lastX = x
		}
	}
	if newFundChart(desk.FundPageView{}) != nil {
		t.Error("a chart of nothing")
	}
}
