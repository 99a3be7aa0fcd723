package money

import (
	"errors"
	"fmt"
	"strings"
)

// errRuleText says how a rule is written as text.
var errRuleText = errors.New("must be a rule: equal, the name of a table or rule, or a sum like 1/2 millesimi + 1/2 height")

// ErrNoRule says that a file leaves open how to divide.
var ErrNoRule = errors.New("no rule: say rule, or give exactly one table, or only participants")

// ruleEqual is the name of the rule that needs no table.
const ruleEqual = "equal"

// book holds what a rule written as text may name.
type book struct {
	everyone []string // all participants
	named    []NamedRule
	work     int // steps of the rules read so far
}

func (b *book) add(name string, rule Rule) { b.named = append(b.named, NamedRule{name, rule}) }

// listEveryone takes all participants: those given, or else those of all tables.
func (b *book) listEveryone(given []string) {
	b.everyone = given
	if given != nil {
		return
	}
	seen := map[string]bool{}
	for _, n := range b.named {
		for _, name := range n.Rule.Participants() {
			if !seen[name] {
				seen[name] = true
				b.everyone = append(b.everyone, name)
			}
		}
	}
}

// find looks a name up.
func (b *book) find(name string) (Rule, error) {
	for _, n := range b.named {
		if n.Name == name {
			return n.Rule, nil
		}
	}
	if name == ruleEqual && len(b.everyone) > 0 {
		return Equally(b.everyone...)
	}
	names := make([]string, len(b.named))
	for i, n := range b.named {
		names[i] = n.Name
	}
	return nil, fmt.Errorf("%w; no table or rule is named %q (there are: %s)", errRuleText, shortened(name), strings.Join(append(names, ruleEqual), ", "))
}

// errRuleWork says that a rule uses others too often.
var errRuleWork = errors.New("is too much work: the rules and tables it uses, each time it uses them, have too many participants")

// workable refuses a rule when it and those before would not be finished in any
// useful time.
func (b *book) workable(rule Rule) error {
	if b.work += rule.steps(); b.work > stepsMax {
		return errRuleWork
	}
	return nil
}

// rule reads a rule written as text: a name, or terms joined by +, each a share
// or an amount in euro with € before a name. A name as it stands comes first, so
// that a table may be called "30% heating + rent".
func (b *book) rule(text string) (Rule, error) {
	text = strings.TrimSpace(text)
	if r, err := b.find(text); err == nil || !strings.ContainsAny(text, "+%/€") {
		return r, err
	}
	var parts []Part
	for term := range strings.SplitSeq(text, "+") {
		part, err := b.term(strings.TrimSpace(term))
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	r, err := Mix(parts...)
	if err != nil {
		return nil, err
	}
	return r, b.workable(r)
}

func (b *book) term(text string) (Part, error) {
	first, name, ok := strings.Cut(text, " ")
	if !ok {
		return Part{}, fmt.Errorf("%w; %q has no share before its name", errRuleText, shortened(text))
	}
	name = strings.TrimSpace(name)
	part := Part{}
	amount, fixed := strings.CutSuffix(first, "€")
	if !fixed {
		amount = first
		name, fixed = cutEuro(name)
	}
	var err error
	if fixed {
		if part.Amount, err = amountOf(amount, false); err == nil && part.Amount <= 0 {
			err = errAmount
		}
	} else {
		part.Share, err = shareOf(first)
	}
	if err != nil {
		return Part{}, fmt.Errorf("%w; %q %w", errRuleText, shortened(first), err)
	}
	part.Of, err = b.find(name)
	return part, err
}

// cutEuro takes the sign of the euro off the beginning.
func cutEuro(name string) (string, bool) {
	rest, ok := strings.CutPrefix(name, "€")
	return strings.TrimSpace(rest), ok
}

// only is the rule when none is named: the only table, the only rule, or equal
// parts when there are no tables.
func (b *book) only() (NamedRule, error) {
	switch {
	case len(b.named) == 1:
		return b.named[0], nil
	case len(b.named) == 0 && len(b.everyone) > 0:
		r, err := Equally(b.everyone...)
		return NamedRule{ruleEqual, r}, err
	}
	return NamedRule{}, ErrNoRule
}
