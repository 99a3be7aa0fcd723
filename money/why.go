package money

// Why says why an odd cent fell on a participant, or did not.
type Why string

// Reasons for an odd cent.
const (
	WhyWhole      Why = "whole"       // the exact part is whole cents: nothing to give
	WhyNotCharged Why = "not_charged" // the rule does not charge the participant

	WhyLarger   Why = "larger_remainder"  // got it: more remainder than those who got none
	WhyFewer    Why = "fewer_odd_cents"   // got it: equal remainder, fewer odd cents so far
	WhyEarlier  Why = "earlier"           // got it: equal remainder, earlier in the order
	WhyNameWon  Why = "earlier_name"      // got it: equal remainder, earlier by name
	WhySmaller  Why = "smaller_remainder" // did not: less remainder than those who got one
	WhyMore     Why = "more_odd_cents"    // did not: equal remainder, more odd cents so far
	WhyLater    Why = "later"             // did not: equal remainder, later in the order
	WhyNameLost Why = "later_name"        // did not: equal remainder, later by name
)

var whyText = map[Why]string{
	WhyWhole:      "exact",
	WhyNotCharged: "not charged",
	WhyLarger:     "largest remainder",
	WhyFewer:      "tie: paid fewer odd cents",
	WhyEarlier:    "tie: earlier in the list",
	WhyNameWon:    "tie: earlier by name",
	WhySmaller:    "smaller remainder",
	WhyMore:       "tie lost: paid more odd cents",
	WhyLater:      "tie lost: later in the list",
	WhyNameLost:   "tie lost: later by name",
}

// String says the reason in a few words, for a table.
func (w Why) String() string { return whyText[w] }

// explain gives every line its rank and reason. The queue lists lines by
// remainder, largest first, and within equal ones as ties say; the odd cents are
// given to its head.
func (d *Division) explain(queue []int, ties Ties) {
	odd := 0
	for k, i := range queue {
		l := &d.Lines[i]
		if l.Remainder.Sign() > 0 {
			l.Rank = k + 1
		}
		odd += int(l.OddCent)
	}
	for k, i := range queue {
		l := &d.Lines[i]
		switch got := l.OddCent != 0; {
		case got != (k < odd):
			panic("money: odd cents out of their order: " + l.Name)
		case l.Remainder.Sign() == 0:
			l.Why = WhyWhole
		case got:
			// Somebody is behind: with a remainder above zero not all get a cent.
			l.Why = whyGot(l, &d.Lines[queue[odd]], ties)
		default:
			l.Why = whyNot(l, &d.Lines[queue[odd-1]], ties)
		}
	}
}

func whyGot(l, firstWithout *Line, ties Ties) Why {
	switch {
	case l.Remainder.Cmp(firstWithout.Remainder) > 0:
		return WhyLarger
	case ties.OddCents[l.Name] < ties.OddCents[firstWithout.Name]:
		return WhyFewer
	case ties.ByName:
		return WhyNameWon
	}
	return WhyEarlier
}

func whyNot(l, lastWith *Line, ties Ties) Why {
	switch {
	case l.Remainder.Cmp(lastWith.Remainder) < 0:
		return WhySmaller
	case ties.OddCents[l.Name] > ties.OddCents[lastWith.Name]:
		return WhyMore
	case ties.ByName:
		return WhyNameLost
	}
	return WhyLater
}
