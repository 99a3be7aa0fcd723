package main

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

var updateSplitDoc = flag.Bool("update-split-doc", false, "write what the examples of docs/split.md print anew")

const splitDoc = "../../docs/split.md"

// block is a fenced part of a Markdown page: its kind and, for files, their name.
var block = regexp.MustCompile("(?ms)^```(console|json|csv) ?([a-z.]*)\n(.*?)^```$")

// word is an argument on a command line, perhaps in quotation marks.
var word = regexp.MustCompile(`"[^"]*"|[^ ]+`)

// TestExamplesOfTheSplitPageDoWhatTheySay writes the files of docs/split.md into a
// folder, runs its commands there and compares what they print.
func TestExamplesOfTheSplitPageDoWhatTheySay(t *testing.T) {
	page, err := os.ReadFile(splitDoc)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	commands := 0
	got := block.ReplaceAllStringFunc(string(page), func(text string) string {
		parts := block.FindStringSubmatch(text)
		if parts[1] != "console" {
			if parts[2] == "" {
				return text
			}
			if err := os.WriteFile(filepath.Join(folder, parts[2]), []byte(parts[3]), 0o644); err != nil {
				t.Fatal(err)
			}
			return text
		}
		command, _, _ := strings.Cut(parts[3], "\n")
		commands++
		printed := runSplit(t, folder, strings.TrimPrefix(command, "$ colletta split "))
		return "```console\n" + command + "\n" + printed + "```"
	})
	if commands < 12 {
		t.Errorf("%d commands found: is the page read?", commands)
	}
	if *updateSplitDoc {
		if err := os.WriteFile(splitDoc, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if got != string(page) {
		t.Errorf("docs/split.md prints something else now (-update-split-doc writes it):\n%s", firstDifference(string(page), got))
	}
}

// runSplit runs a command line as the program would, on files of a folder. The
// folder is left out of what is printed.
func runSplit(t *testing.T, folder, line string) string {
	t.Helper()
	var c splitCmd
	parser, err := kong.New(&c, kong.Exit(func(int) { t.Errorf("%s ends the program", line) }))
	if err != nil {
		t.Fatal(err)
	}
	args := word.FindAllString(line, -1)
	for i := range args {
		args[i] = strings.Trim(args[i], `"`)
	}
	if _, err := parser.Parse(args); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	if len(c.Weights) == 0 {
		c.Total = filepath.Join(folder, c.Total)
	}
	var stdout, stderr bytes.Buffer
	var code exitCode
	switch err := c.runFrom(strings.NewReader(""), &stdout, &stderr); {
	case errors.As(err, &code) && code == exitBadInput:
		return strings.ReplaceAll(stderr.String(), folder+string(filepath.Separator), "")
	case err != nil:
		t.Errorf("%s: %v %s", line, err, stderr.String())
	}
	return stdout.String()
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range w {
		if i >= len(g) || w[i] != g[i] {
			return "page: " + w[i] + "\nruns: " + strings.Join(g[min(i, len(g)):min(i+1, len(g))], "")
		}
	}
	return "the page ends early"
}
