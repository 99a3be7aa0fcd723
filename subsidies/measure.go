package subsidies

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"colletta/money"
)

// Measure is a municipal subsidy programme. One is made by [LoadMeasure] only,
// so its rule is complete and its worked cases hold.
//
// Its rule is of one of two kinds. A price rule grants a percentage or an amount
// of the price of a service: rounds can use it, because they ask for the grant
// before the price is known ([Measure.Evaluate]). A formula reckons results from
// inputs, step by step. Both are evaluated by [Measure.Eval].
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

	formula    *formula
	unlabelled []string
}

// Unlabelled are the inputs and steps without a label: citizens read their names.
func (m *Measure) Unlabelled() []string { return m.unlabelled }

// HasPriceRule says whether rounds can use the measure.
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
// price, and why in Italian. A measure with a formula grants nothing on a price.
func (m *Measure) Evaluate(sit Situation) (Grant, Trace) {
	return m.grant(sit), m.explainGrant(&writer{lang: Italian}, sit)
}

// grant is what the measure grants in a situation.
func (m *Measure) grant(sit Situation) Grant {
	if m.Rule == nil || m.concerns(sit) != concerned {
		return Grant{}
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

// explainGrant says why the measure grants what it does.
func (m *Measure) explainGrant(w *writer, sit Situation) Trace {
	nothing := w.say("Nessun contributo.", "No contribution.")
	trace := Trace{w.say("Misura «%s» (%s, %s).", "Measure “%s” (%s, %s).", m.Name.In(w.lang), m.Source.Act, w.day(m.Source.Date))}
	if m.Rule == nil {
		return append(trace, w.say("La misura non ha una regola sul prezzo di un servizio: nei turni non si usa.",
			"The measure has no rule on the price of a service: rounds do not use it."), nothing)
	}
	if why := m.concerns(sit); why != concerned {
		return append(trace, m.unconcerned(w, why, sit.Date), nothing)
	}
	kind := m.ISEEKind.words().In(w.lang)
	isee := m.counted(sit)
	if sit.ISEE != nil && sit.Kind != "" && sit.Kind != m.ISEEKind {
		trace = append(trace, w.say("La misura guarda l'ISEE %s; quello presentato è %s e non vale.",
			"The measure looks at the ISEE %s; the one presented is %s and does not count.", kind, sit.Kind.words().In(w.lang)))
	}
	portion := m.portion(isee)
	trace = append(trace, m.explainPortion(w, kind, isee, portion)...)
	if portion == nil {
		return append(trace, nothing)
	}
	if m.Cap != nil {
		trace = append(trace, w.say("Il contributo non supera %s %s per famiglia.", "The contribution is at most %s %s for each household.",
			w.amount(Euro(*m.Cap)), capPeriods[m.CapPer].In(w.lang)))
	}
	return append(trace, w.say("Il contributo non supera mai la quota da pagare.", "The contribution is never above the share to pay."))
}

func (m *Measure) unconcerned(w *writer, why concern, day time.Time) string {
	switch why {
	case otherDay:
		return w.say("La misura vale dal %s al %s; la data è %s.", "The measure holds from %s to %s; the day is %s.", w.day(m.From), w.day(m.To), w.day(day))
	case otherCategory:
		return w.say("La misura non riguarda questa categoria di servizi.", "The measure is not for this category of services.")
	case otherKind:
		return w.say("La misura non riguarda questo tipo di comunità.", "The measure is not for this kind of community.")
	}
	return w.say("La misura non riguarda questa comunità.", "The measure is not for this community.")
}

// explainPortion says how an ISEE leads to a portion.
func (m *Measure) explainPortion(w *writer, kind string, isee *money.Amount, portion *Portion) Trace {
	switch {
	case isee == nil && portion == nil:
		return Trace{w.say("Non risulta un ISEE %s valido: senza ISEE la misura non spetta.", "No valid ISEE (%s) is on record: without one nothing is due.", kind)}
	case isee == nil:
		return Trace{w.say("Non risulta un ISEE %s valido: senza ISEE spetta %s.", "No valid ISEE (%s) is on record: without one %s is due.", kind, w.portion(*portion))}
	}
	trace := Trace{w.say("ISEE %s: %s.", "ISEE (%s): %s.", kind, w.amount(Euro(*isee)))}
	if l := m.Rule.Linear; l != nil {
		return append(trace, l.explain(w, *isee))
	}
	var before *Bracket
	for i := range m.Rule.Brackets {
		b := &m.Rule.Brackets[i]
		if b.holds(*isee) {
			return append(trace, w.say("Rientra nello scaglione %s: spetta %s.", "It falls in the bracket %s: %s is due.", b.between(w, before), w.portion(b.Portion)))
		}
		before = b
	}
	return append(trace, w.say("L'ISEE supera l'ultimo scaglione (%s).", "The ISEE is above the last bracket (%s).", before.between(w, nil)))
}

func (b *Bracket) holds(isee money.Amount) bool {
	return isee < b.Bound || b.Inclusive && isee == b.Bound
}

// between is "oltre 6.500,00 € e fino a 12.500,00 €": from the end of the bracket
// before, if it is told.
func (b *Bracket) between(w *writer, before *Bracket) string {
	text := ""
	switch {
	case before != nil && before.Inclusive:
		text = w.say("oltre %s e ", "above %s and ", w.amount(Euro(before.Bound)))
	case before != nil:
		text = w.say("da %s e ", "from %s and ", w.amount(Euro(before.Bound)))
	}
	if b.Inclusive {
		return text + w.say("fino a %s", "up to %s", w.amount(Euro(b.Bound)))
	}
	return text + w.say("sotto %s", "below %s", w.amount(Euro(b.Bound)))
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

func (l *Linear) explain(w *writer, isee money.Amount) string {
	if isee > l.To {
		return w.say("L'ISEE supera %s.", "The ISEE is above %s.", w.amount(Euro(l.To)))
	}
	due := w.portion(Portion{BasisPoints: l.at(isee)})
	if w.lang == English {
		return fmt.Sprintf("The percentage falls from %s to %s between an ISEE of %s and %s: %s is due.",
			w.percent(Fraction(l.BasisPointsFrom, 100)), w.percent(Fraction(l.BasisPointsTo, 100)), w.amount(Euro(l.From)), w.amount(Euro(l.To)), due)
	}
	return fmt.Sprintf("La percentuale scende %s %s fra %s e %s di ISEE: spetta %s.",
		withArticle("dal", l.BasisPointsFrom), withArticle("al", l.BasisPointsTo), l.From.Italian(), l.To.Italian(), due)
}

// portion writes a portion: "il 37,5 % della quota", "37.5% of the share".
func (w *writer) portion(p Portion) string {
	if w.lang != English {
		return p.Italian()
	}
	if p.Amount > 0 {
		return w.amount(Euro(p.Amount))
	}
	return w.percent(Fraction(p.BasisPoints, 100)) + " of the share"
}

// Italian is the portion for readers: "il 37,5 % della quota", "15,00 €".
func (p Portion) Italian() string {
	if p.BasisPoints > 0 {
		return withArticle("il", p.BasisPoints) + " della quota"
	}
	return p.Amount.Italian()
}

var capPeriods = map[string]Name{"month": {"al mese", "a month"}, "period": {"a periodo", "a period"}, "year": {"all'anno", "a year"}}

// percentItalian writes basis points as "37,5 %".
func percentItalian(basisPoints int64) string {
	text := strings.TrimRight(strings.TrimRight(money.Amount(basisPoints).ItalianNumber(), "0"), ",")
	return text + " %"
}

// withArticle puts "il", "al" or "dal" before a percentage; before 1, 8, 11 and
// the eighties, which are said with a vowel, it is elided.
func withArticle(article string, basisPoints int64) string {
	whole := basisPoints / 100
	if whole != 1 && whole != 8 && whole != 11 && whole/10 != 8 {
		return article + " " + percentItalian(basisPoints)
	}
	elided := map[string]string{"il": "l'", "al": "all'", "dal": "dall'"}
	return elided[article] + percentItalian(basisPoints)
}

func italianDate(t time.Time) string { return t.Format("02/01/2006") }
