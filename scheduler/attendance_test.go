package scheduler_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/diskopukm/emileku/bot/app"
	"github.com/diskopukm/emileku/bot/channel"
	"github.com/diskopukm/emileku/bot/channel/channeltest"
	"github.com/diskopukm/emileku/bot/event"
	"github.com/diskopukm/emileku/storage"
)

// arrives checks a new guest in.
func (w *world) arrives(name string) {
	w.t.Helper()
	e, err := w.app.Event(w.t.Context(), w.event)
	w.must(err)
	_, err = w.app.WalkIn(w.t.Context(), w.by("desk"), e, app.NewGuest{Name: name, Audience: event.Public, Heads: 2}, "")
	w.must(err)
}

// boards are the rows of the board, in order, with what they change.
func (w *world) boards() []*storage.Message {
	w.t.Helper()
	var out []*storage.Message
	for _, id := range slices.Sorted(maps.Keys(w.rows())) {
		if strings.HasPrefix(id, "attendance/") {
			m, err := w.store.Outbox().Get(w.t.Context(), id)
			w.must(err)
			out = append(out, m)
		}
	}
	return out
}

func (w *world) look() {
	w.t.Helper()
	w.must(w.plan.Tick(w.t.Context()))
}

// TestAttendanceBoard: one message that changes at most once a minute and only
// where there is news, also after a restart and when nothing was kept of the
// last change.
func TestAttendanceBoard(t *testing.T) {
	t.Parallel()
	w := newWorld(t, at(0, 8, 0))
	w.fake = channeltest.NewFake(channeltest.FakeOptions{Capabilities: channel.Capabilities{Buttons: true, Edit: true, MaxText: 4096, MaxCaption: 1024}})
	w.restart()
	want := func(n int, last string) {
		t.Helper()
		w.look()
		w.look()
		got := w.boards()
		if len(got) != n {
			t.Fatalf("%d rows, not %d", len(got), n)
		}
		if n == 0 {
			return
		}
		if got[0].Edits != "" || n > 1 && got[n-1].Edits != got[0].ID || got[n-1].Chat.ID != "grup" {
			t.Errorf("the last of %d rows changes %q", n, got[n-1].Edits)
		}
		if !strings.Contains(got[n-1].Body.Text, last) {
			t.Errorf("%q is not in %q", last, got[n-1].Body.Text)
		}
	}
	w.clock.Set(at(0, 7, 0))
	want(0, "") // nobody is here: no board
	w.arrives("Ani")
	want(1, "1 tamu, *2 orang*")
	w.arrives("Budi")
	want(1, "1 tamu") // within the minute
	w.clock.Advance(time.Minute)
	want(2, "2 tamu, *4 orang*")
	w.restart()
	w.clock.Advance(5 * time.Minute)
	want(2, "2 tamu") // no news
	w.arrives("Cici")
	want(3, "3 tamu")
	// What was queued and not sent yet is of no use beside a newer state.
	if old := w.boards()[1]; old.State != storage.Expired {
		t.Errorf("the change before is %s", old.State)
	}
	// A crash between the row and what is kept of it: the next look goes on.
	w.must(w.app.SetBoard(t.Context(), w.event, app.Board{Chat: string(w.fake.Name()) + ":grup", Row: "attendance/" + w.event + "/0", N: 2}))
	w.clock.Advance(time.Minute)
	want(4, "3 tamu")
	w.clock.Set(at(-1, 9, 0))
	w.arrives("Dedi")
	want(4, "3 tamu") // the day is over
}

// TestAttendanceBoardPlain: where messages cannot be changed, a new one each
// half hour, where there is news.
func TestAttendanceBoardPlain(t *testing.T) {
	t.Parallel()
	w := newWorld(t, at(0, 8, 0))
	w.clock.Set(at(0, 7, 0))
	for i := range 60 {
		if i < 40 {
			w.arrives(fmt.Sprintf("Tamu %d", i))
		}
		w.look()
		w.clock.Advance(time.Minute)
	}
	got := w.boards()
	if len(got) != 2 {
		t.Fatalf("%d boards within an hour", len(got))
	}
	for _, m := range got {
		if m.Edits != "" {
			t.Errorf("%s changes %s", m.ID, m.Edits)
		}
	}
}

// TestDayStepsAreSuggested: each at its time, what is settled not at all, and
// after a downtime the latest alone.
func TestDayStepsAreSuggested(t *testing.T) {
	t.Parallel()
	w := newDeskWorld(t)
	told := func() string {
		t.Helper()
		w.look()
		var out []string
		for _, id := range slices.Sorted(maps.Keys(w.rows())) {
			if _, step, ok := strings.Cut(id, "/daystep/"); ok {
				out = append(out, step[:2])
			}
		}
		return strings.Join(out, " ")
	}
	for _, c := range []struct {
		now  time.Time
		want string
	}{
		{at(0, 8, 14), ""}, {at(0, 8, 15), "11"}, {at(0, 9, 0), "11 12"}, {at(0, 14, 0), "11 12 13"}, {at(0, 14, 44), "11 12 13"},
	} {
		w.clock.Set(c.now)
		if got := told(); got != c.want {
			t.Errorf("at %s: %q, not %q", c.now.Format("15.04"), got, c.want)
		}
	}
	w.finish("14")
	w.clock.Set(at(0, 15, 0))
	if got := told(); got != "11 12 13" {
		t.Errorf("what is done is suggested: %q", got)
	}

	w = newDeskWorld(t)
	w.clock.Set(at(0, 9, 30)) // after a downtime
	if got := told(); got != "12" {
		t.Errorf("after a downtime: %q", got)
	}
	next, err := w.plan.NextStop(t.Context(), at(0, 9, 30), at(-2, 0, 0))
	w.must(err)
	if !next.Equal(at(0, 14, 0)) {
		t.Errorf("the practice clock stops at %v", next)
	}
}
