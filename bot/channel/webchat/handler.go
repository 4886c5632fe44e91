package webchat

import (
	"bytes"
	"embed"
	"encoding/json"
	"io/fs"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"
)

//go:embed static
var static embed.FS

// maxBody bounds a JSON body, in bytes.
const maxBody = 64 << 10

// policy lets the page load from itself only and makes strings useless as code
// or markup.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; " +
	"form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// Handler serves the page at "/", its parts under "/static/" and its API under
// "/api/". Event streams stay open until Run's context ends or the page goes;
// they set their own write deadlines.
func (c *Channel) Handler() http.Handler {
	mux := http.NewServeMux()
	root, _ := fs.Sub(static, "static") // the directory is embedded
	assets := http.FileServerFS(root)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, root, "index.html")
	})
	mux.Handle("GET /static/", http.StripPrefix("/static/", assets))
	mux.HandleFunc("GET /api/events", c.getEvents)
	mux.HandleFunc("GET /api/files/{ref}", c.getFile)
	mux.HandleFunc("POST /api/chats/{chat}/messages", c.inChat(c.postMessage))
	mux.HandleFunc("POST /api/chats/{chat}/files", c.inChat(c.postFile))
	mux.HandleFunc("POST /api/chats/{chat}/retry", c.inChat(c.postRetry))
	mux.HandleFunc("POST /api/chats/{chat}/read", c.inChat(c.postRead))
	if c.opts.Control != nil {
		mux.HandleFunc("GET /api/clock", c.getClock)
		mux.HandleFunc("POST /api/clock/jump", c.postJump)
		mux.HandleFunc("POST /api/clock/reset", c.postReset)
	}
	guarded := http.NewCrossOriginProtection().Handler(mux)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", policy)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Cache-Control", "no-cache")
		if !c.hostAllowed(r.Host) {
			http.Error(w, "this practice page answers on localhost only", http.StatusForbidden)
			return
		}
		guarded.ServeHTTP(w, r)
	})
}

// hostAllowed guards against DNS rebinding: another site's name that points at
// this machine is not ours.
func (c *Channel) hostAllowed(host string) bool {
	if c.opts.AllowRemote {
		return true
	}
	name := host
	if h, _, err := net.SplitHostPort(host); err == nil {
		name = h
	}
	name = strings.ToLower(strings.TrimSuffix(strings.Trim(name, "[]"), "."))
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.IsLoopback() || slices.Contains(c.opts.Hosts, name)
	}
	return name == "localhost" || slices.Contains(c.opts.Hosts, name)
}

// inChat finds the chat of the path.
func (c *Channel) inChat(next func(http.ResponseWriter, *http.Request, *chat)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		ch := c.chats[r.PathValue("chat")] // the map never changes after New
		if ch == nil {
			refuseWith(w, http.StatusNotFound, "no_chat")
			return
		}
		next(w, r, ch)
	}
}

// getFile serves a file of either side. Only pictures are shown by the browser;
// all else is downloaded and can run nothing.
func (c *Channel) getFile(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	f := c.files[r.PathValue("ref")]
	c.mu.Unlock()
	if f == nil {
		http.Error(w, "berkas ini tidak disimpan lagi", http.StatusGone)
		return
	}
	disposition, kind := "attachment", f.mime
	switch {
	case slices.Contains([]string{"image/png", "image/jpeg", "image/gif"}, kind) && !r.URL.Query().Has("download"):
		disposition = "inline"
	case !passiveType(kind):
		kind = "application/octet-stream"
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Disposition", mime.FormatMediaType(disposition, map[string]string{"filename": f.name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "private, max-age=31536000, immutable")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.data))
}

// passiveType reports whether a browser that opens kind runs nothing in it.
func passiveType(kind string) bool {
	base, _, err := mime.ParseMediaType(kind)
	if err != nil {
		return false
	}
	switch base {
	case "application/pdf", "application/zip", "text/plain", "text/csv", "text/calendar", "image/png", "image/jpeg", "image/gif", "image/webp":
		return true
	}
	return strings.HasPrefix(base, "application/vnd.openxmlformats-officedocument.")
}

func reply(w http.ResponseWriter, code int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(v) // the page is gone
}

// refuseWith answers with a code that the page puts into words.
func refuseWith(w http.ResponseWriter, status int, code string) {
	reply(w, status, map[string]string{"error": code})
}
