package web

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"colletta/communities"
)

type loginPage struct {
	frame
	Errors   refusals
	Email    field
	Next     string
	Accounts []DemoAccount
	LoggedIn bool
}

func (s *site) newLoginPage(r *http.Request, email, next string, err error) loginPage {
	p := loginPage{
		frame: s.frame(r, "Accedi"), Errors: s.refusalsOf(err, "email"), Next: next,
		LoggedIn: actorOf(r).User != "",
	}
	p.Email = field{
		Name: "email", Label: "Indirizzo e-mail", Type: "email", Auto: "email", Value: email, Error: p.Errors.at("email"),
		Help: "Quello che hai dato alla scuola, all’amministratore o al Comune.",
	}
	if s.demo != nil {
		p.Accounts = s.demo.Accounts
	}
	return p
}

// login shows the form; ?email= fills it in, for the accounts of the demo.
func (s *site) login(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	email := ""
	if s.demo != nil {
		email = q.Get("email")
	}
	s.render(w, r, http.StatusOK, "login", s.newLoginPage(r, email, localPath(q.Get("next"), ""), nil))
}

func (s *site) loginAsk(w http.ResponseWriter, r *http.Request) {
	email, next := value(r, "email"), localPath(value(r, "next"), "")
	err := s.desk.RequestLogin(r.Context(), email, next)
	if reformable(err) {
		s.render(w, r, statusOf(err), "login", s.newLoginPage(r, email, next, err))
		return
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	http.Redirect(w, r, "/accedi/inviata", http.StatusSeeOther)
}

func (s *site) loginSent(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "login_sent", textPage{s.frame(r, "Controlla la posta")})
}

type loginConfirmPage struct {
	frame
	Token string
}

// loginConfirm only shows a button: programs that open the links of a message
// to look at them must not spend the token.
func (s *site) loginConfirm(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "login_confirm", loginConfirmPage{s.frame(r, "Conferma l’accesso"), url.PathEscape(chi.URLParam(r, "token"))})
}

func (s *site) loginSpend(w http.ResponseWriter, r *http.Request) {
	token, err := url.PathUnescape(chi.URLParam(r, "token"))
	if err != nil {
		s.notFound(w, r)
		return
	}
	actor, next, err := s.desk.Login(r.Context(), token)
	if reformable(err) {
		s.render(w, r, statusOf(err), "login", s.newLoginPage(r, "", "", err))
		return
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	// A new token for the session, so that one planted before login is worth nothing.
	if err := s.sessions.RenewToken(r.Context()); err != nil {
		s.fault(w, r, err)
		return
	}
	s.sessions.Put(r.Context(), sessionUser, string(actor.User))
	http.Redirect(w, r, localPath(next, firstPage(actor, s)), http.StatusSeeOther)
}

// firstPage is where an actor starts.
func firstPage(a communities.Actor, s *site) string {
	now := s.desk.Now()
	switch {
	case a.Household != "" || a.Has(communities.RoleDelegate, now):
		return "/casa"
	case a.Has(communities.RoleOfficer, now):
		return "/comune"
	case a.Has(communities.RoleProvider, now):
		return "/ente"
	}
	return "/casa"
}

func (s *site) logout(w http.ResponseWriter, r *http.Request) {
	if err := s.sessions.Destroy(r.Context()); err != nil {
		s.fault(w, r, err)
		return
	}
	http.Redirect(w, r, "/", http.StatusSeeOther)
}
