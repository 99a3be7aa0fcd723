package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"colletta/desk"
)

// Limits of a request.
const (
	webhookBytesMax = 1 << 20
	requestTimeMax  = 20 * time.Second
	statusTimeMax   = 2 * time.Second // a load balancer does not wait longer
)

// Config is what the API needs.
type Config struct {
	Desk *desk.Desk
	// Ready is nil when the database answers; /status asks it. Without it, the
	// public list of rounds is read.
	Ready func(context.Context) error
}

// New builds the API. It answers under /api/ and at /status.
func New(c Config) http.Handler {
	if c.Ready == nil {
		c.Ready = func(ctx context.Context) error {
			_, err := c.Desk.Rounds(ctx, nobody)
			return err
		}
	}
	r, _ := build(c)
	return r
}

func build(c Config) (http.Handler, huma.API) {
	r := chi.NewRouter()
	r.Use(recoverer, deadline)
	r.NotFound(func(w http.ResponseWriter, r *http.Request) { write(w, newProblem(http.StatusNotFound)) })
	r.MethodNotAllowed(func(w http.ResponseWriter, r *http.Request) { write(w, newProblem(http.StatusMethodNotAllowed)) })
	config := huma.DefaultConfig("Colletta", "1")
	config.Info.Description = "Public facts of group purchasing rounds, and the measures in force. Errors are problems of RFC 9457 with a stable code; amounts are strings in euro with two decimals; times are instants in RFC 3339."
	config.Info.License = &huma.License{Name: "EUPL-1.2", Identifier: "EUPL-1.2"}
	config.OpenAPIPath, config.DocsPath, config.SchemasPath = "/api/openapi", "", ""
	config.CreateHooks = nil // no "$schema" in answers
	api := humachi.New(r, config)
	s := server{c}
	s.register(api)
	return r, api
}

type server struct{ Config }

func (s server) register(api huma.API) {
	huma.Register(api, huma.Operation{
		OperationID: "status", Method: http.MethodGet, Path: "/status", Summary: "Is the service up?",
		Description: "503 while the database does not answer.", Errors: []int{http.StatusServiceUnavailable},
	}, s.status)
	huma.Register(api, huma.Operation{
		OperationID: "round", Method: http.MethodGet, Path: "/api/v1/rounds/{id}", Summary: "Public facts of a round of the city",
		Description: "State, times, offers, counts and the SHA-256 of the frozen snapshot; nothing personal. Rounds of one community are not public: 404.",
		Errors:      []int{http.StatusNotFound},
	}, s.round)
	s.registerMeasures(api)
	huma.Register(api, huma.Operation{
		OperationID: "stripe-webhook", Method: http.MethodPost, Path: "/api/stripe/webhook", Summary: "Inbox of Stripe's signed events",
		Description:  "The raw body is stored once and worked on later. 400 without a valid and fresh signature: nothing is kept.",
		MaxBodyBytes: webhookBytesMax, DefaultStatus: http.StatusOK, Errors: []int{http.StatusBadRequest, http.StatusRequestEntityTooLarge},
		SkipValidateBody: true,
	}, s.stripeWebhook)
}

func deadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeMax)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
