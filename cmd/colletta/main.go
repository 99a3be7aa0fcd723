// Command colletta is the program: it serves the pages and the API, runs the
// timetable and the errands, and does at the command line what operators and
// researchers need.
//
// It owns flags, configuration and wiring; what it does is in the packages
// below.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"colletta/refusal"
	"colletta/web"
)

// version is set by the build.
var version = "unversioned"

// cli is the tree of commands.
var cli struct {
	Serve     serveCmd     `cmd:"" help:"Serve pages and API, run the timetable and the errands."`
	Demo      demoCmd      `cmd:"" help:"Load the Milan demo into the database, once."`
	Migrate   migrateCmd   `cmd:"" help:"Bring the database's schema up to this program."`
	Found     foundCmd     `cmd:"" help:"Start the municipality of this installation with its first officer."`
	Community communityCmd `cmd:"" help:"Communities: list."`
	Import    importCmd    `cmd:"" help:"Import units and residents of a community."`
	Series    seriesCmd    `cmd:"" help:"Timetables of rounds."`
	Round     roundCmd     `cmd:"" help:"Rounds: list, close, form, charge, show, export, recompute; solve, check and explain files."`
	Split     splitCmd     `cmd:"" help:"Divide a cost to the cent, by the rule of a file or by weights, and say why."`
	Measure   measureCmd   `cmd:"" help:"Subsidy measures: prove files on their worked cases, evaluate one for a household."`
	Voucher   voucherCmd   `cmd:"" help:"Vouchers: check a file."`
	Fund      fundCmd      `cmd:"" help:"Funds of measures: list, show with every movement, verify."`
	Bank      bankCmd      `cmd:"" help:"The collecting account: import statements, list what waits to be matched."`
	Ledger    ledgerCmd    `cmd:"" help:"The books: balances and their proof."`
	Keys      keysCmd      `cmd:"" help:"The keys that ISEE certificates are encrypted with: status, rotate."`
	Doctor    doctorCmd    `cmd:"" help:"Check every invariant of the database."`
	Version   versionCmd   `cmd:"" help:"Print the version."`
}

type measureCmd struct {
	Test     measureTestCmd     `cmd:"" help:"Prove measures on their own worked cases."`
	Simulate measureSimulateCmd `cmd:"" help:"Whom a measure would reach and what it would cost, on a file of households or on invented ones; compare two versions."`
	Eval     measureEvalCmd     `cmd:"" help:"Evaluate a measure for one household, with the reasons."`
}

type versionCmd struct{}

func (versionCmd) Run() error {
	fmt.Println("colletta", version)
	return nil
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	k := kong.Parse(&cli,
		kong.Name("colletta"),
		kong.Description("Group purchasing of shared services by communities."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	err := k.Run()
	var code exitCode
	switch {
	case err == nil:
	case errors.As(err, &code):
		os.Exit(int(code))
	default:
		for _, line := range complaint(err) {
			fmt.Fprintln(os.Stderr, "colletta:", line)
		}
		os.Exit(1)
	}
}

// complaint says what went wrong, a line for each refusal.
func complaint(err error) []string {
	refused := refusal.All(err)
	if len(refused) == 0 {
		return []string{err.Error()}
	}
	lines := make([]string, len(refused))
	for i, r := range refused {
		lines[i] = web.Say(r)
		if r.Field != "" {
			lines[i] = r.Field + ": " + lines[i]
		}
	}
	return lines
}
