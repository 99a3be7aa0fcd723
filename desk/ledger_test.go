package desk

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/postgres"
)

// booked is a town in which a round was charged, and one family paid by transfer.
func booked(t *testing.T) *town {
	t.Helper()
	w := newTown(t)
	w.chargedRound()
	charges, err := w.db.Charges(w.ctx, postgres.ChargesFilter{Open: true}, 10)
	w.must(err)
	_, err = w.desk.RecordTransfer(w.ctx, w.officer, TransferRequest{
		Charge: charges[0].ID, Amount: charges[0].Net.ItalianNumber(), ReceivedOn: w.clock.Now().In(w.desk.zone).Format(time.DateOnly)})
	w.must(err)
	return w
}

// The account of a family says what it held, what happened, and what it holds;
// the day before nothing had happened.
func TestAStatementSaysWhatHappenedOnAnAccount(t *testing.T) {
	t.Parallel()
	w := booked(t)
	paid, err := w.db.Charges(w.ctx, postgres.ChargesFilter{Household: w.families[0].Household}, 10)
	w.must(err)
	for _, family := range w.families {
		if paid[0].State != billing.ChargePaid || paid[0].Net == 0 {
			paid, err = w.db.Charges(w.ctx, postgres.ChargesFilter{Household: family.Household}, 10)
			w.must(err)
		}
	}
	account := ledger.AccountRef{Kind: ledger.AccountHouseholdReceivable, Subject: string(paid[0].Household)}
	s, err := w.desk.LedgerStatement(w.ctx, w.officer, account, time.Time{}, time.Time{})
	w.must(err)
	if len(s.Lines) != 2 || s.Before != 0 || s.Lines[0].Balance != paid[0].Net || s.Lines[1].Amount != -paid[0].Net || s.Lines[1].Balance != 0 || s.After != 0 || s.Of == "" {
		t.Errorf("statement %+v", s)
	}
	var out bytes.Buffer
	w.must(s.WriteCSV(&out, w.desk.Zone()))
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 5 || rows[2][5] != paid[0].Net.String() || rows[4][6] != "0.00" {
		t.Errorf("%v (%v)", rows, err)
	}
	today, err := w.desk.Ledger(w.ctx, w.officer, time.Time{})
	w.must(err)
	before, err := w.desk.Ledger(w.ctx, w.officer, today.On.AddDate(0, 0, -90))
	w.must(err)
	if today.Sum != 0 || len(today.Accounts) < 10 || len(before.Accounts) != 0 || !strings.Contains(today.Head, ":") {
		t.Errorf("today %+v, before %+v", today, before)
	}
	for _, a := range today.Accounts {
		held, err := w.db.AccountHeld(w.ctx, a.Account, w.clock.Now().AddDate(0, 0, 1))
		w.must(err)
		if held != a.Balance {
			t.Errorf("%s holds %s and %s", a.Account, held, a.Balance)
		}
	}
	_, err = w.desk.LedgerStatement(w.ctx, w.officer, ledger.AccountRef{Kind: ledger.AccountFees}, time.Time{}, time.Time{})
	wantRefusal(t, "an account that is not there", err, postgres.ErrNotFound, "")
	_, err = w.desk.Ledger(w.ctx, w.families[0], time.Time{})
	wantRefusal(t, "a family", err, communities.ErrNotAllowed, "")
}

// The journal of a month is taken by the real tool, which adds everything up
// again; of the month after, it begins with what this one left. A cent that is
// changed is not taken.
func TestBeancountTakesTheJournalOfAMonth(t *testing.T) {
	t.Parallel()
	w := booked(t)
	on := w.desk.today(w.clock.Now())
	month := on.AddDate(0, 0, 1-on.Day())
	var texts []string
	for _, m := range []time.Time{month, month.AddDate(0, 1, 0)} {
		book, err := w.desk.LedgerMonth(w.ctx, w.officer, m)
		w.must(err)
		var journal, table bytes.Buffer
		w.must(book.WriteBeancount(&journal))
		w.must(book.WriteCSV(&table))
		rows, err := csv.NewReader(&table).ReadAll()
		w.must(err)
		postings := 0
		for _, e := range book.Entries {
			postings += len(e.Postings)
		}
		if len(rows) != 1+postings {
			t.Errorf("%d rows for %d postings", len(rows), postings)
		}
		texts = append(texts, journal.String())
	}
	if !strings.Contains(texts[0], "Assets:Clearing:Bank") || strings.Contains(texts[0], "What the accounts held before") || !strings.Contains(texts[1], "What the accounts held before") {
		t.Errorf("journals:\n%s\n%s", texts[0], texts[1])
	}
	tool, err := exec.LookPath("bean-check")
	if err != nil {
		t.Skip("bean-check is not installed (\"make setup\" installs Debian's package beancount): the journals were written, and not checked by it")
	}
	check := func(text string) ([]byte, error) {
		name := filepath.Join(t.TempDir(), "month.beancount")
		w.must(os.WriteFile(name, []byte(text), 0o600))
		return exec.CommandContext(w.ctx, tool, name).CombinedOutput()
	}
	for _, text := range texts {
		if out, err := check(text); err != nil {
			t.Errorf("bean-check: %v\n%s\n%s", err, out, text)
		}
	}
	cent := strings.Replace(texts[0], "  Assets:Clearing:Bank  ", "  Assets:Clearing:Bank  1", 1)
	if out, err := check(cent); err == nil {
		t.Errorf("bean-check takes a changed amount: %s", out)
	}
}
