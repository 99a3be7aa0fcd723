package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"colletta/money"
)

// writeSplit prints an expense for people: a table for each component and level,
// then who pays what in all, then the comparison.
func writeSplit(w io.Writer, r splitResult) error {
	b := bufio.NewWriter(w)
	if heading := strings.TrimSpace(r.expense.ID + "  " + r.expense.Title); heading != "" {
		fmt.Fprintln(b, heading)
	}
	switch {
	case r.comparison != nil:
		writeComparison(b, r.comparison)
	default:
		writeBreakdown(b, r)
	}
	if r.expense.Expected == nil {
		return b.Flush()
	}
	for _, d := range r.differences {
		fmt.Fprintln(b, "not as expected:", d)
	}
	if len(r.differences) == 0 {
		fmt.Fprintln(b, "as expected")
	}
	return b.Flush()
}

func writeBreakdown(b *bufio.Writer, r splitResult) {
	several := len(r.breakdown.Components) > 1
	for i, d := range r.breakdown.Divisions {
		heading := ""
		if several {
			heading = r.breakdown.Components[i].Name
		}
		writeDivision(b, d, heading)
	}
	if !several && r.breakdown.Divisions[0].Between == nil {
		return
	}
	fmt.Fprintln(b, "together")
	rows := [][]string{{"", "pays"}}
	portions := r.breakdown.Portions()
	for i, name := range r.breakdown.Participants() {
		rows = append(rows, []string{name, portions[i].String()})
	}
	writeAligned(b, append(rows, []string{"total", r.breakdown.Total().String()}), "lr")
}

// writeDivision prints the levels of a division, outermost first. Where groups
// divide their own portions each has its own table, and the lines outside groups
// are in the table between them.
func writeDivision(b *bufio.Writer, d *money.Division, heading string) {
	if d.Between != nil {
		writeDivision(b, d.Between, strings.TrimSpace(heading+" between groups"))
		for _, g := range d.Inside {
			writeDivision(b, g, strings.TrimSpace(heading+" inside "+g.Name))
		}
		return
	}
	if heading != "" {
		fmt.Fprintln(b, heading)
	}
	rows := [][]string{{"", "exact", "whole", "remainder", "rank", "odd cent", "pays", "why"}}
	var odd money.Amount
	for _, l := range d.Lines {
		odd += l.OddCent
		rows = append(rows, lineCells(l))
	}
	total := []string{"total", d.Total.String(), (d.Total - odd).String(), "", "", "", d.Total.String(), ""}
	if odd != 0 {
		total[5] = fmt.Sprintf("%+d", odd)
	}
	writeAligned(b, append(rows, total), "lprprrrl")
}

func lineCells(l money.Line) []string {
	rest, rank, odd, why := "", "", "", l.Why.String()
	if l.Rank > 0 {
		rest, rank = l.RemainderText(), fmt.Sprint(l.Rank)
	}
	if l.OddCent != 0 {
		odd = fmt.Sprintf("%+d", l.OddCent)
	}
	if l.Limit != money.LimitNone {
		why = "at its " + string(l.Limit)
	}
	return []string{l.Name, l.ExactText(), l.Whole.String(), rest, rank, odd, l.Portion.String(), why}
}

// writeComparison prints a column for each rule, and beside each but the first by
// how much it differs from the first.
func writeComparison(b *bufio.Writer, c *money.Comparison) {
	header, total, sides := []string{""}, []string{"total"}, "l"
	for i, rule := range c.Rules {
		header, total, sides = append(header, rule), append(total, c.Total.String()), sides+"r"
		if i > 0 {
			header, total, sides = append(header, "difference"), append(total, ""), sides+"r"
		}
	}
	rows := [][]string{header}
	for _, row := range c.Rows {
		cells := []string{row.Name}
		for i, p := range row.Portions {
			cells = append(cells, p.String())
			if i > 0 {
				cells = append(cells, signed(row.Difference(i)))
			}
		}
		rows = append(rows, cells)
	}
	writeAligned(b, append(rows, total), sides)
}

// signed writes a difference with its sign, and none as nothing.
func signed(a money.Amount) string {
	switch {
	case a == 0:
		return ""
	case a > 0:
		return "+" + a.String()
	}
	return a.String()
}

// writeAligned prints rows in columns, each to the left, to the right or by the
// decimal point as sides say with l, r or p, with two spaces between.
func writeAligned(b *bufio.Writer, rows [][]string, sides string) {
	widths := make([]int, len(sides))
	for i, side := range sides {
		if side == 'p' {
			alignPoints(rows, i)
		}
		for _, row := range rows {
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i]))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, text := range row {
			blank := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(text))
			if i > 0 {
				line.WriteString("  ")
			}
			if sides[i] != 'l' {
				line.WriteString(blank)
			}
			line.WriteString(text)
			if sides[i] == 'l' {
				line.WriteString(blank)
			}
		}
		fmt.Fprintln(b, strings.TrimRight(line.String(), " "))
	}
}

// alignPoints puts blanks after the numbers of a column, below its title, so that
// their decimal points stand below each other once they are aligned to the right.
func alignPoints(rows [][]string, column int) {
	decimals := func(text string) int {
		if at := strings.IndexByte(text, '.'); at >= 0 {
			return utf8.RuneCountInString(text[at:])
		}
		return 0
	}
	most := 0
	for _, row := range rows[1:] {
		most = max(most, decimals(row[column]))
	}
	for _, row := range rows[1:] {
		row[column] += strings.Repeat(" ", most-decimals(row[column]))
	}
}
