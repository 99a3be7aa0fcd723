package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

func TestLocalPath(t *testing.T) {
	for _, good := range []string{"/", "/casa", "/quote/0190-a?x=1&y=%20", "/tornate/1/offerte/2/adesione"} {
		if got := localPath(good, "/no"); got != good {
			t.Errorf("%q became %q", good, got)
		}
	}
	for _, bad := range []string{
		"", "casa", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "https://evil.example", "javascript:alert(1)",
		"/\t/evil.example", "/\n/evil.example", "/ /evil.example", " /casa", "/%2f/evil.example", "/%5cevil.example", "/%09/evil", "/x//y", "/à", "/x#y", "/%zz",
		"/" + strings.Repeat("a", 600),
	} {
		if got := localPath(bad, "/no"); got != "/no" {
			t.Errorf("%q was taken as local: %q", bad, got)
		}
	}
}

// Whatever is accepted, a browser on this site stays on this site: the address
// that it resolves, also with every backslash read as a slash and with tabs
// and newlines dropped (WHATWG URL), has the same host.
func FuzzLocalPath(f *testing.F) {
	for _, seed := range []string{"/casa", "//evil.example", "/\\evil", "/\t/evil", "/%2f/evil", "/a?b=//c", "/a/../..//evil", "/.//evil"} {
		f.Add(seed)
	}
	base, _ := url.Parse("https://colletta.example/accedi")
	f.Fuzz(func(t *testing.T, next string) {
		got := localPath(next, "/casa")
		asBrowser := strings.NewReplacer("\\", "/", "\t", "", "\n", "", "\r", "").Replace(got)
		for _, text := range []string{got, asBrowser} {
			u, err := base.Parse(text)
			if err != nil {
				t.Fatalf("%q: %v", text, err)
			}
			if u.Host != base.Host || u.Scheme != "https" {
				t.Fatalf("%q leads to %s", next, u)
			}
		}
		// And what net/http makes of it is local as well.
		w := httptest.NewRecorder()
		http.Redirect(w, httptest.NewRequest("GET", "/accedi", nil), got, http.StatusSeeOther)
		if to := w.Header().Get("Location"); !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") {
			t.Fatalf("%q redirects to %q", next, to)
		}
	})
}
