package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/go-chi/chi/v5"

	"colletta/desk"
)

type measuresPage struct {
	frame
	Measures []desk.MeasureView
}

func (s *site) measures(w http.ResponseWriter, r *http.Request) {
	all, err := s.desk.Measures(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "measures", measuresPage{frame: s.frame(r, "Misure"), Measures: all})
}

type measurePage struct {
	frame
	View     desk.MeasureView
	Errors   refusals
	Versions []measureVersion
	Year     field
	Cap      field
	Past     []string // what simulations of the newest version came to, when it is a draft
}

// measureVersion is a version as its page shows it.
type measureVersion struct {
	desk.MeasureVersionView
	Changes []changedLine // against the version before; empty for the first
}

func (s *site) measure(w http.ResponseWriter, r *http.Request) {
	s.showMeasure(w, r, "", "", nil)
}

func (s *site) showMeasure(w http.ResponseWriter, r *http.Request, year, limit string, refused error) {
	view, err := s.desk.Measure(r.Context(), actorOf(r), chi.URLParam(r, "id"))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	p := newMeasurePage(s.frame(r, view.Name), view, year, limit, s.refusalsOf(refused, "year", "cap"))
	if newest := view.Versions[0]; newest.Draft() {
		past, err := s.desk.SimulationsOf(r.Context(), actorOf(r), view.ID, newest.Version)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		p.Past = pastSimulations(past)
	}
	s.render(w, r, statusOf(refused), "measure", p)
}

func newMeasurePage(f frame, view desk.MeasureView, year, limit string, errs refusals) measurePage {
	p := measurePage{frame: f, View: view, Errors: errs}
	for i, v := range view.Versions {
		one := measureVersion{MeasureVersionView: v}
		if i+1 < len(view.Versions) {
			one.Changes = changedLines(view.Versions[i+1].YAML, v.YAML)
		}
		p.Versions = append(p.Versions, one)
	}
	p.Year = field{Name: "year", Label: "Anno del fondo", Type: "text", Mode: "numeric", Value: year, Error: errs.at("year"), Optional: true,
		Help: "Lascia vuoto se il fondo c’è già: la nuova versione continua a usarlo."}
	p.Cap = field{Name: "cap", Label: "Dotazione", Type: "text", Mode: "decimal", Suffix: "€", Value: limit, Error: errs.at("cap"), Optional: true}
	return p
}

func (s *site) measurePublish(w http.ResponseWriter, r *http.Request) {
	version, _ := strconv.Atoi(chi.URLParam(r, "version"))
	release := desk.MeasureRelease{Measure: chi.URLParam(r, "id"), Version: version, Year: value(r, "year"), Cap: value(r, "cap")}
	err := s.desk.PublishMeasure(r.Context(), actorOf(r), release)
	if err != nil && !reformable(err) {
		s.refuse(w, r, err)
		return
	}
	if err != nil {
		s.showMeasure(w, r, release.Year, release.Cap, err)
		return
	}
	s.notice(r, "Misura pubblicata: la versione "+strconv.Itoa(version)+" vale da adesso.")
	http.Redirect(w, r, "/comune/misure/"+release.Measure, http.StatusSeeOther)
}

type measureFormPage struct {
	frame
	Errors refusals
	Text   field
	Note   field
}

// measureForm is the form for a new measure, or with ?da= for a new version of one.
func (s *site) measureForm(w http.ResponseWriter, r *http.Request) {
	text := ""
	if id := r.URL.Query().Get("da"); id != "" {
		view, err := s.desk.Measure(r.Context(), actorOf(r), id)
		if err != nil {
			s.refuse(w, r, err)
			return
		}
		text = view.Versions[0].YAML
	}
	s.render(w, r, http.StatusOK, "measure_form", newMeasureFormPage(s.frame(r, "Scrivi una misura"), text, "", refusals{}))
}

func newMeasureFormPage(f frame, text, note string, errs refusals) measureFormPage {
	return measureFormPage{
		frame: f, Errors: errs,
		Text: field{Name: "yaml", Label: "Testo della misura", Type: "textarea", Value: text, Error: errs.at("yaml"),
			Help: "In YAML, con i casi di prova: una misura i cui casi non tornano non si salva."},
		Note: field{Name: "note", Label: "Che cosa cambia e perché", Type: "text", Value: note, Error: errs.at("note"), Optional: true, Help: "Per chi la leggerà e la pubblicherà."},
	}
}

func (s *site) measureWrite(w http.ResponseWriter, r *http.Request) {
	text := desk.MeasureText{YAML: strings.ReplaceAll(r.PostFormValue("yaml"), "\x00", ""), Note: value(r, "note")}
	id, version, err := s.desk.WriteMeasure(r.Context(), actorOf(r), text)
	if err != nil && !reformable(err) {
		s.refuse(w, r, err)
		return
	}
	if err != nil {
		s.render(w, r, statusOf(err), "measure_form", newMeasureFormPage(s.frame(r, "Scrivi una misura"), text.YAML, text.Note, s.refusalsOf(err, "yaml", "note")))
		return
	}
	s.notice(r, "Bozza salvata, versione "+strconv.Itoa(version)+": ora un’altra persona la può pubblicare.")
	http.Redirect(w, r, "/comune/misure/"+id, http.StatusSeeOther)
}

// changedLine is a line that one of two texts has and the other has not.
type changedLine struct {
	Added bool
	Text  string
}

// Mark is the sign in front of the line.
func (c changedLine) Mark() string {
	if c.Added {
		return "+"
	}
	return "−"
}

// changedLines are the lines in which two texts differ, in their order.
func changedLines(before, after string) (lines []changedLine) {
	for _, line := range strings.Split(udiff.Unified("", "", before, after), "\n") {
		switch {
		case strings.HasPrefix(line, "--- "), strings.HasPrefix(line, "+++ "):
		case strings.HasPrefix(line, "-"), strings.HasPrefix(line, "+"):
			lines = append(lines, changedLine{line[0] == '+', line[1:]})
		}
	}
	return lines
}
