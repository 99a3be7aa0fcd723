package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"colletta/billing/ledger"
	"colletta/desk"
	"colletta/money"
	"colletta/postgres"
	"colletta/web"
)

type ledgerCmd struct {
	Balance   ledgerBalanceCmd   `cmd:"" help:"Balance of every account; they sum to zero."`
	Statement ledgerStatementCmd `cmd:"" help:"What an account held and what happened on it, or what every account held at the end of a day."`
	Export    ledgerExportCmd    `cmd:"" help:"The books of a month, as CSV or as a journal that beancount reads."`
	Verify    ledgerVerifyCmd    `cmd:"" help:"Make the chain of entries again and compare; names the first entry that was changed."`
}

type ledgerBalanceCmd struct {
	Kind string `help:"Only accounts of this kind."`
}

func (l ledgerBalanceCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		v, err := c.Ledger(ctx, c.officer, time.Time{})
		if err != nil {
			return err
		}
		return printBalances(v.Accounts, l.Kind)
	})
}

// printBalances prints accounts, of one kind or of all, and the sum of all.
func printBalances(accounts []desk.LedgerAccountView, kind string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "ACCOUNT\tOF\tPOSTINGS\tBALANCE\t")
	var sum money.Amount
	for _, a := range accounts {
		sum += a.Balance
		if kind == "" || string(a.Account.Kind) == kind {
			fmt.Fprintf(w, "%s\t%s\t%d\t%s\t\n", a.Account, orDash(a.Of), a.Postings, a.Balance)
		}
	}
	fmt.Fprintf(w, "all accounts\t\t\t%s\t\n", sum)
	return w.Flush()
}

type ledgerStatementCmd struct {
	Account string `help:"Kind, or kind/id as \"ledger balance\" lists them; without it, what every account held."`
	From    string `help:"First day, YYYY-MM-DD; without it, thirty days before the last."`
	At      string `help:"Last day, YYYY-MM-DD; without it, today."`
	CSV     bool   `name:"csv" help:"As CSV."`
}

func (l ledgerStatementCmd) Run(ctx context.Context) error {
	from, err := parseDay(l.From)
	if err != nil {
		return err
	}
	at, err := parseDay(l.At)
	if err != nil {
		return err
	}
	return withDesk(ctx, func(c *counter) error {
		if l.Account == "" {
			v, err := c.Ledger(ctx, c.officer, at)
			if err != nil {
				return err
			}
			return printBalances(v.Accounts, "")
		}
		account, err := ledger.ParseAccount(l.Account)
		if err != nil {
			return err
		}
		s, err := c.LedgerStatement(ctx, c.officer, account, from, at)
		if err != nil {
			return err
		}
		if l.CSV {
			return s.WriteCSV(os.Stdout, c.Zone())
		}
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintf(w, "NUMBER\tDAY\tKIND\tAMOUNT\tBALANCE\tDESCRIPTION\n\t%s\tbefore\t\t%s\t\n", s.From.Format(time.DateOnly), s.Before)
		for _, one := range s.Lines {
			fmt.Fprintf(w, "%d\t%s\t%s\t%s\t%s\t%s\n", one.Number, one.At.In(c.Zone()).Format(time.DateOnly), one.Kind, one.Amount, one.Balance, one.Description)
		}
		if s.More {
			fmt.Fprintln(w, "\t\t...\t\t\t(more lines: ask for fewer days)")
		}
		fmt.Fprintf(w, "\t%s\tafter\t\t%s\t\n", s.To.Format(time.DateOnly), s.After)
		return w.Flush()
	})
}

// parseDay reads YYYY-MM-DD; empty is the zero time.
func parseDay(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return day, web.ErrDay.With("value", text)
	}
	return day, nil
}

type ledgerExportCmd struct {
	Month  string `required:"" help:"YYYY-MM."`
	Format string `enum:"csv,beancount" default:"csv" help:"csv or beancount."`
	Output string `short:"o" help:"File to write; without it, standard output."`
}

func (l ledgerExportCmd) Run(ctx context.Context) error {
	month, err := time.Parse("2006-01", l.Month)
	if err != nil {
		return fmt.Errorf("%q is no month: write YYYY-MM, for example 2026-11", l.Month)
	}
	return withDesk(ctx, func(c *counter) error {
		book, err := c.LedgerMonth(ctx, c.officer, month)
		if err != nil {
			return err
		}
		write := book.WriteCSV
		if l.Format == "beancount" {
			write = book.WriteBeancount
		}
		if l.Output == "" {
			return write(os.Stdout)
		}
		return writeWhole(l.Output, write)
	})
}

// writeWhole writes a file, or leaves none behind.
func writeWhole(name string, write func(io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	err = write(file)
	if closing := file.Close(); err == nil {
		err = closing
	}
	if err != nil {
		_ = os.Remove(name)
	}
	return err
}

type ledgerVerifyCmd struct {
	Was string `help:"A head that was noted before, NUMBER:HASH: proves that nothing up to it was changed since."`
}

// Run ends with 1 when the chain does not hold.
func (l ledgerVerifyCmd) Run(ctx context.Context) error {
	was, err := parseHead(l.Was)
	if err != nil {
		return err
	}
	return withDesk(ctx, func(c *counter) error {
		ctx, cancel := context.WithTimeout(ctx, verifyTimeout)
		defer cancel()
		head, err := c.store.db.VerifyChain(ctx, was)
		var broken *postgres.ChainBreak
		if errors.As(err, &broken) {
			say(os.Stdout, "BROKEN  %s", broken)
			return exitCode(1)
		}
		if err != nil {
			return err
		}
		say(os.Stdout, "%d entries, none missing, each as it was chained.", head.Number)
		say(os.Stdout, "Head: %s", head)
		return nil
	})
}

// verifyTimeout bounds the reading of a whole ledger.
const verifyTimeout = time.Hour

// parseHead reads what [postgres.ChainHead.String] writes; empty is the zero head.
func parseHead(text string) (postgres.ChainHead, error) {
	if text == "" {
		return postgres.ChainHead{}, nil
	}
	number, sum, _ := strings.Cut(text, ":")
	n, err := strconv.ParseInt(number, 10, 64)
	hash, err2 := hex.DecodeString(sum)
	var head postgres.ChainHead
	if err != nil || err2 != nil || n < 1 || len(hash) != len(head.Hash) {
		return head, fmt.Errorf("%q is no head: write NUMBER:HASH as \"colletta ledger verify\" prints it", text)
	}
	head.Number = n
	copy(head.Hash[:], hash)
	return head, nil
}

type doctorCmd struct {
	JSON bool `name:"json" help:"The report as JSON, for a monitor."`
}

// Run looks at every invariant; it ends with 1 when one does not hold.
func (d doctorCmd) Run(ctx context.Context) error {
	return withDesk(ctx, func(c *counter) error {
		ctx, cancel := context.WithTimeout(ctx, verifyTimeout)
		defer cancel()
		all, err := c.store.db.Doctor(ctx, c.officer.User, c.Now())
		if err != nil {
			return err
		}
		broken := 0
		for _, i := range all {
			if len(i.Found) > 0 {
				broken++
			}
		}
		if err := d.print(all, broken); err != nil {
			return err
		}
		if broken > 0 {
			return exitCode(1)
		}
		return nil
	})
}

func (d doctorCmd) print(all []postgres.Invariant, broken int) error {
	if d.JSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(map[string]any{"sound": broken == 0, "invariants": all})
	}
	for _, i := range all {
		if len(i.Found) == 0 {
			say(os.Stdout, "%-4sok        no %s", i.Number, i.Broken)
			continue
		}
		say(os.Stdout, "%-4sBROKEN    %s: %d", i.Number, i.Broken, len(i.Found))
		for n, found := range i.Found {
			if n == foundShown {
				say(os.Stdout, "              and %d more (--json lists all)", len(i.Found)-n)
				break
			}
			say(os.Stdout, "              %s", found)
		}
	}
	if broken == 0 {
		say(os.Stdout, "Every invariant holds.")
	} else {
		say(os.Stdout, "%d of %d do not hold.", broken, len(all))
	}
	return nil
}

// foundShown is how many rows that break an invariant are printed.
const foundShown = 20
