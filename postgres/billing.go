package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
)

// NextNumber takes the next number of a yearly series without gaps; the series
// is locked until the transaction ends.
func (tx *Tx) NextNumber(ctx context.Context, name string, year int) (billing.Number, error) {
	numbers, err := tx.NextNumbers(ctx, name, year, 1)
	if err != nil {
		return billing.Number{}, err
	}
	return numbers[0], nil
}

// NextNumbers takes n numbers in a row.
func (tx *Tx) NextNumbers(ctx context.Context, name string, year, n int) ([]billing.Number, error) {
	last, err := single[int](ctx, tx.reader, "counter", name, `
		INSERT INTO counters AS c (municipality_id, name, year, last) VALUES (?0, ?1, ?2, ?3)
		ON CONFLICT (municipality_id, name, year) DO UPDATE SET last = c.last + EXCLUDED.last RETURNING last`,
		tx.municipality, name, year, n)
	numbers := make([]billing.Number, n)
	for i := range numbers {
		numbers[i] = billing.Number{Year: year, Serial: last - n + 1 + i}
	}
	return numbers, err
}

type chargeRow struct {
	bun.BaseModel `bun:"table:charges"`

	MunicipalityID communities.MunicipalityID
	ID             string
	Number         string
	RoundID        string
	PoolID         string
	DemandID       string
	HouseholdID    string
	ProviderID     string
	Description    string
	ShareCents     money.Amount
	SubsidyCents   money.Amount
	NetCents       money.Amount
	State          billing.ChargeState
	Reference      string
	IssuedAt       time.Time
	DueAt          time.Time
	PaidAt         *time.Time
}

func (row chargeRow) toCharge() billing.Charge {
	return billing.Charge{
		ID: billing.ChargeID(row.ID), Round: pooling.RoundID(row.RoundID), Pool: billing.PoolID(row.PoolID), Demand: pooling.DemandID(row.DemandID),
		Household: communities.HouseholdID(row.HouseholdID), Provider: billing.ProviderID(row.ProviderID),
		Share: row.ShareCents, Subsidy: row.SubsidyCents, Net: row.NetCents, Description: row.Description, State: row.State,
		Reference: billing.Reference(row.Reference), IssuedOn: row.IssuedAt, DueOn: row.DueAt,
	}
}

// ChargeLine is a charge with the names that its readers need.
type ChargeLine struct {
	billing.Charge
	Number                              string
	RoundName, HouseholdName, UnitLabel string
	Community                           communities.CommunityID
	ProviderName, ProviderIBAN          string
	PoolSize                            int
	PoolCost                            money.Amount
	OddCent                             bool
	MeasureName                         string
	PaidSum                             money.Amount
	PaidAt                              time.Time
}

type chargeLineRow struct {
	chargeRow
	RoundName, HouseholdName, UnitLabel, CommunityID string
	ProviderName, ProviderIban                       string
	PoolSize                                         int
	PoolCost                                         money.Amount
	OddCent                                          bool
	MeasureName                                      string
	PaidSum                                          money.Amount
}

func toCharges(rows []chargeLineRow, err error) ([]ChargeLine, error) {
	all := make([]ChargeLine, len(rows))
	for i, row := range rows {
		all[i] = row.toLine()
	}
	return all, err
}

func (row chargeLineRow) toLine() ChargeLine {
	line := ChargeLine{
		Charge: row.toCharge(), Number: row.Number, RoundName: row.RoundName, HouseholdName: row.HouseholdName, UnitLabel: row.UnitLabel,
		Community: communities.CommunityID(row.CommunityID), ProviderName: row.ProviderName, ProviderIBAN: row.ProviderIban,
		PoolSize: row.PoolSize, PoolCost: row.PoolCost, OddCent: row.OddCent, MeasureName: row.MeasureName, PaidSum: row.PaidSum,
	}
	if row.PaidAt != nil {
		line.PaidAt = *row.PaidAt
	}
	return line
}

const chargeSelect = `
	SELECT c.*, r.name AS round_name, h.name AS household_name, coalesce(u.unit_label, '') AS unit_label, d.community_id,
		v.name AS provider_name, v.iban AS provider_iban, p.size AS pool_size, p.cost_cents AS pool_cost, m.odd_cent,
		coalesce(ms.name, '') AS measure_name,
		(SELECT coalesce(sum(y.amount_cents), 0) FROM payments y
			WHERE y.municipality_id = c.municipality_id AND y.charge_id = c.id AND y.state = 'succeeded') AS paid_sum
	FROM charges c
	JOIN rounds r ON r.municipality_id = c.municipality_id AND r.id = c.round_id
	JOIN households h ON h.municipality_id = c.municipality_id AND h.id = c.household_id
	JOIN demands d ON d.municipality_id = c.municipality_id AND d.id = c.demand_id
	JOIN providers v ON v.municipality_id = c.municipality_id AND v.id = c.provider_id
	JOIN pools p ON p.municipality_id = c.municipality_id AND p.id = c.pool_id
	JOIN pool_members m ON m.municipality_id = c.municipality_id AND m.pool_id = c.pool_id AND m.demand_id = c.demand_id
	LEFT JOIN measures ms ON ms.municipality_id = m.municipality_id AND ms.id = m.measure_id
	LEFT JOIN LATERAL (SELECT string_agg(concat_ws(' · ', nullif(staircase, ''), unit_label), ', ' ORDER BY staircase, unit_label) AS unit_label FROM memberships u
		WHERE u.municipality_id = c.municipality_id AND u.community_id = d.community_id AND u.household_id = c.household_id) u ON TRUE
	WHERE c.municipality_id = ?0 `

// Charge is one charge.
func (r reader) Charge(ctx context.Context, id billing.ChargeID) (ChargeLine, error) {
	if !validID(string(id)) {
		return ChargeLine{}, ErrNotFound.With("what", "charge")
	}
	row, err := single[chargeLineRow](ctx, r, "charge", id, chargeSelect+"AND c.id = ?1", r.municipality, id)
	return row.toLine(), err
}

// ChargeForUpdate is one charge, locked until the transaction ends.
func (tx *Tx) ChargeForUpdate(ctx context.Context, id billing.ChargeID) (ChargeLine, error) {
	if !validID(string(id)) {
		return ChargeLine{}, ErrNotFound.With("what", "charge")
	}
	if _, err := single[string](ctx, tx.reader, "charge", id,
		"SELECT id::text FROM charges WHERE municipality_id = ? AND id = ? FOR UPDATE", tx.municipality, id); err != nil {
		return ChargeLine{}, err
	}
	return tx.Charge(ctx, id)
}

// ChargesFilter says which charges to list; the first that is set counts.
type ChargesFilter struct {
	Household communities.HouseholdID
	Community communities.CommunityID
	Round     pooling.RoundID
	Open      bool // every open one, oldest first
}

// Charges lists charges: open ones first, then the latest.
func (r reader) Charges(ctx context.Context, f ChargesFilter, most int) ([]ChargeLine, error) {
	switch {
	case f.Household != "":
		return toCharges(list[chargeLineRow](ctx, r, "charges of a household", chargeSelect+`
			AND c.household_id = ?1 ORDER BY (c.state = 'open') DESC, c.issued_at DESC, c.id LIMIT ?2`, r.municipality, f.Household, most))
	case f.Community != "":
		return toCharges(list[chargeLineRow](ctx, r, "charges of a community", chargeSelect+`
			AND d.community_id = ?1 ORDER BY (c.state = 'open') DESC, c.issued_at DESC, c.id LIMIT ?2`, r.municipality, f.Community, most))
	case f.Round != "":
		return toCharges(list[chargeLineRow](ctx, r, "charges of a round", chargeSelect+`
			AND c.round_id = ?1 ORDER BY c.number LIMIT ?2`, r.municipality, f.Round, most))
	case f.Open:
		return toCharges(list[chargeLineRow](ctx, r, "open charges", chargeSelect+`
			AND c.state = 'open' ORDER BY c.issued_at, c.number LIMIT ?1`, r.municipality, most))
	}
	return []ChargeLine{}, nil
}

// AddCharges stores charges with their numbers, in the same order.
func (tx *Tx) AddCharges(ctx context.Context, charges []billing.Charge, numbers []billing.Number) error {
	rows := make([]chargeRow, len(charges))
	for i, c := range charges {
		rows[i] = chargeRow{
			MunicipalityID: tx.municipality, ID: string(c.ID), Number: numbers[i].String(), RoundID: string(c.Round), PoolID: string(c.Pool),
			DemandID: string(c.Demand), HouseholdID: string(c.Household), ProviderID: string(c.Provider), Description: c.Description,
			ShareCents: c.Share, SubsidyCents: c.Subsidy, NetCents: c.Net, State: c.State, Reference: string(c.Reference),
			IssuedAt: c.IssuedOn, DueAt: c.DueOn,
		}
		if c.State == billing.ChargePaid {
			rows[i].PaidAt = &rows[i].IssuedAt
		}
	}
	return insertAll(ctx, tx, "add charges", rows)
}

// SetChargeState moves a charge on.
func (tx *Tx) SetChargeState(ctx context.Context, id billing.ChargeID, to billing.ChargeState, at time.Time) error {
	_, err := tx.exec(ctx, "charge state", `
		UPDATE charges SET state = ?2, paid_at = CASE WHEN ?2 = 'paid' THEN ?3 ELSE paid_at END
		WHERE municipality_id = ?0 AND id = ?1`, tx.municipality, id, to, at)
	return err
}

// OpenCharges counts the charges of a round on which something is owed.
func (r reader) OpenCharges(ctx context.Context, round pooling.RoundID) (int, error) {
	return single[int](ctx, r, "open charges", round,
		"SELECT count(*) FROM charges WHERE municipality_id = ? AND round_id = ? AND state = 'open'", r.municipality, round)
}

// AddAward stores what a fund grants to one demand.
func (tx *Tx) AddAward(ctx context.Context, demand pooling.DemandID, fund string, round pooling.RoundID, h communities.HouseholdID, amount money.Amount, at time.Time) error {
	_, err := tx.exec(ctx, "award", `
		INSERT INTO awards (municipality_id, demand_id, fund_id, round_id, household_id, amount_cents, awarded_at) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		tx.municipality, demand, fund, round, h, amount, at)
	return err
}

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
}

// PaymentLine is a payment with its receipt's number.
type PaymentLine struct {
	billing.Payment
	ReceiptNumber string // empty until the money came
}

func (row paymentRow) toPayment() PaymentLine {
	p := PaymentLine{Payment: billing.Payment{
		ID: billing.PaymentID(row.ID), Charge: billing.ChargeID(row.ChargeID), Household: communities.HouseholdID(row.HouseholdID),
		Method: row.Method, Amount: row.AmountCents, State: row.State, Note: row.Note, SessionID: row.SessionID,
		CheckoutURL: row.CheckoutURL, IntentID: row.IntentID, CreatedAt: row.CreatedAt,
	}, ReceiptNumber: row.ReceiptNumber}
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
		RecordedBy: string(by), CreatedAt: p.CreatedAt,
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

// SetReceipt gives a payment its receipt's number.
func (tx *Tx) SetReceipt(ctx context.Context, id billing.PaymentID, number string) error {
	_, err := tx.exec(ctx, "receipt number", "UPDATE payments SET receipt_number = ? WHERE municipality_id = ? AND id = ?", number, tx.municipality, id)
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

type ledgerPostingRow struct {
	bun.BaseModel `bun:"table:ledger_postings"`

	MunicipalityID communities.MunicipalityID
	TransactionID  string
	Line           int
	AccountID      string
	AmountCents    money.Amount
}

// Post writes a ledger transaction; false when its business event was already
// posted. What does not sum to zero is refused by [ledger.Check] and, behind
// it, by the database.
func (tx *Tx) Post(ctx context.Context, t ledger.Transaction) (bool, error) {
	if err := ledger.Check(t); err != nil {
		return false, err
	}
	n, err := tx.exec(ctx, "post", `
		INSERT INTO ledger_transactions (municipality_id, id, kind, source_id, reverses_id, description, at)
		VALUES (?, ?, ?, ?, nullif(?, '')::uuid, ?, ?) ON CONFLICT (municipality_id, kind, source_id) DO NOTHING`,
		tx.municipality, t.ID, t.Kind, t.SourceID, string(t.Reverses), t.Description, t.At)
	if err != nil || n == 0 {
		return false, err
	}
	rows := make([]ledgerPostingRow, len(t.Postings))
	for i, p := range t.Postings {
		account, err := tx.account(ctx, p.Account)
		if err != nil {
			return false, err
		}
		rows[i] = ledgerPostingRow{MunicipalityID: tx.municipality, TransactionID: string(t.ID), Line: i + 1, AccountID: account, AmountCents: p.Amount}
	}
	return true, insertAll(ctx, tx, "post", rows)
}

// account finds an account, or opens it.
func (tx *Tx) account(ctx context.Context, a ledger.AccountRef) (string, error) {
	const find = "SELECT id::text FROM ledger_accounts WHERE municipality_id = ? AND kind = ? AND subject = ?"
	ids, err := list[string](ctx, tx.reader, "account", find, tx.municipality, a.Kind, a.Subject)
	if err != nil || len(ids) == 1 {
		return first(ids), err
	}
	if _, err := tx.exec(ctx, "open account", `
		INSERT INTO ledger_accounts (municipality_id, id, kind, subject) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		tx.municipality, NewID(), a.Kind, a.Subject); err != nil {
		return "", err
	}
	return single[string](ctx, tx.reader, "account", a.Subject, find, tx.municipality, a.Kind, a.Subject)
}

func first(ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	return ids[0]
}

// AccountBalance is the balance of a ledger account, debits positive.
type AccountBalance struct {
	Kind         ledger.AccountKind
	Subject      string
	Name         string // of the household, provider or fund
	BalanceCents money.Amount
	Postings     int
}

// Balances lists every account with the sum of its postings.
func (r reader) Balances(ctx context.Context) ([]AccountBalance, error) {
	return list[AccountBalance](ctx, r, "balances", `
		SELECT a.kind, a.subject, coalesce(h.name, v.name, ms.name, '') AS name,
			coalesce(sum(p.amount_cents), 0) AS balance_cents, count(p.line) AS postings
		FROM ledger_accounts a
		LEFT JOIN ledger_postings p ON p.municipality_id = a.municipality_id AND p.account_id = a.id
		LEFT JOIN households h ON h.municipality_id = a.municipality_id AND h.id::text = a.subject
		LEFT JOIN providers v ON v.municipality_id = a.municipality_id AND v.id::text = a.subject
		LEFT JOIN funds f ON f.municipality_id = a.municipality_id AND f.id::text = a.subject
		LEFT JOIN measures ms ON ms.municipality_id = f.municipality_id AND ms.id = f.measure_id
		WHERE a.municipality_id = ? GROUP BY a.kind, a.subject, h.name, v.name, ms.name ORDER BY a.kind, name, a.subject`, r.municipality)
}

// Unsound lists what breaks an invariant of the books, in words; empty when all
// hold. Numbers are those of reliability.md section 2.
func (r reader) Unsound(ctx context.Context) ([]string, error) {
	checks := []struct{ what, query string }{
		{"M1: ledger transaction that does not sum to zero", `
			SELECT transaction_id::text FROM ledger_postings WHERE municipality_id = ? GROUP BY 1 HAVING sum(amount_cents) <> 0 OR count(*) < 2`},
		{"S2: fund whose reserved money is not that of its open reservations", `
			SELECT f.id::text FROM funds f WHERE f.municipality_id = ? AND f.reserved_cents <> (SELECT coalesce(sum(r.amount_cents), 0) FROM reservations r
				WHERE r.municipality_id = f.municipality_id AND r.fund_id = f.id AND r.resolved_at IS NULL)`},
		{"S2: fund whose spent money is not that of its awards", `
			SELECT f.id::text FROM funds f WHERE f.municipality_id = ? AND f.spent_cents <> (SELECT coalesce(sum(a.amount_cents), 0) FROM awards a
				WHERE a.municipality_id = f.municipality_id AND a.fund_id = f.id)`},
		{"M5: pool whose shares do not sum to its cost", `
			SELECT p.id::text FROM pools p WHERE p.municipality_id = ? AND p.cost_cents <> (SELECT sum(m.share_cents) FROM pool_members m
				WHERE m.municipality_id = p.municipality_id AND m.pool_id = p.id)`},
		{"charge that differs from its share", `
			SELECT c.id::text FROM charges c JOIN pool_members m ON m.municipality_id = c.municipality_id AND m.demand_id = c.demand_id
			WHERE c.municipality_id = ? AND (m.share_cents <> c.share_cents OR m.subsidy_cents <> c.subsidy_cents)`},
		{"charge above the maximum that its household stated", `
			SELECT c.id::text FROM charges c JOIN demands d ON d.municipality_id = c.municipality_id AND d.id = c.demand_id
			WHERE c.municipality_id = ? AND c.net_cents > d.max_price_cents`},
		{"paid charge that is not fully paid", `
			SELECT c.id::text FROM charges c WHERE c.municipality_id = ? AND c.state = 'paid' AND c.net_cents > (SELECT coalesce(sum(y.amount_cents), 0)
				FROM payments y WHERE y.municipality_id = c.municipality_id AND y.charge_id = c.id AND y.state = 'succeeded')`},
		{"M7: payment received without its ledger transaction", `
			SELECT y.id::text FROM payments y WHERE y.municipality_id = ? AND y.state = 'succeeded' AND NOT EXISTS (SELECT 1 FROM ledger_transactions t
				WHERE t.municipality_id = y.municipality_id AND t.kind = 'payment_received' AND t.source_id = y.id::text)`},
		{"receivable of a household that is not what its open charges ask", `
			SELECT a.subject FROM ledger_accounts a WHERE a.municipality_id = ? AND a.kind = 'household_receivable' AND
				(SELECT coalesce(sum(p.amount_cents), 0) FROM ledger_postings p WHERE p.municipality_id = a.municipality_id AND p.account_id = a.id) <>
				(SELECT coalesce(sum(c.net_cents - least(c.net_cents, (SELECT coalesce(sum(y.amount_cents), 0) FROM payments y
					WHERE y.municipality_id = c.municipality_id AND y.charge_id = c.id AND y.state = 'succeeded'))), 0)
				FROM charges c WHERE c.municipality_id = a.municipality_id AND c.household_id::text = a.subject AND c.state IN ('open', 'paid'))`},
		{"closed round without reservation step or with an open reservation after charging", `
			SELECT r.round_id::text FROM reservations r JOIN rounds o ON o.municipality_id = r.municipality_id AND o.id = r.round_id
			WHERE r.municipality_id = ? AND r.resolved_at IS NULL AND o.state IN ('charged', 'settled')`},
	}
	found := []string{}
	for _, c := range checks {
		ids, err := list[string](ctx, r, c.what, c.query, r.municipality)
		if err != nil {
			return nil, err
		}
		for _, id := range ids {
			found = append(found, c.what+": "+id)
		}
	}
	return found, nil
}
