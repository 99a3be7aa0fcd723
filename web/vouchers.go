package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"colletta/billing"
	"colletta/desk"
	"colletta/money"
	"colletta/subsidies/vouchers"
)

type myVouchersPage struct {
	frame
	View desk.MyVouchersView
	Pays money.Amount // of all open charges
	Due  money.Amount // of all open charges
}

func (s *site) myVouchers(w http.ResponseWriter, r *http.Request) {
	view, err := s.desk.MyVouchers(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "vouchers", newMyVouchersPage(s.frame(r, "I miei voucher"), view))
}

func newMyVouchersPage(f frame, view desk.MyVouchersView) myVouchersPage {
	p := myVouchersPage{frame: f, View: view}
	for _, c := range view.Open {
		p.Due += c.Due
	}
	for _, v := range view.Vouchers {
		for _, part := range v.Pays {
			p.Pays += part.Amount
		}
	}
	return p
}

// chargeVouchers is what the page of a charge shows about vouchers.
type chargeVouchers struct {
	View    desk.ChargeVouchersView
	Address string // of the charge
	Lines   []chargeVoucherLine
	Others  []chargeVoucherLine // that may not pay, and why
	Amount  field
	Due     string // as the form was shown
	Errors  refusals
}

type chargeVoucherLine struct {
	desk.ChargeVoucher
	Chosen bool
	Place  field  // number in the order
	Reason string // why it may not pay
}

var voucherFields = []string{"amount"}

// newChargeVouchers is nil when there is nothing about vouchers to show.
func (s *site) newChargeVouchers(c desk.ChargeView, view desk.ChargeVouchersView, typed *desk.UseVouchersRequest, errs refusals) *chargeVouchers {
	if len(view.Vouchers)+len(view.Uses) == 0 {
		return nil
	}
	p := &chargeVouchers{View: view, Address: "/quote/" + url.PathEscape(string(c.ID)), Due: c.Due.ItalianNumber(), Errors: errs}
	p.Amount = field{
		Form: "voucher", Name: "amount", Label: "Quanto pagare con i voucher", Type: "text", Mode: "decimal", Suffix: "€", Value: view.Pays.ItalianNumber(), Error: errs.at("amount"),
		Help: "Il resto della quota lo paghi con carta o bonifico. Quello che non usi resta sul voucher.",
	}
	if typed != nil {
		p.Amount.Value = typed.Amount
	}
	for i, v := range view.Vouchers {
		line := chargeVoucherLine{ChargeVoucher: v, Chosen: typed == nil || slices.Contains(typed.Vouchers, v.ID)}
		if v.Why != nil {
			line.Reason = s.words.of(v.Why)
			p.Others = append(p.Others, line)
			continue
		}
		line.Place = field{Form: "ordine", Name: "place-" + string(v.ID), Label: "Posto di " + v.Code, Type: "text", Mode: "numeric", Value: strconv.Itoa(i + 1)}
		p.Lines = append(p.Lines, line)
	}
	return p
}

// useVouchers pays the charge, or shows its page again with what was refused.
func (s *site) useVouchers(w http.ResponseWriter, r *http.Request) {
	id := billing.ChargeID(chi.URLParam(r, "id"))
	req := desk.UseVouchersRequest{Charge: id, Amount: value(r, "amount"), Due: value(r, "due")}
	for _, v := range values(r, "vouchers") {
		req.Vouchers = append(req.Vouchers, vouchers.ID(v))
	}
	if len(req.Vouchers) == 0 { // none was ticked
		s.showCharge(w, r, &req, desk.ErrNoVoucher.At("amount"))
		return
	}
	used, err := s.desk.UseVouchers(r.Context(), actorOf(r), req)
	switch {
	case err == nil:
		s.notice(r, "I voucher hanno pagato "+used.Italian()+" di questa quota.")
		http.Redirect(w, r, "/quote/"+url.PathEscape(string(id)), http.StatusSeeOther)
	case reformable(err):
		s.showCharge(w, r, &req, err)
	default:
		s.refuse(w, r, err)
	}
}

// orderVouchers declares the order by the numbers typed beside the vouchers;
// equal and unreadable ones keep the order of the page.
func (s *site) orderVouchers(w http.ResponseWriter, r *http.Request) {
	id := billing.ChargeID(chi.URLParam(r, "id"))
	type placed struct {
		id    vouchers.ID
		place int
	}
	var order []placed
	for _, v := range values(r, "order") {
		place, err := strconv.Atoi(strings.TrimSpace(value(r, "place-"+v)))
		if err != nil {
			place = len(order) + 1
		}
		order = append(order, placed{vouchers.ID(v), place})
	}
	slices.SortStableFunc(order, func(a, b placed) int { return cmp.Compare(a.place, b.place) })
	ids := make([]vouchers.ID, len(order))
	for i, o := range order {
		ids[i] = o.id
	}
	said := "Ordine salvato: i voucher pagheranno così in questo gruppo."
	if value(r, "usual") != "" {
		ids, said = nil, "Ordine consueto: prima i voucher del minore, poi quelli che scadono prima."
	}
	if err := s.desk.SetVoucherOrder(r.Context(), actorOf(r), id, ids); err != nil {
		s.refuse(w, r, err)
		return
	}
	s.notice(r, said)
	http.Redirect(w, r, "/quote/"+url.PathEscape(string(id))+"#voucher", http.StatusSeeOther)
}

func voucherStatusText(s vouchers.Status) string {
	switch s {
	case vouchers.StatusUsable:
		return "utilizzabile"
	case vouchers.StatusNotYet:
		return "non ancora valido"
	case vouchers.StatusExhausted:
		return "esaurito"
	case vouchers.StatusExpired:
		return "scaduto"
	case vouchers.StatusAnnulled:
		return "annullato"
	case vouchers.StatusImported:
		return "da confermare"
	}
	return string(s)
}

func voucherTone(s vouchers.Status) string {
	switch s {
	case vouchers.StatusUsable:
		return "tone-open"
	case vouchers.StatusNotYet, vouchers.StatusImported:
		return "tone-wait"
	case vouchers.StatusExhausted:
		return "tone-done"
	}
	return "tone-no"
}

func voucherUseText(s vouchers.UseState) string {
	switch s {
	case vouchers.UseRegistered:
		return "registrato"
	case vouchers.UseAccounted:
		return "contabilizzato"
	case vouchers.UseReversed:
		return "stornato"
	case vouchers.UsePaymentError:
		return "errore di pagamento"
	}
	return string(s)
}

func voucherUseTone(s vouchers.UseState) string {
	switch s {
	case vouchers.UseRegistered:
		return "tone-wait"
	case vouchers.UseAccounted:
		return "tone-done"
	}
	return "tone-no"
}
