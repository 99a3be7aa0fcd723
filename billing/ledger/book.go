package ledger

import (
	"bufio"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"colletta/money"
)

// Entry is a transaction with its place in the chain.
type Entry struct {
	Number int64 // from 1, without gaps
	Hash   Hash
	Transaction
}

// Book is what the accounts of a municipality held and what happened from one
// day to another, to be written for accountants.
type Book struct {
	Municipality string // name
	From, To     time.Time
	Zone         *time.Location        // in which days are decided
	Before       []Balance             // at the first instant of From, accounts at zero left out
	Entries      []Entry               // of the days From to To, both included, in their order
	After        []Balance             // at the first instant after To
	Names        map[AccountRef]string // of whom the accounts are of, for readers
	Head         string                // of the chain: NUMBER:HASH
}

// WriteCSV writes a line for each posting, with a header, in UTF-8, with commas
// and amounts with a point: number, day, time (RFC 3339, UTC), entry, kind,
// source, description, account, of, debit, credit, hash. Cells that a spreadsheet
// would take for a formula begin with an apostrophe.
func (b Book) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	rows := [][]string{{"number", "day", "time", "entry", "kind", "source", "description", "account", "of", "debit", "credit", "hash"}}
	for _, e := range b.Entries {
		for _, p := range e.Postings {
			debit, credit := p.Amount.String(), ""
			if p.Amount < 0 {
				debit, credit = "", (-p.Amount).String()
			}
			rows = append(rows, []string{strconv.FormatInt(e.Number, 10), b.day(e.At), e.At.UTC().Format(time.RFC3339), string(e.ID), string(e.Kind), plainCell(e.SourceID),
				plainCell(e.Description), p.Account.JournalName(), plainCell(b.Names[p.Account]), debit, credit, e.Hash.String()})
		}
	}
	return out.WriteAll(rows)
}

// plainCell keeps a spreadsheet from running a text (OWASP ASVS 5.0, 1.2.10).
func plainCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func (b Book) day(at time.Time) string { return at.In(b.Zone).Format(time.DateOnly) }

// WriteBeancount writes a journal for beancount, which stands alone: it opens
// every account, begins with what they held, and ends with what they must hold
// then, so that bean-check proves the sums of the days again.
//
// Source: Beancount Language Syntax, Martin Blais (beancount.github.io/docs).
func (b Book) WriteBeancount(w io.Writer) error {
	out := bufio.NewWriter(w)
	first, after := b.From.Format(time.DateOnly), b.To.AddDate(0, 0, 1).Format(time.DateOnly)
	fmt.Fprintf(out, "; The books of %s from %s to %s. Chain of entries: %s\n", oneLine(b.Municipality), first, b.To.Format(time.DateOnly), b.Head)
	fmt.Fprintf(out, "option \"title\" %s\noption \"operating_currency\" \"%s\"\n\n", quoted(b.Municipality), Currency)
	for _, account := range b.accounts() {
		fmt.Fprintf(out, "%s open %s %s\n", first, account.JournalName(), Currency)
		if name := b.Names[account]; name != "" {
			fmt.Fprintf(out, "  of: %s\n", quoted(name))
		}
	}
	if len(b.Before) > 0 {
		fmt.Fprintf(out, "\n%s * \"What the accounts held before\"\n", first)
		for _, held := range b.Before {
			writePosting(out, held.Account, held.Amount)
		}
	}
	for _, e := range b.Entries {
		fmt.Fprintf(out, "\n%s * %s %s\n  number: %d\n  entry: \"%s\"\n  source: %s\n  hash: \"%s\"\n", b.day(e.At), quoted(string(e.Kind)), quoted(e.Description),
			e.Number, e.ID, quoted(e.SourceID), e.Hash)
		for _, p := range e.Postings {
			writePosting(out, p.Account, p.Amount)
		}
	}
	fmt.Fprintln(out)
	for _, held := range b.closing() {
		fmt.Fprintf(out, "%s balance %s  %s %s\n", after, held.Account.JournalName(), held.Amount, Currency)
	}
	return out.Flush()
}

func writePosting(w io.Writer, a AccountRef, amount money.Amount) {
	fmt.Fprintf(w, "  %s  %s %s\n", a.JournalName(), amount, Currency)
}

// accounts lists those of the book in the order of [AccountRef.Compare].
func (b Book) accounts() []AccountRef {
	moved := make([]Transaction, 0, len(b.Entries)+2)
	for _, e := range b.Entries {
		moved = append(moved, e.Transaction)
	}
	for _, held := range [][]Balance{b.Before, b.After} {
		var t Transaction
		for _, one := range held {
			t.Postings = append(t.Postings, Posting(one))
		}
		moved = append(moved, t)
	}
	balances := Balances(moved)
	all := make([]AccountRef, len(balances))
	for i, one := range balances {
		all[i] = one.Account
	}
	return all
}

// closing is what every account of the book holds after it, zero too.
func (b Book) closing() []Balance {
	held := make(map[AccountRef]money.Amount, len(b.After))
	for _, one := range b.After {
		held[one.Account] = one.Amount
	}
	all := []Balance{}
	for _, account := range b.accounts() {
		all = append(all, Balance{account, held[account]})
	}
	return all
}

// quoted writes a text as beancount reads it.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ", "\r", " ").Replace(s) + `"`
}

func oneLine(s string) string { return strings.NewReplacer("\n", " ", "\r", " ").Replace(s) }

// Statement is what happened on one account from one day to another.
type Statement struct {
	Account  AccountRef
	Of       string    // name of whom it is of; empty for the municipality's own
	From, To time.Time // days, both included
	Before   money.Amount
	Lines    []StatementLine // in the order of the entries
	After    money.Amount
	More     bool // not all lines are here: After is not what they lead to
}

// StatementLine is a posting on the account of a [Statement].
type StatementLine struct {
	Number      int64 // of the entry
	At          time.Time
	Kind        Kind
	Description string
	Amount      money.Amount // debit positive
	Balance     money.Amount // after it
}

// WriteCSV writes a line for each posting, with a header, as [Book.WriteCSV]: the
// first is what the account held before, the last what it holds after.
func (s Statement) WriteCSV(w io.Writer, zone *time.Location) error {
	rows := [][]string{{"number", "day", "time", "kind", "description", "amount", "balance"}, {"", s.From.Format(time.DateOnly), "", "before", "", "", s.Before.String()}}
	for _, l := range s.Lines {
		rows = append(rows, []string{strconv.FormatInt(l.Number, 10), l.At.In(zone).Format(time.DateOnly), l.At.UTC().Format(time.RFC3339), string(l.Kind),
			plainCell(l.Description), l.Amount.String(), l.Balance.String()})
	}
	rows = append(rows, []string{"", s.To.Format(time.DateOnly), "", "after", "", "", s.After.String()})
	return csv.NewWriter(w).WriteAll(rows)
}
