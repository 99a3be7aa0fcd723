package vouchers

import (
	"slices"
	"strings"
	"time"
	"unicode"

	"colletta/money"
)

// StatementID names a statement (UUID text).
type StatementID string

// ProviderStatement is what the Comune reimburses one provider in one statement.
// It names no family: neither person nor tax code.
type ProviderStatement struct {
	Number        string    // of the statement, "2026-000001"
	On            time.Time // day of accounting
	Municipality  string
	Provider      string
	TaxCode       string // of the provider
	IBAN          string
	AccountHolder string
	Lines         []StatementLine
}

// StatementLine is one accounted use.
type StatementLine struct {
	Call    string
	Voucher string // code
	UsedOn  time.Time
	Charge  string // number of the charge
	Service string // what the charge is for
	Amount  money.Amount
}

// Total is the sum of the lines.
func (s ProviderStatement) Total() money.Amount {
	var sum money.Amount
	for _, l := range s.Lines {
		sum += l.Amount
	}
	return sum
}

// Calls sums the lines by call, in the order of the codes.
func (s ProviderStatement) Calls() []CallSum {
	var sums []CallSum
	for _, l := range s.Lines {
		i := slices.IndexFunc(sums, func(c CallSum) bool { return c.Call == l.Call })
		if i < 0 {
			i, sums = len(sums), append(sums, CallSum{Call: l.Call})
		}
		sums[i].Count++
		sums[i].Amount += l.Amount
	}
	slices.SortFunc(sums, func(a, b CallSum) int { return strings.Compare(a.Call, b.Call) })
	return sums
}

// FileName is a name for the workbook that any file system takes.
func (s ProviderStatement) FileName() string {
	safe := strings.Map(func(r rune) rune {
		switch {
		case r <= unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)):
			return unicode.ToLower(r)
		}
		return '-'
	}, s.Provider)
	words := strings.FieldsFunc(safe, func(r rune) bool { return r == '-' })
	return "rendiconto-" + s.Number + "-" + strings.Join(words, "-") + "-" + s.TaxCode + ".xlsx"
}
