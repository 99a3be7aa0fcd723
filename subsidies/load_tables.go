package subsidies

import (
	"fmt"
	"slices"
	"strings"
)

func (b *builder) table(path string, f *tableFile, s *step, known inputSet) (shape, error) {
	var all shape
	r := &tableRule{}
	s.rule = r
	var told faults
	var err error
	r.rows, err = b.axis(path+".rows", f.Rows, known)
	axes := !told.add(err)
	r.columns, err = b.axis(path+".columns", f.Columns, known)
	axes = !told.add(err) && axes
	asks := r.rows.asks | r.columns.asks
	if axes {
		r.missing, err = b.asked(path, asks, f.Missing, known)
		told.add(err)
	} else {
		asks = ^inputSet(0)
	}
	known |= asks
	if axes && len(f.Values) != r.rows.size() {
		told.add(b.wrong(path+".values", "%d lines of values are needed, one for each row; there are %d", r.rows.size(), len(f.Values)))
	}
	for i, line := range f.Values {
		if axes && len(line) != r.columns.size() {
			told.add(b.wrong(fmt.Sprintf("%s.values[%d]", path, i), "%d values are needed, one for each column; there are %d", r.columns.size(), len(line)))
		}
		cells := make([]*term, len(line))
		for j, cell := range line {
			cells[j], err = b.answer(cell, known, &all)
			told.add(err)
		}
		r.cells = append(r.cells, cells)
	}
	if axes {
		open := r.rows.closed() && r.columns.closed()
		r.above, err = b.beyond(path, f.Above, open, known, &all)
		told.add(err)
	}
	told.add(b.alikeMissing(f.Missing, r.missing, &all))
	return all, told.err()
}

// closed says that every value has its place on the axis.
func (a *axis) closed() bool {
	if a.rest {
		return true
	}
	if a.of.kind == kindChoice {
		return len(a.is) == len(a.of.of)
	}
	return a.of.kind == kindYesNo && len(a.is) == 2
}

func (b *builder) axis(path string, f axisFile, known inputSet) (axis, error) {
	a := axis{rest: bool(f.Else)}
	if f.Of.text == "" {
		return a, b.wrong(path, "of is needed: what the axis looks at")
	}
	var err error
	if a.of, a.asks, err = b.asking(f.Of, known); err != nil {
		return a, err
	}
	given := 0
	for _, n := range []int{len(f.UpTo), len(f.Below), len(f.Bounds), len(f.Is)} {
		if n > rowsMax {
			return a, b.wrong(path, "at most %d places", rowsMax)
		}
		if n > 0 {
			given++
		}
	}
	switch {
	case given != 1:
		return a, b.wrong(path, "exactly one of up_to: [...], below: [...], bounds: [{up_to: ...}, {below: ...}] and is: [...] is needed")
	case a.of.kind == kindDate || a.of.kind.isList():
		return a, b.wrong(path, "an axis looks at a number, a choice, or yes and no; this is %s", a.of.kind)
	case len(f.Is) > 0:
		return a, b.places(path+".is", f.Is, &a)
	case a.of.kind != kindNumber:
		return a, b.wrong(path, "%s has no order: list its values in is: [...]", strings.TrimSpace(f.Of.text))
	}
	return a, b.ranges(path, f, &a)
}

func (b *builder) ranges(path string, f axisFile, a *axis) error {
	bounds := slices.Clone(f.Bounds)
	for i := range f.UpTo {
		bounds = append(bounds, boundFile{UpTo: &f.UpTo[i]})
	}
	for i := range f.Below {
		bounds = append(bounds, boundFile{Below: &f.Below[i]})
	}
	for _, one := range bounds {
		end, err := b.bound(path, one.UpTo, one.Below, false)
		if err != nil {
			return err
		}
		a.ranges = append(a.ranges, end)
	}
	return b.rise(a.ranges, func(int) string { return path })
}

// places reads the values of an axis: words, yes and no, or numbers.
func (b *builder) places(path string, is []source, a *axis) error {
	for i, one := range is {
		var t *term
		var err error
		switch a.of.kind {
		case kindChoice:
			if !slices.Contains(a.of.of, one.text) {
				return b.located(one, wrongAt(0, "is none of %s", strings.Join(a.of.of, ", ")))
			}
			t = &term{op: opConst, kind: kindChoice, value: Whole(b.f.scope.word(one.text)), choice: one.text}
		case kindYesNo:
			yes, ok := yesNoText(one.text)
			if !ok {
				return b.located(one, wrongAt(0, "is neither yes nor no"))
			}
			t = yesNo(yes)
		default:
			if t, err = b.fixed(one); err != nil {
				return err
			}
		}
		if slices.ContainsFunc(is[:i], func(s source) bool { return s.text == one.text }) {
			return b.located(one, wrongAt(0, "is there twice"))
		}
		a.is = append(a.is, t)
	}
	return nil
}

func (b *builder) reductions(path string, f *reductionsFile, s *step, known inputSet) (shape, error) {
	var all shape
	mode := reductionMode(f.One)
	if f.One == "" {
		mode = reductionMode(f.All)
	}
	one := []reductionMode{reductionLargest, reductionSmallest, reductionFirst}
	many := []reductionMode{reductionCompounded, reductionSummed}
	var told faults
	if (f.One == "") == (f.All == "") || f.One != "" && !slices.Contains(one, mode) || f.All != "" && !slices.Contains(many, mode) {
		told.add(b.wrong(path, "say how reductions live together: one: %s; or all: %s", joined(one), joined(many)))
	}
	if f.Of.text == "" || len(f.List) == 0 || len(f.List) > stepsMax {
		told.add(b.wrong(path, "of, the amount that is reduced, and list, with 1 to %d reductions, are needed", stepsMax))
		return all, told.err()
	}
	of, err := b.answer(f.Of, known, &all)
	told.add(err)
	r := &reductionRule{of: of, mode: mode}
	s.rule = r
	for i, l := range f.List {
		if l.IT == "" || l.EN == "" {
			told.add(b.wrong(fmt.Sprintf("%s.list[%d]", path, i), "a reduction needs it and en: what a citizen reads"))
		}
		when, err := b.typed(l.If, kindYesNo, known)
		then := ^inputSet(0)
		if !told.add(err) {
			then = known | when.ifTrue
		}
		percent, err := b.percentage(l.Percent, then)
		told.add(err)
		r.list = append(r.list, reduction{when, percent, Name{l.IT, l.EN}})
	}
	return all, told.err()
}

// percentage reads "50", "50%", or an expression: a percentage means itself, and a
// plain number is out of a hundred.
func (b *builder) percentage(s source, known inputSet) (*term, error) {
	t, err := b.typed(s, kindNumber, known)
	if err != nil {
		return nil, err
	}
	plain := t.scale == scalePlain
	switch {
	case t.scale == scaleMixed:
		return nil, b.located(s, unlike(0))
	case !plain:
		t = &term{op: opMul, kind: kindNumber, args: []*term{t, {op: opConst, kind: kindNumber, value: Whole(100)}}}
	}
	return t, b.within100(s, t, plain)
}

// within100 refuses a reduction that is surely below nothing or above all, and one
// of which every value is below one in a hundred though it is not written with %:
// 0.2 was meant as a fifth.
func (b *builder) within100(s source, t *term, plain bool) error {
	values, small, others := []Number{}, 0, false
	for _, leaf := range leaves(t, nil) {
		if !b.isFixed(leaf) {
			others = true
			continue
		}
		if err := b.onDays(func(_ int64, m *memory) error {
			values = append(values, leaf.number(m))
			return nil
		}); err != nil {
			return err
		}
	}
	for _, n := range values {
		switch {
		case n.Sign() < 0:
			return b.located(s, wrongAt(0, "a reduction is written without a sign, 20%%; an increase is a step of its own, for example value: fee * 120%%"))
		case n.Cmp(Whole(100)) > 0:
			return b.located(s, wrongAt(0, "a reduction of %s%% is more than all: it goes from 0 to 100%%", n))
		case n.Sign() > 0 && n.Cmp(Whole(1)) < 0:
			small++
		}
	}
	if !others && plain && small > 0 && !slices.ContainsFunc(values, func(n Number) bool { return n.Cmp(Whole(1)) >= 0 }) {
		return b.located(s, wrongAt(0, "%s is less than one in a hundred: write 20%% for a fifth, or 0.2%% if so little is meant", values[0]))
	}
	return nil
}

// leaves are the terms of which a term has the value of one.
func leaves(t *term, list []*term) []*term {
	switch {
	case t.op == opIf:
		return leaves(t.args[2], leaves(t.args[1], list))
	case (t.op == opMin || t.op == opMax) && len(t.args) > 0:
		for _, arg := range t.args {
			list = leaves(arg, list)
		}
		return list
	case t.op == opMul && t.args[1].op == opConst && t.args[1].value.Cmp(Whole(100)) == 0: // a percentage
		for _, leaf := range leaves(t.args[0], nil) {
			list = append(list, &term{op: opMul, kind: kindNumber, args: []*term{leaf, t.args[1]}})
		}
		return list
	}
	return append(list, t)
}
