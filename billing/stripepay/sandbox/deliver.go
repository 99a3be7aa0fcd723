package sandbox

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"
)

// delivery is one sending of an event that has not succeeded yet.
type delivery struct {
	Event    string
	Attempts int
	due      time.Time // on the machine's clock; zero: at once
}

// attemptsMax bounds the sendings of one event; with the default backoff the
// last one comes about a quarter of an hour after the first.
const attemptsMax = 20

// backoffMax bounds the wait between two sendings.
const backoffMax = time.Minute

// happened is one event to be announced.
type happened struct {
	kind   string
	object any
}

// announce stores events that happened together and queues their delivery. The
// caller holds the lock.
func (s *Server) announce(c *call, what ...happened) {
	var queued []*delivery
	for _, h := range what {
		object, err := json.Marshal(h.object)
		if err != nil {
			panic(fmt.Sprintf("sandbox: event %s: %v", h.kind, err))
		}
		e := &event{
			ID: newID("evt_"), Object: "event", APIVersion: apiVersion, Created: s.config.Now().Unix(),
			Data: eventData{object}, Type: h.kind,
		}
		if c != nil {
			e.Request = eventRequest{&c.requestID, optional(c.key)}
		}
		s.state.Events = append(s.state.Events, e)
		if s.config.WebhookURL != "" && !s.faults.Drop {
			e.PendingWebhooks = 1
			queued = append(queued, &delivery{Event: e.ID})
		}
	}
	if s.faults.Reverse {
		slices.Reverse(queued)
	}
	for range s.faults.Duplicates + 1 {
		for _, d := range queued {
			again := *d
			s.state.Deliveries = append(s.state.Deliveries, &again)
		}
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// deliver sends what is due, one at a time, until ctx ends.
func (s *Server) deliver(ctx context.Context) {
	defer close(s.done)
	for {
		d, body, wait := s.next()
		if d == nil {
			timer := time.NewTimer(wait)
			select {
			case <-ctx.Done():
			case <-s.wake:
			case <-timer.C:
			}
			timer.Stop()
			if ctx.Err() != nil {
				return
			}
			continue
		}
		err := s.send(ctx, body)
		if ctx.Err() != nil {
			return // stays in the state file and is sent again
		}
		s.sent(d, err)
	}
}

// next picks the first delivery that is due, or says how long to wait.
func (s *Server) next() (*delivery, []byte, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	wait := time.Hour
	for _, d := range s.state.Deliveries {
		if left := time.Until(d.due); left > 0 {
			wait = min(wait, left)
			continue
		}
		e := s.event(d.Event)
		if e == nil { // cannot be: events are never removed
			panic("sandbox: delivery of an event that is not there")
		}
		body, err := json.Marshal(e)
		if err != nil {
			panic(fmt.Sprintf("sandbox: event %s: %v", d.Event, err))
		}
		return d, body, 0
	}
	return nil, nil, wait
}

func (s *Server) event(id string) *event {
	for i := len(s.state.Events) - 1; i >= 0; i-- {
		if s.state.Events[i].ID == id {
			return s.state.Events[i]
		}
	}
	return nil
}

func (s *Server) send(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.WebhookURL, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	r.Header.Set("User-Agent", "Colletta-Stripe-Sandbox/1.0")
	r.Header.Set("Stripe-Signature", Sign(body, s.config.WebhookSecret, s.config.Now()))
	answer, err := s.config.Client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(answer.Body, 1<<16)); err != nil {
		return err
	}
	if answer.StatusCode < 200 || answer.StatusCode > 299 {
		return fmt.Errorf("status %d", answer.StatusCode)
	}
	return nil
}

// sent removes a delivery that came or has failed too often, or puts it off.
func (s *Server) sent(d *delivery, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d.Attempts++
	if err != nil && d.Attempts < attemptsMax {
		wait := s.config.Backoff
		for range d.Attempts - 1 {
			wait = min(2*wait, backoffMax)
		}
		d.due = time.Now().Add(wait)
	} else {
		s.state.Deliveries = slices.DeleteFunc(s.state.Deliveries, func(other *delivery) bool { return other == d })
		if e := s.event(d.Event); e != nil && err == nil {
			e.PendingWebhooks = 0
		}
	}
	// A state file that cannot be written means at worst another delivery, which
	// the receiver has to bear anyway; API calls report the fault.
	_ = s.save()
}

// Undelivered counts the deliveries that have not succeeded yet.
func (s *Server) Undelivered() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.state.Deliveries)
}

// Sign makes the Stripe-Signature header of a webhook body: t is the time in
// seconds, v1 the hexadecimal HMAC-SHA256 of "t.body".
//
// Source: docs.stripe.com/webhooks#verify-manually.
func Sign(body []byte, secret string, at time.Time) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.", at.Unix())
	mac.Write(body)
	return fmt.Sprintf("t=%d,v1=%s", at.Unix(), hex.EncodeToString(mac.Sum(nil)))
}
