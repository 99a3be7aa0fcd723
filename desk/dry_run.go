package desk

import (
	"cmp"
	"context"
	"slices"

	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/refusal"
)

// dryRunLimitSeconds is how long each pass of a dry run may search, in seconds: its
// reader waits for the page.
const dryRunLimitSeconds = 8

// ErrDryRunBusy says that another dry run is being computed: one at a time, so
// that the pages of families stay quick.
var ErrDryRunBusy = refusal.New(refusal.KindTooMany, "dry_run_busy")

// DryRun says what would come of an open round if it closed now (officer), with
// effort fast or normal. It reads and stores nothing: families see no more than
// their preview, because from outcomes the maxima of neighbours would follow.
//
// It returns [pooling.ErrRoundNotOpen] or [pooling.ErrRoundClosed] for a round
// that takes no pledges, [pooling.ErrEffort] and [ErrDryRunBusy].
func (d *Desk) DryRun(ctx context.Context, a communities.Actor, id pooling.RoundID, effort pooling.Effort) (DryRunView, error) {
	now := d.clock.Now()
	if err := a.May(communities.PermRunRound, communities.Scope{}, now); err != nil {
		return DryRunView{}, err
	}
	if effort != pooling.EffortFast && effort != pooling.EffortNormal {
		return DryRunView{}, pooling.ErrEffort.With("effort", string(effort)).At("effort")
	}
	round, err := d.db.Round(ctx, id)
	if err != nil {
		return DryRunView{}, err
	}
	if err := round.TakesPledges(now); err != nil {
		return DryRunView{}, err
	}
	if !d.dryRuns.TryLock() {
		return DryRunView{}, ErrDryRunBusy
	}
	defer d.dryRuns.Unlock()
	p, err := d.preview(ctx, round)
	if err != nil {
		return DryRunView{}, err
	}
	v := DryRunView{Round: d.roundSummary(round, 0), At: now.In(d.zone), Effort: effort}
	v.Results, err = d.rehearse(p, search{effort, min(round.TimeLimitSeconds, dryRunLimitSeconds)})
	return v, err
}

// rehearse forms both passes of what a round would be, as [Desk.formRound]
// does, and sums them up.
func (d *Desk) rehearse(p *preview, how search) (RoundResults, error) {
	out := RoundResults{Formed: true}
	snapshot, passes := p.snapshot, []formed{}
	for number := 1; number <= 2; number++ {
		frozen, err := snapshot.JSON()
		if err != nil {
			return out, err
		}
		f, err := d.formBytes(number, frozen, how)
		if err != nil {
			return out, err
		}
		if number == 2 && f.formation.Totals.Served == 0 {
			break
		}
		passes = append(passes, f)
		out.Passes = append(out.Passes, passView(f.pass(), true))
		out.add(p, f)
		if snapshot = pooling.Remainder(f.snapshot, f.formation); len(snapshot.Demands) == 0 {
			break
		}
	}
	out.count(outcomesOf(passes))
	return out, nil
}

// add adds the pools of a pass.
func (r *RoundResults) add(p *preview, f formed) {
	offers, hosts := map[string]postgres.OfferLine{}, map[string]string{}
	for _, o := range p.sources.offers {
		offers[string(o.ID)] = o
	}
	for _, c := range p.sources.places {
		hosts[string(c.ID)] = c.Name
	}
	for _, pool := range f.formation.Pools {
		o := offers[pool.Offer]
		line := postgres.Pool{Name: pool.ID, Pass: f.number, Slot: pool.Slot, HostName: hosts[pool.Host], OfferTitle: o.Title, ProviderName: o.ProviderName, Size: len(pool.Members), Cost: pool.Cost}
		for _, m := range pool.Members {
			line.Subsidy += m.Subsidy
			line.Net += m.Net
		}
		r.Cost, r.Subsidy, r.Net = r.Cost+line.Cost, r.Subsidy+line.Subsidy, r.Net+line.Net
		r.Pools = append(r.Pools, poolView(line))
	}
}

// count counts outcomes by reason.
func (r *RoundResults) count(outcomes []postgres.Outcome) {
	counts := map[pooling.OutcomeCode]int{}
	for _, o := range outcomes {
		if o.Code == pooling.OutcomeServed {
			r.Served++
			continue
		}
		r.Unserved++
		counts[o.Code]++
	}
	for code, n := range counts {
		r.Reasons = append(r.Reasons, ReasonCount{code, n})
	}
	slices.SortFunc(r.Reasons, func(a, b ReasonCount) int { return cmp.Compare(a.Code, b.Code) })
}
