package desk

import (
	"context"
	"fmt"
	"strings"

	"colletta/billing"
	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
)

// chargeOf is a charge's view with the ids that pages do not show.
type chargeOf struct {
	ChargeView
	household communities.HouseholdID
	demand    pooling.DemandID
}

// chargeViews lists charges with their payments.
func (d *Desk) chargeViews(ctx context.Context, f postgres.ChargesFilter, most int) ([]chargeOf, error) {
	lines, err := d.db.Charges(ctx, f, most)
	if err != nil {
		return nil, err
	}
	ids := make([]billing.ChargeID, len(lines))
	for i, l := range lines {
		ids[i] = l.ID
	}
	payments, err := d.db.PaymentsOf(ctx, ids)
	if err != nil {
		return nil, err
	}
	views := make([]chargeOf, len(lines))
	for i, l := range lines {
		views[i] = chargeOf{d.chargeView(l, payments[l.ID]), l.Household, l.Demand}
	}
	return views, nil
}

func (d *Desk) chargeView(l postgres.ChargeLine, payments []postgres.PaymentLine) ChargeView {
	v := ChargeView{
		ID: l.ID, Number: l.Number, Round: l.Round, RoundName: l.RoundName, Description: l.Description, Household: l.HouseholdName, UnitLabel: l.UnitLabel,
		Provider: l.ProviderName, Share: l.Share, Subsidy: l.Subsidy, Net: l.Net, Voucher: l.Voucher, Paid: l.PaidSum, Due: l.Due(l.PaidSum), State: l.State,
		IssuedOn: l.IssuedOn.In(d.zone), DueOn: l.DueOn.In(d.zone), Reference: l.Reference.Printed(), Beneficiary: l.ProviderName,
		IBAN: billing.IBAN(l.ProviderIBAN).Printed(), Members: l.PoolSize, Cost: l.PoolCost, Explanation: explanation(l),
	}
	if d.collecting.IBAN != "" {
		v.Beneficiary, v.IBAN = d.collecting.Name, d.collecting.IBAN.Printed()
	}
	if due := l.Due(l.PaidSum); due > 0 {
		// A beneficiary whose name or IBAN the standard does not allow has no QR
		// code; beneficiary, IBAN and reference stay on the page.
		v.QRPayload, _ = billing.TransferQR{
			BeneficiaryName: v.Beneficiary, IBAN: billing.IBAN(strings.ReplaceAll(v.IBAN, " ", "")), Amount: due, Reference: l.Reference,
		}.Payload()
	}
	for _, p := range payments {
		v.Payments = append(v.Payments, PaymentView{
			ID: p.ID, Method: p.Method, Amount: p.Amount, State: p.State, ReceivedOn: p.ReceivedOn.In(d.zone), ReceiptNumber: p.ReceiptNumber,
		})
	}
	return v
}

// explanation says in Italian how a charge came about, line by line.
func explanation(l postgres.ChargeLine) []string {
	lines := []string{
		fmt.Sprintf("Il gruppo ha %d famiglie e costa in tutto %s.", l.PoolSize, l.PoolCost.Italian()),
		fmt.Sprintf("La tua parte del costo è %s.", l.Share.Italian()),
	}
	if l.OddCent {
		lines = append(lines, "Dentro c'è un centesimo che non si divide: a turno tocca a una famiglia diversa.")
	}
	if l.Subsidy > 0 {
		pay := "La misura «%s» paga %s."
		if strings.Contains(l.MeasureName, "», «") {
			pay = "Le misure «%s» pagano %s."
		}
		lines = append(lines, fmt.Sprintf(pay, l.MeasureName, l.Subsidy.Italian()))
	}
	if l.Voucher == 0 {
		return append(lines, fmt.Sprintf("Restano da pagare a te %s.", l.Net.Italian()))
	}
	return append(lines, fmt.Sprintf("I tuoi voucher pagano %s.", l.Voucher.Italian()), fmt.Sprintf("Restano da pagare a te %s.", (l.Net-l.Voucher).Italian()))
}

// Charges lists what the actor's household owes and has paid.
func (d *Desk) Charges(ctx context.Context, a communities.Actor) ([]ChargeView, error) {
	if a.User == "" {
		return nil, communities.ErrNotLoggedIn
	}
	views, err := d.chargeViews(ctx, postgres.ChargesFilter{Household: a.Household}, 200)
	plain := make([]ChargeView, len(views))
	for i, v := range views {
		plain[i] = v.ChargeView
	}
	return plain, err
}

// Charge is one charge of the actor's household (or any, for an officer).
func (d *Desk) Charge(ctx context.Context, a communities.Actor, id billing.ChargeID) (ChargeView, error) {
	line, err := d.seenCharge(ctx, a, id)
	if err != nil {
		return ChargeView{}, err
	}
	payments, err := d.db.PaymentsOf(ctx, []billing.ChargeID{id})
	return d.chargeView(line, payments[id]), err
}

// seenCharge is a charge that the actor may see; others are not there.
func (d *Desk) seenCharge(ctx context.Context, a communities.Actor, id billing.ChargeID) (postgres.ChargeLine, error) {
	if a.User == "" {
		return postgres.ChargeLine{}, communities.ErrNotLoggedIn
	}
	line, err := d.db.Charge(ctx, id)
	if err != nil {
		return line, err
	}
	if a.May(communities.PermSeeCharges, communities.Scope{Household: line.Household}, d.clock.Now()) != nil {
		return postgres.ChargeLine{}, postgres.ErrNotFound.With("what", "charge")
	}
	return line, nil
}
