package subsidies

import (
	"slices"
	"strings"

	"github.com/expr-lang/expr/ast"
)

var arithmetic = map[string]op{"+": opAdd, "-": opSub, "*": opMul, "/": opDiv}

var comparisons = map[string]op{"==": opEqual, "!=": opNotEqual, "<": opLess, "<=": opLessEqual, ">": opMore, ">=": opMoreEqual}

func (c *compiler) binary(n *ast.BinaryNode, known inputSet) (*term, error) {
	switch n.Operator {
	case "and", "&&", "or", "||":
		return c.logical(n, known)
	case "in":
		return c.in(n, known)
	case "%":
		return nil, wrongAt(n.Location().From, "%% stands after the number of a percentage, and here a value follows it: write cost * 60%%")
	}
	if o, ok := arithmetic[n.Operator]; ok {
		return c.arithmetic(n, o, known)
	}
	if o, ok := comparisons[n.Operator]; ok {
		return c.comparison(n, o, known)
	}
	return nil, wrongAt(n.Location().From, "the sign %s is not for measures: there are + - * / == != < <= > >= and or not in ? :", n.Operator)
}

func (c *compiler) arithmetic(n *ast.BinaryNode, o op, known inputSet) (*term, error) {
	left, err := c.want(n.Left, kindNumber, known)
	if err != nil {
		return nil, err
	}
	right, err := c.want(n.Right, kindNumber, known)
	if err != nil {
		return nil, err
	}
	t := &term{op: o, kind: kindNumber, args: []*term{left, right}, euro: left.euro || right.euro, places: max(left.places, right.places)}
	switch {
	case o == opDiv && right.op == opConst && right.value.Sign() == 0:
		return nil, wrongAt(n.Right.Location().From, "divides by zero")
	case o == opDiv && left.euro && right.euro, o == opMul && left.euro && right.euro:
		t.euro = false
	}
	ok := true
	if t.scale, ok = scaled(o, left, right, t.euro); !ok {
		return nil, unlike(n.Right.Location().From)
	}
	return t, nil
}

// logical: what is known after the first condition counts for the second.
func (c *compiler) logical(n *ast.BinaryNode, known inputSet) (*term, error) {
	left, err := c.want(n.Left, kindYesNo, known)
	if err != nil {
		return nil, err
	}
	if n.Operator == "and" || n.Operator == "&&" {
		right, err := c.want(n.Right, kindYesNo, known|left.ifTrue)
		if err != nil {
			return nil, err
		}
		return &term{op: opAnd, kind: kindYesNo, args: []*term{left, right}, ifTrue: left.ifTrue | right.ifTrue, ifFalse: left.ifFalse & (left.ifTrue | right.ifFalse)}, nil
	}
	right, err := c.want(n.Right, kindYesNo, known|left.ifFalse)
	if err != nil {
		return nil, err
	}
	return &term{op: opOr, kind: kindYesNo, args: []*term{left, right}, ifTrue: left.ifTrue & (left.ifFalse | right.ifTrue), ifFalse: left.ifFalse | right.ifFalse}, nil
}

func (c *compiler) comparison(n *ast.BinaryNode, o op, known inputSet) (*term, error) {
	if word, ok := n.Left.(*ast.StringNode); ok {
		return c.choiceComparison(n.Right, word, o, known)
	}
	if word, ok := n.Right.(*ast.StringNode); ok {
		return c.choiceComparison(n.Left, word, o, known)
	}
	if id, ok := n.Right.(*ast.IdentifierNode); ok && (id.Value == "null" || id.Value == "nil") {
		return nil, wrongAt(id.Location().From, "%s is not written in expressions: whether something is there is asked with known(isee)", id.Value)
	}
	left, err := c.node(n.Left, known)
	if err != nil {
		return nil, err
	}
	right, err := c.want(n.Right, left.kind, known)
	if err != nil {
		return nil, err
	}
	switch {
	case left.kind.isList():
		return nil, wrongAt(n.Location().From, "a list cannot be compared: use sum, count, any or all")
	case left.kind == kindChoice:
		return nil, wrongAt(n.Location().From, "a choice is compared with one of its words, between quotes")
	case left.kind == kindYesNo && o != opEqual && o != opNotEqual:
		return nil, wrongAt(n.Location().From, "yes and no are not in an order: use == or !=")
	}
	for _, pair := range [][2]*term{{left, right}, {right, left}} {
		if pair[0].scale == scalePercent && pair[1].op == opConst && pair[1].scale == scalePlain && pair[1].value.Cmp(Whole(1)) > 0 {
			return nil, unlike(n.Right.Location().From)
		}
	}
	t := &term{op: o, kind: kindYesNo, args: []*term{left, right}}
	if left.kind == kindYesNo && right.op == opConst {
		same := (right.value.Sign() != 0) == (o == opEqual)
		if same {
			t.ifTrue, t.ifFalse = left.ifTrue, left.ifFalse
		} else {
			t.ifTrue, t.ifFalse = left.ifFalse, left.ifTrue
		}
	}
	return t, nil
}

// choiceComparison compares a choice with a word, or a date with a text.
func (c *compiler) choiceComparison(n ast.Node, word *ast.StringNode, o op, known inputSet) (*term, error) {
	left, err := c.node(n, known)
	if err != nil {
		return nil, err
	}
	if left.kind == kindDate {
		return nil, wrongAt(word.Location().From, "a date is written date(%q)", word.Value)
	}
	right, err := c.word(left, word)
	if err != nil {
		return nil, err
	}
	if o != opEqual && o != opNotEqual {
		return nil, wrongAt(word.Location().From, "choices are not in an order: use == or != or in")
	}
	return &term{op: o, kind: kindYesNo, args: []*term{left, right}}, nil
}

// word is a word that a choice may have.
func (c *compiler) word(choice *term, word *ast.StringNode) (*term, error) {
	if choice.kind != kindChoice || len(choice.of) == 0 {
		return nil, wrongAt(word.Location().From, "a word between quotes is compared with an input of type choice only")
	}
	if !slices.Contains(choice.of, word.Value) {
		return nil, wrongAt(word.Location().From, "%s is never %q: it is one of %s", choice.text, word.Value, strings.Join(choice.of, ", "))
	}
	return &term{op: opConst, kind: kindChoice, value: Whole(c.scope.word(word.Value)), choice: word.Value}, nil
}

func (c *compiler) in(n *ast.BinaryNode, known inputSet) (*term, error) {
	if _, ok := n.Right.(*ast.IdentifierNode); ok {
		return c.inList(n, known)
	}
	list, ok := n.Right.(*ast.ArrayNode)
	if !ok || len(list.Nodes) == 0 {
		return nil, wrongAt(n.Location().From, "after in come the values between brackets, for example kind in [\"a\", \"b\"]; for a range write 6 <= age <= 17")
	}
	left, err := c.node(n.Left, known)
	if err != nil {
		return nil, err
	}
	t := &term{op: opIn, kind: kindYesNo, args: []*term{left}}
	for _, one := range list.Nodes {
		var value *term
		if word, ok := one.(*ast.StringNode); ok {
			value, err = c.word(left, word)
		} else {
			value, err = c.want(one, left.kind, known)
		}
		if err != nil {
			return nil, err
		}
		if value.op != opConst && value.op != opSlot {
			return nil, wrongAt(one.Location().From, "the values after in are numbers, words or names")
		}
		t.args = append(t.args, value)
	}
	return t, nil
}

// inList looks for a number or a date in a list among the inputs.
func (c *compiler) inList(n *ast.BinaryNode, known inputSet) (*term, error) {
	sym, err := c.listOf(n.Right, known)
	if err != nil {
		return nil, err
	}
	left, err := c.want(n.Left, sym.kind.element(), known)
	if err != nil {
		return nil, err
	}
	return &term{op: opInList, kind: kindYesNo, slot: sym.slot, args: []*term{left}, text: sym.name}, nil
}
