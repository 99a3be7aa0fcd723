package money

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"
)

// FileError says where in a file an error is, which value it is and which rule
// it breaks. Lines and columns count from 1, columns in characters; in a table
// the column is that of the cell.
type FileError struct {
	Line, Column int
	Path         string // "$.rule.mix[1].share" in JSON, the column's title in CSV
	Value        string // as written; "" if there is none
	Err          error  // the rule broken
}

// Error writes "4:13: $.rule: "x": the rule".
func (e *FileError) Error() string {
	text := fmt.Sprintf("%d:%d: ", e.Line, e.Column)
	if e.Path != "" {
		text += e.Path + ": "
	}
	if e.Value != "" {
		text += fmt.Sprintf("%q: ", shortened(e.Value))
	}
	return text + strings.ReplaceAll(e.Err.Error(), "money: ", "")
}

// Unwrap gives the rule broken.
func (e *FileError) Unwrap() error { return e.Err }

// valueShownMax is how much of a wrong value is repeated to the reader.
const valueShownMax = 60

func shortened(s string) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if utf8.RuneCountInString(s) <= valueShownMax {
		return s
	}
	return string([]rune(s)[:valueShownMax]) + "…"
}

// lineColumn turns an offset into line and column.
func lineColumn(data []byte, offset int) (line, column int) {
	before := data[:min(max(offset, 0), len(data))]
	line = 1 + bytes.Count(before, []byte("\n"))
	start := bytes.LastIndexByte(before, '\n') + 1
	return line, 1 + utf8.RuneCount(before[start:])
}
