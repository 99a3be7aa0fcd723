package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
)

// SeriesScope is a series with what its rounds are about.
type SeriesScope struct {
	pooling.Series
	Categories []string // empty: all
	Offers     []string // empty: every published offer of the categories
	Community  communities.CommunityID
	LastOpened time.Time // opening of its latest round; zero for none
}

type seriesRow struct {
	ID, Name, OpensOn, ClosesOn, Period string
	Categories                          []string `bun:",array"`
	Offers                              []string `bun:",array"`
	CommunityID                         *string
	StartsAt                            time.Time
	EndsAt                              *time.Time
	LastOpened                          *time.Time
}

func (row seriesRow) toSeries() SeriesScope {
	s := SeriesScope{
		Series: pooling.Series{
			ID: pooling.SeriesID(row.ID), Name: row.Name, OpensOn: row.OpensOn, ClosesOn: row.ClosesOn, Period: row.Period, StartsAt: row.StartsAt,
		},
		Categories: row.Categories, Offers: row.Offers,
	}
	if row.CommunityID != nil {
		s.Community = communities.CommunityID(*row.CommunityID)
	}
	if row.EndsAt != nil {
		s.EndsAt = *row.EndsAt
	}
	if row.LastOpened != nil {
		s.LastOpened = *row.LastOpened
	}
	return s
}

const seriesSelect = `
	SELECT s.id, s.name, s.opens_on, s.closes_on, s.period, s.categories, s.offers, s.community_id, s.starts_at, s.ends_at,
		(SELECT max(r.opens_at) FROM rounds r WHERE r.municipality_id = s.municipality_id AND r.series_id = s.id) AS last_opened
	FROM series s WHERE s.municipality_id = ? `

// AllSeries lists every series by name.
func (r reader) AllSeries(ctx context.Context) ([]SeriesScope, error) {
	rows, err := list[seriesRow](ctx, r, "series", seriesSelect+"ORDER BY s.name, s.id", r.municipality)
	all := make([]SeriesScope, len(rows))
	for i, row := range rows {
		all[i] = row.toSeries()
	}
	return all, err
}

// SeriesByID is one series.
func (r reader) SeriesByID(ctx context.Context, id pooling.SeriesID) (SeriesScope, error) {
	row, err := single[seriesRow](ctx, r, "series", id, seriesSelect+"AND s.id = ?", r.municipality, id)
	return row.toSeries(), err
}

// AddSeries stores a series.
func (tx *Tx) AddSeries(ctx context.Context, s SeriesScope, at time.Time) error {
	var ends *time.Time
	if !s.EndsAt.IsZero() {
		ends = &s.EndsAt
	}
	_, err := tx.exec(ctx, "add series", `
		INSERT INTO series (municipality_id, id, name, opens_on, closes_on, period, categories, offers, community_id, starts_at, ends_at, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, nullif(?, '')::uuid, ?, ?, ?)`,
		tx.municipality, s.ID, s.Name, s.OpensOn, s.ClosesOn, s.Period, pgdialect.Array(notNil(s.Categories)), pgdialect.Array(notNil(s.Offers)),
		string(s.Community), s.StartsAt, ends, at)
	return err
}

func notNil(s []string) []string {
	if s == nil {
		return []string{}
	}
	return s
}

// RoundLine is a round with what a list shows about it.
type RoundLine struct {
	pooling.Round
	SeriesName    string
	Period        string
	Community     communities.CommunityID // empty: the city
	CommunityName string
	PledgeVersion int64
	Offers        int
	Pledged       int
	Served        int
	SHA256        string
	VoidReason    string
}

type roundRow struct {
	ID, SeriesID, Name, VoidReason, SeriesName, Period string
	State                                              pooling.RoundState
	CommunityID                                        *string
	CommunityName                                      string
	OpensAt, ClosesAt                                  time.Time
	PledgeVersion                                      int64
	SnapshotSha256                                     *string
	Offers, Pledged, Served                            int
}

func (row roundRow) toRound() RoundLine {
	r := RoundLine{
		Round: pooling.Round{
			ID: pooling.RoundID(row.ID), Series: pooling.SeriesID(row.SeriesID), Name: row.Name, State: row.State,
			OpensAt: row.OpensAt, ClosesAt: row.ClosesAt,
		},
		SeriesName: row.SeriesName, Period: row.Period, CommunityName: row.CommunityName, PledgeVersion: row.PledgeVersion,
		Offers: row.Offers, Pledged: row.Pledged, Served: row.Served, VoidReason: row.VoidReason,
	}
	if row.CommunityID != nil {
		r.Community = communities.CommunityID(*row.CommunityID)
	}
	if row.SnapshotSha256 != nil {
		r.SHA256 = *row.SnapshotSha256
	}
	return r
}

const roundSelect = `
	SELECT r.id, r.series_id, r.name, r.state, r.void_reason, s.name AS series_name, s.period, r.community_id, coalesce(c.name, '') AS community_name,
		r.opens_at, r.closes_at, r.pledge_version, r.snapshot_sha256,
		(SELECT count(*) FROM round_offers o WHERE o.municipality_id = r.municipality_id AND o.round_id = r.id) AS offers,
		(SELECT count(*) FROM demands d WHERE d.municipality_id = r.municipality_id AND d.round_id = r.id AND d.state = 'pledged') AS pledged,
		(SELECT coalesce(sum(p.size), 0) FROM pools p WHERE p.municipality_id = r.municipality_id AND p.round_id = r.id) AS served
	FROM rounds r
	JOIN series s ON s.municipality_id = r.municipality_id AND s.id = r.series_id
	LEFT JOIN communities c ON c.municipality_id = r.municipality_id AND c.id = r.community_id
	WHERE r.municipality_id = ?0 `

// Round is one round.
func (r reader) Round(ctx context.Context, id pooling.RoundID) (RoundLine, error) {
	if !validID(string(id)) {
		return RoundLine{}, ErrNotFound.With("what", "round")
	}
	row, err := single[roundRow](ctx, r, "round", id, roundSelect+"AND r.id = ?1", r.municipality, id)
	return row.toRound(), err
}

// RoundForUpdate is one round, locked until the transaction ends.
func (tx *Tx) RoundForUpdate(ctx context.Context, id pooling.RoundID) (RoundLine, error) {
	if !validID(string(id)) {
		return RoundLine{}, ErrNotFound.With("what", "round")
	}
	row, err := single[roundRow](ctx, tx.reader, "round", id, roundSelect+"AND r.id = ?1 FOR UPDATE OF r", tx.municipality, id)
	return row.toRound(), err
}

// RoundsFilter narrows a list of rounds.
type RoundsFilter struct {
	City        bool                      // rounds of the whole city
	Communities []communities.CommunityID // and of these communities
	All         bool                      // every round
	Most        int                       // at most so many; 0 is 50
}

// Rounds lists rounds: open ones first, those of a community before the city's,
// the next to close first; then the others, the latest first.
func (r reader) Rounds(ctx context.Context, f RoundsFilter) ([]RoundLine, error) {
	if f.Most == 0 {
		f.Most = 50
	}
	rows, err := list[roundRow](ctx, r, "rounds", roundSelect+`
		AND (?1 OR (?2 AND r.community_id IS NULL) OR r.community_id::text IN (?3))
		ORDER BY (r.state = 'open') DESC, CASE WHEN r.state = 'open' THEN r.community_id IS NULL END,
			CASE WHEN r.state = 'open' THEN r.closes_at END, r.closes_at DESC, r.id LIMIT ?4`,
		r.municipality, f.All, f.City, texts(append(f.Communities, "")), f.Most)
	return toRounds(rows), err
}

func toRounds(rows []roundRow) []RoundLine {
	all := make([]RoundLine, len(rows))
	for i, row := range rows {
		all[i] = row.toRound()
	}
	return all
}

// RoundsDue lists open rounds whose time to close has come, oldest first, and
// rounds that stopped between two steps.
func (r reader) RoundsDue(ctx context.Context, at time.Time) ([]RoundLine, error) {
	rows, err := list[roundRow](ctx, r, "rounds due", roundSelect+`
		AND ((r.state = 'open' AND r.closes_at <= ?1) OR r.state IN ('closed', 'formed'))
		ORDER BY r.closes_at, r.id LIMIT 100`, r.municipality, at)
	return toRounds(rows), err
}

// AddRound stores a round; false when the series already has one that opened
// then.
func (tx *Tx) AddRound(ctx context.Context, round pooling.Round, community communities.CommunityID, voidReason string) (bool, error) {
	n, err := tx.exec(ctx, "add round", `
		INSERT INTO rounds (municipality_id, id, series_id, name, state, void_reason, community_id, opens_at, closes_at)
		VALUES (?, ?, ?, ?, ?, ?, nullif(?, '')::uuid, ?, ?)
		ON CONFLICT (municipality_id, series_id, opens_at) DO NOTHING`,
		tx.municipality, round.ID, round.Series, round.Name, round.State, voidReason, string(community), round.OpensAt, round.ClosesAt)
	return n == 1, err
}

// FreezeOffers copies the terms of offers into a round.
func (tx *Tx) FreezeOffers(ctx context.Context, round pooling.RoundID, offers []catalogue.OfferID) error {
	_, err := tx.exec(ctx, "freeze offers", `
		INSERT INTO round_offers (municipality_id, round_id, offer_id, terms)
		SELECT municipality_id, ?1, id, terms FROM offers
		WHERE municipality_id = ?0 AND id::text IN (?2) AND withdrawn_at IS NULL`, tx.municipality, round, texts(append(offers, "")))
	return err
}

// SetRoundState moves a round on.
func (tx *Tx) SetRoundState(ctx context.Context, id pooling.RoundID, to pooling.RoundState, at time.Time) error {
	column := map[pooling.RoundState]string{
		pooling.RoundFormed: "formed_at", pooling.RoundCharged: "charged_at", pooling.RoundSettled: "settled_at", pooling.RoundClosed: "closed_at",
	}[to]
	_, err := tx.exec(ctx, "round state", "UPDATE rounds SET state = ?, ? = ? WHERE municipality_id = ? AND id = ?",
		to, bun.Ident(column), at, tx.municipality, id)
	return err
}

// FreezeRound stores the snapshot of a closing round with its hash.
func (tx *Tx) FreezeRound(ctx context.Context, id pooling.RoundID, snapshot []byte, sha256 string, at time.Time) error {
	_, err := tx.exec(ctx, "freeze round", `
		UPDATE rounds SET state = 'closed', snapshot = ?, snapshot_sha256 = ?, closed_at = ? WHERE municipality_id = ? AND id = ?`,
		snapshot, sha256, at, tx.municipality, id)
	return err
}

// Frozen is the stored snapshot of a round and, once formed, its formation with
// the steps of improvement that the engine was given (0: by size).
type Frozen struct {
	Snapshot       []byte
	SnapshotSha256 string
	Formation      []byte
	FormSteps      int
}

// Frozen returns what was frozen of a round; [ErrNotFound] before its close.
func (r reader) Frozen(ctx context.Context, id pooling.RoundID) (Frozen, error) {
	if !validID(string(id)) {
		return Frozen{}, ErrNotFound.With("what", "round")
	}
	return single[Frozen](ctx, r, "snapshot", id, `
		SELECT snapshot, snapshot_sha256, formation, form_steps FROM rounds
		WHERE municipality_id = ? AND id = ? AND snapshot IS NOT NULL`, r.municipality, id)
}

// StepDone records that a step of a round was done; false when it already was.
func (tx *Tx) StepDone(ctx context.Context, id pooling.RoundID, step string, at time.Time) (bool, error) {
	n, err := tx.exec(ctx, "round step", `
		INSERT INTO round_steps (municipality_id, round_id, step, done_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		tx.municipality, id, step, at)
	return n == 1, err
}

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

// The states of a demand.
const (
	DemandDeclared  DemandState = "declared"
	DemandPledged   DemandState = "pledged"
	DemandWithdrawn DemandState = "withdrawn"
)

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

// Pool is a stored pool.
type Pool struct {
	ID                          billing.PoolID
	Round                       pooling.RoundID
	Name                        string // id in the formation
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
	Code           pooling.OutcomeCode
	Outcome        json.RawMessage `bun:"type:jsonb"`
}

// StoreFormation stores a round's formation: its bytes and the steps that the
// engine was given, its pools with their members, the reason of every demand,
// and who paid an odd cent.
func (tx *Tx) StoreFormation(ctx context.Context, round pooling.RoundID, bytes []byte, steps int, pools []Pool, members []PoolMember, outcomes []pooling.Outcome, at time.Time) error {
	poolRows := make([]poolRow, len(pools))
	for i, p := range pools {
		poolRows[i] = poolRow{
			MunicipalityID: tx.municipality, ID: string(p.ID), RoundID: string(round), Name: p.Name, OfferID: string(p.Offer),
			ProviderID: string(p.Provider), Slot: p.Slot, HostID: string(p.Host), Size: p.Size, CostCents: p.Cost,
		}
	}
	memberRows := make([]poolMemberRow, len(members))
	for i, m := range members {
		memberRows[i] = poolMemberRow{
			MunicipalityID: tx.municipality, PoolID: m.PoolID, DemandID: m.DemandID, HouseholdID: m.HouseholdID, Units: m.Units,
			Slots: notNil(m.Slots), ShareCents: m.ShareCents, SubsidyCents: m.SubsidyCents, MeasureID: m.MeasureID, OddCent: m.OddCent,
		}
	}
	outcomeRows := make([]outcomeRow, len(outcomes))
	for i, o := range outcomes {
		text, err := json.Marshal(o)
		if err != nil {
			return fault(err, "outcome")
		}
		outcomeRows[i] = outcomeRow{MunicipalityID: tx.municipality, RoundID: string(round), DemandID: o.Demand, Code: o.Code, Outcome: text}
	}
	if err := insertAll(ctx, tx, "pools", poolRows); err != nil {
		return err
	}
	if err := insertAll(ctx, tx, "pool members", memberRows); err != nil {
		return err
	}
	if err := insertAll(ctx, tx, "outcomes", outcomeRows); err != nil {
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
	_, err := tx.exec(ctx, "formation", "UPDATE rounds SET state = 'formed', formation = ?, form_steps = ?, formed_at = ? WHERE municipality_id = ? AND id = ?",
		bytes, steps, at, tx.municipality, round)
	return err
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
		ORDER BY p.size DESC, o.title, p.name LIMIT 1000`, r.municipality, string(f.Round), string(f.Provider))
	all := make([]Pool, len(rows))
	for i, p := range rows {
		all[i] = Pool{
			ID: billing.PoolID(p.ID), Round: pooling.RoundID(p.RoundID), Name: p.Name, Offer: catalogue.OfferID(p.OfferID),
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

// Outcomes returns the reasons of a round's demands; of one household when it
// is named.
func (r reader) Outcomes(ctx context.Context, round pooling.RoundID, household communities.HouseholdID) (map[pooling.DemandID]pooling.Outcome, error) {
	rows, err := list[outcomeRow](ctx, r, "outcomes", `
		SELECT o.* FROM outcomes o
		JOIN demands d ON d.municipality_id = o.municipality_id AND d.id = o.demand_id
		WHERE o.municipality_id = ? AND o.round_id = ? AND (? = '' OR d.household_id::text = ?)`,
		r.municipality, round, string(household), string(household))
	if err != nil {
		return nil, err
	}
	all := map[pooling.DemandID]pooling.Outcome{}
	for _, row := range rows {
		var o pooling.Outcome
		if err := json.Unmarshal(row.Outcome, &o); err != nil {
			return nil, fault(err, "outcome")
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
