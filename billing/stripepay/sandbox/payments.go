package sandbox

import (
	"strconv"
	"strings"
	"time"

	"colletta/money"
)

// The bounds of a session's life, as at Stripe.
const (
	sessionLifeMin = 30 * time.Minute
	sessionLifeMax = 24 * time.Hour
)

// lineItemsMax bounds the lines of a session.
const lineItemsMax = 100

func createSession(s *Server, c *call) (any, *apiError) {
	metadata, e1 := c.metadata("metadata")
	intentMetadata, e2 := c.metadata("payment_intent_data[metadata]")
	success, e3 := c.address("success_url", true)
	cancel, e4 := c.address("cancel_url", false)
	total, description, e5 := c.lineItems()
	expires, e6 := c.expiresAt(s.config.Now())
	if e := first(c.only("mode", "success_url", "cancel_url", "client_reference_id", "customer", "customer_email", "currency", "expires_at", "locale",
		"line_items[", "metadata[", "payment_method_types[", "payment_intent_data[", "submit_type"), e1, e2, c.sessionKind(s), e3, e4, e5, e6); e != nil {
		return nil, e
	}
	o := &session{
		ID: newID("cs_test_"), Object: "checkout.session", AmountSubtotal: total, AmountTotal: total,
		CancelURL: optional(cancel), ClientReferenceID: optional(c.params.Get("client_reference_id")),
		Created: s.config.Now().Unix(), Currency: "eur", Customer: optional(c.params.Get("customer")),
		CustomerEmail: optional(c.params.Get("customer_email")), ExpiresAt: expires, Locale: optional(c.params.Get("locale")),
		Metadata: metadata, Mode: "payment", PaymentMethodTypes: []string{"card"}, PaymentStatus: "unpaid",
		Status: "open", SuccessURL: success, UIMode: "hosted",
	}
	o.URL = optional(s.config.PublicURL + "/pay/" + o.ID)
	s.state.Sessions[o.ID] = o
	s.state.Hidden[o.ID] = &hidden{Description: description, IntentText: c.params.Get("payment_intent_data[description]"), IntentMetadata: intentMetadata}
	return o, nil
}

// sessionKind checks mode, payment methods, payer and references.
func (c *call) sessionKind(s *Server) *apiError {
	if e := c.need("mode"); e != nil {
		return e
	}
	if c.params.Get("mode") != "payment" {
		return invalid("parameter_invalid", "mode", "The sandbox knows only the mode payment.")
	}
	for name, values := range c.params {
		if strings.HasPrefix(name, "payment_method_types[") && values[0] != "card" {
			return invalid("parameter_invalid", name, "The sandbox knows only cards.")
		}
	}
	if id := c.params.Get("customer"); id != "" {
		if _, e := look(s.state.Customers, "customer", id); e != nil {
			return e
		}
	}
	if email := c.params.Get("customer_email"); email != "" && (!strings.Contains(email, "@") || len(email) > 800) {
		return invalid("email_invalid", "customer_email", "Invalid email address: "+email)
	}
	if len(c.params.Get("client_reference_id")) > 200 {
		return invalid("parameter_invalid", "client_reference_id", "At most 200 characters.")
	}
	return nil
}

// lineItems sums the lines and joins their names.
func (c *call) lineItems() (total int64, description string, refused *apiError) {
	var names []string
	for i := range lineItemsMax {
		p := "line_items[" + strconv.Itoa(i) + "]"
		if !c.has(p) {
			break
		}
		price := p + "[price_data]"
		if e := c.need(price+"[currency]", price+"[unit_amount]", price+"[product_data][name]", p+"[quantity]"); e != nil {
			return 0, "", e
		}
		if strings.ToLower(c.params.Get(price+"[currency]")) != "eur" {
			return 0, "", invalid("parameter_invalid", price+"[currency]", "The sandbox knows only eur.")
		}
		amount, e1 := c.whole(price + "[unit_amount]")
		quantity, e2 := c.whole(p + "[quantity]")
		if e := first(e1, e2); e != nil {
			return 0, "", e
		}
		if amount < 0 || amount > amountMax || quantity < 1 || quantity > 1000 {
			return 0, "", invalid("parameter_invalid_integer", p, "Amount or quantity out of range.")
		}
		total += amount * quantity
		names = append(names, c.params.Get(price+"[product_data][name]"))
	}
	if len(names) == 0 {
		return 0, "", invalid("parameter_missing", "line_items", "You must pass line_items in payment mode.")
	}
	return total, strings.Join(names, ", "), checkAmount(total, "line_items")
}

func (c *call) has(prefix string) bool {
	for name := range c.params {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

func (c *call) expiresAt(now time.Time) (int64, *apiError) {
	if !c.params.Has("expires_at") {
		return now.Add(sessionLifeMax).Unix(), nil
	}
	at, e := c.whole("expires_at")
	if e != nil {
		return 0, e
	}
	// Both ends are compared in whole seconds, as the parameter is.
	if at < now.Add(sessionLifeMin).Unix() || at > now.Add(sessionLifeMax).Unix() {
		return 0, invalid("parameter_invalid", "expires_at", "The expires_at timestamp must be between 30 minutes and 24 hours from Checkout Session creation.")
	}
	return at, nil
}

func showSession(s *Server, c *call) (any, *apiError) {
	if e := c.only("expand[", "expand[]"); e != nil {
		return nil, e
	}
	return s.session(c.id)
}

// session finds a session and expires it when its time has come.
func (s *Server) session(id string) (*session, *apiError) {
	o, e := look(s.state.Sessions, "checkout.session", id)
	if e == nil && o.Status == "open" && s.config.Now().Unix() >= o.ExpiresAt {
		s.expire(nil, o)
	}
	return o, e
}

func expireSession(s *Server, c *call) (any, *apiError) {
	o, e := s.session(c.id)
	if e = first(c.only("expand[", "expand[]"), e); e != nil {
		return nil, e
	}
	if o.Status != "open" {
		return nil, invalid("checkout_session_not_open", "", "Only Checkout Sessions with a status in [\"open\"] can be expired. This Checkout Session has a status of "+o.Status+".")
	}
	s.expire(c, o)
	return o, nil
}

func (s *Server) expire(c *call, o *session) {
	o.Status, o.URL = "expired", nil
	if o.PaymentIntent != nil {
		if i := s.state.Intents[*o.PaymentIntent]; i.Status != "canceled" {
			s.stop(i)
			s.announce(c, happened{"payment_intent.canceled", i})
		}
	}
	s.announce(c, happened{"checkout.session.expired", o})
}

func createIntent(s *Server, c *call) (any, *apiError) {
	metadata, e := c.metadata("metadata")
	if e = first(c.only("amount", "currency", "customer", "description", "confirm", "payment_method", "payment_method_types[",
		"automatic_payment_methods[", "capture_method", "return_url", "metadata["), e, c.need("amount", "currency")); e != nil {
		return nil, e
	}
	amount, e := c.whole("amount")
	if e = first(e, checkAmount(amount, "amount")); e != nil {
		return nil, e
	}
	if strings.ToLower(c.params.Get("currency")) != "eur" {
		return nil, invalid("parameter_invalid", "currency", "The sandbox knows only eur.")
	}
	if id := c.params.Get("customer"); id != "" {
		if _, e := look(s.state.Customers, "customer", id); e != nil {
			return nil, e
		}
	}
	i := s.newIntent(amount, c.params.Get("description"), metadata)
	i.Customer = optional(c.params.Get("customer"))
	if c.params.Get("payment_method") != "" {
		i.PaymentMethod, i.Status = optional(c.params.Get("payment_method")), "requires_confirmation"
	}
	if c.params.Get("confirm") == "true" {
		return s.confirm(c, i)
	}
	return i, nil
}

func (s *Server) newIntent(amount int64, description string, metadata map[string]string) *intent {
	i := &intent{
		ID: newID("pi_"), Object: "payment_intent", Amount: amount, CaptureMethod: "automatic", ConfirmationMethod: "automatic",
		Created: s.config.Now().Unix(), Currency: "eur", Description: optional(description), Metadata: metadata,
		PaymentMethodTypes: []string{"card"}, Status: "requires_payment_method",
	}
	i.ClientSecret = i.ID + newID("_secret_")
	s.state.Intents[i.ID] = i
	return i
}

func confirmIntent(s *Server, c *call) (any, *apiError) {
	i, e := look(s.state.Intents, "payment_intent", c.id)
	if e = first(c.only("payment_method", "return_url"), e); e != nil {
		return nil, e
	}
	if m := c.params.Get("payment_method"); m != "" {
		i.PaymentMethod = &m
	}
	return s.confirm(c, i)
}

// methods are Stripe's test payment methods that the sandbox knows.
var methods = map[string]card{
	"pm_card_visa":                   cardOK,
	"pm_card_chargeDeclined":         cardDeclined,
	"pm_card_visa_chargeDeclined":    cardDeclined,
	"pm_card_authenticationRequired": card3DS,
	"pm_card_threeDSecure2Required":  card3DS,
	"pm_card_threeDSecureRequired":   card3DS,
}

func (s *Server) confirm(c *call, i *intent) (any, *apiError) {
	if i.Status == "succeeded" || i.Status == "canceled" {
		return nil, unexpected(i, "confirmed")
	}
	if i.PaymentMethod == nil {
		return nil, invalid("payment_intent_unexpected_state", "payment_method", "You cannot confirm this PaymentIntent because it's missing a payment method.")
	}
	kind, known := methods[*i.PaymentMethod]
	switch {
	case !known:
		return nil, missing("PaymentMethod", *i.PaymentMethod)
	case kind == cardDeclined || s.faults.DeclineAll:
		return nil, s.decline(c, i)
	case kind == card3DS:
		s.requireAction(i, "")
		return i, nil
	}
	s.announce(c, s.capture(i)...)
	return i, nil
}

func cancelIntent(s *Server, c *call) (any, *apiError) {
	i, e := look(s.state.Intents, "payment_intent", c.id)
	if e = first(c.only("cancellation_reason"), e); e != nil {
		return nil, e
	}
	if i.Status == "succeeded" || i.Status == "canceled" {
		return nil, unexpected(i, "canceled")
	}
	s.stop(i)
	s.announce(c, happened{"payment_intent.canceled", i})
	return i, nil
}

func (s *Server) stop(i *intent) {
	at := s.config.Now().Unix()
	i.Status, i.CanceledAt, i.NextAction = "canceled", &at, nil
}

func unexpected(i *intent, act string) *apiError {
	return invalid("payment_intent_unexpected_state", "", "This PaymentIntent could not be "+act+" because it has a status of "+i.Status+".")
}

func (s *Server) requireAction(i *intent, returnURL string) {
	i.Status, i.NextAction = "requires_action", &nextAction{Type: "redirect_to_url"}
	i.NextAction.RedirectToURL.ReturnURL = returnURL
}

// capture takes the money of an intent: a charge, a line in the book, and the
// events to announce.
func (s *Server) capture(i *intent) []happened {
	c := &charge{
		ID: newID("ch_"), Object: "charge", Amount: i.Amount, AmountCaptured: i.Amount, Captured: true, Created: s.config.Now().Unix(),
		Currency: i.Currency, Description: i.Description, Metadata: i.Metadata, Paid: true, PaymentIntent: i.ID, Status: "succeeded",
	}
	s.state.Charges[c.ID] = c
	i.Status, i.AmountReceived, i.LatestCharge, i.LastPaymentError, i.NextAction = "succeeded", i.Amount, &c.ID, nil, nil
	s.book(c.ID, money.Amount(i.Amount))
	return []happened{{"charge.succeeded", c}, {"payment_intent.succeeded", i}}
}

// decline refuses the card of an intent and announces it.
func (s *Server) decline(c *call, i *intent) *apiError {
	i.Status, i.NextAction = "requires_payment_method", nil
	i.LastPaymentError = &apiError{Type: "card_error", Code: "card_declined", DeclineCode: "generic_decline", Message: "Your card was declined."}
	s.announce(c, happened{"payment_intent.payment_failed", i})
	e := *i.LastPaymentError
	e.Status = 402
	snapshot := *i
	e.PaymentIntent = &snapshot
	return &e
}
