package web

import (
	"net/http"

	"colletta/communities"
	"colletta/desk"
	"colletta/pooling"
	"colletta/refusal"
)

type landingPage struct {
	frame
	Open     []desk.RoundSummary
	LoggedIn bool
}

func (s *site) landing(w http.ResponseWriter, r *http.Request) {
	rounds, err := s.desk.Rounds(r.Context(), actorOf(r))
	if err != nil && len(refusal.All(err)) == 0 {
		s.fault(w, r, err)
		return
	}
	p := landingPage{frame: s.frame(r, "Colletta: servizi condivisi tra vicini"), LoggedIn: actorOf(r).User != ""}
	for _, round := range rounds {
		if round.State == pooling.RoundOpen {
			p.Open = append(p.Open, round)
		}
	}
	s.render(w, r, http.StatusOK, "landing", p)
}

type spacesPage struct {
	frame
	Districts []spaceDistrict
	Count     int
	Source    string
}

type spaceDistrict struct {
	communities.District
	Spaces []communities.Space
}

func (s *site) spaces(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "spaces", newSpacesPage(s.frame(r, "Spazi WeMi"), communities.Milan()))
}

func newSpacesPage(f frame, city *communities.City) spacesPage {
	p := spacesPage{frame: f, Count: len(city.Spaces), Source: city.Source}
	for _, d := range city.Districts {
		group := spaceDistrict{District: d}
		for _, space := range city.Spaces {
			if space.DistrictID == d.ID {
				group.Spaces = append(group.Spaces, space)
			}
		}
		if len(group.Spaces) > 0 {
			p.Districts = append(p.Districts, group)
		}
	}
	return p
}

// textPage is a page of words only.
type textPage struct{ frame }

func (s *site) accessibility(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "accessibility", textPage{s.bareFrame(r, "Accessibilità")})
}

func (s *site) privacy(w http.ResponseWriter, r *http.Request) {
	s.render(w, r, http.StatusOK, "privacy", textPage{s.bareFrame(r, "Privacy")})
}
