package web

import (
	"bytes"
	"compress/gzip"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"colletta/communities"
)

// served is the whole site without a database.
func served(t *testing.T, change func(*Config)) http.Handler {
	t.Helper()
	c, err := sampleConfig(true)
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&c)
	}
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func ask(h http.Handler, method, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestEveryAnswerCarriesTheSecurityHeaders(t *testing.T) {
	h := served(t, nil)
	for _, path := range []string{"/privacy", "/accedi", "/spazi", "/nowhere", "/statico/x/y.css"} {
		header := ask(h, "GET", path).Header()
		policy := header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "style-src 'self';", "form-action 'self' https://checkout.stripe.com"} {
			if !strings.Contains(policy, want) {
				t.Errorf("%s: policy %q lacks %q", path, policy, want)
			}
		}
		if strings.Contains(policy, "unsafe") || strings.Contains(policy, "script-src") {
			t.Errorf("%s: policy %q", path, policy)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: sniffable", path)
		}
		if header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS without https", path)
		}
	}
	secure := served(t, func(c *Config) { c.PublicURL = "https://colletta.example" })
	if ask(secure, "GET", "/privacy").Header().Get("Strict-Transport-Security") == "" {
		t.Error("no HSTS with https")
	}
}

func TestPagesAreNeverCached(t *testing.T) {
	if got := ask(served(t, nil), "GET", "/accedi").Header().Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
}

func TestWhoIsNotLoggedInIsSentToLoginAndBack(t *testing.T) {
	h := served(t, nil)
	for path, want := range map[string]string{
		"/casa": "/accedi?next=%2Fcasa", "/quote/1": "/accedi?next=%2Fquote%2F1", "/comune": "/accedi?next=%2Fcomune",
		"/tornate/1/offerte/2/adesione?a=b": "/accedi?next=%2Ftornate%2F1%2Fofferte%2F2%2Fadesione%3Fa%3Db",
		"/ricevute/1.pdf":                   "/accedi?next=%2Fricevute%2F1.pdf",
		"/isee":                             "/accedi?next=%2Fisee",
		"/comune/isee":                      "/accedi?next=%2Fcomune%2Fisee",
		"/comune/isee/1":                    "/accedi?next=%2Fcomune%2Fisee%2F1",
		"/comune/tornate/1/prova":           "/accedi?next=%2Fcomune%2Ftornate%2F1%2Fprova",
		"/comune/tornate/1/passaggio/2/fotografia.json": "/accedi?next=%2Fcomune%2Ftornate%2F1%2Fpassaggio%2F2%2Ffotografia.json",
	} {
		w := ask(h, "GET", path)
		if w.Code != http.StatusSeeOther || w.Header().Get("Location") != want {
			t.Errorf("%s: %d %q, want %q", path, w.Code, w.Header().Get("Location"), want)
		}
	}
	w := ask(h, "POST", "/quote/1/carta")
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/accedi" {
		t.Errorf("POST: %d %q", w.Code, w.Header().Get("Location"))
	}
}

func TestMethodsAndUnknownPages(t *testing.T) {
	h := served(t, nil)
	for _, c := range []struct {
		method, path string
		want         int
	}{
		{"GET", "/nowhere", 404}, {"DELETE", "/casa", 405}, {"POST", "/privacy", 405}, {"GET", "/esci", 405}, {"GET", "/modelli/castle.xlsx", 404}, {"GET", "/modelli/isee.csv", 200}, {"GET", "/comune/isee/1/verifica", 405},
		{"GET", "/modelli/condominium.pdf", 404}, {"GET", "/statico/old/colletta.css", 404}, {"GET", "/accedi/token", 200}, {"POST", "/esci", 303},
	} {
		if got := ask(h, c.method, c.path).Code; got != c.want {
			t.Errorf("%s %s: %d, want %d", c.method, c.path, got, c.want)
		}
	}
	production := served(t, func(c *Config) { c.Demo = nil })
	for _, path := range []string{"/prova/posta", "/prova/orologio"} {
		if got := ask(production, "GET", path).Code; got != 404 {
			t.Errorf("%s outside the demo: %d", path, got)
		}
	}
	if body := ask(production, "GET", "/accedi?email=a@b.it").Body.String(); strings.Contains(body, "a@b.it") || strings.Contains(body, "Dimostrazione") {
		t.Error("the demo shows outside the demo")
	}
}

func TestAForeignSiteCannotPost(t *testing.T) {
	h := served(t, nil)
	if got := ask(h, "POST", "/esci", "Sec-Fetch-Site", "cross-site").Code; got != 403 {
		t.Errorf("cross-site: %d", got)
	}
	if got := ask(h, "POST", "/esci", "Origin", "https://evil.example").Code; got != 403 {
		t.Errorf("foreign origin: %d", got)
	}
	if got := ask(h, "POST", "/esci", "Sec-Fetch-Site", "same-origin").Code; got != 303 {
		t.Errorf("same origin: %d", got)
	}
}

func TestOpeningALoginLinkSpendsNothing(t *testing.T) {
	w := ask(served(t, nil), "GET", `/accedi/AbC"><b>`)
	body := w.Body.String()
	if w.Code != 200 || !strings.Contains(body, `method="post"`) || strings.Contains(body, "<b>") {
		t.Errorf("%d %s", w.Code, body)
	}
}

func TestLoginsAreLimited(t *testing.T) {
	h := served(t, nil)
	form := url.Values{"email": {"x"}}.Encode()
	last := 0
	for range loginsPerMinute + 1 {
		r := httptest.NewRequest("POST", "/accedi", strings.NewReader(form))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		last = w.Code
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("attempt %d answered %d", loginsPerMinute+1, last)
	}
}

func TestAnAddressThatIsNoneIsRefusedBesideTheField(t *testing.T) {
	r := httptest.NewRequest("POST", "/accedi", strings.NewReader(url.Values{"email": {`<i>@@`}, "next": {"//evil.example"}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	served(t, nil).ServeHTTP(w, r)
	body := w.Body.String()
	for _, want := range []string{`aria-invalid="true"`, `id="f-email-error"`, `value="&lt;i&gt;@@"`, `href="#f-email"`} {
		if !strings.Contains(body, want) {
			t.Errorf("page lacks %s", want)
		}
	}
	if w.Code != http.StatusUnprocessableEntity || strings.Contains(body, "evil.example") {
		t.Errorf("%d, or the foreign address was kept", w.Code)
	}
	checkPage(t, body)
}

func TestAPanicBecomesACalmPage(t *testing.T) {
	c, err := sampleConfig(false)
	if err != nil {
		t.Fatal(err)
	}
	s, err := newSite(c)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	s.recoverer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret detail") })).ServeHTTP(w, httptest.NewRequest("GET", "/", nil))
	body := w.Body.String()
	if w.Code != 500 || strings.Contains(body, "secret") || !strings.Contains(body, "Qualcosa non ha funzionato") {
		t.Errorf("%d %s", w.Code, body)
	}
	checkPage(t, body)
}

func TestAssets(t *testing.T) {
	h := served(t, nil)
	a, err := loadAssets()
	if err != nil {
		t.Fatal(err)
	}
	for name := range a.files {
		w := ask(h, "GET", string(a.url(name)))
		if w.Code != 200 || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" || w.Header().Get("ETag") == "" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
		if got := ask(h, "GET", string(a.url(name)), "If-None-Match", w.Header().Get("ETag")).Code; got != 304 {
			t.Errorf("%s again: %d", name, got)
		}
	}
	w := ask(h, "GET", string(a.url("bootstrap-italia.min.css")), "Accept-Encoding", "gzip")
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := io.ReadAll(z)
	if err != nil || !bytes.Equal(plain, a.files["bootstrap-italia.min.css"].plain) {
		t.Errorf("compressed style sheet differs: %v", err)
	}
	if page := ask(h, "GET", "/privacy", "Accept-Encoding", "gzip"); page.Header().Get("Content-Encoding") != "gzip" {
		t.Error("pages are not compressed")
	}
}

func TestTemplatesToDownloadOpen(t *testing.T) {
	h := served(t, nil)
	for _, path := range []string{"/modelli/condominium.xlsx", "/modelli/condominium-esempio.xlsx", "/modelli/school.xlsx", "/modelli/school-esempio.xlsx", "/modelli/neighbourhood.xlsx", "/modelli/neighbourhood-esempio.xlsx"} {
		w := ask(h, "GET", path)
		if w.Code != 200 || !strings.Contains(w.Header().Get("Content-Disposition"), "attachment") {
			t.Errorf("%s: %d %v", path, w.Code, w.Header())
			continue
		}
		f, err := excelize.OpenReader(w.Body)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		_ = f.Close()
	}
}

func TestBodiesAreLimited(t *testing.T) {
	r := httptest.NewRequest("POST", "/esci", strings.NewReader(strings.Repeat("a", formBytesMax+1)))
	w := httptest.NewRecorder()
	limitBody(formBytesMax)(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		if err == nil {
			t.Error("all of it was read")
		}
	})).ServeHTTP(w, r)
}

func TestUploadReadsTheFile(t *testing.T) {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	part, err := form.CreateFormFile("file", "unità.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = part.Write([]byte("Scala;Interno\n"))
	_ = form.Close()
	r := httptest.NewRequest("POST", "/comunita/1/importa", &b)
	r.Header.Set("Content-Type", form.FormDataContentType())
	got, err := uploadOf(r, 100, communities.ErrFileBig, communities.ErrFileEmpty)
	if err != nil || got.Name != "unità.csv" || string(got.Data) != "Scala;Interno\n" {
		t.Errorf("%+v %v", got, err)
	}
	empty := httptest.NewRequest("POST", "/comunita/1/importa", strings.NewReader(""))
	empty.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if _, err := uploadOf(empty, 100, communities.ErrFileBig, communities.ErrFileEmpty); err == nil || !reformable(err) {
		t.Errorf("no file: %v", err)
	}
}

func TestSandboxAndAPIAreMounted(t *testing.T) {
	mark := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, name+r.URL.Path) })
	}
	h := served(t, func(c *Config) { c.Sandbox, c.API = mark("sandbox"), mark("api") })
	for path, want := range map[string]string{"/stripe-sandbox/pay/1": "sandbox/stripe-sandbox/pay/1", "/api/v1/rounds/1": "api/api/v1/rounds/1", "/status": "api/status"} {
		if got := ask(h, "POST", path, "Sec-Fetch-Site", "cross-site").Body.String(); got != want {
			t.Errorf("%s: %q", path, got)
		}
	}
}
