package desk

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"colletta/billing"
	"colletta/billing/stripepay"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
)

// The main job once through: families of a school pledge, the round closes,
// a pool forms, the cost is divided to the cent, the measure grants by ISEE,
// each family is charged and pays, the books balance.
func TestALaboratoryFromPledgeToReceipt(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	poor := w.families[0]
	w.must(w.desk.RecordISEE(w.ctx, w.officer, []NewISEE{{
		Household: poor.Household, Kind: "minorenni", Value: 600000, Protocol: "INPS-ISEE-2026-000000001-00",
		ValidFrom: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
	}}))
	round := w.openRound()
	const members = 24
	for _, family := range w.families[:members] {
		if _, err := w.pledge(round, family, "70"); err != nil {
			t.Fatal(err)
		}
	}
	// Two families ask for less than the price: 1500.00 among 24 is 62.50.
	low, err := w.pledge(round, w.families[members], "40,00")
	w.must(err)
	view, err := w.desk.Round(w.ctx, poor, round)
	w.must(err)
	if got := view.Offers[0]; got.Quote != 62_50 && got.Quote != 60_00 {
		t.Errorf("today's price on the page is %s, want 62.50 (or 60.00 with the family that asks too little)", got.Quote)
	}
	w.finish(round)

	view, err = w.desk.Round(w.ctx, w.officer, round)
	w.must(err)
	if view.Round.State != pooling.RoundCharged || view.Results.Served != members || view.Results.Cost != 1500_00 {
		t.Fatalf("state %s, served %d, cost %s", view.Round.State, view.Results.Served, view.Results.Cost)
	}
	outcome, err := w.desk.PledgeOf(w.ctx, w.families[members], low)
	w.must(err)
	if outcome.Outcome == nil || outcome.Outcome.Outcome.Code != pooling.OutcomePriceTooHigh {
		t.Errorf("the family that asked for 40.00: %+v", outcome.Outcome)
	}
	mails, err := w.desk.Mailbox(w.ctx)
	w.must(err)
	told := slices.ContainsFunc(mails, func(m MailView) bool {
		return strings.Contains(m.Text, "Non paghi nulla.") && strings.Contains(m.Text, "nel tuo massimo (40,00\u00a0€)")
	})
	if !told {
		t.Error("its letter does not say why")
	}

	// ISEE 6,000 with the measure of the laboratory: 80 % of 62.50 is 50.00,
	// capped at 40.00; the family pays 22.50.
	charges, err := w.desk.Charges(w.ctx, poor)
	w.must(err)
	if len(charges) != 1 || charges[0].Share != 62_50 || charges[0].Subsidy != 40_00 || charges[0].Net != 22_50 {
		t.Fatalf("charge of the poor family: %+v", charges)
	}
	funds, err := w.db.MeasuredFunds(w.ctx)
	w.must(err)
	if funds[0].Committed != 40_00 || funds[0].Reserved != 0 {
		t.Errorf("fund: spent %s, reserved %s", funds[0].Committed, funds[0].Reserved)
	}
	w.sound()

	w.payEverything(round, poor)
	view, err = w.desk.Round(w.ctx, w.officer, round)
	w.must(err)
	if view.Round.State != pooling.RoundSettled {
		t.Errorf("with everything paid the round is %s", view.Round.State)
	}
	w.sound()

	again, err := w.desk.Recompute(w.ctx, w.officer, round)
	w.must(err)
	if !again.SnapshotOK || len(again.Differences) > 0 || again.Charges != members {
		t.Errorf("recompute: %+v", again)
	}
}

// payEverything pays one family by card, the others by transfer.
func (w *town) payEverything(round pooling.RoundID, byCard communities.Actor) {
	w.t.Helper()
	charges, err := w.desk.chargeViews(w.ctx, postgres.ChargesFilter{Round: round}, 100)
	w.must(err)
	for _, c := range charges {
		if c.household == byCard.Household {
			url, err := w.desk.PayByCard(w.ctx, byCard, c.ID)
			w.must(err)
			if url == "" {
				w.t.Fatal("no page to pay on")
			}
			w.till.payAll()
			w.must(w.desk.CardReturned(w.ctx, byCard, c.ID))
			continue
		}
		_, err := w.desk.RecordTransfer(w.ctx, w.parent, TransferRequest{Charge: c.ID, Amount: c.Net.ItalianNumber(), ReceivedOn: "2026-11-20"})
		w.must(err)
	}
	mine, err := w.desk.Charges(w.ctx, byCard)
	w.must(err)
	receipt, err := w.desk.ReceiptOf(w.ctx, byCard, mine[0].Payments[0].ID)
	w.must(err)
	if !bytes.HasPrefix(receipt.PDF, []byte("%PDF-")) || len(receipt.PDF) < 2000 {
		w.t.Errorf("receipt of %d bytes", len(receipt.PDF))
	}
}

// Two servers on one database: every step that both try happens once.
func TestTwoServersDoAStepOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.openRound()
	for _, family := range w.families[:12] {
		if _, err := w.pledge(round, family, "200"); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.set(w.closesAt)
	other, err := New(Config{DB: w.db, Clock: w.clock, Gateway: w.till, PublicURL: "https://colletta.example", Municipality: 1})
	w.must(err)
	both := func(act func(d *Desk) error) {
		t.Helper()
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				if err := act([]*Desk{w.desk, other}[i%2]); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
	both(func(d *Desk) error { return d.Tick(w.ctx) })
	both(func(d *Desk) error { return d.closeRound(w.ctx, round, "") })
	both(func(d *Desk) error { return d.formRound(w.ctx, round, "") })
	both(func(d *Desk) error { return d.chargeRound(w.ctx, round, "") })
	charges, err := w.db.Charges(w.ctx, postgres.ChargesFilter{Round: round}, 100)
	w.must(err)
	if len(charges) != 12 {
		t.Errorf("%d charges for 12 families", len(charges))
	}
	var sum money.Amount
	for _, c := range charges {
		sum += c.Share
	}
	if sum != 1500_00 {
		t.Errorf("shares sum to %s", sum)
	}
	w.sound()
}

func TestPledgesAreRefusedBesideTheField(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.openRound()
	family := w.families[0]
	good := PledgeRequest{Round: round, Offer: w.offer, Community: w.school, Units: "1", Slots: []string{"tue-16"}, MaxPrice: "60", Method: billing.MethodCard}
	for _, price := range []string{"1e9", "-1", "NaN", "12,345", "0", "", "99999999", "１０", "1.2.3", "0x10", "10 000", "+5"} {
		r := good
		r.MaxPrice = price
		_, err := w.desk.Pledge(w.ctx, family, r, false)
		wantRefusal(t, "price "+price, err, ErrPrice, "max_price")
	}
	for field, r := range map[string]PledgeRequest{
		"units":  {Round: round, Offer: w.offer, Community: w.school, Units: "0", Slots: good.Slots, MaxPrice: "60", Method: good.Method},
		"slots":  {Round: round, Offer: w.offer, Community: w.school, Units: "1", Slots: []string{"mon-09"}, MaxPrice: "60", Method: good.Method},
		"method": {Round: round, Offer: w.offer, Community: w.school, Units: "1", Slots: good.Slots, MaxPrice: "60", Method: "cash"},
	} {
		want := map[string]any{"units": ErrNumber, "slots": ErrSlotUnknown, "method": billing.ErrMethod}[field]
		_, err := w.desk.Pledge(w.ctx, family, r, false)
		if !errors.Is(err, want.(error)) {
			t.Errorf("%s: %v", field, err)
		}
	}
	stranger := w.parent // a delegate without a household there
	_, err := w.desk.Pledge(w.ctx, stranger, good, false)
	wantRefusal(t, "a foreign household", err, ErrNotMember, "community")
	if demands, err := w.db.PledgesOf(w.ctx, round); err != nil || len(demands) != 0 {
		t.Fatalf("refused pledges left %d rows (%v)", len(demands), err)
	}

	if _, err := w.desk.Pledge(w.ctx, family, good, false); err != nil {
		t.Fatal(err)
	}
	_, err = w.desk.Pledge(w.ctx, family, good, false)
	wantRefusal(t, "twice", err, postgres.ErrPledgedAlready, "")
	w.clock.set(w.closesAt)
	_, err = w.desk.Pledge(w.ctx, w.families[1], good, false)
	wantRefusal(t, "at the close, before any job ran", err, pooling.ErrRoundClosed, "")
	_, err = w.desk.Pledge(w.ctx, family, good, true)
	wantRefusal(t, "a change after the close", err, pooling.ErrRoundClosed, "")
}

func TestAPledgeCanBeChangedAndWithdrawn(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.openRound()
	id, err := w.pledge(round, w.families[0], "60")
	w.must(err)
	changed, err := w.desk.Pledge(w.ctx, w.families[0], PledgeRequest{
		Round: round, Offer: w.offer, Community: w.school, Units: "1", Slots: []string{"thu-16"}, MaxPrice: "75,50", Method: billing.MethodCard}, true)
	w.must(err)
	if changed != id {
		t.Errorf("the change made another pledge")
	}
	demand, err := w.db.Demand(w.ctx, id)
	w.must(err)
	if demand.MaxPrice != 75_50 || demand.Slots[0] != "thu-16" {
		t.Errorf("stored %+v", demand)
	}
	if err := w.desk.Withdraw(w.ctx, w.families[1], id); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("a neighbour withdrew it: %v", err)
	}
	w.must(w.desk.Withdraw(w.ctx, w.families[0], id))
	w.finish(round)
	charges, err := w.desk.Charges(w.ctx, w.families[0])
	w.must(err)
	if len(charges) != 0 {
		t.Errorf("a withdrawn pledge was charged: %+v", charges)
	}
}

func TestImportTwiceIsOnceAndPreviewStoresNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	again := ImportRequest{Community: w.school, File: "classe.xlsx", Data: w.exampleClass()}
	before, err := w.db.Totals(w.ctx)
	w.must(err)
	preview, err := w.desk.PreviewImport(w.ctx, w.parent, again)
	w.must(err)
	if preview.Plan.Changes() || !preview.AlreadyImported {
		t.Errorf("the same file would change: %+v", preview.Plan)
	}
	done, err := w.desk.ConfirmImport(w.ctx, w.parent, again)
	w.must(err)
	if done.Created != 0 || done.Updated != 0 || done.Unchanged != 30 {
		t.Errorf("second import: %+v", done)
	}
	bad := ImportRequest{Community: w.school, File: "classe.csv", Data: []byte("Sezione;Cognome bambino\nA;Rossi\n")}
	preview, err = w.desk.PreviewImport(w.ctx, w.parent, bad)
	w.must(err)
	if len(preview.Errors) == 0 {
		t.Error("no error for a file without columns")
	}
	if _, err := w.desk.ConfirmImport(w.ctx, w.parent, bad); !errors.Is(err, ErrImportFaulty) {
		t.Errorf("confirmed a faulty file: %v", err)
	}
	if _, err := w.desk.ConfirmImport(w.ctx, w.families[0], again); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a family imported: %v", err)
	}
	after, err := w.db.Totals(w.ctx)
	w.must(err)
	if before != after {
		t.Errorf("totals moved from %+v to %+v", before, after)
	}
}

// A webhook that is not signed, or comes twice, has no effect beyond the first
// valid one; one that is lost is healed by asking.
func TestCardPaymentsHappenOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	family := w.families[0]
	charges, err := w.desk.Charges(w.ctx, family)
	w.must(err)
	id := charges[0].ID

	w.till.fail = stripepay.ErrUnknownOutcome
	if _, err := w.desk.PayByCard(w.ctx, family, id); !errors.Is(err, ErrCardUnavailable) {
		t.Fatalf("with the gateway down: %v", err)
	}
	w.till.fail = nil
	first, err := w.desk.PayByCard(w.ctx, family, id)
	w.must(err)
	second, err := w.desk.PayByCard(w.ctx, family, id)
	w.must(err)
	if first != second || len(w.till.sessions) != 1 {
		t.Errorf("two clicks made %d sessions: %s and %s", len(w.till.sessions), first, second)
	}

	payments, err := w.db.PaymentsOf(w.ctx, []billing.ChargeID{id})
	w.must(err)
	payment := payments[id][0].ID
	w.till.refuse = stripepay.ErrSignature
	if err := w.desk.StripeWebhook(w.ctx, []byte("{}"), "t=1,v1=00"); !errors.Is(err, ErrWebhook) {
		t.Errorf("a wrong signature: %v", err)
	}
	w.till.refuse = nil
	w.till.payAll()
	w.till.event = stripepay.Event{ID: "evt_1", Type: stripepay.EventCheckoutCompleted, Known: true, PaymentID: payment}
	for range 3 {
		w.must(w.desk.StripeWebhook(w.ctx, []byte(`{"id":"evt_1"}`), "signed"))
	}
	for range 2 {
		w.must(w.desk.syncCardPayment(w.ctx, payment, "evt_1"))
	}
	got, err := w.desk.Charge(w.ctx, family, id)
	w.must(err)
	if got.State != billing.ChargePaid || got.Paid != got.Net || len(got.Payments) != 1 {
		t.Errorf("after the webhooks: %+v", got)
	}
	if _, err := w.desk.PayByCard(w.ctx, family, id); !errors.Is(err, billing.ErrChargeAlreadyPaid) {
		t.Errorf("paying again: %v", err)
	}
	w.sound()

	other := w.families[1]
	charges, err = w.desk.Charges(w.ctx, other)
	w.must(err)
	_, err = w.desk.PayByCard(w.ctx, other, charges[0].ID)
	w.must(err)
	w.till.payAll()
	w.clock.set(w.clock.Now().Add(time.Hour))
	w.must(w.desk.HealCardPayments(w.ctx))
	got, err = w.desk.Charge(w.ctx, other, charges[0].ID)
	w.must(err)
	if got.State != billing.ChargePaid {
		t.Errorf("a lost webhook was not healed: %s", got.State)
	}
	w.sound()
}

func TestTransfersAreCheckedBeforeTheyAreRecorded(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	charges, err := w.desk.Charges(w.ctx, w.families[0])
	w.must(err)
	good := TransferRequest{Charge: charges[0].ID, Amount: "125,00", ReceivedOn: "2026-11-20"}
	_, err = w.desk.RecordTransfer(w.ctx, w.families[0], good)
	if !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a family recorded its own transfer: %v", err)
	}
	r := good
	r.Amount = "124,99"
	_, err = w.desk.RecordTransfer(w.ctx, w.parent, r)
	wantRefusal(t, "a cent too little", err, ErrTransferNotDue, "amount")
	r = good
	r.ReceivedOn = "2026-11-21"
	_, err = w.desk.RecordTransfer(w.ctx, w.parent, r)
	wantRefusal(t, "tomorrow", err, ErrReceivedOn, "received_on")
	_, err = w.desk.RecordTransfer(w.ctx, w.parent, good)
	w.must(err)
	_, err = w.desk.RecordTransfer(w.ctx, w.parent, good)
	wantRefusal(t, "twice", err, billing.ErrChargeAlreadyPaid, "amount")
	w.sound()
}

func TestLoginLinksWorkOnceAndForAWhile(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.must(w.desk.RequestLogin(w.ctx, "Nobody@example.org", "/"))
	w.must(w.desk.RequestLogin(w.ctx, " Chiara@Scuola.Example ", "/comunita"))
	mails, err := w.desk.Mailbox(w.ctx)
	w.must(err)
	if len(mails) != 1 || mails[0].To != "chiara@scuola.example" {
		t.Fatalf("mails: %+v", mails)
	}
	token := tokenIn(t, mails[0].Text)
	actor, next, err := w.desk.Login(w.ctx, token)
	w.must(err)
	if actor.User != w.parent.User || next != "/comunita" {
		t.Errorf("logged in %+v, to %s", actor, next)
	}
	if _, _, err := w.desk.Login(w.ctx, token); !errors.Is(err, ErrLoginLink) {
		t.Errorf("the link worked twice: %v", err)
	}
	w.must(w.desk.RequestLogin(w.ctx, "chiara@scuola.example", "/"))
	mails, err = w.desk.Mailbox(w.ctx)
	w.must(err)
	w.clock.set(noon.Add(loginLinkValid))
	if _, _, err := w.desk.Login(w.ctx, tokenIn(t, mails[0].Text)); !errors.Is(err, ErrLoginLink) {
		t.Errorf("an old link worked: %v", err)
	}
}

func tokenIn(t *testing.T, text string) string {
	t.Helper()
	_, rest, ok := cutAfter(text, "/accedi/")
	if !ok {
		t.Fatalf("no link in %q", text)
	}
	return rest
}

func cutAfter(text, mark string) (before, rest string, ok bool) {
	i := bytes.Index([]byte(text), []byte(mark))
	if i < 0 {
		return text, "", false
	}
	rest = text[i+len(mark):]
	if j := bytes.IndexByte([]byte(rest), '\n'); j >= 0 {
		rest = rest[:j]
	}
	return text[:i], rest, true
}

// The last payments may come at the same instant: none sees the others' charges
// paid until they commit, and yet one of them must settle the round.
func TestTheLastPaymentsAtOnceSettleTheRound(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.chargedRound()
	charges, err := w.db.Charges(w.ctx, postgres.ChargesFilter{Round: round}, 100)
	w.must(err)
	var wg sync.WaitGroup
	for _, c := range charges {
		wg.Go(func() {
			if _, err := w.desk.RecordTransfer(w.ctx, w.parent, TransferRequest{Charge: c.ID, Amount: c.Net.ItalianNumber(), ReceivedOn: "2026-11-20"}); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	view, err := w.desk.Round(w.ctx, w.officer, round)
	w.must(err)
	if view.Round.State != pooling.RoundSettled {
		t.Errorf("with everything paid the round is %s", view.Round.State)
	}
	w.sound()
}

// A certificate that is recorded after the pledge lowers the price on the page
// within the age of a preview, though nobody pledges meanwhile.
func TestACertificateChangesThePriceOnThePage(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.openRound()
	family := w.families[0]
	_, err := w.pledge(round, family, "2000")
	w.must(err)
	before, err := w.desk.Round(w.ctx, family, round)
	w.must(err)
	w.must(w.desk.RecordISEE(w.ctx, w.officer, []NewISEE{{
		Household: family.Household, Kind: "minorenni", Value: 600000, Protocol: "INPS-ISEE-2026-000000002-00",
		ValidFrom: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
	}}))
	w.clock.set(w.clock.Now().Add(previewAge))
	after, err := w.desk.Round(w.ctx, family, round)
	w.must(err)
	if before.Offers[0].Subsidy != 0 || after.Offers[0].Subsidy != 40_00 {
		t.Errorf("subsidy on the page: %s before the certificate, %s after; want 0.00 and the cap of 40.00", before.Offers[0].Subsidy, after.Offers[0].Subsidy)
	}
}

// A round of the city shows its offers to a family before anybody has pledged:
// an offer by radius reaches communities that no demand names yet.
func TestARoundWithoutPledgesShowsItsOffers(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	r := w.labOffer()
	r.Title, r.Communities, r.CenterOf, r.RadiusM, r.MixRadiusM = "Laboratorio di quartiere", nil, string(w.school), "900", "500"
	offer, err := w.desk.PublishOffer(w.ctx, w.actor("coop@prova.example"), r)
	w.must(err)
	_, err = w.desk.CreateSeries(w.ctx, w.officer, NewSeries{
		Name: "Tornata cittadina", OpensOn: "0 8 3 11 *", ClosesOn: "0 20 20 11 *", Period: "course",
	})
	w.must(err)
	w.clock.set(time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC))
	w.must(w.desk.Tick(w.ctx))
	rounds, err := w.desk.Rounds(w.ctx, w.officer)
	w.must(err)
	seen := 0
	for _, r := range rounds {
		for who, a := range map[string]communities.Actor{"a family": w.families[0], "the officer": w.officer, "a passer-by": {}} {
			if r.Community != "" && who != "a family" {
				continue
			}
			view, err := w.desk.Round(w.ctx, a, r.ID)
			if err != nil {
				t.Fatalf("%s looks at %s: %v", who, r.Name, err)
			}
			for _, p := range view.Offers {
				if p.Offer.ID == offer && p.Candidates == 0 && p.Missing == 10 {
					seen++
				}
			}
		}
	}
	if seen != 3 {
		t.Errorf("the offer was shown with ten families missing to %d of three readers", seen)
	}
}
