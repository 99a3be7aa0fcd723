package communities

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "write the example files again")

// The files in testdata/examples are what a reader of the repository opens;
// they are made by Example and ExampleCSV (go test -run Example -update).
func TestExampleFilesImportWithoutErrors(t *testing.T) {
	t.Parallel()
	units := map[Kind]int{KindCondominium: 12, KindSchool: 30, KindNeighbourhood: 10}
	for _, k := range Kinds() {
		xlsx, err := Example(k)
		if err != nil {
			t.Fatal(err)
		}
		text, err := ExampleCSV(k)
		if err != nil {
			t.Fatal(err)
		}
		made := map[string][]byte{FileName(k, true) + ".xlsx": xlsx, FileName(k, true) + ".csv": text}
		var imports []*Import
		for name, data := range made {
			path := filepath.Join("testdata", "examples", name)
			if *update {
				if err := os.WriteFile(path, data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			stored, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range [][]byte{data, stored} {
				imp, errs := ReadImport(name, d, k)
				if len(errs) > 0 {
					t.Fatalf("%s: %v", name, errs)
				}
				if len(imp.Rows) != units[k] {
					t.Errorf("%s: %d units, want %d", name, len(imp.Rows), units[k])
				}
				imports = append(imports, imp)
			}
		}
		for _, imp := range imports[1:] {
			for i := range imp.Rows {
				if imp.Rows[i] != imports[0].Rows[i] {
					t.Errorf("%s row %d: %+v in one file, %+v in another", k, i, imp.Rows[i], imports[0].Rows[i])
				}
			}
		}
	}
}

func TestTemplatesAreEmptyButSound(t *testing.T) {
	t.Parallel()
	for _, k := range Kinds() {
		data, err := Template(k)
		if err != nil {
			t.Fatal(err)
		}
		_, errs := ReadImport("modello.xlsx", data, k)
		if len(errs) != 1 || errs[0].Code != ErrNoRows.Code {
			t.Errorf("template of %s: %v, want only %s", k, errs, ErrNoRows.Code)
		}
		if !bytes.HasPrefix(data, []byte("PK")) {
			t.Errorf("template of %s is no XLSX", k)
		}
	}
	if _, err := Template("castle"); err == nil {
		t.Error("a template of a kind that does not exist")
	}
}
