package subsidies

import (
	"slices"
	"time"

	"colletta/money"
)

// Trial simulates one version of a measure, or two on the same households and
// how they differ. Fill the facts of every version for a household, then call
// [Trial.Add].
type Trial struct {
	Versions []*TrialVersion // one, or two: before and now
	Change   Comparison      // from the first version to the second; zero for one version
	Changes  []Comparison    // the same in each band, by the ISEE that the last version looks at
}

// TrialVersion is one version of a measure in a trial.
type TrialVersion struct {
	*Simulation
	Facts *Facts    // of the household to add next
	Day   time.Time // of the evaluation
}

// NewTrial is a trial of one or two versions, which begin without households.
func NewTrial(versions ...*TrialVersion) *Trial {
	last := versions[len(versions)-1]
	return &Trial{Versions: versions, Changes: make([]Comparison, len(last.Bands))}
}

// Add evaluates every version for the household whose facts they hold, and counts
// it. When a version refuses, its place is returned with the refusal of
// [Measure.Eval]; the figures are then good for nothing.
func (t *Trial) Add() (place int, err error) {
	var amounts [2]money.Amount
	for i, v := range t.Versions {
		if amounts[i], err = v.Add(v.Facts, v.Day); err != nil {
			return i, err
		}
	}
	if len(t.Versions) == 2 {
		now := t.Versions[1]
		t.Change.Add(amounts[0], amounts[1])
		t.Changes[now.bandOf(now.Facts)].Add(amounts[0], amounts[1])
	}
	return 0, nil
}

// Conceal joins bands, the same in every version, until each holds nobody or at
// least that many households, and as many who get something: what a band says
// then concerns nobody in particular. Those without ISEE are joined to the last
// band, which then has Missing besides its bounds. One band of too few may stay,
// when there are too few in all: see [Trial.TooFew].
func (t *Trial) Conceal(least int) {
	for at := t.smallBand(least); at >= 0 && len(t.Changes) > 1; at = t.smallBand(least) {
		at = min(at, len(t.Changes)-2) // it is joined to the next one, the last to the one before
		t.Changes[at].join(t.Changes[at+1])
		t.Changes = slices.Delete(t.Changes, at+1, at+2)
		for _, v := range t.Versions {
			v.Bands[at].join(v.Bands[at+1])
			v.Bands = slices.Delete(v.Bands, at+1, at+2)
		}
	}
}

// smallBand is the place of the first band with too few households, -1 for none.
func (t *Trial) smallBand(least int) int {
	for i := range t.Changes {
		for _, v := range t.Versions {
			if few(v.Bands[i].Households, least) || few(v.Bands[i].Reached, least) {
				return i
			}
		}
	}
	return -1
}

// TooFew tells whether the totals concern so few households that they could be
// told apart: fewer than that many in all, or fewer who get something.
func (t *Trial) TooFew(least int) bool {
	for _, v := range t.Versions {
		if v.Households < least || few(v.Reached, least) {
			return true
		}
	}
	return false
}

func few(n, least int) bool { return n > 0 && n < least }

// join adds the band that follows.
func (b *IncomeBand) join(next IncomeBand) {
	b.UpTo, b.Missing = next.UpTo, b.Missing || next.Missing
	b.Households += next.Households
	b.Reached += next.Reached
	b.Total += next.Total
}

func (c *Comparison) join(o Comparison) {
	c.More, c.Less, c.Same = c.More+o.More, c.Less+o.Less, c.Same+o.Same
	c.Gained, c.Lost = c.Gained+o.Gained, c.Lost+o.Lost
}

// Difference is what the second costs more in a year, negative if it costs less.
func (c Comparison) Difference() money.Amount { return c.Gained - c.Lost }

// Mean is what those who are reached get in a year on average, cut to the cent;
// 0 when nobody is reached. It is for readers: nobody is paid an average.
func (s *Simulation) Mean() money.Amount {
	if s.Reached == 0 {
		return 0
	}
	return s.Total / money.Amount(s.Reached)
}
