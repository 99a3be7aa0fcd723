package subsidies

import (
	"slices"
	"strings"
	"time"

	"colletta/money"
	"colletta/refusal"
)

// Simulation is what a measure would give to a population: how many households
// it reaches, and what that costs in a year. Add households with
// [Simulation.Add]; two simulations of the same households can be compared.
type Simulation struct {
	Measure    *Measure
	Output     Output
	PerYear    int // how often in a year a household gets the result
	Households int
	Eligible   int          // for whom every condition holds
	Reached    int          // who get more than nothing
	Total      money.Amount // per year; may exceed [money.Max]
	Bands      []IncomeBand // by ISEE, ascending, those without ISEE last

	at    int // of the output
	facts *Evaluator
	last  Result
}

// IncomeBand is the part of a population between two values of ISEE.
type IncomeBand struct {
	Above      *money.Amount // excluded; nil for the first band, which begins at zero
	UpTo       *money.Amount // included; nil for the last
	Missing    bool          // no ISEE presented
	Households int
	Reached    int
	Total      money.Amount // per year
}

// bandBounds are round values among those of real measures.
var bandBounds = []money.Amount{5_000_00, 10_000_00, 15_000_00, 20_000_00, 25_000_00, 30_000_00, 40_000_00}

// The refusals of a simulation.
var (
	// ErrSimulatedOutput says that the result to add up is none of the measure's
	// amounts. Args: output, outputs.
	ErrSimulatedOutput = refusal.New(refusal.KindInvalid, "simulation_output")
	// ErrSimulatedTimes says that a number of times a year is not from 1 to 366.
	ErrSimulatedTimes = refusal.New(refusal.KindInvalid, "simulation_times")
)

// NewSimulation begins a simulation of one result of a measure, the last amount
// among its results when output is empty. perYear is how often in a year a
// household gets it; 0 reads it from the unit of the result (€/mese is 12). It
// returns [ErrSimulatedOutput] or [ErrSimulatedTimes].
func NewSimulation(m *Measure, output string, perYear int) (*Simulation, error) {
	s := &Simulation{Measure: m, at: -1, facts: m.NewEvaluator()}
	var names []string
	for i, o := range m.Outputs {
		if o.Euro {
			names = append(names, o.Name)
			if output == "" || o.Name == output {
				s.at, s.Output = i, o
			}
		}
	}
	if s.at < 0 {
		return nil, ErrSimulatedOutput.With("output", output, "outputs", strings.Join(names, ", "))
	}
	if s.PerYear = perYear; perYear == 0 {
		s.PerYear = timesAYear(m, s.Output)
	}
	if s.PerYear < 1 || s.PerYear > 366 {
		return nil, ErrSimulatedTimes.With("times", perYear)
	}
	for i := range bandBounds {
		band := IncomeBand{UpTo: &bandBounds[i]}
		if i > 0 {
			band.Above = &bandBounds[i-1]
		}
		s.Bands = append(s.Bands, band)
	}
	s.Bands = append(s.Bands, IncomeBand{Above: &bandBounds[len(bandBounds)-1]}, IncomeBand{Missing: true})
	return s, nil
}

// timesAYear is how often a result is paid in a year, as its unit or the cap of
// a price rule says; once when neither does.
func timesAYear(m *Measure, o Output) int {
	switch _, per, _ := strings.Cut(o.Unit.IT, "/"); {
	case per == "mese" || m.HasPriceRule() && m.CapPer == "month":
		return 12
	case per == "settimana":
		return 52
	case per == "bimestre":
		return 6
	}
	return 1
}

// ShorterThanYear tells of a result per month for how many months the measure is
// valid, months that are begun counting as whole ones, and whether these are fewer
// than are counted in a year.
func (s *Simulation) ShorterThanYear() (months int, shorter bool) {
	m := s.Measure
	months = (m.To.Year()-m.From.Year())*12 + int(m.To.Month()) - int(m.From.Month()) + 1
	return months, s.PerYear == 12 && months < 12
}

// Add evaluates the measure for one household on a day and counts it. It returns
// the result per year, and the refusals of [Measure.Eval], after which nothing
// was counted.
func (s *Simulation) Add(f *Facts, day time.Time) (money.Amount, error) {
	if err := s.facts.Eval(f, day, &s.last); err != nil {
		return 0, err
	}
	amount := s.last.Amount(s.at) * money.Amount(s.PerYear)
	band := &s.Bands[s.bandOf(f)]
	s.Households++
	band.Households++
	if s.last.Eligible {
		s.Eligible++
	}
	if amount > 0 {
		s.Reached++
		band.Reached++
	}
	s.Total += amount
	band.Total += amount
	return amount, nil
}

func (s *Simulation) bandOf(f *Facts) int {
	for place := range s.Measure.ISEEKinds { // their inputs come first
		if f.known.has(place) {
			isee, _ := f.values[place].Amount()
			at, _ := slices.BinarySearch(bandBounds, isee)
			return at
		}
	}
	return len(s.Bands) - 1
}

// Comparison counts how two measures, or two versions of one, differ for the
// same households. Add what each gives to a household with [Comparison.Add].
type Comparison struct {
	More, Less, Same int          // households that get more, less, or the same by the second
	Gained, Lost     money.Amount // per year, by those who get more and less
}

// Add counts one household.
func (c *Comparison) Add(first, second money.Amount) {
	switch {
	case second > first:
		c.More++
		c.Gained += second - first
	case second < first:
		c.Less++
		c.Lost += first - second
	default:
		c.Same++
	}
}
