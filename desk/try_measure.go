package desk

import (
	"context"
	"strconv"
	"strings"
	"time"

	"colletta/communities"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

// MeasureTry are facts of nobody in particular, on which a version is tried.
type MeasureTry struct {
	Measure string
	Version int
	On      string            // [on] day of the evaluation; empty: today, or the first day of validity
	Facts   map[string]string // [in_NAME] by input, as typed; the ISEE may be empty: none presented
}

// MeasureTryView is a version of a measure to be tried.
type MeasureTryView struct {
	ID, Name string
	Version  int
	Measure  *subsidies.Measure
	On       time.Time         // proposed, or of the result
	Facts    map[string]string // as typed, or of the worked case that is shown
	Cases    []MeasureCaseView
	Case     int           // place from 1 among Cases; 0: none is shown
	Result   *MeasureTried // nil until something was tried
}

// MeasureCaseView is a worked case of a version, reckoned now.
type MeasureCaseView struct {
	Name, Why string
	Day       time.Time
	Given     []MeasureAmount // its facts
	Expect    []MeasureCaseResult
	Passed    bool
	facts     *subsidies.Facts
}

// MeasureCaseResult is what a worked case expects and what the measure gives.
type MeasureCaseResult struct {
	Label, Expected, Got string
	Same                 bool
}

// MeasureTried is what a measure gives to the facts of a try.
type MeasureTried struct {
	Eligible bool
	Results  []MeasureAmount
	Trace    subsidies.Trace // in Italian, as a citizen would read it
}

// MeasureAmount is one result for readers.
type MeasureAmount struct{ Label, Value string }

// MeasureToTry shows a version, draft or not, with its inputs and worked cases
// (who may write or publish measures). A case from 1 on is evaluated; 0 shows
// none. [postgres.ErrNotFound] without the version or the case.
func (d *Desk) MeasureToTry(ctx context.Context, a communities.Actor, id string, version, which int) (MeasureTryView, error) {
	v, err := d.measureToTry(ctx, a, id, version)
	if err != nil || which == 0 {
		return v, err
	}
	if which < 0 || which > len(v.Cases) {
		return MeasureTryView{}, postgres.ErrNotFound.With("key", strconv.Itoa(which))
	}
	c := v.Cases[which-1]
	v.Case, v.On, v.Facts = which, c.Day, typedFacts(v.Measure, c.facts)
	v.Result, err = tried(v.Measure, c.facts, c.Day)
	return v, err
}

// TryMeasure evaluates a version on facts that somebody typed (who may write or
// publish measures). Nothing is stored, and nobody's data are looked at. The
// view comes with the refusals, each at its field.
func (d *Desk) TryMeasure(ctx context.Context, a communities.Actor, r MeasureTry) (MeasureTryView, error) {
	v, err := d.measureToTry(ctx, a, r.Measure, r.Version)
	if err != nil {
		return v, err
	}
	v.Facts = r.Facts
	var refused refusal.List
	v.On, refused = evaluationDay(r.On, v.On)
	facts := v.Measure.NewFacts()
	for i := range v.Measure.Inputs {
		in := &v.Measure.Inputs[i]
		if e := setFact(facts, in, r.Facts[in.Name]); e != nil {
			refused = append(refused, e)
		}
	}
	if err := refused.OrNil(); err != nil {
		return v, err
	}
	v.Result, err = tried(v.Measure, facts, v.On)
	return v, err
}

// evaluationDay reads a day as typed; empty is the one proposed.
func evaluationDay(typed string, proposed time.Time) (time.Time, refusal.List) {
	if typed = strings.TrimSpace(typed); typed == "" {
		return proposed, nil
	}
	day, e := factDay(typed)
	if e != nil {
		return proposed, refusal.List{e.At("on")}
	}
	return day, nil
}

// measureToTry loads a version and reckons its worked cases.
func (d *Desk) measureToTry(ctx context.Context, a communities.Actor, id string, version int) (MeasureTryView, error) {
	versions, err := d.versionsToTry(ctx, a, id)
	if err != nil {
		return MeasureTryView{}, err
	}
	m, err := loadVersion(versions, version)
	if err != nil {
		return MeasureTryView{}, err
	}
	v := MeasureTryView{ID: id, Name: m.Name.IT, Version: version, Measure: m, On: d.dayFor(m), Facts: map[string]string{}}
	v.Cases, err = measureCases(m)
	return v, err
}

// mayTryMeasures refuses who may neither write nor publish measures.
func (d *Desk) mayTryMeasures(a communities.Actor) error {
	err := a.May(communities.PermWriteMeasure, communities.Scope{}, d.clock.Now())
	if err != nil && a.May(communities.PermPublishMeasure, communities.Scope{}, d.clock.Now()) == nil {
		return nil
	}
	return err
}

// versionsToTry are the versions of a measure, the newest first, for who may
// write or publish measures.
func (d *Desk) versionsToTry(ctx context.Context, a communities.Actor, id string) ([]postgres.MeasureVersion, error) {
	if err := d.mayTryMeasures(a); err != nil {
		return nil, err
	}
	if id == "" { // which would be all of them
		return nil, postgres.ErrNotFound.With("key", id)
	}
	versions, err := d.db.MeasureVersions(ctx, id)
	if err == nil && len(versions) == 0 {
		err = postgres.ErrNotFound.With("key", id)
	}
	return versions, err
}

func loadVersion(versions []postgres.MeasureVersion, version int) (*subsidies.Measure, error) {
	for _, v := range versions {
		if v.Version == version {
			return subsidies.LoadMeasure([]byte(v.Yaml))
		}
	}
	return nil, postgres.ErrNotFound.With("key", strconv.Itoa(version))
}

// dayFor is today while a measure is valid, its first day otherwise.
func (d *Desk) dayFor(m *subsidies.Measure) time.Time {
	today := d.today(d.clock.Now())
	if today.Before(m.From) || today.After(m.To) {
		return m.From
	}
	return today
}

// measureCases reckons the worked cases of a measure. A stored version holds them
// all, unless the program that took it reckoned otherwise.
func measureCases(m *subsidies.Measure) ([]MeasureCaseView, error) {
	var cases []MeasureCaseView
	for _, c := range m.Cases { // of a rule on a price
		facts := m.NewFacts()
		setISEE(m, facts, c.ISEE)
		facts.SetAmount(m.InputAt("price"), c.Price)
		one := MeasureCaseView{Day: m.From, facts: facts}
		if err := one.reckon(m, "", []subsidies.Expected{{Output: 0, Value: subsidies.Euro(c.Expect)}}); err != nil {
			return nil, err
		}
		cases = append(cases, one)
	}
	for _, c := range m.Worked {
		one := MeasureCaseView{Name: c.Name, Why: c.Why, Day: c.Day, facts: c.Facts}
		if err := one.reckon(m, c.Outcome, c.Expect); err != nil {
			return nil, err
		}
		cases = append(cases, one)
	}
	return cases, nil
}

// outcomeWords say that nothing is due, or no tariff set.
var outcomeWords = map[subsidies.Outcome]string{
	subsidies.OutcomeDue: "spetta", subsidies.OutcomeNotEligible: "mancano i requisiti", subsidies.OutcomeNotInForce: "non è in vigore",
}

// reckon compares what a case expects, an outcome or results, with what the
// measure gives.
func (c *MeasureCaseView) reckon(m *subsidies.Measure, outcome subsidies.Outcome, expect []subsidies.Expected) error {
	got, err := m.Eval(c.facts, c.Day)
	if err != nil {
		return err
	}
	for i := range m.Inputs {
		c.Given = append(c.Given, MeasureAmount{m.Inputs[i].Label.IT, givenText(&m.Inputs[i], c.facts.Texts(i))})
	}
	c.Passed = true
	if outcome != "" {
		c.Passed = outcome == got.Outcome()
		c.Expect = append(c.Expect, MeasureCaseResult{"Esito", outcomeWords[outcome], outcomeWords[got.Outcome()], c.Passed})
	}
	for _, e := range expect {
		o := m.Outputs[e.Output]
		r := MeasureCaseResult{o.Label.IT, resultText(o, e.Value), resultText(o, got.Values[e.Output]), got.Values[e.Output].Cmp(e.Value) == 0}
		c.Passed = c.Passed && r.Same
		c.Expect = append(c.Expect, r)
	}
	return nil
}

// givenShown is how many elements of a list are shown in a worked case.
const givenShown = 4

// givenText writes a fact for readers.
func givenText(in *subsidies.Input, values []string) string {
	if values == nil {
		return "non c’è"
	}
	more := ""
	if len(values) > givenShown {
		values, more = values[:givenShown], "…"
	}
	shown := make([]string, len(values))
	for i, v := range values {
		shown[i] = v
		switch in.Type.Element() {
		case subsidies.InputMoney, subsidies.InputInteger, subsidies.InputNumber:
			if n, err := subsidies.ParseNumber(v); err == nil {
				shown[i] = FactNumber(in, n)
			}
		case subsidies.InputYesNo:
			shown[i] = map[string]string{"yes": "sì", "no": "no"}[v]
		case subsidies.InputDate:
			if day, e := factDay(v); e == nil {
				shown[i] = day.Format("02/01/2006")
			}
		}
	}
	return strings.Join(shown, ", ") + more
}

func tried(m *subsidies.Measure, f *subsidies.Facts, day time.Time) (*MeasureTried, error) {
	result, err := m.Eval(f, day)
	if err != nil {
		return nil, err
	}
	t := &MeasureTried{Eligible: result.Eligible}
	if m.Kind == subsidies.KindTariff && !result.Eligible {
		t.Results = append(t.Results, MeasureAmount{"Esito", outcomeWords[result.Outcome()]}) // the trace tells what is due all the same
	} else {
		for i, o := range m.Outputs {
			t.Results = append(t.Results, MeasureAmount{o.Label.IT, resultText(o, result.Values[i])})
		}
	}
	t.Trace, err = m.Explain(f, day, subsidies.Italian)
	return t, err
}

// resultText writes a result with its unit: "2,42 €/pasto", "20".
func resultText(o subsidies.Output, n subsidies.Number) string {
	text := n.Italian(0)
	if o.Euro {
		text = n.Italian(2)
	}
	if o.Unit.IT != "" {
		text += "\u00a0" + o.Unit.IT
	}
	return text
}
