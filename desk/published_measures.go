package desk

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"colletta/communities"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

// MeasureInForce is a measure as it was published: law is public, so anybody may
// read it and reckon with it.
type MeasureInForce struct {
	Measure     *subsidies.Measure
	YAML        string
	PublishedAt time.Time
}

// MeasureQuestion are facts that somebody states to a measure in force.
type MeasureQuestion struct {
	Measure string
	On      string              // [date] YYYY-MM-DD; empty: today
	Facts   map[string][]string // [facts.NAME] by input as [subsidies.Facts.Set] takes them; nil for what is missing
}

// MeasureAnswer is what a measure in force gives to a question.
type MeasureAnswer struct {
	Measure *subsidies.Measure
	On      time.Time
	Result  subsidies.Result
	Italian subsidies.Trace
	English subsidies.Trace
}

// MeasuresInForce lists the measures in force by id (anybody).
func (d *Desk) MeasuresInForce(ctx context.Context, _ communities.Actor) ([]MeasureInForce, error) {
	rows, err := d.db.PublishedMeasures(ctx, "")
	if err != nil {
		return nil, err
	}
	all := make([]MeasureInForce, len(rows))
	for i, row := range rows {
		if all[i], err = inForce(row); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// MeasureInForce is one of them (anybody); [postgres.ErrNotFound].
func (d *Desk) MeasureInForce(ctx context.Context, _ communities.Actor, id string) (MeasureInForce, error) {
	rows, err := d.db.PublishedMeasures(ctx, id)
	if err != nil {
		return MeasureInForce{}, err
	}
	if id == "" || len(rows) == 0 {
		return MeasureInForce{}, postgres.ErrNotFound.With("key", id)
	}
	return inForce(rows[0])
}

func inForce(row postgres.PublishedMeasure) (MeasureInForce, error) {
	m, err := subsidies.LoadMeasure([]byte(row.Yaml))
	if err != nil {
		return MeasureInForce{}, fmt.Errorf("measure %s: %w", row.ID, err)
	}
	return MeasureInForce{m, row.Yaml, row.PublishedAt}, nil
}

// AskMeasure evaluates a measure in force on facts that somebody states (anybody).
// Nothing is stored, and nobody's data are looked at. Its errors are
// [postgres.ErrNotFound], [ErrDate], and [subsidies.ErrInput] at each fact.
func (d *Desk) AskMeasure(ctx context.Context, a communities.Actor, q MeasureQuestion) (MeasureAnswer, error) {
	found, err := d.MeasureInForce(ctx, a, q.Measure)
	if err != nil {
		return MeasureAnswer{}, err
	}
	m := found.Measure
	answer := MeasureAnswer{Measure: m, On: d.today(d.clock.Now())}
	var refused refusal.List
	if q.On != "" {
		day, e := factDay(strings.TrimSpace(q.On))
		if e != nil {
			refused = append(refused, e.At("date"))
		}
		answer.On = day
	}
	facts := m.NewFacts()
	for _, name := range slices.Sorted(maps.Keys(q.Facts)) {
		texts := q.Facts[name]
		err := error(nil)
		if texts == nil {
			err = facts.Missing(name)
		} else {
			err = facts.Set(name, texts...)
		}
		refused = append(refused, refusedAt(err, "facts."+name)...)
	}
	if err := refused.OrNil(); err != nil {
		return MeasureAnswer{}, err
	}
	if answer.Result, err = m.Eval(facts, answer.On); err != nil {
		return MeasureAnswer{}, atFacts(err)
	}
	if answer.Italian, err = m.Explain(facts, answer.On, subsidies.Italian); err != nil {
		return MeasureAnswer{}, err
	}
	answer.English, err = m.Explain(facts, answer.On, subsidies.English)
	return answer, err
}

// atFacts puts refusals of inputs at their facts.
func atFacts(err error) error {
	var refused refusal.List
	for _, e := range refusal.All(err) {
		if name, ok := e.Args["input"].(string); ok {
			e = e.At("facts." + name)
		}
		refused = append(refused, e)
	}
	if len(refused) == 0 {
		return err
	}
	return refused
}
