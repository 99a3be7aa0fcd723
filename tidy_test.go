package colletta_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// floors is the house (docs/architecture.md): a package may import only lower
// floors, so packages of one floor do not know each other. A package that is not
// here needs a page in docs/decisions first.
var floors = map[string]int{
	"money": 0, "refusal": 0, "migrations": 0,
	"communities": 1, "pooling": 1, "subsidies": 1, "billing/ledger": 1,
	"catalogue": 2, "billing": 2, "subsidies/vouchers": 2,
	"postgres": 3, "billing/stripepay": 3, "subsidies/inps": 3,
	"desk": 4,
	"api":  5, "web": 5,
	"cmd/colletta": 6,
	// Measures the built program from outside and writes docs/engine.md: it imports
	// nothing of the house.
	"cmd/bench-engine": 6,
}

// tools stand beside the house: they know no package of it but those named here,
// and only tests and cmd use them.
var tools = map[string][]string{
	"postgres/cluster":          nil,
	"postgres/pgtest":           {"postgres/cluster"},
	"billing/stripepay/sandbox": {"money"}, // an outside party, played by ourselves
}

// folders are all there may be at the root, besides what .gitignore names.
var folders = []string{
	".ci", "api", "bench", "billing", "catalogue", "cmd", "communities", "desk", "docs", "migrations",
	"money", "pooling", "postgres", "refusal", "subsidies", "web",
}

// fence says which packages may import something. A package stands for itself
// alone; a name that ends in /... for those below it too.
type fence struct {
	imports string // a path, or a path with /... for those below it
	allowed []string
	tests   []string // further packages whose tests may
	why     string
}

var fences = []fence{
	{"github.com/uptrace/bun/...", []string{"postgres", "migrations"}, []string{"postgres/..."}, "SQL lives in postgres and migrations"},
	{"database/sql", []string{"postgres", "migrations"}, []string{"postgres/..."}, "SQL lives in postgres and migrations"},
	{"github.com/jackc/pgx/v5/...", []string{"postgres/...", "cmd/colletta"}, []string{"desk", "api", "web"}, "SQL lives in postgres; cmd gives the queue its pool"},
	{"github.com/riverqueue/river/...", []string{"postgres", "desk", "cmd/colletta"}, nil, "the queue is promised to in postgres, named in desk, worked in cmd"},
	{"github.com/stripe/...", []string{"billing/stripepay"}, []string{"billing/stripepay/..."}, "the only Stripe is billing/stripepay"},
	{"net/http/...", []string{"billing/stripepay/...", "subsidies/inps", "api", "web", "cmd/colletta"}, []string{"desk"}, "rules, storage and acts speak no HTTP"},
	{"github.com/expr-lang/expr/...", []string{"subsidies"}, nil, "expressions are compiled in subsidies"},
	{"github.com/expr-lang/expr", nil, nil, "its evaluation counts with floats: only its syntax is used"},
	{"github.com/expr-lang/expr/vm/...", nil, nil, "its evaluation counts with floats: only its syntax is used"},
}

// rulesOnly are what floors 0 to 2 do without: they decide from what they are
// given, and reach for nothing.
var rulesOnly = []string{
	"context", "crypto/rand", "database/sql", "log", "log/slog", "math/rand", "math/rand/v2",
	"net", "net/http", "os", "os/exec", "syscall",
}

// rulesOnlyExcept are packages of floors 0 to 2 that need one of these.
var rulesOnlyExcept = map[string][]string{}

// clockAllowed are the packages and files that read the clock, and why. Elsewhere
// the time comes as a parameter.
var clockAllowed = map[string]string{
	"cmd/colletta":              "wires the clock, also the one that the demo moves",
	"cmd/bench-engine":          "measures how long a child process takes",
	"postgres/cluster":          "measures how long a start takes",
	"postgres/pgtest":           "ages the folders of killed tests",
	"billing/stripepay/sandbox": "an outside party with a clock of its own",
	"postgres/sessions.go":      "scs, whose store it is, measures sessions by the wall clock and passes no time",
}

// floatsAllowed are the files of domain packages in which floats appear, and why.
// None of them may touch an amount.
var floatsAllowed = map[string]string{
	"communities/milan.go":           "projects coordinates from degrees to metres (UTM 32N)",
	"communities/template.go":        "widths of spreadsheet columns",
	"subsidies/vouchers/workbook.go": "widths of spreadsheet columns",
	"billing/receiptpdf.go":          "millimetres on paper",
}

// domain are the packages in which an amount of money can be met.
var domain = []string{"money", "pooling", "subsidies/...", "billing/...", "communities", "catalogue"}

// file is one parsed Go file of the tree.
type file struct {
	path   string // from the root, with slashes
	pkg    string // its folder
	test   bool
	syntax *ast.File
	fset   *token.FileSet
}

func (f file) at(p token.Pos) string {
	return f.path + ":" + strconv.Itoa(f.fset.Position(p).Line)
}

// tree parses every Go file of the module.
func tree(t *testing.T) []file {
	t.Helper()
	var all []file
	fset := token.NewFileSet()
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			base := d.Name()
			if name != "." && (strings.HasPrefix(base, ".") || base == "node_modules" || base == "testdata" || base == "bin") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(name, ".go") {
			return nil
		}
		syntax, err := parser.ParseFile(fset, name, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		slashed := filepath.ToSlash(name)
		all = append(all, file{slashed, path.Dir(slashed), strings.HasSuffix(name, "_test.go"), syntax, fset})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatal("no Go files found")
	}
	return all
}

// imports lists what a file imports: its position by import path.
func (f file) imports() map[string]token.Pos {
	m := map[string]token.Pos{}
	for _, spec := range f.syntax.Imports {
		if p, err := strconv.Unquote(spec.Path.Value); err == nil {
			m[p] = spec.Pos()
		}
	}
	return m
}

// covers reports whether one of the patterns, with or without /..., names a path.
func covers(patterns []string, p string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool {
		below, wide := strings.CutSuffix(pattern, "/...")
		return p == below || wide && strings.HasPrefix(p, below+"/")
	})
}

func TestTidyFloors(t *testing.T) {
	for _, f := range tree(t) {
		if f.pkg == "." {
			continue
		}
		floor, inHouse := floors[f.pkg]
		known, isTool := tools[f.pkg]
		if !inHouse && !isTool {
			t.Errorf("%s: package %s has no floor: see docs/architecture.md", f.path, f.pkg)
			continue
		}
		for imported, pos := range f.imports() {
			other, ours := strings.CutPrefix(imported, "colletta/")
			if !ours || other == f.pkg {
				continue
			}
			_, toTool := tools[other]
			below, toHouse := floors[other]
			switch {
			case !toTool && !toHouse:
				t.Errorf("%s imports %s, which has no floor", f.at(pos), other)
			case isTool && !slices.Contains(known, other):
				t.Errorf("%s: the tool %s imports %s", f.at(pos), f.pkg, other)
			case isTool:
			case toTool && !f.test && f.pkg != "cmd/colletta":
				t.Errorf("%s: %s imports the tool %s outside a test", f.at(pos), f.pkg, other)
			case toTool:
			case !f.test && (f.pkg == "web" || f.pkg == "api") && other == "postgres":
				t.Errorf("%s: %s imports postgres: pages and JSON go through desk", f.at(pos), f.pkg)
			case below >= floor:
				t.Errorf("%s: %s (floor %d) imports %s (floor %d)", f.at(pos), f.pkg, floor, other, below)
			}
		}
	}
}

func TestTidyFences(t *testing.T) {
	for _, f := range tree(t) {
		if f.pkg == "." {
			continue
		}
		floor, inHouse := floors[f.pkg]
		for imported, pos := range f.imports() {
			for _, fence := range fences {
				if !covers([]string{fence.imports}, imported) || covers(fence.allowed, f.pkg) || f.test && covers(fence.tests, f.pkg) {
					continue
				}
				t.Errorf("%s: %s imports %s: %s", f.at(pos), f.pkg, imported, fence.why)
			}
			if inHouse && floor <= 2 && !f.test && slices.Contains(rulesOnly, imported) && !slices.Contains(rulesOnlyExcept[f.pkg], imported) {
				t.Errorf("%s: %s imports %s: floors 0 to 2 are pure rules", f.at(pos), f.pkg, imported)
			}
		}
	}
}

// selectors calls visit for each use of a name of an imported package.
func (f file) selectors(importPath string, visit func(name string, pos token.Pos)) {
	local := ""
	for _, spec := range f.syntax.Imports {
		if p, _ := strconv.Unquote(spec.Path.Value); p == importPath {
			local = path.Base(importPath)
			if spec.Name != nil {
				local = spec.Name.Name
			}
		}
	}
	if local == "" {
		return
	}
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == local {
				visit(s.Sel.Name, s.Pos())
			}
		}
		return true
	})
}

func TestTidyClock(t *testing.T) {
	used := map[string]bool{}
	for _, f := range tree(t) {
		if f.test {
			continue
		}
		f.selectors("time", func(name string, pos token.Pos) {
			if name != "Now" && name != "Since" && name != "Until" {
				return
			}
			switch {
			case clockAllowed[f.pkg] != "":
				used[f.pkg] = true
			case clockAllowed[f.path] != "":
				used[f.path] = true
			default:
				t.Errorf("%s reads the clock (time.%s): take the time as a parameter", f.at(pos), name)
			}
		})
	}
	for name := range clockAllowed {
		if !used[name] {
			t.Logf("%s no longer reads the clock: it can leave the list", name)
		}
	}
}

func TestTidyNoFloatTouchesMoney(t *testing.T) {
	for _, f := range tree(t) {
		f.selectors("github.com/shopspring/decimal", func(name string, pos token.Pos) {
			if strings.HasPrefix(name, "NewFromFloat") {
				t.Errorf("%s: decimal.%s", f.at(pos), name)
			}
		})
		if f.test || !covers(domain, f.pkg) || floatsAllowed[f.path] != "" {
			continue
		}
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if n.Name == "float64" || n.Name == "float32" {
					t.Errorf("%s: %s in package %s", f.at(n.Pos()), n.Name, f.pkg)
				}
			case *ast.BasicLit:
				if n.Kind == token.FLOAT {
					t.Errorf("%s: the float %s in package %s", f.at(n.Pos()), n.Value, f.pkg)
				}
			case *ast.SelectorExpr:
				if slices.Contains([]string{"ParseFloat", "Float64", "InexactFloat64", "FormatFloat"}, n.Sel.Name) {
					t.Errorf("%s: %s in package %s", f.at(n.Pos()), n.Sel.Name, f.pkg)
				}
			}
			return true
		})
	}
	for name := range floatsAllowed {
		if _, err := os.Stat(filepath.FromSlash(name)); err != nil {
			t.Errorf("floatsAllowed: %v", err)
		}
	}
}

// TestTidyPackageComments: a package says what it owns, what it does not, what
// always holds, and what its times mean (or that it knows none).
func TestTidyPackageComments(t *testing.T) {
	docs := map[string]string{}
	for _, f := range tree(t) {
		if !f.test && f.syntax.Doc != nil {
			docs[f.pkg] += f.syntax.Doc.Text()
		} else if !f.test && docs[f.pkg] == "" {
			docs[f.pkg] = ""
		}
	}
	parts := map[string]*regexp.Regexp{
		"what it owns":         regexp.MustCompile(`^Package \w+ (owns|is)\b`),
		"what it does not own": regexp.MustCompile(`does\s+not\s+own`),
		"its invariants":       regexp.MustCompile(`[Ii]nvariant`),
		"what its times mean":  regexp.MustCompile(`(?i)\b(times?|clock|dates?|days?|instants?)\b`),
	}
	for pkg, doc := range docs {
		if strings.HasPrefix(pkg, "cmd/") { // a command: its comment is its manual
			if doc == "" {
				t.Errorf("package %s has no comment", pkg)
			}
			continue
		}
		for part, words := range parts {
			if !words.MatchString(doc) {
				t.Errorf("the comment of package %s does not say %s", pkg, part)
			}
		}
	}
}

func TestTidyFolders(t *testing.T) {
	ignored := []string{".git"}
	text, err := os.ReadFile(".gitignore")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if name := strings.Trim(string(bytes.TrimSpace(line)), "/"); name != "" {
			ignored = append(ignored, name)
		}
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !slices.Contains(folders, e.Name()) && !slices.Contains(ignored, e.Name()) {
			t.Errorf("folder %s: a new one needs a page in docs/decisions", e.Name())
		}
	}
}

// TestTidyForbiddenNames: folders that say nothing about what they hold.
func TestTidyForbiddenNames(t *testing.T) {
	forbidden := []string{"internal", "pkg", "model", "models", "service", "services", "util", "utils", "common", "helpers", "base"}
	for pkg := range floors {
		for part := range strings.SplitSeq(pkg, "/") {
			if slices.Contains(forbidden, part) {
				t.Errorf("package %s: %s says nothing", pkg, part)
			}
		}
	}
	for _, f := range tree(t) {
		for part := range strings.SplitSeq(f.pkg, "/") {
			if slices.Contains(forbidden, part) {
				t.Errorf("%s lies in a folder %s", f.path, part)
			}
		}
	}
}
