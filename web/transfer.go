package web

import (
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"colletta/billing"
	"colletta/communities"
	"colletta/desk"
)

// transferForm records the bank transfer of one charge; a page has one for
// each open charge, so its fields carry the charge in their ids.
type transferForm struct {
	Action string
	Charge desk.ChargeView
	Fields []field
	Open   bool // unfolded, because it was refused
	Errors refusals
}

// newTransferForm proposes what is due, received today; a delegate, who does not
// see what is due, copies the amount from the bank statement. typed is what was
// refused, for the charge it names.
func newTransferForm(action, today string, c desk.ChargeView, typed *desk.TransferRequest, errs refusals) transferForm {
	v := desk.TransferRequest{Charge: c.ID, ReceivedOn: today}
	if c.Due > 0 {
		v.Amount = c.Due.ItalianNumber()
	}
	f := transferForm{Action: action, Charge: c}
	if typed != nil && typed.Charge == c.ID {
		v, f.Open, f.Errors = *typed, true, errs
	}
	f.Fields = []field{
		{Form: string(c.ID), Name: "amount", Label: "Importo ricevuto", Type: "text", Mode: "decimal", Suffix: "€", Value: v.Amount, Error: f.Errors.at("amount")},
		{Form: string(c.ID), Name: "received_on", Label: "Data di accredito", Type: "date", Value: v.ReceivedOn, Error: f.Errors.at("received_on")},
		{Form: string(c.ID), Name: "note", Label: "Nota", Type: "text", Value: v.Note, Error: f.Errors.at("note"), Optional: true, Help: "Per esempio la riga dell’estratto conto."},
	}
	return f
}

var transferFields = []string{"amount", "received_on", "note"}

func transferOf(r *http.Request) desk.TransferRequest {
	return desk.TransferRequest{
		Charge: billing.ChargeID(value(r, "charge")), Amount: value(r, "amount"),
		ReceivedOn: value(r, "received_on"), Note: value(r, "note"),
	}
}

func (s *site) today() string { return s.desk.Now().In(rome).Format("2006-01-02") }

func (s *site) communityTransfer(w http.ResponseWriter, r *http.Request) {
	id := communities.CommunityID(chi.URLParam(r, "id"))
	s.recordTransfer(w, r, "/comunita/"+url.PathEscape(string(id)), func(typed *desk.TransferRequest, err error) {
		s.showCommunity(w, r, id, typed, err)
	})
}

func (s *site) officerTransfer(w http.ResponseWriter, r *http.Request) {
	s.recordTransfer(w, r, "/comune", func(typed *desk.TransferRequest, err error) { s.showOfficer(w, r, typed, err) })
}

func (s *site) recordTransfer(w http.ResponseWriter, r *http.Request, back string, again func(*desk.TransferRequest, error)) {
	typed := transferOf(r)
	_, err := s.desk.RecordTransfer(r.Context(), actorOf(r), typed)
	if reformable(err) {
		again(&typed, err)
		return
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.notice(r, "Bonifico registrato: la quota è aggiornata e la ricevuta è pronta.")
	http.Redirect(w, r, back, http.StatusSeeOther)
}
