package desk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
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
	PerYear    string // [per_year] times a year; empty: as the unit of the result says
	Inputs     map[string]SimulatedInput
}

// SimulatedInput is where the households have an input from.
type SimulatedInput struct {
	Source string // [in_NAME_source] one of the sources; empty is the same for all
	Value  string // [in_NAME] for all, or for those whose own is not known
}

// SimulationForm is what a simulation asks.
type SimulationForm struct {
	ID, Name string
	Versions []MeasureVersionView // the newest first
	Inputs   []subsidies.Input    // besides the ISEE, of the versions that are simulated
	Typed    MeasureSimulation
}

// SimulationView is what a simulation found, in sums only.
type SimulationView struct {
	Versions   []SimulatedVersion // one, or before and now
	Bands      []SimulatedBand
	Change     subsidies.Comparison // of two versions
	Registered bool                 // real households
	ISEEOn     time.Time            // day of the certificates of real households
	LeftOut    []SimulatedGap       // households that were not counted, by the input that they lack
	Seed       uint64               // of invented households
}

// SimulatedVersion is one version in a simulation.
type SimulatedVersion struct {
	Version    int
	Kind       subsidies.ISEEKind // empty: it looks at no ISEE
	Output     string             // label of the result
	PerYear    int
	On         time.Time
	Households int
	Eligible   int
	Reached    int
	Total      money.Amount // per year
	Mean       money.Amount // per year and household reached
}

// SimulatedBand is a band of ISEE with what each version gives in it.
type SimulatedBand struct {
	Above   *money.Amount // excluded; nil for the first
	UpTo    *money.Amount // included; nil for the last
	Missing bool          // those without an ISEE are in it
	Parts   []SimulatedPart
	Change  subsidies.Comparison
}

// SimulatedPart is what one version gives in a band.
type SimulatedPart struct {
	Households, Reached int
	Total               money.Amount // per year
}

// SimulatedGap counts households that were left out.
type SimulatedGap struct {
	Input string // label
	Count int
}

// SimulationRecord is what the audit log keeps of a simulation: sums, for who
// publishes the measure.
type SimulationRecord struct {
	At         time.Time      `json:"-"`
	By         string         `json:"-"` // name
	Registered bool           `json:"registered"`
	Households int            `json:"households"`
	Versions   []SimulatedSum `json:"versions"` // one, or before and now
	More       int            `json:"more"`     // households that get more by the second version
	Less       int            `json:"less"`
}

// SimulatedSum is what one version comes to in a year.
type SimulatedSum struct {
	Version int          `json:"version"`
	Reached int          `json:"reached"`
	Cost    money.Amount `json:"cost"`
}

// measureTrial is a simulation that was read and can run.
type measureTrial struct {
	before, version int // before is 0 for none
	versions        []*subsidies.Measure
	days            []time.Time
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
		for _, in := range m.Inputs {
			if in.Name != "isee" && !slices.ContainsFunc(s.inputs, func(o subsidies.Input) bool { return o.Name == in.Name }) {
				s.inputs = append(s.inputs, in)
			}
		}
	}
	form.Inputs = s.inputs
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
	s.population = r.Population
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
		s.days = append(s.days, day)
		if !slices.ContainsFunc(m.Outputs, func(o subsidies.Output) bool { return o.Euro }) {
			f.refuse("version", ErrSimulatedNoAmount)
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
		one, err := subsidies.NewSimulation(m, "", s.perYear)
		if err != nil {
			return nil, err
		}
		versions[i] = &subsidies.TrialVersion{Simulation: one, Facts: m.NewFacts(), Day: s.days[i]}
		for j := range m.Inputs {
			in := &m.Inputs[j]
			if in.Name == "isee" || s.sources[in.Name] != SourceSame {
				continue
			}
			if e := setFact(versions[i].Facts, in, s.typed[in.Name]); e != nil {
				return nil, e
			}
		}
	}
	return subsidies.NewTrial(versions...), nil
}

// runSimulation adds every household. It returns besides how many were left out
// for lack of an input, by its label.
func (d *Desk) runSimulation(ctx context.Context, a communities.Actor, s *measureTrial) (*subsidies.Trial, map[string]int, error) {
	if s.population == PopulationInvented {
		trial, err := s.newTrial()
		if err != nil {
			return nil, nil, err
		}
		for _, isee := range pooling.GenerateISEE(s.households, s.seed) {
			for _, v := range trial.Versions {
				setISEE(v, isee)
			}
			if _, err := trial.Add(); err != nil {
				return nil, nil, err
			}
		}
		return trial, nil, nil
	}
	now := d.clock.Now()
	every := postgres.EveryISEE{Day: d.today(now)}
	for _, m := range s.versions {
		if m.ISEEKind != "" && !slices.Contains(every.Kinds, m.ISEEKind) {
			every.Kinds = append(every.Kinds, m.ISEEKind)
		}
	}
	switch n, err := d.db.CountISEEHouseholds(ctx, every); {
	case err != nil:
		return nil, nil, err
	case n > simulatedReadMax:
		return nil, nil, ErrSimulatedMany.With("count", n, "max", simulatedReadMax).At("population")
	}
	var trial *subsidies.Trial
	var gaps map[string]int
	return trial, gaps, d.db.InTx(ctx, func(tx *postgres.Tx) (err error) {
		if trial, err = s.newTrial(); err != nil { // anew, should the transaction begin again
			return err
		}
		gaps = map[string]int{}
		why := postgres.Reading{Purpose: postgres.PurposeSimulate, By: a.User, At: now, Every: &every}
		return tx.ReadEveryISEE(ctx, why, func(homes []postgres.HouseholdISEE) error {
			for _, h := range homes {
				if lacking := s.fill(trial, h, every.Day); lacking != "" {
					gaps[lacking]++
				} else if _, err := trial.Add(); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func setISEE(v *subsidies.TrialVersion, isee *money.Amount) {
	at := v.Measure.InputAt("isee")
	switch {
	case at < 0:
	case isee == nil:
		v.Facts.SetMissing(at)
	default:
		v.Facts.SetAmount(at, *isee)
	}
}

// fill sets what a household has of its own in the facts of every version. It
// returns the label of an input that is needed and not known, or empty.
func (s *measureTrial) fill(t *subsidies.Trial, h postgres.HouseholdISEE, day time.Time) string {
	for _, v := range t.Versions {
		c := subsidies.CertificateAt(h.Certificates, v.Measure.ISEEKind, subsidies.CalculationOrdinary, day)
		setISEE(v, nil)
		if c != nil {
			setISEE(v, &c.Value)
		}
		for i := range v.Measure.Inputs {
			in := &v.Measure.Inputs[i]
			source := s.sources[in.Name]
			if in.Name == "isee" || source == SourceSame {
				continue
			}
			value := ownValue(source, h, c)
			if value == "" {
				value = s.typed[in.Name]
			}
			if setFact(v.Facts, in, value) != nil {
				return in.Label.IT
			}
		}
	}
	return ""
}

// ownValue is what a household has of its own, as it would be typed; empty when
// it is not known.
func ownValue(source string, h postgres.HouseholdISEE, c *subsidies.ISEECertificate) string {
	switch {
	case source == SourceScale && c != nil && c.Scale != 0:
		return c.Scale.Italian()
	case source == SourcePeople && c != nil && c.Size > 0:
		return strconv.Itoa(c.Size)
	case source == SourcePeople && h.People > 0:
		return strconv.Itoa(h.People)
	case source == SourceChildren:
		return strconv.Itoa(h.Children)
	}
	return ""
}

func (d *Desk) simulationView(s *measureTrial, t *subsidies.Trial, gaps map[string]int) *SimulationView {
	view := &SimulationView{Change: t.Change, Registered: s.population == PopulationRegistered, ISEEOn: d.today(d.clock.Now()), Seed: s.seed}
	numbers := []int{s.version}
	if s.before != 0 {
		numbers = []int{s.before, s.version}
	}
	for i, v := range t.Versions {
		view.Versions = append(view.Versions, SimulatedVersion{
			Version: numbers[i], Kind: v.Measure.ISEEKind, Output: v.Output.Label.IT, PerYear: v.PerYear, On: v.Day,
			Households: v.Households, Eligible: v.Eligible, Reached: v.Reached, Total: v.Total, Mean: v.Mean(),
		})
	}
	for i, change := range t.Changes {
		b := t.Versions[0].Bands[i]
		band := SimulatedBand{Above: b.Above, UpTo: b.UpTo, Missing: b.Missing, Change: change}
		for _, v := range t.Versions {
			band.Parts = append(band.Parts, SimulatedPart{v.Bands[i].Households, v.Bands[i].Reached, v.Bands[i].Total})
		}
		view.Bands = append(view.Bands, band)
	}
	for label, n := range gaps {
		view.LeftOut = append(view.LeftOut, SimulatedGap{label, n})
	}
	slices.SortFunc(view.LeftOut, func(x, y SimulatedGap) int { return strings.Compare(x.Input, y.Input) })
	return view
}

// recordSimulation writes what came out into the audit log.
func (d *Desk) recordSimulation(ctx context.Context, a communities.Actor, measure string, v *SimulationView) error {
	now := d.clock.Now()
	r := SimulationRecord{Registered: v.Registered, More: v.Change.More, Less: v.Change.Less}
	for _, one := range v.Versions {
		r.Households = one.Households
		r.Versions = append(r.Versions, SimulatedSum{one.Version, one.Reached, one.Total})
	}
	return d.db.InTx(ctx, func(tx *postgres.Tx) error {
		return tx.Audit(ctx, now, a.User, "simulate_measure", "measure "+measure, map[string]any{
			"version": r.Versions[len(r.Versions)-1].Version, "record": r,
		})
	})
}

// simulationsRead is how many past simulations are looked through for the page of
// a measure.
const simulationsRead = 30

// SimulationsOf lists the last simulation of a version alone and beside each other
// one, on either population, the latest first (who may write or publish measures).
func (d *Desk) SimulationsOf(ctx context.Context, a communities.Actor, measure string, version int) ([]SimulationRecord, error) {
	if err := d.mayTryMeasures(a); err != nil {
		return nil, err
	}
	lines, err := d.db.SimulationsOf(ctx, measure, version, simulationsRead)
	if err != nil {
		return nil, err
	}
	var records []SimulationRecord
	for _, l := range lines {
		r := SimulationRecord{At: l.At.In(d.zone), By: l.By}
		if err := json.Unmarshal(l.Record, &r); err != nil {
			return nil, fmt.Errorf("desk: read a simulation of %s in the audit log: %w", measure, err)
		}
		if !slices.ContainsFunc(records, r.asksTheSame) {
			records = append(records, r)
		}
	}
	return records, nil
}

// asksTheSame tells whether two simulations are of the same versions on the same
// sort of households.
func (r SimulationRecord) asksTheSame(o SimulationRecord) bool {
	return r.Registered == o.Registered && slices.EqualFunc(r.Versions, o.Versions, func(a, b SimulatedSum) bool { return a.Version == b.Version })
}
