package money

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
)

// Expense is a cost with the rule by which it is divided, as read from a file.
type Expense struct {
	ID, Title  string
	Components []Component // one for a plain cost
	Rule       NamedRule
	Ties       Ties
	Expected   *Expected // what the file says the division must be; nil if nothing

	book book
}

// Given is what the caller says in place of the file, each "" for what the file
// says itself.
type Given struct {
	Cost string // an amount, as in a form
	Rule string // as [Expense.RuleNamed] reads it

	components []Component // Cost, once read
}

// ReadExpenses reads a file of expenses: JSON (an object, a list of them, or
// worked cases like those of testdata) or else a table in CSV. docs/split.md
// describes both. Errors are [FileError]s, but for a Cost that is no amount.
func ReadExpenses(data []byte, given Given) ([]*Expense, error) {
	if err := checkText(data); err != nil {
		return nil, err
	}
	if given.Cost != "" {
		amount, err := ParseItalian(given.Cost)
		if err != nil {
			return nil, fmt.Errorf("cost %q: %w", given.Cost, err)
		}
		given.components = []Component{{"cost", amount}}
	}
	data = bytes.TrimPrefix(data, []byte("\uFEFF"))
	if first := bytes.TrimLeft(data, " \t\r\n"); len(first) > 0 && (first[0] == '{' || first[0] == '[') {
		return readExpensesJSON(data, given)
	}
	e, err := readExpenseCSV(data, given)
	if err != nil {
		return nil, err
	}
	return []*Expense{e}, nil
}

// Divide divides the expense by its rule.
func (e *Expense) Divide() (*Breakdown, error) {
	return DivideEach(e.Components, e.Rule.Rule, e.Ties)
}

// RuleNamed reads a rule by text: the name of a table or rule of the file,
// "equal", or shares of such ("1/2 millesimi + 1/2 height").
func (e *Expense) RuleNamed(text string) (NamedRule, error) {
	r, err := e.book.rule(text)
	if err != nil {
		return NamedRule{}, err
	}
	return NamedRule{text, r}, nil
}

// Everyone lists all participants that the file names.
func (e *Expense) Everyone() []string { return slices.Clone(e.book.everyone) }

// Expected is a division worked out beforehand.
type Expected struct {
	Portions   map[string]Amount
	Components map[string]map[string]Amount // by name of component, where given
	Total      *Amount
}

// Differences says, in words, where a breakdown is not as expected.
func (x *Expected) Differences(b *Breakdown) []string {
	var found []string
	if x.Total != nil && *x.Total != b.Total() {
		found = append(found, fmt.Sprintf("the total is %s, expected %s", b.Total(), *x.Total))
	}
	compare := func(what string, names []string, got []Amount, want map[string]Amount) {
		seen := 0
		for i, name := range names {
			expected, ok := want[name]
			if ok {
				seen++
			}
			if got[i] != expected {
				found = append(found, fmt.Sprintf("%s%s pays %s, expected %s", what, name, got[i], expected))
			}
		}
		if seen < len(want) {
			found = append(found, fmt.Sprintf("%s%d of those expected do not take part", what, len(want)-seen))
		}
	}
	compare("", b.Participants(), b.Portions(), x.Portions)
	for i, c := range b.Components {
		if want, ok := x.Components[c.Name]; ok {
			compare(c.Name+": ", b.Participants(), b.Divisions[i].Portions(), want)
		}
	}
	return found
}

// finish fills in what the caller gave, and checks that there is something to
// divide, by somebody.
func (e *Expense) finish(given Given) error {
	if given.components != nil {
		e.Components = given.components
	}
	if given.Rule != "" {
		rule, err := e.RuleNamed(given.Rule)
		if err != nil {
			return err
		}
		e.Rule = rule
	}
	if e.Rule.Rule == nil {
		var err error
		if e.Rule, err = e.book.only(); err != nil {
			return err
		}
	}
	if len(e.Components) == 0 {
		return errors.New("no cost: say cost, or net and vat")
	}
	if e.book.everyone == nil {
		e.book.everyone = e.Rule.Rule.Participants()
	}
	if n := len(e.book.everyone); n > participantsMax {
		return fmt.Errorf("%d participants are more than %d", n, participantsMax)
	}
	return e.knowOddCents()
}

// knowOddCents refuses odd cents of who is neither participant nor group: a name
// written wrongly would lose its turn in silence.
func (e *Expense) knowOddCents() error {
	names := map[string]bool{}
	for _, name := range e.book.everyone {
		names[name] = true
	}
	addPayers(names, e.Rule.Rule)
	for _, name := range sortedNames(e.Ties.OddCents) {
		if !names[name] {
			return fmt.Errorf("%w: odd_cents names %s, who takes no part", ErrParticipant, name)
		}
	}
	return nil
}

// addPayers adds everyone whom a rule charges at any level.
func addPayers(names map[string]bool, rule Rule) {
	for _, name := range rule.Participants() {
		names[name] = true
	}
	if n, ok := rule.(*nested); ok {
		addPayers(names, n.between)
		for _, g := range n.groups {
			addPayers(names, g.Of)
		}
	}
}
