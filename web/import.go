package web

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"colletta/communities"
	"colletta/desk"
	"colletta/refusal"
)

type importPage struct {
	frame
	Community desk.CommunitySummary
	Address   string // of the community
	Errors    refusals
	File      field
	Headers   []string // columns of the file
	Preview   *desk.ImportPreview
	Cells     []cellLine // everything wrong, by row and column
	Base64    string     // the file, to be sent again with the confirmation
}

func (s *site) importForm(w http.ResponseWriter, r *http.Request) { s.showImport(w, r, nil, nil, nil) }

// showImport shows the form, and below it the preview of a file when given.
func (s *site) showImport(w http.ResponseWriter, r *http.Request, preview *desk.ImportPreview, data []byte, refused error) {
	id := communities.CommunityID(chi.URLParam(r, "id"))
	actor := actorOf(r)
	if err := actor.May(communities.PermImport, communities.Scope{Community: id}, s.desk.Now()); err != nil {
		s.refuse(w, r, err)
		return
	}
	view, err := s.desk.Community(r.Context(), actor, id)
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	p := s.newImportPage(s.frame(r, "Importa le unità"), view.Community, preview, data, s.refusalsOf(refused, "file"))
	s.render(w, r, statusOfFile(refused, p.Cells), "import", p)
}

func (s *site) newImportPage(f frame, c desk.CommunitySummary, preview *desk.ImportPreview, data []byte, errs refusals) importPage {
	p := importPage{
		frame: f, Community: c, Address: "/comunita/" + url.PathEscape(string(c.ID)), Errors: errs,
		Headers: communities.Headers(c.Kind), Preview: preview,
	}
	p.File = field{
		Name: "file", Label: "File XLSX o CSV", Type: "file", Accept: ".xlsx,.csv", Error: errs.at("file"),
		Help: fmt.Sprintf("Al massimo %d MB e %d righe. Con l’anteprima non viene salvato nulla.", communities.ImportBytesMax>>20, communities.ImportRowsMax),
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

func (s *site) importPreview(w http.ResponseWriter, r *http.Request) {
	file, err := uploadOf(r, communities.ImportBytesMax, communities.ErrFileBig, communities.ErrFileEmpty)
	if err == nil {
		req := desk.ImportRequest{Community: communities.CommunityID(chi.URLParam(r, "id")), File: file.Name, Data: file.Data}
		var preview desk.ImportPreview
		if preview, err = s.desk.PreviewImport(r.Context(), actorOf(r), req); err == nil {
			s.showImport(w, r, &preview, req.Data, nil)
			return
		}
	}
	if reformable(err) {
		s.showImport(w, r, nil, nil, err)
		return
	}
	s.refuse(w, r, err)
}

func (s *site) importConfirm(w http.ResponseWriter, r *http.Request) {
	id := communities.CommunityID(chi.URLParam(r, "id"))
	data, err := base64.StdEncoding.DecodeString(value(r, "data"))
	if err != nil {
		s.showImport(w, r, nil, nil, communities.ErrFileFormat.At("file"))
		return
	}
	done, err := s.desk.ConfirmImport(r.Context(), actorOf(r), desk.ImportRequest{Community: id, File: value(r, "name"), Data: data})
	if reformable(err) {
		s.showImport(w, r, nil, nil, err)
		return
	}
	if err != nil {
		s.refuse(w, r, err)
		return
	}
	s.notice(r, fmt.Sprintf("Importazione riuscita: %s, %s, %s.", plural(done.Created, "unità aggiunta", "unità aggiunte"),
		plural(done.Updated, "aggiornata", "aggiornate"), plural(done.Unchanged, "invariata", "invariate")))
	http.Redirect(w, r, "/comunita/"+url.PathEscape(string(id)), http.StatusSeeOther)
}

// template serves the empty spreadsheet of a kind of community, or the filled
// example, or the empty file of certificates.
func (s *site) template(w http.ResponseWriter, r *http.Request) {
	if chi.URLParam(r, "file") == "isee.csv" {
		iseeTemplate(w)
		return
	}
	name, ok := strings.CutSuffix(chi.URLParam(r, "file"), ".xlsx")
	word, example := strings.CutSuffix(name, "-esempio")
	kind, err := communities.ParseKind(word)
	if !ok || err != nil {
		s.notFound(w, r)
		return
	}
	make := communities.Template
	if example {
		make = communities.Example
	}
	data, err := make(kind)
	if len(refusal.All(err)) > 0 {
		s.notFound(w, r)
		return
	}
	if err != nil {
		s.fault(w, r, err)
		return
	}
	attachment(w, communities.FileName(kind, example)+".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	_, _ = w.Write(data) // the reader may be gone
}
