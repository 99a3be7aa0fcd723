package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
)

// ExportRound is what a pass of a round was formed from, byte for byte: the
// snapshot frozen at the close, or for pass 2 what the first left over
// (officer: it holds ISEE values). [postgres.ErrNotFound] for a pass that was not.
func (d *Desk) ExportRound(ctx context.Context, a communities.Actor, id pooling.RoundID, pass int) ([]byte, error) {
	if err := a.May(communities.PermRunRound, communities.Scope{}, d.clock.Now()); err != nil {
		return nil, err
	}
	if pass != 1 {
		p, err := d.exported(ctx, a, id, pass)
		return p.Snapshot, err
	}
	why := postgres.Reading{Purpose: postgres.PurposeExport, By: a.User, At: d.clock.Now()}
	var frozen postgres.Frozen
	err := d.db.InTx(ctx, func(tx *postgres.Tx) (err error) {
		if frozen, err = tx.ReadFrozen(ctx, why, id); err != nil {
			return err
		}
		return auditExport(ctx, tx, why, id, frozen.SnapshotSha256, pass)
	})
	return frozen.Snapshot, err
}

// ExportFormation is the stored result of a pass, byte for byte (officer).
func (d *Desk) ExportFormation(ctx context.Context, a communities.Actor, id pooling.RoundID, pass int) ([]byte, error) {
	if err := a.May(communities.PermRunRound, communities.Scope{}, d.clock.Now()); err != nil {
		return nil, err
	}
	p, err := d.exported(ctx, a, id, pass)
	return p.Formation, err
}

// exported is a pass with its bytes, for an officer who takes them along.
func (d *Desk) exported(ctx context.Context, a communities.Actor, id pooling.RoundID, pass int) (postgres.Pass, error) {
	why := postgres.Reading{Purpose: postgres.PurposeExport, By: a.User, At: d.clock.Now()}
	var p postgres.Pass
	err := d.db.InTx(ctx, func(tx *postgres.Tx) (err error) {
		if p, err = tx.ReadPass(ctx, why, id, pass); err != nil {
			return err
		}
		return auditExport(ctx, tx, why, id, p.SHA256, pass)
	})
	return p, err
}

func auditExport(ctx context.Context, tx *postgres.Tx, why postgres.Reading, id pooling.RoundID, sha256 string, pass int) error {
	return tx.Audit(ctx, why.At, why.By, "export_round", "round "+string(id), map[string]any{"sha256": sha256, "pass": pass})
}

// frozen is what was frozen of a round, read for a purpose.
func (d *Desk) frozen(ctx context.Context, why postgres.Reading, id pooling.RoundID) (postgres.Frozen, error) {
	var f postgres.Frozen
	err := d.db.InTx(ctx, func(tx *postgres.Tx) (err error) { f, err = tx.ReadFrozen(ctx, why, id); return err })
	return f, err
}

// differencesMax bounds the differences that a recomputation lists.
const differencesMax = 100

// Recompute runs every pass of a round again from its snapshot, with the seed
// and the work that were recorded, and compares the bytes and then every share,
// subsidy and charge to the cent (officer). What its series says now does not
// matter. [postgres.ErrNotFound] for a round that is not formed.
func (d *Desk) Recompute(ctx context.Context, a communities.Actor, id pooling.RoundID) (Recomputed, error) {
	if err := a.May(communities.PermRunRound, communities.Scope{}, d.clock.Now()); err != nil {
		return Recomputed{}, err
	}
	r := recomputing{desk: d, why: postgres.Reading{Purpose: postgres.PurposeRecompute, By: a.User, At: d.clock.Now()}, out: Recomputed{Round: id, SnapshotOK: true}}
	passes, err := d.db.Passes(ctx, id)
	if err != nil {
		return r.out, err
	}
	if len(passes) == 0 {
		return r.out, postgres.ErrNotFound.With("what", "formation")
	}
	for _, p := range passes {
		if err := r.again(ctx, id, p.Number); err != nil || !r.out.SnapshotOK {
			return r.out, err
		}
	}
	members, err := d.db.PoolMembers(ctx, id)
	if err != nil {
		return r.out, err
	}
	charges, err := d.db.Charges(ctx, postgres.ChargesFilter{Round: id}, len(members)+1)
	if err != nil {
		return r.out, err
	}
	r.out.Charges = len(charges)
	r.compare(members, charges)
	return r.out, nil
}

// recomputing is one run of [Desk.Recompute].
type recomputing struct {
	desk       *Desk
	why        postgres.Reading
	out        Recomputed
	snapshots  []*pooling.Snapshot
	formations []*pooling.Formation
}

func (r *recomputing) note(format string, args ...any) {
	if len(r.out.Differences) < differencesMax {
		r.out.Differences = append(r.out.Differences, fmt.Sprintf(format, args...))
	}
}

// again forms one pass once more.
func (r *recomputing) again(ctx context.Context, id pooling.RoundID, number int) error {
	var stored postgres.Pass
	err := r.desk.db.InTx(ctx, func(tx *postgres.Tx) (err error) { stored, err = tx.ReadPass(ctx, r.why, id, number); return err })
	if errors.Is(err, postgres.ErrSealBroken) { // its bytes were changed, or belong to another row
		r.out.SnapshotOK = false
		r.note("pass %d: what is stored of it does not open: %v", number, err)
		return nil
	}
	if err != nil {
		return err
	}
	if got := hashOf(stored.Snapshot); got != stored.SHA256 {
		r.out.SnapshotOK = false
		r.note("pass %d, snapshot: its SHA-256 is %s, recorded is %s", number, got, stored.SHA256)
		return nil
	}
	s, err := pooling.ReadSnapshot(bytes.NewReader(stored.Snapshot))
	if err != nil {
		return fmt.Errorf("round %s, pass %d: %w", id, number, err)
	}
	f, searched, err := r.search(s, stored)
	if err != nil {
		return fmt.Errorf("round %s, pass %d: %w", id, number, err)
	}
	if number > 1 {
		r.compareRemainder(s)
	}
	r.snapshots, r.formations = append(r.snapshots, s), append(r.formations, f)
	r.out.Passes = append(r.out.Passes, RecomputedPass{Number: number, Demands: len(s.Demands), Served: served(f), Searched: searched})
	r.out.Demands = max(r.out.Demands, len(s.Demands))
	return nil
}

// search repeats the recorded work and compares the bytes. A pass that an
// earlier search formed can only be checked against the rules.
func (r *recomputing) search(s *pooling.Snapshot, stored postgres.Pass) (f *pooling.Formation, searched bool, err error) {
	if stored.Engine != pooling.Engine {
		if f, err = pooling.ReadFormation(bytes.NewReader(stored.Formation)); err != nil {
			return nil, false, err
		}
		for _, broken := range pooling.Check(s, f) {
			r.note("pass %d, stored formation: %v", stored.Number, broken)
		}
		return f, false, nil
	}
	f, text, err := formChecked(s, pooling.Options{Seed: stored.Seed, Effort: stored.Effort, Workers: r.desk.workers, Work: &stored.Work})
	if err == nil && !bytes.Equal(text, stored.Formation) {
		r.note("pass %d, formation: the recomputed bytes differ from the stored ones", stored.Number)
	}
	return f, true, err
}

// compareRemainder proves that the second pass looked at what the first left
// over. Its budgets may be less: other rounds had reserved of the funds.
func (r *recomputing) compareRemainder(s *pooling.Snapshot) {
	left := pooling.Remainder(r.snapshots[0], r.formations[0])
	for i := range left.Programmes {
		if i < len(s.Programmes) && s.Programmes[i].Budget <= left.Programmes[i].Budget {
			left.Programmes[i].Budget = s.Programmes[i].Budget
		}
	}
	want, err := left.JSON()
	got, err2 := s.JSON()
	if err != nil || err2 != nil || !bytes.Equal(want, got) {
		r.note("pass 2, snapshot: it is not what pass 1 leaves over")
	}
}

func served(f *pooling.Formation) int {
	n := 0
	for _, p := range f.Pools {
		n += len(p.Members)
	}
	return n
}

// compare looks for differences from the stored members and charges.
func (r *recomputing) compare(members []postgres.PoolMember, charges []postgres.ChargeLine) {
	stored := map[string]postgres.PoolMember{}
	for _, m := range members {
		stored[m.DemandID] = m
	}
	charged := map[string]postgres.ChargeLine{}
	for _, c := range charges {
		charged[string(c.Demand)] = c
	}
	for _, f := range r.formations {
		for _, p := range f.Pools {
			for _, m := range p.Members {
				s, ok := stored[m.Demand]
				if !ok {
					r.note("demand %s: in %s again, stored in none", m.Demand, p.ID)
					continue
				}
				delete(stored, m.Demand)
				if s.ShareCents != m.Share || s.SubsidyCents != m.Subsidy {
					r.note("demand %s: share %s subsidy %s again, stored %s and %s", m.Demand, m.Share, m.Subsidy, s.ShareCents, s.SubsidyCents)
				}
				if c, ok := charged[m.Demand]; ok && c.Net+c.Later != m.Net {
					r.note("demand %s: net %s again, charged %s", m.Demand, m.Net, c.Net)
				}
			}
		}
	}
	for _, m := range members {
		if _, left := stored[m.DemandID]; left {
			r.note("demand %s: in no pool again, stored in one", m.DemandID)
		}
	}
}
