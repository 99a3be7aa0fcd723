package communities

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"io"
	"path"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"
)

const (
	zipPartsMax  = 200    // parts of an XLSX; an ordinary one has about a dozen
	gapRowsMax   = 20_000 // physical rows looked at, blank ones included
	cellsWideMax = 60     // columns looked at
	dataSheet    = "Dati" // the sheet that is read, if it is there; otherwise the first
)

// readXLSX reads the sheet "Dati", or the first one. Limits are checked on the
// directory of the archive before anything is unzipped; the zip reader itself
// stops at the sizes that the directory declares.
func (s *sheet) readXLSX(data []byte) {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		s.damaged()
		return
	}
	if !s.inspectZip(z) {
		return
	}
	// The parser meets files made by anybody; a panic in it is a damaged file and
	// must not take the program down.
	defer func() {
		if recover() != nil {
			s.damaged()
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{
		RawCellValue: true, UnzipSizeLimit: ImportInflatedMax, UnzipXMLSizeLimit: ImportInflatedMax,
	})
	if err != nil {
		s.damaged()
		return
	}
	defer f.Close() // frees memory only: nothing was opened on disk
	name := f.GetSheetName(0)
	for _, n := range f.GetSheetList() {
		if n == dataSheet {
			name = n
		}
	}
	formulas, err := formulasOf(z, name)
	if err != nil {
		s.damaged()
		return
	}
	s.readGrid(f, name, formulas)
}

func (s *sheet) damaged() {
	s.rows = nil
	s.errs = errorList{}
	s.errs.add(0, "", "", ErrFileFormat)
}

// inspectZip answers whether the archive may be opened.
func (s *sheet) inspectZip(z *zip.Reader) bool {
	var inflated uint64
	for _, part := range z.File {
		inflated += part.UncompressedSize64
		if strings.Contains(strings.ToLower(part.Name), "vbaproject") {
			s.errs.add(0, "", "", ErrFileMacros)
			return false
		}
		if inflated > ImportInflatedMax || part.UncompressedSize64 > ImportInflatedMax || len(z.File) > zipPartsMax {
			s.errs.add(0, "", "", ErrFileBig.With("max_mb", ImportInflatedMax>>20))
			return false
		}
	}
	return true
}

func (s *sheet) readGrid(f *excelize.File, name string, formulas map[string]string) {
	rows, err := f.Rows(name)
	if err != nil {
		s.damaged()
		return
	}
	defer rows.Close()
	for number := 1; rows.Next(); number++ {
		cells, err := rows.Columns(excelize.Options{RawCellValue: true})
		if err != nil {
			s.damaged()
			return
		}
		if number > gapRowsMax || len(cells) > cellsWideMax {
			s.rows = nil
			s.errs.add(0, "", "", ErrRowsMax.With("max", ImportRowsMax))
			return
		}
		for i := range cells {
			cells[i] = spreadsheetNumber(cells[i])
		}
		if !s.append(number, withFormulas(cells, number, formulas)) {
			return
		}
	}
	if rows.Error() != nil {
		s.damaged()
	}
}

// withFormulas puts the text of a formula in place of its stored result, which
// may be old and which another program would compute anew; "=" at the start
// then makes the cell refused.
func withFormulas(cells []string, row int, formulas map[string]string) []string {
	if len(formulas) == 0 {
		return cells
	}
	for at := range cellsWideMax {
		formula, has := formulas[letter(at)+strconv.Itoa(row)]
		if !has {
			continue
		}
		for len(cells) <= at {
			cells = append(cells, "")
		}
		cells[at] = "=" + formula
	}
	return cells
}

// formulasOf finds the formulas of a sheet, by cell. excelize can tell them one
// by one only, each time from the first row.
func formulasOf(z *zip.Reader, sheetName string) (map[string]string, error) {
	part, err := z.Open(sheetPath(z, sheetName))
	if err != nil {
		return nil, err
	}
	defer part.Close()
	found := map[string]string{}
	tokens := xml.NewDecoder(part)
	cell := ""
	for {
		token, err := tokens.RawToken()
		if err == io.EOF {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		start, ok := token.(xml.StartElement)
		switch {
		case ok && start.Name.Local == "c":
			cell = attribute(start, "r")
		case ok && start.Name.Local == "f":
			text := ""
			if next, err := tokens.RawToken(); err == nil {
				if chars, ok := next.(xml.CharData); ok {
					text = string(chars)
				}
			}
			found[cell] = text
		}
	}
}

// sheetPath follows the workbook's relations to the part that holds a sheet.
func sheetPath(z *zip.Reader, sheetName string) string {
	id, target := "", ""
	eachElement(z, "xl/workbook.xml", func(e xml.StartElement) {
		if e.Name.Local == "sheet" && attribute(e, "name") == sheetName {
			id = attribute(e, "id")
		}
	})
	eachElement(z, "xl/_rels/workbook.xml.rels", func(e xml.StartElement) {
		if e.Name.Local == "Relationship" && attribute(e, "Id") == id {
			target = attribute(e, "Target")
		}
	})
	if strings.HasPrefix(target, "/") {
		return strings.TrimPrefix(target, "/")
	}
	return path.Join("xl", target)
}

func eachElement(z *zip.Reader, name string, visit func(xml.StartElement)) {
	part, err := z.Open(name)
	if err != nil {
		return
	}
	defer part.Close()
	tokens := xml.NewDecoder(part)
	for {
		token, err := tokens.RawToken()
		if err != nil {
			return
		}
		if start, ok := token.(xml.StartElement); ok {
			visit(start)
		}
	}
}

func attribute(e xml.StartElement, local string) string {
	for _, a := range e.Attr {
		if a.Name.Local == local {
			return a.Value
		}
	}
	return ""
}
