package billing

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image"
	_ "image/png"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"colletta/money"
)

type vectors struct {
	IBAN struct{ Valid, Invalid []string } `json:"iban_it"`
	RF   struct{ Valid []string }          `json:"rf_creditor_reference"`
	EPC  struct {
		Payload string
		Bytes   int
	} `json:"epc_qr"`
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	if len(v.IBAN.Valid) == 0 || len(v.IBAN.Invalid) == 0 || len(v.RF.Valid) == 0 || v.EPC.Payload == "" {
		t.Fatal("vectors are missing")
	}
	return v
}

func TestReferenceVectors(t *testing.T) {
	t.Parallel()
	for _, want := range readVectors(t).RF.Valid {
		for _, written := range []string{want, strings.ToLower(want), Reference(want).Printed(), "  " + want[:5] + "\u00a0" + want[5:] + "\n"} {
			got, err := ParseReference(written)
			if err != nil || string(got) != want {
				t.Errorf("%q: %q, %v", written, got, err)
			}
		}
		if made, err := NewReference(strings.ToLower(want[4:])); err != nil || string(made) != want {
			t.Errorf("made %q, %v; want %q", made, err, want)
		}
	}
}

func TestReferenceRefusesWhatIsNone(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "RF", "RF18", "RF185390075470345", "RF19539007547034", "XX18539007547034", "RF18-539007547034",
		"RFA8539007547034", "RF18" + strings.Repeat("1", 22), "RF18ü39007547034", strings.Repeat("RF18539007547034", 100)} {
		if got, err := ParseReference(s); !errors.Is(err, ErrReference) {
			t.Errorf("%q: %q, %v", s, got, err)
		}
	}
	for _, seed := range []string{"", strings.Repeat("A", 22), "A B", "È"} {
		if got, err := NewReference(seed); !errors.Is(err, ErrReference) {
			t.Errorf("%q: %q, %v", seed, got, err)
		}
	}
}

// Goal: one mistyped character, or two neighbours exchanged, never gives
// another valid reference.
func TestReferenceCatchesSlips(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r, err := NewReference(rapid.StringMatching(`[0-9]{1,21}`).Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParseReference(r.Printed()); err != nil || back != r {
			t.Fatalf("%s came back as %s, %v", r, back, err)
		}
		b := []byte(r)
		i := rapid.IntRange(2, len(b)-1).Draw(t, "place")
		b[i] = '0' + (b[i]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if got, err := ParseReference(string(b)); err == nil {
			t.Fatalf("%s passes for %s", got, r)
		}
	})
}

func TestReferenceOfChargeIsStable(t *testing.T) {
	t.Parallel()
	const id ChargeID = "01932c5e-7c1a-7000-8000-000000000001"
	a, err := ReferenceOf(id)
	if err != nil || len(a) != 20 {
		t.Fatalf("%q, %v", a, err)
	}
	if b, _ := ReferenceOf(id); a != b {
		t.Fatalf("%s, then %s", a, b)
	}
	if b, _ := ReferenceOf(id + "x"); a == b {
		t.Fatal("two charges with one reference")
	}
	if _, err := ReferenceOf(""); !errors.Is(err, ErrReference) {
		t.Fatalf("no id: %v", err)
	}
}

func TestIBANVectors(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	for _, want := range v.IBAN.Valid {
		for _, written := range []string{want, strings.ToLower(want), IBAN(want).Printed()} {
			if got, err := ParseIBAN(written); err != nil || string(got) != want {
				t.Errorf("%q: %q, %v", written, got, err)
			}
		}
	}
	// Added by hand: empty, cut short, right check digits with a wrong CIN, a
	// German one cut short, a country that does not exist.
	bad := append(v.IBAN.Invalid, "", "IT", "IT60X054281110100000012345", withCheck("IT", "Y0542811101000000123456"), "DE8937040044053201300", "XX60X0542811101000000123456")
	for _, s := range bad {
		if got, err := ParseIBAN(s); !errors.Is(err, ErrIBAN) {
			t.Errorf("%q: %q, %v", s, got, err)
		} else if len(s) > 8 && strings.Contains(err.Error(), s[8:]) {
			t.Errorf("the refusal tells the account: %v", err)
		}
	}
	// Example of the SWIFT registry.
	if _, err := ParseIBAN("DE89 3704 0044 0532 0130 00"); err != nil {
		t.Error(err)
	}
	if got := IBAN("IT60X0542811101000000123456").Masked(); got != "IT** **** 3456" {
		t.Error(got)
	}
}

// withCheck gives an account number the right MOD 97 digits, whatever its CIN.
func withCheck(country, bban string) string {
	check := strconv.Itoa(98 - mod97(bban+country+"00"))
	return country + strings.Repeat("0", 2-len(check)) + check + bban
}

func aTransfer() TransferQR {
	return TransferQR{
		BeneficiaryName: "Cooperativa Esempio Onlus", IBAN: "IT60X0542811101000000123456", Amount: 48_00,
		Reference: "RF97WEMI2026000123", Information: "Laboratorio psicomotricita",
	}
}

func TestTransferPayloadToTheByte(t *testing.T) {
	t.Parallel()
	v := readVectors(t)
	got, err := aTransfer().Payload()
	if err != nil || got != v.EPC.Payload || len(got) != v.EPC.Bytes {
		t.Fatalf("%q (%d bytes), %v", got, len(got), err)
	}
	q := aTransfer()
	q.Information = ""
	if got, err := q.Payload(); err != nil || !strings.HasSuffix(got, "\n\nRF97WEMI2026000123") {
		t.Fatalf("no separator may follow the last element: %q, %v", got, err)
	}
}

func TestTransferLimits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(*TransferQR)
		want  error
	}{
		{"70 characters of name", func(q *TransferQR) { q.BeneficiaryName = strings.Repeat("n", 70) }, nil},
		{"71", func(q *TransferQR) { q.BeneficiaryName = strings.Repeat("n", 71) }, ErrTransferField},
		{"no name", func(q *TransferQR) { q.BeneficiaryName = "" }, ErrTransferField},
		{"line break in the name", func(q *TransferQR) { q.BeneficiaryName = "a\nb" }, ErrTransferField},
		{"70 of information", func(q *TransferQR) { q.Information = strings.Repeat("i", 70) }, nil},
		{"71 of information", func(q *TransferQR) { q.Information = strings.Repeat("i", 71) }, ErrTransferField},
		{"no UTF-8", func(q *TransferQR) { q.Information = "\xff" }, ErrTransferField},
		{"a cent", func(q *TransferQR) { q.Amount = 1 }, nil},
		{"nothing", func(q *TransferQR) { q.Amount = 0 }, ErrTransferAmount},
		{"less than nothing", func(q *TransferQR) { q.Amount = -1 }, ErrTransferAmount},
		{"the most", func(q *TransferQR) { q.Amount = 999_999_999_99 }, nil},
		{"a cent more", func(q *TransferQR) { q.Amount = 1_000_000_000_00 }, ErrTransferAmount},
		{"two references", func(q *TransferQR) { q.Text = "x" }, ErrTransferReferences},
		{"text instead", func(q *TransferQR) { q.Reference, q.Text = "", strings.Repeat("t", 140) }, nil},
		{"long text", func(q *TransferQR) { q.Reference, q.Text = "", strings.Repeat("t", 141) }, ErrTransferField},
		{"wrong reference", func(q *TransferQR) { q.Reference = "RF98WEMI2026000123" }, ErrReference},
		{"reference with spaces", func(q *TransferQR) { q.Reference = "RF97 WEMI 2026 0001 23" }, ErrReference},
		{"wrong IBAN", func(q *TransferQR) { q.IBAN = "IT61X0542811101000000123456" }, ErrIBAN},
		{"too many bytes", func(q *TransferQR) {
			q.BeneficiaryName, q.Information = strings.Repeat("€", 70), strings.Repeat("€", 70)
		}, ErrTransferSize},
	} {
		q := aTransfer()
		c.spoil(&q)
		if _, err := q.Payload(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestQRSVGDrawsTheSameModulesAsThePNG(t *testing.T) {
	t.Parallel()
	payload, err := aTransfer().Payload()
	if err != nil {
		t.Fatal(err)
	}
	svg, err := QRSVG(payload, `Codice <QR> & "bonifico"`)
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal([]byte(svg), new(struct{})); err != nil {
		t.Fatalf("no XML: %v", err)
	}
	if strings.Contains(svg, "style=") || strings.Contains(svg, "<QR>") || !strings.Contains(svg, `role="img"`) {
		t.Fatal(svg[:300])
	}
	code, err := qr(payload)
	if err != nil {
		t.Fatal(err)
	}
	want, dark := code.Bitmap(), 0
	drawn := make([][]bool, len(want))
	for i := range drawn {
		drawn[i] = make([]bool, len(want))
	}
	for _, m := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1h-(\d+)z`).FindAllStringSubmatch(svg, -1) {
		x, _ := strconv.Atoi(m[1])
		y, _ := strconv.Atoi(m[2])
		n, _ := strconv.Atoi(m[3])
		for i := range n {
			drawn[y][x+i] = true
			dark++
		}
	}
	for y := range want {
		for x := range want[y] {
			if drawn[y][x] != want[y][x] {
				t.Fatalf("module %d,%d differs", x, y)
			}
		}
	}
	if dark < 500 {
		t.Fatalf("only %d dark modules", dark)
	}
	png, err := QRPNG(payload, 300)
	if err != nil {
		t.Fatal(err)
	}
	if img, _, err := image.Decode(bytes.NewReader(png)); err != nil || img.Bounds().Dx() < 300 {
		t.Fatalf("%v", err)
	}
}

// The largest payload still fits version 13 at level M.
func TestQRTakes331Bytes(t *testing.T) {
	t.Parallel()
	if _, err := QRSVG(strings.Repeat("a", 331), "t"); err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"", strings.Repeat("a", 332)} {
		if _, err := QRSVG(s, "t"); !errors.Is(err, ErrTransferSize) {
			t.Fatalf("%d bytes: %v", len(s), err)
		}
		if _, err := QRPNG(s, 100); !errors.Is(err, ErrTransferSize) {
			t.Fatalf("%d bytes: %v", len(s), err)
		}
	}
}

// Goal: what passes has at most twelve lines and 331 bytes, and every value
// stands on its own line.
func TestTransferPayloadShape(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		q := aTransfer()
		q.BeneficiaryName = rapid.String().Draw(t, "name")
		q.Information = rapid.String().Draw(t, "information")
		q.Amount = money.Amount(rapid.Int64().Draw(t, "amount"))
		payload, err := q.Payload()
		if err != nil {
			return
		}
		lines := strings.Split(payload, "\n")
		if len(payload) > 331 || len(lines) > 12 || lines[5] != q.BeneficiaryName || lines[7] != "EUR"+q.Amount.String() || strings.HasSuffix(payload, "\n") {
			t.Fatalf("%q", payload)
		}
	})
}

func FuzzParseReference(f *testing.F) {
	for _, s := range readVectors(f).RF.Valid {
		f.Add(s)
	}
	f.Add("rf18 5390 0754 7034")
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseReference(s)
		if err != nil {
			if !errors.Is(err, ErrReference) {
				t.Fatal(err)
			}
			return
		}
		if again, err := NewReference(string(r[4:])); err != nil || again != r {
			t.Fatalf("%q: made again %q, %v", r, again, err)
		}
	})
}

func FuzzParseIBAN(f *testing.F) {
	v := readVectors(f)
	for _, s := range append(v.IBAN.Valid, v.IBAN.Invalid...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		i, err := ParseIBAN(s)
		if err != nil {
			return
		}
		if again, err := ParseIBAN(i.Printed()); err != nil || again != i || len(i) != ibanLength[string(i[:2])] {
			t.Fatalf("%q came back as %q, %v", i, again, err)
		}
	})
}
