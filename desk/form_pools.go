package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
)

// ErrSnapshotChanged says that the stored bytes of a snapshot are not those
// that were hashed at the close. The round stops until somebody looks.
var ErrSnapshotChanged = errors.New("desk: snapshot differs from its recorded SHA-256")

// ErrFormationUnsound says that the engine's result breaks a rule of the
// round's format; nothing is stored.
var ErrFormationUnsound = errors.New("desk: formation breaks a rule")

// FormRound forms the pools of a closed round by hand (officer).
func (d *Desk) FormRound(ctx context.Context, a communities.Actor, id pooling.RoundID) error {
	if err := a.May(communities.PermRunRound, communities.Scope{}, d.clock.Now()); err != nil {
		return err
	}
	return d.formRound(ctx, id, a.User)
}

// formRound forms the pools outside any transaction, checks them, and stores
// them with a reason for every household.
func (d *Desk) formRound(ctx context.Context, id pooling.RoundID, by communities.UserID) error {
	round, err := d.db.Round(ctx, id)
	if err != nil || round.Reached(pooling.RoundFormed) {
		return err
	}
	if _, err := round.Move(pooling.RoundFormed); err != nil {
		return err
	}
	formed, err := d.formFrozen(ctx, id, d.formSteps)
	if err != nil {
		return err
	}
	now := d.clock.Now()
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		round, err := tx.RoundForUpdate(ctx, id)
		if err != nil || round.Reached(pooling.RoundFormed) {
			return err
		}
		if round.SHA256 != formed.sha256 {
			return ErrSnapshotChanged
		}
		if fresh, err := tx.StepDone(ctx, id, "form", now); err != nil || !fresh {
			return err
		}
		pools, members := formed.rows(id)
		if err := tx.StoreFormation(ctx, id, formed.bytes, d.formSteps, pools, members, formed.outcomes, now); err != nil {
			return err
		}
		if err := tx.Audit(ctx, now, by, "form_round", "round "+string(id), map[string]any{"pools": len(pools), "served": len(members)}); err != nil {
			return err
		}
		return tx.Enqueue(ctx, StepRound{Round: id, To: pooling.RoundCharged}, once())
	})
}

// formed is the engine's result for a frozen round.
type formed struct {
	sha256    string
	snapshot  *pooling.Snapshot
	formation *pooling.Formation
	bytes     []byte
	outcomes  []pooling.Outcome
}

// formFrozen runs the engine on what was frozen, with so many steps of
// improvement, and checks the result.
func (d *Desk) formFrozen(ctx context.Context, id pooling.RoundID, steps int) (formed, error) {
	frozen, err := d.db.Frozen(ctx, id)
	if err != nil {
		return formed{}, err
	}
	if hashOf(frozen.Snapshot) != frozen.SnapshotSha256 {
		return formed{}, ErrSnapshotChanged
	}
	f := formed{sha256: frozen.SnapshotSha256}
	if f.snapshot, err = pooling.ReadSnapshot(bytes.NewReader(frozen.Snapshot)); err != nil {
		return formed{}, fmt.Errorf("round %s: %w", id, err)
	}
	var opt pooling.Options
	if steps > 0 {
		opt.Work = &pooling.Work{Waves: steps}
	}
	if f.formation, err = pooling.Form(f.snapshot, opt); err != nil {
		return formed{}, fmt.Errorf("form round %s: %w", id, err)
	}
	if broken := pooling.Check(f.snapshot, f.formation); len(broken) > 0 {
		return formed{}, fmt.Errorf("%w: round %s: %v", ErrFormationUnsound, id, broken[0])
	}
	if f.bytes, err = f.formation.JSON(); err != nil {
		return formed{}, err
	}
	f.outcomes = pooling.Explain(f.snapshot, f.formation)
	return f, nil
}

// rows are the pools and members to store.
func (f formed) rows(round pooling.RoundID) ([]postgres.Pool, []postgres.PoolMember) {
	offers := map[string]pooling.Offer{}
	for _, o := range f.snapshot.Offers {
		offers[o.ID] = o
	}
	demands := map[string]pooling.Demand{}
	for _, p := range f.snapshot.Demands {
		demands[p.ID] = p
	}
	odd := pooling.OddCents(f.snapshot, f.formation)
	var pools []postgres.Pool
	var members []postgres.PoolMember
	for _, p := range f.formation.Pools {
		pool := postgres.Pool{
			ID: billing.PoolID(postgres.NewID()), Round: round, Name: p.ID, Offer: catalogue.OfferID(p.Offer),
			Provider: catalogue.ProviderID(offers[p.Offer].Provider), Slot: p.Slot, Host: communities.CommunityID(p.Host), Size: len(p.Members), Cost: p.Cost,
		}
		pools = append(pools, pool)
		for _, m := range p.Members {
			row := postgres.PoolMember{
				PoolID: string(pool.ID), DemandID: m.Demand, HouseholdID: demands[m.Demand].Household, Units: demands[m.Demand].Units,
				Slots: m.Slots, ShareCents: m.Share, SubsidyCents: m.Subsidy, OddCent: odd[m.Demand],
			}
			if m.Programme != "" {
				row.MeasureID = &m.Programme
			}
			members = append(members, row)
		}
	}
	return pools, members
}

// ExportRound is the frozen snapshot of a round, byte for byte (officer: it
// holds ISEE values).
func (d *Desk) ExportRound(ctx context.Context, a communities.Actor, id pooling.RoundID) ([]byte, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermRunRound, communities.Scope{}, now); err != nil {
		return nil, err
	}
	frozen, err := d.db.Frozen(ctx, id)
	if err != nil {
		return nil, err
	}
	err = d.db.InTx(ctx, func(tx *postgres.Tx) error {
		return tx.Audit(ctx, now, a.User, "export_round", "round "+string(id), map[string]any{"sha256": frozen.SnapshotSha256})
	})
	return frozen.Snapshot, err
}

// ExportFormation is the stored result of a round, byte for byte (officer).
func (d *Desk) ExportFormation(ctx context.Context, a communities.Actor, id pooling.RoundID) ([]byte, error) {
	if err := a.May(communities.PermRunRound, communities.Scope{}, d.clock.Now()); err != nil {
		return nil, err
	}
	frozen, err := d.db.Frozen(ctx, id)
	if err == nil && frozen.Formation == nil {
		err = postgres.ErrNotFound.With("what", "formation")
	}
	return frozen.Formation, err
}

// differencesMax bounds the differences that a recomputation lists.
const differencesMax = 100

// Recompute runs a round again from its frozen snapshot and compares every
// share, subsidy and charge to the cent (officer).
func (d *Desk) Recompute(ctx context.Context, a communities.Actor, id pooling.RoundID) (Recomputed, error) {
	if err := a.May(communities.PermRunRound, communities.Scope{}, d.clock.Now()); err != nil {
		return Recomputed{}, err
	}
	frozen, err := d.db.Frozen(ctx, id)
	if err != nil {
		return Recomputed{}, err
	}
	out := Recomputed{Round: id, SnapshotOK: hashOf(frozen.Snapshot) == frozen.SnapshotSha256}
	if !out.SnapshotOK {
		out.Differences = append(out.Differences, "snapshot: its SHA-256 is "+hashOf(frozen.Snapshot)+", recorded is "+frozen.SnapshotSha256)
		return out, nil
	}
	again, err := d.formFrozen(ctx, id, frozen.FormSteps)
	if err != nil {
		return out, err
	}
	out.Demands = len(again.snapshot.Demands)
	if !bytes.Equal(again.bytes, frozen.Formation) {
		out.Differences = append(out.Differences, "formation: the recomputed bytes differ from the stored ones")
	}
	members, err := d.db.PoolMembers(ctx, id)
	if err != nil {
		return out, err
	}
	charges, err := d.db.Charges(ctx, postgres.ChargesFilter{Round: id}, len(members)+1)
	if err != nil {
		return out, err
	}
	out.Charges = len(charges)
	out.Differences = append(out.Differences, differences(again, members, charges)...)
	return out, nil
}

// differences compares a formation with the stored members and charges.
func differences(again formed, members []postgres.PoolMember, charges []postgres.ChargeLine) []string {
	var found []string
	note := func(format string, args ...any) {
		if len(found) < differencesMax {
			found = append(found, fmt.Sprintf(format, args...))
		}
	}
	stored := map[string]postgres.PoolMember{}
	for _, m := range members {
		stored[m.DemandID] = m
	}
	charged := map[string]postgres.ChargeLine{}
	for _, c := range charges {
		charged[string(c.Demand)] = c
	}
	for _, p := range again.formation.Pools {
		for _, m := range p.Members {
			s, ok := stored[m.Demand]
			if !ok {
				note("demand %s: in %s again, stored in none", m.Demand, p.ID)
				continue
			}
			delete(stored, m.Demand)
			if s.ShareCents != m.Share || s.SubsidyCents != m.Subsidy {
				note("demand %s: share %s subsidy %s again, stored %s and %s", m.Demand, m.Share, m.Subsidy, s.ShareCents, s.SubsidyCents)
			}
			if c, ok := charged[m.Demand]; ok && c.Net != m.Net {
				note("demand %s: net %s again, charged %s", m.Demand, m.Net, c.Net)
			}
		}
	}
	for id := range stored {
		note("demand %s: in no pool again, stored in one", id)
	}
	return found
}
