package billing

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"colletta/billing/ledger"
	"colletta/money"
)

// Net 48.00, by hand: a voucher of 30.00, then 18.00 by transfer; the voucher
// taken back opens 30.00 again.
func TestAVoucherPaysAndIsTakenBack(t *testing.T) {
	t.Parallel()
	open := Charge{ID: "c", Share: 60_00, Subsidy: 12_00, Net: 48_00, State: ChargeOpen}
	some, err := open.UseVoucher(30_00, 0)
	if err != nil || some.State != ChargeOpen || some.Due(0) != 18_00 {
		t.Fatalf("%+v %v", some, err)
	}
	paid, _, err := some.ReceiveExactly(18_00, 0)
	if err != nil || paid.State != ChargePaid || paid.Due(18_00) != 0 {
		t.Fatalf("%+v %v", paid, err)
	}
	again, excess, err := paid.ReturnVoucher(30_00, 18_00)
	if err != nil || again.State != ChargeOpen || again.Due(18_00) != 30_00 || excess != 0 || again.Voucher != 0 {
		t.Errorf("taken back: %+v, excess %s, %v", again, excess, err)
	}
	whole, err := open.UseVoucher(48_00, 0)
	if err != nil || whole.State != ChargePaid {
		t.Errorf("all by voucher: %+v %v", whole, err)
	}
	// 20.00 came on the 18.00 that were due: 2.00 of it pay for the voucher now.
	again, excess, err = paid.ReturnVoucher(30_00, 20_00)
	if err != nil || excess != 2_00 || again.Due(20_00) != 28_00 {
		t.Errorf("after an overpayment: due %s, excess %s, %v", again.Due(20_00), excess, err)
	}
}

func TestVouchersNeverPayMoreThanIsDue(t *testing.T) {
	t.Parallel()
	open := Charge{ID: "c", Net: 48_00, Voucher: 8_00, State: ChargeOpen}
	for _, c := range []struct {
		what   string
		charge Charge
		amount money.Amount
		paid   money.Amount
		want   error
	}{
		{"all that is due", open, 40_00, 0, nil},
		{"a cent more", open, 40_01, 0, ErrChargeVoucher},
		{"a cent more than after a payment", open, 30_01, 10_00, ErrChargeVoucher},
		{"nothing", open, 0, 0, ErrChargeVoucher},
		{"less than nothing", open, -1, 0, ErrChargeVoucher},
		{"a paid charge", Charge{Net: 1, State: ChargePaid}, 1, 1, ErrChargeAlreadyPaid},
		{"a void charge", Charge{Net: 1, State: ChargeVoid}, 1, 0, ErrChargeVoid},
	} {
		if _, err := c.charge.UseVoucher(c.amount, c.paid); !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", c.what, err, c.want)
		}
	}
	for _, amount := range []money.Amount{0, -1, 8_01} {
		if _, _, err := open.ReturnVoucher(amount, 0); !errors.Is(err, ErrChargeVoucher) {
			t.Errorf("taking back %s of 8.00: %v", amount, err)
		}
	}
	if _, err := open.Void(0); !errors.Is(err, ErrChargePartlyPaid) {
		t.Errorf("a charge that a voucher pays was voided: %v", err)
	}
}

// Whatever vouchers and money come and go: a charge is paid exactly when nothing
// is due, and the receivable in the books is what is due.
func TestTheBooksFollowVouchers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := Charge{ID: "c", Pool: "p", Provider: "v", Household: "h", Net: money.Amount(rapid.Int64Range(1, 50_00).Draw(t, "net")), State: ChargeOpen}
		c.Share = c.Net
		var all []ledger.Transaction
		post := func(x ledger.Transaction, err error) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, x)
		}
		p := Posted{"t", day}
		post(PoolCharged(p, []Charge{c}, nil))
		var paid, uses money.Amount
		for range rapid.IntRange(1, 12).Draw(t, "acts") {
			amount := money.Amount(rapid.Int64Range(1, 60_00).Draw(t, "amount"))
			switch rapid.IntRange(0, 2).Draw(t, "act") {
			case 0:
				if after, err := c.UseVoucher(amount, paid); err == nil {
					post(VoucherUsed(p, c, "u", "call", amount))
					c, uses = after, uses+amount
				}
			case 1:
				if after, excess, err := c.ReturnVoucher(amount, paid); err == nil {
					used, err := VoucherUsed(p, c, "u", "call", amount)
					if err != nil {
						t.Fatal(err)
					}
					post(ledger.Reverse(used, "r", "back", day))
					if excess > 0 {
						post(CreditApplied(p, c, "u", excess))
					}
					c, uses = after, uses-amount
				}
			case 2: // money, of which what is not due becomes credit
				payment := Payment{ID: "y", Charge: "c", Household: "h", Method: MethodTransfer, Amount: amount}
				due := c.Due(paid)
				if amount > due {
					post(OverpaymentCredited(p, payment, due))
				} else {
					post(PaymentReceived(p, payment))
				}
				if after, _, err := c.Receive(amount, paid); err == nil {
					c = after
				}
				paid += amount
			}
			balance := map[ledger.AccountKind]money.Amount{}
			for _, b := range ledger.Balances(all) {
				balance[b.Account.Kind] += b.Amount
			}
			if (c.State == ChargePaid) != (c.Due(paid) == 0) || balance[ledger.AccountHouseholdReceivable] != c.Due(paid) {
				t.Fatalf("%s, due %s, receivable %s", c.State, c.Due(paid), balance[ledger.AccountHouseholdReceivable])
			}
			if balance[ledger.AccountVoucherRegistered] != uses || c.Voucher != uses || uses < 0 || uses > c.Net {
				t.Fatalf("uses %s, charge %s, books %s", uses, c.Voucher, balance[ledger.AccountVoucherRegistered])
			}
		}
	})
}

func TestAccountingMovesEachCall(t *testing.T) {
	t.Parallel()
	got, err := VouchersAccounted(Posted{"t", day}, "s", []VoucherPart{{"a", 5_00}, {"b", 7}})
	if err != nil {
		t.Fatal(err)
	}
	want := map[ledger.AccountRef]money.Amount{
		{Kind: ledger.AccountVoucherAccounted, Subject: "a"}: 5_00, {Kind: ledger.AccountVoucherRegistered, Subject: "a"}: -5_00,
		{Kind: ledger.AccountVoucherAccounted, Subject: "b"}: 7, {Kind: ledger.AccountVoucherRegistered, Subject: "b"}: -7,
	}
	if len(got.Postings) != len(want) {
		t.Errorf("%+v", got.Postings)
	}
	for _, p := range got.Postings {
		if want[p.Account] != p.Amount {
			t.Errorf("%+v", p)
		}
	}
	for what, parts := range map[string][]VoucherPart{"nothing": nil, "a part of nothing": {{"a", 0}}} {
		if _, err := VouchersAccounted(Posted{"t", day}, "s", parts); err == nil {
			t.Errorf("%s was posted", what)
		}
	}
}

func TestAReceiptShowsShareSubsidyVoucherAndPaid(t *testing.T) {
	t.Parallel()
	r := anyReceipt()
	r.Lines[0] = ReceiptLine{Description: "Laboratorio", Share: 150_00, Subsidy: 60_00, Voucher: 40_00, Rest: 20_00, Paid: 30_00}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	pdf, err := ReceiptPDF(r)
	if err != nil {
		t.Fatal(err)
	}
	words := textOf(t, pdf)
	for _, want := range []string{"Voucher", "−40,00", "150,00", "−60,00", "30,00", "Pagato con voucher del Comune", "Altre ricevute o ancora da pagare", "−20,00"} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in:\n%s", want, words)
		}
	}
}

func TestAReceiptsPartsSumToItsShare(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*ReceiptLine){
		"a cent too much":    func(l *ReceiptLine) { l.Voucher++ },
		"a negative voucher": func(l *ReceiptLine) { l.Voucher, l.Rest = -40_00, 100_00 },
		"a negative rest":    func(l *ReceiptLine) { l.Rest, l.Voucher = -20_00, 80_00 },
	} {
		r := anyReceipt()
		r.Lines[0] = ReceiptLine{Description: "Laboratorio", Share: 150_00, Subsidy: 60_00, Voucher: 40_00, Rest: 20_00, Paid: 30_00}
		spoil(&r.Lines[0])
		if err := r.Check(); !errors.Is(err, ErrReceipt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
