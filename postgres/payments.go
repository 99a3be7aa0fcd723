package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
)

type paymentRow struct {
	bun.BaseModel `bun:"table:payments"`

	MunicipalityID communities.MunicipalityID
	ID             string
	ChargeID       string
	HouseholdID    string
	Method         billing.Method
	AmountCents    money.Amount
	State          billing.PaymentState
	SessionID      string `bun:",nullzero"`
	CheckoutURL    string
	IntentID       string
	Note           string
	RecordedBy     string `bun:",nullzero"`
	CreatedAt      time.Time
	ReceivedAt     *time.Time
	ReceiptNumber  string `bun:",nullzero"`
	SubsidyCents   money.Amount
	VoucherCents   money.Amount
	EntryID        string `bun:",nullzero"`
	SpaceID        string `bun:",nullzero"`
	TillNumber     string `bun:",nullzero"`
}

// PaymentLine is a payment with its receipt's number.
type PaymentLine struct {
	billing.Payment
	ReceiptNumber string       // empty until the money came
	Subsidy       money.Amount // what funds paid of its charge when the receipt was numbered
	Voucher       money.Amount // what vouchers paid of its charge when the receipt was numbered
}

func (row paymentRow) toPayment() PaymentLine {
	p := PaymentLine{Payment: billing.Payment{
		ID: billing.PaymentID(row.ID), Charge: billing.ChargeID(row.ChargeID), Household: communities.HouseholdID(row.HouseholdID),
		Method: row.Method, Amount: row.AmountCents, State: row.State, Note: row.Note, SessionID: row.SessionID,
		CheckoutURL: row.CheckoutURL, IntentID: row.IntentID, Entry: row.EntryID, Space: row.SpaceID, CreatedAt: row.CreatedAt,
	}, ReceiptNumber: row.ReceiptNumber, Subsidy: row.SubsidyCents, Voucher: row.VoucherCents}
	if row.TillNumber != "" { // stored by AddPayment, so it reads
		p.Till, _ = billing.ParseNumber(row.TillNumber)
	}
	if row.ReceivedAt != nil {
		p.ReceivedOn = *row.ReceivedAt
	}
	return p
}

func toPayments(rows []paymentRow, err error) ([]PaymentLine, error) {
	all := make([]PaymentLine, len(rows))
	for i, row := range rows {
		all[i] = row.toPayment()
	}
	return all, err
}

// Payment is one payment.
func (r reader) Payment(ctx context.Context, id billing.PaymentID) (PaymentLine, error) {
	if !validID(string(id)) {
		return PaymentLine{}, ErrNotFound.With("what", "payment")
	}
	row, err := single[paymentRow](ctx, r, "payment", id, "SELECT * FROM payments WHERE municipality_id = ? AND id = ?", r.municipality, id)
	return row.toPayment(), err
}

// PaymentOfSession is the payment that opened a checkout session.
func (r reader) PaymentOfSession(ctx context.Context, session string) (PaymentLine, error) {
	row, err := single[paymentRow](ctx, r, "payment", session, "SELECT * FROM payments WHERE municipality_id = ? AND session_id = ?", r.municipality, session)
	return row.toPayment(), err
}

// PaymentsOf lists the payments of charges, oldest first.
func (r reader) PaymentsOf(ctx context.Context, charges []billing.ChargeID) (map[billing.ChargeID][]PaymentLine, error) {
	rows, err := toPayments(list[paymentRow](ctx, r, "payments", `
		SELECT * FROM payments WHERE municipality_id = ? AND charge_id::text IN (?) ORDER BY created_at, id`,
		r.municipality, texts(append(charges, ""))))
	all := map[billing.ChargeID][]PaymentLine{}
	for _, p := range rows {
		all[p.Charge] = append(all[p.Charge], p)
	}
	return all, err
}

// PendingCardPayments lists card payments whose end is not known, older than a
// time, so that a lost webhook is healed by asking.
func (r reader) PendingCardPayments(ctx context.Context, before time.Time) ([]PaymentLine, error) {
	return toPayments(list[paymentRow](ctx, r, "pending payments", `
		SELECT * FROM payments WHERE municipality_id = ? AND state IN ('pending', 'unknown') AND created_at < ? ORDER BY created_at, id LIMIT 100`,
		r.municipality, before))
}

// AddPayment stores a payment.
func (tx *Tx) AddPayment(ctx context.Context, p billing.Payment, by communities.UserID) error {
	row := paymentRow{
		MunicipalityID: tx.municipality, ID: string(p.ID), ChargeID: string(p.Charge), HouseholdID: string(p.Household), Method: p.Method,
		AmountCents: p.Amount, State: p.State, SessionID: p.SessionID, CheckoutURL: p.CheckoutURL, IntentID: p.IntentID, Note: p.Note,
		RecordedBy: string(by), EntryID: p.Entry, CreatedAt: p.CreatedAt,
	}
	if p.Till.Valid() {
		row.SpaceID, row.TillNumber = p.Space, p.Till.String()
	}
	if !p.ReceivedOn.IsZero() {
		row.ReceivedAt = &p.ReceivedOn
	}
	return insertAll(ctx, tx, "add payment", []paymentRow{row})
}

// UpdatePayment stores what became of a payment.
func (tx *Tx) UpdatePayment(ctx context.Context, p billing.Payment) error {
	var received *time.Time
	if !p.ReceivedOn.IsZero() {
		received = &p.ReceivedOn
	}
	_, err := tx.exec(ctx, "update payment", `
		UPDATE payments SET state = ?, session_id = nullif(?, ''), checkout_url = ?, intent_id = ?, received_at = ?
		WHERE municipality_id = ? AND id = ?`,
		p.State, p.SessionID, p.CheckoutURL, p.IntentID, received, tx.municipality, p.ID)
	return err
}

// SetReceipt gives a payment its receipt's number, and keeps what vouchers paid
// of its charge at that moment: a receipt does not change afterwards.
func (tx *Tx) SetReceipt(ctx context.Context, id billing.PaymentID, number string, subsidy, voucher money.Amount) error {
	_, err := tx.exec(ctx, "receipt number", "UPDATE payments SET receipt_number = ?, subsidy_cents = ?, voucher_cents = ? WHERE municipality_id = ? AND id = ?",
		number, subsidy, voucher, tx.municipality, id)
	return err
}

// AddStripeEvent stores a signed event; false when it is already there.
func (tx *Tx) AddStripeEvent(ctx context.Context, id, kind string, payload []byte, at time.Time) (bool, error) {
	n, err := tx.exec(ctx, "stripe event", `
		INSERT INTO stripe_events (municipality_id, id, type, payload, received_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		tx.municipality, id, kind, payload, at)
	return n == 1, err
}

// StripeEvent is a stored event.
type StripeEvent struct {
	ID       string
	Payload  []byte
	WorkedAt *time.Time
}

// StripeEventForUpdate is a stored event, locked until the transaction ends.
func (tx *Tx) StripeEventForUpdate(ctx context.Context, id string) (StripeEvent, error) {
	return single[StripeEvent](ctx, tx.reader, "stripe event", id, `
		SELECT id, payload, worked_at FROM stripe_events WHERE municipality_id = ? AND id = ? FOR UPDATE`, tx.municipality, id)
}

// StripeEventWorked records what an event did.
func (tx *Tx) StripeEventWorked(ctx context.Context, id, effect string, at time.Time) error {
	_, err := tx.exec(ctx, "stripe event", "UPDATE stripe_events SET worked_at = ?, effect = ? WHERE municipality_id = ? AND id = ?",
		at, effect, tx.municipality, id)
	return err
}
