package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"

	"colletta/communities"
	"colletta/desk"
	"colletta/postgres"
	"colletta/web"
)

type migrateCmd struct{}

func (migrateCmd) Run(ctx context.Context) error {
	conf, err := readConfig()
	if err != nil {
		return err
	}
	s, err := openStore(ctx, conf) // migrates
	if err != nil {
		return err
	}
	say(os.Stdout, "The schema is up to date.")
	return s.close()
}

type demoCmd struct{}

func (demoCmd) Run(ctx context.Context) error {
	conf, err := readConfig()
	if err != nil {
		return err
	}
	s, err := openStore(ctx, conf)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.unlock(ctx, conf, true); err != nil {
		return err
	}
	clock, err := newDemoClock(demoClockFile(conf))
	if err != nil {
		return err
	}
	if err := fillDemo(ctx, conf, s, clock); err != nil {
		return err
	}
	totals, err := s.db.Totals(ctx)
	if err != nil {
		return err
	}
	say(os.Stdout, "The demo city: %d communities, %d households, %d providers, %d charges.", totals.Communities, totals.Households, totals.Providers, totals.Charges)
	return nil
}

// fillDemo loads the city once, with a progress bar. Its transactions do not
// wait for the disk: a loading that is cut short goes on where it was, so what
// a loss of power takes is done again.
func fillDemo(ctx context.Context, conf config, s *store, clock *demoClock) error {
	hasty, err := postgres.Open(withParameter(s.dsn, "synchronous_commit", "off"), communities.MunicipalityID(conf.Municipality))
	if err != nil {
		return err
	}
	defer hasty.Close()
	if err := hasty.Unlock(ctx, s.master); err != nil {
		return err
	}
	d, err := desk.New(desk.Config{
		DB: hasty, Clock: clock, PublicURL: conf.publicURL(conf.Port), Municipality: communities.MunicipalityID(conf.Municipality),
		Demo: true, Workers: runtime.NumCPU(),
	})
	if err != nil {
		return err
	}
	known, err := demoCommunities(ctx, d)
	if err != nil {
		return err
	}
	if err := withProgress(os.Stderr, func(progress func(done, total int, what string)) error { return loadDemo(ctx, d, clock, progress) }); err != nil {
		return err
	}
	if len(known) > 0 {
		return nil
	}
	return hasty.Analyze(ctx)
}

// withParameter adds a setting to a libpq address of either form.
func withParameter(dsn, name, value string) string {
	if !strings.Contains(dsn, "://") {
		return dsn + " " + name + "=" + value
	}
	if strings.Contains(dsn, "?") {
		return dsn + "&" + name + "=" + value
	}
	return dsn + "?" + name + "=" + value
}

type foundCmd struct {
	Name       string `arg:"" help:"Name of the municipality, for example Milano."`
	Officer    string `arg:"" help:"E-mail of the first officer."`
	GivenName  string `required:"" help:"Given name of the officer."`
	FamilyName string `required:"" help:"Family name of the officer."`
}

func (f foundCmd) Run(ctx context.Context) error {
	conf, err := readConfig()
	if err != nil {
		return err
	}
	s, err := openStore(ctx, conf)
	if err != nil {
		return err
	}
	defer s.close()
	if err := s.unlock(ctx, conf, false); err != nil {
		return err
	}
	d, err := newDesk(conf, s, conf.publicURL(conf.Port), nil, realClock{})
	if err != nil {
		return err
	}
	return d.Found(ctx, f.Name, desk.NewOfficer{GivenName: f.GivenName, FamilyName: f.FamilyName, Email: f.Officer})
}

type communityCmd struct {
	List communityListCmd `cmd:"" help:"List communities with id and size."`
}

type communityListCmd struct{}

func (communityListCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		lines, err := c.store.db.CommunityLines(ctx, nil)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "COMMUNITY\tCODE\tKIND\tHOUSEHOLDS\tNAME")
		for _, l := range lines {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\n", l.ID, l.Code, l.Kind, l.Households, l.Name)
		}
		return w.Flush()
	})
}

type importCmd struct {
	Community importCommunityCmd `cmd:"" help:"Import units and residents from XLSX or CSV: preview, then confirm."`
	Template  importTemplateCmd  `cmd:"" help:"Write an empty template to fill in."`
}

type importCommunityCmd struct {
	File string `arg:"" type:"existingfile" help:"XLSX or CSV."`
	Into string `required:"" help:"Id or code of the community (colletta community list)."`
	Yes  bool   `help:"Confirm: store the file when it has no errors. Without it, only a preview."`
}

func (i importCommunityCmd) Run(ctx context.Context) error {
	info, err := os.Stat(i.File)
	if err != nil {
		return err
	}
	if info.Size() > communities.ImportBytesMax {
		return communities.ErrFileBig.With("max_mb", communities.ImportBytesMax>>20)
	}
	data, err := os.ReadFile(i.File)
	if err != nil {
		return err
	}
	return withDesk(ctx, func(c *counter) error {
		id, err := c.community(ctx, i.Into)
		if err != nil {
			return err
		}
		request := desk.ImportRequest{Community: id, File: filepath.Base(i.File), Data: data}
		preview, err := c.PreviewImport(ctx, c.officer, request)
		if err != nil {
			return err
		}
		if err := printPreview(preview); err != nil || !i.Yes {
			return err
		}
		done, err := c.ConfirmImport(ctx, c.officer, request)
		if err != nil {
			return err
		}
		say(os.Stdout, "Stored: %d created, %d updated, %d unchanged.", done.Created, done.Updated, done.Unchanged)
		return nil
	})
}

// printPreview prints the errors by row and column, and fails when there are
// some; or what would change.
func printPreview(p desk.ImportPreview) error {
	for _, e := range p.Errors {
		where := "the whole file"
		if e.Row > 0 {
			where = fmt.Sprintf("row %d", e.Row)
		}
		if e.Column != "" {
			where += ", column " + e.Column
		}
		say(os.Stderr, "%s: %s [%s]", where, web.Say(e.Refusal()), orDash(e.Value))
	}
	if len(p.Errors) > 0 {
		say(os.Stderr, "%d errors: nothing was stored. Mend the file and try again.", len(p.Errors))
		return exitCode(1)
	}
	if p.MillesimiAfter != "" {
		say(os.Stderr, "Careful: with the units that stay, the community's millesimi sum to %s, not 1000. Is the file complete?", p.MillesimiAfter)
	}
	say(os.Stdout, "%s, %d rows: %d to create, %d to update, %d unchanged, %d in the database but not in the file (they stay).", p.File, p.Rows,
		len(p.Plan.Create), len(p.Plan.Update), len(p.Plan.Unchanged), len(p.Plan.Missing))
	return nil
}

// community finds a community by id or by code.
func (c *counter) community(ctx context.Context, key string) (communities.CommunityID, error) {
	lines, err := c.store.db.CommunityLines(ctx, nil)
	if err != nil {
		return "", err
	}
	for _, l := range lines {
		if string(l.ID) == key || l.Code == key {
			return l.ID, nil
		}
	}
	return "", postgres.ErrNotFound.With("what", "community "+key)
}

type importTemplateCmd struct {
	Kind    string `arg:"" enum:"condominium,school,neighbourhood" help:"condominium, school or neighbourhood."`
	Output  string `arg:"" help:"File to write (.xlsx)."`
	Example bool   `help:"Filled with an example."`
}

func (i importTemplateCmd) Run() error {
	kind, err := communities.ParseKind(i.Kind)
	if err != nil {
		return err
	}
	make := communities.Template
	if i.Example {
		make = communities.Example
	}
	data, err := make(kind)
	if err != nil {
		return err
	}
	return os.WriteFile(i.Output, data, 0o644)
}
