package postgres

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/uptrace/bun"
)

// SessionStore keeps web sessions; it has the methods of scs.Store and
// scs.CtxStore. Tokens are hashed by the session manager before they come here.
type SessionStore struct{ db *bun.DB }

// Sessions is the store of web sessions.
func (db *DB) Sessions() *SessionStore { return &SessionStore{db.bun} }

// FindCtx returns the data of a live session.
func (s *SessionStore) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	ctx, cancel := deadline(ctx)
	defer cancel()
	var data []byte
	err := s.db.NewRaw("SELECT data FROM sessions WHERE token = ? AND expires_at > ?", token, time.Now()).Scan(ctx, &data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, fault(err, "session")
}

// CommitCtx stores a session until expiry.
func (s *SessionStore) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	ctx, cancel := deadline(ctx)
	defer cancel()
	_, err := s.db.NewRaw(`
		INSERT INTO sessions (token, data, expires_at) VALUES (?, ?, ?)
		ON CONFLICT (token) DO UPDATE SET data = EXCLUDED.data, expires_at = EXCLUDED.expires_at`, token, data, expiry).Exec(ctx)
	return fault(err, "session")
}

// DeleteCtx ends a session.
func (s *SessionStore) DeleteCtx(ctx context.Context, token string) error {
	ctx, cancel := deadline(ctx)
	defer cancel()
	_, err := s.db.NewRaw("DELETE FROM sessions WHERE token = ? OR expires_at < ?", token, time.Now()).Exec(ctx)
	return fault(err, "session")
}

// Find is [SessionStore.FindCtx] without a context.
func (s *SessionStore) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is [SessionStore.CommitCtx] without a context.
func (s *SessionStore) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is [SessionStore.DeleteCtx] without a context.
func (s *SessionStore) Delete(token string) error { return s.DeleteCtx(context.Background(), token) }
