package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// Only the files that pages use are embedded: the style sheet, the Latin fonts
// in the three weights of the style sheet, the icons.
//
//go:embed static
//go:embed node_modules/bootstrap-italia/dist/css/bootstrap-italia.min.css
//go:embed node_modules/bootstrap-italia/dist/svg/sprites.svg
//go:embed node_modules/bootstrap-italia/dist/fonts/Titillium_Web/titillium-web-v10-latin-ext_latin-300.woff2
//go:embed node_modules/bootstrap-italia/dist/fonts/Titillium_Web/titillium-web-v10-latin-ext_latin-regular.woff2
//go:embed node_modules/bootstrap-italia/dist/fonts/Titillium_Web/titillium-web-v10-latin-ext_latin-600.woff2
//go:embed node_modules/bootstrap-italia/dist/fonts/Titillium_Web/titillium-web-v10-latin-ext_latin-700.woff2
//go:embed node_modules/bootstrap-italia/dist/fonts/Roboto_Mono/roboto-mono-v13-latin-ext_latin-regular.woff2
var assetFiles embed.FS

// assetTypes is the content type by extension; nothing else is served.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".svg": "image/svg+xml", ".woff2": "font/woff2",
}

// assets serves the embedded files under /statico/HASH/NAME. HASH is of all
// files together, so that an answer may be kept for ever and a new release is
// seen at once; references between the files stay relative.
type assets struct {
	hash  string
	files map[string]asset
}

type asset struct {
	contentType  string
	plain, small []byte // small is compressed; nil when that gains nothing
}

func loadAssets() (*assets, error) {
	a := &assets{files: map[string]asset{}}
	sum := sha256.New()
	err := fs.WalkDir(assetFiles, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := assetFiles.ReadFile(name)
		if err != nil {
			return err
		}
		contentType, ok := assetTypes[path.Ext(name)]
		if !ok {
			return fmt.Errorf("no content type for %s", name)
		}
		short := path.Base(name)
		fmt.Fprintf(sum, "%s %d ", short, len(content))
		sum.Write(content)
		a.files[short], err = newAsset(contentType, content)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("web: assets: %w", err)
	}
	a.hash = hex.EncodeToString(sum.Sum(nil))[:12]
	return a, nil
}

func newAsset(contentType string, content []byte) (asset, error) {
	f := asset{contentType: contentType, plain: content}
	if contentType == assetTypes[".woff2"] {
		return f, nil
	}
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return f, err
	}
	if _, err := z.Write(content); err != nil {
		return f, err
	}
	if err := z.Close(); err != nil {
		return f, err
	}
	f.small = b.Bytes()
	return f, nil
}

// url is the address of a file; unknown names are a bug of a template.
func (a *assets) url(name string) template.URL {
	if _, ok := a.files[name]; !ok {
		panic("web: no asset " + name)
	}
	return template.URL("/statico/" + a.hash + "/" + name)
}

// ServeHTTP answers a GET or HEAD of an asset.
func (a *assets) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/statico/"), "/")
	f, ok := a.files[name]
	if !ok || hash != a.hash {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", f.contentType)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("ETag", `"`+a.hash+`"`)
	h.Add("Vary", "Accept-Encoding")
	if r.Header.Get("If-None-Match") == `"`+a.hash+`"` {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	body := f.plain
	if f.small != nil && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		h.Set("Content-Encoding", "gzip")
		body = f.small
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	if r.Method != http.MethodHead {
		_, _ = w.Write(body) // the reader may be gone
	}
}

// attachment sets the headers of a file to save.
func attachment(w http.ResponseWriter, name, contentType string) {
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}
