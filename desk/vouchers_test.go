package desk

import (
	"archive/zip"
	"bytes"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/xuri/excelize/v2"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies/vouchers"
)

var lastEuroTimes = flag.Int("vouchers.times", 10, "how often the last euro of a voucher is fought over")

// taxCode is that of the adult of a family.
func (w *town) taxCode(family communities.Actor) string {
	w.t.Helper()
	_, people, err := w.db.Household(w.ctx, family.Household)
	w.must(err)
	return people[0].TaxCode
}

// withCode are the charged families whose adult has a tax code.
func (w *town) withCode() []communities.Actor {
	w.t.Helper()
	return slices.DeleteFunc(slices.Clone(w.families[:12]), func(a communities.Actor) bool { return w.taxCode(a) == "" })
}

// issue imports and confirms a file of vouchers whose call the category of the
// laboratory accepts.
func (w *town) issue(lines ...string) {
	w.t.Helper()
	preview, err := w.desk.PreviewVouchers(w.ctx, w.officer, VoucherFile{"voucher.csv", []byte(strings.Join(lines, "\n"))})
	w.must(err)
	if len(preview.Errors) > 0 {
		w.t.Fatalf("errors in the file: %+v", preview.Errors)
	}
	_, err = w.desk.ConfirmVouchers(w.ctx, w.officer, preview.Batch)
	w.must(err)
	calls, err := w.desk.VoucherCalls(w.ctx, w.officer)
	w.must(err)
	for _, c := range calls.Calls {
		if c.Code != "NOT-HERE" {
			w.must(w.desk.SetCallPlaces(w.ctx, w.officer, CallPlacesRequest{Call: c.ID, Categories: []string{"sport-psicomotricita"}}))
		}
	}
}

// line is a line of a file: an amount for a holder, with no end unless given.
func line(code, call, holder, amount, ends string) string {
	return code + ";" + call + ";;" + ends + ";;;" + holder + ";;;" + amount + ";;"
}

func (w *town) theCharge(family communities.Actor) ChargeView {
	w.t.Helper()
	charges, err := w.desk.Charges(w.ctx, family)
	w.must(err)
	if len(charges) != 1 {
		w.t.Fatalf("%d charges", len(charges))
	}
	return charges[0]
}

func (w *town) found(code string) VoucherView {
	w.t.Helper()
	list, err := w.desk.Vouchers(w.ctx, w.officer, VoucherListRequest{Text: code})
	w.must(err)
	for _, v := range list.Vouchers {
		if v.Code == code {
			return v
		}
	}
	w.t.Fatalf("no voucher %s", code)
	return VoucherView{}
}

func (w *town) balance(kind ledger.AccountKind, name string) money.Amount {
	w.t.Helper()
	balances, err := w.db.Balances(w.ctx)
	w.must(err)
	var sum money.Amount
	for _, b := range balances {
		if b.Kind == kind && (name == "" || b.Name == name) {
			sum += b.BalanceCents
		}
	}
	return sum
}

// Two steps: what is wrong is told, what is right is stored and counts for
// nothing until confirmed, and the same file again changes nothing.
func TestVouchersAreImportedInTwoSteps(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	good := VoucherFile{"voucher.csv", []byte(line("V-1", "A", "RSSMRT87D53F205P", "100,00", "") + "\r\n" + line("V-2", "B", "RSSMRT87D53F205P", "50.5", ""))}
	bad := VoucherFile{"voucher.csv", append(slices.Clone(good.Data), []byte("\n"+line("V-3", "B", "RSSMRT87D53F205P", "10x55", ""))...)}
	for _, who := range []communities.Actor{w.parent, w.families[0], w.actor("coop@prova.example")} {
		if _, err := w.desk.PreviewVouchers(w.ctx, who, good); !errors.Is(err, communities.ErrNotAllowed) {
			t.Errorf("%s looked at a file of vouchers: %v", who.Email, err)
		}
	}
	preview, err := w.desk.PreviewVouchers(w.ctx, w.officer, bad)
	w.must(err)
	if preview.Batch != "" || len(preview.Errors) != 1 || preview.Errors[0].Row != 3 || preview.Errors[0].Column != "J (importoVoucher)" {
		t.Fatalf("preview of a faulty file: %+v", preview)
	}
	first, err := w.desk.PreviewVouchers(w.ctx, w.officer, good)
	w.must(err)
	if first.Rows != 2 || first.Total != 150_50 || len(first.Plan.New) != 2 || !slices.Equal(first.Unknown, []string{"A", "B"}) {
		t.Fatalf("preview: %+v", first)
	}
	if v := w.found("V-1"); v.Status != vouchers.StatusImported {
		t.Errorf("before the confirmation it is %s", v.Status)
	}
	mine, err := w.desk.MyVouchers(w.ctx, w.officer)
	if err != nil || len(mine.Vouchers) != 0 {
		t.Errorf("an officer's own vouchers: %+v, %v", mine, err)
	}
	mine, err = w.desk.MyVouchers(w.ctx, w.families[0])
	w.must(err)
	if len(mine.Vouchers) != 0 {
		t.Errorf("a family sees vouchers that nobody confirmed: %+v", mine.Vouchers)
	}
	second, err := w.desk.PreviewVouchers(w.ctx, w.officer, good) // replaces the first
	w.must(err)
	if _, err := w.desk.ConfirmVouchers(w.ctx, w.officer, first.Batch); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("a file that was replaced was confirmed: %v", err)
	}
	for range 2 { // the second time changes nothing
		done, err := w.desk.ConfirmVouchers(w.ctx, w.officer, second.Batch)
		if err != nil || done.Vouchers != 2 || done.Total != 150_50 {
			t.Fatalf("confirmed %+v: %v", done, err)
		}
	}
	again, err := w.desk.PreviewVouchers(w.ctx, w.officer, good)
	w.must(err)
	if again.Batch != "" || again.Plan.Unchanged != 2 || len(again.Errors) > 0 {
		t.Errorf("the same file again: %+v", again)
	}
	other, err := w.desk.PreviewVouchers(w.ctx, w.officer, VoucherFile{"c.csv", []byte(line("V-1", "A", "RSSMRT87D53F205P", "100,01", ""))})
	w.must(err)
	if len(other.Errors) != 1 || other.Errors[0].Code != "voucher_code_taken" {
		t.Errorf("a code that is taken: %+v", other)
	}
	w.sound()
}

// Two officers, one code: the first who confirms has it.
func TestACodeIsConfirmedOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.must(w.db.InTx(w.ctx, func(tx *postgres.Tx) error {
		return tx.AddUser(w.ctx, "second@comune.example", "Second", communities.Grant{Role: communities.RoleOfficer, From: noon.AddDate(0, -1, 0)}, noon)
	}))
	second := w.actor("second@comune.example")
	file := VoucherFile{"v.csv", []byte(line("V-1", "A", "RSSMRT87D53F205P", "1", ""))}
	one, err := w.desk.PreviewVouchers(w.ctx, w.officer, file)
	w.must(err)
	two, err := w.desk.PreviewVouchers(w.ctx, second, file)
	w.must(err)
	if _, err := w.desk.ConfirmVouchers(w.ctx, second, one.Batch); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("an officer confirmed another's file: %v", err)
	}
	_, err = w.desk.ConfirmVouchers(w.ctx, w.officer, one.Batch)
	w.must(err)
	if _, err := w.desk.ConfirmVouchers(w.ctx, second, two.Batch); !errors.Is(err, vouchers.ErrCodesTaken) {
		t.Errorf("the same code twice: %v", err)
	}
	list, err := w.desk.Vouchers(w.ctx, w.officer, VoucherListRequest{Status: "usable"})
	if err != nil || list.Count != 1 {
		t.Errorf("%d usable vouchers (%v)", list.Count, err)
	}
}

// A charge of 125.00, by hand: 20.00 by choice, then all that may pay in the
// declared order, the rest by transfer, a receipt, an accounting, a reversal.
func TestAChargeIsPaidWithVouchers(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.chargedRound()
	family := w.withCode()[0]
	code := w.taxCode(family)
	w.issue(line("SOON", "A", code, "30,00", "30/11/2026"), line("LATE", "B", code, "80,00", "31/12/2027"), line("OPEN", "B", code, "500,00", ""),
		line("GONE", "A", code, "10,00", "19/11/2026"), line("ELSEWHERE", "NOT-HERE", code, "10,00", ""))
	charge := w.theCharge(family)

	view, err := w.desk.ChargeVouchers(w.ctx, family, charge.ID)
	w.must(err)
	var got []string
	for _, v := range view.Vouchers {
		why := ""
		if v.Why != nil {
			why = " " + v.Why.Code
		}
		got = append(got, fmt.Sprintf("%s %s%s", v.Code, v.Part, why))
	}
	want := []string{"SOON 30.00", "LATE 80.00", "OPEN 15.00", "GONE 0.00 voucher_expired", "ELSEWHERE 0.00 voucher_call_not_accepted"}
	if !slices.Equal(got, want) || view.Pays != 125_00 || !view.CanUse {
		t.Fatalf("what vouchers would pay: %v, in all %s", got, view.Pays)
	}
	mine, err := w.desk.MyVouchers(w.ctx, family)
	w.must(err)
	if mine.Left != 620_00 || len(mine.Vouchers[1].Pays) != 1 {
		t.Errorf("left %s, first %+v", mine.Left, mine.Vouchers)
	}
	for _, typed := range []string{"0", "-1", "125,01", "10x55", "1e2", "0,001"} {
		if _, err := w.desk.UseVouchers(w.ctx, family, UseVouchersRequest{Charge: charge.ID, Amount: typed}); len(refusal.All(err)) == 0 || refusal.All(err)[0].Field != "amount" {
			t.Errorf("amount %q: %v", typed, err)
		}
	}
	_, err = w.desk.UseVouchers(w.ctx, family, UseVouchersRequest{Charge: charge.ID, Vouchers: []vouchers.ID{w.found("GONE").ID}})
	wantRefusal(t, "an expired voucher", err, vouchers.ErrVoucherExpired, "")
	_, err = w.desk.UseVouchers(w.ctx, family, UseVouchersRequest{Charge: charge.ID, Amount: "31", Vouchers: []vouchers.ID{w.found("SOON").ID}})
	wantRefusal(t, "more than the voucher holds", err, ErrVouchersShort, "amount")
	if _, err := w.desk.UseVouchers(w.ctx, w.withCode()[1], UseVouchersRequest{Charge: charge.ID}); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("a neighbour used them: %v", err)
	}
	if _, err := w.desk.UseVouchers(w.ctx, w.officer, UseVouchersRequest{Charge: charge.ID}); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("an officer spent a family's vouchers: %v", err)
	}

	used, err := w.desk.UseVouchers(w.ctx, family, UseVouchersRequest{Charge: charge.ID, Amount: "20", Due: "125,00"})
	w.must(err)
	if charge = w.theCharge(family); used != 20_00 || charge.Voucher != 20_00 || charge.Due != 105_00 || charge.State != billing.ChargeOpen {
		t.Fatalf("after 20.00: used %s, %+v", used, charge)
	}
	if _, err := w.desk.UseVouchers(w.ctx, family, UseVouchersRequest{Charge: charge.ID, Amount: "20", Due: "125,00"}); !errors.Is(err, ErrDueChanged) {
		t.Errorf("the same form again: %v", err)
	}
	w.must(w.desk.SetVoucherOrder(w.ctx, family, charge.ID, []vouchers.ID{w.found("LATE").ID}))
	used, err = w.desk.UseVouchers(w.ctx, family, UseVouchersRequest{Charge: charge.ID, Amount: "85"})
	w.must(err)
	// LATE is declared first and holds 80.00; then SOON with 5.00 of its 10.00.
	if late, soon := w.found("LATE"), w.found("SOON"); used != 85_00 || late.Residual != 0 || soon.Residual != 5_00 || late.Status != vouchers.StatusExhausted {
		t.Errorf("used %s, LATE has %s (%s), SOON %s", used, late.Residual, late.Status, soon.Residual)
	}
	w.sound()
	if got := w.balance(ledger.AccountVoucherRegistered, ""); got != 105_00 {
		t.Errorf("the books say that calls owe %s", got)
	}

	on := w.clock.Now().In(w.desk.zone).Format(time.DateOnly)
	if _, err := w.desk.RecordTransfer(w.ctx, w.officer, TransferRequest{Charge: charge.ID, Amount: "125,00", ReceivedOn: on}); !errors.Is(err, billing.ErrPaymentNotExact) {
		t.Errorf("a transfer of the whole: %v", err)
	}
	payment, err := w.desk.RecordTransfer(w.ctx, w.officer, TransferRequest{Charge: charge.ID, Amount: "20,00", ReceivedOn: on})
	w.must(err)
	if charge = w.theCharge(family); charge.State != billing.ChargePaid || charge.Due != 0 {
		t.Fatalf("paid with both: %+v", charge)
	}
	receipt := w.receiptOf(payment)
	if l := receipt.Lines[0]; l.Share != 125_00 || l.Subsidy != 0 || l.Voucher != 105_00 || l.Paid != 20_00 || l.Rest != 0 {
		t.Errorf("receipt %+v", l)
	}
	w.sound()
	w.reverseAll(family, round, payment)
}

func (w *town) receiptOf(id billing.PaymentID) billing.Receipt {
	w.t.Helper()
	p, err := w.db.Payment(w.ctx, id)
	w.must(err)
	line, err := w.db.Charge(w.ctx, p.Charge)
	w.must(err)
	n, err := billing.ParseNumber(p.ReceiptNumber)
	w.must(err)
	r, err := w.desk.receipt(w.ctx, n, line, p)
	w.must(err)
	w.must(r.Check())
	return r
}

// reverseAll takes the uses of a paid charge back, twice each, and looks at what
// follows: money on the vouchers, an open charge, a round that is not settled, a
// receipt that says what it said.
func (w *town) reverseAll(family communities.Actor, round pooling.RoundID, payment billing.PaymentID) {
	t := w.t
	t.Helper()
	for _, other := range w.families[:12] { // so that the round is settled
		if c := w.theCharge(other); c.State == billing.ChargeOpen {
			_, err := w.desk.RecordTransfer(w.ctx, w.officer, TransferRequest{Charge: c.ID, Amount: c.Due.ItalianNumber(), ReceivedOn: w.clock.Now().In(w.desk.zone).Format(time.DateOnly)})
			w.must(err)
		}
	}
	settled, err := w.db.Round(w.ctx, round)
	w.must(err)
	if settled.State != pooling.RoundSettled {
		t.Fatalf("the round is %s", settled.State)
	}
	w.clock.set(w.clock.Now().AddDate(0, 0, 30))
	charge := w.theCharge(family)
	view, err := w.desk.ChargeVouchers(w.ctx, family, charge.ID)
	w.must(err)
	if len(view.Uses) != 3 {
		t.Fatalf("%d uses", len(view.Uses))
	}
	if err := w.desk.ReverseVoucherUse(w.ctx, family, view.Uses[0].ID, false, "x"); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a family reversed a use: %v", err)
	}
	wantRefusal(t, "without a reason", w.desk.ReverseVoucherUse(w.ctx, w.officer, view.Uses[0].ID, false, " "), ErrRequired, "reason")
	for i, use := range view.Uses {
		for range 2 { // the second time changes nothing
			w.must(w.desk.ReverseVoucherUse(w.ctx, w.officer, use.ID, i == 0, "Corso annullato"))
			w.sound()
		}
	}
	if err := w.desk.ReverseVoucherUse(w.ctx, w.officer, view.Uses[1].ID, true, "x"); !errors.Is(err, vouchers.ErrUseReversed) {
		t.Errorf("a reversed use became an error of payment: %v", err)
	}
	charge = w.theCharge(family)
	due := w.desk.today(w.clock.Now()).AddDate(0, 0, daysToPay).Format(time.DateOnly)
	if charge.State != billing.ChargeOpen || charge.Voucher != 0 || charge.Due != 105_00 || charge.DueOn.Format(time.DateOnly) != due {
		t.Errorf("after the reversals: %+v", charge)
	}
	if round, err := w.db.Round(w.ctx, round); err != nil || round.State != pooling.RoundCharged {
		t.Errorf("a round of which something is owed is %s (%v)", round.State, err)
	}
	if v := w.found("LATE"); v.Residual != 80_00 || w.balance(ledger.AccountVoucherRegistered, "") != 0 {
		t.Errorf("LATE has %s, the books %s", v.Residual, w.balance(ledger.AccountVoucherRegistered, ""))
	}
	if l := w.receiptOf(payment).Lines[0]; l.Voucher != 105_00 || l.Paid != 20_00 || l.Rest != 0 {
		t.Errorf("the receipt changed: %+v", l)
	}
	second, err := w.desk.RecordTransfer(w.ctx, w.officer, TransferRequest{Charge: charge.ID, Amount: "105,00", ReceivedOn: w.clock.Now().In(w.desk.zone).Format(time.DateOnly)})
	w.must(err)
	if l := w.receiptOf(second).Lines[0]; l.Share != 125_00 || l.Voucher != 0 || l.Paid != 105_00 || l.Rest != 20_00 {
		t.Errorf("second receipt %+v", l)
	}
	mails, err := w.desk.Mailbox(w.ctx)
	w.must(err)
	if !slices.ContainsFunc(mails, func(m MailView) bool { return m.To == family.Email && strings.Contains(m.Text, "ha stornato") }) {
		t.Error("the family was not told of the reversal")
	}
	w.sound()
}

func TestAnnulledVouchersPayNothingUntilRestored(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	family := w.withCode()[0]
	w.issue(line("V", "A", w.taxCode(family), "100", ""))
	charge, v := w.theCharge(family), w.found("V")
	_, err := w.desk.UseVouchers(w.ctx, family, UseVouchersRequest{Charge: charge.ID, Amount: "40"})
	w.must(err)
	if err := w.desk.AnnulVoucher(w.ctx, w.officer, v.ID, "Revoca"); !errors.Is(err, vouchers.ErrVoucherInUse) {
		t.Errorf("annulled with a registered use: %v", err)
	}
	_, err = w.desk.AccountVouchers(w.ctx, w.officer, AccountVouchersRequest{Key: "k"})
	w.must(err)
	if err := w.desk.AnnulVoucher(w.ctx, family, v.ID, "Revoca"); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a family annulled: %v", err)
	}
	for range 2 {
		w.must(w.desk.AnnulVoucher(w.ctx, w.officer, v.ID, "Revoca"))
	}
	if _, err := w.desk.UseVouchers(w.ctx, family, UseVouchersRequest{Charge: charge.ID}); !errors.Is(err, ErrNoVoucher) {
		t.Errorf("an annulled voucher paid: %v", err)
	}
	for range 2 {
		w.must(w.desk.RestoreVoucher(w.ctx, w.officer, v.ID))
	}
	used, err := w.desk.UseVouchers(w.ctx, family, UseVouchersRequest{Charge: charge.ID})
	if err != nil || used != 60_00 || w.found("V").Residual != 0 {
		t.Errorf("after the restore it paid %s: %v", used, err)
	}
	w.sound()
}

// While a card is being charged for all that is due, vouchers wait: the family
// would pay twice.
func TestVouchersWaitForACardPayment(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	family := w.withCode()[0]
	w.issue(line("V", "A", w.taxCode(family), "100", ""))
	charge := w.theCharge(family)
	_, err := w.desk.PayByCard(w.ctx, family, charge.ID)
	w.must(err)
	if _, err := w.desk.UseVouchers(w.ctx, family, UseVouchersRequest{Charge: charge.ID}); !errors.Is(err, postgres.ErrPaymentUnderway) {
		t.Errorf("with a card under way: %v", err)
	}
	w.sound()
}

// Accounting: by provider and call, once per key, in a workbook that carries the
// account; what was accounted is never reversed.
func TestUsesAreAccountedOnceWithAWorkbookPerProvider(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	var lines []string
	families := w.withCode()[:3]
	for i, f := range families {
		lines = append(lines, line(fmt.Sprint("A", i), "CALL-A", w.taxCode(f), "10,01", ""), line(fmt.Sprint("B", i), "CALL-B", w.taxCode(f), "5", ""))
	}
	w.issue(lines...)
	for _, f := range families {
		_, err := w.desk.UseVouchers(w.ctx, f, UseVouchersRequest{Charge: w.theCharge(f).ID})
		w.must(err)
	}
	open, err := w.desk.VoucherAccounts(w.ctx, w.officer)
	w.must(err)
	if len(open.Open) != 2 || open.Open[0].Amount != 30_03 || open.Open[1].Amount != 15_00 || open.Uses != 6 || open.Total != 45_03 {
		t.Fatalf("to account: %+v", open)
	}
	if _, err := w.desk.AccountVouchers(w.ctx, w.parent, AccountVouchersRequest{Key: "x"}); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a delegate accounted: %v", err)
	}
	_, err = w.desk.AccountVouchers(w.ctx, w.officer, AccountVouchersRequest{Key: "early", UpTo: "2026-11-01"})
	wantRefusal(t, "before any use", err, ErrNothingToAccount, "")
	first, err := w.desk.AccountVouchers(w.ctx, w.officer, AccountVouchersRequest{Key: "one", Provider: open.Open[0].Provider, Call: open.Open[0].Call})
	w.must(err)
	ids := make([]vouchers.StatementID, 8)
	var wg sync.WaitGroup
	for i := range ids { // the same form, sent by impatient hands
		wg.Go(func() {
			id, err := w.desk.AccountVouchers(w.ctx, w.officer, AccountVouchersRequest{Key: "two"})
			if err != nil {
				t.Error(err)
			}
			ids[i] = id
		})
	}
	wg.Wait()
	if len(slices.Compact(ids)) != 1 || ids[0] == first {
		t.Errorf("one form made statements %v", ids)
	}
	w.sound()
	done, err := w.desk.VoucherAccounts(w.ctx, w.officer)
	w.must(err)
	if len(done.Open) != 0 || len(done.Statements) != 2 || w.balance(ledger.AccountVoucherAccounted, "CALL-A") != 30_03 || w.balance(ledger.AccountVoucherRegistered, "") != 0 {
		t.Errorf("after accounting: %+v", done)
	}
	w.looksRight(first, open.Open[0].Provider)

	view, err := w.desk.ChargeVouchers(w.ctx, families[0], w.theCharge(families[0]).ID)
	w.must(err)
	if err := w.desk.ReverseVoucherUse(w.ctx, w.officer, view.Uses[0].ID, false, "x"); !errors.Is(err, vouchers.ErrUseAccounted) {
		t.Errorf("an accounted use was reversed: %v", err)
	}
}

func (w *town) looksRight(id vouchers.StatementID, provider billing.ProviderID) {
	w.t.Helper()
	file, err := w.desk.StatementWorkbook(w.ctx, w.officer, id, provider)
	w.must(err)
	book, err := excelize.OpenReader(bytes.NewReader(file.Data))
	w.must(err)
	defer book.Close()
	rows, err := book.GetRows("Totali", excelize.Options{RawCellValue: true})
	w.must(err)
	text := fmt.Sprint(rows)
	for _, want := range []string{"2026-000001", "IT60 X054 2811 1010 0000 0123 456", "Cooperativa di prova", "CALL-A 3 30.03", "Totale da rimborsare 3 30.03"} {
		if !strings.Contains(text, want) {
			w.t.Errorf("%q is not in the workbook: %s", want, text)
		}
	}
	packed, err := w.desk.StatementWorkbook(w.ctx, w.officer, id, "")
	w.must(err)
	z, err := zip.NewReader(bytes.NewReader(packed.Data), int64(len(packed.Data)))
	if err != nil || len(z.File) != 1 || z.File[0].Name != file.Name {
		w.t.Errorf("the archive: %v", err)
	}
	if _, err := w.desk.StatementWorkbook(w.ctx, w.parent, id, provider); !errors.Is(err, communities.ErrNotAllowed) {
		w.t.Errorf("a delegate downloaded it: %v", err)
	}
}

// The goal: of the last euro of a voucher never a cent too much is used, and none
// is lost, whoever comes at once. The method: twelve charges whose households
// have the same holder, 64 uses at once of amounts that do not divide the euro,
// many times; then residual, uses and ledger are compared.
func TestTheLastEuroIsUsedOnce(t *testing.T) {
	t.Parallel()
	const together = 64
	times := *lastEuroTimes
	w := newTown(t)
	w.chargedRound()
	holder := w.taxCode(w.withCode()[0])
	var charges []billing.ChargeID
	for _, f := range w.families[:12] { // the same adult in every household
		charges = append(charges, w.theCharge(f).ID)
		_, people, err := w.db.Household(w.ctx, f.Household)
		w.must(err)
		people[0].TaxCode = holder
		w.must(w.db.InTx(w.ctx, func(tx *postgres.Tx) error { return tx.UpdatePerson(w.ctx, people[0]) }))
	}
	for n := range times {
		code := fmt.Sprintf("EURO-%04d", n)
		w.issue(line(code, "A", holder, "1,00", ""))
		id := w.found(code).ID
		var wg sync.WaitGroup
		for i := range together {
			family := w.families[i%12]
			wg.Go(func() {
				// 64 times 0.07 is 4.48: fourteen succeed, 0.02 stay.
				_, err := w.desk.UseVouchers(w.ctx, family, UseVouchersRequest{Charge: charges[i%12], Vouchers: []vouchers.ID{id}, Amount: "0,07"})
				if err != nil && len(refusal.All(err)) == 0 {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		v, err := w.desk.Voucher(w.ctx, w.officer, id)
		w.must(err)
		var sum money.Amount
		for _, u := range v.Uses {
			sum += u.Amount
		}
		if len(v.Uses) != 14 || sum != 98 || v.Voucher.Residual != 2 {
			t.Fatalf("%s: %d uses of %s, %s left", code, len(v.Uses), sum, v.Voucher.Residual)
		}
	}
	if got := w.balance(ledger.AccountVoucherRegistered, "A"); got != money.Amount(times)*98 {
		t.Errorf("the books say %s", got)
	}
	w.sound()
}

// Uses, reversals and an accounting at once leave everything in agreement.
func TestUsesReversalsAndAccountingAtOnce(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	var lines []string
	families := w.withCode()[:6]
	for i, f := range families {
		for n := range 4 {
			lines = append(lines, line(fmt.Sprintf("V-%d-%d", i, n), fmt.Sprint("CALL-", n%2), w.taxCode(f), "9,99", ""))
		}
	}
	w.issue(lines...)
	charges := make([]billing.ChargeID, len(families))
	for i, f := range families {
		charges[i] = w.theCharge(f).ID
	}
	var wg sync.WaitGroup
	for i := range 48 {
		wg.Go(func() {
			f := i % len(families)
			var err error
			switch i % 4 {
			case 0, 1:
				_, err = w.desk.UseVouchers(w.ctx, families[f], UseVouchersRequest{Charge: charges[f], Amount: "7"})
			case 2:
				var uses []postgres.UseLine
				if uses, err = w.db.VoucherUses(w.ctx, postgres.UsesFilter{Registered: true}, 10); err == nil && len(uses) > 0 {
					err = w.desk.ReverseVoucherUse(w.ctx, w.officer, uses[i%len(uses)].ID, false, "Prova")
				}
			case 3:
				if i%12 == 3 {
					_, err = w.desk.AccountVouchers(w.ctx, w.officer, AccountVouchersRequest{Key: fmt.Sprint(i)})
				}
			}
			if err != nil && len(refusal.All(err)) == 0 {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	w.sound()
}

// The status in the list is computed in SQL: it must be the rule's.
func TestTheListAgreesWithTheRule(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	family := w.withCode()[0]
	code := w.taxCode(family)
	today := w.desk.today(w.clock.Now())
	day := func(n int) string { return today.AddDate(0, 0, n).Format("02/01/2006") }
	w.issue(line("LAST-DAY", "A", code, "10", day(0)), line("YESTERDAY", "A", code, "10", day(-1)), line("ANNULLED", "A", code, "10", ""), line("USED", "A", code, "125", ""),
		"TOMORROW;A;"+day(1)+";;;;"+code+";;;10;;", "TODAY;B;"+day(0)+";;;;"+code+";;;10,50;;")
	w.must(w.desk.AnnulVoucher(w.ctx, w.officer, w.found("ANNULLED").ID, "x"))
	_, err := w.desk.UseVouchers(w.ctx, family, UseVouchersRequest{Charge: w.theCharge(family).ID, Vouchers: []vouchers.ID{w.found("USED").ID}})
	w.must(err)
	_, err = w.desk.PreviewVouchers(w.ctx, w.officer, VoucherFile{"v.csv", []byte(line("WAITING", "A", code, "10", ""))})
	w.must(err)
	seen := 0
	for _, status := range vouchers.Statuses() {
		list, err := w.desk.Vouchers(w.ctx, w.officer, VoucherListRequest{Status: string(status)})
		w.must(err)
		for _, v := range list.Vouchers {
			if seen++; v.Status != status {
				t.Errorf("%s is listed as %s, its rule says %s", v.Code, status, v.Status)
			}
		}
	}
	if seen != 7 {
		t.Errorf("%d of 7 vouchers are listed by status", seen)
	}
	for what, c := range map[string]struct {
		r    VoucherListRequest
		want int
	}{
		"part of a code":     {VoucherListRequest{Text: "to"}, 2},
		"a sign of patterns": {VoucherListRequest{Text: "%"}, 0},
		"a tax code":         {VoucherListRequest{TaxCode: strings.ToLower(code)}, 7},
		"another tax code":   {VoucherListRequest{TaxCode: "FOXLUX19P70F205P"}, 0},
		"a call":             {VoucherListRequest{Call: "B"}, 1},
		"residual from":      {VoucherListRequest{ResidualMin: "10,50"}, 1},
		"residual to":        {VoucherListRequest{ResidualMax: "0"}, 1},
		"ends by":            {VoucherListRequest{EndsTo: today.Format(time.DateOnly)}, 2},
		"ends from":          {VoucherListRequest{EndsFrom: today.Format(time.DateOnly)}, 1},
		"beyond the end":     {VoucherListRequest{Page: "99"}, 7},
	} {
		list, err := w.desk.Vouchers(w.ctx, w.officer, c.r)
		if err != nil || list.Count != c.want || len(list.Vouchers) != c.want {
			t.Errorf("%s: %d vouchers, want %d (%v)", what, list.Count, c.want, err)
		}
	}
	_, err = w.desk.Vouchers(w.ctx, w.officer, VoucherListRequest{Status: "x", ResidualMin: "1e9", EndsTo: "31/12/2026"})
	if len(refusal.All(err)) != 3 {
		t.Errorf("a wrong filter: %v", err)
	}
}
