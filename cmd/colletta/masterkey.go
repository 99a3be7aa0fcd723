package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"colletta/postgres"
)

// masterKeyFile is the file in COLLETTA_DIR that holds the master key of a demo
// or of a private cluster.
const masterKeyFile = "master.key"

// errNoMasterKey says what to do without a master key.
var errNoMasterKey = errors.New(`no master key: ISEE certificates are stored only encrypted, under a key that you keep.
  Make one, once, and keep a copy away from the database:
      head -c 32 /dev/urandom | base64 > /etc/colletta/master.key && chmod 600 /etc/colletta/master.key
  and start with COLLETTA_MASTER_KEY_FILE=/etc/colletta/master.key, or with the key itself in COLLETTA_MASTER_KEY (docs/isee.md)`)

// unlock gives the store its master key, and seals what is still in clear. With
// create, a database that holds nothing sealed gets a key of its own in
// COLLETTA_DIR, readable by its user alone.
func (s *store) unlock(ctx context.Context, c config, create bool) error {
	m, from, err := readMasterKey(c.MasterKey, c.MasterKeyFile)
	if err != nil {
		return err
	}
	if from == "" {
		if m, from, err = s.ownMasterKey(ctx, c, create || c.DatabaseURL == ""); err != nil {
			return err
		}
	}
	if err := s.db.Unlock(ctx, m); err != nil {
		if errors.Is(err, postgres.ErrMasterKeyWrong) {
			return fmt.Errorf("%w\n  (the key is from %s). Start with the key that this database was sealed with: look where its copy is kept.\n  Without that key its ISEE certificates cannot be read by anybody (docs/isee.md)", err, from)
		}
		return err
	}
	s.master = m
	return nil
}

// readMasterKey reads a key from a variable or the file that another one names;
// from says where it was found, or is empty.
func readMasterKey(text, path string) (m postgres.Master, from string, err error) {
	switch {
	case text != "" && path != "":
		return m, "", errors.New("COLLETTA_MASTER_KEY and COLLETTA_MASTER_KEY_FILE are both set: leave one")
	case text != "":
		from = "COLLETTA_MASTER_KEY"
	case path != "":
		data, err := os.ReadFile(path)
		if err != nil {
			return m, "", fmt.Errorf("COLLETTA_MASTER_KEY_FILE: %w", err)
		}
		text, from = string(data), path
	default:
		return m, "", nil
	}
	if m, err = postgres.ParseMaster(text); err != nil {
		return m, "", fmt.Errorf("%s: %w", from, err)
	}
	return m, from, nil
}

// ownMasterKey is the key in COLLETTA_DIR, made when nothing needs another one.
func (s *store) ownMasterKey(ctx context.Context, c config, create bool) (postgres.Master, string, error) {
	path := filepath.Join(c.Dir, masterKeyFile)
	if _, err := os.Stat(path); err == nil {
		return readMasterKey("", path)
	} else if !errors.Is(err, fs.ErrNotExist) {
		return postgres.Master{}, "", err
	}
	keys, err := s.db.Keys(ctx)
	if err != nil {
		return postgres.Master{}, "", err
	}
	for _, k := range keys {
		if k.MasterID != "" {
			return postgres.Master{}, "", fmt.Errorf("no master key: this database was sealed under master key %s, and %s is not there.\n  Start with COLLETTA_MASTER_KEY_FILE or COLLETTA_MASTER_KEY set to that key: look where its copy is kept (docs/isee.md)", k.MasterID, path)
		}
	}
	if !create {
		return postgres.Master{}, "", errNoMasterKey
	}
	m := postgres.NewMaster()
	if err := writeMasterKey(path, m); err != nil {
		return m, "", err
	}
	return readMasterKey("", path) // another process may have been faster
}

// writeMasterKey writes a key for its user alone, unless the file is there:
// whole or not at all.
func writeMasterKey(path string, m postgres.Master) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), masterKeyFile+".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.WriteString(strings.TrimSpace(m.Text()) + "\n")
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Link(f.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}
