package pooling

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"testing"
)

// BenchmarkReadSnapshot reads and validates; its baseline only decodes the
// same bytes with encoding/json into plain structs, amounts left as texts.
func BenchmarkReadSnapshot(b *testing.B) {
	for _, n := range []int{10_000, 100_000} {
		text, err := Generate(GenerateOptions{Demands: n, Seed: 1}).JSON()
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("%d/strict", n), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ReadSnapshot(bytes.NewReader(text)); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("%d/baseline", n), func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				var s plainSnapshot
				if err := json.Unmarshal(text, &s); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// plainSnapshot is a snapshot as anybody would decode it.
type plainSnapshot struct {
	Schema      string
	Round       headerJSON
	Slots       []slotJSON
	Categories  []categoryJSON
	Communities []communityJSON
	Households  []struct {
		ID       string
		ISEE     *string
		OddCents int `json:"odd_cents"`
	}
	Demands []struct {
		ID, Household, Community, Category string

		Units, Weight int64
		Slots         []string
		MaxPrice      string `json:"max_price"`
		MaxDistanceM  int64  `json:"max_distance_m"`
		PostedOn      string `json:"posted_on"`
	}
	Providers  []providerJSON
	Offers     []json.RawMessage
	Programmes []json.RawMessage
}

func BenchmarkValidate(b *testing.B) {
	s := Generate(GenerateOptions{Demands: 100_000, Seed: 1})
	b.ReportAllocs()
	for b.Loop() {
		if err := Validate(s); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWriteSnapshot(b *testing.B) {
	s := Generate(GenerateOptions{Demands: 100_000, Seed: 1})
	b.ReportAllocs()
	for b.Loop() {
		text, err := s.JSON()
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(text)))
		io.Discard.Write(text)
	}
}

// BenchmarkFormation reads and writes a solution with its certificate.
func BenchmarkFormation(b *testing.B) {
	f := bigFormation(100_000)
	text, err := f.JSON()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("read", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := ReadFormation(bytes.NewReader(text)); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("write", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if _, err := f.JSON(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// bigFormation has pools of ten, and a certificate for all its demands. It
// belongs to no snapshot: reading a file does not look at one.
func bigFormation(demands int) *Formation {
	f := &Formation{
		Version: 1, Round: "r", Totals: &Totals{Served: demands},
		Bound: &Bound{Served: demands, Method: "lagrangian", Certificate: &Certificate{Denominator: 1 << 16}},
	}
	r := dice(1)
	for i := range demands {
		if i%10 == 0 {
			f.Pools = append(f.Pools, Pool{ID: fmt.Sprint("pool-", i), Offer: fmt.Sprint("o", i%977), Slot: "mon-16", Host: fmt.Sprint("c", i%555), Cost: 155_50})
		}
		p := &f.Pools[len(f.Pools)-1]
		p.Members = append(p.Members, Member{Demand: fmt.Sprint("d", i), Share: 15_55, Subsidy: 1_23, Net: 14_32})
		f.Bound.Certificate.Multipliers = append(f.Bound.Certificate.Multipliers, int64(r.below(1<<17)))
	}
	return f
}
