package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"colletta/billing"
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
	VoucherCents   money.Amount
	LaterCents     money.Amount
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
		Share: row.ShareCents, Subsidy: row.SubsidyCents, Net: row.NetCents, Voucher: row.VoucherCents, Description: row.Description, State: row.State,
		Reference: billing.Reference(row.Reference), IssuedOn: row.IssuedAt, DueOn: row.DueAt,
	}
}

// ChargeLine is a charge with the names that its readers need.
type ChargeLine struct {
	billing.Charge
	Number                              string
	Later                               money.Amount // of the subsidy, what was awarded after the round
	RoundName, HouseholdName, UnitLabel string
	Community                           communities.CommunityID
	ProviderName, ProviderIBAN          string
	PoolSize                            int
	PoolCost                            money.Amount
	OddCent                             bool
	MeasureName                         string // of the measures that pay some, "A», «B"
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
		Charge: row.toCharge(), Number: row.Number, Later: row.LaterCents, RoundName: row.RoundName, HouseholdName: row.HouseholdName, UnitLabel: row.UnitLabel,
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
		coalesce((SELECT string_agg(ms.name, '», «' ORDER BY ms.name) FROM awards a JOIN measures ms ON ms.municipality_id = a.municipality_id AND ms.id = a.measure_id
			WHERE a.municipality_id = c.municipality_id AND a.demand_id = c.demand_id), '') AS measure_name,
		(SELECT coalesce(sum(y.amount_cents), 0) FROM payments y
			WHERE y.municipality_id = c.municipality_id AND y.charge_id = c.id AND y.state = 'succeeded') AS paid_sum
	FROM charges c
	JOIN rounds r ON r.municipality_id = c.municipality_id AND r.id = c.round_id
	JOIN households h ON h.municipality_id = c.municipality_id AND h.id = c.household_id
	JOIN demands d ON d.municipality_id = c.municipality_id AND d.id = c.demand_id
	JOIN providers v ON v.municipality_id = c.municipality_id AND v.id = c.provider_id
	JOIN pools p ON p.municipality_id = c.municipality_id AND p.id = c.pool_id
	JOIN pool_members m ON m.municipality_id = c.municipality_id AND m.pool_id = c.pool_id AND m.demand_id = c.demand_id
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

// SetChargeVoucher stores what vouchers pay of a charge, its state, and until
// when it is to be paid.
func (tx *Tx) SetChargeVoucher(ctx context.Context, c billing.Charge, at time.Time) error {
	_, err := tx.exec(ctx, "charge voucher", `
		UPDATE charges SET voucher_cents = ?2, state = ?3, due_at = ?4, paid_at = CASE WHEN ?3 = 'paid' THEN coalesce(paid_at, ?5) END
		WHERE municipality_id = ?0 AND id = ?1`, tx.municipality, c.ID, c.Voucher, c.State, c.DueOn, at)
	return err
}

// OpenCharges counts the charges of a round on which something is owed.
func (r reader) OpenCharges(ctx context.Context, round pooling.RoundID) (int, error) {
	return single[int](ctx, r, "open charges", round,
		"SELECT count(*) FROM charges WHERE municipality_id = ? AND round_id = ? AND state = 'open'", r.municipality, round)
}

// Award is what a measure grants to one demand, from a fund.
type Award struct {
	Demand    pooling.DemandID
	Fund      string
	Measure   string
	Household communities.HouseholdID
	Amount    money.Amount
}

type awardRow struct {
	bun.BaseModel `bun:"table:awards"`

	MunicipalityID communities.MunicipalityID
	DemandID       string
	FundID         string
	MeasureID      string
	RoundID        string
	HouseholdID    string
	AmountCents    money.Amount
	AwardedAt      time.Time
}

// AddAwards stores the awards of a round.
func (tx *Tx) AddAwards(ctx context.Context, round pooling.RoundID, awards []Award, at time.Time) error {
	rows := make([]awardRow, len(awards))
	for i, a := range awards {
		rows[i] = awardRow{
			MunicipalityID: tx.municipality, DemandID: string(a.Demand), FundID: a.Fund, MeasureID: a.Measure, RoundID: string(round),
			HouseholdID: string(a.Household), AmountCents: a.Amount, AwardedAt: at,
		}
	}
	return insertAll(ctx, tx, "awards", rows)
}
