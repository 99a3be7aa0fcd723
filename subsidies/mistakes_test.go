package subsidies

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"colletta/refusal"
)

// What is written as in other languages is refused with what to write.
func TestForeignSignsAreRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"cost // 2":             "; divided by is /",
		"cost /* half */ / 2":   "no comments",
		"cost;":                 "nothing stands at the end",
		"cost | 2":              "write or",
		"resident && cost > 1":  "write and",
		"resident || cost > 1":  "write or",
		"cost & 1":              "write and",
		"!resident ? 1 : 2":     "write not",
		"cost <> 3 ? 1 : 2":     "different is !=",
		"cost => 3 ? 1 : 2":     "not below is >=",
		"cost > 1 AND cost < 2": "write and",
		"NOT (cost > 1)":        "write not",
		"isee is not null":      "known(isee)",
		"isee != null ? 1 : 2":  "known(isee)",
		"10_000.00":             "nothing between thousands",
		"10 000.00":             "between thousands nothing is written",
		"10'000.00":             "between thousands nothing is written",
		"SE(cost > 1; 2; 3)":    "condition ? value : other value",
		"if(cost > 1, 2, 3)":    "condition ? value : other value",
		"cost, 30":              "stand between brackets",
		"4,06":                  "decimals have a point",
		"cost x 3":              "times is *",
		"cost : 5":              "divided by is /",
		"award + 1":             "award is this very step",
		"minimo(cost, 3)":       "it is written min(a, b), min(list)",
		"SE(cost > 1, 2)":       "condition ? value : other value",
	} {
		lines := told(t, formulaHead+"steps:\n  - {name: award, value: \""+text+"\"}\n"+formulaTail)
		if len(lines) != 1 || !strings.Contains(lines[0], want) {
			t.Errorf("%s: %q, want %q", text, lines, want)
		}
	}
	// What stands between quotes is a word, whatever its signs.
	expectTold(t, formulaHead+"steps: [{name: award, value: 'level == \"a;b|c! // AND\" ? 1.00 : 2.00'}]\n"+formulaTail, `is never "a;b|c! // AND"`)
}

// The unit of an amount is the sign.
func TestUnitsInWordsAreRefused(t *testing.T) {
	t.Parallel()
	for unit, want := range map[string]string{"euro": "write €", "euro/mese": "write €/mese", "EUR": "write €", "Euro /ora": "write €/ora"} {
		lines := told(t, formulaHead+"steps:\n  - {name: award, unit: "+unit+", value: cost / 2}\n"+formulaTail)
		if len(lines) != 1 || !strings.HasSuffix(lines[0], want) {
			t.Errorf("%s: %q, want %q", unit, lines, want)
		}
	}
}

// The head says what it lacks, each thing by itself.
func TestTheHeadSaysWhatItLacks(t *testing.T) {
	t.Parallel()
	for old, c := range map[string][2]string{
		", protocol: 12/2026":               {"", "source needs a url or a protocol"},
		"protocol: 12/2026":                 {"url: Albo pretorio", "begins with https://"},
		"checked: 2026-01-02":               {"checked: 2025-12-31", "checked is before the date of the act"},
		", en: Trial":                       {"", "en is missing"},
		"it: Prova, ":                       {"", "it is missing"},
		"{from: 2026-01-01, to: 2027-12-31": {"{from: 2026-01-01, to: 2025-12-31", "from is after to: the first day is 2026-01-01, the last one 2025-12-31"},
		", to: 2027-12-31":                  {"", "valid is {from"},
		"to: 2027-12-31":                    {"to: 2027-11-31", "there is no day 2027-11-31"},
		"isee: ordinario":                   {"isee: Ordinario", "is ordinario meant?"},
	} {
		expectTold(t, change(t, formulaHead+soundStep+formulaTail, old, c[0]), c[1])
	}
	expectTold(t, formulaHead+soundStep+"outputs: [award]\nrounding: {to: 0.01}\ncases: []\n", "cases is empty")
}

// An act of tomorrow is a slip of the pen; only who has a clock can tell.
func TestDaysInTheFutureAreNamed(t *testing.T) {
	t.Parallel()
	m := loadText(t, formulaHead+soundStep+formulaTail)
	for _, c := range []struct {
		today time.Time
		lines string
	}{{on(2026, 1, 2), "[]"}, {on(2026, 1, 1), "[4]"}, {on(2025, 12, 31), "[3 4]"}} {
		lines := []int{}
		for _, e := range refusal.All(m.FutureDays(c.today)) {
			if !errors.Is(e, ErrField) {
				t.Errorf("%v", e)
			}
			lines = append(lines, lineOfRefusal(e))
		}
		if fmt.Sprint(lines) != c.lines {
			t.Errorf("%s: lines %v, want %s", c.today.Format(time.DateOnly), lines, c.lines)
		}
	}
}

// A file is UTF-8; its mark is dropped, other encodings are named.
func TestEncodingsAreNamed(t *testing.T) {
	t.Parallel()
	sound := formulaHead + soundStep + formulaTail
	loadText(t, "\ufeff"+sound)
	wide := []byte{0xff, 0xfe}
	for _, b := range []byte(sound) {
		wide = append(wide, b, 0)
	}
	expectTold(t, string(wide), "1: the file is UTF-16 text: save it as UTF-8")
	expectTold(t, string(wide[2:]), "1: the file is UTF-16 text: save it as UTF-8")
	expectTold(t, strings.Replace(sound, "it: Prova", "it: Citt\xe0", 1), "2: the file is Latin-1 or Windows-1252 text: save it as UTF-8")
	expectTold(t, strings.Replace(sound, "  cost:", "\u00a0 cost:", 1), "8: a space that does not break")
	loadText(t, strings.Replace(sound, "it: Prova", "it: 20.000\u00a0€", 1))
}

// Holes and overlaps are told with what to write, all at once.
func TestHolesAreToldWithTheWayOut(t *testing.T) {
	t.Parallel()
	rows := func(first, second, third string) string {
		return formulaHead + "steps:\n  - name: award\n    brackets:\n      of: cost\n      rows:\n        - {" + first + ", value: 1}\n        - {" + second +
			", value: 2}\n        - {" + third + ", value: 3}\n      above: 50.00\n" + formulaTail
	}
	expectTold(t, rows("below: 20000", "above: 20000, up_to: 30000", "above: 30001, up_to: 40000"),
		"write from: 20000 here or up_to: 20000 there", "write above: 30000 here or up_to: 30001 there")
	expectTold(t, rows("up_to: 20000", "from: 20000, below: 30000", "from: 29999, up_to: 40000"),
		"write above: 20000 here or below: 20000 there", "write from: 30000 here or below: 29999 there")
	loadText(t, rows("below: 50", "from: 50, up_to: 60", "above: 60, below: 70"))
}

// Yes and no are written alike everywhere.
func TestFlagsAreYesOrNo(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"yes", "si", "sì", "TRUE", "Yes"} {
		m := loadText(t, change(t, formulaHead+soundStep+formulaTail, "type: yes_no, optional: true", "type: yes_no, optional: "+word))
		if !m.Inputs[m.InputAt("resident")].Optional {
			t.Errorf("%s is not yes", word)
		}
	}
	expectTold(t, change(t, formulaHead+soundStep+formulaTail, "type: yes_no, optional: true", "type: yes_no, optional: forse"), "yes or no is expected here")
}

// What YAML cannot tell of a line is told.
func TestLinesAreLookedAt(t *testing.T) {
	t.Parallel()
	text := formulaHead + "steps:\n  - name: award\n    value: cost / 2\n" + formulaTail
	expectTold(t, change(t, text, "  - name", "  -name"), "after the dash of a list there is a space")
	expectTold(t, change(t, text, "cost / 2", "cost : 2"), "a colon in an expression: divided by is /")
	expectTold(t, change(t, text, "checked:", "cheked:", "  - name", "  -name"), "after the dash")
}

// One month is no "1 months".
func TestOneIsSingular(t *testing.T) {
	t.Parallel()
	text := change(t, formulaHead, "  cost:", "  born: {type: date}\n  cost:") +
		"steps: [{name: award, value: \"months(born, today) * 10\"}]\n" + change(t, formulaTail, "cost: 100.00", "born: 2025-12-01, cost: 1", "50.00", "10.00")
	m := loadText(t, text)
	trace, err := m.Explain(m.Worked[0].Facts, m.Worked[0].Day, Italian)
	if err != nil || !strings.Contains(strings.Join(trace, "\n"), "1 mese compiuto dal") {
		t.Errorf("%v, %v", trace, err)
	}
}
