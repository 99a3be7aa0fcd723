package desk

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"colletta/communities"
	"colletta/money"
	"colletta/pooling"
	"colletta/postgres"
	"colletta/refusal"
	"colletta/subsidies"
)

// ErrAwardFacts says that a measure asks what the register does not know. Args:
// measure, inputs.
var ErrAwardFacts = refusal.New(refusal.KindConflict, "award_facts")

// Names under which measures ask what the register knows of a charge and of a
// household.
var (
	costInputs  = []string{"price", "cost", "fee", "share"}
	sizeInputs  = subsidies.SizeNames()
	minorInputs = subsidies.MinorNames()
)

// claimant is a household with one charge, as measures see them on a day.
type claimant struct {
	charge       postgres.ChargeLine
	demand       postgres.Demand
	kind         communities.Kind // of the community of the demand
	people       []communities.Person
	certificates []subsidies.ISEECertificate
	day          time.Time
	appliedAt    time.Time
}

// claimant reads what measures may look at. The certificates of the household are
// opened for the purpose of why.
func (d *Desk) claimant(ctx context.Context, tx *postgres.Tx, why postgres.Reading, line postgres.ChargeLine) (c claimant, err error) {
	c = claimant{charge: line, day: d.today(why.At), appliedAt: why.At}
	if c.demand, err = tx.Demand(ctx, line.Demand); err != nil {
		return c, err
	}
	community, err := tx.Community(ctx, c.demand.Community)
	if err != nil {
		return c, err
	}
	c.kind = community.Kind
	if _, c.people, err = tx.Household(ctx, line.Household); err != nil {
		return c, err
	}
	why.Household = line.Household
	certificates, err := tx.ReadISEE(ctx, why, []communities.HouseholdID{line.Household})
	c.certificates = certificates[line.Household]
	return c, err
}

// grants is what a measure grants the claimant on a cost, besides what its other
// awards have used of the cap. A formula grants its result award, or else its first
// one in euro. [ErrAwardFacts] when the register does not know what it asks.
func (c claimant) grants(f measuredFund, used, cost money.Amount) (money.Amount, error) {
	if f.measure.GrantsOnPrice() {
		g, _ := f.measure.Evaluate(subsidies.Situation{
			ISEE: subsidies.CurrentISEE(c.certificates, f.measure.ISEEKind, c.day), Kind: f.measure.ISEEKind, Date: c.day,
			Category: string(c.demand.Category), CommunityKind: string(c.kind), Community: string(c.demand.Community),
			Size: lawfulSize(c.certificates, f.measure.ISEEKind, len(c.people), c.day), Minors: c.minors(),
		})
		if g.Cap != nil {
			left := max(0, *g.Cap-used)
			g.Cap = &left
		}
		return g.Of(cost), nil
	}
	facts, err := c.facts(f.measure, cost)
	if err != nil {
		return 0, err
	}
	result, err := f.measure.Eval(facts, c.day)
	if err != nil {
		return 0, err
	}
	place := f.measure.AwardAt()
	if place < 0 {
		return 0, nil
	}
	return min(cost, max(0, result.Amount(place))), nil
}

// facts fills in what a formula asks.
func (c claimant) facts(m *subsidies.Measure, cost money.Amount) (*subsidies.Facts, error) {
	facts := m.NewFacts()
	known := c.known(m, cost)
	var unknown []string
	for _, in := range m.Inputs {
		text, ok := known[in.Name]
		if ok {
			if err := facts.Set(in.Name, text); err != nil {
				return nil, err
			}
			continue
		}
		if !in.Optional {
			unknown = append(unknown, in.Label.IT)
		}
	}
	if len(unknown) > 0 {
		return nil, ErrAwardFacts.With("measure", m.Name.IT, "inputs", strings.Join(unknown, ", "))
	}
	return facts, nil
}

// known is what the register knows, by the names under which measures ask it.
func (c claimant) known(m *subsidies.Measure, cost money.Amount) map[string]string {
	known := map[string]string{}
	for _, name := range costInputs {
		known[name] = cost.String()
	}
	size := len(c.people)
	for _, in := range m.ISEEInputs() {
		valid := subsidies.CertificateAt(c.certificates, in.Kind, subsidies.CalculationOrdinary, c.day)
		if valid == nil {
			continue
		}
		known[m.Inputs[in.Place].Name] = valid.Value.String()
		if in.Place == 0 || known["isee"] == "" { // of several kinds the first that there is counts
			known["isee"] = valid.Value.String()
			if valid.Size > 0 { // the household of the certificate is the one in law
				size = valid.Size
			}
		}
	}
	for _, name := range sizeInputs {
		known[name] = strconv.Itoa(size)
	}
	for _, name := range minorInputs {
		known[name] = strconv.Itoa(c.minors())
	}
	return known
}

func (c claimant) minors() (n int) {
	for _, p := range c.people {
		if p.Role == communities.PersonChild {
			n++
		}
	}
	return n
}

// keys is by what the claimant is ranked: what is known, and when it applied. A
// key that is not known is left out, and ranks last.
func (c claimant) keys(f measuredFund) map[string]string {
	known := c.known(f.measure, c.charge.Share)
	known[subsidies.AppliedAt] = c.appliedAt.UTC().Format("2006-01-02T15:04:05.000000")
	for name, text := range c.results(f.measure) {
		known[name] = text
	}
	keys := map[string]string{}
	for _, o := range f.Policy.Order {
		if text, ok := known[o.By]; ok {
			keys[o.By] = text
		}
	}
	for _, r := range f.Policy.Reserve {
		if text, ok := known[r.If]; ok {
			keys[r.If] = text
		}
	}
	return keys
}

// results are those of a formula, as somebody can be ranked by them; none where the
// register does not know what it asks, which is refused when the award is reckoned.
func (c claimant) results(m *subsidies.Measure) map[string]string {
	texts := map[string]string{}
	if m.HasPriceRule() {
		return texts
	}
	facts, err := c.facts(m, c.charge.Share)
	if err != nil {
		return texts
	}
	result, err := m.Eval(facts, c.day)
	if err != nil {
		return texts
	}
	for name, key := range m.Keys(facts, result) {
		if m.OutputAt(name) >= 0 {
			texts[name] = key.Number.Text(0)
		}
	}
	return texts
}

// rankable tells whether the register can know a key of a ranking: of the
// household, or a result of every one of the measures.
func rankable(key string, measures []*subsidies.Measure) bool {
	result := len(measures) > 0
	for _, m := range measures {
		result = result && !m.HasPriceRule() && m.OutputAt(key) >= 0
	}
	return result || key == subsidies.AppliedAt || key == "isee" || slices.Contains(slices.Concat(costInputs, sizeInputs, minorInputs), key)
}

// capFrom is since when awards count against the cap of a measure; round is not
// empty where they count within one round only.
func (c claimant) capFrom(m *subsidies.Measure) (from time.Time, round pooling.RoundID) {
	switch m.CapPer {
	case "month":
		return time.Date(c.day.Year(), c.day.Month(), 1, 0, 0, 0, 0, c.day.Location()), ""
	case "year":
		return time.Date(c.day.Year(), 1, 1, 0, 0, 0, 0, c.day.Location()), ""
	}
	return time.Time{}, c.charge.Round
}

// proposal is what one measure could pay of a charge now.
type proposal struct {
	fund    measuredFund
	already money.Amount // that it pays of the charge
	more    money.Amount // that it could pay besides, at most what is due
}

// proposals combines every measure that has a fund today with what pays the charge
// already: in the order that the measures want, together never above the cost, and
// never above what is still due. Only those of only count, where it names some. It
// returns [subsidies.ErrStacking] for measures that cannot be had together, and
// [ErrAwardFacts] when all that is left out is a fact.
func (d *Desk) proposals(ctx context.Context, tx *postgres.Tx, c claimant, only string) ([]proposal, error) {
	granted, err := tx.AwardsOf(ctx, c.charge.Demand)
	if err != nil {
		return nil, err
	}
	funds, err := tx.MeasuredFunds(ctx)
	if err != nil {
		return nil, err
	}
	today, err := fundsOn(c.day, funds)
	if err != nil {
		return nil, err
	}
	have := map[string]money.Amount{}
	for _, g := range granted {
		have[g.MeasureID] += g.AmountCents
	}
	var awards []subsidies.Award
	var unknown error
	could := map[string]measuredFund{}
	for _, f := range today {
		if only != "" && f.MeasureID != only && have[f.MeasureID] == 0 {
			continue
		}
		from, round := c.capFrom(f.measure)
		used, err := tx.AwardedSince(ctx, f.MeasureID, c.charge.Household, c.charge.Demand, round, from)
		if err != nil {
			return nil, err
		}
		on := func(cost money.Amount) (money.Amount, error) {
			sum, err := c.grants(f, used, cost)
			return max(sum, have[f.MeasureID]), err
		}
		switch sum, err := on(c.charge.Share); {
		case err != nil && have[f.MeasureID] == 0:
			unknown = err
			continue
		case err != nil:
			continue // it pays what it pays, below
		case sum == 0:
			continue
		}
		could[f.MeasureID] = f
		awards = append(awards, subsidies.Award{Measure: f.MeasureID, Stacking: f.measure.Stacking, On: on})
	}
	for _, measure := range slices.Sorted(maps.Keys(have)) { // a fund that is over pays what it pays
		if _, ok := could[measure]; !ok {
			sum := have[measure]
			awards = append(awards, subsidies.Award{Measure: measure, Stacking: subsidies.Stacking{All: true},
				On: func(money.Amount) (money.Amount, error) { return sum, nil }})
		}
	}
	paid, _, err := subsidies.Combine(c.charge.Share, awards)
	if err != nil {
		return nil, err
	}
	due := c.charge.Due(c.charge.PaidSum)
	var list []proposal
	kept := map[string]bool{}
	for _, p := range paid {
		kept[p.Measure] = true
		f, ok := could[p.Measure]
		more := min(p.Amount-have[p.Measure], due)
		if !ok || more <= 0 || only != "" && p.Measure != only {
			continue
		}
		due -= more
		list = append(list, proposal{f, have[p.Measure], more})
	}
	for _, measure := range slices.Sorted(maps.Keys(have)) {
		if !kept[measure] { // another one is larger, and this one was awarded
			return nil, subsidies.ErrStacking.With("one", measure, "other", paid[0].Measure)
		}
	}
	if len(list) == 0 && unknown != nil {
		return nil, unknown
	}
	return list, nil
}
