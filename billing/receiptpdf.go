package billing

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/johnfercher/maroto/v2"
	"github.com/johnfercher/maroto/v2/pkg/components/col"
	"github.com/johnfercher/maroto/v2/pkg/components/line"
	"github.com/johnfercher/maroto/v2/pkg/components/row"
	"github.com/johnfercher/maroto/v2/pkg/components/text"
	"github.com/johnfercher/maroto/v2/pkg/config"
	"github.com/johnfercher/maroto/v2/pkg/consts/align"
	"github.com/johnfercher/maroto/v2/pkg/consts/fontstyle"
	"github.com/johnfercher/maroto/v2/pkg/consts/pagesize"
	"github.com/johnfercher/maroto/v2/pkg/core"
	"github.com/johnfercher/maroto/v2/pkg/props"
	"github.com/johnfercher/maroto/v2/pkg/repository"
	"github.com/phpdave11/gofpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"

	"colletta/money"
)

// The look of a receipt.
const receiptFont = "go"

var (
	ink    = &props.Color{Red: 23, Green: 50, Blue: 77}
	grey   = &props.Color{Red: 67, Green: 90, Blue: 112}
	blue   = &props.Color{Red: 0, Green: 89, Blue: 179}
	pale   = &props.Color{Red: 235, Green: 241, Blue: 247}
	white  = &props.Color{Red: 255, Green: 255, Blue: 255}
	hair   = props.Line{Color: &props.Color{Red: 190, Green: 200, Blue: 210}, Thickness: 0.2, SizePercent: 100}
	strong = props.Line{Color: blue, Thickness: 0.6, SizePercent: 100, OffsetPercent: 60}
)

// noTaxCodeDeduction is printed when nobody registered the payer's tax code.
const noTaxCodeDeduction = "Manca il codice fiscale di chi ha pagato: per la dichiarazione dei redditi chiedi al referente della tua comunità di registrarlo e scarica di nuovo la ricevuta."

// cashDeduction is printed when the payment cannot be traced.
const cashDeduction = "Il pagamento in contanti non dà diritto alle detrazioni del 19%: la legge chiede un pagamento tracciabile."

// defaultDeduction is printed when a receipt does not name its own.
const defaultDeduction = "Conserva questa ricevuta per la dichiarazione dei redditi (modello 730 o Redditi PF). Il pagamento è tracciabile, come chiede la legge per le detrazioni del 19%. " +
	"Si può detrarre solo la somma pagata dalla famiglia, non il contributo pubblico né i voucher, e solo se la spesa è tra quelle previste dall’art. 15 del TUIR (DPR 917/1986)."

func init() {
	// gofpdf writes fonts in the order of a map unless told otherwise, and maroto
	// does not pass the choice on. Receipts have to come out the same every time.
	gofpdf.SetDefaultCatalogSort(true)
}

// ReceiptPDF prints a receipt on A4 pages, in Italian. The same receipt always
// gives the same bytes: the document's dates are those of the receipt. It
// returns what [Receipt.Check] returns.
func ReceiptPDF(r Receipt) ([]byte, error) {
	if err := r.Check(); err != nil {
		return nil, err
	}
	fonts, err := repository.New().
		AddUTF8FontFromBytes(receiptFont, fontstyle.Normal, goregular.TTF).
		AddUTF8FontFromBytes(receiptFont, fontstyle.Bold, gobold.TTF).
		Load()
	if err != nil {
		return nil, fmt.Errorf("print receipt %s: %w", r.Number, err)
	}
	day := time.Date(r.On.Year(), r.On.Month(), r.On.Day(), 12, 0, 0, 0, time.UTC)
	m := maroto.New(config.NewBuilder().
		WithPageSize(pagesize.A4).WithLeftMargin(18).WithRightMargin(18).WithTopMargin(16).WithBottomMargin(14).
		WithCustomFonts(fonts).WithDefaultFont(&props.Font{Family: receiptFont, Size: 10, Color: ink}).
		WithTitle("Ricevuta "+r.Number.String(), true).WithAuthor(r.Provider.Name, true).WithCreator("Colletta", true).
		WithSubject("Ricevuta di pagamento", true).WithCreationDate(day).WithCompression(true).
		WithPageNumber(props.PageNumber{Pattern: "Pagina {current} di {total}", Place: props.RightBottom, Family: receiptFont, Size: 8, Color: grey}).
		Build())
	rows, err := r.rows()
	if err != nil {
		return nil, fmt.Errorf("print receipt %s: %w", r.Number, err)
	}
	m.AddRows(rows...)
	document, err := m.Generate()
	if err != nil {
		return nil, fmt.Errorf("print receipt %s: %w", r.Number, err)
	}
	return fixModDate(document.GetBytes(), day), nil
}

var modDate = regexp.MustCompile(`/ModDate \(D:\d{14}\)`)

// fixModDate overwrites the date of modification, which gofpdf takes from the
// clock and maroto does not let through, by one of the same length.
func fixModDate(pdf []byte, day time.Time) []byte {
	return modDate.ReplaceAll(pdf, []byte("/ModDate (D:"+day.Format("20060102150405")+")"))
}

func (r Receipt) rows() ([]core.Row, error) {
	rows := r.head()
	rows = append(rows, r.parties()...)
	rows = append(rows, r.table()...)
	sums, err := r.sums()
	if err != nil {
		return nil, err
	}
	rows = append(rows, sums...)
	return append(rows, r.notes()...), nil
}

func (r Receipt) head() []core.Row {
	return []core.Row{
		row.New().Add(
			text.NewCol(8, r.Provider.Name, props.Text{Size: 14, Style: fontstyle.Bold, Right: 4}),
			text.NewCol(4, "RICEVUTA", props.Text{Size: 18, Style: fontstyle.Bold, Align: align.Right, Color: blue}),
		),
		row.New().Add(
			text.NewCol(8, r.Provider.Address, props.Text{Size: 9, Color: grey, Top: 1, Right: 4}),
			text.NewCol(4, "n. "+r.Number.String(), props.Text{Size: 11, Style: fontstyle.Bold, Align: align.Right, Top: 1}),
		),
		row.New().Add(
			text.NewCol(8, taxIDs(r.Provider), props.Text{Size: 9, Color: grey, Top: 1}),
			text.NewCol(4, "del "+longDate(r.On), props.Text{Size: 10, Align: align.Right, Top: 1}),
		),
		line.NewRow(7, strong),
	}
}

// parties prints payer and beneficiary side by side.
func (r Receipt) parties() []core.Row {
	beneficiary := r.Beneficiary
	if beneficiary.Name == "" {
		beneficiary = r.Payer
	}
	left := []string{r.Payer.Name, taxIDs(r.Payer), r.Payer.Address}
	right := []string{beneficiary.Name, taxIDs(beneficiary), ""}
	rows := []core.Row{gap(2), row.New().Add(label(6, "Intestata a chi ha pagato"), label(6, "Per il servizio reso a"))}
	for i := range left {
		if left[i] == "" && right[i] == "" {
			continue
		}
		p := props.Text{Size: 10, Top: 1, Right: 4}
		if i == 0 {
			p.Size, p.Style = 11, fontstyle.Bold
		}
		rows = append(rows, row.New().Add(text.NewCol(6, left[i], p), text.NewCol(6, right[i], p)))
	}
	return append(rows, gap(7))
}

// colSum is how many of the 12 columns of the table a sum takes.
const colSum = 2

// table prints what each service cost and who paid it; the column of vouchers
// is there when one paid.
func (r Receipt) table() []core.Row {
	titles := []string{"Quota di costo", "Contributo", "Voucher", "Pagato"}
	sums := func(l ReceiptLine) []string {
		return []string{l.Share.Italian(), subtracted(l.Subsidy), subtracted(l.Voucher), l.Paid.Italian()}
	}
	if r.totals().Voucher == 0 {
		titles = slices.Delete(titles, 2, 3)
		all := sums
		sums = func(l ReceiptLine) []string { return slices.Delete(all(l), 2, 3) }
	}
	colWhat := 12 - colSum*len(titles)
	head := props.Text{Size: 9, Style: fontstyle.Bold, Color: white, Top: 1.6, Bottom: 1.6, Left: 2, Right: 2}
	number := head
	number.Align = align.Right
	cells := func(what string, of props.Text, amounts []string, like props.Text) []core.Col {
		cols := []core.Col{text.NewCol(colWhat, what, of)}
		for _, a := range amounts {
			cols = append(cols, text.NewCol(colSum, a, like))
		}
		return cols
	}
	rows := []core.Row{row.New().Add(cells("Servizio", head, titles, number)...).WithStyle(&props.Cell{BackgroundColor: ink})}
	cell := props.Text{Size: 10, Top: 2, Bottom: 1, Left: 2, Right: 2}
	sum := cell
	sum.Align = align.Right
	for _, l := range r.Lines {
		rows = append(rows, row.New().Add(cells(l.Description, cell, sums(l), sum)...))
		if l.Period != "" {
			rows = append(rows, row.New().Add(text.NewCol(12, l.Period, props.Text{Size: 8.5, Color: grey, Left: 2, Bottom: 1.5})))
		}
		rows = append(rows, line.NewRow(2, hair))
	}
	return rows
}

func (r Receipt) sums() ([]core.Row, error) {
	base, tax, err := r.Taxable()
	if err != nil {
		return nil, err
	}
	total := r.totals()
	plain := props.Text{Size: 9.5, Align: align.Right, Top: 1, Right: 2}
	sum := func(what string, amount string) core.Row {
		return row.New().Add(text.NewCol(9, what, plain), text.NewCol(3, amount, plain))
	}
	rows := []core.Row{gap(2)}
	if total.Share != total.Paid {
		rows = append(rows, sum("Quota di costo", total.Share.Italian()))
	}
	for _, part := range []struct {
		what   string
		amount money.Amount
	}{
		{"Contributo pubblico", total.Subsidy}, {"Pagato con voucher del Comune", total.Voucher}, {"Altre ricevute o ancora da pagare", total.Rest},
	} {
		if part.amount != 0 {
			rows = append(rows, sum(part.what, subtracted(part.amount)))
		}
	}
	if tax != 0 {
		rows = append(rows, sum("Imponibile", base.Italian()), sum("IVA "+permille(r.VATPermille), tax.Italian()))
	}
	bold := props.Text{Size: 13, Style: fontstyle.Bold, Align: align.Right, Top: 2.4, Bottom: 2.4, Right: 2}
	return append(rows, gap(2), row.New().Add(
		text.NewCol(9, "Totale pagato dalla famiglia", bold), text.NewCol(3, total.Paid.Italian(), bold),
	).WithStyle(&props.Cell{BackgroundColor: pale}), gap(7)), nil
}

func (r Receipt) notes() []core.Row {
	var rows []core.Row
	for _, n := range []struct{ title, words string }{
		{"Pagamento", r.paymentWords()},
		{"IVA", r.VATNorm},
		{"Imposta di bollo", r.stampWords()},
		{"Detrazione", r.deductionWords()},
		{"Documento", r.issuedWords()},
	} {
		if n.words == "" {
			continue
		}
		rows = append(rows, row.New().Add(
			text.NewCol(3, n.title, props.Text{Size: 9, Style: fontstyle.Bold, Color: blue}),
			text.NewCol(9, n.words, props.Text{Size: 9, VerticalPadding: 0.7}),
		), gap(3))
	}
	return rows
}

func (r Receipt) paymentWords() string {
	how := "bonifico bancario"
	switch r.Method {
	case MethodCard:
		how = "carta di pagamento"
	case MethodCredit:
		how = "il credito di un pagamento precedente con carta o bonifico"
	case MethodPOS:
		how = "carta, allo sportello"
	case MethodCash:
		return "Pagato in contanti allo sportello il " + longDate(r.PaidOn) + ": pagamento non tracciabile." + r.tillWords()
	}
	words := "Pagato con " + how + " il " + longDate(r.PaidOn) + ": pagamento tracciabile (art. 1, comma 679, L. 160/2019)."
	if r.Reference != "" {
		words += " Riferimento " + r.Reference.Printed() + "."
	}
	return words + r.tillWords()
}

// tillWords name the till that took the money.
func (r Receipt) tillWords() string {
	if r.Till == "" {
		return ""
	}
	return " Cassa: " + r.Till + "."
}

func (r Receipt) stampWords() string {
	switch {
	case r.VAT == VATIncluded:
		return ""
	case r.StampExempt && r.StampNorm != "":
		return r.StampNorm
	case r.StampExempt:
		return "Esente da imposta di bollo."
	case r.Stamp() == 0:
		return "Non dovuta: importo fino a " + stampThreshold.Italian() + " (art. 13, tariffa, parte I, DPR 642/1972)."
	}
	return "Imposta di bollo di " + r.Stamp().Italian() + " a carico dell’ente, dovuta perché l’importo senza IVA supera " + stampThreshold.Italian() + " (art. 13, tariffa, parte I, DPR 642/1972)."
}

func (r Receipt) deductionWords() string {
	if r.Deduction != "" {
		return r.Deduction
	}
	if !r.Method.Traceable() {
		return cashDeduction
	}
	if r.Payer.TaxCode == "" {
		return noTaxCodeDeduction
	}
	return defaultDeduction
}

func (r Receipt) issuedWords() string {
	if r.IssuedBy == "" {
		return ""
	}
	return "Emesso da " + r.IssuedBy + " per conto di " + r.Provider.Name + "."
}

func gap(height float64) core.Row { return row.New(height).Add(col.New(12)) }

func label(size int, words string) core.Col {
	return text.NewCol(size, words, props.Text{Size: 8.5, Style: fontstyle.Bold, Color: blue})
}

func taxIDs(p ReceiptParty) string {
	words := "Codice fiscale " + p.TaxCode
	if p.TaxCode == "" {
		words = ""
	}
	if p.VATNumber != "" {
		words += " · Partita IVA " + p.VATNumber
	}
	return words
}

// subtracted writes what funds paid with a minus sign; a dash when nothing.
func subtracted(a money.Amount) string {
	if a == 0 {
		return "–"
	}
	return "−" + a.Italian()
}

// permille writes a tax rate in thousandths: 50 is "5%", 125 is "12,5%".
func permille(n int) string {
	if n%10 == 0 {
		return fmt.Sprintf("%d%%", n/10)
	}
	return fmt.Sprintf("%d,%d%%", n/10, n%10)
}

var months = [...]string{"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"}

// longDate writes a day for readers: "1º novembre 2026".
func longDate(t time.Time) string {
	day := fmt.Sprint(t.Day())
	if t.Day() == 1 {
		day = "1º"
	}
	return fmt.Sprintf("%s %s %d", day, months[t.Month()-1], t.Year())
}
