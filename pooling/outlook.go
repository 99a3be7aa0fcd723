package pooling

import (
	"cmp"
	"math/bits"
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
// snapshot, with a [Step] for each number in more. It returns
// [ErrOfferNotInRound], [ErrDemandNotInRound], or [ErrOfferOutOfReach] when no
// slot and place of the offer suit the demand.
func OutlookFor(s *Snapshot, offerID, demandID string, more []int) (Outlook, error) {
	v, err := newView(s, offerID)
	if err != nil {
		return Outlook{}, err
	}
	i := slices.IndexFunc(s.Demands, func(d Demand) bool { return d.ID == demandID })
	if i < 0 {
		return Outlook{}, ErrDemandNotInRound.With("demand", demandID)
	}
	v.clone(v.b.asks[i], slices.Max(append([]int{v.d.max}, more...)))
	var best *prospect
	for k := range v.b.cells {
		if c := &v.b.cells[k]; slices.Contains(c.asks, int32(i)) {
			if p := v.prospect(c, int32(i)); best == nil || p.better(best) {
				best = &p
			}
		}
	}
	if best == nil {
		return Outlook{}, ErrOfferOutOfReach.With("offer", offerID)
	}
	o := Outlook{
		Slot: v.slotID(best.cell), Host: s.Communities[best.cell.host].ID, Candidates: len(best.cell.asks),
		MinMembers: v.d.min, MaxMembers: v.d.max, Missing: best.missing,
		Members: best.members, Quote: best.t.quote, Subsidy: best.t.subsidy, Net: best.t.quote - best.t.subsidy,
		Accepts: best.t.accepts,
	}
	o.Steps = v.steps(best.cell, int32(i), more)
	return o, nil
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
	from := slices.IndexFunc(s.Communities, func(c Community) bool { return c.ID == community })
	if from >= 0 {
		newcomer.x, newcomer.y = s.Communities[from].XM, s.Communities[from].YM
	}
	me := int32(len(v.b.asks))
	v.b.asks = append(v.b.asks, newcomer)
	v.clone(newcomer, slices.Max(append([]int{v.d.max}, more...)))
	v.addEmptyCells()
	var best *prospect
	for k := range v.b.cells {
		c := v.b.cells[k]
		if from >= 0 && !v.b.near(v.d, &newcomer, c.host) || !fitsTime(v.d, &c, &newcomer) {
			continue
		}
		c.asks = append(slices.Clone(c.asks), me)
		if p := v.prospect(&c, me); best == nil || p.better(best) {
			best = &p
		}
	}
	if best == nil {
		return Picture{}, ErrOfferOutOfReach.With("offer", offerID)
	}
	p := Picture{
		Slot: v.slotID(best.cell), Host: s.Communities[best.cell.host].ID,
		Candidates: len(best.cell.asks) - 1, MinMembers: v.d.min, MaxMembers: v.d.max,
		Quote: best.t.quote, Steps: v.steps(best.cell, me, more),
	}
	p.Members = v.today(best.cell, me)
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

// view is the board of one offer.
type view struct {
	b      *board
	d      *deal
	deal   int32   // its index
	clones []int32 // further demands like the one in the middle
}

func newView(s *Snapshot, offerID string) (*view, error) {
	k := slices.IndexFunc(s.Offers, func(o Offer) bool { return o.ID == offerID })
	if k < 0 {
		return nil, ErrOfferNotInRound.With("offer", offerID)
	}
	b := newBoardWithoutCells(s)
	b.fillCells(func(deal int) bool { return deal == k }, false)
	return &view{b: b, d: &b.deals[k], deal: int32(k)}, nil
}

// clone adds n further demands like one, who accept what it accepts.
func (v *view) clone(like ask, n int) {
	like.voucher = nil
	for range n {
		v.clones = append(v.clones, int32(len(v.b.asks)))
		v.b.asks = append(v.b.asks, like)
	}
}

// addEmptyCells adds the slots and hosts for which nobody has pledged yet.
func (v *view) addEmptyCells() {
	known := make(map[[2]int32]bool, len(v.b.cells))
	for _, c := range v.b.cells {
		known[[2]int32{c.slot, c.host}] = true
	}
	for _, host := range v.d.hosts {
		if v.d.rota && !known[[2]int32{-1, host}] {
			v.b.cells = append(v.b.cells, cell{deal: v.deal, slot: -1, host: host})
		}
		for rest := v.d.slots; rest != 0 && !v.d.rota; rest &= rest - 1 {
			if t := int32(bits.TrailingZeros64(rest)); !known[[2]int32{t, host}] {
				v.b.cells = append(v.b.cells, cell{deal: v.deal, slot: t, host: host})
			}
		}
	}
}

// fitsTime says whether an ask has the slot of a cell, or for a rota enough
// slots.
func fitsTime(d *deal, c *cell, a *ask) bool {
	if c.slot >= 0 {
		return a.slots>>c.slot&1 == 1
	}
	return int64(bits.OnesCount64(a.slots&d.slots)) >= a.units
}

func (v *view) slotID(c *cell) string {
	if c.slot < 0 {
		return ""
	}
	return v.b.s.Slots[c.slot].ID
}

// prospect is the outlook of one cell.
type prospect struct {
	cell    *cell
	members int // 0 when no group forms
	missing int
	t       table
}

func (v *view) prospect(c *cell, i int32) prospect {
	p := prospect{cell: c}
	if p.t, p.members = v.group(c, i, 0); p.members > 0 {
		return p
	}
	for k := 1; k <= v.d.max; k++ {
		if _, members := v.group(c, i, k); members > 0 {
			p.missing = k
			break
		}
	}
	return p
}

// better orders prospects: a group that forms, then the larger, then the
// cheaper; else the fewest missing, then the most candidates; then the earlier
// slot and host.
func (p *prospect) better(than *prospect) bool {
	out := func(p *prospect) int { // no number of others helps
		if p.members == 0 && p.missing == 0 {
			return 1
		}
		return 0
	}
	return cmp.Or(
		cmp.Compare(than.members, p.members),
		cmp.Compare(out(p), out(than)),
		cmp.Compare(p.missing, than.missing),
		cmp.Compare(p.t.quote-p.t.subsidy, than.t.quote-than.t.subsidy)*min(1, p.members),
		cmp.Compare(len(than.cell.asks), len(p.cell.asks)),
		cmp.Compare(p.cell.slot, than.cell.slot),
		cmp.Compare(p.cell.host, than.cell.host),
	) < 0
}

// group is the group around i with k further demands like it; members is 0,
// and the price that of all candidates together, when none forms.
func (v *view) group(c *cell, i int32, k int) (t table, members int) {
	candidates := append(slices.Clone(c.asks), v.clones[:k]...)
	if t = v.b.table(v.d, i, candidates); t.stands(v.d) {
		return t, t.members
	}
	return v.b.crowd(v.d, i, candidates), 0
}

// crowd is the table of all candidates, willing or not, within the seats.
func (b *board) crowd(d *deal, i int32, candidates []int32) table {
	others := slices.DeleteFunc(slices.Clone(candidates), func(k int32) bool { return k == i })
	return b.tableWith(d, i, b.seatedWith(d, i, others))
}

func (v *view) steps(c *cell, i int32, more []int) []Step {
	var steps []Step
	for _, k := range more {
		t, members := v.group(c, i, max(k, 0))
		steps = append(steps, Step{k, members, t.quote, t.subsidy, t.quote - t.subsidy})
	}
	return steps
}

// today is the size of the group that would form without the newcomer.
func (v *view) today(c *cell, newcomer int32) int {
	without := cell{deal: c.deal, slot: c.slot, host: c.host}
	without.asks = slices.DeleteFunc(slices.Clone(c.asks), func(k int32) bool { return k == newcomer })
	v.b.fillNeeds(&without)
	v.b.cells = []cell{without}
	v.b.indexCells()
	return 0 // replaced when the places of explain.go are merged
}
