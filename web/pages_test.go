package web

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"colletta/billing"
)

// Goal: every page renders in every shape, and keeps the rules that hold for
// all of them. Method: the sample pages, looked at as text.
func TestPagesRender(t *testing.T) {
	s, err := sampleSite(true)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	for name, sample := range samplePages(s) {
		shown[sample.template] = true
		t.Run(name, func(t *testing.T) {
			body, err := s.html(sample.template, sample.page)
			if err != nil {
				t.Fatal(err)
			}
			checkPage(t, string(body))
		})
	}
	for name := range s.pages {
		if !shown[name] {
			t.Errorf("template %s has no sample page", name)
		}
	}
}

var (
	idAttr    = regexp.MustCompile(`\sid="([^"]*)"`)
	forAttr   = regexp.MustCompile(`\sfor="([^"]*)"`)
	describe  = regexp.MustCompile(`\saria-(?:describedby|labelledby)="([^"]*)"`)
	inputTag  = regexp.MustCompile(`<(?:input|select|textarea)\b[^>]*>`)
	hereLink  = regexp.MustCompile(`href="#([^"]*)"`)
	forbidden = regexp.MustCompile(`(?i)\sstyle=|<script|\son[a-z]+=|https?://(?:[^l]|l[^o])[^"' ]*\.(?:css|js|woff2?)|ZgotmplZ|%!|&lt;nil&gt;|<no value>`)
)

// checkPage holds what is true of every page: one h1, a title, no inline style
// or script, a label for each field, ids that are there and only once.
func checkPage(t *testing.T, page string) {
	t.Helper()
	if n := strings.Count(page, "<h1"); n != 1 {
		t.Errorf("%d h1", n)
	}
	if strings.Contains(page, "<title> ·") {
		t.Error("no title")
	}
	if bad := forbidden.FindString(page); bad != "" {
		t.Errorf("page has %q", bad)
	}
	ids := map[string]bool{}
	for _, m := range idAttr.FindAllStringSubmatch(page, -1) {
		if ids[m[1]] {
			t.Errorf("id %q twice", m[1])
		}
		ids[m[1]] = true
	}
	labelled := map[string]bool{}
	for _, m := range forAttr.FindAllStringSubmatch(page, -1) {
		labelled[m[1]] = true
		if !ids[m[1]] {
			t.Errorf("label for missing %q", m[1])
		}
	}
	for _, m := range describe.FindAllStringSubmatch(page, -1) {
		for _, id := range strings.Fields(m[1]) {
			if !ids[id] {
				t.Errorf("described by missing %q", id)
			}
		}
	}
	for _, m := range hereLink.FindAllStringSubmatch(page, -1) {
		if !ids[m[1]] {
			t.Errorf("link to missing #%s", m[1])
		}
	}
	for _, tag := range inputTag.FindAllString(page, -1) {
		if strings.Contains(tag, `type="hidden"`) {
			continue
		}
		if m := idAttr.FindStringSubmatch(tag); m == nil || !labelled[m[1]] {
			t.Errorf("no label for %s", tag)
		}
	}
}

// TestWritePages writes the sample pages and the assets into the folder that
// WEB_PAGES_DIR names, to be looked at in a browser; without it, it is skipped.
func TestWritePages(t *testing.T) {
	dir := os.Getenv("WEB_PAGES_DIR")
	if dir == "" {
		t.Skip("WEB_PAGES_DIR is not set")
	}
	s, err := sampleSite(true)
	if err != nil {
		t.Fatal(err)
	}
	for name, sample := range samplePages(s) {
		body, err := s.html(sample.template, sample.page)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name+".html"), body)
	}
	qr, err := billing.QRSVG(sampleCharge(billing.ChargeOpen).QRPayload, "Codice QR")
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "statico", "qr.svg"), []byte(qr))
	for name, f := range s.assets.files {
		write(t, filepath.Join(dir, "statico", s.assets.hash, name), f.plain)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}
