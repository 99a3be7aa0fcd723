package pooling

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"colletta/money"
	"colletta/refusal"
)

// Refusals of an offer, each with the field it concerns.
var (
	ErrOfferModeUnknown   = refusal.New(refusal.KindInvalid, "offer_mode_unknown")
	ErrOfferSplitUnknown  = refusal.New(refusal.KindInvalid, "offer_split_unknown")
	ErrOfferMembersRange  = refusal.New(refusal.KindInvalid, "offer_members_range")    // max
	ErrOfferMembersOrder  = refusal.New(refusal.KindInvalid, "offer_members_order")    // min, max
	ErrOfferUnitsRange    = refusal.New(refusal.KindInvalid, "offer_units_range")      // max
	ErrOfferUnitsOrder    = refusal.New(refusal.KindInvalid, "offer_units_order")      // min, max
	ErrOfferRadiusRange   = refusal.New(refusal.KindInvalid, "offer_radius_range")     // max
	ErrOfferTiersMissing  = refusal.New(refusal.KindInvalid, "offer_tiers_missing")    // no args
	ErrOfferTierFirst     = refusal.New(refusal.KindInvalid, "offer_tier_first")       // no args
	ErrOfferTierOrder     = refusal.New(refusal.KindInvalid, "offer_tier_order")       // after
	ErrOfferTierRises     = refusal.New(refusal.KindInvalid, "offer_tier_rises")       // before, now
	ErrOfferPriceRange    = refusal.New(refusal.KindInvalid, "offer_price_range")      // max
	ErrOfferPriceMissing  = refusal.New(refusal.KindInvalid, "offer_price_missing")    // no args
	ErrOfferSlotsMissing  = refusal.New(refusal.KindInvalid, "offer_slots_missing")    // no args
	ErrOfferAreaMissing   = refusal.New(refusal.KindInvalid, "offer_area_missing")     // no args
	ErrOfferTierUnreached = refusal.New(refusal.KindInvalid, "offer_tier_unreachable") // max
)

// offerFault is one broken rule of an offer, for files and for people alike.
type offerFault struct {
	field, value, rule string
	refusal            *refusal.Error
}

// ValidateOffer returns every reason why a provider may not publish an offer:
// the rules of a snapshot, and besides that it has slots, a place, a price
// above zero in each tier, and no tier that its largest group never reaches.
// Ids are not looked up: the offer need not be in a snapshot yet.
func ValidateOffer(o Offer) refusal.List {
	var list refusal.List
	for _, f := range offerFaults(o) {
		list = append(list, f.refusal.At(f.field))
	}
	if len(o.Slots) == 0 {
		list = append(list, ErrOfferSlotsMissing.At("slots"))
	}
	if len(o.Area.Communities) == 0 && o.Area.Center == nil {
		list = append(list, ErrOfferAreaMissing.At("area"))
	}
	for k, t := range o.Tiers {
		if t.Fixed == 0 && t.PerMember == 0 && t.PerUnit == 0 {
			list = append(list, ErrOfferPriceMissing.At(fmt.Sprintf("tiers[%d].fixed", k)))
		}
		if t.FromMembers > o.MaxMembers {
			list = append(list, ErrOfferTierUnreached.With("max", o.MaxMembers).At(fmt.Sprintf("tiers[%d].from_members", k)))
		}
	}
	return list
}

// offerFaults checks what needs no other part of a snapshot.
func offerFaults(o Offer) []offerFault {
	var faults []offerFault
	add := func(field string, value any, rule string, r *refusal.Error) {
		faults = append(faults, offerFault{field, fmt.Sprint(value), rule, r})
	}
	if o.Mode != "" && o.Mode != ModeTogether && o.Mode != ModeRota {
		add("mode", o.Mode, "must be together or rota", ErrOfferModeUnknown)
	}
	if o.Split != SplitEqual && o.Split != SplitUnits && o.Split != SplitWeight {
		add("split", o.Split, "must be equal, units or weight", ErrOfferSplitUnknown)
	}
	switch {
	case o.MinMembers < 1 || o.MinMembers > MembersMax:
		add("min_members", o.MinMembers, between(1, MembersMax), ErrOfferMembersRange.With("max", MembersMax))
	case o.MaxMembers < 1 || o.MaxMembers > MembersMax:
		add("max_members", o.MaxMembers, between(1, MembersMax), ErrOfferMembersRange.With("max", MembersMax))
	case o.MaxMembers < o.MinMembers:
		add("max_members", o.MaxMembers, "must not be below min_members", ErrOfferMembersOrder.With("min", o.MinMembers, "max", o.MaxMembers))
	}
	switch {
	case o.MinUnits < 0 || o.MinUnits > unitsSumMax:
		add("min_units", o.MinUnits, between(0, unitsSumMax), ErrOfferUnitsRange.With("max", unitsSumMax))
	case o.MaxUnits < 0 || o.MaxUnits > unitsSumMax:
		add("max_units", o.MaxUnits, between(1, unitsSumMax), ErrOfferUnitsRange.With("max", unitsSumMax))
	case o.MaxUnits > 0 && o.MaxUnits < o.MinUnits:
		add("max_units", o.MaxUnits, "must not be below min_units", ErrOfferUnitsOrder.With("min", o.MinUnits, "max", o.MaxUnits))
	}
	if o.MixRadiusM < 0 || o.MixRadiusM > RadiusMaxM {
		add("mix_radius_m", o.MixRadiusM, between(0, RadiusMaxM), ErrOfferRadiusRange.With("max", RadiusMaxM))
	}
	if o.Area.RadiusM < 0 || o.Area.RadiusM > RadiusMaxM {
		add("area.radius_m", o.Area.RadiusM, between(0, RadiusMaxM), ErrOfferRadiusRange.With("max", RadiusMaxM))
	}
	return append(faults, tierFaults(o.Tiers)...)
}

func tierFaults(tiers []Tier) []offerFault {
	if len(tiers) == 0 {
		return []offerFault{{"tiers", "", "must hold at least one tier", ErrOfferTiersMissing}}
	}
	var faults []offerFault
	for k, t := range tiers {
		from := fmt.Sprintf("tiers[%d].from_members", k)
		switch {
		case k == 0 && t.FromMembers != 1:
			faults = append(faults, offerFault{from, strconv.Itoa(t.FromMembers), "must be 1 in the first tier", ErrOfferTierFirst})
		case k > 0 && t.FromMembers <= tiers[k-1].FromMembers:
			faults = append(faults, offerFault{from, strconv.Itoa(t.FromMembers), "must ascend", ErrOfferTierOrder.With("after", tiers[k-1].FromMembers)})
		case t.FromMembers > MembersMax:
			faults = append(faults, offerFault{from, strconv.Itoa(t.FromMembers), between(1, MembersMax), ErrOfferMembersRange.With("max", MembersMax)})
		}
		for _, price := range []struct {
			name string
			of   func(Tier) money.Amount
		}{
			{"fixed", func(t Tier) money.Amount { return t.Fixed }},
			{"per_member", func(t Tier) money.Amount { return t.PerMember }},
			{"per_unit", func(t Tier) money.Amount { return t.PerUnit }},
		} {
			field, now := fmt.Sprintf("tiers[%d].%s", k, price.name), price.of(t)
			switch {
			case now < 0 || now > money.Max:
				faults = append(faults, offerFault{field, now.String(), between(money.Amount(0), money.Max), ErrOfferPriceRange.With("max", money.Max)})
			case k > 0 && now > price.of(tiers[k-1]):
				faults = append(faults, offerFault{field, now.String(), "must not rise from one tier to the next", ErrOfferTierRises.With("before", price.of(tiers[k-1]), "now", now)})
			}
		}
	}
	return faults
}

func between[T any](low, high T) string { return fmt.Sprintf("must be from %v to %v", low, high) }

// Validate checks a snapshot built in memory by the same rules as
// [ReadSnapshot]; the error is an [*InputError] with the path that the value
// has in the file.
func Validate(s *Snapshot) error {
	v := &validator{s: s}
	for _, check := range []func(){v.header, v.slots, v.simpleLists, v.demands, v.providers, v.offers, v.programmes} {
		if check(); v.err != nil {
			return v.err
		}
	}
	return nil
}

type validator struct {
	s   *Snapshot
	err error // the first

	slotIDs, categories, communities, households, demandIDs, providerIDs map[string]bool
}

// must records the first broken rule. The path is a format with its arguments,
// so that nothing is formatted while all is well.
func (v *validator) must(ok bool, value any, rule, path string, at ...any) bool {
	if !ok && v.err == nil {
		v.err = &InputError{Path: fmt.Sprintf(path, at...), Value: shorten(fmt.Sprint(value)), Rule: rule}
	}
	return ok
}

func (v *validator) header() {
	s := v.s
	v.must(s.Version == 1 || s.Version == 2, s.Version, "must be 1 or 2", "schema")
	v.must(isID(s.Round.ID), s.Round.ID, idRule, "round.id")
	v.must(isDate(s.Round.Date), s.Round.Date, "must be a date YYYY-MM-DD", "round.date")
	v.must(isID(s.Round.Period), s.Round.Period, idRule, "round.period")
	v.must(s.Round.Currency == "EUR", s.Round.Currency, "must be EUR", "round.currency")
}

const idRule = "must be a text of 1 to 256 bytes without control characters"

func isID(id string) bool {
	if id == "" || len(id) > IDBytesMax || !utf8.ValidString(id) {
		return false
	}
	for _, r := range id {
		if unicode.IsControl(r) || r == unicode.ReplacementChar {
			return false
		}
	}
	return true
}

func isDate(date string) bool {
	_, err := time.Parse(time.DateOnly, date)
	return err == nil
}

// ids collects the ids of an array, each a text and unique.
func ids[T any](v *validator, list []T, array string, id func(*T) string) map[string]bool {
	seen := make(map[string]bool, len(list))
	for i := range list {
		x := id(&list[i])
		v.must(isID(x), x, idRule, "%s[%d].id", array, i)
		v.must(!seen[x], x, "must be unique", "%s[%d].id", array, i)
		seen[x] = true
	}
	return seen
}

// known checks a list of references: each known, none twice.
func (v *validator) known(list []string, in map[string]bool, path string, at ...any) {
	seen := make(map[string]bool, len(list))
	for k, id := range list {
		if !in[id] {
			v.must(false, id, "is unknown", path+"[%d]", append(at, k)...)
		}
		if seen[id] {
			v.must(false, id, "must not occur twice", path+"[%d]", append(at, k)...)
		}
		seen[id] = true
	}
}

var days = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}

// minuteOf reads HH:MM, 24:00 included; -1 for anything else.
func minuteOf(clock string) int {
	if clock == "24:00" {
		return 24 * 60
	}
	t, err := time.Parse("15:04", clock)
	if err != nil || len(clock) != 5 {
		return -1
	}
	return t.Hour()*60 + t.Minute()
}

func (v *validator) slots() {
	s := v.s
	v.must(len(s.Slots) <= SlotsMax, len(s.Slots), fmt.Sprintf("must hold at most %d slots", SlotsMax), "slots")
	v.slotIDs = ids(v, s.Slots, "slots", func(x *Slot) string { return x.ID })
	for i, x := range s.Slots {
		start, end := minuteOf(x.Start), minuteOf(x.End)
		v.must(slices.Contains(days, x.Day), x.Day, "must be one of "+strings.Join(days, ", "), "slots[%d].day", i)
		v.must(start >= 0 && start < 24*60, x.Start, "must be a time HH:MM", "slots[%d].start", i)
		v.must(end >= 0, x.End, "must be a time HH:MM", "slots[%d].end", i)
		v.must(start < end, x.End, "must be after start", "slots[%d].end", i)
		for k, y := range s.Slots[:i] {
			apart := x.Day != y.Day || end <= minuteOf(y.Start) || minuteOf(y.End) <= start
			v.must(apart, x.ID, fmt.Sprintf("must not overlap slots[%d]", k), "slots[%d]", i)
		}
		if v.err != nil {
			return
		}
	}
}

func (v *validator) simpleLists() {
	s := v.s
	v.categories = ids(v, s.Categories, "categories", func(x *Category) string { return x.ID })
	for i, c := range s.Categories {
		v.must(isID(c.Unit), c.Unit, idRule, "categories[%d].unit", i)
	}
	v.communities = ids(v, s.Communities, "communities", func(x *Community) string { return x.ID })
	for i, c := range s.Communities {
		v.must(isID(c.Kind), c.Kind, idRule, "communities[%d].kind", i)
		v.coordinate(c.XM, "communities[%d].x_m", i)
		v.coordinate(c.YM, "communities[%d].y_m", i)
	}
	v.households = ids(v, s.Households, "households", func(x *Household) string { return x.ID })
	for i, h := range s.Households {
		if h.ISEE != nil {
			v.amount(*h.ISEE, "households[%d].isee", i)
		}
		v.must(h.OddCents >= 0 && h.OddCents <= oddCentsMax, h.OddCents, between(0, oddCentsMax), "households[%d].odd_cents", i)
	}
}

func (v *validator) coordinate(c int64, path string, at ...any) {
	v.must(-CoordinateMaxM <= c && c <= CoordinateMaxM, c, between(-CoordinateMaxM, CoordinateMaxM), path, at...)
}

func (v *validator) amount(a money.Amount, path string, at ...any) {
	if a < 0 || a > money.Max {
		v.must(false, a, between(money.Amount(0), money.Max), path, at...)
	}
}

func (v *validator) demands() {
	s := v.s
	v.demandIDs = ids(v, s.Demands, "demands", func(x *Demand) string { return x.ID })
	for i := range s.Demands {
		d := &s.Demands[i]
		v.must(v.households[d.Household], d.Household, "is unknown", "demands[%d].household", i)
		v.must(v.communities[d.Community], d.Community, "is unknown", "demands[%d].community", i)
		v.must(v.categories[d.Category], d.Category, "is unknown", "demands[%d].category", i)
		if d.Units < 1 || d.Units > UnitsMax {
			v.must(false, d.Units, between(1, UnitsMax), "demands[%d].units", i)
		}
		if d.Weight < 1 || d.Weight > WeightMax {
			v.must(false, d.Weight, between(1, WeightMax), "demands[%d].weight", i)
		}
		v.known(d.Slots, v.slotIDs, "demands[%d].slots", i)
		if d.MaxPrice < 1 || d.MaxPrice > money.Max {
			v.must(false, d.MaxPrice, between(money.Amount(1), money.Max), "demands[%d].max_price", i)
		}
		if d.MaxDistanceM < 0 || d.MaxDistanceM > RadiusMaxM {
			v.must(false, d.MaxDistanceM, between(0, RadiusMaxM), "demands[%d].max_distance_m", i)
		}
		v.must(isDate(d.PostedOn), d.PostedOn, "must be a date YYYY-MM-DD", "demands[%d].posted_on", i)
		if v.err != nil {
			return
		}
	}
}

func (v *validator) providers() {
	s := v.s
	v.providerIDs = ids(v, s.Providers, "providers", func(x *Provider) string { return x.ID })
	for i, p := range s.Providers {
		for _, slot := range slices.Sorted(maps.Keys(p.Staff)) {
			v.must(v.slotIDs[slot], slot, "is unknown", "providers[%d].staff.%s", i, slot)
			n := p.Staff[slot]
			v.must(0 <= n && n <= staffMax, n, between(0, staffMax), "providers[%d].staff.%s", i, slot)
		}
	}
}

func (v *validator) offers() {
	s := v.s
	ids(v, s.Offers, "offers", func(x *Offer) string { return x.ID })
	for i, o := range s.Offers {
		v.must(v.providerIDs[o.Provider], o.Provider, "is unknown", "offers[%d].provider", i)
		v.must(v.categories[o.Category], o.Category, "is unknown", "offers[%d].category", i)
		v.must(s.Version > 1 || !o.rota(), o.Mode, "needs "+roundSchemaStem+"2", "offers[%d].mode", i)
		v.known(o.Slots, v.slotIDs, "offers[%d].slots", i)
		v.known(o.Area.Communities, v.communities, "offers[%d].area.communities", i)
		if c := o.Area.Center; c != nil {
			v.coordinate(c.XM, "offers[%d].area.center.x_m", i)
			v.coordinate(c.YM, "offers[%d].area.center.y_m", i)
		}
		for _, f := range offerFaults(o) {
			v.must(false, f.value, f.rule, "offers[%d].%s", i, f.field)
		}
		if v.err != nil {
			return
		}
	}
}

func (v *validator) programmes() {
	s := v.s
	ids(v, s.Programmes, "programmes", func(x *Programme) string { return x.ID })
	for i, p := range s.Programmes {
		v.known(p.Categories, v.categories, "programmes[%d].categories", i)
		v.known(p.Communities, v.communities, "programmes[%d].communities", i)
		v.amount(p.Budget, "programmes[%d].budget", i)
		if p.HouseholdCap != nil {
			v.amount(*p.HouseholdCap, "programmes[%d].household_cap", i)
		}
		v.rule(i, p)
	}
}

const fullRule = "needs a household_cap: a subsidy of 100 percent has no other limit"

func (v *validator) rule(i int, p Programme) {
	switch rule := p.Rule.(type) {
	case Brackets:
		v.must(len(rule) > 0, "", "must hold at least one bracket", "programmes[%d].rule.brackets", i)
		for k, b := range rule {
			v.amount(b.ISEEUpTo, "programmes[%d].rule.brackets[%d].isee_up_to", i, k)
			v.must(k == 0 || rule[k-1].ISEEUpTo < b.ISEEUpTo, b.ISEEUpTo, "must ascend", "programmes[%d].rule.brackets[%d].isee_up_to", i, k)
			v.grant(Grant{Percent: b.Percent, Amount: b.Amount}, p.HouseholdCap, "programmes[%d].rule.brackets[%d]", i, k)
		}
	case Linear:
		at := "programmes[%d].rule"
		v.amount(rule.ISEEFrom, at+".isee_from", i)
		v.amount(rule.ISEETo, at+".isee_to", i)
		v.must(rule.ISEEFrom < rule.ISEETo, rule.ISEETo, "must be above isee_from", at+".isee_to", i)
		v.must(rule.PercentFrom >= rule.PercentTo, rule.PercentTo, "must not be above percent_from", at+".percent_to", i)
		v.must(rule.PercentTo >= 0, rule.PercentTo, "must not be negative", at+".percent_to", i)
		v.grant(Grant{Percent: rule.PercentFrom}, p.HouseholdCap, at, i)
	case Given:
		v.must(v.s.Version > 1, "given", "needs "+roundSchemaStem+"2", "programmes[%d].rule.type", i)
		for _, demand := range slices.Sorted(maps.Keys(rule)) {
			v.must(v.demandIDs[demand], demand, "is unknown", "programmes[%d].rule.grants.%s", i, demand)
			limit := rule[demand].Cap
			if limit == nil {
				limit = p.HouseholdCap
			} else {
				v.amount(*limit, "programmes[%d].rule.grants.%s.cap", i, demand)
			}
			v.grant(rule[demand], limit, "programmes[%d].rule.grants.%s", i, demand)
		}
	default:
		v.must(false, "", "must be brackets, linear or given", "programmes[%d].rule", i)
	}
}

func (v *validator) grant(g Grant, limit *money.Amount, path string, at ...any) {
	v.must(0 <= g.Percent && g.Percent <= PercentMax, money.Amount(g.Percent), "must be from 0 to 100 percent", path, at...)
	v.must(g.Percent == 0 || g.Amount == 0, "", "needs exactly one of percent, amount", path, at...)
	v.amount(g.Amount, path+".amount", at...)
	v.must(g.Percent < PercentMax || limit != nil, "", fullRule, path, at...)
}
