package subsidies

import (
	"regexp"
	"time"
)

// dayOf counts days from 1 January 1970; it looks at year, month and day only.
func dayOf(t time.Time) int64 {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86_400
}

// dateOf is the day that dayOf counts.
func dateOf(day int64) time.Time { return time.Unix(day*86_400, 0).UTC() }

// The days a measure may know: four digits for the year.
var dayFirst, dayLast = dayOf(time.Date(1800, 1, 1, 0, 0, 0, 0, time.UTC)), dayOf(time.Date(2999, 12, 31, 0, 0, 0, 0, time.UTC))

func parseDay(text string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, text)
	switch {
	case err != nil && dayText.MatchString(text):
		return time.Time{}, phrase("there is no day %s: its form is right, but the month is shorter, or there is no such month", text)
	case err != nil || dayOf(t) < dayFirst || dayOf(t) > dayLast:
		return time.Time{}, phrase("%q is no date: write it as 2026-09-01", text)
	}
	return t, nil
}

var dayText = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

// monthsBetween counts the complete months from one day to another: the month is
// complete on the day with the same number, or, where a month has no such day, on
// its last day. Backwards it counts below zero.
//
// Source: art. 2963, fourth and fifth paragraph, Codice civile, as generally known
// (own knowledge, to be verified).
func monthsBetween(from, to int64) int64 {
	if to < from {
		return -monthsBetween(to, from)
	}
	a, b := dateOf(from), dateOf(to)
	months := int64(b.Year()-a.Year())*12 + int64(b.Month()) - int64(a.Month())
	lastOfMonth := b.AddDate(0, 0, 1).Month() != b.Month()
	if b.Day() < a.Day() && !lastOfMonth {
		months--
	}
	return months
}

// addMonths moves a day by months: to the day with the same number, or the last
// one of a month that has no such day. So monthsBetween of the two is n, forwards.
//
// Source: as monthsBetween.
func addMonths(day, n int64) int64 {
	d := dateOf(day)
	first := time.Date(d.Year(), d.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return dayOf(first) + int64(min(d.Day(), last)) - 1
}

// yearsBetween counts the complete years: the birthday counts, and who is born on
// 29 February has it on the 28th in a year without.
func yearsBetween(from, to int64) int64 { return monthsBetween(from, to) / 12 }
