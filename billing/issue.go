package billing

import (
	"time"
	"unicode/utf8"

	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
)

// Member is one household's place in a pool, as shared and awarded.
type Member struct {
	Charge    ChargeID // id of the charge to be made
	Demand    pooling.DemandID
	Household communities.HouseholdID
	Share     money.Amount // >= 0
	Subsidy   money.Amount // 0 to Share
}

// Pool is what [Issue] charges for.
type Pool struct {
	ID          PoolID
	Round       pooling.RoundID
	Provider    ProviderID
	Description string    // at most 250 characters
	IssuedOn    time.Time // day
	DueOn       time.Time // day, not before IssuedOn
	Members     []Member
}

// Issue makes one charge per member of a pool, in the order of its members.
// Net is share less subsidy; a member whose share is wholly subsidised gets a
// charge of zero that is paid from the start, so that everyone sees theirs.
//
// It returns [ErrChargeNobody], [ErrChargeDescription], [ErrChargeDates],
// [ErrChargeShare] or [ErrChargeTwice], and then no charge at all.
func Issue(p Pool) ([]Charge, error) {
	if err := p.check(); err != nil {
		return nil, err
	}
	seen := make(map[string]bool, 2*len(p.Members))
	charges := make([]Charge, len(p.Members))
	for i, m := range p.Members {
		if m.Share < 0 || m.Share > money.Max || m.Subsidy < 0 || m.Subsidy > m.Share {
			return nil, ErrChargeShare.With("demand", string(m.Demand), "share", m.Share, "subsidy", m.Subsidy)
		}
		if seen["c"+string(m.Charge)] || seen["d"+string(m.Demand)] {
			return nil, ErrChargeTwice.With("demand", string(m.Demand))
		}
		seen["c"+string(m.Charge)], seen["d"+string(m.Demand)] = true, true
		reference, err := ReferenceOf(m.Charge)
		if err != nil {
			return nil, err
		}
		charges[i] = Charge{
			ID: m.Charge, Round: p.Round, Pool: p.ID, Demand: m.Demand, Household: m.Household, Provider: p.Provider,
			Share: m.Share, Subsidy: m.Subsidy, Net: m.Share - m.Subsidy, Description: p.Description,
			State: ChargeOpen, Reference: reference, IssuedOn: p.IssuedOn, DueOn: p.DueOn,
		}
		if charges[i].Net == 0 {
			charges[i].State = ChargePaid
		}
	}
	return charges, nil
}

func (p Pool) check() error {
	if len(p.Members) == 0 {
		return ErrChargeNobody
	}
	if n := utf8.RuneCountInString(p.Description); n == 0 || n > descriptionMax || !clean(p.Description) {
		return ErrChargeDescription.With("max", descriptionMax)
	}
	if p.IssuedOn.IsZero() || p.DueOn.Before(p.IssuedOn) {
		return ErrChargeDates.With("issued_on", p.IssuedOn, "due_on", p.DueOn)
	}
	return nil
}
