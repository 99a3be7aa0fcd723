package pooling

import (
	"cmp"
	"slices"

	"colletta/money"
)

// Voucher is the promise of a programme to one demand, issued before any group
// forms so that the budget holds whatever forms.
type Voucher struct {
	Programme string
	MaxQuote  money.Amount // largest gross price that the demand can accept with the voucher
	Reserved  money.Amount // MaxQuote less the maximum price: the most the subsidy can be
	Grant     Grant        // Cap already divided among the demands of the household
}

// Subsidy is what the voucher pays for a quote, never more than base (the
// share before the odd cent): the municipality pays no odd cents.
//
// Source: round schema, F9.
func (v Voucher) Subsidy(quote, base money.Amount) money.Amount {
	return min(v.Grant.subsidy(quote), base)
}

// subsidy is s(q) of the round schema. A percentage rounds down to the cent.
func (g Grant) subsidy(quote money.Amount) money.Amount {
	s := g.Amount
	if g.Percent > 0 {
		s = money.Amount(g.Percent * quote.Cents() / PercentMax)
	}
	if g.Cap != nil {
		s = min(s, *g.Cap)
	}
	return s
}

// maxQuote is the largest q with q - s(q) <= maxPrice. With a cap, q - s(q) is
// the larger of q - cap and q - floor(bp*q/10000), and the second is
// ceil(q*(10000-bp)/10000), so each bound has a closed form.
func (g Grant) maxQuote(maxPrice money.Amount) money.Amount {
	q := maxPrice + g.Amount
	if g.Percent > 0 {
		q = quoteUnlimited
		if g.Percent < PercentMax {
			q = money.Amount(PercentMax * maxPrice.Cents() / (PercentMax - g.Percent))
		}
	}
	if g.Cap != nil {
		q = min(q, maxPrice+*g.Cap)
	}
	return q
}

// VoucherIssue is the outcome of issuing the vouchers of a snapshot.
type VoucherIssue struct {
	ByDemand            map[string]Voucher
	ReservedByProgramme map[string]money.Amount
	Exhausted           map[string]string // demand -> programme it is eligible for, whose budget ended before it
}

// Vouchers returns the voucher of each demand that holds one.
func Vouchers(s *Snapshot) map[string]Voucher { return IssueVouchers(s).ByDemand }

// IssueVouchers gives vouchers per programme in the order ISEE (none presented
// last), posted_on, demand id, while the reserved amounts fit the budget; the
// first that does not fit ends the list, so that leaving a poor household out
// never frees money for others.
//
// Source: round schema, "Vouchers"; mechanism, G5.
func IssueVouchers(s *Snapshot) VoucherIssue {
	issued := issueVouchers(s)
	issue := VoucherIssue{
		ByDemand:            make(map[string]Voucher),
		ReservedByProgramme: make(map[string]money.Amount, len(s.Programmes)),
		Exhausted:           make(map[string]string),
	}
	for p := range s.Programmes {
		issue.ReservedByProgramme[s.Programmes[p].ID] = issued.reserved[p]
	}
	for i := range s.Demands {
		if v := issued.vouchers[i]; v != nil {
			issue.ByDemand[s.Demands[i].ID] = *v
		}
		if p := issued.exhausted[i]; p >= 0 {
			issue.Exhausted[s.Demands[i].ID] = s.Programmes[p].ID
		}
	}
	return issue
}

// issued is a [VoucherIssue] by indices.
type issued struct {
	vouchers  []*Voucher     // by demand; nil without one
	reserved  []money.Amount // by programme
	exhausted []int32        // by demand: programme whose budget ended before it, or -1
}

func issueVouchers(s *Snapshot) issued {
	out := issued{make([]*Voucher, len(s.Demands)), make([]money.Amount, len(s.Programmes)), make([]int32, len(s.Demands))}
	for i := range out.exhausted {
		out.exhausted[i] = -1
	}
	lines := eligible(s)
	for p, programme := range s.Programmes {
		left := programme.Budget
		queue := lines[p]
		for k, c := range queue {
			d := &s.Demands[c.demand]
			q := c.grant.maxQuote(d.MaxPrice)
			r := q - d.MaxPrice
			if r > left {
				for _, refused := range queue[k:] {
					out.exhausted[refused.demand] = int32(p)
				}
				break
			}
			left -= r
			out.vouchers[c.demand] = &Voucher{Programme: programme.ID, MaxQuote: q, Reserved: r, Grant: c.grant}
		}
		out.reserved[p] = programme.Budget - left
	}
	return out
}

// claim is one demand in the queue of its programme.
type claim struct {
	demand int
	isee   money.Amount
	grant  Grant
}

// eligible returns the queue of each programme, in the order of issue, with
// household caps divided.
func eligible(s *Snapshot) [][]claim {
	households := make(map[string]*Household, len(s.Households))
	for i := range s.Households {
		households[s.Households[i].ID] = &s.Households[i]
	}
	scopes := make([]scope, len(s.Programmes))
	for p := range s.Programmes {
		scopes[p] = scope{setOf(s.Programmes[p].Categories), setOf(s.Programmes[p].Communities)}
	}
	queues := make([][]claim, len(s.Programmes))
	for i := range s.Demands {
		d := &s.Demands[i]
		h := households[d.Household]
		for p := range s.Programmes {
			if !scopes[p].holds(d) {
				continue
			}
			if g := s.Programmes[p].grantTo(d, h); g.Percent > 0 || g.Amount > 0 {
				isee := quoteUnlimited
				if h.ISEE != nil {
					isee = *h.ISEE
				}
				queues[p] = append(queues[p], claim{i, isee, g})
				break
			}
		}
	}
	for p, queue := range queues {
		divideCap(s, s.Programmes[p].HouseholdCap, queue)
		slices.SortFunc(queue, func(a, b claim) int {
			x, y := &s.Demands[a.demand], &s.Demands[b.demand]
			return cmp.Or(cmp.Compare(a.isee, b.isee), cmp.Compare(x.PostedOn, y.PostedOn), cmp.Compare(x.ID, y.ID))
		})
	}
	return queues
}

// divideCap gives each demand of a household the same whole cents of the cap
// of the programme, so that one demand's price never depends on another; the
// lower of that and its own cap wins.
func divideCap(s *Snapshot, householdCap *money.Amount, queue []claim) {
	if householdCap == nil {
		return
	}
	claims := make(map[string]int64)
	for _, c := range queue {
		claims[s.Demands[c.demand].Household]++
	}
	for k := range queue {
		each := money.Amount(householdCap.Cents() / claims[s.Demands[queue[k].demand].Household])
		if own := queue[k].grant.Cap; own != nil {
			each = min(each, *own)
		}
		queue[k].grant.Cap = &each
	}
}

type scope struct{ categories, communities map[string]bool }

func (c scope) holds(d *Demand) bool {
	return (c.categories == nil || c.categories[d.Category]) && (c.communities == nil || c.communities[d.Community])
}

// setOf is nil for a nil list: everything.
func setOf(ids []string) map[string]bool {
	if ids == nil {
		return nil
	}
	set := make(map[string]bool, len(ids))
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// grantTo is the grant of the programme's rule to a demand; zero when it is
// not eligible. Without an ISEE only a grant evaluated beforehand counts.
func (p *Programme) grantTo(d *Demand, h *Household) Grant {
	switch rule := p.Rule.(type) {
	case Given:
		return rule[d.ID]
	case Brackets:
		if h.ISEE == nil {
			return Grant{}
		}
		for _, b := range rule {
			if *h.ISEE <= b.ISEEUpTo {
				return Grant{Percent: b.Percent, Amount: b.Amount}
			}
		}
	case Linear:
		if h.ISEE != nil {
			return Grant{Percent: rule.percentAt(*h.ISEE)}
		}
	}
	return Grant{}
}

// percentAt is the percentage at an ISEE, in basis points, rounded down.
func (l Linear) percentAt(isee money.Amount) int64 {
	switch {
	case isee <= l.ISEEFrom:
		return l.PercentFrom
	case isee > l.ISEETo:
		return 0
	}
	return l.PercentTo + (l.PercentFrom-l.PercentTo)*(l.ISEETo-isee).Cents()/(l.ISEETo-l.ISEEFrom).Cents()
}
