package pooling

import (
	"time"

	"colletta/refusal"
)

// RoundID names a round (UUID text).
type RoundID string

// SeriesID names a round series (UUID text).
type SeriesID string

// DemandID names a demand (UUID text); it is the id of the demand in a
// snapshot.
type DemandID string

// RoundState says how far a round has come.
type RoundState string

// The states, in order. Void ends a round that was cancelled or missed.
const (
	RoundScheduled RoundState = "scheduled"
	RoundOpen      RoundState = "open"
	RoundClosed    RoundState = "closed"  // pledges frozen, snapshot stored
	RoundFormed    RoundState = "formed"  // pools stored and checked
	RoundCharged   RoundState = "charged" // awards and charges posted
	RoundSettled   RoundState = "settled" // every charge paid, refunded or written off
	RoundVoid      RoundState = "void"
)

// next holds the only moves that a round may make.
var next = map[RoundState][]RoundState{
	RoundScheduled: {RoundOpen, RoundVoid},
	RoundOpen:      {RoundClosed, RoundVoid},
	RoundClosed:    {RoundFormed, RoundVoid},
	RoundFormed:    {RoundCharged, RoundVoid},
	RoundCharged:   {RoundSettled},
}

// Round is one run of a series: it opens, takes pledges, closes and forms
// pools.
type Round struct {
	ID       RoundID
	Series   SeriesID
	Name     string
	State    RoundState
	OpensAt  time.Time // from then on pledges are taken
	ClosesAt time.Time // from then on they are not
}

// The refusals of a round.
var (
	// ErrRoundNotOpen says that the round does not take pledges yet. Args: opens_at.
	ErrRoundNotOpen = refusal.New(refusal.KindConflict, "round_not_open")
	// ErrRoundClosed says that the round no longer takes pledges or changes to
	// them. Args: closes_at.
	ErrRoundClosed = refusal.New(refusal.KindConflict, "round_closed")
	// ErrRoundState says that a round cannot make this move. Args: state, to.
	ErrRoundState = refusal.New(refusal.KindConflict, "round_state")
	// ErrRoundNotDue says that it is too early to close. Args: closes_at.
	ErrRoundNotDue = refusal.New(refusal.KindConflict, "round_not_due")
)

// TakesPledges is nil when the round accepts pledges, changes and withdrawals
// at that time; otherwise [ErrRoundNotOpen] or [ErrRoundClosed].
func (r Round) TakesPledges(at time.Time) error {
	if r.State == RoundScheduled || at.Before(r.OpensAt) {
		return ErrRoundNotOpen.With("opens_at", r.OpensAt)
	}
	if r.State != RoundOpen || !at.Before(r.ClosesAt) {
		return ErrRoundClosed.With("closes_at", r.ClosesAt)
	}
	return nil
}

// Move returns the round in a later state, or [ErrRoundState].
func (r Round) Move(to RoundState) (Round, error) {
	for _, s := range next[r.State] {
		if s == to {
			r.State = to
			return r, nil
		}
	}
	return r, ErrRoundState.With("state", string(r.State), "to", string(to))
}

// Reached is true when the round has already come to a state or past it, so
// that a step that runs twice returns at once.
func (r Round) Reached(s RoundState) bool {
	return r.State == RoundVoid || rank[r.State] >= rank[s]
}

var rank = map[RoundState]int{RoundScheduled: 0, RoundOpen: 1, RoundClosed: 2, RoundFormed: 3, RoundCharged: 4, RoundSettled: 5}
