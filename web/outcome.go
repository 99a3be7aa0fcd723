package web

import (
	"fmt"
	"strings"

	"colletta/desk"
	"colletta/pooling"
)

// outcomeWords is why a household is in its pool, or in none, in words.
type outcomeWords struct {
	Served bool
	Title  string
	Lines  []string
}

// outcomeOf says what a round did for a demand, how close it was, and what
// helps next time. Only the household itself reads it: it names its maximum.
func outcomeOf(v desk.OutcomeView, p desk.PledgeView) outcomeWords {
	o := v.Outcome
	if o.Code == pooling.OutcomeServed {
		return outcomeServed(v)
	}
	w := outcomeWords{Title: "Questa volta non c’è un gruppo per te"}
	add := func(format string, args ...any) { w.Lines = append(w.Lines, fmt.Sprintf(format, args...)) }
	switch o.Code {
	case pooling.OutcomeSeatsFull:
		add("Il gruppo adatto a te%s era al completo con %s.", offerWords(v), membersText(o.Members))
		add("Nella prossima tornata conta anche quanto hai aspettato.")
	case pooling.OutcomeStaffFull:
		add("Un gruppo con te%s si poteva fare, ma l’ente non ha altro personale in quella fascia.", offerWords(v))
		add("Se nella prossima tornata segni anche altre fasce, è più facile trovare posto.")
	case pooling.OutcomeNoGroup:
		add("Le famiglie che servivano per il tuo gruppo%s hanno trovato posto in altri gruppi.", offerWords(v))
		add("Nella prossima tornata prova a segnare più fasce o una distanza maggiore.")
	case pooling.OutcomePriceTooHigh:
		add("Il prezzo più basso possibile era %s, più del massimo che hai indicato (%s).", o.NetQuote.Italian(), maxOf(o, p))
		if o.MembersNeeded > 0 {
			add("Con un gruppo di %s sarebbe rientrato nel tuo massimo: ce n’erano %d.", membersText(o.MembersNeeded), o.Members)
		}
	case pooling.OutcomeTooFewNeighbours:
		switch {
		case o.Missing > 0:
			add("%s %s%s: con te erano in %d.", pluralWord(o.Missing, "Mancava", "Mancavano"), membersText(o.Missing), offerWords(v), max(o.Candidates, 1))
		case o.MissingUnits > 0:
			add("Le famiglie c’erano, ma mancavano %s%s.", unitText(o.MissingUnits, p.Unit), offerWords(v))
		default:
			add("Le famiglie adatte%s non bastavano.", offerWords(v))
		}
		add("Invita i vicini alla prossima tornata, o segna più fasce.")
	case pooling.OutcomeNoOfferInReach:
		add("Nessuna offerta di questo servizio arrivava nella tua zona nelle fasce che hai segnato.")
		add("Prova con più fasce o con una distanza maggiore.")
	default:
		add("Il tuo impegno non è entrato in nessun gruppo.")
	}
	if o.FundExhausted {
		add("Avevi diritto al contributo, ma il fondo del Comune è finito prima di arrivare a te: parte dall’ISEE più basso.")
	}
	add("Non paghi nulla.")
	return w
}

func outcomeServed(v desk.OutcomeView) outcomeWords {
	w := outcomeWords{Served: true, Title: "Il tuo gruppo parte"}
	line := fmt.Sprintf("Sei nel gruppo «%s» di %s, con %s", v.Offer, v.Provider, membersText(v.Members))
	if v.Host != "" {
		line += " presso " + v.Host
	}
	w.Lines = append(w.Lines, line+".")
	if v.Slot != "" {
		w.Lines = append(w.Lines, "Quando: "+v.Slot+".")
	}
	if len(v.Slots) > 0 {
		w.Lines = append(w.Lines, "Le tue ore: "+strings.Join(v.Slots, ", ")+".")
	}
	w.Lines = append(w.Lines, fmt.Sprintf("Il gruppo costa in tutto %s.", v.Cost.Italian()))
	if v.Outcome.FundExhausted {
		w.Lines = append(w.Lines, "Avevi diritto al contributo, ma il fondo del Comune è finito prima di arrivare a te: parte dall’ISEE più basso.")
	}
	return w
}

// offerWords names the offer that came nearest, when there is one.
func offerWords(v desk.OutcomeView) string {
	text := ""
	if v.Offer != "" {
		text = " per «" + v.Offer + "»"
	}
	if v.Slot != "" {
		text += " (" + v.Slot + ")"
	}
	return text
}

func maxOf(o pooling.Outcome, p desk.PledgeView) string {
	if p.MaxPrice > 0 {
		return p.MaxPrice.Italian()
	}
	return o.MaxPrice.Italian()
}

// outcomeShort names a reason in a list of counts.
func outcomeShort(code pooling.OutcomeCode) string {
	switch code {
	case pooling.OutcomeServed:
		return "In un gruppo"
	case pooling.OutcomeSeatsFull:
		return "Gruppo adatto già al completo"
	case pooling.OutcomeStaffFull:
		return "Mancava il personale dell’ente in quella fascia"
	case pooling.OutcomeNoGroup:
		return "Le altre famiglie hanno trovato posto altrove"
	case pooling.OutcomePriceTooHigh:
		return "Prezzo oltre il massimo indicato"
	case pooling.OutcomeTooFewNeighbours:
		return "Troppo poche famiglie con le stesse fasce"
	case pooling.OutcomeNoOfferInReach:
		return "Nessuna offerta in quella zona e in quelle fasce"
	}
	return string(code)
}
