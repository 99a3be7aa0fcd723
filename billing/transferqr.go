package billing

import (
	"bytes"
	"fmt"
	"html"
	"image/png"
	"strconv"
	"strings"
	"unicode/utf8"

	qrcode "github.com/skip2/go-qrcode"

	"colletta/money"
	"colletta/refusal"
)

// TransferQR is what a QR code asks a banking app to pay by SEPA credit
// transfer.
//
// Source: EPC069-12 v2.1, "Quick Response Code: Guidelines to enable data
// capture for the initiation of a SEPA Credit Transfer", version 002.
type TransferQR struct {
	BeneficiaryName string       // 1 to 70 characters
	IBAN            IBAN         // of the beneficiary
	Amount          money.Amount // 0.01 to 999,999,999.99 euro
	Reference       Reference    // structured reference; empty when Text is used
	Text            string       // unstructured reference, at most 140 characters; never with Reference
	Information     string       // shown to the payer, at most 70 characters; may be empty
}

// transferAmountMax is the largest amount that EPC069-12 lets a code ask for.
const transferAmountMax money.Amount = 999_999_999_99

// The other limits of EPC069-12, in characters, bytes and symbol version.
const (
	transferNameMax        = 70
	transferTextMax        = 140
	transferInformationMax = 70
	transferBytesMax       = 331
	qrVersionMax           = 13
)

// The refusals of a transfer's QR code.
var (
	// ErrTransferField says that a field is empty, too long or has a line break
	// or another control character. The field is in Field. Args: max.
	ErrTransferField = refusal.New(refusal.KindInvalid, "transfer_field_invalid")
	// ErrTransferAmount says that the amount cannot be asked for. Args: amount.
	ErrTransferAmount = refusal.New(refusal.KindInvalid, "transfer_amount_invalid")
	// ErrTransferReferences says that a transfer has both a structured and a
	// free reference.
	ErrTransferReferences = refusal.New(refusal.KindInvalid, "transfer_two_references")
	// ErrTransferSize says that the whole text is longer than a code may hold.
	// Args: bytes, max.
	ErrTransferSize = refusal.New(refusal.KindInvalid, "transfer_too_long")
)

// Payload is the text inside the QR code: twelve lines ended by LF, without the
// empty ones at the end. It returns [ErrIBAN], [ErrReference],
// [ErrTransferField], [ErrTransferAmount], [ErrTransferReferences] or
// [ErrTransferSize].
func (q TransferQR) Payload() (string, error) {
	if err := q.check(); err != nil {
		return "", err
	}
	lines := []string{
		"BCD", "002", "1", "SCT",
		"", // BIC: optional in version 002
		q.BeneficiaryName, string(q.IBAN), "EUR" + q.Amount.String(),
		"", // purpose code
		string(q.Reference), q.Text, q.Information,
	}
	payload := strings.TrimRight(strings.Join(lines, "\n"), "\n")
	if len(payload) > transferBytesMax {
		return "", ErrTransferSize.With("bytes", len(payload), "max", transferBytesMax)
	}
	return payload, nil
}

func (q TransferQR) check() error {
	if _, err := ParseIBAN(string(q.IBAN)); err != nil || string(q.IBAN) != compact(string(q.IBAN)) {
		return ErrIBAN.At("iban")
	}
	if q.Reference != "" {
		if _, err := ParseReference(string(q.Reference)); err != nil || string(q.Reference) != compact(string(q.Reference)) {
			return ErrReference.With("reference", cut(string(q.Reference), 40)).At("reference")
		}
		if q.Text != "" {
			return ErrTransferReferences
		}
	}
	if q.Amount <= 0 || q.Amount > transferAmountMax {
		return ErrTransferAmount.With("amount", q.Amount)
	}
	for _, f := range []struct {
		name, value string
		least, most int
	}{
		{"beneficiary_name", q.BeneficiaryName, 1, transferNameMax},
		{"text", q.Text, 0, transferTextMax},
		{"information", q.Information, 0, transferInformationMax},
	} {
		n := utf8.RuneCountInString(f.value)
		if n < f.least || n > f.most || !clean(f.value) || strings.TrimSpace(f.value) != f.value {
			return ErrTransferField.With("max", f.most).At(f.name)
		}
	}
	return nil
}

// qr draws a payload at error correction M, with the quiet zone of four modules
// that the standard asks for.
func qr(payload string) (*qrcode.QRCode, error) {
	if payload == "" || len(payload) > transferBytesMax {
		return nil, ErrTransferSize.With("bytes", len(payload), "max", transferBytesMax)
	}
	code, err := qrcode.New(payload, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("draw QR code: %w", err)
	}
	if code.VersionNumber > qrVersionMax {
		return nil, ErrTransferSize.With("bytes", len(payload), "max", transferBytesMax)
	}
	return code, nil
}

// QRSVG draws a payload of at most 331 bytes as an SVG element to put into a
// page: an image with a title for who does not see it, without style attributes
// and scripts, so that a strict content security policy lets it pass. It
// returns [ErrTransferSize].
func QRSVG(payload, title string) (string, error) {
	code, err := qr(payload)
	if err != nil {
		return "", err
	}
	modules := code.Bitmap()
	side := strconv.Itoa(len(modules))
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" role="img" aria-label="%s" shape-rendering="crispEdges" focusable="false"><title>%s</title><rect width="%s" height="%s" fill="#fff"/><path fill="#000" d="`,
		side, side, html.EscapeString(title), html.EscapeString(title), side, side)
	for y, row := range modules {
		for x := 0; x < len(row); x++ {
			if !row[x] {
				continue
			}
			run := 1
			for x+run < len(row) && row[x+run] {
				run++
			}
			fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", x, y, run, run)
			x += run
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

// QRPNG draws a payload of at most 331 bytes as a PNG image whose side is at
// least the given number of pixels (64 to 2,048). It returns [ErrTransferSize].
func QRPNG(payload string, side int) ([]byte, error) {
	code, err := qr(payload)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := png.Encode(&b, code.Image(min(max(side, 64), 2048))); err != nil {
		return nil, fmt.Errorf("encode QR code: %w", err)
	}
	return b.Bytes(), nil
}
