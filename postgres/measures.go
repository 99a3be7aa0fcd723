package postgres

import (
	"context"
	"time"

	"colletta/communities"
)

// MeasureVersion is one text of a measure that was written.
type MeasureVersion struct {
	MeasureID     string
	Version       int // from 1
	Name          string
	Yaml          string
	Note          string // of who wrote it: what changed and why
	WrittenBy     string // UUID text of the user
	WrittenByName string
	WrittenAt     time.Time
	PublishedBy   string // empty while it is a draft
	PublisherName string
	PublishedAt   *time.Time // nil while it is a draft
}

// InForce is true for a version that was published.
func (v MeasureVersion) InForce() bool { return v.PublishedAt != nil }

const measureVersionSelect = `
	SELECT v.measure_id, v.version, v.name, v.yaml, v.note, v.written_by::text AS written_by, w.name AS written_by_name, v.written_at,
		coalesce(v.published_by::text, '') AS published_by, coalesce(p.name, '') AS publisher_name, v.published_at
	FROM measure_versions v
	JOIN users w ON w.municipality_id = v.municipality_id AND w.id = v.written_by
	LEFT JOIN users p ON p.municipality_id = v.municipality_id AND p.id = v.published_by
	WHERE v.municipality_id = ? `

// MeasureVersions lists every version of one measure, or of all when id is
// empty: by measure, the newest first.
func (r reader) MeasureVersions(ctx context.Context, id string) ([]MeasureVersion, error) {
	return list[MeasureVersion](ctx, r, "measure versions", measureVersionSelect+"AND (?1 = '' OR v.measure_id = ?1) ORDER BY v.measure_id, v.version DESC",
		r.municipality, id)
}

// LockMeasure returns every version of a measure, the newest first, and keeps
// others from writing or publishing it until the transaction ends.
func (tx *Tx) LockMeasure(ctx context.Context, id string) ([]MeasureVersion, error) {
	// A measure without versions has no row to lock, so the name is locked.
	if _, err := tx.exec(ctx, "lock measure", "SELECT pg_advisory_xact_lock(?, hashtext(?))", int(tx.municipality), "measure "+id); err != nil {
		return nil, err
	}
	return tx.MeasureVersions(ctx, id)
}

// AddMeasureVersion stores a draft.
func (tx *Tx) AddMeasureVersion(ctx context.Context, v MeasureVersion) error {
	_, err := tx.exec(ctx, "add measure version", `
		INSERT INTO measure_versions (municipality_id, measure_id, version, name, yaml, note, written_by, written_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		tx.municipality, v.MeasureID, v.Version, v.Name, v.Yaml, v.Note, v.WrittenBy, v.WrittenAt)
	return err
}

// PublishMeasureVersion puts a version in force from now on.
// [ErrMeasureTwoHands] when its writer publishes it.
func (tx *Tx) PublishMeasureVersion(ctx context.Context, v MeasureVersion, by communities.UserID, at time.Time) error {
	n, err := tx.exec(ctx, "publish measure", `
		UPDATE measure_versions SET published_by = ?, published_at = ?
		WHERE municipality_id = ? AND measure_id = ? AND version = ? AND published_at IS NULL`, by, at, tx.municipality, v.MeasureID, v.Version)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrExists
	}
	_, err = tx.exec(ctx, "publish measure", `
		INSERT INTO measures (municipality_id, id, name, yaml, published_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (municipality_id, id) DO UPDATE SET name = EXCLUDED.name, yaml = EXCLUDED.yaml, published_at = EXCLUDED.published_at`,
		tx.municipality, v.MeasureID, v.Name, v.Yaml, at)
	return err
}

// PublishedMeasure is the text of a measure that is in force.
type PublishedMeasure struct {
	ID          string
	Yaml        string
	PublishedAt time.Time
}

// PublishedMeasures lists the measures in force, or the one of an id, by id.
func (r reader) PublishedMeasures(ctx context.Context, id string) ([]PublishedMeasure, error) {
	return list[PublishedMeasure](ctx, r, "measures in force",
		"SELECT id, yaml, published_at FROM measures WHERE municipality_id = ?0 AND (?1 = '' OR id = ?1) ORDER BY id", r.municipality, id)
}
