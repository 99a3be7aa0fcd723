package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"colletta/desk"
	"colletta/pooling"
)

type dryRunPage struct {
	frame
	View    desk.DryRunView
	Lines   []string
	Reasons []reasonLine
	Passes  []passFacts
}

// dryRun shows an officer what would come of an open round if it closed now.
func (s *site) dryRun(w http.ResponseWriter, r *http.Request) {
	effort := pooling.EffortFast
	if typed := r.URL.Query().Get("ricerca"); typed != "" {
		effort = pooling.Effort(typed)
	}
	view, err := s.desk.DryRun(r.Context(), actorOf(r), pooling.RoundID(chi.URLParam(r, "id")), effort)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "dryrun", newDryRunPage(s.frame(r, "Prova: "+view.Round.Name), view))
}

func newDryRunPage(f frame, view desk.DryRunView) dryRunPage {
	p := dryRunPage{frame: f, View: view, Lines: passLines(view.Results.Passes), Passes: newPassFacts(view.Results.Passes, "")}
	for _, reason := range view.Results.Reasons {
		p.Reasons = append(p.Reasons, reasonLine{outcomeShort(reason.Code), reason.Count})
	}
	return p
}
