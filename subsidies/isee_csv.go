package subsidies

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"colletta/money"
	"colletta/refusal"
)

// The limits of a file of certificates.
const (
	ISEEFileBytesMax  = 2 << 20
	ISEEFileRowsMax   = 5000
	iseeFileErrorsMax = 500
	cellRunesShown    = 60
)

// The refusals of a file, with the codes that other imports use.
var (
	// ErrISEEFileEmpty says that there is nothing in the file. Args: none.
	ErrISEEFileEmpty = refusal.New(refusal.KindInvalid, "import_file_empty")
	// ErrISEEFileBig says that the file is too big. Args: max_mb.
	ErrISEEFileBig = refusal.New(refusal.KindInvalid, "import_file_big")
	// ErrISEEFileText says that the file is neither UTF-8 nor Windows-1252 text.
	// Args: none.
	ErrISEEFileText = refusal.New(refusal.KindInvalid, "import_file_encoding")
	// ErrISEEFileQuotes says that quotes of a line are not closed or misplaced.
	// Args: none.
	ErrISEEFileQuotes = refusal.New(refusal.KindInvalid, "import_csv_quotes")
	// ErrISEEFileRows says that there are too many rows. Args: max.
	ErrISEEFileRows = refusal.New(refusal.KindInvalid, "import_rows_max")
	// ErrISEEFileNoRows says that below the headers there is no row. Args: none.
	ErrISEEFileNoRows = refusal.New(refusal.KindInvalid, "import_no_rows")
	// ErrISEEFileColumn says that a column is not there. Args: header.
	ErrISEEFileColumn = refusal.New(refusal.KindInvalid, "import_column_missing")
	// ErrISEEFileUnknown says that a column is not of the layout. Args: header.
	ErrISEEFileUnknown = refusal.New(refusal.KindInvalid, "import_column_unknown")
	// ErrISEEFileTwice says that a column is there twice. Args: header, first (its
	// letter).
	ErrISEEFileTwice = refusal.New(refusal.KindInvalid, "import_column_twice")
	// ErrISEEFileMore says that more errors follow than are listed. Args: count.
	ErrISEEFileMore = refusal.New(refusal.KindInvalid, "import_more_errors")
	// ErrISEEDay says that a cell is no day of the calendar. Args: value.
	ErrISEEDay = refusal.New(refusal.KindInvalid, "day_invalid")
	// ErrISEETwice says that an earlier row has the same protocol. Args: first
	// (row).
	ErrISEETwice = refusal.New(refusal.KindInvalid, "isee_file_twice")
)

// The columns of the file, in the order of the template.
const (
	colTaxCode     = "Codice fiscale"
	colKind        = "Tipo di ISEE"
	colSupersedes  = "Sostituisce"
	colCalculation = "Calcolo"
	colValue       = "ISEE in euro"
	colProtocol    = "Protocollo"
	colDSU         = "Data DSU"
	colFrom        = "Valido dal"
	colTo          = "Valido al"
	colSize        = "Componenti"
	colScale       = "Scala di equivalenza"
	colNotes       = "Annotazioni"
)

// ISEEFileColumns lists the headers; those after the protocol's dates, and what
// a corrente supersedes and the calculation, may be left out.
func ISEEFileColumns() []string {
	return []string{colTaxCode, colKind, colSupersedes, colCalculation, colValue, colProtocol, colDSU, colFrom, colTo, colSize, colScale, colNotes}
}

var iseeOptional = map[string]bool{colSupersedes: true, colCalculation: true, colSize: true, colScale: true, colNotes: true}

// ISEEFileTemplate is an empty file with the headers, as a spreadsheet opens it.
func ISEEFileTemplate() []byte {
	return []byte("\xef\xbb\xbf" + strings.Join(ISEEFileColumns(), ";") + "\r\n")
}

// ISEEFileRow is one certificate of a file. Household, source and state are
// for the caller to fill in.
type ISEEFileRow struct {
	Row     int    // line of the file, from 1
	TaxCode string // as written, in capitals and without spaces; not checked
	ISEECertificate
}

// FileFault is one thing wrong with a file, by row and column.
type FileFault struct {
	Row    int    // line of the file, from 1; 0 for the whole file
	Column string // header; empty for a whole row
	Value  string // what was found, shortened
	Err    *refusal.Error
}

// ReadISEEFile reads certificates from a CSV separated by semicolons, commas or
// tabs. A file with faults gives no rows.
func ReadISEEFile(data []byte) ([]ISEEFileRow, []FileFault) {
	r := iseeFile{}
	r.read(data)
	if len(r.faults) == 0 && len(r.rows) == 0 {
		r.fault(0, "", "", ErrISEEFileNoRows)
	}
	if len(r.faults) > 0 {
		if r.more > 0 {
			r.faults = append(r.faults, FileFault{Err: ErrISEEFileMore.With("count", r.more)})
		}
		return nil, r.faults
	}
	return r.rows, nil
}

// iseeFile gathers rows and faults.
type iseeFile struct {
	columns map[string]int
	rows    []ISEEFileRow
	faults  []FileFault
	more    int
	seen    map[string]int // row of a protocol with its calculation
}

func (f *iseeFile) fault(row int, column, value string, e *refusal.Error) {
	if len(f.faults) >= iseeFileErrorsMax {
		f.more++
		return
	}
	if r := []rune(value); len(r) > cellRunesShown {
		value = string(r[:cellRunesShown]) + "…"
	}
	f.faults = append(f.faults, FileFault{row, column, value, e})
}

func (f *iseeFile) read(data []byte) {
	if len(data) > ISEEFileBytesMax {
		f.fault(0, "", "", ErrISEEFileBig.With("max_mb", ISEEFileBytesMax>>20))
		return
	}
	text, ok := fileText(data)
	if !ok {
		f.fault(0, "", "", ErrISEEFileText)
		return
	}
	if strings.TrimSpace(text) == "" {
		f.fault(0, "", "", ErrISEEFileEmpty)
		return
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.FieldsPerRecord, r.TrimLeadingSpace = fileSeparator(text), -1, true
	for n := 0; ; {
		cells, err := r.Read()
		if err == io.EOF {
			return
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			f.fault(wrong.StartLine, "", "", ErrISEEFileQuotes)
			continue
		}
		if err != nil {
			f.fault(0, "", "", ErrISEEFileText)
			return
		}
		line, _ := r.FieldPos(0)
		if strings.TrimSpace(strings.Join(cells, "")) == "" {
			continue
		}
		if f.columns == nil {
			if f.header(line, cells); len(f.faults) > 0 {
				return
			}
			continue
		}
		if n++; n > ISEEFileRowsMax {
			f.fault(0, "", "", ErrISEEFileRows.With("max", ISEEFileRowsMax))
			return
		}
		f.row(line, cells)
	}
}

// header finds the columns, whatever their order and the case of their names.
func (f *iseeFile) header(line int, cells []string) {
	f.columns, f.seen = map[string]int{}, map[string]int{}
	for i, cell := range cells {
		found := ""
		for _, name := range ISEEFileColumns() {
			if strings.EqualFold(strings.Join(strings.Fields(cell), " "), name) {
				found = name
			}
		}
		switch first, twice := f.columns[found]; {
		case strings.TrimSpace(cell) == "":
		case found == "":
			f.fault(line, cell, cell, ErrISEEFileUnknown.With("header", cell))
		case twice:
			f.fault(line, cell, cell, ErrISEEFileTwice.With("header", found, "first", columnLetter(first)))
		default:
			f.columns[found] = i
		}
	}
	for _, name := range ISEEFileColumns() {
		if _, ok := f.columns[name]; !ok && !iseeOptional[name] {
			f.fault(line, name, "", ErrISEEFileColumn.With("header", name))
		}
	}
}

// columnLetter names a column as a spreadsheet does; the layout has fewer than
// 26.
func columnLetter(i int) string {
	if i >= 26 {
		return fmt.Sprint(i + 1)
	}
	return string(rune('A' + i))
}

// row reads one certificate and keeps it when nothing is wrong with it.
func (f *iseeFile) row(line int, cells []string) {
	before := len(f.faults) + f.more
	cell := func(column string) string {
		if i, ok := f.columns[column]; ok && i < len(cells) {
			return strings.TrimSpace(cells[i])
		}
		return ""
	}
	wrong := func(column string, err error) {
		for _, e := range refusal.All(err) {
			f.fault(line, column, cell(column), e)
		}
	}
	day := func(column string) time.Time {
		t, err := ParseDay(cell(column))
		wrong(column, err)
		return t
	}
	row := ISEEFileRow{Row: line, TaxCode: NormalProtocol(cell(colTaxCode))}
	c := &row.ISEECertificate
	var err error
	c.Kind, err = ParseISEEKind(strings.ToLower(cell(colKind)))
	wrong(colKind, err)
	c.Supersedes, err = ParseSupersedes(c.Kind, strings.FieldsFunc(cell(colSupersedes), func(r rune) bool { return strings.ContainsRune(",;/+ ", r) }))
	wrong(colSupersedes, err)
	c.Calculation, err = ParseCalculation(strings.ToLower(cell(colCalculation)))
	wrong(colCalculation, err)
	if c.Value, err = money.ParseItalian(cell(colValue)); err != nil {
		wrong(colValue, ErrISEEValue.With("max", money.Max))
	}
	c.Protocol, c.Notes = NormalProtocol(cell(colProtocol)), cell(colNotes)
	c.DSUDate, c.ValidFrom, c.ValidTo = day(colDSU), day(colFrom), day(colTo)
	c.Size, err = ParseSize(cell(colSize))
	wrong(colSize, err)
	if s := cell(colScale); s != "" {
		c.Scale, err = ParseScale(s)
		wrong(colScale, err)
	}
	if len(f.faults)+f.more > before {
		return
	}
	for _, e := range c.Check() {
		wrong(iseeColumn[e.Field], e)
	}
	key := c.Protocol + "\x00" + string(c.Calculation)
	if first, twice := f.seen[key]; twice {
		wrong(colProtocol, ErrISEETwice.With("first", first))
	}
	if len(f.faults)+f.more == before {
		f.seen[key] = line
		f.rows = append(f.rows, row)
	}
}

var iseeColumn = map[string]string{
	"kind": colKind, "supersedes": colSupersedes, "calculation": colCalculation, "value": colValue, "protocol": colProtocol,
	"valid_to": colTo, "size": colSize, "scale": colScale, "notes": colNotes,
}

// ParseDay reads a day as 31/12/2026, 31-12-2026 or 2026-12-31; [ErrISEEDay].
func ParseDay(s string) (time.Time, error) {
	for _, layout := range []string{"02/01/2006", "2/1/2006", "02-01-2006", time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 2000 && t.Year() < 2100 {
			return t, nil
		}
	}
	return time.Time{}, ErrISEEDay.With("value", s)
}

// ParseSize reads how many people a household has; empty is 0, not said.
// [ErrISEESize].
func ParseSize(s string) (int, error) {
	n := 0
	for _, r := range s {
		if r < '0' || r > '9' || n > SizeMax {
			return 0, ErrISEESize.With("max", SizeMax)
		}
		n = n*10 + int(r-'0')
	}
	if s != "" && (n == 0 || n > SizeMax) {
		return 0, ErrISEESize.With("max", SizeMax)
	}
	return n, nil
}

// ParseSupersedes reads the kinds that a current ISEE supersedes; without any it
// is the ordinary one and that for minors. Other kinds supersede nothing.
// [ErrISEEBase].
func ParseSupersedes(kind ISEEKind, words []string) ([]ISEEKind, error) {
	if kind != ISEECurrent {
		if len(words) > 0 {
			return nil, ErrISEEBase
		}
		return nil, nil
	}
	if len(words) == 0 {
		return []ISEEKind{ISEEOrdinary, ISEEMinors}, nil
	}
	var kinds []ISEEKind
	for _, w := range words {
		k, err := ParseISEEKind(strings.ToLower(w))
		if err != nil || k == ISEECurrent {
			return nil, ErrISEEBase
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

// fileText reads UTF-8, with or without a mark at the start, or Windows-1252.
func fileText(data []byte) (string, bool) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if bytes.IndexByte(data, 0) >= 0 {
		return "", false
	}
	if utf8.Valid(data) {
		return string(data), true
	}
	for _, b := range []byte{0x81, 0x8d, 0x8f, 0x90, 0x9d} { // mean nothing in Windows-1252
		if bytes.IndexByte(data, b) >= 0 {
			return "", false
		}
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(data)
	return string(text), err == nil
}

// fileSeparator is the sign found most often in the first line; semicolons win a
// draw.
func fileSeparator(text string) rune {
	first, _, _ := strings.Cut(strings.TrimLeft(text, "\r\n\t "), "\n")
	best := ';'
	for _, c := range []rune{',', '\t'} {
		if strings.Count(first, string(c)) > strings.Count(first, string(best)) {
			best = c
		}
	}
	return best
}
