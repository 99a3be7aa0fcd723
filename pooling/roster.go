package pooling

import (
	"cmp"
	"math/bits"
	"slices"
)

// rosterNodesMax bounds the search for the members of one rota; 14 candidates
// are always decided.
const rosterNodesMax = 1 << 15

// roster says who has each slot of a rota's week: place in members + 1, 0 for
// nobody.
type roster struct {
	turns   [SlotsMax]int16
	members []*ask
}

// admit gives an ask as many open slots as it has units, moving others along
// augmenting paths; false, and nothing changes, exactly when no seating of all
// exists.
//
// Source: Kuhn 1955, "The Hungarian method for the assignment problem"; Berge
// 1957 for the exactness of augmenting paths.
func (r *roster) admit(a *ask, open uint64) bool {
	before := r.turns
	r.members = append(r.members, a)
	for range a.units {
		tried := uint64(0)
		if !r.augment(len(r.members), open, &tried) {
			r.turns, r.members = before, r.members[:len(r.members)-1]
			return false
		}
	}
	return true
}

func (r *roster) augment(member int, open uint64, tried *uint64) bool {
	for rest := r.members[member-1].slots & open &^ *tried; rest != 0; rest &= rest - 1 {
		t := bits.TrailingZeros64(rest)
		if *tried>>t&1 == 1 {
			continue
		}
		*tried |= 1 << t
		if r.turns[t] == 0 || r.augment(int(r.turns[t]), open, tried) {
			r.turns[t] = int16(member)
			return true
		}
	}
	return false
}

// rosterSearch tries members one by one, the heaviest first: each is taken, if
// it can be seated, and then left.
type rosterSearch struct {
	d     *deal
	open  uint64
	list  []*ask
	nodes int
	best  gathering
	most  int // members that no group exceeds
}

// gatherRota finds the largest group whose members can be seated in the open
// slots. Proofs that there is none come from the same group without the
// seating, or from having tried all.
func (d *deal) gatherRota(me *ask, others []*ask, open uint64) gathering {
	s := rosterSearch{d: d, open: open & d.slots, list: heaviest(d, others)}
	relaxed := d.pack(me, others, min(d.maxUnits, int64(bits.OnesCount64(s.open))))
	if relaxed.members == 0 && relaxed.certain {
		return relaxed
	}
	s.most = min(d.max, len(others)+1)
	if relaxed.certain {
		s.most = relaxed.members
	}
	var r roster
	var c crowd
	if me != nil {
		if !r.admit(me, s.open) {
			return gathering{certain: true}
		}
		c = crowd{1, d.weightOf(me), me.units}
	}
	s.fill(me, r, c, s.list)
	s.fill(me, r, c, lightest(s.list))
	s.try(0, &r, c)
	s.best.certain = s.nodes < rosterNodesMax || s.best.members == s.most
	return s.best
}

// fill seats a list in its order and lets who refuses drop out: a first group,
// from which the search goes on.
func (s *rosterSearch) fill(me *ask, r roster, c crowd, list []*ask) {
	var seated []*ask
	r.members = slices.Clip(r.members)
	for _, a := range list {
		if c.members < s.d.max && c.units+a.units <= s.d.maxUnits && r.admit(a, s.open) {
			seated = append(seated, a)
			c.members, c.units = c.members+1, c.units+a.units
		}
	}
	kept, c := s.d.willing(me, seated)
	if me != nil {
		kept = append(kept, me)
	}
	s.weigh(kept, c)
}

func (s *rosterSearch) try(next int, r *roster, c crowd) {
	if s.nodes++; s.nodes >= rosterNodesMax || c.members+len(s.list)-next <= s.best.members || s.best.members == s.most {
		return
	}
	if next == len(s.list) {
		s.weigh(r.members, c)
		return
	}
	a := s.list[next]
	if c.members < s.d.max && c.units+a.units <= s.d.maxUnits {
		with := roster{r.turns, slices.Clip(r.members)}
		if with.admit(a, s.open) {
			s.try(next+1, &with, crowd{c.members + 1, c.weight + s.d.weightOf(a), c.units + a.units})
		}
	}
	s.try(next+1, r, c)
}

// weigh keeps a group that is larger than the best and that all accept.
func (s *rosterSearch) weigh(members []*ask, c crowd) {
	if c.members < s.d.min || c.units < s.d.minUnits {
		return
	}
	k := s.d.tier(c.members)
	for _, a := range members {
		if int64(s.d.need(k, a)) > c.weight {
			return
		}
	}
	s.best = gathering{members: c.members, weight: c.weight}.better(s.best)
}

// lightest sorts a copy by rising units, so that most are seated.
func lightest(list []*ask) []*ask {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y *ask) int { return cmp.Compare(x.units, y.units) })
	return list
}

// heaviest sorts a copy by falling split weight, then by turn.
func heaviest(d *deal, list []*ask) []*ask {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(x, y *ask) int {
		return cmp.Or(cmp.Compare(d.weightOf(y), d.weightOf(x)), cmp.Compare(x.turn, y.turn))
	})
	return list
}
