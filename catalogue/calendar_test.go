package catalogue

import (
	"encoding/json"
	"errors"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func day(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		panic(err)
	}
	return t
}

// Every day of seven years is or is not a holiday, as the list says.
func TestMilanHolidaysAreThoseOfTheList(t *testing.T) {
	t.Parallel()
	var file struct {
		Years map[string][][2]string `json:"holidays_milano"`
	}
	data, err := os.ReadFile("testdata/holidays_milano.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	listed := map[string]string{}
	for _, days := range file.Years {
		for _, d := range days {
			listed[d[0]] = d[1]
		}
	}
	if len(file.Years) != 7 || len(listed) < 90 {
		t.Fatalf("%d years, %d days", len(file.Years), len(listed))
	}
	for d := day("2024-01-01"); d.Year() <= 2030; d = d.AddDate(0, 0, 1) {
		name, closed := MilanHolidays(d)
		want, has := listed[d.Format(time.DateOnly)]
		if closed != has || closed && name == "" {
			t.Errorf("%s: %q, list says %q", d.Format(time.DateOnly), name, want)
		}
	}
}

// By hand: ten Mondays from 16 November 2026 meet 7 December (Sant'Ambrogio);
// school is closed from 23 December to 6 January.
func TestTenMeetingsSkipHolidaysAndRemainTen(t *testing.T) {
	t.Parallel()
	slot := Slot{time.Monday, 16 * 60, 17 * 60}
	school := Holidays(MilanHolidays).With(Closure{"Vacanze di Natale", day("2026-12-23"), day("2027-01-06")})
	got, err := Meetings(day("2026-11-12"), slot, 10, school)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"2026-11-16", "2026-11-23", "2026-11-30", "2026-12-14", "2026-12-21",
		"2027-01-11", "2027-01-18", "2027-01-25", "2027-02-01", "2027-02-08",
	}
	for i, d := range got {
		if d.Format(time.DateOnly) != want[i] {
			t.Errorf("meeting %d: %s, want %s", i+1, d.Format(time.DateOnly), want[i])
		}
	}
}

func TestMeetingsAreAsManyAsAskedAndNeverOnAHoliday(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := day("2024-01-01").AddDate(0, 0, rapid.IntRange(0, 2000).Draw(t, "start"))
		slot := rapid.SampledFrom(WeekGrid()).Draw(t, "slot")
		n := rapid.IntRange(1, MeetingsMax).Draw(t, "n")
		days, err := Meetings(start, slot, n, MilanHolidays)
		if err != nil || len(days) != n {
			t.Fatalf("%d meetings, %v, want %d", len(days), err, n)
		}
		for i, d := range days {
			if _, closed := MilanHolidays(d); closed || d.Weekday() != slot.Day || d.Before(start) || i > 0 && !d.After(days[i-1]) {
				t.Fatalf("meeting %d on %s", i, d)
			}
		}
	})
}

func TestMeetingsRefuse(t *testing.T) {
	t.Parallel()
	slot := WeekGrid()[0]
	for _, n := range []int{0, -1, MeetingsMax + 1} {
		if _, err := Meetings(day("2026-01-01"), slot, n, MilanHolidays); !errors.Is(err, ErrMeetingsCount) {
			t.Errorf("%d meetings: %v", n, err)
		}
	}
	always := func(time.Time) (string, bool) { return "chiuso", true }
	if _, err := Meetings(day("2026-01-01"), slot, 1, always); !errors.Is(err, ErrMeetingsNone) {
		t.Errorf("always closed: %v", err)
	}
}

func TestSlotKeepsItsWallTimeOverTheClockChange(t *testing.T) {
	t.Parallel()
	rome, err := time.LoadLocation("Europe/Rome")
	if err != nil {
		t.Fatal(err)
	}
	slot := Slot{time.Monday, 16*60 + 30, 18 * 60}
	for d, want := range map[string]string{"2026-10-19": "2026-10-19T14:30:00Z", "2026-10-26": "2026-10-26T15:30:00Z"} {
		start, end := slot.On(day(d), rome)
		if got := start.UTC().Format(time.RFC3339); got != want || end.Sub(start) != 90*time.Minute {
			t.Errorf("%s: %s to %s, want %s", d, got, end, want)
		}
	}
}
