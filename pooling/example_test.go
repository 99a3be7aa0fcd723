package pooling_test

import (
	"fmt"
	"log"
	"os"

	"colletta/money"
	"colletta/pooling"
)

// Read a round from a file, form its pools, check them, and say why each
// demand is in or out.
func Example() {
	file, err := os.Open("testdata/rounds/e01.json")
	if err != nil {
		log.Fatal(err)
	}
	defer file.Close()
	snapshot, err := pooling.ReadSnapshot(file)
	if err != nil {
		log.Fatal(err)
	}
	formation, err := pooling.Form(snapshot, pooling.Options{})
	if err != nil {
		log.Fatal(err)
	}
	if violations := pooling.Check(snapshot, formation); len(violations) > 0 {
		log.Fatal(violations[0])
	}
	fmt.Println("served", formation.Totals.Served, "net", formation.Totals.Net)
	for _, o := range pooling.Explain(snapshot, formation)[5:8] {
		fmt.Println(o.Demand, o.Code, o.Net, o.NetQuote, o.MaxPrice)
	}
	// Output:
	// served 12 net 602.16
	// d6 served 23.30 23.30 36.50
	// d7 fund_exhausted 0.00 13.98 15.00
	// d8 served 23.57 23.58 50.00
}

// The price of a place in a laboratory of 1,500.00 falls as families join.
func ExamplePriceLadder() {
	laboratory := pooling.Offer{
		MinMembers: 10, MaxMembers: 30, Split: pooling.SplitEqual,
		Tiers: []pooling.Tier{{FromMembers: 1, Fixed: 1500_00}, {FromMembers: 25, Fixed: 1350_00, PerMember: 2_00}},
	}
	for _, r := range pooling.PriceLadder(laboratory, 1, 1, []int{10, 20, 24, 25, 30}) {
		fmt.Println(r.Members, r.Quote)
	}
	// Output:
	// 10 150.00
	// 20 75.00
	// 24 62.50
	// 25 56.00
	// 30 47.00
}

// A voucher of 60 percent, at most 20.00, on a maximum price of 30.00.
func ExampleVouchers() {
	isee, limit := money.Amount(7_500_00), money.Amount(20_00)
	snapshot := &pooling.Snapshot{
		Households: []pooling.Household{{ID: "rossi", ISEE: &isee}},
		Demands:    []pooling.Demand{{ID: "d1", Household: "rossi", MaxPrice: 30_00}},
		Programmes: []pooling.Programme{{
			ID: "bonus", Rule: pooling.Brackets{{ISEEUpTo: 9_360_00, Percent: 60_00}}, HouseholdCap: &limit, Budget: 100_00,
		}},
	}
	v := pooling.Vouchers(snapshot)["d1"]
	fmt.Println(v.Programme, "accepts up to", v.MaxQuote, "reserving", v.Reserved)
	fmt.Println("of 40.00 the municipality pays", v.Subsidy(40_00, 40_00))
	// Output:
	// bonus accepts up to 50.00 reserving 20.00
	// of 40.00 the municipality pays 20.00
}
