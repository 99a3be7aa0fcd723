package web

import (
	"fmt"
	"strings"
	"time"

	"colletta/desk"
	"colletta/money"
)

// fundChart is what a fund had left, day by day, below what was set aside for it.
type fundChart struct {
	Title, Desc     string
	Left, Allocated string // points of the lines
	Now             chartPoint
	NowLeft         bool // its label stands to the left
	NowBelow        bool // and below the lines
	YTicks, XTicks  []chartTick
	Rows            []desk.FundDayView // the same as a table, the latest first
	More            int                // days that the table leaves out
}

// newFundChart draws the days of a fund, from the first on which money moved to
// its last one; nil before money moved.
func newFundChart(v desk.FundPageView) *fundChart {
	if len(v.Days) == 0 {
		return nil
	}
	first, last := v.Days[0].Day, v.To
	end := v.Days[len(v.Days)-1]
	if end.Day.After(last) {
		last = end.Day
	}
	c := &fundChart{
		Title: "Quanto resta del fondo " + v.Name,
	}
	top := money.Amount(1)
	for _, d := range v.Days {
		top = max(top, d.Allocated)
	}
	top = niceTop(top)
	days := max(1, daysBetween(first, last))
	x := func(day time.Time) int {
		return chartLeft + daysBetween(first, day)*(chartWidth-chartLeft-chartRight)/days
	}
	y := func(a money.Amount) int {
		return chartHeight - chartBottom - int(a.Cents()*(chartHeight-chartTop-chartBottom)/top.Cents())
	}
	// Money stays as it is until it moves: lines go along, then up or down.
	var left, allocated strings.Builder
	line := func(b *strings.Builder, at func(desk.FundDayView) money.Amount) {
		before := at(v.Days[0])
		for _, d := range v.Days {
			fmt.Fprintf(b, "%d,%d %d,%d ", x(d.Day), y(before), x(d.Day), y(at(d)))
			before = at(d)
		}
		now := v.Today
		if now.After(last) {
			now = last
		}
		if now.After(end.Day) {
			fmt.Fprintf(b, "%d,%d ", x(now), y(before))
		}
	}
	line(&left, desk.FundDayView.Available)
	line(&allocated, func(d desk.FundDayView) money.Amount { return d.Allocated })
	c.Left, c.Allocated = strings.TrimSpace(left.String()), strings.TrimSpace(allocated.String())
	now := v.Today
	if now.Before(end.Day) {
		now = end.Day
	}
	if now.After(last) {
		now = last
	}
	c.Now = chartPoint{x(now), y(end.Available()), end.Available().Italian()}
	c.NowLeft, c.NowBelow = c.Now.X > chartWidth*3/5, c.Now.Y < chartHeight/2
	for i := 0; i <= chartTicks; i++ {
		a := top * money.Amount(i) / chartTicks
		c.YTicks = append(c.YTicks, chartTick{y(a), wholeEuro(a)})
	}
	for _, day := range []time.Time{first, first.AddDate(0, 0, days/2), last} {
		c.XTicks = append(c.XTicks, chartTick{min(max(x(day), chartLeft+14), chartWidth-chartRight-20), day.Format("02/01/06")})
	}
	for i := len(v.Days) - 1; i >= 0 && len(c.Rows) < chartTableRowsAtMost; i-- {
		c.Rows = append(c.Rows, v.Days[i])
	}
	c.More = len(v.Days) - len(c.Rows)
	c.Desc = fmt.Sprintf("Messi a disposizione %s; ne restano %s.", end.Allocated.Italian(), end.Available().Italian())
	return c
}

// daysBetween counts the days from one calendar day to another.
func daysBetween(from, to time.Time) int {
	day := func(t time.Time) time.Time { return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) }
	return int(day(to).Sub(day(from)).Hours()) / 24
}
