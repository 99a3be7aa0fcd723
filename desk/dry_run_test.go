package desk

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"colletta/communities"
	"colletta/pooling"
	"colletta/postgres"
)

// What the officer is shown is what happens when nothing changes until the
// close; and the rehearsal leaves the database as it was.
func TestADryRunForetellsTheRoundAndStoresNothing(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.scarceRound()
	before := w.everything()
	for _, effort := range []pooling.Effort{pooling.EffortFast, pooling.EffortNormal} {
		told, err := w.desk.DryRun(w.ctx, w.officer, round, effort)
		w.must(err)
		r := told.Results
		if r.Served != 11 || r.Unserved != 3 || len(r.Passes) != 2 || len(r.Pools) != 2 || r.Cost != 300_00 || r.Subsidy != 7*17_14+4*30_00 || r.Net != r.Cost-r.Subsidy {
			t.Errorf("%s: %+v", effort, r)
		}
		if told.Effort != effort || r.Passes[0].Effort != effort || r.Pools[0].Offer != "Laboratorio piccolo" || r.Pools[0].Host == "" || r.Pools[0].Provider == "" {
			t.Errorf("%s: %+v", effort, told)
		}
	}
	w.unchanged(before)

	told, err := w.desk.DryRun(w.ctx, w.officer, round, pooling.EffortNormal)
	w.must(err)
	w.finish(round)
	view, err := w.desk.Round(w.ctx, w.officer, round)
	w.must(err)
	if told.Results.Served != view.Results.Served || told.Results.Subsidy != view.Results.Subsidy || !reflect.DeepEqual(told.Results.Reasons, view.Results.Reasons) {
		t.Errorf("foretold %+v, came %+v", told.Results, view.Results)
	}
	_, err = w.desk.DryRun(w.ctx, w.officer, round, pooling.EffortFast)
	if !errors.Is(err, pooling.ErrRoundClosed) {
		t.Errorf("of a closed round: %v", err)
	}
}

func TestADryRunIsForTheOfficerAndOneAtATime(t *testing.T) {
	t.Parallel()
	w := newTown(t)
	round := w.openRound()
	for who, a := range map[string]communities.Actor{"a family": w.families[0], "the delegate": w.parent, "a passer-by": {}} {
		if _, err := w.desk.DryRun(w.ctx, a, round, pooling.EffortFast); err == nil {
			t.Errorf("%s saw what would come", who)
		}
	}
	_, err := w.desk.DryRun(w.ctx, w.officer, round, pooling.EffortHigh)
	wantRefusal(t, "a long search", err, pooling.ErrEffort, "effort")
	if _, err := w.desk.DryRun(w.ctx, w.officer, "none", pooling.EffortFast); !errors.Is(err, postgres.ErrNotFound) {
		t.Errorf("a round that is not there: %v", err)
	}
	empty, err := w.desk.DryRun(w.ctx, w.officer, round, pooling.EffortFast)
	w.must(err)
	if empty.Results.Served != 0 || len(empty.Results.Passes) != 1 {
		t.Errorf("without pledges: %+v", empty.Results)
	}

	var busy error
	w.desk.stopwatch = func(limit time.Duration) func() int {
		if limit != dryRunLimitSeconds*time.Second {
			t.Errorf("the reader of a page waits %s", limit)
		}
		_, busy = w.desk.DryRun(w.ctx, w.officer, round, pooling.EffortFast)
		return w.desk.clockStopwatch(limit)
	}
	_, err = w.desk.DryRun(w.ctx, w.officer, round, pooling.EffortFast)
	w.must(err)
	if !errors.Is(busy, ErrDryRunBusy) {
		t.Errorf("two at once: %v", busy)
	}
}

func TestAGapIsNeverUnderstated(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ bound, served, want int }{
		{9, 9, 0}, {815, 806, 12}, {1001, 1000, 1}, {10_000_001, 10_000_000, 1}, {2, 1, 1000}, {0, 0, 0}, {3, 0, -1}, {7, 6, 167},
	} {
		got := certificateOf(&pooling.Bound{Served: c.bound, Method: "lagrangian"}, c.served)
		if got.GapPermille != c.want || got.Bound != c.bound {
			t.Errorf("%d of at most %d: %d thousandths, want %d", c.served, c.bound, got.GapPermille, c.want)
		}
	}
	if certificateOf(nil, 5) != nil {
		t.Error("a certificate without a bound")
	}
}
