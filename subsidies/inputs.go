package subsidies

import (
	"slices"
	"strings"
	"time"

	"colletta/money"
	"colletta/refusal"
)

// InputType is the type of an input, as it is written in a measure.
type InputType string

// The types of inputs.
const (
	InputMoney   InputType = "money"   // euro, two decimals at most
	InputInteger InputType = "integer" // a whole number
	InputNumber  InputType = "number"  // six decimals at most
	InputYesNo   InputType = "yes_no"
	InputChoice  InputType = "choice"
	InputDate    InputType = "date"
	InputMoneys  InputType = "list_of_money"
	InputNumbers InputType = "list_of_number"
	InputDates   InputType = "list_of_date"
	InputYesNos  InputType = "list_of_yes_no"
	InputChoices InputType = "list_of_choice"
)

// InputTypes lists every type.
func InputTypes() []InputType {
	return []InputType{InputMoney, InputInteger, InputNumber, InputYesNo, InputChoice, InputDate, InputMoneys, InputNumbers, InputDates, InputYesNos, InputChoices}
}

func (t InputType) kind() kind {
	switch t {
	case InputYesNo:
		return kindYesNo
	case InputChoice:
		return kindChoice
	case InputDate:
		return kindDate
	case InputMoneys, InputNumbers:
		return kindNumbers
	case InputDates:
		return kindDates
	case InputYesNos:
		return kindYesNos
	case InputChoices:
		return kindChoices
	}
	return kindNumber
}

func (t InputType) euro() bool { return t == InputMoney || t == InputMoneys }

// Input is one thing that a measure asks of a household.
type Input struct {
	Name     string
	Type     InputType
	Label    Name
	Unit     Name // for readers, for example "ore"; empty for amounts
	Optional bool
	From, To *Number  // least and most, included; nil means no bound
	ItemsMax int      // of a list
	Item     Name     // of a list: what one element is called, for example "mese"; empty if nothing is said
	Of       []string // the words of a choice, or of a list of them

	slot int
}

// The limits of what a measure asks.
const (
	inputsMax     = 60
	itemsMax      = 400
	wordRunesMax  = 100
	placesMax     = 6
	numberMaxText = "1000000000"
)

// iseeName is the input that every measure has which looks at an ISEE.
const iseeName = "isee"

// priceName is the second input of a price rule.
const priceName = "price"

// ErrInput says that a fact cannot be used by the measure that asks for it. Args:
// input, detail (English).
var ErrInput = refusal.New(refusal.KindInvalid, "measure_input")

// Facts are what is known of one household, for one measure: see
// [Measure.NewFacts]. They may be filled again and again; they are not for use by
// several goroutines at once.
type Facts struct {
	m      *Measure
	values []Number
	lists  [][]Number
	known  inputSet
}

// NewFacts are empty facts for a measure.
func (m *Measure) NewFacts() *Facts {
	n := len(m.Inputs)
	return &Facts{m: m, values: make([]Number, n), lists: make([][]Number, n)}
}

// Reset forgets everything.
func (f *Facts) Reset() { f.known = 0 }

// input finds an input by name: there are few, so that a walk is quick. Those who
// fill a million facts keep the place that [Measure.InputAt] gives.
func (f *Facts) input(name string) (*Input, error) {
	at := f.m.InputAt(name)
	if at < 0 {
		names := make([]string, len(f.m.Inputs))
		for i := range f.m.Inputs {
			names[i] = f.m.Inputs[i].Name
		}
		return nil, ErrInput.With("input", name, "detail", phrase("is no input of this measure; there are: %s", strings.Join(names, ", ")))
	}
	return &f.m.Inputs[at], nil
}

// InputAt is the place of an input among the measure's Inputs, -1 if there is none.
func (m *Measure) InputAt(name string) int {
	return slices.IndexFunc(m.Inputs, func(in Input) bool { return in.Name == name })
}

// SetAmount sets an amount at the place of an input that takes amounts. The value
// is taken as it is: bounds are checked by Set only.
func (f *Facts) SetAmount(place int, a money.Amount) { f.put(place, Euro(a)) }

// SetWhole sets a whole number.
func (f *Facts) SetWhole(place int, n int64) { f.put(place, Whole(n)) }

// SetYes sets a yes or a no.
func (f *Facts) SetYes(place int, yes bool) {
	if yes {
		f.put(place, Whole(1))
	} else {
		f.put(place, Whole(0))
	}
}

// SetDay sets a date.
func (f *Facts) SetDay(place int, day time.Time) { f.put(place, Whole(dayOf(day))) }

// SetMissing says that an input is not known.
func (f *Facts) SetMissing(place int) { f.known &^= 1 << place }

// SetAmounts sets a list of amounts, reusing the room of the list before.
func (f *Facts) SetAmounts(place int, list []money.Amount) {
	f.lists[place] = f.lists[place][:0]
	for _, a := range list {
		f.lists[place] = append(f.lists[place], Euro(a))
	}
	f.known |= 1 << place
}

func (f *Facts) put(place int, n Number) {
	f.values[place] = n
	f.known |= 1 << place
}

// Set reads a fact from its text, or a list from several texts: "12345.67",
// "true" (or "yes", "no", "sì"), "2026-09-01", one of the words of a choice. It
// returns [ErrInput].
func (f *Facts) Set(name string, texts ...string) error {
	in, err := f.input(name)
	if err != nil {
		return err
	}
	refuse := func(err error) error { return ErrInput.With("input", name, "detail", err) }
	if in.Type.kind().isList() {
		list := make([]Number, len(texts))
		if len(texts) > in.ItemsMax {
			return refuse(phrase("has %d elements, at most %d are allowed", len(texts), in.ItemsMax))
		}
		for i, text := range texts {
			if list[i], err = in.one(f.m, text); err != nil {
				return refuse(phrase("element %d: %s", i+1, err))
			}
		}
		f.lists[in.slot] = list
		f.known |= 1 << in.slot
		return nil
	}
	if len(texts) != 1 {
		return refuse(phrase("is no list: one value is expected"))
	}
	n, err := in.one(f.m, texts[0])
	if err != nil {
		return refuse(err)
	}
	f.put(in.slot, n)
	return nil
}

// Missing says that a fact is not known. It returns [ErrInput] if the measure
// cannot do without.
func (f *Facts) Missing(name string) error {
	in, err := f.input(name)
	if err != nil {
		return err
	}
	if !in.Optional {
		return ErrInput.With("input", name, "detail", phrase("is needed and cannot be missing (null); give a value, or declare it optional"))
	}
	f.SetMissing(in.slot)
	return nil
}

// complete returns [ErrInput] for each input that is needed and not given.
func (f *Facts) complete() error {
	var all faults
	for i := range f.m.Inputs {
		if in := &f.m.Inputs[i]; !in.Optional && !f.known.has(in.slot) {
			all.add(notGiven(in))
		}
	}
	return all.err()
}

func notGiven(in *Input) error {
	return ErrInput.With("input", in.Name, "detail", phrase("is needed and was not given"))
}

// yesNoText reads yes or no, in small letters or capitals; false if it is neither.
func yesNoText(text string) (yes, ok bool) {
	switch strings.ToLower(text) {
	case "true", "yes", "sì", "si":
		return true, true
	case "false", "no":
		return false, true
	}
	return false, false
}

// one reads a value, or an element of a list.
func (in *Input) one(m *Measure, text string) (Number, error) {
	switch in.Type.kind().element() {
	case kindYesNo:
		switch yes, ok := yesNoText(text); {
		case !ok:
			return Number{}, phrase("%q is neither true nor false", text)
		case yes:
			return Whole(1), nil
		}
		return Whole(0), nil
	case kindChoice:
		if !slices.Contains(in.Of, text) {
			return Number{}, phrase("%q is none of %s", text, strings.Join(in.Of, ", "))
		}
		return Whole(m.formula.scope.word(text)), nil
	case kindDate:
		day, err := parseDay(text)
		return Whole(dayOf(day)), err
	}
	return in.number(text)
}

// number reads and bounds a number or an amount.
func (in *Input) number(text string) (Number, error) {
	n, err := ParseNumber(text)
	if err != nil {
		return Number{}, phrase("%q %s", text, err)
	}
	switch {
	case in.Type.euro():
		if _, ok := n.Amount(); !ok {
			return Number{}, phrase("%s is no amount: two decimals at most, up to %s", text, money.Max)
		}
	case in.Type == InputInteger && !n.IsWhole():
		return Number{}, phrase("%s is no whole number", text)
	}
	return n, in.bounded(n, text)
}

func (in *Input) bounded(n Number, text string) error {
	limit, _ := ParseNumber(numberMaxText)
	switch {
	case in.From != nil && n.Cmp(*in.From) < 0:
		return phrase("%s is below the least allowed, %s", text, in.From.Text(0))
	case in.To != nil && n.Cmp(*in.To) > 0:
		return phrase("%s is above the most allowed, %s", text, in.To.Text(0))
	case n.Abs().Cmp(limit) > 0:
		return phrase("%s is too large", text)
	case !n.Mul(Whole(1_000_000)).IsWhole():
		return phrase("%s has more than %d decimals", text, placesMax)
	}
	return nil
}
