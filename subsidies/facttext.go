package subsidies

import "time"

// Texts are the values of an input as [Facts.Set] takes them: one text, or one for
// each element of a list; nil when the input is not known.
func (f *Facts) Texts(place int) []string {
	if !f.known.has(place) {
		return nil
	}
	in, n := &f.m.Inputs[place], f.values[place]
	switch in.Type.kind() {
	case kindNumbers:
		texts := make([]string, len(f.lists[place]))
		for i, one := range f.lists[place] {
			texts[i] = in.numberText(one)
		}
		return texts
	case kindYesNo:
		if n.Sign() != 0 {
			return []string{"yes"}
		}
		return []string{"no"}
	case kindChoice:
		word, _ := n.Int()
		return []string{f.m.formula.scope.words[word]}
	case kindDate:
		day, _ := n.Int()
		return []string{dateOf(day).Format(time.DateOnly)}
	}
	return []string{in.numberText(n)}
}

// numberText never ends in three decimals, which Set would refuse as doubtful.
func (in *Input) numberText(n Number) string {
	if in.Type.euro() {
		return n.Text(2)
	}
	text := n.Text(0)
	if doubtfulText.MatchString(text) {
		text += "0"
	}
	return text
}
