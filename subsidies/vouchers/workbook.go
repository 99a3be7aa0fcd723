package vouchers

import (
	"archive/zip"
	"bytes"
	"fmt"

	"github.com/xuri/excelize/v2"
)

// Sheets of the workbook.
const (
	sheetTotals = "Totali"
	sheetUses   = "Utilizzi"
)

// Workbook writes the statement as XLSX: totals by call with the IBAN and its
// holder, then every use. Amounts are numbers, written from their decimal text.
// The same statement always gives the same bytes.
func (s ProviderStatement) Workbook() ([]byte, error) {
	book := excelize.NewFile()
	defer book.Close() //nolint:errcheck // nothing was opened
	w := sheetWriter{book: book}
	if err := book.SetSheetName(book.GetSheetName(0), sheetTotals); err != nil {
		return nil, fmt.Errorf("write statement %s: %w", s.Number, err)
	}
	if _, err := book.NewSheet(sheetUses); err != nil {
		return nil, fmt.Errorf("write statement %s: %w", s.Number, err)
	}
	w.styles()
	s.writeTotals(&w)
	s.writeUses(&w)
	var out bytes.Buffer
	if w.err == nil {
		w.err = book.Write(&out)
	}
	if w.err != nil {
		return nil, fmt.Errorf("write statement %s: %w", s.Number, w.err)
	}
	return out.Bytes(), nil
}

func (s ProviderStatement) writeTotals(w *sheetWriter) {
	w.widths(sheetTotals, 26, 44, 18)
	for i, pair := range [][2]string{
		{"Rendiconto voucher n.", s.Number}, {"Data", s.On.Format("02/01/2006")}, {"Comune", s.Municipality}, {"Ente", s.Provider},
		{"Codice fiscale ente", s.TaxCode}, {"IBAN", s.IBAN}, {"Intestatario del conto", s.AccountHolder},
	} {
		w.text(sheetTotals, 1, i+1, pair[0], w.bold)
		w.text(sheetTotals, 2, i+1, pair[1], 0)
	}
	row := 9
	w.row(sheetTotals, row, "Bando", "Utilizzi", "Importo (€)")
	for _, c := range s.Calls() {
		row++
		w.text(sheetTotals, 1, row, c.Call, 0)
		w.number(sheetTotals, 2, row, fmt.Sprint(c.Count), 0)
		w.number(sheetTotals, 3, row, c.Amount.String(), w.euro)
	}
	row++
	w.text(sheetTotals, 1, row, "Totale da rimborsare", w.bold)
	w.number(sheetTotals, 2, row, fmt.Sprint(len(s.Lines)), w.bold)
	w.number(sheetTotals, 3, row, s.Total().String(), w.euroBold)
}

func (s ProviderStatement) writeUses(w *sheetWriter) {
	w.widths(sheetUses, 26, 26, 14, 16, 60, 16)
	w.row(sheetUses, 1, "Bando", "Voucher", "Usato il", "Quota", "Servizio", "Importo (€)")
	for i, l := range s.Lines {
		for at, cell := range []string{l.Call, l.Voucher, l.UsedOn.Format("02/01/2006"), l.Charge, l.Service} {
			w.text(sheetUses, at+1, i+2, cell, 0)
		}
		w.number(sheetUses, 6, i+2, l.Amount.String(), w.euro)
	}
}

// sheetWriter writes cells and keeps the first error.
type sheetWriter struct {
	book                 *excelize.File
	bold, euro, euroBold int
	err                  error
}

func (w *sheetWriter) try(err error) {
	if w.err == nil {
		w.err = err
	}
}

func (w *sheetWriter) styles() {
	for _, s := range []struct {
		into  *int
		style excelize.Style
	}{
		{&w.bold, excelize.Style{Font: &excelize.Font{Bold: true}}},
		{&w.euro, excelize.Style{NumFmt: 4}}, // #,##0.00
		{&w.euroBold, excelize.Style{NumFmt: 4, Font: &excelize.Font{Bold: true}}},
	} {
		id, err := w.book.NewStyle(&s.style)
		w.try(err)
		*s.into = id
	}
}

func (w *sheetWriter) widths(sheet string, widths ...float64) {
	for i, width := range widths {
		name := string(rune('A' + i))
		w.try(w.book.SetColWidth(sheet, name, name, width))
	}
}

// row writes a row of titles.
func (w *sheetWriter) row(sheet string, row int, titles ...string) {
	for i, t := range titles {
		w.text(sheet, i+1, row, t, w.bold)
	}
}

// text writes a cell that is never taken for a formula or a number.
func (w *sheetWriter) text(sheet string, col, row int, s string, style int) {
	cell, err := excelize.CoordinatesToCellName(col, row)
	w.try(err)
	w.try(w.book.SetCellStr(sheet, cell, s))
	w.try(w.book.SetCellStyle(sheet, cell, cell, style))
}

// number writes a number from its decimal text, so that no float is met.
func (w *sheetWriter) number(sheet string, col, row int, s string, style int) {
	cell, err := excelize.CoordinatesToCellName(col, row)
	w.try(err)
	w.try(w.book.SetCellDefault(sheet, cell, s))
	w.try(w.book.SetCellStyle(sheet, cell, cell, style))
}

// Archive is a ZIP of the workbooks of a statement, one per provider. The same
// statements always give the same bytes.
func Archive(all []ProviderStatement) ([]byte, error) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	for _, s := range all {
		data, err := s.Workbook()
		if err != nil {
			return nil, err
		}
		f, err := z.CreateHeader(&zip.FileHeader{Name: s.FileName(), Method: zip.Deflate, Modified: s.On})
		if err != nil {
			return nil, fmt.Errorf("pack statement %s: %w", s.Number, err)
		}
		if _, err := f.Write(data); err != nil {
			return nil, fmt.Errorf("pack statement %s: %w", s.Number, err)
		}
	}
	if err := z.Close(); err != nil {
		return nil, fmt.Errorf("pack statements: %w", err)
	}
	return out.Bytes(), nil
}
