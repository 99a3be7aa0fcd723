package pooling

import (
	"errors"
	"testing"
	"time"
)

func TestRoundTakesPledgesOnlyWhileOpen(t *testing.T) {
	opens := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	round := Round{State: RoundOpen, OpensAt: opens, ClosesAt: opens.AddDate(0, 0, 20)}
	closed := round
	closed.State = RoundClosed
	scheduled := round
	scheduled.State = RoundScheduled
	for _, c := range []struct {
		name  string
		round Round
		at    time.Time
		want  error
	}{
		{"an instant before opening", round, opens.Add(-1), ErrRoundNotOpen},
		{"at opening", round, opens, nil},
		{"an instant before the close", round, round.ClosesAt.Add(-1), nil},
		{"at the close, though no job has run yet", round, round.ClosesAt, ErrRoundClosed},
		{"after the close", closed, opens.Add(time.Hour), ErrRoundClosed},
		{"scheduled", scheduled, opens.Add(time.Hour), ErrRoundNotOpen},
	} {
		if err := c.round.TakesPledges(c.at); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestRoundMovesOnlyForward(t *testing.T) {
	all := []RoundState{RoundScheduled, RoundOpen, RoundClosed, RoundFormed, RoundCharged, RoundSettled}
	for i, from := range all {
		for j, to := range all {
			_, err := Round{State: from}.Move(to)
			if allowed := j == i+1; allowed != (err == nil) {
				t.Errorf("%s to %s: %v", from, to, err)
			}
			if got, want := (Round{State: from}).Reached(to), i >= j; got != want {
				t.Errorf("%s reached %s: %v", from, to, got)
			}
		}
	}
}
