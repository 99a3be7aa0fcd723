package subsidies

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// phraseCalls are the functions that take the text of a phrase, with its place
// among their arguments.
var phraseCalls = map[string]int{"phrase": 0, "wrongAt": 1, "wrong": 1, "misread": 1, "fail": 0, "foreign": 0}

// writtenPhrases are the texts of all phrases of the package, with where they stand.
func writtenPhrases(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	files := token.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	add := func(e ast.Expr) {
		if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			text, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			texts[text] = files.Position(lit.Pos()).String()
		}
	}
	look := func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		name := ""
		switch f := call.Fun.(type) {
		case *ast.Ident:
			name = f.Name
		case *ast.SelectorExpr:
			name = f.Sel.Name
		}
		if at, ok := phraseCalls[name]; ok && at < len(call.Args) {
			add(call.Args[at])
			add(call.Args[0]) // wrong(format, args...) of a worked case
		}
		return true
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, look)
	}
	for _, h := range syntaxHints {
		texts[h.hint] = "syntaxHints"
	}
	return texts
}

var verb = regexp.MustCompile(`%(\[\d\])?[a-z%]`)

// plainText holds no word: only paths, verbs and signs.
var plainText = regexp.MustCompile(`^(\$[\w.\[\]%]*|[^a-zA-Z]*|(%(\[\d\])?[a-z]|[^a-zA-Z%])*)$`)

// Goal: whoever writes measures in Italian reads Italian. Method: every text of a
// phrase in the sources has its Italian with the same values in it, and no Italian
// is left over.
func TestEveryPhraseIsItalianToo(t *testing.T) {
	t.Parallel()
	texts := writtenPhrases(t)
	if len(texts) < 100 {
		t.Fatalf("only %d phrases found: the scan is broken", len(texts))
	}
	for text, at := range texts {
		it := italian[text]
		switch {
		case plainText.MatchString(text):
		case it == "":
			t.Errorf("%s: no Italian for %q", at, text)
		case !slices.Equal(verbs(text), verbs(it)):
			t.Errorf("%s: %q has %v, the Italian %q has %v", at, text, verbs(text), it, verbs(it))
		}
	}
	for _, text := range slices.Sorted(maps.Keys(italian)) {
		if texts[text] == "" {
			t.Errorf("nobody says %q", text)
		}
	}
}

func verbs(text string) []string { return slices.Sorted(slices.Values(verb.FindAllString(text, -1))) }
