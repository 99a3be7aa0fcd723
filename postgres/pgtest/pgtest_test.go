//go:build unix

package pgtest_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"colletta/postgres/pgtest"
)

var migrations atomic.Int64

func TestMain(m *testing.M) {
	pgtest.Main(m, func(ctx context.Context, dsn string) error {
		migrations.Add(1)
		conn, err := pgx.Connect(ctx, dsn)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		_, err = conn.Exec(ctx, "CREATE TABLE note (words text)")
		return err
	})
}

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// TestEveryTestHasItsOwnDatabase: sixteen tests at once each insert one row and
// see one, and the migration ran once. They leave their connections open.
func TestEveryTestHasItsOwnDatabase(t *testing.T) {
	for i := range 16 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			conn := connect(t, pgtest.New(t))
			var n int
			err := conn.QueryRow(t.Context(), "WITH new AS (INSERT INTO note VALUES ('uno') RETURNING 1) SELECT (SELECT count(*) FROM note) + (SELECT count(*) FROM new)").Scan(&n)
			if err != nil {
				t.Fatal(err)
			}
			if n != 1 {
				t.Errorf("%d rows, want 1", n)
			}
			if n := migrations.Load(); n != 1 {
				t.Errorf("migrated %d times", n)
			}
		})
	}
}

func TestDatabaseGoesWithItsTest(t *testing.T) {
	var gone string
	t.Run("inner", func(t *testing.T) {
		gone = pgtest.New(t)
		connect(t, gone)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if conn, err := pgx.Connect(ctx, gone); err == nil {
		conn.Close(ctx)
		t.Fatal("the database is still there")
	} else if !strings.Contains(err.Error(), "does not exist") {
		t.Fatal(err)
	}
}

func TestEmptyHasNoTables(t *testing.T) {
	conn := connect(t, pgtest.NewEmpty(t))
	defer conn.Close(t.Context())
	var n int
	if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").Scan(&n); err != nil {
		t.Fatal(err)
	}
	if n != 0 {
		t.Fatalf("%d tables", n)
	}
}

// TestBinaryLeavesNothing runs this binary again, on its own server and on one
// that is given to it, and looks at what is left.
func TestBinaryLeavesNothing(t *testing.T) {
	if os.Getenv("PGTEST_INNER") != "" {
		t.Skip("inside the run that this test watches")
	}
	given := pgtest.NewEmpty(t)
	databases := func() (n int) {
		conn := connect(t, given)
		defer conn.Close(t.Context())
		if err := conn.QueryRow(t.Context(), "SELECT count(*) FROM pg_database").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	before := databases()
	for _, server := range []string{"", given} {
		tmp, err := os.MkdirTemp("", "pgtest-test-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.RemoveAll(tmp) })
		if err := os.Chmod(tmp, 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0], "-test.run", "TestEveryTestHasItsOwnDatabase")
		cmd.Env = append(os.Environ(), "PGTEST_INNER=1", "TMPDIR="+tmp, pgtest.ServerVariable+"="+server)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if left, _ := filepath.Glob(filepath.Join(tmp, "*")); len(left) != 0 {
			t.Errorf("left: %v", left)
		}
	}
	if after := databases(); after != before {
		t.Errorf("%d databases before, %d after", before, after)
	}
}
