//go:build unix

package cluster

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the user that the server runs as.
type account struct {
	uid, gid uint32
	name     string
	drop     bool // this program is root and must become the account for PostgreSQL's programs
}

// accountFor chooses the user for a data folder: ourselves, unless we are root,
// whom PostgreSQL refuses. Then it is who owns the folder already, so that root
// and an ordinary user may take turns; else postgres; else nobody.
func accountFor(data string) (account, error) {
	if os.Geteuid() != 0 {
		return account{uid: uint32(os.Geteuid()), gid: uint32(os.Getegid()), name: "uid " + strconv.Itoa(os.Geteuid())}, nil
	}
	if uid, gid, ok := ownerOf(data); ok && uid != 0 {
		return account{uid: uid, gid: gid, name: "uid " + strconv.Itoa(int(uid)), drop: true}, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return account{uid: uint32(uid), gid: uint32(gid), name: name, drop: true}, nil
		}
	}
	return account{}, errors.New("cluster: PostgreSQL does not run as root, and this machine has neither a user postgres nor nobody")
}

func ownerOf(path string) (uid, gid uint32, ok bool) {
	info, err := os.Lstat(path)
	if err != nil {
		return 0, 0, false
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0, false
	}
	return st.Uid, st.Gid, true
}

// as makes a command run as the account.
func (a account) as(cmd *exec.Cmd) *exec.Cmd {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	if a.drop {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return cmd
}

// own gives a file or folder to the account.
func (a account) own(path string) error {
	if !a.drop {
		return nil
	}
	return os.Lchown(path, int(a.uid), int(a.gid))
}

// home makes the folder of a cluster, private to the account, and returns its
// path. A folder that the account cannot reach (under /root, say) is replaced by
// one whose name follows from the path that was asked for.
func (a account) home(dir string) (string, error) {
	err := a.makeHome(dir)
	if err == nil && a.reaches(dir) {
		return dir, nil
	}
	if !a.drop {
		if err == nil {
			err = errors.New("it cannot be entered or written")
		}
		if uid, _, ok := ownerOf(dir); ok && int(uid) != os.Geteuid() {
			return "", fmt.Errorf("cluster: folder %s belongs to uid %d (perhaps root started here first): start as that user or as root, or give another folder: %w", dir, uid, err)
		}
		return "", fmt.Errorf("cluster: folder %s: %w", dir, err)
	}
	sum := sha256.Sum256([]byte(dir))
	name := "colletta-" + hex.EncodeToString(sum[:6])
	errs := []error{err}
	for _, parent := range []string{"/var/lib", "/tmp"} {
		other := filepath.Join(parent, name)
		if err := a.makeHome(other); err != nil {
			errs = append(errs, err)
			continue
		}
		if a.reaches(other) {
			_ = os.Remove(dir) // only when it is empty, which it is when we made it
			return other, nil
		}
	}
	return "", fmt.Errorf("cluster: user %s can reach neither %s nor a folder instead: %w", a.name, dir, errors.Join(errs...))
}

// makeHome makes a folder of mode 0700 that belongs to the account. It refuses a
// link, a file, and a folder of a third user: in a folder that everybody may
// write, somebody else may have put it there.
func (a account) makeHome(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return err
	}
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	uid, _, _ := ownerOf(dir)
	if !info.IsDir() || (uid != a.uid && uid != 0) {
		return fmt.Errorf("%s is not a folder of user %s", dir, a.name)
	}
	if err := a.own(dir); err != nil {
		return err
	}
	if info.Mode().Perm() != 0o700 {
		return os.Chmod(dir, 0o700)
	}
	return nil
}

// reaches tries, as the account, to enter a folder and to write there. Trying is
// the only answer that counts access lists and read-only mounts in.
func (a account) reaches(dir string) bool {
	cmd := exec.Command("/bin/sh", "-c", `cd "$1" && test -w . && test -x .`, "sh", dir)
	cmd.Dir = "/"
	return a.as(cmd).Run() == nil
}
