package money

import (
	"fmt"
	"math/big"
)

// Rounding says when a [Nested] rule rounds to the cent.
type Rounding string

const (
	// RoundEachLevel rounds between the groups and again inside each, so that
	// each group's portions sum to the group's own, which has books of its own.
	// A portion is within one cent of its exact part of the group's portion,
	// hence within two of that of the whole.
	RoundEachLevel Rounding = "each level"
	// RoundOnce rounds only at the end, on the product of both weights: every
	// portion is within one cent of its exact part, and groups may sum to a
	// fraction more or less than their exact part.
	RoundOnce Rounding = "once"
)

// Group is a participant of one rule that stands for several, who divide its
// portion by a rule of their own.
type Group struct {
	Name string
	Of   Rule
}

type nested struct {
	between  Rule
	groups   []Group
	at       map[string]int // place of a group by its name
	rounding Rounding
	names    []string
	work     int
}

// Nested divides between groups, and then the portion of each inside it: a
// supercondominium between its buildings, then each building between its units.
// A participant of between who is no group pays by itself. Names are told apart
// across groups: it returns [ErrParticipant] if one occurs twice, or if a group
// is unknown to between, and [ErrRounding] for an unknown rounding.
func Nested(between Rule, groups []Group, rounding Rounding) (Rule, error) {
	if rounding != RoundEachLevel && rounding != RoundOnce {
		return nil, fmt.Errorf("%w: rounding %q is neither %q nor %q", ErrRounding, rounding, RoundEachLevel, RoundOnce)
	}
	n := &nested{between: between, groups: groups, rounding: rounding, work: sumSteps(between)}
	names := make([]string, len(groups))
	for i, g := range groups {
		names[i] = g.Name
		n.work = sumSteps(n, g.Of)
	}
	var err error
	if n.at, err = index(names); err != nil {
		return nil, err
	}
	if err := known(between, names); err != nil {
		return nil, err
	}
	for _, name := range between.Participants() {
		if i, ok := n.at[name]; ok {
			n.names = append(n.names, groups[i].Of.Participants()...)
			continue
		}
		n.names = append(n.names, name)
	}
	if _, err := index(n.names); err != nil {
		return nil, fmt.Errorf("%w in different groups: put the group before the name, as in A/1", err)
	}
	return n, nil
}

// Participants are those of the groups, group by group in the order of between.
func (n *nested) Participants() []string { return n.names }

func (n *nested) steps() int { return n.work }

func (n *nested) exact(amount *big.Rat) ([]exactPart, error) {
	if n.rounding == RoundEachLevel {
		return nil, ErrRounding
	}
	between, err := n.between.exact(amount)
	if err != nil {
		return nil, err
	}
	var parts []exactPart
	for i, name := range n.between.Participants() {
		g, ok := n.at[name]
		if !ok {
			parts = append(parts, between[i])
			continue
		}
		inside, err := n.groups[g].Of.exact(between[i].value)
		if err != nil {
			return nil, fmt.Errorf("group %s: %w", name, err)
		}
		parts = append(parts, inside...)
	}
	return parts, nil
}

// divide rounds at each level.
func (n *nested) divide(total Amount, ties Ties) (*Division, error) {
	between, err := Divide(total, n.between, ties.among(n.between))
	if err != nil {
		return nil, err
	}
	d := &Division{Total: total, Between: between}
	for _, line := range between.Lines {
		g, ok := n.at[line.Name]
		if !ok {
			d.Lines = append(d.Lines, line)
			continue
		}
		inside, err := Divide(line.Portion, n.groups[g].Of, ties.among(n.groups[g].Of))
		if err != nil {
			return nil, fmt.Errorf("group %s: %w", line.Name, err)
		}
		inside.Name = line.Name
		d.Inside = append(d.Inside, inside)
		for _, l := range inside.Lines {
			l.Group = line.Name
			d.Lines = append(d.Lines, l)
		}
	}
	return d, nil
}
