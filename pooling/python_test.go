package pooling

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// byPython hands documents, one a line, to a script in testdata and returns its
// lines, one for each. A machine without python3 skips the test, except a build
// server: .ci/setup installs it there.
func byPython(t *testing.T, script []string, documents [][]byte) []string {
	t.Helper()
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("python3 is not installed: .ci/setup python3")
		}
		t.Skip("python3 is not installed")
	}
	cmd := exec.Command(python, script...)
	cmd.Dir, cmd.Env = "testdata", append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1")
	cmd.Stdin = bytes.NewReader(append(bytes.Join(documents, []byte("\n")), '\n'))
	var faults bytes.Buffer
	cmd.Stderr = &faults
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(script, " "), err, faults.String())
	}
	var lines []string
	for scan := bufio.NewScanner(bytes.NewReader(out)); scan.Scan(); {
		lines = append(lines, scan.Text())
	}
	if len(lines) != len(documents) {
		t.Fatalf("%s answers %d lines to %d documents\n%s", strings.Join(script, " "), len(lines), len(documents), faults.String())
	}
	return lines
}

// line writes a value on one line of JSON.
func line(t *testing.T, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// snapshotLine is the file of a snapshot on one line.
func snapshotLine(t *testing.T, s *Snapshot) json.RawMessage {
	t.Helper()
	b, err := s.JSON()
	if err != nil {
		t.Fatal(err)
	}
	var one bytes.Buffer
	if err := json.Compact(&one, b); err != nil {
		t.Fatal(err)
	}
	return one.Bytes()
}
