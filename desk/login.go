package desk

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
	"time"

	"colletta/communities"
	"colletta/postgres"
	"colletta/refusal"
)

const (
	loginLinkValid    = 30 * time.Minute
	loginLinksMax     = 5 // good at the same time for one user
	emailBytesMax     = 254
	loginTokenBytes   = 32
	nextPathBytesMax  = 500
	mailboxLengthMost = 50
)

var (
	// ErrEmail says that a text is no e-mail address.
	ErrEmail = refusal.New(refusal.KindInvalid, "email_invalid")
	// ErrLoginLink says that a login link is unknown, spent or expired.
	ErrLoginLink = refusal.New(refusal.KindInvalid, "login_link_invalid")
)

// RequestLogin sends a login link to an e-mail address if somebody is known by
// it. The answer is the same when nobody is, so that the page does not tell who
// is enrolled. next is the local path to open after login.
func (d *Desk) RequestLogin(ctx context.Context, email, next string) error {
	email, err := normalEmail(email)
	if err != nil {
		return err
	}
	actor, err := d.db.ActorByEmail(ctx, email)
	if errors.Is(err, postgres.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	token, hash := newToken()
	if len(next) > nextPathBytesMax {
		next = ""
	}
	now := d.clock.Now()
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		recent, err := tx.RecentLoginLinks(ctx, actor.User, now)
		if err != nil || recent >= loginLinksMax {
			return err
		}
		if err := tx.AddLoginLink(ctx, hash, actor.User, next, now.Add(loginLinkValid)); err != nil {
			return err
		}
		return d.send(ctx, tx, email, letterLogin, loginLetter{Name: actor.Name, Link: d.publicURL + "/accedi/" + token, Minutes: int(loginLinkValid.Minutes())})
	})
}

// Login spends the token of a login link. It returns [ErrLoginLink].
func (d *Desk) Login(ctx context.Context, token string) (actor communities.Actor, next string, err error) {
	raw, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(raw) != loginTokenBytes {
		return communities.Actor{}, "", ErrLoginLink
	}
	hash := sha256.Sum256(raw)
	now := d.clock.Now()
	err = d.db.InTx(ctx, func(tx *postgres.Tx) error {
		link, err := tx.SpendLoginLink(ctx, hash[:], now)
		if errors.Is(err, postgres.ErrNotFound) {
			return ErrLoginLink
		}
		if err != nil {
			return err
		}
		next = link.NextPath
		if actor, err = tx.ActorByID(ctx, communities.UserID(link.UserID)); err != nil {
			return err
		}
		return tx.Audit(ctx, now, actor.User, "login", "user "+link.UserID, nil)
	})
	return actor, next, err
}

// ActorOf is the actor for a user that is logged in; [communities.ErrNotLoggedIn]
// when the user is not known any more.
func (d *Desk) ActorOf(ctx context.Context, user communities.UserID) (communities.Actor, error) {
	actor, err := d.db.ActorByID(ctx, user)
	if errors.Is(err, postgres.ErrNotFound) {
		return communities.Actor{}, communities.ErrNotLoggedIn
	}
	return actor, err
}

// Mailbox lists the latest messages; [postgres.ErrNotFound] outside the demo.
func (d *Desk) Mailbox(ctx context.Context) ([]MailView, error) {
	if !d.demo {
		return nil, postgres.ErrNotFound
	}
	rows, err := d.db.LatestMessages(ctx, mailboxLengthMost)
	mails := make([]MailView, len(rows))
	for i, m := range rows {
		mails[i] = MailView{ID: m.ID, To: m.Recipient, Subject: m.Subject, Text: m.Body, SentAt: m.CreatedAt}
	}
	return mails, err
}

// newToken makes a random token for a link and the hash to store.
func newToken() (token string, hash []byte) {
	raw := make([]byte, loginTokenBytes)
	rand.Read(raw) // never fails
	sum := sha256.Sum256(raw)
	return base64.RawURLEncoding.EncodeToString(raw), sum[:]
}

func normalEmail(s string) (string, error) {
	s = strings.ToLower(strings.TrimSpace(s))
	at := strings.LastIndexByte(s, '@')
	if at < 1 || at == len(s)-1 || len(s) > emailBytesMax || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return "", ErrEmail.At("email")
	}
	return s, nil
}
