package subsidies

import (
	"slices"
	"time"

	"colletta/money"
)

// Measure is a municipal subsidy programme. One is made by [LoadMeasure] only,
// so its rule is complete and its worked cases hold.
//
// Its rule is of one of two kinds. A price rule grants a percentage or an amount
// of the price of a service: rounds can use it, because they ask for the grant
// before the price is known ([Measure.Evaluate]). A formula reckons results from
// inputs, step by step; rounds use it too if it says which results are the grant.
// Both are evaluated by [Measure.Eval].
type Measure struct {
	ID       string
	Name     Name
	Note     string // what a reader must know first, in Italian; for example that figures are illustrative
	Source   Source
	Checked  time.Time // day on which somebody compared the data with the source
	From, To time.Time // first and last day on which it grants
	Kind     MeasureKind
	ISEEKind ISEEKind // the kind of ISEE it looks at, the first of ISEEKinds; empty if it looks at none
	// ISEEKinds are all the kinds it looks at: where there are several, isee is the
	// first that a household has. A price rule has one.
	ISEEKinds []ISEEKind
	Scope     Scope
	Rule      *Rule         // the price rule; nil for a formula
	Cap       *money.Amount // most per household and period; nil means no cap
	CapPer    string        // the period of the cap: "month", "period", "year"
	Missing   *Portion      // what a household without ISEE gets; nil means not eligible
	Cases     []Case        // worked cases of a price rule

	Inputs   []Input      // what Eval wants to know
	Outputs  []Output     // what Eval gives
	Worked   []WorkedCase // worked cases of a formula
	Stacking Stacking
	Fund     *FundPolicy // nil if the measure has no fund, as a tariff
	Fundings []FundingCase

	sourceLine, checkedLine int // in the file

	formula    *formula
	granting   *granting
	unlabelled []string
}

// Unlabelled are the inputs and steps without a label: citizens read their names.
func (m *Measure) Unlabelled() []string { return m.unlabelled }

// HasPriceRule says whether the measure is a rule on a price; see also
// [Measure.GrantsOnPrice].
func (m *Measure) HasPriceRule() bool { return m.Rule != nil }

// MeasureKind says what zero means in a measure.
type MeasureKind string

// The kinds of measures.
const (
	KindBenefit MeasureKind = "benefit" // who is not entitled gets nothing
	KindTariff  MeasureKind = "tariff"  // where it does not hold no price is set, which is not free
)

// Name is what a measure is called.
type Name struct{ IT, EN string }

// Source is the act that decided a measure.
type Source struct {
	Act      string
	Date     time.Time
	URL      string
	Protocol string
}

// Scope says for what a measure grants; an empty list means everything.
type Scope struct {
	Categories     []string
	CommunityKinds []string
	Communities    []string
}

// Portion is what is granted: basis points of the price, or an amount per
// period; exactly one of the two is above zero.
type Portion struct {
	BasisPoints int64 // hundredths of a percent, up to 10000
	Amount      money.Amount
}

// Rule turns an ISEE into a portion: brackets, or a line; one of them is set.
type Rule struct {
	Brackets []Bracket
	Linear   *Linear
}

// Bracket grants a portion up to a bound of ISEE. It begins where the one
// before ends, the first one at zero.
type Bracket struct {
	Bound     money.Amount
	Inclusive bool // true: "up to" the bound; false: "below" it
	Portion   Portion
}

// Linear falls from one percentage to another between two values of ISEE: all
// of BasisPointsFrom up to From, nothing above To, between them
// to + floor((from−to)·(To−isee)/(To−From)) basis points.
//
// Source: round schema, rule "linear".
type Linear struct {
	From, To                       money.Amount
	BasisPointsFrom, BasisPointsTo int64
}

// Case is a worked case of a measure: what it grants at an ISEE and a price.
type Case struct {
	ISEE   *money.Amount // nil: none presented
	Price  money.Amount
	Expect money.Amount
}

// Evaluate says what the measure grants in a situation, as it depends on the
// price, and why in Italian. A measure with a formula grants on a price if it says
// which of its results do.
func (m *Measure) Evaluate(sit Situation) (Grant, Trace) {
	return m.grant(sit), m.explainGrant(&writer{lang: Italian}, sit)
}

// grant is what the measure grants in a situation.
func (m *Measure) grant(sit Situation) Grant {
	switch {
	case !m.GrantsOnPrice() || m.concerns(sit) != concerned:
		return Grant{}
	case m.granting != nil:
		return m.granted(sit)
	}
	portion := m.portion(m.counted(sit))
	if portion == nil {
		return Grant{}
	}
	grant := Grant{Eligible: true, BasisPoints: portion.BasisPoints, Amount: portion.Amount}
	if m.Cap != nil {
		limit := *m.Cap
		grant.Cap = &limit
	}
	return grant
}

// concern says whether a measure is for a situation.
type concern int

const (
	concerned concern = iota
	otherDay
	otherCategory
	otherKind
	otherCommunity
)

func (m *Measure) concerns(sit Situation) concern {
	switch {
	case !m.InForce(sit.Date):
		return otherDay
	case !admits(m.Scope.Categories, sit.Category):
		return otherCategory
	case !admits(m.Scope.CommunityKinds, sit.CommunityKind):
		return otherKind
	case !admits(m.Scope.Communities, sit.Community):
		return otherCommunity
	}
	return concerned
}

// InForce says whether a day is among those of the measure.
func (m *Measure) InForce(day time.Time) bool {
	n := dayNumber(day)
	return dayNumber(m.From) <= n && n <= dayNumber(m.To)
}

func admits(list []string, one string) bool {
	return len(list) == 0 || one == "" || slices.Contains(list, one)
}

// counted is the ISEE of a situation if it is of the kind that the measure wants.
func (m *Measure) counted(sit Situation) *money.Amount {
	if sit.ISEE == nil || *sit.ISEE < 0 || sit.Kind != "" && sit.Kind != m.ISEEKind {
		return nil
	}
	return sit.ISEE
}

// portion is what the rule grants at an ISEE, nil for nothing.
func (m *Measure) portion(isee *money.Amount) *Portion {
	if isee == nil {
		return m.Missing
	}
	if m.Rule.Linear != nil {
		if bp := m.Rule.Linear.at(*isee); bp > 0 {
			return &Portion{BasisPoints: bp}
		}
		return nil
	}
	for i := range m.Rule.Brackets {
		if m.Rule.Brackets[i].holds(*isee) {
			return &m.Rule.Brackets[i].Portion
		}
	}
	return nil
}

func (b *Bracket) holds(isee money.Amount) bool {
	return isee < b.Bound || b.Inclusive && isee == b.Bound
}

// at is the percentage at an ISEE, in basis points.
func (l *Linear) at(isee money.Amount) int64 {
	switch {
	case isee > l.To:
		return 0
	case isee <= l.From:
		return l.BasisPointsFrom
	}
	return l.BasisPointsTo + (l.BasisPointsFrom-l.BasisPointsTo)*(l.To-isee).Cents()/(l.To-l.From).Cents()
}

func italianDate(t time.Time) string { return t.Format("02/01/2006") }
