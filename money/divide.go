package money

import (
	"fmt"
	"math"
	"math/big"
	"slices"
)

// Division is an amount divided, with how each portion came about.
type Division struct {
	Name  string // of the group, inside a nested rule
	Total Amount
	Lines []Line // one for each participant, in the order that decides ties

	// Between is what each group pays and Inside how each divides it, where a
	// nested rule rounds at each level; Lines are then those of the groups.
	Between *Division
	Inside  []*Division
}

// Line is what one participant pays, and why to the cent. All amounts carry the
// sign of the total.
type Line struct {
	Name  string
	Group string   // the group that the participant pays in; "" if none
	Exact *big.Rat // the exact part of the total, in cents
	Whole Amount   // the whole cents of it

	// Remainder is what is left of the exact part, from 0 up to 1 cent, and Rank
	// the place in the queue for odd cents, from 1; 0 for who has no remainder.
	Remainder *big.Rat
	Rank      int
	OddCent   Amount // one cent if an odd cent fell here, otherwise zero

	Portion Amount // Whole and OddCent
	Limit   Limit  // the cap or floor that decided Exact
	Why     Why    // why an odd cent fell here, or did not
}

// Divide divides total by a rule, to the cent, and says how. A negative total (a
// refund) is divided on its absolute value and the sign put back.
//
// Portions sum to total. Each is within one cent of its exact part; the missing
// cents go by largest remainder, and ties as [Ties] say. The same arguments give
// the same division. Besides what the rule refuses it returns [ErrParticipant],
// and [ErrRange] for the one total whose absolute value is no Amount.
func Divide(total Amount, rule Rule, ties Ties) (*Division, error) {
	if total == math.MinInt64 {
		return nil, ErrRange
	}
	names, err := ties.lined(rule)
	if err != nil {
		return nil, err
	}
	var d *Division
	if n, ok := rule.(*nested); ok && n.rounding == RoundEachLevel {
		d, err = n.divide(total, ties)
	} else {
		d, err = divideOnce(total, rule, names, ties)
	}
	if err != nil {
		return nil, err
	}
	if ties.Order != nil {
		d.line(ties.Order)
	}
	return d, nil
}

// divideOnce asks the rule for exact parts and rounds them, in one step.
func divideOnce(total Amount, rule Rule, names []string, ties Ties) (*Division, error) {
	abs := Amount(magnitude(total))
	amount := new(big.Rat).SetInt64(int64(abs))
	parts, err := rule.exact(amount)
	if err != nil {
		return nil, err
	}
	place, err := index(rule.Participants())
	if err != nil {
		return nil, err
	}
	d := &Division{Total: total, Lines: make([]Line, len(names))}
	for i, name := range names {
		p := parts[place[name]]
		d.Lines[i] = newLine(name, p)
	}
	d.giveOddCents(abs, ties)
	if total < 0 {
		for i := range d.Lines {
			d.Lines[i].negate()
		}
	}
	return d, nil
}

func newLine(name string, p exactPart) Line {
	whole := new(big.Int).Quo(p.value.Num(), p.value.Denom())
	return Line{
		Name: name, Limit: p.limit, Exact: p.value,
		Whole:     Amount(whole.Int64()),
		Remainder: new(big.Rat).Sub(p.value, new(big.Rat).SetInt(whole)),
	}
}

func (l *Line) negate() {
	l.Exact = new(big.Rat).Neg(l.Exact)
	l.Whole, l.OddCent, l.Portion = -l.Whole, -l.OddCent, -l.Portion
}

// giveOddCents splits the absolute total by the exact parts as weights and then explains
// who got the odd cents. That both agree is checked: a difference is a bug.
func (d *Division) giveOddCents(abs Amount, ties Ties) {
	queue := make([]int, len(d.Lines)) // places of lines, in the order of ties
	for i := range queue {
		queue[i] = i
	}
	slices.SortFunc(queue, func(a, b int) int { return ties.compare(d.Lines[a].Name, d.Lines[b].Name, a, b) })
	parts := make([]*big.Rat, len(queue))
	for k, i := range queue {
		parts[k] = d.Lines[i].Exact
	}
	portions := splitExactly(abs, parts)
	for k, i := range queue {
		l := &d.Lines[i]
		l.Portion = portions[k]
		if l.OddCent = l.Portion - l.Whole; l.OddCent != 0 && (l.OddCent != 1 || l.Remainder.Sign() == 0) {
			panic(fmt.Sprintf("money: %s pays %s of %s cents", l.Name, l.Portion, l.Exact.RatString()))
		}
	}
	slices.SortStableFunc(queue, func(a, b int) int { return d.Lines[b].Remainder.Cmp(d.Lines[a].Remainder) })
	d.explain(queue, ties)
}

// line puts the lines into an order of names, with a line of zero for who is in
// no line yet.
func (d *Division) line(order []string) {
	at := make(map[string]int, len(d.Lines))
	for i, l := range d.Lines {
		at[l.Name] = i
	}
	lines := make([]Line, len(order))
	for i, name := range order {
		if k, ok := at[name]; ok {
			lines[i] = d.Lines[k]
			continue
		}
		lines[i] = Line{Name: name, Exact: new(big.Rat), Remainder: new(big.Rat), Why: WhyNotCharged}
	}
	d.Lines = lines
}

// Portions are what the lines pay, in their order.
func (d *Division) Portions() []Amount {
	portions := make([]Amount, len(d.Lines))
	for i, l := range d.Lines {
		portions[i] = l.Portion
	}
	return portions
}
