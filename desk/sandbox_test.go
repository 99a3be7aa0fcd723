package desk

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"colletta/billing"
	"colletta/billing/stripepay"
	"colletta/billing/stripepay/sandbox"
	"colletta/postgres"
)

// counterTill is a town whose cards go through the real gateway to the stateful
// sandbox, which signs its webhooks and sends them to the town.
type counterTill struct {
	*town
	sandbox *sandbox.Server
	mu      sync.Mutex
	bodies  [][]byte // webhooks as they came
	headers []string
}

const tillSecret = "whsec_of_the_test"

func newCounterTill(t *testing.T) *counterTill {
	c := &counterTill{town: newTown(t)}
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	var err error
	c.sandbox, err = sandbox.New(sandbox.Config{
		PublicURL: server.URL + "/stripe-sandbox", SecretKey: "sk_test_town", WebhookURL: server.URL + "/webhook", WebhookSecret: tillSecret,
		Now: c.clock.Now, Backoff: 10 * time.Millisecond,
	})
	c.must(err)
	t.Cleanup(func() { c.sandbox.Close() })
	mux.Handle("/stripe-sandbox/", c.sandbox)
	mux.HandleFunc("/webhook", c.webhook)
	gateway, err := stripepay.New(stripepay.Config{SecretKey: "sk_test_town", WebhookSecret: tillSecret, BaseURL: server.URL + "/stripe-sandbox"})
	c.must(err)
	c.desk.gateway = gateway
	c.desk.publicURL = server.URL
	return c
}

func (c *counterTill) webhook(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		c.t.Error(err)
	}
	c.mu.Lock()
	c.bodies, c.headers = append(c.bodies, body), append(c.headers, r.Header.Get("Stripe-Signature"))
	c.mu.Unlock()
	if err := c.desk.StripeWebhook(r.Context(), body, r.Header.Get("Stripe-Signature")); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// payOnPage types a card number on the hosted page.
func (c *counterTill) payOnPage(page, card string) {
	c.t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	form := url.Values{"card": {card}}
	response, err := client.PostForm(page, form)
	c.must(err)
	response.Body.Close()
}

// work does the errands that webhooks promised, as River would.
func (c *counterTill) work() {
	c.t.Helper()
	charges, err := c.db.Charges(c.ctx, postgres.ChargesFilter{Open: true}, 100)
	c.must(err)
	ids := make([]billing.ChargeID, len(charges))
	for i, one := range charges {
		ids[i] = one.ID
	}
	payments, err := c.db.PaymentsOf(c.ctx, ids)
	c.must(err)
	for _, list := range payments {
		for _, p := range list {
			if p.State == billing.PaymentPending || p.State == billing.PaymentUnknown {
				c.must(c.desk.syncCardPayment(c.ctx, p.ID, ""))
			}
		}
	}
}

// Through the real gateway and the signed webhooks of the sandbox: a declined
// card leaves the charge open, a good one pays it once, and no forged, old,
// future or repeated webhook changes anything.
func TestWebhooksFromTheSandbox(t *testing.T) {
	t.Parallel()
	c := newCounterTill(t)
	c.chargedRound()
	family := c.families[0]
	charges, err := c.desk.Charges(c.ctx, family)
	c.must(err)
	id := charges[0].ID
	page, err := c.desk.PayByCard(c.ctx, family, id)
	c.must(err)

	c.payOnPage(page, "4000000000000002")
	c.work()
	if got, _ := c.desk.Charge(c.ctx, family, id); got.State != billing.ChargeOpen || got.Paid != 0 {
		t.Fatalf("after a declined card: %s, paid %s", got.State, got.Paid)
	}
	c.payOnPage(page, "4242424242424242")
	c.waitForWebhooks(2)
	c.work()
	paid, err := c.desk.Charge(c.ctx, family, id)
	c.must(err)
	if paid.State != billing.ChargePaid || paid.Paid != paid.Net {
		t.Fatalf("after a good card: %s, paid %s of %s", paid.State, paid.Paid, paid.Net)
	}
	c.sound()

	c.mu.Lock()
	bodies, headers := c.bodies, c.headers
	c.mu.Unlock()
	for i := range bodies { // again, in the opposite order
		j := len(bodies) - 1 - i
		c.must(c.desk.StripeWebhook(c.ctx, bodies[j], headers[j]))
	}
	forged := bytes.Replace(bodies[0], []byte(`"livemode":false`), []byte(`"livemode":true`), 1)
	for what, try := range map[string]struct {
		body   []byte
		header string
		at     time.Duration
	}{
		"a changed body":  {forged, headers[0], 0},
		"no signature":    {bodies[0], "", 0},
		"another secret":  {bodies[0], strings.Replace(headers[0], "v1=", "v1=00", 1), 0},
		"a stale stamp":   {bodies[0], headers[0], 6 * time.Minute},
		"a stamp to come": {bodies[0], headers[0], -6 * time.Minute},
		"garbage":         {[]byte("\x00\xff{"), headers[0], 0},
		"an empty body":   {nil, headers[0], 0},
	} {
		before := c.clock.Now()
		c.clock.set(before.Add(try.at))
		if err := c.desk.StripeWebhook(c.ctx, try.body, try.header); !errors.Is(err, ErrWebhook) {
			t.Errorf("%s: %v", what, err)
		}
		c.clock.set(before)
	}
	c.work()
	again, err := c.desk.Charge(c.ctx, family, id)
	c.must(err)
	if again.State != paid.State || again.Paid != paid.Paid || len(again.Payments) != 1 {
		t.Errorf("repeated and forged webhooks changed the charge: %+v", again)
	}
	c.sound()
}

func (c *counterTill) waitForWebhooks(n int) {
	c.t.Helper()
	for range 500 {
		c.mu.Lock()
		got := len(c.bodies)
		c.mu.Unlock()
		if got >= n && c.sandbox.Undelivered() == 0 {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	c.t.Fatalf("only %d webhooks came", len(c.bodies))
}
