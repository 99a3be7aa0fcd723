package desk

import (
	"context"
	"time"

	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
)

// statementLinesMax bounds a statement that is shown.
const statementLinesMax = 5_000

// LedgerView is what every account of the Comune held at the end of a day.
type LedgerView struct {
	On       time.Time // day
	Accounts []LedgerAccountView
	Sum      money.Amount // of all accounts: zero
	Head     string       // of the chain of entries, now: NUMBER:HASH
}

// LedgerAccountView is an account with its balance, debit positive.
type LedgerAccountView struct {
	Account  ledger.AccountRef
	Of       string // name of whom it is of
	Balance  money.Amount
	Postings int // so far
}

// Ledger shows the balances at the end of a day; the zero time is today (officer).
func (d *Desk) Ledger(ctx context.Context, a communities.Actor, on time.Time) (LedgerView, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermSeeLedger, communities.Scope{}, now); err != nil {
		return LedgerView{}, err
	}
	if on.IsZero() {
		on = d.today(now)
	}
	v := LedgerView{On: on}
	balances, err := d.db.BalancesAt(ctx, d.midnight(on.AddDate(0, 0, 1)))
	if err != nil {
		return v, err
	}
	for _, b := range balances {
		v.Sum += b.BalanceCents
		if b.Postings > 0 {
			v.Accounts = append(v.Accounts, LedgerAccountView{b.Ref(), b.Name, b.BalanceCents, b.Postings})
		}
	}
	head, err := d.db.ChainHead(ctx)
	v.Head = head.String()
	return v, err
}

// LedgerStatement shows what happened on one account from one day to another,
// both included; the zero times are thirty days before and today (officer).
// Of more than 5,000 lines the first are shown.
func (d *Desk) LedgerStatement(ctx context.Context, a communities.Actor, account ledger.AccountRef, from, to time.Time) (ledger.Statement, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermSeeLedger, communities.Scope{}, now); err != nil {
		return ledger.Statement{}, err
	}
	if to.IsZero() {
		to = d.today(now)
	}
	if from.IsZero() {
		from = to.AddDate(0, 0, -30)
	}
	s := ledger.Statement{Account: account, From: from, To: to}
	begins, ends := d.midnight(from), d.midnight(to.AddDate(0, 0, 1))
	names, err := accountNames(ctx, d.db, ends)
	if err != nil {
		return s, err
	}
	var known bool
	if s.Of, known = names[account]; !known {
		return s, postgres.ErrNotFound.With("what", "account "+account.String())
	}
	if s.Before, err = d.db.AccountHeld(ctx, account, begins); err != nil {
		return s, err
	}
	if s.Lines, err = d.db.AccountLines(ctx, account, begins, ends, statementLinesMax+1); err != nil {
		return s, err
	}
	if s.More = len(s.Lines) > statementLinesMax; s.More {
		s.Lines = s.Lines[:statementLinesMax]
	}
	balance := s.Before
	for i := range s.Lines {
		balance += s.Lines[i].Amount
		s.Lines[i].Balance = balance
	}
	s.After, err = d.db.AccountHeld(ctx, account, ends)
	return s, err
}

// LedgerMonth gathers the books of a month, to be written for accountants
// (officer). Month is its first day.
func (d *Desk) LedgerMonth(ctx context.Context, a communities.Actor, month time.Time) (ledger.Book, error) {
	if err := a.May(communities.PermSeeLedger, communities.Scope{}, d.clock.Now()); err != nil {
		return ledger.Book{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, errandTimeout)
	defer cancel()
	var b ledger.Book
	err := d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.OneSnapshot(ctx); err != nil { // the sums are of the entries, whoever posts meanwhile
			return err
		}
		b = ledger.Book{From: month, To: month.AddDate(0, 1, -1), Zone: d.zone}
		begins, ends := d.midnight(month), d.midnight(month.AddDate(0, 1, 0))
		var err error
		if b.Municipality, err = tx.MunicipalityName(ctx); err != nil {
			return err
		}
		if b.Names, err = accountNames(ctx, tx, ends); err != nil {
			return err
		}
		if b.Before, err = held(ctx, tx, begins); err != nil {
			return err
		}
		if b.Entries, err = tx.Entries(ctx, begins, ends); err != nil {
			return err
		}
		if b.After, err = held(ctx, tx, ends); err != nil {
			return err
		}
		head, err := tx.ChainHead(ctx)
		b.Head = head.String()
		return err
	})
	return b, err
}

// balancesReader reads what accounts held.
type balancesReader interface {
	BalancesAt(context.Context, time.Time) ([]postgres.AccountBalance, error)
}

// held lists what accounts held at an instant, those at zero left out.
func held(ctx context.Context, r balancesReader, at time.Time) ([]ledger.Balance, error) {
	balances, err := r.BalancesAt(ctx, at)
	var all []ledger.Balance
	for _, b := range balances {
		if b.BalanceCents != 0 {
			all = append(all, ledger.Balance{Account: b.Ref(), Amount: b.BalanceCents})
		}
	}
	return all, err
}

// accountNames says of whom each account is.
func accountNames(ctx context.Context, r balancesReader, at time.Time) (map[ledger.AccountRef]string, error) {
	balances, err := r.BalancesAt(ctx, at)
	names := make(map[ledger.AccountRef]string, len(balances))
	for _, b := range balances {
		names[b.Ref()] = b.Name
	}
	return names, err
}

// midnight is the first instant of a day.
func (d *Desk) midnight(day time.Time) time.Time {
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, d.zone)
}
