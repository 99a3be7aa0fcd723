package subsidies

import "slices"

// OutputAt is the place of a result among the measure's Outputs, -1 if there is
// none.
func (m *Measure) OutputAt(name string) int {
	return slices.IndexFunc(m.Outputs, func(o Output) bool { return o.Name == name })
}

// AwardAt is the place of the result that is paid: award, or else the first in
// euro; -1 if there is none.
func (m *Measure) AwardAt() int {
	if at := m.OutputAt("award"); at >= 0 && m.Outputs[at].Euro {
		return at
	}
	return slices.IndexFunc(m.Outputs, func(o Output) bool { return o.Euro })
}

// keyUnit is that to which a result is rounded when somebody is ranked by it.
var keyUnit = Fraction(1, 1_000_000_000)

// Keys is by what the household of some facts may be ranked: its inputs, but for
// lists, and its results. Results to nine decimals, so that they can be written
// down and ranked again.
func (m *Measure) Keys(f *Facts, result Result) map[string]Key {
	keys := map[string]Key{}
	for i, in := range m.Inputs {
		if texts := f.Texts(i); len(texts) == 1 && !in.Type.IsList() {
			keys[in.Name] = ParseKey(texts[0])
		}
	}
	for i, o := range m.Outputs {
		keys[o.Name] = Key{Known: true, Number: Rounding{keyUnit, RoundHalfUp}.Of(result.Values[i])}
	}
	return keys
}
