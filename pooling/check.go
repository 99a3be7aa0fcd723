package pooling

import (
	"cmp"
	"fmt"
	"math/big"
	"math/bits"
	"runtime"
	"slices"
)

// Violation is one broken rule of a formation. Rule is F1..F11 of the round
// schema, or schema, round, totals, bound.
type Violation struct {
	Rule   string
	Pool   string // id; empty when it concerns the whole formation
	Demand string // id; empty when it concerns a pool
	Text   string // for logs and the command line
}

// String writes the violation on one line.
func (v Violation) String() string {
	where := ""
	if v.Pool != "" {
		where += " pool " + v.Pool
	}
	if v.Demand != "" {
		where += " demand " + v.Demand
	}
	return v.Rule + where + ": " + v.Text
}

// Check verifies a formation against its snapshot to the cent and returns
// every violation; none means valid. It recomputes everything from the text of
// the round schema: it shares no arithmetic with [Form], finds the largest
// acceptable quote by bisection, quotes each member by the division of F8, and
// reads a rota from the slots given, so that one mistake is not made twice. A
// bound that carries its certificate is recomputed from the multipliers.
//
// The snapshot must be valid ([Validate]); the formation may be anything.
func Check(s *Snapshot, f *Formation) []Violation {
	c := newChecker(s)
	c.run(f)
	return c.found
}

// checker holds the register of the snapshot, and what was counted so far.
type checker struct {
	*register
	found []Violation
	pools []Pool
	seen  []int32              // by demand: 1 + position of its pool, 0 for none
	use   map[staffPlace]int64 // groups
	spent []exactSum           // by programme, in cents
	sums  paidSums
}

// staffPlace is where staff is scarce: a provider in a slot, by position.
type staffPlace struct{ provider, slot int32 }

// paidSums are the totals of what should be paid, in cents, and walked, in metres.
type paidSums struct{ served, net, subsidy, cost, distance exactSum }

// exactSum adds numbers of at least 0 without ever overflowing.
type exactSum struct{ high, low uint64 }

func (s *exactSum) add(n int64) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, uint64(n), 0)
	s.high += carry
}

func (s exactSum) equals(n int64) bool { return n >= 0 && s.high == 0 && s.low == uint64(n) }

func (s exactSum) exceeds(n int64) bool { return s.high > 0 || n < 0 || s.low > uint64(n) }

// String writes the sum in full.
func (s exactSum) String() string {
	n := new(big.Int).SetUint64(s.high)
	return n.Lsh(n, 64).Add(n, new(big.Int).SetUint64(s.low)).String()
}

func newChecker(s *Snapshot) *checker {
	r := newRegister(s)
	return &checker{register: r, seen: make([]int32, len(s.Demands)), use: map[staffPlace]int64{}, spent: make([]exactSum, len(s.Programmes))}
}

func (c *checker) add(rule, pool, demand, text string, args ...any) {
	c.found = append(c.found, Violation{rule, pool, demand, fmt.Sprintf(text, args...)})
}

func (c *checker) run(f *Formation) {
	if f.Version != c.s.Version {
		c.add("schema", "", "", "version %d, expected %d", f.Version, c.s.Version)
	}
	if f.Round != c.s.Round.ID {
		c.add("round", "", "", "round %q, expected %q", f.Round, c.s.Round.ID)
	}
	c.pools = f.Pools
	for i := range f.Pools {
		c.pool(i)
	}
	c.staffUse()
	for p, spent := range c.spent {
		if programme := &c.s.Programmes[p]; spent.exceeds(programme.Budget.Cents()) {
			c.add("F11", "", "", "programme %s spends %s cents, budget %s", programme.ID, spent, programme.Budget)
		}
	}
	if f.Totals != nil {
		c.totals(f.Totals)
	}
	if f.Bound != nil {
		c.bound(f.Bound, runtime.GOMAXPROCS(0))
	}
}

// staffUse checks F6, place by place in the order of the snapshot.
func (c *checker) staffUse() {
	var over []staffPlace
	for at, groups := range c.use {
		if groups > c.staff(at.provider, int(at.slot)) {
			over = append(over, at)
		}
	}
	slices.SortFunc(over, func(a, b staffPlace) int {
		return cmp.Or(cmp.Compare(a.provider, b.provider), cmp.Compare(a.slot, b.slot))
	})
	for _, at := range over {
		c.add("F6", "", "", "provider %s runs %d groups in %s, staff %d",
			c.s.Providers[at.provider].ID, c.use[at], c.s.Slots[at.slot].ID, c.staff(at.provider, int(at.slot)))
	}
}

func (c *checker) totals(t *Totals) {
	for _, x := range []struct {
		name string
		got  int64
		want exactSum
	}{
		{"served", int64(t.Served), c.sums.served},
		{"net", t.Net.Cents(), c.sums.net},
		{"subsidy", t.Subsidy.Cents(), c.sums.subsidy},
		{"cost", t.Cost.Cents(), c.sums.cost},
		{"distance_m", t.DistanceM, c.sums.distance},
	} {
		if !x.want.equals(x.got) {
			c.add("totals", "", "", "%s is %d, expected %s (amounts in cents)", x.name, x.got, x.want)
		}
	}
}
