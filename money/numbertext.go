package money

import (
	"errors"
	"math/big"
	"regexp"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Numbers in a file are written with a point before the decimals (150.20) or as
// in Italy (150,20 and 1.234,50). A comma is always before decimals. A point
// before exactly three digits may be either: what decides is named below.
var (
	plainNumber   = regexp.MustCompile(`^-?[0-9]{1,40}(\.[0-9]{1,40})?$`)
	italianNumber = regexp.MustCompile(`^-?([0-9]{1,40}|[0-9]{1,3}(\.[0-9]{3}){1,12})(,[0-9]{1,40})?$`)
	doubtful      = regexp.MustCompile(`^-?[0-9]{1,3}\.[0-9]{3}$`)
	// surelyPlain has a point that cannot be between thousands.
	surelyPlain = regexp.MustCompile(`^-?([0-9]+\.([0-9]{1,2}|[0-9]{4,})|0[0-9]*\.[0-9]+|[0-9]{4,}\.[0-9]+)$`)
	// surelyItalian has a comma, or points between thousands twice.
	surelyItalian = regexp.MustCompile(`,|\..*\.`)
)

var (
	errNumber    = errors.New("must be a number like 150.20 or 150,20, of at most 40 digits")
	errAmount    = errors.New("must be an amount like 1234.50 or 1.234,50, with at most two decimals")
	errAmountMax = errors.New("must be at most " + Max.String() + " euro either way")
	errDoubtful  = errors.New("may be read in two ways: write the decimals of an amount with two digits, no point for thousands")
	errShare     = errors.New("must be a share from 0 to 1, like 0.30, 30% or 1/3")
	errPeriod    = errors.New("must be days like 2026-01-01..2027-01-01, the last one excluded")
)

// numberOf reads a weight. A point before three digits is a decimal point, unless
// the file is known to write numbers as in Italy.
func numberOf(text string, italian bool) (decimal.Decimal, error) {
	text = strings.TrimSpace(text)
	switch {
	case plainNumber.MatchString(text) && !italian:
	case italianNumber.MatchString(text):
		text = strings.ReplaceAll(strings.ReplaceAll(text, ".", ""), ",", ".")
	case !plainNumber.MatchString(text):
		return decimal.Zero, errNumber
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Zero, errNumber
	}
	return d, nil
}

// amountOf reads an amount of euro. A point before three digits is refused,
// unless the file is known to write numbers as in Italy.
func amountOf(text string, italian bool) (Amount, error) {
	text = strings.TrimSpace(strings.Trim(strings.TrimSpace(text), "€"))
	if doubtful.MatchString(text) && !italian {
		return 0, errDoubtful
	}
	a, err := ParseItalian(text)
	switch {
	case errors.Is(err, ErrRange):
		return 0, errAmountMax
	case err != nil:
		return 0, errAmount
	}
	return a, nil
}

// shareOf reads a share of a whole: 0.30, 30%, 1/3.
func shareOf(text string) (*big.Rat, error) {
	text = strings.TrimSpace(text)
	over := "1"
	if percent, ok := strings.CutSuffix(text, "%"); ok {
		text, over = percent, "100"
	} else if above, below, ok := strings.Cut(text, "/"); ok {
		text, over = above, below
	}
	part, err := numberOf(text, false)
	if err != nil {
		return nil, errShare
	}
	whole, err := numberOf(over, false)
	if err != nil || whole.Sign() <= 0 {
		return nil, errShare
	}
	share := new(big.Rat).Quo(part.Rat(), whole.Rat())
	if share.Sign() < 0 || share.Cmp(big.NewRat(1, 1)) > 0 {
		return nil, errShare
	}
	return share, nil
}

// periodOf reads "2026-01-01..2027-01-01".
func periodOf(text string) (Period, error) {
	first, last, ok := strings.Cut(strings.TrimSpace(text), "..")
	if !ok {
		return Period{}, errPeriod
	}
	from, err := time.Parse(time.DateOnly, first)
	if err != nil {
		return Period{}, errPeriod
	}
	to, err := time.Parse(time.DateOnly, last)
	if err != nil || !from.Before(to) {
		return Period{}, errPeriod
	}
	return Period{from, to}, nil
}
