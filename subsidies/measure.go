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
	ISEEKind ISEEKind  // the kind of ISEE it looks at; empty if it looks at none
	Scope    Scope
	Rule     *Rule         // the price rule; nil for a formula
	Cap      *money.Amount // most per household and period; nil means no cap
	CapPer   string        // the period of the cap: "month", "period", "year"
	Missing  *Portion      // what a household without ISEE gets; nil means not eligible
	Cases    []Case        // worked cases of a price rule

	Inputs   []Input      // what Eval wants to know
	Outputs  []Output     // what Eval gives
	Worked   []WorkedCase // worked cases of a formula
	Stacking Stacking
	Fund     *FundPolicy // nil if the measure has no fund, as a tariff
	Fundings []FundingCase

	formula *formula
}

// HasPriceRule says whether rounds can use the measure.
func (m *Measure) HasPriceRule() bool { return m.Rule != nil }

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
// price, and why. A measure with a formula grants nothing on a price.
func (m *Measure) Evaluate(sit Situation) (Grant, Trace) {
	trace := Trace{fmt.Sprintf("Misura «%s» (%s, %s).", m.Name.IT, m.Source.Act, italianDate(m.Source.Date))}
	if m.Rule == nil {
		return Grant{}, append(trace, "La misura non ha una regola sul prezzo di un servizio: nei turni non si usa.", "Nessun contributo.")
	}
	if why := m.outside(sit); why != "" {
		return Grant{}, append(trace, why, "Nessun contributo.")
	}
	isee := sit.ISEE
	if isee != nil && sit.Kind != "" && sit.Kind != m.ISEEKind {
		trace = append(trace, fmt.Sprintf("La misura guarda l'ISEE %s; quello presentato è %s e non vale.", m.ISEEKind, sit.Kind))
		isee = nil
	}
	portion, why := m.portion(isee)
	trace = append(trace, why...)
	if portion == nil {
		return Grant{}, append(trace, "Nessun contributo.")
	}
	grant := Grant{Eligible: true, BasisPoints: portion.BasisPoints, Amount: portion.Amount}
	if m.Cap != nil {
		limit := *m.Cap
		grant.Cap = &limit
		trace = append(trace, fmt.Sprintf("Il contributo non supera %s %s per famiglia.", limit.Italian(), perItalian[m.CapPer]))
	}
	return grant, append(trace, "Il contributo non supera mai la quota da pagare.")
}

// outside says why a measure does not concern a situation, or "".
func (m *Measure) outside(sit Situation) string {
	day := dayNumber(sit.Date)
	switch {
	case day < dayNumber(m.From) || day > dayNumber(m.To):
		return fmt.Sprintf("La misura vale dal %s al %s; la data è %s.", italianDate(m.From), italianDate(m.To), italianDate(sit.Date))
	case !admits(m.Scope.Categories, sit.Category):
		return "La misura non riguarda questa categoria di servizi."
	case !admits(m.Scope.CommunityKinds, sit.CommunityKind):
		return "La misura non riguarda questo tipo di comunità."
	case !admits(m.Scope.Communities, sit.Community):
		return "La misura non riguarda questa comunità."
	}
	return ""
}

func admits(list []string, one string) bool {
	return len(list) == 0 || one == "" || slices.Contains(list, one)
}

// portion is what the rule grants at an ISEE, nil for nothing, with the reason.
func (m *Measure) portion(isee *money.Amount) (*Portion, Trace) {
	if isee == nil || *isee < 0 {
		if m.Missing == nil {
			return nil, Trace{fmt.Sprintf("Non risulta un ISEE %s valido: senza ISEE la misura non spetta.", m.ISEEKind)}
		}
		return m.Missing, Trace{fmt.Sprintf("Non risulta un ISEE %s valido: senza ISEE spetta %s.", m.ISEEKind, m.Missing.Italian())}
	}
	trace := Trace{fmt.Sprintf("ISEE %s: %s.", m.ISEEKind, isee.Italian())}
	if m.Rule.Linear != nil {
		portion, why := m.Rule.Linear.at(*isee)
		return portion, append(trace, why)
	}
	from := ""
	for _, b := range m.Rule.Brackets {
		if b.holds(*isee) {
			line := fmt.Sprintf("Rientra nello scaglione %s%s: spetta %s.", from, b.italian(), b.Portion.Italian())
			portion := b.Portion
			return &portion, append(trace, line)
		}
		from = b.italianFrom()
	}
	last := m.Rule.Brackets[len(m.Rule.Brackets)-1]
	return nil, append(trace, fmt.Sprintf("L'ISEE supera l'ultimo scaglione (%s).", last.italian()))
}

func (b Bracket) holds(isee money.Amount) bool {
	return isee < b.Bound || b.Inclusive && isee == b.Bound
}

func (b Bracket) italian() string {
	if b.Inclusive {
		return "fino a " + b.Bound.Italian()
	}
	return "sotto " + b.Bound.Italian()
}

func (b Bracket) italianFrom() string {
	if b.Inclusive {
		return "oltre " + b.Bound.Italian() + " e "
	}
	return "da " + b.Bound.Italian() + " e "
}

func (l Linear) at(isee money.Amount) (*Portion, string) {
	if isee > l.To {
		return nil, fmt.Sprintf("L'ISEE supera %s.", l.To.Italian())
	}
	bp := l.BasisPointsFrom
	if isee > l.From {
		bp = l.BasisPointsTo + (l.BasisPointsFrom-l.BasisPointsTo)*(l.To-isee).Cents()/(l.To-l.From).Cents()
	}
	p := Portion{BasisPoints: bp}
	line := fmt.Sprintf("La percentuale scende %s %s fra %s e %s di ISEE: spetta %s.",
		withArticle("dal", l.BasisPointsFrom), withArticle("al", l.BasisPointsTo), l.From.Italian(), l.To.Italian(), p.Italian())
	if bp == 0 {
		return nil, line
	}
	return &p, line
}

// Italian is the portion for readers: "il 37,5 % della quota", "15,00 €".
func (p Portion) Italian() string {
	if p.BasisPoints > 0 {
		return withArticle("il", p.BasisPoints) + " della quota"
	}
	return p.Amount.Italian()
}

var perItalian = map[string]string{"month": "al mese", "period": "a periodo", "year": "all'anno"}

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
