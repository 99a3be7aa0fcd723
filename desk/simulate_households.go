package desk

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/subsidies"
)

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
				setISEE(v.Measure, v.Facts, isee)
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
		for _, in := range m.ISEEInputs() {
			if !slices.Contains(every.Kinds, in.Kind) {
				every.Kinds = append(every.Kinds, in.Kind)
			}
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
	var refused error // what was opened stays on record all the same
	err := d.db.InTx(ctx, func(tx *postgres.Tx) (err error) {
		if trial, err = s.newTrial(); err != nil { // anew, should the transaction begin again
			return err
		}
		gaps, refused = map[string]int{}, nil
		why := postgres.Reading{Purpose: postgres.PurposeSimulate, By: a.User, At: now, Every: &every}
		return tx.ReadEveryISEE(ctx, why, func(homes []postgres.HouseholdISEE) error {
			for _, h := range homes {
				if refused != nil {
					break
				}
				if lacking := s.fill(trial, h, every.Day); lacking != "" {
					gaps[lacking]++
				} else {
					_, refused = trial.Add()
				}
			}
			return nil
		})
	})
	return trial, gaps, errors.Join(err, refused)
}

// setISEE sets one ISEE, nil for none: of the first kind, where a measure looks at
// several.
func setISEE(m *subsidies.Measure, f *subsidies.Facts, isee *money.Amount) {
	for i, in := range m.ISEEInputs() {
		f.SetMissing(in.Place)
		if i == 0 && isee != nil {
			f.SetAmount(in.Place, *isee)
		}
	}
}

// isISEE tells whether an input, by its place, takes an ISEE.
func isISEE(m *subsidies.Measure, place int) bool {
	return slices.ContainsFunc(m.ISEEInputs(), func(in subsidies.ISEEInput) bool { return in.Place == place })
}

// fill sets what a household has of its own in the facts of every version. It
// returns the label of an input that is needed and not known, or empty.
func (s *measureTrial) fill(t *subsidies.Trial, h postgres.HouseholdISEE, day time.Time) string {
	for _, v := range t.Versions {
		var first *subsidies.ISEECertificate // that tells of the household, too
		for _, in := range v.Measure.ISEEInputs() {
			c := subsidies.CertificateAt(h.Certificates, in.Kind, subsidies.CalculationOrdinary, day)
			if c == nil {
				v.Facts.SetMissing(in.Place)
				continue
			}
			v.Facts.SetAmount(in.Place, c.Value)
			if first == nil {
				first = c
			}
		}
		for i := range v.Measure.Inputs {
			in := &v.Measure.Inputs[i]
			source := s.sources[in.Name]
			if isISEE(v.Measure, i) || source == SourceSame {
				continue
			}
			value := ownValue(source, h, first)
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
