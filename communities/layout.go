package communities

import "slices"

// The Italian headers of the import layouts, as templates write them.
const (
	headStaircase   = "Scala"
	headFloor       = "Piano"
	headUnit        = "Interno"
	headMillesimi   = "Millesimi"
	headFamilyName  = "Cognome"
	headGivenName   = "Nome"
	headEmail       = "Email"
	headPhone       = "Telefono"
	headTaxCode     = "Codice fiscale"
	headResidents   = "Residenti"
	headSection     = "Sezione"
	headChildFamily = "Cognome bambino"
	headChildGiven  = "Nome bambino"
	headAdultFamily = "Cognome genitore"
	headAdultGiven  = "Nome genitore"
	headAdultTax    = "Codice fiscale genitore"
	headStreet      = "Via"
	headNumber      = "Civico"
)

// column is one column of a layout.
type column struct {
	header   string
	required bool
	hint     string // one Italian sentence for the template
	width    int    // characters, for the template
	read     func(*ImportRow, string) refused
}

// layouts holds the one layout of each kind, columns in the order of the
// template; a file may have them in any order.
var layouts = map[Kind][]column{
	KindCondominium: {
		{headStaircase, false, "Lettera o numero della scala; vuoto se la scala è una sola.", 8, readStaircase},
		{headFloor, false, "Piano, come lo scrive l'amministratore.", 8, readFloor},
		{headUnit, true, "Numero dell'interno: insieme alla scala è unico nell'edificio.", 10, readUnit},
		{headMillesimi, true, "Da 0,0001 a 1000, con al massimo quattro decimali. La somma del condominio è 1000.", 12, readMillesimi},
		{headFamilyName, true, "Cognome dell'intestatario.", 18, readFamilyName},
		{headGivenName, true, "Nome dell'intestatario.", 18, readGivenName},
		{headEmail, false, "Serve per l'invito. La stessa e-mail su due righe vuol dire la stessa famiglia.", 30, readEmail},
		{headPhone, false, "Solo cifre, con il prefisso internazionale se c'è.", 16, readPhone},
		{headTaxCode, false, "Codice fiscale dell'intestatario, controllato.", 20, readTaxCode},
		{headResidents, false, "Quante persone abitano l'unità, da 1 a 20; vuoto se non si sa.", 10, readResidents},
	},
	KindSchool: {
		{headSection, true, "Nome della sezione o della classe.", 12, readStaircase},
		{headChildFamily, true, "Cognome del bambino o della bambina.", 20, readChildFamily},
		{headChildGiven, true, "Nome del bambino o della bambina.", 20, readChildGiven},
		{headAdultFamily, true, "Cognome del genitore di riferimento.", 20, readFamilyName},
		{headAdultGiven, true, "Nome del genitore di riferimento.", 20, readGivenName},
		{headEmail, true, "Serve per l'invito. La stessa e-mail su due righe vuol dire la stessa famiglia.", 30, readEmail},
		{headPhone, false, "Solo cifre, con il prefisso internazionale se c'è.", 16, readPhone},
		{headAdultTax, false, "Codice fiscale del genitore, controllato.", 22, readTaxCode},
	},
	KindNeighbourhood: {
		{headStreet, true, "Via o piazza, per esteso.", 28, readStreet},
		{headNumber, true, "Numero civico.", 8, readNumber},
		{headFamilyName, true, "Cognome dell'intestatario.", 18, readFamilyName},
		{headGivenName, true, "Nome dell'intestatario.", 18, readGivenName},
		{headEmail, false, "Serve per l'invito. La stessa e-mail su due righe vuol dire la stessa famiglia.", 30, readEmail},
		{headPhone, false, "Solo cifre, con il prefisso internazionale se c'è.", 16, readPhone},
		{headTaxCode, false, "Codice fiscale dell'intestatario, controllato.", 20, readTaxCode},
		{headResidents, false, "Quante persone abitano la casa, da 1 a 20; vuoto se non si sa.", 10, readResidents},
	},
}

// Headers lists the headers of a kind's layout, in the order of the template.
func Headers(k Kind) []string {
	var names []string
	for _, c := range layouts[k] {
		names = append(names, c.header)
	}
	return slices.Clip(names)
}
