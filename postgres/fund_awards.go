package postgres

import (
	"context"
	"time"

	"colletta/billing"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
)

// GrantedAward is what a measure paid of a demand so far.
type GrantedAward struct {
	FundID      string
	MeasureID   string
	MeasureName string
	AmountCents money.Amount
	PaidCents   money.Amount
}

// AwardsOf lists what measures pay of a demand, by measure.
func (r reader) AwardsOf(ctx context.Context, demand pooling.DemandID) ([]GrantedAward, error) {
	return list[GrantedAward](ctx, r, "awards", `
		SELECT a.fund_id, a.measure_id, m.name AS measure_name, a.amount_cents, a.paid_cents FROM awards a
		JOIN measures m ON m.municipality_id = a.municipality_id AND m.id = a.measure_id
		WHERE a.municipality_id = ? AND a.demand_id = ? ORDER BY a.measure_id, a.fund_id`, r.municipality, demand)
}

// AwardedSince sums what a measure awarded to a household for other demands,
// from a time on, or in one round where round is not empty.
func (r reader) AwardedSince(ctx context.Context, measure string, h communities.HouseholdID, except pooling.DemandID, round pooling.RoundID, from time.Time) (money.Amount, error) {
	return single[money.Amount](ctx, r, "awarded", measure, `
		SELECT coalesce(sum(a.amount_cents), 0) FROM awards a WHERE a.municipality_id = ?0 AND a.measure_id = ?1 AND a.household_id = ?2 AND a.demand_id <> ?3
			AND CASE WHEN ?4 = '' THEN a.awarded_at >= ?5 ELSE a.round_id::text = ?4 END`,
		r.municipality, measure, h, except, string(round), from)
}

// AddLaterAward adds to what a measure pays of a demand, whose round is over.
func (tx *Tx) AddLaterAward(ctx context.Context, round pooling.RoundID, a Award, at time.Time) error {
	_, err := tx.exec(ctx, "add award", `
		INSERT INTO awards AS w (municipality_id, demand_id, fund_id, measure_id, round_id, household_id, amount_cents, awarded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (municipality_id, demand_id, fund_id, measure_id) DO UPDATE SET amount_cents = w.amount_cents + EXCLUDED.amount_cents`,
		tx.municipality, a.Demand, a.Fund, a.Measure, round, a.Household, a.Amount, at)
	return err
}

// TakeAwardBack lowers what a measure pays of a demand and gives the money back
// to the fund; false when so much of it is not there any more, or was paid.
func (tx *Tx) TakeAwardBack(ctx context.Context, a Award, by communities.UserID, at time.Time) (bool, error) {
	deleted, err := tx.exec(ctx, "take award back", `
		DELETE FROM awards WHERE municipality_id = ? AND demand_id = ? AND fund_id = ? AND measure_id = ? AND amount_cents = ? AND paid_cents = 0`,
		tx.municipality, a.Demand, a.Fund, a.Measure, a.Amount)
	if err != nil {
		return false, err
	}
	if deleted == 0 {
		n, err := tx.exec(ctx, "take award back", `
			UPDATE awards SET amount_cents = amount_cents - ?4 WHERE municipality_id = ?0 AND demand_id = ?1 AND fund_id = ?2 AND measure_id = ?3
				AND amount_cents > ?4 AND amount_cents - paid_cents >= ?4`, tx.municipality, a.Demand, a.Fund, a.Measure, a.Amount)
		if err != nil || n == 0 {
			return false, err
		}
	}
	return true, tx.move(ctx, a.Fund, billing.FundReturn, []movePart{{household: a.Household, amount: a.Amount}}, by, at)
}

// OwedByFund is what a fund awarded and did not pay yet, by provider.
type OwedByFund struct {
	ProviderID   string
	ProviderName string
	OwedCents    money.Amount
	PaidCents    money.Amount
	Households   int
}

// OwedBy lists what a fund owes and has paid for each provider, by name.
func (r reader) OwedBy(ctx context.Context, fund string) ([]OwedByFund, error) {
	return list[OwedByFund](ctx, r, "owed by a fund", `
		SELECT v.id AS provider_id, v.name AS provider_name, sum(a.amount_cents - a.paid_cents) AS owed_cents, sum(a.paid_cents) AS paid_cents,
			count(DISTINCT a.household_id) AS households
		FROM awards a
		JOIN charges c ON c.municipality_id = a.municipality_id AND c.demand_id = a.demand_id
		JOIN providers v ON v.municipality_id = c.municipality_id AND v.id = c.provider_id
		WHERE a.municipality_id = ? AND a.fund_id = ? GROUP BY v.id, v.name ORDER BY v.name, v.id`, r.municipality, fund)
}

// PayAwards marks as paid all that a fund owes for a provider, and returns how
// much that was; the fund is locked.
func (tx *Tx) PayAwards(ctx context.Context, fund, provider string, by communities.UserID, at time.Time) (money.Amount, error) {
	type owed struct {
		DemandID, MeasureID, HouseholdID string
		Cents                            money.Amount
	}
	rows, err := list[owed](ctx, tx.reader, "awards to pay", `
		SELECT a.demand_id, a.measure_id, a.household_id, a.amount_cents - a.paid_cents AS cents FROM awards a
		JOIN charges c ON c.municipality_id = a.municipality_id AND c.demand_id = a.demand_id
		WHERE a.municipality_id = ? AND a.fund_id = ? AND c.provider_id = ? AND a.amount_cents > a.paid_cents
		ORDER BY a.demand_id, a.measure_id FOR UPDATE OF a`, tx.municipality, fund, provider)
	if err != nil {
		return 0, err
	}
	parts := make([]movePart, len(rows))
	var sum money.Amount
	for i, row := range rows {
		parts[i] = movePart{household: communities.HouseholdID(row.HouseholdID), amount: row.Cents}
		sum += row.Cents
	}
	if sum == 0 {
		return 0, nil
	}
	if _, err := tx.exec(ctx, "pay awards", `
		UPDATE awards a SET paid_cents = a.amount_cents FROM charges c
		WHERE a.municipality_id = ?0 AND a.fund_id = ?1 AND c.municipality_id = a.municipality_id AND c.demand_id = a.demand_id AND c.provider_id = ?2
			AND a.amount_cents > a.paid_cents`, tx.municipality, fund, provider); err != nil {
		return 0, err
	}
	return sum, tx.move(ctx, fund, billing.FundPay, parts, by, at)
}

// SetChargeAward stores what funds pay of a charge, how much of that was awarded
// later, its state, and until when it is to be paid.
func (tx *Tx) SetChargeAward(ctx context.Context, c billing.Charge, later money.Amount, at time.Time) error {
	_, err := tx.exec(ctx, "charge award", `
		UPDATE charges SET subsidy_cents = ?2, net_cents = ?3, later_cents = ?4, state = ?5, due_at = ?6, paid_at = CASE WHEN ?5 = 'paid' THEN coalesce(paid_at, ?7) END
		WHERE municipality_id = ?0 AND id = ?1`, tx.municipality, c.ID, c.Subsidy, c.Net, later, c.State, c.DueOn, at)
	return err
}

// MovementLine is one movement of a fund with the names that its readers need.
type MovementLine struct {
	Number                                                   int64
	Kind                                                     billing.FundMove
	AmountCents                                              money.Amount
	RoundName                                                string
	MeasureName                                              string
	HouseholdName                                            string
	Who                                                      string // empty for the timetable
	AllocatedCents, ReservedCents, CommittedCents, PaidCents money.Amount
	MovedAt                                                  time.Time
}

// FundMovements lists movements of a fund, the latest first, below a number (0:
// from the latest on).
func (r reader) FundMovements(ctx context.Context, fund string, below int64, most int) ([]MovementLine, error) {
	return list[MovementLine](ctx, r, "movements of a fund", `
		SELECT m.number, m.kind, m.amount_cents, coalesce(o.name, '') AS round_name, coalesce(ms.name, '') AS measure_name, coalesce(h.name, '') AS household_name,
			coalesce(u.name, '') AS who, m.allocated_cents, m.reserved_cents, m.committed_cents, m.paid_cents, m.moved_at
		FROM fund_movements m
		LEFT JOIN fund_holds k ON k.municipality_id = m.municipality_id AND k.id = m.hold_id
		LEFT JOIN rounds o ON o.municipality_id = k.municipality_id AND o.id = k.round_id
		LEFT JOIN measures ms ON ms.municipality_id = k.municipality_id AND ms.id = k.measure_id
		LEFT JOIN households h ON h.municipality_id = m.municipality_id AND h.id = m.household_id
		LEFT JOIN users u ON u.municipality_id = m.municipality_id AND u.id = m.moved_by
		WHERE m.municipality_id = ?0 AND m.fund_id = ?1 AND (?2 = 0 OR m.number < ?2) ORDER BY m.number DESC LIMIT ?3`, r.municipality, fund, below, most)
}

// FundDay is what the counters of a fund were at the end of a day on which they
// moved.
type FundDay struct {
	Day                                                      time.Time
	AllocatedCents, ReservedCents, CommittedCents, PaidCents money.Amount
}

// FundDays lists the days of a fund on which money moved, in the order of its
// movements.
func (r reader) FundDays(ctx context.Context, fund string) ([]FundDay, error) {
	return list[FundDay](ctx, r, "days of a fund", `
		SELECT DISTINCT ON (day) (m.moved_at AT TIME ZONE 'Europe/Rome')::date AS day, m.allocated_cents, m.reserved_cents, m.committed_cents, m.paid_cents
		FROM fund_movements m WHERE m.municipality_id = ? AND m.fund_id = ? ORDER BY day, m.number DESC`, r.municipality, fund)
}

// MeasuresOfFund lists the measures that a fund pays for, by name.
func (r reader) MeasuresOfFund(ctx context.Context, fund string) ([]string, error) {
	return list[string](ctx, r, "measures of a fund", `
		SELECT m.name FROM fund_measures fm JOIN measures m ON m.municipality_id = fm.municipality_id AND m.id = fm.measure_id
		WHERE fm.municipality_id = ? AND fm.fund_id = ? ORDER BY m.name, m.id`, r.municipality, fund)
}
