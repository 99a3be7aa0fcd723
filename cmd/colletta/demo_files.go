package main

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"colletta/communities"
)

// demoFileName is how the delegate called the file of a place.
func demoFileName(p *demoPlace) string { return p.Key + ".xlsx" }

// demoWorkbook writes the file that the delegate of a place imports: the layout
// of its kind, one row a unit. The same place always gives the same bytes.
func demoWorkbook(p *demoPlace) ([]byte, error) {
	book := excelize.NewFile()
	defer book.Close()
	sheet := book.GetSheetName(0)
	heads := communities.Headers(p.Kind)
	if err := book.SetSheetRow(sheet, "A1", &heads); err != nil {
		return nil, fmt.Errorf("write headers of %s: %w", p.Key, err)
	}
	for i, unit := range p.Units {
		cells := make([]string, len(heads))
		for at, head := range heads {
			cells[at] = demoCell(unit, head)
		}
		if err := book.SetSheetRow(sheet, fmt.Sprintf("A%d", i+2), &cells); err != nil {
			return nil, fmt.Errorf("write row %d of %s: %w", i+2, p.Key, err)
		}
	}
	var out bytes.Buffer
	if err := book.Write(&out); err != nil {
		return nil, fmt.Errorf("write the file of %s: %w", p.Key, err)
	}
	return out.Bytes(), nil
}

// demoCell is what a unit has under a header. Millesimi are written as people
// write them: a spreadsheet's binary fraction would not be exact.
func demoCell(u demoUnit, head string) string {
	switch head {
	case "Scala", "Sezione":
		return u.Staircase
	case "Piano":
		return u.Floor
	case "Interno":
		return u.Unit
	case "Millesimi":
		return u.Millesimi.Italian()
	case "Cognome", "Cognome genitore", "Cognome bambino":
		return u.Holder.FamilyName
	case "Nome", "Nome genitore":
		return u.Holder.GivenName
	case "Nome bambino":
		return u.Child
	case "Email":
		return u.Holder.Email
	case "Codice fiscale", "Codice fiscale genitore":
		return u.Holder.TaxCode
	case "Residenti":
		return strings.TrimPrefix(fmt.Sprint(u.Residents), "0")
	case "Via":
		return u.Street
	case "Civico":
		return u.Number
	}
	return "" // no telephone: any number could be somebody's
}
