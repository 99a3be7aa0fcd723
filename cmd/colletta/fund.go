package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"
)

type fundCmd struct {
	List   fundListCmd   `cmd:"" help:"Every fund: what was set aside, kept, awarded, paid, and what is left."`
	Show   fundShowCmd   `cmd:"" help:"One fund with its movements, down to the household."`
	Verify fundVerifyCmd `cmd:"" help:"Prove that counters, rows, movements and ledger agree, and make every ranking again."`
}

type fundListCmd struct{}

func (fundListCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		funds, err := c.FundList(ctx, c.officer)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "ID\tNAME\tFROM\tTO\tMODE\tALLOCATED\tRESERVED\tCOMMITTED\tPAID\tLEFT\tWAITING")
		for _, f := range funds {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%d\n", f.ID, f.Name, f.From.Format(time.DateOnly), f.To.Format(time.DateOnly), f.Mode,
				f.Allocated, f.Reserved, f.Committed, f.Paid, f.Available, f.Waiting)
		}
		return w.Flush()
	})
}

type fundShowCmd struct {
	ID string `arg:"" help:"Id of the fund, from \"fund list\"."`
}

func (f fundShowCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		page, err := c.FundPage(ctx, c.officer, f.ID, 0)
		if err != nil {
			return err
		}
		say(os.Stdout, "%s: allocated %s, reserved %s, committed %s, paid %s, left %s", page.Name, page.Allocated, page.Reserved, page.Committed, page.Paid, page.Available)
		say(os.Stdout, "measures: %s", strings.Join(page.Measures, "; "))
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "NO\tAT\tMOVE\tAMOUNT\tLEFT\tHOUSEHOLD\tROUND")
		for {
			for _, m := range page.Movements {
				fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\t%s\n", m.Number, m.At.Format(time.DateTime), m.Kind, m.Amount, m.Available, orDash(m.Household), orDash(m.Round))
			}
			if page.Older == 0 {
				return w.Flush()
			}
			if page, err = c.FundPage(ctx, c.officer, f.ID, page.Older); err != nil {
				return err
			}
		}
	})
}

type fundVerifyCmd struct{}

// Run ends with 1 when something does not hold.
func (fundVerifyCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		found, err := c.store.db.UnsoundFunds(ctx, c.Now())
		if err != nil {
			return err
		}
		funds, err := c.FundList(ctx, c.officer)
		if err != nil {
			return err
		}
		rankings := 0
		for _, f := range funds {
			page, err := c.FundPage(ctx, c.officer, f.ID, 0)
			if err != nil {
				return err
			}
			for _, k := range page.Calls {
				if k.DecidedAt.IsZero() {
					continue
				}
				rankings++
				differences, err := c.RecomputeCall(ctx, c.officer, k.ID)
				if err != nil {
					return err
				}
				for _, d := range differences {
					found = append(found, "ranking of "+f.Name+": "+d)
				}
			}
		}
		for _, line := range found {
			say(os.Stdout, "BROKEN  %s", line)
		}
		if len(found) > 0 {
			return exitCode(1)
		}
		say(os.Stdout, "%d funds: counters, rows, movements and ledger agree; %d rankings are the same again.", len(funds), rankings)
		return nil
	})
}
