package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"colletta/money"
	"colletta/refusal"
	"colletta/subsidies"
)

// measureTestCmd is "colletta measure test FILE...": it proves measures on their
// own worked cases.
type measureTestCmd struct {
	Files []string `arg:"" name:"file" type:"existingfile" help:"Measures in YAML."`
}

// Run prints for each file how many worked cases hold, or what is wrong and where;
// it fails if one of them is wrong.
func (c *measureTestCmd) Run() error { return c.run(os.Stdout, os.Stderr) }

func (c *measureTestCmd) run(stdout, stderr io.Writer) error {
	var wrong exitCode
	for _, file := range c.Files {
		m, err := readMeasure(file)
		if err != nil {
			say(stderr, "%v", err)
			wrong = 1
			continue
		}
		fund := ""
		if n := len(m.Fundings); n > 0 {
			fund = fmt.Sprintf(", and %d of the fund", n)
		}
		say(stdout, "%s: %d worked cases hold%s.", m.ID, len(m.Cases)+len(m.Worked), fund)
	}
	if wrong != 0 {
		return wrong
	}
	return nil
}

// measureEvalCmd is "colletta measure eval FILE --in case.json": what a measure
// gives to one household, and why. A price rule takes --isee and --price too.
type measureEvalCmd struct {
	File  string        `arg:"" type:"existingfile" help:"Measure in YAML."`
	In    string        `help:"Facts in JSON: {\"isee\": \"12345.67\", \"hours\": 20}; null for what is missing. - reads standard input."`
	ISEE  *money.Amount `name:"isee" help:"ISEE in euro, for example 12345.67; leave out for a household without ISEE."`
	Price *money.Amount `help:"Of a rule on a price: gross price per period in euro, for example 50.00."`
	Date  string        `help:"Day of the evaluation, YYYY-MM-DD; by default the first day of validity."`
	Lang  string        `enum:"it,en" default:"it" help:"Language of the explanation: it or en."`
}

// Run prints the explanation, whose last line is the result.
func (c *measureEvalCmd) Run() error { return c.run(os.Stdin, os.Stdout) }

func (c *measureEvalCmd) run(stdin io.Reader, stdout io.Writer) error {
	m, err := readMeasure(c.File)
	if err != nil {
		return err
	}
	day := m.From
	if c.Date != "" {
		if day, err = time.Parse(time.DateOnly, c.Date); err != nil {
			return fmt.Errorf("--date: %q is no day YYYY-MM-DD", c.Date)
		}
	}
	facts, err := c.facts(m, stdin)
	if err != nil {
		return err
	}
	trace, err := m.Explain(facts, day, subsidies.Lang(c.Lang))
	if err != nil {
		return inWords(err)
	}
	for _, line := range trace {
		say(stdout, "%s", line)
	}
	if c.Price != nil {
		result, err := m.Eval(facts, day)
		if err != nil {
			return err
		}
		award := result.Amount(0)
		say(stdout, "Quota %s, contributo %s, da pagare %s.", c.Price.Italian(), award.Italian(), (*c.Price - award).Italian())
	}
	return nil
}

// facts come from the JSON file, or from the two flags.
func (c *measureEvalCmd) facts(m *subsidies.Measure, stdin io.Reader) (*subsidies.Facts, error) {
	facts := m.NewFacts()
	if c.ISEE != nil && *c.ISEE < 0 || c.Price != nil && *c.Price < 0 {
		return nil, errors.New("--isee and --price cannot be negative")
	}
	if c.In == "" && c.Price == nil && m.HasPriceRule() {
		return nil, errors.New("give --price, and --isee unless there is none; or --in with a JSON file")
	}
	if c.ISEE != nil {
		if err := facts.Set("isee", c.ISEE.String()); err != nil {
			return nil, inWords(err)
		}
	}
	if c.Price != nil {
		if err := facts.Set("price", c.Price.String()); err != nil {
			return nil, inWords(err)
		}
	}
	if c.In == "" {
		return facts, nil
	}
	data, err := readInput(c.In, stdin)
	if err != nil {
		return nil, err
	}
	return facts, readFacts(facts, c.In, data)
}

// readFacts reads an object whose members are inputs: numbers, texts, true, false,
// null, or a list of them. Numbers are taken from their text, so that no binary
// fraction comes between.
func readFacts(facts *subsidies.Facts, name string, data []byte) error {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	at := func(err error) error {
		line := 1 + bytes.Count(data[:min(int(d.InputOffset()), len(data))], []byte("\n"))
		return fmt.Errorf("%s:%d: %w", name, line, inWords(err))
	}
	if t, err := d.ReadToken(); err != nil || t.Kind() != '{' {
		return fmt.Errorf("%s:1: an object with the inputs is expected, for example {\"isee\": \"12345.67\"}", name)
	}
	for d.PeekKind() != '}' {
		key, err := d.ReadToken()
		if err != nil {
			return at(err)
		}
		input := key.String()
		if d.PeekKind() == 'n' {
			if _, err := d.ReadToken(); err != nil {
				return at(err)
			}
			if err := facts.Missing(input); err != nil {
				return at(err)
			}
			continue
		}
		texts, err := factTexts(d)
		if err != nil {
			return at(err)
		}
		if err := facts.Set(input, texts...); err != nil {
			return at(err)
		}
	}
	return nil
}

// factTexts reads one value or a list of values.
func factTexts(d *jsontext.Decoder) ([]string, error) {
	list := d.PeekKind() == '['
	if list {
		if _, err := d.ReadToken(); err != nil {
			return nil, err
		}
	}
	texts := []string{}
	for !list || d.PeekKind() != ']' {
		t, err := d.ReadToken()
		if err != nil {
			return nil, err
		}
		switch t.Kind() {
		case '"', '0', 't', 'f':
			texts = append(texts, t.String())
		default:
			return nil, errors.New("a number, a text, true, false, null or a list of them is expected")
		}
		if !list {
			return texts, nil
		}
	}
	_, err := d.ReadToken()
	return texts, err
}

// factBytesMax bounds a file of facts.
const factBytesMax = 1 << 20

func readInput(name string, stdin io.Reader) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(stdin, factBytesMax))
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read facts: %w", err)
	}
	return data, nil
}

// readMeasure loads a measure; its errors begin with file and line.
func readMeasure(file string) (*subsidies.Measure, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read measure: %w", err)
	}
	m, err := subsidies.LoadMeasure(data)
	if err != nil {
		return nil, measureError(file, err)
	}
	return m, nil
}

// measureError writes the refusal of a measure for those who write one: file,
// line and column, then what was found and expected; for a worked case that fails,
// how the measure came to its result.
func measureError(file string, err error) error {
	refused := refusal.All(err)
	if len(refused) == 0 {
		return fmt.Errorf("%s: %w", file, err)
	}
	e := refused[0]
	place := file
	for _, key := range []string{"line", "column"} {
		if n, ok := e.Args[key].(int); ok && n > 0 {
			place += ":" + strconv.Itoa(n)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s", place, words(e))
	if trace, ok := e.Args["trace"].(subsidies.Trace); ok {
		for _, line := range trace {
			b.WriteString("\n    " + line)
		}
	}
	return errors.New(b.String())
}

// words says a refusal of a measure in English, as the rest of the command line.
func words(e *refusal.Error) string {
	switch {
	case errors.Is(e, subsidies.ErrCase):
		name := ""
		if text := fmt.Sprint(e.Args["name"]); text != "" {
			name = " (" + text + ")"
		}
		return fmt.Sprintf("worked case %v%s: %v is %v, expected %v", e.Args["number"], name, e.Args["output"], e.Args["got"], e.Args["expect"])
	case errors.Is(e, subsidies.ErrField):
		return fmt.Sprintf("the field %v is missing or has an impossible value; see docs/measures.md", e.Args["field"])
	case errors.Is(e, subsidies.ErrBracketsHole):
		return fmt.Sprintf("a hole: no bracket holds at %v; let each begin where the one before ends", e.Args["bound"])
	case errors.Is(e, subsidies.ErrBracketsOverlap):
		return fmt.Sprintf("an overlap: two brackets hold at %v", e.Args["bound"])
	case errors.Is(e, subsidies.ErrBracketsOrder):
		return fmt.Sprintf("the bounds must rise: %v comes too late", e.Args["bound"])
	case errors.Is(e, subsidies.ErrPortion):
		return "exactly one of percent (above 0, up to 100) and amount (above 0) is needed"
	case errors.Is(e, subsidies.ErrCapNeeded):
		return "a rule that can cover the whole price needs a cap: {amount: ..., per: month}"
	}
	switch {
	case errors.Is(e, subsidies.ErrPopulation):
		return fmt.Sprintf("line %v, column %v: %v", e.Args["line"], e.Args["column"], e.Args["detail"])
	case errors.Is(e, subsidies.ErrSimulatedOutput):
		return fmt.Sprintf("%q is no amount among the results; there are: %v", e.Args["output"], e.Args["outputs"])
	case errors.Is(e, subsidies.ErrSimulatedTimes):
		return fmt.Sprintf("%v times a year: give a number from 1 to 366", e.Args["times"])
	}
	for _, key := range []string{"input", "step", "applicant"} {
		if name, ok := e.Args[key]; ok {
			return fmt.Sprintf("%v: %v", name, e.Args["detail"])
		}
	}
	if detail, ok := e.Args["detail"]; ok {
		return fmt.Sprint(detail)
	}
	parts := make([]string, 0, len(e.Args))
	for _, key := range slices.Sorted(maps.Keys(e.Args)) {
		parts = append(parts, fmt.Sprintf("%s %v", key, e.Args[key]))
	}
	return e.Code + " " + strings.Join(parts, ", ")
}

// inWords turns a refusal of an evaluation into a plain error.
func inWords(err error) error {
	if refused := refusal.All(err); len(refused) > 0 {
		return errors.New(words(refused[0]))
	}
	return err
}
