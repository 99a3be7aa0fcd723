package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"colletta/billing/ledger"
	"colletta/desk"
	"colletta/money"
	"colletta/refusal"
)

// ledgerRoutes are the pages of the Comune about its books.
func (s *site) ledgerRoutes(r chi.Router) {
	r.Get("/comune/contabilita", s.ledger)
	r.Get("/comune/contabilita/conto", s.ledgerAccount)
	r.Get("/comune/contabilita/conto.csv", s.ledgerAccountFile)
	r.Get("/comune/contabilita/mese", s.ledgerMonth)
}

var accountWords = map[ledger.AccountKind]string{
	ledger.AccountHouseholdReceivable: "Quote che le famiglie devono pagare", ledger.AccountHouseholdCredit: "Crediti delle famiglie",
	ledger.AccountProviderPayable: "Dovuto agli enti", ledger.AccountFund: "Contributi che i fondi devono versare",
	ledger.AccountFundAppropriation: "Dotazioni dei fondi, meno quanto versato", ledger.AccountFundAvailable: "Fondi: disponibile",
	ledger.AccountFundReserved: "Fondi: riservato", ledger.AccountFundCommitted: "Fondi: assegnato e non versato",
	ledger.AccountVoucherRegistered: "Voucher usati, da contabilizzare", ledger.AccountVoucherAccounted: "Voucher contabilizzati",
	ledger.AccountStripeClearing: "Incassi con carta presso Stripe", ledger.AccountBankClearing: "Conto corrente degli incassi",
	ledger.AccountTill: "Casse degli spazi", ledger.AccountUnallocated: "Movimenti del conto da abbinare", ledger.AccountFees: "Commissioni delle carte", ledger.AccountWriteOff: "Quote a cui si è rinunciato", ledger.AccountRounding: "Arrotondamenti",
}

var bookedWords = map[ledger.Kind]string{
	ledger.KindPoolCharged: "costo di un gruppo", ledger.KindPaymentReceived: "pagamento di una famiglia", ledger.KindCreditApplied: "credito usato",
	ledger.KindRefunded: "rimborso", ledger.KindChargeVoided: "quota annullata", ledger.KindChargeWrittenOff: "rinuncia a una quota",
	ledger.KindVoucherUsed: "voucher usato", ledger.KindVouchersCounted: "voucher contabilizzati", ledger.KindFundPaid: "versamento di un fondo",
	ledger.KindAwardAdded: "contributo su una quota", ledger.KindAwardReturned: "contributo ripreso", ledger.KindFundOpening: "apertura del fondo",
	ledger.KindFundAllocated: "dotazione", ledger.KindFundReserved: "riserva", ledger.KindFundCommitted: "assegnazione", ledger.KindFundSpent: "versato",
	ledger.KindFundReleased: "riserva liberata", ledger.KindFundExpired: "riserva scaduta", ledger.KindFundReturned: "assegnazione ripresa",
	ledger.KindStripePaidOut: "accredito di Stripe", ledger.KindFeesCovered: "commissioni coperte", ledger.KindProviderPaid: "pagamento a un ente",
	ledger.KindPaymentTakenBack: "pagamento ripreso dalla banca", ledger.KindBankEntry: "movimento del conto", ledger.KindTransferRecognised: "bonifico riconosciuto",
	ledger.KindReversal: "storno",
}

func accountText(k ledger.AccountKind) string { return accountWords[k] }
func bookedText(k ledger.Kind) string         { return bookedWords[k] }

// ErrMonth says that a text is no month (YYYY-MM). Args: value.
var ErrMonth = refusal.New(refusal.KindInvalid, "month_invalid")

type ledgerPage struct {
	frame
	Errors refusals
	On     field
	Month  field
	Format field
	View   desk.LedgerView
	Kinds  []ledgerKind
}

// ledgerKind is the accounts of one kind.
type ledgerKind struct {
	Kind     ledger.AccountKind
	Balance  money.Amount
	Accounts []desk.LedgerAccountView
	On       time.Time // day
}

// Own tells that the kind has the one account of the Comune.
func (k ledgerKind) Own() bool { return len(k.Accounts) == 1 && k.Accounts[0].Account.Subject == "" }

// Link leads to the statement of an account.
func (k ledgerKind) Link(a desk.LedgerAccountView) string {
	return "/comune/contabilita/conto?" + url.Values{"conto": {a.Account.String()}, "al": {k.On.Format(time.DateOnly)}}.Encode()
}

func (s *site) ledger(w http.ResponseWriter, r *http.Request) {
	s.showLedger(w, r, r.URL.Query().Get("al"), "", nil)
}

func (s *site) showLedger(w http.ResponseWriter, r *http.Request, typedDay, typedMonth string, refused error) {
	on, err := dayOf("al", typedDay)
	if err != nil {
		refused, on = err, time.Time{}
	}
	view, err := s.desk.Ledger(r.Context(), actorOf(r), on)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "ledger", newLedgerPage(s.frame(r, "Contabilità"), view, typedDay, typedMonth, s.refusalsOf(refused, "al", "mese")))
}

func newLedgerPage(f frame, v desk.LedgerView, typedDay, typedMonth string, errs refusals) ledgerPage {
	if typedDay == "" {
		typedDay = v.On.Format(time.DateOnly)
	}
	if typedMonth == "" {
		typedMonth = v.On.AddDate(0, 0, -v.On.Day()).Format("2006-01")
	}
	p := ledgerPage{frame: f, Errors: errs, View: v}
	p.On = field{Name: "al", Label: "Alla fine del giorno", Type: "date", Value: typedDay, Error: errs.at("al")}
	p.Month = field{Name: "mese", Label: "Mese", Type: "text", Value: typedMonth, Error: errs.at("mese"), Help: "Anno e mese, per esempio 2026-11."}
	p.Format = field{Name: "formato", Label: "Formato", Type: "select", Options: []option{{Value: "csv", Label: "CSV, per un foglio di calcolo"}, {Value: "beancount", Label: "giornale per beancount"}}}
	for _, a := range v.Accounts {
		n := len(p.Kinds)
		if n == 0 || p.Kinds[n-1].Kind != a.Account.Kind {
			p.Kinds, n = append(p.Kinds, ledgerKind{Kind: a.Account.Kind, On: v.On}), n+1
		}
		p.Kinds[n-1].Balance += a.Balance
		p.Kinds[n-1].Accounts = append(p.Kinds[n-1].Accounts, a)
	}
	order := ledger.AccountKinds()
	slices.SortStableFunc(p.Kinds, func(a, b ledgerKind) int { return slices.Index(order, a.Kind) - slices.Index(order, b.Kind) })
	return p
}

// dayOf reads a day of an address; empty is the zero time. It returns [ErrDay].
func dayOf(name, typed string) (time.Time, error) {
	if typed == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(typed))
	if err != nil {
		return time.Time{}, ErrDay.With("value", typed).At(name)
	}
	return day, nil
}

type ledgerAccountPage struct {
	frame
	Errors   refusals
	Account  string
	From, To field
	View     ledger.Statement
	File     string // address of the CSV
}

func (s *site) ledgerAccount(w http.ResponseWriter, r *http.Request) {
	view, refused, err := s.statementOf(r)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "ledgeraccount", newLedgerAccountPage(s.frame(r, accountText(view.Account.Kind)), view, r.URL.Query(), s.refusalsOf(refused, "dal", "al")))
}

// statementOf reads the account and the days of an address; refused says that a
// day is none, and that the usual days are shown instead.
func (s *site) statementOf(r *http.Request) (view ledger.Statement, refused, err error) {
	q := r.URL.Query()
	account, err := ledger.ParseAccount(q.Get("conto"))
	if err != nil {
		return view, nil, err
	}
	from, refused := dayOf("dal", q.Get("dal"))
	to, bad := dayOf("al", q.Get("al"))
	if bad != nil {
		refused = bad
	}
	if refused != nil {
		from, to = time.Time{}, time.Time{}
	}
	view, err = s.desk.LedgerStatement(r.Context(), actorOf(r), account, from, to)
	return view, refused, err
}

func newLedgerAccountPage(f frame, v ledger.Statement, typed url.Values, errs refusals) ledgerAccountPage {
	p := ledgerAccountPage{frame: f, Errors: errs, Account: v.Account.String(), View: v}
	value := func(name string, day time.Time) string {
		if errs.at(name) != "" {
			return typed.Get(name)
		}
		return day.Format(time.DateOnly)
	}
	p.From = field{Name: "dal", Label: "Dal giorno", Type: "date", Value: value("dal", v.From), Error: errs.at("dal")}
	p.To = field{Name: "al", Label: "Al giorno compreso", Type: "date", Value: value("al", v.To), Error: errs.at("al")}
	p.File = "/comune/contabilita/conto.csv?" + url.Values{"conto": {p.Account}, "dal": {v.From.Format(time.DateOnly)}, "al": {v.To.Format(time.DateOnly)}}.Encode()
	return p
}

func (s *site) ledgerAccountFile(w http.ResponseWriter, r *http.Request) {
	view, refused, err := s.statementOf(r)
	if err == nil {
		err = refused
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	attachment(w, "conto-"+view.From.Format(time.DateOnly)+"-"+view.To.Format(time.DateOnly)+".csv", "text/csv; charset=utf-8")
	_ = view.WriteCSV(w, s.desk.Zone()) // the reader may be gone
}

func (s *site) ledgerMonth(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	month, err := time.Parse("2006-01", strings.TrimSpace(q.Get("mese")))
	if err != nil {
		s.showLedger(w, r, "", q.Get("mese"), ErrMonth.With("value", q.Get("mese")).At("mese"))
		return
	}
	book, err := s.desk.LedgerMonth(r.Context(), actorOf(r), month)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	write, name, kind := book.WriteCSV, "contabilita-"+month.Format("2006-01")+".csv", "text/csv; charset=utf-8"
	if q.Get("formato") == "beancount" {
		write, name, kind = book.WriteBeancount, "contabilita-"+month.Format("2006-01")+".beancount", "text/plain; charset=utf-8"
	}
	attachment(w, name, kind)
	_ = write(w) // the reader may be gone
}
