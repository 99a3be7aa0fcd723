package pooling

import "cmp"

// Names are what a reader calls things; where one is empty, the id stands for
// it, or, for what an outcome does not know, nothing.
type Names struct {
	Offer, Provider, Host string
	When                  string // the slot, when the outcome holds no times
	Programme             string // of the voucher, or whose fund ended
}

// Words are an outcome told to the family concerned, and to nobody else: they
// name its maximum. Each sentence stands alone.
type Words struct {
	Title     string
	Short     string   // the reason in a few words, for a list of counts
	Reason    []string // what happened and how near it was
	Advice    string   // what may help next time; empty when nothing does
	Reckoning []string // how share and subsidy were computed, line by line; only when served
	Pays      string   // what it means for the purse
}

// Lines are all sentences in reading order, without the reckoning.
func (w Words) Lines() []string {
	lines := append([]string(nil), w.Reason...)
	for _, s := range []string{w.Advice, w.Pays} {
		if s != "" {
			lines = append(lines, s)
		}
	}
	return lines
}

// Words tells the outcome in a language. The sentences are in words/, one file
// for each language.
func (o Outcome) Words(l Language, names Names) Words {
	t := tongueOf(l)
	v := o.values(t, names)
	w := Words{Short: t.say("short."+string(o.Code), v)}
	if o.Code == OutcomeServed {
		w.Title = t.say("title.served", v)
		w.Reason = o.servedReason(t, v)
		w.Reckoning = o.reckoningLines(t, v)
		w.Pays = t.say("how.net.alone", v)
	} else {
		w.Title, w.Pays = t.say("title.unserved", v), t.say("nothing_to_pay", v)
		w.Reason = o.reason(t, v)
		w.Advice = o.advice(t, v)
	}
	if o.FundExhausted {
		w.Reason = append(w.Reason, t.say("fund", v))
	}
	return w
}

// ShortWords is what [Words] calls Short, for a code alone.
func ShortWords(l Language, code OutcomeCode) string {
	return tongueOf(l).say("short."+string(code), nil)
}

// crowdTold is the number of candidates from which a family is told how many
// of them accept a price: of fewer it could guess which neighbour does not.
const crowdTold = 5

// values are all that a sentence may name.
func (o Outcome) values(t tongue, names Names) values {
	v := values{
		"offer": cmp.Or(names.Offer, o.Offer), "provider": names.Provider, "host": cmp.Or(names.Host, o.Host), "programme": cmp.Or(names.Programme, o.Programme),
		"fund": cmp.Or(names.Programme, o.FundExhaustedOf), "times": t.times(o.Times), "turns": int64(len(o.Times)), "when": t["rota"], "on": "",
		"members": int64(o.Members), "candidates": int64(max(o.Candidates, 1)), "priced_at": int64(o.PricedAt), "missing": int64(o.Missing),
		"needed": int64(o.MembersNeeded), "n": o.MissingUnits, "units": t.units(o.MissingUnits, o.Unit), "at_least": "", "willing": "",
		"share": t.amount(o.Share), "subsidy": t.amount(o.Subsidy), "net": t.amount(o.Net), "quote": t.amount(o.Quote),
		"net_quote": t.amount(o.NetQuote), "max_price": "",
	}
	if len(o.Times) == 0 {
		v["times"], v["turns"] = names.When, int64(1)
	}
	if o.Slot != "" {
		v["when"] = cmp.Or(t.times(o.Times), cmp.Or(names.When, o.Slot))
		v["on"] = t.fill(t["on"], v)
	}
	if o.MaxPrice > 0 {
		v["max_price"] = t.amount(o.MaxPrice)
	}
	if o.AtLeast {
		v["at_least"] = t["at_least"]
	}
	if o.Members > 0 && o.Members < o.Candidates && o.Candidates >= crowdTold {
		v["willing"] = int64(o.Members)
	}
	return v
}

func (o Outcome) reason(t tongue, v values) []string {
	key := string(o.Code)
	switch o.Code {
	case OutcomeOverlooked:
		if o.Pool != "" {
			key += ".pool"
		}
	case OutcomeSeatsFull:
		key += "." + string(cmp.Or(o.Limit, LimitMembers))
	case OutcomePriceTooHigh:
		return o.priceReason(t, v)
	case OutcomeTooFewNeighbours:
		key += ".members"
		if o.MissingUnits > 0 {
			key = string(o.Code) + ".units"
		}
	case OutcomeNoOfferInReach:
		if o.Reach == ReachTooLarge {
			v["units"] = t.units(o.Units, o.Unit)
		}
		if o.Reach != "" {
			key += "." + string(o.Reach)
		}
	}
	return []string{t.say(key, v)}
}

// hopeless says whether no number of families makes the price acceptable.
func (o Outcome) hopeless() bool {
	return o.Code == OutcomePriceTooHigh && o.MembersNeeded == 0 && o.Missing == 0
}

// priceReason says which number of families, if any, would be enough.
func (o Outcome) priceReason(t tongue, v values) []string {
	key := string(o.Code)
	switch {
	case o.MembersNeeded > 0:
		return []string{t.say(key, v), t.say(key+".needed", v)}
	case o.Missing > 0:
		return []string{t.say(key, v), t.say(key+".missing", v)}
	}
	return []string{t.say(key+".hopeless", v)}
}

// advice is that of the code, or of its closer reason.
func (o Outcome) advice(t tongue, v values) string {
	key := string(o.Code)
	switch {
	case o.Reach != "":
		key += "." + string(o.Reach)
	case o.hopeless():
		key += ".hopeless"
	}
	if t[key+".advice"] == "" {
		return ""
	}
	return t.say(key+".advice", v)
}

func (o Outcome) servedReason(t tongue, v values) []string {
	lines := []string{t.say("served", v)}
	switch {
	case v["times"] == "":
	case o.Slot == "" || len(o.Slots) > 0:
		lines = append(lines, t.say("served.turns", v))
	default:
		lines = append(lines, t.say("served.when", v))
	}
	if r := o.Reckoning; r != nil {
		v["cost"] = t.amount(r.Cost)
		lines = append(lines, t.say("served.cost", v))
	}
	return lines
}

// reckoningLines tell the way from the cost of the pool to what is paid.
func (o Outcome) reckoningLines(t tongue, v values) (lines []string) {
	r := o.Reckoning
	if r == nil {
		return nil
	}
	add := func(key string) { lines = append(lines, t.say(key, v)) }
	v["fixed"], v["weight"], v["total_weight"], v["part"] = t.amount(r.Fixed), r.Weight, r.TotalWeight, t.amount(r.FixedDown)
	v["own"], v["odd_cents"] = t.amount(r.Own), int64(r.OddCents)
	if r.Fixed > 0 {
		add("how.fixed." + string(r.Split))
	}
	if r.OddWhy != "" {
		v["odd"] = t.say("how.odd."+string(r.OddWhy), v)
		if r.OddCent {
			add("how.odd.paid")
		} else {
			add("how.odd.spared")
		}
	}
	if r.Own > 0 {
		add("how.own")
	}
	add("how.share")
	if o.Quote != o.Share {
		add("how.quote")
	}
	if o.Programme == "" {
		return lines
	}
	v["percent"], v["amount"], v["cap"] = t.percent(r.Percent), t.amount(r.Amount), ""
	if r.Cap != nil {
		v["cap"] = t.amount(*r.Cap)
	}
	if r.Percent > 0 {
		add("how.grant.percent")
	} else {
		add("how.grant.amount")
	}
	if r.WholeBase {
		add("how.grant.whole")
	}
	add("how.net")
	return lines
}
