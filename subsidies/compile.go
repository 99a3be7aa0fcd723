package subsidies

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
)

// The limits of one expression.
const (
	expressionBytesMax = 2000
	expressionNodesMax = 500
	expressionDepthMax = 40
)

// compiler turns the tree of expr-lang's parser into terms. Of that library it
// uses the syntax alone: its evaluation counts with floats.
type compiler struct {
	scope  *scope
	source []rune
	known  inputSet // inputs that are known wherever the expression is evaluated
	nodes  int
	depth  int
	parts  map[int]bool // where the numbers begin that are written with %
	list   *symbol      // the list that # walks; nil outside of one

	// Where the rule says what happens when an input is missing, reading it is no
	// error: lenient is set, and missing gathers what was read.
	lenient bool
	missing inputSet
}

// compile reads an expression and checks its types. The error is an
// expressionError.
func (s *scope) compile(text string, known inputSet) (*term, error) {
	return s.compiler(text, known).expression()
}

func (s *scope) compiler(text string, known inputSet) *compiler {
	return &compiler{scope: s, source: []rune(text), known: known}
}

func (c *compiler) expression() (*term, error) {
	text := string(c.source)
	switch {
	case strings.TrimSpace(text) == "":
		return nil, wrongAt(0, "is empty: write an expression, for example 100.00")
	case len(text) > expressionBytesMax:
		return nil, wrongAt(0, "is longer than %d letters: divide it into steps", expressionBytesMax)
	case !utf8.ValidString(text):
		return nil, wrongAt(0, "holds bytes that are no text")
	case nesting(text) > expressionDepthMax:
		return nil, wrongAt(0, "nests deeper than %d brackets: divide it into steps", expressionDepthMax)
	}
	if err := foreignSign(c.source); err != nil {
		return nil, err
	}
	plain, parts := percentLiterals(c.source)
	c.parts = parts
	tree, err := parser.Parse(plain)
	if err != nil {
		return nil, syntaxError(text, err)
	}
	return c.node(tree.Node, c.known)
}

// nesting is how deep brackets, signs and questions may nest in a text: the
// parser calls itself for each.
func nesting(text string) int {
	open, most, row := 0, 0, 0
	for _, r := range text {
		switch r {
		case '(', '[', '{':
			open++
		case ')', ']', '}':
			open--
		case '-', '+', '!':
			row++
		case ' ':
		default:
			row = 0
		}
		most = max(most, open, row)
	}
	return most
}

var unexpectedToken = regexp.MustCompile(`^unexpected token [A-Za-z]+\("(.*)"\)`)

// tokenHints say what is usually meant by a sign that cannot be
// where it is.
var tokenHints = map[string]Phrase{
	":": phrase("; divided by is /, and a choice has three parts, condition ? value : other value"),
	"x": phrase("; times is *"), "X": phrase("; times is *"),
	"è": phrase("; equal is =="),
	"=": phrase("; equal is =="),
	"e": phrase("; write and"),
	"o": phrase("; write or"),
	"%": phrase("; a percentage is written with its number, 30%%"),

	"then": choiceHint,
}

// characterHints say how signs are written that stand in acts and not here.
var characterHints = map[rune]Phrase{
	'×': phrase("; times is *"), '·': phrase("; times is *"), '÷': phrase("; divided by is /"), '−': phrase("; less is -"), '–': phrase("; less is -"),
	'≤': phrase("; not above is <="), '≥': phrase("; not below is >="), '≠': phrase("; different is !="),
	'“': phrase("; quotes are straight"), '”': phrase("; quotes are straight"), '«': phrase("; quotes are straight"), '‘': phrase("; quotes are straight"), '’': phrase("; quotes are straight"),
	'½': phrase("; write 1 / 2"),
	'€': phrase("; amounts have no sign"),
}

var unknownCharacter = regexp.MustCompile(`unrecognized character: U\+[0-9A-F]+ '(.)'`)

// notInItalian finds the Italian word where not is meant.
var notInItalian = regexp.MustCompile(`(^|[\s(])non\s`)

// syntaxError puts the parser's message into words for those who write measures.
func syntaxError(text string, err error) error {
	var e *file.Error
	if !errors.As(err, &e) {
		return wrongAt(0, "cannot be read: %s", err)
	}
	if strings.Contains(e.Message, "EOF") || strings.Contains(e.Message, "unexpected end") {
		return wrongAt(e.From, "cannot be read: ends too early; if it holds a comma, # or a colon, put the whole expression between double quotes; a percentage is written with its number, 30%%; a choice has three parts, condition ? value : other value")
	}
	if strings.Contains(e.Message, "literal not terminated") {
		return wrongAt(e.From, "cannot be read: a quote has no end; between thousands nothing is written, 10000.00")
	}
	if found := unknownCharacter.FindStringSubmatch(e.Message); found != nil {
		return wrongAt(e.From, "cannot be read: %s is not expected here%s", found[1], characterHints[[]rune(found[1])[0]])
	}
	if found := unexpectedToken.FindStringSubmatch(e.Message); found != nil {
		return wrongAt(e.From, "cannot be read: %s is not expected here%s", found[1], tokenHint(text, e.From, found[1]))
	}
	return wrongAt(e.From, "cannot be read: %s", e.Message)
}

// tokenHint says what was most likely meant where a token cannot be.
func tokenHint(text string, from int, token string) Phrase {
	runes := []rune(text)
	before := strings.TrimRight(string(runes[:min(from, len(runes))]), " ")
	after := strings.TrimLeft(string(runes[min(from+1, len(runes)):]), " ")
	digit := func(s string) bool { return s != "" && strings.Contains("0123456789", s) }
	last, next := before[max(0, len(before)-1):], after[:min(1, len(after))]
	switch {
	case foreignChoice.MatchString(text):
		return choiceHint
	case strings.HasSuffix(before, "%"):
		return tokenHints["%"]
	case token == "," && digit(last) && digit(next):
		return phrase("; decimals have a point: 4.06")
	case token == ",":
		return phrase("; several values stand between brackets, each for itself: [cap, cost]")
	case digit(last) && digit(token[:min(1, len(token))]):
		return phrase("; between thousands nothing is written, 10000.00")
	case notInItalian.MatchString(text):
		return phrase("; write not")
	}
	return tokenHints[token]
}

// node compiles one node; known are the inputs known at this place.
func (c *compiler) node(n ast.Node, known inputSet) (*term, error) {
	c.nodes++
	c.depth++
	defer func() { c.depth-- }()
	if c.nodes > expressionNodesMax || c.depth > 4*expressionDepthMax {
		return nil, wrongAt(0, "is too large: divide it into steps")
	}
	switch n := n.(type) {
	case *ast.IntegerNode:
		return c.literal(n.Location())
	case *ast.FloatNode:
		// Its value is a binary fraction and is never looked at; the text is exact.
		return c.literal(n.Location())
	case *ast.BoolNode:
		return yesNo(n.Value), nil
	case *ast.IdentifierNode:
		return c.name(n, known)
	case *ast.PointerNode:
		return c.element(n)
	case *ast.UnaryNode:
		return c.unary(n, known)
	case *ast.BinaryNode:
		return c.binary(n, known)
	case *ast.ConditionalNode:
		return c.conditional(n, known)
	case *ast.BuiltinNode:
		return c.call(n, n.Name, n.Arguments, known)
	case *ast.CallNode:
		if callee, ok := n.Callee.(*ast.IdentifierNode); ok {
			return c.call(n, callee.Value, n.Arguments, known)
		}
	case *ast.MemberNode:
		return c.member(n, known)
	case *ast.NilNode:
		return nil, wrongAt(n.Location().From, "%s is not written in expressions: whether something is there is asked with known(isee)", "nil")
	case *ast.StringNode:
		return nil, wrongAt(n.Location().From, "a word like %q can only be compared with a choice, for example kind == %[1]q", n.Value)
	}
	return nil, wrongAt(n.Location().From, "this form is not for measures: see the list of what expressions know in docs/measures.md")
}

func yesNo(yes bool) *term {
	t := &term{op: opConst, kind: kindYesNo}
	if yes {
		t.value = Whole(1)
		t.ifFalse = ^inputSet(0) // it never happens
	} else {
		t.ifTrue = ^inputSet(0)
	}
	return t
}

func (c *compiler) literal(at file.Location) (*term, error) {
	text := strings.TrimSpace(string(c.source[min(at.From, len(c.source)):min(at.To, len(c.source))]))
	n, err := ParseNumber(text)
	if err != nil {
		return nil, wrongAt(at.From, "%s %s", text, err)
	}
	_, decimals, _ := strings.Cut(text, ".")
	t := &term{op: opConst, kind: kindNumber, value: n, places: len(decimals)}
	if c.parts[at.From] {
		t.value, t.scale = n.Div(Whole(100)).reduced(), scalePercent
	}
	return t, nil
}

func (c *compiler) name(n *ast.IdentifierNode, known inputSet) (*term, error) {
	sym := c.scope.symbols[n.Value]
	if sym != nil && sym.broken {
		return nil, errFollows
	}
	switch {
	case sym != nil:
	case slices.Contains([]string{"yes", "no", "sì", "si"}, n.Value):
		return nil, wrongAt(n.Location().From, "%s is not written in expressions: an input that is yes or no stands alone, resident, and its contrary is not resident", n.Value)
	case slices.Contains(c.scope.words, n.Value):
		return nil, wrongAt(n.Location().From, "%s is a word of a choice and stands between quotes: %[1]q", n.Value)
	}
	if n.Value == "null" || n.Value == "nil" {
		return nil, wrongAt(n.Location().From, "%s is not written in expressions: whether something is there is asked with known(isee)", n.Value)
	}
	if sym == nil && n.Value == c.scope.current {
		return nil, wrongAt(n.Location().From, "%s is this very step: its value comes from what stands above it", n.Value)
	}
	if sym == nil && slices.Contains(c.scope.later, n.Value) {
		return nil, wrongAt(n.Location().From, "%s is a step further down: what is used stands above; conditions of eligible come before all steps and know inputs and parameters alone, so write the choice there with ? :", n.Value)
	}
	if sym == nil {
		return nil, wrongAt(n.Location().From, "%s is no input, parameter or step above this line; there are: %s", n.Value, c.scope.known(n.Value))
	}
	if err := c.mayRead(sym, n.Location().From, known); err != nil {
		return nil, err
	}
	if sym.first {
		c.scope.readsISEE = true
	}
	return sym.term(), nil
}

// mayRead refuses to read an input that may be missing where nothing says that
// it is known.
func (c *compiler) mayRead(sym *symbol, from int, known inputSet) error {
	switch {
	case !sym.input || !sym.optional || known.has(sym.slot):
		return nil
	case c.lenient:
		c.missing |= 1 << sym.slot
		return nil
	}
	return wrongAt(from, "%s may be missing, and missing is not zero: write known(%[1]s) and …, or known(%[1]s) ? … : …, or give the step a 'when: known(%[1]s)' or a 'missing'", sym.name)
}

func (sym *symbol) term() *term {
	return &term{op: opSlot, kind: sym.kind, slot: sym.slot, euro: sym.euro, places: sym.places, scale: sym.scale, text: sym.name, of: sym.of, ifTrue: sym.ifTrue, ifFalse: sym.ifFalse}
}

func (c *compiler) element(n *ast.PointerNode) (*term, error) {
	switch {
	case c.list == nil:
		return nil, wrongAt(n.Location().From, "# stands for an element and is allowed only inside sum, count, any, all and none")
	case n.Name == "":
		return &term{op: opItem, kind: c.list.kind.element(), euro: c.list.euro, places: c.list.places, text: "#", of: c.list.of}, nil
	case n.Name == "index":
		return &term{op: opPlace, kind: kindNumber, text: "#index"}, nil
	}
	return nil, wrongAt(n.Location().From, "#%s is unknown: there are # for the element and #index for its place, from 0", n.Name)
}

// want compiles a node that must have a type.
func (c *compiler) want(n ast.Node, k kind, known inputSet) (*term, error) {
	if k == kindDate {
		if t, err, ok := c.date(n); ok {
			return t, err
		}
	}
	t, err := c.node(n, known)
	if err != nil {
		return nil, err
	}
	switch {
	case t.kind == k:
		return t, nil
	case t.kind == kindDate && k == kindNumber:
		return nil, wrongAt(n.Location().From, "here %s is expected, and this is %s; days, months and years count between two dates", k, t.kind)
	case t.kind.isList():
		return nil, wrongAt(n.Location().From, "here %s is expected, and this is %s; sum, count, any, all, min, max and len look into it", k, t.kind)
	}
	return nil, wrongAt(n.Location().From, "here %s is expected, and this is %s", k, t.kind)
}

func (c *compiler) unary(n *ast.UnaryNode, known inputSet) (*term, error) {
	switch n.Operator {
	case "-", "+":
		t, err := c.want(n.Node, kindNumber, known)
		if err != nil || n.Operator == "+" {
			return t, err
		}
		return &term{op: opNeg, kind: kindNumber, args: []*term{t}, euro: t.euro, places: t.places, scale: t.scale}, nil
	case "not", "!":
		t, err := c.want(n.Node, kindYesNo, known)
		if err != nil {
			return nil, err
		}
		return &term{op: opNot, kind: kindYesNo, args: []*term{t}, ifTrue: t.ifFalse, ifFalse: t.ifTrue}, nil
	}
	return nil, wrongAt(n.Location().From, "the sign %s is unknown here", n.Operator)
}

func (c *compiler) conditional(n *ast.ConditionalNode, known inputSet) (*term, error) {
	cond, err := c.want(n.Cond, kindYesNo, known)
	if err != nil {
		return nil, err
	}
	yes, err := c.node(n.Exp1, known|cond.ifTrue)
	if err != nil {
		return nil, err
	}
	no, err := c.node(n.Exp2, known|cond.ifFalse)
	if err != nil {
		return nil, err
	}
	if yes.kind != no.kind || yes.kind.isList() {
		return nil, wrongAt(n.Exp2.Location().From, "both sides of the colon must be alike: one is %s, the other %s", yes.kind, no.kind)
	}
	scale, odd := scaleOf(yes, no)
	if odd >= 0 {
		return nil, unlike(n.Exp2.Location().From)
	}
	return &term{
		op: opIf, kind: yes.kind, scale: scale, args: []*term{cond, yes, no}, euro: yes.euro || no.euro, places: max(yes.places, no.places),
		ifTrue:  (cond.ifTrue | yes.ifTrue) & (cond.ifFalse | no.ifTrue),
		ifFalse: (cond.ifTrue | yes.ifFalse) & (cond.ifFalse | no.ifFalse),
	}, nil
}

func (c *compiler) member(n *ast.MemberNode, known inputSet) (*term, error) {
	list, ok := n.Node.(*ast.IdentifierNode)
	_, named := n.Property.(*ast.StringNode)
	if !ok || n.Optional || n.Method || named {
		return nil, wrongAt(n.Location().From, "a point has no meaning here: names of inputs and steps hold none, and an element of a list is taken by its place, from 0: fees[0]")
	}
	sym, err := c.listOf(list, known)
	if err != nil {
		return nil, err
	}
	place, err := c.want(n.Property, kindNumber, known)
	if err != nil {
		return nil, err
	}
	return &term{op: opAt, kind: sym.kind.element(), slot: sym.slot, args: []*term{place}, euro: sym.euro, places: sym.places, text: sym.name, of: sym.of}, nil
}

// listOf is the input that a node names, if it is a list.
func (c *compiler) listOf(n ast.Node, known inputSet) (*symbol, error) {
	id, ok := n.(*ast.IdentifierNode)
	if !ok {
		return nil, wrongAt(n.Location().From, "here the name of a list is expected; to choose elements write sum(list, # > 50 ? # : 0)")
	}
	sym := c.scope.symbols[id.Value]
	if sym != nil && sym.broken {
		return nil, errFollows
	}
	if sym == nil || !sym.kind.isList() {
		return nil, wrongAt(n.Location().From, "%s is no list among the inputs", id.Value)
	}
	return sym, c.mayRead(sym, n.Location().From, known)
}
