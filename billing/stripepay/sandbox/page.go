package sandbox

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"colletta/money"
)

//go:embed pages/page.html pages/style.css
var pages embed.FS

var templates = template.Must(template.ParseFS(pages, "pages/page.html"))

// card is what a test card does.
type card int

const (
	cardUnknown card = iota
	cardOK
	cardDeclined
	card3DS
)

// cards are Stripe's published test numbers that the sandbox knows. Any other
// number is refused and forgotten, so that no real one is ever kept.
//
// Source: docs.stripe.com/testing.
var cards = map[string]card{
	"4242424242424242": cardOK,
	"4000000000000002": cardDeclined,
	"4000002500003155": card3DS,
}

// page is what the templates show.
type page struct {
	Title       string
	Prefix      string // of the links within the sandbox
	ID          string // session
	Amount      string
	Description string
	Card        string
	CardWrong   bool
	Problem     string // why the last try failed
	Message     string
	CancelURL   string
	NextURL     string
}

// The sentences of the page. They are here and not in web/messages because the
// sandbox plays another company's site.
const (
	titlePay       = "Paga con la carta"
	titleConfirm   = "Conferma con la tua banca"
	titleDone      = "Pagamento già fatto"
	titleExpired   = "Pagamento scaduto"
	titleUnknown   = "Pagamento non trovato"
	sayDone        = "Questo pagamento di prova è già riuscito: non serve pagare di nuovo."
	sayExpired     = "Il tempo per questo pagamento di prova è finito. Torna al sito e comincia di nuovo."
	sayUnknown     = "Qui non c’è nessun pagamento con questo indirizzo. Torna al sito e comincia di nuovo."
	sayDeclined    = "La banca di prova ha rifiutato la carta. Non hai pagato nulla. Prova con un’altra carta di prova."
	sayNotTestCard = "Questo non è uno dei numeri di prova. Copia uno dei numeri scritti in fondo alla pagina. Il numero che hai scritto non è stato conservato."
	sayNotSaved    = "Il pagamento di prova non si è potuto salvare. Riprova tra poco."
)

func (s *Server) page(title string, o *session) page {
	p := page{Title: title, Prefix: s.prefix}
	if o != nil {
		p.ID, p.Amount = o.ID, money.Amount(o.AmountTotal).Italian()
		p.Description = s.state.Hidden[o.ID].Description
		p.Card = "4242 4242 4242 4242"
		if o.CancelURL != nil {
			p.CancelURL = o.returnTo(*o.CancelURL)
		}
	}
	return p
}

// returnTo fills the session's id into an address, as Stripe does.
func (o *session) returnTo(address string) string {
	return strings.ReplaceAll(address, "{CHECKOUT_SESSION_ID}", url.PathEscape(o.ID))
}

// show writes a page with a policy that lets only its own stylesheet in. Forms
// may also lead to the site that asked for the payment, because browsers apply
// form-action to the redirect that follows a form.
func (s *Server) show(w http.ResponseWriter, status int, name string, p page, o *session) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, p); err != nil {
		http.Error(w, "sandbox: page cannot be shown", http.StatusInternalServerError)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"+o.origin())
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(b.Bytes()) // the reader went away
}

// origin is the site that asked for the payment, after a space.
func (o *session) origin() string {
	if o == nil {
		return ""
	}
	u, err := url.Parse(o.SuccessURL)
	if err != nil || strings.ContainsAny(u.Host, " ;,'\"") {
		return ""
	}
	return " " + u.Scheme + "://" + u.Host
}

func stylesheet(w http.ResponseWriter, _ *http.Request) {
	css, err := pages.ReadFile("pages/style.css")
	if err != nil {
		http.Error(w, "sandbox: no stylesheet", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Cache-Control", "max-age=300")
	_, _ = w.Write(css)
}

// open finds a session that can still be paid, or shows why not. The caller
// holds the lock.
func (s *Server) open(w http.ResponseWriter, r *http.Request) *session {
	o, missing := s.session(r.PathValue("id"))
	if missing != nil {
		p := s.page(titleUnknown, nil)
		p.Message = sayUnknown
		s.show(w, http.StatusNotFound, "over", p, nil)
		return nil
	}
	switch o.Status {
	case "complete":
		if r.Method == http.MethodPost { // the button was pressed twice
			http.Redirect(w, r, o.returnTo(o.SuccessURL), http.StatusSeeOther)
			return nil
		}
		p := s.page(titleDone, o)
		p.Message, p.NextURL = sayDone, o.returnTo(o.SuccessURL)
		s.show(w, http.StatusOK, "over", p, o)
		return nil
	case "expired":
		p := s.page(titleExpired, o)
		p.Message, p.NextURL = sayExpired, p.CancelURL
		s.show(w, http.StatusGone, "over", p, o)
		return nil
	}
	return o
}

func (s *Server) showPay(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.open(w, r); o != nil {
		s.show(w, http.StatusOK, "pay", s.page(titlePay, o), o)
	}
}

func (s *Server) pay(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formBytesMax)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "il modulo non si legge", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.open(w, r)
	if o == nil {
		return
	}
	number := strings.NewReplacer(" ", "", "-", "", "\u00a0", "").Replace(r.PostForm.Get("card"))
	kind := cards[number]
	if kind == cardUnknown {
		p := s.page(titlePay, o)
		p.Problem, p.CardWrong, p.Card = sayNotTestCard, true, ""
		s.show(w, http.StatusUnprocessableEntity, "pay", p, o)
		return
	}
	if r.PostForm.Get("decline") != "" || s.faults.DeclineAll {
		kind = cardDeclined
	}
	i := s.intentOf(o)
	switch kind {
	case cardDeclined:
		s.declined(w, o, i)
	case card3DS:
		s.requireAction(i, o.SuccessURL)
		if s.kept(w, o) {
			http.Redirect(w, r, s.prefix+"/pay/"+o.ID+"/3ds", http.StatusSeeOther)
		}
	default:
		s.complete(w, r, o, i)
	}
}

// intentOf is the payment intent of a session; as at Stripe it is made when the
// payer first confirms.
func (s *Server) intentOf(o *session) *intent {
	if o.PaymentIntent == nil {
		h := s.state.Hidden[o.ID]
		i := s.newIntent(o.AmountTotal, h.IntentText, h.IntentMetadata)
		i.Customer = o.Customer
		o.PaymentIntent = &i.ID
	}
	return s.state.Intents[*o.PaymentIntent]
}

func (s *Server) declined(w http.ResponseWriter, o *session, i *intent) {
	s.decline(nil, i)
	if !s.kept(w, o) {
		return
	}
	p := s.page(titlePay, o)
	p.Problem = sayDeclined
	s.show(w, http.StatusPaymentRequired, "pay", p, o)
}

func (s *Server) complete(w http.ResponseWriter, r *http.Request, o *session, i *intent) {
	events := s.capture(i)
	o.Status, o.PaymentStatus, o.URL = "complete", "paid", nil
	s.announce(nil, append(events, happened{"checkout.session.completed", o})...)
	if s.kept(w, o) {
		http.Redirect(w, r, o.returnTo(o.SuccessURL), http.StatusSeeOther)
	}
}

// kept saves the state, or tells the payer that it could not.
func (s *Server) kept(w http.ResponseWriter, o *session) bool {
	if err := s.save(); err != nil {
		p := s.page(titlePay, o)
		p.Problem = sayNotSaved
		s.show(w, http.StatusServiceUnavailable, "pay", p, o)
		return false
	}
	return true
}

// confirming finds an open session whose bank has asked for a confirmation.
func (s *Server) confirming(w http.ResponseWriter, r *http.Request) (*session, *intent) {
	o := s.open(w, r)
	if o == nil {
		return nil, nil
	}
	if o.PaymentIntent == nil || s.state.Intents[*o.PaymentIntent].Status != "requires_action" {
		http.Redirect(w, r, s.prefix+"/pay/"+o.ID, http.StatusSeeOther)
		return nil, nil
	}
	return o, s.state.Intents[*o.PaymentIntent]
}

func (s *Server) show3DS(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o, _ := s.confirming(w, r); o != nil {
		s.show(w, http.StatusOK, "confirm", s.page(titleConfirm, o), o)
	}
}

func (s *Server) answer3DS(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, formBytesMax)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "il modulo non si legge", http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	o, i := s.confirming(w, r)
	if o == nil {
		return
	}
	if r.PostForm.Get("answer") == "yes" {
		s.complete(w, r, o, i)
		return
	}
	s.declined(w, o, i)
}
