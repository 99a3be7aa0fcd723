package money

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/shopspring/decimal"
)

const (
	fileBytesMax    = 16 << 20
	jsonDepthMax    = 40
	participantsMax = 100_000
)

var (
	errFileSize  = fmt.Errorf("must be at most %d MiB", fileBytesMax>>20)
	errEncoding  = errors.New("must be UTF-8")
	errJSON      = errors.New("must be JSON")
	errJSONDepth = fmt.Errorf("must be nested at most %d deep", jsonDepthMax)
	errJSONTwice = errors.New("occurs twice in the same object")
	errJSONAfter = errors.New("nothing may follow the first value")
	errUnknown   = errors.New("unknown field")
)

// jsonNode is a value of a JSON file that remembers its place, and whose objects
// keep their order: it decides ties.
type jsonNode struct {
	token  json.Token // json.Delim '{' or '[', string, json.Number, bool or nil
	keys   []string   // of an object
	values []*jsonNode
	offset int
	parent *jsonNode
	key    string // within parent
	data   []byte // of the whole file
}

type jsonReader struct {
	data []byte
	d    *json.Decoder
}

// readJSON reads one value and refuses anything that two readers could take
// differently: a key twice, bytes that are no UTF-8, a second value.
func readJSON(data []byte) (*jsonNode, error) {
	r := jsonReader{data, json.NewDecoder(bytes.NewReader(data))}
	r.d.UseNumber()
	n, err := r.value(nil, "", 0)
	if err != nil {
		return nil, err
	}
	end := r.next()
	if _, err := r.d.Token(); !errors.Is(err, io.EOF) {
		return nil, r.wrong(end, errJSONAfter)
	}
	return n, nil
}

// next is where the next token begins.
func (r jsonReader) next() int {
	i := int(r.d.InputOffset())
	for i < len(r.data) && strings.IndexByte(" \t\r\n,:", r.data[i]) >= 0 {
		i++
	}
	return i
}

func (r jsonReader) wrong(offset int, err error) error {
	line, column := lineColumn(r.data, offset)
	return &FileError{Line: line, Column: column, Err: err}
}

func (r jsonReader) token() (json.Token, int, error) {
	at := r.next()
	t, err := r.d.Token()
	if err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			at = int(syntax.Offset) - 1
		}
		return nil, 0, r.wrong(at, fmt.Errorf("%w: %s", errJSON, strings.TrimPrefix(err.Error(), "json: ")))
	}
	return t, at, nil
}

func (r jsonReader) value(parent *jsonNode, key string, depth int) (*jsonNode, error) {
	t, at, err := r.token()
	if err != nil {
		return nil, err
	}
	n := &jsonNode{token: t, offset: at, parent: parent, key: key, data: r.data}
	open, composite := t.(json.Delim)
	if !composite {
		return n, nil
	}
	if depth == jsonDepthMax {
		return nil, n.wrong(errJSONDepth)
	}
	seen := map[string]bool{}
	for r.d.More() {
		key := strconv.Itoa(len(n.values))
		if open == '{' {
			t, at, err := r.token()
			if err != nil {
				return nil, err
			}
			key = t.(string) // the decoder accepts nothing else before a colon
			n.keys = append(n.keys, key)
			if seen[key] {
				return nil, (&jsonNode{offset: at, parent: n, key: key, data: r.data}).wrong(errJSONTwice)
			}
			seen[key] = true
		}
		v, err := r.value(n, key, depth+1)
		if err != nil {
			return nil, err
		}
		n.values = append(n.values, v)
	}
	_, _, err = r.token() // the closing bracket
	return n, err
}

// path is where the value stands: $.rule.mix[1].share.
func (n *jsonNode) path() string {
	if n.parent == nil {
		return "$"
	}
	if n.parent.token == json.Delim('[') {
		return n.parent.path() + "[" + n.key + "]"
	}
	if strings.ContainsAny(n.key, ".[]\" ") || n.key == "" {
		return n.parent.path() + "[" + strconv.Quote(n.key) + "]"
	}
	return n.parent.path() + "." + n.key
}

// wrong is the error that this value breaks a rule.
func (n *jsonNode) wrong(err error) error {
	var already *FileError
	if errors.As(err, &already) {
		return err
	}
	line, column := lineColumn(n.data, n.offset)
	return &FileError{Line: line, Column: column, Path: n.path(), Value: n.text(), Err: err}
}

// text is a string or number as written; "" for anything else.
func (n *jsonNode) text() string {
	switch t := n.token.(type) {
	case string:
		return t
	case json.Number:
		return t.String()
	}
	return ""
}

func (n *jsonNode) isObject() bool { return n.token == json.Delim('{') }
func (n *jsonNode) isArray() bool  { return n.token == json.Delim('[') }

// field is a value of an object; nil if it is not there.
func (n *jsonNode) field(key string) *jsonNode {
	if i := slices.Index(n.keys, key); i >= 0 {
		return n.values[i]
	}
	return nil
}

// only refuses what is no object, and fields that are not allowed.
func (n *jsonNode) only(allowed ...string) error {
	if !n.isObject() {
		return n.wrong(errors.New("must be an object"))
	}
	for i, key := range n.keys {
		if !slices.Contains(allowed, key) {
			return n.values[i].wrong(errUnknown)
		}
	}
	return nil
}

func (n *jsonNode) str() (string, error) {
	if s, ok := n.token.(string); ok {
		return s, nil
	}
	return "", n.wrong(errors.New("must be a text"))
}

// number reads a weight; an exponent is refused.
func (n *jsonNode) number() (decimal.Decimal, error) {
	d, err := numberOf(n.text(), false)
	if err != nil {
		return d, n.wrong(err)
	}
	return d, nil
}

func (n *jsonNode) amount() (Amount, error) {
	a, err := amountOf(n.text(), false)
	if err != nil {
		return 0, n.wrong(err)
	}
	return a, nil
}

// names reads an array of texts.
func (n *jsonNode) names() ([]string, error) {
	if !n.isArray() {
		return nil, n.wrong(errors.New("must be a list of names"))
	}
	names := make([]string, len(n.values))
	for i, v := range n.values {
		var err error
		if names[i], err = v.str(); err != nil {
			return nil, err
		}
	}
	if _, err := index(names); err != nil {
		return nil, n.wrong(err)
	}
	return names, nil
}

// checkText refuses a file before it is read.
func checkText(data []byte) error {
	if len(data) > fileBytesMax {
		return &FileError{Line: 1, Column: 1, Err: errFileSize}
	}
	if utf8.Valid(data) {
		return nil
	}
	at := 0
	for rest := data; len(rest) > 0; {
		r, size := utf8.DecodeRune(rest)
		if r == utf8.RuneError && size == 1 {
			break
		}
		at, rest = at+size, rest[size:]
	}
	line, column := lineColumn(data, at)
	return &FileError{Line: line, Column: column, Err: errEncoding}
}
