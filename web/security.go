package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/go-chi/chi/v5/middleware"
	"github.com/go-chi/httprate"
)

// contentPolicy allows what the pages need and nothing else. A form may lead to
// the hosted payment page, which lies on Stripe's host (the sandbox lies on
// ours): browsers apply form-action to the redirect as well. The style sheet of
// Bootstrap Italia carries one font inline.
const contentPolicy = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self' data:; " +
	"form-action 'self' https://checkout.stripe.com; base-uri 'none'; frame-ancestors 'none'"

// headers sets what every answer carries; a handler behind it may set its own.
func (s *site) headers(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if s.https {
			h.Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
		}
		next.ServeHTTP(w, r)
	})
}

// noStore keeps pages out of shared and of later caches: they show one person's
// money.
func noStore(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "no-store")
		next.ServeHTTP(w, r)
	})
}

// deadline ends the work for a page whose reader would no longer wait.
func deadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), requestTimeMax)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// limitBody refuses bodies above n bytes while they are read.
func limitBody(n int64) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, n)
			next.ServeHTTP(w, r)
		})
	}
}

// recoverer turns a panic into the page of a fault with the request's id.
func (s *site) recoverer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			switch broken := recover(); broken {
			case nil:
			case http.ErrAbortHandler:
				panic(broken)
			default:
				slog.ErrorContext(r.Context(), "page panicked", "request", middleware.GetReqID(r.Context()), "stack", string(debug.Stack()))
				s.fault(w, r, fmt.Errorf("panic: %v", broken))
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// clientKey counts logins per address (IPv6: per /64).
func clientKey(r *http.Request) (string, error) {
	return httprate.CanonicalizeIP(middleware.GetClientIP(r.Context())), nil
}
