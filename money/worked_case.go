package money

import (
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// workedMethods are the methods of worked cases, each with its rule.
var workedMethods = map[string]func(in *jsonNode) (Rule, error){
	"equal":                      (*jsonNode).equalCase,
	"proportional":               (*jsonNode).tableCase,
	"weighted":                   (*jsonNode).tableCase,
	"by_use":                     (*jsonNode).tableCase,
	"subset_proportional":        (*jsonNode).tableCase,
	"proportional_per_component": (*jsonNode).tableCase,
	"half_value_half_height":     (*jsonNode).stairsCase,
	"one_third_two_thirds":       (*jsonNode).terraceCase,
	"mixed_fixed_variable":       (*jsonNode).meteredCase,
}

// notTables are the fields of a worked case that are no weights table.
var notTables = []string{"cost", "net", "vat", "sum_weights", "rounding", "others", "fixed_share", "exclusive_user", "participants"}

// oneRounding is the only rounding that worked cases ask for.
const oneRounding = "one rounding on the combined exact weight"

// workedCase reads a case as in testdata/allocations_examples.json: a method, what
// goes into it, and what is expected.
func (n *jsonNode) workedCase() (*Expense, error) {
	if err := n.only("id", "title", "basis", "method", "in", "expect", "how"); err != nil {
		return nil, err
	}
	e := &Expense{}
	for i, text := range []*string{&e.ID, &e.Title} {
		if v := n.field([]string{"id", "title"}[i]); v != nil {
			var err error
			if *text, err = v.str(); err != nil {
				return nil, err
			}
		}
	}
	method := n.field("method")
	rule, ok := workedMethods[method.text()]
	if !ok {
		return nil, method.wrong(fmt.Errorf("must be one of %v", sortedNames(workedMethods)))
	}
	in, err := n.need("in")
	if err != nil {
		return nil, err
	}
	if !in.isObject() {
		return nil, in.wrong(errors.New("must be an object"))
	}
	if err := in.caseCosts(e); err != nil {
		return nil, err
	}
	r, err := rule(in)
	if err != nil {
		return nil, in.wrong(err)
	}
	e.Rule = NamedRule{method.text(), r}
	if err := in.caseTables(&e.book); err != nil {
		return nil, err
	}
	e.book.listEveryone(r.Participants())
	if v := n.field("expect"); v != nil {
		return e, v.readExpected(e)
	}
	return e, nil
}

// caseCosts reads the cost, or net and VAT where there is no cost.
func (n *jsonNode) caseCosts(e *Expense) error {
	keys := []string{"cost"}
	if n.field("cost") == nil && n.field("net") != nil {
		keys = []string{"net", "vat"}
	}
	for _, key := range keys {
		v, err := n.need(key)
		if err != nil {
			return err
		}
		a, err := v.amount()
		if err != nil {
			return err
		}
		e.Components = append(e.Components, Component{key, a})
	}
	if r := n.field("rounding"); r != nil && r.text() != oneRounding {
		return r.wrong(fmt.Errorf("must be %q", oneRounding))
	}
	return nil
}

// caseTables names the tables of a case, so that rules can be compared by them.
func (n *jsonNode) caseTables(b *book) error {
	for i, v := range n.values {
		if slices.Contains(notTables, n.keys[i]) {
			continue
		}
		t, err := v.table()
		if err != nil {
			return err
		}
		b.add(n.keys[i], t)
	}
	return nil
}

func (n *jsonNode) equalCase() (Rule, error) {
	v, err := n.need("participants")
	if err != nil {
		return nil, err
	}
	names, err := v.names()
	if err != nil {
		return nil, err
	}
	return Equally(names...)
}

// tableCase divides by the one table of the case, whatever it is called, and
// checks the sum of its weights where the case gives it.
func (n *jsonNode) tableCase() (Rule, error) {
	var found *jsonNode
	for i, v := range n.values {
		if slices.Contains(notTables, n.keys[i]) {
			continue
		}
		if found != nil {
			return nil, v.wrong(errors.New("is a second table, and the method divides by one"))
		}
		found = v
	}
	if found == nil {
		return nil, errors.New("must have a table of weights")
	}
	t, err := found.table()
	if err != nil {
		return nil, err
	}
	if s := n.field("sum_weights"); s != nil {
		want, err := s.number()
		if err != nil {
			return nil, err
		}
		sum := new(big.Rat)
		for _, w := range t.weights {
			sum.Add(sum, w)
		}
		if sum.Cmp(want.Rat()) != 0 {
			return nil, s.wrong(fmt.Errorf("the weights sum to %s", decimalText(sum, 0, 8)))
		}
	}
	return t, nil
}

func (n *jsonNode) tableNamed(key string) (Table, error) {
	v, err := n.need(key)
	if err != nil {
		return Table{}, err
	}
	return v.table()
}

func (n *jsonNode) stairsCase() (Rule, error) {
	value, err := n.tableNamed("millesimi")
	if err != nil {
		return nil, err
	}
	height, err := n.tableNamed("height")
	if err != nil {
		return nil, err
	}
	return HalfValueHalfHeight(value, height)
}

// terraceCase takes one exclusive user by name, several as a list in equal parts,
// or a table of them.
func (n *jsonNode) terraceCase() (Rule, error) {
	v, err := n.need("exclusive_user")
	if err != nil {
		return nil, err
	}
	var exclusive Table
	if name, ok := v.token.(string); ok {
		exclusive, err = Equally(name)
	} else {
		exclusive, err = v.table()
	}
	if err != nil {
		return nil, v.wrong(err)
	}
	covered, err := n.tableNamed("covered")
	if err != nil {
		return nil, err
	}
	return OneThirdTwoThirds(exclusive, covered)
}

func (n *jsonNode) meteredCase() (Rule, error) {
	v, err := n.need("fixed_share")
	if err != nil {
		return nil, err
	}
	share, err := v.share()
	if err != nil {
		return nil, err
	}
	fixed, err := n.tableNamed("millesimi")
	if err != nil {
		return nil, err
	}
	variable, err := n.tableNamed("consumption")
	if err != nil {
		return nil, err
	}
	return FixedAndVariable(share, fixed, variable)
}
