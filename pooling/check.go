package pooling

import (
	"fmt"
	"hash/fnv"
	"math/big"
	"slices"
	"strings"

	"colletta/money"
)

// Violation is one broken rule of a formation. Rule is F1..F11 of the round
// schema, or schema, round, totals.
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
// every violation; none means valid. It recomputes everything from the
// snapshot by the text of the round schema, with big integers and bisection
// where [Form] uses closed forms, so that one mistake is not made twice.
//
// The snapshot must be valid ([Validate]); the formation may be anything.
func Check(s *Snapshot, f *Formation) []Violation {
	c := newChecker(s)
	c.run(f)
	return c.found
}

// checker holds the snapshot by id, and what was counted so far.
type checker struct {
	s           *Snapshot
	slots       map[string]int
	communities map[string]*Community
	households  map[string]*Household
	demands     map[string]*Demand
	providers   map[string]*Provider
	offers      map[string]*Offer
	grants      map[string]entitlement // demands that hold a voucher

	found  []Violation
	seen   map[string]string // demand -> pool
	use    map[[2]string]int // provider, slot -> groups
	spent  map[string]*big.Int
	totals struct {
		served             int
		net, subsidy, cost *big.Int
		distance           *big.Int
	}
}

// entitlement is the voucher of one demand in the checker's own terms.
type entitlement struct {
	programme string
	bp        int64
	amount    int64
	limit     *int64
}

func newChecker(s *Snapshot) *checker {
	c := &checker{
		s: s, slots: map[string]int{}, communities: map[string]*Community{}, households: map[string]*Household{},
		demands: map[string]*Demand{}, providers: map[string]*Provider{}, offers: map[string]*Offer{},
		grants: map[string]entitlement{}, seen: map[string]string{}, use: map[[2]string]int{}, spent: map[string]*big.Int{},
	}
	c.totals.net, c.totals.subsidy, c.totals.cost, c.totals.distance = new(big.Int), new(big.Int), new(big.Int), new(big.Int)
	for i := range s.Slots {
		c.slots[s.Slots[i].ID] = i
	}
	for i := range s.Communities {
		c.communities[s.Communities[i].ID] = &s.Communities[i]
	}
	for i := range s.Households {
		c.households[s.Households[i].ID] = &s.Households[i]
	}
	for i := range s.Demands {
		c.demands[s.Demands[i].ID] = &s.Demands[i]
	}
	for i := range s.Providers {
		c.providers[s.Providers[i].ID] = &s.Providers[i]
	}
	for i := range s.Offers {
		c.offers[s.Offers[i].ID] = &s.Offers[i]
	}
	c.issue()
	return c
}

// issue recomputes who holds a voucher.
func (c *checker) issue() {
	type line struct {
		isee   int64
		demand *Demand
		e      entitlement
	}
	lines := map[string][]line{}
	count := map[[2]string]int64{}
	for i := range c.s.Demands {
		d := &c.s.Demands[i]
		isee := c.households[d.Household].ISEE
		for _, p := range c.s.Programmes {
			if p.Categories != nil && !slices.Contains(p.Categories, d.Category) {
				continue
			}
			if p.Communities != nil && !slices.Contains(p.Communities, d.Community) {
				continue
			}
			e := c.entitled(p, d, isee)
			if e.bp == 0 && e.amount == 0 {
				continue
			}
			order := int64(1) << 60
			if isee != nil {
				order = isee.Cents()
			}
			lines[p.ID] = append(lines[p.ID], line{order, d, e})
			count[[2]string{d.Household, p.ID}]++
			break
		}
	}
	for _, p := range c.s.Programmes {
		queue := lines[p.ID]
		for k := range queue {
			if p.HouseholdCap == nil {
				continue
			}
			each := p.HouseholdCap.Cents() / count[[2]string{queue[k].demand.Household, p.ID}]
			if queue[k].e.limit == nil || each < *queue[k].e.limit {
				queue[k].e.limit = &each
			}
		}
		slices.SortFunc(queue, func(a, b line) int {
			if a.isee != b.isee {
				return int((a.isee-b.isee)>>63)*2 + 1
			}
			if a.demand.PostedOn != b.demand.PostedOn {
				return strings.Compare(a.demand.PostedOn, b.demand.PostedOn)
			}
			return strings.Compare(a.demand.ID, b.demand.ID)
		})
		left := p.Budget.Cents()
		for _, l := range queue {
			price := l.demand.MaxPrice.Cents()
			reserve := l.e.acceptable(price) - price
			if reserve > left {
				break
			}
			left -= reserve
			c.grants[l.demand.ID] = l.e
		}
	}
}

// entitled applies the rule of a programme to a demand.
func (c *checker) entitled(p Programme, d *Demand, isee *money.Amount) entitlement {
	e := entitlement{programme: p.ID}
	switch rule := p.Rule.(type) {
	case Given:
		if g, listed := rule[d.ID]; listed {
			e.bp, e.amount = g.Percent, g.Amount.Cents()
			if g.Cap != nil {
				limit := g.Cap.Cents()
				e.limit = &limit
			}
		}
	case Brackets:
		for k := 0; isee != nil && k < len(rule); k++ {
			if isee.Cents() <= rule[k].ISEEUpTo.Cents() {
				e.bp, e.amount = rule[k].Percent, rule[k].Amount.Cents()
				break
			}
		}
	case Linear:
		if isee == nil || *isee > rule.ISEETo {
			break
		}
		if *isee <= rule.ISEEFrom {
			e.bp = rule.PercentFrom
			break
		}
		fall := product(rule.PercentFrom-rule.PercentTo, (rule.ISEETo - *isee).Cents())
		fall.Quo(fall, big.NewInt((rule.ISEETo - rule.ISEEFrom).Cents()))
		e.bp = rule.PercentTo + fall.Int64()
	}
	return e
}

func product(a, b int64) *big.Int { return new(big.Int).Mul(big.NewInt(a), big.NewInt(b)) }

// pays is s(q).
func (e entitlement) pays(quote int64) int64 {
	v := e.amount
	if e.bp > 0 {
		v = new(big.Int).Quo(product(e.bp, quote), big.NewInt(10000)).Int64()
	}
	if e.limit != nil && *e.limit < v {
		return *e.limit
	}
	return v
}

// acceptable is Q, the largest q with q - s(q) <= price, by bisection: q - s(q)
// never falls when q rises.
func (e entitlement) acceptable(price int64) int64 {
	low, high := price, int64(1)<<50
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
	for i := range f.Pools {
		c.pool(&f.Pools[i])
	}
	for _, p := range c.s.Providers {
		for _, t := range c.s.Slots {
			if n := c.use[[2]string{p.ID, t.ID}]; n > p.Staff[t.ID] {
				c.add("F6", "", "", "provider %s runs %d groups in %s, staff %d", p.ID, n, t.ID, p.Staff[t.ID])
			}
		}
	}
	for _, p := range c.s.Programmes {
		if sum := c.spent[p.ID]; sum != nil && sum.Cmp(big.NewInt(p.Budget.Cents())) > 0 {
			c.add("F11", "", "", "programme %s spends %s cents, budget %s", p.ID, sum, p.Budget)
		}
	}
	if t := f.Totals; t != nil {
		for _, x := range []struct {
			name      string
			got, want *big.Int
		}{
			{"served", big.NewInt(int64(t.Served)), big.NewInt(int64(c.totals.served))},
			{"net", big.NewInt(t.Net.Cents()), c.totals.net},
			{"subsidy", big.NewInt(t.Subsidy.Cents()), c.totals.subsidy},
			{"cost", big.NewInt(t.Cost.Cents()), c.totals.cost},
			{"distance_m", big.NewInt(t.DistanceM), c.totals.distance},
		} {
			if x.got.Cmp(x.want) != 0 {
				c.add("totals", "", "", "%s is %s, expected %s (amounts in cents)", x.name, x.got, x.want)
			}
		}
	}
}

func (c *checker) pool(p *Pool) {
	o := c.offers[p.Offer]
	host := c.communities[p.Host]
	rota := o != nil && o.Mode == ModeRota
	_, slotKnown := c.slots[p.Slot]
	if o == nil || host == nil || (rota && p.Slot != "") || (!rota && !slotKnown) {
		c.add("F1", p.ID, "", "unknown offer %q, slot %q or host %q", p.Offer, p.Slot, p.Host)
		return
	}
	if !c.hosts(o, host) {
		c.add("F3", p.ID, "", "host %s is outside the area", p.Host)
	}
	if rota {
		c.rotaSlots(p, o)
	} else {
		c.use[[2]string{o.Provider, p.Slot}]++
		if !slices.Contains(o.Slots, p.Slot) {
			c.add("F2", p.ID, "", "slot %s is not offered", p.Slot)
		}
	}
	members := make([]*Demand, len(p.Members))
	for k, m := range p.Members {
		if members[k] = c.demands[m.Demand]; members[k] == nil {
			c.add("F1", p.ID, m.Demand, "unknown demand")
			return
		}
	}
	for k, d := range members {
		c.member(p, o, host, d, p.Members[k])
	}
	c.price(p, o, members)
}

func (c *checker) hosts(o *Offer, host *Community) bool {
	if slices.Contains(o.Area.Communities, host.ID) {
		return true
	}
	center := o.Area.Center
	return center != nil && squared(center.XM-host.XM, center.YM-host.YM).Cmp(product(o.Area.RadiusM, o.Area.RadiusM)) <= 0
}

func squared(dx, dy int64) *big.Int { return product(dx, dx).Add(product(dx, dx), product(dy, dy)) }

func (c *checker) rotaSlots(p *Pool, o *Offer) {
	taken := map[string]bool{}
	for _, m := range p.Members {
		for _, t := range m.Slots {
			if taken[t] {
				c.add("F2", p.ID, m.Demand, "slot %s is given twice", t)
			}
			taken[t] = true
			if !slices.Contains(o.Slots, t) {
				c.add("F2", p.ID, m.Demand, "slot %s is not offered", t)
			}
			c.use[[2]string{o.Provider, t}]++
		}
	}
}

// member checks what concerns one member alone: once, category, time, place.
func (c *checker) member(p *Pool, o *Offer, host *Community, d *Demand, m Member) {
	if other, twice := c.seen[d.ID]; twice {
		c.add("F1", p.ID, d.ID, "is already in pool %s", other)
	}
	c.seen[d.ID] = p.ID
	if d.Category != o.Category {
		c.add("F1", p.ID, d.ID, "category %s, the offer's is %s", d.Category, o.Category)
	}
	if o.Mode == ModeRota {
		if int64(len(m.Slots)) != d.Units {
			c.add("F2", p.ID, d.ID, "%d slots for %d units", len(m.Slots), d.Units)
		}
		for _, t := range m.Slots {
			if !slices.Contains(d.Slots, t) {
				c.add("F2", p.ID, d.ID, "slot %s is not acceptable", t)
			}
		}
	} else if !slices.Contains(d.Slots, p.Slot) {
		c.add("F2", p.ID, d.ID, "slot %s is not acceptable", p.Slot)
	}
	home := c.communities[d.Community]
	reach := min(o.MixRadiusM, d.MaxDistanceM)
	away := squared(home.XM-host.XM, home.YM-host.YM)
	if away.Cmp(product(reach, reach)) > 0 {
		c.add("F4", p.ID, d.ID, "lives %s m away, at most %d m", new(big.Int).Sqrt(away), reach)
	}
	c.totals.distance.Add(c.totals.distance, new(big.Int).Sqrt(away))
}

// price checks size, cost, shares, subsidies and acceptance.
func (c *checker) price(p *Pool, o *Offer, members []*Demand) {
	n, units := int64(len(members)), int64(0)
	for _, d := range members {
		units += d.Units
	}
	if n < int64(o.MinMembers) || n > int64(o.MaxMembers) {
		c.add("F5", p.ID, "", "%d members, must be %d to %d", n, o.MinMembers, o.MaxMembers)
	}
	if units < o.MinUnits || (o.MaxUnits > 0 && units > o.MaxUnits) {
		c.add("F5", p.ID, "", "%d units, must be %d to %d", units, o.MinUnits, o.MaxUnits)
	}
	if n == 0 {
		return
	}
	tier := o.Tiers[0]
	for _, t := range o.Tiers {
		if int64(t.FromMembers) <= n {
			tier = t
		}
	}
	cost := new(big.Int).Add(big.NewInt(tier.Fixed.Cents()), product(tier.PerMember.Cents(), n))
	cost.Add(cost, product(tier.PerUnit.Cents(), units))
	if cost.Cmp(big.NewInt(p.Cost.Cents())) != 0 {
		c.add("F7", p.ID, "", "cost %s, expected %s cents", p.Cost, cost)
	}
	lines, W := c.divide(o, tier.Fixed.Cents(), members)
	shares := new(big.Int)
	for k, d := range members {
		own := new(big.Int).Add(big.NewInt(tier.PerMember.Cents()), product(tier.PerUnit.Cents(), d.Units))
		base := new(big.Int).Add(own, lines[k].down)
		quote := new(big.Int).Set(base)
		if lines[k].rest.Sign() > 0 {
			quote.Add(quote, big.NewInt(1))
		}
		share := new(big.Int).Add(base, big.NewInt(lines[k].odd))
		c.bill(p, d, p.Members[k], base.Int64(), quote.Int64(), share.Int64())
		shares.Add(shares, big.NewInt(p.Members[k].Share.Cents()))
	}
	if shares.Cmp(cost) != 0 {
		c.add("F8", p.ID, "", "shares sum to %s cents, cost %s (weights %s)", shares, cost, W)
	}
	c.totals.served += int(n)
	c.totals.cost.Add(c.totals.cost, cost)
}

// cut is one member's part of the fixed cost: whole cents, remainder, odd cent.
type cut struct {
	down, rest *big.Int
	odd        int64
}

// divide shares the fixed cost by S3 and F8.
func (c *checker) divide(o *Offer, fixed int64, members []*Demand) ([]cut, *big.Int) {
	weight := func(d *Demand) int64 {
		switch o.Split {
		case SplitUnits:
			return d.Units
		case SplitWeight:
			return d.Weight
		}
		return 1
	}
	W := new(big.Int)
	for _, d := range members {
		W.Add(W, big.NewInt(weight(d)))
	}
	cuts := make([]cut, len(members))
	draws := make([]uint64, len(members))
	order := make([]int, len(members))
	missing := big.NewInt(fixed)
	for k, d := range members {
		down, rest := new(big.Int).QuoRem(product(fixed, weight(d)), W, new(big.Int))
		cuts[k] = cut{down: down, rest: rest}
		missing.Sub(missing, down)
		order[k] = k
		h := fnv.New64a()
		fmt.Fprintf(h, "%s/%s", c.s.Round.ID, d.ID)
		draws[k] = h.Sum64()
	}
	slices.SortFunc(order, func(a, b int) int {
		if by := cuts[b].rest.Cmp(cuts[a].rest); by != 0 {
			return by
		}
		if x, y := c.households[members[a].Household].OddCents, c.households[members[b].Household].OddCents; x != y {
			return x - y
		}
		if draws[a] != draws[b] {
			if draws[a] < draws[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(members[a].ID, members[b].ID)
	})
	for _, k := range order[:missing.Int64()] {
		cuts[k].odd = 1
	}
	return cuts, W
}

// bill compares what a member is asked with what F8, F9 and F10 say; amounts
// are in cents.
func (c *checker) bill(p *Pool, d *Demand, m Member, base, quote, share int64) {
	e, holds := c.grants[d.ID]
	subsidy := int64(0)
	if holds {
		subsidy = min(e.pays(quote), base)
	}
	if m.Share.Cents() != share {
		c.add("F8", p.ID, d.ID, "share %s, expected %d cents", m.Share, share)
	}
	if m.Programme != e.programme {
		c.add("F9", p.ID, d.ID, "programme %q, expected %q", m.Programme, e.programme)
	}
	if m.Subsidy.Cents() != subsidy {
		c.add("F9", p.ID, d.ID, "subsidy %s, expected %d cents", m.Subsidy, subsidy)
	}
	if m.Net.Cents() != share-m.Subsidy.Cents() {
		c.add("F10", p.ID, d.ID, "net %s, expected %d cents", m.Net, share-m.Subsidy.Cents())
	}
	if quote-m.Subsidy.Cents() > d.MaxPrice.Cents() {
		c.add("F10", p.ID, d.ID, "quote of %d cents less subsidy %s exceeds the maximum %s", quote, m.Subsidy, d.MaxPrice)
	}
	if holds {
		if c.spent[e.programme] == nil {
			c.spent[e.programme] = new(big.Int)
		}
		c.spent[e.programme].Add(c.spent[e.programme], big.NewInt(m.Subsidy.Cents()))
	}
	c.totals.net.Add(c.totals.net, big.NewInt(share-m.Subsidy.Cents()))
	c.totals.subsidy.Add(c.totals.subsidy, big.NewInt(m.Subsidy.Cents()))
}
