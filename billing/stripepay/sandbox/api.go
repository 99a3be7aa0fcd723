package sandbox

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"colletta/money"
)

// formBytesMax bounds the body of a call.
const formBytesMax = 256 << 10

// call is one API call: its parameters are flat, as they came
// ("line_items[0][price_data][currency]").
type call struct {
	id        string // {id} of the path
	params    url.Values
	key       string // idempotency key
	requestID string
}

// act does one kind of call under the lock and gives the object to answer.
type act func(*Server, *call) (any, *apiError)

// api wraps an act: authentication, parameters, idempotency, faults, saving.
func (s *Server) api(do act) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := &call{id: r.PathValue("id"), key: strings.TrimSpace(r.Header.Get("Idempotency-Key")), requestID: newID("req_")}
		w.Header().Set("Request-Id", c.requestID)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		if err := s.admit(w, r, c); err != nil {
			answerError(w, err)
			return
		}
		s.mu.Lock()
		fault := s.nextFault()
		status, body := 0, []byte(nil)
		if refused := fault.refusal(); refused == nil && fault != CallCutBefore {
			status, body = s.once(w, r, c, do, fault)
		} else if refused != nil {
			status, body = refused.Status, encodeError(refused)
		}
		s.mu.Unlock()
		switch fault {
		case CallCutBefore, CallCutAfter:
			panic(http.ErrAbortHandler)
		case CallBrokenAfter:
			status, body = http.StatusOK, body[:len(body)/2]
		}
		w.WriteHeader(status)
		_, _ = w.Write(body) // a client that went away asks again with its key
	}
}

// admit checks the key and the version and reads the parameters.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, c *call) *apiError {
	if !s.authorised(r) {
		return &apiError{Status: 401, Type: "invalid_request_error", Code: "api_key_invalid", Message: "Invalid API Key provided."}
	}
	if v := r.Header.Get("Stripe-Version"); v != "" && v != apiVersion {
		return invalid("api_version_invalid", "", "The sandbox speaks only API version "+apiVersion+".")
	}
	r.Body = http.MaxBytesReader(w, r.Body, formBytesMax)
	if err := r.ParseForm(); err != nil {
		return invalid("parameter_invalid", "", "The form cannot be read.")
	}
	c.params = r.Form
	if len(c.key) > 255 {
		return invalid("idempotency_key", "", "Keys have at most 255 characters.")
	}
	return nil
}

func (s *Server) nextFault() CallFault {
	if len(s.faults.Calls) == 0 {
		return CallOK
	}
	f := s.faults.Calls[0]
	s.faults.Calls = s.faults.Calls[1:]
	return f
}

func (f CallFault) refusal() *apiError {
	switch f {
	case CallBusy:
		return &apiError{Status: 409, Type: "idempotency_error", Code: "idempotency_key_in_use", Message: "There is currently another in-progress request using this key."}
	case CallLock:
		return &apiError{Status: 429, Type: "invalid_request_error", Code: "lock_timeout", Message: "This object cannot be accessed right now."}
	case CallRate:
		return &apiError{Status: 429, Type: "invalid_request_error", Code: "rate_limit", Message: "Too many requests."}
	case CallDown:
		return &apiError{Status: 503, Type: "api_error", Message: "Service unavailable."}
	}
	return nil
}

// once does an act, or answers what was answered under the same key before.
// The caller holds the lock.
func (s *Server) once(w http.ResponseWriter, r *http.Request, c *call, do act, fault CallFault) (int, []byte) {
	if r.Method != http.MethodPost {
		return s.do(c, do)
	}
	sum := sha256.Sum256([]byte(r.URL.Path + "?" + c.params.Encode()))
	hash := hex.EncodeToString(sum[:])
	now := s.config.Now()
	if before := s.state.Answers[c.key]; c.key != "" && before != nil && now.Sub(time.Unix(before.At, 0)) < answersKeptFor {
		if before.Hash != hash {
			e := &apiError{Status: 400, Type: "idempotency_error", Message: "Keys for idempotent requests can only be used with the same parameters they were first used with."}
			return e.Status, encodeError(e)
		}
		w.Header().Set("Idempotent-Replayed", "true")
		return before.Status, before.Body
	}
	status, body := s.do(c, do)
	if fault == CallFail {
		e := &apiError{Status: 500, Type: "api_error", Message: "An error occurred."}
		status, body = e.Status, encodeError(e)
	}
	// As at Stripe, nothing is kept when the parameters were not accepted.
	if c.key != "" && (status < 400 || status == 402 || status >= 500) {
		s.state.Answers[c.key] = &answer{hash, status, body, now.Unix()}
	}
	if err := s.save(); err != nil {
		e := &apiError{Status: 500, Type: "api_error", Message: err.Error()}
		return e.Status, encodeError(e)
	}
	return status, body
}

func (s *Server) do(c *call, do act) (int, []byte) {
	object, refused := do(s, c)
	if refused != nil {
		return refused.Status, encodeError(refused)
	}
	body, err := json.Marshal(object)
	if err != nil {
		panic("sandbox: answer: " + err.Error())
	}
	return http.StatusOK, body
}

func encodeError(e *apiError) []byte {
	body, err := json.Marshal(map[string]*apiError{"error": e})
	if err != nil {
		panic("sandbox: error: " + err.Error())
	}
	return body
}

func answerError(w http.ResponseWriter, e *apiError) {
	w.WriteHeader(e.Status)
	_, _ = w.Write(encodeError(e))
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// only refuses parameters that the sandbox does not know; a name that ends with
// [ stands for all that start with it.
func (c *call) only(names ...string) *apiError {
next:
	for given := range c.params {
		for _, n := range names {
			if given == n || (strings.HasSuffix(n, "[") && strings.HasPrefix(given, n)) {
				continue next
			}
		}
		return invalid("parameter_unknown", given, "Received unknown parameter: "+given)
	}
	return nil
}

func (c *call) need(names ...string) *apiError {
	for _, n := range names {
		if strings.TrimSpace(c.params.Get(n)) == "" {
			return invalid("parameter_missing", n, "Missing required param: "+n+".")
		}
	}
	return nil
}

// whole reads a parameter that is a whole number.
func (c *call) whole(name string) (int64, *apiError) {
	n, err := strconv.ParseInt(c.params.Get(name), 10, 64)
	if err != nil {
		return 0, invalid("parameter_invalid_integer", name, "Invalid integer: "+name)
	}
	return n, nil
}

// Amounts of a payment in euro cents, as at Stripe.
const (
	amountMin = 50
	amountMax = 999_999_99
)

func checkAmount(amount int64, param string) *apiError {
	if amount < amountMin {
		return invalid("amount_too_small", param, "The amount must be at least €0.50 eur.")
	}
	if amount > amountMax {
		return invalid("amount_too_large", param, "The amount must be no more than €999,999.99.")
	}
	return nil
}

// metadata reads prefix[key]=value: at most 50 keys of 40 characters, values of
// 500.
func (c *call) metadata(prefix string) (map[string]string, *apiError) {
	m := map[string]string{}
	for name := range c.params {
		inner, found := strings.CutPrefix(name, prefix+"[")
		if !found || !strings.HasSuffix(inner, "]") {
			continue
		}
		key, value := strings.TrimSuffix(inner, "]"), c.params.Get(name)
		if key == "" || len(key) > 40 || len(value) > 500 || strings.ContainsAny(key, "[]") {
			return nil, invalid("parameter_invalid", name, "Metadata keys have 1 to 40 characters, values up to 500.")
		}
		if value != "" {
			m[key] = value
		}
	}
	if len(m) > 50 {
		return nil, invalid("parameter_invalid", prefix, "At most 50 keys of metadata.")
	}
	return m, nil
}

func (c *call) address(name string, required bool) (string, *apiError) {
	text := c.params.Get(name)
	if text == "" && !required {
		return "", nil
	}
	if e := c.need(name); e != nil {
		return "", e
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || len(text) > 5000 {
		return "", invalid("url_invalid", name, "Not a valid URL: an explicit scheme (such as https) must be provided.")
	}
	return text, nil
}

// first gives the first error, so that checks read as a list.
func first(errors ...*apiError) *apiError {
	for _, e := range errors {
		if e != nil {
			return e
		}
	}
	return nil
}

func createCustomer(s *Server, c *call) (any, *apiError) {
	metadata, e := c.metadata("metadata")
	if e = first(c.only("email", "name", "description", "phone", "metadata["), e); e != nil {
		return nil, e
	}
	if email := c.params.Get("email"); email != "" && !strings.Contains(email, "@") {
		return nil, invalid("email_invalid", "email", "Invalid email address.")
	}
	o := &customer{
		ID: newID("cus_"), Object: "customer", Created: s.config.Now().Unix(),
		Email: optional(c.params.Get("email")), Name: optional(c.params.Get("name")), Metadata: metadata,
	}
	s.state.Customers[o.ID] = o
	s.announce(c, happened{"customer.created", o})
	return o, nil
}

func showCustomer(s *Server, c *call) (any, *apiError) {
	return look(s.state.Customers, "customer", c.id)
}
func showCharge(s *Server, c *call) (any, *apiError) { return look(s.state.Charges, "charge", c.id) }
func showRefund(s *Server, c *call) (any, *apiError) { return look(s.state.Refunds, "refund", c.id) }
func showIntent(s *Server, c *call) (any, *apiError) {
	return look(s.state.Intents, "payment_intent", c.id)
}

func look[T any](objects map[string]*T, kind, id string) (*T, *apiError) {
	if o := objects[id]; o != nil {
		return o, nil
	}
	return nil, missing(kind, id)
}

func showEvent(s *Server, c *call) (any, *apiError) {
	if e := s.event(c.id); e != nil {
		return e, nil
	}
	return nil, missing("event", c.id)
}

// listEvents lists events, newest first, in pages of at most 100.
func listEvents(s *Server, c *call) (any, *apiError) {
	if e := c.only("limit", "starting_after", "type"); e != nil {
		return nil, e
	}
	limit := int64(10)
	if c.params.Has("limit") {
		var e *apiError
		if limit, e = c.whole("limit"); e != nil || limit < 1 || limit > 100 {
			return nil, first(e, invalid("parameter_invalid_integer", "limit", "1 to 100."))
		}
	}
	after := c.params.Get("starting_after")
	if after != "" && s.event(after) == nil {
		return nil, missing("event", after)
	}
	page := list{Object: "list", Data: []any{}, URL: "/v1/events"}
	for i := len(s.state.Events) - 1; i >= 0; i-- {
		e := s.state.Events[i]
		if after != "" {
			if e.ID == after {
				after = ""
			}
			continue
		}
		if t := c.params.Get("type"); t != "" && t != e.Type {
			continue
		}
		if int64(len(page.Data)) == limit {
			page.HasMore = true
			break
		}
		page.Data = append(page.Data, e)
	}
	return page, nil
}

func createRefund(s *Server, c *call) (any, *apiError) {
	metadata, e := c.metadata("metadata")
	if e = first(c.only("payment_intent", "charge", "amount", "reason", "metadata["), e); e != nil {
		return nil, e
	}
	paid, e := s.charged(c)
	if e != nil {
		return nil, e
	}
	left := paid.AmountCaptured - paid.AmountRefunded
	amount := left
	if c.params.Has("amount") {
		if amount, e = c.whole("amount"); e != nil {
			return nil, e
		}
	}
	switch {
	case left == 0:
		return nil, invalid("charge_already_refunded", "", "Charge "+paid.ID+" has already been refunded.")
	case amount < 1:
		return nil, invalid("parameter_invalid_integer", "amount", "The amount must be greater than zero.")
	case amount > left:
		return nil, invalid("amount_too_large", "amount", "Refund amount is greater than unrefunded amount on charge.")
	}
	o := &refund{
		ID: newID("re_"), Object: "refund", Amount: amount, Charge: paid.ID, Created: s.config.Now().Unix(), Currency: paid.Currency,
		Metadata: metadata, PaymentIntent: paid.PaymentIntent, Reason: optional(c.params.Get("reason")), Status: "succeeded",
	}
	s.state.Refunds[o.ID] = o
	paid.AmountRefunded += amount
	paid.Refunded = paid.AmountRefunded == paid.AmountCaptured
	s.book(o.ID, money.Amount(-amount))
	s.announce(c, happened{"charge.refunded", paid})
	return o, nil
}

// charged finds the charge that a refund names.
func (s *Server) charged(c *call) (*charge, *apiError) {
	if id := c.params.Get("charge"); id != "" {
		return look(s.state.Charges, "charge", id)
	}
	id := c.params.Get("payment_intent")
	if id == "" {
		return nil, invalid("parameter_missing", "payment_intent", "One of the following params should be provided for this request: payment_intent or charge.")
	}
	i, e := look(s.state.Intents, "payment_intent", id)
	if e != nil {
		return nil, e
	}
	if i.LatestCharge == nil {
		return nil, invalid("payment_intent_unexpected_state", "payment_intent", "This PaymentIntent ("+id+") does not have a successful charge to refund.")
	}
	return s.state.Charges[*i.LatestCharge], nil
}
