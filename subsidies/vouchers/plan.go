package vouchers

import (
	"slices"
	"strings"
	"time"

	"colletta/communities"
	"colletta/money"
)

// Plan is what a file would do to a municipality.
type Plan struct {
	New       []FileRow
	Unchanged int // rows whose voucher is there, with the same data
	Calls     []CallSum
	Expired   int // of the new ones, already past their last day
}

// CallSum sums the new vouchers of one call.
type CallSum struct {
	Call   string
	Count  int
	Amount money.Amount
}

// Total is the sum of the new vouchers.
func (p Plan) Total() money.Amount {
	var sum money.Amount
	for _, c := range p.Calls {
		sum += c.Amount
	}
	return sum
}

// PlanFile compares a file with the vouchers that the municipality has confirmed,
// by code. A row with the data of its voucher changes nothing, so that a file may
// be imported twice, or with rows added; one with other data is an error,
// because what a household was granted is not changed by a file.
func PlanFile(file *File, stored map[string]Terms, today time.Time) (Plan, []communities.CellError) {
	var p Plan
	var errs errorList
	sums := map[string]*CallSum{}
	for _, r := range file.Rows {
		old, there := stored[r.Code]
		switch {
		case there && old.same(r.Terms):
			p.Unchanged++
			continue
		case there:
			errs.add(r.Line, columnName(columnCode), r.Code, ErrCodeTaken)
			continue
		}
		p.New = append(p.New, r)
		if !r.ValidTo.IsZero() && today.After(r.ValidTo) {
			p.Expired++
		}
		if sums[r.Call] == nil {
			sums[r.Call] = &CallSum{Call: r.Call}
		}
		sums[r.Call].Count++
		sums[r.Call].Amount += r.Amount
	}
	if len(errs.list) > 0 {
		return Plan{}, errs.sorted()
	}
	for _, sum := range sums {
		p.Calls = append(p.Calls, *sum)
	}
	slices.SortFunc(p.Calls, func(a, b CallSum) int { return strings.Compare(a.Call, b.Call) })
	return p, nil
}

// same tells whether two rows say the same of a voucher.
func (t Terms) same(other Terms) bool {
	if !t.ValidFrom.Equal(other.ValidFrom) || !t.ValidTo.Equal(other.ValidTo) {
		return false
	}
	t.ValidFrom, t.ValidTo = other.ValidFrom, other.ValidTo
	return t == other
}
