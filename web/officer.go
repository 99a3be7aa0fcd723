package web

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"colletta/desk"
	"colletta/pooling"
	"colletta/refusal"
)

type officerPage struct {
	frame
	View      desk.OfficerView
	Errors    refusals
	Funds     []fundLine
	Map       *needsMap
	Unmet     []unmetLine
	Needs     []needLine
	Transfers []transferForm
	PaidBar   bar
}

// fundLine is a fund with its bar.
type fundLine struct {
	desk.FundView
	Bar bar
}

func newFundLine(f desk.FundView) fundLine {
	return fundLine{f, amountBar(f.Name, f.Allocated,
		segment{Class: "bar-done", Label: "assegnati", Amount: f.Awarded()}, segment{Class: "bar-wait", Label: "riservati", Amount: f.Reserved})}
}

type unmetLine struct {
	desk.DistrictNeed
	Bar bar
}

type needLine struct {
	desk.NeedCount
	Bar bar
}

func (s *site) officer(w http.ResponseWriter, r *http.Request) { s.showOfficer(w, r, nil, nil) }

func (s *site) showOfficer(w http.ResponseWriter, r *http.Request, typed *desk.TransferRequest, refused error) {
	view, err := s.desk.Officer(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "officer", newOfficerPage(s.frame(r, "Comune"), view, s.today(), typed, s.refusalsOf(refused, transferFields...)))
}

func newOfficerPage(f frame, view desk.OfficerView, today string, typed *desk.TransferRequest, errs refusals) officerPage {
	p := officerPage{frame: f, View: view, Errors: errs, Map: newNeedsMap(view.Map, view.Unmet)}
	for _, fund := range view.Funds {
		p.Funds = append(p.Funds, newFundLine(fund))
	}
	most := 0
	for _, d := range view.Unmet {
		most = max(most, d.Demands, d.Served+d.Unmet)
	}
	for _, d := range view.Unmet {
		p.Unmet = append(p.Unmet, unmetLine{d, countBar(d.Name, d.Served, d.Unmet, most)})
	}
	most = 0
	for _, n := range view.Needs {
		most = max(most, n.Declared+n.Pledged, n.Served)
	}
	for _, n := range view.Needs {
		p.Needs = append(p.Needs, needLine{n, countBar(n.Category, n.Served, max(0, n.Declared+n.Pledged-n.Served), most)})
	}
	for _, c := range view.OpenCharges {
		p.Transfers = append(p.Transfers, newTransferForm("/comune/bonifico", today, c, typed, errs))
	}
	p.PaidBar = amountBar("Quote", view.Charges.Charged, segment{Class: "bar-done", Label: "incassate", Amount: view.Charges.Paid})
	if typed != nil {
		p.Errors = linesFor(errs, string(typed.Charge))
	}
	return p
}

// nextShown is how many dates of a timetable the preview shows.
const nextShown = 3

type seriesPage struct {
	frame
	Errors     refusals
	Name       field
	OpensOn    field
	ClosesOn   field
	Period     field
	StartsOn   field
	EndsOn     field
	Effort     field
	TimeLimit  field
	Categories []option
	Dates      []seriesDates // preview; empty when not asked for or refused
}

// seriesDates is one round of the preview.
type seriesDates struct{ Opens, Closes time.Time }

// seriesForm is what was typed.
type seriesForm struct {
	Name, OpensOn, ClosesOn, Period, StartsOn, EndsOn string
	Effort, TimeLimit                                 string
	Categories                                        []string
}

var periods = []option{{Value: "month", Label: "al mese"}, {Value: "week", Label: "a settimana"}, {Value: "course", Label: "per tutto il corso"}}

// ErrDay says that a text is no day of the calendar (YYYY-MM-DD). Args: value.
var ErrDay = refusal.New(refusal.KindInvalid, "day_invalid")

func (s *site) seriesForm(w http.ResponseWriter, r *http.Request) {
	typed := seriesForm{OpensOn: "0 8 1 * *", ClosesOn: "0 20 20 * *", Period: "month", StartsOn: s.today(),
		Effort: string(pooling.EffortNormal), TimeLimit: strconv.Itoa(pooling.TimeLimitSecondsUsual)}
	s.showSeries(w, r, typed, nil, nil)
}

func (s *site) showSeries(w http.ResponseWriter, r *http.Request, typed seriesForm, dates []seriesDates, refused error) {
	view, err := s.desk.Officer(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	errs := s.refusalsOf(refused, "name", "opens_on", "closes_on", "period", "starts_on", "ends_on", "effort", "time_limit", "categories")
	s.render(w, r, statusOf(refused), "series", newSeriesPage(s.frame(r, "Nuovo calendario di tornate"), view.Needs, typed, dates, errs))
}

func newSeriesPage(f frame, needs []desk.NeedCount, typed seriesForm, dates []seriesDates, errs refusals) seriesPage {
	p := seriesPage{frame: f, Errors: errs, Dates: dates}
	p.Name = field{Name: "name", Label: "Nome", Type: "text", Value: typed.Name, Error: errs.at("name"), Help: "Come lo leggono le famiglie, per esempio «Servizi di casa»."}
	p.OpensOn = field{Name: "opens_on", Label: "Apertura", Type: "text", Value: typed.OpensOn, Error: errs.at("opens_on"), Help: "Espressione cron in ora di Roma: minuto, ora, giorno, mese, giorno della settimana. «0 8 1 * *» è il primo del mese alle 8:00."}
	p.ClosesOn = field{Name: "closes_on", Label: "Chiusura", Type: "text", Value: typed.ClosesOn, Error: errs.at("closes_on"), Help: "«0 20 20 * *» è il 20 del mese alle 20:00; «0 20 * * 5» è ogni venerdì alle 20:00."}
	p.Period = field{Name: "period", Label: "I prezzi sono", Type: "select", Value: typed.Period, Error: errs.at("period")}
	for _, o := range periods {
		o.Chosen = o.Value == typed.Period
		p.Period.Options = append(p.Period.Options, o)
	}
	p.StartsOn = field{Name: "starts_on", Label: "Dal giorno", Type: "date", Value: typed.StartsOn, Error: errs.at("starts_on")}
	p.EndsOn = field{Name: "ends_on", Label: "Fino al giorno escluso", Type: "date", Value: typed.EndsOn, Error: errs.at("ends_on"), Optional: true}
	p.Effort = field{Name: "effort", Label: "Ricerca dei gruppi", Type: "select", Value: typed.Effort, Error: errs.at("effort"), Help: "Più è accurata, più famiglie trova e meglio dimostra che il risultato è vicino al migliore."}
	for _, e := range pooling.Efforts() {
		p.Effort.Options = append(p.Effort.Options, option{Value: string(e), Label: effortText(e), Chosen: string(e) == typed.Effort})
	}
	p.TimeLimit = field{
		Name: "time_limit", Label: "Tempo massimo della ricerca", Type: "text", Mode: "numeric", Suffix: "secondi", Value: typed.TimeLimit, Error: errs.at("time_limit"),
		Help: fmt.Sprintf("Da %d a %d secondi per passaggio. Una tornata piccola finisce prima.", pooling.TimeLimitSecondsMin, pooling.TimeLimitSecondsMax),
	}
	for _, n := range needs {
		p.Categories = append(p.Categories, option{Value: n.CategoryID, Label: n.Category, Chosen: slices.Contains(typed.Categories, n.CategoryID)})
	}
	return p
}

func (s *site) series(w http.ResponseWriter, r *http.Request) {
	typed := seriesForm{
		Name: value(r, "name"), OpensOn: value(r, "opens_on"), ClosesOn: value(r, "closes_on"), Period: value(r, "period"),
		StartsOn: value(r, "starts_on"), EndsOn: value(r, "ends_on"), Effort: value(r, "effort"), TimeLimit: value(r, "time_limit"), Categories: values(r, "categories"),
	}
	request, dates, err := typed.read(s.desk.Now())
	if err == nil && value(r, "preview") == "" {
		_, err = s.desk.CreateSeries(r.Context(), actorOf(r), request)
		if err == nil {
			s.notice(r, "Calendario creato: la prima tornata si apre "+instantText(dates[0].Opens)+".")
			http.Redirect(w, r, "/comune", http.StatusSeeOther)
			return
		}
	}
	if err != nil && !reformable(err) {
		s.refuse(w, r, err)
		return
	}
	s.showSeries(w, r, typed, dates, err)
}

// read turns what was typed into a request, and says when the first rounds
// would open and close.
func (f seriesForm) read(now time.Time) (desk.NewSeries, []seriesDates, error) {
	var errs refusal.List
	day := func(text, field string) time.Time {
		if text == "" {
			return time.Time{}
		}
		t, err := time.ParseInLocation("2006-01-02", text, rome)
		if err != nil {
			errs = append(errs, ErrDay.With("value", text).At(field))
		}
		return t
	}
	request := desk.NewSeries{
		Name: f.Name, OpensOn: f.OpensOn, ClosesOn: f.ClosesOn, Period: f.Period, Categories: f.Categories, Effort: f.Effort, TimeLimitSeconds: f.TimeLimit,
		StartsAt: day(f.StartsOn, "starts_on"), EndsAt: day(f.EndsOn, "ends_on"),
	}
	if request.StartsAt.IsZero() {
		request.StartsAt = now
	}
	opens, err := pooling.ParseTimetable(f.OpensOn, rome)
	errs = append(errs, at(err, "opens_on")...)
	closes, err := pooling.ParseTimetable(f.ClosesOn, rome)
	errs = append(errs, at(err, "closes_on")...)
	_, err = pooling.ParseEffort(f.Effort)
	errs = append(errs, at(err, "effort")...)
	_, err = pooling.ParseTimeLimit(f.TimeLimit)
	errs = append(errs, at(err, "time_limit")...)
	if len(errs) > 0 {
		return request, nil, errs
	}
	after := request.StartsAt
	if after.Before(now) {
		after = now
	}
	var dates []seriesDates
	for range nextShown {
		d := seriesDates{Opens: opens.Next(after)}
		if d.Opens.IsZero() || !request.EndsAt.IsZero() && !d.Opens.Before(request.EndsAt) {
			break
		}
		d.Closes = closes.Next(d.Opens)
		dates = append(dates, d)
		after = d.Opens
	}
	if len(dates) == 0 {
		return request, nil, pooling.ErrCronNever.With("expression", f.OpensOn).At("opens_on")
	}
	return request, dates, nil
}

// at puts the refusals of err at a field.
func at(err error, field string) refusal.List {
	var list refusal.List
	for _, e := range refusal.All(err) {
		list = append(list, e.At(field))
	}
	return list
}
