package subsidies

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"colletta/refusal"
)

const soundFormula = formulaHead + `parameters:
  most: 30000.00
eligible:
  - {if: cost > 0, it: costo, en: cost}
steps:
  - name: award
    brackets:
      of: isee
      rows:
        - {up_to: 10000.00, value: cost / 2}
        - {above: 10000.00, up_to: most, value: 20.00}
        - {else: true, value: 0.00}
      missing: 0.00
    round: {to: 0.01, mode: half_up}
outputs: [award]
rounding: {to: 0.01, mode: half_up}
stacking: {with: [other], after: [other], basis: remainder}
fund: {mode: ranking, order: [{by: isee, dir: asc}], partial: forbid, on_shortfall: stop, reserve: [{share: 10%, if: tag}]}
cases:
  - {name: first, in: {isee: 9000.00, cost: 100.00, level: nido}, expect: {award: 50.00}}
funding_cases:
  - name: small
    budget: 100.00
    applicants: [{id: A, amount: 60.00, isee: 1}, {id: B, amount: 60.00, isee: null, tag: no}]
    expect: {ranking: [A, B], granted: {A: 60.00, B: 0.00}, left: 40.00}
`

func TestFormulasSayWhatIsWrongAndWhere(t *testing.T) {
	t.Parallel()
	loadText(t, soundFormula)
	for _, c := range []struct {
		name, old, new string
		want           *refusal.Error
		at             string // the line is that of this text in the changed file
		detail         string
	}{
		{"a rule too", "outputs:", "rule: {linear: {isee_from: 1, percent_from: 50, isee_to: 2, percent_to: 10}}\noutputs:", ErrRule, "rule:", "not both"},
		{"a cap too", "outputs:", "cap: {amount: 1.00, per: month}\noutputs:", ErrRule, "cap:", "at_most"},
		{"unknown field of a step", "    round:", "    rond:", ErrSyntax, "    rond:", "unknown field"},
		{"unknown type", "{type: money}", "{type: euros}", ErrRule, "  cost:", "list_of_money"},
		{"a choice without words", "{type: choice, of: [nido, scuola]}", "{type: choice}", ErrRule, "  level:", "lists its words"},
		{"a word twice", "[nido, scuola]", "[nido, nido]", ErrRule, "  level:", "twice"},
		{"bounds of a choice", "{type: choice,", "{type: choice, from: 1,", ErrRule, "  level:", "numbers and amounts only"},
		{"isee as an input", "  cost: {", "  isee: {type: money}\n  cost: {", ErrRule, "  isee: {", "field isee"},
		{"an input twice", "  cost: {", "  cost: {type: money}\n  cost: {", ErrSyntax, "  cost: {type: money}\n  resident", ""},
		{"a name with a capital", "  cost: {", "  Cost: {type: money}\n  cost: {", ErrRule, "  Cost:", "no name"},
		{"a reserved name", "  cost: {", "  today: {type: money}\n  cost: {", ErrRule, "  today:", "language of expressions"},
		{"a parameter that is taken", "  most: 30000.00", "  most: 30000.00\n  cost: 1", ErrRule, "  cost: 1", "is taken"},
		{"a parameter in words", "30000.00", "many", ErrRule, "many", "is no number"},
		{"an Italian number", "30000.00", "30.000", ErrRule, "30.000", "two ways"},
		{"a first increase", "30000.00", "[{from: 2025-01-01, increase: 1%}]", ErrRule, "increase", "nothing to increase"},
		{"an increase that is no percentage", "30000.00", "[{value: 1}, {from: 2026-05-01, increase: 1}]", ErrRule, "increase", "0.8%"},
		{"days that do not rise", "30000.00", "[{value: 1}, {from: 2026-05-01, value: 1}, {from: 2026-05-01, value: 2}]", ErrRule, "most:", "must rise"},
		{"nothing holds at first", "30000.00", "[{from: 2026-05-01, value: 1}]", ErrRule, "most:", "value that holds before"},
		{"a condition without words", ", it: costo", "", ErrRule, "{if: cost", "it and en"},
		{"a condition that is none", "if: cost > 0", "if: cost", ErrRule, "{if: cost", "yes or no is expected"},
		{"two rules in a step", "    round:", "    value: 1\n    round:", ErrRule, "- name: award", "exactly one of"},
		{"no rule in a step", soundFormula[strings.Index(soundFormula, "    brackets:"):strings.Index(soundFormula, "    round:")], "", ErrRule, "- name: award", "exactly one of"},
		{"missing is not decided", "      missing: 0.00\n", "", ErrRule, "brackets:", "missing is not zero"},
		{"an unknown name", "cost / 2", "costs / 2", ErrRule, "{up_to: 10000.00", "there are: cost"},
		{"a hole", "{above: 10000.00", "{from: 10001.00", ErrRule, "{from: 10001.00", "a hole: the row before ends up to 10000 and this one begins from 10001"},
		{"an overlap", "{above: 10000.00", "{from: 10000.00", ErrRule, "{from: 10000.00", "an overlap"},
		{"a hole at the beginning", "{up_to: 10000.00", "{from: 1.00, up_to: 10000.00", ErrRule, "{from: 1.00", "from 0 is not decided"},
		{"bounds that fall", "up_to: most", "up_to: most / 5", ErrRule, "{above: 10000.00", ""},
		{"a bound that depends on the household", "up_to: most", "up_to: cost", ErrRule, "{above: 10000.00", "parameters alone"},
		{"two bounds", "up_to: most", "below: 1, up_to: most", ErrRule, "{above: 10000.00", "exactly one of up_to"},
		{"above is not decided", "        - {else: true, value: 0.00}\n", "", ErrRule, "brackets:", "above the last bound"},
		{"else is not last", "        - {above: 10000.00", "        - {else: true, value: 1}\n        - {above: 10000.00", ErrRule, "{else: true, value: 1}", "the last row"},
		{"a mode of rounding", "mode: half_up}\noutputs", "mode: nearest}\noutputs", ErrRule, "round: {to", "half_even"},
		{"an output that is no step", "outputs: [award]", "outputs: [grant]", ErrRule, "outputs:", "is no step"},
		{"no outputs", "outputs: [award]\n", "", ErrRule, "id: prova", "outputs is needed"},
		{"no rounding", "rounding: {to: 0.01, mode: half_up}\nstack", "stack", ErrRule, "id: prova", "rounding is needed"},
		{"results in parts of cents", "rounding: {to: 0.01", "rounding: {to: 0.0010", ErrRule, "rounding: {to", "paid in cents"},
		{"a basis", "basis: remainder", "basis: rest", ErrRule, "stacking", "cost or remainder"},
		{"after a measure that is not allowed", "after: [other]", "after: [third]", ErrRule, "stacking", "does not allow"},
		{"without beside a list", "with: [other]", "with: [other], without: [third]", ErrRule, "stacking", "takes some away from all"},
		{"without what pays before", "with: [other]", "without: [other]", ErrRule, "stacking", "keep one"},
		{"without itself", "with: [other]", "without: [prova]", ErrRule, "stacking", "no ID of another"},
		{"a tariff with a fund", "isee: ordinario", "isee: ordinario\nkind: tariff", ErrRule, "fund:", "a tariff has no fund"},
		{"a kind of ISEE twice", "isee: ordinario", "isee: [ordinario, ordinario]", ErrField, "isee: [", ""},
		{"an item of no list", "{type: money}", "{type: money, item: {it: x, en: y}}", ErrRule, "  cost:", "lists only"},
		{"a mode of the fund", "mode: ranking", "mode: lottery", ErrRule, "fund:", "first_come"},
		{"the end of the money", "partial: forbid, ", "", ErrRule, "fund:", "when the money ends"},
		{"a key of the order", "dir: asc}]", "dir: up}]", ErrRule, "fund:", "key of the order"},
		{"too much in reserve", "share: 10%", "share: 110%", ErrRule, "fund:", "at most 100%"},
		{"an input of a case", "cost: 100.00, level", "costo: 100.00, level", ErrRule, "{name: first", "is no input"},
		{"an input that a case lacks", "cost: 100.00, level", "level", ErrRule, "{name: first", "was not given"},
		{"a value of a case", "level: nido}", "level: liceo}", ErrRule, "{name: first", "none of nido, scuola"},
		{"a result of a case", "expect: {award: 50.00}}", "expect: {grant: 50.00}}", ErrRule, "{name: first", "not among the outputs"},
		{"a case that fails", "expect: {award: 50.00}}", "expect: {award: 50.01}}", ErrCase, "{name: first", ""},
		{"a case of the other kind", "{name: first, in: {isee: 9000.00, cost: 100.00, level: nido}, expect: {award: 50.00}}", "{isee: 1.00, price: 1.00, expect: 1.00}", ErrRule, "{isee: 1.00", "needs in"},
		{"an applicant without the key", ", isee: null", "", ErrRule, "{id: A", "the order looks at it"},
		{"a key that nobody has", "[{by: isee, dir: asc}]", "[{by: domanda, dir: asc}]", ErrRule, "{id: A", "the order looks at it"},
		{"a mark that nobody has", "if: tag", "if: disabile", ErrRule, "{id: B", "no mark of a reserve"},
		{"a mark that is no yes or no", "tag: no", "tag: forse", ErrRule, "{id: B", "write yes or no"},
		{"an Italian day of application", "isee: null, tag", "isee: null, applied_at: 02/12/2026, tag", ErrRule, "{id: B", "2026-05-02"},
		{"a tab", "    brackets:", "\tbrackets:", ErrSyntax, "\tbrackets:", "indent with spaces"},
		{"a list for a text", "{type: money}", "{type: [money]}", ErrSyntax, "  cost:", "another kind"},
		{"a decimal comma", "value: cost / 2", "value: '4,06'", ErrRule, "{up_to: 10000.00", "decimals have a point"},
		{"one equals sign", "if: cost > 0", "if: cost = 0", ErrRule, "{if: cost", "equal is =="},
		{"an Italian and", "if: cost > 0", "if: cost > 0 e cost < 9", ErrRule, "{if: cost", "write and"},
		{"a ranking that differs", "ranking: [A, B]", "ranking: [B, A]", ErrCase, "name: small", ""},
		{"a grant that differs", "B: 0.00", "B: 1.00", ErrCase, "name: small", ""},
		{"what is left differs", "left: 40.00", "left: 41.00", ErrCase, "name: small", ""},
		{"a grant to nobody", "B: 0.00}", "B: 0.00, C: 1.00}", ErrRule, "name: small", "is no applicant"},
	} {
		text := strings.Replace(soundFormula, c.old, c.new, 1)
		if text == soundFormula {
			t.Fatalf("%s: nothing was changed", c.name)
		}
		_, err := LoadMeasure([]byte(text))
		if !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want.Code)
			continue
		}
		args := refusal.All(err)[0].Args
		if detail := fmt.Sprint(args["detail"]); !strings.Contains(detail, c.detail) {
			t.Errorf("%s: %q does not say %q", c.name, detail, c.detail)
		}
		want := 1 + strings.Count(text[:strings.Index(text, c.at)], "\n")
		if args["line"] != want && args["line"] != want+1 { // a mapping's line is that of its first pair
			t.Errorf("%s: line %v, want %d (%v)", c.name, args["line"], want, args["detail"])
		}
	}
}

// A case that fails says what came out, what was expected and how.
func TestFailingCaseOfAFormulaShowsItsTrace(t *testing.T) {
	t.Parallel()
	_, err := LoadMeasure([]byte(strings.Replace(soundFormula, "expect: {award: 50.00}}", "expect: {award: 50.01}}", 1)))
	args := refusal.All(err)[0].Args
	trace, _ := args["trace"].(Trace)
	if args["number"] != 1 || args["name"] != "first" || args["output"] != "award" || args["got"] != "50.00" || args["expect"] != "50.01" ||
		!strings.Contains(strings.Join(trace, "\n"), "100,00 / 2 = 50,00\u00a0€") {
		t.Errorf("%v", args)
	}
}

// A name of a function is free for inputs and results: the brackets tell them apart.
func TestNamesOfFunctionsAreFree(t *testing.T) {
	t.Parallel()
	got, err := award(t, `steps: [{name: month, value: month(today)}, {name: award, value: "month + min(month, 2)"}]`+"\n", nil, on(2026, 3, 1))
	if err != nil || got != "5.00" {
		t.Errorf("%s, %v", got, err)
	}
}

// The line and the column of an expression are those of the letter that is wrong.
func TestExpressionsAreFoundToTheLetter(t *testing.T) {
	t.Parallel()
	for _, quote := range []string{"", `"`} {
		text := formulaHead + "steps:\n  - name: award\n    value: " + quote + "cost + wrong" + quote + "\n" + formulaTail
		_, err := LoadMeasure([]byte(text))
		args := refusal.All(err)[0].Args
		line := strings.Count(text[:strings.Index(text, "wrong")], "\n")
		column := len(strings.Split(text, "\n")[line][:strings.Index(strings.Split(text, "\n")[line], "wrong")]) + 1
		if args["line"] != line+1 || args["column"] != column {
			t.Errorf("line %v, column %v; want %d, %d", args["line"], args["column"], line+1, column)
		}
	}
}
