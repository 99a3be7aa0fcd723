package subsidies

import (
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

// bench is a scope with one name of each type, and a memory for it.
func bench(t testing.TB) (*scope, *memory) {
	t.Helper()
	s := newScope()
	m := &memory{}
	add := func(sym *symbol, n Number, known bool) {
		s.add(sym)
		m.values = append(m.values, n)
		m.lists = append(m.lists, nil)
		if known && sym.input {
			m.known |= 1 << sym.slot
		}
	}
	number := func(name string, n Number, optional, known bool) {
		add(&symbol{name: name, kind: kindNumber, input: true, optional: optional, euro: true, places: 2}, n, known)
	}
	number("isee", Fraction(1234567, 100), true, true)
	number("lost", Number{}, true, false) // optional, and not known
	number("cost", Whole(100), false, true)
	add(&symbol{name: "resident", kind: kindYesNo, input: true}, Whole(1), true)
	add(&symbol{name: "level", kind: kindChoice, input: true, of: []string{"nido", "scuola"}}, Whole(0), true)
	add(&symbol{name: "born", kind: kindDate, input: true}, Whole(dayOf(on(2008, time.February, 29))), true)
	add(&symbol{name: "fees", kind: kindNumbers, input: true, euro: true, places: 2}, Number{}, true)
	m.lists[s.symbols["fees"].slot] = []Number{Whole(10), Whole(20), Whole(45)}
	add(&symbol{name: "closed", kind: kindDates, input: true}, Number{}, true)
	m.lists[s.symbols["closed"].slot] = []Number{Whole(dayOf(on(2026, time.February, 6))), Whole(dayOf(on(2026, time.February, 7))), Whole(dayOf(on(2026, time.January, 30)))}
	add(&symbol{name: "flags", kind: kindYesNos, input: true}, Number{}, true)
	m.lists[s.symbols["flags"].slot] = []Number{Whole(1), Whole(0), Whole(1)}
	add(&symbol{name: "levels", kind: kindChoices, input: true, of: []string{"nido", "scuola"}}, Number{}, true)
	m.lists[s.symbols["levels"].slot] = []Number{Whole(0), Whole(1), Whole(1)}
	add(&symbol{name: "today", kind: kindDate}, Whole(dayOf(on(2026, time.February, 27))), true)
	return s, m
}

func TestExpressionsAreExact(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1 + 2 * 3":                                             "7",
		"(1 + 2) * 3":                                           "9",
		"0.1 + 0.2":                                             "3/10",
		"1 / 3 * 3":                                             "1",
		"10 - 4 - 3":                                            "3",
		"-cost + 1":                                             "-99",
		"cost * 60 / 100":                                       "60",
		"known(isee) ? isee * 8 / 30000 : 0":                    "2469134/750000",
		"known(lost) ? lost : 7":                                "7",
		"min(3, 2, 5) + max(1, 4) + abs(-2)":                    "8",
		"ceil(49.01) + floor(-0.5)":                             "49",
		"round(2.3450, 0.01)":                                   "47/20",
		"round_half_even(2.3450, 0.01)":                         "117/50",
		"round_up(2.3410, 0.01)":                                "47/20",
		"round_down(2.3490, 0.01)":                              "117/50",
		"round(7.5)":                                            "8",
		"sum(fees)":                                             "75",
		"sum(fees, min(#, 15))":                                 "40",
		"sum(fees, #index == 2 ? 0 : #)":                        "30",
		"count(fees, # > 15)":                                   "2",
		"len(fees) * 2":                                         "6",
		"max(fees) - min(fees)":                                 "35",
		"fees[2] - fees[0]":                                     "35",
		"sum(fees, fees[#index] / len(fees))":                   "25",
		"any(fees, # == 20) ? 1 : 0":                            "1",
		"all(fees, # > 10) ? 1 : 0":                             "0",
		"none(fees, # > 100) ? 1 : 0":                           "1",
		"line(14000, 4000, 2.00, 24000, 5.00)":                  "7/2",
		"line(0, 4000, 2.00, 24000, 5.00)":                      "2",
		"line(99999, 4000, 2.00, 24000, 5.00)":                  "5",
		"equivalence_scale(1)":                                  "1",
		"equivalence_scale(5)":                                  "57/20",
		"equivalence_scale(7)":                                  "71/20",
		"years(born, today)":                                    "17", // the birthday of 29 February is on the 28th
		"years(born, date(\"2026-02-28\"))":                     "18",
		"years(born, date(\"2028-02-28\"))":                     "19",
		"months(date(\"2026-01-31\"), date(\"2026-02-28\"))":    "1",
		"months(date(\"2026-01-31\"), date(\"2026-03-30\"))":    "1",
		"years(today, born)":                                    "-17",
		"days(date(\"2026-02-27\"), today)":                     "0",
		"year(today) * 10000 + month(today) * 100 + day(today)": "20260227",
		"level == \"nido\" ? 1 : 2":                             "1",
		"\"scuola\" != level ? 1 : 2":                           "1",
		"level in [\"scuola\", \"nido\"] ? 1 : 2":               "1",
		"cost in [50, 100] ? 1 : 2":                             "1",
		"cost not in [50, 100] ? 1 : 2":                         "2",
		"50 < cost <= 100 ? 1 : 2":                              "1",
		"resident and not (cost > 100) ? 1 : 2":                 "1",
		"resident == false or cost == 100 ? 1 : 2":              "1",
		"born < today ? 1 : 2":                                  "1",
		"if resident { 1 } else { 2 }":                          "1",
		"20 in fees ? 1 : 2":                                    "1",
		"cost not in fees ? 1 : 2":                              "1",
		"count(closed, date(\"2026-02-01\") <= # <= date(\"2026-02-28\"))": "2",
		"count(closed, # < today)":                               "3",
		"count(closed, weekday(#) <= 5)":                         "2",
		"sum(closed, month(#))":                                  "5",
		"days(min(closed), max(closed))":                         "8",
		"day(closed[1])":                                         "7",
		"len(closed)":                                            "3",
		"weekday(today)":                                         "5",
		"date(\"2026-02-07\") in closed ? 1 : 2":                 "1",
		"count(closed, # in closed)":                             "3",
		"count(flags, #)":                                        "2",
		"count(flags, not # and fees[#index] > 15)":              "1",
		"sum(levels, # == \"nido\" ? 4 : flags[#index] ? 5 : 0)": "9",
		"count(levels, # in [\"scuola\"])":                       "2",
		"level in levels ? 1 : 2":                                "1",
		"levels[1] == \"scuola\" ? 1 : 2":                        "1",
		"flags[1] ? 1 : 2":                                       "2",
		"closed[0] < today ? 1 : 2":                              "1",
		"999999999999 * 999999999999 * 999999999999 / 999999999999 / 999999999999": "999999999999",
	} {
		s, m := bench(t)
		term, err := s.compile(text, 0)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		exact, _ := new(big.Rat).SetString(want)
		if got := term.number(m).Rat(); m.fault != nil || got.Cmp(exact) != 0 {
			t.Errorf("%s is %s (%s), want %s", text, got.RatString(), m.fault, want)
		}
	}
}

func TestExpressionsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                              "is empty",
		"isee * 2":                      "missing is not zero",
		"isee <= 17000.00":              "known(isee) and",
		"isse":                          "there are: isee",
		"17.000":                        "two ways",
		"1e3":                           "1e3",
		"0x10":                          "0x10",
		"cost +":                        "ends too early",
		"(cost":                         "cannot be read",
		"cost % 3":                      "60%",
		"cost ** 2":                     "the sign **",
		"level == \"liceo\"":            "it is one of nido, scuola",
		"level < \"nido\"":              "not in an order",
		"cost == \"nido\"":              "type choice only",
		"resident + 1":                  "here a number is expected, and this is yes or no",
		"resident > false":              "not in an order",
		"cost ? 1 : 2":                  "here yes or no is expected",
		"resident ? 1 : true":           "must be alike",
		"born > \"2026-01-01\"":         "date(\"2026-01-01\")",
		"years(born, \"2026-01-01\")":   "date(\"2026-01-01\")",
		"date(\"2026-02-30\") < today":  "there is no day 2026-02-30",
		"sum(cost)":                     "no list",
		"sum(filter(fees, # > 1))":      "sum(list, # > 50 ? # : 0)",
		"sum(fees, sum(fees, #))":       "no other list",
		"# + 1":                         "",
		"fees + 1":                      "this is a list",
		"round(cost, cost)":             "unit of a rounding",
		"round(cost, 0)":                "unit of a rounding",
		"cost / 0":                      "divides by zero",
		"sum(closed)":                   "only numbers are added",
		"sum(closed, #)":                "here a number is expected",
		"max(flags)":                    "no least",
		"sum(levels)":                   "only numbers are added",
		"count(levels, # == \"liceo\")": "# is never \"liceo\": it is one of nido, scuola",
		"levels == \"nido\"":            "type choice only",
		"cost in closed":                "here a date is expected",
		"closed == 1":                   "",
		"known(today)":                  "name of an input",
		"known(cost + 1)":               "name of an input",
		"cost × 2":                      "times is *",
		"level == “nido”":               "quotes are straight",
		"cost ≤ 3":                      "not above is <=",
		"not resident e cost > 1":       "write and",
		"non resident":                  "write not",
		"level == nido":                 "stands between quotes: \"nido\"",
		"resident == yes":               "stands alone",
		"anni(born, today)":             "it is written years(",
		"SUM(fees)":                     "it is written sum(",
		"round(cost, 2)":                "not how many decimals",
		"born + 30 > today":             "count between two dates",
		"fees * 2":                      "look into it",
		"if resident then 1 else 2":     "condition ? value : other value",
		"sqrt(cost)":                    "there is no function sqrt",
		"now()":                         "there is no function now",
		"cost.foo":                      "a point has no meaning",
		"min()":                         "it is written min(a, b)",
		"line(cost, 1)":                 "it is written line(x",
		"let x = 1; x":                  "; is not expected",
		"[1, 2]":                        "not for measures",
		"{a: 1}":                        "not for measures",
		"\"word\"":                      "can only be compared",
		"cost in level":                 "no list",
		"cost ?? 1":                     "the sign ??",
		"cost matches \"1\"":            "",
		"nil":                           "asked with known(isee)",
		strings.Repeat("(", 50) + "1" + strings.Repeat(")", 50): "nests deeper",
		strings.Repeat("1+", 1500) + "1":                        "is longer than",
		strings.Repeat("1+", 400) + "1":                         "is too large",
		strings.Repeat("-", 60) + "1":                           "nests deeper",
	} {
		s, _ := bench(t)
		term, err := s.compile(text, 0)
		var wrong *expressionError
		if !errors.As(err, &wrong) {
			t.Errorf("%.40s: %v, %v", text, term, err)
		} else if !strings.Contains(wrong.text.Error(), want) {
			t.Errorf("%.40s: %q does not say %q", text, wrong.text, want)
		}
	}
}

// Missing is not zero: an optional input may be read only where a condition shows
// that it is known.
func TestOptionalInputsAreReadOnlyWhereTheyAreKnown(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"known(isee) and isee > 1":                      true,
		"isee > 1 and known(isee)":                      false,
		"not known(isee) or isee > 1":                   true,
		"known(isee) or isee > 1":                       false,
		"known(isee) ? isee > 1 : false":                true,
		"known(isee) ? true : isee > 1":                 false,
		"not known(isee) ? false : isee > 1":            true,
		"(known(isee) and resident) ? isee > 1 : false": true,
		"(known(isee) or resident) ? isee > 1 : false":  false,
		"not (known(isee) and resident) or isee > 1":    true,
		"known(isee) == true and isee > 1":              true,
		"known(isee) == false or isee > 1":              true,
		"known(isee) != true or isee > 1":               true,
		"known(lost) and isee > 1":                      false,
		"known(isee) and known(lost) and isee > lost":   true,
		"known(isee) and (resident or isee > 1)":        true,
		"resident and (known(isee) ? isee : cost) > 1":  true,
		"(resident ? known(isee) : false) and isee > 1": true,
		"(resident ? known(isee) : true) and isee > 1":  false,
		"(known(isee) and true) and isee > 1":           true,
		"known(isee) and sum(fees, min(#, isee)) > 1":   true,
		"sum(fees, min(#, isee)) > 1":                   false,
	} {
		s, m := bench(t)
		term, err := s.compile(text, 0)
		if (err == nil) != ok {
			t.Errorf("%s: %v", text, err)
		}
		if err == nil {
			term.holds(m)
		}
	}
}

func TestImpossibleOperationsAreFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"1 / (cost - 100)":               "division by zero",
		"fees[3]":                        "has 3 elements",
		"fees[-1]":                       "place -1",
		"fees[0.5]":                      "place 0.5",
		"equivalence_scale(0)":           "members",
		"equivalence_scale(1.5)":         "members",
		"line(cost, 2, 1, cost - 99, 2)": "first point",
	} {
		s, m := bench(t)
		term, err := s.compile(text, 0)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if term.number(m); !strings.Contains(fmt.Sprint(m.fault), want) {
			t.Errorf("%s: fault %q, want %q", text, m.fault, want)
		}
	}
}

// Any text is read or refused, and what is read ends.
func FuzzExpression(f *testing.F) {
	for _, seed := range []string{
		"known(isee) ? isee * 8 / 30000 : 0", "sum(fees, #index == 2 ? 0 : min(#, 15))", "50 < cost <= 100 and level in [\"nido\"]",
		"years(born, today) >= 18 ? round(cost / 3, 0.01) : line(cost, 1, 2, 3, 4)", "a < (b < (c < d ? 1 : 2) < e ? 1 : 2) < f",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, m := bench(t)
		term, err := s.compile(text, 0)
		if err != nil {
			var wrong *expressionError
			if !errors.As(err, &wrong) {
				t.Fatalf("%q: not an error of the expression: %v", text, err)
			}
			return
		}
		w := &writer{lang: Italian, m: m, slots: make([]shown, s.slots), words: s.words}
		if term.kind == kindYesNo {
			w.reason(term, term.holds(m))
			return
		}
		if !term.kind.isList() {
			term.number(m)
			w.formula(term, 0)
		}
	})
}
