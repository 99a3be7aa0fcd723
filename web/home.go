package web

import (
	"net/http"

	"colletta/billing"
	"colletta/communities"
	"colletta/desk"
	"colletta/money"
	"colletta/pooling"
)

type homePage struct {
	frame
	Home     desk.HomeView
	Due      []desk.ChargeView // still to pay
	DueTotal money.Amount
	Open     []desk.RoundSummary
	Others   []desk.RoundSummary
	Officer  bool
	Provider bool
	Operator bool
}

func (s *site) home(w http.ResponseWriter, r *http.Request) {
	actor := actorOf(r)
	if first := firstPage(actor, s); first != "/casa" {
		http.Redirect(w, r, first, http.StatusSeeOther)
		return
	}
	home, err := s.desk.Home(r.Context(), actor)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	p := newHomePage(s.frame(r, "Casa"), home)
	p.Officer = actor.Has(communities.RoleOfficer, s.desk.Now())
	p.Provider = actor.Has(communities.RoleProvider, s.desk.Now())
	p.Operator = actor.Has(communities.RoleOperator, s.desk.Now())
	s.render(w, r, http.StatusOK, "home", p)
}

func newHomePage(f frame, home desk.HomeView) homePage {
	p := homePage{frame: f, Home: home}
	for _, c := range home.Charges {
		if c.State == billing.ChargeOpen {
			p.Due = append(p.Due, c)
			p.DueTotal += c.Due
		}
	}
	p.Open, p.Others = splitOpen(home.Rounds)
	return p
}

// splitOpen parts the rounds that take pledges from the others, in order.
func splitOpen(rounds []desk.RoundSummary) (open, others []desk.RoundSummary) {
	for _, round := range rounds {
		if round.State == pooling.RoundOpen {
			open = append(open, round)
		} else {
			others = append(others, round)
		}
	}
	return open, others
}
