package pooling

import (
	"slices"
	"testing"

	"colletta/money"
)

// TestReasonsHoldByForce compares every reason with all groups that there are.
// Method: small rounds; for each place of each demand left out, every subset of
// the candidates, with none, one, two, … clones of the demand, is priced by
// share.go alone. The reason must be that of the nearest place, and its numbers
// must be true to the unit: what is missing is enough, one less is not.
func TestReasonsHoldByForce(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for seed := range uint64(2000) {
		s := city(seeded(seed), 3+int(seed%6), 1+int(seed%2))
		if seed%4 != 0 {
			crowdTogether(s, int(seed))
		}
		f, err := Form(s, Options{Work: brief()})
		if err != nil {
			t.Fatal(err)
		}
		if seed%5 == 0 && len(f.Pools) > 0 { // also rounds that are not at their best
			f.Pools, f.Totals = f.Pools[:len(f.Pools)-1], nil
		}
		w := newWitness(s, f)
		for i, o := range Explain(s, f) {
			seen[string(o.Code)+" "+string(o.Limit)+string(o.Reach)]++
			if o.AtLeast {
				seen["at least"]++
			}
			if !w.served[o.Demand] {
				w.verify(t, seed, &s.Demands[i], o)
			}
			one, err := ExplainOne(s, f, o.Demand)
			if err != nil || !sameOutcome(one, o) {
				t.Fatalf("seed %d: alone %+v (%v), among all %+v", seed, one, err, o)
			}
		}
	}
	for _, code := range OutcomeCodes() {
		n := 0
		for key, count := range seen {
			if len(key) > len(code) && key[:len(code)] == string(code) {
				n += count
			}
		}
		if n < 5 {
			t.Errorf("%s occurs %d times: the rounds are too poor to prove anything", code, n)
		}
	}
	t.Log(seen)
}

// crowdTogether makes everybody ask for the same thing, in reach and at good
// prices, of few seats and little staff.
func crowdTogether(s *Snapshot, seed int) {
	for k := range s.Demands {
		d := &s.Demands[k]
		d.Category, d.MaxDistanceM, d.MaxPrice = "help", 1500, d.MaxPrice/2+money.Amount(seed%5)*15_00
	}
	for k := range s.Offers {
		o := &s.Offers[k]
		o.Category, o.MixRadiusM = "help", 1500
		if o.MaxMembers = min(o.MaxMembers, o.MinMembers+seed%3); seed%4 == 1 {
			o.MaxMembers, o.Provider = o.MinMembers+4, s.Providers[0].ID // staff binds, not seats
		}
	}
	for k := range s.Providers {
		for t := range s.Providers[k].Staff {
			s.Providers[k].Staff[t] = 1
		}
	}
}

func sameOutcome(a, b Outcome) bool {
	ja, _ := a.JSON()
	jb, _ := b.JSON()
	return string(ja) == string(jb)
}

// witness knows a round that has ended and answers by trying everything.
type witness struct {
	s        *Snapshot
	f        *Formation
	served   map[string]bool
	vouchers map[string]Voucher
	lost     map[string]Voucher // that the fund did not reach
	used     map[[2]string]int  // by provider, slot
}

func newWitness(s *Snapshot, f *Formation) *witness {
	w := &witness{s: s, f: f, served: map[string]bool{}, vouchers: Vouchers(s), lost: map[string]Voucher{}, used: map[[2]string]int{}}
	for _, p := range f.Pools {
		provider := w.offer(p.Offer).Provider
		if p.Slot != "" {
			w.used[[2]string{provider, p.Slot}]++
		}
		for _, m := range p.Members {
			w.served[m.Demand] = true
			for _, t := range m.Slots {
				w.used[[2]string{provider, t}]++
			}
		}
	}
	rich := *s // as if the funds never ended
	rich.Programmes = slices.Clone(s.Programmes)
	for k := range rich.Programmes {
		rich.Programmes[k].Budget = money.Max
	}
	for id, v := range Vouchers(&rich) {
		if _, holds := w.vouchers[id]; !holds {
			w.lost[id] = v
		}
	}
	return w
}

func (w *witness) offer(id string) *Offer {
	return &w.s.Offers[slices.IndexFunc(w.s.Offers, func(o Offer) bool { return o.ID == id })]
}

func (w *witness) demand(id string) *Demand {
	return &w.s.Demands[slices.IndexFunc(w.s.Demands, func(d Demand) bool { return d.ID == id })]
}

func (w *witness) community(id string) *Community {
	return &w.s.Communities[slices.IndexFunc(w.s.Communities, func(c Community) bool { return c.ID == id })]
}

// spot is an offer in a slot ("" for a rota) at a host, with the slots of a
// rota that may be used.
type spot struct {
	o          *Offer
	slot, host string
	slots      []string
}

// staffed lists the slots of an offer in which its provider has staff, or
// (free) has staff left.
func (w *witness) staffed(o *Offer, free bool) (ids []string) {
	p := &w.s.Providers[slices.IndexFunc(w.s.Providers, func(p Provider) bool { return p.ID == o.Provider })]
	for _, t := range o.Slots {
		n := p.Staff[t]
		if free {
			n -= w.used[[2]string{o.Provider, t}]
		}
		if n > 0 {
			ids = append(ids, t)
		}
	}
	return ids
}

// inTime says whether a demand could use slots of an offer.
func inTime(d *Demand, o *Offer, slots []string) bool {
	n := 0
	for _, t := range slots {
		if slices.Contains(d.Slots, t) {
			n++
		}
	}
	return n > 0 && (o.Mode != ModeRota || int64(n) >= d.Units)
}

func (w *witness) nearHost(d *Demand, o *Offer, host *Community) bool {
	listed := slices.Contains(o.Area.Communities, host.ID)
	if c := o.Area.Center; c != nil {
		dx, dy := c.XM-host.XM, c.YM-host.YM
		listed = listed || dx*dx+dy*dy <= o.Area.RadiusM*o.Area.RadiusM
	}
	home, r := w.community(d.Community), min(o.MixRadiusM, d.MaxDistanceM)
	dx, dy := home.XM-host.XM, home.YM-host.YM
	return listed && dx*dx+dy*dy <= r*r
}

// fits says whether a demand could be at a spot.
func (w *witness) fits(d *Demand, at spot) bool {
	if d.Category != at.o.Category || !w.nearHost(d, at.o, w.community(at.host)) {
		return false
	}
	if at.slot == "" {
		return inTime(d, at.o, w.staffed(at.o, false))
	}
	return slices.Contains(d.Slots, at.slot)
}

// spots lists where a demand could be.
func (w *witness) spots(d *Demand) (list []spot) {
	for k := range w.s.Offers {
		o := &w.s.Offers[k]
		capacity := int64(1 << 40)
		if o.MaxUnits > 0 {
			capacity = o.MaxUnits
		}
		staffed := w.staffed(o, false)
		if o.Mode == ModeRota {
			capacity = min(capacity, int64(len(staffed)))
		}
		if d.Units+int64(o.MinMembers)-1 > capacity {
			continue
		}
		for h := range w.s.Communities {
			slots := staffed
			if o.Mode == ModeRota {
				slots = []string{""}
			}
			for _, t := range slots {
				if at := (spot{o, t, w.s.Communities[h].ID, staffed}); w.fits(d, at) {
					list = append(list, at)
				}
			}
		}
	}
	return list
}

// stands prices a group by share.go: all accept, with these vouchers.
func (w *witness) stands(at spot, members []*Demand, vouchers map[string]Voucher) bool {
	var units int64
	for _, d := range members {
		units += d.Units
	}
	o := at.o
	if len(members) < o.MinMembers || len(members) > o.MaxMembers || units < o.MinUnits || (o.MaxUnits > 0 && units > o.MaxUnits) {
		return false
	}
	return w.accepted(at, members, vouchers, -1) && (at.slot != "" || seatedByForce(members, at.slots, 0, 0))
}

// accepted says whether all members, or one, accept the price of a group.
func (w *witness) accepted(at spot, members []*Demand, vouchers map[string]Voucher, only int) bool {
	tier := tierAt(at.o.Tiers, len(members))
	var sum int64
	for _, d := range members {
		sum += splitWeight(at.o.Split, d.Units, d.Weight)
	}
	for k, d := range members {
		if only >= 0 && k != only {
			continue
		}
		own := tier.PerMember + tier.PerUnit*money.Amount(d.Units)
		down, up := fixedPart(tier.Fixed, splitWeight(at.o.Split, d.Units, d.Weight), sum)
		subsidy := money.Amount(0)
		if v, holds := vouchers[d.ID]; holds {
			subsidy = v.Subsidy(own+up, own+down)
		}
		// A share that is covered whole leaves at most the odd cent.
		if own+up-subsidy > d.MaxPrice {
			return false
		}
	}
	return true
}

func seatedByForce(members []*Demand, open []string, k int, taken uint64) bool {
	if k == len(members) {
		return true
	}
	var seat func(from int, left int64, taken uint64) bool
	seat = func(from int, left int64, taken uint64) bool {
		if left == 0 {
			return seatedByForce(members, open, k+1, taken)
		}
		for t := from; t < len(open); t++ {
			if taken>>t&1 == 0 && slices.Contains(members[k].Slots, open[t]) && seat(t+1, left-1, taken|1<<t) {
				return true
			}
		}
		return false
	}
	return seat(0, members[k].Units, taken)
}

// group says whether a group stands at a spot around a demand, with others
// that ok admits and up to so many clones.
func (w *witness) group(at spot, d *Demand, clones int, vouchers map[string]Voucher, ok func(*Demand) bool) bool {
	var others []*Demand
	for k := range w.s.Demands {
		if q := &w.s.Demands[k]; q.ID != d.ID && ok(q) && w.fits(q, at) {
			others = append(others, q)
		}
	}
	for set := range 1 << len(others) {
		members := []*Demand{d}
		for k, q := range others {
			if set>>k&1 == 1 {
				members = append(members, q)
			}
		}
		for k := 0; k <= clones && len(members) <= at.o.MaxMembers; k++ {
			if w.stands(at, members, vouchers) {
				return true
			}
			members = append(members, d)
		}
	}
	return false
}

func anybody(*Demand) bool { return true }

// reason is the nearness of one spot.
func (w *witness) reason(at spot, d *Demand) OutcomeCode {
	if !w.group(at, d, 0, w.vouchers, anybody) {
		if w.group(at, d, at.o.MaxMembers, w.vouchers, anybody) {
			return "clones help"
		}
		return "nothing helps"
	}
	code := OutcomeNoGroup
	for _, p := range w.poolsAt(at) {
		code = nearestCode(code, w.entry(at, p, d, w.vouchers))
	}
	left := func(q *Demand) bool { return !w.served[q.ID] }
	if w.group(at, d, 0, w.vouchers, left) {
		free := at
		free.slots = w.staffed(at.o, true)
		stands := slices.Contains(free.slots, at.slot)
		if at.slot == "" {
			stands = w.group(free, d, 0, w.vouchers, left)
		}
		if stands {
			return OutcomeOverlooked
		}
		code = nearestCode(code, OutcomeStaffFull)
	}
	return code
}

func nearestCode(a, b OutcomeCode) OutcomeCode {
	order := OutcomeCodes()
	if b != "" && slices.Index(order, b) < slices.Index(order, a) {
		return b
	}
	return a
}

func (w *witness) poolsAt(at spot) (list []*Pool) {
	for k := range w.f.Pools {
		if p := &w.f.Pools[k]; p.Offer == at.o.ID && p.Slot == at.slot && p.Host == at.host {
			list = append(list, p)
		}
	}
	return list
}

// entry says how near a demand is to joining a pool; empty when it would not
// accept its price.
func (w *witness) entry(at spot, p *Pool, d *Demand, vouchers map[string]Voucher) OutcomeCode {
	members := []*Demand{d}
	own := w.staffed(at.o, true)
	for _, m := range p.Members {
		members = append(members, w.demand(m.Demand))
		own = append(own, m.Slots...)
	}
	slices.Sort(own)
	now := at
	now.slots = slices.Compact(own)
	if w.stands(now, members, vouchers) {
		return OutcomeOverlooked
	}
	// A seat more, at the price of the largest tier that the offer has.
	more := *at.o
	more.MaxMembers++
	more.MaxUnits = 0
	more.Tiers = slices.DeleteFunc(slices.Clone(more.Tiers), func(t Tier) bool { return t.FromMembers > at.o.MaxMembers })
	at.o = &more
	if !w.accepted(at, members, vouchers, 0) {
		return ""
	}
	if at.slot == "" && w.offer(p.Offer).MaxMembers >= len(members) && w.unitsWithin(p, members) && seatedByForce(members, at.slots, 0, 0) {
		return OutcomeStaffFull
	}
	return OutcomeSeatsFull
}

func (w *witness) unitsWithin(p *Pool, members []*Demand) bool {
	var units int64
	for _, d := range members {
		units += d.Units
	}
	most := w.offer(p.Offer).MaxUnits
	return most == 0 || units <= most
}

// expected is the code that trying everything gives.
func (w *witness) expected(d *Demand) OutcomeCode {
	code, clones, hopeless := OutcomeNoOfferInReach, false, false
	joins, fund := false, false
	granted := map[string]Voucher{}
	for id, v := range w.vouchers {
		granted[id] = v
	}
	lost, exhausted := w.lost[d.ID]
	if exhausted {
		granted[d.ID] = lost
	}
	for _, at := range w.spots(d) {
		switch why := w.reason(at, d); why {
		case "clones help":
			clones = true
		case "nothing helps":
			hopeless = true
		default:
			code = nearestCode(code, why)
		}
		if exhausted && w.group(at, d, 0, granted, anybody) {
			fund = true
			for _, p := range w.poolsAt(at) {
				joins = joins || w.entry(at, p, d, granted) == OutcomeOverlooked
			}
		}
	}
	switch {
	case code == OutcomeOverlooked:
	case joins, fund && code == OutcomeNoOfferInReach:
		return OutcomeFundExhausted
	case code == OutcomeNoOfferInReach && clones:
		return "clones help"
	case code == OutcomeNoOfferInReach && hopeless:
		return "nothing helps"
	}
	return code
}

// verify holds one outcome against the truth.
func (w *witness) verify(t *testing.T, seed uint64, d *Demand, o Outcome) {
	t.Helper()
	want := w.expected(d)
	if o.AtLeast && want == "nothing helps" && o.Code == OutcomeTooFewNeighbours {
		return // others, not like this demand, would be needed
	}
	if o.AtLeast {
		t.Errorf("seed %d %s: undecided in a small round: %+v", seed, d.ID, o)
	}
	fits := want == o.Code || want == "clones help" && (o.Code == OutcomePriceTooHigh || o.Code == OutcomeTooFewNeighbours) ||
		want == "nothing helps" && o.Code == OutcomePriceTooHigh
	if !fits {
		t.Errorf("seed %d %s: %s, by force %s: %+v", seed, d.ID, o.Code, want, o)
		return
	}
	if o.Code == OutcomeNoOfferInReach {
		if want := w.sieve(d); o.Reach != want {
			t.Errorf("seed %d %s: %s, by force %s", seed, d.ID, o.Reach, want)
		}
		return
	}
	at := spot{w.offer(o.Offer), o.Slot, o.Host, w.staffed(w.offer(o.Offer), false)}
	if !w.fits(d, at) {
		t.Errorf("seed %d %s: cannot be at %+v", seed, d.ID, o)
	}
	if o.Code != OutcomePriceTooHigh && o.Code != OutcomeTooFewNeighbours {
		return
	}
	if o.Missing > 0 && (!w.group(at, d, o.Missing, w.vouchers, anybody) || w.group(at, d, o.Missing-1, w.vouchers, anybody)) {
		t.Errorf("seed %d %s: %d more are not the least that is enough: %+v", seed, d.ID, o.Missing, o)
	}
	if o.Missing == 0 && want == "clones help" {
		t.Errorf("seed %d %s: more like it would help: %+v", seed, d.ID, o)
	}
	if o.Code == OutcomePriceTooHigh && at.o.Split == SplitEqual && o.MembersNeeded > 0 {
		least := 0
		for n := at.o.MinMembers; n <= at.o.MaxMembers && least == 0; n++ {
			if clones := slices.Repeat([]*Demand{d}, n); w.accepted(at, clones, w.vouchers, 0) {
				least = n
			}
		}
		if o.MembersNeeded != least || o.MembersNeeded <= o.Members {
			t.Errorf("seed %d %s: needs %d, by force %d: %+v", seed, d.ID, o.MembersNeeded, least, o)
		}
	}
	w.spotsNotNearer(t, seed, d, o)
}

// spotsNotNearer: where neighbours are too few, no other place lacks fewer.
func (w *witness) spotsNotNearer(t *testing.T, seed uint64, d *Demand, o Outcome) {
	t.Helper()
	if o.Code != OutcomeTooFewNeighbours || o.Missing < 2 {
		return
	}
	for _, at := range w.spots(d) {
		if w.group(at, d, o.Missing-1, w.vouchers, anybody) {
			t.Errorf("seed %d %s: %d would do in %s %s %s: %+v", seed, d.ID, o.Missing-1, at.o.ID, at.slot, at.host, o)
		}
	}
}

// sieve finds why no offer is in reach, one sieve after the other.
func (w *witness) sieve(d *Demand) ReachCode {
	code := ReachNoOffer
	raise := func(to ReachCode) {
		order := []ReachCode{ReachNoOffer, ReachOtherTimes, ReachTooFar, ReachNoStaff, ReachTooLarge}
		if slices.Index(order, to) > slices.Index(order, code) {
			code = to
		}
	}
	for k := range w.s.Offers {
		o := &w.s.Offers[k]
		if o.Category != d.Category {
			continue
		}
		raise(ReachOtherTimes)
		if !inTime(d, o, o.Slots) {
			continue
		}
		raise(ReachTooFar)
		for h := range w.s.Communities {
			if w.nearHost(d, o, &w.s.Communities[h]) {
				raise(ReachNoStaff)
				if inTime(d, o, w.staffed(o, false)) {
					raise(ReachTooLarge)
				}
			}
		}
	}
	return code
}
