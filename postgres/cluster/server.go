//go:build unix

package cluster

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	socketPathMax = 103      // bytes of a socket's path: 107 on Linux, 103 on macOS
	logBytesMax   = 16 << 20 // of postgres.log; a longer one is put aside at the next start
	orphanGrace   = 5 * time.Second
)

// server is one life of a postmaster.
type server struct {
	pid   int
	ours  bool       // this program stops it
	ended chan error // says once that it ended
}

// begin joins the server of the data folder or starts one, and returns when it
// answers. A lock on the folder lets one program at a time do so.
func (c *Cluster) begin(ctx context.Context) (*server, error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeMax)
	defer cancel()
	unlock, err := c.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	began := time.Now()
	var last error
	for {
		// A server may be starting or stopping under another program, or lie
		// dead with its children about to follow: look, try, look again.
		pid, sockets, running := c.running()
		var s *server
		switch {
		case running && c.orphaned() && orphansEnd && time.Since(began) < orphanGrace:
			last = fmt.Errorf("the server %d of a program that died has not ended", pid)
		case running:
			s, last = c.join(ctx, pid, sockets)
		default:
			var final bool
			if s, final, last = c.launch(ctx); final {
				return nil, last
			}
		}
		if s != nil {
			return s, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("cluster: PostgreSQL does not answer (its log: %s): %w", c.logFile(), errors.Join(last, ctx.Err()))
		case <-time.After(5 * pollEvery):
		}
	}
}

// lock waits for the sole right to start a server in the folder.
func (c *Cluster) lock(ctx context.Context) (unlock func(), err error) {
	path := filepath.Join(c.home, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	if err := c.account.own(path); err != nil {
		f.Close()
		return nil, fmt.Errorf("cluster: %w", err)
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) && !errors.Is(err, syscall.EINTR) {
			f.Close()
			return nil, fmt.Errorf("cluster: lock %s: %w", path, err)
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("cluster: another program is starting PostgreSQL in %s and does not finish: %w", c.home, ctx.Err())
		case <-time.After(pollEvery):
		}
	}
}

// running reads postmaster.pid and reports the server that it speaks of, if that
// is alive and serves this very data folder: after a restart of the machine its
// number may belong to anything.
func (c *Cluster) running() (pid int, sockets string, ok bool) {
	text, err := os.ReadFile(filepath.Join(c.data(), "postmaster.pid"))
	if err != nil {
		return 0, "", false
	}
	lines := strings.Split(string(text), "\n")
	if pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil || pid <= 1 {
		return 0, "", false
	}
	if len(lines) > 4 { // while it starts, the line of the socket is not there yet
		sockets = lines[4]
	}
	return pid, sockets, c.serves(pid)
}

// serves reports whether a process is a postmaster of this data folder.
func (c *Cluster) serves(pid int) bool {
	return alive(pid) && strings.Contains(commandLine(pid)+" ", " -D "+c.data()+" ")
}

// alive reports whether a process runs. One that has ended and waits for its
// parent to hear of it (in a container perhaps for ever) does not.
func alive(pid int) bool {
	if err := syscall.Kill(pid, 0); err != nil && !errors.Is(err, syscall.EPERM) {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true // no /proc here: what the signal said
	}
	_, state, _ := bytes.Cut(stat, []byte(") "))
	return !bytes.HasPrefix(state, []byte("Z")) && !bytes.HasPrefix(state, []byte("X"))
}

// commandLine is what a process was started with, or empty. Other than its
// working folder, anybody may read it.
func commandLine(pid int) string {
	if text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); err == nil {
		return strings.ReplaceAll(string(text), "\x00", " ")
	}
	out, err := exec.Command("ps", "-ww", "-o", "args=", "-p", strconv.Itoa(pid)).Output()
	if err != nil {
		return ""
	}
	return string(out)
}

// orphaned reports whether the program that started the server is dead.
func (c *Cluster) orphaned() bool {
	text, err := os.ReadFile(filepath.Join(c.home, "owner"))
	if err != nil {
		return false
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	return err == nil && !alive(pid)
}

// join connects to a server that runs already.
func (c *Cluster) join(ctx context.Context, pid int, sockets string) (*server, error) {
	if sockets == "" {
		return nil, errors.New("the server has no socket yet")
	}
	if err := c.answers(ctx, sockets); err != nil {
		return nil, err
	}
	s := &server{pid: pid, ours: c.orphaned(), ended: make(chan error, 1)}
	c.now(pid, sockets, !s.ours)
	if err := c.ensureRole(ctx); err != nil {
		return nil, err
	}
	if s.ours {
		c.become()
	}
	go func() {
		for c.serves(pid) {
			select {
			case <-c.done:
				return
			case <-time.After(watchEvery):
			}
		}
		s.ended <- errors.New("the server that was joined has gone")
	}()
	return s, nil
}

// now notes which server answers.
func (c *Cluster) now(pid int, sockets string, joined bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pid, c.sockets, c.joined = pid, sockets, joined
}

// become notes for other programs whose server it is.
func (c *Cluster) become() {
	path := filepath.Join(c.home, "owner")
	if err := os.WriteFile(path, []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err == nil {
		_ = c.account.own(path)
	}
}

func (c *Cluster) answers(ctx context.Context, sockets string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, addressAt(superuser, "postgres", sockets))
	if err != nil {
		return err
	}
	return conn.Close(ctx)
}

// launch starts a server and waits until it answers. final says that trying
// again is of no use.
func (c *Cluster) launch(ctx context.Context) (s *server, final bool, err error) {
	if err := c.ensureData(ctx); err != nil {
		return nil, true, err
	}
	sockets, err := c.ensureSockets()
	if err != nil {
		return nil, true, err
	}
	if err := c.clearStale(sockets); err != nil {
		return nil, true, err
	}
	log, err := c.openLog()
	if err != nil {
		return nil, true, err
	}
	defer log.Close()
	from, err := log.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, true, fmt.Errorf("cluster: %w", err)
	}
	cmd := c.command(sockets)
	cmd.Stdout, cmd.Stderr = log, log
	c.become()
	if err := cmd.Start(); err != nil {
		return nil, true, fmt.Errorf("cluster: start PostgreSQL: %w", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	for {
		select {
		case <-ended:
			text := c.logSince(from)
			return nil, !mayPass(text), fmt.Errorf("cluster: PostgreSQL did not start:\n%s", text)
		case <-ctx.Done():
			_ = cmd.Process.Signal(syscall.SIGQUIT)
			<-ended
			return nil, true, fmt.Errorf("cluster: PostgreSQL did not answer in time (its log: %s): %w", c.logFile(), ctx.Err())
		case <-time.After(pollEvery):
		}
		if c.answers(ctx, sockets) != nil {
			continue
		}
		c.now(cmd.Process.Pid, sockets, false)
		if err := c.ensureRole(ctx); err != nil {
			_ = cmd.Process.Signal(syscall.SIGINT)
			<-ended
			return nil, true, err
		}
		return &server{pid: cmd.Process.Pid, ours: true, ended: ended}, false, nil
	}
}

// mayPass reports whether a failed start is owed to the remains of a server
// that was killed and are about to go.
func mayPass(log string) bool {
	for _, words := range []string{"lock file", "pre-existing shared memory", "another postmaster", "could not bind"} {
		if strings.Contains(log, words) {
			return true
		}
	}
	return false
}

// command is the server, in a process group of its own so that Ctrl-C in a
// terminal reaches this program first and the server only through it.
func (c *Cluster) command(sockets string) *exec.Cmd {
	params := map[string]string{
		"listen_addresses":        "",
		"port":                    port,
		"unix_socket_directories": `"` + strings.ReplaceAll(sockets, `"`, `""`) + `"`,
		"unix_socket_permissions": "0700",
		"timezone":                "UTC",
		"log_timezone":            "UTC",
		"logging_collector":       "off",
		"log_destination":         "stderr",
		"log_line_prefix":         "%m [%p] %q%u@%d ",
	}
	if !c.config.Fsync {
		params["fsync"], params["synchronous_commit"], params["full_page_writes"] = "off", "off", "off"
	}
	maps.Copy(params, c.config.Params)
	args := []string{"-D", c.data()}
	for _, name := range slices.Sorted(maps.Keys(params)) {
		args = append(args, "-c", name+"="+params[name])
	}
	cmd := exec.Command(filepath.Join(c.found.dir, "postgres"), args...)
	cmd.Env = environment()
	cmd.Dir = c.home
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	return c.account.as(cmd)
}

// ensureSockets makes the folder of the socket: beside the data, or, where that
// path is too long for a socket, a short one that belongs to the same user.
func (c *Cluster) ensureSockets() (string, error) {
	dir := filepath.Join(c.home, "run")
	if len(filepath.Join(dir, ".s.PGSQL."+port)) > socketPathMax {
		sum := sha256.Sum256([]byte(c.home))
		dir = filepath.Join("/tmp", fmt.Sprintf("colletta-%d-%s", c.account.uid, hex.EncodeToString(sum[:6])))
	}
	if err := c.account.makeHome(dir); err != nil {
		return "", fmt.Errorf("cluster: folder of the socket: %w", err)
	}
	return dir, nil
}

// clearStale removes the lock files of a server that is gone whose number now
// belongs to another process: PostgreSQL would believe that one to be a server.
// Where the number belongs to nobody PostgreSQL sees for itself.
func (c *Cluster) clearStale(sockets string) error {
	for _, path := range []string{
		filepath.Join(c.data(), "postmaster.pid"),
		filepath.Join(sockets, ".s.PGSQL."+port+".lock"),
	} {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		first, _, _ := strings.Cut(string(text), "\n")
		pid, err := strconv.Atoi(strings.TrimSpace(first))
		if err == nil && (c.serves(pid) || syscall.Kill(pid, 0) == syscall.ESRCH) {
			continue
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("cluster: %w", err)
		}
	}
	return nil
}

func (c *Cluster) openLog() (*os.File, error) {
	path := c.logFile()
	if info, err := os.Stat(path); err == nil && info.Size() > logBytesMax {
		_ = os.Rename(path, path+".1")
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND, 0o600)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	if err := c.account.own(path); err != nil {
		f.Close()
		return nil, fmt.Errorf("cluster: %w", err)
	}
	return f, nil
}

// logSince returns the last lines that PostgreSQL wrote after a place in its log.
func (c *Cluster) logSince(from int64) string {
	f, err := os.Open(c.logFile())
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	if _, err := f.Seek(from, io.SeekStart); err != nil {
		return err.Error()
	}
	text, err := io.ReadAll(io.LimitReader(f, 64<<10))
	if err != nil {
		return err.Error()
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-12):], []byte("\n")))
}

// end stops the server, unless it is another program's: first by a fast
// shutdown, then without waiting for anything, then by force.
func (c *Cluster) end(s *server) error {
	if !s.ours {
		return nil
	}
	for _, step := range []struct {
		signal syscall.Signal
		wait   time.Duration
	}{{syscall.SIGINT, stopTimeMax}, {syscall.SIGQUIT, stopTimeMax / 2}, {syscall.SIGKILL, stopTimeMax / 2}} {
		if err := syscall.Kill(s.pid, step.signal); err != nil && !errors.Is(err, syscall.ESRCH) {
			return fmt.Errorf("cluster: stop PostgreSQL %d: %w", s.pid, err)
		}
		select {
		case <-s.ended:
			_ = os.Remove(filepath.Join(c.home, "owner"))
			return nil
		case <-time.After(step.wait):
		}
	}
	return fmt.Errorf("cluster: PostgreSQL %d does not end", s.pid)
}
