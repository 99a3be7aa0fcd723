package communities

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
)

// The vectors were cross-checked with codice-fiscale-js 2.4.0 by their authors.
func TestTaxCodeVectors(t *testing.T) {
	t.Parallel()
	var v struct {
		CF struct {
			Valid    []struct{ CF string } `json:"valid"`
			Omocodia []struct{ CF string } `json:"omocodia_valid"`
			Invalid  []string              `json:"invalid"`
		} `json:"codice_fiscale"`
		VAT struct{ Valid, Invalid []string } `json:"partita_iva"`
	}
	data, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.CF.Valid) != 7 || len(v.CF.Omocodia) != 3 || len(v.CF.Invalid) != 4 || len(v.VAT.Valid) != 1 {
		t.Fatalf("vectors are not all there: %+v", v)
	}
	for _, c := range append(v.CF.Valid, v.CF.Omocodia...) {
		if got, err := CheckTaxCode(" " + strings.ToLower(c.CF)); err != nil || got != c.CF {
			t.Errorf("%s: %q, %v", c.CF, got, err)
		}
	}
	for _, code := range v.CF.Invalid {
		if _, err := CheckTaxCode(code); err == nil {
			t.Errorf("%s is accepted", code)
		}
	}
	for _, n := range v.VAT.Valid {
		if got, err := CheckVATNumber("IT " + n); err != nil || got != n {
			t.Errorf("partita IVA %s: %q, %v", n, got, err)
		}
		if _, err := CheckTaxCode(n); err != nil {
			t.Errorf("tax code of a body %s: %v", n, err)
		}
	}
	for _, n := range append(v.VAT.Invalid, "", "01982020969") {
		if _, err := CheckVATNumber(n); !errors.Is(err, ErrVATNumber) {
			t.Errorf("partita IVA %q: %v", n, err)
		}
	}
}

func TestTaxCodeSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]error{
		"RSSMRA80A01H501A": ErrTaxCodeCheck,
		"RSSMRA80A01H501":  ErrTaxCodeFormat,
		"RSSMRA80Z01H501U": ErrTaxCodeFormat,
		"RSSMRA80A72H501G": ErrTaxCodeDate,
		"RSSMRA80A00H501U": ErrTaxCodeDate,
		"RSSMRA80B30H501U": ErrTaxCodeDate,
		"RSSMRA80B70H501U": ErrTaxCodeDate,
		"RSSMRA80D31H501U": ErrTaxCodeDate,
		"":                 ErrTaxCodeFormat,
		"01199250159":      ErrTaxCodeCheck,
		"RSSMRA80A01H5Ò1U": ErrTaxCodeFormat,
	} {
		if _, err := CheckTaxCode(code); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", code, err, want)
		}
	}
}

// One mistyped letter or digit of the same sort never passes when it stands in
// an odd place: the table of odd places has no two equal values. In even places
// neither, since values differ by less than 26.
func TestTaxCodeCatchesOneMistypedCharacter(t *testing.T) {
	t.Parallel()
	const good = "BNCNNA45T47F205T"
	for i := range good[:15] {
		for _, c := range []byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") {
			letter := good[i] >= 'A'
			if c == good[i] || letter != (c >= 'A') {
				continue
			}
			if _, err := CheckTaxCode(good[:i] + string(c) + good[i+1:]); err == nil {
				t.Errorf("place %d: %c passes for %c", i, c, good[i])
			}
		}
	}
}

func FuzzCheckTaxCode(f *testing.F) {
	for _, s := range []string{"RSSMRA80A01H501U", "RSSMRAULALMHRLMD", "01199250158", "", "ſſſ", "RSSMRA80A01H501\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		code, err := CheckTaxCode(s)
		if err != nil {
			return
		}
		if again, err := CheckTaxCode(code); err != nil || again != code {
			t.Fatalf("%q became %q, which became %q, %v", s, code, again, err)
		}
	})
}
