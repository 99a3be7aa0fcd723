package pooling

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// A promise is worth the test that keeps it: every test and file that the
// README names exists, and every file is named.
func TestReadmeNamesTestsAndFilesThatExist(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z_*]+\\.go)`").FindAllStringSubmatch(string(readme), -1) {
		matches, err := filepath.Glob(m[1])
		if err != nil || len(matches) == 0 {
			t.Errorf("README.md names the file %s: there is none", m[1])
		}
		for _, file := range matches {
			named[file] = true
		}
	}
	var tests strings.Builder
	for _, file := range files {
		if !strings.HasSuffix(file, "_test.go") {
			if !named[file] && file != "doc.go" {
				t.Errorf("README.md says nothing about %s", file)
			}
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		tests.Write(b)
	}
	promised := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z0-9]+)`").FindAllStringSubmatch(string(readme), -1)
	if len(promised) == 0 {
		t.Error("README.md names no test")
	}
	for _, m := range promised {
		if !strings.Contains(tests.String(), "func "+m[1]+"(") {
			t.Errorf("README.md names the test %s: there is none", m[1])
		}
	}
}
