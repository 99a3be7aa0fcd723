package subsidies

import (
	"cmp"
	"slices"
	"strings"
)

// symbol is what a name stands for in an expression.
type symbol struct {
	name     string
	kind     kind
	slot     int
	input    bool // an input, which may be optional
	optional bool
	euro     bool     // an amount, or a list of amounts
	places   int      // decimals that a reader expects
	scale    scale    // whether it is a percentage
	of       []string // the words of a choice
	constant bool     // a parameter: it depends on the day alone
	broken   bool     // its declaration is wrong, which was told: what uses it is not told too

	// Of a step that keeps a condition: the inputs known when it holds, or not.
	ifTrue, ifFalse inputSet

	implies inputSet // of an input: the others that are known when it is
	first   bool     // isee, where it is the first of several kinds
}

// scope is the names that an expression may use: those that come before it in
// the file.
type scope struct {
	symbols map[string]*symbol
	order   []string // the names in the order of the file, for error messages
	slots   int
	later   []string // names of steps that come after the place that is read
	current string   // the step that is read
	// readsISEE says that an expression reads the first of several kinds of ISEE.
	readsISEE bool
	words     []string // every word of every choice; a choice is kept as its place here
}

func newScope() *scope { return &scope{symbols: map[string]*symbol{}} }

// add gives a name its slot; false if the name is taken.
func (s *scope) add(sym *symbol) bool {
	if s.symbols[sym.name] != nil {
		return false
	}
	sym.slot = s.slots
	s.slots++
	s.symbols[sym.name] = sym
	s.order = append(s.order, sym.name)
	for _, word := range sym.of {
		s.word(word)
	}
	return true
}

// addBroken keeps a name whose declaration is wrong, so that what uses it is not
// wrong as well.
func (s *scope) addBroken(name string) {
	if s.symbols[name] == nil {
		s.symbols[name] = &symbol{name: name, broken: true}
		s.order = append(s.order, name)
	}
}

// word is the place of a word among all words of choices.
func (s *scope) word(w string) int64 {
	at := slices.Index(s.words, w)
	if at < 0 {
		at = len(s.words)
		s.words = append(s.words, w)
	}
	return int64(at)
}

// known lists what can be written, for a message about a name that is not there;
// the likely one first.
func (s *scope) known(wrong string) string {
	names := slices.Clone(s.order)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Or(distance(wrong, a)-distance(wrong, b), strings.Compare(a, b)) })
	if len(names) > 8 {
		names = append(names[:8], "…")
	}
	return strings.Join(names, ", ")
}

// distance counts the letters to change between two names.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// expressionError says what is wrong in an expression, and at which letter of it.
type expressionError struct {
	from int // letters before the place
	text Phrase
}

func (e *expressionError) Error() string { return e.text.Error() }

func wrongAt(from int, format string, args ...any) error {
	return &expressionError{from, phrase(format, args...)}
}
