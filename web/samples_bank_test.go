package web

import (
	"testing"
	"time"

	"colletta/billing"
	"colletta/communities"
	"colletta/desk"
	"colletta/money"
)

func sampleMovement(id string, amount money.Amount) desk.MovementLine {
	return desk.MovementLine{ID: id, BookedOn: time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), Amount: amount, Name: "BRAMBILLA GIULIA", Text: "psicomotricità Tommaso quota novembre"}
}

func sampleBank() desk.BankView {
	fee := sampleMovement("e3", -350)
	fee.Name, fee.Text, fee.Fee = "", "", true
	back := sampleMovement("e4", -4692)
	back.Reversal, back.Name = true, ""
	return desk.BankView{
		Configured: true, Holder: "Comune di Milano", IBAN: "IT60 X054 2811 1010 0000 0123 456", Count: 3, WaitingSum: 650, Matched: 12, SetAside: 1,
		Waiting: []desk.MovementLine{sampleMovement("e1", 5692), fee, back},
		Statements: []desk.BankStatementView{
			{ID: "s2", Statement: "2026-11-20", Number: "224", File: "estratto.xml", OpeningOn: sampleNow, ClosingOn: sampleNow, Imported: sampleNow, Opening: 100000, Closing: 105692, Entries: 7},
			{ID: "s1", Statement: "2026-11-19", Opening: -5000, Closing: 95000, OpeningOn: sampleNow, ClosingOn: sampleNow, Follows: true},
		},
	}
}

func sampleStatements() desk.StatementsView {
	waits := sampleMovement("", 4692)
	waits.Pending, waits.BookedOn = true, time.Time{}
	return desk.StatementsView{
		File: "estratto-2026-11-20.xml", New: 6, Known: 2, Pending: 1, Open: 1,
		Statements: []desk.StatementLine{{ID: "2026-11-20", OpeningOn: sampleNow, ClosingOn: sampleNow, Opening: 100000, Closing: 105692, New: 6, Known: 2, Waited: 1, Again: true}},
		Matched: []desk.MatchedLine{
			{Amount: 4692, Name: "BRAMBILLA GIULIA", Number: "2026-000123", Applied: 4692}, {Amount: 2000, Name: "ROSSI", Number: "2026-000124", Applied: 2000, Left: 2692},
			{Amount: 5000, Name: "VERDI", Number: "2026-000125", Applied: 4692, Credit: 308}, {Amount: 4692, Name: "VERDI", Number: "2026-000125", Credit: 4692},
			{Amount: -4692, Name: "NERI", Number: "2026-000126", Left: 4692, Returned: true}, {Amount: 4692, Name: "BLU", Number: "2026-000127", Applied: 4692, Before: true},
		},
		Movements: []desk.MovementLine{waits, sampleMovement("e1", 5692)},
	}
}

// bankPages are the pages about the collecting account in every shape.
func bankPages(s *site, family, office func(title, here string) frame) map[string]samplePage {
	const at = "/comune/estratti"
	preview := sampleStatements()
	again := desk.StatementsView{File: "estratto.xml", Known: 3}
	waiting := desk.EntryView{
		MovementLine: sampleMovement("e1", 5692), State: billing.EntryBooked, IBAN: "IT** **** 3456", Reference: "2611200001", References: []string{"RF18 5390"},
		Suggestions: []desk.SuggestionView{
			{Charge: "q1", Number: "2026-000123", Household: "Famiglia Brambilla", Description: "Laboratorio di psicomotricità, 10 incontri", Due: 4692, State: billing.ChargeOpen, Reasons: []billing.MatchReason{billing.MatchMistyped, billing.MatchName}},
			{Charge: "q2", Number: "2026-000124", Household: "Famiglia Rossi", Description: "Laboratorio", State: billing.ChargePaid, Reasons: []billing.MatchReason{billing.MatchReference}},
		},
	}
	alone := waiting
	alone.Suggestions = nil
	debit := desk.EntryView{MovementLine: sampleMovement("e4", -4692), State: billing.EntryBooked, Reversible: []desk.MovementLine{sampleMovement("e5", 4692)}}
	matched := desk.EntryView{MovementLine: sampleMovement("e5", 4692), State: billing.EntryMatched, Paid: []desk.EntryPaymentView{{Charge: "q1", Number: "2026-000123", Amount: 4692, State: billing.PaymentSucceeded}}}
	aside := desk.EntryView{MovementLine: sampleMovement("e3", -350), State: billing.EntrySetAside, Note: "Competenze della banca"}
	partly, back := sampleCharge(billing.ChargeOpen), sampleCharge(billing.ChargePaid)
	partly.Paid, partly.Due = 2000, 2692
	partly.Payments = []desk.PaymentView{
		{ID: "p1", Method: billing.MethodTransfer, Amount: 2000, State: billing.PaymentSucceeded, ReceivedOn: sampleNow, ReceiptNumber: "2026-000088"},
		{ID: "p2", Method: billing.MethodCredit, Amount: 300, State: billing.PaymentReversed, ReceivedOn: sampleNow, ReceiptNumber: "2026-000087"},
	}
	charge := newChargePage(family("Quota 2026-000123", "/quote/q1"), partly)
	charge.Credit = 2692
	counter := desk.AtSpaceView{Charge: sampleCharge(billing.ChargeOpen), Spaces: []communities.Space{{ID: "s1", Name: "WeMi San Gottardo"}, {ID: "s2", Name: "WeMi Capuana"}}}
	taken := desk.AtSpaceView{Charge: partly, Taken: "p9", Till: "WeMi San Gottardo, n. 2026-000012", Amount: 2000, Method: billing.MethodCash}
	nothing := counter
	nothing.Charge = sampleCharge(billing.ChargePaid)
	const till = "/spazi/incasso"
	charges := newChargesPage(family("Le tue quote", "/quote"), []desk.ChargeView{partly, back})
	charges.Credit = 4692
	typed := []desk.MatchPart{{Number: "2026-999999", Amount: "1"}}
	return map[string]samplePage{
		"bank":           {"bank", newBankPage(office("Estratti conto", at), sampleBank(), nil, nil, refusals{})},
		"bank-preview":   {"bank", newBankPage(office("Estratti conto", at), sampleBank(), &preview, []byte("x"), refusals{})},
		"bank-again":     {"bank", newBankPage(office("Estratti conto", at), sampleBank(), &again, []byte("x"), refusals{})},
		"bank-empty":     {"bank", newBankPage(office("Estratti conto", at), desk.BankView{}, nil, nil, refusals{})},
		"bank-bad":       {"bank", newBankPage(office("Estratti conto", at), sampleBank(), nil, nil, s.refusalsOf(billing.ErrStatementCurrency.With("line", 12, "path", "Stmt/Ntry/Amt", "value", "USD").At("file"), "file"))},
		"bank-statement": {"bank_statement", bankStatementPage{office("Movimenti dell’estratto conto", at), []desk.EntryView{waiting, debit, matched, aside}}},
		"bank-nothing":   {"bank_statement", bankStatementPage{frame: office("Movimenti dell’estratto conto", at)}},
		"bank-entry":     {"bank_entry", newBankEntryPage(office("Movimento", at), waiting, nil, "", refusals{})},
		"bank-alone":     {"bank_entry", newBankEntryPage(office("Movimento", at), alone, nil, "", refusals{})},
		"bank-entry-bad": {"bank_entry", newBankEntryPage(office("Movimento", at), waiting, typed, "", s.refusalsOf(desk.ErrEntryCharge.With("number", "2026-999999").At("number.0"), bankFields()...))},
		"bank-debit":     {"bank_entry", newBankEntryPage(office("Movimento", at), debit, nil, "", s.refusalsOf(desk.ErrRequired.At("note"), bankFields()...))},
		"bank-matched":   {"bank_entry", newBankEntryPage(office("Movimento", at), matched, nil, "", refusals{})},
		"space":          {"space", newSpacePage(office("Incassa allo sportello", till), desk.AtSpaceView{}, desk.AtSpaceRequest{}, refusals{})},
		"space-none":     {"space", newSpacePage(office("Incassa allo sportello", till), desk.AtSpaceView{}, desk.AtSpaceRequest{Number: "x"}, s.refusalsOf(desk.ErrEntryCharge.With("number", "x").At("number"), spaceFields...))},
		"space-charge":   {"space", newSpacePage(office("Incassa allo sportello", till), counter, desk.AtSpaceRequest{Number: "2026-000123", Space: "s2", Amount: "99"}, s.refusalsOf(desk.ErrSpaceAmount.With("due", money.Amount(4692)).At("amount"), spaceFields...))},
		"space-paid":     {"space", newSpacePage(office("Incassa allo sportello", till), nothing, desk.AtSpaceRequest{Number: "2026-000123"}, refusals{})},
		"space-taken":    {"space_taken", spaceTakenPage{office("Incassati 20,00 €", till), taken}},
		"charge-credit":  {"charge", charge},
		"charges-credit": {"charges", charges},
		"bank-aside":     {"bank_entry", newBankEntryPage(office("Movimento", at), aside, nil, "", refusals{})},
	}
}

// Every state and every reason has words.
func TestMovementsHaveWords(t *testing.T) {
	for _, state := range []billing.EntryState{billing.EntryBooked, billing.EntryMatched, billing.EntryReturned, billing.EntrySetAside} {
		if entryText(state) == "" || entryTone(state) == "" {
			t.Errorf("no words for %s", state)
		}
	}
	for _, reason := range []billing.MatchReason{billing.MatchReference, billing.MatchMistyped, billing.MatchNumber, billing.MatchName, billing.MatchAmount} {
		if matchWords[reason] == "" {
			t.Errorf("no words for %s", reason)
		}
	}
}
