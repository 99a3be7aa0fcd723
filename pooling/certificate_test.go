package pooling

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"colletta/money"
)

// anyCertificate draws multipliers of every kind: none, small, around the
// denominator, and worth a whole group.
func anyCertificate(draw func(n int) int, s *Snapshot) *Certificate {
	c := &Certificate{Denominator: int64([]int{1, 7, 100, 10_000}[draw(4)]), Multipliers: make([]int64, len(s.Demands))}
	for i := range c.Multipliers {
		switch draw(5) {
		case 0, 1, 2:
			c.Multipliers[i] = int64(draw(int(c.Denominator) + 1))
		case 3:
			c.Multipliers[i] = int64(draw(3 * int(c.Denominator)))
		}
	}
	return c
}

// Whatever the multipliers, no formation serves more than the bound. Method:
// tiny rounds whose best formation is found by trying them all.
func TestTheBoundIsNeverBelowTheTruth(t *testing.T) {
	t.Parallel()
	tight := 0
	for seed := range uint64(2500) {
		draw := seeded(seed)
		s := city(draw, 1+draw(7), 1+draw(2))
		served, _ := bestByForce(s)
		for k := range 6 {
			c := anyCertificate(draw, s)
			if k == 0 {
				clear(c.Multipliers)
			}
			value, err := certified(s, c)
			if err != nil {
				t.Fatal(err)
			}
			if value < int64(served)*c.Denominator {
				t.Fatalf("seed %d: bound %d/%d, but %d can be served", seed, value, c.Denominator, served)
			}
			if served > 0 && value/c.Denominator == int64(served) {
				tight++
			}
		}
	}
	if tight < 500 {
		t.Fatalf("only %d bounds are tight", tight)
	}
}

// barred is a case: some demands and offers are not used at some places.
type barred struct {
	demand, offer int32
	slot          int // of all places, or -2 for every slot and the rotas
}

func (b barred) admits(demand, _ int32, slot int) bool {
	return demand != b.demand || b.slot != -2 && slot != b.slot
}

func (b barred) opens(_ int32, slot int, offer, _ int32) bool {
	return offer != b.offer || b.slot != -2 && slot != b.slot
}

// A bound under a restriction holds for the formations that obey it, and is
// never above the one without. Method: the round without the demand and the
// offer, in that slot or in all, solved by trying all formations.
func TestARestrictedBoundIsNeverBelowTheTruthOfItsCase(t *testing.T) {
	t.Parallel()
	lower := 0
	for seed := range uint64(1500) {
		draw := seeded(seed)
		s := city(draw, 2+draw(6), 1+draw(2))
		c := anyCertificate(draw, s)
		b := barred{int32(draw(len(s.Demands))), int32(draw(len(s.Offers))), draw(len(s.Slots)+2) - 2}
		if b.slot == rotaPlace {
			continue
		}
		r := newRegister(s)
		free, err := certifiedBy(r, c, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		value, err := certifiedBy(r, c, b, 1)
		if err != nil {
			t.Fatal(err)
		}
		if value > free {
			t.Fatalf("seed %d: %d restricted, %d free", seed, value, free)
		}
		if value < free {
			lower++
		}
		served, _ := bestByForce(without(s, b))
		if value < int64(served)*c.Denominator {
			t.Fatalf("seed %d: bound %d/%d of the case, but %d can be served", seed, value, c.Denominator, served)
		}
	}
	if lower < 60 {
		t.Fatalf("only %d restrictions lower the bound", lower)
	}
}

// without is the round of a case. A rota would also lose the slot: such a case
// allows less than the restriction, so that its truth is no larger.
func without(s *Snapshot, b barred) *Snapshot {
	gone := func(ids []string) []string {
		if b.slot == -2 {
			return []string{}
		}
		return slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == s.Slots[b.slot].ID })
	}
	less := *s
	less.Demands, less.Offers = slices.Clone(s.Demands), slices.Clone(s.Offers)
	less.Demands[b.demand].Slots = gone(less.Demands[b.demand].Slots)
	less.Offers[b.offer].Slots = gone(less.Offers[b.offer].Slots)
	return &less
}

func TestTheBoundDoesNotDependOnTheWorkers(t *testing.T) {
	t.Parallel()
	s := town(seeded(3), 900)
	c := anyCertificate(seeded(4), s)
	r := newRegister(s)
	want, err := certifiedBy(r, c, nil, 1)
	if err != nil {
		t.Fatal(err)
	}
	for workers := range 9 {
		if got, err := certifiedBy(r, c, nil, workers); err != nil || got != want {
			t.Fatalf("%d workers: %d, %v; one: %d", workers, got, err, want)
		}
	}
}

// The need of a demand is the least weight at which its quote, computed by
// division as in F8, is no more than its limit.
func TestANeedIsTheLeastWeightAtWhichTheQuoteIsAccepted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		amount := func(name string, most int64) money.Amount {
			return money.Amount(rapid.Int64Range(0, most).Draw(t, name))
		}
		tier := Tier{1, amount("fixed", 1_000_000_000), amount("per member", 500), amount("per unit", 50)}
		x := rankedDemand{units: rapid.Int64Range(1, 20).Draw(t, "units"), weight: rapid.Int64Range(1, WeightMax).Draw(t, "weight"), limit: amount("limit", 60_000).Cents()}
		o := dualOffer{Offer: &Offer{Split: []SplitRule{SplitEqual, SplitUnits, SplitWeight}[rapid.IntRange(0, 2).Draw(t, "split")]}}
		quote := func(W int64) int64 {
			part := tier.Fixed.Cents() * o.weightOf(&x)
			q := tier.PerMember.Cents() + tier.PerUnit.Cents()*x.units + part/W
			if part%W > 0 {
				q++
			}
			return q
		}
		need := o.need(&tier, &x)
		if need < neverAccepts && quote(max(1, need)) > x.limit {
			t.Fatalf("refuses %d at the weight it needs, %d", quote(max(1, need)), need)
		}
		if need > 1 && quote(min(need-1, 1_000_000_000_000)) <= x.limit {
			t.Fatalf("accepts %d at less weight than it needs, %d", quote(need-1), need)
		}
	})
}

// multitude is a round whose groups are so large that units are not counted exactly.
func multitude(draw func(int) int) *Snapshot {
	s := city(draw, 220, 1)
	s.Communities, s.Offers = s.Communities[:1], s.Offers[:1]
	for i := range s.Demands {
		s.Demands[i].Community, s.Demands[i].Category = s.Communities[0].ID, s.Offers[0].Category
		s.Demands[i].MaxPrice, s.Demands[i].Units = money.Amount(10_00+draw(50_00)), int64(2+draw(2)) // the last tier is out of reach
	}
	for p := range s.Programmes {
		s.Programmes[p].Communities = nil
	}
	for p := range s.Providers {
		for _, slot := range s.Slots {
			s.Providers[p].Staff[slot.ID] = 1 + draw(2)
		}
	}
	o := &s.Offers[0]
	o.Area = Area{Communities: []string{s.Communities[0].ID}}
	o.Split, o.MinMembers, o.MaxMembers, o.MinUnits, o.MaxUnits = SplitUnits, 2, 45, 0, int64(45+draw(20))
	o.Tiers = []Tier{{1, money.Amount(700_00 + draw(1000_00)), 1_00, 50}, {44, 300_00, 1_00, 50}}
	return s
}

// The same bound by another program, in another language, written from
// docs/certificate.md alone.
func TestTheBoundIsThatOfTheOtherVerifier(t *testing.T) {
	t.Parallel()
	type document struct {
		Instance    json.RawMessage       `json:"instance"`
		Certificate *referenceCertificate `json:"certificate"`
	}
	var documents [][]byte
	var want []string
	for seed := range uint64(1200) {
		draw := seeded(seed)
		s := city(draw, 1+draw(12), 1+draw(2))
		if seed%10 == 0 {
			s = city(draw, 20+draw(30), 1)
		}
		if seed%5 == 3 {
			s = crowdedRound(draw)
		}
		if seed%40 == 1 {
			s = town(draw, 40+draw(80))
		}
		if seed%400 == 2 {
			s = multitude(draw)
		}
		c := anyCertificate(draw, s)
		if seed%3 == 0 {
			c = anyCases(draw, s, 1+draw(4))
		}
		value, err := certified(s, c)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, line(t, document{snapshotLine(t, s), certificateReference(c)}))
		want = append(want, fmt.Sprint(value))
	}
	for k, got := range byPython(t, []string{"bound.py", "--lines"}, documents) {
		if got != want[k] {
			t.Errorf("seed %d: bound %s, by bound.py %s", k, want[k], got)
		}
	}
}

func BenchmarkCertified10000(b *testing.B) {
	s := town(seeded(7), 10_000)
	c := anyCertificate(seeded(8), s)
	for b.Loop() {
		if _, err := certified(s, c); err != nil {
			b.Fatal(err)
		}
	}
}
