package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/rs/zerolog"
	"pgregory.net/rapid"

	"github.com/diskopukm/emileku/bot"
	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/clock"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/scheduler"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

// tb is what *testing.T and *rapid.T share.
type tb interface {
	rapid.TB
	Cleanup(f func())
}

// mailing is an office that sends invitations: the planner over a real
// database, with the outbox handed over by the test.
type mailing struct {
	t     tb
	store *faulty
	clock *clock.Fake
	app   *app.App
	plan  *scheduler.Planner
	event *event.Event
	lead  app.Actor
	files []channel.File // what goes along
	n     int
}

// faulty fails a write now and then, as a crash just before it would.
type faulty struct {
	storage.Store
	left int // writes until the next one fails; negative: none
}

var errCrash = errors.New("crashed")

func (f *faulty) write() error {
	if f.left--; f.left == -1 {
		return errCrash
	}
	return nil
}

type faultyOutbox struct {
	storage.Outbox
	f *faulty
}

func (o faultyOutbox) AddAll(ctx context.Context, ms []storage.Message) (int, error) {
	if err := o.f.write(); err != nil {
		return 0, err
	}
	if o.f.left == 0 && len(ms) > 1 { // a batch is no transaction: part of it may be there
		o.f.left = -1
		n, err := o.Outbox.AddAll(ctx, ms[:len(ms)/2])
		return n, errors.Join(err, errCrash)
	}
	return o.Outbox.AddAll(ctx, ms)
}

func (o faultyOutbox) Drop(ctx context.Context, id string, to storage.State, reason string) error {
	if err := o.f.write(); err != nil {
		return err
	}
	return o.Outbox.Drop(ctx, id, to, reason)
}

func (o faultyOutbox) Expire(ctx context.Context, eventID, touchpoint, reason string) (int, error) {
	if err := o.f.write(); err != nil {
		return 0, err
	}
	return o.Outbox.Expire(ctx, eventID, touchpoint, reason)
}

type faultyParticipations struct {
	storage.Participations
	f *faulty
}

func (p faultyParticipations) Save(ctx context.Context, g *event.Participation) error {
	if err := p.f.write(); err != nil {
		return err
	}
	return p.Participations.Save(ctx, g)
}

type faultyBroadcasts struct {
	storage.Broadcasts
	f *faulty
}

func (b faultyBroadcasts) Save(ctx context.Context, x *storage.Broadcast) error {
	if err := b.f.write(); err != nil {
		return err
	}
	return b.Broadcasts.Save(ctx, x)
}

func (f *faulty) Outbox() storage.Outbox { return faultyOutbox{f.Store.Outbox(), f} }
func (f *faulty) Participations() storage.Participations {
	return faultyParticipations{f.Store.Participations(), f}
}
func (f *faulty) Broadcasts() storage.Broadcasts { return faultyBroadcasts{f.Store.Broadcasts(), f} }

func newMailing(t tb, dir string) *mailing {
	t.Helper()
	ctx := context.Background()
	store, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(dir, "m.db"), Relaxed: true})
	if err == nil {
		err = store.Migrate(ctx)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	m := &mailing{t: t, store: &faulty{Store: store, left: -1}, clock: clock.NewFake(time.Date(2026, 11, 30, 9, 0, 0, 0, event.Jakarta))}
	m.restart()
	m.lead = app.Actor{Person: m.person("rina", event.Lead), Chat: "telegram:rina", Inbound: "t:lead"}
	m.event, err = m.app.CreateEvent(ctx, m.lead, app.NewEvent{Title: "E-MILE KU 2027", Start: time.Date(2027, 1, 14, 8, 0, 0, 0, event.Jakarta), Place: "Pakansari"})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// restart forgets all that is not stored.
func (m *mailing) restart() {
	m.t.Helper()
	texts, err := templates.New()
	if err != nil {
		m.t.Fatal(err)
	}
	fake := channeltest.NewFake(channeltest.FakeOptions{})
	channels := []channel.Channel{fake}
	m.app = app.New(m.store, m.clock)
	b := bot.New(bot.Options{Store: m.store, App: m.app, Texts: texts, Channels: channels, Log: zerolog.Nop()})
	m.plan = scheduler.New(scheduler.Options{Store: m.store, App: m.app, Voice: b.Desk(), Texts: texts, Channels: channels, Log: zerolog.Nop()})
}

func (m *mailing) actor(p *event.Person) app.Actor {
	m.n++
	return app.Actor{Person: p, Chat: "telegram:" + p.ID, Inbound: fmt.Sprintf("t:%d", m.n)}
}

func (m *mailing) person(id string, role event.Role) *event.Person {
	m.t.Helper()
	p := &event.Person{ID: id, Name: id, Role: role, Accounts: []event.Account{{Key: "telegram:" + id, Chat: "telegram:" + id}}}
	if err := m.store.People().Save(context.Background(), p); err != nil {
		m.t.Fatal(err)
	}
	return p
}

// guest adds a guest of the UKM audience, with a chat or without.
func (m *mailing) guest(id string, chat bool) {
	m.t.Helper()
	if chat {
		m.person(id, event.Guest)
	}
	p := &event.Participation{
		ID: event.ParticipationID(m.event.ID, id), EventID: m.event.ID, PersonID: id, Audience: event.UKM, Name: "Tamu " + id,
		Code: "kode" + id, Phone: "+6281234567890", CreatedAt: m.clock.Now(),
	}
	p.Derive()
	if _, err := m.store.Store.Participations().AddAll(context.Background(), []*event.Participation{p}); err != nil {
		m.t.Fatal(err)
	}
}

// send drafts and submits a broadcast to UKM, to start at once.
func (m *mailing) send() *storage.Broadcast {
	m.t.Helper()
	ctx, by := context.Background(), m.actor(m.lead.Person)
	b, err := m.app.DraftBroadcast(ctx, by, m.event, []event.Audience{event.UKM})
	if err == nil {
		err = m.app.AttachToBroadcast(ctx, by, b.ID, m.files, nil, "")
	}
	if err == nil {
		b, err = m.app.SubmitBroadcast(ctx, by, b.ID, m.clock.Now(), map[string]string{"ukm": "Yth. {sapaan}, mari ke {acara}, {hari}, {tempat}."})
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return b
}

func (m *mailing) tick() {
	m.t.Helper()
	if err := m.plan.Tick(context.Background()); err != nil && !errors.Is(err, errCrash) {
		m.t.Fatal(err)
	}
}

// deliver sends up to n rows of the broadcast lane; every fail-th fails.
func (m *mailing) deliver(n, fail int) int {
	m.t.Helper()
	ctx := context.Background()
	rows, err := m.store.Outbox().Due(ctx, channel.Telegram, storage.LaneBroadcast, time.Now().Add(time.Hour), n)
	if err != nil {
		m.t.Fatal(err)
	}
	for i, row := range rows {
		c, err := m.store.Outbox().Claim(ctx, row.ID, "t", time.Now().Add(time.Hour), "")
		if err != nil {
			m.t.Fatal(err)
		}
		now := time.Now()
		c.State, c.SentAt = storage.Sent, &now
		if fail > 0 && i%fail == 0 {
			c.State, c.SentAt, c.LastError = storage.Failed, nil, "blocked"
		}
		if err := m.store.Outbox().Finish(ctx, c, "t"); err != nil {
			m.t.Fatal(err)
		}
	}
	return len(rows)
}

// drain ticks and delivers until nothing happens any more.
func (m *mailing) drain() {
	m.t.Helper()
	m.store.left = -1
	for range 50 {
		m.tick()
		if m.deliver(1000, 0) == 0 {
			m.tick()
			return
		}
	}
	m.t.Fatal("it does not come to an end")
}

func (m *mailing) broadcast(id string) *storage.Broadcast {
	m.t.Helper()
	b, err := m.app.Broadcast(context.Background(), id)
	if err != nil {
		m.t.Fatal(err)
	}
	return b
}

// rows counts each person's invitation rows in a state.
func (m *mailing) rows(state storage.State) map[string]int {
	m.t.Helper()
	out := map[string]int{}
	page, _, err := m.store.Outbox().List(context.Background(), m.event.ID, "invite/", state, "", 10_000)
	if err != nil {
		m.t.Fatal(err)
	}
	for _, row := range page {
		out[row.PersonID]++
	}
	return out
}

func (m *mailing) invited() map[string]bool {
	m.t.Helper()
	out := map[string]bool{}
	err := m.app.EachParticipation(context.Background(), storage.ParticipationQuery{EventID: m.event.ID}, func(p *event.Participation) error {
		if p.InvitedAt != nil {
			out[p.PersonID] = true
		}
		return nil
	})
	if err != nil {
		m.t.Fatal(err)
	}
	return out
}

// exactlyOnce: everybody with a chat got one invitation, and is invited.
func (m *mailing) exactlyOnce(want ...string) {
	m.t.Helper()
	sent, invited := m.rows(storage.Sent), m.invited()
	for _, id := range want {
		if sent[id] != 1 || !invited[id] {
			m.t.Errorf("%s: %d sent, invited %v", id, sent[id], invited[id])
		}
	}
	if len(sent) != len(want) || len(invited) != len(want) {
		m.t.Errorf("%d people got it, %d are invited, of %d", len(sent), len(invited), len(want))
	}
}

// filesFollow: whoever has a finished broadcast's invitation has each of the
// files that did not fit into it, once.
func (m *mailing) filesFollow(more int) {
	m.t.Helper()
	ctx := context.Background()
	rows, _, err := m.store.Outbox().List(ctx, m.event.ID, "invite/", storage.Sent, "", 10_000)
	if err != nil {
		m.t.Fatal(err)
	}
	files, _, err := m.store.Outbox().List(ctx, m.event.ID, "files/", storage.Sent, "", 10_000)
	if err != nil {
		m.t.Fatal(err)
	}
	got := map[string]int{}
	for _, f := range files {
		got[f.PersonID+" "+f.Touchpoint]++
	}
	for _, row := range rows {
		id := strings.TrimPrefix(row.Touchpoint, "invite/")
		if row.Body.File == nil {
			m.t.Errorf("%s: the first file is not in the message", row.ID)
		}
		if n := got[row.PersonID+" "+app.FileTouchpoint(id)]; n != more && m.broadcast(id).Status == storage.BroadcastFinished {
			m.t.Errorf("%s: %d files follow, not %d", row.ID, n, more)
		}
	}
}

func names(prefix string, n int) []string {
	var out []string
	for i := range n {
		out = append(out, fmt.Sprintf("%s%03d", prefix, i))
	}
	return out
}

func (m *mailing) guests(ids []string) {
	for _, id := range ids {
		m.guest(id, true)
	}
}

// sendRest sends to those whom a cancelled broadcast left out; nil where there
// is nobody.
func (m *mailing) sendRest() *storage.Broadcast {
	m.t.Helper()
	ctx, by := context.Background(), m.actor(m.lead.Person)
	b, err := m.app.DraftBroadcast(ctx, by, m.event, []event.Audience{event.UKM})
	if err == nil {
		err = m.app.AttachToBroadcast(ctx, by, b.ID, m.files, nil, "")
	}
	if err == nil {
		b, err = m.app.SubmitBroadcast(ctx, by, b.ID, m.clock.Now(), map[string]string{"ukm": "Yth. {sapaan}: {acara}, {hari}, {tempat}."})
	}
	if errors.Is(err, app.ErrNobody) {
		return nil
	}
	if err != nil {
		m.t.Fatal(err)
	}
	return b
}
