package web

import (
	"net/url"
	"testing"
	"time"

	"colletta/billing/ledger"
	"colletta/desk"
)

// ledgerPages are the pages about the books in every shape.
func ledgerPages(s *site, office func(title, here string) frame) map[string]samplePage {
	day := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	family := ledger.AccountRef{Kind: ledger.AccountHouseholdReceivable, Subject: "0193f2a0-0000-7000-8000-000000000001"}
	view := desk.LedgerView{On: day, Head: "1234:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", Accounts: []desk.LedgerAccountView{
		{Account: ledger.AccountRef{Kind: ledger.AccountBankClearing}, Balance: 1234567890, Postings: 812},
		{Account: family, Of: "Famiglia Brambilla", Balance: 4800, Postings: 3},
		{Account: ledger.AccountRef{Kind: ledger.AccountHouseholdReceivable, Subject: "0193f2a0-0000-7000-8000-000000000002"}, Balance: 0, Postings: 2},
		{Account: ledger.AccountRef{Kind: ledger.AccountProviderPayable, Subject: "p"}, Of: "Cooperativa Il Girotondo", Balance: -1234572690, Postings: 90},
	}}
	statement := ledger.Statement{Account: family, Of: "Famiglia Brambilla", From: day.AddDate(0, 0, -29), To: day, After: 0, More: true, Lines: []ledger.StatementLine{
		{Number: 1200, At: sampleNow, Kind: ledger.KindPoolCharged, Description: "Laboratorio", Amount: 4800, Balance: 4800},
		{Number: 1234, At: sampleNow, Kind: ledger.KindPaymentReceived, Amount: -4800}}}
	title := accountText(family.Kind)
	return map[string]samplePage{
		"ledger":             {"ledger", newLedgerPage(office("Contabilità", "/comune"), view, "", "", refusals{})},
		"ledger-bad":         {"ledger", newLedgerPage(office("Contabilità", "/comune"), desk.LedgerView{On: day, Head: "0:"}, "x", "2026", s.refusalsOf(ErrMonth.With("value", "2026").At("mese"), "al", "mese"))},
		"ledgeraccount":      {"ledgeraccount", newLedgerAccountPage(office(title, "/comune"), statement, nil, refusals{})},
		"ledgeraccount-none": {"ledgeraccount", newLedgerAccountPage(office(title, "/comune"), ledger.Statement{Account: ledger.AccountRef{Kind: ledger.AccountFees}, From: day, To: day}, url.Values{"dal": {"x"}}, s.refusalsOf(ErrDay.With("value", "x").At("dal"), "dal", "al"))},
	}
}

// Every account and every event has words.
func TestTheLedgerHasWords(t *testing.T) {
	for _, k := range ledger.AccountKinds() {
		if accountText(k) == "" {
			t.Errorf("no words for %s", k)
		}
	}
	for _, k := range ledger.Kinds() {
		if bookedText(k) == "" {
			t.Errorf("no words for %s", k)
		}
	}
}
