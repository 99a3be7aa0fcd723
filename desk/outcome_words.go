package desk

import (
	"cmp"
	"strings"

	"colletta/pooling"
)

// Words tells the outcome to the household concerned, with the names that it
// knows in place of ids.
func (v OutcomeView) Words(l pooling.Language) pooling.Words {
	o := v.Outcome
	o.Members = cmp.Or(o.Members, v.Members)
	return o.Words(l, pooling.Names{
		Offer: v.Offer, Provider: v.Provider, Host: v.Host, When: cmp.Or(v.Slot, strings.Join(v.Slots, ", ")), Programme: v.Measure,
	})
}
