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
	if p.ReceiptNumber == "" || p.State == billing.PaymentReversed { // what was taken back has no receipt
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
	service, err := d.receiptLine(ctx, line, p)
	if err != nil {
		return billing.Receipt{}, err
	}
	issued := p.ReceivedOn
	if p.Method == billing.MethodTransfer { // recorded some days after the money came
		issued = p.CreatedAt
	}
	return billing.Receipt{
		Number: n, On: d.today(issued),
		Provider: billing.ReceiptParty{Name: provider.Name, TaxCode: provider.TaxCode, VATNumber: provider.VATNumber, Address: provider.Address},
		Payer:    billing.ReceiptParty{Name: holder.FullName(), TaxCode: holder.TaxCode},
		Lines:    []billing.ReceiptLine{service},
		VAT:      billing.VATExempt, VATNorm: vatNorm, StampExempt: provider.StampExempt, StampNorm: stampNorm(provider.StampExempt),
		Method: p.Method, PaidOn: p.ReceivedOn.In(d.zone), Reference: line.Reference, Till: tillWords(p.Payment),
	}, nil
}

// receiptLine is the service of a charge as the receipt of one payment shows it:
// with what funds and vouchers paid when it was numbered, so that it stays the same
// whatever becomes of them. What earlier receipts show is part of the rest.
func (d *Desk) receiptLine(ctx context.Context, line postgres.ChargeLine, p postgres.PaymentLine) (billing.ReceiptLine, error) {
	payments, err := d.db.PaymentsOf(ctx, []billing.ChargeID{line.ID})
	if err != nil {
		return billing.ReceiptLine{}, err
	}
	left := line.Share - p.Subsidy - p.Voucher
	for _, other := range payments[line.ID] {
		if other.State == billing.PaymentSucceeded && earlier(other.ReceiptNumber, p.ReceiptNumber) {
			left -= min(left, other.Amount)
		}
	}
	l := billing.ReceiptLine{
		Description: line.Description, Period: line.RoundName, Share: line.Share, Subsidy: p.Subsidy, Voucher: p.Voucher, Paid: min(p.Amount, left),
	}
	l.Rest = l.Share - l.Subsidy - l.Voucher - l.Paid
	return l, nil
}

// earlier tells whether a receipt was numbered before another.
func earlier(number, than string) bool {
	x, errX := billing.ParseNumber(number)
	y, errY := billing.ParseNumber(than)
	return errX == nil && errY == nil && (x.Year < y.Year || x.Year == y.Year && x.Serial < y.Serial)
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
