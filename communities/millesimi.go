package communities

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
)

// Millesimi is the weight of a unit in a building, in whole ten-thousandths of
// a thousandth: 83.3333 millesimi are 833333. Valid values of one unit lie in
// (0, [MillesimiTotal]].
//
// Source: art. 68 of the provisions for implementing the Codice civile, which
// asks for values in thousandths of the whole building; tables in use carry up
// to four decimals.
type Millesimi int64

// millesimo is one thousandth of the building.
const millesimo Millesimi = 10_000

// MillesimiTotal is what the units of a building sum to in principle: 1000.
const MillesimiTotal = 1000 * millesimo

// MillesimiTolerance is how far the sum of a table may lie from 1000: 0.05,
// the dust of rounding each unit, and less than any real unit.
const MillesimiTolerance = 500

// ErrMillesimiFormat says that a text is no number of millesimi with at most
// four decimals.
var ErrMillesimiFormat = errors.New("communities: not millesimi with at most four decimals")

// ErrMillesimiRange says that millesimi are not in (0, 1000].
var ErrMillesimiRange = errors.New("communities: millesimi not above 0 and up to 1000")

var (
	millesimiPlain   = regexp.MustCompile(`^-?([0-9]{1,9})(?:\.([0-9]{1,4}))?$`)
	millesimiItalian = regexp.MustCompile(`^-?([0-9]{1,9}|[0-9]{1,3}(?:\.[0-9]{3}){1,2})(?:,([0-9]{1,4}))?$`)
)

// ParseMillesimi reads the millesimi of one unit, plain ("83.3333") or Italian
// ("83,3333", "1.000,00"). The text "1.000" could be one or one thousand and is
// refused. It returns [ErrMillesimiFormat] or [ErrMillesimiRange].
func ParseMillesimi(s string) (Millesimi, error) {
	s = strings.TrimSpace(s)
	parts := millesimiPlain.FindStringSubmatch(s)
	if parts == nil {
		parts = millesimiItalian.FindStringSubmatch(s)
	}
	if parts == nil || s == "1.000" {
		return 0, ErrMillesimiFormat
	}
	digits := strings.ReplaceAll(parts[1], ".", "") + (parts[2] + "0000")[:4]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0, ErrMillesimiFormat
	}
	if m := Millesimi(n); n > 0 && m <= MillesimiTotal && s[0] != '-' {
		return m, nil
	}
	return 0, ErrMillesimiRange
}

// String writes millesimi plainly, without useless zeros: "83.3333", "1000".
func (m Millesimi) String() string { return m.write(".") }

// Italian writes millesimi for readers: "83,3333", "1000".
func (m Millesimi) Italian() string { return m.write(",") }

func (m Millesimi) write(point string) string {
	sign, n := "", uint64(m)
	if m < 0 {
		sign, n = "-", uint64(-m)
	}
	whole := sign + strconv.FormatUint(n/uint64(millesimo), 10)
	rest := n % uint64(millesimo)
	if rest == 0 {
		return whole
	}
	decimals := strconv.FormatUint(rest+uint64(millesimo), 10)[1:]
	return whole + point + strings.TrimRight(decimals, "0")
}
