package communities

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

const instructionsSheet = "Istruzioni"

// Template makes an empty XLSX of a kind, with headers, checks on the cells and
// a sheet of instructions. It returns [ErrKindUnknown].
func Template(k Kind) ([]byte, error) { return workbook(k, nil) }

// Example makes an XLSX of a kind filled with invented people, which imports
// without errors: a condominium of 12 flats, two sections with 30 children, a
// neighbourhood of 10 homes. It returns [ErrKindUnknown].
func Example(k Kind) ([]byte, error) { return workbook(k, exampleRows[k]) }

// ExampleCSV is [Example] as CSV with semicolons, in UTF-8 with the mark that
// spreadsheets need to recognise it. It returns [ErrKindUnknown].
func ExampleCSV(k Kind) ([]byte, error) {
	if _, err := ParseKind(string(k)); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	b.WriteString("\xef\xbb\xbf")
	w := csv.NewWriter(&b)
	w.Comma, w.UseCRLF = ';', true
	err := w.WriteAll(append([][]string{Headers(k)}, exampleRows[k]...))
	return b.Bytes(), err
}

// FileName is the Italian name of a kind's template or example, without its
// extension: "modello-condominio", "esempio-scuola".
func FileName(k Kind, filled bool) string {
	names := map[Kind]string{KindCondominium: "condominio", KindSchool: "scuola", KindNeighbourhood: "vicinato"}
	if filled {
		return "esempio-" + names[k]
	}
	return "modello-" + names[k]
}

func workbook(k Kind, rows [][]string) ([]byte, error) {
	layout, known := layouts[k]
	if !known {
		return nil, ErrKindUnknown.With("kind", string(k))
	}
	f := excelize.NewFile()
	defer f.Close()
	if err := f.SetSheetName("Sheet1", dataSheet); err != nil {
		return nil, err
	}
	for _, step := range []func() error{
		func() error { return writeHeaders(f, layout) },
		func() error { return writeRows(f, layout, rows) },
		func() error { return writeChecks(f, layout) },
		func() error { return writeInstructions(f, layout) },
	} {
		if err := step(); err != nil {
			return nil, fmt.Errorf("communities: write workbook of %s: %w", k, err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("communities: write workbook of %s: %w", k, err)
	}
	return b.Bytes(), nil
}

func writeHeaders(f *excelize.File, layout []column) error {
	head, err := f.NewStyle(&excelize.Style{
		Font:      &excelize.Font{Bold: true, Color: "FFFFFF"},
		Fill:      excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"0066CC"}},
		Alignment: &excelize.Alignment{Vertical: "center"},
	})
	if err != nil {
		return err
	}
	// Text format keeps a spreadsheet from turning the flat "3-4" into a date and
	// from dropping the zero of a telephone number.
	text, err := f.NewStyle(&excelize.Style{NumFmt: 49})
	if err != nil {
		return err
	}
	for i, c := range layout {
		if !c.numeric() {
			if err := f.SetColStyle(dataSheet, letter(i), text); err != nil {
				return err
			}
		}
		if err := f.SetColWidth(dataSheet, letter(i), letter(i), float64(c.width)); err != nil {
			return err
		}
		if err := f.SetCellStr(dataSheet, letter(i)+"1", c.header); err != nil {
			return err
		}
		note := c.hint
		if c.required {
			note = "Obbligatoria. " + note
		}
		comment := excelize.Comment{Cell: letter(i) + "1", Author: "Colletta", Paragraph: []excelize.RichTextRun{{Text: note}}}
		if err := f.AddComment(dataSheet, comment); err != nil {
			return err
		}
	}
	if err := f.SetCellStyle(dataSheet, "A1", letter(len(layout)-1)+"1", head); err != nil {
		return err
	}
	return f.SetPanes(dataSheet, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"})
}

func writeRows(f *excelize.File, layout []column, rows [][]string) error {
	for i, row := range rows {
		for j, value := range row {
			cell := letter(j) + strconv.Itoa(i+2)
			var err error
			switch {
			case value == "":
			case layout[j].numeric():
				// Excel wants a point; four decimals survive its binary fractions.
				err = f.SetCellDefault(dataSheet, cell, strings.ReplaceAll(value, ",", "."))
			default:
				err = f.SetCellStr(dataSheet, cell, value)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}

func (c column) numeric() bool { return c.header == headMillesimi || c.header == headResidents }

// writeChecks makes the spreadsheet warn while people type; what counts is
// still checked when the file is imported.
func writeChecks(f *excelize.File, layout []column) error {
	for i, c := range layout {
		if !c.numeric() {
			continue
		}
		check := excelize.NewDataValidation(true)
		check.SetSqref(fmt.Sprintf("%s2:%s%d", letter(i), letter(i), ImportRowsMax+1))
		check.SetInput(c.header, c.hint)
		check.SetError(excelize.DataValidationErrorStyleStop, c.header, c.hint)
		err := check.SetRange(0.0001, 1000, excelize.DataValidationTypeDecimal, excelize.DataValidationOperatorBetween)
		if c.header == headResidents {
			err = check.SetRange(1, residentsMax, excelize.DataValidationTypeWhole, excelize.DataValidationOperatorBetween)
		}
		if err != nil {
			return err
		}
		if err := f.AddDataValidation(dataSheet, check); err != nil {
			return err
		}
	}
	return nil
}

func writeInstructions(f *excelize.File, layout []column) error {
	if _, err := f.NewSheet(instructionsSheet); err != nil {
		return err
	}
	lines := [][]any{
		{"Come compilare il foglio «" + dataSheet + "»"},
		{"Una riga per unità, senza righe di titolo e senza formule. Non cambiare le intestazioni."},
		{"Prima di salvare si vede un'anteprima con tutti gli errori; importare due volte lo stesso file non cambia nulla."},
		{},
		{"Colonna", "Obbligatoria", "Che cosa scrivere"},
	}
	for _, c := range layout {
		required := "no"
		if c.required {
			required = "sì"
		}
		lines = append(lines, []any{c.header, required, c.hint})
	}
	for i, line := range lines {
		if err := f.SetSheetRow(instructionsSheet, "A"+strconv.Itoa(i+1), &line); err != nil {
			return err
		}
	}
	if err := f.SetColWidth(instructionsSheet, "A", "A", 24); err != nil {
		return err
	}
	return f.SetColWidth(instructionsSheet, "C", "C", 90)
}
