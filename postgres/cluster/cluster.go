//go:build unix

package cluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	roleName  = "colletta" // owns the databases; may create some; no superuser, as in production
	superuser = "postgres" // made by initdb; makes the role
	port      = "5432"     // names the socket; nothing listens on TCP

	startTimeMax    = 60 * time.Second // one start, retries included, when the caller's context allows more
	stopTimeMax     = 10 * time.Second // a fast shutdown; past it the server is made to stop at once
	pollEvery       = 20 * time.Millisecond
	watchEvery      = 250 * time.Millisecond // how soon the death of a joined server is seen
	restartPauseMax = 10 * time.Second       // between two tries to start a server that died
)

// Config says where a cluster lives and how safe its data must be.
type Config struct {
	// Dir is the folder of the cluster: data, socket and log. It is made when
	// missing. Required.
	Dir string
	// Fsync makes what is committed survive a loss of power. Tests go without.
	Fsync bool
	// Log receives one line, with its line end, for each thing worth knowing: a
	// folder used instead, a restart. Nil: nobody hears it. PostgreSQL's own log
	// is the file postgres.log in the folder.
	Log io.Writer
	// Params are settings of postgresql.conf that win over the package's own.
	Params map[string]string
}

// Cluster is a running server, started or joined.
type Cluster struct {
	config  Config
	account account
	home    string // the folder in use; not always Config.Dir
	found   binaries

	logMu sync.Mutex

	mu      sync.Mutex
	sockets string // folder of the socket
	pid     int    // of the postmaster
	joined  bool   // another program started it and will stop it

	stopOnce sync.Once
	stop     chan struct{}
	done     chan struct{}
	stopErr  error
}

// Start makes the cluster when there is none, starts its server or joins the one
// that already runs, and returns when it answers. ctx bounds the start alone;
// the server runs until [Cluster.Stop] or the end of the program. Several
// programs may start the same folder at once.
//
// It returns a [NoBinariesError] when PostgreSQL is not installed, and an error
// that says what to do when the data folder is of another major version or of
// another user.
func Start(ctx context.Context, config Config) (*Cluster, error) {
	if config.Dir == "" {
		return nil, errors.New("cluster: Config.Dir is empty")
	}
	dir, err := filepath.Abs(config.Dir)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	// Before anything is made: without binaries nothing is left behind.
	if _, err := find(ctx, 0); err != nil {
		return nil, err
	}
	c := &Cluster{config: config, stop: make(chan struct{}), done: make(chan struct{})}
	if c.account, err = accountFor(dir); err != nil {
		return nil, err
	}
	if c.home, err = c.account.home(dir); err != nil {
		return nil, err
	}
	if c.home != dir {
		c.say("user %s, as whom PostgreSQL runs, may not enter %s: the database lives in %s", c.account.name, dir, c.home)
		// For people and for "make demo-reset".
		if err := os.WriteFile(dir+".elsewhere", []byte(c.home+"\n"), 0o644); err != nil {
			return nil, fmt.Errorf("cluster: %w", err)
		}
	}
	if c.home, err = filepath.EvalSymlinks(c.home); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	if err := c.chooseBinaries(ctx); err != nil {
		return nil, err
	}
	first := make(chan error, 1)
	go c.keep(ctx, first)
	if err := <-first; err != nil {
		return nil, err
	}
	return c, nil
}

// keep owns the server from its start to its end. It stays on one OS thread,
// which forks the server: the server's life is tied to that thread.
func (c *Cluster) keep(ctx context.Context, first chan<- error) {
	runtime.LockOSThread()
	defer close(c.done)
	began, err := c.begin(ctx)
	first <- err
	if err != nil {
		return
	}
	for {
		select {
		case <-c.stop:
			c.stopErr = c.end(began)
			return
		case why := <-began.ended:
			c.say("PostgreSQL ended without being asked (%v): starting it again", why)
		}
		if began = c.beginAgain(); began == nil {
			return
		}
	}
}

// beginAgain tries until the server answers; it returns nil when it is told to
// stop first.
func (c *Cluster) beginAgain() *server {
	for pause := watchEvery; ; pause = min(2*pause, restartPauseMax) {
		ctx, cancel := context.WithTimeout(context.Background(), startTimeMax)
		s, err := c.begin(ctx)
		cancel()
		if err == nil {
			c.say("PostgreSQL answers again")
			return s
		}
		c.say("PostgreSQL does not start: %v", err)
		select {
		case <-c.stop:
			return nil
		case <-time.After(pause):
		}
	}
}

// Stop ends the server, after the statements that are running are rolled back,
// and returns when it has gone. A server that another program started goes on.
// Further calls return the same.
func (c *Cluster) Stop() error {
	c.stopOnce.Do(func() { close(c.stop) })
	<-c.done
	return c.stopErr
}

// Dir is the folder in use: Config.Dir, or the one used instead.
func (c *Cluster) Dir() string { return c.home }

// Joined reports whether another program started the server that answers now.
func (c *Cluster) Joined() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.joined
}

// PID is the process of the postmaster that answers now.
func (c *Cluster) PID() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.pid
}

// Major is the major version of the server, such as 15.
func (c *Cluster) Major() int { return c.found.major }

// DSN is the address of a database in the form of libpq, which psql, pgx and
// package postgres read. Its role owns the databases of the cluster and is no
// superuser.
func (c *Cluster) DSN(database string) string {
	return addressAt(roleName, database, c.socketDir())
}

// PgdriverDSN is the same address in the form that pgdriver.WithDSN reads: it
// wants the socket itself where libpq wants its folder.
func (c *Cluster) PgdriverDSN(database string) string {
	q := url.Values{"host": {filepath.Join(c.socketDir(), ".s.PGSQL."+port)}, "sslmode": {"disable"}}
	return addressOf(roleName, database, q)
}

func (c *Cluster) socketDir() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sockets
}

func addressAt(role, database, sockets string) string {
	return addressOf(role, database, url.Values{"host": {sockets}, "port": {port}, "sslmode": {"disable"}})
}

func addressOf(role, database string, q url.Values) string {
	// libpq knows %20, not the plus sign, for a space in a folder's name.
	query := strings.ReplaceAll(q.Encode(), "+", "%20")
	u := url.URL{Scheme: "postgres", User: url.User(role), Path: "/" + database, RawQuery: query}
	return u.String()
}

// CreateDatabase makes a database, in UTF-8 and ordered by bytes (locale C) so
// that lists come in the same order on every machine. One that exists is left
// as it is.
func (c *Cluster) CreateDatabase(ctx context.Context, name string) error {
	conn, err := pgx.Connect(ctx, c.DSN("postgres"))
	if err != nil {
		return fmt.Errorf("cluster: create database %s: %w", name, err)
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	var refused *pgconn.PgError
	if errors.As(err, &refused) && (refused.Code == "42P04" || refused.Code == "23505") { // there, or being made by another program
		return nil
	}
	if err != nil {
		return fmt.Errorf("cluster: create database %s: %w", name, err)
	}
	return nil
}

// ensureRole makes the role that the program uses.
func (c *Cluster) ensureRole(ctx context.Context) error {
	conn, err := pgx.Connect(ctx, addressAt(superuser, "postgres", c.socketDir()))
	if err != nil {
		return fmt.Errorf("cluster: role %s: %w", roleName, err)
	}
	defer conn.Close(ctx)
	var there bool
	if err := conn.QueryRow(ctx, "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", roleName).Scan(&there); err != nil {
		return fmt.Errorf("cluster: role %s: %w", roleName, err)
	}
	if there {
		return nil
	}
	if _, err := conn.Exec(ctx, "CREATE ROLE "+roleName+" LOGIN CREATEDB"); err != nil {
		return fmt.Errorf("cluster: role %s: %w", roleName, err)
	}
	return nil
}

func (c *Cluster) say(format string, args ...any) {
	if c.config.Log == nil {
		return
	}
	c.logMu.Lock()
	defer c.logMu.Unlock()
	fmt.Fprintf(c.config.Log, format+"\n", args...)
}

func (c *Cluster) data() string    { return filepath.Join(c.home, "pg") }
func (c *Cluster) logFile() string { return filepath.Join(c.home, "postgres.log") }

// environment is ours without the variables that would steer PostgreSQL's
// programs elsewhere.
func environment() []string {
	env := []string{"LC_ALL=C", "TZ=UTC"}
	for _, name := range []string{"PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return env
}
