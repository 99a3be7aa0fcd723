package web

import (
	"errors"
	"net/http"

	"github.com/go-chi/chi/v5/middleware"

	"colletta/refusal"
)

// statuses is the one table from the kind of a refusal to the status of the
// answer.
var statuses = map[refusal.Kind]int{
	refusal.KindInvalid:         http.StatusUnprocessableEntity,
	refusal.KindUnauthenticated: http.StatusUnauthorized,
	refusal.KindForbidden:       http.StatusForbidden,
	refusal.KindNotFound:        http.StatusNotFound,
	refusal.KindConflict:        http.StatusConflict,
	refusal.KindTooMany:         http.StatusTooManyRequests,
	refusal.KindUnavailable:     http.StatusServiceUnavailable,
}

// statusOf is the status for an error: 200 for none, 500 when it is no refusal.
func statusOf(err error) int {
	if err == nil {
		return http.StatusOK
	}
	for _, e := range refusal.All(err) {
		if status, ok := statuses[e.Kind]; ok {
			return status
		}
	}
	return http.StatusInternalServerError
}

// errorPage is shown instead of the page that was asked for.
type errorPage struct {
	frame
	Status  int
	Lines   []string // what, why and what to do
	Request string   // id of the request, to tell whoever looks after the site
}

// errorTitles and errorLines are what a status says when no refusal says more.
var errorTitles = map[int]string{
	http.StatusBadRequest:            "Richiesta non valida",
	http.StatusForbidden:             "Questa pagina non è per te",
	http.StatusNotFound:              "Pagina non trovata",
	http.StatusMethodNotAllowed:      "Operazione non prevista",
	http.StatusConflict:              "Non è più possibile",
	http.StatusRequestEntityTooLarge: "File troppo grande",
	http.StatusUnprocessableEntity:   "Controlla i dati",
	http.StatusTooManyRequests:       "Troppi tentativi",
	http.StatusInternalServerError:   "Qualcosa non ha funzionato",
	http.StatusServiceUnavailable:    "Servizio momentaneamente non disponibile",
}

var errorLines = map[int]string{
	http.StatusBadRequest:            "La richiesta non è completa. Torna indietro e riprova.",
	http.StatusForbidden:             "Non hai i permessi per questa operazione. Torna alla tua pagina iniziale.",
	http.StatusNotFound:              "L’indirizzo non esiste, o quello che cerchi non è visibile con il tuo accesso.",
	http.StatusMethodNotAllowed:      "Questo indirizzo non accetta l’operazione richiesta.",
	http.StatusRequestEntityTooLarge: "Il file supera la dimensione massima. Dividilo in più file e riprova.",
	http.StatusTooManyRequests:       "Hai fatto troppi tentativi in poco tempo. Aspetta un minuto e riprova.",
	http.StatusInternalServerError:   "È colpa nostra, non tua. Nessuna operazione è stata registrata a metà: riprova tra poco.",
	http.StatusServiceUnavailable:    "Riprova tra qualche minuto: quello che hai già fatto è al sicuro.",
}

// showError shows the page of a status, with the words of refusals when given.
func (s *site) showError(w http.ResponseWriter, r *http.Request, status int, lines ...string) {
	title, ok := errorTitles[status]
	if !ok {
		title = errorTitles[http.StatusBadRequest]
	}
	if len(lines) == 0 && errorLines[status] != "" {
		lines = []string{errorLines[status]}
	}
	p := errorPage{frame: s.bareFrame(r, title), Status: status, Lines: lines}
	if actor := actorOf(r); actor.User != "" { // an error is not a logout
		p.User, p.Nav = actor.Name, navOf(actor, p.Now, r.URL.Path)
	}
	if status >= http.StatusInternalServerError {
		p.Request = middleware.GetReqID(r.Context())
	}
	s.render(w, r, status, "error", p)
}

// refuse answers an error of an act: the login page, the words of the refusals,
// or the page of a fault.
func (s *site) refuse(w http.ResponseWriter, r *http.Request, err error) {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		s.showError(w, r, http.StatusRequestEntityTooLarge)
		return
	}
	status := statusOf(err)
	switch status {
	case http.StatusInternalServerError:
		s.fault(w, r, err)
	case http.StatusUnauthorized:
		toLogin(w, r)
	default:
		s.showError(w, r, status, s.words.all(err)...)
	}
}

func (s *site) notFound(w http.ResponseWriter, r *http.Request) {
	s.showError(w, r, http.StatusNotFound)
}

func (s *site) methodNotAllowed(w http.ResponseWriter, r *http.Request) {
	s.showError(w, r, http.StatusMethodNotAllowed)
}

func (s *site) tooMany(w http.ResponseWriter, r *http.Request) {
	s.showError(w, r, http.StatusTooManyRequests)
}

func (s *site) crossOrigin(w http.ResponseWriter, r *http.Request) {
	s.showError(w, r, http.StatusForbidden, "La richiesta arriva da un altro sito e non è stata eseguita. Apri la pagina da Colletta e riprova.")
}
