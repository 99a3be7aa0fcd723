package desk

import (
	"cmp"
	"slices"

	"colletta/money"
	"colletta/pooling"
)

// shareFunds divides what a fund holds among those of its measures that take part
// in a round, so that together they never exceed it. The format of rounds knows a
// budget for each programme, not for several: so each gets exactly what its
// vouchers reserve when the vouchers of all of them are issued in one line, in the
// order of ISEE, up to the first that does not fit. Every budget is at most the
// whole fund before. A fund with one measure in the round is left as it is.
//
// Source: mechanism, section 2.3 and G5; round schema, "Vouchers".
func shareFunds(s *pooling.Snapshot, funds []measuredFund) {
	programmes := map[string][]*pooling.Programme{} // by fund
	var order []string
	for _, f := range funds {
		i := slices.IndexFunc(s.Programmes, func(p pooling.Programme) bool { return p.ID == f.MeasureID })
		if i < 0 {
			continue
		}
		if len(programmes[f.ID]) == 0 {
			order = append(order, f.ID)
		}
		programmes[f.ID] = append(programmes[f.ID], &s.Programmes[i])
	}
	for _, fund := range order {
		if len(programmes[fund]) > 1 {
			shareFund(s, programmes[fund])
		}
	}
}

// shareFund sets the budgets of programmes that draw on one fund, which holds as
// much as the largest of their budgets.
func shareFund(s *pooling.Snapshot, programmes []*pooling.Programme) {
	left := money.Amount(0)
	of := map[string]*pooling.Programme{}
	for _, p := range programmes {
		left, of[p.ID] = max(left, p.Budget), p
	}
	alone := pooling.IssueVouchers(s) // of each programme, as if it were alone
	budgets := map[string]money.Amount{}
	for _, d := range inIssueOrder(s) {
		if of[alone.Exhausted[d.ID]] != nil {
			break
		}
		v, ok := alone.ByDemand[d.ID]
		if !ok || of[v.Programme] == nil {
			continue
		}
		if v.Reserved > left {
			break
		}
		left -= v.Reserved
		budgets[v.Programme] += v.Reserved
	}
	for _, p := range programmes {
		p.Budget = budgets[p.ID]
	}
}

// inIssueOrder are the demands in the order in which vouchers are issued: ISEE,
// none presented last, then posted_on, then id.
func inIssueOrder(s *pooling.Snapshot) []pooling.Demand {
	isee := map[string]*money.Amount{}
	for _, h := range s.Households {
		isee[h.ID] = h.ISEE
	}
	demands := slices.Clone(s.Demands)
	slices.SortFunc(demands, func(a, b pooling.Demand) int {
		x, y := isee[a.Household], isee[b.Household]
		switch {
		case x == nil && y != nil:
			return 1
		case x != nil && y == nil:
			return -1
		case x != nil && *x != *y:
			return cmp.Compare(*x, *y)
		}
		return cmp.Or(cmp.Compare(a.PostedOn, b.PostedOn), cmp.Compare(a.ID, b.ID))
	})
	return demands
}
