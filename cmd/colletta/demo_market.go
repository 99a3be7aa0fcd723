package main

import (
	"cmp"
	"math/rand/v2"
	"slices"

	"colletta/billing"
	"colletta/catalogue"
	"colletta/communities"
	"colletta/money"
)

// demoMarket is what the providers of the demo offer.
type demoMarket struct {
	Source    string
	Providers []demoProvider
}

// demoProvider is an invented organisation.
type demoProvider struct {
	Key, Name, Address string
	Contact            string // key of the cast; empty for somebody without a part
	Staff              int    // groups at once in every slot of its offers
	Offers             []demoOffer
}

// demoOffer is an offer as published, with what the generator needs to know to
// make families that want it.
type demoOffer struct {
	Key, Title, Description, Category string
	Mode, Split                       string
	Slots                             []string
	Min, Max                          int
	MinUnits                          int `json:"min_units"`
	MaxUnits                          int `json:"max_units"`
	Tiers                             []demoTier
	Places                            []string // keys of the only places that it serves
	At                                string   // or the key of the place at its centre
	Radius, Mix                       int      // metres
	Period                            string
	Meetings                          int
	Typical                           int   // members of a usual group
	AskUnits                          []int `json:"ask_units"` // least and most units that a family asks for; none: 1
}

// demoTier is a tier of prices; amounts that are left out are zero.
type demoTier struct {
	From      int
	Fixed     money.Amount
	PerMember money.Amount `json:"per_member"`
	PerUnit   money.Amount `json:"per_unit"`
}

func readMarket() demoMarket {
	var m demoMarket
	readDemoFile("market.json", &m)
	return m
}

// offer finds an offer and who makes it.
func (m demoMarket) offer(key string) (demoOffer, demoProvider) {
	for _, p := range m.Providers {
		for _, o := range p.Offers {
			if o.Key == key {
				return o, p
			}
		}
	}
	panic("demo: no offer " + key)
}

// ofTheCity lists the offers of the rounds for the whole city.
func (m demoMarket) ofTheCity() []demoOffer {
	var offers []demoOffer
	for _, p := range m.Providers {
		for _, o := range p.Offers {
			if o.At != "" {
				offers = append(offers, o)
			}
		}
	}
	return offers
}

// quoteAt is what a member with units pays in a group of n where everybody asks
// for as many: near enough for a family to make up its mind about a maximum.
func (o demoOffer) quoteAt(n int, units int64) money.Amount {
	tier := o.Tiers[0]
	for _, t := range o.Tiers {
		if t.From <= n {
			tier = t
		}
	}
	equal := make([]int64, n)
	for i := range equal {
		equal[i] = 1
	}
	return mustSplit(tier.Fixed, equal)[0] + tier.PerMember + tier.PerUnit*money.Amount(units)
}

// demoPledge is a pledge before it is made.
type demoPledge struct {
	Place        string
	Unit         int // its place among the units
	Offer        string
	Units        int
	Slots        []string
	MaxPrice     money.Amount
	MaxDistanceM int
	Method       billing.Method
	AtPerMille   int // when, within the time in which the round is open
}

// demoNeed is a declared need before it is declared.
type demoNeed struct {
	Place    string
	Unit     int
	Category string
	Units    int64
}

// demoPlan is what the families of the demo do.
type demoPlan struct {
	PastCity, OpenCity []demoPledge // rounds for the whole city
	PastLab, Lab       []demoPledge // of the two nursery schools
	Carer              []demoPledge
	Needs              []demoNeed
}

// planMaker carries what making the plan needs.
type planMaker struct {
	rng    *rand.Rand
	city   *demoCity
	market demoMarket
}

// generatePlan makes the plan from the seed; the same city and market always
// give the same plan.
func generatePlan(city *demoCity, market demoMarket) demoPlan {
	m := planMaker{rand.New(rand.NewPCG(demoSeedFamilies, demoSeedYear)), city, market}
	plan := demoPlan{
		PastCity: m.cityPledges(1), OpenCity: m.cityPledges(2),
		PastLab: m.labPledges("lab-girasole", 24), Lab: m.labPledges("lab-san-gottardo", labPledged),
		Carer: carerPledges(),
	}
	plan.PastCity = append(neighboursOfSamira(), dropUnit(plan.PastCity, "pimentel", 8)...)
	plan.OpenCity = dropUnit(plan.OpenCity, "pimentel", 1)
	plan.Needs = m.needs()
	for _, list := range [][]demoPledge{plan.PastCity, plan.OpenCity, plan.PastLab, plan.Lab, plan.Carer} {
		slices.SortStableFunc(list, func(a, b demoPledge) int { return cmp.Compare(a.AtPerMille, b.AtPerMille) })
	}
	return plan
}

// cityPledges draws who pledges in a round of the city: families of the places
// that an offer reaches, at most one pledge a category. keen sets how many they
// there are.
func (m planMaker) cityPledges(keen int) []demoPledge {
	var pledges []demoPledge
	asked := map[string]bool{}
	for _, o := range m.market.ofTheCity() {
		centre := m.city.place(o.At).Point
		for _, p := range m.city.Places {
			if !centre.WithinM(p.Point, int64(o.Radius)) {
				continue
			}
			for range m.howMany(o, p, keen) {
				unit := m.rng.IntN(len(p.Units))
				key := p.Units[unit].Holder.Email + o.Category
				if asked[key] {
					continue
				}
				asked[key] = true
				pledges = append(pledges, m.pledge(o, p, unit))
			}
		}
	}
	return pledges
}

// howMany says how many families of a place want an offer, by the kind of place.
func (m planMaker) howMany(o demoOffer, p *demoPlace, keen int) int {
	most := map[communities.Kind]map[string]int{
		communities.KindCondominium:   {"homework": 2, "elder_care": 3, "home_help": 3, "babysitting": 3, "language": 1},
		communities.KindSchool:        {"homework": 7, "babysitting": 5, "language": 4},
		communities.KindNeighbourhood: {"homework": 5, "elder_care": 4, "home_help": 3, "babysitting": 2, "language": 5},
	}[p.Kind][o.Category]
	if most == 0 {
		return 0
	}
	return m.rng.IntN(most+1) + m.rng.IntN(keen)
}

func (m planMaker) pledge(o demoOffer, p *demoPlace, unit int) demoPledge {
	units := 1
	if len(o.AskUnits) == 2 {
		units = o.AskUnits[0] + m.rng.IntN(o.AskUnits[1]-o.AskUnits[0]+1)
	}
	// From a little below the usual price to well above it, in steps of half a
	// euro: some families ask too little and are left out, as in life.
	usual := o.quoteAt(o.Typical, int64(units))
	most := usual * money.Amount(85+m.rng.IntN(70)) / 100
	most -= most % 50
	method := billing.MethodTransfer
	if m.rng.IntN(5) == 0 {
		method = billing.MethodCard
	}
	return demoPledge{
		Place: p.Key, Unit: unit, Offer: o.Key, Units: units, Slots: m.slots(o, units), MaxPrice: max(most, 1_00),
		MaxDistanceM: []int{500, 1500, 2000, 3000, 3000}[m.rng.IntN(5)], Method: method, AtPerMille: 5 + m.rng.IntN(900),
	}
}

// slots draws which slots suit a family: most of those of the offer, more than
// the units it asks for.
func (m planMaker) slots(o demoOffer, units int) []string {
	order := m.rng.Perm(len(o.Slots))
	least := min(len(o.Slots), units+1)
	if o.Mode == "rota" {
		least = min(len(o.Slots), units+3)
	}
	chosen := order[:least+m.rng.IntN(len(o.Slots)-least+1)]
	slices.Sort(chosen)
	slots := make([]string, len(chosen))
	for i, at := range chosen {
		slots[i] = o.Slots[at]
	}
	return slots
}

// labPledges makes the first families of a school pledge for its laboratory:
// all of them can on the first day offered.
func (m planMaker) labPledges(offer string, families int) []demoPledge {
	o, _ := m.market.offer(offer)
	p := m.city.place(o.Places[0])
	highest := o.quoteAt(o.Min, 1)
	pledges := make([]demoPledge, families)
	for i := range pledges {
		slots := o.Slots[:1]
		if m.rng.IntN(3) == 0 {
			slots = o.Slots
		}
		method := billing.MethodTransfer
		if m.rng.IntN(4) == 0 {
			method = billing.MethodCard
		}
		pledges[i] = demoPledge{
			Place: p.Key, Unit: i, Offer: o.Key, Units: 1, Slots: slots,
			MaxPrice: highest - money.Amount(m.rng.IntN(4))*5_00, Method: method, AtPerMille: 10 + m.rng.IntN(650),
		}
	}
	return pledges
}

// carerPledges are the five flats that ask for 22 hours of the carer's week.
// Hours and units are those of the worked example of a rota (round schema, e11,
// demands f1 to f5).
func carerPledges() []demoPledge {
	days := []string{"mon", "tue", "wed", "thu", "fri", "sat"}
	hours := func(days []string, hours ...string) []string {
		var slots []string
		for _, d := range days {
			for _, h := range hours {
				slots = append(slots, d+"-"+h)
			}
		}
		return slots
	}
	odd := []string{"mon", "wed", "fri"}
	wishes := []struct {
		units int
		most  money.Amount
		slots []string
	}{
		{6, 340_00, hours(days, "08", "09")},
		{4, 260_00, hours(days, "08", "10")},
		{4, 250_00, append(hours(odd, "08", "09", "10", "11"), hours(odd, "16", "17")...)},
		{3, 190_00, hours(days[:5], "16", "17")},
		{5, 330_00, hours(days, "08", "09", "10", "11")},
	}
	pledges := make([]demoPledge, len(wishes))
	for i, w := range wishes {
		pledges[i] = demoPledge{
			Place: "amoretti", Unit: carerUnits[i], Offer: "carer-amoretti", Units: w.units, Slots: w.slots,
			MaxPrice: w.most, Method: billing.MethodTransfer, AtPerMille: 60 + 150*i,
		}
	}
	return pledges
}

// neighboursOfSamira are the family of the third story and five neighbours that
// can on the same day, so that in the past round their group formed.
func neighboursOfSamira() []demoPledge {
	pledges := make([]demoPledge, 6)
	for i := range pledges {
		pledges[i] = demoPledge{
			Place: "pimentel", Unit: i, Offer: "compiti-padova", Units: 1, Slots: []string{"mon-16"},
			MaxPrice: 32_00, MaxDistanceM: 500, Method: billing.MethodTransfer, AtPerMille: 40 + 60*i,
		}
	}
	return pledges
}

// dropUnit leaves out what the first n units of a place would do by chance.
func dropUnit(pledges []demoPledge, place string, n int) []demoPledge {
	return slices.DeleteFunc(pledges, func(p demoPledge) bool { return p.Place == place && p.Unit < n })
}

// needs draws what families declare without binding themselves.
func (m planMaker) needs() []demoNeed {
	wishes := map[communities.Kind][]string{
		communities.KindCondominium:   {"elder_care", "home_help", "babysitting", "elder_care", "homework"},
		communities.KindSchool:        {"homework", "psychomotricity", "babysitting", "language"},
		communities.KindNeighbourhood: {"language", "elder_care", "homework", "home_help"},
	}
	var needs []demoNeed
	for _, p := range m.city.Places {
		// Some places have many needs, some few: the map shows where.
		perMille := 60 + m.rng.IntN(240)
		for unit := range p.Units {
			if m.rng.IntN(1000) >= perMille {
				continue
			}
			wish := wishes[p.Kind][m.rng.IntN(len(wishes[p.Kind]))]
			n := demoNeed{Place: p.Key, Unit: unit, Category: string(demoCategories[wish]), Units: 1}
			if wish == "elder_care" || wish == "home_help" {
				n.Units += int64(m.rng.IntN(4))
			}
			needs = append(needs, n)
		}
	}
	return needs
}

// demoCategories are the categories of the catalogue that the demo uses, by the
// short words of its files.
var demoCategories = map[string]catalogue.CategoryID{
	"psychomotricity": "sport-psicomotricita",
	"homework":        "scuola-piu",
	"elder_care":      "servizi-socio-assistenziali",
	"carer":           "servizi-socio-assistenziali",
	"language":        "corsi-di-lingua-italiana",
	"home_help":       "piccole-manutenzioni-casa",
	"babysitting":     "tate-colf-badanti",
}
