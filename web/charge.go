package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"colletta/billing"
	"colletta/desk"
	"colletta/money"
)

// After a card payment the gateway is asked some times before the page says
// that it takes longer.
const (
	returnAsksMax = 4
	returnPause   = 700 * time.Millisecond
)

type chargesPage struct {
	frame
	Due, Done []desk.ChargeView
	Total     money.Amount
	Credit    money.Amount // what the household paid too much
}

func (s *site) charges(w http.ResponseWriter, r *http.Request) {
	charges, err := s.desk.Charges(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	p := newChargesPage(s.frame(r, "Le tue quote"), charges)
	if p.Credit, err = s.desk.Credit(r.Context(), actorOf(r)); err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "charges", p)
}

func newChargesPage(f frame, charges []desk.ChargeView) chargesPage {
	p := chargesPage{frame: f}
	for _, c := range charges {
		if c.State == billing.ChargeOpen {
			p.Due = append(p.Due, c)
			p.Total += c.Due
		} else {
			p.Done = append(p.Done, c)
		}
	}
	return p
}

type chargePage struct {
	frame
	Errors  refusals
	Charge  desk.ChargeView
	Left    money.Amount // still to pay
	Payable bool
	Overdue bool
	Paid    []desk.PaymentView // that came, with a receipt
	Waiting bool               // a card payment is on its way
	Credit  money.Amount       // of the reader's household, what may pay this charge

	Vouchers     *chargeVouchers // nil when the household has none
	Applications []desk.ApplicationView
	MayAsk       bool // that a measure pays some
}

func (s *site) charge(w http.ResponseWriter, r *http.Request) { s.showCharge(w, r, nil, nil) }

// showCharge shows a charge; typed is the use of vouchers that was refused.
func (s *site) showCharge(w http.ResponseWriter, r *http.Request, typed *desk.UseVouchersRequest, refused error) {
	id := billing.ChargeID(chi.URLParam(r, "id"))
	view, err := s.desk.Charge(r.Context(), actorOf(r), id)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	own, err := s.desk.ChargeVouchers(r.Context(), actorOf(r), id)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	asked, mayAsk, err := s.desk.ChargeApplications(r.Context(), actorOf(r), id)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	credit, err := s.desk.ChargeCredit(r.Context(), actorOf(r), id)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	p := newChargePage(s.frame(r, "Quota "+view.Number), view)
	p.Applications, p.MayAsk, p.Credit = asked, mayAsk, credit
	p.Vouchers = s.newChargeVouchers(view, own, typed, s.refusalsOf(refused, voucherFields...))
	if p.Vouchers != nil {
		p.Errors = p.Vouchers.Errors.under("voucher")
	} else {
		p.Errors = s.refusalsOf(refused)
	}
	s.render(w, r, statusOf(refused), "charge", p)
}

func newChargePage(f frame, view desk.ChargeView) chargePage {
	p := chargePage{frame: f, Charge: view, Left: view.Due, Payable: view.State == billing.ChargeOpen && view.Due > 0}
	// DueOn is a calendar day: the charge is late from the day after.
	p.Overdue = p.Payable && !view.DueOn.IsZero() && f.Now.In(rome).Format("2006-01-02") > view.DueOn.In(rome).Format("2006-01-02")
	for _, payment := range view.Payments {
		if payment.ReceiptNumber != "" && payment.State == billing.PaymentSucceeded {
			p.Paid = append(p.Paid, payment)
		}
		if p.Payable && payment.Method == billing.MethodCard && (payment.State == billing.PaymentPending || payment.State == billing.PaymentUnknown) {
			p.Waiting = true
		}
	}
	return p
}

// payByCard leads to the hosted payment page; its address comes from the
// gateway, not from the reader.
func (s *site) payByCard(w http.ResponseWriter, r *http.Request) {
	hosted, err := s.desk.PayByCard(r.Context(), actorOf(r), billing.ChargeID(chi.URLParam(r, "id")))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	http.Redirect(w, r, hosted, http.StatusSeeOther)
}

// payByCredit lets the household's credit pay what it can of a charge.
func (s *site) payByCredit(w http.ResponseWriter, r *http.Request) {
	id := billing.ChargeID(chi.URLParam(r, "id"))
	used, err := s.desk.UseCredit(r.Context(), actorOf(r), id)
	switch {
	case err == nil:
		s.notice(r, "Il tuo credito ha pagato "+used.Italian()+" di questa quota.")
		http.Redirect(w, r, "/quote/"+url.PathEscape(string(id)), http.StatusSeeOther)
	case reformable(err):
		s.showCharge(w, r, nil, err)
	default:
		s.refuse(w, r, err)
	}
}

type returnPage struct {
	frame
	Charge desk.ChargeView
	Next   string // the page that asks again
}

// cardReturned asks the gateway what became of the payment, and shows the
// charge when it is paid. It waits a little on this side instead of letting the
// page reload by itself, which would take the page away from who reads slowly
// (WCAG 2.2.1).
func (s *site) cardReturned(w http.ResponseWriter, r *http.Request) {
	id, actor := billing.ChargeID(chi.URLParam(r, "id")), actorOf(r)
	address := "/quote/" + url.PathEscape(string(id))
	var view desk.ChargeView
	for asked := range returnAsksMax {
		if asked > 0 && !pause(r.Context(), returnPause) {
			break
		}
		askErr := s.desk.CardReturned(r.Context(), actor, id)
		var err error
		if view, err = s.desk.Charge(r.Context(), actor, id); err != nil {
			s.refuse(w, r, err)
			return
		}
		if view.State == billing.ChargePaid {
			s.notice(r, "Pagamento ricevuto: grazie! Trovi la ricevuta qui sotto.")
			http.Redirect(w, r, address, http.StatusSeeOther)
			return
		}
		if askErr != nil {
			// The payment may have come all the same: the webhook will tell.
			slog.WarnContext(r.Context(), "gateway not asked", "charge", id, "error", askErr)
		} else if !newChargePage(frame{Now: s.desk.Now()}, view).Waiting {
			s.notice(r, "Il pagamento con carta non risulta completato: non è stato addebitato nulla. Puoi riprovare o usare il bonifico.")
			http.Redirect(w, r, address, http.StatusSeeOther)
			return
		}
	}
	s.render(w, r, http.StatusOK, "card_return", returnPage{s.frame(r, "Pagamento in elaborazione"), view, address + "/ritorno"})
}

// pause waits; false when the reader is gone before that.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (s *site) chargeQR(w http.ResponseWriter, r *http.Request) {
	view, err := s.desk.Charge(r.Context(), actorOf(r), billing.ChargeID(chi.URLParam(r, "id")))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	if view.QRPayload == "" {
		s.notFound(w, r)
		return
	}
	svg, err := billing.QRSVG(view.QRPayload, "Codice QR per il bonifico della quota "+view.Number)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "image/svg+xml")
	_, _ = w.Write([]byte(svg)) // the reader may be gone
}

func (s *site) receipt(w http.ResponseWriter, r *http.Request) {
	id, ok := strings.CutSuffix(chi.URLParam(r, "file"), ".pdf")
	if !ok {
		s.notFound(w, r)
		return
	}
	receipt, err := s.desk.ReceiptOf(r.Context(), actorOf(r), billing.PaymentID(id))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	attachment(w, receipt.Name, "application/pdf")
	_, _ = w.Write(receipt.PDF) // the reader may be gone
}
