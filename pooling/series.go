package pooling

import (
	"strconv"
	"time"

	"github.com/robfig/cron/v3"

	"colletta/refusal"
)

// Series is a timetable of rounds: when they open, when they close, and what
// they are about.
type Series struct {
	ID       SeriesID
	Name     string
	OpensOn  string // cron, five fields, Europe/Rome
	ClosesOn string // cron, five fields, Europe/Rome
	Period   string // what prices are per: "month", "course", …
	StartsAt time.Time
	EndsAt   time.Time // zero: no end

	Effort           Effort // of the search for pools
	TimeLimitSeconds int    // seconds that each pass of the search may take, [TimeLimitSecondsMin]..[TimeLimitSecondsMax]
}

// Bounds of the time limit of a series, in seconds. A round that serves a
// hundred thousand demands needs two minutes; what takes longer than three
// would keep families waiting and the night's other rounds as well.
const (
	TimeLimitSecondsMin   = 1
	TimeLimitSecondsMax   = 180
	TimeLimitSecondsUsual = 60
)

// The refusals of a timetable.
var (
	// ErrCron says that a text is no cron expression of five fields. Args: expression.
	ErrCron = refusal.New(refusal.KindInvalid, "cron_invalid")
	// ErrCronNever says that a cron expression never comes ("0 0 30 2 *"). Args: expression.
	ErrCronNever = refusal.New(refusal.KindInvalid, "cron_never")
	// ErrEffort says that a text names no effort. Args: effort.
	ErrEffort = refusal.New(refusal.KindInvalid, "effort_unknown")
	// ErrTimeLimit says that a time limit is out of bounds. Args: min, max.
	ErrTimeLimit = refusal.New(refusal.KindInvalid, "time_limit_out_of_range")
)

// Efforts are all efforts, the least first.
func Efforts() []Effort { return []Effort{EffortFast, EffortNormal, EffortHigh} }

// ParseEffort reads an effort; [ErrEffort] for another text.
func ParseEffort(text string) (Effort, error) {
	for _, e := range Efforts() {
		if string(e) == text {
			return e, nil
		}
	}
	return "", ErrEffort.With("effort", text)
}

// ParseTimeLimit reads a whole number of seconds, [TimeLimitSecondsMin] to
// [TimeLimitSecondsMax]; [ErrTimeLimit] for another text.
func ParseTimeLimit(text string) (int, error) {
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < TimeLimitSecondsMin || seconds > TimeLimitSecondsMax {
		return 0, ErrTimeLimit.With("min", TimeLimitSecondsMin, "max", TimeLimitSecondsMax)
	}
	return seconds, nil
}

var fiveFields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow)

// Timetable says when something of a series is due, by a cron expression read
// on the wall clock of a place.
//
// The expression is evaluated on wall time, then the wall time is placed on the
// line of instants: a wall time that a change to summer time skips falls on the
// first instant after the gap, one that comes twice counts once, the first
// time. (robfig/cron left alone skips the one and fires the other twice.)
type Timetable struct {
	schedule cron.Schedule
	zone     *time.Location
}

// ParseTimetable reads a cron expression of five fields. It returns [ErrCron],
// or [ErrCronNever] for a date that does not exist.
func ParseTimetable(expression string, zone *time.Location) (Timetable, error) {
	s, err := fiveFields.Parse(expression)
	if err != nil {
		return Timetable{}, ErrCron.With("expression", expression)
	}
	if s.Next(time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return Timetable{}, ErrCronNever.With("expression", expression)
	}
	return Timetable{s, zone}, nil
}

// Next is the first time after t, in UTC; zero when there is none.
func (t Timetable) Next(after time.Time) time.Time {
	local := after.In(t.zone)
	// An hour is taken off so that a wall time in the gap or in the fold just
	// before is seen again; what is not after is passed over below.
	wall := asWall(local).Add(-2 * time.Hour)
	for range 1000 {
		wall = t.schedule.Next(wall)
		if wall.IsZero() {
			return time.Time{}
		}
		if at := place(wall, t.zone); at.After(after) {
			return at.UTC()
		}
	}
	return time.Time{}
}

// asWall is the wall clock reading of t, as if it were UTC.
func asWall(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// place finds the first instant at which the clocks of the zone show wall, or,
// when they never do, the instant at which they jump over it.
func place(wall time.Time, zone *time.Location) time.Time {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	if !asWall(at).Equal(wall) {
		start, end := at.ZoneBounds()
		if asWall(at).After(wall) {
			return start
		}
		return end
	}
	if earlier := at.Add(-time.Hour); asWall(earlier).Equal(wall) {
		return earlier
	}
	return at
}
