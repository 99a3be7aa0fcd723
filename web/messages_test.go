package web

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"colletta/money"
	"colletta/refusal"
)

// declared is one refusal.New of the tree with the arguments that its comment
// promises; args is nil when the comment names none.
type declared struct {
	at   string
	args []string
}

// Goal: every refusal that the program can give has words, and no words are
// left over. Method: read the whole tree for refusal.New(kind, "code").
func TestEveryRefusalHasWords(t *testing.T) {
	w, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	codes := declaredCodes(t)
	if len(codes) < 50 {
		t.Fatalf("only %d codes found: the scan is broken", len(codes))
	}
	for code, d := range codes {
		if w.sentences[code] == "" {
			t.Errorf("%s: no words for %q in messages/it.json", d.at, code)
		}
	}
	for code := range w.sentences {
		if _, ok := codes[code]; !ok {
			t.Errorf("messages/it.json: %q is declared nowhere", code)
		}
	}
}

// A placeholder that no refusal fills would show a dash to a family.
func TestPlaceholdersArePromised(t *testing.T) {
	w, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	for code, d := range declaredCodes(t) {
		for _, p := range placeholder.FindAllStringSubmatch(w.sentences[code], -1) {
			if d.args != nil && !slices.Contains(d.args, p[1]) {
				t.Errorf("%s: the words of %q use {%s}, its comment promises %v", d.at, code, p[1], d.args)
			}
		}
	}
}

// What is said in English has the values of the Italian sentence, and vouchers
// are spoken of in both languages.
func TestEnglishSaysTheSame(t *testing.T) {
	it, err := loadWords()
	if err != nil {
		t.Fatal(err)
	}
	en, err := readWords("en.json", messagesEn, true)
	if err != nil {
		t.Fatal(err)
	}
	names := func(sentence string) string {
		var all []string
		for _, p := range placeholder.FindAllStringSubmatch(sentence, -1) {
			all = append(all, p[1])
		}
		slices.Sort(all)
		return strings.Join(all, " ")
	}
	for code, sentence := range en.sentences {
		if names(sentence) != names(it.sentences[code]) || !strings.HasSuffix(sentence, ".") {
			t.Errorf("%s: %q in English, %q in Italian", code, sentence, it.sentences[code])
		}
	}
	for code := range it.sentences {
		if strings.Contains(code, "voucher") && en.sentences[code] == "" {
			t.Errorf("%s has no English", code)
		}
	}
	e := refusal.New(refusal.KindConflict, "charge_voucher").With("due", money.Amount(1750), "amount", money.Amount(123450))
	if got := SayEnglish(e); got != "Vouchers can pay at most what is left (€ 17.50), not € 1234.50. Type a smaller amount." {
		t.Error(got)
	}
}

func TestMessagesAreInOrderAndWellFormed(t *testing.T) {
	decoder := json.NewDecoder(strings.NewReader(string(messagesIt)))
	if _, err := decoder.Token(); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for decoder.More() {
		code, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		sentence, err := decoder.Token()
		if err != nil {
			t.Fatal(err)
		}
		if seen[code.(string)] {
			t.Errorf("%s twice", code)
		}
		seen[code.(string)] = true
		text := sentence.(string)
		if left := placeholder.ReplaceAllString(text, ""); strings.ContainsAny(left, "{}") {
			t.Errorf("%s: a brace outside a placeholder: %s", code, text)
		}
		if !strings.HasSuffix(text, ".") {
			t.Errorf("%s: not a whole sentence: %s", code, text)
		}
	}
}

func TestWordsOfARefusal(t *testing.T) {
	w := &words{sentences: map[string]string{"a": "{n|famiglia|famiglie} entro {closes_at}, il {due_on}: {net} ({state}).", "b": "{missing}."}}
	closes := time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		n    int
		want string
	}{
		{1, "1 famiglia entro lunedì 23\u00a0novembre 2026 alle 20:00, il 23\u00a0novembre 2026: 1.234,50\u00a0€ (chiusa)."},
		{2, "2 famiglie entro lunedì 23\u00a0novembre 2026 alle 20:00, il 23\u00a0novembre 2026: 1.234,50\u00a0€ (chiusa)."},
	} {
		e := refusal.New(refusal.KindInvalid, "a").With("n", c.n, "closes_at", closes, "due_on", closes, "net", money.Amount(123450), "state", "closed")
		if got := w.of(e); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
	if got := w.of(refusal.New(refusal.KindInvalid, "b")); got != "—." {
		t.Errorf("missing argument: %q", got)
	}
	if got := w.of(refusal.New(refusal.KindInvalid, "unheard_of")); !strings.Contains(got, "unheard_of") {
		t.Errorf("unknown code: %q", got)
	}
}

var (
	argsLine = regexp.MustCompile(`Args?: ([^.]*)`)
	argName  = regexp.MustCompile(`[a-z][a-z_0-9]*`)
	inRound  = regexp.MustCompile(`\([^)]*\)`)
)

// declaredCodes reads every Go file of the module but tests.
func declaredCodes(t *testing.T) map[string]declared {
	t.Helper()
	codes := map[string]declared{}
	root := filepath.Join("..")
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules" || entry.Name() == "testdata") {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err != nil {
			t.Logf("%s does not parse, passed over: %v", path, err)
			return nil
		}
		collect(files, file, codes)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return codes
}

// collect finds refusal.New in declarations, with their comments.
func collect(files *token.FileSet, file *ast.File, codes map[string]declared) {
	ast.Inspect(file, func(n ast.Node) bool {
		spec, isSpec := n.(*ast.ValueSpec)
		if isSpec {
			for _, value := range spec.Values {
				if code, ok := newCode(value); ok {
					// A code declared twice keeps the comment that promises less.
					d := declared{files.Position(value.Pos()).String(), argsOf(spec.Doc)}
					if old, twice := codes[code]; !twice || old.args == nil {
						codes[code] = d
					}
				}
			}
			return false
		}
		if call, isCall := n.(*ast.CallExpr); isCall {
			if code, ok := newCode(call); ok {
				if _, twice := codes[code]; !twice {
					codes[code] = declared{at: files.Position(call.Pos()).String()}
				}
			}
		}
		return true
	})
}

// newCode is the code of a call refusal.New(kind, "code").
func newCode(e ast.Expr) (string, bool) {
	call, ok := e.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return "", false
	}
	f, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || f.Sel.Name != "New" {
		return "", false
	}
	if pkg, ok := f.X.(*ast.Ident); !ok || pkg.Name != "refusal" {
		return "", false
	}
	text, ok := call.Args[1].(*ast.BasicLit)
	if !ok {
		return "", false
	}
	code, err := strconv.Unquote(text.Value)
	return code, err == nil
}

func argsOf(doc *ast.CommentGroup) []string {
	if doc == nil {
		return nil
	}
	m := argsLine.FindStringSubmatch(strings.ReplaceAll(doc.Text(), "\n", " "))
	if m == nil || strings.TrimSpace(m[1]) == "none" {
		return nil
	}
	return argName.FindAllString(inRound.ReplaceAllString(m[1], ""), -1)
}

func refusalFields(err error) []string {
	var fields []string
	for _, e := range refusal.All(err) {
		fields = append(fields, e.Field)
	}
	return fields
}
