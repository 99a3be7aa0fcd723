package ledger

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"colletta/money"
)

var at = time.Date(2026, 11, 15, 10, 0, 0, 0, time.UTC)

func sale() Transaction {
	return Transaction{ID: "t", Kind: KindPoolCharged, SourceID: "pool", At: at, Postings: []Posting{
		{AccountRef{AccountHouseholdReceivable, "h"}, 48_00},
		{AccountRef{AccountFund, "f"}, 2_00},
		{AccountRef{AccountProviderPayable, "p"}, -50_00},
	}}
}

func TestCheckFindsEveryFlaw(t *testing.T) {
	t.Parallel()
	if err := Check(sale()); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name  string
		spoil func(*Transaction)
		want  error
	}{
		{"no id", func(t *Transaction) { t.ID = "" }, ErrIncomplete},
		{"no kind", func(t *Transaction) { t.Kind = "" }, ErrIncomplete},
		{"no source", func(t *Transaction) { t.SourceID = "" }, ErrIncomplete},
		{"no time", func(t *Transaction) { t.At = time.Time{} }, ErrIncomplete},
		{"off by a cent", func(t *Transaction) { t.Postings[0].Amount++ }, ErrUnbalanced},
		{"a zero", func(t *Transaction) { t.Postings[0].Amount = 0 }, ErrZero},
		{"one posting", func(t *Transaction) { t.Postings = t.Postings[:1] }, ErrPostings},
		{"too many postings", func(t *Transaction) { t.Postings = make([]Posting, postingsMax+1) }, ErrPostings},
		{"unknown account", func(t *Transaction) { t.Postings[0].Account.Kind = "x" }, ErrAccount},
		{"household without a name", func(t *Transaction) { t.Postings[0].Account.Subject = "" }, ErrAccount},
		{"bank with a name", func(t *Transaction) { t.Postings[0].Account = AccountRef{AccountBankClearing, "x"} }, ErrAccount},
		{"a cent above the bound", func(t *Transaction) { t.Postings[0].Amount = PostingMax + 1 }, ErrBounds},
		{"reverses without being a reversal", func(t *Transaction) { t.Reverses = "u" }, ErrReversal},
		{"reversal of nothing", func(t *Transaction) { t.Kind = KindReversal }, ErrReversal},
		{"reversal of itself", func(t *Transaction) { t.Kind, t.Reverses = KindReversal, "t" }, ErrReversal},
	} {
		bad := sale()
		c.spoil(&bad)
		if err := Check(bad); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// Goal: any transaction that passes has a reversal that passes and leaves every
// account at zero.
func TestReverseUndoes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		made := Transaction{ID: "t", Kind: KindPaymentReceived, SourceID: "s", At: at}
		var sum money.Amount
		for _, cents := range rapid.SliceOfN(rapid.Int64Range(-1_000_000, 1_000_000), 1, 20).Draw(t, "cents") {
			if cents == 0 {
				continue
			}
			subject := rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "household")
			made.Postings = append(made.Postings, Posting{AccountRef{AccountHouseholdReceivable, subject}, money.Amount(cents)})
			sum += money.Amount(cents)
		}
		if sum != 0 {
			made.Postings = append(made.Postings, Posting{AccountRef{AccountBankClearing, ""}, -sum})
		}
		if err := Check(made); err != nil {
			if len(made.Postings) >= 2 {
				t.Fatal(err)
			}
			return
		}
		undone, err := Reverse(made, "u", "by mistake", at)
		if err != nil || undone.SourceID != "t" || undone.Reverses != "t" {
			t.Fatal(undone, err)
		}
		for _, b := range Balances([]Transaction{made, undone}) {
			if b.Amount != 0 {
				t.Fatalf("%v", b)
			}
		}
		if _, err := Reverse(undone, "v", "", at); !errors.Is(err, ErrReversal) {
			t.Fatalf("a reversal was reversed: %v", err)
		}
	})
}

func TestBalancesAreInOrder(t *testing.T) {
	t.Parallel()
	got := Balances([]Transaction{sale(), sale()})
	want := []Balance{
		{AccountRef{AccountFund, "f"}, 4_00}, {AccountRef{AccountHouseholdReceivable, "h"}, 96_00}, {AccountRef{AccountProviderPayable, "p"}, -100_00},
	}
	if len(got) != len(want) {
		t.Fatal(got)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("%v, want %v", got[i], want[i])
		}
	}
	if len(AccountKinds()) != 17 {
		t.Error(AccountKinds())
	}
}
