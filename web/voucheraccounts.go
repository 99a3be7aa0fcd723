package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-chi/chi/v5"

	"colletta/billing"
	"colletta/desk"
	"colletta/subsidies/vouchers"
)

type voucherCallsPage struct {
	frame
	Errors refusals
	Calls  []callForm
}

// callForm is a call with the boxes of where its vouchers may pay.
type callForm struct {
	desk.VoucherCallView
	Categories []option
	Offers     []option
	Nowhere    bool
}

func (s *site) voucherCalls(w http.ResponseWriter, r *http.Request) { s.showVoucherCalls(w, r, nil) }

func (s *site) showVoucherCalls(w http.ResponseWriter, r *http.Request, refused error) {
	view, err := s.desk.VoucherCalls(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "voucher_calls", newVoucherCallsPage(s.frame(r, "Bandi dei voucher"), view, s.refusalsOf(refused)))
}

func newVoucherCallsPage(f frame, view desk.VoucherCallsView, errs refusals) voucherCallsPage {
	p := voucherCallsPage{frame: f, Errors: errs}
	for _, c := range view.Calls {
		form := callForm{VoucherCallView: c, Nowhere: len(c.Categories)+len(c.Offers) == 0}
		for _, one := range view.Categories {
			form.Categories = append(form.Categories, option{Value: one.ID, Label: one.Name, Chosen: slices.Contains(c.Categories, one.ID)})
		}
		for _, o := range view.Offers {
			form.Offers = append(form.Offers, option{Value: string(o.ID), Label: o.Title + ", " + o.Provider, Chosen: slices.Contains(c.Offers, string(o.ID))})
		}
		p.Calls = append(p.Calls, form)
	}
	return p
}

func (s *site) voucherCallPlaces(w http.ResponseWriter, r *http.Request) {
	err := s.desk.SetCallPlaces(r.Context(), actorOf(r), desk.CallPlacesRequest{
		Call: billing.VoucherCallID(chi.URLParam(r, "id")), Categories: values(r, "categories"), Offers: values(r, "offers"),
	})
	switch {
	case err == nil:
		s.notice(r, "Servizi del bando salvati.")
		http.Redirect(w, r, "/comune/voucher/bandi", http.StatusSeeOther)
	case reformable(err):
		s.showVoucherCalls(w, r, err)
	default:
		s.refuse(w, r, err)
	}
}

type voucherAccountsPage struct {
	frame
	View   desk.VoucherAccountsView
	Errors refusals
	UpTo   field
}

func (s *site) voucherAccounts(w http.ResponseWriter, r *http.Request) {
	s.showVoucherAccounts(w, r, "", nil)
}

func (s *site) showVoucherAccounts(w http.ResponseWriter, r *http.Request, typed string, refused error) {
	view, err := s.desk.VoucherAccounts(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	if refused == nil {
		typed = s.today()
	}
	fields := []string{"up_to"}
	if len(view.Open) == 0 { // there is no form
		fields = nil
	}
	s.render(w, r, statusOf(refused), "voucher_accounts", newVoucherAccountsPage(s.frame(r, "Contabilizza i voucher"), view, typed, s.refusalsOf(refused, fields...)))
}

func newVoucherAccountsPage(f frame, view desk.VoucherAccountsView, upTo string, errs refusals) voucherAccountsPage {
	return voucherAccountsPage{frame: f, View: view, Errors: errs, UpTo: field{
		Name: "up_to", Label: "Utilizzi fino al giorno", Type: "date", Value: upTo, Error: errs.at("up_to"),
		Help: "Un utilizzo contabilizzato non si può più stornare.",
	}}
}

// account makes a statement of all that is registered, or of one row.
func (s *site) account(w http.ResponseWriter, r *http.Request) {
	provider, call, _ := strings.Cut(value(r, "only"), " ")
	req := desk.AccountVouchersRequest{Key: value(r, "key"), Provider: billing.ProviderID(provider), Call: billing.VoucherCallID(call), UpTo: value(r, "up_to")}
	id, err := s.desk.AccountVouchers(r.Context(), actorOf(r), req)
	switch {
	case err == nil:
		s.notice(r, "Rendiconto pronto: scarica i file XLSX per gli enti.")
		http.Redirect(w, r, "/comune/voucher/rendiconti#r-"+url.PathEscape(string(id)), http.StatusSeeOther)
	case reformable(err):
		s.showVoucherAccounts(w, r, req.UpTo, err)
	default:
		s.refuse(w, r, err)
	}
}

// statementFile serves the workbook of one provider, or all of them in a ZIP.
func (s *site) statementFile(w http.ResponseWriter, r *http.Request) {
	file := chi.URLParam(r, "file")
	provider, sheet := strings.CutSuffix(file, ".xlsx")
	if !sheet && file != "tutti.zip" {
		s.notFound(w, r)
		return
	}
	kind := "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	if !sheet {
		provider, kind = "", "application/zip"
	}
	d, err := s.desk.StatementWorkbook(r.Context(), actorOf(r), vouchers.StatementID(chi.URLParam(r, "id")), billing.ProviderID(provider))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	attachment(w, d.Name, kind)
	_, _ = w.Write(d.Data) // the reader may be gone
}
