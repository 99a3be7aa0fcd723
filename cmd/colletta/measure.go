package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"colletta/money"
	"colletta/refusal"
	"colletta/subsidies"
)

// measureTestCmd is "colletta measure test FILE...": it proves measures on their
// own worked cases.
type measureTestCmd struct {
	Files []string `arg:"" name:"file" type:"existingfile" help:"Measures in YAML."`
	Lang  string   `enum:"it,en" default:"it" help:"Language of what is wrong: it or en."`
}

// Run prints for each file how many worked cases hold, or everything that is wrong
// and where; it fails if one of them is wrong.
func (c *measureTestCmd) Run() error { return c.run(os.Stdout, os.Stderr) }

func (c *measureTestCmd) run(stdout, stderr io.Writer) error {
	var wrong exitCode
	lang := subsidies.Lang(c.Lang)
	for _, file := range c.Files {
		m, err := readMeasure(file, lang)
		if err != nil {
			say(stderr, "%v", err)
			wrong = 1
			continue
		}
		say(stdout, "%s", heldCases(m, lang))
		if err := m.FutureDays(time.Now()); err != nil {
			say(stderr, "%v", measureError(file, err, lang)) // a slip of the pen, most likely; the cases hold
		}
		if names := m.Unlabelled(); len(names) > 0 {
			say(stdout, "%s", adviceOnLabels(names, lang))
		}
	}
	if wrong != 0 {
		return wrong
	}
	return nil
}

// sayIn chooses the text of a language.
func sayIn(lang subsidies.Lang, it, en string) string {
	if lang == subsidies.English {
		return en
	}
	return it
}

// noDay says that --date is no day.
func noDay(text string, lang subsidies.Lang) error {
	return fmt.Errorf(sayIn(lang, "--date: %q non è un giorno: si scrive 2026-09-01", "--date: %q is no day: write it as 2026-09-01"), text)
}

// unread says why a file cannot be read.
func unread(err error, lang subsidies.Lang) error {
	var at *os.PathError
	switch {
	case errors.Is(err, os.ErrNotExist):
		return errors.New(sayIn(lang, "il file non c'è", "there is no such file"))
	case errors.Is(err, os.ErrPermission):
		return errors.New(sayIn(lang, "il file non si può leggere: mancano i permessi", "the file may not be read"))
	case errors.As(err, &at):
		return at.Err
	}
	return err
}

// heldCases says how many cases of a measure hold.
func heldCases(m *subsidies.Measure, lang subsidies.Lang) string {
	cases, fundings := len(m.Cases)+len(m.Worked), len(m.Fundings)
	if lang == subsidies.English {
		text := fmt.Sprintf("%s: %d worked cases hold", m.ID, cases)
		if fundings > 0 {
			text += fmt.Sprintf(", and %d of the fund", fundings)
		}
		return text + "."
	}
	text := fmt.Sprintf("%s: tornano %d casi di prova", m.ID, cases)
	if cases == 1 {
		text = m.ID + ": torna 1 caso di prova"
	}
	if fundings > 0 {
		text += fmt.Sprintf(", e %d del fondo", fundings)
	}
	return text + "."
}

// adviceOnLabels says what citizens will read as a bare name.
func adviceOnLabels(names []string, lang subsidies.Lang) string {
	list := strings.Join(names, ", ")
	if lang == subsidies.English {
		return "    without a label citizens read the bare name of: " + list
	}
	return "    senza label i cittadini leggono il nome così com'è: " + list
}

// measureEvalCmd is "colletta measure eval FILE --in case.json": what a measure
// gives to one household, and why. A price rule takes --isee and --price too.
type measureEvalCmd struct {
	File  string        `arg:"" type:"existingfile" help:"Measure in YAML."`
	In    string        `help:"Facts in JSON: {\"isee\": \"12345.67\", \"hours\": 20}; null for what is missing. - reads standard input."`
	ISEE  *money.Amount `name:"isee" help:"ISEE in euro, for example 12345.67; leave out for a household without ISEE."`
	Price *money.Amount `help:"Of a rule on a price: gross price per period in euro, for example 50.00."`
	Date  string        `help:"Day of the evaluation, YYYY-MM-DD; by default the first day of validity."`
	Lang  string        `enum:"it,en" default:"it" help:"Language of the explanation and of what is wrong: it or en."`
}

// Run prints the explanation, whose last line is the result.
func (c *measureEvalCmd) Run() error { return c.run(os.Stdin, os.Stdout) }

func (c *measureEvalCmd) run(stdin io.Reader, stdout io.Writer) error {
	m, err := readMeasure(c.File, subsidies.Lang(c.Lang))
	if err != nil {
		return err
	}
	day := m.From
	if c.Date != "" {
		if day, err = time.Parse(time.DateOnly, c.Date); err != nil {
			return noDay(c.Date, subsidies.Lang(c.Lang))
		}
	}
	facts, err := c.facts(m, stdin)
	if err != nil {
		return err
	}
	lang := subsidies.Lang(c.Lang)
	trace, err := m.Explain(facts, day, lang)
	if err != nil {
		return inWords(err, lang)
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
		if lang == subsidies.English {
			say(stdout, "Share €%s, award €%s, to pay €%s.", *c.Price, award, *c.Price-award)
		} else {
			say(stdout, "Quota %s, contributo %s, da pagare %s.", c.Price.Italian(), award.Italian(), (*c.Price - award).Italian())
		}
	}
	return nil
}

// facts come from the JSON file, or from the two flags.
func (c *measureEvalCmd) facts(m *subsidies.Measure, stdin io.Reader) (*subsidies.Facts, error) {
	facts := m.NewFacts()
	if c.ISEE != nil && *c.ISEE < 0 || c.Price != nil && *c.Price < 0 {
		return nil, errors.New(sayIn(subsidies.Lang(c.Lang), "--isee e --price non possono essere sotto zero", "--isee and --price cannot be negative"))
	}
	if c.In == "" && c.Price == nil && m.HasPriceRule() {
		return nil, errors.New(sayIn(subsidies.Lang(c.Lang), "ci vuole --price, e --isee se c'è; oppure --in con un file JSON", "give --price, and --isee unless there is none; or --in with a JSON file"))
	}
	if c.ISEE != nil {
		if err := facts.Set("isee", c.ISEE.String()); err != nil {
			return nil, inWords(err, subsidies.Lang(c.Lang))
		}
	}
	if c.Price != nil {
		if err := facts.Set("price", c.Price.String()); err != nil {
			return nil, inWords(err, subsidies.Lang(c.Lang))
		}
	}
	if c.In == "" {
		return facts, nil
	}
	data, err := readInput(c.In, stdin, subsidies.Lang(c.Lang))
	if err != nil {
		return nil, err
	}
	return facts, readFacts(facts, c.In, data, subsidies.Lang(c.Lang))
}

// factBytesMax bounds a file of facts.
const factBytesMax = 1 << 20

func readInput(name string, stdin io.Reader, lang subsidies.Lang) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(stdin, factBytesMax))
	}
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, unread(err, lang))
	}
	return data, nil
}

// readMeasure loads a measure; its errors begin with file and line.
func readMeasure(file string, lang subsidies.Lang) (*subsidies.Measure, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, unread(err, lang))
	}
	m, err := subsidies.LoadMeasure(data)
	if err != nil {
		return nil, measureError(file, err, lang)
	}
	return m, nil
}

// measureError writes the refusals of a measure for those who write one, a line
// each: file, line and column, then what was found and expected; for a worked case
// that fails, how the measure came to its result.
func measureError(file string, err error, lang subsidies.Lang) error {
	refused := refusal.All(err)
	if len(refused) == 0 {
		return fmt.Errorf("%s: %w", file, err)
	}
	lines := make([]string, 0, len(refused))
	for _, e := range refused {
		place := file
		for _, key := range []string{"line", "column"} {
			if n, ok := e.Args[key].(int); ok && n > 0 {
				place += ":" + strconv.Itoa(n)
			}
		}
		lines = append(lines, place+": "+subsidies.Words(e, lang))
		if traces, ok := e.Args["traces"].(map[subsidies.Lang]subsidies.Trace); ok {
			for _, line := range traces[lang] {
				lines = append(lines, "    "+line)
			}
		}
	}
	return errors.New(strings.Join(lines, "\n"))
}

// inWords turns the refusals of an evaluation into a plain error.
func inWords(err error, lang subsidies.Lang) error {
	refused := refusal.All(err)
	if len(refused) == 0 {
		return err
	}
	lines := make([]string, len(refused))
	for i, e := range refused {
		lines[i] = subsidies.Words(e, lang)
	}
	return errors.New(strings.Join(lines, "\n"))
}
