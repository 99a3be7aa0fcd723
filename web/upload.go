package web

import (
	"errors"
	"fmt"
	"io"
	"net/http"

	"colletta/communities"
	"colletta/refusal"
)

// upload is the file of a multipart form.
type upload struct {
	Name string
	Data []byte // one byte more than allowed when the file is larger
}

// uploadOf reads the file "file". A form without one is refused as empty, one
// that the server stopped reading as big; both are words of the import it is for.
func uploadOf(r *http.Request, bytesMax int64, big, empty *refusal.Error) (upload, error) {
	file, header, err := r.FormFile("file")
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return upload{}, big.With("max_mb", bytesMax>>20).At("file")
	case err != nil:
		return upload{}, empty.At("file")
	}
	defer file.Close() //nolint:errcheck // only read
	data, err := io.ReadAll(io.LimitReader(file, bytesMax+1))
	if err != nil {
		return upload{}, fmt.Errorf("read the uploaded file: %w", err)
	}
	return upload{header.Filename, data}, nil
}

// cellLine is one thing wrong with a file, in words.
type cellLine struct {
	Row                 int
	Column, Value, Text string
}

// cellLines are everything wrong with a file, by row and column.
func (s *site) cellLines(faults []communities.CellError) (lines []cellLine) {
	for _, e := range faults {
		lines = append(lines, cellLine{e.Row, e.Column, e.Value, s.words.of(e.Refusal())})
	}
	return lines
}

// statusOfFile is the status of a page that shows a file: refused as a whole, or
// with faults in its cells.
func statusOfFile(refused error, cells []cellLine) int {
	if refused == nil && len(cells) > 0 {
		return http.StatusUnprocessableEntity
	}
	return statusOf(refused)
}
