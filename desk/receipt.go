package desk

import (
	"context"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/postgres"
)

// ReceiptOf makes the PDF receipt of a payment.
func (d *Desk) ReceiptOf(ctx context.Context, a communities.Actor, id billing.PaymentID) (Receipt, error) {
	p, err := d.db.Payment(ctx, id)
	if err != nil {
		return Receipt{}, err
	}
	line, err := d.seenCharge(ctx, a, p.Charge)
	if err != nil {
		return Receipt{}, err
	}
	if p.ReceiptNumber == "" {
		return Receipt{}, postgres.ErrNotFound.With("what", "receipt")
	}
	number, err := billing.ParseNumber(p.ReceiptNumber)
	if err != nil {
		return Receipt{}, err
	}
	doc, err := d.receipt(ctx, number, line, p)
	if err != nil {
		return Receipt{}, err
	}
	pdf, err := billing.ReceiptPDF(doc)
	return Receipt{Name: "ricevuta-" + number.String() + ".pdf", PDF: pdf}, err
}

func (d *Desk) receipt(ctx context.Context, n billing.Number, line postgres.ChargeLine, p postgres.PaymentLine) (billing.Receipt, error) {
	provider, err := d.db.Provider(ctx, catalogue.ProviderID(line.Provider))
	if err != nil {
		return billing.Receipt{}, err
	}
	holders, err := d.db.HoldersOf(ctx, []communities.HouseholdID{line.Household})
	if err != nil {
		return billing.Receipt{}, err
	}
	holder := holders[line.Household]
	issued := p.ReceivedOn
	if p.Method == billing.MethodTransfer { // recorded some days after the money came
		issued = p.CreatedAt
	}
	return billing.Receipt{
		Number: n, On: d.today(issued),
		Provider: billing.ReceiptParty{Name: provider.Name, TaxCode: provider.TaxCode, VATNumber: provider.VATNumber, Address: provider.Address},
		Payer:    billing.ReceiptParty{Name: holder.FullName(), TaxCode: holder.TaxCode},
		Lines: []billing.ReceiptLine{{
			Description: line.Description, Period: line.RoundName, Share: line.Subsidy + min(p.Amount, line.Net), Subsidy: line.Subsidy, Paid: min(p.Amount, line.Net),
		}},
		VAT: billing.VATExempt, VATNorm: vatNorm, StampExempt: provider.StampExempt, StampNorm: stampNorm(provider.StampExempt),
		Method: p.Method, PaidOn: p.ReceivedOn.In(d.zone), Reference: line.Reference,
	}, nil
}

// vatNorm is printed on receipts. Every provider of this version sells under
// the exemption for welfare services; VAT by line comes with provider kinds.
//
// Source: art. 10 c. 1 n. 27-ter DPR 633/1972 (domain report, section 4.2).
const vatNorm = "Esente IVA ai sensi dell'art. 10, comma 1, n. 27-ter, DPR 633/1972"

func stampNorm(exempt bool) string {
	if !exempt {
		return ""
	}
	return "Esente dall'imposta di bollo ai sensi dell'art. 82, comma 5, D.Lgs. 117/2017"
}
