package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"colletta/billing"
	"colletta/desk"
	"colletta/subsidies"
)

// fundRoutes are the pages about funds: of families, then of the Comune.
func (s *site) fundRoutes(r chi.Router) {
	r.Get("/contributi", s.applications)
	r.Post("/contributi/{id}/ritira", s.applicationWithdraw)
	r.Get("/quote/{id}/contributo", s.awards)
	r.Post("/quote/{id}/contributo", s.awardAsk)
	r.Get("/comune/fondi", s.funds)
	r.Post("/comune/fondi", s.fundOpen)
	r.Get("/comune/fondi/{id}", s.fund)
	r.Post("/comune/fondi/{id}/dotazione", s.fundAllocate)
	r.Post("/comune/fondi/{id}/bandi", s.fundCallOpen)
	r.Post("/comune/fondi/{id}/bandi/{call}", s.fundCallDecide)
	r.Post("/comune/fondi/{id}/versamenti/{provider}", s.fundPay)
	r.Post("/comune/fondi/{id}/domande/{application}", s.fundReturn)
}

var moveWords = map[billing.FundMove]string{
	billing.FundAllocate: "dotazione", billing.FundReserve: "riservati", billing.FundCommit: "assegnati", billing.FundPay: "versati",
	billing.FundRelease: "liberati", billing.FundExpire: "scaduti", billing.FundReturn: "ripresi",
}

var applicationWords = map[subsidies.ApplicationState]string{
	subsidies.ApplicationWaiting: "in attesa", subsidies.ApplicationGranted: "assegnata", subsidies.ApplicationPartly: "assegnata in parte",
	subsidies.ApplicationRefused: "chiusa senza contributo", subsidies.ApplicationWithdrawn: "ritirata",
}

var applicationTones = map[subsidies.ApplicationState]string{
	subsidies.ApplicationWaiting: "tone-wait", subsidies.ApplicationGranted: "tone-open", subsidies.ApplicationPartly: "tone-wait",
	subsidies.ApplicationRefused: "tone-no", subsidies.ApplicationWithdrawn: "tone-no",
}

var reasonWords = map[subsidies.EndReason]string{
	subsidies.EndNothingDue: "la quota era già pagata", subsidies.EndFundEnded: "il fondo è arrivato al suo ultimo giorno",
	subsidies.EndFundShort: "il fondo è stato diviso fra tutti", subsidies.EndTakenBack: "contributo ripreso dal Comune",
}

var fundModeWords = map[subsidies.FundMode]string{
	subsidies.FundEntitlement: "a tutti quelli a cui spetta", subsidies.FundFirstCome: "in ordine di arrivo", subsidies.FundRanking: "con una graduatoria",
}

var rankKeyWords = map[string]string{
	"isee": "ISEE", subsidies.AppliedAt: "momento della domanda", "household_size": "persone in famiglia", "members": "persone in famiglia",
	"people": "persone in famiglia", "minors": "figli minori", "minors_in_household": "figli minori", "children": "figli minori",
	"price": "quota", "cost": "quota", "fee": "quota", "share": "quota",
}

func moveText(m billing.FundMove) string                      { return moveWords[m] }
func applicationText(s subsidies.ApplicationState) string     { return applicationWords[s] }
func applicationTone(s subsidies.ApplicationState) string     { return applicationTones[s] }
func applicationReasonText(reason subsidies.EndReason) string { return reasonWords[reason] }
func fundModeText(m subsidies.FundMode) string                { return fundModeWords[m] }

// policyLines say in words how a fund is divided.
func policyLines(p subsidies.FundPolicy) []string {
	var lines []string
	switch p.Mode {
	case subsidies.FundEntitlement:
		lines = append(lines, "Spetta a tutti quelli che ne hanno diritto: chi non trova denaro aspetta che il Comune ne metta.")
	case subsidies.FundFirstCome:
		lines = append(lines, "Chi chiede prima è servito prima.")
	case subsidies.FundRanking:
		keys := make([]string, len(p.Order))
		for i, o := range p.Order {
			word := rankKeyWords[o.By]
			if word == "" {
				word = o.By
			}
			order := " (prima chi è più basso)"
			if o.Descending {
				order = " (prima chi è più alto)"
			}
			if o.By == subsidies.AppliedAt {
				order = " (prima chi è arrivato prima)"
			}
			keys[i] = word + order
		}
		lines = append(lines, "Si fa una graduatoria dopo un bando, per "+strings.Join(keys, ", poi ")+". A pari merito decide il numero della domanda. Chi non ha un dato viene dopo.")
	}
	for _, r := range p.Reserve {
		word := rankKeyWords[r.If]
		if word == "" {
			word = r.If
		}
		lines = append(lines, "Una parte della dotazione ("+r.Share.Mul(subsidies.Whole(100)).Text(2)+" %) è per chi ha: "+word+".")
	}
	switch {
	case p.ProRata:
		lines = append(lines, "Se non basta per tutti, ognuno riceve in proporzione, al centesimo; il resto non si aspetta.")
		return lines
	case p.Partial:
		lines = append(lines, "Il primo che non ci sta riceve quello che resta.")
	default:
		lines = append(lines, "Chi non ci sta per intero non riceve una parte.")
	}
	if p.Skip {
		lines = append(lines, "Chi non ci sta si salta, e si prova con il successivo.")
	} else {
		lines = append(lines, "Chi non ci sta ferma la lista: nessuno passa davanti.")
	}
	return append(lines, "Il denaro che torna va a chi è in lista d’attesa, nell’ordine.")
}

type fundsPage struct {
	frame
	Errors        refusals
	Funds         []fundLine
	MayOpen       bool
	Open          bool // the form was refused
	Name          field
	From, To      field
	Amount        field
	Measures      []option
	MeasuresError string
	Mode          field
	Order         field
	Choices       []option // partial, skip, pro_rata
}

var fundFields = []string{"name", "from", "to", "amount", "measures", "mode", "order"}

func (s *site) funds(w http.ResponseWriter, r *http.Request) {
	s.showFunds(w, r, desk.FundForm{Partial: true}, nil)
}

func (s *site) showFunds(w http.ResponseWriter, r *http.Request, typed desk.FundForm, refused error) {
	list, err := s.desk.FundList(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	measures, err := s.desk.Measures(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "funds", newFundsPage(s.frame(r, "Fondi"), list, measures, typed, refused != nil, s.refusalsOf(refused, fundFields...)))
}

func newFundsPage(f frame, list []desk.FundView, measures []desk.MeasureView, typed desk.FundForm, open bool, errs refusals) fundsPage {
	p := fundsPage{frame: f, Errors: errs, Open: open, MayOpen: true}
	for _, one := range list {
		p.Funds = append(p.Funds, newFundLine(one))
	}
	p.MeasuresError = errs.at("measures")
	p.Name = field{Name: "name", Label: "Nome del fondo", Type: "text", Value: typed.Name, Error: errs.at("name")}
	p.From = field{Name: "from", Label: "Primo giorno", Type: "date", Value: typed.From, Error: errs.at("from")}
	p.To = field{Name: "to", Label: "Ultimo giorno", Type: "date", Value: typed.To, Error: errs.at("to")}
	p.Amount = field{Name: "amount", Label: "Dotazione", Type: "text", Mode: "decimal", Suffix: "€", Value: typed.Amount, Error: errs.at("amount"), Optional: true, Help: "La puoi aumentare quando vuoi."}
	p.Mode = field{Name: "mode", Label: "Come si divide", Type: "select", Error: errs.at("mode"), Options: []option{{Label: "come dice la misura"}}}
	for _, mode := range []subsidies.FundMode{subsidies.FundFirstCome, subsidies.FundRanking, subsidies.FundEntitlement} {
		p.Mode.Options = append(p.Mode.Options, option{Value: string(mode), Label: fundModeText(mode), Chosen: typed.Mode == string(mode)})
	}
	p.Order = field{Name: "order", Label: "Ordine della graduatoria", Type: "text", Value: typed.Order, Error: errs.at("order"), Optional: true,
		Help: "Solo per la graduatoria, per esempio: isee, applied_at. Con un trattino davanti (-minors) viene prima chi è più alto."}
	for _, m := range measures {
		for _, v := range m.Versions {
			if !v.Current {
				continue
			}
			chosen := false
			for _, id := range typed.Measures {
				chosen = chosen || id == m.ID
			}
			p.Measures = append(p.Measures, option{Value: m.ID, Label: m.Name, Chosen: chosen})
		}
	}
	p.Choices = []option{
		{Value: "partial", Label: "Il primo che non ci sta riceve quello che resta", Chosen: typed.Partial},
		{Value: "skip", Label: "Chi non ci sta si salta, e si prova con il successivo", Chosen: typed.Skip},
		{Value: "pro_rata", Label: "Graduatoria: se non basta, tutti ricevono in proporzione", Chosen: typed.ProRata},
	}
	return p
}

func (s *site) fundOpen(w http.ResponseWriter, r *http.Request) {
	typed := desk.FundForm{
		Name: value(r, "name"), From: value(r, "from"), To: value(r, "to"), Amount: value(r, "amount"), Measures: values(r, "measures"),
		Mode: value(r, "mode"), Order: value(r, "order"),
	}
	for _, choice := range values(r, "choices") {
		typed.Partial = typed.Partial || choice == "partial"
		typed.Skip = typed.Skip || choice == "skip"
		typed.ProRata = typed.ProRata || choice == "pro_rata"
	}
	id, err := s.desk.OpenFund(r.Context(), actorOf(r), typed)
	switch {
	case err == nil:
		s.notice(r, "Fondo aperto.")
		http.Redirect(w, r, "/comune/fondi/"+url.PathEscape(id), http.StatusSeeOther)
	case reformable(err):
		s.showFunds(w, r, typed, err)
	default:
		s.refuse(w, r, err)
	}
}

type fundPage struct {
	frame
	View     desk.FundPageView
	Errors   refusals
	Bar      bar
	Chart    *fundChart
	Policy   []string
	Amount   field
	ClosesOn field
	Payments []fundPayment
	Asked    []fundApplication
	Waiting  []fundApplication
	Older    string // address of older movements
	Latest   string // address of the latest ones, on a page of older ones
}

type fundPayment struct {
	desk.FundOwedView
	Amount field
}

type fundApplication struct {
	desk.ApplicationView
	Back field // the reason of taking it back
}

// fundTyped is what a form of a fund's page carried when it was refused.
type fundTyped struct{ Form, Amount, ClosesOn, Reason string }

func (s *site) fund(w http.ResponseWriter, r *http.Request) { s.showFund(w, r, fundTyped{}, nil) }

func (s *site) showFund(w http.ResponseWriter, r *http.Request, typed fundTyped, refused error) {
	below, _ := strconv.ParseInt(r.URL.Query().Get("prima"), 10, 64)
	view, err := s.desk.FundPage(r.Context(), actorOf(r), chi.URLParam(r, "id"), max(0, below))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	p := newFundPage(s.frame(r, view.Name), view, typed, s.refusalsOf(refused, "amount", "closes_on", "reason"))
	if below > 0 {
		p.Latest = p.address() + "#movimenti"
	}
	s.render(w, r, statusOf(refused), "fund", p)
}

func (p fundPage) address() string { return "/comune/fondi/" + url.PathEscape(p.View.ID) }

func newFundPage(f frame, view desk.FundPageView, typed fundTyped, errs refusals) fundPage {
	p := fundPage{frame: f, View: view, Errors: errs.under(typed.Form), Bar: newFundLine(view.FundView).Bar, Chart: newFundChart(view), Policy: policyLines(view.Policy)}
	of := func(form, value string, one field) field {
		one.Form = form
		if typed.Form == form {
			one.Value, one.Error = value, errs.at(one.Name)
		}
		return one
	}
	p.Amount = of("dotazione", typed.Amount, field{Name: "amount", Label: "Importo", Type: "text", Mode: "decimal", Suffix: "€"})
	p.ClosesOn = of("bando", typed.ClosesOn, field{Name: "closes_on", Label: "Ultimo giorno per le domande", Type: "date"})
	for i, o := range view.Owed {
		one := fundPayment{FundOwedView: o}
		one.Amount = of("ente"+strconv.Itoa(i), typed.Amount, field{Name: "amount", Label: "Somma arrivata", Type: "text", Mode: "decimal", Suffix: "€", Value: o.Owed.ItalianNumber()})
		p.Payments = append(p.Payments, one)
	}
	for i, a := range view.Applications {
		one := fundApplication{ApplicationView: a}
		one.Back = of("domanda"+strconv.Itoa(i), typed.Reason, field{Name: "reason", Label: "Motivo", Type: "text", Help: "La famiglia lo legge."})
		if a.Open() {
			p.Waiting = append(p.Waiting, one)
		} else {
			p.Asked = append(p.Asked, one)
		}
	}
	if view.Older > 0 {
		p.Older = p.address() + "?prima=" + strconv.FormatInt(view.Older, 10) + "#movimenti"
	}
	return p
}

// fundDone answers a form of a fund's page.
func (s *site) fundDone(w http.ResponseWriter, r *http.Request, said string, typed fundTyped, err error) {
	switch {
	case err == nil:
		s.notice(r, said)
		http.Redirect(w, r, "/comune/fondi/"+url.PathEscape(chi.URLParam(r, "id")), http.StatusSeeOther)
	case reformable(err):
		s.showFund(w, r, typed, err)
	default:
		s.refuse(w, r, err)
	}
}

func (s *site) fundAllocate(w http.ResponseWriter, r *http.Request) {
	req := desk.AllocateRequest{Fund: chi.URLParam(r, "id"), Amount: value(r, "amount"), Less: value(r, "less") != ""}
	err := s.desk.AllocateFund(r.Context(), actorOf(r), req)
	s.fundDone(w, r, "Dotazione aggiornata.", fundTyped{Form: "dotazione", Amount: req.Amount}, err)
}

func (s *site) fundCallOpen(w http.ResponseWriter, r *http.Request) {
	day := value(r, "closes_on")
	_, err := s.desk.OpenCall(r.Context(), actorOf(r), chi.URLParam(r, "id"), day)
	s.fundDone(w, r, "Bando aperto: le famiglie possono fare domanda.", fundTyped{Form: "bando", ClosesOn: day}, err)
}

func (s *site) fundCallDecide(w http.ResponseWriter, r *http.Request) {
	err := s.desk.DecideCall(r.Context(), actorOf(r), chi.URLParam(r, "call"))
	s.fundDone(w, r, "Graduatoria fatta: chi ha ricevuto e chi aspetta è qui sotto.", fundTyped{}, err)
}

func (s *site) fundPay(w http.ResponseWriter, r *http.Request) {
	req := desk.FundPaymentRequest{Fund: chi.URLParam(r, "id"), Provider: chi.URLParam(r, "provider"), Amount: value(r, "amount")}
	paid, err := s.desk.PayFund(r.Context(), actorOf(r), req)
	s.fundDone(w, r, "Registrati "+paid.Italian()+" versati.", fundTyped{Form: formOf(r, "ente"), Amount: req.Amount}, err)
}

func (s *site) fundReturn(w http.ResponseWriter, r *http.Request) {
	reason := value(r, "reason")
	err := s.desk.ReturnAward(r.Context(), actorOf(r), chi.URLParam(r, "application"), reason)
	s.fundDone(w, r, "Contributo ripreso: la famiglia è avvisata.", fundTyped{Form: formOf(r, "domanda"), Reason: reason}, err)
}

// formOf is which of several like forms was sent: its kind and a number.
func formOf(r *http.Request, kind string) string {
	n, err := strconv.Atoi(strings.TrimPrefix(value(r, "form"), kind))
	if err != nil || n < 0 {
		return ""
	}
	return kind + strconv.Itoa(n)
}
