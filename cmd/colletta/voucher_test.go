package main

import (
	"strings"
	"testing"
)

// What the document promises of "voucher check": the sums of a good file, and
// every error of another in the language asked for.
func TestVoucherCheckSaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	const good = "V-1;B;;31/12/2026;;;BNCNNA45T47F205T;;;10,50;;\nV-2;B;;;;;BNCNNA45T47F205T;;;1;;\n"
	for _, c := range []struct{ lang, text, want string }{
		{"it", good, "2 vouchers, 11.50, SHA-256 "},
		{"it", strings.Replace(good, "10,50", "10x55", 1), "1\tJ (importoVoucher)\t10x55\tNon è un importo."},
		{"en", strings.Replace(good, "10,50", "10x55", 1), "1\tJ (importoVoucher)\t10x55\tThis is no amount."},
		{"en", strings.Replace(good, "V-2", "V-1", 1), "2\tA (codiceVoucher)\tV-1\tThis code is already on line 1."},
	} {
		var out strings.Builder
		err := (&voucherCheckCmd{File: "f.csv", Lang: c.lang}).check(&out, []byte(c.text))
		if !strings.Contains(out.String(), c.want) || (err == nil) != (c.text == good) {
			t.Errorf("%s: %q (%v), want %q", c.lang, out.String(), err, c.want)
		}
	}
}
