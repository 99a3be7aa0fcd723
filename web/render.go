package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"path"
	"strings"
	"time"

	"colletta/communities"
	"colletta/desk"
	"colletta/money"
)

//go:embed templates
var templateFiles embed.FS

// frame is what every page has around its content.
type frame struct {
	Title  string
	Nav    []navLink
	User   string // name of who is logged in; empty for nobody
	Notice string // one sentence about what was just done
	Demo   bool
	Now    time.Time
}

type navLink struct {
	Href, Label string
	Current     bool
}

// framed is a page; its frame tells the layout what to show around it.
type framed interface{ Framed() frame }

// Framed is the frame itself, for pages that embed it.
func (f frame) Framed() frame { return f }

// frame fills the frame of a page for the actor of the request and takes the
// notice out of the session.
func (s *site) frame(r *http.Request, title string) frame {
	f := s.bareFrame(r, title)
	actor := actorOf(r)
	f.Notice = s.sessions.PopString(r.Context(), sessionNotice)
	f.User = actor.Name
	if actor.User != "" && f.User == "" {
		f.User = actor.Email
	}
	f.Nav = navOf(actor, f.Now, r.URL.Path)
	return f
}

// bareFrame is the frame of a page that knows nobody, such as an error.
func (s *site) bareFrame(r *http.Request, title string) frame {
	f := frame{Title: title, Demo: s.demo != nil, Nav: navOf(communities.Actor{}, time.Time{}, r.URL.Path)}
	if s.demo != nil {
		f.Now = s.demo.Clock.Now()
	} else {
		f.Now = s.desk.Now()
	}
	return f
}

// navOf is the menu: at most five entries, so that it needs no folding on a
// phone.
func navOf(a communities.Actor, now time.Time, here string) []navLink {
	var links []navLink
	add := func(href, label string) {
		current := here == href || href != "/" && strings.HasPrefix(here, href+"/")
		links = append(links, navLink{href, label, current})
	}
	officer, provider := a.Has(communities.RoleOfficer, now), a.Has(communities.RoleProvider, now)
	switch {
	case a.User == "":
		add("/", "Inizio")
	case a.Household != "" || a.Has(communities.RoleDelegate, now) || !officer && !provider:
		add("/casa", "Casa")
	}
	if a.User != "" {
		add("/tornate", "Tornate")
	}
	if a.Household != "" {
		add("/quote", "Quote")
		add("/voucher", "Voucher")
	}
	if officer {
		add("/comune", "Comune")
	}
	if provider {
		add("/ente", "Ente")
	}
	add("/spazi", "Spazi WeMi")
	if a.User == "" {
		add("/accedi", "Accedi")
	}
	return links
}

// funcs are what templates may call.
func funcs(a *assets) template.FuncMap {
	return template.FuncMap{
		"asset": a.url,
		"icon": func(name string) template.HTML {
			return template.HTML(`<svg class="icon" aria-hidden="true" focusable="false"><use href="` + string(a.url("sprites.svg")) + `#` + template.HTMLEscapeString(name) + `"></use></svg>`)
		},
		"euro":       money.Amount.Italian,
		"signed":     signedEuro,
		"upper":      upperFirst,
		"date":       dateText,
		"instant":    instantText,
		"short":      shortText,
		"shortdate":  shortDate,
		"iso":        func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"left":       leftText,
		"four":       groupsOfFour,
		"units":      unitText,
		"period":     periodText,
		"state":      stateText,
		"tone":       stateTone,
		"charge":     chargeText,
		"payment":    paymentText,
		"voucher":    voucherStatusText,
		"vtone":      voucherTone,
		"use":        voucherUseText,
		"usetone":    voucherUseTone,
		"method":     methodText,
		"mode":       modeText,
		"split":      splitText,
		"kind":       kindText,
		"kindicon":   kindIcon,
		"families":   membersText,
		"plural":     plural[int],
		"num":        thousands,
		"word":       pluralWord[int],
		"entry":      entryText,
		"entrytone":  entryTone,
		"match":      matchText,
		"move":       moveText,
		"fundmode":   fundModeText,
		"account":    accountText,
		"booked":     bookedText,
		"appstate":   applicationText,
		"apptone":    applicationTone,
		"appreason":  applicationReasonText,
		"iseekind":   iseeKindText,
		"iseestate":  iseeStateText,
		"iseetone":   iseeStateTone,
		"iseesource": iseeSourceText,
		"iseelist":   func(caption string, lines []desk.ISEELineView) iseeList { return iseeList{caption, lines} },
		"lines":      func(s string) []string { return strings.Split(strings.TrimSpace(s), "\n") },
		"join":       strings.Join,
	}
}

// parsePages reads every page together with the layout and the shared parts.
func parsePages(a *assets) (map[string]*template.Template, error) {
	shared, err := template.New("layout.html").Funcs(funcs(a)).Option("missingkey=error").
		ParseFS(templateFiles, "templates/layout.html", "templates/parts/*.html")
	if err != nil {
		return nil, fmt.Errorf("web: templates: %w", err)
	}
	files, err := templateFiles.ReadDir("templates/pages")
	if err != nil {
		return nil, fmt.Errorf("web: templates: %w", err)
	}
	pages := map[string]*template.Template{}
	for _, file := range files {
		page, err := template.Must(shared.Clone()).ParseFS(templateFiles, "templates/pages/"+file.Name())
		if err != nil {
			return nil, fmt.Errorf("web: templates: %w", err)
		}
		pages[strings.TrimSuffix(file.Name(), path.Ext(file.Name()))] = page
	}
	return pages, nil
}

// html renders a page into memory.
func (s *site) html(name string, page framed) ([]byte, error) {
	t, ok := s.pages[name]
	if !ok {
		return nil, fmt.Errorf("web: no page %q", name)
	}
	var b bytes.Buffer
	if err := t.Execute(&b, page); err != nil {
		return nil, fmt.Errorf("web: page %s: %w", name, err)
	}
	return b.Bytes(), nil
}

// render writes a page; one that does not render becomes a plain 500, never
// half a page.
func (s *site) render(w http.ResponseWriter, r *http.Request, status int, name string, page framed) {
	body, err := s.html(name, page)
	if err != nil {
		if name == "error" {
			http.Error(w, "Qualcosa non ha funzionato.", http.StatusInternalServerError)
			return
		}
		s.fault(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the reader may be gone
}
