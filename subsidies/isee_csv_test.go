package subsidies

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
)

const iseeHeader = "Codice fiscale;Tipo di ISEE;Sostituisce;Calcolo;ISEE in euro;Protocollo;Data DSU;Valido dal;Valido al;Componenti;Scala di equivalenza;Annotazioni\r\n"

const iseeLine = "RSSMRA80A01F205X;ordinario;;;12.345,67;INPS-ISEE-2026-00000000A-00;15/01/2026;15/01/2026;31/12/2026;3;2,04;conto già chiuso"

func TestAFileOfCertificatesIsReadInEveryCommonForm(t *testing.T) {
	t.Parallel()
	latin, err := charmap.Windows1252.NewEncoder().String(iseeHeader + iseeLine)
	if err != nil {
		t.Fatal(err)
	}
	commas := strings.NewReplacer(";", ",").Replace(iseeHeader) + `RSSMRA80A01F205X,ordinario,,,"12345,67",INPS-ISEE-2026-00000000A-00,2026-01-15,2026-01-15,2026-12-31,3,"2,04",conto già chiuso`
	for name, data := range map[string]string{
		"utf-8": iseeHeader + iseeLine, "with a mark": "\xef\xbb\xbf" + iseeHeader + iseeLine + "\r\n", "Windows-1252": latin, "commas": commas,
		"blank lines": "\r\n" + iseeHeader + "\r\n;;;\r\n" + iseeLine,
	} {
		rows, faults := ReadISEEFile([]byte(data))
		if len(faults) > 0 || len(rows) != 1 {
			t.Errorf("%s: %d rows, %+v", name, len(rows), faults)
			continue
		}
		c := rows[0]
		if c.TaxCode != "RSSMRA80A01F205X" || c.Value != 12_345_67 || c.Scale != 204 || c.Size != 3 || c.Notes != "conto già chiuso" || c.ValidTo != on(2026, 12, 31) {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestACurrentISEEInAFileNamesWhatItSupersedes(t *testing.T) {
	t.Parallel()
	line := strings.Replace(iseeLine, "ordinario;;", "CORRENTE;ordinario, sociosanitario;", 1)
	rows, faults := ReadISEEFile([]byte(iseeHeader + line))
	if len(faults) > 0 || len(rows[0].Supersedes) != 2 || rows[0].Supersedes[1] != ISEESocioHealth {
		t.Errorf("%+v, %+v", rows, faults)
	}
}

func TestEveryFaultOfAFileIsNamedByRowAndColumn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, old, change, column, code string }{
		{"kind", ";ordinario;", ";normale;", colKind, "isee_kind_unknown"},
		{"base of an ordinary one", "ordinario;;", "ordinario;minorenni;", colSupersedes, "isee_base_kind"},
		{"calculation", "ordinario;;;", "ordinario;;nuovo;", colCalculation, "isee_calculation_unknown"},
		{"value in words", "12.345,67", "dodicimila", colValue, "isee_value"},
		{"value with three decimals", "12.345,67", "12.345,678", colValue, "isee_value"},
		{"negative value", "12.345,67", "-1,00", colValue, "isee_value"},
		{"no protocol", "INPS-ISEE-2026-00000000A-00", "", colProtocol, "isee_protocol_missing"},
		{"no day", "31/12/2026", "31/11/2026", colTo, "day_invalid"},
		{"backwards", "31/12/2026", "14/01/2026", colTo, "isee_period"},
		{"people", ";3;", ";tre;", colSize, "isee_size"},
		{"scale", "2,04", "204", colScale, "isee_scale"},
		{"quotes", "conto", `"conto`, "", "import_csv_quotes"},
	} {
		rows, faults := ReadISEEFile([]byte(iseeHeader + strings.Replace(iseeLine, c.old, c.change, 1)))
		if len(rows) > 0 || len(faults) != 1 || faults[0].Row != 2 || faults[0].Column != c.column || faults[0].Err.Code != c.code {
			t.Errorf("%s: %d rows, %+v", c.name, len(rows), faults)
		}
	}
	for name, c := range map[string]struct{ data, code string }{
		"nothing": {"", "import_file_empty"}, "headers alone": {iseeHeader, "import_no_rows"}, "no text": {"\x00\x01", "import_file_encoding"},
		"a column missing": {strings.Replace(iseeHeader, "Protocollo;", "", 1), "import_column_missing"},
		"a strange column": {strings.Replace(iseeHeader, "Calcolo", "Colore", 1), "import_column_unknown"},
		"a column twice":   {strings.Replace(iseeHeader, "Calcolo", "Protocollo", 1), "import_column_twice"},
		"a protocol twice": {iseeHeader + iseeLine + "\n" + strings.ToLower(iseeLine), "isee_file_twice"},
		"too large":        {iseeHeader + strings.Repeat("x", ISEEFileBytesMax), "import_file_big"},
		"too many rows":    {iseeHeader + strings.Repeat("a;b\n", ISEEFileRowsMax+1), "import_more_errors"},
	} {
		rows, faults := ReadISEEFile([]byte(c.data))
		if len(rows) > 0 || len(faults) == 0 || faults[len(faults)-1].Err.Code != c.code {
			t.Errorf("%s: %d rows, %d faults, last %+v", name, len(rows), len(faults), faults[max(0, len(faults)-1):])
		}
	}
	if _, faults := ReadISEEFile(ISEEFileTemplate()); len(faults) != 1 || faults[0].Err.Code != "import_no_rows" {
		t.Errorf("the template: %+v", faults)
	}
}

// Whatever the bytes: no panic, never rows together with faults, and every row
// is sound.
func FuzzReadISEEFile(f *testing.F) {
	f.Add([]byte(iseeHeader + iseeLine))
	f.Add([]byte("\xef\xbb\xbf" + iseeHeader + strings.Replace(iseeLine, "ordinario;;", "corrente;minorenni;", 1)))
	f.Add([]byte("Codice fiscale,Tipo di ISEE\n\"a"))
	f.Add([]byte("\xff\xfe;;\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		rows, faults := ReadISEEFile(data)
		if (len(rows) > 0) == (len(faults) > 0) {
			t.Fatalf("%d rows and %d faults", len(rows), len(faults))
		}
		for _, row := range rows {
			if refused := row.Check(); len(refused) > 0 {
				t.Fatalf("row %d is kept: %v", row.Row, refused)
			}
		}
	})
}
