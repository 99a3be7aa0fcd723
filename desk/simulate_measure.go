package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"colletta/communities"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

var (
	// ErrSimulatedVersion says that a version to simulate was not chosen. Args: none.
	ErrSimulatedVersion = refusal.New(refusal.KindInvalid, "simulation_version")
	// ErrSimulatedNoAmount says that a version has no amount among its results. Args:
	// none.
	ErrSimulatedNoAmount = refusal.New(refusal.KindInvalid, "simulation_no_amount")
	// ErrSimulatedPopulation says that it was not chosen on whom to simulate. Args:
	// none.
	ErrSimulatedPopulation = refusal.New(refusal.KindInvalid, "simulation_population")
	// ErrSimulatedDay says that a version is not valid on the day. Args: from_on, to_on.
	ErrSimulatedDay = refusal.New(refusal.KindInvalid, "simulation_day")
	// ErrSimulatedSource says that an input cannot be taken from households: it is of
	// another type, or the households are invented. Args: none.
	ErrSimulatedSource = refusal.New(refusal.KindInvalid, "simulation_source")
	// ErrSimulatedFew says that the figures would concern so few households that they
	// could be told apart. Args: least.
	ErrSimulatedFew = refusal.New(refusal.KindInvalid, "simulation_few")
	// ErrSimulatedMany says that there are more households than a page can read.
	// Args: count, max.
	ErrSimulatedMany = refusal.New(refusal.KindInvalid, "simulation_many")
)

// The populations of a simulation.
const (
	PopulationRegistered = "registered" // the municipality's households with a certificate
	PopulationInvented   = "invented"   // with the distribution of ISEE that INPS publishes
)

// Where a simulation takes an input from.
const (
	SourceSame     = "same"     // the value that was typed, for all
	SourcePeople   = "people"   // people of the household: of the certificate, or registered
	SourceChildren = "children" // registered children
	SourceScale    = "scale"    // equivalence scale of the certificate
)

// Limits of a simulation on the pages.
const (
	simulatedLeast       = 3 // households that a figure about real people concerns at least
	simulatedInventedMax = 200_000
	simulatedReadMax     = 300_000 // households that are read: about 15 s of the 30 that a page may take
	simulatedUsual       = 2_000   // invented households that are proposed
)

// MeasureSimulation is what somebody asks to simulate, as typed.
type MeasureSimulation struct {
	Measure    string
	Before     string // [before] version to compare with; empty: none
	Version    string // [version]
	Population string // [population] one of the two
	Households string // [households] invented
	Seed       string // [seed] of the invented ones
	On         string // [on] day of the evaluation; empty: today, or the first day of validity
	Output     string // [output] result to add up; empty: the last that is an amount
	PerYear    string // [per_year] times a year; empty: as the unit of the result says
	Inputs     map[string]SimulatedInput
}

// SimulatedInput is where the households have an input from.
type SimulatedInput struct {
	Source string // [in_NAME_source] one of the sources; empty is the same for all
	Value  string // [in_NAME] for all, or for those whose own is not known
}

// measureTrial is a simulation that was read and can run.
type measureTrial struct {
	before, version int // before is 0 for none
	versions        []*subsidies.Measure
	days            []time.Time
	output          string
	perYear         int
	population      string
	households      int
	seed            uint64
	sources         map[string]string
	typed           map[string]string
	inputs          []subsidies.Input // of all versions, without the ISEE
}

// SimulateForm shows what a simulation of a measure asks (who may write or
// publish measures): it proposes a version, 0 for the newest, beside the one in
// force, and the values of its first worked case. [postgres.ErrNotFound].
func (d *Desk) SimulateForm(ctx context.Context, a communities.Actor, id string, version int) (SimulationForm, error) {
	versions, err := d.versionsToTry(ctx, a, id)
	if err != nil {
		return SimulationForm{}, err
	}
	if version == 0 {
		version = versions[0].Version
	}
	if _, err := loadVersion(versions, version); err != nil {
		return SimulationForm{}, err
	}
	typed := MeasureSimulation{Measure: id, Population: PopulationInvented, Households: strconv.Itoa(simulatedUsual), Seed: "1",
		Version: strconv.Itoa(version), Inputs: map[string]SimulatedInput{}}
	if at := slices.IndexFunc(versions, postgres.MeasureVersion.InForce); at >= 0 && versions[at].Version != version {
		typed.Before = strconv.Itoa(versions[at].Version)
	}
	form, s, err := d.simulationForm(versions, a, typed)
	if err != nil {
		return form, err
	}
	for _, m := range s.versions { // the last one's wins
		cases, err := measureCases(m)
		if err != nil {
			return form, err
		}
		if len(cases) > 0 {
			for name, value := range typedFacts(m, cases[0].facts) {
				form.Typed.Inputs[name] = SimulatedInput{Source: SourceSame, Value: value}
			}
		}
	}
	return form, nil
}

// simulationForm reads which versions are meant, and what they ask.
func (d *Desk) simulationForm(versions []postgres.MeasureVersion, a communities.Actor, r MeasureSimulation) (SimulationForm, *measureTrial, error) {
	view := measureView(versions, a, false)
	form := SimulationForm{ID: view.ID, Name: view.Name, Versions: view.Versions, Typed: r}
	s := &measureTrial{}
	var refused refusal.List
	load := func(field, text string) int {
		n, err := strconv.Atoi(text)
		m, loadErr := loadVersion(versions, n)
		if err != nil || errors.Is(loadErr, postgres.ErrNotFound) {
			refused = append(refused, ErrSimulatedVersion.At(field))
			return 0
		}
		if loadErr != nil {
			refused = append(refused, refusedAt(loadErr, field)...)
			return 0
		}
		s.versions = append(s.versions, m)
		return n
	}
	if r.Before != "" {
		s.before = load("before", r.Before)
	}
	s.version = load("version", r.Version)
	for _, m := range s.versions {
		for i, in := range m.Inputs {
			if !isISEE(m, i) && !slices.ContainsFunc(s.inputs, func(o subsidies.Input) bool { return o.Name == in.Name }) {
				s.inputs = append(s.inputs, in)
			}
		}
	}
	form.Inputs = s.inputs
	for _, m := range s.versions {
		for _, o := range m.Outputs {
			if o.Euro && !slices.ContainsFunc(form.Outputs, func(p subsidies.Output) bool { return p.Name == o.Name }) {
				form.Outputs = append(form.Outputs, o)
			}
		}
	}
	return form, s, refused.OrNil()
}

// Simulate reckons whom versions of a measure would reach and what they would
// cost in a year (who may write or publish measures). On the municipality's own
// households it opens certificates, which is on record once for the municipality
// and shown to every family; what comes back are sums of at least three
// households. What was asked comes back with the refusals, each at its field.
func (d *Desk) Simulate(ctx context.Context, a communities.Actor, r MeasureSimulation) (SimulationForm, *SimulationView, error) {
	versions, err := d.versionsToTry(ctx, a, r.Measure)
	if err != nil {
		return SimulationForm{}, nil, err
	}
	form, s, err := d.simulationForm(versions, a, r)
	refused := refusal.All(err)
	if err != nil && len(refused) == 0 {
		return form, nil, err
	}
	refused = append(refused, d.readSimulation(s, r)...)
	if err := refused.OrNil(); err != nil {
		return form, nil, err
	}
	trial, gaps, err := d.runSimulation(ctx, a, s)
	if err != nil {
		return form, nil, err
	}
	if s.population == PopulationRegistered {
		if trial.TooFew(simulatedLeast) {
			return form, nil, ErrSimulatedFew.With("least", simulatedLeast).At("population")
		}
		trial.Conceal(simulatedLeast)
	}
	view := d.simulationView(s, trial, gaps)
	return form, view, d.recordSimulation(ctx, a, r.Measure, view)
}

// readSimulation reads the rest of what was typed.
func (d *Desk) readSimulation(s *measureTrial, r MeasureSimulation) refusal.List {
	var f form
	s.population, s.output = r.Population, r.Output
	switch r.Population {
	case PopulationRegistered:
	case PopulationInvented:
		s.households = int(f.whole("households", r.Households, 1, simulatedInventedMax, -1))
		s.seed = uint64(f.whole("seed", r.Seed, 0, 1<<40, 1))
	default:
		f.refuse("population", ErrSimulatedPopulation)
	}
	s.perYear = int(f.whole("per_year", r.PerYear, 1, 366, 0))
	for _, m := range s.versions {
		day, refused := evaluationDay(r.On, d.dayFor(m))
		if len(s.days) == 0 {
			f.refused = append(f.refused, refused...)
		}
		if len(refused) == 0 && (day.Before(m.From) || day.After(m.To)) {
			f.refuse("on", ErrSimulatedDay.With("from_on", m.From, "to_on", m.To))
		}
		s.days = append(s.days, day)
		if !slices.ContainsFunc(m.Outputs, func(o subsidies.Output) bool { return o.Euro }) {
			f.refuse("version", ErrSimulatedNoAmount)
		} else if _, err := subsidies.NewSimulation(m, s.output, s.perYear); err != nil {
			f.refused = append(f.refused, refusedAt(err, "output")...)
		}
	}
	s.sources, s.typed = map[string]string{}, map[string]string{}
	for i := range s.inputs {
		in := &s.inputs[i]
		typed := r.Inputs[in.Name]
		source := typed.Source
		if source == "" {
			source = SourceSame
		}
		s.sources[in.Name], s.typed[in.Name] = source, strings.TrimSpace(typed.Value)
		if source != SourceSame && (s.population != PopulationRegistered || !slices.Contains(SimulatedSources(in), source)) {
			f.refuse(factField(in.Name), ErrSimulatedSource)
			continue
		}
		if source != SourceSame && s.typed[in.Name] == "" {
			continue // who lacks it is left out
		}
		for _, m := range s.versions { // a version may ask the same otherwise
			if at := m.InputAt(in.Name); at >= 0 {
				if e := setFact(m.NewFacts(), &m.Inputs[at], typed.Value); e != nil {
					f.refused = append(f.refused, e)
					break
				}
			}
		}
	}
	return f.refused
}

// SimulatedSources are from where real households can have an input.
func SimulatedSources(in *subsidies.Input) []string {
	switch in.Type {
	case subsidies.InputInteger:
		return []string{SourceSame, SourcePeople, SourceChildren}
	case subsidies.InputNumber:
		return []string{SourceSame, SourceScale, SourcePeople, SourceChildren}
	}
	return []string{SourceSame}
}

// newTrial is a trial without households, with the facts that all have.
func (s *measureTrial) newTrial() (*subsidies.Trial, error) {
	versions := make([]*subsidies.TrialVersion, len(s.versions))
	for i, m := range s.versions {
		one, err := subsidies.NewSimulation(m, s.output, s.perYear)
		if err != nil {
			return nil, err
		}
		versions[i] = &subsidies.TrialVersion{Simulation: one, Facts: m.NewFacts(), Day: s.days[i]}
		for j := range m.Inputs {
			in := &m.Inputs[j]
			if isISEE(m, j) || s.sources[in.Name] != SourceSame {
				continue
			}
			if e := setFact(versions[i].Facts, in, s.typed[in.Name]); e != nil {
				return nil, e
			}
		}
	}
	return subsidies.NewTrial(versions...), nil
}
