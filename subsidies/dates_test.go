package subsidies

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const datesText = `id: leave-2026
name: {it: Congedo di prova, en: Leave for tests}
source: {act: Deliberazione 2/2026, date: 2026-02-01, protocol: 2/2026}
checked: 2026-02-10
valid: {from: 2026-03-01, to: 2026-12-31}
isee: none
inputs:
  born: {type: date, label: {it: nascita, en: birth}}
  back: {type: date, label: {it: rientro, en: return}}
  asked: {type: date, label: {it: domanda, en: application}}
eligible:
  - {if: "asked <= add_days(born, 30)", it: domanda entro 30 giorni, en: applied within 30 days}
steps:
  - {name: whole, label: {it: Mesi interi, en: Whole months}, unit: {it: mesi, en: months}, value: "months(born, min(back, add_years(born, 1)))"}
  - {name: rest, label: {it: Giorni in più, en: Days besides}, unit: {it: giorni, en: days}, value: "days(add_months(born, whole), min(back, add_years(born, 1)))"}
  - {name: award, label: {it: Contributo, en: Award}, value: 300.00 * whole + 10.00 * rest}
outputs: [whole, rest, award]
rounding: {to: 0.01, mode: half_up}
cases:
  - {in: {born: 2026-01-31, back: 2026-04-02, asked: 2026-03-02}, expect: {whole: 2, rest: 2, award: 620.00}}
  - {in: {born: 2024-02-29, back: 2025-06-01, asked: 2024-03-30}, expect: {whole: 12, rest: 0, award: 3600.00}}
  - {in: {born: 2026-01-31, back: 2026-04-02, asked: 2026-03-03}, expect: not_eligible}
`

// Goal: an act that says "within 30 days", "for whole months and the days that are
// left", "at most for a year" can be written. Method: the measure above.
func TestDatesAreMovedAndCompared(t *testing.T) {
	t.Parallel()
	m, err := LoadMeasure([]byte(datesText))
	if err != nil {
		t.Fatal(err)
	}
	trace, err := m.Explain(m.Worked[0].Facts, m.Worked[0].Day, Italian)
	if err != nil {
		t.Fatal(err)
	}
	text := strings.Join(trace, "\n")
	if !strings.Contains(text, "31/03/2026") || !strings.Contains(text, "02/04/2026") {
		t.Error(text)
	}
	for from, says := range map[string]string{
		"add_days(born, 30)":     "",
		"add_days(born, 0.5)":    "0.5",
		"add_months(born, 1000)": "",
		"add_years(born, 2000)":  "beyond",
	} {
		_, err := LoadMeasure([]byte(strings.Replace(datesText, "add_days(born, 30)", from, 1)))
		if says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v", from, err)
		}
	}
	for expression, says := range map[string]string{
		"min(back, 3)": "date", "add_days(back)": "add_days(a_date, 30)", "max(30, back)": "number", "aggiungi_giorni(back, 1)": "add_days", "add_days(3, back)": "date",
	} {
		_, err := LoadMeasure([]byte(strings.Replace(datesText, "min(back, add_years(born, 1))", expression, 1)))
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", expression, err)
		}
	}
}

// Goal: to count months and to add them fit together. Method: random days.
func TestMonthsAddedAreMonthsCounted(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		day := rapid.Int64Range(dayOf(time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)), dayOf(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC))).Draw(t, "day")
		n := rapid.Int64Range(0, 600).Draw(t, "months")
		later := addMonths(day, n)
		if got := monthsBetween(day, later); got != n {
			t.Fatalf("%s plus %d months is %s, %d months on", dateOf(day), n, dateOf(later), got)
		}
		if back := addMonths(later, -n); back > day || day-back > 3 {
			t.Fatalf("%s and back is %s", dateOf(day), dateOf(back))
		}
	})
}
