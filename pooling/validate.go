package pooling

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

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
		add := func(name, value, rule string, r *refusal.Error) {
			faults = append(faults, offerFault{fmt.Sprintf("tiers[%d].%s", k, name), value, rule, r})
		}
		switch {
		case k == 0 && t.FromMembers != 1:
			add("from_members", strconv.Itoa(t.FromMembers), "must be 1 in the first tier", ErrOfferTierFirst)
		case k > 0 && t.FromMembers <= tiers[k-1].FromMembers:
			add("from_members", strconv.Itoa(t.FromMembers), "must ascend", ErrOfferTierOrder.With("after", tiers[k-1].FromMembers))
		case t.FromMembers > MembersMax:
			add("from_members", strconv.Itoa(t.FromMembers), between(1, MembersMax), ErrOfferMembersRange.With("max", MembersMax))
		}
		before := tiers[max(k-1, 0)]
		for _, price := range [...]struct {
			name        string
			now, before money.Amount
		}{
			{"fixed", t.Fixed, before.Fixed}, {"per_member", t.PerMember, before.PerMember}, {"per_unit", t.PerUnit, before.PerUnit},
		} {
			switch {
			case !inRange(price.now):
				add(price.name, price.now.String(), between(money.Amount(0), money.Max), ErrOfferPriceRange.With("max", money.Max))
			case price.now > price.before:
				add(price.name, price.now.String(), "must not rise from one tier to the next", ErrOfferTierRises.With("before", price.before, "now", price.now))
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

	slotIDs, categories, communities, households, demandIDs, providerIDs idSet
}

// idSet holds the ids of one array.
type idSet map[string]struct{}

func (s idSet) has(id string) bool { _, found := s[id]; return found }

// fail records the first broken rule. The path is a format with its arguments.
func (v *validator) fail(value any, rule, path string, at ...any) {
	if v.err == nil {
		v.err = &InputError{Path: fmt.Sprintf(path, at...), Value: shorten(fmt.Sprint(value)), Rule: rule}
	}
}

// must is fail unless a rule holds. What is checked a million times tests
// before it calls fail, because arguments of this kind cost an allocation each.
func (v *validator) must(ok bool, value any, rule, path string, at ...any) {
	if !ok {
		v.fail(value, rule, path, at...)
	}
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

func isID(id string) bool { return id != "" && len(id) <= IDBytesMax && isPlain(id) }

// isDate is true for YYYY-MM-DD that the calendar has.
func isDate(date string) bool {
	if len(date) != len(time.DateOnly) || date[4] != '-' || date[7] != '-' {
		return false
	}
	year, month, day := digits(date[:4]), digits(date[5:7]), digits(date[8:])
	if year < 0 || month < 1 || month > 12 || day < 1 {
		return false
	}
	return day <= 28 || day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// digits reads a number without sign; -1 for anything else.
func digits(text string) (n int) {
	for _, c := range []byte(text) {
		if c < '0' || c > '9' {
			return -1
		}
		n = n*10 + int(c-'0')
	}
	return n
}

// ids collects the ids of an array, each a text and unique.
func ids[T any](v *validator, list []T, array string, id func(*T) string) idSet {
	seen := make(idSet, len(list))
	for i := range list {
		x := id(&list[i])
		if !isID(x) {
			v.fail(x, idRule, "%s[%d].id", array, i)
		}
		seen[x] = struct{}{}
		if len(seen) != i+1 { // at the first that was there already
			v.fail(x, "must be unique", "%s[%d].id", array, i)
			break
		}
	}
	return seen
}

// known checks a list of references: each known, none twice.
func (v *validator) known(list []string, in idSet, path string, at ...any) {
	if fault, rule := unknownOrTwice(list, in); fault >= 0 {
		v.fail(list[fault], rule, path+"[%d]", append(at, fault)...)
	}
}

// unknownOrTwice finds the first fault in a list of references; -1 for none.
func unknownOrTwice(list []string, in idSet) (fault int, rule string) {
	const short = 32 // up to which comparing all pairs is cheaper than a set
	var seen idSet
	if len(list) > short {
		seen = make(idSet, len(list))
	}
	for k, id := range list {
		if !in.has(id) {
			return k, "is unknown"
		}
		if seen == nil && slices.Contains(list[:k], id) || seen.has(id) {
			return k, "must not occur twice"
		}
		if seen != nil {
			seen[id] = struct{}{}
		}
	}
	return -1, ""
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
		if !isID(c.Kind) {
			v.fail(c.Kind, idRule, "communities[%d].kind", i)
		}
		v.point(c.XM, c.YM, "communities[%d]", i)
	}
	v.households = ids(v, s.Households, "households", func(x *Household) string { return x.ID })
	for i, h := range s.Households {
		if h.ISEE != nil && !inRange(*h.ISEE) {
			v.amount(*h.ISEE, "households[%d].isee", i)
		}
		if h.OddCents < 0 || h.OddCents > oddCentsMax {
			v.fail(h.OddCents, between(0, oddCentsMax), "households[%d].odd_cents", i)
		}
	}
}

// point checks the coordinates of a place; path is that of the place.
func (v *validator) point(x, y int64, path string, i int) {
	for _, c := range [...]struct {
		name  string
		value int64
	}{{".x_m", x}, {".y_m", y}} {
		if c.value < -CoordinateMaxM || c.value > CoordinateMaxM {
			v.fail(c.value, between(-CoordinateMaxM, CoordinateMaxM), path+c.name, i)
		}
	}
}

func inRange(a money.Amount) bool { return 0 <= a && a <= money.Max }

func (v *validator) amount(a money.Amount, path string, at ...any) {
	if !inRange(a) {
		v.fail(a, between(money.Amount(0), money.Max), path, at...)
	}
}

func (v *validator) demands() {
	s := v.s
	v.demandIDs = ids(v, s.Demands, "demands", func(x *Demand) string { return x.ID })
	known := map[*string]int{} // lists that many demands share, by their first element: how long a part is good
	for i := 0; i < len(s.Demands) && v.err == nil; i++ {
		d := &s.Demands[i]
		switch {
		case !v.households.has(d.Household):
			v.fail(d.Household, "is unknown", "demands[%d].household", i)
		case !v.communities.has(d.Community):
			v.fail(d.Community, "is unknown", "demands[%d].community", i)
		case !v.categories.has(d.Category):
			v.fail(d.Category, "is unknown", "demands[%d].category", i)
		case d.Units < 1 || d.Units > UnitsMax:
			v.fail(d.Units, between(1, UnitsMax), "demands[%d].units", i)
		case d.Weight < 1 || d.Weight > WeightMax:
			v.fail(d.Weight, between(1, WeightMax), "demands[%d].weight", i)
		case d.MaxPrice < 1 || d.MaxPrice > money.Max:
			v.fail(d.MaxPrice, between(money.Amount(1), money.Max), "demands[%d].max_price", i)
		case d.MaxDistanceM < 0 || d.MaxDistanceM > RadiusMaxM:
			v.fail(d.MaxDistanceM, between(0, RadiusMaxM), "demands[%d].max_distance_m", i)
		case !isDate(d.PostedOn):
			v.fail(d.PostedOn, "must be a date YYYY-MM-DD", "demands[%d].posted_on", i)
		}
		if n := len(d.Slots); n > 0 && known[&d.Slots[0]] < n {
			if fault, rule := unknownOrTwice(d.Slots, v.slotIDs); fault >= 0 {
				v.fail(d.Slots[fault], rule, "demands[%d].slots[%d]", i, fault)
			}
			if len(known) < listsMax {
				known[&d.Slots[0]] = n
			}
		}
	}
}

func (v *validator) providers() {
	s := v.s
	v.providerIDs = ids(v, s.Providers, "providers", func(x *Provider) string { return x.ID })
	for i, p := range s.Providers {
		for _, slot := range slices.Sorted(maps.Keys(p.Staff)) {
			if !v.slotIDs.has(slot) {
				v.fail(slot, "is unknown", "providers[%d].staff.%s", i, shorten(slot))
			}
			if n := p.Staff[slot]; n < 0 || n > staffMax {
				v.fail(n, between(0, staffMax), "providers[%d].staff.%s", i, shorten(slot))
			}
		}
	}
}

func (v *validator) offers() {
	s := v.s
	ids(v, s.Offers, "offers", func(x *Offer) string { return x.ID })
	for i, o := range s.Offers {
		v.must(v.providerIDs.has(o.Provider), o.Provider, "is unknown", "offers[%d].provider", i)
		v.must(v.categories.has(o.Category), o.Category, "is unknown", "offers[%d].category", i)
		v.must(s.Version > 1 || !o.rota(), o.Mode, "needs "+roundSchemaStem+"2", "offers[%d].mode", i)
		v.known(o.Slots, v.slotIDs, "offers[%d].slots", i)
		v.known(o.Area.Communities, v.communities, "offers[%d].area.communities", i)
		if c := o.Area.Center; c != nil {
			v.point(c.XM, c.YM, "offers[%d].area.center", i)
		}
		for _, f := range offerFaults(o) {
			v.fail(f.value, f.rule, "offers[%d].%s", i, f.field)
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
			if !v.demandIDs.has(demand) {
				v.fail(demand, "is unknown", "programmes[%d].rule.grants.%s", i, shorten(demand))
			}
			limit := rule[demand].Cap
			if limit == nil {
				limit = p.HouseholdCap
			} else {
				v.amount(*limit, "programmes[%d].rule.grants.%s.cap", i, shorten(demand))
			}
			v.grant(rule[demand], limit, "programmes[%d].rule.grants.%s", i, shorten(demand))
		}
	default:
		v.fail("", "must be brackets, linear or given", "programmes[%d].rule", i)
	}
}

func (v *validator) grant(g Grant, limit *money.Amount, path string, at ...any) {
	v.must(0 <= g.Percent && g.Percent <= PercentMax, money.Amount(g.Percent), "must be from 0 to 100 percent", path, at...)
	v.must(g.Percent == 0 || g.Amount == 0, "", "needs exactly one of percent, amount", path, at...)
	v.amount(g.Amount, path+".amount", at...)
	v.must(g.Percent < PercentMax || limit != nil, "", fullRule, path, at...)
}
