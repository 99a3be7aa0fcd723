package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"text/tabwriter"
	"time"

	"colletta/desk"
	"colletta/pooling"
)

// printResults prints what came of a round, or would come of it: money,
// reasons, and each pass with its proof.
func printResults(w io.Writer, r desk.RoundResults) {
	fmt.Fprintf(w, "money\tcost %s, subsidy %s, families %s\n", r.Cost, r.Subsidy, r.Net)
	for _, reason := range r.Reasons {
		fmt.Fprintf(w, "not served\t%d: %s\n", reason.Count, reason.Code)
	}
	for _, p := range r.Passes {
		fmt.Fprintf(w, "pass %d\t%d demands, %d viable, %d served; %s\n", p.Number, p.Demands, p.Viable, p.Served, certificateWords(p.Certificate))
		if p.SHA256 == "" {
			continue
		}
		fmt.Fprintf(w, "\teffort %s, time limit %s, took %s, engine %d, seed %d, work: %d multipliers, %d waves, %d nodes\n", p.Effort,
			limitWords(p.TimeLimitSeconds), p.FormedAt.Sub(p.StartedAt).Round(time.Millisecond), p.Engine, p.Seed, p.Work.Multipliers, p.Work.Waves, p.Work.Nodes)
		fmt.Fprintf(w, "\tsnapshot %s\n", p.SHA256)
	}
}

// certificateWords says how good a result is at least.
func certificateWords(c *desk.CertificateView) string {
	switch {
	case c == nil:
		return "no bound was computed"
	case c.GapPermille == 0:
		return "nothing serves more: proven (" + c.Method + ")"
	case c.GapPermille < 0:
		return fmt.Sprintf("at most %d could be served (%s)", c.Bound, c.Method)
	}
	return fmt.Sprintf("bound %d, at most %d.%d %% from the best possible: proven (%s)", c.Bound, c.GapPermille/10, c.GapPermille%10, c.Method)
}

// poolWords names a pool; each pass numbers its own.
func poolWords(p desk.PoolView) string {
	if p.Pass > 1 {
		return fmt.Sprintf("%s of pass %d", p.ID, p.Pass)
	}
	return p.ID
}

func limitWords(seconds int) string {
	if seconds == 0 {
		return "none"
	}
	return strconv.Itoa(seconds) + " s"
}

type roundDryRunCmd struct {
	roundArg
	Effort string `enum:"fast,normal" default:"normal" help:"How long to search: ${enum}."`
}

func (r roundDryRunCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		v, err := c.DryRun(ctx, c.officer, r.id(), pooling.Effort(r.Effort))
		if err != nil {
			return err
		}
		return printDryRun(os.Stdout, v)
	})
}

func printDryRun(to io.Writer, v desk.DryRunView) error {
	w := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "round\t%s, as if it closed at %s\n", v.Round.Name, v.At.Format(time.RFC3339))
	fmt.Fprintf(w, "demands\t%d pledged, %d served, %d not, in %d pools\n", v.Round.Pledged, v.Results.Served, v.Results.Unserved, len(v.Results.Pools))
	printResults(w, v.Results)
	for _, p := range v.Results.Pools {
		fmt.Fprintf(w, "%s\t%s, %s, %s %s: %d families, cost %s, subsidy %s, families %s\n", poolWords(p), p.Offer, p.Provider, p.Host, p.Slot, p.Size, p.Cost, p.Subsidy, p.Net)
	}
	return w.Flush()
}

type roundExportCmd struct {
	roundArg
	Pass     int    `default:"1" enum:"1,2" help:"Pass: 1, or 2 over what the first left over."`
	Solution bool   `help:"The stored result instead of the snapshot."`
	Output   string `short:"o" default:"-" help:"File to write; - is standard output."`
}

func (r roundExportCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		export := c.ExportRound
		if r.Solution {
			export = c.ExportFormation
		}
		data, err := export(ctx, c.officer, r.id(), r.Pass)
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
		for _, p := range out.Passes {
			proof := "searched again, equal byte for byte"
			if !p.Searched {
				proof = "formed by an earlier search: checked against the rules"
			}
			say(os.Stdout, "pass %d: %d of %d demands served, %s", p.Number, p.Served, p.Demands, proof)
		}
		say(os.Stdout, "EQUAL to the cent: %d demands, %d charges, snapshot hash verified", out.Demands, out.Charges)
		return nil
	})
}
