package pooling

import "math/bits"

// seating says who has each slot of a rota: demand+1, 0 for nobody.
type seating [SlotsMax]int32

// seat gives a demand as many slots as it has units, moving others along
// augmenting paths; exact: it fails only when no seating exists.
//
// Source: Kuhn 1955, "The Hungarian method for the assignment problem"; Berge
// 1957 for the exactness of augmenting paths.
func (b *board) seat(seats *seating, open uint64, i int32) bool {
	for u := int64(0); u < b.asks[i].units; u++ {
		tried := uint64(0)
		if !b.augment(seats, open, &tried, i) {
			return false
		}
	}
	return true
}

func (b *board) augment(seats *seating, open uint64, tried *uint64, i int32) bool {
	for rest := b.asks[i].slots & open; rest != 0; rest &= rest - 1 {
		t := bits.TrailingZeros64(rest)
		if *tried>>t&1 == 1 {
			continue
		}
		*tried |= 1 << t
		if seats[t] == 0 || b.augment(seats, open, tried, seats[t]-1) {
			seats[t] = i + 1
			return true
		}
	}
	return false
}

// without takes a demand out of a seating.
func (s seating) without(i int32) seating {
	for t := range s {
		if s[t] == i+1 {
			s[t] = 0
		}
	}
	return s
}
