package web

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"colletta/billing"
	"colletta/desk"
)

// spacePage is where an operator takes money for a charge.
type spacePage struct {
	frame
	Errors refusals
	View   desk.AtSpaceView
	Find   field
	Fields []field // of what is taken; none before a charge is found
}

var spaceFields = []string{"number", "space", "method", "amount"}

func (s *site) spaceTill(w http.ResponseWriter, r *http.Request) {
	s.showSpaceTill(w, r, desk.AtSpaceRequest{Number: clean(r.URL.Query(), "number"), Space: clean(r.URL.Query(), "spazio")}, nil)
}

func (s *site) showSpaceTill(w http.ResponseWriter, r *http.Request, typed desk.AtSpaceRequest, refused error) {
	view, err := s.desk.AtSpace(r.Context(), actorOf(r), typed.Number)
	if err != nil && !reformable(err) {
		s.refuse(w, r, err)
		return
	}
	if refused == nil {
		refused = err
	}
	s.render(w, r, statusOf(refused), "space", newSpacePage(s.frame(r, "Incassa allo sportello"), view, typed, s.refusalsOf(refused, spaceFields...)))
}

func newSpacePage(f frame, view desk.AtSpaceView, typed desk.AtSpaceRequest, errs refusals) spacePage {
	p := spacePage{frame: f, View: view, Errors: errs}
	p.Find = field{Name: "number", Label: "Numero della quota", Type: "text", Value: typed.Number, Help: "Come 2026-000123: è nella pagina della quota e nei messaggi alla famiglia."}
	p.Find.Error = errs.at("number")
	if view.Charge.ID == "" {
		return p
	}
	if typed.Amount == "" {
		typed.Amount = view.Charge.Due.ItalianNumber()
	}
	space := field{Name: "space", Label: "Spazio", Type: "select", Error: errs.at("space"), Options: []option{{Label: "Scegli lo spazio"}}}
	for _, o := range view.Spaces {
		space.Options = append(space.Options, option{Value: o.ID, Label: o.Name, Chosen: o.ID == typed.Space})
	}
	p.Fields = []field{
		space,
		{Name: "method", Label: "Come paga", Type: "select", Error: errs.at("method"), Options: []option{
			{Value: string(billing.MethodPOS), Label: "Carta, al POS", Chosen: typed.Method == string(billing.MethodPOS)},
			{Value: string(billing.MethodCash), Label: "Contanti", Chosen: typed.Method == string(billing.MethodCash)},
		}, Help: "In contanti la famiglia non può portarla in detrazione."},
		{Name: "amount", Label: "Importo incassato", Type: "text", Mode: "decimal", Suffix: "€", Value: typed.Amount, Error: errs.at("amount"), Help: "Tutto, o una parte."},
	}
	return p
}

func (s *site) spaceTake(w http.ResponseWriter, r *http.Request) {
	typed := desk.AtSpaceRequest{Number: value(r, "number"), Space: value(r, "space"), Method: value(r, "method"), Amount: value(r, "amount")}
	id, err := s.desk.TakeAtSpace(r.Context(), actorOf(r), typed)
	switch {
	case err == nil:
		http.Redirect(w, r, "/spazi/incasso/"+url.PathEscape(string(id)), http.StatusSeeOther)
	case reformable(err):
		s.showSpaceTill(w, r, typed, err)
	default:
		s.refuse(w, r, err)
	}
}

type spaceTakenPage struct {
	frame
	View desk.AtSpaceView
}

func (s *site) spaceTaken(w http.ResponseWriter, r *http.Request) {
	view, err := s.desk.TakenAtSpace(r.Context(), actorOf(r), billing.PaymentID(chi.URLParam(r, "id")))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "space_taken", spaceTakenPage{s.frame(r, "Incassati "+view.Amount.Italian()), view})
}
