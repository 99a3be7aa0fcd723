package billing

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"colletta/money"
)

// Statement is what a bank says about an account for some days: what it held
// before and after, and each movement between.
//
// Source: ISO 20022, camt.053 (BankToCustomerStatement).
type Statement struct {
	ID        string // Stmt/Id
	Number    string // electronic or legal number in sequence; may be empty
	Account   IBAN
	MadeAt    time.Time    // when the bank made it
	OpeningOn time.Time    // day of Opening
	Opening   money.Amount // negative when overdrawn
	ClosingOn time.Time    // day of Closing
	Closing   money.Amount
	Movements []Movement // booked and pending, in the order of the file
}

// Booked sums the movements that are booked; Opening and Booked are Closing.
func (s Statement) Booked() (sum money.Amount) {
	for _, m := range s.Movements {
		if !m.Pending {
			sum += m.Amount
		}
	}
	return sum
}

// Movement is money that came or left: an entry of a statement, or one transfer
// of an entry that gathers several.
type Movement struct {
	// Key is the same in every file that holds the movement, and differs between
	// the movements of an account: from the bank's reference where there is one,
	// else from the content; equal ones of one day are counted.
	Key        string
	Amount     money.Amount // positive: came; negative: left
	Reversal   bool         // takes back an earlier movement
	Pending    bool         // not booked yet: may still come otherwise
	Fee        bool         // what the bank kept of a batch
	BookedOn   time.Time    // day
	ValueOn    time.Time    // day; zero when the bank says none
	BankRef    string       // the bank's reference (AcctSvcrRef); may be empty
	EndToEndID string       // the payer's; empty for NOTPROVIDED
	References []string     // structured references, as the bank wrote them
	Text       string       // free text; IBANs in it are masked
	Name       string       // of who paid, or was paid
	IBAN       IBAN         // of the same; empty when missing or wrong
	Line       int          // of the file
}

// EntryState says what became of a movement of a statement. The values are
// stored.
type EntryState string

// The states of a movement.
const (
	EntryBooked   EntryState = "booked"    // nobody is known to have paid it: to be matched
	EntryMatched  EntryState = "matched"   // its money paid charges, or is a household's credit
	EntryReturned EntryState = "returned"  // the bank took it back; or it is what took back another one
	EntrySetAside EntryState = "set_aside" // not of a household, says an officer
)

// statementKeys gives each movement of a statement its key.
func (s *Statement) statementKeys() {
	seen := map[string]int{}
	for i := range s.Movements {
		m := &s.Movements[i]
		parts := []string{"bank", m.BankRef}
		if m.BankRef == "" {
			parts = append([]string{
				"content", m.BookedOn.Format(time.DateOnly), m.ValueOn.Format(time.DateOnly), m.Amount.String(), m.EndToEndID, m.Text, m.Name, string(m.IBAN),
			}, m.References...)
		}
		parts = append(parts, strconv.FormatBool(m.Amount > 0), strconv.FormatBool(m.Reversal), strconv.FormatBool(m.Fee))
		base := strings.Join(parts, "\x00")
		if m.Pending {
			base += "\x00pending"
		}
		sum := sha256.Sum256([]byte(base + "\x00" + strconv.Itoa(seen[base])))
		seen[base]++
		m.Key = hex.EncodeToString(sum[:16])
	}
}

// referenceLength is the length of the references that [ReferenceOf] makes.
const referenceLength = 20

// Sought finds the references that a movement names: those that are right, and
// those that look like one and are not. Structured references and the payer's
// own come first; in free text only references as long as ours are looked for,
// with any blanks and signs between.
func (m Movement) Sought() (right []Reference, wrong []string) {
	seen := map[string]bool{}
	add := func(written string) {
		if seen[written] {
			return
		}
		seen[written] = true
		if r, err := ParseReference(written); err == nil {
			right = append(right, r)
		} else {
			wrong = append(wrong, written)
		}
	}
	for _, s := range append(append([]string{}, m.References...), m.EndToEndID) {
		if plain := onlyAlphanumeric(s); strings.HasPrefix(plain, "RF") && len(plain) <= 4+referenceSeedMax {
			add(plain)
		}
	}
	text := onlyAlphanumeric(m.Text)
	for at := 0; ; at++ {
		next := strings.Index(text[at:], "RF")
		if next < 0 {
			break
		}
		at += next
		if rest := text[at:]; len(rest) >= referenceLength {
			if _, err := ParseReference(rest[:referenceLength]); err == nil {
				add(rest[:referenceLength])
				at += referenceLength - 1
				continue
			}
		}
		// What begins like one of ours may be mistyped, or a letter short.
		if rest := text[at:]; len(rest) >= referenceLength-1 && len(rest) > 4 && digits(rest[2:4]) {
			add(rest[:min(len(rest), referenceLength)])
		}
	}
	return right, wrong
}

// onlyAlphanumeric makes capitals and drops everything but letters and digits.
func onlyAlphanumeric(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, s)
}

// Resembles tells whether a text is a reference with one mistake: a character
// that is wrong, missing or too much, or two neighbours that changed places.
func (r Reference) Resembles(written string) bool {
	a, b := string(r), written
	if a == b || len(a)-len(b) > 1 || len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	switch {
	case len(a) > len(b):
		return a[i+1:] == b[i:]
	case len(a) < len(b):
		// What follows in free text was read along: a letter too much pushes the
		// last one out as well.
		return a[i:] == b[i+1:]
	case a[i+1:] == b[i+1:], i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]:
		return true
	}
	// In a text of the same length a character is missing and one that follows
	// was read along, or one is too much and the last was left out.
	return a[i+1:] == b[i:len(b)-1] || a[i:len(a)-1] == b[i+1:]
}

// maskIBANs writes the IBANs in a text as [IBAN.Masked] does.
func maskIBANs(text string) string {
	words := strings.Fields(text)
	for i := 0; i < len(words); i++ {
		// An IBAN may come in one word or in groups of four.
		for j := min(len(words), i+9); j > i; j-- {
			joined := strings.Join(words[i:j], "")
			joined = strings.Trim(joined, ".,;:()/-")
			if iban, err := ParseIBAN(joined); err == nil {
				words = append(words[:i], append([]string{iban.Masked()}, words[j:]...)...)
				break
			}
		}
	}
	return strings.Join(words, " ")
}
