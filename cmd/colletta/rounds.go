package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"text/tabwriter"
	"time"

	"colletta/desk"
	"colletta/pooling"
)

type roundCmd struct {
	List      roundListCmd      `cmd:"" help:"List rounds: open first, then the latest."`
	Open      roundOpenCmd      `cmd:"" help:"Open what the timetables say is due, as the server does by itself."`
	Close     roundCloseCmd     `cmd:"" help:"Close a round whose time has come: freeze its snapshot."`
	Form      roundFormCmd      `cmd:"" help:"Form the pools of a closed round."`
	Charge    roundChargeCmd    `cmd:"" help:"Issue the charges of a formed round."`
	Show      roundShowCmd      `cmd:"" help:"Show a round: pools, shares, reasons."`
	Export    roundExportCmd    `cmd:"" help:"Write the frozen snapshot of a round, byte for byte."`
	Recompute roundRecomputeCmd `cmd:"" help:"Run a round again from its snapshot and compare to the cent."`
	Solve     roundSolveCmd     `cmd:"" help:"Form the pools of an instance file (no database)."`
	Check     roundCheckCmd     `cmd:"" help:"Check a solution file against its instance (no database)."`
	Explain   roundExplainCmd   `cmd:"" help:"Explain a solution file, demand by demand (no database)."`
	Generate  roundGenerateCmd  `cmd:"" help:"Write a realistic instance file of any size (no database)."`
}

type roundArg struct {
	Round string `arg:"" help:"Id of the round (colletta round list)."`
}

func (r roundArg) id() pooling.RoundID { return pooling.RoundID(r.Round) }

type roundListCmd struct{}

func (roundListCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		rounds, err := c.Rounds(ctx, c.officer)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ROUND\tSTATE\tCLOSES\tPLEDGED\tSERVED\tNAME")
		for _, r := range rounds {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\n", r.ID, r.State, r.ClosesAt.Format("2006-01-02 15:04"), r.Pledged, r.Served, r.Name)
		}
		return w.Flush()
	})
}

type roundOpenCmd struct{}

func (roundOpenCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error { return c.Tick(ctx) })
}

type roundCloseCmd struct{ roundArg }

func (r roundCloseCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		if err := c.CloseRound(ctx, c.officer, r.id()); err != nil {
			return err
		}
		return c.printState(ctx, r.id())
	})
}

type roundFormCmd struct{ roundArg }

func (r roundFormCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		if err := c.FormRound(ctx, c.officer, r.id()); err != nil {
			return err
		}
		return c.printState(ctx, r.id())
	})
}

type roundChargeCmd struct{ roundArg }

func (r roundChargeCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		if err := c.ChargeRound(ctx, c.officer, r.id()); err != nil {
			return err
		}
		return c.printState(ctx, r.id())
	})
}

// printState prints one line about a round.
func (c *counter) printState(ctx context.Context, id pooling.RoundID) error {
	v, err := c.Round(ctx, c.officer, id)
	if err != nil {
		return err
	}
	say(os.Stdout, "%s: %s, %d pledged, %d served in %d pools, snapshot %s", v.Round.Name, v.Round.State, v.Round.Pledged,
		v.Round.Served, len(v.Results.Pools), orDash(v.SHA256))
	return nil
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

type roundShowCmd struct{ roundArg }

func (r roundShowCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		v, err := c.Round(ctx, c.officer, r.id())
		if err != nil {
			return err
		}
		return printRound(v)
	})
}

func printRound(v desk.RoundView) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "round\t%s\n", v.Round.Name)
	fmt.Fprintf(w, "state\t%s\n", v.Round.State)
	fmt.Fprintf(w, "open\t%s to %s\n", v.Round.OpensAt.Format(time.RFC3339), v.Round.ClosesAt.Format(time.RFC3339))
	fmt.Fprintf(w, "snapshot\t%s\n", orDash(v.SHA256))
	fmt.Fprintf(w, "demands\t%d pledged, %d served, %d not\n", v.Round.Pledged, v.Results.Served, v.Results.Unserved)
	fmt.Fprintf(w, "money\tcost %s, subsidy %s, families %s\n", v.Results.Cost, v.Results.Subsidy, v.Results.Net)
	for _, reason := range v.Results.Reasons {
		fmt.Fprintf(w, "not served\t%d: %s\n", reason.Count, reason.Code)
	}
	for _, o := range v.Offers {
		fmt.Fprintf(w, "offer\t%s (%s): %d families, %d missing, %s each\n", o.Offer.Title, o.Offer.Provider, o.Candidates, o.Missing, o.Quote)
	}
	for _, p := range v.Results.Pools {
		fmt.Fprintf(w, "\n%s\t%s, %s, %s %s: %d families, cost %s, subsidy %s, families %s, paid %s\n", p.ID, p.Offer, p.Provider, p.Host, p.Slot, p.Size, p.Cost, p.Subsidy, p.Net, p.Paid)
		for _, m := range p.Members {
			fmt.Fprintf(w, "\t%s\t%s\t%d\tshare %s\tsubsidy %s\tnet %s\t%s\n", m.Household, m.UnitLabel, m.Units, m.Share, m.Subsidy, m.Net, m.State)
		}
	}
	return w.Flush()
}

type roundExportCmd struct {
	roundArg
	Solution bool   `help:"The stored result instead of the snapshot."`
	Output   string `short:"o" default:"-" help:"File to write; - is standard output."`
}

func (r roundExportCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		export := c.ExportRound
		if r.Solution {
			export = c.ExportFormation
		}
		data, err := export(ctx, c.officer, r.id())
		if err != nil {
			return err
		}
		if r.Output == "-" {
			_, err = os.Stdout.Write(data)
			return err
		}
		return os.WriteFile(r.Output, data, 0o600)
	})
}

type roundRecomputeCmd struct{ roundArg }

func (r roundRecomputeCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		out, err := c.Recompute(ctx, c.officer, r.id())
		if err != nil {
			return err
		}
		for _, line := range out.Differences {
			say(os.Stdout, "DIFFERENT  %s", line)
		}
		if len(out.Differences) > 0 {
			return exitCode(1)
		}
		say(os.Stdout, "EQUAL to the cent: %d demands, %d charges, snapshot hash verified", out.Demands, out.Charges)
		return nil
	})
}

type seriesCmd struct {
	List seriesListCmd `cmd:"" help:"List timetables with their next times."`
}

type seriesListCmd struct {
	JSON bool `help:"As JSON."`
}

func (s seriesListCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		all, err := c.store.db.AllSeries(ctx)
		if err != nil {
			return err
		}
		if s.JSON {
			return json.NewEncoder(os.Stdout).Encode(all)
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "SERIES\tOPENS ON\tCLOSES ON\tNEXT OPENING\tNAME")
		for _, one := range all {
			next := "-"
			if t, err := pooling.ParseTimetable(one.OpensOn, c.Zone()); err == nil {
				after := slices.MaxFunc([]time.Time{one.StartsAt.Add(-time.Second), one.LastOpened}, time.Time.Compare)
				if at := t.Next(after); !at.IsZero() && (one.EndsAt.IsZero() || at.Before(one.EndsAt)) {
					next = at.In(c.Zone()).Format("2006-01-02 15:04")
				}
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", one.ID, one.OpensOn, one.ClosesOn, next, one.Name)
		}
		return w.Flush()
	})
}
