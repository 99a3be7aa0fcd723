package main

import (
	"encoding/json"
	"io"

	"colletta/money"
)

// splitJSON is the output of split for machines. Amounts are texts in euro, exact
// parts fractions of cents.
type splitJSON struct {
	Expenses []splitExpenseJSON `json:"expenses"`
}

type splitExpenseJSON struct {
	ID          string               `json:"id,omitempty"`
	Title       string               `json:"title,omitempty"`
	Rule        string               `json:"rule"`
	Total       money.Amount         `json:"total"`
	Portions    []splitPortionJSON   `json:"portions"`
	Components  []splitComponentJSON `json:"components"`
	Comparison  *splitComparisonJSON `json:"comparison,omitempty"`
	AsExpected  *bool                `json:"as_expected,omitempty"`
	Differences []string             `json:"differences,omitempty"`
}

type splitPortionJSON struct {
	Name string       `json:"name"`
	Pays money.Amount `json:"pays"`
}

type splitComponentJSON struct {
	Name     string            `json:"name"`
	Division splitDivisionJSON `json:"division"`
}

type splitDivisionJSON struct {
	Group   string              `json:"group,omitempty"`
	Total   money.Amount        `json:"total"`
	Lines   []splitLineJSON     `json:"lines"`
	Between *splitDivisionJSON  `json:"between,omitempty"`
	Inside  []splitDivisionJSON `json:"inside,omitempty"`
}

type splitLineJSON struct {
	Name           string       `json:"name"`
	Group          string       `json:"group,omitempty"`
	ExactCents     string       `json:"exact_cents"` // "10000/7"
	Exact          string       `json:"exact"`       // "14.285714…", cut
	Whole          money.Amount `json:"whole"`
	RemainderCents string       `json:"remainder_cents"`
	Rank           int          `json:"rank,omitempty"`
	OddCent        money.Amount `json:"odd_cent"`
	Pays           money.Amount `json:"pays"`
	Limit          money.Limit  `json:"limit,omitempty"`
	Why            money.Why    `json:"why"`
}

type splitComparisonJSON struct {
	Rules []string           `json:"rules"`
	Rows  []splitComparedRow `json:"rows"`
}

type splitComparedRow struct {
	Name        string         `json:"name"`
	Pays        []money.Amount `json:"pays"`
	Differences []money.Amount `json:"differences"` // from the first rule
}

// writeSplitJSON prints all expenses as one JSON object.
func writeSplitJSON(w io.Writer, results []splitResult) error {
	out := splitJSON{Expenses: make([]splitExpenseJSON, len(results))}
	for i, r := range results {
		out.Expenses[i] = fromSplitResult(r)
	}
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", " ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(out)
}

func fromSplitResult(r splitResult) splitExpenseJSON {
	e := splitExpenseJSON{
		ID: r.expense.ID, Title: r.expense.Title, Rule: r.expense.Rule.Name, Total: r.breakdown.Total(),
		Differences: r.differences,
	}
	portions := r.breakdown.Portions()
	for i, name := range r.breakdown.Participants() {
		e.Portions = append(e.Portions, splitPortionJSON{name, portions[i]})
	}
	for i, c := range r.breakdown.Components {
		e.Components = append(e.Components, splitComponentJSON{c.Name, fromDivision(r.breakdown.Divisions[i])})
	}
	if r.expense.Expected != nil {
		as := len(r.differences) == 0
		e.AsExpected = &as
	}
	if r.comparison != nil {
		e.Comparison = &splitComparisonJSON{Rules: r.comparison.Rules}
		for _, row := range r.comparison.Rows {
			compared := splitComparedRow{Name: row.Name, Pays: row.Portions}
			for k := range row.Portions {
				compared.Differences = append(compared.Differences, row.Difference(k))
			}
			e.Comparison.Rows = append(e.Comparison.Rows, compared)
		}
	}
	return e
}

func fromDivision(d *money.Division) splitDivisionJSON {
	out := splitDivisionJSON{Group: d.Name, Total: d.Total}
	for _, l := range d.Lines {
		out.Lines = append(out.Lines, splitLineJSON{
			Name: l.Name, Group: l.Group, ExactCents: l.Exact.RatString(), Exact: l.ExactText(), Whole: l.Whole,
			RemainderCents: l.Remainder.RatString(), Rank: l.Rank, OddCent: l.OddCent, Pays: l.Portion,
			Limit: l.Limit, Why: l.Why,
		})
	}
	if d.Between != nil {
		between := fromDivision(d.Between)
		out.Between = &between
	}
	for _, g := range d.Inside {
		out.Inside = append(out.Inside, fromDivision(g))
	}
	return out
}
