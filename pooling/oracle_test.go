package pooling

import (
	"math/bits"
	"testing"
)

// TestTinyRoundsReachTheOptimum compares Form with every possible formation.
// Method: list every valid pool (offer, slot, members; for a rota every
// seating is decided by trying all), then the best choice of disjoint pools
// within the staff, by exhaustive search.
func TestTinyRoundsReachTheOptimum(t *testing.T) {
	t.Parallel()
	formed, rotas := 0, 0
	for seed := range uint64(250) {
		s := city(seeded(seed), 2+int(seed%6), 1+int(seed%2))
		f, err := Form(s, Options{Work: brief()})
		if err != nil {
			t.Fatal(err)
		}
		served, net := bestByForce(s)
		if f.Totals.Served != served || f.Totals.Net.Cents() != net {
			t.Errorf("seed %d: served %d net %d, best is %d and %d", seed, f.Totals.Served, f.Totals.Net.Cents(), served, net)
		}
		formed += len(f.Pools)
		for _, p := range f.Pools {
			if p.Slot == "" {
				rotas++
			}
		}
	}
	if formed < 50 || rotas < 5 {
		t.Fatalf("only %d pools, %d rotas: the rounds are too poor to prove anything", formed, rotas)
	}
}

// option is one possible pool: its members, its price, and each way to use the
// provider's staff (one for together, one per set of slots for a rota).
type option struct {
	members uint32
	net     int64
	first   int // provider-slot 0 of the provider
	uses    []uint64
}

func bestByForce(s *Snapshot) (served int, net int64) {
	b := newBoardWithoutCells(s)
	var options []option
	for k := range b.deals {
		d := &b.deals[k]
		for set := uint32(1); set < 1<<len(b.asks); set++ {
			n, ok := priceByForce(b, d, set)
			if !ok {
				continue
			}
			if uses := usesByForce(b, d, set); len(uses) > 0 {
				options = append(options, option{set, n, int(d.provider) * b.slots, uses})
			}
		}
	}
	used := make([]int32, len(b.staff))
	var try func(k int, taken uint32, cost int64)
	try = func(k int, taken uint32, cost int64) {
		if n := bits.OnesCount32(taken); n > served || (n == served && cost < net) {
			served, net = n, cost
		}
		for ; k < len(options); k++ {
			o := &options[k]
			if o.members&taken != 0 {
				continue
			}
			for _, use := range o.uses {
				if book(b, used, o.first, use, 1) {
					try(k+1, taken|o.members, cost+o.net)
				}
				book(b, used, o.first, use, -1)
			}
		}
	}
	try(0, 0, 0)
	return served, net
}

// book adds to the staff in use; whether all of it exists.
func book(b *board, used []int32, first int, use uint64, by int32) bool {
	ok := true
	for ; use != 0; use &= use - 1 {
		p := first + bits.TrailingZeros64(use)
		used[p] += by
		ok = ok && used[p] <= b.staff[p]
	}
	return ok
}

func priceByForce(b *board, d *deal, set uint32) (net int64, ok bool) {
	var W, U int64
	n := bits.OnesCount32(set)
	for i := range b.asks {
		if set>>i&1 == 1 {
			W += d.weightOf(&b.asks[i])
			U += b.asks[i].units
		}
	}
	if n < d.min || n > d.max || U < d.minUnits || U > d.maxUnits || !hostByForce(b, d, set) {
		return 0, false
	}
	k := d.tier(n)
	net = d.tiers[k].fixed + d.tiers[k].perMember*int64(n) + d.tiers[k].perUnit*U
	for i := range b.asks {
		if set>>i&1 == 1 {
			quote, subsidy := d.bill(k, &b.asks[i], W)
			if quote > b.asks[i].limit {
				return 0, false
			}
			net -= subsidy
		}
	}
	return net, true
}

func hostByForce(b *board, d *deal, set uint32) bool {
hosts:
	for _, h := range d.hosts {
		for i := range b.asks {
			if set>>i&1 == 1 && (b.asks[i].category != d.category || !b.near(d, &b.asks[i], h)) {
				continue hosts
			}
		}
		return true
	}
	return false
}

func usesByForce(b *board, d *deal, set uint32) []uint64 {
	var uses []uint64
	if !d.rota {
		for t := range b.slots {
			all := d.slots>>t&1 == 1
			for i := range b.asks {
				all = all && (set>>i&1 == 0 || b.asks[i].slots>>t&1 == 1)
			}
			if all {
				uses = append(uses, 1<<t)
			}
		}
		return uses
	}
	seen := map[uint64]bool{}
	var seat func(i int, left int64, from int, used uint64)
	seat = func(i int, left int64, from int, used uint64) {
		if left == 0 {
			for i++; i < len(b.asks) && set>>i&1 == 0; i++ {
			}
			if i == len(b.asks) {
				if !seen[used] {
					seen[used] = true
					uses = append(uses, used)
				}
				return
			}
			left, from = b.asks[i].units, 0
		}
		for t := from; t < b.slots; t++ {
			if (b.asks[i].slots&d.slots)>>t&1 == 1 && used>>t&1 == 0 {
				seat(i, left-1, t+1, used|1<<t)
			}
		}
	}
	seat(-1, 0, 0, 0)
	return uses
}
