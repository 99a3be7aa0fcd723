package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"colletta/postgres"
	"colletta/postgres/pgtest"
)

// keyStore is a store on an empty database, and a configuration that finds its
// key in a folder of the test.
func keyStore(t *testing.T) (*store, config) {
	t.Helper()
	s := &store{dsn: pgtest.New(t)}
	s.reopen(t)
	return s, config{DatabaseURL: s.dsn, Dir: filepath.Join(t.TempDir(), "state")}
}

// reopen is what the next start does.
func (s *store) reopen(t *testing.T) {
	t.Helper()
	db, err := postgres.Open(s.dsn, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	s.db = db
}

// sealSomething makes the database need its key.
func (s *store) sealSomething(t *testing.T) {
	t.Helper()
	ctx := context.Background()
	err := s.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.Found(ctx, "Villaggio", nil); err != nil {
			return err
		}
		return tx.FreezeRound(ctx, "aaaaaaaa-0000-4000-8000-000000000001", []byte("{}"), "", realClock{}.Now())
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestADemoMakesItsOwnMasterKeyForItsUserAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, conf := keyStore(t)
	if err := s.unlock(ctx, conf, true); err != nil {
		t.Fatal(err)
	}
	s.sealSomething(t)
	info, err := os.Stat(filepath.Join(conf.Dir, masterKeyFile))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the key file: %v, %v", info, err)
	}
	left, _ := filepath.Glob(filepath.Join(conf.Dir, "*.new-*"))
	if len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	first := s.master.ID()
	s.reopen(t)
	if err := s.unlock(ctx, conf, false); err != nil || s.master.ID() != first {
		t.Errorf("the next start: %v, key %s after %s", err, s.master.ID(), first)
	}
}

func TestWithoutTheRightMasterKeyTheStartSaysWhatToDo(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, conf := keyStore(t)
	if err := s.unlock(ctx, conf, false); !errors.Is(err, errNoMasterKey) || !strings.Contains(err.Error(), "COLLETTA_MASTER_KEY_FILE") {
		t.Errorf("an operator's server without a key: %v", err)
	}
	if _, err := os.Stat(filepath.Join(conf.Dir, masterKeyFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a key was made that nobody asked for")
	}
	right := postgres.NewMaster()
	with := conf
	with.MasterKey = right.Text()
	if err := s.unlock(ctx, with, false); err != nil {
		t.Fatal(err)
	}
	s.sealSomething(t)

	file := filepath.Join(t.TempDir(), "key")
	for name, c := range map[string]struct {
		key, file, content string
		want               string
	}{
		"missing, also for a demo": {want: right.ID()},
		"another one":              {key: postgres.NewMaster().Text(), want: "not the one that this database was sealed with"},
		"too short":                {key: "c2hvcnQ=", want: "32 bytes in base64"},
		"a file that is not there": {file: file + ".gone", want: "COLLETTA_MASTER_KEY_FILE"},
		"a file with another one":  {file: file, content: postgres.NewMaster().Text(), want: file},
		"two at once":              {key: right.Text(), file: file, want: "leave one"},
	} {
		if c.content != "" {
			if err := os.WriteFile(file, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		s.reopen(t)
		bad := conf
		bad.MasterKey, bad.MasterKeyFile = c.key, c.file
		err := s.unlock(ctx, bad, true)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want words about %q", name, err, c.want)
		}
		if err != nil && strings.Contains(err.Error(), right.Text()) {
			t.Errorf("%s: the key is in the error", name)
		}
	}
	if _, err := os.Stat(filepath.Join(conf.Dir, masterKeyFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Error("a new key was made for a database that needs another one")
	}
	if err := os.WriteFile(file, []byte(right.Text()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.reopen(t)
	good := conf
	good.MasterKeyFile = file
	if err := s.unlock(ctx, good, false); err != nil {
		t.Error(err)
	}
}
