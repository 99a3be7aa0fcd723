package billing

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"colletta/money"
)

func anyReceipt() Receipt {
	return Receipt{
		Number:      Number{2026, 123},
		On:          time.Date(2026, 11, 15, 0, 0, 0, 0, time.UTC),
		Provider:    ReceiptParty{"Cooperativa Esempio Società Cooperativa Sociale Onlus", "01199250158", "01199250158", "Via San Gottardo 12, 20136 Milano (MI)"},
		Payer:       ReceiptParty{"Anna Bianchi Łódź", "BNCNNA45T47F205T", "", "Via Tibaldi 4, 20136 Milano (MI)"},
		Beneficiary: ReceiptParty{"Lu Fo", "FOXLUX19P70F205P", "", ""},
		Lines: []ReceiptLine{{
			Description: "Laboratorio di psicomotricità, 10 incontri in gruppo presso la scuola dell’infanzia di via San Gottardo",
			Period:      "Da ottobre a dicembre 2026, tornata «Autunno 2026»",
			Share:       150_00, Subsidy: 60_00, Paid: 90_00,
		}},
		VAT: VATExempt, VATNorm: "Operazione esente da IVA, art. 10, n. 20, DPR 633/1972.",
		Method: MethodCard, PaidOn: time.Date(2026, 11, 12, 0, 0, 0, 0, time.UTC),
		Reference: "RF97WEMI2026000123", IssuedBy: "Comune di Milano",
	}
}

func TestStampDutyByThreshold(t *testing.T) {
	t.Parallel()
	// 77.47 pays none, 77.48 pays 2.00 (domain report, section 4.2).
	for _, c := range []struct {
		name   string
		paid   money.Amount
		vat    VATTreatment
		exempt bool
		want   money.Amount
	}{
		{"at the threshold", 77_47, VATExempt, false, 0},
		{"a cent above", 77_48, VATExempt, false, 2_00},
		{"outside VAT", 77_48, VATOutside, false, 2_00},
		{"with VAT", 500_00, VATIncluded, false, 0},
		{"third-sector body", 500_00, VATExempt, true, 0},
	} {
		r := anyReceipt()
		r.Lines = []ReceiptLine{{Description: "x", Share: c.paid + 10_00, Subsidy: 10_00, Paid: c.paid}}
		r.VAT, r.StampExempt = c.vat, c.exempt
		if got := r.Stamp(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func TestVATIsTakenOutOfWhatWasPaid(t *testing.T) {
	t.Parallel()
	r := anyReceipt()
	r.Lines[0] = ReceiptLine{Description: "x", Share: 105_00, Paid: 105_00}
	r.VAT, r.VATPermille = VATIncluded, 50
	base, tax, err := r.Taxable()
	if err != nil || base != 100_00 || tax != 5_00 { // 105.00 / 1.05, by hand
		t.Fatalf("%s + %s, %v", base, tax, err)
	}
}

func TestReceiptLacksNothing(t *testing.T) {
	t.Parallel()
	if err := anyReceipt().Check(); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*Receipt){
		"number":            func(r *Receipt) { r.On = r.On.AddDate(1, 0, 0) },
		"provider_name":     func(r *Receipt) { r.Provider.Name = " " },
		"provider_tax_code": func(r *Receipt) { r.Provider.TaxCode = "" },
		"provider_address":  func(r *Receipt) { r.Provider.Address = "" },
		"payer_name":        func(r *Receipt) { r.Payer.Name = "a\nb" },
		"payer_tax_code":    func(r *Receipt) { r.Payer.TaxCode = strings.Repeat("A", 17) },
		"vat_norm":          func(r *Receipt) { r.VATNorm = "" },
		"vat":               func(r *Receipt) { r.VAT = "" },
		"method":            func(r *Receipt) { r.Method = "barter" },
		"till":              func(r *Receipt) { r.Method = MethodCash },
		"lines":             func(r *Receipt) { r.Lines[0].Paid++ },
	} {
		r := anyReceipt()
		spoil(&r)
		err := r.Check()
		if !errors.Is(err, ErrReceipt) || !strings.HasPrefix(err.Error(), field+":") {
			t.Errorf("%s: %v", field, err)
		}
		if _, err := ReceiptPDF(r); !errors.Is(err, ErrReceipt) {
			t.Errorf("%s printed: %v", field, err)
		}
	}
}

// A household whose tax code nobody registered gets its receipt all the same,
// which says what it lacks for the tax return.
func TestReceiptWithoutThePayersTaxCode(t *testing.T) {
	t.Parallel()
	r := anyReceipt()
	r.Payer.TaxCode = ""
	if got := r.deductionWords(); got != noTaxCodeDeduction {
		t.Errorf("its text for the 730 is %q", got)
	}
	if pdf, err := ReceiptPDF(r); err != nil || len(pdf) == 0 {
		t.Errorf("%d bytes (%v)", len(pdf), err)
	}
}

// Goal: the same receipt is the same document, whenever it is printed.
func TestReceiptPDFIsAlwaysTheSame(t *testing.T) {
	t.Parallel()
	first, err := ReceiptPDF(anyReceipt())
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.HasPrefix(first, []byte("%PDF-")) || bytes.Count(first, []byte("(D:20261115120000)")) != 2 {
		t.Fatal("no PDF with both dates of the receipt")
	}
	for range 5 {
		if again, err := ReceiptPDF(anyReceipt()); err != nil || !bytes.Equal(first, again) {
			t.Fatalf("differs: %v", err)
		}
	}
}

// Goal: a reader finds everything that the tax office asks for. Method: the
// text is taken out again by poppler's pdftotext, where that is installed.
func TestReceiptPDFSaysEverything(t *testing.T) {
	t.Parallel()
	pdf, err := ReceiptPDF(anyReceipt())
	if err != nil {
		t.Fatal(err)
	}
	if dir := os.Getenv("RECEIPT_DIR"); dir != "" { // to look at it
		if err := os.WriteFile(filepath.Join(dir, "receipt.pdf"), pdf, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	words := textOf(t, pdf)
	for _, want := range []string{
		"n. 2026-000123", "del 15 novembre 2026", "Cooperativa Esempio", "Codice fiscale 01199250158", "Partita IVA 01199250158",
		"Anna Bianchi Łódź", "BNCNNA45T47F205T", "Lu Fo", "FOXLUX19P70F205P", "psicomotricità", "150,00", "−60,00", "90,00",
		"art. 10, n. 20", "2,00", "carta di pagamento il 12 novembre 2026", "tracciabile", "RF97 WEMI 2026 0001 23", "730", "Pagina 1 di 1",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("%q is not in:\n%s", want, words)
		}
	}
}

// textOf takes the text out of a document, with single spaces.
func textOf(t *testing.T, pdf []byte) string {
	t.Helper()
	if _, err := exec.LookPath("pdftotext"); err != nil {
		t.Skip("pdftotext (poppler-utils) is not installed")
	}
	cmd := exec.Command("pdftotext", "-layout", "-", "-")
	cmd.Stdin = bytes.NewReader(pdf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// What was paid in cash is said not to be traceable, and nothing of the 730.
func TestReceiptOfWhatWasPaidAtASpace(t *testing.T) {
	t.Parallel()
	r := anyReceipt()
	r.Method, r.Till = MethodCash, "WeMi San Gottardo, n. 2026-000001"
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	if words := r.paymentWords(); !strings.Contains(words, "in contanti") || !strings.Contains(words, "non tracciabile") || !strings.Contains(words, "n. 2026-000001") {
		t.Error(words)
	}
	if words := r.deductionWords(); strings.Contains(words, "730") || !strings.Contains(words, "non dà diritto") {
		t.Error(words)
	}
	r.Method = MethodPOS
	if words := r.paymentWords(); !strings.Contains(words, "pagamento tracciabile") || !strings.Contains(words, "allo sportello") {
		t.Error(words)
	}
	if r.deductionWords() != defaultDeduction {
		t.Error(r.deductionWords())
	}
	r.Method, r.Till = MethodCredit, ""
	if err := r.Check(); err != nil || !strings.Contains(r.paymentWords(), "credito") {
		t.Error(err, r.paymentWords())
	}
	if r.Method = "barter"; r.Check() == nil {
		t.Error("an unknown method")
	}
}
