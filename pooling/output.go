package pooling

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"strconv"

	"colletta/money"
)

// output writes compact JSON piece by piece, so that a document of a million
// demands is never held as a whole. The first error stays.
//
// What occurs a million times is appended by hand; everything else goes through
// encoding/json, and so does any text with a character that it would escape.
// The two are the same to the byte: a test compares them.
type output struct {
	w   *bufio.Writer
	one bytes.Buffer // the piece that enc is writing
	enc *json.Encoder
	err error
}

func newOutput(w io.Writer) *output {
	out := &output{w: bufio.NewWriterSize(w, 1<<16)}
	out.enc = json.NewEncoder(&out.one)
	out.enc.SetEscapeHTML(false)
	return out
}

// end writes the newline with which a document ends, and all that is left.
func (out *output) end() error {
	out.raw("\n")
	if out.err == nil {
		out.err = out.w.Flush()
	}
	return out.err
}

func (out *output) raw(text string) {
	if out.err == nil {
		_, out.err = out.w.WriteString(text)
	}
}

// value writes anything as encoding/json does.
func (out *output) value(v any) {
	if out.err != nil {
		return
	}
	out.one.Reset()
	if out.err = out.enc.Encode(v); out.err == nil {
		_, out.err = out.w.Write(bytes.TrimSuffix(out.one.Bytes(), []byte("\n")))
	}
}

// text writes a string after what stands before it.
func (out *output) text(before, s string) {
	out.raw(before)
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			out.value(s)
			return
		}
	}
	out.raw(`"`)
	out.raw(s)
	out.raw(`"`)
}

// texts writes an array of strings; [] for nil.
func (out *output) texts(before string, list []string) {
	out.raw(before)
	out.raw("[")
	for k, s := range list {
		out.text(comma(k), s)
	}
	out.raw("]")
}

// textOrNull writes a string, null when it is empty.
func (out *output) textOrNull(before, s string) {
	if s == "" {
		out.raw(before)
		out.raw("null")
		return
	}
	out.text(before, s)
}

func (out *output) integer(before string, n int64) {
	out.raw(before)
	if out.err == nil {
		_, out.err = out.w.Write(strconv.AppendInt(out.w.AvailableBuffer(), n, 10))
	}
}

// amount writes euro with two decimals, as [money.Amount.MarshalText] does.
func (out *output) amount(before string, a money.Amount) {
	out.raw(before)
	if out.err == nil {
		_, out.err = out.w.Write(appendAmount(out.w.AvailableBuffer(), a))
	}
}

func appendAmount(b []byte, a money.Amount) []byte {
	b = append(b, '"')
	cents := uint64(a)
	if a < 0 {
		b, cents = append(b, '-'), -cents
	}
	b = strconv.AppendUint(b, cents/100, 10)
	return append(b, '.', byte('0'+cents/10%10), byte('0'+cents%10), '"')
}

// array writes the elements of a list, each by one.
func array[T any](out *output, before string, list []T, one func(*T)) {
	out.raw(before)
	out.raw("[")
	for k := range list {
		out.raw(comma(k))
		one(&list[k])
	}
	out.raw("]")
}

// elements is array with every element written as encoding/json does.
func elements[A, B any](out *output, before string, list []A, from func(A) B) {
	var j B // boxed once
	array(out, before, list, func(x *A) {
		j = from(*x)
		out.value(&j)
	})
}

func comma(k int) string {
	if k == 0 {
		return ""
	}
	return ","
}
