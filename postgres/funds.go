package postgres

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"colletta/billing"
	"colletta/billing/ledger"
	"colletta/communities"
	"colletta/money"
	"colletta/subsidies"
)

// Fund is the money of one measure or of several, for some days.
type Fund struct {
	ID                 string
	Name               string
	ValidFrom, ValidTo time.Time // days, both included
	Policy             subsidies.FundPolicy
	Allocated          money.Amount // what the Comune set aside
	Reserved           money.Amount // kept for rounds and applications
	Committed          money.Amount // awarded and not paid
	Paid               money.Amount
	Movements          int64     // so far
	EndedAt            time.Time // zero while it may still serve who waits
	Households         int       // with an award
	Waiting            int       // applications that are not wholly granted
}

// Available is what of the fund nobody was promised.
func (f Fund) Available() money.Amount { return f.Allocated - f.Reserved - f.Committed - f.Paid }

// Awarded is what households were granted, paid or not.
func (f Fund) Awarded() money.Amount { return f.Committed + f.Paid }

// On tells whether the fund pays on a day.
func (f Fund) On(day time.Time) bool { return !day.Before(f.ValidFrom) && !day.After(f.ValidTo) }

// MeasuredFund is a fund with one of the measures that it pays for, in the text
// that is in force.
type MeasuredFund struct {
	Fund
	MeasureID, MeasureName string
	Yaml                   string
}

type fundRow struct {
	ID, Name                                                 string
	ValidFrom, ValidTo                                       time.Time
	Policy                                                   json.RawMessage
	AllocatedCents, ReservedCents, CommittedCents, PaidCents money.Amount
	Movements                                                int64
	EndedAt                                                  *time.Time
	Households, Waiting                                      int
	MeasureID, MeasureName, Yaml                             string
}

func (row fundRow) toFund() (f MeasuredFund, err error) {
	f = MeasuredFund{Fund{
		ID: row.ID, Name: row.Name, ValidFrom: row.ValidFrom, ValidTo: row.ValidTo, Allocated: row.AllocatedCents, Reserved: row.ReservedCents,
		Committed: row.CommittedCents, Paid: row.PaidCents, Movements: row.Movements, Households: row.Households, Waiting: row.Waiting,
	}, row.MeasureID, row.MeasureName, row.Yaml}
	if row.EndedAt != nil {
		f.EndedAt = *row.EndedAt
	}
	if f.Policy, err = toPolicy(row.Policy); err != nil {
		err = fmt.Errorf("postgres: policy of fund %s: %w", row.ID, err)
	}
	return f, err
}

// policyJSON is how a policy is stored.
type policyJSON struct {
	Mode    string        `json:"mode"`
	Order   []orderJSON   `json:"order,omitempty"`
	Partial bool          `json:"partial,omitempty"`
	Skip    bool          `json:"skip,omitempty"`
	ProRata bool          `json:"pro_rata,omitempty"`
	Reserve []reserveJSON `json:"reserve,omitempty"`
	Note    string        `json:"note,omitempty"`
}

type orderJSON struct {
	By         string `json:"by"`
	Descending bool   `json:"descending,omitempty"`
}

// reserveJSON holds the share as it is: a fraction.
type reserveJSON struct {
	Num int64  `json:"num"`
	Den int64  `json:"den"`
	If  string `json:"if"`
}

func fromPolicy(p subsidies.FundPolicy) ([]byte, error) {
	stored := policyJSON{Mode: string(p.Mode), Partial: p.Partial, Skip: p.Skip, ProRata: p.ProRata, Note: p.Note}
	for _, o := range p.Order {
		stored.Order = append(stored.Order, orderJSON(o))
	}
	for _, r := range p.Reserve {
		share := r.Share.Rat() // at most six decimals, as measures are read
		stored.Reserve = append(stored.Reserve, reserveJSON{share.Num().Int64(), share.Denom().Int64(), r.If})
	}
	return json.Marshal(stored)
}

func toPolicy(text []byte) (subsidies.FundPolicy, error) {
	var stored policyJSON
	if err := json.Unmarshal(text, &stored); err != nil {
		return subsidies.FundPolicy{}, err
	}
	p := subsidies.FundPolicy{Mode: subsidies.FundMode(stored.Mode), Partial: stored.Partial, Skip: stored.Skip, ProRata: stored.ProRata, Note: stored.Note}
	for _, o := range stored.Order {
		p.Order = append(p.Order, subsidies.OrderKey(o))
	}
	for _, r := range stored.Reserve {
		p.Reserve = append(p.Reserve, subsidies.FundReserve{Share: subsidies.Fraction(r.Num, r.Den), If: r.If})
	}
	return p, nil
}

const fundColumns = `f.id, f.name, f.valid_from, f.valid_to, f.policy, f.allocated_cents, f.reserved_cents, f.committed_cents, f.paid_cents,
		f.movements, f.ended_at,
		(SELECT count(DISTINCT a.household_id) FROM awards a WHERE a.municipality_id = f.municipality_id AND a.fund_id = f.id) AS households,
		(SELECT count(*) FROM fund_applications p WHERE p.municipality_id = f.municipality_id AND p.fund_id = f.id AND p.state IN ('waiting', 'partly')) AS waiting`

const measuredFundSelect = `
	SELECT ` + fundColumns + `, m.id AS measure_id, m.name AS measure_name, m.yaml
	FROM funds f
	JOIN fund_measures fm ON fm.municipality_id = f.municipality_id AND fm.fund_id = f.id
	JOIN measures m ON m.municipality_id = fm.municipality_id AND m.id = fm.measure_id
	WHERE f.municipality_id = ?0 `

// Funds lists every fund, the latest period first.
func (r reader) Funds(ctx context.Context) ([]Fund, error) {
	rows, err := list[fundRow](ctx, r, "funds", "SELECT "+fundColumns+" FROM funds f WHERE f.municipality_id = ?0 ORDER BY f.valid_from DESC, f.name, f.id", r.municipality)
	return toFunds(rows, err)
}

// Fund is one fund; [ErrNotFound].
func (r reader) Fund(ctx context.Context, id string) (Fund, error) { return r.fund(ctx, id, "") }

// LockFund is one fund, locked until the transaction ends; [ErrNotFound].
func (tx *Tx) LockFund(ctx context.Context, id string) (Fund, error) {
	return tx.fund(ctx, id, "FOR UPDATE")
}

func (r reader) fund(ctx context.Context, id, lock string) (Fund, error) {
	if !validID(id) {
		return Fund{}, ErrNotFound.With("what", "fund")
	}
	row, err := single[fundRow](ctx, r, "fund", id, "SELECT "+fundColumns+" FROM funds f WHERE f.municipality_id = ?0 AND f.id = ?1 "+lock, r.municipality, id)
	if err != nil {
		return Fund{}, err
	}
	f, err := row.toFund()
	return f.Fund, err
}

func toFunds(rows []fundRow, err error) ([]Fund, error) {
	measured, err := toMeasuredFunds(rows, err)
	all := make([]Fund, len(measured))
	for i, f := range measured {
		all[i] = f.Fund
	}
	return all, err
}

func toMeasuredFunds(rows []fundRow, err error) ([]MeasuredFund, error) {
	all := make([]MeasuredFund, len(rows))
	for i, row := range rows {
		if err == nil {
			all[i], err = row.toFund()
		}
	}
	return all, err
}

// MeasuredFunds lists every fund once for each of its measures, by measure and
// period.
func (r reader) MeasuredFunds(ctx context.Context) ([]MeasuredFund, error) {
	rows, err := list[fundRow](ctx, r, "funds", measuredFundSelect+"ORDER BY m.id, f.valid_from, f.id", r.municipality)
	return toMeasuredFunds(rows, err)
}

// LockFunds returns the funds of a day once for each of their measures, by
// measure; they are locked until the transaction ends.
func (tx *Tx) LockFunds(ctx context.Context, day time.Time) ([]MeasuredFund, error) {
	rows, err := list[fundRow](ctx, tx.reader, "lock funds", measuredFundSelect+`
		AND ?1::date BETWEEN f.valid_from AND f.valid_to ORDER BY f.id, m.id FOR UPDATE OF f`, tx.municipality, day.Format(time.DateOnly))
	slices.SortFunc(rows, func(a, b fundRow) int { return cmp.Or(cmp.Compare(a.MeasureID, b.MeasureID), cmp.Compare(a.ID, b.ID)) })
	return toMeasuredFunds(rows, err)
}

// NewFund is a fund to be opened.
type NewFund struct {
	ID, Name           string
	Measures           []string
	ValidFrom, ValidTo time.Time
	Policy             subsidies.FundPolicy
	Amount             money.Amount // at least zero
}

// AddFund opens a fund. [ErrFundOverlaps] when one of its measures has another
// fund on some of the days; [ErrNotFound] for a measure that is not in force.
func (tx *Tx) AddFund(ctx context.Context, f NewFund, by communities.UserID, at time.Time) error {
	policy, err := fromPolicy(f.Policy)
	if err != nil {
		return err
	}
	from, to := f.ValidFrom.Format(time.DateOnly), f.ValidTo.Format(time.DateOnly)
	if _, err := tx.exec(ctx, "add fund", `
		INSERT INTO funds (municipality_id, id, name, valid_from, valid_to, policy, allocated_cents) VALUES (?, ?, ?, ?, ?, ?::jsonb, 0)`,
		tx.municipality, f.ID, f.Name, from, to, string(policy)); err != nil {
		return err
	}
	for _, measure := range slices.Sorted(slices.Values(f.Measures)) { // one order for all: the measures are locked
		if _, err := tx.exec(ctx, "add measure of fund", "INSERT INTO fund_measures (municipality_id, fund_id, measure_id, valid_from, valid_to) VALUES (?, ?, ?, ?, ?)",
			tx.municipality, f.ID, measure, from, to); err != nil {
			return err
		}
	}
	if f.Amount == 0 {
		return nil
	}
	return tx.Allocate(ctx, f.ID, f.Amount, by, at)
}

// Allocate sets more money aside for a fund, or takes some back when the amount
// is below zero: [ErrFundExhausted] when less than that is available.
func (tx *Tx) Allocate(ctx context.Context, fund string, amount money.Amount, by communities.UserID, at time.Time) error {
	return tx.move(ctx, fund, billing.FundAllocate, []movePart{{amount: amount}}, by, at)
}

// movePart is one movement of several that happen together.
type movePart struct {
	hold      string                  // empty for an allocation
	household communities.HouseholdID // empty where it concerns none, or a whole round
	amount    money.Amount            // never zero
}

type fundMovementRow struct {
	bun.BaseModel `bun:"table:fund_movements"`

	MunicipalityID communities.MunicipalityID
	FundID         string
	Number         int64
	Kind           billing.FundMove
	AmountCents    money.Amount
	HoldID         string `bun:",nullzero"`
	HouseholdID    string `bun:",nullzero"`
	AllocatedCents money.Amount
	ReservedCents  money.Amount
	CommittedCents money.Amount
	PaidCents      money.Amount
	TransactionID  string
	MovedBy        string `bun:",nullzero"`
	MovedAt        time.Time
}

// counters are those of a fund.
type counters struct{ AllocatedCents, ReservedCents, CommittedCents, PaidCents money.Amount }

// moved is what one euro-cent of a move does to each counter.
func moved(move billing.FundMove, amount money.Amount) counters {
	switch move {
	case billing.FundAllocate:
		return counters{AllocatedCents: amount}
	case billing.FundReserve:
		return counters{ReservedCents: amount}
	case billing.FundCommit:
		return counters{ReservedCents: -amount, CommittedCents: amount}
	case billing.FundPay:
		return counters{CommittedCents: -amount, PaidCents: amount}
	case billing.FundRelease, billing.FundExpire:
		return counters{ReservedCents: -amount}
	case billing.FundReturn:
		return counters{CommittedCents: -amount}
	}
	panic("postgres: unknown move " + string(move))
}

// move is the only way in which money of a fund moves: the counters change in
// one guarded statement, and the movements and their entry in the ledger are
// written with it. It returns [ErrFundExhausted], with what is left, when the
// fund does not hold it.
func (tx *Tx) move(ctx context.Context, fund string, move billing.FundMove, parts []movePart, by communities.UserID, at time.Time) error {
	var total money.Amount
	for _, p := range parts {
		total += p.amount
	}
	if total == 0 {
		return nil
	}
	change := moved(move, total)
	type after struct {
		AllocatedCents, ReservedCents, CommittedCents, PaidCents money.Amount
		Movements                                                int64
	}
	now, err := list[after](ctx, tx.reader, "move money of a fund", `
		UPDATE funds SET allocated_cents = allocated_cents + ?2, reserved_cents = reserved_cents + ?3, committed_cents = committed_cents + ?4,
			paid_cents = paid_cents + ?5, movements = movements + ?6
		WHERE municipality_id = ?0 AND id = ?1 AND reserved_cents + committed_cents + paid_cents + (?3) + (?4) + (?5) <= allocated_cents + (?2)
		RETURNING allocated_cents, reserved_cents, committed_cents, paid_cents, movements`,
		tx.municipality, fund, change.AllocatedCents, change.ReservedCents, change.CommittedCents, change.PaidCents, len(parts))
	if err != nil {
		return err
	}
	if len(now) == 0 {
		f, err := tx.Fund(ctx, fund)
		if err != nil {
			return err
		}
		return ErrFundExhausted.With("fund", f.Name, "left", f.Available(), "asked", max(total, -total))
	}
	t, err := billing.FundMoved(billing.Posted{ID: ledger.TransactionID(NewID()), At: at}, move,
		fmt.Sprintf("%s/%d", fund, now[0].Movements-int64(len(parts))+1), billing.FundID(fund), total)
	if err != nil {
		return err
	}
	if _, err := tx.Post(ctx, t); err != nil {
		return err
	}
	rows := make([]fundMovementRow, len(parts))
	rest := total
	for i, p := range parts {
		rest -= p.amount
		still := moved(move, rest) // of what follows
		rows[i] = fundMovementRow{
			MunicipalityID: tx.municipality, FundID: fund, Number: now[0].Movements - int64(len(parts)-1-i), Kind: move, AmountCents: p.amount,
			HoldID: p.hold, HouseholdID: string(p.household),
			AllocatedCents: now[0].AllocatedCents - still.AllocatedCents, ReservedCents: now[0].ReservedCents - still.ReservedCents,
			CommittedCents: now[0].CommittedCents - still.CommittedCents, PaidCents: now[0].PaidCents - still.PaidCents,
			TransactionID: string(t.ID), MovedBy: string(by), MovedAt: at,
		}
	}
	return insertAll(ctx, tx, "movements of a fund", rows)
}
