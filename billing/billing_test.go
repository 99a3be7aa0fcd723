package billing

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
)

var day = time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC)

func aPool(members ...Member) Pool {
	return Pool{ID: "pool", Round: "round", Provider: "provider", Description: "Laboratorio", IssuedOn: day, DueOn: day.AddDate(0, 0, 30), Members: members}
}

func member(i int, share, subsidy money.Amount) Member {
	return Member{
		Charge: ChargeID(fmt.Sprintf("charge-%d", i)), Demand: pooling.DemandID(fmt.Sprintf("demand-%d", i)),
		Household: communities.HouseholdID(fmt.Sprintf("household-%d", i)), Share: share, Subsidy: subsidy,
	}
}

func TestIssueMakesOneChargePerMember(t *testing.T) {
	t.Parallel()
	// 50.00 each: the lab of 10 meetings, 1,500.00 for 30 children (domain report,
	// section 7).
	charges, err := Issue(aPool(member(1, 50_00, 0), member(2, 50_00, 20_00), member(3, 50_00, 50_00)))
	if err != nil || len(charges) != 3 {
		t.Fatalf("%d charges, %v", len(charges), err)
	}
	for i, want := range []struct {
		net   money.Amount
		state ChargeState
	}{{50_00, ChargeOpen}, {30_00, ChargeOpen}, {0, ChargePaid}} {
		if c := charges[i]; c.Net != want.net || c.State != want.state || c.Reference == "" || c.Round != "round" {
			t.Errorf("%+v, want %+v", c, want)
		}
	}
}

func TestIssueRefuses(t *testing.T) {
	t.Parallel()
	late := aPool(member(1, 1, 0))
	late.DueOn = day.AddDate(0, 0, -1)
	wordy := aPool(member(1, 1, 0))
	wordy.Description = strings.Repeat("x", 251)
	for _, c := range []struct {
		name string
		pool Pool
		want error
	}{
		{"nobody", aPool(), ErrChargeNobody},
		{"negative share", aPool(member(1, -1, 0)), ErrChargeShare},
		{"negative subsidy", aPool(member(1, 1, -1)), ErrChargeShare},
		{"subsidy above the share", aPool(member(1, 100, 101)), ErrChargeShare},
		{"share beyond the largest amount", aPool(member(1, money.Max+1, 0)), ErrChargeShare},
		{"twice", aPool(member(1, 1, 0), member(1, 1, 0)), ErrChargeTwice},
		{"due before issued", late, ErrChargeDates},
		{"too many words", wordy, ErrChargeDescription},
	} {
		if charges, err := Issue(c.pool); !errors.Is(err, c.want) || charges != nil {
			t.Errorf("%s: %v, %d charges", c.name, err, len(charges))
		}
	}
}

func TestChargeMoves(t *testing.T) {
	t.Parallel()
	open := Charge{ID: "c", Net: 48_00, State: ChargeOpen}
	in := func(s ChargeState) Charge { c := open; c.State = s; return c }
	for _, c := range []struct {
		name         string
		charge       Charge
		amount, paid money.Amount
		exactly      bool
		state        ChargeState
		want         Settlement
		err          error
	}{
		{"all", open, 48_00, 0, true, ChargePaid, Settlement{48_00, 0}, nil},
		{"a part", open, 47_99, 0, false, ChargeOpen, Settlement{47_99, 0}, nil},
		{"the rest", open, 1, 47_99, false, ChargePaid, Settlement{1, 0}, nil},
		{"too much", open, 50_00, 0, false, ChargePaid, Settlement{48_00, 2_00}, nil},
		{"typed a cent less", open, 47_99, 0, true, ChargeOpen, Settlement{}, ErrPaymentNotExact},
		{"typed a cent more", open, 48_01, 0, true, ChargeOpen, Settlement{}, ErrPaymentNotExact},
		{"nothing", open, 0, 0, false, ChargeOpen, Settlement{}, ErrPaymentNotPositive},
		{"less than nothing", open, -1, 0, false, ChargeOpen, Settlement{}, ErrPaymentNotPositive},
		{"absurd", open, money.Max + 1, 0, false, ChargeOpen, Settlement{}, ErrPaymentTooLarge},
		{"paid", in(ChargePaid), 1, 48_00, false, ChargePaid, Settlement{}, ErrChargeAlreadyPaid},
		{"void", in(ChargeVoid), 1, 0, false, ChargeVoid, Settlement{}, ErrChargeVoid},
		{"written off", in(ChargeWrittenOff), 1, 0, false, ChargeWrittenOff, Settlement{}, ErrChargeWrittenOff},
	} {
		receive := c.charge.Receive
		if c.exactly {
			receive = c.charge.ReceiveExactly
		}
		after, got, err := receive(c.amount, c.paid)
		if !errors.Is(err, c.err) || got != c.want || after.State != c.state {
			t.Errorf("%s: %s %+v %v", c.name, after.State, got, err)
		}
	}
	if _, err := open.Void(1); !errors.Is(err, ErrChargePartlyPaid) {
		t.Errorf("void with money on it: %v", err)
	}
	if _, err := in(ChargePaid).Void(48_00); !errors.Is(err, ErrChargeAlreadyPaid) {
		t.Errorf("void of a paid charge: %v", err)
	}
	if c, err := open.Void(0); err != nil || c.State != ChargeVoid || c.Due(0) != 0 {
		t.Errorf("void: %+v, %v", c, err)
	}
	if c, err := open.WriteOff(); err != nil || c.State != ChargeWrittenOff {
		t.Errorf("write off: %+v, %v", c, err)
	}
	if c := in(ChargePaid).TakeBack(0); c.State != ChargeOpen || c.Due(0) != 48_00 {
		t.Errorf("chargeback: %+v", c)
	}
	if c := in(ChargePaid).TakeBack(48_00); c.State != ChargePaid {
		t.Errorf("chargeback of an excess: %+v", c)
	}
	due := open
	due.DueOn = day
	if due.Overdue(day) || !due.Overdue(day.AddDate(0, 0, 1)) {
		t.Error("overdue on the wrong day")
	}
}

// Goal (invariant W4): whatever order and however often events come, the
// payment ends the same. Method: all orders of all states, each twice.
func TestPaymentEndsTheSameInEveryOrder(t *testing.T) {
	t.Parallel()
	all := []PaymentState{PaymentUnknown, PaymentFailed, PaymentSucceeded, PaymentReversed, PaymentPending}
	orders := 0
	var permute func(done, left []PaymentState)
	permute = func(done, left []PaymentState) {
		if len(left) == 0 {
			orders++
			p, moves := Payment{State: PaymentPending}, 0
			for _, s := range append(done, done...) {
				after, moved, err := p.Move(s)
				if err != nil || paymentRank[after.State] < paymentRank[p.State] {
					t.Fatalf("%s to %s: %v", p.State, after.State, err)
				}
				if p = after; moved {
					moves++
				}
			}
			if p.State != PaymentReversed || moves > 4 {
				t.Fatalf("%v ends %s after %d moves", done, p.State, moves)
			}
			return
		}
		for i := range left {
			rest := append(append([]PaymentState{}, left[:i]...), left[i+1:]...)
			permute(append(append([]PaymentState{}, done...), left[i]), rest)
		}
	}
	permute(nil, all)
	if orders != 120 {
		t.Fatalf("%d orders", orders)
	}
	if _, _, err := (Payment{}).Move("paid"); !errors.Is(err, ErrPaymentState) {
		t.Fatal(err)
	}
}

func TestNumbersFollowEachOther(t *testing.T) {
	t.Parallel()
	n := Number{2026, 999_999}
	if next, err := n.Next(2026); err != nil || next.String() != "2026-1000000" {
		t.Errorf("%s, %v", next, err)
	}
	if next, err := n.Next(2027); err != nil || next.String() != "2027-000001" {
		t.Errorf("%s, %v", next, err)
	}
	if _, err := n.Next(2025); !errors.Is(err, ErrNumber) {
		t.Errorf("back in time: %v", err)
	}
	if first, err := (Number{}).Next(2026); err != nil || first != (Number{2026, 1}) {
		t.Errorf("the first: %v, %v", first, err)
	}
	for _, s := range []string{"", "2026-123", "2026-0000123", "2026-000000", "1999-000001", "2026-00012a", "2026-+00012", "20260000123"} {
		if _, err := ParseNumber(s); !errors.Is(err, ErrNumber) {
			t.Errorf("%q: %v", s, err)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		n := Number{rapid.IntRange(2000, 9999).Draw(t, "year"), rapid.IntRange(1, 999_999_999).Draw(t, "serial")}
		if back, err := ParseNumber(n.String()); err != nil || back != n {
			t.Fatalf("%v, %v", back, err)
		}
	})
}

func FuzzParseNumber(f *testing.F) {
	f.Add("2026-000123")
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := ParseNumber(s); err == nil && n.String() != s {
			t.Fatalf("%q is %v", s, n)
		}
	})
}

func TestMethods(t *testing.T) {
	t.Parallel()
	for _, m := range Methods() {
		if got, err := ParseMethod(string(m)); err != nil || got != m {
			t.Errorf("%s: %v", m, err)
		}
	}
	if _, err := ParseMethod("cash"); !errors.Is(err, ErrMethod) {
		t.Error(err)
	}
}

// book is a ledger in memory that refuses what the database would refuse.
type book struct {
	t            *rapid.T
	transactions []ledger.Transaction
	sources      map[string]bool
}

func (b *book) post(t ledger.Transaction, err error) ledger.Transaction {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	if err := ledger.Check(t); err != nil {
		b.t.Fatal(err)
	}
	key := string(t.Kind) + t.SourceID
	if b.sources[key] {
		b.t.Fatalf("%s posted twice", key)
	}
	b.sources[key] = true
	b.transactions = append(b.transactions, t)
	return t
}

func (b *book) next() Posted {
	return Posted{ID: ledger.TransactionID(fmt.Sprintf("t%d", len(b.transactions))), At: day}
}

func (b *book) balance(kind ledger.AccountKind, subject string) money.Amount {
	for _, x := range ledger.Balances(b.transactions) {
		if x.Account == (ledger.AccountRef{Kind: kind, Subject: subject}) {
			return x.Amount
		}
	}
	return 0
}

// Goal: whatever way families pay, when all is paid, refunded and paid out, no
// account of the round holds a cent. Method: a random pool; each charge is paid
// by card or transfer, in one or two parts, a cent or more too much, taken back
// and paid again, voided, or paid from credit; then funds, fees and provider.
func TestARoundEndsWithEveryAccountAtZero(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		b := &book{t: t, sources: map[string]bool{}}
		var members []Member
		for i := range rapid.IntRange(1, 8).Draw(t, "members") {
			share := money.Amount(rapid.Int64Range(0, 500_00).Draw(t, "share"))
			members = append(members, member(i, share, money.Amount(rapid.Int64Range(0, int64(share)).Draw(t, "subsidy"))))
		}
		members = append(members, member(99, 10_00, 3_00)) // so that something is owed
		charges, err := Issue(aPool(members...))
		if err != nil {
			t.Fatal(err)
		}
		b.post(PoolCharged(b.next(), charges, fundsOf(charges)))
		for i, c := range charges {
			b.live(t, i, c)
		}
		b.settle(t)
		for _, x := range ledger.Balances(b.transactions) {
			if x.Amount != 0 {
				t.Fatalf("%s %s holds %s", x.Account.Kind, x.Account.Subject, x.Amount)
			}
		}
	})
}

// fundsOf gives the first cent of each subsidy to one fund, the rest to another.
func fundsOf(charges []Charge) []FundPart {
	var a, b money.Amount
	for _, c := range charges {
		a += min(c.Subsidy, 1)
		b += c.Subsidy - min(c.Subsidy, 1)
	}
	return []FundPart{{"fund-a", a}, {"fund-b", b}}
}

// live is what may happen to one charge until nothing is due.
func (b *book) live(t *rapid.T, i int, c Charge) {
	var paid money.Amount
	if c.State == ChargeOpen && rapid.IntRange(0, 9).Draw(t, "void") == 0 {
		after, err := c.Void(0)
		if err != nil {
			t.Fatal(err)
		}
		b.post(ChargeVoided(b.next(), after, fundsOf([]Charge{c})))
		return
	}
	for n := 0; c.State == ChargeOpen; n++ {
		due := c.Due(paid)
		p := Payment{
			ID: PaymentID(fmt.Sprintf("p%d-%d", i, n)), Charge: c.ID, Household: c.Household,
			Method: rapid.SampledFrom(Methods()).Draw(t, "method"),
			Amount: money.Amount(rapid.Int64Range(max(1, int64(due)/2), int64(due)+300).Draw(t, "amount")),
		}
		after, s, err := c.Receive(p.Amount, paid)
		if err != nil {
			t.Fatal(err)
		}
		var posted ledger.Transaction
		if s.Excess > 0 {
			posted = b.post(OverpaymentCredited(b.next(), p, due))
		} else {
			posted = b.post(PaymentReceived(b.next(), p))
		}
		if n < 3 && rapid.IntRange(0, 4).Draw(t, "chargeback") == 0 {
			b.post(ledger.Reverse(posted, b.next().ID, "chargeback", day))
			c = after.TakeBack(paid)
			continue
		}
		c, paid = after, paid+s.Applied
		if got := b.balance(ledger.AccountHouseholdReceivable, string(c.Household)); got != c.Due(paid) {
			t.Fatalf("ledger says %s is due, charge says %s", got, c.Due(paid))
		}
		if s.Excess > 0 {
			b.post(Refunded(b.next(), Refund{ID: RefundID("r" + p.ID), Household: c.Household, Payment: p.ID, Method: p.Method, Amount: s.Excess}))
		}
	}
}

// settle moves what is left: card money to the bank, funds, fees, provider.
func (b *book) settle(t *rapid.T) {
	if gross := b.balance(ledger.AccountStripeClearing, ""); gross > 0 {
		fee := money.Amount(rapid.Int64Range(0, int64(gross)).Draw(t, "fee"))
		b.post(StripePaidOut(b.next(), "payout", gross, fee))
		if fee > 0 {
			b.post(FeesCovered(b.next(), "fees", fee))
		}
	}
	for _, f := range []FundID{"fund-a", "fund-b"} {
		if owed := b.balance(ledger.AccountFund, string(f)); owed > 0 {
			b.post(FundPaid(b.next(), "bank "+string(f), f, owed))
		}
	}
	if owed := -b.balance(ledger.AccountProviderPayable, "provider"); owed > 0 {
		b.post(ProviderPaid(b.next(), "payout", "provider", owed))
	}
}

func TestWriteOffAndCredit(t *testing.T) {
	t.Parallel()
	c := Charge{ID: "c", Household: "h", Net: 48_00, State: ChargeOpen}
	written, err := ChargeWrittenOffPosted(Posted{"t", day}, c, 8_00)
	if err != nil || len(written.Postings) != 2 {
		t.Fatal(written, err)
	}
	credit, err := CreditApplied(Posted{"t", day}, c, "c", 8_00)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range ledger.Balances([]ledger.Transaction{credit}) {
		if want := map[ledger.AccountKind]money.Amount{ledger.AccountHouseholdCredit: 8_00, ledger.AccountHouseholdReceivable: -8_00}[x.Account.Kind]; x.Amount != want {
			t.Errorf("%+v", x)
		}
	}
}

// What does not describe an event is not posted.
func TestPostingsRefuse(t *testing.T) {
	t.Parallel()
	p := Posted{"t", day}
	c := Charge{ID: "c", Pool: "p", Provider: "v", Household: "h", Share: 10, Subsidy: 4, Net: 6}
	other := c
	other.Pool = "q"
	for name, build := range map[string]func() (ledger.Transaction, error){
		"no charges":          func() (ledger.Transaction, error) { return PoolCharged(p, nil, nil) },
		"funds off by a cent": func() (ledger.Transaction, error) { return PoolCharged(p, []Charge{c}, []FundPart{{"f", 3}}) },
		"two pools":           func() (ledger.Transaction, error) { return PoolCharged(p, []Charge{c, other}, []FundPart{{"f", 8}}) },
		"payment of nothing":  func() (ledger.Transaction, error) { return PaymentReceived(p, Payment{ID: "x", Method: MethodCard}) },
		"taken back for more": func() (ledger.Transaction, error) {
			return PaymentTakenBack(p, Payment{ID: "x", Method: MethodTransfer, Household: "h", Amount: 5}, 6)
		},
		"taken back for less than nothing": func() (ledger.Transaction, error) {
			return PaymentTakenBack(p, Payment{ID: "x", Method: MethodTransfer, Household: "h", Amount: 5}, -1)
		},
		"a card on a statement": func() (ledger.Transaction, error) {
			return TransferRecognised(p, Payment{ID: "x", Method: MethodCard, Amount: 5})
		},
		"cash without a till": func() (ledger.Transaction, error) {
			return PaymentReceived(p, Payment{ID: "x", Method: "cash", Amount: 1})
		},
		"no overpayment": func() (ledger.Transaction, error) {
			return OverpaymentCredited(p, Payment{ID: "x", Method: MethodCard, Amount: 5}, 5)
		},
		"refund of nothing":     func() (ledger.Transaction, error) { return Refunded(p, Refund{ID: "r", Method: MethodCard}) },
		"void off by a cent":    func() (ledger.Transaction, error) { return ChargeVoided(p, c, []FundPart{{"f", 5}}) },
		"write off too much":    func() (ledger.Transaction, error) { return ChargeWrittenOffPosted(p, c, 7) },
		"credit too much":       func() (ledger.Transaction, error) { return CreditApplied(p, c, "c", 7) },
		"fee above the payout":  func() (ledger.Transaction, error) { return StripePaidOut(p, "s", 5, 6) },
		"negative fund payment": func() (ledger.Transaction, error) { return FundPaid(p, "s", "f", -5) },
	} {
		if _, err := build(); !errors.Is(err, ErrPosting) {
			t.Errorf("%s: %v", name, err)
		}
	}
	taken, err := PaymentTakenBack(p, Payment{ID: "x", Method: MethodTransfer, Household: "h", Amount: 8, Entry: "e"}, 3)
	if err != nil || !slices.Equal(taken.Postings, []ledger.Posting{
		{Account: ledger.AccountRef{Kind: ledger.AccountHouseholdCredit, Subject: "h"}, Amount: 5},
		{Account: ledger.AccountRef{Kind: ledger.AccountHouseholdReceivable, Subject: "h"}, Amount: 3},
		{Account: ledger.AccountRef{Kind: ledger.AccountUnallocated}, Amount: -8},
	}) {
		t.Errorf("taken back: %+v (%v)", taken, err)
	}
	if _, err := PaymentReceived(Posted{}, Payment{ID: "x", Method: MethodCard, Amount: 1, Household: "h"}); !errors.Is(err, ledger.ErrIncomplete) {
		t.Errorf("no id: %v", err)
	}
}
