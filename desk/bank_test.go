package desk

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/refusal"
)

const (
	townIBAN  = "IT60X0542811101000000123456"
	payerIBAN = "DE89370400440532013000"
)

// movement is a movement of the bank as a test writes it.
type movement struct {
	ref, text, strd, name, end string
	amount                     money.Amount // negative: debit
	reversal, pending          bool
	on                         string
}

// bank writes camt.053.001.02 as a bank would.
func bank(id, on string, opening money.Amount, movements ...movement) []byte {
	var b strings.Builder
	sign := func(a money.Amount) (money.Amount, string) {
		if a < 0 {
			return -a, "DBIT"
		}
		return a, "CRDT"
	}
	balance := func(code string, a money.Amount) {
		abs, side := sign(a)
		fmt.Fprintf(&b, "<Bal><Tp><CdOrPrtry><Cd>%s</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">%s</Amt><CdtDbtInd>%s</CdtDbtInd><Dt><Dt>%s</Dt></Dt></Bal>\n", code, abs, side, on)
	}
	fmt.Fprintf(&b, `<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt><GrpHdr><MsgId>%s</MsgId></GrpHdr><Stmt>
<Id>%s</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>%sT22:00:00+01:00</CreDtTm><Acct><Id><IBAN>%s</IBAN></Id><Ccy>EUR</Ccy></Acct>
`, id, id, on, townIBAN)
	closing := opening
	for _, m := range movements {
		if !m.pending {
			closing += m.amount
		}
	}
	balance("OPBD", opening)
	balance("CLBD", closing)
	for _, m := range movements {
		abs, side := sign(m.amount)
		state, day := "BOOK", on
		if m.pending {
			state = "PDNG"
		}
		if m.on != "" {
			day = m.on
		}
		fmt.Fprintf(&b, "<Ntry><Amt Ccy=\"EUR\">%s</Amt><CdtDbtInd>%s</CdtDbtInd><RvslInd>%t</RvslInd><Sts>%s</Sts><BookgDt><Dt>%s</Dt></BookgDt><ValDt><Dt>%s</Dt></ValDt>", abs, side, m.reversal, state, day, day)
		if m.ref != "" {
			fmt.Fprintf(&b, "<AcctSvcrRef>%s</AcctSvcrRef>", m.ref)
		}
		end := m.end
		if end == "" {
			end = "NOTPROVIDED"
		}
		fmt.Fprintf(&b, "<NtryDtls><TxDtls><Refs><EndToEndId>%s</EndToEndId></Refs><RltdPties><Dbtr><Nm>%s</Nm></Dbtr><DbtrAcct><Id><IBAN>%s</IBAN></Id></DbtrAcct></RltdPties><RmtInf>", end, m.name, payerIBAN)
		if m.text != "" {
			fmt.Fprintf(&b, "<Ustrd>%s</Ustrd>", m.text)
		}
		if m.strd != "" {
			fmt.Fprintf(&b, "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>%s</Ref></CdtrRefInf></Strd>", m.strd)
		}
		b.WriteString("</RmtInf></TxDtls></NtryDtls></Ntry>\n")
	}
	b.WriteString("</Stmt></BkToCstmrStmt></Document>\n")
	return []byte(b.String())
}

// collectingTown is a town with a collecting account, whose round was charged:
// twelve families owe 125.00 each. It returns their charges in the order of the
// families.
func collectingTown(t *testing.T) (*town, []postgres.ChargeLine) {
	w := newTown(t)
	w.desk.collecting = Collecting{Name: "Comune di Milano", IBAN: townIBAN}
	w.chargedRound()
	charges := make([]postgres.ChargeLine, 12)
	for i := range charges {
		views, err := w.desk.Charges(w.ctx, w.families[i])
		w.must(err)
		if charges[i], err = w.db.Charge(w.ctx, views[0].ID); err != nil {
			t.Fatal(err)
		}
	}
	w.clock.set(time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC))
	return w, charges
}

func (w *town) load(data []byte) StatementsView {
	w.t.Helper()
	view, err := w.desk.ImportStatements(w.ctx, w.officer, StatementFileRequest{File: "estratto.xml", Data: data})
	w.must(err)
	return view
}

func (w *town) chargeOf(line postgres.ChargeLine) postgres.ChargeLine {
	w.t.Helper()
	now, err := w.db.Charge(w.ctx, line.ID)
	w.must(err)
	return now
}

// A charge asks for the municipality's account once there is one.
func TestAChargeAsksForTheCollectingAccount(t *testing.T) {
	t.Parallel()
	w, charges := collectingTown(t)
	view, err := w.desk.Charge(w.ctx, w.families[0], charges[0].ID)
	w.must(err)
	if view.Beneficiary != "Comune di Milano" || strings.ReplaceAll(view.IBAN, " ", "") != townIBAN || !strings.Contains(view.QRPayload, "Comune di Milano\n"+townIBAN+"\nEUR125.00") {
		t.Errorf("asks for %q %q: %q", view.Beneficiary, view.IBAN, view.QRPayload)
	}
}

// Goal: what real payers write finds its charge, and nothing else does. Method: a
// statement with every habit, by hand: 125.00 is due on each charge.
func TestAStatementFindsItsCharges(t *testing.T) {
	t.Parallel()
	w, c := collectingTown(t)
	lower := strings.ToLower(c[1].Reference.Printed())
	typo := []byte(c[6].Reference)
	typo[8], typo[9] = typo[9], typo[8]
	if typo[8] == typo[9] {
		typo[8] = map[bool]byte{true: 'A', false: 'B'}[typo[8] != 'A']
	}
	data := bank("2026-11-30", "2026-11-30", 1_000_00,
		movement{ref: "A1", strd: string(c[0].Reference), amount: 125_00, name: "ROSSI MARIO"},
		movement{ref: "A2", text: "bonifico sepa causale: " + lower + " laboratorio", amount: 125_00, name: "VERDI"},
		movement{ref: "A3", strd: c[2].Reference.Printed(), amount: 50_00, name: "NERI"},
		movement{ref: "A4", strd: string(c[3].Reference), amount: 130_00, name: "GIALLI"},
		movement{ref: "A5", strd: string(c[4].Reference), amount: 125_00, name: "BLU"},
		movement{ref: "A6", strd: string(c[4].Reference), amount: 125_00, name: "BLU"},
		movement{ref: "A7", text: "quote " + string(c[5].Reference) + " e " + string(c[7].Reference), amount: 250_00, name: "VIOLA"},
		movement{ref: "A8", text: string(typo), amount: 125_00, name: "ROSA"},
		movement{ref: "A9", text: "laboratorio figlio", amount: 125_00, name: "SCONOSCIUTO"},
		movement{ref: "A10", strd: string(c[8].Reference), amount: 125_00, name: "PRESTO", pending: true},
		movement{ref: "A11", text: "COMPETENZE DI CHIUSURA", amount: -3_50, name: "BANCA"},
	)
	before := w.everything()
	preview, err := w.desk.PreviewStatements(w.ctx, w.officer, StatementFileRequest{File: "estratto.xml", Data: data})
	w.must(err)
	w.unchanged(before)
	done := w.load(data)
	if done.New != 10 || done.Known != 0 || done.Pending != 1 || len(done.Matched) != 6 || done.Open != 4 {
		t.Errorf("done: %d new, %d known, %d pending, %d matched, %d open", done.New, done.Known, done.Pending, len(done.Matched), done.Open)
	}
	if preview.New != done.New || len(preview.Matched) != len(done.Matched) || preview.Open != done.Open {
		t.Errorf("the preview said %+v", preview)
	}
	for i, want := range []struct {
		state billing.ChargeState
		paid  money.Amount
	}{
		{billing.ChargePaid, 125_00}, {billing.ChargePaid, 125_00}, {billing.ChargeOpen, 50_00}, {billing.ChargePaid, 130_00}, {billing.ChargePaid, 250_00},
		{billing.ChargeOpen, 0}, {billing.ChargeOpen, 0}, {billing.ChargeOpen, 0}, {billing.ChargeOpen, 0},
	} {
		if got := w.chargeOf(c[i]); got.State != want.state || got.PaidSum != want.paid {
			t.Errorf("charge %d: %s with %s paid, want %s with %s", i, got.State, got.PaidSum, want.state, want.paid)
		}
	}
	if got := w.balance(ledger.AccountHouseholdCredit, c[3].HouseholdName); got != -5_00 {
		t.Errorf("credit of who paid too much: %s", got)
	}
	if got := w.balance(ledger.AccountHouseholdCredit, c[4].HouseholdName); got != -125_00 {
		t.Errorf("credit of who paid twice: %s", got)
	}
	if got := w.balance(ledger.AccountBankClearing, ""); got != 1_176_50 {
		t.Errorf("on the bank account: %s", got)
	}
	if got := w.balance(ledger.AccountUnallocated, ""); got != -(250_00 + 125_00 + 125_00 - 3_50) {
		t.Errorf("unallocated: %s", got)
	}
	w.sound()

	stored := w.everything()
	again := w.load(data)
	if again.New != 0 || again.Known != 10 || len(again.Matched) != 0 {
		t.Errorf("again: %+v", again)
	}
	delete(stored, "audit")
	now := w.everything()
	delete(now, "audit")
	for table, rows := range stored {
		if now[table] != rows {
			t.Errorf("importing twice changed %s", table)
		}
	}
	if all := strings.Join(mapValues(now), "\n"); strings.Contains(all, payerIBAN) {
		t.Error("a payer's whole IBAN is stored")
	}
}

func mapValues(m map[string]string) (all []string) {
	for _, v := range m {
		all = append(all, v)
	}
	return all
}

// A transfer that a delegate recorded is found again on the statement: it is on
// the bank account once.
func TestARecordedTransferIsFoundAgain(t *testing.T) {
	t.Parallel()
	w, c := collectingTown(t)
	_, err := w.desk.RecordTransfer(w.ctx, w.officer, TransferRequest{Charge: c[0].ID, Amount: "125,00", ReceivedOn: "2026-11-28"})
	w.must(err)
	done := w.load(bank("s1", "2026-11-30", 0, movement{ref: "A1", strd: string(c[0].Reference), amount: 125_00, end: "E1"}))
	if len(done.Matched) != 1 || !done.Matched[0].Before {
		t.Errorf("matched: %+v", done.Matched)
	}
	if got := w.balance(ledger.AccountBankClearing, ""); got != 125_00 {
		t.Errorf("on the bank account: %s", got)
	}
	w.sound()
	w.load(bank("s2", "2026-12-01", 125_00, movement{ref: "A2", end: "E1", amount: -125_00, reversal: true}))
	if got := w.chargeOf(c[0]); got.State != billing.ChargeOpen || got.PaidSum != 0 {
		t.Errorf("after the reversal: %s, %s paid", got.State, got.PaidSum)
	}
	if !w.told(w.families[0], "stornato dalla banca") {
		t.Error("the family was not told")
	}
	if bank, left := w.balance(ledger.AccountBankClearing, ""), w.balance(ledger.AccountUnallocated, ""); bank != 0 || left != 0 {
		t.Errorf("bank %s, unallocated %s", bank, left)
	}
	w.sound()
}

// Goal: the books depend on what the bank said, not on the order or on how often
// its files came. Method: movements of three days in overlapping files, loaded in
// random orders and some of them twice, into towns of their own.
func TestTheOrderOfImportsDoesNotMatter(t *testing.T) {
	t.Parallel()
	var want string
	for seed := range uint64(3) {
		w, c := collectingTown(t)
		r := rand.New(rand.NewPCG(seed, 7))
		days := [][]movement{
			{
				{ref: "D1", strd: string(c[0].Reference), amount: 125_00, end: "E1", on: "2026-11-26"},
				{ref: "D2", strd: string(c[1].Reference), amount: 60_00, on: "2026-11-26"},
				{text: "senza riferimento", amount: 125_00, on: "2026-11-26"}, {text: "senza riferimento", amount: 125_00, on: "2026-11-26"},
			},
			{
				{ref: "D3", strd: string(c[0].Reference), amount: 125_00, on: "2026-11-27", end: "E2"},
				{ref: "D4", end: "E1", amount: -125_00, reversal: true, on: "2026-11-27"},
				{ref: "D5", strd: string(c[2].Reference), amount: 200_00, on: "2026-11-27", end: "E3"},
			},
			{
				{ref: "D6", strd: string(c[1].Reference), amount: 65_00, on: "2026-11-28"},
				{ref: "D7", end: "E3", amount: -200_00, reversal: true, on: "2026-11-28"},
				{ref: "D8", end: "E2", amount: -125_00, reversal: true, on: "2026-11-28"},
				{ref: "D9", strd: string(c[0].Reference), amount: 125_00, on: "2026-11-28"},
			},
		}
		opening := []money.Amount{0, 435_00, 635_00}
		files := [][]byte{
			bank("s26", "2026-11-26", opening[0], days[0]...), bank("s27", "2026-11-27", opening[1], days[1]...), bank("s28", "2026-11-28", opening[2], days[2]...),
			bank("month", "2026-11-30", 0, slices.Concat(days[0], days[1], days[2])...), bank("two", "2026-11-28", opening[1], slices.Concat(days[1], days[2])...),
		}
		var order []int
		for i := range files {
			order = append(order, i)
			if seed > 0 {
				order = append(order, r.IntN(len(files)))
			}
		}
		if seed > 0 {
			r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		for _, i := range order {
			w.load(files[i])
			w.sound()
		}
		got := ""
		for i := range 4 {
			line := w.chargeOf(c[i])
			got += fmt.Sprintf("charge %d %s %s\n", i, line.State, line.PaidSum)
		}
		balances, err := w.db.Balances(w.ctx)
		w.must(err)
		for _, b := range balances {
			if b.BalanceCents != 0 {
				got += fmt.Sprintf("%s %s %s\n", b.Kind, b.Name, b.BalanceCents)
			}
		}
		if seed == 0 {
			want = got
		}
		if got != want {
			t.Errorf("order %v gives\n%s\nnot\n%s", order, got, want)
		}
		if !strings.Contains(got, "charge 0 paid 125.00\ncharge 1 paid 125.00\ncharge 2 open 0.00\n") {
			t.Errorf("order %v: %s", order, got)
		}
	}
}

// What is refused is refused whole: nothing of the file is stored.
func TestARefusedStatementStoresNothing(t *testing.T) {
	t.Parallel()
	w, c := collectingTown(t)
	good := bank("s1", "2026-11-30", 0, movement{ref: "A1", strd: string(c[0].Reference), amount: 125_00})
	w.load(good)
	before := w.everything()
	text := string(good)
	for name, bad := range map[string]struct {
		data string
		want *refusal.Error
	}{
		"no XML":          {"PK\x03\x04", billing.ErrStatementXML},
		"cut off":         {text[:len(text)-60], billing.ErrStatementXML},
		"currency":        {strings.Replace(text, `<Ntry><Amt Ccy="EUR">`, `<Ntry><Amt Ccy="USD">`, 1), billing.ErrStatementCurrency},
		"balance":         {strings.Replace(text, `125.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt>`, `126.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt>`, 1), billing.ErrStatementBalance},
		"another account": {strings.Replace(text, townIBAN, payerIBAN, 1), ErrStatementAccount},
		"other amount":    {strings.ReplaceAll(text, "125.00", "126.00"), ErrStatementDiffers},
		"tomorrow":        {strings.ReplaceAll(text, "2026-11-30", "2026-12-02"), ErrStatementFuture},
	} {
		_, err := w.desk.ImportStatements(w.ctx, w.officer, StatementFileRequest{File: "x.xml", Data: []byte(bad.data)})
		if !errors.Is(err, bad.want) {
			t.Errorf("%s: %v, want %v", name, err, bad.want)
		}
		for _, r := range refusal.All(err) {
			if r.Field != "file" {
				t.Errorf("%s: refused beside %q", name, r.Field)
			}
		}
	}
	w.unchanged(before)
	if _, err := w.desk.ImportStatements(w.ctx, w.parent, StatementFileRequest{File: "x.xml", Data: good}); err == nil {
		t.Error("a delegate imported a statement")
	}
}

// Goal: what is not sure waits for a person, with the likely charges and why.
func TestUnsureMoneyIsMatchedByHand(t *testing.T) {
	t.Parallel()
	w, c := collectingTown(t)
	typo := []byte(c[6].Reference)
	typo[12] = map[bool]byte{true: '7', false: '8'}[typo[12] != '7']
	holders, err := w.db.HoldersOf(w.ctx, []communities.HouseholdID{c[3].Household})
	w.must(err)
	holder := holders[c[3].Household]
	w.load(bank("s1", "2026-11-30", 0,
		movement{ref: "1", text: string(typo), amount: 125_00, name: "X Y"},
		movement{ref: "2", text: "quote " + string(c[5].Reference) + " " + string(c[7].Reference), amount: 260_00, name: "VIOLA"},
		movement{ref: "3", text: "laboratorio", amount: 70_00, name: strings.ToUpper(holder.FamilyName + " " + holder.GivenName)},
		movement{ref: "4", text: "pago la quota " + c[4].Number, amount: 12_00, name: "Z"},
		movement{ref: "5", text: "COMPETENZE", amount: -3_50, name: "BANCA"},
	))
	view, err := w.desk.Bank(w.ctx, w.officer)
	w.must(err)
	if len(view.Waiting) != 5 || view.WaitingSum != 463_50 || !view.Configured || len(view.Statements) != 1 || !view.Statements[0].Follows {
		t.Fatalf("the page of the bank: %+v", view)
	}
	of := map[money.Amount]EntryView{}
	for _, m := range view.Waiting {
		e, err := w.desk.Entry(w.ctx, w.officer, m.ID)
		w.must(err)
		of[m.Amount] = e
	}
	for _, want := range []struct {
		amount money.Amount
		charge postgres.ChargeLine
		reason billing.MatchReason
	}{
		{125_00, c[6], billing.MatchMistyped}, {70_00, c[3], billing.MatchName}, {12_00, c[4], billing.MatchNumber},
	} {
		got := of[want.amount].Suggestions
		if len(got) == 0 || got[0].Charge != want.charge.ID || got[0].Reasons[0] != want.reason {
			t.Errorf("%s: suggested %+v, want %s for %s", want.amount, got, want.charge.Number, want.reason)
		}
	}
	if got := of[260_00].Suggestions; len(got) < 2 || got[0].Reasons[0] != billing.MatchReference || got[1].Reasons[0] != billing.MatchReference {
		t.Errorf("two references: %+v", got)
	}
	match := func(amount money.Amount, parts ...MatchPart) error {
		return w.desk.MatchEntry(w.ctx, w.officer, MatchRequest{Entry: of[amount].ID, Parts: parts})
	}
	before := w.everything()
	wantRefusal(t, "short parts", match(260_00, MatchPart{c[5].Number, "125"}, MatchPart{c[7].Number, "125"}), ErrEntrySum, "amount.0")
	wantRefusal(t, "twice", match(260_00, MatchPart{c[5].Number, "125"}, MatchPart{c[5].Number, "135"}), ErrEntryTwice, "number.1")
	wantRefusal(t, "no charge", match(125_00, MatchPart{"2026-999999", "125"}), ErrEntryCharge, "number.0")
	wantRefusal(t, "no amount", match(125_00, MatchPart{c[6].Number, "1e9"}), ErrPrice, "amount.0")
	wantRefusal(t, "nothing", match(125_00), ErrRequired, "number.0")
	wantRefusal(t, "a debit", match(-3_50, MatchPart{c[6].Number, "3,50"}), ErrEntryOutgoing, "")
	w.unchanged(before)
	w.must(match(260_00, MatchPart{c[5].Number, "125,00"}, MatchPart{c[7].Number, "135,00"}))
	wantRefusal(t, "twice in a row", match(260_00, MatchPart{c[5].Number, "260"}), ErrEntryDecided, "")
	if got := w.balance(ledger.AccountHouseholdCredit, c[7].HouseholdName); got != -10_00 {
		t.Errorf("credit: %s", got)
	}
	w.must(match(125_00, MatchPart{c[6].Number, "125"}))
	w.must(w.desk.SetEntryAside(w.ctx, w.officer, of[-3_50].ID, "Competenze della banca"))
	w.sound()
	w.must(w.desk.TakeEntryUp(w.ctx, w.officer, of[-3_50].ID))
	w.must(w.desk.SetEntryAside(w.ctx, w.officer, of[-3_50].ID, "Competenze della banca"))
	w.sound()

	// The bank takes the divided transfer back, without saying which.
	w.load(bank("s2", "2026-12-01", 463_50, movement{ref: "6", text: "STORNO", amount: -260_00}))
	view, err = w.desk.Bank(w.ctx, w.officer)
	w.must(err)
	var back EntryView
	for _, m := range view.Waiting {
		if m.Amount == -260_00 {
			back, err = w.desk.Entry(w.ctx, w.officer, m.ID)
			w.must(err)
		}
	}
	if len(back.Reversible) != 1 || back.Reversible[0].ID != of[260_00].ID {
		t.Fatalf("reversible: %+v", back.Reversible)
	}
	w.must(w.desk.ReverseEntry(w.ctx, w.officer, back.ID, back.Reversible[0].ID))
	for _, i := range []int{5, 7} {
		if got := w.chargeOf(c[i]); got.State != billing.ChargeOpen || got.PaidSum != 0 {
			t.Errorf("charge %d after the reversal: %s, %s paid", i, got.State, got.PaidSum)
		}
	}
	if got := w.balance(ledger.AccountHouseholdCredit, c[7].HouseholdName); got != 0 {
		t.Errorf("credit after the reversal: %s", got)
	}
	w.sound()
	for name, who := range map[string]communities.Actor{"a family": w.families[0], "a delegate": w.parent, "a provider": w.actor("coop@prova.example")} {
		if _, err := w.desk.Bank(w.ctx, who); !errors.Is(err, communities.ErrNotAllowed) {
			t.Errorf("%s saw the bank account: %v", name, err)
		}
		if err := w.desk.MatchEntry(w.ctx, who, MatchRequest{Entry: back.ID}); !errors.Is(err, communities.ErrNotAllowed) {
			t.Errorf("%s matched: %v", name, err)
		}
	}
}

// Goal: what was paid too much pays another charge, and is there no more when the
// bank takes it back. By hand: 200.00 came for 125.00, so 75.00 are credit; they
// pay some of the second charge; the reversal of the 200.00 opens both again.
func TestCreditPaysAnotherCharge(t *testing.T) {
	t.Parallel()
	w, c := collectingTown(t)
	family := w.families[0]
	w.load(bank("s1", "2026-11-30", 0, movement{ref: "A1", strd: string(c[0].Reference), amount: 200_00, end: "E1"}))
	if got, err := w.desk.Credit(w.ctx, family); err != nil || got != 75_00 {
		t.Fatalf("credit %s (%v), want 75.00", got, err)
	}
	if _, err := w.desk.UseCredit(w.ctx, family, c[0].ID); !errors.Is(err, billing.ErrChargeAlreadyPaid) {
		t.Errorf("credit on a paid charge: %v", err)
	}
	if _, err := w.desk.UseCredit(w.ctx, family, c[1].ID); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("credit on a neighbour's charge: %v", err)
	}
	// The same round again, a year later: a second charge of the same family.
	w.clock.set(time.Date(2027, 11, 3, 8, 0, 0, 0, time.UTC))
	w.must(w.desk.Tick(w.ctx))
	rounds, err := w.desk.Rounds(w.ctx, w.parent)
	w.must(err)
	i := slices.IndexFunc(rounds, func(r RoundSummary) bool { return r.State == pooling.RoundOpen })
	for _, f := range w.families[:12] {
		if _, err := w.pledge(rounds[i].ID, f, "200"); err != nil {
			t.Fatal(err)
		}
	}
	w.closesAt = time.Date(2027, 11, 20, 19, 0, 0, 0, time.UTC)
	w.finish(rounds[i].ID)
	charges, err := w.desk.Charges(w.ctx, family)
	w.must(err)
	second := charges[0]
	if second.State != billing.ChargeOpen || second.Due != 125_00 {
		t.Fatalf("the second charge: %+v", second)
	}
	if may, err := w.desk.ChargeCredit(w.ctx, family, second.ID); err != nil || may != 75_00 {
		t.Errorf("credit may pay %s (%v)", may, err)
	}
	if may, err := w.desk.ChargeCredit(w.ctx, w.officer, second.ID); err != nil || may != 0 {
		t.Errorf("an officer may pay %s (%v)", may, err)
	}
	used, err := w.desk.UseCredit(w.ctx, family, second.ID)
	if err != nil || used != 75_00 {
		t.Fatalf("used %s (%v)", used, err)
	}
	_, err = w.desk.UseCredit(w.ctx, family, second.ID)
	wantRefusal(t, "twice", err, ErrNoCredit, "")
	view, err := w.desk.Charge(w.ctx, family, second.ID)
	w.must(err)
	if view.Due != 50_00 || len(view.Payments) != 1 || view.Payments[0].ReceiptNumber == "" {
		t.Errorf("after the credit: %+v", view)
	}
	if pdf, err := w.desk.ReceiptOf(w.ctx, family, view.Payments[0].ID); err != nil || len(pdf.PDF) == 0 {
		t.Errorf("no receipt: %v", err)
	}
	w.sound()
	w.load(bank("s2", "2027-11-20", 200_00, movement{ref: "A2", end: "E1", amount: -200_00, reversal: true}))
	for id, want := range map[billing.ChargeID]money.Amount{c[0].ID: 125_00, second.ID: 125_00} {
		if got, err := w.desk.Charge(w.ctx, family, id); err != nil || got.State != billing.ChargeOpen || got.Due != want {
			t.Errorf("charge %s after the reversal: %s, %s due (%v)", id, got.State, got.Due, err)
		}
	}
	if _, err := w.desk.ReceiptOf(w.ctx, family, view.Payments[0].ID); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("the receipt of a payment that was taken back: %v", err)
	}
	if !w.told(family, "Il credito non paga più") || !w.told(family, "La banca ha ripreso") {
		t.Error("the family was not told")
	}
	w.sound()
}
