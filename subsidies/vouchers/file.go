package vouchers

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"

	"colletta/communities"
	"colletta/money"
	"colletta/refusal"
)

// The limits of a file of vouchers.
const (
	FileBytesMax  = 4 << 20 // size of the file
	FileRowsMax   = 20_000  // vouchers in one file
	FileErrorsMax = 500     // errors listed one by one; the rest is counted
	columnsMax    = 64      // cells of a row that are looked at
	shownRunesMax = 60      // of a faulty cell
)

// The refusals of a whole file; those of its text are communities'.
var (
	// ErrFileBig says that the file is too big. Args: max_mb.
	ErrFileBig = refusal.New(refusal.KindInvalid, "voucher_file_big")
	// ErrFileEmpty says that there is no voucher in the file. Args: none.
	ErrFileEmpty = refusal.New(refusal.KindInvalid, "voucher_file_empty")
	// ErrFileFormat says that the file is no text: a spreadsheet, a PDF. Args: none.
	ErrFileFormat = refusal.New(refusal.KindInvalid, "voucher_file_format")
	// ErrSeparator says that cells are not separated by semicolons. Args: none.
	ErrSeparator = refusal.New(refusal.KindInvalid, "voucher_separator")
	// ErrRowsMax says that there are too many rows. Args: max.
	ErrRowsMax = refusal.New(refusal.KindInvalid, "voucher_rows_max")
	// ErrHeader says that a title is not the one of its column. Args: want.
	ErrHeader = refusal.New(refusal.KindInvalid, "voucher_header")
	// ErrColumns says that a row has not twelve cells. Args: found, want.
	ErrColumns = refusal.New(refusal.KindInvalid, "voucher_columns")
)

// File is a file read without a single error.
type File struct {
	Rows   []FileRow
	SHA256 string // of the bytes of the file, hexadecimal
}

// FileRow is one voucher and the line it begins on.
type FileRow struct {
	Line int // from 1, as a text editor counts
	Terms
}

// Total is the sum of the amounts.
func (f File) Total() money.Amount {
	var sum money.Amount
	for _, r := range f.Rows {
		sum += r.Amount
	}
	return sum
}

// ReadFile reads the twelve columns of WeMi's file of vouchers, separated by
// semicolons, in UTF-8 or Windows-1252, with or without a row of titles. It
// returns either the file or every error found, by line and column, never both.
//
// Source: WeMi2BackEnd/src/dao/voucher (fieldsPosition.js, voucherDAO.js) of
// Comune-Milano/wemi b23d457, as recorded in wemi_voucher_import_layout.csv.
// Stricter here: the check letter of a codice fiscale, and the amount, of which
// WeMi takes "10x55" for 10.
func ReadFile(data []byte) (*File, []communities.CellError) {
	var errs errorList
	rows := records(data, &errs)
	if len(errs.list) > 0 && len(rows) == 0 {
		return nil, errs.sorted()
	}
	if len(rows) > 0 && isHeader(rows[0].cells) {
		checkHeader(rows[0], &errs)
		rows = rows[1:]
	}
	if len(rows) == 0 && len(errs.list) == 0 {
		errs.add(0, "", "", ErrFileEmpty)
	}
	file := File{Rows: make([]FileRow, 0, len(rows))}
	first := map[string]int{}
	for _, r := range rows {
		if row, ok := readRow(r, first, &errs); ok {
			file.Rows = append(file.Rows, row)
		}
	}
	if len(errs.list) > 0 {
		return nil, errs.sorted()
	}
	sum := sha256.Sum256(data)
	file.SHA256 = hex.EncodeToString(sum[:])
	return &file, nil
}

// record is a row of cells before it has a meaning.
type record struct {
	line  int
	cells []string
}

// records cuts a file into rows of cells; blank ones are left out.
func records(data []byte, errs *errorList) []record {
	text, readable := communities.DecodeText(data)
	switch {
	case len(data) > FileBytesMax:
		errs.add(0, "", "", ErrFileBig.With("max_mb", FileBytesMax>>20))
		return nil
	case strings.HasPrefix(string(data), "PK\x03\x04"), strings.HasPrefix(string(data), "%PDF"), strings.HasPrefix(string(data), "\xd0\xcf\x11\xe0"):
		errs.add(0, "", "", ErrFileFormat)
		return nil
	case !readable:
		errs.add(0, "", "", communities.ErrFileEncoding)
		return nil
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = ';'
	r.FieldsPerRecord = -1
	var rows []record
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return rows
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			errs.add(wrong.StartLine, "", "", communities.ErrCSVQuotes)
			continue
		}
		if err != nil {
			errs.add(0, "", "", ErrFileFormat)
			return nil
		}
		if !slices.ContainsFunc(cells, func(c string) bool { return strings.TrimSpace(c) != "" }) {
			continue
		}
		line, _ := r.FieldPos(0)
		rows = append(rows, record{line, cells})
		if len(rows) == 1 && len(cells) == 1 && strings.ContainsAny(cells[0], ",\t") {
			errs.add(line, "", cells[0], ErrSeparator)
			return nil
		}
		if len(rows) > FileRowsMax+1 || len(rows) == FileRowsMax+1 && !isHeader(rows[0].cells) {
			errs.add(0, "", "", ErrRowsMax.With("max", FileRowsMax))
			return nil
		}
	}
}

// isHeader tells a row of titles from a voucher: some cell is the title of a
// column, as no voucher's is.
func isHeader(cells []string) bool {
	for _, c := range cells[:min(len(cells), columnsMax)] {
		if slices.ContainsFunc(layout, func(l column) bool { return sameTitle(l.title, c) }) {
			return true
		}
	}
	return false
}

// checkHeader wants the titles in the order of the layout: a file whose columns
// were moved would otherwise be read as something else.
func checkHeader(r record, errs *errorList) {
	for i, l := range layout {
		found := ""
		if i < len(r.cells) {
			found = r.cells[i]
		}
		if !sameTitle(l.title, found) {
			errs.add(r.line, columnName(i), found, ErrHeader.With("want", l.title))
		}
	}
	checkWidth(r, errs)
}

// checkWidth wants twelve cells; empty ones after them do no harm.
func checkWidth(r record, errs *errorList) bool {
	n := len(r.cells)
	for n > len(layout) && strings.TrimSpace(r.cells[n-1]) == "" {
		n--
	}
	if n != len(layout) {
		errs.add(r.line, "", "", ErrColumns.With("found", n, "want", len(layout)))
	}
	return n == len(layout)
}

func sameTitle(title, cell string) bool {
	plain := strings.NewReplacer(" ", "", "_", "", "-", "", "*", "")
	return strings.EqualFold(title, plain.Replace(strings.TrimSpace(cell)))
}

// readRow reads one voucher; false when something of it is wrong.
func readRow(r record, first map[string]int, errs *errorList) (FileRow, bool) {
	if !checkWidth(r, errs) {
		return FileRow{}, false
	}
	row := FileRow{Line: r.line}
	before := errs.count()
	for i, l := range layout {
		if e := readCell(&row.Terms, l, r.cells[i]); e != nil {
			errs.add(r.line, columnName(i), r.cells[i], e)
		}
	}
	if line, seen := first[row.Code]; seen {
		errs.add(r.line, columnName(columnCode), row.Code, ErrCodeTwice.With("first", line))
	} else if row.Code != "" {
		first[row.Code] = r.line
	}
	if !row.ValidTo.IsZero() && row.ValidTo.Before(row.ValidFrom) {
		errs.add(r.line, columnName(columnTo), r.cells[columnTo], ErrDatesBack.With("from_on", row.ValidFrom))
	}
	kind, minor := strings.TrimSpace(r.cells[columnKind]), strings.TrimSpace(r.cells[columnMinor])
	if kind == "" && minor != "" {
		errs.add(r.line, columnName(columnKind), "", ErrPair.With("missing", layout[columnKind].title, "given", layout[columnMinor].title))
	}
	if kind != "" && minor == "" {
		errs.add(r.line, columnName(columnMinor), "", ErrPair.With("missing", layout[columnMinor].title, "given", layout[columnKind].title))
	}
	return row, errs.count() == before
}

// columnName is "A (codiceVoucher)".
func columnName(i int) string { return string(rune('A'+i)) + " (" + layout[i].title + ")" }

// errorList collects errors up to [FileErrorsMax] and counts the others.
type errorList struct {
	list []communities.CellError
	more int
}

func (l *errorList) count() int { return len(l.list) + l.more }

func (l *errorList) add(line int, column, value string, r *refusal.Error) {
	if len(l.list) == FileErrorsMax {
		l.more++
		return
	}
	if cut := []rune(value); len(cut) > shownRunesMax {
		value = string(cut[:shownRunesMax]) + "…"
	}
	l.list = append(l.list, communities.CellError{Row: line, Column: column, Value: strings.ToValidUTF8(value, "�"), Code: r.Code, Args: r.Args})
}

// sorted is the list by line, with the count of what it leaves out at the end.
func (l *errorList) sorted() []communities.CellError {
	slices.SortStableFunc(l.list, func(a, b communities.CellError) int { return a.Row - b.Row })
	if l.more > 0 {
		return append(l.list, communities.CellError{Code: communities.ErrMoreErrors.Code, Args: map[string]any{"count": l.more}})
	}
	return l.list
}
