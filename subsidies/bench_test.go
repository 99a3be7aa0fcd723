package subsidies

import (
	"testing"

	"colletta/money"
)

// benchmarkMeasure evaluates an example for households with an ISEE from 0 to
// 50,000 euro and every hundredth without: one evaluation per operation, so that a
// million households take a million times ns/op.
func benchmarkMeasure(b *testing.B, id string, fill func(f *Facts, i int)) {
	m := loadFile(b, "measures/examples/"+id+".yaml")
	e, f := m.NewEvaluator(), m.NewFacts()
	var r Result
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		f.SetAmount(0, money.Amount(int64(i)*7919%5_000_000))
		if i%100 == 0 {
			f.SetMissing(0)
		}
		fill(f, i)
		if err := e.Eval(f, m.From, &r); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "s/million")
}

// A bracket measure: goal under 2 s for a million households.
func BenchmarkBrackets(b *testing.B) {
	benchmarkMeasure(b, "milano_nidi_2012_2022", func(f *Facts, i int) {
		f.SetYes(1, i%10 != 0)
		f.SetWhole(2, int64(i%20))
	})
}

// The most complex example: goal under 5 s for a million households.
func BenchmarkAssegnoUnico(b *testing.B) {
	benchmarkMeasure(b, "inps_assegno_unico_2022", func(f *Facts, i int) {
		f.SetWhole(1, int64(i%4))
		f.SetWhole(2, int64(i%3))
		f.SetYes(3, i%2 == 0)
	})
}

func BenchmarkLinear(b *testing.B) {
	benchmarkMeasure(b, "lucca_mensa_trasporto_2015_16", func(f *Facts, i int) {
		f.SetYes(1, i%10 != 0)
		f.SetWhole(2, int64(1+i%3))
	})
}
