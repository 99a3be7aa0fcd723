package billing

import (
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/refusal"
)

// PaymentID names a payment (UUID text); for a card payment it is also the
// source of the idempotency key sent to Stripe.
type PaymentID string

// RefundID names a refund (UUID text).
type RefundID string

// Method is how money comes. The values are stored.
type Method string

// The methods. All but cash are traceable, as the 19% deductions require since
// 2020 (art. 1 c. 679 L. 160/2019): credit came by card or transfer.
const (
	MethodCard     Method = "card"     // through Stripe
	MethodTransfer Method = "transfer" // bank transfer (bonifico) with the RF reference
	MethodCredit   Method = "credit"   // what the household paid too much before
	MethodCash     Method = "cash"     // at a space, to an operator
	MethodPOS      Method = "pos"      // by card at a space
)

// CashMax is the largest amount that may be taken in cash, in cents.
//
// Source: art. 49 c. 1 and 3-bis D.Lgs. 231/2007 (L. 197/2022): cash is forbidden
// from 5,000.00 euro on.
const CashMax money.Amount = 4_999_99

// AtSpace is true for what an operator takes at a space.
func (m Method) AtSpace() bool { return m == MethodCash || m == MethodPOS }

// Traceable is true when the law lets the payment count for the 19% deductions.
func (m Method) Traceable() bool { return m != MethodCash }

// known is true for every method, also for those that nobody chooses in advance.
func (m Method) known() bool {
	_, err := ParseMethod(string(m))
	return err == nil || m == MethodCredit || m.AtSpace()
}

// Methods lists the methods that a household may choose when it pledges, in the
// order in which pages show them.
func Methods() []Method { return []Method{MethodCard, MethodTransfer} }

// ErrMethod says that a text names no payment method. Args: method.
var ErrMethod = refusal.New(refusal.KindInvalid, "payment_method_unknown")

// ParseMethod reads a method from a form or a file. It returns [ErrMethod].
func ParseMethod(s string) (Method, error) {
	for _, m := range Methods() {
		if s == string(m) {
			return m, nil
		}
	}
	return "", ErrMethod.With("method", cut(s, 40))
}

// PaymentState says how far a payment has come. The values are stored.
type PaymentState string

// The states of a payment by rank: it only ever moves to a later one.
const (
	PaymentPending   PaymentState = "pending"   // promised; for a card: stored before Stripe is called
	PaymentUnknown   PaymentState = "unknown"   // Stripe was called and no answer came: ask again
	PaymentFailed    PaymentState = "failed"    // refused for good or expired
	PaymentSucceeded PaymentState = "succeeded" // the money came
	PaymentReversed  PaymentState = "reversed"  // it was taken back after it came
)

var paymentRank = map[PaymentState]int{
	PaymentPending: 0, PaymentUnknown: 1, PaymentFailed: 2, PaymentSucceeded: 3, PaymentReversed: 4,
}

// Payment is one attempt of a household to pay a charge, or a transfer that came.
type Payment struct {
	ID          PaymentID
	Charge      ChargeID
	Household   communities.HouseholdID
	Method      Method
	Amount      money.Amount // > 0
	State       PaymentState
	ReceivedOn  time.Time // day of the money; zero until succeeded
	Note        string    // line of the bank statement or so; never card data
	SessionID   string    // Stripe's checkout session; empty for a transfer
	CheckoutURL string    // hosted page while the session is open
	IntentID    string    // Stripe's payment intent, once known
	Space       string    // where an operator took it; empty elsewhere
	Till        Number    // of the space's till, without gaps in a year; zero elsewhere
	Entry       string    // movement of a bank statement whose money it is; empty when a person recorded it
	CreatedAt   time.Time
}

// ErrPaymentState says that a text is no state of a payment. Args: state.
var ErrPaymentState = refusal.New(refusal.KindInvalid, "payment_state_unknown")

// Move brings a payment to a state, if that is of higher rank; an event that
// comes late or twice changes nothing and moved is false. So the state after
// several events does not depend on their order.
func (p Payment) Move(to PaymentState) (after Payment, moved bool, err error) {
	rank, known := paymentRank[to]
	if !known {
		return p, false, ErrPaymentState.With("state", cut(string(to), 40))
	}
	if rank <= paymentRank[p.State] {
		return p, false, nil
	}
	p.State = to
	return p, true, nil
}

// IdempotencyKey is the key under which Stripe is asked to start this payment:
// the same one however often the call is repeated, so that a household is
// never charged twice.
func (p Payment) IdempotencyKey() string { return "checkout-" + string(p.ID) }

// Refund gives a household back some of its credit.
type Refund struct {
	ID        RefundID
	Household communities.HouseholdID
	Payment   PaymentID // whose money goes back
	Method    Method    // the way it came
	Amount    money.Amount
	At        time.Time
}
