package desk

import (
	"context"
	"regexp"
	"time"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
)

// BankView is the collecting account: its statements and the movements that wait
// for a person.
type BankView struct {
	Configured bool // false: nothing can be imported, and the rest is empty
	Holder     string
	IBAN       string              // printed
	Statements []BankStatementView // the latest first
	Waiting    []MovementLine      // oldest first, at most 200
	WaitingSum money.Amount        // of all that wait
	Count      int                 // of all that wait
	SetAside   int
	Matched    int
}

// BankStatementView is an imported statement.
type BankStatementView struct {
	ID, Statement, Number, File    string
	OpeningOn, ClosingOn, Imported time.Time
	Opening, Closing               money.Amount
	Entries                        int
	Follows                        bool // begins with what the one before ends with
}

// EntryView is a movement of the collecting account and what can be done with it.
type EntryView struct {
	MovementLine
	State       billing.EntryState
	ValueOn     time.Time // zero when the bank says none
	IBAN        string    // masked
	Reference   string    // of the bank
	References  []string  // structured ones, as written
	Note        string
	Suggestions []SuggestionView
	Reversible  []MovementLine // what a debit may take back
	Paid        []EntryPaymentView
}

// SuggestionView is a charge that the movement may pay.
type SuggestionView struct {
	Charge      billing.ChargeID
	Number      string
	Household   string
	Description string
	Due         money.Amount
	State       billing.ChargeState
	Reasons     []billing.MatchReason
}

// EntryPaymentView is what the money of a movement paid.
type EntryPaymentView struct {
	Charge billing.ChargeID
	Number string
	Amount money.Amount
	State  billing.PaymentState
}

const (
	statementsShownMax = 60
	waitingShownMax    = 200
	claimsMax          = 200
)

// Bank shows the collecting account (officer).
func (d *Desk) Bank(ctx context.Context, a communities.Actor) (BankView, error) {
	if err := a.May(communities.PermReconcile, communities.Scope{}, d.clock.Now()); err != nil {
		return BankView{}, err
	}
	v := BankView{Configured: d.collecting.IBAN != "", Holder: d.collecting.Name, IBAN: d.collecting.IBAN.Printed()}
	statements, err := d.db.BankStatements(ctx, statementsShownMax)
	if err != nil {
		return v, err
	}
	for _, s := range statements {
		v.Statements = append(v.Statements, BankStatementView{
			ID: s.ID, Statement: s.Statement, Number: s.Number, File: s.FileName, OpeningOn: s.OpeningOn, ClosingOn: s.ClosingOn, Imported: s.ImportedAt.In(d.zone),
			Opening: s.OpeningCents, Closing: s.ClosingCents, Entries: s.Entries, Follows: s.Follows,
		})
	}
	counts, err := d.db.EntryCounts(ctx)
	if err != nil {
		return v, err
	}
	for _, c := range counts {
		switch c.State {
		case billing.EntryBooked:
			v.Count, v.WaitingSum = c.Count, c.Sum
		case billing.EntrySetAside:
			v.SetAside = c.Count
		case billing.EntryMatched:
			v.Matched = c.Count
		}
	}
	waiting, err := d.db.BookedEntries(ctx, waitingShownMax)
	for _, e := range waiting {
		v.Waiting = append(v.Waiting, movementLine(e))
	}
	return v, err
}

// BankStatementEntries lists the movements of a statement (officer), at most as
// many as a file holds.
func (d *Desk) BankStatementEntries(ctx context.Context, a communities.Actor, statement string) ([]EntryView, error) {
	if err := a.May(communities.PermReconcile, communities.Scope{}, d.clock.Now()); err != nil {
		return nil, err
	}
	entries, err := d.db.EntriesOf(ctx, statement, billing.StatementMovementsMax)
	views := make([]EntryView, len(entries))
	for i, e := range entries {
		views[i] = entryView(e)
	}
	return views, err
}

func entryView(e postgres.BankEntry) EntryView {
	v := EntryView{MovementLine: movementLine(e), State: e.State, IBAN: e.IbanMasked, Reference: e.BankReference, References: e.CreditorReferences, Note: e.Note}
	if e.ValueOn != nil {
		v.ValueOn = *e.ValueOn
	}
	return v
}

// Entry is a movement with the charges that it may pay, the likeliest first, or
// with what it paid (officer).
func (d *Desk) Entry(ctx context.Context, a communities.Actor, id string) (EntryView, error) {
	if err := a.May(communities.PermReconcile, communities.Scope{}, d.clock.Now()); err != nil {
		return EntryView{}, err
	}
	e, err := d.db.Entry(ctx, id)
	if err != nil {
		return EntryView{}, err
	}
	v := entryView(e)
	if e.State != billing.EntryBooked {
		v.Paid, err = d.entryPayments(ctx, e)
		return v, err
	}
	if e.AmountCents > 0 {
		v.Suggestions, err = d.suggestions(ctx, e)
		return v, err
	}
	candidates, err := d.db.Reversible(ctx, e, suggestedReversals)
	for _, c := range candidates {
		v.Reversible = append(v.Reversible, movementLine(c))
	}
	return v, err
}

const suggestedReversals = 10

func (d *Desk) entryPayments(ctx context.Context, e postgres.BankEntry) ([]EntryPaymentView, error) {
	payments, err := d.db.PaymentsOfEntry(ctx, e.ID)
	if err != nil {
		return nil, err
	}
	var paid []EntryPaymentView
	for _, p := range payments { // at most MatchPartsMax
		line, err := d.db.Charge(ctx, p.Charge)
		if err != nil {
			return nil, err
		}
		paid = append(paid, EntryPaymentView{Charge: p.Charge, Number: line.Number, Amount: p.Amount, State: p.State})
	}
	return paid, nil
}

var chargeNumber = regexp.MustCompile(`20[0-9]{2}[-/ ]?[0-9]{6}`)

// suggestions ranks the charges that a movement may pay.
func (d *Desk) suggestions(ctx context.Context, e postgres.BankEntry) ([]SuggestionView, error) {
	m := e.Movement()
	right, wrong := m.Sought()
	var numbers, heads, tails []string
	for _, n := range chargeNumber.FindAllString(m.Text, -1) {
		numbers = append(numbers, n[:4]+"-"+n[len(n)-6:])
	}
	// One mistake leaves the head or the tail of a reference as it was.
	for _, r := range right { // one that reads well may be that of no charge
		wrong = append(wrong, string(r))
	}
	for _, r := range wrong {
		if len(r) >= 12 {
			heads, tails = append(heads, r[4:11]), append(tails, r[len(r)-8:])
		}
	}
	lines, err := d.db.ChargesToSuggest(ctx, m, numbers, heads, tails, claimsMax)
	if err != nil {
		return nil, err
	}
	named, err := d.db.ChargesByReference(ctx, right)
	if err != nil {
		return nil, err
	}
	for _, id := range named {
		line, err := d.db.Charge(ctx, id)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	by := map[billing.ChargeID]postgres.ChargeLine{}
	var households []communities.HouseholdID
	for _, l := range lines {
		by[l.ID] = l
		households = append(households, l.Household)
	}
	holders, err := d.db.HoldersOf(ctx, households)
	if err != nil {
		return nil, err
	}
	var claims []billing.Claim
	for id, l := range by {
		claims = append(claims, billing.Claim{
			Charge: id, Number: l.Number, Reference: l.Reference, Due: l.Due(l.PaidSum), Names: []string{l.HouseholdName, holders[l.Household].FullName()},
		})
	}
	var views []SuggestionView
	for _, s := range billing.Suggest(m, claims) {
		l := by[s.Charge]
		views = append(views, SuggestionView{
			Charge: l.ID, Number: l.Number, Household: l.HouseholdName, Description: l.Description, Due: l.Due(l.PaidSum), State: l.State, Reasons: s.Reasons,
		})
	}
	return views, nil
}
