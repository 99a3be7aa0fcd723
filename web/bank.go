package web

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"colletta/billing"
	"colletta/desk"
)

// bankBytesMax is a form that carries a file of statements, also as base64.
const bankBytesMax = 2*billing.StatementBytesMax + formBytesMax

// bankRoutes are the pages about the collecting account.
func (s *site) bankRoutes(r chi.Router) {
	r.Get("/comune/estratti", s.bank)
	r.Get("/comune/estratti/{id}", s.bankStatement)
	r.Get("/comune/movimenti/{id}", s.bankEntry)
	r.Post("/comune/movimenti/{id}/abbina", s.bankMatch)
	r.Post("/comune/movimenti/{id}/accantona", s.bankSetAside)
	r.Post("/comune/movimenti/{id}/riprendi", s.bankTakeUp)
	r.Post("/comune/movimenti/{id}/storno", s.bankReverse)
}

// matchWords say why money may be meant for a charge.
var matchWords = map[billing.MatchReason]string{
	billing.MatchReference: "c’è il suo riferimento", billing.MatchMistyped: "c’è il suo riferimento, con un errore",
	billing.MatchNumber: "c’è il suo numero", billing.MatchName: "chi ha pagato si chiama così", billing.MatchAmount: "l’importo è quello da pagare",
}

var entryWords = map[billing.EntryState]string{
	billing.EntryBooked: "da abbinare", billing.EntryMatched: "abbinato", billing.EntryReturned: "stornato", billing.EntrySetAside: "messo da parte",
}

var entryTones = map[billing.EntryState]string{
	billing.EntryBooked: "tone-wait", billing.EntryMatched: "tone-open", billing.EntryReturned: "tone-no", billing.EntrySetAside: "tone-no",
}

func entryText(s billing.EntryState) string { return entryWords[s] }
func entryTone(s billing.EntryState) string { return entryTones[s] }

// matchText joins the reasons of a suggestion.
func matchText(reasons []billing.MatchReason) string {
	words := make([]string, len(reasons))
	for i, r := range reasons {
		words[i] = matchWords[r]
	}
	return upperFirst(strings.Join(words, "; ")) + "."
}

type bankPage struct {
	frame
	Errors  refusals
	View    desk.BankView
	File    field
	Preview *desk.StatementsView
	Base64  string
}

func (s *site) bank(w http.ResponseWriter, r *http.Request) { s.showBank(w, r, nil, nil, nil) }

func (s *site) showBank(w http.ResponseWriter, r *http.Request, preview *desk.StatementsView, data []byte, refused error) {
	view, err := s.desk.Bank(r.Context(), actorOf(r))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "bank", newBankPage(s.frame(r, "Estratti conto"), view, preview, data, s.refusalsOf(refused, "file")))
}

func newBankPage(f frame, view desk.BankView, preview *desk.StatementsView, data []byte, errs refusals) bankPage {
	p := bankPage{frame: f, View: view, Preview: preview, Errors: errs}
	p.File = field{
		Name: "file", Label: "File CAMT.053", Type: "file", Accept: ".xml", Error: errs.at("file"),
		Help: fmt.Sprintf("XML della banca, versione 02 o 08: al massimo %d MB e %d movimenti. Prima vedi che cosa succede, poi confermi.", billing.StatementBytesMax>>20, billing.StatementMovementsMax),
	}
	if preview != nil {
		p.Base64 = base64.StdEncoding.EncodeToString(data)
	}
	return p
}

func (s *site) bankPreview(w http.ResponseWriter, r *http.Request) {
	file, err := uploadOf(r, billing.StatementBytesMax, billing.ErrStatementTooLarge, billing.ErrStatementEmpty)
	if err == nil {
		var preview desk.StatementsView
		if preview, err = s.desk.PreviewStatements(r.Context(), actorOf(r), desk.StatementFileRequest{File: file.Name, Data: file.Data}); err == nil {
			s.showBank(w, r, &preview, file.Data, nil)
			return
		}
	}
	if reformable(err) {
		s.showBank(w, r, nil, nil, err)
		return
	}
	s.refuse(w, r, err)
}

func (s *site) bankImport(w http.ResponseWriter, r *http.Request) {
	data, err := base64.StdEncoding.DecodeString(value(r, "data"))
	if err != nil {
		s.showBank(w, r, nil, nil, billing.ErrStatementEmpty.At("file"))
		return
	}
	done, err := s.desk.ImportStatements(r.Context(), actorOf(r), desk.StatementFileRequest{File: value(r, "name"), Data: data})
	switch {
	case err == nil:
		s.notice(r, fmt.Sprintf("Estratto conto importato: %s, di cui %s. %s.", plural(done.New, "movimento nuovo", "movimenti nuovi"),
			plural(len(done.Matched), "abbinato", "abbinati"), upperFirst(plural(done.Known, "movimento c’era già", "movimenti c’erano già"))))
		http.Redirect(w, r, "/comune/estratti", http.StatusSeeOther)
	case reformable(err):
		s.showBank(w, r, nil, nil, err)
	default:
		s.refuse(w, r, err)
	}
}

type bankStatementPage struct {
	frame
	Entries []desk.EntryView
}

func (s *site) bankStatement(w http.ResponseWriter, r *http.Request) {
	entries, err := s.desk.BankStatementEntries(r.Context(), actorOf(r), chi.URLParam(r, "id"))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, http.StatusOK, "bank_statement", bankStatementPage{s.frame(r, "Movimenti dell’estratto conto"), entries})
}

type bankEntryPage struct {
	frame
	Errors refusals
	View   desk.EntryView
	Action string
	Amount string
	Parts  [][]field // number and amount of each charge
	Open   bool      // the form by hand is unfolded
	Note   field
}

func (s *site) bankEntry(w http.ResponseWriter, r *http.Request) { s.showBankEntry(w, r, nil, "", nil) }

// bankFields are the fields that refusals of a movement can stand at.
func bankFields() []string {
	fields := []string{"note"}
	for i := range desk.MatchPartsMax {
		fields = append(fields, "number."+strconv.Itoa(i), "amount."+strconv.Itoa(i))
	}
	return fields
}

func (s *site) showBankEntry(w http.ResponseWriter, r *http.Request, typed []desk.MatchPart, note string, refused error) {
	view, err := s.desk.Entry(r.Context(), actorOf(r), chi.URLParam(r, "id"))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "bank_entry", newBankEntryPage(s.frame(r, "Movimento di "+view.Amount.Italian()), view, typed, note, s.refusalsOf(refused, bankFields()...)))
}

func newBankEntryPage(f frame, view desk.EntryView, typed []desk.MatchPart, note string, errs refusals) bankEntryPage {
	p := bankEntryPage{frame: f, View: view, Errors: errs, Action: "/comune/movimenti/" + url.PathEscape(view.ID), Open: len(typed) > 0 || len(view.Suggestions) == 0}
	p.Amount = view.Amount.ItalianNumber()
	for i := range desk.MatchPartsMax {
		part := desk.MatchPart{}
		if i == 0 && len(typed) == 0 {
			part.Amount = p.Amount
		}
		if i < len(typed) {
			part = typed[i]
		}
		at := "." + strconv.Itoa(i)
		p.Parts = append(p.Parts, []field{
			{Name: "number" + at, Label: fmt.Sprintf("Numero della quota %d", i+1), Type: "text", Value: part.Number, Error: errs.at("number" + at), Optional: i > 0},
			{Name: "amount" + at, Label: "Importo", Type: "text", Mode: "decimal", Suffix: "€", Value: part.Amount, Error: errs.at("amount" + at), Optional: i > 0},
		})
	}
	p.Note = field{Name: "note", Label: "Perché", Type: "text", Value: note, Error: errs.at("note"), Help: "Per esempio: competenze della banca, versamento a un ente."}
	return p
}

func (s *site) bankMatch(w http.ResponseWriter, r *http.Request) {
	request := desk.MatchRequest{Entry: chi.URLParam(r, "id")}
	for i := range desk.MatchPartsMax {
		at := "." + strconv.Itoa(i)
		request.Parts = append(request.Parts, desk.MatchPart{Number: value(r, "number"+at), Amount: value(r, "amount"+at)})
	}
	s.bankDone(w, r, s.desk.MatchEntry(r.Context(), actorOf(r), request), "Movimento abbinato: le quote sono aggiornate e le famiglie avvisate.",
		func(err error) { s.showBankEntry(w, r, request.Parts, "", err) })
}

func (s *site) bankSetAside(w http.ResponseWriter, r *http.Request) {
	note := value(r, "note")
	s.bankDone(w, r, s.desk.SetEntryAside(r.Context(), actorOf(r), chi.URLParam(r, "id"), note), "Movimento messo da parte.",
		func(err error) { s.showBankEntry(w, r, nil, note, err) })
}

func (s *site) bankTakeUp(w http.ResponseWriter, r *http.Request) {
	s.bankDone(w, r, s.desk.TakeEntryUp(r.Context(), actorOf(r), chi.URLParam(r, "id")), "Il movimento è di nuovo da abbinare.",
		func(err error) { s.showBankEntry(w, r, nil, "", err) })
}

func (s *site) bankReverse(w http.ResponseWriter, r *http.Request) {
	s.bankDone(w, r, s.desk.ReverseEntry(r.Context(), actorOf(r), chi.URLParam(r, "id"), value(r, "original")), "Storno registrato: quello che il movimento aveva pagato è di nuovo da pagare.",
		func(err error) { s.showBankEntry(w, r, nil, "", err) })
}

func (s *site) bankDone(w http.ResponseWriter, r *http.Request, err error, said string, again func(error)) {
	switch {
	case err == nil:
		s.notice(r, said)
		http.Redirect(w, r, "/comune/estratti#da-abbinare", http.StatusSeeOther)
	case reformable(err):
		again(err)
	default:
		s.refuse(w, r, err)
	}
}
