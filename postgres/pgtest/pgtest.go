//go:build unix

// Package pgtest owns the databases of tests: a private PostgreSQL server for
// each test binary, started when the first test asks, and for each test a
// database of its own, copied from a template that was migrated once.
//
// It does not own the schema: the test binary passes its migration, so that
// every package, postgres itself included, can use this one.
//
// Invariants: a test sees what its own acts stored and nothing else, so tests
// run in parallel; its database goes when it ends; the server and its folder go
// when the binary ends, and those of a binary that was killed with the next one.
// A machine without PostgreSQL fails the tests: it does not skip them.
//
// The package knows no time of day.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"colletta/postgres/cluster"
)

// ServerVariable names the environment variable that holds the address of a
// server to use instead of a private one: a URL of libpq whose role may create
// databases, in its server postgres database or in the one that it names.
const ServerVariable = "COLLETTA_TEST_DATABASE_URL"

const (
	folderPrefix = "colletta-pgtest-"
	migrateMax   = 2 * time.Minute
	copyMax      = time.Minute
)

// Migrate brings an empty database to the schema that the tests expect.
type Migrate func(ctx context.Context, dsn string) error

var (
	migrate Migrate
	server  = sync.OnceValues(begin)
	running atomic.Pointer[host]
	counter atomic.Int64
)

// host is where the databases are made.
type host struct {
	address  func(database string) string
	admin    string // a database to connect to while making others
	template string
	prefix   string // of the names of this binary's databases
	end      func()
}

// Main runs the tests of a package; call it from TestMain and return. It starts
// nothing by itself: only the first [New] does.
func Main(m *testing.M, with Migrate) {
	migrate = with
	code := m.Run()
	if h := running.Load(); h != nil {
		h.end()
	}
	os.Exit(code)
}

// New makes a migrated database for one test and returns its address, in the
// form of libpq. The database goes when the test ends, with whatever is still
// connected to it.
func New(t testing.TB) string {
	t.Helper()
	return newFrom(t, "")
}

// NewEmpty is [New] without the migration, for tests of the migration.
func NewEmpty(t testing.TB) string {
	t.Helper()
	return newFrom(t, "template0")
}

func newFrom(t testing.TB, template string) string {
	t.Helper()
	if migrate == nil {
		t.Fatal("pgtest: TestMain does not call pgtest.Main")
	}
	h, err := server()
	if err != nil {
		t.Fatal(err)
	}
	if template == "" {
		template = h.template
	}
	name := fmt.Sprintf("%s%d", h.prefix, counter.Add(1))
	ctx, cancel := context.WithTimeout(context.Background(), copyMax)
	defer cancel()
	if err := h.create(ctx, name, template); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), copyMax)
		defer cancel()
		if err := h.drop(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return h.address(name)
}

// begin starts or finds the server and makes the template.
func begin() (*host, error) {
	h, err := where()
	if err != nil {
		return nil, err
	}
	running.Store(h)
	ctx, cancel := context.WithTimeout(context.Background(), migrateMax)
	defer cancel()
	h.template = h.prefix + "template"
	if err := h.create(ctx, h.template, "template0"); err != nil {
		return nil, err
	}
	if err := migrate(ctx, h.address(h.template)); err != nil {
		return nil, fmt.Errorf("pgtest: migrate the template: %w", err)
	}
	return h, nil
}

func where() (*host, error) {
	prefix := fmt.Sprintf("colletta_test_%d_%d_", os.Getpid(), time.Now().UnixNano()%1e9)
	if given := os.Getenv(ServerVariable); given != "" {
		u, err := url.Parse(given)
		if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
			return nil, fmt.Errorf("pgtest: %s is no URL of the form postgres://user@host/database", ServerVariable)
		}
		h := &host{prefix: prefix, admin: strings.TrimPrefix(u.Path, "/")}
		if h.admin == "" {
			h.admin = "postgres"
		}
		h.address = func(database string) string {
			one := *u
			one.Path = "/" + database
			return one.String()
		}
		h.end = func() {
			ctx, cancel := context.WithTimeout(context.Background(), copyMax)
			defer cancel()
			if err := h.drop(ctx, h.template); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		return h, nil
	}
	sweep()
	folder, release, err := makeFolder()
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), migrateMax)
	defer cancel()
	c, err := cluster.Start(ctx, cluster.Config{Dir: filepath.Join(folder, "pg"), Log: os.Stderr, Params: map[string]string{
		"max_connections": "300", // many tests at once, each with its pools
		"shared_buffers":  "64MB",
		"max_wal_size":    "256MB",
		"jit":             "off",
	}})
	if err != nil {
		release()
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	return &host{prefix: prefix, admin: "postgres", address: c.DSN, end: func() {
		if err := c.Stop(); err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		_ = os.RemoveAll(c.Dir())
		release()
	}}, nil
}

// create copies a template. Copies of one template may be made at once, but not
// while somebody is connected to it: the connections of the migration take a
// moment to go.
func (h *host) create(ctx context.Context, name, template string) error {
	conn, err := pgx.Connect(ctx, h.address(h.admin))
	if err != nil {
		return fmt.Errorf("pgtest: %w", err)
	}
	defer conn.Close(ctx)
	for {
		_, err = conn.Exec(ctx, "CREATE DATABASE "+quoted(name)+" TEMPLATE "+quoted(template))
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != "55006" { // object_in_use
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("pgtest: the migration leaves connections open to its database: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	if err != nil {
		return fmt.Errorf("pgtest: copy %s: %w", template, err)
	}
	return nil
}

func (h *host) drop(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, h.address(h.admin))
	if err != nil {
		return fmt.Errorf("pgtest: drop %s: %w", name, err)
	}
	defer conn.Close(ctx)
	// A vacuum of PostgreSQL's own may be in the database, which only a superuser
	// may end: it is over soon.
	for {
		_, err = conn.Exec(ctx, "DROP DATABASE IF EXISTS "+quoted(name)+" WITH (FORCE)")
		var refused *pgconn.PgError
		if err == nil || !errors.As(err, &refused) || refused.Code != "42501" {
			break
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("pgtest: drop %s: %w", name, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
	if err != nil {
		return fmt.Errorf("pgtest: drop %s: %w", name, err)
	}
	return nil
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

// makeFolder makes the folder of a server and holds a lock on it, by which
// [sweep] knows that somebody uses it. When root runs the tests, the user of the
// server must be able to pass through.
func makeFolder() (folder string, release func(), err error) {
	folder, err = os.MkdirTemp("", folderPrefix)
	if err != nil {
		return "", nil, err
	}
	if err := os.Chmod(folder, 0o711); err != nil {
		return "", nil, err
	}
	lock, err := os.OpenFile(filepath.Join(folder, "in-use"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", nil, err
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		lock.Close()
		return "", nil, err
	}
	return folder, func() { _ = os.RemoveAll(folder); lock.Close() }, nil
}

// sweep removes the folders of test binaries that were killed: those that are a
// minute old and that nobody holds.
func sweep() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	for _, folder := range old {
		path := filepath.Join(folder, "in-use")
		info, err := os.Stat(path)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		lock, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			continue // another user's
		}
		if syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil {
			_ = os.RemoveAll(folder)
		}
		lock.Close()
	}
}
