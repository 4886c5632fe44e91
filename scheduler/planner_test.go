package scheduler_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
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
	"github.com/diskopukm/emileku/scheduler"
	"github.com/diskopukm/emileku/storage"
	"github.com/diskopukm/emileku/storage/sqlite"
	"github.com/diskopukm/emileku/templates"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var begin = time.Date(2026, 11, 30, 9, 0, 0, 0, event.Jakarta) // H-45 of 14 January 2027

// world is the planner over a real database and a standing clock, with a
// group and one event.
type world struct {
	t     *testing.T
	path  string
	clock *clock.Fake
	fake  *channeltest.Fake
	store *sqlite.Store
	app   *app.App
	plan  *scheduler.Planner
	event string
	n     int
}

func newWorld(t *testing.T, start time.Time) *world {
	t.Helper()
	w := &world{
		t: t, path: filepath.Join(t.TempDir(), "w.db"), clock: clock.NewFake(begin),
		fake: channeltest.NewFake(channeltest.FakeOptions{Capabilities: channel.Capabilities{Buttons: true, MaxText: 4096, MaxCaption: 1024}}),
	}
	w.open()
	t.Cleanup(func() { w.must(w.store.Close()) })
	e, err := w.app.CreateEvent(t.Context(), w.by("lead"), app.NewEvent{Title: "E-MILE KU 2027", Start: start, Place: "Cibinong"})
	w.must(err)
	w.event = e.ID
	w.must(w.app.BindGroup(t.Context(), w.by("lead"), app.TeamGroup{Chat: channel.Chat{Channel: w.fake.Name(), ID: "grup"}}))
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) open() {
	w.t.Helper()
	store, err := sqlite.Open(context.Background(), sqlite.Options{Path: w.path, Relaxed: true})
	w.must(err)
	w.must(store.Migrate(context.Background()))
	texts, err := templates.New()
	w.must(err)
	w.store, w.app = store, app.New(store, w.clock)
	chans := []channel.Channel{w.fake}
	desk := bot.New(bot.Options{Store: store, App: w.app, Texts: texts, Channels: chans, Log: zerolog.Nop()}).Desk()
	w.plan = scheduler.New(scheduler.Options{Store: store, App: w.app, Voice: desk, Texts: texts, Channels: chans, Log: zerolog.Nop()})
}

func (w *world) restart() {
	w.t.Helper()
	w.must(w.store.Close())
	w.open()
}

func (w *world) by(person string) app.Actor {
	w.n++
	return app.Actor{Person: &event.Person{ID: person, Name: person}, Inbound: fmt.Sprint("in:", w.n)}
}

// enter lets a UKM register, from a private chat.
func (w *world) enter(id string) {
	w.t.Helper()
	w.clock.Advance(time.Millisecond)
	p, err := w.app.Identify(w.t.Context(), channel.Inbound{Chat: channel.Chat{Channel: w.fake.Name(), ID: id}, Sender: channel.Sender{ID: id, Name: id}})
	w.must(err)
	d := &event.Draft{ID: "draft-" + id, EventID: w.event, Audience: event.UKM, Form: 1, Answers: map[string]string{
		event.KeyName: "Usaha " + id, event.KeyLocation: "Cibinong/Karadenan", event.KeyBooth: event.BoothPlain,
	}}
	by := w.by("")
	by.Person = p
	_, err = w.app.Submit(w.t.Context(), by, d)
	w.must(err)
}

// leaveDraft lets somebody begin and stop answering.
func (w *world) leaveDraft(id string, at time.Time) {
	w.t.Helper()
	at = at.UTC()
	w.must(w.store.Chats().Save(w.t.Context(), &storage.Chat{
		ID: string(w.fake.Name()) + ":" + id, PersonID: id, Dialog: "register", DraftAt: &at,
		Draft: &event.Draft{ID: "draft-" + id, EventID: w.event, Audience: event.UKM, Form: 1, UpdatedAt: at, Answers: map[string]string{event.KeyPhoto: "photo/" + id}},
	}))
	w.must(w.store.Media().Put(w.t.Context(), storage.Blob{ID: "photo/" + id, At: at}, []byte("x")))
}

func (w *world) quota(q event.Quota) {
	w.t.Helper()
	_, err := w.app.UpdateEvent(w.t.Context(), w.by("lead"), w.event, "event.quota", "", func(e *event.Event) { e.Quotas = map[event.Audience]event.Quota{event.UKM: q} })
	w.must(err)
}

func (w *world) cancel(id string) {
	w.t.Helper()
	_, err := w.app.Cancel(w.t.Context(), w.by(id), "draft-"+id, "")
	w.must(err)
}

func (w *world) tickAt(at time.Time) {
	w.t.Helper()
	w.clock.Set(at)
	w.must(w.plan.Tick(w.t.Context()))
}

// rows are the texts of the outbox by ID, without what depends on real time.
func (w *world) rows() map[string]string {
	w.t.Helper()
	out := map[string]string{}
	w.must(w.store.Raw().Each(w.t.Context(), "outbox", func(id string, doc json.RawMessage) error {
		var m storage.Message
		err := json.Unmarshal(doc, &m)
		out[id] = fmt.Sprintf("%s %s %s", m.Chat, m.Touchpoint, m.Body.Text)
		return err
	}))
	return out
}

// about are the rows whose ID holds a word, in order of ID.
func (w *world) about(word string) []string {
	w.t.Helper()
	var out []string
	rows := w.rows()
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		if strings.Contains(id, word) {
			out = append(out, rows[id])
		}
	}
	return out
}

// TestOnceOverRestarts: whatever is due is queued once, however often the
// planner looks and the program starts anew.
func TestOnceOverRestarts(t *testing.T) {
	t.Parallel()
	w := newWorld(t, begin.AddDate(0, 0, 45).Add(-time.Hour))
	w.quota(event.Quota{Limit: 1})
	w.enter("ani")
	w.enter("budi")
	w.enter("cici")
	w.leaveDraft("dodi", begin)
	w.cancel("ani")
	look := func(at time.Time) {
		w.tickAt(at)
		before := w.rows()
		w.must(w.plan.Tick(t.Context()))
		w.restart()
		w.must(w.plan.Tick(t.Context()))
		if after := w.rows(); !maps.Equal(before, after) {
			t.Fatalf("%s: looking again queued something:\n%v\n%v", at, before, after)
		}
	}
	wants := func(word string, n int, part string) {
		t.Helper()
		got := w.about(word)
		if len(got) != n || n > 0 && !strings.Contains(got[n-1], part) {
			t.Errorf("%d rows about %s, want %d with %q: %q", len(got), word, n, part, got)
		}
	}
	look(begin.Add(time.Minute))
	wants("draft-budi/offered", 1, "Ada tempat untuk Bapak/Ibu")
	wants("draft-cici", 0, "")
	wants("announce/", 1, "3 pendaftaran baru")
	wants("/digest/", 0, "") // the event was made after 08.00 today
	look(begin.Add(25 * time.Hour))
	wants("draft-budi/lapsed", 1, "sudah lewat batas waktunya")
	wants("draft-cici/offered", 1, "Ada tempat")
	wants("nudge/", 1, "belum selesai")
	look(begin.AddDate(0, 0, 5)) // H-40
	wants("/digest/2026-12-05", 1, "Konfirmasi kehadiran tamu")
	look(begin.AddDate(0, 0, 15))
	wants("nudge/", 1, "belum selesai")
	c, err := w.store.Chats().Get(t.Context(), string(w.fake.Name())+":dodi")
	if err != nil || c.Draft != nil || c.DraftAt != nil || c.Dialog != "" {
		t.Errorf("the draft is kept for longer than a fortnight: %+v, %v", c, err)
	}
	if _, _, err := w.store.Media().Get(t.Context(), "photo/dodi"); !errors.Is(err, storage.ErrNotFound) {
		t.Errorf("its photo: %v", err)
	}
}

// TestCancelledEventIsSilent: neither steps nor announcements, only that it is
// cancelled.
func TestCancelledEventIsSilent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, begin.AddDate(0, 0, 45).Add(-time.Hour))
	w.enter("ani")
	w.leaveDraft("budi", begin)
	_, err := w.app.UpdateEvent(t.Context(), w.by("lead"), "EMK-2027", "event.cancel", "", func(e *event.Event) { e.Status = event.EventCancelled })
	w.must(err)
	for _, days := range []int{1, 5, 38, 45, 46} {
		w.tickAt(begin.AddDate(0, 0, days))
	}
	rows := w.rows()
	maps.DeleteFunc(rows, func(id, _ string) bool { return strings.Contains(id, "/news.1/") })
	if len(rows) != 0 || len(w.about("/news.1/")) != 2 {
		t.Errorf("%v", w.rows())
	}
}

// TestAnnouncementsAreGathered: at most one in ten minutes, each registration
// in just one, also where the planner dies between telling and noting it.
func TestAnnouncementsAreGathered(t *testing.T) {
	t.Parallel()
	w := newWorld(t, begin.AddDate(0, 0, 45).Add(-time.Hour))
	last, serial := time.Time{}, 0
	for minute := range 60 {
		at := begin.Add(time.Duration(minute) * time.Minute)
		w.clock.Set(at)
		if minute < 40 {
			for range minute % 4 {
				serial++
				w.enter(fmt.Sprintf("u%03d", serial))
			}
		}
		before := len(w.about("announce/"))
		noted, err := w.app.LastAnnounced(t.Context(), "EMK-2027")
		w.must(err)
		w.tickAt(at.Add(30 * time.Second))
		if len(w.about("announce/")) > before {
			if gap := at.Sub(last); !last.IsZero() && gap < 10*time.Minute {
				t.Fatalf("told again after %s", gap)
			}
			last = at
			if minute%3 == 0 { // it died before it noted where it stands, and more came in
				w.must(w.app.SetAnnounced(t.Context(), "EMK-2027", noted))
				serial++
				w.enter(fmt.Sprintf("u%03d", serial))
				w.restart()
				w.tickAt(at.Add(40 * time.Second))
			}
		}
	}
	total := 0
	for _, text := range w.about("announce/") {
		_, text, _ = strings.Cut(text, "*")
		var n int
		if _, err := fmt.Sscan(text, &n); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		total += n
	}
	if total != serial {
		t.Errorf("the group was told of %d registrations, there are %d", total, serial)
	}
}

// TestLateNumberIsAnnounced: a registration that was numbered earlier but is
// not settled yet holds the later ones back.
func TestLateNumberIsAnnounced(t *testing.T) {
	t.Parallel()
	w := newWorld(t, begin.AddDate(0, 0, 45).Add(-time.Hour))
	w.enter("ani")
	w.enter("budi")
	r, err := w.store.Registrations().Get(t.Context(), "draft-ani")
	w.must(err)
	r.CreatedAt = r.CreatedAt.Add(10 * time.Second)
	w.must(w.store.Registrations().Update(t.Context(), r))
	w.tickAt(begin.Add(8 * time.Second))
	w.tickAt(begin.Add(20 * time.Minute))
	if got := w.about("announce/"); len(got) != 1 || !strings.Contains(got[0], "2 pendaftaran baru") {
		t.Errorf("%q", got)
	}
}

// grid is how finely time passes in TestNextStopSkipsNothing.
const grid = 30 * time.Minute

// TestNextStopSkipsNothing: a clock that jumps from stop to stop sees all that
// one sees that stops every half hour.
func TestNextStopSkipsNothing(t *testing.T) {
	t.Parallel()
	for i, start := range []time.Time{
		begin.AddDate(0, 0, 60).Add(-time.Hour),
		begin.AddDate(0, 0, 12).Add(-8*time.Hour - 30*time.Minute), // 00.30
		begin.AddDate(0, 0, 4).Add(14*time.Hour + 30*time.Minute),  // 23.30
	} {
		t.Run(start.Format("2006-01-02 15.04"), func(t *testing.T) {
			t.Parallel()
			end := start.AddDate(0, 0, 3)
			set := func() *world {
				w := newWorld(t, start)
				rnd := rand.New(rand.NewPCG(1, uint64(i)))
				w.quota(event.Quota{Limit: 1})
				for n := range 4 {
					w.enter(fmt.Sprint("u", n))
				}
				w.cancel("u0")
				for n := range 3 {
					w.leaveDraft(fmt.Sprint("d", n), begin.Add(time.Duration(rnd.IntN(20*60))*time.Minute-time.Second))
				}
				return w
			}
			slow, fast := set(), set()
			want, got := map[string]string{}, map[string]string{} // rows, with when they were queued
			note := func(w *world, at time.Time, seen map[string]string) {
				w.tickAt(at)
				for id, text := range w.rows() {
					if seen[id] == "" {
						seen[id] = at.In(event.Jakarta).Format("2006-01-02 15.04 ") + text
					}
				}
			}
			for at := begin.Add(grid); !at.After(end); at = at.Add(grid) {
				note(slow, at, want)
			}
			stops := 0
			for at := begin; at.Before(end); stops++ {
				stop, err := fast.plan.NextStop(t.Context(), at, end)
				if err != nil || !stop.After(at) {
					t.Fatalf("from %s the next stop is %s, %v", at, stop, err)
				}
				at = stop.Add(grid - 1).Truncate(grid) // where the slow one would see it
				note(fast, at, got)
			}
			for _, id := range slices.Sorted(maps.Keys(want)) {
				if got[id] != want[id] {
					t.Errorf("%s: jumping gives %q, not %q", id, got[id], want[id])
				}
			}
			if len(got) != len(want) || len(want) < 8 {
				t.Errorf("%d rows by jumping, %d otherwise", len(got), len(want))
			}
			if most := int(end.Sub(begin)/(24*time.Hour))*2 + 40; stops > most {
				t.Errorf("%d stops, more than %d", stops, most)
			}
		})
	}
}

// TestUnreachable: a change of status whose person blocked the bot or is gone
// is not tried for ever.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	w := newWorld(t, begin.AddDate(0, 0, 45).Add(-time.Hour))
	w.quota(event.Quota{Limit: 9, Curated: true})
	w.enter("ani")
	w.enter("budi")
	w.must(w.app.MarkBlocked(t.Context(), channel.Chat{Channel: w.fake.Name(), ID: "ani"}, string(w.fake.Name())+":ani"))
	w.must(w.store.People().Delete(t.Context(), string(w.fake.Name())+":budi"))
	for _, id := range []string{"ani", "budi"} {
		_, err := w.app.Curate(t.Context(), w.by("lead"), "draft-"+id, app.Verdict{To: event.Confirmed})
		w.must(err)
	}
	w.tickAt(begin.Add(time.Minute))
	if got := w.about("tell/"); len(got) != 0 {
		t.Errorf("%q", got)
	}
	untold, err := w.app.Untold(t.Context())
	if err != nil || len(untold) != 0 {
		t.Errorf("%d are tried again, %v", len(untold), err)
	}
}
