package subsidies

import (
	"strings"
	"time"
)

// listPrefix begins the names of the types of lists.
const listPrefix = "list_of_"

// IsList tells whether an input of the type has several values.
func (t InputType) IsList() bool { return strings.HasPrefix(string(t), listPrefix) }

// Element is the type of one value: of an element for a list, the type itself
// otherwise.
func (t InputType) Element() InputType {
	return InputType(strings.TrimPrefix(string(t), listPrefix))
}

// ISEEInput is an input that takes the ISEE of a household.
type ISEEInput struct {
	Place int // among the measure's Inputs
	Kind  ISEEKind
}

// ISEEInputs are the inputs that take an ISEE, one for each kind that the measure
// looks at; none if it looks at none.
func (m *Measure) ISEEInputs() []ISEEInput {
	var list []ISEEInput
	for i, k := range m.ISEEKinds { // they come first
		list = append(list, ISEEInput{i, k})
	}
	return list
}

// Texts are the values of an input as [Facts.Set] takes them: one text, or one for
// each element of a list; nil when the input is not known.
func (f *Facts) Texts(place int) []string {
	if !f.known.has(place) {
		return nil
	}
	in := &f.m.Inputs[place]
	if !in.Type.IsList() {
		return []string{f.text(in, f.values[place])}
	}
	texts := make([]string, len(f.lists[place]))
	for i, n := range f.lists[place] {
		texts[i] = f.text(in, n)
	}
	return texts
}

// text writes one value.
func (f *Facts) text(in *Input, n Number) string {
	switch in.Type.Element() {
	case InputMoney:
		return n.Text(2)
	case InputYesNo:
		if n.Sign() != 0 {
			return "yes"
		}
		return "no"
	case InputChoice:
		word, _ := n.Int()
		return f.m.formula.scope.words[word]
	case InputDate:
		day, _ := n.Int()
		return dateOf(day).Format(time.DateOnly)
	}
	text := n.Text(0)
	if doubtfulText.MatchString(text) { // Set would refuse 17.000
		text += "0"
	}
	return text
}
