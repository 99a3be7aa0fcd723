package web

import (
	"context"
	"net/http"
	"net/url"

	"github.com/alexedwards/scs/v2"

	"colletta/communities"
	"colletta/refusal"
)

// Keys of a session.
const (
	sessionUser   = "user"
	sessionNotice = "notice" // shown once, on the next page
)

type actorKey struct{}

func newSessions(store scs.Store, https bool) *scs.SessionManager {
	m := scs.New()
	if store != nil {
		m.Store = store
	}
	m.Lifetime = sessionTimeMax
	m.IdleTimeout = sessionIdleMax
	m.HashTokenInStore = true
	m.Cookie.Name = "colletta"
	m.Cookie.HttpOnly = true
	m.Cookie.SameSite = http.SameSiteLaxMode
	m.Cookie.Secure = https
	return m
}

// knowActor puts the actor of the session into the context; a user that is no
// longer known is logged out.
func (s *site) knowActor(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user := s.sessions.GetString(r.Context(), sessionUser)
		if user == "" {
			next.ServeHTTP(w, r)
			return
		}
		actor, err := s.desk.ActorOf(r.Context(), communities.UserID(user))
		switch {
		case err == nil:
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), actorKey{}, actor)))
		case len(refusal.All(err)) > 0:
			s.sessions.Remove(r.Context(), sessionUser)
			next.ServeHTTP(w, r)
		default:
			s.fault(w, r, err)
		}
	})
}

// actorOf is the actor of a request; the zero Actor when nobody is logged in.
func actorOf(r *http.Request) communities.Actor {
	a, _ := r.Context().Value(actorKey{}).(communities.Actor)
	return a
}

// needLogin sends those who are not logged in to the login page, and from there
// back to where they were going.
func (s *site) needLogin(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if actorOf(r).User == "" {
			toLogin(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func toLogin(w http.ResponseWriter, r *http.Request) {
	to := "/accedi"
	if r.Method == http.MethodGet {
		to += "?next=" + url.QueryEscape(localPath(r.URL.RequestURI(), "/casa"))
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// notice keeps a sentence for the next page.
func (s *site) notice(r *http.Request, sentence string) {
	s.sessions.Put(r.Context(), sessionNotice, sentence)
}
