package stripepay

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/client"

	"colletta/billing"
	"colletta/money"
)

// APIVersion is the version of Stripe's API that this package speaks. Create
// the webhook endpoint with it.
const APIVersion = "2023-10-16"

// Config is what a [Gateway] needs.
type Config struct {
	SecretKey     string       // sk_test_… or sk_live_…
	WebhookSecret string       // whsec_…
	BaseURL       string       // without /v1; empty: Stripe itself
	HTTPClient    *http.Client // empty: one with a timeout of 20 s
	Retries       int64        // extra attempts of one call, 0 to 5
}

// What [New] finds wrong.
var (
	ErrNoSecretKey     = errors.New("stripepay: no secret key")
	ErrNoWebhookSecret = errors.New("stripepay: no webhook secret: anybody could sign with the empty one")
	ErrBaseURL         = errors.New("stripepay: base URL is not http or https with a host")
	ErrRetries         = errors.New("stripepay: retries are 0 to 5")
)

// callTimeout bounds one attempt of a call; stripe-go's own default is 80 s.
const callTimeout = 20 * time.Second

// Gateway talks to one Stripe account, or to the sandbox.
type Gateway struct {
	api     *client.API
	webhook string
	live    bool
}

// New makes a gateway with a private client: no global of stripe-go is read or
// set. It returns [ErrNoSecretKey], [ErrNoWebhookSecret], [ErrBaseURL] or
// [ErrRetries].
func New(c Config) (*Gateway, error) {
	if strings.TrimSpace(c.SecretKey) == "" {
		return nil, ErrNoSecretKey
	}
	if strings.TrimSpace(c.WebhookSecret) == "" {
		return nil, ErrNoWebhookSecret
	}
	if c.Retries < 0 || c.Retries > 5 {
		return nil, ErrRetries
	}
	base := c.BaseURL
	if base == "" {
		base = stripe.APIURL
	}
	u, err := url.Parse(base)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, ErrBaseURL
	}
	hc := c.HTTPClient
	if hc == nil {
		hc = &http.Client{Timeout: callTimeout}
	}
	// stripe-go's constructor trims "/v1" and one slash at the end.
	backend := stripe.GetBackendWithConfig(stripe.APIBackend, &stripe.BackendConfig{
		URL:               stripe.String(strings.TrimRight(base, "/")),
		HTTPClient:        hc,
		MaxNetworkRetries: stripe.Int64(c.Retries),
		EnableTelemetry:   stripe.Bool(false),
		LeveledLogger:     &stripe.LeveledLogger{Level: stripe.LevelNull},
	})
	api := &client.API{}
	api.Init(c.SecretKey, &stripe.Backends{API: backend, Connect: backend, Uploads: backend})
	return &Gateway{api: api, webhook: c.WebhookSecret, live: strings.HasPrefix(c.SecretKey, "sk_live_") || strings.HasPrefix(c.SecretKey, "rk_live_")}, nil
}

// Live is true when the key moves real money; an event whose Livemode differs
// is not for this installation.
func (g *Gateway) Live() bool { return g.live }

// CheckoutRequest asks for a hosted page on which one payment is made.
type CheckoutRequest struct {
	PaymentID      billing.PaymentID // comes back as client reference and metadata
	IdempotencyKey string            // 1 to 255 characters, from the database; see billing.Payment.IdempotencyKey
	Amount         money.Amount      // 0.50 to 999,999.99 euro
	Description    string            // what is paid, 1 to 250 characters
	CustomerEmail  string            // may be empty
	SuccessURL     string            // absolute; where the payer goes after paying
	CancelURL      string            // absolute; where the payer goes on giving up
	Metadata       map[string]string // copied to session and payment intent; no personal data
	ExpiresAt      time.Time         // zero: Stripe's 24 hours
}

// Amounts that Stripe takes in euro.
//
// Source: docs.stripe.com/currencies, minimum and maximum charge amounts.
const (
	AmountMin money.Amount = 50
	AmountMax money.Amount = 999_999_99
)

// SessionStatus says how far a hosted checkout has come.
type SessionStatus string

// The states of a checkout.
const (
	SessionOpen     SessionStatus = "open"
	SessionComplete SessionStatus = "complete"
	SessionExpired  SessionStatus = "expired"
)

// PaymentStatus says whether the money of a checkout came.
type PaymentStatus string

// The states of a checkout's money.
const (
	PaymentPaid        PaymentStatus = "paid"
	PaymentUnpaid      PaymentStatus = "unpaid"
	PaymentNotRequired PaymentStatus = "no_payment_required"
)

// Checkout is a hosted checkout as Stripe knows it.
type Checkout struct {
	SessionID       string
	URL             string            // hosted page; empty once complete or expired
	PaymentIntentID string            // empty until the payer confirmed
	PaymentID       billing.PaymentID // client reference
	Status          SessionStatus
	PaymentStatus   PaymentStatus
	Amount          money.Amount
	Currency        string // "eur"
	Metadata        map[string]string
	ExpiresAt       time.Time
	Livemode        bool
}

// Paid is true when the money of the checkout came.
func (c Checkout) Paid() bool { return c.Status == SessionComplete && c.PaymentStatus == PaymentPaid }

// RefundRequest gives money of a payment back.
type RefundRequest struct {
	PaymentIntentID string
	Amount          money.Amount // > 0, at most what was paid and not yet refunded
	IdempotencyKey  string
	Metadata        map[string]string
}

// RefundResult is a refund as Stripe knows it.
type RefundResult struct {
	RefundID        string
	PaymentIntentID string
	Amount          money.Amount
	Status          string // pending, succeeded, failed, requires_action, canceled
}

// CreateCheckout opens a hosted checkout in euro, by card, in Italian. Called
// again with the same key it returns the same checkout. It returns
// [ErrRefused], [ErrTransient] or [ErrUnknownOutcome].
func (g *Gateway) CreateCheckout(ctx context.Context, r CheckoutRequest) (Checkout, error) {
	if err := r.check(); err != nil {
		return Checkout{}, fmt.Errorf("create checkout of payment %s: %w", r.PaymentID, err)
	}
	metadata := map[string]string{"payment_id": string(r.PaymentID)}
	for k, v := range r.Metadata {
		metadata[k] = v
	}
	p := &stripe.CheckoutSessionParams{
		Mode:               stripe.String(string(stripe.CheckoutSessionModePayment)),
		PaymentMethodTypes: stripe.StringSlice([]string{"card"}),
		ClientReferenceID:  stripe.String(string(r.PaymentID)),
		Locale:             stripe.String("it"),
		SuccessURL:         stripe.String(r.SuccessURL),
		CancelURL:          stripe.String(r.CancelURL),
		LineItems: []*stripe.CheckoutSessionLineItemParams{{
			Quantity: stripe.Int64(1),
			PriceData: &stripe.CheckoutSessionLineItemPriceDataParams{
				Currency:    stripe.String(string(stripe.CurrencyEUR)),
				UnitAmount:  stripe.Int64(r.Amount.Cents()),
				ProductData: &stripe.CheckoutSessionLineItemPriceDataProductDataParams{Name: stripe.String(r.Description)},
			},
		}},
		PaymentIntentData: &stripe.CheckoutSessionPaymentIntentDataParams{
			Description: stripe.String(r.Description), Metadata: metadata,
		},
		Metadata: metadata,
	}
	if r.CustomerEmail != "" {
		p.CustomerEmail = stripe.String(r.CustomerEmail)
	}
	if !r.ExpiresAt.IsZero() {
		p.ExpiresAt = stripe.Int64(r.ExpiresAt.Unix())
	}
	p.Context = ctx
	p.SetIdempotencyKey(r.IdempotencyKey)
	s, err := g.api.CheckoutSessions.New(p)
	if err != nil {
		return Checkout{}, classify("create checkout of payment "+string(r.PaymentID), err)
	}
	return toCheckout(s)
}

func (r CheckoutRequest) check() error {
	switch {
	case r.PaymentID == "":
		return refused("parameter_missing", "payment id")
	case r.IdempotencyKey == "" || len(r.IdempotencyKey) > 255:
		return refused("idempotency_key", "1 to 255 characters")
	case r.Amount < AmountMin:
		return refused("amount_too_small", r.Amount.String())
	case r.Amount > AmountMax:
		return refused("amount_too_large", r.Amount.String())
	}
	return nil
}

// Retrieve asks what became of a checkout. It returns [ErrNotFound],
// [ErrTransient] or [ErrUnknownOutcome].
func (g *Gateway) Retrieve(ctx context.Context, sessionID string) (Checkout, error) {
	p := &stripe.CheckoutSessionParams{}
	p.Context = ctx
	s, err := g.api.CheckoutSessions.Get(sessionID, p)
	if err != nil {
		return Checkout{}, classify("retrieve checkout "+sessionID, err)
	}
	return toCheckout(s)
}

// Expire closes an open checkout, so that it can no longer be paid. A checkout
// that is complete or expired is [ErrRefused].
func (g *Gateway) Expire(ctx context.Context, sessionID, idempotencyKey string) (Checkout, error) {
	p := &stripe.CheckoutSessionExpireParams{}
	p.Context = ctx
	p.SetIdempotencyKey(idempotencyKey)
	s, err := g.api.CheckoutSessions.Expire(sessionID, p)
	if err != nil {
		return Checkout{}, classify("expire checkout "+sessionID, err)
	}
	return toCheckout(s)
}

// Refund gives money of a payment back to the card. It returns [ErrRefused]
// (more than is left, unknown payment), [ErrTransient] or [ErrUnknownOutcome].
func (g *Gateway) Refund(ctx context.Context, r RefundRequest) (RefundResult, error) {
	if r.IdempotencyKey == "" || r.Amount <= 0 {
		return RefundResult{}, fmt.Errorf("refund %s: %w", r.PaymentIntentID, refused("parameter_missing", "amount and idempotency key"))
	}
	p := &stripe.RefundParams{
		PaymentIntent: stripe.String(r.PaymentIntentID),
		Amount:        stripe.Int64(r.Amount.Cents()),
		Metadata:      r.Metadata,
	}
	p.Context = ctx
	p.SetIdempotencyKey(r.IdempotencyKey)
	f, err := g.api.Refunds.New(p)
	if err != nil {
		return RefundResult{}, classify("refund "+r.PaymentIntentID, err)
	}
	result := RefundResult{RefundID: f.ID, Amount: money.Amount(f.Amount), Status: string(f.Status)}
	if f.PaymentIntent != nil {
		result.PaymentIntentID = f.PaymentIntent.ID
	}
	if f.ID == "" {
		return RefundResult{}, fmt.Errorf("refund %s: answer without id: %w", r.PaymentIntentID, ErrUnknownOutcome)
	}
	return result, nil
}

func toCheckout(s *stripe.CheckoutSession) (Checkout, error) {
	if s.ID == "" {
		return Checkout{}, fmt.Errorf("checkout: answer without id: %w", ErrUnknownOutcome)
	}
	c := Checkout{
		SessionID: s.ID, URL: s.URL, PaymentID: billing.PaymentID(s.ClientReferenceID),
		Status: SessionStatus(s.Status), PaymentStatus: PaymentStatus(s.PaymentStatus),
		Amount: money.Amount(s.AmountTotal), Currency: string(s.Currency), Metadata: s.Metadata,
		Livemode: s.Livemode,
	}
	if s.ExpiresAt != 0 {
		c.ExpiresAt = time.Unix(s.ExpiresAt, 0).UTC()
	}
	if s.PaymentIntent != nil {
		c.PaymentIntentID = s.PaymentIntent.ID
	}
	return c, nil
}
