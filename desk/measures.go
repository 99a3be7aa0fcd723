package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

var (
	// ErrMeasureOvertaken says that a newer version of the measure was written, or
	// that this one is in force already. Args: version, newest.
	ErrMeasureOvertaken = refusal.New(refusal.KindConflict, "measure_overtaken")
	// ErrMeasureSame says that the text is the one that is there already. Args: version.
	ErrMeasureSame = refusal.New(refusal.KindConflict, "measure_same")
)

const measureNoteRunesMax = 2000

// MeasureText is the text of a measure as somebody wrote it.
type MeasureText struct {
	YAML string // [yaml] docs/measures.md
	Note string // [note] what changed and why, for who publishes it; may be empty
}

// MeasureRelease puts a version of a measure in force.
type MeasureRelease struct {
	Measure string
	Version int
	Year    string // [year] of the fund; empty adds no fund
	Cap     string // [cap] of the fund, euro in Italian form
}

// fund reads year and limit; 0 where none is asked for.
func (r MeasureRelease) fund() (year int, limit money.Amount, err error) {
	if strings.TrimSpace(r.Year+r.Cap) == "" {
		return 0, 0, nil
	}
	var f form
	year = int(f.whole("year", r.Year, fundYearMin, fundYearMax, -1))
	limit = f.price("cap", r.Cap, 1)
	return year, limit, f.refused.OrNil()
}

// The years that a fund can be of.
const (
	fundYearMin = 2000
	fundYearMax = 2100
)

// WriteMeasure stores a draft of a measure (officer). Its own worked cases must
// pass. It returns the measure's id and the number of the version.
//
// Its errors are those of [subsidies.LoadMeasure], at field yaml, and
// [ErrMeasureSame].
func (d *Desk) WriteMeasure(ctx context.Context, a communities.Actor, r MeasureText) (id string, version int, err error) {
	now := d.clock.Now()
	if err := a.May(communities.PermWriteMeasure, communities.Scope{}, now); err != nil {
		return "", 0, err
	}
	r.Note = strings.TrimSpace(r.Note)
	if e := textFault(r.Note, measureNoteRunesMax); e != nil {
		return "", 0, e.At("note")
	}
	r.YAML = strings.ReplaceAll(r.YAML, "\r\n", "\n") // as browsers send it
	m, err := subsidies.LoadMeasure([]byte(r.YAML))
	if err != nil {
		return "", 0, atField("yaml", err)
	}
	return m.ID, version, d.db.InTx(ctx, func(tx *postgres.Tx) error {
		versions, err := tx.LockMeasure(ctx, m.ID)
		if err != nil {
			return err
		}
		version = 1
		if len(versions) > 0 {
			if versions[0].Yaml == r.YAML {
				return ErrMeasureSame.With("version", versions[0].Version).At("yaml")
			}
			version = versions[0].Version + 1
		}
		if err := tx.AddMeasureVersion(ctx, postgres.MeasureVersion{
			MeasureID: m.ID, Version: version, Name: m.Name.IT, Yaml: r.YAML, Note: r.Note, WrittenBy: string(a.User), WrittenAt: now,
		}); err != nil {
			return err
		}
		return tx.Audit(ctx, now, a.User, "write_measure", "measure "+m.ID, map[string]any{"version": version})
	})
}

// PublishMeasure puts the newest version of a measure in force, from now on,
// and adds its fund for a year where one is named (officer). Who wrote any of
// the versions since the one in force cannot publish it: two people see every
// measure before it moves money ([postgres.ErrMeasureTwoHands]). Rounds that
// were formed keep what they were granted.
//
// It returns [ErrMeasureOvertaken] when the version is not the newest or is in
// force, and [postgres.ErrNotFound].
func (d *Desk) PublishMeasure(ctx context.Context, a communities.Actor, r MeasureRelease) error {
	now := d.clock.Now()
	if err := a.May(communities.PermPublishMeasure, communities.Scope{}, now); err != nil {
		return err
	}
	year, limit, err := r.fund()
	if err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		versions, err := tx.LockMeasure(ctx, r.Measure)
		if err != nil {
			return err
		}
		v, err := releasable(versions, r.Version, string(a.User))
		if err != nil {
			return err
		}
		m, err := subsidies.LoadMeasure([]byte(v.Yaml))
		if err != nil {
			return err // a program that reads measures otherwise than the one that took the draft
		}
		if err := tx.PublishMeasureVersion(ctx, v, a.User, now); err != nil {
			return err
		}
		if year != 0 {
			if err := d.openFund(ctx, tx, a.User, yearFund(m, year, limit)); err != nil {
				return err
			}
		}
		return tx.Audit(ctx, now, a.User, "publish_measure", "measure "+r.Measure, map[string]any{
			"version": r.Version, "written_by": v.WrittenBy, "year": year, "cap": limit.String(),
		})
	})
}

// AddMeasureFund gives a measure in force a fund for another year (officer).
func (d *Desk) AddMeasureFund(ctx context.Context, a communities.Actor, r MeasureRelease) error {
	now := d.clock.Now()
	if err := a.May(communities.PermPublishMeasure, communities.Scope{}, now); err != nil {
		return err
	}
	year, limit, err := r.fund()
	if err != nil {
		return err
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		versions, err := tx.LockMeasure(ctx, r.Measure)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(versions, postgres.MeasureVersion.InForce)
		if at < 0 {
			return postgres.ErrNotFound.With("key", r.Measure)
		}
		m, err := subsidies.LoadMeasure([]byte(versions[at].Yaml))
		if err != nil {
			return err
		}
		return d.openFund(ctx, tx, a.User, yearFund(m, year, limit))
	})
}

// releasable is the version that somebody may put in force.
func releasable(versions []postgres.MeasureVersion, version int, publisher string) (postgres.MeasureVersion, error) {
	if len(versions) == 0 || version < 1 || version > versions[0].Version {
		return postgres.MeasureVersion{}, postgres.ErrNotFound.With("key", strconv.Itoa(version))
	}
	newest := versions[0]
	if newest.Version != version || newest.InForce() {
		return newest, ErrMeasureOvertaken.With("version", version, "newest", newest.Version)
	}
	for _, v := range versions {
		if v.InForce() {
			break
		}
		if v.WrittenBy == publisher {
			return newest, postgres.ErrMeasureTwoHands
		}
	}
	return newest, nil
}

// MeasureView is a measure with its versions, the newest first.
type MeasureView struct {
	ID, Name string
	Versions []MeasureVersionView
}

// MeasureVersionView is one text of a measure.
type MeasureVersionView struct {
	Measure       string
	Version       int // from 1
	YAML, Note    string
	WrittenByName string
	WrittenAt     time.Time
	PublisherName string    // empty while it is a draft
	PublishedAt   time.Time // zero while it is a draft
	Current       bool      // in force now
	MayPublish    bool      // by who asks
}

// Draft is true for a version that was never in force.
func (v MeasureVersionView) Draft() bool { return v.PublishedAt.IsZero() }

// Measures lists every measure with its versions (officer).
func (d *Desk) Measures(ctx context.Context, a communities.Actor) ([]MeasureView, error) {
	return d.measures(ctx, a, "")
}

// Measure is one measure with its versions (officer); [postgres.ErrNotFound].
func (d *Desk) Measure(ctx context.Context, a communities.Actor, id string) (MeasureView, error) {
	all, err := d.measures(ctx, a, id)
	if err != nil {
		return MeasureView{}, err
	}
	if id == "" || len(all) == 0 {
		return MeasureView{}, postgres.ErrNotFound.With("key", id)
	}
	return all[0], nil
}

func (d *Desk) measures(ctx context.Context, a communities.Actor, id string) ([]MeasureView, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermWriteMeasure, communities.Scope{}, now); err != nil {
		return nil, err
	}
	versions, err := d.db.MeasureVersions(ctx, id)
	if err != nil {
		return nil, err
	}
	var all []MeasureView
	for from := 0; from < len(versions); {
		to := from
		for to < len(versions) && versions[to].MeasureID == versions[from].MeasureID {
			to++
		}
		all = append(all, measureView(versions[from:to], a, a.May(communities.PermPublishMeasure, communities.Scope{}, now) == nil))
		from = to
	}
	return all, nil
}

func measureView(versions []postgres.MeasureVersion, a communities.Actor, publisher bool) MeasureView {
	v := MeasureView{ID: versions[0].MeasureID, Name: versions[0].Name}
	current := false
	for _, one := range versions {
		view := MeasureVersionView{
			Measure: one.MeasureID, Version: one.Version, YAML: one.Yaml, Note: one.Note, WrittenByName: one.WrittenByName, WrittenAt: one.WrittenAt,
			PublisherName: one.PublisherName, Current: one.InForce() && !current,
		}
		if one.InForce() {
			view.PublishedAt = *one.PublishedAt
		}
		current = current || one.InForce()
		_, err := releasable(versions, one.Version, string(a.User))
		view.MayPublish = publisher && err == nil
		v.Versions = append(v.Versions, view)
	}
	return v
}
