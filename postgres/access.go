package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/uptrace/bun"

	"colletta/communities"
)

type userRow struct {
	bun.BaseModel `bun:"table:users"`

	MunicipalityID communities.MunicipalityID
	ID             string
	Email          string
	Name           string
	HouseholdID    string `bun:",nullzero"`
	CreatedAt      time.Time
}

type grantRow struct {
	Role        communities.Role
	CommunityID *string
	ProviderID  *string
	ValidFrom   time.Time
	ValidTo     *time.Time
}

// ActorByID is the actor for a user, with the roles that they hold or will
// hold and a member's role in each community of their household.
func (r reader) ActorByID(ctx context.Context, id communities.UserID) (communities.Actor, error) {
	if !validID(string(id)) {
		return communities.Actor{}, ErrNotFound.With("what", "user")
	}
	row, err := single[userRow](ctx, r, "user", id, "SELECT * FROM users WHERE municipality_id = ? AND id = ?", r.municipality, id)
	if err != nil {
		return communities.Actor{}, err
	}
	return r.actor(ctx, row)
}

// ActorByEmail is the actor for the user with an e-mail address in lower case.
func (r reader) ActorByEmail(ctx context.Context, email string) (communities.Actor, error) {
	row, err := single[userRow](ctx, r, "user", "by e-mail", "SELECT * FROM users WHERE municipality_id = ? AND email = ?", r.municipality, email)
	if err != nil {
		return communities.Actor{}, err
	}
	return r.actor(ctx, row)
}

func (r reader) actor(ctx context.Context, row userRow) (communities.Actor, error) {
	grants, err := list[grantRow](ctx, r, "grants", `
		SELECT role, community_id, provider_id, valid_from, valid_to FROM grants
		WHERE municipality_id = ? AND user_id = ? ORDER BY role, community_id, provider_id, id`, r.municipality, row.ID)
	if err != nil {
		return communities.Actor{}, err
	}
	a := communities.Actor{
		User: communities.UserID(row.ID), Municipality: r.municipality, Name: row.Name, Email: row.Email,
		Household: communities.HouseholdID(row.HouseholdID),
	}
	for _, g := range grants {
		grant := communities.Grant{Role: g.Role, From: g.ValidFrom}
		if g.CommunityID != nil {
			grant.Community = communities.CommunityID(*g.CommunityID)
		}
		if g.ProviderID != nil {
			grant.Provider = *g.ProviderID
		}
		if g.ValidTo != nil {
			grant.To = *g.ValidTo
		}
		a.Grants = append(a.Grants, grant)
	}
	if row.HouseholdID == "" {
		return a, nil
	}
	member, err := list[string](ctx, r, "memberships", `
		SELECT DISTINCT community_id::text AS id FROM memberships WHERE municipality_id = ? AND household_id = ? ORDER BY id`,
		r.municipality, row.HouseholdID)
	for _, id := range member {
		a.Grants = append(a.Grants, communities.Grant{Role: communities.RoleMember, Community: communities.CommunityID(id)})
	}
	return a, err
}

// AddUser stores a user, or finds the one with that address, and gives a role.
// A grant that is already there in the same terms is not doubled.
func (tx *Tx) AddUser(ctx context.Context, email, name string, g communities.Grant, at time.Time) error {
	if _, err := tx.exec(ctx, "add user", `
		INSERT INTO users (municipality_id, id, email, name, created_at) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (municipality_id, email) DO NOTHING`, tx.municipality, NewID(), email, name, at); err != nil {
		return err
	}
	var to *time.Time
	if !g.To.IsZero() {
		to = &g.To
	}
	_, err := tx.exec(ctx, "add grant", `
		INSERT INTO grants (municipality_id, id, user_id, role, community_id, provider_id, valid_from, valid_to)
		SELECT u.municipality_id, ?1, u.id, ?2, nullif(?3, '')::uuid, nullif(?4, '')::uuid, ?5, ?6
		FROM users u WHERE u.municipality_id = ?0 AND u.email = ?7 AND NOT EXISTS (
			SELECT 1 FROM grants o WHERE o.municipality_id = ?0 AND o.user_id = u.id AND o.role = ?2
				AND o.community_id IS NOT DISTINCT FROM nullif(?3, '')::uuid AND o.provider_id IS NOT DISTINCT FROM nullif(?4, '')::uuid
				AND (o.valid_to IS NULL OR o.valid_to > ?5))`,
		tx.municipality, NewID(), g.Role, string(g.Community), g.Provider, g.From, to, email)
	return err
}

// AddLoginLink stores the hash of a token that logs a user in once.
func (tx *Tx) AddLoginLink(ctx context.Context, hash []byte, user communities.UserID, next string, expires time.Time) error {
	_, err := tx.exec(ctx, "add login link", `
		INSERT INTO login_links (municipality_id, token_sha256, user_id, next_path, expires_at) VALUES (?, ?, ?, ?, ?)`,
		tx.municipality, hash, user, next, expires)
	return err
}

// LoginLink is what a login link was made for.
type LoginLink struct {
	UserID   string
	NextPath string
}

// SpendLoginLink uses a token; [ErrNotFound] when unknown, spent or expired.
func (tx *Tx) SpendLoginLink(ctx context.Context, hash []byte, at time.Time) (LoginLink, error) {
	return single[LoginLink](ctx, tx.reader, "login link", "", `
		UPDATE login_links SET used_at = ?2 WHERE municipality_id = ?0 AND token_sha256 = ?1 AND used_at IS NULL AND expires_at > ?2
		RETURNING user_id, next_path`, tx.municipality, hash, at)
}

// RecentLoginLinks counts the links that a user asked for and that are still
// good, so that nobody can flood a mailbox.
func (r reader) RecentLoginLinks(ctx context.Context, user communities.UserID, at time.Time) (int, error) {
	return single[int](ctx, r, "login links", user, `
		SELECT count(*) FROM login_links WHERE municipality_id = ? AND user_id = ? AND used_at IS NULL AND expires_at > ?`,
		r.municipality, user, at)
}

// Message is a message to a person.
type Message struct {
	ID, Recipient, Subject, Body string
	CreatedAt                    time.Time
}

// AddMessage stores a message to be sent.
func (tx *Tx) AddMessage(ctx context.Context, m Message) error {
	_, err := tx.exec(ctx, "add message", `
		INSERT INTO messages (municipality_id, id, recipient, subject, body, created_at) VALUES (?, ?, ?, ?, ?, ?)`,
		tx.municipality, m.ID, m.Recipient, m.Subject, m.Body, m.CreatedAt)
	return err
}

// MessageToSend is a message that was not sent yet; [ErrNotFound] afterwards.
func (r reader) MessageToSend(ctx context.Context, id string) (Message, error) {
	return single[Message](ctx, r, "message", id, `
		SELECT id, recipient, subject, body, created_at FROM messages
		WHERE municipality_id = ? AND id = ? AND sent_at IS NULL`, r.municipality, id)
}

// MarkSent records that a message was sent.
func (tx *Tx) MarkSent(ctx context.Context, id string, at time.Time) error {
	_, err := tx.exec(ctx, "mark sent", "UPDATE messages SET sent_at = ? WHERE municipality_id = ? AND id = ?", at, tx.municipality, id)
	return err
}

// LatestMessages lists the newest messages.
func (r reader) LatestMessages(ctx context.Context, most int) ([]Message, error) {
	return list[Message](ctx, r, "messages", `
		SELECT id, recipient, subject, body, created_at FROM messages
		WHERE municipality_id = ? ORDER BY created_at DESC, id DESC LIMIT ?`, r.municipality, most)
}

// Audit records who did what to what, in the act's own transaction. detail
// must hold nothing that the log may not show.
func (tx *Tx) Audit(ctx context.Context, at time.Time, user communities.UserID, act, subject string, detail map[string]any) error {
	if detail == nil {
		detail = map[string]any{}
	}
	text, err := json.Marshal(detail)
	if err != nil {
		return fault(err, "audit")
	}
	_, err = tx.exec(ctx, "audit", `
		INSERT INTO audit (municipality_id, id, at, user_id, act, subject, detail) VALUES (?, ?, ?, nullif(?, '')::uuid, ?, ?, ?::jsonb)`,
		tx.municipality, NewID(), at, string(user), act, subject, string(text))
	return err
}
