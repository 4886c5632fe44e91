package replypage

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"go.uber.org/goleak"

	"github.com/diskopukm/emileku/bot"
	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/bot/replylink"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// office is a program with reply pages, over a real database and real HTTP.
type office struct {
	t      *testing.T
	store  storage.Store
	app    *app.App
	clock  *clock.Fake
	event  *event.Event
	links  *replylink.Signer
	server *httptest.Server
	client *http.Client
}

// mailer is an e-mail channel of which only the rows in the outbox matter here.
type mailer struct{ *channeltest.Fake }

func (mailer) Name() channel.Name { return channel.Email }

func newOffice(t *testing.T, path string) *office {
	t.Helper()
	ctx := t.Context()
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(t.TempDir(), "m.db"), Relaxed: true})
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	texts, err := templates.New()
	if err != nil {
		t.Fatal(err)
	}
	o := &office{t: t, store: store, clock: clock.NewFake(time.Date(2026, 11, 30, 9, 0, 0, 0, event.Jakarta))}
	o.app = app.New(store, o.clock)
	var handler http.Handler
	at := time.Now() // limits do not fill up again while a test runs
	o.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	o.client = &http.Client{Transport: &http.Transport{}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		o.client.CloseIdleConnections()
		o.server.Close()
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	if o.links, err = replylink.New(o.server.URL+path, []byte("a key of sixteen bytes or more")); err != nil {
		t.Fatal(err)
	}
	telegram := channeltest.NewFake(channeltest.FakeOptions{})
	b := bot.New(bot.Options{
		Store: store, App: o.app, Texts: texts, Channels: []channel.Channel{telegram, mailer{channeltest.NewFake(channeltest.FakeOptions{})}},
		Log: zerolog.Nop(), Links: o.links,
	})
	handler = Handler(Options{App: o.app, Desk: b.Desk(), Texts: texts, Links: o.links, Log: zerolog.Nop(), Now: func() time.Time { return at }})
	lead := &event.Person{ID: "telegram:rina", Name: "Rina", Role: event.Lead, Accounts: []event.Account{{Key: "telegram:rina", Chat: "telegram:rina"}}}
	if err := store.People().Save(ctx, lead); err != nil {
		t.Fatal(err)
	}
	by := app.Actor{Person: lead, Chat: "telegram:rina", Inbound: "t:1"}
	o.event, err = o.app.CreateEvent(ctx, by, app.NewEvent{Title: "E-MILE KU 2027", Start: time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta), Place: "Stadion Pakansari"})
	if err != nil {
		t.Fatal(err)
	}
	if err := o.app.BindGroup(ctx, by, app.TeamGroup{Chat: channel.Chat{Channel: channel.Telegram, ID: "-100"}, Title: "Tim"}); err != nil {
		t.Fatal(err)
	}
	return o
}

// guest adds an invited guest who is known by e-mail alone.
func (o *office) guest(name string, aud event.Audience) *event.Participation {
	o.t.Helper()
	id := "guest:" + strings.ToLower(name)
	address := strings.ToLower(name) + "@contoh.id"
	at := o.clock.Now()
	if err := o.store.People().Save(context.Background(), &event.Person{ID: id, Name: name, Email: address, CreatedAt: at}); err != nil {
		o.t.Fatal(err)
	}
	p := &event.Participation{
		ID: event.ParticipationID(o.event.ID, id), EventID: o.event.ID, PersonID: id, Audience: aud, Name: name, Salutation: "Bapak",
		Email: address, Code: "kode" + strings.ToLower(name), CreatedAt: at, InvitedAt: &at, Via: "email",
	}
	p.Derive()
	if err := o.store.Participations().Save(context.Background(), p); err != nil {
		o.t.Fatal(err)
	}
	return p
}

func (o *office) reply(p *event.Participation) string { return o.links.Reply(p.EventID, p.Code) }
func (o *office) stop(p *event.Participation) string  { return o.links.Stop(p.EventID, p.Code) }

func (o *office) now(p *event.Participation) *event.Participation {
	o.t.Helper()
	got, err := o.store.Participations().Get(context.Background(), p.ID)
	if err != nil {
		o.t.Fatal(err)
	}
	return got
}

func (o *office) stopped(p *event.Participation) bool {
	o.t.Helper()
	got, err := o.store.People().Get(context.Background(), p.PersonID)
	if err != nil {
		o.t.Fatal(err)
	}
	return got.StoppedAt != nil
}

// answer is what a page answered.
type answer struct {
	status int
	header http.Header
	body   string
}

func (o *office) do(r *http.Request) answer {
	o.t.Helper()
	res, err := o.client.Do(r)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		o.t.Fatal(err)
	}
	return answer{res.StatusCode, res.Header, string(body)}
}

func (o *office) request(method, address string, body io.Reader) *http.Request {
	o.t.Helper()
	r, err := http.NewRequestWithContext(o.t.Context(), method, address, body)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func (o *office) get(address string) answer { return o.do(o.request(http.MethodGet, address, nil)) }

// post sends a form and follows where it leads.
func (o *office) post(address string, form url.Values) answer {
	o.t.Helper()
	r := o.request(http.MethodPost, address, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	a := o.do(r)
	if a.status != http.StatusSeeOther {
		return a
	}
	return o.get(o.server.URL + a.header.Get("Location"))
}

// rows are the outbox rows of a touchpoint.
func (o *office) rows(touchpoint string) []*storage.Message {
	o.t.Helper()
	rows, err := o.store.Outbox().Due(context.Background(), channel.Email, storage.LaneAnswer, time.Now().Add(time.Hour), 100)
	if err == nil {
		var more []*storage.Message
		more, err = o.store.Outbox().Due(context.Background(), channel.Telegram, storage.LaneAnswer, time.Now().Add(time.Hour), 100)
		rows = append(rows, more...)
	}
	if err != nil {
		o.t.Fatal(err)
	}
	var out []*storage.Message
	for _, m := range rows {
		if m.Touchpoint == touchpoint {
			out = append(out, m)
		}
	}
	return out
}
