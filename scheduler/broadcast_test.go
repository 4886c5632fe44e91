package scheduler_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
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

// TestBroadcastQueuesAhead: no more than a few hundred rows wait, two ticks at a
// time double nothing, and a restart in the middle goes on where it was.
func TestBroadcastQueuesAhead(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	all := names("tamu", 700)
	m.guests(all)
	m.guest("jauh", false)
	b := m.send()
	if b.Status != storage.BroadcastWaiting || b.Total != 700 {
		t.Fatalf("%s, %d", b.Status, b.Total)
	}
	m.tick()
	if n := len(m.rows(storage.Queued)); n != 0 {
		t.Fatalf("%d rows before the approval", n)
	}
	if _, err := m.app.ApproveBroadcast(t.Context(), m.actor(m.lead.Person), b.ID); !errors.Is(err, app.ErrOwnBroadcast) {
		t.Fatalf("the maker approved: %v", err)
	}
	if _, err := m.app.ApproveBroadcast(t.Context(), m.actor(m.person("budi", event.Member)), b.ID); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		m.tick()
		if n := len(m.rows(storage.Queued)); n < 250 || n > 500 {
			t.Fatalf("%d rows are ahead", n)
		}
	}
	m.deliver(200, 0)
	m.restart()
	m.tick()
	m.drain()
	m.exactlyOnce(all...)
	if b := m.broadcast(b.ID); b.Status != storage.BroadcastFinished || b.OkBy != "budi" {
		t.Errorf("%s, approved by %q", b.Status, b.OkBy)
	}
	calls, err := m.app.NextCalls(t.Context(), m.actor(m.lead.Person), m.event.ID, 5)
	if err != nil || calls.Left != 1 || calls.Guests[0].PersonID != "jauh" {
		t.Errorf("call list: %+v, %v", calls, err)
	}
}

// TestBroadcastPauses: a pause holds what is queued already, going on sends it,
// and a cancelled one leaves the rest for the next.
func TestBroadcastPauses(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	all := names("tamu", 40)
	m.guests(all)
	b := m.send()
	m.tick()
	m.deliver(10, 0)
	by := m.actor(m.lead.Person)
	for range 2 { // a replayed message pauses once
		if _, err := m.app.PauseBroadcast(t.Context(), by, b.ID); err != nil {
			t.Fatal(err)
		}
	}
	m.tick()
	if n := m.deliver(100, 0); n != 0 {
		t.Fatalf("%d went out during the pause", n)
	}
	p, err := m.app.ProgressOf(t.Context(), m.broadcast(b.ID))
	if err != nil || p.Held != 30 || p.Sent != 10 || p.Failed != 0 || p.Total != 40 {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := m.app.ResumeBroadcast(t.Context(), m.actor(m.lead.Person), b.ID); err != nil {
		t.Fatal(err)
	}
	if n := m.deliver(10, 0); n != 10 {
		t.Fatalf("%d went out after it", n)
	}
	if _, err := m.app.PauseBroadcast(t.Context(), m.actor(m.lead.Person), b.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := m.app.CancelBroadcast(t.Context(), m.actor(m.lead.Person), b.ID); err != nil {
		t.Fatal(err)
	}
	m.drain()
	if got := len(m.invited()); got != 20 {
		t.Errorf("%d count as invited after the cancellation", got)
	}
	if _, err := m.app.ResumeBroadcast(t.Context(), m.actor(m.lead.Person), b.ID); !errors.Is(err, app.ErrBroadcastState) {
		t.Errorf("a cancelled one goes on: %v", err)
	}
	m.send()
	m.drain()
	m.exactlyOnce(all...)
}

// TestBroadcastRetries: what failed goes on the call list and can be tried
// again, what is uncertain is left alone.
func TestBroadcastRetries(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	all := names("tamu", 9)
	m.guests(all)
	b := m.send()
	m.tick()
	m.deliver(9, 3)
	m.tick()
	if b := m.broadcast(b.ID); b.Status != storage.BroadcastFinished || !strings.Contains(b.ShownText, "gagal 3") {
		t.Fatalf("%s: %s", b.Status, b.ShownText)
	}
	calls, err := m.app.NextCalls(t.Context(), m.actor(m.lead.Person), m.event.ID, 5)
	if err != nil || calls.Left != 3 {
		t.Fatalf("call list: %+v, %v", calls, err)
	}
	if _, n, err := m.app.RetryBroadcast(t.Context(), m.actor(m.lead.Person), b.ID, true); err != nil || n != 0 {
		t.Fatalf("%d uncertain ones, %v", n, err)
	}
	if _, n, err := m.app.RetryBroadcast(t.Context(), m.actor(m.lead.Person), b.ID, false); err != nil || n != 3 {
		t.Fatalf("%d tried again, %v", n, err)
	}
	m.drain()
	m.exactlyOnce(all...)
	if b := m.broadcast(b.ID); b.Status != storage.BroadcastFinished {
		t.Error(b.Status)
	}
}

// TestBroadcastGrows: guests who were added after the submission do not slip
// past the second member.
func TestBroadcastGrows(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	m.guests(names("tamu", 30))
	b := m.send()
	m.guests(names("baru", 30))
	m.tick()
	if b := m.broadcast(b.ID); b.Status != storage.BroadcastWaiting || b.Total != 60 {
		t.Errorf("%s, %d", b.Status, b.Total)
	}
}

// TestBroadcastEndsWithTheEvent: nothing is sent once the event is called off.
func TestBroadcastEndsWithTheEvent(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	m.guests(names("tamu", 5))
	b := m.send()
	m.tick()
	if _, err := m.app.UpdateEvent(t.Context(), m.actor(m.lead.Person), m.event.ID, "event.cancel", "", func(e *event.Event) { e.Status = event.EventCancelled }); err != nil {
		t.Fatal(err)
	}
	m.tick()
	if n := m.deliver(10, 0); n != 0 || m.broadcast(b.ID).Status != storage.BroadcastCancelled {
		t.Errorf("%d went out, %s", n, m.broadcast(b.ID).Status)
	}
}

// TestBroadcastSurvivesCrashes: whatever is done to a broadcast, and at
// whichever write the program dies, in the end everybody has got it once.
func TestBroadcastSurvivesCrashes(t *testing.T) {
	t.Parallel()
	base, tries := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		tries++
		dir := filepath.Join(base, strconv.Itoa(tries))
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		m := newMailing(t, dir)
		all := names("tamu", rapid.IntRange(1, 25).Draw(t, "guests"))
		m.guests(all)
		b := m.send()
		crash := func(what string, err error) {
			if errors.Is(err, errCrash) || errors.Is(err, app.ErrBroadcastState) {
				return
			}
			if err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		ctx := context.Background()
		for range rapid.IntRange(1, 25).Draw(t, "steps") {
			m.store.left = rapid.IntRange(-1, 8).Draw(t, "crash after")
			switch rapid.IntRange(0, 7).Draw(t, "deed") {
			case 0, 1:
				m.tick()
			case 2:
				m.store.left = -1
				m.deliver(rapid.IntRange(1, 10).Draw(t, "sent"), 0)
			case 3:
				_, err := m.app.PauseBroadcast(ctx, m.actor(m.lead.Person), b.ID)
				crash("pause", err)
			case 4:
				_, err := m.app.ResumeBroadcast(ctx, m.actor(m.lead.Person), b.ID)
				crash("resume", err)
			case 5:
				_, err := m.app.CancelBroadcast(ctx, m.actor(m.lead.Person), b.ID)
				crash("cancel", err)
			case 6:
				m.restart()
			case 7:
				m.store.left = -1
				m.restart()
				m.tick()
				if app.BroadcastOver(m.broadcast(b.ID).Status) {
					if again := m.sendRest(); again != nil {
						b = again
					}
				}
			}
			for id, n := range m.rows(storage.Sent) {
				if n > 1 {
					t.Fatalf("%s got it %d times", id, n)
				}
			}
		}
		m.store.left = -1
		m.restart()
		if s := m.broadcast(b.ID).Status; s == storage.BroadcastPaused {
			_, err := m.app.ResumeBroadcast(ctx, m.actor(m.lead.Person), b.ID)
			crash("resume", err)
		}
		m.drain()
		m.sendRest()
		m.drain()
		m.exactlyOnce(all...)
	})
}

// sendRest sends to those whom a cancelled broadcast left out; nil where there
// is nobody.
func (m *mailing) sendRest() *storage.Broadcast {
	m.t.Helper()
	ctx, by := context.Background(), m.actor(m.lead.Person)
	b, err := m.app.DraftBroadcast(ctx, by, m.event, []event.Audience{event.UKM})
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

// TestBroadcastFollowsMerges: a guest who becomes another person while the
// broadcast is past that person's place in the order still gets it.
func TestBroadcastFollowsMerges(t *testing.T) {
	t.Parallel()
	m := newMailing(t, t.TempDir())
	all := names("tamu", 350)
	m.guests(all)
	m.person("aaa", event.Guest)
	b := m.send()
	if _, err := m.app.ApproveBroadcast(t.Context(), m.actor(m.person("budi", event.Member)), b.ID); err != nil {
		t.Fatal(err)
	}
	m.tick()
	last := all[len(all)-1]
	if _, err := m.app.Merge(t.Context(), m.actor(m.lead.Person), "aaa", last); err != nil {
		t.Fatal(err)
	}
	m.drain()
	m.exactlyOnce(append(all[:len(all)-1:len(all)-1], "aaa")...)
}
