package webchat

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/diskopukm/emileku/bot/channel"
)

// page is a browser without a screen: it follows the event stream over HTTP
// and keeps what it shows, and posts again what was not taken when the program
// comes back.
type page struct {
	srv     *httptest.Server
	handler atomic.Value // http.Handler
	done    chan struct{}
	cancel  context.CancelFunc

	mu       sync.Mutex
	shown    map[string][]message
	chats    map[string]chatView
	typing   map[string]int
	resets   int
	lastID   string
	stream   context.CancelFunc
	changed  chan struct{}
	unstored []stored
}

type stored struct {
	chat string
	p    post
	up   *upload
}

func newPage(t *testing.T, h http.Handler) *page {
	t.Helper()
	p := &page{done: make(chan struct{}), changed: make(chan struct{}), typing: make(map[string]int)}
	p.forget()
	p.handler.Store(h)
	p.srv = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.handler.Load().(http.Handler).ServeHTTP(w, r) //nolint:forcetypeassert // stored above
	}))
	ctx, cancel := context.WithCancel(context.Background())
	p.cancel = cancel
	go func() {
		defer close(p.done)
		for ctx.Err() == nil {
			p.follow(ctx)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-p.done
		p.srv.CloseClientConnections()
		p.srv.Close()
	})
	return p
}

func (p *page) forget() {
	p.shown, p.chats = make(map[string][]message), make(map[string]chatView)
}

// restart points the page at another start of the program.
func (p *page) restart(h http.Handler) {
	p.handler.Store(h)
	p.mu.Lock()
	if p.stream != nil {
		p.stream()
	}
	p.mu.Unlock()
}

func (p *page) follow(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	p.mu.Lock()
	p.stream = cancel
	last := p.lastID
	p.mu.Unlock()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, p.srv.URL+"/api/events", nil)
	req.Header.Set("Last-Event-ID", last)
	resp, err := p.srv.Client().Do(req)
	if err != nil {
		return
	}
	defer func() { _ = resp.Body.Close() }()
	events(resp.Body, func(id, name string, data []byte) { p.event(ctx, id, name, data) })
}

// events reads Server-Sent Events until the stream ends.
func events(r io.Reader, each func(id, name string, data []byte)) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<22)
	var id, name, data string
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "id":
			id = value
		case "event":
			name = value
		case "data":
			data = value
		case "":
			if name != "" {
				each(id, name, []byte(data))
			}
			id, name, data = "", "", ""
		}
	}
}

func (p *page) event(ctx context.Context, id, name string, data []byte) {
	p.mu.Lock()
	var again []stored
	if id != "" {
		p.lastID = id
	}
	switch name {
	case "reset":
		p.forget()
		p.resets++
	case "ready":
		again, p.unstored = p.unstored, nil
	case "message":
		var m message
		_ = json.Unmarshal(data, &m)
		list := p.shown[m.Chat]
		if i := slices.IndexFunc(list, func(o message) bool { return o.ID == m.ID }); i >= 0 {
			list[i] = m
		} else {
			p.shown[m.Chat] = append(list, m)
			slices.SortFunc(p.shown[m.Chat], func(a, b message) int { return int(a.N - b.N) })
		}
	case "chat":
		var v chatView
		_ = json.Unmarshal(data, &v)
		if v.TypingMS > 0 {
			p.typing[v.ID]++
		}
		p.chats[v.ID] = v
	}
	close(p.changed)
	p.changed = make(chan struct{})
	p.mu.Unlock()
	for _, s := range again {
		p.try(ctx, s)
	}
}

// post does something in a chat and returns the status and the answer.
func (p *page) post(t *testing.T, chat string, what post, up *upload) (int, map[string]string) {
	t.Helper()
	if what.Key == "" {
		what.Key = randomHex()
	}
	if what.As == "" {
		what.As = chat
	}
	code, answer := p.try(t.Context(), stored{chat, what, up})
	return code, answer
}

func (p *page) try(ctx context.Context, s stored) (int, map[string]string) {
	body, kind, path := new(bytes.Buffer), "application/json", "/messages"
	if s.up == nil {
		_ = json.NewEncoder(body).Encode(s.p)
	} else {
		path = "/files"
		form := multipart.NewWriter(body)
		for k, v := range map[string]string{"key": s.p.Key, "as": s.p.As, "text": s.p.Text, "replyTo": s.p.ReplyTo} {
			_ = form.WriteField(k, v)
		}
		if s.up.asFile {
			_ = form.WriteField("asFile", "1")
		}
		part, _ := form.CreatePart(textproto.MIMEHeader{
			"Content-Disposition": {`form-data; name="file"; filename="` + s.up.name + `"`}, "Content-Type": {s.up.mime},
		})
		_, _ = part.Write(s.up.data)
		_ = form.Close()
		kind = form.FormDataContentType()
	}
	code, answer := p.request(ctx, http.MethodPost, "/api/chats/"+s.chat+path, kind, body)
	if code == http.StatusServiceUnavailable {
		p.mu.Lock()
		p.unstored = append(p.unstored, s)
		p.mu.Unlock()
	}
	return code, answer
}

func (p *page) request(ctx context.Context, method, path, kind string, body io.Reader) (int, map[string]string) {
	req, _ := http.NewRequestWithContext(ctx, method, p.srv.URL+path, body)
	req.Header.Set("Content-Type", kind)
	resp, err := p.srv.Client().Do(req)
	if err != nil {
		return 0, map[string]string{"error": err.Error()}
	}
	defer func() { _ = resp.Body.Close() }()
	answer := make(map[string]string)
	_ = json.NewDecoder(resp.Body).Decode(&answer)
	return resp.StatusCode, answer
}

// json posts a JSON body to any path.
func (p *page) json(t *testing.T, path string, body any) (int, map[string]string) {
	t.Helper()
	b, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return p.request(t.Context(), http.MethodPost, path, "application/json", bytes.NewReader(b))
}

func (p *page) download(t *testing.T, url string) ([]byte, http.Header) {
	t.Helper()
	req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, p.srv.URL+url, nil)
	resp, err := p.srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return data, resp.Header
}

// wait returns a chat's messages once they look as wanted.
func (p *page) wait(t *testing.T, chat string, want func([]message) bool) []message {
	t.Helper()
	for {
		p.mu.Lock()
		changed, list := p.changed, slices.Clone(p.shown[chat])
		p.mu.Unlock()
		if want(list) {
			return list
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatalf("chat %s never looked as wanted: %+v", chat, list)
		}
	}
}

// waitChat returns what the page knows of a chat once it is as wanted.
func (p *page) waitChat(t *testing.T, chat string, want func(chatView) bool) chatView {
	t.Helper()
	for {
		p.mu.Lock()
		changed, v := p.changed, p.chats[chat]
		p.mu.Unlock()
		if want(v) {
			return v
		}
		select {
		case <-changed:
		case <-t.Context().Done():
			t.Fatalf("chat %s never became as wanted: %+v", chat, v)
		}
	}
}

// reload returns what a page that is opened now shows at once, by chat.
func (p *page) reload(t *testing.T) map[string][]message {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, p.srv.URL+"/api/events", nil)
	resp, err := p.srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	other := &page{typing: make(map[string]int), changed: make(chan struct{})}
	other.forget()
	events(resp.Body, func(id, name string, data []byte) {
		if ctx.Err() == nil {
			other.event(ctx, id, name, data)
		}
		if name == "ready" {
			cancel()
		}
	})
	return other.shown
}

func (m *message) words() string {
	var b strings.Builder
	for _, s := range m.Text {
		b.WriteString(s.Text)
	}
	return b.String()
}

func chatOf(id string) channel.Chat { return channel.Chat{Channel: channel.Web, ID: id} }
