package web

import (
	"net/http"
	"slices"

	"colletta/communities"
	"colletta/desk"
	"colletta/subsidies"
)

// iseeFields are the fields of a certificate's form, in order.
var iseeFields = []string{"tax_code", "kind", "supersedes", "calculation", "value", "protocol", "dsu_on", "valid_from", "valid_to", "size", "scale", "notes"}

var iseeKindWords = map[subsidies.ISEEKind]string{
	subsidies.ISEEOrdinary: "ordinario", subsidies.ISEEMinors: "minorenni", subsidies.ISEESocioHealth: "sociosanitario",
	subsidies.ISEEResidences: "sociosanitario per residenze", subsidies.ISEEUniversity: "università", subsidies.ISEECurrent: "corrente",
}

var iseeStateWords = map[subsidies.ISEEState]string{
	subsidies.ISEEDeclared: "da verificare", subsidies.ISEEVerified: "verificata", subsidies.ISEERefused: "non accettata",
}

var iseeStateTones = map[subsidies.ISEEState]string{
	subsidies.ISEEDeclared: "tone-wait", subsidies.ISEEVerified: "tone-open", subsidies.ISEERefused: "tone-no",
}

var iseeSourceWords = map[subsidies.ISEESource]string{
	subsidies.SourceFamily: "inserita dalla famiglia", subsidies.SourceOfficer: "inserita dal Comune", subsidies.SourceCSV: "importata dal Comune", subsidies.SourceINPS: "ricevuta dall’INPS",
}

// purposeWords say to a family why its values were opened.
var purposeWords = map[string]string{
	"own": "lettura delle tue attestazioni", "verify": "verifica dell’attestazione", "look": "consultazione dell’attestazione",
	"export_round": "copia dei dati di una tornata", "own_price": "calcolo del prezzo nella tua pagina", "outcome": "spiegazione della tua quota",
	"preview": "anteprima dei gruppi di una tornata aperta", "close_round": "chiusura della tornata: contributi riservati per ISEE",
	"form_round": "formazione dei gruppi della tornata", "letters": "messaggi con l’esito della tornata", "recompute_round": "ricalcolo di controllo della tornata",
	"award": "calcolo del contributo che hai chiesto", "rank": "graduatoria delle domande a un fondo",
	"simulate": "simulazione di una misura del Comune: solo somme di più famiglie",
	"prove":    "controllo dell’integrità dei dati", "rotate_keys": "cambio della chiave di cifratura",
}

// purposesOfPeople are those in which a person sees the values, not only the
// program.
var purposesOfPeople = []string{"own", "verify", "look", "export_round", "outcome", "own_price"}

func iseeKindText(k subsidies.ISEEKind) string     { return iseeKindWords[k] }
func iseeStateText(s subsidies.ISEEState) string   { return iseeStateWords[s] }
func iseeStateTone(s subsidies.ISEEState) string   { return iseeStateTones[s] }
func iseeSourceText(s subsidies.ISEESource) string { return iseeSourceWords[s] }

type iseePage struct {
	frame
	Errors       refusals
	Certificates []certificateCard
	Form         iseeForm
	Readings     []readingLine
}

// certificateCard is an opened certificate as its family, or the officer who
// opened it, sees it.
type certificateCard struct {
	desk.CertificateISEEView
	Title    string
	Lines    []string // what is unusual
	Current  bool
	StandsIn []string // for a corrente: the kinds that it supersedes
}

// readingLine is who opened the values, in words.
type readingLine struct {
	desk.ReadingView
	Name, Why string
	Automatic bool // nobody saw the values
}

func (s *site) newCertificateCard(c desk.CertificateISEEView) certificateCard {
	card := certificateCard{CertificateISEEView: c, Title: "ISEE " + iseeKindText(c.Kind), Current: c.Kind == subsidies.ISEECurrent}
	if c.Calculation == subsidies.CalculationFamily {
		card.Title += " (calcolo per assegno unico e altre prestazioni)"
	}
	for _, e := range c.Warnings {
		card.Lines = append(card.Lines, s.words.of(e))
	}
	for _, k := range c.Supersedes {
		card.StandsIn = append(card.StandsIn, iseeKindText(k))
	}
	return card
}

func newReadingLine(r desk.ReadingView) readingLine {
	l := readingLine{ReadingView: r, Name: r.Who, Why: purposeWords[r.Purpose], Automatic: !slices.Contains(purposesOfPeople, r.Purpose)}
	switch {
	case r.Own:
		l.Name = "Tu"
	case l.Automatic && r.Who != "":
		l.Name = "Programma, avviato da " + r.Who
	case l.Automatic:
		l.Name = "Programma"
	}
	return l
}

// iseeForm is the form of a certificate.
type iseeForm struct {
	Action string
	Fields []field
	Bases  []option // kinds that a corrente may supersede
	BaseID string
	Base   string // words of the refusal at them
	Help   string
}

func newISEEForm(action string, typed desk.ISEEForm, errs refusals, byTaxCode bool) iseeForm {
	f := iseeForm{Action: action, BaseID: "f-supersedes", Base: errs.at("supersedes")}
	add := func(x field) {
		x.Error = errs.at(x.Name)
		f.Fields = append(f.Fields, x)
	}
	if byTaxCode {
		add(field{Name: "tax_code", Label: "Codice fiscale", Type: "text", Value: typed.TaxCode, Help: "Di una persona della famiglia, come risulta nelle comunità."})
	}
	kind := field{Name: "kind", Label: "Tipo di ISEE", Type: "select"}
	for _, k := range subsidies.ISEEKinds() {
		kind.Options = append(kind.Options, option{Value: string(k), Label: iseeKindText(k), Chosen: typed.Kind == string(k)})
		if k != subsidies.ISEECurrent {
			f.Bases = append(f.Bases, option{Value: string(k), Label: iseeKindText(k), Chosen: slices.Contains(typed.Supersedes, string(k))})
		}
	}
	add(kind)
	calculation := field{Name: "calculation", Label: "Calcolo", Type: "select", Help: "Per i servizi del Comune vale quello ordinario."}
	for _, c := range []option{{Value: string(subsidies.CalculationOrdinary), Label: "ordinario"}, {Value: string(subsidies.CalculationFamily), Label: "per assegno unico, ADI, SFL, bonus nido"}} {
		c.Chosen = c.Value == typed.Calculation
		calculation.Options = append(calculation.Options, c)
	}
	add(calculation)
	add(field{Name: "value", Label: "Valore dell’ISEE", Type: "text", Mode: "decimal", Suffix: "€", Value: typed.Value, Help: "Per esempio 9.876,50."})
	add(field{Name: "protocol", Label: "Protocollo", Type: "text", Value: typed.Protocol, Help: "In alto a destra: INPS-ISEE-2026-XXXXXXXXX-00."})
	add(field{Name: "dsu_on", Label: "Data di presentazione della DSU", Type: "date", Value: typed.DSUOn})
	add(field{Name: "valid_from", Label: "Valida dal", Type: "date", Value: typed.ValidFrom})
	add(field{Name: "valid_to", Label: "Valida fino al", Type: "date", Value: typed.ValidTo, Help: "Di solito il 31 dicembre dell’anno della DSU."})
	add(field{Name: "size", Label: "Componenti del nucleo", Type: "text", Mode: "numeric", Value: typed.Size, Optional: true})
	add(field{Name: "scale", Label: "Scala di equivalenza", Type: "text", Mode: "decimal", Value: typed.Scale, Optional: true, Help: "Per esempio 2,04."})
	add(field{Name: "notes", Label: "Omissioni o difformità", Type: "textarea", Value: typed.Notes, Optional: true, Help: "Se l’attestazione ne riporta."})
	return f
}

// typedISEE reads the form as typed.
func typedISEE(r *http.Request) desk.ISEEForm {
	return desk.ISEEForm{
		TaxCode: value(r, "tax_code"), Kind: value(r, "kind"), Supersedes: values(r, "supersedes"), Calculation: value(r, "calculation"), Value: value(r, "value"),
		Protocol: value(r, "protocol"), DSUOn: value(r, "dsu_on"), ValidFrom: value(r, "valid_from"), ValidTo: value(r, "valid_to"),
		Size: value(r, "size"), Scale: value(r, "scale"), Notes: value(r, "notes"),
	}
}

func (s *site) isee(w http.ResponseWriter, r *http.Request) { s.showISEE(w, r, desk.ISEEForm{}, nil) }

func (s *site) showISEE(w http.ResponseWriter, r *http.Request, typed desk.ISEEForm, refused error) {
	view, err := s.desk.MyISEE(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "isee", s.newISEEPage(s.frame(r, "Il tuo ISEE"), view, typed, s.refusalsOf(refused, iseeFields...)))
}

func (s *site) newISEEPage(f frame, view desk.MyISEEView, typed desk.ISEEForm, errs refusals) iseePage {
	p := iseePage{frame: f, Errors: errs, Form: newISEEForm("/isee", typed, errs, false)}
	for _, c := range slices.Backward(view.Certificates) {
		p.Certificates = append(p.Certificates, s.newCertificateCard(c))
	}
	for _, l := range view.Readings {
		p.Readings = append(p.Readings, newReadingLine(l))
	}
	return p
}

func (s *site) iseeFile(w http.ResponseWriter, r *http.Request) {
	typed := typedISEE(r)
	typed.Household = actorOf(r).Household
	if typed.Household == "" { // an officer has a page of their own
		s.refuse(w, r, communities.ErrNotAllowed)
		return
	}
	_, err := s.desk.FileISEE(r.Context(), actorOf(r), typed)
	switch {
	case err == nil: // what is unusual stands beside the certificate: a notice would lie in the session
		s.notice(r, "Attestazione inserita. Il Comune la verificherà: fino ad allora non conta per i contributi.")
		http.Redirect(w, r, "/isee", http.StatusSeeOther)
	case reformable(err):
		s.showISEE(w, r, typed, err)
	default:
		s.refuse(w, r, err)
	}
}
