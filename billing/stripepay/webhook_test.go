package stripepay_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"colletta/billing/stripepay"
	"colletta/billing/stripepay/sandbox"
)

var noon = time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC)

func TestAPIVersionIsThatOfTheLibrary(t *testing.T) {
	t.Parallel()
	if stripepay.APIVersion != stripe.APIVersion {
		t.Fatal(stripe.APIVersion)
	}
}

func body(version, kind, object string) []byte {
	return fmt.Appendf(nil, `{"id":"evt_1","object":"event","api_version":%q,"created":1763200000,"livemode":false,"type":%q,"data":{"object":%s}}`, version, kind, object)
}

const paidSession = `{"id":"cs_1","object":"checkout.session","amount_total":4800,"currency":"eur","payment_status":"paid","payment_intent":"pi_1","client_reference_id":"p-1","metadata":{"charge_id":"c-1"}}`

func TestWebhookIsReadOnlyWhenEverythingIsRight(t *testing.T) {
	t.Parallel()
	g := gateway(t, "", nil)
	good := body(stripepay.APIVersion, "checkout.session.completed", paidSession)
	for _, c := range []struct {
		name   string
		body   []byte
		header string
		want   error
	}{
		{"right", good, sandbox.Sign(good, secret, noon), nil},
		{"300 s old", good, sandbox.Sign(good, secret, noon.Add(-300*time.Second)), nil},
		{"301 s old", good, sandbox.Sign(good, secret, noon.Add(-301*time.Second)), stripepay.ErrWebhookTime},
		{"300 s ahead", good, sandbox.Sign(good, secret, noon.Add(300*time.Second)), nil},
		{"301 s ahead", good, sandbox.Sign(good, secret, noon.Add(301*time.Second)), stripepay.ErrWebhookTime},
		{"ten years ahead", good, sandbox.Sign(good, secret, noon.AddDate(10, 0, 0)), stripepay.ErrWebhookTime},
		{"old secret", good, sandbox.Sign(good, "whsec_old", noon), stripepay.ErrSignature},
		{"empty secret", good, sandbox.Sign(good, "", noon), stripepay.ErrSignature},
		{"two signatures, one right", good, sandbox.Sign(good, "whsec_old", noon) + "," + strings.SplitN(sandbox.Sign(good, secret, noon), ",", 2)[1], nil},
		{"two times", good, sandbox.Sign(good, secret, noon) + ",t=1", stripepay.ErrSignature},
		{"no time", good, strings.SplitN(sandbox.Sign(good, secret, noon), ",", 2)[1], stripepay.ErrSignature},
		{"no header", good, "", stripepay.ErrSignature},
		{"nonsense", good, "t=x,v1=y", stripepay.ErrSignature},
		{"a byte changed", bytes.Replace(good, []byte("4800"), []byte("4801"), 1), sandbox.Sign(good, secret, noon), stripepay.ErrSignature},
		{"empty body", nil, sandbox.Sign(nil, secret, noon), stripepay.ErrWebhookBody},
		{"too large", make([]byte, stripepay.PayloadBytesMax+1), "t=1", stripepay.ErrWebhookBody},
	} {
		e, err := g.ParseWebhook(c.body, c.header, noon)
		if !errors.Is(err, c.want) || (c.want == nil) != (err == nil) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
		if err != nil && e.ID != "" {
			t.Errorf("%s: an event came with the error", c.name)
		}
	}
	for _, c := range []struct {
		name string
		body []byte
		want error
	}{
		{"older version", body("2019-01-01", "checkout.session.completed", paidSession), stripepay.ErrWebhookVersion},
		{"null", []byte("null"), stripepay.ErrWebhookBody},
		{"a list", []byte("[]"), stripepay.ErrWebhookBody},
		{"no data", []byte(`{"id":"evt_1","object":"event","api_version":"2023-10-16","type":"x"}`), stripepay.ErrWebhookBody},
		{"session without id", body(stripepay.APIVersion, "checkout.session.completed", `{}`), stripepay.ErrWebhookBody},
		{"session is a number", body(stripepay.APIVersion, "checkout.session.completed", `{"id":7}`), stripepay.ErrWebhookBody},
		{"half", good[:len(good)/2], stripepay.ErrWebhookBody},
	} {
		if e, err := g.ParseWebhook(c.body, sandbox.Sign(c.body, secret, noon), noon); !errors.Is(err, c.want) || e.ID != "" {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if _, err := new(stripepay.Gateway).ParseWebhook(good, sandbox.Sign(good, "", noon), noon); !errors.Is(err, stripepay.ErrNoWebhookSecret) {
		t.Errorf("a zero gateway: %v", err)
	}
}

func TestWebhookFields(t *testing.T) {
	t.Parallel()
	g := gateway(t, "", nil)
	read := func(kind, object string) stripepay.Event {
		b := body(stripepay.APIVersion, kind, object)
		e, err := g.ParseWebhook(b, sandbox.Sign(b, secret, noon), noon)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		if !bytes.Equal(e.Raw, b) || e.ID != "evt_1" || e.Created.Unix() != 1763200000 {
			t.Errorf("%s: %+v", kind, e)
		}
		return e
	}
	if e := read("checkout.session.completed", paidSession); !e.Known || e.SessionID != "cs_1" || e.PaymentIntentID != "pi_1" || e.PaymentID != "p-1" ||
		e.AmountCents != 48_00 || e.Currency != "eur" || e.PaymentStatus != stripepay.PaymentPaid || e.ChargeMetadata["charge_id"] != "c-1" {
		t.Errorf("%+v", e)
	}
	if e := read("payment_intent.payment_failed", `{"id":"pi_1","object":"payment_intent","currency":"eur","metadata":{"payment_id":"p-1"},"last_payment_error":{"decline_code":"insufficient_funds"}}`); e.PaymentID != "p-1" || e.Decline != "insufficient_funds" {
		t.Errorf("%+v", e)
	}
	if e := read("charge.refunded", `{"id":"ch_1","object":"charge","amount_refunded":800,"currency":"eur","payment_intent":"pi_1","metadata":{"payment_id":"p-1"}}`); e.AmountCents != 8_00 || e.PaymentIntentID != "pi_1" {
		t.Errorf("%+v", e)
	}
	if e := read("invoice.created", `{"id":"in_1"}`); e.Known {
		t.Errorf("an unknown type is known: %+v", e)
	}
}

// Our signature is Stripe's: the library accepts it and makes the same.
func TestSandboxSignsAsTheLibraryDoes(t *testing.T) {
	t.Parallel()
	b := body(stripepay.APIVersion, "x", "{}")
	want := webhook.GenerateTestSignedPayload(&webhook.UnsignedPayload{Payload: b, Secret: secret, Timestamp: noon}).Header
	if got := sandbox.Sign(b, secret, noon); got != want {
		t.Fatalf("%s, want %s", got, want)
	}
}

// events collects webhooks until there are n, parsed by the gateway.
func (b *box) events(t *testing.T, g *stripepay.Gateway, n int) []stripepay.Event {
	t.Helper()
	var all []stripepay.Event
	for len(all) < n {
		select {
		case h := <-b.hooks:
			e, err := g.ParseWebhook(h.body, h.header, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, e)
		case <-time.After(10 * time.Second):
			t.Fatalf("%d events of %d: %v", len(all), n, all)
		}
	}
	select {
	case h := <-b.hooks:
		t.Fatalf("one event too many: %s", h.body)
	case <-time.After(30 * time.Millisecond):
	}
	return all
}

func types(events []stripepay.Event) string {
	var all []string
	for _, e := range events {
		all = append(all, string(e.Type))
	}
	return strings.Join(all, " ")
}

func TestPayingSendsSignedWebhooks(t *testing.T) {
	t.Parallel()
	b := newBox(t, nil)
	g := gateway(t, b.url, nil)
	c, err := g.CreateCheckout(t.Context(), request("1"))
	if err != nil {
		t.Fatal(err)
	}
	if status, _, page := payWith(t, c.URL, card("4000000000000002")); status != http.StatusPaymentRequired || !strings.Contains(page, "rifiutato") {
		t.Fatalf("%d %s", status, page)
	}
	failed := b.events(t, g, 1)
	if failed[0].Type != stripepay.EventPaymentFailed || failed[0].PaymentID != "p-1" || failed[0].Decline == "" {
		t.Fatalf("%+v", failed)
	}
	if status, _, _ := payWith(t, c.URL, card("4242424242424242")); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	got := b.events(t, g, 3)
	if types(got) != "charge.succeeded payment_intent.succeeded checkout.session.completed" || got[0].Known || !got[1].Known {
		t.Fatal(types(got))
	}
	if e := got[2]; e.SessionID != c.SessionID || e.AmountCents != 48_00 || e.PaymentStatus != stripepay.PaymentPaid || e.PaymentID != "p-1" || e.Livemode {
		t.Fatalf("%+v", e)
	}
	if e := got[1]; e.AmountCents != 48_00 || e.PaymentID != "p-1" || e.PaymentIntentID != got[2].PaymentIntentID {
		t.Fatalf("%+v", e)
	}
	// The button pressed twice neither pays nor announces twice.
	if status, _, _ := payWith(t, c.URL, card("4242424242424242")); status != http.StatusSeeOther {
		t.Fatal(status)
	}
	b.events(t, g, 0)
	if got := b.Book(); got.Captures != 1 || got.Captured != 48_00 {
		t.Fatalf("%+v", got)
	}
}

func TestBankConfirmation(t *testing.T) {
	t.Parallel()
	b := newBox(t, nil)
	g := gateway(t, b.url, nil)
	c, err := g.CreateCheckout(t.Context(), request("1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, answer := range []string{"no", "yes"} {
		status, location, _ := payWith(t, c.URL, card("4000 0025 0000 3155"))
		if status != http.StatusSeeOther || !strings.HasSuffix(location, "/3ds") {
			t.Fatalf("%d to %s", status, location)
		}
		status, location, page := payWith(t, c.URL+"/3ds", map[string][]string{"answer": {answer}})
		if answer == "no" && (status != http.StatusPaymentRequired || !strings.Contains(page, "rifiutato")) {
			t.Fatalf("%d %s", status, page)
		}
		if answer == "yes" && (status != http.StatusSeeOther || !strings.Contains(location, "colletta.example/ok")) {
			t.Fatalf("%d to %s", status, location)
		}
	}
	if got := types(b.events(t, g, 4)); got != "payment_intent.payment_failed charge.succeeded payment_intent.succeeded checkout.session.completed" {
		t.Fatal(got)
	}
}

func TestWebhooksTwiceAndBackwards(t *testing.T) {
	t.Parallel()
	b := newBox(t, nil)
	g := gateway(t, b.url, nil)
	c, err := g.CreateCheckout(t.Context(), request("1"))
	if err != nil {
		t.Fatal(err)
	}
	b.SetFaults(sandbox.Faults{Duplicates: 1, Reverse: true})
	payWith(t, c.URL, card("4242424242424242"))
	got := b.events(t, g, 6)
	const once = "checkout.session.completed payment_intent.succeeded charge.succeeded"
	if types(got) != once+" "+once || got[0].ID != got[3].ID {
		t.Fatal(types(got))
	}
}

func TestWebhooksAreRetriedUntilTheyCome(t *testing.T) {
	t.Parallel()
	b := newBox(t, nil)
	tries := 0
	b.answer = func() int { // called one at a time
		if tries++; tries <= 4 {
			return 500
		}
		return 204
	}
	g := gateway(t, b.url, nil)
	c, err := g.CreateCheckout(t.Context(), request("1"))
	if err != nil {
		t.Fatal(err)
	}
	payWith(t, c.URL, card("4242424242424242"))
	seen := map[string]bool{}
	for _, e := range b.events(t, g, 3) {
		seen[e.ID] = true
	}
	if len(seen) != 3 {
		t.Fatalf("%d different events", len(seen))
	}
}

func TestDroppedWebhooksCanBeAskedFor(t *testing.T) {
	t.Parallel()
	b := newBox(t, nil)
	g := gateway(t, b.url, nil)
	b.SetFaults(sandbox.Faults{Drop: true})
	c, err := g.CreateCheckout(t.Context(), request("1"))
	if err != nil {
		t.Fatal(err)
	}
	payWith(t, c.URL, card("4242424242424242"))
	b.events(t, g, 0)
	if paid, err := g.Retrieve(t.Context(), c.SessionID); err != nil || !paid.Paid() {
		t.Fatalf("%+v, %v", paid, err)
	}
}

func FuzzParseWebhook(f *testing.F) {
	g, err := stripepay.New(stripepay.Config{SecretKey: key, WebhookSecret: secret})
	if err != nil {
		f.Fatal(err)
	}
	good := body(stripepay.APIVersion, "checkout.session.completed", paidSession)
	f.Add(good, sandbox.Sign(good, secret, noon), true)
	f.Add([]byte("null"), "t=1,v1=00", false)
	f.Add(body(stripepay.APIVersion, "payment_intent.succeeded", `{"id":"pi_1","metadata":null}`), "", true)
	f.Add(body(stripepay.APIVersion, "charge.refunded", `{"id":"ch_1","payment_intent":{}}`), "", true)
	f.Fuzz(func(t *testing.T, b []byte, header string, sign bool) {
		if sign {
			header = sandbox.Sign(b, secret, noon)
		}
		e, err := g.ParseWebhook(b, header, noon)
		if err != nil {
			if e.ID != "" || e.Raw != nil {
				t.Fatalf("an event came with %v", err)
			}
			return
		}
		if e.ID == "" || e.Type == "" || !strings.Contains(header, "v1=") {
			t.Fatalf("%+v", e)
		}
	})
}
