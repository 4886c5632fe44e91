package webchat

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/diskopukm/emileku/bot/channel"
)

func TestHostAndOrigin(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, method, host, origin, site string
		remote                           bool
		want                             int
	}{
		{name: "loopback name", method: "GET", host: "localhost:8080", want: 200},
		{name: "loopback address", method: "GET", host: "127.0.0.1:8080", want: 200},
		{name: "loopback address 6", method: "GET", host: "[::1]:8080", want: 200},
		{name: "rebound name", method: "GET", host: "evil.example:8080", want: 403},
		{name: "name that only begins like it", method: "GET", host: "localhost.evil.example", want: 403},
		{name: "address on the net", method: "GET", host: "192.168.1.5:8080", want: 403},
		{name: "no host", method: "GET", host: "", want: 403},
		{name: "allowed name", method: "GET", host: "latihan.local:8080", want: 200},
		{name: "any name where remote is allowed", method: "GET", host: "evil.example", remote: true, want: 200},
		{name: "own post", method: "POST", host: "localhost:8080", origin: "http://localhost:8080", site: "same-origin", want: 200},
		{name: "post of a program", method: "POST", host: "localhost:8080", want: 200},
		{name: "post of another site", method: "POST", host: "localhost:8080", origin: "http://evil.example", site: "cross-site", want: 403},
		{name: "post of another port", method: "POST", host: "localhost:8080", origin: "http://localhost:9999", site: "same-site", want: 403},
		{name: "post of another site, old browser", method: "POST", host: "localhost:8080", origin: "http://evil.example", want: 403},
		{name: "post of another site where remote is allowed", method: "POST", host: "a.example", origin: "http://evil.example", site: "cross-site", remote: true, want: 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			o := office()
			o.AllowRemote, o.Hosts = tt.remote, []string{"latihan.local"}
			c, _ := running(t, o)
			path, body := "/", ""
			if tt.method == "POST" {
				path, body = "/api/chats/ukm/messages", `{"key":"0123456789","as":"ukm","type":"text","text":"halo"}`
			}
			r := httptest.NewRequestWithContext(t.Context(), tt.method, path, strings.NewReader(body))
			r.Host = tt.host
			if tt.origin != "" {
				r.Header.Set("Origin", tt.origin)
			}
			if tt.site != "" {
				r.Header.Set("Sec-Fetch-Site", tt.site)
			}
			w := httptest.NewRecorder()
			c.Handler().ServeHTTP(w, r)
			if w.Code != tt.want {
				t.Errorf("got %d, want %d: %s", w.Code, tt.want, w.Body)
			}
			if csp := w.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
				t.Errorf("policy is %q", csp)
			}
		})
	}
}

// The page is made of its own parts only and has nothing inline that the
// policy would refuse.
func TestPageIsSelfContained(t *testing.T) {
	t.Parallel()
	entries, err := static.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		data, err := static.ReadFile("static/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		text := strings.ReplaceAll(string(data), "http://www.w3.org/2000/svg", "")
		for _, bad := range []string{"http://", "https://", " style=\"", "<style", " onclick=", "innerHTML", "eval(", "@import"} {
			if strings.Contains(text, bad) {
				t.Errorf("%s contains %q", e.Name(), bad)
			}
		}
	}
	c, _ := running(t, office())
	p := newPage(t, c.Handler())
	index, head := p.download(t, "/")
	if !bytes.Contains(index, []byte(`<html lang="id">`)) || !strings.HasPrefix(head.Get("Content-Type"), "text/html") {
		t.Errorf("the page is %.80q of %s", index, head.Get("Content-Type"))
	}
	if _, head := p.download(t, "/static/app.js"); !strings.HasPrefix(head.Get("Content-Type"), "text/javascript") {
		t.Errorf("the script is %s", head.Get("Content-Type"))
	}
}

func TestStreamResumes(t *testing.T) {
	t.Parallel()
	c, _ := running(t, office())
	p := newPage(t, c.Handler())
	say := func(text string) string {
		t.Helper()
		id, err := c.Send(t.Context(), chatOf("ukm"), c.NewMessageID(), channel.Outbound{Text: text})
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	first := say("satu")
	say("dua")
	p.wait(t, "ukm", func(l []message) bool { return len(l) == 2 })
	p.mu.Lock()
	last := p.lastID
	p.mu.Unlock()

	// What happens meanwhile, an edit of something old included, comes after
	// Last-Event-ID, and nothing else does.
	if _, err := c.Send(t.Context(), chatOf("ukm"), "", channel.Outbound{Edit: first, Text: "satu, diubah"}); err != nil {
		t.Fatal(err)
	}
	say("tiga")
	for _, resume := range []func(*http.Request){
		func(r *http.Request) { r.Header.Set("Last-Event-ID", last) },
		func(r *http.Request) { r.URL.RawQuery = "after=" + last },
	} {
		names, texts := backlog(t, c, resume)
		if got := strings.Join(texts, "|"); got != "satu, diubah|tiga" || slices.Contains(names, "reset") {
			t.Errorf("resumed with %q, events %v", got, names)
		}
	}
	// An unknown history begins again.
	names, texts := backlog(t, c, func(r *http.Request) { r.Header.Set("Last-Event-ID", "other.99") })
	if got := strings.Join(texts, "|"); got != "dua|satu, diubah|tiga" || names[1] != "reset" {
		t.Errorf("began with %q, events %v", got, names)
	}
}

// backlog is what a new stream sends before "ready".
func backlog(t *testing.T, c *Channel, with func(*http.Request)) (names, texts []string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/events", nil)
	r.Host = "localhost"
	with(r)
	pr, pw := io.Pipe()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Handler().ServeHTTP(&pipeWriter{w: pw, head: make(http.Header)}, r)
		_ = pw.Close()
	}()
	p := &page{typing: make(map[string]int), changed: make(chan struct{})}
	p.forget()
	events(pr, func(id, name string, data []byte) {
		if ctx.Err() != nil {
			return
		}
		names = append(names, name)
		if name == "message" {
			p.forget()
			p.event(ctx, id, name, data)
			for _, list := range p.shown {
				texts = append(texts, list[0].words())
			}
		}
		if name == "ready" {
			cancel()
			_ = pr.Close()
		}
	})
	<-done
	return names, texts
}

type pipeWriter struct {
	w    io.Writer
	head http.Header
}

func (p *pipeWriter) Header() http.Header         { return p.head }
func (p *pipeWriter) WriteHeader(int)             {}
func (p *pipeWriter) Write(b []byte) (int, error) { return p.w.Write(b) }
func (p *pipeWriter) FlushError() error           { return nil }

func TestUploads(t *testing.T) {
	t.Parallel()
	c, s := running(t, office())
	p := newPage(t, c.Handler())
	full := bytes.Repeat([]byte("x"), MaxUpload)
	if code, _ := p.post(t, "ukm", post{}, &upload{name: "pas.bin", mime: "application/octet-stream", data: full}); code != 200 {
		t.Errorf("a file of exactly the limit gave %d", code)
	}
	for name, up := range map[string]struct {
		data []byte
		code int
		word string
	}{
		"one byte over": {append(full, 'x'), 413, "too_large"},
		"far over":      {bytes.Repeat(full, 2), 413, "too_large"},
		"empty":         {nil, 400, "empty_file"},
	} {
		if code, answer := p.post(t, "ukm", post{}, &upload{name: "a.bin", data: up.data}); code != up.code || answer["error"] != up.word {
			t.Errorf("%s: %d %v", name, code, answer)
		}
	}
	// The name is a name and nothing else; what could run is only downloaded.
	if code, _ := p.post(t, "ukm", post{}, &upload{name: `../../etc/<b>.svg`, mime: "image/svg+xml", data: []byte("<svg onload=alert(1)/>")}); code != 200 {
		t.Errorf("svg gave %d", code)
	}
	list := p.wait(t, "ukm", func(l []message) bool { return len(l) > 0 && l[len(l)-1].From == fromBot && len(l) >= 4 })
	svg := list[2].File
	data, head := p.download(t, svg.URL)
	if svg.Name != "<b>.svg" || len(data) != 22 || head.Get("Content-Type") != "application/octet-stream" ||
		!strings.HasPrefix(head.Get("Content-Disposition"), "attachment") || !strings.Contains(head.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("svg %q comes as %v", svg.Name, head)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if in := s.got[1]; in.Kind != channel.Document || in.Media.Size != 22 {
		t.Errorf("svg came as %+v", in)
	}
}

func TestPosts(t *testing.T) {
	t.Parallel()
	c, _ := running(t, office())
	p := newPage(t, c.Handler())
	id, err := c.Send(t.Context(), chatOf("ukm"), "", channel.Outbound{Text: "Pilih", Buttons: [][]channel.Button{{{Label: "Ya", Value: "ya"}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		chat string
		p    post
		code int
		word string
	}{
		{"empty text", "ukm", post{Type: "text", Text: " \n "}, 400, "empty"},
		{"long text", "ukm", post{Type: "text", Text: strings.Repeat("é", MaxText+1)}, 400, "too_long"},
		{"body over the limit", "ukm", post{Type: "text", Text: strings.Repeat("a", maxBody)}, 400, "bad_request"},
		{"another's chat", "ukm", post{Type: "text", Text: "x", As: "ketua"}, 403, "not_member"},
		{"not in the group", "tim", post{Type: "text", Text: "x", As: "tamu"}, 403, "not_member"},
		{"no such chat", "x", post{Type: "text", Text: "x", As: "ukm"}, 404, "no_chat"},
		{"bad key", "ukm", post{Type: "text", Text: "x", Key: "web:1"}, 400, "bad_request"},
		{"no such kind", "ukm", post{Type: "joined"}, 400, "bad_request"},
		{"button that is not there", "ukm", post{Type: "press", Message: id, Text: "tidak"}, 409, "stale_button"},
		{"message that is not there", "ukm", post{Type: "press", Message: "x", Text: "ya"}, 409, "stale_button"},
		{"editing the bot's words", "ukm", post{Type: "edit", Message: id, Text: "x"}, 409, "no_message"},
		{"contact without number", "ukm", post{Type: "contact", Name: "Asep"}, 400, "no_phone"},
		{"place off the map", "ukm", post{Type: "location", Lat: 91}, 400, "bad_request"},
		{"file without one", "ukm", post{Type: "file"}, 400, "bad_request"},
	} {
		if code, answer := p.post(t, tt.chat, tt.p, nil); code != tt.code || answer["error"] != tt.word {
			t.Errorf("%s: %d %v, want %d %s", tt.name, code, answer, tt.code, tt.word)
		}
	}
	if list := p.reload(t)["ukm"]; len(list) != 1 {
		t.Errorf("what was refused is shown: %s", words(list))
	}
}

func TestRepeatedPostIsOne(t *testing.T) {
	t.Parallel()
	c, s := running(t, office())
	p := newPage(t, c.Handler())
	what := post{Key: "abcdef-0123456789", Type: "text", Text: "sekali"}
	for range 3 {
		if code, _ := p.post(t, "ukm", what, nil); code != 200 {
			t.Errorf("got %d", code)
		}
	}
	if list := p.reload(t)["ukm"]; len(list) != 2 {
		t.Errorf("shown: %s", words(list))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.got) != 1 || s.got[0].ID != "web:abcdef-0123456789" {
		t.Errorf("came in: %+v", s.got)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	t.Parallel()
	o := office()
	o.History, o.MediaBytes = 10, 1000
	c, _ := running(t, o)
	var first string
	for i := range 30 {
		id, err := c.Send(t.Context(), chatOf("ukm"), c.NewMessageID(), channel.Outbound{
			Text: fmt.Sprint(i), File: &channel.File{Name: "a.txt", MIME: "text/plain", Data: bytes.Repeat([]byte("x"), 300)}})
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			first = id
		}
	}
	p := newPage(t, c.Handler())
	list := p.reload(t)["ukm"]
	if len(list) != 10 || list[9].words() != "29" {
		t.Errorf("shown: %s", words(list))
	}
	if data, _ := p.download(t, list[0].File.URL); !bytes.Contains(data, []byte("tidak disimpan lagi")) {
		t.Errorf("an old file came as %.40q", data)
	}
	if data, _ := p.download(t, list[9].File.URL); len(data) != 300 {
		t.Errorf("the newest file came as %.40q", data)
	}
	c.mu.Lock()
	if c.fileSize > 1000 || len(c.files) != 3 {
		t.Errorf("%d bytes in %d files are kept", c.fileSize, len(c.files))
	}
	c.mu.Unlock()
	// What has left the history is not shown again by a resend, and edits of it are no error.
	for _, m := range []channel.Outbound{{Text: "0"}, {Text: "x", Edit: first}} {
		if got, err := c.Send(t.Context(), chatOf("ukm"), first, m); err != nil || got != first {
			t.Errorf("resend gave %q, %v", got, err)
		}
	}
	if list := p.reload(t)["ukm"]; len(list) != 10 || list[9].words() != "29" {
		t.Errorf("then shown: %s", words(list))
	}
}

func TestAddressed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"/rekap": true, "/rekap@emileku": true, "/rekap@EmileKu hari ini": true, "/rekap@lain": false, "rapat / sore": false,
		"@emileku siapa?": true, "halo @EMILEKU, siapa?": true, "surat@emileku.id": false, "@emilekuu": false, "emileku": false, "(@emileku)": true, "": false,
	} {
		if got := toBot(text); got != want {
			t.Errorf("%q is for the bot: %v", text, got)
		}
	}
	for text, want := range map[string]string{
		"/rekap@emileku": "/rekap", "/rekap@emileku\nhari ini": "/rekap\nhari ini", "/rekap@lain": "/rekap@lain", "apa@emileku": "apa@emileku",
	} {
		if got := ownCommand(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestStoppingEndsStreams(t *testing.T) {
	t.Parallel()
	c := New(office())
	s := &scripted{c: c, changed: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Run(ctx, s) }()
	srv := httptest.NewServer(c.Handler())
	defer srv.Close()
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL+"/api/events", nil)
	resp, err := srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	ready := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		events(resp.Body, func(_, name string, _ []byte) {
			if name == "ready" {
				close(ready)
			}
		})
		close(ended)
	}()
	<-ready
	if err := c.Run(t.Context(), s); err == nil {
		t.Error("a second Run was allowed")
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	<-ended
}

func TestGroupSight(t *testing.T) {
	t.Parallel()
	c := New(office())
	for chat, want := range map[channel.Chat]bool{chatOf("tim"): true, chatOf("ukm"): false, {Channel: channel.Telegram, ID: "tim"}: false} {
		if got, err := c.InspectGroup(t.Context(), chat); err != nil || got.SeesAll != want || got.Member != want {
			t.Errorf("%v: %+v, %v", chat, got, err)
		}
	}
	var se *channel.SendError
	if _, err := c.Send(t.Context(), chatOf("x"), "", channel.Outbound{Text: "x"}); !errors.As(err, &se) || !se.Permanent {
		t.Errorf("an unknown chat gave %v", err)
	}
	_, err := c.Send(t.Context(), chatOf("ukm"), "", channel.Outbound{Text: "x", Buttons: [][]channel.Button{{{Label: "x", URL: "javascript:alert(1)"}}}})
	if !errors.As(err, &se) || !se.Permanent {
		t.Errorf("a script as a link gave %v", err)
	}
}
