package vouchers

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"colletta/communities"
	"colletta/money"
)

const (
	anna = "BNCNNA45T47F205T" // from the stored vectors
	lu   = "FOXLUX19P70F205P"
)

// row is a good row with some cells changed, by column.
func row(changes ...string) string {
	cells := []string{"V-1", "BANDO-A", "01/09/2026", "31-12-2026", "Anna", "Bianchi", anna, "", "", "150,50", "anna@example.org", "333 1234567"}
	for i := 0; i+1 < len(changes); i += 2 {
		cells[changes[i][0]-'A'] = changes[i+1]
	}
	return strings.Join(cells, ";")
}

func day2026(month time.Month, day int) time.Time {
	return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC)
}

func TestAFileIsReadAsItsLayoutSays(t *testing.T) {
	t.Parallel()
	want := Terms{
		Code: "V-1", Call: "BANDO-A", ValidFrom: day2026(9, 1), ValidTo: day2026(12, 31), GivenName: "Anna", FamilyName: "Bianchi",
		Holder: anna, Amount: 150_50, Email: "anna@example.org", Phone: "333 1234567",
	}
	header := strings.Join(Titles(), ";")
	for name, c := range map[string]struct {
		text string
		line int
	}{
		"plain":                     {row(), 1},
		"with titles":               {header + "\r\n" + row() + "\r\n", 2},
		"titles in other letters":   {strings.ToUpper(header) + "\n" + row(), 2},
		"with a mark at the start":  {"\xef\xbb\xbf" + header + "\n" + row(), 2},
		"blank lines and a tail":    {"\n\n" + row() + "\n;;;;;;;;;;;\n\n", 3},
		"cells in quotes":           {`"V-1";"BANDO-A";01/09/2026;"31-12-2026";Anna;Bianchi;` + anna + `;;;"150.50";anna@example.org;333 1234567`, 1},
		"empty cells after the end": {row() + ";;", 1},
		"small letters and spaces":  {row("G", " bncnna45t47f205t ", "A", " V-1 "), 1},
	} {
		file, errs := ReadFile([]byte(c.text))
		if len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
			continue
		}
		if len(file.Rows) != 1 || file.Rows[0].Terms != want || file.Rows[0].Line != c.line {
			t.Errorf("%s: %+v", name, file.Rows)
		}
		if len(file.SHA256) != 64 || file.Total() != 150_50 {
			t.Errorf("%s: hash %q, total %s", name, file.SHA256, file.Total())
		}
	}
}

func TestWindows1252AndQuotedSemicolonsAreText(t *testing.T) {
	t.Parallel()
	file, errs := ReadFile([]byte(row("E", "Nicol\xf2", "F", `"D'Al`+"\xec"+`; detta ""Nina"""`)))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if r := file.Rows[0]; r.GivenName != "Nicolò" || r.FamilyName != `D'Alì; detta "Nina"` {
		t.Errorf("names %q and %q", r.GivenName, r.FamilyName)
	}
}

// One row per rule, both sides of every threshold: the cell, and the code that
// it is refused with in its own column; no code for one that is taken.
func TestEveryRuleOfACell(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("è", 255)
	for _, c := range []struct{ column, cell, code string }{
		{"A", "", "voucher_cell_required"}, {"A", long, ""}, {"A", long + "è", "voucher_cell_long"}, {"A", "V\x00", "voucher_cell_control"},
		{"A", "=1+1", ""}, {"A", "a\u202eb", "voucher_cell_control"},
		{"B", " ", "voucher_cell_required"}, {"B", long, ""}, {"B", long + "x", "voucher_cell_long"},
		{"C", "", ""}, {"C", "29/02/2024", ""}, {"C", "29/02/2026", "voucher_date"}, {"C", "1/9/2026", "voucher_date"}, {"C", "2026-09-01", "voucher_date"},
		{"C", "01/09-2026", "voucher_date"}, {"C", "01/13/2026", "voucher_date"}, {"C", "31/12/1899", "voucher_date"}, {"C", "46000", "voucher_date"},
		{"D", "", ""}, {"D", "01/09/2026", ""}, {"D", "31/08/2026", "voucher_dates_back"}, {"D", "01/01/2200", "voucher_date"},
		{"E", strings.Repeat("a", 101), ""}, {"F", "", ""},
		{"G", "", "voucher_cell_required"}, {"G", "BNCNNA45T47F205X", "tax_code_check"}, {"G", "BNCNNA45T47F205", "tax_code_format"},
		{"G", "12345678901", ""}, {"G", "1234567890", "tax_code_format"}, {"G", "XXXXXX45T77F205T", "tax_code_date"},
		{"H", "ETA_0_3", "voucher_pair@I"}, {"I", lu, "voucher_pair@H"},
		{"J", "", "voucher_cell_required"}, {"J", "0", "voucher_amount"}, {"J", "0,00", "voucher_amount"}, {"J", "0,01", ""}, {"J", "10x55", "voucher_amount"},
		{"J", "10.5", ""}, {"J", "10.555", "voucher_amount"}, {"J", "1.500", "voucher_amount"}, {"J", "1.500,00", "voucher_amount"}, {"J", "-5", "voucher_amount"},
		{"J", "1e3", "voucher_amount"}, {"J", "NaN", "voucher_amount"}, {"J", "10000000", ""}, {"J", "10000000,01", "voucher_amount"}, {"J", "5,", "voucher_amount"},
		{"J", "€ 5", "voucher_amount"}, {"J", "٣", "voucher_amount"},
		{"K", "nobody", ""}, {"L", strings.Repeat("3", 41), "voucher_cell_long"},
	} {
		_, errs := ReadFile([]byte(row(c.column, c.cell)))
		code, column, elsewhere := strings.Cut(c.code, "@")
		if !elsewhere {
			column = c.column
		}
		switch {
		case c.code == "" && len(errs) > 0:
			t.Errorf("%s %q: refused: %v", c.column, c.cell, errs)
		case c.code == "":
		case len(errs) != 1 || errs[0].Code != code || errs[0].Column != columnName(int(column[0]-'A')) || errs[0].Row != 1:
			t.Errorf("%s %q: %+v, want %s in column %s", c.column, c.cell, errs, code, column)
		}
	}
}

func TestMinorAndKindComeTogether(t *testing.T) {
	t.Parallel()
	file, errs := ReadFile([]byte(row("H", "ETA_0_3", "I", strings.ToLower(lu))))
	if len(errs) > 0 || file.Rows[0].Minor != lu || file.Rows[0].DataKind != "ETA_0_3" {
		t.Fatalf("%+v %v", file, errs)
	}
	if _, errs := ReadFile([]byte(row("H", "ETA_0_3", "I", "01199250158"))); len(errs) != 1 || errs[0].Code != "tax_code_format" {
		t.Errorf("a body as a child: %v", errs)
	}
}

func TestAllErrorsOfAFileAreToldByLine(t *testing.T) {
	t.Parallel()
	text := strings.Join([]string{row("G", "X", "J", "10x55"), row("A", "V-2"), row("A", "V-2", "C", "99/99/2026"), "only;three;cells", `V-5;"open`}, "\n")
	_, errs := ReadFile([]byte(text))
	var got []string
	for _, e := range errs {
		got = append(got, fmt.Sprintf("%d %s %s", e.Row, e.Column, e.Code))
	}
	want := []string{
		"1 G (cfTitolare) tax_code_format", "1 J (importoVoucher) voucher_amount", "3 A (codiceVoucher) voucher_code_twice", "3 C (inizioValidita) voucher_date",
		"4  voucher_columns", "5  import_csv_quotes",
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAWholeFileIsRefusedForOneReason(t *testing.T) {
	t.Parallel()
	titles := Titles()
	titles[0], titles[1] = titles[1], titles[0]
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"nothing":          {nil, "voucher_file_empty"},
		"titles alone":     {[]byte(strings.Join(Titles(), ";")), "voucher_file_empty"},
		"a spreadsheet":    {[]byte("PK\x03\x04rest"), "voucher_file_format"},
		"UTF-16":           {[]byte("\xff\xfeV\x00"), "import_file_encoding"},
		"commas":           {[]byte(strings.ReplaceAll(row(), ";", ",")), "voucher_separator"},
		"too big":          {make([]byte, FileBytesMax+1), "voucher_file_big"},
		"too many rows":    {[]byte(strings.Repeat("a;b\n", FileRowsMax+1)), "voucher_rows_max"},
		"columns moved":    {[]byte(strings.Join(titles, ";") + "\n" + row()), "voucher_header"},
		"a column missing": {[]byte(strings.Join(Titles()[:11], ";") + "\n" + row()), "voucher_header"},
	} {
		file, errs := ReadFile(c.data)
		if file != nil || len(errs) == 0 || errs[0].Code != c.code {
			t.Errorf("%s: %v, want %s", name, errs, c.code)
		}
	}
}

func TestErrorsBeyondTheLimitAreCounted(t *testing.T) {
	t.Parallel()
	_, errs := ReadFile([]byte(strings.Repeat("a;b\n", FileErrorsMax+7)))
	if last := errs[len(errs)-1]; len(errs) != FileErrorsMax+1 || last.Code != communities.ErrMoreErrors.Code || last.Args["count"] != 7 {
		t.Errorf("%d errors, the last %+v", len(errs), last)
	}
}

func TestTheSameFileAgainIsUnchanged(t *testing.T) {
	t.Parallel()
	file, errs := ReadFile([]byte(row() + "\n" + row("A", "V-2", "B", "BANDO-B", "J", "20", "D", "01/10/2026")))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	plan, errs := PlanFile(file, nil, day2026(10, 2))
	if len(errs) > 0 || len(plan.New) != 2 || plan.Total() != 170_50 || plan.Expired != 1 || len(plan.Calls) != 2 || plan.Calls[1] != (CallSum{"BANDO-B", 1, 20_00}) {
		t.Fatalf("%+v %v", plan, errs)
	}
	stored := map[string]Terms{"V-1": file.Rows[0].Terms, "V-2": file.Rows[1].Terms}
	plan, errs = PlanFile(file, stored, day2026(10, 2))
	if len(errs) > 0 || len(plan.New) != 0 || plan.Unchanged != 2 {
		t.Errorf("again: %+v %v", plan, errs)
	}
	changed := stored["V-2"]
	changed.Amount++
	stored["V-2"] = changed
	if _, errs = PlanFile(file, stored, day2026(10, 2)); len(errs) != 1 || errs[0].Code != ErrCodeTaken.Code || errs[0].Row != 2 {
		t.Errorf("a code with other data: %v", errs)
	}
}

// FuzzReadFile: whatever the bytes, a file is refused with errors that can be
// shown, or every row of it keeps the rules and is read the same again.
func FuzzReadFile(f *testing.F) {
	f.Add([]byte(row()))
	f.Add([]byte("\xef\xbb\xbf" + strings.Join(Titles(), ";") + "\r\n" + row("H", "K", "I", lu)))
	f.Add([]byte(row("J", "10x55") + "\n" + `"a;b`))
	f.Add([]byte(row("E", "Nicol\xf2") + "\n;;;;;;;;;;;"))
	f.Fuzz(func(t *testing.T, data []byte) {
		file, errs := ReadFile(data)
		if (file == nil) == (len(errs) == 0) {
			t.Fatal("neither a file nor errors, or both")
		}
		for _, e := range errs {
			if e.Code == "" || e.Row < 0 || e.Refusal().Code != e.Code {
				t.Fatalf("error %+v", e)
			}
		}
		if file == nil {
			return
		}
		codes := map[string]bool{}
		for _, r := range file.Rows {
			bad := codes[r.Code] || r.Code == "" || r.Call == "" || r.Holder == "" || r.Amount < 1 || r.Amount > money.Max ||
				(r.Minor == "") != (r.DataKind == "") || !r.ValidTo.IsZero() && r.ValidTo.Before(r.ValidFrom)
			if bad {
				t.Fatalf("row %+v", r)
			}
			codes[r.Code] = true
		}
		if plan, errs := PlanFile(file, map[string]Terms{file.Rows[0].Code: file.Rows[0].Terms}, time.Time{}); len(errs) > 0 || plan.Unchanged != 1 || len(plan.New) != len(file.Rows)-1 {
			t.Fatalf("plan %+v %v", plan, errs)
		}
	})
}
