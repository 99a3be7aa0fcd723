package desk

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
)

// A scarce round: a fund of 300.00 whose vouchers reserve 40.00 each, in which
// seven families of ISEE 6,000 hold one. Their group of 150.00 costs them less
// than reserved, so that the fund has money for others.
const (
	scarceFamilies = 14
	scarceVouchers = 7
)

// scarceRound opens the round and lets its families pledge 10.00 each: nobody
// pays more than that without the measure, which pays 80 % up to 40.00.
func (w *town) scarceRound() pooling.RoundID {
	w.t.Helper()
	r := w.labOffer()
	r.Title, r.MinMembers, r.Tiers[0].Fixed = "Laboratorio piccolo", "3", "150,00"
	var err error
	w.offer, err = w.desk.PublishOffer(w.ctx, w.actor("coop@prova.example"), r)
	w.must(err)
	_, err = w.desk.CreateSeries(w.ctx, w.officer, NewSeries{
		Name: "Laboratorio piccolo", OpensOn: "0 8 3 11 *", ClosesOn: "0 20 20 11 *", Period: "course", Offers: []catalogue.OfferID{w.offer}, Community: w.school,
	})
	w.must(err)
	w.clock.set(time.Date(2026, 11, 3, 8, 0, 0, 0, time.UTC))
	w.must(w.desk.Tick(w.ctx))
	round := w.roundOf("Laboratorio piccolo")
	for i, family := range w.families[:scarceFamilies] {
		w.must(w.desk.RecordISEE(w.ctx, w.officer, []NewISEE{{
			Household: family.Household, Kind: "minorenni", Value: 600000, Protocol: fmt.Sprintf("INPS-ISEE-2026-1%08d-00", i),
			ValidFrom: time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC),
		}}))
		_, err := w.desk.Pledge(w.ctx, family, PledgeRequest{
			Round: round, Offer: w.offer, Community: w.school, Units: "1", Slots: []string{"tue-16", "thu-16"}, MaxPrice: "10", Method: billing.MethodTransfer,
		}, false)
		w.must(err)
	}
	return round
}

// roundOf finds the round of a series.
func (w *town) roundOf(series string) pooling.RoundID {
	w.t.Helper()
	rounds, err := w.desk.Rounds(w.ctx, w.officer)
	w.must(err)
	for _, r := range rounds {
		if r.Series == series {
			return r.ID
		}
	}
	w.t.Fatalf("no round of %q", series)
	return ""
}

// By hand: seven voucher holders share 150.00 (quoted 21.43, of which the measure
// pays 17.14) and leave 300.00 − 119.98 = 180.02, which is four more vouchers of
// 40.00: those share the other 150.00 (37.50, of which the measure pays 30.00).
// Three families find no fund.
func TestASecondPassServesOthersWithTheUnspentFund(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.scarceRound()
	w.finish(round)

	view, err := w.desk.Round(w.ctx, w.officer, round)
	w.must(err)
	passes := view.Results.Passes
	if len(passes) != 2 || passes[0].Served != scarceVouchers || passes[1].Served != 4 || passes[1].Demands != scarceFamilies-scarceVouchers {
		t.Fatalf("passes: %+v", passes)
	}
	if view.Results.Served != 11 || view.Results.Unserved != 3 || len(view.Results.Pools) != 2 || view.Results.Subsidy != 7*17_14+4*30_00 {
		t.Errorf("results: served %d, unserved %d, %d pools, subsidy %s", view.Results.Served, view.Results.Unserved, len(view.Results.Pools), view.Results.Subsidy)
	}
	charges, err := w.db.Charges(w.ctx, postgres.ChargesFilter{Round: round}, 100)
	w.must(err)
	if len(charges) != 11 {
		t.Errorf("%d charges for eleven families served", len(charges))
	}
	funds, err := w.db.MeasuredFunds(w.ctx)
	w.must(err)
	if funds[0].Committed != 7*17_14+4*30_00 || funds[0].Reserved != 0 {
		t.Errorf("fund: spent %s, reserved %s", funds[0].Committed, funds[0].Reserved)
	}
	w.sound()
	w.eachFamilyReadsItsReason(round)
	w.recomputesTo(round, 2)

	first, err := w.desk.ExportRound(w.ctx, w.officer, round, 1)
	w.must(err)
	second, err := w.desk.ExportRound(w.ctx, w.officer, round, 2)
	w.must(err)
	if hashOf(first) != passes[0].SHA256 || hashOf(second) != passes[1].SHA256 || view.SHA256 != passes[0].SHA256 {
		t.Error("an exported snapshot is not the one that was hashed")
	}
	for pass, frozen := range map[int][]byte{1: first, 2: second} {
		s, err := pooling.ReadSnapshot(bytes.NewReader(frozen))
		w.must(err)
		solution, err := w.desk.ExportFormation(w.ctx, w.officer, round, pass)
		w.must(err)
		f, err := pooling.ReadFormation(bytes.NewReader(solution))
		w.must(err)
		if broken := pooling.Check(s, f); len(broken) > 0 {
			t.Errorf("pass %d: %v", pass, broken)
		}
		if p := s.Programmes[0]; pass == 1 && (p.HouseholdCap == nil || *p.HouseholdCap != 40_00) {
			t.Errorf("the cap of the measure, 40.00 a household, is %v in the round", p.HouseholdCap)
		}
	}
}

// eachFamilyReadsItsReason: a member of either pass reads its own group, though
// both passes have a "pool-1"; who is left out reads the reason of the second.
func (w *town) eachFamilyReadsItsReason(round pooling.RoundID) {
	w.t.Helper()
	sizes := map[int]int{}
	for _, family := range w.families[:scarceFamilies] {
		home, err := w.desk.Home(w.ctx, family)
		w.must(err)
		for _, p := range home.Pledges {
			if p.Round != round {
				continue
			}
			o := p.Outcome
			if o == nil {
				w.t.Fatal("a family has no reason")
			}
			if o.Outcome.Code != pooling.OutcomeServed {
				sizes[0]++
				if !o.Outcome.FundExhausted {
					w.t.Errorf("left out by %s, though the fund ended", o.Outcome.Code)
				}
				continue
			}
			sizes[o.Members]++
			if p.Charge == nil || p.Charge.Share*money.Amount(o.Members) < o.Cost-money.Amount(o.Members) {
				w.t.Errorf("a group of %d that costs %s asks %+v", o.Members, o.Cost, p.Charge)
			}
		}
	}
	if sizes[7] != 7 || sizes[4] != 4 || sizes[0] != 3 {
		w.t.Errorf("families by the size of their group (0: none): %v", sizes)
	}
}

func (w *town) recomputesTo(round pooling.RoundID, passes int) {
	w.t.Helper()
	again, err := w.desk.Recompute(w.ctx, w.officer, round)
	w.must(err)
	if !again.SnapshotOK || len(again.Differences) > 0 || len(again.Passes) != passes {
		w.t.Fatalf("recompute: %+v", again)
	}
	for _, p := range again.Passes {
		if !p.Searched {
			w.t.Errorf("pass %d was not searched again", p.Number)
		}
	}
}

// A round says how it was searched, and can be searched so again whatever its
// series says now.
func TestARoundIsRecomputedThoughItsSeriesChanged(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.scarceRound()
	w.finish(round)
	series, err := w.db.AllSeries(w.ctx)
	w.must(err)
	for _, s := range series {
		if s.Effort != pooling.EffortNormal || s.TimeLimitSeconds != pooling.TimeLimitSecondsUsual {
			t.Errorf("a series without a choice has effort %s, %d s", s.Effort, s.TimeLimitSeconds)
		}
		w.must(w.desk.SetSeriesEffort(w.ctx, w.officer, SeriesEffort{Series: s.ID, Effort: "fast", TimeLimitSeconds: "1"}))
	}
	w.recomputesTo(round, 2)
	view, err := w.desk.Round(w.ctx, w.officer, round)
	w.must(err)
	for _, p := range view.Results.Passes {
		if p.Effort != pooling.EffortNormal || p.TimeLimitSeconds != pooling.TimeLimitSecondsUsual || p.Seed != seedOf(p.SHA256) || p.Engine != pooling.Engine {
			t.Errorf("pass %d records %+v", p.Number, p)
		}
	}
	family, err := w.desk.Round(w.ctx, w.families[0], round)
	w.must(err)
	if p := family.Results.Passes[0]; p.Seed != 0 || p.SHA256 != "" || p.Served != scarceVouchers {
		t.Errorf("a family sees %+v", p)
	}

	for _, bad := range []SeriesEffort{{series[0].ID, "furious", "60"}, {series[0].ID, "fast", "0"}, {series[0].ID, "fast", "181"}} {
		if err := w.desk.SetSeriesEffort(w.ctx, w.officer, bad); !errors.Is(err, pooling.ErrEffort) && !errors.Is(err, pooling.ErrTimeLimit) {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if err := w.desk.SetSeriesEffort(w.ctx, w.families[0], SeriesEffort{Series: series[0].ID}); !errors.Is(err, communities.ErrNotAllowed) {
		t.Errorf("a family changed it: %v", err)
	}
	if err := w.desk.SetSeriesEffort(w.ctx, w.officer, SeriesEffort{Series: "none"}); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("a series that is not there: %v", err)
	}
}

// The search is told how much of its time is over, and what it did until then
// is recorded: the same bytes come again without any clock.
func TestARoundFormedUnderATimeLimitIsRecomputed(t *testing.T) {
	t.Parallel()
	for name, over := range map[string]int{"at once": 0, "soon": 2, "late": 1000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTown(t)
			var limits []time.Duration
			w.desk.stopwatch = func(limit time.Duration) func() int {
				limits = append(limits, limit)
				asked := 0
				return func() int {
					asked++
					return min(1000, asked*1000/max(1, over))
				}
			}
			round := w.scarceRound()
			w.finish(round)
			for _, limit := range limits {
				if limit != pooling.TimeLimitSecondsUsual*time.Second {
					t.Errorf("a pass was measured against %s", limit)
				}
			}
			if len(limits) != 2 {
				t.Errorf("%d passes were measured", len(limits))
			}
			view, err := w.desk.Round(w.ctx, w.officer, round)
			w.must(err)
			w.desk.stopwatch = func(time.Duration) func() int { t.Error("a recomputation looked at the time"); return nil }
			w.recomputesTo(round, len(view.Results.Passes))
			w.sound()
		})
	}
}

func TestTheStopwatchCountsThousandths(t *testing.T) {
	t.Parallel()
	clock := &handClock{at: noon}
	d, err := New(Config{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	spent := d.stopwatch(10 * time.Second)
	for after, want := range map[time.Duration]int{0: 0, 5 * time.Millisecond: 0, 10 * time.Millisecond: 1, 5 * time.Second: 500, 10 * time.Second: 1000, time.Hour: 1000, -time.Hour: 0} {
		clock.set(noon.Add(after))
		if got := spent(); got != want {
			t.Errorf("after %s: %d thousandths, want %d", after, got, want)
		}
	}
}

// A forming that dies, in either pass, leaves the round closed and its
// reservations as they were, and is done again.
func TestAFormingThatDiesLeavesNothingAndRunsAgain(t *testing.T) {
	t.Parallel()
	for name, dies := range map[string]func(context.CancelFunc){
		"killed":  func(kill context.CancelFunc) { kill() },
		"crashed": func(context.CancelFunc) { panic("out of memory") },
	} {
		for pass := 1; pass <= 2; pass++ {
			t.Run(fmt.Sprint(name, " in pass ", pass), func(t *testing.T) {
				t.Parallel()
				w := newTown(t)
				round := w.scarceRound()
				w.clock.set(w.closesAt)
				w.must(w.desk.CloseRound(w.ctx, w.officer, round))
				before := w.everything()
				ctx, kill := context.WithCancel(w.ctx)
				defer kill()
				plain, calls := w.desk.stopwatch, 0
				w.desk.stopwatch = func(limit time.Duration) func() int {
					if calls++; calls == pass {
						dies(kill)
					}
					return plain(limit)
				}
				func() {
					defer func() { _ = recover() }()
					if err := w.desk.formRound(ctx, round, ""); err == nil {
						t.Error("the forming did not die")
					}
				}()
				w.unchanged(before)
				w.desk.stopwatch = plain
				w.must(w.desk.formRound(w.ctx, round, ""))
				w.must(w.desk.chargeRound(w.ctx, round, ""))
				w.recomputesTo(round, 2)
				w.sound()
			})
		}
	}
}

// hold is money of a fund for a round.
func (w *town) hold(f postgres.MeasuredFund, round pooling.RoundID, amount money.Amount) postgres.Hold {
	return postgres.Hold{FundID: f.ID, MeasureID: f.MeasureID, RoundID: string(round), AmountCents: amount, ExpiresAt: w.clock.Now().AddDate(0, 1, 0)}
}

// Between the close and the second pass another round reserves of the same
// fund: the second pass does with what is left, or without.
func TestASecondPassNeverTakesWhatAnotherRoundReserved(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.scarceRound()
	other := w.roundOf("Laboratorio di psicomotricità")
	w.clock.set(w.closesAt)
	w.must(w.desk.CloseRound(w.ctx, w.officer, round))
	funds, err := w.db.MeasuredFunds(w.ctx)
	w.must(err)
	plain, calls := w.desk.stopwatch, 0
	w.desk.stopwatch = func(limit time.Duration) func() int {
		if calls++; calls == 2 {
			w.must(w.db.InTx(w.ctx, func(tx *postgres.Tx) error {
				if err := tx.SetRoundHold(w.ctx, w.hold(funds[0], round, 130_00), "", w.clock.Now()); err != nil {
					return err
				}
				return tx.SetRoundHold(w.ctx, w.hold(funds[0], other, 170_00), "", w.clock.Now())
			}))
		}
		return plain(limit)
	}
	w.must(w.desk.FormRound(w.ctx, w.officer, round))
	view, err := w.desk.Round(w.ctx, w.officer, round)
	w.must(err)
	if len(view.Results.Passes) != 1 || view.Results.Served != scarceVouchers {
		t.Errorf("passes %+v", view.Results.Passes)
	}
	funds, err = w.db.MeasuredFunds(w.ctx)
	w.must(err)
	if funds[0].Reserved != 170_00+7*17_14 {
		t.Errorf("reserved %s, want 170.00 of the other round and 119.98", funds[0].Reserved)
	}
	w.sound()
	w.recomputesTo(round, 1)
}

// A fund that another round drew on after the close gives the second pass less.
func TestASecondPassLooksAtWhatTheFundHoldsNow(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.scarceRound()
	other := w.roundOf("Laboratorio di psicomotricità")
	w.clock.set(w.closesAt)
	w.must(w.desk.CloseRound(w.ctx, w.officer, round))
	funds, err := w.db.MeasuredFunds(w.ctx)
	w.must(err)
	w.must(w.db.InTx(w.ctx, func(tx *postgres.Tx) error {
		return tx.SetRoundHold(w.ctx, w.hold(funds[0], other, funds[0].Available()), "", w.clock.Now())
	}))
	w.must(w.desk.FormRound(w.ctx, w.officer, round))
	frozen, err := w.desk.ExportRound(w.ctx, w.officer, round, 2)
	w.must(err)
	second, err := pooling.ReadSnapshot(bytes.NewReader(frozen))
	w.must(err)
	if got := second.Programmes[0].Budget; got != 300_00-20_00-7*17_14 {
		t.Errorf("the second pass may spend %s, want 160.02: the fund less the other round less the first pass", got)
	}
	w.sound()
	w.recomputesTo(round, 2)
}

// What is stored of a second pass is proven, too: its snapshot, its formation
// and what its members were granted.
func TestATamperedSecondPassIsFound(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.scarceRound()
	w.finish(round)
	for _, c := range []struct{ tamper, undo, want string }{
		{"UPDATE round_passes SET formation = formation || ' ' WHERE pass = 2",
			"UPDATE round_passes SET formation = substring(formation FROM 1 FOR length(formation) - 1) WHERE pass = 2", "pass 2: what is stored of it does not open"},
		{"UPDATE round_passes SET snapshot = snapshot || ' ' WHERE pass = 2",
			"UPDATE round_passes SET snapshot = substring(snapshot FROM 1 FOR length(snapshot) - 1) WHERE pass = 2", "pass 2: what is stored of it does not open"},
		{"UPDATE pool_members SET subsidy_cents = subsidy_cents - 1 WHERE subsidy_cents = 3000",
			"UPDATE pool_members SET subsidy_cents = subsidy_cents + 1 WHERE subsidy_cents = 2999", "subsidy 30.00 again, stored 37.50 and 29.99"},
	} {
		w.inVain(c.tamper, c.undo, func() {
			again, err := w.desk.Recompute(w.ctx, w.officer, round)
			w.must(err)
			if len(again.Differences) == 0 || !strings.Contains(again.Differences[0], c.want) {
				t.Errorf("%s: %+v", c.tamper, again)
			}
			found, err := w.db.Unsound(w.ctx, "", w.clock.Now())
			w.must(err)
			if len(found) == 0 {
				t.Errorf("%s: the doctor finds nothing", c.tamper)
			}
		})
	}
	w.inVain("UPDATE round_passes SET engine = engine + 1", "UPDATE round_passes SET engine = engine - 1", func() {
		again, err := w.desk.Recompute(w.ctx, w.officer, round)
		w.must(err)
		if len(again.Differences) > 0 || again.Passes[0].Searched || again.Passes[1].Searched {
			t.Errorf("a round of another engine: %+v", again)
		}
	})
	w.sound()
	w.recomputesTo(round, 2)
}

// inVain changes the database, looks, and changes it back.
func (w *town) inVain(change, undo string, look func()) {
	w.t.Helper()
	conn := w.connect()
	defer conn.Close(w.ctx)
	_, err := conn.Exec(w.ctx, change)
	w.must(err)
	look()
	_, err = conn.Exec(w.ctx, undo)
	w.must(err)
}

func (w *town) connect() *pgx.Conn {
	w.t.Helper()
	conn, err := pgx.Connect(w.ctx, w.dsn)
	w.must(err)
	return conn
}

// everything is a fingerprint of each table of the database.
func (w *town) everything() map[string]string {
	w.t.Helper()
	conn := w.connect()
	defer conn.Close(w.ctx)
	rows, err := conn.Query(w.ctx, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
	w.must(err)
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	w.must(err)
	prints := map[string]string{}
	for _, table := range tables {
		var print string
		w.must(conn.QueryRow(w.ctx, "SELECT coalesce(md5(string_agg(t::text, ' ' ORDER BY t::text)), '') FROM "+pgx.Identifier{table}.Sanitize()+" t").Scan(&print))
		prints[table] = print
	}
	return prints
}

// unchanged compares every table with a fingerprint, the audit log aside.
func (w *town) unchanged(before map[string]string) {
	w.t.Helper()
	after := w.everything()
	before["audit"] = after["audit"] // whoever reads sealed values is on record
	if len(before) < 20 || len(after) != len(before) {
		w.t.Fatalf("%d tables before, %d after: the comparison is broken", len(before), len(after))
	}
	for table, print := range after {
		if before[table] != print {
			w.t.Errorf("table %s changed", table)
		}
	}
}
