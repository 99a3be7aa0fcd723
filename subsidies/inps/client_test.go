package inps

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"colletta/subsidies"
)

var question = Question{
	TaxCode: "RSSMRA80A01F205X", Kind: subsidies.ISEEOrdinary, On: time.Date(2026, 11, 25, 0, 0, 0, 0, time.UTC), Request: "COLLETTA-0001",
}

// recorded plays INPS: it compares the request with the file and answers with
// another.
func recorded(t *testing.T, status int, request, response string) *Client {
	t.Helper()
	read := func(name string) string {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if got := string(body); request != "" && got != strings.TrimSpace(read(request)) {
			t.Errorf("request\n%s\nwant\n%s", got, read(request))
		}
		if r.Method != http.MethodPost || r.Header.Get("Authorization") != "Bearer voucher-1" || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s with %v", r.Method, r.Header)
		}
		w.WriteHeader(status)
		if response != "" {
			_, _ = io.WriteString(w, read(response))
		}
	}))
	t.Cleanup(server.Close)
	return New(Config{
		URL: server.URL, Organisation: "Comune di Prova", Office: "Servizi sociali", Benefit: "A1.05",
		Token: func(context.Context) (string, error) { return "voucher-1", nil },
	})
}

func TestARecordedAnswerBecomesACertificate(t *testing.T) {
	t.Parallel()
	c, err := recorded(t, 200, "found.request.json", "found.response.json").Ask(context.Background(), question)
	if err != nil {
		t.Fatal(err)
	}
	day := func(m time.Month, d int) time.Time { return time.Date(2026, m, d, 0, 0, 0, 0, time.UTC) }
	if c.Value != 12_345_67 || c.Kind != subsidies.ISEEOrdinary || c.Protocol != "INPS-ISEE-2026-00000000A-00" || c.Size != 3 || c.Scale != 204 ||
		c.DSUDate != day(2, 3) || c.ValidFrom != day(2, 3) || c.ValidTo != day(12, 31) || c.Source != subsidies.SourceINPS || !c.Counts() || c.Household != "" {
		t.Errorf("%+v", c)
	}
	minors := question
	minors.Kind = subsidies.ISEEMinors
	if c, err = recorded(t, 200, "found.request.json", "found.response.json").Ask(context.Background(), minors); err != nil || c.Value != 11_000_00 {
		t.Errorf("minors: %+v, %v", c, err)
	}
}

func TestTheStateOfTheRequestSaysWhetherTheBenefitWasPaid(t *testing.T) {
	t.Parallel()
	c := recorded(t, 200, "granted.request.json", "found.response.json")
	c.c.Granted = true
	if _, err := c.Ask(context.Background(), question); err != nil {
		t.Error(err)
	}
}

func TestWhatINPSDoesNotHaveOrDoesNotSay(t *testing.T) {
	t.Parallel()
	university := question
	university.Kind = subsidies.ISEEUniversity
	for name, c := range map[string]struct {
		status   int
		response string
		question Question
		want     error
	}{
		"nothing for this person": {200, "absent.response.json", question, ErrNotFound},
		"no such kind":            {200, "found.response.json", university, ErrNotFound},
		"status 404":              {404, "", question, ErrNotFound},
		"not authorised":          {200, "strange.response.json", question, ErrUnavailable},
		"status 401":              {401, "found.response.json", question, ErrUnavailable},
		"status 500":              {500, "", question, ErrUnavailable},
		"an empty answer":         {200, "", question, ErrUnavailable},
	} {
		_, err := recorded(t, c.status, "", c.response).Ask(context.Background(), c.question)
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err != nil && (strings.Contains(err.Error(), question.TaxCode) || strings.Contains(err.Error(), "12345") || strings.Contains(err.Error(), "voucher-1")) {
			t.Errorf("%s: the error tells too much: %v", name, err)
		}
	}
	dead := New(Config{URL: "http://127.0.0.1:1", Token: func(context.Context) (string, error) { return "voucher-1", nil }})
	if _, err := dead.Ask(context.Background(), question); !errors.Is(err, ErrUnavailable) {
		t.Errorf("nobody there: %v", err)
	}
}
