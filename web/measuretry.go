package web

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"colletta/desk"
	"colletta/subsidies"
)

type measureTryPage struct {
	frame
	View   desk.MeasureTryView
	Errors refusals
	Action string
	On     field
	Fields []field
	Case   *desk.MeasureCaseView // the worked case that is shown, or nil
}

// measureTry shows the form of a version's inputs, filled in with a worked case
// and its result when ?caso= names one.
func (s *site) measureTry(w http.ResponseWriter, r *http.Request) {
	version, _ := strconv.Atoi(chi.URLParam(r, "version"))
	which, err := 0, error(nil)
	if text := r.URL.Query().Get("caso"); text != "" {
		if which, err = strconv.Atoi(text); err != nil || which == 0 {
			s.notFound(w, r)
			return
		}
	}
	view, err := s.desk.MeasureToTry(r.Context(), actorOf(r), chi.URLParam(r, "id"), version, which)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "measure_try", newMeasureTryPage(s.tryFrame(r, version), view, view.On.Format("2006-01-02"), refusals{}))
}

// measureTryPost evaluates what was typed; by POST, so that it is in no address.
func (s *site) measureTryPost(w http.ResponseWriter, r *http.Request) {
	version, _ := strconv.Atoi(chi.URLParam(r, "version"))
	request := desk.MeasureTry{Measure: chi.URLParam(r, "id"), Version: version, On: value(r, "on"), Facts: map[string]string{}}
	for name := range r.PostForm {
		if in, ok := strings.CutPrefix(name, "in_"); ok {
			request.Facts[in] = value(r, name)
		}
	}
	view, err := s.desk.TryMeasure(r.Context(), actorOf(r), request)
	if err != nil && (!reformable(err) || view.Measure == nil) {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(err), "measure_try", newMeasureTryPage(s.tryFrame(r, version), view, request.On, s.factRefusals(err, view.Measure.Inputs, "on")))
}

func (s *site) tryFrame(r *http.Request, version int) frame {
	return s.frame(r, "Prova la versione "+strconv.Itoa(version))
}

func newMeasureTryPage(f frame, view desk.MeasureTryView, on string, errs refusals) measureTryPage {
	p := measureTryPage{frame: f, View: view, Errors: errs, Action: "/comune/misure/" + url.PathEscape(view.ID) + "/" + strconv.Itoa(view.Version) + "/prova"}
	for i := range view.Measure.Inputs {
		in := &view.Measure.Inputs[i]
		p.Fields = append(p.Fields, factField(in, view.Facts[in.Name], errs))
	}
	for _, in := range view.Measure.ISEEInputs() {
		p.Fields[in.Place].Help = "Lascia vuoto per chi non lo presenta: non è come un ISEE di zero."
	}
	p.On = field{Name: "on", Label: "Giorno del calcolo", Type: "date", Value: on, Error: errs.at("on"),
		Help: "La misura vale dal " + dateText(view.Measure.From) + " al " + dateText(view.Measure.To) + "."}
	if view.Case > 0 {
		p.Case = &view.Cases[view.Case-1]
	}
	return p
}

// factName is the name of the field of an input.
func factName(in string) string { return "in_" + in }

// factField is the field of an input, with what the measure says of it.
func factField(in *subsidies.Input, typed string, errs refusals) field {
	name := factName(in.Name)
	f := field{Name: name, Label: upperFirst(in.Label.IT), Type: "text", Value: typed, Error: errs.at(name), Optional: in.Optional, Suffix: in.Unit.IT}
	var help []string
	if in.Type.IsList() {
		help = append(help, "Uno o più valori separati da spazi, al massimo "+strconv.Itoa(in.ItemsMax)+".")
	}
	switch in.Type {
	case subsidies.InputMoney:
		f.Mode, f.Suffix = "decimal", "€"
	case subsidies.InputInteger:
		f.Mode = "numeric"
	case subsidies.InputNumber:
		f.Mode = "decimal"
	case subsidies.InputDate:
		f.Type = "date"
	case subsidies.InputYesNo:
		f.Type, f.Options = "select", chosen(typed, option{Value: "", Label: "scegli"}, option{Value: "yes", Label: "sì"}, option{Value: "no", Label: "no"})
	case subsidies.InputChoice:
		words := []option{{Value: "", Label: "scegli"}}
		for _, w := range in.Of {
			words = append(words, option{Value: w, Label: w})
		}
		f.Type, f.Options = "select", chosen(typed, words...)
	}
	if bounds := boundsText(in); bounds != "" {
		help = append(help, bounds)
	}
	f.Help = strings.Join(help, " ")
	return f
}

func chosen(value string, options ...option) []option {
	for i := range options {
		options[i].Chosen = options[i].Value == value
	}
	return options
}

// boundsText says which numbers an input takes.
func boundsText(in *subsidies.Input) string {
	switch {
	case in.From != nil && in.To != nil:
		return "Da " + desk.FactNumber(in, *in.From) + " a " + desk.FactNumber(in, *in.To) + "."
	case in.To != nil:
		return "Al massimo " + desk.FactNumber(in, *in.To) + "."
	case in.From != nil && in.From.Sign() != 0:
		return "Almeno " + desk.FactNumber(in, *in.From) + "."
	}
	return ""
}

// factRefusals are the refusals of a form with the inputs of a measure, whose
// labels the measure gives, and some more fields.
func (s *site) factRefusals(err error, inputs []subsidies.Input, more ...string) refusals {
	labels := map[string]string{}
	fields := slices.Clone(more)
	for _, in := range inputs {
		fields = append(fields, factName(in.Name))
		labels["f-"+factName(in.Name)] = in.Label.IT
	}
	r := s.refusalsOf(err, fields...)
	for i, l := range r.Lines {
		if label := labels[l.Target]; label != "" {
			r.Lines[i].Text = upperFirst(label) + ": " + lowerFirst(l.Text)
		}
	}
	return r
}

// upperFirst begins a label.
func upperFirst(s string) string {
	for i, c := range s {
		return strings.ToUpper(string(c)) + s[i+len(string(c)):]
	}
	return s
}

// Number is the number of a worked case, from 1.
func (p measureTryPage) Number(place int) int { return place + 1 }
