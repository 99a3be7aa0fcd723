package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
	"colletta/subsidies"
)

// Application is what a household asks of a fund: that a measure pays some of a
// charge.
type Application struct {
	ID            string
	FundID        string
	FundName      string
	MeasureID     string
	MeasureName   string
	HouseholdID   string
	HouseholdName string
	ChargeID      string
	ChargeNumber  string
	Description   string
	CallID        string // empty outside calls
	AskedCents    money.Amount
	GrantedCents  money.Amount
	DecidedCents  *money.Amount // what the ranking of its call granted; nil before
	HeldCents     money.Amount  // kept for it and not awarded yet, because a card payment of the charge is under way
	DueCents      money.Amount  // still due on the charge
	State         subsidies.ApplicationState
	Reason        subsidies.EndReason
	Place         int64 // among those who wait, or in the ranking; 0 before it was ranked
	AppliedAt     time.Time
	ChangedAt     time.Time
}

// Rest is what is still asked: no more than what is due on the charge.
func (a Application) Rest() money.Amount {
	return max(0, min(a.AskedCents-a.GrantedCents, a.DueCents)-a.HeldCents)
}

// Open tells whether the application may still get something.
func (a Application) Open() bool { return a.State.Open() }

type applicationRow struct {
	bun.BaseModel `bun:"table:fund_applications"`

	MunicipalityID communities.MunicipalityID
	ID             string
	FundID         string
	MeasureID      string
	HouseholdID    string
	ChargeID       string
	CallID         string `bun:",nullzero"`
	AskedCents     money.Amount
	State          subsidies.ApplicationState
	Place          int64 `bun:",nullzero"`
	KeyVersion     int
	Sealed         []byte
	AppliedBy      string
	AppliedAt      time.Time
	ChangedAt      time.Time
}

const applicationSelect = `
	SELECT p.id, p.fund_id, f.name AS fund_name, p.measure_id, m.name AS measure_name, p.household_id, h.name AS household_name, p.charge_id,
		c.number AS charge_number, c.description, coalesce(p.call_id::text, '') AS call_id, p.asked_cents, p.granted_cents, p.decided_cents,
		coalesce((SELECT sum(k.amount_cents) FROM fund_holds k WHERE k.municipality_id = p.municipality_id AND k.application_id = p.id AND k.state = 'reserved'), 0) AS held_cents,
		CASE WHEN c.state IN ('void', 'written_off') THEN 0 ELSE greatest(0, c.net_cents - c.voucher_cents - (SELECT coalesce(sum(y.amount_cents), 0) FROM payments y
			WHERE y.municipality_id = c.municipality_id AND y.charge_id = c.id AND y.state = 'succeeded')) END AS due_cents,
		p.state, p.reason, coalesce(p.place, 0) AS place, p.applied_at, p.changed_at
	FROM fund_applications p
	JOIN funds f ON f.municipality_id = p.municipality_id AND f.id = p.fund_id
	JOIN measures m ON m.municipality_id = p.municipality_id AND m.id = p.measure_id
	JOIN households h ON h.municipality_id = p.municipality_id AND h.id = p.household_id
	JOIN charges c ON c.municipality_id = p.municipality_id AND c.id = p.charge_id
	WHERE p.municipality_id = ?0 `

// Application is one application; [ErrNotFound].
func (r reader) Application(ctx context.Context, id string) (Application, error) {
	if !validID(id) {
		return Application{}, ErrNotFound.With("what", "application")
	}
	return single[Application](ctx, r, "application", id, applicationSelect+"AND p.id = ?1", r.municipality, id)
}

// ApplicationsOf lists the applications of a household, the latest first.
func (r reader) ApplicationsOf(ctx context.Context, h communities.HouseholdID, most int) ([]Application, error) {
	return list[Application](ctx, r, "applications of a household", applicationSelect+"AND p.household_id = ?1 ORDER BY p.applied_at DESC, p.id LIMIT ?2",
		r.municipality, h, most)
}

// ApplicationsTo lists the applications to a fund: those that wait by place,
// then the others, the latest first.
func (r reader) ApplicationsTo(ctx context.Context, fund string, most int) ([]Application, error) {
	return list[Application](ctx, r, "applications to a fund", applicationSelect+`
		AND p.fund_id = ?1 ORDER BY (p.state IN ('waiting', 'partly')) DESC, CASE WHEN p.state IN ('waiting', 'partly') THEN p.place END, p.applied_at DESC, p.id LIMIT ?2`,
		r.municipality, fund, most)
}

// WaitingList lists who waits for money of a fund, in the order in which it is
// served.
func (r reader) WaitingList(ctx context.Context, fund string) ([]Application, error) {
	return list[Application](ctx, r, "waiting list", applicationSelect+"AND p.fund_id = ?1 AND p.state IN ('waiting', 'partly') AND p.place IS NOT NULL ORDER BY p.place",
		r.municipality, fund)
}

// ApplicationsInCall lists the applications of a call by place, or by time
// before it is decided.
func (r reader) ApplicationsInCall(ctx context.Context, call string) ([]Application, error) {
	return list[Application](ctx, r, "applications of a call", applicationSelect+"AND p.call_id = ?1 ORDER BY p.place, p.applied_at, p.id", r.municipality, call)
}

// LockChargesOfCall locks what the applications of a call ask to be paid.
func (tx *Tx) LockChargesOfCall(ctx context.Context, call string) error {
	_, err := list[string](ctx, tx.reader, "charges of a call", `
		SELECT c.id::text FROM charges c WHERE c.municipality_id = ?0 AND c.id IN (SELECT p.charge_id FROM fund_applications p
			WHERE p.municipality_id = ?0 AND p.call_id = ?1 AND p.state = 'waiting') ORDER BY c.id FOR UPDATE`, tx.municipality, call)
	return err
}

// applicationSecret is what is sealed of an application: by what it is ranked.
type applicationSecret struct {
	V    int               `json:"v"`
	Keys map[string]string `json:"keys"`
}

const applicationSecretVersion = 1

func applicationPlace(id, household string) place { return place{"fund_applications", id, household} }

func (tx *Tx) sealApplication(key *dataKey, id, household string, keys map[string]string) ([]byte, error) {
	text, err := json.Marshal(applicationSecret{applicationSecretVersion, keys})
	if err != nil {
		return nil, fault(err, "seal application")
	}
	return sealWith(key.cipher, padded(text), applicationPlace(id, household).bytes(tx.municipality, key.version)), nil
}

// AddApplication stores an application with what it is ranked by, sealed.
// [ErrExists] when the household asks this measure for this charge already.
func (tx *Tx) AddApplication(ctx context.Context, a Application, keys map[string]string, by communities.UserID) error {
	key, err := tx.sealingKey(ctx)
	if err != nil {
		return err
	}
	sealed, err := tx.sealApplication(key, a.ID, a.HouseholdID, keys)
	if err != nil {
		return err
	}
	return insertAll(ctx, tx, "add application", []applicationRow{{
		MunicipalityID: tx.municipality, ID: a.ID, FundID: a.FundID, MeasureID: a.MeasureID, HouseholdID: a.HouseholdID, ChargeID: a.ChargeID, CallID: a.CallID,
		AskedCents: a.AskedCents, State: subsidies.ApplicationWaiting, Place: a.Place, KeyVersion: key.version, Sealed: sealed, AppliedBy: string(by),
		AppliedAt: a.AppliedAt, ChangedAt: a.AppliedAt,
	}})
}

// NextPlace is the end of the waiting list of a fund, which is locked.
func (tx *Tx) NextPlace(ctx context.Context, fund string) (int64, error) {
	return single[int64](ctx, tx.reader, "place", fund, "SELECT coalesce(max(place), 0) + 1 FROM fund_applications WHERE municipality_id = ? AND fund_id = ?",
		tx.municipality, fund)
}

// SetApplication stores what became of an application.
func (tx *Tx) SetApplication(ctx context.Context, a Application, at time.Time) error {
	_, err := tx.exec(ctx, "set application", `
		UPDATE fund_applications SET asked_cents = ?, granted_cents = ?, decided_cents = ?, state = ?, reason = ?, place = nullif(?, 0), changed_at = ?
		WHERE municipality_id = ? AND id = ?`, a.AskedCents, a.GrantedCents, a.DecidedCents, a.State, a.Reason, a.Place, at, tx.municipality, a.ID)
	return err
}

// ReadApplicationKeys opens by what the applications of a call are ranked.
func (tx *Tx) ReadApplicationKeys(ctx context.Context, why Reading, call string) (map[string]map[string]string, error) {
	rows, err := list[applicationRow](ctx, tx.reader, "keys of applications", `
		SELECT id, household_id, key_version, sealed FROM fund_applications WHERE municipality_id = ? AND call_id = ? ORDER BY household_id, id`, tx.municipality, call)
	if err != nil {
		return nil, err
	}
	values := make([]sealed, len(rows))
	for i, row := range rows {
		values[i] = sealed{row.KeyVersion, row.Sealed, applicationPlace(row.ID, row.HouseholdID), row.HouseholdID}
	}
	plain, err := tx.open(ctx, why, values)
	if err != nil {
		return nil, err
	}
	keys := make(map[string]map[string]string, len(rows))
	for i, row := range rows {
		var s applicationSecret
		if err := json.Unmarshal(plain[i], &s); err != nil || s.V != applicationSecretVersion {
			return nil, ErrSealBroken // not the error: it would quote the text
		}
		keys[row.ID] = s.Keys
	}
	return keys, nil
}

// HoldForApplication keeps money of a fund for an application; [ErrFundExhausted].
func (tx *Tx) HoldForApplication(ctx context.Context, a Application, amount money.Amount, expiresAt time.Time, by communities.UserID, at time.Time) (Hold, error) {
	h := Hold{ID: NewID(), FundID: a.FundID, MeasureID: a.MeasureID, ApplicationID: a.ID, HouseholdID: a.HouseholdID, AmountCents: amount, ExpiresAt: expiresAt}
	return h, tx.addHold(ctx, h, by, at)
}

// HoldOf is what is kept for an application, locked; false when nothing is.
func (tx *Tx) HoldOf(ctx context.Context, application string) (Hold, bool, error) {
	open, err := list[Hold](ctx, tx.reader, "hold", holdSelect+"AND h.application_id = ?1 FOR UPDATE OF h", tx.municipality, application)
	if len(open) == 0 {
		return Hold{}, false, err
	}
	return open[0], true, err
}

// HeldApplications lists the applications for which money is kept and not
// awarded yet, the oldest first.
func (r reader) HeldApplications(ctx context.Context) ([]Application, error) {
	return list[Application](ctx, r, "held applications", applicationSelect+`
		AND p.id IN (SELECT k.application_id FROM fund_holds k WHERE k.municipality_id = ?0 AND k.state = 'reserved' AND k.application_id IS NOT NULL)
		ORDER BY p.applied_at, p.id`, r.municipality)
}

// FundsToServe lists the funds that have money and somebody who waits for it.
func (r reader) FundsToServe(ctx context.Context) ([]string, error) {
	return list[string](ctx, r, "funds to serve", `
		SELECT f.id::text FROM funds f WHERE f.municipality_id = ? AND f.ended_at IS NULL AND f.reserved_cents + f.committed_cents + f.paid_cents < f.allocated_cents
			AND EXISTS (SELECT 1 FROM fund_applications p WHERE p.municipality_id = f.municipality_id AND p.fund_id = f.id
				AND p.state IN ('waiting', 'partly') AND p.place IS NOT NULL) ORDER BY f.id`, r.municipality)
}

// FundsOver lists the funds whose last day is over and that did not end yet.
func (r reader) FundsOver(ctx context.Context, today time.Time) ([]string, error) {
	return list[string](ctx, r, "funds over", "SELECT id::text FROM funds WHERE municipality_id = ? AND ended_at IS NULL AND valid_to < ?::date ORDER BY id",
		r.municipality, today.Format(time.DateOnly))
}

// EndFund says that a fund serves nobody any more, gives back what is kept for
// applications, and returns those that were open.
func (tx *Tx) EndFund(ctx context.Context, fund string, at time.Time) ([]Application, error) {
	held, err := list[Hold](ctx, tx.reader, "holds", holdSelect+"AND h.fund_id = ?1 AND h.application_id IS NOT NULL ORDER BY h.id FOR UPDATE OF h", tx.municipality, fund)
	if err != nil {
		return nil, err
	}
	for _, h := range held {
		if err := tx.resolveHold(ctx, h, "expired", 0, at); err != nil {
			return nil, err
		}
		if err := tx.free(ctx, h, billing.FundExpire, h.AmountCents, "", at); err != nil {
			return nil, err
		}
	}
	if _, err := tx.exec(ctx, "end fund", "UPDATE funds SET ended_at = ? WHERE municipality_id = ? AND id = ?", at, tx.municipality, fund); err != nil {
		return nil, err
	}
	return list[Application](ctx, tx.reader, "open applications", applicationSelect+"AND p.fund_id = ?1 AND p.state IN ('waiting', 'partly') ORDER BY p.applied_at, p.id",
		tx.municipality, fund)
}

// FundCall is a time in which families apply to a fund that is divided by a
// ranking.
type FundCall struct {
	ID           string
	FundID       string
	ClosesOn     time.Time // last day
	OpenedAt     time.Time
	DecidedAt    *time.Time
	BudgetCents  *money.Amount // what the fund had when it was decided
	Applications int
}

const fundCallSelect = `
	SELECT k.id, k.fund_id, k.closes_on, k.opened_at, k.decided_at, k.budget_cents,
		(SELECT count(*) FROM fund_applications p WHERE p.municipality_id = k.municipality_id AND p.call_id = k.id AND p.state <> 'withdrawn') AS applications
	FROM fund_calls k WHERE k.municipality_id = ?0 `

// FundCalls lists the calls of a fund, the latest first.
func (r reader) FundCalls(ctx context.Context, fund string) ([]FundCall, error) {
	return list[FundCall](ctx, r, "calls of a fund", fundCallSelect+"AND k.fund_id = ?1 ORDER BY k.opened_at DESC, k.id", r.municipality, fund)
}

// FundCallForUpdate is one call, locked; [ErrNotFound].
func (tx *Tx) FundCallForUpdate(ctx context.Context, id string) (FundCall, error) {
	if !validID(id) {
		return FundCall{}, ErrNotFound.With("what", "call")
	}
	return single[FundCall](ctx, tx.reader, "call", id, fundCallSelect+"AND k.id = ?1 FOR UPDATE OF k", tx.municipality, id)
}

// AddFundCall opens a call; [ErrExists] while the fund has another open one.
func (tx *Tx) AddFundCall(ctx context.Context, k FundCall, by communities.UserID) error {
	_, err := tx.exec(ctx, "open call", "INSERT INTO fund_calls (municipality_id, id, fund_id, closes_on, opened_by, opened_at) VALUES (?, ?, ?, ?, ?, ?)",
		tx.municipality, k.ID, k.FundID, k.ClosesOn.Format(time.DateOnly), by, k.OpenedAt)
	return err
}

// DecideFundCall says that a call was decided, with how much.
func (tx *Tx) DecideFundCall(ctx context.Context, id string, budget money.Amount, by communities.UserID, at time.Time) error {
	_, err := tx.exec(ctx, "decide call", "UPDATE fund_calls SET budget_cents = ?, decided_by = ?, decided_at = ? WHERE municipality_id = ? AND id = ?",
		budget, by, at, tx.municipality, id)
	return err
}
