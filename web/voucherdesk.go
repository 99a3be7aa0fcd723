package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"github.com/go-chi/chi/v5"

	"colletta/desk"
	"colletta/money"
	"colletta/subsidies/vouchers"
)

type voucherListPage struct {
	frame
	View    desk.VoucherListView
	Errors  refusals
	Filters []field
	Open    bool // something is filtered
	Earlier string
	Later   string
}

var voucherFilterFields = []string{"code", "tax_code", "status", "call", "residual_min", "residual_max", "ends_from", "ends_to"}

func (s *site) voucherList(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	req := desk.VoucherListRequest{
		Text: clean(q, "code"), TaxCode: clean(q, "tax_code"), Status: clean(q, "status"), Call: clean(q, "call"), ResidualMin: clean(q, "residual_min"),
		ResidualMax: clean(q, "residual_max"), EndsFrom: clean(q, "ends_from"), EndsTo: clean(q, "ends_to"), Page: q.Get("page"),
	}
	view, err := s.desk.Vouchers(r.Context(), actorOf(r), req)
	if err != nil && !reformable(err) {
		s.refuse(w, r, err)
		return
	}
	p := newVoucherListPage(s.frame(r, "Voucher"), view, req, s.refusalsOf(err, voucherFilterFields...))
	link := func(page int) string {
		q.Set("page", strconv.Itoa(page))
		return "/comune/voucher?" + q.Encode()
	}
	if view.Page > 1 {
		p.Earlier = link(view.Page - 1)
	}
	if view.Page < view.Pages {
		p.Later = link(view.Page + 1)
	}
	s.render(w, r, statusOf(err), "voucher_list", p)
}

func newVoucherListPage(f frame, view desk.VoucherListView, req desk.VoucherListRequest, errs refusals) voucherListPage {
	p := voucherListPage{frame: f, View: view, Errors: errs}
	add := func(name, label, kind, value string) *field {
		p.Filters = append(p.Filters, field{Name: name, Label: label, Type: kind, Value: value, Error: errs.at(name), Optional: kind != "select"})
		p.Open = p.Open || value != ""
		return &p.Filters[len(p.Filters)-1]
	}
	add("code", "Codice del voucher", "text", req.Text)
	add("tax_code", "Codice fiscale", "text", req.TaxCode).Help = "Del titolare o del minore."
	status := add("status", "Stato", "select", req.Status)
	status.Options = []option{{Label: "tutti"}}
	for _, st := range vouchers.Statuses() {
		status.Options = append(status.Options, option{Value: string(st), Label: voucherStatusText(st), Chosen: string(st) == req.Status})
	}
	call := add("call", "Bando", "select", req.Call)
	call.Options = []option{{Label: "tutti"}}
	for _, c := range view.Calls {
		call.Options = append(call.Options, option{Value: c.Code, Label: c.Code, Chosen: c.Code == req.Call})
	}
	for _, name := range []string{"residual_min", "residual_max"} {
		label, typed := "Residuo, almeno", req.ResidualMin
		if name == "residual_max" {
			label, typed = "Residuo, al massimo", req.ResidualMax
		}
		b := add(name, label, "text", typed)
		b.Mode, b.Suffix = "decimal", "€"
	}
	add("ends_from", "Scade dal giorno", "date", req.EndsFrom)
	add("ends_to", "Scade entro il giorno", "date", req.EndsTo)
	return p
}

type voucherShowPage struct {
	frame
	View    desk.VoucherDetailView
	Errors  refusals
	Reason  field // of the annulment
	Reverse []reverseForm
}

// reverseForm takes back one registered use.
type reverseForm struct {
	Use    desk.VoucherUseView
	Open   bool // it was refused
	Reason field
}

func (s *site) voucherShow(w http.ResponseWriter, r *http.Request) {
	s.showVoucher(w, r, vouchers.ID(chi.URLParam(r, "id")), "", "", nil)
}

// showVoucher shows a voucher; use is the one whose reversal was refused.
func (s *site) showVoucher(w http.ResponseWriter, r *http.Request, id vouchers.ID, use vouchers.UseID, typed string, refused error) {
	view, err := s.desk.Voucher(r.Context(), actorOf(r), id)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "voucher_show", newVoucherShowPage(s.frame(r, "Voucher "+view.Voucher.Code), view, use, typed, s.refusalsOf(refused, "reason")))
}

func newVoucherShowPage(f frame, view desk.VoucherDetailView, use vouchers.UseID, typed string, errs refusals) voucherShowPage {
	reason := func(form string) field {
		return field{Form: form, Name: "reason", Label: "Motivo", Type: "text", Help: "Resta nel registro. Al massimo 140 caratteri."}
	}
	p := voucherShowPage{frame: f, View: view, Errors: errs.under("annulla"), Reason: reason("annulla")}
	if use == "" {
		p.Reason.Value, p.Reason.Error = typed, errs.at("reason")
	}
	for i, u := range view.Uses {
		if u.State != vouchers.UseRegistered {
			continue
		}
		form := reverseForm{Use: u, Reason: reason(fmt.Sprint("storno", i))}
		if u.ID == use {
			form.Open, form.Reason.Value, form.Reason.Error = true, typed, errs.at("reason")
			p.Errors = errs.under(form.Reason.Form)
		}
		p.Reverse = append(p.Reverse, form)
	}
	return p
}

func (s *site) voucherAnnul(w http.ResponseWriter, r *http.Request) {
	id := vouchers.ID(chi.URLParam(r, "id"))
	s.afterVoucher(w, r, id, "", s.desk.AnnulVoucher(r.Context(), actorOf(r), id, value(r, "reason")), "Voucher annullato. Puoi ripristinarlo quando vuoi.")
}

func (s *site) voucherRestore(w http.ResponseWriter, r *http.Request) {
	id := vouchers.ID(chi.URLParam(r, "id"))
	s.afterVoucher(w, r, id, "", s.desk.RestoreVoucher(r.Context(), actorOf(r), id), "Voucher ripristinato.")
}

func (s *site) voucherReverse(w http.ResponseWriter, r *http.Request) {
	id, use := vouchers.ID(chi.URLParam(r, "id")), vouchers.UseID(chi.URLParam(r, "use"))
	err := s.desk.ReverseVoucherUse(r.Context(), actorOf(r), use, value(r, "failed") != "", value(r, "reason"))
	s.afterVoucher(w, r, id, use, err, "Utilizzo stornato: l’importo è tornato sul voucher e la famiglia è avvisata.")
}

// afterVoucher goes back to the voucher, with what was done or what was refused.
func (s *site) afterVoucher(w http.ResponseWriter, r *http.Request, id vouchers.ID, use vouchers.UseID, err error, done string) {
	switch {
	case err == nil:
		s.notice(r, done)
		http.Redirect(w, r, "/comune/voucher/"+url.PathEscape(string(id)), http.StatusSeeOther)
	case reformable(err):
		s.showVoucher(w, r, id, use, value(r, "reason"), err)
	default:
		s.refuse(w, r, err)
	}
}

type voucherImportPage struct {
	frame
	Errors  refusals
	File    field
	Titles  []string
	Preview *desk.VoucherPreview
	Cells   []cellLine
	New     money.Amount
}

func (s *site) voucherImportForm(w http.ResponseWriter, r *http.Request) {
	s.showVoucherImport(w, r, nil, nil)
}

func (s *site) showVoucherImport(w http.ResponseWriter, r *http.Request, preview *desk.VoucherPreview, refused error) {
	if _, err := s.desk.VoucherCalls(r.Context(), actorOf(r)); err != nil { // may this reader import at all?
		s.refuse(w, r, err)
		return
	}
	p := s.newVoucherImportPage(s.frame(r, "Importa voucher"), preview, s.refusalsOf(refused, "file"))
	s.render(w, r, statusOfFile(refused, p.Cells), "voucher_import", p)
}

func (s *site) newVoucherImportPage(f frame, preview *desk.VoucherPreview, errs refusals) voucherImportPage {
	p := voucherImportPage{frame: f, Errors: errs, Titles: vouchers.Titles(), Preview: preview}
	p.File = field{
		Name: "file", Label: "File CSV dei voucher", Type: "file", Accept: ".csv,.txt", Error: errs.at("file"),
		Help: fmt.Sprintf("Dodici colonne separate da punto e virgola, al massimo %d MB e %s righe.", vouchers.FileBytesMax>>20, thousands(vouchers.FileRowsMax)),
	}
	if preview == nil {
		return p
	}
	p.New = preview.Plan.Total()
	p.Cells = s.cellLines(preview.Errors)
	return p
}

func (s *site) voucherImportPreview(w http.ResponseWriter, r *http.Request) {
	file, err := uploadOf(r, vouchers.FileBytesMax, vouchers.ErrFileBig, vouchers.ErrFileEmpty)
	if err == nil {
		var preview desk.VoucherPreview
		if preview, err = s.desk.PreviewVouchers(r.Context(), actorOf(r), desk.VoucherFile(file)); err == nil {
			s.showVoucherImport(w, r, &preview, nil)
			return
		}
	}
	if reformable(err) {
		s.showVoucherImport(w, r, nil, err)
		return
	}
	s.refuse(w, r, err)
}

func (s *site) voucherImportConfirm(w http.ResponseWriter, r *http.Request) {
	done, err := s.desk.ConfirmVouchers(r.Context(), actorOf(r), value(r, "batch"))
	switch {
	case err == nil:
		s.notice(r, plural(done.Vouchers, "voucher attivo", "voucher attivi")+" per "+done.Total.Italian()+". Controlla che ogni bando abbia i suoi servizi.")
		http.Redirect(w, r, "/comune/voucher/bandi", http.StatusSeeOther)
	case reformable(err), statusOf(err) == http.StatusNotFound: // replaced meanwhile by another file
		s.showVoucherImport(w, r, nil, err)
	default:
		s.refuse(w, r, err)
	}
}

func clean(q url.Values, name string) string { return cleaned(q.Get(name)) }
