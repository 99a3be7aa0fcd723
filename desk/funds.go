package desk

import (
	"context"
	"strconv"
	"strings"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/subsidies"
)

// FundView is a fund and its use.
type FundView struct {
	ID         string
	Name       string
	From, To   time.Time // days, both included
	Allocated  money.Amount
	Reserved   money.Amount // kept for rounds and applications
	Committed  money.Amount // awarded and not paid
	Paid       money.Amount
	Available  money.Amount
	Households int // that were awarded something
	Waiting    int // applications that are not wholly granted
	Mode       subsidies.FundMode
}

// Awarded is what households were granted, paid or not.
func (v FundView) Awarded() money.Amount { return v.Committed + v.Paid }

func fundView(f postgres.Fund) FundView {
	return FundView{
		ID: f.ID, Name: f.Name, From: f.ValidFrom, To: f.ValidTo, Allocated: f.Allocated, Reserved: f.Reserved, Committed: f.Committed, Paid: f.Paid,
		Available: f.Available(), Households: f.Households, Waiting: f.Waiting, Mode: f.Policy.Mode,
	}
}

// usualPolicy is how a fund is divided whose measure does not say: who comes first
// is served first, and the last one gets what is left.
func usualPolicy() subsidies.FundPolicy {
	return subsidies.FundPolicy{Mode: subsidies.FundFirstCome, Order: []subsidies.OrderKey{{By: subsidies.AppliedAt}}, Partial: true}
}

// yearFund is the fund of one measure for a year, divided as the measure says.
func yearFund(m *subsidies.Measure, year int, amount money.Amount) postgres.NewFund {
	policy := usualPolicy()
	if m.Fund != nil {
		policy = *m.Fund
	}
	name := m.Name.IT
	if !strings.Contains(name, strconv.Itoa(year)) {
		name += " " + strconv.Itoa(year)
	}
	return postgres.NewFund{
		ID: postgres.NewID(), Name: name, Measures: []string{m.ID}, Policy: policy, Amount: amount,
		ValidFrom: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC), ValidTo: time.Date(year, 12, 31, 0, 0, 0, 0, time.UTC),
	}
}

// openFund opens a fund in the transaction of an act: nothing else does.
func (d *Desk) openFund(ctx context.Context, tx *postgres.Tx, by communities.UserID, f postgres.NewFund) error {
	now := d.clock.Now()
	if err := tx.AddFund(ctx, f, by, now); err != nil {
		return err
	}
	return tx.Audit(ctx, now, by, "open_fund", "fund "+f.ID, map[string]any{
		"name": f.Name, "measures": f.Measures, "from": f.ValidFrom.Format(time.DateOnly), "to": f.ValidTo.Format(time.DateOnly),
		"amount": f.Amount.String(), "mode": string(f.Policy.Mode),
	})
}
