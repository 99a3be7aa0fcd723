package postgres

import (
	"context"
	"strconv"
	"time"

	"github.com/uptrace/bun"

	"colletta/communities"
	"colletta/pooling"
)

// Pass is one pass of the engine over a round: what it was given, what it gave,
// and what a second run needs to give the same bytes.
type Pass struct {
	Number int // 1 over the snapshot of the close; 2 over what the first left over
	PassBytes
	SHA256           string // of its snapshot, hexadecimal
	Engine           int    // [pooling.Engine] of the program that formed it
	Effort           pooling.Effort
	TimeLimitSeconds int // seconds; 0 is none, as for rounds formed before series had one
	Seed             uint64
	Work             pooling.Work

	Demands, Viable, Served int
	Bound                   *pooling.Bound // without its certificate; nil when none was computed
	StartedAt, FormedAt     time.Time
}

// PassBytes is what a pass read and wrote, byte for byte.
type PassBytes struct{ Snapshot, Formation []byte }

type passRow struct {
	bun.BaseModel `bun:"table:round_passes"`

	MunicipalityID   communities.MunicipalityID
	RoundID          string
	Pass             int
	Snapshot         []byte // nil for pass 1, whose snapshot is the round's
	SnapshotSha256   string
	Formation        []byte
	KeyVersion       int // of the two above; the snapshot of pass 1 has the round's
	Engine           int
	Effort           pooling.Effort
	TimeLimitSeconds int
	Seed             int64
	Sweeps           int
	Multipliers      int
	Cooling          int
	Waves            int
	Nodes            int
	Demands          int
	Viable           int
	Served           int
	BoundServed      *int
	BoundMethod      *string
	StartedAt        time.Time
	FormedAt         time.Time
}

func (row passRow) toPass() Pass {
	p := Pass{
		Number: row.Pass, PassBytes: PassBytes{row.Snapshot, row.Formation}, SHA256: row.SnapshotSha256, Engine: row.Engine, Effort: row.Effort,
		TimeLimitSeconds: row.TimeLimitSeconds, Seed: uint64(row.Seed), Work: pooling.Work{Sweeps: row.Sweeps, Multipliers: row.Multipliers, Cooling: row.Cooling, Waves: row.Waves, Nodes: row.Nodes},
		Demands: row.Demands, Viable: row.Viable, Served: row.Served, StartedAt: row.StartedAt, FormedAt: row.FormedAt,
	}
	if row.BoundServed != nil && row.BoundMethod != nil {
		p.Bound = &pooling.Bound{Served: *row.BoundServed, Method: *row.BoundMethod}
	}
	return p
}

func fromPass(municipality communities.MunicipalityID, round pooling.RoundID, p Pass) passRow {
	row := passRow{
		MunicipalityID: municipality, RoundID: string(round), Pass: p.Number, SnapshotSha256: p.SHA256, Formation: p.Formation, Engine: p.Engine,
		Effort: p.Effort, TimeLimitSeconds: p.TimeLimitSeconds, Seed: int64(p.Seed),
		Sweeps: p.Work.Sweeps, Multipliers: p.Work.Multipliers, Cooling: p.Work.Cooling, Waves: p.Work.Waves, Nodes: p.Work.Nodes,
		Demands: p.Demands, Viable: p.Viable, Served: p.Served, StartedAt: p.StartedAt, FormedAt: p.FormedAt,
	}
	if p.Number > 1 {
		row.Snapshot = p.Snapshot
	}
	if p.Bound != nil {
		row.BoundServed, row.BoundMethod = &p.Bound.Served, &p.Bound.Method
	}
	return row
}

// Passes lists the passes of a round in order, without their bytes; none before
// it is formed.
func (r reader) Passes(ctx context.Context, round pooling.RoundID) ([]Pass, error) {
	rows, err := list[passRow](ctx, r, "passes", `
		SELECT pass, snapshot_sha256, engine, effort, time_limit_seconds, seed, sweeps, multipliers, cooling, waves, nodes, demands, viable, served,
			bound_served, bound_method, started_at, formed_at
		FROM round_passes WHERE municipality_id = ? AND round_id = ? ORDER BY pass`, r.municipality, round)
	all := make([]Pass, len(rows))
	for i, row := range rows {
		all[i] = row.toPass()
	}
	return all, err
}

// ReadPass is one pass of a round with its bytes, opened for a purpose;
// [ErrNotFound] when it had none.
func (tx *Tx) ReadPass(ctx context.Context, why Reading, round pooling.RoundID, number int) (Pass, error) {
	if !validID(string(round)) {
		return Pass{}, ErrNotFound.With("what", "round")
	}
	type both struct {
		passRow
		SnapshotKey int
	}
	row, err := single[both](ctx, tx.reader, "pass", number, `
		SELECT p.pass, coalesce(p.snapshot, r.snapshot) AS snapshot, CASE WHEN p.snapshot IS NULL THEN r.snapshot_key ELSE p.key_version END AS snapshot_key,
			p.snapshot_sha256, p.formation, p.key_version, p.engine, p.effort, p.time_limit_seconds, p.seed,
			p.sweeps, p.multipliers, p.cooling, p.waves, p.nodes, p.demands, p.viable, p.served, p.bound_served, p.bound_method, p.started_at, p.formed_at
		FROM round_passes p JOIN rounds r ON r.municipality_id = p.municipality_id AND r.id = p.round_id
		WHERE p.municipality_id = ? AND p.round_id = ? AND p.pass = ?`, tx.municipality, round, number)
	if err != nil {
		return Pass{}, err
	}
	snapshot := passPlace("snapshot", string(round), number)
	if number == 1 {
		snapshot = snapshotPlace(string(round))
	}
	why.Round = round
	plain, err := tx.open(ctx, why, []sealed{
		{row.SnapshotKey, row.Snapshot, snapshot, ""}, {row.KeyVersion, row.Formation, passPlace("formation", string(round), number), ""},
	})
	if err != nil {
		return Pass{}, err
	}
	row.Snapshot, row.Formation = plain[0], plain[1]
	return row.toPass(), nil
}

func passPlace(column, round string, number int) place {
	return place{table: "round_passes." + column, row: round + "/" + strconv.Itoa(number)}
}

// sealPass seals the bytes of a pass for their row.
func (tx *Tx) sealPass(key *dataKey, row *passRow) {
	row.KeyVersion = key.version
	for column, bytes := range map[string]*[]byte{"snapshot": &row.Snapshot, "formation": &row.Formation} {
		if *bytes != nil {
			*bytes = sealWith(key.cipher, *bytes, passPlace(column, row.RoundID, row.Pass).bytes(tx.municipality, key.version))
		}
	}
}

// addPass stores a pass with its pools and their members.
func (tx *Tx) addPass(ctx context.Context, round pooling.RoundID, f FormedPass) error {
	key, err := tx.sealingKey(ctx)
	if err != nil {
		return err
	}
	row := fromPass(tx.municipality, round, f.Pass)
	tx.sealPass(key, &row)
	if err := insertAll(ctx, tx, "pass", []passRow{row}); err != nil {
		return err
	}
	pools := make([]poolRow, len(f.Pools))
	for i, p := range f.Pools {
		pools[i] = poolRow{
			MunicipalityID: tx.municipality, ID: string(p.ID), RoundID: string(round), Pass: f.Pass.Number, Name: p.Name, OfferID: string(p.Offer),
			ProviderID: string(p.Provider), Slot: p.Slot, HostID: string(p.Host), Size: p.Size, CostCents: p.Cost,
		}
	}
	if err := insertAll(ctx, tx, "pools", pools); err != nil {
		return err
	}
	members := make([]poolMemberRow, len(f.Members))
	for i, m := range f.Members {
		members[i] = poolMemberRow{
			MunicipalityID: tx.municipality, PoolID: m.PoolID, DemandID: m.DemandID, HouseholdID: m.HouseholdID, Units: m.Units,
			Slots: notNil(m.Slots), ShareCents: m.ShareCents, SubsidyCents: m.SubsidyCents, MeasureID: m.MeasureID, OddCent: m.OddCent,
		}
	}
	return insertAll(ctx, tx, "pool members", members)
}
