package desk

import (
	"testing"

	"colletta/pooling"
	"colletta/postgres"
)

// The price on a page counts the reader's other demands: the cap of a measure is
// the household's, and each of its demands has its part.
func TestAPreviewKnowsTheOtherClaimsOfAHousehold(t *testing.T) {
	t.Parallel()
	p := &preview{
		snapshot: &pooling.Snapshot{Programmes: []pooling.Programme{
			{ID: "m", Rule: pooling.Given{"d1": {Percent: 50_00}, "d2": {Percent: 50_00}, "d3": {Percent: 50_00}}},
			{ID: "other", Rule: pooling.Given{"d4": {Percent: 50_00}}},
		}},
		sources: sources{demands: []postgres.Demand{{ID: "d1", Household: "h"}, {ID: "d2", Household: "g"}, {ID: "d3", Household: "h"}, {ID: "d4", Household: "h"}, {ID: "d5", Household: "h"}}},
	}
	if m, other, nobody := p.claims("m", "h"), p.claims("other", "h"), p.claims("m", "k"); m != 2 || other != 1 || nobody != 0 {
		t.Errorf("claims %d, %d and %d, want 2, 1 and 0", m, other, nobody)
	}
}
