package pooling

import (
	"cmp"
	"slices"

	"colletta/money"
	"colletta/refusal"
)

// Refusals of a preview.
var (
	ErrOfferNotInRound  = refusal.New(refusal.KindNotFound, "offer_not_in_round")  // offer
	ErrDemandNotInRound = refusal.New(refusal.KindNotFound, "demand_not_in_round") // demand
	ErrOfferOutOfReach  = refusal.New(refusal.KindConflict, "offer_out_of_reach")  // offer: no slot and place of it suit
)

// Outlook is the picture of one offer for one demand while a round is open: the
// best group that it could be in, of all demands pledged so far, with no
// regard to other offers. Amounts are per period; how the round ends may
// differ.
type Outlook struct {
	Slot, Host             string // of the best group; Slot empty for a rota
	Candidates             int    // pledged demands that fit slot and host, this one included
	Members                int    // of the group that would form today with this demand; 0 if none
	MinMembers, MaxMembers int
	Missing                int          // further demands like this one until a group forms with it; 0 if one forms, or if no number helps (then Accepts is false)
	Quote, Subsidy, Net    money.Amount // of this demand in that group, or at the price of all candidates together when none forms
	Accepts                bool         // Net is within its maximum
	Steps                  []Step
}

// Step is the outlook when More further demands like this one join.
type Step struct {
	More                int
	Members             int // 0 if no group forms even so
	Quote, Subsidy, Net money.Amount
}

// Picture is an [Outlook] for somebody who has not pledged yet: without a
// maximum price and without a voucher. Candidates and Members are of today,
// without the newcomer; Missing counts the newcomer; amounts are what the
// newcomer would be quoted on joining; a step's More counts families beyond
// the newcomer.
type Picture struct {
	Slot, Host             string
	Candidates, Members    int
	MinMembers, MaxMembers int
	Missing                int
	Quote                  money.Amount
	Steps                  []Step
}

// Rung is the quote in a group of so many members.
type Rung struct {
	Members int
	Quote   money.Amount
}

// OutlookFor computes the outlook of one offer for one demand of a valid
// snapshot, with a [Step] for each number in more. Whether a group stands, and
// how large, is decided as in [Explain]. It returns [ErrOfferNotInRound],
// [ErrDemandNotInRound], or [ErrOfferOutOfReach] when no slot and place of the
// offer suit the demand.
func OutlookFor(s *Snapshot, offerID, demandID string, more []int) (Outlook, error) {
	v, err := newView(s, offerID)
	if err != nil {
		return Outlook{}, err
	}
	i := int32(slices.IndexFunc(s.Demands, func(d Demand) bool { return d.ID == demandID }))
	if i < 0 {
		return Outlook{}, ErrDemandNotInRound.With("demand", demandID)
	}
	v.me, v.self = &v.b.asks[i], i
	best := v.best()
	if best == nil {
		return Outlook{}, ErrOfferOutOfReach.With("offer", offerID)
	}
	now := best.now
	return Outlook{
		Slot: v.slotID(best.slot), Host: s.Communities[best.host].ID, Candidates: best.candidates,
		MinMembers: v.d.min, MaxMembers: v.d.max, Missing: best.missing,
		Members: now.Members, Quote: now.Quote, Subsidy: now.Subsidy, Net: now.Net, Accepts: best.accepts,
		Steps: v.steps(best, more),
	}, nil
}

// OfferPicture is [OfferPictureFor] a newcomer of one unit and weight at the
// host itself, free in every slot of the offer.
func OfferPicture(s *Snapshot, offerID string) (Picture, error) {
	return OfferPictureFor(s, offerID, "", 1, 1, nil, nil)
}

// OfferPictureFor computes the picture of an offer for a newcomer of a
// community ("" = the host, wherever it is) with the given units, weight and
// acceptable slots (nil = all). The newcomer travels as far as the offer mixes.
// It returns [ErrOfferNotInRound], or [ErrOfferOutOfReach] when no slot and
// place of the offer suit.
func OfferPictureFor(s *Snapshot, offerID, community string, units, weight int64, slots []string, more []int) (Picture, error) {
	v, err := newView(s, offerID)
	if err != nil {
		return Picture{}, err
	}
	newcomer := ask{units: max(units, 1), weight: max(weight, 1), limit: int64(quoteUnlimited), reach: v.d.mix, category: v.d.category, slots: v.d.slots}
	if slots != nil {
		newcomer.slots = maskOf(slots, index(s.Slots, func(t *Slot) string { return t.ID }))
	}
	v.me, v.self = &newcomer, -1
	if from := slices.IndexFunc(s.Communities, func(c Community) bool { return c.ID == community }); from >= 0 {
		newcomer.x, newcomer.y = s.Communities[from].XM, s.Communities[from].YM
		v.from = true
	}
	best := v.best()
	if best == nil {
		return Picture{}, ErrOfferOutOfReach.With("offer", offerID)
	}
	p := Picture{
		Slot: v.slotID(best.slot), Host: s.Communities[best.host].ID,
		Candidates: best.candidates - 1, MinMembers: v.d.min, MaxMembers: v.d.max,
		Quote: best.now.Quote, Steps: v.steps(best, more),
	}
	p.Members = v.d.gather(nil, best.circle.others, v.d.slots).members
	if p.Members == 0 {
		p.Missing = best.missing + 1
	}
	return p, nil
}

// PriceLadder quotes a member of the given units and weight in groups of the
// given sizes, whose other members are like it. Sizes outside the bounds of
// the offer are left out.
func PriceLadder(o Offer, units, weight int64, sizes []int) []Rung {
	var ladder []Rung
	w := splitWeight(o.Split, max(units, 1), max(weight, 1))
	for _, n := range sizes {
		if n < o.MinMembers || n > o.MaxMembers || len(o.Tiers) == 0 {
			continue
		}
		t := tierAt(o.Tiers, n)
		_, up := fixedPart(t.Fixed, w, w*int64(n))
		ladder = append(ladder, Rung{n, t.PerMember + t.PerUnit*money.Amount(units) + up})
	}
	return ladder
}

// view is one offer as one demand, or a newcomer, sees it.
type view struct {
	b    *board
	deal int32
	d    *deal
	me   *ask
	self int32 // index of the demand; -1 for a newcomer
	from bool  // a newcomer lives somewhere: hosts out of its reach are left out
}

func newView(s *Snapshot, offerID string) (*view, error) {
	k := slices.IndexFunc(s.Offers, func(o Offer) bool { return o.ID == offerID })
	if k < 0 {
		return nil, ErrOfferNotInRound.With("offer", offerID)
	}
	b := newBoardWithoutCells(s)
	return &view{b: b, deal: int32(k), d: &b.deals[k]}, nil
}

// prospect is the outlook of one place.
type prospect struct {
	slot, host int32
	candidates int // me included
	circle     *circle
	now        Step // Members is 0 when no group stands
	missing    int
	accepts    bool
}

// best is the most promising place; nil when none suits.
func (v *view) best() (best *prospect) {
	if v.self >= 0 && v.me.category != v.d.category {
		return nil
	}
	places := newVenueIndex(v.b)
	for _, host := range v.d.hosts {
		if (v.self >= 0 || v.from) && !v.b.near(v.d, v.me, host) {
			continue
		}
		places.visit(v.deal, host, func(p *venue) {
			if !p.suits(v.me) {
				return
			}
			if q := v.prospect(p); best == nil || q.better(best) {
				best = q
			}
		})
	}
	return best
}

func (v *view) prospect(p *venue) *prospect {
	c := &circle{d: v.d, me: v.me, others: v.b.asksOf(p.candidates, v.self), open: v.d.slots}
	if v.d.plain() {
		c.tally = v.d.tally(c.others)
	}
	q := &prospect{slot: p.slot, host: p.host, candidates: len(c.others) + 1, circle: c}
	q.now, q.accepts = v.step(c, 0)
	if q.now.Members == 0 {
		q.missing, _ = c.missing()
	}
	return q
}

// better orders prospects: a group that stands, then the larger, then the
// cheaper; else the fewest missing, then the most candidates; then the earlier
// slot and host.
func (q *prospect) better(than *prospect) bool {
	out := func(q *prospect) int { // no number of others helps
		if q.now.Members == 0 && q.missing == 0 {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(than.now.Members, q.now.Members),
		cmp.Compare(out(q), out(than)),
		cmp.Compare(q.missing, than.missing),
		cmp.Compare(q.now.Net, than.now.Net)*min(1, q.now.Members),
		cmp.Compare(than.candidates, q.candidates),
		cmp.Compare(q.slot, than.slot),
		cmp.Compare(q.host, than.host),
	) < 0
}

// step is the group around me with k further demands like me; when none
// stands, members is 0 and the price that of all candidates together, willing
// or not, within the seats.
func (v *view) step(c *circle, k int) (s Step, accepts bool) {
	s.More = k
	g := c.gather(k)
	if s.Members = g.members; g.members == 0 {
		everybody := c.everybody(k)
		g = gathering{members: everybody.members, weight: everybody.weight}
	}
	tier := v.d.tier(g.members)
	quote, subsidy := v.d.bill(tier, v.me, g.weight)
	s.Quote, s.Subsidy = money.Amount(quote), money.Amount(subsidy)
	s.Net = s.Quote - s.Subsidy
	return s, quote <= v.me.limit
}

// everybody is me with all others and so many like me, willing or not, while
// seats, units and the hours of a rota last: the heaviest first, who lower the
// price most.
func (c *circle) everybody(more int) crowd {
	others := append([]*ask(nil), c.others...)
	for range more {
		others = append(others, c.me)
	}
	d := c.d
	all := crowd{1, d.weightOf(c.me), c.me.units}
	var week roster
	if d.rota {
		week.admit(c.me, c.open)
	}
	for _, a := range heaviest(d, others) {
		if all.members < d.max && all.units+a.units <= d.capacity() && (!d.rota || week.admit(a, c.open)) {
			all.members, all.weight, all.units = all.members+1, all.weight+d.weightOf(a), all.units+a.units
		}
	}
	return all
}

func (v *view) steps(q *prospect, more []int) []Step {
	var steps []Step
	for _, k := range more {
		s, _ := v.step(q.circle, max(k, 0))
		s.More = k
		steps = append(steps, s)
	}
	return steps
}

func (v *view) slotID(slot int32) string {
	if slot < 0 {
		return ""
	}
	return v.b.s.Slots[slot].ID
}
