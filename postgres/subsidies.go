package postgres

import (
	"context"
	"time"

	"colletta/money"
	"colletta/pooling"
)

// Fund is a measure's fund for a year with the measure's text.
type Fund struct {
	ID            string
	MeasureID     string
	Name          string
	Yaml          string
	Year          int
	CapCents      money.Amount
	ReservedCents money.Amount
	SpentCents    money.Amount
	Awards        int // households with an award
}

// Available is what of the fund is neither promised nor spent.
func (f Fund) Available() money.Amount { return f.CapCents - f.ReservedCents - f.SpentCents }

const fundSelect = `
	SELECT f.id, f.measure_id, m.name, m.yaml, f.year, f.cap_cents, f.reserved_cents, f.spent_cents,
		(SELECT count(DISTINCT a.household_id) FROM awards a WHERE a.municipality_id = f.municipality_id AND a.fund_id = f.id) AS awards
	FROM funds f
	JOIN measures m ON m.municipality_id = f.municipality_id AND m.id = f.measure_id
	WHERE f.municipality_id = ? `

// Funds lists every fund by measure and year.
func (r reader) Funds(ctx context.Context) ([]Fund, error) {
	return list[Fund](ctx, r, "funds", fundSelect+"ORDER BY f.measure_id, f.year, f.id", r.municipality)
}

// LockFunds returns the funds of a year, locked until the transaction ends.
func (tx *Tx) LockFunds(ctx context.Context, year int) ([]Fund, error) {
	return list[Fund](ctx, tx.reader, "lock funds", fundSelect+"AND f.year = ? ORDER BY f.measure_id, f.id FOR UPDATE OF f", tx.municipality, year)
}

// AddFund stores a fund.
func (tx *Tx) AddFund(ctx context.Context, id, measure string, year int, limit money.Amount) error {
	_, err := tx.exec(ctx, "add fund", "INSERT INTO funds (municipality_id, id, measure_id, year, cap_cents) VALUES (?, ?, ?, ?, ?)",
		tx.municipality, id, measure, year, limit)
	return err
}

// Reserve promises money of a fund to a round; [ErrFundExhausted] when the
// fund does not hold it.
func (tx *Tx) Reserve(ctx context.Context, fund string, round pooling.RoundID, amount money.Amount) error {
	n, err := tx.exec(ctx, "reserve", `
		UPDATE funds SET reserved_cents = reserved_cents + ?2
		WHERE municipality_id = ?0 AND id = ?1 AND reserved_cents + spent_cents + ?2 <= cap_cents`, tx.municipality, fund, amount)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrFundExhausted
	}
	_, err = tx.exec(ctx, "reserve", "INSERT INTO reservations (municipality_id, fund_id, round_id, amount_cents) VALUES (?, ?, ?, ?)",
		tx.municipality, fund, round, amount)
	return err
}

// Rereserve sets what a round holds of a fund, more or less than before;
// [ErrFundExhausted] when the fund does not hold it. The funds are locked.
func (tx *Tx) Rereserve(ctx context.Context, fund string, round pooling.RoundID, amount money.Amount) error {
	n, err := tx.exec(ctx, "reserve again", `
		UPDATE funds f SET reserved_cents = f.reserved_cents - h.held + ?3
		FROM (SELECT coalesce(sum(amount_cents), 0) AS held FROM reservations
			WHERE municipality_id = ?0 AND fund_id = ?1 AND round_id = ?2 AND resolved_at IS NULL) h
		WHERE f.municipality_id = ?0 AND f.id = ?1 AND f.reserved_cents - h.held + f.spent_cents + ?3 <= f.cap_cents`,
		tx.municipality, fund, round, amount)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrFundExhausted
	}
	_, err = tx.exec(ctx, "reserve again", `
		INSERT INTO reservations (municipality_id, fund_id, round_id, amount_cents) VALUES (?, ?, ?, ?)
		ON CONFLICT (municipality_id, fund_id, round_id) DO UPDATE SET amount_cents = EXCLUDED.amount_cents`,
		tx.municipality, fund, round, amount)
	return err
}

// Reservation is what a round holds of a fund until its charges are issued.
type Reservation struct {
	FundID      string
	MeasureID   string
	AmountCents money.Amount
}

// Holding lists what a round holds of each fund until its charges are issued.
func (r reader) Holding(ctx context.Context, round pooling.RoundID) ([]Reservation, error) {
	return list[Reservation](ctx, r, "reservations", `
		SELECT r.fund_id, f.measure_id, r.amount_cents FROM reservations r
		JOIN funds f ON f.municipality_id = r.municipality_id AND f.id = r.fund_id
		WHERE r.municipality_id = ? AND r.round_id = ? AND r.resolved_at IS NULL ORDER BY f.measure_id, r.fund_id`, r.municipality, round)
}

// OpenReservations is [reader.Holding], locked with the funds.
func (tx *Tx) OpenReservations(ctx context.Context, round pooling.RoundID) ([]Reservation, error) {
	return list[Reservation](ctx, tx.reader, "reservations", `
		SELECT r.fund_id, f.measure_id, r.amount_cents FROM reservations r
		JOIN funds f ON f.municipality_id = r.municipality_id AND f.id = r.fund_id
		WHERE r.municipality_id = ? AND r.round_id = ? AND r.resolved_at IS NULL
		ORDER BY f.measure_id, r.fund_id FOR UPDATE OF f, r`, tx.municipality, round)
}

// Resolve turns a reservation into money spent, and gives the rest back.
func (tx *Tx) Resolve(ctx context.Context, r Reservation, round pooling.RoundID, spent money.Amount, at time.Time) error {
	if _, err := tx.exec(ctx, "resolve", `
		UPDATE reservations SET spent_cents = ?, resolved_at = ?
		WHERE municipality_id = ? AND fund_id = ? AND round_id = ? AND resolved_at IS NULL`,
		spent, at, tx.municipality, r.FundID, round); err != nil {
		return err
	}
	_, err := tx.exec(ctx, "resolve", `
		UPDATE funds SET reserved_cents = reserved_cents - ?, spent_cents = spent_cents + ? WHERE municipality_id = ? AND id = ?`,
		r.AmountCents, spent, tx.municipality, r.FundID)
	return err
}
