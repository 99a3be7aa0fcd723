package pooling

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"colletta/money"
)

// InputBytesMax is the largest snapshot or formation that is read: room for
// more than a million demands.
const InputBytesMax = 512 << 20

// input reads JSON by its own schema, token by token, so that every error has
// a path, no key is unknown or repeated, and nesting is never deeper than the
// schema. A fault ends the reading by a panic with *InputError, which only
// [read] recovers.
type input struct {
	dec  *json.Decoder
	path []step
}

type step struct {
	key   string
	index int // -1 for a key
}

// read runs a reader of one whole document.
func read(r io.Reader, document func(in *input)) (err error) {
	b, err := io.ReadAll(io.LimitReader(r, InputBytesMax+1))
	if err != nil {
		return fmt.Errorf("read input: %w", err)
	}
	if len(b) > InputBytesMax {
		return &InputError{Rule: fmt.Sprintf("must be at most %d bytes", InputBytesMax)}
	}
	if !utf8.Valid(b) {
		return &InputError{Rule: "must be UTF-8"}
	}
	defer func() {
		if fault := recover(); fault != nil {
			e, ok := fault.(*InputError)
			if !ok {
				panic(fault)
			}
			err = e
		}
	}()
	in := &input{dec: json.NewDecoder(bytes.NewReader(b))}
	in.dec.UseNumber()
	document(in)
	if _, err := in.dec.Token(); !errors.Is(err, io.EOF) {
		in.fail("", "must end after the document")
	}
	return nil
}

func (in *input) fail(value, rule string) {
	panic(&InputError{Path: in.where(), Value: shorten(value), Rule: rule})
}

func (in *input) where() string {
	var b strings.Builder
	for _, s := range in.path {
		switch {
		case s.index >= 0:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case b.Len() > 0:
			b.WriteString("." + s.key)
		default:
			b.WriteString(s.key)
		}
	}
	return b.String()
}

// shorten keeps an error on one line whatever the input holds.
func shorten(value string) string {
	const runesMax = 60
	if r := []rune(value); len(r) > runesMax {
		return string(r[:runesMax]) + "…"
	}
	return value
}

func (in *input) token() json.Token {
	t, err := in.dec.Token()
	if err != nil {
		in.fail("", fmt.Sprintf("must be JSON (byte %d)", in.dec.InputOffset()))
	}
	return t
}

// object reads {…}; field reads the value of a key or returns false for a key
// that the schema does not know.
func (in *input) object(required []string, field func(key string) bool) {
	if t := in.token(); t != json.Delim('{') {
		in.fail(fmt.Sprint(t), "must be an object")
	}
	var few [16]string
	seen := few[:0]
	for in.dec.More() {
		key := in.key()
		for _, k := range seen {
			if k == key {
				in.fail("", "must not occur twice")
			}
		}
		seen = append(seen, key)
		if !field(key) {
			in.fail("", "is not a field of this format")
		}
		in.pop()
	}
	in.token()
next:
	for _, r := range required {
		for _, k := range seen {
			if k == r {
				continue next
			}
		}
		in.push(r)
		in.fail("", "is missing")
	}
}

// dict reads {…} whose keys are ids.
func (in *input) dict(value func(key string)) {
	if t := in.token(); t != json.Delim('{') {
		in.fail(fmt.Sprint(t), "must be an object")
	}
	seen := map[string]bool{}
	for in.dec.More() {
		key := in.key()
		in.checkText(key)
		if seen[key] {
			in.fail("", "must not occur twice")
		}
		seen[key] = true
		value(key)
		in.pop()
	}
	in.token()
}

func (in *input) push(key string) { in.path = append(in.path, step{key, -1}) }
func (in *input) pop()            { in.path = in.path[:len(in.path)-1] }

// key reads a key and leaves it on the path.
func (in *input) key() string {
	key, _ := in.token().(string) // inside an object the decoder yields nothing else
	in.push(shorten(key))
	return key
}

// array reads […].
func (in *input) array(element func()) {
	if t := in.token(); t != json.Delim('[') {
		in.fail(fmt.Sprint(t), "must be an array")
	}
	for i := 0; in.dec.More(); i++ {
		in.path = append(in.path, step{index: i})
		element()
		in.pop()
	}
	in.token()
}

// texts reads an array of strings; never nil.
func (in *input) texts() []string {
	out := []string{}
	in.array(func() { out = append(out, in.text()) })
	return out
}

func (in *input) text() string {
	return in.textOf(in.token())
}

func (in *input) textOf(t json.Token) string {
	s, ok := t.(string)
	if !ok {
		in.fail(fmt.Sprint(t), "must be a string")
	}
	in.checkText(s)
	return s
}

// idOf reads an id that may be null, but not empty: the two are not the same.
func (in *input) idOf(t json.Token) string {
	s := in.textOf(t)
	if s == "" {
		in.fail(s, "must not be empty")
	}
	return s
}

// checkText refuses what a database or a page cannot hold, and U+FFFD, into
// which the decoder turns half a surrogate pair.
func (in *input) checkText(s string) {
	if len(s) > IDBytesMax {
		in.fail(s, fmt.Sprintf("must be at most %d bytes", IDBytesMax))
	}
	for _, r := range s {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			in.fail(s, "must not hold control characters")
		}
	}
}

func (in *input) integer() int64 { return in.integerOf(in.token()) }

func (in *input) integerOf(t json.Token) int64 {
	n, ok := t.(json.Number)
	if !ok {
		in.fail(fmt.Sprint(t), "must be a whole number")
	}
	v, err := strconv.ParseInt(string(n), 10, 64)
	if err != nil {
		in.fail(string(n), "must be a whole number")
	}
	return v
}

func (in *input) money() money.Amount { return in.moneyOf(in.token()) }

func (in *input) moneyOf(t json.Token) money.Amount {
	s := in.textOf(t)
	v, err := money.Parse(s)
	switch {
	case errors.Is(err, money.ErrRange):
		in.fail(s, "must be at most "+money.Max.String())
	case err != nil:
		in.fail(s, `must be an amount like "45.00"`)
	}
	return v
}

// sum reads an amount that may exceed [money.Max], being a sum of amounts.
func (in *input) sum() money.Amount {
	s := in.text()
	d, err := decimal.NewFromString(s)
	if err != nil || len(s) > 17 || strings.ContainsAny(s, "eE+") || !hasCents(s) {
		in.fail(s, `must be an amount like "45.00"`)
	}
	return money.Amount(d.Shift(2).IntPart())
}

// hasCents says whether a number is written with a digit before the point and
// one or two behind it, or without a point.
func hasCents(s string) bool {
	whole, cents, point := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return whole != "" && (!point || len(cents) == 1 || len(cents) == 2)
}

// percent reads a percentage as basis points.
func (in *input) percent() int64 { return in.money().Cents() }

// optional reads null as absent, else hands the token on.
func optional[T any](in *input, of func(json.Token) T) *T {
	t := in.token()
	if t == nil {
		return nil
	}
	v := of(t)
	return &v
}
