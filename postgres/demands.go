package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
)

type demandRow struct {
	bun.BaseModel `bun:"table:demands"`

	MunicipalityID communities.MunicipalityID
	ID             string
	RoundID        *string
	HouseholdID    string
	CommunityID    string
	CategoryID     string
	State          string
	Units          int64
	Weight         int64
	Slots          []string `bun:",array"`
	MaxPriceCents  *money.Amount
	MaxDistanceM   int64 `bun:"max_distance_m"`
	Method         billing.Method
	PostedAt       time.Time
	ChangedAt      time.Time
}

// Demand is a household's demand as it is stored.
type Demand struct {
	ID           pooling.DemandID
	Round        pooling.RoundID // empty when only declared
	Household    communities.HouseholdID
	Community    communities.CommunityID
	Category     catalogue.CategoryID
	State        DemandState
	Units        int64
	Weight       int64
	Slots        []string
	MaxPrice     money.Amount
	MaxDistanceM int64
	Method       billing.Method
	PostedAt     time.Time
	ChangedAt    time.Time
}

// DemandState is how binding a demand is.
type DemandState string

func (row demandRow) toDemand() Demand {
	d := Demand{
		ID: pooling.DemandID(row.ID), Household: communities.HouseholdID(row.HouseholdID), Community: communities.CommunityID(row.CommunityID),
		Category: catalogue.CategoryID(row.CategoryID), State: DemandState(row.State), Units: row.Units, Weight: row.Weight, Slots: row.Slots,
		MaxDistanceM: row.MaxDistanceM, Method: row.Method, PostedAt: row.PostedAt, ChangedAt: row.ChangedAt,
	}
	if row.RoundID != nil {
		d.Round = pooling.RoundID(*row.RoundID)
	}
	if row.MaxPriceCents != nil {
		d.MaxPrice = *row.MaxPriceCents
	}
	return d
}

func (r reader) fromDemand(d Demand) demandRow {
	row := demandRow{
		MunicipalityID: r.municipality, ID: string(d.ID), HouseholdID: string(d.Household), CommunityID: string(d.Community),
		CategoryID: string(d.Category), State: string(d.State), Units: d.Units, Weight: d.Weight, Slots: notNil(d.Slots),
		MaxDistanceM: d.MaxDistanceM, Method: d.Method, PostedAt: d.PostedAt, ChangedAt: d.ChangedAt,
	}
	if d.Round != "" {
		round := string(d.Round)
		row.RoundID = &round
	}
	if d.MaxPrice != 0 {
		row.MaxPriceCents = &d.MaxPrice
	}
	return row
}

func toDemands(rows []demandRow, err error) ([]Demand, error) {
	all := make([]Demand, len(rows))
	for i, row := range rows {
		all[i] = row.toDemand()
	}
	return all, err
}

// Demand is one demand.
func (r reader) Demand(ctx context.Context, id pooling.DemandID) (Demand, error) {
	if !validID(string(id)) {
		return Demand{}, ErrNotFound.With("what", "demand")
	}
	row, err := single[demandRow](ctx, r, "demand", id, "SELECT * FROM demands WHERE municipality_id = ? AND id = ?", r.municipality, id)
	return row.toDemand(), err
}

// PledgesOf lists the pledged demands of a round by id.
func (r reader) PledgesOf(ctx context.Context, round pooling.RoundID) ([]Demand, error) {
	return toDemands(list[demandRow](ctx, r, "pledges", `
		SELECT * FROM demands WHERE municipality_id = ? AND round_id = ? AND state = 'pledged' ORDER BY id`, r.municipality, round))
}

// PledgesOfHousehold lists a household's pledges, the latest first.
func (r reader) PledgesOfHousehold(ctx context.Context, h communities.HouseholdID) ([]Demand, error) {
	if h == "" {
		return nil, nil
	}
	return toDemands(list[demandRow](ctx, r, "pledges of a household", `
		SELECT * FROM demands WHERE municipality_id = ? AND household_id = ? AND state = 'pledged'
		ORDER BY posted_at DESC, id DESC LIMIT 100`, r.municipality, h))
}

// PledgesOfCommunity lists pledges of a community's households in rounds that
// are not void, the latest first.
func (r reader) PledgesOfCommunity(ctx context.Context, id communities.CommunityID) ([]Demand, error) {
	return toDemands(list[demandRow](ctx, r, "pledges of a community", `
		SELECT * FROM demands WHERE municipality_id = ? AND community_id = ? AND state = 'pledged'
		ORDER BY posted_at DESC, id DESC LIMIT 2000`, r.municipality, id))
}

// AddDemands stores demands; [ErrPledgedAlready] for a second pledge.
func (tx *Tx) AddDemands(ctx context.Context, demands []Demand) error {
	rows := make([]demandRow, len(demands))
	for i, d := range demands {
		rows[i] = tx.fromDemand(d)
	}
	return insertAll(ctx, tx, "add demands", rows)
}

// AddDeclared stores declared demands; what is already declared stays.
func (tx *Tx) AddDeclared(ctx context.Context, demands []Demand) error {
	rows := make([]demandRow, len(demands))
	for i, d := range demands {
		rows[i] = tx.fromDemand(d)
	}
	for len(rows) > 0 {
		n := min(500, len(rows))
		part := rows[:n]
		if _, err := tx.tx.NewInsert().Model(&part).On("CONFLICT DO NOTHING").Exec(ctx); err != nil {
			return fault(err, "declare")
		}
		rows = rows[n:]
	}
	return nil
}

// UpdateDemand changes a pledge.
func (tx *Tx) UpdateDemand(ctx context.Context, d Demand) error {
	row := tx.fromDemand(d)
	n, err := tx.exec(ctx, "update demand", `
		UPDATE demands SET state = ?, units = ?, weight = ?, slots = ?, max_price_cents = ?, max_distance_m = ?, method = ?, changed_at = ?
		WHERE municipality_id = ? AND id = ?`,
		row.State, row.Units, row.Weight, pgdialect.Array(row.Slots), row.MaxPriceCents, row.MaxDistanceM, row.Method, row.ChangedAt,
		tx.municipality, row.ID)
	if err == nil && n != 1 {
		return ErrNotFound.With("what", "demand")
	}
	return err
}

// CountPledge moves the version of a round's pledges on, so that previews made
// before know that they are old.
func (tx *Tx) CountPledge(ctx context.Context, round pooling.RoundID) error {
	_, err := tx.exec(ctx, "pledge version", "UPDATE rounds SET pledge_version = pledge_version + 1 WHERE municipality_id = ? AND id = ?", tx.municipality, round)
	return err
}

// OddCents says how many odd cents households have paid so far.
func (r reader) OddCents(ctx context.Context, households []communities.HouseholdID) (map[communities.HouseholdID]int, error) {
	type row struct {
		ID       string
		OddCents int
	}
	rows, err := list[row](ctx, r, "odd cents", "SELECT id, odd_cents FROM households WHERE municipality_id = ? AND id::text IN (?)",
		r.municipality, texts(append(households, "")))
	all := map[communities.HouseholdID]int{}
	for _, one := range rows {
		all[communities.HouseholdID(one.ID)] = one.OddCents
	}
	return all, err
}
