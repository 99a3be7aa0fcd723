package subsidies

import (
	"fmt"
	"strings"
	"time"

	"colletta/money"
)

// explainGrant says why the measure grants what it does.
func (m *Measure) explainGrant(w *writer, sit Situation) Trace {
	nothing := w.say("Nessun contributo.", "No contribution.")
	trace := Trace{w.say("Misura «%s» (%s, %s).", "Measure “%s” (%s, %s).", m.Name.In(w.lang), m.Source.Act, w.day(m.Source.Date))}
	if m.granting != nil {
		return append(trace, m.explainGranted(w, sit)...)
	}
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
		trace = append(trace, w.atMost(*m.Cap, m.CapPer))
	}
	return append(trace, w.neverAbove())
}

func (w *writer) atMost(limit money.Amount, per string) string {
	return w.say("Il contributo non supera %s %s per famiglia.", "The contribution is at most %s %s for each household.",
		w.amount(Euro(limit)), capPeriods[per].In(w.lang))
}

func (w *writer) neverAbove() string {
	return w.say("Il contributo non supera mai la quota da pagare.", "The contribution is never above the share to pay.")
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
