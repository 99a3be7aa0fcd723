package subsidies

import (
	"time"

	"colletta/money"
	"colletta/refusal"
)

// formula is the compiled rule of a measure: conditions, then steps in their
// order, on one memory. The first slots are those of the inputs.
type formula struct {
	scope      *scope
	parameters []parameter
	today      int // slot of the day of evaluation
	isee       int // slot of the first of several kinds of ISEE that is known; 0 if there are not several
	eligible   []condition
	steps      []step
	outputs    []int // places among steps
}

// parameter is a named constant, which may change with the days.
type parameter struct {
	name   string
	slot   int
	values []datedValue // by rising day
}

type datedValue struct {
	from  int64 // day
	value Number
}

// on is the value on a day; before the first one it is the first.
func (p *parameter) on(day int64) Number {
	value := p.values[0].value
	for _, v := range p.values[1:] {
		if v.from <= day {
			value = v.value
		}
	}
	return value
}

// condition is one thing that must hold for a measure to be granted.
type condition struct {
	holds *term
	name  Name
}

// step is one line of the calculation.
type step struct {
	name      string
	label     Name
	unit      Name
	euro      bool
	percent   bool // a percentage, which counts from 0 to 1
	places    int  // decimals that a reader expects
	slot      int
	kind      kind
	always    bool // also for those who are not eligible
	when      *term
	otherwise *term
	rule      rule
	round     *Rounding
	atLeast   *term
	atMost    []*term
	result    *Rounding // of an output without a rounding of its own
	output    bool
}

// value computes a step: the rule, its rounding, then at least, then at most, so
// that a limit is never exceeded by a rounding. An amount that is a result ends on
// a whole cent.
func (s *step) value(m *memory) Number {
	if s.when != nil && !s.when.holds(m) {
		return s.settled(s.otherwise.number(m))
	}
	x := s.rule.value(m)
	if s.round != nil {
		x = s.round.Of(x)
	}
	if s.atLeast != nil {
		if least := s.atLeast.number(m); x.Cmp(least) < 0 {
			x = least
		}
	}
	for _, limit := range s.atMost {
		if most := limit.number(m); x.Cmp(most) > 0 {
			x = most
		}
	}
	return s.settled(x)
}

// settled rounds a result: to its own cent, or as the measure rounds results.
func (s *step) settled(x Number) Number {
	switch {
	case !s.output || !s.euro:
		return x
	case s.round != nil:
		return s.round.toCent().Of(x)
	}
	return s.result.Of(x)
}

// Output is one result of a measure.
type Output struct {
	Name  string
	Label Name
	Unit  Name // "€", "€/ora", "%", or what is counted; empty for a plain number
	Euro  bool // the value is an amount
}

// Result is what a measure gives for one household on one day.
type Result struct {
	InForce  bool // the day is among those of the measure
	Eligible bool // it is in force, and every condition holds
	// Values are the results in the order of the measure's Outputs. Where the
	// measure is not in force or the household not eligible they are zero, except
	// for steps that count for everybody: of a benefit this is nothing, of a tariff
	// it is no tariff, see [Result.Outcome].
	Values []Number
}

// Outcome says whether the values are due, or why not.
func (r Result) Outcome() Outcome {
	switch {
	case !r.InForce:
		return OutcomeNotInForce
	case !r.Eligible:
		return OutcomeNotEligible
	}
	return OutcomeDue
}

// Amount is a result in euro: Euro outputs are whole cents within [money.Max].
func (r Result) Amount(place int) money.Amount {
	a, _ := r.Values[place].Amount()
	return a
}

// ErrEvaluation says that a measure cannot be evaluated on the facts given: it
// would divide by zero, a number grows too large, a reduction is not from 0 to 100
// percent, or a result in euro is below zero. Args: step, detail (English).
var ErrEvaluation = refusal.New(refusal.KindInvalid, "measure_evaluation")

// Evaluator evaluates one measure many times without allocating. It is not for
// use by several goroutines at once; each makes its own.
type Evaluator struct {
	m   *Measure
	mem memory
	day int64
	set bool
}

// NewEvaluator is an evaluator of the measure.
func (m *Measure) NewEvaluator() *Evaluator {
	e := &Evaluator{m: m}
	e.mem.values = make([]Number, m.formula.scope.slots)
	return e
}

// Eval evaluates the measure once, on a day of Europe/Rome. It returns [ErrInput]
// when a fact that is needed was not given, [ErrEvaluation] when the rule cannot
// be applied to the facts.
func (m *Measure) Eval(f *Facts, day time.Time) (Result, error) {
	var r Result
	err := m.NewEvaluator().Eval(f, day, &r)
	return r, err
}

// Eval is [Measure.Eval] into a result that the caller provides, whose Values are
// used again.
func (e *Evaluator) Eval(f *Facts, day time.Time, r *Result) error {
	if f.m != e.m {
		panic("subsidies: facts of another measure")
	}
	if err := f.complete(); err != nil {
		return err
	}
	e.remember(f, day)
	r.Values = r.Values[:0]
	r.InForce = e.inForce()
	r.Eligible = r.InForce && e.refused() < 0
	e.walk(r.Eligible)
	if e.mem.fault != nil {
		return ErrEvaluation.With("step", e.faultAt(r.Eligible), "detail", *e.mem.fault)
	}
	for _, at := range e.m.formula.outputs {
		s := &e.m.formula.steps[at]
		x := e.mem.values[s.slot]
		if s.euro {
			if _, ok := x.Amount(); !ok {
				return ErrEvaluation.With("step", s.name, "detail", phrase("%s is no amount within %s", x, money.Max))
			}
			if x.Sign() < 0 {
				return ErrEvaluation.With("step", s.name, "detail", phrase("the result is below zero, %s: at_least: 0 is missing", x))
			}
		}
		r.Values = append(r.Values, x)
	}
	return nil
}

// remember puts facts and day where terms find them.
func (e *Evaluator) remember(f *Facts, day time.Time) {
	n := dayOf(day)
	if !e.set || n != e.day {
		e.set, e.day = true, n
		e.m.formula.remember(&e.mem, n)
	}
	copy(e.mem.values, f.values)
	e.mem.lists, e.mem.known, e.mem.fault = f.lists, f.known, nil
	if slot := e.m.formula.isee; slot > 0 {
		for i := range e.m.ISEEKinds { // their inputs come first
			if f.known.has(i) {
				e.mem.values[slot] = f.values[i]
				e.mem.known |= 1 << slot
				break
			}
		}
	}
}

// remember sets what depends on the day alone.
func (p *formula) remember(m *memory, day int64) {
	m.values[p.today] = Whole(day)
	for i := range p.parameters {
		m.values[p.parameters[i].slot] = p.parameters[i].on(day)
	}
}

// inForce says whether the measure is valid on the day.
func (e *Evaluator) inForce() bool {
	return dayOf(e.m.From) <= e.day && e.day <= dayOf(e.m.To)
}

// refused is the place of the first condition that does not hold, -1 if all do.
func (e *Evaluator) refused() int {
	for i := range e.m.formula.eligible {
		if !e.m.formula.eligible[i].holds.holds(&e.mem) {
			return i
		}
	}
	return -1
}

// walk computes the steps; for those who are not eligible, those that count for
// everybody.
func (e *Evaluator) walk(eligible bool) {
	steps := e.m.formula.steps
	for i := range steps {
		s := &steps[i]
		if eligible || s.always {
			e.mem.values[s.slot] = s.value(&e.mem)
		} else {
			e.mem.values[s.slot] = Whole(0)
		}
	}
}

// faultAt walks again to name the step in which something was impossible.
func (e *Evaluator) faultAt(eligible bool) string {
	e.mem.fault = nil
	if e.refused(); e.mem.fault != nil {
		return "eligible"
	}
	for i := range e.m.formula.steps {
		s := &e.m.formula.steps[i]
		e.mem.values[s.slot] = Whole(0)
		if eligible || s.always {
			e.mem.values[s.slot] = s.value(&e.mem)
		}
		if e.mem.fault != nil {
			return s.name
		}
	}
	return ""
}
