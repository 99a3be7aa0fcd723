package desk

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

// certify records an ISEE for minors.
func (w *town) certify(family communities.Actor, value money.Amount) {
	w.t.Helper()
	w.must(w.desk.RecordISEE(w.ctx, w.officer, []NewISEE{{
		Household: family.Household, Kind: "minorenni", Value: value, Protocol: fmt.Sprintf("INPS-ISEE-2026-%09d-00", w.serial()),
		ValidFrom: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(2027, 12, 31, 0, 0, 0, 0, time.UTC),
	}}))
}

var protocols atomic.Int64

// serial counts up, for protocols that are there once.
func (w *town) serial() int64 { return 5_000_000 + protocols.Add(1) }

// theFund is the fund of a measure.
func (w *town) theFund(measure string) postgres.Fund {
	w.t.Helper()
	funds, err := w.db.MeasuredFunds(w.ctx)
	w.must(err)
	for _, f := range funds {
		if f.MeasureID == measure {
			return f.Fund
		}
	}
	w.t.Fatalf("no fund of %s", measure)
	return postgres.Fund{}
}

func (w *town) ask(family communities.Actor) []ApplicationView {
	w.t.Helper()
	views, err := w.desk.RequestAward(w.ctx, family, AwardRequest{Charge: w.theCharge(family).ID})
	w.must(err)
	return views
}

// told is true when a letter to a family holds some words.
func (w *town) told(family communities.Actor, words string) bool {
	w.t.Helper()
	mails, err := w.desk.Mailbox(w.ctx)
	w.must(err)
	for _, m := range mails {
		if m.To == family.Email && strings.Contains(m.Subject+m.Text, words) {
			return true
		}
	}
	return false
}

// Goal: after a round without ISEE, families ask for the measure as they come. By
// hand: 300.00 in the fund, 40.00 for each (80 % of 125.00, at most 40.00): seven
// get 40.00, the eighth the last 20.00, the ninth waits behind it. 50.00 more serve
// the eighth's rest and 30.00 of the ninth; an award that is taken back serves the
// rest of it.
func TestFamiliesAskAfterTheRound(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.chargedRound()
	for _, family := range w.families[:9] {
		w.certify(family, 6000_00)
	}
	w.officerLooksAround(w.families[0])
	for i, family := range w.families[:9] {
		got := w.ask(family)
		want := []money.Amount{40_00, 40_00, 40_00, 40_00, 40_00, 40_00, 40_00, 20_00, 0}[i]
		if len(got) != 1 || got[0].Granted != want || got[0].Asked != 40_00 {
			t.Fatalf("family %d: %+v", i, got)
		}
		if c := w.theCharge(family); c.Subsidy != want || c.Net != 125_00-want || c.Due != 125_00-want {
			t.Fatalf("family %d: charge %+v", i, c)
		}
		w.sound()
	}
	if f := w.theFund(labMeasure); f.Committed != 300_00 || f.Available() != 0 || f.Waiting != 2 || f.Households != 8 {
		t.Errorf("fund %+v", f)
	}
	ninth := w.families[8]
	mine, err := w.desk.Applications(w.ctx, ninth)
	if err != nil || len(mine) != 1 || mine[0].State != subsidies.ApplicationWaiting || mine[0].Before != 1 {
		t.Errorf("the ninth waits: %+v (%v)", mine, err)
	}
	if !w.told(ninth, "c'è una domanda prima della tua") || !w.told(w.families[7], "resti in lista d'attesa") || !w.told(w.families[0], "restano da pagare 85,00") {
		t.Error("a letter is missing")
	}
	if _, err := w.desk.RequestAward(w.ctx, ninth, AwardRequest{Charge: w.theCharge(ninth).ID}); !errors.Is(err, postgres.ErrExists) {
		t.Errorf("asked twice: %v", err)
	}
	if _, err := w.desk.RequestAward(w.ctx, w.families[0], AwardRequest{Charge: w.theCharge(w.families[0]).ID}); !errors.Is(err, ErrAwardNone) {
		t.Errorf("nothing more is granted: %v", err)
	}
	if _, err := w.desk.RequestAward(w.ctx, w.families[9], AwardRequest{Charge: w.theCharge(w.families[9]).ID}); !errors.Is(err, ErrAwardNone) {
		t.Errorf("without ISEE: %v", err)
	}

	fund := w.theFund(labMeasure).ID
	w.must(w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: fund, Amount: "50"}))
	if a, b := w.theCharge(w.families[7]), w.theCharge(ninth); a.Subsidy != 40_00 || b.Subsidy != 30_00 {
		t.Errorf("after 50.00 more: %s and %s", a.Subsidy, b.Subsidy)
	}
	w.sound()
	first, err := w.desk.Applications(w.ctx, w.families[0])
	w.must(err)
	wantRefusal(t, "without a reason", w.desk.ReturnAward(w.ctx, w.officer, first[0].ID, " "), ErrRequired, "reason")
	if err := w.desk.ReturnAward(w.ctx, w.families[0], first[0].ID, "x"); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a family took an award back: %v", err)
	}
	w.must(w.desk.ReturnAward(w.ctx, w.officer, first[0].ID, "ISEE annullato"))
	if err := w.desk.ReturnAward(w.ctx, w.officer, first[0].ID, "x"); !errors.Is(err, ErrApplicationOver) {
		t.Errorf("twice: %v", err)
	}
	w.must(w.desk.Tick(w.ctx))
	if a, b := w.theCharge(w.families[0]), w.theCharge(ninth); a.Due != 125_00 || b.Subsidy != 40_00 {
		t.Errorf("after one was taken back: %s due, %s", a.Due, b.Subsidy)
	}
	if f := w.theFund(labMeasure); f.Available() != 30_00 || f.Waiting != 0 {
		t.Errorf("fund %+v", f)
	}
	if !w.told(w.families[0], "ISEE annullato") {
		t.Error("the family is not told why")
	}
	err = w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: fund, Amount: "30,01", Less: true})
	wantRefusal(t, "more than is free", err, postgres.ErrFundExhausted, "amount")
	w.must(w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: fund, Amount: "30", Less: true}))
	w.sound()
	again, err := w.desk.Recompute(w.ctx, w.officer, round)
	if err != nil || len(again.Differences) > 0 {
		t.Errorf("the round is not the same again: %+v (%v)", again, err)
	}
	w.payTheProvider(fund)
}

// officerLooksAround: who may not see awards sees nothing of them.
func (w *town) officerLooksAround(family communities.Actor) {
	w.t.Helper()
	t := w.t
	view, err := w.desk.Awards(w.ctx, family, w.theCharge(family).ID)
	if err != nil || len(view.Offers) != 1 || view.Offers[0].More != 40_00 || view.Offers[0].Ranked || !view.MayRequest {
		t.Errorf("what the family is offered: %+v (%v)", view, err)
	}
	charge := view.Charge.ID
	coop := w.actor("coop@prova.example")
	for _, who := range []communities.Actor{w.families[1], w.parent, coop, {}} {
		if _, err := w.desk.Awards(w.ctx, who, charge); err == nil {
			t.Errorf("%s sees what a family is offered", who.Email)
		}
		if _, err := w.desk.RequestAward(w.ctx, who, AwardRequest{Charge: charge}); err == nil {
			t.Errorf("%s asks for a family", who.Email)
		}
		if _, err := w.desk.FundPage(w.ctx, who, w.theFund(labMeasure).ID, 0); err == nil {
			t.Errorf("%s sees a fund", who.Email)
		}
		if _, err := w.desk.FundList(w.ctx, who); err == nil {
			t.Errorf("%s sees the funds", who.Email)
		}
		if err := w.desk.AllocateFund(w.ctx, who, AllocateRequest{Fund: w.theFund(labMeasure).ID, Amount: "1"}); err == nil {
			t.Errorf("%s sets money aside", who.Email)
		}
		if _, err := w.desk.OpenFund(w.ctx, who, FundForm{}); err == nil {
			t.Errorf("%s opens a fund", who.Email)
		}
		if _, err := w.desk.PayFund(w.ctx, who, FundPaymentRequest{}); err == nil {
			t.Errorf("%s pays", who.Email)
		}
	}
	if _, err := w.desk.RequestAward(w.ctx, w.officer, AwardRequest{Charge: charge}); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("an officer asks for a family: %v", err)
	}
	readings, err := w.db.ReadingsOf(w.ctx, family.Household, 100)
	w.must(err)
	for _, r := range readings {
		if r.Purpose == postgres.PurposeAward && r.UserID == string(family.User) {
			return
		}
	}
	t.Errorf("the family is not told that its ISEE was opened: %+v", readings)
}

// payTheProvider: the Comune pays in what the fund owes, exactly, once.
func (w *town) payTheProvider(fund string) {
	w.t.Helper()
	page, err := w.desk.FundPage(w.ctx, w.officer, fund, 0)
	w.must(err)
	if len(page.Owed) != 1 || page.Owed[0].Owed != 320_00 || page.Owed[0].Households != 8 {
		w.t.Fatalf("owed %+v", page.Owed)
	}
	pay := FundPaymentRequest{Fund: fund, Provider: page.Owed[0].Provider, Amount: "319,99"}
	_, err = w.desk.PayFund(w.ctx, w.officer, pay)
	wantRefusal(w.t, "a cent less", err, ErrFundPayment, "amount")
	pay.Amount = "320,00"
	_, err = w.desk.PayFund(w.ctx, w.officer, pay)
	w.must(err)
	if _, err = w.desk.PayFund(w.ctx, w.officer, pay); !errors.Is(err, ErrFundPayment) {
		w.t.Errorf("the same form again: %v", err)
	}
	f := w.theFund(labMeasure)
	if f.Committed != 0 || f.Paid != 320_00 || f.Available() != 0 {
		w.t.Errorf("fund %+v", f)
	}
	if got := w.balance(ledger.AccountBankClearing, ""); got != 320_00 {
		w.t.Errorf("the bank has %s", got)
	}
	second, err := w.desk.Applications(w.ctx, w.families[1])
	w.must(err)
	if err := w.desk.ReturnAward(w.ctx, w.officer, second[0].ID, "x"); !errors.Is(err, ErrAwardPaid) {
		w.t.Errorf("what was paid was taken back: %v", err)
	}
	page, err = w.desk.FundPage(w.ctx, w.officer, fund, 0)
	w.must(err)
	named := 0
	for _, m := range page.Movements {
		if m.Household != "" {
			named++
		}
	}
	if int64(len(page.Movements)) != f.Movements || page.Movements[0].Kind != billing.FundPay || named == 0 || len(page.Days) != 2 || page.Days[1].Paid != 320_00 {
		w.t.Errorf("%d movements, %d named, days %+v", len(page.Movements), named, page.Days)
	}
	w.sound()
}

// bonus is a formula on the price and the people of the household: at most
// 50.00, and 10.00 more from the third person on.
const bonus = `id: bonus-prova
name: {it: Bonus di prova, en: Test bonus}
source: {act: Atto di prova, date: 2026-01-01, url: https://comune.example.it/1}
checked: 2026-01-02
valid: {from: 2026-01-01, to: 2027-12-31}
isee: minorenni
inputs:
  price: {type: money, label: {it: quota, en: share}}
  household_size: {type: integer, label: {it: persone, en: people}}
eligible:
  - {if: known(isee), it: ISEE presentato, en: ISEE presented}
steps:
  - name: award
    label: {it: Bonus, en: Bonus}
    unit: €
    value: "household_size >= 3 ? 60 : 50"
    at_most: [price]
outputs: [award]
rounding: {to: 0.01, mode: half_up}
cases:
  - {in: {isee: 1000.00, price: 100.00, household_size: 2}, expect: {award: 50.00}}
  - {in: {isee: 1000.00, price: 100.00, household_size: 3}, expect: {award: 60.00}}
  - {in: {isee: 1000.00, price: 20.00, household_size: 3}, expect: {award: 20.00}}
  - {in: {isee: null, price: 20.00, household_size: 3}, expect: {award: 0.00}}
`

// publish puts a measure in force, with two hands.
func (w *town) publish(yaml string) string {
	w.t.Helper()
	id, version, err := w.desk.WriteMeasure(w.ctx, w.officer, MeasureText{YAML: yaml})
	w.must(err)
	w.must(w.desk.PublishMeasure(w.ctx, w.actor("giorgio@comune.example"), MeasureRelease{Measure: id, Version: version}))
	return id
}

// rankedFund opens a fund of the bonus that is divided by a ranking.
func (w *town) rankedFund(amount string, change func(*FundForm)) string {
	w.t.Helper()
	w.publish(bonus)
	form := FundForm{Name: "Bonus 2026", From: "2026-01-01", To: "2026-12-31", Amount: amount, Measures: []string{"bonus-prova"}, Mode: "ranking", Order: "isee, applied_at", Partial: true}
	if change != nil {
		change(&form)
	}
	id, err := w.desk.OpenFund(w.ctx, w.officer, form)
	w.must(err)
	return id
}

func (w *town) bonusFor(family communities.Actor) (ApplicationView, error) {
	views, err := w.desk.RequestAward(w.ctx, family, AwardRequest{Charge: w.theCharge(family).ID, Measure: "bonus-prova"})
	if err != nil {
		return ApplicationView{}, err
	}
	return views[0], nil
}

// sizeOf is how many people a family has, as the register knows.
func (w *town) sizeOf(family communities.Actor) int {
	w.t.Helper()
	_, people, err := w.db.Household(w.ctx, family.Household)
	w.must(err)
	return len(people)
}

// Goal: a ranking by ISEE, then time. By hand, 120.00 and four who ask 50.00 each
// (households of two): the two lowest get 50.00, the third 20.00, the fourth waits;
// of two with the same ISEE the one who applied first comes first.
func TestACallIsDecidedByARanking(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	fund := w.rankedFund("120", nil)
	apply := []struct {
		family communities.Actor
		isee   money.Amount
	}{{w.families[0], 9000_00}, {w.families[1], 3000_00}, {w.families[2], 9000_00}, {w.families[3], 8999_99}}
	for _, a := range apply {
		if got := w.sizeOf(a.family); got != 2 {
			t.Fatalf("a household of %d", got)
		}
		w.certify(a.family, a.isee)
	}
	if _, err := w.bonusFor(w.families[0]); !errors.Is(err, ErrAwardNoCall) {
		t.Fatalf("without a call: %v", err)
	}
	_, err := w.desk.OpenCall(w.ctx, w.officer, w.theFund(labMeasure).ID, "2026-11-25")
	if !errors.Is(err, ErrFundNotRanked) {
		t.Errorf("a call of a fund that serves who comes first: %v", err)
	}
	for _, day := range []string{"2026-11-19", "2026-12-31", "2027-01-01"} {
		_, err := w.desk.OpenCall(w.ctx, w.officer, fund, day)
		wantRefusal(t, day, err, ErrCallDay, "closes_on")
	}
	call, err := w.desk.OpenCall(w.ctx, w.officer, fund, "2026-11-25")
	w.must(err)
	if _, err := w.desk.OpenCall(w.ctx, w.officer, fund, "2026-11-26"); !errors.Is(err, postgres.ErrExists) {
		t.Errorf("two calls at once: %v", err)
	}
	for _, a := range apply {
		w.clock.set(w.clock.Now().Add(time.Minute))
		got, err := w.bonusFor(a.family)
		if err != nil || got.Asked != 50_00 || got.Granted != 0 || got.ClosesOn.IsZero() || got.Before != -1 {
			t.Fatalf("application %+v (%v)", got, err)
		}
	}
	w.must(w.desk.Tick(w.ctx)) // nobody is served before the decision
	if f := w.theFund("bonus-prova"); f.Available() != 120_00 || f.Waiting != 4 {
		t.Fatalf("before the decision: %+v", f)
	}
	if err := w.desk.DecideCall(w.ctx, w.officer, call); !errors.Is(err, ErrCallOpen) {
		t.Errorf("on its last days: %v", err)
	}
	w.clock.set(time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC))
	if _, err := w.bonusFor(w.families[4]); !errors.Is(err, ErrAwardNone) {
		t.Errorf("without ISEE: %v", err)
	}
	w.certify(w.families[4], 1)
	if _, err := w.bonusFor(w.families[4]); !errors.Is(err, ErrAwardNoCall) {
		t.Errorf("a day late: %v", err)
	}
	if err := w.desk.DecideCall(w.ctx, w.families[0], call); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a family decides: %v", err)
	}
	w.must(w.desk.DecideCall(w.ctx, w.officer, call))
	w.sound()
	if err := w.desk.DecideCall(w.ctx, w.officer, call); !errors.Is(err, ErrCallDecided) {
		t.Errorf("twice: %v", err)
	}
	want := []money.Amount{20_00, 50_00, 0, 50_00}
	for i, a := range apply {
		if got := w.theCharge(a.family); got.Subsidy != want[i] {
			t.Errorf("family %d got %s, want %s", i, got.Subsidy, want[i])
		}
	}
	last, err := w.desk.Applications(w.ctx, w.families[2])
	if err != nil || last[0].Before != 1 {
		t.Errorf("the last one waits behind the rest of the third: %+v (%v)", last, err)
	}
	if differences, err := w.desk.RecomputeCall(w.ctx, w.officer, call); err != nil || len(differences) > 0 {
		t.Errorf("the ranking again: %v (%v)", differences, err)
	}
	w.inVain("UPDATE fund_applications SET decided_cents = decided_cents + 1 WHERE decided_cents = 2000", "UPDATE fund_applications SET decided_cents = 2000 WHERE decided_cents = 2001", func() {
		if differences, err := w.desk.RecomputeCall(w.ctx, w.officer, call); err != nil || len(differences) != 1 {
			t.Errorf("a tampered ranking: %v (%v)", differences, err)
		}
	})

	// What comes moves the list in its order, also past a family that paid meanwhile.
	third := w.theCharge(w.families[0])
	_, err = w.desk.RecordTransfer(w.ctx, w.officer, TransferRequest{Charge: third.ID, Amount: third.Due.ItalianNumber(), ReceivedOn: "2026-11-26"})
	w.must(err)
	w.must(w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: fund, Amount: "60"}))
	if a, b := w.theCharge(w.families[0]), w.theCharge(w.families[2]); a.Subsidy != 20_00 || b.Subsidy != 50_00 {
		t.Errorf("after 60.00 more: %s and %s", a.Subsidy, b.Subsidy)
	}
	closed, err := w.desk.Applications(w.ctx, w.families[0])
	if err != nil || closed[0].State != subsidies.ApplicationGranted || closed[0].Reason != subsidies.EndNothingDue {
		t.Errorf("the family that paid: %+v (%v)", closed, err)
	}
	w.sound()
}

// Everybody is cut alike, to the cent: by hand 100.00 for three who ask 50.00 are
// 33.34, 33.33 and 33.33, and nobody waits for the rest.
func TestACallCanCutEverybodyAlike(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	fund := w.rankedFund("100", func(f *FundForm) { f.ProRata = true })
	call, err := w.desk.OpenCall(w.ctx, w.officer, fund, "2026-11-25")
	w.must(err)
	for i, family := range w.families[:3] {
		w.certify(family, money.Amount(i+1)*1000_00)
		_, err := w.bonusFor(family)
		w.must(err)
	}
	w.clock.set(time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC))
	w.must(w.desk.DecideCall(w.ctx, w.officer, call))
	for i, want := range []money.Amount{33_34, 33_33, 33_33} {
		if got := w.theCharge(w.families[i]); got.Subsidy != want {
			t.Errorf("family %d got %s", i, got.Subsidy)
		}
	}
	w.must(w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: fund, Amount: "60"}))
	if f := w.theFund("bonus-prova"); f.Available() != 60_00 || f.Waiting != 0 {
		t.Errorf("fund %+v", f)
	}
	w.sound()
}

// A fund whose last day is over: who waits is told, and the award stays.
func TestAFundEnds(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	w.must(w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: w.theFund(labMeasure).ID, Amount: "250", Less: true}))
	for _, family := range w.families[:3] {
		w.certify(family, 6000_00)
		w.ask(family)
	}
	w.clock.set(time.Date(2026, 12, 31, 22, 59, 0, 0, time.UTC)) // 23:59 in Rome
	w.must(w.desk.Tick(w.ctx))
	if f := w.theFund(labMeasure); f.Waiting != 2 || !f.EndedAt.IsZero() {
		t.Errorf("a minute before the end: %+v", f)
	}
	w.clock.set(time.Date(2026, 12, 31, 23, 0, 0, 0, time.UTC))
	for range 2 {
		w.must(w.desk.Tick(w.ctx))
	}
	if f := w.theFund(labMeasure); f.Waiting != 0 || f.EndedAt.IsZero() || f.Committed != 50_00 {
		t.Errorf("after the end: %+v", f)
	}
	for i, want := range []subsidies.ApplicationState{subsidies.ApplicationGranted, subsidies.ApplicationGranted, subsidies.ApplicationRefused} {
		got, err := w.desk.Applications(w.ctx, w.families[i])
		if err != nil || got[0].State != want {
			t.Errorf("family %d: %+v (%v)", i, got, err)
		}
	}
	if !w.told(w.families[2], "non è rimasto niente") || !w.told(w.families[1], "ha pagato 10,00") {
		t.Error("a letter is missing")
	}
	if err := w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: w.theFund(labMeasure).ID, Amount: "1"}); !errors.Is(err, ErrFundOver) {
		t.Errorf("money for a fund that is over: %v", err)
	}
	w.sound()
}

// While a card is being charged, money is kept for its household and pays when the
// card is settled; what nobody uses in time goes on.
func TestMoneyIsKeptWhileACardIsCharged(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	fund := w.theFund(labMeasure).ID
	w.must(w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: fund, Amount: "300", Less: true}))
	first, second := w.families[0], w.families[1]
	for _, family := range []communities.Actor{first, second} {
		w.certify(family, 6000_00)
		if got := w.ask(family); got[0].Granted != 0 {
			t.Fatalf("of an empty fund: %+v", got)
		}
	}
	_, err := w.desk.PayByCard(w.ctx, first, w.theCharge(first).ID)
	w.must(err)
	if _, err := w.desk.RequestAward(w.ctx, first, AwardRequest{Charge: w.theCharge(first).ID}); !errors.Is(err, postgres.ErrPaymentUnderway) {
		t.Errorf("asked while a card is charged: %v", err)
	}
	w.must(w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: fund, Amount: "40"}))
	f := w.theFund(labMeasure)
	if f.Reserved != 40_00 || f.Committed != 0 {
		t.Fatalf("kept: %+v", f)
	}
	w.must(w.desk.Tick(w.ctx))
	w.sound()
	if c := w.theCharge(second); c.Subsidy != 0 {
		t.Errorf("the second was served with the money of the first: %+v", c)
	}
	w.clock.set(w.clock.Now().AddDate(0, 0, applicationHoldDays).Add(-time.Second))
	w.must(w.desk.Tick(w.ctx))
	if f := w.theFund(labMeasure); f.Reserved != 40_00 {
		t.Errorf("a second before its term: %+v", f)
	}
	w.till.payAll()
	w.must(w.desk.CardReturned(w.ctx, first, w.theCharge(first).ID))
	w.must(w.desk.Tick(w.ctx)) // nothing is due any more: the second has its turn
	if a, b := w.theCharge(first), w.theCharge(second); a.Subsidy != 0 || a.State != billing.ChargePaid || b.Subsidy != 40_00 {
		t.Errorf("first %+v, second %+v", a, b)
	}
	w.sound()
}

// An application is withdrawn by its family alone, and its place goes on.
func TestAnApplicationIsWithdrawn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	fund := w.theFund(labMeasure).ID
	w.must(w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: fund, Amount: "300", Less: true}))
	for _, family := range w.families[:2] {
		w.certify(family, 6000_00)
		w.ask(family)
	}
	mine, err := w.desk.Applications(w.ctx, w.families[0])
	w.must(err)
	if err := w.desk.WithdrawApplication(w.ctx, w.families[1], mine[0].ID); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("a neighbour withdrew it: %v", err)
	}
	w.must(w.desk.WithdrawApplication(w.ctx, w.families[0], mine[0].ID))
	if err := w.desk.WithdrawApplication(w.ctx, w.families[0], mine[0].ID); !errors.Is(err, ErrApplicationOver) {
		t.Errorf("twice: %v", err)
	}
	w.must(w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: fund, Amount: "10"}))
	if a, b := w.theCharge(w.families[0]), w.theCharge(w.families[1]); a.Subsidy != 0 || b.Subsidy != 10_00 {
		t.Errorf("%s and %s", a.Subsidy, b.Subsidy)
	}
	again := w.ask(w.families[0]) // at the end of the list
	if again[0].Before != 1 {
		t.Errorf("asked again: %+v", again)
	}
	w.sound()
}

// Two measures for one charge: together never above what is due, and in the order
// that they want. By hand, ISEE 1,000 and 125.00: the laboratories pay 40.00, the
// bonus 50.00.
func TestTwoMeasuresPayOneCharge(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	w.publish(bonus)
	_, err := w.desk.OpenFund(w.ctx, w.officer, FundForm{Name: "Bonus", From: "2026-11-01", To: "2026-12-31", Amount: "500", Measures: []string{"bonus-prova"}, Mode: "first_come"})
	w.must(err)
	family := w.families[0]
	w.certify(family, 1000_00)
	charge := w.theCharge(family)
	on := w.clock.Now().In(w.desk.zone).Format(time.DateOnly)
	if _, err := w.desk.RecordTransfer(w.ctx, w.officer, TransferRequest{Charge: charge.ID, Amount: "1", ReceivedOn: on}); err == nil {
		t.Fatal("a part was paid by transfer")
	}
	got := w.ask(family)
	if len(got) != 2 || got[0].Granted+got[1].Granted != 90_00 {
		t.Fatalf("%+v", got)
	}
	if charge = w.theCharge(family); charge.Subsidy != 90_00 || charge.Due != 35_00 {
		t.Errorf("charge %+v", charge)
	}
	w.sound()
	_, err = w.desk.OpenFund(w.ctx, w.officer, FundForm{Name: "Di nuovo", From: "2026-12-31", To: "2027-12-31", Amount: "1", Measures: []string{"bonus-prova"}})
	if !errors.Is(err, postgres.ErrFundOverlaps) {
		t.Errorf("a second fund on the last day: %v", err)
	}
}

// What is wrong with a fund is said beside its field, all at once.
func TestAFundIsOpenedWithCare(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	_, err := w.desk.OpenFund(w.ctx, w.officer, FundForm{Name: " ", From: "x", To: "2026-02-30", Amount: "-1", Mode: "lottery"})
	fields := map[string]bool{}
	for _, r := range refusal.All(err) {
		fields[r.Field] = true
	}
	for _, field := range []string{"name", "from", "to", "amount", "measures", "mode"} {
		if !fields[field] {
			t.Errorf("nothing is said at %s: %v", field, err)
		}
	}
	good := FundForm{Name: "F", From: "2027-01-01", To: "2027-12-31", Amount: "0", Measures: []string{labMeasure}}
	for what, c := range map[string]struct {
		change func(*FundForm)
		want   *refusal.Error
		field  string
	}{
		"backwards":       {func(f *FundForm) { f.To = "2026-12-31" }, ErrFundPeriod, "to"},
		"over":            {func(f *FundForm) { f.From, f.To = "2026-01-01", "2026-10-31" }, ErrFundPeriod, "to"},
		"unknown measure": {func(f *FundForm) { f.Measures = []string{"nowhere"} }, ErrFundMeasures, "measures"},
		"no order":        {func(f *FundForm) { f.Mode = "ranking" }, ErrRequired, "order"},
		"unknown key":     {func(f *FundForm) { f.Mode, f.Order = "ranking", "isee,height" }, ErrFundOrder, "order"},
	} {
		form := good
		c.change(&form)
		_, err := w.desk.OpenFund(w.ctx, w.officer, form)
		wantRefusal(t, what, err, c.want, c.field)
	}
	id, err := w.desk.OpenFund(w.ctx, w.officer, good)
	w.must(err)
	page, err := w.desk.FundPage(w.ctx, w.officer, id, 0)
	if err != nil || page.Policy.Mode != subsidies.FundFirstCome || len(page.Measures) != 1 || len(page.Movements) != 0 {
		t.Errorf("%+v (%v)", page, err)
	}
	w.sound()
}

// Measures that ask what the register does not know say so.
func TestAMeasureThatAsksTooMuchSaysSo(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	yaml := strings.NewReplacer("  household_size:", "  height:", "household_size", "height", "it: persone", "it: altezza in centimetri").Replace(bonus)
	w.publish(yaml)
	_, err := w.desk.OpenFund(w.ctx, w.officer, FundForm{Name: "Bonus", From: "2026-11-01", To: "2026-12-31", Amount: "500", Measures: []string{"bonus-prova"}, Mode: "first_come"})
	w.must(err)
	w.certify(w.families[0], 1000_00)
	_, err = w.bonusFor(w.families[0])
	var r *refusal.Error
	if !errors.As(err, &r) || r.Code != ErrAwardFacts.Code || !strings.Contains(fmt.Sprint(r.Args), "altezza in centimetri") {
		t.Errorf("%v", err)
	}
}

// A cap for each household and period counts what a round granted before.
func TestTheCapOfAMeasureCountsWhatWasGranted(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.openRound()
	for _, family := range w.families[:12] {
		w.certify(family, 6000_00)
		if _, err := w.pledge(round, family, "200"); err != nil {
			t.Fatal(err)
		}
	}
	w.finish(round)
	given := 0
	for _, family := range w.families[:12] {
		switch w.theCharge(family).Subsidy {
		case 40_00:
			given++
			if _, err := w.desk.RequestAward(w.ctx, family, AwardRequest{Charge: w.theCharge(family).ID}); !errors.Is(err, ErrAwardNone) {
				t.Errorf("above the cap: %v", err)
			}
		case 0:
			if got := w.ask(family); got[0].Asked != 40_00 {
				t.Errorf("left out by the round: %+v", got)
			}
		}
	}
	if given == 0 {
		t.Error("the round granted nothing")
	}
	w.sound()
	again, err := w.desk.Recompute(w.ctx, w.officer, round)
	if err != nil || len(again.Differences) > 0 {
		t.Errorf("again: %+v (%v)", again, err)
	}
}

// The sealed keys of applications are sealed again by a rotation, and rank the same.
func TestARotationKeepsTheRanking(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	fund := w.rankedFund("60", nil)
	call, err := w.desk.OpenCall(w.ctx, w.officer, fund, "2026-11-25")
	w.must(err)
	for i, family := range w.families[:3] {
		w.certify(family, money.Amount(3-i)*1000_00)
		_, err := w.bonusFor(family)
		w.must(err)
	}
	w.must(w.db.RotateKey(w.ctx, w.officer.User, w.clock.Now(), func(int) {}))
	w.clock.set(time.Date(2026, 11, 26, 8, 0, 0, 0, time.UTC))
	w.must(w.desk.DecideCall(w.ctx, w.officer, call))
	for i, want := range []money.Amount{0, 10_00, 50_00} {
		if got := w.theCharge(w.families[i]); got.Subsidy != want {
			t.Errorf("family %d got %s", i, got.Subsidy)
		}
	}
	w.sound()
}

// Goal: in the line of a fund nobody passes, money is never promised twice, and with
// skip whoever fits is served. Method: random lines, beside a walk by hand.
func TestTheQueueOfAFund(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fund := postgres.Fund{Allocated: money.Amount(rapid.Int64Range(0, 100_00).Draw(t, "money")), Policy: subsidies.FundPolicy{
			Mode: subsidies.FundFirstCome, Partial: rapid.Bool().Draw(t, "partial"), Skip: rapid.Bool().Draw(t, "skip")}}
		var waiting []postgres.Application
		for i := range rapid.IntRange(0, 12).Draw(t, "applications") {
			waiting = append(waiting, postgres.Application{
				ID: fmt.Sprint("a", i), Place: int64(i + 1), AskedCents: money.Amount(rapid.Int64Range(1, 40_00).Draw(t, "asked")),
				DueCents: money.Amount(rapid.Int64Range(0, 40_00).Draw(t, "due")), State: subsidies.ApplicationWaiting,
			})
		}
		grants, err := queue(fund, waiting)
		if err != nil {
			t.Fatal(err)
		}
		left, stopped := fund.Allocated, false
		for _, p := range waiting {
			want := min(p.AskedCents, p.DueCents)
			if stopped {
				want = 0
			} else if want > left {
				stopped = !fund.Policy.Skip
				want = 0
				if fund.Policy.Partial {
					want = left
				}
			}
			if grants[p.ID] != want {
				t.Fatalf("%s gets %s, want %s of %s", p.ID, grants[p.ID], want, left)
			}
			left -= want
		}
	})
}

// Goal: families that ask at the same moment, an officer who adds and takes back,
// and the timetable never block each other for good, never overspend and never lose
// a cent; in the end the list was served in its order. Method: all at once on one
// small fund, then every invariant.
func TestManyAskForAFundAtOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	fund := w.theFund(labMeasure).ID
	w.must(w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: fund, Amount: "245", Less: true}))
	charges := map[communities.HouseholdID]billing.ChargeID{}
	for _, family := range w.families[:12] {
		w.certify(family, 6000_00)
		charges[family.Household] = w.theCharge(family).ID
	}
	var wg sync.WaitGroup
	start := make(chan struct{})
	race := func(act func() error) {
		wg.Go(func() {
			<-start
			if err := act(); err != nil && len(refusal.All(err)) == 0 {
				t.Error(err)
			}
		})
	}
	for _, family := range w.families[:12] {
		race(func() error {
			_, err := w.desk.RequestAward(w.ctx, family, AwardRequest{Charge: charges[family.Household]})
			return err
		})
	}
	for i := range 6 {
		race(func() error {
			return w.desk.AllocateFund(w.ctx, w.officer, AllocateRequest{Fund: fund, Amount: "20", Less: i%3 == 2})
		})
		race(func() error { return w.desk.tendFunds(w.ctx) })
	}
	close(start)
	wg.Wait()
	w.must(w.desk.tendFunds(w.ctx))
	w.sound()
	f := w.theFund(labMeasure)
	if f.Available() != 0 || f.Committed != f.Allocated || f.Committed < 55_00 {
		t.Errorf("fund %+v", f)
	}
	all, err := w.db.ApplicationsTo(w.ctx, fund, 100)
	if err != nil || len(all) != 12 {
		t.Fatalf("%d applications (%v)", len(all), err)
	}
	for _, p := range all {
		for _, q := range all {
			if p.Open() && p.Place < q.Place && q.GrantedCents > 0 {
				t.Errorf("place %d got %s before place %d", q.Place, q.GrantedCents, p.Place)
			}
		}
	}
}

// Two measures on one fund in one round: together they reserve, award and commit no
// more than it holds, and each award says its measure.
func TestTwoMeasuresOfOneFundInOneRound(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	text, ok := subsidies.MeasureFile(labMeasure)
	if !ok {
		t.Fatal("no measure")
	}
	one := strings.Replace(string(text), "id: "+labMeasure, "id: a-uno", 1)
	two := strings.Replace(strings.Replace(string(text), "id: "+labMeasure, "id: a-due", 1), "isee: minorenni", "isee: ordinario", 1)
	_, err := w.desk.OpenFund(w.ctx, w.officer, FundForm{
		Name: "Insieme", From: "2026-11-01", To: "2026-12-31", Amount: "150", Measures: []string{w.publish(one), w.publish(two)}, Mode: "first_come"})
	w.must(err)
	round := w.openRound()
	for i, family := range w.families[:14] {
		kind := "minorenni"
		if i%2 == 0 {
			kind = "ordinario"
		}
		w.must(w.desk.RecordISEE(w.ctx, w.officer, []NewISEE{{
			Household: family.Household, Kind: kind, Value: money.Amount(i) * 100_00, Protocol: fmt.Sprintf("INPS-ISEE-2026-%09d-00", w.serial()),
			ValidFrom: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
		}}))
		if _, err := w.pledge(round, family, "200"); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.set(w.closesAt)
	w.must(w.desk.CloseRound(w.ctx, w.officer, round))
	w.sound()
	if f := w.theFund("a-uno"); f.Reserved == 0 || f.Reserved > 150_00 || f.Reserved+40_00 < 150_00 {
		t.Fatalf("reserved %s", f.Reserved)
	}
	held, err := w.db.Holding(w.ctx, round)
	if err != nil || len(held) != 2 || held[0].FundID != held[1].FundID {
		t.Fatalf("%d holds (%v)", len(held), err)
	}
	w.must(w.desk.FormRound(w.ctx, w.officer, round))
	w.sound()
	w.must(w.desk.ChargeRound(w.ctx, w.officer, round))
	w.sound()
	measures := map[string]money.Amount{}
	charges, err := w.db.Charges(w.ctx, postgres.ChargesFilter{Round: round}, 100)
	w.must(err)
	for _, c := range charges {
		awards, err := w.db.AwardsOf(w.ctx, c.Demand)
		w.must(err)
		for _, a := range awards {
			measures[a.MeasureID] += a.AmountCents
		}
	}
	f := w.theFund("a-due")
	if len(measures) != 2 || measures["a-uno"] == 0 || measures["a-uno"]+measures["a-due"] != f.Committed || f.Reserved != 0 {
		t.Errorf("awards %v, fund %+v", measures, f)
	}
	again, err := w.desk.Recompute(w.ctx, w.officer, round)
	if err != nil || len(again.Differences) > 0 {
		t.Errorf("again: %+v (%v)", again, err)
	}
}
