package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
)

type bankStatementRow struct {
	bun.BaseModel `bun:"table:bank_statements"`

	MunicipalityID communities.MunicipalityID
	ID             string
	Account        string
	Statement      string
	Number         string
	MadeAt         time.Time
	OpeningOn      time.Time
	OpeningCents   money.Amount
	ClosingOn      time.Time
	ClosingCents   money.Amount
	Entries        int
	FileName       string
	ImportedBy     string
	ImportedAt     time.Time
}

// BankStatement is a statement as it was imported.
type BankStatement struct {
	ID, Account, Statement, Number, FileName string
	MadeAt, ImportedAt                       time.Time
	OpeningOn, ClosingOn                     time.Time // days
	OpeningCents, ClosingCents               money.Amount
	Entries                                  int  // booked movements in it
	Follows                                  bool // its opening balance is the closing one before; true for the first
}

// BankEntry is a movement of the collecting account.
type BankEntry struct {
	ID, StatementID, Account     string
	EntryKey                     string
	AmountCents                  money.Amount // negative when money left
	Reversal, Fee                bool
	BookedOn                     time.Time  // day
	ValueOn                      *time.Time // day
	BankReference, EndToEnd      string
	CreditorReferences           []string `bun:",array"`
	Remittance, Name, IbanMasked string
	State                        billing.EntryState
	ReversesID                   *string
	Note                         string
	DecidedAt                    *time.Time
}

// Movement is the entry as the rules of matching see it.
func (e BankEntry) Movement() billing.Movement {
	m := billing.Movement{
		Key: e.EntryKey, Amount: e.AmountCents, Reversal: e.Reversal, Fee: e.Fee, BookedOn: e.BookedOn, BankRef: e.BankReference,
		EndToEndID: e.EndToEnd, References: e.CreditorReferences, Text: e.Remittance, Name: e.Name,
	}
	if e.ValueOn != nil {
		m.ValueOn = *e.ValueOn
	}
	return m
}

type bankEntryRow struct {
	bun.BaseModel `bun:"table:bank_entries"`

	MunicipalityID communities.MunicipalityID
	BankEntry
	DecidedBy *string
}

// LockBank lets one act at a time work on the movements of the bank, until the
// transaction ends.
func (tx *Tx) LockBank(ctx context.Context) error {
	_, err := tx.exec(ctx, "lock bank", "SELECT pg_advisory_xact_lock(hashtext('bank_entries'), ?)", int(tx.municipality))
	return err
}

// AddBankStatement stores a statement and returns its id; false and the id of the
// one that is there when it was imported before.
func (tx *Tx) AddBankStatement(ctx context.Context, s billing.Statement, file string, by communities.UserID, at time.Time) (string, bool, error) {
	row := bankStatementRow{
		MunicipalityID: tx.municipality, ID: NewID(), Account: string(s.Account), Statement: s.ID, Number: s.Number, MadeAt: s.MadeAt,
		OpeningOn: s.OpeningOn, OpeningCents: s.Opening, ClosingOn: s.ClosingOn, ClosingCents: s.Closing, FileName: file, ImportedBy: string(by), ImportedAt: at,
	}
	for _, m := range s.Movements {
		if !m.Pending {
			row.Entries++
		}
	}
	result, err := tx.tx.NewInsert().Model(&row).On("CONFLICT (municipality_id, account, statement, closing_on) DO NOTHING").Exec(ctx)
	if err != nil {
		return "", false, fault(err, "add statement")
	}
	if n, err := result.RowsAffected(); err != nil || n == 1 {
		return row.ID, true, fault(err, "add statement")
	}
	id, err := single[string](ctx, tx.reader, "statement", s.ID, `
		SELECT id FROM bank_statements WHERE municipality_id = ? AND account = ? AND statement = ? AND closing_on = ?`,
		tx.municipality, s.Account, s.ID, s.ClosingOn)
	return id, false, err
}

// EntryAmounts are the amounts of the movements of an account that are stored
// under some keys.
func (r reader) EntryAmounts(ctx context.Context, account billing.IBAN, keys []string) (map[string]money.Amount, error) {
	type known struct {
		EntryKey    string
		AmountCents money.Amount
	}
	rows, err := list[known](ctx, r, "known entries", `
		SELECT entry_key, amount_cents FROM bank_entries WHERE municipality_id = ? AND account = ? AND entry_key IN (?) ORDER BY entry_key`,
		r.municipality, account, texts(append(keys, "")))
	all := make(map[string]money.Amount, len(rows))
	for _, k := range rows {
		all[k.EntryKey] = k.AmountCents
	}
	return all, err
}

// AddEntries stores booked movements of a statement that are not there yet, and
// returns them with their ids, in the same order.
func (tx *Tx) AddEntries(ctx context.Context, statement string, account billing.IBAN, movements []billing.Movement) ([]BankEntry, error) {
	rows := make([]bankEntryRow, len(movements))
	added := make([]BankEntry, len(movements))
	for i, m := range movements {
		e := BankEntry{
			ID: NewID(), StatementID: statement, Account: string(account), EntryKey: m.Key, AmountCents: m.Amount, Reversal: m.Reversal, Fee: m.Fee,
			BookedOn: m.BookedOn, BankReference: m.BankRef, EndToEnd: m.EndToEndID, CreditorReferences: m.References, Remittance: m.Text, Name: m.Name,
			IbanMasked: m.IBAN.Masked(), State: billing.EntryBooked,
		}
		if !m.ValueOn.IsZero() {
			e.ValueOn = &m.ValueOn
		}
		if e.CreditorReferences == nil {
			e.CreditorReferences = []string{}
		}
		rows[i], added[i] = bankEntryRow{MunicipalityID: tx.municipality, BankEntry: e}, e
	}
	return added, insertAll(ctx, tx, "add bank entries", rows)
}

const entryColumns = `id, statement_id, account, entry_key, amount_cents, reversal, fee, booked_on, value_on, bank_reference, end_to_end,
	creditor_references, remittance, name, iban_masked, state, reverses_id, note, decided_at`

// BookedEntries lists the movements that are to be matched, oldest first.
func (r reader) BookedEntries(ctx context.Context, most int) ([]BankEntry, error) {
	return list[BankEntry](ctx, r, "booked entries", `
		SELECT `+entryColumns+` FROM bank_entries WHERE municipality_id = ? AND state = 'booked' ORDER BY booked_on, entry_key LIMIT ?`, r.municipality, most)
}

// Entry is one movement.
func (r reader) Entry(ctx context.Context, id string) (BankEntry, error) {
	if !validID(id) {
		return BankEntry{}, ErrNotFound.With("what", "bank entry")
	}
	return single[BankEntry](ctx, r, "bank entry", id, "SELECT "+entryColumns+" FROM bank_entries WHERE municipality_id = ? AND id = ?", r.municipality, id)
}

// EntriesOf lists the movements of a statement, in the order of their days.
func (r reader) EntriesOf(ctx context.Context, statement string, most int) ([]BankEntry, error) {
	return list[BankEntry](ctx, r, "entries of a statement", `
		SELECT `+entryColumns+` FROM bank_entries WHERE municipality_id = ? AND statement_id = ? ORDER BY booked_on, entry_key LIMIT ?`,
		r.municipality, statement, most)
}

// Reversible lists the movements that a reversal may take back: of the opposite
// amount, booked on its day or before and not taken back yet, the latest first.
func (r reader) Reversible(ctx context.Context, reversal BankEntry, most int) ([]BankEntry, error) {
	return list[BankEntry](ctx, r, "reversible entries", `
		SELECT `+entryColumns+` FROM bank_entries WHERE municipality_id = ? AND account = ? AND amount_cents = ? AND NOT reversal
			AND state IN ('booked', 'matched') AND booked_on <= ? ORDER BY booked_on DESC, entry_key LIMIT ?`,
		r.municipality, reversal.Account, -reversal.AmountCents, reversal.BookedOn, most)
}

// DecideEntry moves a booked movement on; by is empty for what the program
// matched by itself. False when it is not booked any more.
func (tx *Tx) DecideEntry(ctx context.Context, id string, to billing.EntryState, reverses, note string, by communities.UserID, at time.Time) (bool, error) {
	n, err := tx.exec(ctx, "decide bank entry", `
		UPDATE bank_entries SET state = ?, reverses_id = nullif(?, '')::uuid, note = ?, decided_by = nullif(?, '')::uuid, decided_at = ?
		WHERE municipality_id = ? AND id = ? AND state = 'booked'`, to, reverses, note, string(by), at, tx.municipality, id)
	return n == 1, err
}

// ReturnEntry marks a movement as taken back by the bank.
func (tx *Tx) ReturnEntry(ctx context.Context, id string, at time.Time) error {
	_, err := tx.exec(ctx, "return bank entry", `
		UPDATE bank_entries SET state = 'returned', decided_at = coalesce(decided_at, ?) WHERE municipality_id = ? AND id = ?`, at, tx.municipality, id)
	return err
}

// BookAgain lets a movement that was set aside be matched.
func (tx *Tx) BookAgain(ctx context.Context, id string) (bool, error) {
	n, err := tx.exec(ctx, "book bank entry again", `
		UPDATE bank_entries SET state = 'booked', note = '', decided_by = NULL, decided_at = NULL
		WHERE municipality_id = ? AND id = ? AND state = 'set_aside'`, tx.municipality, id)
	return n == 1, err
}

// BankStatements lists the imported statements, the latest first.
func (r reader) BankStatements(ctx context.Context, most int) ([]BankStatement, error) {
	return list[BankStatement](ctx, r, "bank statements", `
		SELECT id, account, statement, number, file_name, made_at, imported_at, opening_on, closing_on, opening_cents, closing_cents, entries,
			coalesce(lag(closing_cents) OVER (PARTITION BY account ORDER BY opening_on, closing_on, statement) = opening_cents, TRUE) AS follows
		FROM bank_statements WHERE municipality_id = ? ORDER BY closing_on DESC, opening_on DESC, statement DESC LIMIT ?`, r.municipality, most)
}

// EntryCount is how many movements of a state there are and what they sum to.
type EntryCount struct {
	State billing.EntryState
	Count int
	Sum   money.Amount
}

// EntryCounts counts the movements by state.
func (r reader) EntryCounts(ctx context.Context) ([]EntryCount, error) {
	return list[EntryCount](ctx, r, "entry counts", `
		SELECT state, count(*) AS count, sum(amount_cents) AS sum FROM bank_entries WHERE municipality_id = ? GROUP BY state ORDER BY state`, r.municipality)
}

// ChargesByReference lists the charges with one of some references.
func (r reader) ChargesByReference(ctx context.Context, references []billing.Reference) (map[billing.Reference]billing.ChargeID, error) {
	type found struct {
		ID        billing.ChargeID
		Reference billing.Reference
	}
	rows, err := list[found](ctx, r, "charges by reference", `
		SELECT id, reference FROM charges WHERE municipality_id = ? AND reference IN (?) ORDER BY id`, r.municipality, texts(append(references, "")))
	all := make(map[billing.Reference]billing.ChargeID, len(rows))
	for _, f := range rows {
		all[f.Reference] = f.ID
	}
	return all, err
}

// ChargeByNumber is the charge with a number; [ErrNotFound].
func (r reader) ChargeByNumber(ctx context.Context, number string) (billing.ChargeID, error) {
	return single[billing.ChargeID](ctx, r, "charge", number, "SELECT id FROM charges WHERE municipality_id = ? AND number = ?", r.municipality, number)
}

// LockCharges locks charges in the order of their ids, so that two acts on many
// never wait for each other.
func (tx *Tx) LockCharges(ctx context.Context, ids []billing.ChargeID) error {
	_, err := list[string](ctx, tx.reader, "lock charges", `
		SELECT id::text FROM charges WHERE municipality_id = ? AND id::text IN (?) ORDER BY id FOR UPDATE`, tx.municipality, texts(append(ids, "")))
	return err
}

// ChargesToSuggest lists open charges that a movement may be meant for: due for
// its amount, with a number or half a reference that its text names, or of a
// household or holder with one of its words in the name.
func (r reader) ChargesToSuggest(ctx context.Context, m billing.Movement, numbers, heads, tails []string, most int) ([]ChargeLine, error) {
	return toCharges(list[chargeLineRow](ctx, r, "charges to suggest", chargeSelect+`
		AND c.id IN (
			SELECT c.id FROM charges c WHERE c.municipality_id = ?0 AND c.state = 'open' AND (
				c.net_cents - c.voucher_cents - (SELECT coalesce(sum(y.amount_cents), 0) FROM payments y
					WHERE y.municipality_id = c.municipality_id AND y.charge_id = c.id AND y.state = 'succeeded') = ?1
				OR c.number IN (?2) OR substr(c.reference, 5, 7) IN (?3) OR right(c.reference, 8) IN (?4))
			UNION SELECT c.id FROM charges c JOIN persons p ON p.municipality_id = c.municipality_id AND p.household_id = c.household_id
			WHERE c.municipality_id = ?0 AND c.state = 'open' AND upper(p.family_name) IN (?5))
		ORDER BY c.issued_at, c.number LIMIT ?6`,
		r.municipality, m.Amount, texts(append(numbers, "")), texts(append(heads, "")), texts(append(tails, "")), texts(append(billing.NameWords(m.Name), "")), most))
}

// HandRecorded is the transfer of an amount that a person recorded for a charge
// and that no movement of a statement is known to be; [ErrNotFound].
func (r reader) HandRecorded(ctx context.Context, charge billing.ChargeID, amount money.Amount) (PaymentLine, error) {
	row, err := single[paymentRow](ctx, r, "payment", charge, `
		SELECT * FROM payments WHERE municipality_id = ? AND charge_id = ? AND method = 'transfer' AND state = 'succeeded' AND amount_cents = ? AND entry_id IS NULL
		ORDER BY created_at, id LIMIT 1`, r.municipality, charge, amount)
	return row.toPayment(), err
}

// SetEntry says which movement brought the money of a payment.
func (tx *Tx) SetEntry(ctx context.Context, payment billing.PaymentID, entry string) error {
	_, err := tx.exec(ctx, "entry of a payment", "UPDATE payments SET entry_id = ? WHERE municipality_id = ? AND id = ?", entry, tx.municipality, payment)
	return err
}

// PaymentsOfEntry lists the payments that a movement brought, oldest first.
func (r reader) PaymentsOfEntry(ctx context.Context, entry string) ([]PaymentLine, error) {
	return toPayments(list[paymentRow](ctx, r, "payments of an entry", `
		SELECT * FROM payments WHERE municipality_id = ? AND entry_id = ? ORDER BY created_at, id`, r.municipality, entry))
}

// LockCredit lets one act at a time use a household's credit, until the
// transaction ends.
func (tx *Tx) LockCredit(ctx context.Context, h communities.HouseholdID) error {
	_, err := tx.exec(ctx, "lock credit", "SELECT pg_advisory_xact_lock(?, hashtext(?))", int(tx.municipality), "credit "+string(h))
	return err
}

// Credit is what a household has paid too much and not used.
func (r reader) Credit(ctx context.Context, h communities.HouseholdID) (money.Amount, error) {
	return single[money.Amount](ctx, r, "credit", h, `
		SELECT -coalesce(sum(p.amount_cents), 0) FROM ledger_accounts a
		JOIN ledger_postings p ON p.municipality_id = a.municipality_id AND p.account_id = a.id
		WHERE a.municipality_id = ? AND a.kind = 'household_credit' AND a.subject = ?`, r.municipality, string(h))
}

// LastCreditPayment is what a household last paid from its credit; [ErrNotFound].
func (r reader) LastCreditPayment(ctx context.Context, h communities.HouseholdID) (PaymentLine, error) {
	row, err := single[paymentRow](ctx, r, "payment", h, `
		SELECT * FROM payments WHERE municipality_id = ? AND household_id = ? AND method = 'credit' AND state = 'succeeded'
		ORDER BY created_at DESC, id DESC LIMIT 1`, r.municipality, h)
	return row.toPayment(), err
}

// bankChecks are the invariants of the collecting account.
var bankChecks = []soundCheck{
	{"B1", "movement of the bank without its ledger transaction, or with another amount", `
		SELECT e.id::text FROM bank_entries e WHERE e.municipality_id = ?0 AND e.amount_cents <> (SELECT coalesce(sum(p.amount_cents), 0) FROM ledger_transactions t
			JOIN ledger_postings p ON p.municipality_id = t.municipality_id AND p.transaction_id = t.id
			JOIN ledger_accounts a ON a.municipality_id = p.municipality_id AND a.id = p.account_id
			WHERE t.municipality_id = e.municipality_id AND t.kind = 'bank_entry' AND t.source_id = e.id::text AND a.kind = 'bank_clearing')`},
	{"B2", "unallocated money that is not what the movements to be matched sum to", `
		SELECT 'unallocated' FROM (SELECT
			(SELECT coalesce(sum(p.amount_cents), 0) FROM ledger_accounts a JOIN ledger_postings p ON p.municipality_id = a.municipality_id AND p.account_id = a.id
				WHERE a.municipality_id = ?0 AND a.kind = 'unallocated') AS held,
			(SELECT coalesce(sum(e.amount_cents), 0) FROM bank_entries e WHERE e.municipality_id = ?0 AND e.state IN ('booked', 'set_aside')) AS open) x
		WHERE x.held <> -x.open`},
	{"B3", "matched movement whose payments do not sum to it", `
		SELECT e.id::text FROM bank_entries e WHERE e.municipality_id = ?0 AND e.state = 'matched' AND e.amount_cents <> (SELECT coalesce(sum(y.amount_cents), 0)
			FROM payments y WHERE y.municipality_id = e.municipality_id AND y.entry_id = e.id AND y.state = 'succeeded')`},
	{"B4", "household whose credit is below zero", `
		SELECT a.subject FROM ledger_accounts a JOIN ledger_postings p ON p.municipality_id = a.municipality_id AND p.account_id = a.id
		WHERE a.municipality_id = ?0 AND a.kind = 'household_credit' GROUP BY a.subject HAVING sum(p.amount_cents) > 0`},
}
