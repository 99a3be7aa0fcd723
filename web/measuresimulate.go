package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"colletta/desk"
	"colletta/money"
)

// simulationFields are the fields of a simulation besides the inputs.
var simulationFields = []string{"before", "version", "population", "households", "seed", "output", "on", "per_year"}

type measureSimulatePage struct {
	frame
	Form   desk.SimulationForm
	Errors refusals
	Action string
	Choice []field // of the versions
	People []field // of the population
	Inputs []simulatedInput
	More   []field
	Result *simulationResult // nil until something was simulated
}

// simulatedInput is where the households of a simulation have an input from.
type simulatedInput struct {
	Label  string
	Source *field // nil where there is one source only
	Value  field
}

// simulationResult is what a simulation found, as tables and charts.
type simulationResult struct {
	desk.SimulationView
	Labels  []string // of the versions
	Rows    []simulationRow
	Bands   []bandRow
	Reached *histogram // nil where no version looks at an ISEE
	Cost    *histogram
	Kinds   []string // of ISEE, when the versions look at different ones
}

// simulationRow is a figure of every version, with the difference of two.
type simulationRow struct {
	Label  string
	Values []string
	Change string
}

// bandRow is a band of ISEE in the table.
type bandRow struct {
	desk.SimulatedBand
	Label string
}

func (s *site) measureSimulate(w http.ResponseWriter, r *http.Request) {
	version, _ := strconv.Atoi(r.URL.Query().Get("versione"))
	form, err := s.desk.SimulateForm(r.Context(), actorOf(r), chi.URLParam(r, "id"), version)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "measure_simulate", newMeasureSimulatePage(s.frame(r, "Simula: "+form.Name), form, nil, refusals{}))
}

func (s *site) measureSimulatePost(w http.ResponseWriter, r *http.Request) {
	typed := desk.MeasureSimulation{
		Measure: chi.URLParam(r, "id"), Before: value(r, "before"), Version: value(r, "version"), Population: value(r, "population"), Households: value(r, "households"),
		Seed: value(r, "seed"), On: value(r, "on"), Output: value(r, "output"), PerYear: value(r, "per_year"), Inputs: map[string]desk.SimulatedInput{},
	}
	for name := range r.PostForm {
		if in, ok := strings.CutPrefix(name, "in_"); ok {
			typed.Inputs[in] = desk.SimulatedInput{Source: value(r, "from_"+in), Value: value(r, name)}
		}
	}
	form, view, err := s.desk.Simulate(r.Context(), actorOf(r), typed)
	if err != nil && (!reformable(err) || form.ID == "") {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(err), "measure_simulate",
		newMeasureSimulatePage(s.frame(r, "Simula: "+form.Name), form, view, s.factRefusals(err, form.Inputs, simulationFields...)))
}

func newMeasureSimulatePage(f frame, form desk.SimulationForm, view *desk.SimulationView, errs refusals) measureSimulatePage {
	p := measureSimulatePage{frame: f, Form: form, Errors: errs, Action: "/comune/misure/" + url.PathEscape(form.ID) + "/simulazione"}
	typed := form.Typed
	before, versions := []option{{Label: "nessuna: simula una versione sola"}}, []option{}
	for _, v := range form.Versions {
		o := option{Value: strconv.Itoa(v.Version), Label: versionText(form, v.Version)}
		before, versions = append(before, o), append(versions, o)
	}
	p.Choice = []field{
		{Name: "version", Label: "Versione da simulare", Type: "select", Options: chosen(typed.Version, versions...), Error: errs.at("version")},
		{Name: "before", Label: "Confrontala con", Type: "select", Options: chosen(typed.Before, before...), Error: errs.at("before")},
	}
	p.People = []field{
		{Name: "population", Label: "Su quali famiglie", Type: "select", Error: errs.at("population"),
			Options: chosen(typed.Population, option{Value: desk.PopulationInvented, Label: "famiglie inventate"},
				option{Value: desk.PopulationRegistered, Label: "famiglie del Comune"}),
			Help: "Le inventate hanno gli ISEE distribuiti come dice l’INPS. Di quelle del Comune che hanno un’attestazione il programma legge l’ISEE e mostra solo somme: la lettura resta scritta, con il tuo nome, nella pagina di ogni famiglia."},
		{Name: "households", Label: "Quante famiglie inventate", Type: "text", Mode: "numeric", Value: typed.Households, Error: errs.at("households")},
		{Name: "seed", Label: "Numero di partenza", Type: "text", Mode: "numeric", Value: typed.Seed, Error: errs.at("seed"), Optional: true, Help: "Con lo stesso numero le famiglie inventate sono le stesse."},
	}
	p.More = []field{
		{Name: "on", Label: "Giorno del calcolo", Type: "date", Value: typed.On, Error: errs.at("on"), Optional: true, Help: "Vuoto: oggi, o il primo giorno in cui la misura vale."},
		{Name: "per_year", Label: "Volte in un anno", Type: "text", Mode: "numeric", Value: typed.PerYear, Error: errs.at("per_year"), Optional: true,
			Help: "Quante volte in un anno una famiglia ha il risultato. Vuoto: come dice la sua unità (€/mese: 12), altrimenti una."},
	}
	if len(form.Outputs) > 1 {
		outputs := []option{{Label: "l’ultimo"}}
		for _, o := range form.Outputs {
			outputs = append(outputs, option{Value: o.Name, Label: upperFirst(o.Label.IT)})
		}
		p.More = append([]field{{Name: "output", Label: "Risultato da sommare", Type: "select", Options: chosen(typed.Output, outputs...), Error: errs.at("output"),
			Help: "Quello che il Comune paga; per una tariffa, quello che pagano le famiglie."}}, p.More...)
	}
	for i := range form.Inputs {
		in := &form.Inputs[i]
		x := simulatedInput{Label: upperFirst(in.Label.IT), Value: factField(in, typed.Inputs[in.Name].Value, errs)}
		if sources := desk.SimulatedSources(in); len(sources) > 1 {
			x.Source = &field{Name: "from_" + in.Name, Label: x.Label + ": da dove", Type: "select"}
			for _, source := range sources {
				x.Source.Options = append(x.Source.Options, option{Value: source, Label: sourceWords[source], Chosen: typed.Inputs[in.Name].Source == source})
			}
			x.Value.Label, x.Value.Optional = x.Label+": valore", true
			x.Value.Help = strings.TrimSpace("Per tutte, o per le famiglie di cui non si conosce il dato. " + x.Value.Help)
		}
		p.Inputs = append(p.Inputs, x)
	}
	if view != nil {
		p.Result = newSimulationResult(form, *view)
	}
	return p
}

var sourceWords = map[string]string{
	desk.SourceSame: "uguale per tutte", desk.SourcePeople: "componenti del nucleo", desk.SourceChildren: "figli registrati", desk.SourceScale: "scala di equivalenza dell’attestazione",
}

// versionText names a version with its state.
func versionText(form desk.SimulationForm, version int) string {
	text := "versione " + strconv.Itoa(version)
	for _, v := range form.Versions {
		switch {
		case v.Version != version:
		case v.Current:
			text += " (in vigore)"
		case v.Draft():
			text += " (bozza)"
		}
	}
	return text
}

func newSimulationResult(form desk.SimulationForm, view desk.SimulationView) *simulationResult {
	p := &simulationResult{SimulationView: view}
	two := len(view.Versions) == 2
	row := func(label string, text func(desk.SimulatedVersion) string, change string) {
		r := simulationRow{Label: label}
		for _, v := range view.Versions {
			r.Values = append(r.Values, text(v))
		}
		if two {
			r.Change = change
		}
		p.Rows = append(p.Rows, r)
	}
	first, last := view.Versions[0], view.Versions[len(view.Versions)-1]
	row("famiglie considerate", func(v desk.SimulatedVersion) string { return thousands(v.Households) }, "")
	if first.Eligible != first.Households || last.Eligible != last.Households {
		row("con tutti i requisiti", func(v desk.SimulatedVersion) string { return thousands(v.Eligible) }, signedCount(last.Eligible-first.Eligible))
	}
	row("raggiunte: hanno più di zero", func(v desk.SimulatedVersion) string { return thousands(v.Reached) }, signedCount(last.Reached-first.Reached))
	row("costo in un anno", func(v desk.SimulatedVersion) string { return v.Total.Italian() }, signedEuro(last.Total-first.Total))
	row("in media per famiglia raggiunta", func(v desk.SimulatedVersion) string { return v.Mean.Italian() }, signedEuro(last.Mean-first.Mean))
	for _, v := range view.Versions {
		p.Labels = append(p.Labels, versionText(form, v.Version))
	}
	if two && first.Kind != last.Kind {
		for i, v := range view.Versions {
			kind := "nessun ISEE"
			if v.Kind != "" {
				kind = "l’ISEE " + iseeKindText(v.Kind)
			}
			p.Kinds = append(p.Kinds, "la "+p.Labels[i]+" guarda "+kind)
		}
	}
	if first.Kind == "" && last.Kind == "" {
		return p
	}
	for _, b := range view.Bands {
		p.Bands = append(p.Bands, bandRow{b, bandText(b, len(view.Bands) == 1)})
	}
	p.Reached = newHistogram("Famiglie raggiunte per fascia di ISEE", p, func(part desk.SimulatedPart) int64 { return int64(part.Reached) }, countAxis)
	p.Cost = newHistogram("Costo in un anno per fascia di ISEE", p, func(part desk.SimulatedPart) int64 { return part.Total.Cents() }, euroAxis)
	return p
}

// bandText names a band of ISEE; only is true for one that holds all.
func bandText(b desk.SimulatedBand, only bool) string {
	whole := func(a *money.Amount) string { return strings.TrimSuffix(a.ItalianNumber(), ",00") + "\u00a0€" }
	switch {
	case only:
		return "tutte"
	case b.Missing && b.Above == nil:
		return "senza ISEE"
	case b.Missing:
		return "oltre " + whole(b.Above) + " o senza ISEE"
	case b.Above == nil:
		return "fino a " + whole(b.UpTo)
	case b.UpTo == nil:
		return "oltre " + whole(b.Above)
	}
	return "da " + strings.TrimSuffix(b.Above.ItalianNumber(), ",00") + " a " + whole(b.UpTo)
}

// signedCount and signedEuro write a difference: "+12", "−3,50 €", "0".
func signedCount(n int) string {
	switch {
	case n > 0:
		return "+" + thousands(n)
	case n < 0:
		return "−" + thousands(-n)
	}
	return "0"
}

func signedEuro(a money.Amount) string {
	switch {
	case a > 0:
		return "+" + a.Italian()
	case a < 0:
		return "−" + (-a).Italian()
	}
	return a.Italian()
}

// histogram is columns by band of ISEE, one for each version.
type histogram struct {
	Title   string
	Desc    string
	Key     []histogramKey
	Columns []histogramColumn
	YTicks  []chartTick
	XTicks  []chartTick
	YTitle  string
}

type histogramKey struct{ Class, Label string }

type histogramColumn struct {
	Class, Label        string
	X, Y, Width, Height int
}

// axis finds the top of an axis, its steps, and how a value of it is written.
type axis func(most int64) (top int64, steps int64, title string, text func(int64) string)

func countAxis(most int64) (int64, int64, string, func(int64) string) {
	top := niceTop(money.Amount(max(most, 1)*100)).Cents() / 100
	return top, axisSteps(top), "famiglie", func(n int64) string { return thousands(int(n)) }
}

func euroAxis(most int64) (int64, int64, string, func(int64) string) {
	top := niceTop(money.Amount(max(most, 1))).Cents()
	unit, title := int64(1), "euro"
	switch {
	case top >= 1_000_000_00:
		unit, title = 1_000_000, "milioni di euro"
	case top >= 10_000_00:
		unit, title = 1_000, "migliaia di euro"
	}
	return top, axisSteps(top / 100), title, func(n int64) string {
		return strings.TrimRight(strings.TrimRight(money.Amount(n/unit).ItalianNumber(), "0"), ",")
	}
}

// axisSteps divides an axis so that its steps are whole.
func axisSteps(top int64) int64 {
	for _, n := range []int64{chartTicks, 2} {
		if top%n == 0 {
			return n
		}
	}
	return 1
}

// newHistogram draws a value of every part.
func newHistogram(title string, p *simulationResult, of func(desk.SimulatedPart) int64, a axis) *histogram {
	h := &histogram{Title: title}
	most := int64(0)
	for _, b := range p.Bands {
		for _, part := range b.Parts {
			most = max(most, of(part))
		}
	}
	top, steps, yTitle, text := a(most)
	h.YTitle = yTitle
	const inside = chartWidth - chartLeft - chartRight
	x := func(band int) int { return chartLeft + band*inside/len(p.Bands) }
	height := func(n int64) int { return int(n * (chartHeight - chartTop - chartBottom) / top) }
	var words []string
	for i, b := range p.Bands {
		left, room := x(i), x(i+1)-x(i)
		said := make([]string, len(b.Parts))
		for j, part := range b.Parts {
			width := (room - 6) / len(b.Parts)
			said[j] = text(of(part))
			tall := height(of(part))
			h.Columns = append(h.Columns, histogramColumn{
				versionClass(j, len(b.Parts)), fmt.Sprintf("%s, %s: %s", b.Label, p.Labels[j], said[j]), left + 3 + j*width, chartHeight - chartBottom - tall, width, tall,
			})
		}
		words = append(words, b.Label+" "+strings.Join(said, " e "))
	}
	h.Desc = "In " + yTitle + ": " + strings.Join(words, "; ") + "."
	for i := int64(0); i <= steps; i++ {
		h.YTicks = append(h.YTicks, chartTick{chartHeight - chartBottom - height(top*i/steps), text(top * i / steps)})
	}
	for i, b := range p.Bands {
		if b.UpTo != nil { // a bound stands between two columns
			h.XTicks = append(h.XTicks, chartTick{x(i + 1), strings.TrimSuffix((*b.UpTo / 1000).ItalianNumber(), ",00")})
		} else if b.Missing && b.Above == nil && len(p.Bands) > 1 {
			h.XTicks = append(h.XTicks, chartTick{(x(i) + x(i+1)) / 2, "senza"})
		}
	}
	for j, label := range p.Labels {
		h.Key = append(h.Key, histogramKey{versionClass(j, len(p.Labels)), label})
	}
	return h
}

// versionClass is the colour of a version: the last one stands out.
func versionClass(at, of int) string {
	if at == of-1 {
		return "bar-now"
	}
	return "bar-before"
}

// pastSimulations says what simulations came to, a line each.
func pastSimulations(past []desk.SimulationRecord) []string {
	var lines []string
	for _, r := range past {
		lines = append(lines, upperFirst(instantText(r.At))+", "+r.By+". "+simulationWords(r))
	}
	return lines
}

// simulationWords says in a sentence what a past simulation came to.
func simulationWords(r desk.SimulationRecord) string {
	on := "famiglie inventate"
	if r.Registered {
		on = "famiglie del Comune"
	}
	var versions []string
	for _, v := range r.Versions {
		versions = append(versions, fmt.Sprintf("versione %d: %s raggiunte, %s in un anno", v.Version, thousands(v.Reached), v.Cost.Italian()))
	}
	text := fmt.Sprintf("Su %s %s. %s.", thousands(r.Households), on, upperFirst(strings.Join(versions, "; ")))
	if len(r.Versions) == 2 {
		text += fmt.Sprintf(" Differenza %s; importo più alto per %s, più basso per %s.", signedEuro(r.Versions[1].Cost-r.Versions[0].Cost), membersText(r.More), membersText(r.Less))
	}
	return text
}

// Lost is what those lose who get less, as a difference.
func (p simulationResult) Lost() money.Amount { return -p.Change.Lost }

// Difference is what the second version costs more in the band.
func (b bandRow) Difference() money.Amount { return b.Change.Difference() }
