package main

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"colletta/desk"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/postgres/pgtest"
	"colletta/web"
)

// benchCity is the demo city behind real pages.
type benchCity struct {
	desk   *desk.Desk
	server *httptest.Server
}

func newBenchCity(b *testing.B) *benchCity {
	b.Helper()
	db, err := postgres.Open(pgtest.New(b), 1)
	if err != nil {
		b.Fatal(err)
	}
	if err := db.Unlock(context.Background(), postgres.NewMaster()); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	clock, err := newDemoClock("")
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewUnstartedServer(nil)
	server.Start()
	b.Cleanup(server.Close)
	d, err := desk.New(desk.Config{DB: db, Clock: clock, PublicURL: server.URL, Municipality: 1, Demo: true})
	if err != nil {
		b.Fatal(err)
	}
	if err := loadDemo(context.Background(), d, clock, func(int, int, string) {}); err != nil {
		b.Fatal(err)
	}
	if err := db.Analyze(context.Background()); err != nil {
		b.Fatal(err)
	}
	handler, err := web.New(web.Config{
		Desk: d, SessionStore: db.Sessions(), PublicURL: server.URL, Demo: &web.DemoTools{Clock: clock, Accounts: demoAccounts()},
	})
	if err != nil {
		b.Fatal(err)
	}
	server.Config.Handler = handler
	return &benchCity{desk: d, server: server}
}

var loginPath = regexp.MustCompile(`/accedi/[A-Za-z0-9_-]{43}`)

// client logs somebody in through the pages and returns their browser.
func (c *benchCity) client(b *testing.B, email string) *http.Client {
	b.Helper()
	jar, _ := cookiejar.New(nil)
	client := &http.Client{Jar: jar, Timeout: time.Minute}
	if email == "" {
		return client
	}
	if err := c.desk.RequestLogin(context.Background(), email, ""); err != nil {
		b.Fatal(err)
	}
	mails, err := c.desk.Mailbox(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	i := slices.IndexFunc(mails, func(m desk.MailView) bool { return m.To == email })
	response, err := client.Post(c.server.URL+loginPath.FindString(mails[i].Text), "application/x-www-form-urlencoded", strings.NewReader(""))
	if err != nil {
		b.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		b.Fatalf("login of %s: %s", email, response.Status)
	}
	return client
}

// BenchmarkPages asks for every kind of page at the size of the demo, one
// reader at a time, over real HTTP. "baseline" is a page without a session or a
// query, so the difference is what the product does. It reports the median and
// the 99th percentile.
func BenchmarkPages(b *testing.B) {
	c := newBenchCity(b)
	lab, carer, city, past := c.rounds(b)
	member := cast("thirtieth").Person.Email
	for _, page := range []struct{ name, email, path string }{
		{"baseline", "", "/accessibilita"},
		{"landing", "", "/"},
		{"rounds", "", "/tornate"},
		{"spaces", "", "/spazi"},
		{"home-family", member, "/casa"},
		{"round-lab", member, "/tornate/" + lab},
		{"round-carer", cast("sixth").Person.Email, "/tornate/" + carer},
		{"round-city-open", cast("neighbour").Person.Email, "/tornate/" + city},
		{"round-city-past", cast("neighbour").Person.Email, "/tornate/" + past},
		{"charges", cast("neighbour").Person.Email, "/quote"},
		{"home-administrator", cast("administrator").Person.Email, "/casa"},
		{"provider", cast("provider").Person.Email, "/ente"},
		{"officer", cast("officer").Person.Email, "/comune"},
		{"officer-round-past", cast("officer").Person.Email, "/tornate/" + past},
	} {
		b.Run(page.name, func(b *testing.B) {
			client := c.client(b, page.email)
			var times []time.Duration
			for b.Loop() {
				begun := time.Now()
				response, err := client.Get(c.server.URL + page.path)
				if err != nil {
					b.Fatal(err)
				}
				var sink strings.Builder
				if err := response.Write(&sink); err != nil || response.StatusCode != http.StatusOK {
					b.Fatalf("%s: %s (%v)", page.path, response.Status, err)
				}
				response.Body.Close()
				times = append(times, time.Since(begun))
			}
			slices.Sort(times)
			b.ReportMetric(float64(times[len(times)/2].Microseconds())/1000, "ms-p50")
			b.ReportMetric(float64(times[len(times)*99/100].Microseconds())/1000, "ms-p99")
		})
	}
}

// rounds finds the rounds of the stories by their state and size.
func (c *benchCity) rounds(b *testing.B) (lab, carer, city, past string) {
	b.Helper()
	officer, err := c.desk.ActorByEmail(context.Background(), cast("officer").Person.Email)
	if err != nil {
		b.Fatal(err)
	}
	rounds, err := c.desk.Rounds(context.Background(), officer)
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range rounds {
		id := url.PathEscape(string(r.ID))
		switch {
		case r.State == pooling.RoundOpen && r.Community == "":
			city = id
		case r.State == pooling.RoundOpen && r.Pledged == labPledged:
			lab = id
		case r.State == pooling.RoundOpen:
			carer = id
		case r.Community == "":
			past = id
		}
	}
	return lab, carer, city, past
}
