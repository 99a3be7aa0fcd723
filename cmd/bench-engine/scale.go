package main

import (
	"fmt"
	"math"
)

// scale maps logarithms onto pixels.
type scale struct {
	low, high float64 // powers of ten at the ends
	from, to  float64 // their pixels
}

func (s scale) at(v float64) float64 {
	p := s.from + (math.Log10(v)-s.low)/(s.high-s.low)*(s.to-s.from)
	return math.Round(p*10) / 10
}

// ticks are the powers of ten, labelled, and the lines at 2 to 9 between them.
func (s scale) ticks() []tick {
	var list []tick
	for e := s.low; e <= s.high; e++ {
		unit := math.Pow(10, e)
		list = append(list, tick{s.at(unit), power(e)})
		for m := 2.0; m < 10 && e < s.high; m++ {
			list = append(list, tick{s.at(m * unit), ""})
		}
	}
	return list
}

func power(e float64) string {
	if e < 0 {
		return fmt.Sprintf("%.*f", int(-e), math.Pow(10, e))
	}
	return grouped(int(math.Round(math.Pow(10, e))))
}

// scales cover all points by whole powers of ten.
func scales(p plot, all []point) (x, y scale) {
	x = scale{math.Inf(1), math.Inf(-1), p.Left, p.Right}
	y = scale{math.Inf(1), math.Inf(-1), p.Bottom, p.Top}
	for _, q := range all {
		x.low, x.high = min(x.low, math.Floor(math.Log10(q.demands))), max(x.high, math.Ceil(math.Log10(q.demands)))
		y.low, y.high = min(y.low, math.Floor(math.Log10(q.seconds))), max(y.high, math.Ceil(math.Log10(q.seconds)))
	}
	x.high, y.high = max(x.high, x.low+1), max(y.high, y.low+1)
	return x, y
}

// slopeOne is the line seconds = c * demands through the middle of the points, cut
// at the frame.
func slopeOne(x, y scale, all []point) segment {
	var middle float64
	for _, q := range all {
		middle += math.Log10(q.seconds) - math.Log10(q.demands)
	}
	middle /= float64(len(all))
	from, to := max(x.low, y.low-middle), min(x.high, y.high-middle)
	return segment{
		x.at(math.Pow(10, from)), y.at(math.Pow(10, from+middle)),
		x.at(math.Pow(10, to)), y.at(math.Pow(10, to+middle)),
	}
}
