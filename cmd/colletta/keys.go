package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"text/tabwriter"
)

// keysCmd is about the keys that ISEE certificates are encrypted with.
type keysCmd struct {
	Status keysStatusCmd `cmd:"" help:"List the data keys, and how many rows each one seals."`
	Rotate keysRotateCmd `cmd:"" help:"Make a new data key, encrypt every row again with it and retire the old one; or change the master key."`
}

type keysStatusCmd struct{}

func (keysStatusCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		keys, err := c.store.db.Keys(ctx)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "DATA KEY\tSTATE\tMASTER KEY\tMADE\tRETIRED\tROWS")
		for _, k := range keys {
			retired := "-"
			if k.RetiredAt != nil {
				retired = k.RetiredAt.Format("2006-01-02")
			}
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%d\n", k.Version, k.State, orDash(k.MasterID), k.CreatedAt.Format("2006-01-02"), retired, k.Sealed)
		}
		if err := w.Flush(); err != nil {
			return err
		}
		if len(keys) == 0 {
			say(os.Stdout, "No data key yet: the first one is made when something is sealed.")
		}
		for _, k := range keys {
			if k.State == "leaving" {
				say(os.Stdout, "A rotation was cut short: \"colletta keys rotate\" goes on where it was.")
			}
		}
		return nil
	})
}

type keysRotateCmd struct {
	Master bool `help:"Wrap the data keys under the new master key of COLLETTA_NEW_MASTER_KEY or COLLETTA_NEW_MASTER_KEY_FILE. Rows stay as they are."`
}

func (k keysRotateCmd) Run(ctx context.Context) error {
	conf, err := readConfig()
	if err != nil {
		return err
	}
	return withDesk(ctx, func(c *counter) error {
		if k.Master {
			return rotateMaster(ctx, c, conf)
		}
		if err := c.RotateKey(ctx, c.officer, func(done int) { fmt.Fprintf(os.Stderr, "\r%d rows sealed again", done) }); err != nil {
			return err
		}
		say(os.Stderr, "")
		say(os.Stdout, "The new data key is in use and the old one is retired. Backups made before still need the master key, and nothing else.")
		return nil
	})
}

func rotateMaster(ctx context.Context, c *counter, conf config) error {
	m, from, err := readMasterKey(conf.NewMasterKey, conf.NewMasterKeyFile)
	if err != nil {
		return err
	}
	if from == "" {
		return errors.New("set COLLETTA_NEW_MASTER_KEY_FILE (or COLLETTA_NEW_MASTER_KEY) to the new master key, made with \"head -c 32 /dev/urandom | base64\"")
	}
	if m.ID() == c.store.master.ID() {
		return errors.New("the new master key is the one in use")
	}
	if err := c.RotateMaster(ctx, c.officer, m); err != nil {
		return err
	}
	say(os.Stdout, "The data keys are wrapped under master key %s now. Start every server with it from now on; keep the old one (%s) as long as you keep backups of before.",
		m.ID(), c.store.master.ID())
	return nil
}
