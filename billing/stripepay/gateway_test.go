package stripepay_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"colletta/billing/stripepay"
	"colletta/billing/stripepay/sandbox"
)

const (
	key    = "sk_test_0123456789"
	secret = "whsec_test"
)

func request(payment string) stripepay.CheckoutRequest {
	return stripepay.CheckoutRequest{
		PaymentID: "p-1", IdempotencyKey: "checkout-" + payment, Amount: 48_00, Description: "Laboratorio di psicomotricità",
		CustomerEmail: "anna@example.org", SuccessURL: "https://colletta.example/ok?s={CHECKOUT_SESSION_ID}", CancelURL: "https://colletta.example/no",
		Metadata: map[string]string{"charge_id": "c-1"},
	}
}

func gateway(t *testing.T, base string, client *http.Client) *stripepay.Gateway {
	t.Helper()
	g, err := stripepay.New(stripepay.Config{SecretKey: key, WebhookSecret: secret, BaseURL: base, HTTPClient: client})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// box is a sandbox mounted under a prefix of a server, with its webhooks caught.
type box struct {
	*sandbox.Server
	url    string
	hooks  chan hook
	answer func() int // status given to each webhook
}

type hook struct {
	body   []byte
	header string
}

func newBox(t *testing.T, change func(*sandbox.Config)) *box {
	t.Helper()
	b := &box{hooks: make(chan hook, 1000), answer: func() int { return 200 }}
	catcher := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		status := b.answer()
		w.WriteHeader(status)
		if status < 300 {
			b.hooks <- hook{body, r.Header.Get("Stripe-Signature")}
		}
	}))
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	b.url = server.URL + "/stripe-sandbox"
	c := sandbox.Config{PublicURL: b.url, SecretKey: key, WebhookURL: catcher.URL, WebhookSecret: secret, Backoff: 5 * time.Millisecond}
	if change != nil {
		change(&c)
	}
	s, err := sandbox.New(c)
	if err != nil {
		t.Fatal(err)
	}
	b.Server = s
	mux.Handle("/stripe-sandbox/", s)
	t.Cleanup(func() { server.Close(); s.Close(); catcher.Close() })
	return b
}

// payer is a browser that does not follow redirects.
var payer = &http.Client{Timeout: 10 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// payWith types a card into the hosted page and gives status, redirect and page.
func payWith(t *testing.T, page string, form url.Values) (int, string, string) {
	t.Helper()
	answer, err := payer.PostForm(page, form)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, answer.Header.Get("Location"), string(body)
}

func card(number string) url.Values { return url.Values{"card": {number}} }

func TestNewRefusesUnsafeConfigurations(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		config stripepay.Config
		want   error
	}{
		{"no webhook secret", stripepay.Config{SecretKey: key}, stripepay.ErrNoWebhookSecret},
		{"blank webhook secret", stripepay.Config{SecretKey: key, WebhookSecret: " "}, stripepay.ErrNoWebhookSecret},
		{"no key", stripepay.Config{WebhookSecret: secret}, stripepay.ErrNoSecretKey},
		{"no host", stripepay.Config{SecretKey: key, WebhookSecret: secret, BaseURL: "stripe"}, stripepay.ErrBaseURL},
		{"a file", stripepay.Config{SecretKey: key, WebhookSecret: secret, BaseURL: "file:///etc"}, stripepay.ErrBaseURL},
		{"too many retries", stripepay.Config{SecretKey: key, WebhookSecret: secret, Retries: 6}, stripepay.ErrRetries},
	} {
		if g, err := stripepay.New(c.config); !errors.Is(err, c.want) || g != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	live, err := stripepay.New(stripepay.Config{SecretKey: "sk_live_1", WebhookSecret: secret})
	if err != nil || !live.Live() {
		t.Errorf("live key: %v", err)
	}
}

// Goal: every call has a shape that Stripe's own description accepts, and its
// answer decodes. stripe-mock answers with fixtures, so values are not compared.
func TestGatewayAgainstStripeMock(t *testing.T) {
	t.Parallel()
	m := theMock(t)
	g := gateway(t, mockURL, m.client)
	r := request("1")
	r.ExpiresAt = time.Now().Add(time.Hour)
	if c, err := g.CreateCheckout(t.Context(), r); err != nil || c.SessionID == "" {
		t.Errorf("create: %+v, %v", c, err)
	}
	if c, err := g.Retrieve(t.Context(), "cs_test_1"); err != nil || c.SessionID == "" {
		t.Errorf("retrieve: %+v, %v", c, err)
	}
	if c, err := g.Expire(t.Context(), "cs_test_1", "expire-1"); err != nil || c.SessionID == "" {
		t.Errorf("expire: %+v, %v", c, err)
	}
	if f, err := g.Refund(t.Context(), stripepay.RefundRequest{PaymentIntentID: "pi_1", Amount: 5_00, IdempotencyKey: "refund-1", Metadata: map[string]string{"a": "b"}}); err != nil || f.RefundID == "" {
		t.Errorf("refund: %+v, %v", f, err)
	}
}

// Goal: one payment from checkout to refund, and the sandbox's book agrees.
func TestGatewayAgainstTheSandbox(t *testing.T) {
	t.Parallel()
	b := newBox(t, nil)
	g := gateway(t, b.url, nil)
	c, err := g.CreateCheckout(t.Context(), request("1"))
	if err != nil {
		t.Fatal(err)
	}
	if c.Status != stripepay.SessionOpen || c.Paid() || c.Amount != 48_00 || c.Currency != "eur" || c.PaymentID != "p-1" ||
		c.Metadata["charge_id"] != "c-1" || c.Metadata["payment_id"] != "p-1" || c.PaymentIntentID != "" || !strings.HasPrefix(c.URL, b.url+"/pay/") || c.Livemode {
		t.Fatalf("%+v", c)
	}
	if again, err := g.CreateCheckout(t.Context(), request("1")); err != nil || again.SessionID != c.SessionID {
		t.Fatalf("the same key gave %+v, %v", again, err)
	}
	other := request("1")
	other.Amount++
	if _, err := g.CreateCheckout(t.Context(), other); !errors.Is(err, stripepay.ErrKeyReused) || !errors.Is(err, stripepay.ErrRefused) {
		t.Fatalf("the same key with another amount: %v", err)
	}
	status, location, _ := payWith(t, c.URL, card("4242 4242 4242 4242"))
	if status != http.StatusSeeOther || location != "https://colletta.example/ok?s="+c.SessionID {
		t.Fatalf("%d to %s", status, location)
	}
	paid, err := g.Retrieve(t.Context(), c.SessionID)
	if err != nil || !paid.Paid() || paid.PaymentIntentID == "" || paid.URL != "" {
		t.Fatalf("%+v, %v", paid, err)
	}
	if _, err := g.Expire(t.Context(), c.SessionID, "e"); !errors.Is(err, stripepay.ErrRefused) {
		t.Fatalf("expired after it was paid: %v", err)
	}
	refund := stripepay.RefundRequest{PaymentIntentID: paid.PaymentIntentID, Amount: 8_00, IdempotencyKey: "r1"}
	for range 2 { // once under one key
		if f, err := g.Refund(t.Context(), refund); err != nil || f.Status != "succeeded" || f.PaymentIntentID != paid.PaymentIntentID {
			t.Fatalf("%+v, %v", f, err)
		}
	}
	refund.Amount, refund.IdempotencyKey = 40_01, "r2"
	if _, err := g.Refund(t.Context(), refund); !errors.Is(err, stripepay.ErrRefused) {
		t.Fatalf("refunded more than was left: %v", err)
	}
	if got, want := b.Book(), (sandbox.Book{Captured: 48_00, Refunded: 8_00, Balance: 40_00, Captures: 1, Refunds: 1}); got != want {
		t.Fatalf("book %+v, want %+v", got, want)
	}
	if _, err := g.Retrieve(t.Context(), "cs_test_nobody"); !errors.Is(err, stripepay.ErrNotFound) {
		t.Fatalf("unknown session: %v", err)
	}
	stranger, err := stripepay.New(stripepay.Config{SecretKey: "sk_test_other", WebhookSecret: secret, BaseURL: b.url})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Retrieve(t.Context(), c.SessionID); !errors.Is(err, stripepay.ErrCredentials) || strings.Contains(err.Error(), "sk_test_other") {
		t.Fatalf("wrong key: %v", err)
	}
}

// Goal: a lost answer never becomes a second checkout (fault F-14).
func TestLostAnswersAreUnknownAndRepeatable(t *testing.T) {
	t.Parallel()
	b := newBox(t, nil)
	// On a connection used before, net/http itself sends a request with an
	// idempotency key again; new connections show the plain fault.
	g := gateway(t, b.url, &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}})
	for i, fault := range []sandbox.CallFault{sandbox.CallCutAfter, sandbox.CallBrokenAfter, sandbox.CallCutBefore, sandbox.CallFail, sandbox.CallDown} {
		b.SetFaults(sandbox.Faults{Calls: []sandbox.CallFault{fault}})
		r := request(string(fault))
		if _, err := g.CreateCheckout(t.Context(), r); !errors.Is(err, stripepay.ErrUnknownOutcome) || errors.Is(err, stripepay.ErrRefused) {
			t.Errorf("%s: %v", fault, err)
		}
		first, err := g.CreateCheckout(t.Context(), r)
		if fault == sandbox.CallFail { // kept under the key, as at Stripe
			if !errors.Is(err, stripepay.ErrUnknownOutcome) {
				t.Errorf("%s again: %v", fault, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%d %s again: %v", i, fault, err)
		}
		if second, err := g.CreateCheckout(t.Context(), r); err != nil || second.SessionID != first.SessionID {
			t.Errorf("%s: two checkouts", fault)
		}
	}
	for _, fault := range []sandbox.CallFault{sandbox.CallBusy, sandbox.CallLock, sandbox.CallRate} {
		b.SetFaults(sandbox.Faults{Calls: []sandbox.CallFault{fault}})
		if _, err := g.CreateCheckout(t.Context(), request(string(fault))); !errors.Is(err, stripepay.ErrTransient) {
			t.Errorf("%s: %v", fault, err)
		}
	}
	retrying, err := stripepay.New(stripepay.Config{SecretKey: key, WebhookSecret: secret, BaseURL: b.url, Retries: 2})
	if err != nil {
		t.Fatal(err)
	}
	b.SetFaults(sandbox.Faults{Calls: []sandbox.CallFault{sandbox.CallCutAfter}})
	if c, err := retrying.CreateCheckout(t.Context(), request("retried")); err != nil || c.SessionID == "" {
		t.Errorf("a retry with the same key: %v", err)
	}
}

func TestErrorClasses(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		status int
		body   string
		want   error
	}{
		{"declined", 402, `{"error":{"type":"card_error","code":"card_declined","decline_code":"insufficient_funds"}}`, stripepay.ErrDeclined},
		{"bad parameter", 400, `{"error":{"type":"invalid_request_error","code":"parameter_missing"}}`, stripepay.ErrRefused},
		{"forbidden", 403, `{"error":{"type":"invalid_request_error"}}`, stripepay.ErrCredentials},
		{"rate", 429, `{"error":{"type":"invalid_request_error","code":"rate_limit"}}`, stripepay.ErrTransient},
		{"inside", 500, `{"error":{"type":"api_error"}}`, stripepay.ErrUnknownOutcome},
		{"a proxy's page", 502, `<html>`, stripepay.ErrUnknownOutcome},
		{"no error object", 400, `{}`, stripepay.ErrUnknownOutcome},
		{"broken", 200, `{"id":`, stripepay.ErrUnknownOutcome},
		{"empty object", 200, `{}`, stripepay.ErrUnknownOutcome},
		{"null", 200, `null`, stripepay.ErrUnknownOutcome},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			_, _ = io.WriteString(w, c.body)
		}))
		g := gateway(t, s.URL, nil)
		_, err := g.CreateCheckout(t.Context(), request("1"))
		classes := 0
		for _, class := range []error{stripepay.ErrRefused, stripepay.ErrTransient, stripepay.ErrUnknownOutcome} {
			if errors.Is(err, class) {
				classes++
			}
		}
		if !errors.Is(err, c.want) || classes != 1 || strings.Contains(err.Error(), key) {
			t.Errorf("%s: %v (%d classes)", c.name, err, classes)
		}
		var r *stripepay.Refusal
		if c.name == "declined" && (!errors.As(err, &r) || r.Decline != "insufficient_funds") {
			t.Errorf("no decline code: %v", err)
		}
		s.Close()
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := gateway(t, "http://127.0.0.1:1", nil).Retrieve(ctx, "cs"); !errors.Is(err, stripepay.ErrUnknownOutcome) || !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for _, spoil := range []func(*stripepay.CheckoutRequest){
		func(r *stripepay.CheckoutRequest) { r.Amount = 49 },
		func(r *stripepay.CheckoutRequest) { r.Amount = 1_000_000_00 },
		func(r *stripepay.CheckoutRequest) { r.IdempotencyKey = "" },
		func(r *stripepay.CheckoutRequest) { r.PaymentID = "" },
	} {
		r := request("1")
		spoil(&r)
		if _, err := gateway(t, "http://127.0.0.1:1", nil).CreateCheckout(t.Context(), r); !errors.Is(err, stripepay.ErrRefused) {
			t.Errorf("%+v: %v", r, err)
		}
	}
}

// exchange is one recorded call to the sandbox.
type exchange struct {
	method, path, form string
	status             int
	answer             []byte
}

// recorder passes calls on and remembers them.
type recorder struct {
	mu  sync.Mutex
	all []exchange
}

func (rec *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	var form []byte
	if r.Body != nil {
		form, _ = io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(form))
	}
	answer, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(answer.Body)
	answer.Body = io.NopCloser(bytes.NewReader(body))
	rec.mu.Lock()
	defer rec.mu.Unlock()
	_, path, _ := strings.Cut(r.URL.RequestURI(), "/stripe-sandbox")
	rec.all = append(rec.all, exchange{r.Method, path, string(form), answer.StatusCode, body})
	return answer, err
}

// call sends one raw call, as stripe-go would.
func call(t *testing.T, client *http.Client, base, method, path, form string) (int, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, base+path, strings.NewReader(form))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Stripe-Version", stripepay.APIVersion)
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, body
}

// decoded are the fields that the gateway reads, by object.
var decoded = map[string][]string{
	"checkout.session": {"id", "url", "payment_intent", "client_reference_id", "status", "payment_status", "amount_total", "currency", "metadata", "expires_at", "livemode"},
	"refund":           {"id", "amount", "status", "payment_intent"},
	"payment_intent":   {"id", "currency", "metadata", "amount_received", "last_payment_error"},
	"charge":           {"id", "currency", "metadata", "amount_refunded", "payment_intent"},
	"event":            {"id", "object", "type", "created", "livemode", "api_version", "data"},
	"list":             {"data", "has_more", "url"},
	"customer":         {"id", "email"},
}

// Goal: the sandbox speaks Stripe's language and no dialect. Method: record
// what it is asked, by the gateway and by hand, and ask stripe-mock the same;
// both accept it, both answer the same kind of object, the fields that the
// gateway decodes are in both with types that agree, and the sandbox invents
// no field.
func TestSandboxSpeaksAsStripeMockDoes(t *testing.T) {
	t.Parallel()
	m, b, rec := theMock(t), newBox(t, nil), &recorder{}
	client := &http.Client{Transport: rec, Timeout: 10 * time.Second}
	g := gateway(t, b.url, client)
	c, err := g.CreateCheckout(t.Context(), request("1"))
	if err != nil {
		t.Fatal(err)
	}
	payWith(t, c.URL, card("4242424242424242"))
	paid, err := g.Retrieve(t.Context(), c.SessionID)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Refund(t.Context(), stripepay.RefundRequest{PaymentIntentID: paid.PaymentIntentID, Amount: 5_00, IdempotencyKey: "r"}); err != nil {
		t.Fatal(err)
	}
	second, err := g.CreateCheckout(t.Context(), request("2"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.Expire(t.Context(), second.SessionID, "e"); err != nil {
		t.Fatal(err)
	}
	made := func(method, path, form string) string {
		status, body := call(t, client, b.url, method, path, form)
		var o struct{ Object, ID string }
		if err := json.Unmarshal(body, &o); status != 200 || err != nil {
			t.Fatalf("%s %s: %d %s", method, path, status, body)
		}
		if o.Object == "list" {
			var page struct{ Data []struct{ ID string } }
			if err := json.Unmarshal(body, &page); err != nil || len(page.Data) == 0 {
				t.Fatalf("%s %s: %s", method, path, body)
			}
			return page.Data[0].ID
		}
		return o.ID
	}
	customer := made("POST", "/v1/customers", "email=anna%40example.org&name=Anna&metadata[a]=b")
	made("GET", "/v1/customers/"+customer, "")
	intent := made("POST", "/v1/payment_intents", "amount=4800&currency=eur&payment_method_types[0]=card&customer="+customer+"&metadata[payment_id]=p")
	made("GET", "/v1/payment_intents/"+intent, "")
	made("POST", "/v1/payment_intents/"+intent+"/confirm", "payment_method=pm_card_visa")
	made("POST", "/v1/payment_intents/"+made("POST", "/v1/payment_intents", "amount=50&currency=eur")+"/cancel", "")
	refund := made("POST", "/v1/refunds", "payment_intent="+intent)
	made("GET", "/v1/refunds/"+refund, "")
	event := made("GET", "/v1/events?limit=3&type=charge.refunded", "")
	made("GET", "/v1/events/"+event, "")
	if len(rec.all) < 14 {
		t.Fatalf("only %d calls recorded", len(rec.all))
	}
	for _, x := range rec.all {
		status, body := call(t, m.client, mockURL, x.method, x.path, x.form)
		if x.status != 200 || status != 200 {
			t.Errorf("%s %s: sandbox %d, stripe-mock %d %s", x.method, x.path, x.status, status, body)
			continue
		}
		compare(t, x.method+" "+x.path, x.answer, body)
	}
}

func compare(t *testing.T, what string, sandbox, mock []byte) {
	t.Helper()
	var ours, theirs map[string]any
	if err := errors.Join(json.Unmarshal(sandbox, &ours), json.Unmarshal(mock, &theirs)); err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	kind, _ := ours["object"].(string)
	if ours["object"] != theirs["object"] || decoded[kind] == nil {
		t.Errorf("%s: sandbox answers %v, stripe-mock %v", what, ours["object"], theirs["object"])
		return
	}
	for _, field := range decoded[kind] {
		a, inOurs := ours[field]
		b, inTheirs := theirs[field]
		if !inOurs || !inTheirs {
			t.Errorf("%s: field %s in sandbox %v, in stripe-mock %v", what, field, inOurs, inTheirs)
		} else if a != nil && b != nil && kindOf(a) != kindOf(b) {
			t.Errorf("%s: field %s is %s in the sandbox, %s in stripe-mock", what, field, kindOf(a), kindOf(b))
		}
	}
	for field := range ours {
		if _, there := theirs[field]; !there {
			t.Errorf("%s: sandbox invents %s", what, field)
		}
	}
}

func kindOf(v any) string {
	switch v.(type) {
	case string:
		return "string"
	case float64:
		return "number"
	case bool:
		return "bool"
	case []any:
		return "list"
	case map[string]any:
		return "object"
	}
	return "null"
}

// Goal: what Stripe's description refuses, the sandbox refuses too.
func TestSandboxRefusesWhatStripeMockRefuses(t *testing.T) {
	t.Parallel()
	m, b := theMock(t), newBox(t, nil)
	const item = "line_items[0][quantity]=1&line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]=4800&line_items[0][price_data][product_data][name]=x"
	for _, c := range []struct{ name, method, path, form string }{
		{"intent without currency", "POST", "/v1/payment_intents", "amount=100"},
		{"intent without amount", "POST", "/v1/payment_intents", "currency=eur"},
		{"amount in words", "POST", "/v1/payment_intents", "currency=eur&amount=abc"},
		{"amount with decimals", "POST", "/v1/payment_intents", "currency=eur&amount=1.5"},
		{"unknown parameter of an intent", "POST", "/v1/payment_intents", "currency=eur&amount=100&bogus=1"},
		{"price without currency", "POST", "/v1/checkout/sessions", "mode=payment&success_url=https://a/b&" + strings.Replace(item, "currency", "colour", 1)},
		{"price without product name", "POST", "/v1/checkout/sessions", "mode=payment&success_url=https://a/b&" + strings.Replace(item, "[name]=x", "[description]=x", 1)},
		{"unknown parameter of a session", "POST", "/v1/checkout/sessions", "mode=payment&success_url=https://a/b&bogus=1&" + item},
		{"unknown mode", "POST", "/v1/checkout/sessions", "mode=gift&success_url=https://a/b&" + item},
		{"refund in words", "POST", "/v1/refunds", "amount=x&payment_intent=pi_1"},
		{"limit in words", "GET", "/v1/events?limit=abc", ""},
		{"unknown parameter of events", "GET", "/v1/events?bogus=1", ""},
		{"unknown address", "GET", "/v1/nonsense", ""},
	} {
		ours, answer := call(t, http.DefaultClient, b.url, c.method, c.path, c.form)
		theirs, _ := call(t, m.client, mockURL, c.method, c.path, c.form)
		if ours < 400 || ours > 499 || theirs < 400 || theirs > 499 {
			t.Errorf("%s: sandbox %d, stripe-mock %d", c.name, ours, theirs)
		}
		var e struct {
			Error struct{ Type, Message string }
		}
		if err := json.Unmarshal(answer, &e); err != nil || e.Error.Type == "" || e.Error.Message == "" {
			t.Errorf("%s: %s", c.name, answer)
		}
	}
	for _, base := range []struct {
		client *http.Client
		url    string
	}{{http.DefaultClient, b.url}, {m.client, mockURL}} {
		r, err := http.NewRequestWithContext(t.Context(), "GET", base.url+"/v1/events", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := base.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if answer.Body.Close(); answer.StatusCode != 401 {
			t.Errorf("%s without a key: %d", base.url, answer.StatusCode)
		}
	}
}
