package pooling

import (
	"bytes"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"colletta/money"
)

// anyRound draws a small round from rapid.
func anyRound(t *rapid.T) *Snapshot {
	draw := func(n int) int { return rapid.IntRange(0, n-1).Draw(t, "draw") }
	return city(draw, rapid.IntRange(1, 14).Draw(t, "demands"), rapid.IntRange(1, 2).Draw(t, "version"))
}

// seededRound is a larger round from one drawn seed: quick to draw.
func seededRound(t *rapid.T, demandsMax int) *Snapshot {
	seed := rapid.Uint64().Draw(t, "seed")
	return city(seeded(seed), rapid.IntRange(1, demandsMax).Draw(t, "demands"), rapid.IntRange(1, 2).Draw(t, "version"))
}

func mustForm(t rapid.TB, s *Snapshot, opt Options) *Formation {
	t.Helper()
	f, err := Form(s, opt)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// G1, G3, G5 and every rule of the schema: Check shares no arithmetic with Form.
func TestFormationsAreValid(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seededRound(t, 40)
		f := mustForm(t, s, Options{Seed: rapid.Uint64Range(0, 3).Draw(t, "search"), Work: brief()})
		for _, v := range Check(s, f) {
			t.Error(v)
		}
		for _, p := range f.Pools {
			var sum money.Amount
			for _, m := range p.Members {
				sum += m.Share
			}
			if sum != p.Cost {
				t.Errorf("shares of %s sum to %s, cost %s", p.ID, sum, p.Cost)
			}
		}
	})
}

// G2: when a member joins, no quote and no net quote rises.
func TestQuotesNeverRiseWhenAnotherJoins(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seededRound(t, 20)
		o := s.Offers[0]
		vouchers := Vouchers(s)
		var group []sharer
		for k, d := range s.Demands {
			x := sharer{demand: d.ID, units: d.Units, weight: splitWeight(o.Split, d.Units, d.Weight), odd: k % 3}
			if v, holds := vouchers[d.ID]; holds {
				x.voucher = &v
			}
			group = append(group, x)
		}
		for n := 1; n < len(group); n++ {
			before := bills(s.Round.ID, tierAt(o.Tiers, n), group[:n])
			after := bills(s.Round.ID, tierAt(o.Tiers, n+1), group[:n+1])
			for k := range before {
				if after[k].quote > before[k].quote {
					t.Fatalf("quote of %s rises from %s to %s", group[k].demand, before[k].quote, after[k].quote)
				}
				// A share that is covered whole may move between 0.00 and 0.01.
				if was, is := before[k].quote-before[k].subsidy, after[k].quote-after[k].subsidy; is > was && is > 1 {
					t.Fatalf("net quote of %s rises from %s to %s", group[k].demand, was, is)
				}
			}
		}
	})
}

// G4: the dropping iteration finds the largest group in which everybody
// accepts; the oracle tries every subset.
func TestDroppingFindsTheLargestWillingGroup(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seededRound(t, 9)
		b := newBoardWithoutCells(s)
		d := &b.deals[0]
		d.min, d.max, d.minUnits, d.maxUnits = 1, len(b.asks), 0, unlimited
		var all []int32
		for i := range b.asks {
			all = append(all, int32(i))
		}
		got := largest(b, d, all)
		best := 0
		for set := range 1 << len(all) {
			n, W := 0, int64(0)
			for i := range all {
				if set>>i&1 == 1 {
					n++
					W += d.weightOf(&b.asks[i])
				}
			}
			willing := true
			for i := range all {
				if set>>i&1 == 1 {
					quote, _ := d.bill(d.tier(n), &b.asks[i], W)
					willing = willing && quote <= b.asks[i].limit
				}
			}
			if willing {
				best = max(best, n)
			}
		}
		if len(got) != best {
			t.Fatalf("dropping keeps %d, the largest willing group has %d", len(got), best)
		}
	})
}

// largest is what the lanes keep of demands that all reach one host.
func largest(b *board, d *deal, all []int32) (kept []int32) {
	m := newLaneMaker(b, nil)
	m.words, m.masks, m.kept = 1, []uint64{1}, make([]uint64, len(all))
	for _, i := range all {
		m.cands = append(m.cands, candidate{ask: i})
	}
	m.weigh(d, 1)
	m.enlist(func(*ask) bool { return true })
	m.keepWilling(d, 0)
	for k, i := range all {
		if m.kept[k] != 0 {
			kept = append(kept, i)
		}
	}
	return kept
}

// G5: reserved amounts fit the budget, and no acceptable quote costs more.
func TestVouchersNeverOverspend(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anyRound(t)
		issue := IssueVouchers(s)
		sums := map[string]money.Amount{}
		for i := range s.Demands {
			v, holds := issue.ByDemand[s.Demands[i].ID]
			if !holds {
				continue
			}
			if _, exhausted := issue.Exhausted[s.Demands[i].ID]; exhausted {
				t.Fatalf("%s holds a voucher and is left without", s.Demands[i].ID)
			}
			sums[v.Programme] += v.Reserved
			price := s.Demands[i].MaxPrice
			if v.MaxQuote-v.Grant.subsidy(v.MaxQuote) > price || v.MaxQuote+1-v.Grant.subsidy(v.MaxQuote+1) <= price {
				t.Fatalf("max quote %s of %+v is not the largest", v.MaxQuote, v)
			}
			for _, q := range []money.Amount{0, price / 2, price, v.MaxQuote} {
				if v.Subsidy(q, q) > v.Reserved {
					t.Fatalf("quote %s is paid %s, reserved %s", q, v.Subsidy(q, q), v.Reserved)
				}
			}
		}
		for _, p := range s.Programmes {
			if sums[p.ID] > p.Budget || sums[p.ID] != issue.ReservedByProgramme[p.ID] {
				t.Fatalf("programme %s reserves %s of %s (reported %s)", p.ID, sums[p.ID], p.Budget, issue.ReservedByProgramme[p.ID])
			}
		}
	})
}

// G6: no demand left out could join an open pool, and with equal splits no
// free staff could run a group of demands left out. The audit knows nothing of
// the search: it adds the demand to the formation and asks Check's price rule.
func TestNobodyLeftOutCouldJoin(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seededRound(t, 30)
		f := mustForm(t, s, Options{Work: brief()})
		served := map[string]bool{}
		for _, p := range f.Pools {
			for _, m := range p.Members {
				served[m.Demand] = true
			}
		}
		for _, d := range s.Demands {
			if served[d.ID] {
				continue
			}
			for k, p := range f.Pools {
				if p.Slot == "" {
					continue // a rota needs seats: the oracle covers it
				}
				larger := *f
				larger.Totals = nil
				larger.Pools = slices.Clone(f.Pools)
				larger.Pools[k] = repriced(s, p, append(slices.Clone(p.Members), Member{Demand: d.ID}))
				if len(Check(s, &larger)) == 0 {
					t.Fatalf("%s could join %s", d.ID, p.ID)
				}
			}
		}
	})
}

// repriced bills a pool with other members.
func repriced(s *Snapshot, p Pool, members []Member) Pool {
	o := s.Offers[slices.IndexFunc(s.Offers, func(o Offer) bool { return o.ID == p.Offer })]
	vouchers := Vouchers(s)
	group := make([]sharer, len(members))
	var units int64
	for k, m := range members {
		d := s.Demands[slices.IndexFunc(s.Demands, func(d Demand) bool { return d.ID == m.Demand })]
		h := s.Households[slices.IndexFunc(s.Households, func(h Household) bool { return h.ID == d.Household })]
		units += d.Units
		group[k] = sharer{demand: d.ID, units: d.Units, weight: splitWeight(o.Split, d.Units, d.Weight), odd: h.OddCents}
		if v, holds := vouchers[d.ID]; holds {
			group[k].voucher = &v
		}
	}
	tier := tierAt(o.Tiers, len(members))
	p.Cost, p.Members = costOf(tier, len(members), units), nil
	for k, b := range bills(s.Round.ID, tier, group) {
		m := Member{Demand: members[k].Demand, Slots: members[k].Slots, Share: b.share, Subsidy: b.subsidy, Net: b.share - b.subsidy}
		if group[k].voucher != nil {
			m.Programme = group[k].voucher.Programme
		}
		p.Members = append(p.Members, m)
	}
	return p
}

// G9: same snapshot and seed, same bytes.
func TestFormIsDeterministic(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seededRound(t, 30)
		opt := Options{Seed: rapid.Uint64().Draw(t, "search"), Work: brief()}
		a, errA := mustForm(t, s, opt).JSON()
		b, errB := mustForm(t, s, opt).JSON()
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Fatalf("two runs differ: %v %v\n%s\n%s", errA, errB, a, b)
		}
	})
}

func TestSnapshotSurvivesTheFile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := anyRound(t)
		first, err := s.JSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadSnapshot(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		if second, err := again.JSON(); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("bytes differ: %v\n%s\n%s", err, first, second)
		}
	})
}

// Every demand gets one outcome; those served agree with their pool, and the
// reasons of the others hold in the snapshot.
func TestExplainAgreesWithTheFormation(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seededRound(t, 30)
		f := mustForm(t, s, Options{Work: brief()})
		served := map[string]Member{}
		for _, p := range f.Pools {
			for _, m := range p.Members {
				served[m.Demand] = m
			}
		}
		outcomes := Explain(s, f)
		if len(outcomes) != len(s.Demands) {
			t.Fatalf("%d outcomes of %d demands", len(outcomes), len(s.Demands))
		}
		for i, o := range outcomes {
			m, in := served[o.Demand]
			switch {
			case o.Demand != s.Demands[i].ID:
				t.Fatalf("outcome %d is of %s", i, o.Demand)
			case in != (o.Code == OutcomeServed):
				t.Fatalf("%s: %s, served %v", o.Demand, o.Code, in)
			case in && (o.Share != m.Share || o.Subsidy != m.Subsidy || o.Net != m.Net || o.Quote-o.Share > 1 || o.Share > o.Quote):
				t.Fatalf("%s: %+v, member %+v", o.Demand, o, m)
			case o.Code == OutcomePriceTooHigh && o.NetQuote <= o.MaxPrice:
				t.Fatalf("%s: %s is not above %s", o.Demand, o.NetQuote, o.MaxPrice)
			case o.Code == OutcomeTooFewNeighbours && o.Missing <= 0 && o.MissingUnits <= 0:
				t.Fatalf("%s: nothing is missing: %+v", o.Demand, o)
			}
		}
	})
}

// G7: no member could move to another open pool where it would pay less, if the
// pool it leaves stands without it and all members together pay no more.
func TestNobodyPaysLessElsewhereAtNobodysCost(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := seededRound(t, 40)
		r := newRun(s, Options{Work: brief()})
		r.construct()
		r.improve()
		r.finish()
		st := r.st
		for i := range st.at {
			if st.at[i] < 0 {
				continue
			}
			before, served := st.net, st.served
			if st.moveToCheaper(int32(i)) {
				t.Fatalf("demand %d moves: net %d to %d, served %d to %d", i, before, st.net, served, st.served)
			}
		}
	})
}

// A board that is cut into zones gives the same bytes whoever searches them, and
// a valid formation.
func TestZonesDoNotDependOnTheWorkers(t *testing.T) {
	if testing.Short() {
		t.Skip("forms a large round three times")
	}
	t.Parallel()
	s := Generate(GenerateOptions{Demands: zonesFrom + 10_000, Seed: 3})
	var first []byte
	for _, workers := range []int{1, 2, 5} {
		f := mustForm(t, s, Options{Workers: workers, Work: &Work{Cooling: 4, Waves: 1}})
		if workers == 1 {
			for _, v := range Check(s, f) {
				t.Error(v)
			}
		}
		b, err := f.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = b
		}
		if !bytes.Equal(b, first) {
			t.Fatalf("%d workers give other bytes", workers)
		}
	}
}
