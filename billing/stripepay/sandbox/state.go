package sandbox

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"colletta/money"
)

// state is all that the sandbox knows.
type state struct {
	Customers  map[string]*customer
	Sessions   map[string]*session
	Hidden     map[string]*hidden // by session
	Intents    map[string]*intent
	Charges    map[string]*charge
	Refunds    map[string]*refund
	Events     []*event // oldest first
	Deliveries []*delivery
	Answers    map[string]*answer // by idempotency key
	Book       []line
}

// answer is what was answered under an idempotency key.
type answer struct {
	Hash   string // of method, path and parameters
	Status int
	Body   json.RawMessage
	At     int64
}

// line is one line of the book: debit positive.
type line struct {
	Account string // payers or balance
	Source  string // charge or refund
	Amount  money.Amount
}

// answersKeptFor is how long an idempotency key is honoured, as at Stripe.
const answersKeptFor = 24 * time.Hour

func load(path string) (state, error) {
	var s state
	if path != "" {
		b, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return s, fmt.Errorf("read state: %w", err)
		default:
			if err := json.Unmarshal(b, &s); err != nil {
				return s, fmt.Errorf("read state %s: %w", path, err)
			}
		}
	}
	for _, m := range []struct {
		empty bool
		make  func()
	}{
		{s.Customers == nil, func() { s.Customers = map[string]*customer{} }},
		{s.Sessions == nil, func() { s.Sessions = map[string]*session{} }},
		{s.Hidden == nil, func() { s.Hidden = map[string]*hidden{} }},
		{s.Intents == nil, func() { s.Intents = map[string]*intent{} }},
		{s.Charges == nil, func() { s.Charges = map[string]*charge{} }},
		{s.Refunds == nil, func() { s.Refunds = map[string]*refund{} }},
		{s.Answers == nil, func() { s.Answers = map[string]*answer{} }},
	} {
		if m.empty {
			m.make()
		}
	}
	return s, nil
}

// save writes the state file by a rename, so that a kill leaves the old file or
// the new one. The caller holds the lock.
func (s *Server) save() error {
	if s.config.StatePath == "" {
		return nil
	}
	oldest := s.config.Now().Add(-answersKeptFor).Unix()
	for key, a := range s.state.Answers {
		if a.At < oldest {
			delete(s.state.Answers, key)
		}
	}
	b, err := json.Marshal(s.state)
	if err != nil {
		return fmt.Errorf("sandbox: write state: %w", err)
	}
	next := s.config.StatePath + ".new"
	if err := os.WriteFile(next, b, 0o600); err != nil {
		return fmt.Errorf("sandbox: write state: %w", err)
	}
	if err := os.Rename(next, s.config.StatePath); err != nil {
		return fmt.Errorf("sandbox: write state: %w", err)
	}
	return nil
}

// Book is what the sandbox says about its money, to be compared with the
// ledger's Stripe clearing account.
type Book struct {
	Captured money.Amount // all that cards paid
	Refunded money.Amount // all that went back to cards
	Balance  money.Amount // Captured less Refunded
	Captures int
	Refunds  int
}

// Book sums the book. It panics when the book does not sum to zero: that would
// be a bug of the sandbox.
func (s *Server) Book() Book {
	s.mu.Lock()
	defer s.mu.Unlock()
	var b Book
	var all money.Amount
	for _, l := range s.state.Book {
		all += l.Amount
		if l.Account != accountBalance {
			continue
		}
		b.Balance += l.Amount
		if l.Amount > 0 {
			b.Captured += l.Amount
			b.Captures++
		} else {
			b.Refunded -= l.Amount
			b.Refunds++
		}
	}
	if all != 0 {
		panic(fmt.Sprintf("sandbox: book is off by %s", all))
	}
	return b
}

const (
	accountBalance = "balance"
	accountPayers  = "payers"
)

func (s *Server) book(source string, amount money.Amount) {
	s.state.Book = append(s.state.Book,
		line{accountBalance, source, amount},
		line{accountPayers, source, -amount})
}
