package pooling

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// FuzzReadSnapshot: no input panics, and what is read survives the file.
func FuzzReadSnapshot(f *testing.F) {
	seedFiles(f, "testdata/rounds/e01.json", "testdata/rounds/e11.json")
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := ReadSnapshot(bytes.NewReader(b))
		if err != nil {
			return
		}
		first, err := s.JSON()
		if err != nil {
			t.Fatal(err)
		}
		again, err := ReadSnapshot(bytes.NewReader(first))
		if err != nil {
			t.Fatal(err)
		}
		if second, err := again.JSON(); err != nil || !bytes.Equal(first, second) {
			t.Fatalf("bytes differ: %v", err)
		}
		if len(s.Demands) <= 100 {
			if _, err := Form(s, Options{Work: brief()}); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzReadFormation: no input panics, nor does checking what is read.
func FuzzReadFormation(f *testing.F) {
	seedFiles(f, "testdata/rounds/e01.sol.json", "testdata/rounds/e11.sol.json")
	f.Add([]byte(`{"schema":"colletta.solution/1","round":"r","pools":[],"bound":{"served":9,"method":"branching","certificate":{"denominator":1,"cases":` +
		`{"demand":"d1","provider":"coop-aurora","slot":null,"here":{"multipliers":[1]},"elsewhere":{"multipliers":[]}}}}}`))
	together, rota := mustSnapshot(f, "testdata/rounds/e01.json"), mustSnapshot(f, "testdata/rounds/e11.json")
	f.Fuzz(func(t *testing.T, b []byte) {
		g, err := ReadFormation(bytes.NewReader(b))
		if err != nil {
			return
		}
		Check(together, g)
		Check(rota, g)
		first, err := g.JSON()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadFormation(bytes.NewReader(first)); err != nil && !strings.Contains(err.Error(), "amount") {
			t.Fatal(err)
		}
	})
}

// FuzzForm: whatever the round, the formation is valid and explained.
func FuzzForm(f *testing.F) {
	f.Add([]byte("colletta"), uint8(12), false)
	f.Add([]byte{1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233}, uint8(30), true)
	f.Fuzz(func(t *testing.T, b []byte, demands uint8, second bool) {
		version := 1
		if second {
			version = 2
		}
		s := city(byBytes(b), 1+int(demands%40), version)
		g, err := Form(s, Options{Work: brief()})
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range Check(s, g) {
			t.Error(v)
		}
		Explain(s, g)
		for _, o := range s.Offers {
			if _, err := OfferPicture(s, o.ID); err != nil && len(s.Demands) == 0 {
				t.Fatal(err)
			}
		}
	})
}

func seedFiles(f *testing.F, names ...string) {
	f.Helper()
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// byBytes draws from the fuzzer's bytes, then from a generator.
func byBytes(b []byte) func(int) int {
	r := dice(len(b))
	return func(n int) int {
		if len(b) < 2 {
			return r.below(n)
		}
		v := int(b[0])<<8 | int(b[1])
		b = b[2:]
		return v % n
	}
}
