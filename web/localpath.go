package web

import (
	"net/url"
	"strings"
)

// localPath returns next when it is a path on this site, with or without a
// query, and fallback otherwise. Browsers read "//host", "/\host" and a path
// with a tab or a newline in front of the second slash as another host, so
// everything that is not plainly local is refused, also percent-encoded.
func localPath(next, fallback string) string {
	if len(next) > 512 || !strings.HasPrefix(next, "/") {
		return fallback
	}
	for _, c := range next {
		if c <= ' ' || c == '\\' || c == 0x7f || c > 0x7e {
			return fallback
		}
	}
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Fragment != "" || u.Opaque != "" {
		return fallback
	}
	if strings.HasPrefix(next, "//") || strings.Contains(u.Path, "//") || strings.ContainsAny(u.Path, "\\\r\n\t\x00") {
		return fallback
	}
	return next
}
