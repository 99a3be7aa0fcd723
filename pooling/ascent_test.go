package pooling

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

// ascent finds good multipliers the plain way: a subgradient of the bound says
// 1 less the groups in which a demand is chosen, and the multipliers follow it
// with ever smaller steps (Held, Wolfe and Crowder 1974). Only for tests: it
// looks into every cell each time, and chooses for rotas as if they met.
func ascent(t testing.TB, s *Snapshot, steps int) *Certificate {
	t.Helper()
	const one = 10_000
	c := &Certificate{Denominator: one, Multipliers: make([]int64, len(s.Demands))}
	for i := range c.Multipliers {
		c.Multipliers[i] = one * 8 / 10
	}
	best, least := slices.Clone(c.Multipliers), int64(1)<<62
	r := newRegister(s)
	for step := range steps {
		value, err := certifiedBy(r, c, nil, 1)
		if err != nil {
			t.Fatal(err)
		}
		if value < least {
			least, best = value, slices.Clone(c.Multipliers)
		}
		chosen := chosenBy(newDual(r, c, nil))
		length := int64(one) * 6 / int64(40+step)
		for i := range c.Multipliers {
			c.Multipliers[i] = max(0, c.Multipliers[i]-length*(1-chosen[i]))
		}
	}
	c.Multipliers = best
	return c
}

// chosenBy counts for each demand the groups that would take it: at each place
// the staff best.
func chosenBy(d *dual) []int64 {
	w, chosen := newDualWorker(d), make([]int64, len(d.ranked))
	type found struct {
		value   int64
		members []int32
	}
	for p := range d.offers {
		w.lists = w.lists[:0]
		for t := range w.cells {
			w.cells[t] = w.cells[t][:0]
		}
		for k := range d.offers[p] {
			w.hostsOf(&d.offers[p][k], func(host int32) { w.list(&d.offers[p][k], host) })
		}
		for t := range d.s.Slots {
			var groups []found
			for k := range w.cells[t] {
				c := &w.cells[t][k]
				if v, members := bestMembers(w, c.offer, w.inSlot(c, t)); v > 0 {
					groups = append(groups, found{v, members})
				}
			}
			slices.SortStableFunc(groups, func(a, b found) int { return int(b.value - a.value) })
			for _, g := range groups[:min(len(groups), int(d.staff(int32(p), t)))] {
				for _, rank := range g.members {
					chosen[d.ranked[rank].demand]++
				}
			}
		}
	}
	return chosen
}

// bestMembers are the most valuable members of a cell in the relaxation.
func bestMembers(w *dualWorker, o *dualOffer, candidates []int32) (best int64, members []int32) {
	w.cell.enter(w.dual, o, candidates)
	for n := min(o.MaxMembers, len(candidates)); n >= o.MinMembers; n-- {
		if !w.cell.settleSize(o, n) {
			continue
		}
		if v := w.cell.largestValues(n); v > best {
			best, members = v, members[:0]
			for k := 0; len(members) < n; k++ {
				if w.cell.members[k].alive {
					members = append(members, candidates[k])
				}
			}
		}
	}
	return best, members
}

// The example rounds have proven optima: no bound may be below, and good
// multipliers come within 4 percent and one demand of it.
func TestExampleRoundsHaveBoundsCloseToTheirOptimum(t *testing.T) {
	t.Parallel()
	for _, file := range exampleRounds(t) {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			s := mustSnapshot(t, file)
			var proven optimum
			b, err := os.ReadFile(strings.TrimSuffix(file, ".json") + ".opt.json")
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(b, &proven); err != nil {
				t.Fatal(err)
			}
			c := ascent(t, s, 400)
			value, err := certified(s, c)
			if err != nil {
				t.Fatal(err)
			}
			served := value / c.Denominator
			t.Logf("%d demands, proven %d, bound %d.%04d", len(s.Demands), proven.Served, served, value%c.Denominator)
			if served < int64(proven.Served) {
				t.Errorf("bound %d, but %d can be served", served, proven.Served)
			}
			if served*100 > int64(proven.Served)*104+100 {
				t.Errorf("bound %d, proven %d", served, proven.Served)
			}
		})
	}
}
