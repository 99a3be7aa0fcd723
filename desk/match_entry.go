package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
)

var (
	// ErrEntryDecided says that a movement is not waiting any more: it was matched,
	// set aside or taken back.
	ErrEntryDecided = refusal.New(refusal.KindConflict, "entry_decided")
	// ErrEntryOutgoing says that a movement brought no money that could pay a charge.
	ErrEntryOutgoing = refusal.New(refusal.KindConflict, "entry_outgoing")
	// ErrEntrySum says that the parts of a movement do not sum to it. Args: sum, amount.
	ErrEntrySum = refusal.New(refusal.KindInvalid, "entry_sum")
	// ErrEntryCharge says that there is no charge with a number. Args: number.
	ErrEntryCharge = refusal.New(refusal.KindInvalid, "entry_charge_unknown")
	// ErrEntryTwice says that a charge is named twice. Args: number.
	ErrEntryTwice = refusal.New(refusal.KindInvalid, "entry_charge_twice")
	// ErrEntryReversal says that a movement is not the reversal of the one chosen,
	// or that this cannot be undone any more.
	ErrEntryReversal = refusal.New(refusal.KindConflict, "entry_reversal")
)

// errStays says that a reversal cannot be undone by the program: it waits for a
// person.
var errStays = errors.New("reversal stays")

// MatchRequest says which charges the money of a movement pays.
type MatchRequest struct {
	Entry string
	Parts []MatchPart // [parts]
}

// MatchPart is one charge and what it gets, as typed.
type MatchPart struct {
	Number string // of the charge, "2026-000123"; a part with neither is left out
	Amount string // Italian form
}

// MatchPartsMax is how many charges one movement may pay.
const MatchPartsMax = 5

// MatchEntry gives the money of a movement to one or several charges (officer).
// The parts sum to the movement; what a charge does not need becomes the
// household's credit. Refusals stand in the fields number.0, amount.0 and so on.
func (d *Desk) MatchEntry(ctx context.Context, a communities.Actor, r MatchRequest) error {
	now := d.clock.Now()
	if err := a.May(communities.PermReconcile, communities.Scope{}, now); err != nil {
		return err
	}
	type part struct {
		charge billing.ChargeID
		amount money.Amount
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.LockBank(ctx); err != nil {
			return err
		}
		e, err := waiting(ctx, tx, r.Entry)
		if err != nil {
			return err
		}
		if e.AmountCents < 0 {
			return ErrEntryOutgoing
		}
		f := &form{}
		var parts []part
		var ids []billing.ChargeID
		var sum money.Amount
		for i, p := range r.Parts[:min(len(r.Parts), MatchPartsMax)] {
			at := "." + strconv.Itoa(i)
			number := strings.TrimSpace(p.Number)
			if number == "" && strings.TrimSpace(p.Amount) == "" {
				continue
			}
			amount := f.price("amount"+at, p.Amount, 1)
			sum += amount
			id, err := tx.ChargeByNumber(ctx, number)
			switch {
			case errors.Is(err, postgres.ErrNotFound):
				f.refuse("number"+at, ErrEntryCharge.With("number", cutText(number)))
			case err != nil:
				return err
			case slices.Contains(ids, id):
				f.refuse("number"+at, ErrEntryTwice.With("number", number))
			}
			ids, parts = append(ids, id), append(parts, part{id, amount})
		}
		if len(parts) == 0 {
			f.refuse("number.0", ErrRequired)
		}
		if err := f.refused.OrNil(); err != nil {
			return err
		}
		if sum != e.AmountCents {
			return ErrEntrySum.With("sum", sum, "amount", e.AmountCents).At("amount.0")
		}
		if err := tx.LockCharges(ctx, ids); err != nil {
			return err
		}
		for _, p := range parts {
			if _, err := d.credit(ctx, tx, a, e, p.charge, p.amount, len(parts) == 1); err != nil {
				return err
			}
		}
		if _, err := tx.DecideEntry(ctx, e.ID, billing.EntryMatched, "", "", a.User, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "match_entry", "bank entry "+e.ID, map[string]any{"charges": len(parts)})
	})
}

func cutText(s string) string {
	if runes := []rune(s); len(runes) > 40 {
		return string(runes[:40]) + "…"
	}
	return s
}

// waiting is a movement that nobody decided on; [ErrEntryDecided].
func waiting(ctx context.Context, tx *postgres.Tx, id string) (postgres.BankEntry, error) {
	e, err := tx.Entry(ctx, id)
	if err == nil && e.State != billing.EntryBooked {
		err = ErrEntryDecided
	}
	return e, err
}

// credit gives an amount of a movement to a charge, which is locked. Where a
// person had recorded the same transfer before, whole is true and the amounts
// agree, that payment is found again and nothing is paid twice.
func (d *Desk) credit(ctx context.Context, tx *postgres.Tx, a communities.Actor, e postgres.BankEntry, charge billing.ChargeID, amount money.Amount, whole bool) (MatchedLine, error) {
	now := d.clock.Now()
	line, err := tx.ChargeForUpdate(ctx, charge)
	if err != nil {
		return MatchedLine{}, err
	}
	due := line.Due(line.PaidSum)
	m := MatchedLine{Amount: amount, Name: e.Name, Number: line.Number, Applied: min(amount, due), Credit: amount - min(amount, due), Left: due - min(amount, due)}
	if whole {
		recorded, err := tx.HandRecorded(ctx, charge, amount)
		if err == nil {
			t, err := billing.TransferRecognised(billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: now}, recorded.Payment)
			if err != nil {
				return m, err
			}
			if _, err := tx.Post(ctx, t); err != nil {
				return m, err
			}
			m.Before, m.Applied, m.Credit, m.Left = true, amount, 0, due
			return m, tx.SetEntry(ctx, recorded.ID, e.ID)
		}
		if !errors.Is(err, postgres.ErrNotFound) {
			return m, err
		}
	}
	p := billing.Payment{
		ID: billing.PaymentID(postgres.NewID()), Charge: charge, Household: line.Household, Method: billing.MethodTransfer,
		Amount: amount, State: billing.PaymentSucceeded, ReceivedOn: e.BookedOn, Note: e.BankReference, Entry: e.ID, CreatedAt: now,
	}
	if err := tx.AddPayment(ctx, p, a.User); err != nil {
		return m, err
	}
	return m, d.received(ctx, tx, line, p)
}

// reversedBy finds the movement that a reversal takes back: of the opposite
// amount, by the payer's reference or else by the reference of one charge. The
// latest of several is taken.
func (d *Desk) reversedBy(ctx context.Context, tx *postgres.Tx, e postgres.BankEntry) (postgres.BankEntry, bool, error) {
	candidates, err := tx.Reversible(ctx, e, reversibleMax)
	if err != nil {
		return e, false, err
	}
	right, _ := e.Movement().Sought()
	for _, c := range candidates {
		if e.EndToEnd != "" && c.EndToEnd == e.EndToEnd || e.BankReference != "" && c.BankReference == e.BankReference {
			return c, true, nil
		}
	}
	for _, c := range candidates {
		of, _ := c.Movement().Sought()
		if slices.ContainsFunc(of, func(r billing.Reference) bool { return slices.Contains(right, r) }) {
			return c, true, nil
		}
	}
	return e, false, nil
}

const reversibleMax = 50

// takeBackEntry undoes what the money of a movement did, because the bank took it
// back. It returns errStays where a charge was given up in the meantime.
func (d *Desk) takeBackEntry(ctx context.Context, tx *postgres.Tx, a communities.Actor, reversal, original postgres.BankEntry) ([]MatchedLine, error) {
	payments, err := tx.PaymentsOfEntry(ctx, original.ID)
	if err != nil {
		return nil, err
	}
	var ids []billing.ChargeID
	for _, p := range payments {
		ids = append(ids, p.Charge)
	}
	if err := tx.LockCharges(ctx, ids); err != nil {
		return nil, err
	}
	for _, p := range payments {
		line, err := tx.Charge(ctx, p.Charge)
		if err != nil {
			return nil, err
		}
		if line.State != billing.ChargeOpen && line.State != billing.ChargePaid {
			return nil, errStays
		}
	}
	lines := []MatchedLine{}
	for _, p := range payments {
		line, err := d.takePaymentBack(ctx, tx, reversal.Name, p.Payment)
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
	if len(payments) == 0 {
		lines = append(lines, MatchedLine{Amount: reversal.AmountCents, Name: reversal.Name, Returned: true})
	}
	now := d.clock.Now()
	if _, err := tx.DecideEntry(ctx, reversal.ID, billing.EntryReturned, original.ID, "", a.User, now); err != nil {
		return nil, err
	}
	return lines, tx.ReturnEntry(ctx, original.ID, now)
}

// takePaymentBack undoes one payment: the household owes again, unless other money came
// for the same charge.
func (d *Desk) takePaymentBack(ctx context.Context, tx *postgres.Tx, name string, p billing.Payment) (MatchedLine, error) {
	now := d.clock.Now()
	line, err := tx.ChargeForUpdate(ctx, p.Charge)
	if err != nil {
		return MatchedLine{}, err
	}
	after, moved, err := p.Move(billing.PaymentReversed)
	if err != nil || !moved {
		return MatchedLine{}, err
	}
	if err := tx.UpdatePayment(ctx, after); err != nil {
		return MatchedLine{}, err
	}
	paid := line.PaidSum - p.Amount
	owed := line.Due(paid) - line.Due(line.PaidSum)
	if p.Method != billing.MethodCredit { // what was too much may have paid something else
		if err := d.freeCredit(ctx, tx, line.Household, p.Amount-owed); err != nil {
			return MatchedLine{}, err
		}
	}
	t, err := billing.PaymentTakenBack(billing.Posted{ID: ledger.TransactionID(postgres.NewID()), At: now}, p, owed)
	if err != nil {
		return MatchedLine{}, err
	}
	if _, err := tx.Post(ctx, t); err != nil {
		return MatchedLine{}, err
	}
	m := MatchedLine{Amount: -p.Amount, Name: name, Number: line.Number, Left: line.Due(paid), Returned: true}
	charge := line.TakeBack(paid)
	reopened := line.State == billing.ChargePaid && charge.State == billing.ChargeOpen
	if again := d.today(now).AddDate(0, 0, daysToPay); reopened && charge.DueOn.Before(again) {
		charge.DueOn = again
	}
	if reopened {
		if err := tx.SetChargeVoucher(ctx, charge, now); err != nil {
			return m, err
		}
	}
	holders, err := tx.HoldersOf(ctx, []communities.HouseholdID{line.Household})
	if err != nil {
		return m, err
	}
	holder := holders[line.Household]
	if err := d.send(ctx, tx, holder.Email, letterTakenBack, takenBackLetter{
		Name: holder.GivenName, Description: line.Description, Number: line.Number, Link: d.publicURL + "/quote/" + string(line.ID),
		Amount: p.Amount, Due: m.Left, DueOn: charge.DueOn, Credit: p.Method == billing.MethodCredit,
	}); err != nil || !reopened {
		return m, err
	}
	if _, err := tx.RoundForUpdate(ctx, line.Round); err != nil {
		return m, err
	}
	return m, tx.ReopenRound(ctx, line.Round)
}

// ReverseEntry says that a movement which left is the reversal of another one,
// where the program did not see it (officer).
func (d *Desk) ReverseEntry(ctx context.Context, a communities.Actor, reversal, original string) error {
	now := d.clock.Now()
	if err := a.May(communities.PermReconcile, communities.Scope{}, now); err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.LockBank(ctx); err != nil {
			return err
		}
		e, err := waiting(ctx, tx, reversal)
		if err != nil {
			return err
		}
		candidates, err := tx.Reversible(ctx, e, reversibleMax)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(candidates, func(c postgres.BankEntry) bool { return c.ID == original })
		if i < 0 || e.AmountCents > 0 {
			return ErrEntryReversal
		}
		if _, err := d.takeBackEntry(ctx, tx, a, e, candidates[i]); errors.Is(err, errStays) {
			return ErrEntryReversal
		} else if err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "reverse_entry", "bank entry "+e.ID, map[string]any{"reverses": original})
	})
}

// SetEntryAside says that a movement is not of a household: bank fees, payments
// to providers (officer). It stays among the unallocated money. note says why.
func (d *Desk) SetEntryAside(ctx context.Context, a communities.Actor, id, note string) error {
	now := d.clock.Now()
	if err := a.May(communities.PermReconcile, communities.Scope{}, now); err != nil {
		return err
	}
	if err := texts(field{"note", note, noteRunesMax}).OrNil(); err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.LockBank(ctx); err != nil {
			return err
		}
		e, err := waiting(ctx, tx, id)
		if err != nil {
			return err
		}
		if _, err := tx.DecideEntry(ctx, e.ID, billing.EntrySetAside, "", strings.TrimSpace(note), a.User, now); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "set_entry_aside", "bank entry "+e.ID, nil)
	})
}

// TakeEntryUp lets a movement that was set aside be matched again (officer).
func (d *Desk) TakeEntryUp(ctx context.Context, a communities.Actor, id string) error {
	now := d.clock.Now()
	if err := a.May(communities.PermReconcile, communities.Scope{}, now); err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		if err := tx.LockBank(ctx); err != nil {
			return err
		}
		e, err := tx.Entry(ctx, id)
		if err != nil {
			return err
		}
		again, err := tx.BookAgain(ctx, e.ID)
		if err != nil {
			return err
		}
		if !again {
			return ErrEntryDecided
		}
		return tx.Audit(ctx, now, a.User, "take_entry_up", "bank entry "+e.ID, nil)
	})
}
