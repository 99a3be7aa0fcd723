package desk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"colletta/billing"
	"colletta/billing/stripepay"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/postgres/pgtest"
	"colletta/refusal"
	"colletta/subsidies"
)

func TestMain(m *testing.M) { pgtest.Main(m, postgres.Migrate) }

// handClock is moved by the test.
type handClock struct {
	mu sync.Mutex
	at time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *handClock) set(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = at
}

// tillGateway is a card gateway that a test can make fail or say paid.
type tillGateway struct {
	mu       sync.Mutex
	sessions map[string]*stripepay.Checkout // by idempotency key
	fail     error
	calls    int
	event    stripepay.Event
	refuse   error
}

func (g *tillGateway) Live() bool { return false }

func (g *tillGateway) CreateCheckout(_ context.Context, r stripepay.CheckoutRequest) (stripepay.Checkout, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.calls++
	if g.fail != nil {
		return stripepay.Checkout{}, g.fail
	}
	if g.sessions == nil {
		g.sessions = map[string]*stripepay.Checkout{}
	}
	if s, ok := g.sessions[r.IdempotencyKey]; ok {
		return *s, nil
	}
	s := &stripepay.Checkout{
		SessionID: fmt.Sprintf("cs_test_%d", len(g.sessions)+1), URL: "https://till.example/" + string(r.PaymentID), PaymentID: r.PaymentID,
		Status: stripepay.SessionOpen, PaymentStatus: stripepay.PaymentUnpaid, Amount: r.Amount, Currency: "eur",
	}
	g.sessions[r.IdempotencyKey] = s
	return *s, nil
}

func (g *tillGateway) Retrieve(_ context.Context, id string) (stripepay.Checkout, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.sessions {
		if s.SessionID == id {
			return *s, nil
		}
	}
	return stripepay.Checkout{}, stripepay.ErrNotFound
}

func (g *tillGateway) ParseWebhook([]byte, string, time.Time) (stripepay.Event, error) {
	return g.event, g.refuse
}

// payAll says of every session that its money came.
func (g *tillGateway) payAll() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range g.sessions {
		s.Status, s.PaymentStatus, s.PaymentIntentID = stripepay.SessionComplete, stripepay.PaymentPaid, "pi_"+s.SessionID
	}
}

// town is a small municipality: one nursery school with a provider, a measure
// and a timetable, made by the acts of its people.
type town struct {
	t        *testing.T
	ctx      context.Context
	desk     *Desk
	db       *postgres.DB
	dsn      string
	clock    *handClock
	till     *tillGateway
	officer  communities.Actor
	parent   communities.Actor // representative of the school
	school   communities.CommunityID
	provider catalogue.ProviderID
	offer    catalogue.OfferID
	families []communities.Actor
	closesAt time.Time
}

var noon = time.Date(2026, 11, 2, 11, 0, 0, 0, time.UTC) // a Monday

const labFixed = "1.500,00"

// newTown founds a town whose school has as many families as the example file.
func newTown(t *testing.T) *town {
	t.Helper()
	dsn := pgtest.New(t)
	db, err := postgres.Open(dsn, 1)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if err := db.Unlock(context.Background(), postgres.NewMaster()); err != nil {
		t.Fatal(err)
	}
	w := &town{t: t, ctx: context.Background(), db: db, dsn: dsn, clock: &handClock{at: noon}, till: &tillGateway{}}
	if w.desk, err = New(Config{DB: db, Clock: w.clock, Gateway: w.till, PublicURL: "https://colletta.example", Municipality: 1, Demo: true}); err != nil {
		t.Fatal(err)
	}
	w.must(w.desk.Found(w.ctx, "Milano", NewOfficer{GivenName: "Elena", FamilyName: "Riva", Email: "elena@comune.example"}))
	w.officer = w.actor("elena@comune.example")
	w.addSchool()
	w.addProvider()
	w.addSeries()
	return w
}

func (w *town) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *town) actor(email string) communities.Actor {
	w.t.Helper()
	a, err := w.db.ActorByEmail(w.ctx, email)
	w.must(err)
	return a
}

func (w *town) addSchool() {
	var err error
	w.school, err = w.desk.CreateCommunity(w.ctx, w.officer, NewCommunity{
		Kind: communities.KindSchool, Name: "Scuola dell'infanzia di prova", Address: "via Prova 1", DistrictID: 5, QuarterID: 44,
		Point: communities.Point{XM: 514000, YM: 5032000},
	})
	w.must(err)
	w.must(w.desk.AppointDelegate(w.ctx, w.officer, NewDelegate{Community: w.school, GivenName: "Chiara", FamilyName: "Fontana", Email: "chiara@scuola.example", From: noon.AddDate(0, -1, 0)}))
	w.parent = w.actor("chiara@scuola.example")
	file := ImportRequest{Community: w.school, File: "classe.xlsx", Data: w.exampleClass()}
	done, err := w.desk.ConfirmImport(w.ctx, w.parent, file)
	w.must(err)
	if done.Created != 30 {
		w.t.Fatalf("the example file made %d units, want 30", done.Created)
	}
	people, err := w.db.PeopleOf(w.ctx, w.school)
	w.must(err)
	for _, p := range people {
		if p.Role == communities.PersonHolder && p.Email != "" {
			w.families = append(w.families, w.actor(p.Email))
		}
	}
	if len(w.families) < 25 {
		w.t.Fatalf("only %d families can log in", len(w.families))
	}
}

func (w *town) exampleClass() []byte {
	w.t.Helper()
	data, err := communities.Example(communities.KindSchool)
	w.must(err)
	return data
}

func (w *town) addProvider() {
	var err error
	staff := map[string]int{"tue-16": 1, "thu-16": 1}
	w.provider, err = w.desk.RegisterProvider(w.ctx, w.officer, NewProvider{
		Name: "Cooperativa di prova", TaxCode: "01199250158", IBAN: "IT60X0542811101000000123456", Email: "coop@prova.example", Address: "via Prova 2, Milano",
		Categories: []string{"sport-psicomotricita"}, Staff: staff, ContactGivenName: "Paola", ContactFamilyName: "Brambilla", StampExempt: true,
	})
	w.must(err)
	w.offer, err = w.desk.PublishOffer(w.ctx, w.actor("coop@prova.example"), w.labOffer())
	w.must(err)
	yaml, ok := subsidies.MeasureFile("contributo-laboratori-scuola-2026")
	if !ok {
		w.t.Fatal("no measure for the laboratory")
	}
	w.must(w.desk.AppointOfficer(w.ctx, w.officer, NewOfficer{GivenName: "Giorgio", FamilyName: "Sala", Email: "giorgio@comune.example"}))
	id, version, err := w.desk.WriteMeasure(w.ctx, w.officer, MeasureText{YAML: string(yaml)})
	w.must(err)
	w.must(w.desk.PublishMeasure(w.ctx, w.actor("giorgio@comune.example"), MeasureRelease{Measure: id, Version: version, Year: "2026", Cap: "300,00"}))
}

func (w *town) labOffer() OfferRequest {
	return OfferRequest{
		Provider: w.provider, Category: "sport-psicomotricita", Title: "Laboratorio di psicomotricità", Mode: "together", Split: "equal",
		Slots: []string{"tue-16", "thu-16"}, MinMembers: "10", MaxMembers: "30", Communities: []string{string(w.school)}, Period: "course", Meetings: "10",
		Tiers: []TierRequest{{FromMembers: "1", Fixed: labFixed, PerMember: "0", PerUnit: "0"}},
	}
}

func (w *town) addSeries() {
	_, err := w.desk.CreateSeries(w.ctx, w.officer, NewSeries{
		Name: "Laboratorio di psicomotricità", OpensOn: "0 8 3 11 *", ClosesOn: "0 20 20 11 *", Period: "course", Offers: []catalogue.OfferID{w.offer}, Community: w.school,
	})
	w.must(err)
	w.closesAt = time.Date(2026, 11, 20, 19, 0, 0, 0, time.UTC) // 20:00 in Rome
}

// openRound lets the timetable open the round and returns it.
func (w *town) openRound() pooling.RoundID {
	w.t.Helper()
	w.clock.set(time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC))
	w.must(w.desk.Tick(w.ctx))
	rounds, err := w.desk.Rounds(w.ctx, w.parent)
	w.must(err)
	if len(rounds) != 1 || rounds[0].State != pooling.RoundOpen {
		w.t.Fatalf("rounds after the opening: %+v", rounds)
	}
	return rounds[0].ID
}

func (w *town) pledge(round pooling.RoundID, family communities.Actor, price string) (pooling.DemandID, error) {
	return w.desk.Pledge(w.ctx, family, PledgeRequest{
		Round: round, Offer: w.offer, Community: w.school, Units: "1", Slots: []string{"tue-16"}, MaxPrice: price, Method: billing.MethodTransfer,
	}, false)
}

// finish closes, forms and charges a round.
func (w *town) finish(round pooling.RoundID) {
	w.t.Helper()
	w.clock.set(w.closesAt)
	w.must(w.desk.CloseRound(w.ctx, w.officer, round))
	w.must(w.desk.FormRound(w.ctx, w.officer, round))
	w.must(w.desk.ChargeRound(w.ctx, w.officer, round))
}

// chargedRound runs a round of twelve families up to their charges: 125.00 each.
func (w *town) chargedRound() pooling.RoundID {
	w.t.Helper()
	round := w.openRound()
	for _, family := range w.families[:12] {
		if _, err := w.pledge(round, family, "200"); err != nil {
			w.t.Fatal(err)
		}
	}
	w.finish(round)
	return round
}

func (w *town) sound() {
	w.t.Helper()
	found, err := w.db.Unsound(w.ctx, "", w.clock.Now())
	w.must(err)
	if len(found) > 0 {
		w.t.Fatalf("broken invariants: %v", found)
	}
}

func wantRefusal(t *testing.T, what string, err error, want *refusal.Error, field string) {
	t.Helper()
	for _, r := range refusal.All(err) {
		if errors.Is(r, want) && r.Field == field {
			return
		}
	}
	t.Errorf("%s: %v, want %s at %q", what, err, want.Code, field)
}
