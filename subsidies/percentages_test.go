package subsidies

import (
	"strings"
	"testing"
	"time"
)

const rates = "parameters:\n  rate: 20%\n  other: 80%\n  few: 0.8\n  many: 80\n"

// reduced is a step that takes a percentage off the cost of 100 euro.
func reduced(percent string) string {
	return "  - name: award\n    reductions: {of: cost, one: largest, list: [{if: cost > 0, percent: \"" + percent + "\", it: prova, en: trial}]}\n"
}

var firstDay = on(2026, time.March, 1)

// Goal: a percentage means itself in a reduction, however it is reckoned. Oracle:
// worked by hand on a cost of 100 euro, of which the nursery pays 50.
func TestPercentagesMeanThemselves(t *testing.T) {
	t.Parallel()
	steps := "steps:\n  - {name: low, value: 'level == \"nido\" ? rate : other'}\n" +
		"  - {name: high, unit: \"%\", brackets: {of: cost, rows: [{up_to: 50, value: rate}, {else: true, value: 45%}], missing: 0}}\n" +
		"  - {name: plain, unit: \"%\", value: 35}\n"
	for percent, want := range map[string]string{
		"20":                                    "80.00",
		"20%":                                   "80.00",
		"20 %":                                  "80.00",
		"rate":                                  "80.00",
		"many":                                  "20.00",
		"resident_ ? rate : other":              "20.00",
		"max(rate, other)":                      "20.00",
		"min(rate, 50%)":                        "80.00",
		"rate * 4":                              "20.00",
		"rate / 2":                              "90.00",
		"rate + 5%":                             "75.00",
		"other - rate":                          "40.00",
		"1 - rate":                              "20.00",
		"rate * rate":                           "96.00",
		"cost < 3 ? rate : 0":                   "100.00",
		"round_up(rate / 3, 1%)":                "93.00",
		"2% * years(date('2016-03-01'), today)": "80.00",
		"low":                                   "80.00",
		"low + high":                            "35.00",
		"plain":                                 "65.00",
		"8 * 10":                                "20.00",
		"(rate + other) / 2 + 12.5%":            "37.50",
		"line(cost, 0, 10%, 200, 30%)":          "80.00",
	} {
		percent = strings.ReplaceAll(percent, "resident_", "cost < 3")
		got, err := award(t, rates+steps+reduced(percent), nil, firstDay)
		if err != nil || got != want {
			t.Errorf("%s: %s, want %s (%v)", percent, got, want, err)
		}
	}
	for value, want := range map[string]string{
		"cost * 24%":               "24.00",
		"24% * cost":               "24.00",
		"cost * 24 % + 5":          "29.00",
		"cost * (1 - rate)":        "80.00",
		"cost * rate - 5":          "15.00",
		"cost * 5 % - 2":           "3.00",
		"cost / 50%":               "200.00",
		"rate / 1%":                "20.00",
		"cost * 0.8% * 3":          "2.40",
		"cost > 3 ? cost * 1% : 7": "1.00",
		"50.00 * rate":             "10.00",
	} {
		got, err := award(t, rates+"steps:\n  - {name: award, unit: €, value: \""+value+"\"}\n", nil, firstDay)
		if err != nil || got != want {
			t.Errorf("%s: %s, want %s (%v)", value, got, want, err)
		}
	}
}

// A percentage beside a plain number, and a reduction that cannot be, are refused
// with what to write.
func TestWhatIsNoPercentageIsRefused(t *testing.T) {
	t.Parallel()
	for percent, want := range map[string]string{
		"rate + 5":               "write the number with %, for example 5%",
		"cost > 1 ? rate : 20":   "write the number with %",
		"max(rate, 20)":          "write the number with %",
		"min(20, 3, rate)":       "write the number with %",
		"rate * cost":            "write the number with %",
		"rate * 4 + 5":           "write the number with %",
		"0.2":                    "0.2 is less than one in a hundred: write 20%",
		"few":                    "0.8 is less than one in a hundred",
		"cost > 1 ? few : 0.5":   "is less than one in a hundred",
		"120%":                   "120% is more than all",
		"120":                    "120% is more than all",
		"rate * 100":             "2000% is more than all",
		"cost > 1 ? rate : 130%": "130% is more than all",
		"-20%":                   "without a sign",
		"-20":                    "without a sign",
		"ceil(rate)":             "rounded to a percentage",
		"round(rate, 1)":         "rounded to a percentage",
		"round(rate)":            "rounded to a percentage",
		"cost % 3":               "% stands after the number",
		"(cost + 1)%":            "30%",
		"rate%":                  "30%",
	} {
		expectTold(t, formulaHead+rates+"steps:\n"+reduced(percent)+formulaTail, want)
	}
	step := func(text string) string { return formulaHead + rates + "steps:\n" + text + formulaTail }
	expectTold(t, step("  - {name: award, value: cost, at_most: 20%}\n"), "does not go with a plain number or an amount")
	expectTold(t, step("  - {name: award, when: cost > 3, value: rate, otherwise: 20}\n"), "does not go with")
	expectTold(t, step("  - {name: award, brackets: {of: isee, rows: [{up_to: 3, value: rate}, {else: true, value: 20}], missing: 0}}\n"), "does not go with")
	expectTold(t, step("  - {name: award, brackets: {of: isee, rows: [{else: true, value: rate}], missing: 20}}\n"), "does not go with")
	expectTold(t, step("  - {name: award, unit: \"%\", value: rate}\n"), "divide by 1% for a result out of a hundred")
	expectTold(t, step("  - {name: award, unit: \"%\", value: rate * 3}\n"), "divide by 1% for a result out of a hundred")
	expectTold(t, step("  - {name: award, value: rate, round: {to: 1}}\n"), "to: 0.01 rounds it")
	expectTold(t, step("  - {name: award, value: rate > 20 ? 1.00 : 2.00}\n"), "does not go with")
	expectTold(t, change(t, step(reduced("rate")), "rate: 20%", "rate: [{value: 20%}, {from: 2026-05-01, value: 0.25}]"), "either all are written with %")
}

// A reduction that depends on the household and is below nothing or above all is an
// error that names the step and the reduction.
func TestReductionsStayBetweenNothingAndAll(t *testing.T) {
	t.Parallel()
	for percent, want := range map[string]string{"cost * 2": "200%", "50 - cost": "-50%"} {
		_, err := award(t, rates+"steps:\n"+reduced(percent), nil, firstDay)
		if err == nil {
			t.Errorf("%s: no error", percent)
			continue
		}
		detail := detailOf(err).Error()
		if !strings.HasPrefix(detail, "award: the reduction “trial” is "+want) {
			t.Errorf("%s: %s", percent, detail)
		}
	}
}

// A result in euro is not below zero: the step is named.
func TestResultsAreNotBelowZero(t *testing.T) {
	t.Parallel()
	step := "steps: [{name: award, value: cost - 100.01}]\n"
	if _, err := award(t, step, nil, firstDay); err == nil || detailOf(err).Error() != "award: the result is below zero, -0.01: at_least: 0 is missing" {
		t.Errorf("%v", err)
	}
	expectTold(t, formulaHead+step+formulaTail, "case 1 cannot be evaluated: award: the result is below zero")
	expectTold(t, change(t, formulaHead, "checked:", "kind: tariff\nchecked:")+step+formulaTail, "case 1 cannot be evaluated: award: the result is below zero")
	if got, err := award(t, "steps: [{name: award, value: cost - 100.01, at_least: 0}]\n", nil, firstDay); err != nil || got != "0.00" {
		t.Errorf("%s, %v", got, err)
	}
}
