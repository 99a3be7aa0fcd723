package pooling

import (
	"cmp"
	"hash/fnv"
	"math/bits"
	"slices"

	"colletta/money"
)

// sharer is one member of a group as the price rule sees it.
type sharer struct {
	demand  string
	units   int64
	weight  int64 // split weight: 1, units or weight
	odd     int   // odd cents paid by its household so far
	voucher *Voucher
}

// bill is what one member pays, with its parts.
type bill struct {
	quote   money.Amount // own part + fixed part rounded up: can only fall when others join
	share   money.Amount // exact part of the cost, odd cent included
	subsidy money.Amount
}

// tierAt is the tier of a group of n: the last with FromMembers <= n.
func tierAt(tiers []Tier, n int) Tier {
	t := tiers[0]
	for _, next := range tiers {
		if next.FromMembers > n {
			break
		}
		t = next
	}
	return t
}

// splitWeight is the weight by which a rule shares the fixed cost.
func splitWeight(rule SplitRule, units, weight int64) int64 {
	switch rule {
	case SplitUnits:
		return units
	case SplitWeight:
		return weight
	}
	return 1
}

// costOf is the cost of a group: F + m*n + p*U (round schema, F7).
func costOf(t Tier, members int, units int64) money.Amount {
	return t.Fixed + t.PerMember*money.Amount(members) + t.PerUnit*money.Amount(units)
}

// bills divides the cost of a group among its members, in their order. Only
// the fixed part is divided, by [money.Split]; everyone pays the own members'
// and units' part alone. The odd cents go to the largest remainders, then to
// who has paid fewest odd cents, then by the hash of round and demand.
//
// Source: round schema, F8, F9, S3.
func bills(round string, t Tier, members []sharer) []bill {
	order := oddCentOrder(round, members)
	weights := make([]int64, len(members))
	var sum int64
	for k, i := range order {
		weights[k] = members[i].weight
		sum += members[i].weight
	}
	fixed, err := money.Split(t.Fixed, weights)
	if err != nil {
		panic("pooling: a group without weights: " + err.Error())
	}
	out := make([]bill, len(members))
	for k, i := range order {
		m := members[i]
		own := t.PerMember + t.PerUnit*money.Amount(m.units)
		down, up := fixedPart(t.Fixed, m.weight, sum)
		b := bill{quote: own + up, share: own + fixed[k]}
		if m.voucher != nil {
			b.subsidy = m.voucher.Subsidy(b.quote, own+down)
		}
		out[i] = b
	}
	return out
}

// fixedPart is fixed*weight/sum, the exact part of the fixed cost that falls on
// a weight, rounded down and up to the cent. It bounds a share, and divides
// nothing: the division itself is [money.Split]'s.
func fixedPart(fixed money.Amount, weight, sum int64) (down, up money.Amount) {
	hi, lo := bits.Mul64(uint64(fixed), uint64(weight))
	q, rest := bits.Div64(hi, lo, uint64(sum))
	if rest > 0 {
		return money.Amount(q), money.Amount(q) + 1
	}
	return money.Amount(q), money.Amount(q)
}

// oddCentOrder lists members so that ties of [money.Split] (equal remainders,
// the earlier wins) fall as S3 wants.
func oddCentOrder(round string, members []sharer) []int {
	hashes := make([]uint64, len(members))
	order := make([]int, len(members))
	for i, m := range members {
		order[i] = i
		hashes[i] = lot(round, m.demand)
	}
	slices.SortFunc(order, func(a, b int) int {
		return cmp.Or(
			cmp.Compare(members[a].odd, members[b].odd),
			cmp.Compare(hashes[a], hashes[b]),
			cmp.Compare(members[a].demand, members[b].demand))
	})
	return order
}

// lot draws the place of a demand among equals: FNV-1a of "round/demand".
func lot(round, demand string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(round))
	h.Write([]byte{'/'})
	h.Write([]byte(demand))
	return h.Sum64()
}
