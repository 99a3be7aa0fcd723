package web

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"colletta/billing"
	"colletta/desk"
)

type applicationsPage struct {
	frame
	Open, Closed []desk.ApplicationView
}

func (s *site) applications(w http.ResponseWriter, r *http.Request) {
	list, err := s.desk.Applications(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "applications", newApplicationsPage(s.frame(r, "I miei contributi"), list))
}

func newApplicationsPage(f frame, list []desk.ApplicationView) applicationsPage {
	p := applicationsPage{frame: f}
	for _, v := range list {
		if v.Open() {
			p.Open = append(p.Open, v)
		} else {
			p.Closed = append(p.Closed, v)
		}
	}
	return p
}

func (s *site) applicationWithdraw(w http.ResponseWriter, r *http.Request) {
	if err := s.desk.WithdrawApplication(r.Context(), actorOf(r), chi.URLParam(r, "id")); err != nil {
		s.refuse(w, r, err)
		return
	}
	s.notice(r, "Domanda ritirata.")
	http.Redirect(w, r, "/contributi", http.StatusSeeOther)
}

type awardsPage struct {
	frame
	View    desk.AwardsView
	Errors  refusals
	Why     string // why nothing can be asked
	Address string
}

func (s *site) awards(w http.ResponseWriter, r *http.Request) { s.showAwards(w, r, nil) }

func (s *site) showAwards(w http.ResponseWriter, r *http.Request, refused error) {
	view, err := s.desk.Awards(r.Context(), actorOf(r), billing.ChargeID(chi.URLParam(r, "id")))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "awards", s.newAwardsPage(s.frame(r, "Contributo per la quota "+view.Charge.Number), view, s.refusalsOf(refused)))
}

func (s *site) newAwardsPage(f frame, view desk.AwardsView, errs refusals) awardsPage {
	p := awardsPage{frame: f, View: view, Errors: errs, Address: "/quote/" + url.PathEscape(string(view.Charge.ID))}
	if view.Refused != nil {
		for _, line := range s.refusalsOf(view.Refused).Lines {
			p.Why = strings.TrimSpace(p.Why + " " + line.Text)
		}
	}
	return p
}

func (s *site) awardAsk(w http.ResponseWriter, r *http.Request) {
	id := billing.ChargeID(chi.URLParam(r, "id"))
	got, err := s.desk.RequestAward(r.Context(), actorOf(r), desk.AwardRequest{Charge: id, Measure: value(r, "measure")})
	switch {
	case err == nil:
		said := "Domanda registrata."
		for _, v := range got {
			if v.Granted > 0 {
				said = "Il contributo paga " + v.Granted.Italian() + " di questa quota."
			} else if v.Before >= 0 {
				said = "Domanda registrata: sei in lista d’attesa."
			}
		}
		s.notice(r, said)
		http.Redirect(w, r, "/quote/"+url.PathEscape(string(id))+"#contributo", http.StatusSeeOther)
	case reformable(err):
		s.showAwards(w, r, err)
	default:
		s.refuse(w, r, err)
	}
}
