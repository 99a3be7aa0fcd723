package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"slices"
)

//go:embed curve.svg.tmpl
var curveText string

var curveTemplate = template.Must(template.New("curve").Parse(curveText))

// plot is what the template draws, in pixels of its view box.
type plot struct {
	Width, Height            int
	Left, Right, Top, Bottom float64 // of the frame
	CenterX, CenterY         float64
	Desc                     string
	XTicks, YTicks           []tick
	Series                   []series
	Slope, Reference         segment // the line of slope 1, and how the legend shows it
}

type tick struct {
	At    float64
	Label string // "" for a line without one
}

// series is one line with its marks.
type series struct {
	look
	Points string // of the polyline
	Marks  []mark
	Legend mark
}

// mark is one measurement; the mouse shows its title.
type mark struct {
	X, Y                  float64
	Outline, Fill, Colour string
	Title                 string
}

type segment struct{ X1, Y1, X2, Y2 float64 }

// point is one measurement: demands and CPU seconds.
type point struct {
	demands, seconds float64
	title            string
	hollow           bool // stopped before its end
}

// look tells a series from the others, by colour and without colours.
type look struct{ Name, Colour, outline string }

// looks are those of the efforts, then of HiGHS.
var looks = []look{
	{"fast", "#0072B2", "M0-5a5 5 0 1 1 0 10a5 5 0 1 1 0-10z"},
	{"normal", "#D55E00", "M-4.5-4.5h9v9h-9z"},
	{"high", "#007A55", "M0-6 5.5 4.5h-11z"},
	{"HiGHS", "#1A1A1A", "M0-6.5 6.5 0 0 6.5-6.5 0z"},
}

func (l look) mark(x, y float64, title string, hollow bool) mark {
	fill := l.Colour
	if hollow {
		fill = "#FFFFFF"
	}
	return mark{x, y, l.outline, fill, l.Colour, title}
}

// drawCurve plots CPU seconds against demands, both on logarithmic scales: a cost
// in proportion to the demands is a line of slope 1 there.
func drawCurve(f figures) ([]byte, error) {
	p := plot{Width: 800, Height: 540, Left: 80, Right: 640, Top: 30, Bottom: 470}
	p.CenterX, p.CenterY = (p.Left+p.Right)/2, (p.Top+p.Bottom)/2
	lines := points(f)
	all := slices.Concat(lines...)
	if len(all) == 0 {
		return nil, fmt.Errorf("%s holds no measurement: run make bench-engine", figuresName)
	}
	x, y := scales(p, all)
	p.XTicks, p.YTicks = x.ticks(), y.ticks()
	p.addSeries(lines, x, y)
	p.Slope = slopeOne(x, y, all)
	p.Desc = fmt.Sprintf("CPU seconds against the number of demands, both on logarithmic scales, from %s to %s demands. %s",
		grouped(int(slices.MinFunc(all, byDemands).demands)), grouped(int(slices.MaxFunc(all, byDemands).demands)), described(f))
	var b bytes.Buffer
	err := curveTemplate.Execute(&b, p)
	return b.Bytes(), err
}

// addSeries draws the lines that have measurements, and the legend beside them.
func (p *plot) addSeries(lines [][]point, x, y scale) {
	legendX, legendY := p.Right+24, p.Top+20
	for i, l := range looks {
		if len(lines[i]) == 0 {
			continue
		}
		one := series{look: l, Legend: l.mark(legendX, legendY, "", false)}
		for _, q := range lines[i] {
			m := l.mark(x.at(q.demands), y.at(q.seconds), q.title, q.hollow)
			one.Points += fmt.Sprintf("%g,%g ", m.X, m.Y)
			one.Marks = append(one.Marks, m)
		}
		p.Series = append(p.Series, one)
		legendY += 26
	}
	p.Reference = segment{legendX - 8, legendY, legendX + 12, legendY}
}

// points are the measurements of each look, by demands.
func points(f figures) [][]point {
	lines := make([][]point, len(looks))
	add := func(s solved) {
		i := slices.Index(efforts, s.Effort)
		if i < 0 || s.CPUSeconds <= 0 {
			return
		}
		lines[i] = append(lines[i], point{float64(s.Demands), s.CPUSeconds,
			fmt.Sprintf("%s, %s demands: %s s", s.Effort, grouped(s.Demands), seconds(s.CPUSeconds)), false})
	}
	for _, c := range f.Compared {
		for _, s := range c.Engine {
			add(s)
		}
		if h := c.Highs; h.seconds() > 0 {
			title := fmt.Sprintf("HiGHS, %s demands: %s s", grouped(c.Demands), seconds(h.seconds()))
			stopped := len(h.Proven) < 2
			if stopped {
				title += ", stopped before its proof"
			}
			lines[len(efforts)] = append(lines[len(efforts)], point{float64(c.Demands), h.seconds(), title, stopped})
		}
	}
	for _, s := range f.Curve {
		add(s)
	}
	for _, line := range lines {
		slices.SortStableFunc(line, byDemands)
	}
	return lines
}

func byDemands(a, b point) int { return int(a.demands - b.demands) }

func described(f figures) string {
	if grown := growths(f.Curve); grown != "" {
		return "Exponents of growth: " + grown + ". The table in engine.md holds every value."
	}
	return "The table in engine.md holds every value."
}
