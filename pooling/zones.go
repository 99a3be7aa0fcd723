package pooling

import (
	"cmp"
	"slices"
)

// A large board is cut into zones that are searched at once, each by a searcher
// of its own. For the length of a wave every site, and every demand, belongs to
// one zone: a demand to that of its group, or when it is unserved to that of
// one of the sites where it is a candidate. A searcher reads and writes nothing
// of other zones, so the result depends on the cut, never on how many zones are
// searched at the same time. The cut turns and shifts from wave to wave, so
// that no border stands for long.

// About how many demands are in a zone. First groups want few borders; the search
// after them wants what it looks at in the processor's cache, and borders that
// move.
const (
	zoneAsksFirst  = 25_000
	zoneAsksSearch = 8_000
)

// zonesFrom is the number of demands from which a board is cut.
const zonesFrom = 150_000

// atlas knows where the sites are, to cut them into zones.
type atlas struct {
	st    *search
	x, y  []int64 // of each provider, in metres: the first host of its first lane
	field *field
}

func (st *search) newAtlas() *atlas {
	b := st.b
	a := &atlas{st: st, x: make([]int64, len(b.s.Providers)), y: make([]int64, len(b.s.Providers)), field: st.wholeField()}
	for s := range slices.Backward(b.sites) {
		x := &b.sites[s]
		host := &b.s.Communities[b.lanes[x.lanes[0]].hosts[0]]
		a.x[x.provider], a.y[x.provider] = host.XM, host.YM
	}
	return a
}

// cut makes the fields of one wave, of about so many demands.
func (a *atlas) cut(wave, asks int) []*field {
	zones := len(a.field.asks) / asks
	if len(a.field.asks) < zonesFrom || zones < 2 {
		return []*field{a.field}
	}
	fields := make([]*field, zones)
	for z := range fields {
		fields[z] = &field{}
	}
	a.ownSites(fields, wave)
	a.ownAsks(fields, wave)
	return fields
}

// ownSites gives each site to a zone: the city is cut into columns, each with
// as many sites as any other, and each column into rows likewise; in odd waves
// rows come first, and the cut shifts by a third of a zone from wave to wave.
func (a *atlas) ownSites(fields []*field, wave int) {
	across, down := a.order(a.x), a.order(a.y)
	if wave%2 == 1 {
		across, down = down, across
	}
	columns := 1
	for (columns+1)*(columns+1) <= len(fields) {
		columns++
	}
	column := make([]int, len(across)) // by site
	first := 0
	for c := range columns {
		end := max(first, a.share(across, len(fields)*(c+1)/columns, len(fields), wave))
		for _, s := range across[first:end] {
			column[s] = c
		}
		first = end
	}
	rows := make([][]int32, columns)
	for _, s := range down {
		rows[column[s]] = append(rows[column[s]], s)
	}
	for c, list := range rows {
		from, to := len(fields)*c/columns, len(fields)*(c+1)/columns
		begin := 0
		for z := from; z < to; z++ {
			stop := max(begin, a.share(list, z-from+1, to-from, wave))
			for _, s := range list[begin:stop] {
				a.st.siteZone[s] = int32(z)
				fields[z].sites = append(fields[z].sites, s)
			}
			begin = stop
		}
	}
}

// order lists the sites along one axis; those of a provider stay together.
func (a *atlas) order(place []int64) []int32 {
	b := a.st.b
	providers := make([]int32, len(place))
	for p := range providers {
		providers[p] = int32(p)
	}
	slices.SortFunc(providers, func(p, q int32) int { return cmp.Or(cmp.Compare(place[p], place[q]), cmp.Compare(p, q)) })
	from := make([]int32, len(place)+1) // sites are in the order of providers
	for s := range b.sites {
		from[b.sites[s].provider+1] = int32(s + 1)
	}
	for p := range place {
		from[p+1] = max(from[p+1], from[p])
	}
	order := make([]int32, 0, len(b.sites))
	for _, p := range providers {
		for s := from[p]; s < from[p+1]; s++ {
			order = append(order, s)
		}
	}
	return order
}

// share is where the k-th of n parts of an ordered list ends, shifted by the
// wave, never between two sites of a provider: its rotas use them all.
func (a *atlas) share(list []int32, k, n, wave int) int {
	if k == n {
		return len(list)
	}
	end := len(list)*k/n + len(list)/n*(wave/2%3-1)/3
	for end > 0 && end < len(list) && a.st.b.sites[list[end]].provider == a.st.b.sites[list[end-1]].provider {
		end++
	}
	return min(max(end, 0), len(list))
}

func (a *atlas) ownAsks(fields []*field, wave int) {
	st := a.st
	for _, i := range a.field.asks {
		var s int32
		if g := st.at[i]; g >= 0 {
			s = st.b.lanes[st.lane[g]].site
		} else {
			entries := st.b.entriesOf(i)
			s = entries[(wave+int(i))%len(entries)].site
		}
		z := st.siteZone[s]
		st.owner[i] = z
		fields[z].asks = append(fields[z].asks, i)
	}
}

// inZones does the same work in every zone of a wave, by several workers.
func (st *search) inZones(fields []*field, workers int, wave int, work func(one *search, f *field)) {
	if len(fields) == 1 {
		work(st, fields[0])
		return
	}
	gained := make([]struct {
		served int
		net    int64
	}, len(fields))
	parallel(workers, len(fields), func() func(int) {
		one := &search{standings: st.standings, limit: true}
		return func(z int) {
			one.zone, one.served, one.net = int32(z), 0, 0
			one.dice = dice(uint64(st.dice) ^ uint64(wave)<<32 ^ uint64(z)*0x9e3779b97f4a7c15)
			work(one, fields[z])
			gained[z].served, gained[z].net = one.served, one.net
		}
	})
	for z := range gained {
		st.served += gained[z].served
		st.net += gained[z].net
	}
	st.dice.next()
}
