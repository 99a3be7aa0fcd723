package billing

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"colletta/money"
	"colletta/refusal"
)

// Receipt is the document that a household gets for what it paid, fit for the
// income tax return (modello 730): who sold, who paid, for whom, what, how much
// of it was subsidised, how it was paid.
//
// Source: art. 22 DPR 633/1972 (services to private persons), DPR 917/1986
// art. 15 (19% deductions), L. 160/2019 art. 1 c. 679 (traceable payment). The
// wording follows the list in the domain report, section 4.4; a tax adviser of
// the provider has not checked it yet.
type Receipt struct {
	Number      Number
	On          time.Time // day of the receipt
	Provider    ReceiptParty
	Payer       ReceiptParty
	Beneficiary ReceiptParty // zero when the payer is the beneficiary
	Lines       []ReceiptLine
	VAT         VATTreatment
	VATNorm     string // legal text printed beside the amounts, for example "Esente IVA art. 10 n. 27-ter DPR 633/1972"
	VATPermille int    // tax rate in thousandths, for VATIncluded only (50 is 5%)
	StampExempt bool   // the provider never pays stamp duty (registered third-sector body)
	StampNorm   string // why, when StampExempt
	Method      Method
	PaidOn      time.Time // day on which the money came
	Reference   Reference // of the charge
	Till        string    // space and number of the till, for what was paid there and nothing else; at most 160 characters
	Deduction   string    // text for the 730; empty prints the general one
	IssuedBy    string    // who made the document on the provider's behalf
}

// ReceiptParty is who sells, pays or benefits.
type ReceiptParty struct {
	Name      string
	TaxCode   string // codice fiscale
	VATNumber string // partita IVA; only of a provider
	Address   string
}

// ReceiptLine is one service: its whole price for this household, and who paid
// it. Share = Subsidy + Voucher + Rest + Paid.
type ReceiptLine struct {
	Description string // at most 250 characters
	Period      string // "da ottobre a dicembre 2026"; may be empty
	Share       money.Amount
	Subsidy     money.Amount
	Voucher     money.Amount // the part of it paid with the Comune's vouchers
	Rest        money.Amount // on other receipts, or still due
	Paid        money.Amount // by the household, with this payment
}

// VATTreatment says how a document treats value added tax. It depends on the
// provider, the service and the beneficiary together, so the caller decides it.
type VATTreatment string

// The treatments.
const (
	VATExempt   VATTreatment = "exempt"   // esente (art. 10): stamp duty may be due
	VATOutside  VATTreatment = "outside"  // fuori campo: stamp duty may be due
	VATIncluded VATTreatment = "included" // the amounts include tax: no stamp duty
)

// Stamp duty on a document without VAT.
//
// Source: art. 13 c. 1, tariffa, parte I, DPR 642/1972: 2.00 euro when the sum
// is above 77.47 euro; art. 82 c. 5 D.Lgs. 117/2017 exempts registered
// third-sector bodies (domain report, section 4.2).
const (
	StampDuty      money.Amount = 2_00
	stampThreshold money.Amount = 77_47
)

// ErrReceipt says that a receipt lacks something that the law asks for, or that
// its amounts do not agree. The field is in Field.
var ErrReceipt = refusal.New(refusal.KindInvalid, "receipt_incomplete")

// totals sums the lines.
func (r Receipt) totals() (sum ReceiptLine) {
	for _, l := range r.Lines {
		sum.Share, sum.Subsidy, sum.Voucher = sum.Share+l.Share, sum.Subsidy+l.Subsidy, sum.Voucher+l.Voucher
		sum.Rest, sum.Paid = sum.Rest+l.Rest, sum.Paid+l.Paid
	}
	return sum
}

// Paid is what the household paid for all lines, without stamp duty.
func (r Receipt) Paid() money.Amount {
	return r.totals().Paid
}

// Stamp is the stamp duty due on the document: 2.00 euro when the amount paid is
// above 77.47 without VAT and the provider is not exempt; otherwise zero. Each
// receipt is judged on its own amount. It is borne by the provider and only
// stated here: the household paid its net, nothing on top.
func (r Receipt) Stamp() money.Amount {
	if r.VAT == VATIncluded || r.StampExempt || r.Paid() <= stampThreshold {
		return 0
	}
	return StampDuty
}

// Taxable divides what was paid into its base and its tax when VAT is included;
// otherwise all of it is base. The tax is exact to the cent by money.Split.
func (r Receipt) Taxable() (base, tax money.Amount, err error) {
	paid := r.Paid()
	if r.VAT != VATIncluded {
		return paid, 0, nil
	}
	parts, err := money.Split(paid, []int64{1000, int64(r.VATPermille)})
	if err != nil {
		return 0, 0, fmt.Errorf("divide VAT: %w", err)
	}
	return parts[0], parts[1], nil
}

// Check returns nil for a receipt that may be given out, otherwise [ErrReceipt]
// with the field.
func (r Receipt) Check() error {
	if !r.Number.Valid() || r.On.IsZero() || r.On.Year() != r.Number.Year {
		return ErrReceipt.At("number")
	}
	for _, f := range []struct {
		name, value string
		least, most int
	}{
		{"provider_name", r.Provider.Name, 1, 120}, {"provider_tax_code", r.Provider.TaxCode, 11, 16},
		{"provider_vat_number", r.Provider.VATNumber, 0, 16}, {"provider_address", r.Provider.Address, 1, 200},
		{"payer_name", r.Payer.Name, 1, 120}, {"payer_tax_code", r.Payer.TaxCode, 0, 16}, {"payer_address", r.Payer.Address, 0, 200},
		{"beneficiary_name", r.Beneficiary.Name, 0, 120}, {"beneficiary_tax_code", r.Beneficiary.TaxCode, 0, 16},
		{"vat_norm", r.VATNorm, 1, 250}, {"stamp_norm", r.StampNorm, 0, 250}, {"deduction", r.Deduction, 0, 600}, {"till", r.Till, 0, 160}, {"issued_by", r.IssuedBy, 0, 120},
	} {
		n := utf8.RuneCountInString(f.value)
		if n < f.least || n > f.most || !clean(f.value) || (f.least > 0 && strings.TrimSpace(f.value) == "") {
			return ErrReceipt.At(f.name)
		}
	}
	if !r.Method.known() || r.PaidOn.IsZero() {
		return ErrReceipt.At("method")
	}
	if r.Method.AtSpace() != (r.Till != "") {
		return ErrReceipt.At("till")
	}
	if r.VAT != VATExempt && r.VAT != VATOutside && (r.VAT != VATIncluded || r.VATPermille < 1 || r.VATPermille > 1000) {
		return ErrReceipt.At("vat")
	}
	return r.checkLines()
}

// linesMax bounds a receipt to what a few pages hold.
const linesMax = 100

func (r Receipt) checkLines() error {
	if len(r.Lines) == 0 || len(r.Lines) > linesMax || r.Paid() <= 0 {
		return ErrReceipt.At("lines")
	}
	for _, l := range r.Lines {
		n := utf8.RuneCountInString(l.Description)
		if n == 0 || n > descriptionMax || !clean(l.Description) || !clean(l.Period) || utf8.RuneCountInString(l.Period) > 120 {
			return ErrReceipt.At("lines")
		}
		if min(l.Share, l.Subsidy, l.Voucher, l.Rest, l.Paid) < 0 || l.Share != l.Subsidy+l.Voucher+l.Rest+l.Paid || l.Share > money.Max {
			return ErrReceipt.At("lines")
		}
	}
	return nil
}
