package money

import (
	"errors"
	"fmt"
	"math/big"
	"strconv"

	"github.com/shopspring/decimal"
)

// readExpensesJSON reads an object of one expense, a list of them, or a file of
// worked cases under "allocations".
func readExpensesJSON(data []byte, given Given) ([]*Expense, error) {
	root, err := readJSON(data)
	if err != nil {
		return nil, err
	}
	list := []*jsonNode{root}
	switch all := root.field("allocations"); {
	case all != nil && !all.isArray():
		return nil, all.wrong(errors.New("must be a list of cases"))
	case all != nil:
		if err := root.only("_meta", "allocations"); err != nil {
			return nil, err
		}
		list = all.values
	case root.isArray():
		list = root.values
	}
	if len(list) == 0 {
		return nil, root.wrong(errors.New("must hold at least one expense"))
	}
	expenses := make([]*Expense, len(list))
	for i, n := range list {
		if !n.isObject() {
			return nil, n.wrong(errors.New("must be an object"))
		}
		read := n.expense
		if n.field("method") != nil {
			read = n.workedCase
		}
		if expenses[i], err = read(); err != nil {
			return nil, err
		}
		if err := expenses[i].finish(given); err != nil {
			return nil, n.wrong(err)
		}
		if expenses[i].Title == "" && expenses[i].ID == "" && len(list) > 1 {
			expenses[i].ID = "expense " + strconv.Itoa(i+1)
		}
	}
	return expenses, nil
}

// expense reads the format of docs/split.md.
func (n *jsonNode) expense() (*Expense, error) {
	e := &Expense{}
	if err := n.only("id", "title", "note", "cost", "participants", "odd_cents", "ties", "tables", "rules", "rule", "expect"); err != nil {
		return nil, err
	}
	steps := []struct {
		key  string
		read func(*jsonNode, *Expense) error
	}{
		{"id", func(v *jsonNode, e *Expense) (err error) { e.ID, err = v.str(); return }},
		{"title", func(v *jsonNode, e *Expense) (err error) { e.Title, err = v.str(); return }},
		{"note", func(v *jsonNode, _ *Expense) error { _, err := v.str(); return err }},
		{"cost", (*jsonNode).readCost},
		{"participants", func(v *jsonNode, e *Expense) (err error) { e.Ties.Order, err = v.names(); return }},
		{"ties", (*jsonNode).readTies},
		{"tables", (*jsonNode).readTables},
		{"rules", (*jsonNode).readRules},
		{"rule", (*jsonNode).readRule},
		{"odd_cents", (*jsonNode).readOddCents},
		{"expect", (*jsonNode).readExpected},
	}
	for _, s := range steps {
		if s.key == "rules" {
			e.book.listEveryone(e.Ties.Order)
		}
		v := n.field(s.key)
		if v == nil {
			continue
		}
		if err := s.read(v, e); err != nil {
			return nil, err
		}
	}
	return e, nil
}

// readCost reads an amount, or an object of components.
func (n *jsonNode) readCost(e *Expense) error {
	if !n.isObject() {
		a, err := n.amount()
		e.Components = []Component{{"cost", a}}
		return err
	}
	for i, v := range n.values {
		a, err := v.amount()
		if err != nil {
			return err
		}
		e.Components = append(e.Components, Component{n.keys[i], a})
	}
	return nil
}

func (n *jsonNode) readTies(e *Expense) error {
	s, err := n.str()
	if err == nil && s != "order" && s != "name" {
		err = n.wrong(errors.New(`must be "order" or "name"`))
	}
	e.Ties.ByName = s == "name"
	return err
}

// readOddCents reads how many odd cents participants have paid so far.
func (n *jsonNode) readOddCents(e *Expense) error {
	if err := n.only(n.keys...); err != nil {
		return err
	}
	e.Ties.OddCents = map[string]int{}
	for i, v := range n.values {
		paid, err := strconv.Atoi(v.text())
		if err != nil || paid < 0 || paid > participantsMax {
			return v.wrong(fmt.Errorf("must be a whole number from 0 to %d", participantsMax))
		}
		e.Ties.OddCents[n.keys[i]] = paid
	}
	return nil
}

func (n *jsonNode) readTables(e *Expense) error {
	if err := n.only(n.keys...); err != nil {
		return err
	}
	for i, v := range n.values {
		t, err := v.table()
		if err != nil {
			return err
		}
		e.book.add(n.keys[i], t)
	}
	return nil
}

func (n *jsonNode) readRules(e *Expense) error {
	if err := n.only(n.keys...); err != nil {
		return err
	}
	for i, v := range n.values {
		if _, err := e.book.find(n.keys[i]); err == nil {
			return v.wrong(fmt.Errorf("the name %q is taken", n.keys[i]))
		}
		r, err := v.rule(&e.book)
		if err != nil {
			return err
		}
		e.book.add(n.keys[i], r)
	}
	return nil
}

func (n *jsonNode) readRule(e *Expense) error {
	r, err := n.rule(&e.book)
	e.Rule = NamedRule{"rule", r}
	if name, ok := n.token.(string); ok {
		e.Rule.Name = name
	}
	return err
}

// readExpected reads {"shares": {name: amount}, "total": amount}, and objects of
// amounts under the name of a component.
func (n *jsonNode) readExpected(e *Expense) error {
	if !n.isObject() {
		return n.wrong(errors.New("must be an object"))
	}
	x := &Expected{Components: map[string]map[string]Amount{}}
	for i, v := range n.values {
		if n.keys[i] == "total" {
			total, err := v.amount()
			if err != nil {
				return err
			}
			x.Total = &total
			continue
		}
		amounts, err := v.amounts()
		if err != nil {
			return err
		}
		if n.keys[i] == "shares" {
			x.Portions = amounts
			continue
		}
		x.Components[n.keys[i]] = amounts
	}
	if x.Portions == nil {
		return n.wrong(errors.New("must have shares"))
	}
	e.Expected = x
	return nil
}

func (n *jsonNode) amounts() (map[string]Amount, error) {
	if !n.isObject() {
		return nil, n.wrong(errors.New("must be an object of amounts"))
	}
	amounts := map[string]Amount{}
	for i, v := range n.values {
		a, err := v.amount()
		if err != nil {
			return nil, err
		}
		amounts[n.keys[i]] = a
	}
	return amounts, nil
}

// table reads an object of weights, or a list of names with equal weights.
func (n *jsonNode) table() (Table, error) {
	if n.isArray() {
		names, err := n.names()
		if err != nil {
			return Table{}, err
		}
		t, err := Equally(names...)
		if err != nil {
			return Table{}, n.wrong(err)
		}
		return t, nil
	}
	if !n.isObject() {
		return Table{}, n.wrong(errors.New("must be an object of weights, or a list of names"))
	}
	weights := make([]decimal.Decimal, len(n.values))
	for i, v := range n.values {
		var err error
		if weights[i], err = v.number(); err != nil {
			return Table{}, err
		}
		if weights[i].IsNegative() {
			return Table{}, v.wrong(errors.New("must not be negative"))
		}
	}
	t, err := ByWeights(n.keys, weights)
	if err != nil {
		return Table{}, n.wrong(err)
	}
	return t, nil
}

func (n *jsonNode) share() (*big.Rat, error) {
	s, err := shareOf(n.text())
	if err != nil {
		return nil, n.wrong(err)
	}
	return s, nil
}
