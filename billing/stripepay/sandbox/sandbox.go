package sandbox

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// Config is what a sandbox needs.
type Config struct {
	PublicURL     string           // where it is reached, with its prefix: "http://127.0.0.1:8080/stripe-sandbox"
	SecretKey     string           // the key that calls must carry; starts with sk_test_
	WebhookURL    string           // where events are sent; empty: nowhere, they are only listed
	WebhookSecret string           // signs events; required with WebhookURL
	Now           func() time.Time // empty: the machine's clock
	StatePath     string           // JSON file that keeps the state over a restart; empty: memory only
	Client        *http.Client     // sends events; empty: one with a timeout of 10 s
	Backoff       time.Duration    // wait before the second delivery, doubled up to a minute; empty: half a second
}

// Server is a stand-in for Stripe. It is an http.Handler; mount it at the path
// of Config.PublicURL, stripped or not. Close stops the deliveries.
type Server struct {
	config Config
	prefix string // path of PublicURL, without a slash at the end
	mux    *http.ServeMux

	mu     sync.Mutex // guards what follows
	state  state
	faults Faults

	wake   chan struct{}
	cancel context.CancelFunc
	done   chan struct{}
}

// What [New] finds wrong.
var (
	ErrPublicURL     = errors.New("sandbox: public URL is not http or https with a host")
	ErrSecretKey     = errors.New("sandbox: secret key does not start with sk_test_")
	ErrWebhookSecret = errors.New("sandbox: webhook URL without a webhook secret")
)

// New makes a sandbox, reads its state file if there is one, and starts to
// deliver what was not delivered. It returns [ErrPublicURL], [ErrSecretKey],
// [ErrWebhookSecret], or a fault of the state file.
func New(c Config) (*Server, error) {
	u, err := url.Parse(c.PublicURL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return nil, ErrPublicURL
	}
	if !strings.HasPrefix(c.SecretKey, "sk_test_") {
		return nil, ErrSecretKey
	}
	if c.WebhookURL != "" && c.WebhookSecret == "" {
		return nil, ErrWebhookSecret
	}
	c.PublicURL = strings.TrimRight(c.PublicURL, "/")
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: 10 * time.Second}
	}
	if c.Backoff <= 0 {
		c.Backoff = 500 * time.Millisecond
	}
	s := &Server{config: c, prefix: strings.TrimRight(u.Path, "/"), wake: make(chan struct{}, 1), done: make(chan struct{})}
	if s.state, err = load(c.StatePath); err != nil {
		return nil, fmt.Errorf("sandbox: %w", err)
	}
	s.mux = s.routes()
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	go s.deliver(ctx)
	return s, nil
}

// Close stops deliveries and waits for the one in progress. What was not
// delivered stays in the state file.
func (s *Server) Close() {
	s.cancel()
	<-s.done
}

// ServeHTTP answers API calls, the payment page and the control.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.prefix != "" && (r.URL.Path == s.prefix || strings.HasPrefix(r.URL.Path, s.prefix+"/")) {
		http.StripPrefix(s.prefix, s.mux).ServeHTTP(w, r)
		return
	}
	s.mux.ServeHTTP(w, r)
}

func (s *Server) routes() *http.ServeMux {
	m := http.NewServeMux()
	for pattern, act := range map[string]act{
		"POST /v1/customers":                     createCustomer,
		"GET /v1/customers/{id}":                 showCustomer,
		"POST /v1/checkout/sessions":             createSession,
		"GET /v1/checkout/sessions/{id}":         showSession,
		"POST /v1/checkout/sessions/{id}/expire": expireSession,
		"POST /v1/payment_intents":               createIntent,
		"GET /v1/payment_intents/{id}":           showIntent,
		"POST /v1/payment_intents/{id}/confirm":  confirmIntent,
		"POST /v1/payment_intents/{id}/cancel":   cancelIntent,
		"GET /v1/charges/{id}":                   showCharge,
		"POST /v1/refunds":                       createRefund,
		"GET /v1/refunds/{id}":                   showRefund,
		"GET /v1/events":                         listEvents,
		"GET /v1/events/{id}":                    showEvent,
	} {
		m.HandleFunc(pattern, s.api(act))
	}
	m.HandleFunc("/v1/", s.api(func(*Server, *call) (any, *apiError) {
		return nil, &apiError{Status: 404, Type: "invalid_request_error", Message: "Unrecognized request URL: the sandbox speaks only a part of Stripe."}
	}))
	m.HandleFunc("GET /pay/{id}", s.showPay)
	m.HandleFunc("POST /pay/{id}", s.pay)
	m.HandleFunc("GET /pay/{id}/3ds", s.show3DS)
	m.HandleFunc("POST /pay/{id}/3ds", s.answer3DS)
	m.HandleFunc("GET /style.css", stylesheet)
	m.HandleFunc("POST /control", s.control)
	return m
}

// authorised compares the key of a call in constant time.
func (s *Server) authorised(r *http.Request) bool {
	key, bearer := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !bearer {
		key, _, _ = r.BasicAuth()
	}
	return subtle.ConstantTimeCompare([]byte(key), []byte(s.config.SecretKey)) == 1
}

// Faults are what the sandbox does wrong on command. They last until they are
// set again.
type Faults struct {
	DeclineAll bool        // every card is declined
	Drop       bool        // new events are not delivered (they stay in the list of events)
	Duplicates int         // each event is delivered so many times more, 0 to 20
	Reverse    bool        // events that happen together are delivered last first
	Calls      []CallFault // what goes wrong with the next API calls, one each
}

// CallFault is what goes wrong with one API call.
type CallFault string

// The faults of a call.
const (
	CallOK          CallFault = "ok"           // nothing
	CallBusy        CallFault = "busy"         // 409, nothing done
	CallLock        CallFault = "lock"         // 429 lock_timeout, nothing done
	CallRate        CallFault = "rate"         // 429 rate_limit, nothing done
	CallDown        CallFault = "down"         // 503, nothing done
	CallFail        CallFault = "fail"         // 500 after the work; kept under the idempotency key as the real one does
	CallCutBefore   CallFault = "cut_before"   // connection cut, nothing done
	CallCutAfter    CallFault = "cut_after"    // connection cut after the work
	CallBrokenAfter CallFault = "broken_after" // broken JSON with status 200, after the work
)

// SetFaults replaces the faults.
func (s *Server) SetFaults(f Faults) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.Duplicates = min(max(f.Duplicates, 0), 20)
	f.Calls = append([]CallFault(nil), f.Calls...)
	s.faults = f
}

// control is SetFaults for a person with curl: a form with decline_all, drop,
// reverse (any value sets them), duplicates, and call (repeated).
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	if !s.authorised(r) {
		http.Error(w, "key not accepted", http.StatusUnauthorized)
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, formBytesMax)
	if err := r.ParseForm(); err != nil {
		http.Error(w, "form cannot be read", http.StatusBadRequest)
		return
	}
	f := Faults{DeclineAll: r.PostForm.Get("decline_all") != "", Drop: r.PostForm.Get("drop") != "", Reverse: r.PostForm.Get("reverse") != ""}
	if d := r.PostForm.Get("duplicates"); d != "" {
		if _, err := fmt.Sscanf(d, "%d", &f.Duplicates); err != nil {
			http.Error(w, "duplicates is no number", http.StatusBadRequest)
			return
		}
	}
	for _, c := range r.PostForm["call"] {
		f.Calls = append(f.Calls, CallFault(c))
	}
	s.SetFaults(f)
	w.WriteHeader(http.StatusNoContent)
}
