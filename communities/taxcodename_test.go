package communities

import "testing"

// The letters are worked by hand from the rule; the codes of the first two are
// those of the stored vectors.
func TestNamesGiveTheFirstSixLetters(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ family, given, want string }{
		{"Bianchi", "Anna", "BNCNNA"},
		{"Fo", "Lu", "FOXLUX"},
		{"Rossi", "Gianfranco", "RSSGFR"}, // G N F R N C: first, third, fourth
		{"D'Alò", "Niccolò", "DLANCL"},    // N C C L: four consonants
		{"De Luca", "Zoë", "DLCZOE"},
	} {
		if got := nameLetters(c.family, c.given); got != c.want {
			t.Errorf("%s %s: %s, want %s", c.family, c.given, got, c.want)
		}
	}
}

func TestAChildWithoutTaxCodeIsKnownByName(t *testing.T) {
	t.Parallel()
	child := Person{GivenName: "Anna", FamilyName: "Bianchi", Role: PersonChild}
	const code = "BNCNNA45T47F205T"
	if !child.HasTaxCode(code) {
		t.Error("the child's own code is not known")
	}
	for what, p := range map[string]Person{
		"another name":                 {GivenName: "Carlo", FamilyName: "Bianchi", Role: PersonChild},
		"an adult without a code":      {GivenName: "Anna", FamilyName: "Bianchi", Role: PersonHolder},
		"a child with another code":    {GivenName: "Anna", FamilyName: "Bianchi", Role: PersonChild, TaxCode: "FOXLUX19P70F205P"},
		"nobody":                       {},
		"a child with the name's code": {GivenName: "Anna", FamilyName: "Bianchi", Role: PersonChild, TaxCode: code},
	} {
		if got := p.HasTaxCode(code); got != (p.TaxCode == code) {
			t.Errorf("%s: %t", what, got)
		}
	}
	if child.HasTaxCode("") || (Person{}).HasTaxCode("") {
		t.Error("an empty code is somebody's")
	}
}
