package postgres

import (
	"context"
	"fmt"
	"time"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
)

// Hold is money of a fund that is kept for a round or an application, until it
// resolves: once, into what was committed of it and what became free again.
type Hold struct {
	ID            string
	FundID        string
	MeasureID     string
	RoundID       string // empty for an application
	ApplicationID string
	HouseholdID   string // of the application
	AmountCents   money.Amount
	ExpiresAt     time.Time
}

const holdSelect = `
	SELECT h.id, h.fund_id, h.measure_id, coalesce(h.round_id::text, '') AS round_id, coalesce(h.application_id::text, '') AS application_id,
		coalesce(h.household_id::text, '') AS household_id, h.amount_cents, h.expires_at
	FROM fund_holds h JOIN funds f ON f.municipality_id = h.municipality_id AND f.id = h.fund_id
	WHERE h.municipality_id = ?0 AND h.state = 'reserved' `

// Holding lists what a round holds of each fund until its charges are issued.
func (r reader) Holding(ctx context.Context, round pooling.RoundID) ([]Hold, error) {
	return list[Hold](ctx, r, "holds", holdSelect+"AND h.round_id = ?1 ORDER BY h.measure_id, h.fund_id", r.municipality, round)
}

// OpenHolds is [reader.Holding], locked with the funds.
func (tx *Tx) OpenHolds(ctx context.Context, round pooling.RoundID) ([]Hold, error) {
	return list[Hold](ctx, tx.reader, "holds", holdSelect+"AND h.round_id = ?1 ORDER BY h.fund_id, h.measure_id FOR UPDATE OF f, h", tx.municipality, round)
}

// SetRoundHold sets what a round holds of a fund for a measure, more or less
// than before; [ErrFundExhausted] when the fund does not hold it.
func (tx *Tx) SetRoundHold(ctx context.Context, h Hold, by communities.UserID, at time.Time) error {
	if _, err := tx.LockFund(ctx, h.FundID); err != nil {
		return err
	}
	open, err := list[Hold](ctx, tx.reader, "hold", holdSelect+"AND h.round_id = ?1 AND h.measure_id = ?2 AND h.fund_id = ?3 FOR UPDATE OF h",
		tx.municipality, h.RoundID, h.MeasureID, h.FundID)
	if err != nil {
		return err
	}
	if len(open) == 0 {
		h.ID = NewID()
		return tx.addHold(ctx, h, by, at)
	}
	more := h.AmountCents - open[0].AmountCents
	if more == 0 {
		return nil
	}
	if _, err := tx.exec(ctx, "set hold", "UPDATE fund_holds SET amount_cents = ? WHERE municipality_id = ? AND id = ?", h.AmountCents, tx.municipality, open[0].ID); err != nil {
		return err
	}
	if more > 0 {
		return tx.move(ctx, h.FundID, billing.FundReserve, []movePart{{hold: open[0].ID, amount: more}}, by, at)
	}
	return tx.move(ctx, h.FundID, billing.FundRelease, []movePart{{hold: open[0].ID, amount: -more}}, by, at)
}

// addHold reserves money of a fund; [ErrFundExhausted].
func (tx *Tx) addHold(ctx context.Context, h Hold, by communities.UserID, at time.Time) error {
	if _, err := tx.exec(ctx, "add hold", `
		INSERT INTO fund_holds (municipality_id, id, fund_id, measure_id, round_id, application_id, household_id, amount_cents, state, made_at, expires_at)
		VALUES (?, ?, ?, ?, nullif(?, '')::uuid, nullif(?, '')::uuid, nullif(?, '')::uuid, ?, 'reserved', ?, ?)`,
		tx.municipality, h.ID, h.FundID, h.MeasureID, h.RoundID, h.ApplicationID, h.HouseholdID, h.AmountCents, at, h.ExpiresAt); err != nil {
		return err
	}
	return tx.move(ctx, h.FundID, billing.FundReserve, []movePart{{hold: h.ID, household: communities.HouseholdID(h.HouseholdID), amount: h.AmountCents}}, by, at)
}

// HouseholdPart is what of a hold one household gets.
type HouseholdPart struct {
	Household communities.HouseholdID
	Amount    money.Amount // > 0
}

// CommitHold awards a hold to households, and gives the rest back. A hold
// resolves once; what is awarded is at most what it holds.
func (tx *Tx) CommitHold(ctx context.Context, h Hold, parts []HouseholdPart, by communities.UserID, at time.Time) error {
	moves := make([]movePart, len(parts))
	var sum money.Amount
	for i, p := range parts {
		moves[i] = movePart{h.ID, p.Household, p.Amount}
		sum += p.Amount
	}
	if sum > h.AmountCents {
		return fmt.Errorf("postgres: hold %s of %s is asked for %s", h.ID, h.AmountCents, sum)
	}
	state := "committed"
	if sum == 0 {
		state = "released"
	}
	if err := tx.resolveHold(ctx, h, state, sum, at); err != nil {
		return err
	}
	if err := tx.move(ctx, h.FundID, billing.FundCommit, moves, by, at); err != nil {
		return err
	}
	return tx.free(ctx, h, billing.FundRelease, h.AmountCents-sum, by, at)
}

// free gives some of a hold back to its fund.
func (tx *Tx) free(ctx context.Context, h Hold, move billing.FundMove, amount money.Amount, by communities.UserID, at time.Time) error {
	return tx.move(ctx, h.FundID, move, []movePart{{h.ID, communities.HouseholdID(h.HouseholdID), amount}}, by, at)
}

// resolveHold moves a hold on from reserved, once.
func (tx *Tx) resolveHold(ctx context.Context, h Hold, state string, committed money.Amount, at time.Time) error {
	n, err := tx.exec(ctx, "resolve hold", `
		UPDATE fund_holds SET state = ?, committed_cents = ?, resolved_at = ? WHERE municipality_id = ? AND id = ? AND state = 'reserved' AND amount_cents = ?`,
		state, committed, at, tx.municipality, h.ID, h.AmountCents)
	if err == nil && n == 0 {
		err = fmt.Errorf("postgres: hold %s resolves twice, or is not of %s any more", h.ID, h.AmountCents)
	}
	return err
}

// expiredMax bounds what one transaction expires.
const expiredMax = 200

// ExpireHolds gives back what is held longer than its term, and returns of which
// funds, each once.
func (tx *Tx) ExpireHolds(ctx context.Context, at time.Time) ([]string, error) {
	due, err := list[Hold](ctx, tx.reader, "expired holds", holdSelect+"AND h.expires_at <= ?1 ORDER BY h.fund_id, h.id LIMIT ?2 FOR UPDATE OF f, h",
		tx.municipality, at, expiredMax)
	if err != nil {
		return nil, err
	}
	var funds []string
	for _, h := range due {
		if err := tx.resolveHold(ctx, h, "expired", 0, at); err != nil {
			return nil, err
		}
		if err := tx.free(ctx, h, billing.FundExpire, h.AmountCents, "", at); err != nil {
			return nil, err
		}
		if len(funds) == 0 || funds[len(funds)-1] != h.FundID {
			funds = append(funds, h.FundID)
		}
	}
	return funds, nil
}
