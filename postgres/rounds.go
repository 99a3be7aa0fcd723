package postgres

import (
	"context"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/pgdialect"

	"colletta/catalogue"
	"colletta/communities"
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
	Effort                              pooling.Effort
	TimeLimitSeconds                    int
}

func (row seriesRow) toSeries() SeriesScope {
	s := SeriesScope{
		Series: pooling.Series{
			ID: pooling.SeriesID(row.ID), Name: row.Name, OpensOn: row.OpensOn, ClosesOn: row.ClosesOn, Period: row.Period, StartsAt: row.StartsAt,
			Effort: row.Effort, TimeLimitSeconds: row.TimeLimitSeconds,
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
	SELECT s.id, s.name, s.opens_on, s.closes_on, s.period, s.categories, s.offers, s.community_id, s.starts_at, s.ends_at, s.effort, s.time_limit_seconds,
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
		INSERT INTO series (municipality_id, id, name, opens_on, closes_on, period, categories, offers, community_id, starts_at, ends_at, effort, time_limit_seconds, created_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, nullif(?, '')::uuid, ?, ?, ?, ?, ?)`,
		tx.municipality, s.ID, s.Name, s.OpensOn, s.ClosesOn, s.Period, pgdialect.Array(notNil(s.Categories)), pgdialect.Array(notNil(s.Offers)),
		string(s.Community), s.StartsAt, ends, s.Effort, s.TimeLimitSeconds, at)
	return err
}

// SetSeriesEffort changes how the rounds of a series that are not formed yet
// will be searched; [ErrNotFound] for a series that is not there.
func (tx *Tx) SetSeriesEffort(ctx context.Context, id pooling.SeriesID, effort pooling.Effort, timeLimitSeconds int) error {
	if !validID(string(id)) {
		return ErrNotFound.With("what", "series")
	}
	n, err := tx.exec(ctx, "series effort", "UPDATE series SET effort = ?, time_limit_seconds = ? WHERE municipality_id = ? AND id = ?",
		effort, timeLimitSeconds, tx.municipality, id)
	if err == nil && n == 0 {
		return ErrNotFound.With("what", "series")
	}
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
	SeriesName       string
	Effort           pooling.Effort // of the series now
	TimeLimitSeconds int            // of the series now, in seconds
	Period           string
	Community        communities.CommunityID // empty: the city
	CommunityName    string
	PledgeVersion    int64
	Offers           int
	Pledged          int
	Served           int
	SHA256           string
	VoidReason       string
}

type roundRow struct {
	ID, SeriesID, Name, VoidReason, SeriesName, Period string
	State                                              pooling.RoundState
	CommunityID                                        *string
	CommunityName                                      string
	OpensAt, ClosesAt                                  time.Time
	Effort                                             pooling.Effort
	TimeLimitSeconds                                   int
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
		SeriesName: row.SeriesName, Effort: row.Effort, TimeLimitSeconds: row.TimeLimitSeconds, Period: row.Period, CommunityName: row.CommunityName, PledgeVersion: row.PledgeVersion,
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
	SELECT r.id, r.series_id, r.name, r.state, r.void_reason, s.name AS series_name, s.effort, s.time_limit_seconds, s.period, r.community_id, coalesce(c.name, '') AS community_name,
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

// ReopenRound brings a settled round back to charged, when something of it is
// owed again.
func (tx *Tx) ReopenRound(ctx context.Context, id pooling.RoundID) error {
	_, err := tx.exec(ctx, "reopen round", "UPDATE rounds SET state = 'charged', settled_at = NULL WHERE municipality_id = ? AND id = ? AND state = 'settled'",
		tx.municipality, id)
	return err
}

// FreezeRound stores the snapshot of a closing round, sealed, with the hash of
// its clear text.
func (tx *Tx) FreezeRound(ctx context.Context, id pooling.RoundID, snapshot []byte, sha256 string, at time.Time) error {
	key, err := tx.sealingKey(ctx)
	if err != nil {
		return err
	}
	_, err = tx.exec(ctx, "freeze round", `
		UPDATE rounds SET state = 'closed', snapshot = ?, snapshot_key = ?, snapshot_sha256 = ?, closed_at = ? WHERE municipality_id = ? AND id = ?`,
		sealWith(key.cipher, snapshot, snapshotPlace(string(id)).bytes(tx.municipality, key.version)), key.version, sha256, at, tx.municipality, id)
	return err
}

func snapshotPlace(round string) place { return place{table: "rounds.snapshot", row: round} }

// Frozen is the snapshot of a round as it was frozen at the close.
type Frozen struct {
	Snapshot       []byte
	SnapshotSha256 string
}

// ReadFrozen returns what was frozen of a round, opened for a purpose;
// [ErrNotFound] before its close.
func (tx *Tx) ReadFrozen(ctx context.Context, why Reading, id pooling.RoundID) (Frozen, error) {
	if !validID(string(id)) {
		return Frozen{}, ErrNotFound.With("what", "round")
	}
	type row struct {
		Snapshot       []byte
		SnapshotKey    int
		SnapshotSha256 string
	}
	r, err := single[row](ctx, tx.reader, "snapshot", id, `
		SELECT snapshot, snapshot_key, snapshot_sha256 FROM rounds WHERE municipality_id = ? AND id = ? AND snapshot IS NOT NULL`, tx.municipality, id)
	if err != nil {
		return Frozen{}, err
	}
	why.Round = id
	plain, err := tx.open(ctx, why, []sealed{{r.SnapshotKey, r.Snapshot, snapshotPlace(string(id)), ""}})
	if err != nil {
		return Frozen{}, err
	}
	return Frozen{plain[0], r.SnapshotSha256}, nil
}

// StepDone records that a step of a round was done; false when it already was.
func (tx *Tx) StepDone(ctx context.Context, id pooling.RoundID, step string, at time.Time) (bool, error) {
	n, err := tx.exec(ctx, "round step", `
		INSERT INTO round_steps (municipality_id, round_id, step, done_at) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING`,
		tx.municipality, id, step, at)
	return n == 1, err
}

// The states of a demand.
const (
	DemandDeclared  DemandState = "declared"
	DemandPledged   DemandState = "pledged"
	DemandWithdrawn DemandState = "withdrawn"
)
