package web

import (
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2/memstore"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/desk"
	"colletta/money"
	"colletta/pooling"
	"colletta/refusal"
	"colletta/subsidies"
)

// The samples are the two stories of the WeMi experiment, as the pages would
// show them: a psychomotricity laboratory of a nursery school near San
// Gottardo, and a carer shared by six flats in Municipio 8.

var sampleNow = time.Date(2026, 11, 23, 15, 30, 0, 0, time.UTC)

type stillClock struct{ now time.Time }

func (c *stillClock) Now() time.Time    { return c.now }
func (c *stillClock) Set(now time.Time) { c.now = now }

// sampleSite is a site without a database: for rendering, and for pages that
// ask desk nothing but the time.
func sampleSite(demo bool) (*site, error) {
	c, err := sampleConfig(demo)
	if err != nil {
		return nil, err
	}
	return newSite(c)
}

func sampleConfig(demo bool) (Config, error) {
	clock := &stillClock{sampleNow}
	d, err := desk.New(desk.Config{Clock: clock, PublicURL: "http://localhost:8080", Municipality: 1, Demo: demo})
	if err != nil {
		return Config{}, err
	}
	c := Config{Desk: d, PublicURL: "http://localhost:8080", SessionStore: memstore.NewWithCleanupInterval(0)}
	if demo {
		c.Demo = &DemoTools{Clock: clock, Accounts: []DemoAccount{
			{"Famiglia Brambilla", "giulia.brambilla@example.org", "Nido San Gottardo: aderisce al laboratorio di psicomotricità e paga la sua quota."},
			{"Amministratore", "studio.ferrari@example.org", "Segue il condominio di via Capuana: importa le unità, registra i bonifici."},
			{"Ufficio Welfare", "welfare@example.org", "Comune: tornate, fondi, mappa dei bisogni."},
		}}
	}
	return c, nil
}

func sampleLadder(min, max int, fixed, perMember money.Amount, percent int64) []desk.PriceStep {
	var steps []desk.PriceStep
	for n := min; n <= max; n++ {
		quote := fixed/money.Amount(n) + perMember
		subsidy := quote * money.Amount(percent) / 100
		steps = append(steps, desk.PriceStep{Members: n, Quote: quote, Subsidy: subsidy, Net: quote - subsidy})
	}
	return steps
}

func samplePicture() desk.OfferPictureView {
	ladder := sampleLadder(20, 30, 150000, 1000, 40)
	return desk.OfferPictureView{
		Offer: desk.OfferSummary{
			ID: "o1", Title: "Laboratorio di psicomotricità, 10 incontri", Description: "Dieci incontri di un’ora con due psicomotricisti, nella palestra della scuola.",
			Provider: "Cooperativa Il Girotondo", Category: "Sport (anche psicomotricità)", Mode: pooling.ModeTogether, Split: pooling.SplitEqual,
			MinMembers: 20, MaxMembers: 30, Unit: "child", Period: "course", Published: true,
		},
		Slots: []desk.SlotView{{ID: "tue-16", Label: "martedì 16–17"}, {ID: "thu-16", Label: "giovedì 16–17"}},
		Slot:  "martedì 16–17", Candidates: 23, MinMembers: 20, MaxMembers: 30, Hypothetical: true, Units: 1,
		Quote: ladder[3].Quote, Subsidy: ladder[3].Subsidy, Net: ladder[3].Net,
		SubsidyNote: "Il tuo ISEE è nella fascia fino a 15.000,00 €.\nPer questa fascia il Comune paga il 40% della quota.\nSu 75,21 € il contributo è 30,08 €.",
		Measure:     "Welfare a scuola 2026",
		Steps: []desk.PriceStep{
			{More: 1, Members: 24, Quote: 7250, Subsidy: 2900, Net: 4350}, {More: 2, Members: 25, Quote: 7000, Subsidy: 2800, Net: 4200}, {More: 5, Members: 28, Quote: 6357, Subsidy: 2542, Net: 3815},
		},
		Ladder: ladder, FixedTotal: 150000,
	}
}

func sampleRound(state pooling.RoundState) desk.RoundSummary {
	r := desk.RoundSummary{
		ID: "r1", Series: "Laboratori di autunno", Name: "Psicomotricità al nido San Gottardo", State: state, Community: "Nido San Gottardo",
		OpensAt: sampleNow.AddDate(0, 0, -10), ClosesAt: sampleNow.Add(77 * time.Hour), Offers: 1, Pledged: 23,
	}
	if state != pooling.RoundOpen && state != pooling.RoundScheduled {
		r.ClosesAt, r.Served = sampleNow.Add(-time.Hour), 22
	}
	return r
}

func sampleRota() desk.OfferPictureView {
	p := samplePicture()
	p.Offer = desk.OfferSummary{
		ID: "o2", Title: "Assistente di condominio, 24 ore a settimana", Description: "Una persona qualificata divide la settimana tra i sei appartamenti.",
		Provider: "Consorzio Farsi Prossimo", Category: "Servizi socio-assistenziali", Mode: pooling.ModeRota, Split: pooling.SplitUnits,
		MinMembers: 6, MaxMembers: 8, Unit: "hour", Period: "month", Published: true,
	}
	p.Slot, p.Candidates, p.Missing, p.MinMembers, p.MaxMembers, p.Hypothetical, p.Units = "", 4, 2, 6, 8, false, 4
	p.Quote, p.Subsidy, p.Net, p.SubsidyNote = 21600, 0, 21600, "Non hai presentato un’attestazione ISEE: senza ISEE non si può calcolare il contributo."
	p.Ladder, p.Steps = sampleLadder(6, 8, 120000, 0, 0), p.Steps[:2]
	return p
}

func sampleCommunity() desk.CommunitySummary {
	return desk.CommunitySummary{ID: "c1", Kind: communities.KindCondominium, Name: "Condominio di via Capuana 12", Address: "Via Capuana 12, Milano", District: 8, Quarter: "Quarto Oggiaro", Households: 24}
}

func sampleCharge(state billing.ChargeState) desk.ChargeView {
	c := desk.ChargeView{
		ID: "q1", Number: "2026-000123", Round: "r1", RoundName: "Psicomotricità al nido San Gottardo", Description: "Laboratorio di psicomotricità, 10 incontri",
		Household: "Famiglia Brambilla", UnitLabel: "Brambilla Giulia", Provider: "Cooperativa Il Girotondo", Share: 7819, Subsidy: 3127, Net: 4692, Due: 4692, State: state,
		IssuedOn: time.Date(2026, 11, 21, 0, 0, 0, 0, time.UTC), DueOn: time.Date(2026, 12, 5, 0, 0, 0, 0, time.UTC),
		Reference: "RF18539007547034", Beneficiary: "Cooperativa Il Girotondo", IBAN: "IT60X0542811101000000123456",
		QRPayload: "BCD\n002\n1\nSCT\n\nCooperativa Il Girotondo\nIT60X0542811101000000123456\nEUR46.92\n\nRF18539007547034", Members: 22, Cost: 172000,
		Explanation: []string{"Il gruppo di 22 famiglie costa 1.720,00 €: 1.500,00 € fissi e 10,00 € per ogni bambino.", "1.720,00 € diviso 22 fa 78,18 €; i 4 centesimi che avanzano vanno a quattro famiglie, tra cui la tua: 78,19 €.", "Il tuo ISEE è nella fascia del 40%: il contributo è 31,27 €."},
	}
	if state == billing.ChargePaid {
		c.Paid, c.Due = c.Net, 0
		c.Payments = []desk.PaymentView{
			{ID: "p0", Method: billing.MethodCard, Amount: 4692, State: billing.PaymentFailed},
			{ID: "p1", Method: billing.MethodCard, Amount: 4692, State: billing.PaymentSucceeded, ReceivedOn: sampleNow, ReceiptNumber: "2026-000088"},
		}
	}
	return c
}

func samplePledge(state pooling.RoundState) desk.PledgeView {
	return desk.PledgeView{
		ID: "d1", Round: "r1", RoundName: "Psicomotricità al nido San Gottardo", RoundState: state, ClosesAt: sampleNow.Add(77 * time.Hour), Community: "Nido San Gottardo",
		CommunityID: "c2", Household: "Famiglia Brambilla", UnitLabel: "Brambilla Giulia", Category: "Sport (anche psicomotricità)", CategoryID: "sport-psicomotricita",
		Units: 1, Unit: "child", Slots: samplePicture().Slots, MaxPrice: 6000, MaxDistanceM: 800, PaymentMethod: billing.MethodCard, PostedOn: sampleNow,
	}
}

func sampleMembers() []desk.MemberView {
	var members []desk.MemberView
	for i, name := range []string{"Famiglia Rossi", "Famiglia Colombo", "Sig.ra Fontana", "Famiglia Hu", "Famiglia El Sayed", "Famiglia De Luca"} {
		m := desk.MemberView{Household: communities.HouseholdID(fmt.Sprint("h", i)), Name: name, UnitLabel: fmt.Sprintf("Scala A, int. %d", i+1), Millesimi: "41,6667", Residents: 3, Email: fmt.Sprintf("famiglia%d@example.org", i)}
		if i < 4 {
			m.Pledges = []string{"Servizi socio-assistenziali (aperta)"}
		}
		switch i {
		case 1:
			m.Due = 20000
			c := sampleCharge(billing.ChargeOpen)
			c.ID, c.Net, c.Household, c.UnitLabel, c.Description = "q7", 20000, name, m.UnitLabel, "Assistente di condominio, novembre"
			m.Charges = []desk.ChargeView{c}
		case 2:
			m.Paid = 20000
		}
		members = append(members, m)
	}
	return members
}

func samplePools() []desk.PoolView {
	return []desk.PoolView{{
		ID: "g1", Offer: "Laboratorio di psicomotricità, 10 incontri", Provider: "Cooperativa Il Girotondo", Slot: "martedì 16–17", Host: "Nido San Gottardo", Size: 22, Cost: 172000, Subsidy: 51600, Net: 120400, Paid: 4692,
		Members: []desk.PoolMemberView{
			{Household: "Famiglia Brambilla", UnitLabel: "Brambilla Giulia", Units: 1, Share: 7819, Subsidy: 3127, Net: 4692, State: billing.ChargePaid},
			{Household: "Famiglia Ferri", UnitLabel: "Ferri Tommaso", Units: 1, Slots: []string{"martedì 16–17"}, Share: 7818, Net: 7818, State: billing.ChargeOpen},
		},
	}}
}

// samplePasses are two passes of a round, with a certificate each.
func samplePasses() []desk.PassView {
	first := desk.PassView{
		Number: 1, Demands: 26, Viable: 25, Served: 22, Certificate: &desk.CertificateView{Bound: 23, Method: "lagrangian", GapPermille: 46},
		Effort: pooling.EffortNormal, TimeLimitSeconds: 60, Seed: 733007751850, Work: pooling.Work{Sweeps: 100, Multipliers: 240, Cooling: 120, Waves: 120, Nodes: 1}, Engine: 2,
		StartedAt: sampleNow, FormedAt: sampleNow.Add(840 * time.Millisecond), SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
	}
	second := first
	second.Number, second.Demands, second.Viable, second.Served = 2, 4, 3, 3
	second.Certificate = &desk.CertificateView{Bound: 3, Method: "branching"}
	return []desk.PassView{first, second}
}

// sampleMeasure is a measure in force whose second version waits.
func sampleMeasure() desk.MeasureView {
	data, _ := subsidies.MeasureFile("contributo-laboratori-scuola-2026")
	text := string(data)
	v := desk.MeasureVersionView{Measure: "contributo-laboratori-scuola-2026", Version: 1, YAML: text, WrittenByName: "Elena Riva", WrittenAt: sampleNow,
		PublisherName: "Giorgio Sala", PublishedAt: sampleNow, Current: true}
	next := desk.MeasureVersionView{Measure: v.Measure, Version: 2, YAML: strings.ReplaceAll(text, "6500.0", "7000.0"), Note: "Soglia del primo scaglione alzata.",
		WrittenByName: "Elena Riva", WrittenAt: sampleNow, MayPublish: true}
	return desk.MeasureView{ID: v.Measure, Name: "Contributo per i laboratori nelle scuole dell’infanzia 2026", Versions: []desk.MeasureVersionView{next, v}}
}

func sampleOfficer() desk.OfficerView {
	v := desk.OfficerView{
		Rounds:     []desk.RoundSummary{sampleRound(pooling.RoundOpen), sampleRound(pooling.RoundCharged), sampleRound(pooling.RoundScheduled)},
		Funds:      []desk.FundView{{ID: "f1", Name: "Welfare a scuola 2026", From: sampleNow, To: sampleNow, Allocated: 4000000, Reserved: 51600, Committed: 1000000, Paid: 230000, Available: 2718400, Households: 214, Waiting: 3}, {ID: "f2", Name: "Assistenza condivisa 2026", From: sampleNow, To: sampleNow}},
		Needs:      []desk.NeedCount{{CategoryID: "a", Category: "Sport (anche psicomotricità)", Declared: 120, Pledged: 64, Served: 52}, {CategoryID: "b", Category: "Servizi socio-assistenziali", Declared: 210, Pledged: 33, Served: 12}, {CategoryID: "c", Category: "Accompagnamento con trasporto", Declared: 80, Pledged: 0, Served: 0}},
		Charges:    desk.ChargeTotals{Charged: 1204000, Paid: 903210, Open: 300790, Count: 260, PaidCount: 201},
		Households: 1520, Communities: 43, Providers: 9,
	}
	for i, q := range communities.Milan().Quarters {
		if i%2 == 0 && q.Point.XM != 0 {
			v.Map = append(v.Map, desk.NeedPoint{Community: communities.CommunityID(fmt.Sprint("c", i)), Name: "Condominio " + q.Name, Kind: communities.KindCondominium, District: q.DistrictID, XM: q.Point.XM, YM: q.Point.YM, Demands: 3 + i*7%41, Served: i * 3 % 17})
		}
	}
	for _, d := range communities.Milan().Districts {
		v.Unmet = append(v.Unmet, desk.DistrictNeed{District: d.ID, Name: d.Name, Demands: 30 + d.ID*7, Served: 10 + d.ID*2, Unmet: 20 + d.ID*5})
	}
	for i := range 3 {
		c := sampleCharge(billing.ChargeOpen)
		c.ID, c.Number = billing.ChargeID(fmt.Sprint("q", i)), fmt.Sprintf("2026-00010%d", i)
		v.OpenCharges = append(v.OpenCharges, c)
	}
	return v
}

func sampleProvider() desk.ProviderView {
	v := desk.ProviderView{
		ID: "e1", Name: "Cooperativa Il Girotondo", Offers: []desk.OfferSummary{samplePicture().Offer}, Pools: samplePools(),
		Categories:  []catalogue.Category{{ID: "sport-psicomotricita", Name: "Sport (anche psicomotricità)", Unit: catalogue.UnitChild}},
		Communities: []desk.CommunitySummary{sampleCommunity()},
	}
	for _, slot := range catalogue.WeekGrid() {
		v.Slots = append(v.Slots, desk.SlotView{ID: slot.ID(), Label: slot.Label()})
	}
	return v
}

// samplePages is every page in every shape that matters, by name.
func samplePages(s *site) map[string]samplePage {
	family := func(title, here string) frame {
		return frame{Title: title, User: "Giulia Brambilla", Demo: true, Now: sampleNow, Nav: navOf(communities.Actor{User: "u1", Household: "h1"}, sampleNow, here)}
	}
	office := func(title, here string) frame {
		f := family(title, here)
		f.User, f.Nav = "Ufficio Welfare", navOf(communities.Actor{User: "u2", Grants: []communities.Grant{{Role: communities.RoleOfficer}}}, sampleNow, here)
		return f
	}
	provider := func(title, here string) frame {
		f := family(title, here)
		f.User, f.Nav = "Il Girotondo", navOf(communities.Actor{User: "u3", Grants: []communities.Grant{{Role: communities.RoleProvider}}}, sampleNow, here)
		return f
	}
	nobody := frame{Now: sampleNow, Demo: true, Nav: navOf(communities.Actor{}, sampleNow, "/")}
	titled := func(f frame, title string) frame { f.Title = title; return f }
	noticed := func(f frame) frame {
		f.Notice = "Il tuo impegno è registrato. Puoi modificarlo o ritirarlo fino alla chiusura della tornata."
		return f
	}

	open := desk.RoundView{Round: sampleRound(pooling.RoundOpen), Offers: []desk.OfferPictureView{samplePicture(), sampleRota()}, CanPledge: true}
	// A group that has families enough and lacks hours.
	fewHours := sampleRota()
	fewHours.Offer.ID, fewHours.Candidates, fewHours.Missing, fewHours.MinUnits, fewHours.CandidateUnits = "o3", 7, 1, 24, 22
	open.Offers = append(open.Offers, fewHours)
	pledged := open
	pledged.Offers, pledged.Mine = open.Offers[:1], []desk.PledgeView{samplePledge(pooling.RoundOpen)}
	done := desk.RoundView{Round: sampleRound(pooling.RoundCharged), Offers: open.Offers[:1], SHA256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
	outcome := samplePledge(pooling.RoundCharged)
	charge := sampleCharge(billing.ChargeOpen)
	outcome.Charge = &charge
	outcome.Outcome = sampleServed()
	done.Mine = []desk.PledgeView{outcome}
	done.Results = desk.RoundResults{Formed: true, Served: 22, Unserved: 1, Cost: 172000, Subsidy: 51600, Net: 120400, Pools: samplePools(), Reasons: sampleReasons()}
	done.Results.Passes = samplePasses()[:1]
	twice := done
	twice.Results.Served, twice.Results.Passes = 25, samplePasses()
	proven := done
	proven.Results.Passes = []desk.PassView{{Number: 1, Demands: 23, Viable: 22, Served: 22, Certificate: &desk.CertificateView{Bound: 22, Method: "branching"}}}
	unproven := done
	unproven.Results.Passes = []desk.PassView{{Number: 1, Demands: 23}}
	unserved := samplePledge(pooling.RoundCharged)
	unserved.Outcome = sampleUnserved()
	withdrawn := samplePledge(pooling.RoundOpen)
	withdrawn.Withdrawn = true
	officerRound := newRoundPage(office("Psicomotricità al nido San Gottardo", "/tornate"), twice)
	officerRound.Passes = newPassFacts(twice.Results.Passes, "r1")
	officerOpen := newRoundPage(office("Psicomotricità al nido San Gottardo", "/tornate"), open)
	officerOpen.Officer, officerOpen.LoggedIn, officerOpen.Steps = true, true, stepsOf(pooling.RoundOpen)
	dryRun := desk.DryRunView{Round: sampleRound(pooling.RoundOpen), At: sampleNow, Effort: pooling.EffortFast, Results: twice.Results}
	officerRound.Officer, officerRound.Amounts, officerRound.LoggedIn, officerRound.Steps = true, true, true, stepsOf(pooling.RoundFormed)
	familyRound := newRoundPage(family("Psicomotricità al nido San Gottardo", "/tornate"), open)
	familyRound.LoggedIn = true
	strangerRound := newRoundPage(titled(nobody, "Psicomotricità al nido San Gottardo"), desk.RoundView{Round: open.Round, Offers: open.Offers[:1]})
	strangerRound.Why = "Per continuare devi accedere con la tua e-mail."

	form := desk.PledgeFormView{Round: sampleRound(pooling.RoundOpen), Picture: samplePicture(), Slots: samplePicture().Slots, UnitsFixed: true, Communities: []desk.CommunitySummary{sampleCommunity()}}
	rotaForm := desk.PledgeFormView{Round: sampleRound(pooling.RoundOpen), Picture: sampleRota(), Slots: sampleProvider().Slots, Communities: []desk.CommunitySummary{sampleCommunity(), {ID: "c2", Name: "Nido San Gottardo"}}, Existing: &outcome}
	rotaTyped := desk.PledgeRequest{Community: "c2", Units: "quattro", Slots: []string{"mon-08", "mon-09", "wed-10"}, MaxPrice: "1e9", Method: billing.MethodTransfer}
	rotaErrors := s.refusalsOf(refusal.List{
		refusal.New(refusal.KindInvalid, "number_out_of_range").With("min", 1, "max", 40).At("units"),
		refusal.New(refusal.KindInvalid, "price_invalid").With("max", money.Max).At("max_price"),
		refusal.New(refusal.KindInvalid, "required").At("slots"), pooling.ErrRoundClosed.With("closes_at", sampleNow),
	}, "community", "units", "slots", "max_price", "max_distance", "method")

	manager := desk.CommunityView{Community: sampleCommunity(), Code: "CAP-8821", Delegate: "Studio Ferrari", Members: sampleMembers(), Rounds: open2(), MillesimiTotal: "1000", PledgedNow: 4, CanManage: true,
		Needs: []desk.NeedCount{{CategoryID: "b", Category: "Servizi socio-assistenziali", Declared: 5, Pledged: 4, Served: 0}}}
	badTransfer := desk.TransferRequest{Charge: "q7", Amount: "199,00", ReceivedOn: "2026-11-22", Note: "Bonifico Colombo"}
	transferErrors := s.refusalsOf(billing.ErrPaymentNotExact.With("amount", money.Amount(19900), "due", money.Amount(20000)).At("amount"), transferFields...)

	preview := desk.ImportPreview{Community: sampleCommunity(), File: "unità 2026.xlsx", SHA256: done.SHA256, Rows: 24, Plan: communities.ImportPlan{
		Create:    []communities.PlannedUnit{{Row: communities.ImportRow{Kind: communities.KindCondominium, Row: 2, Unit: "1", FamilyName: "Rossi", GivenName: "Anna", Millesimi: 416667}}},
		Update:    []communities.PlannedUpdate{{Row: communities.ImportRow{Kind: communities.KindCondominium, Row: 3, Unit: "2"}, Changed: []string{"Millesimi", "Email"}, Moves: true}},
		Unchanged: []communities.Membership{{UnitLabel: "3"}}, Missing: []communities.Membership{{UnitLabel: "Box 4"}},
	}}
	faulty := preview
	faulty.Errors = []communities.CellError{
		{Row: 4, Column: "D (Millesimi)", Value: "999.50000", Code: "import_millesimi_format"}, {Row: 7, Column: "C (Interno)", Value: "12", Code: "import_unit_twice", Args: map[string]any{"first": 5}},
		{Row: 0, Code: "import_millesimi_sum", Args: map[string]any{"sum": "999,5", "difference": "−0,5"}},
	}
	home := desk.HomeView{
		Household: &desk.HouseholdView{ID: "h1", Name: "Famiglia Brambilla"}, Communities: []desk.CommunitySummary{{ID: "c2", Kind: communities.KindSchool, Name: "Nido San Gottardo", Address: "Corso San Gottardo 21", District: 5, Households: 60, UnitLabel: "Brambilla Giulia"}},
		Rounds: []desk.RoundSummary{sampleRound(pooling.RoundOpen), sampleRound(pooling.RoundCharged)}, Pledges: []desk.PledgeView{samplePledge(pooling.RoundOpen), withdrawn},
		Charges: []desk.ChargeView{sampleCharge(billing.ChargeOpen), sampleCharge(billing.ChargePaid)}, Managed: []desk.CommunitySummary{sampleCommunity()}, Offers: []desk.OfferSummary{samplePicture().Offer},
	}
	offerErrors := s.refusalsOf(refusal.List{
		refusal.New(refusal.KindInvalid, "required").At("title"), refusal.New(refusal.KindInvalid, "offer_tier_rises").With("before", money.Amount(100), "now", money.Amount(200)).At("tiers[1].fixed"),
		refusal.New(refusal.KindInvalid, "offer_area_missing").At("area"), refusal.New(refusal.KindInvalid, "offer_slots_missing").At("slots"),
	}, offerFields...)
	series := seriesForm{Name: "Servizi di casa", OpensOn: "0 8 1 * *", ClosesOn: "0 20 20 * *", Period: "month", StartsOn: "2026-12-01", Effort: "normal", TimeLimit: "60", Categories: []string{"a"}}
	hasty := series
	hasty.Effort, hasty.TimeLimit = "", "un minuto"
	_, dates, _ := series.read(sampleNow)
	needs, measure := sampleOfficer().Needs, sampleMeasure()
	mail := desk.MailView{ID: "m1", To: "giulia.brambilla@example.org", Subject: "Il tuo accesso a Colletta", Text: "Ciao Giulia,\nper entrare apri http://localhost:8080/accedi/AbC_123-x.\nVale 30 minuti.", SentAt: sampleNow}
	login := loginPage{frame: titled(nobody, "Accedi"), Next: "/quote", Accounts: s.demo.Accounts, Email: field{Name: "email", Label: "Indirizzo e-mail", Type: "email", Auto: "email", Help: "Quello che hai dato alla scuola, all’amministratore o al Comune."}}
	badLogin := login
	badLogin.Errors = s.refusalsOf(refusal.New(refusal.KindInvalid, "email_invalid").At("email"), "email")
	badLogin.Email.Value, badLogin.Email.Error = "giulia.brambilla@", badLogin.Errors.at("email")
	waiting := family("Pagamento in elaborazione", "/quote")

	pages := map[string]samplePage{
		"landing":         {"landing", landingPage{frame: titled(nobody, "Colletta: servizi condivisi tra vicini"), Open: open2()}},
		"spaces":          {"spaces", newSpacesPage(titled(nobody, "Spazi WeMi"), communities.Milan())},
		"login":           {"login", login},
		"login-bad":       {"login", badLogin},
		"login-sent":      {"login_sent", textPage{titled(nobody, "Controlla la posta")}},
		"login-confirm":   {"login_confirm", loginConfirmPage{titled(nobody, "Conferma l’accesso"), "AbC"}},
		"home":            {"home", newHomePage(noticed(family("Casa", "/casa")), home)},
		"home-empty":      {"home", newHomePage(family("Casa", "/casa"), desk.HomeView{})},
		"rounds":          {"rounds", roundsPage{family("Tornate", "/tornate"), open2()[:1], home.Rounds[1:]}},
		"round":           {"round", familyRound},
		"round-stranger":  {"round", strangerRound},
		"round-pledged":   {"round", newRoundPage(family("Psicomotricità al nido San Gottardo", "/tornate"), pledged)},
		"round-done":      {"round", newRoundPage(family("Psicomotricità al nido San Gottardo", "/tornate"), done)},
		"round-proven":    {"round", newRoundPage(family("Psicomotricità al nido San Gottardo", "/tornate"), proven)},
		"round-unproven":  {"round", newRoundPage(family("Psicomotricità al nido San Gottardo", "/tornate"), unproven)},
		"round-twice":     {"round", newRoundPage(family("Psicomotricità al nido San Gottardo", "/tornate"), twice)},
		"round-officer":   {"round", officerRound},
		"round-rehearsal": {"round", officerOpen},
		"dryrun":          {"dryrun", newDryRunPage(office("Prova: Psicomotricità al nido San Gottardo", "/tornate"), dryRun)},
		"dryrun-nobody":   {"dryrun", newDryRunPage(office("Prova: Psicomotricità al nido San Gottardo", "/tornate"), desk.DryRunView{Round: sampleRound(pooling.RoundOpen), At: sampleNow})},
		"pledge":          {"pledge", newPledgePage(family("", "/tornate"), form, desk.PledgeRequest{Community: "c1", Slots: []string{"tue-16"}}, refusals{})},
		"pledge-bad":      {"pledge", newPledgePage(family("", "/tornate"), rotaForm, rotaTyped, rotaErrors)},
		"pledge-open":     {"pledge_show", newPledgeShowPage(noticed(family("Il tuo impegno", "/casa")), samplePledge(pooling.RoundOpen))},
		"pledge-served":   {"pledge_show", newPledgeShowPage(family("Il tuo impegno", "/casa"), outcome)},
		"pledge-unserved": {"pledge_show", newPledgeShowPage(family("Il tuo impegno", "/casa"), unserved)},
		"pledge-gone":     {"pledge_show", newPledgeShowPage(family("Il tuo impegno", "/casa"), withdrawn)},
		"withdraw":        {"withdraw", newPledgeShowPage(family("Ritira l’impegno", "/casa"), samplePledge(pooling.RoundOpen))},
		"withdraw-late":   {"withdraw", newPledgeShowPage(family("Ritira l’impegno", "/casa"), outcome)},
		"charges":         {"charges", newChargesPage(family("Le tue quote", "/quote"), home.Charges)},
		"charges-none":    {"charges", newChargesPage(family("Le tue quote", "/quote"), nil)},
		"charge":          {"charge", newChargePage(family("Quota 2026-000123", "/quote/q1"), sampleCharge(billing.ChargeOpen))},
		"charge-paid":     {"charge", newChargePage(noticed(family("Quota 2026-000123", "/quote/q1")), sampleCharge(billing.ChargePaid))},
		"card-return":     {"card_return", returnPage{waiting, sampleCharge(billing.ChargeOpen), "/quote/q1/ritorno"}},
		"community":       {"community", newCommunityPage(family("Condominio di via Capuana 12", "/casa"), desk.CommunityView{Community: sampleCommunity(), Rounds: open2(), PledgedNow: 4}, "2026-11-23", nil, refusals{})},
		"community-admin": {"community", newCommunityPage(family("Condominio di via Capuana 12", "/casa"), manager, "2026-11-23", &badTransfer, transferErrors)},
		"import":          {"import", s.newImportPage(family("Importa le unità", "/casa"), sampleCommunity(), nil, nil, refusals{})},
		"import-preview":  {"import", s.newImportPage(family("Importa le unità", "/casa"), sampleCommunity(), &preview, []byte("x"), refusals{})},
		"import-errors":   {"import", s.newImportPage(family("Importa le unità", "/casa"), sampleCommunity(), &faulty, []byte("x"), refusals{})},
		"officer":         {"officer", newOfficerPage(office("Comune", "/comune"), sampleOfficer(), "2026-11-23", nil, refusals{})},
		"officer-empty":   {"officer", newOfficerPage(office("Comune", "/comune"), desk.OfficerView{}, "2026-11-23", nil, refusals{})},
		"measures":        {"measures", measuresPage{office("Misure", "/comune"), []desk.MeasureView{measure, {ID: measure.ID + "-bis", Name: measure.Name, Versions: measure.Versions[1:]}}}},
		"measures-none":   {"measures", measuresPage{frame: office("Misure", "/comune")}},
		"measure":         {"measure", newMeasurePage(office(measure.Name, "/comune"), measure, "", "", refusals{})},
		"measure-bad":     {"measure", newMeasurePage(office(measure.Name, "/comune"), measure, "26", "x", s.refusalsOf(desk.ErrPrice.With("min", money.Amount(1), "max", money.Max).At("cap"), "year", "cap"))},
		"measure-form":    {"measure_form", newMeasureFormPage(office("Scrivi una misura", "/comune"), measure.Versions[0].YAML, "Soglia alzata.", refusals{})},
		"measure-refused": {"measure_form", newMeasureFormPage(office("Scrivi una misura", "/comune"), "id: x\n", "", s.refusalsOf(subsidies.ErrField.With("line", 1, "field", "name").At("yaml"), "yaml", "note"))},
		"series":          {"series", newSeriesPage(office("Nuovo calendario di tornate", "/comune"), needs, series, dates, refusals{})},
		"series-bad":      {"series", newSeriesPage(office("Nuovo calendario di tornate", "/comune"), needs, series, nil, s.refusalsOf(pooling.ErrCron.With("expression", "* *").At("opens_on"), "opens_on"))},
		"series-hasty":    {"series", newSeriesPage(office("Nuovo calendario di tornate", "/comune"), needs, hasty, nil, s.refusalsOf(pooling.ErrTimeLimit.With("min", 1, "max", 180).At("time_limit"), "effort", "time_limit"))},
		"provider":        {"provider", providerPage{provider("Cooperativa Il Girotondo", "/ente"), sampleProvider()}},
		"offer":           {"offer", newOfferPage(provider("Pubblica un’offerta di gruppo", "/ente"), sampleProvider(), desk.OfferRequest{Tiers: []desk.TierRequest{{FromMembers: "1", Fixed: "1500"}}}, offerErrors)},
		"mailbox":         {"mailbox", mailboxPage{titled(nobody, "Posta di prova"), []mailText{{mail, linked(mail.Text, "http://localhost:8080")}}}},
		"clock":           {"clock", clockPage{titled(nobody, "Orologio di prova"), "L’orologio va solo avanti: scegli un momento futuro.", "2026-11-23T16:30", sampleNow.Add(77 * time.Hour)}},
		"accessibility":   {"accessibility", textPage{titled(nobody, "Accessibilità")}},
		"privacy":         {"privacy", textPage{titled(nobody, "Privacy")}},
		"error":           {"error", errorPage{frame: titled(nobody, "Qualcosa non ha funzionato"), Status: 500, Lines: []string{errorLines[500]}, Request: "a1b2c3"}},
	}
	maps.Copy(pages, iseeSamples(s, family, office))
	maps.Copy(pages, voucherPages(s, family, office))
	maps.Copy(pages, tryPages(s, office))
	maps.Copy(pages, fundPages(s, family, office))
	maps.Copy(pages, bankPages(s, family, office))
	maps.Copy(pages, ledgerPages(s, office))
	return pages
}

type samplePage struct {
	template string
	page     framed
}

func open2() []desk.RoundSummary {
	second := sampleRound(pooling.RoundOpen)
	second.ID, second.Name, second.Community, second.Mine = "r2", "Servizi di casa, dicembre", "", 1
	return []desk.RoundSummary{sampleRound(pooling.RoundOpen), second}
}

func sampleServed() *desk.OutcomeView {
	return &desk.OutcomeView{Outcome: pooling.Outcome{Code: pooling.OutcomeServed}, Offer: "Laboratorio di psicomotricità, 10 incontri", Provider: "Cooperativa Il Girotondo", Slot: "martedì 16–17", Host: "Nido San Gottardo", Members: 22, Cost: 172000}
}

func sampleUnserved() *desk.OutcomeView {
	return &desk.OutcomeView{Outcome: pooling.Outcome{Code: pooling.OutcomeTooFewNeighbours, Missing: 2, Candidates: 18, FundExhausted: true}, Offer: "Laboratorio di psicomotricità, 10 incontri", Slot: "martedì 16–17"}
}

func sampleReasons() []desk.ReasonCount {
	return []desk.ReasonCount{{Code: pooling.OutcomeTooFewNeighbours, Count: 1}}
}
