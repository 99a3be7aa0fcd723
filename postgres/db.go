package postgres

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverdatabasesql"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"
	"github.com/uptrace/bun/driver/pgdriver"

	"colletta/communities"
)

const (
	queryTimeout     = 15 * time.Second // longest that one act may hold a connection
	statementTimeout = "30s"            // a second lock, on the server
	lockTimeout      = "10s"
	connsMax         = 16
)

// DB reads the rows of one municipality and hands out transactions.
type DB struct {
	reader
	bun    *bun.DB
	insert *river.Client[*sql.Tx]
}

// reader holds the queries that a DB and a Tx share.
type reader struct {
	idb          bun.IDB
	municipality communities.MunicipalityID
	keys         *keyring
}

// Open connects to a database by a libpq address (URL or key=value form), for
// one municipality. It does not wait for the server: see [DB.Ping].
func Open(dsn string, municipality communities.MunicipalityID) (*DB, error) {
	connector, err := connectorOf(dsn)
	if err != nil {
		return nil, err
	}
	pool := sql.OpenDB(connector)
	pool.SetMaxOpenConns(connsMax)
	pool.SetMaxIdleConns(connsMax)
	pool.SetConnMaxIdleTime(5 * time.Minute)
	db := bun.NewDB(pool, pgdialect.New())
	insert, err := river.NewClient(riverdatabasesql.New(pool), &river.Config{})
	if err != nil {
		return nil, fmt.Errorf("postgres: queue: %w", err)
	}
	return &DB{reader: reader{idb: db, municipality: municipality, keys: &keyring{known: map[string]*dataKey{}}}, bun: db, insert: insert}, nil
}

// connectorOf reads the address as libpq does, so that bun's pool and River's
// take the same one.
func connectorOf(dsn string) (*pgdriver.Connector, error) {
	parsed, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, fmt.Errorf("postgres: address of the database: %w", err)
	}
	c := parsed.ConnConfig
	params := map[string]any{
		"client_connection_check_interval":    "200ms",
		"statement_timeout":                   statementTimeout,
		"lock_timeout":                        lockTimeout,
		"idle_in_transaction_session_timeout": "60s",
		"timezone":                            "UTC",
		"jit":                                 "off", // short queries with many joins: compiling them costs more than running them
		"join_collapse_limit":                 "1",   // joins run in the order in which they are written: planning nine of them took twenty times as long as running them
	}
	for name, value := range c.RuntimeParams {
		params[name] = value
	}
	options := []pgdriver.Option{
		pgdriver.WithUser(c.User), pgdriver.WithPassword(c.Password), pgdriver.WithDatabase(c.Database),
		pgdriver.WithApplicationName("colletta"), pgdriver.WithConnParams(params),
		pgdriver.WithReadTimeout(0), pgdriver.WithWriteTimeout(0),
	}
	port := strconv.Itoa(int(c.Port))
	if strings.HasPrefix(c.Host, "/") {
		return pgdriver.NewConnector(append(options, pgdriver.WithNetwork("unix"),
			pgdriver.WithAddr(c.Host+"/.s.PGSQL."+port), pgdriver.WithInsecure(true))...), nil
	}
	options = append(options, pgdriver.WithNetwork("tcp"), pgdriver.WithAddr(net.JoinHostPort(c.Host, port)))
	mayBePlain := c.TLSConfig == nil
	for _, f := range c.Fallbacks {
		mayBePlain = mayBePlain || f.TLSConfig == nil
	}
	if mayBePlain { // sslmode disable, allow or prefer: pgdriver cannot try one after the other
		return pgdriver.NewConnector(append(options, pgdriver.WithInsecure(true))...), nil
	}
	return pgdriver.NewConnector(append(options, pgdriver.WithTLSConfig(c.TLSConfig))...), nil
}

// Close ends all connections.
func (db *DB) Close() error { return db.bun.Close() }

// Ping is nil when the server answers.
func (db *DB) Ping(ctx context.Context) error {
	ctx, cancel := deadline(ctx)
	defer cancel()
	var one int
	if err := db.bun.NewRaw("SELECT 1").Scan(ctx, &one); err != nil {
		return fmt.Errorf("postgres: %w", err)
	}
	return nil
}

// deadline makes sure that a context has one: pgdriver stops only at a
// deadline, never at a cancellation.
func deadline(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, queryTimeout)
}

// Analyze brings the planner's statistics up to date, after much was loaded at
// once; the server does it by itself within minutes.
func (db *DB) Analyze(ctx context.Context) error {
	ctx, cancel := deadline(ctx)
	defer cancel()
	_, err := db.bun.NewRaw("ANALYZE").Exec(ctx)
	return fault(err, "analyze")
}
