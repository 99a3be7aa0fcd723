package communities

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/xuri/excelize/v2"

	"colletta/refusal"
)

// The limits of a file to import.
const (
	ImportBytesMax    = 2 << 20  // size of the file
	ImportInflatedMax = 16 << 20 // size of its parts when an XLSX is unzipped
	ImportRowsMax     = 5000     // rows with data
	ImportErrorsMax   = 500      // errors listed one by one; the rest is counted
)

// The refusals of a whole file.
var (
	// ErrFileEmpty says that there is nothing in the file. Args: none.
	ErrFileEmpty = refusal.New(refusal.KindInvalid, "import_file_empty")
	// ErrFileBig says that the file, or what it unzips to, is too big. Args: max_mb.
	ErrFileBig = refusal.New(refusal.KindInvalid, "import_file_big")
	// ErrFileFormat says that the file is neither XLSX nor CSV, or is damaged. Args: none.
	ErrFileFormat = refusal.New(refusal.KindInvalid, "import_file_format")
	// ErrFileOld says that the file is an old XLS or has a password. Args: none.
	ErrFileOld = refusal.New(refusal.KindInvalid, "import_file_old")
	// ErrFileMacros says that the file carries macros. Args: none.
	ErrFileMacros = refusal.New(refusal.KindInvalid, "import_file_macros")
	// ErrFileEncoding says that a CSV is neither UTF-8 nor Windows-1252. Args: none.
	ErrFileEncoding = refusal.New(refusal.KindInvalid, "import_file_encoding")
	// ErrCSVQuotes says that quotes in a CSV line are not closed or misplaced. Args: none.
	ErrCSVQuotes = refusal.New(refusal.KindInvalid, "import_csv_quotes")
	// ErrRowsMax says that there are too many rows. Args: max.
	ErrRowsMax = refusal.New(refusal.KindInvalid, "import_rows_max")
	// ErrNoRows says that below the headers there is no row. Args: none.
	ErrNoRows = refusal.New(refusal.KindInvalid, "import_no_rows")
	// ErrColumnMissing says that a column of the layout is not there. Args: header.
	ErrColumnMissing = refusal.New(refusal.KindInvalid, "import_column_missing")
	// ErrColumnUnknown says that a column is not of the layout. Args: header.
	ErrColumnUnknown = refusal.New(refusal.KindInvalid, "import_column_unknown")
	// ErrColumnTwice says that a column is there twice. Args: header, first (its letter).
	ErrColumnTwice = refusal.New(refusal.KindInvalid, "import_column_twice")
	// ErrUnitTwice says that a unit was already in an earlier row. Args: first (row).
	ErrUnitTwice = refusal.New(refusal.KindInvalid, "import_unit_twice")
	// ErrMillesimiSum says that the millesimi do not sum to 1000, within 0.05.
	// Args: sum (Italian text), difference (Italian text with sign).
	ErrMillesimiSum = refusal.New(refusal.KindInvalid, "import_millesimi_sum")
	// ErrMoreErrors says that more errors follow than are listed. Args: count.
	ErrMoreErrors = refusal.New(refusal.KindInvalid, "import_more_errors")
)

// CellError is one thing wrong with a file, by row and column.
type CellError struct {
	Row    int    // as the spreadsheet numbers it, from 1; 0 for the whole file
	Column string // letter and header, for example "D (Millesimi)"; empty for a whole row
	Value  string // what was found, cut to 60 characters
	Code   string // code of a refusal
	Args   map[string]any
}

// Refusal is the error as a refusal, with row, column and value among its args.
func (e CellError) Refusal() *refusal.Error {
	r := refusal.New(refusal.KindInvalid, e.Code).At("file").With("row", e.Row, "column", e.Column, "value", e.Value)
	for name, value := range e.Args {
		r.Args[name] = value
	}
	return r
}

// Refusals turns the errors of a file into refusals, in the same order.
func Refusals(errs []CellError) refusal.List {
	list := make(refusal.List, len(errs))
	for i, e := range errs {
		list[i] = e.Refusal()
	}
	return list
}

// Import is a file read without a single error.
type Import struct {
	Kind   Kind
	Rows   []ImportRow
	SHA256 string // of the bytes of the file, hexadecimal
}

// ImportRow is one row of a file: a flat, a child, or a home of a
// neighbourhood, with the person who answers for it.
type ImportRow struct {
	Kind      Kind
	Row       int    // in the file, from 1
	Staircase string // of a school: the section
	Floor     string
	Unit      string // of a condominium: the flat
	Millesimi Millesimi

	ChildFamilyName string // of a school
	ChildGivenName  string
	Street          string // of a neighbourhood
	HouseNumber     string

	FamilyName string // who answers for the unit
	GivenName  string
	Email      string // lower case; empty when not given
	Phone      string
	TaxCode    string
	Residents  int // 0 when not given
}

// UnitLabel is how the community calls the unit of the row: the flat, the
// child's name, or the address with the name.
func (r ImportRow) UnitLabel() string {
	switch r.Kind {
	case KindSchool:
		return r.ChildFamilyName + " " + r.ChildGivenName
	case KindNeighbourhood:
		return fmt.Sprintf("%s %s, %s %s", r.Street, r.HouseNumber, r.FamilyName, r.GivenName)
	}
	return r.Unit
}

// Key identifies the unit in its community; it is the [Membership.Key] of the
// membership that the row makes, so a second import finds the first.
func (r ImportRow) Key() string { return unitKey(r.Staircase, r.UnitLabel()) }

// Membership is what the row says about the unit of a household.
func (r ImportRow) Membership(c CommunityID, h HouseholdID) Membership {
	return Membership{
		Community: c, Household: h, UnitLabel: r.UnitLabel(), Staircase: r.Staircase, Floor: r.Floor,
		Millesimi: r.Millesimi, Residents: r.Residents,
	}
}

// Holder is the person who answers for the unit, without an ID.
func (r ImportRow) Holder(h HouseholdID) Person {
	return Person{
		Household: h, GivenName: r.GivenName, FamilyName: r.FamilyName, TaxCode: r.TaxCode,
		Email: r.Email, Phone: r.Phone, Role: PersonHolder,
	}
}

// Child is the child of a school's row, without an ID; false for other kinds.
func (r ImportRow) Child(h HouseholdID) (Person, bool) {
	if r.Kind != KindSchool {
		return Person{}, false
	}
	return Person{Household: h, GivenName: r.ChildGivenName, FamilyName: r.ChildFamilyName, Role: PersonChild}, true
}

// People lists who the row names, without IDs: the holder, then the child.
func (r ImportRow) People(h HouseholdID) []Person {
	people := []Person{r.Holder(h)}
	if child, ok := r.Child(h); ok {
		people = append(people, child)
	}
	return people
}

// sheet is the table of a file before it has a meaning.
type sheet struct {
	rows []sheetRow
	errs errorList
}

type sheetRow struct {
	number int
	cells  []string
}

// errorList collects errors up to [ImportErrorsMax] and counts the others.
type errorList struct {
	list []CellError
	more int
}

func (l *errorList) add(row int, column, value string, r *refusal.Error) {
	if len(l.list) == ImportErrorsMax {
		l.more++
		return
	}
	if cut := []rune(value); len(cut) > 60 {
		value = string(cut[:60]) + "…"
	}
	l.list = append(l.list, CellError{row, column, strings.ToValidUTF8(value, "�"), r.Code, r.Args})
}

// sorted is the list by row, with the count of what it leaves out at the end.
func (l *errorList) sorted() []CellError {
	slices.SortStableFunc(l.list, func(a, b CellError) int { return a.Row - b.Row })
	if l.more > 0 {
		return append(l.list, CellError{Code: ErrMoreErrors.Code, Args: map[string]any{"count": l.more}})
	}
	return l.list
}

// ReadImport reads an XLSX or CSV file of one kind of community. It returns
// either an import or every error found, never both: by row and column, or one
// for the whole file. name serves only to recognise files with macros.
func ReadImport(name string, data []byte, kind Kind) (*Import, []CellError) {
	table := readSheet(name, data)
	errs := table.errs
	var rows []ImportRow
	if len(errs.list) == 0 || len(table.rows) > 0 {
		rows = readRows(table.rows, kind, &errs)
	}
	if len(errs.list) > 0 {
		return nil, errs.sorted()
	}
	sum := sha256.Sum256(data)
	return &Import{Kind: kind, Rows: rows, SHA256: hex.EncodeToString(sum[:])}, nil
}

func readSheet(name string, data []byte) sheet {
	var s sheet
	switch ext := strings.ToLower(filepath.Ext(name)); {
	case len(data) == 0:
		s.errs.add(0, "", "", ErrFileEmpty)
	case len(data) > ImportBytesMax:
		s.errs.add(0, "", "", ErrFileBig.With("max_mb", ImportBytesMax>>20))
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		s.errs.add(0, "", "", ErrFileOld)
	case ext == ".xlsm" || ext == ".xltm" || ext == ".xlam":
		s.errs.add(0, "", "", ErrFileMacros)
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		s.readXLSX(data)
	case ext == ".xlsx" || ext == ".pdf" || bytes.HasPrefix(data, []byte("%PDF")):
		s.errs.add(0, "", "", ErrFileFormat)
	default:
		s.readCSV(data)
	}
	return s
}

// readRows gives the table its meaning: the first row holds the headers.
func readRows(rows []sheetRow, kind Kind, errs *errorList) []ImportRow {
	layout, known := layouts[kind]
	if !known {
		errs.add(0, "", string(kind), ErrKindUnknown.With("kind", string(kind)))
		return nil
	}
	if len(rows) == 0 {
		errs.add(0, "", "", ErrFileEmpty)
		return nil
	}
	places := matchHeaders(rows[0], layout, errs)
	if len(rows) == 1 {
		errs.add(0, "", "", ErrNoRows)
	}
	if len(rows)-1 > ImportRowsMax {
		errs.add(0, "", "", ErrRowsMax.With("max", ImportRowsMax))
		return nil
	}
	good := make([]ImportRow, 0, len(rows))
	before := len(errs.list)
	for _, row := range rows[1:] {
		good = append(good, readRow(row, kind, layout, places, errs))
	}
	checkUnitsOnce(good, layout, places, errs)
	if kind == KindCondominium && len(errs.list) == before && len(good) > 0 {
		checkMillesimiSum(good, columnName(slices.Index(Headers(kind), headMillesimi), layout, places), errs)
	}
	return good
}

// matchHeaders finds the place of each column of the layout, -1 when missing.
func matchHeaders(row sheetRow, layout []column, errs *errorList) []int {
	places := make([]int, len(layout))
	for i := range places {
		places[i] = -1
	}
	for at, text := range row.cells {
		if text == "" {
			continue
		}
		i := slices.IndexFunc(layout, func(c column) bool { return sameHeader(c.header, text) })
		switch {
		case i < 0:
			errs.add(row.number, letter(at)+" ("+text+")", text, ErrColumnUnknown.With("header", text))
		case places[i] >= 0:
			errs.add(row.number, letter(at)+" ("+layout[i].header+")", text, ErrColumnTwice.With("header", layout[i].header, "first", letter(places[i])))
		default:
			places[i] = at
		}
	}
	for i, at := range places {
		if at < 0 {
			errs.add(row.number, layout[i].header, "", ErrColumnMissing.With("header", layout[i].header))
		}
	}
	return places
}

// sameHeader ignores case, accents, spaces, and hyphens ("E-mail").
func sameHeader(a, b string) bool {
	plain := func(s string) string { return strings.Trim(strings.ReplaceAll(fold(s), "-", ""), "*:") }
	return plain(a) == plain(b)
}

func readRow(row sheetRow, kind Kind, layout []column, places []int, errs *errorList) ImportRow {
	read := ImportRow{Kind: kind, Row: row.number}
	for i, c := range layout {
		if places[i] < 0 {
			continue
		}
		raw := ""
		if places[i] < len(row.cells) {
			raw = row.cells[places[i]]
		}
		if r := readCell(&read, c, raw); r != nil {
			errs.add(row.number, columnName(i, layout, places), raw, r)
		}
	}
	for at, text := range row.cells {
		if text != "" && !slices.Contains(places, at) && at >= len(places) {
			errs.add(row.number, letter(at), text, ErrColumnUnknown.With("header", ""))
		}
	}
	return read
}

func readCell(into *ImportRow, c column, raw string) refused {
	if strings.ContainsAny(raw, "\x00\n\r\t") && strings.TrimSpace(raw) != "" {
		return ErrCellControl
	}
	text := tidy(raw)
	if strings.HasPrefix(text, "=") {
		return ErrCellFormula
	}
	if text == "" {
		if c.required {
			return ErrCellRequired.With("header", c.header)
		}
		return nil
	}
	return c.read(into, text)
}

// checkUnitsOnce refuses a second row of the same unit and names the first.
func checkUnitsOnce(rows []ImportRow, layout []column, places []int, errs *errorList) {
	key := map[Kind]string{KindCondominium: headUnit, KindSchool: headChildFamily, KindNeighbourhood: headStreet}
	first := map[string]int{}
	for _, r := range rows {
		if !r.named() {
			continue
		}
		if row, seen := first[r.Key()]; seen {
			i := slices.IndexFunc(layout, func(c column) bool { return c.header == key[r.Kind] })
			errs.add(r.Row, columnName(i, layout, places), r.UnitLabel(), ErrUnitTwice.With("first", row))
			continue
		}
		first[r.Key()] = r.Row
	}
}

// named tells whether the cells that make the key were read.
func (r ImportRow) named() bool {
	switch r.Kind {
	case KindSchool:
		return r.Staircase != "" && r.ChildFamilyName != "" && r.ChildGivenName != ""
	case KindNeighbourhood:
		return r.Street != "" && r.HouseNumber != "" && r.FamilyName != "" && r.GivenName != ""
	}
	return r.Unit != ""
}

func checkMillesimiSum(rows []ImportRow, column string, errs *errorList) {
	var sum Millesimi
	for _, r := range rows {
		sum += r.Millesimi
	}
	off := sum - MillesimiTotal
	if off < -MillesimiTolerance || off > MillesimiTolerance {
		sign := ""
		if off > 0 {
			sign = "+"
		}
		errs.add(0, column, sum.Italian(), ErrMillesimiSum.With("sum", sum.Italian(), "difference", sign+off.Italian()))
	}
}

// columnName is "D (Millesimi)", or the header alone when the column is missing.
func columnName(i int, layout []column, places []int) string {
	if places[i] < 0 {
		return layout[i].header
	}
	return letter(places[i]) + " (" + layout[i].header + ")"
}

// letter is the name of a column in a spreadsheet, counted from 0.
func letter(at int) string {
	name, err := excelize.ColumnNumberToName(at + 1)
	if err != nil {
		return fmt.Sprint(at + 1)
	}
	return name
}
