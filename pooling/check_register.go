package pooling

import (
	"cmp"
	"math/bits"
	"slices"
)

// register is a snapshot as the checker reads it: ids as positions, and for
// each demand the most that it can accept. It is built by the text of the
// round schema alone; nothing of it comes from the search.
type register struct {
	s           *Snapshot
	slots       map[string]int32
	categories  map[string]int32
	communities map[string]int32
	demands     map[string]int32
	providers   map[string]int32
	offers      map[string]int32

	records []demandRecord // by demand
	terms   []offerTerms   // by offer
}

// demandRecord is what the checker knows about one demand. Amounts are in cents.
type demandRecord struct {
	household, community, category int32
	programme                      int32  // of its voucher; -1 without one
	slots                          uint64 // acceptable, by position
	grant                          entitlement
	limit                          int64 // largest acceptable quote: Q with a voucher, else the maximum price
}

// offerTerms is an offer with its references as positions.
type offerTerms struct {
	provider, category int32
	slots              uint64
	turns              bool // members take turns: a rota
}

// entitlement is the grant of a programme to one demand: bp basis points of the
// quote or a flat amount, at most limit. Amounts are in cents.
type entitlement struct {
	bp, amount int64
	capped     bool
	limit      int64
}

// quoteSearchMax bounds the search for the largest acceptable quote, in cents.
// Whoever would accept more reserves more than the largest budget, 10^9, and so
// receives no voucher; and bp times it fits an int64.
const quoteSearchMax = int64(1) << 40

func positionsOf[T any](list []T, id func(*T) string) map[string]int32 {
	at := make(map[string]int32, len(list))
	for i := range list {
		at[id(&list[i])] = int32(i)
	}
	return at
}

func newRegister(s *Snapshot) *register {
	r := &register{
		s:           s,
		slots:       positionsOf(s.Slots, func(x *Slot) string { return x.ID }),
		categories:  positionsOf(s.Categories, func(x *Category) string { return x.ID }),
		communities: positionsOf(s.Communities, func(x *Community) string { return x.ID }),
		demands:     positionsOf(s.Demands, func(x *Demand) string { return x.ID }),
		providers:   positionsOf(s.Providers, func(x *Provider) string { return x.ID }),
		offers:      positionsOf(s.Offers, func(x *Offer) string { return x.ID }),
	}
	households := positionsOf(s.Households, func(x *Household) string { return x.ID })
	r.records = make([]demandRecord, len(s.Demands))
	for i := range s.Demands {
		d := &s.Demands[i]
		r.records[i] = demandRecord{
			household: households[d.Household], community: r.communities[d.Community], category: r.categories[d.Category],
			programme: -1, slots: r.slotsOf(d.Slots), limit: d.MaxPrice.Cents(),
		}
	}
	r.terms = make([]offerTerms, len(s.Offers))
	for i := range s.Offers {
		o := &s.Offers[i]
		r.terms[i] = offerTerms{r.providers[o.Provider], r.categories[o.Category], r.slotsOf(o.Slots), o.Mode == ModeRota}
	}
	r.issue()
	return r
}

func (r *register) slotsOf(ids []string) (set uint64) {
	for _, id := range ids {
		set |= 1 << r.slots[id]
	}
	return set
}

// staff is how many groups a provider runs at once in a slot.
func (r *register) staff(provider int32, slot int) int64 {
	return int64(r.s.Providers[provider].Staff[r.s.Slots[slot].ID])
}

// grantApplication is one demand that is eligible for a programme.
type grantApplication struct {
	demand int32
	isee   int64
	grant  entitlement
}

// issue recomputes who holds a voucher (round schema, "Vouchers").
func (r *register) issue() {
	queues := r.applications()
	for p := range r.s.Programmes {
		queue := queues[p]
		if limit := r.s.Programmes[p].HouseholdCap; limit != nil {
			r.divideCap(queue, limit.Cents())
		}
		slices.SortFunc(queue, func(a, b grantApplication) int {
			x, y := &r.s.Demands[a.demand], &r.s.Demands[b.demand]
			return cmp.Or(cmp.Compare(a.isee, b.isee), cmp.Compare(x.PostedOn, y.PostedOn), cmp.Compare(x.ID, y.ID))
		})
		left := r.s.Programmes[p].Budget.Cents()
		for _, a := range queue {
			f := &r.records[a.demand]
			most := a.grant.acceptable(f.limit)
			reserve := most - f.limit
			if reserve > left {
				break
			}
			left -= reserve
			f.programme, f.grant, f.limit = int32(p), a.grant, most
		}
	}
}

// applications lists by programme the demands that belong to it.
func (r *register) applications() [][]grantApplication {
	queues := make([][]grantApplication, len(r.s.Programmes))
	categories, communities := make([][]bool, len(queues)), make([][]bool, len(queues))
	for p := range r.s.Programmes {
		categories[p] = markedIDs(r.s.Programmes[p].Categories, r.categories)
		communities[p] = markedIDs(r.s.Programmes[p].Communities, r.communities)
	}
	for i := range r.records {
		f := &r.records[i]
		isee := int64(-1)
		if own := r.s.Households[f.household].ISEE; own != nil {
			isee = own.Cents()
		}
		for p := range r.s.Programmes {
			if categories[p] != nil && !categories[p][f.category] || communities[p] != nil && !communities[p][f.community] {
				continue
			}
			e := r.entitled(p, i, isee)
			if e.bp == 0 && e.amount == 0 {
				continue
			}
			order := isee
			if isee < 0 {
				order = int64(1) << 60 // without an ISEE: after every ISEE
			}
			queues[p] = append(queues[p], grantApplication{int32(i), order, e})
			break
		}
	}
	return queues
}

// markedIDs turns a list of ids into a set by position; nil, all, stays nil.
func markedIDs(ids []string, at map[string]int32) []bool {
	if ids == nil {
		return nil
	}
	set := make([]bool, len(at))
	for _, id := range ids {
		set[at[id]] = true
	}
	return set
}

// entitled applies the rule of programme p to demand i; isee is -1 when none
// was presented.
func (r *register) entitled(p, i int, isee int64) (e entitlement) {
	switch rule := r.s.Programmes[p].Rule.(type) {
	case Given:
		if g, listed := rule[r.s.Demands[i].ID]; listed {
			e.bp, e.amount = g.Percent, g.Amount.Cents()
			if g.Cap != nil {
				e.capped, e.limit = true, g.Cap.Cents()
			}
		}
	case Brackets:
		for k := 0; isee >= 0 && k < len(rule); k++ {
			if isee <= rule[k].ISEEUpTo.Cents() {
				e.bp, e.amount = rule[k].Percent, rule[k].Amount.Cents()
				break
			}
		}
	case Linear:
		from, to := rule.ISEEFrom.Cents(), rule.ISEETo.Cents()
		switch {
		case isee < 0 || isee > to:
		case isee <= from:
			e.bp = rule.PercentFrom
		default: // at most 10^4 times 10^9
			e.bp = rule.PercentTo + (rule.PercentFrom-rule.PercentTo)*(to-isee)/(to-from)
		}
	}
	return e
}

// divideCap divides the cap of a household, in cents, among its demands in the
// programme, rounded down; a lower cap of a demand's own stays.
func (r *register) divideCap(queue []grantApplication, limit int64) {
	demands := map[int32]int64{}
	for k := range queue {
		demands[r.records[queue[k].demand].household]++
	}
	for k := range queue {
		each := limit / demands[r.records[queue[k].demand].household]
		if e := &queue[k].grant; !e.capped || each < e.limit {
			e.capped, e.limit = true, each
		}
	}
}

// pays is s(q), in cents; quote is at most [quoteSearchMax].
func (e entitlement) pays(quote int64) int64 {
	paid := e.amount
	if e.bp > 0 {
		paid = e.bp * quote / 10000
	}
	if e.capped {
		paid = min(paid, e.limit)
	}
	return paid
}

// acceptable is Q, the largest q with q - s(q) <= price, by bisection: q - s(q)
// never falls when q rises. It is at most [quoteSearchMax].
func (e entitlement) acceptable(price int64) int64 {
	low, high := price, quoteSearchMax
	for low < high {
		middle := low + (high-low+1)/2
		if middle-e.pays(middle) <= price {
			low = middle
		} else {
			high = middle - 1
		}
	}
	return low
}

// squaredDistance is the square of the distance between two points, in square metres;
// coordinates are within [CoordinateMaxM], so that it is below 10^17.
func squaredDistance(x1, y1, x2, y2 int64) int64 {
	dx, dy := x1-x2, y1-y2
	return dx*dx + dy*dy
}

// wholeRoot is the square root of n >= 0, rounded down, by Newton's iteration
// from above.
func wholeRoot(n int64) int64 {
	if n < 2 {
		return n
	}
	x := int64(1) << ((bits.Len64(uint64(n)) + 1) / 2)
	for {
		y := (x + n/x) / 2
		if y >= x {
			return x
		}
		x = y
	}
}
