package communities

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// readCSV reads a table separated by semicolons, commas or tabs. Row numbers
// are those of the lines, as a text editor counts them.
func (s *sheet) readCSV(data []byte) {
	text, ok := DecodeText(data)
	if !ok {
		s.errs.add(0, "", "", ErrFileEncoding)
		return
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = separator(text)
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	for {
		cells, err := r.Read()
		if err == io.EOF {
			return
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			s.errs.add(wrong.StartLine, "", "", ErrCSVQuotes)
			continue
		}
		if err != nil {
			s.errs.add(0, "", "", ErrFileFormat)
			return
		}
		line, _ := r.FieldPos(0)
		if !s.append(line, cells) {
			return
		}
	}
}

// append keeps a row that is not blank; it answers false when there are more
// than enough rows to refuse the file.
func (s *sheet) append(number int, cells []string) bool {
	kept := make([]string, len(cells))
	blank := true
	for i, c := range cells {
		kept[i] = c
		if strings.TrimSpace(c) == "" {
			kept[i] = ""
			continue
		}
		blank = false
	}
	if !blank {
		s.rows = append(s.rows, sheetRow{number, kept})
	}
	return len(s.rows) <= ImportRowsMax+1
}

// DecodeText reads UTF-8, with or without a mark at the start, or else
// Windows-1252, which is what spreadsheets in Italy save as plain "CSV". It is
// false for UTF-16 and for bytes that neither of them has.
func DecodeText(data []byte) (string, bool) {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return "", false
	}
	if utf8.Valid(data) {
		return string(data), true
	}
	// Five bytes mean nothing in Windows-1252; with one of them the file is
	// something else.
	for _, b := range data {
		if b == 0x81 || b == 0x8d || b == 0x8f || b == 0x90 || b == 0x9d {
			return "", false
		}
	}
	text, err := charmap.Windows1252.NewDecoder().Bytes(data)
	return string(text), err == nil
}

// separator chooses by the first line that is not blank: the sign found most
// often outside quotes; semicolons win a draw.
func separator(text string) rune {
	counts := map[rune]int{}
	quoted, seen := false, false
	for _, c := range text {
		if c == '"' {
			quoted = !quoted
		}
		if c == '\n' && seen && !quoted {
			break
		}
		if c > ' ' {
			seen = true
		}
		if !quoted && (c == ';' || c == ',' || c == '\t') {
			counts[c]++
		}
	}
	best := ';'
	for _, c := range []rune{',', '\t'} {
		if counts[c] > counts[best] {
			best = c
		}
	}
	return best
}
