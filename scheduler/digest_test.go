package scheduler_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

var update = flag.Bool("update", false, "rewrite golden files")

// at is a time of the event's calendar: H-n at an hour.
func at(n, hour, minute int) time.Time {
	return time.Date(2027, 1, 14-n, hour, minute, 0, 0, event.Jakarta)
}

// office is a world whose event was made in time, with a team that can be
// written to.
func newDeskWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, at(0, 8, 0))
	_, err := w.app.UpdateEvent(t.Context(), w.by("lead"), w.event, "test", "", func(e *event.Event) { e.CreatedAt = at(61, 9, 0) })
	w.must(err)
	for who, role := range map[string]event.Role{"rina": event.Lead, "budi": event.Member, "andi": event.Member} {
		w.join(who, role)
	}
	return w
}

func (w *world) join(who string, role event.Role) {
	w.t.Helper()
	p, err := w.app.Identify(w.t.Context(), channel.Inbound{Chat: channel.Chat{Channel: w.fake.Name(), ID: who}, Sender: channel.Sender{ID: who, Name: who}})
	w.must(err)
	_, err = w.app.UpdatePerson(w.t.Context(), p.ID, func(p *event.Person) { p.Role = role })
	w.must(err)
}

func (w *world) task(key string, change func(k *event.Task) error) {
	w.t.Helper()
	_, err := w.app.ChangeTask(w.t.Context(), w.by("rina"), w.event, key, "task.test", "", change)
	w.must(err)
}

func (w *world) id(who string) string { return event.AccountKey(string(w.fake.Name()), who) }

func (w *world) finish(keys ...string) {
	for _, key := range keys {
		w.task(key, func(k *event.Task) error { return k.Finish(w.id("budi"), "", nil, w.clock.Now()) })
	}
}

func (w *world) assign(key, who string) {
	w.task(key, func(k *event.Task) error { return k.Assign(w.id("rina"), w.id(who), w.clock.Now()) })
}

// digestRows are the IDs of what the team was told of its tasks.
func (w *world) digestRows() []string {
	w.t.Helper()
	rows := w.rows()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(rows)), func(id string) bool {
		return !strings.Contains(rows[id], " "+app.TaskTouchpoint)
	})
}

// TestDigestsOfAnEvent runs the clock by quarters of an hour from H-61 to
// H+4 and writes down what the team hears, and when. Some of the work is done
// in time, some late, some never; one date moves, one task is not needed.
func TestDigestsOfAnEvent(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	done := map[time.Time]func(){
		at(60, 10, 0): func() { w.finish("1") },
		at(58, 9, 0):  func() { w.assign("2", "budi"); w.assign("3", "andi") },
		at(57, 15, 0): func() { w.finish("2") },
		at(53, 9, 0):  func() { w.finish("3", "4") }, // 3 is four days late
		at(52, 9, 0): func() {
			w.assign("5", "andi")
			w.task("5", func(k *event.Task) error {
				for _, it := range []event.Item{{Name: "Tenda", Quantity: 4, Unit: "unit", LentBy: "Kecamatan"}, {Name: "Kursi", Quantity: 200, PersonID: w.id("budi"), Owner: "budi"}} {
					if _, err := k.AddItem(it, w.clock.Now()); err != nil {
						return err
					}
				}
				return nil
			})
			w.task("6", func(k *event.Task) error { return k.Move(w.id("rina"), &event.When{Days: 47}, w.clock.Now()) })
		},
		at(48, 9, 0):  func() { w.finish("6") },
		at(45, 12, 0): func() { w.finish("7") },
		at(41, 12, 0): func() { w.finish("8.40") },
		at(14, 12, 0): func() { w.finish("8.14") },
		at(7, 12, 0):  func() { w.finish("8.7") },
		at(38, 12, 0): func() {
			w.task("5", func(k *event.Task) error {
				_, err := k.ChangeItem(1, w.clock.Now(), func(it *event.Item) { it.State = event.ItemReady })
				return err
			})
			w.finish("5")
		},
		at(1, 12, 0): func() {
			w.task("15", func(k *event.Task) error { return k.Skip(w.id("rina"), "tidak ada pinjaman", w.clock.Now()) })
		},
		at(0, 5, 30):  func() { w.finish("9") },
		at(0, 12, 0):  func() { w.finish("10", "11", "12", "13") },
		at(0, 16, 0):  func() { w.finish("14") },
		at(-3, 12, 0): func() { w.finish("16") },
	}
	var got strings.Builder
	told := map[string]bool{}
	for now := at(61, 7, 0); now.Before(at(-5, 0, 0)); now = now.Add(15 * time.Minute) {
		w.clock.Set(now)
		if do := done[now]; do != nil {
			do()
		}
		// Every quarter on the day itself, else around when something may be told.
		if h := now.In(event.Jakarta).Hour(); (now.Minute() != 0 || !slices.Contains([]int{7, 8, 12, 16}, h)) && event.Midnight(now) != at(0, 0, 0) {
			continue
		}
		w.must(w.plan.Tick(t.Context()))
		rows := w.rows()
		for _, id := range w.digestRows() {
			if told[id] {
				continue
			}
			told[id] = true
			_, text, _ := strings.Cut(rows[id], " "+app.TaskTouchpoint)
			chat, _, _ := strings.Cut(rows[id], " ")
			kind, text, _ := strings.Cut(text, " ")
			fmt.Fprintf(&got, "@ %s %s → %s (%s)\n  %s\n", now.In(event.Jakarta).Format("2006-01-02 15:04"), id, strings.TrimPrefix(chat, string(w.fake.Name())+":"), kind, strings.ReplaceAll(text, "\n", "\n  "))
		}
	}
	file := filepath.Join("testdata", "digests.golden")
	if *update {
		w.must(os.MkdirAll("testdata", 0o755))
		w.must(os.WriteFile(file, []byte(got.String()), 0o644))
	}
	want, err := os.ReadFile(file)
	w.must(err)
	if got.String() != string(want) {
		a, b := strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")
		for i := range min(len(a), len(b)) {
			if a[i] != b[i] {
				t.Fatalf("the digests changed from line %d on (run with -update and read the difference):\nwant %s\n got %s", i+1, a[i], b[i])
			}
		}
		t.Fatalf("%d lines of digests, want %d", len(b), len(a))
	}
}

// TestDigestOncePerMorning: however often the planner looks and the program
// starts anew, and whoever takes a task after it.
func TestDigestOncePerMorning(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	w.assign("1", "budi")
	w.tickAt(at(60, 7, 59))
	if rows := w.digestRows(); len(rows) != 0 {
		t.Fatalf("before 08.00: %q", rows)
	}
	w.tickAt(at(60, 8, 0))
	want := []string{"EMK-2027/digest/2026-11-15.0", "EMK-2027/own/2026-11-15.0/" + w.id("budi")}
	for range 3 {
		if rows := w.digestRows(); !slices.Equal(rows, want) {
			t.Fatalf("%q, want %q", rows, want)
		}
		w.restart()
		w.assign("2", "andi")
		w.task("2", func(k *event.Task) error { return k.Assign(w.id("rina"), "", w.clock.Now()) })
		w.tickAt(w.clock.Now().Add(2 * time.Hour))
	}
	m, err := w.store.Outbox().Get(t.Context(), want[1])
	w.must(err)
	if len(m.Body.Buttons) == 0 || m.Body.Buttons[0][0].Value != "/tugas EMK-2027 1 selesai" || m.ExpiresAt == nil || !m.ExpiresAt.Equal(at(59, 8, 0)) {
		t.Errorf("%+v, useless from %v", m.Body.Buttons, m.ExpiresAt)
	}
}

// TestDigestAfterDowntime: the morning's is told late on its own day while it
// is of use, and what was missed on other days is not told at all.
func TestDigestAfterDowntime(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	w.tickAt(at(40, 10, 30)) // after weeks
	rows := w.digestRows()
	want := []string{"EMK-2027/digest/2026-12-05.0", "EMK-2027/late/2026-12-02.0/" + w.id("rina")}
	if !slices.Equal(rows, want) {
		t.Fatalf("%q, want %q", rows, want)
	}
	w.tickAt(at(39, 17, 0)) // too late for that day
	if again := w.digestRows(); !slices.Equal(again, rows) {
		t.Fatalf("%q", again)
	}
	// The day itself, back at 06.20: only the latest notice by the hour.
	w.tickAt(at(0, 6, 20))
	if got := w.about("/step/"); len(got) != 1 || !strings.Contains(got[0], "H-2 jam") || !strings.Contains(got[0], "9 Logistik lengkap dan siap") {
		t.Fatalf("%q", got)
	}
	w.tickAt(at(0, 8, 0)) // it has begun
	if got := w.about("/step/"); len(got) != 1 {
		t.Fatalf("%q", got)
	}
}

// TestNothingToSayNoDigest: while nothing is due, near or late, nobody hears
// anything; what is done is told no more.
func TestNothingToSayNoDigest(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	w.clock.Set(at(61, 10, 0))
	w.finish("1", "2", "3", "4", "5", "6", "7", "8.40", "8.14", "8.7", "9", "10", "11", "12", "13", "14", "15", "16")
	for n := 60; n > -3; n-- {
		for _, hour := range []int{5, 6, 8, 16} {
			w.tickAt(at(n, hour, 0))
		}
	}
	if rows := w.digestRows(); len(rows) != 0 {
		t.Errorf("%q", rows)
	}
}

// TestMovedEventMovesReminders: what waits in the outbox with the old date is
// dropped, the new dates count, and one morning has one digest.
func TestMovedEventMovesReminders(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	move := func(days int) {
		t.Helper()
		_, err := w.app.UpdateEvent(t.Context(), w.by("rina"), w.event, "event.move", "", func(e *event.Event) { e.Start = e.Start.AddDate(0, 0, days) })
		w.must(err)
	}
	state := func(id string) storage.State {
		t.Helper()
		m, err := w.store.Outbox().Get(t.Context(), id)
		w.must(err)
		return m.State
	}
	w.tickAt(at(60, 8, 0))
	move(7) // before the digest was sent: H-67 now, nothing to say
	w.tickAt(at(60, 9, 0))
	if rows := w.digestRows(); !slices.Equal(rows, []string{"EMK-2027/digest/2026-11-15.0"}) || state(rows[0]) != storage.Expired {
		t.Fatalf("%q is %s", rows, state(rows[0]))
	}
	w.tickAt(at(55, 8, 0)) // two days before the new H-60
	move(-7)               // back again, and the digest that waits says otherwise
	w.tickAt(at(55, 9, 0))
	rows := w.about("/digest/2026-11-20")
	if len(rows) != 2 || !strings.Contains(rows[0], "H-62") || !strings.Contains(rows[1], "H-55") {
		t.Fatalf("%q", rows)
	}
	// Once it was sent there is no second one that morning.
	w.tickAt(at(54, 8, 0))
	w.must(w.store.Outbox().Drop(t.Context(), "EMK-2027/digest/2026-11-21.2", storage.Failed, "sent"))
	move(1)
	w.tickAt(at(54, 9, 0))
	if rows := w.about("/digest/2026-11-21"); len(rows) != 1 {
		t.Fatalf("%q", rows)
	}
	// Notices by the hour follow the start.
	w.tickAt(at(0, 5, 0))
	if rows := w.about("/step/"); len(rows) != 0 {
		t.Fatalf("%q", rows)
	}
	w.tickAt(at(-1, 4, 59))
	w.tickAt(at(-1, 5, 0))
	if rows := w.about("/step/9/2027-01-14T22:00:00Z"); len(rows) != 1 {
		t.Fatalf("%q", w.rows())
	}
}

// TestEveNotice: where the hours before the start are early, the team hears of
// them in the afternoon before; where they are not, it does not.
func TestEveNotice(t *testing.T) {
	t.Parallel()
	for start, want := range map[string]int{"2027-01-14 08:00": 1, "2027-01-14 09:59": 1, "2027-01-14 10:00": 0, "2027-01-14 19:00": 0} {
		begins, err := time.ParseInLocation("2006-01-02 15:04", start, event.Jakarta)
		if err != nil {
			t.Fatal(err)
		}
		w := newWorld(t, begins)
		w.tickAt(at(1, 15, 59))
		if rows := w.about("/eve/"); len(rows) != 0 {
			t.Errorf("%s: before 16.00: %q", start, rows)
		}
		w.tickAt(at(1, 16, 0))
		w.tickAt(at(1, 18, 0))
		if rows := w.about("/eve/"); len(rows) != want {
			t.Errorf("%s: %q", start, rows)
		}
	}
}

// TestWithoutGroup: while no group is bound the leads are told in private.
func TestWithoutGroup(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	w.must(w.app.BindGroup(t.Context(), w.by("lead"), app.TeamGroup{}))
	w.tickAt(at(60, 8, 0))
	w.tickAt(at(0, 5, 0))
	rina := w.id("rina")
	for _, id := range []string{"EMK-2027/digest/2026-11-15.0/" + rina, "EMK-2027/step/9/2027-01-13T22:00:00Z/" + rina} {
		m, err := w.store.Outbox().Get(t.Context(), id)
		if err != nil || m.Chat.ID != "rina" {
			t.Errorf("%s: %+v, %v", id, m, err)
		}
	}
	if rows := w.digestRows(); len(rows) != 2 {
		t.Errorf("%q", rows)
	}
}

// TestLateEvent: one that is made 30 days ahead has its past steps marked as
// overdue, and one digest the next morning instead of a burst.
func TestLateEvent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, begin.AddDate(0, 0, 30).Add(-time.Hour))
	w.join("rina", event.Lead)
	w.tickAt(begin.Add(time.Hour))
	if rows := w.digestRows(); len(rows) != 0 {
		t.Fatalf("on the day it was made: %q", rows)
	}
	e, err := w.app.Event(t.Context(), w.event)
	w.must(err)
	plan, err := w.app.Plan(t.Context(), e)
	w.must(err)
	if c := event.CountTasks(plan); c.Late != 8 {
		t.Errorf("%+v", c)
	}
	w.tickAt(begin.AddDate(0, 0, 1))
	if rows := w.digestRows(); len(rows) != 1 || !strings.Contains(w.rows()[rows[0]], "8 terlambat") {
		t.Fatalf("%q", rows)
	}
	w.tickAt(begin.AddDate(0, 0, 2)) // two days after it was made the lead hears of all of them
	if rows := w.about("/late/"); len(rows) != 1 || strings.Count(rows[0], "\n• ") != 8 {
		t.Fatalf("%q", rows)
	}
	w.tickAt(begin.AddDate(0, 0, 3))
	if rows := w.about("/late/"); len(rows) != 1 {
		t.Fatalf("the lead is told again: %q", rows)
	}
}
