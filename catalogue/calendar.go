package catalogue

import (
	"time"

	"colletta/refusal"
)

// Holidays tells whether nothing takes place on a day, and why (in Italian).
type Holidays func(day time.Time) (name string, closed bool)

// Closure is a stretch of days without meetings, for example school holidays.
// Both ends are included.
type Closure struct {
	Name     string
	From, To time.Time
}

// ErrMeetingsCount says that a number of meetings is not in 1..[MeetingsMax].
// Args: max.
var ErrMeetingsCount = refusal.New(refusal.KindInvalid, "meetings_count")

// ErrMeetingsNone says that for two years every week of the slot is a holiday.
// Args: none.
var ErrMeetingsNone = refusal.New(refusal.KindInvalid, "meetings_none")

// MilanHolidays knows the public holidays in Milan; Sundays are not among them.
//
// Source: L. 260/1949 and changes; from 2026 also 4 October (L. 151/2025); 7
// December is Milan's patron. Compared with the days of 2024 to 2030 in
// testdata; the laws were not read again.
func MilanHolidays(day time.Time) (name string, closed bool) {
	year, month, date := day.Date()
	switch int(month)*100 + date {
	case 101:
		return "Capodanno", true
	case 106:
		return "Epifania", true
	case 425:
		return "Festa della Liberazione", true
	case 501:
		return "Festa del Lavoro", true
	case 602:
		return "Festa della Repubblica", true
	case 815:
		return "Ferragosto", true
	case 1004:
		if year >= 2026 {
			return "San Francesco", true
		}
	case 1101:
		return "Ognissanti", true
	case 1207:
		return "Sant'Ambrogio", true
	case 1208:
		return "Immacolata", true
	case 1225:
		return "Natale", true
	case 1226:
		return "Santo Stefano", true
	}
	switch civil(day) {
	case easter(year):
		return "Pasqua", true
	case easter(year).AddDate(0, 0, 1):
		return "Lunedì dell'Angelo", true
	}
	return "", false
}

// With adds closures to holidays.
func (h Holidays) With(closures ...Closure) Holidays {
	return func(day time.Time) (string, bool) {
		for _, c := range closures {
			if d := civil(day); !d.Before(civil(c.From)) && !d.After(civil(c.To)) {
				return c.Name, true
			}
		}
		return h(day)
	}
}

// Meetings lists the days of n weekly meetings in a slot, at midnight UTC: the
// first is on start or on the first right weekday after it; a week whose day is
// a holiday is skipped, so there are always n. It returns [ErrMeetingsCount], or
// [ErrMeetingsNone].
func Meetings(start time.Time, slot Slot, n int, holidays Holidays) ([]time.Time, error) {
	if n < 1 || n > MeetingsMax {
		return nil, ErrMeetingsCount.With("max", MeetingsMax)
	}
	day := civil(start)
	for day.Weekday() != slot.Day {
		day = day.AddDate(0, 0, 1)
	}
	const weeksWithoutMax = 104
	var days []time.Time
	for without := 0; len(days) < n; day = day.AddDate(0, 0, 7) {
		if _, closed := holidays(day); closed {
			if without++; without > weeksWithoutMax {
				return nil, ErrMeetingsNone
			}
			continue
		}
		without = 0
		days = append(days, day)
	}
	return days, nil
}

// On is the slot on a day as instants of a zone, Europe/Rome for Milan. Wall
// times count: at 16 stays at 16 over the changes of the clocks.
func (s Slot) On(day time.Time, zone *time.Location) (start, end time.Time) {
	y, m, d := day.Date()
	return time.Date(y, m, d, 0, s.StartMinute, 0, 0, zone), time.Date(y, m, d, 0, s.EndMinute, 0, 0, zone)
}

// civil is the calendar day of t, at midnight UTC.
func civil(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// easter is Easter Sunday in the Gregorian calendar.
//
// Source: anonymous Gregorian computus (Nature, 1876), as in Meeus,
// Astronomical Algorithms, chapter 8; compared with testdata.
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (b - (b+8)/25 + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	p := h + l - 7*m + 114
	return time.Date(year, time.Month(p/31), p%31+1, 0, 0, 0, 0, time.UTC)
}
