package inps

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"colletta/subsidies"
)

// Limits of a request.
const (
	answerBytesMax = 1 << 20
	answerTimeMax  = 15 * time.Second
)

var (
	// ErrNotFound says that INPS has no certificate of that person and kind for that
	// day.
	ErrNotFound = errors.New("inps: no certificate")
	// ErrUnavailable says that INPS does not answer, or does not accept the request
	// of this body; the text says which.
	ErrUnavailable = errors.New("inps: unavailable")
)

// Config is what a body needs to ask.
type Config struct {
	URL          string // of the operation, as PDND names it
	Organisation string
	Office       string
	Benefit      string // code of INPS's table of benefits
	Granted      bool   // the benefit was paid already: a check afterwards
	Token        func(context.Context) (string, error)
	Client       *http.Client // nil: one that waits [answerTimeMax]
}

// Client asks INPS.
type Client struct{ c Config }

// New makes a client; it asks nothing.
func New(c Config) *Client {
	if c.Client == nil {
		c.Client = &http.Client{Timeout: answerTimeMax}
	}
	return &Client{c}
}

// Question is what is asked.
type Question struct {
	TaxCode string
	Kind    subsidies.ISEEKind
	On      time.Time // day on which the certificate must be valid
	Request string    // the body's own protocol of this request
}

// Ask returns the certificate, verified by its source and without household;
// [ErrNotFound] or [ErrUnavailable].
func (c *Client) Ask(ctx context.Context, q Question) (subsidies.ISEECertificate, error) {
	a, err := c.send(ctx, q)
	if err != nil {
		return subsidies.ISEECertificate{}, err
	}
	if a.Outcome == outcomeAbsent || a.Outcome == outcomeFound && a.Attestation == nil {
		return subsidies.ISEECertificate{}, ErrNotFound
	}
	if a.Outcome != outcomeFound {
		return subsidies.ISEECertificate{}, fmt.Errorf("%w: an outcome that is not known", ErrUnavailable)
	}
	certificate, ok := a.Attestation.certificate(q.Kind)
	if !ok {
		return subsidies.ISEECertificate{}, ErrNotFound
	}
	return certificate, nil
}

// send posts the question. What goes wrong is told by its status alone: an
// answer may hold what no log may.
func (c *Client) send(ctx context.Context, q Question) (answer, error) {
	body := request{
		Organisation: c.c.Organisation, Office: c.c.Office, TaxCode: q.TaxCode, ValidOn: q.On.Format(time.DateOnly), Benefit: c.c.Benefit,
		Protocol: q.Request, State: stateToGrant,
	}
	if c.c.Granted {
		body.State = stateGranted
	}
	text, err := json.Marshal(body)
	if err != nil {
		return answer{}, fmt.Errorf("%w: request", ErrUnavailable)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.c.URL, bytes.NewReader(text))
	if err != nil {
		return answer{}, fmt.Errorf("%w: address", ErrUnavailable)
	}
	token, err := c.c.Token(ctx)
	if err != nil {
		return answer{}, fmt.Errorf("%w: voucher: %w", ErrUnavailable, err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	response, err := c.c.Client.Do(r)
	if err != nil {
		return answer{}, fmt.Errorf("%w: no answer", ErrUnavailable)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusNotFound {
		return answer{}, ErrNotFound
	}
	if response.StatusCode != http.StatusOK {
		return answer{}, fmt.Errorf("%w: status %d", ErrUnavailable, response.StatusCode)
	}
	var a answer
	data, err := io.ReadAll(io.LimitReader(response.Body, answerBytesMax+1))
	if err != nil || len(data) > answerBytesMax || json.Unmarshal(data, &a) != nil {
		return answer{}, fmt.Errorf("%w: an answer that cannot be read", ErrUnavailable)
	}
	return a, nil
}
