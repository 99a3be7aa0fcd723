package desk

import (
	"context"
	"errors"
	"slices"
	"time"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
)

// Collecting is the bank account of the municipality on which families pay by
// transfer. With an empty IBAN each charge asks for the account of its provider,
// and no statements are imported.
type Collecting struct {
	Name string // of the holder, 1 to 70 characters
	IBAN billing.IBAN
}

var (
	// ErrNoCollecting says that this installation has no collecting account.
	ErrNoCollecting = refusal.New(refusal.KindUnavailable, "collecting_not_configured")
	// ErrStatementAccount says that a statement is of another account. Args: found,
	// want (both masked).
	ErrStatementAccount = refusal.New(refusal.KindInvalid, "statement_account")
	// ErrStatementDiffers says that the bank's reference of a movement is that of
	// one with another amount. Args: line, amount, known.
	ErrStatementDiffers = refusal.New(refusal.KindConflict, "statement_differs")
	// ErrStatementFuture says that a movement is booked after today. Args: line, on.
	ErrStatementFuture = refusal.New(refusal.KindInvalid, "statement_future")
)

// errPreview ends the transaction of a preview: nothing stays.
var errPreview = errors.New("preview")

// importTimeout bounds an import with many movements; other acts have less.
const importTimeout = 2 * time.Minute

// bookedMax is how many movements wait to be matched at most, before an import
// looks only at the oldest.
const bookedMax = 10_000

// StatementFileRequest is a file of statements.
type StatementFileRequest struct {
	File string // name
	Data []byte
}

// StatementsView says what a file of statements does, or did.
type StatementsView struct {
	File       string
	Statements []StatementLine
	New        int // booked movements that were not there
	Known      int // booked movements that were there
	Pending    int // movements that the bank has not booked: nothing is done with them
	Matched    []MatchedLine
	Open       int // new movements that wait for a person
	Movements  []MovementLine
}

// StatementLine is one statement of a file.
type StatementLine struct {
	ID, Number         string
	OpeningOn          time.Time
	ClosingOn          time.Time
	Opening, Closing   money.Amount
	New, Known, Waited int  // booked and new, booked and known, pending
	Again              bool // was imported before
}

// MatchedLine is a movement whose charge was found by its reference.
type MatchedLine struct {
	Amount   money.Amount
	Name     string
	Number   string // of the charge
	Applied  money.Amount
	Credit   money.Amount // more than was due
	Left     money.Amount // still due
	Returned bool         // the bank took an earlier payment back
	Before   bool         // a person had recorded it
}

// MovementLine is a movement that is not matched.
type MovementLine struct {
	ID       string
	BookedOn time.Time // zero for a pending one without a day
	Amount   money.Amount
	Name     string
	Text     string
	Pending  bool
	Reversal bool
	Fee      bool
}

// PreviewStatements says what the import of a file would do (officer). Nothing is
// stored. It returns the refusals of [billing.ReadStatements] and of this file's
// variables, in the field file.
func (d *Desk) PreviewStatements(ctx context.Context, a communities.Actor, r StatementFileRequest) (StatementsView, error) {
	return d.takeStatements(ctx, a, r, false)
}

// ImportStatements stores the statements of a file, posts each movement that is
// new, and matches those that name the reference of one charge (officer). What
// was imported before changes nothing. It refuses like [Desk.PreviewStatements],
// and then nothing is stored.
func (d *Desk) ImportStatements(ctx context.Context, a communities.Actor, r StatementFileRequest) (StatementsView, error) {
	return d.takeStatements(ctx, a, r, true)
}

// takeStatements imports a file; without keep, it undoes all again: a preview is
// what the import does.
func (d *Desk) takeStatements(ctx context.Context, a communities.Actor, r StatementFileRequest, keep bool) (StatementsView, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermReconcile, communities.Scope{}, now); err != nil {
		return StatementsView{}, err
	}
	if d.collecting.IBAN == "" {
		return StatementsView{}, ErrNoCollecting
	}
	if e := textFault(r.File, fileNameRunesMax); e != nil {
		return StatementsView{}, e.At("file")
	}
	statements, err := billing.ReadStatements(r.Data)
	if err == nil {
		err = d.checkStatements(statements)
	}
	if err != nil {
		return StatementsView{}, atField("file", err)
	}
	ctx, cancel := context.WithTimeout(ctx, importTimeout)
	defer cancel()
	var view StatementsView
	err = d.db.InTx(ctx, func(tx *postgres.Tx) error {
		view = StatementsView{File: r.File}
		if err := d.importStatements(ctx, tx, a, r.File, statements, &view); err != nil {
			return err
		}
		if !keep {
			return errPreview
		}
		return tx.Audit(ctx, now, a.User, "import_statement", "bank", map[string]any{
			"statements": len(statements), "new": view.New, "known": view.Known, "matched": len(view.Matched),
		})
	})
	if !keep && errors.Is(err, errPreview) {
		err = nil
	}
	return view, atField("file", err)
}

const fileNameRunesMax = 200

// checkStatements refuses statements of another account, and movements that
// cannot be booked yet.
func (d *Desk) checkStatements(statements []billing.Statement) error {
	today := d.today(d.clock.Now())
	for _, s := range statements {
		if s.Account != d.collecting.IBAN {
			return ErrStatementAccount.With("found", s.Account.Masked(), "want", d.collecting.IBAN.Masked())
		}
		for _, m := range s.Movements {
			if !m.Pending && m.BookedOn.After(today) {
				return ErrStatementFuture.With("line", m.Line, "on", m.BookedOn)
			}
		}
	}
	return nil
}

func (d *Desk) importStatements(ctx context.Context, tx *postgres.Tx, a communities.Actor, file string, statements []billing.Statement, view *StatementsView) error {
	if err := tx.LockBank(ctx); err != nil {
		return err
	}
	added := map[string]bool{}
	for _, s := range statements {
		line, fresh, err := d.addBankStatement(ctx, tx, a, file, s)
		if err != nil {
			return err
		}
		for _, e := range fresh {
			added[e.ID] = true
		}
		for _, m := range s.Movements {
			if m.Pending {
				view.Movements = append(view.Movements, MovementLine{BookedOn: m.BookedOn, Amount: m.Amount, Name: m.Name, Text: m.Text, Pending: true, Reversal: m.Reversal})
			}
		}
		view.Statements = append(view.Statements, line)
		view.New, view.Known, view.Pending = view.New+line.New, view.Known+line.Known, view.Pending+line.Waited
	}
	var err error
	if view.Matched, err = d.matchBooked(ctx, tx, a); err != nil {
		return err
	}
	left, err := tx.BookedEntries(ctx, bookedMax)
	if err != nil {
		return err
	}
	for _, e := range left {
		if added[e.ID] {
			view.Open++
			view.Movements = append(view.Movements, movementLine(e))
		}
	}
	return nil
}

func movementLine(e postgres.BankEntry) MovementLine {
	return MovementLine{
		ID: e.ID, BookedOn: e.BookedOn, Amount: e.AmountCents, Name: e.Name, Text: e.Remittance, Reversal: e.Reversal, Fee: e.Fee,
	}
}

// addBankStatement stores a statement and its movements that are new, and posts
// those.
func (d *Desk) addBankStatement(ctx context.Context, tx *postgres.Tx, a communities.Actor, file string, s billing.Statement) (StatementLine, []postgres.BankEntry, error) {
	now := d.clock.Now()
	line := StatementLine{ID: s.ID, Number: s.Number, OpeningOn: s.OpeningOn, ClosingOn: s.ClosingOn, Opening: s.Opening, Closing: s.Closing}
	id, fresh, err := tx.AddBankStatement(ctx, s, file, a.User, now)
	if err != nil {
		return line, nil, err
	}
	line.Again = !fresh
	var booked []billing.Movement
	var keys []string
	for _, m := range s.Movements {
		if m.Pending {
			line.Waited++
			continue
		}
		booked, keys = append(booked, m), append(keys, m.Key)
	}
	known, err := tx.EntryAmounts(ctx, s.Account, keys)
	if err != nil {
		return line, nil, err
	}
	var add []billing.Movement
	for _, m := range booked {
		switch amount, there := known[m.Key]; {
		case !there:
			add = append(add, m)
		case amount != m.Amount:
			return line, nil, ErrStatementDiffers.With("line", m.Line, "amount", m.Amount, "known", amount)
		default:
			line.Known++
		}
	}
	line.New = len(add)
	entries, err := tx.AddEntries(ctx, id, s.Account, add)
	if err != nil {
		return line, nil, err
	}
	for _, e := range entries {
		t, err := billing.BankEntry(billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: now}, e.ID, e.AmountCents)
		if err != nil {
			return line, nil, err
		}
		if _, err := tx.Post(ctx, t); err != nil {
			return line, nil, err
		}
	}
	return line, entries, nil
}

// matchBooked matches every movement that waits and names the reference of one
// charge, also those of earlier imports: a reversal may come before what it
// reverses. Money that came first, reversals then.
func (d *Desk) matchBooked(ctx context.Context, tx *postgres.Tx, a communities.Actor) ([]MatchedLine, error) {
	entries, err := tx.BookedEntries(ctx, bookedMax)
	if err != nil {
		return nil, err
	}
	var sought []billing.Reference
	for _, e := range entries {
		right, _ := e.Movement().Sought()
		sought = append(sought, right...)
	}
	charges, err := tx.ChargesByReference(ctx, sought)
	if err != nil {
		return nil, err
	}
	named := func(e postgres.BankEntry) (found []billing.ChargeID) {
		right, _ := e.Movement().Sought()
		for _, r := range right {
			if c, ok := charges[r]; ok && !slices.Contains(found, c) {
				found = append(found, c)
			}
		}
		return found
	}
	var lock []billing.ChargeID
	for _, c := range charges {
		lock = append(lock, c)
	}
	if err := tx.LockCharges(ctx, lock); err != nil {
		return nil, err
	}
	lines := []MatchedLine{}
	for _, e := range entries {
		if ids := named(e); len(ids) == 1 && e.AmountCents > 0 && !e.Reversal && !e.Fee {
			line, err := d.credit(ctx, tx, a, e, ids[0], e.AmountCents, true)
			if err != nil {
				return nil, err
			}
			if _, err := tx.DecideEntry(ctx, e.ID, billing.EntryMatched, "", "", "", d.clock.Now()); err != nil {
				return nil, err
			}
			lines = append(lines, line)
		}
	}
	for _, e := range entries {
		if !e.Reversal || e.AmountCents > 0 {
			continue
		}
		original, found, err := d.reversedBy(ctx, tx, e)
		if err != nil {
			return nil, err
		}
		if !found {
			continue
		}
		taken, err := d.takeBackEntry(ctx, tx, a, e, original)
		if errors.Is(err, errStays) {
			continue
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, taken...)
	}
	return lines, nil
}
