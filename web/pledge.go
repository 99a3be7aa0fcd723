package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/desk"
	"colletta/pooling"
)

type pledgePage struct {
	frame
	View      desk.PledgeFormView
	Picture   offerPicture
	Errors    refusals
	Action    string
	Change    bool
	Community field
	Units     field
	MaxPrice  field
	Distance  field
	Days      []slotDay
	SlotError string
	Methods   []option
	MethodErr string
}

// slotDay is a row of the week: the slots of one day.
type slotDay struct {
	Name  string
	Slots []option
}

func (s *site) pledgeForm(w http.ResponseWriter, r *http.Request) {
	s.showPledgeForm(w, r, nil, nil)
}

// showPledgeForm shows the form; typed and err are nil the first time, and
// otherwise what was sent and why it was refused.
func (s *site) showPledgeForm(w http.ResponseWriter, r *http.Request, typed *desk.PledgeRequest, err error) {
	round, offer := pooling.RoundID(chi.URLParam(r, "id")), catalogue.OfferID(chi.URLParam(r, "offer"))
	view, formErr := s.desk.PledgeForm(r.Context(), actorOf(r), round, offer)
	if formErr != nil {
		s.refuse(w, r, formErr)
		return
	}
	if typed == nil {
		typed = &view.Suggested
	}
	p := newPledgePage(s.frame(r, "Aderisci"), view, *typed, s.refusalsOf(err, "community", "units", "slots", "max_price", "max_distance", "method"))
	s.render(w, r, statusOf(err), "pledge", p)
}

func newPledgePage(f frame, view desk.PledgeFormView, typed desk.PledgeRequest, errs refusals) pledgePage {
	p := pledgePage{frame: f, View: view, Errors: errs, Change: view.Existing != nil, SlotError: errs.at("slots"), MethodErr: errs.at("method")}
	p.Title = "Aderisci: " + view.Picture.Offer.Title
	if p.Change {
		p.Title = "Modifica l’impegno: " + view.Picture.Offer.Title
	}
	p.Picture = newOfferPicture(desk.RoundView{Round: view.Round}, view.Picture)
	p.Action = p.Picture.PledgeURL
	p.Community = field{Name: "community", Label: "Per quale comunità?", Type: "select", Value: string(typed.Community), Error: errs.at("community")}
	for _, c := range view.Communities {
		p.Community.Options = append(p.Community.Options, option{Value: string(c.ID), Label: c.Name, Chosen: c.ID == typed.Community})
	}
	p.Units = field{Name: "units", Label: unitQuestion(view.Picture.Offer.Unit), Type: "text", Mode: "numeric", Value: typed.Units, Error: errs.at("units"), Help: "Un numero intero."}
	p.MaxPrice = field{
		Name: "max_price", Label: "Quanto sei disposto a pagare al massimo?", Type: "text", Mode: "decimal", Suffix: "€", Value: typed.MaxPrice, Error: errs.at("max_price"),
		Help: "Quota della tua famiglia, già tolto il contributo, " + periodText(view.Picture.Offer.Period) + ". Per esempio 45,00.",
	}
	p.Distance = field{
		Name: "max_distance", Label: "Fin dove puoi spostarti?", Type: "text", Mode: "numeric", Suffix: "metri", Value: typed.MaxDistanceM, Error: errs.at("max_distance"), Optional: true,
		Help: "Zero o vuoto: solo nella tua comunità.",
	}
	p.Days = daysOf(view.Slots, typed.Slots)
	for _, m := range billing.Methods() {
		p.Methods = append(p.Methods, option{Value: string(m), Label: methodLabels[m].Label, Help: methodLabels[m].Help, Chosen: m == typed.Method})
	}
	if typed.Method == "" && len(p.Methods) > 0 {
		p.Methods[0].Chosen = true
	}
	return p
}

var methodLabels = map[billing.Method]option{
	billing.MethodCard:     {Label: "Carta", Help: "Paghi sulla pagina sicura di Stripe, solo dopo che il gruppo si è formato."},
	billing.MethodTransfer: {Label: "Bonifico", Help: "Ricevi IBAN, causale e codice QR da inquadrare con l’app della banca."},
}

// daysOf groups slots by day of the week, in the order given; a slot that is
// not of the weekly grid stands in a row of its own.
func daysOf(slots []desk.SlotView, chosen []string) []slotDay {
	var days []slotDay
	for _, slot := range slots {
		name, label := "Altre fasce", slot.Label
		if parsed, err := catalogue.ParseSlot(slot.ID); err == nil {
			name = dayNames[parsed.Day]
			label = strings.TrimPrefix(parsed.Label(), name+" ")
		}
		o := option{Value: slot.ID, Label: label, Chosen: slices.Contains(chosen, slot.ID)}
		at := slices.IndexFunc(days, func(d slotDay) bool { return d.Name == name })
		if at < 0 {
			days = append(days, slotDay{Name: name})
			at = len(days) - 1
		}
		days[at].Slots = append(days[at].Slots, o)
	}
	return days
}

func (s *site) pledge(w http.ResponseWriter, r *http.Request) {
	typed := desk.PledgeRequest{
		Round: pooling.RoundID(chi.URLParam(r, "id")), Offer: catalogue.OfferID(chi.URLParam(r, "offer")),
		Community: communities.CommunityID(value(r, "community")), Units: value(r, "units"), Slots: values(r, "slots"),
		MaxPrice: value(r, "max_price"), MaxDistanceM: value(r, "max_distance"), Method: billing.Method(value(r, "method")),
	}
	id, err := s.desk.Pledge(r.Context(), actorOf(r), typed, value(r, "change") == "1")
	if reformable(err) {
		s.showPledgeForm(w, r, &typed, err)
		return
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.notice(r, "Il tuo impegno è registrato. Puoi modificarlo o ritirarlo fino alla chiusura della tornata.")
	http.Redirect(w, r, "/impegni/"+url.PathEscape(string(id)), http.StatusSeeOther)
}

type pledgeShowPage struct {
	frame
	Pledge  desk.PledgeView
	Outcome outcomeWords // in words; empty before forming
	Open    bool         // may still be changed
}

func (s *site) pledgeShow(w http.ResponseWriter, r *http.Request) { s.showPledge(w, r, "pledge_show") }

func (s *site) withdrawForm(w http.ResponseWriter, r *http.Request) { s.showPledge(w, r, "withdraw") }

func (s *site) showPledge(w http.ResponseWriter, r *http.Request, page string) {
	view, err := s.desk.PledgeOf(r.Context(), actorOf(r), pooling.DemandID(chi.URLParam(r, "id")))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	p := newPledgeShowPage(s.frame(r, "Il tuo impegno"), view)
	if page == "withdraw" {
		p.Title = "Ritira l’impegno"
	}
	s.render(w, r, http.StatusOK, page, p)
}

func newPledgeShowPage(f frame, view desk.PledgeView) pledgeShowPage {
	p := pledgeShowPage{frame: f, Pledge: view, Open: view.RoundState == pooling.RoundOpen && !view.Withdrawn}
	if view.Outcome != nil {
		p.Outcome = outcomeOf(*view.Outcome)
	}
	return p
}

func (s *site) withdraw(w http.ResponseWriter, r *http.Request) {
	id := pooling.DemandID(chi.URLParam(r, "id"))
	if err := s.desk.Withdraw(r.Context(), actorOf(r), id); err != nil {
		s.refuse(w, r, err)
		return
	}
	s.notice(r, "Il tuo impegno è ritirato: non pagherai nulla. Puoi aderire di nuovo fino alla chiusura.")
	http.Redirect(w, r, "/impegni/"+url.PathEscape(string(id)), http.StatusSeeOther)
}
