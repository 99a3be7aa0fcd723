package money

import (
	"fmt"
	"math/big"
	"slices"
	"time"
)

// Period is the days from From up to, but without, To: [From, To). Only the
// dates count, as written; the hour and the zone do not.
type Period struct{ From, To time.Time }

// Days counts the days of the period; zero or less when it ends before it
// begins.
func (p Period) Days() int64 { return dayNumber(p.To) - dayNumber(p.From) }

// String writes the period as "2026-01-01..2027-01-01".
func (p Period) String() string {
	return p.From.Format(time.DateOnly) + ".." + p.To.Format(time.DateOnly)
}

// dayNumber counts days since 1970.
func dayNumber(t time.Time) int64 {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / (24 * 60 * 60)
}

// Stay is the days during which somebody owned or used something.
type Stay struct {
	Name string
	Period
}

// ByDays divides by days of stay inside a period. The same name may stay twice.
// It returns [ErrPeriod] when a stay is empty or reaches outside the period, and
// [ErrParticipant].
func ByDays(period Period, stays []Stay) (Table, error) {
	var names []string
	var weights []*big.Rat
	at := map[string]int{}
	for _, s := range stays {
		if s.Days() <= 0 || dayNumber(s.From) < dayNumber(period.From) || dayNumber(s.To) > dayNumber(period.To) {
			return Table{}, fmt.Errorf("%w: %s has %s, which is not inside %s", ErrPeriod, s.Name, s.Period, period)
		}
		i, ok := at[s.Name]
		if !ok {
			i = len(names)
			at[s.Name] = i
			names, weights = append(names, s.Name), append(weights, new(big.Rat))
		}
		weights[i].Add(weights[i], big.NewRat(s.Days(), 1))
	}
	return newTable(names, weights)
}

// Owned is a unit that changed hands, with its owners in turn.
type Owned struct {
	Unit   string
	Owners []Stay
}

// OwnerChange divides as another rule does and then, for the units that changed
// hands in the period, divides the portion of each among its owners by their
// days. The portion of the unit stays what it was, to the cent, and that of the
// other units too. It returns [ErrPeriod] unless every day of the period has one
// owner, and [ErrParticipant].
//
// Towards the condominium seller and buyer may owe it together (art. 63 disp.
// att. Codice civile); this is what they owe each other when they agreed on
// nothing else.
func OwnerChange(of Rule, period Period, units []Owned) (Rule, error) {
	groups := make([]Group, len(units))
	for i, u := range units {
		if err := oneOwnerADay(period, u); err != nil {
			return nil, err
		}
		days, err := ByDays(period, u.Owners)
		if err != nil {
			return nil, err
		}
		groups[i] = Group{u.Unit, days}
	}
	return Nested(of, groups, RoundEachLevel)
}

func oneOwnerADay(period Period, u Owned) error {
	stays := slices.Clone(u.Owners)
	slices.SortStableFunc(stays, func(a, b Stay) int { return int(dayNumber(a.From) - dayNumber(b.From)) })
	next := dayNumber(period.From)
	for _, s := range stays {
		switch from := dayNumber(s.From); {
		case from > next:
			return fmt.Errorf("%w: unit %s has no owner on the days before %s", ErrPeriod, u.Unit, s.From.Format(time.DateOnly))
		case from < next:
			return fmt.Errorf("%w: unit %s has two owners on %s, or one outside %s", ErrPeriod, u.Unit, s.From.Format(time.DateOnly), period)
		}
		next = dayNumber(s.To)
	}
	if next != dayNumber(period.To) {
		return fmt.Errorf("%w: the owners of unit %s do not end with %s", ErrPeriod, u.Unit, period)
	}
	return nil
}
