package subsidies

import (
	"math/big"
	"regexp"
	"strings"
)

var (
	decimalText = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)
	// doubtfulText may be seventeen, or seventeen thousand as it is written in Italy.
	doubtfulText = regexp.MustCompile(`^-?[1-9][0-9]{0,2}\.[0-9]{3}$`)
)

// digitsMax bounds a number's text.
const digitsMax = 24

var (
	errNumberText  = phrase("is no number: write 17000 or 17000.00, with a point before the decimals and nothing between thousands")
	errNumberComma = phrase("is no number: decimals have a point, 12.50, and nothing stands between thousands")
	errNumberEuro  = phrase("is no number: the sign € is not written, only the amount, for example 12.50")
)

// ParseNumber reads a number as it is written in a measure: "17000", "17000.00",
// "-0.5". No exponent, no separator of thousands; three decimals after one
// to three digits are refused, because in Italy 17.000 is seventeen thousand.
func ParseNumber(text string) (Number, error) {
	switch {
	case strings.Contains(text, ","):
		return Number{}, errNumberComma
	case strings.Contains(text, euroSign):
		return Number{}, errNumberEuro
	case len(text) > digitsMax || !decimalText.MatchString(text):
		return Number{}, errNumberText
	case doubtfulText.MatchString(text):
		return Number{}, doubtful(text)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok {
		return Number{}, errNumberText
	}
	_, decimals, _ := strings.Cut(text, ".")
	n := fromRat(r)
	// Keep the denominator of the decimals written: amounts then share 100.
	if scale := int64(1); n.wide == nil && len(decimals) <= 6 {
		for range decimals {
			scale *= 10
		}
		if num, ok := mul64(n.num, scale/n.under()); ok {
			return Number{num: num, den: scale}, nil
		}
	}
	return n, nil
}

// doubtful says how to write what 17.000 may mean: 17000, or 17 with decimals.
func doubtful(text string) error {
	whole, decimals, _ := strings.Cut(text, ".")
	return phrase("may be read in two ways: for thousands write %s%s; for decimals write %[1]s.%[2]s0, or two of them if it is an amount, %[1]s.%[3]s", whole, decimals, decimals[:2])
}

// parsePercent reads "60%", "0.8 %": sixty hundredths, eight thousandths. False
// if the text does not end with %.
func parsePercent(text string) (Number, bool, error) {
	body, ok := strings.CutSuffix(strings.TrimSpace(text), "%")
	if !ok {
		return Number{}, false, nil
	}
	n, err := ParseNumber(strings.TrimSpace(body))
	return n.Div(Whole(100)).reduced(), true, err
}

// decimalsShown is how many decimals of an endless fraction are shown.
const decimalsShown = 4

// Text writes the number as in files and in the API: "12345.67", "3.2921…". At
// least some decimals are written; an ellipsis says that there are more.
func (a Number) Text(least int) string { return a.text(least, ".", "") }

// Italian writes the number for readers: "12.345,67".
func (a Number) Italian(least int) string { return a.text(least, ",", ".") }

// English writes the number for readers: "12,345.67".
func (a Number) English(least int) string { return a.text(least, ".", ",") }

// String is Text without decimals that are zero.
func (a Number) String() string { return a.Text(0) }

func (a Number) text(least int, point, thousands string) string {
	r := a.Rat()
	most := max(least, decimalsShown)
	for places := least; places <= 9; places++ { // all of them, if they end
		if scaled := new(big.Rat).Mul(r, tenTo(places)); scaled.IsInt() {
			most = places
			break
		}
	}
	scaled := new(big.Rat).Mul(r, tenTo(most))
	cut, rest := new(big.Int).QuoRem(new(big.Int).Abs(scaled.Num()), scaled.Denom(), new(big.Int))
	digits := cut.String()
	if len(digits) <= most {
		digits = strings.Repeat("0", most+1-len(digits)) + digits
	}
	whole, decimals := digits[:len(digits)-most], digits[len(digits)-most:]
	for i := len(whole) - 3; i > 0 && thousands != ""; i -= 3 {
		whole = whole[:i] + thousands + whole[i:]
	}
	var b strings.Builder
	if r.Sign() < 0 {
		b.WriteByte('-')
	}
	b.WriteString(whole)
	if decimals != "" {
		b.WriteString(point + decimals)
	}
	if rest.Sign() != 0 {
		b.WriteString("…")
	}
	return b.String()
}

func tenTo(places int) *big.Rat {
	return new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(places)), nil))
}
