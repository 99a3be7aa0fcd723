//go:build unix

package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
)

// majorMin is the oldest PostgreSQL that serves: client_connection_check_interval,
// on which package postgres relies, came with 14.
const majorMin = 14

// ErrNoBinaries says that no usable PostgreSQL was found on this machine. The
// error that matches it is a [NoBinariesError].
var ErrNoBinaries = errors.New("cluster: no PostgreSQL binaries")

// NoBinariesError says where PostgreSQL was looked for and what to type.
type NoBinariesError struct {
	Looked []string // folders that were looked into, in order
	Why    string   // what was wrong with what was found; may be empty
}

// Error names the command that installs PostgreSQL on this kind of machine.
func (e *NoBinariesError) Error() string {
	var b strings.Builder
	b.WriteString("PostgreSQL is not installed on this machine")
	if e.Why != "" {
		b.WriteString(" in a form that can be used (" + e.Why + ")")
	}
	b.WriteString(": type\n\n    " + installCommand() + "\n\nand start again")
	b.WriteString(", or set PG_BIN to the folder that holds postgres and initdb")
	b.WriteString(", or DATABASE_URL to a database of yours")
	if len(e.Looked) > 0 {
		b.WriteString(" (looked in " + strings.Join(e.Looked, ", ") + ")")
	}
	return b.String()
}

// Is matches [ErrNoBinaries].
func (e *NoBinariesError) Is(target error) bool { return target == ErrNoBinaries }

// installCommand is what a person types here to get PostgreSQL.
func installCommand() string {
	switch {
	case runtime.GOOS == "darwin":
		return "brew install postgresql@16"
	case onPath("apt-get"):
		return "sudo apt-get install postgresql"
	case onPath("dnf"):
		return "sudo dnf install postgresql-server"
	case onPath("apk"):
		return "sudo apk add postgresql"
	case onPath("pacman"):
		return "sudo pacman -S postgresql"
	}
	return "sudo apt-get install postgresql"
}

func onPath(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// binaries is a folder that holds postgres and initdb of one version.
type binaries struct {
	dir   string
	major int
}

// installFolders are the patterns where distributions put the binaries that
// they keep off PATH: Debian and PGDG for apt, PGDG for rpm, Homebrew on Apple
// and on Intel processors and on Linux, Postgres.app, MacPorts.
var installFolders = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
	"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin",
	"/Applications/Postgres.app/Contents/Versions/*/bin",
	"/opt/local/lib/postgresql*/bin",
	"/usr/local/pgsql/bin",
	"/usr/libexec/postgresql*",
}

// find returns the binaries to use. When PG_BIN is set, nothing else counts.
// With wanted > 0 (the major version of a data folder that exists) it prefers
// that version wherever it lies; otherwise what PATH says, then the newest.
func find(ctx context.Context, wanted int) (binaries, error) {
	var found []binaries
	missing := &NoBinariesError{}
	for _, dir := range candidates() {
		missing.Looked = append(missing.Looked, dir)
		b, err := inspect(ctx, dir)
		if err != nil {
			missing.Why = err.Error()
			continue
		}
		if b.major == wanted {
			return b, nil
		}
		found = append(found, b)
	}
	if len(found) == 0 {
		return binaries{}, missing
	}
	return found[0], nil
}

// candidates lists existing folders with a postgres in them, best first, each
// once.
func candidates() []string {
	if dir := os.Getenv("PG_BIN"); dir != "" {
		return []string{dir}
	}
	var dirs []string
	add := func(dir string) {
		if _, err := os.Stat(filepath.Join(dir, "postgres")); err == nil && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
	}
	// What is on PATH may be a link without its siblings: follow it.
	for _, name := range []string{"postgres", "initdb", "pg_ctl"} {
		for _, path := range filepath.SplitList(os.Getenv("PATH")) {
			if path == "" {
				continue
			}
			if real, err := filepath.EvalSymlinks(filepath.Join(path, name)); err == nil {
				add(filepath.Dir(real))
			}
		}
	}
	var installed []string
	for _, pattern := range installFolders {
		matches, _ := filepath.Glob(pattern)
		installed = append(installed, matches...)
	}
	slices.SortStableFunc(installed, func(a, b string) int { return versionIn(b) - versionIn(a) })
	for _, dir := range installed {
		if real, err := filepath.EvalSymlinks(dir); err == nil {
			add(real)
		}
	}
	return dirs
}

var digits = regexp.MustCompile(`[0-9]+`)

// versionIn is the last whole number in a path: 15 of /usr/lib/postgresql/15/bin.
func versionIn(path string) int {
	all := digits.FindAllString(path, -1)
	if len(all) == 0 {
		return 0
	}
	n, _ := strconv.Atoi(all[len(all)-1])
	return n
}

var versionLine = regexp.MustCompile(`\(PostgreSQL\) ([0-9]+)`)

// inspect checks that a folder holds what a cluster needs, by asking it.
func inspect(ctx context.Context, dir string) (binaries, error) {
	for _, name := range []string{"postgres", "initdb"} {
		if _, err := exec.LookPath(filepath.Join(dir, name)); err != nil {
			return binaries{}, fmt.Errorf("%s holds no program %s", dir, name)
		}
	}
	out, err := exec.CommandContext(ctx, filepath.Join(dir, "postgres"), "--version").CombinedOutput()
	if err != nil {
		return binaries{}, fmt.Errorf("%s does not run: %w", filepath.Join(dir, "postgres"), err)
	}
	m := versionLine.FindSubmatch(out)
	if m == nil {
		return binaries{}, fmt.Errorf("%s answers %q", filepath.Join(dir, "postgres"), out)
	}
	major, _ := strconv.Atoi(string(m[1]))
	if major < majorMin {
		return binaries{}, fmt.Errorf("%s is PostgreSQL %d, older than %d", dir, major, majorMin)
	}
	return binaries{dir: dir, major: major}, nil
}
