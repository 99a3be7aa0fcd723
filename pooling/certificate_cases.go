package pooling

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// Limits of a proof by cases. They bound the work of whoever verifies it.
const (
	caseDepthMax       = 64      // questions on the way to a leaf
	caseLeavesMax      = 4096    // of a proof
	caseMultipliersMax = 1 << 22 // leaves x demands
)

// caseStep is one answer on the way to a case: here says that the demand is
// served at the place or not at all, otherwise it is not served there.
type caseStep struct {
	demand, provider int32
	slot             int // [rotaPlace] for the rotas of the provider
	here             bool
}

// casePath is the restriction to the formations that fit every answer of a path.
type casePath struct {
	steps []caseStep // by demand
	first []int32    // by demand: its steps are steps[first[i]:first[i+1]]
}

// newPath restricts a round with so many demands to the case that the steps
// lead to, in whatever order they are given.
func newPath(demands int, steps []caseStep) *casePath {
	p := &casePath{steps: slices.Clone(steps), first: make([]int32, demands+1)}
	slices.SortFunc(p.steps, func(a, b caseStep) int { return cmp.Compare(a.demand, b.demand) })
	for _, s := range steps {
		p.first[s.demand+1]++
	}
	for i := range demands {
		p.first[i+1] += p.first[i]
	}
	return p
}

func (p *casePath) admits(demand, provider int32, slot int) bool {
	for _, s := range p.steps[p.first[demand]:p.first[demand+1]] {
		if there := s.provider == provider && s.slot == slot; there != s.here {
			return false
		}
	}
	return true
}

// opens is always true: a case is only about where demands are served.
func (p *casePath) opens(int32, int, int32, int32) bool { return true }

// certifiedCases recomputes the bound of a proof by cases, in units of
// 1/denominator. Every formation fits the path of at least one leaf: at each
// question it goes on in Here if it serves the demand there, else in Elsewhere.
// It so serves no more than the bound of that leaf, nor than the largest bound
// of all. An error says what is wrong with the form of the certificate.
func (r *register) certifiedCases(c *Certificate, workers int) (int64, error) {
	leaves, err := r.leavesOf(c)
	if err != nil {
		return 0, err
	}
	bounds, faults := make([]int64, len(leaves)), make([]error, len(leaves))
	var (
		next atomic.Int64
		wait sync.WaitGroup
	)
	for range max(1, min(workers, len(leaves))) {
		wait.Go(func() {
			for k := int(next.Add(1) - 1); k < len(leaves); k = int(next.Add(1) - 1) {
				one := &Certificate{Denominator: c.Denominator, Multipliers: leaves[k].multipliers}
				bounds[k], faults[k] = certifiedBy(r, one, newPath(len(r.s.Demands), leaves[k].path), 1)
			}
		})
	}
	wait.Wait()
	return slices.Max(bounds), errors.Join(faults...)
}

// caseLeaf is a leaf of a proof, with the answers that lead to it.
type caseLeaf struct {
	path        []caseStep
	multipliers []int64
}

// caseWalk lists the leaves of a proof in the order of its file.
type caseWalk struct {
	*register
	leaves []caseLeaf
	path   []caseStep
}

// leavesOf lists the leaves of a certificate by cases that is well formed.
func (r *register) leavesOf(c *Certificate) ([]caseLeaf, error) {
	if err := c.denominatorFits(); err != nil {
		return nil, err
	}
	if c.Cases == nil || c.Multipliers != nil {
		return nil, errors.New("must have either multipliers or cases")
	}
	w := &caseWalk{register: r}
	if err := w.visit(c.Cases); err != nil {
		return nil, fmt.Errorf("%s: %w", w.where(), err)
	}
	return w.leaves, nil
}

// visit adds the leaves of a case. At an error the path stays where it was found.
func (w *caseWalk) visit(c *Case) error {
	switch {
	case c == nil:
		return errors.New("is missing")
	case c.isLeaf():
		return w.leaf(c)
	case c.Multipliers != nil:
		return errors.New("must have either multipliers or two cases")
	case len(w.path) == caseDepthMax:
		return fmt.Errorf("must not have cases: it is %d deep", caseDepthMax)
	}
	step, err := w.step(c)
	if err != nil {
		return err
	}
	for _, here := range []bool{true, false} {
		part := c.Elsewhere
		if step.here = here; here {
			part = c.Here
		}
		w.path = append(w.path, step)
		if err := w.visit(part); err != nil {
			return err
		}
		w.path = w.path[:len(w.path)-1]
	}
	return nil
}

func (w *caseWalk) leaf(c *Case) error {
	if c.Demand != "" || c.Provider != "" || c.Slot != "" {
		return errors.New("must have two cases, or multipliers and no place")
	}
	if err := w.multipliersFit(c.Multipliers); err != nil {
		return err
	}
	w.leaves = append(w.leaves, caseLeaf{slices.Clone(w.path), c.Multipliers})
	if len(w.leaves) > caseLeavesMax {
		return fmt.Errorf("must be one of at most %d cases with multipliers", caseLeavesMax)
	}
	if len(w.leaves)*len(w.s.Demands) > caseMultipliersMax {
		return fmt.Errorf("must be among the first %d multipliers", caseMultipliersMax)
	}
	return nil
}

// step finds what a case asks for: ids must be those of the round.
func (w *caseWalk) step(c *Case) (s caseStep, err error) {
	demand, known := w.demands[c.Demand]
	if !known {
		return s, fmt.Errorf("demand %q is unknown", c.Demand)
	}
	provider, known := w.providers[c.Provider]
	if !known {
		return s, fmt.Errorf("provider %q is unknown", c.Provider)
	}
	s = caseStep{demand: demand, provider: provider, slot: rotaPlace}
	if c.Slot != "" {
		slot, known := w.slots[c.Slot]
		if !known {
			return s, fmt.Errorf("slot %q is unknown", c.Slot)
		}
		s.slot = int(slot)
	}
	return s, nil
}

// where names the case at the end of the path, as in the file.
func (w *caseWalk) where() string {
	var b strings.Builder
	b.WriteString("cases")
	for _, s := range w.path {
		if s.here {
			b.WriteString(".here")
		} else {
			b.WriteString(".elsewhere")
		}
	}
	return b.String()
}
