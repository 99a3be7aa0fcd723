//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"colletta/api"
	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/desk"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/postgres/pgtest"
	"colletta/subsidies"
	"colletta/web"
)

// The marker: one family's ISEE and protocol, and what the measure makes of it.
// By hand: 1,486.80 among 24 families is 61.95; at 12,345.67 the measure pays
// 60 %, 37.17, and the family 24.78; of that a ranking by ISEE pays 7.77 later, and
// the family the rest.
const (
	markerValue    = 12_345_67
	markerProtocol = "INPS-ISEE-2026-QZ7MARKER-00"
	markerShare    = "61,95"
	markerSubsidy  = "37,17"
	markerNet      = "24,78"
	markerBonus    = "7,77"
	markerRest     = "17,01"
	markerNotes    = "annotazione-marcatore"
)

// iseeTraces is every writing of the ISEE and of the protocol that could be left
// somewhere, as text, as cents, in hexadecimal and in base64.
func iseeTraces() []*regexp.Regexp {
	var traces []*regexp.Regexp
	for _, text := range []string{"12345.67", "12345,67", "12.345,67", "12,345.67", markerProtocol, "QZ7MARKER", markerNotes} {
		traces = append(traces, regexp.MustCompile(regexp.QuoteMeta(text)), regexp.MustCompile("(?i)"+hex.EncodeToString([]byte(text))))
		for shift := range 3 { // base64 of it, wherever it begins
			code := base64.StdEncoding.EncodeToString(append(make([]byte, shift), text...))
			traces = append(traces, regexp.MustCompile(regexp.QuoteMeta(code[4:len(code)-4])))
		}
	}
	return append(traces, regexp.MustCompile(`(^|[^0-9A-Za-z])1234567([^0-9A-Za-z]|$)`))
}

// amountTraces is every writing of the award, and of what is left to pay, from
// which the band of ISEE follows.
func amountTraces() []*regexp.Regexp {
	var traces []*regexp.Regexp
	for _, text := range []string{markerSubsidy, markerNet, markerBonus, markerRest} {
		point := strings.Replace(text, ",", ".", 1)
		cents := strings.Replace(text, ",", "", 1)
		traces = append(traces, regexp.MustCompile(`(^|[^0-9])`+regexp.QuoteMeta(text)), regexp.MustCompile(`(^|[^0-9])`+regexp.QuoteMeta(point)+`([^0-9]|$)`),
			regexp.MustCompile(`(^|[^0-9A-Za-z-])`+cents+`([^0-9A-Za-z-]|$)`))
	}
	return traces
}

func traceIn(text string, traces []*regexp.Regexp) string {
	for _, r := range traces {
		if at := r.FindStringIndex(text); at != nil {
			return fmt.Sprintf("%q", text[max(0, at[0]-80):min(len(text), at[1]+40)])
		}
	}
	return ""
}

// markedTown is a school in which one family is marked, behind real pages.
type markedTown struct {
	t      *testing.T
	ctx    context.Context
	db     *postgres.DB
	dsn    string
	desk   *desk.Desk
	clock  *tickingClock
	server *httptest.Server
	log    *lockedBuffer
	school communities.CommunityID
	offer  catalogue.OfferID
	family communities.Actor // the marked one
	all    []communities.Actor
	round  pooling.RoundID
}

type tickingClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *tickingClock) Now() time.Time   { c.mu.Lock(); defer c.mu.Unlock(); return c.at }
func (c *tickingClock) set(at time.Time) { c.mu.Lock(); defer c.mu.Unlock(); c.at = at }

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}
func (b *lockedBuffer) String() string { b.mu.Lock(); defer b.mu.Unlock(); return b.b.String() }

// Send is a mailer that delivers into the log, so that mails are looked at, too.
func (b *lockedBuffer) Send(_ context.Context, _, subject, text string) error {
	_, err := io.WriteString(b, subject+"\n"+text)
	return err
}

func (w *markedTown) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func newMarkedTown(t *testing.T) *markedTown {
	t.Helper()
	w := &markedTown{t: t, ctx: context.Background(), dsn: pgtest.New(t), clock: &tickingClock{at: time.Date(2026, 11, 2, 11, 0, 0, 0, time.UTC)}, log: &lockedBuffer{}}
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})))
	t.Cleanup(func() { slog.SetDefault(before) })
	var err error
	w.db, err = postgres.Open(w.dsn, 1)
	w.must(err)
	t.Cleanup(func() { w.db.Close() })
	w.must(w.db.Unlock(w.ctx, postgres.NewMaster()))
	w.server = httptest.NewServer(nil)
	t.Cleanup(w.server.Close)
	w.desk, err = desk.New(desk.Config{DB: w.db, Clock: w.clock, Mailer: w.log, PublicURL: w.server.URL, Municipality: 1, Demo: true})
	w.must(err)
	handler, err := web.New(web.Config{
		Desk: w.desk, SessionStore: w.db.Sessions(), PublicURL: w.server.URL, API: api.New(api.Config{Desk: w.desk, Ready: w.db.Ping}),
	})
	w.must(err)
	w.server.Config.Handler = handler
	w.people()
	return w
}

func (w *markedTown) actor(email string) communities.Actor {
	w.t.Helper()
	a, err := w.db.ActorByEmail(w.ctx, email)
	w.must(err)
	return a
}

// people founds the town: a school, a provider with an offer, a measure.
func (w *markedTown) people() {
	w.t.Helper()
	w.must(w.desk.Found(w.ctx, "Milano", desk.NewOfficer{GivenName: "Elena", FamilyName: "Riva", Email: "elena@comune.example"}))
	w.must(w.db.InTx(w.ctx, func(tx *postgres.Tx) error {
		return tx.AddUser(w.ctx, "omar@wemi.example", "Omar Sportello", communities.Grant{Role: communities.RoleOperator, From: w.clock.Now()}, w.clock.Now())
	}))
	officer := w.actor("elena@comune.example")
	var err error
	w.school, err = w.desk.CreateCommunity(w.ctx, officer, desk.NewCommunity{
		Kind: communities.KindSchool, Name: "Scuola di prova", Address: "via Prova 1", DistrictID: 5, QuarterID: 44, Point: communities.Point{XM: 514000, YM: 5032000},
	})
	w.must(err)
	w.must(w.desk.AppointDelegate(w.ctx, officer, desk.NewDelegate{Community: w.school, GivenName: "Chiara", FamilyName: "Fontana", Email: "chiara@scuola.example", From: w.clock.Now().AddDate(0, -1, 0)}))
	data, err := communities.Example(communities.KindSchool)
	w.must(err)
	_, err = w.desk.ConfirmImport(w.ctx, w.actor("chiara@scuola.example"), desk.ImportRequest{Community: w.school, File: "classe.xlsx", Data: data})
	w.must(err)
	people, err := w.db.PeopleOf(w.ctx, w.school)
	w.must(err)
	for _, p := range people {
		if p.Role == communities.PersonHolder && p.Email != "" {
			w.all = append(w.all, w.actor(p.Email))
		}
	}
	w.family = w.all[0]
	provider, err := w.desk.RegisterProvider(w.ctx, officer, desk.NewProvider{
		Name: "Cooperativa di prova", TaxCode: "01199250158", IBAN: "IT60X0542811101000000123456", Email: "coop@prova.example", Address: "via Prova 2, Milano",
		Categories: []string{"sport-psicomotricita"}, Staff: map[string]int{"tue-16": 1}, ContactGivenName: "Paola", ContactFamilyName: "Brambilla", StampExempt: true,
	})
	w.must(err)
	w.offer, err = w.desk.PublishOffer(w.ctx, w.actor("coop@prova.example"), desk.OfferRequest{
		Provider: provider, Category: "sport-psicomotricita", Title: "Laboratorio", Mode: "together", Split: "equal", Slots: []string{"tue-16"}, MinMembers: "10", MaxMembers: "30",
		Communities: []string{string(w.school)}, Period: "course", Meetings: "10", Tiers: []desk.TierRequest{{FromMembers: "1", Fixed: "1.486,80", PerMember: "0", PerUnit: "0"}},
	})
	w.must(err)
	yaml, _ := subsidies.MeasureFile("contributo-laboratori-scuola-2026")
	id, version, err := w.desk.WriteMeasure(w.ctx, officer, desk.MeasureText{YAML: string(yaml)})
	w.must(err)
	w.must(w.desk.AppointOfficer(w.ctx, officer, desk.NewOfficer{GivenName: "Giorgio", FamilyName: "Sala", Email: "giorgio@comune.example"}))
	w.must(w.desk.PublishMeasure(w.ctx, w.actor("giorgio@comune.example"), desk.MeasureRelease{Measure: id, Version: version, Year: "2026", Cap: "300,00"}))
	_, err = w.desk.CreateSeries(w.ctx, officer, desk.NewSeries{
		Name: "Laboratorio", OpensOn: "0 8 3 11 *", ClosesOn: "0 20 20 11 *", Period: "course", Offers: []catalogue.OfferID{w.offer}, Community: w.school,
	})
	w.must(err)
}

// client logs somebody in through the pages; nobody for no address.
func (w *markedTown) client(email string) *http.Client {
	w.t.Helper()
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar, Timeout: time.Minute}
	if email == "" {
		return c
	}
	w.must(w.desk.RequestLogin(w.ctx, email, ""))
	mails, err := w.desk.Mailbox(w.ctx)
	w.must(err)
	link := regexp.MustCompile(`/accedi/[A-Za-z0-9_-]{43}`)
	i := slices.IndexFunc(mails, func(m desk.MailView) bool { return m.To == email && link.MatchString(m.Text) })
	status, _ := w.send(c, http.MethodPost, link.FindString(mails[i].Text), nil)
	if status != http.StatusOK {
		w.t.Fatalf("login of %s: %d", email, status)
	}
	return c
}

func (w *markedTown) send(c *http.Client, method, path string, form url.Values) (int, string) {
	w.t.Helper()
	r, err := http.NewRequest(method, w.server.URL+path, strings.NewReader(form.Encode()))
	w.must(err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := c.Do(r)
	w.must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	w.must(err)
	return response.StatusCode, fmt.Sprint(response.Header) + "\n" + string(body)
}

// run files the marked certificate through the pages, verifies it, and takes a
// round from its opening to the paid share, with every command on the way.
func (w *markedTown) run() {
	w.t.Helper()
	w.clock.set(time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC))
	w.must(w.desk.Tick(w.ctx))
	family, elena := w.client(w.family.Email), w.client("elena@comune.example")
	form := url.Values{
		"kind": {"minorenni"}, "calculation": {"ordinario"}, "value": {"12.345,67"}, "protocol": {markerProtocol}, "dsu_on": {"2026-01-15"},
		"valid_from": {"2026-01-15"}, "valid_to": {"2026-12-31"}, "size": {"3"}, "scale": {"2,04"}, "notes": {markerNotes},
	}
	if status, body := w.send(family, http.MethodPost, "/isee", form); status != http.StatusOK || !strings.Contains(body, "12.345,67") {
		w.t.Fatalf("the family files: %d %s", status, body)
	}
	if status, _ := w.send(family, http.MethodPost, "/isee", form); status != http.StatusConflict { // refused by the database, whose log keeps the statement
		w.t.Fatalf("twice: %d", status)
	}
	_, body := w.send(elena, http.MethodGet, "/comune/isee", nil)
	if leak := traceIn(body, iseeTraces()); leak != "" {
		w.t.Errorf("the officer's list holds %s", leak)
	}
	path := regexp.MustCompile(`/comune/isee/[0-9a-f-]{36}`).FindString(body)
	if status, body := w.send(elena, http.MethodGet, path, nil); status != http.StatusOK || !strings.Contains(body, "12.345,67") {
		w.t.Fatalf("the officer opens it: %d", status)
	}
	if status, _ := w.send(elena, http.MethodPost, path+"/verifica", nil); status != http.StatusOK {
		w.t.Fatalf("the officer verifies it: %d", status)
	}
	// A try and a simulation by the officer leave nothing either; one family is too
	// few for figures.
	measure := "/comune/misure/contributo-laboratori-scuola-2026"
	if status, body := w.send(elena, http.MethodPost, measure+"/1/prova", url.Values{"in_isee": {"12.345,67"}, "in_price": {markerShare}, "on": {"2026-11-03"}}); status != http.StatusOK || !strings.Contains(body, markerSubsidy) {
		w.t.Fatalf("the officer tries the measure: %d %s", status, body)
	}
	simulation := url.Values{"version": {"1"}, "population": {"registered"}, "in_price": {markerShare}}
	if status, body := w.send(elena, http.MethodPost, measure+"/simulazione", simulation); status != http.StatusUnprocessableEntity || traceIn(body, append(iseeTraces(), regexp.MustCompile(markerSubsidy))) != "" {
		w.t.Fatalf("the officer simulates it: %d %s", status, body)
	}
	rounds, err := w.desk.Rounds(w.ctx, w.family)
	w.must(err)
	w.round = rounds[0].ID
	for _, a := range w.all[:24] {
		_, err := w.desk.Pledge(w.ctx, a, desk.PledgeRequest{
			Round: w.round, Offer: w.offer, Community: w.school, Units: "1", Slots: []string{"tue-16"}, MaxPrice: "200", Method: "transfer",
		}, false)
		w.must(err)
	}
	w.clock.set(w.clock.Now().Add(2 * time.Minute))
	for _, email := range w.readers() {
		w.crawl(email, "an open round")
	}
	officer := w.actor("elena@comune.example")
	w.clock.set(time.Date(2026, 11, 20, 19, 0, 0, 0, time.UTC))
	w.must(w.desk.CloseRound(w.ctx, officer, w.round))
	w.must(w.desk.FormRound(w.ctx, officer, w.round))
	w.must(w.desk.ChargeRound(w.ctx, officer, w.round))
	charges, err := w.desk.Charges(w.ctx, w.family)
	w.must(err)
	if c := charges[0]; c.Share.ItalianNumber() != markerShare || c.Subsidy.ItalianNumber() != markerSubsidy || c.Net.ItalianNumber() != markerNet {
		w.t.Fatalf("the marked charge is %s − %s = %s", c.Share, c.Subsidy, c.Net)
	}
	w.rank(family, elena, charges[0].ID)
	_, err = w.desk.RecordTransfer(w.ctx, officer, desk.TransferRequest{Charge: charges[0].ID, Amount: markerRest, ReceivedOn: "2026-11-26"})
	w.must(err)
	again, err := w.desk.Recompute(w.ctx, officer, w.round)
	w.must(err)
	if !again.SnapshotOK || len(again.Differences) > 0 {
		w.t.Errorf("recompute: %+v", again)
	}
	exported, err := w.desk.ExportRound(w.ctx, officer, w.round, 1)
	w.must(err)
	if !bytes.Contains(exported, []byte("12345.67")) {
		w.t.Error("the export holds no ISEE: the marker marks nothing")
	}
	w.must(w.desk.RotateKey(w.ctx, officer, func(int) {}))
}

// rank lets the family apply to a fund that is divided by ISEE, and the officer
// decide, both on the pages.
func (w *markedTown) rank(family, elena *http.Client, charge billing.ChargeID) {
	w.t.Helper()
	officer := w.actor("elena@comune.example")
	text := strings.NewReplacer("bonus-famiglie-2026", "bonus-marcatore", "isee: ordinario", "isee: minorenni", "10 + household_size * 2", "7.77",
		"18.00", "7.77", "11.00}}", "7.77}}", ", after: [aiuto-quote-2026], basis: remainder", "").Replace(w.demoFile("bonus-famiglie-2026.yaml"))
	id, version, err := w.desk.WriteMeasure(w.ctx, officer, desk.MeasureText{YAML: text})
	w.must(err)
	w.must(w.desk.PublishMeasure(w.ctx, w.actor("giorgio@comune.example"), desk.MeasureRelease{Measure: id, Version: version}))
	fund, err := w.desk.OpenFund(w.ctx, officer, desk.FundForm{Name: "Bonus", From: "2026-11-01", To: "2026-12-31", Amount: "20", Measures: []string{id}})
	w.must(err)
	at := "/comune/fondi/" + fund
	if status, body := w.send(elena, http.MethodPost, at+"/bandi", url.Values{"closes_on": {"2026-11-25"}}); status != http.StatusOK {
		w.t.Fatalf("the officer opens a call: %d %s", status, body)
	}
	ask := "/quote/" + string(charge) + "/contributo"
	if status, body := w.send(family, http.MethodGet, ask, nil); status != http.StatusOK || !strings.Contains(body, markerBonus) {
		w.t.Fatalf("the family sees what it could ask: %d %s", status, body)
	}
	if status, body := w.send(family, http.MethodPost, ask, url.Values{"measure": {id}}); status != http.StatusOK || !strings.Contains(body, "poi la graduatoria") {
		w.t.Fatalf("the family applies: %d %s", status, body)
	}
	w.clock.set(w.clock.Now().Add(2 * time.Minute))
	for _, email := range w.readers() {
		w.crawl(email, "an open call")
	}
	w.clock.set(time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC))
	page, err := w.desk.FundPage(w.ctx, officer, fund, 0)
	w.must(err)
	status, body := w.send(elena, http.MethodPost, at+"/bandi/"+page.Calls[0].ID, nil)
	if status != http.StatusOK || !strings.Contains(body, markerBonus) {
		w.t.Fatalf("the officer decides: %d %s", status, body)
	}
	if leak := traceIn(body, iseeTraces()); leak != "" {
		w.t.Errorf("the page of the ranking holds %s", leak)
	}
	if differences, err := w.desk.RecomputeCall(w.ctx, officer, page.Calls[0].ID); err != nil || len(differences) > 0 {
		w.t.Errorf("the ranking again: %v (%v)", differences, err)
	}
}

func (w *markedTown) demoFile(name string) string {
	w.t.Helper()
	text, err := demoFiles.ReadFile("demo/" + name)
	w.must(err)
	return string(text)
}

// readers are everybody but the marked family and the officer.
func (w *markedTown) readers() []string {
	return []string{"", w.all[1].Email, w.all[26].Email, "chiara@scuola.example", "coop@prova.example", "omar@wemi.example"}
}

var localLink = regexp.MustCompile(`(?:href|action|src)="(/[^"#]*)"`)

// crawl reads every page that somebody can reach by links, and those of the
// marked family by address, and looks for traces.
func (w *markedTown) crawl(email, when string) (pages int, all string) {
	w.t.Helper()
	c := w.client(email)
	queue := append([]string{"/", "/casa", "/tornate", "/quote", "/comune", "/ente", "/isee", "/privacy", "/status", "/api/openapi.json"}, w.addresses()...)
	seen := map[string]bool{}
	traces := iseeTraces()
	if email != "omar@wemi.example" { // an operator acts for citizens and sees their charges
		traces = append(traces, amountTraces()...)
	}
	var text strings.Builder
	for len(queue) > 0 && len(seen) < 400 {
		path := queue[0]
		queue = queue[1:]
		if seen[path] || strings.HasPrefix(path, "/statico/") || path == "/esci" {
			continue
		}
		seen[path] = true
		status, body := w.send(c, http.MethodGet, path, nil)
		if status >= 500 {
			w.t.Errorf("%s, %q reads %s: %d", when, email, path, status)
		}
		if leak := traceIn(body, traces); leak != "" {
			w.t.Errorf("%s, %q finds on %s: %s", when, email, path, leak)
		}
		text.WriteString(body)
		for _, m := range localLink.FindAllStringSubmatch(body, -1) {
			queue = append(queue, strings.ReplaceAll(m[1], "&amp;", "&"))
		}
	}
	return len(seen), text.String()
}

// addresses are those of what belongs to the marked family or to officers.
func (w *markedTown) addresses() []string {
	w.t.Helper()
	round := "/tornate/" + string(w.round)
	all := []string{
		round, "/api/v1/rounds/" + string(w.round), "/comunita/" + string(w.school), "/comune/isee", "/comune/isee/nuova", "/comune/isee/importa",
		"/comune/misure/contributo-laboratori-scuola-2026/1/prova", "/comune/misure/contributo-laboratori-scuola-2026/simulazione",
		"/comune" + round + "/passaggio/1/fotografia.json", "/comune" + round + "/passaggio/1/esito.json", "/comune" + round + "/prova",
	}
	lines, err := w.db.ISEELines(w.ctx, postgres.ISEEFilter{}, 10)
	w.must(err)
	for _, l := range lines {
		all = append(all, "/comune/isee/"+l.ID)
	}
	pledges, err := w.db.PledgesOfHousehold(w.ctx, w.family.Household)
	w.must(err)
	for _, p := range pledges {
		all = append(all, "/impegni/"+string(p.ID))
	}
	funds, err := w.db.Funds(w.ctx)
	w.must(err)
	for _, f := range funds {
		all = append(all, "/comune/fondi/"+f.ID)
	}
	all = append(all, "/comune/fondi", "/contributi")
	charges, err := w.desk.Charges(w.ctx, w.family)
	w.must(err)
	for _, c := range charges {
		all = append(all, "/quote/"+string(c.ID), "/quote/"+string(c.ID)+"/qr.svg", "/quote/"+string(c.ID)+"/contributo")
		for _, p := range c.Payments {
			all = append(all, "/ricevute/"+string(p.ID)+".pdf")
		}
	}
	return all
}

// Goal: one family's ISEE leaves no trace outside what is sealed, and its award
// none towards a neighbour, a delegate or a provider. Method: the marker, a whole
// round through the pages, then every place where something could be left: a
// dump of all tables, PostgreSQL's files and log, our log, jobs, mails, and all
// that every other role can read.
func TestAMarkedISEELeavesNoTrace(t *testing.T) { // not parallel: it takes the log of the program
	w := newMarkedTown(t)
	w.run()
	for _, email := range w.readers() {
		pages, text := w.crawl(email, "a paid round")
		if pages < 10 {
			t.Errorf("%q could read only %d pages: the crawl is broken", email, pages)
		}
		// A delegate and a provider see the gross share, or who is in, and that it is paid.
		if email == "chiara@scuola.example" && (!strings.Contains(text, markerShare) || !strings.Contains(text, "pagata")) {
			t.Error("the delegate does not see the gross share and that it is paid")
		}
	}
	_, own := w.send(w.client(w.family.Email), http.MethodGet, "/isee", nil)
	for _, want := range []string{"12.345,67", markerProtocol, "Elena Riva", "copia dei dati di una tornata", "simulazione di una misura"} {
		if !strings.Contains(own, want) {
			t.Errorf("the family itself does not see %q", want)
		}
	}
	w.dump()
	w.mails()
	w.files()
	if leak := traceIn(w.log.String(), append(iseeTraces(), amountTraces()...)); leak != "" {
		t.Errorf("the log holds %s", leak)
	}
	if found, err := w.db.Unsound(w.ctx, "", w.clock.Now()); err != nil || len(found) > 0 {
		t.Errorf("unsound: %v (%v)", found, err)
	}
}

// dump reads every row of every table as text, with bytes in hexadecimal, and
// what pg_dump writes.
func (w *markedTown) dump() {
	w.t.Helper()
	conn, err := pgx.Connect(w.ctx, w.dsn)
	w.must(err)
	defer conn.Close(w.ctx)
	rows, err := conn.Query(w.ctx, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
	w.must(err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.must(err)
	if len(tables) < 25 {
		w.t.Fatalf("only %d tables", len(tables))
	}
	for _, table := range tables {
		rows, err := conn.Query(w.ctx, "SELECT t::text FROM "+pgx.Identifier{table}.Sanitize()+" t")
		w.must(err)
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		w.must(err)
		text := strings.Join(lines, "\n")
		if leak := traceIn(text, iseeTraces()); leak != "" {
			w.t.Errorf("table %s holds %s", table, leak)
		}
		if leak := traceIn(text, amountTraces()); leak != "" && (table == "river_job" || table == "audit" || table == "sessions" || table == "rounds" || table == "outcomes" || table == "round_passes") {
			w.t.Errorf("table %s holds an amount: %s", table, leak)
		}
	}
	program, err := exec.LookPath("pg_dump")
	if err != nil {
		found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pg_dump")
		if len(found) == 0 {
			w.t.Log("no pg_dump here: the tables were read row by row only")
			return
		}
		program = found[len(found)-1]
	}
	out, err := exec.Command(program, "--dbname", w.dsn).Output()
	if err != nil {
		w.t.Errorf("pg_dump: %v", err)
	}
	if !bytes.Contains(out, []byte("COPY public.isee_certificates")) {
		w.t.Error("the dump has no certificates")
	}
	if leak := traceIn(string(out), iseeTraces()); leak != "" {
		w.t.Errorf("pg_dump writes %s", leak)
	}
}

// mails: no message tells an ISEE, and none but the family's own its award.
func (w *markedTown) mails() {
	w.t.Helper()
	mails, err := w.db.LatestMessages(w.ctx, 1000)
	w.must(err)
	if len(mails) < 24 {
		w.t.Fatalf("only %d messages", len(mails))
	}
	for _, m := range mails {
		traces := iseeTraces()
		if m.Recipient != w.family.Email {
			traces = append(traces, amountTraces()...)
		}
		if leak := traceIn(m.Subject+"\n"+m.Body, traces); leak != "" {
			w.t.Errorf("a message to %s holds %s", m.Recipient, leak)
		}
	}
}

// files looks into the server's own files, the write-ahead log and the log of
// statements that failed included, where they can be read.
func (w *markedTown) files() {
	w.t.Helper()
	address, err := pgx.ParseConfig(w.dsn)
	w.must(err)
	if !strings.HasPrefix(address.Host, "/") {
		w.t.Log("the server is elsewhere: its files were not read")
		return
	}
	read := 0
	err = filepath.WalkDir(filepath.Dir(address.Host), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return nil // another test's database goes meanwhile
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return nil
		}
		read++
		for _, text := range []string{"12345.67", "12.345,67", "QZ7MARKER", markerNotes} {
			if i := bytes.Index(content, []byte(text)); i >= 0 {
				w.t.Errorf("%s holds %q: %q", path, text, content[max(0, i-60):min(len(content), i+40)])
			}
		}
		return nil
	})
	w.must(err)
	if read < 100 {
		w.t.Logf("only %d files of the server can be read here", read)
	}
}
