package desk

import (
	"errors"
	"testing"
	"time"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/postgres"
)

// Goal: a till counts without gaps for itself, takes no more than is due, and its
// receipt tells cash from card.
func TestAnOperatorTakesMoneyAtASpace(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	w.chargedRound()
	number := func(i int) string {
		views, err := w.desk.Charges(w.ctx, w.families[i])
		w.must(err)
		return views[0].Number
	}
	spaces := communities.Milan().Spaces
	here, there := spaces[0].ID, spaces[1].ID
	operator := w.officer
	operator.Grants = []communities.Grant{{Role: communities.RoleOperator}}
	take := func(i int, space string, method billing.Method, amount string) (billing.PaymentID, error) {
		return w.desk.TakeAtSpace(w.ctx, operator, AtSpaceRequest{Number: number(i), Space: space, Method: string(method), Amount: amount})
	}
	before := w.everything()
	_, err := take(0, here, billing.MethodCash, "125,01")
	wantRefusal(t, "too much", err, ErrSpaceAmount, "amount")
	_, err = take(0, here, billing.MethodCash, "5.000,00")
	wantRefusal(t, "too much cash", err, ErrCashMax, "amount")
	_, err = take(0, "nowhere", billing.MethodTransfer, "0")
	wantRefusal(t, "no space", err, ErrSpaceUnknown, "space")
	wantRefusal(t, "no method", err, ErrSpaceMethod, "method")
	wantRefusal(t, "no amount", err, ErrPrice, "amount")
	_, err = w.desk.TakeAtSpace(w.ctx, operator, AtSpaceRequest{Number: "2026-999999", Space: here, Method: "cash", Amount: "1"})
	wantRefusal(t, "no charge", err, ErrEntryCharge, "number")
	for name, who := range map[string]communities.Actor{"a family": w.families[0], "a delegate": w.parent} {
		if _, err := w.desk.TakeAtSpace(w.ctx, who, AtSpaceRequest{Number: number(0), Space: here, Method: "cash", Amount: "1"}); !errors.Is(err, communities.ErrNotAllowed) {
			t.Errorf("%s took money: %v", name, err)
		}
	}
	w.unchanged(before)

	first, err := take(0, here, billing.MethodCash, "25")
	w.must(err)
	second, err := take(0, here, billing.MethodPOS, "100,00")
	w.must(err)
	third, err := take(1, there, billing.MethodPOS, "125,00")
	w.must(err)
	for id, want := range map[billing.PaymentID]string{first: spaces[0].Name + ", n. 2026-000001", second: spaces[0].Name + ", n. 2026-000002", third: spaces[1].Name + ", n. 2026-000001"} {
		v, err := w.desk.TakenAtSpace(w.ctx, operator, id)
		if err != nil || v.Till != want {
			t.Errorf("till %q (%v), want %q", v.Till, err, want)
		}
		if _, err := w.desk.ReceiptOf(w.ctx, operator, id); err != nil {
			t.Errorf("no receipt: %v", err)
		}
	}
	_, err = take(0, here, billing.MethodCash, "1")
	wantRefusal(t, "paid", err, billing.ErrChargeAlreadyPaid, "")
	if got := w.balance(ledger.AccountTill, ""); got != 250_00 {
		t.Errorf("in the tills: %s", got)
	}
	w.clock.set(time.Date(2027, 1, 2, 9, 0, 0, 0, time.UTC))
	fourth, err := take(2, here, billing.MethodCash, "125")
	w.must(err)
	if v, err := w.desk.TakenAtSpace(w.ctx, operator, fourth); err != nil || v.Till != spaces[0].Name+", n. 2027-000001" {
		t.Errorf("a new year: %q (%v)", v.Till, err)
	}
	if _, err := w.desk.TakenAtSpace(w.ctx, w.families[0], first); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a family looked at a till: %v", err)
	}
	if _, err := w.desk.TakenAtSpace(w.ctx, operator, billing.PaymentID(postgres.NewID())); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("no such payment: %v", err)
	}
	w.sound()
}
