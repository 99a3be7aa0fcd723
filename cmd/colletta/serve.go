package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"colletta/api"
	"colletta/billing/stripepay"
	"colletta/billing/stripepay/sandbox"
	"colletta/desk"
	"colletta/web"
)

type serveCmd struct {
	Demo bool `help:"Load the Milan demo once and open its mailbox, its clock and its card sandbox."`
}

const (
	portsTried     = 20               // how many ports are tried when one is taken
	shutdownTime   = 10 * time.Second // for requests and errands under way
	queueConns     = 4
	queueWorkers   = 4
	tickEvery      = 2 * time.Second
	healEvery      = time.Minute
	sandboxPath    = "/stripe-sandbox"
	sandboxKeyFile = "stripe-sandbox.key"
)

// Run serves until the context ends.
func (s serveCmd) Run(ctx context.Context) error {
	conf, err := readConfig()
	if err != nil {
		return err
	}
	listener, port, err := listen(conf.Port)
	if err != nil {
		return err
	}
	defer listener.Close()
	st, err := openStore(ctx, conf)
	if err != nil {
		return err
	}
	defer st.close()
	if err := st.unlock(ctx, conf, s.Demo); err != nil {
		return err
	}
	h, err := assemble(ctx, conf, st, port, s.Demo)
	if err != nil {
		return err
	}
	defer h.close()
	return h.run(ctx, listener)
}

// listen takes the port, or the next one that is free, and says so.
func listen(port int) (net.Listener, int, error) {
	var err error
	for p := port; p < port+portsTried; p++ {
		var l net.Listener
		if l, err = net.Listen("tcp", ":"+strconv.Itoa(p)); err == nil {
			p = l.Addr().(*net.TCPAddr).Port // port 0: any
			if p != port && port != 0 {
				say(os.Stderr, "Port %d is taken: using %d.", port, p)
			}
			return l, p, nil
		}
	}
	return nil, 0, fmt.Errorf("no free port from %d to %d: %w", port, port+portsTried-1, err)
}

// house is the running program.
type house struct {
	conf    config
	desk    *desk.Desk
	handler http.Handler
	queue   *river.Client[pgx.Tx]
	pool    *pgxpool.Pool
	sandbox *sandbox.Server
	url     string
	demo    bool
}

// assemble wires the parts, and loads the demo when asked.
func assemble(ctx context.Context, conf config, st *store, port int, demo bool) (*house, error) {
	h := &house{conf: conf, url: strings.TrimSuffix(conf.publicURL(port), "/"), demo: demo}
	var clock desk.Clock = realClock{}
	var tools *web.DemoTools
	if demo {
		movable, err := newDemoClock(demoClockFile(conf))
		if err != nil {
			return nil, err
		}
		clock, tools = movable, &web.DemoTools{Clock: movable, Accounts: demoAccounts()}
	}
	gateway, err := h.gateway(port, clock)
	if err != nil {
		return nil, err
	}
	if h.desk, err = newDesk(conf, st, h.url, gateway, clock); err != nil {
		return nil, err
	}
	if demo {
		if err := fillDemo(ctx, conf, st, clock.(*demoClock)); err != nil {
			return nil, err
		}
	}
	rest := api.New(api.Config{Desk: h.desk, Ready: st.db.Ping})
	var sandboxHandler http.Handler
	if h.sandbox != nil {
		sandboxHandler = h.sandbox
	}
	if h.handler, err = web.New(web.Config{
		Desk: h.desk, SessionStore: st.db.Sessions(), Demo: tools, PublicURL: h.url, Sandbox: sandboxHandler, API: rest,
	}); err != nil {
		return nil, err
	}
	return h, h.openQueue(ctx, st.dsn)
}

// gateway is Stripe with our keys, or the sandbox in a demo without keys, or
// nil: then no cards are taken.
func (h *house) gateway(port int, clock desk.Clock) (desk.Gateway, error) {
	if h.conf.StripeKey != "" {
		return stripepay.New(stripepay.Config{SecretKey: h.conf.StripeKey, WebhookSecret: h.conf.StripeWebhook, BaseURL: h.conf.StripeURL, Retries: 2})
	}
	if !h.demo {
		return nil, nil
	}
	secret, err := sandboxSecret(h.conf.Dir)
	if err != nil {
		return nil, err
	}
	local := fmt.Sprintf("http://127.0.0.1:%d", port)
	if h.sandbox, err = sandbox.New(sandbox.Config{
		PublicURL: h.url + sandboxPath, SecretKey: "sk_test_" + secret, WebhookURL: local + "/api/stripe/webhook",
		WebhookSecret: "whsec_" + secret, Now: clock.Now, StatePath: filepath.Join(h.conf.Dir, "stripe-sandbox.json"),
	}); err != nil {
		return nil, err
	}
	return stripepay.New(stripepay.Config{SecretKey: "sk_test_" + secret, WebhookSecret: "whsec_" + secret, BaseURL: local + sandboxPath, Retries: 2})
}

// sandboxSecret is kept in a file, so that what was begun before a restart can
// be finished after it.
func sandboxSecret(dir string) (string, error) {
	path := filepath.Join(dir, sandboxKeyFile)
	if data, err := os.ReadFile(path); err == nil && len(data) >= 32 {
		return string(data), nil
	}
	raw := make([]byte, 16)
	rand.Read(raw) // never fails
	secret := hex.EncodeToString(raw)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return secret, os.WriteFile(path, []byte(secret), 0o600)
}

// openQueue connects River's workers by a pool of their own (see
// docs/decisions).
func (h *house) openQueue(ctx context.Context, dsn string) error {
	pc, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return err
	}
	pc.MaxConns = queueConns
	if h.pool, err = pgxpool.NewWithConfig(ctx, pc); err != nil {
		return err
	}
	h.queue, err = river.NewClient(riverpgxv5.New(h.pool), &river.Config{
		Queues:               map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: queueWorkers}},
		Workers:              h.desk.Workers(),
		RescueStuckJobsAfter: desk.RescueAfter,
		Logger:               slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	return err
}

// run serves, works and keeps time until the context ends, then lets what is
// under way finish.
func (h *house) run(ctx context.Context, l net.Listener) error {
	if err := h.queue.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	go h.keepTime(ctx)
	server := &http.Server{
		Handler: h.handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 32 << 10,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	h.welcome()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	say(os.Stderr, "\nStopping…")
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	err := server.Shutdown(ending)
	if stopped := h.queue.Stop(ending); stopped != nil && !errors.Is(stopped, context.DeadlineExceeded) {
		err = errors.Join(err, stopped)
	}
	return err
}

// keepTime calls the timetable every few seconds; what fails is tried again.
func (h *house) keepTime(ctx context.Context) {
	tick, heal := time.NewTicker(tickEvery), time.NewTicker(healEvery)
	defer tick.Stop()
	defer heal.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			err = h.desk.Tick(ctx)
		case <-heal.C:
			err = h.desk.HealCardPayments(ctx)
		}
		if err != nil && ctx.Err() == nil {
			slog.Error("timetable: trying again", "error", err)
		}
	}
}

// welcome prints where to go and who can log in.
func (h *house) welcome() {
	say(os.Stdout, "\nColletta is ready: %s", h.url)
	if !h.demo {
		if h.conf.SMTPURL == "" {
			say(os.Stderr, "SMTP_URL is not set: messages, login links among them, stay in the database and nobody receives them.")
		}
		return
	}
	say(os.Stdout, "\nWho can log in (%s/accedi; the link arrives in %s/prova/posta):", h.url, h.url)
	for _, a := range demoAccounts() {
		say(os.Stdout, "  %-34s %s\n  %34s %s", a.Email, a.Label, "", a.What)
	}
	say(os.Stdout, "\nOther pages: rounds %s/tornate · the Comune's desk %s/comune · mailbox %s/prova/posta · clock %s/prova/orologio\nCtrl-C stops.\n",
		h.url, h.url, h.url, h.url)
}

func (h *house) close() {
	if h.sandbox != nil {
		h.sandbox.Close()
	}
	if h.pool != nil {
		h.pool.Close()
	}
}
