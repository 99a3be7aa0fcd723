package money

import (
	"errors"
	"strings"

	"github.com/shopspring/decimal"
)

func (t *csvTable) inGroups() bool { return t.column(columnGroup) > 0 }

// around puts the limits of the rows, and their groups, around a rule. In groups
// the rule divides the portion of each among its rows.
func (t *csvTable) around(e *Expense, rule NamedRule) (Rule, error) {
	if !t.inGroups() {
		return t.limited(rule.Rule)
	}
	column := t.column(columnGroup)
	var order []string
	rows := map[string][]string{}
	for _, row := range t.rows {
		group := row[column].text
		if group == "" {
			return nil, row[column].wrong(errors.New("everyone must be in a group"))
		}
		if rows[group] == nil {
			order = append(order, group)
		}
		rows[group] = append(rows[group], row[0].text)
	}
	if len(order)*rule.Rule.steps() > stepsMax {
		return nil, t.titles[column].wrong(errRuleWork)
	}
	between, err := t.between(order)
	if err != nil {
		return nil, err
	}
	groups := make([]Group, len(order))
	for i, name := range order {
		inside, err := Only(rule.Rule, rows[name]...)
		if err == nil {
			inside, err = t.limited(inside)
		}
		if err != nil {
			return nil, t.titles[column].wrong(err)
		}
		groups[i] = Group{name, inside}
	}
	rounding, c := RoundEachLevel, t.keys["rounding"]
	if c.text != "" {
		rounding = Rounding(c.text)
	}
	nested, err := Nested(between, groups, rounding)
	if err != nil {
		return nil, c.wrong(err)
	}
	return nested, nil
}

// between reads how groups divide: "equal", or "A=612.40 B=387.60".
func (t *csvTable) between(groups []string) (Rule, error) {
	c, ok := t.keys["between"]
	if !ok {
		return nil, t.titles[t.column(columnGroup)].wrong(errors.New(`needs a line "# between: A=612.40 B=387.60", or "# between: equal"`))
	}
	if c.text == ruleEqual {
		return Equally(groups...)
	}
	given := map[string]decimal.Decimal{}
	for pair := range strings.FieldsSeq(c.text) {
		name, number, ok := strings.Cut(pair, "=")
		if !ok {
			return nil, c.wrong(errors.New("must be pairs like A=612.40"))
		}
		w, err := numberOf(number, t.italian)
		if err != nil {
			return nil, c.wrong(err)
		}
		if _, twice := given[name]; twice {
			return nil, c.wrong(errCSVTwice)
		}
		given[name] = w
	}
	weights := make([]decimal.Decimal, len(groups))
	for i, name := range groups {
		w, ok := given[name]
		if !ok {
			return nil, c.wrong(errors.New("must give a weight for group " + name))
		}
		weights[i] = w
	}
	if len(given) > len(groups) {
		return nil, c.wrong(errors.New("gives a weight for a group without rows"))
	}
	table, err := ByWeights(groups, weights)
	if err != nil {
		return nil, c.wrong(err)
	}
	return table, nil
}

// limited puts the caps and floors of its participants around a rule.
func (t *csvTable) limited(rule Rule) (Rule, error) {
	takesPart := map[string]bool{}
	for _, name := range rule.Participants() {
		takesPart[name] = true
	}
	var limits [2]map[string]Amount
	some := false
	for k, title := range []string{columnFloor, columnCap} {
		i := t.column(title)
		limits[k] = map[string]Amount{}
		for _, row := range t.rows {
			if i == 0 || row[i].text == "" || !takesPart[row[0].text] {
				continue
			}
			a, err := t.amount(row[i])
			if err != nil {
				return nil, err
			}
			limits[k][row[0].text], some = a, true
		}
	}
	if !some {
		return rule, nil
	}
	bounded, err := Bounded(rule, limits[0], limits[1])
	if err != nil {
		return nil, t.titles[0].wrong(err)
	}
	return bounded, nil
}
