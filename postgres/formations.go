package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
)

// Pool is a stored pool.
type Pool struct {
	ID                          billing.PoolID
	Round                       pooling.RoundID
	Pass                        int    // of the round, 1 or 2
	Name                        string // id in the formation of the pass
	Offer                       catalogue.OfferID
	Provider                    catalogue.ProviderID
	Slot                        string
	Host                        communities.CommunityID
	Size                        int
	Cost                        money.Amount
	OfferTitle, ProviderName    string
	HostName                    string
	Subsidy, Net, Charged, Paid money.Amount
}

// PoolMember is a household in a stored pool.
type PoolMember struct {
	PoolID       string
	DemandID     string
	HouseholdID  string
	Units        int64
	Slots        []string `bun:",array"`
	ShareCents   money.Amount
	SubsidyCents money.Amount
	MeasureID    *string
	OddCent      bool
	Household    string
	UnitLabel    string
	ChargeState  billing.ChargeState
}

type poolRow struct {
	bun.BaseModel `bun:"table:pools"`

	MunicipalityID communities.MunicipalityID
	ID             string
	RoundID        string
	Pass           int
	Name           string
	OfferID        string
	ProviderID     string
	Slot           string
	HostID         string
	Size           int
	CostCents      money.Amount
}

type poolMemberRow struct {
	bun.BaseModel `bun:"table:pool_members"`

	MunicipalityID communities.MunicipalityID
	PoolID         string
	DemandID       string
	HouseholdID    string
	Units          int64
	Slots          []string `bun:",array"`
	ShareCents     money.Amount
	SubsidyCents   money.Amount
	MeasureID      *string
	OddCent        bool
}

type outcomeRow struct {
	bun.BaseModel `bun:"table:outcomes"`

	MunicipalityID communities.MunicipalityID
	RoundID        string
	DemandID       string
	Pass           int
	Code           pooling.OutcomeCode
	Outcome        []byte // sealed: the share and the subsidy of a household follow from it
	KeyVersion     int
}

func outcomePlace(round, demand string) place {
	return place{table: "outcomes", row: round + "/" + demand}
}

// Outcome is the reason of a demand with the pass that it comes from: the one
// that served it, or the last.
type Outcome struct {
	pooling.Outcome
	Pass int
}

// FormedPass is a pass to store with its pools and their members.
type FormedPass struct {
	Pass    Pass
	Pools   []Pool
	Members []PoolMember
}

// StoreFormation stores what a round formed: its passes with their pools, the
// reason of every demand, and who paid an odd cent.
func (tx *Tx) StoreFormation(ctx context.Context, round pooling.RoundID, passes []FormedPass, outcomes []Outcome, at time.Time) error {
	for _, p := range passes {
		if err := tx.addPass(ctx, round, p); err != nil {
			return err
		}
	}
	key, err := tx.sealingKey(ctx)
	if err != nil {
		return err
	}
	rows := make([]outcomeRow, len(outcomes))
	for i, o := range outcomes {
		text, err := json.Marshal(o.Outcome)
		if err != nil {
			return fault(err, "outcome")
		}
		bound := outcomePlace(string(round), o.Demand).bytes(tx.municipality, key.version)
		rows[i] = outcomeRow{
			MunicipalityID: tx.municipality, RoundID: string(round), DemandID: o.Demand, Pass: o.Pass, Code: o.Code,
			Outcome: sealWith(key.cipher, padded(text), bound), KeyVersion: key.version,
		}
	}
	if err := insertAll(ctx, tx, "outcomes", rows); err != nil {
		return err
	}
	if _, err := tx.exec(ctx, "odd cents", `
		UPDATE households h SET odd_cents = h.odd_cents + m.odd
		FROM (SELECT m.household_id, count(*) AS odd FROM pools p
			JOIN pool_members m ON m.municipality_id = p.municipality_id AND m.pool_id = p.id
			WHERE p.municipality_id = ?0 AND p.round_id = ?1 AND m.odd_cent GROUP BY 1) m
		WHERE h.municipality_id = ?0 AND h.id = m.household_id`, tx.municipality, round); err != nil {
		return err
	}
	return tx.SetRoundState(ctx, round, pooling.RoundFormed, at)
}

// PoolsFilter says which pools to list.
type PoolsFilter struct {
	Round    pooling.RoundID      // of a round
	Provider catalogue.ProviderID // or of a provider
}

// Pools lists pools with what was charged and paid for them.
func (r reader) Pools(ctx context.Context, f PoolsFilter) ([]Pool, error) {
	type row struct {
		poolRow
		OfferTitle, ProviderName, HostName              string
		SubsidyCents, NetCents, ChargedCents, PaidCents money.Amount
	}
	rows, err := list[row](ctx, r, "pools", `
		SELECT p.*, o.title AS offer_title, v.name AS provider_name, h.name AS host_name,
			m.subsidy_cents, m.net_cents, coalesce(c.charged, 0) AS charged_cents, coalesce(c.paid, 0) AS paid_cents
		FROM pools p
		JOIN offers o ON o.municipality_id = p.municipality_id AND o.id = p.offer_id
		JOIN providers v ON v.municipality_id = p.municipality_id AND v.id = p.provider_id
		JOIN communities h ON h.municipality_id = p.municipality_id AND h.id = p.host_id
		CROSS JOIN LATERAL (SELECT coalesce(sum(subsidy_cents), 0) AS subsidy_cents, coalesce(sum(share_cents - subsidy_cents), 0) AS net_cents
			FROM pool_members m WHERE m.municipality_id = p.municipality_id AND m.pool_id = p.id) m
		CROSS JOIN LATERAL (SELECT sum(net_cents) AS charged, sum(net_cents) FILTER (WHERE state = 'paid') AS paid
			FROM charges c WHERE c.municipality_id = p.municipality_id AND c.pool_id = p.id) c
		WHERE p.municipality_id = ?0 AND (p.round_id = nullif(?1, '')::uuid OR p.provider_id = nullif(?2, '')::uuid)
		ORDER BY p.size DESC, o.title, p.pass, p.name LIMIT 1000`, r.municipality, string(f.Round), string(f.Provider))
	all := make([]Pool, len(rows))
	for i, p := range rows {
		all[i] = Pool{
			ID: billing.PoolID(p.ID), Round: pooling.RoundID(p.RoundID), Pass: p.Pass, Name: p.Name, Offer: catalogue.OfferID(p.OfferID),
			Provider: catalogue.ProviderID(p.ProviderID), Slot: p.Slot, Host: communities.CommunityID(p.HostID), Size: p.Size, Cost: p.CostCents,
			OfferTitle: p.OfferTitle, ProviderName: p.ProviderName, HostName: p.HostName,
			Subsidy: p.SubsidyCents, Net: p.NetCents, Charged: p.ChargedCents, Paid: p.PaidCents,
		}
	}
	return all, err
}

// PoolMembers lists the members of a round's pools, by pool and household.
func (r reader) PoolMembers(ctx context.Context, round pooling.RoundID) ([]PoolMember, error) {
	return list[PoolMember](ctx, r, "pool members", `
		SELECT m.pool_id, m.demand_id, m.household_id, m.units, m.slots, m.share_cents, m.subsidy_cents, m.measure_id, m.odd_cent,
			h.name AS household, coalesce(u.unit_label, '') AS unit_label, coalesce(c.state, '') AS charge_state
		FROM pools p
		JOIN pool_members m ON m.municipality_id = p.municipality_id AND m.pool_id = p.id
		JOIN demands d ON d.municipality_id = m.municipality_id AND d.id = m.demand_id
		JOIN households h ON h.municipality_id = m.municipality_id AND h.id = m.household_id
		LEFT JOIN LATERAL (SELECT string_agg(concat_ws(' · ', nullif(staircase, ''), unit_label), ', ' ORDER BY staircase, unit_label) AS unit_label FROM memberships u
			WHERE u.municipality_id = m.municipality_id AND u.community_id = d.community_id AND u.household_id = m.household_id) u ON TRUE
		LEFT JOIN charges c ON c.municipality_id = m.municipality_id AND c.demand_id = m.demand_id
		WHERE p.municipality_id = ? AND p.round_id = ?
		ORDER BY m.pool_id, h.name, m.demand_id`, r.municipality, round)
}

// ReadOutcomes returns the reasons of a round's demands, opened for a purpose;
// of one household when the reading names it.
func (tx *Tx) ReadOutcomes(ctx context.Context, why Reading, round pooling.RoundID) (map[pooling.DemandID]Outcome, error) {
	rows, err := list[outcomeRow](ctx, tx.reader, "outcomes", `
		SELECT o.* FROM outcomes o
		JOIN demands d ON d.municipality_id = o.municipality_id AND d.id = o.demand_id
		WHERE o.municipality_id = ? AND o.round_id = ? AND (? = '' OR d.household_id::text = ?) ORDER BY o.demand_id`,
		tx.municipality, round, string(why.Household), string(why.Household))
	if err != nil {
		return nil, err
	}
	values := make([]sealed, len(rows))
	for i, row := range rows {
		values[i] = sealed{row.KeyVersion, row.Outcome, outcomePlace(row.RoundID, row.DemandID), ""}
	}
	why.Round = round
	plain, err := tx.open(ctx, why, values)
	if err != nil {
		return nil, err
	}
	all := map[pooling.DemandID]Outcome{}
	for i, row := range rows {
		o := Outcome{Pass: row.Pass}
		if err := json.Unmarshal(plain[i], &o.Outcome); err != nil {
			return nil, ErrSealBroken
		}
		all[pooling.DemandID(row.DemandID)] = o
	}
	return all, nil
}

// CodeCount counts outcomes by code.
type CodeCount struct {
	Code  pooling.OutcomeCode
	Count int
}

// OutcomeCounts counts a round's outcomes by code.
func (r reader) OutcomeCounts(ctx context.Context, round pooling.RoundID) ([]CodeCount, error) {
	return list[CodeCount](ctx, r, "outcomes", `
		SELECT code, count(*) AS count FROM outcomes WHERE municipality_id = ? AND round_id = ? GROUP BY code ORDER BY code`, r.municipality, round)
}
