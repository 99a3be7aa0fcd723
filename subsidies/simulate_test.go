package subsidies

import (
	"errors"
	"strings"
	"testing"

	"colletta/money"
	"colletta/refusal"
)

func exampleMeasure(t testing.TB, name string) *Measure {
	t.Helper()
	return loadFile(t, "measures/examples/"+name+".yaml")
}

// simulate adds every household of a file.
func simulate(m *Measure, output string, perYear int, file string) (*Simulation, error) {
	s, err := NewSimulation(m, output, perYear)
	if err != nil {
		return nil, err
	}
	p, err := NewPopulation(m, strings.NewReader(file))
	if err != nil {
		return nil, err
	}
	facts := m.NewFacts()
	for {
		more, err := p.Next(facts)
		if err != nil || !more {
			return s, err
		}
		if _, err := s.Add(facts, m.From); err != nil {
			return s, err
		}
	}
}

// By hand from D.C.C. 65/2017 of Monopoli: nothing up to 7,500; ISEE × 8 / 30,000
// an hour, rounded; 13.80 above 30,000 and without ISEE; times hours, times twelve.
func TestSimulationAddsUpWhatHouseholdsGetInAYear(t *testing.T) {
	t.Parallel()
	m := exampleMeasure(t, "monopoli_sad_2018")
	s, err := simulate(m, "", 0, "\uFEFFhours;isee;_nota\r\n20;12345.67;a\r\n20;7500.00;b\r\n10;;\"senza; ISEE\"\r\n1;5000.00;\r\n1;40000.01;\r\n")
	if err != nil {
		t.Fatal(err)
	}
	want := money.Amount(12*65_80 + 12*138_00 + 12*13_80)
	if s.Output.Name != "month" || s.PerYear != 12 || s.Households != 5 || s.Reached != 3 || s.Total != want {
		t.Fatalf("%d households, %d reached, %s × %d = %s, want %s", s.Households, s.Reached, s.Output.Name, s.PerYear, s.Total, want)
	}
	var households, reached int
	var total money.Amount
	for _, b := range s.Bands {
		households, reached, total = households+b.Households, reached+b.Reached, total+b.Total
	}
	if households != 5 || reached != 3 || total != want {
		t.Errorf("bands hold %d households, %d reached, %s", households, reached, total)
	}
	if b := s.Bands[0]; b.Households != 1 || b.UpTo.Cents() != 5_000_00 {
		t.Errorf("an ISEE of exactly 5,000 is not in the first band: %+v", s.Bands)
	}
	if b := s.Bands[len(s.Bands)-1]; !b.Missing || b.Households != 1 || b.Total != 12*138_00 {
		t.Errorf("the household without ISEE: %+v", b)
	}
	if b := s.Bands[len(s.Bands)-2]; b.Households != 1 {
		t.Errorf("40,000.01 is not in the last band: %+v", b)
	}
}

func TestBadPopulationIsRefusedWithLineAndColumn(t *testing.T) {
	t.Parallel()
	m := exampleMeasure(t, "monopoli_sad_2018")
	for _, c := range []struct {
		name, file   string
		line, column int
	}{
		{"nothing", "", 1, 0},
		{"unknown column", "isee,eta\n1,2\n", 1, 2},
		{"column twice", "isee,isee\n1,2\n", 1, 2},
		{"no number", "isee,hours\n100.00,10\nx,10\n", 3, 1},
		{"three decimals", "isee,hours\n100.001,10\n", 2, 1},
		{"a needed input is empty", "isee,hours\n100.00,\n", 2, 2},
		{"a cell too many", "isee,hours\n100.00,10,3\n", 2, 1},
	} {
		_, err := simulate(m, "", 0, c.file)
		var r *refusal.Error
		if !errors.As(err, &r) || r.Code != ErrPopulation.Code || r.Args["line"] != c.line || r.Args["column"] != c.column {
			t.Errorf("%s: %v, want line %d, column %d", c.name, err, c.line, c.column)
		}
	}
	if _, err := NewSimulation(m, "moonth", 0); !errors.Is(err, ErrSimulatedOutput) {
		t.Errorf("unknown output: %v", err)
	}
	if _, err := NewSimulation(m, "", 400); !errors.Is(err, ErrSimulatedTimes) {
		t.Errorf("400 times a year: %v", err)
	}
}

func TestComparisonTellsWhoGetsMoreAndLess(t *testing.T) {
	t.Parallel()
	var c Comparison
	for _, pair := range [][2]money.Amount{{100, 150}, {100, 100}, {30, 10}, {0, 5}} {
		c.Add(pair[0], pair[1])
	}
	if want := (Comparison{More: 2, Less: 1, Same: 1, Gained: 55, Lost: 20}); c != want {
		t.Errorf("%+v, want %+v", c, want)
	}
}

// Whatever a file holds, it is read or refused, and what was counted adds up.
func FuzzPopulation(f *testing.F) {
	m := exampleMeasure(f, "emilia_romagna_centri_estivi_2024")
	f.Add("isee,disability,weeks,other_contributions\n24000.00,false,120.00 120.00,0.00\n")
	f.Add("weeks;isee;disability;other_contributions\n80 80;;true;10\n")
	f.Add("\uFEFFisee,_x\n\"1\n")
	f.Fuzz(func(t *testing.T, file string) {
		s, err := simulate(m, "", 0, file)
		if err != nil && len(refusal.All(err)) == 0 {
			t.Fatalf("%q: %v is no refusal", file, err)
		}
		if s == nil {
			return
		}
		var households int
		var total money.Amount
		for _, b := range s.Bands {
			households, total = households+b.Households, total+b.Total
		}
		if households != s.Households || total != s.Total || s.Reached > s.Households {
			t.Fatalf("%q: %+v", file, s)
		}
	})
}
