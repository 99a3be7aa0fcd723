package desk

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/postgres"
	"colletta/subsidies"
)

// SimulationForm is what a simulation asks.
type SimulationForm struct {
	ID, Name string
	Versions []MeasureVersionView // the newest first
	Inputs   []subsidies.Input    // besides the ISEE, of the versions that are simulated
	Outputs  []subsidies.Output   // the amounts among their results
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
