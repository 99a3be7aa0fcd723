package subsidies

// rule is how a step comes to its value.
type rule interface {
	value(m *memory) Number
	// explain says why (empty if there is nothing to say) and with which numbers.
	explain(w *writer) (lead, formula string)
}

// plainRule is one expression.
type plainRule struct{ of *term }

func (r *plainRule) value(m *memory) Number { return r.of.number(m) }

// bound is the upper end of a range: a number or parameter, part of the range or
// not. An open one holds everything that is left.
type bound struct {
	at        *term // constant: it depends on the day alone
	inclusive bool
	open      bool
}

func (b *bound) holds(x Number, m *memory) bool {
	if b.open {
		return true
	}
	c := x.Cmp(b.at.number(m))
	return c < 0 || c == 0 && b.inclusive
}

// bracketRule chooses by ranges that meet each other.
type bracketRule struct {
	of      *term
	asks    inputSet // optional inputs that of reads
	rows    []bracketRow
	missing *term // when one of asks is not known
	above   *term // beyond the last row, if that one is not open
}

type bracketRow struct {
	upTo  bound
	value *term
}

func (r *bracketRule) value(m *memory) Number {
	if r.asks&^m.known != 0 {
		return r.missing.number(m)
	}
	x := r.of.number(m)
	for i := range r.rows {
		if r.rows[i].upTo.holds(x, m) {
			return r.rows[i].value.number(m)
		}
	}
	return r.above.number(m)
}

// lineRule interpolates along points; x of the first and the last point belong to
// the line.
type lineRule struct {
	of            *term
	asks          inputSet
	points        []linePoint
	before, after *term
	missing       *term
}

type linePoint struct{ x, y *term }

func (r *lineRule) value(m *memory) Number {
	if r.asks&^m.known != 0 {
		return r.missing.number(m)
	}
	x := r.of.number(m)
	at := r.segment(x, m)
	switch {
	case at < 0:
		return r.before.number(m)
	case at == len(r.points)-1:
		return r.after.number(m)
	}
	a, b := r.points[at], r.points[at+1]
	return m.bounded(between(x, a.x.number(m), a.y.number(m), b.x.number(m), b.y.number(m)))
}

// segment is the place of the point from which the segment of x goes: -1 before
// the first, the last one after it.
func (r *lineRule) segment(x Number, m *memory) int {
	if x.Cmp(r.points[0].x.number(m)) < 0 {
		return -1
	}
	for i := 1; i < len(r.points); i++ {
		if x.Cmp(r.points[i].x.number(m)) <= 0 {
			return i - 1
		}
	}
	return len(r.points) - 1
}

// tableRule is a table with two entries.
type tableRule struct {
	rows, columns axis
	cells         [][]*term
	missing       *term
	above         *term // beyond the last range of an axis
}

// axis chooses a row or a column: by ranges, or by values.
type axis struct {
	of     *term
	asks   inputSet
	ranges []bound
	is     []*term
	rest   bool // the last place takes every other value
}

// place is -1 beyond the last range.
func (a *axis) place(m *memory) int {
	x := a.of.number(m)
	for i := range a.ranges {
		if a.ranges[i].holds(x, m) {
			return i
		}
	}
	for i := range a.is {
		if a.is[i].number(m).Cmp(x) == 0 {
			return i
		}
	}
	if a.rest {
		return len(a.ranges) + len(a.is)
	}
	return -1
}

func (a *axis) size() int {
	n := len(a.ranges) + len(a.is)
	if a.rest {
		n++
	}
	return n
}

func (r *tableRule) value(m *memory) Number {
	if (r.rows.asks|r.columns.asks)&^m.known != 0 {
		return r.missing.number(m)
	}
	row, column := r.rows.place(m), r.columns.place(m)
	if row < 0 || column < 0 {
		return r.above.number(m)
	}
	return r.cells[row][column].number(m)
}

// reductionMode says how several reductions live together.
type reductionMode string

const (
	reductionLargest    reductionMode = "largest"
	reductionSmallest   reductionMode = "smallest"
	reductionFirst      reductionMode = "first"
	reductionCompounded reductionMode = "compounded"
	reductionSummed     reductionMode = "summed"
)

// reductionRule takes percentages off an amount.
type reductionRule struct {
	of   *term
	mode reductionMode
	list []reduction
}

// hundred is a reduction that leaves nothing.
var hundred = Whole(100)

type reduction struct {
	when    *term
	percent *term // of a hundred
	name    Name
}

func (r *reductionRule) value(m *memory) Number {
	return m.bounded(r.of.number(m).Mul(r.left(m, nil)))
}

// left is the part that is left after the reductions, from 0; used is told which
// ones count.
func (r *reductionRule) left(m *memory, used func(i int, percent Number)) Number {
	left, best, bestAt := Whole(1), Number{}, -1
	for i := range r.list {
		if !r.list[i].when.holds(m) {
			continue
		}
		percent := r.list[i].percent.number(m)
		if percent.Sign() < 0 || percent.Cmp(hundred) > 0 {
			return m.fail("the reduction “%s” is %s%%: it goes from 0 to 100%%", r.list[i].name, percent)
		}
		switch r.mode {
		case reductionCompounded, reductionSummed:
			if used != nil {
				used(i, percent)
			}
			part := percent.Div(Whole(100))
			if r.mode == reductionSummed {
				left = left.Sub(part)
			} else {
				left = m.bounded(left.Mul(Whole(1).Sub(part)))
			}
			continue
		}
		if bestAt < 0 || r.mode == reductionLargest && percent.Cmp(best) > 0 || r.mode == reductionSmallest && percent.Cmp(best) < 0 {
			best, bestAt = percent, i
		}
	}
	if bestAt >= 0 {
		if used != nil {
			used(bestAt, best)
		}
		left = Whole(1).Sub(best.Div(Whole(100)))
	}
	if left.Sign() < 0 { // summed to more than all
		return Whole(0)
	}
	return left
}
