package money

import (
	"errors"
	"fmt"
	"math/big"
)

// Rule says how an amount falls on its participants, as exact fractions of a
// cent. Rules are built from each other:
//
//   - a [Table] ([Equally], [ByWeights], [ByDays], [ByHeads]) divides by weights;
//   - [Mix] adds rules up: shares of the amount, or fixed amounts first;
//   - [Only] leaves participants out and [Reduced] lightens their weight;
//   - [Bounded] puts floors and caps, and passes the excess on;
//   - [Nested] divides between groups and then inside each, [OwnerChange]
//     divides a unit's portion among those who owned it.
//
// A rule rounds nothing: [Divide] asks it for exact parts and rounds once, by
// [Split]. The only exception is declared ([RoundEachLevel]).
type Rule interface {
	// Participants lists those whom the rule charges, in its order.
	Participants() []string
	// exact divides an amount of cents, at least zero, into parts in the order
	// of Participants; they sum to the amount.
	exact(amount *big.Rat) ([]exactPart, error)
	// steps bounds the work of exact. Rules that use others several times could
	// otherwise ask for more than will ever be finished.
	steps() int
}

// stepsMax is the work above which a file is refused: seconds of it.
const stepsMax = 5_000_000

// sumSteps adds up the work of rules, far above stepsMax at most.
func sumSteps(rules ...Rule) int {
	sum := 1
	for _, r := range rules {
		sum = min(sum+r.steps(), 1000*stepsMax)
	}
	return sum
}

// exactPart is what falls on one participant before rounding, in cents.
type exactPart struct {
	value *big.Rat
	limit Limit
}

// Limit is the limit of a participant that decided the part.
type Limit string

// Limits of a participant.
const (
	LimitNone  Limit = ""
	LimitCap   Limit = "cap"
	LimitFloor Limit = "floor"
)

// ErrParticipant says that a participant has no name, occurs twice or is
// unknown.
var ErrParticipant = errors.New("money: participant")

// ErrShares says that the shares of a [Mix] are no shares of one whole.
var ErrShares = errors.New("money: shares must be at least 0 and add up to 1")

// ErrLimits says that caps leave part of the amount to nobody, that floors ask
// for more than it, or that a floor is above its cap.
var ErrLimits = errors.New("money: caps and floors")

// ErrPeriod says that days are not inside their period, overlap, or leave days
// without an owner.
var ErrPeriod = errors.New("money: days of the period")

// ErrRounding says that a rule that rounds at each level stands where an exact
// part is needed: inside a mix, under limits, or in a nested rule that rounds
// once.
var ErrRounding = errors.New("money: a rule that rounds at each level cannot be part of another; let it round once")

// ErrComponents says that limits in euro cannot apply to net and tax apart.
var ErrComponents = errors.New("money: caps, floors and fixed amounts apply to one cost, not to net and VAT apart")

// index says at which place each name stands. It returns [ErrParticipant] when
// one is empty or occurs twice.
func index(names []string) (map[string]int, error) {
	at := make(map[string]int, len(names))
	for i, name := range names {
		if name == "" {
			return nil, fmt.Errorf("%w: number %d has no name", ErrParticipant, i+1)
		}
		if _, twice := at[name]; twice {
			return nil, fmt.Errorf("%w: %s occurs twice", ErrParticipant, name)
		}
		at[name] = i
	}
	return at, nil
}

// known checks that a rule charges everyone of names.
func known(rule Rule, names []string) error {
	at, err := index(rule.Participants())
	if err != nil {
		return err
	}
	for _, name := range names {
		if _, ok := at[name]; !ok {
			return fmt.Errorf("%w: %s is not among those whom the rule charges", ErrParticipant, name)
		}
	}
	return nil
}

// share divides an amount by exact weights, at least zero. It returns
// [ErrNoWeight] when they sum to zero and the amount does not.
func share(amount *big.Rat, weights []*big.Rat) ([]exactPart, error) {
	sum := new(big.Rat)
	for _, w := range weights {
		sum.Add(sum, w)
	}
	parts := make([]exactPart, len(weights))
	if sum.Sign() == 0 {
		if amount.Sign() != 0 || len(weights) == 0 {
			return nil, ErrNoWeight
		}
		for i := range parts {
			parts[i].value = new(big.Rat)
		}
		return parts, nil
	}
	each := new(big.Rat).Quo(amount, sum)
	for i, w := range weights {
		parts[i].value = new(big.Rat).Mul(each, w)
	}
	return parts, nil
}

// inEuro says whether a rule contains limits or amounts in euro, so that half
// the amount is not divided as half of it.
func inEuro(rule Rule) bool {
	switch r := rule.(type) {
	case *bounded:
		return true
	case *mix:
		for _, p := range r.parts {
			if p.Amount != 0 || inEuro(p.Of) {
				return true
			}
		}
	case *adjusted:
		return inEuro(r.of)
	case *nested:
		if inEuro(r.between) {
			return true
		}
		for _, g := range r.groups {
			if inEuro(g.Of) {
				return true
			}
		}
	}
	return false
}
