package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A generated file is read by the other commands and is the same as what goes
// to standard output.
func TestGenerateThenSolve(t *testing.T) {
	instance := filepath.Join(t.TempDir(), "instance.json")
	generate := roundGenerateCmd{Demands: 60, Seed: 9, Supply: 100, Density: 14, Output: instance}
	var out, summary bytes.Buffer
	if err := generate.run(&out, &summary); err != nil {
		t.Fatal(err)
	}
	if out.Len() != 0 || !strings.HasPrefix(summary.String(), "demands 60, ") {
		t.Errorf("output %q, summary %q", out.String(), summary.String())
	}
	solve := roundSolveCmd{Instance: instance, Output: "-", Effort: "fast"}
	if err := solve.run(strings.NewReader(""), io.Discard, io.Discard); err != nil {
		t.Error(err)
	}
	generate.Output = "-"
	if err := generate.run(&out, io.Discard); err != nil {
		t.Fatal(err)
	}
	file, err := os.ReadFile(instance)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(out.Bytes(), file) {
		t.Error("standard output and file differ")
	}
}

func TestGenerateRefusesOptionsOutOfRange(t *testing.T) {
	good := roundGenerateCmd{Demands: 60, Supply: 100, Density: 14}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for option, spoil := range map[string]func(*roundGenerateCmd){
		"--demands":    func(c *roundGenerateCmd) { c.Demands = 0 },
		"--supply":     func(c *roundGenerateCmd) { c.Supply = 1001 },
		"--density":    func(c *roundGenerateCmd) { c.Density = -1 },
		"--categories": func(c *roundGenerateCmd) { c.Categories = 7 },
		"--weights":    func(c *roundGenerateCmd) { c.Weights = 101 },
		"--rota":       func(c *roundGenerateCmd) { c.Rota = -1 },
	} {
		bad := good
		spoil(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), option) {
			t.Errorf("%s: got %v", option, err)
		}
	}
}
