package stripepay

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"colletta/billing"
	"colletta/money"
)

// Tolerance is how far the time in a signature may be from ours, either way.
const Tolerance = 300 * time.Second

// PayloadBytesMax bounds the body of a webhook; read no more than one byte
// beyond it.
const PayloadBytesMax = 1 << 20

// What [Gateway.ParseWebhook] finds wrong. A body whose signature is wrong must
// not be stored.
var (
	ErrSignature      = errors.New("stripepay: webhook not signed with our secret")
	ErrWebhookTime    = errors.New("stripepay: webhook signed too long ago or in the future")
	ErrWebhookVersion = errors.New("stripepay: webhook in another API version")
	ErrWebhookBody    = errors.New("stripepay: webhook body is no event")
)

// EventType is the type of a webhook event.
type EventType string

// The types that mean something to Colletta; others are marked by Event.Known.
const (
	EventCheckoutCompleted      EventType = "checkout.session.completed"
	EventCheckoutExpired        EventType = "checkout.session.expired"
	EventCheckoutAsyncSucceeded EventType = "checkout.session.async_payment_succeeded"
	EventCheckoutAsyncFailed    EventType = "checkout.session.async_payment_failed"
	EventPaymentSucceeded       EventType = "payment_intent.succeeded"
	EventPaymentFailed          EventType = "payment_intent.payment_failed"
	EventPaymentCanceled        EventType = "payment_intent.canceled"
	EventChargeRefunded         EventType = "charge.refunded"
)

// Event is a webhook whose signature, age and version were found right.
type Event struct {
	ID              string // evt_…; unique: the effect of an event is done once
	Type            EventType
	Known           bool      // false: store it, answer 200, do nothing
	Created         time.Time // when Stripe made it; not the order in which events come
	SessionID       string    // for checkout.session.*
	PaymentIntentID string    // may be empty for a checkout that is not paid
	PaymentID       billing.PaymentID
	ChargeMetadata  map[string]string // metadata given to CreateCheckout
	AmountCents     money.Amount      // total of the session, received amount of the intent, refunded amount of the charge
	Currency        string            // "eur"
	PaymentStatus   PaymentStatus     // for checkout.session.*
	Decline         string            // for payment_intent.payment_failed
	Livemode        bool
	Raw             []byte // the body as received
}

// ParseWebhook reads a webhook: payload is the body as received, header the
// value of Stripe-Signature, now our time. It returns [ErrWebhookBody],
// [ErrSignature], [ErrWebhookTime] or [ErrWebhookVersion], and then no event.
func (g *Gateway) ParseWebhook(payload []byte, header string, now time.Time) (Event, error) {
	if g.webhook == "" { // a zero Gateway: stripe-go would accept the empty secret
		return Event{}, ErrNoWebhookSecret
	}
	if len(payload) == 0 || len(payload) > PayloadBytesMax {
		return Event{}, fmt.Errorf("%w: %d bytes", ErrWebhookBody, len(payload))
	}
	// Age first: it is cheap, and stripe-go compares with its own clock and only
	// towards the past.
	signed, err := signedAt(header)
	if err != nil {
		return Event{}, err
	}
	if age := now.Sub(signed); age > Tolerance || age < -Tolerance {
		return Event{}, fmt.Errorf("%w: by %s", ErrWebhookTime, age.Round(time.Second))
	}
	if err := webhook.ValidatePayloadIgnoringTolerance(payload, header, g.webhook); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return readEvent(payload)
}

// signedAt is the time t=… of a signature header. A header with several times
// is refused: stripe-go checks the signature with the last one.
func signedAt(header string) (time.Time, error) {
	var at time.Time
	for _, pair := range strings.Split(header, ",") {
		seconds, found := strings.CutPrefix(pair, "t=")
		if !found {
			continue
		}
		n, err := strconv.ParseInt(seconds, 10, 64)
		if err != nil || n <= 0 || n > 1<<40 || !at.IsZero() {
			return time.Time{}, fmt.Errorf("%w: time in header", ErrSignature)
		}
		at = time.Unix(n, 0)
	}
	if at.IsZero() {
		return time.Time{}, fmt.Errorf("%w: no time in header", ErrSignature)
	}
	return at, nil
}

func readEvent(payload []byte) (Event, error) {
	var e stripe.Event
	if err := json.Unmarshal(payload, &e); err != nil {
		return Event{}, fmt.Errorf("%w: %w", ErrWebhookBody, err)
	}
	if e.ID == "" || e.Type == "" || e.Data == nil || e.Object != "event" {
		return Event{}, fmt.Errorf("%w: id, type or data missing", ErrWebhookBody)
	}
	if e.APIVersion != APIVersion {
		return Event{}, fmt.Errorf("%w: %q, want %s", ErrWebhookVersion, e.APIVersion, APIVersion)
	}
	event := Event{
		ID: e.ID, Type: EventType(e.Type), Known: true, Created: time.Unix(e.Created, 0).UTC(),
		Livemode: e.Livemode, Raw: payload,
	}
	var err error
	switch event.Type {
	case EventCheckoutCompleted, EventCheckoutExpired, EventCheckoutAsyncSucceeded, EventCheckoutAsyncFailed:
		err = event.readSession(e.Data.Raw)
	case EventPaymentSucceeded, EventPaymentFailed, EventPaymentCanceled:
		err = event.readIntent(e.Data.Raw)
	case EventChargeRefunded:
		err = event.readCharge(e.Data.Raw)
	default:
		event.Known = false
	}
	if err != nil {
		return Event{}, fmt.Errorf("%w: object of %s: %w", ErrWebhookBody, event.Type, err)
	}
	return event, nil
}

var errNoID = errors.New("no id")

func (e *Event) readSession(raw json.RawMessage) error {
	var s stripe.CheckoutSession
	if err := json.Unmarshal(raw, &s); err != nil {
		return err
	}
	if s.ID == "" {
		return errNoID
	}
	e.SessionID, e.AmountCents, e.Currency = s.ID, money.Amount(s.AmountTotal), string(s.Currency)
	e.PaymentStatus, e.ChargeMetadata = PaymentStatus(s.PaymentStatus), s.Metadata
	e.PaymentID = billing.PaymentID(s.ClientReferenceID)
	if s.PaymentIntent != nil {
		e.PaymentIntentID = s.PaymentIntent.ID
	}
	return nil
}

func (e *Event) readIntent(raw json.RawMessage) error {
	var i stripe.PaymentIntent
	if err := json.Unmarshal(raw, &i); err != nil {
		return err
	}
	if i.ID == "" {
		return errNoID
	}
	e.PaymentIntentID, e.Currency, e.ChargeMetadata = i.ID, string(i.Currency), i.Metadata
	e.PaymentID = billing.PaymentID(i.Metadata["payment_id"])
	e.AmountCents = money.Amount(i.AmountReceived)
	if i.LastPaymentError != nil {
		e.Decline = string(i.LastPaymentError.DeclineCode)
	}
	return nil
}

func (e *Event) readCharge(raw json.RawMessage) error {
	var c stripe.Charge
	if err := json.Unmarshal(raw, &c); err != nil {
		return err
	}
	if c.ID == "" {
		return errNoID
	}
	e.Currency, e.ChargeMetadata, e.AmountCents = string(c.Currency), c.Metadata, money.Amount(c.AmountRefunded)
	e.PaymentID = billing.PaymentID(c.Metadata["payment_id"])
	if c.PaymentIntent != nil {
		e.PaymentIntentID = c.PaymentIntent.ID
	}
	return nil
}
