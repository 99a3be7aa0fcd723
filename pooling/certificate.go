package pooling

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"sync"
	"sync/atomic"
)

// Limits of a certificate. With them every product of this file and of the
// certificate_*.go beside it fits an int64.
const (
	denominatorMax = 1_000_000                   // of the multipliers
	multiplierMax  = denominatorMax * MembersMax // a family may be worth the largest group
	unitCellsMax   = 1 << 18                     // candidates x members x units of a cell that is solved exactly
	rotaTriedMax   = 14                          // candidates of a rota whose sets are all tried
)

// restriction narrows the formations that a bound is about, so that a proof
// may go by cases: an excluded demand or cell is one that no formation of the
// case uses. nil restricts nothing. It is asked from several goroutines.
type restriction interface {
	// admits says whether a demand may be served at a place; slot is
	// [rotaPlace] for the rotas of the provider.
	admits(demand, provider int32, slot int) bool
	// opens says whether an offer may be hosted by a community at a place.
	opens(provider int32, slot int, offer, host int32) bool
}

// Methods of a bound that a certificate proves.
const (
	methodLagrangian = "lagrangian" // by one list of multipliers
	methodBranching  = "branching"  // by cases
)

// rotaPlace stands for the slot of a rota, which has none.
const rotaPlace = -1

// certified recomputes the bound of a certificate, in units of 1/denominator:
// every formation of the snapshot serves at most certified/denominator demands.
// An error says what is wrong with the form of the certificate. The snapshot
// must be valid.
//
// With a multiplier m_i for each demand and the value v_i = denominator - m_i,
// a formation serves, in these units, the sum over its members of m_i + v_i. No
// demand is served twice and no multiplier is negative, so that this is at most
// the sum of all m_i plus, over the places (a provider in a slot) and the rota
// offers, the most that groups there can hold of v (Lagrangian relaxation of
// "at most one pool for each demand": Held and Karp 1971, doi
// 10.1007/BF01584070; Geoffrion 1974, doi 10.1007/BFb0120690). That most is
// itself bounded from above by [dual.place] and [dual.rotaOffer].
// docs/certificate.md defines it all for whoever writes another verifier;
// testdata/bound.py is one.
func certified(s *Snapshot, c *Certificate) (int64, error) { return newRegister(s).certified(c, 1) }

func (r *register) certified(c *Certificate, workers int) (int64, error) {
	if c.Cases != nil {
		return r.certifiedCases(c, workers)
	}
	if err := c.denominatorFits(); err != nil {
		return 0, err
	}
	if err := r.multipliersFit(c.Multipliers); err != nil {
		return 0, err
	}
	return certifiedBy(r, c, nil, workers)
}

func (c *Certificate) denominatorFits() error {
	if c.Denominator < 1 || c.Denominator > denominatorMax {
		return fmt.Errorf("denominator %d, must be 1 to %d", c.Denominator, denominatorMax)
	}
	return nil
}

// multipliersFit says what is wrong with a list of multipliers of a snapshot.
func (r *register) multipliersFit(multipliers []int64) error {
	if len(multipliers) != len(r.s.Demands) {
		return fmt.Errorf("%d multipliers for %d demands", len(multipliers), len(r.s.Demands))
	}
	for i, m := range multipliers {
		if m < 0 || m > multiplierMax {
			return fmt.Errorf("multipliers[%d] is %d, must be 0 to %d", i, m, multiplierMax)
		}
	}
	return nil
}

// certifiedBy is the bound of a list of multipliers that fits, for the
// formations that obey a restriction. The result does not depend on the workers.
func certifiedBy(r *register, c *Certificate, only restriction, workers int) (int64, error) {
	d := newDual(r, c, only)
	var total exactSum
	for _, m := range c.Multipliers {
		total.add(m)
	}
	var (
		next  atomic.Int64
		mutex sync.Mutex
		wait  sync.WaitGroup
	)
	for range max(1, min(workers, len(r.s.Providers))) {
		wait.Go(func() {
			w := newDualWorker(d)
			for p := next.Add(1) - 1; p < int64(len(r.s.Providers)); p = next.Add(1) - 1 {
				best := w.provider(int32(p))
				mutex.Lock()
				total.add(best)
				mutex.Unlock()
			}
		})
	}
	wait.Wait()
	if total.exceeds(math.MaxInt64) {
		return 0, fmt.Errorf("the bound %s of the multipliers is out of range", total)
	}
	return int64(total.low), nil
}

// dual is a snapshot under multipliers. Demands are ranked by value, largest
// first, then by position, so that the n largest values among some demands
// are those of the n first ranks.
type dual struct {
	*register
	only   restriction
	ranked []rankedDemand
	order  []int32   // ranks by category, community, rank
	homes  pointGrid // where demands of a category live
	hosts  pointGrid // communities
	offers [][]dualOffer
}

// rankedDemand is a demand under its multiplier.
type rankedDemand struct {
	demand        int32 // position in the snapshot
	value         int64 // denominator less multiplier
	units, weight int64
	limit         int64 // largest acceptable quote, in cents
	reachM        int64
	slots         uint64
}

// dualOffer is an offer with what holds for all its cells.
type dualOffer struct {
	*Offer
	*offerTerms
	number   int32
	wanted   uint64 // offered slots with staff
	maxUnits int64  // of a group; [math.MaxInt64] without a bound
	bounded  bool   // units of a group have a bound
	weighsAt int64  // more than the weight of any group
	last     Tier   // of max_members
}

func newDual(r *register, c *Certificate, only restriction) *dual {
	d := &dual{register: r, only: only, ranked: make([]rankedDemand, len(r.records)), offers: make([][]dualOffer, len(r.s.Providers))}
	for i := range r.records {
		x := &r.s.Demands[i]
		d.ranked[i] = rankedDemand{
			demand: int32(i), value: c.Denominator - c.Multipliers[i], units: x.Units, weight: x.Weight,
			limit: r.records[i].limit, reachM: x.MaxDistanceM, slots: r.records[i].slots,
		}
	}
	slices.SortFunc(d.ranked, func(a, b rankedDemand) int {
		return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(a.demand, b.demand))
	})
	for o := range r.s.Offers {
		if offer := d.offer(int32(o)); offer.wanted != 0 {
			d.offers[offer.provider] = append(d.offers[offer.provider], offer)
		}
	}
	d.settle()
	return d
}

func (d *dual) offer(number int32) dualOffer {
	o := dualOffer{Offer: &d.s.Offers[number], offerTerms: &d.terms[number], number: number, maxUnits: math.MaxInt64}
	for t := range d.s.Slots {
		if o.slots>>t&1 == 1 && d.staff(o.provider, t) > 0 {
			o.wanted |= 1 << t
		}
	}
	if o.MaxUnits > 0 {
		o.maxUnits = o.MaxUnits
	}
	if o.turns {
		o.maxUnits = min(o.maxUnits, int64(bits.OnesCount64(o.wanted))) // each unit has a slot of its own
	}
	o.bounded = o.MinUnits > 0 || o.maxUnits < math.MaxInt64
	o.last = o.at(o.MaxMembers)
	o.weighsAt = int64(o.MaxMembers)
	switch o.Split {
	case SplitUnits:
		o.weighsAt = min(o.weighsAt*UnitsMax, o.maxUnits)
	case SplitWeight:
		o.weighsAt *= WeightMax
	}
	return o
}

// at is the tier of a group of n.
func (o *dualOffer) at(n int) Tier {
	tier := o.Tiers[0]
	for _, t := range o.Tiers[1:] {
		if t.FromMembers <= n {
			tier = t
		}
	}
	return tier
}

// weightOf is the split weight of a demand.
func (o *dualOffer) weightOf(x *rankedDemand) int64 {
	switch o.Split {
	case SplitUnits:
		return x.units
	case SplitWeight:
		return x.weight
	}
	return 1
}

// neverAccepts is more than the weight of any group.
const neverAccepts = int64(1) << 60

// need is the least total weight of a group in which the demand accepts its
// quote in a tier: own + ceil(F*w/W) <= limit holds if and only if
// F*w <= W*(limit - own), W being positive.
func (o *dualOffer) need(tier *Tier, x *rankedDemand) int64 {
	room := x.limit - tier.PerMember.Cents() - tier.PerUnit.Cents()*x.units
	part := tier.Fixed.Cents() * o.weightOf(x)
	switch {
	case room < 0 || room == 0 && part > 0:
		return neverAccepts
	case part == 0:
		return 0
	}
	return (part + room - 1) / room
}

// willing says whether a demand would accept a quote in any group at all: in
// the last tier, and with more weight than any group has.
func (o *dualOffer) willing(x *rankedDemand) bool {
	return o.need(&o.last, x) <= o.weighsAt && (!o.turns || int64(bits.OnesCount64(x.slots&o.wanted)) >= x.units)
}
