//go:build unix

package main

import (
	"context"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"colletta/billing"
	"colletta/communities"
	"colletta/desk"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/postgres/pgtest"
)

func TestMain(m *testing.M) { pgtest.Main(m, postgres.Migrate) }

// demoDesk is a desk on an empty database, with the clock of the demo.
func demoDesk(t *testing.T) (*desk.Desk, *demoClock) {
	t.Helper()
	db, err := postgres.Open(pgtest.New(t), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Unlock(context.Background(), postgres.NewMaster()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	clock, err := newDemoClock(filepath.Join(t.TempDir(), "clock.json"))
	if err != nil {
		t.Fatal(err)
	}
	d, err := desk.New(desk.Config{DB: db, Clock: clock, PublicURL: "http://localhost:8080", Municipality: 1, Demo: true})
	if err != nil {
		t.Fatal(err)
	}
	return d, clock
}

func silent(int, int, string) {}

// demoLogin logs somebody in the way people do.
func demoLogin(t *testing.T, d *desk.Desk, key string) communities.Actor {
	t.Helper()
	l := demoLoader{desk: d, actors: map[string]communities.Actor{}}
	a, err := l.actor(t.Context(), cast(key).Person.Email)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// roundOf finds the open round of a series.
func roundOf(t *testing.T, d *desk.Desk, a communities.Actor, series string) desk.RoundView {
	t.Helper()
	rounds, err := d.Rounds(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rounds {
		if r.Series == series && r.State == pooling.RoundOpen {
			view, err := d.Round(t.Context(), a, r.ID)
			if err != nil {
				t.Fatal(err)
			}
			return view
		}
	}
	t.Fatalf("%s sees no open round of %s", a.Email, series)
	return desk.RoundView{}
}

// The goal: after loading, the demo is the city of the issue and both stories
// can be lived to their end. The method: load on a real PostgreSQL, look as the
// officer, then pledge as the thirtieth family and as the sixth flat, let the
// clock pass the closes, and look at what they owe.
func TestDemoLoads(t *testing.T) {
	t.Parallel()
	d, clock := demoDesk(t)
	start := time.Now()
	if err := loadDemo(t.Context(), d, clock, silent); err != nil {
		t.Fatal(err)
	}
	t.Logf("loaded in %s", time.Since(start))
	if off := time.Since(clock.Now()); off > time.Minute || off < -time.Minute {
		t.Errorf("after loading the clock is off by %s", off)
	}
	theCityIsThere(t, d)
	if err := loadDemo(t.Context(), d, clock, func(int, int, string) { t.Error("loaded again") }); err != nil {
		t.Fatal(err)
	}
	storyOfTheThirtiethFamily(t, d)
	storyOfTheSixthFlat(t, d)
	storyOfTheNeighbour(t, d)
	afterTheCloses(t, d, clock)
}

func theCityIsThere(t *testing.T, d *desk.Desk) {
	t.Helper()
	officer := demoLogin(t, d, "officer")
	view, err := d.Officer(t.Context(), officer)
	if err != nil {
		t.Fatal(err)
	}
	if view.Communities < 40 || view.Households < 1500 || view.Providers < 8 {
		t.Errorf("%d communities, %d households, %d providers", view.Communities, view.Households, view.Providers)
	}
	states := map[pooling.RoundState]int{}
	for _, r := range view.Rounds {
		states[r.State]++
		if r.State == pooling.RoundCharged && r.Served == 0 {
			t.Errorf("%s served nobody", r.Name)
		}
		t.Logf("%s: %s, %d pledged, %d served", r.Name, r.State, r.Pledged, r.Served)
	}
	plan := generatePlan(generateCity(), readMarket())
	pledged := map[int]int{}
	for _, r := range view.Rounds {
		pledged[r.Pledged]++
	}
	for _, list := range [][]demoPledge{plan.PastCity, plan.OpenCity, plan.PastLab, plan.Lab, plan.Carer} {
		if pledged[len(list)] == 0 {
			t.Errorf("no round has the %d pledges of the plan", len(list))
		}
	}
	if states[pooling.RoundOpen] != 3 || states[pooling.RoundCharged]+states[pooling.RoundSettled] != 2 || len(view.Rounds) != 5 {
		t.Errorf("rounds by state: %v, want 3 open and 2 charged", states)
	}
	if c := view.Charges; c.Count < 100 || c.PaidCount*10 < c.Count*6 || c.PaidCount == c.Count || c.Paid+c.Open != c.Charged {
		t.Errorf("charges %+v: want many, most of them paid", c)
	}
	spent := 0
	for _, f := range view.Funds {
		if f.Awarded() > 0 {
			spent++
		}
		t.Logf("fund %s: allocated %s reserved %s awarded %s", f.Name, f.Allocated, f.Reserved, f.Awarded())
	}
	if spent == 0 {
		t.Error("no fund was used")
	}
	for _, name := range []string{helpFund, bonusFund} {
		i := slices.IndexFunc(view.Funds, func(f desk.FundView) bool { return f.Name == name })
		if i < 0 || view.Funds[i].Awarded() == 0 || view.Funds[i].Waiting == 0 || view.Funds[i].Available != 0 {
			t.Errorf("fund %s: %+v, want one that is used up and has a waiting list", name, view.Funds)
		}
	}
	needed := 0
	for _, p := range view.Map {
		if p.Demands > 0 {
			needed++
		}
	}
	if needed < 40 || len(view.Unmet) < 9 {
		t.Errorf("the map shows needs in %d places, unmet in %d municipi", needed, len(view.Unmet))
	}
}

// offerPicture is the one picture of a round with one offer.
func offerPicture(t *testing.T, v desk.RoundView) desk.OfferPictureView {
	t.Helper()
	if len(v.Offers) != 1 || !v.CanPledge {
		t.Fatalf("%s: %d offers, can pledge %v (%s)", v.Round.Name, len(v.Offers), v.CanPledge, v.Why)
	}
	return v.Offers[0]
}

func storyOfTheThirtiethFamily(t *testing.T, d *desk.Desk) {
	t.Helper()
	family := demoLogin(t, d, "thirtieth")
	view := roundOf(t, d, family, "Laboratorio di psicomotricità alla San Gottardo")
	if view.Round.Pledged != labPledged {
		t.Errorf("%d families pledged, want %d", view.Round.Pledged, labPledged)
	}
	picture := offerPicture(t, view)
	if picture.Quote != 50_00 || picture.Subsidy != 30_00 || picture.Net != 20_00 { // 1500/30; 60% from 6,500 to 12,500
		t.Errorf("as the thirtieth she pays %s less %s = %s", picture.Quote, picture.Subsidy, picture.Net)
	}
	mustPledge(t, d, family, desk.PledgeRequest{
		Round: view.Round.ID, Offer: picture.Offer.ID, Community: communityOf(t, d, family, communities.KindSchool),
		Units: "1", Slots: []string{"tue-16"}, MaxPrice: "25", Method: billing.MethodTransfer,
	})
}

func storyOfTheSixthFlat(t *testing.T, d *desk.Desk) {
	t.Helper()
	family := demoLogin(t, d, "sixth")
	view := roundOf(t, d, family, "Assistente familiare in Via Amoretti 14")
	if view.Round.Pledged != carerFlats-1 {
		t.Errorf("%d flats pledged", view.Round.Pledged)
	}
	mustPledge(t, d, family, desk.PledgeRequest{
		Round: view.Round.ID, Offer: offerPicture(t, view).Offer.ID, Community: communityOf(t, d, family, communities.KindCondominium),
		Units: "2", Slots: []string{"sat-09", "sat-10", "sat-11"}, MaxPrice: "140", Method: billing.MethodTransfer,
	})
}

func storyOfTheNeighbour(t *testing.T, d *desk.Desk) {
	t.Helper()
	family := demoLogin(t, d, "neighbour")
	charges, err := d.Charges(t.Context(), family)
	if err != nil {
		t.Fatal(err)
	}
	if len(charges) != 1 || charges[0].State != billing.ChargeOpen || charges[0].Net <= 0 {
		t.Fatalf("the neighbour owes %+v", charges)
	}
	if charges[0].Voucher != 3_00 || charges[0].Due != charges[0].Net-3_00 {
		t.Errorf("a voucher pays %s of her charge, %s are due of %s", charges[0].Voucher, charges[0].Due, charges[0].Net)
	}
	mine, err := d.MyVouchers(t.Context(), family)
	if err != nil {
		t.Fatal(err)
	}
	// The first that ends pays first: 3.00 of 8.00 are used; one has expired.
	if len(mine.Vouchers) != 3 || mine.Left != 65_00 || len(mine.Uses) != 1 || mine.Uses[0].Amount != 3_00 {
		t.Errorf("her vouchers: %+v", mine)
	}
	view, err := d.VoucherAccounts(t.Context(), demoLogin(t, d, "officer"))
	if err != nil {
		t.Fatal(err)
	}
	if len(view.Statements) != 1 || view.Total != 3_00 {
		t.Errorf("statements %+v, to account %s", view.Statements, view.Total)
	}
}

func communityOf(t *testing.T, d *desk.Desk, a communities.Actor, kind communities.Kind) communities.CommunityID {
	t.Helper()
	home, err := d.Home(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range home.Communities {
		if c.Kind == kind {
			return c.ID
		}
	}
	t.Fatalf("%s belongs to no %s", a.Email, kind)
	return ""
}

func mustPledge(t *testing.T, d *desk.Desk, a communities.Actor, r desk.PledgeRequest) {
	t.Helper()
	if _, err := d.Pledge(t.Context(), a, r, false); err != nil {
		t.Fatal(err)
	}
}

func afterTheCloses(t *testing.T, d *desk.Desk, clock *demoClock) {
	t.Helper()
	clock.Set(clock.Now().AddDate(0, 0, 14))
	officer := demoLogin(t, d, "officer")
	rounds, err := d.Rounds(t.Context(), officer)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rounds {
		if r.State != pooling.RoundOpen {
			continue
		}
		for _, act := range []func(context.Context, communities.Actor, pooling.RoundID) error{d.CloseRound, d.FormRound, d.ChargeRound} {
			if err := act(t.Context(), officer, r.ID); err != nil {
				t.Fatalf("%s: %v", r.Name, err)
			}
		}
		again, err := d.Recompute(t.Context(), officer, r.ID)
		if err != nil || len(again.Differences) > 0 || !again.SnapshotOK {
			t.Errorf("%s: recomputed %+v, %v", r.Name, again, err)
		}
	}
	owes := func(key string) desk.ChargeView {
		t.Helper()
		charges, err := d.Charges(t.Context(), demoLogin(t, d, key))
		if err != nil || len(charges) != 1 {
			t.Fatalf("%s: %d charges, %v", key, len(charges), err)
		}
		return charges[0]
	}
	if c := owes("thirtieth"); c.Share != 50_00 || c.Net != 20_00 || c.Members != labFamilies || c.Cost != 1500_00 {
		t.Errorf("the thirtieth family: %s, net %s, %d members, cost %s", c.Share, c.Net, c.Members, c.Cost)
	}
	// 180.00 × 2/24 + 4.00 + 2 × 47.50
	if c := owes("sixth"); c.Share != 114_00 || c.Members != carerFlats || c.Cost != 1344_00 {
		t.Errorf("the sixth flat: %s, %d members, cost %s", c.Share, c.Members, c.Cost)
	}
}

// A loading that is killed in the middle goes on where it was and makes the
// same city.
func TestAKilledLoadingGoesOn(t *testing.T) {
	t.Parallel()
	d, clock := demoDesk(t)
	steps := 0
	for _, share := range []int{12, 60, 90} { // per cent of the steps
		ctx, kill := context.WithCancel(t.Context())
		err := loadDemo(ctx, d, clock, func(done, total int, _ string) {
			if steps = total; done*100 >= total*share {
				kill()
			}
		})
		kill()
		if err == nil {
			t.Fatalf("the loading was not killed at %d%% of %d steps", share, steps)
		}
	}
	if err := loadDemo(t.Context(), d, clock, silent); err != nil {
		t.Fatal(err)
	}
	theCityIsThere(t, d)
}
