package web

import (
	"fmt"
	"html/template"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"

	"colletta/communities"
	"colletta/desk"
	"colletta/subsidies/vouchers"
)

// Limits of a request.
const (
	formBytesMax    = 64 << 10                                    // an ordinary form
	uploadBytesMax  = 2*communities.ImportBytesMax + formBytesMax // a form that carries a spreadsheet, also as base64
	voucherBytesMax = vouchers.FileBytesMax + formBytesMax        // a form that carries a file of vouchers
	requestTimeMax  = 30 * time.Second                            // from the last header to the last byte of the page
	sessionTimeMax  = 7 * 24 * time.Hour
	sessionIdleMax  = 24 * time.Hour
	loginsPerMinute = 30 // per address
)

// Config is what the pages need.
type Config struct {
	Desk         *desk.Desk
	SessionStore scs.Store
	Demo         *DemoTools   // nil outside the demo
	PublicURL    string       // as people type it, without a slash at the end
	Sandbox      http.Handler // the card sandbox, under /stripe-sandbox/; nil when there is none
	API          http.Handler // JSON, under /api/ and /status; nil when there is none
}

// DemoTools are what the demo shows and production never does: a clock that
// can be moved, and who can log in.
type DemoTools struct {
	Clock    MovableClock
	Accounts []DemoAccount
}

// MovableClock tells a time that can be set.
type MovableClock interface {
	Now() time.Time
	Set(time.Time)
}

// DemoAccount is somebody who can log in to the demo.
type DemoAccount struct {
	Label string // "Famiglia Rossi"
	Email string
	What  string // what there is to see, in Italian
}

// site is what every handler has at hand.
type site struct {
	desk      *desk.Desk
	demo      *DemoTools
	sessions  *scs.SessionManager
	pages     map[string]*template.Template
	words     *words
	assets    *assets
	publicURL string
	https     bool
}

// New builds the pages. It fails when a template, the messages or an embedded
// asset is broken.
func New(c Config) (http.Handler, error) {
	s, err := newSite(c)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	if c.API != nil {
		mux.Handle("/api/", s.headers(c.API))
		mux.Handle("/status", s.headers(c.API))
	}
	if c.Sandbox != nil {
		mux.Handle("/stripe-sandbox/", s.headers(c.Sandbox))
	}
	mux.Handle("GET /statico/", s.headers(s.assets))
	mux.Handle("/", s.routes())
	return mux, nil
}

func newSite(c Config) (*site, error) {
	public, err := url.Parse(c.PublicURL)
	if err != nil {
		return nil, fmt.Errorf("web: public address: %w", err)
	}
	w, err := loadWords()
	if err != nil {
		return nil, err
	}
	a, err := loadAssets()
	if err != nil {
		return nil, err
	}
	pages, err := parsePages(a)
	if err != nil {
		return nil, err
	}
	s := &site{
		desk: c.Desk, demo: c.Demo, words: w, assets: a, pages: pages,
		publicURL: strings.TrimSuffix(c.PublicURL, "/"), https: public.Scheme == "https",
	}
	s.sessions = newSessions(c.SessionStore, s.https)
	s.sessions.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) { s.fault(w, r, err) }
	return s, nil
}

func (s *site) routes() http.Handler {
	r := chi.NewRouter()
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(http.HandlerFunc(s.crossOrigin))
	r.Use(middleware.RequestID, s.headers, s.recoverer, middleware.ClientIPFromRemoteAddr, deadline,
		middleware.Compress(5, "text/html", "image/svg+xml"), crossOrigin.Handler, noStore)
	r.NotFound(s.notFound)
	r.MethodNotAllowed(s.methodNotAllowed)

	// Pages that know nobody need no session and no database.
	r.Get("/accessibilita", s.accessibility)
	r.Get("/privacy", s.privacy)
	r.Get("/modelli/{file}", s.template)
	r.Get("/favicon.ico", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, string(s.assets.url("colletta.svg")), http.StatusFound)
	})

	r.Group(func(r chi.Router) {
		r.Use(s.sessions.LoadAndSave, s.knowActor)
		r.Get("/", s.landing)
		r.Get("/spazi", s.spaces)
		r.Get("/accedi", s.login)
		r.Get("/accedi/inviata", s.loginSent)
		r.Get("/accedi/{token}", s.loginConfirm)
		r.Group(func(r chi.Router) {
			r.Use(limitBody(formBytesMax), httprate.LimitBy(loginsPerMinute, time.Minute, clientKey, httprate.WithLimitHandler(s.tooMany)))
			r.Post("/accedi", s.loginAsk)
			r.Post("/accedi/{token}", s.loginSpend)
		})
		r.Group(func(r chi.Router) {
			r.Use(limitBody(formBytesMax))
			r.Post("/esci", s.logout)
			r.Get("/tornate", s.rounds)
			r.Get("/tornate/{id}", s.round)
			if s.demo != nil {
				r.Get("/prova/posta", s.mailbox)
				r.Get("/prova/orologio", s.clock)
				r.Post("/prova/orologio", s.clockSet)
			}
		})
		r.Group(func(r chi.Router) {
			r.Use(s.needLogin)
			s.memberRoutes(r)
		})
	})
	return r
}

// memberRoutes are the pages of somebody who is logged in.
func (s *site) memberRoutes(r chi.Router) {
	r.Group(func(r chi.Router) {
		r.Use(limitBody(uploadBytesMax))
		r.Get("/comunita/{id}/importa", s.importForm)
		r.Post("/comunita/{id}/importa", s.importPreview)
		r.Post("/comunita/{id}/importa/conferma", s.importConfirm)
		r.Post("/comune/misure/nuova", s.measureWrite) // a measure may be longer than other forms
		r.Get("/comune/isee/importa", s.iseeImportForm)
		r.Post("/comune/isee/importa", s.iseeImportPreview)
		r.Post("/comune/isee/importa/conferma", s.iseeImportConfirm)
	})
	r.With(limitBody(voucherBytesMax)).Post("/comune/voucher/importa", s.voucherImportPreview)
	r.Group(func(r chi.Router) {
		r.Use(limitBody(bankBytesMax))
		r.Post("/comune/estratti", s.bankPreview)
		r.Post("/comune/estratti/conferma", s.bankImport)
	})
	r.Group(func(r chi.Router) {
		r.Use(limitBody(formBytesMax))
		s.voucherRoutes(r)
		s.fundRoutes(r)
		s.bankRoutes(r)
		s.ledgerRoutes(r)
	})
	r.Group(func(r chi.Router) {
		r.Use(limitBody(formBytesMax))
		r.Get("/casa", s.home)
		r.Get("/comunita/{id}", s.community)
		r.Post("/comunita/{id}/bonifico", s.communityTransfer)
		r.Get("/tornate/{id}/offerte/{offer}/adesione", s.pledgeForm)
		r.Post("/tornate/{id}/offerte/{offer}/adesione", s.pledge)
		r.Get("/impegni/{id}", s.pledgeShow)
		r.Get("/impegni/{id}/ritira", s.withdrawForm)
		r.Post("/impegni/{id}/ritira", s.withdraw)
		r.Get("/quote", s.charges)
		r.Get("/quote/{id}", s.charge)
		r.Post("/quote/{id}/carta", s.payByCard)
		r.Get("/quote/{id}/ritorno", s.cardReturned)
		r.Post("/quote/{id}/credito", s.payByCredit)
		r.Get("/spazi/incasso", s.spaceTill)
		r.Post("/spazi/incasso", s.spaceTake)
		r.Get("/spazi/incasso/{id}", s.spaceTaken)
		r.Get("/quote/{id}/qr.svg", s.chargeQR)
		r.Get("/ricevute/{file}", s.receipt)
		r.Get("/isee", s.isee)
		r.Post("/isee", s.iseeFile)
		r.Get("/comune", s.officer)
		r.Post("/comune/bonifico", s.officerTransfer)
		r.Get("/comune/misure", s.measures)
		r.Get("/comune/misure/nuova", s.measureForm)
		r.Get("/comune/misure/{id}", s.measure)
		r.Post("/comune/misure/{id}/{version}", s.measurePublish)
		r.Get("/comune/misure/{id}/{version}/prova", s.measureTry)
		r.Post("/comune/misure/{id}/{version}/prova", s.measureTryPost)
		r.Get("/comune/misure/{id}/simulazione", s.measureSimulate)
		r.Post("/comune/misure/{id}/simulazione", s.measureSimulatePost)
		r.Get("/comune/calendario", s.seriesForm)
		r.Post("/comune/calendario", s.series)
		r.Post("/comune/tornate/{id}/{step}", s.roundStep)
		r.Get("/comune/tornate/{id}/prova", s.dryRun)
		r.Get("/comune/tornate/{id}/passaggio/{pass}/{file}.json", s.passFile)
		r.Get("/comune/isee", s.iseeOffice)
		r.Post("/comune/isee/cerca", s.iseeSearch)
		r.Post("/comune/isee/archivio", s.iseeAsk)
		r.Get("/comune/isee/nuova", s.iseeNew)
		r.Post("/comune/isee/nuova", s.iseeNewSend)
		r.Get("/comune/isee/{id}", s.iseeOpen)
		r.Post("/comune/isee/{id}/{step}", s.iseeDecide)
		r.Get("/ente", s.provider)
		r.Get("/ente/offerta", s.offerForm)
		r.Post("/ente/offerta", s.offer)
	})
}

// voucherRoutes are the pages about vouchers: of families, then of the Comune.
func (s *site) voucherRoutes(r chi.Router) {
	r.Get("/voucher", s.myVouchers)
	r.Post("/quote/{id}/voucher", s.useVouchers)
	r.Post("/quote/{id}/voucher/ordine", s.orderVouchers)
	r.Get("/comune/voucher", s.voucherList)
	r.Get("/comune/voucher/importa", s.voucherImportForm)
	r.Post("/comune/voucher/importa/conferma", s.voucherImportConfirm)
	r.Get("/comune/voucher/bandi", s.voucherCalls)
	r.Post("/comune/voucher/bandi/{id}", s.voucherCallPlaces)
	r.Get("/comune/voucher/rendiconti", s.voucherAccounts)
	r.Post("/comune/voucher/rendiconti", s.account)
	r.Get("/comune/voucher/rendiconti/{id}/{file}", s.statementFile)
	r.Get("/comune/voucher/{id}", s.voucherShow)
	r.Post("/comune/voucher/{id}/annulla", s.voucherAnnul)
	r.Post("/comune/voucher/{id}/ripristina", s.voucherRestore)
	r.Post("/comune/voucher/{id}/usi/{use}/storna", s.voucherReverse)
}

// fault logs what the world did wrong and shows a page that promises nothing.
func (s *site) fault(w http.ResponseWriter, r *http.Request, err error) {
	slog.ErrorContext(r.Context(), "page failed", "method", r.Method, "path", r.URL.Path,
		"request", middleware.GetReqID(r.Context()), "error", err)
	s.showError(w, r, http.StatusInternalServerError)
}
