package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

const testKey = "sk_test_sandbox"

// clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }
func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func at(t *testing.T, change func(*Config)) (*Server, *clock) {
	t.Helper()
	k := &clock{now: time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC)}
	c := Config{PublicURL: "http://shop.example/stripe-sandbox/", SecretKey: testKey, WebhookSecret: "whsec", Now: k.Now, Backoff: time.Millisecond}
	if change != nil {
		change(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s, k
}

func ask(s *Server, method, path string, form string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "/stripe-sandbox"+path, strings.NewReader(form))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+testKey)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, r)
	return w
}

func item(cents string) string {
	return "&line_items[0][quantity]=1&line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]=" + cents + "&line_items[0][price_data][product_data][name]=Laboratorio+%3Cb%3E"
}

const urls = "mode=payment&success_url=http%3A%2F%2Fshop.example%2Fok&cancel_url=http%3A%2F%2Fshop.example%2Fno"

func newSession(t *testing.T, s *Server) session {
	t.Helper()
	w := ask(s, "POST", "/v1/checkout/sessions", urls+item("4800"))
	var o session
	if err := json.Unmarshal(w.Body.Bytes(), &o); w.Code != 200 || err != nil {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return o
}

func code(w *httptest.ResponseRecorder) string {
	var e struct{ Error apiError }
	_ = json.Unmarshal(w.Body.Bytes(), &e) // an answer without an error has no code
	return e.Error.Code
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	good := Config{PublicURL: "http://a/b", SecretKey: testKey}
	for _, c := range []struct {
		change func(*Config)
		want   error
	}{
		{func(c *Config) { c.PublicURL = "/stripe" }, ErrPublicURL},
		{func(c *Config) { c.SecretKey = "sk_live_1" }, ErrSecretKey},
		{func(c *Config) { c.WebhookURL = "http://a/hook" }, ErrWebhookSecret},
	} {
		config := good
		c.change(&config)
		if _, err := New(config); !errors.Is(err, c.want) {
			t.Errorf("%v, want %v", err, c.want)
		}
	}
}

func TestParametersAreChecked(t *testing.T) {
	t.Parallel()
	s, k := at(t, nil)
	in := func(d time.Duration) string { return fmt.Sprint("&expires_at=", k.Now().Add(d).Unix()) }
	for _, c := range []struct {
		name, path, form string
		status           int
		code             string
	}{
		{"right", "/v1/checkout/sessions", urls + item("4800"), 200, ""},
		{"no mode", "/v1/checkout/sessions", "success_url=http://a/b" + item("4800"), 400, "parameter_missing"},
		{"no success_url", "/v1/checkout/sessions", "mode=payment" + item("4800"), 400, "parameter_missing"},
		{"script as address", "/v1/checkout/sessions", "mode=payment&success_url=javascript:alert(1)" + item("4800"), 400, "url_invalid"},
		{"path as address", "/v1/checkout/sessions", urls + "&cancel_url=/x" + item("4800"), 200, ""}, // the first value counts
		{"no lines", "/v1/checkout/sessions", urls, 400, "parameter_missing"},
		{"49 cents", "/v1/checkout/sessions", urls + item("49"), 400, "amount_too_small"},
		{"50 cents", "/v1/checkout/sessions", urls + item("50"), 200, ""},
		{"a million", "/v1/checkout/sessions", urls + item("100000000"), 400, "parameter_invalid_integer"},
		{"negative", "/v1/checkout/sessions", urls + item("-1"), 400, "parameter_invalid_integer"},
		{"dollars", "/v1/checkout/sessions", urls + strings.Replace(item("4800"), "=eur", "=usd", 1), 400, "parameter_invalid"},
		{"no e-mail", "/v1/checkout/sessions", urls + "&customer_email=anna" + item("4800"), 400, "email_invalid"},
		{"unknown customer", "/v1/checkout/sessions", urls + "&customer=cus_1" + item("4800"), 404, "resource_missing"},
		{"by sofort", "/v1/checkout/sessions", urls + "&payment_method_types[0]=sofort" + item("4800"), 400, "parameter_invalid"},
		{"expires in 29 minutes", "/v1/checkout/sessions", urls + in(29*time.Minute) + item("4800"), 400, "parameter_invalid"},
		{"expires in 30 minutes", "/v1/checkout/sessions", urls + in(30*time.Minute) + item("4800"), 200, ""},
		{"expires in a day", "/v1/checkout/sessions", urls + in(24*time.Hour) + item("4800"), 200, ""},
		{"expires in a day and a second", "/v1/checkout/sessions", urls + in(24*time.Hour+time.Second) + item("4800"), 400, "parameter_invalid"},
		{"long metadata", "/v1/checkout/sessions", urls + "&metadata[a]=" + strings.Repeat("x", 501) + item("4800"), 400, "parameter_invalid"},
		{"intent of 49 cents", "/v1/payment_intents", "amount=49&currency=eur", 400, "amount_too_small"},
		{"refund of nothing", "/v1/refunds", "", 400, "parameter_missing"},
		{"refund of an unknown payment", "/v1/refunds", "payment_intent=pi_1", 404, "resource_missing"},
		{"unknown session", "/v1/checkout/sessions/cs_1/expire", "", 404, "resource_missing"},
		{"unknown intent", "/v1/payment_intents/pi_1/confirm", "", 404, "resource_missing"},
	} {
		if w := ask(s, "POST", c.path, c.form); w.Code != c.status || code(w) != c.code {
			t.Errorf("%s: %d %s", c.name, w.Code, w.Body)
		}
	}
	if w := ask(s, "GET", "/v1/events", "", "Authorization", "Bearer sk_test_other"); w.Code != 401 {
		t.Errorf("wrong key: %d", w.Code)
	}
	if w := ask(s, "GET", "/v1/events", "", "Stripe-Version", "2019-01-01"); w.Code != 400 {
		t.Errorf("other version: %d", w.Code)
	}
	if w := ask(s, "POST", "/v1/payment_intents", strings.Repeat("x", formBytesMax+1)); w.Code != 400 {
		t.Errorf("huge body: %d", w.Code)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	s, k := at(t, nil)
	const form = "amount=4800&currency=eur"
	first := ask(s, "POST", "/v1/payment_intents", form, "Idempotency-Key", "k")
	again := ask(s, "POST", "/v1/payment_intents", "currency=eur&amount=4800", "Idempotency-Key", "k")
	if again.Body.String() != first.Body.String() || again.Header().Get("Idempotent-Replayed") != "true" {
		t.Errorf("not the same answer: %s", again.Body)
	}
	if w := ask(s, "POST", "/v1/payment_intents", "amount=4801&currency=eur", "Idempotency-Key", "k"); w.Code != 400 || !strings.Contains(w.Body.String(), "idempotency_error") {
		t.Errorf("other parameters: %d %s", w.Code, w.Body)
	}
	if w := ask(s, "POST", "/v1/customers", form, "Idempotency-Key", "k"); w.Code != 400 {
		t.Errorf("other address: %d", w.Code)
	}
	// Nothing is kept of what was not accepted.
	ask(s, "POST", "/v1/payment_intents", "amount=1&currency=eur", "Idempotency-Key", "bad")
	if w := ask(s, "POST", "/v1/payment_intents", form, "Idempotency-Key", "bad"); w.Code != 200 {
		t.Errorf("key of a refused call: %d", w.Code)
	}
	k.add(24 * time.Hour)
	if w := ask(s, "POST", "/v1/payment_intents", form, "Idempotency-Key", "k"); w.Body.String() == first.Body.String() {
		t.Error("the key was honoured after a day")
	}
}

// Goal: 32 calls with one key at once make one object.
func TestOneKeyAtOnce(t *testing.T) {
	t.Parallel()
	s, _ := at(t, nil)
	var wait sync.WaitGroup
	for range 32 {
		wait.Go(func() { ask(s, "POST", "/v1/payment_intents", "amount=4800&currency=eur", "Idempotency-Key", "k") })
	}
	wait.Wait()
	if n := len(s.state.Intents); n != 1 {
		t.Fatalf("%d intents", n)
	}
}

func TestIntents(t *testing.T) {
	t.Parallel()
	s, _ := at(t, nil)
	made := func(form string) intent {
		w := ask(s, "POST", "/v1/payment_intents", "amount=4800&currency=eur"+form)
		var i intent
		if err := json.Unmarshal(w.Body.Bytes(), &i); w.Code != 200 || err != nil {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		return i
	}
	if i := made("&payment_method=pm_card_visa&confirm=true"); i.Status != "succeeded" || i.AmountReceived != 4800 {
		t.Errorf("%+v", i)
	}
	i := made("")
	if w := ask(s, "POST", "/v1/payment_intents/"+i.ID+"/confirm", ""); w.Code != 400 {
		t.Errorf("confirmed without a card: %d", w.Code)
	}
	if w := ask(s, "POST", "/v1/payment_intents/"+i.ID+"/confirm", "payment_method=pm_card_chargeDeclined"); w.Code != 402 || code(w) != "card_declined" {
		t.Errorf("declined: %d %s", w.Code, w.Body)
	}
	if w := ask(s, "POST", "/v1/payment_intents/"+i.ID+"/confirm", "payment_method=pm_card_authenticationRequired"); !strings.Contains(w.Body.String(), `"requires_action"`) {
		t.Errorf("3DS: %s", w.Body)
	}
	if w := ask(s, "POST", "/v1/payment_intents/"+i.ID+"/cancel", ""); w.Code != 200 || !strings.Contains(w.Body.String(), `"canceled"`) {
		t.Errorf("cancel: %d %s", w.Code, w.Body)
	}
	if w := ask(s, "POST", "/v1/payment_intents/"+i.ID+"/confirm", "payment_method=pm_card_visa"); code(w) != "payment_intent_unexpected_state" {
		t.Errorf("confirmed after cancel: %d %s", w.Code, w.Body)
	}
	if got := s.Book(); got.Captures != 1 || got.Captured != 48_00 {
		t.Errorf("%+v", got)
	}
	var page list
	if err := json.Unmarshal(ask(s, "GET", "/v1/events?limit=1", "").Body.Bytes(), &page); err != nil || len(page.Data) != 1 || !page.HasMore {
		t.Errorf("%+v, %v", page, err)
	}
}

func TestThePageIsMarkedTestAndSafe(t *testing.T) {
	t.Parallel()
	s, k := at(t, nil)
	o := newSession(t, s)
	if *o.URL != "http://shop.example/stripe-sandbox/pay/"+o.ID {
		t.Fatal(*o.URL)
	}
	w := ask(s, "GET", "/pay/"+o.ID, "", "Authorization", "")
	page := w.Body.String()
	for _, want := range []string{"TEST — nessun denaro vero", `lang="it"`, "48,00\u00a0€", "Laboratorio &lt;b&gt;", `<label for="card">`, `href="/stripe-sandbox/style.css"`, "http://shop.example/no"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	for _, bad := range []string{"<script", "style=", "<style", "onclick"} {
		if strings.Contains(page, bad) {
			t.Errorf("%q is on the page", bad)
		}
	}
	if n := strings.Count(page, "<h1"); n != 1 {
		t.Errorf("%d h1", n)
	}
	for _, link := range regexp.MustCompile(`(?:src|href|action)="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		if !strings.HasPrefix(link[1], "/stripe-sandbox/") && link[1] != "data:," && link[1] != "http://shop.example/no" {
			t.Errorf("a link to %s", link[1])
		}
	}
	if p := w.Header().Get("Content-Security-Policy"); !strings.Contains(p, "default-src 'none'") || !strings.Contains(p, "form-action 'self' http://shop.example") {
		t.Error(p)
	}
	if css := ask(s, "GET", "/style.css", ""); css.Code != 200 || !strings.HasPrefix(css.Header().Get("Content-Type"), "text/css") {
		t.Errorf("style: %d", css.Code)
	}
	// A number that is no test card is refused and not kept or shown again.
	w = ask(s, "POST", "/pay/"+o.ID, url.Values{"card": {"5555 5555 5555 4444"}}.Encode())
	if w.Code != 422 || strings.Contains(w.Body.String(), "5555") || !strings.Contains(w.Body.String(), `aria-invalid="true"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if w := ask(s, "POST", "/pay/"+o.ID, "card=4242424242424242&decline=1"); w.Code != 402 {
		t.Errorf("the switch did not decline: %d", w.Code)
	}
	if w := ask(s, "GET", "/pay/"+o.ID+"/3ds", ""); w.Code != 303 {
		t.Errorf("confirmation that nobody asked for: %d", w.Code)
	}
	if w := ask(s, "GET", "/pay/cs_test_nobody", ""); w.Code != 404 || !strings.Contains(w.Body.String(), "non trovato") {
		t.Errorf("%d", w.Code)
	}
	k.add(24 * time.Hour)
	if w := ask(s, "POST", "/pay/"+o.ID, "card=4242424242424242"); w.Code != 410 || s.Book().Captures != 0 {
		t.Errorf("paid after it expired: %d", w.Code)
	}
	if w := ask(s, "GET", "/v1/checkout/sessions/"+o.ID, ""); !strings.Contains(w.Body.String(), `"expired"`) {
		t.Errorf("%s", w.Body)
	}
}

func TestControl(t *testing.T) {
	t.Parallel()
	s, _ := at(t, nil)
	o := newSession(t, s)
	if w := ask(s, "POST", "/control", "decline_all=1", "Authorization", ""); w.Code != 401 {
		t.Errorf("control without a key: %d", w.Code)
	}
	if w := ask(s, "POST", "/control", "decline_all=1&call=down&duplicates=2"); w.Code != 204 {
		t.Errorf("%d", w.Code)
	}
	if w := ask(s, "GET", "/v1/events", ""); w.Code != 503 {
		t.Errorf("not down: %d", w.Code)
	}
	if w := ask(s, "POST", "/pay/"+o.ID, "card=4242424242424242"); w.Code != 402 {
		t.Errorf("not declined: %d", w.Code)
	}
	if w := ask(s, "POST", "/control", "duplicates=x"); w.Code != 400 {
		t.Errorf("%d", w.Code)
	}
}

// Goal: a kill loses nothing that was answered, nor an event. Method: pay while
// the receiver is down, close, start again from the file.
func TestStateSurvivesARestart(t *testing.T) {
	t.Parallel()
	var up sync.Mutex
	down, got := true, make(chan string, 10)
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		up.Lock()
		defer up.Unlock()
		if down {
			w.WriteHeader(503)
			return
		}
		b, _ := io.ReadAll(r.Body)
		var e event
		if err := json.Unmarshal(b, &e); err == nil {
			got <- e.Type
		}
	}))
	defer receiver.Close()
	path := filepath.Join(t.TempDir(), "state.json")
	change := func(c *Config) { c.StatePath, c.WebhookURL = path, receiver.URL }
	s, _ := at(t, change)
	o := newSession(t, s)
	key := ask(s, "POST", "/v1/customers", "email=a%40b", "Idempotency-Key", "k").Body.String()
	if w := ask(s, "POST", "/pay/"+o.ID, "card=4242424242424242"); w.Code != 303 {
		t.Fatal(w.Code)
	}
	if s.Undelivered() == 0 {
		t.Fatal("delivered to a receiver that is down")
	}
	s.Close()
	up.Lock()
	down = false
	up.Unlock()
	again, _ := at(t, change)
	seen := map[string]bool{}
	for len(seen) < 4 {
		select {
		case kind := <-got:
			seen[kind] = true
		case <-time.After(10 * time.Second):
			t.Fatalf("only %v came", seen)
		}
	}
	if w := ask(again, "GET", "/v1/checkout/sessions/"+o.ID, ""); !strings.Contains(w.Body.String(), `"payment_status":"paid"`) {
		t.Error(w.Body)
	}
	if w := ask(again, "POST", "/v1/customers", "email=a%40b", "Idempotency-Key", "k"); w.Body.String() != key {
		t.Error("the key was forgotten")
	}
	if b := again.Book(); b.Captured != 48_00 {
		t.Errorf("%+v", b)
	}
	again.Close()
	if raw, err := os.ReadFile(path); err != nil || strings.Contains(string(raw), "4242") {
		t.Errorf("a card number is in the state file, or %v", err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{PublicURL: "http://a", SecretKey: testKey, StatePath: path}); err == nil {
		t.Error("a broken state file was taken")
	}
}

func FuzzForm(f *testing.F) {
	f.Add("/v1/checkout/sessions", urls+item("4800"))
	f.Add("/v1/payment_intents", "amount=4800&currency=eur&confirm=true&payment_method=pm_card_visa")
	f.Add("/v1/refunds", "payment_intent=pi_1&amount=-1")
	f.Add("/v1/customers", "metadata[]=x")
	f.Fuzz(func(t *testing.T, path, form string) {
		if !strings.HasPrefix(path, "/v1/") || strings.ContainsAny(path, " ?#%\\") {
			return
		}
		if _, err := url.Parse(path); err != nil {
			return
		}
		for _, r := range path {
			if r <= ' ' || r > '~' {
				return
			}
		}
		s, err := New(Config{PublicURL: "http://a/stripe-sandbox", SecretKey: testKey})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		w := ask(s, "POST", path, form)
		if w.Code >= 500 || (w.Header().Get("Content-Type") == "application/json" && !json.Valid(w.Body.Bytes())) {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		s.Book()
	})
}
