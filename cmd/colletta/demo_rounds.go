package main

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"strconv"
	"time"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/desk"
	"colletta/pooling"
	"colletta/postgres"
)

// demoTimetable is a series as its owner starts it.
type demoTimetable struct {
	series  demoSeries
	name    string
	period  string
	owner   string         // key of the place whose delegate starts it; empty for the Comune
	offers  []string       // keys
	pledges [][]demoPledge // one list a run
}

func (l *demoLoader) timetables() []demoTimetable {
	var city []string
	for _, o := range l.market.ofTheCity() {
		city = append(city, o.Key)
	}
	return []demoTimetable{
		{l.calendar.PastLab, "Psicomotricità al Girasole", catalogue.PeriodCourse, "girasole", []string{"lab-girasole"}, [][]demoPledge{l.plan.PastLab}},
		{l.calendar.City, "Tornata cittadina", catalogue.PeriodMonth, "", city, [][]demoPledge{l.plan.PastCity, l.plan.OpenCity}},
		{l.calendar.Carer, "Assistente familiare in Via Amoretti 14", catalogue.PeriodMonth, "amoretti", []string{"carer-amoretti"}, [][]demoPledge{l.plan.Carer}},
		{l.calendar.Lab, "Laboratorio di psicomotricità alla San Gottardo", catalogue.PeriodCourse, "san-gottardo", []string{"lab-san-gottardo"}, [][]demoPledge{l.plan.Lab}},
	}
}

// clockSlack is how long after its time the timetable comes round.
const clockSlack = 20 * time.Second

// roundSteps start the timetables, let them open rounds, let families pledge,
// and let the rounds that are over close and be paid.
func (l *demoLoader) roundSteps() []demoStep {
	var steps []demoStep
	for _, t := range l.timetables() {
		for i, run := range t.series.Runs {
			steps = append(steps, demoStep{run.OpensAt.Add(clockSlack), t.name + ": apertura", func(ctx context.Context) error {
				return l.open(ctx, t, run)
			}})
			for _, p := range t.pledges[i] {
				at := l.calendar.within(run, p.AtPerMille)
				if first := run.OpensAt.Add(2 * clockSlack); at.Before(first) {
					at = first
				}
				steps = append(steps, demoStep{at, t.name + ": adesioni", func(ctx context.Context) error { return l.pledge(ctx, t, run, p) }})
			}
			if run.ClosesAt.Before(l.calendar.Now) {
				steps = append(steps, l.closingSteps(t, run)...)
			}
		}
	}
	return steps
}

// open starts the series before its first round, and lets the timetable open
// what is due.
func (l *demoLoader) open(ctx context.Context, t demoTimetable, run demoRun) error {
	if _, err := l.round(ctx, t, run); err == nil {
		return nil
	}
	if run == t.series.Runs[0] {
		if err := l.startSeries(ctx, t); err != nil {
			return err
		}
	}
	if err := l.desk.Tick(ctx); err != nil {
		return err
	}
	_, err := l.round(ctx, t, run)
	return err
}

// The demo's rounds are searched for a short time: more finds nothing better in
// them, and whoever looks at the demo waits for it.
const (
	demoEffort           = pooling.EffortNormal
	demoTimeLimitSeconds = 2
)

func (l *demoLoader) startSeries(ctx context.Context, t demoTimetable) error {
	owner := cast("officer").Person.Email
	if t.owner != "" {
		owner = l.city.place(t.owner).Delegate.Email
	}
	who, err := l.actor(ctx, owner)
	if err != nil {
		return err
	}
	series := desk.NewSeries{
		Name: t.name, OpensOn: t.series.OpensOn, ClosesOn: t.series.ClosesOn, Period: t.period,
		Community: l.places[t.owner], StartsAt: t.series.StartsAt, Effort: string(demoEffort), TimeLimitSeconds: strconv.Itoa(demoTimeLimitSeconds),
	}
	for _, key := range t.offers {
		series.Offers = append(series.Offers, l.offers[key])
	}
	_, err = l.desk.CreateSeries(ctx, who, series)
	return err
}

var errNoRound = errors.New("the timetable did not open the round")

// round finds a round of a series by when it opened.
func (l *demoLoader) round(ctx context.Context, t demoTimetable, run demoRun) (pooling.RoundID, error) {
	if id := l.rounds[run.OpensAt][t.name]; id != "" {
		return id, nil
	}
	officer, err := l.officer(ctx)
	if err != nil {
		return "", err
	}
	rounds, err := l.desk.Rounds(ctx, officer)
	if err != nil {
		return "", err
	}
	for _, r := range rounds {
		if r.Series == t.name && r.OpensAt.Equal(run.OpensAt) {
			if l.rounds[run.OpensAt] == nil {
				l.rounds[run.OpensAt] = map[string]pooling.RoundID{}
			}
			l.rounds[run.OpensAt][t.name] = r.ID
			return r.ID, nil
		}
	}
	return "", fmt.Errorf("%s, %s: %w", t.name, run.OpensAt, errNoRound)
}

// pledge lets a family pledge.
func (l *demoLoader) pledge(ctx context.Context, t demoTimetable, run demoRun, p demoPledge) error {
	round, err := l.round(ctx, t, run)
	if err != nil {
		return err
	}
	family := l.city.place(p.Place).Units[p.Unit].Holder
	who, err := l.actor(ctx, family.Email)
	if err != nil {
		return err
	}
	_, err = l.desk.Pledge(ctx, who, desk.PledgeRequest{
		Round: round, Offer: l.offers[p.Offer], Community: l.places[p.Place], Units: fmt.Sprint(p.Units), Slots: p.Slots,
		MaxPrice: p.MaxPrice.ItalianNumber(), MaxDistanceM: typed(p.MaxDistanceM), Method: p.Method,
	}, false)
	if errors.Is(err, postgres.ErrPledgedAlready) {
		return nil
	}
	if errors.Is(err, pooling.ErrRoundClosed) && l.desk.Now().After(run.ClosesAt) {
		return nil // a loading that was killed goes through the pledges of a round that it has closed
	}
	if err != nil {
		return fmt.Errorf("%s: %w", family.Email, err)
	}
	return nil
}

// demoCharge is a charge of a past round with who pays it.
type demoCharge struct {
	charge desk.ChargeView
	place  *demoPlace
	email  string // of the household
	day    int    // the place among paymentDays; one beyond the last never comes
}

// Payments of a past round come on these days after the charges; some never.
var paymentDays = []int{2, 4, 7, 10, 14}

// closingSteps let the timetable close a round; the steps that it promised are
// done by hand, because no worker runs while the city is loaded. Then families
// pay.
func (l *demoLoader) closingSteps(t demoTimetable, run demoRun) []demoStep {
	closing := run.ClosesAt.Add(clockSlack)
	steps := []demoStep{{closing, t.name + ": chiusura", func(ctx context.Context) error { return l.closeRound(ctx, t, run) }}}
	for i, days := range paymentDays {
		at := run.ClosesAt.In(l.desk.Zone()).AddDate(0, 0, days).Add(-9 * time.Hour)
		steps = append(steps, demoStep{at, t.name + ": pagamenti", func(ctx context.Context) error { return l.payments(ctx, t, run, i) }})
	}
	return steps
}

func (l *demoLoader) closeRound(ctx context.Context, t demoTimetable, run demoRun) error {
	id, err := l.round(ctx, t, run)
	if err != nil {
		return err
	}
	officer, err := l.officer(ctx)
	if err != nil {
		return err
	}
	if err := l.desk.Tick(ctx); err != nil {
		return err
	}
	for _, act := range []func(context.Context, communities.Actor, pooling.RoundID) error{l.desk.CloseRound, l.desk.FormRound, l.desk.ChargeRound} {
		if err := act(ctx, officer, id); unlessDone(err) != nil {
			return err
		}
	}
	return l.findCharges(ctx, id)
}

// findCharges looks up what the members of each community owe for a round.
func (l *demoLoader) findCharges(ctx context.Context, round pooling.RoundID) error {
	officer, err := l.officer(ctx)
	if err != nil {
		return err
	}
	for _, p := range l.city.Places {
		view, err := l.desk.Community(ctx, officer, l.places[p.Key])
		if err != nil {
			return err
		}
		for _, m := range view.Members {
			for _, c := range m.Charges {
				if c.Round == round {
					l.charges[round] = append(l.charges[round], demoCharge{c, p, m.Email, paysOn(m.Email, c.RoundName)})
				}
			}
		}
	}
	return nil
}

// paysOn draws on which payment day a family pays: one in eight has not paid
// yet. The family of the third story has not, so that there is something to pay.
func paysOn(email, round string) int {
	if email == cast("neighbour").Person.Email {
		return len(paymentDays)
	}
	draw := fnv.New32a()
	draw.Write([]byte(email + "/" + round))
	if chance := draw.Sum32() % 8; chance > 0 {
		return int(chance) % len(paymentDays)
	}
	return len(paymentDays)
}

// payments records the transfers that came on a day: the administrator those of
// a building, the Comune the others.
func (l *demoLoader) payments(ctx context.Context, t demoTimetable, run demoRun, day int) error {
	id, err := l.round(ctx, t, run)
	if err != nil {
		return err
	}
	for _, c := range l.charges[id] {
		if c.day != day || c.charge.State != billing.ChargeOpen {
			continue
		}
		recorder := cast("officer").Person.Email
		if c.place.Kind == communities.KindCondominium {
			recorder = c.place.Delegate.Email
		}
		who, err := l.actor(ctx, recorder)
		if err != nil {
			return err
		}
		_, err = l.desk.RecordTransfer(ctx, who, desk.TransferRequest{
			Charge: c.charge.ID, Amount: c.charge.Net.ItalianNumber(), Note: "Bonifico, estratto conto del giorno",
			ReceivedOn: l.desk.Now().In(l.desk.Zone()).Format(time.DateOnly),
		})
		if unlessDone(err) != nil {
			return fmt.Errorf("charge %s: %w", c.charge.Number, err)
		}
	}
	return nil
}
