package communities

import (
	"archive/zip"
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
)

const condominiumHead = "Scala;Piano;Interno;Millesimi;Cognome;Nome;Email;Telefono;Codice fiscale;Residenti\n"

// wrong is what a test expects of one error.
type wrong struct {
	row    int
	column string
	code   string
}

func wants(t *testing.T, name string, errs []CellError, want ...wrong) {
	t.Helper()
	if len(errs) != len(want) {
		t.Errorf("%s: %d errors %v, want %d", name, len(errs), errs, len(want))
		return
	}
	for i, e := range errs {
		if got := (wrong{e.Row, e.Column, e.Code}); got != want[i] {
			t.Errorf("%s: error %d is %+v, want %+v", name, i, got, want[i])
		}
	}
}

func TestEveryErrorHasItsRowAndColumn(t *testing.T) {
	t.Parallel()
	good := "A;1;1;500;Rossi;Mario;m@example.org;;;\n"
	for _, c := range []struct {
		name, csv string
		kind      Kind
		want      []wrong
	}{
		{"sum of 999.5", condominiumHead + good + "A;1;2;499,5;Verdi;Ada;;;;\n", KindCondominium,
			[]wrong{{0, "D (Millesimi)", "import_millesimi_sum"}}},
		{"sum of 1000.0501", condominiumHead + good + "A;1;2;500,0501;Verdi;Ada;;;;\n", KindCondominium,
			[]wrong{{0, "D (Millesimi)", "import_millesimi_sum"}}},
		{"sum of 999.9499", condominiumHead + good + "A;1;2;499,9499;Verdi;Ada;;;;\n", KindCondominium,
			[]wrong{{0, "D (Millesimi)", "import_millesimi_sum"}}},
		{"millesimi of 1000.5 and five decimals", condominiumHead + "A;1;1;1000,5;R;M;;;;\nA;1;2;1,23456;R;M;;;;\nA;1;3;0;R;M;;;;\nA;1;4;-5;R;M;;;;\n", KindCondominium,
			[]wrong{{2, "D (Millesimi)", "import_millesimi_range"}, {3, "D (Millesimi)", "import_millesimi_format"},
				{4, "D (Millesimi)", "import_millesimi_range"}, {5, "D (Millesimi)", "import_millesimi_range"}}},
		{"unit twice, in other spelling", condominiumHead + good + "\n a ;2; 1 ;500;Verdi;Ada;;;;\n", KindCondominium,
			[]wrong{{4, "C (Interno)", "import_unit_twice"}}},
		{"required cells", condominiumHead + ";;;;;;;;;3\n", KindCondominium,
			[]wrong{{2, "C (Interno)", "import_cell_required"}, {2, "D (Millesimi)", "import_cell_required"},
				{2, "E (Cognome)", "import_cell_required"}, {2, "F (Nome)", "import_cell_required"}}},
		{"contacts", condominiumHead + "A;1;1;1000;Rossi;Mario;mario@;12;RSSMRA80A01H501A;21\n", KindCondominium,
			[]wrong{{2, "G (Email)", "import_email"}, {2, "H (Telefono)", "import_phone"},
				{2, "I (Codice fiscale)", "tax_code_check"}, {2, "J (Residenti)", "import_residents"}}},
		{"residents", condominiumHead + "A;1;1;500;R;M;;;;0\nA;1;2;500;R;M;;;;2,5\n", KindCondominium,
			[]wrong{{2, "J (Residenti)", "import_residents"}, {3, "J (Residenti)", "import_residents"}}},
		{"formulas", condominiumHead + "=A1;+1;-1;=1000;@SUM;=HYPERLINK(1);=x;=y;=z;=1\n", KindCondominium,
			[]wrong{{2, "A (Scala)", "import_cell_formula"}, {2, "B (Piano)", "import_cell_formula"}, {2, "C (Interno)", "import_cell_formula"},
				{2, "D (Millesimi)", "import_cell_formula"}, {2, "E (Cognome)", "import_cell_formula"}, {2, "F (Nome)", "import_cell_formula"},
				{2, "G (Email)", "import_cell_formula"}, {2, "H (Telefono)", "import_cell_formula"}, {2, "I (Codice fiscale)", "import_cell_formula"},
				{2, "J (Residenti)", "import_cell_formula"}}},
		{"invisible characters", condominiumHead + "A;1;1;1000;Ro\x00ssi;Ma\u202erio;;;;\n", KindCondominium,
			[]wrong{{2, "E (Cognome)", "import_cell_control"}, {2, "F (Nome)", "import_cell_control"}}},
		{"line break inside a cell", condominiumHead + "A;1;1;1000;\"Ros\nsi\";Mario;;;;\n", KindCondominium,
			[]wrong{{2, "E (Cognome)", "import_cell_control"}}},
		{"too long", condominiumHead + "A;1;1;1000;" + strings.Repeat("x", 101) + ";Mario;;;;\n", KindCondominium,
			[]wrong{{2, "E (Cognome)", "import_cell_long"}}},
		{"columns of another layout", "Sezione;Cognome bambino;Nome bambino;Cognome genitore;Nome genitore;E-MAIL;telefono;Colore\nX;A;B;C;D;e@example.org;;\n", KindSchool,
			[]wrong{{1, "H (Colore)", "import_column_unknown"}, {1, "Codice fiscale genitore", "import_column_missing"}}},
		{"column twice", "Via;Civico;Cognome;Nome;Email;Telefono;Codice fiscale;Residenti;VIA\nV;1;A;B;;;;;\n", KindNeighbourhood,
			[]wrong{{1, "I (Via)", "import_column_twice"}}},
		{"a cell beyond the columns", condominiumHead + "A;1;1;1000;Rossi;Mario;;;;;extra\n", KindCondominium,
			[]wrong{{2, "K", "import_column_unknown"}}},
		{"no rows", condominiumHead, KindCondominium, []wrong{{0, "", "import_no_rows"}}},
		{"nothing", "", KindCondominium, []wrong{{0, "", "import_file_empty"}}},
		{"only blank lines", "\n \n;;\n", KindCondominium, []wrong{{0, "", "import_file_empty"}}},
		{"open quote", condominiumHead + "A;1;1;1000;\"Rossi;Mario;;;;\n", KindCondominium, []wrong{{0, "", "import_no_rows"}, {2, "", "import_csv_quotes"}}},
		{"UTF-16", "\xff\xfeS\x00c\x00", KindCondominium, []wrong{{0, "", "import_file_encoding"}}},
		{"bytes of nothing", condominiumHead + "A;1;1;1000;R\x81\xff;M;;;;\n", KindCondominium, []wrong{{0, "", "import_file_encoding"}}},
		{"a PDF", "%PDF-1.7 ...", KindCondominium, []wrong{{0, "", "import_file_format"}}},
		{"an old XLS", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", KindCondominium, []wrong{{0, "", "import_file_old"}}},
		{"a damaged XLSX", "PK\x03\x04 nonsense", KindCondominium, []wrong{{0, "", "import_file_format"}}},
		{"too big", strings.Repeat("x", ImportBytesMax+1), KindCondominium, []wrong{{0, "", "import_file_big"}}},
		{"no such kind", good, "castle", []wrong{{0, "", "community_kind_unknown"}}},
	} {
		imp, errs := ReadImport("file.csv", []byte(c.csv), c.kind)
		if imp != nil {
			t.Errorf("%s: imported in spite of errors", c.name)
		}
		wants(t, c.name, errs, c.want...)
	}
}

func TestSumMayMissAThousandByFiveHundredths(t *testing.T) {
	t.Parallel()
	for _, last := range []string{"499,95", "500,05", "500"} {
		text := condominiumHead + "A;1;1;500;Rossi;Mario;;;;\nA;1;2;" + last + ";Verdi;Ada;;;;\n"
		if _, errs := ReadImport("f.csv", []byte(text), KindCondominium); len(errs) > 0 {
			t.Errorf("500 + %s: %v", last, errs)
		}
	}
	_, errs := ReadImport("f.csv", []byte(condominiumHead+"A;1;1;500;R;M;;;;\nA;1;2;499,5;V;A;;;;\n"), KindCondominium)
	if r := errs[0].Refusal(); r.Args["sum"] != "999,5" || r.Args["difference"] != "-0,5" || r.Args["column"] != "D (Millesimi)" {
		t.Errorf("words for the sum: %v", r.Args)
	}
}

func TestCSVOfEveryOrigin(t *testing.T) {
	t.Parallel()
	row := "A,T,1,\"1000,0\",D’Amico,Niccolò,N@Example.ORG,+39 333-12 34 567,rssmra80a01h501u,2\r\n"
	head := "SCALA,piano, Interno ,Millèsimi,Cognome,Nome,E-mail,Telefono,Codice Fiscale,Residenti\r\n"
	win := strings.NewReplacer("ò", "\xf2", "è", "\xe8", "’", "\x92")
	files := map[string]string{
		"commas":       head + row,
		"mark":         "\xef\xbb\xbf" + head + row,
		"Windows-1252": win.Replace(head + row),
		"semicolons":   "Scala;Piano;Interno;Millesimi;Cognome;Nome;Email;Telefono;Codice fiscale;Residenti\nA;T;1;1000,0;D’Amico;Niccolò;N@Example.ORG;+39 333-12 34 567;rssmra80a01h501u;2\n",
		"tabs":         "Scala\tPiano\tInterno\tMillesimi\tCognome\tNome\tEmail\tTelefono\tCodice fiscale\tResidenti\nA\tT\t1\t1000,0\tD’Amico\tNiccolò\tN@Example.ORG\t+39 333-12 34 567\trssmra80a01h501u\t2\n",
		"shuffled":     "Nome;Cognome;Interno;Millesimi;Scala;Piano;Email;Telefono;Codice fiscale;Residenti\nNiccolò;D’Amico;1;1000,0;A;T;N@Example.ORG;+39 333-12 34 567;rssmra80a01h501u;2\n",
		"decomposed":   strings.ReplaceAll(head+row, "ò", "o\u0300"),
	}
	want := ImportRow{
		Kind: KindCondominium, Row: 2, Staircase: "A", Floor: "T", Unit: "1", Millesimi: MillesimiTotal,
		FamilyName: "D’Amico", GivenName: "Niccolò", Email: "n@example.org", Phone: "+393331234567", TaxCode: "RSSMRA80A01H501U", Residents: 2,
	}
	for name, text := range files {
		imp, errs := ReadImport(name+".csv", []byte(text), KindCondominium)
		if len(errs) > 0 {
			t.Errorf("%s: %v", name, errs)
			continue
		}
		if len(imp.Rows) != 1 || imp.Rows[0] != want {
			t.Errorf("%s: %+v, want %+v", name, imp.Rows, want)
		}
	}
}

func TestErrorsBeyondTheLimitAreCounted(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(condominiumHead)
	for i := range 400 {
		fmt.Fprintf(&b, "A;1;%d;0;R;M;wrong;;;\n", i)
	}
	_, errs := ReadImport("f.csv", []byte(b.String()), KindCondominium)
	if len(errs) != ImportErrorsMax+1 {
		t.Fatalf("%d errors", len(errs))
	}
	if last := errs[ImportErrorsMax]; last.Code != ErrMoreErrors.Code || last.Args["count"] != 300 {
		t.Errorf("the last says %+v, want 300 more", last)
	}
}

func TestTooManyRowsAreRefusedOnce(t *testing.T) {
	t.Parallel()
	rows := func(n int) []byte {
		return []byte("Via;Civico;Cognome;Nome;Email;Telefono;Codice fiscale;Residenti\n" + strings.Repeat("V;1;A;B;;;;\n", n))
	}
	_, errs := ReadImport("f.csv", rows(100_000), KindNeighbourhood)
	wants(t, "100,000 lines", errs, wrong{0, "", "import_rows_max"})
	_, errs = ReadImport("f.csv", rows(ImportRowsMax+1), KindNeighbourhood)
	wants(t, "one too many", errs, wrong{0, "", "import_rows_max"})
	_, errs = ReadImport("f.csv", rows(ImportRowsMax), KindNeighbourhood)
	if len(errs) == 0 || errs[0].Code != ErrUnitTwice.Code {
		t.Errorf("as many as allowed: %v", errs[:1])
	}
}

// book makes an XLSX of a condominium and lets a test spoil it.
func book(t testing.TB, spoil func(*excelize.File)) []byte {
	t.Helper()
	data, err := Example(KindCondominium)
	if err != nil {
		t.Fatal(err)
	}
	f, err := excelize.OpenReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	spoil(f)
	b, err := f.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func set(t testing.TB, f *excelize.File, cell string, value any) {
	t.Helper()
	if err := f.SetCellValue(dataSheet, cell, value); err != nil {
		t.Fatal(err)
	}
}

func TestSpoiledWorkbooks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*excelize.File)
		want  []wrong
	}{
		{"formula", func(f *excelize.File) {
			if err := f.SetCellFormula(dataSheet, "D5", "SUM(D2:D4)"); err != nil {
				t.Fatal(err)
			}
			if err := f.SetCellFormula(dataSheet, "L40", "1+1"); err != nil {
				t.Fatal(err)
			}
		}, []wrong{
			{5, "D (Millesimi)", "import_cell_formula"}, {40, "C (Interno)", "import_cell_required"}, {40, "D (Millesimi)", "import_cell_required"},
			{40, "E (Cognome)", "import_cell_required"}, {40, "F (Nome)", "import_cell_required"}, {40, "L", "import_column_unknown"},
		}},
		{"text like a formula", func(f *excelize.File) { set(t, f, "E3", "=cmd|'/c calc'!A0") },
			[]wrong{{3, "E (Cognome)", "import_cell_formula"}}},
		{"sum", func(f *excelize.File) { set(t, f, "D13", 67.3167) }, []wrong{{0, "D (Millesimi)", "import_millesimi_sum"}}},
		{"unit twice", func(f *excelize.File) { set(t, f, "C4", "2") }, []wrong{{4, "C (Interno)", "import_unit_twice"}}},
		{"header gone", func(f *excelize.File) { set(t, f, "F1", "Soprannome") },
			[]wrong{{1, "F (Soprannome)", "import_column_unknown"}, {1, "Nome", "import_column_missing"}}},
		{"rows after a gap keep their number", func(f *excelize.File) { set(t, f, "C30", "30") },
			[]wrong{{30, "D (Millesimi)", "import_cell_required"}, {30, "E (Cognome)", "import_cell_required"}, {30, "F (Nome)", "import_cell_required"}}},
		{"a cell far below", func(f *excelize.File) { set(t, f, "A30001", "x") }, []wrong{{0, "", "import_rows_max"}}},
		{"a cell at the far right", func(f *excelize.File) { set(t, f, "XFD2", "x") }, []wrong{{0, "", "import_rows_max"}}},
	} {
		imp, errs := ReadImport("f.xlsx", book(t, c.spoil), KindCondominium)
		if imp != nil {
			t.Errorf("%s: imported", c.name)
		}
		wants(t, c.name, errs, c.want...)
	}
}

// Spreadsheets store 83.3333 as the nearest binary fraction and write it with
// 17 digits; a person typed four decimals.
func TestBinaryFractionsOfSpreadsheets(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"83.333299999999994": "83.3333", "91.25": "91.25", "1E3": "1000", "1.2500000000000001E-3": "0.00125",
		"3": "3", "3401234567": "3401234567", "A1": "A1", "1e9999": "1e9999", "": "",
	} {
		if got := spreadsheetNumber(raw); got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
	data := book(t, func(f *excelize.File) {
		set(t, f, "D3", 84.733300000000014)
		set(t, f, "J2", 1.0)
	})
	if _, errs := ReadImport("f.xlsx", data, KindCondominium); len(errs) > 0 {
		t.Error(errs)
	}
}

func TestOtherSheetsMayHoldFormulas(t *testing.T) {
	t.Parallel()
	data := book(t, func(f *excelize.File) {
		if _, err := f.NewSheet("Conti"); err != nil {
			t.Fatal(err)
		}
		if err := f.SetCellFormula("Conti", "A1", "SUM(Dati!D2:D13)"); err != nil {
			t.Fatal(err)
		}
	})
	if _, errs := ReadImport("f.xlsx", data, KindCondominium); len(errs) > 0 {
		t.Error(errs)
	}
}

func TestHostileArchives(t *testing.T) {
	t.Parallel()
	archive := func(parts map[string]string) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for name, text := range parts {
			w, err := z.Create(name)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Write([]byte(text)); err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	many := map[string]string{}
	for i := range zipPartsMax + 1 {
		many[fmt.Sprintf("xl/media/%d.png", i)] = "x"
	}
	bomb := archive(map[string]string{"xl/workbook.xml": "<workbook/>", "xl/worksheets/sheet1.xml": strings.Repeat(" ", 40<<20)})
	if len(bomb) > 100_000 {
		t.Fatalf("the bomb weighs %d bytes", len(bomb))
	}
	liar := bytes.ReplaceAll(bomb, []byte{0, 0, 0x80, 2}, []byte{0xe8, 3, 0, 0}) // 40 MB declared as 1000 bytes
	for name, c := range map[string]struct {
		data []byte
		code string
	}{
		"bomb":           {bomb, "import_file_big"},
		"bomb that lies": {liar, "import_file_format"},
		"many parts":     {archive(many), "import_file_big"},
		"macros":         {archive(map[string]string{"xl/vbaProject.bin": "x"}), "import_file_macros"},
		"no workbook":    {archive(map[string]string{"hello.txt": "x"}), "import_file_format"},
		"entities":       {archive(map[string]string{"xl/workbook.xml": `<!DOCTYPE x [<!ENTITY a "aaaa">]><workbook>&a;</workbook>`}), "import_file_format"},
		"open document":  {archive(map[string]string{"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}), "import_file_format"},
	} {
		imp, errs := ReadImport("f.xlsx", c.data, KindCondominium)
		if imp != nil || len(errs) != 1 || errs[0].Code != c.code {
			t.Errorf("%s: %v, want %s", name, errs, c.code)
		}
	}
	_, errs := ReadImport("modello.XLSM", []byte("PK\x03\x04"), KindCondominium)
	wants(t, "xlsm", errs, wrong{0, "", "import_file_macros"})
}

func FuzzReadImportCSV(f *testing.F) {
	for _, k := range Kinds() {
		data, err := ExampleCSV(k)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Add([]byte("Via;\"Civ\xf2\"\n=1;\x00"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, k := range Kinds() {
			checkOutcome(t, data, k, "f.csv")
		}
	})
}

func FuzzReadImportXLSX(f *testing.F) {
	for _, name := range []string{"esempio-condominio", "esempio-scuola", "esempio-vicinato"} {
		data, err := os.ReadFile("testdata/examples/" + name + ".xlsx")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) { checkOutcome(t, data, KindCondominium, "f.xlsx") })
}

// checkOutcome wants either errors or an import whose every row is good.
func checkOutcome(t *testing.T, data []byte, k Kind, name string) {
	imp, errs := ReadImport(name, data, k)
	if (imp == nil) == (len(errs) == 0) {
		t.Fatalf("import %v and errors %v", imp, errs)
	}
	if imp == nil {
		return
	}
	seen := map[string]bool{}
	var sum Millesimi
	for _, r := range imp.Rows {
		if seen[r.Key()] {
			t.Fatalf("%s twice", r.Key())
		}
		seen[r.Key()] = true
		sum += r.Millesimi
		for _, text := range []string{r.Staircase, r.Floor, r.Unit, r.Street, r.HouseNumber, r.FamilyName, r.GivenName, r.ChildFamilyName, r.ChildGivenName, r.Email, r.TaxCode} {
			if hasControl(text) || strings.HasPrefix(text, "=") || strings.HasPrefix(text, "+") || strings.HasPrefix(text, "-") || strings.HasPrefix(text, "@") {
				t.Fatalf("stored as it is: %q", text)
			}
		}
	}
	if k == KindCondominium && (sum < MillesimiTotal-MillesimiTolerance || sum > MillesimiTotal+MillesimiTolerance) {
		t.Fatalf("millesimi sum to %s", sum)
	}
}
