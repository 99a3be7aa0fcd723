package web

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"colletta/communities"
	"colletta/desk"
)

// mapWidth is the width of the map in its own units; its height follows from
// the shape of the city.
const mapWidth, mapMargin = 720, 12

// needsMap draws the municipi and a bubble per community, its area as the
// number of requests.
type needsMap struct {
	Title, Desc   string
	Width, Height int
	Districts     []mapDistrict
	Bubbles       []mapBubble
	Rows          []desk.NeedPoint // the same as a table, most requests first
	Legend        []mapBubble      // sizes, from left to right
	More          int              // communities left out of the table
	Source        string
}

type mapDistrict struct {
	ID    int
	Path  string // of an SVG path; empty when the outline is unknown
	X, Y  int    // of its number
	Tone  int    // 0..4 by unmet demand: the class need-0 to need-4
	Title string
}

type mapBubble struct {
	X, Y, R, Inner int // radii: all requests, those served
	Title          string
}

// tableMax is how many communities the table next to the map lists.
const tableMax = 25

// projected is an outline on the plane, computed once.
type projected struct {
	district communities.District
	points   []communities.Point
}

var outlines = sync.OnceValue(func() []projected {
	var list []projected
	for _, d := range communities.Milan().Districts {
		p := projected{district: d}
		for _, place := range d.Outline {
			if at := communities.ProjectUTM32(place.LatMicro, place.LonMicro); at != (communities.Point{}) {
				p.points = append(p.points, at)
			}
		}
		list = append(list, p)
	}
	return list
})

func newNeedsMap(points []desk.NeedPoint, unmet []desk.DistrictNeed) *needsMap {
	plane, ok := planeOf(points)
	if !ok {
		return nil
	}
	m := &needsMap{Width: mapWidth, Height: plane.height, Source: communities.Milan().Source}
	demands, most := 0, 1
	for _, p := range points {
		demands += p.Demands
		most = max(most, p.Demands)
	}
	m.Title = "Mappa dei bisogni per comunità"
	m.Desc = fmt.Sprintf("%s in %s; più grande il cerchio, più richieste. La parte piena è già servita. La stessa informazione è nella tabella.",
		plural(demands, "richiesta", "richieste"), plural(len(points), "comunità", "comunità"))
	m.Districts = districtsOn(plane, unmet)
	// Large bubbles first, so that small ones lie above them.
	sorted := slices.Clone(points)
	slices.SortStableFunc(sorted, func(a, b desk.NeedPoint) int { return b.Demands - a.Demands })
	for _, p := range sorted {
		if p.Demands <= 0 {
			continue
		}
		x, y := plane.at(communities.Point{XM: p.XM, YM: p.YM})
		m.Bubbles = append(m.Bubbles, mapBubble{
			X: x, Y: y, R: radius(p.Demands, most), Inner: radius(min(p.Served, p.Demands), most),
			Title: fmt.Sprintf("%s, Municipio %d: %s, %d servite", p.Name, p.District, plural(p.Demands, "richiesta", "richieste"), p.Served),
		})
	}
	m.Rows = sorted[:min(len(sorted), tableMax)]
	m.More = len(sorted) - len(m.Rows)
	return m
}

// radius makes the area of a bubble proportional to n; the largest has 22.
func radius(n, most int) int {
	if n <= 0 {
		return 0
	}
	square := n * 22 * 22 / most
	r := 0
	for (r+1)*(r+1) <= square {
		r++
	}
	return max(r, 3)
}

// plane maps metres of UTM onto the drawing; north is up.
type plane struct {
	west, north int64
	metres      int64 // width of the drawing in metres
	height      int
}

func planeOf(points []desk.NeedPoint) (plane, bool) {
	var all []communities.Point
	for _, o := range outlines() {
		all = append(all, o.points...)
	}
	if len(all) == 0 {
		for _, p := range points {
			all = append(all, communities.Point{XM: p.XM, YM: p.YM})
		}
	}
	if len(all) == 0 {
		return plane{}, false
	}
	west, east, south, north := all[0].XM, all[0].XM, all[0].YM, all[0].YM
	for _, p := range all {
		west, east, south, north = min(west, p.XM), max(east, p.XM), min(south, p.YM), max(north, p.YM)
	}
	metres := max(east-west, 1)
	inner := int64(mapWidth - 2*mapMargin)
	height := min(max((north-south)*inner/metres, 80), 2000)
	return plane{west, north, metres, int(height) + 2*mapMargin}, true
}

// at is a place on the drawing; what lies outside is put on its border.
func (p plane) at(q communities.Point) (x, y int) {
	inner := int64(mapWidth - 2*mapMargin)
	dx := min(max(q.XM-p.west, -p.metres), 2*p.metres) * inner / p.metres
	dy := min(max(p.north-q.YM, -p.metres), 2*p.metres) * inner / p.metres
	return min(max(int(dx)+mapMargin, 0), mapWidth), min(max(int(dy)+mapMargin, 0), p.height)
}

func districtsOn(p plane, unmet []desk.DistrictNeed) []mapDistrict {
	needs, most := map[int]desk.DistrictNeed{}, 0
	for _, n := range unmet {
		needs[n.District] = n
		most = max(most, n.Unmet)
	}
	var list []mapDistrict
	for _, o := range outlines() {
		if len(o.points) == 0 {
			continue
		}
		var path strings.Builder
		sx, sy := 0, 0
		for i, point := range o.points {
			x, y := p.at(point)
			path.WriteString(map[bool]string{true: "M", false: "L"}[i == 0])
			fmt.Fprintf(&path, "%d %d", x, y)
			sx, sy = sx+x, sy+y
		}
		n := needs[o.district.ID]
		d := mapDistrict{ID: o.district.ID, Path: path.String() + "Z", X: sx / len(o.points), Y: sy / len(o.points)}
		if most > 0 {
			d.Tone = (n.Unmet*4 + most - 1) / most
		}
		d.Title = fmt.Sprintf("Municipio %d, %s: %d richieste, %d senza risposta", o.district.ID, o.district.Name, n.Demands, n.Unmet)
		list = append(list, d)
	}
	return list
}
