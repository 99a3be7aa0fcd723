//go:build unix

package cluster

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// chooseBinaries finds the binaries that fit the data folder.
func (c *Cluster) chooseBinaries(ctx context.Context) error {
	wanted, err := c.dataMajor()
	if err != nil {
		return err
	}
	if c.found, err = find(ctx, wanted); err != nil {
		return err
	}
	if wanted != 0 && wanted != c.found.major {
		return fmt.Errorf("cluster: the data in %s is of PostgreSQL %d, and this machine has %d (%s): install PostgreSQL %d, or set PG_BIN to its folder, "+
			"or move the data away and start anew (the demo is loaded again)", c.data(), wanted, c.found.major, c.found.dir, wanted)
	}
	return nil
}

// dataMajor is the major version of the data folder; 0 when there is none.
func (c *Cluster) dataMajor() (int, error) {
	text, err := os.ReadFile(filepath.Join(c.data(), "PG_VERSION"))
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("cluster: %w", err)
	}
	major, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0, fmt.Errorf("cluster: %s holds no version: %w", filepath.Join(c.data(), "PG_VERSION"), err)
	}
	return major, nil
}

// ensureData makes the data folder if there is none. It is made under another
// name and renamed when complete, so that an interrupted start leaves nothing
// that looks like data.
func (c *Cluster) ensureData(ctx context.Context) error {
	switch major, err := c.dataMajor(); {
	case err != nil:
		return err
	case major == c.found.major:
		return nil
	case major != 0: // made meanwhile by a program that found other binaries
		return c.chooseBinaries(ctx)
	}
	if _, err := os.Lstat(c.data()); err == nil {
		return fmt.Errorf("cluster: %s is there but is no PostgreSQL data: move it away and start again", c.data())
	}
	// A killed start may have left one, and what it started may still be writing
	// there for a moment: remove what can be removed, and use another name.
	entries, err := os.ReadDir(c.home)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "pg.new-") {
			_ = os.RemoveAll(filepath.Join(c.home, e.Name()))
		}
	}
	fresh, err := os.MkdirTemp(c.home, "pg.new-")
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	if err := c.account.own(fresh); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	args := []string{"-D", fresh, "--username=" + superuser, "--encoding=UTF8", "--locale=C", "--auth-local=trust", "--auth-host=reject"}
	if !c.config.Fsync {
		args = append(args, "--no-sync")
	}
	cmd := exec.CommandContext(ctx, filepath.Join(c.found.dir, "initdb"), args...)
	cmd.Env, cmd.Dir = environment(), c.home
	// It ends with this program.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	dieWithParent(cmd.SysProcAttr)
	if out, err := c.account.as(cmd).CombinedOutput(); err != nil {
		return fmt.Errorf("cluster: make the data folder: %w\n%s", err, out)
	}
	if err := os.Rename(fresh, c.data()); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	return nil
}
