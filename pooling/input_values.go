package pooling

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"colletta/money"
)

// wordList reads an array of strings that occur often; never nil. Equal lists
// are one: they are not to be changed.
func (in *input) wordList() []string {
	in.texts, in.key = in.texts[:0], in.key[:0]
	in.array(func() {
		word := in.word()
		in.texts = append(in.texts, word)
		in.key = append(strconv.AppendInt(in.key, int64(len(word)), 10), ':')
		in.key = append(in.key, word...)
	})
	if list, known := in.lists[string(in.key)]; known {
		return list
	}
	list := append(make([]string, 0, len(in.texts)), in.texts...)
	if len(in.lists) < listsMax && len(in.texts) <= SlotsMax {
		in.lists[string(in.key)] = list
	}
	return list
}

// wordListOrNull reads an array of strings, nil for null.
func (in *input) wordListOrNull() []string {
	if in.null() {
		return nil
	}
	return in.wordList()
}

// null reads a null, or nothing when the value is another.
func (in *input) null() bool {
	if in.dec.PeekKind() != jsontext.KindNull {
		return false
	}
	in.scalar()
	return true
}

// text reads a string that occurs once or a few times.
func (in *input) text() string { return string(in.rawText()) }

// word reads a string that occurs often, and shares its memory.
func (in *input) word() string { return in.words.share(in.rawText()) }

// id reads an id that may be null, but not empty: the two are not the same.
func (in *input) id() string {
	s := in.word()
	if s == "" {
		in.fail(s, "must not be empty")
	}
	return s
}

// wordCache holds texts that were read lately, so that one that occurs again is
// not allocated again. Which texts share their memory depends on the input
// only; how much memory the cache takes does not.
type wordCache [1 << 12]string

// share returns the text as a string. Its place in the cache is its FNV-1a hash.
func (c *wordCache) share(text []byte) string {
	h := uint32(2166136261)
	for _, b := range text {
		h = (h ^ uint32(b)) * 16777619
	}
	at := &c[(h^h>>16)%uint32(len(c))]
	if *at != string(text) {
		*at = string(text)
	}
	return *at
}

// rawText reads a string; it is good until the next value is read.
func (in *input) rawText() []byte {
	kind, raw := in.scalar()
	if kind != jsontext.KindString {
		in.fail(string(raw), "must be a string")
	}
	text := in.unquote(raw)
	checkText(in, text)
	return text
}

// checkText refuses what a database or a page cannot hold, and U+FFFD, which
// stands for what once was no text.
func checkText[T string | []byte](in *input, text T) {
	if len(text) > IDBytesMax {
		in.fail(string(text), fmt.Sprintf("must be at most %d bytes", IDBytesMax))
	}
	if !isPlain(text) {
		in.fail(string(text), "must not hold control characters")
	}
}

// isPlain is true for UTF-8 without control characters and U+FFFD.
func isPlain[T string | []byte](text T) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f {
			return isPlainBeyondASCII(string(text))
		}
	}
	return true
}

func isPlainBeyondASCII(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsControl(r) || r == unicode.ReplacementChar
	})
}

// integer reads a whole number, written plainly: 1.0, 1e3 and -0 are not.
func (in *input) integer() int64 {
	const rule = "must be a whole number"
	kind, raw := in.scalar()
	if kind != jsontext.KindNumber || string(raw) == "-0" {
		in.fail(in.display(kind, raw), rule)
	}
	v, err := strconv.ParseInt(string(raw), 10, 64)
	if err != nil {
		in.fail(string(raw), rule)
	}
	return v
}

const (
	moneyDigitsMax = 9  // before the point, as [money.Parse]
	sumDigitsMax   = 14 // a million shares of money.Max
)

// money reads an amount as [money.Parse] does.
func (in *input) money() money.Amount {
	text := in.rawText()
	v, ok := amountOf(text, moneyDigitsMax)
	switch {
	case !ok:
		in.fail(string(text), `must be an amount like "45.00"`)
	case v > money.Max || v < -money.Max:
		in.fail(string(text), "must be at most "+money.Max.String())
	}
	return v
}

// sum reads an amount that may exceed [money.Max], being a sum of amounts.
func (in *input) sum() money.Amount {
	text := in.rawText()
	v, ok := amountOf(text, sumDigitsMax)
	if !ok {
		in.fail(string(text), `must be an amount like "45.00"`)
	}
	return v
}

// amountOf reads an optional minus, one to digitsMax digits, and optionally a
// point with one or two decimals. A million times it has to be cheaper than the
// general [money.Parse], with which a test compares it.
func amountOf(text []byte, digitsMax int) (money.Amount, bool) {
	digits := text
	if len(digits) > 0 && digits[0] == '-' {
		digits = digits[1:]
	}
	cents, before, after, point := int64(0), 0, 0, false
	for _, c := range digits {
		switch {
		case c == '.' && !point:
			point = true
			continue
		case c < '0' || c > '9':
			return 0, false
		case point:
			after++
		default:
			before++
		}
		if before > digitsMax || after > 2 {
			return 0, false
		}
		cents = cents*10 + int64(c-'0')
	}
	if before == 0 || point && after == 0 {
		return 0, false
	}
	for ; after < 2; after++ {
		cents *= 10
	}
	if len(digits) < len(text) {
		cents = -cents
	}
	return money.Amount(cents), true
}

// percent reads a percentage as basis points.
func (in *input) percent() int64 { return in.money().Cents() }

// optional reads null as absent, else a value.
func optional[T any](in *input, value func() T) *T {
	if in.null() {
		return nil
	}
	v := value()
	return &v
}
