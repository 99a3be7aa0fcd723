package pooling

import (
	"encoding/json"
	"fmt"

	"colletta/money"
)

// outcomeDoc is an outcome as colletta.outcome/1: one JSON object on a line.
// It changes only by addition.
type outcomeDoc struct {
	Demand          string        `json:"demand"`
	Code            OutcomeCode   `json:"code"`
	Reach           ReachCode     `json:"reach,omitempty"`
	Limit           LimitCode     `json:"limit,omitempty"`
	Pool            string        `json:"pool,omitempty"`
	Offer           string        `json:"offer,omitempty"`
	Host            string        `json:"host,omitempty"`
	Slots           []timeDoc     `json:"slots,omitempty"`
	Candidates      int           `json:"candidates,omitempty"`
	Members         int           `json:"members,omitempty"`
	PricedAt        int           `json:"priced_at,omitempty"`
	Missing         int           `json:"missing,omitempty"`
	MissingUnits    int64         `json:"missing_units,omitempty"`
	Units           int64         `json:"units"`
	Unit            string        `json:"unit"`
	MembersNeeded   int           `json:"members_needed,omitempty"`
	AtLeast         bool          `json:"at_least,omitempty"`
	MaxPrice        money.Amount  `json:"max_price"`
	Quote           *money.Amount `json:"quote,omitempty"`
	NetQuote        *money.Amount `json:"net_quote,omitempty"`
	Share           *money.Amount `json:"share,omitempty"`
	Subsidy         *money.Amount `json:"subsidy,omitempty"`
	Net             *money.Amount `json:"net,omitempty"`
	Programme       string        `json:"programme,omitempty"`
	FundExhaustedOf string        `json:"fund_exhausted_of,omitempty"`
	Reckoning       *reckoningDoc `json:"reckoning,omitempty"`
}

type timeDoc struct {
	ID    string `json:"id"`
	Day   string `json:"day"`
	Start string `json:"start"`
	End   string `json:"end"`
}

type reckoningDoc struct {
	Cost        money.Amount  `json:"cost"`
	Fixed       money.Amount  `json:"fixed"`
	Split       SplitRule     `json:"split"`
	Weight      int64         `json:"weight"`
	TotalWeight int64         `json:"total_weight"`
	FixedDown   money.Amount  `json:"fixed_rounded_down"`
	PerMember   money.Amount  `json:"per_member"`
	PerUnit     money.Amount  `json:"per_unit"`
	Units       int64         `json:"units"`
	Own         money.Amount  `json:"own"`
	OddCents    int           `json:"odd_cents"`
	OddCent     bool          `json:"odd_cent"`
	OddWhy      OddCentWhy    `json:"odd_why,omitempty"`
	Percent     string        `json:"percent,omitempty"`
	Amount      *money.Amount `json:"amount,omitempty"`
	Cap         *money.Amount `json:"cap,omitempty"`
	WholeBase   bool          `json:"whole_base,omitempty"`
}

// JSON writes the outcome as one object of colletta.outcome/1, on one line
// without its end. Amounts are decimal strings in euro, percentages too, as in
// the round schema.
func (o Outcome) JSON() ([]byte, error) {
	doc := outcomeDoc{
		Demand: o.Demand, Code: o.Code, Reach: o.Reach, Limit: o.Limit, Pool: o.Pool, Offer: o.Offer, Host: o.Host,
		Candidates: o.Candidates, Members: o.Members, PricedAt: o.PricedAt, Missing: o.Missing, MissingUnits: o.MissingUnits, Units: o.Units, Unit: o.Unit,
		MembersNeeded: o.MembersNeeded, AtLeast: o.AtLeast, MaxPrice: o.MaxPrice, Programme: o.Programme, FundExhaustedOf: o.FundExhaustedOf,
	}
	for _, t := range o.Times {
		doc.Slots = append(doc.Slots, timeDoc(t))
	}
	if o.PricedAt > 0 {
		doc.Quote, doc.Subsidy, doc.NetQuote = &o.Quote, &o.Subsidy, &o.NetQuote
	}
	if o.Code == OutcomeServed {
		doc.Share, doc.Net = &o.Share, &o.Net
	}
	if r := o.Reckoning; r != nil {
		doc.Reckoning = fromReckoning(r)
	}
	line, err := json.Marshal(doc)
	if err != nil {
		return nil, fmt.Errorf("outcome of %s: %w", o.Demand, err)
	}
	return line, nil
}

func fromReckoning(r *Reckoning) *reckoningDoc {
	doc := &reckoningDoc{
		Cost: r.Cost, Fixed: r.Fixed, Split: r.Split, Weight: r.Weight, TotalWeight: r.TotalWeight, FixedDown: r.FixedDown,
		PerMember: r.PerMember, PerUnit: r.PerUnit, Units: r.Units, Own: r.Own, OddCents: r.OddCents, OddCent: r.OddCent, OddWhy: r.OddWhy,
		Cap: r.Cap, WholeBase: r.WholeBase,
	}
	if r.Percent > 0 {
		doc.Percent = money.Amount(r.Percent).String()
	} else if r.Amount > 0 {
		doc.Amount = &r.Amount
	}
	return doc
}
