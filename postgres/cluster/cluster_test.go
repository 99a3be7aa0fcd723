//go:build unix

package cluster

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/uptrace/bun/driver/pgdriver"
)

// TestMain is also the program that the tests start in order to kill it: with
// CLUSTER_TEST_SERVE it starts a cluster in that folder, says so, and stops when
// its input ends.
func TestMain(m *testing.M) {
	if dir := os.Getenv("CLUSTER_TEST_SERVE"); dir != "" {
		serveUntilInputEnds(dir)
		return
	}
	os.Exit(m.Run())
}

func serveUntilInputEnds(dir string) {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	c, err := Start(ctx, Config{Dir: dir, Log: os.Stderr})
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
	fmt.Println("ready", c.PID(), c.Joined())
	_, _ = io.Copy(io.Discard, os.Stdin)
	if err := c.Stop(); err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

// program is another process that has started or joined a cluster.
type program struct {
	cmd    *exec.Cmd
	input  io.Closer
	pid    int // of the postmaster
	joined bool
}

func startProgram(t *testing.T, dir string) *program {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), "CLUSTER_TEST_SERVE="+dir)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, _ := bufio.NewReader(out).ReadString('\n')
	p := &program{cmd: cmd, input: in}
	if _, err := fmt.Sscanf(line, "ready %d %t", &p.pid, &p.joined); err != nil {
		rest, _ := io.ReadAll(out)
		t.Fatalf("the other program says %q", line+string(rest))
	}
	return p
}

func within(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func start(t *testing.T, config Config) *Cluster {
	t.Helper()
	c, err := Start(within(t), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// folder is a folder that the user of the server may reach, also when root runs
// the tests: t.TempDir is private to root.
func folder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cluster-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(dir, "pg cluster") // a space, as in "Application Support"
}

func query(t *testing.T, dsn, q string) string {
	t.Helper()
	answer, err := ask(within(t), dsn, q)
	if err != nil {
		t.Fatalf("%s: %v", q, err)
	}
	return answer
}

func ask(ctx context.Context, dsn, q string) (string, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	var answer string
	err = conn.QueryRow(ctx, q).Scan(&answer)
	return answer, err
}

func TestDataOutlivesAStop(t *testing.T) {
	dir := folder(t)
	c, err := Start(within(t), Config{Dir: dir, Fsync: true})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is there
		if err := c.CreateDatabase(within(t), "famiglie"); err != nil {
			t.Fatal(err)
		}
	}
	dsn := c.DSN("famiglie")
	mustExec(t, dsn, "CREATE TABLE note (words text)", "INSERT INTO note VALUES ('perché no')")
	began := time.Now()
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	t.Logf("stop: %v", time.Since(began))
	if alive(c.PID()) {
		t.Fatal("the server runs after Stop")
	}
	began = time.Now()
	again := start(t, Config{Dir: dir, Fsync: true})
	t.Logf("warm start: %v", time.Since(began))
	if got := query(t, again.DSN("famiglie"), "SELECT words FROM note"); got != "perché no" {
		t.Fatalf("words = %q", got)
	}
}

func mustExec(t *testing.T, dsn string, statements ...string) {
	t.Helper()
	ctx := within(t)
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	for _, s := range statements {
		if _, err := conn.Exec(ctx, s); err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
}

// TestServerIsPrivate: no TCP, a folder that only its user may enter, a role
// without special powers, UTF-8 and bytewise order.
func TestServerIsPrivate(t *testing.T) {
	c := start(t, Config{Dir: folder(t), Params: map[string]string{"application_name": "prova", "max_connections": "37"}})
	dsn := c.DSN("postgres")
	for q, want := range map[string]string{
		"SHOW listen_addresses":        "",
		"SHOW unix_socket_permissions": "0700",
		"SHOW server_encoding":         "UTF8",
		"SHOW fsync":                   "off",
		"SHOW max_connections":         "37",
		"SHOW timezone":                "UTC",
		"SELECT rolsuper::text FROM pg_roles WHERE rolname = current_user":             "false",
		"SELECT datcollate::text FROM pg_database WHERE datname = 'postgres'":          "C",
		"SELECT string_agg(x, '' ORDER BY x) FROM unnest(ARRAY['b', 'B', 'à', 'a']) x": "Babà",
		"SELECT (current_setting('server_version_num')::int / 10000)::text || ''":      strconv.Itoa(c.Major()),
	} {
		if got := query(t, dsn, q); got != want {
			t.Errorf("%s = %q, want %q", q, got, want)
		}
	}
	for _, dir := range []string{c.Dir(), c.socketDir(), c.data()} {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %o", dir, info.Mode().Perm())
		}
		if uid, _, _ := ownerOf(dir); uid != c.account.uid || uid == 0 {
			t.Errorf("%s belongs to uid %d", dir, uid)
		}
	}
}

func TestPgdriverReadsItsAddress(t *testing.T) {
	c := start(t, Config{Dir: folder(t)})
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(c.PgdriverDSN("postgres"))))
	defer db.Close()
	var got string
	if err := db.QueryRowContext(within(t), "SELECT current_user").Scan(&got); err != nil {
		t.Fatal(err)
	}
	if got != roleName {
		t.Fatalf("current_user = %q", got)
	}
}

func TestSecondProgramJoinsAndOutlivesTheFirst(t *testing.T) {
	dir := folder(t)
	first := startProgram(t, dir)
	var heard lockedBuffer
	c := start(t, Config{Dir: dir, Log: &heard})
	if first.joined || !c.Joined() || c.PID() != first.pid {
		t.Fatalf("first joined %t with server %d; second joined %t with %d", first.joined, first.pid, c.Joined(), c.PID())
	}
	// The first stops its server; the second starts one of its own.
	_ = first.input.Close()
	if err := first.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	awaitAnswer(t, c, first.pid)
	if c.Joined() {
		t.Error("the second still says that the server is another program's")
	}
	if !strings.Contains(heard.String(), "starting it again") {
		t.Errorf("nothing was said: %q", heard.String())
	}
}

func TestJoiningLeavesTheServerRunning(t *testing.T) {
	dir := folder(t)
	first := start(t, Config{Dir: dir})
	second := startProgram(t, dir)
	if !second.joined || second.pid != first.PID() {
		t.Fatalf("second: joined %t, server %d, want %d", second.joined, second.pid, first.PID())
	}
	_ = second.input.Close()
	if err := second.cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	query(t, first.DSN("postgres"), "SELECT 'still here'")
}

func TestFirstStartsAtOnceMakeOneServer(t *testing.T) {
	dir := folder(t)
	const programs = 4
	clusters := make([]*Cluster, programs)
	var wg sync.WaitGroup
	for i := range clusters {
		wg.Go(func() {
			c, err := Start(within(t), Config{Dir: dir})
			if err != nil {
				t.Error(err)
				return
			}
			clusters[i] = c
		})
	}
	wg.Wait()
	if t.Failed() {
		return
	}
	for _, c := range clusters {
		if c.PID() != clusters[0].PID() {
			t.Errorf("servers %d and %d", c.PID(), clusters[0].PID())
		}
	}
	// Those that joined go first, so that none of them starts another.
	for _, joined := range []bool{true, false} {
		for _, c := range clusters {
			if c.Joined() == joined {
				if err := c.Stop(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// awaitAnswer waits until a server other than the one that died answers.
func awaitAnswer(t *testing.T, c *Cluster, died int) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for {
		if c.PID() != died {
			ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
			_, err := ask(ctx, c.DSN("postgres"), "SELECT 'here'")
			cancel()
			if err == nil {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatal("no server answers")
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func TestServerThatIsKilledIsStartedAgain(t *testing.T) {
	c := start(t, Config{Dir: folder(t), Fsync: true})
	if err := c.CreateDatabase(within(t), "note"); err != nil {
		t.Fatal(err)
	}
	mustExec(t, c.DSN("note"), "CREATE TABLE note AS SELECT 'kept' AS words")
	died := c.PID()
	began := time.Now()
	if err := syscall.Kill(died, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	awaitAnswer(t, c, died)
	t.Logf("answers again after %v", time.Since(began))
	if got := query(t, c.DSN("note"), "SELECT words FROM note"); got != "kept" {
		t.Fatalf("words = %q", got)
	}
}

// TestKilledProgramLeavesNothingInTheWay: after kill -9 of the program, the next
// start finds the data, whatever the old server still does.
func TestKilledProgramLeavesNothingInTheWay(t *testing.T) {
	dir := folder(t)
	for _, wait := range []time.Duration{0, 2 * time.Second} {
		p := startProgram(t, dir)
		if err := p.cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = p.cmd.Wait()
		time.Sleep(wait)
		if wait > 0 && orphansEnd && alive(p.pid) {
			t.Errorf("server %d outlives its program", p.pid)
		}
		began := time.Now()
		c := start(t, Config{Dir: dir})
		t.Logf("start %v after the kill took %v", wait, time.Since(began))
		query(t, c.DSN("postgres"), "SELECT 'here'")
		if c.Joined() {
			t.Error("joined the server of a program that is dead")
		}
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestProgramKilledDuringItsFirstStart: kill -9 at several moments of initdb and
// of the start; the next program starts as if nothing had been.
func TestProgramKilledDuringItsFirstStart(t *testing.T) {
	for _, after := range []time.Duration{100, 300, 700} {
		dir := folder(t)
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "CLUSTER_TEST_SERVE="+dir)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(after * time.Millisecond)
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		c := start(t, Config{Dir: dir})
		query(t, c.DSN("postgres"), "SELECT 'here'")
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
	}
}

// TestFolderOfAnotherUserIsSaid: root started here first, now an ordinary user.
func TestFolderOfAnotherUserIsSaid(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("for ordinary users only: root may enter every folder")
	}
	_, err := Start(within(t), Config{Dir: "/usr/colletta"})
	if err == nil || !strings.Contains(err.Error(), "/usr/colletta") {
		t.Fatalf("err = %v", err)
	}
	_, err = Start(within(t), Config{Dir: "/usr/bin"})
	if err == nil || !strings.Contains(err.Error(), "belongs to uid 0") {
		t.Fatalf("err = %v", err)
	}
}

// TestLockFileOfAnotherProcessIsNoServer: after a restart of the machine the
// number in postmaster.pid belongs to any process.
func TestLockFileOfAnotherProcessIsNoServer(t *testing.T) {
	dir := folder(t)
	c := start(t, Config{Dir: dir})
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	other := exec.Command("sleep", "60")
	if err := c.account.as(other).Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	text := fmt.Sprintf("%d\n%s\n%d\n%s\n%s\n", other.Process.Pid, c.data(), time.Now().Unix(), port, c.socketDir())
	for _, path := range []string{filepath.Join(c.data(), "postmaster.pid"), filepath.Join(c.socketDir(), ".s.PGSQL."+port+".lock")} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := c.account.own(path); err != nil {
			t.Fatal(err)
		}
	}
	again := start(t, Config{Dir: dir})
	query(t, again.DSN("postgres"), "SELECT 'here'")
}

func TestLongPathGetsAShortSocket(t *testing.T) {
	dir := filepath.Join(folder(t), strings.Repeat("condominio-", 12))
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	c := start(t, Config{Dir: dir})
	t.Cleanup(func() { _ = os.RemoveAll(c.socketDir()) })
	query(t, c.DSN("postgres"), "SELECT 'here'")
	if len(c.socketDir()) > 90 || strings.HasPrefix(c.socketDir(), c.Dir()) {
		t.Errorf("socket in %s", c.socketDir())
	}
}

func TestOtherMajorVersionIsSaid(t *testing.T) {
	dir := folder(t)
	c := start(t, Config{Dir: dir})
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.data(), "PG_VERSION"), []byte("99\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Start(within(t), Config{Dir: dir})
	if err == nil || !strings.Contains(err.Error(), "PostgreSQL 99") || !strings.Contains(err.Error(), strconv.Itoa(c.Major())) {
		t.Fatalf("err = %v", err)
	}
}

func TestBadSettingIsSaidAtOnce(t *testing.T) {
	began := time.Now()
	_, err := Start(within(t), Config{Dir: folder(t), Params: map[string]string{"shared_buffers": "molti"}})
	if err == nil || !strings.Contains(err.Error(), "shared_buffers") {
		t.Fatalf("err = %v", err)
	}
	if time.Since(began) > 20*time.Second {
		t.Errorf("took %v", time.Since(began))
	}
}

// TestInterruptedFirstStart: what an initdb left half-done is not taken for data.
func TestInterruptedFirstStart(t *testing.T) {
	dir := folder(t)
	if err := os.MkdirAll(filepath.Join(dir, "pg.new-123", "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	c := start(t, Config{Dir: dir})
	query(t, c.DSN("postgres"), "SELECT 'here'")
	if left, _ := filepath.Glob(filepath.Join(dir, "pg.new*")); len(left) != 0 {
		t.Errorf("left: %v", left)
	}
}

func TestMissingBinariesSayWhatToType(t *testing.T) {
	empty := t.TempDir()
	t.Setenv("PG_BIN", empty)
	dir := filepath.Join(t.TempDir(), "pg")
	_, err := Start(within(t), Config{Dir: dir})
	var missing *NoBinariesError
	if !errors.Is(err, ErrNoBinaries) || !errors.As(err, &missing) {
		t.Fatalf("err = %v", err)
	}
	if !strings.Contains(err.Error(), installCommand()) || !strings.Contains(err.Error(), empty) {
		t.Errorf("message: %v", err)
	}
	if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a failed start left %s", dir)
	}
}

// TestBinariesThroughALink: PATH holds a lone link to postgres, without initdb.
func TestBinariesThroughALink(t *testing.T) {
	b, err := find(within(t), 0)
	if err != nil {
		t.Fatal(err)
	}
	links := t.TempDir()
	if err := os.Symlink(filepath.Join(b.dir, "postgres"), filepath.Join(links, "postgres")); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", links)
	got, err := find(within(t), 0)
	if err != nil || got != b {
		t.Fatalf("find = %v, %v; want %v", got, err, b)
	}
}

func TestVersionInPath(t *testing.T) {
	for path, want := range map[string]int{
		"/usr/lib/postgresql/15/bin":                              15,
		"/usr/pgsql-17/bin":                                       17,
		"/opt/homebrew/opt/postgresql@16/bin":                     16,
		"/opt/homebrew/opt/postgresql/bin":                        0,
		"/Applications/Postgres.app/Contents/Versions/latest/bin": 0,
	} {
		if got := versionIn(path); got != want {
			t.Errorf("versionIn(%s) = %d, want %d", path, got, want)
		}
	}
}

// TestRootUsesAFolderThatItsServerMayEnter: below a folder that only root may
// enter the server cannot live.
func TestRootUsesAFolderThatItsServerMayEnter(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("for root only: an ordinary user's server runs as that user")
	}
	var heard lockedBuffer
	dir := filepath.Join(t.TempDir(), "pg") // mode 0700 of root somewhere above
	private := filepath.Dir(filepath.Dir(dir))
	if err := os.Chmod(private, 0o700); err != nil {
		t.Fatal(err)
	}
	c := start(t, Config{Dir: dir, Log: &heard})
	t.Cleanup(func() { _ = os.RemoveAll(c.Dir()) })
	query(t, c.DSN("postgres"), "SELECT 'here'")
	if c.Dir() == dir || !strings.Contains(heard.String(), c.Dir()) {
		t.Errorf("lives in %s; said %q", c.Dir(), heard.String())
	}
	if note, err := os.ReadFile(dir + ".elsewhere"); err != nil || string(note) != c.Dir()+"\n" {
		t.Errorf("note of the folder: %q, %v", note, err)
	}
	// The same path leads to the same folder: a second start finds it.
	second := start(t, Config{Dir: dir})
	if second.Dir() != c.Dir() || second.PID() != c.PID() {
		t.Errorf("second start: %s, server %d", second.Dir(), second.PID())
	}
}

// TestAsOrdinaryUser runs the tests in which the user matters as nobody, when
// root runs them.
func TestAsOrdinaryUser(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("already an ordinary user")
	}
	if testing.Short() {
		t.Skip("runs the package a second time")
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Skip("this machine has no user nobody")
	}
	uid, _ := strconv.ParseUint(nobody.Uid, 10, 32)
	gid, _ := strconv.ParseUint(nobody.Gid, 10, 32)
	dir := filepath.Dir(folder(t))
	if err := os.Chown(dir, int(uid), int(gid)); err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(dir, "cluster.test")
	text, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(program, text, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(program, "-test.v", "-test.timeout=3m", "-test.run",
		"DataOutlives|IsPrivate|SecondProgram|IsKilled|KilledProgram|DuringItsFirst|LongPath|AnotherUser")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("as nobody: %v\n%s", err, out)
	}
	if n := strings.Count(string(out), "--- PASS"); n != 8 {
		t.Fatalf("only %d tests passed as nobody:\n%s", n, out)
	}
}

// lockedBuffer is a log that several goroutines write.
type lockedBuffer struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
