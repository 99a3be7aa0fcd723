package pooling

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func rome(t interface{ Fatal(...any) }) *time.Location {
	zone, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestTimetableOverClockChanges(t *testing.T) {
	zone := rome(t)
	cases := []struct {
		name, expression, after, want string
	}{
		{"plain winter day", "0 20 * * *", "2026-11-23T12:00:00+01:00", "2026-11-23T20:00:00+01:00"},
		{"not the same instant again", "0 20 * * *", "2026-11-23T20:00:00+01:00", "2026-11-24T20:00:00+01:00"},
		{"skipped wall time falls on the first instant after the gap", "30 2 * * *", "2026-03-28T12:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		{"and the next day is the plain one", "30 2 * * *", "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"},
		{"doubled wall time counts the first time", "30 2 * * *", "2026-10-24T12:00:00+02:00", "2026-10-25T02:30:00+02:00"},
		{"and not the second", "30 2 * * *", "2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"},
		{"asked between the two", "30 2 * * *", "2026-10-25T02:45:00+02:00", "2026-10-26T02:30:00+01:00"},
		{"just after the fold, at three", "0 3 * * *", "2026-10-25T02:30:00+01:00", "2026-10-25T03:00:00+01:00"},
		{"leap day", "0 12 29 2 *", "2026-03-01T00:00:00+01:00", "2028-02-29T12:00:00+01:00"},
		{"day 31 skips short months", "0 12 31 * *", "2026-09-01T00:00:00+02:00", "2026-10-31T12:00:00+01:00"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			table, err := ParseTimetable(c.expression, zone)
			if err != nil {
				t.Fatal(err)
			}
			after, _ := time.Parse(time.RFC3339, c.after)
			want, _ := time.Parse(time.RFC3339, c.want)
			if got := table.Next(after); !got.Equal(want) {
				t.Errorf("after %s: %s, want %s", c.after, got.In(zone).Format(time.RFC3339), c.want)
			}
		})
	}
}

func TestTimetableRefusesWhatNeverComes(t *testing.T) {
	for expression, want := range map[string]error{
		"0 0 30 2 *": ErrCronNever, "": ErrCron, "* * * *": ErrCron, "0 0 0 1 1 *": ErrCron, "@daily": ErrCron, "61 0 * * *": ErrCron,
	} {
		if _, err := ParseTimetable(expression, time.UTC); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", expression, err, want)
		}
	}
}

// Next is always later than asked, and asking again from just before it gives
// the same instant: no time is skipped and none comes twice.
func TestTimetableNextIsStable(t *testing.T) {
	zone := rome(t)
	rapid.Check(t, func(t *rapid.T) {
		table, err := ParseTimetable(rapid.SampledFrom([]string{"30 2 * * *", "0 3 * * *", "*/15 * * * *", "0 20 * * 5", "15 2 25 10 *", "59 1-3 * * 0"}).Draw(t, "cron"), zone)
		if err != nil {
			t.Fatal(err)
		}
		after := time.Unix(rapid.Int64Range(1767225600, 1830297600).Draw(t, "after"), 0)
		at := table.Next(after)
		if !at.After(after) {
			t.Fatalf("%s is not after %s", at, after)
		}
		if again := table.Next(at.Add(-time.Second)); !again.Equal(at) {
			t.Fatalf("from just before %s the next is %s", at, again)
		}
	})
}

func TestEffortsAndTimeLimitsHaveBounds(t *testing.T) {
	t.Parallel()
	for _, e := range Efforts() {
		if got, err := ParseEffort(string(e)); err != nil || got != e {
			t.Errorf("%s: %s, %v", e, got, err)
		}
	}
	for _, text := range []string{"", "Fast", "hard", "normal "} {
		if _, err := ParseEffort(text); !errors.Is(err, ErrEffort) {
			t.Errorf("%q: %v", text, err)
		}
	}
	for text, want := range map[string]int{"1": TimeLimitSecondsMin, "60": TimeLimitSecondsUsual, "180": TimeLimitSecondsMax} {
		if got, err := ParseTimeLimit(text); err != nil || got != want {
			t.Errorf("%q: %d, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "181", "-1", "1e2", "60 s", "1.5", "99999999999999999999"} {
		if _, err := ParseTimeLimit(text); !errors.Is(err, ErrTimeLimit) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
