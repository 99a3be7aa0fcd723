package web

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/go-chi/chi/v5"

	"colletta/communities"
	"colletta/desk"
	"colletta/subsidies"
)

type iseeOfficePage struct {
	frame
	View   desk.ISEEOfficeView
	Errors refusals
	Search field
	Ask    []field
}

// iseeList is a table of certificates without values.
type iseeList struct {
	Caption string
	Lines   []desk.ISEELineView
}

func (s *site) iseeOffice(w http.ResponseWriter, r *http.Request) { s.showISEEOffice(w, r, "", nil) }

// iseeSearch finds a household's certificates; by POST, so that the tax code is
// in no address.
func (s *site) iseeSearch(w http.ResponseWriter, r *http.Request) {
	s.showISEEOffice(w, r, value(r, "tax_code"), nil)
}

func (s *site) showISEEOffice(w http.ResponseWriter, r *http.Request, taxCode string, refused error) {
	view, err := s.desk.ISEEOffice(r.Context(), actorOf(r), taxCode)
	if err != nil && reformable(err) {
		refused = err
	} else if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "isee_office", newISEEOfficePage(s.frame(r, "Attestazioni ISEE"), view, s.refusalsOf(refused, "tax_code", "kind")))
}

func newISEEOfficePage(f frame, view desk.ISEEOfficeView, errs refusals) iseeOfficePage {
	p := iseeOfficePage{frame: f, View: view, Errors: errs}
	p.Search = field{Name: "tax_code", Label: "Codice fiscale", Type: "text", Value: view.TaxCode, Error: errs.at("tax_code"), Help: "Di una persona della famiglia."}
	p.Ask = []field{
		{Form: "archivio", Name: "tax_code", Label: "Codice fiscale", Type: "text", Value: view.TaxCode},
		{Form: "archivio", Name: "kind", Label: "Tipo di ISEE", Type: "select", Error: errs.at("kind")},
	}
	for _, k := range subsidies.ISEEKinds() {
		p.Ask[1].Options = append(p.Ask[1].Options, option{Value: string(k), Label: iseeKindText(k)})
	}
	return p
}

// iseeAsk asks the connected register.
func (s *site) iseeAsk(w http.ResponseWriter, r *http.Request) {
	code := value(r, "tax_code")
	_, err := s.desk.AskISEE(r.Context(), actorOf(r), desk.ISEEQuestion{TaxCode: code, Kind: value(r, "kind")})
	switch {
	case err == nil:
		s.notice(r, "Attestazione ricevuta e registrata come verificata.")
		http.Redirect(w, r, "/comune/isee", http.StatusSeeOther)
	case reformable(err) || errors.Is(err, desk.ErrISEENotFound) || errors.Is(err, desk.ErrISEEUnavailable):
		s.showISEEOffice(w, r, "", err)
	default:
		s.refuse(w, r, err)
	}
}

type iseeOpenPage struct {
	frame
	View   desk.OpenedISEEView
	Card   certificateCard
	Errors refusals
	Action string
	Waits  bool // for a decision
	Reason field
}

func (s *site) iseeOpen(w http.ResponseWriter, r *http.Request) { s.showISEEOpen(w, r, "", nil) }

func (s *site) showISEEOpen(w http.ResponseWriter, r *http.Request, reason string, refused error) {
	view, err := s.desk.ISEECertificate(r.Context(), actorOf(r), chi.URLParam(r, "id"))
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.render(w, r, statusOf(refused), "isee_open", s.newISEEOpenPage(s.frame(r, "Attestazione di "+view.Household), view, reason, s.refusalsOf(refused, "reason")))
}

func (s *site) newISEEOpenPage(f frame, view desk.OpenedISEEView, reason string, errs refusals) iseeOpenPage {
	return iseeOpenPage{
		frame: f, View: view, Card: s.newCertificateCard(view.Certificate), Errors: errs, Action: "/comune/isee/" + url.PathEscape(view.Certificate.ID),
		Waits:  view.Certificate.State == subsidies.ISEEDeclared,
		Reason: field{Name: "reason", Label: "Perché non la accetti", Type: "textarea", Value: reason, Error: errs.at("reason"), Help: "Lo legge la famiglia: scrivi che cosa deve correggere."},
	}
}

func (s *site) iseeDecide(w http.ResponseWriter, r *http.Request) {
	decision := desk.ISEEDecision{ID: chi.URLParam(r, "id"), Reason: value(r, "reason")}
	said := "Attestazione non accettata: la famiglia è stata avvisata."
	switch chi.URLParam(r, "step") {
	case "verifica":
		decision.Verified, said = true, "Attestazione verificata: da ora conta per i contributi."
	case "rifiuta":
	default:
		s.notFound(w, r)
		return
	}
	err := s.desk.DecideISEE(r.Context(), actorOf(r), decision)
	switch {
	case err == nil:
		s.notice(r, said)
		http.Redirect(w, r, "/comune/isee", http.StatusSeeOther)
	case reformable(err):
		s.showISEEOpen(w, r, decision.Reason, err)
	default:
		s.refuse(w, r, err)
	}
}

type iseeNewPage struct {
	frame
	Errors refusals
	Form   iseeForm
	Office bool // the reader also has the officer's page
}

func (s *site) iseeNew(w http.ResponseWriter, r *http.Request) {
	s.showISEENew(w, r, desk.ISEEForm{}, nil)
}

func (s *site) showISEENew(w http.ResponseWriter, r *http.Request, typed desk.ISEEForm, refused error) {
	actor := actorOf(r)
	if err := actor.May(communities.PermFileISEE, communities.Scope{}, s.desk.Now()); err != nil {
		s.refuse(w, r, err)
		return
	}
	errs := s.refusalsOf(refused, iseeFields...)
	office := actor.May(communities.PermVerifyISEE, communities.Scope{}, s.desk.Now()) == nil
	s.render(w, r, statusOf(refused), "isee_new", iseeNewPage{s.frame(r, "Inserisci un’attestazione ISEE"), errs, newISEEForm("/comune/isee/nuova", typed, errs, true), office})
}

func (s *site) iseeNewSend(w http.ResponseWriter, r *http.Request) {
	typed := typedISEE(r)
	_, err := s.desk.FileISEE(r.Context(), actorOf(r), typed)
	switch {
	case err == nil:
		s.notice(r, "Attestazione registrata.")
		http.Redirect(w, r, "/comune/isee/nuova", http.StatusSeeOther)
	case reformable(err):
		s.showISEENew(w, r, typed, err)
	default:
		s.refuse(w, r, err)
	}
}

type iseeImportPage struct {
	frame
	Errors  refusals
	File    field
	Headers []string
	Preview *desk.ISEEFilePreview
	Cells   []cellLine
	Base64  string // the file, to be sent again with the confirmation: it is stored nowhere
}

func (s *site) iseeImportForm(w http.ResponseWriter, r *http.Request) {
	s.showISEEImport(w, r, nil, nil, nil)
}

func (s *site) showISEEImport(w http.ResponseWriter, r *http.Request, preview *desk.ISEEFilePreview, data []byte, refused error) {
	if err := actorOf(r).May(communities.PermVerifyISEE, communities.Scope{}, s.desk.Now()); err != nil {
		s.refuse(w, r, err)
		return
	}
	p := s.newISEEImportPage(s.frame(r, "Importa attestazioni ISEE"), preview, data, s.refusalsOf(refused, "file"))
	s.render(w, r, statusOfFile(refused, p.Cells), "isee_import", p)
}

func (s *site) newISEEImportPage(f frame, preview *desk.ISEEFilePreview, data []byte, errs refusals) iseeImportPage {
	p := iseeImportPage{frame: f, Errors: errs, Headers: subsidies.ISEEFileColumns(), Preview: preview}
	p.File = field{
		Name: "file", Label: "File CSV", Type: "file", Accept: ".csv", Error: errs.at("file"),
		Help: fmt.Sprintf("Al massimo %d MB e %d righe. Con l’anteprima non viene salvato nulla, e il file non viene conservato.", subsidies.ISEEFileBytesMax>>20, subsidies.ISEEFileRowsMax),
	}
	if preview == nil {
		return p
	}
	p.Cells = s.cellLines(preview.Errors)
	if len(p.Cells) == 0 {
		p.Base64 = base64.StdEncoding.EncodeToString(data)
	}
	return p
}

func (s *site) iseeImportPreview(w http.ResponseWriter, r *http.Request) {
	file, err := uploadOf(r, subsidies.ISEEFileBytesMax, subsidies.ErrISEEFileBig, subsidies.ErrISEEFileEmpty)
	if err == nil {
		request := desk.ISEEFileRequest{File: file.Name, Data: file.Data}
		var preview desk.ISEEFilePreview
		if preview, err = s.desk.PreviewISEEFile(r.Context(), actorOf(r), request); err == nil {
			s.showISEEImport(w, r, &preview, request.Data, nil)
			return
		}
	}
	if reformable(err) {
		s.showISEEImport(w, r, nil, nil, err)
		return
	}
	s.refuse(w, r, err)
}

func (s *site) iseeImportConfirm(w http.ResponseWriter, r *http.Request) {
	data, err := base64.StdEncoding.DecodeString(value(r, "data"))
	if err != nil {
		s.showISEEImport(w, r, nil, nil, subsidies.ErrISEEFileText.At("file"))
		return
	}
	done, err := s.desk.ConfirmISEEFile(r.Context(), actorOf(r), desk.ISEEFileRequest{File: value(r, "name"), Data: data})
	switch {
	case err == nil:
		s.notice(r, fmt.Sprintf("Importazione riuscita: %s, %s.", plural(done.Recorded, "attestazione registrata", "attestazioni registrate"),
			plural(done.Unchanged, "già presente", "già presenti")))
		http.Redirect(w, r, "/comune/isee", http.StatusSeeOther)
	case reformable(err):
		s.showISEEImport(w, r, nil, nil, err)
	default:
		s.refuse(w, r, err)
	}
}

// iseeTemplate serves the empty file of certificates.
func iseeTemplate(w http.ResponseWriter) {
	attachment(w, "isee.csv", "text/csv; charset=utf-8")
	_, _ = w.Write(subsidies.ISEEFileTemplate()) // the reader may be gone
}
