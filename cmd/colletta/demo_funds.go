package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"colletta/billing"
	"colletta/desk"
)

// The measures of the demo that pay charges after a round, and their funds: one
// serves who comes first and runs out, one is divided by a ranking.
const (
	helpMeasure, helpFund, helpAmount    = "aiuto-quote-2026", "Aiuto per le quote", "60,00"
	bonusMeasure, bonusFund, bonusAmount = "bonus-famiglie-2026", "Bonus famiglie", "50,00"
)

// Days after the close of the past round of the city on which families may apply
// to the ranking, and on which it is made.
const bonusClosesDays, bonusDecidedDays = 3, 5

// fundSteps let families that have not paid ask for help with the charges of the
// past round of the city.
func (l *demoLoader) fundSteps() []demoStep {
	run := l.calendar.City.Runs[0]
	at := run.ClosesAt
	return []demoStep{
		{l.calendar.From.AddDate(0, 0, 5).Add(12 * time.Hour), "Misure per le quote", l.shareMeasures},
		{at.Add(21 * time.Hour), "Fondi per le quote", func(ctx context.Context) error { return l.openFunds(ctx, run) }},
		{at.Add(22 * time.Hour), "Domande di contributo", func(ctx context.Context) error { return l.askAwards(ctx, run) }},
		{at.AddDate(0, 0, bonusDecidedDays), "Graduatoria", l.decideBonus},
	}
}

// shareMeasures lets the officer write the two measures, and the director publish
// them.
func (l *demoLoader) shareMeasures(ctx context.Context) error {
	officer, err := l.officer(ctx)
	if err != nil {
		return err
	}
	director, err := l.actor(ctx, cast("director").Person.Email)
	if err != nil {
		return err
	}
	for _, id := range []string{helpMeasure, bonusMeasure} {
		text, err := demoFiles.ReadFile("demo/" + id + ".yaml")
		if err != nil {
			return err
		}
		if _, _, err := l.desk.WriteMeasure(ctx, officer, desk.MeasureText{YAML: string(text), Note: "Prima versione."}); unlessDone(err) != nil {
			return err
		}
		if err := unlessDone(l.desk.PublishMeasure(ctx, director, desk.MeasureRelease{Measure: id, Version: 1})); err != nil {
			return err
		}
	}
	return nil
}

func (l *demoLoader) openFunds(ctx context.Context, run demoRun) error {
	officer, err := l.officer(ctx)
	if err != nil {
		return err
	}
	zone := l.desk.Zone()
	form := desk.FundForm{From: l.calendar.From.In(zone).Format(time.DateOnly), To: l.calendar.Now.In(zone).AddDate(0, 3, 0).Format(time.DateOnly)}
	help, bonus := form, form
	help.Name, help.Measures, help.Amount, help.Mode, help.Partial = helpFund, []string{helpMeasure}, helpAmount, "first_come", true
	bonus.Name, bonus.Measures, bonus.Amount = bonusFund, []string{bonusMeasure}, bonusAmount // divided as the measure says
	for _, f := range []desk.FundForm{help, bonus} {
		if _, err := l.desk.OpenFund(ctx, officer, f); unlessDone(err) != nil {
			return err
		}
	}
	page, err := l.fundPage(ctx, bonusFund)
	if err != nil || len(page.Calls) > 0 {
		return err
	}
	_, err = l.desk.OpenCall(ctx, officer, page.ID, run.ClosesAt.In(zone).AddDate(0, 0, bonusClosesDays).Format(time.DateOnly))
	return err
}

func (l *demoLoader) fundPage(ctx context.Context, name string) (desk.FundPageView, error) {
	officer, err := l.officer(ctx)
	if err != nil {
		return desk.FundPageView{}, err
	}
	funds, err := l.desk.FundList(ctx, officer)
	if err != nil {
		return desk.FundPageView{}, err
	}
	i := slices.IndexFunc(funds, func(f desk.FundView) bool { return f.Name == name })
	if i < 0 {
		return desk.FundPageView{}, fmt.Errorf("no fund %q", name)
	}
	return l.desk.FundPage(ctx, officer, funds[i].ID, 0)
}

// askAwards lets the families that will not have paid by now ask for both, except
// the one of the story, which has something to do.
func (l *demoLoader) askAwards(ctx context.Context, run demoRun) error {
	tables := l.timetables()
	city := slices.IndexFunc(tables, func(t demoTimetable) bool { return t.series.OpensOn == l.calendar.City.OpensOn })
	round, err := l.round(ctx, tables[city], run)
	if err != nil {
		return err
	}
	for _, c := range l.charges[round] {
		if c.day < len(paymentDays) || c.email == "" || c.email == cast("neighbour").Person.Email || c.charge.State != billing.ChargeOpen {
			continue
		}
		who, err := l.actor(ctx, c.email)
		if err != nil {
			return err
		}
		for _, measure := range []string{helpMeasure, bonusMeasure} {
			// Who has no ISEE, or asked before, is refused: that is part of the demo.
			if _, err := l.desk.RequestAward(ctx, who, desk.AwardRequest{Charge: c.charge.ID, Measure: measure}); unlessDone(err) != nil {
				return err
			}
		}
	}
	return nil
}

func (l *demoLoader) decideBonus(ctx context.Context) error {
	officer, err := l.officer(ctx)
	if err != nil {
		return err
	}
	page, err := l.fundPage(ctx, bonusFund)
	if err != nil {
		return err
	}
	for _, k := range page.Calls {
		if err := unlessDone(l.desk.DecideCall(ctx, officer, k.ID)); err != nil {
			return err
		}
	}
	return nil
}
