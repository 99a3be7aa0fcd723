package subsidies

import (
	"fmt"
	"slices"
	"time"
)

// asked says what is missing when a rule looks at inputs that may not be known.
func (b *builder) asked(path string, asks inputSet, missing *source, known inputSet) (*term, error) {
	if missing == nil {
		if asks != 0 {
			return nil, b.wrong(path, "%s may be missing, and missing is not zero: add missing: with the value for those without, or a when: known(%[1]s) to the step", b.nameOf(asks))
		}
		return nil, nil
	}
	return b.typed(*missing, kindNumber, known)
}

func (b *builder) nameOf(set inputSet) string {
	for _, name := range b.f.scope.order {
		if sym := b.f.scope.symbols[name]; sym.input && set.has(sym.slot) {
			return name
		}
	}
	return ""
}

// looks compiles the number that a rule looks at.
func (b *builder) looks(path string, of source, missing *source, known inputSet) (*term, inputSet, *term, error) {
	if of.text == "" {
		return nil, 0, nil, b.wrong(path, "of is needed: what the rule looks at, for example of: isee")
	}
	t, asks, err := b.asking(of, known)
	if err != nil {
		return nil, 0, nil, err
	}
	if t.kind != kindNumber {
		return nil, 0, nil, b.located(of, wrongAt(0, "here a number is expected, and this is %s", t.kind))
	}
	without, err := b.asked(path, asks, missing, known)
	return t, asks, without, err
}

// values compiles what a rule may answer, and tells what it looks like.
func (b *builder) answer(s source, known inputSet, all *shape) (*term, error) {
	t, err := b.typed(s, kindNumber, known)
	if err != nil {
		return nil, err
	}
	all.kind, all.euro, all.places = kindNumber, all.euro || t.euro, max(all.places, t.places)
	return t, b.alike(s, t, all)
}

// alike refuses a percentage where the other values of a step are plain numbers,
// and the other way round.
func (b *builder) alike(s source, t *term, all *shape) error {
	if t == nil || t.kind != kindNumber || t.neutral() {
		return nil
	}
	if !all.scaled {
		all.scale, all.scaled = t.scale, true
		return nil
	}
	joint, ok := all.scale.with(t.scale)
	if !ok {
		return b.located(s, unlike(0))
	}
	all.scale = joint
	return nil
}

// alikeMissing is alike for what holds when something is missing.
func (b *builder) alikeMissing(s *source, t *term, all *shape) error {
	if s == nil {
		return nil
	}
	return b.alike(*s, t, all)
}

func (b *builder) brackets(path string, f *bracketsFile, s *step, known inputSet) (shape, error) {
	var all shape
	var told faults
	of, asks, missing, err := b.looks(path, f.Of, f.Missing, known)
	if told.add(err) {
		asks = ^inputSet(0)
	}
	if len(f.Rows) == 0 || len(f.Rows) > rowsMax {
		told.add(b.wrong(path, "rows is needed: from 1 to %d", rowsMax))
		return all, told.err()
	}
	r := &bracketRule{of: of, asks: asks, missing: missing}
	s.rule = r
	known |= asks
	bounds := true // all of them can be read
	for i := range f.Rows {
		row, readable, err := b.row(path, f, i, r.rows, bounds)
		bounds = bounds && readable
		told.add(err)
		if value := f.Rows[i].Value; value == nil {
			told.add(b.wrong(fmt.Sprintf("%s.rows[%d]", path, i), "value is needed: what holds in this range"))
		} else {
			row.value, err = b.answer(*value, known, &all)
			told.add(err)
		}
		r.rows = append(r.rows, row)
	}
	if bounds {
		ends := make([]bound, len(r.rows))
		for i := range r.rows {
			ends[i] = r.rows[i].upTo
		}
		told.add(b.rise(ends, func(i int) string { return fmt.Sprintf("%s.rows[%d]", path, i) }))
		r.above, err = b.beyond(path, f.Above, ends[len(ends)-1].open, known, &all)
		told.add(err)
	}
	told.add(b.alikeMissing(f.Missing, missing, &all))
	return all, told.err()
}

// row reads the range of a row, and says whether its bound can be read; those
// before are compared with it if all of them can.
func (b *builder) row(path string, f *bracketsFile, i int, before []bracketRow, compared bool) (bracketRow, bool, error) {
	row, at := f.Rows[i], fmt.Sprintf("%s.rows[%d]", path, i)
	end, err := b.bound(at, row.UpTo, row.Below, bool(row.Else))
	if err == nil && end.open && i < len(f.Rows)-1 {
		err = b.wrong(at, "else takes everything that is left: it is the last row")
	}
	if err != nil {
		return bracketRow{upTo: end}, false, err
	}
	if compared {
		err = b.meets(at, row.From, row.After, before)
	}
	return bracketRow{upTo: end}, true, err
}

// beyond reads what holds past the last range.
func (b *builder) beyond(path string, above *source, open bool, known inputSet, all *shape) (*term, error) {
	switch {
	case above == nil && !open:
		return nil, b.wrong(path, "what holds above the last bound is not decided: add a row {else: true, value: ...}, or above: 0 beside the rows")
	case above != nil && open:
		return nil, b.wrong(path, "above and else say the same: keep one")
	case above == nil:
		return nil, nil
	}
	return b.answer(*above, known, all)
}

func (b *builder) bound(path string, upTo, below *source, open bool) (bound, error) {
	given := 0
	for _, one := range []bool{upTo != nil, below != nil, open} {
		if one {
			given++
		}
	}
	if given != 1 {
		return bound{}, b.wrong(path, "exactly one of up_to (the bound is inside), below (it is outside) and else: true is needed")
	}
	if open {
		return bound{open: true}, nil
	}
	end := bound{inclusive: upTo != nil}
	text := upTo
	if text == nil {
		text = below
	}
	var err error
	end.at, err = b.fixed(*text)
	return end, err
}

// days are those on which bounds may change: the first one, and those of the
// parameters.
func (b *builder) days() []int64 {
	days := []int64{dayOf(b.m.From)}
	for _, p := range b.f.parameters {
		for _, v := range p.values {
			days = append(days, v.from)
		}
	}
	slices.Sort(days)
	return slices.Compact(days)
}

// onDays evaluates fixed terms on every day on which they may differ.
func (b *builder) onDays(visit func(day int64, m *memory) error) error {
	m := &memory{values: make([]Number, b.f.scope.slots)}
	for _, day := range b.days() {
		b.f.remember(m, day)
		if err := visit(day, m); err != nil {
			return err
		}
		if m.fault != nil {
			return b.wrong("$.parameters", "on %s a bound cannot be reckoned: %s", dateOf(day).Format(time.DateOnly), *m.fault)
		}
	}
	return nil
}

// rise checks that ranges follow each other upwards.
func (b *builder) rise(ends []bound, path func(int) string) error {
	return b.onDays(func(day int64, m *memory) error {
		for i := 1; i < len(ends); i++ {
			if ends[i].open {
				continue
			}
			before, end := ends[i-1].at.number(m), ends[i].at.number(m)
			if c := before.Cmp(end); c > 0 || c == 0 && (ends[i-1].inclusive || !ends[i].inclusive) {
				return b.wrong(path(i), "the bounds must rise: %s comes after %s", end.Text(0), before.Text(0))
			}
		}
		return nil
	})
}

// meets checks that the beginning that a row states is the end of the row before.
func (b *builder) meets(path string, from, above *source, before []bracketRow) error {
	if from == nil && above == nil {
		return nil
	}
	if from != nil && above != nil {
		return b.wrong(path, "from (the bound is inside) or above (it is outside), not both")
	}
	text, outside := from, false
	if above != nil {
		text, outside = above, true
	}
	start, err := b.fixed(*text)
	if err != nil {
		return err
	}
	end := bound{at: &term{op: opConst, value: Whole(0)}}
	if len(before) > 0 {
		end = before[len(before)-1].upTo
	}
	return b.onDays(func(day int64, m *memory) error {
		x, y := end.at.number(m), start.number(m)
		c := y.Cmp(x)
		if c == 0 && outside != end.inclusive {
			c = map[bool]int{true: 1, false: -1}[outside]
		}
		stated := phrase("from %s", y)
		if outside {
			stated = phrase("above %s", y)
		}
		ended := phrase("below %s", x)
		if end.inclusive {
			ended = phrase("up to %s", x)
		}
		here, there := "from: "+x.String(), "below: "+y.String() // what meets the other row
		if end.inclusive {
			here = "above: " + x.String()
		}
		if outside {
			there = "up_to: " + y.String()
		}
		switch {
		case c > 0 && len(before) == 0:
			return b.wrong(path, "a hole: the first row begins %s, and what holds from 0 is not decided", stated)
		case c > 0:
			return b.wrong(path, "a hole: the row before ends %s and this one begins %s; decide what holds between them, and write %s here or %s there", ended, stated, here, there)
		case c < 0:
			return b.wrong(path, "an overlap: the row before ends %s and this one begins %s; decide what holds in both, and write %s here or %s there", ended, stated, here, there)
		}
		return nil
	})
}

func (b *builder) linear(path string, f *lineFile, s *step, known inputSet) (shape, error) {
	var all shape
	var told faults
	of, asks, missing, err := b.looks(path, f.Of, f.Missing, known)
	if told.add(err) {
		asks = ^inputSet(0)
	}
	if len(f.Points) < 2 || len(f.Points) > rowsMax {
		told.add(b.wrong(path, "points is needed: two or more pairs [x, y]"))
	}
	r := &lineRule{of: of, asks: asks, missing: missing}
	s.rule = r
	known |= asks
	for i, p := range f.Points {
		if len(p) != 2 {
			told.add(b.wrong(fmt.Sprintf("%s.points[%d]", path, i), "a point is a pair [x, y]"))
			continue
		}
		x, err := b.fixed(p[0])
		told.add(err)
		y, err := b.answer(p[1], known, &all)
		told.add(err)
		r.points = append(r.points, linePoint{x, y})
	}
	if f.Before == nil || f.After == nil {
		told.add(b.wrong(path, "before and after are needed: what holds below the first point and above the last one"))
	} else {
		r.before, err = b.answer(*f.Before, known, &all)
		told.add(err)
		r.after, err = b.answer(*f.After, known, &all)
		told.add(err)
	}
	told.add(b.alikeMissing(f.Missing, missing, &all))
	if err := told.err(); err != nil {
		return all, err
	}
	return all, b.onDays(func(day int64, m *memory) error {
		for i := 1; i < len(r.points); i++ {
			if r.points[i-1].x.number(m).Cmp(r.points[i].x.number(m)) >= 0 {
				return b.wrong(fmt.Sprintf("%s.points[%d]", path, i), "x must rise from point to point")
			}
		}
		return nil
	})
}
