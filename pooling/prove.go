package pooling

// prover looks for a proof that no formation serves more than one that is
// known, where the prices alone do not show it: branch and bound. A case is
// split by asking whether a demand is served at a site; prices are moved again
// in each, until their bound is below one demand more.
//
// What is left to split is small when the gap is: on rounds of some hundred
// demands a few dozen cases are enough, or none would be.
//
// Sources: Land and Doig 1960 (branch and bound); Ryan and Foster 1981 (which
// questions keep the pricing of groups as it is).
type prover struct {
	m      *market
	target int64 // a bound below ends a case, in units of 1/priceOne
	nodes  int   // done so far
	more   func(nodes int) bool
	wanted [][]int32 // by lane and position: how often a group wanted it lately, of askedAll
	stop   bool
}

// askedAll is the share of a candidate that is always wanted.
const askedAll = 1 << 16

// question asks whether a demand is served at a site.
type question struct {
	ask, site int32
	here      bool
}

// depthTried is the depth at which a proof is given up: one that ends is found by
// few questions, and where they do not bring the bound down more do not either.
const depthTried = 16

// nodeSteps are the steps by which the prices of a case may be moved.
const nodeSteps = 150

// prove returns the tree of cases, or nil when there was not enough work for
// it.
func (m *market) prove(served int, more func(nodes int) bool) (*Case, int) {
	// A fiftieth of a demand is kept for rounding multipliers.
	p := &prover{m: m, target: int64(served+1)*priceOne - priceOne/50, more: more, wanted: make([][]int32, len(m.st.b.lanes))}
	for l := range p.wanted {
		p.wanted[l] = make([]int32, len(m.st.b.lanes[l].asks))
	}
	m.bans = make([][]bool, len(m.st.b.lanes))
	m.seen = p.wanted
	tree := p.visit(nil, m.best, served)
	m.bans, m.seen = nil, nil
	if p.stop {
		return nil, p.nodes
	}
	return tree, p.nodes
}

// visit proves the case of a path, beginning with the prices of its parent.
func (p *prover) visit(path []question, prices []int32, served int) *Case {
	if len(path) > min(caseDepthMax, depthTried) || !p.more(p.nodes) {
		p.stop = true
		return nil
	}
	p.nodes++
	m := p.m
	m.ban(path)
	copy(m.st.price, prices)
	m.startPolish()
	m.step = 1000
	for k := 0; k < nodeSteps && m.bound >= p.target; k++ {
		m.polish(served)
	}
	best := append([]int32(nil), m.best...)
	if m.bound < p.target {
		return &Case{Multipliers: coarse(best)}
	}
	ask, site := p.question(path)
	if ask < 0 {
		p.stop = true // the case is one formation, or the bound cannot tell
		return nil
	}
	s := &m.st.b.sites[site]
	c := &Case{Demand: m.st.b.s.Demands[ask].ID, Provider: m.st.b.s.Providers[s.provider].ID}
	if s.slot >= 0 {
		c.Slot = m.st.b.s.Slots[s.slot].ID
	}
	path = path[:len(path):len(path)]
	if c.Here = p.visit(append(path, question{ask, site, true}), best, served); p.stop {
		return nil
	}
	if c.Elsewhere = p.visit(append(path, question{ask, site, false}), best, served); p.stop {
		return nil
	}
	return c
}

// question chooses the demand and site about which the prices are least
// decided: wanted there about half of the time.
func (p *prover) question(path []question) (ask, site int32) {
	b := p.m.st.b
	ask, site = -1, -1
	most := int32(askedAll / 100)
	for i := range b.asks {
		entries := b.entriesOf(int32(i))
		for k := 0; k < len(entries); {
			s, share := entries[k].site, int32(0)
			for ; k < len(entries) && entries[k].site == s; k++ {
				share += p.wanted[entries[k].lane][entries[k].pos]
			}
			if open := min(share, askedAll-share); open > most && !asked(path, int32(i), s) {
				ask, site, most = int32(i), s, open
			}
		}
	}
	return ask, site
}

func asked(path []question, ask, site int32) bool {
	for _, q := range path {
		if q.ask == ask && q.site == site {
			return true
		}
	}
	return false
}

// ban takes candidates out of lanes as the answers of a path say.
func (m *market) ban(path []question) {
	b := m.st.b
	for l := range m.bans {
		m.bans[l] = nil
	}
	for _, q := range path {
		for _, e := range b.entriesOf(q.ask) {
			if (e.site == q.site) != q.here {
				if m.bans[e.lane] == nil {
					m.bans[e.lane] = make([]bool, len(b.lanes[e.lane].asks))
				}
				m.bans[e.lane][e.pos] = true
			}
		}
	}
	m.st.bans = m.bans
}

// coarse rounds prices to units of 1/coarseOne.
func coarse(prices []int32) []int64 {
	out := make([]int64, len(prices))
	for i, p := range prices {
		out[i] = (int64(p) + priceOne/coarseOne/2) / (priceOne / coarseOne)
	}
	return out
}

// coarseOne is the denominator of rounded multipliers: a ten-thousandth of a
// demand shows neither in a large round nor in a case, but in the file.
const coarseOne = 10_000
