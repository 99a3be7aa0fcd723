// Package desk is the counter (lo sportello) where every act is done: one
// method per act, one transaction per act. It authorises, asks the pure
// packages to decide, stores, and promises later work.
//
// It does not own rules (communities, pooling, subsidies, catalogue, billing),
// SQL (postgres), or words and pages (web, api).
//
// Invariants: no act without an Actor, save those of the timetable and of
// signed webhooks; nothing outside the database is called inside a
// transaction; an act that fails leaves nothing behind; every step of a round
// may run twice and does its work once.
//
// Times come from the Clock given to New and are stored in UTC; dates are
// decided in Europe/Rome.
package desk

import (
	"context"
	"sync"
	"time"

	"colletta/billing/stripepay"
	"colletta/communities"
	"colletta/postgres"
)

// Clock tells the time. The product uses the machine's; the demo and the tests
// can move theirs.
type Clock interface{ Now() time.Time }

// Gateway takes card payments.
type Gateway interface {
	CreateCheckout(ctx context.Context, r stripepay.CheckoutRequest) (stripepay.Checkout, error)
	Retrieve(ctx context.Context, sessionID string) (stripepay.Checkout, error)
	ParseWebhook(payload []byte, header string, now time.Time) (stripepay.Event, error)
	Live() bool // moves real money
}

// Mailer sends one message; it may be called twice for the same message.
type Mailer interface {
	Send(ctx context.Context, to, subject, text string) error
}

// Config is what a Desk needs.
type Config struct {
	DB           *postgres.DB
	Clock        Clock
	Gateway      Gateway
	Mailer       Mailer       // nil: messages stay in the mailbox table only
	ISEE         ISEEProvider // the register of certificates; nil: none is connected
	Collecting   Collecting   // where families pay by transfer
	PublicURL    string       // for links in messages, without a slash at the end
	Municipality communities.MunicipalityID
	Demo         bool // opens the mailbox page and the movable clock
	Workers      int  // goroutines that search a round; 0 is one. The result does not depend on it.
	// Stopwatch starts to measure a time limit and returns how many thousandths
	// of it are over; nil measures by Clock.
	Stopwatch func(limit time.Duration) (spent func() int)
}

// Desk does the acts of one municipality.
type Desk struct {
	db           *postgres.DB
	clock        Clock
	gateway      Gateway
	mailer       Mailer
	isee         ISEEProvider
	collecting   Collecting
	publicURL    string
	municipality communities.MunicipalityID
	demo         bool
	workers      int
	stopwatch    func(time.Duration) func() int
	zone         *time.Location
	previews     previews
	dryRuns      sync.Mutex // one at a time
}

// New makes a Desk. It fails when the time zone Europe/Rome is not known.
func New(c Config) (*Desk, error) {
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		return nil, err
	}
	d := &Desk{
		db: c.DB, clock: c.Clock, gateway: c.Gateway, mailer: c.Mailer, isee: c.ISEE, collecting: c.Collecting, publicURL: c.PublicURL,
		municipality: c.Municipality, demo: c.Demo, workers: c.Workers, stopwatch: c.Stopwatch, zone: zone,
	}
	if d.stopwatch == nil {
		d.stopwatch = d.clockStopwatch
	}
	return d, nil
}

// Now is the time of the desk's clock.
func (d *Desk) Now() time.Time { return d.clock.Now() }

// Zone is Europe/Rome, in which dates are decided and shown.
func (d *Desk) Zone() *time.Location { return d.zone }
