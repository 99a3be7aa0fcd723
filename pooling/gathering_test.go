package pooling

import (
	"testing"

	"pgregory.net/rapid"

	"colletta/money"
)

// anyDeal draws an offer of every kind, with those who could be in its groups.
func anyDeal(t *rapid.T, others int) (*deal, []*ask) {
	s := city(seeded(rapid.Uint64().Draw(t, "seed")), others, 2)
	o := &s.Offers[0]
	if rapid.Bool().Draw(t, "tight") {
		o.MaxMembers = o.MinMembers + rapid.IntRange(0, 2).Draw(t, "seats")
	}
	b := newBoardWithoutCells(s)
	d := &b.deals[0]
	asks := make([]*ask, len(b.asks))
	for i := range b.asks {
		asks[i] = &b.asks[i]
	}
	return d, asks
}

// largestByForce tries every subset of the others around me (nil: nobody).
func largestByForce(d *deal, me *ask, others []*ask, open uint64) gathering {
	best := gathering{}
	for set := range 1 << len(others) {
		var members []*ask
		if me != nil {
			members = append(members, me)
		}
		for k, a := range others {
			if set>>k&1 == 1 {
				members = append(members, a)
			}
		}
		var W, U int64
		for _, a := range members {
			W, U = W+d.weightOf(a), U+a.units
		}
		n := len(members)
		if n < d.min || n > d.max || U < d.minUnits || U > d.maxUnits {
			continue
		}
		stands := true
		for _, a := range members {
			quote, _ := d.bill(d.tier(n), a, W)
			stands = stands && quote <= a.limit
		}
		if stands && (!d.rota || turnsByForce(members, open&d.slots)) {
			best = gathering{members: n, weight: W}.better(best)
		}
	}
	return best
}

// turnsByForce gives members their slots in every way.
func turnsByForce(members []*ask, open uint64) bool {
	if len(members) == 0 {
		return true
	}
	var give func(from int, left int64, open uint64) bool
	give = func(from int, left int64, open uint64) bool {
		if left == 0 {
			return turnsByForce(members[1:], open)
		}
		for t := from; t < SlotsMax; t++ {
			if members[0].slots&open>>t&1 == 1 && give(t+1, left-1, open&^(1<<t)) {
				return true
			}
		}
		return false
	}
	return give(0, members[0].units, open)
}

// Goal: the largest group around somebody, or around nobody, is found exactly,
// and with the largest weight but for rotas. Method: all subsets, for every
// split, bounds on units, tiers, vouchers and rotas.
func TestGatheringIsTheLargestGroup(t *testing.T) {
	t.Parallel()
	stood := map[bool]int{}
	rapid.Check(t, func(t *rapid.T) {
		d, asks := anyDeal(t, rapid.IntRange(1, 9).Draw(t, "demands"))
		me, others := asks[0], asks[1:]
		if rapid.Bool().Draw(t, "nobody") {
			me, others = nil, asks
		}
		open := rapid.Uint64().Draw(t, "open")
		want := largestByForce(d, me, others, open)
		got := d.gather(me, others, open)
		if !got.certain || got.members != want.members || (!d.rota && got.weight != want.weight) {
			t.Fatalf("%+v: got %+v, by force %+v", d, got, want)
		}
		if me != nil && d.plain() {
			c := circle{d: d, me: me, counted: me, tally: d.tally(asks), open: open}
			if by := c.gather(0); by.members != want.members {
				t.Fatalf("by tally %+v, by force %+v", by, want)
			}
			if all := c.crowd(); all.members != (&circle{d: d, me: me, others: others}).everyWilling() {
				t.Fatalf("a crowd of %d by tally", all.members)
			}
		}
		stood[got.members > 0]++
	})
	if stood[true] < 10 || stood[false] < 10 {
		t.Fatalf("groups stand in %v rounds: too few to prove anything", stood)
	}
}

// everyWilling is the crowd counted one by one.
func (c *circle) everyWilling() int {
	_, all := c.d.willing(c.me, append([]*ask(nil), c.others...))
	return min(all.members, c.d.max)
}

// The step of an outlook with k more, and what it says is missing, are those
// of all subsets with k clones; the quote is that of the group.
func TestOutlookIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := city(seeded(rapid.Uint64().Draw(t, "seed")), rapid.IntRange(1, 7).Draw(t, "demands"), 2)
		w := newWitness(s, &Formation{})
		d := &s.Demands[0]
		for k := range s.Offers {
			at, err := OutlookFor(s, s.Offers[k].ID, d.ID, []int{0, 1, 3})
			if err != nil {
				continue
			}
			here := spot{&s.Offers[k], at.Slot, at.Host, w.staffed(&s.Offers[k], false)}
			for _, step := range at.Steps {
				if stands := w.group(here, d, step.More, w.vouchers, anybody); stands != (step.Members > 0) {
					t.Fatalf("%d more: %+v, by force %v", step.More, step, stands)
				}
				if step.Members > 0 && step.Net > d.MaxPrice {
					t.Fatalf("a group at %s, maximum %s", step.Net, d.MaxPrice)
				}
			}
			if at.Members == 0 && at.Missing > 0 && (!w.group(here, d, at.Missing, w.vouchers, anybody) || w.group(here, d, at.Missing-1, w.vouchers, anybody)) {
				t.Fatalf("%d are not the least missing: %+v", at.Missing, at)
			}
			if at.Members == 0 && at.Missing == 0 && w.group(here, d, here.o.MaxMembers, w.vouchers, anybody) {
				t.Fatalf("more like it would help: %+v", at)
			}
		}
	})
}

// The reckoning leads from the cost to the share, line by line, and says for
// each odd cent why it fell as it did.
func TestReckoningAddsUpToTheShare(t *testing.T) {
	t.Parallel()
	whys := map[OddCentWhy]int{}
	rapid.Check(t, func(t *rapid.T) {
		s := seededRound(t, 40)
		f := mustForm(t, s, Options{Work: brief()})
		odd := OddCents(s, f)
		told := map[string]int{}
		for _, o := range Explain(s, f) {
			r := o.Reckoning
			if (o.Code == OutcomeServed) != (r != nil) {
				t.Fatalf("%s: %s, reckoning %v", o.Demand, o.Code, r)
			}
			if r == nil {
				continue
			}
			cent := money.Amount(0)
			if r.OddCent {
				cent = 1
				told[o.Pool]++
			}
			down, _ := fixedPart(r.Fixed, r.Weight, r.TotalWeight)
			if r.FixedDown != down || r.Own != r.PerMember+r.PerUnit*money.Amount(r.Units) || o.Share != r.Own+r.FixedDown+cent {
				t.Fatalf("%s: share %s of %+v", o.Demand, o.Share, r)
			}
			if r.OddCent != odd[o.Demand] || (r.OddCents == 0) != (r.OddWhy == "") {
				t.Fatalf("%s: odd cent %v, %+v", o.Demand, odd[o.Demand], r)
			}
			grant := Grant{Percent: r.Percent, Amount: r.Amount, Cap: r.Cap}
			if (o.Programme != "") && o.Subsidy != min(grant.subsidy(o.Quote), r.Own+r.FixedDown) || o.Net != o.Share-o.Subsidy {
				t.Fatalf("%s: subsidy %s of %+v", o.Demand, o.Subsidy, r)
			}
			whys[r.OddWhy]++
		}
		for _, o := range Explain(s, f) {
			if r := o.Reckoning; r != nil && told[o.Pool] != r.OddCents {
				t.Fatalf("%s: %d of %d odd cents are paid", o.Pool, told[o.Pool], r.OddCents)
			}
		}
	})
	for _, why := range []OddCentWhy{OddByRemainder, OddByRotation, OddByLot} {
		if whys[why] == 0 {
			t.Errorf("no odd cent falls by %s: %v", why, whys)
		}
	}
}

// A bounded search says when it could not decide: with more candidates for a
// rota than it may try, what it finds stands, and nothing is called certain
// that is not.
func TestLargeRotaIsHonestAboutItsLimits(t *testing.T) {
	t.Parallel()
	d := &deal{rota: true, split: SplitWeight, slots: 1<<40 - 1, min: 2, max: 30, maxUnits: unlimited, tiers: []dealTier{{1, MembersMax, 300_00, 0, 0}}}
	r := dice(5)
	var others []*ask
	for range 60 {
		others = append(others, &ask{units: 1 + int64(r.below(3)), weight: 1 + int64(r.below(50)), limit: int64(10_00 + r.below(60_00)), slots: r.next() & d.slots})
	}
	g := d.gather(others[0], others[1:], d.slots)
	if g.certain || g.members == 0 {
		t.Errorf("got %+v of 60 candidates", g)
	}
	few := d.gather(others[0], others[1:9], d.slots)
	if want := largestByForce(d, others[0], others[1:9], d.slots); few.members != want.members || !few.certain {
		t.Errorf("got %+v of 9 candidates, by force %+v", few, want)
	}
}
