package replypage

import (
	"context"
	_ "embed"
	"errors"
	"html/template"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel/markup"
	"github.com/diskopukm/emileku/bot/dialog"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/replylink"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/templates"
)

//go:embed static/page.css
var css []byte

const (
	// maxBody is how much a form may hold, in bytes.
	maxBody = 16 << 10
	// within is how long a page may take.
	within = 10 * time.Second
	// cssPath names the style sheet; a new one gets a new name.
	cssPath = "/halaman-1.css"
)

// Options are what the pages are made of.
type Options struct {
	App   *app.App
	Desk  *dialog.Desk
	Texts *templates.Renderer
	Links *replylink.Signer
	Log   zerolog.Logger
	Wake  func() // tells the outbox that rows were added; may be nil
	// Now is the process clock, for the limits; nil: the real one.
	Now func() time.Time
}

type pages struct {
	Options
	limits *limiter
	prefix string // of the pages' paths: that of the public address
}

// Handler serves the pages, and nothing else.
func Handler(o Options) http.Handler {
	if o.Now == nil {
		o.Now = time.Now
	}
	p := &pages{Options: o, limits: newLimiter(o.Now), prefix: pathOf(o.Links.Base())}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+cssPath, p.style)
	mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("User-agent: *\nDisallow: /\n"))
	})
	mux.HandleFunc("GET "+replylink.ReplyPath+"{token}", p.guest(p.showReply))
	mux.HandleFunc("POST "+replylink.ReplyPath+"{token}", p.guest(p.takeReply))
	mux.HandleFunc("GET "+replylink.StopPath+"{token}", p.guest(p.showStop))
	mux.HandleFunc("POST "+replylink.StopPath+"{token}", p.guest(p.takeStop))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodPost {
			w.Header().Set("Allow", "GET, HEAD, POST")
			w.WriteHeader(http.StatusMethodNotAllowed)
			return
		}
		p.notice(w, http.StatusNotFound, "page.title.gone", "page.gone", nil)
	})
	return p.guard(p.below(mux))
}

// pathOf is the path of an address: the pages may lie below another site.
func pathOf(base string) string {
	_, rest, _ := strings.Cut(base, "://")
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		return rest[i:]
	}
	return ""
}

// guard sets what holds for every answer, and keeps off who asks too often.
func (p *pages) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Cache-Control", "no-store")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer") // the address is the key
		h.Set("X-Robots-Tag", "noindex, nofollow")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
		if !p.limits.allow(r) {
			h.Set("Retry-After", "60")
			p.notice(w, http.StatusTooManyRequests, "page.title.busy", "page.busy", nil)
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		ctx, cancel := context.WithTimeout(r.Context(), within)
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// below serves next below the public address's path, whether a proxy in front
// takes that path off or not.
func (p *pages) below(next http.Handler) http.Handler {
	stripped := http.StripPrefix(p.prefix, next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.prefix != "" && strings.HasPrefix(r.URL.Path, p.prefix+"/") {
			stripped.ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// Addresses of a guest's pages, as seen from one of them.
func (p *pages) replyPath(g *event.Participation) string {
	return pathOf(p.Links.Reply(g.EventID, g.Code))
}
func (p *pages) stopPath(g *event.Participation) string {
	return pathOf(p.Links.Stop(g.EventID, g.Code))
}

func (p *pages) style(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_, _ = w.Write(css)
}

// visit is a guest on a page.
type visit struct {
	guest *event.Participation
	event *event.Event
	token string
}

// guest opens the link of a request: every page is somebody's.
func (p *pages) guest(serve func(http.ResponseWriter, *http.Request, visit)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		v := visit{token: r.PathValue("token")}
		eventID, code, err := p.Links.Open(v.token)
		if err != nil {
			p.limits.wrong(r)
			p.notice(w, http.StatusNotFound, "page.title.gone", "page.gone", nil)
			return
		}
		v.guest, err = p.App.GuestByCode(r.Context(), code)
		if err == nil && v.guest.EventID != eventID {
			err = storage.ErrNotFound
		}
		if err == nil {
			v.event, err = p.App.Event(r.Context(), eventID)
		}
		switch {
		case errors.Is(err, storage.ErrNotFound):
			p.notice(w, http.StatusGone, "page.title.gone", "page.gone", nil)
		case err != nil:
			p.trouble(w, err)
		default:
			serve(w, r, v)
		}
	}
}

// notice is a page that only says something.
func (p *pages) notice(w http.ResponseWriter, status int, title, key string, data templates.Data) {
	all := templates.Data{"Key": key}
	for k, v := range data {
		all[k] = v
	}
	p.write(w, status, title, all)
}

func (p *pages) trouble(w http.ResponseWriter, err error) {
	p.Log.Error().Err(err).Msg("a reply page failed")
	p.notice(w, http.StatusServiceUnavailable, "page.title.trouble", "page.trouble", nil)
}

// write renders a page. title is the key of a text, or a Markup value.
func (p *pages) write(w http.ResponseWriter, status int, title string, data templates.Data) {
	for _, key := range []string{"Fix", "Done", "Mailed", "Text", "Key", "Form", "Stopping", "StopURL"} {
		if _, ok := data[key]; !ok {
			data[key] = nil
		}
	}
	data["CSS"] = p.prefix + cssPath
	if _, ok := data["Title"]; !ok {
		text, err := p.Texts.Text(title, data)
		if err != nil {
			p.Log.Error().Err(err).Msg("a reply page has no title")
		}
		data["Title"] = markup.Plain(text)
	}
	var b strings.Builder
	if err := p.Texts.Page(&b, data); err != nil {
		p.Log.Error().Err(err).Msg("a reply page cannot be rendered")
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(b.String()))
}

// form reads a form; ok is false where it was not one and the answer is given.
func (p *pages) form(w http.ResponseWriter, r *http.Request) (ok bool) {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	if kind == "multipart/form-data" { // RFC 8058 allows it for List-Unsubscribe
		err = r.ParseMultipartForm(maxBody)
	} else {
		err = r.ParseForm()
	}
	var large *http.MaxBytesError
	switch {
	case err == nil:
		return true
	case errors.As(err, &large):
		p.notice(w, http.StatusRequestEntityTooLarge, "page.title.large", "page.large", nil)
	default:
		p.notice(w, http.StatusBadRequest, "page.title.gone", "page.gone", nil)
	}
	return false
}

// safe is text that the renderer has escaped already.
func safe(text string) template.HTML {
	return template.HTML(strings.ReplaceAll(markup.HTML(text), "\n", "<br>")) //nolint:gosec // escaped by the markup
}
