package main

import (
	"time"

	"colletta/money"
)

// demoRole is somebody with a part in the stories of the demo.
type demoRole struct {
	Key    string
	Label  string // how the login page calls them
	What   string // what there is to try, in Italian; empty for one that is not shown
	Person demoPerson
}

// demoCast lists who plays a part, in the order of the login page. Everybody is
// invented; addresses are of domains reserved for examples (RFC 2606).
var demoCast = []demoRole{
	{"thirtieth", "Giulia Ferri, mamma alla scuola San Gottardo",
		"Laboratorio di psicomotricità: 29 famiglie hanno già aderito, lei può essere la trentesima (50,00 € a testa, meno il contributo del Comune).",
		demoPerson{GivenName: "Giulia", FamilyName: "Ferri", Email: "giulia.ferri@example.org"}},
	{"sixth", "Franca Colombo, Via Amoretti 14",
		"Assistente familiare di condominio: cinque famiglie chiedono 22 ore, con le sue 2 si arriva a 24 e il gruppo parte.",
		demoPerson{GivenName: "Franca", FamilyName: "Colombo", Email: "franca.colombo@example.org"}},
	{"neighbour", "Samira El Amrani, Via Padova",
		"Aiuto compiti nel quartiere: una quota da pagare della tornata passata, in parte già pagata con un voucher, e la tornata cittadina aperta.",
		demoPerson{GivenName: "Samira", FamilyName: "El Amrani", Email: "samira.elamrani@example.org"}},
	{"administrator", "Marco Galli, amministratore di Via Amoretti 14",
		"Condomini, millesimi, adesioni e pagamenti del palazzo; import di un file Excel.",
		demoPerson{GivenName: "Marco", FamilyName: "Galli", Email: "marco.galli@studiogalli.example"}},
	{"parent", "Chiara Fontana, rappresentante dei genitori della San Gottardo",
		"Chi ha aderito al laboratorio e quanto manca alla chiusura.",
		demoPerson{GivenName: "Chiara", FamilyName: "Fontana", Email: "chiara.fontana@example.org"}},
	{"animator", "Luca Moretti, animatore di quartiere in Via Padova",
		"I bisogni dichiarati dai vicini e chi ha pagato la tornata passata.",
		demoPerson{GivenName: "Luca", FamilyName: "Moretti", Email: "luca.moretti@example.org"}},
	{"officer", "Elena Riva, Comune di Milano",
		"Tornate, fondi delle misure e loro uso, voucher e rendiconti agli enti, mappa dei bisogni, bonifici da registrare.",
		demoPerson{GivenName: "Elena", FamilyName: "Riva", Email: "elena.riva@comune.example"}},
	{"director", "Giorgio Sala, dirigente del Comune di Milano",
		"Le misure scritte da altri, da leggere, provare e pubblicare: chi scrive non pubblica.",
		demoPerson{GivenName: "Giorgio", FamilyName: "Sala", Email: "giorgio.sala@comune.example"}},
	{"provider", "Paola Brambilla, cooperativa Il Filo",
		"Le proposte della cooperativa e i gruppi confermati.",
		demoPerson{GivenName: "Paola", FamilyName: "Brambilla", Email: "paola.brambilla@ilfilo.example"}},
}

// cast finds who plays a part.
func cast(key string) demoRole {
	for _, r := range demoCast {
		if r.Key == key {
			return r
		}
	}
	panic("demo: nobody plays " + key)
}

// The families of the first two stories, by their place among the units.
const (
	labFamilies = 30 // of the school, the demo's family the last of them
	labPledged  = 29
	carerFlats  = 6
)

// castStories puts the people of the stories in their places.
func castStories(c *demoCity) {
	school, building, street := c.place("san-gottardo"), c.place("amoretti"), c.place("pimentel")
	school.Delegate = cast("parent").Person
	building.Delegate = cast("administrator").Person
	street.Delegate = cast("animator").Person

	thirtieth := &school.Units[labFamilies-1]
	thirtieth.Child = "Tommaso"
	play(thirtieth, "thirtieth", iseeOf(9_200_00))
	// The same family lives in a building of the quarter next to the school: one
	// household, two communities.
	play(&c.place("tibaldi").Units[6], "thirtieth", iseeOf(9_200_00))

	// The six flats of the carer, with the ISEE of the worked example of a rota
	// (round schema, e11), save the last, who is the demo's family.
	for i, isee := range []*money.Amount{iseeOf(9_100_00), iseeOf(15_200_40), nil, iseeOf(22_100_00), iseeOf(6_800_00)} {
		building.Units[carerUnits[i]].ISEE = isee
	}
	play(&building.Units[carerUnits[carerFlats-1]], "sixth", iseeOf(12_400_00))

	neighbour := &street.Units[0]
	neighbour.Street, neighbour.Number, neighbour.Residents = "Via Padova", "86", 4
	play(neighbour, "neighbour", iseeOf(7_350_00))
}

// carerUnits are the flats that share the carer.
var carerUnits = [carerFlats]int{2, 5, 8, 11, 17, 20}

func iseeOf(cents int64) *money.Amount {
	a := money.Amount(cents)
	return &a
}

// play gives a unit to somebody of the cast.
func play(u *demoUnit, key string, isee *money.Amount) {
	p := cast(key).Person
	p.TaxCode = castTaxCodes[key]
	u.Holder, u.ISEE = p, isee
}

// castTaxCodes are composed once, so that a person has one code everywhere.
var castTaxCodes = map[string]string{
	"thirtieth": demoTaxCode("Ferri", "Giulia", dayOf(1989, time.April, 12), true, demoUnregisteredPlace),
	"sixth":     demoTaxCode("Colombo", "Franca", dayOf(1957, time.September, 3), true, demoUnregisteredPlace),
	"neighbour": demoTaxCode("El Amrani", "Samira", dayOf(1984, time.January, 25), true, demoUnregisteredPlace),
}

func dayOf(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}
