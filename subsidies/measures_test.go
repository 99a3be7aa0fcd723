package subsidies

import "testing"

func TestMeasuresOfTheProgramPassTheirCases(t *testing.T) {
	t.Parallel()
	if got := len(Measures()); got != 2 {
		t.Fatalf("%d measures, want 2", got)
	}
	for _, m := range Measures() {
		if m.Note == "" {
			t.Errorf("%s does not say that it is illustrative", m.ID)
		}
		if text, ok := MeasureFile(m.ID); !ok || len(text) == 0 {
			t.Errorf("%s: no file of that name", m.ID)
		}
	}
}
