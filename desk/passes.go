package desk

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
)

// search is how hard and how long a pass searches.
type search struct {
	effort           pooling.Effort
	timeLimitSeconds int // 0: none
}

// searchOf is how the series of a round wants it searched.
func searchOf(r postgres.RoundLine) search { return search{r.Effort, r.TimeLimitSeconds} }

// formed is one pass of the engine over a snapshot.
type formed struct {
	number              int
	sha256              string
	frozen              []byte // the snapshot, as it is hashed
	snapshot            *pooling.Snapshot
	search              search
	formation           *pooling.Formation
	bytes               []byte // the formation, as it is stored
	outcomes            []pooling.Outcome
	startedAt, formedAt time.Time
}

// formBytes searches a snapshot as it was frozen.
func (d *Desk) formBytes(number int, frozen []byte, how search) (formed, error) {
	s, err := pooling.ReadSnapshot(bytes.NewReader(frozen))
	if err != nil {
		return formed{}, fmt.Errorf("pass %d: %w", number, err)
	}
	f := formed{number: number, sha256: hashOf(frozen), frozen: frozen, snapshot: s, search: how, startedAt: d.clock.Now()}
	opt := pooling.Options{Seed: seedOf(f.sha256), Effort: how.effort, Workers: d.workers}
	if how.timeLimitSeconds > 0 {
		opt.Spent = d.stopwatch(time.Duration(how.timeLimitSeconds) * time.Second)
	}
	if f.formation, f.bytes, err = formChecked(s, opt); err != nil {
		return formed{}, fmt.Errorf("round %s, pass %d: %w", s.Round.ID, number, err)
	}
	f.outcomes = pooling.Explain(s, f.formation)
	f.formedAt = d.clock.Now()
	return f, nil
}

// formChecked forms pools and proves that they break no rule.
func formChecked(s *pooling.Snapshot, opt pooling.Options) (*pooling.Formation, []byte, error) {
	f, err := pooling.Form(s, opt)
	if err != nil {
		return nil, nil, err
	}
	if broken := pooling.Check(s, f); len(broken) > 0 {
		return nil, nil, fmt.Errorf("%w: %v", ErrFormationUnsound, broken[0])
	}
	text, err := f.JSON()
	return f, text, err
}

// seedOf takes the seed of a search from the hash of what is searched: anybody
// can find it again, and nobody can choose it.
func seedOf(sha256 string) uint64 {
	const digits = 15 // 60 bits: a seed that every database and language can hold
	seed, err := strconv.ParseUint(sha256[:digits], 16, 64)
	if err != nil {
		panic("desk: a hash that is no hexadecimal number: " + sha256)
	}
	return seed
}

// clockStopwatch says how many thousandths of a limit are over, by the desk's
// clock.
func (d *Desk) clockStopwatch(limit time.Duration) func() int {
	start := d.clock.Now()
	return func() int {
		return int(min(1000, max(0, d.clock.Now().Sub(start)*1000/limit)))
	}
}

// viable counts the demands that could be in some group: those served, and
// those that only the competition for staff, seats and neighbours kept out.
func viable(outcomes []pooling.Outcome) int {
	n := 0
	for _, o := range outcomes {
		switch o.Code {
		case pooling.OutcomeServed, pooling.OutcomeSeatsFull, pooling.OutcomeStaffFull, pooling.OutcomeNoGroup:
			n++
		}
	}
	return n
}

// pass is what is stored of a pass besides its pools.
func (f formed) pass() postgres.Pass {
	return postgres.Pass{
		Number: f.number, PassBytes: postgres.PassBytes{Snapshot: f.frozen, Formation: f.bytes}, SHA256: f.sha256, Engine: pooling.Engine,
		Effort: f.search.effort, TimeLimitSeconds: f.search.timeLimitSeconds, Seed: seedOf(f.sha256), Work: f.formation.Work,
		Demands: len(f.snapshot.Demands), Viable: viable(f.outcomes), Served: f.formation.Totals.Served, Bound: f.formation.Bound,
		StartedAt: f.startedAt, FormedAt: f.formedAt,
	}
}

// rows are the pass, its pools and their members, to store.
func (f formed) rows(round pooling.RoundID) postgres.FormedPass {
	offers := map[string]pooling.Offer{}
	for _, o := range f.snapshot.Offers {
		offers[o.ID] = o
	}
	demands := map[string]pooling.Demand{}
	for _, p := range f.snapshot.Demands {
		demands[p.ID] = p
	}
	odd := pooling.OddCents(f.snapshot, f.formation)
	rows := postgres.FormedPass{Pass: f.pass()}
	for _, p := range f.formation.Pools {
		pool := postgres.Pool{
			ID: billing.PoolID(postgres.NewID()), Round: round, Name: p.ID, Offer: catalogue.OfferID(p.Offer),
			Provider: catalogue.ProviderID(offers[p.Offer].Provider), Slot: p.Slot, Host: communities.CommunityID(p.Host), Size: len(p.Members), Cost: p.Cost,
		}
		rows.Pools = append(rows.Pools, pool)
		for _, m := range p.Members {
			row := postgres.PoolMember{
				PoolID: string(pool.ID), DemandID: m.Demand, HouseholdID: demands[m.Demand].Household, Units: demands[m.Demand].Units,
				Slots: m.Slots, ShareCents: m.Share, SubsidyCents: m.Subsidy, OddCent: odd[m.Demand],
			}
			if m.Programme != "" {
				row.MeasureID = &m.Programme
			}
			rows.Members = append(rows.Members, row)
		}
	}
	return rows
}
