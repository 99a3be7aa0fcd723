// Package money owns amounts of euro, exact to the cent, the one function that
// divides them, and the rules that say by which weights: [Rule] and what is built
// of it, the files in which they are written ([ReadExpenses]) and the reasons for
// every cent ([Division]).
//
// It does not own currencies other than the euro, taxes, or the count of odd cents
// that families have paid: callers pass weights in order of rotation to [Split],
// or the count to [Divide].
//
// Invariants: an [Amount] is a whole number of cents; no float ever touches
// one; [Split] and [Divide] return portions that sum to the total, each within one
// cent of its exact value. A rule gives exact fractions and rounds nothing.
//
// The package reads no clock. Its only times are the days of a [Period], from one
// date up to but without another, for those who divide by days.
package money

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// Amount is a sum of euro in whole cents. It may be negative (a refund). Values
// that enter from outside stay within ±[Max].
type Amount int64

// Max is the largest amount accepted from outside: ten million euro. With it,
// every product of an amount with a weight or with basis points fits 64 bits
// (round schema, "Limits").
const Max Amount = 10_000_000_00

// ErrFormat says that a text is no amount in the form 1234.56 or 1.234,56.
var ErrFormat = errors.New("money: not an amount with at most two decimals")

// ErrRange says that an amount exceeds ±[Max].
var ErrRange = errors.New("money: amount out of range")

var (
	plain   = regexp.MustCompile(`^-?[0-9]{1,9}(\.[0-9]{1,2})?$`)
	italian = regexp.MustCompile(`^-?([0-9]{1,9}|[0-9]{1,3}(\.[0-9]{3}){1,2})(,[0-9]{1,2})?$`)
)

// Parse reads an amount written as in files and in the API: a point before at
// most two decimals, no separator of thousands ("1234.5", "-0.01"). It returns
// [ErrFormat] or [ErrRange].
func Parse(s string) (Amount, error) {
	if !plain.MatchString(s) {
		return 0, ErrFormat
	}
	d, err := decimal.NewFromString(s)
	if err != nil {
		return 0, ErrFormat
	}
	return FromDecimal(d)
}

// ParseItalian reads an amount as people type it in a form: comma before the
// decimals and optional points between thousands ("1.234,56", "12,5", "40"),
// with or without the sign €. A point followed by one or two digits at the end
// is taken as a decimal point, as on a telephone's keypad. It returns
// [ErrFormat] or [ErrRange].
func ParseItalian(s string) (Amount, error) {
	s = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(s), "€")), "€"))
	if plain.MatchString(s) && !strings.Contains(s, ",") {
		return Parse(s)
	}
	if !italian.MatchString(s) {
		return 0, ErrFormat
	}
	return Parse(strings.ReplaceAll(strings.ReplaceAll(s, ".", ""), ",", "."))
}

// FromDecimal converts a decimal number of euro. It returns [ErrFormat] when
// the number has a part smaller than a cent, [ErrRange] beyond ±[Max].
func FromDecimal(d decimal.Decimal) (Amount, error) {
	cents := d.Shift(2)
	if !cents.IsInteger() {
		return 0, ErrFormat
	}
	if cents.Abs().GreaterThan(decimal.New(int64(Max), 0)) {
		return 0, ErrRange
	}
	return Amount(cents.IntPart()), nil
}

// Decimal is the amount in euro with two decimals.
func (a Amount) Decimal() decimal.Decimal { return decimal.New(int64(a), -2) }

// Cents is the amount in whole cents.
func (a Amount) Cents() int64 { return int64(a) }

// String writes the amount as in files and in the API: "1234.50".
func (a Amount) String() string {
	sign, c := "", uint64(a)
	if a < 0 {
		sign, c = "-", uint64(-a)
	}
	return fmt.Sprintf("%s%d.%02d", sign, c/100, c%100)
}

// Italian writes the amount for readers: "1.234,50 €", with a no-break space.
func (a Amount) Italian() string { return a.ItalianNumber() + "\u00a0€" }

// ItalianNumber writes the amount for readers without the sign of the euro:
// "1.234,50".
func (a Amount) ItalianNumber() string {
	sign, c := "", uint64(a)
	if a < 0 {
		sign, c = "-", uint64(-a)
	}
	euro := strconv.FormatUint(c/100, 10)
	for i := len(euro) - 3; i > 0; i -= 3 {
		euro = euro[:i] + "." + euro[i:]
	}
	return fmt.Sprintf("%s%s,%02d", sign, euro, c%100)
}

// MarshalText writes the amount as [Amount.String] does, so that in JSON it is
// a string and no reader can take it for a float.
func (a Amount) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what [Parse] reads.
func (a *Amount) UnmarshalText(b []byte) error {
	v, err := Parse(string(b))
	if err != nil {
		return err
	}
	*a = v
	return nil
}

// Sum adds amounts.
func Sum(amounts ...Amount) Amount {
	var total Amount
	for _, a := range amounts {
		total += a
	}
	return total
}
