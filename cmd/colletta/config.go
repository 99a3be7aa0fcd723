package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/caarlos0/env/v11"

	"colletta/communities"
	"colletta/desk"
	"colletta/postgres"
	"colletta/postgres/cluster"
)

// config comes from the environment.
type config struct {
	DatabaseURL    string `env:"DATABASE_URL"` // libpq address; empty: a private cluster
	Dir            string `env:"COLLETTA_DIR"` // private cluster and demo state; empty: .colletta here
	Port           int    `env:"PORT" envDefault:"8080"`
	PublicURL      string `env:"PUBLIC_URL"` // as people type it; empty: http://localhost:PORT
	Municipality   int    `env:"MUNICIPALITY" envDefault:"1"`
	StripeKey      string `env:"STRIPE_SECRET_KEY,unset"`
	StripeWebhook  string `env:"STRIPE_WEBHOOK_SECRET,unset"`
	StripeURL      string `env:"STRIPE_URL"`     // empty: Stripe itself
	SMTPURL        string `env:"SMTP_URL,unset"` // smtp://user:password@host:587; empty: messages stay in the mailbox table
	MailFrom       string `env:"MAIL_FROM" envDefault:"Colletta <colletta@localhost>"`
	MasterKey      string `env:"COLLETTA_MASTER_KEY,unset"` // 32 bytes in base64; wraps the keys of ISEE certificates
	MasterKeyFile  string `env:"COLLETTA_MASTER_KEY_FILE"`  // file that holds it instead
	ISEERegister   string `env:"ISEE_REGISTER_FILE"`        // CSV in which officers look certificates up; empty: none
	CollectingIBAN string `env:"COLLECTING_IBAN"`           // account on which families pay by transfer; empty: each provider's own
	CollectingName string `env:"COLLECTING_NAME"`           // its holder
	OfficerEmail   string `env:"OFFICER_EMAIL"`             // who acts at the command line; empty: the demo's officer
	DemoFsync      bool   `env:"DEMO_FSYNC" envDefault:"true"`

	// Only for "colletta keys rotate --master".
	NewMasterKey     string `env:"COLLETTA_NEW_MASTER_KEY"`
	NewMasterKeyFile string `env:"COLLETTA_NEW_MASTER_KEY_FILE"`

	INPS inpsConfig `envPrefix:"INPS_"`
}

// inpsConfig is what INPS asks of a body that looks up certificates through
// PDND; without a URL nothing is asked.
type inpsConfig struct {
	URL          string `env:"URL"`
	Token        string `env:"TOKEN,unset"` // voucher of PDND
	Organisation string `env:"ORGANISATION"`
	Office       string `env:"OFFICE"`
	Benefit      string `env:"BENEFIT"` // code in INPS's table of benefits
}

func readConfig() (config, error) {
	var c config
	if err := env.Parse(&c); err != nil {
		return c, fmt.Errorf("configuration: %w", err)
	}
	if c.Dir == "" {
		here, err := os.Getwd()
		if err != nil {
			return c, err
		}
		c.Dir = filepath.Join(here, ".colletta")
	}
	if c.OfficerEmail == "" {
		c.OfficerEmail = cast("officer").Person.Email
	}
	return c, nil
}

// store is an open database, with the private cluster under it if there is one.
type store struct {
	db      *postgres.DB
	dsn     string
	cluster *cluster.Cluster
	master  postgres.Master // after unlock
}

// databaseName is the name of the database in a private cluster.
const databaseName = "colletta"

// openStore starts or joins the private cluster, unless DATABASE_URL names a
// server, waits for it, and brings the schema up to this program.
func openStore(ctx context.Context, c config) (*store, error) {
	s := &store{dsn: c.DatabaseURL}
	if s.dsn == "" {
		var err error
		if s.cluster, err = cluster.Start(ctx, cluster.Config{Dir: filepath.Join(c.Dir, "postgres"), Fsync: c.DemoFsync, Log: os.Stderr}); err != nil {
			return nil, err
		}
		if err := s.cluster.CreateDatabase(ctx, databaseName); err != nil {
			return nil, errors.Join(err, s.close())
		}
		s.dsn = s.cluster.DSN(databaseName)
	}
	db, err := postgres.Open(s.dsn, communities.MunicipalityID(c.Municipality))
	if err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.db = db
	if err := waitFor(ctx, db); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := postgres.Migrate(ctx, s.dsn); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// waitFor asks the database until it answers, says so once, and gives up when
// the context ends or after two minutes.
func waitFor(ctx context.Context, db *postgres.DB) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for wait := 250 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		attempt, done := context.WithTimeout(ctx, 5*time.Second)
		err := db.Ping(attempt)
		done()
		if err == nil {
			return nil
		}
		slog.Warn("the database does not answer: trying again", "error", err, "again_in", wait)
		select {
		case <-ctx.Done():
			return fmt.Errorf("the database does not answer; is the server of DATABASE_URL up and its address right? %w", err)
		case <-time.After(wait):
		}
	}
}

func (s *store) close() error {
	var errs []error
	if s.db != nil {
		errs = append(errs, s.db.Close())
	}
	if s.cluster != nil {
		errs = append(errs, s.cluster.Stop())
	}
	return errors.Join(errs...)
}

// realClock is the machine's clock.
type realClock struct{}

func (realClock) Now() time.Time { return time.Now().UTC() }

// counter is a desk at the command line, with the officer who acts there.
type counter struct {
	*desk.Desk
	store   *store
	officer communities.Actor
}

// withDesk opens the database and runs an act of the command line as the
// officer of the configuration. It uses the demo's clock when there is one, so
// that "round close" agrees with the pages.
func withDesk(ctx context.Context, run func(c *counter) error) error {
	conf, err := readConfig()
	if err != nil {
		return err
	}
	s, err := openStore(ctx, conf)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.unlock(ctx, conf, hasDemo(conf)); err != nil {
		return err
	}
	d, err := newDesk(conf, s, conf.publicURL(conf.Port), nil, commandClock(conf))
	if err != nil {
		return err
	}
	officer, err := d.ActorByEmail(ctx, conf.OfficerEmail)
	if err != nil {
		return fmt.Errorf("no officer %q: load the demo, or run \"colletta found\" and set OFFICER_EMAIL: %w", conf.OfficerEmail, err)
	}
	return run(&counter{Desk: d, store: s, officer: officer})
}

// commandClock is the demo's clock where the demo was loaded, else the machine's.
func commandClock(c config) desk.Clock {
	if hasDemo(c) {
		if clock, err := newDemoClock(demoClockFile(c)); err == nil {
			return clock
		}
	}
	return realClock{}
}

// hasDemo tells whether the demo was loaded here.
func hasDemo(c config) bool {
	_, err := os.Stat(demoClockFile(c))
	return err == nil
}

func demoClockFile(c config) string { return filepath.Join(c.Dir, "demo-clock.json") }

func (c config) publicURL(port int) string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	return fmt.Sprintf("http://localhost:%d", port)
}

func newDesk(c config, s *store, publicURL string, gateway desk.Gateway, clock desk.Clock) (*desk.Desk, error) {
	mailer, err := newMailer(c)
	if err != nil {
		return nil, err
	}
	_, movable := clock.(*demoClock)
	collecting, err := c.collecting(movable)
	if err != nil {
		return nil, err
	}
	return desk.New(desk.Config{
		DB: s.db, Clock: clock, Gateway: gateway, Mailer: mailer, ISEE: iseeProvider(c), Collecting: collecting, PublicURL: publicURL,
		Municipality: communities.MunicipalityID(c.Municipality), Demo: movable, Workers: runtime.NumCPU(),
	})
}

// say prints a line for people.
func say(w io.Writer, format string, args ...any) { fmt.Fprintf(w, format+"\n", args...) }
