package web

import (
	"net/http"
	"strings"
	"unicode"

	"colletta/refusal"
)

// field is one input of a form with its label, help and refusal.
type field struct {
	Form     string // prefix of the id where several forms have the same fields; may be empty
	Name     string // of the parameter
	Label    string
	Help     string // below the label; may be empty
	Value    string
	Error    string // words of the refusals at this field
	Type     string // text, email, number, date, datetime-local, file, select, textarea
	Mode     string // inputmode: numeric, decimal
	Auto     string // autocomplete
	Suffix   string // unit after the input: "€"
	Accept   string // of a file
	Optional bool
	Options  []option
}

// option is one choice of a select, of radio buttons or of checkboxes.
type option struct {
	Value, Label, Help string
	Chosen             bool
}

// ID is the id of the input.
func (f field) ID() string {
	if f.Form != "" {
		return f.Form + "-f-" + f.Name
	}
	return "f-" + f.Name
}

// Describedby lists the ids that describe the input.
func (f field) Describedby() string {
	var ids []string
	if f.Help != "" {
		ids = append(ids, f.ID()+"-help")
	}
	if f.Error != "" {
		ids = append(ids, f.ID()+"-error")
	}
	return strings.Join(ids, " ")
}

// refusals are those of a form: by field, and all of them for the summary on
// top.
type refusals struct {
	Lines []refusalLine
	by    map[string]string
}

// refusalLine is a line of the summary; Target is the id to jump to, or empty.
type refusalLine struct{ Text, Target string }

// refusalsOf puts the refusals in err where the form can show them. A refusal
// whose field is not in the form stands in the summary only.
func (s *site) refusalsOf(err error, fields ...string) refusals {
	r := refusals{by: map[string]string{}}
	seen := map[refusalLine]bool{}
	for _, e := range refusal.All(err) {
		line, words := refusalLine{}, s.words.of(e)
		for _, name := range fields {
			// A refusal deeper inside (tiers[1].fixed) belongs to its field, unless the form has that one too.
			if e.Field == name || line.Target == "" && e.Field != "" && strings.HasPrefix(e.Field, name) && strings.ContainsRune("[.", rune(e.Field[len(name)])) {
				line.Target = "f-" + name
			}
		}
		line.Text = words
		if label := fieldLabels[strings.TrimPrefix(line.Target, "f-")]; label != "" {
			line.Text = label + ": " + lowerFirst(words)
		}
		if seen[line] {
			continue
		}
		seen[line] = true
		r.Lines = append(r.Lines, line)
		if name, ok := strings.CutPrefix(line.Target, "f-"); ok {
			r.by[name] = strings.TrimSpace(r.by[name] + " " + words)
		}
	}
	return r
}

// fieldLabels names a field in the summary, where the words stand far from it.
var fieldLabels = map[string]string{
	"amount": "Importo", "code": "Codice", "tax_code": "Codice fiscale", "residual_min": "Residuo, almeno", "residual_max": "Residuo, al massimo",
	"ends_from": "Scade dal giorno", "ends_to": "Scade entro il giorno", "reason": "Motivo", "up_to": "Utilizzi fino al giorno", "area": "Zona", "category": "Categoria", "closes_on": "Chiusura", "community": "Comunità",
	"description": "Descrizione", "email": "E-mail", "ends_on": "Fino al giorno", "file": "File", "max_distance": "Distanza",
	"max_members": "Famiglie, al massimo", "max_price": "Prezzo massimo", "max_units": "Unità, al massimo", "meetings": "Incontri",
	"method": "Pagamento", "min_members": "Famiglie, almeno", "min_units": "Unità, almeno", "mix_radius": "Distanza tra comunità",
	"mode": "Come funziona", "name": "Nome", "note": "Nota", "opens_on": "Apertura", "period": "Periodo", "radius": "Raggio",
	"received_on": "Data di accredito", "slots": "Fasce", "split": "Divisione", "starts_on": "Dal giorno", "tiers": "Scaglioni",
	"kind": "Tipo di ISEE", "supersedes": "ISEE sostituiti", "calculation": "Calcolo", "value": "Valore dell’ISEE",
	"protocol": "Protocollo", "dsu_on": "Data della DSU", "valid_from": "Valida dal", "valid_to": "Valida fino al", "size": "Componenti",
	"scale": "Scala di equivalenza", "notes": "Omissioni o difformità",
	"before": "Confrontala con", "version": "Versione da simulare", "population": "Su quali famiglie", "households": "Quante famiglie inventate",
	"seed": "Numero di partenza", "output": "Risultato da sommare", "on": "Giorno del calcolo", "per_year": "Volte in un anno",
	"time_limit": "Tempo massimo della ricerca", "title": "Titolo", "units": "Quantità", "categories": "Categorie", "effort": "Ricerca dei gruppi",
}

// lowerFirst continues a sentence; an abbreviation such as IBAN stays.
func lowerFirst(s string) string {
	r := []rune(s)
	if len(r) > 1 && unicode.IsUpper(r[0]) && !unicode.IsUpper(r[1]) {
		r[0] = unicode.ToLower(r[0])
	}
	return string(r)
}

// under is the same for the fields of one form of several on a page.
func (r refusals) under(form string) refusals {
	lines := make([]refusalLine, len(r.Lines))
	for i, l := range r.Lines {
		if l.Target != "" {
			l.Target = form + "-" + l.Target
		}
		lines[i] = l
	}
	r.Lines = lines
	return r
}

// at is the words beside a field.
func (r refusals) at(name string) string { return r.by[name] }

// reformable tells whether a form should be shown again with the refusals of
// err: something to mend, or a conflict that its reader has to see in place.
func reformable(err error) bool {
	for _, e := range refusal.All(err) {
		if e.Kind == refusal.KindInvalid || e.Kind == refusal.KindConflict {
			return true
		}
	}
	return false
}

// value is a form value without spaces around it and without NUL, which
// PostgreSQL cannot store.
func value(r *http.Request, name string) string { return cleaned(r.PostFormValue(name)) }

func cleaned(s string) string { return strings.TrimSpace(strings.ReplaceAll(s, "\x00", "")) }

// values are all values of a name, as [value].
func values(r *http.Request, name string) []string {
	if err := r.ParseForm(); err != nil {
		return nil
	}
	var list []string
	for _, v := range r.PostForm[name] {
		if v = strings.TrimSpace(strings.ReplaceAll(v, "\x00", "")); v != "" {
			list = append(list, v)
		}
	}
	return list
}
