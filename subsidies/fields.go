package subsidies

import (
	"cmp"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"colletta/refusal"
)

// misread refuses a part of the file that is not what measures have there.
func misread(node ast.Node, format string, args ...any) error {
	e := ErrSyntax.With("line", lineOf(node), "column", 0, "detail", phrase(format, args...))
	if t := node.GetToken(); t != nil && t.Position != nil {
		e.Args["column"] = t.Position.Column
	}
	return e
}

// holder is a part of a file that reads itself and holds others.
type holder interface {
	// held is the type of what stands in a node, nil if nothing is to be looked at.
	held(node ast.Node) reflect.Type
}

// checkFields compares a part of a file with the type that will hold it, and
// gathers every field that is not there, stands twice or has a value of another
// kind: the library stops at the first.
func checkFields(node ast.Node, t reflect.Type, all *faults) {
	if _, null := node.(*ast.NullNode); null || node == nil {
		return
	}
	if t.Kind() == reflect.Pointer {
		checkFields(node, t.Elem(), all)
		return
	}
	value := reflect.New(t).Interface()
	if h, ok := value.(holder); ok {
		if inner := h.held(node); inner != nil {
			checkFields(node, inner, all)
			return
		}
	}
	if reader, ok := value.(yaml.NodeUnmarshaler); ok {
		if err := reader.UnmarshalYAML(node); err != nil && len(refusal.All(err)) == 0 {
			err = misread(node, "a value of another kind is expected here: one text or number, or a list; see docs/measures.md")
			all.add(err)
		} else {
			all.add(err)
		}
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		checkStruct(node, t, all)
	case reflect.Map: // names that the file chooses
		checkNames(node, t.Elem(), all)
	case reflect.Slice:
		list, ok := node.(*ast.SequenceNode)
		if !ok {
			all.add(misread(node, "a list is expected here: [..., ...], or one element a line, each after a dash"))
			return
		}
		for _, one := range list.Values {
			checkFields(one, t.Elem(), all)
		}
	default:
		checkScalar(node, t, all)
	}
}

func checkScalar(node ast.Node, t reflect.Type, all *faults) {
	text, ok := scalarText(node)
	_, whole := node.(*ast.IntegerNode)
	switch {
	case t.Kind() == reflect.Int && !whole:
		all.add(misread(node, "a whole number is expected here"))
	case !ok:
		all.add(misread(node, "a value of another kind is expected here: one text or number, and this is a list or has fields of its own"))
	case strings.ContainsRune(text, 0):
		all.add(misread(node, "holds bytes that are no text"))
	}
}

// checkStruct looks at a mapping whose fields are known.
func checkStruct(node ast.Node, t reflect.Type, all *faults) {
	types, names := map[string]reflect.Type{}, []string{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "" {
			types[name] = t.Field(i).Type
			names = append(names, name)
		}
	}
	mapping, ok := node.(ast.MapNode)
	if !ok {
		all.add(misread(node, "fields are expected here, each with its value: {%s: ...}", strings.Join(names, ": ..., ")))
		return
	}
	eachKey(mapping, all, func(key, value ast.Node, name string) {
		inner, ok := types[name]
		switch {
		case ok:
			checkFields(value, inner, all)
		case strings.ContainsAny(name, " ,") || isNull(value):
			all.add(misread(key, "unknown field %q: a text or an expression that holds a comma, a colon or # stands between quotes, and decimals have a point (look at the line above too)", name))
		default:
			all.add(unknownField(key, name, names))
		}
	})
}

// unknownField names the field that was meant, or all there are.
func unknownField(key ast.Node, name string, names []string) error {
	all := strings.Join(names, ", ")
	if near := nearest(name, names); near != "" {
		return misread(key, "unknown field %s; is %s meant? There are: %s", name, near, all)
	}
	return misread(key, "unknown field %s; there are: %s", name, all)
}

// checkNames looks at a mapping whose names the file chooses.
func checkNames(node ast.Node, t reflect.Type, all *faults) {
	mapping, ok := node.(ast.MapNode)
	if !ok {
		all.add(misread(node, "names with their values are expected here: {name: value}, or one a line"))
		return
	}
	eachKey(mapping, all, func(_, value ast.Node, _ string) { checkFields(value, t, all) })
}

// eachKey visits the keys of a mapping and refuses those that stand twice.
func eachKey(mapping ast.MapNode, all *faults, visit func(key, value ast.Node, name string)) {
	seen := map[string]bool{}
	for walk := mapping.MapRange(); walk.Next(); {
		key := walk.Key()
		name := key.GetToken().Value
		if seen[name] {
			all.add(misread(key, "%s is there twice", name))
		}
		seen[name] = true
		visit(key, walk.Value(), name)
	}
}

func isNull(node ast.Node) bool {
	_, null := node.(*ast.NullNode)
	return null
}

// nearest is the name that was most likely meant, empty if none is near.
func nearest(wrong string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	best := slices.MinFunc(names, func(a, b string) int { return cmp.Or(distance(wrong, a)-distance(wrong, b), strings.Compare(a, b)) })
	if distance(wrong, best) <= max(1, len(wrong)/3) {
		return best
	}
	for _, name := range names { // minori for minorenni
		if len(wrong) >= beginningLetters && strings.HasPrefix(name, wrong[:beginningLetters]) {
			return name
		}
	}
	return ""
}

// beginningLetters are enough to guess a name that begins with them.
const beginningLetters = 4
