package pooling

import (
	"cmp"
	"slices"
)

// grid finds communities near a point. Communities are sorted into square
// tiles, rows of which are looked up by binary search: memory grows with the
// number of communities, never with the area.
type grid struct {
	list   []Community
	side   int64     // of a tile, in metres
	tile   []tileKey // of each place in byTile
	byTile []int32   // community indices in the order of tiles
}

type tileKey struct{ y, x int64 }

func (k tileKey) compare(l tileKey) int {
	return cmp.Or(cmp.Compare(k.y, l.y), cmp.Compare(k.x, l.x))
}

// tileSide is about the reach of a small group: a query looks at few tiles, and
// a tile of a dense city holds a handful of communities.
const tileSide = 400

func newGrid(list []Community) *grid {
	g := &grid{list: list, side: tileSide, byTile: make([]int32, len(list)), tile: make([]tileKey, len(list))}
	for i := range list {
		g.byTile[i] = int32(i)
	}
	slices.SortFunc(g.byTile, func(a, b int32) int {
		return cmp.Or(g.keyOf(a).compare(g.keyOf(b)), cmp.Compare(a, b))
	})
	for k, i := range g.byTile {
		g.tile[k] = g.keyOf(i)
	}
	return g
}

func (g *grid) keyOf(i int32) tileKey {
	return tileKey{g.floor(g.list[i].YM), g.floor(g.list[i].XM)}
}

// floor is the tile of a coordinate; negative coordinates round down too.
func (g *grid) floor(m int64) int64 {
	if m < 0 {
		return -((-m + g.side - 1) / g.side)
	}
	return m / g.side
}

// around appends the communities within radius of a point, in no particular
// order.
func (g *grid) around(x, y, radius int64, out []int32) []int32 {
	rows := g.floor(y+radius) - g.floor(y-radius)
	if rows > int64(len(g.list)) { // a radius far beyond the city: look at everybody
		return g.sift(0, len(g.byTile), x, y, radius, out)
	}
	from, to := g.floor(x-radius), g.floor(x+radius)
	for row := g.floor(y - radius); row <= g.floor(y+radius); row++ {
		first, _ := slices.BinarySearchFunc(g.tile, tileKey{row, from}, tileKey.compare)
		last := first
		for last < len(g.tile) && g.tile[last].y == row && g.tile[last].x <= to {
			last++
		}
		out = g.sift(first, last, x, y, radius, out)
	}
	return out
}

func (g *grid) sift(first, last int, x, y, radius int64, out []int32) []int32 {
	for _, i := range g.byTile[first:last] {
		if c := &g.list[i]; within(c.XM-x, c.YM-y, radius) {
			out = append(out, i)
		}
	}
	return out
}
