package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"colletta/billing/stripepay"
	"colletta/desk"
	"colletta/money"
	"colletta/pooling"
	"colletta/refusal"
)

var update = flag.Bool("update", false, "write openapi.yaml")

type stillClock struct{}

func (stillClock) Now() time.Time { return time.Date(2026, 11, 23, 15, 30, 0, 0, time.UTC) }

// refusingGateway knows no signature.
type refusingGateway struct{ seen *[]byte }

func (refusingGateway) CreateCheckout(context.Context, stripepay.CheckoutRequest) (stripepay.Checkout, error) {
	return stripepay.Checkout{}, errors.New("not asked")
}
func (refusingGateway) Retrieve(context.Context, string) (stripepay.Checkout, error) {
	return stripepay.Checkout{}, errors.New("not asked")
}
func (g refusingGateway) ParseWebhook(payload []byte, _ string, _ time.Time) (stripepay.Event, error) {
	*g.seen = bytes.Clone(payload)
	return stripepay.Event{}, errors.New("secret: signature mismatch")
}
func (refusingGateway) Live() bool { return false }

func sample(t *testing.T, ready error) (http.Handler, *[]byte) {
	t.Helper()
	var seen []byte
	d, err := desk.New(desk.Config{Clock: stillClock{}, Gateway: refusingGateway{&seen}})
	if err != nil {
		t.Fatal(err)
	}
	return New(Config{Desk: d, Ready: func(context.Context) error { return ready }}), &seen
}

func ask(t *testing.T, h http.Handler, method, path, body string) (*httptest.ResponseRecorder, Problem) {
	t.Helper()
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var p Problem
	if w.Code >= 400 {
		if got := w.Header().Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s %s: %q is no problem", method, path, got)
		}
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil || p.Status != w.Code || p.Title == "" {
			t.Errorf("%s %s: %v %s", method, path, err, w.Body)
		}
		if strings.Contains(w.Body.String(), "secret") {
			t.Errorf("%s %s: a fault's text left the machine: %s", method, path, w.Body)
		}
	}
	return w, p
}

func TestStatus(t *testing.T) {
	up, _ := sample(t, nil)
	if w, _ := ask(t, up, "GET", "/status", ""); w.Code != 200 || strings.TrimSpace(w.Body.String()) != `{"status":"up"}` {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	down, _ := sample(t, errors.New("secret: dial tcp"))
	if w, p := ask(t, down, "GET", "/status", ""); w.Code != 503 || p.Code != "database_unavailable" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestErrorsAreProblems(t *testing.T) {
	h, _ := sample(t, nil)
	for _, c := range []struct {
		method, path string
		want         int
	}{{"GET", "/api/v1/nowhere", 404}, {"DELETE", "/status", 405}, {"GET", "/api/v1/rounds/not-a-uuid", 422}} {
		if w, _ := ask(t, h, c.method, c.path, ""); w.Code != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, w.Code, c.want)
		}
	}
}

func TestABadlySignedWebhookIs400(t *testing.T) {
	h, seen := sample(t, nil)
	body := `{"id": "evt_1",  "spaces": "kept"}`
	w, p := ask(t, h, "POST", "/api/stripe/webhook", body)
	if w.Code != 400 || p.Code != "webhook_refused" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if string(*seen) != body {
		t.Errorf("the body was changed before its signature was looked at: %s", *seen)
	}
	if w, _ := ask(t, h, "POST", "/api/stripe/webhook", strings.Repeat("x", webhookBytesMax+1)); w.Code != 413 {
		t.Errorf("too large: %d", w.Code)
	}
	if w, _ := ask(t, h, "POST", "/api/stripe/webhook", ""); w.Code != 400 {
		t.Errorf("empty: %d", w.Code)
	}
}

func TestRefusalsKeepCodeFieldAndArguments(t *testing.T) {
	at := time.Date(2026, 11, 23, 20, 0, 0, 0, time.UTC)
	err := refusal.List{pooling.ErrRoundClosed.With("closes_at", at), refusal.New(refusal.KindInvalid, "price_invalid").With("max", money.Amount(1234)).At("max_price")}
	p := problemOf(context.Background(), err).(*Problem)
	if p.Status != 409 || p.Code != "round_closed" || len(p.Errors) != 2 || p.Errors[0].Args["closes_at"] != "2026-11-23T20:00:00Z" ||
		p.Errors[1].Field != "max_price" || p.Errors[1].Args["max"] != "12.34" {
		t.Errorf("%+v", p)
	}
	if p := problemOf(context.Background(), errors.New("secret")).(*Problem); p.Status != 500 || p.Detail != "" || len(p.Errors) != 0 {
		t.Errorf("%+v", p)
	}
}

func TestPublicRoundHasNothingPersonal(t *testing.T) {
	r := fromRound(desk.RoundView{
		Round:   desk.RoundSummary{ID: "r", State: pooling.RoundFormed, Pledged: 3, Served: 1},
		Mine:    []desk.PledgeView{{Household: "Famiglia Rossi", MaxPrice: 4321}},
		Results: desk.RoundResults{Served: 1, Unserved: 2, Cost: 150000, Subsidy: 777, Pools: []desk.PoolView{{Host: "Via Capuana", Members: []desk.PoolMemberView{{Household: "Famiglia Rossi"}}}}},
	})
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for _, personal := range []string{"Rossi", "Capuana", "43.21", "7.77"} {
		if strings.Contains(string(text), personal) {
			t.Errorf("%s is in %s", personal, text)
		}
	}
	if r.Cost != "1500.00" || r.Pools != 1 || r.Unserved != 2 {
		t.Errorf("%+v", r)
	}
}

// A pass is published with what is proven of it, and without what only a second
// run needs.
func TestAPublicPassSaysWhatIsProven(t *testing.T) {
	pass := func(c *desk.CertificateView) Pass {
		r := fromRound(desk.RoundView{Results: desk.RoundResults{Passes: []desk.PassView{{Number: 1, Demands: 9, Viable: 8, Served: 7, Seed: 4711, SHA256: "9f86", Certificate: c}}}})
		text, err := json.Marshal(r)
		if err != nil || strings.Contains(string(text), "4711") || strings.Contains(string(text), "9f86") {
			t.Errorf("published %s (%v)", text, err)
		}
		return r.Passes[0]
	}
	if p := pass(nil); p.Bound != nil || p.Viable != 8 || p.Served != 7 {
		t.Errorf("without a bound: %+v", p)
	}
	if p := pass(&desk.CertificateView{Bound: 8, Method: "lagrangian", GapPermille: 143}); p.Bound == nil || p.Bound.Served != 8 || *p.Bound.GapPermille != 143 {
		t.Errorf("with a bound: %+v", p.Bound)
	}
	if p := pass(&desk.CertificateView{Bound: 8, Method: "lagrangian", GapPermille: -1}); p.Bound.GapPermille != nil {
		t.Errorf("nobody served: %+v", p.Bound)
	}
}

// The description is a promise: it changes only on purpose (go test ./api -update).
func TestOpenAPIIsTheGoldenFile(t *testing.T) {
	d, err := desk.New(desk.Config{Clock: stillClock{}})
	if err != nil {
		t.Fatal(err)
	}
	h, api := build(Config{Desk: d, Ready: func(context.Context) error { return nil }})
	got, err := api.OpenAPI().YAML()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("openapi.yaml", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("the API is no longer what openapi.yaml says; look at the difference, then run go test ./api -update")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("GET", "/api/openapi.yaml", nil))
	if w.Code != 200 || !bytes.Equal(bytes.TrimSpace(w.Body.Bytes()), bytes.TrimSpace(want)) {
		t.Errorf("served description: %d", w.Code)
	}
}
