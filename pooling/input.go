package pooling

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
)

// InputBytesMax is the largest snapshot or formation that is read: room for
// more than a million demands.
const InputBytesMax = 512 << 20

// valueBytesMax is the longest text, number or gap between values: a decoder
// holds it as a whole, so a text without end must not take all memory.
const valueBytesMax = 1 << 20

// listsMax is how many different lists of words are kept to be shared.
const listsMax = 1 << 14

// input reads JSON by its own schema, value by value, so that every error has
// a path, no key is unknown or repeated, and nesting is never deeper than the
// schema. A fault ends the reading by a panic with *InputError, which only
// [read] recovers.
type input struct {
	src   source
	dec   *jsontext.Decoder
	path  []step
	words wordCache
	lists map[string][]string // lists of words that were read, by their texts and lengths

	unquoted, key []byte   // for reuse
	texts         []string // for reuse
}

type step struct {
	key   string
	index int // -1 for a key
}

// source is the reader of a document up to its limits, and remembers why it
// ended early.
type source struct {
	r    io.Reader
	left int64 // bytes that may still come
	held int   // bytes that came since a value was last complete
	err  error // other than io.EOF
}

var (
	errTooLong   = errors.New("pooling: input too long")
	errLongValue = errors.New("pooling: value too long")
)

// Read reads at most one byte beyond the limit of the document. An error stays,
// and ends the reading at once: a decoder that got bytes with it would go on.
func (s *source) Read(b []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	const pieceMax = 1 << 16 // so that what came ahead of a value is little
	n, err := s.r.Read(b[:min(int64(len(b)), pieceMax, s.left+1)])
	s.left -= int64(n)
	s.held += n
	switch {
	case err != nil && err != io.EOF:
		s.err = err
		return n, err
	case s.left < 0:
		s.err = errTooLong
		return 0, s.err
	case s.held > valueBytesMax+pieceMax:
		s.err = errLongValue
		return 0, s.err
	}
	return n, err
}

// read runs a reader of one whole document.
func read(r io.Reader, document func(in *input)) (err error) {
	in := &input{src: source{r: r, left: InputBytesMax}, lists: map[string][]string{}}
	defer func() {
		fault := recover()
		e, refused := fault.(*InputError)
		if fault != nil && !refused {
			panic(fault)
		}
		switch {
		case in.src.err == errTooLong:
			err = &InputError{Rule: fmt.Sprintf("must be at most %d bytes", InputBytesMax)}
		case in.src.err == errLongValue:
			err = &InputError{Path: in.where(), Rule: fmt.Sprintf("must not hold a text, number or gap of over %d bytes", valueBytesMax)}
		case in.src.err != nil:
			err = fmt.Errorf("read input: %w", in.src.err)
		case refused:
			err = e
		}
	}()
	// The fields seen in an object are compared here, as their order and
	// absence matter too; the decoder need not keep them a second time.
	in.dec = jsontext.NewDecoder(&in.src, jsontext.AllowDuplicateNames(true))
	document(in)
	if _, err := in.dec.ReadToken(); err != io.EOF {
		in.fail(in.ahead(), "must end after the document")
	}
	return nil
}

func (in *input) fail(value, rule string) {
	panic(&InputError{Path: in.where(), Value: shorten(value), Rule: rule})
}

// failSyntax refuses what is no JSON, with the reason of the decoder and the
// beginning of what could not be read.
func (in *input) failSyntax(err error) {
	var syntax *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		in.fail("", fmt.Sprintf("must not end in the middle (byte %d)", in.dec.InputOffset()))
	case errors.As(err, &syntax):
		in.fail(in.ahead(), fmt.Sprintf("must be JSON: %v (byte %d)", syntax.Err, syntax.ByteOffset))
	}
	in.fail("", fmt.Sprintf("must be JSON (byte %d)", in.dec.InputOffset())) // or the source failed: see read
}

// ahead is the beginning of what comes next.
func (in *input) ahead() string {
	const bytesMax = 24
	rest := bytes.TrimLeft(in.dec.UnreadBuffer(), " \t\r\n:,")
	return strings.ToValidUTF8(string(rest[:min(len(rest), bytesMax)]), string(unicode.ReplacementChar))
}

func (in *input) where() string {
	var b strings.Builder
	for _, s := range in.path {
		switch {
		case s.index >= 0:
			b.WriteString("[" + strconv.Itoa(s.index) + "]")
		case b.Len() > 0:
			b.WriteString("." + shorten(s.key))
		default:
			b.WriteString(shorten(s.key))
		}
	}
	return b.String()
}

// shorten keeps an error on one line whatever the input holds.
func shorten(value string) string {
	const runesMax = 60
	runes := 0
	for i := range value {
		if runes++; runes > runesMax {
			return value[:i] + "…"
		}
	}
	return value
}

// scalar reads a text, number, true, false or null as it is written. Of an
// object or array it reads nothing, so that nothing deeper than the schema is.
func (in *input) scalar() (jsontext.Kind, []byte) {
	kind := in.dec.PeekKind()
	if kind == jsontext.KindBeginObject || kind == jsontext.KindBeginArray {
		return kind, []byte{byte(kind)}
	}
	return kind, in.whole()
}

// whole reads a value that is neither object nor array.
func (in *input) whole() []byte {
	raw, err := in.dec.ReadValue()
	if err != nil {
		in.failSyntax(err)
	}
	in.src.held = 0
	return raw
}

// open reads the brace or bracket that begins a value.
func (in *input) open(begin jsontext.Kind, rule string) {
	if kind, raw := in.peek(begin); kind != begin {
		in.fail(in.display(kind, raw), rule)
	}
	in.delimiter()
}

// peek is scalar, save that it leaves what begins as expected.
func (in *input) peek(begin jsontext.Kind) (jsontext.Kind, []byte) {
	if in.dec.PeekKind() == begin {
		return begin, nil
	}
	return in.scalar()
}

func (in *input) delimiter() {
	if _, err := in.dec.ReadToken(); err != nil {
		in.failSyntax(err)
	}
	in.src.held = 0
}

// more is true while an object or array has another element.
func (in *input) more(end jsontext.Kind) bool { return in.dec.PeekKind() != end }

// display writes a value for an error message.
func (in *input) display(kind jsontext.Kind, raw []byte) string {
	if kind == jsontext.KindString {
		return string(in.unquote(raw))
	}
	return string(raw)
}

// unquote returns the text of a string; it is good until the next call.
func (in *input) unquote(raw []byte) []byte {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	text, err := jsontext.AppendUnquote(in.unquoted[:0], raw)
	if err != nil {
		in.failSyntax(err)
	}
	in.unquoted = text
	return text
}

// object reads {…}; field reads the value of a key or returns false for a key
// that the schema does not know.
func (in *input) object(required []string, field func(key string) bool) {
	in.open(jsontext.KindBeginObject, "must be an object")
	var few [16]string
	seen := few[:0]
	for in.more(jsontext.KindEndObject) {
		key := in.pushKey()
		if slices.Contains(seen, key) {
			in.fail("", "must not occur twice")
		}
		seen = append(seen, key)
		if !field(key) {
			in.fail("", "is not a field of this format")
		}
		in.pop()
	}
	in.delimiter()
	for _, r := range required {
		if !slices.Contains(seen, r) {
			in.push(r)
			in.fail("", "is missing")
		}
	}
}

// dict reads {…} whose keys are ids.
func (in *input) dict(value func(key string)) {
	in.open(jsontext.KindBeginObject, "must be an object")
	seen := map[string]bool{}
	for in.more(jsontext.KindEndObject) {
		key := in.pushKey()
		checkText(in, key)
		if seen[key] {
			in.fail("", "must not occur twice")
		}
		seen[key] = true
		value(key)
		in.pop()
	}
	in.delimiter()
}

func (in *input) push(key string) { in.path = append(in.path, step{key, -1}) }
func (in *input) pop()            { in.path = in.path[:len(in.path)-1] }

// pushKey reads a key and leaves it on the path.
func (in *input) pushKey() string {
	raw := in.whole() // inside an object the decoder yields nothing but a string
	key := in.words.share(in.unquote(raw))
	in.push(key)
	return key
}

// array reads […].
func (in *input) array(element func()) {
	in.open(jsontext.KindBeginArray, "must be an array")
	for i := 0; in.more(jsontext.KindEndArray); i++ {
		in.path = append(in.path, step{index: i})
		element()
		in.pop()
	}
	in.delimiter()
}
