package desk

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
)

// Goal: measures that draw on one fund never issue vouchers of more than it holds,
// and who is left out is never poorer than who is served. Method: random demands,
// each eligible for one of three measures, two of which share a fund.
func TestMeasuresOfOneFundShareIt(t *testing.T) {
	t.Parallel()
	shared := []measuredFund{{MeasuredFund: postgres.MeasuredFund{Fund: postgres.Fund{ID: "f"}, MeasureID: "a"}}, {MeasuredFund: postgres.MeasuredFund{Fund: postgres.Fund{ID: "f"}, MeasureID: "b"}},
		{MeasuredFund: postgres.MeasuredFund{Fund: postgres.Fund{ID: "g"}, MeasureID: "c"}}}
	scarce := 0
	rapid.Check(t, func(t *rapid.T) {
		fund := money.Amount(rapid.Int64Range(0, 300_00).Draw(t, "fund"))
		grants := map[string]map[string]pooling.Grant{"a": {}, "b": {}, "c": {}}
		s := &pooling.Snapshot{}
		for i := range rapid.IntRange(1, 12).Draw(t, "demands") {
			id := fmt.Sprintf("d%02d", i)
			h := pooling.Household{ID: "h" + id}
			if rapid.IntRange(0, 4).Draw(t, "isee known") > 0 {
				isee := money.Amount(rapid.Int64Range(0, 5).Draw(t, "isee") * 1000_00)
				h.ISEE = &isee
			}
			s.Households = append(s.Households, h)
			s.Demands = append(s.Demands, pooling.Demand{ID: id, Household: h.ID, MaxPrice: money.Amount(rapid.Int64Range(1, 80_00).Draw(t, "max price")), PostedOn: "2026-11-0" + fmt.Sprint(1+i%3)})
			grants[rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "measure")][id] = pooling.Grant{Amount: money.Amount(rapid.Int64Range(1, 60_00).Draw(t, "grant"))}
		}
		for _, id := range []string{"a", "b", "c"} {
			s.Programmes = append(s.Programmes, pooling.Programme{ID: id, Rule: pooling.Given(grants[id]), Budget: fund})
		}
		alone := pooling.IssueVouchers(s)
		shareFunds(s, shared)
		issued := pooling.IssueVouchers(s)
		if s.Programmes[2].Budget != fund || issued.ReservedByProgramme["c"] != alone.ReservedByProgramme["c"] {
			t.Fatal("a fund of its own was touched")
		}
		if sum := s.Programmes[0].Budget + s.Programmes[1].Budget; sum > fund || issued.ReservedByProgramme["a"]+issued.ReservedByProgramme["b"] != sum {
			t.Fatalf("budgets %s and %s of a fund of %s, vouchers of %v", s.Programmes[0].Budget, s.Programmes[1].Budget, fund, issued.ReservedByProgramme)
		}
		// In one line over both measures: a voucher for each up to the first that
		// does not fit, then for nobody who needs something.
		left, ended := fund, false
		for _, d := range inIssueOrder(s) {
			grant := grants["a"][d.ID].Amount + grants["b"][d.ID].Amount
			if grant == 0 {
				continue
			}
			v, has := issued.ByDemand[d.ID]
			ended = ended || grant > left
			if has == ended {
				t.Fatalf("%s: voucher %v %s, left %s", d.ID, has, v.Reserved, left)
			}
			left -= v.Reserved
		}
		if ended {
			scarce++
		}
	})
	if scarce == 0 {
		t.Error("the fund always did for all: nothing was tried")
	}
}
