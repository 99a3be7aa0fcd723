package main

import (
	"fmt"
	"slices"
	"time"

	"colletta/pooling"
)

// The days of the demo, counted from the day on which it is loaded.
const (
	demoStartDays    = -70 // the Comune begins
	pastLabOpenDays  = -58
	pastLabCloseDays = -44
	cityOpenDays     = -12 // of the round that is open now; a month earlier the past one opened
	cityCloseDays    = 9
	labOpenDays      = -10
	labCloseDays     = 3
	carerOpenDays    = -16
	carerCloseDays   = 4
)

// The hours at which rounds open and close, on the clocks of Rome.
const (
	openHour  = 9
	closeHour = 20
)

// demoRun is one round that the demo wants, as its series' timetable gives it.
type demoRun struct{ OpensAt, ClosesAt time.Time }

// demoSeries is a timetable of the demo with the runs that it has had or has.
type demoSeries struct {
	OpensOn, ClosesOn string // cron, Europe/Rome
	StartsAt          time.Time
	Runs              []demoRun
}

// demoCalendar holds every date of the demo.
type demoCalendar struct {
	From, Now                 time.Time
	PastLab, City, Lab, Carer demoSeries
}

// calendarFor lays the demo around the moment at which it is loaded: past
// rounds have been paid, open ones close within days.
func calendarFor(now time.Time, zone *time.Location) (demoCalendar, error) {
	c := demoCalendar{Now: now, From: wall(now, zone, demoStartDays, openHour)}
	c.PastLab = yearly(now, zone, pastLabOpenDays, pastLabCloseDays)
	c.Lab = yearly(now, zone, labOpenDays, labCloseDays)
	c.Carer = monthly(now, zone, carerOpenDays, carerCloseDays, 1)
	c.City = monthly(now, zone, cityOpenDays, cityCloseDays, 2)
	for _, s := range []*demoSeries{&c.PastLab, &c.Lab, &c.Carer, &c.City} {
		if err := s.run(now, zone); err != nil {
			return demoCalendar{}, err
		}
	}
	return c, nil
}

// wall is an hour of the day that many days from now, on the clocks of the zone.
func wall(now time.Time, zone *time.Location, days, hour int) time.Time {
	y, m, d := now.In(zone).Date()
	return time.Date(y, m, d+days, hour, 0, 0, 0, zone)
}

// yearly is a timetable that opens and closes on fixed dates.
func yearly(now time.Time, zone *time.Location, openDays, closeDays int) demoSeries {
	opens, closes := wall(now, zone, openDays, openHour), wall(now, zone, closeDays, closeHour)
	return demoSeries{
		OpensOn:  fmt.Sprintf("0 %d %d %d *", openHour, opens.Day(), opens.Month()),
		ClosesOn: fmt.Sprintf("0 %d %d %d *", closeHour, closes.Day(), closes.Month()),
		StartsAt: opens.Add(-time.Hour),
	}
}

// monthly is a timetable that opens and closes every month on days that every
// month has, near the days wanted. runs is how many rounds have opened by now.
func monthly(now time.Time, zone *time.Location, openDays, closeDays, runs int) demoSeries {
	opens, closes := everyMonth(now, zone, openDays, openHour), everyMonth(now, zone, closeDays, closeHour)
	first := time.Date(opens.Year(), opens.Month()-time.Month(runs-1), opens.Day(), openHour, 0, 0, 0, zone)
	return demoSeries{
		OpensOn:  fmt.Sprintf("0 %d %d * *", openHour, opens.Day()),
		ClosesOn: fmt.Sprintf("0 %d %d * *", closeHour, closes.Day()),
		StartsAt: first.Add(-time.Hour),
	}
}

// everyMonth is the nearest day to the one wanted that comes in every month;
// the later one of two.
func everyMonth(now time.Time, zone *time.Location, days, hour int) time.Time {
	for _, shift := range []int{0, 1, -1, 2, -2, 3, -3} {
		if at := wall(now, zone, days+shift, hour); at.Day() <= 28 {
			return at
		}
	}
	panic("demo: a month has more than 31 days")
}

// run asks the product's own timetable for the rounds up to now.
func (s *demoSeries) run(now time.Time, zone *time.Location) error {
	opens, err := pooling.ParseTimetable(s.OpensOn, zone)
	if err != nil {
		return err
	}
	closes, err := pooling.ParseTimetable(s.ClosesOn, zone)
	if err != nil {
		return err
	}
	for at := opens.Next(s.StartsAt); !at.After(now); at = opens.Next(at) {
		s.Runs = append(s.Runs, demoRun{at, closes.Next(at)})
	}
	return nil
}

// years lists the years in which measures need a fund and households an ISEE.
func (c demoCalendar) years(zone *time.Location) []int {
	years := []int{c.From.In(zone).Year(), c.Now.In(zone).Year(), c.Now.AddDate(0, 0, cityCloseDays+3).In(zone).Year()}
	slices.Sort(years)
	return slices.Compact(years)
}

// within is a moment of a round, per mille of the time until its close or until
// now.
func (c demoCalendar) within(r demoRun, perMille int) time.Time {
	end := r.ClosesAt
	if last := c.Now.Add(-time.Hour); end.After(last) {
		end = last
	}
	return r.OpensAt.Add(end.Sub(r.OpensAt) / 1000 * time.Duration(perMille)).Truncate(time.Second)
}
