package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"colletta/billing"
	"colletta/desk"
)

type bankCmd struct {
	Import bankImportCmd `cmd:"" help:"Import bank statements (camt.053.001.02 or .08) and match the transfers that name a charge."`
	List   bankListCmd   `cmd:"" help:"List the imported statements and the movements that wait to be matched."`
}

type bankImportCmd struct {
	File   string `arg:"" type:"existingfile" help:"File of the bank."`
	DryRun bool   `help:"Say what would happen and store nothing."`
}

// Run imports a file and says what was done, or would be.
func (c *bankImportCmd) Run(ctx context.Context) error {
	data, err := readUpTo(c.File, billing.StatementBytesMax)
	if err != nil {
		return err
	}
	return withDesk(ctx, func(k *counter) error {
		act := k.ImportStatements
		if c.DryRun {
			act = k.PreviewStatements
		}
		done, err := act(ctx, k.officer, desk.StatementFileRequest{File: filepath.Base(c.File), Data: data})
		if err != nil {
			return err
		}
		return sayStatements(os.Stdout, done)
	})
}

// readUpTo reads a file, and one byte more than allowed of a larger one.
func readUpTo(name string, most int64) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close() //nolint:errcheck // only read
	return io.ReadAll(io.LimitReader(f, most+1))
}

func sayStatements(out io.Writer, v desk.StatementsView) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, s := range v.Statements {
		fmt.Fprintf(w, "statement %s\t%s to %s\t%s -> %s\tnew %d, known %d, pending %d\n", s.ID, s.OpeningOn.Format(time.DateOnly), s.ClosingOn.Format(time.DateOnly), s.Opening, s.Closing, s.New, s.Known, s.Waited)
	}
	for _, m := range v.Matched {
		what := "matched"
		switch {
		case m.Returned:
			what = "taken back"
		case m.Before:
			what = "recorded before"
		}
		fmt.Fprintf(w, "%s\t%s\tcharge %s\tapplied %s, credit %s, left %s\n", what, m.Amount, m.Number, m.Applied, m.Credit, m.Left)
	}
	for _, m := range v.Movements {
		what := "to match"
		if m.Pending {
			what = "pending"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", what, m.Amount, m.Name, m.Text)
	}
	say(w, "%d new, %d known, %d matched, %d to match, %d pending", v.New, v.Known, len(v.Matched), v.Open, v.Pending)
	return w.Flush()
}

type bankListCmd struct{}

// Run lists statements and what waits.
func (bankListCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(k *counter) error {
		v, err := k.Bank(ctx, k.officer)
		if err != nil {
			return err
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(w, "STATEMENT\tFROM\tTO\tMOVEMENTS\tOPENING\tCLOSING")
		for _, s := range v.Statements {
			fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%s\t%s\n", s.Statement, s.OpeningOn.Format(time.DateOnly), s.ClosingOn.Format(time.DateOnly), s.Entries, s.Opening, s.Closing)
		}
		say(w, "%d movements to match, %s", v.Count, v.WaitingSum)
		for _, m := range v.Waiting {
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.BookedOn.Format(time.DateOnly), m.Amount, m.Name, m.Text)
		}
		return w.Flush()
	})
}

// demoCollecting is the collecting account of the demo, on which no money is.
var demoCollecting = desk.Collecting{Name: "Comune di Milano (prova)", IBAN: "IT60X0542811101000000123456"}

// collecting is the account on which families pay by transfer.
func (c config) collecting(demo bool) (desk.Collecting, error) {
	if c.CollectingIBAN == "" {
		if demo {
			return demoCollecting, nil
		}
		return desk.Collecting{}, nil
	}
	iban, err := billing.ParseIBAN(c.CollectingIBAN)
	if err != nil {
		return desk.Collecting{}, fmt.Errorf("COLLECTING_IBAN: check its digits: %w", err)
	}
	// What a QR code for a transfer to it would refuse is refused now.
	if _, err := (billing.TransferQR{BeneficiaryName: c.CollectingName, IBAN: iban, Amount: 1}).Payload(); err != nil {
		return desk.Collecting{}, fmt.Errorf("COLLECTING_NAME: give the holder of COLLECTING_IBAN, at most 70 characters: %w", err)
	}
	return desk.Collecting{Name: c.CollectingName, IBAN: iban}, nil
}
