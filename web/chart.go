package web

import (
	"fmt"
	"strings"

	"colletta/desk"
	"colletta/money"
)

// barWidth is the width of a bar in its own units; pages stretch it.
const barWidth = 1000

// bar is a horizontal bar in parts. Its words say everything that it shows.
type bar struct {
	Label    string
	Segments []segment
	Mark     int // place of the threshold, 0..barWidth
	HasMark  bool
}

// segment is a part of a bar.
type segment struct {
	Class, Label string
	Amount       money.Amount
	X, Width     int
}

// groupBar shows how many families there are, between nobody and the largest
// group, with a mark at the smallest one.
func groupBar(p desk.OfferPictureView) bar {
	most := max(p.MaxMembers, p.MinMembers, p.Candidates, 1)
	b := bar{
		Label:   fmt.Sprintf("%s finora; il gruppo parte da %d e può arrivare a %d", membersText(p.Candidates), p.MinMembers, p.MaxMembers),
		Mark:    p.MinMembers * barWidth / most,
		HasMark: p.MinMembers > 1,
	}
	class := "bar-wait"
	if p.Missing == 0 && p.Candidates > 0 {
		class = "bar-done"
	}
	b.Segments = []segment{{Class: class, Width: max(p.Candidates, 0) * barWidth / most}}
	return b
}

// amountBar shows parts of a total one after the other.
func amountBar(what string, total money.Amount, parts ...segment) bar {
	b := bar{}
	words := make([]string, len(parts))
	var before money.Amount
	for i, part := range parts {
		if total > 0 {
			// Ends are computed, not widths, so that parts touch without a gap.
			start, end := scaled(before, total), scaled(before+part.Amount, total)
			part.X, part.Width = start, end-start
		}
		before += part.Amount
		words[i] = part.Amount.Italian() + " " + part.Label
		b.Segments = append(b.Segments, part)
	}
	b.Label = fmt.Sprintf("%s: %s su %s", what, strings.Join(words, ", "), total.Italian())
	return b
}

// scaled is where an amount lies on a bar; only for drawing.
func scaled(part, total money.Amount) int {
	return int(min(max(part, 0), total).Cents() * barWidth / total.Cents())
}

// countBar shows how many of most, in two parts.
func countBar(what string, served, unmet, most int) bar {
	most = max(most, 1)
	return bar{
		Label: fmt.Sprintf("%s: %d servite, %d senza risposta", what, served, unmet),
		Segments: []segment{
			{Class: "bar-done", Width: served * barWidth / most},
			{Class: "bar-unmet", X: served * barWidth / most, Width: (served+unmet)*barWidth/most - served*barWidth/most},
		},
	}
}

// paidBar shows how many charges are paid.
func paidBar(paid, of int) bar {
	return bar{
		Label:    fmt.Sprintf("Pagate %d quote su %d", paid, of),
		Segments: []segment{{Class: "bar-done", Width: paid * barWidth / max(of, 1)}},
	}
}

// The drawing area of a chart of prices, in its own units: a phone shows it
// about as large as it is.
const (
	chartWidth, chartHeight          = 360, 230
	chartLeft, chartRight            = 52, 12
	chartTop, chartBottom            = 26, 40
	chartPointsMax                   = 26 // more are joined by the line only
	chartTicks, chartTableRowsAtMost = 4, 60
)

// priceChart is the price for one family by the number of families.
type priceChart struct {
	Offer       string
	Title, Desc string
	Net, Quote  string // points of the lines; Quote is empty without subsidy
	Dots        []chartPoint
	Today       *chartPoint
	TodayWord   string // what the label says before the price
	TodayLeft   bool   // its label stands to the left
	YTicks      []chartTick
	XTicks      []chartTick
	Rows        []desk.PriceStep // the same as a table
	Subsidised  bool
	XTitle      string
}

type chartPoint struct {
	X, Y  int
	Label string
}

type chartTick struct {
	At    int
	Label string
}

// newPriceChart draws the ladder of an offer; nil when it has fewer than two
// steps.
func newPriceChart(p desk.OfferPictureView) *priceChart {
	ladder := p.Ladder
	if len(ladder) < 2 {
		return nil
	}
	first, last := ladder[0].Members, ladder[len(ladder)-1].Members
	if last <= first {
		return nil
	}
	c := &priceChart{XTitle: "famiglie nel gruppo", Offer: p.Offer.Title}
	top := max(1, p.Net)
	for _, step := range ladder {
		top = max(top, step.Quote, step.Net)
		c.Subsidised = c.Subsidised || step.Subsidy > 0
	}
	top = niceTop(top)
	x := func(members int) int {
		return chartLeft + (members-first)*(chartWidth-chartLeft-chartRight)/(last-first)
	}
	y := func(a money.Amount) int {
		return chartHeight - chartBottom - int(a.Cents()*(chartHeight-chartTop-chartBottom)/top.Cents())
	}
	var net, quote strings.Builder
	for _, step := range ladder {
		fmt.Fprintf(&net, "%d,%d ", x(step.Members), y(step.Net))
		fmt.Fprintf(&quote, "%d,%d ", x(step.Members), y(step.Quote))
		if len(ladder) <= chartPointsMax {
			c.Dots = append(c.Dots, chartPoint{x(step.Members), y(step.Net), fmt.Sprintf("%s: %s", membersText(step.Members), step.Net.Italian())})
		}
	}
	c.markToday(p, ladder[0], x, y)
	c.Net = strings.TrimSpace(net.String())
	if c.Subsidised {
		c.Quote = strings.TrimSpace(quote.String())
	}
	for i := 0; i <= chartTicks; i++ {
		a := top * money.Amount(i) / chartTicks
		c.YTicks = append(c.YTicks, chartTick{y(a), wholeEuro(a)})
	}
	for _, members := range ticksBetween(first, last) {
		c.XTicks = append(c.XTicks, chartTick{x(members), fmt.Sprint(members)})
	}
	c.Rows = thinned(ladder)
	c.describe(p, ladder[0], ladder[len(ladder)-1])
	return c
}

// markToday marks what the reader would pay now; a group that is too small is
// marked at its start, with the price that it would have there.
func (c *priceChart) markToday(p desk.OfferPictureView, first desk.PriceStep, x func(int) int, y func(money.Amount) int) {
	with := p.Candidates
	if p.Hypothetical { // the price counts the reader in
		with++
	}
	members, price := min(with, p.Ladder[len(p.Ladder)-1].Members), p.Net
	c.TodayWord = "oggi"
	if members < first.Members {
		members, price, c.TodayWord = first.Members, first.Net, "alla partenza"
	}
	c.Today = &chartPoint{x(members), y(price), price.Italian()}
	c.TodayLeft = c.Today.X > chartWidth*3/5
}

func (c *priceChart) describe(p desk.OfferPictureView, first, last desk.PriceStep) {
	c.Title = "Prezzo per la tua famiglia secondo quante famiglie aderiscono: " + p.Offer.Title
	c.Desc = fmt.Sprintf("Da %s con %s a %s con %s.", first.Net.Italian(), membersText(first.Members), last.Net.Italian(), membersText(last.Members))
	if c.Today != nil {
		c.Desc += fmt.Sprintf(" Oggi %s: %s %s.", membersText(p.Candidates), c.TodayWord, c.Today.Label)
	}
}

// niceTop is the top of the price axis: 1, 2, 4, 5, 8 or 10 times a power of
// ten euro, at least a.
func niceTop(a money.Amount) money.Amount {
	for unit := money.Amount(100); ; unit *= 10 {
		for _, n := range []money.Amount{1, 2, 4, 6, 8, 10} {
			if unit*n >= a {
				return unit * n
			}
		}
	}
}

// wholeEuro labels an axis; cents are shown only when there are any.
func wholeEuro(a money.Amount) string {
	return strings.TrimSuffix(a.ItalianNumber(), ",00") + " €"
}

// ticksBetween is at most seven numbers from first to last, both included.
func ticksBetween(first, last int) []int {
	step := max(1, (last-first+5)/6)
	var ticks []int
	for n := first; n < last; n += step {
		if last-n >= (step+1)/2 {
			ticks = append(ticks, n)
		}
	}
	return append(ticks, last)
}

// thinned keeps a table readable: at most 60 rows, always the first and last.
func thinned(ladder []desk.PriceStep) []desk.PriceStep {
	every := (len(ladder) + chartTableRowsAtMost - 1) / chartTableRowsAtMost
	if every <= 1 {
		return ladder
	}
	var rows []desk.PriceStep
	for i, step := range ladder {
		if i%every == 0 || i == len(ladder)-1 {
			rows = append(rows, step)
		}
	}
	return rows
}
